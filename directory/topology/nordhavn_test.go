package topology

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"posthouse/localqm/mq"
)

// id makes an identifier out of a name.
func id(name string) mq.GUID {
	var g mq.GUID
	copy(g[:], name)
	return g
}

func ids(names ...string) []mq.GUID {
	var list []mq.GUID
	for _, n := range names {
		list = append(list, id(n))
	}
	return list
}

func lay(a, b string, cost uint32, gates ...string) Link {
	return Link{ID: id(a + "-" + b), Site1: id(a), Site2: id(b), Cost: cost, Gates: ids(gates...)}
}

func sites(names ...string) []Site {
	var list []Site
	for _, n := range names {
		name, foreign := strings.CutPrefix(n, "foreign ")
		list = append(list, Site{id(name), name, foreign})
	}
	return list
}

func desk(name string, sites ...string) Machine {
	return Machine{ID: id(name), Name: name, Sites: ids(sites...)}
}

func server(name string, sites ...string) Machine {
	m := desk(name, sites...)
	m.Routing = true
	return m
}

// nordhavn is the forest of the pictures.
func nordhavn() ([]Site, []Link, []Machine) {
	edi := desk("EDI-GW01", "DMZ")
	edi.Foreign = true
	return sites("Hirtshals", "Skagen", "Aarhus", "Odense", "Copenhagen", "Oslo", "foreign DMZ", "Rønne"),
		[]Link{
			lay("Hirtshals", "Aarhus", 4, "HUB-AAR02"), lay("Skagen", "Aarhus", 4, "HUB-AAR02"),
			lay("Aarhus", "Copenhagen", 2, "HUB-AAR02", "HUB-CPH01"), lay("Aarhus", "Odense", 5),
			lay("Odense", "Copenhagen", 1, "HUB-CPH01"), lay("Rønne", "Copenhagen", 6, "HUB-CPH01"),
			lay("Oslo", "Copenhagen", 5, "HUB-CPH01"), lay("Oslo", "Skagen", 8), lay("DMZ", "Copenhagen", 1, "HUB-CPH01"),
		},
		[]Machine{
			desk("DESK-HIRTSHALS", "Hirtshals"), desk("DESK-SKAGEN", "Skagen"), desk("DESK-RONNE", "Rønne"), desk("LT-ANNA", "Aarhus"),
			server("HUB-AAR02", "Aarhus"), server("WMS-ODN01", "Odense"), server("HUB-CPH01", "Copenhagen"),
			desk("ERP-SQL03", "Copenhagen"), desk("CPH-ARCHIVE", "Copenhagen"), server("WMS-OSL04", "Oslo"), edi,
		}
}

// line draws a way.
func line(p Path) string {
	var b strings.Builder
	for i, h := range p.Hops {
		if i > 0 {
			fmt.Fprintf(&b, " >%d> ", h.Cost)
		}
		b.WriteString(h.Name)
		for _, v := range h.Via {
			b.WriteString(" " + v.Name)
		}
	}
	if p.Waits {
		b.WriteString(" ...")
	}
	if len(p.Hops) > 0 {
		fmt.Fprintf(&b, " = %d", p.Cost)
	}
	if p.Why != "" {
		b.WriteString(" (" + p.Why + ")")
	}
	return b.String()
}

