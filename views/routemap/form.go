package routemap

import (
	"fmt"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// linkForm changes a link, or makes one.
type linkForm struct {
	v    *View
	root *fyne.Container

	icon     *kit.Icon
	title    *kit.Label
	state    *kit.Badge
	badge    *fyne.Container
	note     *kit.Note
	code     *kit.Label
	refusal  *fyne.Container
	news     *kit.Note
	newsBox  *fyne.Container
	site1    *kit.Label
	site2    *kit.Label
	choose1  *kit.Select
	choose2  *kit.Select
	cost     *kit.NumberField
	was      *kit.Label
	text     *kit.Field
	left     *gateList
	right    *gateList
	put      *kit.Button
	take     *kit.Button
	gateHint *kit.Paragraph
	heading  *kit.Label
	count    *kit.Label
	changes  *fyne.Container
	follow   *fyne.Container
	remove   *kit.Button
	revert   *kit.Button
	save     *kit.Button
}

// changesShown is how many changed ways are listed.
const changesShown = 40

const replication = "Messages already on their way keep their route. Other servers follow when the directory has replicated, usually within 15 min."

func newLinkForm(v *View) *linkForm {
	f := &linkForm{v: v, root: container.NewStack()}
	p := v.p
	f.icon, f.title = kit.NewIcon("link", 16, theme.Muted), kit.NewLabel("").Face(kit.Bold)
	f.state = kit.NewBadge("Changed", kit.Info)
	f.badge = kit.Row(f.state)
	f.note = kit.NewNote(kit.Danger, "", "")
	f.code = kit.NewMuted("").Face(kit.Mono).Sized(kit.SizeCaption).Cut(kit.End)
	f.refusal = kit.Padded(12, 16, 0, 16, kit.Stack(4, f.note, f.code))
	f.news = kit.NewNote(kit.Warning, "", "")
	f.newsBox = kit.Padded(12, 16, 0, 16, f.news)
	f.site1, f.site2 = kit.NewLabel("").Cut(kit.End), kit.NewLabel("").Cut(kit.End)
	f.choose1, f.choose2 = kit.NewSelect(nil, "", 144, nil), kit.NewSelect(nil, "", 144, nil)
	sites := func(string) { p.SetSites(siteChoice(f.choose1), siteChoice(f.choose2)) }
	f.choose1.OnChanged, f.choose2.OnChanged = sites, sites
	f.cost = kit.NewNumberField(1, leastCost, mostCost, 96)
	f.cost.OnChanged = f.setCost
	f.cost.OnNumber = func(n int64) { f.setCost(fmt.Sprint(n)) }
	f.cost.OnSubmit = func(string) { p.Save() }
	f.was = kit.NewMuted("")
	f.text = kit.NewField("None")
	f.text.OnChanged = func(s string) {
		p.SetDescription(s)
		f.sync()
	}
	f.text.OnSubmit = f.cost.OnSubmit
	f.left = newGateList("Available servers", func(id mq.GUID) { p.SetGate(id, true) })
	f.right = newGateList("Site gates", func(id mq.GUID) { p.SetGate(id, false) })
	f.put = kit.NewIconButton("arrow-right", "Make it a site gate (Enter)", f.left.act)
	f.take = kit.NewIconButton("arrow-left", "No longer a site gate (Enter)", f.right.act)
	f.left.OnCurrent, f.right.OnCurrent = f.enableArrows, f.enableArrows
	f.gateHint = kit.NewParagraph("").Small().Color(theme.Muted)
	f.heading, f.count = kit.NewLabel("").Face(kit.Bold), kit.NewLabel("").Color(theme.Muted)
	f.changes = kit.Stack(0)
	f.follow = kit.Padded(12, 16, 16, 16, kit.NewNote(kit.Info, "", replication))
	f.remove = kit.NewButton("Delete link", "delete", func() { p.AskDelete(p.chosen.id) }).Plain()
	f.revert = kit.NewButton("Revert", "", func() { p.Revert(); v.chart.takeFocus() })
	f.save = kit.NewButton("Save link", "", p.Save).Primary()
	f.arrange(false)
	return f
}

// arrange sets the parts below each other at the right, or side by side under the
// map.
func (f *linkForm) arrange(under bool) {
	cost := kit.Row(f.cost, f.was)
	form := kit.Padded(12, 16, 12, 16, kit.Form(formColumn,
		kit.FormRow{Label: "Site 1", Content: container.NewStack(f.site1, f.choose1)},
		kit.FormRow{Label: "Site 2", Content: container.NewStack(f.site2, f.choose2)},
		kit.FormRow{Label: "Link cost", Content: cost},
		kit.FormRow{Label: "Description", Content: f.text}))
	arrows := kit.Padded(0, 0, 0, 0, kit.Stack(4, f.put, f.take))
	lists := container.New(twoPanes{}, f.left.root, arrows, f.right.root)
	gates := kit.Stack(0, kit.SectionHeader("Site gates"), kit.Padded(0, 16, 0, 16, lists), kit.Padded(8, 16, 16, 16, f.gateHint))
	changes := kit.Stack(0, kit.Fixed(0, 36, kit.Padded(0, 16, 0, 16, kit.Row(f.heading, f.count))), kit.Padded(0, 16, 0, 16, f.changes), f.follow)
	if under {
		head := paneHead(true, f.icon, f.title, f.badge, []fyne.CanvasObject{f.remove, f.revert, f.save}, f.v.closePane)
		body := screen.Side(2, kit.Fixed(368, 0, scrolled(f.refusal, f.newsBox, form, gates)), upright(), scrolled(changes))
		f.root.Objects = []fyne.CanvasObject{screen.Column(1, head, body)}
		return
	}
	head := paneHead(false, f.icon, f.title, f.badge, nil, f.v.closePane)
	foot := kit.ActionBar(f.remove, kit.Spacer(), f.revert, f.save)
	body := scrolled(f.refusal, f.newsBox, form, kit.NewRule(), gates, kit.NewRule(), changes)
	f.root.Objects = []fyne.CanvasObject{screen.Column(1, head, body, foot)}
}

// setCost follows what is typed.
func (f *linkForm) setCost(text string) {
	f.v.p.SetCost(text)
	f.sync()
}

// changed shows a draft; fresh: it is another than before, fields show it anew.
func (f *linkForm) changed(fresh bool) {
	d := f.v.p.Draft()
	if d == nil {
		return
	}
	if fresh || !f.typed(d) {
		f.cost.SetText(d.cost)
		f.text.SetText(d.description)
	}
	f.site1.SetText(f.v.p.siteName(d.site1))
	f.site2.SetText(f.v.p.siteName(d.site2))
	for s, id := range map[*kit.Select]mq.GUID{f.choose1: d.site1, f.choose2: d.site2} {
		show(s, d.isNew())
		s.SetChoices(f.v.p.siteChoices())
		s.SetChosen(choiceOf(id))
	}
	show(f.site1, !d.isNew())
	show(f.site2, !d.isNew())
	f.left.set(f.v.p, f.v.p.Available(d))
	f.right.set(f.v.p, d.gates)
	f.sync()
}

// typed reports whether the fields show a draft already.
func (f *linkForm) typed(d *draft) bool {
	n, ok := f.cost.Value()
	same := f.cost.Text() == d.cost || ok && n == int64(d.number())
	return same && f.text.Text() == d.description
}

// sync shows what follows from a draft.
func (f *linkForm) sync() {
	d := f.v.p.Draft()
	if d == nil {
		return
	}
	f.title.SetText(kit.Shorten(d.title))
	f.icon.Set("link", theme.Muted)
	edited := d.changed()
	switch {
	case d.saving:
		f.state.Set("Saving…", kit.Info)
	case d.isNew():
		f.state.Set("Not saved yet", kit.Info)
	default:
		f.state.Set("Changed", kit.Info)
	}
	show(f.badge, edited || d.saving)
	f.syncRefusal(d)
	switch n := d.number(); {
	case d.costFault() != "":
		f.was.SetText("")
	case !d.isNew() && n != d.base.Cost:
		f.was.SetText("was " + screen.Count(int64(d.base.Cost)) + "; 1 to 999999")
	default:
		f.was.SetText("1 to 999999")
	}
	f.gateHint.SetText(f.gateWords(d))
	f.enableArrows()
	f.syncChanges(d)
	f.remove.SetText("Delete link")
	show(f.remove, !d.isNew())
	f.revert.SetText("Revert")
	f.save.SetText("Save link")
	if d.isNew() {
		f.revert.SetText("Discard")
		f.save.SetText("Create link")
	}
	if d.refusal != nil {
		f.save.SetText("Save again")
	}
	f.revert.SetEnabled(edited && !d.saving)
	f.save.SetEnabled(edited && d.valid() && !d.saving)
	f.remove.SetEnabled(!d.saving)
	for _, x := range []*kit.Field{&f.cost.Field, f.text} {
		x.SetEnabled(!d.saving)
	}
	f.root.Refresh()
}

// syncRefusal shows why the directory did not take a link, and at which field.
func (f *linkForm) syncRefusal(d *draft) {
	fault := d.costFault()
	f.cost.SetError(fault)
	f.cost.Refuse(false)
	f.text.Refuse(false)
	show(f.refusal, d.refusal != nil)
	if d.refusal != nil {
		bold, text, code, field := refused(d.refusal)
		f.note.Stacked(bold, text+" Nothing was saved; your changes are still below.")
		f.code.SetText(code)
		show(f.code, code != "")
		switch field {
		case mgmtclient.FieldCost:
			f.cost.Refuse(true)
		case mgmtclient.FieldLabel:
			f.text.Refuse(true)
		}
	}
	show(f.newsBox, d.news != "")
	f.news.Stacked("Somebody changed this link meanwhile", d.news)
}

// gateWords say what the gates of a link do.
func (f *linkForm) gateWords(d *draft) string {
	switch {
	case d.siteFault() != "":
		return d.siteFault()
	case len(d.gates) > 0:
		return "Messages over this link pass the site gates, and no other server."
	case len(f.v.p.servers(d)) == 0:
		return "Neither site has a routing server. Its queue managers talk directly."
	}
	return "Without a gate, servers of the two sites talk directly."
}

func (f *linkForm) enableArrows() {
	d := f.v.p.Draft()
	f.put.SetEnabled(d != nil && !d.saving && f.left.has())
	f.take.SetEnabled(d != nil && !d.saving && f.right.has())
}

// syncChanges lists the ways that would change.
func (f *linkForm) syncChanges(d *draft) {
	f.changes.Objects = nil
	any := d.changed() && d.valid()
	show(f.follow, any)
	f.count.SetText("")
	if !any {
		f.heading.SetText("What changes")
		f.changes.Add(kit.Fixed(0, 28, kit.NewLabel("Nothing yet. Change cost or gates to see which paths follow.").Color(theme.Muted).Cut(kit.End)))
		if !d.valid() {
			f.changes.Objects[0] = kit.Fixed(0, 28, kit.NewLabel("Seen when the form is complete.").Color(theme.Muted).Cut(kit.End))
		}
		return
	}
	f.heading.SetText(d.changesTitle())
	switch {
	case d.compareNo != nil:
		why, _, _ := screen.Reason(d.compareNo)
		f.changes.Add(kit.NewParagraph("Not known: " + why).Color(theme.Text2))
	case !d.compared:
		f.count.SetText("…")
	case len(d.changes) == 0:
		f.count.SetText("no path")
		f.changes.Add(kit.Fixed(0, 28, kit.NewLabel("No path between two sites gets another cost.").Color(theme.Muted).Cut(kit.End)))
	default:
		f.count.SetText(screen.Many(int64(len(d.changes)), "path"))
		f.changes.Add(changeRows(d.changes, changesShown))
	}
}

// changeRows lists ways that change, at most so many of them.
func changeRows(list []mgmtclient.PathChange, most int) fyne.CanvasObject {
	rows := kit.Stack(0)
	for i := range list {
		c := &list[i]
		if i == most {
			rows.Add(kit.Fixed(0, 28, kit.NewMuted("and "+screen.Count(int64(len(list)-most))+" more")))
			break
		}
		before, after, color := screen.Count(int64(c.Before)), kit.NewLabel(screen.Count(int64(c.After))).Face(kit.Bold), theme.Muted
		if c.Before == 0 {
			before = "no way"
		}
		if c.After == 0 {
			after.SetText("no way")
			after.Color(theme.Danger)
		}
		rows.Add(kit.Fixed(0, 28, kit.Grow(0, kit.NewLabel(c.From.Name+" to "+c.To.Name).Cut(kit.End),
			kit.GapRow(6, kit.NewLabel(before).Color(color), kit.NewIcon("arrow-right", 12, theme.Muted), after))))
	}
	return rows
}

// siteChoices are the sites to choose from.
func (p *Presenter) siteChoices() []kit.Choice {
	list := []kit.Choice{{ID: noSite, Text: "Choose a site"}}
	for i := range p.sites {
		list = append(list, kit.Choice{ID: p.sites[i].ID.String(), Text: p.sites[i].Name})
	}
	return list
}

// noSite is the choice of none.
const noSite = "-"

func choiceOf(id mq.GUID) string {
	if id.IsZero() {
		return noSite
	}
	return id.String()
}

func siteChoice(s *kit.Select) mq.GUID {
	id, err := mq.ParseGUID(s.Chosen())
	if err != nil {
		return mq.GUID{}
	}
	return id
}

// twoPanes lays two lists and the arrows between them out.
type twoPanes struct{}

const gateHeight = 112

func (twoPanes) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(240, gateHeight) }

