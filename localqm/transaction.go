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
	kept  bool // prepared: what it holds is given back only with its outcome
	ops   []txOp
	ends  map[*queue]int // the last enqueue to each queue, in ops
	last  uint64         // place of the last message sent, once committed
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
	row   *store.Row // of an enqueue: its room is reserved; of a dequeue or move: locked
	to    *queue     // of a move
	dead  bool       // an enqueue that a commit under way does not put into its queue
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
	t := &Transaction{m: m, id: id, number: m.txNumber(), ends: map[*queue]int{}}
	m.txns[id] = t
	return t, nil
}

// txNumber is the number of a new transaction. Message numbers serve, since
// they go on after a restart.
func (m *QueueManager) txNumber() uint32 { return m.store.NextOrdinal() & 0xFFFFF }

// ID is the transaction's identifier.
func (t *Transaction) ID() mq.GUID { return t.id }

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

// add makes an operation part of the transaction. Called with mu held.
func (t *Transaction) add(o txOp) {
	if o.kind == txEnqueue {
		t.ends[o.queue] = len(t.ops)
	}
	t.ops = append(t.ops, o)
	if l := o.queue.locks[o.row.Lookup]; l != nil && o.kind != txEnqueue {
		l.tx = t
	}
	o.queue.held++
	if o.to != nil {
		o.to.held++
	}
}

// send adds enqueues. The messages' room is reserved now, so that a commit does
// not fail for it.
func (t *Transaction) send(op string, h *Handle, messages []*mq.Message) error {
	for _, msg := range messages {
		if err := t.enqueue(op, h, msg); err != nil {
			return err
		}
	}
	return nil
}

func (t *Transaction) enqueue(op string, h *Handle, msg *mq.Message) error {
	m := t.m
	if err := m.stamp(op, h, msg, true); err != nil {
		return err
	}
	msg.TransactionID = mq.ObjectID{Source: m.id(), Ordinal: t.number}
	m.mu.Lock()
	to, err := m.connected(h.queue, true)
	_, more := t.ends[to]
	m.mu.Unlock()
	if err != nil {
		return err
	}
	msg.First = !more
	row, err := m.encode(op, msg)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := t.active(op); err != nil {
		return err
	}
	q, err := m.mayEnter(op, h, msg, false)
	if err != nil {
		return err
	}
	if err := m.fits(op, q, row.Size()); err != nil {
		return err
	}
	m.reserve(q, row.Size())
	row.Slot = q.slot
	address(q, msg, row)
	t.add(txOp{kind: txEnqueue, queue: q, msg: msg, row: row})
	return nil
}

// take makes a locked message part of the transaction, or gives it back.
func (t *Transaction) take(op string, o txOp) error {
	m := t.m
	m.mu.Lock()
	defer m.mu.Unlock()
	err := t.active(op)
	if err == nil && o.queue.gone {
		err = mq.Errorf(mq.ErrQueueDeleted, op, "the queue %s was deleted meanwhile", o.queue.path)
	}
	if err != nil {
		m.release(o.place())
		return err
	}
	t.add(o)
	return nil
}

func (o *txOp) place() store.Place { return store.Place{Slot: o.row.Slot, Lookup: o.row.Lookup} }

// seal marks the last message to each queue (LastInTransaction), whose packet
// has to be made anew. Called with mu held.
func (t *Transaction) seal(op string) error {
	for _, i := range t.ends {
		o := &t.ops[i]
		if o.msg.Last {
			continue
		}
		o.msg.Last = true
		row, err := t.m.encode(op, o.msg)
		if err != nil {
			return err
		}
		row.Slot = o.row.Slot
		address(o.queue, o.msg, row)
		t.m.unreserve(o.queue, o.row.Size())
		t.m.reserve(o.queue, row.Size())
		o.row = row
	}
	return nil
}

// Commit makes everything the transaction did true at once. It is idempotent:
// a second Commit of a transaction that was prepared answers as the first.
func (t *Transaction) Commit(ctx context.Context) error {
	const op = "commit the transaction"
	m := t.m
	m.mu.Lock()
	ops, prepared, err := t.beginCommit(op)
	if err != nil || ops == nil {
		m.mu.Unlock()
		return err
	}
	m.mu.Unlock()
	return m.settle(ctx, op, *ops, func(err error) {
		switch {
		case err == nil:
			t.committed()
		case prepared: // its outcome must not get lost: it can be tried again
			t.state = txPrepared
			for i := range t.ops {
				o := &t.ops[i]
				if o.kind == txEnqueue && !o.dead {
					m.reserve(o.queue, o.row.Size()) // its failed Put gave it back
				}
				o.dead = false
				o.queue.stirred()
			}
		default:
			for i := range t.ops {
				if o := &t.ops[i]; o.kind == txEnqueue && !o.dead {
					m.reserve(o.queue, o.row.Size()) // its failed Put gave it back, and end will
				}
			}
			t.end(txAborted)
		}
	})
}

