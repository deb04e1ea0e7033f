package ldap_test

import (
	"fmt"
	"strings"
	"testing"

	"posthouse/directory"
	"posthouse/directory/ldap"
	"posthouse/directory/ldap/samba"
	"posthouse/localqm/mq"
)

// The first page of what is found in 2,000 queues of a domain controller.
func BenchmarkFirstPageOf2000Queues(b *testing.B) {
	f := samba.Join(b)
	d := ldap.New(dial(b, f, ""))
	const name = "BENCH-2000"
	f.Computer(b, name)
	site, err := directory.Get[*directory.Site](b.Context(), d, directory.ByName(samba.Aarhus))
	if err != nil {
		b.Fatal(err)
	}
	o, err := d.Create(b.Context(), "", &directory.Machine{Computer: name, Sites: []mq.GUID{site.ID}})
	if err != nil {
		b.Fatal(err)
	}
	var ldif strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&ldif, "dn: CN=queue%04d,%s\nobjectClass: mSMQQueue\nmSMQLabelEx: Queue number %d\n\n", i, o.Common().DN, i)
	}
	f.Load(b, ldif.String())
	few := directory.Query{Kind: directory.KindQueue, Contains: "number 1", Limit: 200}
	ordered := few
	ordered.Order = true
	for _, c := range []struct {
		name string
		q    directory.Query
		want int
	}{
		{"label", few, 200},
		{"label in order", ordered, 200},
		{"one label", directory.Query{Kind: directory.KindQueue, Where: []directory.Term{directory.Is(directory.AttrLabel, "Queue number 1234")}}, 1},
		{"of a queue manager", directory.Query{Kind: directory.KindQueue, Where: []directory.Term{directory.Is(directory.AttrMachine, o.Common().ID)}, Limit: 200}, 200},
		{"all", directory.Query{Kind: directory.KindQueue, Under: o.Common().DN}, 2000},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				list, err := directory.All[*directory.Queue](b.Context(), d, c.q)
				if err != nil || len(list) != c.want {
					b.Fatal(len(list), err)
				}
			}
		})
	}
}
