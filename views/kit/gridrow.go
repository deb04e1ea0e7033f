package kit

import (
	"fmt"

	"fyne.io/fyne/v2"

	"posthouse/views/theme"
)

// gridRow is what one row of a grid is painted with. Parts are made when a
// row first needs them and stay for the next.
type gridRow struct {
	grid  *Grid
	host  *fyne.Container
	back  *box
	edge  *box // the accent bar of the current row, or lines of a group
	foot  *box
	check *mark
	group *gridGroup
	cells []*gridCell
	cut   []bool
}

// gridCell is what one cell is painted with.
type gridCell struct {
	text  *line
	tail  *line
	icon  *glyph
	spark *spark
	bar   *bar
	mark  *mark
	pill  *pill
}

// gridGroup is what a group row is painted with besides.
type gridGroup struct {
	caret, icon             *glyph
	text, code, note, count *line
	unit                    *line
}

func (g *Grid) newRow() (any, []fyne.CanvasObject) {
	r := &gridRow{grid: g, back: newBox("", "", 0), edge: newBox(theme.Accent, "", 0), foot: newBox(theme.Border, "", 0)}
	return r, objects(r.back, r.edge, r.foot)
}

// arrange puts parts made later into the row, in the order of the columns, whichever
// was needed first.
func (r *gridRow) arrange() {
	all := objects(r.back, r.edge, r.foot)
	if r.check != nil {
		all = append(all, objects(r.check.box, r.check.icon)...)
	}
	if g := r.group; g != nil {
		all = append(all, objects(g.caret, g.icon, g.text, g.code, g.note, g.count, g.unit)...)
	}
	for _, c := range r.cells {
		all = append(all, c.parts()...)
	}
	r.host.Objects = all
}

// parts are those that were made.
func (c *gridCell) parts() []fyne.CanvasObject {
	all := objects(c.text)
	if c.icon != nil {
		all = append(all, objects(c.icon)...)
	}
	if c.tail != nil {
		all = append(all, objects(c.tail)...)
	}
	if c.spark != nil {
		all = append(all, c.spark.raster)
	}
	if c.bar != nil {
		all = append(all, objects(c.bar.track, c.bar.fill)...)
	}
	if c.mark != nil {
		all = append(all, objects(c.mark.box, c.mark.icon)...)
	}
	if c.pill != nil {
		all = append(all, objects(c.pill.back, c.pill.text)...)
	}
	return all
}

// rowBack says which token lies behind row i.
func (g *Grid) rowBack(i int, d *RowData) fyne.ThemeColorName {
	selected := g.IsSelected(d.ID) && !d.ID.Zero()
	isCurrent := i == g.current
	switch {
	case d.Group != nil && isCurrent && g.list.focused:
		return theme.Selection
	case d.Group != nil:
		return theme.Header
	case (selected || isCurrent && g.list.focused) && g.list.focused:
		return theme.Selection
	case selected:
		return theme.SelectionIdle
	case i == g.hover:
		return theme.Hover
	}
	return ""
}

func (g *Grid) bindRow(view any, i int, size fyne.Size) {
	r := view.(*gridRow)
	if r.host == nil {
		r.host = g.list.rows[i].box
	}
	d, ok := RowData{}, false
	if g.src != nil && i < g.src.Len() {
		d, ok = g.src.Row(i)
	}
	r.cut = r.cut[:0]
	r.back.set(g.rowBack(i, &d), "")
	r.back.place(0, 0, size.Width, size.Height)
	isGroup := ok && d.Group != nil
	if isGroup {
		r.edge.set(theme.Border, "")
		r.edge.place(0, 0, size.Width, 1)
		r.edge.show(true)
		r.foot.repaint()
		r.foot.place(0, size.Height-1, size.Width, 1)
	} else {
		r.edge.set(theme.Accent, "")
		r.edge.place(g.list.shift, 0, 3, size.Height)
		r.edge.show(i == g.current && g.list.focused)
	}
	r.foot.show(isGroup)
	r.showChecks(i, &d, ok, size.Height)
	r.showGroup(isGroup)
	for k := range r.cells {
		if isGroup || !ok || k >= len(g.order) {
			r.cells[k].hide()
		}
	}
	switch {
	case isGroup:
		r.paintGroup(d.Group, size)
	case !ok:
		r.paintPlaceholder(size.Height)
	default:
		for k, ci := range g.order {
			if k >= len(g.xs) {
				break
			}
			var cell Cell
			if ci < len(d.Cells) {
				cell = d.Cells[ci]
			}
			r.paintCell(k, &g.columns[ci], &cell, d.Quiet, size.Height)
		}
	}
}

