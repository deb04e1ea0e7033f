package localqm_test

import (
	"errors"
	"sync"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/store"
	"posthouse/localqm/store/memory"
)

// faulty starts a queue manager on a store whose steps can be made to fail.
func faulty(t *testing.T) (*qmtest.QM, *memory.Store) {
	t.Helper()
	q := qmtest.Start(t, qmtest.Memory)
	sound(t, q)
	return q, q.Store.(*memory.Store)
}

func full(*store.Step) error { return store.ErrFull }

func TestOnAFullDiskNothingHappensAndNothingIsHeld(t *testing.T) {
	q, disk := faulty(t)
	q.Create("q", localqm.QueueSpec{Journaling: &yes})
	q.Create("q;sub", localqm.QueueSpec{})
	q.Create("x", trans)
	q.Send("q", message("a", nil))
	sendTx(t, q, "x", "b")
	tx := begin(t, q)
	_, err := q.Open("x", localqm.ReceiveAccess).Read(ctx, localqm.ReadOptions{Tx: tx})
	ok(t, err)
	_, err = q.Open("x", localqm.SendAccess).Send(ctx, tx, message("c", nil))
	ok(t, err)
	pending, _, err := q.Open("q", localqm.ReceiveAccess).Begin(ctx, localqm.ReadOptions{})
	ok(t, err)
	disk.Fault(full)
	_, err = q.Open("q", localqm.SendAccess).Send(ctx, nil, message("x", func(m *mq.Message) { m.Journal = true }))
	want(t, err, mq.ErrMessageStorageFailed)
	want(t, pending.End(ctx, true), mq.ErrMessageStorageFailed)
	_, err = q.Open("q", localqm.ReceiveAccess).Read(ctx, localqm.ReadOptions{})
	want(t, err, mq.ErrMessageStorageFailed)
	id := q.Browsed("q")[0].Lookup
	res, err := q.MoveMessages(ctx, qmtest.Owner, qmtest.Name(t, "q"), qmtest.Name(t, "q;sub"), []uint64{id})
	ok(t, err)
	want(t, res[0].Err, mq.ErrMessageStorageFailed)
	_, err = q.Purge(ctx, qmtest.Owner, qmtest.Name(t, "q"))
	want(t, err, mq.ErrMessageStorageFailed)
	_, err = q.CreateQueue(ctx, qmtest.Owner, qmtest.Name(t, "new"), localqm.QueueSpec{})
	want(t, err, mq.ErrMessageStorageFailed)
	want(t, q.DeleteQueue(ctx, qmtest.Owner, qmtest.Name(t, "q")), mq.ErrMessageStorageFailed)
	want(t, tx.Commit(ctx), mq.ErrMessageStorageFailed)
	want(t, tx.Commit(ctx), mq.ErrTransactionSequence)
	disk.Fault(nil)
	labels(t, q, "q", "a")
	labels(t, q, "x", "b")
	q.Create("new", localqm.QueueSpec{})
	if d := receive(t, q.Open("q", localqm.ReceiveAccess)); d.Message.Label != "a" {
		t.Fatal(d.Message.Label)
	}
	if d := receive(t, q.Open("x", localqm.ReceiveAccess)); d.Message.Label != "b" {
		t.Fatal(d.Message.Label)
	}
}

func TestThePreparedKeepTheirOutcomeForTheNextTry(t *testing.T) {
	for _, commit := range []bool{true, false} {
		q, disk := faulty(t)
		q.Create("x", trans)
		sendTx(t, q, "x", "a")
		tx := begin(t, q)
		_, err := q.Open("x", localqm.ReceiveAccess).Read(ctx, localqm.ReadOptions{Tx: tx})
		ok(t, err)
		_, err = q.Open("x", localqm.SendAccess).Send(ctx, tx, message("b", nil))
		ok(t, err)
		ok(t, tx.Prepare(ctx))
		disk.Fault(full)
		want(t, q.ResolveTransaction(ctx, qmtest.Owner, tx.ID(), commit), mq.ErrMessageStorageFailed)
		_, err = q.Open("x", localqm.ReceiveAccess).Read(ctx, localqm.ReadOptions{})
		want(t, err, mq.ErrIOTimeout) // still locked
		disk.Fault(nil)
		ok(t, q.ResolveTransaction(ctx, qmtest.Owner, tx.ID(), commit))
		want(t, q.ResolveTransaction(ctx, qmtest.Owner, tx.ID(), !commit), mq.ErrTransactionSequence)
		if commit {
			labels(t, q, "x", "b")
		} else {
			labels(t, q, "x", "a")
		}
	}
}

