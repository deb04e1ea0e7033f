package access

import (
	"encoding/binary"
	"slices"

	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
)

// Rights on an object of a directory (MS-ADTS 5.1.3.2).
const (
	CreateChild   uint32 = 0x00000001
	DeleteChild   uint32 = 0x00000002
	ListContents  uint32 = 0x00000004
	Self          uint32 = 0x00000008 // validated writes
	ReadProperty  uint32 = 0x00000010
	WriteProperty uint32 = 0x00000020
	DeleteTree    uint32 = 0x00000040
	ListObject    uint32 = 0x00000080
	ControlAccess uint32 = 0x00000100 // extended rights
	Delete        uint32 = 0x00010000
	ReadControl   uint32 = 0x00020000
	WriteDAC      uint32 = 0x00040000
	WriteOwner    uint32 = 0x00080000

	FullControl = CreateChild | DeleteChild | ListContents | Self | ReadProperty | WriteProperty |
		DeleteTree | ListObject | ControlAccess | Delete | ReadControl | WriteDAC | WriteOwner
	read = ListContents | ReadProperty | ListObject | ReadControl
)

// generic is what the generic rights mean for objects of a directory (MS-ADTS 5.1.3.2).
var generic = mq.GenericMapping{
	Read:    ReadControl | ListContents | ReadProperty | ListObject,
	Write:   ReadControl | Self | WriteProperty,
	Execute: ReadControl | ListContents,
	All:     FullControl,
}

// ACE is an entry. Object is the extended right, the class of child or the attribute
// that it is about, Heir the class that inherits it; zero: all.
type ACE struct {
	Type   secure.ACEType
	Flags  uint8
	Mask   uint32
	Object mq.GUID
	Heir   mq.GUID
	SID    secure.SID
}

// Descriptor is a security descriptor without its SACL, which needs a privilege to be
// seen. A nil DACL guards nothing.
type Descriptor struct {
	Owner, Group secure.SID
	Control      uint16 // secure.DACLProtected and the like
	DACL         []ACE
}

// Types of entries (MS-DTYP 2.4.4.1) and the flags of object entries (2.4.4.3).
const (
	allowed       = 0
	denied        = 1
	allowedObject = 5
	deniedObject  = 6
	hasObject     = 1
	hasHeir       = 2
)

const (
	header      = 20
	daclPresent = 0x0004
	selfRel     = 0x8000
	keptControl = secure.DACLInheritRequired | secure.DACLAutoInherited | secure.DACLProtected
)

// Parse reads a self-relative descriptor. Entries of types that are neither allowed
// nor denied are left out.
func Parse(b []byte) (Descriptor, error) {
	bad := func(why string) (Descriptor, error) {
		return Descriptor{}, mq.Errorf(mq.ErrIllegalSecurityDescriptor, "read the security descriptor of an object", "%s", why)
	}
	if len(b) < header || len(b) > secure.MaxDescriptor || b[0] != 1 {
		return bad("it is none, or cut off")
	}
	control := binary.LittleEndian.Uint16(b[2:])
	d := Descriptor{Control: control & keptControl}
	part := func(field int) ([]byte, bool) {
		at := binary.LittleEndian.Uint32(b[field:])
		if at == 0 {
			return nil, true
		}
		if at < header || at >= uint32(len(b)) {
			return nil, false
		}
		return b[at:], true
	}
	for _, p := range []struct {
		field int
		sid   *secure.SID
	}{{4, &d.Owner}, {8, &d.Group}} {
		s, ok := part(p.field)
		if !ok {
			return bad("the offset of a part lies outside")
		}
		if s != nil {
			var err error
			if *p.sid, err = secure.DecodeSID(s); err != nil {
				return bad("a SID in it is broken")
			}
		}
	}
	acl, ok := part(16)
	if !ok {
		return bad("the offset of its DACL lies outside")
	}
	if control&daclPresent == 0 || acl == nil {
		return d, nil
	}
	if d.DACL, ok = parseACL(acl); !ok {
		return bad("its DACL is broken")
	}
	return d, nil
}

func parseACL(b []byte) ([]ACE, bool) {
	if len(b) < 8 {
		return nil, false
	}
	size, count := int(binary.LittleEndian.Uint16(b[2:])), int(binary.LittleEndian.Uint16(b[4:]))
	if size < 8 || size > len(b) {
		return nil, false
	}
	b = b[8:size]
	list := []ACE{}
	for range count {
		if len(b) < 8 {
			return nil, false
		}
		n := int(binary.LittleEndian.Uint16(b[2:]))
		if n < 8 || n > len(b) {
			return nil, false
		}
		e, known, ok := parseACE(b[:n])
		if !ok {
			return nil, false
		}
		if known {
			list = append(list, e)
		}
		b = b[n:]
	}
	return list, true
}

