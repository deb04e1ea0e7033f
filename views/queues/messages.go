package queues

import (
	"slices"
	"time"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// Messages decides what a grid of messages shows: the rows of one queue by
// their index, a part of them sorted or filtered, or what a search found.
type Messages struct {
	// OnRows is told when rows came or went; what was at an index is now moved
	// rows further down.
	OnRows func(moved int)
	// OnRemoved is told which rows were deleted or moved away, after OnRows.
	OnRemoved func([]kit.RowID)
	// OnState is told when Footer, Waiting, Err or the search changed.
	OnState func()
	// Seen tells which rows are in sight.
	Seen func() (from, to int)

	host  screen.Host
	scope *screen.Scope // of the queue shown; ended when there is none
	node  screen.Node
	queue string

	run    run
	want   span
	busy   bool
	stale  bool // a change came while busy
	asked  time.Time
	slow   bool // what is asked takes more than 200 ms
	loaded bool
	err    error

	order  kit.Sort
	filter string
	list   []*line // what is shown if order, filter or search say so
	listed bool
	search *search

	deleting map[mgmtclient.LookupID]bool
}

// slowAfter is how long a wait may last before it is shown.
const slowAfter = 200 * time.Millisecond

// NewMessages makes a presenter that shows no queue yet.
func NewMessages(h screen.Host) *Messages {
	m := &Messages{host: h, deleting: map[mgmtclient.LookupID]bool{}}
	m.scope = h.Scope().Sub()
	m.scope.End()
	m.OnRows, m.OnState, m.OnRemoved = func(int) {}, func() {}, func([]kit.RowID) {}
	m.Seen = func() (int, int) { return 0, 0 }
	return m
}

// Show shows a queue, from its front. count is how many messages it holds, as
// far as is known. The scope it works in is a part of s.
func (m *Messages) Show(s *screen.Scope, node screen.Node, queue string, count int64) {
	m.scope.End()
	m.scope = s.Sub()
	m.node, m.queue = node, queue
	m.run = run{total: int(count)}
	m.reset()
	m.filter, m.order = "", kit.Sort{}
	m.host.Feed().WatchMessages(m.scope, func(id, touched string) {
		if id == m.node.ID && (touched == "" || sameQueue(m.queue, touched)) {
			m.Changed()
		}
	})
	m.OnRows(0)
	m.fetch()
}

// SetNode takes over the state of the connection to the computer shown: over a new
// one the messages are read anew, and without one they stay as they were.
func (m *Messages) SetNode(n screen.Node) {
	if m.queue == "" || n.ID != m.node.ID || n.Client == m.node.Client {
		return
	}
	m.node = n
	m.Refresh()
}

// Clear shows nothing.
func (m *Messages) Clear() {
	m.scope.End()
	m.queue, m.run, m.loaded = "", run{}, false
	m.reset()
	m.OnRows(0)
	m.OnState()
}

func (m *Messages) reset() {
	m.busy, m.stale, m.slow, m.loaded, m.err = false, false, false, false, nil
	m.want, m.list, m.listed, m.search = span{}, nil, false, nil
	clear(m.deleting)
}

// Queue is the path name of the queue shown, "" if none.
func (m *Messages) Queue() string { return m.queue }

// Node is the computer it is on.
func (m *Messages) Node() screen.Node { return m.node }

// Err is why the queue cannot be shown, nil if it can.
func (m *Messages) Err() error { return m.err }

// Loaded reports whether the first answer has come.
func (m *Messages) Loaded() bool { return m.loaded }

// Waiting reports whether an answer takes longer than one should wait unasked.
func (m *Messages) Waiting() bool { return m.slow }

// SetCount says how many messages the queue holds by now.
func (m *Messages) SetCount(n int64) {
	if int(n) == m.run.total || m.queue == "" {
		return
	}
	was := m.run.len()
	m.run.total = int(n)
	if m.run.tail && !m.run.head && m.loaded {
		m.run.tail = m.run.end() >= int(n) // more came behind
	}
	if !m.listed && m.run.len() != was {
		m.OnRows(0)
	}
	m.OnState()
}

// Need asks for rows that are not in memory.
func (m *Messages) Need(from, to int) {
	m.want = span{from, to}
	m.fetch()
}

// fetch reads what is wanted, one question at a time: while the user drags the
// scroll bar only the last place is asked for.
func (m *Messages) fetch() {
	if m.busy || m.listed || m.err != nil || m.queue == "" || m.node.Client == nil {
		return
	}
	want := m.want
	if !m.loaded {
		want = span{0, 1}
	}
	if p := m.run.plan(m.node.Client, m.queue, want, m.pageSize()); p != nil {
		m.ask(p, m.fetch)
	}
}

func (m *Messages) pageSize() int { return screen.PageSize.Get(m.host.Preferences()) }

// ask carries a plan out and then goes on with next.
func (m *Messages) ask(p plan, next func()) {
	m.busy = true
	m.patience()
	screen.Load(m.scope, p, func(a answer, err error) {
		m.busy, m.slow = false, false
		first := !m.loaded
		m.loaded, m.err = true, err
		if err != nil {
			m.relist()
			m.OnRows(0)
			m.OnState()
			return
		}
		moved := a.apply(&m.run)
		if m.listed {
			moved = 0
			m.relist()
		}
		if first {
			moved = 0
		}
		m.OnRows(moved)
		m.OnState()
		if m.stale && !m.busy {
			m.stale = false
			m.Refresh()
			return
		}
		next()
	})
}

// patience shows that one is waiting once it lasts.
func (m *Messages) patience() {
	began := time.Now()
	m.asked = began
	m.scope.After(slowAfter, func() {
		if m.busy && m.asked.Equal(began) {
			m.slow = true
			m.OnState()
		}
	})
}

// Changed says that messages came or went.
func (m *Messages) Changed() {
	if m.listed && m.search != nil {
		return // a search shows what it found when it looked
	}
	m.Refresh()
}

// Refresh reads what is shown anew.
func (m *Messages) Refresh() {
	if m.queue == "" || m.node.Client == nil {
		return
	}
	if m.busy {
		m.stale = true
		return
	}
	if m.search != nil {
		m.Search(m.search.text)
		return
	}
	m.err = nil
	if m.listed {
		m.gather(true)
		return
	}
	from, to := m.Seen()
	m.ask(m.run.again(m.node.Client, m.queue, span{from, to}, m.pageSize()), m.fetch)
}

// Len is the number of rows shown.
func (m *Messages) Len() int {
	switch {
	case m.queue == "" || m.err != nil && len(m.run.rows) == 0:
		return 0
	case m.listed:
		return len(m.list)
	}
	return m.run.len()
}

// line is the row shown at an index, nil if it is not in memory.
func (m *Messages) line(i int) *line {
	if m.listed {
		if i < 0 || i >= len(m.list) {
			return nil
		}
		return m.list[i]
	}
	return m.run.at(i)
}

// Row is kit.Source's.
func (m *Messages) Row(i int) (kit.RowData, bool) {
	l := m.line(i)
	if l == nil {
		return kit.RowData{}, false
	}
	if l.data == nil {
		d := messageRow(&l.m, m.host.Now())
		l.data = &d
	}
	d := *l.data
	d.Quiet = m.deleting[l.m.LookupID]
	return d, true
}

// Index is kit.Indexed's.
func (m *Messages) Index(id kit.RowID) (int, bool) {
	if m.listed {
		i := slices.IndexFunc(m.list, func(l *line) bool { return uint64(l.m.LookupID) == id.Num })
		return i, i >= 0
	}
	return m.run.index(mgmtclient.LookupID(id.Num))
}

// Message is a message in memory by its id.
func (m *Messages) Message(id kit.RowID) (mgmtclient.Message, bool) {
	if i, ok := m.run.index(mgmtclient.LookupID(id.Num)); ok {
		return m.run.at(i).m, true
	}
	if i, ok := m.Index(id); ok {
		return m.line(i).m, true
	}
	return mgmtclient.Message{}, false
}

// Chosen says how many messages are selected, and that more are in the queue
// if all that are in memory were selected.
func (m *Messages) Chosen(n int) string {
	words := screen.Count(int64(n)) + " selected"
	if !m.listed && n > 1 && n >= len(m.run.rows) && n < m.run.total {
		words += ", only those loaded of " + screen.Count(int64(m.run.total))
	}
	return words
}

// Gone picks, of some ids, those of messages that are certainly not there any
// more.
func (m *Messages) Gone(ids []kit.RowID) []kit.RowID {
	if m.listed || len(m.run.rows) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id kit.RowID) bool {
		key := mgmtclient.LookupID(id.Num)
		if key < m.run.first() && !m.run.head || key > m.run.last() && !m.run.tail {
			return true
		}
		_, there := m.run.index(key)
		return there
	})
}

// sameQueue reports whether a signal's queue is the one shown; a signal names
// the queue without its journal or subqueue.
func sameQueue(shown, touched string) bool {
	return equalFold(base(shown), base(touched))
}
