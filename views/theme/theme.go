package theme

import (
	"image/color"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"

	"posthouse/assets"
)

// Choice says which variant the window shows.
type Choice int

// The choices of the preferences. System follows the desktop.
const (
	System Choice = iota
	Light
	Dark
)

// Own sizes, asked with theme.Size (Fyne's).
const (
	SizeTitle fyne.ThemeSizeName = "posthouse.title" // dialog titles, empty states
	SizeSmall fyne.ThemeSizeName = "posthouse.small" // grid headers, footers, status bar, mono
)

// New returns the theme in the chosen variant.
func New(c Choice) fyne.Theme {
	return look{choice: c}
}

type look struct{ choice Choice }

var sizes = map[fyne.ThemeSizeName]float32{
	fynetheme.SizeNamePadding:            4,
	fynetheme.SizeNameInnerPadding:       6,
	fynetheme.SizeNameLineSpacing:        4,
	fynetheme.SizeNameInlineIcon:         16,
	fynetheme.SizeNameSeparatorThickness: 1,
	fynetheme.SizeNameSplitThickness:     5,
	fynetheme.SizeNameInputBorder:        1,
	fynetheme.SizeNameInputRadius:        6,
	fynetheme.SizeNameButtonRadius:       6,
	fynetheme.SizeNameSelectionRadius:    6,
	fynetheme.SizeNameCardRadius:         8,
	fynetheme.SizeNameDialogRadius:       10,
	fynetheme.SizeNamePopupRadius:        8,
	fynetheme.SizeNameMenuRadius:         8,
	fynetheme.SizeNameScrollBar:          10,
	fynetheme.SizeNameScrollBarSmall:     4,
	fynetheme.SizeNameScrollBarRadius:    3,
	fynetheme.SizeNameModalBlurRadius:    0,
	fynetheme.SizeNameText:               13,
	fynetheme.SizeNameHeadingText:        20,
	fynetheme.SizeNameSubHeadingText:     16,
	fynetheme.SizeNameCaptionText:        11,
	SizeTitle:                            15,
	SizeSmall:                            12,
}

func (l look) Color(name fyne.ThemeColorName, variant fyne.ThemeVariant) color.Color {
	switch l.choice {
	case Light:
		variant = fynetheme.VariantLight
	case Dark:
		variant = fynetheme.VariantDark
	}
	if p, ok := palette[name]; ok {
		if variant == fynetheme.VariantLight {
			return p.light
		}
		return p.dark
	}
	return fynetheme.DefaultTheme().Color(name, variant)
}

func (l look) Size(name fyne.ThemeSizeName) float32 {
	if s, ok := sizes[name]; ok {
		return s
	}
	return fynetheme.DefaultTheme().Size(name)
}

func (l look) Font(style fyne.TextStyle) fyne.Resource {
	switch {
	case style.Symbol:
		return fynetheme.DefaultTheme().Font(style)
	case style.Monospace && style.Bold:
		return fonts[assets.FontMonoMedium]
	case style.Monospace:
		return fonts[assets.FontMono]
	case style.Bold:
		return fonts[assets.FontBold]
	case style.Italic:
		return fonts[assets.FontItalic]
	}
	return fonts[assets.FontRegular]
}

func (l look) Icon(name fyne.ThemeIconName) fyne.Resource {
	if own, ok := fyneIcons[name]; ok {
		return Icon(own, Text)
	}
	return fynetheme.DefaultTheme().Icon(name)
}
