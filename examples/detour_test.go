package examples

import (
	"slices"
	"strings"
	"testing"

	"posthouse/mgmtclient"
)

// What an administrator expects when a line is cut and another way is there: what began
// in the site goes the other way, and what came over a link waits for the line.
func TestADetourWhenTheDirectLineIsCut(t *testing.T) {
	t.Parallel()
	f := newForest(t)
	cph := f.joined("CPH", "127.0.0.60")
	odn := f.joined("ODN", "127.0.0.61")
	aar := f.joined("AAR", "127.0.0.62")
	desk := f.joined("DESK", "127.0.0.63")
	f.reach(cph, aar)
	f.reach(aar, odn)
	f.reach(desk, cph)
	line := f.cable(cph, "127.0.0.64", odn, "127.0.0.65")
	f.sites(nil, "Copenhagen", "Odense", "Aarhus", "Roenne")
	f.join(at{cph: "Copenhagen", odn: "Odense", aar: "Aarhus", desk: "Roenne"}, cph, odn, aar)
	f.link("Copenhagen", "Odense", "1", cph, odn)
	f.link("Copenhagen", "Aarhus", "3", cph, aar)
	f.link("Aarhus", "Odense", "3", aar, odn)
	f.link("Roenne", "Copenhagen", "6", cph)
	for _, c := range []*computer{odn, aar, cph, desk} {
		c.start()
	}
	odn.must("queue", "create", `.\stock`, "--transactional", "--allow-send", "anonymous")
	stock := "PUBLIC=" + f.id(odn.name+`\stock`).String()

	f.step("What would be is asked before.")
	type answer struct {
		Cost  uint32
		Waits bool
	}
	cut := f.named("Copenhagen") + "-" + f.named("Odense")
	if a := decoded[answer](f.admin, f.admin.must("route", "path", cph.name, odn.name, "--down", cut)); a.Cost != 6 || a.Waits {
		t.Errorf("from Copenhagen: %+v", a)
	}
	if a := decoded[answer](f.admin, f.admin.must("route", "path", desk.name, odn.name, "--down", cut)); a.Cost != 6 || !a.Waits {
		t.Errorf("from Roenne: %+v", a)
	}

	f.step("The line is cut.")
	line.down(true)
	desk.send(stock, "from Roenne")
	f.until("it waits in Copenhagen", func() bool { return !cph.idle() })
	cph.send(stock, "from Copenhagen")
	if m := odn.receive(stock); m.Label != "from Copenhagen" {
		t.Errorf("received %q", m.Label)
	}
	f.until("Copenhagen says how", func() bool {
		all := decoded[[]mgmtclient.Queue](cph, cph.must("outgoing", "list"))
		return slices.ContainsFunc(all, func(q mgmtclient.Queue) bool {
			return q.Outgoing != nil && strings.Contains(q.Outgoing.Why, "detour over "+f.named("Aarhus")) &&
				strings.Contains(q.Outgoing.Why, "other sites wait for a better way")
		})
	})

	f.step("It is mended.")
	line.down(false)
	if m := odn.receive(stock); m.Label != "from Roenne" {
		t.Errorf("received %q", m.Label)
	}
	for _, c := range []*computer{cph, aar, desk} {
		f.until("nothing is left on "+c.name, c.idle)
	}
}
