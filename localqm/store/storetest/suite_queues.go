package storetest

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

func moves(t *testing.T, b *Subject) {
	q := b.Queue("orders")
	sub := b.Create(store.Queue{Name: "poison", Parent: q, Role: store.Subqueue})
	id := mq.ObjectID{Source: mq.NewGUID(), Ordinal: 4}
	for _, express := range []bool{false, true} {
		with := func(r *store.Row) { r.Express, r.Expires, r.Index = express, 1000, id }
		p := b.Put(q, "moved", with)
		b.Put(sub, "later", func(r *store.Row) { r.Express = express })
		b.Fails(store.ErrNoSlot, &store.Move{Place: p, To: 999, Express: express})
		b.Must(&store.Move{Place: p, To: sub, At: 5555, Express: express})
		b.Fails(store.ErrGone, &store.Move{Place: p, To: sub, At: 5555, Express: express})
		rows, err := b.Range(ctx, store.Range{Slot: sub, Body: -1})
		if err != nil || len(rows) != 2 || string(rows[0].Body) != "moved" {
			t.Fatalf("rows %v, %v", rows, err)
		}
		if r := rows[0]; r.Lookup != p.Lookup || r.Slot != sub || r.Moves != 1 || r.LastMove != 5555 || r.Expires != 1000 {
			t.Errorf("moved row: %+v", r)
		}
		now := store.Place{Slot: sub, Lookup: p.Lookup}
		if at, err := b.Find(ctx, id); err != nil || at != now {
			t.Errorf("found at %v, %v", at, err)
		}
		if due, err := b.Due(ctx, 1000, 0); err != nil || len(due) != 1 || due[0] != now {
			t.Errorf("due %v, %v", due, err)
		}
		b.Must(&store.Move{Place: now, To: sub, At: 6666, Express: express}) // to itself
		if r, err := b.Get(ctx, sub, p.Lookup, 0); err != nil || r.Moves != 2 || r.LastMove != 6666 {
			t.Errorf("moved to itself: %+v, %v", r, err)
		}
		for _, r := range rows {
			b.Must(&store.Remove{Place: store.Place{Slot: sub, Lookup: r.Lookup}, Express: express})
		}
	}
}

func aborts(t *testing.T, b *Subject) {
	q := b.Queue("orders")
	for _, express := range []bool{false, true} {
		p := b.Put(q, "a", func(r *store.Row) { r.Express = express })
		b.Put(q, "b", func(r *store.Row) { r.Express = express })
		before, _ := b.Get(ctx, q, p.Lookup, 0)
		b.Must(&store.Abort{Place: p, Express: express}, &store.Abort{Place: p, Express: express})
		row, err := b.Get(ctx, q, p.Lookup, -1)
		if err != nil || row.Aborts != 2 || string(row.Body) != "a" {
			t.Errorf("aborted row: %+v, %v", row, err)
		}
		if before.Aborts != 0 {
			t.Error("a row that was given out has changed")
		}
		b.Must(&store.Remove{Place: p, Express: express})
	}
	equal(t, "bodies", b.Bodies(q), []string{"b", "b"})
}

func counters(t *testing.T, b *Subject) {
	q, other := b.Queue("orders"), b.Queue("other")
	const head = 7
	p := b.Put(q, "12345")
	e := b.Put(q, "123", Express)
	equal(t, "count", b.Count(q), store.Count{Messages: 2, Bytes: 2*head + 8})
	equal(t, "express", b.Express(), store.Count{Messages: 1, Bytes: head + 3})
	b.Must(&store.Move{Place: p, To: other})
	b.Must(&store.Abort{Place: e, Express: true})
	equal(t, "count", b.Count(q), store.Count{Messages: 1, Bytes: head + 3})
	equal(t, "count", b.Count(other), store.Count{Messages: 1, Bytes: head + 5})
	b.Must(&store.Move{Place: e, To: other, Express: true})
	equal(t, "count", b.Count(q), store.Count{})
	equal(t, "count", b.Count(other), store.Count{Messages: 2, Bytes: 2*head + 8})
	b.Restart()
	equal(t, "count", b.Count(other), store.Count{Messages: 1, Bytes: head + 5})
	equal(t, "express", b.Express(), store.Count{})
	b.Must(&store.Remove{Place: store.Place{Slot: other, Lookup: p.Lookup}})
	equal(t, "count", b.Count(other), store.Count{})
	equal(t, "count of no queue", b.Count(4711), store.Count{})
}

