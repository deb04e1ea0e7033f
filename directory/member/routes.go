package member

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"time"

	"posthouse/directory"
	"posthouse/directory/topology"
	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/route"
)

// routes is the map as it was read last.
type routes struct {
	table *topology.Table // nil: it was not read yet
	gate  bool
	sites map[mq.GUID]string // their names
	gates []mq.GUID          // of our sites
	read  time.Time
	drawn drawn
}

// drawn is what the map was made of, in the order of identifiers.
type drawn struct {
	sites    []topology.Site
	links    []topology.Link
	machines []topology.Machine
}

// readMap reads sites, links and queue managers and makes the routing table (MS-MQBR
// 3.1.3.1, 3.1.6.1).
func (m *Member) readMap(ctx context.Context, d directory.Directory) error {
	m.reading.Lock()
	defer m.reading.Unlock()
	return m.readMapNow(ctx, d)
}

// readMapNow is called with reading held.
func (m *Member) readMapNow(ctx context.Context, d directory.Directory) error {
	fresh, err := draw(ctx, d)
	if err != nil {
		return m.asked(err)
	}
	self := m.manager.Identity().ID
	m.mu.Lock()
	old := m.routes
	m.mu.Unlock()
	if old.table != nil && reflect.DeepEqual(old.drawn, fresh) {
		m.mu.Lock()
		m.routes.read = m.clock.Now()
		m.mu.Unlock()
		return nil
	}
	next := routes{sites: map[mq.GUID]string{}, read: m.clock.Now(), drawn: fresh}
	for _, s := range fresh.sites {
		next.sites[s.ID] = s.Name
	}
	chart := topology.New(fresh.sites, fresh.links, fresh.machines)
	next.table, next.gate = chart.From(self), chart.Gate(self)
	if me, ok := chart.Machine(self); ok {
		for _, s := range me.Sites {
			next.gates = append(next.gates, chart.Gates(s)...)
		}
	}
	m.mu.Lock()
	m.routes = next
	m.mu.Unlock()
	m.manager.DirectoryChanged()
	m.tellWatchers()
	return nil
}

func draw(ctx context.Context, d directory.Directory) (n drawn, err error) {
	sites, err := directory.All[*directory.Site](ctx, d, directory.RoutingQuery(directory.KindSite))
	if err != nil {
		return n, err
	}
	for _, s := range sites {
		n.sites = append(n.sites, topology.Site{ID: s.ID, Name: s.Name, Foreign: s.Foreign})
	}
	links, err := directory.All[*directory.Link](ctx, d, directory.RoutingQuery(directory.KindLink))
	if err != nil {
		return n, err
	}
	for _, l := range links {
		n.links = append(n.links, topology.Link{ID: l.ID, Site1: l.Site1, Site2: l.Site2, Cost: l.Cost, Gates: l.Gates})
	}
	machines, err := directory.All[*directory.Machine](ctx, d, directory.RoutingQuery(directory.KindMachine))
	if err != nil {
		return n, err
	}
	for _, q := range machines {
		n.machines = append(n.machines, topology.Machine{
			ID: q.ID, Name: q.Computer, Sites: q.Sites, In: q.InServers, Out: q.OutServers, Routing: q.Routing, Foreign: q.Foreign,
		})
	}
	by := func(a, b mq.GUID) int { return slices.Compare(a[:], b[:]) }
	slices.SortFunc(n.sites, func(a, b topology.Site) int { return by(a.ID, b.ID) })
	slices.SortFunc(n.links, func(a, b topology.Link) int { return by(a.ID, b.ID) })
	slices.SortFunc(n.machines, func(a, b topology.Machine) int { return by(a.ID, b.ID) })
	return n, nil
}

// mostDetours is how many detours are told: of each the names have to be read.
const mostDetours = 4

// Next lists the queue managers that messages for a destination may be given to,
// detours last.
func (m *Member) Next(ctx context.Context, to mq.FormatName) ([]route.Hop, error) {
	op := "find the way to " + to.String()
	owner, err := m.destination(ctx, op, to)
	if err != nil {
		return nil, err
	}
	hops, err := m.hops(ctx, op, owner)
	if err != nil {
		return nil, err
	}
	list := make([]route.Hop, 0, len(hops))
	add := func(h topology.Hop, first int, detour bool) {
		list = append(list, route.Hop{
			ID: h.ID, Name: h.Name, Hosts: m.hosts(ctx, h.ID, h.Name), Rank: first + h.Rank, Detour: detour, Why: h.Why,
		})
	}
	for _, h := range hops {
		add(h, 0, false)
	}
	m.mu.Lock()
	table := m.routes.table
	m.mu.Unlock()
	detours := table.Detours(owner)
	for _, h := range detours[:min(len(detours), mostDetours)] {
		if !slices.ContainsFunc(hops, func(o topology.Hop) bool { return o.ID == h.ID }) {
			add(h, hops[len(hops)-1].Rank+1, true)
		}
	}
	return list, nil
}

// destination is the queue manager that a name leads to.
func (m *Member) destination(ctx context.Context, op string, to mq.FormatName) (mq.GUID, error) {
	switch to.Kind {
	case mq.KindPrivate, mq.KindMachine:
		return to.GUID, nil
	case mq.KindPublic:
		if id, ok := m.Owner(to); ok {
			return id, nil
		}
		q, err := m.Find(ctx, mq.QueueName{Format: mq.Public(to.GUID)})
		return q.Machine, err
	}
	return mq.GUID{}, mq.Errorf(mq.ErrUnsupportedFormatNameOperation, op, "%s names are not routed", to.Kind)
}

