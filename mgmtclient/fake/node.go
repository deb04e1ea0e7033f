package fake

import (
	"context"
	"encoding/binary"
	"sort"
	"strings"
	"sync"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
	"posthouse/mgmtclient"
)

// Node is a queue manager in memory with every capability of mgmtclient.
type Node struct {
	Hooks

	now  func() time.Time
	done chan struct{} // closed by Close

	mu      sync.Mutex // guards what follows; lock order: mu, then Hooks.mu
	machine mgmtclient.Machine
	sddl    string
	queues  map[string]*queue // by lower-case name; outgoing ones by the key of their format name
	system  [mq.SuffixDeadXact + 1]box
	sets    []Rows
	seq     uint64
	number  uint32 // of the last private queue
	ordinal uint32 // of the last message and transaction
	closed  bool
	changed chan struct{} // closed and replaced at every change
	watches map[*watch]struct{}
	feeds   sync.WaitGroup // of watches
}

type queue struct {
	mgmtclient.Queue // its properties; the counters are set when asked
	sddl             string
	name             string
	number           uint32
	main, journal    box
	out              *outbound   // of an outgoing queue
	subs             []*subqueue // in the order of their names
}

type subqueue struct {
	name string
	box
}

// Options are what a new node starts with; the zero value is a machine called
// LAPTOP with a clock that runs.
type Options struct {
	Name string
	ID   mq.GUID // zero: made from Name
	// Forest is the DNS name of the directory that it has joined; empty: none, and
	// there are no public queues.
	Forest string
	Now    func() time.Time // nil: time.Now
}

// New makes an empty queue manager.
func New(o Options) *Node {
	if o.Name == "" {
		o.Name = "LAPTOP"
	}
	if o.ID.IsZero() {
		o.ID = guidOf("machine " + o.Name)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	n := &Node{
		now: o.Now, done: make(chan struct{}), changed: make(chan struct{}),
		queues: map[string]*queue{}, watches: map[*watch]struct{}{},
		sddl:   secure.Machine(secure.UnixUser(1000)).String(),
		number: lastReserved,
	}
	n.machine = mgmtclient.Machine{
		ID: o.ID, Name: o.Name, Version: "0.1.0", DataFolder: "(in memory)", State: "CONNECTED",
		Started: n.second(), Profile: "strict",
		Network: &mgmtclient.Network{
			Listening: []string{"127.0.0.1:1801"}, Addresses: []string{o.Name, "127.0.0.1"},
			Resend: [4]uint32{30, 300, 1800, 21600},
		},
		Directory: &mgmtclient.Membership{
			Mode: mgmtclient.ModeWorkgroup, Since: n.second(), Why: "no directory was joined", Sites: []string{},
		},
	}
	if o.Forest != "" {
		n.machine.Directory = &mgmtclient.Membership{
			Mode: mgmtclient.ModeIntegrated, Since: n.second(), Forest: o.Forest, Controller: "dc01." + o.Forest, Sites: []string{"Aarhus"},
		}
	}
	for hidden, number := range map[string]uint32{"notify_queue$": 3, "order_queue$": 4} {
		q := n.addQueue(hidden, number)
		q.Hidden, q.Transactional = true, false
	}
	return n
}

// lastReserved: the private numbers 1 to 15 belong to the queue manager.
const lastReserved = 15

// guidOf makes a GUID out of a name, the same every time.
func guidOf(name string) mq.GUID {
	var g mq.GUID
	h := uint64(14695981039346656037)
	for half := range 2 {
		for i := range len(name) {
			h = (h ^ uint64(name[i])) * 1099511628211
		}
		binary.LittleEndian.PutUint64(g[8*half:], h)
	}
	g[7] = g[7]&0x0f | 0x40
	g[8] = g[8]&0x3f | 0x80
	return g
}

// second is the time now in whole seconds, as messages carry it.
func (n *Node) second() time.Time { return n.now().UTC().Truncate(time.Second) }

// enter begins a method: the hooks, then the lock; leave ends it.
func (n *Node) enter(ctx context.Context, method, op, queue string) error {
	if err := n.run(ctx, n.done, method, op, queue); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return mgmtclient.Interrupted(ctx, op)
	}
	n.mu.Lock()
	if n.closed {
		n.mu.Unlock()
		return mgmtclient.Closed(op)
	}
	n.expire()
	return nil
}

// Close ends waiting calls and watches; everything after answers
// MQ_ERROR_INVALID_HANDLE.
func (n *Node) Close() error {
	n.mu.Lock()
	if !n.closed {
		n.closed = true
		close(n.done)
	}
	n.mu.Unlock()
	n.feeds.Wait()
	return nil
}

// Machine describes the queue manager.
func (n *Node) Machine(ctx context.Context) (mgmtclient.Machine, error) {
	if err := n.enter(ctx, "Machine", "read the machine", ""); err != nil {
		return mgmtclient.Machine{}, err
	}
	defer n.mu.Unlock()
	return n.summary(), nil
}

