package localqm

import (
	"context"
	"fmt"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// Record is a message as stored, for export and import.
type Record struct {
	Packet   []byte
	Class    mq.Class
	Arrived  int64 // Unix seconds
	Aborts   uint32
	Moves    uint32
	LastMove int64 // Unix seconds; 0: never
}

// Restore puts messages back as they were: identifiers, times and counts are
// kept, places in the queue are new. All or none. It needs the right to send
// and that to administrate the machine, since it tells whatever history it
// likes.
func (m *QueueManager) Restore(ctx context.Context, c Caller, name mq.QueueName, records []Record) error {
	op := "restore messages to " + name.String()
	rows := make([]*store.Row, len(records))
	kinds := map[bool]bool{} // whether there are such that are transactional, and that are not
	for i, r := range records {
		row, msg, err := m.restored(r)
		if err != nil {
			return mq.Errorf(mq.ErrInvalidParameter, op, "message %d of %d: %w", i+1, len(records), err)
		}
		rows[i], kinds[msg.Transactional] = row, true
	}
	m.mu.Lock()
	ops, err := m.planRestore(op, c, name, rows, kinds)
	m.mu.Unlock()
	if err != nil || len(ops) == 0 {
		return err
	}
	return m.commit(ctx, op, ops, nil)
}

// planRestore is called with mu held. Its operations must be submitted.
func (m *QueueManager) planRestore(op string, c Caller, name mq.QueueName, rows []*store.Row, kinds map[bool]bool) ([]store.Op, error) {
	q, err := m.findAny(op, name)
	if err == nil {
		err = m.allowMachine(op, c, mq.RightSetMachineProperties)
	}
	if err == nil && (q.info.Kind == store.Private || q.info.Kind == store.Public) {
		err = m.allow(op, c, q, mq.RightWriteMessage)
	}
	if err == nil && q.root().out != nil {
		err = mq.Errorf(mq.ErrUnsupportedOperation, op, "messages cannot go on their way a second time as the same ones").
			WithFix("restore them to a queue of this computer and move them from there")
	}
	if err == nil && hidden(q.root().info) {
		err = mq.Errorf(mq.ErrUnsupportedOperation, op, "%s belongs to the queue manager", q.path)
	}
	if err == nil && q.final && kinds[!q.root().info.Transactional] {
		err = mq.Errorf(mq.ErrTransactionUsage, op, "messages and queue are not of one kind, transactional or not").
			WithFix("restore them to a queue like the one they came from")
	}
	var size int64
	for _, row := range rows {
		size += row.Size()
	}
	if err == nil {
		err = m.fits(op, q, size)
	}
	if err != nil {
		return nil, err
	}
	var ops []store.Op
	for _, row := range rows {
		if !q.final {
			row.Expires = 0 // what lies in a journal or dead-letter queue stays
		}
		m.reserve(q, row.Size())
		ops = append(ops, m.put(q, row))
	}
	return ops, nil
}

func (m *QueueManager) restored(r Record) (*store.Row, *mq.Message, error) {
	if len(r.Packet) > mq.MaxPacketSize {
		return nil, nil, fmt.Errorf("the packet has %d bytes; it may have %d", len(r.Packet), mq.MaxPacketSize)
	}
	row, msg, err := m.rowOf(r.Packet)
	if err != nil {
		return nil, nil, err
	}
	row.Class, row.Arrived = r.Class, r.Arrived
	row.Aborts, row.Moves, row.LastMove = r.Aborts, r.Moves, r.LastMove
	if r.Class == mq.ClassNormal {
		row.Expires = expiry(msg)
	}
	return row, msg, nil
}
