//go:build !headless

package app

import (
	"context"

	fyneapp "fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/widget"
)

// openWindow shows the window on the queue manager of folder until it is closed.
func openWindow(context.Context, string) error {
	w := fyneapp.NewWithID("io.posthouse.Posthouse").NewWindow("Posthouse")
	w.SetContent(widget.NewLabel("Posthouse"))
	w.ShowAndRun()
	return nil
}
