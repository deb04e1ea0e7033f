package fake

import (
	"bytes"
	"context"
	"slices"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/bodyformat"
	"posthouse/mgmtclient/row"
)

// Messages returns a page.
func (n *Node) Messages(ctx context.Context, queue string, p mgmtclient.Page) (mgmtclient.MessagePage, error) {
	op := "list the messages of " + queue
	if err := n.enter(ctx, "Messages", op, queue); err != nil {
		return mgmtclient.MessagePage{}, err
	}
	defer n.mu.Unlock()
	at, err := n.find(op, queue)
	if err != nil {
		return mgmtclient.MessagePage{}, err
	}
	limit := p.Limit
	if limit == 0 {
		limit = mgmtclient.DefaultPage
	}
	if limit < 0 || limit > mgmtclient.MaxPage {
		return mgmtclient.MessagePage{}, mq.Errorf(mq.ErrInvalidParameter, op, "a page of %d messages was asked for", limit).
			WithFix("ask for 1 to %d", mgmtclient.MaxPage)
	}
	from, to := at.box.after(p.After), len(at.box.items)
	if p.Before != 0 {
		to = max(from, at.box.after(p.Before-1))
	}
	page := mgmtclient.MessagePage{Messages: []mgmtclient.Message{}}
	size := 0
	for i := range to - from {
		if i == limit || size >= mgmtclient.PageBytes {
			page.More = true
			break
		}
		k := from + i
		if p.Last {
			k = to - 1 - i
		}
		m := cut(*n.message(at.box.items[k]), p.BodyLimit)
		m.Transfer = at.transfer(k)
		size += mgmtclient.RowBytes + len(m.Body) + len(m.Extension)
		page.Messages = append(page.Messages, m)
	}
	if p.Last {
		slices.Reverse(page.Messages)
	}
	return page, nil
}

// cut leaves at most limit bytes of the body; negative leaves all.
func cut(m mgmtclient.Message, limit int) mgmtclient.Message {
	switch {
	case limit == 0:
		m.Body = nil
	case limit > 0 && len(m.Body) > limit:
		m.Body = m.Body[:limit]
	}
	m.Body, m.Extension = bytes.Clone(m.Body), bytes.Clone(m.Extension)
	m.Format = bodyformat.Detect(m.BodyType, m.Body, m.Extension)
	return m
}

// Message returns one message.
func (n *Node) Message(ctx context.Context, queue string, id mgmtclient.LookupID, bodyLimit int) (mgmtclient.Message, error) {
	op := "read message " + id.String() + " of " + queue
	if err := n.enter(ctx, "Message", op, queue); err != nil {
		return mgmtclient.Message{}, err
	}
	defer n.mu.Unlock()
	at, err := n.find(op, queue)
	if err != nil {
		return mgmtclient.Message{}, err
	}
	i := at.box.at(id)
	if i < 0 {
		return mgmtclient.Message{}, gone(op)
	}
	m := cut(*n.message(at.box.items[i]), bodyLimit)
	m.Transfer = at.transfer(i)
	return m, nil
}

func gone(op string) error {
	return mq.Errorf(mq.ErrMessageNotFound, op, "it is not there any more: it was received, deleted or moved, or it expired").
		WithFix("refresh the list")
}

// Search looks through a queue.
func (n *Node) Search(ctx context.Context, queue string, s mgmtclient.Search, found func(mgmtclient.Message) bool) error {
	op := "search " + queue
	if err := n.enter(ctx, "Search", op, queue); err != nil {
		return err
	}
	at, err := n.find(op, queue)
	n.mu.Unlock()
	if err != nil {
		return err
	}
	match, err := row.Matcher(op, s)
	if err != nil {
		return err
	}
	hits := 0
	for after := s.After; ; {
		n.mu.Lock()
		var batch []mgmtclient.Message
		from := at.box.after(after)
		for i, it := range at.box.items[from:min(from+200, len(at.box.items))] {
			after = it.id
			m := cut(*n.message(it), -1)
			m.Transfer = at.transfer(from + i)
			batch = append(batch, m)
		}
		n.mu.Unlock()
		if len(batch) == 0 {
			return nil
		}
		for _, m := range batch {
			if ctx.Err() != nil {
				return mgmtclient.Interrupted(ctx, op)
			}
			select {
			case <-n.done:
				return mgmtclient.Closed(op)
			default:
			}
			if !match(&m) {
				continue
			}
			m.Body = nil
			if hits++; !found(m) || hits == s.Limit {
				return nil
			}
		}
	}
}