func TestTheWaysOfTheRouteMap(t *testing.T) {
	m := New(nordhavn())
	for _, c := range []struct {
		from, to   string
		w          WhatIf
		want, next string
	}{
		{
			"Hirtshals", "Odense",
			WhatIf{},
			"Hirtshals >4> Aarhus HUB-AAR02 >2> Copenhagen HUB-CPH01 >1> Odense = 7",
			"Hirtshals >4> Aarhus HUB-AAR02 >5> Odense = 9",
		},
		{
			"DESK-HIRTSHALS", "WMS-ODN01",
			WhatIf{},
			"Hirtshals DESK-HIRTSHALS >4> Aarhus HUB-AAR02 >2> Copenhagen HUB-CPH01 >1> Odense WMS-ODN01 = 7",
			"Hirtshals DESK-HIRTSHALS >4> Aarhus HUB-AAR02 >5> Odense WMS-ODN01 = 9",
		},
		{"LT-ANNA", "HUB-AAR02", WhatIf{}, "Aarhus LT-ANNA HUB-AAR02 = 0", ""},
		{"LT-ANNA", "DESK-RONNE", WhatIf{}, "Aarhus LT-ANNA HUB-AAR02 >2> Copenhagen HUB-CPH01 >6> Rønne DESK-RONNE = 8", "Aarhus LT-ANNA HUB-AAR02 >5> Odense WMS-ODN01 >1> Copenhagen HUB-CPH01 >6> Rønne DESK-RONNE = 12"},
		{"Copenhagen", "Odense", WhatIf{}, "Copenhagen HUB-CPH01 >1> Odense = 1", "Copenhagen HUB-CPH01 >2> Aarhus HUB-AAR02 >5> Odense = 7"},
		{"Oslo", "DMZ", WhatIf{}, "Oslo >5> Copenhagen HUB-CPH01 >1> DMZ = 6", ""},
		{"DESK-SKAGEN", "EDI-GW01", WhatIf{}, "Skagen DESK-SKAGEN >4> Aarhus HUB-AAR02 >2> Copenhagen HUB-CPH01 >1> DMZ = 7", "Skagen DESK-SKAGEN >4> Aarhus HUB-AAR02 >5> Odense WMS-ODN01 >1> Copenhagen HUB-CPH01 >1> DMZ = 11"},
		// Skagen has no routing server, so nothing leads through it.
		{"Oslo", "Aarhus", WhatIf{}, "Oslo >5> Copenhagen HUB-CPH01 >2> Aarhus HUB-AAR02 = 7", "Oslo >5> Copenhagen HUB-CPH01 >1> Odense WMS-ODN01 >5> Aarhus HUB-AAR02 = 11"},
		{
			"Hirtshals", "Odense",
			WhatIf{Links: []Link{lay("Aarhus", "Odense", 2)}},
			"Hirtshals >4> Aarhus HUB-AAR02 >2> Odense = 6",
			"Hirtshals >4> Aarhus HUB-AAR02 >2> Copenhagen HUB-CPH01 >1> Odense = 7",
		},
		{"Hirtshals", "Odense", WhatIf{Removed: ids("Aarhus-Copenhagen")}, "Hirtshals >4> Aarhus HUB-AAR02 >5> Odense = 9", ""},
		// Aarhus finds the link to Copenhagen broken and takes the other.
		{"Hirtshals", "Odense", WhatIf{Down: ids("Aarhus-Copenhagen")}, "Hirtshals >4> Aarhus HUB-AAR02 >5> Odense = 9", ""},
		// Aarhus does not know what Copenhagen finds, and Copenhagen sends nothing back.
		{
			"Hirtshals", "Odense",
			WhatIf{Down: ids("Odense-Copenhagen")},
			"Hirtshals >4> Aarhus HUB-AAR02 >2> Copenhagen HUB-CPH01 ... = 6 (messages wait at HUB-CPH01, which cannot reach WMS-ODN01)",
			"Hirtshals >4> Aarhus HUB-AAR02 >5> Odense = 9",
		},
		{"Hirtshals", "Odense", WhatIf{Down: ids("HUB-CPH01")}, "Hirtshals >4> Aarhus HUB-AAR02 >5> Odense = 9", ""},
		{"Hirtshals", "Odense", WhatIf{Down: ids("HUB-AAR02")}, "Hirtshals ... = 0 (messages wait in Hirtshals, which cannot reach HUB-AAR02)", ""},
		{
			"Hirtshals", "Skagen",
			WhatIf{Links: []Link{lay("Hirtshals", "Skagen", 1, "LT-ANNA", "HUB-AAR02", "gone")}},
			"Hirtshals >1> Skagen = 1 (LT-ANNA is no gate of Hirtshals – Skagen: it is no routing server; HUB-AAR02 is no gate of Hirtshals – Skagen: it belongs to neither of the two sites; " +
				id("gone").String() + " is no gate of Hirtshals – Skagen: it is not in the directory)",
			"Hirtshals >4> Aarhus HUB-AAR02 >4> Skagen = 8",
		},
		{"Oslo", "Skagen", WhatIf{Removed: ids("Oslo-Skagen", "Skagen-Aarhus")}, " (no routing link leads to Skagen)", ""},
		{"Hirtshals", "Oslo", WhatIf{Removed: ids("Oslo-Copenhagen")}, " (the way leads through Skagen, which has no routing server to pass messages on)", ""},
		{"Hirtshals", "Atlantis", WhatIf{}, " (the directory has no site or queue manager " + id("Atlantis").String() + ")", ""},
	} {
		p := m.Path(id(c.from), id(c.to), c.w)
		if d := cmp.Diff(c.want, line(p)); d != "" {
			t.Errorf("%s to %s, %v:\n%s", c.from, c.to, c.w, d)
		}
		next := ""
		if p.Next != nil {
			next = line(*p.Next)
		}
		if d := cmp.Diff(c.next, next); d != "" {
			t.Errorf("the next best from %s to %s:\n%s", c.from, c.to, d)
		}
	}
}

