package member

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"posthouse/directory"
	"posthouse/localqm/mq"
)

const opJoin = "join the directory"

// errMismatch is the cause of what does not fit together (MS-MQOD 2.7.6).
var errMismatch = errors.New("the directory names another queue manager")

func mismatched(err error) bool { return errors.Is(err, errMismatch) }

// mismatch is the refusal of an object that is not ours.
func mismatch(fix, format string, args ...any) error {
	e := mq.Errorf(mq.ErrIllegalOperation, opJoin, format, args...).WithFix("%s", fix)
	e.Err = errMismatch
	return e
}

const fixAdopt = "`posthouse directory join --adopt` takes that identity over; it needs outgoing queues that are empty"

// join finds or makes our machine object and follows it. From known on the directory
// knows who we are.
func (m *Member) join(ctx context.Context, d directory.Directory) (known bool, err error) {
	if err := m.enrol(ctx, d); err != nil {
		return false, err
	}
	if err := m.readMap(ctx, d); err != nil {
		return true, err
	}
	return true, m.followQueues(ctx, d)
}

// enrol finds or makes our machine object and takes over what it says.
func (m *Member) enrol(ctx context.Context, d directory.Directory) error {
	o, err := directory.Get[*directory.Machine](ctx, d, directory.ByName(m.computer), directory.AttrSecurity)
	fresh := false
	switch {
	case errors.Is(err, mq.ErrMachineNotFound):
		if o, err = m.register(ctx, d); err != nil {
			return err
		}
		fresh = true
	case err != nil:
		return err
	}
	if err := m.identify(ctx, o, fresh); err != nil {
		return err
	}
	if o, err = m.complete(ctx, d, o, fresh); err != nil {
		return err
	}
	if err := m.remember(func(r *record) {
		r.Machine, r.Forest = o.ID, d.Status().Forest
		if fresh { // what we wrote ourselves is nothing to follow
			r.Seen = seenOf(o)
		}
	}); err != nil {
		return err
	}
	return m.follow(ctx, o)
}

// identify makes the identity of the object ours, or finds that it is another's.
func (m *Member) identify(ctx context.Context, o *directory.Machine, fresh bool) error {
	self := m.manager.Identity().ID
	known := m.remembered()
	switch {
	case o.ID == self:
		return nil
	case fresh, m.o.Adopt:
	case known.Machine.IsZero() && bytes.Equal(o.EncryptKeys, known.encryptKeys()):
		// We made it, and stopped before that was remembered.
	default:
		return mismatch(fixAdopt, "the directory has a queue manager %s already, with the identifier %s, and this one is %s",
			m.computer, o.ID, self)
	}
	return m.manager.Adopt(ctx, o.ID)
}

// register makes our machine object below the computer account. Its descriptor lets
// that account, by which this queue manager signs in, do everything with it (MS-MQDSSM
// 3.1.6.1.1.8).
func (m *Member) register(ctx context.Context, d directory.Directory) (*directory.Machine, error) {
	known := m.remembered()
	if here := known.Forest == "" || strings.EqualFold(known.Forest, d.Status().Forest); here && !known.Machine.IsZero() && !m.o.Adopt {
		return nil, mismatch("`posthouse directory join --adopt` registers it anew",
			"the queue manager %s is no longer in the directory: somebody deleted it", m.computer)
	}
	site, err := m.chooseSite(ctx, d)
	if err != nil {
		return nil, err
	}
	settings := m.manager.Settings()
	o := &directory.Machine{
		Computer: m.computer, Version: m.o.Version, Quota: settings.Quota, Journal: settings.JournalQuota,
		Sites: []mq.GUID{site.ID}, Routing: m.o.Routing != nil && *m.o.Routing, EncryptKeys: m.remembered().encryptKeys(),
	}
	made, err := d.Create(ctx, "", o)
	if err != nil {
		return nil, err
	}
	machine, ok := made.(*directory.Machine)
	if !ok {
		return nil, mq.Errorf(mq.ErrGeneric, opJoin, "the directory made something else than a queue manager")
	}
	m.log.Info("the queue manager was registered in the directory", "computer", m.computer, "id", machine.ID, "site", site.Name)
	return machine, nil
}

