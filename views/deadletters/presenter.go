package deadletters

import (
	"fmt"
	"slices"
	"time"

	"posthouse/mgmtclient"
	"posthouse/views/inspector"
	"posthouse/views/screen"
)

// Presenter decides what the inbox shows.
type Presenter struct {
	// OnRows is told after rows changed, OnLetter after the letter in the pane
	// or what is known about it did.
	OnRows   func()
	OnLetter func()

	// Body reads the body of the letter in the pane.
	Body *inspector.Presenter

	host  screen.Host
	scope *screen.Scope

	boxes   map[string]*box // by node
	queues  []held          // of all
	letters []letter
	reach   map[origin]int

	filter   string
	by       string
	sortBy   string
	sortDown bool
	closed   map[string]bool
	wider    map[string]int // of groups: how many more than groupFirst show

	groups    []group
	rows      []row
	groupRows []int
	index     map[key]int

	selected map[key]bool
	current  key
	chosen   bool // by somebody, not for being the first
	aim      target
}

// NewPresenter makes a presenter that shows nothing yet.
func NewPresenter(h screen.Host) *Presenter {
	p := &Presenter{
		OnRows: func() {}, OnLetter: func() {}, Body: inspector.NewPresenter(h), host: h,
		boxes: map[string]*box{}, reach: map[origin]int{}, by: byReason, sortBy: colDied, sortDown: true,
		closed: map[string]bool{}, wider: map[string]int{}, selected: map[key]bool{},
	}
	return p
}

// Enter begins to read, and to follow what changes, while the scope lasts.
func (p *Presenter) Enter(s *screen.Scope) {
	if p.scope != s {
		p.scope = s
		p.host.Feed().WatchMessages(s, p.touched)
		p.Refresh()
		return
	}
	for _, n := range p.follow() {
		if x := p.boxes[n.ID]; x == nil || x.client != n.Client {
			p.read(n, false)
		}
	}
	p.gather()
}

// More reads further into every queue that has more.
func (p *Presenter) More() {
	for i := range p.queues {
		h := &p.queues[i]
		if int64(len(h.letters)) < h.total {
			p.reach[h.origin] = max(firstReach, p.reach[h.origin]) + firstReach
		}
	}
	p.Refresh()
}

// Filter shows the letters in which a text occurs.
func (p *Presenter) Filter(text string) { p.filter = text; p.arrange(); p.OnRows() }

// Group groups in another way.
func (p *Presenter) Group(by string) { p.by = by; p.arrange(); p.OnRows() }

// Sort orders by a column.
func (p *Presenter) Sort(column string, down bool) {
	p.sortBy, p.sortDown = column, down
	p.arrange()
	p.OnRows()
}

// Open opens or closes a group.
func (p *Presenter) Open(id string, open bool) {
	p.closed[id] = !open
	p.arrange()
	p.OnRows()
}

// Widen shows more letters of a group.
func (p *Presenter) Widen(id string) {
	p.wider[id] += groupMore
	p.arrange()
	p.OnRows()
}

// Select is what is selected now.
func (p *Presenter) Select(keys []key) {
	p.selected = map[key]bool{}
	for _, k := range keys {
		p.selected[k] = true
	}
}

// SelectGroup selects all loaded letters of a group, or none of them.
func (p *Presenter) SelectGroup(id string, on bool) {
	for _, g := range p.groups {
		if g.id != id {
			continue
		}
		for _, i := range g.letters {
			if on {
				p.selected[p.letters[i].key()] = true
			} else {
				delete(p.selected, p.letters[i].key())
			}
		}
	}
}

// Selected are the selected letters, in the order shown.
func (p *Presenter) Selected() []letter {
	var list []letter
	for _, g := range p.groups {
		for _, i := range g.letters {
			if p.selected[p.letters[i].key()] {
				list = append(list, p.letters[i])
			}
		}
	}
	return list
}

// groupState tells how many of a group are selected.
func (p *Presenter) groupState(g int) (some, all bool) {
	n := 0
	for _, i := range p.groups[g].letters {
		if p.selected[p.letters[i].key()] {
			n++
		}
	}
	return n > 0, n > 0 && n == len(p.groups[g].letters)
}

