package mgmtclient

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
