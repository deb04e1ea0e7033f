package localqm

import (
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
	"posthouse/localqm/wire"
)

const opArrive = "take a message from another queue manager"

// arrival is a packet on its way into the store.
type arrival struct {
	from Peer
	msg  *mq.Message
	row  *store.Row
	now  time.Time
	done func(Arrival)
}

// Arrive takes a message from another queue manager (Receiving a UserMessage
// Packet, MS-MQQB 3.1.5.8). The packet has no SessionHeader and belongs to the
// queue manager from now on. done is called once, when it is decided what became
// of the packet and that is durable: the message is in its queue, was refused, or
// had come before. It may be called before Arrive returns, or on the store's
// writer, and must not block. Of packets that Arrive was given one after another
// none overtakes another.
//
// An error means that the packet is malformed: nothing was done, done is not
// called, and the session closes (MS-MQQB 3.1.5.1.3).
func (m *QueueManager) Arrive(from Peer, packet []byte, done func(Arrival)) error {
	a, err := m.unpack(from, packet)
	if err != nil {
		return err
	}
	a.done = done
	calling := m.calling(a.msg)
	here := calling == passesOn && a.msg.Transactional && m.waitsHere(a)
	m.mu.Lock()
	err = m.usable(opArrive)
	if err == nil && calling == unsure {
		err = mq.Errorf(mq.ErrNoDS, opArrive, "it is for another computer, and this one has worked without its directory since its start").
			WithFix("when the directory answers, start the queue manager again")
	}
	if err == nil && m.hardened {
		err = mq.Errorf(mq.ErrServiceNotAvailable, opArrive, "hardened mode: only HTTP may bring messages to this computer")
	}
	if err != nil {
		m.mu.Unlock()
		done(Arrival{Err: err})
		return nil
	}
	if m.toOrderQueue(a.msg) {
		final, kind, err := wire.ParseAck(a.msg)
		if err != nil || kind != wire.NotAck {
			m.mu.Unlock()
			if err == nil {
				m.acknowledged(a, final, kind)
			}
			return err
		}
	}
	var told func()
	switch {
	case calling == passesOn:
		told = m.pass(a, here)
	case a.msg.Transactional:
		told = m.arriveInStream(a)
	default:
		told = m.arriveOnce(a)
	}
	m.mu.Unlock()
	if told != nil {
		told()
	}
	return nil
}

// unpack checks a packet and makes the row that keeps it.
func (m *QueueManager) unpack(from Peer, packet []byte) (*arrival, error) {
	base, err := wire.ParseBase(packet)
	if err != nil {
		return nil, err
	}
	if base.Session() || len(packet) != int(base.PacketSize) {
		return nil, mq.Errorf(mq.ErrInvalidParameter, opArrive, "the packet has %d bytes and claims %d for its message",
			len(packet), base.PacketSize)
	}
	row, msg, err := m.rowOf(packet)
	if err != nil {
		return nil, err
	}
	if msg.Authenticated || msg.AuthLevel != 0 { // only who verified it may say so
		if err := wire.ClearAuthentication(packet); err != nil {
			return nil, err
		}
		if row, msg, err = m.rowOf(packet); err != nil {
			return nil, err
		}
	}
	now := m.clock.Now()
	row.Class, row.Arrived, row.Expires = msg.Class, now.Unix(), expiry(msg)
	return &arrival{from: from, msg: msg, row: row, now: now}, nil
}

// rowOf takes a packet apart. The row and the message share its bytes.
func (m *QueueManager) rowOf(packet []byte) (*store.Row, *mq.Message, error) {
	msg, at, size, err := wire.Unpack(packet, m.id())
	if err != nil {
		return nil, nil, err
	}
	head := packet[:at:at]
	if rest := packet[at+size:]; len(rest) > 0 {
		head = append(make([]byte, 0, at+len(rest)), head...)
		head = append(head, rest...)
	}
	return &store.Row{
		Priority: msg.Priority, Express: msg.Delivery == mq.Express,
		Head: head, BodyAt: at, Body: packet[at : at+size], BodySize: size,
	}, msg, nil
}

// arriveOnce takes a message that is not transactional unless it came before
// (Duplicate Detection, MS-MQQB 3.1.5.8.1): its identifier becomes history
// together with the message. Called with mu held; what it returns is called
// without.
func (m *QueueManager) arriveOnce(a *arrival) func() {
	e, came := m.history.meet(a.from.Address, a.msg.ID, a.now)
	if came {
		if e.coming {
			e.waiting = append(e.waiting, a.done) // it shares the fate of the first
			return nil
		}
		return func() { a.done(Arrival{}) }
	}
	ops, _, err := m.decide(a)
	if err != nil {
		m.history.forget(e)
		return func() { a.done(Arrival{Err: err}) }
	}
	if len(ops) == 0 {
		return func() { a.done(Arrival{}) }
	}
	if !a.row.Express {
		ops = append(ops, m.history.keep(e))
	}
	e.coming, e.waiting = true, []func(Arrival){a.done}
	m.store.Submit(&store.Step{Ops: m.outward(ops), Done: func(s *store.Step) {
		m.mu.Lock()
		m.apply(s)
		waiting := e.waiting
		e.coming, e.waiting = false, nil
		if s.Err != nil {
			m.history.forget(e)
		}
		m.mu.Unlock()
		tell(waiting, m.storeError(opArrive, s.Err))
	}})
	return nil
}

