package queueforms

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// security is the tab of who may do what.
type security struct {
	form   *propertiesForm
	list   *entryList
	chosen int
	remove *kit.Button
	who    *kit.Paragraph
	share  *kit.Segmented
	some   bool // the chosen share is Some, whatever the rights add up to
	checks []*kit.Check
	hints  []*kit.Label
	detail *fyne.Container
	owner  *kit.Label
	owned  *kit.Badge
	now    *kit.Label
}

// page is what the tab shows.
func (s *security) page() fyne.CanvasObject {
	f := s.form
	takes := f.takes()
	if f.permErr != nil {
		why, fix, code := screen.Reason(f.permErr)
		n := kit.NewNote(kit.Neutral, "", "")
		runs := []kit.Run{{Text: "The permissions are not shown. ", Face: kit.Bold}, {Text: why + " " + fix}}
		if code != "" {
			runs = append(runs, kit.Run{Text: " " + code, Face: kit.Mono})
		}
		n.SetRuns(runs...)
		return kit.Stack(12, n, kit.NewRule(), kit.Form(104, takes...))
	}
	s.list = newEntryList(s.choose, s.drop)
	s.remove = kit.NewButton("Remove", "minus", s.drop)
	s.who = kit.NewParagraph("")
	s.share = kit.NewSegmented([]kit.Choice{
		{ID: shareAll, Text: "Everything"}, {ID: shareSend, Text: "Only send"}, {ID: shareNone, Text: "Nothing"}, {ID: shareSome, Text: "Some"},
	}, "", func(id string) {
		if s.some = id == shareSome; !s.some {
			f.guard.set(s.chosen, shareRights(id))
		}
		f.update()
	})
	boxes := container.New(pairs{})
	for _, r := range rights {
		check := kit.NewCheck(r.text, false, nil)
		check.OnChanged = func(on bool) { s.turn(r, on) }
		hint := kit.NewMuted("")
		s.checks, s.hints = append(s.checks, check), append(s.hints, hint)
		boxes.Add(kit.Row(check, kit.Spacer(), hint))
	}
	s.detail = kit.Stack(4, kit.Grow(0, s.who, s.share), boxes)
	s.owner, s.owned = kit.NewLabel(""), kit.NewBadge("Changed", kit.Info)
	return kit.Stack(12,
		kit.Stack(8, kit.Row(kit.NewLabel("Who may do what").Face(kit.Bold), kit.Spacer(), kit.NewButton("Add", "plus", s.add), s.remove),
			kit.NewPanel(theme.Surface, kit.Padded(1, 1, 1, 1, s.list)).Framed(6)),
		s.detail,
		kit.NewRule(),
		kit.Form(104, append(takes, s.below()...)...),
	)
}

// below are the rows about the owner and the descriptor itself.
func (s *security) below() []kit.FormRow {
	f := s.form
	rows := []kit.FormRow{{Label: "Owner", Content: kit.Row(s.owner, s.owned, kit.NewLink("Take ownership…", s.own))}}
	if f.sddl == "" {
		return rows
	}
	s.now = kit.NewMuted("as it is now")
	return append(rows, kit.FormRow{Label: "As SDDL", Content: kit.Grow(0, kit.NewLabel(f.sddl).Face(kit.Mono).Sized(kit.SizeSmall).Cut(kit.Middle), s.now,
		kit.NewIconButton("copy", "Copy the SDDL", func() { f.host.Copy(f.sddl, "the SDDL") }).Plain())})
}

func (s *security) choose(i int) {
	s.chosen, s.some = i, false
	s.form.update()
}

// add asks for an account and gives it an entry.
func (s *security) add() {
	f := s.form
	f.host.Show(askAccount(&f.guard, "Add an account", "plus", "Add", true, func(a mgmtclient.Account, deny bool) {
		if f.scope.Ended() {
			return
		}
		p := mgmtclient.Permission{Account: a, Deny: deny, Rights: uint32(mq.RightWriteMessage)}
		s.choose(f.guard.add(p))
	}).dialog)
}

// drop removes the chosen entry.
func (s *security) drop() {
	g := &s.form.guard
	g.remove(s.chosen)
	s.choose(max(0, min(s.chosen, len(g.now.Entries)-1)))
}

// own asks who shall be the owner.
func (s *security) own() {
	f := s.form
	form := askAccount(&f.guard, "Owner of "+screen.QueueName(f.queue.PathName), "user", "Make owner", false, func(a mgmtclient.Account, _ bool) {
		if !f.scope.Ended() {
			f.guard.now.Owner = a
			f.update()
		}
	})
	form.field.SetText(f.node.As)
	form.find()
	f.host.Show(form.dialog)
}

// turn turns a right of the chosen entry on or off.
func (s *security) turn(r right, on bool) {
	g := &s.form.guard
	if s.chosen < len(g.now.Entries) {
		e := g.now.Entries[s.chosen]
		g.set(s.chosen, r.turn(mq.QueueRight(e.Rights), on, e.Deny))
	}
	s.form.update()
}

