package localqm_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/store"
	"posthouse/localqm/store/memory"
)

// Senders that lose answers and connect anew, over a disk that fails now and then:
// what is answered is there, once and in order.
func TestWhateverFailsStreamsArriveOnceAndInOrder(t *testing.T) {
	const senders, messages, window = 3, 1_000, 16
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("stream", open(trans))
		if disk, ok := q.Store.(*memory.Store); ok {
			dice := rand.New(rand.NewPCG(1, 2)) // only the store calls it
			disk.Fault(func(*store.Step) error {
				if dice.IntN(40) == 0 {
					return store.ErrFull
				}
				return nil
			})
			defer disk.Fault(nil)
		}
		var all sync.WaitGroup
		for id := range byte(senders) {
			all.Go(func() {
				f := newFar(t, q, id+1, fmt.Sprintf("10.0.0.%d", id))
				dice := rand.New(rand.NewPCG(uint64(id), 3))
				for acked := 0; acked < messages; {
					var session []<-chan localqm.Arrival
					for n := acked + 1; n <= messages && len(session) < window; n++ {
						session = append(session, f.begin(f.packet(f.message("stream", fmt.Sprintf("%d-%d", id, n),
							inStream(7, uint32(n), uint32(n-1))))))
					}
					whole := true
					for _, c := range session {
						err := (<-c).Err
						whole = whole && err == nil && dice.IntN(20) > 0 // else the answer is lost
						if whole {
							acked++
						}
					}
				}
			})
		}
		all.Wait()
		got := map[byte]int{}
		h := q.Open("stream", localqm.ReceiveAccess)
		if disk, ok := q.Store.(*memory.Store); ok {
			disk.Fault(nil)
		}
		for {
			d, err := h.Read(ctx, localqm.ReadOptions{})
			if mq.CodeOf(err) == mq.ErrIOTimeout {
				break
			}
			ok(t, err)
			id := d.Message.SourceMachine[0] - 1
			got[id]++
			if want := fmt.Sprintf("%d-%d", id, got[id]); d.Message.Label != want {
				t.Fatalf("%s came where %s should", d.Message.Label, want)
			}
		}
		for id := range byte(senders) {
			if got[id] != messages {
				t.Errorf("%d of sender %d", got[id], id)
			}
		}
	})
}

// The same for messages that are not transactional: what is answered is there,
// and nothing twice.
func TestWhateverFailsAnsweredMessagesAreThereOnce(t *testing.T) {
	q := qmtest.Start(t, qmtest.Memory)
	sound(t, q)
	q.Create("q", open(localqm.QueueSpec{}))
	disk := q.Store.(*memory.Store)
	faults := rand.New(rand.NewPCG(4, 5))
	disk.Fault(func(*store.Step) error {
		if faults.IntN(10) == 0 {
			return store.ErrFull
		}
		return nil
	})
	f := newFar(t, q, 1, "10.0.0.1")
	dice := rand.New(rand.NewPCG(6, 7))
	answered := map[string]bool{}
	for n := range 2_000 {
		label := fmt.Sprint(n)
		p := f.packet(f.message("q", label, func(m *mq.Message) { m.Delivery = mq.Delivery(n % 2) }))
		for tries := dice.IntN(3) + 1; tries > 0; tries-- {
			var copies []<-chan localqm.Arrival
			for range dice.IntN(2) + 1 {
				copies = append(copies, f.begin(again(p)))
			}
			for _, c := range copies {
				answered[label] = answered[label] || (<-c).Err == nil
			}
		}
	}
	disk.Fault(nil)
	h := q.Open("q", localqm.ReceiveAccess)
	for {
		d, err := h.Read(ctx, localqm.ReadOptions{})
		if mq.CodeOf(err) == mq.ErrIOTimeout {
			break
		}
		ok(t, err)
		if !answered[d.Message.Label] {
			t.Errorf("%s came twice, or was not answered", d.Message.Label)
		}
		delete(answered, d.Message.Label)
	}
	for label, was := range answered {
		if was {
			t.Errorf("%s was answered and is lost", label)
		}
	}
}
