package routemap

import (
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"posthouse/localqm/mq"
	"posthouse/views/kit"
	"posthouse/views/theme"
)

// chartSite is a site as the chart paints it.
type chartSite struct {
	id     mq.GUID
	at     point // its centre
	name   string
	words  string
	health kit.State // without icon: none
	unsent string    // "" none
	tone   kit.Tone  // of unsent
	step   int       // its place on the chosen way, from 1; 0: not on it
	down   bool      // a gate of it is thought away
	tip    string
}

// chartLink is a link as the chart paints it. The sites are places in the list.
type chartLink struct {
	id      mq.GUID
	a, b    int
	cost    string
	becomes string // the cost that is not saved yet; "" none
	on      bool   // on the chosen way
	down    bool   // thought away
	draft   bool   // not made yet
	tip     string
	pill    float32 // where on the line the cost stands, 0 to 1
}

// How far one can zoom, and by how much a step does.
const (
	leastZoom = 0.05
	mostZoom  = 2
	zoomStep  = 1.25
)

// Less is painted of what is small: below these zooms no details, and no words.
const (
	zoomFull  = 0.65
	zoomNames = 0.3
)

// margin is what stays free around a map that is fitted into its room; the legend
// is below it.
const (
	margin       = 24
	legendHeight = 40
)

// chart is the map: sites and links that are looked at, chosen, moved and joined
// with the mouse or the keyboard.
//
// Keys: Tab and Shift+Tab go through sites and links, the arrows to the next one
// in a direction, with Shift they move the map and with Ctrl the site; Enter
// opens, Del deletes, + and - zoom, 0 is 100%, F or Home fits the map into its
// room, Esc lets go, after which Tab leaves the map.
type chart struct {
	widget.BaseWidget

	// OnChoose is told of the item that was chosen; kindNone: none is.
	OnChoose func(item)
	// OnOpen runs on Enter and a double click.
	OnOpen func(item)
	// OnMenu asks for the menu of an item, at a place of the window.
	OnMenu func(it item, at fyne.Position)
	// OnDelete runs on Del.
	OnDelete func(item)
	// OnMoved is told where a site was put.
	OnMoved func(id mq.GUID, to point)
	// OnJoin asks for a link between two sites.
	OnJoin func(a, b mq.GUID)
	// OnZoom is told of another zoom.
	OnZoom func()

	sites []chartSite
	links []chartLink
	index map[mq.GUID]int // of sites

	zoom     float32
	origin   point // what is in the upper left corner
	touched  bool  // somebody chose what is in sight
	chosen   item
	hovered  item
	focused  bool
	onHandle bool // the mouse is on the handle of the hovered site
	thinks   bool // something is thought away: the legend says so
	wayShown bool
	drag     drag
	mouse    fyne.Position

	tips  *kit.Label // of no size: it has the tooltips of what is painted
	brush brush
}

func newChart() *chart {
	c := &chart{index: map[mq.GUID]int{}, zoom: 1, tips: kit.NewLabel("")}
	c.ExtendBaseWidget(c)
	return c
}

// Set shows sites and links.
func (c *chart) Set(sites []chartSite, links []chartLink) {
	first := len(c.sites) == 0
	c.sites, c.links = sites, links
	clear(c.index)
	for i := range sites {
		c.index[sites[i].id] = i
	}
	c.drag = drag{}
	for i := range c.links {
		c.setPill(i)
	}
	if !c.has(c.hovered) {
		c.hovered = item{}
	}
	if first || !c.touched {
		c.begin()
	}
	c.draw()
}

func (c *chart) has(it item) bool {
	switch it.kind {
	case kindSite:
		_, ok := c.index[it.id]
		return ok
	case kindLink:
		return c.linkAt(it.id) >= 0
	case kindNone:
	}
	return true
}

func (c *chart) linkAt(id mq.GUID) int {
	for i := range c.links {
		if c.links[i].id == id {
			return i
		}
	}
	return -1
}

