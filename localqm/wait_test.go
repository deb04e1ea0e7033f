package localqm_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

func TestAWaitingCursorTakesWhatComesAndHoldsNobodyUp(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		q.Send("q", message("low", func(m *mq.Message) { m.Priority = 0 }))
		h := q.Open("q", localqm.ReceiveAccess)
		c, err := h.Cursor()
		ok(t, err)
		_, err = h.Read(ctx, localqm.ReadOptions{Peek: true, Cursor: c})
		ok(t, err)
		got := make(chan string, 2)
		wait := func(o localqm.ReadOptions) {
			o.Timeout = -1
			d, err := h.Read(ctx, o)
			if err != nil {
				got <- err.Error()
				return
			}
			got <- d.Message.Label
		}
		go wait(localqm.ReadOptions{Peek: true, Next: true, Cursor: c})
		// It stands behind all; what comes stands in front of it.
		qmtest.Eventually(t, "the cursor waits", func() bool { return q.Waiting("q") == 1 })
		q.Send("q", message("high", func(m *mq.Message) { m.Priority = 7 }))
		if s := <-got; s != "high" {
			t.Fatalf("the cursor got %s", s)
		}
		d, err := h.Read(ctx, localqm.ReadOptions{Peek: true, Cursor: c})
		ok(t, err)
		if d.Message.Label != "high" {
			t.Fatalf("the cursor stands on %s", d.Message.Label)
		}
	})
}

func TestNoWakeUpIsLostWhenReadersGiveUp(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		const readers, n = 6, 150
		var mu sync.Mutex
		got := 0
		all := make(chan struct{})
		end, stop := context.WithCancel(ctx)
		var wg sync.WaitGroup
		for r := range readers {
			h := q.Open("q", localqm.ReceiveAccess)
			wg.Go(func() {
				for end.Err() == nil {
					short, cancel := context.WithCancel(end)
					if r%2 == 0 { // this one is impatient
						go cancel()
					}
					_, err := h.Read(short, localqm.ReadOptions{Timeout: -1, Peek: r == 5})
					cancel()
					if err != nil || r == 5 {
						continue
					}
					mu.Lock()
					if got++; got == n {
						close(all)
					}
					mu.Unlock()
				}
			})
		}
		h := q.Open("q", localqm.SendAccess)
		for i := range n {
			_, err := h.Send(ctx, nil, message(fmt.Sprint(i), express))
			ok(t, err)
		}
		<-all
		stop()
		wg.Wait()
	})
}

func TestTransactionsAtOnceEachHoldTheirOwnMessages(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("in", trans)
		q.Create("out", trans)
		const workers, per = 6, 12
		var wg sync.WaitGroup
		for w := range workers {
			send, recv, pass := q.Open("in", localqm.SendAccess), q.Open("in", localqm.ReceiveAccess), q.Open("out", localqm.SendAccess)
			wg.Go(func() {
				for i := range per {
					tx, err := q.Begin()
					ok(t, err)
					_, err = send.Send(ctx, tx, message(fmt.Sprintf("%d-%d", w, i), nil))
					ok(t, err)
					ok(t, tx.Commit(ctx))
					for aborts := 0; ; aborts++ {
						tx, err = q.Begin()
						ok(t, err)
						d, err := recv.Read(ctx, localqm.ReadOptions{Tx: tx, Timeout: -1})
						ok(t, err)
						_, err = pass.Send(ctx, tx, message(d.Message.Label, nil))
						ok(t, err)
						if aborts < i%3 {
							ok(t, tx.Abort(ctx))
							continue
						}
						ok(t, tx.Commit(ctx))
						break
					}
				}
			})
		}
		wg.Wait()
		seen := map[string]bool{}
		for _, l := range q.Labels("out") {
			if seen[l] {
				t.Fatalf("%s was received twice", l)
			}
			seen[l] = true
		}
		if len(seen) != workers*per || len(q.Labels("in")) != 0 {
			t.Fatalf("%d of %d passed on, %d left", len(seen), workers*per, len(q.Labels("in")))
		}
	})
}
