package queueforms

import (
	"fmt"

	"fyne.io/fyne/v2"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// NewQueue opens the form for a new private queue. Route.Queue suggests its
// name.
func NewQueue(h screen.Host, r screen.Route) {
	n, err := client(h, r.Node)
	if err != nil {
		h.Fail("New queue", err)
		return
	}
	if n.Lacks(mgmtclient.CanAdmin) != "" {
		h.Fail("No queue can be created on "+n.Name, n.Refuse("create a queue", mgmtclient.CanAdmin))
		return
	}
	h.Show(newQueueForm(h, n, suggested(r.Queue)).dialog)
}

// suggested is the name of a queue in a path name, for a field.
func suggested(path string) string {
	if p, err := mq.ParsePathName(path); err == nil {
		return p.Queue
	}
	return path
}

type queueForm struct {
	*creation
	host   screen.Host
	scope  *screen.Scope
	dialog *kit.Dialog
	field  *kit.Field
	labels *kit.Field
	room   *kit.Label
	warn   *kit.Note
	fail   *kit.Note
	more   *fyne.Container
	cancel *kit.Button
	do     *kit.Button
}

func newQueueForm(h screen.Host, n screen.Node, name string) *queueForm {
	f := &queueForm{creation: newCreation(h, n, name), host: h, scope: h.Scope().Sub()}
	f.field = kit.NewField("orders.in").Prefix(`private$\`)
	f.field.SetText(name)
	f.field.OnChanged = func(s string) { f.name = s; f.update(true) }
	f.labels = kit.NewField("what it is for")
	f.labels.OnChanged = func(s string) { f.label = s; f.update(true) }
	f.room = kit.NewMuted("")
	transactional := kit.NewCheck("Yes", false, func(on bool) { f.transactional = on }).Hint("cannot be changed later")
	who := kit.NewRadio([]kit.Choice{
		{ID: sendOwner, Text: "Only me", Hint: "and those added later"},
		{ID: sendEveryone, Text: "Everyone", Hint: "with an account on " + n.Name},
		{ID: sendAnyone, Text: "Anyone", Hint: "unsigned, from other computers too"},
	}, f.send, func(id string) { f.send = id; f.update(true) })
	f.warn = kit.NewNote(kit.Warning, "", "")
	f.fail = kit.NewNote(kit.Danger, "", "")
	f.fail.Hide()
	f.more = f.limits()
	f.more.Hide()
	body := kit.Stack(12,
		f.fail,
		kit.Form(104,
			kit.FormRow{Label: "Name", Content: f.field},
			kit.FormRow{Label: "Label", Content: kit.Grow(0, f.labels, f.room)},
			kit.FormRow{Label: "Transactional", Content: transactional},
		),
		kit.NewRule(),
		kit.Stack(4, kit.NewLabel("Who may send to it").Face(kit.Bold), who),
		f.warn,
		f.more,
	)
	f.dialog = kit.NewDialog("New queue on "+n.Name, "plus", body).Wide(432)
	f.cancel = kit.NewButton("Cancel", "", f.dialog.Close)
	f.do = kit.NewButton("Create queue", "", f.create).Primary()
	more := kit.NewButton("Limits, journal", "caret-right", nil).Plain()
	more.OnTapped = func() {
		if f.more.Visible() {
			f.more.Hide()
			more.SetIcon("caret-right")
		} else {
			f.more.Show()
			more.SetIcon("caret-down")
		}
		f.dialog.Refresh()
	}
	f.dialog.Foot(more.Tall()).Buttons(f.cancel, f.do).FirstFocus(f.field.Focusable())
	f.dialog.OnClosed = f.scope.End
	f.update(name != "")
	return f
}

// limits are the rows most queues do without.
func (f *queueForm) limits() *fyne.Container {
	size := kit.NewNumberField(f.limitKB, 1, int64(mq.Unlimited)-1, 96)
	size.SetEnabled(false)
	size.OnNumber = func(v int64) { f.limitKB = v }
	kept := kit.NewNumberField(f.journalKB, 1, int64(mq.Unlimited)-1, 96)
	kept.SetEnabled(false)
	kept.OnNumber = func(v int64) { f.journalKB = v }
	journalLimit := kit.NewCheck("At most", false, func(on bool) { f.journalLimit = on; kept.SetEnabled(on) })
	journalLimit.SetEnabled(false)
	journal := kit.NewCheck("Keep a copy of every message that is taken", false, func(on bool) {
		f.journal = on
		journalLimit.SetEnabled(on)
		kept.SetEnabled(on && f.journalLimit)
	})
	limit := kit.NewCheck("At most", false, func(on bool) { f.limit = on; size.SetEnabled(on) })
	unit := func() fyne.CanvasObject { return kit.NewLabel("KB").Color(theme.Muted) }
	return kit.Stack(12, kit.NewRule(), kit.Form(104,
		kit.FormRow{Label: "Storage", Content: kit.Row(limit, size, unit())},
		kit.FormRow{Label: "Journal", Content: journal},
		kit.FormRow{Label: "", Content: kit.Row(journalLimit, kept, unit())},
	))
}

// update shows what follows from what is filled in. An empty name is no fault
// before anything was typed.
func (f *queueForm) update(typed bool) {
	fault := f.fault()
	if fault == "" {
		f.field.SetState("check-circle", theme.Success)
	} else {
		f.field.SetState("", "")
	}
	if f.name == "" && !typed {
		fault = ""
	}
	f.field.SetError(fault)
	f.labels.SetError(labelFault(f.label))
	f.room.SetText(fmt.Sprintf("%d/%d", mq.LabelLength(f.label), mq.MaxQueueLabel))
	bold, text := f.warning()
	f.warn.Set(kit.Warning, bold, text)
	if bold == "" {
		f.warn.Hide()
	} else {
		f.warn.Show()
	}
	f.do.SetEnabled(f.ready())
	f.dialog.Refresh()
}

func (f *queueForm) create() {
	done := busy(f.scope, f.do, "Creating…")
	screen.Load(f.scope, f.creation.create, func(q mgmtclient.Queue, err error) {
		done()
		if err != nil {
			if mq.CodeOf(err) == mq.ErrQueueExists {
				f.field.SetError("There is a queue of this name already")
			}
			SetErrorNote(f.fail, "The queue was not created.", err)
			f.dialog.Refresh()
			return
		}
		f.dialog.Close()
		f.host.Feed().Refresh(f.node.ID)
		f.host.Done(screen.Action{What: "Created queue " + screen.QueueName(q.PathName), Tone: kit.Success})
		f.host.Open(screen.Route{Screen: screen.Queues, Node: f.node.ID, Queue: q.PathName})
	})
}
