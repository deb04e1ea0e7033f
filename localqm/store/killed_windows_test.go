package store_test

import (
	"errors"
	"os/exec"
)

// wasKilled: TerminateProcess gives the exit status 1, as an error would, but
// that one writes to standard error too.
func wasKilled(err error) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit) && exit.ExitCode() == 1
}
