package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

var ctx = context.Background()

// Run is the suite.
func Run(t *testing.T, open Maker) {
	for _, c := range []struct {
		name string
		test func(*testing.T, *Subject)
	}{
		{"MessagesComeInOrderOfPriorityThenArrival", order},
		{"ARowComesBackAsItWasPut", fidelity},
		{"BodiesAreReadAsFarAsAsked", bodies},
		{"RangesGoBothWaysBetweenExclusiveBounds", ranges},
		{"AnyNumberIsABound", bounds},
		{"AStepIsAllOrNothing", atomicity},
		{"RemoveTellsWhatIsGone", removes},
		{"AMoveKeepsPlaceAndDeadline", moves},
		{"AMoveMayEndTheDeadline", undying},
		{"AStepFollowsTheFateOfTheOneItComesAfter", chains},
		{"AQueueIsCreatedOnceIfMissing", missing},
		{"AnAbortCountsAndKeepsPlace", aborts},
		{"CountersAreExact", counters},
		{"MessagesAreFoundByIdentifier", finds},
		{"DeadlinesComeEarliestFirst", deadlines},
		{"ARestartKeepsAllButExpress", restarts},
		{"AnotherIdentifierIsKept", identities},
		{"NumbersAreNeverGivenTwice", numbers},
		{"QueuesComeBackAsTheyWere", queues},
		{"NamesAreTakenOnce", names},
		{"OnlyEmptyQueuesAreForgotten", deletes},
		{"SlotsAreReserved", slots},
		{"StateIsKeptInOrder", state},
		{"PreparedTransactionsAreKept", prepared},
		{"DoneComesOnceInOrderAfterTheCommit", done},
		{"ConcurrentStepsAllHappen", concurrent},
		{"ReadersPagingByKeyMissNothing", paging},
		{"AClosedStoreSaysSo", closed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, Make(t, open))
		})
	}
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("%s (-want +got):\n%s", what, d)
	}
}

func order(t *testing.T, b *Subject) {
	q := b.Queue("orders")
	for i, p := range []uint8{3, 7, 0, 3, 7, 5} {
		express := func(r *store.Row) { r.Express = i%2 == 1 }
		b.Put(q, fmt.Sprint(p, "/", i), Priority(p), express)
	}
	equal(t, "order", b.Bodies(q), []string{"7/1", "7/4", "5/5", "3/0", "3/3", "0/2"})
	lookups, err := b.Lookups(ctx, q, 0, 0)
	if err != nil || !slices.IsSorted(lookups) || len(lookups) != 6 {
		t.Fatalf("lookups %v, %v", lookups, err)
	}
	for i, l := range lookups {
		p, seq := store.SplitLookup(l)
		if want := []uint8{7, 7, 5, 3, 3, 0}[i]; p != want || seq == 0 || seq > b.LastSeq() {
			t.Errorf("lookup %d is priority %d seq %d", l, p, seq)
		}
	}
	after, err := b.Lookups(ctx, q, lookups[1], 2)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "lookups after the second", after, lookups[2:4])
}

func fidelity(t *testing.T, b *Subject) {
	q := b.Queue("orders")
	for _, express := range []bool{false, true} {
		for _, body := range []string{"", "x", string(make([]byte, 5000)), string(make([]byte, 200_000))} {
			want := store.Row{
				Slot: q, Priority: 6, Express: express, Kind: store.SRMP, Class: mq.ClassNackQueueDeleted,
				Arrived: 1 << 33, Expires: 1<<32 + 5, Aborts: 3, Moves: 2, LastMove: 77,
				Index: mq.ObjectID{Source: mq.NewGUID(), Ordinal: 0xFFFFFFFF},
				Head:  []byte("head)(t"), BodyAt: 5, Body: []byte(body),
			}
			put := want
			b.Must(&store.Put{Row: &put})
			want.Lookup, want.BodySize = put.Lookup, len(body)
			if len(body) == 0 {
				want.Body = nil
			}
			got, err := b.Get(ctx, q, put.Lookup, -1)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "row", *got, want)
			if string(got.Packet()) != "head)"+body+"(t" {
				t.Error("the packet is not the one that was put")
			}
			b.Must(&store.Remove{Place: store.Place{Slot: q, Lookup: put.Lookup}, Express: express})
		}
	}
}

func bodies(t *testing.T, b *Subject) {
	q := b.Queue("orders")
	for _, p := range []store.Place{b.Put(q, "0123456789"), b.Put(q, "0123456789", Express)} {
		for n, want := range map[int]string{0: "", 1: "0", 4: "0123", 10: "0123456789", 11: "0123456789", -1: "0123456789"} {
			row, err := b.Get(ctx, q, p.Lookup, n)
			if err != nil || string(row.Body) != want || row.BodySize != 10 {
				t.Errorf("body of at most %d: %q of %d, %v", n, row.Body, row.BodySize, err)
			}
			if n == 0 && row.Body != nil {
				t.Error("a body was read that was not asked for")
			}
			rows, err := b.Range(ctx, store.Range{Slot: q, After: p.Lookup - 1, Limit: 1, Body: n})
			if err != nil || len(rows) != 1 || string(rows[0].Body) != want {
				t.Errorf("range with body of at most %d: %v, %v", n, rows, err)
			}
		}
	}
}

