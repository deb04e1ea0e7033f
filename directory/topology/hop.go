package topology

import (
	"cmp"
	"hash/fnv"
	"slices"

	"posthouse/localqm/mq"
)

// target is where messages go: a machine, or a site (machine is -1 then).
type target struct {
	machine int32
	id      mq.GUID // spreads hops that are as good as each other
	sites   []int32
	in      []int32
	foreign bool
	cost    []uint64 // from every site
}

// sender is who has a message: a machine, or anybody in a site (machine is -1 then).
type sender struct {
	machine       int32
	sites, out    []int32
	routing, gate bool
}

// role is why a queue manager is a next hop.
type role uint8

const (
	destination role = iota
	inServer
	outServer
	router  // of the sender's site
	ownGate // of the sender's site
	gate    // of the next site
	connector
	detour // gate of a site that is no nearer
)

// hop is a queue manager that a message may be given to next.
type hop struct {
	machine int32  // -1: the target, if that is a site
	at, to  int32  // the sites of the sender and the receiver
	link    int32  // -1: it stays in its site
	cost    uint64 // of the links from here to the target
	class   uint8  // of the hops of the same cost the lowest are better
	role    role
}

func (m *Map) sender(i int32) sender {
	q := m.machines[i]
	routing := m.passesOn(q)
	return sender{i, q.sites, q.out, routing, routing && m.isGate(i)}
}

// least is the smallest cost of some sites.
func least(cost []uint64, sites []int32) uint64 {
	c := uint64(far)
	for _, s := range sites {
		c = min(c, cost[s])
	}
	return c
}

// hops is GetNextHops (3.1.5.1), from the best on. Nil: there is no way.
func (m *Map) hops(s sender, t *target) []hop {
	var list []hop
	at := slices.IndexFunc(s.sites, func(i int32) bool { return slices.Contains(t.sites, i) })
	switch {
	case s.outward():
		list = m.outServers(s, t)
	case s.inward(t):
		list = []hop{{machine: t.machine, at: s.sites[0], to: t.sites[0], link: -1, role: destination}}
	case at >= 0:
		list = m.within(s, t, s.sites[at])
	case s.gate:
		list = m.cross(s, t, m.downhill(s, t))
	case s.routing:
		list = m.ownGates(s, t)
	default:
		if list = m.ownRouters(s, t); len(list) == 0 {
			list = m.cross(s, t, m.downhill(s, t))
		}
	}
	m.order(list, t)
	return list
}

// outward reports a client that speaks to its out-routing servers only.
func (s sender) outward() bool {
	return !s.routing && slices.ContainsFunc(s.out, func(o int32) bool { return o != s.machine })
}

// inward reports an in-routing server of the target, which hands over to it.
func (s sender) inward(t *target) bool {
	return s.routing && !t.foreign && len(s.sites) > 0 && len(t.sites) > 0 && slices.Contains(t.in, s.machine)
}

// detours lists the hops over links to sites that are no nearer to the target than the
// sender, and whose own best way does not lead back (RFC 5286, basic condition). there
// are the costs from the sender's sites.
func (m *Map) detours(s sender, t *target, there []uint64) []hop {
	own := least(t.cost, s.sites)
	switch {
	case own == far, own == 0, s.outward(), s.inward(t):
		return nil
	case s.routing && !s.gate, !s.routing && len(m.ownRouters(s, t)) > 0:
		return nil // its gate knows better
	}
	list := m.cross(s, t, func(a arc) bool {
		d := t.cost[a.to]
		return d >= own && d < there[a.to]+own
	})
	for i := range list {
		list[i].role = detour
	}
	m.order(list, t)
	return list
}

// inside reports whether a message of one sender that another has after so many hops
// cannot have left their site: it goes from a client to a routing server and from that
// to a gate at most, and what leaves and comes back takes two hops more.
func inside(source, s sender, hops int) bool {
	most := 2
	if source.routing {
		most = 1
	}
	return hops == 0 || hops <= most && source.machine != s.machine && meet(source.sites, s.sites)
}

