package localqm_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/wire"
)

// TestStreamsArriveOnceAndInOrderWhateverHappens sends transactional messages
// over sessions that break, through restarts, expiry, deletion and
// acknowledgements that are late or doubled, to a receiver that is as plain as
// the rule of MS-MQQB 3.1.5.8.6.
func TestStreamsArriveOnceAndInOrderWhateverHappens(t *testing.T) {
	for _, kind := range qmtest.Kinds {
		t.Run(kind.Name, func(t *testing.T) {
			rapid.Check(t, func(r *rapid.T) {
				var thrown any
				passed := t.Run("", func(t *testing.T) { // folders and handles end with each case
					defer func() { thrown = recover() }() // rapid ends a case so
					w := &wayThere{t: t, r: r, q: qmtest.Start(t, kind), committed: map[int]bool{}}
					sound(t, w.q)
					attach(w.q)
					r.Repeat(map[string]func(*rapid.T){
						"send": w.send, "abort": w.abort, "take": w.take, "deliver": w.deliver, "cut": w.cut,
						"acknowledge": w.acknowledge, "resend": w.resend, "wait": w.wait, "restart": w.restart,
						"delete": w.remove, "": w.right,
					})
					w.drain()
				})
				if thrown != nil {
					panic(thrown)
				}
				if !passed {
					r.Fatal("failed")
				}
			})
		})
	}
}

// wayThere is a queue manager, a session to a receiver, and what should be.
type wayThere struct {
	t *testing.T
	r *rapid.T
	q *qmtest.QM

	count     int          // messages made
	committed map[int]bool // by number
	session   []*localqm.Parcel
	held      []*localqm.Parcel // left, and not told of again

	last     localqm.Sequence // of the receiver
	received []int
	acks     []wire.Order // that it could send
}

func (w *wayThere) queue() *localqm.Outgoing {
	if all := w.q.Outgoings(); len(all) > 0 {
		return all[0]
	}
	return nil
}

func (w *wayThere) transact(commit bool, n int) {
	w.t.Helper()
	tx := begin(w.t, w.q)
	h, err := w.q.OpenQueue(ctx, qmtest.Owner, qmtest.Name(w.t, farOrders), localqm.SendAccess, localqm.DenyNone)
	ok(w.t, err)
	defer h.Close()
	var sent []int
	for range n {
		w.count++
		sent = append(sent, w.count)
		m := message(fmt.Sprint(w.count), func(m *mq.Message) { m.DeadLetter = true })
		if rapid.IntRange(0, 3).Draw(w.r, "lives on") == 0 {
			m.TimeToReachQueue = uint32(rapid.IntRange(1, 20).Draw(w.r, "seconds"))
		}
		_, err := h.Send(ctx, tx, m)
		ok(w.t, err)
	}
	if !commit {
		ok(w.t, tx.Abort(ctx))
		return
	}
	ok(w.t, tx.Commit(ctx))
	for _, n := range sent {
		w.committed[n] = true
	}
}

func (w *wayThere) send(r *rapid.T) {
	w.r = r
	w.transact(true, rapid.IntRange(1, 3).Draw(r, "messages"))
}
func (w *wayThere) abort(r *rapid.T) { w.r = r; w.transact(false, 1) }

func (w *wayThere) take(r *rapid.T) {
	w.takeSome(rapid.IntRange(1, 5).Draw(r, "limit"))
}

func (w *wayThere) takeSome(limit int) {
	o := w.queue()
	if o == nil {
		return
	}
	p, err := o.Take(ctx, peer, limit, 1<<20)
	ok(w.t, err)
	w.session = append(w.session, p...)
	w.held = append(w.held, p...)
}

// deliver lets the receiver have the first packets of the session.
func (w *wayThere) deliver(r *rapid.T) {
	w.deliverSome(rapid.IntRange(0, len(w.session)).Draw(r, "packets"))
}

