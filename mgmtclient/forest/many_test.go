package forest_test

import (
	"fmt"
	"sync"
	"testing"

	"posthouse/directory/ldap/memory"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/forest"
)

func TestManyAskAtOnce(t *testing.T) {
	d := open(t, "Administrator", nil)
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			if _, err := d.Find(t.Context(), mgmtclient.DirectoryQuery{Text: "order"}); err != nil {
				t.Error(err)
			}
			if _, err := d.Routes(t.Context(), i%2 == 0); err != nil {
				t.Error(err)
			}
			if _, err := d.Create(t.Context(), mgmtclient.Entry{Kind: mgmtclient.EntrySite, Name: fmt.Sprint("New", i)}); err != nil {
				t.Error(err)
			}
			d.Status()
		})
	}
	wait.Wait()
}

func TestAPageOfManyMachinesCountsTheirQueues(t *testing.T) {
	m := memory.Forest(memory.Spec{Sites: 2, Links: 1, Machines: 40, Queues: 100})
	f := forest.New(forest.Options{Keys: &keys{}, Dial: (&controllers{m: m}).dial})
	t.Cleanup(func() { _ = f.Close() })
	if err := f.Choose(t.Context(), anna, word("x")); err != nil {
		t.Fatal(err)
	}
	p := find(t, f, mgmtclient.DirectoryQuery{Kinds: []mgmtclient.EntryKind{mgmtclient.EntryMachine}})
	if len(p.Entries) != 40 || p.Entries[0].Name != "QM00000" || p.Entries[39].Name != "QM00039" {
		t.Fatalf("%q", names(p.Entries))
	}
	for i, e := range p.Entries {
		if want := (139 - i) / 40; e.Machine.Queues != want {
			t.Errorf("%s has %d queues, not %d", e.Name, e.Machine.Queues, want)
		}
		if e.Where == "" || e.Created.IsZero() {
			t.Errorf("%+v was not read", e)
		}
	}
	if s := one(t, f, mgmtclient.EntrySite, "Site0001"); s.Site.Machines != 20 {
		t.Errorf("%d machines", s.Site.Machines)
	}
}
