package transport

import (
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
)

const (
	orderAckDelay = 500 * time.Millisecond // OrderAckTimeout, MS-MQQB 3.1.3.2
	orderAckBatch = 64                     // so many messages do not wait for it
)

// orderAcks are order acknowledgements that are due. Of each stream only the
// last is sent; all of one peer leave together, orderAckDelay after the first.
// The beginning of a stream does not wait: its sender may have further streams,
// each of one message, that may not leave before this one is acknowledged.
type orderAcks struct {
	peers map[mq.GUID]*peerAcks
}

// peerAcks are those for one queue manager.
type peerAcks struct {
	to       localqm.Peer
	at       time.Time // when they leave
	messages int
	numbers  map[uint64]uint32 // last number by stream
}

// add takes one and returns when the acknowledgements of its peer leave.
func (a *orderAcks) add(now time.Time, due localqm.OrderAck) time.Time {
	if a.peers == nil {
		a.peers = map[mq.GUID]*peerAcks{}
	}
	p := a.peers[due.To.ID]
	if p == nil {
		p = &peerAcks{at: now.Add(orderAckDelay), numbers: map[uint64]uint32{}}
		a.peers[due.To.ID] = p
	}
	p.to = due.To
	p.numbers[due.Sequence] = due.Number
	if p.messages++; p.messages >= orderAckBatch || due.Number == 1 {
		p.at = now
	}
	return p.at
}

// take removes those whose time has come; next is when others leave, zero if
// there are none.
func (a *orderAcks) take(now time.Time) (due []localqm.OrderAck, next time.Time) {
	for id, p := range a.peers {
		if now.Before(p.at) {
			if next.IsZero() || p.at.Before(next) {
				next = p.at
			}
			continue
		}
		delete(a.peers, id)
		for sequence, number := range p.numbers {
			due = append(due, localqm.OrderAck{To: p.to, Sequence: sequence, Number: number})
		}
	}
	return due, next
}

// all removes all of them, due or not.
func (a *orderAcks) all() []localqm.OrderAck {
	for _, p := range a.peers {
		p.at = time.Time{}
	}
	due, _ := a.take(time.Now())
	return due
}
