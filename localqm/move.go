package localqm

import (
	"context"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// Moved tells what became of one message of a move, copy or return.
type Moved struct {
	NewID mq.ObjectID // set when it was sent anew
	Err   error
}

// MoveMessages moves chosen messages. Between a queue and its subqueues they
// keep identifier and place (Move Message, MS-MQDMPR 3.1.7.1.16), and a
// subqueue that does not exist yet begins; elsewhere each is a receive and a
// send in one transaction.
func (m *QueueManager) MoveMessages(ctx context.Context, c Caller, from, to mq.QueueName, ids []uint64) ([]Moved, error) {
	op := "move messages from " + from.String() + " to " + to.String()
	to, _, err := m.meant(ctx, op, to)
	if err != nil {
		return nil, err
	}
	if err := m.beginSubqueue(ctx, c, to); err != nil {
		return nil, err
	}
	h, err := m.OpenQueue(ctx, c, from, ReceiveAccess, DenyNone)
	if err != nil {
		return nil, err
	}
	defer h.Close()
	m.mu.Lock()
	target, err := m.opened(op, to, SendAccess)
	near := err == nil && h.queue != nil && related(h.queue, target)
	same := err == nil && h.queue != nil && target.root() == h.queue.root() && !near
	m.mu.Unlock()
	switch {
	case err != nil:
		return nil, err
	case same:
		return nil, mq.Errorf(mq.ErrInvalidParameter, op, "the messages are in that queue already")
	case near:
		return moved(each(ctx, ids, func(id uint64) error { return h.move(ctx, id, target, nil) })), nil
	}
	return m.resend(ctx, op, h, ids, func(*mq.Message) (mq.QueueName, error) { return to, nil })
}

// ReturnMessages sends dead letters anew to the destination they had, each
// receive and send in one transaction.
func (m *QueueManager) ReturnMessages(ctx context.Context, c Caller, from mq.QueueName, ids []uint64) ([]Moved, error) {
	op := "return messages of " + from.String()
	h, err := m.OpenQueue(ctx, c, from, ReceiveAccess, DenyNone)
	if err != nil {
		return nil, err
	}
	defer h.Close()
	return m.resend(ctx, op, h, ids, func(msg *mq.Message) (mq.QueueName, error) {
		if msg.Destination.IsZero() {
			return mq.QueueName{}, mq.Errorf(mq.ErrIllegalFormatName, op, "the message does not say where it was going")
		}
		return mq.QueueName{Format: msg.Destination}, nil
	})
}

// CopyMessages sends copies, in the order given.
func (m *QueueManager) CopyMessages(ctx context.Context, c Caller, from, to mq.QueueName, ids []uint64) ([]Moved, error) {
	h, err := m.OpenQueue(ctx, c, from, PeekAccess, DenyNone)
	if err != nil {
		return nil, err
	}
	defer h.Close()
	out := make([]Moved, len(ids))
	for i, id := range ids {
		var d Delivery
		d, out[i].Err = h.Read(ctx, ReadOptions{Peek: true, Seek: SeekCurrent, Lookup: id, Body: -1})
		if out[i].Err == nil {
			out[i].NewID, out[i].Err = m.sendAgain(ctx, c, to, d.Message)
		}
	}
	return out, nil
}

// beginSubqueue creates the subqueue that a move names, if only it is missing.
func (m *QueueManager) beginSubqueue(ctx context.Context, c Caller, to mq.QueueName) error {
	p, ok := to.PathName()
	if !ok || p.Subqueue == "" {
		return nil
	}
	m.mu.Lock()
	_, err := m.find("", to) // one of another machine is not missing
	m.mu.Unlock()
	if mq.CodeOf(err) != mq.ErrQueueNotFound {
		return nil
	}
	if _, err := m.CreateQueue(ctx, c, to, QueueSpec{}); err != nil && mq.CodeOf(err) != mq.ErrQueueExists {
		return err
	}
	return nil
}

// Move puts one message into another part of its queue: a subqueue of it, or
// back. In a transaction it shows there when that commits.
func (h *Handle) Move(ctx context.Context, lookup uint64, to mq.QueueName, tx *Transaction) error {
	m := h.m
	op := "move a message of " + h.name.String() + " to " + to.String()
	m.mu.Lock()
	target, err := m.find(op, to)
	if err == nil {
		var q *queue
		if q, err = h.target(op); err == nil && !related(q, target) {
			err = unrelated(op)
		}
	}
	m.mu.Unlock()
	if err != nil {
		return err
	}
	return h.move(ctx, lookup, target, tx)
}

// OpenToMove opens a queue for messages to be moved to. A subqueue that does not
// exist yet begins.
func (m *QueueManager) OpenToMove(ctx context.Context, c Caller, name mq.QueueName) (*Handle, error) {
	if err := m.beginSubqueue(ctx, c, name); err != nil {
		return nil, err
	}
	return m.OpenQueue(ctx, c, name, MoveAccess, DenyNone)
}

// MoveTo is Move to a queue that OpenToMove opened. Errors beside those of Movable:
// MQ_ERROR_MESSAGE_NOT_FOUND, MQ_ERROR_MESSAGE_LOCKED_UNDER_TRANSACTION.
func (h *Handle) MoveTo(ctx context.Context, lookup uint64, to *Handle, tx *Transaction) error {
	target, err := h.movable(to)
	if err != nil {
		return err
	}
	return h.move(ctx, lookup, target, tx)
}

// Movable tells whether messages may move to another open queue. Errors:
// MQ_ERROR_INVALID_HANDLE for one that OpenToMove did not open,
// MQ_ERROR_UNSUPPORTED_OPERATION for one that is no part of the same queue.
func (h *Handle) Movable(to *Handle) error {
	_, err := h.movable(to)
	return err
}

func (h *Handle) movable(to *Handle) (*queue, error) {
	op := "move a message of " + h.name.String() + " to " + to.name.String()
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	q, err := h.reading(op, true, nil)
	if err != nil {
		return nil, err
	}
	target, err := to.target(op)
	switch {
	case err != nil:
		return nil, err
	case to.access != MoveAccess:
		return nil, mq.Errorf(mq.ErrInvalidHandle, op, "the target was opened to %s", to.access)
	case !related(q, target):
		return nil, unrelated(op)
	}
	return target, nil
}

func unrelated(op string) error {
	return mq.Errorf(mq.ErrUnsupportedOperation, op, "messages move only between a queue and its own subqueues").
		WithFix("receive it and send it anew")
}

// related reports that messages may move between two queues.
func related(a, b *queue) bool {
	part := func(q *queue) bool { return q.info.Role == store.Main || q.info.Role == store.Subqueue }
	return a != b && a.root() == b.root() && part(a) && part(b)
}

func (h *Handle) move(ctx context.Context, lookup uint64, to *queue, tx *Transaction) error {
	m := h.m
	op := "move a message of " + h.name.String()
	at, err := h.locate(ctx, op, ReadOptions{Seek: SeekCurrent, Lookup: lookup, Tx: tx})
	if err != nil {
		return err
	}
	if tx != nil {
		return tx.take(op, txOp{kind: txMove, queue: at.queue, msg: at.delivery.Message, row: at.delivery.Row, to: to})
	}
	m.mu.Lock()
	if to.gone {
		m.release(at.place)
		m.mu.Unlock()
		return mq.Errorf(mq.ErrQueueDeleted, op, "the target was deleted meanwhile")
	}
	move := m.shift(at.queue, at.delivery.Row, to)
	m.mu.Unlock()
	return m.commit(ctx, op, []store.Op{move}, nil)
}

// resend receives each message and sends it anew to where to says, as one step.
func (m *QueueManager) resend(ctx context.Context, op string, h *Handle, ids []uint64, to func(*mq.Message) (mq.QueueName, error)) ([]Moved, error) {
	out := make([]Moved, len(ids))
	for i, id := range ids {
		if err := ctx.Err(); err != nil {
			out[i].Err = &mq.Error{Code: mq.ErrOperationCancelled, Why: "cancelled before its turn", Err: err}
			continue
		}
		out[i].NewID, out[i].Err = m.resendOne(ctx, op, h, id, to)
	}
	return out, nil
}

func (m *QueueManager) resendOne(ctx context.Context, op string, h *Handle, id uint64, to func(*mq.Message) (mq.QueueName, error)) (mq.ObjectID, error) {
	at, err := h.locate(ctx, op, ReadOptions{Seek: SeekCurrent, Lookup: id})
	if err != nil {
		return mq.ObjectID{}, err
	}
	giveBack := func(err error) (mq.ObjectID, error) {
		m.mu.Lock()
		m.release(at.place)
		m.mu.Unlock()
		return mq.ObjectID{}, err
	}
	name, err := to(at.delivery.Message)
	if err != nil {
		return giveBack(err)
	}
	out, err := m.OpenQueue(ctx, h.caller, name, SendAccess, DenyNone)
	if err != nil {
		return giveBack(err)
	}
	defer out.Close()
	msg, err := m.renewed(op, out, at.delivery.Message)
	if err != nil {
		return giveBack(err)
	}
	ops, _, err := m.plan(op, out, msg, true)
	if err != nil {
		return giveBack(err)
	}
	m.mu.Lock()
	if at.queue.root().out != nil {
		ops = append(ops, m.remove(at.queue, at.delivery.Row)) // it goes on, only elsewhere
	} else {
		ops = append(ops, m.removing(at.queue, at.delivery.Row, at.delivery.Message, mq.ClassAckReceive)...)
	}
	m.mu.Unlock()
	return msg.ID, m.commit(ctx, op, ops, nil)
}

// renewed is a message made ready to be sent anew to another queue: what its
// sender chose is kept, what queue managers added is new. Whether it is
// transactional follows the queue it goes to.
func (m *QueueManager) renewed(op string, out *Handle, old *mq.Message) (*mq.Message, error) {
	m.mu.Lock()
	q, err := out.target(op)
	transactional := err == nil && (q.info.Transactional || q.out != nil && old.Transactional)
	m.mu.Unlock()
	if err != nil {
		return nil, err
	}
	msg := *old
	msg.Class = mq.ClassNormal
	if msg.AdminQueue.IsZero() {
		msg.Acknowledge = 0
	}
	// A signature spoke of another identifier, time and destination.
	msg.Signature, msg.MultiSignature = nil, nil
	if err := m.stamp(op, out, &msg, transactional); err != nil {
		return nil, err
	}
	if transactional {
		msg.First, msg.Last = true, true
		msg.TransactionID = mq.ObjectID{Source: m.id(), Ordinal: m.txNumber()}
	}
	return &msg, nil
}

// sendAgain sends a copy of a message.
func (m *QueueManager) sendAgain(ctx context.Context, c Caller, to mq.QueueName, old *mq.Message) (mq.ObjectID, error) {
	op := "send a copy to " + to.String()
	out, err := m.OpenQueue(ctx, c, to, SendAccess, DenyNone)
	if err != nil {
		return mq.ObjectID{}, err
	}
	defer out.Close()
	msg, err := m.renewed(op, out, old)
	if err != nil {
		return mq.ObjectID{}, err
	}
	ops, _, err := m.plan(op, out, msg, true)
	if err != nil {
		return mq.ObjectID{}, err
	}
	return msg.ID, m.commit(ctx, op, ops, nil)
}

func moved(errs []error) []Moved {
	out := make([]Moved, len(errs))
	for i, err := range errs {
		out[i].Err = err
	}
	return out
}
