package conn_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"posthouse/directory"
	"posthouse/directory/ldap"
	"posthouse/directory/ldap/conn"
	"posthouse/directory/ldap/samba"
	"posthouse/directory/ldap/sasl"
	"posthouse/localqm/mq"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// dns asks the forest's own name server.
func dns(f *samba.Forest) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort(f.Address, "53"))
	}}
}

func administrator(f *samba.Forest) conn.Options {
	return conn.Options{
		Controllers: []string{f.Address}, Name: f.Controller, CA: f.CA,
		SignIn: conn.SignIn{User: f.Administrator(), Password: f.Password},
	}
}

func open(t testing.TB, o conn.Options) *conn.Conn {
	t.Helper()
	c, err := conn.Dial(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// found are the names of what a search finds.
func found(t testing.TB, c *conn.Conn, q ldap.Search) []string {
	t.Helper()
	var list []string
	if err := c.Search(t.Context(), q, func(e ldap.Entry) bool {
		list = append(list, e.DN)
		return true
	}); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestEveryWayToSignIn(t *testing.T) {
	f := samba.Join(t)
	tickets := f.Tickets(t, samba.Anna, f.UserPassword)
	anna := f.Domain + `\` + samba.Anna
	for name, c := range map[string]struct {
		options        conn.Options
		as, protection string
	}{
		"password, StartTLS":     {conn.Options{CA: f.CA, SignIn: conn.SignIn{User: f.User(samba.Anna), Password: f.UserPassword}}, anna, "TLS"},
		"password, DOMAIN\\name": {conn.Options{CA: f.CA, SignIn: conn.SignIn{User: anna, Password: f.UserPassword}}, anna, "TLS"},
		"password, distinguished name": {conn.Options{CA: f.CA, SignIn: conn.SignIn{
			Method: conn.Simple, User: "CN=anna,CN=Users," + f.Base, Password: f.UserPassword,
		}}, "CN=anna,CN=Users," + f.Base, "TLS"},
		"password, name alone":    {conn.Options{CA: f.CA, SignIn: conn.SignIn{User: samba.Anna, Password: f.UserPassword}}, anna, "TLS"},
		"password, LDAPS":         {conn.Options{CA: f.CA, Controllers: []string{"ldaps://" + f.Address}, SignIn: conn.SignIn{User: f.User(samba.Anna), Password: f.UserPassword}}, anna, "TLS"},
		"password, sealed":        {conn.Options{SignIn: conn.SignIn{User: f.User(samba.Anna), Password: f.UserPassword}}, anna, "signed and sealed (Kerberos)"},
		"password, sealed, short": {conn.Options{SignIn: conn.SignIn{User: anna, Password: f.UserPassword}}, anna, "signed and sealed (Kerberos)"},
		"Kerberos, password":      {conn.Options{SignIn: conn.SignIn{Method: conn.Kerberos, User: f.User(samba.Anna), Password: f.UserPassword}}, anna, "signed and sealed (Kerberos)"},
		"Kerberos, keytab":        {conn.Options{SignIn: conn.SignIn{Method: conn.Kerberos, Keytab: f.Keytab("HUB-CPH01")}}, f.Domain + `\HUB-CPH01$`, "signed and sealed (Kerberos)"},
		"Kerberos, tickets":       {conn.Options{SignIn: conn.SignIn{Method: conn.Kerberos, Cache: tickets, Krb5: f.Krb5}}, anna, "signed and sealed (Kerberos)"},
		"Kerberos, GSSAPI":        {conn.Options{SignIn: conn.SignIn{Method: conn.Kerberos, User: f.User(samba.Anna), Password: f.UserPassword, Mechanism: sasl.GSSAPI}}, anna, "signed and sealed (Kerberos)"},
		"NTLM":                    {conn.Options{SignIn: conn.SignIn{Method: conn.NTLM, User: anna, Password: f.UserPassword}}, anna, "signed and sealed (NTLM)"},
		"NTLM, name@domain":       {conn.Options{SignIn: conn.SignIn{Method: conn.NTLM, User: f.User(samba.Anna), Password: f.UserPassword}}, anna, "signed and sealed (NTLM)"},
	} {
		t.Run(name, func(t *testing.T) {
			o := c.options
			o.Name = f.Controller
			if o.Controllers == nil {
				o.Controllers = []string{f.Address}
			}
			var steps []conn.Step
			o.Report = func(s conn.Step) { steps = append(steps, s) }
			d := open(t, o)
			want := directory.Status{Connected: true, Controller: f.Controller, Forest: f.Name, As: c.as, Protection: c.protection}
			if got := d.Status(); got != want {
				t.Errorf("%+v", got)
			}
			if list := found(t, d, ldap.Search{Base: "CN=Sites," + f.Configuration(), Scope: ldap.ScopeOne, Filter: "(objectClass=site)"}); len(list) < 3 {
				t.Errorf("sites: %v", list)
			}
			last := steps[len(steps)-1]
			if last.Layer != conn.LayerAsk || last.Err != nil || last.Text != "the forest "+f.Name {
				t.Errorf("%+v", steps)
			}
		})
	}
}

func TestASignInThatFailsSaysWhereAndWhy(t *testing.T) {
	f := samba.Join(t)
	other := []string{f.Address}
	password := conn.SignIn{User: f.User(samba.Anna), Password: f.UserPassword}
	for name, c := range map[string]struct {
		options conn.Options
		layer   conn.Layer
		code    mq.HResult
		words   string
	}{
		"wrong password":           {conn.Options{CA: f.CA, Controllers: other, Name: f.Controller, SignIn: conn.SignIn{User: f.User(samba.Anna), Password: "x"}}, conn.LayerSignIn, mq.ErrAccessDenied, "invalidCredentials"},
		"wrong password, Kerberos": {conn.Options{Controllers: other, Name: f.Controller, SignIn: conn.SignIn{Method: conn.Kerberos, User: f.User(samba.Anna), Password: "x"}}, conn.LayerSignIn, mq.ErrAccessDenied, "password"},
		"wrong password, NTLM":     {conn.Options{Controllers: other, Name: f.Controller, SignIn: conn.SignIn{Method: conn.NTLM, User: f.User(samba.Anna), Password: "x"}}, conn.LayerSignIn, mq.ErrAccessDenied, "invalidCredentials"},
		"wrong password, sealed":   {conn.Options{Controllers: other, Name: f.Controller, SignIn: conn.SignIn{User: f.User(samba.Anna), Password: "x"}}, conn.LayerSignIn, mq.ErrAccessDenied, "invalidCredentials"},
		"nobody of that name":      {conn.Options{Controllers: other, Name: f.Controller, SignIn: conn.SignIn{Method: conn.Kerberos, User: f.User("mallory"), Password: "x"}}, conn.LayerSignIn, mq.ErrAccessDenied, "nobody"},
		"another name":             {conn.Options{CA: f.CA, Controllers: other, Name: "dc02." + f.Name, SignIn: password}, conn.LayerSecure, mq.ErrNoDS, "dc02"},
		"unknown authority":        {conn.Options{Protection: conn.StartTLS, Controllers: other, Name: f.Controller, SignIn: password}, conn.LayerSecure, mq.ErrNoDS, "authority"},
		"nobody listens":           {conn.Options{Controllers: []string{f.Address + ":1"}, SignIn: password}, conn.LayerConnect, mq.ErrNoDS, "refused"},
		"no such domain":           {conn.Options{Domain: "elsewhere.example", Resolver: dns(f), SignIn: password}, conn.LayerFind, mq.ErrNoDS, "DNS"},
		"no LDAP":                  {conn.Options{Controllers: []string{f.Address + ":88"}, Name: f.Controller, CA: f.CA, Timeout: time.Second, SignIn: password}, conn.LayerSecure, mq.ErrNoDS, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var steps []conn.Step
			c.options.Report = func(s conn.Step) { steps = append(steps, s) }
			d, err := conn.Dial(t.Context(), c.options)
			if err == nil {
				_ = d.Close()
				t.Fatal("it was taken")
			}
			var e *mq.Error
			if !errors.As(err, &e) || e.Code != c.code || e.Fix == "" || !strings.Contains(err.Error(), c.words) {
				t.Error(err)
			}
			if last := steps[len(steps)-1]; last.Layer != c.layer || last.Err == nil {
				t.Errorf("%+v", steps)
			}
		})
	}
}

func TestWhyAnAccountMayNotSignInIsTold(t *testing.T) {
	f := samba.Join(t)
	f.Person(t, "conn-disabled")
	f.Load(t, "dn: CN=conn-disabled,CN=Users,"+f.Base+"\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: 514\n")
	for _, method := range []conn.Method{conn.Simple, conn.Kerberos} {
		_, err := conn.Dial(t.Context(), conn.Options{
			Controllers: []string{f.Address}, Name: f.Controller, CA: f.CA,
			SignIn: conn.SignIn{Method: method, User: f.User("conn-disabled"), Password: f.UserPassword},
		})
		refusal(t, err, mq.ErrAccessDenied, "disabled")
	}
}

func TestAStrongDirectoryRefusesWhatIsNotProtected(t *testing.T) {
	f := samba.Join(t)
	if !f.Strong {
		f = samba.Start(t, true)
	}
	_, err := conn.Dial(t.Context(), conn.Options{
		Controllers: []string{f.Address}, Protection: conn.Plain, SignIn: conn.SignIn{Method: conn.Simple, User: f.Administrator(), Password: f.Password},
	})
	var r *directory.Refusal
	if !errors.As(err, &r) || r.Code != 8 || !strings.Contains(err.Error(), "sealed") {
		t.Error(err)
	}
}

func TestControllersAreFoundByDNS(t *testing.T) {
	f := samba.Join(t)
	for _, site := range []string{"", "Default-First-Site-Name", samba.Odense} { // nobody is in Odense
		c := open(t, conn.Options{
			Domain: f.Name, ADSite: site, Resolver: dns(f), CA: f.CA,
			SignIn: conn.SignIn{User: samba.Anna, Password: f.UserPassword},
		})
		if s := c.Status(); s.Controller != f.Controller || s.As != f.Domain+`\`+samba.Anna {
			t.Errorf("%+v", s)
		}
		list := found(t, c, ldap.Search{Catalogue: true, Scope: ldap.ScopeTree, Filter: "(sAMAccountName=anna)"})
		if len(list) != 1 {
			t.Errorf("in the catalogue: %v", list)
		}
	}
}

func TestTheNextControllerIsAskedWhenOneFails(t *testing.T) {
	f := samba.Join(t)
	o := administrator(f)
	o.Controllers = []string{"127.0.0.1:1", "nowhere.invalid", f.Address}
	o.Catalogues = []string{"127.0.0.1:1", f.Address}
	if s := open(t, o).Status(); !s.Connected || s.Controller != f.Controller {
		t.Errorf("%+v", s)
	}
}

func TestObjectsAreMadeChangedAndRemoved(t *testing.T) {
	f := samba.Join(t)
	f.Computer(t, "CONN-OPS")
	c := open(t, administrator(f))
	root, err := c.Root(t.Context())
	if err != nil || root.Default != f.Base || root.Configuration != f.Configuration() || root.Forest != f.Name || root.DNSHostName != f.Controller ||
		len(root.Domains) != 1 || root.Domains[0] != f.Base || root.Schema == "" || len(root.Controls) < 10 {
		t.Fatalf("%+v, %v", root, err)
	}
	msmq := "CN=msmq," + f.ComputerDN("CONN-OPS")
	queue := "CN=orders," + msmq
	text := func(s ...string) [][]byte {
		var b [][]byte
		for _, v := range s {
			b = append(b, []byte(v))
		}
		return b
	}
	if err := c.Add(t.Context(), msmq, []ldap.Attribute{{Name: "objectClass", Values: text("mSMQConfiguration")}}); err != nil {
		t.Fatal(err)
	}
	if err := c.Add(t.Context(), queue, []ldap.Attribute{
		{Name: "objectClass", Values: text("mSMQQueue")}, {Name: "mSMQLabelEx", Values: text("Größe, 大")}, {Name: "mSMQJournal", Values: text("TRUE")},
	}); err != nil {
		t.Fatal(err)
	}
	if err := c.Modify(t.Context(), queue, []ldap.Change{
		{Op: ldap.Replace, Attribute: ldap.Attribute{Name: "mSMQQueueQuota", Values: text("-1")}},
		{Op: ldap.DeleteValues, Attribute: ldap.Attribute{Name: "mSMQJournal"}},
		{Op: ldap.AddValues, Attribute: ldap.Attribute{Name: "mSMQBasePriority", Values: text("3")}},
	}); err != nil {
		t.Fatal(err)
	}
	r, ok := f.Read(t, queue, "mSMQLabelEx", "mSMQQueueQuota", "mSMQJournal", "mSMQBasePriority", "objectGUID")
	if !ok || r.Get("mSMQLabelEx") != "Größe, 大" || r.Get("mSMQQueueQuota") != "-1" || r.Get("mSMQJournal") != "" || r.Get("mSMQBasePriority") != "3" {
		t.Errorf("%v", r)
	}
	var e ldap.Entry
	if err := c.Search(t.Context(), ldap.Search{Base: queue, Attributes: []string{"objectGUID", "nTSecurityDescriptor"}, SDFlags: 7}, func(x ldap.Entry) bool {
		e = x
		return true
	}); err != nil || string(e.Value("objectguid")) != r.Get("objectGUID") || len(e.Value("nTSecurityDescriptor")) < 100 {
		t.Errorf("%v, %+v", err, e)
	}
	// The descriptor goes back as it came, with the parts that it has.
	if err := c.Modify(t.Context(), queue, []ldap.Change{{Op: ldap.Replace, Attribute: ldap.Attribute{Name: "nTSecurityDescriptor", Values: [][]byte{e.Value("nTSecurityDescriptor")}}}}); err != nil {
		t.Error(err)
	}
	var refused *directory.Refusal
	if err := c.Delete(t.Context(), msmq, false); !errors.As(err, &refused) || refused.Code != ldap.CodeNotLeaf || refused.DN != msmq || refused.Controller != f.Controller {
		t.Errorf("%v %+v", err, refused)
	}
	if err := c.Delete(t.Context(), msmq, true); err != nil {
		t.Error(err)
	}
	if _, ok := f.Read(t, msmq); ok {
		t.Error("it is still there")
	}
	if err := c.Search(t.Context(), ldap.Search{Base: msmq}, func(ldap.Entry) bool { return true }); !errors.As(err, &refused) || refused.Code != ldap.CodeNoObject {
		t.Error(err)
	}
}

func TestAnOrdinaryUserIsRefusedInWords(t *testing.T) {
	f := samba.Join(t)
	f.Computer(t, "CONN-ACL")
	c := open(t, conn.Options{Controllers: []string{f.Address}, Name: f.Controller, SignIn: conn.SignIn{User: f.User(samba.Anna), Password: f.UserPassword}})
	err := c.Add(t.Context(), "CN=msmq,"+f.ComputerDN("CONN-ACL"), []ldap.Attribute{{Name: "objectClass", Values: [][]byte{[]byte("mSMQConfiguration")}}})
	var r *directory.Refusal
	if !errors.As(err, &r) || r.Code != ldap.CodeAccess || mq.CodeOf(err) != mq.ErrAccessDenied || r.Message == "" {
		t.Error(err)
	}
}

// many makes n queues below a computer of the test's own.
func many(t *testing.T, f *samba.Forest, computer string, n int) (base string) {
	t.Helper()
	f.Computer(t, computer)
	base = "CN=msmq," + f.ComputerDN(computer)
	var b strings.Builder
	fmt.Fprintf(&b, "dn: %s\nobjectClass: mSMQConfiguration\n\n", base)
	for i := range n {
		fmt.Fprintf(&b, "dn: CN=q%04d,%s\nobjectClass: mSMQQueue\nmSMQLabelEx: %04d\n\n", i, base, n-i)
	}
	f.Load(t, b.String())
	return base
}

func TestSearchesGoPageByPage(t *testing.T) {
	f := samba.Join(t)
	const n = 45
	base := many(t, f, "CONN-PAGES", n)
	c := open(t, administrator(f))
	all := ldap.Search{Base: base, Scope: ldap.ScopeOne, Page: 10}
	if list := found(t, c, all); len(list) != n {
		t.Errorf("%d", len(list))
	}
	for _, limit := range []int{1, 9, 10, 11, n, n + 1, 600} {
		q := all
		q.Limit = limit
		if list := found(t, c, q); len(list) != min(limit, n) {
			t.Errorf("limit %d: %d", limit, len(list))
		}
		q.Sort = "mSMQLabelEx"
		list := found(t, c, q)
		if len(list) != min(limit, n) {
			t.Errorf("sorted, limit %d: %d", limit, len(list))
		}
		if limit >= n && (!strings.HasPrefix(list[0], fmt.Sprintf("CN=q%04d,", n-1)) || !strings.HasPrefix(list[n-1], "CN=q0000,")) {
			t.Errorf("it is not sorted: %v ... %v", list[0], list[n-1])
		}
	}
	// Who is asked for more in between asks on the same line.
	count := 0
	if err := c.Search(t.Context(), all, func(e ldap.Entry) bool {
		count += len(found(t, c, ldap.Search{Base: e.DN}))
		return count < 25
	}); err != nil || count != 25 {
		t.Errorf("%d, %v", count, err)
	}
	if list := found(t, c, all); len(list) != n {
		t.Errorf("after one that was ended: %d", len(list))
	}
}

func TestValuesThatComeInPartsAreWhole(t *testing.T) {
	f := samba.Join(t)
	base := many(t, f, "CONN-RANGE", 25)
	group := "CN=CONN-RANGE,CN=Users," + f.Base
	var b strings.Builder
	fmt.Fprintf(&b, "dn: %s\nobjectClass: group\ngroupType: 2\nsAMAccountName: CONN-RANGE\n", group)
	for i := range 25 {
		fmt.Fprintf(&b, "member: CN=q%04d,%s\n", i, base)
	}
	f.Load(t, b.String())
	t.Cleanup(func() { f.Remove(t, group) })
	c := open(t, administrator(f))
	for _, asked := range []string{"member", "member;range=0-9", "member;range=0-23", "member;range=0-24", "member;range=0-*"} {
		if err := c.Search(t.Context(), ldap.Search{Base: group, Attributes: []string{asked, "cn"}}, func(e ldap.Entry) bool {
			seen := map[string]bool{}
			for _, v := range e.Values("member") {
				seen[string(v)] = true
			}
			if len(seen) != 25 || len(e.Values("member")) != 25 || e.Text("cn") != "CONN-RANGE" {
				t.Errorf("%s: %d, %d", asked, len(seen), len(e.Values("member")))
			}
			return true
		}); err != nil {
			t.Error(asked, err)
		}
	}
}

func TestManyShareALine(t *testing.T) {
	f := samba.Join(t)
	base := many(t, f, "CONN-SHARE", 30)
	c := open(t, administrator(f))
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			q := ldap.Search{Base: base, Scope: ldap.ScopeOne, Page: 7}
			if i%4 == 0 {
				q = ldap.Search{Scope: ldap.ScopeTree, Catalogue: true, Filter: "(&(objectClass=mSMQQueue)(cn=q00*))", Page: 7}
			}
			n := 0
			if err := c.Search(t.Context(), q, func(ldap.Entry) bool { n++; return true }); err != nil || n < 30 {
				t.Errorf("%d, %v", n, err)
			}
		})
	}
	all.Wait()
}

func TestADirectoryThatComesBackIsUsedAgain(t *testing.T) {
	f := samba.Start(t, false)
	c := open(t, administrator(f))
	q := ldap.Search{Base: "CN=Sites," + f.Configuration(), Scope: ldap.ScopeOne, Filter: "(objectClass=site)"}
	ask := func() error { return c.Search(t.Context(), q, func(ldap.Entry) bool { return true }) }

	// Under load it is stopped: what is asked then fails, and nothing hangs.
	ctx, stop := context.WithCancel(t.Context())
	var load sync.WaitGroup
	for range 4 {
		load.Go(func() {
			for ctx.Err() == nil {
				if err := ask(); err != nil && !errors.Is(err, mq.ErrNoDS) {
					t.Errorf("%v", err)
				}
			}
		})
	}
	f.Stop(t)
	if err := ask(); !errors.Is(err, mq.ErrNoDS) {
		t.Errorf("stopped: %v", err)
	}
	if s := c.Status(); s.Connected || s.Err == nil {
		t.Errorf("%+v", s)
	}
	f.Restart(t)
	stop()
	load.Wait()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if err := ask(); err == nil {
			break
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	if s := c.Status(); !s.Connected || s.Err != nil {
		t.Errorf("%+v", s)
	}
}

func BenchmarkSearch(b *testing.B) {
	f := samba.Join(b)
	c := open(b, administrator(f))
	for b.Loop() {
		found(b, c, ldap.Search{Base: f.Base})
	}
}
