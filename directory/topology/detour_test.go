package topology

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"posthouse/localqm/mq"
)

// triangle has a cheap link and two dear ones, and a site behind Copenhagen.
func triangle() ([]Site, []Link, []Machine) {
	return sites("Copenhagen", "Odense", "Aarhus", "Rønne"),
		[]Link{
			lay("Copenhagen", "Odense", 1, "HUB-CPH01", "WMS-ODN01"), lay("Copenhagen", "Aarhus", 3, "HUB-CPH01", "HUB-AAR02"),
			lay("Aarhus", "Odense", 3, "HUB-AAR02", "WMS-ODN01"), lay("Rønne", "Copenhagen", 6, "HUB-CPH01"),
		},
		[]Machine{
			server("HUB-CPH01", "Copenhagen"), desk("ERP-SQL03", "Copenhagen"), server("CPH-OLD", "Copenhagen"),
			server("WMS-ODN01", "Odense"), server("HUB-AAR02", "Aarhus"), desk("DESK-RONNE", "Rønne"),
		}
}

func TestTheWayRoundWhenTheDirectLineIsCut(t *testing.T) {
	m := New(triangle())
	cut := WhatIf{Down: ids("Copenhagen-Odense")}
	detour := " (messages make a detour at HUB-CPH01, which cannot reach WMS-ODN01)"
	for _, c := range []struct {
		from, to string
		w        WhatIf
		want     string
	}{
		{"HUB-CPH01", "WMS-ODN01", WhatIf{}, "Copenhagen HUB-CPH01 >1> Odense WMS-ODN01 = 1"},
		{"HUB-CPH01", "WMS-ODN01", cut, "Copenhagen HUB-CPH01 >3> Aarhus HUB-AAR02 >3> Odense WMS-ODN01 = 6" + detour},
		{"ERP-SQL03", "WMS-ODN01", cut, "Copenhagen ERP-SQL03 HUB-CPH01 >3> Aarhus HUB-AAR02 >3> Odense WMS-ODN01 = 6" + detour},
		{"CPH-OLD", "WMS-ODN01", cut, "Copenhagen CPH-OLD HUB-CPH01 >3> Aarhus HUB-AAR02 >3> Odense WMS-ODN01 = 6" + detour},
		{"Copenhagen", "Odense", cut, "Copenhagen HUB-CPH01 >3> Aarhus HUB-AAR02 >3> Odense WMS-ODN01 = 6" + detour},
		// It comes over a link.
		{"DESK-RONNE", "WMS-ODN01", cut, "Rønne DESK-RONNE >6> Copenhagen HUB-CPH01 ... = 6 (messages from other sites wait at HUB-CPH01, which cannot reach WMS-ODN01)"},
		// Aarhus gives it back, once.
		{
			"ERP-SQL03", "WMS-ODN01",
			WhatIf{Down: ids("Copenhagen-Odense", "Aarhus-Odense")},
			"Copenhagen ERP-SQL03 HUB-CPH01 >3> Aarhus HUB-AAR02 >3> Copenhagen HUB-CPH01 ... = 6" +
				" (messages make a detour at HUB-CPH01, which cannot reach WMS-ODN01; messages from other sites wait at HUB-CPH01, which cannot reach WMS-ODN01)",
		},
		// Nobody is there to make it over.
		{
			"HUB-CPH01", "WMS-ODN01",
			WhatIf{Down: ids("Copenhagen-Odense", "HUB-AAR02")},
			"Copenhagen HUB-CPH01 ... = 0 (messages wait at HUB-CPH01, which reaches neither WMS-ODN01 nor HUB-AAR02)",
		},
	} {
		if d := cmp.Diff(c.want, line(m.Path(id(c.from), id(c.to), c.w))); d != "" {
			t.Errorf("%s to %s, %v:\n%s", c.from, c.to, c.w.Down, d)
		}
	}
}

func TestDetoursAreForWhatHasNotLeftItsSite(t *testing.T) {
	m := New(triangle())
	table := m.From(id("HUB-CPH01"))
	hops := table.Detours(id("WMS-ODN01"))
	if len(hops) != 1 || hops[0].Name != "HUB-AAR02" || hops[0].Cost != 6 || hops[0].Why != "detour over Aarhus, 6 to Odense" {
		t.Errorf("%+v", hops)
	}
	for _, self := range []string{"ERP-SQL03", "CPH-OLD", "nobody"} {
		if hops := m.From(id(self)).Detours(id("WMS-ODN01")); len(hops) > 0 {
			t.Errorf("%s, which is no gate, makes the detour %+v", self, hops)
		}
	}
	for _, c := range []struct {
		source string
		hops   int
		want   bool
	}{
		{"HUB-CPH01", 0, true},
		{"HUB-CPH01", 1, false}, // it came back
		{"HUB-CPH01", 2, false},
		{"ERP-SQL03", 1, true},
		{"ERP-SQL03", 2, true}, // over CPH-OLD
		{"ERP-SQL03", 3, false},
		{"CPH-OLD", 1, true},
		{"CPH-OLD", 2, false}, // a gate might have sent it over a link itself
		{"DESK-RONNE", 1, false},
		{"HUB-AAR02", 1, false},
		{"nobody", 1, false},
	} {
		if got := table.Inside(id(c.source), c.hops); got != c.want {
			t.Errorf("of %s after %d: %t", c.source, c.hops, got)
		}
	}
	if m.From(id("nobody")).Inside(id("HUB-CPH01"), 1) {
		t.Error("a stranger has sites")
	}
}

