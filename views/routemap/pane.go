package routemap

import (
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/localqm/mq"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// pane shows the link or the site that is chosen.
type pane struct {
	v     *View
	root  *fyne.Container
	under bool
	shown item // what form and card were made for
	form  *linkForm
	card  *siteCard
}

// formColumn is the width of the labels of the form.
const formColumn = 88

func newPane(v *View) *pane {
	n := &pane{v: v, root: container.NewStack()}
	n.form, n.card = newLinkForm(v), newSiteCard(v)
	return n
}

// setUnder arranges the pane for a place under the map, or at its right.
func (n *pane) setUnder(on bool) {
	n.under = on
	n.form.arrange(on)
	n.card.arrange(on)
	n.changed()
}

// changed shows what is chosen.
func (n *pane) changed() {
	it := n.v.p.chosen
	var content fyne.CanvasObject
	switch {
	case it.kind == kindLink && n.v.p.Draft() != nil:
		n.form.changed(n.shown != it)
		content = n.form.root
	case it.kind == kindSite && n.v.p.site(it.id) != nil:
		n.card.changed()
		content = n.card.root
	default:
		content = kit.NewEmptyState("routemap", "Nothing chosen", "Choose a site or a link.")
	}
	n.shown = it
	n.root.Objects = []fyne.CanvasObject{kit.NewPanel(theme.Surface, container.NewStack()), content}
	n.root.Refresh()
}

// paneHead is the head of the pane: icon, title, what follows it, a button that
// closes; as high as the head of the screen, or as a line under the map.
func paneHead(under bool, icon fyne.CanvasObject, title *kit.Label, extra fyne.CanvasObject, buttons []fyne.CanvasObject, closing func()) fyne.CanvasObject {
	h := float32(47)
	if under {
		h = 39
	}
	row := []fyne.CanvasObject{icon, kit.Lead(title, extra)}
	row = append(row, buttons...)
	row = append(row, kit.NewIconButton("x", "Close (Esc)", closing).Plain())
	return screen.Column(0, kit.Fixed(0, h, kit.Padded(0, 8, 0, 16, kit.Grow(1, row...))), kit.NewRule())
}

// scrolled puts objects below each other into a scroll.
func scrolled(objs ...fyne.CanvasObject) fyne.CanvasObject {
	shown, _ := screen.Scroll(kit.Stack(0, objs...))
	return shown
}

// upright is a line between panes side by side.
func upright() fyne.CanvasObject {
	return kit.Fixed(1, 0, kit.NewPanel(theme.Border, container.NewStack()))
}

// siteCard shows a site: its queue managers and how they are, its links, what can
// be done.
type siteCard struct {
	v        *View
	root     *fyne.Container
	icon     *kit.Icon
	title    *kit.Label
	words    *kit.Label
	machines *fyne.Container
	links    *fyne.Container
	from, to *kit.Button
	join     *kit.Button
}

func newSiteCard(v *View) *siteCard {
	c := &siteCard{v: v, root: container.NewStack(), machines: kit.Stack(0), links: kit.Stack(0)}
	c.icon, c.title, c.words = kit.NewIcon("site", 16, theme.Muted), kit.NewLabel("").Face(kit.Bold), kit.NewMuted("")
	p := v.p
	c.from = kit.NewButton("Path from here", "", func() { p.SetEnds(p.chosen.id, p.way.to) })
	c.to = kit.NewButton("Path to here", "", func() { p.SetEnds(p.way.from, p.chosen.id) })
	c.join = kit.NewLink("New link", func() { v.newLink(p.chosen.id, mq.GUID{}) })
	c.arrange(false)
	return c
}

func (c *siteCard) arrange(under bool) {
	head := func(buttons ...fyne.CanvasObject) fyne.CanvasObject {
		return paneHead(under, c.icon, c.title, c.words, buttons, c.v.closePane)
	}
	machines := kit.Stack(0, kit.SectionHeader("Queue managers"), kit.Padded(0, 16, 8, 16, c.machines))
	links := kit.Stack(0, kit.SectionHeader("Routing links", kit.Spacer(), c.join), kit.Padded(0, 16, 8, 16, c.links))
	if under {
		body := screen.Side(2, kit.Fixed(408, 0, scrolled(machines)), upright(), scrolled(links))
		c.root.Objects = []fyne.CanvasObject{screen.Column(1, head(c.from, c.to), body)}
		return
	}
	foot := kit.ActionBar(c.from, c.to, kit.Spacer())
	c.root.Objects = []fyne.CanvasObject{screen.Column(1, head(), scrolled(machines, kit.NewRule(), links), foot)}
}

func (c *siteCard) changed() {
	p := c.v.p
	s := p.site(p.chosen.id)
	c.title.SetText(s.Name)
	word := ""
	if s.Foreign {
		word = "foreign site"
	}
	c.words.SetText(word)
	c.machines.Objects = nil
	for i := range s.machines {
		c.machines.Add(c.machineRow(&s.machines[i]))
	}
	if len(s.machines) == 0 {
		c.machines.Add(kit.NewMuted("None: nothing is sent from or to this site."))
	}
	c.links.Objects = nil
	for i := range p.routes.Links {
		l := &p.routes.Links[i]
		other := l.Site2
		if l.Site2 == s.ID {
			other = l.Site1
		} else if l.Site1 != s.ID {
			continue
		}
		lead := kit.NewLink(kit.Shorten(p.siteName(other)), func() { c.v.choose(item{kindLink, l.ID}, true) })
		cost := kit.NewMuted("cost " + screen.Count(int64(l.Cost)))
		c.links.Add(kit.Fixed(0, 28, kit.Row(kit.NewIcon("link", 16, theme.Muted), lead, kit.Spacer(), cost)))
	}
	if len(c.links.Objects) == 0 {
		c.links.Add(kit.NewMuted("None: no other site can be reached."))
	}
	c.from.SetEnabled(p.way.from != s.ID)
	c.to.SetEnabled(p.way.to != s.ID)
	c.join.SetEnabled(len(p.sites) > 1)
	c.root.Refresh()
}

// machineRow is a line for a queue manager: state, name, what it is, what waits.
func (c *siteCard) machineRow(m *machine) fyne.CanvasObject {
	icon, col, word := m.state.Icon, m.state.Color, m.state.Word
	if icon == "" {
		icon, col, word = "circle-dashed", theme.Muted, "not among your computers"
	}
	if c.v.p.down[m.ID] {
		icon, col, word = "link-break", theme.Danger, "as if down"
	}
	var name fyne.CanvasObject = kit.NewLabel(kit.Shorten(m.Name))
	if m.node != nil {
		name = kit.NewLink(m.Name, func() { c.v.host.Open(screen.Route{Screen: screen.Queues, Node: m.node.ID}) })
	}
	if n := m.out.Unsent; n > 0 {
		word = screen.Count(n) + " to send, " + untitled(word)
	}
	right := kit.NewMuted(word).Align(fyne.TextAlignTrailing).Cut(kit.End)
	return kit.Fixed(0, 28, kit.Grow(3, kit.NewIcon(icon, 16, col), name, kit.NewMuted(m.kind()), right))
}

// untitled is a word within a sentence.
func untitled(s string) string {
	if s == "" {
		return ""
	}
	r := []rune(s)
	if len(r) > 1 && r[1] != unicode.ToLower(r[1]) {
		return s // a name in capitals
	}
	return strings.ToLower(string(r[0])) + string(r[1:])
}
