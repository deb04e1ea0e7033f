package localqm_test

import (
	"strings"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/store"
	"posthouse/localqm/store/memory"
	"posthouse/localqm/wire"
)

// within gives a message so many seconds to reach its queue.
func within(seconds uint32) func(*mq.Message) {
	return func(m *mq.Message) { m.TimeToReachQueue = seconds }
}

func TestPreviousNumbersBridgeWhatHasExpired(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		attach(q)
		sendTxMessage(t, q, farOrders, message("a", nil))
		sendTxMessage(t, q, farOrders, message("b", within(60)))
		sendTxMessage(t, q, farOrders, message("c", within(60)))
		sendTxMessage(t, q, farOrders, message("d", nil))
		sendTxMessage(t, q, farOrders, message("e", within(3600)))
		sendTxMessage(t, q, farOrders, message("f", nil))
		first := takeAll(t, q, farOrders)
		same(t, "first", places(t, first), []string{"a 1<0", "b 2<1", "c 3<2", "d 4<3", "e 5<4", "f 6<5"})
		q.Clock.Advance(2 * minute)
		remain(t, q, farOrders, 6) // what left is not ended behind its carrier's back
		outgoing(t, q, farOrders).Release(first)
		same(t, "again", places(t, takeAll(t, q, farOrders)), []string{"a 1<0", "d 4<1", "e 5<4", "f 6<5"})

		orderAck(t, q, peer, first[0].Sequence, 1)
		remain(t, q, farOrders, 3)
		outgoing(t, q, farOrders).Resend()
		same(t, "after the acknowledgement", places(t, takeAll(t, q, farOrders)), []string{"d 4<1", "e 5<4", "f 6<5"})
		q.Clock.Advance(60 * minute)
		q.Restart()
		same(t, "after a restart", places(t, takeAll(t, q, farOrders)), []string{"d 4<0", "f 6<4"})
	})
}

func TestALaterStreamWaitsForTheWholeOfTheEarlierOne(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		sendEach(t, q, farOrders, "a", "b")
		q.Restart()
		c := attach(q)
		sendEach(t, q, farOrders, "c")
		old := takeAll(t, q, farOrders)
		same(t, "the earlier stream", places(t, old), []string{"a 1<0", "b 2<1"})
		before := c.hints(farOrders)
		same(t, "while it is not acknowledged", places(t, takeAll(t, q, farOrders)), nil)
		orderAck(t, q, peer, old[0].Sequence, 1)
		remain(t, q, farOrders, 2)
		same(t, "while one is not acknowledged", places(t, takeAll(t, q, farOrders)), nil)
		orderAck(t, q, peer, old[0].Sequence, 2)
		remain(t, q, farOrders, 1)
		if c.hints(farOrders) <= before {
			t.Error("the carrier was not told that the next stream may leave")
		}
		next := takeAll(t, q, farOrders)
		same(t, "the later stream", places(t, next), []string{"c 1<0"})
		if next[0].Sequence <= old[0].Sequence {
			t.Errorf("stream %x after %x", next[0].Sequence, old[0].Sequence)
		}
	})
}

func TestWhatSomebodyHoldsIsNotOvertaken(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		c := attach(q)
		sendEach(t, q, farOrders, "a", "b")
		pending, d, err := q.Open(farOrders, localqm.ReceiveAccess).Begin(ctx, localqm.ReadOptions{})
		ok(t, err)
		if d.Message.Label != "a" {
			t.Fatalf("got %s", d.Message.Label)
		}
		same(t, "while an administrator holds the first", places(t, takeAll(t, q, farOrders)), nil)
		q.Send(farOrders, message("quick", nil)) // others are not held up
		same(t, "not transactional", places(t, takeAll(t, q, farOrders)), []string{"quick 0<0"})
		before := c.hints(farOrders)
		ok(t, pending.End(ctx, false))
		if c.hints(farOrders) <= before {
			t.Error("the carrier was not told")
		}
		same(t, "given back", places(t, takeAll(t, q, farOrders)), []string{"a 1<0", "b 2<1"})
		p := outgoing(t, q, farOrders)
		p.Resend()
		if n := len(takeAll(t, q, farOrders)); n != 2 {
			t.Errorf("%d were sent again", n)
		}
	})
}

