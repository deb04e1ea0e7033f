package access

import (
	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
)

// The extended rights of MSMQ (MS-ADTS 5.1.3.2.1).
var (
	ReceiveDeadLetter      = right("4b6e08c0-df3c-11d1-9c86-006008764d0e") // msmq-Receive-Dead-Letter
	PeekDeadLetter         = right("4b6e08c1-df3c-11d1-9c86-006008764d0e") // msmq-Peek-Dead-Letter
	ReceiveComputerJournal = right("4b6e08c2-df3c-11d1-9c86-006008764d0e") // msmq-Receive-computer-Journal
	PeekComputerJournal    = right("4b6e08c3-df3c-11d1-9c86-006008764d0e") // msmq-Peek-computer-Journal
	Receive                = right("06bd3200-df3e-11d1-9c86-006008764d0e") // msmq-Receive
	Peek                   = right("06bd3201-df3e-11d1-9c86-006008764d0e") // msmq-Peek
	Send                   = right("06bd3202-df3e-11d1-9c86-006008764d0e") // msmq-Send
	ReceiveJournal         = right("06bd3203-df3e-11d1-9c86-006008764d0e") // msmq-Receive-journal
	OpenConnector          = right("b4e60130-df3f-11d1-9c86-006008764d0e") // msmq-Open-Connector
)

// QueueClass is the schemaIDGUID of mSMQQueue (MS-ADSC 2.166).
var QueueClass = right("9a0dc343-c100-11d1-bbc5-0080c76670c0")

func right(s string) mq.GUID {
	g, err := mq.ParseGUID(s)
	if err != nil {
		panic(err)
	}
	return g
}

// same pairs a right of MSMQ with one of the directory: a bit, or an extended right.
type same struct {
	msmq   uint32
	mask   uint32
	object mq.GUID
}

// The standard rights are the same on both sides.
var standard = []same{
	{msmq: Delete, mask: Delete},
	{msmq: ReadControl, mask: ReadControl},
	{msmq: WriteDAC, mask: WriteDAC},
	{msmq: WriteOwner, mask: WriteOwner},
}

var queueRights = append([]same{
	{msmq: uint32(mq.RightDeleteMessage), mask: ControlAccess, object: Receive},
	{msmq: uint32(mq.RightPeekMessage), mask: ControlAccess, object: Peek},
	{msmq: uint32(mq.RightWriteMessage), mask: ControlAccess, object: Send},
	{msmq: uint32(mq.RightDeleteJournalMessage), mask: ControlAccess, object: ReceiveJournal},
	{msmq: uint32(mq.RightSetQueueProperties), mask: WriteProperty},
	{msmq: uint32(mq.RightGetQueueProperties), mask: ReadProperty},
}, standard...)

var machineRights = append([]same{
	{msmq: uint32(mq.RightDeleteDeadLetter), mask: ControlAccess, object: ReceiveDeadLetter},
	{msmq: uint32(mq.RightPeekDeadLetter), mask: ControlAccess, object: PeekDeadLetter},
	{msmq: uint32(mq.RightCreateQueue), mask: CreateChild, object: QueueClass},
	{msmq: uint32(mq.RightSetMachineProperties), mask: WriteProperty},
	{msmq: uint32(mq.RightGetMachineProperties), mask: ReadProperty},
	{msmq: uint32(mq.RightDeleteComputerJournal), mask: ControlAccess, object: ReceiveComputerJournal},
	{msmq: uint32(mq.RightPeekComputerJournal), mask: ControlAccess, object: PeekComputerJournal},
}, standard...)

// FromQueue is a queue's descriptor as the directory keeps it.
func FromQueue(d secure.Descriptor) Descriptor {
	return from(d, mq.QueueMapping, uint32(mq.RightQueueGenericAll), queueRights)
}

// FromMachine is a queue manager's.
func FromMachine(d secure.Descriptor) Descriptor {
	return from(d, mq.MachineMapping, uint32(mq.RightMachineGenericAll), machineRights)
}

// ToQueue is a directory's descriptor with the rights on queues.
func ToQueue(d Descriptor) secure.Descriptor { return to(d, queueRights) }

// ToMachine is one with the rights on queue managers.
func ToMachine(d Descriptor) secure.Descriptor { return to(d, machineRights) }

// from translates entry by entry. Those that were inherited are left out: the directory
// adds them itself.
func from(d secure.Descriptor, g mq.GenericMapping, all uint32, table []same) Descriptor {
	out := Descriptor{Owner: d.Owner, Group: d.Group, Control: d.Control & keptControl}
	if d.DACL == nil {
		return out
	}
	out.DACL = []ACE{}
	for _, e := range d.DACL {
		if e.Flags&secure.Inherited != 0 {
			continue
		}
		mask := g.Map(e.Mask)
		ace := ACE{Type: e.Type, Flags: e.Flags, SID: e.SID}
		if mask&all == all {
			ace.Mask = FullControl
			out.DACL = append(out.DACL, ace)
			continue
		}
		for _, s := range table {
			if mask&s.msmq != 0 && s.object.IsZero() {
				ace.Mask |= s.mask
			}
		}
		if ace.Mask != 0 {
			out.DACL = append(out.DACL, ace)
		}
		for _, s := range table {
			if mask&s.msmq != 0 && !s.object.IsZero() {
				ace.Mask, ace.Object = s.mask, s.object
				out.DACL = append(out.DACL, ace)
			}
		}
	}
	return out
}

// to is the other way round; entries of one account that follow each other become one.
// What has no meaning for MSMQ is left out.
func to(d Descriptor, table []same) secure.Descriptor {
	out := secure.Descriptor{Owner: d.Owner, Group: d.Group, Control: d.Control}
	if d.DACL == nil {
		return out
	}
	out.DACL = secure.ACL{}
	for _, e := range d.DACL {
		mask := uint32(0)
		for _, s := range table {
			if generic.Map(e.Mask)&s.mask != 0 && (e.Object.IsZero() || e.Object == s.object) {
				mask |= s.msmq
			}
		}
		// What is granted to children of one class would become that of all, and of the
		// object, when it is written; what is denied is denied here too.
		if mask == 0 || !e.Heir.IsZero() && e.Flags&secure.Inherited == 0 && e.Type == secure.Allow {
			continue
		}
		if n := len(out.DACL) - 1; n >= 0 {
			if last := &out.DACL[n]; last.SID == e.SID && last.Type == e.Type && last.Flags == e.Flags {
				last.Mask |= mask
				continue
			}
		}
		out.DACL = append(out.DACL, secure.ACE{Type: e.Type, Flags: e.Flags, Mask: mask, SID: e.SID})
	}
	return out
}

// Machine is the descriptor of a new queue manager's object (MS-MQDSSM 3.1.6.1.1.8),
// with what the specification's rights mean in a directory: everyone reads it, and may
// create queues if the computer is foreign; the computer itself and the owner, if there
// is one, may do everything.
func Machine(computer, owner secure.SID, foreign bool) Descriptor {
	world := ACE{Type: secure.Allow, Mask: read, SID: secure.Everyone}
	d := Descriptor{DACL: []ACE{world}}
	if foreign {
		d.DACL = append(d.DACL, ACE{Type: secure.Allow, Mask: CreateChild, Object: QueueClass, SID: secure.Everyone})
	}
	for _, s := range []secure.SID{computer, owner} {
		if !s.IsZero() {
			// What it creates below is its own too.
			d.DACL = append(d.DACL, ACE{Type: secure.Allow, Flags: secure.ContainerInherit, Mask: FullControl, SID: s})
		}
		if computer == owner {
			break
		}
	}
	return d
}
