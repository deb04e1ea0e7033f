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

// allow checks rights on a queue. Journals and subqueues are guarded by their
// queue's descriptor, the system queues by the machine's. Called with mu held.
func (m *QueueManager) allow(op string, c Caller, q *queue, need mq.QueueRight) error {
	root := q.root()
	if root.info.Kind == store.System {
		return m.allowMachine(op, c, systemRight(root.info.Name, need))
	}
	if q.info.Role == store.Journal && need&mq.RightDeleteMessage != 0 {
		need = need&^mq.RightDeleteMessage | mq.RightDeleteJournalMessage
	}
	if m.guard(root.info.Security).Allow(c.Token, need) {
		return nil
	}
	return denied(op, c, need.String(), m.pathName(root),
		"ask its owner, or see `posthouse queue acl "+m.pathName(root)+"`")
}

// allowMachine checks rights on the machine. Called with mu held.
func (m *QueueManager) allowMachine(op string, c Caller, need mq.MachineRight) error {
	if c.Token.User.String() == m.owner || m.guard(m.security).AllowMachine(c.Token, need) {
		return nil
	}
	return denied(op, c, need.String(), "the computer "+m.self.Name, "ask its administrator")
}

// guard reads a stored descriptor. One that is damaged grants nothing.
func (m *QueueManager) guard(raw []byte) secure.Descriptor {
	d, err := secure.ParseDescriptor(raw)
	if err != nil {
		m.log.Error("a security descriptor is damaged: access refused", "error", err)
		return secure.Descriptor{DACL: secure.ACL{}} // empty, not nil: nobody
	}
	return d
}

func denied(op string, c Caller, right, object, fix string) error {
	return mq.Errorf(mq.ErrAccessDenied, op, "%s has not the right %s on %s", c.Token.User, right, object).WithFix("%s", fix)
}

// systemRight translates a right on a queue to that on the machine which
// guards the system queues (MS-MQMQ 2.2.25).
func systemRight(name string, need mq.QueueRight) mq.MachineRight {
	var r mq.MachineRight
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
	} {
		if need&t.queue != 0 {
			r |= t.machine
		}
	}
	if r == 0 { // sending to a system queue: nobody may
		r = mq.RightDeleteMachine
	}
	return r
}
