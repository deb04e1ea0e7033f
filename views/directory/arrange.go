package directory

import (
	"slices"

	"fyne.io/fyne/v2"

	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// The arrangements, by the room there is: the inspector at the right from a window of
// 1280 with the sidebar, else under the list.
const (
	arrangeUnder = iota
	arrangeSide
	arrangeWide
)

const (
	sideFrom  = 1280 - 264 - 8
	wideFrom  = 1400 - 264
	treeWide  = 232
	useHigh   = 206
	underMost = 320
)

const (
	labelWide = 138
	typeWide  = 116
	whereWide = 108
)

var (
	paneWidth = screen.Setting[float32]{Key: "directory.pane", Default: 408}
	treeWidth = screen.Setting[float32]{Key: "directory.tree", Default: treeWide}
)

// arrange puts tree, list and inspector where there is room for them.
func (v *View) arrange() fyne.CanvasObject {
	prefs := v.host.Preferences()
	result := screen.Column(0, kit.NewPanel(theme.Surface, kit.Fixed(0, 35, kit.Padded(0, 16, 0, 16, v.sum))), kit.NewRule())
	footer := kit.Footer(v.read, kit.Spacer(), v.some)
	uses := screen.Column(2, kit.SectionHeader("Used by", v.useHead, kit.Spacer(), v.useHint), kit.NewRule(), v.uses)
	tree := kit.NewPanel(theme.Surface, kit.Padded(8, 8, 8, 8, v.tree))
	split := func(list fyne.CanvasObject) fyne.CanvasObject {
		wide := treeWidth.Get(prefs)
		if v.class != arrangeWide {
			wide = min(wide, 208)
		}
		s := kit.NewSplit(tree, list, wide).Limits(160, 420)
		s.OnMoved = func(w float32) { treeWidth.Set(prefs, w) }
		return s
	}
	v.fitColumns()
	if v.class == arrangeUnder {
		list := split(screen.Column(1, result, v.grid, footer))
		if !v.showing {
			return v.stageOf(screen.Column(1, v.bars, list))
		}
		v.pane.place(true, uses)
		below := kit.NewStackedSplit(list, v.pane.root, max(200, min(underMost, v.high*0.42))).SizeSecond().Limits(140, 0)
		return v.stageOf(screen.Column(1, v.bars, below))
	}
	grids := kit.NewStackedSplit(v.grid, uses, useHigh).SizeSecond().Limits(92, 0)
	left := screen.Column(1, v.bars, split(screen.Column(1, result, grids, footer)))
	if !v.showing {
		return v.stageOf(left)
	}
	v.pane.place(false, nil)
	wide := paneWidth.Get(prefs)
	if v.class == arrangeSide {
		wide = min(wide, 364)
	}
	side := kit.NewSplit(left, v.pane.root, wide).SizeSecond().Limits(344, 640)
	side.OnMoved = func(w float32) { paneWidth.Set(prefs, w) }
	return v.stageOf(side)
}

// fitColumns leaves out columns where there is no room: the icons tell the type, too.
func (v *View) fitColumns() {
	hide := func(g *kit.Grid, states []kit.ColumnState, hidden bool) {
		if len(states) == 0 {
			states = g.Layout()
		}
		for i := range states {
			if states[i].Key == colType && hidden {
				states[i].Hidden = true
			}
		}
		g.SetLayout(states)
	}
	full := []kit.ColumnState{{Key: colName}, {Key: colLabel, Width: labelWide}, {Key: colType, Width: typeWide}, {Key: colWhere, Width: whereWide}}
	if kept := screen.Columns("directory").Get(v.host.Preferences()); len(kept) > 0 {
		full = slices.Clone(kept)
	}
	hide(v.grid, full, v.class == arrangeSide)
	hide(v.uses, []kit.ColumnState{{Key: "object", Width: 160}, {Key: "how"}, {Key: colType, Width: typeWide}}, v.class != arrangeWide)
	remark := "in name or label"
	if v.class == arrangeSide {
		remark = ""
	}
	v.find = v.find.Remark(remark)
}

// stageOf shows o, or why there is nothing.
func (v *View) stageOf(o fyne.CanvasObject) fyne.CanvasObject {
	none := screen.Column(1, kit.ScreenHeader(kit.NewHeading("Directory")), kit.NewPanel(theme.Surface, v.none))
	v.stage.Objects = []fyne.CanvasObject{o, none}
	show(o, v.p.Status().Configured)
	show(none, !v.p.Status().Configured)
	return v.stage
}

// rearrange lays out anew after something came or went.
func (v *View) rearrange() {
	if v.class >= 0 {
		v.root.Objects = []fyne.CanvasObject{v.arrange()}
		v.root.Refresh()
	}
}
