package directory

import (
	"context"

	"fyne.io/fyne/v2"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/queueforms"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// chooser is the dialog that says which directory is used, and as whom.
type chooser struct {
	*choice
	host   screen.Host
	dialog *kit.Dialog

	seg    *kit.Segmented
	where  *kit.Field
	user   *kit.Field
	pass   *kit.Field
	ca     *kit.Field
	who    *fyne.Container
	secure *fyne.Container
	remark *kit.Paragraph
	hint   *fyne.Container
	panel  *fyne.Container
	time   *kit.Label
	note   *kit.Note
	fail   *kit.Note
	test   *kit.Button
	untold *kit.Label
	leave  *kit.Button
	do     *kit.Button
	keeper string // where the password goes
	tried  bool
	saving bool
}

const chooseColumn = 112

var waysIn = []kit.Choice{
	{ID: string(mgmtclient.SignInPassword), Text: "User and password"},
	{ID: string(mgmtclient.SignInKerberos), Text: "Current user (Kerberos)"},
}

// Choose opens the dialog of the directory; it is a screen.Form.
func Choose(h screen.Host, _ screen.Route) {
	dir := h.Directory()
	if dir == nil {
		return
	}
	queueforms.Ask(h, "Reading what was chosen", dir.SignIn, func(was mgmtclient.DirectorySignIn, err error) {
		if err != nil {
			h.Fail("The choice of the directory was not read", err)
			return
		}
		h.Show(newChooser(h, was).dialog)
	})
}

func newChooser(h screen.Host, was mgmtclient.DirectorySignIn) *chooser {
	f := &chooser{choice: newChoice(h.Scope().Sub(), h.Directory(), was), host: h}
	f.seg = kit.NewSegmented([]kit.Choice{{ID: byDomain, Text: "By its domain"}, {ID: byName, Text: "By a controller"}}, f.way, func(id string) {
		f.set(func() { f.way = id })
		f.where.SetText(map[string]string{byDomain: f.domain, byName: f.controller}[id])
		f.update()
	})
	f.where = kit.NewField("")
	f.where.SetText(map[string]string{byDomain: f.domain, byName: f.controller}[f.way])
	f.where.OnChanged = func(text string) {
		f.set(func() {
			if f.way == byDomain {
				f.domain = text
			} else {
				f.controller = text
			}
		})
	}
	way := kit.NewSelect(waysIn, string(f.signIn), 160, func(id string) { f.set(func() { f.signIn = mgmtclient.SignIn(id) }) })
	f.user = kit.NewField(`DOMAIN\name`)
	f.user.SetText(f.choice.user)
	f.user.OnChanged = func(text string) { f.set(func() { f.choice.user = text }) }
	f.pass = kit.NewPasswordField("")
	if f.known() && was.SignIn == mgmtclient.SignInPassword {
		f.pass.SetPlaceholder("as kept; type to change it")
	}
	f.pass.OnChanged = func(text string) { f.set(func() { f.password, f.typed = text, text != "" || f.typed }) }
	f.ca = kit.NewField("those of this system")
	f.ca.SetText(f.choice.ca)
	f.ca.OnChanged = func(text string) { f.set(func() { f.choice.ca = text }) }
	browse := kit.NewIconButton("folder-open", "Choose a file", func() {
		h.OpenFile("Certificates of the domain", func(path string) {
			f.ca.SetText(path)
			f.set(func() { f.choice.ca = path })
		})
	})
	f.remark = kit.NewParagraph("").Color(theme.Text2).Small()
	f.hint = kit.Padded(0, 0, 0, chooseColumn, f.remark)
	f.who = kit.Form(chooseColumn, kit.FormRow{Label: "User", Content: f.user}, kit.FormRow{Label: "Password", Content: f.pass})
	f.secure = kit.Form(chooseColumn, kit.FormRow{Label: "Certificates", Content: kit.Grow(0, f.ca, browse)})
	f.note = kit.NewNote(kit.Warning, "", "")
	f.fail = kit.NewNote(kit.Danger, "", "")
	f.fail.Hide()
	f.panel = kit.Stack(0)
	f.time = kit.NewMuted("")
	body := kit.Stack(8,
		kit.Form(chooseColumn, kit.FormRow{Label: "Find it", Content: kit.Row(f.seg)}, kit.FormRow{Label: "Directory", Content: f.where}, kit.FormRow{Label: "Sign in as", Content: way}),
		f.who, f.hint, f.secure,
		kit.Padded(8, 0, 0, 0, kit.NewPanel(theme.Raised, kit.Padded(5, 1, 5, 1, f.panel)).Framed(6)),
		f.note, f.fail,
	)
	title := "Choose a directory"
	if f.known() {
		title = "Directory"
	}
	f.dialog = kit.NewDialog(title, "directory", body).Wide(512)
	f.test = kit.NewButton("Test", "refresh", f.pressTest).Tall()
	f.untold = kit.NewMuted("")
	f.leave = kit.NewButton("Use none", "link-break", f.pressLeave).Plain().Tall()
	show(f.leave, f.known())
	cancel := kit.NewButton("Cancel", "", f.dialog.Close)
	f.do = kit.NewButton("", "", f.pressSave).Primary()
	f.dialog.Foot(f.test, f.untold, f.leave).Buttons(cancel, f.do).FirstFocus(f.where.Focusable()).Steady()
	if f.known() && f.signIn == mgmtclient.SignInPassword {
		f.dialog.FirstFocus(f.user.Focusable())
	}
	f.dialog.OnClosed = f.scope.End
	f.choice.OnChange = f.update
	f.update()
	screen.Load(f.scope, func(context.Context) (string, error) {
		words, ok := f.dir.Keeper()
		if ok {
			words = "The password is kept in " + words
		}
		return screen.Sentence(words), nil
	}, func(words string, _ error) {
		f.keeper = words
		f.update()
	})
	return f
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

// lines writes the test.
func (f *chooser) lines() {
	f.time.SetText(f.total())
	f.panel.Objects = nil
	f.panel.Add(kit.Fixed(0, 28, kit.Padded(0, 12, 0, 12, kit.Row(kit.NewLabel("Connection test").Face(kit.Bold), kit.Spacer(), f.time))))
	for _, l := range f.layers() {
		look := looks[l.mark]
		f.panel.Add(kit.Fixed(0, 28, kit.Padded(0, 12, 0, 12, kit.Grow(2, kit.NewIcon(look.icon, 16, look.ink),
			kit.Fixed(128, 0, kit.NewLabel(l.name).Face(look.name).Color(look.nameInk)),
			kit.NewLabel(kit.Shorten(l.text)).Color(look.wordsInk).Cut(kit.End), kit.NewMuted(l.took)))))
	}
}

// update shows what the form holds and what follows from it.
func (f *chooser) update() {
	show(f.who, f.signIn == mgmtclient.SignInPassword)
	remark := join(f.keeper, "Passwords are never sent without encryption.")
	if f.signIn == mgmtclient.SignInKerberos {
		remark = "With the tickets of this user. If there are none, get one first, with kinit or by signing in to the domain."
	}
	f.remark.SetText(remark)
	f.where.SetPlaceholder(map[string]string{byDomain: "nordhavn.example", byName: "dc01.nordhavn.example"}[f.way])
	field, why := f.fault()
	if !f.tried {
		why = ""
	}
	f.where.SetError(map[bool]string{true: why}[field == "where"])
	f.user.SetError(map[bool]string{true: why}[field == "user"])
	f.lines()
	tone, bold, text := f.verdict()
	f.note.Set(tone, bold, text)
	show(f.note, bold+text != "")
	f.buttons()
	f.dialog.Refresh()
}

func (f *chooser) buttons() {
	f.test.SetText("Test")
	f.test.SetIcon("refresh")
	f.untold.SetText("")
	word := "Use it"
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
	f.do.SetEnabled(!f.saving && f.phase != trying)
	f.leave.SetEnabled(!f.saving)
}

func (f *chooser) pressTest() {
	if f.phase == trying {
		f.stop()
		f.update()
		return
	}
	f.tried = true
	f.fail.Hide()
	f.run(nil)
	f.update()
}

func (f *chooser) pressSave() {
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
	// What does not answer is kept only by who was told so.
	if f.phase == untested {
		f.fail.Hide()
		f.run(f.use)
		f.update()
		return
	}
	f.use()
}

// use keeps what the form holds.
func (f *chooser) use() {
	f.keep(f.save, "It was not kept.", "Chose the directory "+f.signInNow().Domain+f.signInNow().Controller)
}

// pressLeave works without a directory from now on.
func (f *chooser) pressLeave() { f.keep(f.forget, "It was not given up.", "Works without a directory") }

// keep writes the choice.
func (f *chooser) keep(write func(func(error)), tried, done string) {
	f.stop()
	f.saving = true
	f.fail.Hide()
	f.update()
	write(func(err error) {
		f.saving = false
		if err != nil {
			queueforms.SetErrorNote(f.fail, tried, err)
			f.update()
			return
		}
		f.dialog.Close()
		f.host.Done(screen.Action{What: done, Tone: kit.Success})
	})
}
