package directorytest

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // the format's digest
	"strings"
	"testing"
	"time"

	"posthouse/directory"
	"posthouse/localqm/mq"
)

func background() context.Context { return context.Background() }

func sites(t *testing.T, f *fixture) {
	s := create(t, f, &directory.Site{Head: directory.Head{Name: f.name()}, Foreign: true, Interval1: 2, Interval2: 10})
	f.has(t, s.DN, "msmqsiteforeign", "TRUE")
	f.has(t, s.DN, "msmqinterval2", "10")
	if s.ID.IsZero() || !s.Foreign || s.Interval1 != 2 || s.Migrated {
		t.Errorf("read back: %+v", s)
	}
	if age := time.Since(s.Created); age < -time.Hour || age > time.Hour {
		t.Errorf("created %v ago", age)
	}
	for _, ref := range []directory.Ref{directory.ByID(s.ID), directory.ByDN(strings.ToLower(s.DN)), directory.ByName(s.Name)} {
		got, err := directory.Get[*directory.Site](t.Context(), f.Directory, ref)
		must(t, err)
		if got.ID != s.ID {
			t.Errorf("%v names %v", ref, got)
		}
	}
	s.Foreign, s.Interval1 = false, 7
	must(t, f.Write(t.Context(), s, directory.AttrForeignSite, directory.AttrInterval1))
	f.has(t, s.DN, "msmqsiteforeign", "FALSE")
	f.has(t, s.DN, "msmqinterval1", "7")
	_, err := f.Create(t.Context(), "", &directory.Site{Head: directory.Head{Name: s.Name}})
	refused(t, err, mq.ErrDS)
	must(t, f.Delete(t.Context(), s, false))
	f.gone(t, s.DN)
	_, err = f.Read(t.Context(), directory.KindSite, directory.ByID(s.ID))
	refused(t, err, mq.ErrObjectNotFound)
	refused(t, f.Delete(t.Context(), s, false), mq.ErrObjectNotFound)
}

func machines(t *testing.T, f *fixture) {
	here, there := f.site(t), f.site(t)
	other := f.machine(t, there)
	name := f.computer(t)
	m := create(t, f, &directory.Machine{
		Computer: name, Sites: []mq.GUID{here.ID, there.ID}, Version: "6.3.9600", OS: 0x500, Quota: mq.Never, Journal: 2048,
		InServers: []mq.GUID{other.ID}, EncryptKeys: []byte{1, 0, 255}, Principals: []string{"MSMQ/" + name},
	})
	f.has(t, m.DN, "objectclass", "top", "mSMQConfiguration")
	f.has(t, m.DN, "msmqsites", string(here.ID[:]), string(there.ID[:]))
	f.has(t, m.DN, "msmqinroutingservers", other.DN)
	f.has(t, m.DN, "msmqforeign", "FALSE")
	f.has(t, m.DN, "msmqquota")
	f.has(t, m.DN, "msmqjournalquota", "2048")
	if m.Computer != name || m.Quota != mq.Never || m.Journal != 2048 || m.Version != "6.3.9600" || m.OS != 0x500 ||
		len(m.InServers) != 1 || m.InServers[0] != other.ID || len(m.Sites) != 2 || m.SID == "" || len(m.OutServers) != 0 {
		t.Errorf("read back: %+v", m)
	}
	if computer, _ := f.See(t, directory.Parent(m.DN)); !contains(computer["serviceprincipalname"], "MSMQ/"+name) {
		t.Errorf("principals: %q", computer["serviceprincipalname"])
	}
	m.OutServers, m.InServers, m.Quota = []mq.GUID{other.ID}, nil, 4096
	must(t, f.Write(t.Context(), m, directory.AttrOutServers, directory.AttrInServers, directory.AttrQuota))
	f.has(t, m.DN, "msmqoutroutingservers", other.DN)
	f.has(t, m.DN, "msmqinroutingservers")
	f.has(t, m.DN, "msmqquota", "4096")
	m.Quota = mq.Never
	must(t, f.Write(t.Context(), m, directory.AttrQuota))
	if now := again(t, f, m); now.Quota != mq.Never || len(now.OutServers) != 1 {
		t.Errorf("read back: %+v", now)
	}
	byName, err := directory.Get[*directory.Machine](t.Context(), f.Directory, directory.ByName(strings.ToLower(name)))
	must(t, err)
	if byName.ID != m.ID {
		t.Errorf("%s is %+v", name, byName)
	}
	_, err = f.Create(t.Context(), "", &directory.Machine{Computer: name, Sites: m.Sites})
	refused(t, err, 0xC00E0040) // MQ_ERROR_MACHINE_EXISTS
	_, err = f.Create(t.Context(), "", &directory.Machine{Computer: f.name(), Sites: m.Sites})
	refused(t, err, mq.ErrMachineNotFound)
	_, err = f.Create(t.Context(), "", &directory.Machine{Computer: f.computer(t), Sites: m.Sites, InServers: []mq.GUID{mq.NewGUID()}})
	refused(t, err, mq.ErrMachineNotFound)
	must(t, f.Delete(t.Context(), &directory.Machine{Computer: name}, false))
	f.gone(t, m.DN)
	_, err = f.Read(t.Context(), directory.KindMachine, directory.ByName(name))
	refused(t, err, mq.ErrMachineNotFound)
}

