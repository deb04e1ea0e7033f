package topology

import (
	"slices"

	"posthouse/localqm/mq"
)

// Site is a site (MS-MQDMPR 3.1.1.7).
type Site struct {
	ID      mq.GUID
	Name    string
	Foreign bool
}

// MaxCost is the greatest cost of a link (MS-MQDMPR 3.1.1.8); the least is 1. What a
// directory has beyond them counts as the nearer of the two.
const MaxCost = 999_999

// Link is a routing link (MS-MQDMPR 3.1.1.8).
type Link struct {
	ID, Site1, Site2 mq.GUID
	Cost             uint32
	Gates            []mq.GUID // SiteGateIdentifierList
}

// Machine is a queue manager (MS-MQDMPR 3.1.1.1).
type Machine struct {
	ID      mq.GUID
	Name    string
	Sites   []mq.GUID
	In, Out []mq.GUID // InRoutingServerIdentifierList, OutRoutingServerIdentifierList
	Routing bool
	Foreign bool
}

// Map is a forest as message routing sees it. It may be used by many goroutines.
type Map struct {
	sites     []*site
	links     []*link
	machines  []*machine
	siteOf    map[mq.GUID]int32
	linkOf    map[mq.GUID]int32
	machineOf map[mq.GUID]int32
	gates     [][]int32 // of each site: the gates of its links that are routing servers of it
	arcs      []arc     // the links of site s, both ways, are arcs[first[s]:first[s+1]]
	first     []int32
}

type site struct {
	Site
	routers []int32
}

type link struct {
	Link
	end   [2]int32   // sites; end[0] < 0: the link leads nowhere and is not used
	gates [2][]int32 // of each end
	odd   []odd
}

// odd is a gate that is none.
type odd struct {
	gate mq.GUID
	why  string
}

type machine struct {
	Machine
	sites, in, out []int32
}

type arc struct{ to, link, cost int32 }

// New makes a Map. Of objects with the same ID the first counts; links to sites that
// are not there, and from a site to itself, lead nowhere.
func New(sites []Site, links []Link, machines []Machine) *Map {
	m := &Map{
		siteOf: make(map[mq.GUID]int32, len(sites)), linkOf: make(map[mq.GUID]int32, len(links)),
		machineOf: make(map[mq.GUID]int32, len(machines)),
	}
	for _, s := range sites {
		if _, twice := m.siteOf[s.ID]; !twice {
			m.siteOf[s.ID] = int32(len(m.sites))
			m.sites = append(m.sites, &site{Site: s})
		}
	}
	for _, q := range machines {
		if _, twice := m.machineOf[q.ID]; !twice {
			m.machineOf[q.ID] = int32(len(m.machines))
			m.machines = append(m.machines, &machine{Machine: q, sites: indexes(m.siteOf, q.Sites)})
		}
	}
	for i, q := range m.machines {
		q.in, q.out = m.servers(q.In), m.servers(q.Out)
		if !m.passesOn(q) {
			continue
		}
		for _, s := range q.sites {
			m.sites[s].routers = append(m.sites[s].routers, int32(i))
		}
	}
	for _, l := range links {
		if _, twice := m.linkOf[l.ID]; !twice {
			m.linkOf[l.ID] = int32(len(m.links))
			m.links = append(m.links, m.resolve(l))
		}
	}
	m.connect()
	return m
}

// with is m with links changed and added (those without an ID), and others removed.
func (m *Map) with(changed []Link, removed []mq.GUID) *Map {
	if len(changed) == 0 && len(removed) == 0 {
		return m
	}
	n := *m
	n.links = slices.Clone(m.links)
	same := len(removed) == 0 // the same links at other costs need no new arcs
	for _, l := range changed {
		r := n.resolve(l)
		if i, ok := m.linkOf[l.ID]; ok && !l.ID.IsZero() {
			same = same && r.end == n.links[i].end && slices.Equal(r.Gates, n.links[i].Gates)
			n.links[i] = r
		} else {
			same = false
			n.links = append(n.links, r)
		}
	}
	if same {
		n.arcs = slices.Clone(m.arcs)
		for _, l := range changed {
			r := n.links[m.linkOf[l.ID]]
			for k := 0; k < len(r.end) && r.end[0] >= 0; k++ {
				for i := n.first[r.end[k]]; i < n.first[r.end[k]+1]; i++ {
					n.arcs[i].cost = int32(n.links[n.arcs[i].link].Cost)
				}
			}
		}
		return &n
	}
	for _, id := range removed {
		if i, ok := m.linkOf[id]; ok {
			n.links[i] = &link{Link: m.links[i].Link, end: [2]int32{-1, -1}}
		}
	}
	n.connect()
	return &n
}

// passesOn reports whether a queue manager stores and forwards messages of others.
func (m *Map) passesOn(q *machine) bool { return q.Routing && !q.Foreign }