func ranges(t *testing.T, b *Subject) {
	q, other := b.Queue("orders"), b.Queue("other")
	var l []uint64
	for i := range 10 {
		b.Put(other, "elsewhere")
		l = append(l, b.Put(q, fmt.Sprint(i), func(r *store.Row) { r.Express = i%3 == 0 }).Lookup)
	}
	for _, c := range []struct {
		r    store.Range
		want string
	}{
		{store.Range{}, "0123456789"},
		{store.Range{Limit: 3}, "012"},
		{store.Range{Limit: 3, Reverse: true}, "789"},
		{store.Range{After: l[4]}, "56789"},
		{store.Range{After: l[4], Limit: 2}, "56"},
		{store.Range{After: l[4], Limit: 2, Reverse: true}, "89"},
		{store.Range{Before: l[4]}, "0123"},
		{store.Range{Before: l[4], Limit: 2}, "01"},
		{store.Range{Before: l[4], Limit: 2, Reverse: true}, "23"},
		{store.Range{After: l[2], Before: l[7]}, "3456"},
		{store.Range{After: l[2], Before: l[3]}, ""},
		{store.Range{After: l[7], Before: l[2]}, ""},
		{store.Range{After: l[9]}, ""},
		{store.Range{Before: l[0]}, ""},
	} {
		c.r.Slot, c.r.Body = q, -1
		rows, err := b.Range(ctx, c.r)
		got := ""
		for _, r := range rows {
			got += string(r.Body)
		}
		if err != nil || got != c.want {
			t.Errorf("%+v: %q, %v; want %q", c.r, got, err, c.want)
		}
	}
}

func bounds(t *testing.T, b *Subject) {
	q, next := b.Queue("orders"), b.Queue("next")
	first := b.Put(q, "7", Priority(7)).Lookup
	last := b.Put(q, "0", Priority(0)).Lookup
	b.Put(next, "elsewhere", Priority(7))
	for _, c := range []struct {
		after, before uint64
		want          int
	}{
		{0, 1<<64 - 1, 2},
		{1<<64 - 1, 0, 0},
		{first, last, 0},
		{first - 1, last + 1, 2},
		{1<<56 - 1, 0, 1},
		{0, 1<<56 - 1, 1},
		{8 << 56, 0, 0},
		{0, 8 << 56, 2},
		{7<<56 | 1<<50, 0, 0},
		{0, 7<<56 | 1<<50, 2},
	} {
		rows, err := b.Range(ctx, store.Range{Slot: q, After: c.after, Before: c.before})
		if err != nil || len(rows) != c.want {
			t.Errorf("between %#x and %#x: %d rows, %v; want %d", c.after, c.before, len(rows), err, c.want)
		}
	}
	for _, lookup := range []uint64{0, 99, 1<<64 - 1, first | 1<<45, 8<<56 | 1, 1 << 56} {
		if _, err := b.Get(ctx, q, lookup, 0); !errors.Is(err, store.ErrGone) {
			t.Errorf("get %#x: %v", lookup, err)
		}
		b.Fails(store.ErrGone, &store.Remove{Place: store.Place{Slot: q, Lookup: lookup}})
	}
	if _, err := b.Get(ctx, next, first, 0); !errors.Is(err, store.ErrGone) {
		t.Errorf("get from another queue: %v", err)
	}
}

func atomicity(t *testing.T, b *Subject) {
	q := b.Queue("orders")
	kept := b.Put(q, "kept")
	quick := b.Put(q, "quick", Express)
	gone := store.Place{Slot: q, Lookup: store.LookupID(3, 9999)}
	before := b.Count(q)
	id := mq.NewGUID()
	b.Fails(store.ErrGone,
		&store.Put{Row: Message(q, "a")},
		&store.Put{Row: &store.Row{Slot: q, Express: true, Body: []byte("b")}},
		&store.Remove{Place: kept},
		&store.Remove{Place: quick, Express: true},
		&store.PutState{Space: "s", Key: []byte("k"), Value: []byte("v")},
		&store.Prepare{ID: id},
		&store.CreateQueue{Queue: store.Queue{Slot: 500, Name: "new"}},
		&store.Remove{Place: gone})
	equal(t, "bodies", b.Bodies(q), []string{"kept", "quick"})
	equal(t, "count", b.Count(q), before)
	if v, err := b.State(ctx, "s", []byte("k")); v != nil || err != nil {
		t.Errorf("state %q, %v", v, err)
	}
	if l, _ := b.Queues(ctx); len(l) != 1 {
		t.Errorf("%d queues", len(l))
	}
	if l, _ := b.Prepared(ctx); len(l) != 0 {
		t.Errorf("%d prepared transactions", len(l))
	}
	b.Fails(store.ErrNoSlot, &store.Put{Row: Message(777, "a")})
	b.Fails(mq.ErrInvalidParameter, &store.Put{Row: &store.Row{Slot: q, Priority: 8}})
	b.Fails(mq.ErrInvalidParameter, &store.Put{Row: &store.Row{Slot: q, BodyAt: 1}})

	// A step may remove from one queue and put into another.
	other := b.Queue("other")
	b.Must(&store.Remove{Place: kept}, &store.Put{Row: Message(other, "kept")}, &store.Remove{Place: quick, Express: true})
	equal(t, "bodies", b.Bodies(q), []string{})
	equal(t, "bodies", b.Bodies(other), []string{"kept"})
}