func contains(list []string, want string) bool {
	for _, s := range list {
		if strings.EqualFold(s, want) {
			return true
		}
	}
	return false
}

// serverSettings are the settings of a machine by the names of its sites.
func (f *fixture) serverSettings(t *testing.T, m *directory.Machine) map[mq.GUID]*directory.Server {
	t.Helper()
	list, err := directory.All[*directory.Server](t.Context(), f.Directory, directory.Query{
		Kind: directory.KindServer, Where: []directory.Term{directory.Is(directory.AttrMachine, m.ID)},
	})
	must(t, err)
	out := map[mq.GUID]*directory.Server{}
	for _, s := range list {
		out[s.Site] = s
	}
	return out
}

func roles(t *testing.T, f *fixture) {
	a, b, c := f.site(t), f.site(t), f.site(t)
	m := create(t, f, &directory.Machine{Computer: f.computer(t), Sites: []mq.GUID{a.ID, b.ID}, Routing: true})
	s := f.serverSettings(t, m)
	if len(s) != 2 || s[a.ID] == nil || !s[a.ID].Routing || s[a.ID].Dependents || s[b.ID].Machine != m.ID {
		t.Fatalf("settings of a new server: %+v", s)
	}
	dn := "CN=MSMQ Settings,CN=" + m.Computer + ",CN=Servers," + a.DN
	f.has(t, dn, "msmqroutingservice", "TRUE")
	f.has(t, dn, "msmqservices", "1")
	f.has(t, dn, "msmqqmid", string(m.ID[:]))
	m.Sites, m.Dependents = []mq.GUID{a.ID, c.ID}, true
	must(t, f.Write(t.Context(), m, directory.AttrSites, directory.AttrDependents))
	f.has(t, dn, "msmqdependentclientservice", "TRUE")
	if s = f.serverSettings(t, m); len(s) != 2 || s[b.ID] != nil || s[c.ID] == nil {
		t.Errorf("settings after moving: %+v", s)
	}
	m.Routing, m.Dependents = false, false
	must(t, f.Write(t.Context(), m, directory.AttrRouting, directory.AttrDependents))
	f.has(t, m.DN, "msmqservicetype", "0")
	f.gone(t, dn)
	m.Routing = true
	must(t, f.Write(t.Context(), m, directory.AttrRouting))
	f.has(t, dn, "msmqroutingservice", "TRUE")
	must(t, f.Delete(t.Context(), m, false))
	f.gone(t, dn)
}

// manyValues has more than a controller gives at once (MaxValRange, MS-ADTS 3.1.1.3.4.6).
func manyValues(t *testing.T, f *fixture) {
	m := &directory.Machine{Computer: f.computer(t), Sites: make([]mq.GUID, 3200)}
	for i := range m.Sites {
		m.Sites[i] = mq.NewGUID()
	}
	m = create(t, f, m)
	seen := map[mq.GUID]bool{}
	for _, id := range m.Sites {
		seen[id] = true
	}
	if len(m.Sites) != 3200 || len(seen) != 3200 {
		t.Errorf("%d sites are read back, %d of them different, want 3200", len(m.Sites), len(seen))
	}
}

