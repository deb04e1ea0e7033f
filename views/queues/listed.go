package queues

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// hitLimit is how many messages a search finds before it stops.
const hitLimit = 10_000

// gatherGap is the least time between two readings of everything that is
// sorted or filtered.
const gatherGap = 2 * time.Second

func equalFold(a, b string) bool { return strings.EqualFold(a, b) }

// base is a path name without ;journal or ;subqueue. System queues differ only
// in what follows the semicolon.
func base(path string) string {
	name, _, _ := strings.Cut(path, ";")
	if strings.HasSuffix(strings.ToLower(name), `\system$`) {
		return path
	}
	return name
}

// SortShown is the order shown.
func (m *Messages) SortShown() kit.Sort {
	if m.order.Key == "" {
		return kit.Sort{Key: colLookup}
	}
	return m.order
}

// Sort shows the messages in memory in an order; the queue's own order is that
// of the lookup id. Up to runLimit messages are read for it.
func (m *Messages) Sort(s kit.Sort) {
	if s.Key == colLookup && !s.Desc {
		s = kit.Sort{}
	}
	m.order = s
	m.relist()
	m.OnRows(0)
	m.OnState()
	m.listOn()
}

// Filter shows the messages in memory in which text occurs: in label, ids,
// class or source. Up to runLimit messages are read for it.
func (m *Messages) Filter(text string) {
	text = strings.ToLower(strings.TrimSpace(text))
	if m.filter == text && m.search == nil {
		return
	}
	m.stopSearch()
	m.filter = text
	m.relist()
	m.OnRows(0)
	m.OnState()
	m.listOn()
}

// Filtered is what is filtered by, in lower case.
func (m *Messages) Filtered() string { return m.filter }

// listOn reads what a list is made of, or goes on with the queue.
func (m *Messages) listOn() {
	if m.listed && m.search == nil {
		m.gather(false)
		return
	}
	m.fetch()
}

// gather reads from the front until everything, or runLimit, is in memory;
// anew: even what is.
func (m *Messages) gather(anew bool) {
	if m.busy || m.err != nil || m.queue == "" || m.node.Client == nil {
		m.stale = m.stale || m.busy && anew
		return
	}
	next := func() {
		if m.listed && m.search == nil {
			m.gather(false)
		} else {
			m.fetch()
		}
	}
	switch {
	case anew && time.Since(m.asked) < gatherGap:
		m.scope.After(gatherGap-time.Since(m.asked), func() {
			if m.listed && m.search == nil {
				m.gather(true)
			}
		})
	case anew:
		m.ask(m.whole(len(m.run.rows)), next)
	case !m.run.head:
		m.ask(front(m.node.Client, m.queue, mgmtclient.MaxPage), next)
	case !m.run.tail && len(m.run.rows) < runLimit:
		m.ask(behind(m.node.Client, m.queue, m.run.last(), mgmtclient.MaxPage), next)
	}
}

// whole reads so many rows from the front as one answer, so that the list does
// not shrink while it is read.
func (m *Messages) whole(n int) plan {
	node, queue := m.node.Client, m.queue
	return func(ctx context.Context) (answer, error) {
		var all []mgmtclient.Message
		more := true
		var after mgmtclient.LookupID
		for more && len(all) < max(n, 1) {
			page, err := node.Messages(ctx, queue, mgmtclient.Page{After: after, Limit: mgmtclient.MaxPage})
			if err != nil {
				return answer{}, err
			}
			all = append(all, page.Messages...)
			more = page.More && len(page.Messages) > 0
			if len(all) > 0 {
				after = all[len(all)-1].LookupID
			}
		}
		return answer{apply: func(r *run) int { r.set(all, 0, true, !more); return 0 }}, nil
	}
}

// relist makes the list anew from what is in memory or was found.
func (m *Messages) relist() {
	m.listed = m.order.Key != "" || m.filter != "" || m.search != nil
	if !m.listed {
		m.list = nil
		return
	}
	m.list = make([]*line, 0, len(m.run.rows))
	if m.search != nil {
		for i := range m.search.hits {
			m.list = append(m.list, &m.search.hits[i])
		}
	} else {
		for i := range m.run.rows {
			if l := &m.run.rows[i]; m.filter == "" || contains(&l.m, m.filter) {
				m.list = append(m.list, l)
			}
		}
	}
	if m.order.Key != "" {
		less := compareBy(m.order.Key)
		slices.SortStableFunc(m.list, func(a, b *line) int {
			c := less(&a.m, &b.m)
			if m.order.Desc {
				c = -c
			}
			return cmp.Or(c, cmp.Compare(a.m.LookupID, b.m.LookupID))
		})
	}
}

// contains looks for text, in lower case, in what a row shows.
func contains(m *mgmtclient.Message, text string) bool {
	for _, s := range []string{m.Label, m.ID, m.CorrelationID, m.SourceMachine, m.Class, m.ClassCode.Text(), m.Format} {
		if strings.Contains(strings.ToLower(s), text) {
			return true
		}
	}
	return strings.Contains(m.LookupID.String(), text)
}

