package app

import (
	"fmt"

	"golang.org/x/sys/windows"

	"posthouse/localqm"
	"posthouse/localqm/secure"
	"posthouse/mgmtclient/control"
)

// account is the caller for this process's own account.
func account(origin string) localqm.Caller {
	token := windows.GetCurrentProcessToken()
	user, err := token.GetTokenUser()
	if err != nil {
		return localqm.Nobody(origin)
	}
	sid, err := secure.ParseSID(user.User.Sid.String())
	if err != nil {
		return localqm.Nobody(origin)
	}
	c := localqm.Caller{Token: secure.Token{User: sid}, Level: localqm.Verified, Origin: origin}
	groups, err := token.GetTokenGroups()
	if err != nil {
		return c // the user alone still says who it is
	}
	for _, g := range groups.AllGroups() {
		if g.Attributes&windows.SE_GROUP_ENABLED == 0 {
			continue
		}
		if sid, err := secure.ParseSID(g.Sid.String()); err == nil {
			c.Token.Groups = append(c.Token.Groups, sid)
		}
	}
	return c
}

// peerAccount is the caller for a process that attached.
func peerAccount(p control.Peer) (localqm.Caller, error) {
	origin := fmt.Sprintf("local control, process %d", p.PID)
	me := account(origin)
	if p.SID == me.Token.User.String() {
		return me, nil
	}
	sid, err := secure.ParseSID(p.SID)
	if err != nil {
		return localqm.Caller{}, err
	}
	c := localqm.Caller{Token: secure.Token{User: sid}, Level: localqm.Verified, Origin: origin}
	if p.Root {
		c.Token.Groups = append(c.Token.Groups, secure.Administrators)
	}
	return c, nil
}
