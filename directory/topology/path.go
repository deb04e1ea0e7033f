package topology

import (
	"fmt"
	"slices"
	"strings"

	"posthouse/localqm/mq"
)

// WhatIf changes a Map in thought.
type WhatIf struct {
	Links   []Link    // as if the directory had these; one without ID, or an unknown one, is new
	Removed []mq.GUID // links that it had no more
	// Down are links, machines and sites that do not work although the directory has
	// them: queue managers learn that only when they try.
	Down []mq.GUID
}

// Path is a way through the sites.
type Path struct {
	Hops []PathHop // from the site of departure on; empty: there is no way
	Cost uint32
	// Waits: it ends where messages wait for what is down.
	Waits bool
	Why   string // there is no way, messages wait, or what is odd about it
	// Next is the best other way: the one that costs least of those that leave out at
	// least one link of this one, and everything that is down. Nil: there is none.
	Next *Path
}

// PathHop is a site on a way.
type PathHop struct {
	Site mq.GUID
	Name string
	Via  []Machine // queue managers that messages pass here, in order; sender and receiver too, if they are machines
	Link mq.GUID   // that leads here; zero in the first, and where a queue manager of two sites changes over
	Cost uint32    // of that link
}

// what is WhatIf on a Map.
type what struct {
	*Map
	down *down // nil: everything works
	// away are the costs from the sites of a sender, for detours; of a site they are
	// under a number below 0.
	away map[int32][]uint64
}

// down are the numbers of what does not work.
type down struct{ links, sites, machines map[int32]bool }

func (m *Map) what(w WhatIf) what {
	n := what{Map: m.with(w.Links, w.Removed)}
	if len(w.Down) == 0 {
		return n
	}
	n.away = map[int32][]uint64{}
	n.down = &down{map[int32]bool{}, map[int32]bool{}, map[int32]bool{}}
	for _, id := range w.Down {
		for _, p := range []struct {
			of map[mq.GUID]int32
			is map[int32]bool
		}{{m.linkOf, n.down.links}, {m.siteOf, n.down.sites}, {m.machineOf, n.down.machines}} {
			if i, ok := p.of[id]; ok {
				p.is[i] = true
			}
		}
	}
	return n
}

// dead reports whether a machine does not work; none, a number below 0, does.
func (w what) dead(machine int32) bool { return w.down != nil && w.down.machines[machine] }

// works reports whether a hop leads anywhere.
func (w what) works(h hop) bool {
	return w.down == nil || !w.dead(h.machine) && !w.down.links[h.link] && !w.down.sites[h.to]
}

// ends finds both ends of a way, each a site or a machine.
func (w what) ends(from, to mq.GUID) (s sender, t *target, missing string) {
	const none = "the directory has no site or queue manager "
	if i, ok := w.machineOf[from]; ok {
		s = w.sender(i)
	} else if i, ok := w.siteOf[from]; ok {
		s = sender{machine: -1, sites: []int32{i}}
	} else {
		return s, nil, none + from.String()
	}
	if i, ok := w.machineOf[to]; ok {
		t = w.machineTarget(i)
	} else if i, ok := w.siteOf[to]; ok {
		t = &target{machine: -1, id: to, sites: []int32{i}, foreign: w.sites[i].Foreign}
	} else {
		return s, nil, none + to.String()
	}
	return s, t, ""
}

// Path is the way that a message takes from a site or machine to another: from hop to
// hop, each queue manager trying its Next in turn.
func (m *Map) Path(from, to mq.GUID, wi WhatIf) Path {
	w := m.what(wi)
	s, t, missing := w.ends(from, to)
	if t == nil {
		return Path{Why: missing}
	}
	back := w.graph().least(t.sites, true)
	t.cost = back.cost
	p, links := w.walk(s, t)
	if w.down != nil {
		back = w.working().least(t.sites, true)
	}
	p.Next = w.next(s, t, back, links)
	return p
}

