package localqm_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/store"
	"posthouse/localqm/store/memory"
)

func remove(t *testing.T, q *qmtest.QM, name string) {
	t.Helper()
	short, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	ok(t, q.DeleteQueue(short, qmtest.Owner, qmtest.Name(t, name)))
	if short.Err() != nil {
		t.Fatalf("%s was never empty", name)
	}
}

func TestDeletingAQueueDoesNotWaitForTransactions(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("x", trans)
		q.Create("x;later", localqm.QueueSpec{})
		q.Create("other", trans)
		sendTx(t, q, "x", "received", "moved", "free")
		tx := begin(t, q)
		h := q.Open("x", localqm.ReceiveAccess)
		_, err := h.Read(ctx, localqm.ReadOptions{Tx: tx})
		ok(t, err)
		ok(t, h.Move(ctx, q.Browsed("x")[1].Lookup, qmtest.Name(t, "x;later"), tx))
		_, err = q.Open("x", localqm.SendAccess).Send(ctx, tx, message("sent", func(m *mq.Message) { m.DeadLetter = true }))
		ok(t, err)
		_, err = q.Open("other", localqm.SendAccess).Send(ctx, tx, message("kept", nil))
		ok(t, err)
		remove(t, q, "x")
		q.Create("x", trans)
		labels(t, q, "x")
		_, err = h.Read(ctx, localqm.ReadOptions{Tx: tx})
		want(t, err, mq.ErrQueueDeleted)
		ok(t, tx.Commit(ctx))
		labels(t, q, "x")
		labels(t, q, "other", "kept")
		labels(t, q, deadXact, "sent")
		classes(t, q, deadXact, mq.ClassNackBadDestQueue)
	})
}

func TestAPreparedTransactionOutlivesTheQueuesItNames(t *testing.T) {
	for _, commit := range []bool{true, false} {
		t.Run(fmt.Sprintf("commit=%v", commit), func(t *testing.T) {
			each(t, func(t *testing.T, q *qmtest.QM) {
				q.Create("x", trans)
				q.Create("y", trans)
				q.Create("y;later", localqm.QueueSpec{})
				sendTx(t, q, "x", "received")
				sendTx(t, q, "y", "moved")
				tx := begin(t, q)
				_, err := q.Open("x", localqm.ReceiveAccess).Read(ctx, localqm.ReadOptions{Tx: tx})
				ok(t, err)
				ok(t, q.Open("y", localqm.ReceiveAccess).Move(ctx, q.Browsed("y")[0].Lookup, qmtest.Name(t, "y;later"), tx))
				_, err = q.Open("x", localqm.SendAccess).Send(ctx, tx, message("sent", func(m *mq.Message) { m.DeadLetter = true }))
				ok(t, err)
				ok(t, tx.Prepare(ctx))
				remove(t, q, "x")
				remove(t, q, "y;later")
				for i := range 4 { // their slots must not be used again
					q.Create(fmt.Sprint("new", i), trans)
				}
				q.Restart()
				ok(t, q.ResolveTransaction(ctx, qmtest.Owner, tx.ID(), commit))
				for i := range 4 {
					labels(t, q, fmt.Sprint("new", i))
				}
				labels(t, q, "y", "moved")
				if commit {
					labels(t, q, deadXact, "sent")
				} else {
					labels(t, q, deadXact)
				}
				q.Restart()
				all, err := q.Queues(ctx, qmtest.Owner)
				ok(t, err)
				if len(all) != 5+5 {
					t.Fatalf("%d queues", len(all))
				}
			})
		})
	}
}

func TestDeletingAQueueWhileItIsUsedLosesNobody(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		for round := range 8 {
			q.Create("q", localqm.QueueSpec{Journaling: &yes})
			q.Create("q;sub", localqm.QueueSpec{})
			name, sub := qmtest.Name(t, "q"), qmtest.Name(t, "q;sub")
			var wg sync.WaitGroup
			ready := make(chan struct{}, 20)
			use := func(fn func(*localqm.Handle) error, a localqm.Access) {
				h, err := q.OpenQueue(ctx, qmtest.Owner, name, a, localqm.DenyNone)
				ok(t, err)
				wg.Go(func() {
					defer h.Close()
					for n := 0; ; n++ {
						if n == 5 {
							ready <- struct{}{}
						}
						switch err := fn(h); mq.CodeOf(err) {
						case mq.OK, mq.ErrIOTimeout, mq.ErrMessageNotFound, mq.ErrMessageLocked:
						case mq.ErrQueueDeleted, mq.ErrQueueNotFound:
							return
						default:
							t.Errorf("round %d: %v", round, err)
							return
						}
					}
				})
			}
			for range 3 {
				use(func(h *localqm.Handle) error {
					_, err := h.Send(ctx, nil, message("m", nil))
					return err
				}, localqm.SendAccess)
				use(func(h *localqm.Handle) error {
					_, err := h.Read(ctx, localqm.ReadOptions{Timeout: -1})
					return err
				}, localqm.ReceiveAccess)
				use(func(h *localqm.Handle) error {
					p, _, err := h.Begin(ctx, localqm.ReadOptions{})
					if err != nil {
						return err
					}
					return p.End(ctx, round%2 == 0)
				}, localqm.ReceiveAccess)
				use(func(h *localqm.Handle) error {
					page, err := q.Browse(ctx, qmtest.Owner, name, store.Range{Limit: 1})
					if err != nil || len(page) == 0 {
						return err
					}
					res, err := q.MoveMessages(ctx, qmtest.Owner, name, sub, []uint64{page[0].Lookup})
					if err != nil {
						return err
					}
					return res[0].Err
				}, localqm.ReceiveAccess)
			}
			for range 12 {
				<-ready
			}
			remove(t, q, "q")
			wg.Wait()
		}
		q.Restart()
		if s, err := q.Status(ctx, qmtest.Owner); err != nil || s.Total.Messages != 0 {
			t.Fatalf("%d messages are left of deleted queues, %v", s.Total.Messages, err)
		}
	})
}

