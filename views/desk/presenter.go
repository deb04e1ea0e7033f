package desk

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"posthouse/localqm/mq"
	"posthouse/views/desk/form"
	"posthouse/views/screen"
)

// restBetween is the least time between two readings that nobody asked for.
const restBetween = time.Second

// everything is the list of all entries, beside those of the words.
const everything word = -1

// The columns of the list.
const (
	colEntry   = "entry"
	colForm    = "form"
	colEntered = "entered"
	colWithin  = "within"
	colState   = "state"
)

// Presenter decides what the desk shows. All methods are for Fyne's goroutine.
type Presenter struct {
	// OnRows is told after the entries shown changed, OnEntry after the one in
	// the pane did, OnLine after the line or the room did, OnForms after the
	// forms did.
	OnRows, OnEntry, OnLine, OnForms func()
	// OnTime is told every second: words that tell of time are out of date.
	OnTime func()
	// Fill is the entry that is being written.
	Fill *Fill

	host  screen.Host
	o     Options
	kept  *kept
	scope *screen.Scope
	node  screen.Node

	forms    form.Set
	formsErr error
	formed   bool // the forms were read
	forming  bool // they are being read

	entries []entry
	states  map[string]mq.QueueState // of outgoing queues
	marks   string                   // how far the outgoing queues are
	older   bool
	cut     bool
	free    int64
	err     error
	loaded  bool
	loading bool
	again   bool
	resting bool
	reach   int
	asked   string // the node that was read

	list     word
	filter   string
	sortBy   string
	sortDown bool
	sorted   bool  // somebody chose the order
	rows     []int // of entries
	index    map[string]int
	counts   [words]int

	current   string            // the message in the pane
	aim       string            // what it will be once that is read
	values    map[string]string // the fields of its body
	known     bool              // the values are from this form
	body      string            // whose values these are
	before    map[string]string // new message: the one it was before
	lastSaved time.Time
}

func newPresenter(h screen.Host, o Options) *Presenter {
	p := &Presenter{
		OnRows: func() {}, OnEntry: func() {}, OnLine: func() {}, OnForms: func() {}, OnTime: func() {},
		host: h, o: o, kept: newKept(o.State), states: map[string]mq.QueueState{}, free: -1, reach: firstReach,
		list: everything, sortBy: colEntered, sortDown: true, index: map[string]int{}, before: map[string]string{},
	}
	p.Fill = newFill(p)
	return p
}

// Enter begins to read, and to follow what changes, while the scope lasts.
func (p *Presenter) Enter(s *screen.Scope, r screen.Route) {
	n, ok := p.host.Node(r.Node)
	if ok {
		p.node = n
	}
	if p.scope != s {
		p.scope, p.loading, p.resting, p.again, p.forming = s, false, false, false, false
		feed := p.host.Feed()
		feed.WatchMessages(s, func(node, _ string) {
			if node == p.node.ID {
				p.soon()
			}
		})
		feed.Watch(s, func(node string) {
			if node == p.node.ID {
				p.fed()
			}
		})
		s.Every(screen.StatusEvery, p.tick)
		screen.EntryForms.Watch(p.host.Preferences(), s, p.LoadForms)
		p.LoadForms()
	}
	if p.node.ID != p.asked {
		p.asked, p.entries, p.loaded = p.node.ID, nil, false
	}
	p.fed()
	p.Refresh()
}

// Leave forgets that anything was being read: it ended with the scope.
func (p *Presenter) Leave() {
	p.scope, p.loading = nil, false
	p.Fill.keep()
}

// Folder is where the forms are; "" while that is not known.
func (p *Presenter) Folder() string {
	if f := screen.EntryForms.Get(p.host.Preferences()); f != "" {
		return f
	}
	if d := p.host.Feed().Of(p.node.ID).Machine.DataFolder; d != "" {
		return filepath.Join(d, "forms")
	}
	return ""
}

