package routemap

import (
	"math"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"posthouse/views/kit"
	"posthouse/views/theme"
)

// draw paints the map anew: links, costs, sites, then what is above them.
func (c *chart) draw() {
	size := c.Size()
	c.brush.begin()
	c.brush.box(0, 0, size.Width, size.Height, 0, theme.Inset)
	if size.Width > 0 && size.Height > 0 {
		// What is chosen is above what is not.
		for pass := range 2 {
			for i := range c.links {
				if c.raised(&c.links[i]) == (pass == 1) {
					c.drawLine(size, &c.links[i])
				}
			}
		}
		for pass := range 2 {
			for i := range c.links {
				if c.raised(&c.links[i]) == (pass == 1) {
					c.drawPill(size, &c.links[i])
				}
			}
		}
		for i := range c.sites {
			if !c.isDragged(i) {
				c.drawSite(size, &c.sites[i])
			}
		}
		if c.drag.mode == dragSite {
			c.drawSite(size, &c.sites[c.drag.site])
		}
		c.drawJoin(size)
		c.drawLegend(size)
	}
	// Fyne paints what a step has moved; the rest it is told of.
	if c.brush.changed() {
		canvas.Refresh(c)
	}
}

func (c *chart) isDragged(i int) bool { return c.drag.mode == dragSite && c.drag.site == i }

// raised reports whether a link is painted above others.
func (c *chart) raised(l *chartLink) bool {
	it := item{kindLink, l.id}
	return l.on || l.draft || c.chosen == it || c.hovered == it
}

func (c *chart) drawLine(size fyne.Size, l *chartLink) {
	a, b := c.toScreen(c.sites[l.a].at), c.toScreen(c.sites[l.b].at)
	width, col := float32(1.5), theme.BorderStrong
	if c.zoom < zoomFull {
		width = 1 // many links: they must not become the picture
	}
	it := item{kindLink, l.id}
	switch {
	case l.down:
		c.brush.dashed(size, a.X, a.Y, b.X, b.Y, 2, theme.Danger)
		return
	case l.draft:
		c.brush.dashed(size, a.X, a.Y, b.X, b.Y, 2, theme.Accent)
		return
	case l.on:
		width, col = 3, theme.Accent
	case c.chosen == it:
		width, col = 2, theme.Accent
	case c.hovered == it:
		width, col = 2, theme.Text2
	}
	c.brush.line(size, a.X, a.Y, b.X, b.Y, width, col)
}

// drawPill paints the cost of a link; of small maps only of what matters.
func (c *chart) drawPill(size fyne.Size, l *chartLink) {
	it := item{kindLink, l.id}
	chosen := c.chosen == it
	if c.zoom < zoomFull && !chosen && c.hovered != it && (!l.on || c.zoom < zoomNames) && !l.down {
		return
	}
	at := c.toScreen(between(c.sites[l.a].at, c.sites[l.b].at, l.pill))
	if at.X < -60 || at.Y < -20 || at.X > size.Width+60 || at.Y > size.Height+20 {
		return
	}
	z := max(0.8, min(1.25, c.zoom))
	font := half(kit.SizeSmall * z)
	face, text := kit.Medium, theme.Text2
	fill, edge := theme.Surface, theme.BorderStrong
	if l.on {
		face, text, edge = kit.Bold, theme.AccentText, theme.Accent
	}
	if c.hovered == it {
		edge = theme.Text2
	}
	if l.down {
		text, edge = theme.Danger, theme.Danger
	}
	if chosen {
		face, text, fill, edge = kit.Bold, theme.OnAccent, theme.Accent, theme.Accent
		font = half(kit.SizeBody * z)
	}
	h := round(pillHeight * z)
	w := widthOf(l.cost, font, face)
	inner := w
	const arrow, gap = 12, 6
	if l.becomes != "" {
		inner += 2*gap + arrow + widthOf(l.becomes, font, face)
	}
	if l.down {
		inner += gap + arrow
	}
	full := max(round(pillWidth*z), round(inner+14*z))
	if l.becomes != "" {
		full += round(10 * z)
	}
	x, y := round(at.X-full/2), round(at.Y-h/2)
	if chosen {
		// A little larger, with an edge of the ground about it.
		x, y, full, h = x-1, y-1, full+2, h+2
		if c.focused {
			c.brush.box(x-3, y-3, full+6, h+6, h/2+3, theme.Focus)
			c.brush.box(x-1, y-1, full+2, h+2, h/2+1, theme.Inset)
		} else {
			c.brush.box(x-2, y-2, full+4, h+4, h/2+2, theme.Surface)
		}
	}
	c.brush.framed(x, y, full, h, h/2, 1, fill, edge)
	tx := x + (full-inner)/2
	if l.down {
		c.brush.icon("link-break", text, round(tx), round(y+(h-arrow)/2), arrow)
		tx += arrow + gap
	}
	c.brush.text(l.cost, font, face, text, tx, y, w+2, h, fyne.TextAlignLeading)
	if l.becomes != "" {
		tx += w + gap
		c.brush.icon("arrow-right", text, round(tx), round(y+(h-arrow)/2), arrow)
		c.brush.text(l.becomes, font, face, text, tx+arrow+gap, y, full, h, fyne.TextAlignLeading)
	}
}

