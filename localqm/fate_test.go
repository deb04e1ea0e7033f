package localqm_test

import (
	"fmt"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

func TestJournalsKeepCopiesOfWhatWasSentAndReceived(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{Journaling: &yes, JournalQuota: ptr(uint32(1))})
		q.Send("q", message("one", func(m *mq.Message) { m.Journal = true }))
		q.Send("q", message("big", func(m *mq.Message) { m.Body = make([]byte, 2000) }))
		labels(t, q, journal, "one")
		h := q.Open("q", localqm.ReceiveAccess)
		receive(t, h)
		receive(t, h) // its copy would exceed the journal's quota: received all the same
		labels(t, q, "q;journal", "one")
		if a, b := q.Browsed("q;journal")[0].Message, q.Browsed(journal)[0].Message; a.ID != b.ID {
			t.Fatal("a journal copy has another identifier")
		}
		// Reading a journal leaves nothing behind.
		receive(t, q.Open("q;journal", localqm.ReceiveAccess))
		labels(t, q, "q;journal")
	})
}

func TestAcknowledgementsFollowTheirMatrix(t *testing.T) {
	type fate struct {
		name string
		do   func(*testing.T, *qmtest.QM)
		// class of the acknowledgement after the arrival, and who asked for it
		class mq.Class
		bit   mq.Ack
	}
	name := func(t *testing.T) mq.QueueName { return qmtest.Name(t, "q") }
	fates := []fate{
		{"received", func(t *testing.T, q *qmtest.QM) { receive(t, q.Open("q", localqm.ReceiveAccess)) }, mq.ClassAckReceive, mq.AckPositiveReceive},
		{"purged", func(t *testing.T, q *qmtest.QM) { _, err := q.Purge(ctx, qmtest.Owner, name(t)); ok(t, err) }, mq.ClassNackQueuePurged, mq.AckNegativeReceive},
		{"deleted", func(t *testing.T, q *qmtest.QM) { ok(t, q.DeleteQueue(ctx, qmtest.Owner, name(t))) }, mq.ClassNackQueueDeleted, mq.AckNegativeReceive},
		{"expired", func(t *testing.T, q *qmtest.QM) {
			q.Clock.Advance(2 * minute)
			qmtest.Eventually(t, "it expires", func() bool { return len(q.Labels("q")) == 0 })
		}, mq.ClassNackReceiveTimeout, mq.AckNegativeReceive},
	}
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("acks", localqm.QueueSpec{})
		for _, f := range fates {
			for bits := mq.Ack(0); bits < 16; bits++ {
				for _, mode := range []mq.Delivery{mq.Express, mq.Recoverable} {
					if f.name != "deleted" || bits == 0 && mode == mq.Express {
						_, _ = q.CreateQueue(ctx, qmtest.Owner, name(t), localqm.QueueSpec{})
					} else {
						q.Create("q", localqm.QueueSpec{})
					}
					r := q.Send("q", message("m", func(m *mq.Message) {
						m.Delivery, m.Acknowledge, m.TimeToBeReceived = mode, bits, 60
						m.AdminQueue = mq.DirectOS(".", `private$\acks`)
					}))
					f.do(t, q)
					var want []mq.Class
					if bits&mq.AckPositiveArrival != 0 {
						want = append(want, mq.ClassAckReachQueue)
					}
					if bits&f.bit != 0 {
						want = append(want, f.class)
					}
					what := fmt.Sprintf("%s, asked %04b, delivery %d", f.name, bits, mode)
					var got []localqm.Delivery
					qmtest.Eventually(t, what, func() bool { got = q.Browsed("acks"); return len(got) >= len(want) })
					if len(got) != len(want) {
						t.Fatalf("%s: %d acknowledgements, want %v", what, len(got), want)
					}
					for i, d := range got {
						m := d.Message
						if m.Class != want[i] || m.Delivery != mode || m.CorrelationID != correlation(r.ID) || m.Acknowledge != 0 {
							t.Fatalf("%s: acknowledgement %d is %+v", what, i, m)
						}
						if negative := m.Class >= 0x8000; negative != (len(m.Body) > 0) {
							t.Fatalf("%s: a body of %d bytes", what, len(m.Body))
						}
					}
					_, err := q.Purge(ctx, qmtest.Owner, qmtest.Name(t, "acks"))
					ok(t, err)
				}
			}
		}
	})
}

func correlation(id mq.ObjectID) (c [20]byte) {
	copy(c[:], id.Source[:])
	for i := range 4 {
		c[16+i] = byte(id.Ordinal >> (8 * i))
	}
	return c
}

