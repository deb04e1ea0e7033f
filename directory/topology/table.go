package topology

import (
	"fmt"
	"slices"
	"sync"

	"posthouse/localqm/mq"
)

// Table is the routing table of one queue manager (3.1.1.2). It may be used by many
// goroutines.
type Table struct {
	m     *Map
	self  int32
	err   error
	tree  tree // from our sites
	mu    sync.Mutex
	costs map[int32][]uint64 // to a site; some of them, as each takes 8 bytes a site
}

// maxCosts bounds what a Table remembers.
const maxCosts = 256

// Hop is a queue manager that messages may be given to.
type Hop struct {
	ID   mq.GUID
	Name string
	// Rank 0 is the best way; hops of equal Rank are as good as each other, in an order
	// that spreads destinations over them.
	Rank int
	Site mq.GUID // where it takes the message
	Link mq.GUID // that is crossed; zero: none
	Cost uint32  // of the links from here to the destination
	Why  string
}

// Entry is a row of the routing table.
type Entry struct {
	Site mq.GUID // DestinationSiteID
	Next mq.GUID // NextHopSiteID
	Link mq.GUID // to it
	Cost uint32  // of the whole way
}

// From makes the table of a queue manager (3.1.3.1).
func (m *Map) From(self mq.GUID) *Table {
	t := &Table{m: m, costs: map[int32][]uint64{}}
	i, ok := m.machineOf[self]
	if !ok {
		t.err = mq.Errorf(mq.ErrMachineNotFound, "find the way from "+self.String(), "the directory has no queue manager of this identifier").
			WithFix("join the directory, or wait until its controllers have replicated")
		return t
	}
	t.self, t.tree = i, m.graph().least(m.machines[i].sites, true)
	return t
}

// Sites lists the sites that can be reached, those of the queue manager itself not
// among them, in the order of the Map.
func (t *Table) Sites() []Entry {
	if t.err != nil {
		return nil
	}
	var list []Entry
	m := t.m
	for i, c := range t.tree.cost {
		if c == 0 || c == far {
			continue
		}
		s, by := int32(i), t.tree.by[i]
		for t.tree.cost[by.to] > 0 {
			s, by = by.to, t.tree.by[by.to]
		}
		list = append(list, Entry{m.sites[i].ID, m.sites[s].ID, m.links[by.link].ID, clip(c)})
	}
	return list
}

// Next is GetNextHops (3.1.5.1-3): where a message for a queue manager may go from
// here, the best first. Following it never leads in a circle, whatever fails.
func (t *Table) Next(dest mq.GUID) ([]Hop, error) {
	if t.err != nil {
		return nil, t.err
	}
	to, err := t.target(dest)
	if err != nil {
		return nil, err
	}
	op := "find the way to " + t.m.machines[to.machine].Name
	if to.machine == t.self {
		return nil, mq.Errorf(mq.ErrInvalidParameter, op, "it is this queue manager")
	}
	if f, ok := t.m.handsOver(t.self, to); ok {
		return nil, mq.Errorf(mq.ErrInvalidParameter, op, "it is in the foreign site %s, whose connector queue is here", t.m.sites[f].Name)
	}
	s := t.m.sender(t.self)
	hops := t.m.hops(s, to)
	if len(hops) == 0 {
		return nil, mq.Errorf(mq.ErrRemoteMachineNotAvailable, op, "%s", t.m.noWay(s.sites, to)).
			WithFix("link the sites, or give them a routing server, in the directory")
	}
	return t.m.public(hops, s, to), nil
}

// Detours lists hops that Next leaves out because they are no nearer to the
// destination, although their own best way does not lead back here. They are for when
// all of Next have failed, and only for messages that are Inside still: one that came
// over a link might go back and forth between two sites.
func (t *Table) Detours(dest mq.GUID) []Hop {
	if t.err != nil {
		return nil
	}
	to, err := t.target(dest)
	if err != nil || to.machine == t.self {
		return nil
	}
	s := t.m.sender(t.self)
	return t.m.public(t.m.detours(s, to, t.tree.cost), s, to)
}

