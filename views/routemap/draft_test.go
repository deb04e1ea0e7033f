package routemap

import (
	"slices"
	"strings"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen/screentest"
)

// edit shows a link of nordhavn in the form.
func edit(t testing.TB, n int) (*screentest.Host, *Presenter, *forest) {
	t.Helper()
	dir := forestWith(nordhavn())
	h, p := enter(t, dir, fake.Sample())
	settled(t, h, p)
	p.Choose(item{kindLink, link(n)})
	return h, p, dir
}

func TestWhatACostWouldChangeIsKnownBeforeItIsSaved(t *testing.T) {
	h, p, dir := edit(t, aarOdn)
	if d := p.Draft(); d.changed() || d.cost != "5" || d.title != "Aarhus – Odense" {
		t.Fatalf("got %+v", d)
	}
	p.SetCost("2")
	settled(t, h, p)
	d := p.Draft()
	if d.changesTitle() != "What changes at cost 2" || len(d.changes) != 3 {
		t.Errorf("%s: %+v", d.changesTitle(), d.changes)
	}
	if len(dir.wrote()) != 0 || p.way.path.Cost != 7 {
		t.Error("it was saved already")
	}
	_, links := p.picture()
	if i := slices.IndexFunc(links, func(l chartLink) bool { return l.id == link(aarOdn) }); links[i].cost != "5" || links[i].becomes != "2" {
		t.Errorf("the map shows %+v", links[i])
	}
	p.Choose(item{kindSite, id(oslo)})
	p.Choose(item{kindLink, link(aarOdn)})
	if p.Draft().cost != "2" {
		t.Error("the edit went when something else was chosen")
	}
	p.Revert()
	if d := p.Draft(); d.changed() || d.cost != "5" {
		t.Errorf("got %+v", d)
	}
}

func TestALinkIsSavedAndCanBeChangedBack(t *testing.T) {
	h, p, dir := edit(t, aarOdn)
	p.SetCost("2")
	p.SetDescription("Radio")
	p.Save()
	h.Until(t, "the saving", func() bool { return len(h.Actions) == 1 })
	settled(t, h, p)
	if e := dir.wrote()[0]; e.Kind != mgmtclient.EntryLink || e.Link.Cost != 2 || e.Label != "Radio" || e.ID != link(aarOdn) {
		t.Errorf("wrote %+v", e)
	}
	if a := h.Actions[0]; a.What != "Changed link Aarhus – Odense: cost 5 to 2" || p.Draft().changed() || p.way.path.Cost != 6 {
		t.Errorf("%+v, cost of the way %d", a, p.way.path.Cost)
	}
	h.Actions[0].Undo()
	h.Until(t, "the undo", func() bool { return len(h.Actions) == 2 })
	settled(t, h, p)
	if l := p.link(link(aarOdn)); l.Cost != 5 || l.Description != "Leased line AAR-ODN" || p.Draft().cost != "5" {
		t.Errorf("got %+v", l)
	}
}

func TestARefusalKeepsTheEdits(t *testing.T) {
	h, p, dir := edit(t, aarOdn)
	dir.fail(denied())
	p.SetCost("2")
	p.Save()
	h.Until(t, "the refusal", func() bool { return p.Draft().refusal != nil })
	bold, text, code, field := refused(p.Draft().refusal)
	if bold != "DC01 refused: you may not change routing links" || field != mgmtclient.FieldCost || code != "insufficientAccessRights (50), 0xC00E0025" ||
		!strings.HasPrefix(text, "Only Enterprise Admins may change routing links.") {
		t.Errorf("%q %q %q %q", bold, text, code, field)
	}
	if d := p.Draft(); d.cost != "2" || !d.changed() || len(h.Failed) != 0 {
		t.Errorf("got %+v", d)
	}
	p.SetCost("3")
	if p.Draft().refusal != nil {
		t.Error("the refusal of another value is still shown")
	}
}

func TestARefusalThatNobodySeesIsTold(t *testing.T) {
	h, p, dir := edit(t, aarOdn)
	dir.fail(denied())
	p.SetCost("2")
	p.Save()
	p.Choose(item{})
	h.Until(t, "the refusal", func() bool { return len(h.Failed) == 1 })
	p.Choose(item{kindLink, link(aarOdn)})
	if p.Draft().cost != "2" {
		t.Error("the edit is gone")
	}
}

func TestOnlyACostWithinItsLimitsIsSaved(t *testing.T) {
	_, p, dir := edit(t, aarOdn)
	for text, want := range map[string]uint32{"": 0, "0": 0, "-1": 0, "1": 1, "999,999": 999_999, "1000000": 0, "2.5": 0, "x": 0, "99999999999999999999": 0} {
		p.SetCost(text)
		d := p.Draft()
		if d.number() != want || (d.costFault() == "") != (want > 0) {
			t.Errorf("%q: got %d, %q", text, d.number(), d.costFault())
		}
		if want == 0 {
			p.Save()
		}
	}
	if len(dir.wrote()) != 0 {
		t.Errorf("wrote %+v", dir.wrote())
	}
}

