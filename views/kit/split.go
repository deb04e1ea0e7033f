package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"posthouse/views/theme"
)

// SplitPane divides its room between two panes by a bar of 5 that is dragged.
// One pane has a size of its own, the other the rest.
type SplitPane struct {
	widget.BaseWidget

	// OnMoved gets the new size of the sized pane when a drag ends; keep it
	// in the preferences.
	OnMoved func(size float32)

	first, second fyne.CanvasObject
	bar           *splitBar
	vertical      bool // panes one above the other
	sizedSecond   bool
	size          float32
	min, max      float32
}

// NewSplit puts panes side by side. The first has the size, unless SizeSecond
// is called.
func NewSplit(left, right fyne.CanvasObject, size float32) *SplitPane {
	return newSplit(left, right, size, false)
}

// NewStackedSplit puts panes one above the other.
func NewStackedSplit(top, bottom fyne.CanvasObject, size float32) *SplitPane {
	return newSplit(top, bottom, size, true)
}

func newSplit(a, b fyne.CanvasObject, size float32, vertical bool) *SplitPane {
	s := &SplitPane{first: a, second: b, size: size, vertical: vertical, min: 80}
	s.bar = &splitBar{pane: s}
	s.bar.ExtendBaseWidget(s.bar)
	s.ExtendBaseWidget(s)
	return s
}

// SizeSecond makes the size that of the second pane.
func (s *SplitPane) SizeSecond() *SplitPane { s.sizedSecond = true; s.Refresh(); return s }

// Limits bounds the size; a highest of 0 is no bound.
func (s *SplitPane) Limits(lowest, highest float32) *SplitPane {
	s.min, s.max = lowest, highest
	s.Refresh()
	return s
}

// PaneSize is the size of the sized pane.
func (s *SplitPane) PaneSize() float32 { return s.size }

// SetPaneSize sets the size of the sized pane.
func (s *SplitPane) SetPaneSize(v float32) { s.size = v; s.Refresh() }

// SetFirst replaces the first pane.
func (s *SplitPane) SetFirst(o fyne.CanvasObject) { s.first = o; s.Refresh() }

// SetSecond replaces the second pane; nil hides it and the bar.
func (s *SplitPane) SetSecond(o fyne.CanvasObject) { s.second = o; s.Refresh() }

// clamp keeps the size within the limits and the room.
func (s *SplitPane) clamp(room float32) float32 {
	v := max(s.min, s.size)
	if s.max > 0 {
		v = min(v, s.max)
	}
	return round(max(0, min(v, room-splitThickness-s.min)))
}

const splitThickness = 5

// CreateRenderer is Fyne's.
func (s *SplitPane) CreateRenderer() fyne.WidgetRenderer {
	b := &brush{owner: s}
	b.refresh = func() {
		b.objects = b.objects[:0]
		for _, o := range []fyne.CanvasObject{s.first, s.second} {
			if o != nil {
				b.objects = append(b.objects, o)
			}
		}
		if s.first != nil && s.second != nil {
			b.objects = append(b.objects, s.bar)
		}
	}
	b.refresh()
	b.min = func() fyne.Size {
		var a, c fyne.Size
		if s.first != nil {
			a = s.first.MinSize()
		}
		if s.second != nil {
			c = s.second.MinSize()
		}
		if s.vertical {
			return fyne.NewSize(max(a.Width, c.Width), a.Height+c.Height+splitThickness)
		}
		return fyne.NewSize(a.Width+c.Width+splitThickness, max(a.Height, c.Height))
	}
	b.layout = func(size fyne.Size) {
		if s.first == nil || s.second == nil {
			for _, o := range b.objects {
				o.Resize(size)
				o.Move(fyne.Position{})
			}
			return
		}
		room := size.Width
		if s.vertical {
			room = size.Height
		}
		at := s.clamp(room)
		if s.sizedSecond {
			at = room - splitThickness - at
		}
		if s.vertical {
			s.first.Resize(fyne.NewSize(size.Width, at))
			s.bar.Resize(fyne.NewSize(size.Width, splitThickness))
			s.bar.Move(fyne.NewPos(0, at))
			s.second.Resize(fyne.NewSize(size.Width, max(0, room-at-splitThickness)))
			s.second.Move(fyne.NewPos(0, at+splitThickness))
		} else {
			s.first.Resize(fyne.NewSize(at, size.Height))
			s.bar.Resize(fyne.NewSize(splitThickness, size.Height))
			s.bar.Move(fyne.NewPos(at, 0))
			s.second.Resize(fyne.NewSize(max(0, room-at-splitThickness), size.Height))
			s.second.Move(fyne.NewPos(at+splitThickness, 0))
		}
		s.first.Move(fyne.Position{})
	}
	return b
}

// splitBar is the bar between the panes: a line on each side.
type splitBar struct {
	widget.BaseWidget
	pane  *SplitPane
	moved bool
}

// Dragged is Fyne's.
func (b *splitBar) Dragged(ev *fyne.DragEvent) {
	s := b.pane
	d := ev.Dragged.DX
	room := s.Size().Width
	if s.vertical {
		d, room = ev.Dragged.DY, s.Size().Height
	}
	if s.sizedSecond {
		d = -d
	}
	s.size = s.clamp(room) + d
	s.size = s.clamp(room)
	b.moved = true
	s.Refresh()
}

// DragEnd is Fyne's.
func (b *splitBar) DragEnd() {
	if b.moved && b.pane.OnMoved != nil {
		b.pane.OnMoved(b.pane.size)
	}
	b.moved = false
}

// Cursor is Fyne's.
func (b *splitBar) Cursor() desktop.Cursor {
	if b.pane.vertical {
		return desktop.VResizeCursor
	}
	return desktop.HResizeCursor
}

// MouseIn is Fyne's.
func (b *splitBar) MouseIn(*desktop.MouseEvent) {}

// MouseMoved is Fyne's.
func (b *splitBar) MouseMoved(*desktop.MouseEvent) {}

// MouseOut is Fyne's.
func (b *splitBar) MouseOut() {}

// CreateRenderer is Fyne's.
func (b *splitBar) CreateRenderer() fyne.WidgetRenderer {
	back, one, two := newBox(theme.Background, "", 0), newBox(theme.Border, "", 0), newBox(theme.Border, "", 0)
	r := &brush{owner: b, objects: objects(back, one, two)}
	r.refresh = func() { repaint(back, one, two) }
	r.min = func() fyne.Size { return fyne.NewSize(splitThickness, splitThickness) }
	r.layout = func(s fyne.Size) {
		back.place(0, 0, s.Width, s.Height)
		if b.pane.vertical {
			one.place(0, 0, s.Width, 1)
			two.place(0, s.Height-1, s.Width, 1)
		} else {
			one.place(0, 0, 1, s.Height)
			two.place(s.Width-1, 0, 1, s.Height)
		}
	}
	return r
}
