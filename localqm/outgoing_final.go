package localqm

import (
	"errors"

	"posthouse/localqm/failpoint"
	"posthouse/localqm/mq"
	"posthouse/localqm/store"
	"posthouse/localqm/wire"
)

// finished takes a final acknowledgement (MS-MQQB 3.1.5.7): a message that was
// received goes to the machine journal if its sender asked, one that failed to a
// dead-letter queue. One of an unknown message means nothing. done is called
// once, when that is durable.
func (m *QueueManager) finished(f wire.Final, done func(error)) {
	const op = "take a final acknowledgement"
	if !m.ours(f.Source) {
		done(nil)
		return
	}
	at, err := m.store.Find(m.ctx, mq.ObjectID{Source: f.Source, Ordinal: f.Message})
	if errors.Is(err, store.ErrGone) {
		done(nil)
		return
	}
	var row *store.Row
	var msg *mq.Message
	var q *queue
	if err == nil {
		var moves bool
		m.mu.Lock()
		q, moves = m.claim(at)
		m.mu.Unlock()
		if q == nil {
			if moves {
				m.finishedLater(f, done)
				return
			}
			done(nil)
			return
		}
		if row, err = m.store.Get(m.ctx, at.Slot, at.Lookup, -1); err == nil {
			msg, err = m.parse(row)
		}
	}
	if err != nil {
		gone := errors.Is(err, store.ErrGone)
		m.mu.Lock()
		switch {
		case q != nil && gone:
			m.lost(q, at.Lookup)
		case q != nil:
			m.release(at)
		}
		m.mu.Unlock()
		if gone { // moved, after it was found
			m.finishedLater(f, done)
			return
		}
		done(m.storeError(op, err))
		return
	}
	m.mu.Lock()
	ops := []store.Op{m.remove(q, row)}
	switch {
	case f.Class == mq.ClassAckReceive && msg.Journal:
		ops = m.appendCopy(ops, m.system(mq.SuffixJournal), row, row.Class)
	case f.Class != mq.ClassAckReceive && msg.DeadLetter:
		ops = m.appendCopy(ops, m.deadLetterQueue(msg), row, f.Class)
	}
	m.mu.Unlock()
	failpoint.Here(failpoint.Finished)
	m.submit(ops, func(err error) { done(m.storeError(op, err)) })
}

// finishedLater is finished once the store has dealt with what it was given: the
// order acknowledgement came right before, and the message is on its way to those
// that await this one.
func (m *QueueManager) finishedLater(f wire.Final, done func(error)) {
	m.store.Submit(&store.Step{Done: func(s *store.Step) {
		err := s.Err
		m.mu.Lock()
		if err == nil {
			if err = m.usable("take a final acknowledgement"); err == nil {
				m.task(func() { m.finished(f, done) })
			}
		}
		m.mu.Unlock()
		if err != nil {
			done(err)
		}
	}})
}

// claim locks a message of an outgoing queue whose end is told by its
// destination. It returns nil if it is none or ends already; moves tells that it
// does so because it was acknowledged. Called with mu held.
func (m *QueueManager) claim(at store.Place) (q *queue, moves bool) {
	q = m.slots[at.Slot]
	if q == nil || q.gone || q.root().out == nil {
		return nil, false
	}
	l := q.locks[at.Lookup]
	switch {
	case l == nil:
		q.locks[at.Lookup] = &lock{sent: true}
		q.head.drop(at.Lookup)
	case l.parcel != nil:
		l.parcel = nil
	default:
		return nil, l.sent
	}
	return q, false
}
