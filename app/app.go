// Package app puts the program together: command line, queue manager and window.
package app

import (
	"fmt"
	"io"
)

// Version is set by the linker (see Makefile).
var Version = "dev"

// Run runs the command line args and returns the exit status.
func Run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		fmt.Fprintf(stdout, "posthouse %s\n", Version)
		return 0
	}
	return window(stderr)
}
