package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"

	"posthouse/views/theme"
)

// Calm shows a scroll without the shadows that Fyne paints at its edges.
func Calm(s *container.Scroll) fyne.CanvasObject {
	return container.NewThemeOverride(s, calmTheme{})
}

type calmTheme struct{}

func (calmTheme) Color(n fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	if n == fynetheme.ColorNameShadow {
		n = theme.Clear
	}
	return fyne.CurrentApp().Settings().Theme().Color(n, v)
}

func (calmTheme) Size(n fyne.ThemeSizeName) float32 {
	return fyne.CurrentApp().Settings().Theme().Size(n)
}

func (calmTheme) Font(s fyne.TextStyle) fyne.Resource {
	return fyne.CurrentApp().Settings().Theme().Font(s)
}

func (calmTheme) Icon(n fyne.ThemeIconName) fyne.Resource {
	return fyne.CurrentApp().Settings().Theme().Icon(n)
}
