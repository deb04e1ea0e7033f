package localqm_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

// Packets that nobody asked for may not make a queue manager keep without end.
func TestStrangersBeginFewOutgoingQueues(t *testing.T) {
	q := qmtest.Start(t, qmtest.Memory)
	sound(t, q)
	f := newFar(t, q, 1, "10.6.6.6")
	hops := func(i int) func(*mq.Message) {
		return func(m *mq.Message) {
			m.HopCount, m.Acknowledge = 0x1F, mq.AckNegativeArrival
			m.AdminQueue = mq.DirectOS(fmt.Sprint("made-up-", i), `private$\q`)
		}
	}
	for i := range 300 {
		f.send(f.message("q", "", hops(i)))
	}
	if n := len(q.Outgoings()); n != 100 {
		t.Errorf("%d outgoing queues for one computer", n)
	}
	other := newFar(t, q, 2, "10.0.0.2")
	other.send(other.message("q", "", hops(1000)))
	if n := len(q.Outgoings()); n != 101 {
		t.Errorf("%d outgoing queues with another", n)
	}
	for _, o := range q.Outgoings() {
		_, err := q.Purge(ctx, qmtest.Owner, mq.QueueName{Format: o.Destination()})
		ok(t, err)
	}
	q.Clock.Advance(6 * time.Minute)
	qmtest.Eventually(t, "what is empty goes", func() bool { return len(q.Outgoings()) == 0 })
	f.send(f.message("q", "", hops(2000)))
	if n := len(q.Outgoings()); n != 1 {
		t.Errorf("%d outgoing queues when there is room again", n)
	}
}

func TestStrangersFillNoOutgoingQueue(t *testing.T) {
	q := qmtest.Start(t, qmtest.Memory)
	sound(t, q)
	f := newFar(t, q, 1, "10.6.6.6")
	large := func(m *mq.Message) {
		m.HopCount, m.Acknowledge, m.AdminQueue = 0x1F, mq.AckNegativeArrival, qmtest.Name(t, farAcks).Format
		m.Body = make([]byte, 1<<20)
	}
	for range 10 {
		f.send(f.message("q", "", large))
	}
	if n := len(leaving(t, q, farAcks)); n != 4 {
		t.Errorf("%d answers with 1 MB each wait", n)
	}
}

// The sender keeps what it cannot be told about.
func TestARefusalThatCannotBeToldIsNoneYet(t *testing.T) {
	q := qmtest.Start(t, qmtest.Memory)
	sound(t, q)
	f := newFar(t, q, 1, "10.6.6.6")
	n, waits := uint32(0), 0
	for ; n < 100_000; n++ {
		err := f.arrive(f.packet(f.message("missing", "", inStream(7, n+1, n))))
		if errors.Is(err, mq.ErrInsufficientResources) {
			break
		}
		ok(t, err)
		waits++
	}
	if waits < 10_000 || waits == 100_000 {
		t.Fatalf("%d refusals wait to be told", waits)
	}
	_, err := q.Purge(ctx, qmtest.Owner, qmtest.Name(t, `DIRECT=TCP:10.6.6.6\private$\order_queue$`))
	ok(t, err)
	f.send(f.message("missing", "", inStream(7, n+1, n)))
}

func TestAnswersDoNotWaitForEver(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		f := newFar(t, q, 1, "10.0.0.1")
		f.send(f.message("missing", "", inStream(7, 1, 0)))
		q.Clock.Advance(59 * 24 * time.Hour)
		q.Restart()
		leavingClasses(t, q, farOrder, mq.ClassNackBadDestQueue)
		q.Clock.Advance(2 * 24 * time.Hour)
		qmtest.Eventually(t, "the answer goes", func() bool { return len(leaving(t, q, farOrder)) == 0 })
		labels(t, q, deadLetter)
		labels(t, q, deadXact)
	})
}

// Whoever says it is us is somebody else, or our own message came back by a name
// that we do not know.
func TestMessagesThatSayTheyAreOurs(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("orders", open(localqm.QueueSpec{}))
		q.Create("closed", localqm.QueueSpec{})
		f := newFar(t, q, 1, "10.6.6.6")
		f.peer.ID = q.Identity().ID
		m := func(label string) *mq.Message {
			return f.message("orders", label, func(m *mq.Message) {
				m.Acknowledge, m.AdminQueue, m.DeadLetter = all, mq.DirectOS("TEST", `private$\closed`), true
			})
		}
		f.send(m("forged"))
		labels(t, q, "orders")
		labels(t, q, "closed")
		labels(t, q, deadLetter)
		ok(t, q.SetMachine(ctx, qmtest.Owner, func(s *localqm.Settings) error { s.Alias = true; return nil }))
		f.send(m("by an alias"))
		labels(t, q, "orders", "by an alias")
	})
}

func TestStrangersFillNoDeadLetterQueue(t *testing.T) {
	q := qmtest.Start(t, qmtest.Memory)
	sound(t, q)
	q.Create("closed", localqm.QueueSpec{})
	q.Create("open", open(trans))
	f := newFar(t, q, 1, "10.6.6.6")
	large := func(m *mq.Message) { m.DeadLetter, m.Body = true, make([]byte, 4<<20-1024) }
	for range 20 {
		f.send(f.message("closed", "", large))
	}
	if n := len(q.Browsed(deadLetter)); n != 17 {
		t.Errorf("%d dead letters of 4 MB", n)
	}
	f.send(f.message("open", "of one who may send", large)) // but not to a queue of this kind
	if n := len(q.Browsed(deadLetter)); n != 18 {
		t.Errorf("%d dead letters", n)
	}
}
