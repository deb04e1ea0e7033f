package directorytest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"posthouse/directory"
	"posthouse/directory/ldap"
	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
)

// Refusals checks that a directory refuses what Active Directory refuses, with the same
// result codes: it is what makes the one in memory worth something.
func Refusals(t *testing.T, f Forest, as func(tb testing.TB, account string) ldap.Operations) {
	x := &fixture{Forest: f, Directory: f.As(t, ""), prefix: "R" + mq.NewGUID().String()[:6]}
	ops := as(t, "")
	root, err := ops.Root(t.Context())
	must(t, err)
	site := x.site(t)
	m := x.machine(t, site)
	q := create(t, x, &directory.Queue{Machine: m.ID, Queue: "orders", Label: "Orders"})
	list := create(t, x, &directory.List{Head: directory.Head{Name: x.name()}})
	stranger := x.name()
	x.Person(t, stranger)
	users, msmq := "CN=Users,"+root.Default, "CN=MsmqServices,CN=Services,"+root.Configuration

	text := func(name string, values ...string) ldap.Attribute {
		a := ldap.Attribute{Name: name}
		for _, v := range values {
			a.Values = append(a.Values, []byte(v))
		}
		return a
	}
	add := func(dn, class string, more ...ldap.Attribute) func(ldap.Operations) error {
		return func(o ldap.Operations) error {
			err := o.Add(t.Context(), dn, append([]ldap.Attribute{text("objectClass", class)}, more...))
			if err == nil {
				_ = o.Delete(t.Context(), dn, true)
			}
			return err
		}
	}
	queue := func(more ...ldap.Attribute) func(ldap.Operations) error {
		return add(ldap.Child("refused", m.DN), "mSMQQueue", more...)
	}
	modify := func(dn string, changes ...ldap.Change) func(ldap.Operations) error {
		return func(o ldap.Operations) error { return o.Modify(t.Context(), dn, changes) }
	}
	replace := func(name string, values ...string) ldap.Change {
		return ldap.Change{Op: ldap.Replace, Attribute: text(name, values...)}
	}
	search := func(s ldap.Search) func(ldap.Operations) error {
		return func(o ldap.Operations) error {
			return o.Search(t.Context(), s, func(ldap.Entry) bool { return true })
		}
	}
	nobody := "CN=nobody," + users
	for _, c := range []struct {
		what  string
		do    func(ldap.Operations) error
		codes []uint16 // 0: it is taken
		as    string
	}{
		{what: "a boolean that is 1", do: queue(text("mSMQTransactional", "1")), codes: []uint16{21}},
		{what: "a boolean that is 0x00", do: queue(text("mSMQJournal", "0x00")), codes: []uint16{21}},
		{what: "a boolean that is TRUE", do: queue(text("mSMQTransactional", "TRUE"))},
		{what: "an integer that is none", do: queue(text("mSMQQueueQuota", "many")), codes: []uint16{21}},
		{what: "an unlimited quota", do: queue(text("mSMQQueueQuota", "4294967295"))},
		{what: "a privacy level of 3", do: queue(text("mSMQPrivacyLevel", "3")), codes: []uint16{19, 21}},
		{what: "a label of 125 characters", do: queue(text("mSMQLabelEx", strings.Repeat("x", 125))), codes: []uint16{19, 21}},
		{what: "a label of 124 characters", do: queue(text("mSMQLabelEx", strings.Repeat("ø", 124)))},
		{what: "an empty label", do: queue(text("mSMQLabelEx", "")), codes: []uint16{21}},
		{what: "two labels", do: queue(text("mSMQLabelEx", "a", "b")), codes: []uint16{19, 21}},
		{what: "a type of 15 bytes", do: queue(text("mSMQQueueType", strings.Repeat("x", 15))), codes: []uint16{19, 21}},
		{what: "the rest of a name of 93 characters", do: queue(text("mSMQQueueNameExt", strings.Repeat("x", 93))), codes: []uint16{19, 21}},
		{what: "an attribute that nobody knows", do: queue(text("mSMQNothing", "x")), codes: []uint16{16, 17}},
		{what: "an attribute of another class", do: queue(text("mSMQCost", "1")), codes: []uint16{65}},
		{what: "a GUID of one's own", do: queue(text("objectGUID", strings.Repeat("x", 16))), codes: []uint16{53}},
		{what: "a class that nobody knows", do: add(nobody, "mSMQNothing"), codes: []uint16{16, 65}},
		{what: "a queue without a queue manager", do: add(nobody, "mSMQQueue"), codes: []uint16{64}},
		{what: "a queue manager without a computer", do: add(nobody, "mSMQConfiguration"), codes: []uint16{64}},
		{what: "a site below the services", do: add("CN="+x.name()+",CN=Services,"+root.Configuration, "site"), codes: []uint16{64}},
		{what: "server settings without a server", do: add("CN=MSMQ Settings,CN=none,CN=Servers,"+site.DN, "mSMQSettings"), codes: []uint16{32}},
		{what: "an msMQ-Group among the users", do: add(nobody, "msMQ-Group", text("member", q.DN)), codes: []uint16{64}},
		{what: "an alias without a format name", do: add(nobody, "msMQ-Custom-Recipient")},
		{what: "an alias with an empty one", do: add(nobody, "msMQ-Custom-Recipient", text("msMQ-Recipient-FormatName", "")), codes: []uint16{21}},
		{what: "a link without sites", do: add("CN=x,"+msmq, "mSMQSiteLink", text("mSMQCost", "1")), codes: []uint16{65}},
		{what: "a link without cost", do: add("CN=x,"+msmq, "mSMQSiteLink", text("mSMQSite1", site.DN), text("mSMQSite2", site.DN)), codes: []uint16{65}},
		{what: "a link to a site that is not there", do: add("CN=x,"+msmq, "mSMQSiteLink", text("mSMQCost", "1"), text("mSMQSite1", site.DN), text("mSMQSite2", nobody)), codes: []uint16{19}},
		{what: "a gate that is not there", do: add("CN=x,"+msmq, "mSMQSiteLink", text("mSMQCost", "1"), text("mSMQSite1", site.DN), text("mSMQSite2", site.DN), text("mSMQSiteGates", nobody)), codes: []uint16{19}},
		{what: "a name that is taken", do: add(strings.ToUpper(q.DN), "mSMQQueue"), codes: []uint16{68}},
		{what: "a name that is none", do: add("nothing", "mSMQQueue"), codes: []uint16{34}},
		{what: "a name of another class", do: add("OU=x,"+m.DN, "mSMQQueue"), codes: []uint16{64}},
		{what: "a member that is not there", do: modify(list.DN, replace("member", nobody)), codes: []uint16{19, 32, 53}},
		{what: "a value that is there already", do: modify(m.DN, ldap.Change{Op: ldap.AddValues, Attribute: text("mSMQSites", string(site.ID[:]))}), codes: []uint16{20}},
		{what: "a value to be deleted that is not there", do: modify(q.DN, ldap.Change{Op: ldap.DeleteValues, Attribute: text("mSMQLabelEx", "other")}), codes: []uint16{16}},
		{what: "an attribute to be deleted that is not there", do: modify(q.DN, ldap.Change{Op: ldap.DeleteValues, Attribute: text("mSMQQueueType")}), codes: []uint16{16}},
		{what: "an attribute to be replaced by nothing that is not there", do: modify(q.DN, replace("mSMQQueueType"))},
		{what: "another class", do: modify(q.DN, replace("objectClass", "mSMQSettings")), codes: []uint16{53, 65, 69}},
		{what: "another name", do: modify(q.DN, replace("cn", "other")), codes: []uint16{67}},
		{what: "a change of nothing", do: modify(nobody, replace("description", "x")), codes: []uint16{32}},
		{what: "all or nothing", do: modify(q.DN, replace("mSMQLabelEx", "half"), replace("mSMQJournal", "1")), codes: []uint16{21}},
		{what: "what has something below it", do: func(o ldap.Operations) error { return o.Delete(t.Context(), m.DN, false) }, codes: []uint16{66}},
		{what: "what is not there", do: func(o ldap.Operations) error { return o.Delete(t.Context(), nobody, false) }, codes: []uint16{32}},
		{what: "a search below nothing", do: search(ldap.Search{Base: nobody, Scope: ldap.ScopeTree}), codes: []uint16{32}},
		{what: "a search everywhere", do: search(ldap.Search{Scope: ldap.ScopeTree, Filter: "(objectClass=mSMQQueue)"}), codes: []uint16{32}},
		{what: "the same in the catalogue", do: search(ldap.Search{Scope: ldap.ScopeTree, Filter: "(objectClass=mSMQQueue)", Catalogue: true})},
		{what: "a GUID of nothing", do: search(ldap.Search{Base: "<GUID=" + mq.NewGUID().String() + ">"}), codes: []uint16{32}},
		{what: "a stranger's change", do: modify(q.DN, replace("mSMQLabelEx", "x")), codes: []uint16{50}, as: stranger},
		{what: "a stranger's queue", do: queue(), codes: []uint16{50}, as: stranger},
		{what: "a stranger's permissions", do: modify(q.DN, ldap.Change{Op: ldap.Replace, Attribute: ldap.Attribute{Name: ldap.AttrDescriptor, Values: [][]byte{everybody()}}}), codes: []uint16{50}, as: stranger},
		{what: "a stranger's deletion", do: func(o ldap.Operations) error { return o.Delete(t.Context(), q.DN, false) }, codes: []uint16{50}, as: stranger},
	} {
		o := ops
		if c.as != "" {
			o = as(t, c.as)
		}
		err := c.do(o)
		var r *directory.Refusal
		switch errors.As(err, &r); {
		case len(c.codes) == 0 && err != nil:
			t.Errorf("%s was refused: %v", c.what, err)
		case len(c.codes) > 0 && r == nil:
			t.Errorf("%s was taken, or failed otherwise: %v", c.what, err)
		case len(c.codes) > 0 && !slices.Contains(c.codes, r.Code):
			t.Errorf("%s: code %d, want one of %d: %v", c.what, r.Code, c.codes, err)
		case r != nil && (r.Controller == "" || r.Name == ""):
			t.Errorf("%s: the refusal does not say whose it is: %+v", c.what, r)
		}
	}
	x.has(t, q.DN, "msmqlabelex", "Orders")
	visible(t, x, ops, as(t, stranger), m)
	must(t, x.Delete(t.Context(), q, false))
	wire(t, x, ops, m)
}

