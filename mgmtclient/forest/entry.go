package forest

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"posthouse/directory"
	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// kinds pairs the kinds of objects and entries.
var kinds = []struct {
	object directory.Kind
	entry  mgmtclient.EntryKind
}{
	{directory.KindEnterprise, mgmtclient.EntryForest},
	{directory.KindSite, mgmtclient.EntrySite},
	{directory.KindMachine, mgmtclient.EntryMachine},
	{directory.KindQueue, mgmtclient.EntryQueue},
	{directory.KindList, mgmtclient.EntryList},
	{directory.KindAlias, mgmtclient.EntryAlias},
	{directory.KindLink, mgmtclient.EntryLink},
	{directory.KindUser, mgmtclient.EntryUser},
	{directory.KindServer, mgmtclient.EntryServer},
	{directory.KindComputer, mgmtclient.EntryComputer},
}

func kindOf(e mgmtclient.EntryKind) (directory.Kind, error) {
	for _, k := range kinds {
		if k.entry == e {
			return k.object, nil
		}
	}
	return 0, mq.Errorf(mq.ErrInvalidParameter, "use the directory", "there are no entries of the kind %s", mq.Quote(string(e)))
}

func entryKind(o directory.Kind) mgmtclient.EntryKind {
	for _, k := range kinds {
		if k.object == o {
			return k.entry
		}
	}
	return ""
}

// reader turns objects into entries.
type reader struct {
	f    *Forest
	d    directory.Directory
	from string // controller
	now  time.Time
	// queues are how many are below each machine, by its name in small letters; nil: they
	// are counted one machine at a time.
	queues map[string]int
}

func (f *Forest) reader(ctx context.Context) (*reader, error) {
	d, err := f.directory(ctx)
	if err != nil {
		return nil, err
	}
	return &reader{f: f, d: d, from: d.Status().Controller, now: f.o.Now()}, nil
}

// parallel is how many questions are asked at once for the names and counts of a page.
const parallel = 8

// entries turns objects into entries, with their names and counts.
func (r *reader) entries(ctx context.Context, list []directory.Object) ([]mgmtclient.Entry, error) {
	out := make([]mgmtclient.Entry, len(list))
	errs := make([]error, len(list))
	if err := r.countQueues(ctx, list); err != nil {
		return nil, err
	}
	turn := make(chan struct{}, parallel)
	var wait sync.WaitGroup
	for i, o := range list {
		turn <- struct{}{}
		wait.Go(func() {
			defer func() { <-turn }()
			if m, ok := o.(*directory.Machine); ok && m.Created.IsZero() {
				if o, errs[i] = r.d.Read(ctx, directory.KindMachine, directory.ByID(m.ID)); errs[i] != nil {
					return // it was read for the map only
				}
			}
			out[i], errs[i] = r.entry(ctx, o)
		})
	}
	wait.Wait()
	return out, errors.Join(errs...)
}

// fewMachines is up to how many machines of a page their queues are counted one by one,
// maxQueues up to how many queues are counted all at once.
const (
	fewMachines = 16
	maxQueues   = 20_000
)

// countQueues counts the queues of all machines at once if a page has many.
func (r *reader) countQueues(ctx context.Context, list []directory.Object) error {
	machines := 0
	for _, o := range list {
		if o.Kind() == directory.KindMachine {
			machines++
		}
	}
	if machines <= fewMachines {
		return nil
	}
	queues := map[string]int{}
	n := 0
	for o, err := range r.d.Search(ctx, directory.Query{Kind: directory.KindQueue, Only: []directory.Attribute{directory.AttrID}, Limit: maxQueues + 1}) {
		if err != nil {
			return err
		}
		queues[strings.ToLower(directory.Parent(o.Common().DN))]++
		n++
	}
	if n <= maxQueues {
		r.queues = queues
	}
	return nil
}

