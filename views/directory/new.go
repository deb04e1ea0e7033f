package directory

import (
	"context"
	"errors"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/queueforms"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// making is a sort of entry that can be made.
type making struct {
	title string // of the menu: Public queue
	icon  string
	kind  mgmtclient.EntryKind
	other bool // foreign
	hint  string
	on    *mgmtclient.Entry // computer of a queue
}

var (
	makeQueue = making{
		title: "Public queue", icon: "globe", kind: mgmtclient.EntryQueue,
		hint: "The directory makes it at once; its computer makes the queue when it hears of it.",
	}
	makeList        = making{title: "Distribution list", icon: "users", kind: mgmtclient.EntryList, hint: "A message to the list goes to each member."}
	makeAlias       = making{title: "Queue alias", icon: "signpost", kind: mgmtclient.EntryAlias, hint: "Another name for a queue, here or of another firm."}
	makeSite        = making{title: "Site", icon: "pin-map", kind: mgmtclient.EntrySite, hint: "Computers belong to it by their networks; link it on the Route map."}
	makeForeignSite = making{
		title: "Foreign site", icon: "pin-map", kind: mgmtclient.EntrySite, other: true,
		hint: "Of another messaging system. Gates of its links hand messages to a connector.",
	}
	makeForeignComputer = making{
		title: "Foreign computer", icon: "server", kind: mgmtclient.EntryMachine, other: true,
		hint: "A computer without a queue manager, reached through a foreign site.",
	}
)

// maker is the dialog that makes an entry.
type maker struct {
	v      *View
	what   making
	scope  *screen.Scope
	dialog *kit.Dialog
	name   *kit.Field
	label  *kit.Field
	target *kit.Field
	where  *kit.Button // the computer or site chosen
	fail   *kit.Note
	do     *kit.Button
	cancel *kit.Button

	place         *mgmtclient.Entry // computer of a queue, site of a foreign computer
	members       []mgmtclient.EntryRef
	memberWords   *kit.Label
	transactional bool
	journal       bool
	open          bool // anyone may send
	tried         bool
}

// make opens the dialog for a new entry.
func (v *View) make(what making) { v.host.Show(newMaker(v, what).dialog) }

func newMaker(v *View, what making) *maker {
	m := &maker{v: v, what: what, scope: v.host.Scope().Sub(), place: what.on}
	m.name = kit.NewField(map[mgmtclient.EntryKind]string{
		mgmtclient.EntryQueue: "orders.in", mgmtclient.EntryList: "Order watchers", mgmtclient.EntryAlias: "orders-main",
		mgmtclient.EntrySite: "Copenhagen", mgmtclient.EntryMachine: "MAINFRAME1",
	}[what.kind])
	m.name.OnChanged = func(string) { m.update() }
	m.label = kit.NewField("what it is for")
	m.label.OnChanged = func(string) { m.update() }
	rows := []kit.FormRow{{Label: "Name", Content: m.name}}
	switch what.kind {
	case mgmtclient.EntryQueue:
		m.place = firstMachine(v, what.on)
		m.where = kit.NewButton("", "server", m.choosePlace)
		rows = append([]kit.FormRow{{Label: "On", Content: kit.Row(m.where)}}, rows...)
		rows = append(rows, kit.FormRow{Label: "Label", Content: m.label},
			kit.FormRow{Label: "Transactional", Content: kit.NewCheck("Yes", false, func(on bool) { m.transactional = on }).Hint("cannot be changed later")},
			kit.FormRow{Label: "Journal", Content: kit.NewCheck("Keep what is read", false, func(on bool) { m.journal = on })},
			kit.FormRow{Label: "May send", Content: kit.NewCheck("Anyone", true, func(on bool) { m.open = on }).Hint("unsigned, from other computers too")})
		m.open = true
	case mgmtclient.EntryMachine:
		m.where = kit.NewButton("", "pin-map", m.choosePlace)
		rows = append(rows, kit.FormRow{Label: "Foreign site", Content: kit.Row(m.where)})
	case mgmtclient.EntryList:
		m.memberWords = kit.NewMuted("Nobody yet")
		add := kit.NewButton("Add…", "plus", m.addMembers)
		rows = append(rows, kit.FormRow{Label: "Description", Content: m.label}, kit.FormRow{Label: "Members", Content: kit.Grow(1, add, m.memberWords)})
	case mgmtclient.EntryAlias:
		m.target = kit.NewField("PUBLIC=… or DIRECT=…").Mono()
		m.target.OnChanged = func(string) { m.update() }
		choose := kit.NewIconButton("search", "Choose a public queue", m.chooseTarget)
		rows = append(rows, kit.FormRow{Label: "Stands for", Content: kit.Grow(0, m.target, choose)}, kit.FormRow{Label: "Description", Content: m.label})
	}
	m.fail = kit.NewNote(kit.Danger, "", "")
	m.fail.Hide()
	body := kit.Stack(12, m.fail, kit.Form(104, rows...), kit.NewParagraph(what.hint).Color(theme.Text2).Small())
	m.dialog = kit.NewDialog("New "+strings.ToLower(what.title[:1])+what.title[1:], "plus", body).Wide(464)
	m.cancel = kit.NewButton("Cancel", "", m.dialog.Close)
	m.do = kit.NewButton("Create", "", m.create).Primary()
	m.dialog.Buttons(m.cancel, m.do).FirstFocus(m.name.Focusable()).Steady()
	m.dialog.OnClosed = m.scope.End
	m.update()
	return m
}

// firstMachine is the queue manager that a new queue is offered on: the one shown, or
// that of the queue shown.
func firstMachine(v *View, on *mgmtclient.Entry) *mgmtclient.Entry {
	if on != nil {
		return on
	}
	s := v.p.Shown()
	switch {
	case s == nil:
		return nil
	case s.now.Machine != nil && !s.now.Machine.Foreign:
		e := s.was
		return &e
	case s.now.Queue != nil:
		r := s.now.Queue.Machine
		return &mgmtclient.Entry{ID: r.ID, Name: r.Name, Kind: mgmtclient.EntryMachine}
	}
	return nil
}

func (m *maker) choosePlace() {
	what := picking{title: "Computer of the queue", kinds: []mgmtclient.EntryKind{mgmtclient.EntryMachine}}
	if m.what.kind == mgmtclient.EntryMachine {
		what = picking{title: "Foreign site of the computer", kinds: []mgmtclient.EntryKind{mgmtclient.EntrySite}, foreign: true}
	}
	m.v.pick(what, func(e []mgmtclient.Entry) {
		m.place = &e[0]
		m.update()
	})
}

func (m *maker) addMembers() {
	m.v.pick(picking{title: "Members", many: true, kinds: []mgmtclient.EntryKind{mgmtclient.EntryQueue, mgmtclient.EntryAlias, mgmtclient.EntryList}}, func(e []mgmtclient.Entry) {
		m.members = with(m.members, e)
		m.memberWords.SetText(enumerate(names(m.members), 3))
		m.update()
	})
}

func (m *maker) chooseTarget() {
	m.v.pick(picking{title: "Queue that it stands for", kinds: []mgmtclient.EntryKind{mgmtclient.EntryQueue}}, func(e []mgmtclient.Entry) {
		m.target.SetText(e[0].FormatName)
		m.update()
	})
}

// faults say what is missing, field by field.
func (m *maker) faults() (name, place, target, label string) {
	text := strings.TrimSpace(m.name.Text())
	switch m.what.kind {
	case mgmtclient.EntryQueue:
		computer := "computer"
		if m.place != nil {
			computer = m.place.Name
		}
		if _, err := mq.ParsePathName(computer + `\` + text); err != nil {
			why, _, _ := screen.Reason(err)
			name = strings.TrimSuffix(why, ".")
		}
		if mq.LabelLength(m.label.Text()) > mq.MaxQueueLabel {
			label = "At most 124 characters"
		}
	default:
		if strings.ContainsAny(text, "\"/\\[]:;|=,+*?<>") {
			name = `None of " / \ [ ] : ; | = , + * ? < >`
		}
	}
	if text == "" {
		name = "Write a name"
	}
	if m.where != nil && m.place == nil {
		place = "choose"
	}
	if m.target != nil {
		target = targetFault(m.target.Text())
	}
	return
}

// update shows what is filled in and, once it was tried, what is missing.
func (m *maker) update() {
	name, _, target, label := m.faults()
	m.label.SetError(label)
	if m.where != nil {
		text := "Choose a computer…"
		if m.what.kind == mgmtclient.EntryMachine {
			text = "Choose a foreign site…"
		}
		if m.place != nil {
			text = m.place.Name
		}
		m.where.SetText(text)
	}
	m.name.SetError("")
	if m.tried {
		m.name.SetError(name)
		if m.target != nil {
			m.target.SetError(target)
		}
	}
	m.do.SetEnabled(!m.tried || name+target+label == "")
	m.dialog.Refresh()
}

// entry is what the form makes.
func (m *maker) entry() mgmtclient.Entry {
	name := strings.TrimSpace(m.name.Text())
	e := mgmtclient.Entry{Kind: m.what.kind, Name: name, Label: strings.TrimSpace(m.label.Text())}
	switch m.what.kind {
	case mgmtclient.EntryQueue:
		e.Queue = &mgmtclient.QueueEntry{
			Machine: refOf(m.place), PathName: m.place.Name + `\` + name, Transactional: m.transactional, Journal: m.journal, PrivacyLevel: "optional",
		}
	case mgmtclient.EntryList:
		e.List = &mgmtclient.ListEntry{Members: m.members}
	case mgmtclient.EntryAlias:
		e.Alias = &mgmtclient.AliasEntry{Target: strings.TrimSpace(m.target.Text())}
	case mgmtclient.EntrySite:
		e.Site = &mgmtclient.SiteEntry{Foreign: m.what.other}
	case mgmtclient.EntryMachine:
		e.Machine = &mgmtclient.MachineEntry{Computer: name, Foreign: m.what.other, Sites: []mgmtclient.EntryRef{refOf(m.place)}}
	}
	return e
}

// create makes it. It is said to be there when the directory has said so.
func (m *maker) create() {
	m.tried = true
	name, place, target, label := m.faults()
	switch {
	case name+target+label != "":
		m.update()
		return
	case place != "":
		m.choosePlace()
		return
	}
	e, dir, v, open := m.entry(), m.v.p.dir, m.v, m.open
	m.do.Disable()
	m.do.SetText("Creating…")
	m.fail.Hide()
	m.dialog.Refresh()
	var shut error // it is there, and others may not send
	screen.Load(m.scope, func(ctx context.Context) (mgmtclient.Entry, error) {
		made, err := dir.Create(ctx, e)
		if err == nil && open {
			shut = letAnyoneSend(ctx, dir, made.ID)
		}
		return made, err
	}, func(made mgmtclient.Entry, err error) {
		m.do.SetText("Create")
		m.do.Enable()
		if err != nil {
			m.refuse(err)
			return
		}
		m.dialog.Close()
		done := "Created " + strings.ToLower(m.what.title) + " " + made.Name
		if shut != nil {
			v.host.Fail(done+", but other computers cannot send to it", shut)
		} else {
			v.host.Done(screen.Action{What: done, Tone: kit.Success})
		}
		v.p.Refresh()
		v.p.Show(made)
	})
}

// letAnyoneSend lets unsigned messages of other computers in, as they all are.
func letAnyoneSend(ctx context.Context, dir mgmtclient.Directory, id mq.GUID) error {
	p, err := dir.Permissions(ctx, id)
	if err != nil {
		return err
	}
	for _, a := range []mgmtclient.Account{{SID: everyone, Name: "Everyone"}, {SID: anonymous, Name: "Anonymous"}} {
		if send := uint32(mq.RightWriteMessage); !p.Allows(a.Key(), send) {
			p.Entries = append(p.Entries, mgmtclient.Permission{Account: a, Rights: send})
		}
	}
	return dir.SetPermissions(ctx, id, p)
}

// refuse says why it was not made, at the field if the directory named one.
func (m *maker) refuse(err error) {
	var r *mgmtclient.Refusal
	tried := "It was not created."
	if errors.As(err, &r) {
		if r.Controller != "" {
			tried = shortHost(r.Controller) + " refused to create it."
		}
		switch r.Field {
		case mgmtclient.FieldName:
			m.name.SetError("Refused")
		case mgmtclient.FieldLabel:
			m.label.SetError("Refused")
		case mgmtclient.FieldTarget:
			if m.target != nil {
				m.target.SetError("Refused")
			}
		}
	}
	queueforms.SetErrorNote(m.fail, tried, err)
	m.dialog.Refresh()
}
