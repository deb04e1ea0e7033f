package compose

import (
	"fmt"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/localqm/mq"
	"posthouse/views/kit"
	"posthouse/views/queueforms"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// View is the screen.
type View struct {
	host screen.Host
	p    *Presenter
	root *fyne.Container
	left *fyne.Container
	form *fyne.Container
	busy bool // widgets are being filled: they do not tell

	from   *kit.Label
	queue  *kit.Field
	opened *kit.Label
	label  *kit.Field
	room   *kit.Label

	transactional *kit.Check
	mode          *kit.Segmented
	priority      *kit.NumberField
	priorityNote  *kit.Label
	optionBox     *fyne.Container
	reach, read   *kit.Field
	reachUnit     *kit.Select
	readUnit      *kit.Select
	deadLetter    *kit.Check
	journal       *kit.Check
	ack           *kit.Select
	admin         *queueChoice
	response      *queueChoice

	body *bodyPane
	side *sidePane

	outcome    *kit.Note
	outcomeBox *fyne.Container
	judgeIcon  *kit.Icon
	judge      *kit.Label
	copies     *kit.NumberField
	send       *kit.Button
}

// The widths of the pane at the right.
const (
	sideWide   = 376
	sideNarrow = 280
	wideFrom   = 1100
)

// New makes the screen; it is a screen.Factory.
func New(h screen.Host) screen.Screen {
	v := &View{host: h, p: NewPresenter(h)}
	v.from = kit.NewLabel("").Color(theme.Text2)
	templatesButton := kit.NewButton("Templates", "file", nil)
	templatesButton.OnTapped = func() { v.templates(templatesButton) }
	load := kit.NewButton("Load file", "import", v.loadFile)
	head := kit.ScreenHeader(kit.NewHeading("New message"), v.from, kit.Spacer(), templatesButton, load)
	v.body = newBodyPane(v)
	v.side = newSidePane(v)
	v.outcome = kit.NewNote(kit.Success, "", "")
	v.outcomeBox = container.NewStack(kit.NewPanel(theme.Surface, kit.Padded(8, 16, 8, 16, v.outcome)))
	v.outcomeBox.Hide()
	v.judgeIcon, v.judge = kit.NewIcon("check", 16, theme.Success), kit.NewLabel("").Cut(kit.End)
	v.copies = kit.NewNumberField(1, 1, MaxCopies, 56)
	v.copies.OnNumber = func(n int64) { v.edit(func(d *draft) { d.copies = int(n) }) }
	cancel := kit.NewButton("Cancel", "", v.leave).Tall()
	v.send = kit.NewButton("Send", "send", v.p.Send).Primary().Tall().Key(h.Commands().Keys(screen.CmdSendNow))
	bar := container.NewStack(kit.ActionBar(), kit.Padded(0, 16, 0, 16, kit.Grow(1, v.judgeIcon, v.judge,
		kit.NewLabel("Copies").Color(theme.Text2), v.copies, cancel, v.send)))
	v.options()
	v.form = screen.Column(6,
		kit.NewPanel(theme.Surface, kit.PaddedStack(0, 16, 16, v.address())), kit.NewRule(),
		kit.NewPanel(theme.Surface, kit.PaddedStack(0, 16, 12, v.optionBox)), kit.NewRule(),
		v.body.head, v.body.warning, v.body.content)
	// In a low window the form scrolls, in a high one the body has the rest.
	v.left = screen.Column(1, head, kit.Calm(container.NewVScroll(v.form)), v.outcomeBox, bar)
	v.p.OnChange, v.p.OnDraft = v.changed, v.filled
	v.root = screen.NewResponsive(func(s fyne.Size) int {
		if s.Width >= wideFrom {
			return sideWide
		}
		return sideNarrow
	}, func(width int) fyne.CanvasObject {
		v.arrangeOptions(width == sideNarrow)
		return screen.Side(0, v.left, kit.Fixed(1, 0, kit.NewPanel(theme.Border, container.NewStack())), kit.Fixed(float32(width), 0, v.side.root))
	})
	v.filled()
	return v
}

// edit changes the draft, unless the widgets are only being filled.
func (v *View) edit(change func(*draft)) {
	if !v.busy {
		v.p.Edit(change)
	}
}

// labelColumn is the width of the labels of the form.
const labelColumn = 136

func (v *View) address() fyne.CanvasObject {
	v.queue = kit.NewField(`orders.in, HOST\private$\orders.in or a format name`).Mono()
	v.queue.OnChanged = func(s string) { v.edit(func(d *draft) { d.queue = s }) }
	choose := kit.NewButton("Choose", "folder-open", func() {
		v.choose("Send to", "Choose", false, func(path string) { v.edit(func(d *draft) { d.queue = path }); v.filled() })
	})
	v.opened = kit.NewLabel("").Face(kit.Mono).Sized(kit.SizeCaption).Color(theme.Muted).Cut(kit.Middle)
	v.label = kit.NewField("none")
	v.label.OnChanged = func(s string) { v.edit(func(d *draft) { d.label = s }) }
	v.room = kit.NewMuted("").Align(fyne.TextAlignTrailing)
	return kit.Form(labelColumn,
		kit.FormRow{Label: "Destination", Content: kit.Stack(4, kit.Grow(0, v.queue, choose), kit.Grow(1, kit.NewMuted("Opened as"), v.opened))},
		kit.FormRow{Label: "Label", Content: kit.Grow(0, v.label, kit.Fixed(48, 0, v.room))},
	)
}

// modeChoices are the ways of delivery: a transaction is never express.
func modeChoices(transactional bool) []kit.Choice {
	return []kit.Choice{{ID: "express", Text: "Express", Disabled: transactional}, {ID: "recoverable", Text: "Recoverable"}}
}

// options makes the widgets of delivery and tracking.
func (v *View) options() {
	v.optionBox = container.NewStack()
	v.transactional = kit.NewCheck("Send in a transaction", false, func(on bool) {
		if !v.busy {
			v.p.Decide(on)
		}
	})
	v.mode = kit.NewSegmented(modeChoices(false), "recoverable",
		func(id string) { v.edit(func(d *draft) { d.express = id == "express" }) })
	v.priority = kit.NewNumberField(mq.DefaultPriority, 0, mq.MaxPriority, 64)
	v.priority.OnNumber = func(n int64) { v.edit(func(d *draft) { d.priority = int(n) }) }
	v.priorityNote = kit.NewMuted("")
	v.reach, v.reachUnit = v.limit(func(d *draft) *limit { return &d.reach })
	v.read, v.readUnit = v.limit(func(d *draft) *limit { return &d.read })
	v.deadLetter = kit.NewCheck("Keep in dead letters", false, func(on bool) { v.edit(func(d *draft) { d.deadLetter = on }) })
	v.journal = kit.NewCheck("Keep a copy here", false, func(on bool) { v.edit(func(d *draft) { d.journal = on }) })
	var choices []kit.Choice
	for _, a := range acks {
		choices = append(choices, kit.Choice{ID: a.id, Text: a.text})
	}
	v.ack = kit.NewSelect(choices, "none", 152, func(id string) { v.edit(func(d *draft) { d.ack = id }) })
	v.admin = newQueueChoice(v, "Tell in", true, func(d *draft) *string { return &d.admin })
	v.response = newQueueChoice(v, "Answer in", false, func(d *draft) *string { return &d.response })
	v.arrangeOptions(false)
}

// arrangeOptions puts delivery and tracking side by side.
func (v *View) arrangeOptions(narrow bool) {
	left, right, reach := float32(labelColumn), float32(120), "Reach queue within"
	if narrow {
		left, right, reach = 104, 104, "Reach within"
	}
	visible(v.priorityNote, !narrow)
	delivery := kit.Stack(8, kit.NewLabel("Delivery").Face(kit.Bold), kit.Form(left,
		kit.FormRow{Label: "Transactional", Content: v.transactional},
		kit.FormRow{Label: "Mode", Content: v.mode},
		kit.FormRow{Label: "Priority", Content: kit.Row(v.priority, v.priorityNote)},
		kit.FormRow{Label: reach, Content: kit.Row(v.reach, v.reachUnit)},
		kit.FormRow{Label: "Be read within", Content: kit.Row(v.read, v.readUnit)},
	))
	tracking := kit.Stack(8, kit.NewLabel("Tracking").Face(kit.Bold), kit.Form(right,
		kit.FormRow{Label: "If it fails", Content: v.deadLetter},
		kit.FormRow{Label: "Journal", Content: v.journal},
		kit.FormRow{Label: "Acknowledge", Content: kit.Row(v.ack)},
		kit.FormRow{Label: "Admin queue", Content: v.admin.box},
		kit.FormRow{Label: map[bool]string{true: "Response", false: "Response queue"}[narrow], Content: v.response.box},
	))
	v.optionBox.Objects = []fyne.CanvasObject{container.New(halves{}, delivery, kit.NewPanel(theme.Border, container.NewStack()), tracking)}
	v.optionBox.Refresh()
}

// limit makes the widgets of a time limit.
func (v *View) limit(of func(*draft) *limit) (*kit.Field, *kit.Select) {
	f := kit.NewField("no limit").Wide(72)
	f.OnChanged = func(s string) { v.edit(func(d *draft) { of(d).number = s }) }
	u := kit.NewSelect(kit.Choices(unitSeconds, unitMinutes, unitHours, unitDays), unitDays, 88, func(id string) { v.edit(func(d *draft) { of(d).unit = id }) })
	return f, u
}

// halves puts two columns side by side with a line between them.
type halves struct{}

const halfGap = 16

func (halves) MinSize(o []fyne.CanvasObject) fyne.Size {
	a, b := o[0].MinSize(), o[2].MinSize()
	return fyne.NewSize(2*max(a.Width, b.Width)+2*halfGap+1, max(a.Height, b.Height))
}

func (halves) Layout(o []fyne.CanvasObject, s fyne.Size) {
	w := float32(int((s.Width - 2*halfGap - 1) / 2))
	o[0].Move(fyne.Position{})
	o[0].Resize(fyne.NewSize(w, s.Height))
	o[1].Move(fyne.NewPos(w+halfGap, 0))
	o[1].Resize(fyne.NewSize(1, s.Height))
	o[2].Move(fyne.NewPos(w+2*halfGap+1, 0))
	o[2].Resize(fyne.NewSize(s.Width-w-2*halfGap-1, s.Height))
}

// queueChoice is a field for a queue that may be left out.
type queueChoice struct {
	box    *fyne.Container
	sel    *kit.Select
	fault  *kit.Label
	choose func()
	path   func() string
}

// The choices of a queueChoice beside the queue chosen.
const (
	noneID   = "None"
	chooseID = "Choose a queue…"
)

func newQueueChoice(v *View, title string, plain bool, of func(*draft) *string) *queueChoice {
	c := &queueChoice{fault: kit.NewMuted("").Color(theme.Danger), path: func() string { return *of(&v.p.draft) }}
	set := func(path string) {
		v.edit(func(d *draft) { *of(d) = path })
		c.fill()
	}
	c.choose = func() { v.choose(title, "Choose", plain, set) }
	c.sel = kit.NewSelect(nil, noneID, 144, func(id string) {
		switch id {
		case chooseID:
			c.fill()
			c.choose()
		case noneID:
			set("")
		default:
			set(id)
		}
	})
	c.fault.Hide()
	c.box = kit.Stack(2, c.sel, c.fault)
	c.fill()
	return c
}

// fill shows what the draft holds.
func (c *queueChoice) fill() {
	path := c.path()
	choices := []kit.Choice{{ID: noneID, Text: noneID}}
	chosen := noneID
	if path != "" {
		choices = append(choices, kit.Choice{ID: path, Text: path})
		chosen = path
	}
	c.sel.SetChoices(append(choices, kit.Choice{ID: chooseID, Text: chooseID, Icon: "folder-open"}))
	c.sel.SetChosen(chosen)
}

// choose asks for a queue; plain leaves transactional ones marked.
func (v *View) choose(title, do string, plain bool, then func(string)) {
	c := queueforms.Choice{Title: title, Do: do, Node: v.p.node.ID, Typed: true, Then: then}
	if plain {
		no := false
		c.Transactional = &no
	}
	queueforms.ChooseQueue(v.host, c)
}

// filled shows the whole draft.
func (v *View) filled() {
	d := &v.p.draft
	v.busy = true
	v.queue.SetText(d.queue)
	v.label.SetText(d.label)
	v.transactional.SetChecked(d.transactional)
	v.reach.SetText(d.reach.number)
	v.reachUnit.SetChosen(d.reach.unit)
	v.read.SetText(d.read.number)
	v.readUnit.SetChosen(d.read.unit)
	v.deadLetter.SetChecked(d.deadLetter)
	v.journal.SetChecked(d.journal)
	v.ack.SetChosen(d.ack)
	v.admin.fill()
	v.response.fill()
	v.copies.SetValue(int64(d.copies))
	v.body.fill()
	v.side.fill()
	v.busy = false
	v.changed()
}

// changed shows what follows from the draft.
func (v *View) changed() {
	d := &v.p.draft
	if v.p.node.Name != "" {
		v.from.SetText("from " + v.p.keeper())
	}
	faults := d.faults()
	v.queue.SetError(faults[fieldQueue])
	switch found, asked := v.p.Reached(); {
	case found:
		v.queue.SetState("check-circle", theme.Success)
	case asked:
		v.queue.SetState("x-circle", theme.Danger)
	default:
		v.queue.SetState("", "")
	}
	v.opened.SetText(v.p.Opened())
	v.label.SetError(faults[fieldLabel])
	v.room.SetText(fmt.Sprintf("%d/%d", mq.LabelLength(d.label), mq.MaxLabel))
	v.mode.SetChoices(modeChoices(d.transactional))
	v.priority.SetEnabled(!d.transactional)
	v.busy = true
	if d.transactional {
		v.mode.SetChosen("recoverable")
		v.priority.SetText("0")
		v.priorityNote.SetText("always 0 in a transaction")
	} else {
		v.mode.SetChosen(map[bool]string{true: "express", false: "recoverable"}[d.express])
		if n, ok := v.priority.Value(); !ok || int(n) != d.priority {
			v.priority.SetText(strconv.Itoa(d.priority))
		}
		v.priorityNote.SetText("0 to 7, higher first")
	}
	v.busy = false
	v.reach.SetError(faults[fieldReach])
	v.read.SetError(faults[fieldRead])
	v.admin.says(faults[fieldAdmin])
	v.response.says(faults[fieldResponse])
	v.body.changed()
	v.side.changed(faults)
	v.showOutcome()
	ok, why := v.p.CanSend()
	v.send.SetEnabled(ok)
	v.send.Tip(why)
	words, fine, fault := d.content.judge()
	switch {
	case fault:
		v.judgeIcon.Set("x-circle", theme.Danger)
	case !fine:
		v.judgeIcon.Set("warning", theme.Warning)
	default:
		v.judgeIcon.Set("check", theme.Success)
	}
	if d.copies > batch && d.transactional {
		words += fmt.Sprintf("; %d copies to a transaction", batch)
	}
	v.judge.SetText(words)
	v.left.Refresh()
	v.host.Commands().Changed()
}

// says shows a fault of the choice.
func (c *queueChoice) says(fault string) {
	c.fault.SetText(fault)
	if fault == "" {
		c.fault.Hide()
	} else {
		c.fault.Show()
	}
}

// showOutcome says what became of the last sending.
func (v *View) showOutcome() {
	o := v.p.last
	if o.bold == "" {
		v.outcomeBox.Hide()
		return
	}
	var buttons []*kit.Button
	if o.id != "" {
		buttons = append(buttons, kit.NewButton("Copy ID", "copy-id", func() { v.host.Copy(o.id, "the message ID") }))
	}
	if o.queue != "" {
		buttons = append(buttons, kit.NewButton("Open it", "open", func() {
			v.host.Open(screen.Route{Screen: screen.Queues, Node: v.p.node.ID, Queue: o.queue, Lookup: o.lookup})
		}))
	}
	buttons = append(buttons, kit.NewButton("Dismiss", "x", v.p.Dismiss))
	v.outcome.Set(o.tone, "", "", buttons...)
	runs := []kit.Run{{Text: o.bold + " ", Face: kit.Bold}, {Text: o.text + " "}}
	if o.id != "" {
		runs = append(runs, kit.Run{Text: o.before}, kit.Run{Text: o.id, Face: kit.Mono})
	}
	if _, _, code := screen.Reason(o.err); code != "" {
		runs = append(runs, kit.Run{Text: code, Face: kit.Mono})
	}
	v.outcome.SetRuns(runs...)
	v.outcomeBox.Show()
}

func (v *View) leave() {
	if !v.host.Commands().Run(screen.CmdBack) {
		v.host.Open(screen.Route{Screen: screen.Home})
	}
}

// Title is screen.Screen's, as what follows.
func (v *View) Title() string { return "New message" }

// Content is the widget.
func (v *View) Content() fyne.CanvasObject { return v.root }

// NodeChanged is screen.Follower's.
func (v *View) NodeChanged() { v.p.NodeChanged() }

// Leave keeps the draft.
func (v *View) Leave() { v.p.Leave() }

// Key has no keys of its own.
func (v *View) Key(*fyne.KeyEvent) bool { return false }

// First is the destination, or the label if there is a destination already.
func (v *View) First() fyne.Focusable {
	if v.queue.Text() == "" {
		return v.queue.Focusable()
	}
	return v.label.Focusable()
}

// Enter begins a message, having asked if another one would be lost.
func (v *View) Enter(s *screen.Scope, r screen.Route) {
	if r.Lookup != 0 && v.p.touched && v.p.Written() {
		v.p.Enter(s, screen.Route{Screen: screen.Compose, Node: r.Node})
		v.host.Show(kit.Confirm{
			Title: "Replace the message you are writing?", Icon: "warning", Do: "Replace", Cancel: "Keep writing", Danger: true,
			Text: []kit.Run{{Text: "It has not been sent. Its label, body and properties would be lost."}},
			OnDo: func(bool) { v.p.Enter(s, r) },
		}.Dialog())
		return
	}
	v.p.Enter(s, r)
}

// Actions are what can be done while a message is written.
func (v *View) Actions() screen.Actions {
	return screen.Actions{
		screen.CmdSendNow: {Run: v.p.Send, Enabled: func() bool { ok, _ := v.p.CanSend(); return ok }},
		screen.CmdRefresh: {Run: v.p.Again},
	}
}
