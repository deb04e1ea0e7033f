package remote

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/row"
)

// Send has the queue manager of this computer send to the other one, as any
// application does: what went wrong there comes back as acknowledgements and dead
// letters here.
func (n *Node) Send(ctx context.Context, r mgmtclient.SendRequest) (result mgmtclient.SendResult, err error) {
	op := "send to " + r.Queue
	err = n.queue(ctx, op, r.Queue, 0, func(ctx context.Context, s *session, f mq.FormatName) error {
		if err := s.addresses(ctx, &r, f); err != nil {
			return err
		}
		result, err = n.send(ctx, r)
		return err
	})
	return result, err
}

// addresses names queues so that this computer finds them: what has no computer's name
// is on the other one.
func (s *session) addresses(ctx context.Context, r *mgmtclient.SendRequest, to mq.FormatName) error {
	r.Queue = s.addressed(ctx, to).String()
	for _, name := range []*string{&r.AdminQueue, &r.ResponseQueue} {
		if *name == "" {
			continue
		}
		q, err := mq.ParseQueue(*name)
		if err != nil {
			return err
		}
		*name = s.there(q).String()
	}
	if r.ReportQueue != "" {
		q, err := mq.ParseQueue(r.ReportQueue)
		if err != nil {
			return err
		}
		if f := s.there(q); s.mine(f) { // reports go to a queue by its identifier
			v, err := s.queueInfo(ctx, f, mq.PropMgmtQueuePathName)
			if err != nil {
				return err
			}
			known := mgmtclient.Queue{Type: mq.QueueTypePrivate, PathName: v.text(mq.PropMgmtQueuePathName)}
			if err := s.define(ctx, f, &known, true); err != nil {
				return err
			}
			if known.ID.IsZero() {
				return mq.Errorf(mq.ErrIllegalPropertyValue, "", "%s does not tell the identifier of %s, which reports are sent to", s.about.name, r.ReportQueue).
					WithFix("name it by its identifier: PUBLIC=guid")
			}
			r.ReportQueue = mq.Public(known.ID).String()
		}
	}
	return nil
}

// addressed is the name of a queue with the address that the other computer is reached
// by from here. Its own name need not be known here.
func (s *session) addressed(ctx context.Context, f mq.FormatName) mq.FormatName {
	if f.Kind == mq.KindMulti {
		list := make([]mq.FormatName, len(f.Elements))
		for i, e := range f.Elements {
			list[i] = s.addressed(ctx, row.On(e, s.about.name))
		}
		return mq.Multi(list...)
	}
	if !s.mine(f) {
		return f
	}
	if a, err := netip.ParseAddr(s.host); err == nil {
		f.Protocol, f.Address = mq.ProtocolTCP, a.String()
		return f
	}
	label, _, _ := strings.Cut(s.host, ".")
	if !strings.EqualFold(label, s.about.name) {
		// Another name for it: it takes what is sent to its own, if that is known.
		if _, err := net.DefaultResolver.LookupHost(ctx, s.about.name); err == nil {
			return f
		}
	}
	f.Address = s.host
	return f
}

// send hands a message to the queue manager of this computer.
func (n *Node) send(ctx context.Context, r mgmtclient.SendRequest) (mgmtclient.SendResult, error) {
	if n.o.Sender == nil {
		return mgmtclient.SendResult{}, mq.Errorf(mq.ErrUnsupportedOperation, "", "%s", n.Lacks(mgmtclient.CanSend))
	}
	local, err := n.o.Sender(ctx)
	if err != nil {
		return mgmtclient.SendResult{}, here(err)
	}
	result, err := local.Send(ctx, r)
	if result.Outcome != mgmtclient.OutcomeArrived {
		result.LookupID = 0 // of an outgoing queue of this computer
	}
	return result, here(err)
}

// here says of an error which of the two queue managers met it.
func here(err error) error {
	if err == nil {
		return nil
	}
	e := &mq.Error{Code: mq.CodeOf(err), Why: err.Error()}
	var inner *mq.Error
	if errors.As(err, &inner) {
		if e.Why = inner.Why; e.Why == "" {
			e.Why = inner.Code.Text()
		}
		e.Fix = inner.Fix
	}
	e.Why, e.Err = "the queue manager of this computer says: "+e.Why, err
	return e
}

// again is what sends a message anew.
func again(m *mgmtclient.Message, to mq.FormatName, transactional bool) mgmtclient.SendRequest {
	r := mgmtclient.SendRequest{
		Queue: to.String(), Label: m.Label, Body: m.Body, BodyType: m.BodyType, Extension: m.Extension,
		Priority: &m.Priority, Express: m.Delivery == row.Express && !transactional, Transactional: transactional,
		TTRQ: seconds(m.TTRQ), TTBR: seconds(m.TTBR), Journal: m.Journal, DeadLetter: m.DeadLetter,
		AdminQueue: m.AdminQueue, ResponseQueue: m.ResponseQueue, CorrelationID: m.CorrelationID, AppSpecific: m.AppSpecific,
	}
	if m.AdminQueue != "" {
		r.Acknowledge = m.Acknowledge
	}
	return r
}

func seconds(v *uint32) *uint32 {
	if v == nil {
		never := mq.Never
		return &never
	}
	return v
}
