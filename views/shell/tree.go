package shell

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// Lines of the tree are named by their kind, the computer and, for a queue,
// its path.
const (
	treeNode     = "node"
	treeOutgoing = "outgoing"
	treePrivate  = "private"
	treePublic   = "public"
	treeSystem   = "system"
	treeQueue    = "queue"
	treeLeaving  = "leaving" // an outgoing queue, found
)

const treeSep = "\x00"

func treeID(kind, node, queue string) string {
	return kind + treeSep + node + treeSep + queue
}

func splitTreeID(id string) (kind, node, queue string) {
	parts := strings.SplitN(id, treeSep, 3)
	if len(parts) < 3 {
		return "", "", ""
	}
	return parts[0], parts[1], parts[2]
}

// tree decides which lines the tree of computers shows.
type tree struct {
	open   map[string]bool
	filter string
}

func newTree() *tree { return &tree{open: map[string]bool{}} }

// isOpen: System Queues begin open, Private Queues closed; a computer is told by
// opens.
func (t *tree) isOpen(id string) bool {
	if open, said := t.open[id]; said {
		return open
	}
	kind, _, _ := splitTreeID(id)
	return kind == treeSystem
}

// opens: this computer begins open, the others closed.
func (t *tree) opens(n screen.Node) bool {
	if open, said := t.open[treeID(treeNode, n.ID, "")]; said {
		return open
	}
	return n.Local
}

// head is the line of a computer: its state as an icon, and in words where there
// is no count and in the tooltip.
func (t *tree) head(n screen.Node, o screen.Overview) kit.TreeRow {
	shown := o.Shown(n)
	row := kit.TreeRow{ID: treeID(treeNode, n.ID, ""), Icon: shown.Icon, Ink: shown.Color, Text: n.Name, Tip: n.Name + ": " + shown.Word, Count: shown.Word}
	if n.Client != nil && !o.At.IsZero() {
		row.Count = screen.Count(o.Machine.Messages)
	}
	if n.Err != nil {
		why, _, _ := screen.Reason(n.Err)
		row.Tip += ". " + why
	}
	return row
}

func (t *tree) toggle(id string, open bool) { t.open[id] = open }

// rows are the lines to show.
func (t *tree) rows(nodes []screen.Node, feed *screen.Feed) []kit.TreeRow {
	var rows []kit.TreeRow
	for _, n := range nodes {
		rows = append(rows, t.node(n, feed.Of(n.ID))...)
	}
	return rows
}

func (t *tree) node(n screen.Node, o screen.Overview) []kit.TreeRow {
	if t.filter != "" {
		return t.found(n, o)
	}
	head := t.head(n, o)
	head.Open, head.Leaf = t.opens(n), o.At.IsZero() || n.Silent()
	rows := []kit.TreeRow{head}
	if !head.Open || head.Leaf {
		return rows
	}
	rows = append(rows, outgoingRow(n.ID, o))
	if o.Machine.Directory != nil {
		public := publicRow(n.ID, o)
		public.Open = t.isOpen(public.ID)
		rows = append(rows, public)
		if public.Open {
			for i := range o.Public {
				rows = append(rows, queueRow(n.ID, &o.Public[i]))
			}
		}
	}
	private := kit.TreeRow{
		ID: treeID(treePrivate, n.ID, ""), Depth: 1, Icon: "folder", Text: "Private Queues",
		Count: screen.Count(int64(len(o.Queues))), Leaf: len(o.Queues) == 0,
	}
	private.Open = t.isOpen(private.ID)
	rows = append(rows, private)
	if private.Open {
		for i := range o.Queues {
			rows = append(rows, queueRow(n.ID, &o.Queues[i]))
		}
	}
	system := kit.TreeRow{ID: treeID(treeSystem, n.ID, ""), Depth: 1, Icon: "settings", Text: "System Queues"}
	system.Open = t.isOpen(system.ID)
	rows = append(rows, system)
	if system.Open {
		for _, q := range systemOrder(o.System) {
			rows = append(rows, queueRow(n.ID, &q))
		}
	}
	return rows
}

// found are the queues of a computer that match the filter.
func (t *tree) found(n screen.Node, o screen.Overview) []kit.TreeRow {
	var rows []kit.TreeRow
	for _, list := range [][]mgmtclient.Queue{o.Public, o.Queues, systemOrder(o.System)} {
		for i := range list {
			q := &list[i]
			if has(screen.QueueName(q.PathName), t.filter) || has(q.Label, t.filter) {
				r := queueRow(n.ID, q)
				r.Depth = 1
				rows = append(rows, r)
			}
		}
	}
	for i := range o.Outgoing {
		q := &o.Outgoing[i]
		if to := screen.Destination(q); has(to, t.filter) {
			rows = append(rows, departureRow(n.ID, to, q))
		}
	}
	if len(rows) == 0 && !has(n.Name, t.filter) {
		return nil
	}
	head := t.head(n, o)
	head.Open = true
	if n.Client != nil {
		head.Count = ""
	}
	return append([]kit.TreeRow{head}, rows...)
}

// leadsToQueue reports whether a line is that of a queue.
func leadsToQueue(id string) bool {
	kind, _, _ := splitTreeID(id)
	return kind == treeQueue || kind == treeLeaving
}

// nothingFound says that no queue was found, with a way to go on.
func nothingFound(clear func()) *kit.EmptyState {
	return kit.NewEmptyState("search", "No queue found", "", kit.NewButton("Clear search", "x", clear))
}

// sayFound shows e if rows have no queue and something was asked for.
func sayFound(e *kit.EmptyState, s *Shell, t *tree, rows []kit.TreeRow) {
	found := t.filter == "" || slices.ContainsFunc(rows, func(r kit.TreeRow) bool {
		return leadsToQueue(r.ID)
	})
	if found {
		e.Hide()
		return
	}
	if s.opening() {
		e.Say("Still asking", "Not every computer has told its queues yet.")
	} else {
		e.Say("No queue found", "No name or label has “"+kit.Shorten(t.filter)+"” in it.")
	}
	e.Show()
}

// opening reports whether a computer has not told its queues yet.
func (s *Shell) opening() bool {
	return slices.ContainsFunc(s.links, func(l *link) bool {
		o := s.feed.Of(l.ID)
		return !l.shown.Silent() && o.At.IsZero() && o.Err == nil
	})
}

func has(s, part string) bool { return strings.Contains(strings.ToLower(s), part) }

// systemOrder is journal, dead letters, transactional dead letters.
func systemOrder(list []mgmtclient.Queue) []mgmtclient.Queue {
	rank := func(q mgmtclient.Queue) int {
		return slices.Index([]string{"journal", "deadletter", "deadxact"}, strings.ToLower(q.PathName[strings.LastIndexByte(q.PathName, ';')+1:]))
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b mgmtclient.Queue) int { return rank(a) - rank(b) })
	return list
}

func queueRow(node string, q *mgmtclient.Queue) kit.TreeRow {
	icon, ink := "queue", fyne.ThemeColorName("")
	if screen.IsPublic(q.PathName) {
		icon = "globe"
	}
	switch name := strings.ToLower(q.PathName); {
	case strings.HasSuffix(name, ";journal"):
		icon = "journal"
	case strings.HasSuffix(name, ";deadletter"), strings.HasSuffix(name, ";deadxact"):
		icon = "dead-letter"
		if q.Messages > 0 {
			ink = theme.Warning
		}
	}
	return kit.TreeRow{
		ID: treeID(treeQueue, node, q.PathName), Depth: 2, Icon: icon, Ink: ink, Text: screen.QueueName(q.PathName),
		Count: screen.Count(q.Messages), Leaf: true,
	}
}

// route is where a line leads.
func (t *tree) route(id string) (screen.Route, bool) {
	kind, node, queue := splitTreeID(id)
	switch kind {
	case treeNode, treePrivate:
		return screen.Route{Screen: screen.Queues, Node: node, Folder: screen.PrivateQueues}, true
	case treePublic:
		return screen.Route{Screen: screen.Queues, Node: node, Folder: screen.PublicQueues}, true
	case treeOutgoing:
		return screen.Route{Screen: screen.Outgoing, Node: node}, true
	case treeLeaving:
		return screen.Route{Screen: screen.Outgoing, Node: node, Queue: queue}, true
	case treeSystem:
		return screen.Route{Screen: screen.Queues, Node: node, Folder: screen.SystemQueues}, true
	case treeQueue:
		return screen.Route{Screen: screen.Queues, Node: node, Queue: queue}, true
	}
	return screen.Route{}, false
}

// line is the line of a route; "" if the tree shows none.
func (t *tree) line(r screen.Route, rows []kit.TreeRow) string {
	var wants []string
	switch r.Screen {
	case screen.Queues:
		queue, suffix, _ := strings.Cut(r.Queue, ";")
		if strings.HasSuffix(strings.ToLower(queue), `\system$`) {
			queue += ";" + suffix
		}
		switch {
		case r.Folder == screen.OutgoingQueues:
			wants = []string{treeID(treeOutgoing, r.Node, "")}
		case r.Queue != "":
			wants = []string{treeID(treeQueue, r.Node, queue), treeID(treePrivate, r.Node, "")}
			if screen.IsPublic(queue) {
				wants[1] = treeID(treePublic, r.Node, "")
			}
		case r.Folder == screen.PublicQueues:
			wants = []string{treeID(treePublic, r.Node, "")}
		case r.Folder == screen.SystemQueues:
			wants = []string{treeID(treeSystem, r.Node, "")}
		default:
			wants = []string{treeID(treePrivate, r.Node, "")}
		}
		wants = append(wants, treeID(treeNode, r.Node, ""))
	case screen.Outgoing:
		if r.Node != "" {
			wants = []string{treeID(treeOutgoing, r.Node, ""), treeID(treeNode, r.Node, "")}
		}
	}
	for _, w := range wants {
		if slices.ContainsFunc(rows, func(x kit.TreeRow) bool { return x.ID == w }) {
			return w
		}
	}
	return ""
}
