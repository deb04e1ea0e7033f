package transport

import (
	"context"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/ping"
	"posthouse/localqm/route"
	"posthouse/localqm/session"
)

// Options configure a Transport.
type Options struct {
	Manager  *localqm.QueueManager
	Resolver *route.Resolver // nil: the network's own
	// Router says where messages with PUBLIC= and PRIVATE= names go next; nil: private
	// names lead to where their queue manager was met, and public ones nowhere.
	Router route.Router
	// Listen are the addresses to listen on; 0.0.0.0 and :: are all of them. One
	// that this computer does not have is listened on once it does. Without any,
	// messages only leave.
	Listen   []netip.Addr
	Port     uint16 // for sessions; 0: 1801
	PingPort uint16 // 0: 3527
	// Names are names of this computer that are not addresses of Listen.
	Names []string
	// Whole makes all addresses of this computer names of its queue manager, also
	// those that it does not listen on. Others may have several, one an address.
	Whole bool
	Own   route.Own
	// Look is how often our own addresses are looked at, and a third as often
	// those of connected hosts; 0: 10 s.
	Look time.Duration

	Session session.Config // Self, Memory and Log are set here
	Limits  session.Limits
	Log     *slog.Logger
}

// connections is how many sessions are accepted at most, unless Limits says so.
const connections = 1024

// Transport is a localqm.Carrier.
type Transport struct {
	o      Options
	m      *localqm.QueueManager
	log    *slog.Logger
	book   *route.Book // of hosts
	plans  *route.Book // of questions to the Router, by key of the way
	server *session.Server
	asker  *ping.Asker

	ctx   context.Context // until Close
	stop  context.CancelFunc
	tasks sync.WaitGroup
	open  sync.WaitGroup // sessions

	ackWake  chan struct{} // order acknowledgements are due earlier than known
	setWake  chan struct{} // settings or own addresses have changed
	lookWake chan struct{} // queues have changed
	planWake chan struct{} // ways may lead elsewhere

	mu       sync.Mutex
	ended    bool
	mode     mode
	settings localqm.Settings
	line     context.Context // ends when the machine goes offline
	cut      context.CancelFunc
	links    map[*localqm.Outgoing]*link
	hosts    map[string]*host // by key
	ways     map[string]*way  // by key
	conns    map[*conn]struct{}
	due      orderAcks
	ackAt    time.Time                      // when acknowledge looks again; zero: when it is woken
	changed  map[*localqm.Outgoing]struct{} // not looked at yet
	own      map[netip.Addr][]netip.Addr    // addresses that each of Listen is reached at
	doors    []netip.Addr                   // those of Listen that are open
}

