package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"posthouse/views/theme"
)

// SidebarRow leads to a screen: icon, text, count or badge; 28 high.
type SidebarRow struct {
	widget.BaseWidget

	// OnTapped runs on a click, Enter and Space.
	OnTapped func()
	// OnKey sees keys the row does not use (Up, Down); true: it was used.
	OnKey func(*fyne.KeyEvent) bool

	icon, text   string
	count, badge string
	tone         Tone
	high         float32
	ink          fyne.ThemeColorName // of icon and count; Muted if empty
	chosen       bool
	compact      bool
	hovered      bool
	focused      bool
}

// NewSidebarRow makes a row.
func NewSidebarRow(icon, text string, tapped func()) *SidebarRow {
	s := &SidebarRow{OnTapped: tapped, icon: icon, text: text, high: 28}
	s.ExtendBaseWidget(s)
	return s
}

// High sets another height: 36 and 32 on the Desk, where counts are as large
// as the text.
func (s *SidebarRow) High(h float32) *SidebarRow { s.high = h; s.Refresh(); return s }

// SetInk paints icon and count in a token, the count bold; "" is muted.
func (s *SidebarRow) SetInk(c fyne.ThemeColorName) {
	if s.ink != c {
		s.ink = c
		s.Refresh()
	}
}

// SetText changes the text.
func (s *SidebarRow) SetText(t string) {
	if s.text != t {
		s.text = t
		s.Refresh()
	}
}

// SetChosen marks the row as the screen shown.
func (s *SidebarRow) SetChosen(on bool) {
	if s.chosen != on {
		s.chosen = on
		s.Refresh()
	}
}

// Chosen reports whether the row is the screen shown.
func (s *SidebarRow) Chosen() bool { return s.chosen }

// SetCount shows a muted count at the right; "" shows none.
func (s *SidebarRow) SetCount(n string) {
	if s.count != n || s.badge != "" {
		s.count, s.badge = n, ""
		s.Refresh()
	}
}

// SetBadge shows a badge at the right; "" shows none.
func (s *SidebarRow) SetBadge(text string, tone Tone) {
	if s.badge != text || s.tone != tone {
		s.badge, s.tone = text, tone
		s.Refresh()
	}
}

// Compact shows only the icon, for a sidebar 48 wide.
func (s *SidebarRow) Compact(on bool) {
	if s.compact != on {
		s.compact = on
		s.Refresh()
	}
}

// Tapped is Fyne's.
func (s *SidebarRow) Tapped(*fyne.PointEvent) {
	hideTip(s)
	if s.OnTapped != nil {
		s.OnTapped()
	}
}

// FocusGained is Fyne's.
func (s *SidebarRow) FocusGained() { s.focused = true; s.Refresh() }

// FocusLost is Fyne's.
func (s *SidebarRow) FocusLost() { s.focused = false; s.Refresh() }

// TypedRune is Fyne's.
func (s *SidebarRow) TypedRune(rune) {}

// TypedKey opens on Enter and Space and hands on the rest.
func (s *SidebarRow) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		s.Tapped(nil)
	default:
		if s.OnKey == nil || !s.OnKey(ev) {
			bubble(s, ev)
		}
	}
}

// MouseIn is Fyne's.
func (s *SidebarRow) MouseIn(ev *desktop.MouseEvent) {
	s.hovered = true
	s.Refresh()
	if s.compact {
		tip := s.text
		if s.badge != "" {
			tip += ": " + s.badge
		}
		showTip(s, tip, ev.AbsolutePosition)
	}
}

// MouseMoved is Fyne's.
func (s *SidebarRow) MouseMoved(*desktop.MouseEvent) {}

// MouseOut is Fyne's.
func (s *SidebarRow) MouseOut() {
	s.hovered = false
	s.Refresh()
	hideTip(s)
}

