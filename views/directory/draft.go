package directory

import (
	"slices"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// draft is an entry as it was read and as it is filled in.
type draft struct {
	was, now mgmtclient.Entry
	// faults are fields with something in them that cannot be.
	faults map[mgmtclient.Field]string
}

func newDraft(e mgmtclient.Entry) *draft {
	return &draft{was: copyOf(e), now: copyOf(e), faults: map[mgmtclient.Field]string{}}
}

func (d *draft) revert() { d.now, d.faults = copyOf(d.was), map[mgmtclient.Field]string{} }

// fault notes what is wrong with a field; "" nothing is.
func (d *draft) fault(f mgmtclient.Field, why string) {
	if why == "" {
		delete(d.faults, f)
	} else {
		d.faults[f] = why
	}
}

// copyOf is a copy that shares nothing.
func copyOf(e mgmtclient.Entry) mgmtclient.Entry {
	e.Forest, e.Site, e.Machine, e.Queue = dup(e.Forest), dup(e.Site), dup(e.Machine), dup(e.Queue)
	e.List, e.Alias, e.Link, e.User = dup(e.List), dup(e.Alias), dup(e.Link), dup(e.User)
	if f := e.Forest; f != nil {
		f.WeakenedSecurity, f.NotifyOld = dup(f.WeakenedSecurity), dup(f.NotifyOld)
	}
	if m := e.Machine; m != nil {
		m.Sites, m.OutServers, m.InServers = slices.Clone(m.Sites), slices.Clone(m.OutServers), slices.Clone(m.InServers)
		m.QuotaKB, m.JournalQuotaKB = dup(m.QuotaKB), dup(m.JournalQuotaKB)
	}
	if q := e.Queue; q != nil {
		q.QuotaKB, q.JournalQuotaKB = dup(q.QuotaKB), dup(q.JournalQuotaKB)
	}
	if e.List != nil {
		e.List.Members = slices.Clone(e.List.Members)
	}
	if e.Link != nil {
		e.Link.Gates = slices.Clone(e.Link.Gates)
	}
	return e
}

func dup[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

func same[T comparable](a, b *T) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

// changed are the fields that are not as they were read, in the order of the form.
func (d *draft) changed() []mgmtclient.Field {
	var out []mgmtclient.Field
	add := func(f mgmtclient.Field, changed bool) {
		if changed {
			out = append(out, f)
		}
	}
	a, b := &d.was, &d.now
	add(mgmtclient.FieldLabel, a.Label != b.Label)
	if a.Queue != nil && b.Queue != nil {
		x, y := a.Queue, b.Queue
		add(mgmtclient.FieldQuota, !same(x.QuotaKB, y.QuotaKB))
		add(mgmtclient.FieldJournal, x.Journal != y.Journal)
		add(mgmtclient.FieldJournalQuota, !same(x.JournalQuotaKB, y.JournalQuotaKB))
		add(mgmtclient.FieldPrivacy, x.PrivacyLevel != y.PrivacyLevel)
		add(mgmtclient.FieldAuthenticate, x.Authenticate != y.Authenticate)
		add(mgmtclient.FieldBasePriority, x.BasePriority != y.BasePriority)
		add(mgmtclient.FieldServiceType, x.ServiceType != y.ServiceType)
		add(mgmtclient.FieldMulticast, x.Multicast != y.Multicast)
	}
	if a.Machine != nil && b.Machine != nil {
		x, y := a.Machine, b.Machine
		add(mgmtclient.FieldSites, !sameRefs(x.Sites, y.Sites))
		add(mgmtclient.FieldRouting, x.Routing != y.Routing)
		add(mgmtclient.FieldOutServers, !sameRefs(x.OutServers, y.OutServers))
		add(mgmtclient.FieldInServers, !sameRefs(x.InServers, y.InServers))
		add(mgmtclient.FieldQuota, !same(x.QuotaKB, y.QuotaKB))
		add(mgmtclient.FieldJournalQuota, !same(x.JournalQuotaKB, y.JournalQuotaKB))
	}
	if a.List != nil && b.List != nil {
		add(mgmtclient.FieldMembers, !sameRefs(a.List.Members, b.List.Members))
	}
	if a.Alias != nil && b.Alias != nil {
		add(mgmtclient.FieldTarget, a.Alias.Target != b.Alias.Target)
	}
	if a.Forest != nil && b.Forest != nil {
		add(mgmtclient.FieldLongLived, a.Forest.LongLived != b.Forest.LongLived)
	}
	return out
}

// dirty reports whether something was changed, or typed that cannot be kept.
func (d *draft) dirty() bool { return len(d.changed()) > 0 || len(d.faults) > 0 }

// fits says what keeps the entry from being saved; "" nothing does.
func (d *draft) fits() string {
	for _, why := range d.faults {
		return why
	}
	return ""
}

// fieldNames are the fields as a refusal names them: "you may not set the limit".
var fieldNames = map[mgmtclient.Field]string{
	mgmtclient.FieldLabel: "the label", mgmtclient.FieldJournal: "the journal", mgmtclient.FieldQuota: "the limit",
	mgmtclient.FieldJournalQuota: "the limit of the journal", mgmtclient.FieldAuthenticate: "who must sign",
	mgmtclient.FieldPrivacy: "the encryption", mgmtclient.FieldBasePriority: "the base priority",
	mgmtclient.FieldServiceType: "the type", mgmtclient.FieldMulticast: "the multicast address",
	mgmtclient.FieldTransactional: "whether it is transactional", mgmtclient.FieldSites: "the sites",
	mgmtclient.FieldOutServers: "the servers out", mgmtclient.FieldInServers: "the servers in",
	mgmtclient.FieldRouting: "the routing role", mgmtclient.FieldForeign: "whether it is foreign",
	mgmtclient.FieldCost: "the cost", mgmtclient.FieldGates: "the gates", mgmtclient.FieldMembers: "the members",
	mgmtclient.FieldTarget: "the target", mgmtclient.FieldLongLived: "the default lifetime", mgmtclient.FieldName: "the name",
}

// labelFault says what is wrong with a label.
func labelFault(e *mgmtclient.Entry, label string) string {
	if e.Queue != nil && mq.LabelLength(label) > mq.MaxQueueLabel {
		return "At most 124 characters"
	}
	return ""
}

// rebase takes over an entry as it was read again, with the changes on top.
func (d *draft) rebase(e mgmtclient.Entry) {
	now := copyOf(e)
	for _, f := range d.changed() {
		carry(&now, &d.now, f)
	}
	d.was, d.now = copyOf(e), now
}

// carry puts what a field has in one entry into another.
func carry(to, from *mgmtclient.Entry, f mgmtclient.Field) {
	if f == mgmtclient.FieldLabel {
		to.Label = from.Label
	}
	if a, b := to.Queue, from.Queue; a != nil && b != nil {
		carryQueue(a, b, f)
	}
	if a, b := to.Machine, from.Machine; a != nil && b != nil {
		carryMachine(a, b, f)
	}
	if to.List != nil && from.List != nil && f == mgmtclient.FieldMembers {
		to.List.Members = slices.Clone(from.List.Members)
	}
	if to.Alias != nil && from.Alias != nil && f == mgmtclient.FieldTarget {
		to.Alias.Target = from.Alias.Target
	}
	if to.Forest != nil && from.Forest != nil && f == mgmtclient.FieldLongLived {
		to.Forest.LongLived = from.Forest.LongLived
	}
}

func carryQueue(to, from *mgmtclient.QueueEntry, f mgmtclient.Field) {
	switch f {
	case mgmtclient.FieldQuota:
		to.QuotaKB = dup(from.QuotaKB)
	case mgmtclient.FieldJournal:
		to.Journal = from.Journal
	case mgmtclient.FieldJournalQuota:
		to.JournalQuotaKB = dup(from.JournalQuotaKB)
	case mgmtclient.FieldPrivacy:
		to.PrivacyLevel = from.PrivacyLevel
	case mgmtclient.FieldAuthenticate:
		to.Authenticate = from.Authenticate
	case mgmtclient.FieldBasePriority:
		to.BasePriority = from.BasePriority
	case mgmtclient.FieldServiceType:
		to.ServiceType = from.ServiceType
	case mgmtclient.FieldMulticast:
		to.Multicast = from.Multicast
	}
}

func carryMachine(to, from *mgmtclient.MachineEntry, f mgmtclient.Field) {
	switch f {
	case mgmtclient.FieldSites:
		to.Sites = slices.Clone(from.Sites)
	case mgmtclient.FieldRouting:
		to.Routing = from.Routing
	case mgmtclient.FieldOutServers:
		to.OutServers = slices.Clone(from.OutServers)
	case mgmtclient.FieldInServers:
		to.InServers = slices.Clone(from.InServers)
	case mgmtclient.FieldQuota:
		to.QuotaKB = dup(from.QuotaKB)
	case mgmtclient.FieldJournalQuota:
		to.JournalQuotaKB = dup(from.JournalQuotaKB)
	}
}
