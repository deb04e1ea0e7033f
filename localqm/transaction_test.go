package localqm_test

import (
	"fmt"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

func TestATransactionIsAllOrNothingOverSeveralQueues(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("in", trans)
		q.Create("out", trans)
		q.Create("log", trans)
		tx := begin(t, q)
		_, err := q.Open("in", localqm.SendAccess).Send(ctx, tx, message("1", nil), message("2", nil))
		ok(t, err)
		labels(t, q, "in")
		ok(t, tx.Commit(ctx))
		ok(t, tx.Commit(ctx))
		want(t, tx.Abort(ctx), mq.ErrTransactionSequence)
		labels(t, q, "in", "1", "2")

		work := func() *localqm.Transaction {
			tx := begin(t, q)
			d, err := q.Open("in", localqm.ReceiveAccess).Read(ctx, localqm.ReadOptions{Tx: tx})
			ok(t, err)
			_, err = q.Open("out", localqm.SendAccess).Send(ctx, tx, message("out "+d.Message.Label, nil))
			ok(t, err)
			_, err = q.Open("log", localqm.SendAccess).Send(ctx, tx, message("log "+d.Message.Label, nil))
			ok(t, err)
			return tx
		}
		tx = work()
		ok(t, tx.Abort(ctx))
		ok(t, tx.Abort(ctx))
		want(t, tx.Commit(ctx), mq.ErrTransactionSequence)
		labels(t, q, "in", "1", "2")
		labels(t, q, "out")
		labels(t, q, "log")
		ok(t, work().Commit(ctx))
		labels(t, q, "in", "2")
		labels(t, q, "out", "out 1")
		labels(t, q, "log", "log 1")
	})
}

func TestAnAbortedReceiveReturnsToItsPlaceAndIsCounted(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("x", trans)
		for _, l := range []string{"a", "b", "c"} {
			sendTx(t, q, "x", l)
		}
		for i := range 3 {
			tx := begin(t, q)
			h := q.Open("x", localqm.ReceiveAccess)
			for _, want := range []string{"a", "b"} {
				d, err := h.Read(ctx, localqm.ReadOptions{Tx: tx})
				ok(t, err)
				if d.Message.Label != want || d.Row.Aborts != uint32(i) {
					t.Fatalf("received %s aborted %d times", d.Message.Label, d.Row.Aborts)
				}
			}
			if b := q.Browsed("x"); !b[0].Locked || !b[1].Locked || b[2].Locked {
				t.Fatal("the locked messages are not shown as such")
			}
			ok(t, tx.Abort(ctx))
			labels(t, q, "x", "a", "b", "c")
		}
		q.Restart()
		if n := q.Browsed("x")[0].Row.Aborts; n != 3 {
			t.Fatalf("abort count %d after a restart", n)
		}
	})
}

func TestTransactionalMessagesAreRecoverableAndMarkedFirstAndLast(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("x", trans)
		tx := begin(t, q)
		_, err := q.Open("x", localqm.SendAccess).Send(ctx, tx,
			message("a", func(m *mq.Message) { m.Priority, m.Delivery = 7, mq.Express }), message("b", nil), message("c", nil))
		ok(t, err)
		ok(t, tx.Commit(ctx))
		all := q.Browsed("x")
		for i, d := range all {
			m := d.Message
			if m.Priority != 0 || m.Delivery != mq.Recoverable || !m.Transactional || m.First != (i == 0) || m.Last != (i == 2) {
				t.Fatalf("message %d: %+v", i, m)
			}
			if m.TransactionID.IsZero() || m.TransactionID != all[0].Message.TransactionID {
				t.Fatalf("transaction of message %d: %s", i, m.TransactionID)
			}
		}
	})
}

func TestARestartAbortsWhatIsNotPrepared(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("x", trans)
		sendTx(t, q, "x", "a")
		tx := begin(t, q)
		_, err := q.Open("x", localqm.ReceiveAccess).Read(ctx, localqm.ReadOptions{Tx: tx})
		ok(t, err)
		_, err = q.Open("x", localqm.SendAccess).Send(ctx, tx, message("b", nil))
		ok(t, err)
		q.Restart()
		labels(t, q, "x", "a")
		if d := receive(t, q.Open("x", localqm.ReceiveAccess)); d.Message.Label != "a" {
			t.Fatal(d.Message.Label)
		}
	})
}

