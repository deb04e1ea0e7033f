package fake

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// Link is how an outgoing queue stands with the computer its messages go to,
// while the machine is online and the queue is not paused.
type Link struct {
	State    mq.QueueState
	Why      string
	Since    time.Time
	Every    time.Duration // between tries that fail; 0: it does not try
	NextTry  time.Time
	Failures int
	Hops     []string
	History  []mgmtclient.Connection // the newest last
}

// OutgoingQueue describes an outgoing queue for PutOutgoing.
type OutgoingQueue struct {
	To      string // path name or format name
	Unsent  int    // rows waiting, Sending of them on their way
	Sending int
	Unread  int       // rows delivered and not read yet; the stream is then transactional
	First   time.Time // when the first row was sent by its application
	Link    Link
}

// outbound is what an outgoing queue has beside its messages.
type outbound struct {
	link     Link
	paused   bool
	sending  int // of the first messages
	awaiting box // delivered, not read

	delivered uint32 // number of the last delivered message of the stream
	ackTime   time.Time
}

// PutOutgoing adds an outgoing queue, or replaces it.
func (n *Node) PutOutgoing(o OutgoingQueue) error {
	name, err := mq.ParseQueue(o.To)
	if err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	q := n.addOutgoing(name.FormatName(), o.Link)
	n.fillOutgoing(q, o)
	n.signal(mgmtclient.SignalQueues, q.PathName)
	return nil
}

// SetLink changes how an outgoing queue stands with the other computer.
func (n *Node) SetLink(name string, l Link) error {
	return n.outgoing(name, func(q *queue) { q.out.link = l })
}

// Sending lets the first count messages be on their way.
func (n *Node) Sending(name string, count int) error {
	return n.outgoing(name, func(q *queue) { q.out.sending = min(count, len(q.main.items)) })
}

// Deliver lets the other computer take the first count messages: transactional
// ones whose sender wants to know more wait until they are read.
func (n *Node) Deliver(name string, count int) error {
	return n.outgoing(name, func(q *queue) {
		for range min(count, len(q.main.items)) {
			m := n.take(&q.main, 0)
			q.out.sending = max(0, q.out.sending-1)
			n.machine.Removed++
			if !m.Transactional {
				n.sourceJournal(m)
				continue
			}
			q.out.delivered++
			q.out.ackTime = n.second()
			if m.DeadLetter || m.Journal {
				m.Expires = nil
				q.out.awaiting.put(m)
			}
		}
	})
}

// Read lets readers on the other computer take the first count messages that
// were delivered.
func (n *Node) Read(name string, count int) error {
	return n.outgoing(name, func(q *queue) {
		for range min(count, len(q.out.awaiting.items)) {
			n.sourceJournal(n.take(&q.out.awaiting, 0))
		}
	})
}

// Refuse lets the other computer refuse the first count messages: those that
// were delivered first, then those that were not sent.
func (n *Node) Refuse(name string, count int, class mq.Class) error {
	return n.outgoing(name, func(q *queue) {
		for _, b := range []*box{&q.out.awaiting, &q.main} {
			for count > 0 && len(b.items) > 0 {
				n.bury(n.take(b, 0), class)
				count--
			}
		}
		q.out.sending = min(q.out.sending, len(q.main.items))
	})
}

func (n *Node) sourceJournal(m *mgmtclient.Message) {
	if m.Journal {
		n.keep(&n.system[mq.SuffixJournal], mq.SuffixJournal, *m, m.ClassCode)
	}
}

// outgoing changes an outgoing queue and tells the watches.
func (n *Node) outgoing(name string, f func(q *queue)) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	q, err := n.leaving("change "+name, name)
	if err != nil {
		return err
	}
	f(q)
	n.signal(mgmtclient.SignalMessages, q.PathName)
	n.signal(mgmtclient.SignalQueues, q.PathName)
	return nil
}

// leaving finds an outgoing queue.
func (n *Node) leaving(op, name string) (*queue, error) {
	t, err := n.find(op, name)
	switch {
	case err != nil:
		return nil, err
	case t.q == nil || t.q.out == nil || t.sub != "":
		return nil, mq.Errorf(mq.ErrUnsupportedOperation, op, "this can be done with outgoing queues only").
			WithFix("see them with: posthouse outgoing list")
	}
	return t.q, nil
}