// defaultSite is the site that every new forest has.
const defaultSite = "Default-First-Site-Name"

// chooseSite is the site of a new machine object.
func (m *Member) chooseSite(ctx context.Context, d directory.Directory) (*directory.Site, error) {
	if m.o.Site != "" {
		return m.namedSite(ctx, d)
	}
	all, err := directory.All[*directory.Site](ctx, d, directory.RoutingQuery(directory.KindSite))
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(s *directory.Site) bool { return s.Foreign })
	if len(all) == 0 {
		return nil, mq.Errorf(mq.ErrObjectNotFound, opJoin, "the forest has no site").WithFix("create one")
	}
	slices.SortFunc(all, func(a, b *directory.Site) int {
		if x, y := strings.EqualFold(a.Name, defaultSite), strings.EqualFold(b.Name, defaultSite); x != y {
			if x {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Name, b.Name)
	})
	m.note("site", "no site was chosen, so it was registered in "+all[0].Name+": choose one with --site")
	return all[0], nil
}

func (m *Member) namedSite(ctx context.Context, d directory.Directory) (*directory.Site, error) {
	ref := directory.ByName(m.o.Site)
	if id, err := mq.ParseGUID(m.o.Site); err == nil {
		ref = directory.ByID(id)
	}
	s, err := directory.Get[*directory.Site](ctx, d, ref)
	if errors.Is(err, mq.ErrObjectNotFound) {
		return nil, mq.Errorf(mq.ErrObjectNotFound, opJoin, "the forest has no site %s", mq.Quote(m.o.Site)).
			WithFix("choose one that `posthouse directory list --kind site` shows")
	}
	return s, err
}

// complete brings the object up to what was chosen here. What the directory does not
// let us write is a note, not the end.
func (m *Member) complete(ctx context.Context, d directory.Directory, o *directory.Machine, fresh bool) (*directory.Machine, error) {
	known := m.remembered()
	write := func(about, loss string, attributes ...directory.Attribute) error {
		err := d.Write(ctx, o, attributes...)
		if errors.Is(err, mq.ErrNoDS) {
			return err
		}
		if err != nil {
			m.note(about, loss+": "+plain(err))
			return nil
		}
		m.note(about, "")
		return nil
	}
	if keys := known.encryptKeys(); !bytes.Equal(o.EncryptKeys, keys) {
		o.EncryptKeys = keys
		if err := write("key", "others cannot encrypt for it, its key was not published", directory.AttrEncryptKeys); err != nil {
			return nil, err
		}
	}
	if keys := known.signKeys(); !bytes.Equal(o.SignKeys, keys) {
		o.SignKeys = keys
		if err := write("certificate", "others cannot verify what it signs, its certificate was not published", directory.AttrSignKeys); err != nil {
			return nil, err
		}
	}
	if !fresh && m.o.Routing != nil && *m.o.Routing != o.Routing {
		o.Routing = *m.o.Routing
		if err := write("routing", "whether it is a routing server was not changed", directory.AttrRouting); err != nil {
			return nil, err
		}
	}
	if !fresh && m.o.Site != "" {
		site, err := m.namedSite(ctx, d)
		switch {
		case errors.Is(err, mq.ErrObjectNotFound): // it was renamed or deleted since
			m.note("site", "it stays in the sites that it is in: "+plain(err))
		case err != nil:
			return nil, err
		case !slices.Contains(o.Sites, site.ID):
			o.Sites = []mq.GUID{site.ID}
			if err := write("site", "its site was not changed", directory.AttrSites); err != nil {
				return nil, err
			}
		}
	}
	return directory.Get[*directory.Machine](ctx, d, directory.ByID(o.ID), directory.AttrSecurity)
}

// remembered is a copy of the record.
func (m *Member) remembered() record {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.record
}

// remember changes the record, on the disk first.
func (m *Member) remember(change func(*record)) error {
	next := m.remembered()
	change(&next)
	if err := next.save(m.o.Dir); err != nil {
		return err
	}
	m.mu.Lock()
	m.record = next
	m.mu.Unlock()
	return nil
}