// Summary is the size of the selection in words.
func (p *Presenter) Summary() (count int, size string) {
	var bytes int64
	list := p.Selected()
	for i := range list {
		bytes += int64(list[i].BodySize)
	}
	return len(list), screen.Size(bytes)
}

// Total is how many dead letters there are, by the counters.
func (p *Presenter) Total() int64 {
	var n int64
	for i := range p.queues {
		n += p.queues[i].total
	}
	return n
}

// Headline says how many there are and since when.
func (p *Presenter) Headline() string {
	if !p.loaded() {
		return ""
	}
	total := p.Total()
	if total == 0 {
		if p.loading() {
			return ""
		}
		return "none"
	}
	nodes := map[string]bool{}
	var oldest time.Time
	for i := range p.letters {
		l := &p.letters[i]
		nodes[l.node] = true
		if oldest.IsZero() || l.ArrivedTime.Before(oldest) {
			oldest = l.ArrivedTime
		}
	}
	word := "oldest"
	if p.Partial() != "" {
		word = "newest back to"
	}
	s := fmt.Sprintf("%s on %s", screen.Count(total), screen.Many(int64(max(1, len(nodes))), "computer"))
	if !oldest.IsZero() {
		s += fmt.Sprintf(", %s %s", word, screen.Moment(oldest, p.host.Now()))
	}
	return s
}

// Partial says that only a part is loaded; "" if all is.
func (p *Presenter) Partial() string {
	if total := p.Total(); total > int64(len(p.letters)) {
		return fmt.Sprintf("The newest %s of %s are loaded. Groups, filter and selection know only those.", screen.Count(int64(len(p.letters))), screen.Count(total))
	}
	return ""
}

// NotAsked are the computers that could not be asked.
func (p *Presenter) NotAsked() []screen.Unheard {
	list := screen.UnheardOf(p.host, p.host.Nodes())
	for _, n := range p.host.Nodes() {
		x := p.boxes[n.ID]
		if x != nil && x.err != nil && !slices.ContainsFunc(list, func(u screen.Unheard) bool { return u.Node.ID == n.ID }) {
			list = append(list, screen.Unheard{Node: n, Err: x.err})
		}
	}
	return list
}

// Fault is the reason a queue could not be read, if one could not, and the name of
// its computer.
func (p *Presenter) Fault() (name string, err error) {
	for _, n := range p.host.Nodes() {
		x := p.boxes[n.ID]
		if x == nil || n.Silent() {
			continue // said as not asked
		}
		if x.err != nil {
			return n.Name, x.err
		}
		for i := range x.queues {
			if err := x.queues[i].err; err != nil {
				return n.Name, err
			}
		}
	}
	return "", nil
}

// SetCurrent shows a letter in the pane.
func (p *Presenter) SetCurrent(k key) {
	if p.current == k {
		return
	}
	p.current, p.chosen = k, true
	p.showLetter()
}

// Letter is the letter in the pane.
func (p *Presenter) Letter() (letter, bool) {
	i, ok := p.index[p.current]
	if !ok {
		for k := range p.letters {
			if p.letters[k].key() == p.current {
				return p.letters[k], true
			}
		}
		return letter{}, false
	}
	return p.letters[p.rows[i].letter], true
}

// showLetter reads the body of the letter and asks about its destination.
func (p *Presenter) showLetter() {
	l, ok := p.Letter()
	if !ok {
		p.Body.ShowCount(0)
		p.OnLetter()
		return
	}
	if n, found := p.host.Node(l.node); found && p.scope != nil {
		p.Body.Show(p.scope, n, l.queue, l.Message)
		p.look(n, l)
	}
	p.OnLetter()
}

// node is the connection to the computer that holds a letter.
func (p *Presenter) node(id string) mgmtclient.Node {
	n, _ := p.host.Node(id)
	return n.Client
}

// Leave forgets that anything was being read: it ended with the scope.
func (p *Presenter) Leave() {
	p.scope = nil
	for _, x := range p.boxes {
		x.busy, x.slow, x.resting = false, false, false
	}
}
