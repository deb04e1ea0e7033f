package home

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// View is the screen.
type View struct {
	host screen.Host
	p    *Presenter

	root      *fyne.Container
	number    *kit.Label
	create    *kit.Button
	count     *kit.Label
	list      *fyne.Container // what needs attention
	room      *fyne.Container // of list
	listed    string          // what list shows
	computers *kit.Grid
	table     *fyne.Container // of computers
	growing   *kit.Grid
	recent    *kit.Grid
	body      fyne.CanvasObject
	empty     *kit.EmptyState
	emptySays string
}

// New makes the screen; it is a screen.Factory.
func New(h screen.Host) screen.Screen {
	v := &View{host: h, p: NewPresenter(h)}
	v.number = kit.NewLabel("").Color(theme.Muted)
	v.count = kit.NewLabel("").Color(theme.Muted)
	v.list = container.New(attentionList{})
	attention, _ := screen.Scroll(v.list)
	v.room = container.New(&tall{40}, attention)
	v.computers = kit.NewGrid(&table{}, computerColumns...).Pitch(32)
	v.computers.OnActivate = v.openComputer
	v.computers.OnMenu = func(at fyne.Position) {
		if n, ok := v.chosen(); ok {
			kit.ShowMenu(v.computers, at, screen.ComputerItems(h, n)...)
		}
	}
	v.computers.OnCurrent = func(kit.RowID, bool) { h.Commands().Changed() }
	v.table = container.New(&tall{28 + 32}, v.computers)
	v.growing = kit.NewGrid(&table{}, growingColumns...)
	v.growing.Empty(kit.NewEmptyState("queue", "No queue is growing", ""))
	v.growing.OnActivate = func(id kit.RowID) {
		node, queue, _ := strings.Cut(id.Text, "\x00")
		v.p.open(node, queue)
	}
	v.recent = kit.NewGrid(&table{}, recentColumns...)
	v.recent.Empty(kit.NewEmptyState("history", "Nothing done yet", ""))
	v.recent.OnLink = func(id kit.RowID, _ string) { v.p.act(id) }
	v.recent.OnActivate = v.p.act
	v.empty = kit.NewEmptyState("", "", "")
	refresh := kit.NewButton("Refresh", "refresh", v.run(screen.CmdRefresh)).Key(h.Commands().Keys(screen.CmdRefresh))
	v.create = kit.NewButton("New queue", "plus", v.run(screen.CmdNewQueue)).Primary()
	if h.Commands().Enabled(screen.CmdAddComputer) {
		v.create = kit.NewButton("Add computer", "plus", v.run(screen.CmdAddComputer)).Primary()
	}
	head := kit.ScreenHeader(kit.NewHeading("Home"), v.number, kit.Spacer(), refresh, v.create)
	growing := screen.Column(2, kit.SectionHeader("Growing fastest", kit.NewLabel("last hour").Color(theme.Muted)), kit.NewRule(), v.growing)
	recent := screen.Column(2, kit.SectionHeader("Recent actions"), kit.NewRule(), v.recent)
	v.body = screen.Column(7,
		kit.SectionHeader("Needs attention", v.count), kit.NewRule(), v.room,
		kit.Fixed(0, 8, container.NewStack()), kit.SectionHeader("Computers"), kit.NewRule(), v.table,
		container.NewStack(screen.Column(1, kit.NewRule(), container.New(halves{}, growing, upright(), recent))))
	v.root = screen.Column(1, head, container.NewStack(kit.NewPanel(theme.Surface, container.NewStack()), v.body, v.empty))
	v.p.OnChange = v.changed
	return v
}

// halves gives the first and last object the same width, and a line between.
type halves struct{}

func (halves) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(400, 36+28+28) }

func (halves) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	half := float32(int(s.Width / 2))
	for i, x := range []float32{0, half, half + 1} {
		w := []float32{half, 1, s.Width - half - 1}[i]
		objs[i].Move(fyne.NewPos(x, 0))
		objs[i].Resize(fyne.NewSize(w, s.Height))
	}
}

func upright() fyne.CanvasObject { return kit.NewPanel(theme.Border, container.NewStack()) }

func (v *View) run(id screen.ID) func() { return func() { v.host.Commands().Run(id) } }

// Title is screen.Screen's.
func (v *View) Title() string { return "Home" }

// Content is screen.Screen's.
func (v *View) Content() fyne.CanvasObject { return v.root }