// CreateRenderer is Fyne's.
func (s *SidebarRow) CreateRenderer() fyne.WidgetRenderer {
	back, focus := newBox("", "", 6), newRing()
	icon := newGlyph(s.icon, theme.Muted)
	text := newLine(s.text, SizeBody, Regular, theme.Text)
	count := newLine("", SizeSmall, Regular, theme.Muted)
	p := newPill()
	dot := newBox("", "", 3)
	b := &brush{owner: s, objects: objects(back, focus, icon, text, count, p.back, p.text, dot)}
	var room float32 // of the text
	b.refresh = func() {
		fill, face, ink := fyne.ThemeColorName(""), Regular, theme.Muted
		switch {
		case s.chosen && s.focused:
			fill, face, ink = theme.Selection, Medium, theme.AccentText
		case s.chosen:
			fill, face, ink = theme.SelectionIdle, Medium, theme.AccentText
		case s.hovered:
			fill = theme.Pressed
		}
		back.set(fill, "")
		icon.set(s.icon, ink)
		icon.repaint()
		label := s.text
		if room > 0 {
			label, _ = fit(label, room, SizeBody, face, End)
		}
		text.set(label, face, theme.Text)
		countFace, countInk := Regular, theme.Muted
		if s.ink != "" {
			icon.set(s.icon, s.ink)
			countFace, countInk = Bold, s.ink
		}
		count.t.TextSize = SizeSmall
		if s.high > 28 {
			count.t.TextSize = SizeBody
		}
		count.set(s.count, countFace, countInk)
		p.set(s.badge, s.tone)
		dot.set(s.tone.Ink(), "")
		p.show(s.badge != "" && !s.compact)
		dot.show(s.badge != "" && s.compact)
		setVisible(text.t, !s.compact)
		setVisible(count.t, !s.compact && s.badge == "")
		focus.repaint()
		focus.show(s.focused && !s.chosen)
	}
	b.refresh()
	b.min = func() fyne.Size { return fyne.NewSize(32, s.high) }
	b.layout = func(size fyne.Size) {
		back.place(0, 0, size.Width, s.high)
		focus.place(0, 0, size.Width, s.high, 6)
		top := floor((s.high - 16) / 2)
		if s.compact {
			icon.place(floor((size.Width-16)/2), top, 16)
			dot.place(floor(size.Width/2)+6, top-2, 6, 6)
			return
		}
		icon.place(8, top, 16)
		left := float32(32)
		if s.high > 28 {
			left = 34
		}
		right := size.Width - 8
		count.place(right-count.width(), 0, count.width(), s.high)
		room = max(1, size.Width-left-16-count.width())
		if s.badge != "" {
			room = max(1, size.Width-left-16-p.width())
		}
		label, _ := fit(s.text, room, SizeBody, text.face, End)
		text.set(label, text.face, theme.Text)
		text.place(left, 0, max(0, size.Width-left-8), s.high)
		p.place(right-p.width(), floor((s.high-18)/2))
	}
	return b
}

// SectionTitle is the small bold title of a group in the sidebar, 28 high,
// with an optional button at the right.
func SectionTitle(text string, button *Button) fyne.CanvasObject {
	label := NewLabel(text).Face(Bold).Sized(SizeSmall).Color(theme.Muted)
	objs := []fyne.CanvasObject{label, Spacer()}
	if button != nil {
		objs = append(objs, button)
	}
	return newStrip(28, "", rowLayout{padLeft: 8, grow: -1}, objs...)
}

// FindBox looks like a field and opens the palette: "Search or run", Ctrl K.
type FindBox struct {
	widget.BaseWidget

	// OnTapped runs on a click and Enter.
	OnTapped func()

	text, key        string
	compact, focused bool
}

// NewFindBox makes a find box, 32 high.
func NewFindBox(text, key string, tapped func()) *FindBox {
	f := &FindBox{OnTapped: tapped, text: text, key: key}
	f.ExtendBaseWidget(f)
	return f
}

// Compact shows only the icon.
func (f *FindBox) Compact(on bool) { f.compact = on; f.Refresh() }

// Tapped is Fyne's.
func (f *FindBox) Tapped(*fyne.PointEvent) {
	if f.OnTapped != nil {
		f.OnTapped()
	}
}

// FocusGained is Fyne's.
func (f *FindBox) FocusGained() { f.focused = true; f.Refresh() }

// FocusLost is Fyne's.
func (f *FindBox) FocusLost() { f.focused = false; f.Refresh() }

// TypedRune is Fyne's.
func (f *FindBox) TypedRune(rune) {}

// TypedKey opens on Enter and hands on the rest.
func (f *FindBox) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		f.Tapped(nil)
	default:
		bubble(f, ev)
	}
}

// CreateRenderer is Fyne's.
func (f *FindBox) CreateRenderer() fyne.WidgetRenderer {
	back, focus := newBox(theme.Surface, theme.BorderStrong, 6), newRing()
	icon, text := newGlyph("search", theme.Muted), newLine(f.text, SizeBody, Regular, theme.Muted)
	shortcut := newKeyCap()
	b := &brush{owner: f, objects: objects(back, focus, icon, text, shortcut.frame, shortcut.text)}
	b.refresh = func() {
		repaint(back, icon, text, focus)
		shortcut.set(f.key)
		shortcut.frame.show(!f.compact)
		setVisible(shortcut.text.t, !f.compact)
		setVisible(text.t, !f.compact)
		focus.show(f.focused)
	}
	b.refresh()
	b.min = func() fyne.Size { return fyne.NewSize(32, 32) }
	b.layout = func(s fyne.Size) {
		back.place(0, 0, s.Width, 32)
		focus.place(0, 0, s.Width, 32, 6)
		if f.compact {
			icon.place(floor((s.Width-16)/2), 8, 16)
			return
		}
		icon.place(9, 8, 16)
		text.place(33, 0, s.Width-33, 32)
		shortcut.place(s.Width-9-shortcut.width(), 7)
	}
	return b
}
