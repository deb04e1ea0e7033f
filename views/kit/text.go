package kit

import (
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynetheme "fyne.io/fyne/v2/theme"

	"posthouse/views/theme"
)

// Face is a font of the design.
type Face int

// Faces. Mono is for ids, paths and bodies.
const (
	Regular Face = iota
	Medium
	Bold
	Italic
	Mono
)

// Text sizes of the design, in Fyne units.
const (
	SizeHeading float32 = 20 // About, first start
	SizeScreen  float32 = 16 // screen heading
	SizeTitle   float32 = 15 // dialog title, empty state
	SizeBody    float32 = 13
	SizeSmall   float32 = 12 // grid headers, footers, status bar, mono
	SizeCaption float32 = 11 // shortcuts, raw codes
)

// Color resolves a token in the variant shown.
func Color(name fyne.ThemeColorName) color.Color {
	return fynetheme.Color(name)
}

// textStyle is the style and font source of a face.
func textStyle(f Face) (fyne.TextStyle, fyne.Resource) {
	switch f {
	case Medium:
		return fyne.TextStyle{}, theme.MediumFont()
	case Bold:
		return fyne.TextStyle{Bold: true}, nil
	case Italic:
		return fyne.TextStyle{Italic: true}, nil
	case Mono:
		return fyne.TextStyle{Monospace: true}, nil
	}
	return fyne.TextStyle{}, nil
}

// line is one run of text with what is needed to paint it again.
type line struct {
	t     *canvas.Text
	face  Face
	color fyne.ThemeColorName
}

func newLine(s string, size float32, face Face, col fyne.ThemeColorName) *line {
	l := &line{t: canvas.NewText(s, Color(col)), face: face, color: col}
	l.t.TextSize = size
	l.t.TextStyle, l.t.FontSource = textStyle(face)
	return l
}

func (l *line) object() fyne.CanvasObject { return l.t }

// set changes text, face and colour and repaints if anything changed.
func (l *line) set(s string, face Face, col fyne.ThemeColorName) {
	c := Color(col)
	if l.t.Text == s && l.face == face && l.color == col && l.t.Color == c {
		return
	}
	if l.face != face {
		l.t.TextStyle, l.t.FontSource = textStyle(face)
	}
	l.t.Text, l.face, l.color, l.t.Color = s, face, col, c
	l.t.Refresh()
}

// repaint takes the colour of the variant shown now.
func (l *line) repaint() {
	if c := Color(l.color); l.t.Color != c {
		l.t.Color = c
		l.t.Refresh()
	}
}

// width is the width of the text as painted.
func (l *line) width() float32 {
	return measure(l.t.Text, l.t.TextSize, l.face)
}

// place puts the text into a line box of height h.
func (l *line) place(x, y, w, h float32) {
	l.t.Resize(fyne.NewSize(w, textHeight(l.t.TextSize, l.face)))
	l.t.Move(fyne.NewPos(x, y+lineTop(h, l.t.TextSize, l.face)))
}

type metric struct{ height, base float32 }

var metrics = map[struct {
	size float32
	face Face
}]metric{}

func metricOf(size float32, face Face) metric {
	key := struct {
		size float32
		face Face
	}{size, face}
	if m, ok := metrics[key]; ok {
		return m
	}
	st, src := textStyle(face)
	sz, base := fyne.CurrentApp().Driver().RenderedTextSize("Mg", size, st, src)
	m := metric{sz.Height, base}
	metrics[key] = m
	return m
}

func textHeight(size float32, face Face) float32 { return metricOf(size, face).height }

// lineTop is how far below the top of a box of height h the text starts, so
// that its baseline is where a browser puts it: whole ascent and descent
// centred. Fyne paints the baseline at the ceiling of the ascent.
func lineTop(h, size float32, face Face) float32 {
	m := metricOf(size, face)
	asc := math.Round(float64(m.base))
	desc := math.Round(float64(m.height - m.base))
	base := math.Floor((float64(h)-asc-desc)/2) + asc
	return float32(base - math.Ceil(float64(m.base)))
}

// measure is the width of s in Fyne units.
func measure(s string, size float32, face Face) float32 {
	if s == "" {
		return 0
	}
	st, src := textStyle(face)
	sz, _ := fyne.CurrentApp().Driver().RenderedTextSize(s, size, st, src)
	return sz.Width
}
