package remote

import (
	"cmp"
	"context"

	qmcomm "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"

	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/row"
)

// The parts of a security descriptor (SECURITY_INFORMATION, MS-MQMQ 2.2.3).
const (
	ownerPart = 0x1
	groupPart = 0x2
	listPart  = 0x4 // DACL
)

// maxDescriptor is the room for a descriptor that fits most.
const maxDescriptor = 8 << 10

// descriptor reads what guards a queue (MS-MQMP 3.1.4.7).
func (s *session) descriptor(ctx context.Context, f mq.FormatName) (d secure.Descriptor, err error) {
	o, err := objectFormat(f)
	if err != nil {
		return d, err
	}
	room := uint32(maxDescriptor)
	for {
		r, err := s.comm.GetObjectSecurityInternal(ctx, &qmcomm.GetObjectSecurityInternalRequest{
			ObjectFormat: o, RequestedInformation: ownerPart | groupPart | listPart, Length: room,
		})
		if code(err) == mq.ErrSecurityDescriptorTooSmall && r != nil && r.LengthNeeded > room && r.LengthNeeded <= secure.MaxDescriptor {
			room = r.LengthNeeded
			continue
		}
		if err != nil {
			return d, err
		}
		if d, err = secure.ParseDescriptor(r.SecurityDescriptor); err != nil {
			return d, malformed("the permissions: %v", err)
		}
		return d, nil
	}
}

func (s *session) setDescriptor(ctx context.Context, f mq.FormatName, d secure.Descriptor, parts uint32) error {
	o, err := objectFormat(f)
	if err != nil {
		return err
	}
	raw := d.Append(nil)
	_, err = s.comm.SetObjectSecurityInternal(ctx, &qmcomm.SetObjectSecurityInternalRequest{
		ObjectFormat: o, SecurityInformation: parts, SecurityDescriptorSize: uint32(len(raw)), SecurityDescriptor: raw,
	})
	return err
}

// allow lets accounts send to a queue.
func (s *session) allow(ctx context.Context, f mq.FormatName, who []secure.SID) error {
	d, err := s.descriptor(ctx, f)
	if err != nil {
		return err
	}
	for _, sid := range who {
		d = d.Grant(sid, uint32(mq.RightWriteMessage))
	}
	return s.setDescriptor(ctx, f, d, listPart)
}

// named is a queue in words; "" is the machine.
func named(queue string) string { return cmp.Or(queue, "the queue manager") }

// guarding is changing for permissions, which the computer itself shows to nobody.
func (n *Node) guarding(ctx context.Context, op, queue string, f func(context.Context, *session, mq.FormatName) error) error {
	if queue == "" {
		return n.do(ctx, op, 0, func(context.Context, *session) error {
			return mq.Errorf(mq.ErrUnsupportedOperation, "", "who may manage %s is told and changed on that computer only: no protocol of Message Queuing does it", n.who())
		})
	}
	return n.changing(ctx, op, queue, mgmtclient.CanGuard, f)
}

// ACL is a security descriptor in SDDL.
func (n *Node) ACL(ctx context.Context, queue string) (sddl string, err error) {
	err = n.guarding(ctx, "read the permissions of "+named(queue), queue, func(ctx context.Context, s *session, f mq.FormatName) error {
		d, err := s.descriptor(ctx, f)
		if err == nil {
			sddl = d.String()
		}
		return err
	})
	return sddl, err
}

// SetACL replaces it, in the parts that it has.
func (n *Node) SetACL(ctx context.Context, queue, sddl string) error {
	return n.guarding(ctx, "change the permissions of "+named(queue), queue, func(ctx context.Context, s *session, f mq.FormatName) error {
		d, err := secure.ParseSDDL(sddl)
		if err != nil {
			return err
		}
		parts := uint32(listPart)
		if !d.Owner.IsZero() {
			parts |= ownerPart
		}
		if !d.Group.IsZero() {
			parts |= groupPart
		}
		return s.setDescriptor(ctx, f, d, parts)
	})
}

// Permissions are a security descriptor in words.
func (n *Node) Permissions(ctx context.Context, queue string) (p mgmtclient.Permissions, err error) {
	err = n.guarding(ctx, "read the permissions of "+named(queue), queue, func(ctx context.Context, s *session, f mq.FormatName) error {
		d, err := s.descriptor(ctx, f)
		if err == nil {
			p = row.Permissions(d, mq.QueueMapping, nil)
		}
		return err
	})
	return p, err
}

// SetPermissions replaces its entries.
func (n *Node) SetPermissions(ctx context.Context, queue string, p mgmtclient.Permissions) error {
	return n.guarding(ctx, "change the permissions of "+named(queue), queue, func(ctx context.Context, s *session, f mq.FormatName) error {
		old, err := s.descriptor(ctx, f)
		if err != nil {
			return err
		}
		if err := s.nameless(old, p); err != nil {
			return err
		}
		d, err := row.Descriptor(old, p, nil)
		if err != nil {
			return err
		}
		parts := uint32(listPart)
		if d.Owner != old.Owner {
			parts |= ownerPart
		}
		return s.setDescriptor(ctx, f, d, parts)
	})
}

// nameless finds accounts that only their name is given of, which the other computer
// alone could tell the SID of.
func (s *session) nameless(old secure.Descriptor, p mgmtclient.Permissions) error {
	list := []mgmtclient.Account{p.Owner}
	for _, e := range p.Entries {
		list = append(list, e.Account)
	}
	for _, a := range list {
		if a == (mgmtclient.Account{}) {
			continue
		}
		alone := mgmtclient.Permissions{Entries: []mgmtclient.Permission{{Account: a}}}
		if _, err := row.Descriptor(old, alone, nil); err != nil && a.SID == "" {
			return mq.Errorf(mq.ErrInvalidParameter, "", "%s does not tell others who %s is", s.about.name, mq.Quote(a.Name)).
				WithFix("give the SID: \"posthouse account list\" on that computer shows it. everyone, anonymous and administrators are known everywhere")
		}
	}
	return nil
}
