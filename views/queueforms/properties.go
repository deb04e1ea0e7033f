package queueforms

import (
	"context"
	"errors"
	"fmt"

	"fyne.io/fyne/v2"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// The tabs of the form.
const (
	tabGeneral  = "General"
	tabLimits   = "Limits"
	tabSecurity = "Security"
	tabJournal  = "Journal"
)

// Properties opens the properties of a queue, or what there is to see of a
// journal, subqueue, system or outgoing queue.
func Properties(h screen.Host, r screen.Route) {
	n, err := client(h, r.Node)
	if err != nil {
		h.Fail("The properties are not known", err)
		return
	}
	Ask(h, "Asking "+n.Name, func(ctx context.Context) (facts, error) { return askFacts(ctx, n.Client, r.Queue) }, func(f facts, err error) {
		if err != nil {
			h.Fail("The properties are not known", err)
			return
		}
		h.Show(newProperties(h, n, f).dialog)
	})
}

type propertiesForm struct {
	*edit
	host   screen.Host
	scope  *screen.Scope
	dialog *kit.Dialog
	tabs   *kit.Tabs
	pages  map[string]fyne.CanvasObject
	body   *fyne.Container
	fail   *kit.Note
	warn   *kit.Note
	label  *kit.Field
	room   *kit.Label
	typeID *kit.Field
	secure *security
	syncs  []func() // put what the form holds into its widgets
	back   *kit.Button
	cancel *kit.Button
	do     *kit.Button
	danger bool
	can    bool
	lacks  string     // why the properties can only be looked at
	guards bool       // the permissions can be changed
	lock   *kit.Note  // says lacks
	inputs []disabler // of properties
}

type disabler interface{ SetEnabled(on bool) }

func newProperties(h screen.Host, n screen.Node, known facts) *propertiesForm {
	f := &propertiesForm{edit: newEdit(n, known), host: h, scope: h.Scope().Sub(), can: editable(known.queue)}
	f.secure = &security{form: f}
	untold := f.can && known.queue.Created.IsZero()
	f.fail = kit.NewNote(kit.Danger, "", "")
	f.fail.Hide()
	f.warn = kit.NewNote(kit.Warning, "", "")
	if f.can {
		f.lacks = n.Lacks(mgmtclient.CanAdmin)
	}
	f.guards = n.Lacks(mgmtclient.CanGuard) == ""
	f.lock = kit.NewNote(kit.Neutral, "They can only be looked at.", f.lacks).Icon("lock")
	if untold {
		// What a computer does not tell must not look as if it had.
		f.can = false
		f.lock.Set(kit.Neutral, "Label, limits, journal and permissions are not told here.", f.lacks)
	}
	f.pages = map[string]fyne.CanvasObject{tabGeneral: f.general()}
	choices := kit.Choices(tabGeneral)
	if f.can {
		f.pages[tabLimits], f.pages[tabSecurity], f.pages[tabJournal] = f.limits(), f.secure.page(), f.journals()
		choices = kit.Choices(tabGeneral, tabLimits, tabSecurity, tabJournal)
	}
	f.body = kit.Stack(12)
	f.tabs = kit.NewTabs(choices, tabGeneral, func(string) { f.turn() })
	f.dialog = kit.NewDialog(screen.QueueName(known.queue.PathName)+" on "+n.Name, "queue", f.body).Wide(488).Tabs(f.tabs)
	f.cancel = kit.NewButton("Cancel", "", f.dialog.Close)
	if f.changes() {
		f.back = kit.NewButton("Revert", "undo", func() {
			f.revert()
			for _, sync := range f.syncs {
				sync()
			}
			f.update()
		}).Tall()
		f.back.Hide()
		f.dialog.Foot(f.back)
		f.buttons()
	} else {
		f.cancel.SetText("Close")
		f.dialog.Buttons(f.cancel).Cancel(f.cancel)
	}
	f.dialog.OnClosed = f.scope.End
	f.turn()
	return f
}

// changes reports whether anything can be changed.
func (f *propertiesForm) changes() bool { return f.can && (f.lacks == "" || f.guards) }

// buttons makes Apply: red while the change locks senders out, and then not
// what Enter presses.
func (f *propertiesForm) buttons() {
	if f.danger {
		f.do = kit.NewButton("Apply anyway", "", f.apply).Danger()
		f.dialog.Buttons(f.cancel, f.do).Default(f.cancel)
		return
	}
	f.do = kit.NewButton("Apply", "", f.apply).Primary()
	f.dialog.Buttons(f.cancel, f.do)
}

// turn shows the chosen tab.
func (f *propertiesForm) turn() {
	f.body.Objects = []fyne.CanvasObject{f.fail, f.lock, f.warn, f.pages[f.tabs.Chosen()]}
	f.update()
}

// update shows what follows from what is filled in.
func (f *propertiesForm) update() {
	bold, text := f.edit.danger()
	var undo []*kit.Button
	if f.guard.anonymousOut() {
		undo = append(undo, kit.NewButton("Let anonymous send again", "undo", f.secure.letAnonymousSend))
	}
	f.warn.Set(kit.Warning, "", "", undo...)
	f.warn.Icon("warning-fill").Stacked(bold, text)
	setShown(f.warn, bold != "" && f.tabs.Chosen() == tabSecurity)
	if f.can {
		f.label.SetError(labelFault(f.edit.label))
		f.room.SetText(fmt.Sprintf("%d/%d", mq.LabelLength(f.edit.label), mq.MaxQueueLabel))
		f.typeID.SetError(f.typeFault())
		f.secure.show()
	}
	if f.lacks != "" {
		for _, in := range f.inputs {
			in.SetEnabled(false)
		}
	}
	if f.lacks == "" && (f.can || !editable(f.queue)) || f.can && f.guards && f.tabs.Chosen() == tabSecurity {
		f.lock.Hide()
	} else {
		f.lock.Show()
	}
	if f.changes() {
		if danger := bold != ""; danger != f.danger {
			f.danger = danger
			f.buttons()
		}
		if f.changed() {
			f.back.Show()
		} else {
			f.back.Hide()
		}
		f.do.SetEnabled(f.changed() && f.valid())
	}
	f.dialog.Refresh()
}

func (f *propertiesForm) general() fyne.CanvasObject {
	q := f.queue
	name := kit.NewLabel(screen.QueueName(q.PathName)).Cut(kit.Middle)
	if p, err := mq.ParsePathName(q.PathName); err == nil && p.Private {
		name.SetText(p.String()[len(p.Machine)+1:])
	}
	rows := []kit.FormRow{{Label: "Name", Content: name}}
	if f.can {
		f.label = kit.NewField("none")
		f.label.SetText(f.edit.label)
		f.label.OnChanged = func(s string) { f.edit.label = s; f.update() }
		f.room = kit.NewMuted("")
		f.typeID = kit.NewField("").Mono()
		f.typeID.SetText(f.edit.typeID)
		f.typeID.OnChanged = func(s string) { f.edit.typeID = s; f.update() }
		f.syncs = append(f.syncs, func() { f.label.SetText(f.edit.label); f.typeID.SetText(f.edit.typeID) })
		f.inputs = append(f.inputs, f.label, f.typeID)
		rows = append(rows, kit.FormRow{Label: "Label", Content: kit.Grow(0, f.label, f.room)}, kit.FormRow{Label: "Type ID", Content: f.typeID})
	}
	word, icon := "No", "minus"
	if q.Transactional {
		word, icon = "Yes", "transactional"
	}
	rows = append(rows, kit.FormRow{Label: "Transactional", Content: kit.Row(kit.NewIcon(icon, 16, theme.Muted), kit.NewLabel(word), kit.NewMuted("fixed when the queue was made"))})
	top := kit.Form(104, rows...)
	var below []kit.FormRow
	copied := func(what, text string) fyne.CanvasObject {
		return kit.Grow(0, kit.NewLabel(text).Face(kit.Mono).Cut(kit.Middle), kit.NewIconButton("copy", "Copy "+what, func() { f.host.Copy(text, what) }).Plain())
	}
	if p, err := mq.ParsePathName(q.PathName); err == nil && !p.System {
		below = append(below, kit.FormRow{Label: "Send to it as", Content: copied("the direct name", p.Direct().String())})
	}
	below = append(below,
		kit.FormRow{Label: "Format name", Content: copied("the format name", q.FormatName)},
	)
	if !q.Created.IsZero() {
		below = append(below,
			kit.FormRow{Label: "Made", Content: kit.NewLabel(screen.FullTime(q.Created, f.host.Now()))},
			kit.FormRow{Label: "Changed", Content: kit.NewLabel(screen.FullTime(q.Modified, f.host.Now()))},
		)
	}
	return kit.Stack(12, top, kit.NewRule(), kit.Form(104, below...))
}

func (f *propertiesForm) limits() fyne.CanvasObject {
	q := f.queue
	size := kit.NewNumberField(f.limitKB, 1, int64(mq.Unlimited)-1, 96)
	size.OnNumber = func(v int64) { f.limitKB = v; f.update() }
	check := kit.NewCheck("Limit message storage of this queue", f.limit, func(on bool) {
		f.limit = on
		size.SetEnabled(on)
		f.update()
	})
	f.inputs = append(f.inputs, size, check)
	sync := func() { size.SetValue(f.limitKB); size.SetEnabled(f.limit); check.SetChecked(f.limit) }
	sync()
	f.syncs = append(f.syncs, sync)
	hint := kit.NewRuns(kit.Run{Text: "When it is full, new messages are refused and their senders are told "}, kit.Run{Text: "queue full", Face: kit.Bold},
		kit.Run{Text: ". What is here stays. "}, kit.Run{Text: "0x8003", Face: kit.Mono}).Color(theme.Text2)
	return kit.Stack(12,
		check,
		kit.Padded(0, 0, 0, 24, kit.Grow(2, size, kit.NewLabel("KB").Color(theme.Muted), gauge(q.Bytes, q.QuotaKB), usedLabel(q.Bytes, q.QuotaKB))),
		kit.Hint("info", theme.Muted, hint),
		kit.NewRule(),
		kit.Grow(1, kit.NewLabel("All of "+f.node.Name).Color(theme.Muted), gauge(f.machine.Bytes, f.machine.QuotaKB), usedLabel(f.machine.Bytes, f.machine.QuotaKB)),
	)
}

// gauge shows how much of a limit is used.
func gauge(bytes int64, kb *uint32) *kit.Meter {
	part, _ := used(bytes, kb)
	m := kit.NewMeter(64)
	m.Set(max(0, part), kit.StorageColor(part))
	return m
}

func usedLabel(bytes int64, kb *uint32) *kit.Label {
	_, text := used(bytes, kb)
	if kb == nil {
		text += ", no limit"
	}
	return kit.NewLabel(text).Color(theme.Muted)
}

func (f *propertiesForm) journals() fyne.CanvasObject {
	q := f.queue
	size := kit.NewNumberField(f.journalKB, 1, int64(mq.Unlimited)-1, 96)
	size.OnNumber = func(v int64) { f.journalKB = v; f.update() }
	var check, limit *kit.Check
	enable := func() {
		limit.SetEnabled(f.journal)
		size.SetEnabled(f.journal && f.journalLimit)
	}
	check = kit.NewCheck("Keep a copy of every message that is taken", f.journal, func(on bool) { f.journal = on; enable(); f.update() })
	limit = kit.NewCheck("At most", f.journalLimit, func(on bool) { f.journalLimit = on; enable(); f.update() })
	f.inputs = append(f.inputs, size, check, limit)
	sync := func() {
		size.SetValue(f.journalKB)
		check.SetChecked(f.journal)
		limit.SetChecked(f.journalLimit)
		enable()
	}
	sync()
	f.syncs = append(f.syncs, sync)
	hint := kit.NewParagraph("A full journal keeps no more copies, without a word to anyone. Messages are delivered and read as before.").Color(theme.Text2)
	at := screen.Route{Node: f.node.ID, Queue: q.PathName + ";journal"}
	open := kit.NewIconButton("open", "Open the journal", func() {
		f.dialog.Close()
		at.Screen = screen.Queues
		f.host.Open(at)
	}).Plain()
	purge := kit.NewButton("Purge…", "purge", func() {
		f.dialog.Close()
		at.Screen = screen.PurgeQueue
		f.host.Open(at)
	}).Plain()
	purge.SetEnabled(q.JournalMessages > 0)
	purge.Refuse(f.node.Lacks(mgmtclient.CanPurge))
	held := kit.NewPanel(theme.Surface, kit.Padded(4, 8, 4, 12, kit.Row(kit.NewIcon("journal", 16, theme.Muted),
		kit.NewLabel(copies(q.JournalMessages)).Face(kit.Bold), kit.NewMuted(screen.Size(q.JournalBytes)), kit.Spacer(), open, purge))).Framed(6)
	return kit.Stack(12,
		check,
		kit.Padded(0, 0, 0, 24, kit.Grow(3, limit, size, kit.NewLabel("KB").Color(theme.Muted), gauge(q.JournalBytes, q.JournalQuotaKB), usedLabel(q.JournalBytes, q.JournalQuotaKB))),
		kit.Hint("info", theme.Muted, hint),
		held,
	)
}

func (f *propertiesForm) apply() {
	done := busy(f.scope, f.do, "Applying…")
	screen.Load(f.scope, f.edit.apply, func(_ struct{}, err error) {
		done()
		f.host.Feed().Refresh(f.node.ID)
		name := screen.QueueName(f.queue.PathName)
		if err == nil {
			f.dialog.Close()
			f.host.Done(screen.Action{What: "Changed the properties of " + name, Tone: kit.Success})
			return
		}
		tried := "Nothing was changed."
		var half halfDone
		if errors.As(err, &half) {
			tried = "The properties were changed, the permissions were not."
			f.sync()
		}
		SetErrorNote(f.fail, tried, err)
		f.dialog.Refresh()
	})
}

// sync takes what was applied as what holds.
func (f *propertiesForm) sync() {
	q := &f.queue
	q.Label, q.Journal, q.Authenticate, q.PrivacyLevel = f.edit.label, f.journal, f.signed, f.privacy
	q.QuotaKB, q.JournalQuotaKB = limited(f.limit, f.limitKB), limited(f.journalLimit, f.journalKB)
	if g, err := mq.ParseGUID(f.edit.typeID); err == nil {
		q.ServiceType = g
	}
	f.update()
}
