package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// Compare does the same random steps, right ones and wrong ones, to two stores
// and wants the same outcomes, contents and soundness, restarts between.
func Compare(t *testing.T, left, right Maker) {
	rapid.Check(t, func(r *rapid.T) {
		p := &pair{r: r, a: makeRapid(t, r, left), b: makeRapid(t, r, right)}
		defer p.close()
		for range 3 {
			s := store.Slot(rapid.IntRange(1, 6).Draw(r, "slot"))
			p.step(&store.CreateQueue{Queue: store.Queue{Slot: s, Name: fmt.Sprint("q", s)}})
		}
		r.Repeat(map[string]func(*rapid.T){
			"step":    p.randomStep,
			"burst":   p.burst,
			"restart": p.restart,
			"":        p.same,
		})
	})
}

// plain is a Subject whose failures are rapid's.
type plain struct {
	store.Store
	restart func() store.Store
}

func makeRapid(t *testing.T, r *rapid.T, open Maker) *plain {
	s, restart := open(t)
	if s == nil {
		r.Fatal("no store")
	}
	return &plain{s, restart}
}

type pair struct {
	r    *rapid.T
	a, b *plain
	seqs []uint64 // lookups that were given out
}

func (p *pair) close() {
	for _, s := range []*plain{p.a, p.b} {
		if err := s.Close(); err != nil {
			p.r.Errorf("close: %v", err)
		}
	}
}

var kinds = []error{
	store.ErrGone, store.ErrNoSlot, store.ErrTaken, store.ErrNotEmpty, store.ErrFull, store.ErrFailed,
	store.ErrClosed, store.ErrSkipped, store.ErrDamaged, mq.ErrInvalidParameter,
}

// kind is what callers can tell of an error.
func kind(err error) string {
	if err == nil {
		return "done"
	}
	for _, k := range kinds {
		if errors.Is(err, k) {
			return k.Error()
		}
	}
	return err.Error()
}

// twin copies an operation for the second store.
func twin(op store.Op) store.Op {
	switch o := op.(type) {
	case *store.Put:
		row := *o.Row
		return &store.Put{Row: &row}
	case *store.Prepare:
		return &store.Prepare{ID: o.ID, Ops: twins(o.Ops)}
	}
	return op
}

func twins(ops []store.Op) []store.Op {
	out := make([]store.Op, len(ops))
	for i, op := range ops {
		out[i] = twin(op)
	}
	return out
}

func (p *pair) step(ops ...store.Op) {
	other := twins(ops)
	p.compare(ops, other, Do(p.a, ops...), Do(p.b, other...))
}

func (p *pair) compare(ops, other []store.Op, x, y error) {
	p.r.Helper()
	if kind(x) != kind(y) {
		p.r.Fatalf("step ended with %v and %v", x, y)
	}
	for i, op := range ops {
		if o, ok := op.(*store.Put); ok {
			l, m := o.Row.Lookup, other[i].(*store.Put).Row.Lookup
			if l != m {
				p.r.Fatalf("lookups %d and %d", l, m)
			}
			if l != 0 {
				p.seqs = append(p.seqs, l)
			}
		}
	}
}

func (p *pair) randomStep(r *rapid.T) {
	p.r = r
	p.step(p.ops(r, 4)...)
}

// burst submits several steps at once, so that they share a commit.
func (p *pair) burst(r *rapid.T) {
	p.r = r
	var mine, theirs [][]store.Op
	for range rapid.IntRange(2, 8).Draw(r, "steps") {
		ops := p.ops(r, 3)
		mine, theirs = append(mine, ops), append(theirs, twins(ops))
	}
	run := func(s store.Store, steps [][]store.Op) []error {
		errs := make([]error, len(steps))
		end := make(chan struct{}, len(steps))
		var last *store.Step
		for i, ops := range steps {
			st := &store.Step{Ops: ops, Done: func(st *store.Step) { errs[i] = st.Err; end <- struct{}{} }}
			if i%4 == 3 {
				st.After = last
			}
			last = st
			s.Submit(st)
		}
		for range steps {
			<-end
		}
		return errs
	}
	x, y := run(p.a, mine), run(p.b, theirs)
	for i := range mine {
		p.compare(mine[i], theirs[i], x[i], y[i])
	}
}

