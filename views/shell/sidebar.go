package shell

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// sidebar leads to the screens and shows the tree of computers.
type sidebar struct {
	s     *Shell
	tree  *tree
	find  *kit.Field
	lens  *kit.SidebarRow // in place of find in a narrow window
	home  *kit.SidebarRow
	dead  *kit.SidebarRow
	out   *kit.SidebarRow
	paths *kit.SidebarRow // the route map; it and what follows only where there is one
	names *kit.SidebarRow // the directory
	desk  *kit.SidebarRow
	nodes *kit.SidebarRow // in place of the tree in a narrow window
	list  *kit.TreeList
	small bool
	none  *kit.EmptyState // in place of the tree if nothing is found

	walking bool           // with the arrows through the tree
	waits   bool           // to open the first queue found, once there is one
	back    fyne.Focusable // had the keyboard before find
}

func newSidebar(s *Shell) *sidebar {
	b := &sidebar{s: s, tree: newTree()}
	b.find = kit.NewField("Find a queue").Icon("search").Key("Ctrl K").Tall()
	b.find.OnChanged = func(text string) {
		b.waits = false
		b.tree.filter = strings.ToLower(strings.TrimSpace(text))
		b.update()
	}
	b.find.OnSubmit = func(string) { b.openFirst() }
	b.find.OnKey = func(ev *fyne.KeyEvent) bool {
		switch ev.Name {
		case fyne.KeyDown:
			b.list.Focus()
		case fyne.KeyEscape:
			b.clear()
			s.leaveSidebar()
		default:
			return false
		}
		return true
	}
	b.lens = kit.NewSidebarRow("search", "Find a queue (Ctrl K)", func() { s.commands.Run(screen.CmdSearchTree) })
	b.home = b.row("home", "Home", screen.CmdHome)
	b.dead = b.row("dead-letter", "Dead letters", screen.CmdDeadLetters)
	b.out = b.row("send", "Outgoing", screen.CmdOutgoing)
	b.paths = b.row("routemap", "Route map", screen.CmdRouteMap)
	b.names = b.row("directory", "Directory", screen.CmdDirectory)
	visible(b.paths, s.leads(screen.RouteMap))
	visible(b.names, s.leads(screen.Directory))
	b.desk = b.row("desk", "Desk", screen.CmdDesk)
	visible(b.desk, s.leads(screen.Desk))
	b.nodes = kit.NewSidebarRow("computer", "Queues", func() {
		s.Open(screen.Route{Screen: screen.Queues, Node: s.current(), Folder: screen.PrivateQueues})
	})
	b.list = kit.NewTreeList()
	b.list.OnSelect = func(id string) {
		b.walking = true
		b.open(id)
		b.walking = false
	}
	b.list.OnActivate = b.open
	b.list.OnToggle = func(id string, open bool) {
		b.tree.toggle(id, open)
		b.update()
	}
	b.list.OnMenu = b.menu
	b.none = nothingFound(b.clear)
	b.none.Hide()
	b.walk()
	return b
}

// walk lets Up and Down go through the rows and on into the tree.
func (b *sidebar) walk() {
	rows := slices.DeleteFunc(b.leads(), func(r *kit.SidebarRow) bool { return !r.Visible() })
	last := rows[len(rows)-1]
	rows = append(rows, b.nodes)
	for i, r := range rows {
		r.OnKey = func(ev *fyne.KeyEvent) bool {
			switch {
			case ev.Name == fyne.KeyUp && i > 0:
				b.focus(rows[i-1])
			case ev.Name == fyne.KeyDown && r == last && !b.small:
				b.list.Focus()
			case ev.Name == fyne.KeyDown && i+1 < len(rows):
				b.focus(rows[i+1])
			default:
				return false
			}
			return true
		}
	}
	b.list.OnEdge = func(dir int) {
		if dir < 0 {
			b.focus(last)
		}
	}
}

// leads are the rows that lead to a screen.
func (b *sidebar) leads() []*kit.SidebarRow {
	return []*kit.SidebarRow{b.home, b.dead, b.out, b.paths, b.names, b.desk}
}

func (b *sidebar) focus(r *kit.SidebarRow) { b.s.o.Window.Canvas().Focus(r) }

func (b *sidebar) row(icon, text string, id screen.ID) *kit.SidebarRow {
	return kit.NewSidebarRow(icon, text, func() { b.s.commands.Run(id) })
}

func (b *sidebar) compact(on bool) {
	b.small = on
	for _, r := range append(b.leads(), b.lens, b.nodes) {
		r.Compact(on)
	}
}

func (b *sidebar) content() fyne.CanvasObject {
	if b.small {
		rule := func() fyne.CanvasObject { return kit.Padded(7, 4, 8, 4, kit.NewRule()) }
		rows := kit.PaddedStack(0, 8, 8, b.lens, rule(), b.home, b.dead, b.out, b.paths, b.names, b.desk, rule(), b.nodes)
		return kit.NewPanel(theme.Background, screen.Column(1, rows, container.NewStack()))
	}
	top := kit.PaddedStack(0, 8, 8, b.find, kit.Fixed(0, 8, container.NewStack()), b.home, b.dead, b.out, b.paths, b.names, b.desk)
	var add *kit.Button
	if b.s.leads(screen.AddComputer) {
		add = kit.NewIconButton("plus", "Add a computer (Ctrl Shift N)", func() { b.s.commands.Run(screen.CmdAddComputer) }).Plain()
	}
	title := kit.Padded(4, 8, 0, 8, kit.SectionTitle("Computers", add))
	return kit.NewPanel(theme.Background, screen.Column(2, top, title, kit.Padded(0, 8, 8, 8, container.NewStack(b.list, b.none))))
}