func finds(t *testing.T, b *Subject) {
	q := b.Queue("orders")
	id := func(n uint32) mq.ObjectID { return mq.ObjectID{Source: mq.GUID{1, 2, 3}, Ordinal: n} }
	one := b.Put(q, "1", Index(id(1)))
	two := b.Put(q, "2", Index(id(2)), Express)
	again := b.Put(q, "2", Index(id(2)))
	b.Put(q, "none")
	for n, want := range map[uint32]store.Place{1: one, 2: two} {
		if at, err := b.Find(ctx, id(n)); err != nil || at != want {
			t.Errorf("found %d at %v, %v; want %v", n, at, err, want)
		}
	}
	for _, n := range []mq.ObjectID{id(3), {}, {Source: mq.GUID{1, 2, 4}, Ordinal: 1}} {
		if at, err := b.Find(ctx, n); !errors.Is(err, store.ErrGone) {
			t.Errorf("found %v at %v, %v", n, at, err)
		}
	}
	b.Must(&store.Remove{Place: two, Express: true})
	if at, err := b.Find(ctx, id(2)); err != nil || at != again {
		t.Errorf("found at %v, %v; want %v", at, err, again)
	}
}

func deadlines(t *testing.T, b *Subject) {
	q, other := b.Queue("orders"), b.Queue("other")
	if at, err := b.NextDue(ctx); at != 0 || err != nil {
		t.Errorf("next due of an empty store: %d, %v", at, err)
	}
	b.Put(q, "never")
	late := b.Put(q, "late", Expires(300))
	mid := b.Put(other, "mid", Expires(200), Express)
	early := b.Put(other, "early", Expires(100))
	same := b.Put(q, "same", Expires(200))
	for _, c := range []struct {
		now   int64
		limit int
		want  []store.Place
	}{
		{99, 0, nil},
		{100, 0, []store.Place{early}},
		{200, 0, []store.Place{early, same, mid}},
		{1 << 40, 0, []store.Place{early, same, mid, late}},
		{1 << 40, 2, []store.Place{early, same}},
	} {
		got, err := b.Due(ctx, c.now, c.limit)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, fmt.Sprint("due at ", c.now), got, c.want)
	}
	if at, err := b.NextDue(ctx); at != 100 || err != nil {
		t.Errorf("next due %d, %v", at, err)
	}
	b.Must(&store.Remove{Place: early}, &store.Remove{Place: same})
	if at, err := b.NextDue(ctx); at != 200 || err != nil {
		t.Errorf("next due %d, %v", at, err)
	}
}

func restarts(t *testing.T, b *Subject) {
	q := b.Queue("orders")
	sub := b.Create(store.Queue{Name: "poison", Parent: q, Role: store.Subqueue})
	b.Put(q, "1", Priority(1))
	moved := b.Put(q, "moved", Expires(50))
	b.Put(q, "quick", Express)
	b.Put(q, "2", Priority(7))
	b.Must(&store.Move{Place: moved, To: sub, At: 7})
	id := b.Identity()
	b.Restart()
	equal(t, "identity", b.Identity(), id)
	equal(t, "bodies", b.Bodies(q), []string{"2", "1"})
	equal(t, "bodies", b.Bodies(sub), []string{"moved"})
	if at, err := b.NextDue(ctx); at != 50 || err != nil {
		t.Errorf("next due %d, %v", at, err)
	}
	b.Put(q, "3", Priority(7))
	equal(t, "bodies", b.Bodies(q), []string{"2", "3", "1"})
}

func identities(t *testing.T, b *Subject) {
	was := b.Identity()
	to := mq.NewGUID()
	b.Fails(store.ErrNoSlot, &store.Identify{ID: to}, &store.UpdateQueue{Queue: store.Queue{Slot: 9}})
	if err := b.Do(&store.Identify{}); err == nil {
		t.Error("no identifier was taken")
	}
	equal(t, "identity", b.Identity(), was)
	b.Must(&store.Identify{ID: to}, &store.PutState{Space: "s", Key: []byte("k"), Value: was.ID[:]})
	want := was
	want.ID = to
	equal(t, "identity", b.Identity(), want)
	b.Restart()
	equal(t, "identity", b.Identity(), want)
}

