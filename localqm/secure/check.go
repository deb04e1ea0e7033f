package secure

import (
	"slices"

	"posthouse/localqm/mq"
)

// Token is on whose behalf something is asked: the account and its groups.
type Token struct {
	User   SID
	Groups []SID
}

// Has reports whether the account is, or belongs to, who. Everyone is everyone
// but the anonymous account, as on Windows since XP; no other group is implied.
func (t Token) Has(who SID) bool {
	switch {
	case who.IsZero():
		return false
	case who == t.User:
		return true
	case who == Everyone && !t.User.IsZero() && t.User != Anonymous:
		return true
	}
	return slices.Contains(t.Groups, who)
}

// The standard rights that an owner has by being the owner, and the rights
// that no list can give (MS-DTYP 2.4.3).
const (
	readControl          uint32 = 0x00020000
	writeDAC             uint32 = 0x00040000
	accessSystemSecurity uint32 = 0x01000000
	maximumAllowed       uint32 = 0x02000000
)

// Allow reports whether the account may do all of mask with a queue.
func (d Descriptor) Allow(t Token, mask mq.QueueRight) bool {
	return d.allows(t, uint32(mask), mq.QueueMapping)
}

// AllowMachine reports whether the account may do all of mask with a queue
// manager.
func (d Descriptor) AllowMachine(t Token, mask mq.MachineRight) bool {
	return d.allows(t, uint32(mask), mq.MachineMapping)
}

// Rights is all that the account may do with a queue.
func (d Descriptor) Rights(t Token) mq.QueueRight {
	return mq.QueueRight(d.granted(t, uint32(mq.RightQueueGenericAll), mq.QueueMapping))
}

// MachineRights is all that the account may do with a queue manager.
func (d Descriptor) MachineRights(t Token) mq.MachineRight {
	return mq.MachineRight(d.granted(t, uint32(mq.RightMachineGenericAll), mq.MachineMapping))
}

func (d Descriptor) allows(t Token, mask uint32, g mq.GenericMapping) bool {
	mask = g.Map(mask)
	return mask&(accessSystemSecurity|maximumAllowed) == 0 && d.granted(t, mask, g) == mask
}

// granted is the part of mask that the access check of MS-DTYP 2.5.3.2 gives:
// for each right, the first entry that speaks of it decides.
func (d Descriptor) granted(t Token, mask uint32, g mq.GenericMapping) uint32 {
	if d.DACL == nil {
		return mask
	}
	var given uint32
	left := mask
	owner := t.Has(d.Owner)
	if owner && d.Owner != Anonymous && !d.limitsOwner() {
		given = left & (readControl | writeDAC)
		left &^= given
	}
	for _, e := range d.DACL {
		if e.Flags&InheritOnly != 0 || !t.Has(e.SID) && (e.SID != OwnerRights || !owner) {
			continue
		}
		speaks := g.Map(e.Mask) & left
		if e.Type == Allow {
			given |= speaks
		}
		left &^= speaks
	}
	return given
}

// limitsOwner reports whether the list itself says what the owner may do.
func (d Descriptor) limitsOwner() bool {
	return slices.ContainsFunc(d.DACL, func(e ACE) bool { return e.SID == OwnerRights && e.Flags&InheritOnly == 0 })
}