func TestAPreparedTransactionSurvivesARestartAndEndsByItsID(t *testing.T) {
	for _, commit := range []bool{true, false} {
		t.Run(fmt.Sprintf("commit=%v", commit), func(t *testing.T) {
			each(t, func(t *testing.T, q *qmtest.QM) {
				q.Create("in", trans)
				q.Create("out", trans)
				sendTx(t, q, "in", "a")
				sendTx(t, q, "in", "b")
				tx := begin(t, q)
				_, err := q.Open("in", localqm.ReceiveAccess).Read(ctx, localqm.ReadOptions{Tx: tx})
				ok(t, err)
				_, err = q.Open("out", localqm.SendAccess).Send(ctx, tx, message("result", nil))
				ok(t, err)
				ok(t, tx.Prepare(ctx))
				ok(t, tx.Prepare(ctx))
				_, err = q.Open("out", localqm.SendAccess).Send(ctx, tx, message("too late", nil))
				want(t, err, mq.ErrTransactionSequence)
				labels(t, q, "out")
				q.Restart()
				list, err := q.Prepared(qmtest.Owner)
				ok(t, err)
				same(t, "prepared", list, []mq.GUID{tx.ID()})
				labels(t, q, "out")
				d, err := q.Open("in", localqm.ReceiveAccess).Read(ctx, localqm.ReadOptions{Peek: true})
				ok(t, err)
				if d.Message.Label != "b" {
					t.Fatalf("%s is not locked by the prepared transaction", d.Message.Label)
				}
				ok(t, q.ResolveTransaction(ctx, qmtest.Owner, tx.ID(), commit))
				ok(t, q.ResolveTransaction(ctx, qmtest.Owner, tx.ID(), commit))
				want(t, q.ResolveTransaction(ctx, qmtest.Owner, tx.ID(), !commit), mq.ErrTransactionSequence)
				if commit {
					labels(t, q, "in", "b")
					labels(t, q, "out", "result")
				} else {
					labels(t, q, "in", "a", "b")
					labels(t, q, "out")
				}
				q.Restart()
				ok(t, q.ResolveTransaction(ctx, qmtest.Owner, tx.ID(), commit))
				want(t, q.ResolveTransaction(ctx, qmtest.Owner, mq.NewGUID(), commit), mq.ErrTransactionSequence)
			})
		})
	}
}

func TestATransactionThatCommitsTooLateDoesNotReachItsQueue(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("x", trans)
		q.Create("acks", localqm.QueueSpec{})
		tx := begin(t, q)
		_, err := q.Open("x", localqm.SendAccess).Send(ctx, tx,
			message("late", func(m *mq.Message) {
				m.TimeToReachQueue, m.DeadLetter = 60, true
				m.Acknowledge, m.AdminQueue = mq.AckNegativeArrival, mq.DirectOS(".", `private$\acks`)
			}), message("in time", nil))
		ok(t, err)
		ok(t, tx.Prepare(ctx))
		q.Clock.Advance(2 * minute) // the machine is off meanwhile
		q.Restart()
		ok(t, q.ResolveTransaction(ctx, qmtest.Owner, tx.ID(), true))
		labels(t, q, "x", "in time")
		labels(t, q, deadXact, "late")
		classes(t, q, deadXact, mq.ClassNackReachQueueTimeout)
		classes(t, q, "acks", mq.ClassNackReachQueueTimeout)
	})
}

func TestMovesInATransactionShowAtItsCommit(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("x", trans)
		q.Create("x;retry", localqm.QueueSpec{})
		sendTx(t, q, "x", "a")
		at := q.Browsed("x")[0]
		h := q.Open("x", localqm.ReceiveAccess)
		tx := begin(t, q)
		ok(t, h.Move(ctx, at.Lookup, qmtest.Name(t, "x;retry"), tx))
		labels(t, q, "x;retry")
		ok(t, tx.Abort(ctx))
		labels(t, q, "x", "a")
		tx = begin(t, q)
		ok(t, h.Move(ctx, at.Lookup, qmtest.Name(t, "x;retry"), tx))
		ok(t, tx.Commit(ctx))
		labels(t, q, "x")
		moved := q.Browsed("x;retry")[0]
		if moved.Lookup != at.Lookup || moved.Message.ID != at.Message.ID || moved.Row.Moves != 1 || moved.Row.Aborts != 1 {
			t.Fatalf("moved as %+v", moved.Row)
		}
	})
}

