package localqm

import (
	"context"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
	"posthouse/localqm/wire"
)

// Receipt tells where a message that was sent is now.
type Receipt struct {
	ID     mq.ObjectID
	Lookup uint64 // its place in the destination queue; 0 inside a transaction
}

// Send puts messages into the open queue, each of them durably before Send
// returns if it is recoverable (Enqueue Message To An Open Queue, MS-MQDMPR
// 3.1.7.1.27). With a transaction they become visible at its commit. Without
// one, messages before the first that failed are sent: their receipts come back
// with the error. The messages are filled in (ID, SentTime, ...) and must not
// be changed afterwards.
func (h *Handle) Send(ctx context.Context, tx *Transaction, messages ...*mq.Message) ([]Receipt, error) {
	op := "send to " + h.name.String()
	if h.access != SendAccess {
		return nil, mq.Errorf(mq.ErrAccessDenied, op, "the queue was opened to %s, not to send", h.access)
	}
	if err := ctx.Err(); err != nil {
		return nil, h.m.storeError(op, err)
	}
	if h.targets != nil {
		return h.sendMany(ctx, tx, messages)
	}
	if tx != nil {
		return nil, tx.send(op, h, messages)
	}
	return h.m.sendEach(op, h, messages)
}

// sendMany sends a copy to every element of a multiple-element name.
func (h *Handle) sendMany(ctx context.Context, tx *Transaction, messages []*mq.Message) ([]Receipt, error) {
	var all []Receipt
	for _, msg := range messages {
		for _, t := range h.targets {
			one := *msg
			one.MultiDestination = h.name.Format.Elements
			r, err := t.Send(ctx, tx, &one)
			all = append(all, r...)
			if err != nil {
				return all, err
			}
		}
	}
	return all, nil
}

// sendEach submits every message as a step of its own, then waits for all, so
// that they share commits.
func (m *QueueManager) sendEach(op string, h *Handle, messages []*mq.Message) ([]Receipt, error) {
	type sent struct {
		row *store.Row
		err error
	}
	pending := make([]sent, 0, len(messages))
	done := make(chan struct{}, len(messages))
	var failed error
	waiting := 0
	for _, msg := range messages {
		if failed = m.prepare(op, h, msg, false); failed != nil {
			break
		}
		ops, row, err := m.plan(op, h, msg)
		if failed = err; failed != nil {
			break
		}
		at := len(pending)
		pending = append(pending, sent{row: row})
		waiting++
		m.submit(ops, func(err error) {
			pending[at].err = err
			done <- struct{}{}
		})
	}
	for range waiting {
		<-done
	}
	receipts := make([]Receipt, 0, len(pending))
	for i, s := range pending {
		if s.err != nil {
			return receipts, m.storeError(op, s.err)
		}
		receipts = append(receipts, Receipt{ID: messages[i].ID, Lookup: s.row.Lookup})
	}
	return receipts, failed
}

