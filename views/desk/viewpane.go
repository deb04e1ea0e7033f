package desk

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// pane shows one entry: how far it is, what will become of it, what was
// entered.
type pane struct {
	v     *View
	root  *fyne.Container
	under bool

	title   *kit.Label
	steps   *fyne.Container
	note    *kit.Note
	form    *kit.Label
	fields  *kit.KeyValue
	unread  *kit.Label
	support *kit.KeyValue
	back    *kit.Button
	again   *kit.Button
	none    *kit.EmptyState
	listed  []step
}

func newPane(v *View) *pane {
	n := &pane{v: v, root: container.NewStack()}
	n.title = kit.NewLabel("").Face(kit.Bold).Sized(kit.SizeTitle).Cut(kit.End)
	n.steps = kit.Stack(0)
	n.note = kit.NewNote(kit.Neutral, "", "")
	n.form = kit.NewLabel("").Face(kit.Bold)
	n.fields, n.support = kit.NewKeyValue(112), kit.NewKeyValue(112)
	for _, k := range []*kit.KeyValue{n.fields, n.support} {
		k.OnCopied = func(what string) { v.host.Copy(what, "the value") }
	}
	n.unread = kit.NewLabel("Its form is not here, or has changed since.").Color(theme.Muted).Cut(kit.End)
	n.back = kit.NewButton("Take back and change", "edit", v.takeBack)
	n.again = kit.NewButton("Try again", "return", v.retry)
	n.none = kit.NewEmptyState("file", "No entry selected", "Choose one to see how far it is.")
	n.arrange(false)
	return n
}

// arrange lays the pane out for a place at the right of the list, or under it.
func (n *pane) arrange(under bool) {
	n.under, n.listed = under, nil
	printIt := kit.NewIconButton("print", "Print this entry", n.v.printEntry).Plain()
	hide := kit.NewIconButton("x", "Hide the details", func() { n.v.show(false) }).Plain()
	way := kit.Stack(0, kit.Padded(12, 16, 4, 16, n.steps), kit.Padded(4, 16, 12, 16, n.note))
	what := kit.Stack(0, n.section(n.form), n.fields, kit.Padded(0, 16, 0, 16, n.unread))
	help := kit.Stack(0, kit.SectionHeader("For support"), n.support)
	scroll := func(o fyne.CanvasObject) fyne.CanvasObject {
		return kit.Calm(container.NewVScroll(o))
	}
	var all fyne.CanvasObject
	if under {
		head := kit.NewPanel(theme.Surface, kit.Fixed(0, 47, kit.Padded(0, 8, 0, 16, kit.Grow(0, n.title, n.back, n.again, printIt, hide))))
		line := kit.Fixed(1, 0, kit.NewPanel(theme.Border, container.NewStack()))
		all = screen.Column(2, head, kit.NewRule(), screen.Side(2, kit.Fixed(328, 0, scroll(way)), line, scroll(kit.Stack(0, what, kit.NewRule(), help))))
	} else {
		head := kit.NewPanel(theme.Surface, kit.Fixed(0, 55, kit.Padded(0, 8, 0, 16, kit.Grow(0, n.title, printIt, hide))))
		actions := kit.Padded(12, 16, 12, 16, kit.Row(n.back, kit.Spacer(), n.again))
		all = screen.Column(2, head, kit.NewRule(), scroll(kit.Stack(0, way, kit.NewRule(), what, kit.Fixed(0, 8, container.NewStack()), kit.NewRule(), help)), kit.NewRule(), actions)
	}
	n.root.Objects = []fyne.CanvasObject{kit.NewPanel(theme.Surface, container.NewStack()), all, n.none}
	n.root.Refresh()
	n.changed()
}

// section is the head of what was entered: the title changes with the entry.
func (n *pane) section(title *kit.Label) fyne.CanvasObject {
	return kit.Fixed(0, 36, kit.Padded(0, 16, 0, 16, kit.Row(title)))
}

// changed shows the entry and what is known about it.
func (n *pane) changed() {
	p := n.v.p
	e, ok := p.Entry()
	visible(n.root.Objects[1], ok)
	visible(n.none, !ok)
	n.v.host.Commands().Changed()
	if !ok {
		return
	}
	n.title.SetText(e.Name)
	n.showSteps(p.steps(e))
	s := p.remark(e)
	n.note.Set(s.tone, "", "")
	n.note.Icon(s.icon)
	n.note.SetRuns(kit.Run{Text: s.bold + " ", Face: kit.Bold}, kit.Run{Text: s.text})
	n.form.SetText(e.Title)
	lines, unread := p.lines(e)
	n.fields.Set(lines...)
	visible(n.fields, len(lines) > 0)
	visible(n.unread, unread)
	n.support.Set(p.support(e)...)
	can, why := p.CanTakeBack(e)
	n.back.SetEnabled(can)
	n.back.Tip(why)
	visible(n.again, p.CanRetry(e))
	n.root.Refresh()
}

func (n *pane) showSteps(list []step) {
	if slices.Equal(list, n.listed) {
		return
	}
	n.listed = list
	n.steps.Objects = nil
	for _, s := range list {
		n.steps.Add(stepRow(s, n.under))
	}
	n.steps.Refresh()
}

// stepRow is a line of the way of an entry, 40 high, or 32 where there is
// little room.
func stepRow(s step, low bool) fyne.CanvasObject {
	icon, ink, text, face := "circle-dashed", theme.Neutral, theme.Muted, kit.Regular
	switch s.mark {
	case done:
		icon, ink, text, face = "check-circle-fill", theme.Success, theme.Text, kit.Medium
	case under:
		icon, ink, text, face = "sync", theme.AccentText, theme.Text, kit.Medium
	case failed:
		icon, ink, text, face = "x-circle-fill", theme.Danger, theme.Text, kit.Medium
	}
	when := kit.NewMuted(s.when)
	high := float32(40)
	if low {
		high = 32
	}
	return kit.Fixed(0, high, kit.GapRow(12, kit.NewIcon(icon, 20, ink), kit.NewLabel(s.text).Face(face).Color(text), kit.Spacer(), when))
}
