package transport_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/transport/transporttest"
)

// benchEndToEnd sends b.N messages of 1 KB from 8 senders and counts until the
// last of them is in the receiver's queue.
func benchEndToEnd(b *testing.B, queue string, shape func(*mq.Message), send func(*transporttest.QM, *localqm.Handle, *mq.Message) error) {
	n := transporttest.New(b)
	from, to := n.Start("DESK7"), n.Start("HUB")
	queues(to)
	info, err := to.Queue(context.Background(), qmtest.Owner, qmtest.Name(b, queue))
	if err != nil {
		b.Fatal(err)
	}
	count := func() int64 { return to.Store.Count(info.Queue.Slot).Messages }
	body := make([]byte, 1024)
	var next atomic.Int64
	var senders sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	begin := time.Now()
	for range 8 {
		senders.Go(func() {
			h := from.Open(to.Direct(queue), localqm.SendAccess)
			for next.Add(1) <= int64(b.N) {
				m := &mq.Message{Label: "bench", Body: body}
				shape(m)
				if err := send(from, h, m); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	senders.Wait()
	sent := time.Since(begin)
	for count() < int64(b.N) {
		if time.Since(begin) > 2*time.Minute {
			b.Fatalf("%d of %d came", count(), b.N)
		}
		time.Sleep(time.Millisecond)
	}
	d := time.Since(begin)
	b.StopTimer()
	b.ReportMetric(float64(b.N)/d.Seconds(), "messages/s")
	b.ReportMetric(float64(b.N)/sent.Seconds(), "sent/s")
}

func BenchmarkExpressEndToEnd(b *testing.B) {
	benchEndToEnd(b, "orders", func(m *mq.Message) { m.Defaults() },
		func(_ *transporttest.QM, h *localqm.Handle, m *mq.Message) error {
			_, err := h.Send(context.Background(), nil, m)
			return err
		})
}

func BenchmarkTransactionalEndToEnd(b *testing.B) {
	benchEndToEnd(b, "bookings", func(m *mq.Message) { m.Defaults() }, inTransaction)
}

// BenchmarkTransactionalInProcess is what the others are compared with: the
// receiver's queue manager alone.
func BenchmarkTransactionalInProcess(b *testing.B) {
	n := transporttest.New(b)
	q := n.Start("HUB")
	queues(q)
	body := make([]byte, 1024)
	var next atomic.Int64
	var senders sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	begin := time.Now()
	for range 8 {
		senders.Go(func() {
			h := q.Open("bookings", localqm.SendAccess)
			for next.Add(1) <= int64(b.N) {
				m := &mq.Message{Label: "bench", Body: body}
				m.Defaults()
				if err := inTransaction(q, h, m); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	senders.Wait()
	b.ReportMetric(float64(b.N)/time.Since(begin).Seconds(), "messages/s")
}

func inTransaction(q *transporttest.QM, h *localqm.Handle, m *mq.Message) error {
	tx, err := q.Begin()
	if err != nil {
		return err
	}
	if _, err := h.Send(context.Background(), tx, m); err != nil {
		return err
	}
	return tx.Commit(context.Background())
}
