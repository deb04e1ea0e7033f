package localqm

import (
	"context"

	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
	"posthouse/localqm/store"
)

// QueueSecurity is the descriptor of a queue.
func (m *QueueManager) QueueSecurity(_ context.Context, c Caller, name mq.QueueName) (secure.Descriptor, error) {
	op := "read the permissions of " + name.String()
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
	m.config.Lock()
	defer m.config.Unlock()
	m.mu.Lock()
	next, err := m.guardQueue(op, c, name, d)
	m.mu.Unlock()
	if err != nil {
		return err
	}
	_, err = m.reshape(ctx, op, []store.Op{&store.UpdateQueue{Queue: next}}, next.Slot)
	return err
}

// guardQueue is called with mu held.
func (m *QueueManager) guardQueue(op string, c Caller, name mq.QueueName, d secure.Descriptor) (store.Queue, error) {
	q, err := m.findAny(op, name)
	if err != nil {
		return store.Queue{}, err
	}
	q = q.root()
	if err := m.allow(op, c, q, mq.RightChangeQueuePermissions); err != nil {
		return store.Queue{}, err
	}
	if err := guardable(op, q); err != nil {
		return store.Queue{}, err
	}
	if d, err = replacing(op, q.guard, d); err != nil {
		return store.Queue{}, err
	}
	if d.Owner != q.guard.Owner {
		if err := m.allow(op, c, q, mq.RightTakeQueueOwnership); err != nil {
			return store.Queue{}, err
		}
	}
	next := q.info
	next.Security, next.Modified = d.Append(nil), m.clock.Now().Unix()
	return next, nil
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