// plan checks a message that is ready and returns the operations of its
// arrival. Encoding is done outside the lock.
func (m *QueueManager) plan(op string, h *Handle, msg *mq.Message) ([]store.Op, *store.Row, error) {
	m.mu.Lock()
	_, err := m.mayEnter(op, h, msg, msg.Transactional)
	m.mu.Unlock()
	if err != nil {
		return nil, nil, err
	}
	row, err := m.encode(op, msg)
	if err != nil {
		return nil, nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	q, err := h.target(op)
	if err != nil {
		return nil, nil, err
	}
	ops, err := m.entering(op, q, msg, row)
	return ops, row, err
}

// prepare checks a message and fills in what the queue manager adds.
func (m *QueueManager) prepare(op string, h *Handle, msg *mq.Message, transactional bool) error {
	if n := mq.LabelLength(msg.Label); n > mq.MaxLabel {
		return mq.Errorf(mq.ErrLabelTooLong, op, "the label has %d characters; a message's may have %d", n, mq.MaxLabel).
			WithFix("shorten it")
	}
	if msg.Priority > mq.MaxPriority {
		return mq.Errorf(mq.ErrIllegalPropertyValue, op, "priority %d does not exist", msg.Priority).
			WithFix("use 0 to 7")
	}
	if transactional {
		// MS-MQDMPR 3.1.1.12: a transaction's messages are recoverable and of
		// priority 0, whatever was asked.
		msg.Priority, msg.Delivery = 0, mq.Recoverable
	}
	if msg.Acknowledge != 0 && msg.AdminQueue.IsZero() {
		return mq.Errorf(mq.ErrInsufficientProperties, op, "acknowledgements were asked for, but no administration queue was named").
			WithFix("name one with --admin-queue")
	}
	msg.Transactional = transactional
	msg.ID = mq.ObjectID{Source: m.self.ID, Ordinal: m.store.NextOrdinal()}
	msg.SourceMachine = m.self.ID
	msg.SentTime = m.clock.Now().Truncate(time.Second)
	msg.SenderSID = h.caller.sid()
	return nil
}

// encode makes the row of a message; the body is not copied.
func (m *QueueManager) encode(op string, msg *mq.Message) (*store.Row, error) {
	head, at, err := wire.Split(msg, m.self.ID)
	if err != nil {
		return nil, tried(op, err)
	}
	return &store.Row{
		Priority: msg.Priority, Express: msg.Delivery == mq.Express, Class: msg.Class,
		Arrived: m.clock.Now().Unix(), Expires: expiry(msg),
		Head: head, BodyAt: at, Body: msg.Body, BodySize: len(msg.Body),
	}, nil
}

// expiry is SentTime + TimeToBeReceived in Unix seconds, 0 for never. It is
// reckoned in 64 bits: a SentTime in the future never expires early.
func expiry(msg *mq.Message) int64 {
	if msg.TimeToBeReceived == mq.Never {
		return 0
	}
	return msg.SentTime.Unix() + int64(msg.TimeToBeReceived)
}

// late reports that a message did not reach its queue in time.
func (m *QueueManager) late(msg *mq.Message) bool {
	return msg.TimeToReachQueue != mq.Never &&
		m.clock.Now().Unix() > msg.SentTime.Unix()+int64(msg.TimeToReachQueue)
}

// mayEnter checks handle, rights and the kinds of queue and message, and fills
// in the destination. Called with mu held.
func (m *QueueManager) mayEnter(op string, h *Handle, msg *mq.Message, transactional bool) (*queue, error) {
	q, err := h.target(op)
	if err != nil {
		return nil, err
	}
	if err := m.allow(op, h.caller, q, rightsFor(SendAccess)); err != nil {
		return nil, err
	}
	switch {
	case q.info.Transactional && !transactional:
		return nil, mq.Errorf(mq.ErrTransactionUsage, op, "the queue is transactional and the message is not").
			WithFix("send it in a transaction (--transactional)")
	case !q.info.Transactional && transactional:
		return nil, mq.Errorf(mq.ErrTransactionUsage, op, "the message is transactional and the queue is not").
			WithFix("send it without a transaction, or to a transactional queue")
	case q.info.Authenticate && !msg.Authenticated:
		return nil, mq.Errorf(mq.ErrMessageNotAuthenticated, op, "the queue takes only signed messages, and this one is not signed").
			WithFix("clear the queue's Authenticated property, if unsigned messages are welcome")
	case q.info.Privacy == 2 && !msg.Encrypted:
		return nil, mq.Errorf(mq.ErrUnsupportedOperation, op, "the queue takes only encrypted messages, and this one is not encrypted").
			WithFix("set the queue's privacy level to optional, if plain messages are welcome")
	}
	if err := m.checkAdminQueue(op, msg); err != nil {
		return nil, err
	}
	if msg.Destination.IsZero() {
		msg.Destination = m.addressed(h, q)
	}
	return q, nil
}

// addressed is the destination that a message keeps: the format name as its
// sender gave it, or for a path name the short private one.
func (m *QueueManager) addressed(h *Handle, q *queue) mq.FormatName {
	if !h.name.Format.IsZero() {
		return h.name.Format
	}
	return mq.Private(m.self.ID, q.info.Number)
}

// checkAdminQueue refuses what could not be answered: an administration queue
// of another machine as long as nothing can be sent there, or a transactional
// one (acknowledgements are never transactional, MS-MQQB 3.1.7.15).
func (m *QueueManager) checkAdminQueue(op string, msg *mq.Message) error {
	if msg.Acknowledge == 0 {
		return nil
	}
	q, err := m.find(op, mq.QueueName{Format: msg.AdminQueue})
	switch {
	case mq.CodeOf(err) == mq.ErrQueueNotFound:
		return nil // it may be created before an answer is due
	case err != nil:
		return err
	case !q.sendable():
		return mq.Errorf(mq.ErrIllegalPropertyValue, op, "acknowledgements cannot go to %s", m.pathName(q)).
			WithFix("name a private queue")
	case q.info.Transactional:
		return mq.Errorf(mq.ErrIllegalPropertyValue, op, "the administration queue %s is transactional, and acknowledgements are not", m.pathName(q)).
			WithFix("name a queue that is not transactional")
	}
	return nil
}

// entering reserves room and returns the operations that a message's arrival
// consists of: itself, the journal copy of its sender, the acknowledgement of
// its arrival. Called with mu held; after an error nothing is reserved.
func (m *QueueManager) entering(op string, q *queue, msg *mq.Message, row *store.Row) ([]store.Op, error) {
	if quota, whose, ok := m.room(q, row.Size()); !ok {
		return nil, mq.Errorf(mq.ErrInsufficientResources, op, "the %s is full: its quota of %d KB would be exceeded", whose, quota).
			WithFix("receive or purge messages, or raise the quota")
	}
	m.reserve(q, row)
	ops := []store.Op{&store.Put{Row: row}}
	if msg.Journal {
		ops = m.appendCopy(ops, m.system(mq.SuffixJournal), row, mq.ClassNormal)
	}
	if msg.Acknowledge&mq.AckPositiveArrival != 0 {
		ops = m.appendAck(ops, msg, row, mq.ClassAckReachQueue)
	}
	return ops, nil
}
