package storetest

import (
	"errors"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

func undying(t *testing.T, b *Subject) {
	q := b.Create(store.Queue{Name: "DIRECT=OS:far\\private$\\q", Kind: store.Outgoing})
	awaiting := b.Create(store.Queue{Parent: q, Role: store.Awaiting, Kind: store.Outgoing})
	for _, express := range []bool{false, true} {
		with := func(r *store.Row) {
			r.Express, r.Expires, r.Index = express, 1000, mq.ObjectID{Source: mq.GUID{9}, Ordinal: 4}
		}
		p := b.Put(q, "kept for ever", with)
		b.Put(q, "has its time", with)
		b.Must(&store.Move{Place: p, To: awaiting, At: 5555, Express: express, NoExpiry: true})
		row, err := b.Get(ctx, awaiting, p.Lookup, -1)
		if err != nil || row.Expires != 0 || string(row.Body) != "kept for ever" || row.Moves != 1 || row.Index.Ordinal != 4 {
			t.Fatalf("moved row: %+v, %v", row, err)
		}
		b.Must(&store.Move{Place: store.Place{Slot: awaiting, Lookup: p.Lookup}, To: q, Express: express, NoExpiry: true})
		due, err := b.Due(ctx, 5000, 0)
		if err != nil || len(due) != 1 || due[0].Lookup == p.Lookup {
			t.Errorf("due %v, %v", due, err)
		}
		b.Sound()
		rows, err := b.Range(ctx, store.Range{Slot: q})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			b.Must(&store.Remove{Place: store.Place{Slot: q, Lookup: r.Lookup}, Express: express})
		}
	}
}

// chains: what builds on a step that failed fails too, whether they share a
// commit or not.
func chains(t *testing.T, b *Subject) {
	q := b.Queue("orders")
	type result struct{ st, after *store.Step }
	end := make(chan result, 100)
	submit := func(after *store.Step, ops ...store.Op) *store.Step {
		st := &store.Step{Ops: ops, After: after}
		st.Done = func(st *store.Step) { end <- result{st, st.After} }
		b.Submit(st)
		return st
	}
	wrong := &store.Remove{Place: store.Place{Slot: q, Lookup: 4711}}
	put := func(body string) store.Op { return &store.Put{Row: Message(q, body)} }
	first := submit(nil, put("1"))
	second := submit(first, put("2"))
	failed := submit(second, put("3"), wrong)
	skipped := submit(failed, put("4"))
	last := submit(skipped, put("5"))
	submit(nil, put("6"))
	for range 6 {
		if r := <-end; r.after != nil {
			t.Error("a step that ended keeps the one before it")
		}
	}
	for st, want := range map[*store.Step]error{first: nil, second: nil, failed: store.ErrGone, skipped: store.ErrSkipped, last: store.ErrSkipped} {
		if !errors.Is(st.Err, want) {
			t.Errorf("a step ended with %v, want %v", st.Err, want)
		}
	}
	late := submit(failed, put("7"))
	good := submit(second, put("8"))
	<-end
	<-end
	if !errors.Is(late.Err, store.ErrSkipped) || good.Err != nil {
		t.Errorf("later steps ended with %v and %v", late.Err, good.Err)
	}
	equal(t, "bodies", b.Bodies(q), []string{"1", "2", "6", "8"})
}

func missing(t *testing.T, b *Subject) {
	slot, err := b.NewSlot()
	if err != nil {
		t.Fatal(err)
	}
	info := store.Queue{Slot: slot, Name: "far", Kind: store.Outgoing, ID: mq.NewGUID()}
	create := &store.CreateQueue{Queue: info, IfMissing: true}
	wrong := &store.Remove{Place: store.Place{Slot: slot, Lookup: 4711}}
	b.Fails(store.ErrGone, create, &store.Put{Row: Message(slot, "1")}, wrong)
	b.Must(create, &store.Put{Row: Message(slot, "2")})
	b.Must(create, &store.Put{Row: Message(slot, "3")}, create)
	b.Must(&store.UpdateQueue{Queue: store.Queue{Slot: slot, Name: "far", Kind: store.Outgoing, ID: info.ID, Label: "kept"}})
	b.Must(create)
	b.Restart()
	b.Must(create)
	list, err := b.Queues(ctx)
	if err != nil || len(list) != 1 || list[0].Label != "kept" {
		t.Fatalf("queues %v, %v", list, err)
	}
	equal(t, "bodies", b.Bodies(slot), []string{"2", "3"})
	other := info
	other.ID = mq.NewGUID()
	b.Fails(store.ErrTaken, &store.CreateQueue{Queue: other, IfMissing: true})
	again := info
	again.Slot = slot + 1
	b.Fails(store.ErrTaken, &store.CreateQueue{Queue: again, IfMissing: true})
	b.Fails(store.ErrTaken, &store.CreateQueue{Queue: info})
}
