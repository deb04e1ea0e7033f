package outgoing

import (
	"slices"

	"fyne.io/fyne/v2"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// View is the screen.
type View struct {
	host  screen.Host
	p     *Presenter
	root  *fyne.Container
	class int
	scope *screen.Scope

	headline *kit.Label
	now      *kit.Button
	hold     *kit.Button
	free     *kit.Button
	filter   *kit.Field
	segments *kit.Segmented
	silent   *fyne.Container
	missing  *kit.Button
	away     fyne.CanvasObject // says that computers work offline
	awayBold *kit.Label
	awayText *kit.Label
	grid     *kit.Grid
	empty    *kit.EmptyState
	chosen   *kit.Label

	list    *fyne.Container // everything left of the pane
	pane    *pane
	split   *kit.SplitPane
	showing bool
	side    bool // the pane has a place
	syncing bool // the grid is being told, it does not tell
}

// The arrangements, by the room there is: the pane at the right from a window
// of 1280 with the sidebar, else under the list.
const (
	arrangeUnder = iota
	arrangeSide
)

const sideFrom = 1280 - 264 - 8

// paneWidth is remembered apart from the inspector of messages, which has
// bodies to show.
var paneWidth = screen.Setting[float32]{Key: "outgoing.pane", Default: 352}

// New makes the screen; it is a screen.Factory.
func New(h screen.Host) screen.Screen {
	v := &View{host: h, p: NewPresenter(h), showing: true, class: -1}
	commands := h.Commands()
	command := func(id screen.ID) func() { return func() { commands.Run(id) } }
	v.headline = kit.NewLabel("").Color(theme.Text2)
	v.now = kit.NewButton("Send now", "lightning", command(screen.CmdSendNow)).Tip("Try to connect at once (" + commands.Keys(screen.CmdSendNow) + ")")
	v.hold = kit.NewButton("Pause", "pause", command(screen.CmdPause)).Tip("Hold the messages back (" + commands.Keys(screen.CmdPause) + ")")
	v.free = kit.NewButton("Resume", "play", command(screen.CmdResume)).Tip("Let the messages leave again (" + commands.Keys(screen.CmdResume) + ")")
	refresh := kit.NewIconButton("refresh", "Refresh (F5)", command(screen.CmdRefresh))
	head := kit.ScreenHeader(kit.NewHeading("Outgoing"), v.headline, kit.Spacer(), v.now, v.hold, v.free,
		kit.Padded(0, 4, 0, 4, kit.NewDivider()), refresh)
	v.filter = kit.NewField("Filter destinations").Icon("filter").Wide(208)
	v.filter.OnChanged = v.p.Filter
	v.segments = kit.NewSegmented(v.p.Segments(), segAll, v.p.Segment)
	v.missing = kit.NewLink("", func() { screen.ShowUnheard(h, v.p.Unheard()) })
	v.silent = kit.Row(kit.NewIcon("warning", 16, theme.Warning), v.missing)
	v.silent.Hide()
	tools := kit.Toolbar(v.filter, v.segments, kit.Spacer(), v.silent)
	v.awayBold, v.awayText = kit.NewLabel("").Face(kit.Bold), kit.NewLabel("").Cut(kit.End)
	v.away = screen.Column(0, kit.NewPanel(theme.NeutralBg, kit.Fixed(0, 43, kit.Padded(0, 16, 0, 16, kit.Grow(2,
		kit.NewIcon("cloud-slash", 16, theme.Text2), v.awayBold, v.awayText, kit.NewButton("Work online", "network", v.online))))), kit.NewRule())
	v.away.Hide()
	v.makeGrid()
	v.filter.Filters(v.grid)
	v.chosen = kit.NewMuted("")
	footer := kit.Footer(legend("Not sent", ": still on the sending computer."), legend("Not read", ": delivered; kept until a reader takes it."), kit.Spacer(), v.chosen)
	v.list = screen.Column(3, head, tools, v.away, v.grid, footer)
	v.pane = newPane(v)
	v.p.OnRows, v.p.OnCurrent = v.rowsChanged, v.currentChanged
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
	v.currentChanged()
	return v
}

// legend explains a column.
func legend(word, means string) fyne.CanvasObject {
	return kit.GapRow(0, kit.NewSmall(word).Face(kit.Bold), kit.NewMuted(means))
}

func (v *View) makeGrid() {
	v.empty = kit.NewEmptyState("send", "", "")
	prefs := v.host.Preferences()
	v.grid = kit.NewGrid(&source{v.p}, columns...).Pitch(screen.RowHeight.Get(prefs))
	v.grid.SetEmpty(v.empty)
	v.grid.SetLayout(screen.Columns("outgoing").Get(prefs))
	v.grid.OnLayout = func() { screen.Columns("outgoing").Set(prefs, v.grid.Layout()) }
	v.grid.OnSort = func(s kit.Sort) {
		v.grid.SetSort(s)
		v.p.Sort(s)
	}
	v.grid.OnSelect = func() {
		if !v.syncing {
			v.p.Select(v.grid.Selected())
		}
	}
	v.grid.OnCurrent = func(id kit.RowID, ok bool) {
		if ok {
			v.p.SetCurrent(id)
		}
	}
	v.grid.OnActivate = func(kit.RowID) { v.openQueue() }
	v.grid.OnDelete = v.askPurge
	v.grid.OnMenu = func(at fyne.Position) { kit.ShowMenu(v.grid, at, v.items()...) }
	v.grid.OnShortcut = func(s fyne.Shortcut) {
		if _, ok := s.(*fyne.ShortcutCopy); ok {
			v.copyName()
		}
	}
}

// items is the menu of the selected queues.
func (v *View) items() []*fyne.MenuItem {
	items := screen.MenuItems(v.host.Commands(), screen.CmdOpenQueue, screen.CmdCopy, "", screen.CmdSendNow, screen.CmdPause, screen.CmdResume, "",
		screen.CmdPurge)
	for _, it := range items {
		if it.Label == "Purge…" {
			it.Icon = theme.Icon("purge", theme.Danger)
		}
	}
	columns := kit.MenuItem("Columns", "columns", nil)
	columns.ChildMenu = fyne.NewMenu("", v.grid.ColumnMenu()...)
	return append(items, kit.MenuSeparator(), columns)
}

// rowsChanged shows rows, counts and words anew.
func (v *View) rowsChanged() {
	p := v.p
	v.headline.SetText(p.Headline())
	v.segments.SetChoices(p.Segments())
	v.segments.SetChosen(p.segment)
	if v.filter.Text() != p.filter {
		v.filter.SetText(p.filter)
	}
	n := len(p.Unheard())
	v.missing.SetText(screen.Count(int64(n)) + " not asked")
	show(v.silent, n > 0 && len(p.all) > 0)
	v.awayChanged()
	v.emptyWords()
	v.grid.Refresh()
	v.sync()
	v.rearrange()
	v.list.Refresh()
}

// sync keeps selection and current row of the grid and the presenter the same.
func (v *View) sync() {
	p := v.p
	if len(p.rows) == 0 {
		return
	}
	i, ok := p.index[p.current]
	if !ok {
		// What comes in the place of a queue that went is the next one.
		i = max(0, min(v.grid.CurrentIndex(), len(p.rows)-1))
	}
	if id, is := v.grid.Current(); !is || id != p.rows[i].id() {
		v.grid.SetCurrent(i)
	}
	gone := slices.DeleteFunc(v.grid.Selected(), func(id kit.RowID) bool { _, here := p.index[id]; return here })
	if len(gone) > 0 {
		v.syncing = true
		v.grid.Deselect(gone...)
		v.syncing = false
		p.Select(v.grid.Selected())
	}
}

// currentChanged shows the pane and what can be done.
func (v *View) currentChanged() {
	n := len(v.p.Selected())
	v.chosen.SetText("")
	if n > 1 {
		v.chosen.SetText(screen.Count(int64(n)) + " selected")
	}
	lacks := v.p.lacks(mgmtclient.CanOutgoing)
	for b, d := range map[*kit.Button]*deed{v.now: &sendNow, v.hold: &pause, v.free: &resume} {
		b.SetEnabled(len(v.p.fits(d)) > 0)
		b.Refuse(lacks)
	}
	v.pane.changed()
	v.host.Commands().Changed()
}

// awayChanged says that computers work offline.
func (v *View) awayChanged() {
	bold, text := v.p.AwayWords()
	v.awayBold.SetText(bold)
	v.awayText.SetText(text)
	show(v.away, bold != "")
}

// online puts the computers shown on the network again.
func (v *View) online() {
	for _, n := range v.p.Away() {
		screen.GoOnline(v.host, n)
	}
}

// emptyWords say why there are no rows.
func (v *View) emptyWords() {
	p := v.p
	again := kit.NewButton("Try again", "refresh", p.Refresh)
	unheard := p.Unheard()
	switch {
	case len(unheard) == 1 && len(p.all) == 0 && len(p.nodes()) == 1 && unheard[0].Node.Silent():
		e := screen.Silence(v.host, unheard[0].Node)
		v.empty.Set(e.Icon, e.Ink, e.Title, e.Text, e.Code, e.Buttons...)
	case len(unheard) > 0 && len(p.all) == 0 && len(unheard) == len(p.nodes()):
		text, code := screen.Explain(unheard[0].Err)
		title := unheard[0].Node.Name + " does not answer"
		if len(unheard) > 1 {
			title, text, code = screen.Many(int64(len(unheard)), "computer")+" not asked", "None of them answers.", ""
			again = kit.NewButton("See why", "arrow-right", func() { screen.ShowUnheard(v.host, unheard) })
		}
		v.empty.Set("x-circle", theme.Danger, title, text, code, again)
	case !p.Known():
		v.empty.Set("sync", theme.Info, "Asking "+screen.Many(int64(len(p.nodes())), "computer")+"…", "", "")
	case len(p.all) == 0:
		v.empty.Set("send", theme.Muted, "Nothing is waiting to go out", "Outgoing queues come by themselves when a message is sent to another computer.", "",
			kit.NewButton("Send a message", "send", func() { v.host.Commands().Run(screen.CmdSend) }))
	case p.filter != "":
		clear := kit.NewButton("Clear filter", "x", func() { p.Filter("") })
		v.empty.Set("funnel-x", theme.Muted, "No destination matches “"+kit.Shorten(p.filter)+"”",
			screen.Many(int64(len(p.all)), "outgoing queue")+" were searched: destinations, computers, states and next hops.", "", clear)
	default:
		all := kit.NewButton("Show all queues", "eye", func() { p.Segment(segAll) })
		switch p.segment {
		case segStuck:
			v.empty.Set("check-circle", theme.Success, "Every destination can be reached", "No queue has tried to connect in vain.", "", all)
		case segIdle:
			v.empty.Set("send", theme.Muted, "No queue is idle", "All of them are connected, or have something to send.", "", all)
		case segConnected:
			v.empty.Set("send", theme.Muted, "No queue is connected", "A connection is opened when there is something to send.", "", all)
		default:
			idle := kit.NewButton("Show idle queues", "eye", func() { p.Segment(segIdle) })
			v.empty.Set("send", theme.Muted, "Nothing is waiting to go out", "All outgoing queues are empty or connected.", "", idle)
		}
	}
}

// tick writes what tells of passing time.
func (v *View) tick() {
	from, to := v.grid.VisibleRange()
	v.grid.RefreshRows(from, to)
	v.pane.tick()
}

// arrange puts list and pane where there is room for them.
func (v *View) arrange() fyne.CanvasObject {
	if v.side = v.wantsPane(); !v.side {
		return v.list
	}
	v.pane.setUnder(v.class == arrangeUnder)
	prefs := v.host.Preferences()
	if v.class == arrangeUnder {
		v.split = kit.NewStackedSplit(v.list, v.pane.root, 264).SizeSecond().Limits(160, 0)
		return v.split
	}
	v.split = kit.NewSplit(v.list, v.pane.root, paneWidth.Get(prefs)).SizeSecond().Limits(320, 640)
	v.split.OnMoved = func(w float32) { paneWidth.Set(prefs, w) }
	return v.split
}

// wantsPane: without queues there is nothing to tell about one.
func (v *View) wantsPane() bool { return v.showing && len(v.p.all) > 0 }

// rearrange shows or hides the pane.
func (v *View) rearrange() {
	if v.class >= 0 && v.side != v.wantsPane() {
		v.root.Objects = []fyne.CanvasObject{v.arrange()}
		v.root.Refresh()
	}
}

// show shows or hides the pane.
func (v *View) show(on bool) {
	v.showing = on
	v.rearrange()
	v.grid.Focus()
}

// openQueue shows the messages of the current queue.
func (v *View) openQueue() {
	if it, ok := v.p.Current(); ok {
		v.host.Open(screen.Route{Screen: screen.Queues, Node: it.node.ID, Folder: screen.OutgoingQueues, Queue: it.queue.PathName})
	}
}

func (v *View) copyName() {
	if it, ok := v.p.Current(); ok {
		v.host.Copy(it.name(), "the format name")
	}
}

// Title is screen.Screen's, as what follows.
func (v *View) Title() string {
	if n, ok := v.host.Node(v.p.only); ok && v.p.only != "" {
		return "Outgoing Queues of " + n.Name
	}
	return "Outgoing"
}

// Content is the widget.
func (v *View) Content() fyne.CanvasObject { return v.root }

// First is the list.
func (v *View) First() fyne.Focusable { return v.grid.Focusable() }

// Enter begins to follow the outgoing queues.
func (v *View) Enter(s *screen.Scope, r screen.Route) {
	if v.scope != s {
		v.scope = s
		s.Every(screen.StatusEvery, v.tick)
	}
	v.p.Enter(s, r)
}

// NodeChanged is screen.Follower's.
func (v *View) NodeChanged() { v.p.NodeChanged() }

// Leave has nothing to do: everything ended with the scope.
func (v *View) Leave() {}

// Key has no keys of its own.
func (v *View) Key(*fyne.KeyEvent) bool { return false }

// Actions are what can be done with outgoing queues.
func (v *View) Actions() screen.Actions {
	one := func() bool { _, ok := v.p.Current(); return ok }
	some := func(d *deed) func() bool { return func() bool { return len(v.p.fits(d)) > 0 } }
	lacks := func(need mgmtclient.Capability) func() string { return func() string { return v.p.lacks(need) } }
	steer := lacks(mgmtclient.CanOutgoing)
	return screen.Actions{
		screen.CmdRefresh:   {Run: v.p.Refresh},
		screen.CmdFilter:    {Run: func() { v.filter.Focus(); v.filter.SelectAll() }},
		screen.CmdSelectAll: {Run: func() { v.grid.SelectAll(); v.grid.Focus() }},
		screen.CmdOpenQueue: {Run: v.openQueue, Enabled: one},
		screen.CmdCopy:      {Run: v.copyName, Enabled: one},
		screen.CmdSendNow:   {Run: v.p.SendNow, Enabled: some(&sendNow), Lacks: steer},
		screen.CmdPause:     {Run: v.p.Pause, Enabled: some(&pause), Lacks: steer},
		screen.CmdResume:    {Run: v.p.Resume, Enabled: some(&resume), Lacks: steer},
		screen.CmdPurge:     {Run: v.askPurge, Enabled: func() bool { return len(v.p.full()) > 0 }, Lacks: lacks(mgmtclient.CanPurge)},
		screen.CmdInspector: {Run: func() { v.show(!v.showing) }},
		screen.CmdColumns:   {Run: func() { kit.ShowMenuBelow(v.filter, v.grid.ColumnMenu()...) }},
	}
}

func show(o fyne.CanvasObject, on bool) {
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}