func numbers(t *testing.T, b *Subject) {
	if b.LastSeq() != 0 {
		t.Errorf("a new store has given %d", b.LastSeq())
	}
	q := b.Queue("orders")
	ordinals := map[uint32]bool{}
	last := uint64(0)
	for range 4 {
		for range 3 {
			n := b.NextOrdinal()
			if n == 0 || ordinals[n] {
				t.Fatalf("message number %d given twice", n)
			}
			ordinals[n] = true
			p := b.Put(q, "x")
			_, seq := store.SplitLookup(p.Lookup)
			if seq <= last || seq != b.LastSeq() {
				t.Fatalf("seq %d after %d, last %d", seq, last, b.LastSeq())
			}
			last = seq
			b.Must(&store.Remove{Place: p})
		}
		b.Restart()
		if b.LastSeq() < last {
			t.Fatalf("last seq %d after the restart, %d before", b.LastSeq(), last)
		}
	}
}

func queues(t *testing.T, b *Subject) {
	want := store.Queue{
		Kind: store.Multicast, Name: `Größe's "orders"; DROP TABLE queue --`, ID: mq.NewGUID(), Number: 0xFFFFFFFF,
		Label: "\x01 label \u202e", Type: mq.NewGUID(), Transactional: true, Authenticate: true, Privacy: 2,
		Journaling: true, Quota: mq.Never, JournalQuota: 17, BasePriority: -32768, Multicast: "234.1.2.3:4711",
		Security: []byte{1, 0, 4, 0x80}, Created: 1 << 33, Modified: 5,
	}
	want.Slot = b.Create(want)
	journal := store.Queue{Parent: want.Slot, Role: store.Journal, Kind: store.Multicast}
	journal.Slot = b.Create(journal)
	same := func() {
		t.Helper()
		got, err := b.Queues(ctx)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "queues", got, []store.Queue{want, journal})
	}
	same()
	b.Restart()
	same()
	want.Label, want.Draining, want.Security = "new", true, nil
	b.Must(&store.UpdateQueue{Queue: want})
	same()
	b.Restart()
	same()
	b.Fails(store.ErrNoSlot, &store.UpdateQueue{Queue: store.Queue{Slot: 4711}})
}

func names(t *testing.T, b *Subject) {
	q := b.Queue("Orders")
	taken := func(n store.Queue) {
		t.Helper()
		s, err := b.NewSlot()
		if err != nil {
			t.Fatal(err)
		}
		n.Slot = s
		b.Fails(store.ErrTaken, &store.CreateQueue{Queue: n})
		b.FreeSlot(s)
	}
	taken(store.Queue{Name: "ORDERS"})
	b.Create(store.Queue{Name: "orders", Kind: store.Public})
	b.Create(store.Queue{Name: "orders", Parent: q, Role: store.Subqueue})
	taken(store.Queue{Name: "oRders", Parent: q, Role: store.Subqueue})
	b.Create(store.Queue{Parent: q, Role: store.Journal})
	taken(store.Queue{Name: "another", Parent: q, Role: store.Journal})
	b.Fails(store.ErrTaken, &store.CreateQueue{Queue: store.Queue{Slot: q, Name: "other"}})
	b.Fails(store.ErrNoSlot, &store.CreateQueue{Queue: store.Queue{Slot: 300, Name: "sub", Parent: 301, Role: store.Subqueue}})
	b.Fails(mq.ErrInvalidParameter, &store.CreateQueue{Queue: store.Queue{Slot: 0, Name: "zero"}})
	b.Fails(mq.ErrInvalidParameter, &store.CreateQueue{Queue: store.Queue{Slot: store.MaxSlot + 1, Name: "beyond"}})
	b.Fails(mq.ErrInvalidParameter, &store.CreateQueue{Queue: store.Queue{Slot: 300, Parent: q, Name: "main with parent"}})
	// The parent may come later in the step.
	b.Must(&store.CreateQueue{Queue: store.Queue{Slot: 300, Name: "sub", Parent: 301, Role: store.Subqueue}},
		&store.CreateQueue{Queue: store.Queue{Slot: 301, Name: "parent"}})

	b.Must(&store.UpdateQueue{Queue: store.Queue{Slot: q, Name: "Orders", Draining: true}})
	again := b.Queue("orders")
	b.Fails(store.ErrTaken, &store.UpdateQueue{Queue: store.Queue{Slot: q, Name: "Orders"}})
	b.Restart()
	b.Must(&store.UpdateQueue{Queue: store.Queue{Slot: again, Name: "renamed"}})
	b.Must(&store.UpdateQueue{Queue: store.Queue{Slot: q, Name: "Orders"}})
}

