package member

import (
	"errors"
	"slices"
	"testing"

	"posthouse/directory"
	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

// chain is SHOP01 in Aarhus with the gate HUB01, which a link leads from to the gate
// HUB02 of Odense, and WMS01 there.
func chain(t *testing.T) (w *world, n *node, hub, gate, far *directory.Machine) {
	w = newWorld(t)
	hub, gate = w.server("HUB01", true, "Aarhus"), w.server("HUB02", true, "Odense")
	far = w.server("WMS01", false, "Odense")
	w.link("Aarhus", "Odense", 7, hub.ID, gate.ID)
	return w, w.joined("SHOP01"), hub, gate, far
}

func TestWayLeadsOverTheSites(t *testing.T) {
	w, n, hub, _, far := chain(t)
	near := w.server("SHOP02", false, "Aarhus")
	q := create(w, &directory.Queue{Machine: far.ID, Computer: "WMS01", Queue: "orders"})
	for name, to := range map[string]mq.FormatName{
		"private": mq.Private(far.ID, 9), "public": mq.Public(q.ID), "machine": mq.Machine(far.ID, mq.SuffixDeadLetter),
	} {
		hops, err := n.Member.Next(t.Context(), to)
		if err != nil || len(hops) == 0 || hops[0].ID != hub.ID || hops[0].Rank != 0 || hops[0].Name != "HUB01" ||
			!slices.Equal(hops[0].Hosts, []string{"HUB01.nordhavn.example", "HUB01"}) || hops[0].Why == "" {
			t.Errorf("%s: %+v, %v", name, hops, err)
		}
	}
	n.Clock.Advance(n.Member.timers.Demand)
	hops, err := n.Member.Next(t.Context(), mq.Private(near.ID, 9))
	if err != nil || hops[0].ID != near.ID {
		t.Errorf("to a neighbour: %+v, %v", hops, err)
	}
	for name, to := range map[string]mq.FormatName{
		"direct": mq.DirectOS("WMS01", "orders"), "a list": mq.DistributionList(mq.NewGUID(), ""), "ourselves": mq.Private(n.Identity().ID, 9),
	} {
		if hops, err := n.Member.Next(t.Context(), to); err == nil {
			t.Errorf("%s: %+v", name, hops)
		}
	}
	if id, ok := n.Member.Owner(mq.Public(q.ID)); !ok || id != far.ID {
		t.Errorf("the owner is %s, %t", id, ok)
	}
	if _, ok := n.Member.Owner(mq.Public(mq.NewGUID())); ok {
		t.Error("an unknown queue has an owner")
	}
}

func TestMapIsReadAgainForAnUnknownQueueManagerButNotAtEveryQuestion(t *testing.T) {
	w, n, hub, _, _ := chain(t)
	n.Clock.Advance(n.Member.timers.Demand)
	late := w.server("WMS02", false, "Odense")
	if hops, err := n.Member.Next(t.Context(), mq.Private(late.ID, 9)); err != nil || hops[0].ID != hub.ID {
		t.Errorf("%+v, %v", hops, err)
	}
	asked := n.line.asked.Load()
	for range 10 {
		if _, err := n.Member.Next(t.Context(), mq.Private(mq.NewGUID(), 9)); !errors.Is(err, mq.ErrMachineNotFound) {
			t.Errorf("%v", err)
		}
	}
	if now := n.line.asked.Load(); now != asked {
		t.Errorf("the directory was asked %d times", now-asked)
	}
	n.Clock.Advance(n.Member.timers.Demand)
	_, err := n.Member.Next(t.Context(), mq.Private(mq.NewGUID(), 9))
	refused(t, err, mq.ErrMachineNotFound)
	if n.line.asked.Load() == asked {
		t.Error("the directory was not asked again")
	}
}

func TestNewLinkIsFoundWhereNoWayWasKnown(t *testing.T) {
	w, n, hub, gate, _ := chain(t)
	away := w.server("WMS03", true, "Copenhagen")
	n.Clock.Advance(n.Member.timers.Demand)
	if hops, err := n.Member.Next(t.Context(), mq.Private(away.ID, 9)); err == nil {
		t.Fatalf("before there is a link: %+v", hops)
	}
	w.link("Odense", "Copenhagen", 3, gate.ID, away.ID)
	n.Clock.Advance(n.Member.timers.Demand)
	if hops, err := n.Member.Next(t.Context(), mq.Private(away.ID, 9)); err != nil || hops[0].ID != hub.ID {
		t.Errorf("%+v, %v", hops, err)
	}
}

func TestWaysAreKnownWithoutTheDirectory(t *testing.T) {
	w, n, hub, _, far := chain(t)
	before, err := n.Member.Next(t.Context(), mq.Private(far.ID, 9))
	if err != nil {
		t.Fatal(err)
	}
	w.dc.Stop()
	n.Clock.Advance(n.Member.timers.Machines + n.Member.timers.Routes)
	n.becomes(localqm.Offline)
	after, err := n.Member.Next(t.Context(), mq.Private(far.ID, 9))
	if err != nil || after[0].ID != hub.ID || !slices.Equal(before[0].Hosts, after[0].Hosts) {
		t.Errorf("%+v, %v", after, err)
	}
	for _, to := range []mq.FormatName{mq.Public(mq.NewGUID()), mq.Private(mq.NewGUID(), 7)} {
		_, err = n.Member.Next(t.Context(), to)
		refused(t, err, mq.ErrNoDS)
	}
}

func TestGatesAreReadAgainByTheirTimer(t *testing.T) {
	w, n, hub, _, far := chain(t)
	if _, err := n.Member.Next(t.Context(), mq.Private(far.ID, 9)); err != nil {
		t.Fatal(err)
	}
	n.Clock.Advance(n.Member.timers.Gates - n.Member.timers.Machines/2)
	n.settled()
	if _, err := n.Member.Next(t.Context(), mq.Private(far.ID, 9)); err != nil {
		t.Fatal(err)
	}
	hub.DNSName = "hub01.moved.example"
	w.write(hub, directory.AttrDNSName)
	n.Clock.Advance(n.Member.timers.Machines / 2)
	n.settled()
	if hops, err := n.Member.Next(t.Context(), mq.Private(far.ID, 9)); err != nil || hops[0].Hosts[0] != "hub01.moved.example" {
		t.Errorf("%+v, %v", hops, err)
	}
}

func TestRoutingServerAndGateAreInTheState(t *testing.T) {
	w := newWorld(t)
	n := w.joined("HUB01", func(o *Options) { o.Directory, o.Routing = admin(w), ptr(true) })
	if s := n.Member.State(); !s.Routing || s.Gate {
		t.Errorf("%+v", s)
	}
	w.link("Aarhus", "Odense", 7, n.Identity().ID)
	if err := n.Member.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := n.Member.State(); !s.Routing || !s.Gate {
		t.Errorf("%+v", s)
	}
}

func TestConnectorServerHandsOverWhatIsForItsForeignSite(t *testing.T) {
	w := newWorld(t)
	w.sites["Mainframe"] = create(w, &directory.Site{Head: directory.Head{Name: "Mainframe"}, Foreign: true}).ID
	foreign := create(w, &directory.Machine{Computer: "CICS1", Foreign: true, Sites: []mq.GUID{w.sites["Mainframe"]}})
	queue := create(w, &directory.Queue{Machine: foreign.ID, Computer: "CICS1", Queue: "ledger"})
	gateway := w.joined("GATEWAY", func(o *Options) { o.Directory, o.Routing = admin(w), ptr(true) })
	w.link("Aarhus", "Mainframe", 5, gateway.Identity().ID)
	shop := w.joined("SHOP01")
	if err := gateway.Member.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if site, ok := gateway.Member.Connector(foreign.ID); !ok || site != w.sites["Mainframe"] {
		t.Errorf("%s, %t", site, ok)
	}
	if _, ok := shop.Member.Connector(foreign.ID); ok {
		t.Error("a client hands messages over")
	}
	if _, ok := gateway.Member.Connector(shop.Identity().ID); ok {
		t.Error("what is for a queue manager is handed over")
	}
	if hops, err := shop.Member.Next(t.Context(), mq.Public(queue.ID)); err != nil || hops[0].ID != gateway.Identity().ID {
		t.Errorf("%+v, %v", hops, err)
	}
	if q, err := shop.Member.Find(t.Context(), qmtest.Name(t, `CICS1\ledger`)); err != nil || !q.Foreign {
		t.Errorf("%+v, %v", q, err)
	}
}

func TestDetoursComeLastAndAreForWhatBeganInOurSites(t *testing.T) {
	w := newWorld(t)
	aarhus, odense := w.server("HUB-AAR02", true, "Aarhus"), w.server("WMS-ODN01", true, "Odense")
	other := w.server("WMS-ODN02", true, "Odense")
	neighbour := w.server("ERP-SQL03", false, "Copenhagen")
	n := w.joined("HUB-CPH01", func(o *Options) { o.Directory, o.Routing, o.Site = admin(w), ptr(true), "Copenhagen" })
	hub := n.Identity().ID
	w.link("Copenhagen", "Odense", 1, hub, odense.ID)
	w.link("Copenhagen", "Aarhus", 3, hub, aarhus.ID)
	w.link("Aarhus", "Odense", 3, aarhus.ID, odense.ID, other.ID)
	if err := n.Member.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	hops, err := n.Member.Next(t.Context(), mq.Private(odense.ID, 7))
	if err != nil || len(hops) < 2 {
		t.Fatalf("%+v, %v", hops, err)
	}
	first, last := hops[0], hops[len(hops)-1]
	if first.ID != odense.ID || first.Detour || last.ID != aarhus.ID || !last.Detour || last.Rank <= hops[len(hops)-2].Rank ||
		last.Why != "detour over Aarhus, 6 to Odense" || !slices.Contains(last.Hosts, "HUB-AAR02") {
		t.Errorf("%+v", hops)
	}
	for _, c := range []struct {
		name   string
		source mq.GUID
		hops   uint8
		want   bool
	}{
		{"a neighbour", neighbour.ID, 1, true},
		{"a neighbour's that came back", neighbour.ID, 3, false},
		{"another site", aarhus.ID, 1, false},
		{"our own that came back", hub, 2, false},
		{"nobody", mq.NewGUID(), 1, false},
	} {
		if got := n.Member.Inside(c.source, c.hops); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
	w.dc.Stop() // what is known counts on
	if !n.Member.Inside(neighbour.ID, 1) {
		t.Error("a neighbour is forgotten without the directory")
	}
}

func TestComputersOfTheForestAreKnown(t *testing.T) {
	w := newWorld(t)
	hub := w.server("HUB01", true, "Aarhus")
	n := w.joined("SHOP01")
	if !n.Member.Known(hub.ID) || !n.Member.Known(n.Identity().ID) || n.Member.Known(mq.NewGUID()) || n.Member.Foreign(hub.ID) {
		t.Error("they are not")
	}
}

func TestMadeUpQueueManagersDoNotHaveTheMapReadAllTheTime(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	before := n.line.searched.Load()
	for range 60 {
		n.Clock.Advance(n.Member.timers.Demand)
		if _, err := n.Member.Next(t.Context(), mq.Private(mq.NewGUID(), 7)); err == nil {
			t.Fatal("there is a way")
		}
	}
	if maps := (n.line.searched.Load() - before) / 3; maps < 4 || maps > 10 {
		t.Errorf("the map was read %d times in 5 minutes", maps)
	}
	hub := w.server("HUB01", true, "Aarhus")
	n.Clock.Advance(n.Member.timers.Again)
	if _, err := n.Member.Next(t.Context(), mq.Private(hub.ID, 7)); err != nil {
		t.Errorf("one that is new: %v", err)
	}
}
