package queues

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// List is the source of a grid of queues: filtered, sorted, with live counts.
type List struct {
	all    []mgmtclient.Queue
	shown  []mgmtclient.Queue
	rows   []kit.RowData
	places map[string]int // by path name
	filter string
	only   bool
	order  kit.Sort
	now    time.Time
	depth  func(path string) []float64
}

// queueColumn is a column of queues.
type queueColumn struct {
	kit.Column
	cell    func(l *List, q *mgmtclient.Queue) kit.Cell
	compare func(a, b *mgmtclient.Queue) int
}

var queueColumns = []queueColumn{
	{
		kit.Column{Key: "name", Title: "Name", Kind: kit.KindText, Needed: true, Least: 160, Sortable: true},
		func(_ *List, q *mgmtclient.Queue) kit.Cell {
			icon, ink := queueIcon(q)
			return kit.Cell{Text: screen.NameOf(q), Icon: icon, Ink: ink}
		},
		func(a, b *mgmtclient.Queue) int { return cmp.Compare(lower(a.PathName), lower(b.PathName)) },
	},
	{
		kit.Column{Key: colLine, Title: "State", Width: 148, Kind: kit.KindState, Hidden: true, Sortable: true},
		func(_ *List, q *mgmtclient.Queue) kit.Cell { return kit.Cell{State: screen.LineOf(q).Shown()} },
		func(a, b *mgmtclient.Queue) int { return cmp.Compare(screen.LineOf(a), screen.LineOf(b)) },
	},
	{
		kit.Column{Key: "label", Title: "Label", Width: 190, Kind: kit.KindMuted, Sortable: true},
		func(_ *List, q *mgmtclient.Queue) kit.Cell { return kit.Cell{Text: q.Label} },
		func(a, b *mgmtclient.Queue) int { return cmp.Compare(lower(a.Label), lower(b.Label)) },
	},
	counted("messages", "Messages", 88, false, func(q *mgmtclient.Queue) int64 { return q.Messages }),
	counted("journal", "Journal", 76, false, func(q *mgmtclient.Queue) int64 { return q.JournalMessages }),
	{
		kit.Column{Key: "transactional", Title: "Trans.", Width: 56, Kind: kit.KindIcon, Sortable: true},
		func(_ *List, q *mgmtclient.Queue) kit.Cell {
			if !q.Transactional {
				return kit.Cell{}
			}
			return kit.Cell{Icon: "transactional", Ink: theme.Muted}
		},
		func(a, b *mgmtclient.Queue) int { return truth(b.Transactional) - truth(a.Transactional) },
	},
	{
		kit.Column{Key: "depth", Title: "Depth, 1 h", Width: 92, Kind: kit.KindSpark},
		func(l *List, q *mgmtclient.Queue) kit.Cell { return kit.Cell{Values: l.depth(q.PathName)} },
		func(a, b *mgmtclient.Queue) int { return cmp.Compare(a.Messages, b.Messages) },
	},
	sized("bytes", "Size", func(q *mgmtclient.Queue) int64 { return q.Bytes }),
	sized("journalBytes", "Journal size", func(q *mgmtclient.Queue) int64 { return q.JournalBytes }),
	sized("quota", "Quota", func(q *mgmtclient.Queue) int64 {
		if q.QuotaKB == nil && q.Created.IsZero() {
			return -2 // its computer does not tell
		}
		if q.QuotaKB == nil {
			return -1
		}
		return int64(*q.QuotaKB) << 10
	}),
	{
		kit.Column{Key: "subqueues", Title: "Subqueues", Width: 152, Kind: kit.KindMuted, Hidden: true, Sortable: true},
		func(_ *List, q *mgmtclient.Queue) kit.Cell { return kit.Cell{Text: strings.Join(q.Subqueues, ", ")} },
		func(a, b *mgmtclient.Queue) int { return cmp.Compare(len(a.Subqueues), len(b.Subqueues)) },
	},
	{
		kit.Column{Key: "privacy", Title: "Privacy", Width: 88, Kind: kit.KindMuted, Hidden: true, Sortable: true},
		func(_ *List, q *mgmtclient.Queue) kit.Cell { return kit.Cell{Text: screen.Title(q.PrivacyLevel)} },
		func(a, b *mgmtclient.Queue) int { return cmp.Compare(a.PrivacyLevel, b.PrivacyLevel) },
	},
	dated("created", "Created", func(q *mgmtclient.Queue) time.Time { return q.Created }),
	dated("modified", "Modified", func(q *mgmtclient.Queue) time.Time { return q.Modified }),
	{
		kit.Column{Key: "format", Title: "Format name", Width: 264, Kind: kit.KindMono, Cut: kit.Middle, Hidden: true},
		func(_ *List, q *mgmtclient.Queue) kit.Cell { return kit.Cell{Text: q.FormatName} },
		func(a, b *mgmtclient.Queue) int { return cmp.Compare(a.FormatName, b.FormatName) },
	},
}