func TestAnOrderAckOfSomethingElseMeansNothing(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		attach(q)
		sendEach(t, q, farOrders, "a", "b", "c")
		p, err := outgoing(t, q, farOrders).Take(ctx, peer, 2, 1<<20)
		ok(t, err)
		id := p[0].Sequence
		stranger := localqm.Peer{ID: mq.GUID{0xBB}, Address: peer.Address, Direct: true}
		for what, o := range map[string]struct {
			from localqm.Peer
			wire.Order
		}{
			"unknown stream":      {peer, wire.Order{Sequence: id + 1, Number: 1}},
			"the last stream":     {peer, wire.Order{Sequence: 1<<64 - 1, Number: 1}},
			"not sent":            {peer, wire.Order{Sequence: id, Number: 3}},
			"the last number":     {peer, wire.Order{Sequence: id, Number: 1<<32 - 1}},
			"number 0":            {peer, wire.Order{Sequence: id}},
			"another sender":      {stranger, wire.Order{Sequence: id, Number: 2}},
			"a sender of no name": {localqm.Peer{}, wire.Order{Sequence: id, Number: 2}},
		} {
			orderAck(t, q, o.from, o.Sequence, o.Number)
			if remain(t, q, farOrders, 3); outgoing(t, q, farOrders).Exactly().LastAckCount != 0 {
				t.Errorf("%s was counted", what)
			}
		}
		for range 3 {
			orderAck(t, q, peer, id, 1)
		}
		remain(t, q, farOrders, 2)
		if e := outgoing(t, q, farOrders).Exactly(); e.LastAck.Number != 1 || e.LastAckCount != 3 || e.NoAck != 1 {
			t.Errorf("exactly %+v", e)
		}
		// Another queue manager is there now: what the first one says counts no more.
		outgoing(t, q, farOrders).Resend()
		takeFor(t, q, farOrders, stranger)
		orderAck(t, q, peer, id, 2)
		remain(t, q, farOrders, 2)
		orderAck(t, q, stranger, id, 3)
		remain(t, q, farOrders, 0)
	})
}

func TestARestoredFolderTellsWhyItsMessagesAreRefused(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		sendEach(t, q, farOrders, "a")
		q.Clock.Advance(minute)
		q.Restart()
		attach(q)
		old := takeAll(t, q, farOrders)
		why := func() string {
			i, err := q.Queue(ctx, qmtest.Owner, qmtest.Name(t, farOrders))
			ok(t, err)
			return i.Outgoing.Link.Why
		}
		later := old[0].Sequence + 1<<32/2 // of a life that the copy does not know
		orderAck(t, q, peer, later, 1)
		if strings.Contains(why(), "older copy") {
			t.Error("one acknowledgement may just have been late")
		}
		orderAck(t, q, localqm.Peer{ID: mq.GUID{0xFB}}, later, 1)
		orderAck(t, q, peer, later, 1)
		if !strings.Contains(why(), "older copy") {
			t.Errorf("it says %q", why())
		}
		remain(t, q, farOrders, 1)
		orderAck(t, q, peer, old[0].Sequence, 1)
		remain(t, q, farOrders, 0)
		if strings.Contains(why(), "older copy") {
			t.Errorf("it still says %q", why())
		}
	})
}

func TestAReceiverThatNeverAcknowledgesGetsNoEnd(t *testing.T) {
	q := qmtest.Start(t, qmtest.SQLite)
	sound(t, q)
	attach(q)
	tx := begin(t, q)
	var all []*mq.Message
	for range localqm.MostSent + 10 {
		all = append(all, &mq.Message{TimeToReachQueue: mq.Never, TimeToBeReceived: mq.Never})
	}
	_, err := q.Open(farOrders, localqm.SendAccess).Send(ctx, tx, all...)
	ok(t, err)
	ok(t, tx.Commit(ctx))
	p := takeAll(t, q, farOrders)
	if outgoing(t, q, farOrders).Delivered(p); len(p) != localqm.MostSent {
		t.Fatalf("%d left", len(p))
	}
	outgoing(t, q, farOrders).Resend()
	if again := takeAll(t, q, farOrders); len(again) != localqm.MostSent {
		t.Fatalf("%d left again", len(again))
	}
	orderAck(t, q, peer, p[0].Sequence, 4)
	remain(t, q, farOrders, localqm.MostSent+6)
	if more := takeAll(t, q, farOrders); len(more) != 4 || more[0].Number != localqm.MostSent+1 {
		t.Errorf("then %d leave", len(more))
	}
}

func TestAnOrderAckCountsForWhatWasGivenBackMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		attach(q)
		sendEach(t, q, farOrders, "a", "b", "c")
		p := takeAll(t, q, farOrders)
		outgoing(t, q, farOrders).Release(p) // the session ended
		orderAck(t, q, peer, p[0].Sequence, 2)
		remain(t, q, farOrders, 1)
		same(t, "left", places(t, takeAll(t, q, farOrders)), []string{"c 3<2"})
	})
}

