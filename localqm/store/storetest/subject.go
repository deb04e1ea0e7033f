package storetest

import (
	"context"
	"errors"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// Maker opens an empty store for a test, and returns how to restart it: close
// it and open what it left.
type Maker func(t testing.TB) (s store.Store, restart func() store.Store)

// Subject is a store under test.
type Subject struct {
	store.Store
	t       testing.TB
	restart func() store.Store
}

// Make opens a store that is checked and closed at the end of the test.
func Make(t testing.TB, open Maker) *Subject {
	t.Helper()
	s, restart := open(t)
	b := &Subject{Store: s, t: t, restart: restart}
	t.Cleanup(func() {
		b.Sound()
		if err := b.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return b
}

// Restart closes the store and opens it again.
func (b *Subject) Restart() {
	b.t.Helper()
	b.Sound()
	b.Store = b.restart()
	b.Sound()
}

// Sound fails the test if Check finds anything.
func (b *Subject) Sound() {
	b.t.Helper()
	r, err := b.Check(context.Background())
	if err != nil {
		b.t.Errorf("check: %v", err)
	}
	for _, p := range r.Problems {
		b.t.Errorf("check: %s", p)
	}
}

// Do submits a step and waits for its end.
func Do(s store.Store, ops ...store.Op) error {
	end := make(chan error, 1)
	s.Submit(&store.Step{Ops: ops, Done: func(st *store.Step) { end <- st.Err }})
	return <-end
}

// Do submits a step and waits for its end.
func (b *Subject) Do(ops ...store.Op) error { return Do(b.Store, ops...) }

// Must is Do for steps that have to succeed.
func (b *Subject) Must(ops ...store.Op) {
	b.t.Helper()
	if err := b.Do(ops...); err != nil {
		b.t.Fatalf("step: %v", err)
	}
}

// Fails is Do for steps that have to fail with an error.
func (b *Subject) Fails(want error, ops ...store.Op) {
	b.t.Helper()
	if err := b.Do(ops...); !errors.Is(err, want) {
		b.t.Fatalf("step ended with %v, want %v", err, want)
	}
}

// Queue creates a private queue and returns its slot.
func (b *Subject) Queue(name string) store.Slot {
	b.t.Helper()
	return b.Create(store.Queue{Name: name})
}

// Create creates a queue in a new slot.
func (b *Subject) Create(q store.Queue) store.Slot {
	b.t.Helper()
	s, err := b.NewSlot()
	if err != nil {
		b.t.Fatalf("new slot: %v", err)
	}
	q.Slot = s
	b.Must(&store.CreateQueue{Queue: q})
	return s
}

// Message is a row for a queue with a head of 7 bytes around its body.
func Message(s store.Slot, body string) *store.Row {
	return &store.Row{Slot: s, Priority: 3, Head: []byte("head)(t"), BodyAt: 5, Body: []byte(body)}
}

// Put puts a message and returns where it is.
func (b *Subject) Put(s store.Slot, body string, with ...func(*store.Row)) store.Place {
	b.t.Helper()
	r := Message(s, body)
	for _, fn := range with {
		fn(r)
	}
	b.Must(&store.Put{Row: r})
	return store.Place{Slot: r.Slot, Lookup: r.Lookup}
}

// Bodies are the bodies of a queue in its order.
func (b *Subject) Bodies(s store.Slot) []string {
	b.t.Helper()
	rows, err := b.Range(context.Background(), store.Range{Slot: s, Body: -1})
	if err != nil {
		b.t.Fatalf("range: %v", err)
	}
	bodies := make([]string, len(rows))
	for i, r := range rows {
		bodies[i] = string(r.Body)
	}
	return bodies
}

// Express makes a message of Put an express one.
func Express(r *store.Row) { r.Express = true }

// Priority gives a message of Put a priority.
func Priority(p uint8) func(*store.Row) { return func(r *store.Row) { r.Priority = p } }

// Expires gives a message of Put a deadline.
func Expires(at int64) func(*store.Row) { return func(r *store.Row) { r.Expires = at } }

// Index makes a message of Put findable.
func Index(id mq.ObjectID) func(*store.Row) { return func(r *store.Row) { r.Index = id } }
