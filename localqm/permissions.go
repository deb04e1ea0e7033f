package localqm

import (
	"context"

	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
	"posthouse/localqm/store"
)

// QueueSecurity is the descriptor of a queue.
func (m *QueueManager) QueueSecurity(ctx context.Context, c Caller, name mq.QueueName) (secure.Descriptor, error) {
	op := "read the permissions of " + name.String()
	name, public, err := m.publicNamed(ctx, op, name)
	switch {
	case err != nil:
		return secure.Descriptor{}, err
	case m.isElsewhere(public):
		p, err := m.readPublic(ctx, op, public)
		if err == nil {
			err = p.allow(op, c, mq.RightGetQueuePermissions)
		}
		if err != nil {
			return secure.Descriptor{}, err
		}
		return *p.Spec.Security, nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	q, err := m.findAny(op, name)
	if err == nil {
		err = m.allow(op, c, q, mq.RightGetQueuePermissions)
	}
	if err != nil {
		return secure.Descriptor{}, err
	}
	if q.root().info.Kind == store.System || q.root().out != nil {
		return m.guard, nil
	}
	return q.root().guard, nil
}

// SetQueueSecurity replaces the descriptor of a queue. What it leaves out, the
// owner or the group, stays. Another owner needs the right to take ownership,
// which administrators of the machine always have.
func (m *QueueManager) SetQueueSecurity(ctx context.Context, c Caller, name mq.QueueName, d secure.Descriptor) error {
	op := "change the permissions of " + name.String()
	return m.reguard(ctx, op, c, name, func(g guarding) (secure.Descriptor, error) {
		if err := g.allow(mq.RightChangeQueuePermissions); err != nil {
			return d, err
		}
		next, err := replacing(op, g.old, d)
		if err == nil && next.Owner != g.old.Owner {
			err = g.allow(mq.RightTakeQueueOwnership)
		}
		return next, err
	})
}

// guarding is a queue whose descriptor is to be replaced.
type guarding struct {
	old   secure.Descriptor
	allow func(need mq.QueueRight) error // the caller has these rights on it
}

// reguard gives a queue the descriptor that next makes of the old one: here, or for a
// public one in the directory. next may be called with mu held.
func (m *QueueManager) reguard(ctx context.Context, op string, c Caller, name mq.QueueName, next func(guarding) (secure.Descriptor, error)) error {
	name, public, err := m.publicNamed(ctx, op, name)
	if err != nil {
		return err
	}
	if m.isElsewhere(public) {
		p, err := m.readPublic(ctx, op, public)
		if err != nil {
			return err
		}
		g := guarding{allow: func(need mq.QueueRight) error { return p.allow(op, c, need) }}
		set(&g.old, p.Spec.Security)
		m.mu.Lock()
		d, err := next(g)
		m.mu.Unlock()
		if err != nil {
			return err
		}
		_, err = m.changePublic(ctx, op, c, public, QueueSpec{Security: &d})
		return err
	}
	m.config.Lock()
	m.mu.Lock()
	row, d, err := m.guardQueue(op, c, name, next)
	m.mu.Unlock()
	switch {
	case err != nil:
	case row.Kind == store.Public:
		m.config.Unlock()
		_, err = m.changePublic(ctx, op, c, row.ID, QueueSpec{Security: &d})
		return err
	default:
		_, err = m.reshape(ctx, op, []store.Op{&store.UpdateQueue{Queue: row}}, row.Slot)
	}
	m.config.Unlock()
	return err
}

// guardQueue is called with mu held.
func (m *QueueManager) guardQueue(op string, c Caller, name mq.QueueName, next func(guarding) (secure.Descriptor, error)) (row store.Queue, d secure.Descriptor, err error) {
	q, err := m.findAny(op, name)
	if err != nil {
		return row, d, err
	}
	q = q.root()
	if d, err = next(guarding{q.guard, func(need mq.QueueRight) error { return m.allow(op, c, q, need) }}); err == nil {
		err = guardable(op, q)
	}
	if err != nil {
		return row, d, err
	}
	row = q.info
	row.Security, row.Modified = d.Append(nil), m.clock.Now().Unix()
	return row, d, nil
}

// isElsewhere reports the identifier of a public queue that is not ours.
func (m *QueueManager) isElsewhere(public mq.GUID) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !public.IsZero() && m.publics[public] == nil
}

// MachineSecurity is the descriptor of the machine.
func (m *QueueManager) MachineSecurity(_ context.Context, c Caller) (secure.Descriptor, error) {
	const op = "read the permissions of the computer"
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(op); err != nil {
		return secure.Descriptor{}, err
	}
	return m.guard, m.allowMachine(op, c, mq.RightGetMachinePermissions)
}

// SetMachineSecurity replaces the descriptor of the machine. The account the
// queue manager runs for cannot lock itself out.
func (m *QueueManager) SetMachineSecurity(ctx context.Context, c Caller, d secure.Descriptor) error {
	const op = "change the permissions of the computer"
	m.config.Lock()
	defer m.config.Unlock()
	m.mu.Lock()
	next, err := m.settings, m.usable(op)
	if err == nil {
		err = m.allowMachine(op, c, mq.RightChangeMachinePermissions)
	}
	if err == nil {
		d, err = replacing(op, m.guard, d)
	}
	if err == nil && d.Owner != m.guard.Owner {
		err = m.allowMachine(op, c, mq.RightTakeMachineOwnership)
	}
	m.mu.Unlock()
	if err != nil {
		return err
	}
	next.Security = d.Append(nil)
	return m.saveSettings(ctx, op, next)
}
