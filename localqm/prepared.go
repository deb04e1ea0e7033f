package localqm

import (
	"context"
	"errors"
	"fmt"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// The outcomes of prepared transactions in the store.
const (
	committed = "committed"
	aborted   = "aborted"
)

// ended are the operations that end a prepared transaction and keep its outcome
// for who asks again.
func (t *Transaction) ended(outcome string) []store.Op {
	return []store.Op{
		&store.Forget{ID: t.id}, &store.PutState{Space: spaceOutcomes, Key: t.id[:], Value: []byte(outcome)},
	}
}

// Prepare makes the operations and locks durable, so that a commit after a
// restart can still make them true (DTC Transaction Prepare, MS-MQDMPR 3.1.4.6).
// A transaction that could not be prepared is aborted.
func (t *Transaction) Prepare(ctx context.Context) error {
	const op = "prepare the transaction"
	m := t.m
	m.mu.Lock()
	if t.state == txPrepared {
		m.mu.Unlock()
		return nil
	}
	err := t.active(op)
	if err == nil {
		err = t.seal(op)
	}
	if err != nil {
		if t.state == txActive {
			t.end(txAborted)
		}
		m.mu.Unlock()
		return err
	}
	t.state = txEnding
	// The operations are data of this one: nothing of them happens now.
	step := &store.Prepare{ID: t.id, Ops: t.operations()}
	m.mu.Unlock()
	return m.settle(ctx, op, []store.Op{step}, func(err error) {
		if err != nil {
			t.end(txAborted)
			return
		}
		t.state, t.kept = txPrepared, true
		for _, o := range t.ops {
			o.queue.stirred()
		}
	})
}

// operations are those of the store that make the transaction true. Called with
// mu held.
func (t *Transaction) operations() []store.Op {
	var ops []store.Op
	for i := range t.ops {
		o := &t.ops[i]
		switch {
		case o.kind == txEnqueue:
			row := *o.row
			ops = append(ops, &store.Put{Row: &row})
		case o.queue.gone:
		case o.kind == txDequeue:
			ops = append(ops, &store.Remove{Place: o.place(), Express: o.row.Express})
		default:
			ops = append(ops, &store.Move{
				Place: o.place(), To: o.to.slot, At: t.m.clock.Now().Unix(), Express: o.row.Express,
			})
		}
	}
	return ops
}

// Prepared lists the transactions that wait for their outcome, to an
// administrator.
func (m *QueueManager) Prepared(c Caller) ([]mq.GUID, error) {
	if err := m.administrate("list prepared transactions", c); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var ids []mq.GUID
	for id, t := range m.txns {
		if t.state == txPrepared {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// ResolveTransaction ends a prepared transaction by its identifier, also one
// that a restart found; idempotent by identifier. It is for administrators: a
// coordinator that answers late may have decided otherwise.
func (m *QueueManager) ResolveTransaction(ctx context.Context, c Caller, id mq.GUID, commit bool) error {
	op := "resolve transaction " + id.String()
	if err := m.administrate(op, c); err != nil {
		return err
	}
	m.mu.Lock()
	t := m.txns[id]
	if t != nil && t.state == txActive {
		m.mu.Unlock()
		return mq.Errorf(mq.ErrTransactionSequence, op, "the transaction is under way and not prepared").
			WithFix("leave its end to the application")
	}
	m.mu.Unlock()
	if t == nil {
		raw, err := m.store.State(ctx, spaceOutcomes, id[:])
		switch {
		case err != nil:
			return m.storeError(op, err)
		case raw == nil:
			return mq.Errorf(mq.ErrTransactionSequence, op, "no such transaction is prepared here")
		case (string(raw) == committed) != commit:
			return mq.Errorf(mq.ErrTransactionSequence, op, "the transaction ended the other way: it was %s", raw)
		}
		return nil
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
		t := &Transaction{m: m, id: p.ID, state: txPrepared, kept: true, ends: map[*queue]int{}}
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

// restore takes up one operation of a prepared transaction. A message that it
// had received and that is gone was express, or died with its queue; so is that
// operation.
func (t *Transaction) restore(ctx context.Context, op store.Op) error {
	m := t.m
	var o txOp
	var at store.Place
	var to store.Slot
	switch op := op.(type) {
	case *store.Put:
		o.row, at = op.Row, store.Place{Slot: op.Row.Slot}
	case *store.Remove:
		o.kind, at = txDequeue, op.Place
	case *store.Move:
		o.kind, at, to = txMove, op.Place, op.To
	default:
		return fmt.Errorf("unknown operation %T", op)
	}
	if o.kind != txEnqueue {
		row, err := m.store.Get(ctx, at.Slot, at.Lookup, -1)
		if errors.Is(err, store.ErrGone) {
			return nil
		}
		if err != nil {
			return err
		}
		o.row = row
	}
	var err error
	if o.msg, err = m.parse(o.row); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if o.queue = m.slots[at.Slot]; o.queue == nil {
		return fmt.Errorf("its queue in slot %d is missing", at.Slot)
	}
	if to != 0 {
		if o.to = m.slots[to]; o.to == nil {
			return fmt.Errorf("the target in slot %d is missing", to)
		}
	}
	if o.kind == txEnqueue {
		m.reserve(o.queue, o.row.Size())
	} else {
		o.queue.take(at.Lookup)
	}
	t.add(o)
	return nil
}
