package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"

	"posthouse/views/theme"
)

// brush is the renderer of most widgets here: the objects are made once, and
// three functions size, place and colour them.
type brush struct {
	owner   fyne.Widget
	objects []fyne.CanvasObject
	min     func() fyne.Size
	layout  func(fyne.Size)
	refresh func()
	destroy func()
}

func (b *brush) Destroy() {
	if b.destroy != nil {
		b.destroy()
	}
}

func (b *brush) MinSize() fyne.Size           { return b.min() }
func (b *brush) Objects() []fyne.CanvasObject { return b.objects }

func (b *brush) Layout(s fyne.Size) {
	if b.layout != nil {
		b.layout(s)
	}
}

func (b *brush) Refresh() {
	if b.refresh != nil {
		b.refresh()
	}
	if b.layout != nil {
		b.layout(b.owner.Size())
	}
	canvas.Refresh(b.owner)
}

// clipBrush cuts its objects at the edges of the widget.
type clipBrush struct{ brush }

// IsClip is how Fyne's walk knows a renderer that clips.
func (c *clipBrush) IsClip() {}

// part is a painted thing with tokens: line, box, ring, glyph.
type part interface {
	object() fyne.CanvasObject
	repaint()
}

// objects lists what parts and plain objects paint, in order.
func objects(things ...any) []fyne.CanvasObject {
	var out []fyne.CanvasObject
	for _, t := range things {
		switch t := t.(type) {
		case part:
			out = append(out, t.object())
		case fyne.CanvasObject:
			out = append(out, t)
		}
	}
	return out
}

// repaint recolours parts after a change of theme.
func repaint(parts ...part) {
	for _, p := range parts {
		p.repaint()
	}
}

// box is a filled rectangle with or without an edge of 1. The edge is a second
// rectangle under the first: the painters of Fyne place strokes differently
// (GL inside the edge, the software painter on it, which blurs).
type box struct {
	r            *canvas.Rectangle // the edge, or the whole
	in           *canvas.Rectangle // the fill inside an edge; nil: never an edge
	group        *fyne.Container
	radius       float32
	fill, stroke fyne.ThemeColorName
	size         fyne.Size
}

// newBox makes a box; with a stroke it can have an edge.
func newBox(fill, stroke fyne.ThemeColorName, radius float32) *box {
	b := &box{r: &canvas.Rectangle{CornerRadius: radius}, radius: radius}
	if stroke != "" {
		b.in = &canvas.Rectangle{}
		b.group = container.NewWithoutLayout(b.r, b.in)
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

// set colours the box; an empty name paints nothing. An edge without a fill
// is painted on the surface.
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

func (b *box) repaint() {
	outer, inner := b.fill, b.fill
	if b.edged() {
		outer = b.stroke
		if inner == "" {
			inner = theme.Surface
		}
	}
	fill(b.r, outer)
	if b.in != nil {
		if !b.edged() {
			inner = ""
		}
		fill(b.in, inner)
	}
}

func (b *box) edged() bool { return b.in != nil && b.stroke != "" }

func fill(r *canvas.Rectangle, name fyne.ThemeColorName) {
	if name == "" {
		name = theme.Clear
	}
	if c := Color(name); r.FillColor != c {
		r.FillColor = c
		r.Refresh()
	}
}

func (b *box) place(x, y, w, h float32) {
	size := fyne.NewSize(w, h)
	b.object().Move(fyne.NewPos(x, y))
	if b.size == size {
		return
	}
	b.size = size
	if b.group != nil {
		b.group.Resize(size)
	}
	b.arrange()
}

func (b *box) arrange() {
	b.r.CornerRadius = b.radius
	b.r.Resize(b.size)
	if b.in != nil {
		b.in.CornerRadius = max(0, b.radius-1)
		b.in.Move(fyne.NewPos(1, 1))
		b.in.Resize(b.size.SubtractWidthHeight(2, 2))
	}
}

func (b *box) show(on bool) { setVisible(b.object(), on) }

// ring is the focus ring: 2 px, 1 px outside the control.
type ring struct{ r *canvas.Rectangle }

func newRing() *ring {
	r := &ring{r: &canvas.Rectangle{StrokeWidth: 2}}
	r.repaint()
	r.r.Hide()
	return r
}

func (r *ring) object() fyne.CanvasObject { return r.r }

func (r *ring) repaint() {
	r.r.FillColor, r.r.StrokeColor = Color(theme.Clear), Color(theme.Focus)
}

func (r *ring) place(x, y, w, h, radius float32) {
	out := float32(3)
	if !strokesInside() {
		out--
	}
	r.r.CornerRadius = radius + out
	r.r.Resize(fyne.NewSize(w+2*out, h+2*out))
	r.r.Move(fyne.NewPos(x-out, y-out))
}

// strokesInside reports whether strokes are painted inside the edge, as the
// GL painter does, or on it, as the one without a display does.
func strokesInside() bool {
	_, gl := fyne.CurrentApp().Driver().(desktop.Driver)
	return gl
}

func (r *ring) show(on bool) { setVisible(r.r, on) }

func setVisible(o fyne.CanvasObject, on bool) {
	if o.Visible() == on {
		return
	}
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}

// glyph is an icon that remembers its name and colour.
type glyph struct {
	i     *canvas.Image
	name  string
	color fyne.ThemeColorName
}

func newGlyph(name string, col fyne.ThemeColorName) *glyph {
	g := &glyph{i: &canvas.Image{FillMode: canvas.ImageFillContain}}
	g.i.Hide()
	g.set(name, col)
	return g
}

func (g *glyph) object() fyne.CanvasObject { return g.i }

// set changes the icon; an empty name hides it.
func (g *glyph) set(name string, col fyne.ThemeColorName) {
	if g.name == name && g.color == col {
		return
	}
	g.name, g.color = name, col
	if name == "" {
		g.i.Hide()
		return
	}
	g.i.Resource = theme.Icon(name, col)
	g.i.Show()
	g.i.Refresh()
}

// repaint reads the icon again in the variant shown.
func (g *glyph) repaint() {
	if g.name != "" {
		g.i.Refresh()
	}
}

func (g *glyph) place(x, y, size float32) {
	g.i.Resize(fyne.NewSize(size, size))
	g.i.Move(fyne.NewPos(x, y))
}

// setResource shows an icon given as a resource.
func (g *glyph) setResource(r fyne.Resource) {
	g.name, g.color = r.Name(), ""
	if g.i.Resource != r {
		g.i.Resource = r
	}
	g.i.Show()
	g.i.Refresh()
}
