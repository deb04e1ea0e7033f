package localqm_test

import (
	"fmt"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/store"
)

// again is a packet as it comes a second time.
func again(p []byte) []byte { return append([]byte(nil), p...) }

func TestADuplicateIsAnsweredAndNotKept(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("orders", open(localqm.QueueSpec{}))
		q.Create("acks", open(localqm.QueueSpec{}))
		f := newFar(t, q, 1, "10.0.0.1")
		one := f.packet(f.message("orders", "recoverable", asking))
		two := f.packet(f.message("orders", "express", func(m *mq.Message) { express(m); asking(m) }))
		for range 3 {
			ok(t, f.arrive(again(one)))
			ok(t, f.arrive(again(two)))
		}
		f.peer.Address = "10.0.0.99" // it got another address meanwhile
		ok(t, f.arrive(again(one)))
		labels(t, q, "orders", "recoverable", "express")
		classes(t, q, acks, mq.ClassAckReachQueue, mq.ClassAckReachQueue)
	})
}

func TestADuplicateIsKnownAfterARestart(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("orders", open(localqm.QueueSpec{}))
		f := newFar(t, q, 1, "10.0.0.1")
		p := f.packet(f.message("orders", "one", nil))
		x := f.packet(f.message("orders", "express", express))
		ok(t, f.arrive(again(p)))
		ok(t, f.arrive(again(x)))
		receive(t, q.Open("orders", localqm.ReceiveAccess))
		q.Restart()
		ok(t, f.arrive(again(p)))
		labels(t, q, "orders")
		ok(t, f.arrive(again(x))) // what is in memory only is forgotten with it
		labels(t, q, "orders", "express")
		q.Clock.Advance(31 * time.Minute)
		q.Restart()
		ok(t, f.arrive(again(p)))
		labels(t, q, "orders", "one")
	})
}

func TestADuplicateIsForgottenInTime(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("orders", open(localqm.QueueSpec{}))
		f := newFar(t, q, 1, "10.0.0.1")
		p := f.packet(f.message("orders", "one", nil))
		ok(t, f.arrive(again(p)))
		for range 3 { // each time it is seen anew
			q.Clock.Advance(29 * time.Minute)
			ok(t, f.arrive(again(p)))
		}
		labels(t, q, "orders", "one")
		q.Clock.Advance(31 * time.Minute)
		ok(t, f.arrive(again(p)))
		labels(t, q, "orders", "one", "one")
	})
}

func TestSendersDoNotEraseEachOther(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("orders", open(localqm.QueueSpec{}))
		for id := range byte(3) {
			f := newFar(t, q, id+1, "10.0.0.1")
			f.send(f.message("orders", fmt.Sprint(id), nil)) // all with number 1
		}
		labels(t, q, "orders", "0", "1", "2")
	})
}

func TestAFloodOfForgedSourcesPushesOutOnlyItself(t *testing.T) {
	q := qmtest.Start(t, qmtest.Memory)
	q.Create("orders", open(localqm.QueueSpec{Quota: ptr(uint32(8))}))
	honest := newFar(t, q, 1, "10.0.0.1")
	p := honest.packet(honest.message("orders", "honest", nil))
	ok(t, honest.arrive(again(p)))
	flood := newFar(t, q, 2, "10.6.6.6")
	for i := range 100_000 { // far more than is remembered of one computer
		if i%2 == 0 {
			flood.peer.ID = mq.NewGUID()
		}
		m := flood.message("missing", "", express)
		m.ID.Ordinal += uint32(i)
		flood.send(m)
	}
	ok(t, honest.arrive(again(p)))
	labels(t, q, "orders", "honest")
	if n, most := q.Remembered(), 32_768+1; n > most {
		t.Errorf("%d identifiers are remembered; at most %d", n, most)
	}
}

func TestAllTogetherRememberABoundedNumber(t *testing.T) {
	q := qmtest.Start(t, qmtest.Memory)
	for i := range 40 {
		f := newFar(t, q, byte(i), fmt.Sprintf("10.0.%d.1", i))
		for range 5_000 {
			f.send(f.message("missing", "", express))
		}
	}
	if n := q.Remembered(); n != 131_072 {
		t.Errorf("%d identifiers are remembered", n)
	}
}

func TestTheStoreKeepsNoMoreIdentifiersThanAreRemembered(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("orders", open(localqm.QueueSpec{}))
		f := newFar(t, q, 1, "10.0.0.1")
		burst := func(n int) {
			done := make([]<-chan localqm.Arrival, n)
			for i := range done {
				done[i] = f.begin(f.packet(f.message("orders", "", nil)))
			}
			for _, d := range done {
				ok(t, (<-d).Err)
			}
		}
		kept := func() (n int) {
			ok(t, q.Store.States(ctx, "history", func(_, _ []byte) error { n++; return nil }))
			return n
		}
		burst(100)
		for range 3 {
			q.Clock.Advance(31 * time.Minute)
			burst(100)
			q.Restart()
			burst(1)
		}
		if n := kept(); n > 110 {
			t.Errorf("%d are kept", n)
		}
	})
}

func TestADuplicateSharesTheFateOfTheFirst(t *testing.T) {
	q, g := gated(t)
	q.Create("orders", open(localqm.QueueSpec{}))
	f := newFar(t, q, 1, "10.0.0.1")
	for _, failure := range []error{nil, store.ErrFull, nil} {
		label := "one"
		if failure != nil {
			label = "two"
		}
		p := f.packet(f.message("orders", label, nil))
		g.shut()
		first, second := f.begin(again(p)), f.begin(again(p))
		select {
		case <-first:
			t.Fatal("answered before it is durable")
		case <-second:
			t.Fatal("a duplicate was answered before the first is durable")
		default:
		}
		g.Fault(func(*store.Step) error { return failure })
		g.open()
		for _, c := range []<-chan localqm.Arrival{first, second} {
			if err := (<-c).Err; (err == nil) != (failure == nil) {
				t.Fatalf("answered %v", err)
			}
		}
		g.Fault(nil)
		ok(t, f.arrive(again(p))) // after a failure it is no duplicate: it never came
	}
	labels(t, q, "orders", "one", "two", "one")
}