// entry turns an object into an entry.
func (r *reader) entry(ctx context.Context, o directory.Object) (mgmtclient.Entry, error) {
	h := o.Common()
	e := mgmtclient.Entry{
		ID: h.ID, Kind: entryKind(o.Kind()), Name: h.Name, DN: h.DN, Created: h.Created, Modified: h.Modified,
		Controller: r.from, Read: r.now,
	}
	var err error
	switch o := o.(type) {
	case *directory.Enterprise:
		e.Name = o.Forest
		e.Forest = &mgmtclient.ForestEntry{LongLived: o.LongLived, WeakenedSecurity: o.WeakenedSecurity, NotifyOld: o.NotifyOld}
	case *directory.Site:
		e.Site = &mgmtclient.SiteEntry{Foreign: o.Foreign}
		var b *book
		if b, err = r.f.theBook(ctx); err == nil {
			e.Site.Machines = b.count[o.ID]
		}
		if o.Foreign {
			e.Where = "foreign site"
		}
	case *directory.Machine:
		err = r.machine(ctx, &e, o)
	case *directory.Queue:
		err = r.queue(ctx, &e, o)
	case *directory.List:
		e.Label, e.Where = o.Description, many(len(o.Members), "member")
		e.FormatName = "DL=" + o.ID.String()
		e.List = &mgmtclient.ListEntry{Members: make([]mgmtclient.EntryRef, len(o.Members))}
		for i, m := range o.Members {
			e.List.Members[i] = mgmtclient.EntryRef{ID: m.ID, Name: m.Name, Kind: entryKind(m.Kind)}
		}
	case *directory.Alias:
		e.Label, e.FormatName, e.Alias = o.Description, o.FormatName, &mgmtclient.AliasEntry{Target: o.FormatName}
		e.Where = r.target(ctx, o.FormatName)
	case *directory.Link:
		l := routeLink(o)
		e.Name, err = r.linkName(ctx, o)
		e.Label, e.Where, e.Link = o.Description, fmt.Sprintf("cost %d", o.Cost), &l
	case *directory.User:
		e.User = &mgmtclient.UserEntry{Account: o.Account, SID: o.SID, Certificates: len(o.Certificates), Digests: []string{}}
		e.Where = many(len(o.Certificates), "certificate")
		for _, d := range o.Digests {
			e.User.Digests = append(e.User.Digests, hex.EncodeToString(d))
		}
	case *directory.Server:
		e.Name, err = r.name(ctx, o.Machine)
		if err == nil {
			e.Where, err = r.name(ctx, o.Site)
		}
	case *directory.Computer:
		e.Where = o.DNSName
	}
	return e, err
}

func (r *reader) machine(ctx context.Context, e *mgmtclient.Entry, o *directory.Machine) (err error) {
	e.Name = o.Computer
	m := &mgmtclient.MachineEntry{
		Computer: o.Computer, DNSName: o.DNSName, Foreign: o.Foreign, Routing: o.Routing,
		QuotaKB: limit(o.Quota), JournalQuotaKB: limit(o.Journal), OS: o.OSVersion,
	}
	e.Machine = m
	if m.Sites, err = r.refs(ctx, mgmtclient.EntrySite, o.Sites); err != nil {
		return err
	}
	if m.OutServers, err = r.refs(ctx, mgmtclient.EntryMachine, o.OutServers); err != nil {
		return err
	}
	if m.InServers, err = r.refs(ctx, mgmtclient.EntryMachine, o.InServers); err != nil {
		return err
	}
	names := make([]string, len(m.Sites))
	for i, s := range m.Sites {
		names[i] = s.Name
	}
	e.Where = strings.Join(names, ", ")
	if r.queues != nil {
		m.Queues = r.queues[strings.ToLower(o.DN)]
		return nil
	}
	m.Queues, err = r.count(ctx, directory.Query{Kind: directory.KindQueue, Where: []directory.Term{directory.Is(directory.AttrMachine, o.ID)}})
	return err
}

// The levels of privacy.
var privacy = []string{"none", "optional", "body"}

func (r *reader) queue(ctx context.Context, e *mgmtclient.Entry, o *directory.Queue) error {
	e.Name, e.Label, e.Where, e.FormatName = o.Queue, o.Label, o.Computer, "PUBLIC="+o.ID.String()
	ref, err := r.ref(ctx, o.Machine)
	if err != nil {
		return err
	}
	if ref.Name == "" {
		ref.Name = o.Computer
	}
	q := &mgmtclient.QueueEntry{
		Machine: ref.EntryRef, PathName: o.Path(), ServiceType: o.Type, Transactional: o.Transactional, Authenticate: o.Authenticate,
		Journal: o.Journal, QuotaKB: limit(o.Quota), JournalQuotaKB: limit(o.JournalQuota), BasePriority: o.BasePriority,
		Multicast: o.Multicast, Foreign: ref.foreign, PrivacyLevel: privacy[min(int(o.Privacy), len(privacy)-1)],
	}
	e.Queue = q
	return nil
}

// limit is nil where there is none.
func limit(kb uint32) *uint32 {
	if kb == mq.Never {
		return nil
	}
	return &kb
}

func unlimited(kb *uint32) uint32 {
	if kb == nil {
		return mq.Never
	}
	return *kb
}

// linkName is that of its sites, for people.
func (r *reader) linkName(ctx context.Context, l *directory.Link) (string, error) {
	a, err := r.name(ctx, l.Site1)
	if err != nil {
		return "", err
	}
	b, err := r.name(ctx, l.Site2)
	return a + " – " + b, err
}

