package queueforms

import (
	"strings"

	"fyne.io/fyne/v2"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/theme"
)

// accountForm asks for an account: by name, by SID, or out of those known.
type accountForm struct {
	guard  *guarding
	dialog *kit.Dialog
	field  *kit.Field
	grid   *kit.Grid
	side   *kit.Segmented // may or may not; nil: not asked
	remark *kit.Label
	do     *kit.Button
	then   func(a mgmtclient.Account, deny bool)
	shown  []mgmtclient.Account
	chosen string
}

// The sides of an entry.
const (
	sideAllow = "allow"
	sideDeny  = "deny"
)

// askAccount makes the form; word is its button's. With sides it asks too whether
// the account may or may not.
func askAccount(g *guarding, title, icon, word string, sides bool, then func(a mgmtclient.Account, deny bool)) *accountForm {
	f := &accountForm{guard: g, then: then}
	f.field = kit.NewField("Name of an account, or a SID").Icon("search").Tall()
	f.field.OnChanged = func(string) { f.chosen = ""; f.find() }
	f.field.OnKey = f.fromField
	f.grid = kit.NewGrid(f,
		kit.Column{Key: "name", Title: "Account", Width: 208, Cut: kit.Middle},
		kit.Column{Key: "sid", Title: "SID", Kind: kit.KindMono},
	)
	f.grid.SetEmpty(kit.NewEmptyState("funnel-x", "Not among the accounts known here", "It can be used as it is typed."))
	f.grid.OnCurrent = func(id kit.RowID, ok bool) {
		f.chosen = ""
		if ok {
			f.chosen = id.Text
		}
		f.update()
	}
	f.grid.OnActivate = func(id kit.RowID) { f.chosen = id.Text; f.finish() }
	f.remark = kit.NewMuted("").Cut(kit.End)
	body := kit.Stack(8, f.field, kit.NewPanel(theme.Surface, kit.Padded(1, 1, 1, 1, kit.Fixed(0, 28*7+4, f.grid))).Framed(6), f.remark)
	if sides {
		f.side = kit.NewSegmented([]kit.Choice{{ID: sideAllow, Text: "May"}, {ID: sideDeny, Text: "May not"}}, sideAllow, nil)
		body.Add(kit.Row(f.side, kit.NewMuted("what is denied counts before what is allowed")))
	}
	f.dialog = kit.NewDialog(title, icon, body).Wide(464)
	f.do = kit.NewButton(word, "", f.finish).Primary()
	f.dialog.Buttons(kit.NewButton("Cancel", "", f.dialog.Close), f.do).FirstFocus(f.field.Focusable())
	f.find()
	return f
}

// Len and Row make the form the source of its grid.
func (f *accountForm) Len() int { return len(f.shown) }

func (f *accountForm) Row(i int) (kit.RowData, bool) {
	if i < 0 || i >= len(f.shown) {
		return kit.RowData{}, false
	}
	a := f.shown[i]
	return kit.RowData{ID: kit.TextID(a.Key()), Cells: []kit.Cell{{Text: called(a), Icon: accountIcon(a)}, {Text: a.SID}}}, true
}

// find shows the accounts that match what is typed.
func (f *accountForm) find() {
	text := strings.ToLower(strings.TrimSpace(f.field.Text()))
	f.shown = nil
	for _, a := range f.guard.offered() {
		if strings.Contains(strings.ToLower(called(a)), text) || strings.Contains(strings.ToLower(a.SID), text) {
			f.shown = append(f.shown, a)
		}
	}
	f.grid.Refresh()
	f.update()
}

// result is the account meant, and whether it is a known one.
func (f *accountForm) result() (a mgmtclient.Account, known, ok bool) {
	for _, a := range f.shown {
		if f.chosen != "" && a.Key() == f.chosen {
			return a, true, true
		}
	}
	text := strings.TrimSpace(f.field.Text())
	if text == "" {
		return a, false, false
	}
	a, known = f.guard.find(text)
	if !known && a.SID == "" && len(f.shown) == 1 {
		return f.shown[0], true, true
	}
	return a, known, true
}

func (f *accountForm) update() {
	a, known, ok := f.result()
	f.do.SetEnabled(ok)
	switch {
	case !ok:
		f.remark.SetText("Choose one, or type a name or SID that is not listed")
	case known:
		f.remark.SetText(called(a))
	case a.SID != "":
		f.remark.SetText("An account known by its SID")
	default:
		f.remark.SetText("Not known here: the queue manager says whether it knows " + a.Name)
	}
}

// fromField lets the arrows of the field move in the list.
func (f *accountForm) fromField(ev *fyne.KeyEvent) bool {
	if ev.Name != fyne.KeyDown && ev.Name != fyne.KeyUp {
		return false
	}
	at := f.grid.CurrentIndex() + 1
	if ev.Name == fyne.KeyUp {
		at -= 2
	}
	if at >= 0 && at < len(f.shown) {
		f.grid.SetCurrent(at)
	}
	return true
}

func (f *accountForm) finish() {
	a, _, ok := f.result()
	if !ok {
		return
	}
	f.dialog.Close()
	f.then(a, f.side != nil && f.side.Chosen() == sideDeny)
}
