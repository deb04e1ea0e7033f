package localqm_test

import (
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/wire"
)

// BenchmarkLeaving is what a carrier's part costs: taking messages of 1 KB in
// windows of 64 and having them acknowledged.
func BenchmarkLeaving(b *testing.B) {
	for _, c := range []struct {
		name          string
		transactional bool
		delivery      mq.Delivery
	}{{"express", false, mq.Express}, {"recoverable", false, mq.Recoverable}, {"transactional", true, mq.Recoverable}} {
		b.Run(c.name, func(b *testing.B) {
			q := qmtest.Start(b, qmtest.SQLite)
			h := q.Open(farOrders, localqm.SendAccess)
			for left := b.N; left > 0; left -= 1000 {
				var all []*mq.Message
				for range min(left, 1000) {
					m := qmtest.Message("m")
					m.Delivery, m.Body = c.delivery, make([]byte, 1000)
					all = append(all, m)
				}
				var tx *localqm.Transaction
				var err error
				if c.transactional {
					if tx, err = q.Begin(); err != nil {
						b.Fatal(err)
					}
				}
				if _, err = h.Send(ctx, tx, all...); err == nil && tx != nil {
					err = tx.Commit(ctx)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
			o := q.Outgoings()[0]
			b.ReportAllocs()
			b.ResetTimer()
			for n := 0; n < b.N; {
				p, err := o.Take(ctx, peer, 64, 1<<20)
				if err != nil || len(p) == 0 {
					b.Fatalf("%d parcels after %d, %v", len(p), n, err)
				}
				n += len(p)
				o.Delivered(p)
				if c.transactional {
					last := p[len(p)-1]
					q.Ordered(peer, wire.Order{Sequence: last.Sequence, Number: last.Number})
				}
			}
			if err := q.Settle(); err != nil {
				b.Fatal(err)
			}
		})
	}
}