func (r *gridRow) showChecks(i int, d *RowData, ok bool, h float32) {
	on := r.grid.checks && ok && !d.Fixed
	if r.check == nil {
		if !on {
			return
		}
		r.check = newMark()
		r.arrange()
	}
	if on {
		state := Off
		switch {
		case d.Group != nil:
			state = r.grid.groupState(i, d)
		case r.grid.IsSelected(d.ID):
			state = On
		}
		r.check.set(state, false)
		r.check.place(16, floor((h-16)/2))
	}
	r.check.show(on)
}

// cell gives the k-th cell, made if need be.
func (r *gridRow) cell(k int) *gridCell {
	for len(r.cells) <= k {
		c := &gridCell{text: newLine("", SizeBody, Regular, theme.Text)}
		r.cells = append(r.cells, c)
		r.arrange()
	}
	return r.cells[k]
}

func (c *gridCell) hide() {
	c.text.t.Hide()
	if c.tail != nil {
		c.tail.t.Hide()
	}
	if c.icon != nil {
		c.icon.i.Hide()
	}
	if c.spark != nil {
		c.spark.show(false)
	}
	if c.bar != nil {
		c.bar.show(false)
	}
	if c.mark != nil {
		c.mark.show(false)
	}
	if c.pill != nil {
		c.pill.show(false)
	}
}

// paintPlaceholder shows a row that is not in memory: a dash of the track
// colour in the first column.
func (r *gridRow) paintPlaceholder(h float32) {
	if len(r.grid.xs) == 0 {
		return
	}
	c := r.cell(0)
	c.text.set("…", Regular, theme.Muted)
	c.text.t.Alignment = fyne.TextAlignLeading
	c.text.place(r.grid.xs[0]+8, 0, 40, h)
	c.text.t.Show()
}

func (r *gridRow) paintCell(k int, col *Column, cell *Cell, quiet bool, h float32) {
	c := r.cell(k)
	c.hide()
	r.cut = append(r.cut, false)
	x, w := r.grid.xs[k]+8, r.grid.widths[k]-16
	switch col.Kind {
	case KindSpark:
		if len(cell.Values) > 1 {
			r.paintSpark(c, cell, x, w, h)
			return
		}
		if cell.Text == "" {
			cell.Text = "–"
		}
	case KindMeter:
		if cell.Part >= 0 {
			r.paintMeter(c, cell, x, w, h)
			return
		}
		cell.Text = "–"
	case KindCountdown:
		if cell.Part >= 0 {
			r.paintCountdown(c, cell, x, w, h)
			return
		}
		cell.Text, cell.Color = "–", theme.Muted
	case KindCheck:
		if c.mark == nil {
			c.mark = newMark()
			r.arrange()
		}
		c.mark.set(cell.Check, false)
		c.mark.place(x, floor((h-16)/2))
		c.mark.show(true)
		return
	case KindBadge:
		if cell.Text != "" {
			if c.pill == nil {
				c.pill = newPill()
				r.arrange()
			}
			c.pill.set(cell.Text, cell.Badge)
			c.pill.place(x, floor((h-18)/2))
			c.pill.show(true)
		}
		return
	case KindState:
		if cell.State.Word != "" {
			cell.Icon, cell.Ink = cell.State.Icon, cell.State.Color
			cell.Text = cell.State.Word
			if cell.Color == "" {
				cell.Color = cell.State.ink()
			}
		}
	}
	r.paintText(k, c, col, cell, quiet, x, w, h)
}

func (r *gridRow) paintSpark(c *gridCell, cell *Cell, x, w, h float32) {
	if c.spark == nil {
		c.spark = newSpark()
		r.arrange()
	}
	col := cell.Color
	if col == "" {
		col = theme.Muted
	}
	c.spark.set(cell.Values, col)
	c.spark.place(x, floor((h-20)/2), w)
	c.spark.show(true)
}

func (r *gridRow) paintMeter(c *gridCell, cell *Cell, x, w, h float32) {
	if c.bar == nil {
		c.bar = newBar()
		r.arrange()
	}
	col := cell.Color
	if col == "" {
		col = StorageColor(cell.Part)
	}
	const label = 44
	c.bar.set(col)
	c.bar.show(true)
	c.bar.place(x, floor((h-6)/2), max(8, w-label-4), cell.Part)
	text, ink := cell.Text, theme.Muted
	if text == "" {
		text = fmt.Sprintf("%.0f%%", cell.Part*100)
	}
	if col != theme.BorderStrong {
		ink = col
	}
	c.text.t.TextSize = SizeSmall
	c.text.set(text, Regular, ink)
	c.text.t.Alignment = fyne.TextAlignTrailing
	c.text.place(x+w-label, 0, label, h)
	c.text.t.Show()
}

