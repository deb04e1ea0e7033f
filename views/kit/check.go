package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"posthouse/views/theme"
)

// CheckState is what a check box shows.
type CheckState int

// The states; Some is for a box that stands for several, of which some are on.
const (
	Off CheckState = iota
	On
	Some
)

// Check is a check box with a text and an optional muted hint after it.
type Check struct {
	widget.BaseWidget

	// OnChanged gets the new state after a click or Space.
	OnChanged func(on bool)

	text, hint        string
	state             CheckState
	disabled, focused bool
}

// NewCheck makes a check box; changed may be nil.
func NewCheck(text string, on bool, changed func(bool)) *Check {
	c := &Check{OnChanged: changed, text: text}
	if on {
		c.state = On
	}
	c.ExtendBaseWidget(c)
	return c
}

// Hint sets a muted remark after the text.
func (c *Check) Hint(s string) *Check {
	c.hint = s
	c.Refresh()
	return c
}

// Checked reports whether the box is on.
func (c *Check) Checked() bool { return c.state == On }

// SetChecked sets the box without telling OnChanged.
func (c *Check) SetChecked(on bool) {
	if on {
		c.SetState(On)
	} else {
		c.SetState(Off)
	}
}

// SetState sets one of the three states without telling OnChanged.
func (c *Check) SetState(s CheckState) {
	if c.state != s {
		c.state = s
		c.Refresh()
	}
}

// SetEnabled makes the box usable or not.
func (c *Check) SetEnabled(on bool) {
	if c.disabled == on {
		c.disabled = !on
		c.Refresh()
	}
}

// Toggle does what a click does.
func (c *Check) Toggle() {
	if c.disabled {
		return
	}
	c.SetChecked(c.state != On)
	if c.OnChanged != nil {
		c.OnChanged(c.state == On)
	}
}

// Tapped is Fyne's.
func (c *Check) Tapped(*fyne.PointEvent) { c.Toggle() }

// FocusGained is Fyne's.
func (c *Check) FocusGained() { c.focused = true; c.Refresh() }

// FocusLost is Fyne's.
func (c *Check) FocusLost() { c.focused = false; c.Refresh() }

// TypedRune is Fyne's.
func (c *Check) TypedRune(rune) {}

// TypedKey toggles on Space and hands on the rest.
func (c *Check) TypedKey(ev *fyne.KeyEvent) {
	if ev.Name == fyne.KeySpace {
		c.Toggle()
		return
	}
	bubble(c, ev)
}

// CreateRenderer is Fyne's.
func (c *Check) CreateRenderer() fyne.WidgetRenderer {
	mark := newMark()
	focus := newRing()
	text := newLine(c.text, SizeBody, Regular, theme.Text)
	hint := newLine(c.hint, SizeSmall, Regular, theme.Muted)
	r := &brush{owner: c, objects: objects(mark.box, mark.icon, focus, text, hint)}
	r.refresh = func() {
		mark.set(c.state, c.disabled)
		tc := theme.Text
		if c.disabled {
			tc = theme.Muted
		}
		text.set(c.text, Regular, tc)
		hint.set(c.hint, Regular, theme.Muted)
		focus.repaint()
		focus.show(c.focused)
	}
	r.refresh()
	r.min = func() fyne.Size {
		w := float32(16)
		if c.text != "" {
			w += 8 + text.width()
		}
		if c.hint != "" {
			w += 8 + hint.width()
		}
		return fyne.NewSize(ceil(w), 20)
	}
	r.layout = func(s fyne.Size) {
		y := floor((s.Height - 16) / 2)
		mark.place(0, y)
		focus.place(0, y, 16, 16, 3)
		text.place(24, 0, text.width(), s.Height)
		hint.place(24+text.width()+8, 0, hint.width(), s.Height)
	}
	return r
}

// mark is the painted box of a check: also in grids.
type mark struct {
	box  *box
	icon *glyph
}

func newMark() *mark {
	return &mark{newBox(theme.Surface, theme.BorderStrong, 3), newGlyph("", "")}
}

func (m *mark) set(s CheckState, disabled bool) {
	fill, edge, ink := theme.Surface, theme.BorderStrong, theme.OnAccent
	if s != Off {
		fill, edge = theme.Accent, theme.Accent
	}
	if disabled {
		fill, edge, ink = theme.Background, theme.Border, theme.Disabled
	}
	m.box.set(fill, edge)
	switch s {
	case On:
		m.icon.set("check", ink)
	case Some:
		m.icon.set("minus", ink)
	default:
		m.icon.set("", "")
	}
	m.icon.repaint()
}

func (m *mark) place(x, y float32) {
	m.box.place(x, y, 16, 16)
	m.icon.place(x+2, y+2, 12)
}

func (m *mark) show(on bool) {
	m.box.show(on)
	setVisible(m.icon.i, on && m.icon.name != "")
}
