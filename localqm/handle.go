package localqm

import (
	"context"
	"slices"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// Access is what a queue is opened for (QueueAccessType, MS-MQDMPR 3.1.1.17).
type Access uint8

// The access types, with the values of MS-MQMQ 2.2 where it has them.
const (
	SendAccess    Access = 0x02
	ReceiveAccess Access = 0x01
	PeekAccess    Access = 0x20
	MoveAccess    Access = 0x04
)

func (a Access) String() string {
	switch a {
	case SendAccess:
		return "send"
	case ReceiveAccess:
		return "receive"
	case PeekAccess:
		return "peek"
	case MoveAccess:
		return "move"
	}
	return "unknown access"
}

// Share is whether others may read meanwhile (QueueShareMode).
type Share uint8

// The share modes.
const (
	DenyNone    Share = 0
	DenyReceive Share = 1
)

// Handle is an open queue (OpenQueueDescriptor, MS-MQDMPR 3.1.1.16). It stops
// working when its queue is deleted.
type Handle struct {
	m      *QueueManager
	caller Caller
	access Access
	share  Share
	name   mq.QueueName
	sid    []byte // of the caller, as messages carry it

	// What is tried with it, in words.
	opSend, opReceive, opPeek string

	// What messages sent through it say of their destination.
	to    mq.FormatName
	there mq.GUID         // us, if it is a public queue here
	many  []mq.FormatName // all names, of an element of a multiple-element name

	queue   *queue    // nil when closed or its queue deleted; guarded by m.mu
	targets []*Handle // of a multiple-element name, instead of queue
	closed  chan struct{}
	shut    bool

	pendings map[*Pending]struct{} // guarded by m.mu
}

// OpenQueue opens a queue (Open Queue, MS-MQDMPR 3.1.7.1.5). The rights that
// the access needs are checked now and again at every operation.
func (m *QueueManager) OpenQueue(ctx context.Context, c Caller, name mq.QueueName, a Access, s Share) (*Handle, error) {
	op := "open queue " + name.String() + " to " + a.String()
	if k := name.Format.Kind; k == mq.KindMulti || k == mq.KindDistribution {
		return m.openMany(ctx, op, c, name, a, s)
	}
	if err := ctx.Err(); err != nil {
		return nil, m.storeError(op, err)
	}
	meant, found, err := m.meant(ctx, op, name)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	q, err := m.opened(op, meant, a)
	if err != nil {
		return nil, err
	}
	if q.out != nil && !found.ID.IsZero() {
		q.info.Label = found.path().String()
		set(&q.info.BasePriority, found.Spec.BasePriority)
		q.out.base.Store(int32(q.info.BasePriority))
	}
	if a == SendAccess && q.out == nil && !q.sendable() && !m.notified(q) {
		return nil, mq.Errorf(mq.ErrUnsupportedFormatNameOperation, op, "%s can only be read", q.path).
			WithFix("journals, subqueues and system queues are filled by the queue manager")
	}
	if s == DenyReceive && a != ReceiveAccess && a != PeekAccess {
		return nil, mq.Errorf(mq.ErrUnsupportedAccessMode, op, "only reading can be exclusive")
	}
	if err := m.allow(op, c, q, rightsFor(a)); err != nil {
		return nil, err
	}
	if q.conflicts(a, s) {
		return nil, mq.Errorf(mq.ErrSharingViolation, op, "%s is open exclusively, or is to be opened so while others read it", q.path).
			WithFix("wait until the other application closes it")
	}
	h := m.newHandle(c, name, a, s)
	h.queue, h.to = q, m.addressed(name, q)
	if q.out == nil {
		h.there = m.id()
	}
	q.handles[h] = struct{}{}
	return h, nil
}

// opened finds the queue to open; one of another machine can be sent to, and
// who administers may look at what waits for it.
func (m *QueueManager) opened(op string, name mq.QueueName, a Access) (*queue, error) {
	if f, outside := m.outside(name); outside && a == SendAccess {
		return m.sendTo(op, f)
	}
	return m.findAny(op, name)
}

func (m *QueueManager) newHandle(c Caller, name mq.QueueName, a Access, s Share) *Handle {
	text := name.String()
	return &Handle{
		m: m, caller: c, access: a, share: s, name: name, sid: c.sid(), closed: make(chan struct{}),
		pendings: map[*Pending]struct{}{},
		opSend:   "send to " + text, opReceive: "receive from " + text, opPeek: "peek at " + text,
	}
}

func (m *QueueManager) openMany(ctx context.Context, op string, c Caller, name mq.QueueName, a Access, s Share) (*Handle, error) {
	if a != SendAccess {
		return nil, mq.Errorf(mq.ErrUnsupportedFormatNameOperation, op, "a list of names can only be sent to")
	}
	if s != DenyNone {
		return nil, mq.Errorf(mq.ErrUnsupportedAccessMode, op, "a list of names cannot be opened exclusively")
	}
	elements := name.Format.Elements
	if name.Format.Kind == mq.KindDistribution {
		elements = []mq.FormatName{name.Format}
	}
	targets, err := m.targets(ctx, op, elements)
	if err != nil {
		return nil, err
	}
	h := m.newHandle(c, name, a, s)
	for _, f := range targets {
		t, err := m.OpenQueue(ctx, c, mq.QueueName{Format: f}, SendAccess, DenyNone)
		if err != nil {
			h.Close()
			return nil, err
		}
		t.many = elements
		h.targets = append(h.targets, t)
	}
	return h, nil
}

// conflicts applies the sharing rules of MS-MQDMPR 3.1.7.1.5.
func (q *queue) conflicts(a Access, s Share) bool {
	for o := range q.handles {
		switch {
		case o.share == DenyReceive && o.access == ReceiveAccess:
			if s == DenyReceive || a == ReceiveAccess {
				return true
			}
		case o.share == DenyReceive && o.access == PeekAccess:
			if a == ReceiveAccess {
				return true
			}
		case o.share == DenyNone && o.access == ReceiveAccess:
			if s == DenyReceive {
				return true
			}
		}
	}
	return false
}

// Close ends the handle; its waiting reads end with MQ_ERROR_OPERATION_CANCELLED
// (Close Queue, MS-MQDMPR 3.1.7.1.6).
func (h *Handle) Close() {
	for _, t := range h.targets {
		t.Close()
	}
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	if h.shut {
		return
	}
	h.shut = true
	close(h.closed)
	if h.queue != nil {
		delete(h.queue.handles, h)
		if h.queue.out != nil {
			h.m.rest(h.queue)
		}
		h.queue = nil
	}
	h.abandon()
}

// target is the queue of an open handle. Called with mu held.
func (h *Handle) target(op string) (*queue, error) {
	if err := h.m.usable(op); err != nil {
		return nil, err
	}
	if h.shut {
		return nil, mq.Errorf(mq.ErrInvalidHandle, op, "the queue was closed")
	}
	if h.queue == nil || h.queue.gone {
		return nil, mq.Errorf(mq.ErrQueueDeleted, op, "the queue %s was deleted meanwhile", h.name).
			WithFix("open another one")
	}
	return h.queue, nil
}

// reading checks that h may read, and returns its queue. Called with mu held.
func (h *Handle) reading(op string, take bool, tx *Transaction) (*queue, error) {
	q, err := h.target(op)
	if err != nil {
		return nil, err
	}
	need := rightsFor(PeekAccess)
	if take {
		need = rightsFor(ReceiveAccess)
		if h.access != ReceiveAccess {
			return nil, mq.Errorf(mq.ErrAccessDenied, op, "the queue was opened to %s, not to receive", h.access)
		}
	} else if h.access == SendAccess {
		return nil, mq.Errorf(mq.ErrAccessDenied, op, "the queue was opened to send, not to read")
	}
	if err := h.m.allow(op, h.caller, q, need); err != nil || tx == nil {
		return q, err
	}
	if !q.info.Transactional {
		return q, mq.Errorf(mq.ErrTransactionUsage, op, "%s is not transactional, so nothing can be received from it in a transaction", q.path).
			WithFix("receive without a transaction")
	}
	return q, tx.active(op)
}

// sendable: applications send to main queues only; order and notification
// queues take what the protocols send.
func (q *queue) sendable() bool {
	return q.parent == nil && (q.info.Kind == store.Private || q.info.Kind == store.Public) && !hidden(q.info)
}

// Subqueue is the name of the subqueue that is open; empty for other queues.
func (h *Handle) Subqueue() string {
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	if h.queue == nil || h.queue.info.Role != store.Subqueue {
		return ""
	}
	return h.queue.info.Name
}

// Transactional reports whether the open queue is.
func (h *Handle) Transactional() bool {
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	return h.queue != nil && h.queue.info.Transactional
}

// Leaves reports whether something that is sent here goes to another computer.
func (h *Handle) Leaves() bool {
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	return slices.ContainsFunc(append([]*Handle{h}, h.targets...), func(t *Handle) bool {
		return t.queue != nil && t.queue.out != nil
	})
}
