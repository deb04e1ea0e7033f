package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"posthouse/views/theme"
)

// gridHead is the header of a grid: titles, the sort arrow, edges to drag.
type gridHead struct {
	widget.BaseWidget
	grid    *Grid
	drag    int // column whose edge is dragged, in order; -1
	dragged bool
	atEdge  bool
	hover   int
	press   float32
}

func newGridHead(g *Grid) *gridHead {
	h := &gridHead{grid: g, drag: -1, hover: -1}
	h.ExtendBaseWidget(h)
	return h
}

// follow moves the titles when the grid scrolls sideways.
func (h *gridHead) follow() {
	if h.grid.list.shift != 0 || h.grid.list.wide > 0 {
		h.Refresh()
	}
}

// edgeAt is the column whose right edge is near x, or -1.
func (h *gridHead) edgeAt(x float32) int {
	g := h.grid
	x += g.list.shift
	for k := range g.xs {
		if e := g.xs[k] + g.widths[k]; x > e-4 && x < e+4 {
			return k
		}
	}
	return -1
}

// MouseDown takes hold of an edge.
func (h *gridHead) MouseDown(ev *desktop.MouseEvent) {
	h.drag = -1
	h.dragged = false
	h.press = ev.Position.X
	if ev.Button == desktop.MouseButtonPrimary {
		h.drag = h.edgeAt(ev.Position.X)
	}
}

// MouseUp is Fyne's.
func (h *gridHead) MouseUp(*desktop.MouseEvent) {}

// Dragged sizes a column.
func (h *gridHead) Dragged(ev *fyne.DragEvent) {
	if h.drag < 0 || h.drag >= len(h.grid.order) {
		return
	}
	g := h.grid
	h.dragged = true
	c := &g.columns[g.order[h.drag]]
	if c.Width == 0 {
		// The edge of the column that stretches moves its neighbour's width.
		if h.drag+1 < len(g.order) {
			n := &g.columns[g.order[h.drag+1]]
			if n.Width > 0 {
				n.Width = max(n.least(), n.Width-ev.Dragged.DX)
			}
		}
	} else {
		c.Width = max(c.least(), min(1200, c.Width+ev.Dragged.DX))
	}
	g.relayout()
}

// DragEnd is Fyne's.
func (h *gridHead) DragEnd() {
	if h.dragged && h.grid.OnLayout != nil {
		h.grid.OnLayout()
	}
	h.drag = -1
}

// relayout shares the width out again and repaints what is in sight.
func (g *Grid) relayout() {
	g.measureColumns(g.Size().Width)
	g.list.rebind()
	g.head.Refresh()
}

// Tapped sorts by the column, or selects all on the check box.
func (h *gridHead) Tapped(ev *fyne.PointEvent) {
	g := h.grid
	if h.dragged || h.edgeAt(h.press) >= 0 {
		h.dragged = false
		return
	}
	x := ev.Position.X + g.list.shift
	if g.checks && x < gridEdge+gridCheckWidth {
		if g.headState() == Off {
			g.SelectAll()
		} else {
			g.ClearSelection()
		}
		return
	}
	k := g.columnAt(x)
	if k < 0 || !g.columns[g.order[k]].Sortable || g.OnSort == nil {
		return
	}
	key := g.columns[g.order[k]].Key
	g.OnSort(Sort{Key: key, Desc: g.sort.Key == key && !g.sort.Desc})
}

// TappedSecondary opens the column chooser.
func (h *gridHead) TappedSecondary(ev *fyne.PointEvent) {
	if h.grid.OnColumns != nil {
		h.grid.OnColumns(ev.AbsolutePosition)
		return
	}
	ShowMenu(h.grid, ev.AbsolutePosition, h.grid.ColumnMenu()...)
}

