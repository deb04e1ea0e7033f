package about

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/body"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// New makes the form: the dialog about a version of the program.
func New(version string) screen.Form {
	return func(h screen.Host, _ screen.Route) {
		h.Show(newDialog(h, thisProgram(version)).dialog)
	}
}

type aboutDialog struct {
	host    screen.Host
	program program
	manager *kit.KeyValue
	known   []kit.Pair
	dialog  *kit.Dialog
}

// keyColumn is the width of the keys.
const keyColumn = 124

func newDialog(h screen.Host, p program) *aboutDialog {
	a := &aboutDialog{host: h, program: p}
	logo := kit.NewPanel(theme.Accent, kit.Fixed(56, 56, kit.NewIcon("logo", 32, theme.OnAccent))).Framed(10)
	tile := kit.Fixed(56, 56, logo)
	head := kit.GapRow(16, tile, kit.Stack(0,
		kit.NewLabel("Posthouse "+short(p.version)).Face(kit.Bold).Sized(kit.SizeHeading).High(28),
		kit.NewLabel("A console and a queue manager for MSMQ networks").Color(theme.Text2)))
	a.known = manager(screen.Node{}, mgmtclient.Machine{}, mq.Errorf(mq.ErrServiceNotAvailable, "ask the queue manager", "it is not running"), h.Now())
	a.manager = a.list(a.known)
	ours := ours()
	parts := licences()
	legal := kit.Form(keyColumn,
		kit.FormRow{Label: "Licence", Content: kit.Row(kit.NewLabel(ours.kind), a.link("Read it", "The licence of Posthouse", []licence{ours}))},
		kit.FormRow{Label: "Type, icons", Content: kit.Row(kit.NewLabel("Inter, JetBrains Mono, Phosphor"), a.link("Show", "Licences of type and icons", drawn()))},
		kit.FormRow{Label: "Other parts", Content: kit.Row(kit.NewLabel(fmt.Sprintf("%d libraries", len(parts))), a.link("Show licences", "Licences of the libraries", parts))},
	)
	note := kit.NewParagraph("Written from Microsoft’s published Open Specifications. Not made or endorsed by Microsoft; MSMQ and Windows are its names.").Small().Color(theme.Muted)
	content := kit.Stack(12, head, a.list(p.pairs(look())), kit.NewRule(), a.manager, kit.NewRule(), legal, note)
	a.dialog = kit.NewDialog("About Posthouse", "", content).Wide(480)
	copied := kit.NewButton("Copy details", "copy", func() { h.Copy(details(p.pairs(look()), a.known), "the details") }).Tall()
	closing := kit.NewButton("Close", "", a.dialog.Close)
	a.dialog.Foot(copied).Buttons(closing).Cancel(closing).FirstFocus(closing)
	a.ask()
	return a
}

func (a *aboutDialog) list(pairs []kit.Pair) *kit.KeyValue {
	l := kit.NewKeyValue(keyColumn, pairs...).Inset(0)
	l.OnCopied = func(what string) { a.host.Copy(what, "the value") }
	return l
}

// short is a version without what follows its number.
func short(version string) string {
	v, _, _ := strings.Cut(version, "-")
	return v
}

// look is the theme and scale of the window.
func look() string {
	s := fyne.CurrentApp().Settings()
	v := "light theme"
	// The app's variant is the system's; what is shown tells by its colours.
	if r, _, _, _ := fynetheme.Color(fynetheme.ColorNameBackground).RGBA(); r < 0x8000 {
		v = "dark theme"
	}
	if sc := s.Scale(); sc > 0 && sc != 1 {
		v += fmt.Sprintf(", %.0f%%", 100*sc)
	}
	return v
}

// ask asks the queue manager while the dialog is open.
func (a *aboutDialog) ask() {
	n, ok := local(a.host)
	if !ok {
		return
	}
	show := func(m mgmtclient.Machine, err error) {
		a.known = manager(n, m, err, a.host.Now())
		a.manager.Set(a.known...)
		a.dialog.Refresh()
	}
	if n.Client == nil {
		if n.Err != nil {
			show(mgmtclient.Machine{}, n.Err)
		}
		return
	}
	s := a.host.Scope().Sub()
	a.dialog.OnClosed = s.End
	screen.Load(s, askMachine(n), show)
}

// link opens the texts of some licences.
func (a *aboutDialog) link(text, title string, list []licence) *kit.Button {
	return kit.NewLink(text, func() { a.host.Show(licenceDialog(title, list)) })
}

// licenceColumns fit the dialog.
const licenceColumns = 54

// licenceDialog shows licences, one at a time.
func licenceDialog(title string, list []licence) *kit.Dialog {
	view := kit.NewBodyView()
	show := func(i int) { view.SetBody([]byte(wrapped(list[i].text, licenceColumns)), body.Text, body.UTF8) }
	text := kit.NewPanel(theme.Inset, kit.Padded(1, 1, 1, 1, kit.Fixed(0, 320, view))).Framed(6)
	content := kit.Stack(12, text)
	if len(list) > 1 {
		var choices []kit.Choice
		for i, l := range list {
			name := l.part
			if l.kind != "" {
				name += ", " + l.kind
			}
			choices = append(choices, kit.Choice{ID: fmt.Sprint(i), Text: name})
		}
		pick := kit.NewSelect(choices, "0", 200, func(id string) {
			for i := range list {
				if fmt.Sprint(i) == id {
					show(i)
				}
			}
		})
		content = kit.Stack(12, pick, text)
	}
	if len(list) > 0 {
		show(0)
	}
	d := kit.NewDialog(title, "file", content).Wide(512)
	closing := kit.NewButton("Close", "", d.Close)
	return d.Buttons(closing).Cancel(closing).FirstFocus(closing)
}
