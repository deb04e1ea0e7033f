package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Hint is a remark with an icon level with its first line; it wraps.
func Hint(icon string, ink fyne.ThemeColorName, text *Paragraph) *fyne.Container {
	return HintOf(NewIcon(icon, 16, ink), text)
}

// HintOf is a Hint whose icon may change.
func HintOf(icon *Icon, text *Paragraph) *fyne.Container {
	return container.New(hintLayout{}, icon, text)
}

const hintText = 24

type hintLayout struct{}

func (hintLayout) MinSize(objs []fyne.CanvasObject) fyne.Size {
	m := objs[1].MinSize()
	return fyne.NewSize(hintText+m.Width, max(20, m.Height))
}

func (hintLayout) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	objs[0].Resize(fyne.NewSize(16, 16))
	objs[0].Move(fyne.NewPos(0, 2))
	objs[1].Resize(fyne.NewSize(max(0, s.Width-hintText), s.Height))
	objs[1].Move(fyne.NewPos(hintText, 0))
}
