package fake

import (
	"context"
	"strings"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/row"
)

// Receive takes the first message, or a chosen one, and waits for it.
func (n *Node) Receive(ctx context.Context, queue string, o mgmtclient.ReceiveOptions) (mgmtclient.Message, error) {
	op := "receive from " + queue
	if err := n.enter(ctx, "Receive", op, queue); err != nil {
		return mgmtclient.Message{}, err
	}
	defer n.mu.Unlock()
	var over <-chan time.Time
	if o.Timeout > 0 {
		t := time.NewTimer(o.Timeout)
		defer t.Stop()
		over = t.C
	}
	for {
		n.expire()
		t, err := n.find(op, queue)
		if err != nil {
			return mgmtclient.Message{}, err
		}
		if i := t.box.first(o.LookupID); i >= 0 {
			if o.Peek {
				return cut(*n.message(t.box.items[i]), -1), nil
			}
			return cut(*n.receive(t, i), -1), nil
		}
		if o.LookupID != 0 {
			return mgmtclient.Message{}, gone(op)
		}
		if over == nil {
			return mgmtclient.Message{}, timedOut(op)
		}
		changed := n.changed
		n.mu.Unlock()
		err = nil
		select {
		case <-changed:
		case <-over:
			err = timedOut(op)
		case <-ctx.Done():
			err = mgmtclient.Interrupted(ctx, op)
		case <-n.done:
			err = mgmtclient.Closed(op)
		}
		n.mu.Lock()
		if err != nil {
			return mgmtclient.Message{}, err
		}
	}
}

func timedOut(op string) error {
	return mq.Errorf(mq.ErrIOTimeout, op, "no message came in time")
}

func (b *box) first(id mgmtclient.LookupID) int {
	if id != 0 {
		return b.at(id)
	}
	if len(b.items) == 0 {
		return -1
	}
	return 0
}

// receive takes item i, with the journal copy and the acknowledgement.
func (n *Node) receive(t place, i int) *mgmtclient.Message {
	m := n.take(t.box, i)
	n.machine.Removed++
	if t.q != nil && t.q.Journal && t.suffix == mq.SuffixNone && !over(t.q.JournalQuotaKB, t.q.journal.bytes+m.Size) {
		c := *m
		c.LookupID, c.Expires = n.nextPlace(m.Priority), nil
		t.q.journal.put(&c)
	}
	if t.q != nil && t.suffix == mq.SuffixNone {
		n.acknowledge(m, "received", mq.ClassAckReceive)
	}
	n.signal(mgmtclient.SignalMessages, n.pathOf(t))
	return m
}

// Purge empties a queue, subqueue, journal or system queue.
func (n *Node) Purge(ctx context.Context, queue string) (int64, error) {
	op := "purge " + queue
	if err := n.enter(ctx, "Purge", op, queue); err != nil {
		return 0, err
	}
	defer n.mu.Unlock()
	t, err := n.find(op, queue)
	if err != nil {
		return 0, err
	}
	return n.purge(t, mq.ClassNackQueuePurged), nil
}

func (n *Node) purge(t place, class mq.Class) int64 {
	count := t.box.count()
	items := t.box.items
	*t.box = box{}
	if t.q != nil && t.suffix == mq.SuffixNone {
		for _, it := range items {
			if it.m != nil {
				n.bury(it.m, class)
			}
		}
	}
	if count > 0 {
		n.signal(mgmtclient.SignalMessages, n.pathOf(t))
	}
	return count
}

// Delete receives chosen messages and drops them.
func (n *Node) Delete(ctx context.Context, queue string, ids []mgmtclient.LookupID) ([]mgmtclient.ItemResult, error) {
	op := "delete messages of " + queue
	if err := n.enter(ctx, "Delete", op, queue); err != nil {
		return nil, err
	}
	defer n.mu.Unlock()
	t, err := n.find(op, queue)
	if err != nil {
		return nil, err
	}
	return n.each("Delete", t, ids, func(i int, _ *mgmtclient.ItemResult) error {
		n.receive(t, i)
		return nil
	}), nil
}

// each answers for every message of a bulk action.
func (n *Node) each(method string, t place, ids []mgmtclient.LookupID, do func(i int, r *mgmtclient.ItemResult) error) []mgmtclient.ItemResult {
	list := make([]mgmtclient.ItemResult, len(ids))
	for k, id := range ids {
		r := mgmtclient.ItemResult{LookupID: id}
		err := n.itemFails(method, id)
		if err == nil {
			if i := t.box.at(id); i < 0 {
				err = gone(strings.ToLower(method) + " message " + id.String())
			} else {
				err = do(i, &r)
			}
		}
		if err != nil {
			r = failed(id, err)
		}
		list[k] = r
	}
	return list
}

