package store

import (
	"cmp"
	"fmt"
	"slices"

	"posthouse/localqm/mq"
)

// The statements of the writer.
const (
	putMessage = "INSERT INTO message (key, kind, class, arrived, expires, aborts, moves, moved, id, body_at, sum, head, body) " +
		"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
	messageSize   = "SELECT length(head) + length(body) FROM message WHERE key = ?"
	removeMessage = "DELETE FROM message WHERE key = ?"
	moveMessage   = "UPDATE message SET key = ?, moves = moves + 1, moved = ? WHERE key = ?"
	readHead      = "SELECT " + rowColumns + " FROM message WHERE key = ?"
	clearDeadline = "UPDATE message SET expires = NULL, sum = sum & 4294967295 | ? WHERE key = ?" // of the body, of the head
	abortMessage  = "UPDATE message SET aborts = aborts + 1 WHERE key = ? RETURNING aborts"

	setSetting  = "UPDATE setting SET value = ?, sum = ? WHERE name = ?"
	setCounter  = "UPDATE counter SET messages = ?, bytes = ?, sum = ? WHERE slot = ?"
	makeCounter = "INSERT INTO counter (slot, messages, bytes, sum) VALUES (?, 0, 0, ?)"
	dropCounter = "DELETE FROM counter WHERE slot = ?"
	putQueue    = "INSERT OR REPLACE INTO queue (" + queueColumns + ") " +
		"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
	dropQueue = "DELETE FROM queue WHERE slot = ?"

	putState     = "INSERT OR REPLACE INTO state (space, key, value, sum) VALUES (?, ?, ?, ?)"
	dropState    = "DELETE FROM state WHERE space = ? AND key = ?"
	putPrepared  = "INSERT INTO prepared (id, ops, sum) VALUES (?, ?, ?)"
	dropPrepared = "DELETE FROM prepared WHERE id = ? RETURNING 1"
)

// writes are the statements prepared on the writer's connection.
var writes = []string{
	"BEGIN IMMEDIATE", "COMMIT", "ROLLBACK", "SAVEPOINT step", "ROLLBACK TO step", "RELEASE step",
	putMessage, messageSize, removeMessage, moveMessage, readHead, clearDeadline, abortMessage,
	setSetting, setCounter, makeCounter, dropCounter, putQueue, dropQueue,
	putState, dropState, putPrepared, dropPrepared,
}

// step does the operations of a step within the batch.
func (w *writer) step(b *batch, st *Step) error {
	if st.After != nil && st.After.Err != nil {
		return errf(ErrSkipped, "%v", st.After.Err)
	}
	b.settle, b.dropped = b.settle[:0], b.dropped[:0]
	for _, op := range st.Ops {
		if err := w.apply(b, op); err != nil {
			return err
		}
	}
	return w.s.settled(b)
}

func (w *writer) apply(b *batch, op Op) error {
	switch o := op.(type) {
	case *Put:
		return w.put(b, o.Row)
	case *Remove:
		return w.remove(b, o)
	case *Move:
		return w.move(b, o)
	case *Abort:
		return w.abort(b, o)
	}
	if err := w.begin(); err != nil {
		return err
	}
	switch o := op.(type) {
	case *CreateQueue:
		return w.create(b, o)
	case *UpdateQueue:
		return w.update(b, o.Queue)
	case *DeleteQueue:
		return w.drop(b, o.Slot)
	case *PutState:
		b.states[stateKey{o.Space, string(o.Key)}] = orEmpty(o.Value)
		return nil
	case *DeleteState:
		b.states[stateKey{o.Space, string(o.Key)}] = nil
		return nil
	case *Identify:
		return w.identify(b, o.ID)
	case *Prepare:
		return w.prepareOps(o)
	case *Forget:
		if _, err := w.row(dropPrepared, o.ID[:]); err != nil {
			return err
		}
		return nil
	}
	return fmt.Errorf("store: unknown operation %T", op)
}

func (w *writer) identify(b *batch, id mq.GUID) error {
	if id.IsZero() {
		return mq.Errorf(mq.ErrInvalidParameter, "identify the queue manager", "its identifier is zero")
	}
	b.id = id
	return w.exec(setSetting, id[:], sumOf([]byte("id"), id[:]), "id")
}