// addOutgoing makes an empty outgoing queue.
func (n *Node) addOutgoing(f mq.FormatName, l Link) *queue {
	now := n.second()
	name := f.String()
	if path, ok := f.PathName(); ok && path.Direct().Equal(f) {
		name = path.String()
	}
	q := &queue{name: name, out: &outbound{link: l}, Queue: mgmtclient.Queue{
		PathName: name, FormatName: f.String(), ID: guidOf(name), Location: mq.LocationRemote, Type: mq.QueueTypePrivate,
		PrivacyLevel: "optional", Created: now, Modified: now,
	}}
	if f.Kind == mq.KindPublic {
		q.Type = mq.QueueTypePublic
	}
	n.queues[f.Key()] = q
	return q
}

// forward makes the outgoing queue of messages for another computer.
func (n *Node) forward(op string, f mq.FormatName) (place, error) {
	if f.Kind == mq.KindMachine || f.IsHTTP() || f.Subqueue != "" || f.Suffix != mq.SuffixNone {
		return place{}, mq.Errorf(mq.ErrUnsupportedOperation, op, "nothing can be sent to %s from here", f).
			WithFix(`name the queue directly: computer\private$\queue`)
	}
	now := n.second()
	q := n.addOutgoing(f, Link{
		State: mq.StateWaiting, Why: "The computer does not answer.", Since: now, Every: 5 * time.Second, NextTry: now.Add(5 * time.Second),
		Failures: 1, History: []mgmtclient.Connection{connection(now, mq.ConnConnectSocketFailure, "", "The computer does not answer.")},
	})
	n.signal(mgmtclient.SignalQueues, q.PathName)
	return place{q: q, box: &q.main}, nil
}

// target finds a queue that messages go to; make adds a subqueue that is not
// there.
func (n *Node) target(op string, f mq.FormatName, make bool) (place, error) {
	if n.queues[f.Key()] == nil && n.remote(f) {
		return n.forward(op, f)
	}
	return n.locate(op, f.String(), f, make)
}

// remote tells that a format name is of another computer.
func (n *Node) remote(f mq.FormatName) bool {
	switch f.Kind {
	case mq.KindPrivate, mq.KindMachine:
		return f.GUID != n.machine.ID
	case mq.KindPublic:
		return n.machine.Directory.Mode != mgmtclient.ModeWorkgroup &&
			!slices.ContainsFunc(slices.Collect(maps.Values(n.queues)), func(q *queue) bool { return q.public() && q.ID == f.GUID })
	case mq.KindDirect:
		path, ok := f.PathName()
		return ok && !n.ours(path)
	}
	return false
}

func (n *Node) ours(p mq.PathName) bool {
	return p.Local() || slices.ContainsFunc([]string{n.machine.Name, "127.0.0.1", "localhost"},
		func(name string) bool { return strings.EqualFold(name, p.Machine) })
}

// connection is an entry of a connection history.
func connection(t time.Time, s mq.ConnectionStatus, address, why string) mgmtclient.Connection {
	if why == "" {
		why = s.String()
	}
	return mgmtclient.Connection{Time: t, Status: s, Failed: s.Failed(), Address: address, Why: why}
}

// maxHistory is how many entries a connection history keeps.
const maxHistory = 20

// try lets the tries fail that were due until now.
func (o *outbound) try(now time.Time) {
	l := &o.link
	if l.Every <= 0 || l.NextTry.IsZero() || l.NextTry.After(now) {
		return
	}
	times := int(now.Sub(l.NextTry)/l.Every) + 1
	last := mgmtclient.Connection{Status: mq.ConnConnectSocketFailure, Failed: true, Why: l.Why}
	if len(l.History) > 0 && l.History[len(l.History)-1].Failed {
		last = l.History[len(l.History)-1]
	}
	for i := max(0, times-maxHistory); i < times; i++ {
		last.Time = l.NextTry.Add(time.Duration(i) * l.Every)
		l.History = append(slices.Clip(l.History), last)
	}
	l.History = l.History[max(0, len(l.History)-maxHistory):]
	l.Failures += times
	l.NextTry = l.NextTry.Add(time.Duration(times) * l.Every)
}

// linkOf is how an outgoing queue stands now.
func (n *Node) linkOf(q *queue) Link {
	l := q.out.link
	stop := func(s mq.QueueState, why string) {
		l.State, l.Why, l.NextTry = s, why, time.Time{}
	}
	switch {
	case n.machine.Network.Hardened:
		stop(mq.StateLocked, "This computer is in hardened mode: only HTTP may leave it. The messages are safe here.")
	case q.out.paused:
		stop(mq.StateOnHold, "The queue was paused here. Resume lets its messages leave.")
	case n.machine.State == "DISCONNECTED":
		stop(mq.StateDisconnected, "This computer works offline. The messages leave when it is online again.")
	default:
		q.out.try(n.now().UTC())
		return q.out.link
	}
	return l
}

