package localqm

import (
	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
	"posthouse/localqm/store"
)

// rightsFor are the rights that opening a queue needs (MS-MQMQ 2.2.24).
func rightsFor(a Access) mq.QueueRight {
	switch a {
	case SendAccess:
		return mq.RightWriteMessage
	case PeekAccess:
		return mq.RightPeekMessage
	}
	return mq.RightReceiveMessage
}

// administer are the rights on every queue of who may change the machine's
// permissions: an administrator is never locked out, and grants itself the rest
// where its owner and everyone can see it.
const administer = mq.RightGetQueueProperties | mq.RightGetQueuePermissions | mq.RightChangeQueuePermissions |
	mq.RightTakeQueueOwnership

// allow checks rights on a queue. Journals and subqueues are guarded by their
// queue's descriptor, the system queues by the machine's. Called with mu held.
func (m *QueueManager) allow(op string, c Caller, q *queue, need mq.QueueRight) error {
	root := q.root()
	if root.out != nil {
		return m.allowOutgoing(op, c, root, need)
	}
	if root.info.Kind == store.System {
		return m.allowMachine(op, c, systemRight(root.info.Name, need))
	}
	if q.info.Role == store.Journal && need&mq.RightDeleteMessage != 0 {
		need = need&^mq.RightDeleteMessage | mq.RightDeleteJournalMessage
	}
	if root.guard.Allow(c.rights(), need) || need&^administer == 0 && m.allowMachine(op, c, mq.RightChangeMachinePermissions) == nil {
		return nil
	}
	return denied(op, c, need.String(), root.path, "ask its owner, or see `posthouse queue acl "+root.path+"`")
}

// allowOutgoing checks rights on what waits for other computers. Everybody whom
// this one knows may send to others; the rest is for administrators, as with
// dead letters.
func (m *QueueManager) allowOutgoing(op string, c Caller, q *queue, need mq.QueueRight) error {
	if need == mq.RightWriteMessage && c.rights().User != secure.Anonymous {
		return nil
	}
	return m.allowMachine(op, c, systemRight(q.info.Name, need))
}

// allowMachine checks rights on the machine. The account that the queue manager
// runs for has them all. Called with mu held.
func (m *QueueManager) allowMachine(op string, c Caller, need mq.MachineRight) error {
	t := c.rights()
	if t.User == m.owner || m.guard.AllowMachine(t, need) {
		return nil
	}
	return denied(op, c, need.String(), "the computer "+m.self.Name, "ask its administrator")
}

// guarded reads a stored descriptor. One that is damaged grants nothing; a
// journal or subqueue has none of its own.
func (m *QueueManager) guarded(raw []byte) secure.Descriptor {
	if len(raw) == 0 {
		return secure.Descriptor{DACL: secure.ACL{}} // empty, not nil: nobody
	}
	d, err := secure.ParseDescriptor(raw)
	if err != nil {
		m.log.Error("a security descriptor is damaged: access refused", "error", err)
		return secure.Descriptor{DACL: secure.ACL{}}
	}
	return d
}

// replacing makes a descriptor ready to take the place of another: whole, with
// an owner, and not open to everyone by an omission.
func replacing(op string, old, d secure.Descriptor) (secure.Descriptor, error) {
	if d.Owner.IsZero() {
		d.Owner = old.Owner
	}
	if d.Group.IsZero() {
		d.Group = old.Group
	}
	if err := d.Check(); err != nil {
		return d, tried(op, err)
	}
	if d.DACL == nil {
		return d, mq.Errorf(mq.ErrIllegalSecurityDescriptor, op, "it has no list of permissions (DACL), which would let everybody do everything").
			WithFix("grant rights by name: D:(A;;GA;;;WD)(A;;GA;;;AN) is everyone and anonymous")
	}
	return d, nil
}

func denied(op string, c Caller, right, object, fix string) error {
	return mq.Errorf(mq.ErrAccessDenied, op, "%s has not the right %s on %s", c.rights().User.Name(), right, object).WithFix("%s", fix)
}

// systemRight translates a right on a queue to that on the machine which
// guards the system queues (MS-MQMQ 2.2.25).
func systemRight(name string, need mq.QueueRight) mq.MachineRight {
	var r mq.MachineRight
	left := need
	peek, take := mq.RightPeekDeadLetter, mq.RightDeleteDeadLetter
	if name == "journal" {
		peek, take = mq.RightPeekComputerJournal, mq.RightDeleteComputerJournal
	}
	for _, t := range []struct {
		queue   mq.QueueRight
		machine mq.MachineRight
	}{
		{mq.RightPeekMessage, peek},
		{mq.RightDeleteMessage, take},
		{mq.RightDeleteJournalMessage, take},
		{mq.RightSetQueueProperties, mq.RightSetMachineProperties},
		{mq.RightGetQueueProperties, mq.RightGetMachineProperties},
		{mq.RightGetQueuePermissions, mq.RightGetMachinePermissions},
		{mq.RightChangeQueuePermissions, mq.RightChangeMachinePermissions},
		{mq.RightTakeQueueOwnership, mq.RightTakeMachineOwnership},
	} {
		if need&t.queue != 0 {
			r |= t.machine
			left &^= t.queue
		}
	}
	if left != 0 { // sending to a system queue, or deleting it
		r |= mq.RightDeleteMachine
	}
	return r
}
