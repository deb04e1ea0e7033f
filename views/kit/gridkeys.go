package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// rowDown selects on press: a double tap would hold a tap back.
func (g *Grid) rowDown(i int, x, y float32, ev *desktop.MouseEvent) {
	if i < 0 {
		if ev.Button == desktop.MouseButtonSecondary && g.OnMenu != nil {
			g.OnMenu(ev.AbsolutePosition)
		}
		return
	}
	d, ok := g.src.Row(i)
	if ev.Button == desktop.MouseButtonSecondary {
		if id, sel := g.idAt(i); sel && !g.IsSelected(id) {
			g.moveTo(i, 0)
		} else {
			g.moveTo(i, moveKeep)
		}
		if g.OnMenu != nil {
			g.OnMenu(ev.AbsolutePosition)
		}
		return
	}
	if ev.Button != desktop.MouseButtonPrimary {
		return
	}
	if ok && d.Group != nil {
		g.groupDown(i, x, &d)
		return
	}
	if g.checks && x < gridEdge+gridCheckWidth {
		g.moveTo(i, moveKeep)
		g.toggle(i)
		return
	}
	if ok && g.cellDown(x, &d) {
		return
	}
	var mode moveMode
	if ev.Modifier&fyne.KeyModifierShift != 0 {
		mode |= moveExtend
	}
	if ev.Modifier&fyne.KeyModifierShortcutDefault != 0 {
		mode |= moveKeep
	}
	g.moveTo(i, mode)
	if mode == moveKeep {
		g.toggle(i)
	}
}

// groupDown handles a press on a group row: its check box, or open and close.
func (g *Grid) groupDown(i int, x float32, d *RowData) {
	g.moveTo(i, moveKeep)
	switch {
	case g.checks && x < gridEdge+gridCheckWidth:
		g.checkGroup(i, d)
	case g.OnGroup != nil:
		g.OnGroup(d.ID, !d.Group.Open)
	}
}

// cellDown handles a press on a link or a check box of a cell.
func (g *Grid) cellDown(x float32, d *RowData) bool {
	k := g.columnAt(x)
	if k < 0 || g.order[k] >= len(d.Cells) {
		return false
	}
	col := g.columns[g.order[k]]
	cell := &d.Cells[g.order[k]]
	switch {
	case cell.Link && g.OnLink != nil:
		w := measureFast(cell.Text, SizeBody, Regular)
		from := g.xs[k] + 8
		if col.align() == fyne.TextAlignTrailing {
			from = g.xs[k] + g.widths[k] - 8 - w
		}
		if x < from || x > from+w {
			return false
		}
		g.OnLink(d.ID, col.Key)
		return true
	case col.Kind == KindCheck && g.OnCheck != nil:
		g.OnCheck(d.ID, col.Key, cell.Check != On)
		return true
	}
	return false
}

func (g *Grid) rowDouble(i int, x float32) {
	if g.checks && x < gridEdge+gridCheckWidth {
		return
	}
	if d, ok := g.src.Row(i); ok && d.Group == nil && !d.Fixed && g.OnActivate != nil {
		g.OnActivate(d.ID)
	}
}

func (g *Grid) rowDrag(int, float32) {}

func (g *Grid) rowHover(i int, x float32, at fyne.Position) {
	if i != g.hover {
		was := g.hover
		g.hover = i
		g.list.rebindRow(was)
		g.list.rebindRow(i)
	}
	hideTip(g)
	if i < 0 {
		return
	}
	r, ok := g.list.rows[i]
	if !ok {
		return
	}
	view := r.view.(*gridRow)
	if k := g.columnAt(x); k >= 0 && k < len(view.cut) && view.cut[k] {
		if d, ok := g.src.Row(i); ok && g.order[k] < len(d.Cells) {
			showTip(g, d.Cells[g.order[k]].full(), at)
		}
	}
}

func (c *Cell) full() string {
	if c.Text == "" {
		return c.State.Word
	}
	if c.Tail != "" {
		return c.Text + " " + c.Tail
	}
	return c.Text
}

func (g *Grid) typedRune(r rune) {
	if r == ' ' {
		return
	}
	if g.OnKey != nil {
		g.OnKey(&fyne.KeyEvent{Name: fyne.KeyName(string(r))})
	}
}

