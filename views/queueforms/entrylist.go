package queueforms

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"posthouse/views/kit"
	"posthouse/views/theme"
)

// entryRow is what one line of an entryList shows.
type entryRow struct {
	icon, name string
	badges     []fyne.CanvasObject
	says       string
	ink        fyne.ThemeColorName // of says
}

// entryList shows who may do what, one account a line, one of them chosen. The
// arrows move, Del removes.
type entryList struct {
	widget.BaseWidget

	onChoose func(i int)
	onDelete func()

	rows    []entryRow
	empty   string // said where there is no row
	chosen  int
	focused bool
	box     *fyne.Container
	scroll  *container.Scroll
}

const (
	entryPitch = 28
	entryMost  = 7 // rows in sight
)

func newEntryList(choose func(int), remove func()) *entryList {
	l := &entryList{onChoose: choose, onDelete: remove, box: kit.Stack(0)}
	l.scroll = container.NewVScroll(l.box)
	l.ExtendBaseWidget(l)
	return l
}

// set shows rows, or the words for none.
func (l *entryList) set(rows []entryRow, chosen int, empty string) {
	l.rows, l.chosen, l.empty = rows, chosen, empty
	l.fill()
	l.reveal()
}

// fill makes the lines anew: there are few.
func (l *entryList) fill() {
	l.box.Objects = nil
	for i, r := range l.rows {
		name := kit.NewLabel(r.name)
		if i == l.chosen {
			name.Face(kit.Medium)
		}
		fit := &entryLayout{name: name.MinSize().Width}
		said := kit.NewLabel(r.says).Color(r.ink)
		if r.ink == theme.Danger {
			said.Face(kit.Medium)
		}
		fit.says = said.MinSize().Width
		line := container.New(fit, kit.NewIcon(r.icon, 16, theme.Muted), name.Cut(kit.Middle), kit.Row(r.badges...), said.Cut(kit.End))
		var fill, bar fyne.ThemeColorName // none: the frame has round corners
		switch {
		case i == l.chosen && l.focused:
			fill, bar = theme.Selection, theme.Accent
		case i == l.chosen:
			fill, bar = theme.SelectionIdle, theme.SelectionIdle
		}
		edge := kit.NewPanel(bar, kit.Fixed(3, entryPitch, container.NewWithoutLayout()))
		l.box.Add(kit.NewPanel(fill, kit.Dock(nil, nil, edge, nil, line)))
	}
	if len(l.rows) == 0 {
		l.box.Add(kit.Padded(4, 12, 4, 12, kit.NewLabel(l.empty).Color(theme.Text2)))
	}
	l.Refresh()
}

// reveal scrolls the chosen line into sight.
func (l *entryList) reveal() {
	top, h := float32(l.chosen)*entryPitch, l.Size().Height
	switch {
	case l.chosen < 0 || h == 0:
	case top < l.scroll.Offset.Y:
		l.scroll.ScrollToOffset(fyne.NewPos(0, top))
	case top+entryPitch > l.scroll.Offset.Y+h:
		l.scroll.ScrollToOffset(fyne.NewPos(0, top+entryPitch-h))
	}
}

func (l *entryList) choose(i int) {
	if i < 0 || i >= len(l.rows) || i == l.chosen {
		return
	}
	l.chosen = i
	l.fill()
	l.reveal()
	l.onChoose(i)
}

// MinSize shows a handful of lines.
func (l *entryList) MinSize() fyne.Size {
	return fyne.NewSize(160, float32(min(max(1, len(l.rows)), entryMost))*entryPitch)
}

// MouseDown takes the keyboard and chooses.
func (l *entryList) MouseDown(ev *desktop.MouseEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(l); c != nil {
		c.Focus(l)
	}
	l.choose(int((ev.Position.Y + l.scroll.Offset.Y) / entryPitch))
}

// MouseUp is Fyne's.
func (l *entryList) MouseUp(*desktop.MouseEvent) {}

// FocusGained is Fyne's.
func (l *entryList) FocusGained() { l.focused = true; l.fill() }

// FocusLost is Fyne's.
func (l *entryList) FocusLost() { l.focused = false; l.fill() }

// TypedRune is Fyne's.
func (l *entryList) TypedRune(rune) {}

// TypedKey moves, removes, and hands on the rest.
func (l *entryList) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyUp:
		l.choose(l.chosen - 1)
	case fyne.KeyDown:
		l.choose(l.chosen + 1)
	case fyne.KeyHome:
		l.choose(0)
	case fyne.KeyEnd:
		l.choose(len(l.rows) - 1)
	case fyne.KeyDelete:
		l.onDelete()
	default:
		kit.PassKey(l, ev)
	}
}

// CreateRenderer is Fyne's.
func (l *entryList) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(kit.Calm(l.scroll))
}

// entryLayout lays a line out: icon, name, badges right behind it, the words at
// the right edge. Where they do not fit, the words give way first, then the name.
type entryLayout struct{ name, says float32 }

func (entryLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(120, entryPitch) }

func (e entryLayout) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	const inset, gap = 12, 8
	icon, name, badges, says := objs[0], objs[1], objs[2], objs[3]
	b := badges.MinSize().Width
	room := s.Width - (inset - 3) - inset - 16 - 2*gap
	if b > 0 {
		room -= b + gap
	}
	right := min(e.says, max(room-e.name, room*0.4))
	left := min(e.name, room-right)
	place := func(o fyne.CanvasObject, x, w, h float32) {
		o.Move(fyne.NewPos(x, float32(int((s.Height-h)/2))))
		o.Resize(fyne.NewSize(w, h))
	}
	x := float32(inset - 3)
	place(icon, x, 16, 16)
	x += 16 + gap
	place(name, x, left, 20)
	place(badges, x+left+gap, b, 18)
	place(says, s.Width-inset-right, right, 20)
}
