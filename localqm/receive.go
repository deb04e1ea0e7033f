package localqm

import (
	"context"
	"errors"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// Seek is which message a read by lookup identifier means, relative to the one
// given (MessageSeekAction, MS-MQDMPR 3.1.1.17).
type Seek uint8

// The seeks. SeekFirst and SeekLast need no lookup identifier.
const (
	SeekNone Seek = iota // the first available one, waiting for it
	SeekCurrent
	SeekFirst
	SeekLast
	SeekNext
	SeekPrevious
)

// ReadOptions say which message to read and how.
type ReadOptions struct {
	Peek    bool          // leave it there
	Seek    Seek          // with Lookup: by its place
	Lookup  uint64        // for SeekCurrent, SeekNext, SeekPrevious
	Timeout time.Duration // patience for a message to come; negative: without end
	Cursor  *Cursor       // read where it stands
	Next    bool          // with Cursor and Peek: move on first (Peek Next Message)
	Tx      *Transaction  // receive within it
	Body    int           // bytes of the body to read; negative: all. Receives read all.
	Late    func()        // with Begin: called when nobody ended it in time. It must not wait.

	// Room, if set, is called before a large body is read, with the bytes that will be,
	// and may wait. With its error nothing is read.
	Room func(ctx context.Context, bytes int) error

	// Accept, if set, sees the message before it is removed. With its error, which
	// Read returns beside the message, the message and the cursor stay where they were.
	Accept func(Delivery) error
}

// Delivery is a message that was read.
type Delivery struct {
	Lookup  uint64
	Message *mq.Message
	Row     *store.Row
	Locked  bool // held by a transaction or a pending read

	Transfer Transfer // in an outgoing queue
}

// Read peeks at or receives a message. A receive answers after the commit of
// the message's removal; within a transaction the message is locked until that
// ends (Dequeue Message, Peek Message, Peek Next Message and Read Message By
// Lookup Identifier, MS-MQDMPR 3.1.7.1.10-15).
//
// Errors: MQ_ERROR_IO_TIMEOUT when none came in time, MQ_ERROR_MESSAGE_NOT_FOUND
// or _ALREADY_RECEIVED for a place that is empty, MQ_ERROR_OPERATION_CANCELLED
// when ctx or the handle ended.
func (h *Handle) Read(ctx context.Context, o ReadOptions) (Delivery, error) {
	op := h.opReceive
	if o.Peek {
		op = h.opPeek
		if o.Tx != nil {
			return Delivery{}, mq.Errorf(mq.ErrTransactionUsage, op, "peeking takes no transaction")
		}
	}
	before := h.standing(o)
	at, err := h.locate(ctx, op, o)
	if err != nil {
		return Delivery{}, err
	}
	if o.Accept != nil {
		if err := h.offer(at, o, before); err != nil {
			return at.delivery, err
		}
	}
	if o.Peek {
		return at.delivery, nil
	}
	if o.Tx != nil {
		if err := o.Tx.take(op, txOp{kind: txDequeue, queue: at.queue, msg: at.delivery.Message, row: at.delivery.Row}); err != nil {
			return Delivery{}, err
		}
		return at.delivery, nil
	}
	return h.take(op, at)
}

// standing is where the cursor of a read is, if the read may put it back.
func (h *Handle) standing(o ReadOptions) Cursor {
	if o.Cursor == nil || o.Accept == nil {
		return Cursor{}
	}
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	return *o.Cursor
}

// offer shows a message to its reader before it is removed.
func (h *Handle) offer(at found, o ReadOptions, before Cursor) error {
	accepted := false
	defer func() { // also if Accept panics
		if accepted {
			return
		}
		h.m.mu.Lock()
		defer h.m.mu.Unlock()
		if o.Cursor != nil && o.Cursor.at == at.place.Lookup { // nobody else moved it meanwhile
			*o.Cursor = before
		}
		if !o.Peek {
			h.m.release(at.place)
		}
	}()
	err := o.Accept(at.delivery)
	accepted = err == nil
	return err
}

// found is a position that a read chose: locked for the reader, or only seen.
type found struct {
	queue    *queue
	place    store.Place
	delivery Delivery
}

// locate chooses a position, waits for one if asked, and reads its message.
// For a receive the position is locked on return.
func (h *Handle) locate(ctx context.Context, op string, o ReadOptions) (found, error) {
	m := h.m
	if o.Peek && o.Cursor == nil && o.Seek > SeekCurrent {
		if at, ok, err := h.glimpse(ctx, op, o); ok || err != nil {
			return at, err
		}
	}
	var timeout <-chan time.Time
	if o.Timeout > 0 && o.Seek == SeekNone {
		c, stop := m.clock.Alarm(m.clock.Now().Add(o.Timeout))
		defer stop()
		timeout = c
	}
	var w *waiter
	defer func() {
		if w != nil {
			m.mu.Lock()
			m.leave(w)
			m.mu.Unlock()
		}
	}()
	for {
		if err := ctx.Err(); err != nil {
			return found{}, m.storeError(op, err)
		}
		m.mu.Lock()
		q, err := h.reading(op, !o.Peek, o.Tx)
		if err != nil {
			m.mu.Unlock()
			return found{}, err
		}
		var before Cursor
		if o.Cursor != nil {
			before = *o.Cursor
		}
		lookup, err := h.choose(ctx, op, q, o, w)
		if err == nil {
			if w != nil {
				m.served(w)
				w = nil
			}
			if !o.Peek {
				q.take(lookup)
			}
			m.mu.Unlock()
			at, again, err := h.fetch(ctx, op, q, lookup, o)
			if o.Cursor != nil && (again || err != nil) {
				m.mu.Lock()
				stuck := o.Cursor.missed(before, again, o.Next)
				m.mu.Unlock()
				if stuck {
					return at, alreadyReceived(op)
				}
			}
			if !again {
				return at, err
			}
			continue
		}
		if o.Seek != SeekNone || mq.CodeOf(err) != mq.ErrIOTimeout || o.Timeout == 0 {
			m.mu.Unlock()
			return found{}, err
		}
		if w == nil {
			w = m.enter(q, !o.Peek)
		} else {
			m.again(w)
		}
		m.mu.Unlock()
		select {
		case <-w.ready:
		case <-timeout:
			h.cursorExpired(o)
			return found{}, ioTimeout(op, o.Timeout)
		case <-ctx.Done():
			return found{}, m.storeError(op, ctx.Err())
		case <-h.closed:
			return found{}, mq.Errorf(mq.ErrOperationCancelled, op, "the queue was closed while waiting")
		}
	}
}

func ioTimeout(op string, d time.Duration) error {
	if d <= 0 {
		return mq.Errorf(mq.ErrIOTimeout, op, "no message is available")
	}
	return mq.Errorf(mq.ErrIOTimeout, op, "no message came within %s", d)
}

func alreadyReceived(op string) error {
	return mq.Errorf(mq.ErrMessageAlreadyReceived, op, "someone else received it meanwhile, or it has expired").
		WithFix("refresh the list")
}

// choose picks the position that o means; w is the read's place in the line, if
// it has waited. Called with mu held. An empty queue is MQ_ERROR_IO_TIMEOUT.
func (h *Handle) choose(ctx context.Context, op string, q *queue, o ReadOptions, w *waiter) (uint64, error) {
	if o.Cursor != nil {
		var offered uint64
		if w != nil {
			offered = w.offered
		}
		return h.chooseCursor(ctx, op, q, o, offered)
	}
	if o.Seek != SeekNone && o.Seek != SeekFirst {
		return h.m.seek(ctx, op, q, o)
	}
	lookup, ok, err := h.m.first(ctx, q)
	switch {
	case err != nil:
		return 0, h.m.storeError(op, err)
	case ok:
		return lookup, nil
	case o.Seek == SeekFirst:
		return 0, noneThere(op)
	}
	return 0, ioTimeout(op, 0)
}

func noneThere(op string) error {
	return mq.Errorf(mq.ErrMessageNotFound, op, "no message stands there")
}

// first is the first available position of a queue. Called with mu held; it
// reads places from the store when the head has run out.
func (m *QueueManager) first(ctx context.Context, q *queue) (uint64, bool, error) {
	var after uint64
	for len(q.head.ids) == 0 && !q.head.complete {
		ids, err := m.store.Lookups(ctx, q.slot, after, headRefill)
		if err != nil {
			return 0, false, err
		}
		q.head.complete = len(ids) < headRefill
		if len(ids) > 0 {
			after = ids[len(ids)-1]
		}
		for _, id := range ids {
			if q.locks[id] == nil && !q.barred(id) {
				q.head.ids = append(q.head.ids, id)
			}
		}
	}
	if len(q.head.ids) == 0 {
		return 0, false, nil
	}
	return q.head.ids[0], true, nil
}

// take locks an available position. Called with mu held.
func (q *queue) take(lookup uint64) {
	q.locks[lookup] = &lock{}
	q.others++
	q.head.drop(lookup)
}

// small is how much of a body is read without asking for Room.
const small = 8 << 10

// glance is how much of body bytes is read at first.
func (o *ReadOptions) glance(body int) int {
	if o.Room != nil && (body < 0 || body > small) {
		return small
	}
	return body
}

// complete reads the rest of what glance left out, when there is room for it; patience
// is the reader's while he waits for that.
func (m *QueueManager) complete(ctx, patience context.Context, row *store.Row, body int, room func(context.Context, int) error) (*store.Row, error) {
	wanted := row.BodySize
	if body >= 0 {
		wanted = min(body, wanted)
	}
	if len(row.Body) >= wanted {
		return row, nil
	}
	if err := room(patience, wanted); err != nil {
		return nil, err
	}
	return m.store.Get(ctx, row.Slot, row.Lookup, body)
}

// fetch reads the chosen message. again tells that it was no longer there, or
// has expired, so that another must be chosen; what it does not return is no
// longer locked.
func (h *Handle) fetch(ctx context.Context, op string, q *queue, lookup uint64, o ReadOptions) (at found, again bool, err error) {
	m := h.m
	body, patience := o.Body, ctx
	if !o.Peek {
		// What is locked must be answered or given back: the reader's
		// impatience ends before, not here.
		body, ctx = -1, m.ctx
	}
	place := store.Place{Slot: q.slot, Lookup: lookup}
	giveBack := func() {
		if !o.Peek {
			m.mu.Lock()
			m.release(place)
			m.mu.Unlock()
		}
	}
	row, err := m.store.Get(ctx, place.Slot, lookup, o.glance(body))
	if err == nil {
		row, err = m.complete(ctx, patience, row, body, o.Room)
	}
	if errors.Is(err, store.ErrGone) {
		if !o.Peek {
			m.mu.Lock()
			m.lost(q, lookup)
			m.mu.Unlock()
		}
		if o.Seek == SeekCurrent {
			return at, false, mq.Errorf(mq.ErrMessageNotFound, op, "no message with lookup ID %d is in the queue", lookup).
				WithFix("it was received or moved meanwhile; refresh the list")
		}
		return at, true, nil
	}
	if err != nil {
		giveBack()
		return at, false, m.storeError(op, err)
	}
	msg, err := m.parse(row)
	if err != nil {
		giveBack()
		return at, false, damaged(op, err)
	}
	if m.expired(q, row) {
		places := []store.Place{place}
		if o.Peek {
			_, err = m.expire(places)
		} else {
			_, err = m.removeLocked(places, mq.ClassNackReceiveTimeout)
		}
		switch {
		case err != nil:
			return at, false, m.storeError(op, err)
		case o.Seek == SeekCurrent:
			return at, false, mq.Errorf(mq.ErrMessageNotFound, op, "the message has expired")
		}
		return at, true, nil
	}
	return found{queue: q, place: place, delivery: Delivery{Lookup: lookup, Message: msg, Row: row}}, false, nil
}

// expired reports whether a message's time is over; where it ended it has none.
func (m *QueueManager) expired(q *queue, row *store.Row) bool {
	return row.Expires != 0 && row.Expires <= m.clock.Now().Unix() && q.final
}

func damaged(op string, err error) error {
	return mq.Errorf(mq.ErrGeneric, op, "the stored message is damaged: %w", err).
		WithFix("stop the queue manager and run `posthouse check`")
}

// take removes a locked message and answers when that is durable.
func (h *Handle) take(op string, at found) (Delivery, error) {
	m := h.m
	m.mu.Lock()
	ops := m.removing(at.queue, at.delivery.Row, at.delivery.Message, mq.ClassAckReceive)
	m.mu.Unlock()
	if err := m.commit(m.ctx, op, ops, nil); err != nil {
		return Delivery{}, err
	}
	return at.delivery, nil
}
