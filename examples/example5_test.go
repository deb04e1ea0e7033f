package examples

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"posthouse/mgmtclient"
)

// Example 5: Branch Office Order Processing (MS-MQOD 3.5), over LDAP instead of
// S_DSGetProps. The text's step numbers are given. Messages are not encrypted yet
// (7-8, 13).
func TestExample5BranchOfficeOrderProcessing(t *testing.T) {
	t.Parallel()
	f := newForest(t)
	shop := f.joined("SHOP", "127.0.0.40")
	branch := f.joined("BRANCH", "127.0.0.41")
	hq1 := f.joined("HQ1", "127.0.0.42")
	hq2 := f.joined("HQ2", "127.0.0.43")
	gate := f.joined("GATE", "127.0.0.44")
	company := f.joined("COMPANY", "127.0.0.45")
	f.reach(shop, branch)
	f.reach(branch, hq1)
	f.reach(hq1, hq2)
	f.reach(hq2, gate)
	f.reach(gate, company)
	direct := f.cable(hq1, "127.0.0.52", gate, "127.0.0.54")

	f.step("Initial state: one queue manager of each site is its gate, and in- and out-routing server.")
	f.sites(nil, "BranchSite", "Region1", "Region2", "CompanySite")
	f.join(at{shop: "BranchSite", branch: "BranchSite", hq1: "Region1", hq2: "Region2", gate: "CompanySite", company: "CompanySite"}, branch, hq1, hq2, gate)
	f.link("BranchSite", "Region1", "1", branch, hq1)
	f.link("Region1", "CompanySite", "3", hq1, gate)
	f.link("Region1", "Region2", "2", hq1, hq2)
	f.link("Region2", "CompanySite", "2", hq2, gate)
	f.admin.must("directory", "set", shop.name, "--out-server", branch.name, "--in-server", branch.name)
	f.admin.must("directory", "set", company.name, "--in-server", gate.name, "--out-server", gate.name)
	f.step("One queue is configured in the company headquarters to receive sales data.")
	company.start()
	company.must("queue", "create", `.\sales`, "--transactional", "--allow-send", "anonymous")
	company.stop()
	sales := "PUBLIC=" + f.id(company.name+`\sales`).String()

	f.step("1-2: the branch office server reads the routing links and computes its routing table.")
	shop.start()
	if way := f.way(shop, company); !slices.Equal(way, []string{shop.name, branch.name, hq1.name, gate.name, company.name}) {
		t.Errorf("the way is %q", way)
	}
	f.step("9: the branch office server sends; its out-routing server does not answer yet.")
	shop.send(sales, "order 1", "--journal")
	waits := f.passes(shop, sales, company, branch)

	f.step("3-6, 10-12: each server reads the links and computes its table in turn, takes the message, and finds the next hop.")
	for _, hop := range []struct{ from, at, next *computer }{{shop, branch, hq1}, {branch, hq1, gate}, {hq1, gate, company}} {
		hop.at.start()
		hop.from.must("outgoing", "resend", waits)
		waits = f.passes(hop.at, sales, company, hop.next)
	}
	company.start()
	gate.must("outgoing", "resend", waits)
	f.until("the branch office knows that it was delivered and not received", func() bool {
		q, ok := shop.outgoing(sales)
		return ok && q.Outgoing.Unsent == 0 && q.Outgoing.Unread == 1
	})
	if m := company.receive(sales); m.Label != "order 1" {
		t.Errorf("received %q", m.Label)
	}
	f.step("The branch office hears that it was received, by the same way.")
	shop.holds(`.\system$;journal`, 1)
	used := direct.crossed()

	f.step("11: the line between regional HQ1 and the company fails while messages are on it; regional HQ2 is the alternate route.")
	hq2.start()
	const orders = 24
	for i := 2; i <= orders; i++ {
		shop.send(sales, fmt.Sprintf("order %d", i))
		if i == orders/2 {
			f.until("some of them have crossed the line", func() bool { return direct.crossed() > used })
			direct.down(true)
		}
	}
	f.step("All come, once and in order.")
	for i := 2; i <= orders; i++ {
		if m := company.receive(sales); m.Label != fmt.Sprintf("order %d", i) {
			t.Fatalf("received %q where order %d was next", m.Label, i)
		}
	}
	if m := decoded[mgmtclient.Machine](hq2, hq2.must("machine", "show")); m.Received == 0 {
		t.Error("none came by regional HQ2")
	}
	f.step("Final state: the company has the sales data, the others are as they were.")
	for _, c := range []*computer{shop, branch, hq1, hq2, gate} {
		f.until("nothing is left on "+c.name, c.idle)
	}
	if q := company.queue(sales); q.Messages != 0 {
		t.Errorf("%d messages came twice", q.Messages)
	}
	if q := shop.queue(`.\system$;deadxact`); q.Messages != 0 {
		t.Errorf("%d messages died", q.Messages)
	}
}

// way is what the routes say of a way: the queue managers that a message passes.
func (f *forest) way(from, to *computer) (names []string) {
	f.t.Helper()
	type hop struct{ Via []struct{ Name string } }
	way := decoded[struct{ Hops []hop }](f.admin, f.admin.must("route", "path", from.name, to.name))
	for _, h := range way.Hops {
		for _, m := range h.Via {
			names = append(names, m.Name)
		}
	}
	return names
}

// passes waits until a message for a queue waits on one computer for the next, and
// returns the name of its outgoing queue. A routing server that does not know whose the
// public queue is keeps it under the destination's order queue.
func (f *forest) passes(c *computer, queue string, to, next *computer) (name string) {
	f.t.Helper()
	transit := "PRIVATE=" + f.id(to.name).String()
	var list []mgmtclient.Queue
	f.until(c.name+" keeps the message for "+next.name+", the next hop", func() bool {
		list = decoded[[]mgmtclient.Queue](c, c.must("outgoing", "list"))
		i := slices.IndexFunc(list, func(q mgmtclient.Queue) bool {
			return (q.FormatName == queue || strings.HasPrefix(q.FormatName, transit)) && q.Outgoing.Unsent == 1 && strings.HasPrefix(q.Outgoing.Why, next.name)
		})
		if i >= 0 {
			name = list[i].FormatName
		}
		return i >= 0
	})
	return name
}
