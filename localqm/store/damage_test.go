package store_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
	"posthouse/localqm/store/storetest"
)

// shown is everything that a store gives out, and the first error.
type shown struct {
	identity store.Identity
	queues   []store.Queue
	rows     map[store.Place]*store.Row
	counts   []store.Count
	due      []store.Place
	state    []string
	prepared []store.Prepared
	errs     []error
}

func look(s store.Store) (v shown) {
	note := func(err error) {
		if err != nil {
			v.errs = append(v.errs, err)
		}
	}
	var err error
	v.identity = s.Identity()
	v.queues, err = s.Queues(ctx)
	note(err)
	v.rows = map[store.Place]*store.Row{}
	for at := range store.Slot(5) {
		v.counts = append(v.counts, s.Count(at))
		lookups, err := s.Lookups(ctx, at, 0, 0)
		note(err)
		for _, l := range lookups {
			r, err := s.Get(ctx, at, l, -1)
			note(err)
			if err == nil {
				v.rows[store.Place{Slot: at, Lookup: l}] = r
			}
			// Headers alone must be right too.
			h, err := s.Get(ctx, at, l, 0)
			note(err)
			if err == nil && r != nil {
				c := *r
				c.Body = nil
				if !reflect.DeepEqual(&c, h) {
					note(fmt.Errorf("header %v and message differ", l))
				}
			}
		}
		rows, err := s.Range(ctx, store.Range{Slot: at, Body: -1})
		note(err)
		if err == nil && len(rows) != len(lookups) {
			note(fmt.Errorf("%d rows for %d lookups", len(rows), len(lookups)))
		}
	}
	v.due, err = s.Due(ctx, 1<<40, 0)
	note(err)
	note(s.States(ctx, "s", func(k, x []byte) error {
		v.state = append(v.state, fmt.Sprintf("%x=%x", k, x))
		return nil
	}))
	v.prepared, err = s.Prepared(ctx)
	note(err)
	return v
}

// sample makes a store with something of everything and returns its file and
// what it shows.
func sample(t *testing.T) ([]byte, shown) {
	t.Helper()
	dir := t.TempDir()
	s := open(t, store.Options{Dir: dir, Name: "SAMPLE"})
	must := func(ops ...store.Op) {
		t.Helper()
		if err := storetest.Do(s, ops...); err != nil {
			t.Fatal(err)
		}
	}
	rnd := rand.New(rand.NewPCG(4, 2))
	for at := store.Slot(1); at < 5; at++ {
		q := store.Queue{Slot: at, Name: fmt.Sprint("queue", at), Label: "a label", Security: []byte{1, 2, 3}, Quota: 17}
		if at > 2 {
			q.Parent, q.Role = 1, store.Subqueue
		}
		must(&store.CreateQueue{Queue: q})
	}
	for i := range 120 {
		r := packet(store.Slot(1+i%4), []int{0, 10, 1000, 1000, 9000}[rnd.IntN(5)])
		for j := range r.Head {
			r.Head[j] = byte(rnd.Uint32())
		}
		r.Priority, r.Class = uint8(i%8), mq.Class(i)
		if i%3 == 0 {
			r.Expires = int64(1000 + i)
			r.Index = mq.ObjectID{Source: mq.GUID{1, byte(i)}, Ordinal: uint32(i)}
		}
		must(&store.Put{Row: r})
		if i%7 == 0 {
			p := store.Place{Slot: r.Slot, Lookup: r.Lookup}
			must(&store.Abort{Place: p}, &store.Move{Place: p, To: 1 + r.Slot%4, At: int64(i)})
		}
		must(&store.PutState{Space: "s", Key: []byte{byte(i)}, Value: []byte(fmt.Sprint("value", i))})
		if i%5 == 0 {
			x := packet(1, 100)
			must(&store.Put{Row: x})
			must(&store.Remove{Place: store.Place{Slot: 1, Lookup: x.Lookup}})
		}
	}
	must(&store.Prepare{ID: mq.GUID{5}, Ops: []store.Op{&store.Put{Row: packet(1, 300)}}})
	v := look(s)
	if len(v.errs) > 0 {
		t.Fatal(v.errs)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "posthouse.db"))
	if err != nil {
		t.Fatal(err)
	}
	return data, v
}

// harm damages a file image and says how.
func harm(rnd *rand.Rand, data []byte) ([]byte, string) {
	data = slices.Clone(data)
	const page = 4096
	pages := len(data) / page
	switch k := rnd.IntN(20); {
	case k < 13:
		at, bit := rnd.IntN(len(data)), rnd.IntN(8)
		data[at] ^= 1 << bit
		return data, fmt.Sprintf("bit %d of byte %d flipped", bit, at)
	case k < 15:
		n := rnd.IntN(len(data))
		return data[:n], fmt.Sprintf("cut to %d bytes", n)
	case k < 17:
		n := rnd.IntN(pages)
		return data[:n*page], fmt.Sprintf("cut to %d pages", n)
	case k < 18:
		at := rnd.IntN(pages)
		clear(data[at*page : (at+1)*page])
		return data, fmt.Sprintf("page %d zeroed", at+1)
	case k < 19:
		a, b := rnd.IntN(pages), rnd.IntN(pages)
		copy(data[a*page:(a+1)*page], data[b*page:(b+1)*page])
		return data, fmt.Sprintf("page %d overwritten with page %d", a+1, b+1)
	default:
		at := rnd.IntN(len(data) - 512) // a torn sector
		for i := range 512 {
			data[at+i] = byte(rnd.Uint32())
		}
		return data, fmt.Sprintf("512 bytes at %d overwritten", at)
	}
}

// TestADamagedFileIsNeverServed: a file that was cut, or in which bits have
// changed, is refused, or its reads fail, or Check tells; a message is never
// given out with other bytes than it was put with.
func TestADamagedFileIsNeverServed(t *testing.T) {
	data, want := sample(t)
	trials := 300
	if testing.Short() {
		trials = 40
	}
	refused, failed, told, harmless := 0, 0, 0, 0
	for seed := range trials {
		rnd := rand.New(rand.NewPCG(uint64(seed), 7))
		bad, how := harm(rnd, data)
		dir := filepath.Join(t.TempDir(), "data")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "posthouse.db"), bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if len(bad) == 0 {
			continue // a new store
		}
		s, err := store.Open(ctx, store.Options{Dir: dir})
		if err != nil {
			refused++
			continue
		}
		got := look(s)
		report, err := s.Check(ctx)
		clean := err == nil && len(report.Problems) == 0
		s.Close()
		for p, r := range got.rows {
			w, there := want.rows[p]
			if !there {
				// Only its slot may be wrong, which is not part of its checksum.
				for q, x := range want.rows {
					if q.Lookup == p.Lookup {
						c := *x
						c.Slot = p.Slot
						w, there = &c, !clean
					}
				}
			}
			if !there {
				t.Errorf("seed %d, %s: message %v from nowhere", seed, how, p)
				continue
			}
			c := *w
			if !clean { // these change while it is stored, so Check's structure tests have to tell
				c.Aborts, c.Moves, c.LastMove = r.Aborts, r.Moves, r.LastMove
			}
			if !reflect.DeepEqual(&c, r) {
				d := cmp.Diff(&c, r)
				t.Errorf("seed %d, %s: message %v was given out changed: %s", seed, how, p, d)
			}
		}
		same := reflect.DeepEqual(got, want)
		switch {
		case len(got.errs) > 0:
			failed++
			if clean {
				t.Errorf("seed %d, %s: reads fail (%v), but Check finds nothing", seed, how, got.errs[0])
			}
		case !clean:
			told++
		case same:
			harmless++
		default:
			t.Errorf("seed %d, %s: silently wrong", seed, how)
		}
	}
	t.Logf("%d files: %d refused at the start, %d failed when read, %d found by Check alone, %d harmless (unused bytes), 0 silently wrong",
		trials, refused, failed, told, harmless)
}
