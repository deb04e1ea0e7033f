package kit

import (
	"math"
	"slices"
	"sort"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// vlist paints the rows of a list of any length from an integer index: it
// keeps its own offset in whole units (int64) and gives Fyne only positions
// inside the window, so that nothing rounds at millions of rows. A row that
// stays in sight while scrolling is moved, not painted again.
type vlist struct {
	widget.BaseWidget

	owner  vlistOwner
	pitch  int
	extra  int   // how much higher tall rows are
	tall   []int // indexes of tall rows, sorted
	count  int
	offset int64
	shift  float32 // horizontal offset
	wide   float32 // least width of a row; 0: as wide as the list
	margin int     // room below the last row

	rows    map[int]*vrow
	spare   []*vrow
	layer   *fyne.Container
	vbar    *scrollBar
	hbar    *scrollBar
	focused bool
	refit   bool // rows paint only what is in sight sideways: bind them on each shift
	from    int
	to      int // rows from..to-1 are in sight
}

// vrow is one painted row. What it shows is the owner's.
type vrow struct {
	box   *fyne.Container
	view  any
	index int
	bound bool
	width float32
}

// vlistOwner is the widget around a vlist.
type vlistOwner interface {
	newRow() (view any, objects []fyne.CanvasObject)
	bindRow(view any, index int, size fyne.Size)
	rangeChanged(from, to int)
	rowDown(index int, x, y float32, ev *desktop.MouseEvent)
	rowDouble(index int, x float32)
	rowHover(index int, x float32, at fyne.Position) // -1: none
	rowDrag(index int, x float32)                    // the primary button is held
	focusChanged(on bool)
	typedKey(ev *fyne.KeyEvent)
	typedRune(r rune)
	typedShortcut(s fyne.Shortcut)
}

func newVlist(owner vlistOwner, pitch int) *vlist {
	v := &vlist{owner: owner, pitch: pitch, rows: map[int]*vrow{}}
	v.layer = container.NewWithoutLayout()
	v.vbar = newScrollBar(true, func(part float64) {
		v.scrollTo(int64(math.Round(part * float64(v.maxOffset()))))
	})
	v.hbar = newScrollBar(false, func(part float64) {
		v.shiftTo(float32(part) * max(0, v.wide-v.Size().Width))
	})
	v.ExtendBaseWidget(v)
	return v
}

// setCount says how many rows there are and which are tall, and binds anew.
func (v *vlist) setCount(n int, tall []int) {
	v.count, v.tall = n, tall
	v.offset = min(v.offset, v.maxOffset())
	v.rebind()
}

// top is where row i starts.
func (v *vlist) top(i int) int64 {
	return int64(i)*int64(v.pitch) + int64(sort.SearchInts(v.tall, i))*int64(v.extra)
}

func (v *vlist) rowHeight(i int) int {
	if k := sort.SearchInts(v.tall, i); k < len(v.tall) && v.tall[k] == i {
		return v.pitch + v.extra
	}
	return v.pitch
}

// rowAt is the row at y of the whole list, which may be count or more.
func (v *vlist) rowAt(y int64) int {
	if y < 0 {
		return -1
	}
	// The k-th tall row starts at tall[k]*pitch + k*extra.
	k := sort.Search(len(v.tall), func(k int) bool {
		return int64(v.tall[k])*int64(v.pitch)+int64(k)*int64(v.extra) > y
	})
	i := int((y - int64(k)*int64(v.extra)) / int64(v.pitch))
	if k > 0 && i <= v.tall[k-1] {
		i = v.tall[k-1]
	}
	return i
}

func (v *vlist) total() int64     { return v.top(v.count) + int64(v.margin) }
func (v *vlist) viewport() int64  { return int64(v.Size().Height) }
func (v *vlist) maxOffset() int64 { return max(0, v.total()-v.viewport()) }

// page is how many whole rows fit.
func (v *vlist) page() int { return max(1, int(v.viewport())/v.pitch-1) }

func (v *vlist) scrollTo(y int64) {
	y = max(0, min(y, v.maxOffset()))
	if y == v.offset {
		return
	}
	v.offset = y
	v.arrange()
}

// shiftTo scrolls sideways.
func (v *vlist) shiftTo(x float32) {
	x = round(max(0, min(x, v.wide-v.Size().Width)))
	if x == v.shift {
		return
	}
	v.shift = x
	if v.refit {
		v.rebind()
	} else {
		v.arrange()
	}
	v.owner.rangeChanged(v.from, v.to)
}

// reveal scrolls as little as needed to show row i.
func (v *vlist) reveal(i int) {
	if i < 0 || i >= v.count {
		return
	}
	top, h := v.top(i), int64(v.rowHeight(i))
	switch {
	case top < v.offset:
		v.scrollTo(top)
	case top+h > v.offset+v.viewport():
		v.scrollTo(top + h - v.viewport())
	}
}

// rebind paints all rows in sight anew.
func (v *vlist) rebind() {
	for _, r := range v.rows {
		r.bound = false
	}
	v.arrange()
}

// rebindRow paints row i anew if it is in sight.
func (v *vlist) rebindRow(i int) {
	if r, ok := v.rows[i]; ok {
		r.bound = false
		v.bind(r)
	}
}

func (v *vlist) rowWidth() float32 { return max(v.Size().Width, v.wide) }

func (v *vlist) bind(r *vrow) {
	w := v.rowWidth()
	if r.bound && r.width == w {
		return
	}
	size := fyne.NewSize(w, float32(v.rowHeight(r.index)))
	r.box.Resize(size)
	v.owner.bindRow(r.view, r.index, size)
	r.bound, r.width = true, w
}

// arrange puts the rows in sight in their places and takes back the others.
func (v *vlist) arrange() {
	size := v.Size()
	if size.Width <= 0 || size.Height <= 0 {
		return
	}
	v.offset = min(v.offset, v.maxOffset())
	from := max(0, v.rowAt(v.offset))
	to := min(v.count, v.rowAt(v.offset+v.viewport()-1)+1)
	to = max(from, to)
	var out []int
	for i := range v.rows {
		if i < from || i >= to {
			out = append(out, i)
		}
	}
	slices.Sort(out) // the same row always gets the same objects
	for _, i := range out {
		r := v.rows[i]
		r.box.Hide()
		r.bound = false
		v.spare = append(v.spare, r)
		delete(v.rows, i)
	}
	added := false
	for i := from; i < to; i++ {
		r, ok := v.rows[i]
		if !ok {
			if n := len(v.spare); n > 0 {
				r, v.spare = v.spare[n-1], v.spare[:n-1]
			} else {
				r = &vrow{}
				var objs []fyne.CanvasObject
				r.view, objs = v.owner.newRow()
				r.box = container.NewWithoutLayout(objs...)
				v.layer.Objects = append(v.layer.Objects, r.box)
				added = true
			}
			r.index, r.bound = i, false
			v.rows[i] = r
			r.box.Show()
		}
		v.bind(r)
		r.box.Move(fyne.NewPos(-v.shift, float32(v.top(i)-v.offset)))
	}
	if added {
		v.layer.Refresh()
	}
	v.vbar.set(float64(v.viewport()), float64(v.total()), float64(v.offset))
	v.hbar.set(float64(size.Width), float64(v.rowWidth()), float64(v.shift))
	changed := from != v.from || to != v.to
	v.from, v.to = from, to
	if changed {
		v.owner.rangeChanged(from, to)
	}
}

// Scrolled is Fyne's.
func (v *vlist) Scrolled(ev *fyne.ScrollEvent) {
	dx, dy := ev.Scrolled.DX, ev.Scrolled.DY
	if dx == 0 && modifiers()&fyne.KeyModifierShift != 0 {
		dx, dy = dy, 0
	}
	if dx != 0 && v.wide > v.Size().Width {
		v.shiftTo(v.shift - dx)
	}
	v.scrollTo(v.offset - int64(math.Round(float64(dy))))
}

// indexAt is the row under a place of the widget, -1 if none.
func (v *vlist) indexAt(pos fyne.Position) int {
	i := v.rowAt(v.offset + int64(pos.Y))
	if i < 0 || i >= v.count {
		return -1
	}
	return i
}

// MouseDown is Fyne's.
func (v *vlist) MouseDown(ev *desktop.MouseEvent) {
	hideTip(v)
	if c := canvasOf(v); c != nil && !v.focused {
		c.Focus(v)
	}
	i := v.indexAt(ev.Position)
	y := ev.Position.Y
	if i >= 0 {
		y -= float32(v.top(i) - v.offset)
	}
	v.owner.rowDown(i, ev.Position.X+v.shift, y, ev)
}

// MouseUp is Fyne's.
func (v *vlist) MouseUp(*desktop.MouseEvent) {}

// Dragged is Fyne's.
func (v *vlist) Dragged(ev *fyne.DragEvent) {
	y := v.offset + int64(ev.Position.Y)
	switch {
	case ev.Position.Y < 0:
		v.scrollTo(v.offset - int64(v.pitch))
	case ev.Position.Y > v.Size().Height:
		v.scrollTo(v.offset + int64(v.pitch))
	}
	if v.count > 0 {
		v.owner.rowDrag(max(0, min(v.count-1, v.rowAt(y))), ev.Position.X+v.shift)
	}
}

// DragEnd is Fyne's.
func (v *vlist) DragEnd() {}

// DoubleTapped is Fyne's.
func (v *vlist) DoubleTapped(ev *fyne.PointEvent) {
	if i := v.indexAt(ev.Position); i >= 0 {
		v.owner.rowDouble(i, ev.Position.X+v.shift)
	}
}

// MouseIn is Fyne's.
func (v *vlist) MouseIn(ev *desktop.MouseEvent) { v.MouseMoved(ev) }

// MouseMoved is Fyne's.
func (v *vlist) MouseMoved(ev *desktop.MouseEvent) {
	v.owner.rowHover(v.indexAt(ev.Position), ev.Position.X+v.shift, ev.AbsolutePosition)
}

// MouseOut is Fyne's.
func (v *vlist) MouseOut() { v.owner.rowHover(-1, 0, fyne.Position{}) }

// FocusGained is Fyne's.
func (v *vlist) FocusGained() { v.focused = true; v.owner.focusChanged(true) }

// FocusLost is Fyne's.
func (v *vlist) FocusLost() { v.focused = false; v.owner.focusChanged(false) }

// TypedRune is Fyne's.
func (v *vlist) TypedRune(r rune) { v.owner.typedRune(r) }

// TypedKey is Fyne's.
func (v *vlist) TypedKey(ev *fyne.KeyEvent) { v.owner.typedKey(ev) }

// TypedShortcut is Fyne's.
func (v *vlist) TypedShortcut(s fyne.Shortcut) { v.owner.typedShortcut(s) }

// scrolls reports whether there is more than has room.
func (v *vlist) scrolls() bool { return v.total() > v.viewport() && v.viewport() > 0 }

// CreateRenderer is Fyne's.
func (v *vlist) CreateRenderer() fyne.WidgetRenderer {
	r := &clipBrush{brush{owner: v, objects: objects(v.layer, v.vbar, v.hbar)}}
	r.min = func() fyne.Size { return fyne.NewSize(64, float32(v.pitch)) }
	r.layout = func(s fyne.Size) {
		v.layer.Resize(s)
		v.shift = max(0, min(v.shift, v.wide-s.Width))
		v.vbar.Resize(fyne.NewSize(10, s.Height))
		v.vbar.Move(fyne.NewPos(s.Width-10, 0))
		v.hbar.Resize(fyne.NewSize(s.Width, 10))
		v.hbar.Move(fyne.NewPos(0, s.Height-10))
		v.arrange()
	}
	r.refresh = func() {
		for _, row := range v.rows {
			row.bound = false
		}
	}
	return r
}
