package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"posthouse/views/theme"
)

type buttonKind int

const (
	buttonDefault buttonKind = iota
	buttonPrimary
	buttonDanger
	buttonPlain
	buttonLink
)

// Button is a control 28 high with an icon, a text and the shortcut that does
// the same. One primary button a screen; danger only in dialogs.
type Button struct {
	widget.BaseWidget

	// OnTapped runs on a click, Enter and Space.
	OnTapped func()

	text, icon, key, tip string
	refusal              string
	kind                 buttonKind
	height               float32
	disabled             bool
	hovered, pressed     bool
	focused              bool
	iconColor            fyne.ThemeColorName
}

// NewButton makes a button. icon is an icon's name or "", tapped may be nil.
func NewButton(text, icon string, tapped func()) *Button {
	b := &Button{OnTapped: tapped, text: text, icon: icon, height: 28}
	b.ExtendBaseWidget(b)
	return b
}

// NewIconButton makes a square button without text; tip says what it does.
func NewIconButton(icon, tip string, tapped func()) *Button {
	return NewButton("", icon, tapped).Tip(tip)
}

// NewLink makes a button that looks like a link.
func NewLink(text string, tapped func()) *Button {
	b := NewButton(text, "", tapped)
	b.kind = buttonLink
	return b
}

// Primary paints the button in the accent colour.
func (b *Button) Primary() *Button { return b.as(buttonPrimary) }

// Danger paints the button in the danger fill.
func (b *Button) Danger() *Button { return b.as(buttonDanger) }

// Plain leaves out edge and fill.
func (b *Button) Plain() *Button { return b.as(buttonPlain) }

func (b *Button) as(k buttonKind) *Button {
	b.kind = k
	b.Refresh()
	return b
}

// Tall makes the button 32 high, for dialogs.
func (b *Button) Tall() *Button { return b.High(32) }

// High sets another height: 36 for the Desk's one action.
func (b *Button) High(h float32) *Button {
	b.height = h
	b.Refresh()
	return b
}

// Key shows a shortcut after the text. It does not bind it.
func (b *Button) Key(k string) *Button {
	b.key = k
	b.Refresh()
	return b
}

// Tip sets the tooltip.
func (b *Button) Tip(s string) *Button {
	b.tip = s
	return b
}

// IconColor paints the icon in another token.
func (b *Button) IconColor(c fyne.ThemeColorName) *Button {
	b.iconColor = c
	b.Refresh()
	return b
}

// Text is what the button says.
func (b *Button) Text() string { return b.text }

// SetText changes the text.
func (b *Button) SetText(s string) {
	if b.text != s {
		b.text = s
		b.Refresh()
	}
}

// SetIcon changes the icon.
func (b *Button) SetIcon(name string) {
	if b.icon != name {
		b.icon = name
		b.Refresh()
	}
}

// Disabled reports whether the button can be used.
func (b *Button) Disabled() bool { return b.disabled }

// Enable makes the button usable.
func (b *Button) Enable() { b.SetEnabled(true) }

// Disable makes the button unusable.
func (b *Button) Disable() { b.SetEnabled(false) }

// SetEnabled makes the button usable or not.
func (b *Button) SetEnabled(on bool) {
	if b.disabled == !on {
		return
	}
	b.disabled = !on
	b.hovered, b.pressed = false, false
	b.Refresh()
}

// Refuse makes the button unusable for a reason, which its tooltip then says; "" takes
// the reason away.
func (b *Button) Refuse(why string) {
	b.refusal = why
	if why != "" {
		b.Disable()
	}
}

// Press does what a click does.
func (b *Button) Press() {
	if !b.disabled && b.OnTapped != nil {
		b.OnTapped()
	}
}

// Tapped is Fyne's.
func (b *Button) Tapped(*fyne.PointEvent) {
	hideTip(b)
	b.Press()
}

// FocusGained is Fyne's.
func (b *Button) FocusGained() { b.focused = true; b.Refresh() }

// FocusLost is Fyne's.
func (b *Button) FocusLost() { b.focused = false; b.Refresh() }

// TypedRune is Fyne's.
func (b *Button) TypedRune(rune) {}

// TypedKey presses on Enter and Space and hands on the rest.
func (b *Button) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		b.Press()
	default:
		bubble(b, ev)
	}
}

