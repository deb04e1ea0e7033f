package remote

import (
	"context"
	"slices"
	"strings"

	qmcomm "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/queueformat"
	"posthouse/localqm/secure"
	"posthouse/mgmtclient"
)

// objectQueue is the one type of object of MS-MQMP 2.2.3.5.
const objectQueue = 1

// definition is what MS-MQMP is asked about a queue (MS-MQMQ 2.3.1).
var definition = []mq.PropID{
	mq.PropQInstance, mq.PropQType, mq.PropQLabel, mq.PropQQuota, mq.PropQJournalQuota, mq.PropQJournal, mq.PropQAuthenticate,
	mq.PropQPrivLevel, mq.PropQBasePriority, mq.PropQTransaction, mq.PropQCreateTime, mq.PropQModifyTime,
}

func objectFormat(f mq.FormatName) (*qmcomm.ObjectFormat, error) {
	q, err := queueformat.Make(f)
	if err != nil {
		return nil, err
	}
	return &qmcomm.ObjectFormat{
		ObjectType:   objectQueue,
		ObjectFormat: &qmcomm.ObjectFormat_ObjectFormat{Value: &qmcomm.ObjectFormat_QueueFormat{QueueFormat: q}},
	}, nil
}

// define adds to a row what only the queue's own properties tell, where the peer shows
// them. fresh asks for them anew: lists take what was said a moment ago.
func (s *session) define(ctx context.Context, f mq.FormatName, q *mgmtclient.Queue, fresh bool) error {
	if s.comm == nil || q.Outgoing != nil || q.Type != mq.QueueTypePrivate && q.Type != mq.QueueTypePublic || q.Hidden || f.Suffix != mq.SuffixNone || f.Subqueue != "" {
		return nil
	}
	key := f.Key()
	kept, ok := s.settings.get(key)
	if !ok || fresh {
		v, err := s.properties(ctx, f)
		switch {
		case answered(err):
			return nil // deleted meanwhile, or not for us
		case err != nil:
			return err
		}
		s.settings.put(key, v)
		kept = v
	}
	v := kept.(values)
	q.ID, q.ServiceType, q.Label = v.guid(mq.PropQInstance), v.guid(mq.PropQType), v.text(mq.PropQLabel)
	q.QuotaKB, q.JournalQuotaKB = limited(v, mq.PropQQuota), limited(v, mq.PropQJournalQuota)
	q.Journal, q.Authenticate = v.number(mq.PropQJournal) != 0, v.number(mq.PropQAuthenticate) != 0
	q.Transactional = v.number(mq.PropQTransaction) != 0
	q.BasePriority = int16(v.number(mq.PropQBasePriority))
	q.PrivacyLevel = strings.ToLower(mq.QueuePrivacy(v.number(mq.PropQPrivLevel)).String())
	if t := v.time(mq.PropQCreateTime); t != nil {
		q.Created = *t
	}
	if t := v.time(mq.PropQModifyTime); t != nil {
		q.Modified = *t
	}
	return nil
}

// limited is a quota in KB; nil is unlimited.
func limited(v values, id mq.PropID) *uint32 {
	kb := uint32(v.number(id))
	if kb == mq.Never {
		return nil
	}
	return &kb
}

func (s *session) properties(ctx context.Context, f mq.FormatName, also ...mq.PropID) (values, error) {
	o, err := objectFormat(f)
	if err != nil {
		return nil, err
	}
	ids := append(slices.Clip(definition), also...)
	in := &qmcomm.GetObjectPropertiesRequest{
		ObjectFormat: o, CreatePartition: uint32(len(ids)), Property: make([]uint32, len(ids)), Var: nulls(len(ids)),
	}
	for i, id := range ids {
		in.Property[i] = uint32(id)
	}
	out, err := s.comm.GetObjectProperties(ctx, in)
	if err != nil {
		return nil, err
	}
	return readValues(ids, out.Var)
}

// published reads a public queue that management does not know, because it is another
// computer's: the peer asks its directory.
func (s *session) published(ctx context.Context, f mq.FormatName) (mgmtclient.Queue, error) {
	v, err := s.properties(ctx, f, mq.PropQPathName)
	if err != nil {
		return mgmtclient.Queue{}, err
	}
	q := s.describe(f, values{mq.PropMgmtQueuePathName: v[mq.PropQPathName]})
	q.Type, q.Location, q.State = mq.QueueTypePublic, mq.LocationRemote, string(mq.StateInactive)
	err = s.define(ctx, f, &q, true)
	return q, err
}

// abroad reports that a name may be that of a public queue of another computer, which
// management does not know.
func (s *session) abroad(f mq.FormatName, err error) bool {
	h := code(err)
	return s.comm != nil && f.Kind == mq.KindPublic && (h == mq.ErrQueueNotFound || h == mq.ErrAccessDenied)
}

