package forest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"posthouse/directory"
	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/mgmtclient/forest"
)

// open is the forest of the pictures for an account.
func open(t *testing.T, as string, notify func(context.Context, forest.Change)) *fake.Directory {
	t.Helper()
	d := fake.NewDirectory(fake.DirectoryOptions{As: as, Notify: notify})
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func find(t *testing.T, d mgmtclient.Directory, q mgmtclient.DirectoryQuery) mgmtclient.DirectoryPage {
	t.Helper()
	p, err := d.Find(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// one finds the entry of a name.
func one(t *testing.T, d mgmtclient.Directory, k mgmtclient.EntryKind, name string) mgmtclient.Entry {
	t.Helper()
	p := find(t, d, mgmtclient.DirectoryQuery{Kinds: []mgmtclient.EntryKind{k}})
	i := slices.IndexFunc(p.Entries, func(e mgmtclient.Entry) bool { return e.Name == name })
	if i < 0 {
		t.Fatalf("there is no %s %s", k, name)
	}
	return p.Entries[i]
}

func names(list []mgmtclient.Entry) []string {
	out := []string{}
	for _, e := range list {
		out = append(out, e.Name)
	}
	return out
}

func uses(t *testing.T, d mgmtclient.Directory, e mgmtclient.Entry) []string {
	t.Helper()
	list, err := d.UsedBy(t.Context(), e.ID)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, u := range list {
		out = append(out, u.Entry.Name+" "+u.How)
	}
	return out
}

func refusal(t *testing.T, err error) *mgmtclient.Refusal {
	t.Helper()
	var r *mgmtclient.Refusal
	if !errors.As(err, &r) {
		t.Fatalf("no refusal: %v", err)
	}
	return r
}

func TestWhatBelongsToASiteOrAMachineIsFoundBelowIt(t *testing.T) {
	d := open(t, "anna", nil)
	copenhagen := one(t, d, mgmtclient.EntrySite, "Copenhagen")
	if copenhagen.Site.Machines != 3 {
		t.Errorf("it has %d machines", copenhagen.Site.Machines)
	}
	hub := one(t, d, mgmtclient.EntryMachine, "HUB-CPH01")
	if hub.Machine.Queues != 8 || hub.Where != "Copenhagen" || !hub.Machine.Routing {
		t.Errorf("%+v", hub.Machine)
	}
	for _, c := range []struct {
		q    mgmtclient.DirectoryQuery
		want string
	}{
		{mgmtclient.DirectoryQuery{Kinds: []mgmtclient.EntryKind{mgmtclient.EntryMachine}, Under: copenhagen.ID.String()}, "CPH-ARCHIVE ERP-SQL03 HUB-CPH01"},
		{mgmtclient.DirectoryQuery{Kinds: []mgmtclient.EntryKind{mgmtclient.EntryQueue}, Under: hub.ID.String()}, "bookings customs.status edi.partners freight.rates orders.confirmed orders.returns price.broadcast stock.levels"},
		{mgmtclient.DirectoryQuery{Text: "ORDER", Under: copenhagen.ID.String()}, "orders.archive orders.confirmed orders.returns"},
		{mgmtclient.DirectoryQuery{Kinds: []mgmtclient.EntryKind{mgmtclient.EntryLink}, Under: one(t, d, mgmtclient.EntrySite, "Odense").ID.String()}, "Aarhus – Odense, Odense – Copenhagen"},
		{mgmtclient.DirectoryQuery{Under: hub.DN}, "HUB-CPH01 bookings customs.status"},
		{mgmtclient.DirectoryQuery{Kinds: []mgmtclient.EntryKind{mgmtclient.EntryLink}, Text: "leased"}, "Aarhus – Odense"},
		{mgmtclient.DirectoryQuery{Text: "*"}, ""},
	} {
		got := names(find(t, d, c.q).Entries)
		sep := " "
		if strings.Contains(c.want, ",") || strings.Contains(c.want, "–") {
			sep = ", "
		}
		if s := strings.Join(got, sep); s != c.want && !(c.q.Under == hub.DN && len(got) == 9) {
			t.Errorf("%+v: %s", c.q, s)
		}
	}
}

func TestPagesGoOnWhereTheLastEnded(t *testing.T) {
	d := open(t, "anna", nil)
	all := find(t, d, mgmtclient.DirectoryQuery{})
	if all.Next != "" || all.Total != len(all.Entries) || all.Total < 50 {
		t.Fatalf("%d entries of %d, next %q", len(all.Entries), all.Total, all.Next)
	}
	for _, size := range []int{1, 7, 200} {
		var got []string
		q := mgmtclient.DirectoryQuery{Limit: size}
		for {
			p := find(t, d, q)
			if p.Total != all.Total {
				t.Fatalf("%d in all", p.Total)
			}
			got = append(got, names(p.Entries)...)
			if q.After = p.Next; p.Next == "" {
				break
			}
		}
		if d := cmp.Diff(names(all.Entries), got); d != "" {
			t.Errorf("by %d: %s", size, d)
		}
	}
	if _, err := d.Find(t.Context(), mgmtclient.DirectoryQuery{After: "1,x"}); mgmtclient.Code(err) != mq.ErrInvalidParameter {
		t.Errorf("goes on after nonsense: %v", err)
	}
}

func TestEntriesAreReadByGUIDNameAndPath(t *testing.T) {
	d := open(t, "anna", nil)
	q := one(t, d, mgmtclient.EntryQueue, "orders.confirmed")
	for _, ref := range []string{q.ID.String(), "{" + strings.ToUpper(q.ID.String()) + "}", q.DN, `hub-cph01\orders.confirmed`} {
		e, err := d.Entry(t.Context(), ref)
		if err != nil || e.ID != q.ID || e.Queue.PathName != `HUB-CPH01\orders.confirmed` {
			t.Errorf("%s: %v, %v", ref, e.Name, err)
		}
	}
	if e, err := d.Entry(t.Context(), "HUB-CPH01"); err != nil || e.Kind != mgmtclient.EntryMachine {
		t.Errorf("%v, %v", e, err)
	}
	for ref, code := range map[string]mq.HResult{`HUB-CPH01\nothing`: mq.ErrQueueNotFound, mq.NewGUID().String(): mq.ErrObjectNotFound, "": mq.ErrInvalidParameter} {
		if _, err := d.Entry(t.Context(), ref); mgmtclient.Code(err) != code {
			t.Errorf("%q: %v", ref, err)
		}
	}
}

func TestWhatIsMadeChangedAndDeletedIsReadBackAndTold(t *testing.T) {
	var told []forest.Change
	d := open(t, "Administrator", func(_ context.Context, c forest.Change) { told = append(told, c) })
	hub := one(t, d, mgmtclient.EntryMachine, "HUB-AAR02")
	limit := uint32(2048)
	made, err := d.Create(t.Context(), mgmtclient.Entry{Kind: mgmtclient.EntryQueue, Name: "orders.new", Label: "New", Queue: &mgmtclient.QueueEntry{
		Machine: mgmtclient.EntryRef{ID: hub.ID}, Transactional: true, QuotaKB: &limit,
	}})
	if err != nil {
		t.Fatal(err)
	}
	if made.Queue.PathName != `HUB-AAR02\orders.new` || made.Label != "New" || !made.Queue.Transactional || *made.Queue.QuotaKB != limit || made.Queue.JournalQuotaKB != nil || made.Queue.PrivacyLevel != "optional" {
		t.Errorf("%+v", made.Queue)
	}
	e := made
	e.Label, e.Queue = "Newer", new(mgmtclient.QueueEntry)
	*e.Queue = *made.Queue
	e.Queue.Journal, e.Queue.BasePriority, e.Queue.PrivacyLevel, e.Queue.QuotaKB = true, -7, "body", nil
	e.Queue.Authenticate = true // is not named below
	changed, err := d.Set(t.Context(), e, mgmtclient.FieldLabel, mgmtclient.FieldJournal, mgmtclient.FieldBasePriority, mgmtclient.FieldPrivacy, mgmtclient.FieldQuota)
	if err != nil {
		t.Fatal(err)
	}
	if q := changed.Queue; changed.Label != "Newer" || !q.Journal || q.BasePriority != -7 || q.PrivacyLevel != "body" || q.QuotaKB != nil || q.Authenticate {
		t.Errorf("%+v", q)
	}
	if err := d.Delete(t.Context(), made.ID, false); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Entry(t.Context(), made.ID.String()); err == nil {
		t.Error("it is still there")
	}
	want := []forest.Change{
		{What: forest.Created, Kind: directory.KindQueue, ID: made.ID, Machine: hub.ID},
		{What: forest.Changed, Kind: directory.KindQueue, ID: made.ID, Machine: hub.ID},
		{What: forest.Deleted, Kind: directory.KindQueue, ID: made.ID, Machine: hub.ID},
	}
	if d := cmp.Diff(want, told); d != "" {
		t.Error(d)
	}
}

func TestLinkIsToldToTheServersOfItsSites(t *testing.T) {
	var told []forest.Change
	d := open(t, "Administrator", func(_ context.Context, c forest.Change) { told = append(told, c) })
	hub, wms := one(t, d, mgmtclient.EntryMachine, "HUB-AAR02"), one(t, d, mgmtclient.EntryMachine, "WMS-ODN01")
	link := one(t, d, mgmtclient.EntryLink, "Aarhus – Odense")
	if _, err := d.Routes(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	link.Link.Cost++
	if _, err := d.Set(t.Context(), link, mgmtclient.FieldCost); err != nil {
		t.Fatal(err)
	}
	want := []forest.Change{{What: forest.Changed, Kind: directory.KindLink, ID: link.ID, Servers: []mq.GUID{hub.ID, wms.ID}}}
	if d := cmp.Diff(want, told); d != "" {
		t.Error(d)
	}
}

func TestRefusalsNameTheFieldAndTheFix(t *testing.T) {
	d := open(t, "anna", nil)
	q := one(t, d, mgmtclient.EntryQueue, "orders.confirmed")
	before := q.Label
	q.Label = "Mine"
	_, err := d.Set(t.Context(), q, mgmtclient.FieldLabel)
	if r := refusal(t, err); r.Code != 50 || r.Name != "insufficientAccessRights" || r.Controller == "" || r.Text == "" || mgmtclient.Code(err) != mq.ErrAccessDenied {
		t.Errorf("%+v, %v", r, err)
	}
	if e, err := d.Entry(t.Context(), q.ID.String()); err != nil || e.Label != before {
		t.Errorf("now it is %q, %v", e.Label, err)
	}
	admin := open(t, "Administrator", nil)
	link := one(t, admin, mgmtclient.EntryLink, "Aarhus – Odense")
	anna := one(t, admin, mgmtclient.EntryMachine, "LT-ANNA")
	oslo := one(t, admin, mgmtclient.EntryMachine, "WMS-OSL04")
	alias := one(t, admin, mgmtclient.EntryAlias, "orders-main")
	for name, c := range map[string]struct {
		e     mgmtclient.Entry
		field mgmtclient.Field
	}{
		"a label that is too long": {func() mgmtclient.Entry { e := q; e.Label = strings.Repeat("x", 125); return e }(), mgmtclient.FieldLabel},
		"no cost":                  {with(link, func(l *mgmtclient.RouteLink) { l.Cost = 0 }), mgmtclient.FieldCost},
		"too dear":                 {with(link, func(l *mgmtclient.RouteLink) { l.Cost = 1_000_000 }), mgmtclient.FieldCost},
		"a gate that routes not":   {with(link, func(l *mgmtclient.RouteLink) { l.Gates = []mq.GUID{anna.ID} }), mgmtclient.FieldGates},
		"a gate from elsewhere":    {with(link, func(l *mgmtclient.RouteLink) { l.Gates = []mq.GUID{oslo.ID} }), mgmtclient.FieldGates},
		"a gate that is gone":      {with(link, func(l *mgmtclient.RouteLink) { l.Gates = []mq.GUID{mq.NewGUID()} }), mgmtclient.FieldGates},
		"transactional afterwards": {q, mgmtclient.FieldTransactional},
		"a target that is none":    {func() mgmtclient.Entry { e := alias; e.Alias = &mgmtclient.AliasEntry{Target: "PUBLIC="}; return e }(), mgmtclient.FieldTarget},
	} {
		_, err := admin.Set(t.Context(), c.e, c.field)
		if err == nil {
			t.Errorf("%s is taken", name)
			continue
		}
		var r *mgmtclient.Refusal
		if name != "a label that is too long" && (!errors.As(err, &r) || r.Field != c.field) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

func with(e mgmtclient.Entry, change func(*mgmtclient.RouteLink)) mgmtclient.Entry {
	l := *e.Link
	change(&l)
	e.Link = &l
	return e
}

func TestWhatADeletionBreaksIsSaidBefore(t *testing.T) {
	d := open(t, "Administrator", nil)
	if got, want := uses(t, d, one(t, d, mgmtclient.EntryLink, "Rønne – Copenhagen")), "Hirtshals does not reach Rønne without it"; len(got) != 7 || got[0] != want {
		t.Errorf("the only link of Rønne: %q", got)
	}
	if d := cmp.Diff([]string{
		"Rønne reaches Odense at cost 13 without it, now at 7", "Odense reaches DMZ at cost 8 without it, now at 2",
	}, pick(uses(t, d, one(t, d, mgmtclient.EntryLink, "Odense – Copenhagen")), "DMZ", "Rønne reaches")); d != "" {
		t.Error(d)
	}
	got := uses(t, d, one(t, d, mgmtclient.EntryMachine, "HUB-AAR02"))
	for _, want := range []string{
		"Hirtshals – Aarhus has it as its only site gate", "Aarhus – Copenhagen has it as one of 2 site gates", "orders.jutland is a public queue on it",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is not among %q", want, got)
		}
	}
	if got := uses(t, d, one(t, d, mgmtclient.EntrySite, "Oslo")); !slices.Contains(got, "Oslo – Copenhagen ends there") || !slices.Contains(got, "WMS-OSL04 belongs to it") {
		t.Errorf("%q", got)
	}
	hub := one(t, d, mgmtclient.EntryMachine, "HUB-AAR02")
	if r := refusal(t, d.Delete(t.Context(), hub.ID, false)); r.Code != 66 {
		t.Errorf("%+v", r)
	}
	if err := d.Delete(t.Context(), hub.ID, true); err != nil {
		t.Error(err)
	}
}

func pick(list []string, parts ...string) []string {
	return slices.DeleteFunc(list, func(s string) bool {
		return !slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(s, p) && !strings.HasPrefix(s, "Oslo") })
	})
}

func TestTheMapFollowsWhatIsChangedHere(t *testing.T) {
	d := open(t, "Administrator", nil)
	m, err := d.Routes(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Sites) != 8 || len(m.Links) != 9 || m.Forest != "nordhavn.example" || m.Sites[0].Name != "Aarhus" || m.Sites[2].Name != "DMZ" || !m.Sites[2].Foreign {
		t.Fatalf("%+v", m)
	}
	if h := m.Sites[0].Machines[0]; h.Name != "HUB-AAR02" || !h.Gate || !h.Routing {
		t.Errorf("%+v", h)
	}
	site := map[string]mq.GUID{}
	for _, s := range m.Sites {
		site[s.Name] = s.ID
	}
	q := mgmtclient.PathQuery{From: site["Hirtshals"], To: site["Odense"]}
	if p, err := d.Path(t.Context(), q); err != nil || p.Cost != 7 || len(p.Hops) != 4 || p.Hops[1].Via[0].Name != "HUB-AAR02" || p.Next == nil || p.Next.Cost != 9 {
		t.Errorf("%+v, %v", p, err)
	}
	link := one(t, d, mgmtclient.EntryLink, "Aarhus – Odense")
	cheap := with(link, func(l *mgmtclient.RouteLink) { l.Cost = 2 })
	list, err := d.Compare(t.Context(), mgmtclient.WhatIf{Links: []mgmtclient.RouteLink{*cheap.Link}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range list {
		got = append(got, fmt.Sprintf("%s to %s %d %d", c.From.Name, c.To.Name, c.Before, c.After))
	}
	if d := cmp.Diff([]string{"Hirtshals to Odense 7 6", "Skagen to Odense 7 6", "Aarhus to Odense 3 2"}, got); d != "" {
		t.Error(d)
	}
	if _, err := d.Set(t.Context(), cheap, mgmtclient.FieldCost); err != nil {
		t.Fatal(err)
	}
	if p, err := d.Path(t.Context(), q); err != nil || p.Cost != 6 || len(p.Hops) != 3 {
		t.Errorf("%+v, %v", p, err)
	}
	made, err := d.Create(t.Context(), mgmtclient.Entry{Kind: mgmtclient.EntryLink, Link: &mgmtclient.RouteLink{
		Site1: site["Hirtshals"], Site2: site["Odense"], Cost: 1, Description: "Radio", Gates: []mq.GUID{},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if made.Name != "Hirtshals – Odense" || made.Label != "Radio" {
		t.Errorf("%+v", made)
	}
	if p, err := d.Path(t.Context(), q); err != nil || p.Cost != 1 {
		t.Errorf("%+v, %v", p, err)
	}
	if err := d.Delete(t.Context(), made.ID, false); err != nil {
		t.Fatal(err)
	}
	if p, err := d.Path(t.Context(), q); err != nil || p.Cost != 6 {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestListsAliasesAndForeignComputersAreMade(t *testing.T) {
	d := open(t, "Administrator", nil)
	q := one(t, d, mgmtclient.EntryQueue, "orders.norway")
	l, err := d.Create(t.Context(), mgmtclient.Entry{Kind: mgmtclient.EntryList, Name: "Night", Label: "At night", List: &mgmtclient.ListEntry{Members: []mgmtclient.EntryRef{{ID: q.ID}}}})
	if err != nil {
		t.Fatal(err)
	}
	if len(l.List.Members) != 1 || l.List.Members[0].Name != `WMS-OSL04\orders.norway` || l.List.Members[0].Kind != mgmtclient.EntryQueue || l.Where != "1 member" || l.FormatName != "DL="+l.ID.String() {
		t.Errorf("%+v %+v", l, l.List)
	}
	l.List = &mgmtclient.ListEntry{Members: append(l.List.Members, mgmtclient.EntryRef{ID: one(t, d, mgmtclient.EntryList, "All desks").ID})}
	if l, err = d.Set(t.Context(), l, mgmtclient.FieldMembers); err != nil || len(l.List.Members) != 2 {
		t.Errorf("%+v, %v", l.List, err)
	}
	if got := uses(t, d, q); !slices.Contains(got, "Night has it as one of 2 members") {
		t.Errorf("%q", got)
	}
	if _, err := d.Create(t.Context(), mgmtclient.Entry{Kind: mgmtclient.EntryAlias, Name: "norway", Alias: &mgmtclient.AliasEntry{Target: q.FormatName}}); err != nil {
		t.Error(err)
	}
	dmz := one(t, d, mgmtclient.EntrySite, "DMZ")
	m, err := d.Create(t.Context(), mgmtclient.Entry{Kind: mgmtclient.EntryMachine, Name: "MAINFRAME1", Machine: &mgmtclient.MachineEntry{Foreign: true, Sites: []mgmtclient.EntryRef{{ID: dmz.ID}}}})
	if err != nil {
		t.Fatal(err)
	}
	if !m.Machine.Foreign || m.Where != "DMZ" || m.Name != "MAINFRAME1" {
		t.Errorf("%+v %+v", m, m.Machine)
	}
	for _, e := range []mgmtclient.Entry{
		{Kind: mgmtclient.EntryMachine, Name: "NOWHERE", Machine: &mgmtclient.MachineEntry{Foreign: true}},
		{Kind: mgmtclient.EntryQueue, Name: "q"},
		{Kind: mgmtclient.EntryLink, Link: &mgmtclient.RouteLink{Site1: dmz.ID, Site2: dmz.ID, Cost: 1}},
		{Kind: mgmtclient.EntryAlias, Name: "a"},
	} {
		_, err := d.Create(t.Context(), e)
		if refusal(t, err).Field == "" {
			t.Errorf("%s: %v", e.Kind, err)
		}
	}
}

func TestPermissionsAreShownInWordsAndKeptApartFromWhatIsInherited(t *testing.T) {
	d := open(t, "Administrator", nil)
	q := one(t, d, mgmtclient.EntryQueue, "orders.test")
	p, err := d.Permissions(t.Context(), q.ID)
	if err != nil {
		t.Fatal(err)
	}
	p.Entries = append(p.Entries, mgmtclient.Permission{Account: mgmtclient.Account{Name: "WMS-OSL04$"}, Rights: uint32(mq.RightWriteMessage)})
	for range 2 { // the second time nothing changes
		if err := d.SetPermissions(t.Context(), q.ID, p); err != nil {
			t.Fatal(err)
		}
		again, err := d.Permissions(t.Context(), q.ID)
		if err != nil {
			t.Fatal(err)
		}
		if len(again.Entries) != len(p.Entries) || !slices.ContainsFunc(again.Entries, func(e mgmtclient.Permission) bool {
			return e.Name == "WMS-OSL04" && e.Rights == uint32(mq.RightWriteMessage)
		}) {
			t.Fatalf("%+v", again.Entries)
		}
		p = again
	}
	inherited := slices.IndexFunc(p.Entries, func(e mgmtclient.Permission) bool { return strings.HasPrefix(e.Name, "Domain admins") })
	p.Entries = slices.Delete(p.Entries, inherited, inherited+1)
	if err := d.SetPermissions(t.Context(), q.ID, p); mgmtclient.Code(err) != mq.ErrInvalidParameter {
		t.Errorf("what is inherited was taken away: %v", err)
	}
	if _, err := d.Permissions(t.Context(), one(t, d, mgmtclient.EntrySite, "Oslo").ID); mgmtclient.Code(err) != mq.ErrUnsupportedOperation {
		t.Errorf("of a site: %v", err)
	}
}

func TestWithoutAnAnswerTheStatusSaysWhyAndItGoesOnLater(t *testing.T) {
	d := open(t, "anna", nil)
	news := d.Watch(t.Context())
	d.Stop()
	if _, err := d.Find(t.Context(), mgmtclient.DirectoryQuery{}); mgmtclient.Code(err) != mq.ErrNoDS {
		t.Fatalf("%v", err)
	}
	<-news
	if s := d.Status(); s.Connected || s.Why == "" || s.Forest != "nordhavn.example" {
		t.Errorf("%+v", s)
	}
	d.Start()
	if _, err := d.Find(t.Context(), mgmtclient.DirectoryQuery{}); err != nil {
		t.Fatal(err)
	}
	<-news
	if s := d.Status(); !s.Connected || s.Why != "" {
		t.Errorf("%+v", s)
	}
}
