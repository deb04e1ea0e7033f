package routemap

import (
	"cmp"
	"math"
	"slices"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// Sizes of a site on the map at 100%.
const (
	siteWidth  = 160
	siteHeight = 56
)

// Where sites are set: on a raster, with room between them, and with a link of
// usual length between neighbours.
const (
	raster   = 8
	airX     = 32
	airY     = 40
	linkX    = 256
	linkY    = 168
	partsGap = 72
)

// point is the centre of a site on the map at 100%.
type point struct{ X, Y float32 }

func (p point) add(x, y float32) point { return point{p.X + x, p.Y + y} }

// vec is a point while it is worked out, in links of usual length.
type vec struct{ x, y float64 }

// network is what an arrangement depends on: sites by name, and who is linked.
// Equal forests make equal networks, in whatever order they were read.
type network struct {
	ids   []mq.GUID
	near  [][]int // neighbours of a site, ascending
	links [][2]int
}

func networkOf(m *mgmtclient.RouteMap) network {
	sites := slices.Clone(m.Sites)
	slices.SortFunc(sites, func(a, b mgmtclient.RouteSite) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), slices.Compare(a.ID[:], b.ID[:]))
	})
	n := network{near: make([][]int, len(sites))}
	index := map[mq.GUID]int{}
	for i := range sites {
		n.ids = append(n.ids, sites[i].ID)
		index[sites[i].ID] = i
	}
	for i := range m.Links {
		a, ok1 := index[m.Links[i].Site1]
		b, ok2 := index[m.Links[i].Site2]
		if !ok1 || !ok2 || a == b || slices.Contains(n.near[a], b) {
			continue
		}
		n.near[a], n.near[b] = append(n.near[a], b), append(n.near[b], a)
		n.links = append(n.links, [2]int{min(a, b), max(a, b)})
	}
	for i := range n.near {
		slices.Sort(n.near[i])
	}
	slices.SortFunc(n.links, func(a, b [2]int) int { return cmp.Or(a[0]-b[0], a[1]-b[1]) })
	return n
}

// arrange gives every site a place. Those in kept stay where they are and the
// others come beside their neighbours; without any, the whole map is laid out.
// No two sites touch, and the same forest is always laid out alike.
func arrange(m *mgmtclient.RouteMap, kept map[mq.GUID]point) map[mq.GUID]point {
	n := networkOf(m)
	places := make(map[mq.GUID]point, len(n.ids))
	for _, id := range n.ids {
		if p, ok := kept[id]; ok {
			places[id] = p
		}
	}
	if len(places) == 0 {
		n.layOut(places)
	} else {
		n.join(places)
	}
	return places
}

// layOut lays each connected part out by itself and puts the parts in rows.
func (n network) layOut(places map[mq.GUID]point) {
	var boxes []part
	for _, members := range n.parts() {
		boxes = append(boxes, newPart(members, n.relax(members)))
	}
	pack(boxes)
	for _, b := range boxes {
		for k, i := range b.members {
			places[n.ids[i]] = b.at[k].add(b.left, b.top)
		}
	}
}

// parts are the connected parts, the largest first, each by name.
func (n network) parts() [][]int {
	seen := make([]bool, len(n.ids))
	var parts [][]int
	for i := range n.ids {
		if seen[i] {
			continue
		}
		seen[i] = true
		list := []int{i}
		for k := 0; k < len(list); k++ {
			for _, j := range n.near[list[k]] {
				if !seen[j] {
					seen[j] = true
					list = append(list, j)
				}
			}
		}
		slices.Sort(list)
		parts = append(parts, list)
	}
	slices.SortStableFunc(parts, func(a, b []int) int { return len(b) - len(a) })
	return parts
}

