//go:build unix

package store_test

import (
	"errors"
	"os/exec"
	"syscall"
)

// wasKilled tells a kill from an exit.
func wasKilled(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}
