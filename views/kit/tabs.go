package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"posthouse/views/theme"
)

// Tabs is a row of words, 36 high, the chosen one underlined. It shows no
// content itself: OnChanged says what to show.
type Tabs struct {
	widget.BaseWidget

	// OnChanged gets the id of the tab made active by the user.
	OnChanged func(id string)

	choices []Choice
	chosen  string
	padX    float32
	hover   int
	focused bool
}

// NewTabs makes tabs; changed may be nil.
func NewTabs(choices []Choice, chosen string, changed func(string)) *Tabs {
	t := &Tabs{OnChanged: changed, choices: choices, chosen: chosen, padX: 16, hover: -1}
	t.ExtendBaseWidget(t)
	return t
}

// Inset sets the space left of the first tab (16 without it).
func (t *Tabs) Inset(x float32) *Tabs { t.padX = x; t.Refresh(); return t }

// Chosen is the id of the active tab.
func (t *Tabs) Chosen() string { return t.chosen }

// SetChosen activates a tab without telling OnChanged.
func (t *Tabs) SetChosen(id string) {
	if t.chosen != id {
		t.chosen = id
		t.Refresh()
	}
}

// SetChoices replaces the tabs.
func (t *Tabs) SetChoices(c []Choice) { t.choices = c; t.Refresh() }

func (t *Tabs) choose(i int) {
	if i < 0 || i >= len(t.choices) || t.choices[i].id() == t.chosen {
		return
	}
	t.chosen = t.choices[i].id()
	t.Refresh()
	if t.OnChanged != nil {
		t.OnChanged(t.chosen)
	}
}

// width reserves room for the medium face, so that nothing moves when the
// active tab changes.
func (t *Tabs) width(i int) float32 { return ceil(measure(t.choices[i].Text, SizeBody, Medium)) }

func (t *Tabs) at(x float32) int {
	left := t.padX - 8
	for i := range t.choices {
		w := t.width(i) + 16
		if x >= left && x < left+w {
			return i
		}
		left += w
	}
	return -1
}

// Tapped is Fyne's.
func (t *Tabs) Tapped(ev *fyne.PointEvent) { t.choose(t.at(ev.Position.X)) }

// MouseIn is Fyne's.
func (t *Tabs) MouseIn(ev *desktop.MouseEvent) { t.MouseMoved(ev) }

// MouseMoved is Fyne's.
func (t *Tabs) MouseMoved(ev *desktop.MouseEvent) {
	if i := t.at(ev.Position.X); i != t.hover {
		t.hover = i
		t.Refresh()
	}
}

// MouseOut is Fyne's.
func (t *Tabs) MouseOut() { t.hover = -1; t.Refresh() }

// FocusGained is Fyne's.
func (t *Tabs) FocusGained() { t.focused = true; t.Refresh() }

// FocusLost is Fyne's.
func (t *Tabs) FocusLost() { t.focused = false; t.Refresh() }

// TypedRune is Fyne's.
func (t *Tabs) TypedRune(rune) {}

// TypedKey moves with the arrows and hands on the rest.
func (t *Tabs) TypedKey(ev *fyne.KeyEvent) {
	i := indexOf(t.choices, t.chosen)
	switch ev.Name {
	case fyne.KeyRight:
		t.choose(i + 1)
	case fyne.KeyLeft:
		t.choose(i - 1)
	default:
		bubble(t, ev)
	}
}

// CreateRenderer is Fyne's.
func (t *Tabs) CreateRenderer() fyne.WidgetRenderer {
	rule, under, focus := newBox(theme.Border, "", 0), newBox(theme.Accent, "", 0), newRing()
	var texts []*line
	b := &brush{owner: t}
	b.refresh = func() {
		for len(texts) < len(t.choices) {
			texts = append(texts, newLine("", SizeBody, Regular, theme.Text2))
		}
		b.objects = objects(rule, under, focus)
		for i, c := range t.choices {
			face, col := Regular, theme.Text2
			switch {
			case c.id() == t.chosen:
				face, col = Medium, theme.Text
			case i == t.hover:
				col = theme.Text
			}
			texts[i].set(c.Text, face, col)
			b.objects = append(b.objects, texts[i].t)
		}
		repaint(rule, under, focus)
		focus.show(t.focused)
	}
	b.refresh()
	b.min = func() fyne.Size {
		w := 2 * t.padX
		for i := range t.choices {
			if i > 0 {
				w += 16
			}
			w += t.width(i)
		}
		return fyne.NewSize(w, 36)
	}
	b.layout = func(s fyne.Size) {
		rule.place(0, s.Height-1, s.Width, 1)
		under.show(false)
		x := t.padX
		for i, c := range t.choices {
			w := t.width(i)
			texts[i].place(x, 0, w, 36)
			if c.id() == t.chosen {
				under.place(x, s.Height-2, w, 2)
				under.show(true)
				focus.place(x-2, 7, w+4, 22, 4)
			}
			x += w + 16
		}
	}
	return b
}