// letAnonymousSend undoes a change that keeps other computers out.
func (s *security) letAnonymousSend() { s.choose(s.form.guard.letAnonymousSend()) }

// show puts what the form holds into the widgets.
func (s *security) show() {
	if s.list == nil {
		return
	}
	g := &s.form.guard
	s.chosen = max(0, min(s.chosen, len(g.now.Entries)-1))
	s.list.set(s.rows(), s.chosen, s.nobody())
	s.remove.SetEnabled(len(g.now.Entries) > 0)
	s.owner.SetText(fitted(called(g.now.Owner), kit.Regular, 130))
	s.owner.Tip(called(g.now.Owner))
	setShown(s.owned, g.owned())
	if s.now != nil {
		setShown(s.now, g.changed())
	}
	setShown(s.detail, len(g.now.Entries) > 0)
	if len(g.now.Entries) == 0 {
		return
	}
	e := g.now.Entries[s.chosen]
	set := mq.QueueRight(e.Rights)
	verb, room := " may", float32(102)
	if e.Deny {
		verb, room = " may not", 79
	}
	s.who.SetRuns(kit.Run{Text: fitted(short(e.Account), kit.Bold, room), Face: kit.Bold}, kit.Run{Text: verb})
	s.share.SetChosen(share(set))
	if s.some {
		s.share.SetChosen(shareSome)
	}
	was, _ := g.before(e)
	for i, r := range rights {
		on, whole := r.in(set, e.Deny)
		state := kit.Off
		switch {
		case whole:
			state = kit.On
		case on:
			state = kit.Some
		}
		s.checks[i].SetState(state)
		hint := ""
		if had, _ := r.in(was, e.Deny); had && !on {
			hint = "was on"
		}
		s.hints[i].SetText(hint)
	}
}

// rows are the lines of the list.
func (s *security) rows() []entryRow {
	g := &s.form.guard
	owned := false
	var rows []entryRow
	for _, e := range g.now.Entries {
		r := entryRow{icon: accountIcon(e.Account), name: called(e.Account), says: says(e), ink: theme.Text2}
		if e.Account.Key() == g.now.Owner.Key() && !owned && !e.Deny {
			owned = true
			r.badges = append(r.badges, kit.NewBadge("Owner", kit.Neutral))
		}
		if _, had := g.before(e); !had || g.differs(e) {
			r.badges = append(r.badges, kit.NewBadge("Changed", kit.Info))
		}
		if e.Deny || e.Rights == 0 {
			r.ink = theme.Danger
		}
		rows = append(rows, r)
	}
	return rows
}

// nobody says what an empty list means.
func (s *security) nobody() string {
	if s.form.guard.now.Open {
		return "Nothing is guarded: everybody may do everything"
	}
	return "Nobody may do anything; the owner may change that"
}

// short is an account for the words before the shares.
func short(a mgmtclient.Account) string {
	if a.SID == anonymous {
		return "Anonymous"
	}
	return called(a)
}

// fitted is text cut in the middle to a width.
func fitted(text string, face kit.Face, room float32) string {
	r := []rune(text)
	for n := len(r); n > 6 && kit.NewLabel(text).Face(face).MinSize().Width > room; n-- {
		text = string(r[:n/2]) + "…" + string(r[len(r)-n/2+1:])
	}
	return text
}

func setShown(o fyne.CanvasObject, on bool) {
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}

// pairs lays objects out in two columns, 26 a row.
type pairs struct{}

func (pairs) MinSize(objs []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(240, float32((len(objs)+1)/2)*26)
}

func (pairs) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	const gap = 16
	w := float32(int((s.Width - gap) / 2))
	for i, o := range objs {
		o.Resize(fyne.NewSize(w, 20))
		o.Move(fyne.NewPos(float32(i%2)*(w+gap), float32(i/2)*26+3))
	}
}

// takes are the rows of what the queue asks of messages.
func (f *propertiesForm) takes() []kit.FormRow {
	signed := kit.NewCheck("signed messages", f.signed, func(on bool) { f.signed = on; f.update() })
	privacy := kit.NewSegmented([]kit.Choice{
		{ID: "none", Text: "None"}, {ID: "optional", Text: "Optional"}, {ID: "body", Text: "Body"},
	}, f.privacy, nil)
	f.inputs = append(f.inputs, signed, privacy)
	remark := kit.NewMuted(privacyRemark(f.privacy))
	privacy.OnChanged = func(id string) {
		f.privacy = id
		remark.SetText(privacyRemark(id))
		f.update()
	}
	f.syncs = append(f.syncs, func() {
		signed.SetChecked(f.signed)
		privacy.SetChosen(f.privacy)
		remark.SetText(privacyRemark(f.privacy))
	})
	return []kit.FormRow{{Label: "Takes only", Content: signed}, {Label: "Encryption", Content: kit.Row(privacy, remark)}}
}

func privacyRemark(level string) string {
	switch level {
	case "none":
		return "only messages in the clear"
	case "body":
		return "only encrypted messages"
	}
	return "either comes in"
}
