package topology

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"posthouse/localqm/mq"
)

// forest draws a small forest: parallel links, links without gates, gates that are
// none, sites without routing servers, foreign sites, machines of two sites.
func forest(t *rapid.T, plain bool) ([]Site, []Link, []Machine) {
	n := rapid.IntRange(1, 8).Draw(t, "sites")
	var ss []Site
	for i := range n {
		ss = append(ss, Site{id(fmt.Sprint("S", i)), fmt.Sprint("S", i), !plain && rapid.IntRange(0, 7).Draw(t, "foreign") == 0})
	}
	some := func(list []mq.GUID, most int, what string) []mq.GUID {
		if len(list) == 0 {
			return nil
		}
		return rapid.SliceOfNDistinct(rapid.SampledFrom(list), 0, min(most, len(list)), rapid.ID[mq.GUID]).Draw(t, what)
	}
	all := make([]mq.GUID, n)
	for i, s := range ss {
		all[i] = s.ID
	}
	var ms []Machine
	var servers []mq.GUID
	for i, s := range ss {
		for k := range rapid.IntRange(0, 3).Draw(t, "machines") {
			m := Machine{ID: id(fmt.Sprint("M", i, ".", k)), Name: fmt.Sprint("M", i, ".", k), Sites: []mq.GUID{s.ID}}
			m.Routing = rapid.Bool().Draw(t, "routing")
			if s.Foreign && k == 0 {
				m.Routing, m.Foreign = false, true
			}
			if !plain && rapid.IntRange(0, 5).Draw(t, "two sites") == 0 {
				m.Sites = append(m.Sites, rapid.SampledFrom(all).Draw(t, "other site"))
			}
			ms = append(ms, m)
			servers = append(servers, m.ID)
		}
	}
	if !plain {
		for i := range ms {
			if rapid.IntRange(0, 4).Draw(t, "servers") == 0 {
				ms[i].In = some(servers, 2, "in")
			}
			if rapid.IntRange(0, 4).Draw(t, "servers") == 0 {
				ms[i].Out = some(servers, 2, "out")
			}
		}
	}
	var ls []Link
	for i := range rapid.IntRange(0, 14).Draw(t, "links") {
		ls = append(ls, Link{
			ID: id(fmt.Sprint("L", i)), Site1: rapid.SampledFrom(all).Draw(t, "site 1"), Site2: rapid.SampledFrom(all).Draw(t, "site 2"),
			Cost: rapid.Uint32Range(1, 5).Draw(t, "cost"), Gates: some(servers, 3, "gates"),
		})
	}
	return ss, ls, ms
}

// ways are the costs of all simple paths between two sites, smallest first, by trying
// them all.
func ways(m *Map, from, to int32) []uint64 {
	var list []uint64
	seen := map[int32]bool{}
	var visit func(at int32, cost uint64)
	visit = func(at int32, cost uint64) {
		if at == to {
			list = append(list, cost)
			return
		}
		if at != from && !m.transit(at) {
			return
		}
		seen[at] = true
		for _, l := range m.links {
			for k, e := range l.end {
				if e == at && !seen[l.end[1-k]] {
					visit(l.end[1-k], cost+uint64(l.Cost))
				}
			}
		}
		seen[at] = false
	}
	visit(from, 0)
	slices.Sort(list)
	return list
}

func TestWaysAndTheNextBestAreThoseOfTryingThemAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := New(forest(t, true))
		for a := range m.sites {
			for b := range m.sites {
				if a == b {
					continue
				}
				all := ways(m, int32(a), int32(b))
				p := m.Path(m.sites[a].ID, m.sites[b].ID, WhatIf{})
				if len(p.Hops) == 0 != (len(all) == 0) || (p.Why == "" && len(all) == 0) {
					t.Fatalf("%s, but there are the ways %v", line(p), all)
				}
				if len(all) == 0 {
					continue
				}
				if uint64(p.Cost) != all[0] {
					t.Fatalf("%s, but there are the ways %v", line(p), all)
				}
				switch {
				case len(all) == 1 && p.Next != nil:
					t.Fatalf("%s, then %s, but there is one way only", line(p), line(*p.Next))
				case len(all) > 1 && (p.Next == nil || uint64(p.Next.Cost) != all[1]):
					t.Fatalf("%s, then %v, but there are the ways %v", line(p), p.Next, all)
				case len(all) > 1 && slices.EqualFunc(p.Hops, p.Next.Hops, func(a, b PathHop) bool { return a.Link == b.Link }):
					t.Fatalf("%s is the next best of itself", line(p))
				}
			}
		}
	})
}

func TestTheRoutingTableLeadsTheLeastCostWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := New(forest(t, true))
		for _, q := range m.machines {
			rows := map[mq.GUID]Entry{}
			for _, e := range m.From(q.ID).Sites() {
				rows[e.Site] = e
			}
			own := q.sites[0]
			for b := range m.sites {
				all := ways(m, own, int32(b))
				e, ok := rows[m.sites[b].ID]
				if int32(b) == own {
					if ok {
						t.Fatalf("%s has a row for its own site", q.Name)
					}
					continue
				}
				if ok != (len(all) > 0) {
					t.Fatalf("%s to %s: %v, but there are the ways %v", q.Name, m.sites[b].Name, e, all)
				}
				if !ok {
					continue
				}
				rest := ways(m, m.siteOf[e.Next], int32(b))
				if l := m.links[m.linkOf[e.Link]]; uint64(e.Cost) != all[0] || uint64(l.Cost)+rest[0] != all[0] {
					t.Fatalf("%s to %s: %v, but there are the ways %v", q.Name, m.sites[b].Name, e, all)
				}
			}
		}
	})
}

