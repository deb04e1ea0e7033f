package screen

import (
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
	text, code := Explain(n.Err)
	switch n.State {
	case LetGo:
		return Hush{
			"wifi-slash", theme.Muted, n.Name + " is disconnected", "It was disconnected here at " + since + " and is not asked until you connect again.", "",
			[]*kit.Button{connect("Connect again", "link").Primary()},
		}
	case Refused:
		return Hush{
			"lock", theme.Danger, n.Name + " does not let this account in", text, code,
			[]*kit.Button{form("Sign in as someone else", "user", SignIn).Primary(), connect("Try again", "refresh")},
		}
	case Connecting, Connected, Limited, NoAnswer:
	}
	e := Hush{"x-circle", theme.Danger, n.Name + " does not answer", text, code, []*kit.Button{connect("Try again", "refresh")}}
	if n.Local {
		return e
	}
	e.Text += " It does not answer since " + since
	switch {
	case !n.Next.IsZero():
		e.Text += "; it is tried again at " + n.Next.In(h.Now().Location()).Format("15:04:05") + "."
	default:
		e.Text += "; it is tried again by itself."
	}
	if h.Commands().Enabled(CmdAddComputer) {
		e.Buttons = append(e.Buttons, form("Edit computer", "edit", EditComputer))
	}
	return e
}
