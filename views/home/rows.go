package home

import (
	"strings"

	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// table is a grid's source, filled anew at each change.
type table struct{ rows []kit.RowData }

// Len is kit.Source's.
func (t *table) Len() int { return len(t.rows) }

// Row is kit.Source's.
func (t *table) Row(i int) (kit.RowData, bool) {
	if i < 0 || i >= len(t.rows) {
		return kit.RowData{}, false
	}
	return t.rows[i], true
}

var computerColumns = []kit.Column{
	{Key: "computer", Title: "Computer", Kind: kit.KindText, Needed: true},
	{Key: "state", Title: "State", Width: 148, Kind: kit.KindState},
	{Key: "messages", Title: "Messages", Width: 96, Kind: kit.KindNumber},
	{Key: "depth", Title: "Depth, 1 h", Width: 120, Kind: kit.KindSpark},
	{Key: "in", Title: "In /s", Width: 64, Kind: kit.KindNumber},
	{Key: "out", Title: "Out /s", Width: 64, Kind: kit.KindNumber},
	{Key: "outgoing", Title: "Outgoing", Width: 84, Kind: kit.KindNumber},
	{Key: "dead", Title: "Dead", Width: 88, Kind: kit.KindNumber},
	{Key: "storage", Title: "Storage used", Width: 152, Kind: kit.KindMeter},
	{Key: "heard", Title: "Heard", Width: 76, Kind: kit.KindNumber},
}

// computers are the rows of the table of computers.
func (p *Presenter) computers() []kit.RowData {
	var out []kit.RowData
	for _, n := range p.host.Nodes() {
		out = append(out, p.computer(n, p.host.Feed().Of(n.ID)))
	}
	return out
}

func (p *Presenter) computer(n screen.Node, o screen.Overview) kit.RowData {
	icon := "server"
	if n.Local {
		icon = "laptop"
	}
	d := kit.RowData{ID: kit.TextID(n.ID), Cells: []kit.Cell{
		{Text: n.Name, Tail: tail(n, o), Icon: icon, Strong: true},
		{State: o.Shown(n)},
	}}
	if o.At.IsZero() || n.Client == nil {
		heard := "–"
		if !o.At.IsZero() {
			heard = screen.Moment(o.At, p.host.Now())
		}
		for range 6 {
			d.Cells = append(d.Cells, kit.Cell{Text: "–"})
		}
		d.Cells = append(d.Cells, kit.Cell{Part: -1, Text: "–"}, kit.Cell{Text: heard, Color: theme.Muted})
		return d
	}
	dead := kit.Cell{Text: screen.Count(o.DeadLetters())}
	if o.DeadLetters() > 0 {
		dead = kit.Cell{Text: dead.Text, Icon: "dead-letter", Ink: theme.Warning, Color: theme.Warning, Strong: true}
	}
	leaving := screen.DeparturesOf(o.Outgoing)
	outgoing := kit.Cell{Text: screen.Count(leaving.Unsent)}
	if leaving.Alarms > 0 {
		outgoing.Color = theme.Danger
	}
	part, limited := used(o.Machine.Bytes, o.Machine.QuotaKB)
	storage := kit.Cell{Part: part, Text: screen.Percent(part)}
	if !limited {
		storage = kit.Cell{Part: -1, Text: screen.Size(o.Machine.Bytes)}
	}
	heard := "now"
	if o.Err != nil {
		heard = screen.Moment(o.At, p.host.Now())
	}
	d.Cells = append(d.Cells,
		kit.Cell{Text: screen.Count(o.Machine.Messages)},
		kit.Cell{Values: p.host.Feed().Depth(n.ID, "")},
		kit.Cell{Text: screen.Rate(o.In)}, kit.Cell{Text: screen.Rate(o.Out)},
		outgoing, dead, storage,
		kit.Cell{Text: heard, Color: theme.Muted},
	)
	return d
}

// tail is what tells a computer apart beside its name.
func tail(n screen.Node, o screen.Overview) string {
	switch {
	case n.Local:
		return "Posthouse"
	case o.Machine.Name != "" && !strings.EqualFold(o.Machine.Name, n.Name):
		return o.Machine.Name
	case strings.EqualFold(n.Address, n.Name):
		return ""
	}
	if host, domain, ok := strings.Cut(n.Address, "."); ok && strings.EqualFold(host, n.Name) {
		return domain
	}
	return n.Address
}

var growingColumns = []kit.Column{
	{Key: "queue", Title: "Queue", Kind: kit.KindText, Needed: true},
	{Key: "messages", Title: "Messages", Width: 84, Kind: kit.KindNumber},
	{Key: "change", Title: "Change", Width: 84, Kind: kit.KindNumber},
}

// growingRows are the queues that grow.
func (p *Presenter) growingRows() []kit.RowData {
	var out []kit.RowData
	for _, g := range p.growing() {
		change := kit.Cell{Text: "+" + screen.Count(g.change)}
		if g.change >= 1000 || g.now > 0 && g.change*2 > g.now {
			change.Color = theme.Warning
		}
		name := g.queue[strings.IndexByte(g.queue, '\\')+1:]
		if g.to != "" {
			name = "Outgoing to " + g.to
		}
		out = append(out, kit.RowData{
			ID:    kit.RowID{Text: g.node.ID + "\x00" + g.queue},
			Cells: []kit.Cell{{Text: name, Tail: g.node.Name}, {Text: screen.Count(g.now)}, change},
		})
	}
	return out
}

var recentColumns = []kit.Column{
	{Key: "what", Title: "What", Kind: kit.KindText, Needed: true},
	{Key: "result", Title: "Result", Width: 132, Kind: kit.KindText},
	{Key: "when", Title: "When", Width: 64, Kind: kit.KindNumber},
	{Key: "do", Title: "", Width: 76, Kind: kit.KindText, Align: 2},
}

// recentRows are the recent actions, newest first.
func (p *Presenter) recentRows() []kit.RowData {
	var out []kit.RowData
	now := p.host.Now()
	for i, a := range p.host.Recent() {
		icon := map[kit.Tone]string{kit.Warning: "warning", kit.Danger: "x-circle", kit.Neutral: "minus-circle"}[a.Tone]
		if icon == "" {
			icon = "check"
		}
		do := kit.Cell{}
		switch {
		case a.Undo != nil:
			do = kit.Cell{Text: "Undo", Link: true}
		case a.Details != nil:
			do = kit.Cell{Text: "Details", Link: true}
		}
		ink := a.Tone.Ink()
		if a.Tone == kit.Neutral || a.Tone == kit.Info {
			ink = theme.Text
		}
		out = append(out, kit.RowData{
			ID: kit.NumID(uint64(i + 1)),
			Cells: []kit.Cell{
				{Text: a.What},
				{Text: a.Result, Icon: icon, Ink: ink},
				{Text: screen.Moment(a.When, now)},
				do,
			},
		})
	}
	return out
}

// act carries out the link of a recent action.
func (p *Presenter) act(id kit.RowID) {
	list := p.host.Recent()
	i := int(id.Num) - 1
	if i < 0 || i >= len(list) {
		return
	}
	switch a := list[i]; {
	case a.Undo != nil:
		a.Undo()
	case a.Details != nil:
		a.Details()
	}
}
