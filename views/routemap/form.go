package routemap

import (
	"fmt"

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

	icon      *kit.Icon
	title     *kit.Label
	state     *kit.Badge
	badge     *fyne.Container
	note      *kit.Note
	refusal   *fyne.Container
	news      *kit.Note
	newsBox   *fyne.Container
	site1     *kit.Label
	site2     *kit.Label
	choose1   *kit.Select
	choose2   *kit.Select
	cost      *kit.NumberField
	was       *kit.Label
	text      *kit.Field
	left      *pickList
	right     *pickList
	available fyne.CanvasObject // left, below its title
	gates     fyne.CanvasObject
	put       *kit.Button
	take      *kit.Button
	gateHint  *kit.Paragraph
	heading   *kit.Label
	count     *kit.Label
	changes   *fyne.Container
	follow    *fyne.Container
	remove    *kit.Button
	revert    *kit.Button
	save      *kit.Button
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
	f.refusal = kit.Padded(12, 16, 0, 16, f.note)
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
	f.left, f.right = newPickList(), newPickList()
	f.left.OnPick = func(id mq.GUID) { p.SetGate(id, true) }
	f.right.OnPick = func(id mq.GUID) { p.SetGate(id, false) }
	f.put = kit.NewIconButton("arrow-right", "Make it a site gate (Enter)", f.left.pick)
	f.take = kit.NewIconButton("arrow-left", "No longer a site gate (Enter)", f.right.pick)
	f.available, f.gates = f.left.titled("Available servers"), f.right.titled("Site gates")
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
	arrows := kit.Stack(4, f.put, f.take)
	lists := container.New(twoPanes{}, f.available, arrows, f.gates)
	gates := kit.Stack(0, kit.SectionHeader("Site gates"), kit.Padded(0, 16, 0, 16, lists), kit.Padded(8, 16, 16, 16, f.gateHint))
	changes := kit.Stack(0, kit.Fixed(0, 36, kit.Padded(0, 16, 0, 16, kit.Row(f.heading, f.count))), kit.Padded(0, 16, 4, 16, f.changes), f.follow)
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
	f.left.set(f.v.p.Available(d), f.v.p.machineName)
	f.right.set(d.gates, f.v.p.machineName)
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
		f.note.SetRuns(kit.Run{Text: bold + "\n", Face: kit.Bold}, kit.Run{Text: text + " Nothing was saved; your changes are still below.\n"},
			kit.Run{Text: code, Face: kit.Mono, Color: theme.Text2})
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
	f.put.SetEnabled(d != nil && !d.saving && !f.left.id().IsZero())
	f.take.SetEnabled(d != nil && !d.saving && !f.right.id().IsZero())
}

// syncChanges lists the ways that would change.
func (f *linkForm) syncChanges(d *draft) {
	f.changes.Objects = nil
	any := d.changed() && d.valid()
	show(f.follow, any)
	f.count.SetText("")
	if !any {
		f.heading.SetText("What changes")
		words := "Nothing yet. Change the cost or the gates to see which paths follow."
		if !d.valid() {
			words = "Shown when the form is complete."
		}
		f.changes.Add(kit.NewParagraph(words).Color(theme.Muted))
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
		f.changes.Add(kit.NewParagraph("No path between two sites gets another cost.").Color(theme.Muted))
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
