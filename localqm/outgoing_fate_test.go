package localqm_test

import (
	"maps"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/store"
	"posthouse/localqm/wire"
)

const (
	answers = `.\private$\answers`
	xdead   = `.\private$\xdead`
	dead    = `.\private$\dead`
)

// marked asks for whatever can follow from the end of a message.
func marked(m *mq.Message) {
	m.Journal, m.DeadLetter = true, true
	m.Acknowledge = mq.AckPositiveArrival | mq.AckPositiveReceive | mq.AckNegativeArrival | mq.AckNegativeReceive
	m.AdminQueue = mq.DirectOS(".", `private$\answers`)
}

func TestMessagesThatAreNotDeliveredInTimeBecomeDeadLetters(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		attach(q)
		q.Create(answers, localqm.QueueSpec{})
		q.Create(dead, localqm.QueueSpec{})
		send := func(label string, reach, read uint32, more func(*mq.Message)) {
			t.Helper()
			q.Send(farOrders, message(label, func(m *mq.Message) {
				marked(m)
				m.TimeToReachQueue, m.TimeToBeReceived = reach, read
				if more != nil {
					more(m)
				}
			}))
		}
		send("reach", 60, mq.Never, nil)
		send("read", mq.Never, 61, nil)
		send("plain", 60, mq.Never, func(m *mq.Message) { m.DeadLetter = false; m.Acknowledge = 0 })
		send("own", 60, 3600, func(m *mq.Message) { m.DeadLetterQueue = mq.DirectOS(".", `private$\dead`) })
		send("lives", 3600, mq.Never, nil)
		q.Clock.Advance(minute)
		q.Restart()
		labels(t, q, farOrders, "reach", "read", "plain", "own", "lives") // the time is not over yet
		q.Clock.Advance(minute)
		qmtest.Eventually(t, "one is left", func() bool { return len(q.Browsed(farOrders)) == 1 })
		ok(t, q.Settle())
		labels(t, q, farOrders, "lives")
		for name, want := range map[string]map[string]mq.Class{
			deadLetter: {"read": mq.ClassNackTimeoutAtSender, "reach": mq.ClassNackReachQueueTimeout},
			dead:       {"own": mq.ClassNackReachQueueTimeout},
			answers: {
				"read": mq.ClassNackTimeoutAtSender, "reach": mq.ClassNackReachQueueTimeout, "own": mq.ClassNackReachQueueTimeout,
			},
			journal: {}, // positive journaling is for what was delivered
		} {
			got := map[string]mq.Class{}
			for _, d := range q.Browsed(name) {
				got[d.Message.Label] = d.Row.Class
			}
			if !maps.Equal(got, want) {
				t.Errorf("%s: got %v, want %v", name, got, want)
			}
		}
	})
}

func TestExpressMessagesThatAreNotDeliveredInTimeBecomeDeadLetters(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		attach(q)
		q.Send(farOrders, message("quick", func(m *mq.Message) { m.DeadLetter, m.Delivery, m.TimeToReachQueue = true, mq.Express, 60 }))
		q.Clock.Advance(2 * minute)
		if p := takeAll(t, q, farOrders); len(p) != 0 {
			t.Fatalf("an expired message leaves: %v", places(t, p))
		}
		ok(t, q.Settle())
		classes(t, q, deadLetter, mq.ClassNackReachQueueTimeout)
	})
}

func TestTransactionalMessagesThatAreNotDeliveredInTimeBecomeDeadLetters(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		attach(q)
		q.Create(xdead, trans)
		sendTxMessage(t, q, farOrders, message("system", func(m *mq.Message) { m.DeadLetter, m.TimeToReachQueue = true, 60 }))
		sendTxMessage(t, q, farOrders, message("own", func(m *mq.Message) {
			m.DeadLetter, m.TimeToReachQueue, m.DeadLetterQueue = true, 60, mq.DirectOS(".", `private$\xdead`)
		}))
		tx := begin(t, q)
		_, err := q.Open(farOrders, localqm.SendAccess).Send(ctx, tx, message("late commit", func(m *mq.Message) {
			m.DeadLetter, m.TimeToReachQueue = true, 60
		}))
		ok(t, err)
		held := takeAll(t, q, farOrders)
		if !parsed(t, held[1]).DeadLetterQueue.IsZero() {
			t.Error("the name of the dead-letter queue leaves")
		}
		q.Clock.Advance(2 * minute)
		ok(t, tx.Commit(ctx))
		classes(t, q, deadXact, mq.ClassNackReachQueueTimeout)
		outgoing(t, q, farOrders).Release(held)
		q.Clock.Advance(minute)
		qmtest.Eventually(t, "all have ended", func() bool { return outgoing(t, q, farOrders).Unsent() == 0 })
		labels(t, q, xdead, "own")
		labels(t, q, deadXact, "late commit", "system")
		classes(t, q, deadXact, mq.ClassNackReachQueueTimeout, mq.ClassNackReachQueueTimeout)
	})
}