// MouseIn is Fyne's.
func (b *Button) MouseIn(ev *desktop.MouseEvent) {
	b.hovered = true
	b.Refresh()
	if b.refusal != "" {
		showTip(b, b.refusal, ev.AbsolutePosition)
		return
	}
	showTip(b, b.tip, ev.AbsolutePosition)
}

// MouseMoved is Fyne's.
func (b *Button) MouseMoved(*desktop.MouseEvent) {}

// MouseOut is Fyne's.
func (b *Button) MouseOut() {
	b.hovered, b.pressed = false, false
	b.Refresh()
	hideTip(b)
}

// MouseDown is Fyne's.
func (b *Button) MouseDown(ev *desktop.MouseEvent) {
	if ev.Button == desktop.MouseButtonPrimary {
		b.pressed = true
		b.Refresh()
	}
}

// MouseUp is Fyne's.
func (b *Button) MouseUp(*desktop.MouseEvent) {
	if b.pressed {
		b.pressed = false
		b.Refresh()
	}
}

// paints says which tokens the button wears now.
func (b *Button) paints() (fill, edge, text, icon fyne.ThemeColorName) {
	switch {
	case b.disabled && (b.kind == buttonPlain || b.kind == buttonLink):
		return "", "", theme.Disabled, theme.Disabled
	case b.disabled:
		return theme.Background, theme.Border, theme.Disabled, theme.Disabled
	case b.kind == buttonPrimary && (b.hovered || b.pressed):
		return theme.AccentHover, theme.AccentHover, theme.OnAccent, theme.OnAccent
	case b.kind == buttonPrimary:
		return theme.Accent, theme.Accent, theme.OnAccent, theme.OnAccent
	case b.kind == buttonDanger:
		return theme.DangerFill, theme.DangerFill, theme.OnDanger, theme.OnDanger
	}
	text, icon = theme.Text, theme.Text2
	fill, edge = theme.Raised, theme.Border
	if b.kind == buttonPlain || b.kind == buttonLink {
		fill, edge = "", ""
	}
	if b.kind == buttonLink {
		text, icon = theme.AccentText, theme.AccentText
	}
	if b.iconColor != "" {
		icon = b.iconColor
	}
	switch {
	case b.pressed:
		fill = theme.Pressed
	case b.hovered:
		fill = theme.Hover
	}
	return fill, edge, text, icon
}

// CreateRenderer is Fyne's.
func (b *Button) CreateRenderer() fyne.WidgetRenderer {
	back := newBox(theme.Raised, theme.Border, 6)
	focus := newRing()
	icon := newGlyph("", "")
	text := newLine("", SizeBody, Medium, theme.Text)
	key := newLine("", SizeSmall, Regular, theme.Muted)
	const gap = 6
	r := &brush{owner: b, objects: objects(back, focus, icon, text, key)}
	pad := func() float32 {
		switch {
		case b.kind == buttonLink:
			return 7
		case b.height > 28:
			return 15
		}
		return 11
	}
	content := func() float32 {
		var w float32
		add := func(x float32) {
			if w > 0 {
				w += gap
			}
			w += x
		}
		if b.icon != "" {
			add(16)
		}
		if b.text != "" {
			add(text.width())
		}
		if b.key != "" {
			add(2 + key.width())
		}
		return w
	}
	r.refresh = func() {
		fill, edge, tc, ic := b.paints()
		back.set(fill, edge)
		icon.set(b.icon, ic)
		icon.repaint()
		text.set(b.text, Medium, tc)
		kc := theme.Muted
		if b.kind == buttonPrimary || b.kind == buttonDanger || b.disabled {
			kc = tc
		}
		key.set(b.key, Regular, kc)
		focus.repaint()
		focus.show(b.focused)
	}
	r.refresh()
	r.min = func() fyne.Size {
		if b.text == "" && b.key == "" {
			return fyne.NewSize(b.height, b.height)
		}
		return fyne.NewSize(round(content()+2*pad()), b.height)
	}
	r.layout = func(s fyne.Size) {
		h := b.height
		y := floor((s.Height - h) / 2)
		back.place(0, y, s.Width, h)
		focus.place(0, y, s.Width, h, 6)
		x := round((s.Width - content()) / 2)
		if b.icon != "" {
			icon.place(x, y+(h-16)/2, 16)
			x += 16 + gap
		}
		if b.text != "" {
			text.place(x, y, text.width(), h)
			x += text.width() + gap
		}
		key.place(x+2, y, key.width(), h)
	}
	return r
}
