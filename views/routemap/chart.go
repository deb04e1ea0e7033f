package routemap

import (
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

// Less is painted of what is small: below these zooms no details, and no words.
const (
	zoomFull  = 0.65
	zoomNames = 0.3
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

// Set shows sites and links. A site that is being dragged stays under the mouse.
func (c *chart) Set(sites []chartSite, links []chartLink) {
	first := len(c.sites) == 0
	was, drawn := c.sites, c.links
	c.sites, c.links = sites, links
	clear(c.index)
	for i := range sites {
		c.index[sites[i].id] = i
	}
	c.keepDrag(was)
	c.setPills(was, drawn)
	if !c.has(c.hovered) {
		c.hovered = item{}
	}
	if first || !c.touched {
		c.begin()
	}
	c.draw()
}

// keepDrag goes on with what is dragged, in another list of sites.
func (c *chart) keepDrag(was []chartSite) {
	if c.drag.press.kind != kindSite || c.drag.site >= len(was) {
		return
	}
	i, ok := c.index[was[c.drag.site].id]
	if !ok || !c.has(c.drag.over) {
		c.drag = drag{}
		return
	}
	if c.drag.mode == dragSite {
		c.sites[i].at = was[c.drag.site].at
	}
	c.drag.site = i
}

// setPills places all costs, unless sites and links are where they were.
func (c *chart) setPills(sites []chartSite, links []chartLink) {
	same := len(sites) == len(c.sites) && len(links) == len(c.links)
	for i := 0; same && i < len(sites); i++ {
		same = sites[i].at == c.sites[i].at
	}
	for i := 0; same && i < len(links); i++ {
		same = links[i].a == c.links[i].a && links[i].b == c.links[i].b
	}
	for i := range c.links {
		if same {
			c.links[i].pill = links[i].pill
		} else {
			c.setPill(i)
		}
	}
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
