package computer

import (
	"fyne.io/fyne/v2"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/queueforms"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// column is the width of the labels.
const column = 112

// form is the dialog to add or change a computer.
type form struct {
	*edit
	host   screen.Host
	book   Book
	dialog *kit.Dialog

	where  *kit.Field
	user   *kit.Field
	pass   *kit.Field
	shown  *kit.Field
	who    *fyne.Container // the rows of user and password
	remark *kit.Paragraph  // of the way to sign in
	hint   *fyne.Container
	lines  []*line
	time   *kit.Label
	note   *kit.Note
	fail   *kit.Note
	test   *kit.Button
	untold *kit.Label // that it was not tested
	do     *kit.Button
	kept   keeping
	tried  bool // to test or save: what is missing is said from then on
	saving bool
}

// line is one layer of the test.
type line struct {
	icon *kit.Icon
	name *kit.Label
	text *kit.Label
	took *kit.Label
}

var ways = []kit.Choice{
	{ID: string(mgmtclient.SignInPassword), Text: "User and password"},
	{ID: string(mgmtclient.SignInKerberos), Text: "Current user (Kerberos)"},
	{ID: string(mgmtclient.SignInAnonymous), Text: "Not at all"},
}

func newForm(h screen.Host, b Book, c mgmtclient.Computer) *form {
	f := &form{edit: newEdit(h.Scope().Sub(), b.Computers, c), host: h, book: b}
	f.where = kit.NewField("hub-cph01.nordhavn.example")
	f.where.SetText(f.address)
	f.where.OnChanged = func(s string) { f.set(func() { f.address = s }) }
	way := kit.NewSelect(ways, string(f.signIn), 160, func(id string) { f.set(func() { f.signIn = mgmtclient.SignIn(id) }) })
	f.user = kit.NewField(`DOMAIN\name`)
	f.user.SetText(f.edit.user)
	f.user.OnChanged = func(s string) { f.set(func() { f.edit.user = s }) }
	f.pass = kit.NewPasswordField("")
	if c.ID != "" && c.SignIn == mgmtclient.SignInPassword {
		f.pass.SetPlaceholder("as kept; type to change it")
	}
	f.pass.OnChanged = func(s string) { f.set(func() { f.password, f.typed = s, s != "" || f.typed }) }
	f.shown = kit.NewField("")
	f.shown.OnChanged = func(s string) { f.set(func() { f.name, f.named = s, s != "" }) }
	if f.named {
		f.shown.SetText(f.name)
	}
	f.remark = kit.NewParagraph("").Color(theme.Text2).Small()
	f.hint = kit.Padded(0, 0, 0, column, f.remark)
	f.who = kit.Form(column, kit.FormRow{Label: "User", Content: f.user}, kit.FormRow{Label: "Password", Content: f.pass})
	f.note = kit.NewNote(kit.Warning, "", "")
	f.fail = kit.NewNote(kit.Danger, "", "")
	f.fail.Hide()
	body := kit.Stack(8,
		kit.Form(column, kit.FormRow{Label: "Computer", Content: f.where}, kit.FormRow{Label: "Sign in as", Content: way}),
		f.who, f.hint,
		kit.Form(column, kit.FormRow{Label: "Show as", Content: f.shown}),
		kit.Padded(8, 0, 0, 0, f.panel()),
		f.note, f.fail,
	)
	title, icon := "Add computer", "computer"
	if c.ID != "" {
		title = "Edit " + c.Name
	}
	f.dialog = kit.NewDialog(title, icon, body).Wide(496)
	f.test = kit.NewButton("Test", "refresh", f.pressTest).Tall()
	f.untold = kit.NewMuted("")
	cancel := kit.NewButton("Cancel", "", f.dialog.Close)
	f.do = kit.NewButton("", "", f.pressSave).Primary()
	f.dialog.Foot(f.test, f.untold).Buttons(cancel, f.do).FirstFocus(f.where.Focusable()).Steady()
	f.dialog.OnClosed = f.scope.End
	f.edit.OnChange = f.update
	f.update()
	askKeeper(f.scope, b.Computers, func(k keeping) {
		f.kept = k
		f.update()
	})
	return f
}

// panel is the framed list of layers.
func (f *form) panel() fyne.CanvasObject {
	f.time = kit.NewMuted("")
	rows := []fyne.CanvasObject{kit.Fixed(0, 28, kit.Padded(0, 12, 0, 12, kit.Row(kit.NewLabel("Connection test").Face(kit.Bold), kit.Spacer(), f.time)))}
	for range mgmtclient.Layers {
		l := &line{kit.NewIcon("circle-dashed", 16, theme.Neutral), kit.NewLabel(""), kit.NewLabel("").Cut(kit.End), kit.NewMuted("")}
		f.lines = append(f.lines, l)
		rows = append(rows, kit.Fixed(0, 28, kit.Padded(0, 12, 0, 12, kit.Grow(2, l.icon, kit.Fixed(120, 0, l.name), l.text, l.took))))
	}
	return kit.NewPanel(theme.Raised, kit.Padded(5, 1, 5, 1, kit.Stack(0, rows...))).Framed(6)
}

var looks = map[phase]struct {
	icon     string
	ink      fyne.ThemeColorName
	name     kit.Face
	nameInk  fyne.ThemeColorName
	wordsInk fyne.ThemeColorName
}{
	untested: {"circle-dashed", theme.Neutral, kit.Regular, theme.Muted, theme.Muted},
	trying:   {"sync", theme.Info, kit.Medium, theme.Text, theme.Muted},
	passed:   {"check-circle-fill", theme.Success, kit.Medium, theme.Text, theme.Muted},
	failed:   {"x-circle-fill", theme.Danger, kit.Medium, theme.Text, theme.Danger},
}

// update shows what the form holds and what follows from it.
func (f *form) update() {
	visible(f.who, f.signIn == mgmtclient.SignInPassword)
	f.remark.SetText(f.remarkOf())
	if !f.named {
		f.shown.SetText("")
		f.shown.SetPlaceholder(f.shownAs())
	}
	field, why := f.fault()
	if !f.tried {
		why = ""
	}
	f.where.SetError(map[bool]string{true: why}[field == "address"])
	f.user.SetError(map[bool]string{true: why}[field == "user"])
	for i, l := range f.layers() {
		look := looks[l.mark]
		row := f.lines[i]
		row.icon.Set(look.icon, look.ink)
		row.name.SetText(l.name)
		row.name.Face(look.name).Color(look.nameInk)
		row.text.SetText(kit.Shorten(l.text))
		row.text.Color(look.wordsInk)
		row.took.SetText(l.took)
	}
	f.time.SetText(f.total())
	tone, bold, text := f.verdict()
	f.note.Set(tone, bold, text)
	visible(f.note, bold+text != "")
	f.buttons()
	f.dialog.Refresh()
}

func (f *form) remarkOf() string {
	switch f.signIn {
	case mgmtclient.SignInKerberos:
		return "With the tickets of this user. If there are none, get one first, with kinit or by signing in to the domain."
	case mgmtclient.SignInAnonymous:
		return "Most queue managers let nobody in who does not say who it is."
	case mgmtclient.SignInPassword:
	}
	return f.kept.words
}

func (f *form) buttons() {
	f.test.SetText("Test")
	f.test.SetIcon("refresh")
	f.untold.SetText("")
	word := "Add"
	if f.was.ID != "" {
		word = "Save"
	}
	switch f.phase {
	case untested:
		f.untold.SetText("Not tested")
		if len(f.probes) > 0 {
			f.untold.SetText("Stopped")
			f.test.SetText("Test again")
		}
	case trying:
		f.test.SetText("Stop")
		f.test.SetIcon("x")
	case passed:
		f.test.SetText("Test again")
	case failed:
		f.test.SetText("Test again")
		word += " anyway"
	}
	f.do.SetText(word)
	f.do.SetEnabled(!f.saving)
}

func (f *form) pressTest() {
	if f.phase == trying {
		f.stop()
		f.update()
		return
	}
	f.tried = true
	f.fail.Hide()
	f.run()
	f.update()
}

func (f *form) pressSave() {
	f.tried = true
	if field, why := f.fault(); why != "" {
		f.update()
		if field == "user" {
			f.user.Focus()
		} else {
			f.where.Focus()
		}
		return
	}
	f.stop()
	f.saving = true
	f.update()
	f.save(func(c mgmtclient.Computer, anew bool, err error) {
		f.saving = false
		if err != nil {
			queueforms.SetErrorNote(f.fail, "It was not saved.", err)
			f.update()
			return
		}
		what := "Changed " + c.Name
		if f.was.ID == "" {
			what = "Added " + c.Name
		}
		f.dialog.Close()
		f.book.Saved(c, anew)
		f.host.Done(screen.Action{What: what, Tone: kit.Success})
	})
}

func visible(o fyne.CanvasObject, on bool) {
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}
