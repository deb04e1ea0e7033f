package queues

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

// messagesView is the lower pane: the messages of the chosen queue.
type messagesView struct {
	v      *View
	p      *Presenter
	narrow bool

	lead   *fyne.Container // name, count and size, beside what can be done
	name   *kit.Label
	count  *kit.Label
	size   *kit.Label
	field  *kit.Field
	parts  *kit.Segmented
	subs   *kit.Select
	grid   *kit.Grid
	blank  *kit.EmptyState
	wait   *fyne.Container // shown while a search or a long wait lasts
	says   string
	shows  *kit.Label // footer
	chosen *kit.Label
	send   []*kit.Button
	move   []*kit.Button
	export []*kit.Button
	purge  []*kit.Button

	path    string // shown in the grid
	kind    listKind
	lookFor mgmtclient.LookupID // to be made current when it comes
}

func newMessagesView(v *View) *messagesView {
	m := &messagesView{v: v, p: v.p}
	m.name = kit.NewLabel("").Face(kit.Bold)
	m.count = kit.NewLabel("").Color(theme.Muted)
	m.size = kit.NewLabel("").Color(theme.Muted)
	m.field = kit.NewField("Search labels, properties and bodies in this queue").Icon("search").Key("Ctrl F")
	m.field.OnChanged = func(s string) { m.p.Messages.Filter(s) }
	m.field.OnSubmit = m.submit
	m.field.OnKey = m.fieldKey
	m.parts = kit.NewSegmented([]kit.Choice{{ID: string(InQueue), Text: "Messages"}}, string(InQueue), func(id string) {
		m.p.SetPart(Part(id), "")
	})
	m.subs = kit.NewSelect(nil, "", 152, func(id string) { m.p.SetPart(InSubqueues, id) })
	m.blank = kit.NewEmptyState("inbox", "", "")
	m.shows, m.chosen = kit.NewMuted(""), kit.NewMuted("")
	m.wait = container.NewStack()
	m.grid = m.newGrid(listMessages)
	m.kind = listMessages
	ms := m.p.Messages
	ms.Seen = func() (int, int) { return m.grid.VisibleRange() }
	ms.OnRows, ms.OnState, ms.OnRemoved = m.rows, m.state, m.removed
	m.p.Selected = func() []kit.RowID { return m.grid.Selected() }
	return m
}

// newGrid makes a grid for one sort of messages.
func (m *messagesView) newGrid(kind listKind) *kit.Grid {
	key := string(kind)
	prefs := m.v.host.Preferences()
	g := kit.NewGrid(m.p.Messages, gridColumns(kind)...).Empty(m.blank)
	g.Pitch(screen.RowHeight.Get(prefs))
	g.SetLayout(screen.Columns(key).Get(prefs))
	g.SetSort(m.p.Messages.SortShown())
	g.OnLayout = func() { screen.Columns(key).Set(prefs, g.Layout()) }
	g.OnNeed = m.p.Messages.Need
	g.OnSort = func(s kit.Sort) {
		m.p.Messages.Sort(s)
		g.SetSort(m.p.Messages.SortShown())
	}
	g.OnCurrent = func(id kit.RowID, _ bool) { m.p.Current(id, g.SelectedCount()) }
	g.OnSelect = m.selected
	g.OnActivate = func(kit.RowID) { m.v.host.Commands().Run(screen.CmdOpenMessage) }
	g.OnDelete = func() { m.v.host.Commands().Run(screen.CmdDelete) }
	g.OnMenu = func(at fyne.Position) { kit.ShowMenu(g, at, m.items()...) }
	g.OnShortcut = func(s fyne.Shortcut) {
		if _, ok := s.(*fyne.ShortcutCopy); ok {
			m.p.CopyRows()
		}
	}
	return g
}

