package local

import (
	"context"
	"net/netip"
	"strings"
	"sync"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/store"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/row"
)

// Node speaks for one caller to a queue manager of this process. Closing it
// leaves the queue manager running.
type Node struct {
	m      *localqm.QueueManager
	caller localqm.Caller
	about  About
	life   context.Context // ends with Close
	end    context.CancelFunc

	mu   sync.Mutex // starting work against Close
	work sync.WaitGroup
}

// About is what a queue manager does not know of itself.
type About struct {
	Version    string
	DataFolder string
	Line       Line         // nil: nothing connects it
	Accounts   row.Accounts // who may sign in from elsewhere; nil: nobody
	// RPC are the addresses that others manage it at; nil: none.
	RPC func() []netip.AddrPort
}

// New makes a node for a caller, whose rights are checked at every call.
func New(m *localqm.QueueManager, c localqm.Caller, a About) *Node {
	n := &Node{m: m, caller: c, about: a}
	n.life, n.end = context.WithCancel(context.Background())
	return n
}

// Close ends the node with its waiting calls and watches.
func (n *Node) Close() error {
	n.mu.Lock()
	n.end()
	n.mu.Unlock()
	n.work.Wait()
	return nil
}

// alive is ctx until the node is closed.
func (n *Node) alive(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(n.life, cancel)
	return ctx, func() { stop(); cancel() }
}

// enter begins a call: the node is open and the caller still waits.
func (n *Node) enter(ctx context.Context, op string) error {
	if n.life.Err() != nil {
		return mgmtclient.Closed(op)
	}
	if ctx.Err() != nil {
		return mgmtclient.Interrupted(ctx, op)
	}
	return nil
}

// name begins a call on a queue.
func (n *Node) name(ctx context.Context, op, queue string) (mq.QueueName, error) {
	if err := n.enter(ctx, op); err != nil {
		return mq.QueueName{}, err
	}
	q, err := mq.ParseQueue(queue)
	if err != nil {
		return q, row.Tried(op, err)
	}
	return q, nil
}

// Machine describes the queue manager.
func (n *Node) Machine(ctx context.Context) (mgmtclient.Machine, error) {
	const op = "look at the computer"
	if err := n.enter(ctx, op); err != nil {
		return mgmtclient.Machine{}, err
	}
	s, err := n.m.Status(ctx, n.caller)
	if err != nil {
		return mgmtclient.Machine{}, err
	}
	state := "CONNECTED"
	if s.Settings.Offline {
		state = "DISCONNECTED"
	}
	return mgmtclient.Machine{
		ID: s.Identity.ID, Name: s.Identity.Name, Version: n.about.Version, DataFolder: n.about.DataFolder,
		Started: s.Started, State: state, Queues: s.Queues,
		Messages: s.Total.Messages, Bytes: s.Total.Bytes, Outgoing: s.Outgoing.Messages, Network: n.network(),
		Journal: s.Journal.Messages, DeadLetters: s.DeadLetter.Messages, TransactDead: s.DeadXact.Messages,
		QuotaKB: limit(s.Settings.Quota), JournalQuotaKB: limit(s.Settings.JournalQuota),
		ExpressBytes: s.Express.Bytes, ExpressCount: s.Express.Messages,
		Received: s.Received, Removed: s.Removed, Profile: string(s.Settings.Profile), Directory: membership(n.m.DirectoryState()),
	}, nil
}

func membership(s localqm.DirectoryState) *mgmtclient.Membership {
	return &mgmtclient.Membership{
		Mode: string(s.Mode), Since: s.Since.UTC(), Why: s.Why, Forest: s.Forest, Controller: s.Controller,
		Sites: append([]string{}, s.Sites...), Routing: s.Routing, Gate: s.Gate, Notes: s.Notes,
	}
}

// limit is a quota in KB as rows show it; nil is unlimited.
func limit(kb uint32) *uint32 {
	if kb == mq.Never {
		return nil
	}
	return &kb
}

// Queues lists queues.
func (n *Node) Queues(ctx context.Context, f mgmtclient.QueueFilter) ([]mgmtclient.Queue, error) {
	const op = "list queues"
	if err := n.enter(ctx, op); err != nil {
		return nil, err
	}
	all, err := n.m.Queues(ctx, n.caller)
	if err != nil {
		return nil, err
	}
	list := []mgmtclient.Queue{}
	for _, i := range all {
		if q := describe(i); wanted(i, q, f) {
			list = append(list, q)
		}
	}
	return list, nil
}