// meet reports a site that is in both lists.
func meet(a, b []int32) bool {
	return slices.ContainsFunc(a, func(i int32) bool { return slices.Contains(b, i) })
}

// order sorts hops. Equals are spread over the destinations, for every sender alike.
func (m *Map) order(list []hop, t *target) {
	weight := func(h hop) uint64 {
		f := fnv.New64a()
		f.Write(t.id[:])
		if h.machine >= 0 {
			f.Write(m.machines[h.machine].ID[:])
		}
		return f.Sum64()
	}
	slices.SortStableFunc(list, func(a, b hop) int {
		if c := cmp.Or(cmp.Compare(a.cost, b.cost), cmp.Compare(a.class, b.class)); c != 0 {
			return c
		}
		return cmp.Compare(weight(a), weight(b))
	})
}

// outServers are all that a client with out-routing servers speaks to.
func (m *Map) outServers(s sender, t *target) []hop {
	var list []hop
	for _, o := range s.out {
		q := m.machines[o]
		if o == s.machine || len(q.sites) == 0 || len(s.sites) == 0 {
			continue
		}
		h := hop{machine: o, at: s.sites[0], to: q.sites[0], link: -1, role: outServer}
		if i := slices.IndexFunc(s.sites, func(i int32) bool { return slices.Contains(q.sites, i) }); i >= 0 {
			h.at, h.to = s.sites[i], s.sites[i]
		}
		list = append(list, h)
	}
	return list
}

// within lists the hops to a target in the sender's own site. A client whose target
// does not answer gives messages to a routing server of the site (1.3.2).
func (m *Map) within(s sender, t *target, at int32) []hop {
	inside := func(i int32, class uint8, r role) hop {
		return hop{machine: i, at: at, to: at, link: -1, class: class, role: r}
	}
	var list []hop
	switch {
	case t.foreign:
		for _, c := range m.handers(t.sites) {
			list = append(list, inside(c, 0, connector))
		}
		return list
	case len(t.in) > 0:
		for _, i := range t.in {
			list = append(list, inside(i, 0, inServer))
		}
		return list
	}
	list = append(list, inside(t.machine, 0, destination))
	if !s.routing && t.machine >= 0 {
		for _, r := range m.sites[at].routers {
			if r != t.machine && r != s.machine {
				list = append(list, inside(r, 1, router))
			}
		}
	}
	return list
}

// downhill accepts sites that are nearer to the target than the sender.
func (m *Map) downhill(s sender, t *target) func(arc) bool {
	own := least(t.cost, s.sites)
	return func(a arc) bool { return t.cost[a.to] < own }
}

// passable reports whether a way to the target can lead through a site.
func (m *Map) passable(i int32, t *target) bool {
	return t.cost[i] != far && (t.cost[i] == 0 || m.transit(i))
}

// cross lists the hops over the links of the sender's sites (3.1.5.3): the gates that
// the link names come before the other gates of the next site.
func (m *Map) cross(s sender, t *target, accept func(arc) bool) []hop {
	var list []hop
	for _, at := range s.sites {
		for _, a := range m.from(at) {
			if slices.Contains(s.sites, a.to) || !m.passable(a.to, t) || !accept(a) {
				continue
			}
			h := hop{at: at, to: a.to, link: a.link, cost: uint64(a.cost) + t.cost[a.to], role: gate}
			add := func(i int32, class uint8, r role) {
				h.machine, h.class, h.role = i, class, r
				list = append(list, h)
			}
			entrance := m.entrance(a.to)
			switch last := t.cost[a.to] == 0; {
			case last && t.foreign:
				for _, c := range m.connectors(a.link, a.to) {
					h.to, h.link = a.to, a.link
					if !slices.Contains(m.machines[c].sites, a.to) {
						h.to, h.link = at, -1 // it hands over from this side
					}
					add(c, 1, connector)
				}
			case last && len(entrance) == 0 && len(t.in) > 0:
				for _, i := range t.in {
					add(i, 1, inServer)
				}
			case last && len(entrance) == 0:
				add(t.machine, 1, destination)
			default:
				named := m.links[a.link].at(a.to)
				for _, g := range entrance {
					switch {
					case last && g == t.machine && len(t.in) == 0:
						add(g, 0, destination)
					case slices.Contains(named, g):
						add(g, 1, gate)
					default:
						add(g, 2, gate)
					}
				}
			}
		}
	}
	return list
}

