package desk

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/views/desk/form"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// fillPane is the form that is filled in, in place of the list.
type fillPane struct {
	v     *View
	title *kit.Label
	to    *kit.Label
	head  *fyne.Container
	note  *kit.Note
	noted fyne.CanvasObject
	rows  *fyne.Container
	form  *form.Form // whose fields are shown
	field map[string]*fieldRow
	save  *kit.Button
	throw *kit.Button
	words *kit.Label
	steps *fyne.Container
	limit *kit.Note
	body  *container.Scroll
	busy  bool
}

// formColumn is the width of the labels, formWide that of the whole form.
const (
	formColumn = 136
	formWide   = 640
)

func newFillPane(v *View) *fillPane {
	f := &fillPane{v: v, rows: container.NewStack(), field: map[string]*fieldRow{}, steps: kit.Stack(0)}
	f.title, f.to = kit.NewHeading(""), kit.NewLabel("").Color(theme.Muted).Cut(kit.End)
	f.note = kit.NewNote(kit.Success, "", "")
	f.noted = kit.Padded(0, 0, 16, 0, f.note)
	f.save = kit.NewButton("Save entry", "save", v.saveEntry).Primary().Tall().Key("Enter")
	f.throw = kit.NewButton("Discard", "", v.discard).Tall()
	f.words = kit.NewMuted("")
	f.limit = kit.NewNote(kit.Neutral, "", "").Icon("clock-countdown")
	return f
}

// arrange lays the form out; wide leaves room for what happens next.
func (f *fillPane) arrange(wide bool) fyne.CanvasObject {
	f.head = kit.Grow(1, f.title, f.to, kit.NewIconButton("x", "Back to the list; what you wrote stays (Esc)", f.v.p.Fill.Close).Plain())
	head := kit.NewPanel(theme.Surface, kit.Fixed(0, 55, kit.Padded(0, 8, 0, 16, f.head)))
	f.body = container.NewVScroll(container.New(upToWide{formWide}, kit.Padded(16, 16, 24, 16, kit.Stack(0, f.noted, f.rows))))
	foot := kit.ActionBar(f.save, f.throw, f.words)
	main := screen.Column(2, head, kit.NewRule(), kit.NewPanel(theme.Surface, kit.Calm(f.body)), foot)
	if !wide {
		return main
	}
	next := kit.Stack(0, kit.Padded(12, 16, 4, 16, f.steps), kit.Padded(4, 16, 12, 16, f.limit))
	aside := screen.Column(2, kit.Fixed(0, 55, kit.Padded(0, 16, 0, 16, kit.Row(kit.NewLabel("What happens next").Face(kit.Bold).Sized(kit.SizeTitle)))), kit.NewRule(), next)
	line := kit.Fixed(1, 0, kit.NewPanel(theme.Border, container.NewStack()))
	return screen.Side(0, main, line, kit.Fixed(360, 0, kit.NewPanel(theme.Surface, aside)))
}

// upToWide keeps an object from becoming wider than people like to read.
type upToWide struct{ width float32 }

func (u upToWide) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(320, o[0].MinSize().Height)
}

func (u upToWide) Layout(o []fyne.CanvasObject, s fyne.Size) {
	o[0].Resize(fyne.NewSize(min(u.width, s.Width), s.Height))
}

// fieldRow is the control of a field.
type fieldRow struct {
	set     func(string)
	fault   func(string)
	focus   fyne.Focusable
	enable  func(bool)
	content fyne.CanvasObject
}

// rebuild shows another form, or other values.
func (f *fillPane) rebuild() {
	p := f.v.p.Fill
	x := p.Form()
	if x == nil {
		return
	}
	if f.form != x {
		at := f.focused()
		f.form = x
		f.field = map[string]*fieldRow{}
		rows := make([]kit.FormRow, 0, len(x.Fields))
		for i := range x.Fields {
			field := &x.Fields[i]
			r := f.control(field)
			f.field[field.Name] = r
			label := field.Label
			if field.Required {
				label += " *"
			}
			if field.Kind == form.Check {
				label = ""
			}
			rows = append(rows, kit.FormRow{Label: label, Content: r.content})
		}
		f.rows.Objects = []fyne.CanvasObject{kit.Form(formColumn, rows...)}
		f.rows.Refresh()
		f.title.SetText(x.Title)
		f.to.SetText("to " + x.To.Name)
		if f.head != nil {
			f.head.Refresh()
		}
		if at != "" { // the keyboard stays where it was
			f.focus(at)
		}
		f.steps.Objects = []fyne.CanvasObject{
			stepRow(step{ahead, "Saved on this computer", "when you save"}, false), stepRow(step{ahead, "Sent", "when there is a line"}, false),
			stepRow(step{ahead, "Delivered to " + x.To.Name, ""}, false), stepRow(step{ahead, "Picked up", ""}, false),
		}
		f.limit.SetRuns(kit.Run{Text: "It may take " + inWords(x.Within) + ". ", Face: kit.Bold},
			kit.Run{Text: "If there was no line until then, it comes back to you as Needs attention. It is never lost."})
	}
	f.busy = true
	for name, r := range f.field {
		r.set(p.Typed(name))
	}
	f.busy = false
}

// control makes the control of a field.
func (f *fillPane) control(x *form.Field) *fieldRow {
	p := f.v.p.Fill
	typed := func(s string) {
		if !f.busy {
			p.Type(x.Name, s)
		}
	}
	left := func() {
		if !f.busy {
			p.Left(x.Name)
		}
	}
	r := &fieldRow{}
	var control fyne.CanvasObject
	words := kit.NewMuted("").Color(theme.Danger)
	fault := kit.GapRow(6, kit.NewIcon("warning", 16, theme.Danger), words)
	fault.Hide()
	say := func(s string) {
		words.SetText(s)
		visible(fault, s != "")
	}
	switch x.Kind {
	case form.MultiLine:
		a := kit.NewTextArea("", 4)
		a.OnChanged, a.OnLeave = typed, left
		r.set, r.fault, r.focus, r.enable, control = a.SetText, a.SetError, a.Focusable(), a.SetEnabled, a
	case form.OneOf:
		choices := make([]kit.Choice, 0, len(x.Choices)+1)
		if !x.Required {
			choices = append(choices, kit.Choice{ID: " ", Text: "–"})
		}
		for _, c := range x.Choices {
			choices = append(choices, kit.Choice{ID: c.Value, Text: c.Text})
		}
		s := kit.NewSelect(choices, "", 240, func(id string) { typed(id) })
		r.set, r.fault, r.focus, r.enable, control = s.SetChosen, say, s, s.SetEnabled, kit.Row(s)
	case form.Check:
		label := x.Label
		if x.Required {
			label += " *"
		}
		c := kit.NewCheck(label, false, func(on bool) { typed(map[bool]string{true: "true", false: "false"}[on]) })
		r.set, r.fault, r.focus, r.enable, control = func(s string) { c.SetChecked(s == "true") }, say, c, c.SetEnabled, c
	default:
		e := kit.NewField("")
		e.OnChanged, e.OnLeave = typed, left
		e.OnSubmit = func(string) { f.v.saveEntry() }
		e.OnKey = f.key
		r.set, r.fault, r.focus, r.enable, control = e.SetText, e.SetError, e.Focusable(), e.SetEnabled, e
		hint := x.Unit
		if d := x.Describe(); d != "" && hint == "" {
			hint = d
		} else if d != "" {
			hint += ", " + d
		}
		wide := map[form.Kind]float32{form.Number: 136, form.Date: 168, form.DateTime: 200}[x.Kind]
		if wide > 0 {
			control = kit.Row(kit.Fixed(wide, 0, e), kit.NewLabel(hint).Color(theme.Muted))
			// A fault is longer than such a field is wide.
			r.fault = say
		}
	}
	stack := kit.Stack(4, control, fault)
	if x.Help != "" {
		stack.Add(kit.NewParagraph(x.Help).Small().Color(theme.Muted))
	}
	r.content = stack
	return r
}

// key are the keys in a field: Esc goes back to the list.
func (f *fillPane) key(ev *fyne.KeyEvent) bool {
	if ev.Name == fyne.KeyEscape {
		f.v.p.Fill.Close()
		return true
	}
	return false
}

// changed shows faults and what became of the last entry.
func (f *fillPane) changed() {
	p := f.v.p.Fill
	if !p.Open() {
		return
	}
	for name, r := range f.field {
		r.fault(screen.Title(p.Fault(name)))
		r.enable(!p.saving)
	}
	f.save.SetEnabled(!p.saving)
	f.throw.SetEnabled(!p.saving && p.Written())
	f.words.SetText(p.Words())
	s, shown := p.Said()
	if shown {
		f.note.Set(s.tone, "", "")
		f.note.Icon(s.icon)
		f.note.SetRuns(kit.Run{Text: s.bold + " ", Face: kit.Bold}, kit.Run{Text: s.text})
	}
	visible(f.noted, shown)
	if f.body != nil {
		f.rows.Refresh()
		f.body.Refresh()
	}
	f.v.side.changed()
}

// focusFirst puts the keyboard into the first field.
func (f *fillPane) focusFirst() {
	if x := f.v.p.Fill.Form(); x != nil && len(x.Fields) > 0 {
		f.focus(x.Fields[0].Name)
	}
}

// focused is the field that has the keyboard; "" none does.
func (f *fillPane) focused() string {
	if c := fyne.CurrentApp().Driver().CanvasForObject(f.v.root); c != nil {
		for name, r := range f.field {
			if c.Focused() == r.focus {
				return name
			}
		}
	}
	return ""
}

func (f *fillPane) focus(name string) {
	r := f.field[name]
	if c := fyne.CurrentApp().Driver().CanvasForObject(f.v.root); c != nil && r != nil {
		c.Focus(r.focus)
	}
}

// saveEntry saves, or goes to what is to be mended.
func (v *View) saveEntry() {
	if name := v.p.Fill.Save(); name != "" {
		v.fill.focus(name)
	}
}

// discard throws away what was written, having asked.
func (v *View) discard() {
	if !v.p.Fill.Written() {
		return
	}
	v.host.Show(kit.Confirm{
		Title: "Discard what you wrote?", Icon: "delete", Do: "Discard", Cancel: "Keep writing", Danger: true,
		Text: []kit.Run{{Text: v.p.Fill.DiscardWords()}}, OnDo: func(bool) { v.p.Fill.Discard(); v.fill.focusFirst() },
	}.Dialog())
}
