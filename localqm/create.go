package localqm

import (
	"context"
	"fmt"
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
	BasePriority  *int16 // only 0: private queues have none
	Multicast     *string
	Security      *secure.Descriptor // only at creation; afterwards SetQueueSecurity
	AllowSend     []secure.SID       // only at creation: who may send besides the owner
}

const (
	defaultPrivacy = 1   // optional, MS-MQMQ 2.3.1.12
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
	m.mu.Lock()
	steps, err := m.planCreate(op, c, p, s)
	m.mu.Unlock()
	if err != nil {
		return QueueInfo{}, err
	}
	if err := m.commit(ctx, op, steps, func() { m.hub.tell(Event{Kind: QueuesChanged}) }); err != nil {
		return QueueInfo{}, err
	}
	return m.Queue(ctx, c, name)
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
	case !p.Private:
		return nil, mq.Errorf(mq.ErrUnsupportedOperation, op, "public queues live in a directory, and this queue manager works without one").
			WithFix(`create a private queue: .\private$\%s`, p.Queue)
	case p.Subqueue != "":
		return m.planSubqueue(op, c, p)
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
	guard := m.defaultGuard(c)
	if s.Security != nil {
		guard = *s.Security
	}
	for _, who := range s.AllowSend {
		guard = guard.Grant(who, uint32(mq.RightWriteMessage))
	}
	info.Security = guard.Append(nil)

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
		Slot: journalSlot, Parent: slot, Role: store.Journal, Kind: store.Private, ID: mq.NewGUID(),
		Quota: mq.Never, JournalQuota: mq.Never, Created: now, Modified: now,
	}
	// The name and the number are taken from here on, so that a second creation
	// on its way cannot take them too.
	reserved := &queue{info: info, gone: true}
	m.queues[key(store.Private, p.Queue)], m.numbers[info.Number] = reserved, reserved
	return []store.Op{&store.CreateQueue{Queue: info}, &store.CreateQueue{Queue: journal}}, nil
}

