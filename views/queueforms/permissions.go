package queueforms

import (
	"fyne.io/fyne/v2"

	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// permissions is the tab of who may do what.
func (f *propertiesForm) permissions() fyne.CanvasObject {
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
	takes := kit.Form(104,
		kit.FormRow{Label: "Takes only", Content: signed},
		kit.FormRow{Label: "Encryption", Content: kit.Row(privacy, remark)},
	)
	if f.sddlErr != nil {
		why, fix, code := screen.Reason(f.sddlErr)
		n := kit.NewNote(kit.Neutral, "The permissions are not shown.", why+" "+fix)
		if code != "" {
			n.SetRuns(kit.Run{Text: "The permissions are not shown. ", Face: kit.Bold}, kit.Run{Text: why + " " + fix + " "}, kit.Run{Text: code, Face: kit.Mono})
		}
		return kit.Stack(12, n, kit.NewRule(), takes)
	}
	f.grants = kit.Stack(0)
	f.sddl = kit.NewField("").Mono()
	f.sddl.SetText(f.acl)
	f.sddl.OnChanged = func(s string) { f.acl = s; f.update() }
	f.syncs = append(f.syncs, func() { f.sddl.SetText(f.acl) })
	return kit.Stack(12,
		kit.Stack(4, kit.Row(kit.NewLabel("Who may do what").Face(kit.Bold), kit.Spacer(),
			kit.NewButton("Let anonymous send", "globe", func() {
				f.acl = letAnonymousSend(f.acl)
				f.sddl.SetText(f.acl)
				f.update()
			})),
			kit.NewPanel(theme.Surface, kit.Padded(1, 1, 1, 1, f.grants)).Framed(6)),
		kit.Form(104, kit.FormRow{Label: "As SDDL", Content: f.sddl}),
		kit.NewRule(),
		takes,
	)
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

// showGrants lists what the typed descriptor says.
func (f *propertiesForm) showGrants() {
	if f.grants == nil {
		return
	}
	f.sddl.SetError(f.aclFault())
	before, now := readAccess(f.edit.sddl), readAccess(f.acl)
	f.grants.Objects = nil
	add := func(icon, who, owner, what string, changed bool) {
		row := []fyne.CanvasObject{kit.NewIcon(icon, 16, theme.Muted), kit.NewLabel(shortAccount(who))}
		if owner != "" {
			row = append(row, kit.NewBadge(owner, kit.Neutral))
		}
		if changed {
			row = append(row, kit.NewBadge("Changed", kit.Info))
		}
		row = append(row, kit.Spacer(), kit.NewLabel(what).Color(theme.Text2))
		f.grants.Add(kit.Padded(4, 12, 4, 12, kit.Row(row...)))
	}
	switch {
	case !now.ok:
		add("question", "Cannot be read as it stands", "", "", true)
	case now.open:
		add("warning", "Nothing is guarded: anybody may do everything", "", "", before.open != now.open)
	case len(now.grants) == 0:
		add("lock", "Nobody but the owner", "", "", len(before.grants) > 0)
	}
	owned := false
	for _, g := range now.grants {
		owner := ""
		if g.sid == now.owner && !owned {
			owner, owned = "Owner", true
		}
		add(accountIcon(g.sid), account(g.sid), owner, g.says(), !hasGrant(before, g))
	}
	if now.ok && now.owner != "" && !owned {
		add("user", account(now.owner), "Owner", "Permissions", before.owner != now.owner)
	}
	for _, g := range before.grants {
		if now.ok && !hasGrant(now, g) && !hasAccount(now, g.sid) {
			add(accountIcon(g.sid), account(g.sid), "", "Nothing", true)
		}
	}
}

// shortAccount keeps a name within its row: SIDs of domains are long.
func shortAccount(who string) string {
	const most = 34
	r := []rune(who)
	if len(r) <= most {
		return who
	}
	return string(r[:most/2]) + "…" + string(r[len(r)-most/2+1:])
}

func hasGrant(a access, g grant) bool {
	for _, x := range a.grants {
		if x == g {
			return true
		}
	}
	return false
}

func hasAccount(a access, sid string) bool {
	for _, x := range a.grants {
		if account(x.sid) == account(sid) {
			return true
		}
	}
	return false
}
