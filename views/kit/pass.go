package kit

import "fyne.io/fyne/v2"

// PassKey hands on a key that a widget of a screen's own did not use: to the
// dialog on top, else to the window.
func PassKey(o fyne.CanvasObject, ev *fyne.KeyEvent) { bubble(o, ev) }

// PassShortcut hands on a shortcut that a widget of a screen's own did not
// use.
func PassShortcut(o fyne.CanvasObject, s fyne.Shortcut) { forward(o, s) }

// Modifiers says which modifier keys are held, where the driver knows.
func Modifiers() fyne.KeyModifier { return modifiers() }
