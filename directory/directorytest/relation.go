package directorytest

import (
	"testing"

	"posthouse/directory"
	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
)

func links(t *testing.T, f *fixture) {
	a, b := f.site(t), f.site(t)
	gate := f.machine(t, a)
	l := create(t, f, &directory.Link{Description: "A to B", Cost: 7, Site1: a.ID, Site2: b.ID, Gates: []mq.GUID{gate.ID}})
	f.has(t, l.DN, "msmqcost", "7")
	f.has(t, l.DN, "msmqsite1", a.DN)
	f.has(t, l.DN, "msmqsitegates", gate.DN)
	f.has(t, l.DN, "description", "A to B")
	if len(l.Name) != 64 || l.Site2 != b.ID || len(l.Gates) != 1 || l.Gates[0] != gate.ID {
		t.Errorf("read back: %+v", l)
	}
	l.Cost, l.Gates, l.Description = directory.MaxCost, nil, ""
	must(t, f.Write(t.Context(), l, directory.AttrCost, directory.AttrGates, directory.AttrDescription))
	f.has(t, l.DN, "msmqcost", "999999")
	f.has(t, l.DN, "msmqsitegates")
	f.has(t, l.DN, "description")
	_, err := f.Create(t.Context(), "", &directory.Link{Cost: 1, Site1: a.ID, Site2: b.ID})
	refused(t, err, mq.ErrDS)
	_, err = f.Create(t.Context(), "", &directory.Link{Cost: 1, Site1: a.ID, Site2: mq.NewGUID()})
	refused(t, err, mq.ErrObjectNotFound)
	q := directory.RoutingQuery(directory.KindLink)
	q.Where = []directory.Term{directory.Is(directory.AttrSite2, b.ID)}
	list, err := directory.All[*directory.Link](t.Context(), f.Directory, q)
	must(t, err)
	if len(list) != 1 || list[0].ID != l.ID || list[0].Site1 != a.ID || list[0].Cost != directory.MaxCost {
		t.Errorf("for routing: %+v", list)
	}
	must(t, f.Delete(t.Context(), l, false))
	f.gone(t, l.DN)
}

func deletedGates(t *testing.T, f *fixture) {
	a, b := f.site(t), f.site(t)
	stays, goes := f.machine(t, a), f.machine(t, b)
	l := create(t, f, &directory.Link{Cost: 1, Site1: a.ID, Site2: b.ID, Gates: []mq.GUID{stays.ID, goes.ID}})
	must(t, f.Delete(t.Context(), goes, true))
	if got := again(t, f, l); len(got.Gates) != 1 || got.Gates[0] != stays.ID {
		t.Errorf("gates: %v", got.Gates)
	}
}

func lists(t *testing.T, f *fixture) {
	m := f.machine(t)
	q := create(t, f, &directory.Queue{Machine: m.ID, Queue: "orders"})
	long := create(t, f, &directory.Queue{Machine: m.ID, Queue: "a queue with a name that is a good deal longer than an attribute of a directory allows"})
	alias := create(t, f, &directory.Alias{Head: directory.Head{Name: f.name()}, FormatName: `DIRECT=OS:qm1\private$\copy`})
	inner := create(t, f, &directory.List{Head: directory.Head{Name: f.name()}, Members: []directory.Member{{ID: long.ID}}})
	l := create(t, f, &directory.List{
		Head: directory.Head{Name: f.name()}, Description: "All orders",
		Members: []directory.Member{{ID: q.ID}, {DN: alias.DN}, {ID: inner.ID}, {ID: m.ID}},
	})
	f.has(t, l.DN, "member", q.DN, alias.DN, inner.DN, m.DN)
	f.has(t, l.DN, "grouptype", "8")
	got := map[mq.GUID]directory.Member{}
	for _, x := range l.Members {
		got[x.ID] = x
	}
	if len(got) != 4 || got[q.ID].Kind != directory.KindQueue || got[q.ID].Name != q.Path() || got[alias.ID].Kind != directory.KindAlias ||
		got[inner.ID].Kind != directory.KindList || got[m.ID].Kind != 0 {
		t.Errorf("members: %+v", l.Members)
	}
	if name := again(t, f, inner).Members[0].Name; name != long.Path() {
		t.Errorf("a long name is %q", name)
	}
	// A list may come round to itself: that is for those who send to find out.
	inner.Members = append(inner.Members, directory.Member{ID: l.ID})
	must(t, f.Write(t.Context(), inner, directory.AttrMembers))
	if got := again(t, f, inner); len(got.Members) != 2 {
		t.Errorf("members: %+v", got.Members)
	}
	finds(t, f, directory.Query{Kind: directory.KindList, Where: []directory.Term{directory.Is(directory.AttrMembers, l.ID)}}, inner.Name)
	l.Members = nil
	must(t, f.Write(t.Context(), l, directory.AttrMembers))
	f.has(t, l.DN, "member")
	must(t, f.Delete(t.Context(), q, false))
	must(t, f.Delete(t.Context(), l, false))
	f.gone(t, l.DN)
}

