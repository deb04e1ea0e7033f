package localqm

import (
	"context"

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
	name, _, err := m.meant(ctx, op, name)
	if err != nil {
		return 0, err
	}
	m.mu.Lock()
	q, err := m.findAny(op, name)
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

// Purge is that of the open queue; it must be open to receive.
func (h *Handle) Purge(ctx context.Context) (int64, error) {
	op := "purge " + h.name.String()
	if h.access != ReceiveAccess {
		return 0, mq.Errorf(mq.ErrAccessDenied, op, "the queue was opened to %s, not to receive", h.access)
	}
	m := h.m
	m.mu.Lock()
	q, err := h.target(op)
	if err == nil {
		err = m.allow(op, h.caller, q, mq.RightReceiveMessage)
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
		ids, err := m.store.Lookups(ctx, q.slot, after, purgeBatch)
		if err != nil || len(ids) == 0 {
			return removed, err
		}
		after = ids[len(ids)-1]
		mine := m.lockForPurge(q, ids, upTo)
		n, err := m.removeLocked(mine, reason)
		removed += int64(n)
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
		q.take(id)
		mine = append(mine, store.Place{Slot: q.slot, Lookup: id})
	}
	return mine
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
