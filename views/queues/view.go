package queues

import (
	"fyne.io/fyne/v2"

	"posthouse/mgmtclient"
	"posthouse/views/inspector"
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

	heading *kit.Label
	folder  *kit.Label
	filter  *kit.Field
	only    *kit.Check
	count   *kit.Label
	grid    *kit.Grid
	noQueue *kit.EmptyState
	create  *kit.Button
	silent  *fyne.Container // says that what is shown is old
	hush    *kit.Label
	why     *kit.Label
	again   *kit.Button

	msgs    *messagesView
	details *inspector.View
	side    *kit.SplitPane // grids | inspector, or grids over inspector
	stack   *kit.SplitPane // queues over messages
	showing bool           // the inspector
	full    bool           // the inspector fills the screen
	scope   *screen.Scope
	routed  bool // to a queue, not to a folder
}

// The arrangements, by the room there is: the inspector at the right from a
// window of 1280 with the sidebar, else under the grids.
const (
	arrangeSide  = iota
	arrangeUnder // the inspector under the grids
	arrangeLow   // the same with less height
)

const (
	sideFrom  = 1280 - 264 - 8
	underTall = 600
)

// New makes the screen; it is a screen.Factory.
func New(h screen.Host) screen.Screen {
	v := &View{host: h, p: NewPresenter(h), class: -1, showing: true}
	v.heading = kit.NewHeading("")
	v.folder = kit.NewLabel("").Color(theme.Muted)
	v.filter = kit.NewField("Filter queues").Icon("filter").Wide(232)
	v.filter.OnChanged = func(string) { v.filtered() }
	v.only = kit.NewCheck("Only with messages", false, func(bool) { v.filtered() })
	v.count = kit.NewMuted("")
	v.noQueue = kit.NewEmptyState("queue", "", "")
	v.makeSilent()
	v.grid = kit.NewGrid(v.p.List, v.p.List.Columns()...).Empty(v.noQueue)
	v.filter.Filters(v.grid)
	v.grid.SetSort(v.p.List.SortShown())
	v.layOut(screen.PrivateQueues)
	v.grid.OnSort = func(s kit.Sort) {
		v.p.List.Sort(s)
		v.grid.SetSort(s)
		v.grid.Refresh()
	}
	v.grid.OnCurrent = func(id kit.RowID, ok bool) {
		if ok {
			v.p.Choose(id.Text)
		}
	}
	v.grid.OnActivate = func(kit.RowID) { v.msgs.grid.Focus() }
	v.grid.OnDelete = func() { v.host.Commands().Run(screen.CmdDeleteQueue) }
	v.grid.OnMenu = v.queueMenu
	v.details = inspector.New(h, v.p.Inspector)
	v.details.OnClose = func() { v.showInspector(false) }
	v.details.OnFull = func() { v.setFull(!v.full) }
	v.msgs = newMessagesView(v)
	v.p.OnQueues, v.p.OnPart = v.queuesChanged, v.partChanged
	v.root = screen.NewResponsive(func(size fyne.Size) int {
		switch {
		case size.Width >= sideFrom:
			return arrangeSide
		case size.Height >= underTall:
			return arrangeUnder
		}
		return arrangeLow
	}, func(c int) fyne.CanvasObject {
		v.class = c
		h.Scope().Post(v.revealCurrent)
		return v.arrange()
	})
	screen.RowHeight.Watch(h.Preferences(), h.Scope(), v.pitch)
	v.pitch()
	return v
}

// layOut arranges the columns of the queues of a folder.
func (v *View) layOut(folder screen.Folder) {
	kept := screen.Columns("queues")
	if folder == screen.OutgoingQueues {
		kept = screen.Columns("outgoingQueues")
	}
	v.grid.OnLayout = func() { kept.Set(v.host.Preferences(), v.grid.Layout()) }
	v.grid.SetLayout(listLayout(folder, kept.Get(v.host.Preferences())))
}