// relax lays a connected part out: distances on the map like those by links,
// then apart whatever would cover something else.
func (n network) relax(members []int) []point {
	local := make(map[int]int, len(members))
	for k, i := range members {
		local[i] = k
	}
	near := make([][]int, len(members))
	var links [][2]int
	for k, i := range members {
		for _, j := range n.near[i] {
			near[k] = append(near[k], local[j])
			if i < j {
				links = append(links, [2]int{k, local[j]})
			}
		}
	}
	at := stress(distances(near))
	turn(at)
	// The more sites, the more of them would be pushed from where they should be.
	room := max(1, min(1.5, math.Sqrt(float64(len(at))/80)))
	out := make([]vec, len(at))
	for k := range at {
		out[k] = vec{at[k].x * linkX * room, at[k].y * linkY * room}
	}
	spread(out, links)
	return settle(out)
}

// part is a connected part with the room it needs.
type part struct {
	members       []int
	at            []point // relative to left, top
	left, top     float32
	width, height float32
}

func newPart(members []int, at []point) part {
	p := part{members: members, at: at}
	lowX, lowY := at[0].X, at[0].Y
	for _, a := range at {
		lowX, lowY = min(lowX, a.X), min(lowY, a.Y)
	}
	for k := range at {
		at[k] = at[k].add(siteWidth/2-lowX, siteHeight/2-lowY)
		p.width, p.height = max(p.width, at[k].X+siteWidth/2), max(p.height, at[k].Y+siteHeight/2)
	}
	return p
}

// pack puts parts side by side, in rows about as wide as the whole is high and
// a third more.
func pack(parts []part) {
	var area, widest float64
	for i := range parts {
		area += float64((parts[i].width + partsGap) * (parts[i].height + partsGap))
		widest = max(widest, float64(parts[i].width))
	}
	room := float32(max(widest, math.Sqrt(area*4/3)))
	var x, y, row float32
	for i := range parts {
		p := &parts[i]
		if x > 0 && x+p.width > room {
			x, y, row = 0, y+row+partsGap, 0
		}
		p.left, p.top = x, y
		x += p.width + partsGap
		row = max(row, p.height)
	}
}

// join puts sites that came later beside their neighbours, where there is room;
// those without any come in a row below.
func (n network) join(places map[mq.GUID]point) {
	taken := newOccupied()
	var low, left float32 = math.MinInt32, math.MaxInt32
	for _, id := range n.ids {
		if p, ok := places[id]; ok {
			taken.take(p)
			low, left = max(low, p.Y), min(left, p.X)
		}
	}
	for {
		next, most := -1, 0
		for i, id := range n.ids {
			if _, ok := places[id]; ok {
				continue
			}
			known := 0
			for _, j := range n.near[i] {
				if _, ok := places[n.ids[j]]; ok {
					known++
				}
			}
			if next < 0 || known > most {
				next, most = i, known
			}
		}
		if next < 0 {
			return
		}
		want := point{left, low + siteHeight + partsGap}
		if most > 0 {
			want = n.beside(next, places)
		}
		p := taken.nearest(want)
		taken.take(p)
		places[n.ids[next]] = p
	}
}

// beside is amid the neighbours of a site that have a place; a site with one
// neighbour comes to the side of it that is emptiest.
func (n network) beside(i int, places map[mq.GUID]point) point {
	var sum point
	var first point
	known := 0
	for _, j := range n.near[i] {
		if p, ok := places[n.ids[j]]; ok {
			sum, first, known = sum.add(p.X, p.Y), p, known+1
		}
	}
	if known > 1 {
		return point{sum.X / float32(known), sum.Y / float32(known)}
	}
	best, room := first, -1.0
	for k := range 12 {
		a := float64(k) * math.Pi / 6
		c := first.add(float32(linkX*math.Cos(a)), float32(linkY*math.Sin(a)))
		free := math.Inf(1)
		for _, p := range places {
			free = min(free, math.Hypot(float64(p.X-c.X)/linkX, float64(p.Y-c.Y)/linkY))
		}
		if free > room+1e-6 {
			best, room = c, free
		}
	}
	return best
}
