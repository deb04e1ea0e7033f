package mgmtclient

import "strings"

// Permissions say who may do what with a queue or a machine: a security descriptor
// in words.
type Permissions struct {
	Owner Account `json:"owner"`
	// Open means that nothing is guarded: everybody may do everything.
	Open    bool         `json:"open,omitempty"`
	Entries []Permission `json:"entries"`
	// Names are accounts that the queue manager knows, whether they have an entry
	// or not. It is not read when permissions are set.
	Names []Account `json:"names,omitempty"`
}

// Account is a user or a group. To set permissions one of both is enough.
type Account struct {
	SID  string `json:"sid,omitempty"`
	Name string `json:"name,omitempty"` // as far as it is known, else the SID
}

// Permission allows an account rights, or denies them. Denials are asked first.
type Permission struct {
	Account
	Deny bool `json:"deny,omitempty"`
	// Rights are an mq.QueueRight, or an mq.MachineRight.
	Rights uint32 `json:"rights"`
}

// Key is the same for two accounts that are one: the SID, else the name, letter case
// aside.
func (a Account) Key() string {
	if a.SID != "" {
		return strings.ToUpper(a.SID)
	}
	return strings.ToLower(a.Name)
}

// Allows reports whether the entries of an account itself, given by its key, let it do
// all of what; any of it that is denied counts first.
func (p Permissions) Allows(key string, what uint32) bool {
	var allowed, denied uint32
	for _, e := range p.Entries {
		switch {
		case e.Key() != key:
		case e.Deny:
			denied |= e.Rights
		default:
			allowed |= e.Rights
		}
	}
	return denied&what == 0 && (p.Open || allowed&what == what)
}