// nearness falls along the way of a message with every link: the cost from where it is.
func nearness(m *Map, i int32, to *target) uint64 { return least(to.cost, m.machines[i].sites) }

// Whatever fails, and whatever each queue manager tries, messages never come back:
// with every link that is crossed they come nearer, and every site is entered once.
func TestMessagesNeverGoInCirclesWhateverFails(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := New(forest(t, false))
		if len(m.machines) < 2 {
			return
		}
		pick := func(what string) int32 { return int32(rapid.IntRange(0, len(m.machines)-1).Draw(t, what)) }
		from, dest := pick("from"), pick("to")
		if from == dest {
			return
		}
		to := m.machineTarget(dest)
		to.cost = m.costs(to.sites)
		at, first, out := from, true, false
		seen := map[int32]bool{at: true}
		trace := m.machines[at].Name
		for at != dest {
			table := m.From(m.machines[at].ID)
			if _, ok := table.Connector(to.id); ok {
				if _, err := table.Next(to.id); err == nil {
					t.Fatalf("%s hands over and passes on", trace)
				}
				return
			}
			hops, err := table.Next(to.id)
			if err != nil {
				if !first && !out {
					t.Fatalf("%s: no way from there: %v", trace, err)
				}
				return
			}
			// Any hop may be the first that works: the others may fail.
			h := rapid.SampledFrom(hops).Draw(t, "works")
			i := m.machineOf[h.ID]
			trace += " > " + h.Name + " (" + h.Why + ")"
			if seen[i] {
				t.Fatalf("in a circle: %s", trace)
			}
			seen[i] = true
			if m.machines[i].Foreign {
				t.Fatalf("to a foreign computer: %s", trace)
			}
			if i != dest && !m.machines[i].Routing {
				t.Fatalf("passed on by no routing server: %s", trace)
			}
			if m.machines[at].Routing && !slices.Contains(to.in, at) && !slices.Contains(to.in, i) {
				before, after := nearness(m, at, to), nearness(m, i, to)
				if after > before || after == before && !h.Link.IsZero() {
					t.Fatalf("no nearer: %s, %d after %d", trace, after, before)
				}
			}
			at, first, out = i, false, strings.HasPrefix(h.Why, "out-")
		}
	})
}

// A message that makes a detour first comes back to where it began at most once.
func TestADetourIsMadeOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := New(forest(t, true))
		if len(m.machines) < 2 {
			return
		}
		from := int32(rapid.IntRange(0, len(m.machines)-1).Draw(t, "from"))
		dest := int32(rapid.IntRange(0, len(m.machines)-1).Draw(t, "to"))
		detours := m.From(m.machines[from].ID).Detours(m.machines[dest].ID)
		if from == dest || len(detours) == 0 {
			return
		}
		at := m.machineOf[rapid.SampledFrom(detours).Draw(t, "detour").ID]
		best := at
		again := 0
		seen := map[int32]bool{at: true}
		for at != dest {
			hops, err := m.From(m.machines[at].ID).Next(m.machines[dest].ID)
			if err != nil {
				t.Fatal(err)
			}
			at = m.machineOf[rapid.SampledFrom(hops).Draw(t, "works").ID]
			if seen[at] {
				t.Fatal("in a circle")
			}
			seen[at] = true
			if at == from {
				again++
			}
		}
		if again > 1 {
			t.Fatal("it came back twice")
		}
		// If only the links from its first site have failed, its best way does not come back.
		for at := best; at != dest; {
			hops, err := m.From(m.machines[at].ID).Next(m.machines[dest].ID)
			if err != nil {
				t.Fatal(err)
			}
			at = m.machineOf[hops[0].ID]
			if m.machines[at].Sites[0] == m.machines[from].Sites[0] {
				t.Fatalf("the way after the detour leads back")
			}
		}
	})
}

// TestWhatIsComparedIsWhatPathsCost: both ask the same questions in other ways.
func TestWhatIsComparedIsWhatPathsCost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := New(forest(t, true))
		var w WhatIf
		if len(m.links) > 0 {
			l := rapid.SampledFrom(m.links).Draw(t, "link")
			switch rapid.IntRange(0, 2).Draw(t, "what") {
			case 0:
				w.Down = append(w.Down, l.ID)
			case 1:
				w.Removed = append(w.Removed, l.ID)
			case 2:
				c := l.Link
				c.Cost = rapid.Uint32Range(1, 9).Draw(t, "new cost")
				w.Links = append(w.Links, c)
			}
		}
		if len(m.machines) > 0 && rapid.Bool().Draw(t, "machine too") {
			w.Down = append(w.Down, rapid.SampledFrom(m.machines).Draw(t, "machine").ID)
		}
		changed := map[[2]mq.GUID]Change{}
		for _, c := range m.Compare(w) {
			if c.Before == c.After {
				t.Fatalf("%v does not change", c)
			}
			changed[[2]mq.GUID{c.From.ID, c.To.ID}] = c
		}
		cost := func(a, b mq.GUID, w WhatIf) uint32 {
			if p := m.Path(a, b, w); !p.Waits {
				return p.Cost
			}
			return 0
		}
		for _, a := range m.sites {
			for _, b := range m.sites {
				if a == b {
					continue
				}
				before, after := cost(a.ID, b.ID, WhatIf{}), cost(a.ID, b.ID, w)
				c, ok := changed[[2]mq.GUID{a.ID, b.ID}]
				if !ok {
					c, ok = changed[[2]mq.GUID{b.ID, a.ID}]
				}
				if before != after && !ok || ok && (c.From.ID == a.ID) && (c.Before != before || c.After != after) {
					t.Fatalf("%s to %s: %d > %d, but %v", a.Name, b.Name, before, after, c)
				}
			}
		}
	})
}