// beginCommit checks the state and returns what is to be written; nil if that
// was done before. Called with mu held.
func (t *Transaction) beginCommit(op string) (ops *[]store.Op, prepared bool, err error) {
	m := t.m
	switch t.state {
	case txCommitted:
		return nil, false, nil
	case txActive, txPrepared:
	default:
		return nil, false, mq.Errorf(mq.ErrTransactionSequence, op, "the transaction was aborted or is ending")
	}
	if err := m.usable(op); err != nil {
		return nil, false, err
	}
	if t.state == txActive {
		err := t.seal(op)
		for _, o := range t.ops {
			if err == nil && o.kind == txMove && !o.queue.gone && o.to.gone {
				err = mq.Errorf(mq.ErrQueueDeleted, op, "%s, where a message was to be moved, was deleted; the transaction is aborted", o.to.path)
			}
		}
		if err != nil {
			t.end(txAborted)
			return nil, false, err
		}
	}
	prepared = t.state == txPrepared
	t.state = txEnding
	list := t.outcome()
	if prepared {
		list = append(list, t.ended(committed)...)
	}
	return &list, prepared, nil
}

// committed ends a transaction whose outcome is true. Called with mu held.
func (t *Transaction) committed() {
	for i := range t.ops {
		o := &t.ops[i]
		switch {
		case o.kind == txEnqueue && o.dead:
			t.m.unreserve(o.queue, o.row.Size())
		case o.kind == txEnqueue:
			t.last = o.row.Lookup
		}
	}
	t.kept = false
	t.leave(txCommitted)
}

// outcome turns the operations into those of the store. Enqueued messages that
// were too late for their queue, or whose queue was deleted, die here
// (TimeToReachQueue counts until the message is in the queue). Called with mu
// held.
func (t *Transaction) outcome() []store.Op {
	m := t.m
	var ops []store.Op
	for i := range t.ops {
		o := &t.ops[i]
		switch {
		case o.kind == txEnqueue && o.queue.gone:
			o.dead = true
			ops = m.appendFate(ops, o.queue, o.row, o.msg, mq.ClassNackBadDestQueue)
		case o.kind == txEnqueue && m.late(o.msg):
			o.dead = true
			ops = m.appendFate(ops, o.queue, o.row, o.msg, mq.ClassNackReachQueueTimeout)
		case o.kind == txEnqueue:
			row := *o.row // the store keeps what it got before
			row.Arrived = m.clock.Now().Unix()
			o.row = &row
			ops = m.appendArrival(ops, o.queue, o.msg, o.row)
		case o.queue.gone: // the message died with its queue
		case o.kind == txDequeue:
			ops = append(ops, m.removing(o.queue, o.row, o.msg, mq.ClassAckReceive)...)
		case o.to.gone:
			// Only of a prepared one, which cannot be refused any more: the
			// message stays where it is.
			m.log.Warn("a message was not moved: the subqueue was deleted", "queue", o.queue.path, "message", o.msg.ID)
		default:
			ops = append(ops, m.shift(o.queue, o.row, o.to))
		}
	}
	return ops
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
		ops = append(ops, t.ended(aborted)...)
	}
	return m.settle(ctx, op, ops, func(err error) {
		if err != nil && prepared {
			t.state = txPrepared
			return
		}
		t.end(txAborted)
	})
}

// undo returns what has to be written for an abort: the abort counts, and the
// removal of what was purged meanwhile. Called with mu held.
func (t *Transaction) undo() []store.Op {
	m := t.m
	var ops []store.Op
	for i := range t.ops {
		o := &t.ops[i]
		if o.kind == txEnqueue || o.queue.gone {
			continue
		}
		if l := o.queue.locks[o.row.Lookup]; l != nil && l.purge {
			ops = append(ops, m.removing(o.queue, o.row, o.msg, mq.ClassNackQueuePurged)...)
			continue
		}
		ops = append(ops, &store.Abort{Place: o.place(), Express: o.row.Express})
	}
	return ops
}

// end finishes the transaction without making it true: what it still holds is
// given back. Called with mu held.
func (t *Transaction) end(s txState) {
	t.kept = false
	for i := range t.ops {
		o := &t.ops[i]
		switch {
		case o.kind == txEnqueue:
			t.m.unreserve(o.queue, o.row.Size())
		case !o.queue.gone && o.queue.locked(o.row.Lookup, t):
			t.m.release(o.place())
		}
	}
	t.leave(s)
}

// leave forgets the operations. What they name may be forgotten then.
func (t *Transaction) leave(s txState) {
	t.state = s
	for i := range t.ops {
		o := &t.ops[i]
		o.queue.held--
		o.queue.stirred()
		if o.to != nil {
			o.to.held--
			o.to.stirred()
		}
	}
	t.ops, t.ends = nil, nil
	delete(t.m.txns, t.id)
}
