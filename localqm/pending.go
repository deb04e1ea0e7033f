package localqm

import (
	"context"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
	"posthouse/localqm/store"
)

// MostPending is how many receives in two phases a caller may have under way at once,
// waiting for a message or holding one: each is a lock that a client may forget. All
// callers together may have mostPending.
const (
	MostPending = 10000
	mostPending = 4 * MostPending
)

// Pending is a receive in two phases: the message is locked until End, its
// deadline or the end of its handle (Dequeue Message Begin and End, MS-MQDMPR
// 3.1.7.1.11-12).
type Pending struct {
	handle   *Handle
	queue    *queue
	place    store.Place // what is there is read again when it ends: it may be large
	deadline time.Time
	late     func()
	ended    bool // guarded by mu
}

// begun counts the receives in two phases that wait or hold a message.
type begun struct {
	all int
	of  map[secure.SID]int
}

func (b *begun) add(c Caller, n int) {
	b.all += n
	if b.of[c.Token.User] += n; b.of[c.Token.User] == 0 {
		delete(b.of, c.Token.User)
	}
}

// Begin receives a message without removing it yet. Of the options, Late is its
// own. Beside the errors of Read: MQ_ERROR_INSUFFICIENT_RESOURCES above MostPending.
func (h *Handle) Begin(ctx context.Context, o ReadOptions) (*Pending, Delivery, error) {
	op := "begin to receive from " + h.name.String()
	if o.Peek || o.Tx != nil {
		return nil, Delivery{}, mq.Errorf(mq.ErrInvalidParameter, op, "a receive in two phases neither peeks nor takes a transaction")
	}
	m := h.m
	m.mu.Lock()
	if m.begun.all >= mostPending || m.begun.of[h.caller.Token.User] >= MostPending {
		m.mu.Unlock()
		return nil, Delivery{}, mq.Errorf(mq.ErrInsufficientResources, op, "%d receives wait for a message or for their end already", MostPending).
			WithFix("end those that have their message")
	}
	m.begun.add(h.caller, 1)
	m.mu.Unlock()
	at, err := h.locate(ctx, op, o)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		m.begun.add(h.caller, -1)
		return nil, Delivery{}, err
	}
	p := &Pending{
		handle: h, queue: at.queue, place: at.place, late: o.Late, deadline: m.clock.Now().Add(m.reading),
	}
	m.pendings[p] = struct{}{}
	if h.queue == nil {
		m.wakeSweeper() // closed or deleted meanwhile: given back
	} else {
		h.pendings[p] = struct{}{}
		m.dueAt(p.deadline.Unix())
	}
	return p, at.delivery, nil
}

// End removes the message, or gives it back to its place. A message purged
// meanwhile is removed either way. MQ_ERROR_TRANSACTION_SEQUENCE: it ended
// before, or its time was over.
func (p *Pending) End(_ context.Context, remove bool) error {
	m := p.handle.m
	op := "end the receive from " + p.handle.name.String()
	m.mu.Lock()
	switch {
	case p.queue.gone:
		if p.ended {
			m.mu.Unlock()
		} else {
			_ = p.finish(op, false) // gives back, writes nothing
		}
		return mq.Errorf(mq.ErrQueueDeleted, op, "the queue %s was deleted meanwhile", p.queue.path)
	case p.ended:
		m.mu.Unlock()
		return mq.Errorf(mq.ErrTransactionSequence, op, "the receive ended before, or took too long; the message is back in the queue")
	}
	return p.finish(op, remove)
}

// finish is called with mu held and releases it.
func (p *Pending) finish(op string, remove bool) error {
	m := p.handle.m
	purged := p.purged()
	if !remove && !purged {
		p.giveBack()
		m.mu.Unlock()
		return nil
	}
	p.forget()
	m.mu.Unlock()
	reason := mq.ClassAckReceive
	if purged {
		reason = mq.ClassNackQueuePurged
	}
	row, msg, err := m.readFor(p.place, nil, reason)
	m.mu.Lock()
	if err != nil {
		m.release(p.place)
		m.mu.Unlock()
		return m.storeError(op, err)
	}
	ops := m.removing(p.queue, row, msg, reason)
	m.mu.Unlock()
	return m.commit(m.ctx, op, ops, nil)
}

// purged reports whether a purge met the message. Called with mu held.
func (p *Pending) purged() bool {
	l := p.queue.locks[p.place.Lookup]
	return l != nil && l.purge && !p.queue.gone
}

// giveBack makes the message available again. Called with mu held.
func (p *Pending) giveBack() {
	p.forget()
	p.handle.m.release(p.place)
}

// forget is called with mu held.
func (p *Pending) forget() {
	p.ended = true
	p.handle.m.begun.add(p.handle.caller, -1)
	delete(p.handle.m.pendings, p)
	delete(p.handle.pendings, p)
}

// abandon gives back what was begun with a handle that closes. Called with mu held.
func (h *Handle) abandon() {
	for p := range h.pendings {
		p.giveBack()
	}
}

// expirePendings gives back what was not answered in time, and tells when the
// next deadline is.
func (m *QueueManager) expirePendings(now time.Time) (next time.Time) {
	m.mu.Lock()
	var over []*Pending
	for p := range m.pendings {
		switch {
		case p.handle.queue == nil || !p.deadline.After(now):
			over = append(over, p)
		case next.IsZero() || p.deadline.Before(next):
			next = p.deadline
		}
	}
	m.mu.Unlock()
	for _, p := range over {
		m.mu.Lock()
		if p.ended {
			m.mu.Unlock()
			continue
		}
		if err := p.finish("give a message back", false); err != nil {
			m.log.Error("a pending receive could not be ended", "error", err)
		}
		if p.late != nil {
			p.late()
		}
	}
	return next
}
