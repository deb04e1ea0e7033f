//go:build !windows

package app

import (
	"fmt"
	"os"

	"posthouse/localqm"
	"posthouse/mgmtclient/control"
)

// account is the caller for this process's own account.
func account(origin string) localqm.Caller {
	groups := []uint32{uint32(os.Getgid())}
	more, _ := os.Getgroups() // the first group alone still says who it is
	for _, g := range more {
		groups = append(groups, uint32(g))
	}
	return localqm.LocalUser(uint32(os.Getuid()), groups, os.Getuid() == 0, origin)
}

// peerAccount is the caller for a process that attached.
func peerAccount(p control.Peer) (localqm.Caller, error) {
	origin := fmt.Sprintf("local control, process %d", p.PID)
	if p.UID == uint32(os.Getuid()) {
		return account(origin), nil
	}
	return localqm.LocalUser(p.UID, []uint32{p.GID}, p.Root, origin), nil
}