func TestAcknowledgementsAreNotAcknowledgedAndDroppedWhenTheyHaveNowhereToGo(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		q.Create("small", localqm.QueueSpec{Quota: ptr(uint32(0))})
		for _, admin := range []string{`private$\none`, `private$\small`, `private$\q`} {
			q.Send("q", message("m", func(m *mq.Message) {
				m.Acknowledge, m.AdminQueue = 15, mq.DirectOS(".", admin)
			}))
		}
		labels(t, q, "small")
		// The third acknowledges itself into its own queue: one arrival only.
		classes(t, q, "q", mq.ClassNormal, mq.ClassNormal, mq.ClassNormal, mq.ClassAckReachQueue)
		h := q.Open("q", localqm.ReceiveAccess)
		for range 3 {
			receive(t, h)
		}
		classes(t, q, "q", mq.ClassAckReachQueue, mq.ClassAckReceive)
		receive(t, h)
		receive(t, h)
		labels(t, q, "q")
	})
}

func TestQuotasHoldToTheByte(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{Quota: ptr(uint32(2))})
		q.Create("other", localqm.QueueSpec{})
		h := q.Open("q", localqm.SendAccess)
		fill := func() (n int) {
			for {
				_, err := h.Send(ctx, nil, message("x", nil))
				if err != nil {
					want(t, err, mq.ErrInsufficientResources)
					return n
				}
				n++
			}
		}
		first := fill()
		size := count(t, q, "q").Bytes / int64(first)
		if used := count(t, q, "q").Bytes; used > 2048 || used+size <= 2048 {
			t.Fatalf("%d bytes used of 2048 with messages of %d", used, size)
		}
		receive(t, q.Open("q", localqm.ReceiveAccess))
		if n := fill(); n != 1 {
			t.Fatalf("%d fit after one was received", n)
		}
		ok(t, q.SetMachine(ctx, qmtest.Owner, func(s *localqm.Settings) error { s.Quota = 3; return nil }))
		_, err := q.Open("other", localqm.SendAccess).Send(ctx, nil, message("big", func(m *mq.Message) { m.Body = make([]byte, 1500) }))
		want(t, err, mq.ErrInsufficientResources)
		q.Restart()
		s, err := q.Status(ctx, qmtest.Owner)
		ok(t, err)
		if s.Settings.Quota != 3 {
			t.Fatalf("the machine's quota is %d after a restart", s.Settings.Quota)
		}
		_, err = q.Purge(ctx, qmtest.Owner, qmtest.Name(t, "q"))
		ok(t, err)
		q.Send("other", message("big", func(m *mq.Message) { m.Body = make([]byte, 1500) }))
	})
}

func TestQuotasHoldForTransactionsBeforeTheyCommit(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("x", localqm.QueueSpec{Transactional: &yes, Quota: ptr(uint32(1))})
		h := q.Open("x", localqm.SendAccess)
		tx := begin(t, q)
		n := 0
		var err error
		for ; err == nil; n++ {
			_, err = h.Send(ctx, tx, message("x", nil))
		}
		want(t, err, mq.ErrInsufficientResources)
		ok(t, tx.Abort(ctx))
		tx = begin(t, q)
		for range n - 1 {
			_, err = h.Send(ctx, tx, message("x", nil))
			ok(t, err)
		}
		ok(t, tx.Commit(ctx))
		if c := count(t, q, "x"); c.Messages != int64(n-1) {
			t.Fatalf("%d messages", c.Messages)
		}
	})
}

func TestPurgeRemovesWhatStoodThereAndWhatATransactionGivesBack(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("x", trans)
		sendTx(t, q, "x", "a", "b", "c")
		tx := begin(t, q)
		_, err := q.Open("x", localqm.ReceiveAccess).Read(ctx, localqm.ReadOptions{Tx: tx})
		ok(t, err)
		n, err := q.Purge(ctx, qmtest.Owner, qmtest.Name(t, "x"))
		ok(t, err)
		if n != 2 {
			t.Fatalf("%d purged", n)
		}
		sendTx(t, q, "x", "later")
		ok(t, tx.Abort(ctx))
		labels(t, q, "x", "later")
	})
}

