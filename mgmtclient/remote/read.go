package remote

import (
	"context"
	"math"

	remoteread "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/row"
)

// The actions of R_StartReceive (MS-MQRR 3.1.4.7).
const (
	receiveFirst   = 0x00000000
	peekFirst      = 0x80000000
	peekCurrent    = 0x40000010
	peekNext       = 0x40000011
	peekPrevious   = 0x40000012
	receiveCurrent = 0x40000020
)

// whole asks for all of a body.
const whole = math.MaxUint32

// peek reads one message and leaves it. Where none stands d is nil.
func (s *session) peek(ctx context.Context, q opened, action uint32, id mgmtclient.LookupID, limit uint32) (*delivery, error) {
	r, err := s.reads.StartReceive(ctx, &remoteread.StartReceiveRequest{
		Context: q.context, LookupID: uint64(id), Action: action, RequestID: s.request(),
		MaxBodySize: limit, MaxCompoundMessageSize: whole,
	})
	switch code(err) {
	case mq.ErrMessageNotFound, mq.ErrMessageAlreadyReceived, mq.ErrIOTimeout:
		if action != peekCurrent {
			return nil, nil // the end of the queue
		}
	}
	if err != nil {
		return nil, err
	}
	return read(r, limit, s.about.id)
}

func bodyLimit(limit int) uint32 {
	if limit < 0 || limit > mq.MaxPacketSize {
		return whole
	}
	return uint32(limit)
}

// readable refuses the queues whose messages no other computer may see.
func (n *Node) readable(s *session, f mq.FormatName) error {
	if s.reads == nil {
		return mq.Errorf(mq.ErrUnsupportedOperation, "", "%s", n.Lacks(mgmtclient.CanReceive))
	}
	return nil
}

// reading is queue for what reads messages.
func (n *Node) reading(ctx context.Context, op, queue string, f func(context.Context, *session, mq.FormatName) error) error {
	return n.queue(ctx, op, queue, 0, func(ctx context.Context, s *session, name mq.FormatName) error {
		if err := n.readable(s, name); err != nil {
			return err
		}
		return n.leaving(ctx, s, name, f(ctx, s, name))
	})
}

// leaving explains why the messages of an outgoing queue are not shown: asked for
// them, the other computer says that it has no such queue.
func (n *Node) leaving(ctx context.Context, s *session, f mq.FormatName, err error) error {
	if code(err) != mq.ErrQueueNotFound {
		return err
	}
	f.Subqueue = ""
	v, again := s.queueInfo(ctx, f, mq.PropMgmtQueueLocation)
	if again != nil || v.text(mq.PropMgmtQueueLocation) != mq.LocationRemote {
		return err
	}
	return mq.Errorf(mq.ErrUnsupportedOperation, "", "what waits on %s to leave is not shown to other computers: no protocol of Message Queuing does it", n.who()).
		WithFix("look at it on that computer; how many messages wait, and why, is told here")
}

// Messages returns a page.
func (n *Node) Messages(ctx context.Context, queue string, p mgmtclient.Page) (page mgmtclient.MessagePage, err error) {
	op := "list the messages of " + queue
	page.Messages = []mgmtclient.Message{}
	err = n.reading(ctx, op, queue, func(ctx context.Context, s *session, f mq.FormatName) error {
		limit, err := p.Size(op)
		if err != nil {
			return err
		}
		list, more, err := s.page(ctx, f, p, limit)
		page.More = more
		for _, d := range list {
			page.Messages = append(page.Messages, s.row(ctx, f, d))
		}
		return err
	})
	return page, err
}

// row is a message with the names that this computer's own queues have.
func (s *session) row(ctx context.Context, f mq.FormatName, d *delivery) mgmtclient.Message {
	r := d.row(f.Suffix != mq.SuffixNone)
	if d.message.SourceMachine == s.about.id {
		r.SourceMachine = s.about.name
	}
	s.named(ctx, &r.DestinationQueue, d.message.Destination)
	s.named(ctx, &r.ResponseQueue, d.message.ResponseQueue)
	s.named(ctx, &r.AdminQueue, d.message.AdminQueue)
	return r
}

// named shows a queue that the computer knows by its path name instead of its number or
// identifier.
func (s *session) named(ctx context.Context, to *string, f mq.FormatName) {
	if f.Kind != mq.KindPublic && (f.Kind != mq.KindPrivate || f.GUID != s.about.id || f.GUID.IsZero()) {
		return
	}
	key := f.Key()
	name, ok := s.names.get(key)
	if !ok {
		v, err := s.queueInfo(ctx, f, mq.PropMgmtQueuePathName)
		if err != nil && !answered(err) {
			return
		}
		name = v.text(mq.PropMgmtQueuePathName)
		s.names.put(key, name)
	}
	if text := name.(string); text != "" {
		*to = text
	}
}

// Message returns one message.
func (n *Node) Message(ctx context.Context, queue string, id mgmtclient.LookupID, limit int) (m mgmtclient.Message, err error) {
	err = n.reading(ctx, "read message "+id.String()+" of "+queue, queue, func(ctx context.Context, s *session, f mq.FormatName) error {
		return s.queues.with(ctx, f, peekAccess, func(q opened) error {
			d, err := s.peek(ctx, q, peekCurrent, id, bodyLimit(limit))
			if err == nil {
				m = s.row(ctx, f, d)
			}
			return err
		})
	})
	return m, err
}

// searchPage is how many messages a search looks at between two looks at its context.
const searchPage = 200

// Search looks through a queue: all of it comes here for that.
func (n *Node) Search(ctx context.Context, queue string, s mgmtclient.Search, found func(mgmtclient.Message) bool) error {
	op := "search " + queue
	p := mgmtclient.Page{After: s.After}
	if s.Text != "" {
		p.BodyLimit = -1
	}
	match, err := row.Matcher(op, s)
	for hits := 0; ; {
		var list []mgmtclient.Message
		var more bool
		callErr := n.reading(ctx, op, queue, func(ctx context.Context, x *session, f mq.FormatName) error {
			if err != nil {
				return err
			}
			page, rest, err := x.page(ctx, f, p, searchPage)
			more = rest
			for _, d := range page {
				list = append(list, x.row(ctx, f, d))
			}
			return err
		})
		if callErr != nil {
			return callErr
		}
		for _, m := range list {
			p.After = m.LookupID
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
	}
}

// Records returns messages as stored.
func (n *Node) Records(ctx context.Context, queue string, after mgmtclient.LookupID, limit int) ([]mgmtclient.Record, error) {
	op := "read the records of " + queue
	var out []mgmtclient.Record
	err := n.reading(ctx, op, queue, func(ctx context.Context, s *session, f mq.FormatName) error {
		if limit <= 0 || limit > mgmtclient.MaxPage {
			return mq.Errorf(mq.ErrInvalidParameter, op, "a page of %d records was asked for", limit).
				WithFix("ask for 1 to %d", mgmtclient.MaxPage)
		}
		list, _, err := s.page(ctx, f, mgmtclient.Page{After: after, BodyLimit: -1}, limit)
		out = make([]mgmtclient.Record, 0, len(list))
		for _, d := range list {
			if d.packet == nil {
				return mq.Errorf(mq.ErrUnsupportedOperation, "", "message %s came over HTTP, and its packet cannot be kept", d.message.ID)
			}
			out = append(out, d.record())
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
