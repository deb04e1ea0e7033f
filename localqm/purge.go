package localqm

import (
	"context"
	"errors"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// purgeBatch is how many messages a purge removes in one step: enough that the
// commit is not the cost, few enough that senders are not held up.
const purgeBatch = 500

// Purge removes what stood in a queue when it was called (Purge Queue,
// MS-MQDMPR 3.1.7.1.7); senders are told MQMSG_CLASS_NACK_Q_PURGED if they
// asked. What a transaction holds is removed when that gives it back. The
// number tells how many were removed, also beside an error.
func (m *QueueManager) Purge(ctx context.Context, c Caller, name mq.QueueName) (int64, error) {
	op := "purge " + name.String()
	m.mu.Lock()
	q, err := m.find(op, name)
	if err == nil {
		err = m.allow(op, c, q, mq.RightReceiveMessage)
	}
	m.mu.Unlock()
	if err != nil {
		return 0, err
	}
	n, err := m.removeAll(ctx, q, m.store.LastSeq(), mq.ClassNackQueuePurged)
	return n, m.storeError(op, err)
}

// removeAll removes every message of a queue up to a sequence number.
func (m *QueueManager) removeAll(ctx context.Context, q *queue, upTo uint64, reason mq.Class) (int64, error) {
	var removed int64
	var after uint64
	for {
		if err := ctx.Err(); err != nil {
			return removed, err
		}
		ids, err := m.store.Lookups(ctx, q.info.Slot, after, purgeBatch)
		if err != nil || len(ids) == 0 {
			return removed, err
		}
		after = ids[len(ids)-1]
		mine := m.lockForPurge(q, ids, upTo)
		n, err := m.removePlaces(q, mine, reason)
		removed += n
		if err != nil {
			return removed, err
		}
	}
}

// lockForPurge locks the available positions and marks the others.
func (m *QueueManager) lockForPurge(q *queue, ids []uint64, upTo uint64) []store.Place {
	m.mu.Lock()
	defer m.mu.Unlock()
	var mine []store.Place
	for _, id := range ids {
		if _, seq := store.SplitLookup(id); seq > upTo {
			continue
		}
		if l := q.locks[id]; l != nil {
			l.purge = true
			continue
		}
		q.take(id, nil)
		mine = append(mine, store.Place{Slot: q.info.Slot, Lookup: id})
	}
	return mine
}

// removePlaces removes locked positions and returns how many were there.
func (m *QueueManager) removePlaces(q *queue, mine []store.Place, reason mq.Class) (int64, error) {
	if len(mine) == 0 {
		return 0, nil
	}
	before := m.removed.Load()
	if q.final() {
		err := m.removeLocked(mine, reason)
		return min(m.removed.Load()-before, int64(len(mine))), err
	}
	// Nothing follows from removing a journal copy or a dead letter, so the
	// messages need not be read; only whether they are express ones.
	rows, err := m.store.Range(m.ctx, store.Range{
		Slot: q.info.Slot, After: mine[0].Lookup - 1, Before: mine[len(mine)-1].Lookup + 1, Limit: len(mine) + purgeBatch,
	})
	if err != nil {
		m.mu.Lock()
		for _, at := range mine {
			m.release(at)
		}
		m.mu.Unlock()
		return 0, err
	}
	express := map[uint64]bool{}
	for _, r := range rows {
		express[r.Lookup] = r.Express
	}
	ops := make([]store.Op, 0, len(mine))
	for _, at := range mine {
		ops = append(ops, &store.Remove{Place: at, Express: express[at.Lookup]})
	}
	if err := m.commit(m.ctx, "remove messages", ops, nil); err != nil {
		return 0, err
	}
	return int64(len(mine)), nil
}

// emptySlot removes everything from a part of a deleted queue: what was locked
// by readers that lost their handle too, and what was being sent when it was
// deleted.
func (m *QueueManager) emptySlot(ctx context.Context, q *queue) error {
	for {
		m.mu.Lock()
		clear(q.locks)
		onTheWay := q.reserved > 0
		m.mu.Unlock()
		if _, err := m.removeAll(ctx, q, store.MaxSeq, mq.ClassNackQueueDeleted); err != nil {
			return err
		}
		if m.store.Count(q.info.Slot).Messages == 0 && !onTheWay {
			return nil
		}
		select { // what is being committed arrives at once: no clock to wait by
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
}

// RemoveMessages takes chosen messages out of a queue, each answered for in
// order. It is a receive: senders who asked are told so.
func (m *QueueManager) RemoveMessages(ctx context.Context, c Caller, name mq.QueueName, ids []uint64) ([]error, error) {
	h, err := m.OpenQueue(ctx, c, name, ReceiveAccess, DenyNone)
	if err != nil {
		return nil, err
	}
	defer h.Close()
	return each(ctx, ids, func(id uint64) error {
		_, err := h.Read(ctx, ReadOptions{Seek: SeekCurrent, Lookup: id})
		return err
	}), nil
}

// each runs fn for chosen messages, several at once so that they share
// commits, and returns the answers in order. Once ctx has ended the rest is
// answered with that.
func each(ctx context.Context, ids []uint64, fn func(uint64) error) []error {
	errs := make([]error, len(ids))
	const atOnce = 64
	turn := make(chan struct{}, atOnce)
	for i, id := range ids {
		turn <- struct{}{}
		go func() {
			defer func() { <-turn }()
			if err := ctx.Err(); err != nil {
				errs[i] = &mq.Error{Code: mq.ErrOperationCancelled, Why: "cancelled before its turn", Err: err}
				return
			}
			errs[i] = fn(id)
		}()
	}
	for range atOnce {
		turn <- struct{}{} // all have ended
	}
	return errs
}

// asError is errors.As.
func asError(err error, target any) bool { return errors.As(err, target) }