// hops asks the routing table, and reads the map anew for a queue manager that is not
// in it, or that no way leads to yet, unless that was just done.
func (m *Member) hops(ctx context.Context, op string, owner mq.GUID) ([]topology.Hop, error) {
	m.mu.Lock()
	r, mode, why := m.routes, m.mode, m.why
	m.mu.Unlock()
	if mode == localqm.Workgroup || r.table == nil {
		return nil, mq.Errorf(mq.ErrNoDS, op, "the sites are not known: %s", why).WithFix("try again when the directory answers")
	}
	hops, err := r.table.Next(owner)
	switch {
	case err == nil:
		return hops, nil
	case mode != localqm.Integrated && errors.Is(err, mq.ErrMachineNotFound):
		return nil, mq.Errorf(mq.ErrNoDS, op, "the queue manager is none of those that were known when the directory went away: %s", why).
			WithFix("try again when the directory answers")
	case mode != localqm.Integrated, !m.redraw(ctx, r.read):
		return nil, err
	}
	m.mu.Lock()
	table := m.routes.table
	m.mu.Unlock()
	return table.Next(owner)
}

// redraw reads the map if what was read at a time is still the last and old enough; it
// reports whether there is a later one.
func (m *Member) redraw(ctx context.Context, read time.Time) bool {
	m.reading.Lock()
	defer m.reading.Unlock()
	d, err := m.integrated("")
	m.mu.Lock()
	last, before := m.routes.read, m.routes.table
	m.mu.Unlock()
	switch {
	case !last.Equal(read):
		return true // somebody else did
	case err != nil || m.clock.Now().Sub(last) < max(m.timers.Demand, m.vain):
		return false
	}
	if m.readMapNow(ctx, d) != nil {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	// Who makes up queue managers does not have it read all the time.
	m.vain = min(max(2*m.vain, m.timers.Demand), m.timers.Again)
	if m.routes.table != before {
		m.vain = 0
	}
	return true
}

// hosts are the names that a computer is looked up by.
func (m *Member) hosts(ctx context.Context, id mq.GUID, name string) []string {
	o, err := m.machine(ctx, id)
	if err != nil || o.DNSName == "" {
		return []string{name}
	}
	if strings.EqualFold(o.DNSName, name) {
		return []string{o.DNSName}
	}
	return []string{o.DNSName, name}
}

// machine is a queue manager as it is known, or as the directory has it. While that is
// away an old answer is better than none.
func (m *Member) machine(ctx context.Context, id mq.GUID) (directory.Machine, error) {
	m.mu.Lock()
	known, remembered, fresh := m.machines.get(id, m.clock.Now(), m.timers.Machines, m.timers.Missing)
	m.mu.Unlock()
	if fresh {
		return known.value, known.err
	}
	d, err := m.integrated("find the queue manager " + id.String())
	if err == nil {
		var o *directory.Machine
		o, err = directory.Get[*directory.Machine](ctx, d, directory.ByID(id))
		if err == nil || errors.Is(err, mq.ErrMachineNotFound) {
			a := answer[directory.Machine]{err: err, at: m.clock.Now()}
			if err == nil {
				a.value = *o
			}
			m.mu.Lock()
			m.machines.put(id, a)
			m.mu.Unlock()
			return a.value, err
		}
		err = m.asked(err)
	}
	if remembered && known.err == nil {
		return known.value, nil
	}
	return directory.Machine{}, err
}

// Owner is the queue manager of a public or private queue, if that is known.
func (m *Member) Owner(f mq.FormatName) (mq.GUID, bool) {
	switch f.Kind {
	case mq.KindPrivate:
		return f.GUID, true
	case mq.KindPublic:
		m.mu.Lock()
		defer m.mu.Unlock()
		a, known := m.queues.answers[f.GUID.String()]
		return a.value.Machine, known && a.err == nil
	}
	return mq.GUID{}, false
}

// Inside reports whether a message that was handed on so many times cannot have left
// our sites yet.
func (m *Member) Inside(source mq.GUID, hops uint8) bool {
	m.mu.Lock()
	table := m.routes.table
	m.mu.Unlock()
	return table != nil && table.Inside(source, int(hops))
}

// Connector is the foreign site whose messages for a computer are handed over here.
func (m *Member) Connector(machine mq.GUID) (site mq.GUID, ok bool) {
	m.mu.Lock()
	table := m.routes.table
	m.mu.Unlock()
	if table == nil {
		return site, false
	}
	return table.Connector(machine)
}

// Watch tells when ways may lead elsewhere.
func (m *Member) Watch(changed func()) (stop func()) {
	key := &changed
	m.mu.Lock()
	defer m.mu.Unlock()
	m.watchers[key] = struct{}{}
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.watchers, key)
	}
}

func (m *Member) tellWatchers() {
	m.mu.Lock()
	list := make([]func(), 0, len(m.watchers))
	for w := range m.watchers {
		list = append(list, *w)
	}
	m.mu.Unlock()
	for _, changed := range list {
		changed()
	}
}

// refreshGates reads the gates of our sites again (Directory Site Gates Update,
// MS-MQDMPR 3.1.6.2).
func (m *Member) refreshGates(ctx context.Context, d directory.Directory) error {
	m.mu.Lock()
	gates := slices.Clone(m.routes.gates)
	for _, id := range gates {
		m.machines.age(id)
	}
	m.mu.Unlock()
	if err := m.readMap(ctx, d); err != nil {
		return err
	}
	slices.SortFunc(gates, func(a, b mq.GUID) int { return cmp.Compare(a.String(), b.String()) })
	for _, id := range slices.Compact(gates) {
		if _, err := m.machine(ctx, id); errors.Is(err, mq.ErrNoDS) {
			return err
		}
	}
	return nil
}
