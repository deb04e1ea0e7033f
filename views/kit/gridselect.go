package kit

// Selected lists the ids of the selected rows, in no order.
func (g *Grid) Selected() []RowID {
	out := make([]RowID, 0, len(g.selected))
	for id := range g.selected {
		out = append(out, id)
	}
	return out
}

// SelectedCount is how many rows are selected.
func (g *Grid) SelectedCount() int { return len(g.selected) }

// IsSelected reports whether a row is selected.
func (g *Grid) IsSelected(id RowID) bool {
	_, ok := g.selected[id]
	return ok
}

// Current is the current row; ok is false when there is none.
func (g *Grid) Current() (id RowID, ok bool) {
	return g.curID, g.current >= 0 && !g.curID.Zero()
}

// CurrentIndex is the place of the current row, -1 if none.
func (g *Grid) CurrentIndex() int { return g.current }

// SetCurrent makes row i current, selects only it and scrolls it into sight.
// It tells OnCurrent and OnSelect.
func (g *Grid) SetCurrent(i int) { g.moveTo(i, 0) }

// Mark makes row i current without selecting it.
func (g *Grid) Mark(i int) { g.moveTo(i, moveKeep) }

// Select selects exactly these rows.
func (g *Grid) Select(ids ...RowID) {
	g.clearSelection()
	for _, id := range ids {
		g.selected[id] = struct{}{}
	}
	g.selectionChanged()
}

// Deselect takes rows out of the selection: after they were deleted.
func (g *Grid) Deselect(ids ...RowID) {
	for _, id := range ids {
		delete(g.selected, id)
	}
	g.selectionChanged()
}

// SelectAll selects all rows: those in memory, or all of an Identified
// source.
func (g *Grid) SelectAll() {
	g.selectRange(0, g.length-1)
	g.selectionChanged()
}

// ClearSelection selects nothing.
func (g *Grid) ClearSelection() {
	g.clearSelection()
	g.selectionChanged()
}

func (g *Grid) clearSelection() { g.selected = map[RowID]struct{}{} }

func (g *Grid) selectionChanged() {
	g.list.rebind()
	g.head.Refresh()
	if g.OnSelect != nil {
		g.OnSelect()
	}
}

// idAt is the id of a row that can be selected.
func (g *Grid) idAt(i int) (RowID, bool) {
	if i < 0 || i >= g.length || g.src == nil {
		return RowID{}, false
	}
	if d, ok := g.src.Row(i); ok {
		return d.ID, d.Group == nil && !d.Fixed && !d.ID.Zero()
	}
	if s, ok := g.src.(Identified); ok {
		return s.ID(i)
	}
	return RowID{}, false
}

func (g *Grid) selectRange(a, b int) {
	if a > b {
		a, b = b, a
	}
	for i := max(0, a); i <= min(b, g.length-1); i++ {
		if id, ok := g.idAt(i); ok {
			g.selected[id] = struct{}{}
		}
	}
}

// how a move selects.
type moveMode int

const (
	moveExtend moveMode = 1 << iota // Shift: the range from the anchor
	moveKeep                        // Ctrl: move without selecting
)

// moveTo makes row i current.
func (g *Grid) moveTo(i int, mode moveMode) {
	if g.length == 0 {
		return
	}
	i = max(0, min(i, g.length-1))
	was := g.curID
	g.current = i
	g.curID = RowID{}
	if d, ok := g.src.Row(i); ok {
		g.curID = d.ID
	} else if s, ok := g.src.(Identified); ok {
		g.curID, _ = s.ID(i)
	}
	changed := false
	switch {
	case mode&moveExtend != 0:
		if g.anchor < 0 {
			g.anchor = i
		}
		if mode&moveKeep == 0 {
			g.clearSelection()
		}
		g.selectRange(g.anchor, i)
		changed = true
	case mode&moveKeep != 0:
	default:
		g.anchor = i
		g.clearSelection()
		if id, ok := g.idAt(i); ok {
			g.selected[id] = struct{}{}
		}
		changed = true
	}
	g.list.reveal(i)
	if changed {
		g.selectionChanged()
	} else {
		g.list.rebind()
	}
	if g.OnCurrent != nil && (was != g.curID || g.curID.Zero()) {
		g.OnCurrent(g.curID, !g.curID.Zero())
	}
}

// toggle changes whether row i is selected.
func (g *Grid) toggle(i int) {
	id, ok := g.idAt(i)
	if !ok {
		return
	}
	if _, on := g.selected[id]; on {
		delete(g.selected, id)
	} else {
		g.selected[id] = struct{}{}
	}
	g.anchor = i
	g.selectionChanged()
}

// groupSpan is the range of rows that belong to the group row i.
func (g *Grid) groupSpan(i int) (from, to int) {
	to = g.length
	for _, k := range g.list.tall {
		if k > i {
			to = k
			break
		}
	}
	return i + 1, to
}

// groupState is what the check box of group row i shows.
func (g *Grid) groupState(i int, d *RowData) CheckState {
	if g.OnGroupCheck != nil {
		return d.Group.Check
	}
	if len(g.selected) == 0 {
		return Off
	}
	from, to := g.groupSpan(i)
	on, all := 0, 0
	for k := from; k < to; k++ {
		if id, ok := g.idAt(k); ok {
			all++
			if g.IsSelected(id) {
				on++
			}
		}
	}
	switch on {
	case 0:
		return Off
	case all:
		return On
	}
	return Some
}

func (g *Grid) checkGroup(i int, d *RowData) {
	on := g.groupState(i, d) != On
	if g.OnGroupCheck != nil {
		g.OnGroupCheck(d.ID, on)
		return
	}
	from, to := g.groupSpan(i)
	for k := from; k < to; k++ {
		if id, ok := g.idAt(k); ok {
			if on {
				g.selected[id] = struct{}{}
			} else {
				delete(g.selected, id)
			}
		}
	}
	g.selectionChanged()
}

// headState is what the check box of the header shows.
func (g *Grid) headState() CheckState {
	switch n := len(g.selected); {
	case n == 0:
		return Off
	case n >= g.length-len(g.list.tall):
		return On
	}
	return Some
}
