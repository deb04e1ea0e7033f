package local

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/store"
	"posthouse/mgmtclient"
)

// Line is what connects a queue manager with others.
type Line interface {
	Listening() []netip.AddrPort // addresses that others connect to
	Names() []string             // what else messages for this computer are addressed to
	Sessions() int               // open ones
}

// Pause holds an outgoing queue's messages back.
func (n *Node) Pause(ctx context.Context, queue string) error {
	return n.steer(ctx, "pause "+queue, queue, n.m.Pause)
}

// Resume lets them leave again.
func (n *Node) Resume(ctx context.Context, queue string) error {
	return n.steer(ctx, "resume "+queue, queue, n.m.Resume)
}

// Resend tries to connect at once.
func (n *Node) Resend(ctx context.Context, queue string) error {
	return n.steer(ctx, "send again what waits in "+queue, queue, n.m.Resend)
}

func (n *Node) steer(ctx context.Context, op, queue string, do func(context.Context, localqm.Caller, mq.QueueName) error) error {
	name, err := n.name(ctx, op, queue)
	if err != nil {
		return err
	}
	return do(ctx, n.caller, name)
}

// network is how the queue manager exchanges messages with others.
func (n *Node) network() *mgmtclient.Network {
	s := n.m.Settings()
	w := &mgmtclient.Network{
		Listening: []string{}, RPC: []string{}, Addresses: []string{n.m.Identity().Name}, Hardened: s.Hardened, Alias: s.Alias, InsecureNack: s.InsecureNack,
		Ping: s.Ping, PingAnswer: s.PingAnswer, Resend: s.Resend,
	}
	if w.Resend == [4]uint32{} {
		w.Resend = resendDefault
	}
	if n.about.RPC != nil {
		for _, a := range n.about.RPC() {
			w.RPC = append(w.RPC, a.String())
		}
	}
	if n.about.Line == nil {
		return w
	}
	for _, a := range n.about.Line.Listening() {
		w.Listening = append(w.Listening, a.String())
	}
	w.Addresses = append(w.Addresses, n.about.Line.Names()...)
	w.Sessions = n.about.Line.Sessions()
	return w
}

// resendDefault are the times of MS-MQQB 3.1.3.1, in seconds.
var resendDefault = [4]uint32{30, 300, 1800, 21600}

// leave fills in what an outgoing queue, or its part with what was delivered,
// has beside others.
func leave(r *mgmtclient.Queue, i localqm.QueueInfo) {
	r.Location, r.State = mq.LocationRemote, string(mq.StateInactive)
	part := ""
	if i.Queue.Role == store.Awaiting {
		part = mgmtclient.AwaitingSuffix
		r.FormatName += part
	}
	r.PathName = r.FormatName
	// A path name stands for a name over OS; the others have none.
	if path, ok := i.Format.PathName(); ok && path.Direct().Equal(i.Format) {
		r.PathName = path.String() + part
	} else if i.To != "" {
		r.PathName = i.To + part
	}
	o := i.Outgoing
	if o == nil {
		return
	}
	r.State = string(o.Link.State)
	r.NextHops = append(r.NextHops, o.Link.NextHops...)
	w := &mgmtclient.Outgoing{
		Unsent: o.Unsent.Messages, Unread: o.Unread.Messages, Why: o.Link.Why,
		Since: moment(o.Link.Since), NextTry: moment(o.Link.NextTry), Failures: o.Link.Failures,
		Oldest: moment(o.Oldest), Expires: moment(o.Expires), History: []mgmtclient.Connection{},
		LastAck: sequence(o.Exactly.LastAck), LastAckTime: moment(o.Exactly.LastAckTime), LastAckCount: o.Exactly.LastAckCount,
		FirstNonAck: sequence(o.Exactly.FirstNonAck), LastNonAck: sequence(o.Exactly.LastNonAck),
		NextSequence: sequence(o.Exactly.Next), NoAckCount: o.Exactly.NoAck,
		ResendCount: o.Link.ResendCount, ResendInterval: int(o.Link.ResendInterval / time.Second), ResendTime: moment(o.Link.ResendAt),
	}
	for k, c := range o.Link.History {
		w.History = append(w.History, mgmtclient.Connection{
			Time: c.At.UTC(), Status: c.Status, Failed: c.Status.Failed(), Error: c.Error, Address: c.Address, Why: c.Why,
		})
		newest := o.Link.History[len(o.Link.History)-1-k]
		r.ConnectionHistory = append(r.ConnectionHistory,
			fmt.Sprintf("%s 0x%08x %s", newest.At.UTC().Format(time.RFC3339), uint32(newest.Status), newest.Why))
	}
	r.Outgoing = w
}

// come fills in the streams that come into a queue.
func come(list []localqm.Incoming) (out []mgmtclient.Incoming) {
	for _, i := range list {
		out = append(out, mgmtclient.Incoming{
			Source: i.Source, FormatName: i.FormatName.String(), Last: place(i.Sequence),
			LastAccess: i.LastAccess.UTC(), Rejected: i.Rejected,
		})
	}
	return out
}

// sequence is a place in a stream; nil for none.
func sequence(s localqm.Sequence) *mgmtclient.Sequence {
	if s.ID == 0 {
		return nil
	}
	p := place(s)
	return &p
}

func place(s localqm.Sequence) mgmtclient.Sequence {
	return mgmtclient.Sequence{ID: fmt.Sprintf("%016x", s.ID), Number: s.Number, Previous: s.Previous}
}

// moment is a time as rows show it; nil for none.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// reportQueue is the identifier of the queue that reports of a message's way go
// to: a queue of this machine, or PUBLIC=guid.
func (n *Node) reportQueue(ctx context.Context, op, queue string) (mq.GUID, error) {
	name, err := n.name(ctx, op, queue)
	if err != nil || name.FormatName().Kind == mq.KindPublic {
		return name.FormatName().GUID, err
	}
	i, err := n.m.Queue(ctx, n.caller, name)
	if err == nil && (i.Queue.Role != store.Main || i.Queue.Kind != store.Private && i.Queue.Kind != store.Public) {
		err = mq.Errorf(mq.ErrIllegalPropertyValue, op, "reports of a message's way go to a queue of this computer, which %s is not", queue).
			WithFix("name one of this computer's queues, or another's by its identifier: PUBLIC=guid")
	}
	return i.Queue.ID, err
}