// wanted applies a filter.
func wanted(i localqm.QueueInfo, q mgmtclient.Queue, f mgmtclient.QueueFilter) bool {
	var kind bool
	switch {
	case i.Hidden || i.Queue.Kind == store.System:
		kind = f.System
	case i.Queue.Kind == store.Outgoing:
		kind = f.Outgoing
	case i.Queue.Kind == store.Public:
		kind = f.Public
	default:
		kind = f.Private || !f.System && !f.Outgoing && !f.Public
	}
	if !kind || f.WithMessages && q.Messages == 0 && q.JournalMessages == 0 {
		return false
	}
	has := func(s string) bool { return strings.Contains(strings.ToLower(s), strings.ToLower(f.Contains)) }
	return f.Contains == "" || has(i.Queue.Name) || has(i.Queue.Label)
}

// Queue describes one.
func (n *Node) Queue(ctx context.Context, queue string) (mgmtclient.Queue, error) {
	name, err := n.name(ctx, "look at "+queue, queue)
	if err != nil {
		return mgmtclient.Queue{}, err
	}
	i, err := n.m.Queue(ctx, n.caller, name)
	if err != nil {
		return mgmtclient.Queue{}, err
	}
	return describe(i), nil
}

// describe makes the row of a queue.
func describe(i localqm.QueueInfo) mgmtclient.Queue {
	q := i.Queue
	r := mgmtclient.Queue{
		PathName: i.Path, FormatName: i.Format.String(), ID: q.ID, Label: q.Label, ServiceType: q.Type,
		Transactional: q.Transactional, Authenticate: q.Authenticate, PrivacyLevel: strings.ToLower(mq.QueuePrivacy(q.Privacy).String()),
		QuotaKB: limit(i.Quota), Journal: q.Journaling, JournalQuotaKB: limit(q.JournalQuota),
		BasePriority: q.BasePriority, MulticastAddress: q.Multicast,
		Messages: i.Count.Messages, Bytes: i.Count.Bytes,
		JournalMessages: i.Journal.Messages, JournalBytes: i.Journal.Bytes,
		State: string(mq.StateLocal), Location: "LOCAL", Type: "PRIVATE",
		NextHops: []string{}, ConnectionHistory: []string{}, Subqueues: i.Subs,
		Created: unix(q.Created), Modified: unix(q.Modified), Hidden: i.Hidden,
	}
	if r.Subqueues == nil {
		r.Subqueues = []string{}
	}
	switch q.Kind {
	case store.System:
		r.Type = "MACHINE"
	case store.Public:
		r.Type = mq.QueueTypePublic
		if i.Elsewhere {
			r.Location, r.State, r.Foreign = mq.LocationRemote, string(mq.StateInactive), i.Foreign
		}
	case store.Connector:
		r.Type = "CONNECTOR"
	case store.Multicast:
		r.Type = "MULTICAST"
	case store.Outgoing:
		leave(&r, i)
	}
	r.Incoming, r.Warnings = come(i.Incoming), i.Warnings
	return r
}

func unix(s int64) time.Time { return time.Unix(s, 0).UTC() }

// message makes the row of a message.
func (n *Node) message(d localqm.Delivery) mgmtclient.Message {
	r := row.Of(d.Message)
	r.LookupID = mgmtclient.LookupID(d.Lookup)
	r.ArrivedTime, r.BodySize, r.Size = unix(d.Row.Arrived), d.Row.BodySize, d.Row.Size()
	r.AbortCount, r.MoveCount, r.Locked = int(d.Row.Aborts), int(d.Row.Moves), d.Locked
	r.Transfer = mgmtclient.Transfer(d.Transfer)
	if d.Row.LastMove != 0 {
		t := unix(d.Row.LastMove)
		r.LastMoveTime = &t
	}
	r.Expires = nil
	if d.Row.Expires != 0 {
		t := unix(d.Row.Expires)
		r.Expires = &t
	}
	if d.Row.Class != d.Message.Class {
		row.SetClass(&r, d.Row.Class)
	}
	if n.m.Was(d.Message.SourceMachine) {
		r.SourceMachine = n.m.Identity().Name
	}
	n.named(&r.DestinationQueue, d.Message.Destination)
	n.named(&r.ResponseQueue, d.Message.ResponseQueue)
	n.named(&r.AdminQueue, d.Message.AdminQueue)
	return r
}

// named shows a queue of this machine by its path name instead of its number.
func (n *Node) named(to *string, f mq.FormatName) {
	if name, ok := n.m.NameOf(f); ok {
		*to = name
	}
}
