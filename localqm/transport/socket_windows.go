package transport

import "golang.org/x/sys/windows"

// What connecting and listening fail with.
const (
	errRefused     = windows.WSAECONNREFUSED
	errReset       = windows.WSAECONNRESET
	errUnreachable = windows.WSAEHOSTUNREACH
	errNoNetwork   = windows.WSAENETUNREACH
	errInUse       = windows.WSAEADDRINUSE
	errNotOurs     = windows.WSAEADDRNOTAVAIL
	errForbidden   = windows.WSAEACCES
)