func changes(list []Change) []string {
	lines := []string{}
	for _, c := range list {
		lines = append(lines, fmt.Sprintf("%s to %s %d > %d", c.From.Name, c.To.Name, c.Before, c.After))
	}
	return lines
}

func TestWhatChangesAtAnotherCost(t *testing.T) {
	m := New(nordhavn())
	want := []string{"Hirtshals to Odense 7 > 6", "Skagen to Odense 7 > 6", "Aarhus to Odense 3 > 2"}
	if d := cmp.Diff(want, changes(m.Compare(WhatIf{Links: []Link{lay("Aarhus", "Odense", 2)}}))); d != "" {
		t.Error(d)
	}
	want = []string{
		"Hirtshals to Rønne 12 > 0", "Skagen to Rønne 12 > 0", "Oslo to Rønne 11 > 0", "Aarhus to Rønne 8 > 0",
		"Odense to Rønne 7 > 0", "Rønne to DMZ 7 > 0", "Rønne to Copenhagen 6 > 0",
	}
	if d := cmp.Diff(want, changes(m.Compare(WhatIf{Removed: ids("Rønne-Copenhagen")}))); d != "" {
		t.Error(d)
	}
	// Copenhagen gives nothing for Odense to Aarhus, which would give it back. What
	// begins in Odense makes a detour over Aarhus.
	want = []string{
		"Hirtshals to Odense 7 > 0", "Skagen to Odense 7 > 0", "Oslo to Odense 6 > 0", "Rønne to Odense 7 > 0", "Aarhus to Odense 3 > 0",
		"Copenhagen to Odense 1 > 0", "Odense to Copenhagen 1 > 7", "Odense to DMZ 2 > 8", "Odense to Oslo 6 > 12", "Odense to Rønne 7 > 13",
		"Odense to Hirtshals 7 > 9", "Odense to Skagen 7 > 9", "Odense to Aarhus 3 > 5",
	}
	got := changes(m.Compare(WhatIf{Down: ids("Odense-Copenhagen")}))
	slices.Sort(got)
	slices.Sort(want)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// The example of MS-MQBR section 4.
func TestTheExampleOfTheSpecification(t *testing.T) {
	for _, c := range []struct {
		ab, bc, bd, cd uint32
		want           string
	}{
		{3, 1, 1, 1, "A GA >3> B GB >1> C GC = 4"},
		{3, 3, 1, 1, "A GA >3> B GB >1> D GD >1> C GC = 5"},
	} {
		m := New(sites("A", "B", "C", "D"), []Link{
			lay("A", "B", c.ab, "GA", "GB"), lay("B", "C", c.bc, "GB", "GC"), lay("B", "D", c.bd, "GB", "GD"), lay("C", "D", c.cd, "GC", "GD"),
		}, []Machine{server("GA", "A"), server("GB", "B"), server("GC", "C"), server("GD", "D")})
		if got := line(m.Path(id("A"), id("C"), WhatIf{})); got != c.want {
			t.Errorf("%s, not %s", got, c.want)
		}
	}
}