// target is the computer that a format name leads to, as far as it tells.
func (r *reader) target(ctx context.Context, name string) string {
	f, err := mq.ParseFormatName(name)
	if err != nil {
		return "nowhere: it is no format name"
	}
	switch f.Kind {
	case mq.KindPublic:
		if q, err := directory.Get[*directory.Queue](ctx, r.d, directory.ByID(f.GUID)); err == nil {
			return q.Computer
		}
		return "a public queue that is gone"
	case mq.KindPrivate:
		if n, err := r.name(ctx, f.GUID); err == nil {
			return n
		}
	}
	_, address, _ := strings.Cut(name, "=")
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return u.Hostname()
	}
	_, host, _ := strings.Cut(address, ":")
	host, _, _ = strings.Cut(host, `\`)
	return host
}

// count is how many objects fit.
func (r *reader) count(ctx context.Context, q directory.Query) (int, error) {
	q.Only = []directory.Attribute{directory.AttrID}
	n := 0
	for _, err := range r.d.Search(ctx, q) {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// remembered is how long names are believed.
const remembered = time.Minute

// named is what is remembered of an object.
type named struct {
	mgmtclient.EntryRef
	foreign bool
}

// ref finds the name of a machine or site. One that is gone has its identifier for a
// name.
func (r *reader) ref(ctx context.Context, id mq.GUID) (named, error) {
	if id.IsZero() {
		return named{}, nil
	}
	r.f.mu.Lock()
	k, ok := r.f.names[id]
	if b := r.f.book; b != nil && !r.f.stale && (!ok || !r.now.Before(k.until)) {
		k.named, ok = b.names[id]
		k.until = b.read.Add(remembered)
	}
	r.f.mu.Unlock()
	if ok && r.now.Before(k.until) {
		return k.named, nil
	}
	n := named{EntryRef: mgmtclient.EntryRef{ID: id, Name: id.String()}}
	o, err := r.d.Read(ctx, 0, directory.ByID(id))
	switch o := o.(type) {
	case *directory.Machine:
		n.Name, n.Kind, n.foreign = o.Computer, mgmtclient.EntryMachine, o.Foreign
	case *directory.Site:
		n.Name, n.Kind, n.foreign = o.Name, mgmtclient.EntrySite, o.Foreign
	}
	if err != nil && !gone(err) {
		return n, err
	}
	r.f.mu.Lock()
	r.f.names[id] = known{n, r.now.Add(remembered)}
	r.f.mu.Unlock()
	return n, nil
}

func gone(err error) bool {
	return slices.Contains([]mq.HResult{mq.ErrObjectNotFound, mq.ErrMachineNotFound, mq.ErrQueueNotFound}, mq.CodeOf(err))
}

func (r *reader) name(ctx context.Context, id mq.GUID) (string, error) {
	n, err := r.ref(ctx, id)
	return n.Name, err
}

func (r *reader) refs(ctx context.Context, k mgmtclient.EntryKind, ids []mq.GUID) ([]mgmtclient.EntryRef, error) {
	list := make([]mgmtclient.EntryRef, len(ids))
	for i, id := range ids {
		n, err := r.ref(ctx, id)
		if err != nil {
			return nil, err
		}
		list[i] = mgmtclient.EntryRef{ID: id, Name: n.Name, Kind: k}
	}
	return list, nil
}

// object reads one object by what people call it: GUID, distinguished name, or
// computer\queue.
func (r *reader) object(ctx context.Context, ref string, also ...directory.Attribute) (directory.Object, error) {
	ref = strings.TrimSpace(ref)
	if id, err := mq.ParseGUID(ref); err == nil {
		return r.d.Read(ctx, 0, directory.ByID(id), also...)
	}
	switch {
	case strings.Contains(ref, "="):
		return r.d.Read(ctx, 0, directory.ByDN(ref), also...)
	case strings.Contains(ref, `\`):
		return r.d.Read(ctx, directory.KindQueue, directory.ByPath(ref), also...)
	case ref == "":
		return nil, mq.Errorf(mq.ErrInvalidParameter, "read an entry of the directory", "it is not named").WithFix("give its GUID, its distinguished name, or computer\\queue")
	}
	return r.d.Read(ctx, directory.KindMachine, directory.ByName(ref), also...)
}

// Entry is mgmtclient.Directory's. The name of a computer names its queue manager.
func (f *Forest) Entry(ctx context.Context, ref string) (mgmtclient.Entry, error) {
	r, err := f.reader(ctx)
	if err != nil {
		return mgmtclient.Entry{}, err
	}
	defer f.looked()
	o, err := r.object(ctx, ref)
	if err != nil {
		return mgmtclient.Entry{}, refused(0, err)
	}
	e, err := r.entry(ctx, o)
	return e, refused(o.Kind(), err)
}
