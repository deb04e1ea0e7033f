package directory

import (
	"context"
	"errors"
	"slices"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/queueforms"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// share is a set of rights that has a name in the dialog.
type share struct {
	id, text string
	rights   uint32
}

// shareSome stands for any other set.
const shareSome = "some"

// shares are those of an entry: of queues, or of anything else.
func shares(e *mgmtclient.Entry) []share {
	if e.Queue == nil {
		return []share{{"all", "Everything", rightsAll(e)}, {"see", "See it", rightsSee(e)}}
	}
	see := rightsSee(e)
	return []share{
		{"all", "Everything", rightsAll(e)},
		{"use", "Read and send", uint32(mq.RightQueueGenericRead | mq.RightQueueGenericWrite)},
		{"send", "Send", see | uint32(mq.RightWriteMessage)},
		{"see", "See it", see},
	}
}

func shareOf(e *mgmtclient.Entry, set uint32) string {
	for _, s := range shares(e) {
		if set&rightsAll(e) == s.rights {
			return s.id
		}
	}
	return shareSome
}

// sharing is the dialog of who may do what with an entry.
type sharing struct {
	v      *View
	e      mgmtclient.Entry
	was    mgmtclient.Permissions
	now    mgmtclient.Permissions
	scope  *screen.Scope
	dialog *kit.Dialog
	grid   *kit.Grid
	seg    *kit.Segmented
	who    *kit.Label
	owner  *kit.Label
	add    *kit.Field
	remove *kit.Button
	fail   *kit.Note
	do     *kit.Button
	saving bool
}

// permissions opens the dialog for the entry shown.
func (v *View) permissions() {
	s := v.p.Shown()
	if s == nil {
		return
	}
	if s.permErr != nil || s.rights == nil {
		if s.permErr != nil {
			v.host.Fail("The permissions are not shown", s.permErr)
		}
		return
	}
	v.host.Show(newSharing(v, s.was, *s.rights).dialog)
}

func newSharing(v *View, e mgmtclient.Entry, p mgmtclient.Permissions) *sharing {
	p.Entries = merged(p.Entries)
	d := &sharing{v: v, e: e, was: p, now: p, scope: v.host.Scope().Sub()}
	d.now.Entries = slices.Clone(p.Entries)
	d.grid = kit.NewGrid(d, kit.Column{Key: "who", Title: "Account"}, kit.Column{Key: "may", Title: "May do", Width: 184})
	d.grid.OnCurrent = func(kit.RowID, bool) { d.update() }
	d.grid.OnDelete = d.drop
	d.who = kit.NewLabel("").Face(kit.Medium).Cut(kit.Middle)
	var choices []kit.Choice
	for _, s := range shares(&e) {
		choices = append(choices, kit.Choice{ID: s.id, Text: s.text})
	}
	d.seg = kit.NewSegmented(choices, "", d.give)
	d.remove = kit.NewButton("Remove", "minus", d.drop)
	d.add = kit.NewField(`DOMAIN\name, or a SID`)
	d.add.OnSubmit = func(string) { d.include() }
	d.owner = kit.NewLabel("").Cut(kit.End)
	d.fail = kit.NewNote(kit.Danger, "", "")
	d.fail.Hide()
	body := kit.Stack(12, d.fail,
		kit.NewPanel(theme.Surface, kit.Padded(1, 1, 1, 1, kit.Fixed(0, 204, d.grid))).Framed(6),
		kit.Grow(0, d.who, d.remove), kit.Row(d.seg),
		kit.NewRule(),
		kit.Form(88, kit.FormRow{Label: "Add", Content: kit.Grow(0, d.add, kit.NewButton("Add", "plus", d.include))}, kit.FormRow{Label: "Owner", Content: d.owner}))
	d.dialog = kit.NewDialog("Who may do what with "+e.Name, "lock", body).Wide(512)
	cancel := kit.NewButton("Cancel", "", d.dialog.Close)
	d.do = kit.NewButton("Save", "", d.save).Primary()
	d.dialog.Buttons(cancel, d.do).FirstFocus(d.grid.Focusable()).Steady()
	d.dialog.OnClosed = d.scope.End
	d.grid.SetCurrent(0)
	d.update()
	return d
}

// Len and Row make the dialog the source of its grid.
func (d *sharing) Len() int { return len(d.now.Entries) }

// Row is an entry in words.
func (d *sharing) Row(i int) (kit.RowData, bool) {
	if i < 0 || i >= len(d.now.Entries) {
		return kit.RowData{}, false
	}
	x := d.now.Entries[i]
	side := "allow"
	if x.Deny {
		side = "deny"
	}
	tail := ""
	if x.Key() == d.now.Owner.Key() {
		tail = "owner"
	}
	return kit.RowData{ID: kit.TextID(side + x.Key()), Cells: []kit.Cell{
		{Text: kit.Shorten(accountName(x.Account)), Tail: tail, Icon: accountIcon(x.Account, &d.e)}, {Text: may(&d.e, x), Color: theme.Text2},
	}}, true
}

func (d *sharing) at() int {
	if i := d.grid.CurrentIndex(); i < len(d.now.Entries) {
		return i
	}
	return -1
}

// give changes what the chosen account may do.
func (d *sharing) give(id string) {
	i := d.at()
	for _, s := range shares(&d.e) {
		if i >= 0 && s.id == id {
			d.now.Entries[i].Rights = s.rights
		}
	}
	d.update()
}

// include gives an account an entry.
func (d *sharing) include() {
	text := strings.TrimSpace(d.add.Text())
	if text == "" {
		d.add.SetError("Write a name or a SID")
		d.dialog.Refresh()
		return
	}
	a := mgmtclient.Account{Name: text}
	if strings.HasPrefix(strings.ToUpper(text), "S-1-") {
		a = mgmtclient.Account{SID: strings.ToUpper(text)}
	}
	for _, known := range d.was.Names {
		if strings.EqualFold(known.Name, text) || strings.EqualFold(known.SID, text) {
			a = known
		}
	}
	i := slices.IndexFunc(d.now.Entries, func(x mgmtclient.Permission) bool { return !x.Deny && x.Key() == a.Key() })
	if i < 0 {
		d.now.Entries = append(d.now.Entries, mgmtclient.Permission{Account: a, Rights: rightsSee(&d.e)})
		i = len(d.now.Entries) - 1
	}
	d.now.Open = false
	d.add.SetText("")
	d.add.SetError("")
	d.grid.Refresh()
	d.grid.SetCurrent(i)
	d.update()
}

// drop takes the entry of the chosen account away.
func (d *sharing) drop() {
	if i := d.at(); i >= 0 {
		d.now.Entries = slices.Delete(slices.Clone(d.now.Entries), i, i+1)
		d.grid.Refresh()
		d.grid.SetCurrent(max(0, min(i, len(d.now.Entries)-1)))
	}
	d.update()
}

func (d *sharing) changed() bool { return !slices.Equal(d.was.Entries, d.now.Entries) }

func (d *sharing) update() {
	i := d.at()
	show(d.seg, i >= 0)
	d.remove.SetEnabled(i >= 0 && !d.saving)
	if i >= 0 {
		x := d.now.Entries[i]
		name := accountName(x.Account)
		if x.Deny {
			name += ", denied"
		}
		d.who.SetText(kit.Shorten(name))
		d.seg.SetChosen(shareOf(&d.e, x.Rights))
	} else {
		d.who.SetText("Nobody is named")
	}
	d.owner.SetText(kit.Shorten(accountName(d.now.Owner)))
	d.do.SetEnabled(d.changed() && !d.saving)
	d.grid.Refresh()
	d.dialog.Refresh()
}

// save writes the permissions.
func (d *sharing) save() {
	if !d.changed() {
		return
	}
	// The owner stays: not everybody who may change permissions may name one.
	id, p, dir := d.e.ID, mgmtclient.Permissions{Open: d.now.Open, Entries: d.now.Entries}, d.v.p.dir
	d.saving = true
	d.do.SetText("Saving…")
	d.fail.Hide()
	d.update()
	screen.Load(d.scope, func(ctx context.Context) (struct{}, error) { return struct{}{}, dir.SetPermissions(ctx, id, p) }, func(_ struct{}, err error) {
		d.saving = false
		d.do.SetText("Save")
		if err != nil {
			tried := "The permissions were not changed."
			var r *mgmtclient.Refusal
			if errors.As(err, &r) && r.Code == insufficientAccess {
				tried = shortHost(r.Controller) + " refused: you may not change the permissions."
			}
			queueforms.SetErrorNote(d.fail, tried, err)
			d.update()
			return
		}
		d.dialog.Close()
		d.v.host.Done(screen.Action{What: "Changed the permissions of " + d.e.Name, Tone: kit.Success})
		d.v.p.Refresh()
	})
}