// propertiesOf turns settings into properties.
func propertiesOf(s mgmtclient.QueueSettings, private bool) (p properties, err error) {
	if s.ServiceType != nil {
		p.guid(mq.PropQType, *s.ServiceType)
	}
	if s.Label != nil {
		if n := mq.LabelLength(*s.Label); n > mq.MaxQueueLabel {
			return p, mq.Errorf(mq.ErrLabelTooLong, "", "the label has %d characters, and may have %d", n, mq.MaxQueueLabel)
		}
		p.text(mq.PropQLabel, *s.Label)
	}
	if s.Transactional != nil {
		p.flag(mq.PropQTransaction, *s.Transactional)
	}
	if s.Authenticate != nil {
		p.flag(mq.PropQAuthenticate, *s.Authenticate)
	}
	if s.Journal != nil {
		p.flag(mq.PropQJournal, *s.Journal)
	}
	quota(&p, mq.PropQQuota, s.Quota)
	quota(&p, mq.PropQJournalQuota, s.JournalQuota)
	if s.PrivacyLevel != nil {
		level, err := privacy(*s.PrivacyLevel)
		if err != nil {
			return p, err
		}
		p.long(mq.PropQPrivLevel, level)
	}
	if s.BasePriority != nil {
		if private && *s.BasePriority != 0 {
			return p, mq.Errorf(mq.ErrIllegalPropertyValue, "", "private queues have no base priority").WithFix("leave it 0")
		}
		p.short(mq.PropQBasePriority, *s.BasePriority)
	}
	if s.Multicast != nil && *s.Multicast != "" {
		p.text(mq.PropQMulticastAddress, *s.Multicast)
	}
	return p, nil
}

func quota(p *properties, id mq.PropID, q *mgmtclient.Quota) {
	switch {
	case q == nil:
	case q.KB == nil:
		p.long(id, mq.Never)
	default:
		p.long(id, *q.KB)
	}
}

func privacy(word string) (uint32, error) {
	for p := mq.QueuePrivacy(0); p <= mq.QueuePrivacyBody; p++ {
		if strings.EqualFold(p.String(), word) {
			return uint32(p), nil
		}
	}
	return 0, mq.Errorf(mq.ErrIllegalPropertyValue, "", "there is no privacy level %q", word).
		WithFix("choose none, optional or body")
}

// changing is queue for what changes queues.
func (n *Node) changing(ctx context.Context, op, queue string, c mgmtclient.Capability, f func(context.Context, *session, mq.FormatName) error) error {
	return n.queue(ctx, op, queue, 0, func(ctx context.Context, s *session, name mq.FormatName) error {
		if s.comm == nil {
			return mq.Errorf(mq.ErrUnsupportedOperation, "", "%s", n.Lacks(c))
		}
		return f(ctx, s, name)
	})
}

// CreateQueue makes a queue, or a subqueue. Public ones need a queue manager that has
// joined a directory.
func (n *Node) CreateQueue(ctx context.Context, queue string, set mgmtclient.QueueSettings) (q mgmtclient.Queue, err error) {
	op := "create queue " + queue
	err = n.changing(ctx, op, queue, mgmtclient.CanAdmin, func(ctx context.Context, s *session, f mq.FormatName) error {
		path, ok := f.PathName()
		switch {
		case !ok || !s.mine(f):
			return mq.Errorf(mq.ErrUnsupportedOperation, "", "%s is a queue of another computer than %s", f, s.about.name).
				WithFix("create it on that computer")
		case path.System || path.Suffix != mq.SuffixNone:
			return mq.Errorf(mq.ErrIllegalQueuePathname, "", "%s is there by itself, or not at all", path)
		case path.Subqueue != "":
			// It begins when messages are to be moved to it (MS-MQRR 3.1.4.11).
			return s.queues.with(ctx, f, moveAccess, func(opened) error { return nil })
		}
		err := s.create(ctx, path, f, set)
		if !path.Private && code(err) == mq.ErrIllegalQueuePathname {
			return mq.Errorf(mq.ErrUnsupportedOperation, "", "%s would be a public queue, and %s makes none: it works without a directory, or leaves that to it", path, s.about.name).
				WithFix(`create a private queue: .\private$\%s`, path.Queue)
		}
		return err
	})
	if err != nil {
		return q, err
	}
	return n.Queue(ctx, queue)
}

