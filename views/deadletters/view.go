package deadletters

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// View is the screen.
type View struct {
	host screen.Host
	p    *Presenter
	root *fyne.Container

	headline   *kit.Label
	export     *kit.Button
	filter     *kit.Field
	by         *kit.Segmented
	notAsked   *fyne.Container
	missing    *kit.Button
	asking     *fyne.Container
	asked      *kit.Label
	bar        fyne.CanvasObject
	chosen     *kit.Label
	weight     *kit.Label
	exportSome *kit.Button
	back       *kit.Button
	elsewhere  *kit.Button
	remove     *kit.Button
	fault      *kit.Note
	faultBox   *fyne.Container
	grid       *kit.Grid
	empty      *kit.EmptyState
	partial    *kit.Label
	footer     fyne.CanvasObject

	list    *fyne.Container // everything left of the pane
	pane    *pane
	split   *kit.SplitPane
	class   int
	showing bool
	syncing bool // the grid is being told, it does not tell
}

// The arrangements, by the room there is: the pane at the right from a window
// of 1280 with the sidebar, else under the list.
const (
	arrangeUnder = iota
	arrangeSide
)

const sideFrom = 1280 - 264 - 8

// New makes the screen; it is a screen.Factory.
func New(h screen.Host) screen.Screen {
	v := &View{host: h, p: NewPresenter(h), showing: true, class: -1}
	v.headline = kit.NewLabel("").Color(theme.Text2)
	v.export = kit.NewButton("Export all", "export", func() { v.exportLetters(nil) })
	refresh := kit.NewButton("Refresh", "refresh", v.p.Refresh).Key(h.Commands().Keys(screen.CmdRefresh))
	head := kit.ScreenHeader(kit.NewHeading("Dead letters"), v.headline, kit.Spacer(), refresh, v.export)
	v.filter = kit.NewField("Filter dead letters").Icon("filter").Wide(208)
	v.filter.OnChanged = v.p.Filter
	v.by = kit.NewSegmented([]kit.Choice{
		{ID: byReason, Text: "By reason"}, {ID: byDestination, Text: "By destination"}, {ID: byComputer, Text: "By computer"}, {ID: flat, Text: "Flat"},
	}, byReason, v.p.Group)
	v.missing = kit.NewLink("", func() { screen.ShowUnheard(h, v.p.NotAsked()) })
	v.asked = kit.NewLabel("").Color(theme.Text2)
	v.asking = kit.Row(kit.NewIcon("sync", 16, theme.Info), v.asked)
	v.asking.Hide()
	v.notAsked = kit.Row(kit.NewIcon("warning", 16, theme.Warning), v.missing)
	v.notAsked.Hide()
	tools := kit.Toolbar(v.filter, v.by, kit.Spacer(), v.asking, v.notAsked)
	v.chosen, v.weight = kit.NewLabel("").Face(kit.Bold), kit.NewLabel("").Color(theme.Text2)
	v.exportSome = kit.NewButton("Export", "export", func() { v.exportLetters(v.p.Selected()) })
	v.exportSome.SetEnabled(v.p.CanExport())
	v.back = kit.NewButton("Return to source", "return", func() { v.askReturn(v.p.Selected()) })
	v.elsewhere = kit.NewButton("Send elsewhere", "send", func() { v.askElsewhere(v.p.Selected()) })
	v.remove = kit.NewButton("Delete", "delete", func() { v.askDelete(v.p.Selected()) })
	v.bar = kit.SelectionBar(v.chosen, v.weight, kit.Spacer(),
		v.back, v.elsewhere, v.exportSome, v.remove,
		kit.NewIconButton("x", "Select nothing (Esc)", func() { v.grid.ClearSelection() }).Plain())
	v.bar.Hide()
	v.fault = kit.NewNote(kit.Danger, "", "")
	v.faultBox = kit.Padded(8, 16, 8, 16, v.fault)
	v.faultBox.Hide()
	v.makeGrid()
	v.filter.Filters(v.grid)
	v.partial = kit.NewMuted("")
	v.footer = kit.Footer(v.partial, kit.Spacer(), kit.NewLink("Load more", v.p.More))
	v.footer.Hide()
	v.list = screen.Column(4, head, tools, v.bar, v.faultBox, v.grid, v.footer)
	v.pane = newPane(v)
	v.p.OnRows, v.p.OnLetter = v.rowsChanged, v.pane.changed
	v.p.Body.OnBody, v.p.Body.OnChange = v.pane.bodyChanged, func() {}
	v.root = screen.NewResponsive(func(room fyne.Size) int {
		if room.Width >= sideFrom {
			return arrangeSide
		}
		return arrangeUnder
	}, func(c int) fyne.CanvasObject {
		v.class = c
		return v.arrange()
	})
	screen.RowHeight.Watch(h.Preferences(), h.Scope(), func() { v.grid.Pitch(screen.RowHeight.Get(h.Preferences())) })
	v.rowsChanged()
	v.pane.changed()
	return v
}

