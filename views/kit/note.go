package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"posthouse/views/theme"
)

// Note is a tinted remark with an icon: what is the matter in bold, then what
// it means and what to do. It wraps, and may end in a row of buttons.
type Note struct {
	widget.BaseWidget
	tone    Tone
	icon    string
	text    *Paragraph
	actions *fyne.Container
	stacked bool
}

// noteIcons are the icons of the tones.
var noteIcons = [...]string{"info", "info", "check-circle", "warning", "x-circle-fill"}

// NewNote makes a note. bold leads; text follows it on the same line, or on
// its own with Stacked.
func NewNote(tone Tone, bold, text string, actions ...*Button) *Note {
	n := &Note{tone: tone, icon: noteIcons[tone], text: NewRuns()}
	n.actions = container.New(rowLayout{gap: 8, grow: -1})
	n.ExtendBaseWidget(n)
	n.Set(tone, bold, text, actions...)
	return n
}

// Stacked puts the bold line above the text.
func (n *Note) Stacked(bold, text string) *Note {
	n.stacked = true
	n.setText(bold, text)
	return n
}

// Icon changes the icon.
func (n *Note) Icon(name string) *Note { n.icon = name; n.Refresh(); return n }

// SetRuns sets the text as runs in several faces.
func (n *Note) SetRuns(runs ...Run) *Note {
	n.text.SetRuns(runs...)
	n.Refresh()
	return n
}

// Set changes everything.
func (n *Note) Set(tone Tone, bold, text string, actions ...*Button) {
	if n.icon == noteIcons[n.tone] {
		n.icon = noteIcons[tone]
	}
	n.tone = tone
	n.actions.Objects = nil
	for _, a := range actions {
		n.actions.Add(a)
	}
	n.setText(bold, text)
}

func (n *Note) setText(bold, text string) {
	sep := " "
	if n.stacked {
		sep = "\n"
	}
	var runs []Run
	if bold != "" {
		runs = append(runs, Run{Text: bold, Face: Bold})
		if text != "" {
			runs = append(runs, Run{Text: sep})
		}
	}
	if text != "" {
		runs = append(runs, Run{Text: text})
	}
	n.text.SetRuns(runs...)
	n.Refresh()
}

const notePad, noteText = 12, 36

// Resize wraps the text to the new width.
func (n *Note) Resize(s fyne.Size) {
	if w := s.Width - noteText - notePad; w != n.text.Size().Width {
		n.text.Resize(fyne.NewSize(w, n.text.HeightFor(w)))
	}
	n.BaseWidget.Resize(s)
}

// CreateRenderer is Fyne's.
func (n *Note) CreateRenderer() fyne.WidgetRenderer {
	back := newBox(n.tone.Tint(), "", 6)
	icon := newGlyph(n.icon, n.tone.Ink())
	b := &brush{owner: n, objects: objects(back, icon, n.text, n.actions)}
	b.refresh = func() {
		back.set(n.tone.Tint(), "")
		col := n.tone.Ink()
		if n.tone == Neutral {
			col = theme.Text2
		}
		icon.set(n.icon, col)
		icon.repaint()
		setVisible(n.actions, len(n.actions.Objects) > 0)
	}
	b.refresh()
	b.min = func() fyne.Size {
		h := 16 + n.text.MinSize().Height
		w := n.text.MinSize().Width
		if len(n.actions.Objects) > 0 {
			h += 8 + 28
			w = max(w, n.actions.MinSize().Width)
		}
		return fyne.NewSize(noteText+w+notePad, h)
	}
	b.layout = func(s fyne.Size) {
		back.place(0, 0, s.Width, s.Height)
		icon.place(notePad, 10, 16)
		w := s.Width - noteText - notePad
		h := n.text.HeightFor(w)
		n.text.Resize(fyne.NewSize(w, h))
		n.text.Move(fyne.NewPos(noteText, 8))
		n.actions.Resize(fyne.NewSize(w, 28))
		n.actions.Move(fyne.NewPos(noteText, 8+h+8))
	}
	return b
}