// colLine is the state of an outgoing queue, which no other has.
const colLine = "line"

// listLayout is how the columns of a folder are arranged, as kept or as they
// are at first.
func listLayout(folder screen.Folder, kept []kit.ColumnState) []kit.ColumnState {
	out := folder == screen.OutgoingQueues
	if len(kept) == 0 {
		hidden := map[string]bool{"label": out, "journal": out, "transactional": out, colLine: !out}
		for _, c := range queueColumns {
			h, said := hidden[c.Key]
			kept = append(kept, kit.ColumnState{Key: c.Key, Width: c.Width, Hidden: h || !said && c.Hidden})
		}
	}
	if !slices.ContainsFunc(kept, func(c kit.ColumnState) bool { return c.Key == colLine }) {
		kept = append(slices.Clip(kept), kit.ColumnState{Key: colLine, Hidden: true})
	}
	return kept
}

func lower(s string) string { return strings.ToLower(s) }

func truth(on bool) int {
	if on {
		return 1
	}
	return 0
}

func counted(key, title string, width float32, hidden bool, of func(*mgmtclient.Queue) int64) queueColumn {
	return queueColumn{
		kit.Column{Key: key, Title: title, Width: width, Kind: kit.KindNumber, Hidden: hidden, Sortable: true},
		func(_ *List, q *mgmtclient.Queue) kit.Cell { return kit.Cell{Text: screen.Count(of(q))} },
		func(a, b *mgmtclient.Queue) int { return cmp.Compare(of(a), of(b)) },
	}
}

func sized(key, title string, of func(*mgmtclient.Queue) int64) queueColumn {
	c := counted(key, title, 96, true, of)
	c.cell = func(_ *List, q *mgmtclient.Queue) kit.Cell {
		switch n := of(q); n {
		case -2:
			return kit.Cell{Text: "–"}
		case -1:
			return kit.Cell{Text: "No limit", Color: theme.Muted}
		}
		return kit.Cell{Text: screen.Size(of(q))}
	}
	return c
}

func dated(key, title string, of func(*mgmtclient.Queue) time.Time) queueColumn {
	return queueColumn{
		kit.Column{Key: key, Title: title, Width: 112, Kind: kit.KindText, Hidden: true, Sortable: true},
		func(l *List, q *mgmtclient.Queue) kit.Cell { return kit.Cell{Text: screen.Moment(of(q), l.now)} },
		func(a, b *mgmtclient.Queue) int { return of(a).Compare(of(b)) },
	}
}

