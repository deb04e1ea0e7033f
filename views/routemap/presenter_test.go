package routemap

import (
	"slices"
	"strings"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

// enter shows a forest on some computers, with the way from Hirtshals to Odense.
func enter(t testing.TB, dir mgmtclient.Directory, nodes ...mgmtclient.Node) (*screentest.Host, *Presenter) {
	t.Helper()
	viewtest.NewApp(t, theme.Light)
	h := screentest.New(t, nodes...)
	h.Forest = dir
	if dir != nil {
		wayOf(dir.Status().Forest).Set(h.Preferences(), [2]string{id(hirtshals).String(), id(odense).String()})
	}
	p := NewPresenter(h)
	p.Enter(h.Scope().Sub(), screen.Route{Screen: screen.RouteMap})
	return h, p
}

// settled waits until nothing is asked any more.
func settled(t testing.TB, h *screentest.Host, p *Presenter) {
	t.Helper()
	h.Until(t, "the answers of the directory", func() bool {
		busy := p.loading || !p.known || p.way.answered != p.way.asked
		for _, d := range p.drafts {
			busy = busy || d.comparing || d.saving
		}
		return !busy
	})
}

func TestAWayShowsHopsAndWhatFailsOnIt(t *testing.T) {
	h, p := enter(t, forestWith(nordhavn()), fake.Sample())
	settled(t, h, p)
	if p.Headline() != "8 sites, 9 routing links, from nordhavn.example" {
		t.Errorf("got %q", p.Headline())
	}
	if w := p.way.path; w.Cost != 7 || len(w.Hops) != 4 || p.way.step(id(copenhagen)) != 3 || p.way.step(id(oslo)) != 0 || !p.way.on(link(odnCph)) {
		t.Errorf("got %+v", w)
	}
	if got := p.NextBest(); got != "Next best: 9, by Aarhus – Odense" {
		t.Errorf("got %q", got)
	}
	r := p.way.remark
	if r.text != "The last hop fails: HUB-CPH01 cannot connect to WMS-ODN01." || r.tone != kit.Danger {
		t.Errorf("got %+v", r)
	}
	p.ShowQueue()
	if len(h.Opened) != 1 || h.Opened[0].Screen != screen.Outgoing || h.Opened[0].Node != "HUB-CPH01" || !strings.Contains(h.Opened[0].Queue, "WMS-ODN01") {
		t.Errorf("opened %+v", h.Opened)
	}
	p.Swap()
	settled(t, h, p)
	if p.way.step(id(odense)) != 1 || strings.Contains(p.way.remark.text, "fails") {
		t.Errorf("the way back: %+v", p.way)
	}
}

func TestWhatWaitsOnAWayIsSaid(t *testing.T) {
	for _, c := range []struct {
		out  fake.OutgoingQueue
		to   int
		want string
	}{
		{fake.OutgoingQueue{To: `EDI-GW01\private$\edi`, Unsent: 3, Link: fake.Link{State: mq.StateOnHold}}, dmz, "The only hop waits: somebody paused the queue of HUB-CPH01 for EDI-GW01."},
		{fake.OutgoingQueue{To: `EDI-GW01\private$\edi`, Unsent: 3, Link: fake.Link{State: mq.StateLocked}}, dmz, "The only hop fails: HUB-CPH01 is hardened and sends nothing to EDI-GW01."},
		{fake.OutgoingQueue{To: `EDI-GW01\private$\edi`, Unsent: 3, Link: fake.Link{State: mq.StateDisconnected}}, dmz, "The only hop waits: HUB-CPH01 has no link to EDI-GW01."},
		{fake.OutgoingQueue{To: `EDI-GW01\private$\edi`, Unsent: 3, Link: fake.Link{State: mq.StateConnected}}, dmz, "Nothing waits or fails on this way."},
		// A queue to a desk behind a gate waits at the gate.
		{fake.OutgoingQueue{To: `DESK-SKAGEN\private$\x`, Unsent: 3, Link: fake.Link{State: mq.StateWaiting, Failures: 9}}, skagen, "The first hop fails: HUB-CPH01 cannot connect to HUB-AAR02."},
		{fake.OutgoingQueue{To: `LT-MARIE\private$\x`, Unsent: 3, Link: fake.Link{State: mq.StateWaiting, Failures: 9}}, skagen, "Nothing fails on the hops that are known; HUB-AAR02 is not among your computers."},
	} {
		n := fake.New(fake.Options{Name: "HUB-CPH01"})
		if err := n.PutOutgoing(c.out); err != nil {
			t.Fatal(err)
		}
		h, p := enter(t, forestWith(nordhavn()), n)
		settled(t, h, p)
		p.SetEnds(id(copenhagen), id(c.to))
		settled(t, h, p)
		if got := p.way.remark.text; got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestWithoutComputersNothingIsClaimed(t *testing.T) {
	h, p := enter(t, forestWith(nordhavn()), fake.New(fake.Options{Name: "LT-ANNA"}))
	settled(t, h, p)
	if got := p.way.remark; got.tone != kit.Neutral || !strings.Contains(got.text, "not known") {
		t.Errorf("got %+v", got)
	}
	for i := range p.sites {
		if p.sites[i].health.Icon != "" {
			t.Errorf("%s claims to be %v", p.sites[i].Name, p.sites[i].health)
		}
	}
}

func TestASiteIsAsWellAsItsWorstQueueManager(t *testing.T) {
	h, p := enter(t, forestWith(nordhavn()), fake.Sample(), fake.New(fake.Options{Name: "HUB-AAR02"}))
	h.SetNode(screen.Node{ID: "x", Name: "DESK-HIRTSHALS", State: screen.LetGo})
	h.SetNode(screen.Node{ID: "y", Name: "edi", Address: "edi-gw01.nordhavn.example:2103", State: screen.NoAnswer})
	settled(t, h, p)
	p.NodeChanged()
	want := map[int]string{
		hirtshals: kit.ComputerOffline.Icon, aarhus: kit.ComputerConnected.Icon, copenhagen: kit.ComputerLocal.Icon,
		odense: kit.OutgoingStuck.Icon, dmz: kit.ComputerNoAnswer.Icon, oslo: "",
	}
	for n, icon := range want {
		if s := p.site(id(n)); s.health.Icon != icon {
			t.Errorf("%s: got %q, want %q", s.Name, s.health.Icon, icon)
		}
	}
	s := p.site(id(copenhagen))
	if s.words != "gate HUB-CPH01" || s.unsent != 1236 || s.tone != kit.Danger {
		t.Errorf("got %q, %d, %v", s.words, s.unsent, s.tone)
	}
	if got := p.site(id(odense)).tip(); got != "Odense (WMS-ODN01). WMS-ODN01: HUB-CPH01 cannot connect" {
		t.Errorf("got %q", got)
	}
}

func TestSitesAreNamedByWhatTheyHave(t *testing.T) {
	server, desk := mgmtclient.RouteMachine{Routing: true}, mgmtclient.RouteMachine{}
	gate := mgmtclient.RouteMachine{Name: "G", Routing: true, Gate: true}
	for _, c := range []struct {
		machines []mgmtclient.RouteMachine
		foreign  bool
		want     string
	}{
		{nil, false, "no queue managers"},
		{[]mgmtclient.RouteMachine{server}, false, "1 server"},
		{[]mgmtclient.RouteMachine{desk, desk}, false, "2 desks"},
		{[]mgmtclient.RouteMachine{server, desk, desk}, false, "1 server, 2 desks"},
		{[]mgmtclient.RouteMachine{gate, desk}, false, "gate G"},
		{[]mgmtclient.RouteMachine{gate, gate}, false, "2 gates"},
		{[]mgmtclient.RouteMachine{desk}, true, "foreign site"},
	} {
		if got := siteWords(&mgmtclient.RouteSite{Foreign: c.foreign, Machines: c.machines}); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestWhatIsThoughtAwayShowsTheOtherWay(t *testing.T) {
	h, p := enter(t, forestWith(nordhavn()), fake.Sample())
	settled(t, h, p)
	p.SetDown(link(odnCph), true)
	settled(t, h, p)
	if p.way.path.Cost != 9 || p.Thought() != "Odense – Copenhagen" || p.way.remark.text != "As if Odense – Copenhagen did not work." {
		t.Errorf("got %d, %q, %q", p.way.path.Cost, p.Thought(), p.way.remark.text)
	}
	p.SetDown(link(aarOdn), true)
	settled(t, h, p)
	if got := p.WayWords(); got != "There is no way from Hirtshals to Odense." {
		t.Errorf("got %q", got)
	}
	p.AsItIs()
	settled(t, h, p)
	if p.Thought() != "" || p.way.path.Cost != 7 {
		t.Errorf("still %q", p.Thought())
	}
}

func TestTheEndsOfTheWayAreKept(t *testing.T) {
	h, p := enter(t, forestWith(nordhavn()), fake.Sample())
	settled(t, h, p)
	p.SetEnds(id(oslo), id(ronne))
	other := NewPresenter(h)
	other.Enter(h.Scope().Sub(), screen.Route{})
	settled(t, h, other)
	if other.way.from != id(oslo) || other.way.path.Cost != 11 {
		t.Errorf("got %+v", other.way)
	}
}

func TestPlacesAreKeptAndArrangedAgain(t *testing.T) {
	dir := forestWith(nordhavn())
	h, p := enter(t, dir, fake.Sample())
	settled(t, h, p)
	if p.Moved() {
		t.Error("nobody moved anything")
	}
	first := p.places[id(oslo)]
	p.Move(id(oslo), point{4000, 80})
	other := NewPresenter(h)
	other.Enter(h.Scope().Sub(), screen.Route{})
	settled(t, h, other)
	if other.places[id(oslo)] != (point{4000, 80}) || !other.Moved() {
		t.Errorf("got %v", other.places[id(oslo)])
	}
	other.ArrangeAgain()
	h.Until(t, "the arrangement", func() bool { return len(h.Actions) == 1 })
	if other.places[id(oslo)] != first || other.Moved() {
		t.Errorf("got %v, want %v", other.places[id(oslo)], first)
	}
	h.Actions[0].Undo()
	if other.places[id(oslo)] != (point{4000, 80}) || !other.Moved() {
		t.Errorf("got %v", other.places[id(oslo)])
	}
}

func TestARouteLeadsToItsEntry(t *testing.T) {
	h, p := enter(t, forestWith(nordhavn()), fake.Sample())
	for _, c := range []struct {
		entry mq.GUID
		want  item
	}{{link(oslSka), item{kindLink, link(oslSka)}}, {id(dmz), item{kindSite, id(dmz)}}, {id(100 + odense), item{kindSite, id(odense)}}} {
		p.Enter(p.scope, screen.Route{Entry: c.entry.String()})
		settled(t, h, p)
		if p.chosen != c.want {
			t.Errorf("got %+v, want %+v", p.chosen, c.want)
		}
	}
}

func TestWithoutADirectoryNothingIsAsked(t *testing.T) {
	dir := forestWith(nordhavn())
	dir.status = mgmtclient.DirectoryStatus{}
	h, p := enter(t, dir, fake.Sample())
	h.Run()
	if p.Configured() || p.known || p.loading {
		t.Errorf("it asks: %+v", p)
	}
	dir.choose(forestWith(nordhavn()).status)
	settled(t, h, p)
}

func TestADirectoryThatFailsLeavesTheMapThatIsKnown(t *testing.T) {
	dir := forestWith(nordhavn())
	h, p := enter(t, dir, fake.Sample())
	settled(t, h, p)
	dir.fail(errSilent)
	p.Refresh()
	h.Until(t, "the error", func() bool { return p.err != nil })
	if !p.known || len(p.sites) != 8 {
		t.Error("the map is gone")
	}
	dir.fail(nil)
	p.Refresh()
	h.Until(t, "the map", func() bool { return p.err == nil && !p.loading })
}

func TestTheListFindsAndSorts(t *testing.T) {
	h, p := enter(t, forestWith(nordhavn()), fake.Sample())
	settled(t, h, p)
	names := func() (list []string) {
		for _, id := range p.rows {
			list = append(list, p.linkName(p.link(id)))
		}
		return list
	}
	p.Filter("hub-aar02")
	if got := names(); !slices.Equal(got, []string{"Aarhus – Copenhagen"}) {
		t.Errorf("by gate: %q", got)
	}
	p.Filter("LEASED")
	if got := names(); !slices.Equal(got, []string{"Aarhus – Odense"}) {
		t.Errorf("by description: %q", got)
	}
	p.Filter("")
	p.Sort(kit.Sort{Key: colCost, Desc: true})
	if got := names(); got[0] != "Oslo – Skagen" || got[1] != "Rønne – Copenhagen" || len(got) != 9 {
		t.Errorf("by cost: %q", got)
	}
	p.Sort(kit.Sort{Key: colSite2})
	if got := names(); got[0] != "Hirtshals – Aarhus" {
		t.Errorf("by the second site: %q", got)
	}
}