// First is screen.Screen's.
func (v *View) First() fyne.Focusable { return v.computers.Focusable() }

// Enter is screen.Screen's.
func (v *View) Enter(s *screen.Scope, _ screen.Route) { v.p.Enter(s) }

// Leave is screen.Screen's.
func (v *View) Leave() {}

// Actions is screen.Screen's.
func (v *View) Actions() screen.Actions {
	about := func(needs func(screen.Node) bool, do func(screen.Node)) screen.Act {
		return screen.Act{
			Run: func() {
				if n, ok := v.chosen(); ok {
					do(n)
				}
			},
			Enabled: func() bool { n, ok := v.chosen(); return ok && needs(n) },
		}
	}
	opens := func(name screen.Name) func(screen.Node) {
		return func(n screen.Node) { v.host.Open(screen.Route{Screen: name, Node: n.ID}) }
	}
	added := func(n screen.Node) bool { return !n.Local && v.host.Commands().Enabled(screen.CmdAddComputer) }
	return screen.Actions{
		screen.CmdRefresh:      {Run: v.p.Refresh},
		screen.CmdEditComputer: about(added, opens(screen.EditComputer)),
		screen.CmdForget:       about(added, opens(screen.RemoveComputer)),
		screen.CmdSignIn:       about(added, opens(screen.SignIn)),
		screen.CmdReconnect:    about(screen.Node.Silent, func(n screen.Node) { v.host.Connect(n.ID) }),
		screen.CmdDisconnect:   about(func(n screen.Node) bool { return added(n) && n.State != screen.LetGo }, func(n screen.Node) { v.host.Disconnect(n.ID) }),
		screen.CmdOffers:       about(func(n screen.Node) bool { return n.Client != nil }, opens(screen.Offers)),
	}
}

// chosen is the current computer of the table; the only one needs no choosing.
func (v *View) chosen() (screen.Node, bool) {
	if id, ok := v.computers.Current(); ok {
		return v.host.Node(id.Text)
	}
	nodes := v.host.Nodes()
	if len(nodes) != 1 {
		return screen.Node{}, false
	}
	return nodes[0], true
}

// Key is screen.Screen's.
func (v *View) Key(*fyne.KeyEvent) bool { return false }

func (v *View) openComputer(id kit.RowID) {
	v.host.Open(screen.Route{Screen: screen.Queues, Node: id.Text, Folder: screen.PrivateQueues})
}

// changed shows everything anew.
func (v *View) changed() {
	n := int64(len(v.host.Nodes()))
	v.number.SetText(screen.Many(n, "computer"))
	if v.showEmpty() {
		return
	}
	items := v.p.Attention()
	v.count.SetText(screen.Count(int64(len(items))))
	v.showAttention(items)
	setRows(v.computers, v.p.computers())
	v.setHeight(v.table, 28+8+32*float32(min(max(n, 1), 10)))
	setRows(v.growing, v.p.growingRows())
	setRows(v.recent, v.p.recentRows())
}

// showEmpty shows, in place of everything, where to begin; false: there is
// something to show.
func (v *View) showEmpty() bool {
	says, set := "", func() {}
	node, first := v.p.First()
	switch {
	case first:
		says = "first" + node.ID
		set = func() {
			v.empty.Set("mailbox", theme.Muted, "The queue manager of this computer is running",
				"It has no queues yet. Create one, or let a test message show you the way.", "",
				v.firstSteps(node)...)
		}
	case v.p.Broken():
		text, code := screen.Explain(v.host.Nodes()[0].Err)
		says = "broken" + text + code
		set = func() {
			v.empty.Set("x-circle", theme.Danger, "The queue manager of this computer is not running", text, code,
				kit.NewButton("Try again", "refresh", func() { v.host.Connect(v.host.Nodes()[0].ID) }).Primary())
		}
	case len(v.host.Nodes()) == 0:
		says = "none"
		set = func() { v.empty.Set("computer", theme.Muted, "No computers", "", "") }
	case v.p.Asking():
		says = "asking"
		set = func() { v.empty.Set("sync", theme.Info, "Opening the queue manager…", "", "") }
	}
	if says != v.emptySays {
		v.emptySays = says
		set()
	}
	if says == "" {
		v.create.Show()
		v.empty.Hide()
		v.body.Show()
		return false
	}
	v.create.Hide() // the empty state has one
	v.body.Hide()
	v.empty.Show()
	return true
}

