//go:build !linux && !darwin && !freebsd && !windows

package desk

import "errors"

func space(string) (int64, error) { return 0, errors.ErrUnsupported }
