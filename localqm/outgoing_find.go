package localqm

import (
	"context"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

const (
	// spacePaused has the keys of outgoing queues that are on hold.
	spacePaused = "paused"
	// awaitingPart names the part of an outgoing queue that was delivered, where
	// other names have a subqueue.
	awaitingPart = "awaiting"
	// mostOutgoing queues are kept: who lets us answer to made-up names must not
	// use up the slots.
	mostOutgoing = 20_000
	// outgoingIdle is how long an empty outgoing queue stays.
	outgoingIdle = 5 * 60 // seconds
)

// outside reports whether a name means a queue of another computer, and the
// format name that messages to it carry. Called with mu held.
func (m *QueueManager) outside(name mq.QueueName) (mq.FormatName, bool) {
	f := name.FormatName()
	switch f.Kind {
	case mq.KindPrivate, mq.KindMachine:
		return f, !m.ours(f.GUID)
	case mq.KindDirect:
		p, ok := name.PathName()
		return f, !ok || !m.names[strings.ToLower(p.Machine)]
	case mq.KindPublic:
		return f, m.publicElsewhere(f)
	}
	return f, false
}

// sendTo finds or registers the outgoing queue for a name of another computer
// (Open Queue, MS-MQDMPR 3.1.7.1.5). It is in the store from the first message
// on. Called with mu held.
func (m *QueueManager) sendTo(op string, f mq.FormatName) (*queue, error) {
	if err := m.usable(op); err != nil {
		return nil, err
	}
	if err := reachable(op, f); err != nil {
		return nil, err
	}
	if q := m.queues[key(store.Outgoing, f.String())]; q != nil && !q.gone {
		return q, nil
	}
	return m.registerOutgoing(op, f)
}

// reachable refuses names of other computers that no message can be sent to.
func reachable(op string, f mq.FormatName) error {
	switch {
	case f.Kind == mq.KindMachine || f.Suffix != mq.SuffixNone || f.Subqueue != "":
		return mq.Errorf(mq.ErrUnsupportedFormatNameOperation, op, "%s can only be read", f).
			WithFix("journals, subqueues and system queues are filled by their queue manager")
	case f.IsHTTP():
		return mq.Errorf(mq.ErrUnsupportedFormatNameOperation, op, "this queue manager sends no messages over HTTP").
			WithFix(`name the queue by the computer: DIRECT=OS:computer\private$\queue`)
	case f.Kind == mq.KindDirect && f.Protocol != mq.ProtocolTCP && f.Protocol != mq.ProtocolOS:
		return mq.Errorf(mq.ErrUnsupportedFormatNameOperation, op, "no protocol that runs here leads to %s", f).
			WithFix(`name the queue as DIRECT=TCP:address\private$\queue or DIRECT=OS:computer\private$\queue`)
	}
	return nil
}

func (m *QueueManager) registerOutgoing(op string, f mq.FormatName) (*queue, error) {
	if m.outgoings >= mostOutgoing {
		return nil, mq.Errorf(mq.ErrInsufficientResources, op, "there are %d outgoing queues already", m.outgoings).
			WithFix("let those that are there deliver, or purge those that are not needed: empty ones go by themselves")
	}
	slot, err := m.store.NewSlot()
	if err != nil {
		return nil, mq.Errorf(mq.ErrInsufficientResources, op, "%w", err)
	}
	awaiting, err := m.store.NewSlot()
	if err != nil {
		m.store.FreeSlot(slot)
		return nil, mq.Errorf(mq.ErrInsufficientResources, op, "%w", err)
	}
	now := m.clock.Now().Unix()
	q := m.adopt(store.Queue{
		Slot: slot, Kind: store.Outgoing, Name: f.String(), ID: mq.NewGUID(),
		Quota: mq.Never, JournalQuota: mq.Never, Created: now, Modified: now,
	})
	m.adopt(store.Queue{
		Slot: awaiting, Parent: slot, Role: store.Awaiting, Kind: store.Outgoing, ID: mq.NewGUID(),
		Quota: mq.Never, JournalQuota: mq.Never, Created: now, Modified: now,
	})
	q.out.stored = false
	m.rest(q)
	m.hub.tell(Event{Kind: QueuesChanged})
	return q, nil
}

// creation puts an outgoing queue or a connector queue into the store unless it is there.
func (q *queue) creation() []store.Op {
	ops := []store.Op{&store.CreateQueue{Queue: q.info, IfMissing: true}}
	if q.out != nil {
		ops = append(ops, &store.CreateQueue{Queue: q.out.awaiting.info, IfMissing: true})
	}
	return ops
}

// adoptOutgoing gives an outgoing queue, or the part of it that was delivered,
// what it has in memory.
func (m *QueueManager) adoptOutgoing(q *queue) {
	if q.parent != nil {
		q.path, q.format = q.parent.path+";"+awaitingPart, q.parent.format
		q.parent.out.awaiting = q
		return
	}
	q.path = q.info.Name
	var err error
	if q.format, err = mq.ParseFormatName(q.info.Name); err != nil {
		m.log.Error("an outgoing queue has a name that is none", "name", q.info.Name, "error", err)
	}
	q.out = &outgoing{Outgoing: &Outgoing{m: m, q: q, name: q.format}, stored: true, version: 1}
	q.out.base.Store(int32(q.info.BasePriority))
	m.outgoings++
}

// findAny finds what a name means to who administers: a queue of this machine, or
// what waits for one of another. Called with mu held.
func (m *QueueManager) findAny(op string, name mq.QueueName) (*queue, error) {
	f, outside := m.outside(name)
	if !outside {
		return m.find(op, name)
	}
	if err := m.usable(op); err != nil {
		return nil, err
	}
	part := f.Subqueue
	f.Subqueue = ""
	q := m.queues[key(store.Outgoing, f.String())]
	switch {
	case q == nil || q.gone:
		return nil, mq.Errorf(mq.ErrQueueNotFound, op, "%s is on another computer, and nothing is kept here for it", f).
			WithFix(`look at it there; queues of this computer (%s) are named .\private$\name`, m.self.Name)
	case part == "":
		return q, nil
	case strings.EqualFold(part, awaitingPart):
		return q.out.awaiting, nil
	}
	return nil, m.notFound(op, q.path+";"+part, "an outgoing queue has one part: ;"+awaitingPart)
}

// pausedQueues takes up which outgoing queues are on hold.
func (m *QueueManager) pausedQueues(ctx context.Context) error {
	return m.store.States(ctx, spacePaused, func(k, _ []byte) error {
		if q := m.queues[string(k)]; q != nil && q.out != nil {
			q.out.paused.Store(true)
		}
		return nil
	})
}

// rest notes when an outgoing queue may have become empty and nobody's: some time
// later it goes. Called with mu held.
func (m *QueueManager) rest(q *queue) {
	q.out.idle = m.clock.Now().Unix()
	m.dueAt(q.out.idle + outgoingIdle)
}

// unused reports whether an outgoing queue is empty and in nobody's hands.
// Called with mu held.
func (m *QueueManager) unused(q *queue) bool {
	for _, p := range q.parts() {
		if p.coming > 0 || p.held > 0 || len(p.handles) > 0 || len(p.locks) > 0 || m.store.Count(p.slot).Messages > 0 {
			return false
		}
	}
	return !q.gone && !q.out.paused.Load()
}

// forgetIdle forgets outgoing queues that have been empty since a time, Unix
// seconds, and returns when to look again; 0: nothing will be due.
func (m *QueueManager) forgetIdle(since int64) (next int64) {
	m.mu.Lock()
	var idle []*queue
	for _, q := range m.queues {
		switch {
		case q.out == nil || !m.unused(q):
		case q.out.idle > since:
			if at := q.out.idle + outgoingIdle; next == 0 || at < next {
				next = at
			}
		default:
			idle = append(idle, q)
		}
	}
	var ops []store.Op
	for _, q := range idle {
		q.gone, q.out.awaiting.gone = true, true
		delete(m.queues, key(store.Outgoing, q.info.Name)) // a new one may come meanwhile
		if q.out.stored {
			ops = append(ops, &store.DeleteQueue{Slot: q.out.awaiting.slot}, &store.DeleteQueue{Slot: q.slot})
			continue
		}
		for _, p := range []*queue{q.out.awaiting, q} {
			m.forget(p)
			m.store.FreeSlot(p.slot)
		}
	}
	m.mu.Unlock()
	if len(idle) == 0 {
		return next
	}
	err := m.settle(m.ctx, "forget idle outgoing queues", ops, func(err error) {
		for _, q := range idle {
			if k := key(store.Outgoing, q.info.Name); err != nil && m.slots[q.slot] == q && m.queues[k] == nil {
				q.gone, q.out.awaiting.gone = false, false
				m.queues[k] = q
			}
		}
		m.hub.tell(Event{Kind: QueuesChanged})
	})
	if err != nil && m.ctx.Err() == nil {
		m.log.Error("outgoing queues that are empty could not be forgotten", "error", err)
	}
	return next
}
