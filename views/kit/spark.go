package kit

import (
	"image"
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"posthouse/views/theme"
)

// SparkPoints is how many points a sparkline shows.
const SparkPoints = 24

// Sparkline is a small line of up to 24 values, oldest first, 20 high, with a
// dot at its end.
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
	b := &brush{owner: s, objects: objects(p.raster)}
	b.min = func() fyne.Size { return fyne.NewSize(s.width, 20) }
	b.layout = func(size fyne.Size) {
		p.set(s.values, s.color)
		p.place(0, floor((size.Height-20)/2), s.width)
	}
	b.refresh = func() { p.set(s.values, s.color) }
	b.refresh()
	return b
}

const (
	sparkHeight = 20
	sparkStroke = 1.5
	sparkDot    = 2
)

// spark is a painted sparkline, also in rows. It is a raster: lines of Fyne
// begin and end on whole pixels, which tears a line of 4 px steps.
type spark struct {
	raster *canvas.Raster
	values []float64
	ink    color.Color
}

func newSpark() *spark {
	p := &spark{}
	p.raster = canvas.NewRaster(p.paint)
	return p
}

func (p *spark) set(values []float64, col fyne.ThemeColorName) {
	if len(values) > SparkPoints {
		values = values[len(values)-SparkPoints:]
	}
	c := Color(col)
	if p.ink == c && sameValues(p.values, values) {
		return
	}
	p.values, p.ink = append(p.values[:0], values...), c
	p.raster.Refresh()
}

func sameValues(a, b []float64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func (p *spark) place(x, y, w float32) {
	p.raster.Resize(fyne.NewSize(w, sparkHeight))
	p.raster.Move(fyne.NewPos(x, y))
}

func (p *spark) show(on bool) { setVisible(p.raster, on) }

// paint draws the line into w x h pixels: the values use 84% of the height.
func (p *spark) paint(w, h int) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	n := len(p.values)
	if n < 2 || h == 0 {
		return img
	}
	lo, hi := p.values[0], p.values[0]
	for _, v := range p.values {
		lo, hi = min(lo, v), max(hi, v)
	}
	scale := float64(h) / sparkHeight
	at := func(i int) (x, y float64) {
		v := 0.5
		if hi > lo {
			v = 0.08 + 0.84*(p.values[i]-lo)/(hi-lo)
		}
		x = float64(i)*(float64(w)/scale-6)/float64(n-1) + 1
		return x * scale, (sparkHeight - 2 - v*(sparkHeight-4)) * scale
	}
	c := color.NRGBAModel.Convert(p.ink).(color.NRGBA)
	x0, y0 := at(0)
	for i := 1; i < n; i++ {
		x1, y1 := at(i)
		stroke(img, c, x0, y0, x1, y1, sparkStroke/2*scale)
		x0, y0 = x1, y1
	}
	stroke(img, c, x0, y0, x0, y0, sparkDot*scale)
	return img
}

// stroke paints what lies within r of a line, with soft edges; where strokes
// meet the darker wins.
func stroke(img *image.NRGBA, c color.NRGBA, x0, y0, x1, y1, r float64) {
	b := img.Bounds()
	left, right := int(min(x0, x1)-r-1), int(max(x0, x1)+r+1)
	top, bottom := int(min(y0, y1)-r-1), int(max(y0, y1)+r+1)
	dx, dy := x1-x0, y1-y0
	length := dx*dx + dy*dy
	for y := max(b.Min.Y, top); y <= min(b.Max.Y-1, bottom); y++ {
		for x := max(b.Min.X, left); x <= min(b.Max.X-1, right); x++ {
			px, py := float64(x)+0.5-x0, float64(y)+0.5-y0
			t := 0.0
			if length > 0 {
				t = max(0, min(1, (px*dx+py*dy)/length))
			}
			cover := max(0, min(1, r+0.5-math.Hypot(px-t*dx, py-t*dy)))
			a := uint8(cover * float64(c.A))
			if a > img.NRGBAAt(x, y).A {
				img.SetNRGBA(x, y, color.NRGBA{c.R, c.G, c.B, a})
			}
		}
	}
}
