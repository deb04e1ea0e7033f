package deadletters

import (
	"strings"

	"fyne.io/fyne/v2"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// source gives the grid its rows.
type source struct{ p *Presenter }

// Ids of rows: a letter is node|queue and its lookup id; groups and the rows
// that show more of them have these marks.
const (
	markGroup = "group:"
	markMore  = "more:"
)

func idOf(k key) kit.RowID { return kit.RowID{Text: k.node + "|" + k.queue, Num: uint64(k.id)} }

func keyOf(id kit.RowID) (key, bool) {
	node, queue, ok := strings.Cut(id.Text, "|")
	return key{origin{node, queue}, mgmtclient.LookupID(id.Num)}, ok && id.Num != 0
}

// groupOf is the group of a group row or of one that shows more.
func groupOf(id kit.RowID) string {
	if g, ok := moreOf(id); ok {
		return g
	}
	return strings.TrimPrefix(id.Text, markGroup)
}

func moreOf(id kit.RowID) (string, bool) { return strings.CutPrefix(id.Text, markMore) }

// Len is kit.Source's.
func (s *source) Len() int { return len(s.p.rows) }

// GroupRows is kit.Grouped's.
func (s *source) GroupRows() []int { return s.p.groupRows }

// Index is kit.Indexed's.
func (s *source) Index(id kit.RowID) (int, bool) {
	k, ok := keyOf(id)
	if !ok {
		return 0, false
	}
	i, ok := s.p.index[k]
	return i, ok
}

// Row is kit.Source's.
func (s *source) Row(i int) (kit.RowData, bool) {
	if i < 0 || i >= len(s.p.rows) {
		return kit.RowData{}, false
	}
	r := s.p.rows[i]
	switch r.kind {
	case rowGroup:
		return s.group(r.group), true
	case rowMore:
		return kit.RowData{ID: kit.TextID(markMore + s.p.groups[r.group].id), Fixed: true, Cells: []kit.Cell{{Text: moreWords(r.rest), Link: true}, {}, {}, {}, {}}}, true
	}
	l := &s.p.letters[r.letter]
	now := s.p.host.Now()
	return kit.RowData{ID: idOf(l.key()), Quiet: s.p.node(l.node) == nil, Cells: []kit.Cell{
		{Text: screen.Label(l.Label)},
		{Text: destination(l)},
		{Text: l.computer},
		{Text: screen.Moment(l.ArrivedTime, now)},
		{Text: screen.Size(int64(l.BodySize))},
	}}, true
}

func (s *source) group(g int) kit.RowData {
	x := &s.p.groups[g]
	d := &kit.Group{Open: !s.p.closed[x.id], Text: x.title, Icon: "queue", Ink: theme.Muted, Count: screen.Count(int64(len(x.letters))), Unit: "letters"}
	if len(x.letters) == 1 {
		d.Unit = "letter"
	}
	switch s.p.by {
	case byReason:
		l := lookOf(x.class)
		d.Icon, d.Ink, d.Code = l.icon, ink(l.tone), x.class.Reason()
	case byComputer:
		d.Icon = "server"
	}
	now := s.p.host.Now()
	d.Note = screen.Moment(x.oldest, now)
	if y, m, day := x.oldest.In(now.Location()).Date(); y == now.Year() && m == now.Month() && day == now.Day() {
		d.Note += " today"
	}
	if len(x.letters) > 1 {
		d.Note = "oldest " + d.Note
	}
	some, all := s.p.groupState(g)
	switch {
	case all:
		d.Check = kit.On
	case some:
		d.Check = kit.Some
	}
	return kit.RowData{ID: kit.TextID(markGroup + x.id), Group: d}
}

func ink(t tone) fyne.ThemeColorName {
	if t == toneDanger {
		return theme.Danger
	}
	return theme.Warning
}
