package kit

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/views/theme"
)

// MenuItem makes an item of a menu with one of our icons.
func MenuItem(text, icon string, action func()) *fyne.MenuItem {
	item := fyne.NewMenuItem(text, action)
	if icon != "" {
		item.Icon = theme.Icon(icon, theme.Muted)
	}
	return item
}

// KeyItem is a MenuItem that shows the key that does the same: "Enter", "F8",
// "Ctrl M". It does not bind it.
func KeyItem(text, icon, key string, action func()) *fyne.MenuItem {
	item := MenuItem(text, icon, action)
	item.Shortcut = keyHint(key)
	return item
}

// DangerItem is a KeyItem in the danger colour.
func DangerItem(text, icon, key string, action func()) *fyne.MenuItem {
	item := KeyItem(text, icon, key, action)
	item.Icon = theme.Icon(icon, theme.Danger)
	return item
}

// keyHint is a shortcut that is only shown.
type keyHint string

func (k keyHint) ShortcutName() string { return string(k) }

// MenuSeparator is a line between items.
func MenuSeparator() *fyne.MenuItem { return fyne.NewMenuItemSeparator() }

// ShowMenu opens a menu at a place of the window that holds owner, such as
// the one OnMenu of a Grid gets. Items may be checked, disabled or have a child
// menu, which opens beside them.
func ShowMenu(owner fyne.CanvasObject, at fyne.Position, items ...*fyne.MenuItem) *Menu {
	return showMenu(owner, at, 0, items)
}

// ShowMenuBelow opens a menu below owner, at least as wide.
func ShowMenuBelow(owner fyne.CanvasObject, items ...*fyne.MenuItem) *Menu {
	pos := fyne.CurrentApp().Driver().AbsolutePositionForObject(owner)
	return showMenu(owner, pos.AddXY(0, owner.Size().Height+2), owner.Size().Width, items)
}

func showMenu(owner fyne.CanvasObject, at fyne.Position, width float32, items []*fyne.MenuItem) *Menu {
	c := canvasOf(owner)
	if c == nil || len(items) == 0 {
		return nil
	}
	hideTip(owner)
	m := &Menu{canvas: c, items: items, at: at, width: width, hover: -1, before: c.Focused()}
	m.show()
	return m
}

func (m *Menu) show() {
	m.ExtendBaseWidget(m)
	m.Resize(m.canvas.Size())
	m.canvas.Unfocus()
	m.canvas.Overlays().Add(m)
	m.canvas.Focus(m)
}

// Menu is an open menu: rows 28 high with icon, text and key, over a window.
// A click beside it, Esc and Tab close it; Up, Down, Home, End move, Enter
// and Space choose, Right and Left open and close a child menu, a letter goes
// to the next item that starts with it.
type Menu struct {
	widget.BaseWidget
	canvas fyne.Canvas
	items  []*fyne.MenuItem
	at     fyne.Position
	width  float32
	hover  int
	offset float32
	before fyne.Focusable
	parent *Menu
	closed bool
}

const (
	menuPitch = 28
	menuRule  = 9 // a line with 4 above and below
	menuPad   = 5 // edge and 4
)

// Close closes the menu and gives the focus back.
func (m *Menu) Close() {
	if m.closed {
		return
	}
	m.closed = true
	m.canvas.Overlays().Remove(m)
	if m.before != nil {
		m.canvas.Focus(m.before)
	}
}

// closeAll closes the menu and those it was opened from.
func (m *Menu) closeAll() {
	for ; m != nil; m = m.parent {
		m.Close()
	}
}

// openChild opens the child menu of item i beside it.
func (m *Menu) openChild(i int) {
	pos, size := m.frame(m.Size())
	y := pos.Y - m.offset
	for _, it := range m.items[:i] {
		y += rowOf(it)
	}
	child := &Menu{canvas: m.canvas, items: m.items[i].ChildMenu.Items, at: fyne.NewPos(pos.X+size.Width-4, y), hover: -1, before: m, parent: m}
	child.show()
}

// Items are the items shown.
func (m *Menu) Items() []*fyne.MenuItem { return m.items }

// Choose does what a click on item i does.
func (m *Menu) Choose(i int) {
	if i < 0 || i >= len(m.items) {
		return
	}
	item := m.items[i]
	if item.IsSeparator || item.Disabled {
		return
	}
	if item.ChildMenu != nil {
		m.openChild(i)
		return
	}
	m.closeAll()
	if item.Action != nil {
		item.Action()
	}
}

func (m *Menu) height() float32 {
	h := float32(2 * menuPad)
	for _, it := range m.items {
		h += rowOf(it)
	}
	return h
}

