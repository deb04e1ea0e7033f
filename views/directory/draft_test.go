package directory

import (
	"slices"
	"strings"
	"testing"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

func queueEntry() mgmtclient.Entry {
	limit := uint32(102400)
	return mgmtclient.Entry{
		ID: mq.GUID{1}, Kind: mgmtclient.EntryQueue, Name: "orders.confirmed", Label: "Confirmed, shops",
		Queue: &mgmtclient.QueueEntry{QuotaKB: &limit, PrivacyLevel: "optional", Machine: mgmtclient.EntryRef{Name: "HUB-CPH01"}},
	}
}

func TestADraftKnowsWhatWasChangedAndTakesItBack(t *testing.T) {
	d := newDraft(queueEntry())
	more := uint32(204800)
	d.now.Queue.QuotaKB, d.now.Queue.Journal = &more, true
	if got := d.changed(); !slices.Equal(got, []mgmtclient.Field{mgmtclient.FieldQuota, mgmtclient.FieldJournal}) {
		t.Errorf("changed: %v", got)
	}
	if *d.was.Queue.QuotaKB != 102400 {
		t.Error("the entry as it was read was changed, too")
	}
	d.revert()
	if d.dirty() {
		t.Errorf("changed after it was taken back: %v", d.changed())
	}
}

func TestAnEntryReadAgainKeepsWhatWasChanged(t *testing.T) {
	d := newDraft(queueEntry())
	d.now.Queue.Journal = true
	fresh := queueEntry()
	fresh.Label, fresh.Queue.BasePriority = "Confirmed, all", 7
	d.rebase(fresh)
	if !d.now.Queue.Journal || d.now.Label != "Confirmed, all" || d.now.Queue.BasePriority != 7 {
		t.Errorf("%+v, %+v", d.now, d.now.Queue)
	}
	if got := d.changed(); !slices.Equal(got, []mgmtclient.Field{mgmtclient.FieldJournal}) {
		t.Errorf("changed: %v", got)
	}
}

// Every field that can be changed is carried over, else an entry read again would lose it.
func TestEveryFieldIsCarried(t *testing.T) {
	site, member := mgmtclient.EntryRef{ID: mq.GUID{2}}, mgmtclient.EntryRef{ID: mq.GUID{3}}
	kb := uint32(5)
	before := []mgmtclient.Entry{
		queueEntry(),
		{Machine: &mgmtclient.MachineEntry{}},
		{List: &mgmtclient.ListEntry{}},
		{Alias: &mgmtclient.AliasEntry{}},
		{Forest: &mgmtclient.ForestEntry{}},
	}
	after := []mgmtclient.Entry{
		{Label: "new", Queue: &mgmtclient.QueueEntry{
			QuotaKB: &kb, JournalQuotaKB: &kb, Journal: true, PrivacyLevel: "body", Authenticate: true, BasePriority: 3, ServiceType: mq.GUID{9}, Multicast: "234.1.1.1:1",
		}},
		{Machine: &mgmtclient.MachineEntry{
			Sites: []mgmtclient.EntryRef{site}, OutServers: []mgmtclient.EntryRef{member}, InServers: []mgmtclient.EntryRef{member}, Routing: true, QuotaKB: &kb, JournalQuotaKB: &kb,
		}},
		{List: &mgmtclient.ListEntry{Members: []mgmtclient.EntryRef{member}}},
		{Alias: &mgmtclient.AliasEntry{Target: "DIRECT=OS:a\\private$\\b"}},
		{Forest: &mgmtclient.ForestEntry{LongLived: 5}},
	}
	for i := range before {
		d := newDraft(before[i])
		changed := after[i]
		changed.ID, changed.Kind, changed.Name = before[i].ID, before[i].Kind, before[i].Name
		d.now = copyOf(changed)
		fields := d.changed()
		if len(fields) == 0 {
			t.Errorf("%d: nothing was changed", i)
		}
		d.rebase(before[i])
		if got := d.changed(); !slices.Equal(got, fields) {
			t.Errorf("%d: %v after it was read again, %v before", i, got, fields)
		}
		for _, f := range fields {
			if fieldNames[f] == "" {
				t.Errorf("%s has no name for people", f)
			}
		}
	}
}

func TestLimitsAreNumbersOrNothing(t *testing.T) {
	for text, want := range map[string]int64{"": -1, " 204,800 ": 204800, "100 KB": 100, "0": 0} {
		got, fault := readKB(text)
		if fault != "" || got == nil && want != -1 || got != nil && int64(*got) != want {
			t.Errorf("%q: %v, %q", text, got, fault)
		}
	}
	for _, text := range []string{"many", "-1", "4294967295", "5000000000"} {
		if _, fault := readKB(text); fault == "" {
			t.Errorf("%q is taken for a limit", text)
		}
	}
}

func TestSpansAreWrittenAndReadBack(t *testing.T) {
	for _, d := range []time.Duration{345600 * time.Second, 90 * 24 * time.Hour, 84 * time.Hour, 61 * time.Second} {
		got, ok := readSpan(span(d))
		if !ok || got != d {
			t.Errorf("%s is read as %v", span(d), got)
		}
	}
	if got, ok := readSpan("345,600"); !ok || got != 96*time.Hour {
		t.Errorf("a number of seconds is read as %v", got)
	}
	for _, text := range []string{"", "d", "4 weeks", "-1 d", "0 s"} {
		if _, ok := readSpan(text); ok {
			t.Errorf("%q is taken for a span", text)
		}
	}
}

func TestARefusalSaysWhoMayAndWhatBecameOfTheEdit(t *testing.T) {
	d := newDraft(queueEntry())
	more := uint32(204800)
	d.now.Queue.QuotaKB, d.now.Queue.Journal = &more, true
	p := &mgmtclient.Permissions{Entries: []mgmtclient.Permission{
		{Account: mgmtclient.Account{Name: `NORDHAVN\HUB-CPH01$`}, Rights: uint32(mq.RightQueueGenericAll)},
		{Account: mgmtclient.Account{Name: `NORDHAVN\MSMQ Admins`}, Rights: uint32(mq.RightQueueGenericAll)},
		{Account: mgmtclient.Account{Name: `NORDHAVN\anna`}, Rights: uint32(mq.RightQueueGenericRead)},
	}}
	err := &mq.Error{Code: mq.ErrAccessDenied, Op: "change", Err: &mgmtclient.Refusal{
		Controller: "DC01.nordhavn.example", Code: 50, Name: "insufficientAccessRights", Field: mgmtclient.FieldQuota,
	}}
	r := refusalOf(err, d, p, `NORDHAVN\anna`)
	if r.bold != "DC01 refused: you may not set the limit" {
		t.Errorf("%q", r.bold)
	}
	if want := "Only HUB-CPH01 and MSMQ Admins may change this queue. Nothing was saved; your two changes are still below."; r.text != want {
		t.Errorf("%q", r.text)
	}
	if r.code != "insufficientAccessRights (50), 0xC00E0025" || r.field != mgmtclient.FieldQuota {
		t.Errorf("%q, %q", r.code, r.field)
	}
	r = refusalOf(mq.Errorf(mq.ErrNoDS, "change", "no controller answers").WithFix("try again"), d, p, "")
	if r.bold != "It was not saved" || !strings.Contains(r.text, "No controller answers. Try again.") {
		t.Errorf("%q, %q", r.bold, r.text)
	}
}

func TestRightsAreSaidInWords(t *testing.T) {
	queue := queueEntry()
	site := mgmtclient.Entry{Kind: mgmtclient.EntrySite}
	for _, x := range []struct {
		e    *mgmtclient.Entry
		set  uint32
		deny bool
		want string
	}{
		{&queue, uint32(mq.RightQueueGenericAll), false, "everything"},
		{&queue, uint32(mq.RightQueueGenericRead | mq.RightQueueGenericWrite), false, "read and send only"},
		{&queue, uint32(mq.RightQueueGenericWrite), false, "send only"},
		{&queue, uint32(mq.RightQueueGenericRead), false, "read only"},
		{&queue, uint32(mq.RightGetQueueProperties), false, "see it"},
		{&queue, uint32(mq.RightWriteMessage), true, "not send"},
		{&queue, uint32(mq.RightQueueGenericAll), true, "nothing at all"},
		{&site, uint32(mq.RightMachineWorld), false, "see it"},
		{&site, uint32(mq.RightMachineGenericAll), false, "everything"},
	} {
		if got := may(x.e, mgmtclient.Permission{Rights: x.set, Deny: x.deny}); got != x.want {
			t.Errorf("%x of %s, denied %v: %q, want %q", x.set, x.e.Kind, x.deny, got, x.want)
		}
	}
}

func TestADistinguishedNameBreaksBetweenItsParts(t *testing.T) {
	got := dnLines(`CN=orders.confirmed,CN=msmq,CN=HUB-CPH01,OU=Servers\, old,DC=nordhavn,DC=example`)
	if want := []string{"CN=orders.confirmed,CN=msmq,", `CN=HUB-CPH01,OU=Servers\, old,`, "DC=nordhavn,DC=example"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
