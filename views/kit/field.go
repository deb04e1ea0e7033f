package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/views/theme"
)

// Field is a one-line text field, 28 high, with an optional icon before the
// text, and a hint, a state icon or a button after it. A fault paints the
// edge and is said in a line below, which makes the field 24 higher.
type Field struct {
	widget.BaseWidget

	// OnChanged gets each new text the user makes.
	OnChanged func(string)
	// OnSubmit runs on Enter; without it Enter goes on to the dialog.
	OnSubmit func(string)
	// OnKey sees keys the text does not use (Esc, Up, Down, F5 ...) before
	// the dialog or window; true means it was used.
	OnKey func(*fyne.KeyEvent) bool
	// OnLeave is told when the keyboard leaves the field.
	OnLeave func()

	self     fyne.Widget
	entry    *entry
	inner    fyne.CanvasObject
	icon     string
	prefix   string
	hint     string
	remark   string
	refused  bool
	state    string
	stateCol fyne.ThemeColorName
	fault    string
	height   float32
	width    float32
	mono     bool
	after    *Button
}

// NewField makes a field.
func NewField(placeholder string) *Field {
	f := &Field{}
	f.init(f, placeholder)
	return f
}

// init makes f the field inside self, which is f or embeds it.
func (f *Field) init(self fyne.Widget, placeholder string) {
	f.self, f.height, f.width = self, 28, 96
	f.entry = &entry{field: f}
	f.entry.ExtendBaseWidget(f.entry)
	f.entry.PlaceHolder = placeholder
	f.entry.Scroll = container.ScrollHorizontalOnly
	f.entry.OnChanged = func(s string) {
		if f.OnChanged != nil && !f.entry.silent {
			f.OnChanged(s)
		}
	}
	f.inner = container.NewThemeOverride(f.entry, entryTheme{f})
	f.ExtendBaseWidget(self)
}

// NewPasswordField makes a field that hides what is typed until the eye is
// pressed.
func NewPasswordField(placeholder string) *Field {
	f := NewField(placeholder)
	f.entry.Password = true
	f.after = NewIconButton("eye", "Show what is typed", nil).Plain()
	f.after.OnTapped = func() {
		f.entry.Password = !f.entry.Password
		icon := "eye"
		if !f.entry.Password {
			icon = "eye-off"
		}
		f.after.SetIcon(icon)
		f.entry.Refresh()
	}
	return f
}

// Icon shows an icon before the text.
func (f *Field) Icon(name string) *Field { f.icon = name; f.Refresh(); return f }

// Prefix shows muted text before what is typed, such as private$\.
func (f *Field) Prefix(s string) *Field { f.prefix = s; f.Refresh(); return f }

// Key shows a shortcut at the end, as a key cap.
func (f *Field) Key(s string) *Field { f.hint = s; f.Refresh(); return f }

// Remark shows muted words at the end, such as what is searched in.
func (f *Field) Remark(s string) *Field { f.remark = s; f.Refresh(); return f }

// Tall makes the field 32 high.
func (f *Field) Tall() *Field { f.height = 32; f.Refresh(); return f }

// Mono sets the text in the mono face: ids, paths.
func (f *Field) Mono() *Field {
	f.mono = true
	f.entry.TextStyle.Monospace = true
	f.Refresh()
	return f
}

// Wide sets the least width (96 without it).
func (f *Field) Wide(w float32) *Field { f.width = w; f.Refresh(); return f }

// Text is what the field holds.
func (f *Field) Text() string { return f.entry.Text }

// SetText sets the text without telling OnChanged.
func (f *Field) SetText(s string) {
	if f.entry.Text == s {
		return
	}
	f.entry.silent = true
	f.entry.SetText(s)
	f.entry.silent = false
}

// Placeholder is what the empty field shows.
func (f *Field) Placeholder() string { return f.entry.PlaceHolder }

// SetPlaceholder changes the placeholder.
func (f *Field) SetPlaceholder(s string) { f.entry.SetPlaceHolder(s) }

// SetError shows a fault; "" ends it.
func (f *Field) SetError(s string) {
	if f.fault != s {
		f.fault = s
		f.Refresh()
	}
}