func removes(t *testing.T, b *Subject) {
	q := b.Queue("orders")
	for _, express := range []bool{false, true} {
		p := b.Put(q, "x", func(r *store.Row) { r.Express = express })
		b.Fails(store.ErrGone, &store.Remove{Place: p, Express: !express})
		b.Fails(store.ErrGone, &store.Remove{Place: store.Place{Slot: q + 1, Lookup: p.Lookup}, Express: express})
		b.Fails(store.ErrGone, &store.Remove{Place: p, Express: express}, &store.Remove{Place: p, Express: express})
		b.Must(&store.Remove{Place: p, Express: express})
		b.Fails(store.ErrGone, &store.Remove{Place: p, Express: express})
		b.Fails(store.ErrGone, &store.Abort{Place: p, Express: express})
		b.Fails(store.ErrGone, &store.Move{Place: p, Express: express, To: q})
		if _, err := b.Get(ctx, q, p.Lookup, 0); !errors.Is(err, store.ErrGone) {
			t.Errorf("get after remove: %v", err)
		}
	}
}

func concurrent(t *testing.T, b *Subject) {
	q, gone := b.Queue("orders"), store.Place{Slot: 1, Lookup: 12345}
	const senders, each = 8, 40
	var wg sync.WaitGroup
	for n := range senders {
		wg.Go(func() {
			for i := range each {
				r := Message(q, fmt.Sprint(n, "/", i))
				r.Express = i%5 == 4
				if err := b.Do(&store.Put{Row: r}); err != nil {
					t.Errorf("put: %v", err)
					return
				}
				if row, err := b.Get(ctx, q, r.Lookup, -1); err != nil || string(row.Body) != string(r.Body) {
					t.Errorf("get after put: %v, %v", row, err)
				}
				if i%4 == 0 { // a wrong step among right ones
					if err := b.Do(&store.Put{Row: Message(q, "wrong")}, &store.Remove{Place: gone}); !errors.Is(err, store.ErrGone) {
						t.Errorf("wrong step: %v", err)
					}
				}
				if i%3 == 0 {
					if err := b.Do(&store.Remove{Place: store.Place{Slot: q, Lookup: r.Lookup}, Express: r.Express}); err != nil {
						t.Errorf("remove: %v", err)
					}
				}
			}
		})
	}
	wg.Wait()
	left := senders * (each - (each+2)/3)
	if n := b.Count(q); n.Messages != int64(left) {
		t.Errorf("%d messages left, want %d", n.Messages, left)
	}
}

// paging: whoever reads on behind the last lookup id it saw sees every message.
func paging(t *testing.T, b *Subject) {
	q := b.Queue("orders")
	const senders, each = 6, 60
	var wg sync.WaitGroup
	for n := range senders {
		wg.Go(func() {
			for i := range each {
				r := Message(q, "m")
				r.Express = (n+i)%2 == 0
				if err := b.Do(&store.Put{Row: r}); err != nil {
					t.Errorf("put: %v", err)
				}
			}
		})
	}
	seen, after := 0, uint64(0)
	for seen < senders*each && !t.Failed() {
		complete := b.Count(q).Messages == senders*each
		rows, err := b.Range(ctx, store.Range{Slot: q, After: after, Limit: 7})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			seen, after = seen+1, r.Lookup
		}
		if complete && len(rows) == 0 {
			break
		}
	}
	wg.Wait()
	if seen != senders*each {
		t.Errorf("saw %d of %d messages", seen, senders*each)
	}
}

func closed(t *testing.T, b *Subject) {
	q := b.Queue("orders")
	b.Put(q, "x")
	b.Sound()
	s := b.Store
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
	if err := Do(s, &store.Put{Row: Message(q, "y")}); !errors.Is(err, store.ErrClosed) {
		t.Errorf("step: %v", err)
	}
	if _, err := s.Range(ctx, store.Range{Slot: q}); !errors.Is(err, store.ErrClosed) {
		t.Errorf("range: %v", err)
	}
	if _, err := s.Check(ctx); !errors.Is(err, store.ErrClosed) {
		t.Errorf("check: %v", err)
	}
	if _, _, err := s.Tidy(ctx); !errors.Is(err, store.ErrClosed) {
		t.Errorf("tidy: %v", err)
	}
	b.Store = b.restart()
	equal(t, "bodies", b.Bodies(q), []string{"x"})
}