func TestAFailedStepLeavesAGapThatIsBridged(t *testing.T) {
	q := qmtest.Start(t, qmtest.Memory)
	sound(t, q)
	attach(q)
	s := q.Store.(*memory.Store)
	full := func(*store.Step) error { return store.ErrFull }
	sendEach(t, q, farOrders, "a")
	tx := begin(t, q)
	_, err := q.Open(farOrders, localqm.SendAccess).Send(ctx, tx, qmtest.Message("lost"))
	ok(t, err)
	s.Fault(full)
	want(t, tx.Commit(ctx), mq.ErrMessageStorageFailed)
	s.Fault(nil)
	sendEach(t, q, farOrders, "b")
	p := takeAll(t, q, farOrders)
	same(t, "stream", places(t, p), []string{"a 1<0", "b 3<1"})

	s.Fault(full) // what cannot be removed is sent again, and acknowledged again
	orderAck(t, q, peer, p[0].Sequence, 3)
	if err := q.Settle(); err == nil {
		t.Fatal("the disk is not full")
	}
	s.Fault(nil)
	remain(t, q, farOrders, 2)
	same(t, "again", places(t, takeAll(t, q, farOrders)), []string{"a 1<0", "b 3<1"})
	orderAck(t, q, peer, p[0].Sequence, 3)
	remain(t, q, farOrders, 0)
}

func TestPreparedMessagesGetTheirPlaceWhenTheyAreCommitted(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("local", trans)
		tx := begin(t, q)
		for _, name := range []string{farOrders, "local", farBills, farOrders} {
			_, err := q.Open(name, localqm.SendAccess).Send(ctx, tx, qmtest.Message(name))
			ok(t, err)
		}
		ok(t, tx.Prepare(ctx))
		q.Restart()
		attach(q)
		sendEach(t, q, farOrders, "before")
		if n := outgoing(t, q, farBills).Unsent(); n != 0 {
			t.Fatalf("%d messages of a prepared transaction wait", n)
		}
		ok(t, q.ResolveTransaction(ctx, qmtest.Owner, tx.ID(), true))
		same(t, "stream", places(t, takeAll(t, q, farOrders)), []string{"before 1<0", farOrders + " 2<1", farOrders + " 3<2"})
		same(t, "stream", places(t, takeAll(t, q, farBills)), []string{farBills + " 1<0"})
		labels(t, q, "local", "local")
	})
}

func TestATransactionSpansQueuesHereAndElsewhere(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		attach(q)
		q.Create("local", trans)
		sendTx(t, q, "local", "received")
		run := func(end func(*localqm.Transaction) error) {
			t.Helper()
			tx := begin(t, q)
			_, err := q.Open("local", localqm.ReceiveAccess).Read(ctx, localqm.ReadOptions{Tx: tx})
			ok(t, err)
			_, err = q.Open(farOrders+",DIRECT=OS:.\\private$\\local,"+farBills, localqm.SendAccess).Send(ctx, tx, qmtest.Message("sent"))
			ok(t, err)
			ok(t, end(tx))
		}
		run(func(tx *localqm.Transaction) error { return tx.Abort(ctx) })
		labels(t, q, "local", "received")
		if len(takeAll(t, q, farOrders)) != 0 {
			t.Error("an aborted message leaves")
		}
		run(func(tx *localqm.Transaction) error { return tx.Commit(ctx) })
		labels(t, q, "local", "sent")
		for _, name := range []string{farOrders, farBills} {
			p := takeAll(t, q, name)
			if same(t, name, places(t, p), []string{"sent 1<0"}); len(parsed(t, p[0]).MultiDestination) != 3 {
				t.Errorf("%s: the list of destinations is %v", name, parsed(t, p[0]).MultiDestination)
			}
		}
	})
}

func TestParcelsAreAsManyAsFit(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		c := attach(q)
		big := func(m *mq.Message) { m.Body = make([]byte, 200_000) }
		for _, m := range []*mq.Message{message("a", big), message("b", nil), message("c", big), message("d", nil)} {
			q.Send(farOrders, m)
		}
		o := outgoing(t, q, farOrders)
		take := func(limit, bytes int) (labels []string) {
			t.Helper()
			p, err := o.Take(ctx, peer, limit, bytes)
			ok(t, err)
			for _, p := range p {
				labels = append(labels, parsed(t, p).Label)
			}
			return labels
		}
		same(t, "one that is too large alone", take(10, 1000), []string{"a"})
		before := c.hints(farOrders)
		same(t, "until one does not fit", take(10, 100_000), []string{"b"})
		if c.hints(farOrders) == before {
			t.Error("the carrier was not told of the rest")
		}
		same(t, "as many as asked", take(1, 1<<20), []string{"c"})
		same(t, "the rest", take(10, 1<<20), []string{"d"})
		if got := take(10, 1<<20); len(got) != 0 {
			t.Errorf("then %v", got)
		}
	})
}
