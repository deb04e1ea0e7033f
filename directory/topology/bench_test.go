package topology

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"posthouse/localqm/mq"
)

// big is a forest of 1,000 sites, 5,000 links and 10,000 machines, each site with two
// gates.
func big() ([]Site, []Link, []Machine) {
	r := rand.New(rand.NewPCG(1, 2))
	const sites, links, machines = 1000, 5000, 10_000
	ss := make([]Site, sites)
	for i := range ss {
		ss[i] = Site{ID: id(fmt.Sprint("S", i)), Name: fmt.Sprint("S", i)}
	}
	ms := make([]Machine, machines)
	for i := range ms {
		ms[i] = Machine{ID: id(fmt.Sprint("M", i)), Name: fmt.Sprint("M", i), Sites: []mq.GUID{ss[i%sites].ID}, Routing: i < 3*sites}
	}
	ls := make([]Link, links)
	for i := range ls {
		a, b := i%sites, r.IntN(sites)
		if i < sites {
			b = (a + 1) % sites // a ring, so that all are joined
		}
		ls[i] = Link{ID: id(fmt.Sprint("L", i)), Site1: ss[a].ID, Site2: ss[b].ID, Cost: r.Uint32N(100) + 1, Gates: []mq.GUID{ms[a].ID, ms[b].ID, ms[sites+b].ID}}
	}
	return ss, ls, ms
}

func BenchmarkMap(b *testing.B) {
	ss, ls, ms := big()
	for b.Loop() {
		New(ss, ls, ms)
	}
}

func BenchmarkTable(b *testing.B) {
	m := New(big())
	b.Run("heap", func(b *testing.B) {
		for b.Loop() {
			m.From(id("M7"))
		}
	})
	b.Run("naive", func(b *testing.B) {
		for b.Loop() {
			naive(m, 7)
		}
	})
}

// naive is Dijkstra's algorithm with a search for the nearest site at each step.
func naive(m *Map, from int) []uint64 {
	cost := make([]uint64, len(m.sites))
	done := make([]bool, len(m.sites))
	for i := range cost {
		cost[i] = far
	}
	cost[from] = 0
	for {
		at := -1
		for i, c := range cost {
			if !done[i] && c != far && (at < 0 || c < cost[at]) {
				at = i
			}
		}
		if at < 0 {
			return cost
		}
		done[at] = true
		for _, l := range m.links {
			for k, e := range l.end {
				if e == int32(at) {
					cost[l.end[1-k]] = min(cost[l.end[1-k]], cost[at]+uint64(l.Cost))
				}
			}
		}
	}
}

func TestCostsAreThoseOfANaiveSearch(t *testing.T) {
	m := New(big())
	table := m.From(id("M7"))
	for i, c := range naive(m, 7) {
		if table.tree.cost[i] != c {
			t.Fatalf("%s costs %d, not %d", m.sites[i].Name, table.tree.cost[i], c)
		}
	}
}

func BenchmarkNext(b *testing.B) {
	m := New(big())
	b.Run("first", func(b *testing.B) {
		table, i := m.From(id("M7")), 0
		for b.Loop() {
			clear(table.costs)
			i = (i + 1) % 900
			if _, err := table.Next(id(fmt.Sprint("M", i+8))); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("again", func(b *testing.B) {
		table := m.From(id("M7"))
		for b.Loop() {
			if _, err := table.Next(id("M500")); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkPath(b *testing.B) {
	m := New(big())
	changed := m.links[3].Link
	changed.Cost = 77
	for name, w := range map[string]WhatIf{"now": {}, "another cost": {Links: []Link{changed}}, "gate down": {Down: []mq.GUID{id("M500")}}} {
		b.Run(name, func(b *testing.B) {
			i := 0
			for b.Loop() {
				i = (i + 1) % 900
				if p := m.Path(id("M7"), id(fmt.Sprint("M", 1000+i+8)), w); p.Next == nil {
					b.Fatal(p)
				}
			}
		})
	}
}

func BenchmarkCompare(b *testing.B) {
	m := New(big())
	changed := m.links[3].Link
	changed.Cost = 1
	for name, w := range map[string]WhatIf{
		"another cost": {Links: []Link{changed}}, "link down": {Down: []mq.GUID{m.links[3].ID}}, "site down": {Down: []mq.GUID{m.sites[500].ID}},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				m.Compare(w)
			}
		})
	}
}
