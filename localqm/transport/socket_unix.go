//go:build !windows

package transport

import "syscall"

// What connecting and listening fail with.
const (
	errRefused     = syscall.ECONNREFUSED
	errReset       = syscall.ECONNRESET
	errUnreachable = syscall.EHOSTUNREACH
	errNoNetwork   = syscall.ENETUNREACH
	errInUse       = syscall.EADDRINUSE
	errNotOurs     = syscall.EADDRNOTAVAIL
	errForbidden   = syscall.EACCES
)
