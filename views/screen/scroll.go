package screen

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"
)

// Scroll scrolls content up and down, without the shadows Fyne casts at the
// ends.
func Scroll(content fyne.CanvasObject) (shown fyne.CanvasObject, scroll *container.Scroll) {
	scroll = container.NewVScroll(content)
	return container.NewThemeOverride(scroll, flat{}), scroll
}

// flat is the theme of the program without shadows.
type flat struct{}

func (flat) Color(n fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	if n == fynetheme.ColorNameShadow {
		return color.Transparent
	}
	return fyne.CurrentApp().Settings().Theme().Color(n, v)
}

func (flat) Font(s fyne.TextStyle) fyne.Resource { return fyne.CurrentApp().Settings().Theme().Font(s) }

func (flat) Icon(n fyne.ThemeIconName) fyne.Resource {
	return fyne.CurrentApp().Settings().Theme().Icon(n)
}

func (flat) Size(n fyne.ThemeSizeName) float32 { return fyne.CurrentApp().Settings().Theme().Size(n) }