func TestAClientWithOutRoutingServersAndAnInRoutingServerMakeNoDetours(t *testing.T) {
	ss, ls, ms := triangle()
	for i := range ms {
		switch ms[i].Name {
		case "DESK-RONNE":
			ms[i].Out = ids("HUB-CPH01")
		case "WMS-ODN01":
			ms[i].In = ids("HUB-CPH01")
		}
	}
	ls = append(ls, lay("Rønne", "Aarhus", 9, "HUB-AAR02"))
	m := New(ss, ls, ms)
	for _, c := range [][2]string{{"DESK-RONNE", "ERP-SQL03"}, {"HUB-CPH01", "WMS-ODN01"}} {
		if hops := m.From(id(c[0])).Detours(id(c[1])); len(hops) > 0 {
			t.Errorf("%s to %s: %+v", c[0], c[1], hops)
		}
	}
}

// However links and queue managers fail and come back while a message is on its way, it
// is handed on a bounded number of times: it makes one detour, which leads back at most
// once.
func TestOneDetourIsMadeWhateverFails(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.Bool().Draw(t, "plain")
		m := New(forest(t, plain))
		if len(m.machines) < 2 {
			return
		}
		pick := func(what string) int32 { return int32(rapid.IntRange(0, len(m.machines)-1).Draw(t, what)) }
		from, dest := pick("from"), pick("to")
		source, to := m.machines[from], m.machines[dest]
		made, back := 0, 0
		var left []int32 // those that had it since it made the last detour
		trace := source.Name
		for at, n := from, 0; at != dest; n++ {
			table := m.From(m.machines[at].ID)
			hops, err := table.Next(to.ID)
			if err != nil {
				return
			}
			var detours []Hop
			if table.Inside(source.ID, n) {
				detours = table.Detours(to.ID)
			}
			k := rapid.IntRange(0, len(hops)+len(detours)-1).Draw(t, "works")
			h := slices.Concat(hops, detours)[k]
			if n > 40 {
				t.Fatalf("without end: %s", trace)
			}
			if trace += " > " + h.Name + " (" + h.Why + ")"; k >= len(hops) {
				made++
				left = nil
			}
			outside := plain && m.machines[at].sites[0] != source.sites[0]
			at = m.machineOf[h.ID]
			if outside && m.machines[at].sites[0] == source.sites[0] {
				back++
			}
			if slices.Contains(left, at) {
				t.Fatalf("in a circle: %s", trace)
			}
			left = append(left, at)
			if m.machines[at].Foreign || at != dest && !m.machines[at].Routing {
				t.Fatalf("to who passes nothing on: %s", trace)
			}
		}
		if made > 1 && plain || made > 2 || back > 1 {
			t.Fatalf("%d detours, back %d times: %s", made, back, trace)
		}
	})
}

// What Path says is what queue managers do, of which each knows its own table and what
// does not answer it.
func TestAPathIsWhatQueueManagersDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := New(forest(t, true))
		if len(m.machines) < 2 {
			return
		}
		from := rapid.SampledFrom(m.machines).Draw(t, "from")
		to := rapid.SampledFrom(m.machines).Draw(t, "to")
		var w WhatIf
		cut := map[[2]int32]bool{} // all links between two sites: a queue manager cannot tell them apart
		for _, l := range m.links {
			ends := [2]int32{min(l.end[0], l.end[1]), max(l.end[0], l.end[1])}
			if _, drawn := cut[ends]; !drawn {
				cut[ends] = rapid.IntRange(0, 2).Draw(t, "down") == 0
			}
			if cut[ends] {
				w.Down = append(w.Down, l.ID)
			}
		}
		if rapid.IntRange(0, 3).Draw(t, "machine too") == 0 {
			w.Down = append(w.Down, rapid.SampledFrom(m.machines).Draw(t, "machine").ID)
		}
		if from == to || len(from.Sites) == 0 || slices.Contains(w.Down, from.ID) {
			return
		}
		works := func(h Hop) bool { return !slices.Contains(w.Down, h.ID) && !slices.Contains(w.Down, h.Link) }
		had, waits := []mq.GUID{from.ID}, false
		for at, n := from, 0; at != to && !waits; n++ {
			table := m.From(at.ID)
			if _, ok := table.Connector(to.ID); ok {
				break
			}
			hops, err := table.Next(to.ID)
			if err != nil {
				return // Path tells that there is no way
			}
			if table.Inside(from.ID, n) {
				hops = append(hops, table.Detours(to.ID)...)
			}
			i := slices.IndexFunc(hops, works)
			if waits = i < 0; !waits {
				at = m.machines[m.machineOf[hops[i].ID]]
				had = append(had, at.ID)
			}
		}
		p := m.Path(from.ID, to.ID, w)
		var via []mq.GUID
		for _, h := range p.Hops {
			for _, q := range h.Via {
				via = append(via, q.ID)
			}
		}
		if p.Waits != waits || !slices.Equal(via, had) {
			t.Fatalf("%s, but %s had it, waits %t", line(p), had, waits)
		}
	})
}
