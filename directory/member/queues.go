package member

import (
	"context"
	"errors"
	"slices"
	"strings"

	"posthouse/directory"
	"posthouse/directory/notice"
	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
)

// Find reads a public queue of any computer. While the directory is away it answers
// from memory.
func (m *Member) Find(ctx context.Context, name mq.QueueName) (localqm.PublicQueue, error) {
	op := "find " + name.String()
	key, ref, err := m.lookup(op, name)
	if err != nil {
		return localqm.PublicQueue{}, err
	}
	m.mu.Lock()
	known, remembered, fresh := m.queues.get(key, m.clock.Now(), m.timers.Queues, m.timers.Missing)
	m.mu.Unlock()
	p, err := known.value, known.err
	if !fresh {
		var d directory.Directory
		if d, err = m.integrated(op); err == nil {
			p, err = m.read(ctx, d, key, ref)
		}
		if errors.Is(err, mq.ErrNoDS) && remembered && known.err == nil {
			p, err = known.value, nil
		}
	}
	if err == nil && name.Format.IsZero() {
		if o, unknown := m.machine(ctx, p.Machine); unknown == nil {
			err = m.called(op, name.Path.Machine, o)
		}
	}
	if err != nil {
		return localqm.PublicQueue{}, err
	}
	return p, nil
}

// called checks that a computer is the one that a name with dots means. Another one of
// another domain may have the same NetBIOS name, and is not in the forest.
func (m *Member) called(op, name string, o directory.Machine) error {
	if !strings.Contains(name, ".") || o.DNSName == "" || strings.EqualFold(name, m.manager.Identity().Name) || strings.EqualFold(name, o.DNSName) {
		return nil
	}
	return mq.Errorf(mq.ErrQueueNotFound, op, "the forest has no computer %s; its %s is %s", name, o.Computer, o.DNSName).
		WithFix("name the queue by the computer that is meant, or directly: DIRECT=OS:computer\\queue")
}

