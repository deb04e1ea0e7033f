//go:build !unix

package bench

import (
	"errors"
	"time"
)

var errNoUnix = errors.New("it needs a Unix system")

func newBlackHole() (*blackHole, error) { return nil, errNoUnix }

func processorTime() (time.Duration, error) { return 0, errNoUnix }
