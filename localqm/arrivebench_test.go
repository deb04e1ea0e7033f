package localqm_test

import (
	"sync"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

const (
	benchSenders = 8
	benchWindow  = 64 // messages that are on their way at once, as a session has
	benchBody    = 1024
)

// BenchmarkArrive compares the rate of durable 1 KB transactional messages of
// eight streams with that of eight senders of this machine, and tells that of
// express ones.
func BenchmarkArrive(b *testing.B) {
	b.Run("transactional", func(b *testing.B) { benchArrive(b, trans, true) })
	b.Run("recoverable", func(b *testing.B) { benchArrive(b, localqm.QueueSpec{}, false) })
	b.Run("express", func(b *testing.B) { benchArrive(b, localqm.QueueSpec{}, false, express) })
	b.Run("send", func(b *testing.B) {
		q := qmtest.Start(b, qmtest.SQLite)
		q.Create("stream", trans)
		senders(b, func(int, int) func() error {
			h := q.Open("stream", localqm.SendAccess)
			return func() error {
				tx, err := q.Begin()
				if err != nil {
					return err
				}
				m := qmtest.Message("")
				m.Body = make([]byte, benchBody)
				if _, err := h.Send(ctx, tx, m); err != nil {
					return err
				}
				return tx.Commit(ctx)
			}
		})
	})
}

func benchArrive(b *testing.B, spec localqm.QueueSpec, stream bool, changes ...func(*mq.Message)) {
	q := qmtest.Start(b, qmtest.SQLite)
	q.Create("stream", open(spec))
	senders(b, func(i, n int) func() error {
		f := newFar(b, q, byte(i+1), "10.0.0.1")
		packets := make([][]byte, n)
		for k := range packets {
			m := f.message("stream", "", nil)
			m.Body = make([]byte, benchBody)
			if stream {
				inStream(7, uint32(k+1), uint32(k))(m)
			}
			for _, c := range changes {
				c(m)
			}
			packets[k] = f.packet(m)
		}
		turn := make(chan error, benchWindow)
		for range benchWindow {
			turn <- nil
		}
		return func() error {
			p := packets[0]
			packets = packets[1:]
			err := <-turn
			if err != nil {
				return err
			}
			if err := q.Arrive(f.peer, p, func(a localqm.Arrival) { turn <- a.Err }); err != nil {
				return err
			}
			if len(packets) > 0 {
				return nil
			}
			for range benchWindow { // the last one waits for all
				if err := <-turn; err != nil {
					return err
				}
			}
			return nil
		}
	})
}

// senders runs b.N calls of what begin makes for each of eight senders, which is
// told how many calls will be its own.
func senders(b *testing.B, begin func(sender, calls int) func() error) {
	b.Helper()
	var all [benchSenders]func() error
	calls := b.N/benchSenders + 1
	for i := range all {
		all[i] = begin(i, calls)
	}
	b.ResetTimer()
	var done sync.WaitGroup
	for _, send := range all {
		done.Go(func() {
			for range calls {
				if err := send(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	done.Wait()
	b.ReportMetric(float64(calls*benchSenders)/b.Elapsed().Seconds(), "messages/s")
}
