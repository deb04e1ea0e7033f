//go:build headless

package app

import (
	"fmt"
	"io"
)

func window(stderr io.Writer) int {
	fmt.Fprintln(stderr, "posthouse: this program was built without a window; try --help")
	return 1
}
