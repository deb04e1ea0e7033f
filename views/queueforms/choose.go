package queueforms

import (
	"fyne.io/fyne/v2"

	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// ChooseQueue opens a list of the queues of a computer to choose one.
func ChooseQueue(h screen.Host, c Choice) {
	h.Show(newChooseForm(h, c).dialog)
}

type chooseForm struct {
	*chooser
	dialog *kit.Dialog
	grid   *kit.Grid
	field  *kit.Field
	remark *kit.Label
	do     *kit.Button
}

// Len and Row make the form the source of its grid.
func (f *chooseForm) Len() int { return len(f.shown) }

func (f *chooseForm) Row(i int) (kit.RowData, bool) {
	if i < 0 || i >= len(f.shown) {
		return kit.RowData{}, false
	}
	t := f.shown[i]
	icon := "queue"
	if t.sub {
		icon = "branch"
	}
	kind := kit.Cell{Text: "plain"}
	if t.transactional {
		kind = kit.Cell{Text: "transactional", Icon: "transactional"}
	}
	if !f.fits(t) {
		kind.Color, kind.Ink = theme.Warning, theme.Warning
	}
	return kit.RowData{ID: kit.TextID(t.path), Quiet: !f.fits(t), Cells: []kit.Cell{
		{Text: t.name, Icon: icon, Strong: true}, {Text: t.label}, kind, {Text: screen.Number(t.messages)},
	}}, true
}

func newChooseForm(h screen.Host, c Choice) *chooseForm {
	f := &chooseForm{chooser: newChooser(h, c)}
	f.field = kit.NewField("Find a queue").Icon("search").Tall()
	if c.Typed {
		f.field.SetPlaceholder("Find a queue, or type a path or format name")
	}
	f.grid = kit.NewGrid(f,
		kit.Column{Key: "name", Title: "Queue", Width: 152},
		kit.Column{Key: "label", Title: "Label", Kind: kit.KindMuted},
		kit.Column{Key: "kind", Title: "Kind", Width: 116, Kind: kit.KindMuted},
		kit.Column{Key: "messages", Title: "Messages", Width: 76, Kind: kit.KindNumber},
	)
	f.grid.SetEmpty(kit.NewEmptyState("funnel-x", "No queue matches", "Names and labels were searched."))
	f.remark = kit.NewMuted("").Cut(kit.End)
	body := kit.Stack(8, f.field,
		kit.NewPanel(theme.Surface, kit.Padded(1, 1, 1, 1, kit.Fixed(0, 28*9+4, f.grid))).Framed(6), f.remark)
	icon := c.Icon
	if icon == "" {
		icon = "queue"
	}
	f.dialog = kit.NewDialog(c.Title, icon, body).Wide(512)
	cancel := kit.NewButton("Cancel", "", f.dialog.Close)
	f.do = kit.NewButton(c.Do, "", f.choose).Primary()
	f.dialog.Buttons(cancel, f.do).FirstFocus(f.field.Focusable())
	f.field.OnChanged = func(s string) {
		f.find(s)
		f.grid.Refresh()
		f.mark()
		f.update()
	}
	f.field.OnKey = f.fromField
	f.grid.OnCurrent = func(id kit.RowID, ok bool) {
		f.chosen = ""
		if ok {
			f.chosen = id.Text
		}
		f.update()
	}
	f.grid.OnActivate = func(id kit.RowID) { f.chosen = id.Text; f.choose() }
	f.update()
	return f
}

// fromField lets the arrows of the field move in the list.
func (f *chooseForm) fromField(ev *fyne.KeyEvent) bool {
	switch ev.Name {
	case fyne.KeyDown, fyne.KeyUp:
		at := f.grid.CurrentIndex()
		if ev.Name == fyne.KeyDown {
			at++
		} else {
			at--
		}
		if at >= 0 && at < len(f.shown) {
			f.grid.SetCurrent(at)
		}
		return true
	}
	return false
}

// mark shows in the list what is chosen.
func (f *chooseForm) mark() {
	if f.chosen == "" {
		f.grid.ClearSelection()
		return
	}
	f.grid.Select(kit.TextID(f.chosen))
}

func (f *chooseForm) update() {
	f.remark.SetText(f.chooser.remark())
	f.do.SetEnabled(f.result() != "")
}

func (f *chooseForm) choose() {
	path := f.result()
	if path == "" {
		return
	}
	f.dialog.Close()
	f.Then(path)
}