// leave fills in what the row of an outgoing queue, or of its part with what
// was delivered, has beside its properties.
func (n *Node) leave(r *mgmtclient.Queue, p place) {
	q := p.q
	l := n.linkOf(q)
	r.State = string(l.State)
	if p.sub != "" {
		return
	}
	r.NextHops = slices.Clone(l.Hops)
	for _, c := range slices.Backward(l.History) {
		r.ConnectionHistory = append(r.ConnectionHistory, fmt.Sprintf("%s 0x%08x %s", c.Time.Format(time.RFC3339), uint32(c.Status), c.Why))
	}
	o := &mgmtclient.Outgoing{
		Unsent: q.main.count(), Unread: q.out.awaiting.count(), Why: l.Why, Since: set1(l.Since), NextTry: set1(l.NextTry),
		Failures: l.Failures, History: slices.Clone(l.History),
	}
	if o.History == nil {
		o.History = []mgmtclient.Connection{}
	}
	for i, it := range q.main.items {
		if it.m == nil && i > 0 && q.main.items[i-1].m == nil {
			continue // rows are made in the order of their times
		}
		m := n.message(it)
		if o.Oldest == nil || m.SentTime.Before(*o.Oldest) {
			o.Oldest = &m.SentTime
		}
		if m.Expires != nil && (o.Expires == nil || m.Expires.Before(*o.Expires)) {
			o.Expires = m.Expires
		}
	}
	q.stream(o)
	r.Messages, r.Bytes = o.Unsent+o.Unread, q.main.bytes+q.out.awaiting.bytes
	r.Outgoing = o
}

// stream fills in the stream of transactional messages.
func (q *queue) stream(o *mgmtclient.Outgoing) {
	if q.out.delivered == 0 && q.out.sending == 0 {
		return
	}
	at := func(number uint32) *mgmtclient.Sequence {
		return &mgmtclient.Sequence{ID: fmt.Sprintf("%02x%02x%02x%02x00000001", q.ID[0], q.ID[1], q.ID[2], q.ID[3]), Number: number, Previous: number - 1}
	}
	if q.out.delivered > 0 {
		o.LastAck, o.LastAckTime, o.LastAckCount = at(q.out.delivered), set1(q.out.ackTime), 1
	}
	if q.out.sending > 0 {
		o.NoAckCount = q.out.sending
		o.FirstNonAck, o.LastNonAck = at(q.out.delivered+1), at(q.out.delivered+uint32(q.out.sending))
		o.ResendInterval = 30
	}
	o.NextSequence = at(q.out.delivered + uint32(q.out.sending) + 1)
}

func set1(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// transfer is how far item i of a part of an outgoing queue has come.
func (p place) transfer(i int) mgmtclient.Transfer {
	switch {
	case p.q == nil || p.q.out == nil:
		return ""
	case p.sub != "":
		return mgmtclient.TransferDelivered
	case i < p.q.out.sending:
		return mgmtclient.TransferSending
	}
	return mgmtclient.TransferWaiting
}

// Pause holds the messages of an outgoing queue back.
func (n *Node) Pause(ctx context.Context, queue string) error {
	return n.steer(ctx, "Pause", queue, func(q *outbound) { q.paused, q.sending = true, 0 })
}

// Resume lets them leave again.
func (n *Node) Resume(ctx context.Context, queue string) error {
	return n.steer(ctx, "Resume", queue, func(q *outbound) { q.paused = false })
}

// Resend tries at once.
func (n *Node) Resend(ctx context.Context, queue string) error {
	return n.steer(ctx, "Resend", queue, func(q *outbound) {
		if q.link.Every > 0 && !q.paused {
			q.link.NextTry = n.now().UTC()
			q.try(q.link.NextTry)
		}
	})
}

func (n *Node) steer(ctx context.Context, method, name string, f func(*outbound)) error {
	op := strings.ToLower(method) + " outgoing queue " + name
	if err := n.enter(ctx, method, op, name); err != nil {
		return err
	}
	defer n.mu.Unlock()
	q, err := n.leaving(op, name)
	if err != nil {
		return err
	}
	f(q.out)
	n.signal(mgmtclient.SignalQueues, q.PathName)
	return nil
}
