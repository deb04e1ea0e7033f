package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Column stacks objects without gaps, each as wide as the column; the one at
// index fill takes the height left.
func Column(fill int, objs ...fyne.CanvasObject) *fyne.Container {
	return container.New(line{fill: fill, down: true}, objs...)
}

// Side puts objects side by side without gaps, each as high as the row; the
// one at index fill takes the width left.
func Side(fill int, objs ...fyne.CanvasObject) *fyne.Container {
	return container.New(line{fill: fill}, objs...)
}

type line struct {
	fill int
	down bool
}

// along is a size's length in the direction of the line.
func (l line) along(s fyne.Size) float32 {
	if l.down {
		return s.Height
	}
	return s.Width
}

func (l line) MinSize(objs []fyne.CanvasObject) fyne.Size {
	var length, across float32
	for _, o := range objs {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		length += l.along(m)
		across = max(across, m.Width+m.Height-l.along(m))
	}
	if l.down {
		return fyne.NewSize(across, length)
	}
	return fyne.NewSize(length, across)
}

func (l line) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	room := l.along(s)
	for i, o := range objs {
		if o.Visible() && i != l.fill {
			// What wraps knows its height only once it has its width.
			if l.down && o.Size().Width != s.Width {
				o.Resize(fyne.NewSize(s.Width, o.MinSize().Height))
			}
			room -= l.along(o.MinSize())
		}
	}
	var at float32
	for i, o := range objs {
		if !o.Visible() {
			continue
		}
		n := l.along(o.MinSize())
		if i == l.fill {
			n = max(0, room)
		}
		if l.down {
			o.Move(fyne.NewPos(0, at))
			o.Resize(fyne.NewSize(s.Width, n))
		} else {
			o.Move(fyne.NewPos(at, 0))
			o.Resize(fyne.NewSize(n, s.Height))
		}
		at += n
	}
}

// NewResponsive makes a container that shows one of several arrangements of
// the same widgets by the size it gets: class turns a size into the number
// of an arrangement, arrange makes that arrangement when the size crosses a
// bound.
func NewResponsive(class func(fyne.Size) int, arrange func(class int) fyne.CanvasObject) *fyne.Container {
	l := &responsive{class: class, arrange: arrange, shown: -1}
	l.owner = container.New(l)
	return l.owner
}

type responsive struct {
	class   func(fyne.Size) int
	arrange func(int) fyne.CanvasObject
	owner   *fyne.Container
	shown   int
}

func (r *responsive) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(320, 200) }

func (r *responsive) Layout(_ []fyne.CanvasObject, s fyne.Size) {
	if c := r.class(s); c != r.shown {
		r.shown = c
		r.owner.Objects = []fyne.CanvasObject{r.arrange(c)}
	}
	for _, o := range r.owner.Objects {
		o.Move(fyne.Position{})
		o.Resize(s)
	}
}
