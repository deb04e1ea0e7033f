package examples

import (
	"crypto/rand"
	"encoding/hex"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"posthouse/directory/ldap/samba"
	"posthouse/localqm/mq"
	"posthouse/localqm/proxy"
	"posthouse/mgmtclient"
)

// forest is the directory that the computers of a network belong to. Others use it at
// the same time: all names end with a mark of its own.
type forest struct {
	*samba.Forest
	*network
	mark  string
	admin *computer // the administrator's console, beside no queue manager
}

func newForest(t *testing.T) *forest {
	t.Helper()
	f := &forest{Forest: samba.Join(t), network: newNetwork(t)}
	b := make([]byte, 2)
	if _, err := rand.Read(b); err != nil {
		t.Fatal(err)
	}
	f.mark = strings.ToUpper(hex.EncodeToString(b))
	f.admin = f.console(f.computer("ADMIN", "", ""))
	return f
}

// console is a computer whose commands work on the directory as its administrator.
func (f *forest) console(c *computer) *computer {
	desk := *c
	desk.secret = f.Password
	desk.node = []string{"--controller", "ldaps://" + f.Address, "--ca", f.CA, "--user", f.Administrator()}
	return &desk
}

// named is a name in the directory.
func (f *forest) named(name string) string { return name + "-" + f.mark }

// sites makes sites, which go with the test.
func (f *forest) sites(flags []string, names ...string) {
	f.t.Helper()
	for _, s := range names {
		f.admin.must(append([]string{"directory", "create", "site", f.named(s)}, flags...)...)
		f.t.Cleanup(func() { f.Remove(f.t, f.SiteDN(f.named(s))) })
	}
}

// link links two sites at a cost, by gates.
func (f *forest) link(from, to, cost string, gates ...*computer) {
	f.t.Helper()
	names := make([]string, len(gates))
	for i, g := range gates {
		names[i] = g.name
	}
	f.admin.must("route", "link", "create", f.named(from), f.named(to), "--cost", cost, "--gate", strings.Join(names, ","))
	f.t.Cleanup(func() {
		f.admin.must("route", "link", "delete", f.named(from)+"-"+f.named(to), "--yes")
	})
}

// joined makes a computer with an account in the forest.
func (f *forest) joined(name, address string) *computer {
	f.t.Helper()
	c := f.computer(f.named(name), address, "")
	f.Computer(f.t, c.name)
	c.secret = f.UserPassword // until it has joined, nobody else has one
	return c
}

// at are the sites of computers, by their names without the mark.
type at map[*computer]string

// join makes queue managers members of the forest, and those of servers ones that pass
// messages of others on.
func (f *forest) join(sites at, servers ...*computer) {
	f.t.Helper()
	var all sync.WaitGroup
	for c, site := range sites {
		all.Go(func() {
			out, err := c.run("directory", "join", "--name", c.name, "--site", f.named(site),
				"--controller", "ldaps://"+f.Address, "--ca", f.CA, "--account", f.User(c.name+"$"))
			if err != nil {
				f.t.Errorf("%s: %v, %s", c.name, err, out)
			}
		})
	}
	all.Wait()
	if f.t.Failed() {
		f.t.FailNow()
	}
	for c := range sites {
		c.secret = ""
	}
	for _, c := range servers { // only an administrator may, in sites that were just made
		f.admin.must("directory", "set", c.name, "--routing")
	}
}

// reach lets two computers find each other; others are out of their reach.
func (f *forest) reach(a, b *computer) {
	f.finds(a, b, b.address)
	f.finds(b, a, a.address)
}

// finds lets a computer find another one at an address, by both of its names.
func (f *forest) finds(c, other *computer, address string) {
	if c.hosts != "" {
		c.hosts += ","
	}
	c.hosts += other.name + "=" + address + "," + strings.ToLower(other.name) + "." + f.Name + "=" + address
}

// id is the identifier of an object in the directory.
func (f *forest) id(name string) mq.GUID {
	f.t.Helper()
	return f.entry(name).ID
}

// entry is an object of the directory.
func (f *forest) entry(name string) mgmtclient.Entry {
	f.t.Helper()
	return decoded[mgmtclient.Entry](f.admin, f.admin.must("directory", "show", name))
}

// cable is what two computers reach each other over, and nothing else.
type cable struct{ there, back *proxy.Proxy }

// cable puts one between two computers: a finds b at atB, and b finds a at atA.
func (f *forest) cable(a *computer, atA string, b *computer, atB string) cable {
	f.t.Helper()
	line := func(to *computer, at, source string) *proxy.Proxy {
		p, err := proxy.Listen(proxy.Options{
			Listen: net.JoinHostPort(at, f.port), Target: net.JoinHostPort(to.address, f.port), Source: source,
		})
		if err != nil {
			f.t.Fatal(err)
		}
		f.t.Cleanup(func() { _ = p.Close() })
		return p
	}
	f.finds(a, b, atB)
	f.finds(b, a, atA)
	return cable{there: line(b, atB, atA), back: line(a, atA, atB)}
}

// down cuts it, or mends it.
func (w cable) down(down bool) {
	w.there.Down(down)
	w.back.Down(down)
}

// crossed is how many packets were on it.
func (w cable) crossed() int { return w.there.Stats().Packets + w.back.Stats().Packets }

// idle reports that nothing is on its way to other computers.
func (c *computer) idle() bool {
	c.n.t.Helper()
	return !slices.ContainsFunc(decoded[[]mgmtclient.Queue](c, c.must("outgoing", "list")), func(q mgmtclient.Queue) bool { return q.Messages > 0 })
}
