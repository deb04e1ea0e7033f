package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"posthouse/views/theme"
)

// Segmented is a row of choices in one frame, 28 high: views and modes.
type Segmented struct {
	widget.BaseWidget

	// OnChanged gets the id of the choice made by the user.
	OnChanged func(id string)

	choices  []Choice
	chosen   string
	focused  bool
	disabled bool
	hover    int
}

// NewSegmented makes a row of choices; changed may be nil.
func NewSegmented(choices []Choice, chosen string, changed func(string)) *Segmented {
	s := &Segmented{OnChanged: changed, choices: choices, chosen: chosen, hover: -1}
	s.ExtendBaseWidget(s)
	return s
}

// Chosen is the id of the choice that is on.
func (s *Segmented) Chosen() string { return s.chosen }

// SetChosen chooses without telling OnChanged.
func (s *Segmented) SetChosen(id string) {
	if s.chosen != id {
		s.chosen = id
		s.Refresh()
	}
}

// SetChoices replaces the choices ("Journal 1,902") and keeps the chosen one.
func (s *Segmented) SetChoices(c []Choice) {
	s.choices = c
	s.Refresh()
}

// SetEnabled makes the choices usable or not.
func (s *Segmented) SetEnabled(on bool) {
	s.disabled = !on
	s.Refresh()
}

func (s *Segmented) choose(i int) {
	if s.disabled || i < 0 || i >= len(s.choices) || s.choices[i].Disabled || s.choices[i].id() == s.chosen {
		return
	}
	s.chosen = s.choices[i].id()
	s.Refresh()
	if s.OnChanged != nil {
		s.OnChanged(s.chosen)
	}
}

func (s *Segmented) widths() []float32 {
	out := make([]float32, len(s.choices))
	for i, c := range s.choices {
		face := Regular
		if c.id() == s.chosen {
			face = Medium
		}
		out[i] = round(measure(c.Text, SizeBody, face)) + 20
		if c.Icon != "" {
			out[i] += 22
		}
	}
	return out
}

func (s *Segmented) at(x float32) int {
	left := float32(3)
	for i, w := range s.widths() {
		if x >= left && x < left+w+2 {
			return i
		}
		left += w + 2
	}
	return -1
}

// Tapped is Fyne's.
func (s *Segmented) Tapped(ev *fyne.PointEvent) { s.choose(s.at(ev.Position.X)) }

// MouseIn is Fyne's.
func (s *Segmented) MouseIn(ev *desktop.MouseEvent) { s.MouseMoved(ev) }

// MouseMoved is Fyne's.
func (s *Segmented) MouseMoved(ev *desktop.MouseEvent) {
	if i := s.at(ev.Position.X); i != s.hover {
		s.hover = i
		s.Refresh()
	}
}

// MouseOut is Fyne's.
func (s *Segmented) MouseOut() { s.hover = -1; s.Refresh() }

// FocusGained is Fyne's.
func (s *Segmented) FocusGained() { s.focused = true; s.Refresh() }

// FocusLost is Fyne's.
func (s *Segmented) FocusLost() { s.focused = false; s.Refresh() }

// TypedRune is Fyne's.
func (s *Segmented) TypedRune(rune) {}

// TypedKey moves with the arrows and hands on the rest.
func (s *Segmented) TypedKey(ev *fyne.KeyEvent) {
	i := indexOf(s.choices, s.chosen)
	switch ev.Name {
	case fyne.KeyRight:
		s.choose(i + 1)
	case fyne.KeyLeft:
		s.choose(i - 1)
	default:
		bubble(s, ev)
	}
}

// CreateRenderer is Fyne's.
func (s *Segmented) CreateRenderer() fyne.WidgetRenderer {
	frame, on, focus := newBox(theme.Background, theme.Border, 6), newBox(theme.Segment, theme.Border, 4), newRing()
	var texts []*line
	var icons []*glyph
	b := &brush{owner: s}
	b.refresh = func() {
		for len(texts) < len(s.choices) {
			texts = append(texts, newLine("", SizeBody, Regular, theme.Text2))
			icons = append(icons, newGlyph("", ""))
		}
		b.objects = objects(frame, on, focus)
		for i, c := range s.choices {
			face, col := Regular, theme.Text2
			switch {
			case s.disabled || c.Disabled:
				col = theme.Disabled
			case c.id() == s.chosen:
				face, col = Medium, theme.Text
			case i == s.hover:
				col = theme.Text
			}
			texts[i].set(c.Text, face, col)
			ink := c.Ink
			if ink == "" || col == theme.Disabled {
				ink = col
			}
			icons[i].set(c.Icon, ink)
			icons[i].repaint()
			b.objects = append(b.objects, objects(icons[i], texts[i])...)
		}
		repaint(frame, on, focus)
		focus.show(s.focused)
	}
	b.refresh()
	b.min = func() fyne.Size {
		w := float32(6)
		for i, sw := range s.widths() {
			if i > 0 {
				w += 2
			}
			w += sw
		}
		return fyne.NewSize(w, 28)
	}
	b.layout = func(size fyne.Size) {
		y := floor((size.Height - 28) / 2)
		w := b.min().Width
		frame.place(0, y, w, 28)
		focus.place(0, y, w, 28, 6)
		x := float32(3)
		on.show(false)
		for i, sw := range s.widths() {
			if s.choices[i].id() == s.chosen {
				on.place(x, y+3, sw, 22)
				on.show(true)
			}
			tx := x + 10
			if s.choices[i].Icon != "" {
				icons[i].place(tx, y+6, 16)
				tx += 22
			}
			texts[i].place(tx, y, sw, 28)
			x += sw + 2
		}
	}
	return b
}
