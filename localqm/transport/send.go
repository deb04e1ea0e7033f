package transport

import (
	"time"

	"posthouse/localqm"
	"posthouse/localqm/wire"
)

// run sends what the hosts of a session have until it ends.
func (c *conn) run() {
	defer close(c.still)
	timer := time.NewTimer(0)
	defer timer.Stop()
	moved := 3 * c.t.o.Look
	check := time.Now().Add(moved)
	for {
		select {
		case <-c.wake:
		case <-timer.C:
		case <-c.ended:
			return
		}
		now := time.Now()
		c.resend(now)
		if !now.Before(check) {
			check = now.Add(moved)
			if c.dial != nil {
				c.t.tasks.Go(c.stillThere)
			}
		}
		for c.flush() && c.take() {
		}
		if c.done() {
			c.s.Close(nil)
			return
		}
		timer.Reset(time.Until(earlier(c.next(), check)))
	}
}

// flush sends what was taken; false if the window or the flight is full or the
// session over. What belongs to a queue that was paused meanwhile stays.
func (c *conn) flush() bool {
	kept := c.out[:0]
	for i, p := range c.out {
		switch {
		case p.link != nil && p.link.queue.Paused():
			kept = append(kept, p)
		case !c.send(p):
			c.out = append(kept, c.out[i:]...)
			return false
		}
	}
	clear(c.out[len(kept):])
	c.out = kept
	return true
}

func (c *conn) send(p *parcel) bool {
	size := int64(len(p.Packet))
	if flight := c.flight.Add(size); flight > flightBytes && flight > size || !c.s.Send(p, p.Packet, p.Recoverable) {
		c.flight.Add(-size)
		return false
	}
	return true
}

// take gets the next messages, order acknowledgements first; false if there are
// none.
func (c *conn) take() bool {
	t := c.t
	t.mu.Lock()
	acks := c.acks
	c.acks = nil
	var l *link
	to := c.peer
	if len(acks) == 0 && !c.leaving {
		if l = c.turn(); l != nil {
			to.Detour = l.way != nil && l.way.detour()
			l.ready = false // before Take: what comes meanwhile sets it again
			l.flying++      // until it is known what it took
		}
	}
	t.mu.Unlock()
	for _, a := range acks {
		c.ack(a)
	}
	if len(acks) > 0 || l == nil {
		return len(acks) > 0
	}
	parcels, err := l.queue.Take(t.ctx, to, turnMessages, turnBytes)
	if err != nil && t.ctx.Err() == nil {
		t.log.Error("messages to send could not be read", "queue", l.queue.Destination(), "error", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	l.flying += len(parcels) - 1
	if l.trouble = err; err != nil {
		l.ready, l.again = true, time.Now().Add(troubleAgain)
	}
	if err != nil || len(parcels) == 0 {
		t.relink(l, time.Now())
		return true
	}
	l.ready = true
	batch := make([]parcel, len(parcels))
	for i, p := range parcels {
		batch[i] = parcel{Parcel: p, link: l}
		c.out = append(c.out, &batch[i])
		if p.Transactional {
			l.resend.sent(time.Now())
		} else {
			l.sent = append(l.sent, &batch[i])
		}
	}
	return true
}

// turn is the next queue with messages: one of the highest base priority (MS-MQDMPR
// 3.1.7.1.28); among these hosts and their queues take turns. Called with mu held.
func (c *conn) turn() (next *link) {
	now := time.Now()
	var i, k int
	for host, h := range c.hosts {
		for at, l := range h.links {
			if !l.ready || l.paused || l.way != nil && l.way.best != h || l.trouble != nil && now.Before(l.again) {
				continue
			}
			if next == nil || l.queue.BasePriority() > next.queue.BasePriority() {
				next, i, k = l, host, at
			}
		}
	}
	if next != nil {
		h := c.hosts[i]
		c.hosts = append(append(c.hosts[:i:i], c.hosts[i+1:]...), h)
		h.links = append(append(h.links[:k:k], h.links[k+1:]...), next)
	}
	return next
}

// ack puts an order acknowledgement in front of what is sent.
func (c *conn) ack(a localqm.OrderAck) {
	to := wire.OrderQueue(a.To.ID)
	if a.To.Direct {
		to = wire.DirectOrderQueue(a.To.Address)
	}
	packet, err := wire.AppendOrderAck(nil, to, c.t.o.Session.Self, c.t.m.NextOrdinal(),
		wire.Order{Sequence: a.Sequence, Number: a.Number}, time.Now())
	if err != nil {
		c.t.log.Error("an order acknowledgement could not be made", "to", to, "error", err)
		return
	}
	c.out = append(c.out, &parcel{Parcel: &localqm.Parcel{Packet: packet, Recoverable: wire.Recoverable(packet)}})
}

// resend sends transactional messages again that were not acknowledged in time
// (MS-MQQB 3.1.6.5).
func (c *conn) resend(now time.Time) {
	var due []*link
	c.t.mu.Lock()
	for _, h := range c.hosts {
		due = append(due, h.due(now)...)
	}
	c.t.mu.Unlock()
	c.t.resend(due)
}

func (t *Transport) resend(due []*link) {
	for _, l := range due {
		again := l.queue.Exactly().NoAck > 0 // else all were, a moment ago
		if again {
			l.queue.Resend()
		}
		t.mu.Lock()
		if again {
			l.resend.expired()
			l.ready = true
		} else {
			l.resend.stop()
		}
		t.mu.Unlock()
	}
}

// next is when there is something to do that nobody tells of; zero: never.
func (c *conn) next() (at time.Time) {
	c.t.mu.Lock()
	defer c.t.mu.Unlock()
	for _, h := range c.hosts {
		for _, l := range h.links {
			at = earlier(at, l.resend.at)
			if l.trouble != nil {
				at = earlier(at, l.again)
			}
		}
	}
	return at
}

// earlier is the first of two times; zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// plan has a host connected again when a resend is due: its session was idle
// longer than that takes. Called with mu held.
func (t *Transport) plan(h *host, now time.Time) {
	var next time.Time
	for _, l := range h.links {
		next = earlier(next, l.resend.at)
	}
	if next.IsZero() || t.ended {
		return
	}
	if h.overdue != nil {
		h.overdue.Stop()
	}
	h.overdue = time.AfterFunc(next.Sub(now), func() {
		t.mu.Lock()
		if t.ended || h.conn != nil {
			t.mu.Unlock()
			return
		}
		t.tasks.Add(1)
		defer t.tasks.Done()
		due := h.due(time.Now())
		t.mu.Unlock()
		t.resend(due)
		t.mu.Lock()
		defer t.mu.Unlock()
		t.plan(h, time.Now())
		t.want(h)
	})
}

// stillThere looks whether the host that was dialled still has the address.
func (c *conn) stillThere() {
	to, err := c.t.where(c.t.ctx, c.dial)
	if err != nil {
		return // nobody says that it moved
	}
	for _, a := range to {
		if a.Addr() == c.from {
			return
		}
	}
	c.t.mu.Lock()
	c.stale = true
	c.t.mu.Unlock()
	nudge(c.wake)
}

// done reports whether the session is to be closed: the transport ends, or the
// host has moved and nothing is under way, so that the next one goes to its new
// address.
func (c *conn) done() bool {
	c.t.mu.Lock()
	defer c.t.mu.Unlock()
	if c.leaving || !c.stale {
		return c.leaving
	}
	for _, h := range c.hosts {
		for _, l := range h.links {
			if len(l.sent) > 0 {
				return false
			}
		}
	}
	return len(c.out) == 0
}
