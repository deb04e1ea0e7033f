package routemap

import (
	"cmp"
	"math"
	"slices"
)

// distances are the numbers of links between all sites of a connected part. A
// link of a site that has many counts for more: there must be room around it.
func distances(near [][]int) [][]float64 {
	n := len(near)
	all := make([][]float64, n)
	queue := make([]int, 0, n)
	for i := range near {
		d := make([]float64, n)
		for k := range d {
			d[k] = -1
		}
		d[i] = 0
		queue = append(queue[:0], i)
		for k := 0; k < len(queue); k++ {
			from := queue[k]
			for _, to := range near[from] {
				if d[to] < 0 {
					d[to] = d[from] + 1
					queue = append(queue, to)
				}
			}
		}
		all[i] = d
	}
	crowd := func(i int) float64 { return math.Sqrt(max(1, float64(len(near[i]))/6)) }
	for i := range all {
		for j := range all[i] {
			if i != j {
				all[i][j] *= math.Sqrt(crowd(i) * crowd(j))
			}
		}
	}
	return all
}

// stress finds places whose distances are as near to d as they can be in a
// plane (stress majorisation, one site after another).
func stress(d [][]float64) []vec {
	n := len(d)
	at := scale(d)
	if n < 2 {
		return at
	}
	rounds := min(240, max(24, 24_000_000/(n*n)))
	for range rounds {
		var moved float64
		for i := range n {
			var x, y, weight float64
			for j := range n {
				if i == j {
					continue
				}
				dx, dy := at[i].x-at[j].x, at[i].y-at[j].y
				apart := math.Sqrt(dx*dx+dy*dy) + 1e-9
				w := 1 / (d[i][j] * d[i][j])
				x += w * (at[j].x + d[i][j]*dx/apart)
				y += w * (at[j].y + d[i][j]*dy/apart)
				weight += w
			}
			to := vec{x / weight, y / weight}
			moved = max(moved, math.Abs(to.x-at[i].x), math.Abs(to.y-at[i].y))
			at[i] = to
		}
		if moved < 1e-3 {
			break
		}
	}
	return at
}

// scale is where stress begins: classical scaling, the two longest axes found by
// powers, with a little unrest so that nothing stays one upon the other.
func scale(d [][]float64) []vec {
	n := len(d)
	mean, total := make([]float64, n), 0.0
	for i := range d {
		for j := range d {
			mean[i] += d[i][j] * d[i][j] / float64(n)
		}
		total += mean[i] / float64(n)
	}
	centred := func(i, j int) float64 { return -(d[i][j]*d[i][j] - mean[i] - mean[j] + total) / 2 }
	var axes [2][]float64
	var lengths [2]float64
	for a := range axes {
		v := make([]float64, n)
		for i := range v {
			v[i] = math.Sin(float64(i*(a+1)) + float64(a) + 0.5)
		}
		for range 48 {
			w := make([]float64, n)
			for i := range w {
				for j := range w {
					w[i] += centred(i, j) * v[j]
				}
			}
			if a == 1 {
				take := dot(w, axes[0])
				for i := range w {
					w[i] -= take * axes[0][i]
				}
			}
			long := math.Sqrt(dot(w, w))
			lengths[a] = long
			if long < 1e-9 {
				break
			}
			for i := range w {
				v[i] = w[i] / long
			}
		}
		axes[a] = v
	}
	at := make([]vec, n)
	for i := range at {
		unrest := float64(i) * 2.399963 // the golden angle
		at[i] = vec{
			axes[0][i]*math.Sqrt(lengths[0]) + 0.05*math.Cos(unrest),
			axes[1][i]*math.Sqrt(lengths[1]) + 0.05*math.Sin(unrest),
		}
	}
	return at
}

func dot(a, b []float64) float64 {
	var s float64
	for i := range a {
		s += a[i] * b[i]
	}
	return s
}

// turn lays the longest extent of a part across, as screens are, with the first
// site in the upper left.
func turn(at []vec) {
	var mid vec
	for _, a := range at {
		mid.x, mid.y = mid.x+a.x/float64(len(at)), mid.y+a.y/float64(len(at))
	}
	var xx, xy, yy float64
	for _, a := range at {
		x, y := a.x-mid.x, a.y-mid.y
		xx, xy, yy = xx+x*x, xy+x*y, yy+y*y
	}
	angle := math.Atan2(2*xy, xx-yy) / 2
	sin, cos := math.Sincos(angle)
	for i, a := range at {
		x, y := a.x-mid.x, a.y-mid.y
		at[i] = vec{x*cos + y*sin, y*cos - x*sin}
	}
	flipX, flipY := at[0].x > 1e-9, at[0].y > 1e-9
	for i := range at {
		if flipX {
			at[i].x = -at[i].x
		}
		if flipY {
			at[i].y = -at[i].y
		}
	}
}

