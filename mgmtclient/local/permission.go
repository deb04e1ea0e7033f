package local

import (
	"context"

	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/row"
)

// ACL is a security descriptor in SDDL; of the machine if queue is empty.
func (n *Node) ACL(ctx context.Context, queue string) (string, error) {
	d, err := n.descriptor(ctx, "read the permissions of "+queue, queue)
	if err != nil {
		return "", err
	}
	return d.String(), nil
}

// SetACL replaces it.
func (n *Node) SetACL(ctx context.Context, queue, sddl string) error {
	op := "change the permissions of " + queue
	if err := n.enter(ctx, op); err != nil {
		return err
	}
	d, err := secure.ParseSDDL(sddl)
	if err != nil {
		return row.Tried(op, err)
	}
	return n.guard(ctx, op, queue, d)
}

// Permissions are a security descriptor in words.
func (n *Node) Permissions(ctx context.Context, queue string) (mgmtclient.Permissions, error) {
	d, err := n.descriptor(ctx, "read the permissions of "+queue, queue)
	if err != nil {
		return mgmtclient.Permissions{}, err
	}
	return row.Permissions(d, mapping(queue), n.about.Accounts), nil
}

// SetPermissions replaces its entries.
func (n *Node) SetPermissions(ctx context.Context, queue string, p mgmtclient.Permissions) error {
	op := "change the permissions of " + queue
	old, err := n.descriptor(ctx, op, queue)
	if err != nil {
		return err
	}
	d, err := row.Descriptor(old, p, n.about.Accounts)
	if err != nil {
		return row.Tried(op, err)
	}
	return n.guard(ctx, op, queue, d)
}

func (n *Node) descriptor(ctx context.Context, op, queue string) (secure.Descriptor, error) {
	if queue == "" {
		if err := n.enter(ctx, op); err != nil {
			return secure.Descriptor{}, err
		}
		return n.m.MachineSecurity(ctx, n.caller)
	}
	name, err := n.name(ctx, op, queue)
	if err != nil {
		return secure.Descriptor{}, err
	}
	return n.m.QueueSecurity(ctx, n.caller, name)
}

func (n *Node) guard(ctx context.Context, op, queue string, d secure.Descriptor) error {
	if queue == "" {
		return n.m.SetMachineSecurity(ctx, n.caller, d)
	}
	name, err := n.name(ctx, op, queue)
	if err != nil {
		return err
	}
	return n.m.SetQueueSecurity(ctx, n.caller, name, d)
}

// mapping is what generic rights mean for a queue, or for the machine.
func mapping(queue string) mq.GenericMapping {
	if queue == "" {
		return mq.MachineMapping
	}
	return mq.QueueMapping
}
