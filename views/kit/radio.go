package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"posthouse/views/theme"
)

// Choice is one of the choices of a Radio, Segmented or Select.
type Choice struct {
	ID       string // what OnChanged gets; Text if empty
	Text     string
	Hint     string              // muted remark (Radio only)
	Icon     string              // icon before the text (Segmented and Select menus)
	Ink      fyne.ThemeColorName // of the icon; the text's if empty (Segmented only)
	Disabled bool
}

func (c Choice) id() string {
	if c.ID != "" {
		return c.ID
	}
	return c.Text
}

// Choices makes choices of plain words.
func Choices(words ...string) []Choice {
	out := make([]Choice, len(words))
	for i, w := range words {
		out[i] = Choice{ID: w, Text: w}
	}
	return out
}

func indexOf(choices []Choice, id string) int {
	for i, c := range choices {
		if c.id() == id {
			return i
		}
	}
	return -1
}

// Radio is a column of choices, one of which is on, 28 apart.
type Radio struct {
	widget.BaseWidget

	// OnChanged gets the id of the choice made by the user.
	OnChanged func(id string)

	choices  []Choice
	chosen   string
	disabled bool
	focused  bool
}

// NewRadio makes a column of choices; changed may be nil.
func NewRadio(choices []Choice, chosen string, changed func(string)) *Radio {
	r := &Radio{OnChanged: changed, choices: choices, chosen: chosen}
	r.ExtendBaseWidget(r)
	return r
}

// Chosen is the id of the choice that is on.
func (r *Radio) Chosen() string { return r.chosen }

// SetChosen chooses without telling OnChanged.
func (r *Radio) SetChosen(id string) {
	r.chosen = id
	r.Refresh()
}

// SetEnabled makes the choices usable or not.
func (r *Radio) SetEnabled(on bool) {
	r.disabled = !on
	r.Refresh()
}

func (r *Radio) choose(i int) {
	if r.disabled || i < 0 || i >= len(r.choices) || r.choices[i].Disabled || r.choices[i].id() == r.chosen {
		return
	}
	r.chosen = r.choices[i].id()
	r.Refresh()
	if r.OnChanged != nil {
		r.OnChanged(r.chosen)
	}
}

// Tapped is Fyne's.
func (r *Radio) Tapped(ev *fyne.PointEvent) { r.choose(int(ev.Position.Y / 28)) }

// FocusGained is Fyne's.
func (r *Radio) FocusGained() { r.focused = true; r.Refresh() }

// FocusLost is Fyne's.
func (r *Radio) FocusLost() { r.focused = false; r.Refresh() }

// TypedRune is Fyne's.
func (r *Radio) TypedRune(rune) {}

// TypedKey moves with the arrows and hands on the rest.
func (r *Radio) TypedKey(ev *fyne.KeyEvent) {
	i := indexOf(r.choices, r.chosen)
	switch ev.Name {
	case fyne.KeyDown, fyne.KeyRight:
		r.choose(i + 1)
	case fyne.KeyUp, fyne.KeyLeft:
		r.choose(i - 1)
	default:
		bubble(r, ev)
	}
}

// CreateRenderer is Fyne's.
func (r *Radio) CreateRenderer() fyne.WidgetRenderer {
	type item struct {
		dot, hole  *box
		text, hint *line
	}
	var items []item
	focus := newRing()
	b := &brush{owner: r, objects: objects(focus)}
	for _, c := range r.choices {
		it := item{
			newBox(theme.Surface, theme.BorderStrong, 8), newBox(theme.OnAccent, "", 3),
			newLine(c.Text, SizeBody, Medium, theme.Text), newLine(c.Hint, SizeBody, Regular, theme.Muted),
		}
		items = append(items, it)
		b.objects = append(b.objects, objects(it.dot, it.hole, it.text, it.hint)...)
	}
	b.refresh = func() {
		for i, c := range r.choices {
			it := items[i]
			on := c.id() == r.chosen
			fill, edge := theme.Surface, theme.BorderStrong
			if on {
				fill, edge = theme.Accent, theme.Accent
			}
			tc := theme.Text
			if r.disabled || c.Disabled {
				fill, edge, tc = theme.Background, theme.Border, theme.Muted
			}
			it.dot.set(fill, edge)
			it.hole.repaint()
			it.hole.show(on)
			it.text.set(c.Text, Medium, tc)
			it.hint.set(c.Hint, Regular, theme.Muted)
		}
		focus.repaint()
		focus.show(r.focused)
	}
	b.refresh()
	b.min = func() fyne.Size {
		var w float32
		for _, it := range items {
			w = max(w, 24+it.text.width()+4+it.hint.width())
		}
		return fyne.NewSize(ceil(w), 28*float32(len(items)))
	}
	b.layout = func(fyne.Size) {
		at := max(0, indexOf(r.choices, r.chosen))
		focus.place(0, float32(at)*28+6, 16, 16, 8)
		for i, it := range items {
			y := float32(i) * 28
			it.dot.place(0, y+6, 16, 16)
			it.hole.place(5, y+11, 6, 6)
			it.text.place(24, y, it.text.width(), 28)
			it.hint.place(24+it.text.width()+4, y, it.hint.width(), 28)
		}
	}
	return b
}