// Move moves chosen messages.
func (n *Node) Move(ctx context.Context, from string, ids []mgmtclient.LookupID, to string) ([]mgmtclient.ItemResult, error) {
	op := "move messages from " + from + " to " + to
	if err := n.enter(ctx, "Move", op, from); err != nil {
		return nil, err
	}
	defer n.mu.Unlock()
	s, err := n.find(op, from)
	if err != nil {
		return nil, err
	}
	d, err := n.destination(op, to)
	if err != nil {
		return nil, err
	}
	if d.box == s.box {
		return nil, mq.Errorf(mq.ErrInvalidParameter, op, "the messages are there already").WithFix("choose another queue")
	}
	if s.q == d.q && s.suffix == mq.SuffixNone {
		return n.each("Move", s, ids, func(i int, _ *mgmtclient.ItemResult) error {
			m := *n.take(s.box, i)
			now := n.second()
			m.MoveCount, m.LastMoveTime, m.AbortCount = m.MoveCount+1, &now, 0
			d.box.put(&m)
			n.signal(mgmtclient.SignalMessages, s.q.PathName)
			return nil
		}), nil
	}
	if err := whole(op, d); err != nil {
		return nil, err
	}
	return n.each("Move", s, ids, func(i int, r *mgmtclient.ItemResult) error {
		m := n.message(s.box.items[i])
		if err := n.admits(op, d, d.q.Transactional, m.Size); err != nil {
			return err
		}
		n.receive(s, i)
		r.NewID = n.anew(d, *m)
		return nil
	}), nil
}

// destination finds where messages go; a subqueue is made when needed.
func (n *Node) destination(op, name string) (place, error) {
	parsed, err := mq.ParseQueue(name)
	if err != nil {
		return place{}, err
	}
	d, err := n.target(op, parsed.FormatName(), true)
	if err == nil && (d.q == nil || d.q.Hidden || d.q.out != nil && d.sub != "" || d.suffix != mq.SuffixNone) {
		err = mq.Errorf(mq.ErrAccessDenied, op, "nothing can be put into %s", n.pathOf(d)).WithFix("choose a queue or a subqueue")
	}
	return d, err
}

// whole refuses a subqueue of another queue as a destination.
func whole(op string, d place) error {
	if d.sub == "" {
		return nil
	}
	return mq.Errorf(mq.ErrUnsupportedOperation, op, "messages reach a subqueue only from its own queue").
		WithFix("move them to %s first", d.q.PathName)
}

// anew sends a copy of m into a queue, as its kind wants it, and returns the new ID.
func (n *Node) anew(d place, m mgmtclient.Message) string {
	m.ID = mq.ObjectID{Source: n.machine.ID, Ordinal: n.nextOrdinal()}.String()
	if d.q.out == nil {
		m.Transactional = d.q.Transactional
	}
	m.TransactionID = ""
	m.FirstInTransaction, m.LastInTransaction = m.Transactional, m.Transactional
	if m.Transactional {
		m.TransactionID = mq.ObjectID{Source: n.machine.ID, Ordinal: n.nextOrdinal()}.String()
		m.Priority, m.Delivery = 0, row.Recoverable
	}
	m.ClassCode, m.Class = mq.ClassNormal, mq.ClassNormal.Name()
	m.AbortCount, m.MoveCount, m.LastMoveTime, m.Expires, m.Size = 0, 0, nil, nil, 0
	m.SentTime, m.SourceMachine = n.second(), n.machine.Name
	m.DestinationQueue = n.named(d)
	n.complete(&m)
	n.deliver(d, &m)
	return m.ID
}

// Copy sends copies of chosen messages.
func (n *Node) Copy(ctx context.Context, from string, ids []mgmtclient.LookupID, to string) ([]mgmtclient.ItemResult, error) {
	op := "copy messages from " + from + " to " + to
	if err := n.enter(ctx, "Copy", op, from); err != nil {
		return nil, err
	}
	defer n.mu.Unlock()
	s, err := n.find(op, from)
	if err != nil {
		return nil, err
	}
	d, err := n.destination(op, to)
	if err == nil {
		err = whole(op, d)
	}
	if err != nil {
		return nil, err
	}
	return n.each("Copy", s, ids, func(i int, r *mgmtclient.ItemResult) error {
		m := n.message(s.box.items[i])
		if err := n.admits(op, d, d.q.Transactional, m.Size); err != nil {
			return err
		}
		r.NewID = n.anew(d, *m)
		return nil
	}), nil
}

// Return sends dead letters to where they were going.
func (n *Node) Return(ctx context.Context, from string, ids []mgmtclient.LookupID) ([]mgmtclient.ItemResult, error) {
	op := "return messages of " + from
	if err := n.enter(ctx, "Return", op, from); err != nil {
		return nil, err
	}
	defer n.mu.Unlock()
	s, err := n.find(op, from)
	if err != nil {
		return nil, err
	}
	return n.each("Return", s, ids, func(i int, r *mgmtclient.ItemResult) error {
		m := n.message(s.box.items[i])
		d, err := n.destination(op, m.DestinationQueue)
		if err == nil {
			err = whole(op, d)
		}
		if err == nil && d.box == s.box {
			err = mq.Errorf(mq.ErrInvalidParameter, op, "the message is where it was going").WithFix("choose dead letters")
		}
		if err == nil {
			err = n.admits(op, d, d.q.Transactional, m.Size)
		}
		if err != nil {
			return err
		}
		n.receive(s, i)
		r.NewID = n.anew(d, *m)
		return nil
	}), nil
}
