package routemap

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// id is the GUID number n.
func id(n int) mq.GUID {
	var g mq.GUID
	binary.BigEndian.PutUint32(g[:], uint32(n)+1)
	return g
}

// forestOf is a map of n sites with links between some of them.
func forestOf(n int, links ...[2]int) *mgmtclient.RouteMap {
	m := &mgmtclient.RouteMap{Forest: "forest.example"}
	for i := range n {
		m.Sites = append(m.Sites, mgmtclient.RouteSite{ID: id(i), Name: fmt.Sprintf("Site %03d", i)})
	}
	for k, l := range links {
		m.Links = append(m.Links, mgmtclient.RouteLink{ID: id(10_000 + k), Site1: id(l[0]), Site2: id(l[1]), Cost: uint32(k%9 + 1)})
	}
	return m
}

// branches is a forest of n sites about a few hubs, as firms have them.
func branches(n int) *mgmtclient.RouteMap {
	r := rand.New(rand.NewPCG(1, 2))
	var links [][2]int
	hubs := max(1, n/12)
	for i := 1; i < n; i++ {
		switch {
		case i < hubs:
			links = append(links, [2]int{i, r.IntN(i)})
			if i > 2 && i%2 == 0 {
				links = append(links, [2]int{i, r.IntN(i - 1)})
			}
		default:
			links = append(links, [2]int{i, r.IntN(hubs)})
			if i%9 == 0 {
				links = append(links, [2]int{i, r.IntN(hubs)})
			}
		}
	}
	return forestOf(n, links...)
}

func anyForest(t *rapid.T) *mgmtclient.RouteMap {
	n := rapid.IntRange(0, 40).Draw(t, "sites")
	var links [][2]int
	if n > 1 {
		site := rapid.IntRange(0, n-1)
		for range rapid.IntRange(0, 2*n).Draw(t, "links") {
			links = append(links, [2]int{site.Draw(t, "a"), site.Draw(t, "b")})
		}
	}
	return forestOf(n, links...)
}

// apart fails if two sites touch, or one has no place.
func apart(t interface{ Fatalf(string, ...any) }, m *mgmtclient.RouteMap, at map[mq.GUID]point) {
	if len(at) != len(m.Sites) {
		t.Fatalf("%d of %d sites have a place", len(at), len(m.Sites))
	}
	for i := range m.Sites {
		for j := range i {
			a, b := at[m.Sites[i].ID], at[m.Sites[j].ID]
			if abs(a.X-b.X) < siteWidth+8 && abs(a.Y-b.Y) < siteHeight+8 {
				t.Fatalf("%s at %v and %s at %v touch", m.Sites[i].Name, a, m.Sites[j].Name, b)
			}
		}
	}
}

func TestNoTwoSitesTouch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyForest(t)
		apart(t, m, arrange(m, nil))
	})
}

func TestAForestIsAlwaysLaidOutAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyForest(t)
		want := arrange(m, nil)
		other := *m
		other.Sites = rapid.Permutation(m.Sites).Draw(t, "order of sites")
		other.Links = rapid.Permutation(m.Links).Draw(t, "order of links")
		for i := range other.Links {
			if l := &other.Links[i]; rapid.Bool().Draw(t, "turned") {
				l.Site1, l.Site2 = l.Site2, l.Site1
			}
		}
		if got := arrange(&other, nil); !maps.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

func TestAMapStaysWhenSitesCome(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyForest(t)
		before := arrange(m, nil)
		n := len(m.Sites)
		for k := range rapid.IntRange(1, 5).Draw(t, "more") {
			m.Sites = append(m.Sites, mgmtclient.RouteSite{ID: id(n + k), Name: fmt.Sprintf("New %d", k)})
			for range rapid.IntRange(0, 3).Draw(t, "links") {
				m.Links = append(m.Links, mgmtclient.RouteLink{Site1: id(n + k), Site2: id(rapid.IntRange(0, n+k).Draw(t, "to"))})
			}
		}
		after := arrange(m, before)
		for id, p := range before {
			if after[id] != p {
				t.Fatalf("a site went from %v to %v", p, after[id])
			}
		}
		apart(t, m, after)
	})
}

func TestASiteThatComesIsNearItsNeighbour(t *testing.T) {
	m := branches(30)
	before := arrange(m, nil)
	m.Sites = append(m.Sites, mgmtclient.RouteSite{ID: id(30), Name: "New"})
	m.Links = append(m.Links, mgmtclient.RouteLink{Site1: id(30), Site2: id(7)})
	a, b := arrange(m, before)[id(30)], before[id(7)]
	if abs(a.X-b.X) > 3*linkX || abs(a.Y-b.Y) > 3*linkY {
		t.Errorf("it came to %v, far from %v", a, b)
	}
}

func TestNeighboursAreNearerThanOthers(t *testing.T) {
	m := branches(60)
	at := arrange(m, nil)
	dist := func(a, b mq.GUID) float64 {
		return math.Hypot(float64(at[a].X-at[b].X)/linkX, float64(at[a].Y-at[b].Y)/linkY)
	}
	var linked, all, pairs float64
	for i := range m.Links {
		linked += dist(m.Links[i].Site1, m.Links[i].Site2) / float64(len(m.Links))
	}
	for i := range m.Sites {
		for j := range i {
			all += dist(m.Sites[i].ID, m.Sites[j].ID)
			pairs++
		}
	}
	if linked > all/pairs/2 {
		t.Errorf("linked sites are %.1f apart, any two %.1f", linked, all/pairs)
	}
}

func TestSitesWithoutLinksStandInRows(t *testing.T) {
	m := forestOf(12)
	at := arrange(m, nil)
	apart(t, m, at)
	rows := map[float32]bool{}
	for p := range maps.Values(at) {
		rows[p.Y] = true
	}
	if n := len(rows); n < 2 || n > 8 {
		t.Errorf("%d rows: %v", n, slices.Collect(maps.Keys(rows)))
	}
}

func BenchmarkArrange300(b *testing.B) {
	m := branches(300)
	for b.Loop() {
		arrange(m, nil)
	}
}

func BenchmarkArrange1000(b *testing.B) {
	m := branches(1000)
	for b.Loop() {
		arrange(m, nil)
	}
}
