package routemap

import (
	"cmp"
	"math"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"posthouse/views/kit"
)

// panStep is how far a key moves the map.
const panStep = 64

// FocusGained is Fyne's.
func (c *chart) FocusGained() { c.focused = true; c.draw() }

// FocusLost is Fyne's.
func (c *chart) FocusLost() { c.focused = false; c.draw() }

// AcceptsTab keeps Tab for the map until Esc lets it go.
func (c *chart) AcceptsTab() bool { return len(c.sites) > 0 }

// order is in which Tab goes through the map: sites as one reads them, then links.
func (c *chart) order() []item {
	var list []item
	for _, k := range []kind{kindSite, kindLink} {
		var part []item
		if k == kindSite {
			for i := range c.sites {
				part = append(part, item{k, c.sites[i].id})
			}
		} else {
			for i := range c.links {
				part = append(part, item{k, c.links[i].id})
			}
		}
		at := make(map[item]point, len(part))
		for _, it := range part {
			at[it], _ = c.spot(it)
		}
		// Rows first: what is nearly level is one row, however it is staggered.
		slices.SortStableFunc(part, func(a, b item) int { return cmp.Compare(at[a].Y, at[b].Y) })
		row, top := 0, float32(math.Inf(-1))
		rows := map[item]int{}
		for _, it := range part {
			if at[it].Y-top > siteHeight {
				row++
				top = at[it].Y
			}
			rows[it] = row
		}
		slices.SortStableFunc(part, func(a, b item) int { return cmp.Or(rows[a]-rows[b], cmp.Compare(at[a].X, at[b].X)) })
		list = append(list, part...)
	}
	return list
}

// tab goes to the next item; false: there is none.
func (c *chart) tab(by int) bool {
	list := c.order()
	i := slices.Index(list, c.chosen)
	if i < 0 && by < 0 {
		i = len(list)
	}
	if i += by; i < 0 || i >= len(list) {
		return false
	}
	c.choose(list[i])
	return true
}

// TypedKey is Fyne's.
func (c *chart) TypedKey(ev *fyne.KeyEvent) {
	mods := kit.Modifiers()
	shift := mods&fyne.KeyModifierShift != 0
	switch ev.Name {
	case fyne.KeyTab:
		by := 1
		if shift {
			by = -1
		}
		if !c.tab(by) {
			c.leave(by)
		}
	case fyne.KeyLeft, fyne.KeyRight, fyne.KeyUp, fyne.KeyDown:
		dx, dy := direction(ev.Name)
		if shift {
			c.pan(-dx*panStep, -dy*panStep)
			return
		}
		c.step(dx, dy)
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		if c.chosen.kind != kindNone && c.OnOpen != nil {
			c.OnOpen(c.chosen)
		}
	case fyne.KeyDelete, fyne.KeyBackspace:
		if c.chosen.kind != kindNone && c.OnDelete != nil {
			c.OnDelete(c.chosen)
		}
	case fyne.KeyHome:
		c.Fit()
	case desktop.KeyMenu:
		c.menu()
	case fyne.KeyF10:
		if !shift {
			kit.PassKey(c, ev)
			return
		}
		c.menu()
	case fyne.KeyEscape:
		if c.chosen.kind == kindNone {
			c.leave(1)
			return
		}
		c.choose(item{})
	default:
		kit.PassKey(c, ev)
	}
}

// menu opens the menu of what is chosen.
func (c *chart) menu() {
	if c.OnMenu == nil {
		return
	}
	at := fyne.NewPos(c.Size().Width/2, c.Size().Height/2)
	if p, ok := c.spot(c.chosen); ok {
		at = c.toScreen(p)
	}
	c.OnMenu(c.chosen, at.Add(fyne.CurrentApp().Driver().AbsolutePositionForObject(c)))
}

// TypedRune zooms.
func (c *chart) TypedRune(r rune) {
	switch r {
	case '+', '=':
		c.Zoom(zoomStep)
	case '-', '_':
		c.Zoom(1 / zoomStep)
	case '0':
		c.ZoomTo(1)
	case 'f', 'F':
		c.Fit()
	}
}

// TypedShortcut moves the chosen site with Ctrl and the arrows.
func (c *chart) TypedShortcut(s fyne.Shortcut) {
	if k, ok := s.(*desktop.CustomShortcut); ok && k.Modifier == fyne.KeyModifierShortcutDefault && c.chosen.kind == kindSite {
		if dx, dy := direction(k.KeyName); dx != 0 || dy != 0 {
			if i, ok := c.index[c.chosen.id]; ok {
				at := c.sites[i].at
				c.drop(i, at.add(dx*2*raster, dy*2*raster))
				c.showChosen()
				c.draw()
			}
			return
		}
	}
	kit.PassShortcut(c, s)
}

func direction(k fyne.KeyName) (dx, dy float32) {
	switch k {
	case fyne.KeyLeft:
		return -1, 0
	case fyne.KeyRight:
		return 1, 0
	case fyne.KeyUp:
		return 0, -1
	case fyne.KeyDown:
		return 0, 1
	}
	return 0, 0
}

// step goes to the nearest item in a direction; what hangs together is nearer.
func (c *chart) step(dx, dy float32) {
	from, ok := c.spot(c.chosen)
	if !ok {
		c.tab(1)
		return
	}
	best, least := item{}, float32(math.Inf(1))
	for _, it := range c.order() {
		if it == c.chosen {
			continue
		}
		p, _ := c.spot(it)
		x, y := p.X-from.X, p.Y-from.Y
		along, aside := x*dx+y*dy, abs(x*dy)+abs(y*dx)
		// A quarter turn to either side, what is straight ahead first.
		if along <= 1 || aside > along*1.2 {
			continue
		}
		d := along + 2*aside
		if c.joined(c.chosen, it) {
			d /= 2
		}
		if d < least {
			best, least = it, d
		}
	}
	if best.kind != kindNone {
		c.choose(best)
	}
}

// joined reports whether one of two items is a link and the other an end of it.
func (c *chart) joined(a, b item) bool {
	if a.kind == kindLink {
		a, b = b, a
	}
	i := c.linkAt(b.id)
	return a.kind == kindSite && b.kind == kindLink && i >= 0 && (c.sites[c.links[i].a].id == a.id || c.sites[c.links[i].b].id == a.id)
}

// leave hands the keyboard on.
func (c *chart) leave(by int) {
	w := fyne.CurrentApp().Driver().CanvasForObject(c)
	if w == nil {
		return
	}
	if by < 0 {
		w.FocusPrevious()
	} else {
		w.FocusNext()
	}
}
