package localqm

import (
	"slices"

	"posthouse/localqm/secure"
)

// Level says how well a caller is known.
type Level uint8

// The levels of a caller's identity.
const (
	Anonymous Level = iota // nothing is known
	Claimed                // said so itself: an unsigned message
	Verified               // proven: the operating system, a signature, Kerberos
)

// Caller is who asks for something.
type Caller struct {
	Token  secure.Token
	Level  Level
	Origin string // for the log and for messages: "local control, pid 4711"
}

// LocalUser is the caller for a user of this machine outside Windows: uid and
// groups as SIDs (S-1-22-1-uid, S-1-22-2-gid). The administrator of the machine
// belongs to the Administrators group.
func LocalUser(uid uint32, groups []uint32, administrator bool, origin string) Caller {
	t := secure.Token{User: secure.UnixUser(uid), Groups: []secure.SID{secure.AuthenticatedUsers}}
	for _, g := range groups {
		t.Groups = append(t.Groups, secure.UnixGroup(g))
	}
	if administrator {
		t.Groups = append(t.Groups, secure.Administrators)
	}
	return Caller{Token: t, Level: Verified, Origin: origin}
}

// Nobody is the anonymous caller, S-1-5-7.
func Nobody(origin string) Caller {
	return Caller{Token: secure.Token{User: secure.Anonymous}, Origin: origin}
}

// rights is on whose behalf access is checked: who is not proven to be the one
// it says is anonymous, who is belongs to Authenticated Users.
func (c Caller) rights() secure.Token {
	if c.Level != Verified {
		return secure.Token{User: secure.Anonymous}
	}
	if !slices.Contains(c.Token.Groups, secure.AuthenticatedUsers) {
		c.Token.Groups = append(slices.Clip(c.Token.Groups), secure.AuthenticatedUsers)
	}
	return c.Token
}

// sid is the caller's SID as messages carry it; nothing for anonymous ones.
func (c Caller) sid() []byte {
	if c.Level == Anonymous {
		return nil
	}
	return c.Token.User.Append(nil)
}
