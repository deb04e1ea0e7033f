package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"posthouse/views/theme"
)

// Grid shows rows of a Source in columns: any number of rows, several of which
// can be selected, with a header to sort and size columns.
//
// Rows are painted from an integer index when they come into sight, so a
// million rows cost what fifty do. Selection and current row are kept by id
// over Refresh.
//
// Keys: Up, Down, Page Up, Page Down, Home, End move the current row; with
// Shift they select a range, with Ctrl they move without selecting; Ctrl+A
// selects all, Space toggles the current row, Enter activates, Del deletes,
// Shift+F10 and the menu key open the menu, Left and Right close and open a
// group. Every other key goes to OnKey, then to the dialog or window.
type Grid struct {
	widget.BaseWidget

	// OnNeed asks for rows from..to-1, which are in sight or near and not in
	// memory. It is called again only when the range in sight changes.
	OnNeed func(from, to int)
	// OnSelect is told after the selection changed.
	OnSelect func()
	// OnCurrent is told after the current row changed; false: there is none.
	OnCurrent func(id RowID, ok bool)
	// OnActivate runs on Enter and a double click.
	OnActivate func(id RowID)
	// OnDelete runs on Del.
	OnDelete func()
	// OnMenu asks for the menu of the selection, at a place of the window.
	OnMenu func(at fyne.Position)
	// OnSort asks for another order; SetSort shows it.
	OnSort func(Sort)
	// OnLayout is told after the user changed columns: keep Layout().
	OnLayout func()
	// OnColumns asks for the column chooser, on a secondary click on the
	// header; without it the grid shows its own.
	OnColumns func(at fyne.Position)
	// OnGroup asks to open or close a group.
	OnGroup func(id RowID, open bool)
	// OnGroupCheck asks to select or deselect all rows of a group; without it
	// the rows below it in memory are.
	OnGroupCheck func(id RowID, on bool)
	// OnCheck tells that a KindCheck cell was clicked.
	OnCheck func(id RowID, column string, on bool)
	// OnLink tells that a cell with Link was clicked.
	OnLink func(id RowID, column string)
	// OnKey sees keys and runes the grid does not use; true: it was used.
	OnKey func(*fyne.KeyEvent) bool
	// OnShortcut sees shortcuts but Select all; Ctrl+C arrives here. Those of
	// the window reach the window as well.
	OnShortcut func(fyne.Shortcut)

	src     Source
	columns []Column
	order   []int // shown columns, by index, left to right
	widths  []float32
	xs      []float32
	checks  bool
	bare    bool // no header
	pitch   int
	list    *vlist
	head    *gridHead
	sort    Sort
	empty   fyne.CanvasObject

	selected map[RowID]struct{}
	current  int
	curID    RowID
	anchor   int
	hover    int
	needFrom int
	needTo   int
	length   int
}

// NewGrid makes a grid with rows 28 high.
func NewGrid(src Source, columns ...Column) *Grid {
	g := &Grid{src: src, columns: columns, pitch: 28, current: -1, anchor: -1, hover: -1, selected: map[RowID]struct{}{}}
	g.list = newVlist(g, g.pitch)
	g.list.extra = 8
	for i, c := range columns {
		if !c.Hidden {
			g.order = append(g.order, i)
		}
	}
	g.head = newGridHead(g)
	g.ExtendBaseWidget(g)
	g.reload()
	return g
}

// Pitch sets the height of the rows: 28 or 32.
func (g *Grid) Pitch(p int) *Grid {
	g.pitch, g.list.pitch = p, p
	g.list.extra = 36 - p
	g.Refresh()
	return g
}

// Checks puts a check box before each row that shows and changes whether it
// is selected.
func (g *Grid) Checks() *Grid { g.checks = true; g.Refresh(); return g }

// NoHeader leaves the header out.
func (g *Grid) NoHeader() *Grid { g.bare = true; g.Refresh(); return g }

// Empty shows an object (an EmptyState) while there are no rows.
func (g *Grid) Empty(o fyne.CanvasObject) *Grid { g.empty = o; g.Refresh(); return g }

// SetEmpty changes what is shown while there are no rows.
func (g *Grid) SetEmpty(o fyne.CanvasObject) { g.Empty(o) }

// Source is where the rows come from.
func (g *Grid) Source() Source { return g.src }