// New makes a Transport; it does nothing before Start.
func New(o Options) *Transport {
	if o.Resolver == nil {
		o.Resolver = route.NewResolver(route.Options{Port: o.Port})
	}
	if o.Port == 0 {
		o.Port = route.Port
	}
	if o.PingPort == 0 {
		o.PingPort = ping.Port
	}
	if o.Limits.Connections == 0 {
		o.Limits.Connections = connections
	}
	if o.Look == 0 {
		o.Look = 10 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	self := o.Manager.Identity().ID
	o.Session.Self, o.Session.Log = self, o.Log
	if o.Session.Memory == nil {
		o.Session.Memory = session.NewMemory(0)
	}
	t := &Transport{
		o: o, m: o.Manager, log: o.Log, book: route.NewBook(), plans: route.NewBook(), asker: &ping.Asker{Self: self},
		ackWake: make(chan struct{}, 1), setWake: make(chan struct{}, 1), lookWake: make(chan struct{}, 1),
		planWake: make(chan struct{}, 1), ways: map[string]*way{},
		links: map[*localqm.Outgoing]*link{}, hosts: map[string]*host{}, conns: map[*conn]struct{}{},
		changed: map[*localqm.Outgoing]struct{}{},
		own:     map[netip.Addr][]netip.Addr{},
	}
	t.ctx, t.stop = context.WithCancel(context.Background())
	t.line, t.cut = context.WithCancel(t.ctx)
	t.server = session.NewServer(o.Session, o.Limits, t.accept)
	return t
}

// Start listens and begins to send. The error is that of a listener that cannot
// be opened; the Transport has ended then.
func (t *Transport) Start() error {
	g := &gate{t: t}
	t.settled()
	if err := t.look(); err != nil {
		t.Close()
		return err
	}
	if err := g.follow(); err != nil {
		g.shut()
		t.Close()
		return err
	}
	t.tasks.Go(g.run)
	t.tasks.Go(t.dispatch)
	t.tasks.Go(t.acknowledge)
	t.tasks.Go(t.attend)
	t.tasks.Go(t.watchConns)
	if t.o.Router != nil {
		t.tasks.Go(t.asks)
		t.tasks.Go(t.follow)
	}
	for _, a := range t.watched() {
		t.tasks.Go(func() { t.watch(a) })
	}
	t.m.Attach(t)
	for _, o := range t.m.Outgoings() {
		t.Available(o)
	}
	return nil
}

// Close stops listening, sends the acknowledgements that are due over open
// sessions, closes these and waits for everything to end.
func (t *Transport) Close() {
	t.mu.Lock()
	if t.ended {
		t.mu.Unlock()
		return
	}
	t.ended = true
	for _, h := range t.hosts {
		if h.overdue != nil {
			h.overdue.Stop()
		}
	}
	t.mu.Unlock()
	t.m.Attach(nil)
	t.farewell()
	t.stop()
	t.open.Wait()
	t.server.Close()
	t.tasks.Wait()
}

// watch follows the addresses that a listener is reached at.
func (t *Transport) watch(listen netip.Addr) {
	t.o.Own.Watch(t.ctx, listen, t.o.Look, func(own []netip.Addr) {
		t.mu.Lock()
		same := slices.Equal(t.own[listen], own)
		t.own[listen] = own
		t.mu.Unlock()
		if !same {
			nudge(t.setWake)
		}
	})
}

// watchConns ends sessions from an address that this computer no longer has, as
// after a change of the network: they would be silent until they are given up.
func (t *Transport) watchConns() {
	t.o.Own.Watch(t.ctx, netip.IPv6Unspecified(), t.o.Look, func([]netip.Addr) {
		t.mu.Lock()
		conns := slices.Collect(maps.Keys(t.conns))
		t.mu.Unlock()
		for _, c := range conns {
			at := c.s.Local().Addr().WithZone("")
			if own, err := t.o.Own.Addresses(at); at.IsValid() && err == nil && len(own) == 0 {
				c.s.Close(lostAddress(at))
			}
		}
	})
}

// lostAddress ends a session from an address that is not ours any more.
type lostAddress netip.Addr

func (a lostAddress) Error() string {
	return "this computer no longer has the address " + netip.Addr(a).String()
}

// watched is what our addresses are looked up for.
func (t *Transport) watched() []netip.Addr {
	if every := netip.IPv6Unspecified(); t.o.Whole && !slices.Contains(t.o.Listen, every) {
		return append(slices.Clone(t.o.Listen), every)
	}
	return t.o.Listen
}

// look finds out our addresses once.
func (t *Transport) look() error {
	for _, a := range t.watched() {
		own, err := t.o.Own.Addresses(a)
		if err != nil {
			return mq.Errorf(mq.ErrGeneric, "start the transport", "the addresses of this computer are not known: %w", err)
		}
		t.own[a] = own
	}
	return nil
}

// Available has the queue's messages sent (Message Position Available, MS-MQQB
// 3.1.7.12).
func (t *Transport) Available(o *localqm.Outgoing) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.link(o)
	if l == nil || t.ended {
		return
	}
	if l.ready && l.host.conn == nil && l.host.phase != idle {
		return // it is planned
	}
	l.ready = true
	now := time.Now()
	l.note(now)
	if w := l.way; w != nil && (l.host.conn == nil || !w.atBest()) {
		t.steer(w, now)
		return
	}
	t.move(l.host)
}

// Changed follows what happened to a queue (MS-MQQB 3.1.7.13-14) or to the
// machine, soon: the engine cannot be asked here.
func (t *Transport) Changed(o *localqm.Outgoing) {
	if o == nil {
		nudge(t.setWake)
		return
	}
	t.mu.Lock()
	t.changed[o] = struct{}{}
	t.mu.Unlock()
	nudge(t.lookWake)
}

// attend takes over what changed of queues.
func (t *Transport) attend() {
	for {
		select {
		case <-t.lookWake:
		case <-t.ctx.Done():
			return
		}
		t.mu.Lock()
		changed := t.changed
		t.changed = map[*localqm.Outgoing]struct{}{}
		t.mu.Unlock()
		for o := range changed {
			t.update(o, o.Exactly())
		}
	}
}

func (t *Transport) update(o *localqm.Outgoing, e localqm.Exactly) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.link(o)
	if l == nil {
		return
	}
	if o.Gone() {
		t.drop(l)
		return
	}
	if l.confirmed != e.LastAckTime {
		l.confirmed = e.LastAckTime
		l.resend.progress(now, e.NoAck > 0)
	}
	l.paused, l.ready = o.Paused(), true
	l.refresh()
	l.note(now)
	t.hurry(l.host)
	if l.way != nil {
		for _, p := range l.way.hops {
			t.hurry(p.host)
		}
	}
}

