package outgoing

import (
	"strings"
	"time"

	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// columns are those of the grid, in the order of source.Row.
var columns = []kit.Column{
	{Key: colState, Title: "State", Width: 148, Kind: kit.KindState, Sortable: true, Needed: true},
	{Key: colTo, Title: "Destination", Kind: kit.KindText, Cut: kit.Middle, Least: 168, Sortable: true, Needed: true},
	{Key: colFrom, Title: "From", Width: 112, Kind: kit.KindMuted, Sortable: true},
	{Key: colUnsent, Title: "Not sent", Width: 70, Kind: kit.KindNumber, Sortable: true},
	{Key: colUnread, Title: "Not read", Width: 70, Kind: kit.KindNumber, Sortable: true},
	{Key: colNext, Title: "Next try", Width: 100, Kind: kit.KindText, Sortable: true},
	{Key: colSince, Title: "Since", Width: 60, Kind: kit.KindNumber, Sortable: true},
	{Key: colSize, Title: "Size", Width: 84, Kind: kit.KindNumber, Hidden: true, Sortable: true},
	{Key: colHop, Title: "Next hop", Width: 136, Kind: kit.KindMuted, Hidden: true, Sortable: true},
	{Key: colOldest, Title: "Oldest", Width: 112, Kind: kit.KindText, Hidden: true, Sortable: true},
	{Key: colExpires, Title: "Oldest expires", Width: 112, Kind: kit.KindText, Hidden: true, Sortable: true},
	{Key: colFormat, Title: "Format name", Width: 264, Kind: kit.KindMono, Cut: kit.Middle, Hidden: true, Sortable: true},
}

// source gives the grid its rows.
type source struct{ p *Presenter }

// Len is kit.Source's.
func (s *source) Len() int { return len(s.p.rows) }

// Index is kit.Indexed's.
func (s *source) Index(id kit.RowID) (int, bool) {
	i, ok := s.p.index[id]
	return i, ok
}

// Row is kit.Source's.
func (s *source) Row(i int) (kit.RowData, bool) {
	if i < 0 || i >= len(s.p.rows) {
		return kit.RowData{}, false
	}
	it := &s.p.rows[i]
	now := s.p.host.Now()
	next, soon := nextTry(it, now)
	tries := kit.Cell{Text: next}
	if !soon {
		tries.Color = theme.Muted
	}
	return kit.RowData{ID: it.id(), Quiet: it.stale, Cells: []kit.Cell{
		{State: it.line.Shown()},
		{Text: it.to},
		{Text: it.node.Name},
		{Text: screen.Count(it.out.Unsent)},
		{Text: screen.Count(it.out.Unread)},
		tries,
		{Text: day(it.out.Since, now), Color: theme.Muted},
		{Text: screen.Size(it.queue.Bytes)},
		{Text: hop(it)},
		{Text: moment(it.out.Oldest, now)},
		{Text: moment(it.out.Expires, now)},
		{Text: it.queue.FormatName},
	}}, true
}

func moment(t *time.Time, now time.Time) string {
	if t == nil {
		return ""
	}
	return screen.Moment(*t, now)
}

// day is a moment as short as its column: 14:32 today, 18 Nov before.
func day(t *time.Time, now time.Time) string {
	if t == nil {
		return ""
	}
	at := t.In(now.Location())
	if at.YearDay() == now.YearDay() && at.Year() == now.Year() {
		return at.Format("15:04")
	}
	return at.Format("2 Jan")
}

// hop is the first address on the way.
func hop(i *item) string {
	if len(i.queue.NextHops) == 0 {
		return ""
	}
	return bare(i.queue.NextHops[0])
}

// bare is an address without its kind (IP=10.0.0.7, MS-MQMQ 2.3.12.12).
func bare(address string) string {
	_, a, ok := strings.Cut(address, "=")
	if !ok {
		return address
	}
	return a
}

// compareTimes puts what has no time last.
func compareTimes(a, b *time.Time) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	return a.Compare(*b)
}
