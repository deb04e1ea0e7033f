package directory

import (
	"fmt"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// form is what can be changed of an entry, row by row.
type form struct {
	v     *View
	s     *subject
	d     *draft
	box   *fyne.Container
	first fyne.Focusable
	rows  []kit.FormRow
	syncs []func()
	more  []kit.FormRow // shown on demand
	below *fyne.Container
	fold  *kit.Button // shows it
}

// newForm makes the form of an entry's kind.
func newForm(v *View, s *subject) *form {
	f := &form{v: v, s: s, d: s.draft}
	e := &s.draft.now
	switch {
	case e.Queue != nil:
		f.queue()
	case e.Machine != nil:
		f.machine()
	case e.List != nil:
		f.list()
	case e.Alias != nil:
		f.alias()
	case e.Site != nil:
		f.site()
	case e.Link != nil:
		f.link()
	case e.Forest != nil:
		f.forest()
	case e.User != nil:
		f.user()
	default:
		f.fixed("Type", typeOf(e), "")
		f.fixed("Label", e.Label, "")
	}
	f.box = kit.Stack(8, kit.Form(labels, f.rows...))
	if len(f.more) > 0 {
		f.below = kit.Form(labels, f.more...)
		show(f.below, f.hidden())
		f.box.Add(f.below)
		f.toggled()
	}
	return f
}

// unfold shows or hides what most do without.
func (f *form) unfold() {
	show(f.below, !f.below.Visible())
	f.toggled()
	f.v.pane.root.Refresh()
}

func (f *form) toggled() {
	f.fold.SetText(map[bool]string{true: "Fewer", false: "More"}[f.below.Visible()])
}

// hidden reports whether something that is shown on demand was changed or refused.
func (f *form) hidden() bool {
	rare := map[mgmtclient.Field]bool{
		mgmtclient.FieldAuthenticate: true, mgmtclient.FieldServiceType: true, mgmtclient.FieldMulticast: true, mgmtclient.FieldJournalQuota: true,
	}
	for _, x := range f.d.changed() {
		if rare[x] {
			return true
		}
	}
	return f.s.refused != nil && rare[f.s.refused.field]
}

// sync shows what is filled in, what it was, and what was refused.
func (f *form) sync() {
	for _, s := range f.syncs {
		s()
	}
}

// edit changes what is filled in.
func (f *form) edit(change func(e *mgmtclient.Entry)) {
	f.v.p.Edit(func(d *draft) {
		if d == f.d {
			change(&d.now)
		}
	})
}

// isChanged and isRefused tell how a field stands.
func (f *form) isChanged(x mgmtclient.Field) bool {
	for _, c := range f.d.changed() {
		if c == x {
			return true
		}
	}
	return false
}

func (f *form) isRefused(x mgmtclient.Field) bool {
	return f.s.refused != nil && f.s.refused.field == x
}

// mark is the icon behind a row that was refused.
func (f *form) mark(x mgmtclient.Field) *kit.Icon {
	i := kit.NewIcon("x-circle", 16, theme.Danger)
	f.syncs = append(f.syncs, func() { show(i, f.isRefused(x)) })
	return i
}

// remark is the muted words behind a row: what it means, and what it was.
func (f *form) remark(x mgmtclient.Field, always string, was func() string) *kit.Label {
	l := kit.NewMuted("")
	f.syncs = append(f.syncs, func() {
		text := always
		if f.isChanged(x) {
			if text != "" {
				text += "; "
			}
			text += "was " + was()
		}
		l.SetText(text)
		show(l, text != "")
	})
	return l
}

func (f *form) add(label string, o fyne.CanvasObject) {
	f.rows = append(f.rows, kit.FormRow{Label: label, Content: o})
}

func (f *form) rare(label string, o fyne.CanvasObject) {
	f.more = append(f.more, kit.FormRow{Label: label, Content: o})
}

// fixed is a row that cannot be changed.
func (f *form) fixed(label, value, remark string) {
	if value == "" {
		value = "–"
	}
	f.add(label, kit.Fixed(0, 28, kit.Grow(1, kit.NewLabel(kit.Shorten(value)), kit.NewMuted(remark).Cut(kit.End))))
}

// entered keeps a field the same as the entry, but not while it is typed into.
func (f *form) entered(x mgmtclient.Field, field *kit.Field, shown func() string) {
	if f.first == nil {
		f.first = field.Focusable()
	}
	text := shown()
	field.SetText(text)
	field.OnSubmit = func(string) { f.v.p.Save() }
	field.OnKey = func(ev *fyne.KeyEvent) bool {
		if ev.Name != fyne.KeyEscape {
			return false
		}
		f.v.grid.Focus()
		return true
	}
	f.syncs = append(f.syncs, func() {
		if now := shown(); now != text && f.d.faults[x] == "" {
			text = now
			field.SetText(now)
		} else if !f.isChanged(x) && f.d.faults[x] == "" {
			field.SetText(now) // taken back
		}
		field.SetError(f.d.faults[x])
		field.Refuse(f.isRefused(x))
		field.SetEnabled(!f.s.saving)
	})
}

// label is the row of the label or description, with the room left.
func (f *form) label(name string, most int) {
	field := kit.NewField("")
	room := kit.NewMuted("").Align(fyne.TextAlignTrailing)
	field.OnChanged = func(text string) {
		f.d.fault(mgmtclient.FieldLabel, labelFault(&f.d.now, text))
		f.edit(func(e *mgmtclient.Entry) { e.Label = text })
	}
	f.entered(mgmtclient.FieldLabel, field, func() string { return f.d.now.Label })
	if most == 0 {
		f.add(name, kit.Grow(0, field, f.mark(mgmtclient.FieldLabel)))
		return
	}
	f.syncs = append(f.syncs, func() { room.SetText(fmt.Sprintf("%d/%d", mq.LabelLength(f.d.now.Label), most)) })
	f.add(name, kit.Grow(0, field, kit.Fixed(44, 0, room), f.mark(mgmtclient.FieldLabel)))
}

// quota is the row of a limit in KB; an empty field is no limit.
func (f *form) quota(x mgmtclient.Field, name string, rare bool, of func(e *mgmtclient.Entry) **uint32) {
	field := kit.NewField("no limit").Wide(96)
	words := func(p *uint32) string {
		if p == nil {
			return ""
		}
		return screen.Count(int64(*p))
	}
	field.OnChanged = func(text string) {
		n, err := readKB(text)
		if err != "" {
			f.d.fault(x, err)
			f.edit(func(*mgmtclient.Entry) {})
			return
		}
		f.d.fault(x, "")
		f.edit(func(e *mgmtclient.Entry) { *of(e) = n })
	}
	f.entered(x, field, func() string { return words(*of(&f.d.now)) })
	remark := f.remark(x, "KB", func() string {
		if w := words(*of(&f.d.was)); w != "" {
			return w
		}
		return "without limit"
	})
	row := kit.Row(kit.Fixed(96, 0, field), remark, f.mark(x))
	if rare {
		f.rare(name, row)
	} else {
		f.add(name, row)
	}
}

// readKB reads a number of kilobytes; nothing is no limit.
func readKB(text string) (n *uint32, fault string) {
	t := strings.NewReplacer(",", "", " ", "", "\u00a0", "", "KB", "").Replace(text)
	if t == "" {
		return nil, ""
	}
	v, err := strconv.ParseUint(t, 10, 32)
	if err != nil || v >= uint64(mq.Unlimited) {
		return nil, "A number of KB, or nothing"
	}
	k := uint32(v)
	return &k, ""
}

// check is the row of something that is on or off.
func (f *form) check(x mgmtclient.Field, name, text, on, off string, rare bool, of func(e *mgmtclient.Entry) *bool) {
	box := kit.NewCheck(text, *of(&f.d.now), nil)
	box.OnChanged = func(on bool) { f.edit(func(e *mgmtclient.Entry) { *of(e) = on }) }
	f.syncs = append(f.syncs, func() {
		box.SetChecked(*of(&f.d.now))
		box.SetEnabled(!f.s.saving)
	})
	remark := f.remark(x, "", func() string {
		if *of(&f.d.was) {
			return on
		}
		return off
	})
	row := kit.Fixed(0, 28, kit.Row(box, remark, f.mark(x)))
	if rare {
		f.rare(name, row)
	} else {
		f.add(name, row)
	}
}

// refs is the row of other entries, each with a way to leave it out.
func (f *form) refs(x mgmtclient.Field, name string, pick picking, none string, of func(e *mgmtclient.Entry) *[]mgmtclient.EntryRef) {
	box := kit.Stack(0)
	shown := "\x00"
	f.syncs = append(f.syncs, func() {
		list := *of(&f.d.now)
		says := fmt.Sprint(list, f.s.saving, f.isRefused(x), f.isChanged(x))
		if says == shown {
			return
		}
		shown = says
		box.Objects = nil
		for i, r := range list {
			out := kit.NewIconButton("x", "Leave out "+r.Name, func() {
				f.edit(func(e *mgmtclient.Entry) { *of(e) = without(*of(e), i) })
			}).Plain()
			out.SetEnabled(!f.s.saving)
			lead := kit.NewLink(kit.Shorten(r.Name), func() { f.v.showRef(r) })
			box.Add(kit.Fixed(0, 28, kit.Row(kit.NewIcon(kindOf(r.Kind).icon, 16, theme.Muted), lead, kit.Spacer(), out)))
		}
		add := kit.NewLink("Add…", func() {
			f.v.pick(pick, func(e []mgmtclient.Entry) {
				f.edit(func(to *mgmtclient.Entry) { *of(to) = with(*of(to), e) })
			})
		})
		add.SetEnabled(!f.s.saving)
		line := []fyne.CanvasObject{kit.NewIcon("plus", 16, theme.Muted), add, kit.Spacer()}
		if len(list) == 0 {
			line = []fyne.CanvasObject{kit.NewMuted(none), add, kit.Spacer()}
		}
		if f.isRefused(x) {
			line = append(line, kit.NewIcon("x-circle", 16, theme.Danger))
		}
		if f.isChanged(x) {
			line = append(line, kit.NewMuted("was "+screen.Count(int64(len(*of(&f.d.was))))))
		}
		box.Add(kit.Fixed(0, 28, kit.Row(line...)))
	})
	f.add(name, box)
}

func without(list []mgmtclient.EntryRef, i int) []mgmtclient.EntryRef {
	out := append([]mgmtclient.EntryRef{}, list[:i]...)
	return append(out, list[i+1:]...)
}

func with(list []mgmtclient.EntryRef, more []mgmtclient.Entry) []mgmtclient.EntryRef {
	out := append([]mgmtclient.EntryRef{}, list...)
next:
	for i := range more {
		for _, r := range out {
			if r.ID == more[i].ID {
				continue next
			}
		}
		out = append(out, refOf(&more[i]))
	}
	return out
}
