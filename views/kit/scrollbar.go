package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"posthouse/views/theme"
)

// scrollBar is a thumb 6 wide that can be dragged; a click beside it moves
// there. It works in parts of the way, so the length of the list is no
// matter.
type scrollBar struct {
	widget.BaseWidget
	vertical            bool
	moved               func(part float64)
	window, total, from float64
	grab                float64
	dragging, hovered   bool
}

const thumbLeast = 28

func newScrollBar(vertical bool, moved func(float64)) *scrollBar {
	s := &scrollBar{vertical: vertical, moved: moved}
	s.ExtendBaseWidget(s)
	s.Hide()
	return s
}

// set says what part of the whole is in sight.
func (s *scrollBar) set(window, total, from float64) {
	need := total > window && window > 0
	if need != s.Visible() {
		if need {
			s.Show()
		} else {
			s.Hide()
		}
	}
	if s.window == window && s.total == total && s.from == from {
		return
	}
	s.window, s.total, s.from = window, total, from
	if need {
		s.Refresh()
	}
}

// length is the length of the bar and of its thumb.
func (s *scrollBar) length() (whole, thumb float64) {
	whole = float64(s.Size().Width)
	if s.vertical {
		whole = float64(s.Size().Height)
	}
	whole -= 4
	if s.total <= 0 {
		return whole, whole
	}
	return whole, min(whole, max(thumbLeast, whole*s.window/s.total))
}

func (s *scrollBar) thumbAt() float64 {
	whole, thumb := s.length()
	if s.total <= s.window {
		return 2
	}
	return 2 + (whole-thumb)*s.from/(s.total-s.window)
}

func (s *scrollBar) along(p fyne.Position) float64 {
	if s.vertical {
		return float64(p.Y)
	}
	return float64(p.X)
}

func (s *scrollBar) moveThumb(to float64) {
	whole, thumb := s.length()
	if whole <= thumb {
		return
	}
	s.moved(max(0, min(1, (to-2)/(whole-thumb))))
}

// MouseDown is Fyne's.
func (s *scrollBar) MouseDown(ev *desktop.MouseEvent) {
	at := s.along(ev.Position)
	_, thumb := s.length()
	if t := s.thumbAt(); at < t || at >= t+thumb {
		s.moveThumb(at - thumb/2)
	}
	s.grab = at - s.thumbAt()
}

// MouseUp is Fyne's.
func (s *scrollBar) MouseUp(*desktop.MouseEvent) {}

// Dragged is Fyne's.
func (s *scrollBar) Dragged(ev *fyne.DragEvent) {
	s.dragging = true
	s.moveThumb(s.along(ev.Position) - s.grab)
}

// DragEnd is Fyne's.
func (s *scrollBar) DragEnd() { s.dragging = false; s.Refresh() }

// MouseIn is Fyne's.
func (s *scrollBar) MouseIn(*desktop.MouseEvent) { s.hovered = true; s.Refresh() }

// MouseMoved is Fyne's.
func (s *scrollBar) MouseMoved(*desktop.MouseEvent) {}

// MouseOut is Fyne's.
func (s *scrollBar) MouseOut() { s.hovered = false; s.Refresh() }

// CreateRenderer is Fyne's.
func (s *scrollBar) CreateRenderer() fyne.WidgetRenderer {
	thumb := newBox(theme.ScrollBar, "", 3)
	b := &brush{owner: s, objects: objects(thumb)}
	b.refresh = func() {
		col := theme.ScrollBar
		if s.hovered || s.dragging {
			col = theme.BorderStrong
		}
		thumb.set(col, "")
	}
	b.min = func() fyne.Size { return fyne.NewSize(10, 10) }
	b.layout = func(size fyne.Size) {
		_, l := s.length()
		at := float32(s.thumbAt())
		if s.vertical {
			thumb.place(size.Width-8, round(at), 6, round(float32(l)))
		} else {
			thumb.place(round(at), size.Height-8, round(float32(l)), 6)
		}
	}
	return b
}
