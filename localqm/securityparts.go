package localqm

import (
	"context"

	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
	"posthouse/localqm/store"
)

// SecurityParts are parts of a security descriptor (SECURITY_INFORMATION, MS-MQMQ
// 2.2.3).
type SecurityParts uint32

// The parts of a security descriptor.
const (
	OwnerPart SecurityParts = 0x1
	GroupPart SecurityParts = 0x2
	DACLPart  SecurityParts = 0x4
	SACLPart  SecurityParts = 0x8
)

const (
	daclControl = secure.DACLInheritRequired | secure.DACLAutoInherited | secure.DACLProtected
	saclControl = secure.SACLInheritRequired | secure.SACLAutoInherited | secure.SACLProtected
)

// pick returns old with these parts of d.
func (p SecurityParts) pick(old, d secure.Descriptor) secure.Descriptor {
	if p&OwnerPart != 0 {
		old.Owner = d.Owner
	}
	if p&GroupPart != 0 {
		old.Group = d.Group
	}
	if p&DACLPart != 0 {
		old.DACL, old.Control = d.DACL, old.Control&^daclControl|d.Control&daclControl
	}
	if p&SACLPart != 0 {
		old.SACL, old.Control = d.SACL, old.Control&^saclControl|d.Control&saclControl
	}
	return old
}

// QueueSecurityParts is the descriptor of a queue with these parts alone. What is
// audited (SACLPart) only an administrator may know: MQ_ERROR_PRIVILEGE_NOT_HELD.
func (m *QueueManager) QueueSecurityParts(ctx context.Context, c Caller, name mq.QueueName, parts SecurityParts) (secure.Descriptor, error) {
	d, err := m.QueueSecurity(ctx, c, name)
	if err == nil && parts&SACLPart != 0 {
		m.mu.Lock()
		err = m.allowSACL("read what is audited of "+name.String(), c)
		m.mu.Unlock()
	}
	if err != nil {
		return secure.Descriptor{}, err
	}
	return parts.pick(secure.Descriptor{}, d), nil
}

// SetQueueSecurityParts replaces these parts of the descriptor of a queue: owner and
// group with the right to take ownership, the DACL with that to change permissions,
// the SACL as an administrator.
func (m *QueueManager) SetQueueSecurityParts(ctx context.Context, c Caller, name mq.QueueName, parts SecurityParts, d secure.Descriptor) error {
	op := "change the permissions of " + name.String()
	if parts == 0 {
		m.mu.Lock()
		defer m.mu.Unlock()
		_, err := m.findAny(op, name)
		return err
	}
	return m.reguard(ctx, op, c, name, func(g guarding) (secure.Descriptor, error) {
		return m.guardParts(op, c, g, parts, d)
	})
}

// guardParts is called with mu held.
func (m *QueueManager) guardParts(op string, c Caller, g guarding, parts SecurityParts, d secure.Descriptor) (secure.Descriptor, error) {
	var need mq.QueueRight
	if parts&(OwnerPart|GroupPart) != 0 {
		need |= mq.RightTakeQueueOwnership
	}
	if parts&DACLPart != 0 {
		need |= mq.RightChangeQueuePermissions
	}
	if need != 0 {
		if err := g.allow(need); err != nil {
			return d, err
		}
	}
	if parts&SACLPart != 0 {
		if err := m.allowSACL(op, c); err != nil {
			return d, err
		}
	}
	if parts&OwnerPart != 0 && d.Owner.IsZero() {
		return d, mq.Errorf(mq.ErrInvalidOwner, op, "a queue has an owner, and none was given")
	}
	return replacing(op, g.old, parts.pick(g.old, d))
}

// allowSACL stands in for the privilege to manage auditing (MS-DTYP 2.5.3.2), which
// administrators have. Called with mu held.
func (m *QueueManager) allowSACL(op string, c Caller) error {
	if err := m.allowMachine(op, c, mq.RightChangeMachinePermissions); err != nil {
		return mq.Errorf(mq.ErrPrivilegeNotHeld, op, "what is audited (the SACL) is for administrators: %w", err)
	}
	return nil
}

// guardable refuses the queues that have no descriptor of their own.
func guardable(op string, q *queue) error {
	if q.info.Kind == store.System || q.out != nil || hidden(q.info) {
		return mq.Errorf(mq.ErrUnsupportedOperation, op, "queues of the queue manager follow the computer's permissions").
			WithFix("change those of the computer")
	}
	return nil
}