// ownGates is GetSiteGate (3.1.5.6): those on the best link first, and only such that
// the message comes no farther away from its target.
func (m *Map) ownGates(s sender, t *target) []hop {
	own := least(t.cost, s.sites)
	var list []hop
	for _, at := range s.sites {
		best := m.gatesOnTheWay(at, t)
		for _, g := range m.entrance(at) {
			c := least(t.cost, m.machines[g].sites)
			if g == s.machine || c == far || c > own {
				continue
			}
			h := hop{machine: g, at: at, to: at, link: -1, cost: c, class: 1, role: ownGate}
			if slices.Contains(best, g) {
				h.class = 0
			}
			list = append(list, h)
		}
	}
	return list
}

// ownRouters is GetRoutingServer (3.1.5.5): gates first, which saves a hop.
func (m *Map) ownRouters(s sender, t *target) []hop {
	var list []hop
	for _, at := range s.sites {
		best := m.gatesOnTheWay(at, t)
		for _, r := range m.sites[at].routers {
			c := least(t.cost, m.machines[r].sites)
			if r == s.machine || c == far {
				continue
			}
			h := hop{machine: r, at: at, to: at, link: -1, cost: c, class: 2, role: router}
			switch {
			case slices.Contains(best, r):
				h.class = 0
			case slices.Contains(m.entrance(at), r):
				h.class = 1
			}
			list = append(list, h)
		}
	}
	return list
}

// gatesOnTheWay are the gates that the best links from a site name on its side.
func (m *Map) gatesOnTheWay(at int32, t *target) []int32 {
	var list []int32
	for _, a := range m.from(at) {
		if m.passable(a.to, t) && uint64(a.cost)+t.cost[a.to] == t.cost[at] {
			list = append(list, m.links[a.link].at(at)...)
		}
	}
	return list
}

// at are the gates of a link in one of its sites.
func (l *link) at(s int32) []int32 {
	if l.end[0] == s {
		return l.gates[0]
	}
	return l.gates[1]
}

// connectors hand messages over to a foreign site at the end of a link: its gates on
// this side, or else the routing servers that belong to the foreign site, or else
// what is the gate of this side.
func (m *Map) connectors(l, foreign int32) []int32 {
	k := m.links[l]
	near := k.end[0]
	if near == foreign {
		near = k.end[1]
	}
	switch {
	case len(k.at(near)) > 0:
		return k.at(near)
	case len(m.sites[foreign].routers) > 0:
		return m.sites[foreign].routers
	}
	return m.entrance(near)
}

// handers are all that hand messages over to some foreign sites.
func (m *Map) handers(foreign []int32) []int32 {
	var list []int32
	for _, f := range foreign {
		list = append(list, m.sites[f].routers...)
		for _, a := range m.from(f) {
			list = append(list, m.connectors(a.link, f)...)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// handsOver is the foreign site of a foreign target whose messages a machine gives to
// a connector application.
func (m *Map) handsOver(i int32, t *target) (int32, bool) {
	if !t.foreign || i < 0 || !m.passesOn(m.machines[i]) {
		return 0, false
	}
	for _, f := range t.sites {
		if slices.Contains(m.handers([]int32{f}), i) {
			return f, true
		}
	}
	return 0, false
}
