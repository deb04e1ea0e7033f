package localqm

import (
	"posthouse/localqm/mq"
	"posthouse/localqm/store"
	"posthouse/localqm/wire"
)

const (
	opPass = "pass a message on"
	// passQueues is how many outgoing queues there may be before messages that pass
	// through begin no more: applications here need some.
	passQueues = mostOutgoing * 3 / 4
	// strangeQueues is that number for computers that are not in the forest: who makes
	// identifiers up leaves room for those that exist.
	strangeQueues = passQueues / 2
)

// calling is what a queue manager does with a packet.
type calling uint8

const (
	takes    calling = iota // it is for us, or refused
	passesOn                // it is for another, and this is a routing server (MS-MQQB 3.1.5.8.2)
	unsure                  // it is for another, and what this is nobody can tell now
)

// calling says which. Direct names are never routed. Called with or without mu.
func (m *QueueManager) calling(msg *mq.Message) calling {
	there := msg.DestinationMachine
	k := msg.Destination.Kind
	d := m.directory()
	if d == nil || there.IsZero() || m.ours(there) || k != mq.KindPrivate && k != mq.KindPublic {
		return takes
	}
	switch s := d.State(); {
	case m.connects(msg):
		return takes
	case s.Routing:
		return passesOn
	case s.Mode == Workgroup: // it was away at the start
		return unsure
	}
	return takes
}

// passing reports a message that another queue manager sent and that goes to a third
// one. What this one sends itself has passed nobody yet.
func (q *queue) passing(msg *mq.Message) bool { return q.root().out != nil && msg.HopCount > 0 }

// pass takes a message for another queue manager: into the outgoing queue of its
// destination, bit for bit but for the hop count (MS-MQQB 3.1.5.8.2, 3.1.5.8.5). The
// stream of a transactional one is the business of its ends (3.1.1.6.2); here says
// that this very packet waits here still, so that one that is sent again is not kept
// twice. Called with mu held; what it returns is called without.
func (m *QueueManager) pass(a *arrival, here bool) func() {
	if here {
		return func() { a.done(Arrival{}) }
	}
	hops := a.msg.HopCount + 1
	var e *came
	if !a.msg.Transactional {
		known, before := m.history.meet(a.from.Address, a.msg.ID, a.now)
		switch {
		case before && known.hops == hops && known.coming:
			known.waiting = append(known.waiting, a.done) // it shares the fate of the first
			return nil
		case before && known.hops == hops:
			return func() { a.done(Arrival{}) }
		case !known.coming: // else it has come back sooner than the first is durable
			e = known
		}
	}
	forget := func() {
		if e != nil {
			m.history.forget(e)
		}
	}
	ops, err := m.planPass(a, hops)
	if err != nil || len(ops) == 0 {
		forget()
		return func() { a.done(Arrival{Err: err}) }
	}
	var waiting []func(Arrival)
	if e != nil {
		e.hops, e.coming, e.waiting = hops, true, []func(Arrival){a.done}
		if !a.row.Express {
			ops = append(ops, m.history.keep(e))
		}
	} else {
		waiting = []func(Arrival){a.done}
	}
	m.store.Submit(&store.Step{Ops: m.outward(ops), Done: func(s *store.Step) {
		m.mu.Lock()
		m.apply(s)
		if e != nil {
			waiting = e.waiting
			e.coming, e.waiting = false, nil
			if s.Err != nil {
				m.history.forget(e)
			}
		}
		m.mu.Unlock()
		tell(waiting, m.storeError(opPass, s.Err))
	}})
	return nil
}

// planPass returns the operations that a message that passes through consists of, or
// its refusal: none if it leaves no trace. An error means that it cannot be taken now;
// the sender is to keep it.
func (m *QueueManager) planPass(a *arrival, hops uint8) ([]store.Op, error) {
	msg := a.msg
	late := m.late(msg) || a.row.Expires != 0 && a.row.Expires <= a.now.Unix()
	switch {
	case hops > maxHops:
		m.log.Info("a message was passed on too many times", "source", msg.SourceMachine, "to", mq.Quote(msg.Destination.String()))
		return m.refuse(a, verdict{refused: mq.ClassNackHopCountExceeded})
	case late && msg.Transactional:
		return nil, nil // its source has it, and sees to it
	case late:
		return m.refuse(a, verdict{refused: mq.ClassNackReachQueueTimeout, dead: !msg.Encrypted})
	}
	q, err := m.passQueue(msg)
	if err != nil {
		return nil, err
	}
	if err := m.fits(opPass, q, a.row.Size()); err != nil {
		return nil, err
	}
	if err := wire.SetHops(a.row.Head, hops); err != nil {
		return nil, err
	}
	msg.HopCount = hops
	address(q, msg, a.row)
	a.row.Index = mq.ObjectID{}
	if msg.Transactional && !m.ours(msg.SourceMachine) {
		a.row.Index = msg.ID
	}
	m.reserve(q, a.row.Size())
	ops := []store.Op{m.put(q, a.row)}
	if to := answersTo(a); msg.Trace && m.mayAnswer(a, to.orderQueue(), true) {
		ops = m.appendReport(ops, msg, to)
	}
	return ops, nil
}