func (n *Node) summary() mgmtclient.Machine {
	m := n.machine
	network, directory := *m.Network, *m.Directory
	m.Network, m.Directory = &network, &directory
	add := func(b *box) { m.Messages += b.count(); m.Bytes += b.bytes }
	for _, q := range n.queues {
		if q.out != nil {
			m.Outgoing += q.main.count()
			if n.linkOf(q).State == mq.StateConnected {
				network.Sessions++
			}
		} else if !q.Hidden && !q.public() {
			m.Queues++
		}
		for _, b := range q.boxes() {
			add(b)
			m.ExpressCount += b.express
			m.ExpressBytes += b.expressBytes
		}
	}
	for _, x := range systemQueues {
		add(&n.system[x])
	}
	m.Journal = n.system[mq.SuffixJournal].count()
	m.DeadLetters = n.system[mq.SuffixDeadLetter].count()
	m.TransactDead = n.system[mq.SuffixDeadXact].count()
	return m
}

var systemQueues = []mq.Suffix{mq.SuffixJournal, mq.SuffixDeadLetter, mq.SuffixDeadXact}

func (q *queue) boxes() []*box {
	list := []*box{&q.main, &q.journal}
	for _, s := range q.subs {
		list = append(list, &s.box)
	}
	if q.out != nil {
		list = append(list, &q.out.awaiting)
	}
	return list
}

// Queues lists the queues that the filter selects, in the order of their names.
func (n *Node) Queues(ctx context.Context, f mgmtclient.QueueFilter) ([]mgmtclient.Queue, error) {
	if err := n.enter(ctx, "Queues", "list the queues", ""); err != nil {
		return nil, err
	}
	defer n.mu.Unlock()
	if !f.System && !f.Outgoing && !f.Public {
		f.Private = true
	}
	list := []mgmtclient.Queue{}
	add := func(q mgmtclient.Queue) {
		want := strings.ToLower(f.Contains)
		if f.WithMessages && q.Messages+q.JournalMessages == 0 ||
			!strings.Contains(strings.ToLower(q.PathName), want) && !strings.Contains(strings.ToLower(q.Label), want) {
			return
		}
		list = append(list, q)
	}
	for _, q := range n.queues {
		if q.out != nil && f.Outgoing || q.out == nil && (q.Hidden && f.System || !q.Hidden && f.Private && !q.public() || q.public() && f.Public) {
			add(n.describe(place{q: q, box: &q.main}))
		}
	}
	if f.System {
		for _, x := range systemQueues {
			add(n.describe(place{suffix: x, box: &n.system[x]}))
		}
	}
	sort.Slice(list, func(i, k int) bool {
		return strings.ToLower(list[i].PathName) < strings.ToLower(list[k].PathName)
	})
	return list, nil
}

// Queue describes one queue, journal, subqueue or system queue.
func (n *Node) Queue(ctx context.Context, queue string) (mgmtclient.Queue, error) {
	if err := n.enter(ctx, "Queue", "read queue "+queue, queue); err != nil {
		return mgmtclient.Queue{}, err
	}
	defer n.mu.Unlock()
	p, err := n.find("read queue "+queue, queue)
	if err != nil {
		return mgmtclient.Queue{}, err
	}
	return n.describe(p), nil
}

// describe makes the row of a queue or a part of it.
func (n *Node) describe(p place) mgmtclient.Queue {
	row := mgmtclient.Queue{
		Type: "MACHINE", State: "LOCAL CONNECTION", Location: "LOCAL", PrivacyLevel: "optional",
		Created: n.machine.Started, Modified: n.machine.Started,
		Transactional: p.suffix == mq.SuffixDeadXact, FormatName: mq.Machine(n.machine.ID, p.suffix).String(),
	}
	if p.q != nil {
		row = p.q.Queue
		row.JournalMessages, row.JournalBytes = p.q.journal.count(), p.q.journal.bytes
		row.Subqueues = p.q.subqueues()
	}
	row.PathName = n.pathOf(p)
	if p.q != nil && p.q.out == nil && (p.sub != "" || p.suffix == mq.SuffixJournal) {
		row.FormatName = n.direct(p).String()
		if p.q.public() && p.sub == "" {
			row.FormatName = mq.Public(p.q.ID).Journal().String()
		}
		row.Subqueues, row.JournalMessages, row.JournalBytes = nil, 0, 0
	}
	row.Messages, row.Bytes = p.box.count(), p.box.bytes
	if p.q != nil && p.q.out != nil {
		n.leave(&row, p)
	}
	if row.Subqueues == nil {
		row.Subqueues = []string{}
	}
	if row.NextHops == nil {
		row.NextHops = []string{}
	}
	if row.ConnectionHistory == nil {
		row.ConnectionHistory = []string{}
	}
	return row
}

func (q *queue) subqueues() []string {
	var names []string
	for _, s := range q.subs {
		names = append(names, s.name)
	}
	return names
}
