package localqm

import (
	"context"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
	"posthouse/localqm/store"
)

// QueueSpec holds the properties of a queue that a caller may choose; nil
// leaves the default or the old value (Set Queue Defaults, MS-MQDMPR 3.1.7.1.33).
type QueueSpec struct {
	Label         *string
	Type          *mq.GUID
	Transactional *bool // only at creation
	Authenticate  *bool
	Privacy       *uint8 // 0 none, 1 optional, 2 body
	Journaling    *bool
	Quota         *uint32 // KB; mq.Never: unlimited
	JournalQuota  *uint32
	BasePriority  *int16 // 0 for private queues: they have none
	Multicast     *string
	Security      *secure.Descriptor // at creation, and in Directory.Set; else SetQueueSecurity
	AllowSend     []secure.SID       // only at creation: who may send besides the owner
}

const (
	defaultPrivacy = 1   // optional, MS-MQMQ 2.3.1.12
	privacyBody    = 2   // only encrypted messages
	maxQueueLabel  = 124 // UTF-16 units, MS-MQMQ 2.3.1.8
)

// CreateQueue makes a private queue, or a subqueue of one, and returns its
// path name (Create Queue, MS-MQDMPR 3.1.7.1.3).
func (m *QueueManager) CreateQueue(ctx context.Context, c Caller, name mq.QueueName, s QueueSpec) (QueueInfo, error) {
	op := "create queue " + name.String()
	p, ok := name.PathName()
	if !ok {
		return QueueInfo{}, mq.Errorf(mq.ErrIllegalQueuePathname, op, "a new queue needs a path name").
			WithFix(`for example .\private$\orders`)
	}
	if m.directory() != nil && !p.Private && !p.System && p.Subqueue == "" && p.Suffix == mq.SuffixNone {
		return m.createPublic(ctx, op, c, p, s)
	}
	m.config.Lock()
	defer m.config.Unlock()
	m.mu.Lock()
	steps, err := m.planCreate(op, c, p, s)
	m.mu.Unlock()
	if err != nil {
		return QueueInfo{}, err
	}
	return m.reshape(ctx, op, steps, steps[0].(*store.CreateQueue).Queue.Slot)
}

// reshape commits changes of the catalogue and tells how the queue of a slot is
// then, also to a creator who may not look at it later.
func (m *QueueManager) reshape(ctx context.Context, op string, steps []store.Op, at store.Slot) (info QueueInfo, err error) {
	err = m.commit(ctx, op, steps, func() {
		info = m.details(m.slots[at])
		m.hub.tell(Event{Kind: QueuesChanged})
	})
	return info, err
}

func (m *QueueManager) planCreate(op string, c Caller, p mq.PathName, s QueueSpec) ([]store.Op, error) {
	if err := m.usable(op); err != nil {
		return nil, err
	}
	switch {
	case !m.names[strings.ToLower(p.Machine)]:
		return nil, m.elsewhere(op, p.String())
	case p.System || p.Suffix != mq.SuffixNone:
		return nil, mq.Errorf(mq.ErrIllegalQueuePathname, op, "journals and system queues are made with their owner, not by hand")
	case p.Subqueue != "":
		return m.planSubqueue(op, c, p)
	case !p.Private:
		return nil, mq.Errorf(mq.ErrUnsupportedOperation, op, "public queues live in a directory, and this queue manager works without one").
			WithFix(`create a private queue: .\private$\%s`, p.Queue)
	case strings.HasSuffix(p.Queue, "$"):
		return nil, mq.Errorf(mq.ErrIllegalQueuePathname, op, "names that end in $ belong to the queue manager").
			WithFix("choose a name without $ at its end")
	}
	if err := m.allowMachine(op, c, mq.RightCreateQueue); err != nil {
		return nil, err
	}
	if m.queues[key(store.Private, p.Queue)] != nil {
		return nil, mq.Errorf(mq.ErrQueueExists, op, "a queue of that name exists on %s", m.self.Name).
			WithFix("choose another name, or change the queue that is there")
	}
	now := m.clock.Now().Unix()
	info := store.Queue{
		Kind: store.Private, Name: p.Queue, ID: mq.NewGUID(), Number: m.freeNumber(), Privacy: defaultPrivacy,
		Quota: mq.Never, JournalQuota: mq.Never, Created: now, Modified: now,
	}
	if s.Transactional != nil {
		info.Transactional = *s.Transactional
	}
	if err := s.apply(op, &info); err != nil {
		return nil, err
	}
	guard, err := m.firstGuard(op, c, s)
	if err != nil {
		return nil, err
	}
	info.Security = guard.Append(nil)
	return m.withJournal(op, info)
}

