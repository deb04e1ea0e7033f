package memory_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"posthouse/directory"
	"posthouse/directory/directorytest"
	"posthouse/directory/ldap"
	"posthouse/directory/ldap/memory"
	"posthouse/localqm/mq"
)

// forest is a directory in memory for the suite.
func forest(d *memory.Directory) directorytest.Forest {
	return directorytest.Forest{
		As: func(tb testing.TB, account string) directory.Directory {
			if account == "" {
				return ldap.New(d.Administrator())
			}
			ops, err := d.SignIn(account)
			if err != nil {
				tb.Fatal(err)
			}
			return ldap.New(ops)
		},
		Computer: func(tb testing.TB, name string) {
			dir := ldap.New(d.Administrator())
			c, err := dir.Create(tb.Context(), "", &directory.Computer{Head: directory.Head{Name: name}, DNSName: strings.ToLower(name) + "." + d.Root().Forest})
			if err != nil {
				tb.Fatal(err)
			}
			tb.Cleanup(func() { _ = dir.Delete(context.Background(), c, true) })
		},
		Person: func(_ testing.TB, name string) { d.Person(name) },
		See: func(tb testing.TB, dn string) (map[string][]string, bool) {
			var found map[string][]string
			err := d.Administrator().Search(tb.Context(), ldap.Search{Base: dn}, func(e ldap.Entry) bool {
				found = map[string][]string{}
				for _, a := range e.Attributes {
					for _, v := range a.Values {
						found[ldap.Fold(a.Name)] = append(found[ldap.Fold(a.Name)], string(v))
					}
				}
				return true
			})
			return found, err == nil && found != nil
		},
	}
}

func TestDirectory(t *testing.T) { directorytest.Run(t, forest(memory.New("nordhavn.example"))) }

func TestItRefusesWhatAControllerRefuses(t *testing.T) {
	d := memory.New("nordhavn.example")
	directorytest.Refusals(t, forest(d), func(tb testing.TB, account string) ldap.Operations {
		if account == "" {
			return d.Administrator()
		}
		ops, err := d.SignIn(account)
		if err != nil {
			tb.Fatal(err)
		}
		return ops
	})
}

func create[T directory.Object](t *testing.T, d directory.Directory, o T) T {
	t.Helper()
	made, err := d.Create(t.Context(), "", o)
	if err != nil {
		t.Fatal(err)
	}
	return made.(T)
}

func TestWhatOtherDomainsHaveIsFoundInTheCatalogue(t *testing.T) {
	d := memory.New("nordhavn.example", memory.Domain("south.nordhavn.example"))
	north, south := ldap.New(d.Administrator()), ldap.New(d.In("south.nordhavn.example"))
	site := create(t, north, &directory.Site{Head: directory.Head{Name: "Hub"}})
	create(t, south, &directory.Computer{Head: directory.Head{Name: "SOUTH1"}, DNSName: "south1.south.nordhavn.example"})
	m := create(t, south, &directory.Machine{Computer: "SOUTH1", Sites: []mq.GUID{site.ID}, Routing: true})
	q := create(t, south, &directory.Queue{Machine: m.ID, Queue: "orders"})
	create(t, north, &directory.Computer{Head: directory.Head{Name: "NORTH1"}})
	near := create(t, north, &directory.Machine{Computer: "NORTH1", Sites: []mq.GUID{site.ID}, InServers: []mq.GUID{m.ID}})
	if len(near.InServers) != 1 || near.InServers[0] != m.ID {
		t.Errorf("a server of the other domain is read back as %v", near.InServers)
	}
	for _, ref := range []directory.Ref{directory.ByID(q.ID), directory.ByDN(q.DN), directory.ByPath(`south1\orders`)} {
		got, err := directory.Get[*directory.Queue](t.Context(), north, ref)
		if err != nil || got.ID != q.ID || got.Machine != m.ID {
			t.Errorf("%v: %+v, %v", ref, got, err)
		}
	}
	got, err := directory.Get[*directory.Machine](t.Context(), north, directory.ByName("SOUTH1"))
	if err != nil || got.ID != m.ID || got.DNSName != "south1.south.nordhavn.example" {
		t.Errorf("%+v, %v", got, err)
	}
	for _, where := range []directory.Directory{north, south} {
		list, err := directory.All[*directory.Machine](t.Context(), where, directory.RoutingQuery(directory.KindMachine))
		if err != nil || len(list) != 2 {
			t.Errorf("%d queue managers in the forest, want 2: %v", len(list), err)
		}
	}
	_, err = north.Read(t.Context(), directory.KindQueue, directory.ByID(mq.NewGUID()))
	if !errors.Is(err, mq.ErrQueueNotFound) {
		t.Error(err)
	}
	q.Label = "changed from the north"
	if err := north.Write(t.Context(), q, directory.AttrLabel); err == nil {
		t.Error("another domain's object was written at a controller that does not have it")
	}
}

