package outgoing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// The segments.
const (
	segAll       = "all"
	segStuck     = "stuck"
	segWaiting   = "waiting"
	segIdle      = "idle"
	segConnected = "connected"
)

// The columns.
const (
	colState   = "state"
	colTo      = "to"
	colFrom    = "from"
	colUnsent  = "unsent"
	colUnread  = "unread"
	colNext    = "next"
	colSince   = "since"
	colSize    = "size"
	colHop     = "hop"
	colOldest  = "oldest"
	colExpires = "expires"
	colFormat  = "format"
)

// item is an outgoing queue of a computer.
type item struct {
	node  screen.Node
	queue mgmtclient.Queue
	out   *mgmtclient.Outgoing // never nil
	line  screen.Line
	to    string // where it leads, as one reads it
	away  bool   // its computer works offline
	stale bool   // its computer did not answer the last time
	// express: its computer has messages that a stop would lose.
	express bool
}

// name is what the computer calls the queue.
func (i *item) name() string { return screen.OutgoingName(&i.queue) }

func (i *item) id() kit.RowID { return kit.TextID(i.node.ID + "|" + i.name()) }

// host is the computer it leads to, for sentences.
func (i *item) host() string {
	return cmp.Or(screen.DestinationHost(&i.queue), "the destination")
}

// Presenter decides what the screen shows and carries out its commands.
type Presenter struct {
	// OnRows is told after rows or counts changed, OnCurrent after another queue
	// is in the pane.
	OnRows    func()
	OnCurrent func()

	host  screen.Host
	scope *screen.Scope
	only  string // the computer shown; "" all

	filter  string
	segment string
	sort    kit.Sort // the zero value: what needs attention first

	all      []item
	rows     []item
	index    map[kit.RowID]int // of rows
	selected map[kit.RowID]bool
	current  kit.RowID
}

// NewPresenter makes a presenter that shows nothing yet.
func NewPresenter(h screen.Host) *Presenter {
	p := &Presenter{
		OnRows: func() {}, OnCurrent: func() {}, host: h, segment: segAll,
		index: map[kit.RowID]int{}, selected: map[kit.RowID]bool{},
	}
	p.scope = h.Scope().Sub()
	p.scope.End()
	return p
}

// Enter follows the outgoing queues of a computer, or of all, while the scope
// lasts; a queue in the route becomes current.
func (p *Presenter) Enter(s *screen.Scope, r screen.Route) {
	if p.scope != s {
		p.scope = s
		p.host.Feed().Watch(s, func(string) { p.update() })
	}
	p.only = r.Node
	if r.Queue != "" {
		p.filter, p.segment = "", segAll
	}
	p.read()
	if r.Queue != "" {
		for i := range p.rows {
			q := &p.rows[i].queue
			if strings.EqualFold(q.PathName, r.Queue) || strings.EqualFold(q.FormatName, r.Queue) {
				p.current = p.rows[i].id()
			}
		}
	}
	p.tell()
}

// NodeChanged takes over what became of the computers.
func (p *Presenter) NodeChanged() { p.update() }

// update takes over new counters.
func (p *Presenter) update() {
	p.read()
	p.tell()
}

func (p *Presenter) tell() {
	p.OnRows()
	p.OnCurrent()
}

// read takes the outgoing queues from the feed.
func (p *Presenter) read() {
	p.all = nil
	for _, n := range p.host.Nodes() {
		if p.only != "" && n.ID != p.only {
			continue
		}
		o := p.host.Feed().Of(n.ID)
		for i := range o.Outgoing {
			q := o.Outgoing[i]
			p.all = append(p.all, item{
				node: n, queue: q, out: screen.OutgoingOf(&q), line: screen.LineOf(&q), to: screen.Destination(&q),
				away: screen.Offline(o.Machine), stale: o.Err != nil || n.Client == nil,
				express: o.Machine.ExpressCount > 0,
			})
		}
	}
	here := map[kit.RowID]bool{}
	for i := range p.all {
		here[p.all[i].id()] = true
	}
	for id := range p.selected {
		if !here[id] {
			delete(p.selected, id)
		}
	}
	p.arrange()
}