// planSubqueue makes a subqueue, which shares its queue's descriptor.
func (m *QueueManager) planSubqueue(op string, c Caller, p mq.PathName) ([]store.Op, error) {
	parent := m.queues[key(store.Private, p.Queue)]
	if parent == nil || parent.gone {
		return nil, m.notFound(op, p.Parent().String(), "")
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
		Slot: slot, Parent: parent.info.Slot, Role: store.Subqueue, Kind: store.Private, Name: p.Subqueue,
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
	if s.BasePriority != nil && *s.BasePriority != 0 {
		return mq.Errorf(mq.ErrIllegalPropertyValue, op, "private queues have no base priority").
			WithFix("leave it at 0; only public queues have one")
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

// SetQueue changes properties of a queue.
func (m *QueueManager) SetQueue(ctx context.Context, c Caller, name mq.QueueName, s QueueSpec) (QueueInfo, error) {
	op := "change queue " + name.String()
	m.mu.Lock()
	q, err := m.find(op, name)
	if err == nil {
		err = m.allow(op, c, q, mq.RightSetQueueProperties)
	}
	if err == nil && (q.parent != nil || q.info.Kind == store.System) {
		err = mq.Errorf(mq.ErrUnsupportedOperation, op, "%s has no properties of its own", m.pathName(q)).
			WithFix("change the queue it belongs to, or the computer's quotas")
	}
	if err == nil && s.Transactional != nil && *s.Transactional != q.info.Transactional {
		err = mq.Errorf(mq.ErrProperty, op, "whether a queue is transactional is decided when it is created").
			WithFix("create another queue and move the applications to it")
	}
	if err == nil && (s.Security != nil || len(s.AllowSend) > 0) {
		err = mq.Errorf(mq.ErrProperty, op, "permissions are changed with `posthouse queue acl`")
	}
	var next store.Queue
	if err == nil {
		next = q.info
		next.Modified = m.clock.Now().Unix()
		err = s.apply(op, &next)
	}
	m.mu.Unlock()
	if err != nil {
		return QueueInfo{}, err
	}
	if err := m.updateQueue(ctx, op, next); err != nil {
		return QueueInfo{}, err
	}
	return m.Queue(ctx, c, name)
}

func (m *QueueManager) updateQueue(ctx context.Context, op string, next store.Queue) error {
	return m.commit(ctx, op, []store.Op{&store.UpdateQueue{Queue: next}}, func() {
		m.hub.tell(Event{Kind: QueuesChanged})
	})
}

// QueueSecurity is the descriptor of a queue.
func (m *QueueManager) QueueSecurity(_ context.Context, c Caller, name mq.QueueName) (secure.Descriptor, error) {
	op := "read the permissions of " + name.String()
	m.mu.Lock()
	defer m.mu.Unlock()
	q, err := m.find(op, name)
	if err == nil {
		err = m.allow(op, c, q, mq.RightGetQueuePermissions)
	}
	if err != nil {
		return secure.Descriptor{}, err
	}
	raw := q.root().info.Security
	if q.root().info.Kind == store.System {
		raw = m.security
	}
	return secure.ParseDescriptor(raw)
}

// SetQueueSecurity replaces the descriptor of a queue.
func (m *QueueManager) SetQueueSecurity(ctx context.Context, c Caller, name mq.QueueName, d secure.Descriptor) error {
	op := "change the permissions of " + name.String()
	m.mu.Lock()
	q, err := m.find(op, name)
	if err == nil {
		q = q.root()
		err = m.allow(op, c, q, mq.RightChangeQueuePermissions)
	}
	if err == nil && q.info.Kind == store.System {
		err = mq.Errorf(mq.ErrUnsupportedOperation, op, "system queues follow the computer's permissions")
	}
	var next store.Queue
	if err == nil {
		next = q.info
		next.Security, next.Modified = d.Append(nil), m.clock.Now().Unix()
	}
	m.mu.Unlock()
	if err != nil {
		return err
	}
	return m.updateQueue(ctx, op, next)
}

// MachineSecurity is the descriptor of the machine.
func (m *QueueManager) MachineSecurity(_ context.Context, c Caller) (secure.Descriptor, error) {
	const op = "read the permissions of the computer"
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.allowMachine(op, c, mq.RightGetMachinePermissions); err != nil {
		return secure.Descriptor{}, err
	}
	return secure.ParseDescriptor(m.security)
}

// SetMachineSecurity replaces the descriptor of the machine. The account the
// queue manager runs for cannot lock itself out.
func (m *QueueManager) SetMachineSecurity(ctx context.Context, c Caller, d secure.Descriptor) error {
	const op = "change the permissions of the computer"
	m.mu.Lock()
	err := m.allowMachine(op, c, mq.RightChangeMachinePermissions)
	next := m.settings
	m.mu.Unlock()
	if err != nil {
		return err
	}
	next.Security = d.Append(nil)
	return m.saveSettings(ctx, op, next)
}

// defaultGuard is the descriptor of a new queue by the machine's profile.
func (m *QueueManager) defaultGuard(c Caller) secure.Descriptor {
	if m.settings.Profile == Compat {
		return secure.Compat(c.Token.User, false)
	}
	return secure.Strict(c.Token.User)
}

// DeleteQueue deletes a queue and its messages, whose senders are told if they
// asked (Delete Queue, MS-MQDMPR 3.1.7.1.4). From the first commit on the queue
// is gone for everyone; emptying it goes on if ctx ends, and after a restart.
func (m *QueueManager) DeleteQueue(ctx context.Context, c Caller, name mq.QueueName) error {
	op := "delete queue " + name.String()
	m.mu.Lock()
	q, err := m.find(op, name)
	switch {
	case err != nil:
	case q.info.Kind == store.System || q.info.Role == store.Journal || hidden(q.info):
		err = mq.Errorf(mq.ErrUnsupportedOperation, op, "%s belongs to the queue manager and cannot be deleted", m.pathName(q)).
			WithFix("purge it instead")
	default:
		err = m.allow(op, c, q, mq.RightDeleteQueue)
	}
	if err != nil {
		m.mu.Unlock()
		return err
	}
	next := q.info
	next.Draining = true
	m.mu.Unlock()
	drained := make(chan error, 1)
	err = m.commit(ctx, op, []store.Op{&store.UpdateQueue{Queue: next}}, func() {
		m.bury(q)
		m.tasks.Go(func() { drained <- m.drain(m.ctx, q) })
		m.hub.tell(Event{Kind: QueuesChanged})
	})
	if err != nil {
		return err
	}
	select {
	case err := <-drained:
		return m.storeError(op, err)
	case <-ctx.Done():
		return nil // it is deleted; the rest happens behind
	}
}

// bury makes a deleted queue unfindable and ends what uses it.
func (m *QueueManager) bury(q *queue) {
	for _, part := range q.parts() {
		part.gone = true
		for h := range part.handles {
			h.queue = nil
		}
		clear(part.handles)
		m.wakeQueue(part)
	}
	if q.parent != nil {
		if q.parent.subs[strings.ToLower(q.info.Name)] == q {
			delete(q.parent.subs, strings.ToLower(q.info.Name))
		}
		return
	}
	if k := key(q.info.Kind, q.info.Name); m.queues[k] == q {
		delete(m.queues, k)
	}
}

// resumeDraining goes on emptying queues deleted before a restart.
func (m *QueueManager) resumeDraining() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, q := range m.slots {
		if q.info.Draining {
			m.bury(q)
			m.tasks.Go(func() {
				if err := m.drain(m.ctx, q); err != nil && m.ctx.Err() == nil {
					m.log.Error("a deleted queue could not be emptied", "queue", q.info.Name, "error", err)
				}
			})
		}
	}
}

// drain empties the parts of a deleted queue and forgets them.
func (m *QueueManager) drain(ctx context.Context, q *queue) error {
	m.mu.Lock()
	parts := q.parts()
	if q.parent == nil {
		for _, p := range m.slots { // subqueues that were being deleted themselves
			if p.parent == q && p.info.Draining {
				parts = append(parts, p)
			}
		}
	}
	m.mu.Unlock()
	var ops []store.Op
	for _, part := range parts {
		if err := m.emptySlot(ctx, part); err != nil {
			return fmt.Errorf("empty the deleted queue %s: %w", q.info.Name, err)
		}
		if part != q {
			ops = append(ops, &store.DeleteQueue{Slot: part.info.Slot})
		}
	}
	ops = append(ops, &store.DeleteQueue{Slot: q.info.Slot})
	return m.commit(ctx, "forget queue "+q.info.Name, ops, nil)
}
