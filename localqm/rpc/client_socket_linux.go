package rpc

import (
	"net"

	"golang.org/x/sys/unix"
)

// impatient ends a connection whose peer acknowledges nothing any more: keep-alives
// are not sent while something is under way.
func impatient(c *net.TCPConn) {
	_ = c.SetKeepAliveConfig(keepAlive)
	raw, err := c.SyscallConn()
	if err != nil {
		return // it has ended: the first read says so
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 30_000) // ms; an old kernel waits longer
	})
}