// spread pushes apart sites that are too near to each other, and sites out of the
// way of links that are not theirs, as far as that comes to rest.
func spread(at []vec, links [][2]int) {
	const needX, needY = siteWidth + airX, siteHeight + airY
	rounds := min(120, max(12, 6_000_000/max(1, len(at)*(len(at)+2*len(links)))))
	for round := range rounds {
		still := true
		for i := range at {
			for j := range i {
				dx, dy := at[i].x-at[j].x, at[i].y-at[j].y
				overX, overY := needX-math.Abs(dx), needY-math.Abs(dy)
				if overX <= 0.5 || overY <= 0.5 {
					continue
				}
				still = false
				if overX/needX < overY/needY {
					push := math.Copysign(overX/2, dx)
					at[i].x, at[j].x = at[i].x+push, at[j].x-push
				} else {
					push := math.Copysign(overY/2, dy)
					at[i].y, at[j].y = at[i].y+push, at[j].y-push
				}
			}
		}
		// The last rounds only part what would touch.
		if round < rounds*3/4 {
			for _, l := range links {
				still = makeWay(at, l) && still
			}
		}
		if still {
			return
		}
	}
}

// makeWay moves the sites that a link runs under aside; true: there was none.
func makeWay(at []vec, link [2]int) bool {
	const wayX, wayY = siteWidth/2 + 12, siteHeight/2 + 12
	a, b := at[link[0]], at[link[1]]
	still := true
	for k := range at {
		if k == link[0] || k == link[1] {
			continue
		}
		c := at[k]
		// In a plane in which the room of a site is a circle of radius 1.
		ax, ay, bx, by := (a.x-c.x)/wayX, (a.y-c.y)/wayY, (b.x-c.x)/wayX, (b.y-c.y)/wayY
		dx, dy := bx-ax, by-ay
		long := dx*dx + dy*dy
		if long < 1e-9 {
			continue
		}
		t := max(0, min(1, -(ax*dx+ay*dy)/long))
		px, py := ax+t*dx, ay+t*dy
		gap := math.Sqrt(px*px + py*py)
		if gap >= 1 || t <= 0 || t >= 1 {
			continue
		}
		if gap < 1e-6 {
			px, py, gap = -dy, dx, math.Sqrt(long)
		}
		still = false
		push := (1 - min(1, gap)) / 2
		at[k].x -= px / gap * push * wayX
		at[k].y -= py / gap * push * wayY
	}
	return still
}

// settle sets sites on the raster, the innermost first, each where it wants to
// be or as near to that as there is room: after this none touch.
func settle(at []vec) []point {
	order := make([]int, len(at))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Compare(math.Hypot(at[i].x, at[i].y), math.Hypot(at[j].x, at[j].y))
	})
	taken := newOccupied()
	out := make([]point, len(at))
	for _, i := range order {
		out[i] = taken.nearest(point{float32(at[i].x), float32(at[i].y)})
		taken.take(out[i])
	}
	return out
}

// Two sites have at least so much between them.
const (
	leastX = siteWidth + 24
	leastY = siteHeight + 24
)

// occupied are the places that are taken.
type occupied struct{ cells map[[2]int][]point }

func newOccupied() *occupied { return &occupied{map[[2]int][]point{}} }

func cellOf(p point) (x, y int) {
	return int(math.Floor(float64(p.X / leastX))), int(math.Floor(float64(p.Y / leastY)))
}

func (o *occupied) take(p point) {
	x, y := cellOf(p)
	o.cells[[2]int{x, y}] = append(o.cells[[2]int{x, y}], p)
}

func (o *occupied) free(p point) bool {
	cx, cy := cellOf(p)
	for x := cx - 1; x <= cx+1; x++ {
		for y := cy - 1; y <= cy+1; y++ {
			for _, q := range o.cells[[2]int{x, y}] {
				if abs(p.X-q.X) < leastX && abs(p.Y-q.Y) < leastY {
					return false
				}
			}
		}
	}
	return true
}

// nearest is the free place nearest to want, searched in widening squares.
func (o *occupied) nearest(want point) point {
	want = point{onRaster(want.X), onRaster(want.Y)}
	for r := 0; ; r++ {
		best, found := point{}, false
		var least float32
		try := func(x, y int) {
			p := want.add(float32(x*raster), float32(y*raster))
			d := float32(x*x + y*y)
			if (!found || d < least) && o.free(p) {
				best, least, found = p, d, true
			}
		}
		for k := -r; k <= r; k++ {
			try(k, -r)
			try(k, r)
			try(-r, k)
			try(r, k)
		}
		if found {
			return best
		}
	}
}

func onRaster(v float32) float32 { return raster * float32(math.Round(float64(v)/raster)) }

func abs(v float32) float32 { return max(v, -v) }
