package routemap

import (
	"cmp"
	"slices"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// The columns of the list.
const (
	colSite1       = "site1"
	colSite2       = "site2"
	colCost        = "cost"
	colGates       = "gates"
	colDescription = "description"
)

var columns = []kit.Column{
	{Key: colSite1, Title: "Site 1", Width: 152, Kind: kit.KindText, Cut: kit.End, Sortable: true, Needed: true},
	{Key: colSite2, Title: "Site 2", Width: 136, Kind: kit.KindText, Cut: kit.End, Sortable: true, Needed: true},
	{Key: colCost, Title: "Cost", Width: 88, Kind: kit.KindNumber, Sortable: true, Needed: true},
	{Key: colGates, Title: "Site gates", Width: 208, Kind: kit.KindText, Cut: kit.End, Sortable: true},
	{Key: colDescription, Title: "Description", Kind: kit.KindMuted, Least: 96, Sortable: true},
}

// Filter shows the links in which a text occurs.
func (p *Presenter) Filter(text string) {
	p.filter = text
	p.arrangeRows()
	p.OnMap()
}

// Sort orders the list by a column.
func (p *Presenter) Sort(s kit.Sort) {
	p.sort = s
	p.arrangeRows()
	p.OnMap()
}

// gateNames names the gates of a link.
func (p *Presenter) gateNames(l *mgmtclient.RouteLink) string {
	names := make([]string, len(l.Gates))
	for i, id := range l.Gates {
		names[i] = p.machineName(id)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// arrangeRows picks and orders the links of the list.
func (p *Presenter) arrangeRows() {
	text := strings.ToLower(strings.TrimSpace(p.filter))
	var list []*mgmtclient.RouteLink
	for i := range p.routes.Links {
		l := &p.routes.Links[i]
		if text == "" || strings.Contains(strings.ToLower(p.linkName(l)+"\n"+p.gateNames(l)+"\n"+l.Description), text) {
			list = append(list, l)
		}
	}
	key := func(l *mgmtclient.RouteLink) string {
		switch p.sort.Key {
		case colSite2:
			return p.siteName(l.Site2)
		case colGates:
			return p.gateNames(l)
		case colDescription:
			return l.Description
		}
		return p.siteName(l.Site1)
	}
	fold := func(a, b string) int { return cmp.Compare(strings.ToLower(a), strings.ToLower(b)) }
	slices.SortStableFunc(list, func(a, b *mgmtclient.RouteLink) int {
		c := fold(key(a), key(b))
		if p.sort.Key == colCost {
			c = cmp.Compare(a.Cost, b.Cost)
		}
		if p.sort.Desc {
			c = -c
		}
		return cmp.Or(c, fold(p.linkName(a), p.linkName(b)), slices.Compare(a.ID[:], b.ID[:]))
	})
	p.rows, p.index = p.rows[:0], map[mq.GUID]int{}
	for i, l := range list {
		p.rows = append(p.rows, l.ID)
		p.index[l.ID] = i
	}
}

// source gives the grid its rows.
type source struct{ p *Presenter }

// Len is kit.Source's.
func (s source) Len() int { return len(s.p.rows) }

// Index is kit.Indexed's.
func (s source) Index(row kit.RowID) (int, bool) {
	id, err := mq.ParseGUID(row.Text)
	if err != nil {
		return 0, false
	}
	i, ok := s.p.index[id]
	return i, ok
}

// Row is kit.Source's.
func (s source) Row(i int) (kit.RowData, bool) {
	if i < 0 || i >= len(s.p.rows) {
		return kit.RowData{}, false
	}
	p := s.p
	l := p.link(s.p.rows[i])
	if l == nil {
		return kit.RowData{}, false
	}
	lead := kit.Cell{Text: p.siteName(l.Site1), Icon: "link"}
	cost := kit.Cell{Text: screen.Count(int64(l.Cost))}
	switch {
	case p.down[l.ID]:
		lead.Icon, lead.Ink = "link-break", theme.Danger
	case p.way.on(l.ID):
		lead.Icon, lead.Ink = "path", theme.AccentText
	}
	if d := p.draftOf(l.ID); d != nil && d.number() > 0 && d.number() != l.Cost {
		cost = kit.Cell{Text: cost.Text + " → " + screen.Count(int64(d.number())), Color: theme.AccentText, Strong: true}
	}
	gates := kit.Cell{Text: p.gateNames(l)}
	if gates.Text == "" {
		gates = kit.Cell{Text: "none, directly", Color: theme.Muted}
	}
	return kit.RowData{ID: rowID(l.ID), Cells: []kit.Cell{
		lead, {Text: p.siteName(l.Site2)}, cost, gates, {Text: l.Description},
	}}, true
}

func rowID(id mq.GUID) kit.RowID { return kit.TextID(id.String()) }
