package localqm

import (
	"context"
	"time"

	"posthouse/localqm/mq"
)

// Pending is a receive in two phases: the message is locked until End, its
// deadline or the end of its handle (Dequeue Message Begin and End, MS-MQDMPR
// 3.1.7.1.11-12).
type Pending struct {
	handle   *Handle
	at       found
	deadline time.Time
	ended    bool // guarded by mu
}

// Begin receives a message without removing it yet.
func (h *Handle) Begin(ctx context.Context, o ReadOptions) (*Pending, Delivery, error) {
	op := "begin to receive from " + h.name.String()
	if o.Peek || o.Tx != nil {
		return nil, Delivery{}, mq.Errorf(mq.ErrInvalidParameter, op, "a receive in two phases neither peeks nor takes a transaction")
	}
	at, err := h.locate(ctx, op, o)
	if err != nil {
		return nil, Delivery{}, err
	}
	p := &Pending{handle: h, at: at, deadline: h.m.clock.Now().Add(h.m.reading)}
	h.m.mu.Lock()
	h.m.pendings[p] = struct{}{}
	if h.queue == nil {
		h.m.wakeSweeper() // closed or deleted meanwhile: given back
	} else {
		h.m.dueAt(p.deadline.Unix())
	}
	h.m.mu.Unlock()
	return p, at.delivery, nil
}

// End removes the message, or gives it back to its place. A message purged
// meanwhile is removed either way. MQ_ERROR_TRANSACTION_SEQUENCE: it ended
// before, or its time was over.
func (p *Pending) End(ctx context.Context, remove bool) error {
	m := p.handle.m
	op := "end the receive from " + p.handle.name.String()
	m.mu.Lock()
	switch {
	case p.at.queue.gone:
		if p.ended {
			m.mu.Unlock()
		} else {
			_ = p.finish(ctx, op, false) // gives back, writes nothing
		}
		return mq.Errorf(mq.ErrQueueDeleted, op, "the queue %s was deleted meanwhile", p.at.queue.path)
	case p.ended:
		m.mu.Unlock()
		return mq.Errorf(mq.ErrTransactionSequence, op, "the receive ended before, or took too long; the message is back in the queue")
	}
	return p.finish(ctx, op, remove)
}

// finish is called with mu held and releases it.
func (p *Pending) finish(ctx context.Context, op string, remove bool) error {
	m := p.handle.m
	p.ended = true
	delete(m.pendings, p)
	l := p.at.queue.locks[p.at.place.Lookup]
	purged := l != nil && l.purge && !p.at.queue.gone
	if !remove && !purged {
		m.release(p.at.place)
		m.mu.Unlock()
		return nil
	}
	reason := mq.ClassAckReceive
	if purged {
		reason = mq.ClassNackQueuePurged
	}
	ops := m.removing(p.at.queue, p.at.delivery.Row, p.at.delivery.Message, reason)
	m.mu.Unlock()
	return m.commit(ctx, op, ops, nil)
}

// expirePendings gives back what was not answered in time, and tells when the
// next deadline is.
func (m *QueueManager) expirePendings(now time.Time) (next time.Time) {
	m.mu.Lock()
	var late []*Pending
	for p := range m.pendings {
		open := p.handle.queue != nil
		switch {
		case !open || !p.deadline.After(now):
			late = append(late, p)
		case next.IsZero() || p.deadline.Before(next):
			next = p.deadline
		}
	}
	m.mu.Unlock()
	for _, p := range late {
		m.mu.Lock()
		if p.ended {
			m.mu.Unlock()
			continue
		}
		if err := p.finish(m.ctx, "give a message back", false); err != nil {
			m.log.Error("a pending receive could not be ended", "error", err)
		}
	}
	return next
}
