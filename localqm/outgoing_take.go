package localqm

import (
	"cmp"
	"context"
	"errors"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
	"posthouse/localqm/wire"
)

// pageBody is how much of a body is read with its neighbours; longer ones are
// read one by one, so that a page stays small.
const pageBody = 64 << 10

// Take gives the carrier the next messages for a peer, in queue order: at most
// limit, and of at most so many bytes in all unless the first alone has more. It
// gives none if none may leave now: the queue is empty, paused or behind a
// stream that is not wholly acknowledged; Carrier.Available says when there is
// more. What is due to end ends instead of being taken. For a detour it passes over
// what may not take it (Barred).
func (o *Outgoing) Take(ctx context.Context, to Peer, limit, bytes int) ([]*Parcel, error) {
	o.taking.Lock()
	defer o.taking.Unlock()
	op := "send what waits for " + o.name.String()
	for {
		parcels, late, barred, err := o.takeSome(ctx, op, to, limit, bytes)
		if err != nil || len(parcels) > 0 || len(late) == 0 && !barred {
			return parcels, err
		}
		if len(late) == 0 {
			continue // there may be others behind
		}
		if _, err := o.m.removeLocked(late, mq.ClassNackReceiveTimeout); err != nil {
			return nil, o.m.storeError(op, err)
		}
	}
}