// servers are the routing servers among some machines.
func (m *Map) servers(ids []mq.GUID) []int32 {
	return slices.DeleteFunc(indexes(m.machineOf, ids), func(i int32) bool { return !m.passesOn(m.machines[i]) })
}

// resolve finds what a link names.
func (m *Map) resolve(l Link) *link {
	l.Cost = min(max(l.Cost, 1), MaxCost)
	r := &link{Link: l, end: [2]int32{-1, -1}}
	a, oka := m.siteOf[l.Site1]
	b, okb := m.siteOf[l.Site2]
	if !oka || !okb || a == b {
		return r
	}
	r.end = [2]int32{a, b}
	for _, id := range l.Gates {
		i, known := m.machineOf[id]
		switch {
		case !known:
			r.odd = append(r.odd, odd{id, "is not in the directory"})
			continue
		case !m.passesOn(m.machines[i]):
			r.odd = append(r.odd, odd{id, "is no routing server"})
			continue
		}
		of := false
		for k, s := range r.end {
			if slices.Contains(m.machines[i].sites, s) && !slices.Contains(r.gates[k], i) {
				r.gates[k], of = append(r.gates[k], i), true
			}
		}
		if !of && !slices.Contains(r.gates[0], i) && !slices.Contains(r.gates[1], i) {
			r.odd = append(r.odd, odd{id, "belongs to neither of the two sites"})
		}
	}
	return r
}

// connect makes the arcs and the gates of the sites out of the links.
func (m *Map) connect() {
	m.first = make([]int32, len(m.sites)+1)
	m.gates = make([][]int32, len(m.sites))
	for _, l := range m.links {
		if l.end[0] < 0 {
			continue
		}
		for k, s := range l.end {
			m.first[s+1]++
			for _, g := range l.gates[k] {
				if !slices.Contains(m.gates[s], g) {
					m.gates[s] = append(m.gates[s], g)
				}
			}
		}
	}
	for s := range m.sites {
		m.first[s+1] += m.first[s]
	}
	next := slices.Clone(m.first)
	m.arcs = make([]arc, m.first[len(m.sites)])
	for i, l := range m.links {
		if l.end[0] < 0 {
			continue
		}
		for k, s := range l.end {
			m.arcs[next[s]] = arc{l.end[1-k], int32(i), int32(l.Cost)}
			next[s]++
		}
	}
}

// from are the links of a site.
func (m *Map) from(s int32) []arc { return m.arcs[m.first[s]:m.first[s+1]] }

// transit reports whether messages for others can be passed on in a site.
func (m *Map) transit(s int32) bool { return len(m.sites[s].routers) > 0 && !m.sites[s].Foreign }

// entrance are the queue managers that take what comes to a site: its gates, or all
// its routing servers if there is none.
func (m *Map) entrance(s int32) []int32 {
	if len(m.gates[s]) > 0 {
		return m.gates[s]
	}
	return m.sites[s].routers
}

// isGate is IsSiteGate (3.1.5.8), for sites without gates too.
func (m *Map) isGate(i int32) bool {
	return slices.ContainsFunc(m.machines[i].sites, func(s int32) bool { return slices.Contains(m.entrance(s), i) })
}

// Gates are the site gates of a site: the routing servers of it that its links name.
func (m *Map) Gates(id mq.GUID) []mq.GUID {
	s, ok := m.siteOf[id]
	if !ok {
		return nil
	}
	list := make([]mq.GUID, len(m.gates[s]))
	for i, g := range m.gates[s] {
		list[i] = m.machines[g].ID
	}
	return list
}

// Gate reports whether a machine is a site gate of one of its sites (3.1.5.8).
func (m *Map) Gate(id mq.GUID) bool {
	i, ok := m.machineOf[id]
	return ok && slices.ContainsFunc(m.machines[i].sites, func(s int32) bool { return slices.Contains(m.gates[s], i) })
}

// Machine finds a machine.
func (m *Map) Machine(id mq.GUID) (Machine, bool) {
	i, ok := m.machineOf[id]
	if !ok {
		return Machine{}, false
	}
	return m.machines[i].Machine, true
}

// Site finds a site.
func (m *Map) Site(id mq.GUID) (Site, bool) {
	i, ok := m.siteOf[id]
	if !ok {
		return Site{}, false
	}
	return m.sites[i].Site, true
}

// linkName is for people.
func (m *Map) linkName(l *link) string {
	return m.sites[l.end[0]].Name + " – " + m.sites[l.end[1]].Name
}

// indexes finds IDs, each once, without those that are not there.
func indexes(of map[mq.GUID]int32, ids []mq.GUID) []int32 {
	var list []int32
	for _, id := range ids {
		if i, ok := of[id]; ok && !slices.Contains(list, i) {
			list = append(list, i)
		}
	}
	return list
}