// revealCurrent scrolls to what is current after the panes got other sizes.
func (v *View) revealCurrent() {
	for _, g := range []*kit.Grid{v.grid, v.msgs.grid} {
		if i := g.CurrentIndex(); i >= 0 {
			g.ScrollTo(i)
		}
	}
}

func (v *View) pitch() {
	p := screen.RowHeight.Get(v.host.Preferences())
	v.grid.Pitch(p)
	v.msgs.grid.Pitch(p)
}

// arrange puts the widgets where there is room for them.
func (v *View) arrange() fyne.CanvasObject {
	under := v.class != arrangeSide
	v.details.SetUnder(under)
	v.msgs.setNarrow(under)
	if v.full {
		return v.details.Content()
	}
	prefs := v.host.Preferences()
	v.create = v.button(screen.CmdNewQueue, "New queue", "plus")
	create := v.create
	v.allow()
	refresh := kit.NewIconButton("refresh", "Refresh (F5)", func() { v.host.Commands().Run(screen.CmdRefresh) })
	more := kit.NewIconButton("more", "More", nil)
	more.OnTapped = func() { kit.ShowMenuBelow(more, v.queueItems()...) }
	caret := kit.GapRow(4, kit.NewIcon("caret-right", 12, theme.Muted), v.folder)
	var top fyne.CanvasObject
	if under {
		v.filter = v.filter.Wide(176)
		head := kit.ScreenHeader(v.heading, caret, kit.Spacer(), v.filter, create, refresh, more)
		top = screen.Column(2, head, v.silent, v.grid)
	} else {
		v.filter = v.filter.Wide(232)
		head := kit.ScreenHeader(v.heading, caret, kit.Spacer(), create, refresh, more)
		bar := kit.Toolbar(v.filter, kit.Padded(0, 0, 0, 4, v.only), kit.Spacer(), v.count)
		top = screen.Column(3, head, bar, v.silent, v.grid)
	}
	heights := paneHeights[v.class]
	v.stack = kit.NewStackedSplit(top, v.msgs.content(under), heights.queues.Get(prefs)).Limits(104, 0)
	v.stack.OnMoved = func(h float32) { heights.queues.Set(prefs, h) }
	if !v.showing {
		return v.stack
	}
	if under {
		v.side = kit.NewStackedSplit(v.stack, v.details.Content(), heights.details.Get(prefs)).SizeSecond().Limits(120, 0)
		v.side.OnMoved = func(h float32) { heights.details.Set(prefs, h) }
	} else {
		v.side = kit.NewSplit(v.stack, v.details.Content(), screen.Inspector.Get(prefs)).SizeSecond().Limits(344, 900)
		v.side.OnMoved = func(w float32) { screen.Inspector.Set(prefs, w) }
	}
	return v.side
}

// paneHeights are the heights of the panes in each arrangement, remembered.
var paneHeights = map[int]struct{ queues, details screen.Setting[float32] }{
	arrangeSide:  {queues: screen.Setting[float32]{Key: "queues.height", Default: 345}},
	arrangeUnder: {screen.Setting[float32]{Key: "queues.heightUnder", Default: 188}, screen.Setting[float32]{Key: "details.height", Default: 229}},
	arrangeLow:   {screen.Setting[float32]{Key: "queues.heightLow", Default: 160}, screen.Setting[float32]{Key: "details.heightLow", Default: 187}},
}

// button is a button of a command.
func (v *View) button(id screen.ID, text, icon string) *kit.Button {
	return kit.NewButton(text, icon, func() { v.host.Commands().Run(id) })
}

// rearrange arranges anew after something was shown or hidden.
func (v *View) rearrange() {
	if v.class < 0 {
		return
	}
	v.root.Objects = []fyne.CanvasObject{v.arrange()}
	v.root.Refresh()
}

func (v *View) showInspector(on bool) {
	if v.showing == on && !v.full {
		return
	}
	v.showing, v.full = on, false
	v.rearrange()
	v.msgs.grid.Focus()
	v.host.Commands().Changed()
}

