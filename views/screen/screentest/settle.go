package screentest

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// Settle lays everything out anew, as Fyne's drivers do before they paint and
// its test driver does not.
func Settle(t *testing.T, objects ...fyne.CanvasObject) {
	t.Helper()
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		switch x := o.(type) {
		case *fyne.Container:
			if x.Layout != nil {
				x.Layout.Layout(x.Objects, x.Size())
			}
			Settle(t, x.Objects...)
		case fyne.Widget:
			r := test.TempWidgetRenderer(t, x)
			r.Layout(x.Size())
			Settle(t, r.Objects()...)
		}
	}
}

// Find lists the visible objects of a type, in the order they are painted.
func Find[T fyne.CanvasObject](t *testing.T, root fyne.CanvasObject) []T {
	t.Helper()
	if !root.Visible() {
		return nil
	}
	var out []T
	if x, ok := root.(T); ok {
		out = append(out, x)
	}
	switch x := root.(type) {
	case *fyne.Container:
		for _, o := range x.Objects {
			out = append(out, Find[T](t, o)...)
		}
	case fyne.Widget:
		for _, o := range test.TempWidgetRenderer(t, x).Objects() {
			out = append(out, Find[T](t, o)...)
		}
	}
	return out
}
