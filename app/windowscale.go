//go:build !headless

package app

import (
	"os"
	"strconv"

	"posthouse/views/screen"
)

// applyScale enlarges the window as chosen in the preferences. Fyne knows no
// other way than its environment variable, which it reads when a window is
// made; one that is set already wins.
func applyScale(p *screen.Preferences) {
	const variable = "FYNE_SCALE"
	percent := screen.Scale.Get(p)
	if _, set := os.LookupEnv(variable); set || percent == screen.Scale.Default {
		return
	}
	if err := os.Setenv(variable, strconv.FormatFloat(float64(percent)/100, 'f', 2, 64)); err != nil {
		return // the window shows in its natural size
	}
}