// Choose marks an item and brings it into sight.
func (c *chart) Choose(it item) {
	if c.chosen == it {
		return
	}
	c.chosen = it
	if c.showChosen() {
		c.touched = true
	}
	c.draw()
}

// setPill finds a place for the cost of a link: in its middle, or where it covers
// neither a site nor another cost.
func (c *chart) setPill(i int) {
	l := &c.links[i]
	a, b := c.sites[l.a].at, c.sites[l.b].at
	for _, t := range [...]float32{0.5, 0.42, 0.58, 0.35, 0.65, 0.28, 0.72} {
		l.pill = t
		if c.pillFree(i, between(a, b, t)) {
			return
		}
	}
	l.pill = 0.5
}

const (
	pillWidth  = 28
	pillHeight = 22
)

func (c *chart) pillFree(i int, at point) bool {
	for k := range c.sites {
		if s := c.sites[k].at; abs(s.X-at.X) < (siteWidth+pillWidth)/2+4 && abs(s.Y-at.Y) < (siteHeight+pillHeight)/2+2 {
			return false
		}
	}
	for k := range i {
		l := &c.links[k]
		if o := between(c.sites[l.a].at, c.sites[l.b].at, l.pill); abs(o.X-at.X) < pillWidth+4 && abs(o.Y-at.Y) < pillHeight+2 {
			return false
		}
	}
	return true
}

func between(a, b point, t float32) point { return point{a.X + (b.X-a.X)*t, a.Y + (b.Y-a.Y)*t} }

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

// Resize keeps a map that nobody moved fitted into its room.
func (c *chart) Resize(s fyne.Size) {
	if c.Size() == s {
		return
	}
	c.BaseWidget.Resize(s)
	if !c.touched {
		c.begin()
		if c.OnZoom != nil {
			c.OnZoom()
		}
	} else {
		c.showChosen()
	}
	c.draw()
}

// MinSize is small: the map is what gives way.
func (c *chart) MinSize() fyne.Size { return fyne.NewSize(160, 120) }

// CreateRenderer is Fyne's.
func (c *chart) CreateRenderer() fyne.WidgetRenderer { return &chartRenderer{c: c} }

type chartRenderer struct {
	c    *chart
	objs []fyne.CanvasObject
}

// IsClip is how Fyne's walk knows a renderer that cuts off at the edges.
func (r *chartRenderer) IsClip() {}

func (r *chartRenderer) Destroy()           {}
func (r *chartRenderer) MinSize() fyne.Size { return r.c.MinSize() }
func (r *chartRenderer) Layout(fyne.Size)   {}

func (r *chartRenderer) Objects() []fyne.CanvasObject {
	r.objs = append(append(r.objs[:0], r.c.tips), r.c.brush.shown...)
	return r.objs
}

func (r *chartRenderer) Refresh() {
	r.c.brush.recolor()
	r.c.draw()
	canvas.Refresh(r.c)
}

// Cursor is Fyne's.
func (c *chart) Cursor() desktop.Cursor {
	if c.hovered.kind != kindNone {
		return desktop.PointerCursor
	}
	return desktop.DefaultCursor
}

// tell shows the tooltip of what the mouse is on.
func (c *chart) tell(ev *desktop.MouseEvent) {
	c.tips.MouseOut()
	text := ""
	switch i, ok := c.index[c.hovered.id]; {
	case c.hovered.kind == kindSite && ok && c.onHandle:
		text = "Drag to another site to link " + c.sites[i].name + " with it"
	case c.hovered.kind == kindSite && ok:
		text = c.sites[i].tip
	case c.hovered.kind == kindLink:
		if k := c.linkAt(c.hovered.id); k >= 0 {
			text = c.links[k].tip
		}
	}
	if text != "" {
		c.tips.Tip(text)
		c.tips.MouseIn(ev)
	}
}

// ink is the colour of a tone on the map.
func ink(t kit.Tone) fyne.ThemeColorName {
	if t == kit.Neutral {
		return theme.Muted
	}
	return t.Ink()
}