// passQueue is the outgoing queue for a message that passes through.
func (m *QueueManager) passQueue(msg *mq.Message) (*queue, error) {
	to := m.passTo(msg)
	if q := m.queues[key(store.Outgoing, to.String())]; q == nil && m.outgoings >= m.passLimit(msg.DestinationMachine) {
		return nil, mq.Errorf(mq.ErrInsufficientResources, opPass, "there are %d outgoing queues already", m.outgoings).
			WithFix("see `posthouse outgoing list`: purge what will never be delivered")
	}
	return m.sendTo(opPass, to)
}

// passLimit is how many outgoing queues there may be before messages for a computer
// begin no more.
func (m *QueueManager) passLimit(there mq.GUID) int {
	if d, ok := m.directory().(interface{ Known(machine mq.GUID) bool }); ok && !d.Known(there) {
		return strangeQueues
	}
	return passQueues
}

// passTo is what that queue is for. A public queue of which the directory does not say
// whose it is, as one for reports, is where the message says.
func (m *QueueManager) passTo(msg *mq.Message) mq.FormatName {
	if to := msg.Destination; to.Kind != mq.KindPublic || m.ownerOf(to) == msg.DestinationMachine {
		return to
	}
	return wire.OrderQueue(msg.DestinationMachine)
}

// waitsHere reports whether a transactional message that passes through waits here
// already: its source sends again what is not acknowledged, and while the next hop is
// away all of it would pile up. One that only claims the same identifier, and goes
// elsewhere, holds nothing up. Called without mu.
func (m *QueueManager) waitsHere(a *arrival) bool {
	at, err := m.store.Find(m.ctx, a.msg.ID)
	if err != nil {
		return false
	}
	row, err := m.store.Get(m.ctx, at.Slot, at.Lookup, 0)
	if err != nil || wire.Hops(row.Head) != a.msg.HopCount+1 {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	q := m.queues[key(store.Outgoing, m.passTo(a.msg).String())]
	return q != nil && q.slot == at.Slot
}

// appendPassed adds what follows when a message that passes through ends here. That of
// a transactional one is left to its source, which has it still; the others have a
// dead letter and an acknowledgement here (MS-MQQB 3.1.7.1.2), within the bounds of
// what strangers may have.
func (m *QueueManager) appendPassed(ops []store.Op, row *store.Row, msg *mq.Message, reason mq.Class) []store.Op {
	if msg.Transactional {
		return ops
	}
	if reason == mq.ClassNackTimeoutAtSender {
		reason = mq.ClassNackReachQueueTimeout
	}
	if to := m.system(mq.SuffixDeadLetter); msg.DeadLetter && !msg.Encrypted && to.bytes < strangersDead {
		ops = m.appendCopy(ops, to, row, reason)
	}
	if msg.Acknowledge&mq.AckNegativeArrival != 0 && m.outgoings < answerQueues {
		ops = m.appendAck(ops, msg, row, reason)
	}
	return ops
}

// acknowledgedBy reports whether an order acknowledgement of who brought it, made by a
// source, may speak for a stream. Where messages are routed, another than the
// destination brings it; for a foreign computer its connector server speaks.
func (m *QueueManager) acknowledgedBy(q *queue, from Peer, source mq.GUID) bool {
	to := q.out.stream.to
	d := m.directory()
	switch {
	case to == from.ID:
		return true
	case d == nil || q.format.Kind == mq.KindDirect:
		return false
	case to == source:
		return true
	}
	f, ok := d.(interface{ Foreign(machine mq.GUID) bool })
	return ok && f.Foreign(to)
}