func (s *session) create(ctx context.Context, path mq.PathName, f mq.FormatName, set mgmtclient.QueueSettings) error {
	p, err := propertiesOf(set, path.Private)
	if err != nil {
		return err
	}
	in := &qmcomm.CreateObjectInternalRequest{ObjectType: objectQueue, PathName: path.String()}
	if set.SDDL != nil {
		d, err := secure.ParseSDDL(*set.SDDL)
		if err != nil {
			return err
		}
		in.SecurityDescriptor = d.Append(nil)
		in.SecurityDescriptorSize = uint32(len(in.SecurityDescriptor))
	}
	var allow []secure.SID
	for _, who := range set.AllowSend {
		sid, err := secure.ParsePrincipal(who)
		if err != nil {
			return err
		}
		allow = append(allow, sid)
	}
	p.text(mq.PropQPathName, path.String()) // a property must be there
	in.CreatePartition, in.Property, in.Var = uint32(len(p.ids)), p.ids, p.values
	s.settings.forget()
	if _, err := s.comm.CreateObjectInternal(ctx, in); err != nil || len(allow) == 0 {
		return err
	}
	err = s.allow(ctx, f, allow)
	if err != nil {
		// Half of what was asked for is not to be left.
		if o, err := objectFormat(f); err == nil {
			_, _ = s.comm.DeleteObject(context.WithoutCancel(ctx), &qmcomm.DeleteObjectRequest{ObjectFormat: o})
		}
	}
	return err
}

// SetQueue changes properties.
func (n *Node) SetQueue(ctx context.Context, queue string, set mgmtclient.QueueSettings) (q mgmtclient.Queue, err error) {
	err = n.changing(ctx, "change queue "+queue, queue, mgmtclient.CanAdmin, func(ctx context.Context, s *session, f mq.FormatName) error {
		if err := s.own(ctx, f); err != nil {
			return err
		}
		if err := s.settled(ctx, f, &set); err != nil {
			return err
		}
		if set.SDDL != nil || len(set.AllowSend) > 0 {
			return mq.Errorf(mq.ErrProperty, "", "permissions are not properties of a queue that is there").
				WithFix("change them by themselves: posthouse queue acl")
		}
		path, direct := f.PathName()
		p, err := propertiesOf(set, f.Kind == mq.KindPrivate || direct && path.Private)
		if err != nil {
			return err
		}
		if len(p.ids) == 0 {
			return nil
		}
		o, err := objectFormat(f)
		if err != nil {
			return err
		}
		s.settings.forget()
		_, err = s.comm.SetObjectProperties(ctx, &qmcomm.SetObjectPropertiesRequest{
			ObjectFormat: o, CreatePartition: uint32(len(p.ids)), Property: p.ids, Var: p.values,
		})
		return err
	})
	if err != nil {
		return q, err
	}
	return n.Queue(ctx, queue)
}

// own refuses what is there and not a private queue that can be changed.
func (s *session) own(ctx context.Context, f mq.FormatName) error {
	v, err := s.queueInfo(ctx, f, mq.PropMgmtQueueLocation)
	switch path, ok := f.PathName(); {
	case s.abroad(f, err):
		return nil // its directory decides
	case err != nil && !idle(err):
		return err
	case v.text(mq.PropMgmtQueueLocation) == mq.LocationRemote && f.Kind == mq.KindPublic:
		return nil // as abroad, and something waits for it
	case v.text(mq.PropMgmtQueueLocation) == mq.LocationRemote:
		return mq.Errorf(mq.ErrUnsupportedOperation, "", "it is an outgoing queue, which comes and goes by itself")
	case ok && path.Subqueue != "":
		return mq.Errorf(mq.ErrUnsupportedOperation, "", "it is a subqueue, and no protocol of Message Queuing changes or deletes these").
			WithFix("empty it: it does no harm")
	case ok && (path.System || path.Suffix != mq.SuffixNone || hidden(path)):
		return mq.Errorf(mq.ErrUnsupportedOperation, "", "%s belongs to the queue manager", path)
	}
	return nil
}

// settled refuses to make a queue transactional, or not, once it is there.
func (s *session) settled(ctx context.Context, f mq.FormatName, set *mgmtclient.QueueSettings) error {
	if set.Transactional == nil {
		return nil
	}
	v, err := s.properties(ctx, f)
	if err == nil && (v.number(mq.PropQTransaction) != 0) != *set.Transactional {
		err = mq.Errorf(mq.ErrProperty, "", "whether a queue is transactional is settled when it is created").
			WithFix("create another queue and move the messages")
	}
	set.Transactional = nil
	return err
}

// DeleteQueue deletes a queue.
func (n *Node) DeleteQueue(ctx context.Context, queue string) error {
	return n.changing(ctx, "delete queue "+queue, queue, mgmtclient.CanAdmin, func(ctx context.Context, s *session, f mq.FormatName) error {
		if err := s.own(ctx, f); err != nil {
			return err
		}
		o, err := objectFormat(f)
		if err != nil {
			return err
		}
		s.settings.forget()
		s.names.forget()
		_, err = s.comm.DeleteObject(ctx, &qmcomm.DeleteObjectRequest{ObjectFormat: o})
		return err
	})
}
