package fake

import (
	"context"

	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/row"
)

// ACL is the security descriptor of a queue or of the machine.
func (n *Node) ACL(ctx context.Context, name string) (string, error) {
	d, err := n.guarded(ctx, "ACL", "read the permissions of "+name, name, nil)
	return d.String(), err
}

// SetACL replaces a security descriptor.
func (n *Node) SetACL(ctx context.Context, name, sddl string) error {
	op := "set the permissions of " + name
	_, err := n.guarded(ctx, "SetACL", op, name, func(secure.Descriptor) (secure.Descriptor, error) {
		d, err := secure.ParseSDDL(sddl)
		return d, row.Tried(op, err)
	})
	return err
}

// Permissions are a security descriptor in words.
func (n *Node) Permissions(ctx context.Context, name string) (mgmtclient.Permissions, error) {
	d, err := n.guarded(ctx, "Permissions", "read the permissions of "+name, name, nil)
	if err != nil {
		return mgmtclient.Permissions{}, err
	}
	object := mq.QueueMapping
	if name == "" {
		object = mq.MachineMapping
	}
	return row.Permissions(d, object, nil), nil
}

// SetPermissions replaces the entries of a security descriptor.
func (n *Node) SetPermissions(ctx context.Context, name string, p mgmtclient.Permissions) error {
	op := "set the permissions of " + name
	_, err := n.guarded(ctx, "SetPermissions", op, name, func(old secure.Descriptor) (secure.Descriptor, error) {
		d, err := row.Descriptor(old, p, nil)
		return d, row.Tried(op, err)
	})
	return err
}

// guarded is the descriptor of a queue or of the machine, changed if change is given.
func (n *Node) guarded(ctx context.Context, method, op, name string, change func(secure.Descriptor) (secure.Descriptor, error)) (secure.Descriptor, error) {
	if err := n.enter(ctx, method, op, name); err != nil {
		return secure.Descriptor{}, err
	}
	defer n.mu.Unlock()
	sddl, kind, path := &n.sddl, mgmtclient.SignalMachine, ""
	if name != "" {
		q, err := n.own(op, name)
		if err != nil {
			return secure.Descriptor{}, err
		}
		sddl, kind, path = &q.sddl, mgmtclient.SignalQueues, q.PathName
	}
	d, err := secure.ParseSDDL(*sddl)
	if err != nil || change == nil {
		return d, err
	}
	if d, err = change(d); err != nil {
		return d, err
	}
	*sddl = d.String()
	n.signal(kind, path)
	return d, nil
}