func (v *View) makeGrid() {
	v.empty = kit.NewEmptyState("sync", "", "")
	v.grid = kit.NewGrid(&source{v.p},
		kit.Column{Key: colLabel, Title: "Label", Width: 208, Sortable: true, Needed: true},
		kit.Column{Key: colTo, Title: "Was going to", Kind: kit.KindMuted, Cut: kit.Middle, Sortable: true},
		kit.Column{Key: colHeld, Title: "Held on", Width: 120, Sortable: true},
		kit.Column{Key: colDied, Title: "Died", Width: 104, Kind: kit.KindNumber, Sortable: true},
		kit.Column{Key: colSize, Title: "Size", Width: 84, Kind: kit.KindNumber, Sortable: true},
	).Checks().Pitch(screen.RowHeight.Get(v.host.Preferences()))
	v.grid.SetEmpty(v.empty)
	v.grid.SetLayout(screen.Columns("dead-letters").Get(v.host.Preferences()))
	v.grid.OnLayout = func() { screen.Columns("dead-letters").Set(v.host.Preferences(), v.grid.Layout()) }
	v.grid.SetSort(kit.Sort{Key: colDied, Desc: true})
	v.grid.OnSort = func(s kit.Sort) {
		v.grid.SetSort(s)
		v.p.Sort(s.Key, s.Desc)
	}
	v.grid.OnSelect = v.selected
	v.grid.OnCurrent = func(id kit.RowID, ok bool) {
		if k, is := keyOf(id); ok && is {
			v.p.SetCurrent(k)
		}
	}
	v.grid.OnGroup = v.openGroup
	v.grid.OnGroupCheck = func(id kit.RowID, on bool) {
		v.p.SelectGroup(groupOf(id), on)
		v.pushSelection()
	}
	v.grid.OnLink = func(id kit.RowID, _ string) { v.p.Widen(groupOf(id)) }
	v.grid.OnActivate = func(id kit.RowID) {
		if g, ok := moreOf(id); ok {
			v.p.Widen(g)
			return
		}
		if v.showing {
			v.pane.body.Focus()
			return
		}
		v.show(true)
	}
	v.grid.OnDelete = func() { v.askDelete(v.p.Selected()) }
	v.grid.OnMenu = v.menu
	v.grid.OnKey = func(ev *fyne.KeyEvent) bool {
		if ev.Name == fyne.KeyEscape && v.grid.SelectedCount() > 0 {
			v.grid.ClearSelection()
			return true
		}
		return false
	}
}

// openGroup opens or closes a group.
func (v *View) openGroup(id kit.RowID, open bool) { v.p.Open(groupOf(id), open) }

// selected takes over what the grid selected.
func (v *View) selected() {
	if v.syncing {
		return
	}
	var keys []key
	for _, id := range v.grid.Selected() {
		if k, ok := keyOf(id); ok {
			keys = append(keys, k)
		}
	}
	v.p.Select(keys)
	v.selectionChanged()
}

// pushSelection tells the grid what is selected.
func (v *View) pushSelection() {
	var ids []kit.RowID
	for k := range v.p.selected {
		ids = append(ids, idOf(k))
	}
	v.syncing = true
	v.grid.Select(ids...)
	v.syncing = false
	v.selectionChanged()
}