// walk follows a message. links are those that it crosses; nil if it cannot be told
// by them alone, because it waits, or a machine belongs to two sites on the way.
func (w what) walk(s sender, t *target) (Path, []int32) {
	var p Path
	links := []int32{}
	label := int32(-1)
	enter := func(site, link int32) {
		if link < 0 && label == site {
			return
		}
		h := PathHop{Site: w.sites[site].ID, Name: w.sites[site].Name}
		if link >= 0 {
			l := w.links[link]
			h.Link, h.Cost = l.ID, l.Cost
			p.Cost = clip(uint64(p.Cost) + uint64(l.Cost))
			p.Why = join(p.Why, w.odd(l))
		} else if label >= 0 {
			links = nil
		}
		if slices.ContainsFunc(p.Hops, func(h PathHop) bool { return h.Site == w.sites[site].ID }) {
			links = nil // a detour led back
		}
		if links != nil && link >= 0 {
			links = append(links, link)
		}
		label, p.Hops = site, append(p.Hops, h)
	}
	pass := func(i int32) {
		if i >= 0 {
			h := &p.Hops[len(p.Hops)-1]
			h.Via = append(h.Via, w.machines[i].Machine)
		}
	}
	if len(s.sites) == 0 || len(t.sites) == 0 {
		return Path{Why: w.noWay(s.sites, t)}, nil
	}
	if w.dead(s.machine) || w.down != nil && w.down.sites[s.sites[0]] {
		enter(s.sites[0], -1)
		pass(s.machine)
		p.Waits, p.Why = true, "nothing leaves what is down"
		return p, nil
	}
	if i := slices.IndexFunc(s.sites, func(i int32) bool { return slices.Contains(t.sites, i) }); i >= 0 {
		if s.machine == t.machine || s.machine < 0 || t.machine < 0 {
			enter(s.sites[i], -1) // nothing has to travel
			pass(s.machine)
			if t.machine != s.machine {
				pass(t.machine)
			}
			return p, nil
		}
	}
	begin, end := s, false
	for n := 0; !end; n++ {
		if f, ok := w.handsOver(s.machine, t); ok {
			if label < 0 {
				enter(begin.sites[0], -1)
				pass(s.machine)
			}
			w.handOver(&p, &links, label, f)
			break
		}
		hops := w.hops(s, t)
		if len(hops) == 0 {
			return Path{Why: w.noWay(s.sites, t)}, nil
		}
		i, transit := slices.IndexFunc(hops, w.works), false
		if i < 0 {
			i, transit, hops = w.round(s, t, hops, inside(begin, s, n))
			if i >= 0 {
				p.Why = join(p.Why, w.stuck(s, "messages make a detour", hops[:i]))
			}
		}
		if label < 0 {
			enter(hops[max(i, 0)].at, -1)
			pass(s.machine)
		}
		if i < 0 {
			what := "messages wait"
			if transit {
				what = "messages from other sites wait"
			}
			p.Waits, p.Why, links = true, join(p.Why, w.stuck(s, what, hops)), nil
			break
		}
		h := hops[i]
		enter(h.at, -1)
		enter(h.to, h.link)
		pass(h.machine)
		if end = h.machine == t.machine; !end {
			s = w.sender(h.machine)
		}
		// At a site, it is enough to have arrived.
		end = end || t.machine < 0 && !t.foreign && slices.Contains(t.sites, label)
	}
	w.trim(&p, begin, t)
	return p, links
}

// handOver adds the foreign site behind a connector.
func (w what) handOver(p *Path, links *[]int32, label, f int32) {
	if label == f {
		return
	}
	h := PathHop{Site: w.sites[f].ID, Name: w.sites[f].Name}
	best := int32(-1)
	for _, a := range w.from(f) {
		if a.to == label && (best < 0 || w.links[a.link].Cost < w.links[best].Cost) {
			best = a.link
		}
	}
	if best >= 0 {
		l := w.links[best]
		h.Link, h.Cost = l.ID, l.Cost
		p.Cost = clip(uint64(p.Cost) + uint64(l.Cost))
		if *links != nil {
			*links = append(*links, best)
		}
	} else {
		*links = nil
	}
	p.Hops = append(p.Hops, h)
}

