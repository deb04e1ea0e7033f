package localqm

import (
	"posthouse/localqm/store"
	"posthouse/localqm/wire"
)

// Barred reports that messages wait here which may not take the detour that is used:
// Take passes them over until it is called for a Peer that is none. It takes no lock.
func (o *Outgoing) Barred() bool { return o.bars.Load() > 0 }

// inside reports whether a message in an outgoing queue has not left our sites yet. One
// that has, and was sent farther away from its destination again, might go to and fro.
func (m *QueueManager) inside(row *store.Row) bool {
	hops := wire.Hops(row.Head)
	if hops == 0 {
		return true // it begins here
	}
	d := m.directory()
	msg, err := m.parse(row)
	return err == nil && d != nil && d.Inside(msg.SourceMachine, hops)
}

// bar keeps a position out of the head. Called with mu held.
func (o *outgoing) bar(lookup uint64) {
	if o.barred == nil {
		o.barred = map[uint64]struct{}{}
	}
	o.barred[lookup] = struct{}{}
	o.bars.Store(int64(len(o.barred)))
}

// barred reports a position that Take passes over. Called with mu held.
func (q *queue) barred(lookup uint64) bool {
	if q.out == nil {
		return false
	}
	_, is := q.out.barred[lookup]
	return is
}

// unbar ends it for one position. Called with mu held.
func (o *outgoing) unbar(lookup uint64) {
	if len(o.barred) > 0 {
		delete(o.barred, lookup)
		o.bars.Store(int64(len(o.barred)))
	}
}

// unbarAll ends it for all, and reports whether there were any: the head is read anew.
// Called with mu held.
func (m *QueueManager) unbarAll(q *queue) bool {
	if q.out == nil || len(q.out.barred) == 0 {
		return false
	}
	q.out.barred = nil
	q.out.bars.Store(0)
	q.head = head{}
	return true
}
