package fake

import (
	"context"
	"slices"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/row"
)

// addQueue makes a private queue with the defaults.
func (n *Node) addQueue(name string, number uint32) *queue {
	q := n.newQueue(name)
	q.number, q.Type, q.ID = number, mq.QueueTypePrivate, guidOf(n.machine.Name+`\`+strings.ToLower(name))
	q.PathName, q.FormatName = n.machine.Name+`\private$\`+name, mq.Private(n.machine.ID, number).String()
	n.queues[q.key()] = q
	return q
}

// addPublic makes a public queue with the defaults.
func (n *Node) addPublic(name string) *queue {
	q := n.newQueue(name)
	q.Type, q.ID = mq.QueueTypePublic, guidOf(n.machine.Name+`\public\`+strings.ToLower(name))
	q.PathName, q.FormatName = n.machine.Name+`\`+name, mq.Public(q.ID).String()
	n.queues[q.key()] = q
	return q
}

func (n *Node) newQueue(name string) *queue {
	now := n.second()
	return &queue{name: name, sddl: secure.Strict(secure.UnixUser(1000)).String(), Queue: mgmtclient.Queue{
		PrivacyLevel: "optional", State: "LOCAL CONNECTION", Location: "LOCAL", Created: now, Modified: now,
	}}
}

func (q *queue) public() bool { return q.out == nil && q.Type == mq.QueueTypePublic }

// key finds the queue among those of its machine.
func (q *queue) key() string { return keyOf(q.name, !q.public()) }

func keyOf(name string, private bool) string {
	if private {
		return strings.ToLower(name)
	}
	return `public\` + strings.ToLower(name)
}

// CreateQueue makes a private queue, or a public one of this machine if it has joined a
// directory.
func (n *Node) CreateQueue(ctx context.Context, name string, s mgmtclient.QueueSettings) (mgmtclient.Queue, error) {
	op := "create queue " + name
	if err := n.enter(ctx, "CreateQueue", op, name); err != nil {
		return mgmtclient.Queue{}, err
	}
	defer n.mu.Unlock()
	parsed, err := mq.ParseQueue(name)
	if err != nil {
		return mgmtclient.Queue{}, err
	}
	path, ok := parsed.PathName()
	switch {
	case !ok || path.System || path.Suffix != mq.SuffixNone:
		return mgmtclient.Queue{}, mq.Errorf(mq.ErrIllegalQueuePathname, op, "only queues and subqueues can be created, not journals and system queues").
			WithFix(`write .\private$\name`)
	case !path.Local() && !strings.EqualFold(path.Machine, n.machine.Name):
		return mgmtclient.Queue{}, mq.Errorf(mq.ErrUnsupportedOperation, op, "queues are created on their own computer, and %s is another one", path.Machine).
			WithFix("create it there, or name a queue of %s", n.machine.Name)
	case !path.Private && n.machine.Directory.Mode != mgmtclient.ModeIntegrated:
		return mgmtclient.Queue{}, mq.Errorf(mq.ErrUnsupportedOperation, op, "public queues need a directory, and this computer belongs to none").
			WithFix(`create .\private$\%s`, path.Queue)
	case path.Subqueue != "":
		return n.createSubqueue(op, name, path)
	case path.Private && strings.HasSuffix(path.Queue, "$"):
		return mgmtclient.Queue{}, mq.Errorf(mq.ErrIllegalQueuePathname, op, "names that end in $ belong to the queue manager").
			WithFix("choose a name without $ at its end")
	case n.queues[keyOf(path.Queue, path.Private)] != nil:
		return mgmtclient.Queue{}, mq.Errorf(mq.ErrQueueExists, op, "%s has a queue of this name", n.machine.Name).
			WithFix("choose another name, or change the one that is there")
	}
	sddl, err := n.grant(op, s)
	if err != nil {
		return mgmtclient.Queue{}, err
	}
	if err := checkSettings(op, s, !path.Private); err != nil {
		return mgmtclient.Queue{}, err
	}
	var q *queue
	if path.Private {
		n.number++
		q = n.addQueue(path.Queue, n.number)
	} else {
		q = n.addPublic(path.Queue)
	}
	q.sddl = sddl
	if s.Transactional != nil {
		q.Transactional = *s.Transactional
	}
	q.apply(s)
	n.signal(mgmtclient.SignalQueues, q.PathName)
	made := n.describe(place{q: q, box: &q.main})
	made.Warnings = warnings(q)
	return made, nil
}

// warnings tell what will surprise senders on other computers.
func warnings(q *queue) []string {
	var list []string
	if q.Authenticate {
		list = append(list, "it takes only signed messages, and signatures are not verified yet: whatever comes from other computers is refused (8006)")
	}
	if q.PrivacyLevel == "body" {
		list = append(list, "it takes only encrypted messages, and they cannot be decrypted yet: whatever comes from other computers is refused (8007)")
	}
	if d, err := secure.ParseSDDL(q.sddl); err == nil && !d.Allow(secure.Token{User: secure.Anonymous}, mq.RightWriteMessage) {
		list = append(list, "messages from other computers come unsigned and are refused (8004) until Anonymous may send: `posthouse queue acl "+q.name+" --allow-send anonymous`")
	}
	return list
}

func (n *Node) createSubqueue(op, name string, path mq.PathName) (mgmtclient.Queue, error) {
	t, err := n.locate(op, name, path.Parent().Direct(), false)
	if err != nil {
		return mgmtclient.Queue{}, err
	}
	if t.q.sub(path.Subqueue, false) != nil {
		return mgmtclient.Queue{}, mq.Errorf(mq.ErrQueueExists, op, "that subqueue exists")
	}
	s := t.q.sub(path.Subqueue, true)
	n.signal(mgmtclient.SignalQueues, t.q.PathName)
	return n.describe(place{q: t.q, sub: s.name, box: &s.box}), nil
}

// grant is the security descriptor of a new queue.
func (n *Node) grant(op string, s mgmtclient.QueueSettings) (string, error) {
	sddl := secure.Strict(secure.UnixUser(1000)).String()
	if s.SDDL != nil {
		sddl = *s.SDDL
	}
	d, err := secure.ParseSDDL(sddl)
	if err != nil {
		return "", row.Tried(op, err)
	}
	for _, who := range s.AllowSend {
		sid, err := secure.ParsePrincipal(who)
		if err != nil {
			return "", row.Tried(op, err)
		}
		d = d.Grant(sid, rightsSend)
	}
	return d.String(), nil
}

// rightsSend: write, and what a sender reads before it (MS-MQMQ 2.2.24).
const rightsSend = 0x20024

func checkSettings(op string, s mgmtclient.QueueSettings, public bool) error {
	bad := func(why, fix string) error {
		return mq.Errorf(mq.ErrIllegalPropertyValue, op, "%s", why).WithFix("%s", fix)
	}
	switch {
	case s.Label != nil && mq.LabelLength(*s.Label) > mq.MaxQueueName:
		return mq.Errorf(mq.ErrLabelTooLong, op, "the label has %d characters, at most %d are allowed", mq.LabelLength(*s.Label), mq.MaxQueueName).
			WithFix("shorten it")
	case s.PrivacyLevel != nil && *s.PrivacyLevel != "none" && *s.PrivacyLevel != "optional" && *s.PrivacyLevel != "body":
		return bad("the privacy level is none, optional or body", "choose one of them")
	case !public && s.BasePriority != nil && *s.BasePriority != 0:
		return bad("private queues have no base priority", "leave it 0")
	}
	if s.Multicast != nil && *s.Multicast != "" {
		return mq.Errorf(mq.ErrUnsupportedOperation, op, "this version takes no multicast messages").WithFix("leave the address empty")
	}
	return nil
}

func (q *queue) apply(s mgmtclient.QueueSettings) {
	assign(&q.Label, s.Label)
	assign(&q.Authenticate, s.Authenticate)
	assign(&q.PrivacyLevel, s.PrivacyLevel)
	assign(&q.Journal, s.Journal)
	assign(&q.BasePriority, s.BasePriority)
	assign(&q.ServiceType, s.ServiceType)
	if s.Quota != nil {
		q.QuotaKB = finite(s.Quota.KB)
	}
	if s.JournalQuota != nil {
		q.JournalQuotaKB = finite(s.JournalQuota.KB)
	}
}

func assign[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// own finds a queue that can be changed.
func (n *Node) own(op, name string) (*queue, error) {
	t, err := n.find(op, name)
	switch {
	case err != nil:
		return nil, err
	case t.q == nil || t.sub != "" || t.suffix != mq.SuffixNone:
		return nil, mq.Errorf(mq.ErrUnsupportedOperation, op, "this can be done with queues, not with their parts and not with system queues").
			WithFix("name the queue itself")
	case t.q.Hidden || t.q.out != nil:
		return nil, mq.Errorf(mq.ErrAccessDenied, op, "%s belongs to the queue manager", t.q.PathName)
	}
	return t.q, nil
}

// SetQueue changes properties.
func (n *Node) SetQueue(ctx context.Context, name string, s mgmtclient.QueueSettings) (mgmtclient.Queue, error) {
	op := "change queue " + name
	if err := n.enter(ctx, "SetQueue", op, name); err != nil {
		return mgmtclient.Queue{}, err
	}
	defer n.mu.Unlock()
	q, err := n.own(op, name)
	if err != nil {
		return mgmtclient.Queue{}, err
	}
	if s.Transactional != nil && *s.Transactional != q.Transactional {
		return mgmtclient.Queue{}, mq.Errorf(mq.ErrProperty, op, "whether a queue is transactional is fixed when it is created").
			WithFix("create another queue and move the messages")
	}
	if s.SDDL != nil || s.AllowSend != nil {
		return mgmtclient.Queue{}, mq.Errorf(mq.ErrProperty, op, "permissions are set here only when a queue is created").
			WithFix("use: posthouse queue acl")
	}
	if err := checkSettings(op, s, q.public()); err != nil {
		return mgmtclient.Queue{}, err
	}
	q.apply(s)
	q.Modified = n.second()
	n.signal(mgmtclient.SignalQueues, q.PathName)
	return n.describe(place{q: q, box: &q.main}), nil
}

// DeleteQueue deletes a queue and what is in it.
func (n *Node) DeleteQueue(ctx context.Context, name string) error {
	op := "delete queue " + name
	if err := n.enter(ctx, "DeleteQueue", op, name); err != nil {
		return err
	}
	defer n.mu.Unlock()
	if t, err := n.find(op, name); err == nil && t.sub != "" && t.q.out == nil {
		n.purge(t, mq.ClassNackQueueDeleted)
		t.q.subs = slices.DeleteFunc(t.q.subs, func(s *subqueue) bool { return s.name == t.sub })
		n.signal(mgmtclient.SignalQueues, t.q.PathName)
		return nil
	}
	q, err := n.own(op, name)
	if err != nil {
		return err
	}
	delete(n.queues, q.key())
	n.purge(place{q: q, box: &q.main}, mq.ClassNackQueueDeleted)
	for _, s := range q.subs {
		n.purge(place{q: q, sub: s.name, box: &s.box}, mq.ClassNackQueueDeleted)
	}
	n.signal(mgmtclient.SignalQueues, q.PathName)
	return nil
}

// SetMachine changes the queue manager.
func (n *Node) SetMachine(ctx context.Context, s mgmtclient.MachineSettings) (mgmtclient.Machine, error) {
	if err := n.enter(ctx, "SetMachine", "change the machine", ""); err != nil {
		return mgmtclient.Machine{}, err
	}
	defer n.mu.Unlock()
	if s.Profile != nil && *s.Profile != "strict" && *s.Profile != "compat" {
		return mgmtclient.Machine{}, mq.Errorf(mq.ErrIllegalPropertyValue, "change the machine", "there is no profile %q", *s.Profile).
			WithFix("choose strict or compat")
	}
	if s.Resend != nil && slices.Contains(s.Resend[:], 0) {
		return mgmtclient.Machine{}, mq.Errorf(mq.ErrIllegalPropertyValue, "change the machine", "a resend time of 0 seconds would never rest").
			WithFix("give four times of 1 second and more")
	}
	assign(&n.machine.Profile, s.Profile)
	network := n.machine.Network
	assign(&network.Hardened, s.Hardened)
	assign(&network.Alias, s.Alias)
	assign(&network.InsecureNack, s.InsecureNack)
	assign(&network.Ping, s.Ping)
	assign(&network.PingAnswer, s.PingAnswer)
	assign(&network.Resend, s.Resend)
	if s.Quota != nil {
		n.machine.QuotaKB = finite(s.Quota.KB)
	}
	if s.JournalQuota != nil {
		n.machine.JournalQuotaKB = finite(s.JournalQuota.KB)
	}
	n.signal(mgmtclient.SignalMachine, "")
	return n.summary(), nil
}

// Connect puts the machine online.
func (n *Node) Connect(ctx context.Context) error { return n.online(ctx, "Connect", "CONNECTED") }

// Disconnect puts it offline.
func (n *Node) Disconnect(ctx context.Context) error {
	return n.online(ctx, "Disconnect", "DISCONNECTED")
}

func (n *Node) online(ctx context.Context, method, state string) error {
	if err := n.enter(ctx, method, strings.ToLower(method)+" the machine", ""); err != nil {
		return err
	}
	defer n.mu.Unlock()
	n.machine.State = state
	for _, q := range n.queues {
		if q.out != nil && state == "DISCONNECTED" {
			q.out.sending = 0
		}
	}
	n.signal(mgmtclient.SignalMachine, "")
	n.signal(mgmtclient.SignalQueues, "")
	return nil
}

// Tidy has nothing to give back.
func (n *Node) Tidy(ctx context.Context) (mgmtclient.TidyResult, error) {
	if err := n.enter(ctx, "Tidy", "tidy the store", ""); err != nil {
		return mgmtclient.TidyResult{}, err
	}
	defer n.mu.Unlock()
	b := n.summary().Bytes
	return mgmtclient.TidyResult{BytesBefore: b, BytesAfter: b}, nil
}

// Check counts.
func (n *Node) Check(ctx context.Context) (mgmtclient.CheckResult, error) {
	if err := n.enter(ctx, "Check", "check the store", ""); err != nil {
		return mgmtclient.CheckResult{}, err
	}
	defer n.mu.Unlock()
	m := n.summary()
	return mgmtclient.CheckResult{Queues: m.Queues, Messages: m.Messages, Problems: []string{}}, nil
}

// finite is a quota as rows show it: nil for unlimited.
func finite(kb *uint32) *uint32 {
	if kb == nil || *kb == mq.Never {
		return nil
	}
	v := *kb
	return &v
}