// Inside reports whether a message of a queue manager that was handed on so many times
// until it came here, 0 for our own, cannot have left our sites yet.
func (t *Table) Inside(source mq.GUID, hops int) bool {
	i, ok := t.m.machineOf[source]
	return ok && t.err == nil && inside(t.m.sender(i), t.m.sender(t.self), hops)
}

// Connector is the foreign site whose connector queue takes messages for a foreign
// computer on this queue manager.
func (t *Table) Connector(dest mq.GUID) (mq.GUID, bool) {
	i, ok := t.m.machineOf[dest]
	if t.err != nil || !ok {
		return mq.GUID{}, false
	}
	q := t.m.machines[i]
	f, ok := t.m.handsOver(t.self, &target{sites: q.sites, foreign: q.Foreign})
	if !ok {
		return mq.GUID{}, false
	}
	return t.m.sites[f].ID, true
}

func (t *Table) target(dest mq.GUID) (*target, error) {
	i, ok := t.m.machineOf[dest]
	if !ok {
		return nil, mq.Errorf(mq.ErrMachineNotFound, "find the way to "+dest.String(), "the directory has no queue manager of this identifier").
			WithFix("check the address; a new queue manager is known when the directory has replicated")
	}
	to := t.m.machineTarget(i)
	if len(to.sites) != 1 {
		to.cost = t.m.costs(to.sites)
		return to, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	s := to.sites[0]
	if to.cost = t.costs[s]; to.cost == nil {
		if len(t.costs) >= maxCosts {
			clear(t.costs)
		}
		to.cost = t.m.costs(to.sites)
		t.costs[s] = to.cost
	}
	return to, nil
}

// machineTarget is a target without its costs.
func (m *Map) machineTarget(i int32) *target {
	q := m.machines[i]
	return &target{machine: i, id: q.ID, sites: q.sites, in: q.in, foreign: q.Foreign}
}

// public makes hops what callers see: each queue manager once, ranks numbered.
func (m *Map) public(hops []hop, s sender, t *target) []Hop {
	list := make([]Hop, 0, len(hops))
	rank := -1
	for i, h := range hops {
		if i == 0 || h.cost != hops[i-1].cost || h.class != hops[i-1].class {
			rank++
		}
		q := m.machines[h.machine]
		if slices.ContainsFunc(list, func(o Hop) bool { return o.ID == q.ID }) {
			continue
		}
		p := Hop{ID: q.ID, Name: q.Name, Rank: rank, Site: m.sites[h.to].ID, Cost: clip(h.cost), Why: m.why(h, s, t)}
		if h.link >= 0 {
			p.Link = m.links[h.link].ID
		}
		list = append(list, p)
	}
	// A rank whose queue managers all have a better one is not counted.
	for i, last, n := 0, 0, -1; i < len(list); i++ {
		if n < 0 || list[i].Rank != last {
			last, n = list[i].Rank, n+1
		}
		list[i].Rank = n
	}
	return list
}

func (m *Map) why(h hop, s sender, t *target) string {
	switch h.role {
	case destination:
		return "destination"
	case inServer:
		return "in-routing server of " + m.machines[t.machine].Name
	case outServer:
		return "out-routing server of " + m.machines[s.machine].Name
	case connector:
		return "connector of " + m.sites[t.sites[0]].Name
	case router:
		return "routing server of " + m.sites[h.to].Name
	}
	what := "gate of "
	if len(m.gates[h.to]) == 0 {
		what = "routing server of "
	}
	end := t.sites[0]
	for _, s := range t.sites {
		if t.cost[h.to] == 0 && s == h.to {
			end = s
		}
	}
	if h.role == detour {
		what = "detour over "
	}
	if end == h.to {
		return fmt.Sprintf("%s%s, cost %d", what, m.sites[h.to].Name, h.cost)
	}
	return fmt.Sprintf("%s%s, %d to %s", what, m.sites[h.to].Name, h.cost, m.sites[end].Name)
}

// clip makes a cost fit 32 bits.
func clip(c uint64) uint32 { return uint32(min(c, 1<<32-1)) }
