package theme

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"

	"posthouse/assets"
)

// Colour tokens. Each is a name that theme.Color (Fyne's) resolves in the
// variant shown.
const (
	Background    fyne.ThemeColorName = "posthouse.background"     // menu bar, sidebar, status bar
	Surface       fyne.ThemeColorName = "posthouse.surface"        // grids, inspector, fields
	Raised        fyne.ThemeColorName = "posthouse.raised"         // dialogs, menus, buttons
	Header        fyne.ThemeColorName = "posthouse.header"         // grid header, group rows
	Inset         fyne.ThemeColorName = "posthouse.inset"          // bodies, map
	Border        fyne.ThemeColorName = "posthouse.border"         // decoration
	BorderStrong  fyne.ThemeColorName = "posthouse.border-strong"  // edges of fields
	Text          fyne.ThemeColorName = "posthouse.text"           //
	Text2         fyne.ThemeColorName = "posthouse.text2"          // secondary text
	Muted         fyne.ThemeColorName = "posthouse.muted"          // labels, hints, zero
	Disabled      fyne.ThemeColorName = "posthouse.disabled"       // disabled controls only
	Accent        fyne.ThemeColorName = "posthouse.accent"         //
	AccentHover   fyne.ThemeColorName = "posthouse.accent-hover"   //
	OnAccent      fyne.ThemeColorName = "posthouse.on-accent"      //
	AccentText    fyne.ThemeColorName = "posthouse.accent-text"    // links, icons of the chosen
	Hover         fyne.ThemeColorName = "posthouse.hover"          //
	Pressed       fyne.ThemeColorName = "posthouse.pressed"        //
	Selection     fyne.ThemeColorName = "posthouse.selection"      // focused pane
	SelectionIdle fyne.ThemeColorName = "posthouse.selection-idle" // any other pane
	Focus         fyne.ThemeColorName = "posthouse.focus"          // focus ring
	Track         fyne.ThemeColorName = "posthouse.track"          // meters
	Segment       fyne.ThemeColorName = "posthouse.segment"        // chosen segment
	Success       fyne.ThemeColorName = "posthouse.success"        //
	SuccessBg     fyne.ThemeColorName = "posthouse.success-bg"     //
	Warning       fyne.ThemeColorName = "posthouse.warning"        //
	WarningBg     fyne.ThemeColorName = "posthouse.warning-bg"     //
	Danger        fyne.ThemeColorName = "posthouse.danger"         //
	DangerBg      fyne.ThemeColorName = "posthouse.danger-bg"      //
	DangerFill    fyne.ThemeColorName = "posthouse.danger-fill"    // destructive buttons, in dialogs only
	OnDanger      fyne.ThemeColorName = "posthouse.on-danger"      //
	Info          fyne.ThemeColorName = "posthouse.info"           //
	InfoBg        fyne.ThemeColorName = "posthouse.info-bg"        //
	Neutral       fyne.ThemeColorName = "posthouse.neutral"        //
	NeutralBg     fyne.ThemeColorName = "posthouse.neutral-bg"     //
	ScrollBar     fyne.ThemeColorName = "posthouse.scroll-bar"     //
	Overlay       fyne.ThemeColorName = "posthouse.overlay"        // behind dialogs
	Shadow        fyne.ThemeColorName = "posthouse.shadow"         // of menus, dialogs, the job card
	Clear         fyne.ThemeColorName = "posthouse.clear"          // nothing
)

// fyneNames maps Fyne's own names to our tokens.
var fyneNames = map[fyne.ThemeColorName]fyne.ThemeColorName{
	fynetheme.ColorNameBackground:                Background,
	fynetheme.ColorNameButton:                    Raised,
	fynetheme.ColorNameDisabledButton:            Background,
	fynetheme.ColorNameDisabled:                  Disabled,
	fynetheme.ColorNameError:                     Danger,
	fynetheme.ColorNameFocus:                     Selection, // behind the menu item under the mouse
	fynetheme.ColorNameForeground:                Text,
	fynetheme.ColorNameForegroundOnError:         OnDanger,
	fynetheme.ColorNameForegroundOnPrimary:       OnAccent,
	fynetheme.ColorNameForegroundOnSuccess:       Background,
	fynetheme.ColorNameForegroundOnWarning:       Background,
	fynetheme.ColorNameHeaderBackground:          Header,
	fynetheme.ColorNameHover:                     Hover,
	fynetheme.ColorNameHyperlink:                 AccentText,
	fynetheme.ColorNameInnerWindowBorder:         Border,
	fynetheme.ColorNameInnerWindowBorderInactive: Border,
	fynetheme.ColorNameInputBackground:           Surface,
	fynetheme.ColorNameInputBorder:               BorderStrong,
	fynetheme.ColorNameMenuBackground:            Raised,
	fynetheme.ColorNameOverlayBackground:         Raised,
	fynetheme.ColorNamePlaceHolder:               Muted,
	fynetheme.ColorNamePressed:                   Pressed,
	fynetheme.ColorNamePrimary:                   Accent,
	fynetheme.ColorNameScrollBar:                 ScrollBar,
	fynetheme.ColorNameScrollBarBackground:       Border,
	fynetheme.ColorNameSelection:                 Selection,
	fynetheme.ColorNameSeparator:                 Border,
	fynetheme.ColorNameShadow:                    Overlay,
	fynetheme.ColorNameSuccess:                   Success,
	fynetheme.ColorNameWarning:                   Warning,
}

type pair struct{ light, dark color.NRGBA }

var palette = mustPalette(assets.Tokens())

// mustPalette reads the token table. It is compiled in, so a fault in it is a
// fault of the program and shows at once.
func mustPalette(data []byte) map[fyne.ThemeColorName]pair {
	var raw map[string][2]string
	if err := json.Unmarshal(data, &raw); err != nil {
		panic(fmt.Sprintf("theme: tokens.json: %v", err))
	}
	out := make(map[fyne.ThemeColorName]pair, len(raw)+len(fyneNames))
	for token, v := range raw {
		out[fyne.ThemeColorName("posthouse."+token)] = pair{mustColor(token, v[0]), mustColor(token, v[1])}
	}
	for name, token := range fyneNames {
		out[name] = out[token]
	}
	return out
}

func mustColor(token, s string) color.NRGBA {
	b, err := hex.DecodeString(strings.TrimSpace(s))
	if err != nil || len(b) != 3 && len(b) != 4 {
		panic(fmt.Sprintf("theme: token %q: %q is not RRGGBB or RRGGBBAA", token, s))
	}
	c := color.NRGBA{R: b[0], G: b[1], B: b[2], A: 0xFF}
	if len(b) == 4 {
		c.A = b[3]
	}
	return c
}
