package localqm

import (
	"context"
	"errors"
	"slices"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// glimpse peeks at the first, last, next or previous message with a single read of
// the store, without mu: walking a queue from message to message is how remote
// readers browse. ok is false when it must be done at length: somebody has that
// message, or its time is over.
func (h *Handle) glimpse(ctx context.Context, op string, o ReadOptions) (at found, ok bool, err error) {
	m := h.m
	if err := ctx.Err(); err != nil {
		return at, false, m.storeError(op, err)
	}
	m.mu.Lock()
	q, err := h.reading(op, false, nil)
	m.mu.Unlock()
	if err != nil {
		return at, false, err
	}
	r := store.Range{Slot: q.slot, Limit: 1, Body: o.glance(o.Body)}
	switch o.Seek {
	case SeekNext:
		r.After = o.Lookup
	case SeekPrevious:
		if r.Before, r.Reverse = o.Lookup, true; o.Lookup == 0 {
			return at, false, nil
		}
	case SeekLast:
		r.Reverse = true
	}
	rows, err := m.store.Range(ctx, r)
	switch {
	case err != nil:
		return at, false, m.storeError(op, err)
	case len(rows) == 0:
		return at, false, noneThere(op)
	}
	row := rows[0]
	m.mu.Lock()
	taken := q.locks[row.Lookup] != nil || q.gone
	m.mu.Unlock()
	if taken || m.expired(q, row) {
		return at, false, nil
	}
	switch row, err = m.complete(ctx, ctx, row, o.Body, o.Room); {
	case errors.Is(err, store.ErrGone):
		return at, false, nil
	case err != nil:
		return at, false, m.storeError(op, err)
	}
	msg, err := m.parse(row)
	if err != nil {
		return at, false, damaged(op, err)
	}
	place := store.Place{Slot: q.slot, Lookup: row.Lookup}
	return found{queue: q, place: place, delivery: Delivery{Lookup: row.Lookup, Message: msg, Row: row}}, true, nil
}

// seek finds a position by its lookup identifier (Seek Available Message
// Position With Id, MS-MQDMPR 3.1.7.3.3). Locked positions are passed over, and
// an exact one is MQ_ERROR_MESSAGE_LOCKED_UNDER_TRANSACTION; whether it is there
// fetch will see. Called with mu held.
func (m *QueueManager) seek(ctx context.Context, op string, q *queue, o ReadOptions) (uint64, error) {
	switch o.Seek {
	case SeekCurrent:
		switch l := q.locks[o.Lookup]; {
		case l != nil && l.sent:
			return 0, mq.Errorf(mq.ErrMessageLocked, op, "message %d is on its way", o.Lookup).
				WithFix("wait until it has arrived, or pause its queue until its session has ended")
		case l != nil:
			return 0, mq.Errorf(mq.ErrMessageLocked, op, "another reader holds message %d", o.Lookup).
				WithFix("wait until its transaction ends")
		}
		return o.Lookup, nil
	case SeekNext:
		return m.after(ctx, op, q, o.Lookup)
	case SeekLast:
		return m.before(ctx, op, q, 0)
	}
	if o.Lookup == 0 {
		return 0, mq.Errorf(mq.ErrMessageNotFound, op, "nothing stands before the first message")
	}
	return m.before(ctx, op, q, o.Lookup)
}

// seekPage is how many positions a seek reads at once; others are read if all
// of them are locked.
const seekPage = 16

// after is the first available position behind another. Called with mu held.
func (m *QueueManager) after(ctx context.Context, op string, q *queue, lookup uint64) (uint64, error) {
	for {
		ids, err := m.store.Lookups(ctx, q.slot, lookup, seekPage)
		if err != nil {
			return 0, m.storeError(op, err)
		}
		for _, id := range ids {
			if q.locks[id] == nil {
				return id, nil
			}
			lookup = id
		}
		if len(ids) < seekPage {
			return 0, noneThere(op)
		}
	}
}

// before is the last available position in front of another, 0 being the end.
// Called with mu held.
func (m *QueueManager) before(ctx context.Context, op string, q *queue, lookup uint64) (uint64, error) {
	for {
		rows, err := m.store.Range(ctx, store.Range{Slot: q.slot, Before: lookup, Reverse: true, Limit: seekPage})
		if err != nil {
			return 0, m.storeError(op, err)
		}
		for _, row := range slices.Backward(rows) {
			if q.locks[row.Lookup] == nil {
				return row.Lookup, nil
			}
			lookup = row.Lookup
		}
		if len(rows) < seekPage {
			return 0, noneThere(op)
		}
	}
}