// takeSome takes until a message does not fit, may not leave yet, or is late. Late
// ones in front of all others are returned, locked for their removal. barred tells that
// some were passed over.
func (o *Outgoing) takeSome(ctx context.Context, op string, to Peer, limit, bytes int) (out []*Parcel, late []store.Place, barred bool, err error) {
	m, q := o.m, o.q
	ids, parcels, err := m.pick(ctx, op, q, to, limit)
	if err != nil || len(ids) == 0 {
		return nil, nil, false, err
	}
	may := func(*store.Row) bool { return true }
	bars := map[*store.Row]bool{}
	if to.Detour {
		may = func(row *store.Row) bool {
			bars[row] = !m.inside(row)
			return !bars[row]
		}
	}
	rows, err := m.readOutgoing(ctx, q, ids, bytes, may)
	messages := make([]*mq.Message, len(rows))
	for i := 0; i < len(rows) && err == nil; i++ {
		if rows[i] != nil && !bars[rows[i]] {
			messages[i], err = m.pack(q, rows[i], parcels[i])
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for next := true; n < len(rows); n++ {
		p := parcels[n]
		l := q.locks[p.lookup]
		switch {
		case l == nil || l.parcel != p: // a final acknowledgement took it
		case rows[n] == nil: // it was removed before it could be locked
			m.lost(q, p.lookup)
		case m.over(rows[n]):
			if next = len(out) == 0; next {
				l.parcel, l.sent = nil, false
				q.others++
				late = append(late, store.Place{Slot: q.slot, Lookup: p.lookup})
			}
		case len(late) == 0 && bars[rows[n]]:
			if barred = true; l.purge {
				m.untake(q, p.lookup, p)
				break
			}
			q.unlock(p.lookup)
			q.out.bar(p.lookup)
		case len(late) > 0 || messages[n] == nil: // err says why
			next = false
		case !m.leaves(q, messages[n], p, to):
			next, q.out.stalled = false, true
		default:
			out = append(out, p)
			if messages[n].Trace {
				m.departs(messages[n], to.Address)
			}
		}
		if !next {
			break
		}
	}
	m.putBack(q, parcels[n:], err == nil)
	if len(out) > 0 || len(late) > 0 {
		return out, late, barred, nil // an error comes again
	}
	return nil, nil, barred, m.storeError(op, err)
}

// over reports that the time of a message is over.
func (m *QueueManager) over(row *store.Row) bool {
	return row.Expires != 0 && row.Expires <= m.clock.Now().Unix()
}

// putBack makes positions available again that did not leave after all. The
// carrier is told, if anything has changed for it. Called with mu held.
func (m *QueueManager) putBack(q *queue, parcels []*Parcel, tell bool) {
	for _, p := range parcels {
		l := q.locks[p.lookup]
		if l == nil || l.parcel != p {
			continue // its fate came meanwhile
		}
		if l.purge {
			m.untake(q, p.lookup, p)
			continue
		}
		q.unlock(p.lookup)
		q.head.put(p.lookup)
	}
	if len(parcels) > 0 && tell && !q.out.stalled {
		m.offer(q)
	}
}

// pick locks the next available positions for a carrier.
func (m *QueueManager) pick(ctx context.Context, op string, q *queue, to Peer, limit int) (ids []uint64, parcels []*Parcel, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(op); err != nil {
		return nil, nil, err
	}
	if !to.Detour {
		m.unbarAll(q)
	}
	for m.mayLeave(q) && !q.out.stalled && len(ids) < limit {
		lookup, ok, err := m.first(ctx, q)
		if !ok || err != nil {
			return ids, parcels, m.storeError(op, err)
		}
		p := &Parcel{lookup: lookup}
		q.locks[lookup] = &lock{parcel: p, sent: true}
		q.head.drop(lookup)
		ids, parcels = append(ids, lookup), append(parcels, p)
	}
	return ids, parcels, nil
}

// readOutgoing reads messages, as many as have so many bytes; nil for one that is
// not there any more. Of one that may not leave the body is left out.
func (m *QueueManager) readOutgoing(ctx context.Context, q *queue, ids []uint64, bytes int, may func(*store.Row) bool) ([]*store.Row, error) {
	page, err := m.store.Range(ctx, store.Range{
		Slot: q.slot, After: ids[0] - 1, Before: ids[len(ids)-1] + 1, Limit: 2 * len(ids), Body: pageBody,
	})
	if err != nil {
		return nil, err
	}
	var rows []*store.Row
	total := int64(0)
	for _, id := range ids {
		for len(page) > 0 && page[0].Lookup < id {
			page = page[1:] // somebody else has it
		}
		var row *store.Row
		if len(page) > 0 && page[0].Lookup == id {
			row = page[0]
		}
		if row != nil && !may(row) {
			rows = append(rows, row)
			continue
		}
		if row == nil || len(row.Body) < row.BodySize {
			if row != nil && len(rows) > 0 && total+row.Size() > int64(bytes) {
				return rows, nil // before it is read in vain
			}
			if row, err = m.store.Get(ctx, q.slot, id, -1); errors.Is(err, store.ErrGone) {
				rows = append(rows, nil)
				continue
			} else if err != nil {
				return rows, err
			}
		}
		if total += row.Size(); len(rows) > 0 && total > int64(bytes) {
			return rows, nil
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// pack makes a parcel of a message.
func (m *QueueManager) pack(q *queue, row *store.Row, p *Parcel) (*mq.Message, error) {
	msg, err := m.parse(row)
	if err == nil {
		p.Packet, err = wire.Sendable(row.Packet())
	}
	if err != nil {
		return nil, mq.Errorf(mq.ErrGeneric, "send a message", "message %d of %s is damaged: %w", row.Lookup, q.path, err).
			WithFix("stop the queue manager and run `posthouse check`")
	}
	if msg.Destination.Kind == mq.KindPublic && msg.DestinationMachine.IsZero() {
		msg.DestinationMachine = m.ownerOf(msg.Destination) // it was not known when the message was sent
		err = wire.SetMachine(p.Packet, msg.DestinationMachine)
	}
	p.Recoverable, p.Transactional = !row.Express, msg.Transactional && !q.passing(msg)
	p.size, p.express = row.Size(), row.Express
	if msg.Journal && !msg.Transactional && !q.passing(msg) {
		p.journal = row
	}
	return msg, err
}

// leaves reports whether a parcel may leave now, and gives a transactional one
// the place that it leaves with. Called with mu held.
func (m *QueueManager) leaves(q *queue, msg *mq.Message, p *Parcel, to Peer) bool {
	if !p.Transactional {
		return true
	}
	if !m.admits(q, msg, p.lookup, cmp.Or(msg.DestinationMachine, to.ID)) {
		return false
	}
	at := q.out.stream.next(msg)
	p.Sequence, p.Number = at.ID, at.Number
	if err := wire.SetSequence(p.Packet, at.ID, at.Number, at.Previous); err != nil {
		m.log.Error("a message got no place in its stream", "queue", q.path, "error", err)
		return false
	}
	q.out.stream.leaves(sent{
		number: at.Number, previous: at.Previous, lookup: p.lookup, size: p.size, await: msg.Journal || msg.DeadLetter,
	})
	return true
}

// untake gives a parcel's position back, unless it is no longer the parcel's.
// Called with mu held.
func (m *QueueManager) untake(q *queue, lookup uint64, p *Parcel) {
	if l := q.locks[lookup]; l != nil && l.parcel == p {
		l.parcel = nil
		m.release(store.Place{Slot: q.slot, Lookup: lookup})
	}
}

// Delivered tells that the peer is responsible for parcels now (session
// acknowledgement, MS-MQQB 3.1.5.5). They leave the queue, and are journaled if
// their sender asked; transactional ones stay until their order acknowledgement
// (3.1.5.5.3). It does not wait for the disk.
func (o *Outgoing) Delivered(parcels []*Parcel) {
	m, q := o.m, o.q
	m.mu.Lock()
	defer m.mu.Unlock()
	var ops []store.Op
	for _, p := range parcels {
		l := q.locks[p.lookup]
		if p.Transactional || l == nil || l.parcel != p {
			continue
		}
		l.parcel, l.size = nil, p.size
		ops = append(ops, &store.Remove{Place: store.Place{Slot: q.slot, Lookup: p.lookup}, Express: p.express})
		if p.journal != nil {
			ops = m.appendCopy(ops, m.system(mq.SuffixJournal), p.journal, p.journal.Class)
		}
	}
	if len(ops) == 0 {
		return
	}
	m.store.Submit(&store.Step{Ops: ops, Done: func(s *store.Step) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.apply(s)
		if s.Err != nil {
			m.log.Error("delivered messages could not be removed; they are sent again", "queue", q.path, "error", s.Err)
		}
	}})
}

// Release gives back parcels that were not delivered, because their session has
// ended: they are available again, each in its place.
func (o *Outgoing) Release(parcels []*Parcel) {
	o.m.mu.Lock()
	defer o.m.mu.Unlock()
	for _, p := range parcels {
		o.m.untake(o.q, p.lookup, p)
	}
}

// Resend makes the transactional messages available again that left and were not
// acknowledged (Transactional Ack Wait Timer Event, MS-MQQB 3.1.6.8). Parcels of
// them mean nothing any more.
func (o *Outgoing) Resend() {
	o.m.mu.Lock()
	defer o.m.mu.Unlock()
	for _, s := range append([]sent(nil), o.q.out.stream.sent...) {
		if l := o.q.locks[s.lookup]; l != nil && l.parcel != nil {
			o.m.untake(o.q, s.lookup, l.parcel)
		}
	}
}
