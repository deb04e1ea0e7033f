package secure

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// MaxDescriptor is the largest descriptor taken, in bytes (MS-MQMP 3.1.4.6, SDSize).
const MaxDescriptor = 512 << 10

// The control flags of a descriptor that say more than what is present
// (MS-DTYP 2.4.6).
const (
	DACLInheritRequired uint16 = 0x0100
	SACLInheritRequired uint16 = 0x0200
	DACLAutoInherited   uint16 = 0x0400
	SACLAutoInherited   uint16 = 0x0800
	DACLProtected       uint16 = 0x1000
	SACLProtected       uint16 = 0x2000

	keptControl = DACLInheritRequired | SACLInheritRequired | DACLAutoInherited | SACLAutoInherited | DACLProtected | SACLProtected

	daclPresent  uint16 = 0x0004
	saclPresent  uint16 = 0x0010
	selfRelative uint16 = 0x8000
)

const descriptorHeader = 20

// Descriptor is a security descriptor (MS-DTYP 2.4.6): whose an object is and
// who may do what with it. A nil DACL guards nothing: everybody may do
// everything; make descriptors with Strict, Compat or a parser.
type Descriptor struct {
	Owner, Group SID
	Control      uint16 // the flags above
	DACL, SACL   ACL
}

// ParseDescriptor reads a self-relative descriptor. The error is an *mq.Error
// with MQ_ERROR_ILLEGAL_SECURITY_DESCRIPTOR.
func ParseDescriptor(b []byte) (Descriptor, error) {
	const op = "read a security descriptor"
	bad := func(format string, args ...any) (Descriptor, error) {
		return Descriptor{}, refuse(op, fmt.Sprintf(format, args...)).WithFix(sendWhole)
	}
	if len(b) < descriptorHeader {
		return bad("it is cut off")
	}
	if len(b) > MaxDescriptor {
		return bad("it has %d bytes, at most %d are allowed", len(b), MaxDescriptor)
	}
	if b[0] != 1 {
		return bad("its revision is %d, not 1", b[0])
	}
	control := binary.LittleEndian.Uint16(b[2:])
	if control&selfRelative == 0 {
		return bad("it is not self-relative")
	}
	d := Descriptor{Control: control & keptControl}
	var err error
	part := func(field int, name string, read func([]byte) error) {
		at := binary.LittleEndian.Uint32(b[field:])
		switch {
		case err != nil || at == 0:
		case at < descriptorHeader || at >= uint32(len(b)):
			_, err = bad("the offset of its %s, %d, lies outside", name, at)
		default:
			err = read(b[at:])
		}
	}
	part(4, "owner", func(b []byte) (e error) { d.Owner, e = DecodeSID(b); return e })
	part(8, "group", func(b []byte) (e error) { d.Group, e = DecodeSID(b); return e })
	if control&saclPresent != 0 {
		part(12, "SACL", func(b []byte) (e error) { d.SACL, e = decodeACL(b, "SACL", Audit); return e })
	}
	if control&daclPresent != 0 {
		part(16, "DACL", func(b []byte) (e error) { d.DACL, e = decodeACL(b, "DACL", Allow, Deny); return e })
	}
	if err != nil {
		return Descriptor{}, err
	}
	return d.tidy(), nil
}

// tidy drops flags about a list that is not there.
func (d Descriptor) tidy() Descriptor {
	if d.DACL == nil {
		d.Control &^= DACLInheritRequired | DACLAutoInherited | DACLProtected
	}
	if d.SACL == nil {
		d.Control &^= SACLInheritRequired | SACLAutoInherited | SACLProtected
	}
	return d
}

// Check reports what keeps a descriptor made by hand from being written down:
// entries without SID, of a wrong type, or too many of them.
func (d Descriptor) Check() error {
	check := func(l ACL, name string, types ...ACEType) error {
		op := "write the " + name + " of a security descriptor"
		for i, e := range l {
			if e.SID.IsZero() || !oneOf(e.Type, types) {
				return refuse(op, fmt.Sprintf("entry %d has no SID or a wrong type", i+1)).WithFix("remove the entry")
			}
		}
		if n := l.size(); n > maxACL {
			return refuse(op, fmt.Sprintf("its %d entries take %d bytes, at most %d are possible", len(l), n, maxACL)).
				WithFix("grant rights to groups instead of single accounts")
		}
		return nil
	}
	if err := check(d.SACL, "SACL", Audit); err != nil {
		return err
	}
	return check(d.DACL, "DACL", Allow, Deny)
}

// Append appends the self-relative form, in the order Windows writes: SACL,
// DACL, owner, group. The descriptor must pass Check.
func (d Descriptor) Append(b []byte) []byte {
	start := len(b)
	control := d.Control&keptControl | selfRelative
	if d.DACL != nil {
		control |= daclPresent
	}
	if d.SACL != nil {
		control |= saclPresent
	}
	b = append(b, 1, 0)
	b = binary.LittleEndian.AppendUint16(b, control)
	b = append(b, make([]byte, 16)...)
	put := func(field int, present bool, write func([]byte) []byte) {
		if present {
			binary.LittleEndian.PutUint32(b[start+field:], uint32(len(b)-start))
			b = write(b)
		}
	}
	put(12, d.SACL != nil, d.SACL.append)
	put(16, d.DACL != nil, d.DACL.append)
	put(4, !d.Owner.IsZero(), d.Owner.Append)
	put(8, !d.Group.IsZero(), d.Group.Append)
	return b
}

// Equal reports whether both say the same, entry for entry.
func (d Descriptor) Equal(o Descriptor) bool {
	same := func(a, b ACL) bool { return (a == nil) == (b == nil) && slices.Equal(a, b) }
	return d.Owner == o.Owner && d.Group == o.Group && d.Control == o.Control && same(d.DACL, o.DACL) && same(d.SACL, o.SACL)
}

// Grant returns the descriptor with these rights allowed to the account, in
// its own entry if it has one; where nothing is guarded, nothing needs to be
// granted. What is denied stays denied. Check tells if the list became too
// long.
func (d Descriptor) Grant(who SID, mask uint32) Descriptor {
	if d.DACL == nil {
		return d
	}
	d.DACL = slices.Clone(d.DACL)
	for i, e := range d.DACL {
		if e.Type == Allow && e.Flags == 0 && e.SID == who {
			d.DACL[i].Mask |= mask
			return d
		}
	}
	d.DACL = append(d.DACL, ACE{Type: Allow, Mask: mask, SID: who})
	return d
}

// Revoke returns the descriptor without any entry, allowing or denying, for
// the account.
func (d Descriptor) Revoke(who SID) Descriptor {
	if d.DACL != nil {
		d.DACL = slices.DeleteFunc(slices.Clone(d.DACL), func(e ACE) bool { return e.SID == who })
	}
	return d
}