func (v *View) setFull(on bool) {
	if v.full == on {
		return
	}
	v.full = on
	v.rearrange()
	if on {
		v.details.Focus()
	} else {
		v.msgs.grid.Focus()
	}
}

// Title is screen.Screen's.
func (v *View) Title() string {
	if q, ok := v.p.Queue(); ok {
		return screen.NameOf(&q) + " on " + v.p.Node().Name
	}
	return v.p.FolderName() + " of " + v.p.Node().Name
}

// Content is screen.Screen's.
func (v *View) Content() fyne.CanvasObject { return v.root }

// First is the grid of messages if the route was to a queue, else that of queues.
func (v *View) First() fyne.Focusable {
	switch {
	case v.full:
		return v.details.Focusable()
	case v.routed:
		return v.msgs.grid.Focusable()
	}
	return v.grid.Focusable()
}

// Enter is screen.Screen's.
func (v *View) Enter(s *screen.Scope, r screen.Route) {
	if v.scope != s {
		v.scope = s
		s.Every(screen.StatusEvery, v.msgs.tick)
	}
	v.routed = r.Queue != ""
	v.p.Enter(s, r)
	if r.Lookup != 0 {
		v.msgs.lookFor = r.Lookup
		v.msgs.rows(0)
	}
}

// NodeChanged is screen.Follower's.
func (v *View) NodeChanged() { v.p.NodeChanged() }

// Leave is screen.Screen's.
func (v *View) Leave() {}

// Key is screen.Screen's.
func (v *View) Key(ev *fyne.KeyEvent) bool {
	if ev.Name == fyne.KeyEscape && v.full {
		v.setFull(false)
		return true
	}
	return false
}

func (v *View) filtered() {
	v.p.List.Filter(v.filter.Text(), v.only.Checked())
	v.queuesChanged()
}

// queuesChanged shows the list and the head of the messages anew.
func (v *View) queuesChanged() {
	node := v.p.Node()
	v.heading.SetText(node.Name)
	if v.p.FolderName() != v.folder.Text() {
		v.layOut(v.p.Folder())
	}
	v.folder.SetText(v.p.FolderName())
	v.count.SetText(v.p.List.Count())
	v.allow()
	v.hushed(node)
	v.emptyList(node)
	v.grid.Refresh()
	if q, ok := v.p.Queue(); ok {
		id := kit.TextID(q.PathName)
		if cur, ok := v.grid.Current(); !ok || cur != id {
			if i, ok := v.p.List.Index(id); ok {
				v.grid.SetCurrent(i)
			}
		}
	}
	v.msgs.head()
	v.host.Commands().Changed()
}

// allow makes New queue usable, or says on it what the computer lacks.
func (v *View) allow() {
	if v.create != nil {
		lacks := v.p.Lacks(mgmtclient.CanAdmin)
		v.create.SetEnabled(v.p.Node().Client != nil && lacks == "")
		v.create.Refuse(lacks)
	}
}

// makeSilent makes the line that says that the computer does not answer.
func (v *View) makeSilent() {
	v.hush, v.why = kit.NewLabel("").Face(kit.Bold), kit.NewLabel("").Cut(kit.End)
	v.again = kit.NewButton("", "", nil)
	v.silent = screen.Column(0, kit.NewPanel(theme.DangerBg, kit.Fixed(0, 43, kit.Padded(0, 16, 0, 16, kit.Grow(2,
		kit.NewIcon("x-circle", 16, theme.Danger), v.hush, v.why, v.again)))), kit.NewRule())
	v.silent.Hide()
}

// hushed shows that line while what is shown is from before.
func (v *View) hushed(node screen.Node) {
	on := node.Silent() && v.p.List.Len() > 0
	if on {
		e := screen.Silence(v.host, node)
		v.hush.SetText(e.Title + ".")
		v.why.SetText("What is shown is of " + screen.Moment(v.host.Feed().Of(node.ID).At, v.host.Now()) + ". " + e.Text)
		v.again.SetText(e.Buttons[0].Text())
		v.again.OnTapped = e.Buttons[0].OnTapped
	}
	if v.silent.Visible() != on {
		show(v.silent, on)
		v.root.Refresh()
	}
}

