package topology

import "math"

// far is the cost of what cannot be reached.
const far = math.MaxUint64

// queue is a heap of sites by cost: cost<<siteBits | site.
type queue []uint64

// siteBits leaves 40 bits for the cost: a million of the dearest links.
const siteBits = 24

func (q *queue) push(cost uint64, s int32) {
	h := append(*q, 0)
	i, v := len(h)-1, cost<<siteBits|uint64(s)
	for i > 0 {
		up := (i - 1) / 2
		if h[up] <= v {
			break
		}
		h[i], i = h[up], up
	}
	h[i] = v
	*q = h
}

func (q *queue) pop() (cost uint64, s int32) {
	h := *q
	top, v := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	for i := 0; len(h) > 0; {
		c := 2*i + 1
		if c+1 < len(h) && h[c+1] < h[c] {
			c++
		}
		if c >= len(h) || h[c] >= v {
			h[i] = v
			break
		}
		h[i], i = h[c], c
	}
	*q = h
	return top >> siteBits, int32(top & (1<<siteBits - 1))
}

// graph is a Map some of which may not be used.
type graph struct {
	*Map
	without func(a arc) bool // nil: all may be used
	leaf    func(s int32) bool
}

func (m *Map) graph() graph {
	return graph{Map: m, leaf: func(s int32) bool { return !m.transit(s) }}
}

// tree is a least-cost tree: the cost of each site and the arc that leads there
// (its link, and to is where it comes from); -1 at the roots and what cannot be
// reached.
type tree struct {
	cost []uint64
	by   []arc
}

// least is Dijkstra's algorithm from roots. Sites that pass nothing on end ways, or
// begin them. Of equal ways the first that was found stays.
func (g graph) least(roots []int32, by bool) tree {
	t := tree{cost: make([]uint64, len(g.sites))}
	for i := range t.cost {
		t.cost[i] = far
	}
	if by {
		t.by = make([]arc, len(g.sites))
		for i := range t.by {
			t.by[i] = arc{-1, -1, 0}
		}
	}
	q := make(queue, 0, len(g.sites))
	for _, s := range roots {
		t.cost[s] = 0
		q.push(0, s)
	}
	for len(q) > 0 {
		cost, s := q.pop()
		if cost > t.cost[s] || cost > 0 && g.leaf(s) {
			continue
		}
		for _, a := range g.from(s) {
			c := cost + uint64(a.cost)
			if c >= t.cost[a.to] || g.without != nil && g.without(a) {
				continue
			}
			t.cost[a.to] = c
			if by {
				t.by[a.to] = arc{s, a.link, a.cost}
			}
			q.push(c, a.to)
		}
	}
	return t
}

// costs are the costs from every site to the nearest of some.
func (m *Map) costs(to []int32) []uint64 { return m.graph().least(to, false).cost }
