package desk

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/screen"
)

func TestTheLineIsTriedAndSwitched(t *testing.T) {
	s := harbour(t)
	h, p := open(t, s.node, s.clock, options(t))
	l := p.Line()
	if l.title != "No line since 11:06" || l.next != "4 s" {
		t.Errorf("%+v", l)
	}
	p.TryNow()
	h.Until(t, "a try of each", func() bool { return s.node.Calls("Resend") == 4 })
	s.do(s.node.SetLink(arrivals, fake.Link{State: mq.StateConnected}))
	reread(t, h, p)
	if l := p.Line(); l.title != "No line to Claims office and 2 more since 11:06" && !strings.HasPrefix(l.title, "No line to ") {
		t.Errorf("%+v", l)
	}
	p.WorkOffline()
	h.Until(t, "offline", p.Offline)
	if l := p.Line(); l.title != "Working offline" || !l.online || l.try {
		t.Errorf("%+v", l)
	}
	p.WorkOnline()
	h.Until(t, "online", func() bool { return !p.Offline() })
	// What somebody paused needs attention.
	before := p.counts
	s.do(s.node.Pause(t.Context(), pilots))
	h.Until(t, "the pause", func() bool { return p.counts[attention] == before[attention]+1 })
}

func TestOtherPeoplesMessagesAreNoEntries(t *testing.T) {
	_, p := open(t, fake.Sample(), fake.NewClock(fake.Now), options(t))
	if len(p.entries) != 0 || p.Count(everything) != "0+" {
		t.Errorf("%d entries, %s", len(p.entries), p.Count(everything))
	}
}

