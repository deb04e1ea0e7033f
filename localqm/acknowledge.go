package localqm

import (
	"encoding/binary"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
	"posthouse/localqm/wire"
)

// insecure reports a refusal that tells a stranger about queues and rights: it is
// answered only if the machine is set so (SendInsecureNacks, MS-MQQB 3.1.7.15).
func insecure(class mq.Class) bool {
	switch class {
	case mq.ClassNackBadDestQueue, mq.ClassNackAccessDenied, mq.ClassNackBadSignature,
		mq.ClassNackBadEncryption, mq.ClassNackUnsupportedCrypto:
		return true
	}
	return false
}

// appendAck adds an administration acknowledgement (MS-MQQB 3.1.7.15). It is
// dropped, as the specification says, if its queue cannot be opened, or is full
// or transactional; acknowledgements are never acknowledged.
func (m *QueueManager) appendAck(ops []store.Op, msg *mq.Message, row *store.Row, class mq.Class) []store.Op {
	foreign := !m.ours(msg.SourceMachine)
	if msg.Class != mq.ClassNormal || msg.AdminQueue.IsZero() || foreign && insecure(class) && !m.settings.InsecureNack {
		return ops
	}
	ack := &mq.Message{
		Class: class, Label: msg.Label, Priority: msg.Priority, Delivery: msg.Delivery,
		Destination: msg.AdminQueue, ResponseQueue: msg.Destination, CorrelationID: correlation(msg.ID),
	}
	if class != mq.ClassAckReachQueue && class != mq.ClassAckReceive && !msg.Encrypted {
		ack.Body, ack.BodyType = row.Body, msg.BodyType
	}
	if name, outside := m.outside(mq.QueueName{Format: msg.AdminQueue}); outside {
		return m.appendElsewhere(ops, name, ack)
	}
	to, err := m.find("", mq.QueueName{Format: msg.AdminQueue})
	switch {
	case err != nil || !to.sendable() || to.info.Transactional:
		return ops
	case foreign && m.allow("acknowledge", Nobody(""), to, mq.RightWriteMessage) != nil:
		return ops // its sender could not have written there
	}
	return m.appendOwn(ops, to, ack)
}

// appendFinalAck adds the acknowledgement of a transactional message that was
// refused, or left its queue (MS-MQQB 3.1.7.17, 2.2.5).
func (m *QueueManager) appendFinalAck(ops []store.Op, msg *mq.Message, to Peer, class mq.Class) []store.Op {
	return m.appendElsewhere(ops, to.orderQueue(), wire.FinalAckMessage(to.orderQueue(), wire.Final{
		Order:  wire.Order{Sequence: msg.Sequence, Number: msg.SequenceNumber, Previous: msg.PreviousNumber},
		Source: msg.SourceMachine, Message: msg.ID.Ordinal, Class: class,
	}))
}

// orderQueue is the queue for acknowledgements of transactional messages.
func (p Peer) orderQueue() mq.FormatName {
	if p.Direct && p.Address != "" {
		return wire.DirectOrderQueue(p.Address)
	}
	return wire.OrderQueue(p.ID)
}

// sender is who a message that came from another machine is answered to; it may
// have come long ago.
func (m *QueueManager) sender(msg *mq.Message) Peer {
	if s := m.incoming.streams[newStreamKey(msg.SourceMachine, msg.Destination)]; s != nil {
		return s.peer
	}
	return Peer{ID: msg.SourceMachine}
}

// cameInStream reports a transactional message of another queue manager, or of
// this one by a way around. Its sender keeps it until all is known, and makes the
// dead letter if there is to be one.
func (m *QueueManager) cameInStream(q *queue, msg *mq.Message) bool {
	return q.root().out == nil && msg.Transactional && msg.SequenceNumber != 0 &&
		(q.reached() || !m.ours(msg.SourceMachine)) // it was handed over here
}

// appendElsewhere adds a message of this queue manager to the outgoing queue of
// another machine.
func (m *QueueManager) appendElsewhere(ops []store.Op, to mq.FormatName, msg *mq.Message) []store.Op {
	q, err := m.sendTo("answer", to)
	if err == nil {
		q, err = m.connected(q, msg.Transactional)
	}
	if err != nil {
		m.log.Warn("an acknowledgement was dropped", "to", to, "class", msg.Class, "error", err)
		return ops
	}
	return m.appendOwn(ops, q, msg)
}

// appendOwn adds a message that this queue manager makes itself.
func (m *QueueManager) appendOwn(ops []store.Op, to *queue, msg *mq.Message) []store.Op {
	msg.ID = mq.ObjectID{Source: m.id(), Ordinal: m.store.NextOrdinal()}
	msg.SourceMachine, msg.SentTime = m.id(), m.clock.Now().Truncate(time.Second)
	msg.TimeToReachQueue, msg.TimeToBeReceived = mq.Never, mq.Never
	row, err := m.encode("", msg)
	if err == nil {
		err = m.fits("acknowledge", to, row.Size())
	}
	if err != nil {
		m.log.Warn("an acknowledgement was dropped", "to", to.path, "class", msg.Class, "error", err)
		return ops
	}
	if to.out != nil {
		row.Expires = m.clock.Now().Add(answerTime).Unix()
	}
	m.reserve(to, row.Size())
	return append(ops, m.put(to, row))
}

// correlation is a message identifier as CorrelationIdentifier (OBJECTID).
func correlation(id mq.ObjectID) (c [20]byte) {
	copy(c[:], id.Source[:])
	binary.LittleEndian.PutUint32(c[16:], id.Ordinal)
	return c
}

// acknowledged passes on what came to the order queue. Called without mu.
func (m *QueueManager) acknowledged(a *arrival, f wire.Final, kind wire.AckKind) {
	if kind == wire.OrderAck {
		m.ordered(a.from, a.msg.SourceMachine, f.Order)
		a.done(Arrival{})
		return
	}
	m.finished(f, func(err error) { a.done(Arrival{Err: err}) })
}

// tellOrder says that a stream has come so far. Called with mu held.
func (m *QueueManager) tellOrder(s *stream) {
	if m.carrier != nil && s.at.Number != 0 {
		m.carrier.OrderAck(OrderAck{To: s.peer, Sequence: s.at.ID, Number: s.at.Number})
	}
}