func rowOf(it *fyne.MenuItem) float32 {
	if it.IsSeparator {
		return menuRule
	}
	return menuPitch
}

func keyOf(it *fyne.MenuItem) string {
	switch s := it.Shortcut.(type) {
	case nil:
		return ""
	case keyHint:
		return string(s)
	case *desktop.CustomShortcut:
		var parts []string
		for _, mod := range []struct {
			bit  fyne.KeyModifier
			name string
		}{{fyne.KeyModifierControl, "Ctrl"}, {fyne.KeyModifierAlt, "Alt"}, {fyne.KeyModifierShift, "Shift"}, {fyne.KeyModifierSuper, "Super"}} {
			if s.Modifier&mod.bit != 0 {
				parts = append(parts, mod.name)
			}
		}
		return strings.Join(append(parts, string(s.KeyName)), " ")
	}
	return ""
}

func (m *Menu) anyIcon() bool {
	for _, it := range m.items {
		if it.Icon != nil || it.Checked {
			return true
		}
	}
	return false
}

// frame is where the menu lies in the window.
func (m *Menu) frame(window fyne.Size) (pos fyne.Position, size fyne.Size) {
	w := max(160, m.width)
	lead := float32(0)
	if m.anyIcon() {
		lead = 24
	}
	for _, it := range m.items {
		row := 2*menuPad + 16 + lead + measure(Shorten(it.Label), SizeBody, Regular)
		if it.ChildMenu != nil {
			row += 36
		} else if k := keyOf(it); k != "" {
			row += 24 + measure(k, SizeSmall, Regular)
		}
		w = max(w, ceil(row))
	}
	w = min(w, window.Width-8)
	h := min(m.height(), window.Height-8)
	x := max(4, min(m.at.X, window.Width-w-4))
	y := m.at.Y
	if y+h > window.Height-4 {
		y = max(4, window.Height-h-4)
	}
	return fyne.NewPos(round(x), round(y)), fyne.NewSize(w, h)
}

// indexAt is the item under a place of the window, -1 if none.
func (m *Menu) indexAt(p fyne.Position) int {
	pos, size := m.frame(m.Size())
	if p.X < pos.X || p.Y < pos.Y+menuPad || p.X >= pos.X+size.Width || p.Y >= pos.Y+size.Height {
		return -1
	}
	y := pos.Y + menuPad - m.offset
	for i, it := range m.items {
		if p.Y >= y && p.Y < y+rowOf(it) {
			return i
		}
		y += rowOf(it)
	}
	return -1
}

// Tapped chooses, or closes beside the menu.
func (m *Menu) Tapped(ev *fyne.PointEvent) {
	pos, size := m.frame(m.Size())
	inside := ev.Position.X >= pos.X && ev.Position.Y >= pos.Y && ev.Position.X < pos.X+size.Width && ev.Position.Y < pos.Y+size.Height
	if !inside {
		m.closeAll()
		return
	}
	m.Choose(m.indexAt(ev.Position))
}

// TappedSecondary closes the menu.
func (m *Menu) TappedSecondary(*fyne.PointEvent) { m.closeAll() }

// Scrolled moves a menu higher than the window.
func (m *Menu) Scrolled(ev *fyne.ScrollEvent) {
	_, size := m.frame(m.Size())
	m.offset = max(0, min(m.offset-ev.Scrolled.DY, m.height()-size.Height))
	m.Refresh()
}

// MouseIn is Fyne's.
func (m *Menu) MouseIn(ev *desktop.MouseEvent) { m.MouseMoved(ev) }

// MouseMoved is Fyne's.
func (m *Menu) MouseMoved(ev *desktop.MouseEvent) {
	if i := m.indexAt(ev.Position); i != m.hover && i >= 0 {
		m.hover = i
		m.Refresh()
	}
}

// MouseOut is Fyne's.
func (m *Menu) MouseOut() {}

// FocusGained is Fyne's.
func (m *Menu) FocusGained() {}

// FocusLost is Fyne's.
func (m *Menu) FocusLost() {}

// TypedRune goes to the next item that starts with a letter.
func (m *Menu) TypedRune(r rune) {
	want := strings.ToLower(string(r))
	for k := range m.items {
		i := (m.hover + 1 + k + len(m.items)) % len(m.items)
		if it := m.items[i]; !it.IsSeparator && strings.HasPrefix(strings.ToLower(it.Label), want) && want != " " {
			m.moveTo(i)
			return
		}
	}
}

