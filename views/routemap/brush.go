package routemap

import (
	"image/color"
	"math"
	"sort"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"posthouse/views/kit"
	"posthouse/views/theme"
)

// brush paints a picture anew each time, back to front, with the same objects: a
// step that only moves things makes none and uploads nothing.
type brush struct {
	boxes  []*canvas.Rectangle
	lines  []*canvas.Line
	texts  []*canvas.Text
	icons  []*canvas.Image
	used   [4]int
	shown  []fyne.CanvasObject
	before []fyne.CanvasObject // shown in the picture before this one
	colors map[fyne.ThemeColorName]color.Color
	ink    color.Color // of the theme that the icons were painted in
}

// begin starts a picture.
func (b *brush) begin() {
	b.used = [4]int{}
	b.shown = b.shown[:0]
	b.colors = map[fyne.ThemeColorName]color.Color{}
}

func (b *brush) color(name fyne.ThemeColorName) color.Color {
	c, ok := b.colors[name]
	if !ok {
		c = kit.Color(name)
		b.colors[name] = c
	}
	return c
}

// next is the next object of a pool, made if there are too few.
func next[T any](b *brush, pool int, list *[]*T) *T {
	i := b.used[pool]
	b.used[pool]++
	if i == len(*list) {
		*list = append(*list, new(T))
	}
	return (*list)[i]
}

// box paints a rounded rectangle.
func (b *brush) box(x, y, w, h, radius float32, fill fyne.ThemeColorName) {
	r := next(b, 0, &b.boxes)
	c := b.color(fill)
	dirty := r.FillColor != c || r.CornerRadius != radius
	r.FillColor, r.CornerRadius = c, radius
	r.Move(fyne.NewPos(x, y))
	r.Resize(fyne.NewSize(max(0, w), max(0, h)))
	if dirty {
		r.Refresh()
	}
	b.shown = append(b.shown, r)
}

// framed paints a rounded rectangle with an edge inside: painters blur a stroke.
func (b *brush) framed(x, y, w, h, radius, edge float32, fill, stroke fyne.ThemeColorName) {
	b.box(x, y, w, h, radius, stroke)
	if w > 2*edge && h > 2*edge {
		b.box(x+edge, y+edge, w-2*edge, h-2*edge, max(0, radius-edge), fill)
	}
}

// line paints a line, cut to the picture: one much longer than the window would
// be painted in full.
func (b *brush) line(room fyne.Size, x1, y1, x2, y2, width float32, col fyne.ThemeColorName) {
	x1, y1, x2, y2, ok := clip(room, x1, y1, x2, y2)
	if !ok {
		return
	}
	l := next(b, 1, &b.lines)
	c := b.color(col)
	p1, p2 := fyne.NewPos(x1, y1), fyne.NewPos(x2, y2)
	if l.Position1 != p1 || l.Position2 != p2 || l.StrokeColor != c || l.StrokeWidth != width {
		l.Position1, l.Position2, l.StrokeColor, l.StrokeWidth = p1, p2, c, width
		l.Refresh()
	}
	b.shown = append(b.shown, l)
}

// clip cuts a line to a room and a little more (Liang and Barsky).
func clip(room fyne.Size, x1, y1, x2, y2 float32) (a, b, c, d float32, ok bool) {
	const more = 4
	from, to := float32(0), float32(1)
	dx, dy := x2-x1, y2-y1
	for _, e := range [4][2]float32{{-dx, x1 + more}, {dx, room.Width + more - x1}, {-dy, y1 + more}, {dy, room.Height + more - y1}} {
		p, q := e[0], e[1]
		switch {
		case p == 0 && q < 0:
			return 0, 0, 0, 0, false
		case p < 0:
			from = max(from, q/p)
		case p > 0:
			to = min(to, q/p)
		}
	}
	if from > to {
		return 0, 0, 0, 0, false
	}
	return x1 + from*dx, y1 + from*dy, x1 + to*dx, y1 + to*dy, true
}

// dashed paints a line in dashes.
func (b *brush) dashed(room fyne.Size, x1, y1, x2, y2, width float32, col fyne.ThemeColorName) {
	x1, y1, x2, y2, ok := clip(room, x1, y1, x2, y2)
	if !ok {
		return
	}
	const dash, gap = 7, 5
	long := float32(math.Hypot(float64(x2-x1), float64(y2-y1)))
	if long == 0 {
		return
	}
	ux, uy := (x2-x1)/long, (y2-y1)/long
	for at := float32(0); at < long; at += dash + gap {
		end := min(long, at+dash)
		b.line(room, x1+at*ux, y1+at*uy, x1+end*ux, y1+end*uy, width, col)
	}
}