// siteBox is where a site is painted.
func (c *chart) siteBox(s *chartSite) (x, y, w, h float32) {
	w, h = siteWidth*c.zoom, siteHeight*c.zoom
	at := c.toScreen(s.at)
	return round(at.X - w/2), round(at.Y - h/2), round(w), round(h)
}

func (c *chart) drawSite(size fyne.Size, s *chartSite) {
	x, y, w, h := c.siteBox(s)
	if x > size.Width+12 || y > size.Height+12 || x+w < -12 || y+h < -12 {
		return
	}
	it := item{kindSite, s.id}
	z := c.zoom
	chosen, hovered := c.chosen == it, c.hovered == it
	fill, edge, line := theme.Raised, theme.BorderStrong, float32(1)
	if s.step > 0 {
		edge, line = theme.Accent, 2
	}
	if c.zoom < zoomNames {
		switch s.health.Color {
		case theme.Danger:
			fill, edge = theme.DangerBg, theme.Danger
		case theme.Warning:
			fill, edge = theme.WarningBg, theme.Warning
		}
	}
	if hovered || c.drag.mode == dragJoin && c.drag.over == it {
		fill = theme.Hover
	}
	if chosen {
		fill = theme.Selection
		if !c.focused {
			fill = theme.SelectionIdle
		}
	}
	if s.down {
		edge, line = theme.Danger, 2
	}
	radius := max(2, 8*z)
	if chosen && c.focused {
		c.brush.box(x-3, y-3, w+6, h+6, radius+3, theme.Focus)
		c.brush.box(x-1, y-1, w+2, h+2, radius+1, theme.Inset)
	}
	c.brush.framed(x, y, w, h, radius, line, fill, edge)
	switch {
	case z >= zoomFull:
		c.drawWords(s, x, y, w)
	case z >= zoomNames:
		c.drawName(s, x, y, w, h)
	}
	if s.unsent != "" && z >= zoomNames {
		c.drawWaiting(s, x, y, w, h)
	}
	if s.step > 0 && z >= zoomNames {
		d := float32(20)
		if z < zoomFull {
			d = 16
		}
		c.brush.box(x-d/2, y-d/2, d, d, d/2, theme.Accent)
		c.brush.text(strconv.Itoa(s.step), min(kit.SizeCaption, d-7), kit.Bold, theme.OnAccent, x-d/2, y-d/2, d, d, fyne.TextAlignCenter)
	}
	if (hovered || c.drag.mode == dragJoin && c.drag.site == c.index[s.id]) && z >= zoomFull {
		hx, hy, d := c.handle(s)
		c.brush.framed(hx-d/2, hy-d/2, d, d, d/2, 1, theme.Surface, theme.Accent)
		c.brush.icon("plus", theme.AccentText, hx-5, hy-5, 10)
	}
}

// drawWords paints what a site is, with all details.
func (c *chart) drawWords(s *chartSite, x, y, w float32) {
	z := c.zoom
	px := func(v float32) float32 { return round(v * z) }
	icon := max(12, px(16))
	right := x + w - px(12)
	nameRoom := w - 2*px(12)
	if s.health.Icon != "" {
		c.brush.icon(s.health.Icon, s.health.Color, right-icon, y+px(8)+round((px(20)-icon)/2), icon)
		nameRoom -= icon + 4
	}
	c.brush.text(s.name, half(kit.SizeBody*z), kit.Medium, theme.Text, x+px(12), y+px(8), nameRoom, px(20), fyne.TextAlignLeading)
	c.brush.text(s.words, half(kit.SizeSmall*z), kit.Regular, theme.Muted, x+px(12), y+px(28), w-2*px(12), px(18), fyne.TextAlignLeading)
}

