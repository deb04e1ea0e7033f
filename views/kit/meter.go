package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
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

// SparkPoints is how many points a sparkline shows.
const SparkPoints = 24

// Sparkline is a small line of up to 24 values, oldest first, 20 high.
type Sparkline struct {
	widget.BaseWidget
	values []float64
	color  fyne.ThemeColorName
	width  float32
}

// NewSparkline makes a sparkline of the given width.
func NewSparkline(width float32) *Sparkline {
	s := &Sparkline{width: width, color: theme.Muted}
	s.ExtendBaseWidget(s)
	return s
}

// Set shows values in a colour ("" keeps it).
func (s *Sparkline) Set(values []float64, col fyne.ThemeColorName) {
	s.values = values
	if col != "" {
		s.color = col
	}
	s.Refresh()
}

// CreateRenderer is Fyne's.
func (s *Sparkline) CreateRenderer() fyne.WidgetRenderer {
	p := newSpark()
	b := &brush{owner: s, objects: p.objects()}
	b.min = func() fyne.Size { return fyne.NewSize(s.width, 20) }
	b.layout = func(size fyne.Size) {
		p.set(s.values, s.color)
		p.place(0, floor((size.Height-20)/2), s.width)
	}
	return b
}

// spark is a painted sparkline, also in rows.
type spark struct {
	lines  [SparkPoints - 1]*canvas.Line
	dot    *canvas.Circle
	values []float64
	n      int
}

func newSpark() *spark {
	p := &spark{dot: canvas.NewCircle(Color(theme.Muted))}
	for i := range p.lines {
		l := canvas.NewLine(Color(theme.Muted))
		l.StrokeWidth = 1.5
		p.lines[i] = l
	}
	return p
}

func (p *spark) objects() []fyne.CanvasObject {
	out := make([]fyne.CanvasObject, 0, SparkPoints)
	for _, l := range p.lines {
		out = append(out, l)
	}
	return append(out, p.dot)
}

func (p *spark) set(values []float64, col fyne.ThemeColorName) {
	if len(values) > SparkPoints {
		values = values[len(values)-SparkPoints:]
	}
	p.values, p.n = values, len(values)
	c := Color(col)
	for _, l := range p.lines {
		l.StrokeColor = c
	}
	p.dot.FillColor = c
}

// place draws into w x 20 at x, y: the values use 84% of the height.
func (p *spark) place(x, y, w float32) {
	const h = 20
	for i, l := range p.lines {
		setVisible(l, i < p.n-1)
	}
	setVisible(p.dot, p.n > 1)
	if p.n < 2 {
		return
	}
	lo, hi := p.values[0], p.values[0]
	for _, v := range p.values {
		lo, hi = min(lo, v), max(hi, v)
	}
	at := func(i int) fyne.Position {
		v := 0.5
		if hi > lo {
			v = 0.08 + 0.84*(p.values[i]-lo)/(hi-lo)
		}
		return fyne.NewPos(x+1+float32(i)*(w-6)/float32(p.n-1), y+h-2-float32(v)*(h-4))
	}
	for i := range p.n - 1 {
		p.lines[i].Position1, p.lines[i].Position2 = at(i), at(i+1)
		p.lines[i].Refresh()
	}
	end := at(p.n - 1)
	p.dot.Resize(fyne.NewSize(4, 4))
	p.dot.Move(end.AddXY(-2, -2))
	p.dot.Refresh()
}

func (p *spark) show(on bool) {
	for i, l := range p.lines {
		setVisible(l, on && i < p.n-1)
	}
	setVisible(p.dot, on && p.n > 1)
}