func (p *pair) restart(r *rapid.T) {
	p.r = r
	p.a.Store, p.b.Store = p.a.restart(), p.b.restart()
}

func (p *pair) ops(r *rapid.T, most int) []store.Op {
	ops := make([]store.Op, rapid.IntRange(1, most).Draw(r, "ops"))
	for i := range ops {
		ops[i] = p.op(r)
	}
	return ops
}

// place is mostly one that had a message, sometimes none.
func (p *pair) place(r *rapid.T) store.Place {
	at := store.Place{Slot: store.Slot(rapid.IntRange(1, 6).Draw(r, "slot"))}
	if len(p.seqs) > 0 {
		// the latest, for they are most likely still there
		at.Lookup = p.seqs[max(0, len(p.seqs)-1-rapid.IntRange(0, 9).Draw(r, "back"))]
	}
	if rapid.IntRange(0, 3).Draw(r, "true slot") > 0 {
		for s := range store.Slot(7) {
			if _, err := p.b.Get(ctx, s, at.Lookup, 0); err == nil {
				at.Slot = s
			}
		}
	}
	return at
}

// express tells where a message lives, wrongly now and then.
func (p *pair) express(r *rapid.T, at store.Place) bool {
	row, err := p.b.Get(ctx, at.Slot, at.Lookup, 0)
	wrong := rapid.IntRange(0, 15).Draw(r, "wrong side") == 0
	return (err == nil && row.Express) != wrong
}

func (p *pair) op(r *rapid.T) store.Op {
	slot := store.Slot(rapid.IntRange(1, 6).Draw(r, "slot"))
	switch rapid.IntRange(0, 13).Draw(r, "op") {
	case 0, 1, 2, 3, 4:
		return &store.Put{Row: p.row(r, slot)}
	case 5, 6:
		at := p.place(r)
		return &store.Remove{Place: at, Express: p.express(r, at)}
	case 7:
		at := p.place(r)
		return &store.Move{
			Place: at, To: slot, At: rapid.Int64Range(0, 1<<40).Draw(r, "at"), Express: p.express(r, at),
			NoExpiry: rapid.Bool().Draw(r, "no expiry"),
		}
	case 8:
		at := p.place(r)
		return &store.Abort{Place: at, Express: p.express(r, at)}
	case 9:
		return &store.CreateQueue{Queue: p.queue(r, slot), IfMissing: rapid.Bool().Draw(r, "if missing")}
	case 10:
		return &store.UpdateQueue{Queue: p.queue(r, slot)}
	case 11:
		return &store.DeleteQueue{Slot: slot}
	case 12:
		key := []byte{byte(rapid.IntRange(0, 3).Draw(r, "key"))}
		if rapid.Bool().Draw(r, "put") {
			return &store.PutState{Space: "s", Key: key, Value: rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(r, "value")}
		}
		return &store.DeleteState{Space: "s", Key: key}
	default:
		id := mq.GUID{byte(rapid.IntRange(1, 3).Draw(r, "transaction"))}
		if rapid.Bool().Draw(r, "forget") {
			return &store.Forget{ID: id}
		}
		return &store.Prepare{ID: id, Ops: []store.Op{&store.Put{Row: p.row(r, slot)}, &store.Remove{Place: p.place(r)}}}
	}
}

func (p *pair) row(r *rapid.T, slot store.Slot) *store.Row {
	row := &store.Row{
		Slot: slot, Priority: uint8(rapid.IntRange(0, 8).Draw(r, "priority")), Express: rapid.Bool().Draw(r, "express"),
		Class: mq.Class(rapid.Uint16().Draw(r, "class")), Arrived: rapid.Int64Range(0, 1<<40).Draw(r, "arrived"),
		Expires: rapid.SampledFrom([]int64{0, 0, 5, 6, 1 << 40}).Draw(r, "expires"),
		Head:    rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(r, "head"),
		Body:    rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(r, "body"),
	}
	row.BodyAt = rapid.IntRange(0, len(row.Head)).Draw(r, "body at")
	if n := rapid.IntRange(0, 5).Draw(r, "index"); n > 0 {
		row.Index = mq.ObjectID{Source: mq.GUID{byte(n)}, Ordinal: uint32(n)}
	}
	return row
}

