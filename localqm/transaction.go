package localqm

import (
	"context"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// Transaction is a unit of work over several queues and messages (MS-MQDMPR
// 3.1.1.14). What it sends shows when it commits; what it receives is locked
// until then. It is used by one caller at a time; Abort may come from anywhere.
type Transaction struct {
	m      *QueueManager
	id     mq.GUID
	number uint32 // of XACTID, 20 bits (MS-MQMQ 2.2.20.5)

	// Guarded by m.mu.
	state txState
	ops   []txOp
	last  uint64 // place of the last message sent, once committed
}

type txState uint8

const (
	txActive txState = iota
	txEnding         // a commit, prepare or abort is under way
	txPrepared
	txCommitted
	txAborted
)

// txOp is one operation of a transaction (TransactionalOperation, 3.1.1.13).
type txOp struct {
	kind  txKind
	queue *queue
	msg   *mq.Message
	row   *store.Row // of an enqueue: reserved; of a dequeue or move: locked
	to    *queue     // of a move
}

type txKind uint8

const (
	txEnqueue txKind = iota
	txDequeue
	txMove
)

// Begin starts a transaction of this queue manager (Create Transaction,
// MS-MQDMPR 3.1.7.1.8).
func (m *QueueManager) Begin() (*Transaction, error) {
	return m.BeginWith(mq.NewGUID())
}

// BeginWith starts a transaction that a coordinator named.
func (m *QueueManager) BeginWith(id mq.GUID) (*Transaction, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	const op = "begin a transaction"
	if err := m.usable(op); err != nil {
		return nil, err
	}
	if m.txns[id] != nil {
		return nil, mq.Errorf(mq.ErrTransactionSequence, op, "transaction %s is under way", id)
	}
	m.nextTx = (m.nextTx + 1) & 0xFFFFF
	t := &Transaction{m: m, id: id, number: m.nextTx}
	m.txns[id] = t
	return t, nil
}

// Transaction finds one that is active or prepared.
func (m *QueueManager) Transaction(id mq.GUID) (*Transaction, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.txns[id]
	return t, t != nil
}

// Prepared lists the transactions that wait for their outcome.
func (m *QueueManager) Prepared() []mq.GUID {
	m.mu.Lock()
	defer m.mu.Unlock()
	var ids []mq.GUID
	for id, t := range m.txns {
		if t.state == txPrepared {
			ids = append(ids, id)
		}
	}
	return ids
}

// ID is the transaction's identifier.
func (t *Transaction) ID() mq.GUID { return t.id }

func (t *Transaction) usable(op string) error {
	t.m.mu.Lock()
	defer t.m.mu.Unlock()
	return t.active(op)
}

// active is called with mu held.
func (t *Transaction) active(op string) error {
	if err := t.m.usable(op); err != nil {
		return err
	}
	if t.state != txActive {
		return mq.Errorf(mq.ErrTransactionSequence, op, "the transaction is no longer active")
	}
	return nil
}

// send adds enqueues. The messages' quota is reserved now, so that a commit
// does not fail for it.
func (t *Transaction) send(op string, h *Handle, messages []*mq.Message) error {
	m := t.m
	for _, msg := range messages {
		if err := m.prepare(op, h, msg, true); err != nil {
			return err
		}
		msg.TransactionID = mq.ObjectID{Source: m.self.ID, Ordinal: t.number}
		m.mu.Lock()
		err := t.active(op)
		var q *queue
		if err == nil {
			q, err = m.mayEnter(op, h, msg, true)
		}
		m.mu.Unlock()
		if err != nil {
			return err
		}
		// Encoded now to learn its size and that it can be; First and Last are
		// known at commit and change no size.
		row, err := m.encode(op, msg)
		if err != nil {
			return err
		}
		m.mu.Lock()
		if quota, whose, ok := m.room(q, row.Size()); !ok {
			m.mu.Unlock()
			return mq.Errorf(mq.ErrInsufficientResources, op, "the %s is full: its quota of %d KB would be exceeded", whose, quota).
				WithFix("receive or purge messages, or raise the quota")
		}
		m.reserve(q, row)
		t.ops = append(t.ops, txOp{kind: txEnqueue, queue: q, msg: msg, row: row})
		m.mu.Unlock()
	}
	return nil
}

// takeWithin makes a locked message part of the transaction.
func (h *Handle) takeWithin(_ context.Context, op string, t *Transaction, at found) (Delivery, error) {
	m := h.m
	m.mu.Lock()
	defer m.mu.Unlock()
	err := t.active(op)
	if err == nil && !at.queue.info.Transactional {
		err = mq.Errorf(mq.ErrTransactionUsage, op, "the queue is not transactional, so it cannot be received from in a transaction").
			WithFix("receive without a transaction")
	}
	if err != nil {
		m.release(at.place)
		return Delivery{}, err
	}
	t.ops = append(t.ops, txOp{kind: txDequeue, queue: at.queue, msg: at.delivery.Message, row: at.delivery.Row})
	return at.delivery, nil
}

// Commit makes everything the transaction did true at once. It is idempotent:
// a second Commit of a transaction that was prepared answers as the first.
func (t *Transaction) Commit(ctx context.Context) error {
	const op = "commit the transaction"
	m := t.m
	m.mu.Lock()
	switch t.state {
	case txCommitted:
		m.mu.Unlock()
		return nil
	case txActive, txPrepared:
	default:
		m.mu.Unlock()
		return mq.Errorf(mq.ErrTransactionSequence, op, "the transaction was aborted or is ending")
	}
	if err := m.usable(op); err != nil {
		m.mu.Unlock()
		return err
	}
	prepared := t.state == txPrepared
	t.state = txEnding
	ops, err := t.outcome(op)
	if err != nil {
		t.end(txAborted)
		m.mu.Unlock()
		return err
	}
	m.mu.Unlock()
	if prepared {
		ops = append(ops, &store.Forget{ID: t.id},
			&store.PutState{Space: spaceOutcomes, Key: t.id[:], Value: []byte(committed)})
	}
	return m.settle(ctx, op, ops, func(err error) {
		switch {
		case err == nil:
			for _, o := range t.ops {
				if o.kind == txEnqueue {
					t.last = o.row.Lookup
				}
			}
			t.ops = nil
			t.end(txCommitted)
			if prepared {
				m.outcomes[t.id] = true
			}
		case prepared: // its outcome must not get lost: it can be tried again
			t.hold()
			t.state = txPrepared
		default:
			t.ops = nil // given back by apply
			t.end(txAborted)
		}
	})
}

// The outcomes of prepared transactions in the store.
const (
	committed = "committed"
	aborted   = "aborted"
)

// end finishes the transaction; what it still holds is given back. Called with
// mu held.
func (t *Transaction) end(s txState) {
	for _, o := range t.ops {
		if o.kind == txEnqueue {
			t.m.unreserve(o.queue, o.row)
			continue
		}
		t.m.release(store.Place{Slot: o.row.Slot, Lookup: o.row.Lookup})
	}
	t.ops, t.state = nil, s
	delete(t.m.txns, t.id)
}

// hold takes again what a failed commit gave back. Called with mu held, before
// anyone else could take it.
func (t *Transaction) hold() {
	for _, o := range t.ops {
		if o.kind == txEnqueue {
			t.m.reserve(o.queue, o.row)
		} else {
			o.queue.take(o.row.Lookup, t)
		}
	}
}

// outcome turns the operations into those of the store. Enqueued messages that
// were too late for their queue die here (TimeToReachQueue counts until the
// message is in the queue). Called with mu held.
func (t *Transaction) outcome(op string) ([]store.Op, error) {
	m := t.m
	t.markEnds()
	var ops []store.Op
	for i := range t.ops {
		o := &t.ops[i]
		if o.queue.gone {
			if o.kind == txEnqueue {
				m.unreserve(o.queue, o.row)
				ops = m.appendFate(ops, o.queue, o.row, o.msg, mq.ClassNackBadDestQueue)
			}
			continue
		}
		switch o.kind {
		case txEnqueue:
			row, err := m.encode(op, o.msg)
			if err != nil {
				return nil, err
			}
			m.unreserve(o.queue, o.row)
			if m.late(o.msg) {
				ops = m.appendFate(ops, o.queue, row, o.msg, mq.ClassNackReachQueueTimeout)
				continue
			}
			m.reserve(o.queue, row)
			o.row = row
			ops = append(ops, &store.Put{Row: row})
			if o.msg.Journal {
				ops = m.appendCopy(ops, m.system(mq.SuffixJournal), row, mq.ClassNormal)
			}
			if o.msg.Acknowledge&mq.AckPositiveArrival != 0 {
				ops = m.appendAck(ops, o.msg, row, mq.ClassAckReachQueue)
			}
		case txDequeue:
			ops = append(ops, m.removing(o.queue, o.row, o.msg, mq.ClassAckReceive)...)
		case txMove:
			ops = append(ops, &store.Move{
				Place: store.Place{Slot: o.row.Slot, Lookup: o.row.Lookup}, To: o.to.info.Slot,
				At: m.clock.Now().Unix(), Express: o.row.Express,
			})
		}
	}
	return ops, nil
}

// markEnds sets FirstInTransaction and LastInTransaction of the messages to
// each queue.
func (t *Transaction) markEnds() {
	last := map[*queue]*mq.Message{}
	for _, o := range t.ops {
		if o.kind == txEnqueue {
			o.msg.First, o.msg.Last = last[o.queue] == nil, false
			last[o.queue] = o.msg
		}
	}
	for _, msg := range last {
		msg.Last = true
	}
}

// Abort undoes the transaction: sent messages vanish, received ones return to
// their places with one abort more counted (Transaction Abort, MS-MQDMPR
// 3.1.4.5). It is idempotent.
func (t *Transaction) Abort(ctx context.Context) error {
	const op = "abort the transaction"
	m := t.m
	m.mu.Lock()
	switch t.state {
	case txAborted:
		m.mu.Unlock()
		return nil
	case txActive, txPrepared:
	default:
		m.mu.Unlock()
		return mq.Errorf(mq.ErrTransactionSequence, op, "the transaction was committed or is ending")
	}
	prepared := t.state == txPrepared
	t.state = txEnding
	ops := t.undo()
	m.mu.Unlock()
	if prepared {
		ops = append(ops, &store.Forget{ID: t.id},
			&store.PutState{Space: spaceOutcomes, Key: t.id[:], Value: []byte(aborted)})
	}
	return m.settle(ctx, op, ops, func(err error) {
		if err != nil && prepared {
			for _, o := range t.ops {
				if o.kind != txEnqueue {
					o.queue.take(o.row.Lookup, t)
				}
			}
			t.state = txPrepared
			return
		}
		t.end(txAborted)
		if prepared {
			m.outcomes[t.id] = false
		}
	})
}

// undo returns what has to be written for an abort: the abort counts, and the
// removal of what was purged meanwhile. Called with mu held.
func (t *Transaction) undo() []store.Op {
	m := t.m
	var ops []store.Op
	for _, o := range t.ops {
		if o.kind == txEnqueue || o.queue.gone {
			continue
		}
		if l := o.queue.locks[o.row.Lookup]; l != nil && l.purge {
			ops = append(ops, m.removing(o.queue, o.row, o.msg, mq.ClassNackQueuePurged)...)
			continue
		}
		ops = append(ops, &store.Abort{Place: store.Place{Slot: o.row.Slot, Lookup: o.row.Lookup}, Express: o.row.Express})
	}
	return ops
}
