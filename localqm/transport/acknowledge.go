package transport

import (
	"slices"
	"strings"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
)

// acknowledge sends order acknowledgements when they are due (Order Ack Send
// Timer Event, MS-MQQB 3.1.6.9).
func (t *Transport) acknowledge() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-t.ackWake:
		case <-timer.C:
		case <-t.ctx.Done():
			return
		}
		t.mu.Lock()
		due, next := t.due.take(time.Now())
		t.ackAt = next
		for _, a := range due {
			t.send(a)
		}
		t.mu.Unlock()
		if !next.IsZero() {
			timer.Reset(time.Until(next))
		}
	}
}

// send has an order acknowledgement sent over a session with its peer; if there
// is none, one is opened. Called with mu held.
func (t *Transport) send(a localqm.OrderAck) {
	var best *conn
	for c := range t.conns {
		if c.peer.ID == a.To.ID && (best == nil || c.peer.Address == a.To.Address) {
			best = c
		}
	}
	if best != nil {
		best.acks = append(best.acks, a)
		nudge(best.wake)
		return
	}
	if !a.To.Direct && t.o.Router != nil {
		t.sendRouted(a)
		return
	}
	h := t.host(a.To.ID.String(), a.To.ID.String(), a.To.ID)
	if a.To.Direct {
		h = t.host(strings.ToLower(a.To.Address), a.To.Address, mq.GUID{})
	}
	h.acks = slices.DeleteFunc(h.acks, func(b localqm.OrderAck) bool { return b.Sequence == a.Sequence })
	h.acks = append(h.acks, a)
	t.want(h)
}

// farewell sends what is due over open sessions before they close.
func (t *Transport) farewell() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, a := range t.due.all() {
		var best *conn
		if w := t.ways[a.To.ID.String()]; w != nil && !a.To.Direct {
			best = w.best.conn
		}
		for c := range t.conns {
			if c.peer.ID == a.To.ID {
				best = c
				break
			}
		}
		if best != nil {
			best.acks = append(best.acks, a)
		}
	}
	for c := range t.conns {
		c.leaving = true
		nudge(c.wake)
	}
}
