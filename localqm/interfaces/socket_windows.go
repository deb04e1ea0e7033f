package interfaces

import "golang.org/x/sys/windows"

// What listening fails with.
const (
	errInUse     = windows.WSAEADDRINUSE
	errNotOurs   = windows.WSAEADDRNOTAVAIL
	errForbidden = windows.WSAEACCES
)