// trim leaves out at the ends of a way between sites what is no gate: any queue
// manager may be the sender or receiver there.
func (w what) trim(p *Path, s sender, t *target) {
	cut := func(h *PathHop) {
		h.Via = slices.DeleteFunc(h.Via, func(q Machine) bool { return !w.Gate(q.ID) })
	}
	if len(p.Hops) > 0 && s.machine < 0 {
		cut(&p.Hops[0])
	}
	if len(p.Hops) > 1 && t.machine < 0 && !p.Waits {
		cut(&p.Hops[len(p.Hops)-1])
	}
}

// round adds the detours to the hops that have all failed, if the message may take
// them, and finds the first that works; transit tells that others could.
func (w what) round(s sender, t *target, hops []hop, may bool) (i int, transit bool, all []hop) {
	key := s.machine
	if key < 0 {
		key = ^s.sites[0]
	}
	there := w.away[key]
	if there == nil {
		there = w.costs(s.sites)
		w.away[key] = there
	}
	more := w.detours(s, t, there)
	i = slices.IndexFunc(more, w.works)
	if !may {
		return -1, i >= 0, hops
	}
	if i >= 0 {
		i += len(hops)
	}
	return i, false, append(hops, more...)
}

// stuck tells why a message does not get on as it should.
func (w what) stuck(s sender, what string, hops []hop) string {
	where := "in " + w.sites[hops[0].at].Name
	if s.machine >= 0 {
		where = "at " + w.machines[s.machine].Name
	}
	var tried []string
	for _, h := range hops {
		name := "anybody in " + w.sites[h.to].Name
		if h.machine >= 0 {
			name = w.machines[h.machine].Name
		}
		if !slices.Contains(tried, name) {
			tried = append(tried, name)
		}
	}
	more := ""
	if len(tried) > 3 {
		more = fmt.Sprintf(", nor %d others", len(tried)-2)
		tried = tried[:2]
	}
	if len(tried) == 1 {
		return what + " " + where + ", which cannot reach " + tried[0]
	}
	return what + " " + where + ", which reaches neither " + strings.Join(tried, " nor ") + more
}

// odd tells which gates of a link do not count.
func (w what) odd(l *link) string {
	var why string
	for _, o := range l.odd {
		name := o.gate.String()
		if i, ok := w.machineOf[o.gate]; ok {
			name = w.machines[i].Name
		}
		why = join(why, name+" is no gate of "+w.linkName(l)+": it "+o.why)
	}
	return why
}

// noWay tells why there is no way.
func (m *Map) noWay(from []int32, t *target) string {
	names := func(sites []int32) string {
		list := make([]string, len(sites))
		for i, s := range sites {
			list[i] = m.sites[s].Name
		}
		return strings.Join(list, ", ")
	}
	bare := func(sites []int32) bool {
		return !slices.ContainsFunc(sites, func(s int32) bool { return len(m.from(s)) > 0 })
	}
	switch {
	case len(from) == 0:
		return "the queue manager that sends belongs to no site"
	case len(t.sites) == 0:
		return m.machines[t.machine].Name + " belongs to no site"
	case t.foreign && len(m.handers(t.sites)) == 0:
		return names(t.sites) + " is a foreign site, and no routing server hands messages over to it"
	case bare(from):
		return "no routing link leads from " + names(from)
	case bare(t.sites):
		return "no routing link leads to " + names(t.sites)
	}
	if least(t.cost, from) == far {
		g := graph{Map: m, leaf: func(s int32) bool { return m.sites[s].Foreign }}
		all := g.least(t.sites, true)
		for _, s := range from {
			if all.cost[s] == far {
				continue
			}
			for at := all.by[s].to; at >= 0; at = all.by[at].to {
				if !m.transit(at) && all.cost[at] > 0 {
					return "the way leads through " + m.sites[at].Name + ", which has no routing server to pass messages on"
				}
			}
		}
		return "no chain of routing links joins " + names(from) + " and " + names(t.sites)
	}
	return "no site gate of " + names(from) + " leads to " + names(t.sites)
}

// join makes one reason of two, each once.
func join(a, b string) string {
	switch {
	case b == "" || strings.Contains(a, b):
		return a
	case a == "":
		return b
	}
	return a + "; " + b
}