// withJournal puts a new queue with its journal into slots.
func (m *QueueManager) withJournal(op string, info store.Queue) ([]store.Op, error) {
	slot, err := m.store.NewSlot()
	if err != nil {
		return nil, mq.Errorf(mq.ErrInsufficientResources, op, "%w", err)
	}
	journalSlot, err := m.store.NewSlot()
	if err != nil {
		m.store.FreeSlot(slot)
		return nil, mq.Errorf(mq.ErrInsufficientResources, op, "%w", err)
	}
	info.Slot = slot
	journal := store.Queue{
		Slot: journalSlot, Parent: slot, Role: store.Journal, Kind: info.Kind, ID: mq.NewGUID(),
		Quota: mq.Never, JournalQuota: mq.Never, Created: info.Created, Modified: info.Modified,
	}
	return []store.Op{&store.CreateQueue{Queue: info}, &store.CreateQueue{Queue: journal}}, nil
}

// firstGuard is the descriptor of a queue that a caller makes. Called with mu held.
func (m *QueueManager) firstGuard(op string, c Caller, s QueueSpec) (guard secure.Descriptor, err error) {
	guard = m.defaultGuard(c)
	if s.Security != nil {
		if guard, err = replacing(op, guard, *s.Security); err != nil {
			return guard, err
		}
		if guard.Owner != m.defaultGuard(c).Owner && m.allowMachine(op, c, mq.RightChangeMachinePermissions) != nil {
			return guard, mq.Errorf(mq.ErrInvalidOwner, op, "the owner in the permissions is %s, and only an administrator makes queues for others", guard.Owner.Name()).
				WithFix("leave the owner out")
		}
	}
	for _, who := range s.AllowSend {
		guard = guard.Grant(who, uint32(mq.RightWriteMessage))
	}
	return guard, tried(op, guard.Check())
}

// planSubqueue makes a subqueue, which shares its queue's descriptor.
func (m *QueueManager) planSubqueue(op string, c Caller, p mq.PathName) ([]store.Op, error) {
	parent, err := m.findPath(op, p.Parent())
	if err != nil {
		return nil, err
	}
	if err := m.allow(op, c, parent, mq.RightReceiveMessage); err != nil {
		return nil, err
	}
	if parent.subs[strings.ToLower(p.Subqueue)] != nil {
		return nil, mq.Errorf(mq.ErrQueueExists, op, "that subqueue exists")
	}
	slot, err := m.store.NewSlot()
	if err != nil {
		return nil, mq.Errorf(mq.ErrInsufficientResources, op, "%w", err)
	}
	now := m.clock.Now().Unix()
	return []store.Op{&store.CreateQueue{Queue: store.Queue{
		Slot: slot, Parent: parent.slot, Role: store.Subqueue, Kind: parent.info.Kind, Name: p.Subqueue,
		ID: mq.NewGUID(), Transactional: parent.info.Transactional, Quota: mq.Never, JournalQuota: mq.Never,
		Created: now, Modified: now,
	}}}, nil
}

// freeNumber is the lowest private queue number not in use.
func (m *QueueManager) freeNumber() uint32 {
	n := uint32(firstPrivateNumber)
	for m.numbers[n] != nil {
		n++
	}
	return n
}