// content arranges the pane.
func (m *messagesView) content(narrow bool) fyne.CanvasObject {
	m.send, m.move, m.export, m.purge = nil, nil, nil, nil
	m.name, m.lead = kit.NewLabel(m.name.Text()).Face(kit.Bold), nil
	footer := kit.Footer(m.shows, kit.Spacer(), m.chosen)
	if narrow {
		more := kit.NewIconButton("more", "More", nil)
		more.OnTapped = func() { kit.ShowMenuBelow(more, m.moreItems()...) }
		bar := kit.NewPanel(theme.Surface, kit.Fixed(0, 44, kit.Padded(0, 16, 0, 16, kit.Grow(2,
			m.name, m.count, m.field, m.parts, m.subs,
			m.icon(&m.send, "send", "Send", screen.CmdSend), m.icon(&m.move, "move", "Move", screen.CmdMove),
			m.icon(&m.purge, "purge", "Purge", screen.CmdPurge), more))))
		return screen.Column(3, bar, kit.NewRule(), m.wait, m.grid)
	}
	columns := kit.NewIconButton("columns", "Columns", nil)
	columns.OnTapped = func() { kit.ShowMenuBelow(columns, m.grid.ColumnMenu()...) }
	m.lead = kit.Lead(m.name, m.count, m.size)
	bar := kit.NewPanel(theme.Surface, kit.Fixed(0, 44, kit.Padded(0, 16, 0, 16, kit.Grow(0,
		m.lead,
		m.button(&m.send, "send", "Send", screen.CmdSend), m.button(&m.move, "move", "Move", screen.CmdMove),
		m.button(&m.export, "export", "Export", screen.CmdExport), m.button(&m.purge, "purge", "Purge", screen.CmdPurge), columns))))
	find := kit.NewPanel(theme.Surface, kit.Padded(0, 16, 8, 16, kit.Grow(0, m.field, m.parts, m.subs)))
	return screen.Column(4, bar, find, kit.NewRule(), m.wait, m.grid, footer)
}

func (m *messagesView) button(list *[]*kit.Button, icon, text string, id screen.ID) *kit.Button {
	b := m.v.button(id, text, icon)
	*list = append(*list, b)
	return b
}

func (m *messagesView) icon(list *[]*kit.Button, icon, tip string, id screen.ID) *kit.Button {
	b := kit.NewIconButton(icon, tip, func() { m.v.host.Commands().Run(id) })
	*list = append(*list, b)
	return b
}

func (m *messagesView) setNarrow(on bool) {
	m.narrow = on
	if on {
		m.field.SetPlaceholder("Search this queue")
		m.field = m.field.Key("")
	} else {
		m.field = m.field.Key("Ctrl F")
		m.field.SetPlaceholder("Search labels, properties and bodies in this queue")
	}
	m.head()
}

// partChanged shows another queue or part.
func (m *messagesView) partChanged() {
	m.field.SetText("")
	if kind := m.p.list(); kind != m.kind {
		m.kind = kind
		m.grid = m.newGrid(kind)
		m.v.rearrange()
	}
	if path := m.p.Path(); path != m.path {
		m.path = path
		m.grid.SetSource(m.p.Messages)
		m.grid.SetSort(m.p.Messages.SortShown())
	}
	m.head()
	m.state()
}

// head writes name, counts and parts, and lays them out anew.
func (m *messagesView) head() {
	m.write()
	if m.lead != nil {
		m.lead.Refresh()
	}
}

func (m *messagesView) write() {
	q, ok := m.p.Queue()
	part, sub := m.p.Part()
	if !ok {
		m.name.SetText("")
		m.count.SetText("")
		m.size.SetText("")
		m.parts.Hide()
		m.subs.Hide()
		for _, list := range [][]*kit.Button{m.send, m.move, m.export, m.purge} {
			m.enable(list, false, "")
		}
		return
	}
	m.name.SetText(strings.Replace(screen.NameOf(&q), `\private$\`, `\`, 1))
	n, bytes := inMain(q), q.Bytes
	if q.Outgoing != nil && q.Outgoing.Unread > 0 {
		bytes = 0 // they are of both parts
	}
	names, counts := m.p.Subqueues()
	switch part {
	case InJournal:
		n, bytes = q.JournalMessages, q.JournalBytes
	case InSubqueues:
		n, bytes = m.p.known(q), 0
	case InQueue:
	}
	m.count.SetText(screen.Many(n, "message"))
	if m.narrow {
		m.count.SetText(screen.Count(n))
	}
	m.size.SetText("")
	if bytes > 0 {
		m.size.SetText(screen.Size(bytes))
	}
	choices := []kit.Choice{{ID: string(InQueue), Text: "Messages"}}
	if m.p.Stored() {
		choices = append(choices, kit.Choice{ID: string(InJournal), Text: "Journal " + screen.Count(q.JournalMessages)})
		if k := int64(len(q.Subqueues)); k > 0 {
			choices = append(choices, kit.Choice{ID: string(InSubqueues), Text: "Subqueues " + screen.Count(k)})
		}
	}
	if o := q.Outgoing; o != nil {
		choices[0].Text = "Not sent " + screen.Count(o.Unsent)
		choices = append(choices, kit.Choice{ID: string(InSubqueues), Text: "Not read " + screen.Count(o.Unread)})
	}
	m.parts.SetChoices(choices)
	m.parts.SetChosen(string(part))
	show(m.parts, len(choices) > 1)
	var subs []kit.Choice
	for _, s := range names {
		text := s
		if c, ok := counts[s]; ok {
			text += "  " + screen.Count(c)
		}
		subs = append(subs, kit.Choice{ID: s, Text: text})
	}
	m.subs.SetChoices(subs)
	m.subs.SetChosen(sub)
	show(m.subs, part == InSubqueues && q.Outgoing == nil)
	for _, b := range m.send {
		show(b, q.Outgoing == nil)
	}
	m.allow()
}

// allow makes the buttons usable, or says on them what the computer lacks.
func (m *messagesView) allow() {
	q, _ := m.p.Queue()
	part, _ := m.p.Part()
	there := m.p.Node().Client != nil
	m.enable(m.send, there && m.p.Stored(), m.p.Lacks(mgmtclient.CanSend))
	m.enable(m.export, there && m.v.host.Export() != nil, m.p.Lacks(mgmtclient.CanExport))
	m.enable(m.purge, there && (q.Outgoing == nil || part == InQueue), m.p.Lacks(mgmtclient.CanPurge))
	m.enable(m.move, there && m.grid.SelectedCount() > 0, m.p.Lacks(mgmtclient.CanMove))
}

func (m *messagesView) enable(list []*kit.Button, on bool, lacks string) {
	for _, b := range list {
		b.SetEnabled(on && lacks == "")
		b.Refuse(lacks)
	}
}

func show(o fyne.CanvasObject, on bool) {
	if on != o.Visible() {
		if on {
			o.Show()
		} else {
			o.Hide()
		}
	}
}

// rows shows the rows anew; what was at an index is moved further down.
func (m *messagesView) rows(moved int) {
	if moved != 0 {
		offset := m.grid.ScrollOffset() + int64(moved)*int64(screen.RowHeight.Get(m.v.host.Preferences()))
		m.grid.Refresh()
		m.grid.SetScrollOffset(max(0, offset))
	} else {
		m.grid.Refresh()
	}
	if gone := m.p.Messages.Gone(m.grid.Selected()); len(gone) > 0 {
		m.grid.Deselect(gone...)
	}
	if m.lookFor != 0 && m.p.Messages.Loaded() {
		if i, ok := m.p.Messages.Index(kit.NumID(uint64(m.lookFor))); ok {
			m.grid.SetCurrent(i)
		}
		m.lookFor = 0
	}
	m.current()
}

// removed takes rows out of the selection; the row that comes in the place of
// the current one is the next.
func (m *messagesView) removed(ids []kit.RowID) {
	id, ok := m.grid.Current()
	m.grid.Deselect(ids...)
	if ok && m.grid.SelectedCount() == 0 && slices.Contains(ids, id) {
		m.grid.SetCurrent(m.grid.CurrentIndex())
	}
}

// current makes the first row current once there is one, and knows the row
// that was gone to before it was in memory (End, Page Down).
func (m *messagesView) current() {
	i := m.grid.CurrentIndex()
	if _, known := m.grid.Current(); known || !m.p.Messages.Loaded() {
		return
	}
	i = max(i, 0)
	if row, ok := m.p.Messages.Row(i); ok && !row.ID.Zero() {
		m.grid.SetCurrent(i)
	}
}

// selected is told after other messages were chosen.
func (m *messagesView) selected() {
	n := m.grid.SelectedCount()
	m.chosen.SetText("")
	if n > 0 {
		m.chosen.SetText(m.p.Messages.Chosen(n))
	}
	if _, ok := m.p.Queue(); ok {
		m.allow()
	}
	if id, ok := m.grid.Current(); ok {
		m.p.Current(id, n)
	}
	m.v.host.Commands().Changed()
}

// tick writes what tells of passing time.
func (m *messagesView) tick() {
	if m.p.Messages.Waiting() {
		m.state()
	}
}

// state shows waiting, searching, faults and the footer.
func (m *messagesView) state() {
	ms := m.p.Messages
	m.shows.SetText(ms.Footer())
	text, under := ms.Searching()
	switch {
	case under:
		m.waitFor("Searching "+m.named()+" for “"+kit.Shorten(text)+"”", ms.CancelSearch)
	case ms.Waiting() && ms.Len() == 0:
		m.waitFor("Asking "+m.p.Node().Name+"…", nil)
	default:
		m.waitFor("", nil)
	}
	m.empty()
}

// waitFor shows a bar while something lasts.
func (m *messagesView) waitFor(text string, cancel func()) {
	if text == m.says {
		return
	}
	m.says = text
	m.wait.Objects = nil
	if text != "" {
		m.wait.Objects = []fyne.CanvasObject{kit.WaitBar(text, cancel)}
	}
	m.wait.Refresh()
	m.v.root.Refresh()
}

// empty says why there are no messages.
func (m *messagesView) empty() {
	ms := m.p.Messages
	q, chosen := m.p.Queue()
	part, _ := m.p.Part()
	name := m.named()
	commands := m.v.host.Commands()
	again := kit.NewButton("Try again", "refresh", ms.Refresh)
	text, searching := ms.Searching()
	switch {
	case !chosen:
		m.blank.Set("queue", theme.Muted, "No queue chosen", "Choose a queue to see its messages.", "")
	case ms.Err() != nil:
		why, fix, code := screen.Reason(ms.Err())
		icon, ink, title := "x-circle", theme.Danger, "The messages could not be read"
		if strings.Contains(code, "ACCESS_DENIED") {
			icon, ink, title = "lock", theme.Warning, "You may not read this queue"
		}
		m.blank.Set(icon, ink, title, strings.TrimSpace(why+" "+fix), code, again)
	case searching, !ms.Loaded():
		m.blank.Set("search", theme.Muted, "", "", "")
	case text != "":
		clear := kit.NewButton("Clear search", "x", m.clear)
		m.blank.Set("funnel-x", theme.Muted, "Nothing matches “"+kit.Shorten(text)+"”",
			screen.Many(q.Messages, "message")+" were searched, bodies too.", "", clear)
	case ms.Filtered() != "":
		var actions []*kit.Button
		if ms.CanSearch() {
			actions = append(actions, kit.NewButton("Search in bodies too", "search", func() { m.submit(m.field.Text()) }))
		}
		actions = append(actions, kit.NewButton("Clear filter", "x", m.clear))
		m.blank.Set("funnel-x", theme.Muted, "No label matches “"+kit.Shorten(m.field.Text())+"”",
			screen.Many(int64(len(ms.run.rows)), "message")+" were searched, labels and IDs only.", "", actions...)
	case part == InJournal && !q.Journal && !q.Created.IsZero():
		m.blank.Set("journal", theme.Muted, "No copies are kept", "The journal of "+screen.QueueName(q.PathName)+" is off: messages that are received leave no copy.", "",
			kit.NewButton("Queue properties", "settings", func() { commands.Run(screen.CmdProperties) }))
	case q.Outgoing != nil && part == InSubqueues:
		m.blank.Set("check-circle", theme.Success, "Nothing waits for a reader", "What was delivered to "+name+" was read, or its sender does not want to know.", "")
	case q.Outgoing != nil:
		m.blank.Set("send", theme.Muted, "Nothing waits to go out", "All messages for "+name+" have been delivered.", "")
	case m.p.deadLetters():
		m.blank.Set("check-circle", theme.Success, "No dead letters", "Nothing sent from "+m.p.Node().Name+" died.", "")
	default:
		var actions []*kit.Button
		line := "New messages show up here by themselves."
		if m.p.Stored() && part == InQueue {
			actions = append(actions, kit.NewButton("Send a message", "send", func() { commands.Run(screen.CmdSend) }))
			if q.JournalMessages > 0 {
				line += " " + copies(q.JournalMessages) + " in its journal."
				actions = append(actions, kit.NewButton("Open journal", "journal", func() { commands.Run(screen.CmdOpenJournal) }))
			}
		}
		m.blank.Set("inbox", theme.Muted, name+" is empty", line, "", actions...)
	}
}

// named is what the queue or the part of it that is shown is called.
func (m *messagesView) named() string {
	if q, ok := m.p.Queue(); ok && q.Outgoing != nil {
		return screen.NameOf(&q)
	}
	return screen.QueueName(m.p.Path())
}

func copies(n int64) string {
	if n == 1 {
		return "1 copy is"
	}
	return screen.Count(n) + " copies are"
}

// submit searches the whole queue.
func (m *messagesView) submit(text string) {
	if strings.TrimSpace(text) == "" {
		m.clear()
		return
	}
	m.p.Messages.Search(text)
}

func (m *messagesView) clear() {
	m.field.SetText("")
	m.p.Messages.Filter("")
	m.grid.Focus()
}

func (m *messagesView) fieldKey(ev *fyne.KeyEvent) bool {
	switch ev.Name {
	case fyne.KeyEscape:
		if _, under := m.p.Messages.Searching(); under {
			m.p.Messages.CancelSearch()
			return true
		}
		m.clear()
	case fyne.KeyDown:
		m.grid.Focus()
	default:
		return false
	}
	return true
}

// items is the menu of messages.
func (m *messagesView) items() []*fyne.MenuItem {
	items := screen.MenuItems(m.v.host.Commands(), screen.CmdOpenMessage, screen.CmdCopyID, screen.CmdSaveBody, "",
		screen.CmdMove, screen.CmdCopyTo, screen.CmdReturn, screen.CmdResend, screen.CmdExport, "", screen.CmdDelete)
	for _, it := range items {
		if it.Label == "Delete…" {
			it.Icon = theme.Icon("delete", theme.Danger)
		}
	}
	return items
}

// moreItems is the menu of what has no button in a narrow window.
func (m *messagesView) moreItems() []*fyne.MenuItem {
	items := screen.MenuItems(m.v.host.Commands(), screen.CmdExport, screen.CmdCopyID, "", screen.CmdMove, screen.CmdCopyTo,
		screen.CmdReturn, screen.CmdResend, "", screen.CmdDelete)
	columns := kit.MenuItem("Columns", "columns", nil)
	columns.ChildMenu = fyne.NewMenu("", m.grid.ColumnMenu()...)
	return append(items, kit.MenuSeparator(), columns)
}
