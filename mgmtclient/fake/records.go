package fake

import (
	"context"

	"posthouse/localqm/mq"
	"posthouse/localqm/wire"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/row"
)

// Records returns messages as packets.
func (n *Node) Records(ctx context.Context, queue string, after mgmtclient.LookupID, limit int) ([]mgmtclient.Record, error) {
	op := "read the records of " + queue
	if err := n.enter(ctx, "Records", op, queue); err != nil {
		return nil, err
	}
	defer n.mu.Unlock()
	at, err := n.find(op, queue)
	if err != nil {
		return nil, err
	}
	if limit <= 0 || limit > mgmtclient.MaxPage {
		return nil, mq.Errorf(mq.ErrInvalidParameter, op, "a page of %d records was asked for", limit).
			WithFix("ask for 1 to %d", mgmtclient.MaxPage)
	}
	from := at.box.after(after)
	list := []mgmtclient.Record{}
	size := 0
	for _, it := range at.box.items[from:min(from+limit, len(at.box.items))] {
		if size >= mgmtclient.PageBytes {
			break
		}
		r := n.message(it)
		m, err := row.Message(r)
		if err != nil {
			return nil, row.Tried(op, err)
		}
		packet, err := wire.Append(nil, m, n.machine.ID)
		if err != nil {
			return nil, row.Tried(op, err)
		}
		size += mgmtclient.RowBytes + len(packet)
		list = append(list, mgmtclient.Record{
			LookupID: r.LookupID, ID: r.ID, Label: r.Label, Packet: packet, Arrived: r.ArrivedTime,
			AbortCount: r.AbortCount, MoveCount: r.MoveCount, LastMove: r.LastMoveTime, Class: r.ClassCode,
		})
	}
	return list, nil
}

// Restore puts records into a queue as they were, all or none.
func (n *Node) Restore(ctx context.Context, queue string, records []mgmtclient.Record) error {
	op := "restore messages into " + queue
	if err := n.enter(ctx, "Restore", op, queue); err != nil {
		return err
	}
	defer n.mu.Unlock()
	at, err := n.find(op, queue)
	if err != nil {
		return err
	}
	list := make([]*mgmtclient.Message, len(records))
	for i, r := range records {
		m, err := wire.Parse(r.Packet, n.machine.ID)
		if err != nil {
			return mq.Errorf(mq.ErrInvalidParameter, op, "packet %d of %d is damaged: %w", i+1, len(records), err).
				WithFix("take another copy of the export")
		}
		c := row.Of(m)
		row.SetClass(&c, r.Class)
		c.ArrivedTime, c.AbortCount, c.MoveCount, c.LastMoveTime = r.Arrived, r.AbortCount, r.MoveCount, r.LastMove
		c.Size = int64(len(r.Packet))
		if m.SourceMachine == n.machine.ID {
			c.SourceMachine = n.machine.Name
		}
		if at.q == nil || at.suffix != mq.SuffixNone {
			c.Expires = nil
		}
		c = cut(c, -1) // the packet belongs to the caller
		list[i] = &c
	}
	for _, m := range list {
		m.LookupID = n.nextPlace(m.Priority)
		at.box.put(m)
	}
	n.signal(mgmtclient.SignalMessages, n.pathOf(at))
	return nil
}