func sendTx(t *testing.T, q *qmtest.QM, queue string, labels ...string) {
	t.Helper()
	tx := begin(t, q)
	h := q.Open(queue, localqm.SendAccess)
	for _, l := range labels {
		_, err := h.Send(ctx, tx, message(l, nil))
		ok(t, err)
	}
	ok(t, tx.Commit(ctx))
}

func TestMessagesExpireAlsoWhileTheMachineIsOff(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		q.Create("x", trans)
		q.Create("acks", localqm.QueueSpec{})
		q.Create("own", localqm.QueueSpec{})
		limited := func(s uint32) func(*mq.Message) {
			return func(m *mq.Message) { m.TimeToBeReceived, m.DeadLetter = s, true }
		}
		q.Send("q", message("never", nil))
		q.Send("q", message("minute", func(m *mq.Message) {
			limited(60)(m)
			m.Acknowledge, m.AdminQueue = mq.AckNegativeReceive, mq.DirectOS(".", `private$\acks`)
		}))
		q.Send("q", message("express", func(m *mq.Message) { limited(60)(m); m.Delivery = mq.Express }))
		q.Send("q", message("own queue", func(m *mq.Message) { limited(60)(m); m.DeadLetterQueue = mq.DirectOS(".", `private$\own`) }))
		q.Send("q", message("unwanted", func(m *mq.Message) { m.TimeToBeReceived = 60 }))
		q.Send("q", message("hour", limited(3600)))
		tx := begin(t, q)
		_, err := q.Open("x", localqm.SendAccess).Send(ctx, tx, message("transactional", limited(3600)))
		ok(t, err)
		ok(t, tx.Commit(ctx))
		q.Clock.Advance(61 * time.Second)
		qmtest.Eventually(t, "what had a minute is gone", func() bool { return len(q.Labels("q")) == 2 })
		labels(t, q, "q", "never", "hour")
		labels(t, q, deadLetter, "minute", "express")
		labels(t, q, "own", "own queue")
		classes(t, q, "own", mq.ClassNackReceiveTimeout)
		classes(t, q, "acks", mq.ClassNackReceiveTimeout)
		ok(t, q.Close())
		q.Clock.Advance(2 * time.Hour)
		q.Restart()
		qmtest.Eventually(t, "what had an hour is gone after the restart", func() bool { return len(q.Labels(deadXact)) == 1 })
		labels(t, q, "q", "never")
		labels(t, q, deadLetter, "minute", "hour")
		labels(t, q, deadXact, "transactional")
	})
}

func TestAnExpiredMessageIsNeverHandedOut(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		q.Send("q", message("now", func(m *mq.Message) { m.TimeToBeReceived = 0 }))
		q.Send("q", message("good", nil))
		d := receive(t, q.Open("q", localqm.ReceiveAccess))
		if d.Message.Label != "good" {
			t.Fatalf("received %s", d.Message.Label)
		}
	})
}

func TestAClockSetBackDoesNotExpireAndOneInTheFutureNeverEarly(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		q.Send("q", message("a", func(m *mq.Message) { m.TimeToBeReceived = 3600 }))
		q.Clock.Advance(-24 * time.Hour)
		q.Send("q", message("b", func(m *mq.Message) { m.TimeToBeReceived = 3600 }))
		q.Clock.Advance(2 * time.Hour)
		qmtest.Eventually(t, "b expires", func() bool { return len(q.Labels("q")) == 1 })
		labels(t, q, "q", "a")
		// Beyond 2038 and 2106, where 32-bit seconds end.
		q.Clock.Set(time.Date(2150, 1, 1, 0, 0, 0, 0, time.UTC))
		qmtest.Eventually(t, "a expires", func() bool { return len(q.Labels("q")) == 0 })
	})
}
