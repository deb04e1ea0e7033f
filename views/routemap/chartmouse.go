package routemap

import (
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"posthouse/views/kit"
)

type dragMode int

const (
	dragNone dragMode = iota
	dragMap
	dragSite
	dragJoin
)

// drag is what the mouse drags.
type drag struct {
	mode  dragMode
	site  int           // of dragSite, dragJoin
	grip  point         // from the centre of the site to where it was taken
	over  item          // of dragJoin: the site that the link would lead to
	moved bool          // it was dragged, not only pressed
	armed bool          // the mouse is down
	press item          // what was pressed
	at    fyne.Position // where, then where the mouse was last
}

// hit is what is painted at a place, and whether that is the handle of a site.
func (c *chart) hit(at fyne.Position) (it item, handle bool) {
	if i, ok := c.index[c.hovered.id]; ok && c.hovered.kind == kindSite && c.zoom >= zoomFull {
		x, y, d := c.handle(&c.sites[i])
		if math.Hypot(float64(at.X-x), float64(at.Y-y)) <= float64(d/2+2) {
			return c.hovered, true
		}
	}
	for i := len(c.sites) - 1; i >= 0; i-- {
		x, y, w, h := c.siteBox(&c.sites[i])
		if at.X >= x && at.Y >= y && at.X < x+w && at.Y < y+h {
			return item{kindSite, c.sites[i].id}, false
		}
	}
	for i := range c.links {
		l := &c.links[i]
		p := c.toScreen(between(c.sites[l.a].at, c.sites[l.b].at, l.pill))
		half := float32(pillWidth) / 2
		if l.becomes != "" {
			half = 34
		}
		if c.zoom >= zoomFull && abs(at.X-p.X) <= half && abs(at.Y-p.Y) <= pillHeight/2 {
			return item{kindLink, l.id}, false
		}
	}
	const reach = 5
	best := float32(reach)
	for i := range c.links {
		l := &c.links[i]
		if d := toLine(at, c.toScreen(c.sites[l.a].at), c.toScreen(c.sites[l.b].at)); d < best {
			best, it = d, item{kindLink, l.id}
		}
	}
	return it, false
}

// toLine is how far a place is from a line.
func toLine(p, a, b fyne.Position) float32 {
	dx, dy := b.X-a.X, b.Y-a.Y
	t := float32(0)
	if long := dx*dx + dy*dy; long > 0 {
		t = max(0, min(1, ((p.X-a.X)*dx+(p.Y-a.Y)*dy)/long))
	}
	return float32(math.Hypot(float64(p.X-a.X-t*dx), float64(p.Y-a.Y-t*dy)))
}

// MouseIn is Fyne's.
func (c *chart) MouseIn(ev *desktop.MouseEvent) { c.MouseMoved(ev) }

// MouseMoved is Fyne's.
func (c *chart) MouseMoved(ev *desktop.MouseEvent) {
	c.mouse = ev.Position
	if c.drag.mode != dragNone {
		return
	}
	it, handle := c.hit(ev.Position)
	if it == c.hovered && handle == c.onHandle {
		return
	}
	c.hovered, c.onHandle = it, handle
	c.tell(ev)
	c.draw()
}

// MouseOut is Fyne's.
func (c *chart) MouseOut() {
	c.tips.MouseOut()
	if c.hovered.kind != kindNone {
		c.hovered, c.onHandle = item{}, false
		c.draw()
	}
}

// MouseDown chooses and prepares to drag.
func (c *chart) MouseDown(ev *desktop.MouseEvent) {
	c.tips.MouseOut()
	c.takeFocus()
	it, handle := c.hit(ev.Position)
	c.mouse = ev.Position
	// What was pressed stays under the mouse, though the pane takes room.
	c.touched = c.touched || it.kind != kindNone
	if ev.Button != desktop.MouseButtonPrimary {
		if it.kind != kindNone {
			c.choose(it)
		}
		return
	}
	c.drag = drag{armed: true, press: it, at: ev.Position}
	if it.kind == kindSite {
		i := c.index[it.id]
		p := c.toMap(ev.Position)
		c.drag.site = i
		c.drag.grip = point{p.X - c.sites[i].at.X, p.Y - c.sites[i].at.Y}
		if handle || ev.Modifier&fyne.KeyModifierShift != 0 {
			c.drag.mode = dragJoin
		}
	}
	if it.kind != kindNone && c.drag.mode != dragJoin {
		c.choose(it)
	}
}