func TestPositiveJournalingFollowsTheDelivery(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		attach(q)
		q.Create(answers, localqm.QueueSpec{})
		q.Send(farOrders, message("kept", marked))
		q.Send(farOrders, message("quick", func(m *mq.Message) { marked(m); express(m) }))
		q.Send(farOrders, message("plain", nil))
		labels(t, q, journal)
		p := takeAll(t, q, farOrders)
		labels(t, q, journal)
		outgoing(t, q, farOrders).Delivered(p)
		remain(t, q, farOrders, 0)
		labels(t, q, journal, "kept", "quick")
		labels(t, q, answers) // these the other queue manager sends
		labels(t, q, deadLetter)
		outgoing(t, q, farOrders).Delivered(p)
		ok(t, q.Settle())
		labels(t, q, journal, "kept", "quick")
	})
}

func TestFinalAcknowledgementsDecideTheFate(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		attach(q)
		q.Create(xdead, trans)
		asked := map[string]func(*mq.Message){
			"nothing":  func(*mq.Message) {},
			"positive": func(m *mq.Message) { m.Journal = true },
			"negative": func(m *mq.Message) { m.DeadLetter = true },
			"both":     func(m *mq.Message) { m.Journal, m.DeadLetter = true, true },
			"own": func(m *mq.Message) {
				m.DeadLetter, m.DeadLetterQueue = true, mq.DirectOS(".", `private$\xdead`)
			},
		}
		ids := map[string]mq.ObjectID{}
		send := func(kind, label string) {
			m := message(label, asked[kind])
			sendTxMessage(t, q, farOrders, m)
			ids[label] = m.ID
		}
		for kind := range asked {
			send(kind, kind+" received")
			send(kind, kind+" refused")
		}
		p := takeAll(t, q, farOrders)
		if len(p) != 10 {
			t.Fatalf("%d leave", len(p))
		}
		finish := func(label string, class mq.Class) {
			t.Helper()
			ok(t, q.Finished(wire.Final{Source: q.Identity().ID, Message: ids[label].Ordinal, Class: class}))
		}
		finish("own refused", mq.ClassNackNotTransactionalQ) // before its order acknowledgement
		orderAck(t, q, peer, p[0].Sequence, 10)
		remain(t, q, farOrders, 0)
		i := unsent(t, q, farOrders)
		if i.Outgoing.Unread.Messages != 7 || i.Count.Messages != 7 || i.Outgoing.Exactly.NoRead != 7 {
			t.Fatalf("waiting for a final acknowledgement: %+v", i.Outgoing)
		}
		if d := q.Browsed(farOrders + ";awaiting"); len(d) != 7 || d[0].Transfer != localqm.TransferDelivered || d[0].Row.Expires != 0 {
			t.Errorf("delivered: %d, %+v", len(d), d[0])
		}
		q.Restart()
		attach(q)
		for _, kind := range []string{"nothing", "positive", "negative", "both", "own"} {
			for range 2 { // the second one means nothing
				finish(kind+" received", mq.ClassAckReceive)
				finish(kind+" refused", mq.ClassNackQueuePurged)
			}
		}
		ok(t, q.Finished(wire.Final{Source: mq.GUID{9}, Message: ids["both received"].Ordinal, Class: mq.ClassAckReceive}))
		ok(t, q.Finished(wire.Final{Source: q.Identity().ID, Message: 1 << 30, Class: mq.ClassNackQueuePurged}))
		labels(t, q, journal, "positive received", "both received")
		labels(t, q, deadXact, "negative refused", "both refused")
		classes(t, q, deadXact, mq.ClassNackQueuePurged, mq.ClassNackQueuePurged)
		labels(t, q, xdead, "own refused")
		classes(t, q, xdead, mq.ClassNackNotTransactionalQ)
		labels(t, q, farOrders+";awaiting")
	})
}

