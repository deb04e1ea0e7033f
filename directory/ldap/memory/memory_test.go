package memory_test

import (
	"testing"
	"time"

	"posthouse/directory"
	"posthouse/directory/ldap"
	"posthouse/directory/ldap/memory"
	"posthouse/localqm/mq"
)

func TestFirst(t *testing.T) {
	d := memory.New("nordhavn.example")
	dir := ldap.New(d.Administrator())
	ctx := t.Context()
	mk := func(o directory.Object) directory.Object {
		t.Helper()
		r, err := dir.Create(ctx, "", o)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	s1 := mk(&directory.Site{Head: directory.Head{Name: "Aarhus"}}).(*directory.Site)
	s2 := mk(&directory.Site{Head: directory.Head{Name: "Odense"}}).(*directory.Site)
	mk(&directory.Computer{Head: directory.Head{Name: "HUB1"}, DNSName: "hub1.nordhavn.example"})
	m := mk(&directory.Machine{Computer: "HUB1", Sites: append(siteIDs(s1), s2.ID), Routing: true}).(*directory.Machine)
	q := mk(&directory.Queue{Computer: "hub1", Queue: "orders", Label: "Orders"}).(*directory.Queue)
	l := mk(&directory.Link{Site1: s1.ID, Site2: s2.ID, Cost: 7, Gates: siteIDs2(m)}).(*directory.Link)
	ls := mk(&directory.List{Head: directory.Head{Name: "All, of it"}, Members: []directory.Member{{ID: q.ID}}}).(*directory.List)
	t.Logf("%+v\n%+v\n%+v\n%+v", m, q, l, ls)
	us, err := dir.UsedBy(ctx, q)
	t.Log(us, err)
	us, err = dir.UsedBy(ctx, m)
	t.Log(us, err)
	o, err := dir.Read(ctx, directory.KindQueue, directory.ByPath(`HUB1\ORDERS`))
	t.Log(o, err)
	if err := dir.Delete(ctx, m, false); err == nil {
		t.Error("no")
	} else {
		t.Log(err)
	}
	t.Log(dir.Delete(ctx, m, true))
	l2, err := directory.Get[*directory.Link](ctx, dir, directory.ByID(l.ID))
	t.Log(l2, err)
	for s, err := range dir.Search(ctx, directory.Query{Kind: directory.KindServer}) {
		t.Log(s, err)
	}
}

func TestBig(t *testing.T) {
	at := time.Now()
	d := memory.Forest(memory.Spec{Sites: 1000, Links: 5000, Machines: 10000, Queues: 50000})
	t.Log(time.Since(at))
	dir := ldap.New(d.Administrator())
	for _, q := range []directory.Query{
		directory.RoutingQuery(directory.KindSite), directory.RoutingQuery(directory.KindLink), directory.RoutingQuery(directory.KindMachine),
		{Kind: directory.KindMachine}, {Kind: directory.KindQueue}, {Kind: directory.KindQueue, Contains: "ue 4999", Limit: 200, Order: true},
		{Kind: directory.KindMachine, Contains: "0017", Limit: 50},
	} {
		at = time.Now()
		l, err := directory.All[directory.Object](t.Context(), dir, q)
		t.Log(q.Kind, len(l), err, time.Since(at))
	}
}
func siteIDs(s *directory.Site) []mq.GUID     { return []mq.GUID{s.ID} }
func siteIDs2(s *directory.Machine) []mq.GUID { return []mq.GUID{s.ID} }