// firstSteps are the ways to begin.
func (v *View) firstSteps(node screen.Node) []*kit.Button {
	list := []*kit.Button{
		kit.NewButton("New queue", "plus", v.run(screen.CmdNewQueue)).Primary(),
		kit.NewButton("Send a test message", "send", func() { v.p.SendTest(node) }),
	}
	if v.host.Commands().Enabled(screen.CmdAddComputer) {
		list = append(list, kit.NewButton("Add computer", "computer", v.run(screen.CmdAddComputer)))
	}
	return list
}

func setRows(g *kit.Grid, rows []kit.RowData) {
	if t, ok := g.Source().(*table); ok {
		t.rows = rows
		g.Refresh()
	}
}

// tall is a layout of a height that changes.
type tall struct{ height float32 }

func (l *tall) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(320, l.height) }

func (l *tall) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	for _, o := range objs {
		o.Move(fyne.Position{})
		o.Resize(s)
	}
}

// setHeight changes the height of a container and lays the screen out again.
func (v *View) setHeight(c *fyne.Container, h float32) {
	if l, ok := c.Layout.(*tall); ok && l.height != h {
		l.height = h
		v.root.Refresh()
	}
}

// attentionShown is how much of what needs attention is seen at once.
const attentionShown = 5

// showAttention shows the list, if it has changed.
func (v *View) showAttention(items []Attention) {
	said := ""
	now := v.host.Now()
	for _, a := range items {
		said += fmt.Sprintln(a.Icon, a.Tone, a.Bold, a.Text, a.Do, screen.Moment(a.Since, now))
	}
	if said == v.listed && len(v.list.Objects) > 0 {
		return
	}
	v.listed = said
	v.list.Objects = nil
	for i := range items {
		v.list.Add(attentionRow(&items[i], screen.Moment(items[i].Since, now)))
	}
	if len(items) == 0 {
		v.list.Add(attentionRow(&Attention{Icon: "check-circle", Tone: kit.Success, Bold: "Nothing needs attention."}, ""))
	}
	v.setHeight(v.room, 40*float32(min(max(len(items), 1), attentionShown)))
	v.root.Refresh()
}

func attentionRow(a *Attention, since string) fyne.CanvasObject {
	when := kit.NewMuted("").Align(fyne.TextAlignTrailing)
	if since != "" && since != "–" {
		when.SetText("since " + since)
	}
	var do fyne.CanvasObject = container.NewStack()
	if a.Do != "" {
		do = kit.Row(kit.Spacer(), kit.NewButton(a.Do, "", a.Run))
	}
	text := kit.NewLabel(a.Text).Color(theme.Muted).Cut(kit.End)
	bold := kit.NewLabel(a.Bold).Face(kit.Medium)
	whole := bold.MinSize().Width
	line := container.New(attentionLine{whole}, kit.Padded(0, 8, 0, 0, kit.NewIcon(a.Icon, 16, a.Tone.Ink())), bold.Cut(kit.End), text,
		kit.Fixed(116, 0, when), kit.Fixed(132, 0, do))
	return screen.Column(0, kit.Padded(0, 16, 0, 16, line), kit.NewRule())
}

// attentionLine is a row of five with gaps of 8: the second as wide as its
// whole text where there is room, the third takes what is left.
type attentionLine struct{ whole float32 }

func (attentionLine) MinSize(objs []fyne.CanvasObject) fyne.Size {
	m := fyne.NewSize(8*float32(len(objs)-1), 0)
	for _, o := range objs {
		least := o.MinSize()
		m = fyne.NewSize(m.Width+least.Width, max(m.Height, least.Height))
	}
	return m
}

func (l attentionLine) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	free := max(0, s.Width-l.MinSize(objs).Width)
	x := float32(0)
	for i, o := range objs {
		m := o.MinSize()
		switch i {
		case 1:
			more := min(free, max(0, l.whole-m.Width))
			m.Width += more
			free -= more
		case 2:
			m.Width += free
		}
		h := min(m.Height, s.Height)
		o.Resize(fyne.NewSize(m.Width, h))
		o.Move(fyne.NewPos(x, float32(int((s.Height-h)/2))))
		x += m.Width + 8
	}
}

// attentionList stacks rows 40 high.
type attentionList struct{}

func (attentionList) MinSize(objs []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(320, 40*float32(len(objs)))
}

func (attentionList) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	for i, o := range objs {
		o.Move(fyne.NewPos(0, 40*float32(i)))
		o.Resize(fyne.NewSize(s.Width, 40))
	}
}
