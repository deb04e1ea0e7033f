package forest_test

import (
	"context"
	"testing"

	"posthouse/directory"
	"posthouse/directory/ldap"
	"posthouse/directory/ldap/memory"
	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/forest"
)

// big is a console at a forest of 1,000 sites, 5,000 links, 10,000 machines and 50,000
// queues.
func big(b *testing.B) *forest.Forest {
	m := memory.Forest(memory.Spec{Sites: 1000, Links: 5000, Machines: 10_000, Queues: 50_000})
	f := forest.New(forest.Options{Keys: &keys{}, Dial: func(context.Context, mgmtclient.DirectorySignIn, string, func(mgmtclient.Probe)) (directory.Directory, error) {
		return ldap.New(m.Administrator()), nil
	}})
	b.Cleanup(func() { _ = f.Close() })
	if err := f.Choose(b.Context(), anna, word("x")); err != nil {
		b.Fatal(err)
	}
	return f
}

type keys struct{ kept string }

func (k *keys) Get(string) (string, error)   { return k.kept, nil }
func (k *keys) Set(_, password string) error { k.kept = password; return nil }
func (k *keys) Keeper() (string, bool)       { return "memory", true }

func BenchmarkForest(b *testing.B) {
	f := big(b)
	find := func(q mgmtclient.DirectoryQuery) func(b *testing.B) {
		return func(b *testing.B) {
			for b.Loop() {
				if p, err := f.Find(b.Context(), q); err != nil || len(p.Entries) == 0 {
					b.Fatal(err)
				}
			}
		}
	}
	b.Run("first page of all", find(mgmtclient.DirectoryQuery{}))
	b.Run("by label", find(mgmtclient.DirectoryQuery{Text: "Queue 4711"}))
	b.Run("queues by label", find(mgmtclient.DirectoryQuery{Text: "Queue 4711", Kinds: []mgmtclient.EntryKind{mgmtclient.EntryQueue}}))
	b.Run("sites", find(mgmtclient.DirectoryQuery{Kinds: []mgmtclient.EntryKind{mgmtclient.EntrySite}}))
	b.Run("map", func(b *testing.B) {
		for b.Loop() {
			if m, err := f.Routes(b.Context(), true); err != nil || len(m.Links) != 5000 {
				b.Fatal(len(m.Links), err)
			}
		}
	})
	m, err := f.Routes(b.Context(), false)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("path", func(b *testing.B) {
		i := 0
		for b.Loop() {
			i = (i + 7) % 999
			if p, err := f.Path(b.Context(), mgmtclient.PathQuery{From: m.Sites[0].ID, To: m.Sites[i+1].ID, WhatIf: mgmtclient.WhatIf{Down: []mq.GUID{m.Links[i].ID}}}); err != nil {
				b.Fatal(p, err)
			}
		}
	})
}