func TestGatesAreChosenAmongTheServersOfBothSites(t *testing.T) {
	h, p, dir := edit(t, aarOdn)
	d := p.Draft()
	if got := p.Available(d); !slices.Equal(got, []mq.GUID{id(100 + aarhus), id(100 + odense)}) {
		t.Fatalf("available: %v", got)
	}
	p.SetGate(id(100+odense), true)
	settled(t, h, p)
	if got := p.Available(d); !slices.Equal(got, []mq.GUID{id(100 + aarhus)}) || d.changesTitle() != "What changes with these gates" {
		t.Errorf("available: %v; %s", got, d.changesTitle())
	}
	p.Save()
	h.Until(t, "the saving", func() bool { return len(dir.wrote()) == 1 })
	settled(t, h, p)
	if got := dir.wrote()[0].Link.Gates; !slices.Equal(got, []mq.GUID{id(100 + odense)}) {
		t.Errorf("wrote %v", got)
	}
	p.SetGate(id(100+odense), false)
	if !slices.Equal(p.Draft().fields(), []mgmtclient.Field{mgmtclient.FieldGates}) {
		t.Errorf("got %v", p.Draft().fields())
	}
	p.SetGate(id(100+odense), true)
	if p.Draft().changed() {
		t.Error("it is as it was")
	}
}

func TestALinkIsMadeAndTheMakingTakenBack(t *testing.T) {
	h, p, dir := edit(t, aarOdn)
	p.NewLink(id(hirtshals), mq.GUID{})
	d := p.Draft()
	if d.title != "New link" || d.valid() || d.siteFault() == "" {
		t.Errorf("got %+v", d)
	}
	p.SetSites(id(hirtshals), id(hirtshals))
	if d.siteFault() != "A link joins two different sites." {
		t.Errorf("got %q", d.siteFault())
	}
	p.SetSites(id(hirtshals), id(skagen))
	settled(t, h, p)
	if d.changesTitle() != "What this link changes" || len(d.changes) == 0 {
		t.Errorf("%s: %v", d.changesTitle(), d.changes)
	}
	p.Save()
	h.Until(t, "the saving", func() bool { return len(h.Actions) == 1 })
	settled(t, h, p)
	made := dir.wrote()[0]
	if made.Link.Site1 != id(hirtshals) || made.Link.Cost != 1 || p.chosen != (item{kindLink, made.ID}) || len(p.routes.Links) != 10 {
		t.Errorf("wrote %+v, chosen %+v", made, p.chosen)
	}
	h.Actions[0].Undo()
	h.Until(t, "the undo", func() bool { return len(dir.gone()) == 1 && len(p.routes.Links) == 9 })
	if p.chosen.kind != kindNone {
		t.Errorf("chosen %+v", p.chosen)
	}
}

func TestDeletingSaysWhatBreaks(t *testing.T) {
	h, p, dir := edit(t, hirAar)
	p.AskDelete(link(hirAar))
	h.Until(t, "the question", func() bool { return len(h.Dialogs) == 1 })
	if h.Dialog().Title() != "Delete link Hirtshals – Aarhus?" || len(dir.gone()) != 0 {
		t.Errorf("%q", h.Dialog().Title())
	}
	words := func(n int) string {
		changes, err := dir.Compare(t.Context(), mgmtclient.WhatIf{Removed: []mq.GUID{link(n)}})
		s := ""
		for _, r := range breaksWords(changes, err) {
			s += r.Text
		}
		return strings.TrimSpace(s)
	}
	for n, want := range map[int]string{
		hirAar: "7 pairs of sites will have no way left; messages between them wait.",
		aarOdn: "No path uses it now, so none changes.",
		oslSka: "1 path will take a dearer way. Every site can still be reached.",
	} {
		if got := words(n); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	p.remove(link(hirAar), "Hirtshals – Aarhus", p.link(link(hirAar)))
	h.Until(t, "the deletion", func() bool { return len(h.Actions) == 1 })
	settled(t, h, p)
	if p.link(link(hirAar)) != nil || p.chosen.kind != kindNone {
		t.Error("it is still there")
	}
	h.Actions[0].Undo()
	h.Until(t, "the undo", func() bool { return len(h.Actions) == 2 })
	settled(t, h, p)
	if l := p.routes.Links[len(p.routes.Links)-1]; l.Site1 != id(hirtshals) || l.Cost != 4 {
		t.Errorf("got %+v", l)
	}
}

func TestWhatOthersChangeMeanwhileIsTold(t *testing.T) {
	h, p, dir := edit(t, aarOdn)
	p.SetCost("2")
	dir.change(func(m *mgmtclient.RouteMap) { m.Links[aarOdn].Cost, m.Links[aarOdn].Description = 7, "Radio" })
	h.Until(t, "the news", func() bool { return p.Draft().news != "" })
	d := p.Draft()
	if d.cost != "2" || d.description != "Radio" || d.base.Cost != 7 || d.news != "The cost is 7 now, the description is “Radio”. Your changes are still below." {
		t.Errorf("got %+v", d)
	}
	dir.change(func(m *mgmtclient.RouteMap) { m.Links = slices.Delete(m.Links, aarOdn, aarOdn+1) })
	h.Until(t, "the deletion", func() bool { return len(h.Actions) == 1 })
	if p.Draft() != nil || h.Actions[0].Tone != kit.Warning {
		t.Errorf("chosen %+v, %+v", p.chosen, h.Actions[0])
	}
}

func TestTypingAsksOneQuestionAtATime(t *testing.T) {
	h, p, _ := edit(t, aarOdn)
	for _, text := range []string{"1", "12", "123", "1234", "1"} {
		p.SetCost(text)
	}
	settled(t, h, p)
	if d := p.Draft(); len(d.changes) != 3 || d.changes[0].After == d.changes[0].Before {
		t.Errorf("got %+v", d.changes)
	}
}
