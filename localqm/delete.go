package localqm

import (
	"context"
	"strings"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// DeleteQueue deletes a queue and its messages, whose senders are told if they
// asked (Delete Queue, MS-MQDMPR 3.1.7.1.4). From the first commit on the queue
// is gone for everyone; emptying it goes on if ctx ends, and after a restart.
func (m *QueueManager) DeleteQueue(ctx context.Context, c Caller, name mq.QueueName) error {
	op := "delete queue " + name.String()
	name, public, err := m.publicNamed(ctx, op, name)
	var emptied <-chan struct{}
	switch {
	case err != nil:
	case !public.IsZero() && m.directory() != nil:
		emptied, err = m.deletePublic(ctx, op, c, public)
	default:
		emptied, err = m.markDeleted(ctx, op, name, func(q *queue) error { return m.allow(op, c, q, mq.RightDeleteQueue) })
	}
	if err != nil || emptied == nil {
		return err
	}
	select { // whatever is left to do happens behind
	case <-emptied:
	case <-ctx.Done():
	case <-m.ctx.Done():
	}
	return nil
}

// markDeleted makes the deletion durable. emptied is closed when no message is
// left.
func (m *QueueManager) markDeleted(ctx context.Context, op string, name mq.QueueName, allowed func(*queue) error) (emptied <-chan struct{}, err error) {
	m.config.Lock()
	defer m.config.Unlock()
	m.mu.Lock()
	q, err := m.deletable(op, name, allowed)
	if err != nil {
		m.mu.Unlock()
		return nil, err
	}
	next := q.info
	next.Draining = true
	m.mu.Unlock()
	err = m.commit(ctx, op, []store.Op{&store.UpdateQueue{Queue: next}}, func() {
		emptied = m.bury(q)
		m.hub.tell(Event{Kind: QueuesChanged})
	})
	return emptied, err
}

// deletable is a queue that may be deleted. Called with mu held.
func (m *QueueManager) deletable(op string, name mq.QueueName, allowed func(*queue) error) (*queue, error) {
	q, err := m.findAny(op, name)
	switch {
	case err != nil:
	case q.root().out != nil:
		err = mq.Errorf(mq.ErrUnsupportedOperation, op, "outgoing queues come with the first message and go when they are empty").
			WithFix("purge it instead")
	case q.info.Kind == store.System || q.info.Role == store.Journal || hidden(q.info):
		err = mq.Errorf(mq.ErrUnsupportedOperation, op, "%s belongs to the queue manager and cannot be deleted", q.path).
			WithFix("purge it instead")
	case q.info.Kind == store.Connector && m.inUse(q):
		err = mq.Errorf(mq.ErrUnsupportedOperation, op, "%s has messages, or an application has it open", q.path).
			WithFix("end the connector application, and receive or purge what is in the queue")
	default:
		err = allowed(q)
	}
	return q, err
}

// bury makes a deleted queue unfindable, ends what uses it and begins to empty
// it. Called with mu held.
func (m *QueueManager) bury(q *queue) <-chan struct{} {
	stir := make(chan struct{}, 1)
	for _, part := range q.parts() {
		part.gone, part.stir = true, stir
		for h := range part.handles {
			h.queue = nil
		}
		clear(part.handles)
		m.wakeQueue(part)
	}
	if q.parent == nil {
		if k := key(q.info.Kind, q.info.Name); m.queues[k] == q {
			delete(m.queues, k)
		}
		m.hidePublic(q)
	} else if k := strings.ToLower(q.info.Name); q.parent.subs[k] == q {
		delete(q.parent.subs, k)
	}
	m.wakeSweeper() // receives in two phases have lost their handle
	emptied := make(chan struct{})
	m.task(func() { m.drain(q, emptied) })
	return emptied
}

// resumeDraining goes on emptying queues deleted before a restart.
func (m *QueueManager) resumeDraining() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, q := range m.slots {
		if q.info.Draining {
			m.bury(q)
		}
	}
}

// drain empties a deleted queue and its parts, closes emptied, and forgets them
// when nothing refers to them any more. A full disk makes it wait.
func (m *QueueManager) drain(q *queue, emptied chan<- struct{}) {
	m.mu.Lock()
	parts := q.parts()
	m.mu.Unlock()
	told := false
	for {
		err := m.empty(parts)
		empty, free := m.drained(q, parts)
		if err == nil && empty && !told {
			close(emptied)
			told = true
		}
		if err == nil && free {
			if err = m.forgetParts(q, parts); err == nil {
				return
			}
		}
		var pause <-chan time.Time
		stop := func() {}
		if err != nil && m.ctx.Err() == nil {
			m.log.Error("a deleted queue could not be emptied", "queue", q.path, "error", err)
			pause, stop = m.clock.Alarm(m.clock.Now().Add(sweepPause))
		}
		select {
		case <-m.ctx.Done():
			stop()
			return
		case <-q.stir:
		case <-pause:
		}
		stop()
	}
}

// empty removes what is in the parts of a deleted queue and not in the hands of
// someone who will end soon. What transactions have received is removed too:
// they skip it when they end.
func (m *QueueManager) empty(parts []*queue) error {
	for _, part := range parts {
		m.mu.Lock()
		for id, l := range part.locks {
			if l.tx != nil && l.tx.state != txEnding {
				part.unlock(id)
			}
		}
		m.mu.Unlock()
		if _, err := m.removeAll(m.ctx, part, store.MaxSeq, mq.ClassNackQueueDeleted); err != nil {
			return err
		}
	}
	return nil
}

// drained reports whether a deleted queue has no message left and gets none,
// and whether nothing refers to it, so that its slots may be used again.
func (m *QueueManager) drained(q *queue, parts []*queue) (empty, free bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	empty, free = true, true
	for _, p := range parts {
		empty = empty && p.coming == 0 && len(p.locks) == 0 && m.store.Count(p.slot).Messages == 0
		free = free && p.held == 0
	}
	for _, p := range m.slots { // subqueues deleted before, and on their own way
		if p.parent == q && p.stir != q.stir {
			free = false
		}
	}
	return empty, empty && free
}

func (m *QueueManager) forgetParts(q *queue, parts []*queue) error {
	var ops []store.Op
	for _, p := range parts {
		if p != q {
			ops = append(ops, &store.DeleteQueue{Slot: p.slot})
		}
	}
	ops = append(ops, &store.DeleteQueue{Slot: q.slot})
	return m.commit(m.ctx, "forget queue "+q.path, ops, nil)
}