// search is a search of the whole queue by its queue manager.
type search struct {
	text   string
	scope  *screen.Scope
	hits   []line
	done   bool
	full   bool // stopped at hitLimit
	failed error
	at     time.Time
}

// CanSearch reports whether the queue manager searches bodies too.
func (m *Messages) CanSearch() bool {
	_, ok := mgmtclient.Can[mgmtclient.Searcher](m.node.Client)
	return ok
}

// Search looks for text in the whole queue: labels, ids and bodies. Results
// come in as they are found.
func (m *Messages) Search(text string) {
	text = strings.TrimSpace(text)
	searcher, ok := mgmtclient.Can[mgmtclient.Searcher](m.node.Client)
	if text == "" || m.queue == "" || !ok {
		return
	}
	m.stopSearch()
	s := &search{text: text, scope: m.scope.Sub(), at: m.host.Now()}
	m.search, m.filter = s, ""
	m.relist()
	m.OnRows(0)
	m.OnState()
	queue := m.queue
	show := func(hits []mgmtclient.Message) {
		s.hits = append(s.hits, lines(hits)...)
		m.relist()
		m.OnRows(0)
		m.OnState()
	}
	screen.Load(s.scope, func(ctx context.Context) ([]mgmtclient.Message, error) {
		var batch []mgmtclient.Message
		told := time.Now()
		err := searcher.Search(ctx, queue, mgmtclient.Search{Text: text, Limit: hitLimit}, func(hit mgmtclient.Message) bool {
			batch = append(batch, hit)
			if time.Since(told) >= slowAfter {
				part := batch
				batch, told = nil, time.Now()
				s.scope.Post(func() { show(part) })
			}
			return ctx.Err() == nil
		})
		return batch, err
	}, func(rest []mgmtclient.Message, err error) {
		s.done, s.failed = true, err
		s.full = len(s.hits)+len(rest) >= hitLimit && m.run.total > hitLimit
		show(rest)
	})
}

// Searching reports whether a search is under way, and what for.
func (m *Messages) Searching() (text string, under bool) {
	if m.search == nil {
		return "", false
	}
	return m.search.text, !m.search.done
}

// CancelSearch stops a search and keeps what it found.
func (m *Messages) CancelSearch() {
	if m.search != nil && !m.search.done {
		m.search.scope.End()
		m.search.done = true
		m.OnState()
	}
}

func (m *Messages) stopSearch() {
	if m.search != nil {
		m.search.scope.End()
		m.search = nil
	}
}

// Removed takes messages out that were deleted or moved.
func (m *Messages) Removed(ids []mgmtclient.LookupID) {
	gone := map[mgmtclient.LookupID]bool{}
	rows := make([]kit.RowID, 0, len(ids))
	for _, id := range ids {
		gone[id] = true
		rows = append(rows, kit.NumID(uint64(id)))
		delete(m.deleting, id)
	}
	m.run.remove(gone)
	if m.search != nil {
		m.search.hits = slices.DeleteFunc(m.search.hits, func(l line) bool { return gone[l.m.LookupID] })
	}
	m.relist()
	m.OnRows(0)
	m.OnRemoved(rows)
	m.OnState()
}

// Deleting paints messages muted while they are being deleted.
func (m *Messages) Deleting(ids []mgmtclient.LookupID, on bool) {
	for _, id := range ids {
		if on {
			m.deleting[id] = true
		} else {
			delete(m.deleting, id)
		}
	}
	m.OnRows(0)
}

// Footer says what is shown.
func (m *Messages) Footer() string {
	total := screen.Count(int64(m.run.total))
	loaded := int64(len(m.run.rows))
	switch {
	case m.queue == "" || m.err != nil && len(m.run.rows) == 0:
		return ""
	case m.search != nil && m.search.failed != nil:
		return "The search stopped after " + screen.Many(int64(len(m.search.hits)), "find")
	case m.search != nil && !m.search.done:
		return screen.Count(int64(len(m.search.hits))) + " found so far"
	case m.search != nil && m.search.full:
		return "The first " + screen.Count(hitLimit) + " found are shown"
	case m.search != nil:
		return screen.Many(int64(len(m.search.hits)), "message") + " found at " + m.search.at.Format("15:04:05")
	case !m.loaded:
		return ""
	case m.filter != "":
		return screen.Count(int64(len(m.list))) + " of " + screen.Count(loaded) + " match" + m.beyond(loaded)
	case m.listed:
		return screen.Many(int64(len(m.list)), "message") + " sorted" + m.beyond(loaded)
	case loaded == 0:
		return "No messages"
	}
	about := "Message "
	if !m.run.exact {
		about = "About message "
	}
	return about + screen.Count(int64(m.run.start+1)) + " to " + screen.Count(int64(m.run.end())) + " of " + total
}

// beyond says that a list is not of the whole queue.
func (m *Messages) beyond(loaded int64) string {
	if m.run.tail || int64(m.run.total) <= loaded {
		return ""
	}
	return ", of the first " + screen.Count(loaded) + " of " + screen.Count(int64(m.run.total))
}
