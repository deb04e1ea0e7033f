package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"posthouse/views/theme"
)

// Meter is a bar 6 high that shows a part of a whole.
type Meter struct {
	widget.BaseWidget
	part  float64
	color fyne.ThemeColorName
	width float32
}

// NewMeter makes a meter of the given least width in the accent colour: the
// progress of a job.
func NewMeter(width float32) *Meter {
	m := &Meter{width: width, color: theme.Accent}
	m.ExtendBaseWidget(m)
	return m
}

// Set shows part (0 to 1) in a colour; "" keeps the colour.
func (m *Meter) Set(part float64, col fyne.ThemeColorName) {
	m.part = min(1, max(0, part))
	if col != "" {
		m.color = col
	}
	m.Refresh()
}

// StorageColor is the colour of a storage meter: neutral, warning at 85% of
// the room used, danger when full.
func StorageColor(part float64) fyne.ThemeColorName { return levelColor(part, 0.85, 1) }

// LifeColor is the colour of a countdown: neutral, warning at half of the
// life used, danger at 90%.
func LifeColor(part float64) fyne.ThemeColorName { return levelColor(part, 0.5, 0.9) }

func levelColor(part, warn, bad float64) fyne.ThemeColorName {
	switch {
	case part >= bad:
		return theme.Danger
	case part >= warn:
		return theme.Warning
	}
	return theme.BorderStrong
}

// CreateRenderer is Fyne's.
func (m *Meter) CreateRenderer() fyne.WidgetRenderer {
	p := newBar()
	b := &brush{owner: m, objects: objects(p.track, p.fill)}
	b.refresh = func() { p.set(m.color) }
	b.refresh()
	b.min = func() fyne.Size { return fyne.NewSize(m.width, 6) }
	b.layout = func(s fyne.Size) { p.place(0, floor((s.Height-6)/2), s.Width, m.part) }
	return b
}

// bar is a painted meter, also in rows.
type bar struct{ track, fill *box }

func newBar() *bar {
	return &bar{newBox(theme.Track, "", 3), newBox(theme.Accent, "", 3)}
}

func (p *bar) set(col fyne.ThemeColorName) {
	p.track.repaint()
	p.fill.set(col, "")
}

func (p *bar) place(x, y, w float32, part float64) {
	p.track.place(x, y, w, 6)
	fw := round(w * float32(min(1, max(0, part))))
	p.fill.setRadius(min(3, fw/2))
	p.fill.place(x, y, fw, 6)
	p.fill.show(fw > 0)
}

func (p *bar) show(on bool) {
	p.track.show(on)
	p.fill.show(on)
}