// drawWaiting paints how many messages wait at a site, on its lower edge.
func (c *chart) drawWaiting(s *chartSite, x, y, w, h float32) {
	high, icon, pad, font := float32(18), float32(12), float32(6), kit.SizeSmall
	if c.zoom < zoomFull {
		high, icon, pad, font = 14, 9, 4, 9.5
	}
	n := round(widthOf(s.unsent, font, kit.Medium))
	wide := pad + icon + 3 + n + pad + 1
	left, top := x+w-wide-8, y+h-high/2
	c.brush.framed(left, top, wide, high, high/2, 1, s.tone.Tint(), ink(s.tone))
	c.brush.icon("send", ink(s.tone), left+pad, top+(high-icon)/2, icon)
	c.brush.text(s.unsent, font, kit.Medium, ink(s.tone), left+pad+icon+3, top, n+4, high, fyne.TextAlignLeading)
}

// drawName paints the name alone, as large as it can still be read.
func (c *chart) drawName(s *chartSite, x, y, w, h float32) {
	const pad = 5
	room := w - 2*pad
	if s.health.Color == theme.Danger || s.health.Color == theme.Warning {
		c.brush.icon(s.health.Icon, s.health.Color, x+w-pad-10, y+round((h-10)/2), 10)
		room -= 13
	}
	size := max(9, half(kit.SizeBody*1.4*c.zoom))
	c.brush.text(s.name, size, kit.Medium, theme.Text, x+pad, y, room, h, fyne.TextAlignLeading)
}

// handle is the middle and the size of the knob that a link is drawn from.
func (c *chart) handle(s *chartSite) (x, y, d float32) {
	bx, by, w, h := c.siteBox(s)
	return bx + w, by + round(h/2), 16
}

// drawJoin paints the link that is being drawn with the mouse.
func (c *chart) drawJoin(size fyne.Size) {
	if c.drag.mode != dragJoin {
		return
	}
	a := c.toScreen(c.sites[c.drag.site].at)
	b := c.mouse
	if c.drag.over.kind == kindSite {
		b = c.toScreen(c.sites[c.index[c.drag.over.id]].at)
	}
	c.brush.dashed(size, a.X, a.Y, b.X, b.Y, 2, theme.Accent)
	c.brush.box(b.X-4, b.Y-4, 8, 8, 4, theme.Accent)
}

// drawLegend says what the lines are.
func (c *chart) drawLegend(size fyne.Size) {
	if c.legendRoom() == 0 {
		return
	}
	type mark struct {
		text  string
		high  float32
		col   fyne.ThemeColorName
		dashs bool
	}
	var marks []mark
	if c.wayShown {
		marks = append(marks, mark{"chosen path", 3, theme.Accent, false})
	}
	marks = append(marks, mark{"routing link with its cost", 2, theme.BorderStrong, false})
	if c.thinks {
		marks = append(marks, mark{"as if it did not work", 2, theme.Danger, true})
	}
	y := size.Height - 30
	wide := float32(0)
	for _, m := range marks {
		wide += 26 + widthOf(m.text, kit.SizeSmall, kit.Regular) + 16
	}
	c.brush.box(8, y-2, wide, 22, 6, theme.Inset)
	x := float32(16)
	for _, m := range marks {
		if m.dashs {
			c.brush.dashed(size, x, y+9, x+20, y+9, m.high, m.col)
		} else {
			c.brush.box(x, y+9-float32(math.Floor(float64(m.high)/2)), 20, m.high, 0, m.col)
		}
		w := widthOf(m.text, kit.SizeSmall, kit.Regular)
		c.brush.text(m.text, kit.SizeSmall, kit.Regular, theme.Muted, x+26, y, w+2, 18, fyne.TextAlignLeading)
		x += 26 + w + 16
	}
}

func round(v float32) float32 { return float32(math.Round(float64(v))) }

// half rounds a size of text to halves: a step of the zoom makes few new ones.
func half(v float32) float32 { return round(2*v) / 2 }
