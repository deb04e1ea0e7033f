package localqm

import (
	"cmp"
	"context"
	"sync"
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
	op := h.opSend
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
	all := make([]sent, len(messages))
	var waiting sync.WaitGroup
	var failed error
	n := 0
	for _, msg := range messages {
		if failed = m.stamp(op, h, msg, false); failed != nil {
			break
		}
		ops, row, err := m.plan(op, h, msg, false)
		if failed = err; failed != nil {
			break
		}
		s := &all[n]
		s.row = row
		n++
		waiting.Add(1)
		m.submit(ops, func(err error) {
			s.err = err
			waiting.Done()
		})
	}
	waiting.Wait()
	receipts := make([]Receipt, 0, n)
	for i, s := range all[:n] {
		if s.err != nil {
			return receipts, m.storeError(op, s.err)
		}
		receipts = append(receipts, Receipt{ID: messages[i].ID, Lookup: s.row.Lookup})
	}
	return receipts, failed
}

// plan returns the operations of the arrival of a message that was stamped.
// They must be submitted. again: its sender was allowed all this when it sent
// it the first time.
func (m *QueueManager) plan(op string, h *Handle, msg *mq.Message, again bool) ([]store.Op, *store.Row, error) {
	row, err := m.encode(op, msg)
	if err != nil {
		return nil, nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	q, err := m.mayEnter(op, h, msg, again)
	if err != nil {
		return nil, nil, err
	}
	ops, err := m.entering(op, q, msg, row)
	return ops, row, err
}

// stamp checks a message and fills in what the queue manager adds, whatever
// stood there: a sender cannot say that it was authenticated.
func (m *QueueManager) stamp(op string, h *Handle, msg *mq.Message, transactional bool) error {
	if n := mq.LabelLength(msg.Label); n > mq.MaxLabel {
		return mq.Errorf(mq.ErrLabelTooLong, op, "the label has %d characters; a message's may have %d", n, mq.MaxLabel).
			WithFix("shorten it")
	}
	if msg.Priority > mq.MaxPriority {
		return mq.Errorf(mq.ErrIllegalPropertyValue, op, "priority %d does not exist", msg.Priority).
			WithFix("use 0 to 7")
	}
	if msg.Class != mq.ClassNormal && msg.ConnectorType.IsZero() {
		return mq.Errorf(mq.ErrMissingConnectorType, op, "only connector applications choose the class of a message").
			WithFix("leave the class out")
	}
	if transactional {
		// MS-MQDMPR 3.1.1.12: a transaction's messages are recoverable and of
		// priority 0, whatever was asked.
		msg.Priority, msg.Delivery = 0, mq.Recoverable
	}
	if msg.Acknowledge != 0 && msg.AdminQueue.IsZero() {
		return mq.Errorf(mq.ErrInsufficientProperties, op, "acknowledgements were asked for, but no administration queue was named").
			WithFix("name one")
	}
	msg.Transactional, msg.TransactionID, msg.First, msg.Last = transactional, mq.ObjectID{}, false, false
	msg.Sequence, msg.SequenceNumber, msg.PreviousNumber, msg.FinalAck = 0, 0, 0, false
	msg.Destination, msg.DestinationMachine, msg.MultiDestination = h.to, mq.GUID{}, h.many
	if h.to.Kind == mq.KindPublic {
		if msg.DestinationMachine = h.there; h.there.IsZero() {
			msg.DestinationMachine = m.ownerOf(h.to) // if that is known by now
		}
	}
	msg.ID = mq.ObjectID{Source: m.id(), Ordinal: m.store.NextOrdinal()}
	msg.SourceMachine, msg.HopCount = m.id(), 0
	msg.SentTime = m.clock.Now().Truncate(time.Second)
	msg.SenderSID, msg.SenderMachine = h.sid, mq.GUID{}
	msg.Authenticated, msg.AuthLevel = false, 0
	return nil
}

// encode makes the row of a message; the body is not copied.
func (m *QueueManager) encode(op string, msg *mq.Message) (*store.Row, error) {
	// A packet names algorithms even if it needs none (MS-MQMQ 2.2.19.3).
	msg.HashAlgorithm = cmp.Or(msg.HashAlgorithm, mq.HashSHA512)
	msg.EncryptAlg = cmp.Or(msg.EncryptAlg, mq.EncryptAES256)
	head, at, err := wire.Split(msg, m.id())
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

// mayEnter checks handle, rights and the kinds of queue and message. Called with
// mu held.
func (m *QueueManager) mayEnter(op string, h *Handle, msg *mq.Message, again bool) (*queue, error) {
	q, err := h.target(op)
	if err != nil {
		return nil, err
	}
	if err := m.allow(op, h.caller, q, rightsFor(SendAccess)); err != nil {
		return nil, err
	}
	if q, err = m.connected(q, msg.Transactional); err != nil {
		return nil, err
	}
	switch {
	case q.out != nil: // whether it is taken, its destination decides
	case q.info.Transactional && !msg.Transactional:
		return nil, mq.Errorf(mq.ErrTransactionUsage, op, "the queue is transactional and the message is not").
			WithFix("send it in a transaction")
	case !q.info.Transactional && msg.Transactional:
		return nil, mq.Errorf(mq.ErrTransactionUsage, op, "the message is transactional and the queue is not").
			WithFix("send it without a transaction, or to a transactional queue")
	case q.info.Authenticate && !msg.Authenticated:
		return nil, mq.Errorf(mq.ErrMessageNotAuthenticated, op, "the queue takes only signed messages, and this one is not signed").
			WithFix("clear the queue's Authenticated property, if unsigned messages are welcome")
	case q.info.Privacy == 2 && !msg.Encrypted:
		return nil, mq.Errorf(mq.ErrUnsupportedOperation, op, "the queue takes only encrypted messages, and this one is not encrypted").
			WithFix("set the queue's privacy level to optional, if plain messages are welcome")
	}
	if err := m.checkAdminQueue(op, h, msg, again); err != nil {
		return nil, err
	}
	return q, m.checkDeadLetterQueue(op, h, msg, again)
}

// addressed is the destination that a message keeps: the format name as its
// sender gave it, or for a path name the short private one.
func (m *QueueManager) addressed(name mq.QueueName, q *queue) mq.FormatName {
	if q.out != nil {
		return q.format
	}
	if !name.Format.IsZero() {
		return name.Format
	}
	if root := q.root(); root.info.Kind == store.Public {
		return mq.Public(root.info.ID)
	}
	return mq.Private(m.id(), q.root().info.Number)
}

// checkAdminQueue refuses what could not be answered: an administration queue
// that nothing can be sent to, or a transactional one (acknowledgements are never transactional, MS-MQQB 3.1.7.15). Through
// acknowledgements nobody writes where it may not.
func (m *QueueManager) checkAdminQueue(op string, h *Handle, msg *mq.Message, again bool) error {
	if msg.Acknowledge == 0 {
		return nil
	}
	if f, outside := m.outside(mq.QueueName{Format: msg.AdminQueue}); outside {
		return reachable(op, f)
	}
	q, err := m.find(op, mq.QueueName{Format: msg.AdminQueue})
	switch {
	case mq.CodeOf(err) == mq.ErrQueueNotFound:
		return nil // it may be created before an answer is due
	case err != nil:
		return err
	case !q.sendable():
		return mq.Errorf(mq.ErrIllegalPropertyValue, op, "acknowledgements cannot go to %s", q.path).
			WithFix("name a private queue")
	case q.info.Transactional:
		return mq.Errorf(mq.ErrIllegalPropertyValue, op, "the administration queue %s is transactional, and acknowledgements are not", q.path).
			WithFix("name a queue that is not transactional")
	case again:
		return nil
	}
	return m.allow(op, h.caller, q, mq.RightWriteMessage)
}

// checkDeadLetterQueue refuses an application dead-letter queue that could not
// keep the message (MS-MQDMPR 3.1.1.12 ApplicationDeadletterQueue): it is on the
// sender's machine, exists, and is of the message's kind.
func (m *QueueManager) checkDeadLetterQueue(op string, h *Handle, msg *mq.Message, again bool) error {
	if msg.DeadLetterQueue.IsZero() || again { // then the system's is the last resort
		return nil
	}
	q, err := m.find(op, mq.QueueName{Format: msg.DeadLetterQueue})
	switch {
	case mq.CodeOf(err) == mq.ErrUnsupportedOperation: // elsewhere
		return mq.Errorf(mq.ErrIllegalPropertyValue, op, "the dead-letter queue %s is on another computer", msg.DeadLetterQueue).
			WithFix("name a queue of this computer (%s), or none: the system's is used then", m.self.Name)
	case mq.CodeOf(err) == mq.ErrQueueNotFound:
		return mq.Errorf(mq.ErrQueueNotFound, op, "the dead-letter queue %s does not exist", msg.DeadLetterQueue).
			WithFix("create it first, or name none: the system's is used then")
	case err != nil:
		return err
	case !q.sendable():
		return mq.Errorf(mq.ErrIllegalPropertyValue, op, "dead letters cannot be kept in %s", q.path).
			WithFix("name a private queue, or none: the system's is used then")
	case q.info.Transactional != msg.Transactional:
		kind := map[bool]string{true: "transactional", false: "not transactional"}
		return mq.Errorf(mq.ErrIllegalPropertyValue, op, "the dead-letter queue %s is %s, and the message is %s",
			q.path, kind[q.info.Transactional], kind[msg.Transactional]).WithFix("name a queue of the message's kind")
	}
	return m.allow(op, h.caller, q, mq.RightWriteMessage)
}

// entering reserves room and returns the operations that a message's arrival
// consists of: itself, the journal copy of its sender, the acknowledgement of
// its arrival. They must be submitted; after an error nothing is reserved.
// Called with mu held.
func (m *QueueManager) entering(op string, q *queue, msg *mq.Message, row *store.Row) ([]store.Op, error) {
	if err := m.fits(op, q, row.Size()); err != nil {
		return nil, err
	}
	m.reserve(q, row.Size())
	address(q, msg, row)
	return m.appendArrival(nil, q, msg, row), nil
}

// address makes the row of a message what its queue keeps. In an outgoing queue
// messages end when they can no longer reach theirs, and those with a final
// acknowledgement to come are found by it.
func address(q *queue, msg *mq.Message, row *store.Row) {
	if q.out == nil {
		return
	}
	row.Expires = expiry(msg)
	if msg.TimeToReachQueue != mq.Never && msg.TimeToReachQueue <= msg.TimeToBeReceived {
		row.Expires = msg.SentTime.Unix() + int64(msg.TimeToReachQueue) + 1 // once more than it has passed
	}
	if msg.Transactional && (msg.Journal || msg.DeadLetter) {
		row.Index = msg.ID
	}
}

// appendArrival is entering for a row whose room is reserved and that has its
// address. In an outgoing queue nothing has arrived yet.
func (m *QueueManager) appendArrival(ops []store.Op, q *queue, msg *mq.Message, row *store.Row) []store.Op {
	ops = append(ops, m.put(q, row))
	if q.out != nil {
		return ops
	}
	if msg.Journal {
		ops = m.appendCopy(ops, m.system(mq.SuffixJournal), row, mq.ClassNormal)
	}
	if msg.Acknowledge&mq.AckPositiveArrival != 0 && q.reached() {
		ops = m.appendAck(ops, msg, row, mq.ClassAckReachQueue)
	}
	return ops
}
