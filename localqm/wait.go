package localqm

import "slices"

// waiter is a read that waits for a message (WaitingMessageReadOperation,
// MS-MQDMPR 3.1.1.10). Guarded by mu.
type waiter struct {
	queue    *queue
	take     bool
	ready    chan struct{}
	signaled bool   // out of the line: its turn has come
	offered  uint64 // the position that became available then; 0: none
}

// enter puts a read into the line of a queue.
func (m *QueueManager) enter(q *queue, take bool) *waiter {
	w := &waiter{queue: q, take: take, ready: make(chan struct{}, 1)}
	q.waiters = append(q.waiters, w)
	return w
}

// again puts a read that was woken in vain back to the front.
func (m *QueueManager) again(w *waiter) {
	if w.signaled {
		w.signaled, w.offered = false, 0
		w.queue.waiters = slices.Insert(w.queue.waiters, 0, w)
	}
}

// served ends a wait that got its message.
func (m *QueueManager) served(w *waiter) {
	if !w.signaled {
		w.queue.waiters = slices.DeleteFunc(w.queue.waiters, func(o *waiter) bool { return o == w })
	}
}

// leave ends a wait without a message. Its turn, if it had come, is the next
// one's.
func (m *QueueManager) leave(w *waiter) {
	if w.signaled {
		m.wake(w.queue, w.offered)
		return
	}
	m.served(w)
}

// wake lets waiting reads look again after a position became available, in the
// order they came, up to and including the first that takes (MS-MQDMPR
// 3.1.7.2.2). So there are never more positions available than readers on their
// way to them, as long as others wait.
func (m *QueueManager) wake(q *queue, lookup uint64) {
	for len(q.waiters) > 0 {
		w := q.waiters[0]
		q.waiters = q.waiters[1:]
		w.call(lookup)
		if w.take {
			return
		}
	}
}

func (w *waiter) call(lookup uint64) {
	w.signaled, w.offered = true, lookup
	w.ready <- struct{}{}
}

// wakeQueue wakes every waiting read of a queue, which then sees why.
func (m *QueueManager) wakeQueue(q *queue) {
	for _, w := range q.waiters {
		w.call(0)
	}
	q.waiters = nil
}

func (m *QueueManager) wakeAll() {
	for _, q := range m.slots {
		m.wakeQueue(q)
	}
}
