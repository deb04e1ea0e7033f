package deadletters

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/views/body"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// pane shows one dead letter: why it died, what to do, what it is.
type pane struct {
	v     *View
	root  *fyne.Container
	under bool

	title  *kit.Label
	reason *kit.Note
	steps  *fyne.Container
	pairs  *kit.KeyValue
	size   *kit.Label
	modes  *kit.Segmented
	body   *kit.BodyView
	blank  *kit.EmptyState
	none   *kit.EmptyState
	scroll *container.Scroll
}

func newPane(v *View) *pane {
	n := &pane{v: v, root: container.NewStack()}
	n.title = kit.NewLabel("").Face(kit.Bold).Cut(kit.End)
	n.reason = kit.NewNote(kit.Danger, "", "")
	n.steps = kit.Stack(8)
	n.pairs = kit.NewKeyValue(112)
	n.pairs.OnCopied = func(what string) { v.host.Copy(what, "the value") }
	n.size = kit.NewMuted("")
	n.modes = kit.NewSegmented(kit.Choices("Text", "Hex"), "Text", func(id string) { v.p.Body.SetMode(body.Mode(id)) })
	n.body = kit.NewBodyView()
	n.body.SetWrap(screen.WrapBodies.Get(v.host.Preferences()))
	n.body.OnAllInHex = func() { v.p.Body.SetMode(body.Hex) }
	n.blank = kit.NewEmptyState("mail-open", "", "")
	n.none = kit.NewEmptyState("mail-open", "No dead letter selected", "Choose one to see why it died and what to do.")
	n.arrange()
	return n
}

// setUnder arranges the pane for a place under the list, or at its right.
func (n *pane) setUnder(on bool) {
	if n.under != on {
		n.under = on
		n.arrange()
	}
}

// topShown is how much of a high pane reason, steps and properties take before
// they scroll, to leave room for the body.
const topShown = 492

func (n *pane) arrange() {
	head := kit.NewPanel(theme.Surface, kit.Fixed(0, 47, kit.Padded(0, 8, 0, 16, kit.Grow(1,
		kit.NewIcon("dead-letter", 16, theme.Warning), n.title,
		kit.NewIconButton("open", "Show it in its queue (Enter)", func() { n.each(n.v.openMessage) }).Plain(),
		kit.NewIconButton("x", "Hide the details (Ctrl I)", func() { n.v.show(false) }).Plain()))))
	top := kit.Stack(0,
		kit.Padded(16, 16, 16, 16, kit.Stack(16, n.reason, kit.Stack(8, kit.NewLabel("What to do").Face(kit.Bold), n.steps))),
		kit.NewRule(),
		kit.SectionHeader("Message", kit.Spacer(), kit.NewLink("All properties", func() { n.each(n.v.openMessage) })),
		kit.Padded(0, 0, 8, 0, n.pairs),
	)
	n.scroll = container.NewVScroll(top)
	bodyHead := kit.PaneHeader("Body", n.size, kit.Spacer(), n.modes)
	content := container.NewStack(kit.NewPanel(theme.Inset, n.body), n.blank)
	var all fyne.CanvasObject
	if n.under {
		all = screen.Column(2, head, kit.NewRule(), screen.Side(1, kit.Fixed(400, 0, kit.Calm(n.scroll)), screen.Column(1, bodyHead, content)))
	} else {
		all = screen.Column(4, head, kit.NewRule(), container.New(upTo{topShown, n.scroll}, kit.Calm(n.scroll)), kit.NewRule(), screen.Column(1, bodyHead, content))
	}
	n.root.Objects = []fyne.CanvasObject{kit.NewPanel(theme.Surface, nothing()), all, n.none}
	n.root.Refresh()
}

// upTo is as high as what scrolls in it, up to a height.
type upTo struct {
	height float32
	scroll *container.Scroll
}

func (h upTo) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(h.scroll.MinSize().Width, min(h.height, h.scroll.Content.MinSize().Height))
}

func (h upTo) Layout(objs []fyne.CanvasObject, size fyne.Size) {
	objs[0].Move(fyne.Position{})
	objs[0].Resize(size)
}

// each does something with the letter shown.
func (n *pane) each(do func(letter)) {
	if l, ok := n.v.p.Letter(); ok {
		do(l)
	}
}

// changed shows the letter and what is known about it.
func (n *pane) changed() {
	p := n.v.p
	l, ok := p.Letter()
	show(n.root.Objects[1], ok)
	show(n.none, !ok)
	if !ok {
		return
	}
	n.title.SetText(screen.Label(l.Label))
	look := lookOf(l.ClassCode)
	t := kit.Warning
	if look.tone == toneDanger {
		t = kit.Danger
	}
	n.reason.Set(t, "", "")
	n.reason.Icon(look.icon)
	n.reason.Stacked(l.ClassCode.Text(), p.happened(&l))
	n.steps.Objects = nil
	for i, a := range p.whatToDo(&l) {
		b := kit.NewButton(a.text, a.icon, func() { n.each(func(l letter) { n.v.do(a.step, l) }) })
		if i == 0 {
			b.Primary()
		}
		n.steps.Add(kit.Row(b, kit.NewLabel(a.remark).Color(theme.Text2)))
	}
	n.pairs.Set(p.pairs(&l)...)
	n.root.Refresh()
}

// bodyChanged shows the body as far as it was read.
func (n *pane) bodyChanged() {
	b := n.v.p.Body
	if one, _ := b.Shown(); !one {
		return
	}
	m := b.Message()
	doc, data := b.Document()
	title, text, code, failed := b.Fault()
	blank := true
	switch {
	case failed:
		n.blank.Set("x-circle", theme.Danger, title, text, code)
	case b.Waiting():
		n.blank.Set("sync", theme.Info, "Reading the body…", screen.Size(int64(m.BodySize)), "")
	case m.BodySize == 0:
		n.blank.Set("mail-open", theme.Muted, "No body", "The message consists of its properties.", "")
	default:
		blank = false
	}
	show(n.blank, blank)
	show(n.body, !blank)
	n.body.SetDocument(doc, data)
	var modes []kit.Choice
	for _, x := range b.Modes() {
		modes = append(modes, kit.Choice{ID: string(x), Text: string(x)})
	}
	n.modes.SetChoices(modes)
	n.modes.SetChosen(string(doc.Mode))
	n.modes.SetEnabled(!blank)
	n.size.SetText(screen.Size(int64(m.BodySize)))
}