// ColumnMenu is the column chooser as menu items: one a column, with a check
// mark.
func (g *Grid) ColumnMenu() []*fyne.MenuItem {
	var items []*fyne.MenuItem
	for _, st := range g.Layout() {
		i := g.columnIndex(st.Key)
		c := g.columns[i]
		title := c.Title
		if title == "" {
			title = c.Key
		}
		item := fyne.NewMenuItem(title, func() { g.ShowColumn(c.Key, st.Hidden) })
		item.Checked = !st.Hidden
		item.Disabled = c.Needed
		items = append(items, item)
	}
	return items
}

func (g *Grid) columnIndex(key string) int {
	for i, c := range g.columns {
		if c.Key == key {
			return i
		}
	}
	return -1
}

// ShowColumn shows or hides a column and tells OnLayout.
func (g *Grid) ShowColumn(key string, on bool) {
	states := g.Layout()
	for i := range states {
		if states[i].Key == key {
			states[i].Hidden = !on
		}
	}
	g.SetLayout(states)
	if g.OnLayout != nil {
		g.OnLayout()
	}
}

// Cursor is Fyne's.
func (h *gridHead) Cursor() desktop.Cursor {
	if h.atEdge || h.drag >= 0 {
		return desktop.HResizeCursor
	}
	return desktop.DefaultCursor
}

// MouseIn is Fyne's.
func (h *gridHead) MouseIn(ev *desktop.MouseEvent) { h.MouseMoved(ev) }

// MouseMoved is Fyne's.
func (h *gridHead) MouseMoved(ev *desktop.MouseEvent) {
	h.atEdge = h.edgeAt(ev.Position.X) >= 0
	if k := h.grid.columnAt(ev.Position.X + h.grid.list.shift); k != h.hover {
		h.hover = k
		h.Refresh()
	}
}

// MouseOut is Fyne's.
func (h *gridHead) MouseOut() {
	h.atEdge = false
	h.hover = -1
	h.Refresh()
}

// CreateRenderer is Fyne's.
func (h *gridHead) CreateRenderer() fyne.WidgetRenderer {
	g := h.grid
	back, rule := newBox(theme.Header, "", 0), newBox(theme.Border, "", 0)
	check, arrow := newMark(), newGlyph("", "")
	var titles []*line
	b := &clipBrush{brush{owner: h}}
	b.refresh = func() {
		for len(titles) < len(g.order) {
			titles = append(titles, newLine("", SizeSmall, Medium, theme.Muted))
		}
		b.objects = objects(back)
		for k := range g.order {
			b.objects = append(b.objects, titles[k].t)
		}
		b.objects = append(b.objects, objects(arrow, check.box, check.icon, rule)...)
		repaint(back, rule, arrow)
		check.set(g.headState(), false)
		check.show(g.checks)
	}
	b.refresh()
	b.min = func() fyne.Size { return fyne.NewSize(64, gridHeadHeight) }
	b.layout = func(s fyne.Size) {
		back.place(0, 0, s.Width, s.Height)
		rule.place(0, s.Height-1, s.Width, 1)
		check.place(16-g.list.shift, 6)
		arrow.set("", "")
		for k := range g.xs {
			if k >= len(titles) || k >= len(g.order) {
				break
			}
			c := g.columns[g.order[k]]
			x, w := g.xs[k]+8-g.list.shift, g.widths[k]-16
			col := theme.Muted
			if k == h.hover && c.Sortable {
				col = theme.Text
			}
			sorted := g.sort.Key == c.Key && c.Key != ""
			room := w
			if sorted {
				room -= 16
			}
			text, _ := fit(c.Title, room, SizeSmall, Medium, End)
			titles[k].set(text, Medium, col)
			tw := titles[k].width()
			left := x
			total := tw
			if sorted {
				total += 4 + 12
			}
			switch c.align() {
			case fyne.TextAlignTrailing:
				left = x + w - total
			case fyne.TextAlignCenter:
				left = x + floor((w-total)/2)
			}
			titles[k].place(left, 0, tw, 27)
			if sorted {
				name := "arrow-up"
				if g.sort.Desc {
					name = "arrow-down"
				}
				arrow.set(name, theme.Muted)
				arrow.place(round(left+tw+3), 7, 12)
			}
		}
	}
	return b
}