// putStates writes the protocol state that a batch leaves.
func (w *writer) putStates(b *batch) error {
	for k, value := range b.states {
		key := []byte(k.key)
		err := error(nil)
		if value == nil {
			err = w.exec(dropState, k.space, key)
		} else {
			err = w.exec(putState, k.space, key, value, sumOf([]byte(k.space), key, value))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// orEmpty keeps an empty value from becoming NULL.
func orEmpty(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// checkRow refuses a row that could not be read back.
func checkRow(r *Row) error {
	switch {
	case r.Priority > 7:
		return mq.Errorf(mq.ErrInvalidParameter, "store message", "priority %d is above 7", r.Priority)
	case r.BodyAt < 0 || r.BodyAt > len(r.Head):
		return mq.Errorf(mq.ErrInvalidParameter, "store message", "the body's place %d is outside the head of %d bytes", r.BodyAt, len(r.Head))
	}
	return nil
}

func (w *writer) put(b *batch, r *Row) error {
	s := w.s
	if err := checkRow(r); err != nil {
		return err
	}
	if s.queue(b, r.Slot) == nil {
		return errf(ErrNoSlot, "slot %d", r.Slot)
	}
	if b.seq > MaxSeq {
		return mq.Errorf(mq.ErrInsufficientResources, "store message", "all %d sequence numbers are used", uint64(MaxSeq)).
			WithFix("export the messages and import them into a new data folder")
	}
	lookup := LookupID(r.Priority, b.seq)
	if r.Express {
		h, err := w.hold(b, r, lookup)
		if err != nil {
			return err
		}
		b.express[h.place()] = h
	} else if err := w.insert(r, lookup); err != nil {
		return err
	}
	b.seq++
	b.puts = append(b.puts, numbered{r, lookup})
	b.count(r.Slot, 1, r.Size(), r.Express)
	return nil
}

// hold keeps an express message in memory, or spills it if there are too many.
func (w *writer) hold(b *batch, r *Row, lookup uint64) (*held, error) {
	row := *r
	row.Lookup = lookup
	h := &held{row: &row}
	if w.s.express.memory+b.memory+h.memory() > w.s.opts.ExpressLimit {
		var err error
		if h, err = w.s.spill.write(&row); err != nil {
			return nil, err
		}
	}
	b.memory += h.memory()
	return h, nil
}

func (w *writer) insert(r *Row, lookup uint64) error {
	if err := w.begin(); err != nil {
		return err
	}
	row := *r
	row.Lookup = lookup
	key, _ := pack(Place{r.Slot, lookup})
	var expires, id any
	if r.Expires != 0 {
		expires = r.Expires
	}
	if !r.Index.IsZero() {
		id = encodeID(r.Index)
	}
	return w.exec(putMessage, key, int64(r.Kind), int64(r.Class), r.Arrived, expires, int64(r.Aborts), int64(r.Moves),
		r.LastMove, id, int64(r.BodyAt), sumRow(&row), orEmpty(r.Head), orEmpty(r.Body))
}

// heldAt is the express message at a place as the batch would leave it.
func (w *writer) heldAt(b *batch, p Place) *held {
	if h, ok := b.express[p]; ok {
		return h
	}
	return w.s.express.get(p)
}

func (w *writer) remove(b *batch, o *Remove) error {
	if o.Express {
		h := w.heldAt(b, o.Place)
		if h == nil {
			return ErrGone
		}
		b.express[o.Place] = nil
		b.count(o.Slot, -1, -h.size(), true)
		return nil
	}
	key, size, err := w.find(o.Place)
	if err != nil {
		return err
	}
	b.count(o.Slot, -1, -size, false)
	return w.exec(removeMessage, key)
}

// find is the key of a durable message and the size of its packet.
func (w *writer) find(p Place) (key, size int64, err error) {
	key, ok := pack(p)
	if !ok {
		return 0, 0, ErrGone
	}
	if err := w.begin(); err != nil {
		return 0, 0, err
	}
	size, err = w.row(messageSize, key)
	return key, size, err
}

func (w *writer) move(b *batch, o *Move) error {
	if w.s.queue(b, o.To) == nil {
		return errf(ErrNoSlot, "slot %d", o.To)
	}
	if o.Express {
		h := w.heldAt(b, o.Place)
		if h == nil {
			return ErrGone
		}
		c, row := *h, *h.row
		row.Slot, row.Moves, row.LastMove = o.To, row.Moves+1, o.At
		if o.NoExpiry {
			row.Expires = 0
		}
		c.row = &row
		b.express[o.Place] = nil
		b.express[c.place()] = &c
		b.count(o.Slot, -1, -h.size(), true)
		b.count(o.To, 1, h.size(), true)
		return nil
	}
	key, size, err := w.find(o.Place)
	if err != nil {
		return err
	}
	to, _ := pack(Place{o.To, o.Lookup})
	b.count(o.Slot, -1, -size, false)
	b.count(o.To, 1, size, false)
	if o.NoExpiry {
		if err := w.endDeadline(key); err != nil {
			return err
		}
	}
	return w.exec(moveMessage, to, o.At, key)
}

// endDeadline lets a message live for ever. Its checksum speaks of the deadline,
// so it is read, but for the body, and verified.
func (w *writer) endDeadline(key int64) error {
	var row *Row
	rows, err := w.stmt[readHead].QueryContext(w.ctx, key)
	if err != nil {
		return database(err)
	}
	defer rows.Close()
	for rows.Next() {
		if row, err = scanRow(rows, 0); err != nil {
			return err
		}
	}
	if err := cmp.Or(rows.Err(), rows.Close()); err != nil {
		return database(err)
	}
	if row == nil || row.Expires == 0 {
		return nil
	}
	row.Expires = 0
	return w.exec(clearDeadline, int64(uint64(sumHead(row))<<32), key)
}

func (w *writer) abort(b *batch, o *Abort) error {
	if o.Express {
		h := w.heldAt(b, o.Place)
		if h == nil {
			return ErrGone
		}
		c, row := *h, *h.row
		row.Aborts++
		c.row = &row
		b.express[o.Place] = &c
		return nil
	}
	key, ok := pack(o.Place)
	if !ok {
		return ErrGone
	}
	if err := w.begin(); err != nil {
		return err
	}
	_, err := w.row(abortMessage, key)
	return err
}

func checkQueue(q *Queue) error {
	if q.Slot == 0 || q.Slot > MaxSlot || q.Parent == q.Slot || (q.Role == Main) != (q.Parent == 0) || q.Role > Awaiting {
		return mq.Errorf(mq.ErrInvalidParameter, "store queue "+q.Name, "slot %d, parent %d and role %d do not fit", q.Slot, q.Parent, q.Role)
	}
	return nil
}

func (w *writer) create(b *batch, o *CreateQueue) error {
	q := o.Queue
	if err := checkQueue(&q); err != nil {
		return err
	}
	if old := w.s.queue(b, q.Slot); o.IfMissing && old != nil && old.ID == q.ID {
		return nil
	}
	if w.s.queue(b, q.Slot) != nil || slices.Contains(b.dropped, q.Slot) {
		return errf(ErrTaken, "slot %d", q.Slot)
	}
	b.queues[q.Slot] = &q
	b.settle = append(b.settle, q.Slot)
	if err := w.exec(putQueue, queueValues(&q)...); err != nil {
		return err
	}
	return w.exec(makeCounter, int64(q.Slot), sumCounter(q.Slot, Count{}))
}

func (w *writer) update(b *batch, q Queue) error {
	if err := checkQueue(&q); err != nil {
		return err
	}
	if w.s.queue(b, q.Slot) == nil {
		return errf(ErrNoSlot, "slot %d", q.Slot)
	}
	b.queues[q.Slot] = &q
	b.settle = append(b.settle, q.Slot)
	return w.exec(putQueue, queueValues(&q)...)
}

func (w *writer) drop(b *batch, at Slot) error {
	if w.s.queue(b, at) == nil {
		return errf(ErrNoSlot, "slot %d", at)
	}
	b.queues[at] = nil
	b.dropped = append(b.dropped, at)
	b.settle = append(b.settle, at)
	if err := w.exec(dropQueue, int64(at)); err != nil {
		return err
	}
	return w.exec(dropCounter, int64(at))
}
