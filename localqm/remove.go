package localqm

import (
	"errors"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
	"posthouse/localqm/wire"
)

// removing returns the operations that taking a message out of q consists of:
// the removal, the copy in the queue journal or the dead letter, and the
// acknowledgement (Message Position Deleted, MS-MQDMPR 3.1.7.2.1 and MS-MQQB
// 3.1.7.2). reason is AckReceive for an application's receive. row needs its
// whole body if full says so. The position is locked, and the operations must
// be submitted. Called with mu held.
func (m *QueueManager) removing(q *queue, row *store.Row, msg *mq.Message, reason mq.Class) []store.Op {
	return m.appendFate([]store.Op{m.remove(q, row)}, q, row, msg, reason)
}

// appendFate adds what follows from a message leaving its queue for a reason.
func (m *QueueManager) appendFate(ops []store.Op, q *queue, row *store.Row, msg *mq.Message, reason mq.Class) []store.Op {
	if !q.final {
		return ops
	}
	reason = q.reason(reason, msg)
	if reason == mq.ClassAckReceive {
		if root := q.root(); root.info.Journaling && root.journal != nil {
			ops = m.appendCopy(ops, root.journal, row, row.Class)
		}
	}
	if row.Class != mq.ClassNormal {
		return ops // a dead letter or an acknowledgement: its sender was told
	}
	if q.passing(msg) {
		return m.appendPassed(ops, row, msg, reason)
	}
	if m.cameInStream(q, msg) && (msg.Journal || msg.DeadLetter || msg.FinalAck) { // MS-MQQB 3.1.7.2.2
		ops = m.appendFinalAck(ops, msg, m.sender(msg), reason)
	}
	if reason == mq.ClassAckReceive {
		if msg.Acknowledge&mq.AckPositiveReceive != 0 && q.root().reached() {
			ops = m.appendAck(ops, msg, row, reason)
		}
		return ops
	}
	if msg.DeadLetter && !m.cameInStream(q, msg) {
		ops = m.appendCopy(ops, m.deadLetterQueue(msg), row, reason)
	}
	asked := mq.AckNegativeReceive
	if reason < mq.ClassNackQueueDeleted { // 8xxx: it never arrived
		asked = mq.AckNegativeArrival
	}
	if msg.Acknowledge&asked != 0 {
		ops = m.appendAck(ops, msg, row, reason)
	}
	return ops
}

// reason is why a message leaves, as its sender learns it: what leaves an outgoing
// queue has not arrived. A receive there is an administrator's.
func (q *queue) reason(r mq.Class, msg *mq.Message) mq.Class {
	switch {
	case q.out == nil:
		return r
	case r == mq.ClassNackReceiveTimeout && msg.TimeToReachQueue > msg.TimeToBeReceived:
		return mq.ClassNackTimeoutAtSender
	case r == mq.ClassNackReceiveTimeout:
		return mq.ClassNackReachQueueTimeout
	case r == mq.ClassAckReceive, r == mq.ClassNackQueuePurged, r == mq.ClassNackQueueDeleted:
		return mq.ClassNackDeleted
	}
	return r
}

// full reports whether removing a message with this reason needs its body.
func (m *QueueManager) full(q *queue, msg *mq.Message, reason mq.Class) bool {
	if !q.final {
		return false
	}
	reason = q.reason(reason, msg)
	if reason == mq.ClassAckReceive {
		return q.root().info.Journaling
	}
	return msg.DeadLetter || msg.Acknowledge&(mq.AckNegativeReceive|mq.AckNegativeArrival) != 0
}

// deadLetterQueue is where a message that failed is kept: the queue that its
// sender named, if it exists here and is of the message's kind, else the
// system's (MS-MQDMPR 3.1.1.12 ApplicationDeadletterQueue).
func (m *QueueManager) deadLetterQueue(msg *mq.Message) *queue {
	if !msg.DeadLetterQueue.IsZero() {
		q, err := m.find("", mq.QueueName{Format: msg.DeadLetterQueue})
		if err == nil && q.sendable() && q.info.Transactional == msg.Transactional {
			return q
		} // else it was deleted since
	}
	if msg.Transactional {
		return m.system(mq.SuffixDeadXact)
	}
	return m.system(mq.SuffixDeadLetter)
}

// appendCopy adds a copy of the packet, bit for bit, to a journal or dead-letter
// queue. A journal that is full gets no copy: journaling never blocks mail
// (PROPID_Q_JOURNAL_QUOTA, MS-MQMQ 2.3.1.7); dead letters are never refused.
func (m *QueueManager) appendCopy(ops []store.Op, to *queue, row *store.Row, class mq.Class) []store.Op {
	if to == nil {
		return ops
	}
	dead := class != mq.ClassNormal && class != row.Class
	if err := m.fits("keep a copy", to, row.Size()); err != nil && !dead {
		m.log.Info("no copy kept", "error", err)
		return ops
	}
	c := &store.Row{
		Priority: row.Priority, Express: row.Express, Kind: row.Kind, Class: class,
		Arrived: m.clock.Now().Unix(), Aborts: row.Aborts, Moves: row.Moves, LastMove: row.LastMove,
		Head: row.Head, BodyAt: row.BodyAt, Body: row.Body, BodySize: row.BodySize,
	}
	m.reserve(to, c.Size())
	return append(ops, m.put(to, c))
}

// parse reads the headers of a row; the body is as much as the row has.
func (m *QueueManager) parse(row *store.Row) (*mq.Message, error) {
	msg, err := wire.ParseSplit(row.Head, row.BodyAt, row.BodySize, m.id())
	if err != nil {
		return nil, err
	}
	msg.Body = row.Body
	return msg, nil
}

// tried adds what was tried to an error that lacks it.
func tried(op string, err error) error {
	var e *mq.Error
	if errors.As(err, &e) && e.Op == "" {
		c := *e
		c.Op = op
		return &c
	}
	return err
}