func (p *pair) queue(r *rapid.T, slot store.Slot) store.Queue {
	q := store.Queue{
		Slot: slot, Name: rapid.SampledFrom([]string{"a", "A", "b", "ü", "Ü"}).Draw(r, "name"),
		Label: rapid.String().Draw(r, "label"), Draining: rapid.IntRange(0, 4).Draw(r, "draining") == 0,
		Kind: store.QueueKind(rapid.IntRange(0, 1).Draw(r, "kind")),
	}
	if rapid.Bool().Draw(r, "child") {
		q.Parent = store.Slot(rapid.IntRange(1, 6).Draw(r, "parent"))
		q.Role = store.Role(rapid.IntRange(0, 3).Draw(r, "role"))
	}
	return q
}

// contents is everything a store shows.
type contents struct {
	LastSeq  uint64
	Queues   []store.Queue
	Rows     [][]*store.Row
	Back     [][]*store.Row
	Lookups  [][]uint64
	Counts   []store.Count
	Express  store.Count
	Due      []store.Place
	Next     int64
	Found    []store.Place
	State    []string
	Prepared []store.Prepared
	Problems []string
}

func (p *pair) look(s store.Store) (c contents) {
	var errs []error
	note := func(err error) { errs = append(errs, err) }
	var err error
	c.LastSeq = s.LastSeq()
	c.Queues, err = s.Queues(ctx)
	note(err)
	after := uint64(0)
	if len(p.seqs) > 0 {
		after = p.seqs[len(p.seqs)/2]
	}
	for slot := range store.Slot(7) {
		rows, err := s.Range(ctx, store.Range{Slot: slot, Body: -1})
		note(err)
		c.Rows = append(c.Rows, rows)
		back, err := s.Range(ctx, store.Range{Slot: slot, After: after, Limit: 3, Reverse: true, Body: 5})
		note(err)
		c.Back = append(c.Back, back)
		lookups, err := s.Lookups(ctx, slot, after, 3)
		note(err)
		c.Lookups = append(c.Lookups, lookups)
		c.Counts = append(c.Counts, s.Count(slot))
	}
	c.Express = s.Express()
	c.Due, err = s.Due(ctx, 6, 5)
	note(err)
	c.Next, err = s.NextDue(ctx)
	note(err)
	for n := range 6 {
		at, err := s.Find(ctx, mq.ObjectID{Source: mq.GUID{byte(n)}, Ordinal: uint32(n)})
		if !errors.Is(err, store.ErrGone) {
			note(err)
		}
		c.Found = append(c.Found, at)
	}
	note(s.States(ctx, "s", func(k, v []byte) error {
		c.State = append(c.State, fmt.Sprintf("%x=%x", k, v))
		return nil
	}))
	c.Prepared, err = s.Prepared(ctx)
	note(err)
	report, err := s.Check(ctx)
	note(err)
	c.Problems = report.Problems
	if err := errors.Join(errs...); err != nil {
		p.r.Fatalf("%T: %v", s, err)
	}
	return c
}

func (p *pair) same(r *rapid.T) {
	p.r = r
	x, y := p.look(p.a), p.look(p.b)
	if d := cmp.Diff(y, x, cmpopts.EquateEmpty()); d != "" {
		r.Fatalf("the stores differ (-model +store):\n%s", d)
	}
	if len(x.Problems) > 0 || !slices.IsSortedFunc(x.Queues, func(a, b store.Queue) int { return int(a.Slot) - int(b.Slot) }) {
		r.Fatalf("not sound: %v", x.Problems)
	}
}
