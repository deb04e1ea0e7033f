package notice

import (
	"encoding/binary"

	"posthouse/localqm/mq"
)

// Command is what happened in an update of version 1 (MS-MQCN 2.2.6).
type Command uint8

// The commands.
const (
	Create Command = iota
	Change
	Delete
)

// Update is what a directory service of MSMQ 1.0 tells of one object (MS-MQCN
// 2.2.6). It names the object by Path or, if that is empty, by ID.
type Update struct {
	Command    Command
	Path       string  // path name of a queue
	ID         mq.GUID // of a queue or queue manager
	Master     mq.GUID // directory server where the change began
	Properties []Property
}

// Property is a property with its value, a Go value for its type: uint8, int32,
// string, mq.GUID, []byte, []mq.GUID and so on.
type Property struct {
	ID    mq.PropID
	Value any
}

// The properties that tell of a deleted object (MS-MQMQ 2.3.13.3, 2.3.13.4).
const (
	PropDScope   mq.PropID = 1403
	PropDObjType mq.PropID = 1404
)

const (
	reservedSize = 24
	maxPath      = 1024 // UTF-16 units: a computer's and a queue's name, with room
	// smallestUpdate is one with an empty list of properties.
	smallestUpdate = 2 + 2 + 16 + reservedSize + 1
)

// typeOf is the type that a property's value has.
func typeOf(id mq.PropID) (mq.VarType, bool) {
	if id == PropDScope || id == PropDObjType {
		return mq.VTUI1, true
	}
	for _, kind := range []mq.Properties{mq.QueueProperties, mq.MachineProperties} {
		if p, ok := kind.ByID(id); ok {
			return p.Type, true
		}
	}
	return 0, false
}

// parseUpdates reads the updates of version 1. They may be followed by the one
// byte without meaning (MS-MQCN 3.3.5.3).
func parseUpdates(b []byte, count int) ([]Update, error) {
	if count > len(b)/smallestUpdate {
		return nil, bad("%d updates do not fit into %d bytes", count, len(b))
	}
	r := &reader{b: b}
	list := make([]Update, 0, count)
	for i := range count {
		u := r.update()
		if r.err != nil {
			return nil, bad("update %d: %w", i+1, r.err)
		}
		list = append(list, u)
	}
	if len(r.b) > 1 {
		return nil, bad("%d bytes follow its end", len(r.b))
	}
	return list, nil
}

func (r *reader) update() (u Update) {
	u.Command = Command(r.uint8())
	if u.Command > Delete {
		r.fail("command %d does not exist", u.Command)
	}
	switch use := r.uint8(); use {
	case 0:
		if u.Path = r.text(maxPath); u.Path == "" {
			r.fail("it names no object")
		}
	case 1:
		u.ID = r.guid()
	default:
		r.fail("UseGuid is %d, not 0 or 1", use)
	}
	u.Master = r.guid()
	r.take(reservedSize)
	u.Properties = r.properties()
	return u
}

func (r *reader) properties() []Property {
	n := int(r.uint8())
	ids := r.take(4 * n)
	if r.err != nil || n == 0 {
		return nil
	}
	list := make([]Property, n)
	for i := range list {
		p := &list[i]
		p.ID = mq.PropID(binary.LittleEndian.Uint32(ids[4*i:]))
		vt, known := typeOf(p.ID)
		if !known {
			r.fail("property %d is none of a queue or queue manager", p.ID)
			return nil
		}
		if p.Value = r.value(vt); r.err != nil {
			return nil
		}
	}
	return list
}

// AppendUpdates appends updates as a message of version 1, without the unused byte.
// The error tells what cannot be written.
func AppendUpdates(b []byte, updates []Update) ([]byte, error) {
	const op = "write a change notification"
	if len(updates) == 0 || len(updates) > 255 {
		return nil, mq.Errorf(mq.ErrInvalidParameter, op, "%d updates are not 1 to 255", len(updates))
	}
	b = append(b, Version1, byte(len(updates)))
	for i, u := range updates {
		var err error
		if b, err = u.append(b); err != nil {
			return nil, mq.Errorf(mq.ErrInvalidParameter, op, "update %d: %w", i+1, err)
		}
	}
	return b, nil
}

func (u Update) append(b []byte) ([]byte, error) {
	if u.Command > Delete || len(u.Properties) > 255 {
		return nil, errUnwritable
	}
	b = append(b, byte(u.Command))
	if u.Path != "" {
		var err error
		if b, err = appendText(append(b, 0), u.Path, maxPath); err != nil {
			return nil, err
		}
	} else {
		b = append(append(b, 1), u.ID[:]...)
	}
	b = append(b, u.Master[:]...)
	b = append(b, make([]byte, reservedSize)...)
	b = append(b, byte(len(u.Properties)))
	for _, p := range u.Properties {
		b = binary.LittleEndian.AppendUint32(b, uint32(p.ID))
	}
	for _, p := range u.Properties {
		vt, known := typeOf(p.ID)
		if !known {
			return nil, errUnwritable
		}
		var err error
		if b, err = appendValue(b, vt, p.Value); err != nil {
			return nil, err
		}
	}
	return b, nil
}
