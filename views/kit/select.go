package kit

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"posthouse/views/theme"
)

// Select shows one choice of several and opens a menu of all.
type Select struct {
	widget.BaseWidget

	// OnChanged gets the id of the choice made by the user.
	OnChanged func(id string)

	choices           []Choice
	chosen            string
	width, height     float32
	focused, disabled bool
	hovered           bool
}

// NewSelect makes a select of the given least width; changed may be nil.
func NewSelect(choices []Choice, chosen string, width float32, changed func(string)) *Select {
	s := &Select{OnChanged: changed, choices: choices, chosen: chosen, width: width, height: 28}
	s.ExtendBaseWidget(s)
	return s
}

// Tall makes the select 32 high.
func (s *Select) Tall() *Select { s.height = 32; s.Refresh(); return s }

// Chosen is the id of the choice shown.
func (s *Select) Chosen() string { return s.chosen }

// SetChosen chooses without telling OnChanged.
func (s *Select) SetChosen(id string) {
	if s.chosen != id {
		s.chosen = id
		s.Refresh()
	}
}

// SetChoices replaces the choices.
func (s *Select) SetChoices(c []Choice) {
	s.choices = c
	s.Refresh()
}

// SetEnabled makes the select usable or not.
func (s *Select) SetEnabled(on bool) {
	s.disabled = !on
	s.Refresh()
}

func (s *Select) choose(i int) {
	if s.disabled || i < 0 || i >= len(s.choices) || s.choices[i].Disabled || s.choices[i].id() == s.chosen {
		return
	}
	s.chosen = s.choices[i].id()
	s.Refresh()
	if s.OnChanged != nil {
		s.OnChanged(s.chosen)
	}
}

// Open shows the menu.
func (s *Select) Open() {
	if s.disabled {
		return
	}
	items := make([]*fyne.MenuItem, len(s.choices))
	for i, c := range s.choices {
		items[i] = MenuItem(c.Text, c.Icon, func() { s.choose(i) })
		items[i].Checked = c.id() == s.chosen
		items[i].Disabled = c.Disabled
	}
	ShowMenuBelow(s, items...)
}

// Tapped is Fyne's.
func (s *Select) Tapped(*fyne.PointEvent) { s.Open() }

// MouseIn is Fyne's.
func (s *Select) MouseIn(*desktop.MouseEvent) { s.hovered = true; s.Refresh() }

// MouseMoved is Fyne's.
func (s *Select) MouseMoved(*desktop.MouseEvent) {}

// MouseOut is Fyne's.
func (s *Select) MouseOut() { s.hovered = false; s.Refresh() }

// FocusGained is Fyne's.
func (s *Select) FocusGained() { s.focused = true; s.Refresh() }

// FocusLost is Fyne's.
func (s *Select) FocusLost() { s.focused = false; s.Refresh() }

// TypedRune is Fyne's.
func (s *Select) TypedRune(rune) {}

// TypedKey opens on Space, moves with the arrows and hands on the rest.
func (s *Select) TypedKey(ev *fyne.KeyEvent) {
	i := indexOf(s.choices, s.chosen)
	switch ev.Name {
	case fyne.KeySpace:
		s.Open()
	case fyne.KeyDown:
		s.choose(i + 1)
	case fyne.KeyUp:
		s.choose(i - 1)
	default:
		bubble(s, ev)
	}
}

// CreateRenderer is Fyne's.
func (s *Select) CreateRenderer() fyne.WidgetRenderer {
	back, focus := newBox(theme.Surface, theme.BorderStrong, 6), newRing()
	text, caret := newLine("", SizeBody, Regular, theme.Text), newGlyph("caret-updown", theme.Muted)
	b := &brush{owner: s, objects: objects(back, focus, text, caret)}
	b.refresh = func() {
		fill, edge := theme.Surface, theme.BorderStrong
		switch {
		case s.disabled:
			fill, edge = "", theme.Border
		case s.hovered:
			fill = theme.Hover
		}
		back.set(fill, edge)
		caret.repaint()
		focus.repaint()
		focus.show(s.focused)
	}
	b.refresh()
	b.min = func() fyne.Size { return fyne.NewSize(s.width, s.height) }
	b.layout = func(size fyne.Size) {
		back.place(0, 0, size.Width, s.height)
		focus.place(0, 0, size.Width, s.height, 6)
		caret.place(size.Width-25, (s.height-16)/2, 16)
		shown := s.chosen
		if i := indexOf(s.choices, s.chosen); i >= 0 {
			shown = s.choices[i].Text
		}
		col := theme.Text
		if s.disabled {
			col = theme.Muted
		}
		cut, _ := fit(shown, size.Width-9-33, SizeBody, Regular, Middle)
		text.set(cut, Regular, col)
		text.place(9, 0, size.Width-42, s.height)
	}
	return b
}

// NumberField is a Field for a whole number within limits; Up and Down step.
type NumberField struct {
	Field
	// OnNumber gets each valid number the user makes.
	OnNumber func(int64)
	min, max int64
}

// NewNumberField makes a number field of the given least width.
func NewNumberField(value, lowest, highest int64, width float32) *NumberField {
	n := &NumberField{min: lowest, max: highest}
	n.init(n, "")
	n.width = width
	n.SetText(grouped(value))
	n.OnChanged = func(string) {
		if v, ok := n.Value(); ok && n.OnNumber != nil {
			n.OnNumber(v)
		}
	}
	n.OnKey = func(ev *fyne.KeyEvent) bool {
		switch ev.Name {
		case fyne.KeyUp:
			n.step(1)
		case fyne.KeyDown:
			n.step(-1)
		default:
			return false
		}
		return true
	}
	return n
}

// Value is the number, and whether the text is one within the limits. Commas
// and spaces between digits are allowed.
func (n *NumberField) Value() (int64, bool) {
	s := strings.NewReplacer(",", "", " ", "", "\u00a0", "").Replace(n.Text())
	v, err := strconv.ParseInt(s, 10, 64)
	return v, err == nil && v >= n.min && v <= n.max
}

// SetValue sets the number without telling OnNumber.
func (n *NumberField) SetValue(v int64) { n.SetText(grouped(v)) }

// grouped writes a number with a comma before each three digits.
func grouped(v int64) string {
	s := strconv.FormatInt(v, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func (n *NumberField) step(d int64) {
	v, ok := n.Value()
	if !ok || v+d < n.min || v+d > n.max {
		return
	}
	n.SetValue(v + d)
	if n.OnNumber != nil {
		n.OnNumber(v + d)
	}
}