func deletes(t *testing.T, b *Subject) {
	q := b.Queue("orders")
	sub := b.Create(store.Queue{Name: "poison", Parent: q, Role: store.Subqueue})
	p := b.Put(sub, "x")
	e := b.Put(sub, "x", Express)
	b.Fails(store.ErrNotEmpty, &store.DeleteQueue{Slot: q})
	b.Fails(store.ErrNotEmpty, &store.DeleteQueue{Slot: sub})
	b.Must(&store.Remove{Place: p})
	b.Fails(store.ErrNotEmpty, &store.DeleteQueue{Slot: sub})
	b.Fails(store.ErrTaken, &store.Remove{Place: e, Express: true}, &store.DeleteQueue{Slot: sub},
		&store.CreateQueue{Queue: store.Queue{Slot: sub, Name: "again"}})
	b.Must(&store.DeleteQueue{Slot: q}, &store.DeleteQueue{Slot: sub}, &store.Remove{Place: e, Express: true})
	b.Fails(store.ErrNoSlot, &store.DeleteQueue{Slot: q})
	b.Fails(store.ErrNoSlot, &store.Put{Row: Message(q, "x")})
	b.Restart()
	if l, err := b.Queues(ctx); err != nil || len(l) != 0 {
		t.Errorf("queues %v, %v", l, err)
	}
}

func slots(t *testing.T, b *Subject) {
	seen := map[store.Slot]bool{}
	for range 20 {
		s, err := b.NewSlot()
		if err != nil || s == 0 || s > store.MaxSlot || seen[s] {
			t.Fatalf("slot %d, %v", s, err)
		}
		seen[s] = true
		b.FreeSlot(s)
		if s, err = b.NewSlot(); err != nil || seen[s] && s < 20 {
			t.Fatalf("slot %d came again at once, %v", s, err)
		}
		seen[s] = true
		b.Must(&store.CreateQueue{Queue: store.Queue{Slot: s, Name: fmt.Sprint(s)}})
	}
	b.Restart()
	list, err := b.Queues(ctx)
	if err != nil || len(list) != 20 {
		t.Fatalf("%d queues, %v", len(list), err)
	}
	s, err := b.NewSlot()
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range list {
		if q.Slot == s {
			t.Fatalf("slot %d is taken", s)
		}
	}
}

