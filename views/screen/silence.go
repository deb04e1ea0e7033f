package screen

import (
	"strings"

	"fyne.io/fyne/v2"

	"posthouse/views/kit"
	"posthouse/views/theme"
)

// Hush says in place of what cannot be shown why a computer is silent, and offers
// what to do: for a kit.EmptyState.
type Hush struct {
	Icon        string
	Ink         fyne.ThemeColorName
	Title, Text string
	Code        string
	Buttons     []*kit.Button // at least one
}

// Silence words why there is no connection to a computer.
func Silence(h Host, n Node) Hush {
	connect := func(text, icon string) *kit.Button { return kit.NewButton(text, icon, func() { h.Connect(n.ID) }) }
	form := func(text, icon string, to Name) *kit.Button {
		return kit.NewButton(text, icon, func() { h.Open(Route{Screen: to, Node: n.ID}) })
	}
	since := Moment(n.Since, h.Now())
	why, fix, code := Reason(n.Err)
	text := strings.TrimSpace(why + " " + fix)
	switch n.State {
	case LetGo:
		return Hush{
			"wifi-slash", theme.Muted, n.Name + " is disconnected", "It was disconnected here at " + since + " and is not asked until you connect again.", "",
			[]*kit.Button{connect("Connect again", "link").Primary()},
		}
	case Refused:
		if n.Locked() {
			return Hush{
				"lock", theme.Warning, n.Name + " needs a password", text, "", []*kit.Button{form("Sign in", "user", SignIn).Primary()},
			}
		}
		return Hush{
			"lock", theme.Danger, n.Name + " does not let this account in", text, code,
			[]*kit.Button{form("Sign in as someone else", "user", SignIn).Primary(), connect("Try again", "refresh")},
		}
	case Connecting, Connected, Limited, NoAnswer:
	}
	e := Hush{"x-circle", theme.Danger, n.Name + " does not answer", text, code, []*kit.Button{connect("Try again", "refresh")}}
	if n.Local {
		e.Text, _ = Explain(n.Err)
		return e
	}
	e.Text += " Silent since " + since
	if !n.Next.IsZero() {
		e.Text += "; it is tried again by itself"
	}
	e.Text += "."
	if h.Commands().Enabled(CmdAddComputer) {
		e.Buttons = append(e.Buttons, form("Edit computer", "edit", EditComputer))
	}
	return e
}

// Unheard is a computer that could not be asked.
type Unheard struct {
	Node Node
	Err  error // why; nil: somebody disconnected it here
}

// UnheardOf are those of some computers that did not answer the last time. One
// that is just being reached is not among them.
func UnheardOf(h Host, nodes []Node) []Unheard {
	var list []Unheard
	for _, n := range nodes {
		err := h.Feed().Of(n.ID).Err
		if n.Silent() {
			err = n.Err
		}
		if n.Silent() || err != nil && n.State != Connecting {
			list = append(list, Unheard{n, err})
		}
	}
	return list
}

// ShowUnheard shows which computers could not be asked, and why.
func ShowUnheard(h Host, list []Unheard) {
	rows := kit.Stack(0)
	d := kit.NewDialog(Many(int64(len(list)), "computer")+" not asked", "warning", rows).IconColor(theme.Warning).Wide(512)
	for i, u := range list {
		shown := u.Node.Shown()
		why, fix, _ := Reason(u.Err)
		if u.Err == nil {
			why = "Disconnected here since " + Moment(u.Node.Since, h.Now()) + "."
		}
		text := kit.NewRuns(kit.Run{Text: u.Node.Name, Face: kit.Medium}, kit.Run{Text: "  " + shown.Word + "\n", Color: shown.Color},
			kit.Run{Text: strings.TrimSpace(why + " " + fix), Color: theme.Text2})
		do := kit.NewButton("Try again", "refresh", func() { d.Close(); h.Connect(u.Node.ID) })
		switch {
		case u.Node.State == Refused:
			do = kit.NewButton("Sign in", "user", func() { d.Close(); h.Open(Route{Screen: SignIn, Node: u.Node.ID}) })
		case u.Node.State == LetGo:
			do.SetText("Connect")
		case u.Node.Client != nil:
			do.OnTapped = func() { d.Close(); h.Feed().Refresh(u.Node.ID) }
		}
		if i > 0 {
			rows.Add(kit.NewRule())
		}
		rows.Add(kit.Padded(8, 0, 8, 0, kit.Grow(0, kit.Hint(shown.Icon, shown.Color, text), do)))
	}
	closing := kit.NewButton("Close", "", d.Close)
	d.Buttons(closing).FirstFocus(closing)
	h.Show(d)
}
