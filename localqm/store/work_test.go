package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
	"posthouse/localqm/store/storetest"
)

// The crash test's ledger is lines of JSON on the child's standard output: what
// it is about to do, and what it was answered. A kill loses neither.

// entry is a line of the ledger.
type entry struct {
	Sender int    `json:"s"`
	N      int    `json:"n"`           // of the sender's operations
	Ack    bool   `json:"a,omitempty"` // answered; else about to be done
	Acts   []act  `json:"acts,omitempty"`
	Err    string `json:"err,omitempty"`
	// Numbers given out: message numbers before, lookup ids of puts after.
	Ordinals []uint32 `json:"o,omitempty"`
	Lookups  []uint64 `json:"l,omitempty"`
}

// act is one operation of a step, on a message known by its name.
type act struct {
	Do      string     `json:"do"` // put, remove, move, abort, state, forget-state
	Name    string     `json:"name"`
	Slot    store.Slot `json:"slot,omitempty"` // where it is, or is put
	To      store.Slot `json:"to,omitempty"`
	Lookup  uint64     `json:"at,omitempty"`
	Express bool       `json:"x,omitempty"`
	Size    int        `json:"size,omitempty"` // of the body
	Value   string     `json:"v,omitempty"`
}

// text is the body of a message: its name, filled up to a size.
func text(name string, size int) []byte {
	body := append([]byte(name), '|')
	for i := 0; len(body) < size; i++ {
		body = append(body, byte('a'+i%26))
	}
	return body
}

const workers = 6

// childWork works on the store until it is killed, or through a.Count
// operations of each sender.
func childWork(a args) error {
	store.SetCheckpointPages(40)
	if a.Point != "" {
		var passes atomic.Int64
		store.SetFailpoint(func(point string) {
			if point == a.Point && passes.Add(1) == int64(a.Passes) {
				killSelf()
			}
		})
	}
	s, err := store.Open(ctx, store.Options{Dir: a.Dir, ExpressLimit: 20_000})
	if err != nil {
		return err
	}
	var slots []store.Slot
	queues, err := s.Queues(ctx)
	if err != nil {
		return err
	}
	for _, q := range queues {
		slots = append(slots, q.Slot)
	}
	for len(slots) < 3 {
		at, err := s.NewSlot()
		if err == nil {
			err = storetest.Do(s, &store.CreateQueue{Queue: store.Queue{Slot: at, Name: fmt.Sprint("q", at)}})
		}
		if err != nil {
			return err
		}
		slots = append(slots, at)
	}
	var wg sync.WaitGroup
	errs := make([]error, workers)
	for n := range workers {
		wg.Go(func() {
			w := &worker{s: s, n: n, slots: slots, rnd: rand.New(rand.NewPCG(a.Seed, uint64(n)))}
			errs[n] = w.run(a.Count)
		})
	}
	wg.Wait()
	return errors.Join(append(errs, s.Close())...)
}

// worker is one sender; the messages with its number are its own.
type worker struct {
	s     *store.SQLite
	n     int
	slots []store.Slot
	rnd   *rand.Rand
	own   []act // its messages: where they are
	step  int
}

// out writes a whole line in one call.
var out sync.Mutex

func (e *entry) write() error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	out.Lock()
	defer out.Unlock()
	_, err = os.Stdout.Write(append(line, '\n'))
	return err
}

func (w *worker) run(count int) error {
	if err := w.adopt(); err != nil {
		return err
	}
	for ; count == 0 || w.step < count; w.step++ {
		if err := w.once(); err != nil {
			return fmt.Errorf("sender %d step %d: %w", w.n, w.step, err)
		}
	}
	return nil
}

// adopt finds the messages of a former run.
func (w *worker) adopt() error {
	for _, at := range w.slots {
		rows, err := w.s.Range(context.Background(), store.Range{Slot: at, Body: 64})
		if err != nil {
			return err
		}
		for _, r := range rows {
			if name := nameOf(r.Body); senderOf(name) == w.n {
				w.own = append(w.own, act{Name: name, Slot: at, Lookup: r.Lookup})
			}
		}
	}
	return nil
}

func (w *worker) slot() store.Slot { return w.slots[w.rnd.IntN(len(w.slots))] }