// queueIcon tells the kinds of queues apart; dead letters warn.
func queueIcon(q *mgmtclient.Queue) (string, fyne.ThemeColorName) {
	switch name := lower(q.PathName); {
	case strings.HasSuffix(name, ";journal"):
		return "journal", theme.Muted
	case strings.HasSuffix(name, ";deadletter"), strings.HasSuffix(name, ";deadxact"):
		if q.Messages > 0 {
			return "dead-letter", theme.Warning
		}
		return "dead-letter", theme.Muted
	case q.Outgoing != nil:
		return "send", theme.Muted
	case screen.IsPublic(q.PathName):
		return "globe", theme.Muted
	}
	return "queue", theme.Muted
}

// NewList makes an empty list in the order of the names.
func NewList() *List {
	return &List{order: kit.Sort{Key: "name"}, depth: func(string) []float64 { return nil }}
}

// Columns are the columns for its grid.
func (l *List) Columns() []kit.Column {
	out := make([]kit.Column, len(queueColumns))
	for i, c := range queueColumns {
		out[i] = c.Column
	}
	return out
}

// Set takes over the queues of an answer.
func (l *List) Set(all []mgmtclient.Queue, now time.Time, depth func(path string) []float64) {
	l.all, l.now, l.depth = all, now, depth
	l.make()
}

// Filter shows only queues in whose name or label text occurs; only leaves
// out those without messages, in the journal too.
func (l *List) Filter(text string, only bool) {
	l.filter, l.only = lower(strings.TrimSpace(text)), only
	l.make()
}

// Sort sets the order; SortShown tells it.
func (l *List) Sort(s kit.Sort) {
	l.order = s
	l.make()
}

// SortShown is the order.
func (l *List) SortShown() kit.Sort { return l.order }

func (l *List) make() {
	l.shown = l.shown[:0]
	for i := range l.all {
		q := &l.all[i]
		if l.only && q.Messages == 0 && q.JournalMessages == 0 {
			continue
		}
		if l.filter != "" && !strings.Contains(lower(screen.NameOf(q)), l.filter) && !strings.Contains(lower(q.Label), l.filter) {
			continue
		}
		l.shown = append(l.shown, *q)
	}
	for _, c := range queueColumns {
		if c.Key == l.order.Key {
			slices.SortStableFunc(l.shown, func(a, b mgmtclient.Queue) int {
				n := c.compare(&a, &b)
				if l.order.Desc {
					n = -n
				}
				return cmp.Or(n, cmp.Compare(lower(a.PathName), lower(b.PathName)))
			})
		}
	}
	l.rows = make([]kit.RowData, len(l.shown))
	l.places = make(map[string]int, len(l.shown))
	for i := range l.shown {
		l.places[l.shown[i].PathName] = i
	}
}

// Len is kit.Source's.
func (l *List) Len() int { return len(l.shown) }

// Row is kit.Source's.
func (l *List) Row(i int) (kit.RowData, bool) {
	if i < 0 || i >= len(l.shown) {
		return kit.RowData{}, false
	}
	if l.rows[i].Cells == nil {
		d := kit.RowData{ID: kit.TextID(l.shown[i].PathName), Cells: make([]kit.Cell, len(queueColumns))}
		for k := range queueColumns {
			d.Cells[k] = queueColumns[k].cell(l, &l.shown[i])
		}
		l.rows[i] = d
	}
	return l.rows[i], true
}

// Index is kit.Indexed's.
func (l *List) Index(id kit.RowID) (int, bool) {
	i, ok := l.places[id.Text]
	return i, ok
}

// Queue is a queue of the list by its path name, shown or not.
func (l *List) Queue(path string) (mgmtclient.Queue, bool) {
	i := slices.IndexFunc(l.all, func(q mgmtclient.Queue) bool { return strings.EqualFold(q.PathName, path) })
	if i < 0 {
		return mgmtclient.Queue{}, false
	}
	return l.all[i], true
}

// Count says how many queues are shown.
func (l *List) Count() string {
	all, shown := int64(len(l.all)), int64(len(l.shown))
	if shown == all {
		return screen.Many(all, "queue")
	}
	return screen.Count(shown) + " of " + screen.Many(all, "queue")
}