func TestDeletingAQueueBesideTransactionsLeavesNoLock(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		for range 6 {
			q.Create("x", trans)
			q.Create("keep", trans)
			ready := make(chan struct{}, 20)
			var wg sync.WaitGroup
			for w := range 6 {
				send, recv := q.Open("x", localqm.SendAccess), q.Open("x", localqm.ReceiveAccess)
				keep := q.Open("keep", localqm.SendAccess)
				wg.Go(func() {
					for n := 0; ; n++ {
						if n == 4 {
							ready <- struct{}{}
						}
						tx, err := q.Begin()
						ok(t, err)
						_, err = keep.Send(ctx, tx, message("k", nil))
						ok(t, err)
						_, err = send.Send(ctx, tx, message("m", nil))
						if err == nil && n > 0 {
							_, err = recv.Read(ctx, localqm.ReadOptions{Tx: tx})
						}
						if w%2 == 0 {
							ok(t, tx.Commit(ctx))
						} else {
							ok(t, tx.Abort(ctx))
						}
						switch mq.CodeOf(err) {
						case mq.OK, mq.ErrIOTimeout:
						case mq.ErrQueueDeleted:
							return
						default:
							t.Error(err)
							return
						}
					}
				})
			}
			for range 6 {
				<-ready
			}
			remove(t, q, "x")
			wg.Wait()
			remove(t, q, "keep")
		}
	})
}

func TestADeletedQueueIsEmptiedOnceTheDiskHasRoomAgain(t *testing.T) {
	q := qmtest.Start(t, qmtest.Memory)
	sound(t, q)
	q.Create("q", localqm.QueueSpec{})
	q.Send("q", message("a", func(m *mq.Message) { m.DeadLetter = true }))
	disk := q.Store.(*memory.Store)
	failed := make(chan struct{}, 1)
	disk.Fault(func(s *store.Step) error {
		for _, op := range s.Ops {
			if _, put := op.(*store.Put); put {
				select {
				case failed <- struct{}{}:
				default:
				}
				return store.ErrFull
			}
		}
		return nil
	})
	gave, give := context.WithCancel(ctx)
	done := make(chan error)
	go func() { done <- q.DeleteQueue(gave, qmtest.Owner, qmtest.Name(t, "q")) }()
	<-failed
	give()
	ok(t, <-done)
	_, err := q.Queue(ctx, qmtest.Owner, qmtest.Name(t, "q"))
	want(t, err, mq.ErrQueueNotFound)
	disk.Fault(nil)
	qmtest.Eventually(t, "the dead letter is kept", func() bool {
		q.Clock.Advance(minute)
		return len(q.Labels(deadLetter)) == 1
	})
}

func TestAChangeDoesNotUndeleteAQueueOrUndoAnotherChange(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		for range 10 {
			q.Create("q", localqm.QueueSpec{})
			name := qmtest.Name(t, "q")
			d, err := q.QueueSecurity(ctx, qmtest.Owner, name)
			ok(t, err)
			var wg sync.WaitGroup
			wg.Go(func() {
				_, err := q.SetQueue(ctx, qmtest.Owner, name, localqm.QueueSpec{Label: ptr("label")})
				ok(t, err)
			})
			wg.Go(func() {
				_, err := q.SetQueue(ctx, qmtest.Owner, name, localqm.QueueSpec{Quota: ptr(uint32(77))})
				ok(t, err)
			})
			wg.Go(func() {
				ok(t, q.SetQueueSecurity(ctx, qmtest.Owner, name, d.Grant(qmtest.Everyone, uint32(mq.RightWriteMessage))))
			})
			wg.Wait()
			i, err := q.Queue(ctx, qmtest.Owner, name)
			ok(t, err)
			if i.Queue.Label != "label" || i.Queue.Quota != 77 {
				t.Fatalf("a change was lost: %+v", i.Queue)
			}
			q.OpenAs(qmtest.Stranger, "q", localqm.SendAccess)
			var gone [4]error
			for i := range gone {
				wg.Go(func() {
					if i%2 == 0 {
						gone[i] = q.DeleteQueue(ctx, qmtest.Owner, name)
					} else {
						_, _ = q.SetQueue(ctx, qmtest.Owner, name, localqm.QueueSpec{Label: ptr("again")})
					}
				})
			}
			wg.Wait()
			if (gone[0] == nil) == (gone[2] == nil) {
				t.Fatalf("deleted twice, or never: %v", errors.Join(gone[:]...))
			}
		}
		q.Restart()
		all, err := q.Queues(ctx, qmtest.Owner)
		ok(t, err)
		if len(all) != 5 {
			t.Fatalf("%d queues", len(all))
		}
	})
}