// arrange picks and orders the rows.
func (p *Presenter) arrange() {
	text := strings.ToLower(strings.TrimSpace(p.filter))
	p.rows = p.rows[:0]
	for i := range p.all {
		if it := &p.all[i]; in(p.segment, it) && it.matches(text) {
			p.rows = append(p.rows, *it)
		}
	}
	slices.SortStableFunc(p.rows, func(a, b item) int {
		c := p.compare(&a, &b)
		if p.sort.Desc {
			c = -c
		}
		return cmp.Or(c, cmp.Compare(strings.ToLower(a.to), strings.ToLower(b.to)), cmp.Compare(a.node.Name, b.node.Name))
	})
	clear(p.index)
	for i := range p.rows {
		p.index[p.rows[i].id()] = i
	}
}

// in reports whether a queue belongs to a segment.
func in(segment string, i *item) bool {
	switch segment {
	case segStuck:
		return i.line.Alarms()
	case segWaiting:
		return i.line.Waits() && !i.line.Alarms()
	case segIdle:
		return i.line == screen.LineIdle
	case segConnected:
		return i.line == screen.LineConnected
	}
	return true
}

// matches reports whether a filter text occurs in what is shown of a queue.
func (i *item) matches(text string) bool {
	if text == "" {
		return true
	}
	for _, s := range append([]string{i.to, i.name(), i.node.Name, i.line.Shown().Word}, i.queue.NextHops...) {
		if strings.Contains(strings.ToLower(s), text) {
			return true
		}
	}
	return false
}

// compare orders by the chosen column; without one, what needs attention comes
// first, and of that what holds most.
func (p *Presenter) compare(a, b *item) int {
	switch p.sort.Key {
	case colTo:
		return cmp.Compare(strings.ToLower(a.to), strings.ToLower(b.to))
	case colFrom:
		return cmp.Compare(strings.ToLower(a.node.Name), strings.ToLower(b.node.Name))
	case colUnsent:
		return cmp.Compare(a.out.Unsent, b.out.Unsent)
	case colUnread:
		return cmp.Compare(a.out.Unread, b.out.Unread)
	case colSize:
		return cmp.Compare(a.queue.Bytes, b.queue.Bytes)
	case colSince:
		return compareTimes(a.out.Since, b.out.Since)
	case colNext:
		return compareTimes(a.out.NextTry, b.out.NextTry)
	case colOldest:
		return compareTimes(a.out.Oldest, b.out.Oldest)
	case colExpires:
		return compareTimes(a.out.Expires, b.out.Expires)
	case colHop:
		return cmp.Compare(hop(a), hop(b))
	case colFormat:
		return cmp.Compare(a.queue.FormatName, b.queue.FormatName)
	case colState:
		return cmp.Compare(a.line, b.line)
	}
	c := cmp.Compare(a.line, b.line)
	if c == 0 && a.line.Waits() {
		c = cmp.Compare(b.out.Unsent, a.out.Unsent)
	}
	return c
}

// Filter shows the queues in which a text occurs.
func (p *Presenter) Filter(text string) { p.filter = text; p.show() }

// Segment shows one kind of queues.
func (p *Presenter) Segment(id string) { p.segment = id; p.show() }

// Sort orders by a column.
func (p *Presenter) Sort(s kit.Sort) { p.sort = s; p.show() }

func (p *Presenter) show() {
	p.arrange()
	p.OnRows()
}

// Segments are the kinds of queues with how many there are.
func (p *Presenter) Segments() []kit.Choice {
	count := func(segment string) string {
		n := int64(0)
		for i := range p.all {
			if in(segment, &p.all[i]) {
				n++
			}
		}
		return screen.Count(n)
	}
	stuck := kit.Choice{ID: segStuck, Text: "Cannot connect " + count(segStuck)}
	if !strings.HasSuffix(stuck.Text, " 0") {
		s := kit.OutgoingStuck
		stuck.Icon, stuck.Ink = s.Icon, s.Color
	}
	return []kit.Choice{
		{ID: segAll, Text: "All " + count(segAll)},
		stuck,
		{ID: segWaiting, Text: "Waiting " + count(segWaiting)},
		{ID: segIdle, Text: "Idle " + count(segIdle)},
		{ID: segConnected, Text: "Connected " + count(segConnected)},
	}
}