func aliases(t *testing.T, f *fixture) {
	a := create(t, f, &directory.Alias{Head: directory.Head{Name: f.name()}, Description: "Copy", FormatName: `DIRECT=OS:qm1\private$\copy`})
	f.has(t, a.DN, "msmq-recipient-formatname", `DIRECT=OS:qm1\private$\copy`)
	a.FormatName = `DIRECT=TCP:127.0.0.1\q`
	must(t, f.Write(t.Context(), a, directory.AttrFormatName))
	f.has(t, a.DN, "msmq-recipient-formatname", a.FormatName)
	finds(t, f, directory.Query{Kind: directory.KindAlias, Contains: a.Name}, a.Name)
	must(t, f.Delete(t.Context(), a, false))
	f.gone(t, a.DN)
}

func searches(t *testing.T, f *fixture) {
	site := f.site(t)
	m := f.machine(t, site)
	kind := mq.NewGUID()
	for _, q := range []directory.Queue{
		{Queue: "b-prices", Label: "Price ticks", Type: kind, BasePriority: 3},
		{Queue: "a-orders", Label: "Orders", Transactional: true, Journal: true, Quota: 100},
		{Queue: "c-other", Type: kind, Quota: 200},
	} {
		q.Machine = m.ID
		create(t, f, &q)
	}
	in := directory.Query{Kind: directory.KindQueue, Under: m.DN}
	with := func(change func(*directory.Query)) directory.Query {
		q := in
		change(&q)
		return q
	}
	where := func(terms ...directory.Term) directory.Query {
		return with(func(q *directory.Query) { q.Where = terms })
	}
	finds(t, f, in, "a-orders", "b-prices", "c-other")
	finds(t, f, with(func(q *directory.Query) { q.Order = true }), "a-orders", "b-prices", "c-other")
	finds(t, f, with(func(q *directory.Query) { q.Order, q.Limit = true, 2 }), "a-orders", "b-prices")
	finds(t, f, with(func(q *directory.Query) { q.Contains = "oRDe" }), "a-orders")
	finds(t, f, with(func(q *directory.Query) { q.Contains = "TICK" }), "b-prices")
	finds(t, f, where(directory.Is(directory.AttrLabel, "orders")), "a-orders")
	finds(t, f, where(directory.Is(directory.AttrLabel, "")), "c-other")
	finds(t, f, where(directory.Is(directory.AttrType, kind)), "b-prices", "c-other")
	finds(t, f, where(directory.Is(directory.AttrType, kind), directory.Is(directory.AttrQuota, uint32(200))), "c-other")
	finds(t, f, where(directory.Is(directory.AttrTransactional, true)), "a-orders")
	finds(t, f, where(directory.Is(directory.AttrTransactional, false)), "b-prices", "c-other")
	finds(t, f, where(directory.Is(directory.AttrQuota, mq.Never)), "b-prices")
	finds(t, f, where(directory.Term{Attribute: directory.AttrJournal, Op: directory.NotEquals, Value: true}), "b-prices", "c-other")
	finds(t, f, where(directory.Term{Attribute: directory.AttrQuota, Op: directory.Less, Value: uint32(200)}), "a-orders")
	finds(t, f, where(directory.Term{Attribute: directory.AttrQuota, Op: directory.GreaterOrEqual, Value: uint32(100)}), "a-orders", "c-other")
	finds(t, f, where(directory.Term{Attribute: directory.AttrBasePriority, Op: directory.Greater, Value: int16(2)}), "b-prices")
	finds(t, f, where(directory.Term{Attribute: directory.AttrType, Op: directory.NotEquals}), "b-prices", "c-other")
	finds(t, f, directory.Query{Kind: directory.KindQueue, Where: []directory.Term{directory.Is(directory.AttrMachine, m.ID)}, Contains: "price"}, "b-prices")
	finds(t, f, directory.Query{Kind: directory.KindQueue, Where: []directory.Term{directory.Is(directory.AttrPath, m.Computer+`\c-other`)}}, "c-other")
	finds(t, f, directory.Query{Kind: directory.KindQueue, Where: []directory.Term{directory.Is(directory.AttrMachine, mq.NewGUID())}})
	finds(t, f, directory.Query{Kind: directory.KindMachine, Where: []directory.Term{directory.Is(directory.AttrSites, site.ID)}}, m.Computer)
	finds(t, f, directory.Query{Kind: directory.KindMachine, Contains: m.Computer[1:]}, m.Computer)
	finds(t, f, directory.Query{Kind: directory.KindMachine, Where: []directory.Term{directory.Is(directory.AttrComputer, m.Computer)}}, m.Computer)
	finds(t, f, directory.Query{Kind: directory.KindComputer, Contains: m.Computer}, m.Computer)
	finds(t, f, directory.Query{Kind: directory.KindSite, Where: []directory.Term{directory.Is(directory.AttrID, site.ID)}}, site.Name)
	few := directory.RoutingQuery(directory.KindMachine)
	few.Where = []directory.Term{directory.Is(directory.AttrSites, site.ID)}
	list, err := directory.All[*directory.Machine](t.Context(), f.Directory, few)
	must(t, err)
	if len(list) != 1 || list[0].ID != m.ID || list[0].Computer != m.Computer || len(list[0].Sites) != 1 || list[0].SID != "" {
		t.Errorf("for routing: %+v", list)
	}
	for _, bad := range []directory.Query{
		where(directory.Is(directory.AttrCost, uint32(1))),
		where(directory.Is(directory.AttrQuota, "many")),
		{Kind: 99},
	} {
		if _, err := directory.All[directory.Object](t.Context(), f.Directory, bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}

func users(t *testing.T, f *fixture) {
	a, b := f.site(t), f.site(t)
	m := f.machine(t, a)
	q := create(t, f, &directory.Queue{Machine: m.ID, Queue: "orders"})
	client := create(t, f, &directory.Machine{Computer: f.computer(t), Sites: []mq.GUID{b.ID}, InServers: []mq.GUID{m.ID}})
	link := create(t, f, &directory.Link{Cost: 1, Site1: a.ID, Site2: b.ID, Gates: []mq.GUID{m.ID}})
	list := create(t, f, &directory.List{Head: directory.Head{Name: f.name()}, Members: []directory.Member{{ID: q.ID}}})
	alias := create(t, f, &directory.Alias{Head: directory.Head{Name: f.name()}, FormatName: "PUBLIC=" + q.ID.String()})
	for _, c := range []struct {
		of   directory.Object
		want map[mq.GUID]directory.Attribute
	}{
		{q, map[mq.GUID]directory.Attribute{list.ID: directory.AttrMembers, alias.ID: directory.AttrFormatName}},
		{m, map[mq.GUID]directory.Attribute{link.ID: directory.AttrGates, client.ID: directory.AttrInServers}},
		{b, map[mq.GUID]directory.Attribute{link.ID: directory.AttrSite2, client.ID: directory.AttrSites}},
		{link, map[mq.GUID]directory.Attribute{}},
	} {
		uses, err := f.UsedBy(t.Context(), c.of)
		must(t, err)
		if len(uses) != len(c.want) {
			t.Errorf("%s has %d uses, want %d", c.of.Common().DN, len(uses), len(c.want))
		}
		for _, u := range uses {
			if how, ok := c.want[u.Object.Common().ID]; !ok || how != u.How {
				t.Errorf("%s is used by %s as %s", c.of.Common().DN, u.Object.Common().DN, u.How)
			}
		}
	}
}

func anything(t *testing.T, f *fixture) {
	m := f.machine(t)
	q := create(t, f, &directory.Queue{Machine: m.ID, Queue: "orders"})
	for _, o := range []directory.Object{m, q} {
		for _, ref := range []directory.Ref{directory.ByID(o.Common().ID), directory.ByDN(o.Common().DN)} {
			got, err := f.Read(t.Context(), 0, ref)
			must(t, err)
			if got.Kind() != o.Kind() || got.Common().ID != o.Common().ID {
				t.Errorf("%v is %+v", ref, got)
			}
		}
	}
	_, err := f.Read(t.Context(), 0, directory.ByID(mq.NewGUID()))
	refused(t, err, mq.ErrObjectNotFound)
	_, err = f.Read(t.Context(), directory.KindSite, directory.ByID(m.ID))
	refused(t, err, mq.ErrObjectNotFound)
	_, err = f.Read(t.Context(), directory.KindQueue, directory.ByID(m.ID))
	refused(t, err, mq.ErrQueueNotFound)
}

func ordinaryUser(t *testing.T, f *fixture) {
	site := f.site(t)
	m := f.machine(t, site)
	q := create(t, f, &directory.Queue{Machine: m.ID, Queue: "orders", Label: "Orders"})
	name := f.name()
	f.Person(t, name)
	d := f.As(t, name)
	got, err := directory.Get[*directory.Queue](t.Context(), d, directory.ByPath(q.Path()), directory.AttrSecurity)
	must(t, err)
	if got.ID != q.ID || got.Label != "Orders" || len(got.Security) == 0 {
		t.Errorf("an ordinary user reads %+v", got)
	}
	q.Label = "mine"
	denied(t, d.Write(t.Context(), q, directory.AttrLabel))
	denied(t, d.Delete(t.Context(), q, false))
	denied(t, second(d.Create(t.Context(), "", &directory.Queue{Machine: m.ID, Queue: "mine"})))
	denied(t, second(d.Create(t.Context(), "", &directory.Site{Head: directory.Head{Name: f.name()}})))
	denied(t, second(d.Create(t.Context(), "", &directory.List{Head: directory.Head{Name: f.name()}})))
	f.has(t, q.DN, "msmqlabelex", "Orders")
}

func second[T any](_ T, err error) error { return err }

func itself(t *testing.T, f *fixture) {
	site := f.site(t)
	name, other := f.computer(t), f.machine(t, site)
	d := f.As(t, name+"$")
	made, err := d.Create(t.Context(), "", &directory.Machine{Computer: name, Sites: []mq.GUID{site.ID}, Version: "1", Principals: []string{"MSMQ/" + name}})
	must(t, err)
	m := made.(*directory.Machine)
	made, err = d.Create(t.Context(), "", &directory.Queue{Machine: m.ID, Queue: "mine"})
	must(t, err)
	q := made.(*directory.Queue)
	f.has(t, q.DN, "objectclass", "top", "mSMQQueue")
	q.Label, m.Version = "Mine", "2"
	must(t, d.Write(t.Context(), q, directory.AttrLabel))
	must(t, d.Write(t.Context(), m, directory.AttrVersion))
	f.has(t, q.DN, "msmqlabelex", "Mine")
	f.has(t, m.DN, "msmqcomputertypeex", "2")
	must(t, d.Delete(t.Context(), q, false))
	f.gone(t, q.DN)
	denied(t, second(d.Create(t.Context(), "", &directory.Queue{Machine: other.ID, Queue: "alien"})))
	// What cannot be done in a site is not done at the queue manager either. Nobody but
	// administrators may make containers in a site that has none.
	m.Routing, m.Dependents = true, true
	denied(t, d.Write(t.Context(), m, directory.AttrRouting, directory.AttrDependents))
	f.has(t, m.DN, "msmqservicetype", "0")
	f.has(t, m.DN, "msmqroutingservices", "FALSE")
	f.has(t, m.DN, "msmqdependentclientservices", "FALSE")
	other.Version = "hacked"
	denied(t, d.Write(t.Context(), other, directory.AttrVersion))
	denied(t, d.Delete(t.Context(), other, true))
	must(t, d.Delete(t.Context(), m, true))
}

func permissions(t *testing.T, f *fixture) {
	m := f.machine(t)
	name := f.name()
	f.Person(t, name)
	u, err := directory.Get[*directory.User](t.Context(), f.Directory, directory.ByName(name))
	must(t, err)
	who, err := secure.ParseSID(u.SID)
	must(t, err)
	q := create(t, f, &directory.Queue{Machine: m.ID, Queue: "orders"})
	d, err := secure.ParseDescriptor(q.Security)
	must(t, err)
	token := secure.Token{User: who}
	if got := d.Rights(token); got&mq.RightWriteMessage != 0 {
		t.Errorf("a stranger has %x", got)
	}
	const rights = mq.RightWriteMessage | mq.RightSetQueueProperties | mq.RightGetQueueProperties
	q.Security = d.Grant(who, uint32(rights)).Append(nil)
	must(t, f.Write(t.Context(), q, directory.AttrSecurity))
	d, err = secure.ParseDescriptor(again(t, f, q, directory.AttrSecurity).Security)
	must(t, err)
	if got := d.Rights(token); got&rights != rights || got&mq.RightReceiveMessage != 0 {
		t.Errorf("rights read back: %x", got)
	}
	// The directory itself goes by them.
	q.Label = "changed by " + name
	must(t, f.As(t, name).Write(t.Context(), q, directory.AttrLabel))
	f.has(t, q.DN, "msmqlabelex", q.Label)
	if again(t, f, q).Security != nil {
		t.Error("a descriptor comes that nobody asked for")
	}
}

func badInput(t *testing.T, f *fixture) {
	site := f.site(t)
	m := f.machine(t, site)
	long := make([]byte, 125)
	for i := range long {
		long[i] = 'x'
	}
	for _, c := range []struct {
		o    directory.Object
		code mq.HResult
	}{
		{&directory.Queue{Machine: m.ID}, mq.ErrIllegalQueuePathname},
		{&directory.Queue{Machine: m.ID, Queue: string(long)}, mq.ErrIllegalQueuePathname},
		{&directory.Queue{Machine: m.ID, Queue: `private$\a`}, mq.ErrIllegalQueuePathname},
		{&directory.Queue{Machine: m.ID, Queue: "a\x00b"}, mq.ErrIllegalQueuePathname},
		{&directory.Queue{Machine: m.ID, Queue: "a", Label: string(long)}, mq.ErrLabelTooLong},
		{&directory.Queue{Machine: m.ID, Queue: "a", Privacy: 3}, mq.ErrIllegalPropertyValue},
		{&directory.Link{Cost: 0, Site1: site.ID, Site2: mq.NewGUID()}, mq.ErrIllegalPropertyValue},
		{&directory.Link{Cost: directory.MaxCost + 1, Site1: site.ID, Site2: mq.NewGUID()}, mq.ErrIllegalPropertyValue},
		{&directory.Link{Cost: 1, Site1: site.ID, Site2: site.ID}, mq.ErrIllegalPropertyValue},
		{&directory.Machine{Computer: "x"}, mq.ErrInsufficientProperties},
		{&directory.Alias{Head: directory.Head{Name: "x"}, FormatName: "no"}, mq.ErrIllegalFormatName},
		{&directory.Site{}, mq.ErrInvalidParameter},
		{&directory.Site{Head: directory.Head{Name: string(long)}}, mq.ErrInvalidParameter},
	} {
		_, err := f.Create(t.Context(), "", c.o)
		refused(t, err, c.code)
	}
	for _, dn := range []string{"no", "CN=a,", `CN=\`, "CN=a\x00,DC=b"} {
		_, err := f.Read(t.Context(), directory.KindSite, directory.ByDN(dn))
		refused(t, err, mq.ErrInvalidParameter)
	}
	_, err := f.Read(t.Context(), directory.KindSite, directory.ByDN("CN=nobody,DC=elsewhere,DC=invalid"))
	refused(t, err, mq.ErrObjectNotFound)
	m.Sites = nil
	refused(t, f.Write(t.Context(), m, directory.AttrSites), mq.ErrIllegalPropertyValue)
	m.Sites = []mq.GUID{site.ID}
	refused(t, f.Write(t.Context(), m, directory.AttrComputer), mq.ErrPropertyNotAllowed)
	refused(t, f.Write(t.Context(), m, directory.AttrLabel), mq.ErrPropertyNotAllowed)
}