func (twoPanes) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	m := objs[1].MinSize()
	w := (s.Width - m.Width - 16) / 2
	objs[0].Move(fyne.Position{})
	objs[0].Resize(fyne.NewSize(w, gateHeight))
	// The arrows are level with the boxes, which stand below their titles.
	objs[1].Move(fyne.NewPos(round(w+8), round(20+(gateHeight-20-m.Height)/2)))
	objs[1].Resize(m)
	objs[2].Move(fyne.NewPos(s.Width-w, 0))
	objs[2].Resize(fyne.NewSize(w, gateHeight))
}

// gateList is one of the two lists of servers.
type gateList struct {
	OnCurrent func()
	root      fyne.CanvasObject
	grid      *kit.Grid
	rows      []kit.RowData
	ids       []mq.GUID
	do        func(mq.GUID)
}

func newGateList(title string, do func(mq.GUID)) *gateList {
	g := &gateList{do: do}
	g.grid = kit.NewGrid(g, kit.Column{Key: "name"}).NoHeader()
	g.grid.OnActivate = func(kit.RowID) { g.act() }
	g.grid.OnCurrent = func(kit.RowID, bool) {
		if g.OnCurrent != nil {
			g.OnCurrent()
		}
	}
	box := kit.NewPanel(theme.Surface, kit.Padded(3, 1, 3, 1, g.grid)).Framed(6)
	g.root = screen.Column(1, kit.Fixed(0, 20, kit.NewMuted(title)), box)
	return g
}

// Len is kit.Source's.
func (g *gateList) Len() int { return len(g.rows) }

// Row is kit.Source's.
func (g *gateList) Row(i int) (kit.RowData, bool) {
	if i >= len(g.rows) {
		return kit.RowData{}, false
	}
	return g.rows[i], true
}

func (g *gateList) set(p *Presenter, ids []mq.GUID) {
	if slices.Equal(g.ids, ids) && len(g.rows) == len(ids) {
		return
	}
	g.ids, g.rows = slices.Clone(ids), nil
	for _, id := range ids {
		g.rows = append(g.rows, kit.RowData{ID: rowID(id), Cells: []kit.Cell{{Text: p.machineName(id), Icon: "server"}}})
	}
	g.grid.SetSource(g)
	if len(g.rows) > 0 {
		g.grid.SetCurrent(0)
	}
}

func (g *gateList) has() bool { _, ok := g.grid.Current(); return ok && len(g.rows) > 0 }

// act moves the current server to the other list.
func (g *gateList) act() {
	row, ok := g.grid.Current()
	if !ok {
		return
	}
	if id, err := mq.ParseGUID(row.Text); err == nil {
		g.do(id)
	}
}