// visible checks who sees the security descriptor.
func visible(t *testing.T, x *fixture, admin, stranger ldap.Operations, m *directory.Machine) {
	read := func(o ldap.Operations, flags uint32) (n int) {
		must(t, o.Search(t.Context(), ldap.Search{Base: m.DN, Attributes: []string{"ntsecuritydescriptor"}, SDFlags: flags}, func(e ldap.Entry) bool {
			n = len(e.Value(ldap.AttrDescriptor))
			return true
		}))
		return n
	}
	if read(admin, 7) == 0 || read(stranger, 7) == 0 || read(stranger, 4) == 0 || read(stranger, 0) != 0 {
		t.Error("a descriptor comes to everybody with SD_FLAGS, and to strangers only so")
	}
	if all, dacl := read(admin, 7), read(admin, 4); dacl >= all {
		t.Errorf("SD_FLAGS does not choose: %d bytes of %d", dacl, all)
	}
}

// wire checks the forms of values.
func wire(t *testing.T, x *fixture, o ldap.Operations, m *directory.Machine) {
	q := create(t, x, &directory.Queue{Machine: m.ID, Queue: "Wire", Label: "Über", Quota: 5})
	one := func(base, filter string, scope ldap.Scope) (n int) {
		must(t, o.Search(t.Context(), ldap.Search{Base: base, Scope: scope, Filter: filter, Attributes: []string{"OBJECTGUID"}}, func(e ldap.Entry) bool {
			if v := e.Value("objectGUID"); len(v) != 16 || mq.GUID(v) != q.ID {
				t.Errorf("%s finds %s (%x)", filter, e.DN, v)
			}
			n++
			return true
		}))
		return n
	}
	hex := ""
	for _, b := range q.ID {
		const digits = "0123456789abcdef"
		hex += `\` + string(digits[b>>4]) + string(digits[b&15])
	}
	for _, c := range []struct {
		base, filter string
		scope        ldap.Scope
		want         int
	}{
		{"<GUID=" + q.ID.String() + ">", "", ldap.ScopeBase, 1},
		{m.DN, "(objectGUID=" + hex + ")", ldap.ScopeTree, 1},
		{m.DN, "(objectGUID=" + q.ID.String() + "x)", ldap.ScopeTree, 0},
		{m.DN, "(distinguishedName=" + strings.ToLower(q.DN) + ")", ldap.ScopeTree, 1},
		{m.DN, "(&(objectClass=MSMQqueue)(cn=wire))", ldap.ScopeOne, 1},
		{m.DN, "(&(objectClass=mSMQQueue)(cn=wire))", ldap.ScopeBase, 0},
		{m.DN, "(mSMQTransactional=FALSE)", ldap.ScopeOne, 1},
		{m.DN, "(mSMQTransactional=0)", ldap.ScopeOne, 0},
		{m.DN, "(mSMQLabelEx=über)", ldap.ScopeOne, 1},
		{m.DN, "(mSMQLabelEx=*BE*)", ldap.ScopeOne, 1},
		{m.DN, "(mSMQLabelEx=Ü*r)", ldap.ScopeOne, 1},
		{m.DN, "(mSMQQueueQuota>=5)", ldap.ScopeOne, 1},
		{m.DN, "(mSMQQueueQuota<=4)", ldap.ScopeOne, 0},
		{m.DN, "(&(objectClass=mSMQQueue)(!(mSMQQueueType=*)))", ldap.ScopeOne, 1},
		{m.DN, "(|(cn=nothing)(cn=Wire))", ldap.ScopeOne, 1},
		{m.DN, "(mSMQPrivacyLevel:1.2.840.113556.1.4.803:=0)", ldap.ScopeOne, 1},
	} {
		if n := one(c.base, c.filter, c.scope); n != c.want {
			t.Errorf("%s below %s finds %d, want %d", c.filter, c.base, n, c.want)
		}
	}
}

// everybody is a descriptor that guards nothing.
func everybody() []byte {
	return secure.Descriptor{DACL: secure.ACL{{Type: secure.Allow, Mask: uint32(mq.RightQueueGenericAll), SID: secure.Everyone}}}.Append(nil)
}