// Refuse paints the edge as a fault does, without words: they stand elsewhere.
func (f *Field) Refuse(on bool) {
	if f.refused != on {
		f.refused = on
		f.Refresh()
	}
}

// Error is the fault shown.
func (f *Field) Error() string { return f.fault }

// SetState shows an icon at the end, such as a check mark; "" ends it.
func (f *Field) SetState(icon string, col fyne.ThemeColorName) {
	f.state, f.stateCol = icon, col
	f.Refresh()
}

// SetEnabled makes the field usable or not.
func (f *Field) SetEnabled(on bool) {
	if on {
		f.entry.Enable()
	} else {
		f.entry.Disable()
	}
	f.Refresh()
}

// Disabled reports whether the field can be used.
func (f *Field) Disabled() bool { return f.entry.Disabled() }

// Focus puts the keyboard into the field.
func (f *Field) Focus() {
	if c := canvasOf(f.self); c != nil {
		c.Focus(f.entry)
	}
}

// Focusable is what takes the keyboard.
func (f *Field) Focusable() fyne.Focusable { return f.entry }

// SelectAll marks the whole text.
func (f *Field) SelectAll() { f.entry.TypedShortcut(&fyne.ShortcutSelectAll{}) }

// CreateRenderer is Fyne's.
func (f *Field) CreateRenderer() fyne.WidgetRenderer {
	back, focus := newBox(theme.Surface, theme.BorderStrong, 6), newRing()
	icon, state := newGlyph("", ""), newGlyph("", "")
	prefix := newLine("", SizeBody, Regular, theme.Muted)
	shortcut := newKeyCap()
	remark := newLine("", SizeSmall, Regular, theme.Muted)
	faultIcon := newGlyph("warning", theme.Danger)
	fault := newLine("", SizeSmall, Regular, theme.Danger)
	b := &brush{owner: f.self, objects: objects(back, focus, icon, prefix, f.inner, shortcut.frame, shortcut.text, remark, state, faultIcon, fault)}
	if f.after != nil {
		b.objects = append(b.objects, f.after)
	}
	b.refresh = func() {
		fill, edge := theme.Surface, theme.BorderStrong
		switch {
		case f.entry.Disabled():
			fill, edge = "", theme.Border
		case f.fault != "", f.refused:
			edge = theme.Danger
		}
		back.set(fill, edge)
		focus.repaint()
		focus.show(f.entry.hasFocus)
		icon.set(f.icon, theme.Muted)
		state.set(f.state, f.stateCol)
		face := Regular
		if f.mono {
			face = Mono
		}
		prefix.set(f.prefix, face, theme.Muted)
		shortcut.set(f.hint)
		remark.set(f.remark, Regular, theme.Muted)
		setVisible(remark.t, f.remark != "")
		repaint(icon, state, faultIcon)
		fault.set(f.fault, Regular, theme.Danger)
		setVisible(faultIcon.i, f.fault != "")
	}
	b.refresh()
	b.min = func() fyne.Size {
		h := f.height
		if f.fault != "" {
			h += 24
		}
		return fyne.NewSize(f.width, h)
	}
	b.layout = func(s fyne.Size) {
		h := f.height
		back.place(0, 0, s.Width, h)
		focus.place(0, 0, s.Width, h, 6)
		left, right := float32(9), s.Width-9
		if f.icon != "" {
			icon.place(left, (h-16)/2, 16)
			left += 24
		}
		if f.prefix != "" {
			prefix.place(left, 0, prefix.width(), h)
			left += prefix.width()
		}
		if f.after != nil {
			f.after.Resize(fyne.NewSize(28, 28))
			f.after.Move(fyne.NewPos(s.Width-30, (h-28)/2))
			right -= 24
		}
		if f.state != "" {
			state.place(right-16, (h-16)/2, 16)
			right -= 24
		}
		if f.hint != "" {
			w := shortcut.width()
			shortcut.place(right-w, (h-18)/2)
			right -= w + 8
		}
		if f.remark != "" {
			w := remark.width()
			remark.place(right-w, 0, w, h)
			right -= w + 8
		}
		// The entry insets its text by 6 on each side.
		f.inner.Resize(fyne.NewSize(max(0, right-left+12), h))
		f.inner.Move(fyne.NewPos(left-6, lineTop(h, entrySize(f), entryFace(f))-6))
		faultIcon.place(0, h+6, 16)
		fault.place(22, h+4, max(0, s.Width-22), 20)
	}
	return b
}

