package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"posthouse/views/theme"
)

// TextArea is a field of several lines that wraps: for a few sentences, not
// for bodies. Enter makes a new line, Tab goes on to the next control.
type TextArea struct {
	widget.BaseWidget

	// OnChanged gets each new text the user makes.
	OnChanged func(string)
	// OnLeave is told when the keyboard leaves the area.
	OnLeave func()

	frame *Field // for the theme of the text, and its fault
	entry *areaEntry
	inner fyne.CanvasObject
	lines int
}

// areaEntry is Fyne's own text inside a TextArea, without its frame.
type areaEntry struct {
	entry
	area *TextArea
}

// NewTextArea makes an area as high as so many lines.
func NewTextArea(placeholder string, lines int) *TextArea {
	a := &TextArea{frame: NewField(""), lines: lines}
	a.entry = &areaEntry{area: a}
	a.entry.field = a.frame
	a.entry.ExtendBaseWidget(a.entry)
	a.entry.MultiLine = true
	a.entry.Wrapping = fyne.TextWrapWord
	a.entry.Scroll = container.ScrollVerticalOnly
	a.entry.PlaceHolder = placeholder
	a.entry.OnChanged = func(s string) {
		if a.OnChanged != nil && !a.entry.silent {
			a.OnChanged(s)
		}
	}
	a.inner = container.NewThemeOverride(a.entry, entryTheme{a.frame})
	a.ExtendBaseWidget(a)
	return a
}

// Text is what the area holds.
func (a *TextArea) Text() string { return a.entry.Text }

// SetText sets the text without telling OnChanged.
func (a *TextArea) SetText(s string) {
	if a.entry.Text == s {
		return
	}
	a.entry.silent = true
	a.entry.SetText(s)
	a.entry.silent = false
}

// SetError shows a fault; "" ends it.
func (a *TextArea) SetError(s string) {
	if a.frame.fault != s {
		a.frame.fault = s
		a.Refresh()
	}
}

// SetEnabled makes the area usable or not.
func (a *TextArea) SetEnabled(on bool) {
	if on {
		a.entry.Enable()
	} else {
		a.entry.Disable()
	}
	a.Refresh()
}

// Focusable is what takes the keyboard.
func (a *TextArea) Focusable() fyne.Focusable { return a.entry }

func (e *areaEntry) FocusGained() {
	e.hasFocus = true
	e.Entry.FocusGained()
	e.area.Refresh()
}

func (e *areaEntry) FocusLost() {
	e.hasFocus = false
	e.Entry.FocusLost()
	e.area.Refresh()
	if e.area.OnLeave != nil {
		e.area.OnLeave()
	}
}

// TypedKey keeps what moves within the text, and Enter.
func (e *areaEntry) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeyUp, fyne.KeyDown, fyne.KeyPageUp, fyne.KeyPageDown:
		e.Entry.TypedKey(ev)
	default:
		e.entry.TypedKey(ev)
	}
}

// AcceptsTab lets Tab go on to the next control.
func (e *areaEntry) AcceptsTab() bool { return false }

// CreateRenderer is Fyne's.
func (a *TextArea) CreateRenderer() fyne.WidgetRenderer {
	back, focus := newBox(theme.Surface, theme.BorderStrong, 6), newRing()
	faultIcon := newGlyph("warning", theme.Danger)
	fault := newLine("", SizeSmall, Regular, theme.Danger)
	high := float32(20*a.lines + 8)
	b := &brush{owner: a, objects: objects(back, focus, a.inner, faultIcon, fault)}
	b.refresh = func() {
		fill, edge := theme.Surface, theme.BorderStrong
		switch {
		case a.entry.Disabled():
			fill, edge = "", theme.Border
		case a.frame.fault != "":
			edge = theme.Danger
		}
		back.set(fill, edge)
		focus.repaint()
		focus.show(a.entry.hasFocus)
		repaint(faultIcon)
		fault.set(a.frame.fault, Regular, theme.Danger)
		setVisible(faultIcon.i, a.frame.fault != "")
	}
	b.refresh()
	b.min = func() fyne.Size {
		if a.frame.fault != "" {
			return fyne.NewSize(96, high+24)
		}
		return fyne.NewSize(96, high)
	}
	b.layout = func(s fyne.Size) {
		back.place(0, 0, s.Width, high)
		focus.place(0, 0, s.Width, high, 6)
		// The entry insets its text by 6 on each side.
		a.inner.Move(fyne.NewPos(3, lineTop(28, SizeBody, Regular)-6))
		a.inner.Resize(fyne.NewSize(max(0, s.Width-6), high))
		faultIcon.place(0, high+6, 16)
		fault.place(22, high+4, max(0, s.Width-22), 20)
	}
	return b
}
