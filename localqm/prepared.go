package localqm

import (
	"context"
	"errors"
	"fmt"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// Prepare makes the operations and locks durable, so that a commit after a
// restart can still make them true (DTC Transaction Prepare, MS-MQDMPR 3.1.4.6).
func (t *Transaction) Prepare(ctx context.Context) error {
	const op = "prepare the transaction"
	m := t.m
	m.mu.Lock()
	if t.state == txPrepared {
		m.mu.Unlock()
		return nil
	}
	if err := t.active(op); err != nil {
		m.mu.Unlock()
		return err
	}
	t.state = txEnding
	t.markEnds()
	var ops []store.Op
	for _, o := range t.ops {
		switch o.kind {
		case txEnqueue:
			row, err := m.encode(op, o.msg)
			if err != nil {
				t.state = txActive
				m.mu.Unlock()
				return err
			}
			row.Slot = o.queue.info.Slot
			ops = append(ops, &store.Put{Row: row})
		case txDequeue:
			ops = append(ops, &store.Remove{Place: store.Place{Slot: o.row.Slot, Lookup: o.row.Lookup}, Express: o.row.Express})
		case txMove:
			ops = append(ops, &store.Move{
				Place: store.Place{Slot: o.row.Slot, Lookup: o.row.Lookup}, To: o.to.info.Slot,
				At: m.clock.Now().Unix(), Express: o.row.Express,
			})
		}
	}
	m.mu.Unlock()
	// The nested operations are data here: apply must not treat them as done.
	err := m.commit(ctx, op, []store.Op{&store.Prepare{ID: t.id, Ops: ops}}, nil)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		t.state = txActive
		return err
	}
	t.state = txPrepared
	return nil
}

// ResolveTransaction ends a prepared transaction by its identifier, also one that a
// restart found; idempotent by identifier.
func (m *QueueManager) ResolveTransaction(ctx context.Context, id mq.GUID, commit bool) error {
	op := "resolve transaction " + id.String()
	m.mu.Lock()
	t := m.txns[id]
	was, known := m.outcomes[id]
	m.mu.Unlock()
	if t == nil {
		if !known {
			raw, err := m.store.State(ctx, spaceOutcomes, id[:])
			if err != nil {
				return m.storeError(op, err)
			}
			known, was = raw != nil, string(raw) == committed
		}
		switch {
		case known && was == commit:
			return nil
		case known:
			return mq.Errorf(mq.ErrTransactionSequence, op, "the transaction ended the other way")
		}
		return mq.Errorf(mq.ErrTransactionSequence, op, "no such transaction is prepared here")
	}
	if commit {
		return t.Commit(ctx)
	}
	return t.Abort(ctx)
}

// loadPrepared takes up the transactions that were prepared before a restart:
// their messages are locked again, their enqueues reserved.
func (m *QueueManager) loadPrepared(ctx context.Context) error {
	all, err := m.store.Prepared(ctx)
	if err != nil {
		return err
	}
	for _, p := range all {
		t := &Transaction{m: m, id: p.ID, state: txPrepared}
		for _, op := range p.Ops {
			if err := t.restore(ctx, op); err != nil {
				return fmt.Errorf("prepared transaction %s: %w", p.ID, err)
			}
		}
		m.mu.Lock()
		m.txns[p.ID] = t
		m.mu.Unlock()
	}
	return nil
}

// restore takes up one operation of a prepared transaction. An express message
// that it had received is gone with the restart, and so is that operation.
func (t *Transaction) restore(ctx context.Context, op store.Op) error {
	m := t.m
	o := txOp{}
	var at store.Place
	switch op := op.(type) {
	case *store.Put:
		msg, err := m.parse(op.Row)
		if err != nil {
			return err
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		q := m.slots[op.Row.Slot]
		if q == nil {
			return errors.New("its queue is missing")
		}
		m.reserve(q, op.Row)
		t.ops = append(t.ops, txOp{kind: txEnqueue, queue: q, msg: msg, row: op.Row})
		return nil
	case *store.Remove:
		o.kind, at = txDequeue, op.Place
	case *store.Move:
		o.kind, at, o.to = txMove, op.Place, m.slots[op.To]
	default:
		return fmt.Errorf("unknown operation %T", op)
	}
	row, err := m.store.Get(ctx, at.Slot, at.Lookup, -1)
	if errors.Is(err, store.ErrGone) {
		return nil
	}
	if err != nil {
		return err
	}
	msg, err := m.parse(row)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	o.queue, o.msg, o.row = m.slots[at.Slot], msg, row
	if o.queue == nil {
		return errors.New("its queue is missing")
	}
	o.queue.take(at.Lookup, t)
	t.ops = append(t.ops, o)
	return nil
}