// update shows the counts and the place of the screen in front.
func (b *sidebar) update() {
	s := b.s
	rows := b.tree.rows(s.Nodes(), s.feed)
	b.list.SetRows(rows)
	b.list.SetChosen(b.tree.line(s.here, rows))
	sayFound(b.none, s, b.tree, rows)
	if b.waits {
		b.openFirst()
	}
	var dead int64
	for _, l := range s.links {
		dead += s.feed.Of(l.ID).DeadLetters()
	}
	badge(b.dead, dead, kit.Warning)
	outgoingBadge(b.out, s.departures())
	b.home.SetChosen(s.here.Screen == screen.Home)
	b.dead.SetChosen(s.here.Screen == screen.DeadLetters)
	b.out.SetChosen(s.here.Screen == screen.Outgoing && s.here.Node == "")
	b.paths.SetChosen(s.here.Screen == screen.RouteMap)
	b.names.SetChosen(s.here.Screen == screen.Directory)
	b.desk.SetChosen(s.here.Screen == screen.Desk)
	b.nodes.SetChosen(s.here.Screen == screen.Queues)
}

func badge(r *kit.SidebarRow, n int64, tone kit.Tone) {
	if n > 0 {
		r.SetBadge(screen.Count(n), tone)
	} else {
		r.SetBadge("", kit.Neutral)
	}
}

func (b *sidebar) open(id string) {
	if r, ok := b.tree.route(id); ok {
		b.s.Open(r)
	}
}

// clear ends the search.
func (b *sidebar) clear() {
	b.find.SetText("")
	b.find.OnChanged("")
}

// openFirst opens the first queue found, now or when a computer that has not
// answered yet tells of one.
func (b *sidebar) openFirst() {
	b.waits = false
	for _, r := range b.list.Rows() {
		if leadsToQueue(r.ID) {
			b.open(r.ID)
			return
		}
	}
	b.waits = b.s.opening()
}

// menu is the menu of a line.
func (b *sidebar) menu(id string, at fyne.Position) {
	kind, node, queue := splitTreeID(id)
	lead := func(text, icon string, r screen.Route) *fyne.MenuItem {
		r.Node = node
		return kit.MenuItem(text, icon, func() { b.s.Open(r) })
	}
	var items []*fyne.MenuItem
	switch {
	case kind == treeQueue && !strings.Contains(strings.ToLower(queue), `\system$`):
		items = []*fyne.MenuItem{
			lead("Open", "queue", screen.Route{Screen: screen.Queues, Queue: queue}),
			lead("Open journal", "journal", screen.Route{Screen: screen.Queues, Queue: queue + ";journal"}),
			lead("Send message…", "compose", screen.Route{Screen: screen.Compose, Queue: queue}),
			kit.MenuSeparator(),
			lead("Properties…", "settings", screen.Route{Screen: screen.Properties, Queue: queue}),
			lead("Purge…", "purge", screen.Route{Screen: screen.PurgeQueue, Queue: queue}),
			lead("Delete queue…", "delete", screen.Route{Screen: screen.DeleteQueue, Queue: queue}),
		}
	case kind == treeQueue:
		items = []*fyne.MenuItem{
			lead("Open", "queue", screen.Route{Screen: screen.Queues, Queue: queue}),
			lead("Purge…", "purge", screen.Route{Screen: screen.PurgeQueue, Queue: queue}),
		}
	case kind == treeOutgoing:
		items = b.s.outgoingItems(node)
	case kind == treeNode:
		if n, ok := b.s.Node(node); ok {
			items = screen.ComputerItems(b.s, n)
		}
	case kind == treePublic:
		items = []*fyne.MenuItem{lead("Open", "globe", screen.Route{Screen: screen.Queues, Folder: screen.PublicQueues})}
		if b.s.leads(screen.Directory) {
			items = append(items, kit.MenuItem("Show in the directory", "directory", func() {
				b.s.Open(screen.Route{Screen: screen.Directory, Entry: b.s.feed.Of(node).Machine.ID.String()})
			}))
		}
		items = append(items, kit.MenuItem("Refresh", "refresh", func() { b.s.feed.Refresh(node) }))
	case kind == treePrivate:
		items = []*fyne.MenuItem{
			lead("New queue…", "plus", screen.Route{Screen: screen.NewQueue}),
			kit.MenuItem("Refresh", "refresh", func() { b.s.feed.Refresh(node) }),
		}
	}
	if n, ok := b.s.Node(node); ok {
		greyOut(items, n)
	}
	kit.ShowMenu(b.list, at, items...)
}

// needs are what the items of the tree's menus need of their computer.
var needs = map[string]mgmtclient.Capability{
	"New queue…": mgmtclient.CanAdmin, "Send message…": mgmtclient.CanSend, "Purge…": mgmtclient.CanPurge, "Delete queue…": mgmtclient.CanAdmin,
}

// greyOut disables what a computer cannot do.
func greyOut(items []*fyne.MenuItem, n screen.Node) {
	for _, it := range items {
		if need, ok := needs[it.Label]; ok && n.Lacks(need) != "" {
			it.Disabled = true
		}
	}
}

// current is the computer of the screen in front.
func (s *Shell) current() string {
	if s.here.Node != "" || len(s.links) == 0 {
		return s.here.Node
	}
	return s.links[0].ID
}
