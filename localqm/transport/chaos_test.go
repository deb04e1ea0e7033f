package transport_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/transport/transporttest"
)

// TestWhateverAdministratorsDoOnceAndInOrder sends transactional messages both
// ways while queues are paused, machines go offline, vanish and move, and looks
// that each came once and in order.
func TestWhateverAdministratorsDoOnceAndInOrder(t *testing.T) {
	const seed = 20261121
	rnd := rand.New(rand.NewPCG(seed, seed))
	a, b := pair(t)
	queues(a)
	yes := true
	names := []string{"bookings", "invoices", "returns"}
	for _, q := range []*transporttest.QM{a, b} {
		for _, name := range names[1:] {
			q.Create(name, localqm.QueueSpec{AllowSend: everybody, Transactional: &yes})
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	var senders sync.WaitGroup
	var mu sync.Mutex
	want := map[*transporttest.QM]map[string][]string{a: {}, b: {}} // by receiver
	for _, d := range [][2]*transporttest.QM{{a, b}, {b, a}} {
		from, to := d[0], d[1]
		for _, name := range names {
			h := from.Open(to.Direct(name), localqm.SendAccess)
			senders.Go(func() {
				for i := 0; ctx.Err() == nil && i < 300; i++ {
					label := fmt.Sprintf("%s %04d", name, i)
					if err := inTransaction(from, h, qmtest.Message(label)); err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					want[to][name] = append(want[to][name], label)
					mu.Unlock()
				}
			})
		}
	}
	for step := range 40 {
		q, other := a, b
		if rnd.IntN(2) == 0 {
			q, other = b, a
		}
		queue := other.Direct(names[rnd.IntN(len(names))])
		switch rnd.IntN(6) {
		case 0:
			if err := q.Pause(ctx, qmtest.Owner, qmtest.Name(t, queue)); err != nil {
				t.Fatal(err)
			}
		case 1:
			if err := q.Resume(ctx, qmtest.Owner, qmtest.Name(t, queue)); err != nil {
				t.Fatal(err)
			}
		case 2:
			set(t, q, func(s *localqm.Settings) { s.Offline = !s.Offline })
		case 3:
			q.Disconnect()
			q.Connect()
		case 4:
			q.Move(fmt.Sprintf("127.0.%d.%d", 1+step, 100+rnd.IntN(100)))
		case 5:
			retry(t, q, queue)
		}
		time.Sleep(time.Duration(rnd.IntN(50)) * time.Millisecond)
	}
	stop()
	senders.Wait()
	for _, d := range [][2]*transporttest.QM{{a, b}, {b, a}} {
		set(t, d[0], func(s *localqm.Settings) { s.Offline = false })
		for _, name := range names {
			if err := d[0].Resume(context.Background(), qmtest.Owner, qmtest.Name(t, d[1].Direct(name))); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, d := range [][2]*transporttest.QM{{a, b}, {b, a}} {
		for _, name := range names {
			retry(t, d[0], d[1].Direct(name))
			holds(t, d[1], name, want[d[1]][name])
			holds(t, d[0], d[1].Direct(name), nil)
		}
	}
}
