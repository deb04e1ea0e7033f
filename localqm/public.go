package localqm

import (
	"bytes"
	"cmp"
	"context"
	"reflect"
	"slices"
	"strings"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
	"posthouse/localqm/store"
)

// A public queue is what the directory has: it is changed there first and then here,
// without any lock meanwhile. Whatever comes between the two, the next time that the
// directory is read both agree again (Follow).

// path is the path name of a public queue.
func (p PublicQueue) path() mq.PathName { return mq.PathName{Machine: p.Computer, Queue: p.Queue} }

// row is a public queue as a queue manager would keep it.
func (p PublicQueue) row() store.Queue {
	q := store.Queue{
		Kind: store.Public, Name: p.Queue, ID: p.ID, Privacy: defaultPrivacy, Quota: mq.Never, JournalQuota: mq.Never,
		Created: seconds(p.Created), Modified: seconds(p.Modified),
	}
	p.Spec.fill(&q)
	if p.Spec.Security != nil {
		q.Security = p.Spec.Security.Append(nil)
	}
	return q
}

// seconds is a time in Unix seconds; 0 for none.
func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// fill sets what the spec has of a public queue, which is not checked.
func (s *QueueSpec) fill(q *store.Queue) {
	set(&q.Label, s.Label)
	set(&q.Type, s.Type)
	set(&q.Transactional, s.Transactional)
	set(&q.Authenticate, s.Authenticate)
	set(&q.Privacy, s.Privacy)
	set(&q.Journaling, s.Journaling)
	set(&q.Quota, s.Quota)
	set(&q.JournalQuota, s.JournalQuota)
	set(&q.BasePriority, s.BasePriority)
	set(&q.Multicast, s.Multicast)
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// wholeSpec has every property of a queue.
func wholeSpec(q store.Queue, guard secure.Descriptor) QueueSpec {
	return QueueSpec{
		Label: &q.Label, Type: &q.Type, Transactional: &q.Transactional, Authenticate: &q.Authenticate, Privacy: &q.Privacy,
		Journaling: &q.Journaling, Quota: &q.Quota, JournalQuota: &q.JournalQuota, BasePriority: &q.BasePriority,
		Multicast: &q.Multicast, Security: &guard,
	}
}

// about describes a public queue of another computer as the directory has it.
func (p PublicQueue) about() QueueInfo {
	q := p.row()
	return QueueInfo{Path: p.path().String(), Format: mq.Public(p.ID), Queue: q, Quota: q.Quota, Elsewhere: true, Foreign: p.Foreign}
}

// allow checks rights on a public queue of another computer by the descriptor that
// the directory has of it.
func (p PublicQueue) allow(op string, c Caller, need mq.QueueRight) error {
	if d := p.Spec.Security; d != nil && d.Allow(c.rights(), need) {
		return nil
	}
	return denied(op, c, need.String(), p.path().String(), "ask its owner, or see its permissions in the directory")
}

// readPublic reads a public queue of any computer.
func (m *QueueManager) readPublic(ctx context.Context, op string, id mq.GUID) (PublicQueue, error) {
	d, err := m.asking(op)
	if err != nil {
		return PublicQueue{}, err
	}
	p, err := d.Find(ctx, mq.QueueName{Format: mq.Public(id)})
	return p, tried(op, err)
}

// Properties describes a queue of ours, or a public queue of any computer, by its
// properties alone: it does not look for what waits for another computer's.
func (m *QueueManager) Properties(ctx context.Context, c Caller, name mq.QueueName) (QueueInfo, error) {
	op := "look at " + name.String()
	name, public, err := m.publicNamed(ctx, op, name)
	switch {
	case err != nil:
		return QueueInfo{}, err
	case m.isElsewhere(public):
		return m.describePublic(ctx, op, c, public)
	}
	return m.lookAt(op, c, name)
}

// describePublic describes a public queue of another computer.
func (m *QueueManager) describePublic(ctx context.Context, op string, c Caller, id mq.GUID) (QueueInfo, error) {
	p, err := m.readPublic(ctx, op, id)
	if err == nil {
		err = p.allow(op, c, mq.RightGetQueueProperties)
	}
	if err != nil {
		return QueueInfo{}, err
	}
	return p.about(), nil
}

// publicNamed tells which public queue a name is the whole of; zero: it is something
// else. Called without locks.
func (m *QueueManager) publicNamed(ctx context.Context, op string, name mq.QueueName) (mq.QueueName, mq.GUID, error) {
	name, _, err := m.meant(ctx, op, name)
	if err != nil {
		return name, mq.GUID{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if f, outside := m.outside(name); outside {
		if f.Kind == mq.KindPublic && f.Suffix == mq.SuffixNone && f.Subqueue == "" {
			return name, f.GUID, nil
		}
		return name, mq.GUID{}, nil
	}
	if q, err := m.find(op, name); err == nil && q.parent == nil && q.info.Kind == store.Public {
		return name, q.info.ID, nil
	}
	return name, mq.GUID{}, nil
}

// createPublic creates a public queue of any computer.
func (m *QueueManager) createPublic(ctx context.Context, op string, c Caller, p mq.PathName, s QueueSpec) (QueueInfo, error) {
	m.mu.Lock()
	want, err := m.planPublic(op, c, p, s)
	m.mu.Unlock()
	if err != nil {
		return QueueInfo{}, err
	}
	d, err := m.asking(op)
	if err != nil {
		return QueueInfo{}, err
	}
	made, err := d.Create(ctx, c, want)
	switch {
	case mq.CodeOf(err) == mq.ErrQueueExists && !want.Machine.IsZero():
		m.takeOver(ctx, op, d, want.path()) // an earlier creation did not come to its end
		return QueueInfo{}, tried(op, err)
	case err != nil:
		return QueueInfo{}, tried(op, err)
	case !m.ours(made.Machine): // its name alone does not tell
		return made.about(), nil
	}
	info, err := m.follow(ctx, op, made)
	if err == nil {
		return info, nil
	}
	if undo := d.Delete(context.WithoutCancel(ctx), c, made.ID); undo != nil {
		m.log.Error("a public queue is in the directory and not here yet", "queue", want.path(), "error", undo)
	}
	return QueueInfo{}, err
}

// takeOver makes what the directory has under a name of ours, if it has.
func (m *QueueManager) takeOver(ctx context.Context, op string, d Directory, p mq.PathName) {
	found, err := d.Find(ctx, mq.QueueName{Path: p})
	if err == nil && m.ours(found.Machine) {
		_, err = m.follow(ctx, op, found)
	}
	if err != nil {
		m.log.Warn("a public queue of the directory could not be taken over", "queue", p, "error", err)
	}
}

// planPublic is a new public queue with every property. Whether callers of this
// computer may create queues of others, the directory decides. Called with mu held.
func (m *QueueManager) planPublic(op string, c Caller, p mq.PathName, s QueueSpec) (want PublicQueue, err error) {
	if err := m.usable(op); err != nil {
		return want, err
	}
	if err := m.allowMachine(op, c, mq.RightCreateQueue); err != nil {
		return want, err
	}
	want = PublicQueue{Computer: p.Machine, Queue: p.Queue}
	if m.names[strings.ToLower(p.Machine)] {
		want.Machine, want.Computer = m.id(), m.self.Name
		if m.queues[key(store.Public, p.Queue)] != nil {
			return want, mq.Errorf(mq.ErrQueueExists, op, "a public queue of that name exists on %s", m.self.Name).
				WithFix("choose another name, or change the queue that is there")
		}
	}
	info := want.row()
	set(&info.Transactional, s.Transactional)
	if err := s.apply(op, &info); err != nil {
		return want, err
	}
	guard, err := m.firstGuard(op, c, s)
	if s.Security == nil { // it is public: others have to find it
		guard = guard.Grant(secure.Everyone, uint32(mq.RightGetQueueProperties|mq.RightGetQueuePermissions))
	}
	want.Spec = wholeSpec(info, guard)
	return want, err
}

// setPublic changes a public queue of any computer.
func (m *QueueManager) setPublic(ctx context.Context, op string, c Caller, id mq.GUID, s QueueSpec) (QueueInfo, error) {
	m.mu.Lock()
	ours := m.publics[id] != nil
	var err error
	if ours {
		_, err = m.planSet(op, c, mq.QueueName{Format: mq.Public(id)}, s)
	}
	m.mu.Unlock()
	if err != nil {
		return QueueInfo{}, err
	}
	if !ours {
		p, err := m.readPublic(ctx, op, id)
		if err == nil {
			err = p.allow(op, c, mq.RightSetQueueProperties)
		}
		if row := p.row(); err == nil {
			err = s.change(op, &row)
		}
		if err != nil {
			return QueueInfo{}, err
		}
	}
	return m.changePublic(ctx, op, c, id, s)
}

// changePublic changes a public queue for a caller who may.
func (m *QueueManager) changePublic(ctx context.Context, op string, c Caller, id mq.GUID, s QueueSpec) (QueueInfo, error) {
	d, err := m.asking(op)
	if err != nil {
		return QueueInfo{}, err
	}
	p, err := d.Set(ctx, c, id, s)
	switch {
	case err != nil:
		return QueueInfo{}, tried(op, err)
	case !m.ours(p.Machine):
		return p.about(), nil
	}
	return m.follow(ctx, op, p)
}

// deletePublic deletes a public queue of any computer. emptied is closed when no
// message is left, and nil for a queue of another computer.
func (m *QueueManager) deletePublic(ctx context.Context, op string, c Caller, id mq.GUID) (emptied <-chan struct{}, err error) {
	name := mq.QueueName{Format: mq.Public(id)}
	m.mu.Lock()
	ours := m.publics[id] != nil
	if ours {
		_, err = m.deletable(op, name, func(q *queue) error { return m.allow(op, c, q, mq.RightDeleteQueue) })
	}
	m.mu.Unlock()
	if !ours {
		var p PublicQueue
		if p, err = m.readPublic(ctx, op, id); err == nil {
			err = p.allow(op, c, mq.RightDeleteQueue)
		}
	}
	if err != nil {
		return nil, err
	}
	d, err := m.asking(op)
	if err != nil {
		return nil, err
	}
	err = d.Delete(ctx, c, id)
	if !ours || err != nil && mq.CodeOf(err) != mq.ErrQueueNotFound { // what only we have goes as well
		return nil, tried(op, err)
	}
	return m.drop(ctx, op, id)
}

// drop deletes a public queue here, whoever wants it.
func (m *QueueManager) drop(ctx context.Context, op string, id mq.GUID) (emptied <-chan struct{}, err error) {
	m.mu.Lock()
	there := m.publics[id] != nil
	m.mu.Unlock()
	if !there {
		return nil, nil
	}
	return m.markDeleted(ctx, op, mq.QueueName{Format: mq.Public(id)}, func(*queue) error { return nil })
}

// Forget deletes a public queue of this computer that the directory does not have
// any more, as DeleteQueue does. Nothing happens if it is not here. Who calls it has
// asked the directory for that very queue.
func (m *QueueManager) Forget(ctx context.Context, id mq.GUID) error {
	_, err := m.drop(ctx, "forget public queue "+id.String(), id)
	return err
}

// Follow makes a public queue of this computer what the directory has of it: it is
// created if it is not here. A queue of the same name with another identifier is
// MQ_ERROR_QUEUE_EXISTS: it has to be forgotten first.
func (m *QueueManager) Follow(ctx context.Context, p PublicQueue) error {
	_, err := m.follow(ctx, "follow the directory with "+p.path().String(), p)
	return err
}

// PublicQueues are the identifiers of the public queues here.
func (m *QueueManager) PublicQueues() []mq.GUID {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make([]mq.GUID, 0, len(m.publics))
	for id := range m.publics {
		all = append(all, id)
	}
	slices.SortFunc(all, func(a, b mq.GUID) int { return bytes.Compare(a[:], b[:]) })
	return all
}

func (m *QueueManager) follow(ctx context.Context, op string, p PublicQueue) (QueueInfo, error) {
	m.config.Lock()
	defer m.config.Unlock()
	m.mu.Lock()
	steps, err := m.planFollow(op, p)
	if err != nil || len(steps) == 0 {
		defer m.mu.Unlock()
		if q := m.publics[p.ID]; err == nil && q != nil {
			return m.details(q), nil
		}
		return QueueInfo{}, err
	}
	m.mu.Unlock()
	at := store.Slot(0)
	switch first := steps[0].(type) {
	case *store.CreateQueue:
		at = first.Queue.Slot
	case *store.UpdateQueue:
		at = first.Queue.Slot
	}
	return m.reshape(ctx, op, steps, at)
}

// planFollow is called with mu held.
func (m *QueueManager) planFollow(op string, p PublicQueue) ([]store.Op, error) {
	if err := m.usable(op); err != nil {
		return nil, err
	}
	if !m.ours(p.Machine) {
		return nil, m.elsewhere(op, p.path().String())
	}
	if path, err := mq.ParsePathName(`.\` + p.Queue); p.ID.IsZero() || err != nil || path.Private || path.Subqueue != "" || path.Suffix != mq.SuffixNone {
		return nil, mq.Errorf(mq.ErrIllegalQueuePathname, op, "%s is no name for a public queue", mq.Quote(p.Queue))
	}
	next := p.row()
	q := m.publics[p.ID]
	if q != nil {
		next = q.info
		p.Spec.fill(&next)
	}
	guard := secure.Strict(m.owner)
	if q != nil {
		guard = q.guard
	}
	if p.Spec.Security != nil {
		var err error
		if guard, err = replacing(op, guard, *p.Spec.Security); err != nil {
			return nil, err
		}
	}
	next.Security = guard.Append(nil)
	other := m.queues[key(store.Public, p.Queue)]
	switch {
	case q == nil && other != nil:
		return nil, mq.Errorf(mq.ErrQueueExists, op, "here it has the identifier %s, in the directory %s: it was deleted there and made again", other.info.ID, p.ID)
	case q == nil:
		now := m.clock.Now().Unix()
		next.Created, next.Modified = cmp.Or(next.Created, now), cmp.Or(next.Modified, now)
		return m.withJournal(op, next)
	case other != q:
		return nil, mq.Errorf(mq.ErrIllegalQueuePathname, op, "it is called %s here, and the names of queues do not change", q.info.Name).
			WithFix("rename it back in the directory, or delete it and create another one")
	case next.Transactional != q.info.Transactional:
		return nil, mq.Errorf(mq.ErrProperty, op, "whether a queue is transactional does not change, and the directory has it otherwise").
			WithFix("delete it in the directory and create another one")
	case sameQueue(next, q.info):
		return nil, nil
	}
	next.Modified = cmp.Or(seconds(p.Modified), m.clock.Now().Unix())
	return []store.Op{&store.UpdateQueue{Queue: next}}, nil
}

// sameQueue compares what the directory has.
func sameQueue(a, b store.Queue) bool {
	a.Modified = b.Modified
	return reflect.DeepEqual(a, b)
}

// BasePriority is that of the public queue which an outgoing queue is for: what waits
// for a queue of higher base priority leaves first (MS-MQDMPR 3.1.7.1.28).
func (o *Outgoing) BasePriority() int16 { return int16(o.base.Load()) }