func (w *wayThere) deliverSome(n int) {
	for _, p := range w.session[:n] {
		m := parsed(w.t, p)
		at := localqm.Sequence{ID: m.Sequence, Number: m.SequenceNumber, Previous: m.PreviousNumber}
		next := at.ID == w.last.ID && at.Number > w.last.Number && at.Previous <= w.last.Number
		if next || at.ID > w.last.ID && at.Previous == 0 {
			w.last = at
			number, err := strconv.Atoi(m.Label)
			ok(w.t, err)
			w.received = append(w.received, number)
		}
		w.acks = append(w.acks, wire.Order{Sequence: w.last.ID, Number: w.last.Number})
	}
	if n > 0 {
		w.queue().Delivered(w.session[:n])
	}
	w.session = w.session[n:]
}

// cut ends the session: what was on its way is lost.
func (w *wayThere) cut(*rapid.T) {
	if o := w.queue(); o != nil {
		o.Release(w.held)
	}
	w.session, w.held = nil, nil
}

// acknowledge sends the newest acknowledgement of the receiver, or an old one.
func (w *wayThere) acknowledge(r *rapid.T) {
	if n := len(w.acks); n > 0 {
		back := 0
		if rapid.IntRange(0, 3).Draw(r, "old") == 0 {
			back = rapid.IntRange(0, n-1).Draw(r, "back")
		}
		w.q.Ordered(peer, w.acks[n-1-back])
	}
}

func (w *wayThere) resend(*rapid.T) {
	if o := w.queue(); o != nil {
		o.Resend()
	}
}

func (w *wayThere) wait(r *rapid.T) {
	w.q.Clock.Advance(time.Duration(rapid.IntRange(1, 10).Draw(r, "seconds")) * time.Second)
}

func (w *wayThere) restart(*rapid.T) {
	w.session, w.held = nil, nil
	w.q.Restart()
	attach(w.q)
}

// remove lets an administrator delete one message, if it is not on its way.
func (w *wayThere) remove(r *rapid.T) {
	if w.queue() == nil || w.queue().Unsent() == 0 {
		return
	}
	all := w.q.Browsed(farOrders)
	if len(all) == 0 {
		return
	}
	d := all[rapid.IntRange(0, len(all)-1).Draw(r, "which")]
	_, err := w.q.RemoveMessages(ctx, qmtest.Owner, qmtest.Name(w.t, farOrders), []uint64{d.Lookup})
	ok(w.t, err)
}

// right: what was received came once, in the order of the commits.
func (w *wayThere) right(*rapid.T) {
	if !slices.IsSorted(w.received) || len(slices.Compact(slices.Clone(w.received))) != len(w.received) {
		w.t.Fatalf("received %v", w.received)
	}
	for _, n := range w.received {
		if !w.committed[n] {
			w.t.Fatalf("%d was received and never committed", n)
		}
	}
}

// drain delivers what is left; then every message was received or is a dead
// letter.
func (w *wayThere) drain() {
	w.t.Helper()
	ok(w.t, w.q.Settle())
	w.cut(nil)
	w.resend(nil)
	for n := 0; w.queue() != nil && w.queue().Unsent() > 0; n++ {
		if n > 1000 {
			w.t.Fatalf("%d messages never leave", w.queue().Unsent())
		}
		w.takeSome(100)
		w.deliverSome(len(w.session))
		if k := len(w.acks); k > 0 {
			w.q.Ordered(peer, w.acks[k-1])
		}
		ok(w.t, w.q.Settle())
		w.resend(nil)
	}
	w.right(nil)
	ok(w.t, w.q.Settle())
	dead := map[int]bool{}
	for _, d := range w.q.Browsed(deadXact) {
		n, err := strconv.Atoi(d.Message.Label)
		ok(w.t, err)
		dead[n] = true
	}
	for n := range w.committed {
		if !dead[n] && !slices.Contains(w.received, n) {
			w.t.Errorf("%d was lost", n)
		}
	}
}
