package topology

import "slices"

// working is the graph without what is down.
func (w what) working() graph {
	g := w.graph()
	if w.down == nil {
		return g
	}
	if len(w.down.links)+len(w.down.sites) > 0 {
		g.without = func(a arc) bool { return w.down.links[a.link] || w.down.sites[a.to] }
	}
	if len(w.down.machines) > 0 {
		g.leaf = func(s int32) bool {
			return !w.transit(s) || !slices.ContainsFunc(w.entrance(s), func(i int32) bool { return !w.dead(i) })
		}
	}
	return g
}

// next is the best way other than the one over links. back is the tree of the target
// in the graph of what works.
//
// The best way that leaves out a link of a shortest one consists, in an undirected
// graph, of a piece of the sender's tree, one more link, and a piece of the target's
// tree (Malik, Mittal and Gupta 1989): two trees and one look at each link suffice.
func (w what) next(s sender, t *target, back tree, links []int32) *Path {
	g := w.working()
	if w.dead(s.machine) || least(back.cost, s.sites) == far {
		return nil
	}
	there := g.least(s.sites, true)
	best := chain(there, nearest(there, t.sites))
	if links == nil || cost(w.Map, links) > cost(w.Map, best) {
		if slices.Equal(best, links) {
			return nil
		}
		return w.over(s, t, best)
	}
	if len(links) == 0 {
		return nil
	}
	block := w.blocks(there, links, s.sites)
	var found struct {
		a    arc
		from int32
		cost uint64
	}
	found.cost = far
	for u := range w.sites {
		if block[u] < 0 || there.cost[u] > 0 && g.leaf(int32(u)) {
			continue
		}
		for _, a := range w.from(int32(u)) {
			if block[u] >= block[a.to] || back.cost[a.to] == far || slices.Contains(links, a.link) ||
				back.cost[a.to] > 0 && g.leaf(a.to) || g.without != nil && g.without(a) {
				continue
			}
			if c := there.cost[u] + uint64(a.cost) + back.cost[a.to]; c < found.cost {
				found.a, found.from, found.cost = a, int32(u), c
			}
		}
	}
	if found.cost == far {
		return nil
	}
	way := append(chain(there, found.from), found.a.link)
	for at := found.a.to; back.cost[at] > 0; at = back.by[at].to {
		way = append(way, back.by[at].link)
	}
	return w.over(s, t, way)
}

// blocks numbers each site by the last site of the way over links that is on its
// branch of the sender's tree, in which that way is made to be a branch; -1 is out of
// reach.
func (w what) blocks(t tree, links, roots []int32) []int32 {
	const unknown = -2
	block := make([]int32, len(t.cost))
	for i := range block {
		block[i] = unknown
	}
	for _, r := range roots {
		block[r] = 0
	}
	at := w.start(links, roots)
	for i, l := range links {
		at, _ = w.follow(at, links[i:i+1])
		end := w.links[l].end
		t.by[at] = arc{end[0] + end[1] - at, l, int32(w.links[l].Cost)}
		block[at] = int32(i + 1)
	}
	var branch []int32
	for s := range block {
		branch = branch[:0]
		i := int32(s)
		for block[i] == unknown && t.by[i].link >= 0 {
			branch = append(branch, i)
			i = t.by[i].to
		}
		b := max(block[i], -1)
		block[i] = b
		for _, i := range branch {
			block[i] = b
		}
	}
	return block
}

// start is the site among roots that a way begins in.
func (w what) start(links, roots []int32) int32 {
	for _, r := range roots {
		if _, ok := w.follow(r, links); ok {
			return r
		}
	}
	return roots[0]
}

// over is the way over some links, with the queue managers that would pass messages on.
func (w what) over(s sender, t *target, links []int32) *Path {
	p := &Path{}
	at := s.sites[0]
	if len(links) > 0 {
		at = w.start(links, s.sites)
	}
	up := func(list []int32) []int32 {
		return slices.DeleteFunc(slices.Clone(list), w.dead)
	}
	add := func(site int32, machines ...int32) {
		h := PathHop{Site: w.sites[site].ID, Name: w.sites[site].Name}
		for _, i := range machines {
			if i >= 0 && !slices.ContainsFunc(h.Via, func(q Machine) bool { return q.ID == w.machines[i].ID }) {
				h.Via = append(h.Via, w.machines[i].Machine)
			}
		}
		p.Hops = append(p.Hops, h)
	}
	first := []int32{s.machine}
	if len(links) > 0 && !s.gate {
		first = append(first, w.choose(t, up(w.links[links[0]].at(at)), up(w.entrance(at))))
	}
	add(at, first...)
	for i, n := range links {
		l := w.links[n]
		at = l.end[0] + l.end[1] - at
		via := []int32{w.choose(t, up(l.at(at)), up(w.entrance(at)))}
		if i == len(links)-1 {
			if t.foreign {
				via = nil
			} else if via = append(via, t.machine); slices.Contains(w.entrance(at), t.machine) {
				via = via[1:]
			}
		}
		add(at, via...)
		h := &p.Hops[len(p.Hops)-1]
		h.Link, h.Cost = l.ID, l.Cost
		p.Cost = clip(uint64(p.Cost) + uint64(l.Cost))
		p.Why = join(p.Why, w.odd(l))
	}
	w.trim(p, s, t)
	return p
}

// choose takes one of the first list that is not empty; -1 if all are.
func (w what) choose(t *target, lists ...[]int32) int32 {
	for _, l := range lists {
		hops := make([]hop, len(l))
		for i, q := range l {
			hops[i] = hop{machine: q}
		}
		if w.order(hops, t); len(hops) > 0 {
			return hops[0].machine
		}
	}
	return -1
}

// chain are the links from the root of a tree to a site.
func chain(t tree, to int32) []int32 {
	links := []int32{}
	for ; t.by[to].link >= 0; to = t.by[to].to {
		links = append(links, t.by[to].link)
	}
	slices.Reverse(links)
	return links
}

// nearest is the site that costs least.
func nearest(t tree, sites []int32) int32 {
	best := sites[0]
	for _, s := range sites[1:] {
		if t.cost[s] < t.cost[best] {
			best = s
		}
	}
	return best
}

func cost(m *Map, links []int32) uint64 {
	c := uint64(0)
	for _, l := range links {
		c += uint64(m.links[l].Cost)
	}
	return c
}

// follow is where links lead from a site, if they join without a gap.
func (m *Map) follow(at int32, links []int32) (int32, bool) {
	for _, l := range links {
		e := m.links[l].end
		if at != e[0] && at != e[1] {
			return at, false
		}
		at = e[0] + e[1] - at
	}
	return at, true
}
