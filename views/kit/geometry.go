package kit

import (
	"math"

	"fyne.io/fyne/v2"
)

func ceil(f float32) float32  { return float32(math.Ceil(float64(f))) }
func floor(f float32) float32 { return float32(math.Floor(float64(f))) }
func round(f float32) float32 { return float32(math.Round(float64(f))) }

// sized gives an object a least size.
type sized struct{ w, h float32 }

func (s sized) MinSize(objs []fyne.CanvasObject) fyne.Size {
	m := fyne.NewSize(s.w, s.h)
	for _, o := range objs {
		m = m.Max(o.MinSize())
	}
	return m
}

func (s sized) Layout(objs []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objs {
		o.Move(fyne.Position{})
		o.Resize(size)
	}
}

// rowLayout puts objects in a row, each centred and at its own size. The
// object at index grow takes the room left (-1: none).
type rowLayout struct {
	gap, padLeft, padRight float32
	height                 float32
	grow                   int
	snug                   bool // the growing object is a Label, which takes no more than its text needs
	yields                 bool // the first object gives way where there is too little room
}

func (l rowLayout) MinSize(objs []fyne.CanvasObject) fyne.Size {
	w, h := l.padLeft+l.padRight, l.height
	n := 0
	for _, o := range objs {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		if n > 0 {
			w += l.gap
		}
		w += m.Width
		if l.height == 0 {
			h = max(h, m.Height)
		}
		n++
	}
	return fyne.NewSize(w, h)
}

func (l rowLayout) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	free := s.Width - l.MinSize(objs).Width
	if l.snug {
		label := objs[l.grow].(*Label)
		free = min(free, label.wide()-label.MinSize().Width)
	}
	x := l.padLeft
	for i, o := range objs {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		if i == l.grow {
			m.Width = max(0, m.Width+free)
			// What wraps knows its height only once it has its width.
			if o.Size().Width != m.Width {
				o.Resize(fyne.NewSize(m.Width, m.Height))
			}
			m.Height = o.MinSize().Height
		}
		if l.yields && i == 0 {
			m.Width = max(0, m.Width+min(0, free))
		}
		h := min(m.Height, s.Height)
		o.Resize(fyne.NewSize(m.Width, h))
		o.Move(fyne.NewPos(x, floor((s.Height-h)/2)))
		x += m.Width + l.gap
	}
}

// columnLayout stacks objects, each as wide as the column.
type columnLayout struct{ gap, padX, padTop, padBottom float32 }

func (l columnLayout) MinSize(objs []fyne.CanvasObject) fyne.Size {
	var w float32
	h := l.padTop + l.padBottom
	n := 0
	for _, o := range objs {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		w = max(w, m.Width)
		if n > 0 {
			h += l.gap
		}
		h += m.Height
		n++
	}
	return fyne.NewSize(w+2*l.padX, h)
}

func (l columnLayout) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	y := l.padTop
	for _, o := range objs {
		if !o.Visible() {
			continue
		}
		w := s.Width - 2*l.padX
		// Wrapping text knows its height only once it has its width.
		if o.Size().Width != w {
			o.Resize(fyne.NewSize(w, o.MinSize().Height))
		}
		h := o.MinSize().Height
		o.Resize(fyne.NewSize(w, h))
		o.Move(fyne.NewPos(l.padX, y))
		y += h + l.gap
	}
}

// dockLayout is a border layout without padding.
type dockLayout struct{ top, bottom, left, right, center fyne.CanvasObject }

func (d dockLayout) objects() []fyne.CanvasObject {
	var out []fyne.CanvasObject
	for _, o := range []fyne.CanvasObject{d.center, d.top, d.bottom, d.left, d.right} {
		if o != nil {
			out = append(out, o)
		}
	}
	return out
}

func minOf(o fyne.CanvasObject) fyne.Size {
	if o == nil || !o.Visible() {
		return fyne.Size{}
	}
	return o.MinSize()
}

func (d dockLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	t, b, l, r, c := minOf(d.top), minOf(d.bottom), minOf(d.left), minOf(d.right), minOf(d.center)
	w := max(t.Width, b.Width, l.Width+c.Width+r.Width)
	return fyne.NewSize(w, t.Height+b.Height+max(l.Height, c.Height, r.Height))
}

func (d dockLayout) Layout(_ []fyne.CanvasObject, s fyne.Size) {
	put := func(o fyne.CanvasObject, x, y, w, h float32) {
		if o != nil && o.Visible() {
			o.Resize(fyne.NewSize(max(0, w), max(0, h)))
			o.Move(fyne.NewPos(x, y))
		}
	}
	t, b := minOf(d.top).Height, minOf(d.bottom).Height
	l, r := minOf(d.left).Width, minOf(d.right).Width
	put(d.top, 0, 0, s.Width, t)
	// Text that wraps knows its height once it has its width.
	if now := minOf(d.top).Height; now != t {
		t = now
		put(d.top, 0, 0, s.Width, t)
	}
	put(d.bottom, 0, s.Height-b, s.Width, b)
	put(d.left, 0, t, l, s.Height-t-b)
	put(d.right, s.Width-r, t, r, s.Height-t-b)
	put(d.center, l, t, s.Width-l-r, s.Height-t-b)
}
