//go:build !headless

package app

import (
	"context"

	fyneapp "fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/widget"
)

// openWindow shows the window until it is closed.
func openWindow(context.Context, openNode) error {
	w := fyneapp.NewWithID("io.posthouse.Posthouse").NewWindow("Posthouse")
	w.SetContent(widget.NewLabel("Posthouse"))
	w.ShowAndRun()
	return nil
}