// hurry is move for somebody who waits: a host that failed is tried at once, and so
// are all next hops of a way. Called with mu held.
func (t *Transport) hurry(h *host) {
	t.move(h)
	if h.conn != nil || !h.busy() || !t.mode.sends() {
		return
	}
	h.nextTry = time.Time{}
	if h.way != nil {
		t.plans.Now(h.way.key)
		return
	}
	t.book.Now(h.key)
}

// Link is the state of a queue's connection.
func (t *Transport) Link(o *localqm.Outgoing) localqm.Link {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l := t.link(o); l != nil {
		l.refresh()
		l.note(time.Now())
		return l.snapshot()
	}
	return localqm.Link{State: mq.StateInactive, Why: "No protocol that runs here leads to this address."}
}

// OrderAck has an order acknowledgement sent.
func (t *Transport) OrderAck(due localqm.OrderAck) {
	t.mu.Lock()
	before := t.ackAt
	at := t.due.add(time.Now(), due)
	if before.IsZero() || at.Before(before) {
		t.ackAt = at
		nudge(t.ackWake)
	}
	t.mu.Unlock()
}

// link finds or makes the link of a queue; nil if its name leads to no queue
// manager that speaks this protocol. Called with mu held.
func (t *Transport) link(o *localqm.Outgoing) *link {
	if l := t.links[o]; l != nil {
		return l
	}
	var w *way
	var h *host
	if t.routed(o.Destination()) {
		w = t.wayTo(o.Destination())
		h = w.best
	} else if h = t.hostOf(o.Destination()); h == nil {
		return nil
	}
	l := &link{
		queue: o, host: h, way: w, mode: &t.mode, paused: o.Paused(), since: time.Now(),
		resend: schedule{waits: resendWaits(t.settings.Resend)},
	}
	h.links = append(h.links, l)
	if w != nil {
		w.links = append(w.links, l)
	}
	t.links[o] = l
	l.note(l.since)
	return l
}

// drop forgets the link of a queue that is gone. Called with mu held.
func (t *Transport) drop(l *link) {
	delete(t.links, l.queue)
	h := l.host
	h.links = slices.DeleteFunc(h.links, func(x *link) bool { return x == l })
	if w := l.way; w != nil {
		w.links = slices.DeleteFunc(w.links, func(x *link) bool { return x == l })
		t.tidyWay(w)
	}
	t.tidy(h)
}

// tidy forgets a host that nobody needs. Called with mu held.
func (t *Transport) tidy(h *host) {
	if h.way == nil && len(h.links) == 0 && len(h.acks) == 0 && len(h.ways) == 0 && h.conn == nil && h.phase != trying {
		t.book.Forget(h.key)
		delete(t.hosts, h.key)
	}
}

// hostOf finds or makes the host that a format name leads to (Get Destination
// Info, MS-MQQB 3.1.7.4). Called with mu held.
func (t *Transport) hostOf(f mq.FormatName) *host {
	switch f.Kind {
	case mq.KindDirect:
		if f.Protocol != mq.ProtocolTCP && f.Protocol != mq.ProtocolOS {
			return nil
		}
		return t.host(strings.ToLower(f.Address), f.Address, mq.GUID{})
	case mq.KindPrivate, mq.KindMachine:
		return t.host(f.GUID.String(), f.GUID.String(), f.GUID)
	}
	return nil
}

func (t *Transport) host(key, name string, id mq.GUID) *host {
	h := t.hosts[key]
	if h == nil {
		h = &host{key: key, name: name, id: id, since: time.Now()}
		t.hosts[key] = h
	}
	return h
}

// move has a host's messages sent: over its session, or one is opened. Called
// with mu held.
func (t *Transport) move(h *host) {
	if h.conn != nil {
		nudge(h.conn.wake)
		return
	}
	t.want(h)
}

// want plans a session for a host that has something to send. Called with mu
// held.
func (t *Transport) want(h *host) {
	if !t.mode.sends() || t.ended || h.conn != nil || !h.busy() {
		return
	}
	if c := t.sessionFor(h); c != nil {
		t.attach(h, c, time.Now())
		nudge(c.wake)
		return
	}
	if h.way != nil {
		t.plans.Want(h.way.key)
		if h.phase == idle {
			h.enter(time.Now(), trying, "Looking for the way.")
		}
		return
	}
	t.book.Want(h.key)
	if h.phase == idle {
		h.enter(time.Now(), trying, "Connecting to "+h.name+".")
	}
}

// sends reports whether messages may leave the machine.
func (m mode) sends() bool { return !m.offline && !m.hardened }

func nudge(wake chan struct{}) {
	select {
	case wake <- struct{}{}:
	default:
	}
}

// sessions are those that are open. Called with mu held.
func (t *Transport) sessions() []*conn { return slices.Collect(maps.Keys(t.conns)) }

// Sessions is how many sessions are open.
func (t *Transport) Sessions() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.conns)
}
