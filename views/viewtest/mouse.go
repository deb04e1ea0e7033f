package viewtest

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
)

// Press presses and releases a mouse button at a place of the window, as the
// driver does: MouseDown and MouseUp for what takes them, then Tapped or
// TappedSecondary.
func Press(c fyne.Canvas, at fyne.Position, button desktop.MouseButton, mods fyne.KeyModifier) {
	o, pos := under(c, at, func(o fyne.CanvasObject) bool {
		switch o.(type) {
		case fyne.Tappable, fyne.SecondaryTappable, fyne.DoubleTappable, fyne.Focusable, desktop.Mouseable:
			return true
		}
		return false
	})
	point := fyne.PointEvent{Position: pos, AbsolutePosition: at}
	ev := &desktop.MouseEvent{PointEvent: point, Button: button, Modifier: mods}
	if m, ok := o.(desktop.Mouseable); ok {
		m.MouseDown(ev)
		m.MouseUp(ev)
	}
	switch button {
	case desktop.MouseButtonPrimary:
		if t, ok := o.(fyne.Tappable); ok {
			t.Tapped(&point)
		}
	case desktop.MouseButtonSecondary:
		if t, ok := o.(fyne.SecondaryTappable); ok {
			t.TappedSecondary(&point)
		}
	}
}

// Click is a click with the primary button.
func Click(c fyne.Canvas, x, y float32) {
	Press(c, fyne.NewPos(x, y), desktop.MouseButtonPrimary, 0)
}

// DoubleClick is a click and a double tap.
func DoubleClick(c fyne.Canvas, x, y float32) {
	Click(c, x, y)
	at := fyne.NewPos(x, y)
	o, pos := under(c, at, func(o fyne.CanvasObject) bool {
		_, ok := o.(fyne.DoubleTappable)
		return ok
	})
	if d, ok := o.(fyne.DoubleTappable); ok {
		d.DoubleTapped(&fyne.PointEvent{Position: pos, AbsolutePosition: at})
	}
}

// Key types a key at whatever has the focus.
func Key(c fyne.Canvas, name fyne.KeyName) {
	if f := c.Focused(); f != nil {
		f.TypedKey(&fyne.KeyEvent{Name: name})
		return
	}
	if h := c.OnTypedKey(); h != nil {
		h(&fyne.KeyEvent{Name: name})
	}
}

// Center is the middle of an object in its window.
func Center(o fyne.CanvasObject) fyne.Position {
	pos := fyne.CurrentApp().Driver().AbsolutePositionForObject(o)
	return pos.AddXY(o.Size().Width/2, o.Size().Height/2)
}

// under finds the innermost object at a place that fits.
func under(c fyne.Canvas, at fyne.Position, fits func(fyne.CanvasObject) bool) (fyne.CanvasObject, fyne.Position) {
	root := c.Content()
	if top := c.Overlays().Top(); top != nil {
		root = top
	}
	var found fyne.CanvasObject
	var pos fyne.Position
	var walk func(o fyne.CanvasObject, offset fyne.Position)
	walk = func(o fyne.CanvasObject, offset fyne.Position) {
		if o == nil || !o.Visible() {
			return
		}
		p := offset.Add(o.Position())
		s := o.Size()
		inside := at.X >= p.X && at.Y >= p.Y && at.X < p.X+s.Width && at.Y < p.Y+s.Height
		if inside && fits(o) {
			found, pos = o, at.Subtract(p)
		}
		switch t := o.(type) {
		case *fyne.Container:
			for _, child := range t.Objects {
				walk(child, p)
			}
		case fyne.Widget:
			if !inside {
				return
			}
			for _, child := range test.WidgetRenderer(t).Objects() {
				walk(child, p)
			}
		}
	}
	walk(root, fyne.Position{})
	return found, pos
}
