package routemap

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"posthouse/localqm/mq"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

const (
	pickRow   = 28
	pickInset = 4
)

// pickList is one of the two lists of servers that gates are chosen in: too narrow
// for a grid.
//
// Keys: Up, Down, Home, End move; Enter and Space act, as a double click does.
type pickList struct {
	widget.BaseWidget

	// OnPick runs with the current server.
	OnPick func(mq.GUID)
	// OnCurrent is told after another server became current.
	OnCurrent func()

	ids     []mq.GUID
	names   []string
	current int
	hovered int
	focused bool
	top     int // the first row in sight
	tips    *kit.Label
	brush   brush
}

func newPickList() *pickList {
	l := &pickList{hovered: -1, tips: kit.NewLabel("")}
	l.ExtendBaseWidget(l)
	return l
}

// titled is the list below its title.
func (l *pickList) titled(title string) fyne.CanvasObject {
	return screen.Column(1, kit.Fixed(0, 20, kit.NewMuted(title)), l)
}

// set shows servers; the current one stays, or what comes in its place.
func (l *pickList) set(ids []mq.GUID, name func(mq.GUID) string) {
	if i := slices.Index(ids, l.id()); i >= 0 {
		l.current = i
	}
	l.ids, l.names = slices.Clone(ids), nil
	for _, id := range ids {
		l.names = append(l.names, name(id))
	}
	l.current = max(0, min(l.current, len(ids)-1))
	l.hovered = -1
	l.scrollTo(l.top)
	l.Refresh()
}

// id is the current server; zero: there is none.
func (l *pickList) id() mq.GUID {
	if l.current < len(l.ids) {
		return l.ids[l.current]
	}
	return mq.GUID{}
}

func (l *pickList) pick() {
	if id := l.id(); !id.IsZero() && l.OnPick != nil {
		l.OnPick(id)
	}
}

func (l *pickList) setCurrent(i int) {
	if i < 0 || i >= len(l.ids) {
		return
	}
	l.current = i
	l.scrollTo(max(min(l.top, i), i-l.rows()+1))
	l.Refresh()
	if l.OnCurrent != nil {
		l.OnCurrent()
	}
}

// rows is how many rows have room.
func (l *pickList) rows() int { return max(1, int(l.Size().Height-2*pickInset)/pickRow) }

func (l *pickList) scrollTo(top int) {
	l.top = max(0, min(top, len(l.ids)-l.rows()))
}

// rowAt is the row at a height; past the last one there is none.
func (l *pickList) rowAt(y float32) (int, bool) {
	i := int(y-pickInset) / pickRow
	if y < pickInset || i >= l.rows() || l.top+i >= len(l.ids) {
		return -1, false
	}
	return l.top + i, true
}

// Scrolled is Fyne's.
func (l *pickList) Scrolled(ev *fyne.ScrollEvent) {
	by := 1
	if ev.Scrolled.DY > 0 {
		by = -1
	}
	l.scrollTo(l.top + by)
	l.Refresh()
}

// FocusGained is Fyne's.
func (l *pickList) FocusGained() { l.focused = true; l.Refresh() }

// FocusLost is Fyne's.
func (l *pickList) FocusLost() { l.focused = false; l.Refresh() }

// TypedRune is Fyne's.
func (l *pickList) TypedRune(rune) {}

// TypedKey is Fyne's.
func (l *pickList) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyUp:
		l.setCurrent(l.current - 1)
	case fyne.KeyDown:
		l.setCurrent(l.current + 1)
	case fyne.KeyHome:
		l.setCurrent(0)
	case fyne.KeyEnd:
		l.setCurrent(len(l.ids) - 1)
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		l.pick()
	default:
		kit.PassKey(l, ev)
	}
}

// MouseDown makes a server current.
func (l *pickList) MouseDown(ev *desktop.MouseEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(l); c != nil {
		c.Focus(l)
	}
	if i, ok := l.rowAt(ev.Position.Y); ok {
		l.setCurrent(i)
	}
}

// MouseUp is Fyne's.
func (l *pickList) MouseUp(*desktop.MouseEvent) {}

// DoubleTapped acts.
func (l *pickList) DoubleTapped(ev *fyne.PointEvent) {
	if _, ok := l.rowAt(ev.Position.Y); ok {
		l.pick()
	}
}

// MouseIn is Fyne's.
func (l *pickList) MouseIn(ev *desktop.MouseEvent) { l.MouseMoved(ev) }

// MouseMoved is Fyne's.
func (l *pickList) MouseMoved(ev *desktop.MouseEvent) {
	i, _ := l.rowAt(ev.Position.Y)
	if i == l.hovered {
		return
	}
	l.hovered = i
	l.tips.MouseOut()
	if i >= 0 && cut(l.names[i], kit.SizeBody, kit.Regular, l.textRoom()) != l.names[i] {
		l.tips.Tip(l.names[i])
		l.tips.MouseIn(ev)
	}
	l.Refresh()
}

// MouseOut is Fyne's.
func (l *pickList) MouseOut() {
	l.tips.MouseOut()
	l.hovered = -1
	l.Refresh()
}

func (l *pickList) textRoom() float32 { return l.Size().Width - 2*pickInset - 22 - 6 - 8 }

// MinSize has room for three rows.
func (l *pickList) MinSize() fyne.Size { return fyne.NewSize(64, 3*pickRow+2*pickInset) }

// Resize paints the rows as wide as the list.
func (l *pickList) Resize(s fyne.Size) {
	l.BaseWidget.Resize(s)
	l.scrollTo(l.top)
	l.draw()
}

func (l *pickList) draw() {
	size := l.Size()
	l.brush.begin()
	edge, line := theme.BorderStrong, float32(1)
	if l.focused {
		edge, line = theme.Focus, 2
	}
	l.brush.framed(0, 0, size.Width, size.Height, 6, line, theme.Surface, edge)
	for i := l.top; i < min(len(l.ids), l.top+l.rows()); i++ {
		y := pickInset + float32((i-l.top)*pickRow)
		fill := theme.Surface
		switch {
		case i == l.current && l.focused:
			fill = theme.Selection
		case i == l.current:
			fill = theme.SelectionIdle
		case i == l.hovered:
			fill = theme.Hover
		}
		l.brush.box(pickInset, y, size.Width-2*pickInset, pickRow, 4, fill)
		l.brush.icon("server", theme.Muted, pickInset+6, y+6, 16)
		l.brush.text(l.names[i], kit.SizeBody, kit.Regular, theme.Text, pickInset+28, y, l.textRoom(), pickRow, fyne.TextAlignLeading)
	}
	if n := len(l.ids); n > l.rows() {
		room := size.Height - 2*pickInset
		high := max(12, room*float32(l.rows())/float32(n))
		at := (room - high) * float32(l.top) / float32(n-l.rows())
		l.brush.box(size.Width-pickInset-4, pickInset+at, 4, high, 2, theme.ScrollBar)
	}
}

// CreateRenderer is Fyne's.
func (l *pickList) CreateRenderer() fyne.WidgetRenderer { return &pickRenderer{l} }

type pickRenderer struct{ l *pickList }

func (r *pickRenderer) Destroy()           {}
func (r *pickRenderer) MinSize() fyne.Size { return r.l.MinSize() }
func (r *pickRenderer) Layout(fyne.Size)   { r.l.draw() }

func (r *pickRenderer) Objects() []fyne.CanvasObject {
	return append([]fyne.CanvasObject{r.l.tips}, r.l.brush.shown...)
}

func (r *pickRenderer) Refresh() {
	r.l.brush.recolor()
	r.l.draw()
	canvas.Refresh(r.l)
}
