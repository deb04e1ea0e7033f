package transporttest

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/proxy"
	"posthouse/localqm/route"
	"posthouse/localqm/transport"
)

// Forest is a directory in tests, written by hand: which queue managers pass messages
// on, whose public queues are, what is foreign and where everything goes next.
type Forest struct {
	n *Network

	mu       sync.Mutex
	members  map[string]*Member
	machines map[mq.GUID]string  // computers by identifier
	owners   map[mq.GUID]mq.GUID // of public queues
	foreign  map[mq.GUID]mq.GUID // sites of foreign computers
	ways     map[[2]string][][]string
	detours  map[[2]string][]string
	near     map[[2]string]bool // computers of one site
	links    map[[2]string]*proxy.Proxy
	next     netip.Addr // of the next link's end
}

// Forest makes one whose computers are in the network.
func (n *Network) Forest() *Forest {
	return &Forest{
		n: n, members: map[string]*Member{}, machines: map[mq.GUID]string{}, owners: map[mq.GUID]mq.GUID{},
		foreign: map[mq.GUID]mq.GUID{}, ways: map[[2]string][][]string{}, detours: map[[2]string][]string{}, near: map[[2]string]bool{}, links: map[[2]string]*proxy.Proxy{},
		next: netip.MustParseAddr("127.0.1.1"),
	}
}

// Member is a computer of it, to its queue manager.
type Member struct {
	f        *Forest
	name     string
	id       mq.GUID
	at       netip.Addr
	routing  bool
	sites    map[mq.GUID]bool // that it is a connector server of
	watchers map[int]func()
	watched  int
	lost     bool // it cannot tell ways
}

// Start starts a queue manager that has joined, a routing server or not. It goes to
// every other one directly, until Way says more.
func (f *Forest) Start(name string, routing bool, change ...func(*transport.Options)) *QM {
	f.n.t.Helper()
	m := &Member{f: f, name: name, routing: routing, sites: map[mq.GUID]bool{}, watchers: map[int]func(){}}
	q := f.n.prepare(name, append(change, func(o *transport.Options) { o.Router = m })...)
	q.Directory = m
	m.id, m.at = q.Identity().ID, q.Address
	f.mu.Lock()
	f.members[name], f.machines[m.id] = m, name
	f.mu.Unlock()
	q.Connect()
	return q
}

// Way has what one computer sends to another go by next hops, of which each rank has
// one or more; the first rank costs least.
func (f *Forest) Way(from, to string, ranks ...[]string) {
	f.mu.Lock()
	f.ways[[2]string{from, to}] = ranks
	f.mu.Unlock()
	f.Changed()
}

// Detour has what has not left a computer's site go over others when all of Way fail.
func (f *Forest) Detour(from, to string, over ...string) {
	f.mu.Lock()
	f.detours[[2]string{from, to}] = over
	f.mu.Unlock()
	f.Changed()
}

// Near puts two computers into one site.
func (f *Forest) Near(a, b string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.near[[2]string{a, b}], f.near[[2]string{b, a}] = true, true
}

// Changed tells all of them that ways may lead elsewhere.
func (f *Forest) Changed() {
	f.mu.Lock()
	var tell []func()
	for _, m := range f.members {
		for _, w := range m.watchers {
			tell = append(tell, w)
		}
	}
	f.mu.Unlock()
	for _, w := range tell {
		w()
	}
}

// Lose takes the directory away from a computer, or gives it back.
func (f *Forest) Lose(name string, lost bool) {
	f.mu.Lock()
	f.members[name].lost = lost
	f.mu.Unlock()
	f.Changed()
}

// Public registers a public queue of a computer and returns its format name.
func (f *Forest) Public(q *QM) mq.FormatName {
	f.mu.Lock()
	defer f.mu.Unlock()
	id := mq.NewGUID()
	f.owners[id] = q.Identity().ID
	return mq.Public(id)
}

// Foreign registers a foreign computer whose site a queue manager connects.
func (f *Forest) Foreign(name, connector string, site mq.GUID) (machine mq.GUID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	machine = mq.NewGUID()
	f.machines[machine], f.foreign[machine] = name, site
	f.members[connector].sites[site] = true
	return machine
}

// Link puts a line between two computers that can be cut. They reach each other at
// its ends only.
func (f *Forest) Link(a, b string) *Line {
	f.n.t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	ends := [2]netip.Addr{f.next, f.next.Next()}
	f.next = ends[1].Next()
	l := &Line{}
	for i, pair := range [2][2]string{{a, b}, {b, a}} {
		p, err := proxy.Listen(proxy.Options{
			Listen: fmt.Sprint(ends[i], ":", f.n.Port), Target: fmt.Sprint(f.members[pair[1]].at, ":", f.n.Port),
			Source: ends[1-i].String(),
		})
		if err != nil {
			f.n.t.Fatal(err)
		}
		f.n.t.Cleanup(func() { _ = p.Close() })
		f.links[pair], l.proxies[i] = p, p
		f.n.Name(pair[0]+">"+pair[1], ends[i])
	}
	return l
}

// Line is a line between two computers.
type Line struct{ proxies [2]*proxy.Proxy }

// Down takes it away or gives it back.
func (l *Line) Down(down bool) {
	for _, p := range l.proxies {
		p.Down(down)
	}
}

// Set sets what it does to packets.
func (l *Line) Set(r proxy.Rule) {
	for _, p := range l.proxies {
		p.Set(r)
	}
}

