//go:build unix

package bench

import (
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// newBlackHole makes one. Connections are made until one gets no answer.
func newBlackHole() (*blackHole, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, err
	}
	syscall.CloseOnExec(fd)
	h := &blackHole{shut: func() error { return syscall.Close(fd) }}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		h.close()
		return nil, err
	}
	if err := syscall.Listen(fd, 0); err != nil {
		h.close()
		return nil, err
	}
	at, err := syscall.Getsockname(fd)
	if err != nil {
		h.close()
		return nil, err
	}
	in, ok := at.(*syscall.SockaddrInet4)
	if !ok {
		h.close()
		return nil, fmt.Errorf("the black hole has the address %v", at)
	}
	h.address = netip.AddrPortFrom(netip.AddrFrom4(in.Addr), uint16(in.Port)) //nolint:gosec // a port
	for range 64 {
		c, err := net.DialTimeout("tcp", h.address.String(), time.Second)
		if err != nil {
			return h, nil
		}
		h.fill = append(h.fill, c)
	}
	h.close()
	return nil, fmt.Errorf("the black hole at %s takes every connection", h.address)
}

// processorTime is what this process has used so far.
func processorTime() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, err
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}
