package forest

import (
	"context"
	"errors"
	"slices"
	"strings"

	"posthouse/directory"
	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// field is what can be changed of objects of a kind.
type field struct {
	kind      directory.Kind
	name      mgmtclient.Field
	attribute directory.Attribute
	set       func(o directory.Object, e *mgmtclient.Entry) error
}

// of makes a field whose value is put into an object; part is what of an entry it needs.
func of[O directory.Object, P any](name mgmtclient.Field, a directory.Attribute, part func(*mgmtclient.Entry) *P, set func(o O, p *P, e *mgmtclient.Entry) error) field {
	var none O
	return field{none.Kind(), name, a, func(o directory.Object, e *mgmtclient.Entry) error {
		p := part(e)
		if p == nil {
			return mq.Errorf(mq.ErrInsufficientProperties, "change "+title(e), "nothing is given for %s", name)
		}
		return set(o.(O), p, e)
	}}
}

func value[O directory.Object, P, V any](name mgmtclient.Field, a directory.Attribute, part func(*mgmtclient.Entry) *P, at func(O) *V, v func(*P) V) field {
	return of(name, a, part, func(o O, p *P, _ *mgmtclient.Entry) error {
		*at(o) = v(p)
		return nil
	})
}

func whole(e *mgmtclient.Entry) *mgmtclient.Entry           { return e }
func aForest(e *mgmtclient.Entry) *mgmtclient.ForestEntry   { return e.Forest }
func aSite(e *mgmtclient.Entry) *mgmtclient.SiteEntry       { return e.Site }
func aMachine(e *mgmtclient.Entry) *mgmtclient.MachineEntry { return e.Machine }
func aQueue(e *mgmtclient.Entry) *mgmtclient.QueueEntry     { return e.Queue }
func aList(e *mgmtclient.Entry) *mgmtclient.ListEntry       { return e.List }
func anAlias(e *mgmtclient.Entry) *mgmtclient.AliasEntry    { return e.Alias }
func aLink(e *mgmtclient.Entry) *mgmtclient.RouteLink       { return e.Link }

func ids(refs []mgmtclient.EntryRef) []mq.GUID {
	list := make([]mq.GUID, len(refs))
	for i, r := range refs {
		list[i] = r.ID
	}
	return list
}

type (
	dForest  = *directory.Enterprise
	dSite    = *directory.Site
	dMachine = *directory.Machine
	dQueue   = *directory.Queue
	dList    = *directory.List
	dAlias   = *directory.Alias
	dLink    = *directory.Link
	entry    = mgmtclient.Entry
)

// fields are all that Set knows.
var fields = []field{
	value(mgmtclient.FieldLongLived, directory.AttrLongLived, aForest, func(o dForest) *uint32 { return &o.LongLived }, func(p *mgmtclient.ForestEntry) uint32 { return p.LongLived }),
	value(mgmtclient.FieldForeign, directory.AttrForeignSite, aSite, func(o dSite) *bool { return &o.Foreign }, func(p *mgmtclient.SiteEntry) bool { return p.Foreign }),

	value(mgmtclient.FieldQuota, directory.AttrQuota, aMachine, func(o dMachine) *uint32 { return &o.Quota }, func(p *mgmtclient.MachineEntry) uint32 { return unlimited(p.QuotaKB) }),
	value(mgmtclient.FieldJournalQuota, directory.AttrJournalKB, aMachine, func(o dMachine) *uint32 { return &o.Journal }, func(p *mgmtclient.MachineEntry) uint32 { return unlimited(p.JournalQuotaKB) }),
	value(mgmtclient.FieldSites, directory.AttrSites, aMachine, func(o dMachine) *[]mq.GUID { return &o.Sites }, func(p *mgmtclient.MachineEntry) []mq.GUID { return ids(p.Sites) }),
	value(mgmtclient.FieldOutServers, directory.AttrOutServers, aMachine, func(o dMachine) *[]mq.GUID { return &o.OutServers }, func(p *mgmtclient.MachineEntry) []mq.GUID { return ids(p.OutServers) }),
	value(mgmtclient.FieldInServers, directory.AttrInServers, aMachine, func(o dMachine) *[]mq.GUID { return &o.InServers }, func(p *mgmtclient.MachineEntry) []mq.GUID { return ids(p.InServers) }),
	value(mgmtclient.FieldRouting, directory.AttrRouting, aMachine, func(o dMachine) *bool { return &o.Routing }, func(p *mgmtclient.MachineEntry) bool { return p.Routing }),
	value(mgmtclient.FieldForeign, directory.AttrForeign, aMachine, func(o dMachine) *bool { return &o.Foreign }, func(p *mgmtclient.MachineEntry) bool { return p.Foreign }),

	value(mgmtclient.FieldLabel, directory.AttrLabel, whole, func(o dQueue) *string { return &o.Label }, func(p *entry) string { return p.Label }),
	value(mgmtclient.FieldJournal, directory.AttrJournal, aQueue, func(o dQueue) *bool { return &o.Journal }, func(p *mgmtclient.QueueEntry) bool { return p.Journal }),
	value(mgmtclient.FieldQuota, directory.AttrQuota, aQueue, func(o dQueue) *uint32 { return &o.Quota }, func(p *mgmtclient.QueueEntry) uint32 { return unlimited(p.QuotaKB) }),
	value(mgmtclient.FieldJournalQuota, directory.AttrJournalKB, aQueue, func(o dQueue) *uint32 { return &o.JournalQuota }, func(p *mgmtclient.QueueEntry) uint32 { return unlimited(p.JournalQuotaKB) }),
	value(mgmtclient.FieldAuthenticate, directory.AttrAuthenticate, aQueue, func(o dQueue) *bool { return &o.Authenticate }, func(p *mgmtclient.QueueEntry) bool { return p.Authenticate }),
	of(mgmtclient.FieldPrivacy, directory.AttrPrivacy, aQueue, func(o dQueue, p *mgmtclient.QueueEntry, e *entry) error {
		i := slices.Index(privacy, p.PrivacyLevel)
		if i < 0 {
			return invalid("change "+title(e), mgmtclient.FieldPrivacy, mq.ErrIllegalPropertyValue, "there is no privacy level "+mq.Quote(p.PrivacyLevel), "choose none, optional or body")
		}
		o.Privacy = uint8(i)
		return nil
	}),
	value(mgmtclient.FieldBasePriority, directory.AttrBasePriority, aQueue, func(o dQueue) *int16 { return &o.BasePriority }, func(p *mgmtclient.QueueEntry) int16 { return p.BasePriority }),
	value(mgmtclient.FieldServiceType, directory.AttrType, aQueue, func(o dQueue) *mq.GUID { return &o.Type }, func(p *mgmtclient.QueueEntry) mq.GUID { return p.ServiceType }),
	value(mgmtclient.FieldMulticast, directory.AttrMulticast, aQueue, func(o dQueue) *string { return &o.Multicast }, func(p *mgmtclient.QueueEntry) string { return p.Multicast }),

	value(mgmtclient.FieldLabel, directory.AttrDescription, whole, func(o dList) *string { return &o.Description }, func(p *entry) string { return p.Label }),
	of(mgmtclient.FieldMembers, directory.AttrMembers, aList, func(o dList, p *mgmtclient.ListEntry, _ *entry) error {
		o.Members = make([]directory.Member, len(p.Members))
		for i, m := range p.Members {
			k, _ := kindOf(m.Kind)
			o.Members[i] = directory.Member{ID: m.ID, Name: m.Name, Kind: k}
		}
		return nil
	}),
	value(mgmtclient.FieldLabel, directory.AttrDescription, whole, func(o dAlias) *string { return &o.Description }, func(p *entry) string { return p.Label }),
	of(mgmtclient.FieldTarget, directory.AttrFormatName, anAlias, func(o dAlias, p *mgmtclient.AliasEntry, e *entry) error {
		if _, err := mq.ParseFormatName(p.Target); err != nil {
			return invalid("change "+title(e), mgmtclient.FieldTarget, mq.ErrIllegalFormatName, reason(err), "write it as PUBLIC=GUID, DIRECT=OS:computer\\queue or DIRECT=HTTPS://host/msmq/queue")
		}
		o.FormatName = p.Target
		return nil
	}),
	of(mgmtclient.FieldLabel, directory.AttrDescription, aLink, func(o dLink, p *mgmtclient.RouteLink, e *entry) error {
		// A link has it twice: what differs from what is there is meant.
		if o.Description = p.Description; p.Description == "" || e.Label != p.Description && e.Label != "" {
			o.Description = e.Label
		}
		return nil
	}),
	of(mgmtclient.FieldCost, directory.AttrCost, aLink, func(o dLink, p *mgmtclient.RouteLink, e *entry) error {
		if p.Cost < directory.MinCost || p.Cost > directory.MaxCost {
			return invalid("change "+title(e), mgmtclient.FieldCost, mq.ErrIllegalPropertyValue, "the cost of a link is from 1 to 999999", "choose another cost")
		}
		o.Cost = p.Cost
		return nil
	}),
	value(mgmtclient.FieldGates, directory.AttrGates, aLink, func(o dLink) *[]mq.GUID { return &o.Gates }, func(p *mgmtclient.RouteLink) []mq.GUID { return p.Gates }),
}

// fieldOf is the field that an attribute of a kind is shown as.
func fieldOf(k directory.Kind, a directory.Attribute) mgmtclient.Field {
	for _, f := range fields {
		if f.kind == k && f.attribute == a {
			return f.name
		}
	}
	switch a {
	case directory.AttrName, directory.AttrPath, directory.AttrComputer:
		return mgmtclient.FieldName
	case directory.AttrTransactional:
		return mgmtclient.FieldTransactional
	}
	return ""
}

// title is an entry for people.
func title(e *mgmtclient.Entry) string {
	if e.Queue != nil && e.Queue.PathName != "" {
		return e.Queue.PathName
	}
	if e.Name != "" {
		return mq.Quote(e.Name)
	}
	if e.ID.IsZero() {
		return "a " + string(e.Kind)
	}
	return e.ID.String()
}

// Create is mgmtclient.Directory's.
func (f *Forest) Create(ctx context.Context, e mgmtclient.Entry) (mgmtclient.Entry, error) {
	op := "create " + title(&e)
	r, err := f.reader(ctx)
	if err != nil {
		return e, err
	}
	defer f.looked()
	o, err := r.fresh(ctx, op, &e)
	if err != nil {
		return e, err
	}
	for _, d := range fields {
		if d.kind != o.Kind() {
			continue
		}
		if err := d.set(o, &e); err != nil {
			return e, err
		}
	}
	if l, ok := o.(*directory.Link); ok {
		if err := r.checkGates(ctx, op, l); err != nil {
			return e, err
		}
	}
	made, err := r.d.Create(ctx, e.Parent, o)
	if err != nil {
		return e, refused(o.Kind(), err)
	}
	return r.done(ctx, Created, made)
}

// fresh is a new object with what cannot be changed later.
func (r *reader) fresh(ctx context.Context, op string, e *mgmtclient.Entry) (directory.Object, error) {
	lacks := func(f mgmtclient.Field, why, fix string) error {
		return invalid(op, f, mq.ErrInsufficientProperties, why, fix)
	}
	head := directory.Head{Name: e.Name}
	switch e.Kind {
	case mgmtclient.EntrySite:
		if e.Site == nil {
			e.Site = &mgmtclient.SiteEntry{}
		}
		return &directory.Site{Head: head}, nil
	case mgmtclient.EntryMachine:
		if e.Machine == nil || len(e.Machine.Sites) == 0 {
			return nil, lacks(mgmtclient.FieldSites, "it is in no site", "choose a site")
		}
		name := e.Machine.Computer
		if name == "" {
			name = e.Name
		}
		return &directory.Machine{Head: head, Computer: name}, nil
	case mgmtclient.EntryQueue:
		if e.Queue == nil {
			return nil, lacks(mgmtclient.FieldName, "its computer is not named", "choose a computer")
		}
		return r.freshQueue(ctx, op, e)
	case mgmtclient.EntryList:
		if e.List == nil {
			e.List = &mgmtclient.ListEntry{}
		}
		return &directory.List{Head: head}, nil
	case mgmtclient.EntryAlias:
		if e.Alias == nil {
			return nil, lacks(mgmtclient.FieldTarget, "it stands for no queue", "choose a queue, or write its format name")
		}
		return &directory.Alias{Head: head}, nil
	case mgmtclient.EntryLink:
		if e.Link == nil || e.Link.Site1.IsZero() || e.Link.Site2.IsZero() || e.Link.Site1 == e.Link.Site2 {
			return nil, lacks(mgmtclient.FieldName, "a routing link joins two different sites", "choose two sites")
		}
		return &directory.Link{Head: head, Site1: e.Link.Site1, Site2: e.Link.Site2}, nil
	}
	return nil, mq.Errorf(mq.ErrUnsupportedOperation, op, "the console does not make entries of this kind").
		WithFix("use the tools of the domain, or join the computer to the directory")
}

// freshQueue finds the computer of a new queue by what is given of it.
func (r *reader) freshQueue(ctx context.Context, op string, e *mgmtclient.Entry) (directory.Object, error) {
	q := e.Queue
	computer, name, ok := strings.Cut(q.PathName, `\`)
	if !ok {
		name = e.Name
	}
	ref := directory.ByID(q.Machine.ID)
	if q.Machine.ID.IsZero() {
		if computer == "" {
			computer = q.Machine.Name
		}
		ref = directory.ByName(computer)
	}
	if ref == (directory.Ref{}) {
		return nil, invalid(op, mgmtclient.FieldName, mq.ErrInsufficientProperties, "its computer is not named", "choose a computer")
	}
	m, err := directory.Get[*directory.Machine](ctx, r.d, ref)
	if err != nil {
		return nil, refused(directory.KindQueue, err)
	}
	if q.PrivacyLevel == "" {
		q.PrivacyLevel = "optional" // MS-MQDMPR 3.1.1.2
	}
	return &directory.Queue{Machine: m.ID, Computer: m.Computer, Queue: name, Transactional: q.Transactional}, nil
}

// checkGates refuses gates that would be ignored.
func (r *reader) checkGates(ctx context.Context, op string, l *directory.Link) error {
	for _, id := range l.Gates {
		m, err := directory.Get[*directory.Machine](ctx, r.d, directory.ByID(id))
		why := ""
		switch {
		case err != nil && !gone(err):
			return refused(directory.KindLink, err)
		case err != nil:
			why = id.String() + " is not in the directory any more"
		case !m.Routing || m.Foreign:
			why = m.Computer + " is no routing server"
		case !slices.Contains(m.Sites, l.Site1) && !slices.Contains(m.Sites, l.Site2):
			why = m.Computer + " belongs to neither of the two sites"
		default:
			continue
		}
		return invalid(op, mgmtclient.FieldGates, mq.ErrIllegalPropertyValue, why+", so it cannot be a gate of the link", "choose routing servers of the two sites")
	}
	return nil
}

// Set is mgmtclient.Directory's.
func (f *Forest) Set(ctx context.Context, e mgmtclient.Entry, names ...mgmtclient.Field) (mgmtclient.Entry, error) {
	op := "change " + title(&e)
	r, err := f.reader(ctx)
	if err != nil {
		return e, err
	}
	defer f.looked()
	k, err := kindOf(e.Kind)
	if err != nil {
		return e, err
	}
	o, err := r.d.Read(ctx, k, directory.ByID(e.ID))
	if err != nil {
		return e, refused(k, err)
	}
	var attributes []directory.Attribute
	for _, n := range names {
		i := slices.IndexFunc(fields, func(d field) bool { return d.kind == k && d.name == n })
		if i < 0 {
			return e, invalid(op, n, mq.ErrPropertyNotAllowed, "this cannot be changed when it has been made", "make a new one and delete the old")
		}
		if err := fields[i].set(o, &e); err != nil {
			return e, err
		}
		attributes = append(attributes, fields[i].attribute)
	}
	if l, ok := o.(*directory.Link); ok && slices.Contains(names, mgmtclient.FieldGates) {
		if err := r.checkGates(ctx, op, l); err != nil {
			return e, err
		}
	}
	if len(attributes) > 0 {
		if err := r.d.Write(ctx, o, attributes...); err != nil {
			return e, refused(k, err)
		}
	}
	if o, err = r.d.Read(ctx, k, directory.ByID(e.ID)); err != nil {
		return e, refused(k, err)
	}
	return r.done(ctx, Changed, o)
}

// Delete is mgmtclient.Directory's.
func (f *Forest) Delete(ctx context.Context, id mq.GUID, whole bool) error {
	r, err := f.reader(ctx)
	if err != nil {
		return err
	}
	defer f.looked()
	o, err := r.d.Read(ctx, 0, directory.ByID(id))
	if err != nil {
		return refused(0, err)
	}
	if err := r.d.Delete(ctx, o, whole); err != nil {
		return refused(o.Kind(), err)
	}
	_, err = r.done(ctx, Deleted, o)
	return err
}

// done is what follows a change: who is concerned is told, and the entry is read back.
func (r *reader) done(ctx context.Context, w What, o directory.Object) (mgmtclient.Entry, error) {
	r.f.outdated(o.Kind())
	c := Change{What: w, Kind: o.Kind(), ID: o.Common().ID}
	switch o := o.(type) {
	case *directory.Queue:
		c.Machine = o.Machine
		if n, err := r.ref(ctx, o.Machine); err == nil {
			c.Foreign = n.foreign
		}
		r.f.o.Notify(ctx, c)
	case *directory.Machine:
		c.Machine, c.Foreign = o.ID, o.Foreign
		r.f.o.Notify(ctx, c)
	case *directory.Link:
		c.Servers = r.f.servers(o)
		r.f.o.Notify(ctx, c)
	}
	defer r.f.changed()
	if w == Deleted {
		return mgmtclient.Entry{}, nil
	}
	e, err := r.entry(ctx, o)
	if err != nil {
		// It was done: that it cannot be shown is another matter.
		return e, mq.Errorf(mq.CodeOf(err), "read what was changed", "%w", errors.Unwrap(refused(o.Kind(), err))).WithFix("read it again")
	}
	return e, nil
}
