package control

import (
	"net"

	"golang.org/x/sys/unix"
)

func peerOf(c net.Conn) (Peer, error) {
	return onSocket(c, func(fd int) (Peer, error) {
		u, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
		if err != nil {
			return Peer{}, err
		}
		return Peer{UID: u.Uid, GID: u.Gid, PID: int(u.Pid), Root: u.Uid == 0}, nil
	})
}