// text paints one line of text in a line box of height h, cut to width w.
func (b *brush) text(s string, size float32, face kit.Face, col fyne.ThemeColorName, x, y, w, h float32, align fyne.TextAlign) {
	s = cut(s, size, face, w)
	if s == "" {
		return
	}
	t := next(b, 2, &b.texts)
	c := b.color(col)
	style, font := fontOf(face)
	if t.Text != s || t.TextSize != size || t.Color != c || t.TextStyle != style || t.FontSource != font || t.Alignment != align {
		t.Text, t.TextSize, t.Color, t.TextStyle, t.FontSource, t.Alignment = s, size, c, style, font, align
		t.Refresh()
	}
	high, top := lineOf(h, size, face)
	t.Move(fyne.NewPos(x, y+top))
	t.Resize(fyne.NewSize(w, high))
	b.shown = append(b.shown, t)
}

// icon paints an icon.
func (b *brush) icon(name string, col fyne.ThemeColorName, x, y, size float32) {
	i := next(b, 3, &b.icons)
	r := theme.Icon(name, col)
	if i.Resource != r {
		i.Resource, i.FillMode = r, canvas.ImageFillContain
		i.Refresh()
	}
	i.Move(fyne.NewPos(x, y))
	i.Resize(fyne.NewSize(size, size))
	b.shown = append(b.shown, i)
}

// recolor paints icons anew after a change of theme: they take their colour when
// they are painted.
func (b *brush) recolor() {
	c := kit.Color(theme.Text)
	if b.ink != nil && b.ink != c {
		for _, i := range b.icons {
			i.Refresh()
		}
	}
	b.ink = c
}

func fontOf(f kit.Face) (fyne.TextStyle, fyne.Resource) {
	switch f {
	case kit.Medium:
		return fyne.TextStyle{}, theme.MediumFont()
	case kit.Bold:
		return fyne.TextStyle{Bold: true}, nil
	}
	return fyne.TextStyle{}, nil
}

type textKey struct {
	s    string
	size float32
	face kit.Face
}

// widths are those of texts measured before; the names of a forest are few.
var widths = map[textKey]float32{}

const mostWidths = 4096

func widthOf(s string, size float32, face kit.Face) float32 {
	k := textKey{s, size, face}
	if w, ok := widths[k]; ok {
		return w
	}
	style, font := fontOf(face)
	got, _ := fyne.CurrentApp().Driver().RenderedTextSize(s, size, style, font)
	if len(widths) >= mostWidths {
		clear(widths)
	}
	widths[k] = got.Width
	return got.Width
}

// cut shortens a text to a width, at its end.
func cut(s string, size float32, face kit.Face, w float32) string {
	s = kit.Shorten(s)
	if w <= 0 {
		return ""
	}
	if widthOf(s, size, face) <= w {
		return s
	}
	r := []rune(s)
	n := sort.Search(len(r), func(n int) bool { return widthOf(string(r[:n+1])+"…", size, face) > w })
	if n == 0 {
		return ""
	}
	return string(r[:n]) + "…"
}

type metric struct{ high, asc, desc, base float64 }

var metrics = map[textKey]metric{}

// lineOf is how high a text is and how far below the top of a line box of height
// h it begins, so that its baseline is where the rest of the program has it.
func lineOf(h, size float32, face kit.Face) (high, top float32) {
	k := textKey{"", size, face}
	m, ok := metrics[k]
	if !ok {
		style, font := fontOf(face)
		got, base := fyne.CurrentApp().Driver().RenderedTextSize("Mg", size, style, font)
		m = metric{float64(got.Height), math.Round(float64(base)), math.Round(float64(got.Height - base)), float64(base)}
		metrics[k] = m
	}
	line := math.Floor((float64(h)-m.asc-m.desc)/2) + m.asc
	return float32(m.high), float32(line - math.Ceil(m.base))
}

// changed reports whether other objects are shown than before: Fyne finds out by
// itself only what moved.
func (b *brush) changed() bool {
	same := len(b.shown) == len(b.before)
	for i := 0; same && i < len(b.shown); i++ {
		same = b.shown[i] == b.before[i]
	}
	b.before = append(b.before[:0], b.shown...)
	return !same
}
