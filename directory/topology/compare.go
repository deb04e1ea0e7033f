package topology

import (
	"cmp"
	"slices"

	"posthouse/localqm/mq"
)

// Change is a way between two sites whose cost changes.
type Change struct {
	From, To      Site
	Before, After uint32 // 0: there is no way
}

// Compare lists the ways between sites whose cost a change changes, those that it
// changes most first. What is down is found by trying, so that a way may cost
// something else in the other direction; then both are listed.
func (m *Map) Compare(wi WhatIf) []Change {
	w := m.what(wi)
	end := w.ofChange(m, wi)
	var list []Change
	for d := range m.sites {
		to := []int32{int32(d)}
		before, after := m.costs(to), w.after(int32(d))
		for s := range m.sites {
			if s == d || before[s] == after[s] || m.sites[s].Foreign || w.down == nil && !m.sites[d].Foreign && !toward(m, end, int32(s), int32(d)) {
				continue
			}
			list = append(list, Change{m.sites[s].Site, m.sites[d].Site, known(before[s]), known(after[s])})
		}
	}
	if w.down != nil {
		both := make(map[Change]bool, len(list))
		for _, c := range list {
			both[c] = true
		}
		list = slices.DeleteFunc(list, func(c Change) bool {
			s, d := m.siteOf[c.From.ID], m.siteOf[c.To.ID]
			return !c.To.Foreign && !toward(m, end, s, d) && both[Change{c.To, c.From, c.Before, c.After}]
		})
	}
	slices.SortStableFunc(list, func(a, b Change) int {
		return cmp.Or(cmp.Compare(b.by(), a.by()), cmp.Compare(b.Before, a.Before), cmp.Compare(a.From.Name, b.From.Name), cmp.Compare(a.To.Name, b.To.Name))
	})
	return list
}

// by is how much it changes; a way that begins or ends most of all.
func (c Change) by() uint32 {
	if c.Before == 0 || c.After == 0 {
		return 1<<32 - 1
	}
	return max(c.Before, c.After) - min(c.Before, c.After)
}

func known(c uint64) uint32 {
	if c == far {
		return 0
	}
	return clip(c)
}

// after are the costs from each site to one.
func (w what) after(d int32) []uint64 {
	costs := w.costs([]int32{d})
	if w.down == nil {
		return costs
	}
	t := &target{machine: -1, id: w.sites[d].ID, sites: []int32{d}, foreign: w.sites[d].Foreign, cost: costs}
	tried := make([]uint64, len(costs))
	for s := range tried {
		tried[s] = far
		if costs[s] == far || int32(s) == d {
			tried[s] = costs[s]
			continue
		}
		if p, _ := w.walk(sender{machine: -1, sites: []int32{int32(s)}}, t); !p.Waits && len(p.Hops) > 0 {
			tried[s] = uint64(p.Cost)
		}
	}
	return tried
}

// ofChange numbers the ends of the links that change: the second ends 2, the first 1.
func (w what) ofChange(m *Map, wi WhatIf) map[int32]int {
	end := map[int32]int{}
	mark := func(one, two mq.GUID) {
		if i, ok := m.siteOf[one]; ok {
			end[i] = max(end[i], 1)
		}
		if i, ok := m.siteOf[two]; ok {
			end[i] = 2
		}
	}
	for _, l := range wi.Links {
		mark(l.Site1, l.Site2)
	}
	for _, id := range slices.Concat(wi.Removed, wi.Down) {
		if i, ok := m.linkOf[id]; ok {
			mark(m.links[i].Site1, m.links[i].Site2)
		}
	}
	return end
}

// toward says which direction of a way is listed: to the link that changes, or in the
// order of the names.
func toward(m *Map, end map[int32]int, from, to int32) bool {
	if end[from] != end[to] {
		return end[to] > end[from]
	}
	if a, b := m.sites[from], m.sites[to]; a.Name != b.Name {
		return a.Name < b.Name
	}
	return from < to
}
