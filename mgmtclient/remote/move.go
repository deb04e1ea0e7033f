package remote

import (
	"context"

	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"
	remoteread "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// Move moves messages. Between a queue and its subqueues that computer does it;
// elsewhere each is locked there, kept and sent by this computer, and then removed
// there: if the line is cut in between it is there twice, never lost.
func (n *Node) Move(ctx context.Context, from string, ids []mgmtclient.LookupID, to string) (results []mgmtclient.ItemResult, err error) {
	op := "move messages from " + from + " to " + to
	err = n.between(ctx, op, from, to, func(ctx context.Context, s *session, source, target mq.FormatName) error {
		related, err := s.related(ctx, source, target)
		switch {
		case err != nil:
			return err
		case source.Equal(target):
			return mq.Errorf(mq.ErrInvalidParameter, "", "the messages are there already")
		case related:
			results, err = n.shift(ctx, op, s, source, ids, target)
			return err
		}
		results, err = n.resend(ctx, op, s, source, ids, true, &target)
		return err
	})
	return results, err
}

// Copy sends copies.
func (n *Node) Copy(ctx context.Context, from string, ids []mgmtclient.LookupID, to string) (results []mgmtclient.ItemResult, err error) {
	op := "copy messages from " + from + " to " + to
	err = n.between(ctx, op, from, to, func(ctx context.Context, s *session, source, target mq.FormatName) error {
		results, err = n.resend(ctx, op, s, source, ids, false, &target)
		return err
	})
	return results, err
}

// Return sends dead letters anew to where they were going.
func (n *Node) Return(ctx context.Context, from string, ids []mgmtclient.LookupID) (results []mgmtclient.ItemResult, err error) {
	op := "return messages of " + from
	err = n.reading(ctx, op, from, func(ctx context.Context, s *session, f mq.FormatName) error {
		results, err = n.resend(ctx, op, s, f, ids, true, nil)
		return err
	})
	return results, err
}

// between is reading for two queues.
func (n *Node) between(ctx context.Context, op, from, to string, f func(ctx context.Context, s *session, source, target mq.FormatName) error) error {
	return n.queue(ctx, op, to, 0, func(ctx context.Context, s *session, target mq.FormatName) error {
		return n.reading(ctx, op, from, func(ctx context.Context, s *session, source mq.FormatName) error {
			return f(ctx, s, source, target)
		})
	})
}

// related reports whether two names are of parts of one queue there, between which
// messages can be moved (MS-MQRR 3.1.4.10).
func (s *session) related(ctx context.Context, a, b mq.FormatName) (bool, error) {
	if a.Suffix != mq.SuffixNone || b.Suffix != mq.SuffixNone {
		return false, nil
	}
	one, err := s.parent(ctx, a)
	if err != nil {
		return false, err
	}
	other, err := s.parent(ctx, b)
	return err == nil && one == other, err
}

// parent is the key of a queue without its subqueue.
func (s *session) parent(ctx context.Context, f mq.FormatName) (string, error) {
	f.Subqueue = ""
	if s.mine(f) {
		return f.Key(), nil
	}
	v, err := s.queueInfo(ctx, f, mq.PropMgmtQueuePathName)
	if answered(err) {
		return f.Key(), nil // another computer's
	}
	if p, err := mq.ParsePathName(v.text(mq.PropMgmtQueuePathName)); err == nil {
		return p.Direct().Key(), nil
	}
	return f.Key(), err
}

// shift moves messages between parts of one queue.
func (n *Node) shift(ctx context.Context, op string, s *session, source mq.FormatName, ids []mgmtclient.LookupID, target mq.FormatName) (results []mgmtclient.ItemResult, err error) {
	err = s.queues.with(ctx, source, receiveAccess, func(from opened) error {
		return s.queues.with(ctx, target, moveAccess, func(to opened) error {
			results = n.items(ctx, op, ids, func(ctx context.Context, id mgmtclient.LookupID) (string, error) {
				_, err := s.reads.MoveMessage(ctx, &remoteread.MoveMessageRequest{
					ContextFrom: from.context, ContextTo: to.target, LookupID: uint64(id), TransactionID: &mqmq.TransactionUOW{Data: make([]byte, 16)},
				})
				return "", err
			})
			return nil
		})
	})
	return results, err
}

// resend sends each message anew, one after the other to keep their order: to a queue,
// or each to where it was going (nil). takes removes it where it was.
func (n *Node) resend(ctx context.Context, op string, s *session, from mq.FormatName, ids []mgmtclient.LookupID, takes bool, to *mq.FormatName,
) (results []mgmtclient.ItemResult, err error) {
	if n.o.Sender == nil {
		return nil, mq.Errorf(mq.ErrUnsupportedOperation, "", "%s", n.Lacks(mgmtclient.CanSend))
	}
	r := resending{n: n, s: s, from: from, to: to, action: peekCurrent, known: map[string]target{}}
	rights := peekAccess
	if takes {
		r.action, rights = receiveCurrent, receiveAccess
	}
	if to != nil {
		if _, err := r.target(ctx, *to, false); err != nil {
			return nil, err
		}
	}
	err = s.queues.with(ctx, from, rights, func(q opened) error {
		for _, id := range ids {
			newID, err := "", ctx.Err()
			if err == nil {
				newID, err = r.one(ctx, q, id)
			}
			results = append(results, n.item(ctx, op, id, newID, err))
		}
		return nil
	})
	if results == nil && err == nil {
		results = []mgmtclient.ItemResult{}
	}
	return results, err
}

// resending is a bulk action that sends anew.
type resending struct {
	n      *Node
	s      *session
	from   mq.FormatName
	to     *mq.FormatName // nil: to where each was going
	action uint32
	known  map[string]target
}

// target is where messages are sent anew.
type target struct {
	name          mq.FormatName // as it is called from here
	transactional bool
}

func (r *resending) one(ctx context.Context, q opened, id mgmtclient.LookupID) (newID string, err error) {
	d, end, err := r.s.receive(ctx, q, r.action, id, 0, whole)
	if err != nil {
		return "", err
	}
	newID, err = r.send(ctx, d)
	switch {
	case r.action == peekCurrent:
		return newID, err
	case err != nil:
		_ = end(negative) // else the end of the session unlocks it
		return "", err
	}
	if err := r.n.explain(ctx, "", end(positive)); err != nil {
		return newID, mq.Errorf(mq.CodeOf(err), "", "it was sent as %s, but could not be removed: %w", newID, err).
			WithFix("look whether it is still there, and delete it then")
	}
	return newID, nil
}

func (r *resending) send(ctx context.Context, d *delivery) (newID string, err error) {
	m := r.s.row(ctx, r.from, d)
	var f mq.FormatName
	if r.to != nil {
		f = *r.to
	} else if q, err := mq.ParseQueue(m.DestinationQueue); err == nil {
		f = r.s.there(q)
	} else {
		return "", mq.Errorf(mq.ErrIllegalFormatName, "", "the message does not say where it was going")
	}
	t, err := r.target(ctx, f, m.Transactional)
	if err != nil {
		return "", err
	}
	sent, err := r.n.send(ctx, again(&m, t.name, t.transactional))
	return sent.LastID, err
}

// target finds out about a queue before something is sent to it: what is on that
// computer must be there. Of others nobody knows whether they are transactional: what
// is sent to them is as it was.
func (r *resending) target(ctx context.Context, f mq.FormatName, transactional bool) (target, error) {
	t, ok := r.known[f.Key()]
	if ok {
		return t, nil
	}
	t = target{r.s.addressed(ctx, f), transactional}
	if !r.s.mine(f) {
		return t, nil
	}
	v, err := r.s.queueInfo(ctx, f, mq.PropMgmtQueueXact)
	if err != nil && !idle(err) {
		return t, err
	}
	if x := v.text(mq.PropMgmtQueueXact); x == mq.AnswerYes || x == mq.AnswerNo {
		t.transactional = x == mq.AnswerYes
		r.known[f.Key()] = t
	}
	return t, nil
}
