package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/views/theme"
)

// FormRow is a line of a Form.
type FormRow struct {
	Label   string
	Content fyne.CanvasObject
}

// Form lays rows out 8 apart: muted labels in a column of the given width (88
// to 136), contents in the rest. A content takes the whole width: put a Field
// and its remark into a Grow or Row.
func Form(column float32, rows ...FormRow) *fyne.Container {
	objs := make([]fyne.CanvasObject, 0, 2*len(rows))
	for _, r := range rows {
		objs = append(objs, NewLabel(r.Label).Color(theme.Muted).High(28).Cut(End), r.Content)
	}
	return container.New(formLayout{column}, objs...)
}

// formLayout takes labels and contents in turn.
type formLayout struct{ column float32 }

const formGap = 8

func (f formLayout) MinSize(objs []fyne.CanvasObject) fyne.Size {
	var w, h float32
	for i := 0; i+1 < len(objs); i += 2 {
		if !objs[i+1].Visible() {
			continue
		}
		m := objs[i+1].MinSize()
		w = max(w, m.Width)
		if h > 0 {
			h += formGap
		}
		h += max(28, m.Height)
	}
	return fyne.NewSize(f.column+w, h)
}

func (f formLayout) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	var y float32
	for i := 0; i+1 < len(objs); i += 2 {
		label, content := objs[i], objs[i+1]
		setVisible(label, content.Visible())
		if !content.Visible() {
			continue
		}
		w := max(0, s.Width-f.column)
		if content.Size().Width != w {
			content.Resize(fyne.NewSize(w, content.MinSize().Height))
		}
		m := content.MinSize()
		h := max(28, m.Height)
		label.Resize(fyne.NewSize(f.column-8, 28))
		label.Move(fyne.NewPos(0, y))
		top := float32(0)
		if m.Height < 28 {
			top = floor((28 - m.Height) / 2)
		}
		content.Resize(fyne.NewSize(w, m.Height))
		content.Move(fyne.NewPos(f.column, y+top))
		y += h + formGap
	}
}