func state(t *testing.T, b *Subject) {
	put := func(space, key, value string) *store.PutState {
		return &store.PutState{Space: space, Key: []byte(key), Value: []byte(value)}
	}
	b.Must(put("a", "2", "two"), put("a", "1", "one"), put("b", "1", "other"), put("a", "", "empty key"), put("a", "\xff", ""))
	b.Must(put("a", "2", "two again"), &store.DeleteState{Space: "a", Key: []byte("none")})
	all := func(space string) (got []string) {
		t.Helper()
		err := b.States(ctx, space, func(k, v []byte) error {
			got = append(got, fmt.Sprintf("%q=%q", k, v))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for range 2 {
		equal(t, "space a", all("a"), []string{`""="empty key"`, `"1"="one"`, `"2"="two again"`, `"\xff"=""`})
		equal(t, "space b", all("b"), []string{`"1"="other"`})
		equal(t, "space c", all("c"), []string(nil))
		if v, err := b.State(ctx, "a", []byte("\xff")); v == nil || len(v) != 0 || err != nil {
			t.Errorf("an empty value: %v, %v", v, err)
		}
		if v, err := b.State(ctx, "a", []byte("none")); v != nil || err != nil {
			t.Errorf("no value: %v, %v", v, err)
		}
		b.Restart()
	}
	b.Must(&store.DeleteState{Space: "a", Key: []byte("1")})
	equal(t, "space a", all("a"), []string{`""="empty key"`, `"2"="two again"`, `"\xff"=""`})

	var ops []store.Op
	for i := range 1234 {
		ops = append(ops, put("many", fmt.Sprintf("%05d", i), fmt.Sprint(i)))
	}
	b.Must(ops...)
	n, stop := 0, errors.New("stop")
	err := b.States(ctx, "many", func(k, v []byte) error {
		if string(k) != fmt.Sprintf("%05d", n) || string(v) != fmt.Sprint(n) {
			t.Errorf("pair %d is %s=%s", n, k, v)
		}
		n++
		if n == 1200 {
			// A reader may write meanwhile.
			b.Must(put("many", "99999", "last"))
		}
		return nil
	})
	if err != nil || n != 1234 && n != 1235 {
		t.Errorf("%d pairs, %v", n, err)
	}
	if err := b.States(ctx, "many", func(_, _ []byte) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("states did not stop: %v", err)
	}
}

func prepared(t *testing.T, b *Subject) {
	q := b.Queue("orders")
	p := b.Put(q, "received")
	id := mq.GUID{7}
	row := Message(q, "sent")
	row.Index, row.Class, row.Expires = mq.ObjectID{Source: mq.GUID{9}, Ordinal: 3}, mq.ClassReport, 88
	b.Must(&store.Prepare{ID: id, Ops: []store.Op{
		&store.Put{Row: row}, &store.Remove{Place: p}, &store.Abort{Place: p},
		&store.Move{Place: p, To: q, At: 3, Express: true, NoExpiry: true},
		&store.PutState{Space: "s", Key: []byte{0}, Value: []byte{1, 2}}, &store.DeleteState{Space: "s", Key: []byte{5}},
		&store.CreateQueue{Queue: store.Queue{Slot: 9, Name: "n"}, IfMissing: true}, &store.UpdateQueue{Queue: store.Queue{Slot: 9}},
		&store.DeleteQueue{Slot: 9},
	}})
	b.Must(&store.Prepare{ID: mq.GUID{3}})
	b.Fails(store.ErrTaken, &store.Prepare{ID: id})
	equal(t, "bodies", b.Bodies(q), []string{"received"})
	b.Restart()
	list, err := b.Prepared(ctx)
	if err != nil || len(list) != 2 || list[0].ID != (mq.GUID{3}) || list[1].ID != id {
		t.Fatalf("prepared %v, %v", list, err)
	}
	ops := list[1].Ops
	if len(ops) != 9 {
		t.Fatalf("%d operations", len(ops))
	}
	want := *row
	want.Lookup, want.BodySize = 0, len(row.Body)
	equal(t, "row", *ops[0].(*store.Put).Row, want)
	equal(t, "remove", ops[1], &store.Remove{Place: p})
	equal(t, "move", ops[3], &store.Move{Place: p, To: q, At: 3, Express: true, NoExpiry: true})
	equal(t, "state", ops[4], &store.PutState{Space: "s", Key: []byte{0}, Value: []byte{1, 2}})
	equal(t, "create", ops[6], &store.CreateQueue{Queue: store.Queue{Slot: 9, Name: "n"}, IfMissing: true})
	equal(t, "delete", ops[8], &store.DeleteQueue{Slot: 9})
	b.Must(append([]store.Op{&store.Forget{ID: id}}, ops[:2]...)...)
	b.Fails(store.ErrGone, append([]store.Op{&store.Forget{ID: id}}, ops[:1]...)...)
	equal(t, "bodies", b.Bodies(q), []string{"sent"})
	b.Must(&store.Forget{ID: mq.GUID{3}})
}

func done(t *testing.T, b *Subject) {
	q := b.Queue("orders")
	const n = 300
	var calls atomic.Int64
	order := make(chan int, n)
	for i := range n {
		r := Message(q, "x")
		r.Express = i%2 == 0
		ops := []store.Op{&store.Put{Row: r}}
		if i%10 == 9 {
			ops = append(ops, &store.Remove{Place: store.Place{Slot: q, Lookup: 1}})
		}
		b.Submit(&store.Step{Ops: ops, Done: func(st *store.Step) {
			calls.Add(1)
			if failed := i%10 == 9; failed != (st.Err != nil) || failed != (r.Lookup == 0) {
				t.Errorf("step %d ended with %v, lookup %d", i, st.Err, r.Lookup)
			}
			if _, seq := store.SplitLookup(r.Lookup); seq > b.LastSeq() {
				t.Errorf("done of seq %d before it shows", seq)
			}
			if b.Count(q).Messages == 0 {
				t.Error("done before the counters")
			}
			order <- i
		}})
	}
	for i := range n {
		select {
		case got := <-order:
			if got != i {
				t.Fatalf("done of step %d after %d steps", got, i)
			}
		case <-time.After(time.Minute):
			t.Fatal("done does not come")
		}
	}
	if calls.Load() != n {
		t.Errorf("%d calls for %d steps", calls.Load(), n)
	}
	if c := b.Count(q); c.Messages != n-n/10 {
		t.Errorf("%d messages", c.Messages)
	}
}
