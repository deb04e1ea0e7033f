package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

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

// box is a filled rectangle that remembers its tokens.
type box struct {
	r            *canvas.Rectangle
	fill, stroke fyne.ThemeColorName
}

func newBox(fill, stroke fyne.ThemeColorName, radius float32) *box {
	b := &box{r: &canvas.Rectangle{CornerRadius: radius}}
	b.set(fill, stroke)
	return b
}

func (b *box) object() fyne.CanvasObject { return b.r }

// set colours the box; an empty name paints nothing.
func (b *box) set(fill, stroke fyne.ThemeColorName) {
	b.fill, b.stroke = fill, stroke
	b.repaint()
}

func (b *box) repaint() {
	fill, stroke, width := b.fill, b.stroke, float32(1)
	if fill == "" {
		fill = theme.Clear
	}
	if stroke == "" {
		stroke, width = theme.Clear, 0
	}
	f, s := Color(fill), Color(stroke)
	if b.r.FillColor == f && b.r.StrokeColor == s && b.r.StrokeWidth == width {
		return
	}
	b.r.FillColor, b.r.StrokeColor, b.r.StrokeWidth = f, s, width
	b.r.Refresh()
}

func (b *box) place(x, y, w, h float32) {
	b.r.Resize(fyne.NewSize(w, h))
	b.r.Move(fyne.NewPos(x, y))
}

func (b *box) show(on bool) { setVisible(b.r, on) }

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
	r.r.CornerRadius = radius + 3
	r.r.Resize(fyne.NewSize(w+6, h+6))
	r.r.Move(fyne.NewPos(x-3, y-3))
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
