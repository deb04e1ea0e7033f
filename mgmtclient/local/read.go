package local

import (
	"context"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/store"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/row"
)

// Messages returns a page.
func (n *Node) Messages(ctx context.Context, queue string, p mgmtclient.Page) (mgmtclient.MessagePage, error) {
	op := "list the messages of " + queue
	name, err := n.name(ctx, op, queue)
	if err != nil {
		return mgmtclient.MessagePage{}, err
	}
	most, err := p.Size(op)
	if err != nil {
		return mgmtclient.MessagePage{}, err
	}
	rows, more, err := n.page(ctx, name, store.Range{
		After: uint64(p.After), Before: uint64(p.Before), Reverse: p.Last, Limit: most, Body: p.BodyLimit,
	})
	if err != nil {
		return mgmtclient.MessagePage{}, err
	}
	page := mgmtclient.MessagePage{Messages: make([]mgmtclient.Message, len(rows)), More: more}
	for i, d := range rows {
		page.Messages[i] = n.message(d)
	}
	return page, nil
}

// page reads a range up to the size that a page may have. With bodies it reads
// few at a time, so that a page of large ones does not fill the memory.
func (n *Node) page(ctx context.Context, name mq.QueueName, r store.Range) (rows []localqm.Delivery, more bool, err error) {
	most := r.Limit
	step := most + 1 // one more tells whether the range goes on
	if r.Body != 0 {
		step = min(step, 8)
	}
	size := 0
	for {
		r.Limit = step
		part, err := n.m.Browse(ctx, n.caller, name, r)
		if err != nil {
			return nil, false, err
		}
		fit := part
		for i := range part {
			d := part[i]
			if r.Reverse {
				d = part[len(part)-1-i]
			}
			if len(rows)+i == most || size >= mgmtclient.PageBytes {
				fit, more = part[:i], true
				if r.Reverse {
					fit = part[len(part)-i:]
				}
				break
			}
			size += mgmtclient.RowBytes + len(d.Row.Body) + len(d.Message.Extension)
		}
		if r.Reverse {
			rows = append(append([]localqm.Delivery{}, fit...), rows...)
		} else {
			rows = append(rows, fit...)
		}
		if more || len(part) < step {
			return rows, more, nil
		}
		if r.Reverse {
			r.Before = part[0].Lookup
		} else {
			r.After = part[len(part)-1].Lookup
		}
	}
}

// Message returns one message.
func (n *Node) Message(ctx context.Context, queue string, id mgmtclient.LookupID, bodyLimit int) (mgmtclient.Message, error) {
	name, err := n.name(ctx, "read message "+id.String()+" of "+queue, queue)
	if err != nil {
		return mgmtclient.Message{}, err
	}
	d, err := n.m.Message(ctx, n.caller, name, uint64(id), bodyLimit)
	if err != nil {
		return mgmtclient.Message{}, err
	}
	return n.message(d), nil
}

// searchPage is how many messages with their bodies a search holds at a time.
const searchPage = 200

// Search looks through a queue.
func (n *Node) Search(ctx context.Context, queue string, s mgmtclient.Search, found func(mgmtclient.Message) bool) error {
	op := "search " + queue
	name, err := n.name(ctx, op, queue)
	if err != nil {
		return err
	}
	match, err := row.Matcher(op, s)
	if err != nil {
		return err
	}
	r := store.Range{After: uint64(s.After), Limit: searchPage, Body: -1}
	if s.Text == "" {
		r.Body = 0
	}
	for hits := 0; ; {
		rows, more, err := n.page(ctx, name, r)
		if err != nil {
			return err
		}
		for _, d := range rows {
			m := n.message(d)
			r.After = d.Lookup
			if !match(&m) {
				continue
			}
			m.Body = nil
			if hits++; !found(m) || hits == s.Limit {
				return nil
			}
		}
		if !more {
			return nil
		}
		if err := n.enter(ctx, op); err != nil {
			return err
		}
	}
}

// Records returns messages as stored.
func (n *Node) Records(ctx context.Context, queue string, after mgmtclient.LookupID, limit int) ([]mgmtclient.Record, error) {
	op := "read the records of " + queue
	name, err := n.name(ctx, op, queue)
	if err != nil {
		return nil, err
	}
	if limit <= 0 || limit > mgmtclient.MaxPage {
		return nil, mq.Errorf(mq.ErrInvalidParameter, op, "a page of %d records was asked for", limit).
			WithFix("ask for 1 to %d", mgmtclient.MaxPage)
	}
	rows, _, err := n.page(ctx, name, store.Range{After: uint64(after), Limit: limit, Body: -1})
	if err != nil {
		return nil, err
	}
	list := make([]mgmtclient.Record, len(rows))
	for i, d := range rows {
		list[i] = mgmtclient.Record{
			LookupID: mgmtclient.LookupID(d.Lookup), ID: d.Message.ID.String(), Label: d.Message.Label,
			Packet: d.Row.Packet(), Arrived: unix(d.Row.Arrived), Class: d.Row.Class,
			AbortCount: int(d.Row.Aborts), MoveCount: int(d.Row.Moves),
		}
		if d.Row.LastMove != 0 {
			t := unix(d.Row.LastMove)
			list[i].LastMove = &t
		}
	}
	return list, nil
}

// Restore puts records into a queue, all or none.
func (n *Node) Restore(ctx context.Context, queue string, records []mgmtclient.Record) error {
	name, err := n.name(ctx, "restore messages into "+queue, queue)
	if err != nil {
		return err
	}
	list := make([]localqm.Record, len(records))
	for i, r := range records {
		list[i] = localqm.Record{
			Packet: r.Packet, Class: r.Class, Arrived: r.Arrived.Unix(), Aborts: uint32(r.AbortCount), Moves: uint32(r.MoveCount),
		}
		if r.LastMove != nil {
			list[i].LastMove = r.LastMove.Unix()
		}
	}
	return n.m.Restore(ctx, n.caller, name, list)
}