// emptyList says why there are no queues.
func (v *View) emptyList(node screen.Node) {
	o := v.host.Feed().Of(node.ID)
	again := kit.NewButton("Try again", "refresh", func() { v.host.Connect(node.ID) })
	switch {
	case node.Silent():
		e := screen.Silence(v.host, node)
		v.noQueue.Set(e.Icon, e.Ink, e.Title, e.Text, e.Code, e.Buttons...)
	case node.State == screen.Connecting || o.At.IsZero() && o.Err == nil:
		v.noQueue.Set("sync", theme.Info, "Asking "+node.Name+"…", "", "")
	case o.At.IsZero():
		text, code := screen.Explain(o.Err)
		v.noQueue.Set("x-circle", theme.Danger, "The queues could not be listed", text, code, again)
	case v.filter.Text() != "" || v.only.Checked():
		clear := kit.NewButton("Clear filter", "x", func() {
			v.filter.SetText("")
			v.only.SetChecked(false)
			v.filtered()
		})
		title := "No queue matches “" + kit.Shorten(v.filter.Text()) + "”"
		if v.filter.Text() == "" {
			title = "No queue has messages"
		}
		v.noQueue.Set("funnel-x", theme.Muted, title, "", "", clear)
	case v.p.Folder() == screen.OutgoingQueues:
		v.noQueue.Set("send", theme.Muted, "No outgoing queues", "They come by themselves when a message is sent to another computer.", "")
	case v.p.Folder() == screen.PrivateQueues && v.p.Lacks(mgmtclient.CanAdmin) != "":
		v.noQueue.Set("queue", theme.Muted, "No queues", node.Name+" has no private queues.", "")
	case v.p.Folder() == screen.PrivateQueues:
		create := kit.NewButton("New queue", "plus", func() { v.host.Commands().Run(screen.CmdNewQueue) }).Primary()
		v.noQueue.Set("queue", theme.Muted, "No queues yet", "A queue keeps messages until an application reads them.", "", create)
	case v.p.Folder() == screen.PublicQueues:
		v.emptyPublic(node, o.Machine.Directory)
	default:
		v.noQueue.Set("queue", theme.Muted, "No queues here", "", "")
	}
}

// emptyPublic says why there are no public queues.
func (v *View) emptyPublic(node screen.Node, m *mgmtclient.Membership) {
	var buttons []*kit.Button
	if v.host.Commands().Enabled(screen.CmdDirectory) {
		buttons = append(buttons, kit.NewButton("Open the directory", "directory", func() { v.host.Commands().Run(screen.CmdDirectory) }))
	}
	text := "They are made in the directory, on any computer of the forest."
	if lack := screen.PublicLack(m); lack != "" {
		text = lack
	}
	v.noQueue.Set("globe", theme.Muted, node.Name+" has no public queues", text, "", buttons...)
}

// partChanged shows another queue or part of it.
func (v *View) partChanged() {
	v.msgs.partChanged()
	v.host.Commands().Changed()
}

// queueMenu is the menu of a queue.
func (v *View) queueMenu(at fyne.Position) { kit.ShowMenu(v.grid, at, v.queueItems()...) }

func (v *View) queueItems() []*fyne.MenuItem {
	items := screen.MenuItems(v.host.Commands(), screen.CmdSend, "", screen.CmdOpenJournal, screen.CmdExport, "",
		screen.CmdProperties, screen.CmdPurge, screen.CmdDeleteQueue)
	columns := kit.MenuItem("Columns", "columns", nil)
	columns.ChildMenu = fyne.NewMenu("", v.grid.ColumnMenu()...)
	return append(items, kit.MenuSeparator(), columns)
}