// SetSource shows other rows from the top, with nothing selected.
func (g *Grid) SetSource(src Source) {
	g.src = src
	g.clearSelection()
	g.current, g.curID, g.anchor = -1, RowID{}, -1
	g.list.offset = 0
	g.Refresh()
	if g.OnSelect != nil {
		g.OnSelect()
	}
}

// Refresh asks the source anew. The selection stays by id.
func (g *Grid) Refresh() {
	g.reload()
	g.BaseWidget.Refresh()
}

// reload takes over the length and groups of the source and finds the
// current row again.
func (g *Grid) reload() {
	g.length = 0
	var groups []int
	if g.src != nil {
		g.length = g.src.Len()
		if s, ok := g.src.(Grouped); ok {
			groups = s.GroupRows()
		}
	}
	g.findCurrent()
	g.needFrom, g.needTo = 0, 0
	g.list.setCount(g.length, groups)
	g.need()
}

// findCurrent looks for the current row's new place.
func (g *Grid) findCurrent() {
	if g.current < 0 {
		return
	}
	was := g.current
	g.current = min(g.current, g.length-1)
	if !g.curID.Zero() {
		if s, ok := g.src.(Indexed); ok {
			if i, found := s.Index(g.curID); found && i < g.length {
				g.current = i
			}
		} else {
			for d := 0; d < 400; d++ {
				if g.idIs(was-d, g.curID) {
					g.current = was - d
					break
				}
				if g.idIs(was+d, g.curID) {
					g.current = was + d
					break
				}
			}
		}
	}
	if g.anchor == was {
		g.anchor = g.current
	}
	g.anchor = min(g.anchor, g.length-1)
}

func (g *Grid) idIs(i int, id RowID) bool {
	if i < 0 || i >= g.length {
		return false
	}
	d, ok := g.src.Row(i)
	return ok && d.ID == id
}

// RefreshRow paints row i anew.
func (g *Grid) RefreshRow(i int) { g.list.rebindRow(i) }

// RefreshRows paints anew the rows from..to-1 that are in sight: after a page
// has come in.
func (g *Grid) RefreshRows(from, to int) {
	for i := max(from, g.list.from); i < min(to, g.list.to); i++ {
		g.list.rebindRow(i)
	}
}

// VisibleRange is the range of rows in sight, from..to-1.
func (g *Grid) VisibleRange() (from, to int) { return g.list.from, g.list.to }

// ScrollTo scrolls row i into sight.
func (g *Grid) ScrollTo(i int) { g.list.reveal(i) }

// ScrollOffset is how far the grid is scrolled, in units from the top.
func (g *Grid) ScrollOffset() int64 { return g.list.offset }

// SetScrollOffset scrolls to an offset of ScrollOffset.
func (g *Grid) SetScrollOffset(y int64) { g.list.scrollTo(y) }

// Focus puts the keyboard into the grid.
func (g *Grid) Focus() {
	if c := canvasOf(g); c != nil {
		c.Focus(g.list)
	}
}

// Focusable is what takes the keyboard.
func (g *Grid) Focusable() fyne.Focusable { return g.list }

// Focused reports whether the keyboard is in the grid.
func (g *Grid) Focused() bool { return g.list.focused }

// rangeChanged is called when other rows came into sight.
func (g *Grid) rangeChanged(int, int) {
	g.need()
	g.head.follow()
}

// need asks for rows in sight, and a page around them, that are missing.
func (g *Grid) need() {
	if g.OnNeed == nil || g.src == nil {
		return
	}
	from, to := g.list.from, g.list.to
	if from == g.needFrom && to == g.needTo {
		return
	}
	g.needFrom, g.needTo = from, to
	page := max(1, to-from)
	a, b := max(0, from-page), min(g.length, to+page)
	for a < b {
		if _, ok := g.src.Row(a); !ok {
			break
		}
		a++
	}
	for b > a {
		if _, ok := g.src.Row(b - 1); !ok {
			break
		}
		b--
	}
	if a < b {
		g.OnNeed(a, b)
	}
}

// focusChanged repaints the selection in its other colour.
func (g *Grid) focusChanged(on bool) {
	if on && g.current < 0 && g.length > 0 {
		mode := moveMode(0)
		if g.checks {
			mode = moveKeep // nothing is checked unasked
		}
		g.moveTo(0, mode)
	}
	g.list.rebind()
}

