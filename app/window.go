//go:build !headless

package app

import (
	"io"

	fyneapp "fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/widget"
)

func window(io.Writer) int {
	w := fyneapp.NewWithID("io.posthouse.Posthouse").NewWindow("Posthouse")
	w.SetContent(widget.NewLabel("Posthouse"))
	w.ShowAndRun()
	return 0
}
