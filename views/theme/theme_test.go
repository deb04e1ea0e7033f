package theme

import (
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"
)

func TestAllColoursOfFyneAreDefined(t *testing.T) {
	for name, choice := range map[string]Choice{"light": Light, "dark": Dark, "system": System} {
		test.AssertAllColorNamesDefined(t, New(choice), name)
	}
}

var tokens = []fyne.ThemeColorName{
	Background, Surface, Raised, Header, Inset, Border, BorderStrong, Text, Text2, Muted, Disabled,
	Accent, AccentHover, OnAccent, AccentText, Hover, Pressed, Selection, SelectionIdle, Focus, Track, Segment,
	Success, SuccessBg, Warning, WarningBg, Danger, DangerBg, DangerFill, OnDanger, Info, InfoBg, Neutral, NeutralBg,
	ScrollBar, Overlay, Shadow, Clear,
}

func TestEveryTokenHasAName(t *testing.T) {
	for _, n := range tokens {
		if _, ok := palette[n]; !ok {
			t.Errorf("%s is not in the table", n)
		}
	}
	if len(palette) != len(tokens)+len(fyneNames) {
		t.Errorf("%d tokens in the table, %d named", len(palette)-len(fyneNames), len(tokens))
	}
}

func TestTheChoiceForcesTheVariant(t *testing.T) {
	light, dark := palette[Text].light, palette[Text].dark
	for _, c := range []struct {
		choice  Choice
		variant fyne.ThemeVariant
		want    color.Color
	}{
		{Light, fynetheme.VariantDark, light},
		{Dark, fynetheme.VariantLight, dark},
		{System, fynetheme.VariantLight, light},
		{System, fynetheme.VariantDark, dark},
	} {
		if got := New(c.choice).Color(Text, c.variant); got != c.want {
			t.Errorf("%v %v: %v", c.choice, c.variant, got)
		}
	}
}

// luminance and contrast are those of WCAG 2.1.
func luminance(c color.NRGBA) float64 {
	part := func(v uint8) float64 {
		f := float64(v) / 255
		if f <= 0.03928 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*part(c.R) + 0.7152*part(c.G) + 0.0722*part(c.B)
}

func contrast(a, b color.NRGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestContrastIsEnoughToRead(t *testing.T) {
	on := []fyne.ThemeColorName{Surface, Header, Inset, Hover, Selection}
	states := []fyne.ThemeColorName{Success, Warning, Danger, Info, Neutral}
	tints := []fyne.ThemeColorName{SuccessBg, WarningBg, DangerBg, InfoBg, NeutralBg}
	for _, dark := range []bool{false, true} {
		of := func(n fyne.ThemeColorName) color.NRGBA {
			if dark {
				return palette[n].dark
			}
			return palette[n].light
		}
		check := func(ink, back fyne.ThemeColorName, least float64) {
			t.Helper()
			if got := contrast(of(ink), of(back)); got < least {
				t.Errorf("dark %v: %s on %s is %.2f, needs %.1f", dark, ink, back, got, least)
			}
		}
		const text, edge = 4.5, 3
		for _, back := range on {
			for _, ink := range append([]fyne.ThemeColorName{Text, Text2, Muted}, states[:4]...) {
				check(ink, back, text)
			}
		}
		for i := range states {
			check(states[i], tints[i], text)
			check(Text, tints[i], text)
		}
		check(OnAccent, Accent, text)
		check(OnAccent, AccentHover, text)
		check(OnDanger, DangerFill, text)
		check(AccentText, Surface, text)
		check(BorderStrong, Surface, edge)
		check(Focus, Surface, edge)
		check(Focus, Background, edge)
	}
}

// The numbers that the design promises, to its one decimal.
func TestContrastIsWhatTheDesignSays(t *testing.T) {
	on := []fyne.ThemeColorName{Surface, Header, Inset, Hover, Selection}
	want := map[fyne.ThemeColorName][2]float64{
		Text: {13.3, 8.9}, Text2: {6.9, 6.5}, Muted: {4.8, 4.7}, Success: {4.7, 5.6}, Warning: {4.9, 5.8}, Danger: {5.2, 4.9}, Info: {5.5, 5.2},
	}
	for ink, w := range want {
		light, dark := 99.0, 99.0
		for _, back := range on {
			light = min(light, contrast(palette[ink].light, palette[back].light))
			dark = min(dark, contrast(palette[ink].dark, palette[back].dark))
		}
		if math.Abs(light-w[0]) > 0.06 || math.Abs(dark-w[1]) > 0.06 {
			t.Errorf("%s: %.2f and %.2f, want %v", ink, light, dark, w)
		}
	}
}

func TestFontsAndIconsAreOurs(t *testing.T) {
	th := New(Light)
	for style, want := range map[fyne.TextStyle]string{
		{}: "PosthouseUI-Regular.otf", {Bold: true}: "PosthouseUI-SemiBold.otf", {Italic: true}: "PosthouseUI-Italic.otf", {Monospace: true}: "PosthouseMono-Regular.ttf",
	} {
		if got := th.Font(style).Name(); got != want {
			t.Errorf("%+v: %s", style, got)
		}
	}
	if MediumFont() == nil || AppIcon() == nil {
		t.Error("no medium font or no icon")
	}
	for fyneName, own := range fyneIcons {
		if !HasIcon(own) {
			t.Errorf("%s wants %s", fyneName, own)
		}
		if th.Icon(fyneName) == nil {
			t.Errorf("no %s", fyneName)
		}
	}
	if Icon("queue", Muted) != Icon("queue", Muted) {
		t.Error("an icon is made twice")
	}
	if Icon("no such icon", Muted) == nil {
		t.Error("an unknown icon is nothing")
	}
}
