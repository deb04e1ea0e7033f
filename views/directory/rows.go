package directory

import (
	"errors"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// rowSource gives the grid what was found.
type rowSource struct{ p *Presenter }

// Len is how many rows there are, one more while there is more to read.
func (s *rowSource) Len() int {
	f := s.p.found
	if f.next == "" {
		return len(f.rows)
	}
	if natural(f.sort) && f.total > len(f.rows) {
		return f.total
	}
	return len(f.rows) + 1
}

// Row is one of them.
func (s *rowSource) Row(i int) (kit.RowData, bool) {
	e, ok := s.p.Row(i)
	if !ok {
		return kit.RowData{}, false
	}
	label := kit.Cell{Text: kit.Shorten(e.Label)}
	if e.Label == "" && (e.Kind == mgmtclient.EntryQueue || e.Kind == mgmtclient.EntryAlias || e.Kind == mgmtclient.EntryList) {
		label.Text, label.Color = "No label", theme.Muted
	}
	where := kit.Cell{Text: kit.Shorten(whereOf(&e))}
	if e.Kind == mgmtclient.EntryAlias && where.Text == "other firm" {
		where.Color = theme.Muted
	}
	return kit.RowData{ID: rowID(&e), Cells: []kit.Cell{
		{Text: kit.Shorten(e.Name), Icon: iconOf(&e)}, label, {Text: typeOf(&e), Color: theme.Text2}, where,
	}}, true
}

// Index finds a row.
func (s *rowSource) Index(id kit.RowID) (int, bool) {
	g, err := mq.ParseGUID(id.Text)
	if err != nil {
		return 0, false
	}
	i, ok := s.p.found.index[g]
	return i, ok
}

func rowID(e *mgmtclient.Entry) kit.RowID {
	if e.ID.IsZero() {
		return kit.TextID(e.DN)
	}
	return kit.TextID(e.ID.String())
}

// useSource gives the grid what uses the entry.
type useSource struct{ v *View }

// Len is how many rows there are.
func (s *useSource) Len() int { return len(s.v.used) }

// Row is one of them.
func (s *useSource) Row(i int) (kit.RowData, bool) {
	if i < 0 || i >= len(s.v.used) {
		return kit.RowData{}, false
	}
	u := s.v.used[i]
	return kit.RowData{ID: kit.NumID(uint64(i) + 1), Cells: []kit.Cell{
		{Text: kit.Shorten(u.name), Icon: u.icon}, {Text: kit.Shorten(u.how)}, {Text: u.kind, Color: theme.Text2},
	}}, true
}

// emptyWords say why nothing is listed.
func (v *View) emptyWords() {
	f := v.p.found
	again := kit.NewButton("Try again", "refresh", v.p.Refresh)
	clear := kit.NewButton("Clear", "x", v.clear)
	in := "the whole forest was searched"
	if f.within.name != "" {
		in = "only what is below " + f.within.name + " was searched"
	}
	switch {
	case f.err != nil && f.guid != "" && len(readGUID(f.guid)) == 0:
		why, fix, _ := screen.Reason(f.err)
		v.empty.Set("hash", theme.Muted, "This is no GUID", join(why, fix), "", clear)
	case errors.Is(f.err, mgmtclient.ErrNoPassword):
		text, _ := screen.Explain(f.err)
		v.empty.Set("lock", theme.Warning, "The directory needs a password", text, "", kit.NewButton("Sign in", "user", v.signIn).Primary())
	case f.err != nil:
		text, code := screen.Explain(f.err)
		v.empty.Set("x-circle", theme.Danger, "The directory was not read", text, code, again.Primary(), kit.NewButton("Sign in as…", "user", v.signIn))
	case f.asking && !f.known:
		v.empty.Set("sync", theme.Info, "Asking the directory…", "", "")
	case f.guid != "":
		v.empty.Set("hash", theme.Muted, "No entry has this GUID", "Neither an entry nor the type of a queue; both orders of its octets were tried.", "", clear)
	case f.text != "":
		buttons := []*kit.Button{clear}
		if f.within.name != "" {
			buttons = append([]*kit.Button{kit.NewButton("In the whole forest", "directory", func() { v.p.Within(scopeOf{}) })}, buttons...)
		}
		v.empty.Set("funnel-x", theme.Muted, "No name or label has “"+kit.Shorten(f.text)+"” in it", screen.Sentence(in), "", buttons...)
	case f.kind != anyKind:
		v.empty.Set("funnel-x", theme.Muted, "None of this type", screen.Sentence(in), "", clear)
	default:
		v.empty.Set("directory", theme.Muted, "Nothing here yet", "Queues, lists and aliases are made with New.", "")
	}
}
