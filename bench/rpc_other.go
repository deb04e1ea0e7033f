//go:build !linux

package bench

import (
	"errors"
	"time"
)

const canSeeProcesses = false

var errNoProcesses = errors.New("it needs Linux")

func processMemory(int) (int64, error) { return 0, errNoProcesses }

func processTimeOf(int) (time.Duration, error) { return 0, errNoProcesses }