// once does one step: mostly one operation, sometimes several together.
func (w *worker) once() error {
	e := entry{Sender: w.n, N: w.step}
	own := append([]act(nil), w.own...)
	n := 1
	if w.rnd.IntN(3) == 0 {
		n += 1 + w.rnd.IntN(4)
	}
	var ops []store.Op
	var rows []*store.Row
	var puts []int // in own
	for i := range n {
		a := act{Name: fmt.Sprintf("%d.%d.%d.%d", w.n, os.Getpid(), w.step, i)}
		switch k := w.rnd.IntN(10); {
		case k < 5 || len(own) == 0:
			a.Do, a.Slot, a.Express = "put", w.slot(), w.rnd.IntN(4) == 0
			a.Size = []int{30, 1000, 1000, 5000, 40_000}[w.rnd.IntN(5)]
			o := w.s.NextOrdinal()
			e.Ordinals = append(e.Ordinals, o)
			r := &store.Row{
				Slot: a.Slot, Priority: uint8(w.rnd.IntN(8)), Express: a.Express, Head: []byte("head of " + a.Name),
				Body: text(a.Name, a.Size), Index: mq.ObjectID{Source: w.s.Identity().ID, Ordinal: o},
				Expires: int64(w.rnd.IntN(2)) * 4_000_000_000,
			}
			rows = append(rows, r)
			ops = append(ops, &store.Put{Row: r})
			puts = append(puts, len(own))
			own = append(own, a)
		case k < 9:
			at := w.rnd.IntN(len(own))
			if own[at].Lookup == 0 {
				continue // put by this very step
			}
			a.Name, a.Slot, a.Lookup, a.Express = own[at].Name, own[at].Slot, own[at].Lookup, own[at].Express
			place := store.Place{Slot: a.Slot, Lookup: a.Lookup}
			switch k {
			case 5, 6:
				a.Do = "remove"
				ops = append(ops, &store.Remove{Place: place, Express: a.Express})
				own[at].Slot = 0
			case 7:
				a.Do, a.To = "move", w.slot()
				ops = append(ops, &store.Move{Place: place, To: a.To, At: int64(w.step), Express: a.Express})
				own[at].Slot = a.To
			case 8:
				a.Do = "abort"
				ops = append(ops, &store.Abort{Place: place, Express: a.Express})
			}
			if own[at].Slot == 0 {
				last := len(own) - 1
				for j, p := range puts {
					if p == last {
						puts[j] = at
					}
				}
				own[at] = own[last]
				own = own[:last]
			}
		default:
			a.Do, a.Name, a.Value = "state", fmt.Sprintf("%d.%d", w.n, w.rnd.IntN(3)), fmt.Sprint(w.step)
			ops = append(ops, &store.PutState{Space: "crash", Key: []byte(a.Name), Value: []byte(a.Value)})
		}
		if a.Do != "" {
			e.Acts = append(e.Acts, a)
		}
	}
	if len(ops) == 0 {
		return nil
	}
	wrong := w.rnd.IntN(20) == 0
	if wrong { // the whole step must fail
		ops = append(ops, &store.Remove{Place: store.Place{Slot: w.slots[0], Lookup: 1 << 40}})
		e.Acts = append(e.Acts, act{Do: "wrong"})
	}
	if err := e.write(); err != nil {
		return err
	}
	err := storetest.Do(w.s, ops...)
	if wrong != errors.Is(err, store.ErrGone) || !wrong && err != nil {
		return fmt.Errorf("%v ended with %w", e.Acts, err)
	}
	e = entry{Sender: w.n, N: w.step, Ack: true}
	if wrong {
		e.Err = err.Error()
		return e.write()
	}
	for i, r := range rows {
		e.Lookups = append(e.Lookups, r.Lookup)
		own[puts[i]].Lookup = r.Lookup
	}
	w.own = own
	return e.write()
}

// childSend sends a.Count durable messages one after the other and writes a
// line after each answer, which strace sees between the syncs.
func childSend(a args) error {
	s, err := store.Open(ctx, store.Options{Dir: a.Dir})
	if err != nil {
		return err
	}
	at, err := s.NewSlot()
	if err != nil {
		return err
	}
	if err := storetest.Do(s, &store.CreateQueue{Queue: store.Queue{Slot: at, Name: "q"}}); err != nil {
		return err
	}
	for i := range a.Count {
		r := storetest.Message(at, fmt.Sprint(i))
		if err := storetest.Do(s, &store.Put{Row: r}); err != nil {
			return err
		}
		fmt.Printf("ANSWER put %d\n", i)
		if i%2 == 0 {
			if err := storetest.Do(s, &store.Remove{Place: store.Place{Slot: at, Lookup: r.Lookup}}); err != nil {
				return err
			}
			fmt.Printf("ANSWER remove %d\n", i)
		}
	}
	return s.Close()
}