func entryFace(f *Field) Face {
	if f.mono {
		return Mono
	}
	return Regular
}

func entrySize(f *Field) float32 {
	if f.mono {
		return SizeSmall
	}
	return SizeBody
}

// entry is the text inside a Field: Fyne's own, without its frame.
type entry struct {
	widget.Entry
	field    *Field
	hasFocus bool
	silent   bool
}

func (e *entry) FocusGained() {
	e.hasFocus = true
	e.Entry.FocusGained()
	e.field.Refresh()
}

func (e *entry) FocusLost() {
	e.hasFocus = false
	e.Entry.FocusLost()
	e.field.Refresh()
	if e.field.OnLeave != nil {
		e.field.OnLeave()
	}
}

func (e *entry) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		if e.field.OnSubmit != nil {
			e.field.OnSubmit(e.Text)
			return
		}
	case fyne.KeyEscape, fyne.KeyUp, fyne.KeyDown, fyne.KeyPageUp, fyne.KeyPageDown,
		fyne.KeyF1, fyne.KeyF2, fyne.KeyF3, fyne.KeyF4, fyne.KeyF5, fyne.KeyF6,
		fyne.KeyF7, fyne.KeyF8, fyne.KeyF9, fyne.KeyF10, fyne.KeyF11, fyne.KeyF12:
	default:
		e.Entry.TypedKey(ev)
		return
	}
	if e.field.OnKey != nil && e.field.OnKey(ev) {
		return
	}
	bubble(e, ev)
}

// TypedShortcut uses the shortcuts of text and hands on all others.
func (e *entry) TypedShortcut(s fyne.Shortcut) {
	e.Entry.TypedShortcut(s)
	if c, ok := s.(*desktop.CustomShortcut); ok {
		switch c.KeyName {
		case fyne.KeyLeft, fyne.KeyRight, fyne.KeyHome, fyne.KeyEnd, fyne.KeyBackspace, fyne.KeyDelete:
		default:
			forward(e, s)
		}
	}
}

// entryTheme takes the frame off Fyne's entry and follows the theme shown.
type entryTheme struct{ field *Field }

func (t entryTheme) Color(n fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	switch n {
	case fynetheme.ColorNameInputBackground, fynetheme.ColorNameInputBorder, fynetheme.ColorNameShadow:
		n = theme.Clear
	case fynetheme.ColorNameDisabled:
		n = theme.Muted
	}
	return fyne.CurrentApp().Settings().Theme().Color(n, v)
}

func (t entryTheme) Size(n fyne.ThemeSizeName) float32 {
	switch n {
	case fynetheme.SizeNameInputBorder, fynetheme.SizeNameScrollBar, fynetheme.SizeNameScrollBarSmall:
		return 0 // a long text scrolls without a bar over it
	case fynetheme.SizeNameText:
		return entrySize(t.field)
	}
	return fyne.CurrentApp().Settings().Theme().Size(n)
}

func (t entryTheme) Font(s fyne.TextStyle) fyne.Resource {
	return fyne.CurrentApp().Settings().Theme().Font(s)
}

func (t entryTheme) Icon(n fyne.ThemeIconName) fyne.Resource {
	return fyne.CurrentApp().Settings().Theme().Icon(n)
}

// Filters makes the field the filter of a grid: Esc empties it, Down goes to the
// grid. OnChanged is told of both what is typed and what is emptied.
func (f *Field) Filters(g *Grid) {
	f.OnKey = func(ev *fyne.KeyEvent) bool {
		switch ev.Name {
		case fyne.KeyEscape:
			if f.Text() == "" {
				return false
			}
			f.SetText("")
			if f.OnChanged != nil {
				f.OnChanged("")
			}
		case fyne.KeyDown:
			g.Focus()
		default:
			return false
		}
		return true
	}
}