// arriveInStream takes a transactional message if it is the next one of its
// stream. One that came before, or out of order, is only answered: the sender
// learns how far the stream has come (MS-MQQB 3.1.5.8.6). Called with mu held;
// what it returns is called without.
func (m *QueueManager) arriveInStream(a *arrival) func() {
	in := &m.incoming
	s := in.of(a)
	place := Sequence{ID: a.msg.Sequence, Number: a.msg.SequenceNumber, Previous: a.msg.PreviousNumber}
	if !accepts(s.next, place) {
		s.rejected++
		in.touch(s, a.now)
		if f := s.flight; f != nil {
			f.waiting = append(f.waiting, a.done) // what it repeats may not be durable yet
			return nil
		}
		m.tellOrder(s)
		return func() { a.done(Arrival{}) }
	}
	ops, q, err := m.decide(a)
	if err != nil {
		return func() { a.done(Arrival{Err: err}) }
	}
	ops = append(ops, in.advance(s, place, q, a.now)...)
	f := &flight{chain: s.chain, waiting: []func(Arrival){a.done}}
	f.step = &store.Step{Ops: m.outward(ops), Done: func(step *store.Step) {
		m.mu.Lock()
		m.apply(step)
		s.landed(f, place, step.Err)
		if step.Err == nil {
			m.tellOrder(s)
		}
		waiting := f.waiting
		m.mu.Unlock()
		tell(waiting, m.storeError(opArrive, step.Err))
	}}
	if s.flight != nil {
		f.step.After = s.flight.step
	}
	s.flight = f
	m.store.Submit(f.step)
	return nil
}

// decide returns the operations that make a packet's fate true: its arrival in a
// queue or, then q is nil, its refusal, with what follows. None: it leaves no
// trace. An error means that it cannot be taken now; the sender is to keep it.
// Called with mu held.
func (m *QueueManager) decide(a *arrival) (ops []store.Op, q *queue, err error) {
	v, err := m.judge(a)
	if err != nil {
		return nil, nil, err
	}
	if v.refused != 0 {
		m.log.Info("a message was refused", "class", v.refused, "from", a.from.Address, "source", a.msg.SourceMachine,
			"queue", mq.Quote(a.msg.Destination.String()))
		ops, err = m.refuse(a, v)
		return ops, nil, err
	}
	m.reserve(v.queue, a.row.Size())
	ops = append(ops, m.put(v.queue, a.row))
	if a.msg.Acknowledge&mq.AckPositiveArrival != 0 && v.queue.reached() && m.mayAnswer(a, a.msg.AdminQueue, true) {
		ops = m.appendAck(ops, a.msg, a.row, mq.ClassAckReachQueue)
	}
	if to := answersTo(a); a.msg.Trace && m.mayAnswer(a, to.orderQueue(), true) {
		ops = m.appendReport(ops, a.msg, to)
	}
	return ops, v.queue, nil
}

// refuse tells the sender of a message why it was not taken. About
// acknowledgements nobody is told.
func (m *QueueManager) refuse(a *arrival, v verdict) (ops []store.Op, err error) {
	msg := a.msg
	if msg.Class != mq.ClassNormal {
		return nil, nil
	}
	if msg.Transactional {
		to := answersTo(a)
		if !m.mayAnswer(a, to.orderQueue(), v.allowed) {
			return nil, mq.Errorf(mq.ErrInsufficientResources, opArrive, "too much waits already to tell %s what was refused", a.from.Address).
				WithFix("see `posthouse outgoing list`: purge what will never be delivered")
		}
		ops = m.appendFinalAck(ops, msg, to, v.refused)
	} else if to := m.system(mq.SuffixDeadLetter); msg.DeadLetter && v.dead && (v.allowed || to.bytes < strangersDead) {
		ops = m.appendCopy(ops, to, a.row, v.refused)
	}
	if msg.Acknowledge&mq.AckNegativeArrival != 0 && !m.ours(msg.SourceMachine) && m.mayAnswer(a, msg.AdminQueue, v.allowed) {
		ops = m.appendAck(ops, msg, a.row, v.refused)
	}
	return ops, nil
}

// tell answers for a packet and for those that repeated it meanwhile.
func tell(waiting []func(Arrival), err error) {
	for _, done := range waiting {
		done(Arrival{Err: err})
	}
}