func TestAControllerThatIsGone(t *testing.T) {
	d := memory.New("nordhavn.example")
	dir := ldap.New(d.Administrator())
	site := create(t, dir, &directory.Site{Head: directory.Head{Name: "Hub"}})
	d.Stop()
	if st := dir.Status(); st.Connected || st.Err == nil {
		t.Errorf("%+v", st)
	}
	_, err := dir.Read(t.Context(), directory.KindSite, directory.ByID(site.ID))
	for _, err := range []error{
		err, dir.Delete(t.Context(), site, false), dir.Write(t.Context(), site, directory.AttrForeignSite),
		func() error {
			_, err := dir.Create(t.Context(), "", &directory.Site{Head: directory.Head{Name: "Other"}})
			return err
		}(),
		func() error {
			_, err := directory.All[*directory.Site](t.Context(), dir, directory.Query{Kind: directory.KindSite})
			return err
		}(),
	} {
		if !errors.Is(err, mq.ErrNoDS) {
			t.Errorf("%v, want %v", err, mq.ErrNoDS)
		}
	}
	d.Start()
	if got, err := dir.Read(t.Context(), directory.KindSite, directory.ByID(site.ID)); err != nil || got.Common().Name != "Hub" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestABigForest(t *testing.T) {
	d := memory.Forest(memory.Spec{Sites: 100, Links: 300, Machines: 1000, Queues: 3000, Seed: 1})
	dir := ldap.New(d.Administrator())
	count := func(q directory.Query) int {
		t.Helper()
		list, err := directory.All[directory.Object](t.Context(), dir, q)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	for kind, want := range map[directory.Kind]int{directory.KindSite: 100, directory.KindLink: 300, directory.KindMachine: 1000} {
		if n := count(directory.RoutingQuery(kind)); n != want {
			t.Errorf("%d objects of kind %d, want %d", n, kind, want)
		}
	}
	if n := count(directory.Query{Kind: directory.KindQueue, Contains: "queue 29", Limit: 50}); n != 50 {
		t.Errorf("%d queues, want the first 50", n)
	}
	links, err := directory.All[*directory.Link](t.Context(), dir, directory.RoutingQuery(directory.KindLink))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range links {
		if l.Site1.IsZero() || l.Site2.IsZero() || len(l.Gates) != 2 || l.Name != ldap.LinkName(l.Site1, l.Site2) {
			t.Fatalf("a link is %+v", l)
		}
	}
}

func TestTheFirstPagesOfManyQueueManagersAreInOrder(t *testing.T) {
	d := memory.Forest(memory.Spec{Sites: 10, Machines: 2500})
	dir := ldap.New(d.Administrator())
	// Most of the first computers have none.
	for i := range 900 {
		create(t, dir, &directory.Computer{Head: directory.Head{Name: fmt.Sprintf("A%04d", i)}})
	}
	site, err := dir.Read(t.Context(), directory.KindSite, directory.ByName("Site0003"))
	if err != nil {
		t.Fatal(err)
	}
	create(t, dir, &directory.Machine{Computer: "A0007", Sites: []mq.GUID{site.Common().ID}})
	for _, c := range []struct {
		q     directory.Query
		n     int
		first string
		last  string
	}{
		{directory.Query{Limit: 50}, 50, "A0007", "QM00048"},
		{directory.Query{Limit: 1}, 1, "A0007", "A0007"},
		{directory.Query{}, 2501, "A0007", "QM02499"},
		{directory.Query{Contains: "qm012", Limit: 20}, 20, "QM01200", "QM01219"},
		{directory.Query{Contains: "qm012"}, 100, "QM01200", "QM01299"},
		{directory.Query{Limit: 9999}, 2501, "A0007", "QM02499"},
		{directory.Query{Where: []directory.Term{directory.Is(directory.AttrSites, site.Common().ID)}, Limit: 3}, 3, "A0007", "QM00013"},
	} {
		c.q.Kind, c.q.Order = directory.KindMachine, true
		list, err := directory.All[*directory.Machine](t.Context(), dir, c.q)
		if err != nil || len(list) != c.n || list[0].Computer != c.first || list[len(list)-1].Computer != c.last {
			t.Errorf("%+v finds %d, %v", c.q, len(list), err)
		}
	}
}

func BenchmarkForest(b *testing.B) {
	for b.Loop() {
		memory.Forest(memory.Spec{Sites: 1000, Links: 5000, Machines: 10000, Queues: 50000})
	}
}

// What a routing table is made of, in a forest of 10,000 queue managers.
func BenchmarkReadForRouting(b *testing.B) {
	dir := ldap.New(memory.Forest(memory.Spec{Sites: 1000, Links: 5000, Machines: 10000}).Administrator())
	for b.Loop() {
		for _, k := range []directory.Kind{directory.KindSite, directory.KindLink, directory.KindMachine} {
			for _, err := range dir.Search(b.Context(), directory.RoutingQuery(k)) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
	}
}

// Many write, search and delete at once; what was made is there and nothing else.
func TestManyCallersAtOnce(t *testing.T) {
	d := memory.New("nordhavn.example")
	dir := ldap.New(d.Administrator())
	site := create(t, dir, &directory.Site{Head: directory.Head{Name: "Hub"}})
	create(t, dir, &directory.Computer{Head: directory.Head{Name: "QM1"}})
	m := create(t, dir, &directory.Machine{Computer: "QM1", Sites: []mq.GUID{site.ID}})
	const callers, each = 8, 25
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for i := range each {
				q := &directory.Queue{Machine: m.ID, Queue: fmt.Sprintf("q%d-%d", c, i)}
				o, err := dir.Create(t.Context(), "", q)
				if err != nil {
					t.Error(err)
					return
				}
				if i%2 == 1 {
					err = dir.Delete(t.Context(), o, false)
				} else {
					o.(*directory.Queue).Label = q.Queue
					err = dir.Write(t.Context(), o, directory.AttrLabel)
				}
				if err != nil {
					t.Error(err)
				}
				for _, err := range dir.Search(t.Context(), directory.Query{Kind: directory.KindQueue, Contains: "q", Limit: 5}) {
					if err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	list, err := directory.All[*directory.Queue](t.Context(), dir, directory.Query{Kind: directory.KindQueue})
	if err != nil || len(list) != callers*(each+1)/2 {
		t.Errorf("%d queues, want %d: %v", len(list), callers*(each+1)/2, err)
	}
	for _, q := range list {
		if q.Label != q.Queue {
			t.Errorf("%s has the label %q", q.Queue, q.Label)
		}
	}
}
