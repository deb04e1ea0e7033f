package routemap

import (
	"math"

	"fyne.io/fyne/v2"
)

// How far one can zoom, and by how much a step does.
const (
	leastZoom = 0.05
	mostZoom  = 2
	zoomStep  = 1.25
)

// margin is what stays free around a map that is fitted into its room; the legend
// is below it.
const (
	margin       = 24
	legendHeight = 40
)

// toScreen is where a place of the map is painted.
func (c *chart) toScreen(p point) fyne.Position {
	return fyne.NewPos((p.X-c.origin.X)*c.zoom, (p.Y-c.origin.Y)*c.zoom)
}

func (c *chart) toMap(p fyne.Position) point {
	return point{c.origin.X + p.X/c.zoom, c.origin.Y + p.Y/c.zoom}
}

// bounds are the upper left and lower right corners of all sites.
func (c *chart) bounds() (low, high point) {
	if len(c.sites) == 0 {
		return point{}, point{}
	}
	low, high = c.sites[0].at, c.sites[0].at
	for i := range c.sites {
		p := c.sites[i].at
		low = point{min(low.X, p.X), min(low.Y, p.Y)}
		high = point{max(high.X, p.X), max(high.Y, p.Y)}
	}
	return low.add(-siteWidth/2, -siteHeight/2), high.add(siteWidth/2, siteHeight/2)
}

// Fit shows the whole map, at 100% at most.
func (c *chart) Fit() {
	c.touched = false
	c.fit(leastZoom)
	c.zoomed()
}

// readable is the least zoom that a map begins with in a low room: better a part
// of it than nothing that can be read.
const (
	readable = 0.5
	lowRoom  = 320
)

// begin shows the whole map where there is room for it, else what is chosen.
func (c *chart) begin() {
	if c.Size().Height >= lowRoom {
		c.fit(leastZoom)
		return
	}
	c.fit(readable)
	if p, ok := c.spot(c.chosen); ok {
		size := c.Size()
		c.origin = point{p.X - size.Width/2/c.zoom, p.Y - size.Height/2/c.zoom}
		c.snap()
	}
}

func (c *chart) fit(least float32) {
	size := c.Size()
	if size.Width < 2*margin || len(c.sites) == 0 {
		return
	}
	low, high := c.bounds()
	below := c.legendRoom()
	w, h := size.Width-2*margin, size.Height-2*margin-below
	c.zoom = max(least, min(1, w/(high.X-low.X), h/(high.Y-low.Y)))
	c.origin = point{
		low.X - (size.Width/c.zoom-(high.X-low.X))/2,
		low.Y - ((size.Height-below)/c.zoom-(high.Y-low.Y))/2,
	}
	c.snap()
}

// legendRoom is how high the legend is, if there is room for one.
func (c *chart) legendRoom() float32 {
	if len(c.links) == 0 || c.Size().Height < lowRoom {
		return 0
	}
	return legendHeight
}

// snap keeps what is painted at 100% on whole pixels.
func (c *chart) snap() {
	c.origin.X = float32(math.Round(float64(c.origin.X*c.zoom))) / c.zoom
	c.origin.Y = float32(math.Round(float64(c.origin.Y*c.zoom))) / c.zoom
}

// Zoom enlarges by a factor, about the middle.
func (c *chart) Zoom(by float32) {
	c.zoomAt(c.zoom*by, fyne.NewPos(c.Size().Width/2, c.Size().Height/2))
}

// ZoomTo shows the map at a zoom; 1 is 100%.
func (c *chart) ZoomTo(z float32) { c.Zoom(z / c.zoom) }

func (c *chart) zoomAt(z float32, at fyne.Position) {
	z = max(leastZoom, min(mostZoom, z))
	if z > 0.97 && z < 1.03 {
		z = 1
	}
	if z == c.zoom {
		return
	}
	c.touched = true
	p := c.toMap(at)
	c.zoom = z
	c.origin = point{p.X - at.X/z, p.Y - at.Y/z}
	c.hold()
	c.zoomed()
}

func (c *chart) zoomed() {
	if c.OnZoom != nil {
		c.OnZoom()
	}
	c.draw()
}

// Percent is the zoom as a number.
func (c *chart) Percent() int { return int(math.Round(float64(c.zoom) * 100)) }

// pan moves what is in sight.
func (c *chart) pan(dx, dy float32) {
	c.touched = true
	c.origin = c.origin.add(-dx/c.zoom, -dy/c.zoom)
	c.hold()
	c.draw()
}

// hold keeps some of the map in sight.
func (c *chart) hold() {
	const least = 64
	low, high := c.bounds()
	size := c.Size()
	c.origin.X = max(low.X-(size.Width-least)/c.zoom, min(high.X-least/c.zoom, c.origin.X))
	c.origin.Y = max(low.Y-(size.Height-least)/c.zoom, min(high.Y-least/c.zoom, c.origin.Y))
	c.snap()
}

// spot is the middle of an item on the map.
func (c *chart) spot(it item) (point, bool) {
	switch it.kind {
	case kindSite:
		if i, ok := c.index[it.id]; ok {
			return c.sites[i].at, true
		}
	case kindLink:
		if i := c.linkAt(it.id); i >= 0 {
			l := &c.links[i]
			return between(c.sites[l.a].at, c.sites[l.b].at, l.pill), true
		}
	case kindNone:
	}
	return point{}, false
}

// showChosen moves the map as little as brings what is chosen into sight; false: it
// is.
func (c *chart) showChosen() bool {
	p, ok := c.spot(c.chosen)
	size := c.Size()
	if !ok || size.Width < 2*margin || size.Height < 2*margin {
		return false
	}
	halfX, halfY := siteWidth/2*c.zoom+8, siteHeight/2*c.zoom+8
	at := c.toScreen(p)
	move := func(at, half, room float32) float32 {
		switch {
		case room < 2*half:
			return room/2 - at
		case at < half:
			return half - at
		case at > room-half:
			return room - half - at
		}
		return 0
	}
	dx, dy := move(at.X, halfX, size.Width), move(at.Y, halfY, size.Height)
	if dx == 0 && dy == 0 {
		return false
	}
	c.origin = c.origin.add(-dx/c.zoom, -dy/c.zoom)
	c.snap()
	return true
}
