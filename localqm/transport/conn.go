package transport

import (
	"errors"
	"fmt"
	"net/netip"
	"sync/atomic"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/failpoint"
	"posthouse/localqm/mq"
	"posthouse/localqm/session"
)

// Of one queue so much is taken at a time, so that the queues of a host share
// its window; the bytes are what may lie here unsent, if more than one.
const (
	turnMessages = 32
	turnBytes    = 1 << 20
)

// flightBytes are sent without an acknowledgement, if more than one message: a
// window of large ones would fill the memory of both sides.
const flightBytes = 16 << 20

// A session that ends sooner, with nothing acknowledged, counts as a failed try.
const goodSession = 10 * time.Second

// troubleAgain is when messages that could not be read are tried again.
const troubleAgain = 10 * time.Second

// conn is a session. Its own goroutine sends.
type conn struct {
	t     *Transport
	s     *session.Session
	dial  *host // we opened it for that one; nil: a peer did
	begun time.Time
	peer  localqm.Peer
	from  netip.Addr
	wake  chan struct{}
	ended chan struct{} // the session has
	still chan struct{} // run has returned

	opened bool // it was taken in

	// Guarded by Transport.mu.
	hosts   []*host // that send over it, in turn
	acks    []localqm.OrderAck
	acked   bool // something was
	stale   bool // the host is somewhere else now
	leaving bool // it closes when the acknowledgements are sent

	flight atomic.Int64 // bytes that were sent and not acknowledged

	out []*parcel // taken, not sent yet; of the goroutine
}

// parcel is what a session's acknowledgement brings back.
type parcel struct {
	*localqm.Parcel
	link  *link // nil: an order acknowledgement
	acked bool
}

// accept gives the handler of a session that comes to us (MS-MQQB 3.1.5.10).
func (t *Transport) accept(*session.Session) session.Handler {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended || !t.mode.sends() {
		return nil
	}
	return t.newConn(nil)
}

func (t *Transport) newConn(h *host) *conn {
	return &conn{t: t, dial: h, wake: make(chan struct{}, 1), ended: make(chan struct{}), still: make(chan struct{})}
}

// Opened has everything sent that the session leads to.
func (c *conn) Opened(s *session.Session) {
	t, now := c.t, time.Now()
	id, at := s.Peer()
	c.s, c.begun, c.from = s, now, at.Addr().Unmap()
	c.peer = localqm.Peer{ID: id, Address: c.from.String()}
	t.mu.Lock()
	if t.ended || !t.mode.sends() {
		t.mu.Unlock()
		s.Close(nil)
		return
	}
	c.opened = true
	t.conns[c] = struct{}{}
	t.open.Add(1)
	h := c.dial
	if h != nil && h.conn != nil {
		s.Close(nil) // it called us meanwhile
	} else if h != nil {
		h.answered = id
		h.record(now, failure{status: mq.ConnEstablished, address: c.peer.Address, why: "Connected to " + c.peer.Address + "."})
		t.attach(h, c, now)
	}
	for _, h := range t.hosts {
		switch {
		case h.conn != nil || !h.busy():
		case c.reaches(h):
			h.record(now, failure{status: mq.ConnEstablished, address: c.peer.Address, why: c.peer.Address + " connected to this computer."})
			t.attach(h, c, now)
		case h.at(c.from):
			t.book.Now(h.key) // who calls can be called
		}
	}
	t.tasks.Go(c.run)
	t.mu.Unlock()
	if h != nil && h.id.IsZero() {
		t.m.Remember(id, h.name) // a name finds it also where it moves
	} else {
		t.m.Remember(id, c.peer.Address)
	}
}

// reaches reports whether a session leads to a host: to the queue manager with
// its identifier, from one of its addresses if others' messages go by it, or to the
// one that was there when we connected last, if it calls from there. Acknowledgements also go over the session of the only queue
// manager that calls from their address: who sends from behind a NAT cannot be
// called. Called with mu held.
func (c *conn) reaches(h *host) bool {
	switch {
	case c.stale || c.leaving:
		return false
	case c.dial == h:
		return true
	case !h.id.IsZero():
		return h.id == c.peer.ID && (!h.leads() || h.at(c.from))
	case h.answered == c.peer.ID && h.at(c.from):
		return true
	case h.name != c.peer.Address || !h.onlyAcks():
		return false
	}
	for other := range c.t.conns {
		if other.from == c.from && other.peer.ID != c.peer.ID {
			return false
		}
	}
	return true
}

// sessionFor is an open session that leads to a host. Called with mu held.
func (t *Transport) sessionFor(h *host) *conn {
	for c := range t.conns {
		if c.reaches(h) {
			return c
		}
	}
	return nil
}

// attach lets a host send over a session. Called with mu held.
func (t *Transport) attach(h *host, c *conn, now time.Time) {
	h.conn, h.failures, h.nextTry = c, 0, time.Time{}
	c.hosts = append(c.hosts, h)
	for _, a := range h.acks {
		if a.To.ID == c.peer.ID { // else somebody else is at that address now
			c.acks = append(c.acks, a)
		}
	}
	h.acks = nil
	if h.overdue != nil {
		h.overdue.Stop()
	}
	t.book.Answered(h.key)
	h.enter(now, open, "Connected to "+c.peer.Address+".")
	t.steerAll(h, now)
}

