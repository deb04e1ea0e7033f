package localqm

import (
	"fmt"
	"slices"

	"posthouse/localqm/store"
	"posthouse/localqm/wire"
)

// Problems tells what is wrong inside a queue manager that nothing happens in.
func (m *QueueManager) Problems() (list []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	wrong := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	reserved, held := map[*queue]int64{}, map[*queue]int{}
	for _, t := range m.txns {
		for _, o := range t.ops {
			held[o.queue]++
			if o.to != nil {
				held[o.to]++
			}
			if o.kind == txEnqueue {
				reserved[o.queue] += o.row.Size()
			} else if !o.queue.gone && !o.queue.locked(o.row.Lookup, t) {
				wrong("%s: transaction %s does not hold %d", o.queue.path, t.id, o.row.Lookup)
			}
		}
	}
	var sum int64
	for slot, q := range m.slots {
		sum += q.bytes
		if n := m.store.Count(slot).Bytes + reserved[q]; q.bytes != n {
			wrong("%s: %d bytes counted, %d stored and reserved", q.path, q.bytes, n)
		}
		if q.coming != 0 || q.held != held[q] {
			wrong("%s: %d coming, held %d times for %d operations", q.path, q.coming, q.held, held[q])
		}
		ids, err := m.store.Lookups(m.ctx, slot, 0, 0)
		if err != nil {
			wrong("%s: %v", q.path, err)
		}
		if !slices.IsSorted(q.head.ids) || len(slices.Compact(slices.Clone(q.head.ids))) != len(q.head.ids) {
			wrong("%s: head %v", q.path, q.head.ids)
		}
		others := 0
		for id, l := range q.locks {
			if !l.sent {
				others++
			}
			owner := l.parcel != nil || l.tx != nil && m.txns[l.tx.id] == l.tx
			for p := range m.pendings {
				owner = owner || p.queue == q && p.place.Lookup == id
			}
			owner = owner || slices.Contains(m.purged, store.Place{Slot: slot, Lookup: id})
			if !owner {
				wrong("%s: nobody holds the lock on %d", q.path, id)
			}
		}
		if q.others != others {
			wrong("%s: %d locks of others counted, %d there", q.path, q.others, others)
		}
		if q.out != nil {
			for _, s := range q.out.stream.sent {
				if !slices.Contains(ids, s.lookup) {
					wrong("%s: %d was sent and is not there", q.path, s.lookup)
				}
			}
		}
		var free []uint64
		for _, id := range ids {
			if q.locks[id] == nil {
				free = append(free, id)
			}
		}
		if n := len(q.head.ids); n > len(free) || !slices.Equal(free[:n], q.head.ids) || q.head.complete && n != len(free) {
			wrong("%s: head %v, complete %v, available %v", q.path, q.head.ids, q.head.complete, free)
		}
	}
	if sum != m.bytes {
		wrong("%d bytes in all queues, %d counted", sum, m.bytes)
	}
	return list
}

// MostOutgoing is how many outgoing queues there may be.
const MostOutgoing = mostOutgoing

// MostSent is how many transactional messages are on their way at once.
const MostSent = mostSent

// PassQueues is how many outgoing queues messages that pass through may begin.
const PassQueues = passQueues

// StrangeQueues is the same for computers that are not in the forest.
const StrangeQueues = strangeQueues

// Settle waits until memory agrees with all that was committed.
func (m *QueueManager) Settle() error {
	return m.commit(m.ctx, "wait", []store.Op{&store.DeleteState{Space: "none"}}, nil)
}

// Ordered takes an order acknowledgement.
func (m *QueueManager) Ordered(from Peer, o wire.Order) { m.ordered(from, from.ID, o) }

// Finished takes a final acknowledgement.
func (m *QueueManager) Finished(f wire.Final) error {
	done := make(chan error, 1)
	m.finished(f, func(err error) { done <- err })
	return <-done
}

// Waiting is how many reads wait for a message of a private queue.
func (m *QueueManager) Waiting(name string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.queues[key(store.Private, name)].waiters)
}

// Remembered is how many identifiers of messages that came are remembered.
func (m *QueueManager) Remembered() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.history.seen)
}

// Streams is how many streams that come in are remembered.
func (m *QueueManager) Streams() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.incoming.streams)
}

// Unlocked reports whether nobody holds a lock of the queue manager.
func (m *QueueManager) Unlocked() bool {
	if !m.config.TryLock() {
		return false
	}
	defer m.config.Unlock()
	if !m.mu.TryLock() {
		return false
	}
	m.mu.Unlock()
	return true
}

// Number is the number of a private queue; 0: there is none.
func (m *QueueManager) Number(name string) uint32 {
	m.mu.Lock()
	defer m.mu.Unlock()
	q := m.queues[key(store.Private, name)]
	if q == nil || m.numbers[q.info.Number] != q {
		return 0
	}
	return q.info.Number
}
