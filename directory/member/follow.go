package member

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"

	"posthouse/directory"
	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
)

// seenOf is what is followed of a machine object.
func seenOf(o *directory.Machine) seen {
	return seen{Quota: o.Quota, Journal: o.Journal, Security: o.Security}
}

// follow takes over what the directory has of this queue manager (MS-MQCN 3.2.5.2,
// event 4; MS-MQDMPR 3.1.7.1.25): its place among the sites always, quotas and
// permissions where they changed since they were seen last, so that what an
// administrator set here stays until one sets it there.
func (m *Member) follow(ctx context.Context, o *directory.Machine) error {
	m.mu.Lock()
	m.self = *o
	m.machines.put(o.ID, answer[directory.Machine]{value: *o, at: m.clock.Now()})
	old := m.record.Seen
	m.mu.Unlock()
	if o.DNSName == "" {
		m.note("address", "the account of the computer has no DNS name (dNSHostName): others find it by its short name only")
	} else {
		m.note("address", "")
	}
	now := seenOf(o)
	if now.Quota == old.Quota && now.Journal == old.Journal && bytes.Equal(now.Security, old.Security) {
		return nil
	}
	if now.Quota != old.Quota || now.Journal != old.Journal {
		err := m.manager.SetMachine(ctx, m.o.As, func(s *localqm.Settings) error {
			s.Quota, s.JournalQuota = now.Quota, now.Journal
			return nil
		})
		if err != nil {
			return err
		}
	}
	if len(now.Security) > 0 && !bytes.Equal(now.Security, old.Security) {
		m.followGuard(ctx, now.Security)
	}
	return m.remember(func(r *record) { r.Seen = now })
}

// followGuard takes over the permissions of the machine. The owner stays, and so do
// the administrators of this computer: nobody can be locked out from afar.
func (m *Member) followGuard(ctx context.Context, raw []byte) {
	d, err := secure.ParseDescriptor(raw)
	if err == nil {
		d.Owner, d.Group = secure.SID{}, secure.SID{}
		d = d.Grant(secure.Administrators, uint32(mq.RightMachineGenericAll))
		err = m.manager.SetMachineSecurity(ctx, m.o.As, d)
	}
	if err != nil {
		m.note("permissions", "the permissions that the directory has for it could not be taken over: "+plain(err))
		return
	}
	m.note("permissions", "")
}

// push writes quotas that were changed here.
func (m *Member) push(ctx context.Context) {
	d, err := m.integrated("")
	if err != nil {
		return
	}
	s := m.manager.Settings()
	m.mu.Lock()
	self, old := m.self, m.record.Seen
	m.mu.Unlock()
	if s.Quota == old.Quota && s.JournalQuota == old.Journal {
		return
	}
	self.Quota, self.Journal = s.Quota, s.JournalQuota
	if err := m.asked(d.Write(ctx, &self, directory.AttrQuota, directory.AttrJournalKB)); err != nil {
		m.note("quota", "its storage limits were changed here and not in the directory: "+plain(err))
		return
	}
	m.note("quota", "")
	if err := m.remember(func(r *record) { r.Seen.Quota, r.Seen.Journal = s.Quota, s.JournalQuota }); err != nil {
		m.log.Error("the storage limits", "error", err)
	}
}

// readSelf reads our machine object and follows it (Directory Sites Update, MS-MQDMPR
// 3.1.6.1, and event 4 of MS-MQCN).
func (m *Member) readSelf(ctx context.Context, d directory.Directory) error {
	self := m.manager.Identity().ID
	o, err := directory.Get[*directory.Machine](ctx, d, directory.ByID(self), directory.AttrSecurity)
	if errors.Is(err, mq.ErrMachineNotFound) {
		if err = m.gone(ctx, d, self); mismatched(err) {
			m.away(err)
		}
	}
	if err != nil {
		return m.asked(err)
	}
	return m.follow(ctx, o)
}

// followQueues reads all public queues of this computer and follows them. One that the
// directory does not name is left alone: a controller may not have heard of it yet.
func (m *Member) followQueues(ctx context.Context, d directory.Directory) error {
	self := m.manager.Identity().ID
	all, err := directory.All[*directory.Queue](ctx, d, directory.Query{
		Kind: directory.KindQueue, Where: []directory.Term{directory.Is(directory.AttrMachine, self)},
		Also: []directory.Attribute{directory.AttrSecurity},
	})
	if err != nil {
		return m.asked(err)
	}
	there, own := map[mq.GUID]bool{}, m.own(ctx)
	for _, q := range all {
		if q.Machine == self {
			there[q.ID] = true
			if err := m.followQueue(ctx, d, q, own); err != nil {
				return err
			}
		}
	}
	var missing []string
	for id, name := range m.own(ctx).names {
		if !there[id] {
			missing = append(missing, name)
		}
	}
	slices.Sort(missing)
	if len(missing) == 0 {
		m.note("queues", "")
	} else {
		m.note("queues", "the directory does not know these public queues (any more): "+strings.Join(missing[:min(len(missing), 5)], ", ")+
			"; delete here those that are not needed")
	}
	return nil
}

// ownQueues are the public queues of this computer, with their names in lower case.
type ownQueues struct {
	names map[mq.GUID]string
	ids   map[string]mq.GUID
}

func (m *Member) own(ctx context.Context) ownQueues {
	all, err := m.manager.Queues(ctx, m.o.As)
	if err != nil {
		m.log.Error("list the public queues of this computer", "error", err)
	}
	list := ownQueues{map[mq.GUID]string{}, map[string]mq.GUID{}}
	for _, q := range all {
		if q.Format.Kind == mq.KindPublic && q.Outgoing == nil && !q.Elsewhere {
			name := strings.ToLower(q.Queue.Name)
			list.names[q.Queue.ID], list.ids[name] = name, q.Queue.ID
		}
	}
	return list
}

// followQueue makes a public queue of this computer what the directory has.
func (m *Member) followQueue(ctx context.Context, d directory.Directory, q *directory.Queue, own ownQueues) error {
	if id, there := own.ids[strings.ToLower(q.Queue)]; there && id != q.ID {
		// It was deleted and made anew meanwhile, if the old one is really gone.
		if err := m.forgetGone(ctx, d, id); err != nil {
			return err
		}
	}
	p := m.public(ctx, q)
	m.mu.Lock()
	m.knows(p)
	m.mu.Unlock()
	about := "queue " + strings.ToLower(p.Queue)
	if err := m.manager.Follow(ctx, p); ctx.Err() != nil {
		return mq.Errorf(mq.ErrNoDS, "follow the directory", "it was given up: %w", context.Cause(ctx)).WithFix("it is tried again")
	} else if err != nil {
		m.note(about, "the public queue "+mq.Quote(p.Queue)+" could not be followed: "+plain(err))
		return nil
	}
	m.note(about, "")
	return nil
}

// forgetGone drops a public queue of this computer if the directory says that it has
// none with that identifier.
func (m *Member) forgetGone(ctx context.Context, d directory.Directory, id mq.GUID) error {
	_, err := directory.Get[*directory.Queue](ctx, d, directory.ByID(id))
	if err == nil {
		return nil
	}
	if !errors.Is(err, mq.ErrQueueNotFound) {
		return m.asked(err)
	}
	m.mu.Lock()
	m.forgets(id, err)
	m.mu.Unlock()
	name, ours := m.own(ctx).names[id]
	if !ours {
		return nil
	}
	m.note("queue "+name, "")
	return m.manager.Forget(ctx, id)
}