func TestAnEntryForThisComputerIsDeliveredUntilItIsRead(t *testing.T) {
	s := newSample(t)
	yes := true
	if _, err := s.node.CreateQueue(t.Context(), "log", mgmtclient.QueueSettings{Transactional: &yes}); err != nil {
		t.Fatal(err)
	}
	o := options(t)
	text := "id: log\ntitle: Log\nto: {name: Logbook, queue: '.\\private$\\log'}\nwithin: 1 day\nfields: [{name: text, label: Text}]\nbody: {format: text}\n"
	if err := os.WriteFile(filepath.Join(forms, "log.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	h, p := open(t, s.node, s.clock, o)
	p.Fill.Start("log")
	p.Fill.Type("text", "calm")
	p.Fill.Save()
	h.Until(t, "the entry", func() bool { return len(p.entries) == 1 && !p.loading })
	if w := wordOfOnly(t, p); w != delivered {
		t.Error(w.name())
	}
	if _, err := s.node.Receive(t.Context(), "log", mgmtclient.ReceiveOptions{}); err != nil {
		t.Fatal(err)
	}
	reread(t, h, p)
	if w := wordOfOnly(t, p); w != pickedUp {
		t.Error(w.name())
	}
}

func TestListsAndEntriesArePrinted(t *testing.T) {
	s := newSample(t)
	s.landing("19 14:00", "HG 1 <Anna>")
	s.damage("19 14:01", "=cmd()")
	s.now()
	h, p := open(t, s.node, s.clock, options(t))
	dir := t.TempDir()
	p.Write(p.ListSheet(), filepath.Join(dir, "list.html"))
	p.Write(p.ListSheet(), filepath.Join(dir, "list.CSV"))
	h.Until(t, "both", func() bool { return len(h.Actions) == 2 })
	page, _ := os.ReadFile(filepath.Join(dir, "list.html"))
	table, _ := os.ReadFile(filepath.Join(dir, "list.CSV"))
	if !strings.Contains(string(page), "HG 1 &lt;Anna&gt;") || strings.Contains(string(page), "<Anna>") || !strings.Contains(string(page), "Saved, waiting for line") {
		t.Errorf("%s", page)
	}
	if !strings.Contains(string(table), "'=cmd(),Damage report,Claims office,19 Nov 2026 14:01:00,21 Nov 2026 14:01:00,\"Saved, waiting for line\"") {
		t.Errorf("%s", table)
	}
	for i := range p.entries {
		if p.entries[i].Form == "landing-declaration" {
			p.SetCurrent(p.entries[i].id)
		}
	}
	h.Until(t, "the fields", func() bool { return p.body == p.current })
	one, _ := p.EntrySheet()
	if got := fmt.Sprint(one.Pairs); !strings.Contains(got, "[Skipper P. Thomsen]") || !strings.Contains(got, "[Cod 1,840 kg]") {
		t.Error(got)
	}
}

func TestFindingAndSorting(t *testing.T) {
	s := harbour(t)
	_, p := open(t, s.node, s.clock, options(t))
	if p.Count(everything) != "242" || p.Count(saved) != "41" || p.Count(attention) != "2" || p.Count(pickedUp) != "187" || p.Count(delivered) != "12" {
		t.Errorf("%v", p.counts)
	}
	if title, text := p.Heading(); title != "Everything" || text != "242 entries" {
		t.Error(title, text)
	}
	p.Show(saved)
	if title, text := p.Heading(); title != "Saved, waiting for line" || text != "41 entries and 2 that need you" || len(p.rows) != 43 {
		t.Error(title, text, len(p.rows))
	}
	if p.entries[p.rows[0]].Name != "Trailer KN 4471" || p.entries[p.rows[2]].Name != "Trailer NL 88-PDR-2" {
		t.Error("what needs attention is not first, or the order is wrong")
	}
	p.Find("ternholm")
	if _, text := p.Heading(); text != "1 entry found" {
		t.Error(text)
	}
	p.Find("")
	p.Sort(colEntry, false)
	if p.entries[p.rows[2]].Name != "Container NHLU 2044" {
		t.Error(p.entries[p.rows[2]].Name)
	}
	if p.StoredWords() != "43 entries stored on this computer, last saved 14:22" {
		t.Error(p.StoredWords())
	}
}

func TestAChangedFormIsNotGuessedAt(t *testing.T) {
	s := newSample(t)
	s.pilot("19 14:00", "M/T Ternholm")
	s.now()
	o := options(t)
	file := filepath.Join(forms, "pilot-order.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), "PilotOrder", "Order", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	h, p := open(t, s.node, s.clock, o)
	e := *only(t, p)
	h.Until(t, "the body", func() bool { return p.body == e.id })
	if lines, unread := p.lines(&e); !unread || lines != nil {
		t.Errorf("%v", lines)
	}
	p.TakeBack(e)
	h.Until(t, "the refusal", func() bool { return len(h.Failed) == 1 })
	if s.node.Calls("Delete") != 0 {
		t.Error("it was removed although it cannot be changed")
	}
}

func TestBrokenFormsHideNothing(t *testing.T) {
	s := newSample(t)
	o := options(t)
	if err := os.WriteFile(filepath.Join(forms, "bad.yaml"), []byte("id: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, p := open(t, s.node, s.clock, o)
	if len(p.forms.Forms) != 4 || len(p.forms.Broken) != 1 || p.formsErr != nil {
		t.Errorf("%d forms, %v", len(p.forms.Forms), p.forms.Broken)
	}
}

func TestExamplesAreCopiedOnce(t *testing.T) {
	s := newSample(t)
	forms = filepath.Join(t.TempDir(), "forms")
	h, p := open(t, s.node, s.clock, Options{State: t.TempDir()})
	if len(p.forms.Forms) != 0 {
		t.Fatal("not empty")
	}
	p.CopyExamples()
	h.Until(t, "the forms", func() bool { return len(p.forms.Forms) == 4 })
	if h.Actions[0].What != "Copied 4 example forms to "+forms {
		t.Error(h.Actions[0].What)
	}
}

func TestADeskWithoutItsQueueManagerSaysSo(t *testing.T) {
	s := newSample(t)
	h, p := open(t, s.node, s.clock, options(t))
	fillPilot(p)
	n, _ := h.Node("")
	n.Client, n.State = nil, screen.NoAnswer
	h.SetNode(n)
	p.Enter(p.scope, screen.Route{Screen: screen.Desk})
	if l := p.Line(); l.title != "Nothing can be entered now" || !l.connect {
		t.Errorf("%+v", l)
	}
	p.Fill.Save()
	if said, _ := p.Fill.Said(); said.bold != "It was not saved." || p.Fill.Typed("ship") == "" {
		t.Errorf("%+v", said)
	}
}
