//go:build !windows

package control

import (
	"errors"
	"net"
	"syscall"
)

// onSocket asks about the file descriptor of a connection.
func onSocket(c net.Conn, ask func(fd int) (Peer, error)) (Peer, error) {
	s, ok := c.(syscall.Conn)
	if !ok {
		return Peer{}, errors.New("the connection is no socket")
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return Peer{}, err
	}
	var p Peer
	var asked error
	if err := raw.Control(func(fd uintptr) { p, asked = ask(int(fd)) }); err != nil {
		return Peer{}, err
	}
	return p, asked
}