// LoadForms reads the forms anew, and the drafts the first time.
func (p *Presenter) LoadForms() {
	folder := p.Folder()
	if folder == "" || p.scope == nil {
		return
	}
	type answer struct {
		set    form.Set
		drafts error
	}
	p.forming = true
	screen.Load(p.scope, func(context.Context) (answer, error) {
		var a answer
		var err error
		a.drafts = p.kept.load()
		a.set, err = form.Load(folder)
		return a, err
	}, func(a answer, err error) {
		if err == nil && a.drafts != nil {
			err = a.drafts
		}
		first := !p.formed
		p.forms, p.formsErr, p.formed, p.forming = a.set, err, true, false
		p.OnForms()
		p.Fill.reloaded()
		if !p.known {
			p.body = ""
			p.showEntry()
		}
		if first {
			p.Refresh()
		}
	})
}

// fed takes over the states of the line, and reads again if entries have got
// further.
func (p *Presenter) fed() {
	o := p.host.Feed().Of(p.node.ID)
	if !p.formed && !p.forming && o.At != (time.Time{}) {
		p.LoadForms()
	}
	p.states = map[string]mq.QueueState{}
	var marks strings.Builder
	for i := range o.Outgoing {
		q := &o.Outgoing[i]
		p.states[q.PathName] = mq.QueueState(q.State)
		if q.Outgoing != nil {
			fmt.Fprintf(&marks, "%s %d %d %d;", q.PathName, q.Outgoing.Unsent, q.Outgoing.Unread, q.Outgoing.NoAckCount)
		}
	}
	if s := marks.String(); s != p.marks {
		p.marks = s
		p.soon()
	}
	p.arrange()
	p.OnRows()
	p.OnLine()
	p.OnEntry()
}

// tick shows how time passes.
func (p *Presenter) tick() {
	before := p.counts
	p.recount()
	if before != p.counts || p.sortBy == colWithin {
		p.arrange()
		p.OnRows()
		p.OnEntry()
	} else {
		p.OnTime()
	}
	p.OnLine()
}

// recount counts the words, which change with time.
func (p *Presenter) recount() {
	p.counts = [words]int{}
	for i := range p.entries {
		w, _ := p.state(&p.entries[i])
		p.counts[w]++
	}
}

// soon reads again after a rest.
func (p *Presenter) soon() {
	p.again = true
	if p.resting || p.loading || p.scope == nil || !p.loaded {
		return
	}
	p.resting = true
	p.scope.After(restBetween, func() {
		p.resting = false
		if p.again {
			p.Refresh()
		}
	})
}

// Refresh reads the queues again.
func (p *Presenter) Refresh() {
	if p.node.Client == nil || p.scope == nil {
		p.OnRows()
		p.OnLine()
		return
	}
	if p.loading {
		p.again = true
		return
	}
	p.again, p.loading = false, true
	client, local, reach, node := p.node.Client, p.here(), p.reach, p.node.ID
	screen.Load(p.scope, func(ctx context.Context) (reading, error) {
		return read(ctx, client, local, reach, p.o.Free)
	}, func(r reading, err error) {
		p.loading = false
		if node != p.node.ID {
			p.Refresh()
			return
		}
		p.take(r, err)
		if p.again {
			p.soon()
		}
	})
}

// take shows a reading.
func (p *Presenter) take(r reading, err error) {
	p.err = err
	if err == nil {
		p.entries, p.older, p.cut, p.free, p.loaded = p.Fill.sift(r.entries), r.older, r.cut, r.free, true
		for i := range p.entries {
			if t := p.entries[i].sent; t.After(p.lastSaved) {
				p.lastSaved = t
			}
		}
		p.Fill.reconcile(p.entries)
	}
	p.arrange()
	if _, ok := p.index[p.aim]; ok {
		p.current, p.aim = p.aim, ""
	}
	p.stay()
	p.OnRows()
	p.OnLine()
	p.showEntry()
}

// stay keeps the entry in the pane if it is listed, else shows the first.
func (p *Presenter) stay() {
	if _, ok := p.index[p.current]; !ok {
		p.current = ""
		if len(p.rows) > 0 {
			p.current = p.entries[p.rows[0]].id
		}
	}
}

// Older reads further back.
func (p *Presenter) Older() {
	p.reach += moreReach
	p.Refresh()
}

// state is the word of an entry now.
func (p *Presenter) state(e *entry) (word, trouble) {
	return e.state(p.states[e.queue], p.host.Now())
}