// lookup is a name as the cache and the directory know it.
func (m *Member) lookup(op string, name mq.QueueName) (key string, ref directory.Ref, err error) {
	if f := name.Format; f.Kind == mq.KindPublic {
		return f.GUID.String(), directory.ByID(f.GUID), nil
	}
	p, ok := name.PathName()
	if !ok || p.Private || p.System {
		return "", ref, mq.Errorf(mq.ErrIllegalQueuePathname, op, "only public queues are in the directory")
	}
	path := m.netBIOS(p.Machine) + `\` + p.Queue
	return strings.ToLower(path), directory.ByPath(path), nil
}

// netBIOS is the name of a computer in the directory.
func (m *Member) netBIOS(computer string) string {
	if computer == "." || strings.EqualFold(computer, m.manager.Identity().Name) {
		return m.computer
	}
	label, _, _ := strings.Cut(computer, ".")
	return label
}

// read asks for a queue and remembers the answer.
func (m *Member) read(ctx context.Context, d directory.Directory, key string, ref directory.Ref) (localqm.PublicQueue, error) {
	q, err := directory.Get[*directory.Queue](ctx, d, ref, directory.AttrSecurity)
	if err != nil {
		err = m.asked(err)
		if errors.Is(err, mq.ErrQueueNotFound) {
			m.mu.Lock()
			m.queues.put(key, answer[localqm.PublicQueue]{err: err, at: m.clock.Now()})
			m.mu.Unlock()
		}
		return localqm.PublicQueue{}, err
	}
	p := m.public(ctx, q)
	m.mu.Lock()
	m.knows(p)
	m.mu.Unlock()
	return p, nil
}

// knows remembers a queue by both its names; forgets that there is one. Both are
// called with mu held.
func (m *Member) knows(p localqm.PublicQueue) {
	a := answer[localqm.PublicQueue]{value: p, at: m.clock.Now()}
	m.queues.put(p.ID.String(), a)
	m.queues.put(strings.ToLower(p.Computer+`\`+p.Queue), a)
}

func (m *Member) forgets(id mq.GUID, err error) {
	if a, known := m.queues.answers[id.String()]; known && a.err == nil {
		m.queues.drop(strings.ToLower(a.value.Computer + `\` + a.value.Queue))
	}
	m.queues.put(id.String(), answer[localqm.PublicQueue]{err: err, at: m.clock.Now()})
}

// public is a queue of the directory as the engine sees it.
func (m *Member) public(ctx context.Context, q *directory.Queue) localqm.PublicQueue {
	p := localqm.PublicQueue{
		ID: q.ID, Machine: q.Machine, Computer: q.Computer, Queue: q.Queue, Created: q.Created, Modified: q.Modified,
		Spec: localqm.QueueSpec{
			Label: &q.Label, Type: &q.Type, Transactional: &q.Transactional, Authenticate: &q.Authenticate,
			Privacy: &q.Privacy, Journaling: &q.Journal, Quota: &q.Quota, JournalQuota: &q.JournalQuota,
			BasePriority: &q.BasePriority, Multicast: &q.Multicast,
		},
	}
	if o, err := m.machine(ctx, q.Machine); err == nil {
		p.Foreign = o.Foreign
	}
	if g, err := secure.ParseDescriptor(q.Security); err == nil && g.DACL != nil {
		p.Spec.Security = &g
	}
	return p
}

// Create makes a public queue on any computer for a caller.
func (m *Member) Create(ctx context.Context, c localqm.Caller, q localqm.PublicQueue) (localqm.PublicQueue, error) {
	op := "create queue " + q.Computer + `\` + q.Queue
	d, err := m.integrated(op)
	if err != nil {
		return localqm.PublicQueue{}, err
	}
	ref := directory.ByID(q.Machine)
	if q.Machine.IsZero() {
		ref = directory.ByName(m.netBIOS(q.Computer))
	}
	owner, err := directory.Get[*directory.Machine](ctx, d, ref, directory.AttrSecurity)
	if err != nil {
		return localqm.PublicQueue{}, m.asked(err)
	}
	if q.Machine.IsZero() {
		if err := m.called(op, q.Computer, *owner); err != nil {
			return localqm.PublicQueue{}, err
		}
	}
	if owner.ID != m.manager.Identity().ID {
		if err := m.allow(op, c, owner.Security, machineRight(mq.RightCreateQueue)); err != nil {
			return localqm.PublicQueue{}, err
		}
	}
	o := &directory.Queue{Machine: owner.ID, Computer: owner.Computer, Queue: q.Queue}
	apply(o, q.Spec)
	guard := secure.Strict(c.Token.User)
	if q.Spec.Security != nil {
		guard = *q.Spec.Security
	}
	o.Security = m.keepable(guard, owner.SID).Append(nil)
	made, err := d.Create(ctx, "", o)
	m.mu.Lock()
	m.queues.drop(strings.ToLower(o.Path())) // also if it exists: it was taken for missing
	m.mu.Unlock()
	if err != nil {
		return localqm.PublicQueue{}, m.asked(err)
	}
	m.tell(ctx, notice.QueueCreated, made.Common().ID, owner.ID)
	return m.read(ctx, d, made.Common().ID.String(), directory.ByID(made.Common().ID))
}

// Set changes a public queue of any computer for a caller.
func (m *Member) Set(ctx context.Context, c localqm.Caller, id mq.GUID, s localqm.QueueSpec) (localqm.PublicQueue, error) {
	op := "change queue " + mq.Public(id).String()
	d, q, err := m.begin(ctx, op, id)
	if err != nil {
		return localqm.PublicQueue{}, err
	}
	if s.Transactional != nil && *s.Transactional != q.Transactional {
		return localqm.PublicQueue{}, mq.Errorf(mq.ErrProperty, op, "whether a queue is transactional is decided when it is created")
	}
	attributes := apply(q, s)
	need := mq.QueueRight(0)
	if len(attributes) > 0 {
		need = mq.RightSetQueueProperties
	}
	var owner secure.SID // a new one
	if s.Security != nil {
		need |= mq.RightChangeQueuePermissions
		if s.Security.Owner != ownerOf(q.Security) {
			owner = s.Security.Owner
		}
		if !owner.IsZero() {
			need |= mq.RightTakeQueueOwnership
		}
	}
	if q.Machine != m.manager.Identity().ID {
		if err := m.allow(op, c, q.Security, queueRight(need)); err != nil {
			return localqm.PublicQueue{}, err
		}
	}
	if s.Security != nil {
		account := ""
		if o, err := m.machine(ctx, q.Machine); err == nil {
			account = o.SID
		}
		guard := ownEntries(m.keepable(*s.Security, account), q.Security)
		guard.Owner = owner
		q.Security = guard.Append(nil)
		attributes = append(attributes, directory.AttrSecurity)
	}
	if len(attributes) > 0 {
		if err := m.asked(d.Write(ctx, q, attributes...)); err != nil {
			return localqm.PublicQueue{}, err
		}
	}
	m.tell(ctx, notice.QueueChanged, id, q.Machine)
	return m.read(ctx, d, id.String(), directory.ByID(id))
}

// Delete removes a public queue of any computer for a caller.
func (m *Member) Delete(ctx context.Context, c localqm.Caller, id mq.GUID) error {
	op := "delete queue " + mq.Public(id).String()
	d, q, err := m.begin(ctx, op, id)
	if err != nil {
		return err
	}
	if q.Machine != m.manager.Identity().ID {
		if err := m.allow(op, c, q.Security, queueRight(mq.RightDeleteQueue)); err != nil {
			return err
		}
	}
	if err := m.asked(d.Delete(ctx, q, false)); err != nil {
		return err
	}
	m.mu.Lock()
	m.forgets(id, mq.Errorf(mq.ErrQueueNotFound, op, "it was deleted"))
	m.mu.Unlock()
	m.tell(ctx, notice.QueueDeleted, id, q.Machine)
	return nil
}

// begin reads the queue that is to be changed, from the directory.
func (m *Member) begin(ctx context.Context, op string, id mq.GUID) (directory.Directory, *directory.Queue, error) {
	d, err := m.integrated(op)
	if err != nil {
		return nil, nil, err
	}
	q, err := directory.Get[*directory.Queue](ctx, d, directory.ByID(id), directory.AttrSecurity)
	return d, q, m.asked(err)
}

// apply sets what a spec has, but permissions, and tells which attributes these are.
func apply(q *directory.Queue, s localqm.QueueSpec) (changed []directory.Attribute) {
	set(&changed, &q.Label, s.Label, directory.AttrLabel)
	set(&changed, &q.Type, s.Type, directory.AttrType)
	set(&changed, &q.Transactional, s.Transactional, directory.AttrTransactional)
	set(&changed, &q.Authenticate, s.Authenticate, directory.AttrAuthenticate)
	set(&changed, &q.Privacy, s.Privacy, directory.AttrPrivacy)
	set(&changed, &q.Journal, s.Journaling, directory.AttrJournal)
	set(&changed, &q.Quota, s.Quota, directory.AttrQuota)
	set(&changed, &q.JournalQuota, s.JournalQuota, directory.AttrJournalKB)
	set(&changed, &q.BasePriority, s.BasePriority, directory.AttrBasePriority)
	set(&changed, &q.Multicast, s.Multicast, directory.AttrMulticast)
	return changed
}

func set[T comparable](changed *[]directory.Attribute, to, from *T, a directory.Attribute) {
	if from != nil && *to != *from {
		*to = *from
		*changed = append(*changed, a)
	}
}

// keepable makes a descriptor one that a directory takes and that its queue manager
// can work under: who writes it owns a new object, and the accounts of the queue's computer
// and of this one may do everything, since their queue managers change and delete it
// for callers whose rights they check themselves.
func (m *Member) keepable(d secure.Descriptor, account string) secure.Descriptor {
	d.Owner, d.Group, d.SACL = secure.SID{}, secure.SID{}, nil
	m.mu.Lock()
	self := m.self.SID
	m.mu.Unlock()
	for _, text := range []string{account, self} {
		if sid, err := secure.ParseSID(text); err == nil {
			d = d.Grant(sid, uint32(mq.RightQueueGenericAll))
		}
	}
	return d
}

// ownEntries leaves out what an object inherits: consoles show it among the rest, and
// give all of it back as entries of the object.
func ownEntries(d secure.Descriptor, now []byte) secure.Descriptor {
	was, err := secure.ParseDescriptor(now)
	if err != nil {
		return d
	}
	d.DACL = slices.DeleteFunc(slices.Clone(d.DACL), func(e secure.ACE) bool {
		return slices.ContainsFunc(was.DACL, func(i secure.ACE) bool {
			return i.Flags&secure.Inherited != 0 && i.Flags&secure.InheritOnly == 0 && i.Type == e.Type && i.Mask == e.Mask && i.SID == e.SID
		})
	})
	return d
}

func ownerOf(raw []byte) secure.SID {
	d, err := secure.ParseDescriptor(raw)
	if err != nil {
		return secure.SID{}
	}
	return d.Owner
}

// right is what a caller needs of a descriptor.
type right struct {
	name  string
	grant func(secure.Descriptor, secure.Token) bool
}

func queueRight(r mq.QueueRight) right {
	return right{r.String(), func(d secure.Descriptor, t secure.Token) bool { return d.Allow(t, r) }}
}

func machineRight(r mq.MachineRight) right {
	return right{r.String(), func(d secure.Descriptor, t secure.Token) bool { return d.AllowMachine(t, r) }}
}

// allow checks whether a caller may do something with an object of another computer.
// The directory sees only the account of this queue manager, and must not do for a
// caller what it would not do for the caller alone. The account that the queue manager
// runs for has whatever rights the queue manager has.
func (m *Member) allow(op string, c localqm.Caller, raw []byte, need right) error {
	t := c.Token
	if c.Level != localqm.Verified {
		t = localqm.Nobody("").Token
	} else if t.User == m.o.As.Token.User {
		return nil
	}
	d, err := secure.ParseDescriptor(raw)
	if err == nil && need.grant(d, t) {
		return nil
	}
	return mq.Errorf(mq.ErrAccessDenied, op, "%s has not the right %s there", t.User.Name(), need.name).
		WithFix("ask for it in the directory, or let an administrator do it")
}