// Headline says how many queues there are and what they hold.
func (p *Presenter) Headline() string {
	if !p.Known() {
		return ""
	}
	if len(p.all) == 0 {
		return "none" + p.onWhich()
	}
	var unsent int64
	for i := range p.all {
		unsent += p.all[i].out.Unsent
	}
	s := screen.Many(int64(len(p.all)), "queue") + p.onWhich() + ", "
	if unsent == 0 {
		return s + "nothing waits"
	}
	return s + screen.Many(unsent, "message") + " not sent yet"
}

// onWhich names the computer if one of several is shown.
func (p *Presenter) onWhich() string {
	if n, ok := p.host.Node(p.only); ok && p.only != "" && len(p.host.Nodes()) > 1 {
		return " on " + n.Name
	}
	return ""
}

// Known reports whether a computer has told of its outgoing queues.
func (p *Presenter) Known() bool {
	return slices.ContainsFunc(p.nodes(), func(n screen.Node) bool { return !p.host.Feed().Of(n.ID).At.IsZero() })
}

// nodes are the computers shown.
func (p *Presenter) nodes() []screen.Node {
	return slices.DeleteFunc(p.host.Nodes(), func(n screen.Node) bool { return p.only != "" && n.ID != p.only })
}

// Unheard are the computers whose outgoing queues are not known, or as they were.
func (p *Presenter) Unheard() []screen.Unheard { return screen.UnheardOf(p.host, p.nodes()) }

// Away are the computers that work offline.
func (p *Presenter) Away() []screen.Node {
	return slices.DeleteFunc(p.nodes(), func(n screen.Node) bool { return !screen.Offline(p.host.Feed().Of(n.ID).Machine) })
}

// AwayWords say that computers work offline.
func (p *Presenter) AwayWords() (bold, text string) {
	away := p.Away()
	if len(away) == 0 {
		return "", ""
	}
	var unsent int64
	for i := range p.all {
		if p.all[i].away {
			unsent += p.all[i].out.Unsent
		}
	}
	bold = away[0].Name + " works offline."
	if len(away) > 1 {
		bold = fmt.Sprintf("%d computers work offline.", len(away))
	}
	text = "Messages for other computers are kept, and none come in."
	switch {
	case unsent == 1:
		text = "1 message for another computer is kept; none come in."
	case unsent > 1:
		text = screen.Count(unsent) + " messages for other computers are kept; none come in."
	}
	return bold, text
}

// Select is what is selected now.
func (p *Presenter) Select(ids []kit.RowID) {
	clear(p.selected)
	for _, id := range ids {
		p.selected[id] = true
	}
	p.OnCurrent()
}

// Selected are the selected queues, in the order shown; the current one if
// none is.
func (p *Presenter) Selected() []item {
	var list []item
	for i := range p.rows {
		if p.selected[p.rows[i].id()] {
			list = append(list, p.rows[i])
		}
	}
	if it, ok := p.Current(); ok && len(list) == 0 {
		return []item{it}
	}
	return list
}

// SetCurrent shows a queue in the pane.
func (p *Presenter) SetCurrent(id kit.RowID) {
	if p.current != id {
		p.current = id
		p.OnCurrent()
	}
}

// Current is the queue in the pane.
func (p *Presenter) Current() (item, bool) {
	i, ok := p.index[p.current]
	if !ok {
		return item{}, false
	}
	return p.rows[i], true
}

// Refresh asks all computers anew.
func (p *Presenter) Refresh() {
	for _, n := range p.nodes() {
		p.host.Feed().Refresh(n.ID)
	}
}