// MouseUp ends a press; a click beside everything chooses nothing.
func (c *chart) MouseUp(ev *desktop.MouseEvent) {
	d := c.drag
	if ev.Button == desktop.MouseButtonPrimary && d.armed && !d.moved {
		c.drag = drag{}
		if d.press.kind == kindNone {
			c.choose(item{})
		}
		c.draw()
	}
}

// DoubleTapped opens.
func (c *chart) DoubleTapped(ev *fyne.PointEvent) {
	if it, _ := c.hit(ev.Position); it.kind != kindNone && c.OnOpen != nil {
		c.OnOpen(it)
	}
}

// TappedSecondary asks for the menu.
func (c *chart) TappedSecondary(ev *fyne.PointEvent) {
	if c.OnMenu != nil {
		it, _ := c.hit(ev.Position)
		c.OnMenu(it, ev.AbsolutePosition)
	}
}

// Dragged moves a site, draws a link, or moves the map.
func (c *chart) Dragged(ev *fyne.DragEvent) {
	// A hand that clicks is not quite still.
	const least = 4
	d := &c.drag
	last := d.at
	if d.armed && !d.moved && math.Hypot(float64(ev.Position.X-last.X), float64(ev.Position.Y-last.Y)) < least {
		return
	}
	if !d.armed {
		last = ev.Position.SubtractXY(ev.Dragged.DX, ev.Dragged.DY)
	}
	c.mouse, d.at, d.moved = ev.Position, ev.Position, true
	switch {
	case d.mode == dragJoin:
		over, _ := c.hit(ev.Position)
		d.over = item{}
		if over.kind == kindSite && over.id != c.sites[d.site].id {
			d.over = over
		}
	case d.press.kind == kindSite && d.armed:
		d.mode = dragSite
		p := c.toMap(ev.Position)
		c.place(d.site, p.add(-d.grip.X, -d.grip.Y))
	default:
		d.mode = dragMap
		c.pan(ev.Position.X-last.X, ev.Position.Y-last.Y)
		return
	}
	c.draw()
}

// place puts a site somewhere and the costs of its links where they can be read.
func (c *chart) place(i int, at point) {
	c.sites[i].at = at
	for k := range c.links {
		if c.links[k].a == i || c.links[k].b == i {
			c.setPill(k)
		}
	}
}

// DragEnd is Fyne's.
func (c *chart) DragEnd() {
	d := c.drag
	c.drag = drag{}
	switch d.mode {
	case dragSite:
		at := c.sites[d.site].at
		c.drop(d.site, point{onRaster(at.X), onRaster(at.Y)})
	case dragJoin:
		if d.over.kind == kindSite && c.OnJoin != nil {
			c.OnJoin(c.sites[d.site].id, d.over.id)
		}
	}
	c.draw()
}

// drop puts a site down and tells.
func (c *chart) drop(i int, at point) {
	c.place(i, at)
	for k := range c.links {
		c.setPill(k)
	}
	c.touched = true
	if c.OnMoved != nil {
		c.OnMoved(c.sites[i].id, at)
	}
}

// Scrolled moves the map; with Ctrl it zooms about the mouse, with Shift it goes
// sideways.
func (c *chart) Scrolled(ev *fyne.ScrollEvent) {
	dx, dy := ev.Scrolled.DX, ev.Scrolled.DY
	switch mods := kit.Modifiers(); {
	case mods&fyne.KeyModifierShortcutDefault != 0:
		const notch = 60
		c.zoomAt(c.zoom*float32(math.Pow(zoomStep, float64(max(-3, min(3, dy/notch))))), ev.Position)
	case mods&fyne.KeyModifierShift != 0 && dx == 0:
		c.pan(dy, 0)
	default:
		c.pan(dx, dy)
	}
}

func (c *chart) takeFocus() {
	if w := fyne.CurrentApp().Driver().CanvasForObject(c); w != nil && w.Focused() != fyne.Focusable(c) {
		w.Focus(c)
	}
}

func (c *chart) choose(it item) {
	if c.chosen == it {
		return
	}
	c.Choose(it)
	if c.OnChoose != nil {
		c.OnChoose(it)
	}
}
