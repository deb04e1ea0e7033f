package localqm

import (
	"bytes"
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
	m.mu.Lock()
	defer m.mu.Unlock()
	m.store.Submit(&store.Step{Ops: m.outward(ops), Done: func(s *store.Step) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.apply(s)
		then(s.Err)
	}})
}

// apply brings memory in step with a step that was committed or failed. After
// a failure everything is as it was before: what was locked is given back.
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
			m.applyMove(op, s.Err)
		case *store.Abort:
			m.release(op.Place)
		case *store.CreateQueue:
			switch q := m.slots[op.Queue.Slot]; {
			case q != nil && q.root().out != nil:
				q.root().out.stored = q.root().out.stored || s.Err == nil
			case q != nil && q.info.Kind == store.Connector:
				q.fresh = q.fresh && s.Err != nil
			case s.Err != nil:
				m.store.FreeSlot(op.Queue.Slot)
			default:
				m.adopt(op.Queue)
			}
		case *store.UpdateQueue:
			if q := m.slots[op.Queue.Slot]; s.Err == nil && q != nil {
				if m.numbers[q.info.Number] == q {
					delete(m.numbers, q.info.Number)
					m.numbers[op.Queue.Number] = q
				}
				q.info, q.guard = op.Queue, m.guarded(op.Queue.Security)
			}
		case *store.PutState:
			if s.Err == nil && op.Space == spaceMachine && bytes.Equal(op.Key, sequencesKey) {
				m.keptSequences(op.Value)
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
	if q == nil {
		return // drain forgets no queue that something is coming to
	}
	q.coming--
	q.stirred()
	if err != nil {
		m.unreserve(q, row.Size())
		return
	}
	m.received.Add(1)
	m.dueAt(row.Expires)
	m.available(q, row.Lookup)
}

func (m *QueueManager) applyRemove(at store.Place, err error) {
	q := m.slots[at.Slot]
	switch {
	case q == nil:
	case err != nil:
		m.release(at)
	default:
		m.gone(q, at.Lookup)
		m.removed.Add(1)
	}
}

func (m *QueueManager) applyMove(op *store.Move, err error) {
	to, from := m.slots[op.To], m.slots[op.Slot]
	if to != nil {
		to.coming--
		to.stirred()
	}
	switch {
	case from == nil:
	case err != nil:
		m.release(op.Place)
	default:
		size := m.gone(from, op.Lookup)
		if to != nil {
			to.bytes += size
			m.bytes += size
			m.available(to, op.Lookup)
		}
	}
}

// gone forgets a locked position whose message left the queue, and tells its
// size.
func (m *QueueManager) gone(q *queue, lookup uint64) (size int64) {
	if l := q.locks[lookup]; l != nil {
		size = l.size
	}
	q.unlock(lookup)
	q.head.drop(lookup)
	m.unreserve(q, size)
	m.changed(q)
	q.stirred()
	if q.root().out != nil {
		m.left(q, lookup)
	}
	return size
}

// available makes a position visible to readers and wakes who waits
// (Message Position Available, MS-MQDMPR 3.1.7.2.2). A reader may have found
// and locked it already, since a commit shows in the store a moment before.
func (m *QueueManager) available(q *queue, lookup uint64) {
	m.changed(q)
	if q.locks[lookup] == nil {
		q.head.put(lookup)
		m.wake(q, lookup)
		m.offer(q)
	}
}

// release gives a locked position back to its place; what a purge met meanwhile
// is removed instead. A prepared transaction keeps its locks until its outcome
// is durable.
func (m *QueueManager) release(at store.Place) {
	q := m.slots[at.Slot]
	if q == nil {
		return
	}
	l := q.locks[at.Lookup]
	switch {
	case l == nil, l.tx != nil && l.tx.kept:
	case l.purge && !q.gone:
		l.tx, l.parcel, l.purge = nil, nil, false // once: if that fails, it stays
		if l.sent {
			l.sent = false
			q.others++
		}
		m.purged = append(m.purged, at)
		m.wakeSweeper()
	default:
		q.unlock(at.Lookup)
		q.stirred()
		m.unstall(q)
		m.available(q, at.Lookup)
	}
}

// lost ends a lock on a position that the store does not have. It may get it
// yet, if it was asked for before it came: the head is read anew.
func (m *QueueManager) lost(q *queue, lookup uint64) {
	q.unlock(lookup)
	m.unstall(q)
	q.head = head{}
	q.stirred()
	m.wake(q, lookup)
}

// reserve counts a row that is on its way, so that quotas hold before commits.
func (m *QueueManager) reserve(q *queue, size int64) {
	q.bytes += size
	m.bytes += size
}

// unreserve takes back what never reached the store, or left it.
func (m *QueueManager) unreserve(q *queue, size int64) {
	q.bytes -= size
	m.bytes -= size
}

// put is the arrival of a row in q, reserved before. It must be submitted.
func (m *QueueManager) put(q *queue, row *store.Row) store.Op {
	row.Slot = q.slot
	q.coming++
	return &store.Put{Row: row}
}

// remove is the removal of a locked row from q. It must be submitted.
func (m *QueueManager) remove(q *queue, row *store.Row) store.Op {
	if l := q.locks[row.Lookup]; l != nil {
		l.size = row.Size()
	}
	return &store.Remove{Place: store.Place{Slot: row.Slot, Lookup: row.Lookup}, Express: row.Express}
}

// shift is the move of a locked row to another part of its queue. It must be
// submitted.
func (m *QueueManager) shift(q *queue, row *store.Row, to *queue) store.Op {
	if l := q.locks[row.Lookup]; l != nil {
		l.size = row.Size()
	}
	to.coming++
	return &store.Move{
		Place: store.Place{Slot: row.Slot, Lookup: row.Lookup}, To: to.slot,
		At: m.clock.Now().Unix(), Express: row.Express,
	}
}

// fits refuses what would exceed the queue's quota or the machine's, both in KB
// (MS-MQDMPR 3.1.7.1.9).
func (m *QueueManager) fits(op string, q *queue, size int64) error {
	quota := q.info.Quota
	if q.info.Role == store.Journal {
		quota = q.parent.info.JournalQuota
	} else if q.info.Kind == store.System && q.info.Name == "journal" {
		quota = m.settings.JournalQuota
	}
	full := func(whose string, quota uint32) error {
		return mq.Errorf(mq.ErrInsufficientResources, op, "the %s is full: its quota of %d KB would be exceeded", whose, quota).
			WithFix("receive or purge messages, or raise the quota")
	}
	if quota != mq.Never && q.bytes+size > int64(quota)*1024 {
		return full("queue "+q.path, quota)
	}
	if quota = m.settings.Quota; quota != mq.Never && m.bytes+size > int64(quota)*1024 {
		return full("computer "+m.self.Name, quota)
	}
	return nil
}
