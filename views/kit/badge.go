package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"posthouse/views/theme"
)

// Tone is the meaning of a colour.
type Tone int

// The tones.
const (
	Neutral Tone = iota
	Info
	Success
	Warning
	Danger
)

// Ink is the tone's colour for text and icons.
func (t Tone) Ink() fyne.ThemeColorName {
	return [...]fyne.ThemeColorName{theme.Neutral, theme.Info, theme.Success, theme.Warning, theme.Danger}[t]
}

// Tint is the tone's colour for backgrounds.
func (t Tone) Tint() fyne.ThemeColorName {
	return [...]fyne.ThemeColorName{theme.NeutralBg, theme.InfoBg, theme.SuccessBg, theme.WarningBg, theme.DangerBg}[t]
}

// Badge is a small rounded count or word, 18 high.
type Badge struct {
	widget.BaseWidget
	text, icon string
	tone       Tone
}

// NewBadge makes a badge.
func NewBadge(text string, tone Tone) *Badge {
	b := &Badge{text: text, tone: tone}
	b.ExtendBaseWidget(b)
	return b
}

// Icon shows an icon of 12 before the text.
func (b *Badge) Icon(name string) *Badge { b.icon = name; b.Refresh(); return b }

// Set changes text and tone.
func (b *Badge) Set(text string, tone Tone) {
	if b.text != text || b.tone != tone {
		b.text, b.tone = text, tone
		b.Refresh()
	}
}

// CreateRenderer is Fyne's.
func (b *Badge) CreateRenderer() fyne.WidgetRenderer {
	p := newPill()
	icon := newGlyph("", "")
	r := &brush{owner: b, objects: objects(p.back, icon, p.text)}
	lead := func() float32 {
		if b.icon == "" {
			return 0
		}
		return 16
	}
	r.refresh = func() {
		p.set(b.text, b.tone)
		icon.set(b.icon, b.tone.Ink())
		icon.repaint()
	}
	r.refresh()
	r.min = func() fyne.Size { return fyne.NewSize(p.width()+lead(), 18) }
	r.layout = func(s fyne.Size) {
		y := floor((s.Height - 18) / 2)
		p.back.place(0, y, s.Width, 18)
		icon.place(6, y+3, 12)
		p.text.place(6+lead(), y, p.text.width(), 18)
	}
	return r
}

// pill is a painted badge, also in rows.
type pill struct {
	back *box
	text *line
}

func newPill() *pill {
	return &pill{newBox(theme.NeutralBg, "", 9), newLine("", SizeSmall, Medium, theme.Neutral)}
}

func (p *pill) set(s string, t Tone) {
	p.back.set(t.Tint(), "")
	p.text.set(s, Medium, t.Ink())
}

func (p *pill) width() float32 { return round(p.text.width()) + 12 }

func (p *pill) place(x, y float32) {
	w := p.width()
	p.back.place(x, y, w, 18)
	p.text.place(x+6, y, w-12, 18)
}

func (p *pill) show(on bool) {
	p.back.show(on)
	setVisible(p.text.t, on)
}

// KeyCap is a shortcut in a small frame.
type KeyCap struct {
	widget.BaseWidget
	key string
}

// NewKeyCap makes a key cap, such as "Ctrl K".
func NewKeyCap(key string) *KeyCap {
	k := &KeyCap{key: key}
	k.ExtendBaseWidget(k)
	return k
}

// CreateRenderer is Fyne's.
func (k *KeyCap) CreateRenderer() fyne.WidgetRenderer {
	c := newKeyCap()
	b := &brush{owner: k, objects: objects(c.frame, c.text)}
	b.refresh = func() { c.set(k.key) }
	b.refresh()
	b.min = func() fyne.Size { return fyne.NewSize(c.width(), 18) }
	b.layout = func(s fyne.Size) { c.place(0, floor((s.Height-18)/2)) }
	return b
}

type keyCap struct {
	frame *box
	text  *line
}

func newKeyCap() *keyCap {
	return &keyCap{newBox(theme.Surface, theme.Border, 4), newLine("", SizeCaption, Regular, theme.Muted)}
}

func (c *keyCap) set(s string) {
	c.text.set(s, Regular, theme.Muted)
	c.frame.repaint()
	c.frame.show(s != "")
}

func (c *keyCap) width() float32 { return round(c.text.width()) + 10 }

func (c *keyCap) place(x, y float32) {
	c.frame.place(x, y, c.width(), 18)
	c.text.place(x+5, y, c.text.width(), 18)
}
