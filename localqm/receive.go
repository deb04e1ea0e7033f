package localqm

import (
	"context"
	"errors"
	"slices"
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
}

// Delivery is a message that was read.
type Delivery struct {
	Lookup  uint64
	Message *mq.Message
	Row     *store.Row
	Locked  bool // held by a transaction or a pending read
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
	op := "receive from " + h.name.String()
	if o.Peek {
		op = "peek at " + h.name.String()
		if o.Tx != nil {
			return Delivery{}, mq.Errorf(mq.ErrTransactionUsage, op, "peeking takes no transaction")
		}
	}
	if o.Tx != nil {
		if err := o.Tx.usable(op); err != nil {
			return Delivery{}, err
		}
	}
	at, err := h.locate(ctx, op, o)
	if err != nil {
		return Delivery{}, err
	}
	if o.Peek {
		return at.delivery, nil
	}
	if o.Tx != nil {
		return h.takeWithin(ctx, op, o.Tx, at)
	}
	return h.take(op, at)
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
		q, err := h.reading(op, !o.Peek)
		if err != nil {
			m.mu.Unlock()
			return found{}, err
		}
		lookup, err := h.choose(ctx, op, q, o)
		if err == nil {
			if w != nil {
				m.served(w)
				w = nil
			}
			if !o.Peek {
				q.take(lookup, o.Tx)
			}
			m.mu.Unlock()
			at, again, err := h.fetch(ctx, op, q, lookup, o)
			if !again {
				return at, err
			}
			continue
		}
		if o.Seek != SeekNone || mq.CodeOf(err) != mq.ErrIOTimeout || o.Timeout == 0 {
			m.mu.Unlock()
			return found{}, err
		}
		if w == nil || w.queue != q {
			if w != nil {
				m.leave(w)
			}
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

// choose picks the position that o means. Called with mu held. An empty queue
// is MQ_ERROR_IO_TIMEOUT.
func (h *Handle) choose(ctx context.Context, op string, q *queue, o ReadOptions) (uint64, error) {
	if o.Cursor != nil {
		return h.chooseCursor(ctx, op, q, o)
	}
	if o.Seek != SeekNone {
		return h.m.seek(ctx, op, q, o)
	}
	lookup, ok, err := h.m.first(ctx, q)
	if err != nil {
		return 0, h.m.storeError(op, err)
	}
	if !ok {
		return 0, ioTimeout(op, 0)
	}
	return lookup, nil
}

// first is the first available position of a queue. Called with mu held; it
// reads places from the store when the head has run out.
func (m *QueueManager) first(ctx context.Context, q *queue) (uint64, bool, error) {
	var after uint64
	for len(q.head.ids) == 0 && !q.head.complete {
		ids, err := m.store.Lookups(ctx, q.info.Slot, after, headRefill)
		if err != nil {
			return 0, false, err
		}
		q.head.complete = len(ids) < headRefill
		if len(ids) > 0 {
			after = ids[len(ids)-1]
		}
		for _, id := range ids {
			if q.locks[id] == nil {
				q.head.ids = append(q.head.ids, id)
			}
		}
	}
	if len(q.head.ids) == 0 {
		return 0, false, nil
	}
	return q.head.ids[0], true, nil
}

// seek finds a position by its lookup identifier (Seek Available Message
// Position With Id, MS-MQDMPR 3.1.7.3.3). Locked positions are passed over, and
// an exact one is MQ_ERROR_MESSAGE_LOCKED_UNDER_TRANSACTION. Called with mu held.
func (m *QueueManager) seek(ctx context.Context, op string, q *queue, o ReadOptions) (uint64, error) {
	if o.Seek == SeekCurrent {
		if q.locks[o.Lookup] != nil {
			return 0, mq.Errorf(mq.ErrMessageLocked, op, "another reader holds message %d", o.Lookup).
				WithFix("wait until its transaction ends")
		}
		if _, err := m.store.Get(ctx, q.info.Slot, o.Lookup, 0); err != nil {
			if errors.Is(err, store.ErrGone) {
				return 0, mq.Errorf(mq.ErrMessageNotFound, op, "no message with lookup ID %d is in the queue", o.Lookup).
					WithFix("it was received or moved meanwhile; refresh the list")
			}
			return 0, m.storeError(op, err)
		}
		return o.Lookup, nil
	}
	r := store.Range{Slot: q.info.Slot, Limit: 16}
	switch o.Seek {
	case SeekNext:
		r.After = o.Lookup
	case SeekPrevious:
		r.Before, r.Reverse = o.Lookup, true
	case SeekLast:
		r.Reverse = true
	}
	if o.Seek == SeekPrevious && o.Lookup == 0 {
		return 0, mq.Errorf(mq.ErrMessageNotFound, op, "nothing stands before the first message")
	}
	for {
		rows, err := m.store.Range(ctx, r)
		if err != nil {
			return 0, m.storeError(op, err)
		}
		if r.Reverse {
			slices.Reverse(rows)
		}
		for _, row := range rows {
			if q.locks[row.Lookup] == nil {
				return row.Lookup, nil
			}
			if r.Reverse {
				r.Before = row.Lookup
			} else {
				r.After = row.Lookup
			}
		}
		if len(rows) < r.Limit {
			return 0, mq.Errorf(mq.ErrMessageNotFound, op, "no message stands there")
		}
	}
}

// take locks an available position. Called with mu held.
func (q *queue) take(lookup uint64, tx *Transaction) {
	q.locks[lookup] = &lock{tx: tx}
	q.head.drop(lookup)
}

// fetch reads the chosen message. again tells that it was no longer there, or
// has expired, so that another must be chosen.
func (h *Handle) fetch(ctx context.Context, op string, q *queue, lookup uint64, o ReadOptions) (at found, again bool, err error) {
	m := h.m
	body := o.Body
	if !o.Peek {
		body = -1
		// What is locked must be answered or given back: the reader's
		// impatience ends before, not here.
		ctx = m.ctx
	}
	place := store.Place{Slot: q.info.Slot, Lookup: lookup}
	giveBack := func() {
		if !o.Peek {
			m.mu.Lock()
			m.release(place)
			m.mu.Unlock()
		}
	}
	row, err := m.store.Get(ctx, place.Slot, lookup, body)
	if err != nil {
		if errors.Is(err, store.ErrGone) {
			m.mu.Lock()
			delete(q.locks, lookup)
			q.head.drop(lookup)
			m.mu.Unlock()
			if o.Seek == SeekCurrent || o.Cursor != nil {
				return at, false, mq.Errorf(mq.ErrMessageAlreadyReceived, op, "someone else received it meanwhile")
			}
			return at, true, nil
		}
		giveBack()
		return at, false, m.storeError(op, err)
	}
	if row.Expires != 0 && row.Expires <= m.clock.Now().Unix() && q.final() {
		giveBack()
		m.expireNow(q, row)
		if o.Seek == SeekCurrent {
			return at, false, mq.Errorf(mq.ErrMessageNotFound, op, "the message has expired")
		}
		return at, true, nil
	}
	msg, err := m.parse(row)
	if err != nil {
		giveBack()
		return at, false, mq.Errorf(mq.ErrGeneric, op, "the stored message is damaged: %w", err).
			WithFix("stop the queue manager and run `posthouse check`")
	}
	return found{queue: q, place: place, delivery: Delivery{Lookup: lookup, Message: msg, Row: row}}, false, nil
}

// take removes a locked message and answers when that is durable.
func (h *Handle) take(op string, at found) (Delivery, error) {
	m := h.m
	m.mu.Lock()
	ops := m.removing(at.queue, at.delivery.Row, at.delivery.Message, mq.ClassAckReceive)
	m.mu.Unlock()
	if err := m.commit(m.ctx, op, ops, nil); err != nil {
		if errors.Is(err, store.ErrGone) || mq.CodeOf(err) == mq.ErrMessageNotFound {
			return Delivery{}, mq.Errorf(mq.ErrMessageAlreadyReceived, op, "someone else received it meanwhile")
		}
		return Delivery{}, err
	}
	return at.delivery, nil
}

// waiter is a read that waits for a message (WaitingMessageReadOperation,
// MS-MQDMPR 3.1.1.10). Guarded by mu.
type waiter struct {
	queue    *queue
	take     bool
	ready    chan struct{}
	signaled bool
	first    bool // it keeps its turn when it was woken in vain
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
		w.signaled = false
		select {
		case <-w.ready:
		default:
		}
		w.queue.waiters = slices.Insert(w.queue.waiters, 0, w)
	}
}

// served ends a wait that got its message; others may find more.
func (m *QueueManager) served(w *waiter) {
	if !w.signaled {
		w.queue.waiters = slices.DeleteFunc(w.queue.waiters, func(o *waiter) bool { return o == w })
	}
	if len(w.queue.head.ids) > 1 || !w.take {
		m.wake(w.queue)
	}
}

// leave ends a wait without a message. Its turn, if it had come, is the next
// one's.
func (m *QueueManager) leave(w *waiter) {
	if w.signaled {
		m.wake(w.queue)
		return
	}
	w.queue.waiters = slices.DeleteFunc(w.queue.waiters, func(o *waiter) bool { return o == w })
}

// wake lets waiting reads look again, in the order they came, up to and
// including the first that takes (MS-MQDMPR 3.1.7.2.2).
func (m *QueueManager) wake(q *queue) {
	for len(q.waiters) > 0 {
		w := q.waiters[0]
		q.waiters = q.waiters[1:]
		w.signaled = true
		w.ready <- struct{}{}
		if w.take {
			return
		}
	}
}

// wakeQueue wakes every waiting read of a queue, which then sees why.
func (m *QueueManager) wakeQueue(q *queue) {
	for _, w := range q.waiters {
		w.signaled = true
		w.ready <- struct{}{}
	}
	q.waiters = nil
}

func (m *QueueManager) wakeAll() {
	for _, q := range m.slots {
		m.wakeQueue(q)
	}
}