func TestPurgedAndDeletedMessagesTellTheirSender(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		attach(q)
		q.Create(answers, localqm.QueueSpec{})
		for _, l := range []string{"a", "b", "c", "d"} {
			q.Send(farOrders, message(l, func(m *mq.Message) { marked(m); m.Journal = false }))
		}
		all := q.Browsed(farOrders)
		errs, err := q.RemoveMessages(ctx, qmtest.Owner, qmtest.Name(t, farOrders), []uint64{all[3].Lookup})
		ok(t, err)
		ok(t, errs[0])
		labels(t, q, deadLetter, "d")
		p, err := outgoing(t, q, farOrders).Take(ctx, peer, 2, 1<<20)
		ok(t, err)
		errs, err = q.RemoveMessages(ctx, qmtest.Owner, qmtest.Name(t, farOrders), []uint64{all[0].Lookup})
		ok(t, err)
		want(t, errs[0], mq.ErrMessageLocked) // it is on its way
		n, err := q.Purge(ctx, qmtest.Owner, qmtest.Name(t, farOrders))
		ok(t, err)
		if n != 1 {
			t.Errorf("%d purged", n)
		}
		labels(t, q, farOrders, "a", "b")
		outgoing(t, q, farOrders).Delivered(p[:1]) // it was on its way and came there
		outgoing(t, q, farOrders).Release(p[1:])
		qmtest.Eventually(t, "none is left", func() bool { return len(q.Browsed(farOrders)) == 0 })
		ok(t, q.Settle())
		labels(t, q, deadLetter, "d", "c", "b")
		classes(t, q, deadLetter, mq.ClassNackDeleted, mq.ClassNackDeleted, mq.ClassNackDeleted)
		labels(t, q, answers, "d", "c", "b")
	})
}

func TestWhatWasDeliveredIsPurgedWithoutWords(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		attach(q)
		q.Create(answers, localqm.QueueSpec{})
		sendTxMessage(t, q, farOrders, message("a", marked))
		p := takeAll(t, q, farOrders)
		orderAck(t, q, peer, p[0].Sequence, 1)
		remain(t, q, farOrders, 0)
		labels(t, q, farOrders+";awaiting", "a")
		n, err := q.Purge(ctx, qmtest.Owner, qmtest.Name(t, farOrders+";AWAITING"))
		if ok(t, err); n != 1 {
			t.Errorf("%d purged", n)
		}
		for _, name := range []string{deadXact, journal, answers} {
			labels(t, q, name)
		}
	})
}

func TestWaitingMessagesCanBeSentElsewhere(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		attach(q)
		q.Create("local", trans)
		sendTxMessage(t, q, farOrders, message("a", func(m *mq.Message) { m.DeadLetter = true }))
		sendTxMessage(t, q, farOrders, message("b", func(m *mq.Message) { m.DeadLetter = true }))
		old := q.Browsed(farOrders)
		moved, err := q.MoveMessages(ctx, qmtest.Owner, qmtest.Name(t, farOrders), qmtest.Name(t, farBills), []uint64{old[0].Lookup})
		ok(t, err)
		if ok(t, moved[0].Err); moved[0].NewID == old[0].Message.ID {
			t.Error("it kept its identifier")
		}
		moved, err = q.MoveMessages(ctx, qmtest.Owner, qmtest.Name(t, farOrders), qmtest.Name(t, "local"), []uint64{old[1].Lookup})
		ok(t, err)
		ok(t, moved[0].Err)
		labels(t, q, farOrders)
		labels(t, q, "local", "b")
		labels(t, q, deadXact)
		p := takeAll(t, q, farBills)
		if same(t, "elsewhere", places(t, p), []string{"a 1<0"}); parsed(t, p[0]).Destination.String() != farBills {
			t.Errorf("it goes to %s", parsed(t, p[0]).Destination)
		}
	})
}

func TestDeadLettersCanBeSentToOtherComputersAgain(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		attach(q)
		sendTxMessage(t, q, farOrders, message("again", func(m *mq.Message) { m.DeadLetter, m.TimeToReachQueue = true, 60 }))
		q.Clock.Advance(2 * minute)
		qmtest.Eventually(t, "it is dead", func() bool { return len(q.Browsed(deadXact)) == 1 })
		letter := q.Browsed(deadXact)[0]
		moved, err := q.ReturnMessages(ctx, qmtest.Owner, qmtest.Name(t, deadXact), []uint64{letter.Lookup})
		ok(t, err)
		ok(t, moved[0].Err)
		p := takeAll(t, q, farOrders)
		m := parsed(t, p[0])
		if m.ID != moved[0].NewID || m.ID == letter.Message.ID || !m.Transactional || !m.First || !m.Last || m.SequenceNumber != 1 {
			t.Errorf("what leaves: %+v", m)
		}
		labels(t, q, deadXact)
		_, err = q.Browse(ctx, qmtest.Stranger, qmtest.Name(t, farOrders), store.Range{})
		want(t, err, mq.ErrAccessDenied)
	})
}
