package kit

import (
	"fyne.io/fyne/v2"

	"posthouse/views/theme"
)

// Confirm asks before something is done that cannot be taken back. It names
// what is touched and how many, and leans to Cancel.
type Confirm struct {
	Title  string // a question: "Delete 12 dead letters?"
	Icon   string
	Text   []Run
	Facts  []Pair // what is touched, in a frame
	Note   fyne.CanvasObject
	Check  string // a check box, such as "Keep a copy"; "" none
	On     bool   // whether the check box is on
	Type   string // what must be typed before the button works; "" nothing
	Do     string // the button: "Delete 12"
	Cancel string // "Cancel" if empty
	Danger bool   // the button is red and Cancel has the focus
	Lean   bool   // Cancel has the focus
	OnDo   func(checked bool)
}

// Show opens the question over a window.
func (q Confirm) Show(c fyne.Canvas) *Dialog {
	d := q.Dialog()
	d.Show(c)
	return d
}

// Dialog makes the dialog without showing it.
func (q Confirm) Dialog() *Dialog {
	body := Stack(12)
	if len(q.Text) > 0 {
		body.Add(NewRuns(q.Text...))
	}
	if len(q.Facts) > 0 {
		body.Add(NewPanel(theme.Raised, Padded(3, 0, 3, 0, NewKeyValue(112, q.Facts...).Inset(13))).Framed(6))
	}
	if q.Note != nil {
		body.Add(q.Note)
	}
	var check *Check
	if q.Check != "" {
		check = NewCheck(q.Check, q.On, nil)
		body.Add(check)
	}
	d := NewDialog(q.Title, q.Icon, body).Wide(512)
	word := q.Cancel
	if word == "" {
		word = "Cancel"
	}
	cancel := NewButton(word, "", d.Close)
	do := NewButton(q.Do, "", func() {
		d.Close()
		if q.OnDo != nil {
			q.OnDo(check != nil && check.Checked())
		}
	})
	if q.Danger {
		d.IconColor(theme.Danger)
		do.Danger()
	} else {
		do.Primary()
	}
	d.Buttons(cancel, do).Cancel(cancel)
	if q.Danger || q.Lean {
		d.Default(cancel).FirstFocus(cancel)
	} else {
		d.FirstFocus(do)
	}
	if q.Type != "" {
		q.askToType(d, body, cancel, do)
	}
	return d
}

// askToType adds the field whose text must match before the button works.
func (q Confirm) askToType(d *Dialog, body *fyne.Container, cancel, do *Button) {
	hint := NewMuted("Name does not match yet")
	field := NewField("").Tall()
	do.Disable()
	field.OnChanged = func(s string) {
		match := s == q.Type
		do.SetEnabled(match)
		hint.SetText("Name does not match yet")
		d.Default(cancel)
		if match {
			hint.SetText("")
			d.Default(do)
		}
		d.Refresh()
	}
	ask := NewRuns(Run{Text: "Type "}, Run{Text: q.Type, Face: Bold}, Run{Text: " to confirm"}).Color(theme.Text2)
	body.Add(Stack(4, ask, field))
	d.Foot(hint).FirstFocus(field.Focusable())
}
