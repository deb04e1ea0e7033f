package desk

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
)

func TestTakingBackLosesAndDoublesNothing(t *testing.T) {
	s := newSample(t)
	s.landing("19 14:00", "HG 1 Anna")
	s.now()
	o := options(t)
	h, p := open(t, s.node, s.clock, o)
	e := *only(t, p)

	// Somebody was faster: the entry stays what it is, and there is no draft.
	s.node.FailItem("Delete", e.lookup, mq.ErrMessageNotFound)
	p.TakeBack(e)
	h.Until(t, "the refusal", func() bool { return len(h.Failed) == 1 })
	if len(p.kept.drafts()) != 0 || p.Fill.Open() {
		t.Errorf("a draft of what was sent: %v", p.kept.drafts())
	}
	s.node.FailItem("Delete", e.lookup, nil)

	// The draft is on the disk before the entry is removed.
	release := s.node.Hold("Delete")
	p.TakeBack(e)
	file := filepath.Join(o.State, "desk.json")
	h.Until(t, "the draft", func() bool {
		data, _ := os.ReadFile(file)
		return strings.Contains(string(data), "HG 1 Anna")
	})
	// A crash here: another window finds the entry still in its queue.
	if _, again := open(t, fakeView{s.node}, s.clock, Options{State: copyOf(t, file)}); len(again.kept.drafts()) != 0 {
		h.Until(t, "the draft to go", func() bool { return len(again.kept.drafts()) == 0 })
	}
	release()
	h.Until(t, "the form", func() bool { return p.Fill.Open() && p.Fill.taking == "" })
	if p.Fill.Typed("vessel") != "HG 1 Anna" || p.Fill.Typed("cod") != "1840" || p.Fill.Typed("iced") != "false" || p.Fill.draft.Reference != e.Reference {
		t.Errorf("%+v", p.Fill.draft)
	}
	h.Until(t, "the entry to go", func() bool { return len(p.entries) == 0 })
	// A crash here: the draft is all there is, and stays.
	_, again := open(t, fakeView{s.node}, s.clock, Options{State: copyOf(t, file)})
	if d := again.kept.drafts()["landing-declaration"]; d.Typed["vessel"] != "HG 1 Anna" {
		t.Errorf("lost: %+v", again.kept.drafts())
	}
	p.Fill.Type("vessel", "HG 2 Anna")
	if mend := p.Fill.Save(); mend != "" {
		t.Fatal(p.Fill.faults)
	}
	h.Until(t, "the entry", func() bool { return len(p.entries) == 1 && !p.Fill.saving })
	if n := only(t, p); n.Name != "HG 2 Anna" || n.Reference != e.Reference || len(p.kept.drafts()) != 0 {
		t.Errorf("%+v %v", n, p.kept.drafts())
	}
}

// strict keeps what is deleted on its way as a dead letter, as the queue
// manager does.
type strict struct{ *fake.Node }

func (s strict) Delete(ctx context.Context, queue string, ids []mgmtclient.LookupID) ([]mgmtclient.ItemResult, error) {
	if strings.HasSuffix(queue, "landings") {
		return []mgmtclient.ItemResult{{LookupID: ids[0]}}, s.Refuse(queue, 1, mq.ClassNackDeleted)
	}
	return s.Node.Delete(ctx, queue, ids)
}

func TestWhatWasTakenBackDoesNotComeBackByItself(t *testing.T) {
	for _, crash := range []bool{false, true} {
		s := newSample(t)
		s.landing("19 14:00", "HG 1 Anna")
		s.now()
		o := options(t)
		if crash {
			// Before the dead letter was removed.
			m, err := s.node.Messages(t.Context(), landings, mgmtclient.Page{})
			if err != nil {
				t.Fatal(err)
			}
			d := draft{Typed: map[string]string{"vessel": "HG 1 Anna"}, Reference: "R", TakenBack: m.Messages[0].ID}
			if err := newKept(o.State).put("landing-declaration", d, 1); err != nil {
				t.Fatal(err)
			}
			s.do(s.node.Refuse(landings, 1, mq.ClassNackDeleted))
		}
		h, p := open(t, strict{s.node}, s.clock, o)
		if !crash {
			p.TakeBack(*only(t, p))
			h.Until(t, "the form", func() bool { return p.Fill.Open() && p.Fill.taking == "" })
		}
		reread(t, h, p)
		h.Until(t, "no dead letter", func() bool {
			m, err := s.node.Machine(t.Context())
			return err == nil && m.TransactDead == 0
		})
		if len(p.entries) != 0 || p.kept.drafts()["landing-declaration"].Typed["vessel"] != "HG 1 Anna" {
			t.Errorf("crash %v: %d entries, drafts %v", crash, len(p.entries), p.kept.drafts())
		}
	}
}