func (v *View) selectionChanged() {
	n, size := v.p.Summary()
	// One row is merely the current one.
	if n > 1 {
		v.chosen.SetText(screen.Count(int64(n)) + " selected")
		v.weight.SetText(size)
	}
	if v.bar.Visible() != (n > 1) {
		show(v.bar, n > 1)
		v.list.Refresh()
	}
	list := v.p.Selected()
	for b, need := range map[*kit.Button]mgmtclient.Capability{v.back: mgmtclient.CanMove, v.elsewhere: mgmtclient.CanMove, v.remove: mgmtclient.CanRemove, v.exportSome: mgmtclient.CanExport} {
		lacks := v.p.Lacks(list, need)
		b.SetEnabled(lacks == "" && (b != v.exportSome || v.p.CanExport()))
		b.Refuse(lacks)
	}
	v.host.Commands().Changed()
}

func (v *View) rowsChanged() {
	v.headline.SetText(v.p.Headline())
	n := len(v.p.NotAsked())
	v.missing.SetText(screen.Count(int64(n)) + " not asked")
	asking := v.p.Asking()
	show(v.asking, len(asking) > 0 && len(v.p.rows) > 0)
	if k := len(asking); k > 0 {
		v.asked.SetText("Asking " + asking[0].Name + "…")
		if k > 1 {
			v.asked.SetText("Asking " + screen.Many(int64(k), "computer") + "…")
		}
	}
	show(v.notAsked, n > 0 && (len(asking) == 0 || len(v.p.rows) == 0))
	v.emptyWords()
	if name, err := v.p.Fault(); err != nil && len(v.p.rows) > 0 {
		why, fix, code := screen.Reason(err)
		v.fault.SetRuns(kit.Run{Text: "Not everything on " + name + " could be read. ", Face: kit.Bold}, kit.Run{Text: why + " " + fix + " "}, kit.Run{Text: code, Face: kit.Mono})
		v.faultBox.Show()
	} else {
		v.faultBox.Hide()
	}
	v.partial.SetText(v.p.Partial())
	show(v.footer, v.p.Partial() != "")
	v.export.SetEnabled(v.p.CanExport() && v.p.Total() > 0)
	v.grid.Refresh()
	v.pushSelection()
	// What becomes current by itself is not checked: nobody chose it.
	id, _ := v.grid.Current()
	k, letter := keyOf(id)
	_, listed := v.p.index[k]
	if i, ok := v.p.index[v.p.current]; ok && (v.grid.CurrentIndex() < 0 || letter && !listed && k != v.p.current) {
		v.grid.Mark(i)
	}
	v.list.Refresh()
}

// emptyWords say why there are no rows.
func (v *View) emptyWords() {
	p := v.p
	name, err := p.Fault()
	asking := p.Asking()
	switch {
	case len(asking) > 0 && len(p.letters) == 0:
		words := "Asking " + asking[0].Name
		if len(asking) > 1 {
			words = "Asking " + screen.Many(int64(len(asking)), "computer")
		}
		v.empty.Set("sync", theme.Info, words, "What has died is read from the dead-letter queues.", "")
	case !p.loaded() || p.loading() && len(p.letters) == 0:
		v.empty.Set("", theme.Muted, "", "", "")
	case err != nil && len(p.letters) == 0:
		why, fix, code := screen.Reason(err)
		v.empty.Set("x-circle", theme.Danger, "The dead letters of "+name+" could not be read", why+" "+fix, code, kit.NewButton("Try again", "refresh", p.Refresh))
	case len(p.letters) > 0:
		v.empty.Set("funnel-x", theme.Muted, fmt.Sprintf("Nothing matches “%s”", p.filter), screen.Many(int64(len(p.letters)), "dead letter")+" were searched: labels, IDs, queues and reasons.", "",
			kit.NewButton("Clear filter", "x", func() { v.filter.SetText(""); p.Filter("") }))
	default:
		text := fmt.Sprintf("Nothing died on the %s that answered.", screen.Many(int64(p.Asked()), "computer"))
		switch p.Asked() {
		case 0:
			text = "No computer answered."
		case 1:
			text = "Nothing died on the computer that answered."
		}
		unheard := p.NotAsked()
		if len(unheard) == 0 {
			v.empty.Set("check-circle", theme.Success, "No dead letters", text, "")
			return
		}
		text += fmt.Sprintf(" %d could not be asked.", len(unheard))
		which := kit.NewButton(fmt.Sprintf("See which %d", len(unheard)), "arrow-right", func() { screen.ShowUnheard(v.host, unheard) })
		if p.Asked() == 0 {
			v.empty.Set("x-circle", theme.Danger, "Nobody could be asked", text, "", which)
			return
		}
		v.empty.Set("check-circle", theme.Success, "No dead letters", text, "", which)
	}
}