func (m *Menu) moveTo(i int) {
	m.hover = i
	_, size := m.frame(m.Size())
	y := float32(menuPad)
	for _, it := range m.items[:i] {
		y += rowOf(it)
	}
	m.offset = max(min(m.offset, y-menuPad), y+menuPitch+menuPad-size.Height, 0)
	m.Refresh()
}

// step goes to the next item in a direction.
func (m *Menu) step(from, dir int) {
	for i := from + dir; i >= 0 && i < len(m.items); i += dir {
		if !m.items[i].IsSeparator && !m.items[i].Disabled {
			m.moveTo(i)
			return
		}
	}
}

// TypedKey is Fyne's.
func (m *Menu) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyEscape, fyne.KeyTab:
		m.Close()
	case fyne.KeyDown:
		m.step(m.hover, 1)
	case fyne.KeyUp:
		if m.hover < 0 {
			m.hover = len(m.items)
		}
		m.step(m.hover, -1)
	case fyne.KeyHome:
		m.step(-1, 1)
	case fyne.KeyEnd:
		m.step(len(m.items), -1)
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		m.Choose(m.hover)
	case fyne.KeyRight:
		if m.hover >= 0 && m.items[m.hover].ChildMenu != nil {
			m.Choose(m.hover)
		}
	case fyne.KeyLeft:
		if m.parent != nil {
			m.Close()
		}
	}
}

// menuRow is what an item is painted with.
type menuRow struct {
	icon      *glyph
	more      *glyph
	text, key *line
	rule      *box
}

// CreateRenderer is Fyne's.
func (m *Menu) CreateRenderer() fyne.WidgetRenderer {
	back, mark := newBox(theme.Raised, theme.Border, 8), newBox(theme.Selection, "", 4)
	castShadow(back.r)
	b := &brush{owner: m, objects: objects(back, mark)}
	rows := make([]menuRow, len(m.items))
	for i := range m.items {
		rows[i] = menuRow{newGlyph("", ""), newGlyph("", ""), newLine("", SizeBody, Regular, theme.Text), newLine("", SizeSmall, Regular, theme.Muted), newBox(theme.Border, "", 0)}
		b.objects = append(b.objects, objects(rows[i].icon, rows[i].more, rows[i].text, rows[i].key, rows[i].rule)...)
	}
	b.min = func() fyne.Size { return fyne.Size{} }
	b.layout = func(s fyne.Size) {
		pos, size := m.frame(s)
		castShadow(back.r)
		repaint(back, mark)
		back.place(pos.X, pos.Y, size.Width, size.Height)
		mark.show(false)
		y := pos.Y + menuPad - m.offset
		for i, it := range m.items {
			h := rowOf(it)
			inside := y >= pos.Y && y+h <= pos.Y+size.Height
			rows[i].paint(it, pos.X+menuPad, y, size.Width-2*menuPad, m.anyIcon(), inside)
			if i == m.hover && inside && !it.IsSeparator && !it.Disabled {
				mark.place(pos.X+menuPad, y, size.Width-2*menuPad, menuPitch)
				mark.show(true)
			}
			y += h
		}
	}
	return b
}

func (r *menuRow) paint(it *fyne.MenuItem, x, y, w float32, icons, on bool) {
	r.rule.repaint()
	r.rule.show(on && it.IsSeparator)
	r.rule.place(x, y+4, w, 1)
	setVisible(r.text.t, on && !it.IsSeparator)
	setVisible(r.key.t, on && !it.IsSeparator)
	if it.IsSeparator || !on {
		r.icon.set("", "")
		r.more.set("", "")
		return
	}
	ink := theme.Text
	if t, ok := it.Icon.(*fynetheme.ThemedResource); ok && t.ColorName == theme.Danger {
		ink = theme.Danger
	}
	if it.Disabled {
		ink = theme.Disabled
	}
	left := x + 8
	if icons {
		switch {
		case it.Checked:
			r.icon.set("check", theme.AccentText)
		case it.Icon != nil:
			r.icon.setResource(it.Icon)
		default:
			r.icon.set("", "")
		}
		r.icon.place(left, y+6, 16)
		left += 24
	}
	key := keyOf(it)
	r.key.set(key, Regular, theme.Muted)
	kw := r.key.width()
	r.more.set("", "")
	if it.ChildMenu != nil {
		kw = 12
		r.more.set("caret-right", theme.Muted)
		r.more.place(x+w-8-kw, y+8, 12)
	}
	r.key.place(x+w-8-kw, y, kw, menuPitch)
	text, _ := fit(it.Label, x+w-8-kw-left, SizeBody, Regular, End)
	r.text.set(text, Regular, ink)
	r.text.place(left, y, x+w-left, menuPitch)
}