// Next is what Way said.
func (m *Member) Next(_ context.Context, to mq.FormatName) ([]route.Hop, error) {
	owner, ok := m.Owner(to)
	f := m.f
	f.mu.Lock()
	defer f.mu.Unlock()
	name := f.machines[owner]
	switch {
	case m.lost:
		return nil, errors.New("the directory does not answer")
	case !ok || name == "":
		return nil, fmt.Errorf("the directory knows nothing of %s", to)
	}
	ranks := f.ways[[2]string{m.name, name}]
	if ranks == nil {
		ranks = [][]string{{name}}
	}
	var hops []route.Hop
	over := f.detours[[2]string{m.name, name}]
	direct := len(ranks)
	if len(over) > 0 {
		ranks = append(slices.Clone(ranks), over)
	}
	for rank, names := range ranks {
		for _, n := range names {
			h := f.members[n]
			if h == nil {
				continue
			}
			why := "gate to " + name
			switch {
			case rank == direct:
				why = "detour over " + n
			case n == name:
				why = "destination"
			}
			at := n
			if f.links[[2]string{m.name, n}] != nil {
				at = m.name + ">" + n
			}
			hops = append(hops, route.Hop{ID: h.id, Name: n, Hosts: []string{at}, Rank: rank, Detour: rank == direct, Why: why})
		}
	}
	return hops, nil
}

// Watch is told of Changed.
func (m *Member) Watch(changed func()) (stop func()) {
	m.f.mu.Lock()
	defer m.f.mu.Unlock()
	m.watched++
	n := m.watched
	m.watchers[n] = changed
	return func() {
		m.f.mu.Lock()
		defer m.f.mu.Unlock()
		delete(m.watchers, n)
	}
}

// State says that it is joined.
func (m *Member) State() localqm.DirectoryState {
	return localqm.DirectoryState{Mode: localqm.Integrated, Forest: "test.example", Routing: m.routing}
}

// Owner knows all queues.
func (m *Member) Owner(f mq.FormatName) (mq.GUID, bool) {
	m.f.mu.Lock()
	defer m.f.mu.Unlock()
	if f.Kind == mq.KindPublic {
		id, ok := m.f.owners[f.GUID]
		return id, ok
	}
	_, ok := m.f.machines[f.GUID]
	return f.GUID, ok
}

// Connector is the site of a foreign computer if this is its connector server.
func (m *Member) Connector(machine mq.GUID) (mq.GUID, bool) {
	m.f.mu.Lock()
	defer m.f.mu.Unlock()
	site, ok := m.f.foreign[machine]
	return site, ok && m.sites[site]
}

// Inside is what Near said.
func (m *Member) Inside(source mq.GUID, hops uint8) bool {
	m.f.mu.Lock()
	defer m.f.mu.Unlock()
	return hops == 1 && m.f.near[[2]string{m.name, m.f.machines[source]}]
}

// Foreign reports a foreign computer.
func (m *Member) Foreign(machine mq.GUID) bool {
	m.f.mu.Lock()
	defer m.f.mu.Unlock()
	_, ok := m.f.foreign[machine]
	return ok
}

var errNothing = errors.New("this directory has no public queues to change")

// Find finds the owner of a public queue.
func (m *Member) Find(_ context.Context, name mq.QueueName) (localqm.PublicQueue, error) {
	f := name.FormatName()
	owner, ok := m.Owner(f)
	if !ok {
		return localqm.PublicQueue{}, mq.Errorf(mq.ErrQueueNotFound, "find a queue", "the directory has no %s", name)
	}
	return localqm.PublicQueue{ID: f.GUID, Machine: owner, Foreign: m.Foreign(owner)}, nil
}

// Create changes nothing.
func (m *Member) Create(context.Context, localqm.Caller, localqm.PublicQueue) (localqm.PublicQueue, error) {
	return localqm.PublicQueue{}, errNothing
}

// Set changes nothing.
func (m *Member) Set(context.Context, localqm.Caller, mq.GUID, localqm.QueueSpec) (localqm.PublicQueue, error) {
	return localqm.PublicQueue{}, errNothing
}

// Delete changes nothing.
func (m *Member) Delete(context.Context, localqm.Caller, mq.GUID) error { return errNothing }

// Expand knows no lists.
func (m *Member) Expand(context.Context, mq.GUID) ([]mq.FormatName, error) { return nil, errNothing }

// Private names a private queue of q by its number, as who has a directory may.
func (q *QM) Private(queue string) string {
	q.n.t.Helper()
	f, err := q.PrivateName(must(mq.ParseQueue(queue)))
	if err != nil {
		q.n.t.Fatal(err)
	}
	return f.String()
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Machine is the identifier of a computer.
func (f *Forest) Machine(name string) (mq.GUID, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for id, n := range f.machines {
		if n == name {
			return id, nil
		}
	}
	return mq.GUID{}, fmt.Errorf("no computer %s", name)
}

// Connect makes a queue manager a connector server of a foreign site.
func (f *Forest) Connect(name string, site mq.GUID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.members[name].sites[site] = true
}

// Register makes a routing server known that runs elsewhere.
func (f *Forest) Register(name string, id mq.GUID, at netip.Addr) {
	f.n.Name(name, at)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.members[name] = &Member{f: f, name: name, id: id, at: at, routing: true}
	f.machines[id] = name
}
