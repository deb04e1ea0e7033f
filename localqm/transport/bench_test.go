package transport_test

import (
	"context"
	"fmt"
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
	benchBetween(b, from, to, queue, to.Direct(queue), shape, send)
}

// benchRouted is benchEndToEnd over a number of routing servers.
func benchRouted(b *testing.B, servers int, queue string, shape func(*mq.Message), send func(*transporttest.QM, *localqm.Handle, *mq.Message) error) {
	f := transporttest.New(b).Forest()
	from, to := f.Start("SHOP01", false), f.Start("ORDERS", false)
	last := "SHOP01"
	for i := range servers {
		hub := fmt.Sprint("HUB", i)
		f.Start(hub, true)
		f.Way(last, "ORDERS", []string{hub})
		last = hub
	}
	f.Way("ORDERS", "SHOP01", []string{last})
	queues(to)
	benchBetween(b, from, to, queue, to.Private(`.\private$\`+queue), shape, send)
}

func benchBetween(b *testing.B, from, to *transporttest.QM, queue, name string, shape func(*mq.Message), send func(*transporttest.QM, *localqm.Handle, *mq.Message) error) {
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
			h := from.Open(name, localqm.SendAccess)
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

// BenchmarkRouted compares messages that go directly with those over routing servers.
func BenchmarkRouted(b *testing.B) {
	plain := func(_ *transporttest.QM, h *localqm.Handle, m *mq.Message) error {
		_, err := h.Send(context.Background(), nil, m)
		return err
	}
	for _, kind := range []struct {
		name, queue string
		delivery    mq.Delivery
		send        func(*transporttest.QM, *localqm.Handle, *mq.Message) error
	}{
		{"express", "orders", mq.Express, plain},
		{"recoverable", "orders", mq.Recoverable, plain},
		{"transactional", "bookings", mq.Recoverable, inTransaction},
	} {
		for servers := range 3 {
			b.Run(fmt.Sprintf("%s over %d", kind.name, servers), func(b *testing.B) {
				benchRouted(b, servers, kind.queue, func(m *mq.Message) {
					m.Defaults()
					m.Delivery = kind.delivery
				}, kind.send)
			})
		}
	}
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