// arrange puts list and pane where there is room for them.
func (v *View) arrange() fyne.CanvasObject {
	if !v.showing {
		return v.list
	}
	v.pane.setUnder(v.class == arrangeUnder)
	if v.class == arrangeUnder {
		v.split = kit.NewStackedSplit(v.list, v.pane.root, 296).SizeSecond().Limits(160, 0)
		return v.split
	}
	v.split = kit.NewSplit(v.list, v.pane.root, screen.Inspector.Get(v.host.Preferences())).SizeSecond().Limits(344, 640)
	v.split.OnMoved = func(w float32) { screen.Inspector.Set(v.host.Preferences(), w) }
	return v.split
}

// show shows or hides the pane.
func (v *View) show(on bool) {
	v.showing = on
	v.root.Objects = []fyne.CanvasObject{v.arrange()}
	v.root.Refresh()
}

// menu is the context menu of the letters.
func (v *View) menu(at fyne.Position) {
	kit.ShowMenu(v.grid, at, screen.MenuItems(v.host.Commands(), screen.CmdOpenMessage, screen.CmdCopyID, "",
		screen.CmdReturn, screen.CmdMove, screen.CmdResend, screen.CmdExport, "", screen.CmdDelete)...)
}

// Title is screen.Screen's, as what follows.
func (v *View) Title() string { return "Dead letters" }

// Content is the widget.
func (v *View) Content() fyne.CanvasObject { return v.root }

// First is the list.
func (v *View) First() fyne.Focusable { return v.grid.Focusable() }

// Enter begins to follow the dead letters.
func (v *View) Enter(s *screen.Scope, _ screen.Route) { v.p.Enter(s) }

// Leave has nothing to do: everything ended with the scope.
func (v *View) Leave() { v.p.Leave() }

// Key has no keys of its own.
func (v *View) Key(*fyne.KeyEvent) bool { return false }

// Actions are what can be done with letters.
func (v *View) Actions() screen.Actions {
	some := func() bool { return len(v.p.Selected()) > 0 }
	one := func() bool { return len(v.p.Selected()) == 1 }
	shown := func(do func(letter)) func() {
		return func() {
			if l, ok := v.p.Letter(); ok {
				do(l)
			}
		}
	}
	lacks := func(need mgmtclient.Capability) func() string {
		return func() string { return v.p.Lacks(v.p.Selected(), need) }
	}
	move := lacks(mgmtclient.CanMove)
	return screen.Actions{
		screen.CmdRefresh:     {Run: v.p.Refresh},
		screen.CmdFilter:      {Run: v.filter.Focus},
		screen.CmdSelectAll:   {Run: v.grid.SelectAll},
		screen.CmdReturn:      {Run: func() { v.askReturn(v.p.Selected()) }, Enabled: some, Lacks: move},
		screen.CmdMove:        {Run: func() { v.askElsewhere(v.p.Selected()) }, Enabled: some, Lacks: move},
		screen.CmdDelete:      {Run: func() { v.askDelete(v.p.Selected()) }, Enabled: some, Lacks: lacks(mgmtclient.CanRemove)},
		screen.CmdExport:      {Run: func() { v.exportLetters(v.p.Selected()) }, Enabled: func() bool { return some() && v.p.CanExport() }, Lacks: lacks(mgmtclient.CanExport)},
		screen.CmdResend:      {Run: shown(v.resend), Enabled: one},
		screen.CmdOpenMessage: {Run: shown(v.openMessage), Enabled: one},
		screen.CmdCopyID:      {Run: shown(func(l letter) { v.host.Copy(l.ID, "the message ID") }), Enabled: one},
		screen.CmdInspector:   {Run: func() { v.show(!v.showing) }},
	}
}

func show(o fyne.CanvasObject, on bool) {
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}

// nothing is an empty panel.
func nothing() fyne.CanvasObject { return container.NewStack() }
