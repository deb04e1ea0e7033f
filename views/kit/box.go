package kit

import (
	"image"
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"posthouse/views/theme"
)

// box is a filled rectangle with or without an edge of 1.
//
// Fyne's painters blur the edge of a rounded rectangle: GL spreads it over
// three pixels, the software painter sets strokes between two. The edge of a
// field must stand out by 3 to 1, so a box as small as a control is a raster
// that is exact in both; a bigger one is two rectangles, the edge below.
type box struct {
	r            *canvas.Rectangle // the edge, or the whole
	in           *canvas.Rectangle // the fill inside the edge; nil: never an edge
	raster       *canvas.Raster    // both, for a control
	group        *fyne.Container
	radius       float32
	fill, stroke fyne.ThemeColorName
	size         fyne.Size
	paintFill    color.Color // what the raster was painted with
	paintEdge    color.Color
}

// controlHeight is the height up to which an edged box is a raster.
const controlHeight = 48

// newBox makes a box; with a stroke it can have an edge.
func newBox(fill, stroke fyne.ThemeColorName, radius float32) *box {
	b := &box{r: &canvas.Rectangle{CornerRadius: radius}, radius: radius}
	if stroke != "" {
		b.in = &canvas.Rectangle{}
		b.raster = canvas.NewRaster(b.paint)
		b.raster.Hide()
		b.group = container.NewWithoutLayout(b.r, b.in, b.raster)
	}
	b.set(fill, stroke)
	return b
}

func (b *box) object() fyne.CanvasObject {
	if b.group != nil {
		return b.group
	}
	return b.r
}

// set colours the box; an empty name paints nothing.
func (b *box) set(fill, stroke fyne.ThemeColorName) {
	moved := b.stroke != stroke
	b.fill, b.stroke = fill, stroke
	b.repaint()
	if moved {
		b.arrange()
	}
}

func (b *box) setRadius(r float32) {
	if b.radius != r {
		b.radius = r
		b.arrange()
	}
}

// small reports whether the box is painted as a raster.
func (b *box) small() bool {
	return b.raster != nil && b.stroke != "" && b.size.Height > 0 && b.size.Height <= controlHeight
}

func (b *box) repaint() {
	if b.raster == nil {
		fill(b.r, b.fill)
		return
	}
	setVisible(b.raster, b.small())
	setVisible(b.r, !b.small())
	// A size below zero is a fault to Fyne's painter: of what was not laid out yet.
	setVisible(b.in, !b.small() && b.stroke != "" && b.size.Width > 2 && b.size.Height > 2)
	outer, inner := b.fill, b.fill
	if b.stroke != "" {
		outer = b.stroke
		if inner == "" {
			inner = theme.Surface
		}
	}
	fill(b.r, outer)
	fill(b.in, inner)
	if b.small() && (b.paintFill != Color(named(b.fill)) || b.paintEdge != Color(named(b.stroke))) {
		b.raster.Refresh()
	}
}

func named(name fyne.ThemeColorName) fyne.ThemeColorName {
	if name == "" {
		return theme.Clear
	}
	return name
}

func fill(r *canvas.Rectangle, name fyne.ThemeColorName) {
	if c := Color(named(name)); r.FillColor != c {
		r.FillColor = c
		r.Refresh()
	}
}

func (b *box) place(x, y, w, h float32) {
	size := fyne.NewSize(max(0, w), max(0, h))
	b.object().Move(fyne.NewPos(x, y))
	if b.size == size {
		return
	}
	b.size = size
	if b.group != nil {
		b.group.Resize(size)
		b.repaint()
	}
	b.arrange()
}

func (b *box) arrange() {
	b.r.CornerRadius = b.radius
	b.r.Resize(b.size)
	if b.raster != nil {
		b.in.CornerRadius = max(0, b.radius-1)
		b.in.Move(fyne.NewPos(1, 1))
		b.in.Resize(fyne.NewSize(max(0, b.size.Width-2), max(0, b.size.Height-2)))
		b.raster.Resize(b.size)
	}
}

func (b *box) show(on bool) { setVisible(b.object(), on) }

func (b *box) paint(w, h int) image.Image {
	b.paintFill, b.paintEdge = Color(named(b.fill)), Color(named(b.stroke))
	scale := float64(w) / float64(max(1, b.size.Width))
	return framed(w, h, float64(b.radius)*scale, max(1, math.Round(scale)), b.paintFill, b.paintEdge)
}

// ring is the focus ring: 2 px, 1 px outside the control.
type ring struct {
	raster *canvas.Raster
	radius float32
	ink    color.Color
}

func newRing() *ring {
	r := &ring{ink: Color(theme.Focus)}
	r.raster = canvas.NewRaster(r.paint)
	r.raster.Hide()
	return r
}

func (r *ring) object() fyne.CanvasObject { return r.raster }

func (r *ring) repaint() {
	if c := Color(theme.Focus); r.ink != c {
		r.ink = c
		r.raster.Refresh()
	}
}

const ringOut = 3 // 1 of air and 2 of ring

func (r *ring) place(x, y, w, h, radius float32) {
	r.radius = radius + ringOut
	r.raster.Resize(fyne.NewSize(w+2*ringOut, h+2*ringOut))
	r.raster.Move(fyne.NewPos(x-ringOut, y-ringOut))
}

func (r *ring) show(on bool) { setVisible(r.raster, on) }

func (r *ring) paint(w, h int) image.Image {
	scale := float64(w) / float64(max(1, r.raster.Size().Width))
	return framed(w, h, float64(r.radius)*scale, max(1, math.Round(2*scale)), color.Transparent, r.ink)
}

// framed paints a rounded rectangle of w x h pixels with an edge inside it.
func framed(w, h int, radius, edge float64, fill, stroke color.Color) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	f, s := premultiplied(fill), premultiplied(stroke)
	radius = min(radius, float64(w)/2, float64(h)/2)
	corner := int(math.Ceil(radius))
	inner := max(0, radius-edge)
	for y := range h {
		straight := y >= corner && y < h-corner
		for x := 0; x < w; x++ {
			out := cover(float64(x), float64(y), 0, 0, float64(w), float64(h), radius)
			in := min(out, cover(float64(x), float64(y), edge, edge, float64(w)-edge, float64(h)-edge, inner))
			var c [4]float64
			for k := range c {
				c[k] = s[k]*(out-in) + f[k]*in
			}
			put(img, x, y, c)
			if !straight || x < corner || float64(x) < edge {
				continue
			}
			// Nothing changes along a straight stretch.
			for last := w - 1 - max(corner, int(edge)); x < last; x++ {
				put(img, x+1, y, c)
			}
		}
	}
	return img
}

func premultiplied(c color.Color) [4]float64 {
	r, g, b, a := c.RGBA()
	return [4]float64{float64(r) / 257, float64(g) / 257, float64(b) / 257, float64(a) / 257}
}

func put(img *image.RGBA, x, y int, c [4]float64) {
	p := img.Pix[img.PixOffset(x, y):]
	for k := range c {
		p[k] = uint8(c[k] + 0.5)
	}
}

// cover is how much of the pixel at x, y a rounded rectangle covers.
func cover(x, y, left, top, right, bottom, radius float64) float64 {
	px, py := x+0.5, y+0.5
	dx := max(left+radius-px, px-(right-radius), 0)
	dy := max(top+radius-py, py-(bottom-radius), 0)
	d := math.Hypot(dx, dy) - radius
	if radius == 0 || dx == 0 || dy == 0 {
		d = max(left-px, px-right, top-py, py-bottom)
	}
	return max(0, min(1, 0.5-d))
}
