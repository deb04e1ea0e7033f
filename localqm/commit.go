package localqm

import (
	"context"
	"errors"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// commit makes ops true and returns when they are, or are not. applied, if any,
// runs with mu held after a successful commit, in commit order. A commit once
// begun is not cancelled: its caller learns what happened.
func (m *QueueManager) commit(ctx context.Context, op string, ops []store.Op, applied func()) error {
	return m.settle(ctx, op, ops, func(err error) {
		if err == nil && applied != nil {
			applied()
		}
	})
}

// settle is commit for a caller that must know of failures under mu too. With
// no ops it settles at once.
func (m *QueueManager) settle(_ context.Context, op string, ops []store.Op, then func(error)) error {
	if len(ops) == 0 {
		m.mu.Lock()
		defer m.mu.Unlock()
		then(nil)
		return nil
	}
	done := make(chan error, 1)
	m.submit(ops, func(err error) {
		then(err)
		done <- err
	})
	return m.storeError(op, <-done)
}

// submit hands ops to the store's writer. then runs with mu held, in commit
// order, when memory agrees with the store again.
func (m *QueueManager) submit(ops []store.Op, then func(error)) {
	m.store.Submit(&store.Step{Ops: ops, Done: func(s *store.Step) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.apply(s)
		then(s.Err)
	}})
}

// apply brings memory in step with a step that was committed or failed.
func (m *QueueManager) apply(s *store.Step) {
	if errors.Is(s.Err, store.ErrFailed) && m.failed == nil {
		m.failed = s.Err
		m.log.Error("the store stopped", "error", s.Err)
		m.wakeAll()
		m.stop()
	}
	for _, op := range s.Ops {
		switch op := op.(type) {
		case *store.Put:
			m.applyPut(op.Row, s.Err)
		case *store.Remove:
			m.applyRemove(op.Place, s.Err)
		case *store.Move:
			m.applyRemove(op.Place, s.Err)
			if q := m.slots[op.To]; s.Err == nil && q != nil {
				m.available(q, op.Lookup)
			}
		case *store.Abort:
			m.release(op.Place)
		case *store.CreateQueue:
			if s.Err == nil {
				m.adopt(op.Queue)
				continue
			}
			m.store.FreeSlot(op.Queue.Slot)
			k := key(op.Queue.Kind, op.Queue.Name)
			if q := m.queues[k]; q != nil && q.gone && q.info.Slot == op.Queue.Slot {
				delete(m.queues, k)
				delete(m.numbers, op.Queue.Number)
			}
		case *store.UpdateQueue:
			if q := m.slots[op.Queue.Slot]; s.Err == nil && q != nil {
				q.info = op.Queue
			}
		case *store.DeleteQueue:
			if q := m.slots[op.Slot]; s.Err == nil && q != nil {
				m.forget(q)
			}
		}
	}
}

func (m *QueueManager) applyPut(row *store.Row, err error) {
	q := m.slots[row.Slot]
	if q != nil {
		q.reserved -= row.Size()
	}
	m.total -= row.Size()
	if err != nil || q == nil {
		return
	}
	m.received.Add(1)
	if row.Expires != 0 {
		m.wakeSweeper()
	}
	m.available(q, row.Lookup)
}

func (m *QueueManager) applyRemove(at store.Place, err error) {
	q := m.slots[at.Slot]
	if q == nil {
		return
	}
	if err != nil && !errors.Is(err, store.ErrGone) {
		m.release(at)
		return
	}
	delete(q.locks, at.Lookup)
	q.head.drop(at.Lookup)
	if err == nil {
		m.removed.Add(1)
		m.changed(q)
	}
}

// available makes a position visible to readers and wakes who waits
// (Message Position Available, MS-MQDMPR 3.1.7.2.2).
func (m *QueueManager) available(q *queue, lookup uint64) {
	q.head.put(lookup)
	m.wake(q)
	m.changed(q)
}

// release gives a locked position back to its place.
func (m *QueueManager) release(at store.Place) {
	q := m.slots[at.Slot]
	if q == nil || q.locks[at.Lookup] == nil {
		return
	}
	delete(q.locks, at.Lookup)
	m.available(q, at.Lookup)
}

// reserve counts a row that is on its way, so that quotas hold before commits.
func (m *QueueManager) reserve(q *queue, row *store.Row) {
	row.Slot = q.info.Slot
	q.reserved += row.Size()
	m.total += row.Size()
}

// unreserve takes back what never reached the store.
func (m *QueueManager) unreserve(q *queue, row *store.Row) {
	q.reserved -= row.Size()
	m.total -= row.Size()
}

// room says why a row does not fit: the queue's quota or the machine's, both
// in KB (MS-MQDMPR 3.1.7.1.9). ok is true if it does.
func (m *QueueManager) room(q *queue, size int64) (limit uint32, whose string, ok bool) {
	quota := q.info.Quota
	if q.info.Role == store.Journal {
		quota = q.parent.info.JournalQuota
	} else if q.info.Kind == store.System && q.info.Name == "journal" {
		quota = m.settings.JournalQuota
	}
	if quota != mq.Never && m.store.Count(q.info.Slot).Bytes+q.reserved+size > int64(quota)*1024 {
		return quota, "queue", false
	}
	if m.settings.Quota == mq.Never {
		return 0, "", true
	}
	used := m.total + size
	for slot := range m.slots {
		used += m.store.Count(slot).Bytes
	}
	if used > int64(m.settings.Quota)*1024 {
		return m.settings.Quota, "computer", false
	}
	return 0, "", true
}