// CreateRenderer is Fyne's.
func (g *Grid) CreateRenderer() fyne.WidgetRenderer {
	back := newBox(theme.Surface, "", 0)
	b := &brush{owner: g}
	b.refresh = func() {
		back.repaint()
		b.objects = objects(back, g.list)
		if !g.bare {
			b.objects = append(b.objects, g.head)
		}
		if g.empty != nil {
			b.objects = append(b.objects, g.empty)
			setVisible(g.empty, g.length == 0)
		}
		g.head.Refresh()
	}
	b.min = func() fyne.Size { return fyne.NewSize(120, float32(28+g.pitch)) }
	b.layout = func(s fyne.Size) {
		top := float32(gridHeadHeight)
		if g.bare {
			top = 0
		}
		back.place(0, 0, s.Width, s.Height)
		g.measureColumns(s.Width)
		g.head.Resize(fyne.NewSize(s.Width, gridHeadHeight))
		g.list.Move(fyne.NewPos(0, top))
		g.list.Resize(fyne.NewSize(s.Width, max(0, s.Height-top)))
		g.list.rebind()
		g.head.follow()
		g.need()
		if g.empty != nil {
			g.empty.Move(fyne.NewPos(0, top))
			g.empty.Resize(fyne.NewSize(s.Width, max(0, s.Height-top)))
		}
	}
	b.refresh()
	return b
}

const (
	gridHeadHeight = 28
	gridCheckWidth = 28
	gridEdge       = 8 // beside the first and last column
)

// measureColumns shares out the width w.
func (g *Grid) measureColumns(w float32) {
	g.widths = g.widths[:0]
	g.xs = g.xs[:0]
	left := float32(gridEdge)
	if g.checks {
		left += gridCheckWidth
	}
	total := left + gridEdge
	stretch := 0
	var least float32
	for _, i := range g.order {
		c := g.columns[i]
		if c.Width > 0 {
			total += c.Width
		} else {
			stretch++
			least += max(120, c.least())
		}
	}
	room := max(w-total, least)
	x := left
	for _, i := range g.order {
		c := g.columns[i]
		cw := c.Width
		if cw == 0 {
			cw = max(max(120, c.least()), floor(room/float32(stretch)))
		}
		g.xs = append(g.xs, x)
		g.widths = append(g.widths, cw)
		x += cw
	}
	g.list.wide = x + gridEdge
	if g.list.wide < w {
		g.list.wide = 0
	}
}

// columnAt is the position in order of the column at x of the row, or -1.
func (g *Grid) columnAt(x float32) int {
	for k := range g.xs {
		if x >= g.xs[k] && x < g.xs[k]+g.widths[k] {
			return k
		}
	}
	return -1
}

// Layout is the order, widths and visibility of the columns.
func (g *Grid) Layout() []ColumnState {
	out := make([]ColumnState, 0, len(g.columns))
	shown := map[int]bool{}
	for _, i := range g.order {
		shown[i] = true
		out = append(out, ColumnState{Key: g.columns[i].Key, Width: g.columns[i].Width})
	}
	for i, c := range g.columns {
		if !shown[i] {
			out = append(out, ColumnState{Key: c.Key, Width: c.Width, Hidden: true})
		}
	}
	return out
}

// SetLayout arranges the columns as a Layout says. Unknown keys are passed
// over; columns it does not name keep their place at the end.
func (g *Grid) SetLayout(states []ColumnState) {
	var order []int
	seen := map[int]bool{}
	for _, s := range states {
		for i := range g.columns {
			c := &g.columns[i]
			if c.Key != s.Key || seen[i] {
				continue
			}
			seen[i] = true
			if c.Width > 0 && s.Width >= 24 {
				c.Width = s.Width
			}
			c.Hidden = s.Hidden && !c.Needed
			if !c.Hidden {
				order = append(order, i)
			}
		}
	}
	for i, c := range g.columns {
		if !seen[i] && !c.Hidden {
			order = append(order, i)
		}
	}
	if len(order) > 0 {
		g.order = order
	}
	g.Refresh()
}

// SetSort shows an order in the header; the rows are the source's matter.
func (g *Grid) SetSort(s Sort) {
	g.sort = s
	g.head.Refresh()
}

// SortShown is the order shown.
func (g *Grid) SortShown() Sort { return g.sort }