// Arrived gives a message to the engine.
func (c *conn) Arrived(_ *session.Session, packet []byte, done func(error)) error {
	failpoint.Here(failpoint.Arrived)
	return c.t.m.Arrive(c.peer, packet, func(a localqm.Arrival) { done(a.Err) })
}

// Acked gives back what the peer answers for. Transactional messages are not
// freed by it (MS-MQQB 3.1.1.6.2).
func (c *conn) Acked(_ *session.Session, tags []any) {
	var of *link
	var batch []*localqm.Parcel
	flush := func() {
		if len(batch) > 0 {
			of.queue.Delivered(batch)
		}
		batch = nil
	}
	for _, tag := range tags {
		p := tag.(*parcel)
		c.flight.Add(-int64(len(p.Packet)))
		if p.link == nil || p.Transactional {
			p.Packet = nil // it may wait long for its order acknowledgement
			continue
		}
		if p.link != of {
			flush()
			of = p.link
		}
		batch = append(batch, p.Parcel)
	}
	flush()
	now := time.Now()
	c.t.mu.Lock()
	defer c.t.mu.Unlock()
	c.acked = true
	for _, tag := range tags {
		if p := tag.(*parcel); p.link != nil {
			p.acked = true
			p.link.flying--
			p.link.settle()
			c.t.relink(p.link, now)
		}
	}
	nudge(c.wake)
}

// Room has more sent.
func (c *conn) Room(*session.Session) { nudge(c.wake) }

// Closed gives back what was not acknowledged and plans the next session.
func (c *conn) Closed(s *session.Session, err error) {
	t := c.t
	close(c.ended)
	if !c.opened {
		return
	}
	defer t.open.Done()
	<-c.still // it takes nothing more
	t.mu.Lock()
	delete(t.conns, c)
	var links []*link
	for _, h := range c.hosts {
		h.enter(time.Now(), closing, "The connection is being closed.")
		links = append(links, h.links...)
	}
	t.mu.Unlock()
	idled := errors.Is(err, session.ErrIdle)
	for _, l := range links {
		l.queue.Release(l.unacked())
		if !idled {
			l.queue.Resend()
		}
	}
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range links {
		l.sent, l.flying = nil, 0
		if !idled { // else its resend goes on as planned
			l.ready = true
			l.refresh()
			l.resend.stop()
		}
	}
	for _, h := range c.hosts {
		h.conn = nil
	}
	for _, l := range links {
		t.relink(l, now)
	}
	for _, h := range c.hosts {
		t.after(h, c, err, now)
		t.steerAll(h, now)
	}
}

// after is what follows for a host from the end of its session. Called with mu
// held.
func (t *Transport) after(h *host, c *conn, err error, now time.Time) {
	orderly := err == nil || errors.Is(err, session.ErrIdle)
	why := "The connection was closed: it was idle."
	if !orderly {
		f := c.ending(err)
		why = f.why
		h.record(now, f)
	}
	if !h.busy() || t.ended {
		h.enter(now, idle, why)
		t.book.Forget(h.key)
		t.plan(h, now)
		t.tidy(h)
		return
	}
	h.enter(now, lost, why)
	t.book.Want(h.key)
	if !orderly && !c.acked && now.Sub(c.begun) < goodSession {
		h.failures++
		h.nextTry = t.book.Failed(h.key)
	}
}

// ending puts the end of a session into words.
func (c *conn) ending(err error) failure {
	var e *session.Error
	status := mq.ConnSendFailure
	if errors.As(err, &e) && e.Status.Failed() {
		status = e.Status
	}
	var lost lostAddress
	switch {
	case errors.As(err, &lost):
		return failure{
			status: mq.ConnSendFailure, address: c.peer.Address,
			why: fmt.Sprintf("This computer no longer has the address %s, from which it was connected.", netip.Addr(lost)),
		}
	case errors.Is(err, session.ErrSilent):
		return failure{
			status: mq.ConnSendFailure, code: hrTimedOut, address: c.peer.Address,
			why: fmt.Sprintf("%s was connected, but did not acknowledge what was sent. The line is broken, or it is overloaded.", c.peer.Address),
		}
	case errors.Is(err, session.ErrPeerClosed) && !c.acked && time.Since(c.begun) < goodSession:
		return failure{
			status: mq.ConnRefused, code: hrConnReset, address: c.peer.Address,
			why: fmt.Sprintf("%s closed the connection without taking what was sent. Its quota or its disk is most likely full.", c.peer.Address),
		}
	case errors.Is(err, session.ErrPeerClosed):
		return failure{
			status: mq.ConnSendFailure, code: hrConnReset, address: c.peer.Address,
			why: fmt.Sprintf("%s closed the connection.", c.peer.Address),
		}
	}
	_, at := c.s.Peer()
	return connectFailure(at, status, err)
}
