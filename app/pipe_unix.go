//go:build !windows

package app

import (
	"errors"
	"os/signal"
	"syscall"
)

// ignoreBrokenPipe makes writing to a closed pipe an error instead of a sudden
// end, so that the queue manager is closed first.
func ignoreBrokenPipe() { signal.Ignore(syscall.SIGPIPE) }

func closedPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }
