package member

import (
	"context"
	"testing"

	"posthouse/directory"
	"posthouse/directory/ldap"
	"posthouse/directory/ldap/memory"
	"posthouse/localqm/mq"
)

// BenchmarkReadMap reads a map of 10,000 queue managers, 1,000 sites and 5,000 links,
// and makes the routing table when something has changed.
func BenchmarkReadMap(b *testing.B) {
	dc := memory.Forest(memory.Spec{Sites: 1000, Links: 5000, Machines: 10_000})
	d := ldap.New(dc.Administrator())
	w := &world{t: b, dc: dc, admin: d}
	n := w.stranger("QM00000")
	n.join(func(o *Options) { o.Directory, o.Site, o.Adopt = admin(w), "", true })
	for _, changed := range []bool{false, true} {
		b.Run(map[bool]string{false: "unchanged", true: "changed"}[changed], func(b *testing.B) {
			for b.Loop() {
				if changed {
					n.Member.mu.Lock()
					n.Member.routes.drawn = drawn{}
					n.Member.mu.Unlock()
				}
				if err := n.Member.readMap(context.Background(), d); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	all, err := directory.All[*directory.Machine](b.Context(), d, directory.RoutingQuery(directory.KindMachine))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("next", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			_, _ = n.Member.Next(context.Background(), mq.Private(all[i%len(all)].ID, 7))
		}
	})
}
