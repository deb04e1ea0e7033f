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