func (r *gridRow) paintText(k int, c *gridCell, col *Column, cell *Cell, quiet bool, x, w, h float32) {
	face, size, cut := Regular, SizeBody, col.Cut
	switch {
	case col.Kind == KindMono:
		face, size, cut = Mono, SizeSmall, Middle
	case cell.Strong:
		face = Medium
	}
	align := col.align()
	ink := col.ink(cell, quiet)
	var iconW float32
	if cell.Icon != "" {
		iconW = 16
		if cell.Text != "" {
			iconW = 22
		}
	}
	text, wasCut := "", false
	if cell.Text != "" {
		text, wasCut = fit(cell.Text, w-iconW, size, face, cut)
	}
	r.cut[len(r.cut)-1] = wasCut
	if c.text.t.TextSize != size {
		c.text.t.TextSize = size
		c.text.color = ""
	}
	c.text.set(text, face, ink)
	textW := w - iconW
	if cell.Tail != "" || cell.Icon != "" || align == fyne.TextAlignCenter {
		textW = min(textW, c.text.width())
	}
	left := x + iconW
	switch align {
	case fyne.TextAlignTrailing:
		left = x + w - textW
	case fyne.TextAlignCenter:
		left = x + floor((w-iconW-textW)/2) + iconW
	}
	if cell.Icon != "" {
		if c.icon == nil {
			c.icon = newGlyph("", "")
			r.arrange()
		}
		inkIcon := cell.Ink
		if inkIcon == "" {
			inkIcon = theme.Muted
		}
		c.icon.set(cell.Icon, inkIcon)
		c.icon.place(round(left-iconW), floor((h-16)/2), 16)
		c.icon.i.Show()
	}
	if text != "" {
		if align == fyne.TextAlignTrailing {
			c.text.t.Alignment = fyne.TextAlignTrailing
		} else {
			c.text.t.Alignment = fyne.TextAlignLeading
		}
		c.text.place(left, 0, textW, h)
		c.text.t.Show()
	}
	if cell.Tail != "" && !wasCut {
		if c.tail == nil {
			c.tail = newLine("", SizeBody, Regular, theme.Muted)
			r.arrange()
		}
		room := x + w - left - textW - 8
		tail, tailCut := fit(cell.Tail, room, SizeBody, Regular, End)
		r.cut[len(r.cut)-1] = tailCut
		c.tail.set(tail, Regular, theme.Muted)
		c.tail.place(left+textW+8, 0, room, h)
		setVisible(c.tail.t, tail != "")
	}
}

func (r *gridRow) showGroup(on bool) {
	g := r.group
	if g == nil {
		if !on {
			return
		}
		g = &gridGroup{
			caret: newGlyph("caret-right", theme.Muted), icon: newGlyph("", ""),
			text: newLine("", SizeBody, Bold, theme.Text), code: newLine("", SizeCaption, Mono, theme.Muted),
			note: newLine("", SizeSmall, Regular, theme.Muted), count: newLine("", SizeBody, Bold, theme.Text),
			unit: newLine("", SizeBody, Regular, theme.Muted),
		}
		r.group = g
		r.arrange()
	}
	for _, l := range []*line{g.text, g.code, g.note, g.count, g.unit} {
		setVisible(l.t, on)
	}
	setVisible(g.caret.i, on)
	setVisible(g.icon.i, on && g.icon.name != "")
}

// paintGroup lays a group row out: the count in a column of 104, the note
// before it.
func (r *gridRow) paintGroup(d *Group, size fyne.Size) {
	g, h := r.group, size.Height
	x := float32(16)
	if r.grid.checks {
		x = 44
	}
	caret := "caret-right"
	if d.Open {
		caret = "caret-down"
	}
	g.caret.set(caret, theme.Muted)
	g.caret.place(x, 12, 12)
	x += 20
	ink := d.Ink
	if ink == "" {
		ink = theme.Muted
	}
	g.icon.set(d.Icon, ink)
	if d.Icon != "" {
		g.icon.place(x, 10, 16)
		x += 24
	}
	right := min(size.Width, r.grid.Size().Width) - 16
	g.unit.set(d.Unit, Regular, theme.Muted)
	g.count.set(d.Count, Bold, theme.Text)
	uw, cw := g.unit.width(), g.count.width()
	g.unit.place(right-uw, 0, uw, h)
	if d.Unit != "" {
		uw += 4
	}
	g.count.place(right-uw-cw, 0, cw, h)
	g.note.set(d.Note, Regular, theme.Muted)
	nw := g.note.width()
	noteX := right - 88 - 16 - nw
	g.note.place(noteX, 0, nw, h)
	room := noteX - 16 - x
	text, _ := fit(d.Text, room, SizeBody, Bold, End)
	g.text.set(text, Bold, theme.Text)
	tw := g.text.width()
	g.text.place(x, 0, tw, h)
	code, _ := fit(d.Code, room-tw-8, SizeCaption, Mono, End)
	g.code.set(code, Mono, theme.Muted)
	g.code.place(x+tw+8, 0, max(0, room-tw-8), h)
}