// apply sets what the spec has, after checking it.
func (s *QueueSpec) apply(op string, q *store.Queue) error {
	if s.Label != nil {
		if n := mq.LabelLength(*s.Label); n > maxQueueLabel {
			return mq.Errorf(mq.ErrLabelTooLong, op, "the label has %d characters; a queue's may have %d", n, maxQueueLabel).
				WithFix("shorten it")
		}
		q.Label = *s.Label
	}
	if s.Privacy != nil {
		if *s.Privacy > 2 {
			return mq.Errorf(mq.ErrIllegalPropertyValue, op, "privacy level %d does not exist", *s.Privacy).
				WithFix("use none (0), optional (1) or body (2)")
		}
		q.Privacy = *s.Privacy
	}
	if s.BasePriority != nil {
		if q.Kind != store.Public && *s.BasePriority != 0 {
			return mq.Errorf(mq.ErrIllegalPropertyValue, op, "private queues have no base priority").
				WithFix("leave it at 0; only public queues have one")
		}
		q.BasePriority = *s.BasePriority
	}
	if s.Multicast != nil && *s.Multicast != "" {
		return mq.Errorf(mq.ErrUnsupportedOperation, op, "this queue manager takes no multicast messages")
	}
	if s.Type != nil {
		q.Type = *s.Type
	}
	if s.Authenticate != nil {
		q.Authenticate = *s.Authenticate
	}
	if s.Journaling != nil {
		q.Journaling = *s.Journaling
	}
	if s.Quota != nil {
		q.Quota = *s.Quota
	}
	if s.JournalQuota != nil {
		q.JournalQuota = *s.JournalQuota
	}
	return nil
}

// SetQueue changes properties of a queue, those of a public one in the directory.
func (m *QueueManager) SetQueue(ctx context.Context, c Caller, name mq.QueueName, s QueueSpec) (QueueInfo, error) {
	op := "change queue " + name.String()
	name, public, err := m.publicNamed(ctx, op, name)
	switch {
	case err != nil:
		return QueueInfo{}, err
	case !public.IsZero():
		return m.setPublic(ctx, op, c, public, s)
	}
	m.config.Lock()
	defer m.config.Unlock()
	m.mu.Lock()
	next, err := m.planSet(op, c, name, s)
	m.mu.Unlock()
	if err != nil {
		return QueueInfo{}, err
	}
	return m.reshape(ctx, op, []store.Op{&store.UpdateQueue{Queue: next}}, next.Slot)
}

// planSet is a queue of ours with the properties that a caller wants. Called with mu
// held.
func (m *QueueManager) planSet(op string, c Caller, name mq.QueueName, s QueueSpec) (next store.Queue, err error) {
	q, err := m.findAny(op, name)
	if err == nil {
		err = m.allow(op, c, q, mq.RightSetQueueProperties)
	}
	if err == nil && (q.parent != nil || q.info.Kind == store.System || q.out != nil) {
		err = mq.Errorf(mq.ErrUnsupportedOperation, op, "%s has no properties of its own", q.path).
			WithFix("change the queue it belongs to, or the computer's quotas")
	}
	if err == nil && hidden(q.info) {
		err = mq.Errorf(mq.ErrUnsupportedOperation, op, "%s belongs to the queue manager", q.path)
	}
	if err != nil {
		return next, err
	}
	next = q.info
	next.Modified = m.clock.Now().Unix()
	return next, s.change(op, &next)
}

// change is apply for a queue that is there.
func (s *QueueSpec) change(op string, q *store.Queue) error {
	if s.Transactional != nil && *s.Transactional != q.Transactional {
		return mq.Errorf(mq.ErrProperty, op, "whether a queue is transactional is decided when it is created").
			WithFix("create another queue and move the applications to it")
	}
	if s.Security != nil || len(s.AllowSend) > 0 {
		return mq.Errorf(mq.ErrProperty, op, "permissions are changed with `posthouse queue acl`")
	}
	return s.apply(op, q)
}

// defaultGuard is the descriptor of a new queue by the machine's profile.
func (m *QueueManager) defaultGuard(c Caller) secure.Descriptor {
	if m.settings.Profile == Compat {
		return secure.Compat(c.Token.User, false)
	}
	return secure.Strict(c.Token.User)
}
