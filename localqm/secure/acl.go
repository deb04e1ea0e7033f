package secure

import (
	"encoding/binary"
	"fmt"
)

// ACEType is the kind of an access control entry. MSMQ takes those of Windows
// NT 4.0 only (MS-MQMQ <27>, MS-DTYP 2.4.4.1).
type ACEType uint8

// The types of entries.
const (
	Allow ACEType = 0 // in a DACL
	Deny  ACEType = 1 // in a DACL
	Audit ACEType = 2 // in a SACL
)

// The flags of an entry (MS-DTYP 2.4.4.1). Only InheritOnly matters to the
// access check; the others are kept.
const (
	ObjectInherit    uint8 = 0x01
	ContainerInherit uint8 = 0x02
	NoPropagate      uint8 = 0x04
	InheritOnly      uint8 = 0x08
	Inherited        uint8 = 0x10
	AuditSuccess     uint8 = 0x40
	AuditFailure     uint8 = 0x80

	knownFlags = ObjectInherit | ContainerInherit | NoPropagate | InheritOnly | Inherited | AuditSuccess | AuditFailure
)

// ACE is an access control entry: what one account is allowed or denied.
type ACE struct {
	Type  ACEType
	Flags uint8
	Mask  uint32
	SID   SID
}

// ACL is an access control list. A nil list is none at all, which for a DACL
// means that nothing is guarded; a list with no entries allows nobody anything.
type ACL []ACE

// Sizes of lists and entries (MS-DTYP 2.4.5, 2.4.4).
const (
	aclHeader   = 8
	aceHeader   = 8 // with the mask
	smallestACE = aceHeader + sidHeader + 4
	aclRevision = 2
	maxACL      = 0xFFFC // AclSize has 16 bits, entries are multiples of 4
)

func (e ACE) size() int { return aceHeader + e.SID.Size() }

func (l ACL) size() int {
	n := aclHeader
	for _, e := range l {
		n += e.size()
	}
	return n
}

// decodeACL reads a list at the beginning of b, whose entries are of the types
// given; b may be longer.
func decodeACL(b []byte, name string, types ...ACEType) (ACL, error) {
	op := "read the " + name + " of a security descriptor"
	bad := func(format string, args ...any) (ACL, error) {
		return nil, refuse(op, fmt.Sprintf(format, args...)).WithFix(sendWhole)
	}
	if len(b) < aclHeader {
		return bad("it is cut off")
	}
	if b[0] != 2 && b[0] != 4 {
		return bad("its revision is %d, not 2 or 4", b[0])
	}
	size, count := int(binary.LittleEndian.Uint16(b[2:])), int(binary.LittleEndian.Uint16(b[4:]))
	if size < aclHeader || size > len(b) {
		return bad("it says it has %d bytes, and %d are there", size, len(b))
	}
	b = b[aclHeader:size]
	if count > len(b)/smallestACE {
		return bad("%d entries do not fit into %d bytes", count, len(b))
	}
	list := make(ACL, 0, count)
	for i := range count {
		if len(b) < smallestACE {
			return bad("entry %d is cut off", i+1)
		}
		n := int(binary.LittleEndian.Uint16(b[2:]))
		if n < aceHeader || n > len(b) || n%4 != 0 {
			return bad("entry %d says it has %d bytes, and %d are left", i+1, n, len(b))
		}
		e := ACE{Type: ACEType(b[0]), Flags: b[1] & knownFlags, Mask: binary.LittleEndian.Uint32(b[4:])}
		if !oneOf(e.Type, types) {
			return bad("entry %d has type 0x%02x, which MSMQ does not know there", i+1, b[0])
		}
		var err error
		if e.SID, err = DecodeSID(b[aceHeader:n]); err != nil {
			return bad("entry %d has no whole SID", i+1)
		}
		list = append(list, e)
		b = b[n:]
	}
	return list, nil
}

func oneOf(t ACEType, types []ACEType) bool {
	for _, x := range types {
		if x == t {
			return true
		}
	}
	return false
}

func (l ACL) append(b []byte) []byte {
	b = append(b, aclRevision, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(l.size()))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(l)))
	b = append(b, 0, 0)
	for _, e := range l {
		b = append(b, byte(e.Type), e.Flags)
		b = binary.LittleEndian.AppendUint16(b, uint16(e.size()))
		b = binary.LittleEndian.AppendUint32(b, e.Mask)
		b = e.SID.Append(b)
	}
	return b
}