// parseACE reads one entry; known is false if it neither allows nor denies.
func parseACE(b []byte) (e ACE, known, ok bool) {
	e = ACE{Flags: b[1], Mask: binary.LittleEndian.Uint32(b[4:])}
	rest := b[8:]
	switch b[0] {
	case allowed, allowedObject:
		e.Type = secure.Allow
	case denied, deniedObject:
		e.Type = secure.Deny
	default:
		return e, false, true
	}
	if b[0] == allowedObject || b[0] == deniedObject {
		if len(rest) < 4 {
			return e, false, false
		}
		flags := binary.LittleEndian.Uint32(rest)
		rest = rest[4:]
		for _, p := range []struct {
			flag uint32
			id   *mq.GUID
		}{{hasObject, &e.Object}, {hasHeir, &e.Heir}} {
			if flags&p.flag == 0 {
				continue
			}
			if len(rest) < 16 {
				return e, false, false
			}
			*p.id, rest = mq.GUID(rest[:16]), rest[16:]
		}
	}
	var err error
	e.SID, err = secure.DecodeSID(rest)
	return e, true, err == nil
}

// Append appends the self-relative form.
func (d Descriptor) Append(b []byte) []byte {
	start := len(b)
	control := d.Control&keptControl | selfRel
	if d.DACL != nil {
		control |= daclPresent
	}
	b = append(b, 1, 0)
	b = binary.LittleEndian.AppendUint16(b, control)
	b = append(b, make([]byte, header-4)...)
	at := func(field int) { binary.LittleEndian.PutUint32(b[start+field:], uint32(len(b)-start)) }
	if d.DACL != nil {
		at(16)
		b = appendACL(b, d.DACL)
	}
	if !d.Owner.IsZero() {
		at(4)
		b = d.Owner.Append(b)
	}
	if !d.Group.IsZero() {
		at(8)
		b = d.Group.Append(b)
	}
	return b
}

// Revisions of lists: 4 is of those with object entries (MS-DTYP 2.4.5).
const (
	plainRevision  = 2
	objectRevision = 4
)

func appendACL(b []byte, list []ACE) []byte {
	start := len(b)
	revision := byte(plainRevision)
	b = append(b, 0, 0, 0, 0, byte(len(list)), byte(len(list)>>8), 0, 0)
	for _, e := range list {
		at := len(b)
		kind := byte(e.Type)
		object := !e.Object.IsZero() || !e.Heir.IsZero()
		if object {
			kind, revision = kind+allowedObject, objectRevision
		}
		b = append(b, kind, e.Flags, 0, 0)
		b = binary.LittleEndian.AppendUint32(b, e.Mask)
		if object {
			flags := uint32(0)
			if !e.Object.IsZero() {
				flags |= hasObject
			}
			if !e.Heir.IsZero() {
				flags |= hasHeir
			}
			b = binary.LittleEndian.AppendUint32(b, flags)
			for _, id := range []mq.GUID{e.Object, e.Heir} {
				if !id.IsZero() {
					b = append(b, id[:]...)
				}
			}
		}
		b = e.SID.Append(b)
		binary.LittleEndian.PutUint16(b[at+2:], uint16(len(b)-at))
	}
	b[start] = revision
	binary.LittleEndian.PutUint16(b[start+2:], uint16(len(b)-start))
	return b
}

// Granted is the part of mask that a caller has (MS-ADTS 5.1.3.3) on the object as a
// whole or, if object is given, on that attribute, class of child or extended right.
func (d Descriptor) Granted(t secure.Token, mask uint32, object mq.GUID) uint32 {
	if d.DACL == nil {
		return mask
	}
	given := uint32(0)
	if t.Has(d.Owner) {
		given = mask & (ReadControl | WriteDAC)
	}
	left := mask &^ given
	for _, e := range d.DACL {
		if e.Flags&secure.InheritOnly != 0 || !t.Has(e.SID) || !e.Object.IsZero() && e.Object != object {
			continue
		}
		speaks := generic.Map(e.Mask) & left
		if e.Type == secure.Allow {
			given |= speaks
		}
		left &^= speaks
	}
	return given
}

// Under is the descriptor of a new object below one with this: its own entries first,
// then those it inherits (MS-DTYP 2.5.3.4).
func (d Descriptor) Under(parent Descriptor) Descriptor {
	if d.Control&secure.DACLProtected != 0 {
		return d
	}
	list := slices.DeleteFunc(slices.Clone(d.DACL), func(e ACE) bool { return e.Flags&secure.Inherited != 0 })
	for _, e := range parent.DACL {
		if e.Flags&secure.ContainerInherit == 0 || e.Flags&secure.NoPropagate != 0 && e.Flags&secure.Inherited != 0 {
			continue
		}
		e.Flags = e.Flags&^secure.InheritOnly | secure.Inherited
		if e.SID == secure.CreatorOwner {
			e.SID = d.Owner
		}
		if !e.SID.IsZero() {
			list = append(list, e)
		}
	}
	d.DACL = list
	d.Control |= secure.DACLAutoInherited
	return d
}