func foreignComputer(t *testing.T, f *fixture) {
	site := create(t, f, &directory.Site{Head: directory.Head{Name: f.name()}, Foreign: true})
	name := f.name()
	m := create(t, f, &directory.Machine{Computer: name, Sites: []mq.GUID{site.ID}, Foreign: true, OS: 0x100})
	computer := directory.Parent(m.DN)
	t.Cleanup(func() { f.remove(t, &directory.Computer{Head: directory.Head{DN: computer}}) })
	f.has(t, m.DN, "msmqforeign", "TRUE")
	f.has(t, computer, "samaccountname", name+"$")
	if m.DNSName != "" || !m.Foreign || m.Computer != name {
		t.Errorf("read back: %+v", m)
	}
	finds(t, f, directory.Query{Kind: directory.KindMachine, Contains: name, Where: []directory.Term{directory.Is(directory.AttrForeign, true)}}, name)
	// What is half done is undone.
	other := f.name()
	_, err := f.Create(t.Context(), "", &directory.Machine{Computer: other, Sites: []mq.GUID{site.ID}, Foreign: true, EncryptKeys: []byte{1}, Principals: []string{"\x00"}, Version: "\xff"})
	if err == nil {
		t.Error("text that is no UTF-8 was taken")
	}
	_, err = f.Read(t.Context(), directory.KindComputer, directory.ByName(other))
	refused(t, err, mq.ErrMachineNotFound)
}

func queues(t *testing.T, f *fixture) {
	m := f.machine(t)
	kind := mq.NewGUID()
	q := create(t, f, &directory.Queue{
		Machine: m.ID, Queue: "orders", Label: "Orders of today", Type: kind, Journal: true, Quota: 10240, JournalQuota: mq.Never,
		Authenticate: true, Privacy: 2, Transactional: true, Multicast: "234.1.1.1:8001", BasePriority: -5,
	})
	f.has(t, q.DN, "objectclass", "top", "mSMQQueue")
	f.has(t, q.DN, "msmqlabelex", "Orders of today")
	f.has(t, q.DN, "msmqqueuetype", string(kind[:]))
	f.has(t, q.DN, "msmqjournal", "TRUE")
	f.has(t, q.DN, "msmqqueuequota", "10240")
	f.has(t, q.DN, "msmqtransactional", "TRUE")
	f.has(t, q.DN, "msmqprivacylevel", "2")
	f.has(t, q.DN, "msmqbasepriority", "-5")
	f.has(t, q.DN, "msmq-multicastaddress", "234.1.1.1:8001")
	if got := again(t, f, q); got.Path() != m.Computer+`\orders` || got.Machine != m.ID || got.Quota != 10240 || got.JournalQuota != mq.Never ||
		got.BasePriority != -5 || got.Type != kind || !got.Authenticate || got.Privacy != 2 {
		t.Errorf("read back: %+v", got)
	}
	q.Label, q.Journal, q.Quota, q.BasePriority, q.Type, q.Multicast = "", false, mq.Never, 300, mq.GUID{}, ""
	must(t, f.Write(t.Context(), q, directory.AttrLabel, directory.AttrJournal, directory.AttrQuota, directory.AttrBasePriority, directory.AttrType, directory.AttrMulticast))
	f.has(t, q.DN, "msmqlabelex")
	f.has(t, q.DN, "msmqjournal", "FALSE")
	f.has(t, q.DN, "msmqqueuequota", "-1")
	f.has(t, q.DN, "msmqbasepriority", "300")
	f.has(t, q.DN, "msmqqueuetype")
	if got := again(t, f, q); got.Quota != mq.Never || got.Label != "" || got.BasePriority != 300 {
		t.Errorf("read back: %+v", got)
	}
	refused(t, f.Write(t.Context(), q, directory.AttrTransactional), mq.ErrPropertyNotAllowed)
	_, err := f.Create(t.Context(), "", &directory.Queue{Computer: m.Computer, Queue: "ORDERS"})
	refused(t, err, mq.ErrQueueExists)
	_, err = f.Create(t.Context(), "", &directory.Queue{Computer: f.name(), Queue: "orders"})
	refused(t, err, mq.ErrMachineNotFound)
	err = f.Delete(t.Context(), m, false)
	refused(t, err, mq.ErrDS)
	plain := create(t, f, &directory.Queue{Computer: strings.ToLower(m.Computer), Queue: "plain"})
	if plain.Quota != mq.Never || plain.JournalQuota != mq.Never || plain.Transactional || plain.Privacy != 0 {
		t.Errorf("a queue without properties: %+v", plain)
	}
	byPath, err := directory.Get[*directory.Queue](t.Context(), f.Directory, directory.ByPath(strings.ToUpper(plain.Path())))
	must(t, err)
	if byPath.ID != plain.ID {
		t.Errorf("the path names %+v", byPath)
	}
	_, err = f.Read(t.Context(), directory.KindQueue, directory.ByPath(m.Computer+`\nothing`))
	refused(t, err, mq.ErrQueueNotFound)
	must(t, f.Delete(t.Context(), q, false))
	f.gone(t, q.DN)
}