func (g *Grid) typedShortcut(s fyne.Shortcut) {
	if _, ok := s.(*fyne.ShortcutSelectAll); ok {
		g.SelectAll()
		return
	}
	if c, ok := s.(*desktop.CustomShortcut); ok && g.chord(c) {
		return
	}
	if g.OnShortcut != nil {
		g.OnShortcut(s)
	}
	forward(g, s)
}

// chord handles moves with Ctrl held, which arrive as shortcuts.
func (g *Grid) chord(c *desktop.CustomShortcut) bool {
	if c.Modifier&fyne.KeyModifierShortcutDefault == 0 {
		return false
	}
	mode := moveKeep
	if c.Modifier&fyne.KeyModifierShift != 0 {
		mode |= moveExtend
	}
	if c.KeyName == fyne.KeySpace {
		g.toggle(g.current)
		return true
	}
	return g.move(c.KeyName, mode)
}

// move handles the keys that move the current row.
func (g *Grid) move(key fyne.KeyName, mode moveMode) bool {
	switch key {
	case fyne.KeyUp:
		g.moveTo(g.current-1, mode)
	case fyne.KeyDown:
		g.moveTo(g.current+1, mode)
	case fyne.KeyPageUp:
		g.moveTo(g.current-g.list.page(), mode)
	case fyne.KeyPageDown:
		g.moveTo(g.current+g.list.page(), mode)
	case fyne.KeyHome:
		g.moveTo(0, mode)
	case fyne.KeyEnd:
		g.moveTo(g.length-1, mode)
	default:
		return false
	}
	return true
}

func (g *Grid) typedKey(ev *fyne.KeyEvent) {
	held := modifiers()
	var mode moveMode
	if held&fyne.KeyModifierShift != 0 {
		mode |= moveExtend
	}
	if held&fyne.KeyModifierShortcutDefault != 0 {
		mode |= moveKeep
	}
	if g.move(ev.Name, mode) {
		return
	}
	switch ev.Name {
	case fyne.KeySpace:
		g.space()
		return
	case fyne.KeyReturn, fyne.KeyEnter:
		if g.enter() {
			return
		}
	case fyne.KeyDelete:
		if g.OnDelete != nil {
			g.OnDelete()
			return
		}
	case fyne.KeyLeft, fyne.KeyRight:
		if g.openGroup(ev.Name == fyne.KeyRight) {
			return
		}
	case desktop.KeyMenu:
		g.menuAtCurrent()
		return
	case fyne.KeyF10:
		if held&fyne.KeyModifierShift != 0 {
			g.menuAtCurrent()
			return
		}
	}
	if g.OnKey != nil && g.OnKey(ev) {
		return
	}
	bubble(g, ev)
}

// space toggles the current row, or its group.
func (g *Grid) space() {
	if d, ok := g.currentRow(); ok && d.Group != nil {
		g.checkGroup(g.current, &d)
		return
	}
	g.toggle(g.current)
}

// enter activates the current row, its group or its link.
func (g *Grid) enter() bool {
	d, ok := g.currentRow()
	if !ok {
		return false
	}
	if d.Group != nil {
		if g.OnGroup != nil {
			g.OnGroup(d.ID, !d.Group.Open)
		}
		return true
	}
	if d.Fixed {
		for i := range d.Cells {
			if d.Cells[i].Link && g.OnLink != nil {
				g.OnLink(d.ID, g.columns[i].Key)
				return true
			}
		}
	}
	if g.OnActivate == nil {
		return false
	}
	g.OnActivate(d.ID)
	return true
}

func (g *Grid) openGroup(open bool) bool {
	d, ok := g.currentRow()
	if !ok || d.Group == nil || d.Group.Open == open || g.OnGroup == nil {
		return false
	}
	g.OnGroup(d.ID, open)
	return true
}

func (g *Grid) currentRow() (RowData, bool) {
	if g.current < 0 || g.current >= g.length {
		return RowData{}, false
	}
	return g.src.Row(g.current)
}

// menuAtCurrent asks for the menu below the current row.
func (g *Grid) menuAtCurrent() {
	if g.OnMenu == nil {
		return
	}
	pos := fyne.CurrentApp().Driver().AbsolutePositionForObject(g.list)
	if g.current >= 0 {
		g.list.reveal(g.current)
		pos.Y += float32(g.list.top(g.current)-g.list.offset) + float32(g.pitch)
	}
	g.OnMenu(pos.AddXY(32, 0))
}