// fakeView is a node of another window.
type fakeView struct{ *fake.Node }

// copyOf copies a state into a folder of its own, as a crash would leave it.
func copyOf(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "desk.json"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// mute stores what is sent and does not say so.
type mute struct {
	*fake.Node
	lose bool
}

func (m *mute) Send(ctx context.Context, r mgmtclient.SendRequest) (mgmtclient.SendResult, error) {
	res, err := m.Node.Send(ctx, r)
	if m.lose && err == nil {
		return mgmtclient.SendResult{}, mq.Errorf(mq.ErrServiceNotAvailable, "send", "the connection was lost")
	}
	return res, err
}

func TestAnAnswerThatWasLostDoublesNothing(t *testing.T) {
	for _, found := range []string{"saved again", "seen in the queue"} {
		t.Run(found, func(t *testing.T) {
			s := newSample(t)
			n := &mute{s.node, true}
			o := options(t)
			h, p := open(t, n, s.clock, o)
			fillPilot(p)
			if found == "saved again" {
				// The reading that follows must not settle it first.
				p.resting = true
			}
			p.Fill.Save()
			h.Until(t, "the answer", func() bool { return !p.Fill.saving })
			if said, _ := p.Fill.Said(); said.bold != "Nobody said that it is saved." && said.bold != "It had been saved already." {
				t.Fatalf("%+v", said)
			}
			n.lose, p.resting = false, false
			if found == "saved again" {
				p.Fill.Save()
			} else {
				p.Refresh()
			}
			h.Until(t, "the truth", func() bool { said, _ := p.Fill.Said(); return said.bold == "It had been saved already." })
			reread(t, h, p)
			only(t, p)
			h.Until(t, "no draft", func() bool { return len(p.kept.drafts()) == 0 })
			if p.Fill.Written() {
				t.Error("what is saved can be saved again")
			}
		})
	}
}

func TestANearlyFullComputerTakesNoMore(t *testing.T) {
	s := newSample(t)
	s.landing("19 14:00", "HG 1 Anna")
	s.now()
	o := options(t)
	o.Free = func(string) (int64, error) { return leastDisk + 10, nil }
	h, p := open(t, s.node, s.clock, o)
	if text, tone := p.RoomWords(); text != "No room for more: call support" || tone != kit.Danger {
		t.Error(text, tone)
	}
	fillPilot(p)
	p.Fill.Save()
	if said, _ := p.Fill.Said(); said.bold != "It was not saved." || !strings.Contains(said.text, "nearly full") || p.Fill.Typed("ship") == "" {
		t.Errorf("%+v", said)
	}
	if s.node.Calls("Send") != 1 { // of the sample
		t.Error("it was handed over all the same")
	}
	p.free = 40 << 30
	kb := uint32(64)
	if _, err := s.node.SetMachine(t.Context(), mgmtclient.MachineSettings{Quota: &mgmtclient.Quota{KB: &kb}}); err != nil {
		t.Fatal(err)
	}
	reread(t, h, p)
	p.free = 40 << 30
	if text, tone := p.RoomWords(); !strings.HasPrefix(text, "Room for about ") || !strings.HasSuffix(text, "0 more: tell support") || tone != kit.Warning {
		t.Error(text, tone)
	}
}

func TestFailuresAreToldAndNothingIsLost(t *testing.T) {
	s := newSample(t)
	h, p := open(t, s.node, s.clock, options(t))
	p.Fill.Start("pilot-order")
	if mend := p.Fill.Save(); mend != "ship" || p.Fill.Fault("boarding") == "" || p.Fill.Fault("pilots") != "" {
		t.Error(mend, p.Fill.faults)
	}
	p.Fill.Type("ship", "M/T Ternholm")
	p.Fill.Type("boarding", "yesterday 5:00")
	p.Fill.Left("boarding")
	if p.Fill.Fault("ship") != "" || !strings.HasPrefix(p.Fill.Fault("boarding"), "not before 19 Nov 2026") || p.Fill.Typed("boarding") != "yesterday 5:00" {
		t.Error(p.Fill.faults)
	}
	p.Fill.Type("boarding", "20.11. 05:00")
	p.Fill.Left("boarding")
	if p.Fill.Typed("boarding") != "20 Nov 2026 05:00" {
		t.Error(p.Fill.Typed("boarding"))
	}
	s.node.Fail("Send", mq.Errorf(mq.ErrInsufficientResources, "send", "the disk is full").WithFix("make room"))
	p.Fill.Save()
	h.Until(t, "the answer", func() bool { return !p.Fill.saving })
	if said, _ := p.Fill.Said(); !strings.Contains(said.text, "The disk is full. Make room.") || p.Fill.Typed("ship") != "M/T Ternholm" {
		t.Errorf("%+v", said)
	}
	s.node.Fail("Send", nil)
	p.Fill.Save()
	h.Until(t, "the entry", func() bool { return !p.Fill.saving && len(p.entries) == 1 })
}

func TestDraftsAreKept(t *testing.T) {
	s := newSample(t)
	o := options(t)
	h, p := open(t, s.node, s.clock, o)
	fillPilot(p)
	p.Fill.Close()
	p.Fill.Start("damage-report")
	p.Fill.Type("object", "Crane")
	p.Leave()
	h.Until(t, "both drafts on the disk", func() bool { return written(p.kept) && len(p.kept.drafts()) == 2 })

	again, q := open(t, s.node, s.clock, o)
	q.Fill.Start("pilot-order")
	if q.Fill.Typed("ship") != "M/T Ternholm" || !q.Fill.Written() {
		t.Error("the draft is gone")
	}
	if said, _ := q.Fill.Said(); said.bold != "This is your draft of 14:32." {
		t.Error(said)
	}
	q.Fill.Discard()
	if len(q.kept.drafts()) != 1 {
		t.Error("still drafted")
	}
	again.Until(t, "it on the disk", func() bool { return written(q.kept) })
	if q.Fill.Written() || q.Fill.Typed("pilots") != "1" {
		t.Error("not thrown away")
	}
	// What is later stays, whichever is written last.
	k := newKept(t.TempDir())
	first, second := k.turn(), k.turn()
	if err := errors.Join(k.put("a", draft{Typed: map[string]string{"x": "new"}}, second), k.put("a", draft{Typed: map[string]string{"x": "old"}}, first)); err != nil {
		t.Fatal(err)
	}
	if k.drafts()["a"].Typed["x"] != "new" {
		t.Error("an older draft replaced a newer one")
	}
	one, err1 := k.number("a")
	two, err2 := newKept(filepath.Dir(k.file)).number("a")
	if one != 1 || two != 2 || err1 != nil || err2 != nil {
		t.Error(one, two, err1, err2)
	}
}

// written reports whether every draft that counts is on the disk.
func written(k *kept) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.staged) == 0
}

func TestADraftIsThereAtOnce(t *testing.T) {
	s := newSample(t)
	_, p := open(t, s.node, s.clock, options(t))
	fillPilot(p)
	p.Fill.Start("damage-report")
	p.Fill.Start("pilot-order")
	if p.Fill.Typed("ship") != "M/T Ternholm" {
		t.Error("what was typed last is gone")
	}
	p.Fill.Type("ship", "M/T Anna")
	p.Fill.Start("pilot-order")
	if p.Fill.Typed("ship") != "M/T Anna" {
		t.Error("the form was begun anew while it was filled in")
	}
}