// arrange counts the words and puts the entries in order.
func (p *Presenter) arrange() {
	text := strings.ToLower(strings.TrimSpace(p.filter))
	p.counts, p.rows = [words]int{}, p.rows[:0]
	state := make([]word, len(p.entries))
	for i := range p.entries {
		e := &p.entries[i]
		w, _ := p.state(e)
		state[i] = w
		p.counts[w]++
		// What needs somebody stands in front of what merely waits.
		if p.list != everything && p.list != w && (p.list != saved || w != attention) || text != "" && !e.matches(text) {
			continue
		}
		p.rows = append(p.rows, i)
	}
	slices.SortStableFunc(p.rows, func(a, b int) int {
		if c := cmp.Compare(urgency(state[b]), urgency(state[a])); c != 0 {
			return c
		}
		c := p.compare(&p.entries[a], &p.entries[b], state[a], state[b])
		if p.sortDown {
			c = -c
		}
		return cmp.Or(c, strings.Compare(p.entries[a].id, p.entries[b].id))
	})
	clear(p.index)
	for row, i := range p.rows {
		p.index[p.entries[i].id] = row
	}
}

func urgency(w word) int {
	if w == attention {
		return 1
	}
	return 0
}

func (p *Presenter) compare(a, b *entry, x, y word) int {
	switch p.sortBy {
	case colEntry:
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	case colForm:
		return strings.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title))
	case colWithin:
		now := p.host.Now()
		rest := func(e *entry) time.Duration {
			if d, part := e.left(now); part >= 0 {
				return d
			}
			return time.Duration(1<<63 - 1)
		}
		return cmp.Compare(rest(a), rest(b))
	case colState:
		return cmp.Compare(x, y)
	}
	return a.Entered.Compare(b.Entered)
}

// Show shows the entries of a word, or all.
func (p *Presenter) Show(w word) {
	p.list = w
	if !p.sorted {
		// What waits, in the order in which it goes out.
		p.sortBy, p.sortDown = colEntered, w != saved && w != sending
	}
	p.arrange()
	p.stay()
	p.OnRows()
	p.showEntry()
}

// Find shows the entries in which a text occurs.
func (p *Presenter) Find(text string) {
	p.filter = text
	p.arrange()
	p.stay()
	p.OnRows()
	p.showEntry()
}

// Sort orders by a column.
func (p *Presenter) Sort(column string, down bool) {
	p.sortBy, p.sortDown, p.sorted = column, down, true
	p.arrange()
	p.OnRows()
}

// SetCurrent shows an entry in the pane.
func (p *Presenter) SetCurrent(id string) {
	if p.current != id {
		p.current = id
		p.showEntry()
	}
}

// Entry is the entry in the pane.
func (p *Presenter) Entry() (*entry, bool) {
	row, ok := p.index[p.current]
	if !ok || p.current == "" {
		return nil, false
	}
	return &p.entries[p.rows[row]], true
}

// showEntry reads the fields of the entry in the pane back from its body.
func (p *Presenter) showEntry() {
	e, ok := p.Entry()
	if !ok {
		p.body, p.values, p.known = "", nil, false
		p.OnEntry()
		return
	}
	if p.body != e.id {
		p.values, p.known = e.Values, false
	}
	p.OnEntry()
	if p.body == e.id || p.scope == nil || p.node.Client == nil {
		return
	}
	p.fields(*e, func(values map[string]string, known bool, err error) {
		if p.current != e.id || err != nil {
			return
		}
		p.body, p.values, p.known = e.id, values, known
		p.OnEntry()
	})
}

// fields reads the fields of an entry.
func (p *Presenter) fields(e entry, then func(values map[string]string, known bool, err error)) {
	f, ok := p.forms.Find(e.Form)
	client := p.node.Client
	if !ok || client == nil {
		then(e.Values, false, nil)
		return
	}
	type answer struct {
		values map[string]string
		known  bool
	}
	screen.Load(p.scope, func(ctx context.Context) (answer, error) {
		m, err := client.Message(ctx, e.queue, e.lookup, -1)
		if err != nil {
			return answer{}, err
		}
		values, known := f.Values(m.Body, e.Marker)
		return answer{values, known}, nil
	}, func(a answer, err error) { then(a.values, a.known, err) })
}
