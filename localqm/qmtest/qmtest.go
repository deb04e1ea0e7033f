// Package qmtest starts queue managers in tests.
package qmtest

import (
	"context"
	"sync"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
	"posthouse/localqm/store"
	"posthouse/localqm/store/memory"
)

// Owner is the account that the queue managers of tests run for.
var Owner = localqm.LocalUser(1000, []uint32{1000}, true, "test")

// Stranger is another account of the same machine.
var Stranger = localqm.LocalUser(2000, []uint32{2000}, false, "test")

// Nobody is the anonymous caller.
var Nobody = localqm.Nobody("test")

// Kind is a sort of store that a suite runs on.
type Kind struct {
	Name string
	// New makes an empty store; reopen closes it and opens it again, as a
	// restart does.
	New func(t testing.TB) (s store.Store, reopen func(store.Store) store.Store)
}

// SQLite is the real store.
var SQLite = On("TEST")

// On is the real store of a computer of that name.
func On(computer string) Kind {
	return Kind{Name: "sqlite", New: func(t testing.TB) (store.Store, func(store.Store) store.Store) {
		dir := t.TempDir()
		open := func() store.Store {
			s, err := store.Open(context.Background(), store.Options{Dir: dir, Name: computer})
			if err != nil {
				t.Fatalf("open the store: %v", err)
			}
			return s
		}
		return open(), func(store.Store) store.Store { return open() }
	}}
}

// Memory is the model of a store.
var Memory = Kind{Name: "memory", New: func(testing.TB) (store.Store, func(store.Store) store.Store) {
	return memory.New("TEST"), func(s store.Store) store.Store { return s.(*memory.Store).Reopen() }
}}

// Kinds are the stores that every behaviour holds on.
var Kinds = []Kind{SQLite, Memory}

// QM is a queue manager in a test, with a clock turned by hand. When the test
// ends its store is checked.
type QM struct {
	*localqm.QueueManager
	Clock *Clock      // nil: that of the machine
	Store store.Store // the one in use

	t      testing.TB
	clock  localqm.Clock
	reopen func(store.Store) store.Store
}

// Start starts one on an empty store.
func Start(t testing.TB, kind Kind) *QM {
	t.Helper()
	c := NewClock()
	return start(t, kind, &QM{Clock: c, clock: c})
}

// StartLive starts one on an empty store, with the machine's clock.
func StartLive(t testing.TB, kind Kind) *QM {
	t.Helper()
	return start(t, kind, &QM{clock: localqm.SystemClock{}})
}

func start(t testing.TB, kind Kind, q *QM) *QM {
	t.Helper()
	q.t = t
	q.Store, q.reopen = kind.New(t)
	q.open()
	t.Cleanup(func() {
		if t.Failed() {
			_ = q.Close() // the failure that counts was said
			return
		}
		if r, err := q.Check(context.Background(), Owner); err != nil || len(r.Problems) > 0 {
			t.Errorf("the store after the test: %v %v", err, r.Problems)
		}
		if err := q.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return q
}

func (q *QM) open() {
	q.t.Helper()
	m, err := localqm.Open(context.Background(), localqm.Options{
		Store: q.Store, Clock: q.clock, Owner: Owner.Token.User.String(),
	})
	if err != nil {
		q.t.Fatalf("open the queue manager: %v", err)
	}
	q.QueueManager = m
}

// Restart stops the queue manager and starts it on the same store.
func (q *QM) Restart() {
	q.t.Helper()
	if err := q.Close(); err != nil {
		q.t.Fatalf("close: %v", err)
	}
	q.Store = q.reopen(q.Store)
	q.open()
}

// Name parses a queue argument.
func Name(t testing.TB, s string) mq.QueueName {
	t.Helper()
	n, err := mq.ParseQueue(s)
	if err != nil {
		t.Fatalf("name %q: %v", s, err)
	}
	return n
}

// Create makes a queue as Owner.
func (q *QM) Create(name string, s localqm.QueueSpec) {
	q.t.Helper()
	if _, err := q.CreateQueue(context.Background(), Owner, Name(q.t, name), s); err != nil {
		q.t.Fatalf("create %s: %v", name, err)
	}
}

// Open opens a queue as Owner; the test closes it.
func (q *QM) Open(name string, a localqm.Access) *localqm.Handle {
	q.t.Helper()
	return q.OpenAs(Owner, name, a)
}

// OpenAs opens a queue as someone.
func (q *QM) OpenAs(c localqm.Caller, name string, a localqm.Access) *localqm.Handle {
	q.t.Helper()
	h, err := q.OpenQueue(context.Background(), c, Name(q.t, name), a, localqm.DenyNone)
	if err != nil {
		q.t.Fatalf("open %s: %v", name, err)
	}
	q.t.Cleanup(h.Close)
	return h
}

// Send sends one message as Owner and returns where it is.
func (q *QM) Send(name string, m *mq.Message) localqm.Receipt {
	q.t.Helper()
	r, err := q.Open(name, localqm.SendAccess).Send(context.Background(), nil, m)
	if err != nil {
		q.t.Fatalf("send to %s: %v", name, err)
	}
	return r[0]
}

// Labels are the labels of what a queue holds, in its order.
func (q *QM) Labels(name string) []string {
	q.t.Helper()
	var out []string
	for _, d := range q.Browsed(name) {
		out = append(out, d.Message.Label)
	}
	return out
}

// Browsed is what a queue holds, at most 1,000 messages.
func (q *QM) Browsed(name string) []localqm.Delivery {
	q.t.Helper()
	page, err := q.Browse(context.Background(), Owner, Name(q.t, name), store.Range{Limit: 1000, Body: -1})
	if err != nil {
		q.t.Fatalf("browse %s: %v", name, err)
	}
	return page
}

// Message is a recoverable message with the defaults of an application.
func Message(label string) *mq.Message {
	m := &mq.Message{Label: label, Delivery: mq.Recoverable, Body: []byte("body of " + label)}
	m.Defaults()
	return m
}

// Everyone is S-1-1-0.
var Everyone = secure.Everyone

// Clock is a clock turned by hand.
type Clock struct {
	mu     sync.Mutex
	now    time.Time
	timers map[*timer]struct{}
}

type timer struct {
	at time.Time
	c  chan time.Time
}

// NewClock starts at noon of a day in 2026.
func NewClock() *Clock {
	return &Clock{now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), timers: map[*timer]struct{}{}}
}

// Now is where the hands stand.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Alarm rings when the hands pass its time.
func (c *Clock) Alarm(at time.Time) (<-chan time.Time, func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &timer{at: at, c: make(chan time.Time, 1)}
	if !at.After(c.now) {
		t.c <- c.now
		return t.c, func() {}
	}
	c.timers[t] = struct{}{}
	return t.c, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.timers, t)
	}
}

// Advance turns the clock on and rings what is due.
func (c *Clock) Advance(d time.Duration) { c.Set(c.Now().Add(d)) }

// Set turns the clock to a time, also back.
func (c *Clock) Set(to time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = to
	for t := range c.timers {
		if !t.at.After(to) {
			delete(c.timers, t)
			t.c <- to
		}
	}
}

// Eventually waits until cond holds: for what happens behind the scenes, such
// as the end of an expired message.
func Eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !cond() {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}
