//go:build !windows

package interfaces

import "syscall"

// What listening fails with.
const (
	errInUse     = syscall.EADDRINUSE
	errNotOurs   = syscall.EADDRNOTAVAIL
	errForbidden = syscall.EACCES
)
