package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"posthouse/views/theme"
)

// EmptyState explains why there is nothing to show and offers what to do: an
// icon of 32, a title, two lines of text, buttons; centred.
type EmptyState struct {
	widget.BaseWidget
	icon    string
	color   fyne.ThemeColorName
	title   string
	text    *Paragraph
	code    string
	actions *fyne.Container
}

// NewEmptyState makes an empty state with a muted icon.
func NewEmptyState(icon, title, text string, actions ...*Button) *EmptyState {
	e := &EmptyState{icon: icon, color: theme.Muted, title: title}
	e.text = NewParagraph(text).Color(theme.Text2).Align(fyne.TextAlignCenter)
	e.actions = container.New(rowLayout{gap: 8, grow: -1})
	for _, a := range actions {
		e.actions.Add(a)
	}
	e.ExtendBaseWidget(e)
	return e
}

// IconColor paints the icon in another token.
func (e *EmptyState) IconColor(c fyne.ThemeColorName) *EmptyState { e.color = c; e.Refresh(); return e }

// Code shows a raw code under the text.
func (e *EmptyState) Code(s string) *EmptyState { e.code = s; e.Refresh(); return e }

// Say changes the words.
func (e *EmptyState) Say(title, text string) {
	e.title = title
	e.text.SetText(text)
	e.Refresh()
}

// Set changes everything.
func (e *EmptyState) Set(icon string, col fyne.ThemeColorName, title, text, code string, actions ...*Button) {
	e.icon, e.color, e.title, e.code = icon, col, title, code
	e.text.SetText(text)
	e.actions.Objects = nil
	for _, a := range actions {
		e.actions.Add(a)
	}
	e.Refresh()
}

// CreateRenderer is Fyne's.
func (e *EmptyState) CreateRenderer() fyne.WidgetRenderer {
	icon := newGlyph("", "")
	title := newLine("", SizeTitle, Bold, theme.Text)
	code := newLine("", SizeSmall, Mono, theme.Muted)
	b := &brush{owner: e, objects: objects(icon, title, e.text, code, e.actions)}
	b.refresh = func() {
		icon.set(e.icon, e.color)
		icon.repaint()
		code.set(e.code, Mono, theme.Muted)
		setVisible(e.actions, len(e.actions.Objects) > 0)
	}
	b.refresh()
	width := func(w float32) float32 { return min(320, max(96, w-48)) }
	height := func(w float32) float32 {
		h := 32 + 12 + 24 + 4 + e.text.HeightFor(w)
		if e.code != "" {
			h += 20
		}
		if len(e.actions.Objects) > 0 {
			h += 16 + 28
		}
		return h
	}
	b.min = func() fyne.Size {
		return fyne.NewSize(max(200, e.actions.MinSize().Width+48), height(320)+48)
	}
	b.layout = func(s fyne.Size) {
		w := width(s.Width)
		y := max(8, floor((s.Height-height(w))/2))
		icon.place(floor((s.Width-32)/2), y, 32)
		y += 44
		cut, _ := fit(e.title, s.Width-32, SizeTitle, Bold, Middle)
		title.set(cut, Bold, theme.Text)
		title.t.Alignment = fyne.TextAlignCenter
		title.place(0, y, s.Width, 24)
		y += 28
		h := e.text.HeightFor(w)
		e.text.Resize(fyne.NewSize(w, h))
		e.text.Move(fyne.NewPos(floor((s.Width-w)/2), y))
		y += h
		if e.code != "" {
			code.t.Alignment = fyne.TextAlignCenter
			code.place(0, y, s.Width, 20)
			y += 20
		}
		m := e.actions.MinSize()
		e.actions.Resize(fyne.NewSize(m.Width, 28))
		e.actions.Move(fyne.NewPos(floor((s.Width-m.Width)/2), y+16))
	}
	return b
}