func TestAnExpiredMessageThatCannotBeRemovedDoesNotKeepReadersBusy(t *testing.T) {
	q, disk := faulty(t)
	q.Create("q", localqm.QueueSpec{})
	disk.Fault(func(s *store.Step) error {
		for _, op := range s.Ops {
			if _, removal := op.(*store.Remove); removal {
				return store.ErrFull
			}
		}
		return nil
	})
	q.Send("q", message("late", func(m *mq.Message) { m.TimeToBeReceived, m.DeadLetter = 0, true }))
	for _, peek := range []bool{true, false} {
		_, err := q.Open("q", localqm.ReceiveAccess).Read(ctx, localqm.ReadOptions{Peek: peek})
		// The sweeper may hold it for the moment.
		if code := mq.CodeOf(err); code != mq.ErrMessageStorageFailed && code != mq.ErrIOTimeout {
			t.Fatalf("peek=%v: %v", peek, err)
		}
	}
	disk.Fault(nil)
	qmtest.Eventually(t, "the message is a dead letter", func() bool {
		q.Clock.Advance(minute)
		return len(q.Labels(deadLetter)) == 1
	})
}

func TestAfterADiskErrorNothingIsAnsweredAnyMore(t *testing.T) {
	q := qmtest.Start(t, qmtest.Memory)
	disk := q.Store.(*memory.Store)
	q.Create("q", localqm.QueueSpec{})
	q.Create("other", localqm.QueueSpec{})
	waiting := make(chan error)
	h := q.Open("other", localqm.ReceiveAccess)
	go func() {
		_, err := h.Read(ctx, localqm.ReadOptions{Timeout: -1})
		waiting <- err
	}()
	qmtest.Eventually(t, "the reader waits", func() bool { return q.Waiting("other") == 1 })
	disk.Fault(func(*store.Step) error { return errors.Join(store.ErrFailed, errors.New("input/output error")) })
	s := q.Open("q", localqm.SendAccess)
	_, err := s.Send(ctx, nil, message("x", nil))
	want(t, err, mq.ErrServiceNotAvailable)
	want(t, <-waiting, mq.ErrServiceNotAvailable)
	<-q.Done()
	disk.Fault(nil)
	_, err = s.Send(ctx, nil, message("y", nil))
	want(t, err, mq.ErrServiceNotAvailable)
	_, err = q.Queues(ctx, qmtest.Owner)
	want(t, err, mq.ErrServiceNotAvailable)
	_, err = q.Begin()
	want(t, err, mq.ErrServiceNotAvailable)
	q.Restart()
	labels(t, q, "q")
}

func TestStoppingEndsWorkUnderWay(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		sent := make([]int, 4)
		received := make([]int, 4)
		begun := make(chan struct{}, 8)
		work := func(wg *sync.WaitGroup, a localqm.Access, count *int, once func(*localqm.Handle) error) {
			h := q.Open("q", a)
			wg.Go(func() {
				for {
					err := once(h)
					if *count++; *count == 5 {
						begun <- struct{}{}
					}
					if err != nil {
						*count--
						if code := mq.CodeOf(err); code != mq.ErrServiceNotAvailable {
							t.Errorf("%s: %v", a, err)
						}
						return
					}
				}
			})
		}
		var wg sync.WaitGroup
		for i := range sent {
			work(&wg, localqm.SendAccess, &sent[i], func(h *localqm.Handle) error {
				_, err := h.Send(ctx, nil, message("m", nil), message("m", nil))
				return err
			})
			work(&wg, localqm.ReceiveAccess, &received[i], func(h *localqm.Handle) error {
				_, err := h.Read(ctx, localqm.ReadOptions{Timeout: -1})
				return err
			})
		}
		for range 8 {
			<-begun
		}
		ok(t, q.Close())
		wg.Wait()
		q.Restart()
		in, out := 0, 0
		for i := range sent {
			in, out = in+2*sent[i], out+received[i]
		}
		left := int(count(t, q, "q").Messages)
		// Each sender's last two may have arrived though it was told nothing;
		// each receiver's last may be gone though it was told nothing.
		if got := out + left; got < in-4 || got > in+8 {
			t.Fatalf("%d answered sends, %d answered receives, %d left", in, out, left)
		}
	})
}

func TestAPurgeHoldsForWhatAReceiveGivesBack(t *testing.T) {
	q, disk := faulty(t)
	q.Create("q", localqm.QueueSpec{})
	q.Create("acks", localqm.QueueSpec{})
	q.Send("q", message("a", func(m *mq.Message) {
		m.Acknowledge, m.AdminQueue = mq.AckNegativeReceive, mq.DirectOS(".", `private$\acks`)
	}))
	p, _, err := q.Open("q", localqm.ReceiveAccess).Begin(ctx, localqm.ReadOptions{})
	ok(t, err)
	n, err := q.Purge(ctx, qmtest.Owner, qmtest.Name(t, "q"))
	ok(t, err)
	if n != 0 {
		t.Fatalf("%d purged of what is locked", n)
	}
	failed := false
	disk.Fault(func(*store.Step) error {
		if failed {
			return nil
		}
		failed = true
		return store.ErrFull
	})
	want(t, p.End(ctx, false), mq.ErrMessageStorageFailed)
	qmtest.Eventually(t, "the message is purged after all", func() bool { return len(q.Labels("q")) == 0 })
	classes(t, q, "acks", mq.ClassNackQueuePurged)
}
