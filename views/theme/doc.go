// Package theme is the look of the window as a Fyne theme: one table of colour
// tokens in light and dark, the fonts and icons of package assets, and the
// sizes of the design. Views name a token, never a colour.
package theme
