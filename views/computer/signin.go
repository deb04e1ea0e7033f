package computer

import (
	"context"
	"strings"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/queueforms"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// signIn is the dialog to sign in to a computer as somebody else.
type signIn struct {
	host   screen.Host
	book   Book
	c      mgmtclient.Computer
	scope  *screen.Scope
	dialog *kit.Dialog
	user   *kit.Field
	pass   *kit.Field
	fail   *kit.Note
	do     *kit.Button
	known  bool // where the password goes
}

func newSignIn(h screen.Host, b Book, c mgmtclient.Computer) *signIn {
	d := &signIn{host: h, book: b, c: c, scope: h.Scope().Sub()}
	d.user = kit.NewField(`DOMAIN\name`)
	d.user.SetText(c.User)
	d.pass = kit.NewPasswordField("")
	d.fail = kit.NewNote(kit.Danger, "", "")
	d.fail.Hide()
	why := kit.NewParagraph("With an account of that computer or its domain.").Color(theme.Text2)
	if n, ok := h.Node(c.ID); ok && n.State == screen.Refused {
		text, _, _ := screen.Reason(n.Err)
		why.SetText(text)
	}
	icon, kept := kit.NewIcon("key", 16, theme.Muted), kit.NewParagraph("").Color(theme.Text2)
	body := kit.Stack(12, why,
		kit.Form(88, kit.FormRow{Label: "User", Content: d.user}, kit.FormRow{Label: "Password", Content: d.pass}),
		kit.HintOf(icon, kept), d.fail)
	d.dialog = kit.NewDialog("Sign in to "+c.Name, "lock", body).Wide(368)
	cancel := kit.NewButton("Cancel", "", d.dialog.Close)
	d.do = kit.NewButton("Sign in", "", d.press).Primary()
	d.dialog.Buttons(cancel, d.do).OnClosed = d.scope.End
	if c.User != "" {
		d.dialog.FirstFocus(d.pass.Focusable())
	}
	askKeeper(d.scope, b.Computers, func(k keeping) {
		if !k.ok {
			icon.Set("warning", theme.Warning)
		}
		kept.SetText(k.words)
		d.known = true
		d.dialog.Refresh()
	})
	return d
}

// press tries the account and keeps it, unless it is not let in.
func (d *signIn) press() {
	c, password := d.c, d.pass.Text()
	c.SignIn, c.User = mgmtclient.SignInPassword, strings.TrimSpace(d.user.Text())
	d.user.SetError("")
	if c.User == "" {
		d.user.SetError(`Write NAME or DOMAIN\NAME`)
		d.dialog.Refresh()
		return
	}
	d.do.Disable()
	d.do.SetText("Signing in…")
	d.fail.Hide()
	d.dialog.Refresh()
	screen.Load(d.scope, func(ctx context.Context) (mgmtclient.Computer, error) {
		refused := false
		err := d.book.Computers.Test(ctx, c, &password, func(p mgmtclient.Probe) {
			refused = refused || !p.OK && p.Layer == mgmtclient.LayerSignIn
		})
		if refused {
			return c, err
		}
		return d.book.Computers.Save(ctx, c, &password)
	}, func(c mgmtclient.Computer, err error) {
		d.do.Enable()
		d.do.SetText("Sign in")
		if err != nil {
			queueforms.SetErrorNote(d.fail, "It was not signed in.", err)
			d.dialog.Refresh()
			return
		}
		d.dialog.Close()
		d.book.Saved(c, true)
	})
}