func queueNames(t *testing.T, f *fixture) {
	m := f.machine(t)
	for _, name := range []string{
		strings.Repeat("a", 63), strings.Repeat("b", 64), strings.Repeat("x", 55) + "-long-1", strings.Repeat("x", 70) + "-1",
		strings.Repeat("x", 70) + "-2", strings.Repeat("c", 124), strings.Repeat("Ø", 100), strings.Repeat("n", 54) + strings.Repeat("😀", 20),
		"a/b#c>d<e=f", "#first", "ordrer på dansk", `quote'd`, "x*)(cn=*", "(a)(b)", "a\u0301", "=", "ordres&co",
	} {
		q := create(t, f, &directory.Queue{Machine: m.ID, Queue: name})
		if q.Queue != name {
			t.Errorf("%q is read back as %q", name, q.Queue)
		}
		got, err := directory.Get[*directory.Queue](t.Context(), f.Directory, directory.ByPath(m.Computer+`\`+name))
		if err != nil || got.ID != q.ID {
			t.Errorf("%q is not found by its path: %v", name, err)
		}
		if len(name) > 63 {
			raw, _ := f.See(t, q.DN)
			if rest := raw["msmqqueuenameext"]; len(rest) != 1 || !strings.HasSuffix(name, rest[0]) {
				t.Errorf("the end of %q is kept as %q", name, rest)
			}
		}
	}
}

// evil is text that means something to somebody else.
var evil = []string{
	`*)(objectClass=*`, `)(|(cn=*`, `,CN=x`, `a,DC=b+c="d";<e>`, `#hash`, ` in front`, `at the end `, `\`, `\2a`, `*`, `&`, `a\,b`, "tab\tin it", `"quoted"`, `Æøå ✓ 😀`, `=`, `CN=x,CN=y`,
}

func injection(t *testing.T, f *fixture) {
	m := f.machine(t)
	for i, text := range evil {
		q := create(t, f, &directory.Queue{Machine: m.ID, Queue: "evil" + string(rune('a'+i)), Label: text})
		f.has(t, q.DN, "msmqlabelex", text)
		finds(t, f, directory.Query{Kind: directory.KindQueue, Under: m.DN, Where: []directory.Term{directory.Is(directory.AttrLabel, text)}}, q.Queue)
	}
	for _, c := range []struct {
		text string
		want []string
	}{{"*)(objectClass", []string{"evila"}}, {"objectClass=*)", nil}, {"*", []string{"evila", "evilb", "evilj", "evili"}}} {
		if c.text == "*" { // a star is a star
			var want []string
			for i, text := range evil {
				if strings.Contains(text, "*") {
					want = append(want, "evil"+string(rune('a'+i)))
				}
			}
			c.want = want
		}
		finds(t, f, directory.Query{Kind: directory.KindQueue, Under: m.DN, Contains: c.text}, c.want...)
	}
	for _, text := range evil {
		name := f.name() + text
		if strings.ContainsAny(name, "\t") {
			_, err := f.Create(t.Context(), "", &directory.List{Head: directory.Head{Name: name}})
			refused(t, err, mq.ErrInvalidParameter)
			continue
		}
		l := create(t, f, &directory.List{Head: directory.Head{Name: name}, Description: text})
		if got := again(t, f, l); got.Name != name && got.Name != strings.TrimRight(name, " ") || got.Description != text {
			t.Errorf("%q is read back as %q (%s)", name, got.Name, got.DN)
		}
		if directory.Parent(l.DN)[:9] != "CN=Users," {
			t.Errorf("%q went to %s", name, l.DN)
		}
		got, err := directory.Get[*directory.List](t.Context(), f.Directory, directory.ByName(l.Name))
		if err != nil || got.ID != l.ID {
			t.Errorf("%q is not found by its name: %v", name, err)
		}
		must(t, f.Delete(t.Context(), l, false))
		f.gone(t, l.DN)
	}
	_, err := f.Create(t.Context(), "", &directory.Queue{Machine: m.ID, Queue: "nul", Label: "a\x00b"})
	if err == nil {
		q, err := directory.Get[*directory.Queue](t.Context(), f.Directory, directory.ByPath(m.Computer+`\nul`))
		must(t, err)
		t.Errorf("a label with NUL was taken, as %q", q.Label)
	}
}

func certificates(t *testing.T, f *fixture) {
	name := f.name()
	f.Person(t, name)
	u, err := directory.Get[*directory.User](t.Context(), f.Directory, directory.ByName(name))
	must(t, err)
	if u.SID == "" || u.Account != name || len(u.Certificates) != 0 {
		t.Errorf("%+v", u)
	}
	one, two := []byte("first certificate"), bytes.Repeat([]byte{7}, 2000)
	u.Certificates = [][]byte{one, two}
	must(t, f.Write(t.Context(), u, directory.AttrCertificates))
	d1, d2 := md5.Sum(one), md5.Sum(two) //nolint:gosec // as above
	f.has(t, u.DN, "msmqdigests", string(d1[:]), string(d2[:]))
	raw, _ := f.See(t, u.DN)
	before := raw["msmqsigncertificates"][0]
	u = again(t, f, u)
	if len(u.Certificates) != 2 || !bytes.Equal(u.Certificates[1], two) || len(u.Digests) != 2 {
		t.Errorf("read back: %+v", u)
	}
	finds(t, f, directory.Query{Kind: directory.KindUser, Where: []directory.Term{directory.Is(directory.AttrDigests, d2[:])}}, name)
	finds(t, f, directory.Query{Kind: directory.KindUser, Where: []directory.Term{directory.Is(directory.AttrSID, u.SID)}}, name)
	u.Certificates = [][]byte{two}
	must(t, f.Write(t.Context(), u, directory.AttrCertificates))
	raw, _ = f.See(t, u.DN)
	if after := raw["msmqsigncertificates"][0]; !strings.HasSuffix(before, after[4:]) {
		t.Error("what is known of the certificate that stays has changed")
	}
	f.has(t, u.DN, "msmqdigests", string(d2[:]))
	refused(t, f.Write(t.Context(), u, directory.AttrDigests), mq.ErrPropertyNotAllowed)
	u.Certificates = nil
	must(t, f.Write(t.Context(), u, directory.AttrCertificates))
	f.has(t, u.DN, "msmqsigncertificates")
	f.has(t, u.DN, "msmqdigests")
}

func enterprise(t *testing.T, f *fixture) {
	e, err := directory.Get[*directory.Enterprise](t.Context(), f.Directory, directory.Ref{})
	must(t, err)
	if e.Forest == "" || e.ID.IsZero() {
		t.Errorf("%+v", e)
	}
	before := *e
	t.Cleanup(func() {
		must(t, f.Write(background(), &before, directory.AttrLongLived, directory.AttrWeakenedSecurity, directory.AttrNotifyOld))
	})
	yes, no := true, false
	e.LongLived, e.WeakenedSecurity, e.NotifyOld = 86400, &no, &yes
	must(t, f.Write(t.Context(), e, directory.AttrLongLived, directory.AttrWeakenedSecurity, directory.AttrNotifyOld))
	f.has(t, e.DN, "msmqlonglived", "86400")
	f.has(t, e.DN, "msmqnamestyle", "FALSE")
	f.has(t, e.DN, "msmqcspname", "Y")
	if got := again(t, f, e); got.WeakenedSecurity == nil || *got.WeakenedSecurity {
		t.Errorf("read back: %+v", got)
	}
	e.WeakenedSecurity = nil
	must(t, f.Write(t.Context(), e, directory.AttrWeakenedSecurity))
	f.has(t, e.DN, "msmqnamestyle")
	got := again(t, f, e)
	if got.WeakenedSecurity != nil || got.NotifyOld == nil || !*got.NotifyOld || got.LongLived != 86400 {
		t.Errorf("read back: %+v", got)
	}
}