func TestPurgeOfManyMessagesCountsThem(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{Journaling: &yes})
		var many []*mq.Message
		for i := range 1300 {
			many = append(many, message(fmt.Sprint(i), func(m *mq.Message) {
				m.Priority = uint8(i % 8)
				if i%5 == 0 {
					m.Delivery = mq.Express
				}
				m.DeadLetter = i%100 == 0
			}))
		}
		_, err := q.Open("q", localqm.SendAccess).Send(ctx, nil, many...)
		ok(t, err)
		n, err := q.Purge(ctx, qmtest.Owner, qmtest.Name(t, "q"))
		ok(t, err)
		if n != 1300 || count(t, q, "q").Messages != 0 || count(t, q, "q").Bytes != 0 {
			t.Fatalf("%d purged, %+v left", n, count(t, q, "q"))
		}
		if c := count(t, q, deadLetter); c.Messages != 13 {
			t.Fatalf("%d dead letters", c.Messages)
		}
		n, err = q.Purge(ctx, qmtest.Owner, qmtest.Name(t, deadLetter))
		ok(t, err)
		if n != 13 {
			t.Fatalf("%d dead letters purged", n)
		}
	})
}

func TestMoveToASubqueueKeepsIDAndPlaceElsewhereSendsAnew(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		q.Create("x", trans)
		var ids []uint64
		for _, l := range []string{"a", "b", "c"} {
			ids = append(ids, q.Send("q", message(l, nil)).Lookup)
		}
		before := q.Browsed("q")
		from, sub := qmtest.Name(t, "q"), qmtest.Name(t, "q;poison")
		res, err := q.MoveMessages(ctx, qmtest.Owner, from, sub, []uint64{ids[2], ids[0], 12345})
		ok(t, err)
		ok(t, res[0].Err)
		ok(t, res[1].Err)
		want(t, res[2].Err, mq.ErrMessageNotFound)
		labels(t, q, "q", "b")
		labels(t, q, "q;poison", "a", "c")
		if d := q.Browsed("q;poison")[0]; d.Lookup != ids[0] || d.Message.ID != before[0].Message.ID || d.Row.Moves != 1 {
			t.Fatalf("moved as %+v", d.Row)
		}
		_, err = q.MoveMessages(ctx, qmtest.Owner, sub, from, []uint64{ids[0]})
		ok(t, err)
		labels(t, q, "q", "a", "b")
		res, err = q.MoveMessages(ctx, qmtest.Owner, from, qmtest.Name(t, "x"), []uint64{ids[1]})
		ok(t, err)
		ok(t, res[0].Err)
		labels(t, q, "x", "b")
		got := q.Browsed("x")[0].Message
		if res[0].NewID.IsZero() || got.ID != res[0].NewID || !got.Transactional || !got.First || !got.Last || string(got.Body) != "body of b" {
			t.Fatalf("sent anew as %+v, answered %s", got, res[0].NewID)
		}
		_, err = q.MoveMessages(ctx, qmtest.Owner, from, from, ids)
		want(t, err, mq.ErrInvalidParameter)
		_, err = q.MoveMessages(ctx, qmtest.Owner, from, qmtest.Name(t, "none"), ids)
		want(t, err, mq.ErrQueueNotFound)
		labels(t, q, "q", "a")
	})
}

func TestReturnSendsDeadLettersWhereTheyWereGoing(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		q.Send("q", message("a", func(m *mq.Message) { m.DeadLetter = true }))
		_, err := q.Purge(ctx, qmtest.Owner, qmtest.Name(t, "q"))
		ok(t, err)
		dead := q.Browsed(deadLetter)[0]
		res, err := q.ReturnMessages(ctx, qmtest.Owner, qmtest.Name(t, deadLetter), []uint64{dead.Lookup})
		ok(t, err)
		ok(t, res[0].Err)
		labels(t, q, deadLetter)
		labels(t, q, "q", "a")
		if m := q.Browsed("q")[0]; m.Message.ID == dead.Message.ID || m.Row.Class != mq.ClassNormal {
			t.Fatalf("returned as %+v", m.Message)
		}
		_, err = q.Purge(ctx, qmtest.Owner, qmtest.Name(t, "q"))
		ok(t, err)
		ok(t, q.DeleteQueue(ctx, qmtest.Owner, qmtest.Name(t, "q")))
		dead = q.Browsed(deadLetter)[0]
		res, err = q.ReturnMessages(ctx, qmtest.Owner, qmtest.Name(t, deadLetter), []uint64{dead.Lookup})
		ok(t, err)
		if res[0].Err == nil || len(q.Browsed(deadLetter)) != 1 {
			t.Fatalf("a letter to a queue that is gone: %v", res[0].Err)
		}
	})
}
