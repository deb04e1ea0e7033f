package localqm_test

import (
	"fmt"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/store"
	"posthouse/localqm/wire"
)

func TestADeadLetterEndsWhereItIsKept(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		q.Create("acks", localqm.QueueSpec{})
		q.Create("own", localqm.QueueSpec{Journaling: &yes})
		for range 2 {
			q.Send("q", message("m", func(m *mq.Message) {
				m.DeadLetter, m.DeadLetterQueue = true, mq.DirectOS(".", `private$\own`)
				m.Acknowledge, m.AdminQueue = mq.AckFullReceive, mq.DirectOS(".", `private$\acks`)
			}))
		}
		_, err := q.Purge(ctx, qmtest.Owner, qmtest.Name(t, "q"))
		ok(t, err)
		labels(t, q, "own", "m", "m")
		classes(t, q, "acks", mq.ClassNackQueuePurged, mq.ClassNackQueuePurged)
		receive(t, q.Open("own", localqm.ReceiveAccess))
		labels(t, q, "own;journal", "m")
		n, err := q.Purge(ctx, qmtest.Owner, qmtest.Name(t, "own"))
		ok(t, err)
		if n != 1 {
			t.Fatalf("%d purged", n)
		}
		labels(t, q, "own")
		labels(t, q, deadLetter)
		classes(t, q, "acks", mq.ClassNackQueuePurged, mq.ClassNackQueuePurged)
	})
}

func TestWhatIsLockedDoesNotKeepOthersFromExpiring(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("x", trans)
		const locked = 450 // more than a sweep looks at
		soon := func(m *mq.Message) { m.TimeToBeReceived = 60 }
		tx := begin(t, q)
		send := q.Open("x", localqm.SendAccess)
		for i := range locked + 3 {
			_, err := send.Send(ctx, tx, message(fmt.Sprint(i), soon))
			ok(t, err)
		}
		ok(t, tx.Commit(ctx))
		tx = begin(t, q)
		h := q.Open("x", localqm.ReceiveAccess)
		for range locked {
			_, err := h.Read(ctx, localqm.ReadOptions{Tx: tx})
			ok(t, err)
		}
		q.Clock.Advance(2 * minute)
		qmtest.Eventually(t, "what nobody holds expires", func() bool { return count(t, q, "x").Messages == locked })
		ok(t, tx.Abort(ctx))
		qmtest.Eventually(t, "what was given back expires", func() bool {
			q.Clock.Advance(minute)
			return count(t, q, "x").Messages == 0
		})
	})
}

func TestRestoredJournalCopiesAndDeadLettersStay(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{Journaling: &yes})
		m := message("old", func(m *mq.Message) {
			m.TimeToBeReceived = 60
			m.ID = mq.ObjectID{Source: q.Identity().ID, Ordinal: 1}
			m.SourceMachine, m.SentTime = q.Identity().ID, q.Clock.Now()
			m.Destination = mq.DirectOS("TEST", `private$\q`)
		})
		packet, err := wire.Append(nil, m, q.Identity().ID)
		ok(t, err)
		record := localqm.Record{Packet: packet, Arrived: q.Clock.Now().Unix()}
		for _, name := range []string{"q", "q;journal", deadLetter} {
			ok(t, q.Restore(ctx, qmtest.Owner, qmtest.Name(t, name), []localqm.Record{record}))
		}
		q.Clock.Advance(2 * minute)
		qmtest.Eventually(t, "what lies in the queue expires", func() bool { return len(q.Labels("q")) == 0 })
		labels(t, q, "q;journal", "old")
		labels(t, q, deadLetter, "old")
		q.Create("x", trans)
		want(t, q.Restore(ctx, qmtest.Owner, qmtest.Name(t, "x"), []localqm.Record{record}), mq.ErrTransactionUsage)
		labels(t, q, "x")
		want(t, q.Restore(ctx, qmtest.Stranger, qmtest.Name(t, "q"), []localqm.Record{record}), mq.ErrAccessDenied)
		want(t, q.Restore(ctx, qmtest.Owner, qmtest.Name(t, `.\private$\order_queue$`), []localqm.Record{record}), mq.ErrUnsupportedOperation)
	})
}

func TestACursorPassesOverWhatExpired(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		for _, l := range []string{"a", "b", "c"} {
			q.Send("q", message(l, func(m *mq.Message) {
				if l == "b" {
					m.TimeToBeReceived = 60
				}
			}))
		}
		h := q.Open("q", localqm.ReceiveAccess)
		c, err := h.Cursor()
		ok(t, err)
		d, err := h.Read(ctx, localqm.ReadOptions{Peek: true, Cursor: c})
		ok(t, err)
		if d.Message.Label != "a" {
			t.Fatal(d.Message.Label)
		}
		q.Clock.Advance(2 * minute)
		d, err = h.Read(ctx, localqm.ReadOptions{Peek: true, Cursor: c, Next: true})
		ok(t, err)
		if d.Message.Label != "c" {
			t.Fatal(d.Message.Label)
		}
	})
}

func TestAReadOfWhatIsNotThereLeavesNothingBehind(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		last := q.Send("q", message("a", nil)).Lookup
		h := q.Open("q", localqm.ReceiveAccess)
		// A message that comes while somebody asks for its place by number.
		stop := make(chan struct{})
		done := make(chan struct{})
		go func() {
			defer close(done)
			for id := last + 1; ; {
				select {
				case <-stop:
					return
				default:
				}
				_, err := h.Read(ctx, localqm.ReadOptions{Seek: localqm.SeekCurrent, Lookup: id, Peek: true})
				if err == nil {
					id++
					continue
				}
				if _, err = h.Read(ctx, localqm.ReadOptions{Seek: localqm.SeekCurrent, Lookup: id}); err == nil {
					id++
				}
			}
		}()
		for range 200 {
			q.Send("q", message("m", express))
		}
		close(stop)
		<-done
		left := count(t, q, "q").Messages
		for range left {
			receive(t, h)
		}
		if page, err := q.Browse(ctx, qmtest.Owner, qmtest.Name(t, "q"), store.Range{}); err != nil || len(page) > 0 {
			t.Fatalf("%d are left, %v", len(page), err)
		}
	})
}
