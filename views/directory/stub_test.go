package directory

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"testing"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

type stub struct {
	mgmtclient.Directory
	all []mgmtclient.Entry
	err error
}

func id(n int) mq.GUID { g := mq.GUID{8: 0x80, 7: 0x40}; g[0], g[1] = byte(n), byte(n>>8); return g }

func newStub(t testing.TB) *stub {
	s := &stub{}
	n := 1
	add := func(e mgmtclient.Entry) *mgmtclient.Entry {
		e.ID = id(n)
		n++
		e.Modified = time.Date(2026, 11, 18, 16, 20, 0, 0, time.UTC)
		e.Read = time.Date(2026, 11, 19, 14, 32, 5, 0, time.UTC)
		e.Controller = "DC02.nordhavn.example"
		s.all = append(s.all, e)
		return &s.all[len(s.all)-1]
	}
	s.all = make([]mgmtclient.Entry, 0, 200)
	for _, x := range []string{"Aarhus", "Copenhagen", "DMZ", "Hirtshals", "Odense", "Oslo", "Rønne", "Skagen"} {
		site := add(mgmtclient.Entry{Kind: mgmtclient.EntrySite, Name: x, DN: "CN=" + x, Site: &mgmtclient.SiteEntry{Foreign: x == "DMZ", Machines: 1}})
		ms := []string{"X-" + strings.ToUpper(x)}
		if x == "Copenhagen" {
			ms = []string{"CPH-ARCHIVE", "ERP-SQL03", "HUB-CPH01"}
			site.Site.Machines = 3
		}
		for _, m := range ms {
			me := add(mgmtclient.Entry{Kind: mgmtclient.EntryMachine, Name: m, Where: x, DN: "CN=msmq,CN=" + m, Machine: &mgmtclient.MachineEntry{Computer: m, Sites: []mgmtclient.EntryRef{refOf(site)}, Queues: 1}})
			if m == "HUB-CPH01" {
				for i, q := range []string{"bookings", "customs.status", "edi.partners", "freight.rates", "orders.confirmed", "orders.returns", "price.broadcast", "stock.levels"} {
					k := uint32(102400)
					me.Machine.Queues = i + 1
					e := add(mgmtclient.Entry{Kind: mgmtclient.EntryQueue, Name: q, Label: "Label of " + q, Where: m, DN: "CN=" + q + ",CN=msmq,CN=HUB-CPH01,OU=Servers,DC=nordhavn,DC=example",
						Queue: &mgmtclient.QueueEntry{Machine: refOf(me), PathName: m + `\` + q, PrivacyLevel: "optional", QuotaKB: &k, Transactional: true}})
					e.FormatName = "PUBLIC=" + e.ID.String()
					if q == "orders.confirmed" {
						e.Label = "Confirmed, shops"
					}
				}
			}
		}
	}
	add(mgmtclient.Entry{Kind: mgmtclient.EntryList, Name: "Order watchers", Label: "Told of every order", List: &mgmtclient.ListEntry{Members: make([]mgmtclient.EntryRef, 4)}})
	add(mgmtclient.Entry{Kind: mgmtclient.EntryAlias, Name: "b2b-orders", Label: "Kattegat, by HTTPS", Where: "other firm", Alias: &mgmtclient.AliasEntry{Target: "DIRECT=HTTP://x/msmq/y"}})
	sort.Slice(s.all, func(i, j int) bool { return strings.ToLower(s.all[i].Name) < strings.ToLower(s.all[j].Name) })
	return s
}

func (s *stub) Status() mgmtclient.DirectoryStatus {
	return mgmtclient.DirectoryStatus{Configured: true, Connected: true, Forest: "nordhavn.example", Controller: "DC01.nordhavn.example", As: `NORDHAVN\anna`}
}
func (s *stub) Watch(ctx context.Context) <-chan struct{} { return make(chan struct{}) }
func (s *stub) Find(_ context.Context, q mgmtclient.DirectoryQuery) (mgmtclient.DirectoryPage, error) {
	var p mgmtclient.DirectoryPage
	p.Took = 200 * time.Millisecond
	for _, e := range s.all {
		ok := len(q.Kinds) == 0
		for _, k := range q.Kinds {
			ok = ok || k == e.Kind
		}
		if q.Under != "" {
			in := false
			if e.Machine != nil {
				in = e.Machine.Sites[0].ID.String() == q.Under
			}
			if e.Queue != nil {
				in = e.Queue.Machine.ID.String() == q.Under
			}
			ok = ok && in
		}
		if ok && strings.Contains(strings.ToLower(e.Name+e.Label), strings.ToLower(q.Text)) {
			p.Entries = append(p.Entries, copyOf(e))
		}
	}
	p.Total = len(p.Entries)
	return p, nil
}
func (s *stub) Entry(_ context.Context, ref string) (mgmtclient.Entry, error) {
	for _, e := range s.all {
		if e.ID.String() == ref || e.DN == ref {
			return copyOf(e), nil
		}
	}
	return mgmtclient.Entry{}, mq.Errorf(mq.ErrObjectNotFound, "read", "there is none")
}
func (s *stub) UsedBy(context.Context, mq.GUID) ([]mgmtclient.EntryUse, error) {
	return []mgmtclient.EntryUse{{Entry: s.all[0], How: "is another name for it"}}, nil
}
func (s *stub) Permissions(context.Context, mq.GUID) (mgmtclient.Permissions, error) {
	return mgmtclient.Permissions{Owner: mgmtclient.Account{Name: "HUB-CPH01$"}, Entries: []mgmtclient.Permission{
		{Account: mgmtclient.Account{Name: "HUB-CPH01$"}, Rights: uint32(mq.RightQueueGenericAll)},
		{Account: mgmtclient.Account{Name: "MSMQ Admins"}, Rights: uint32(mq.RightQueueGenericAll)},
		{Account: mgmtclient.Account{Name: `NORDHAVN\anna`}, Rights: uint32(mq.RightQueueGenericRead | mq.RightQueueGenericWrite)},
		{Account: mgmtclient.Account{SID: everyone, Name: "Everyone"}, Rights: uint32(mq.RightGetQueueProperties)},
	}}, nil
}
func (s *stub) Set(_ context.Context, e mgmtclient.Entry, f ...mgmtclient.Field) (mgmtclient.Entry, error) {
	return mgmtclient.Entry{}, &mq.Error{Code: mq.ErrAccessDenied, Op: "change", Why: "you may not", Err: &mgmtclient.Refusal{Controller: "DC01.nordhavn.example", Code: 50, Name: "insufficientAccessRights", Field: mgmtclient.FieldQuota}}
}
func (s *stub) SignIn(context.Context) (mgmtclient.DirectorySignIn, error) {
	return mgmtclient.DirectorySignIn{Domain: "nordhavn.example", SignIn: mgmtclient.SignInPassword, User: `NORDHAVN\anna`}, nil
}
func (s *stub) Choose(context.Context, mgmtclient.DirectorySignIn, *string) error { return nil }
func (s *stub) Create(_ context.Context, e mgmtclient.Entry) (mgmtclient.Entry, error) {
	return e, fmt.Errorf("no")
}
func (s *stub) Keeper() (string, bool) { return "the keyring of this desktop", true }
func (s *stub) Close() error           { return nil }
