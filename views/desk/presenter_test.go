package desk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// only is the one entry of a desk.
func only(t testing.TB, p *Presenter) *entry {
	t.Helper()
	if len(p.entries) != 1 {
		t.Fatalf("%d entries", len(p.entries))
	}
	p.SetCurrent(p.entries[0].id)
	return &p.entries[0]
}

func wordOfOnly(t testing.TB, p *Presenter) word {
	t.Helper()
	w, _ := p.state(only(t, p))
	return w
}

// fillPilot writes a pilot order.
func fillPilot(p *Presenter) {
	p.Fill.Start("pilot-order")
	p.Fill.Type("ship", "M/T Ternholm")
	p.Fill.Type("boarding", "tomorrow 5:00")
}

func TestAnEntryGoesThroughTheWords(t *testing.T) {
	s := newSample(t)
	h, p := open(t, s.node, s.clock, options(t))
	release := s.node.Hold("Send")
	fillPilot(p)
	if mend := p.Fill.Save(); mend != "" {
		t.Fatalf("mend %s: %v", mend, p.Fill.faults)
	}
	// Nothing is said saved before the queue manager said so.
	if _, shown := p.Fill.Said(); shown || !p.Fill.saving || p.Fill.Words() != "Saving…" {
		t.Error("it was said saved too early")
	}
	release()
	h.Until(t, "the answer", func() bool { return !p.Fill.saving })
	said, _ := p.Fill.Said()
	if said.bold != "Saved on this computer." || !strings.HasPrefix(said.text, "M/T Ternholm, 20261119-") || p.Fill.Written() {
		t.Errorf("%+v", said)
	}
	h.Until(t, "the entry", func() bool { return len(p.entries) == 1 && len(p.states) == 1 })
	if w := wordOfOnly(t, p); w != saved {
		t.Error(w)
	}
	m, err := s.node.Messages(t.Context(), pilots, mgmtclient.Page{BodyLimit: 4096})
	if err != nil {
		t.Fatal(err)
	}
	if x := m.Messages[0]; !x.Transactional || x.Delivery != "recoverable" || !x.DeadLetter || !x.Journal || *x.TTRQ != 86400 || !strings.Contains(string(x.Body), `"ship": "M/T Ternholm"`) {
		t.Errorf("%+v", x)
	}
	l := p.Line()
	if !l.shown || !strings.HasPrefix(l.title, "No line since ") || !l.try || !l.offline || l.next == "" {
		t.Errorf("%+v", l)
	}

	s.do(s.node.SetLink(pilots, fake.Link{State: mq.StateConnected, Since: fake.Now}))
	s.do(s.node.Sending(pilots, 1))
	reread(t, h, p)
	if w := wordOfOnly(t, p); w != sending || p.Line().shown {
		t.Error(w, p.Line())
	}
	if ok, why := p.CanTakeBack(only(t, p)); ok || why != "It is being sent right now" {
		t.Error(ok, why)
	}
	s.do(s.node.Deliver(pilots, 1))
	reread(t, h, p)
	if w := wordOfOnly(t, p); w != delivered {
		t.Error(w)
	}
	if got := p.remark(only(t, p)).bold; got != "It is at Pilot station." {
		t.Error(got)
	}
	s.do(s.node.Read(pilots, 1))
	reread(t, h, p)
	if w := wordOfOnly(t, p); w != pickedUp {
		t.Error(w)
	}
	steps := p.steps(only(t, p))
	for i, x := range steps {
		if x.mark != done {
			t.Errorf("step %d: %+v", i, x)
		}
	}
	if p.StoredWords() != "Everything has gone out, last saved 14:32" {
		t.Error(p.StoredWords())
	}
}

// TestEveryEntryHasExactlyOneWord moves entries about at random and compares
// the desk with what was done.
func TestEveryEntryHasExactlyOneWord(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := newSample(t)
		links := map[string]mq.QueueState{}
		queues := []string{landings, arrivals, claims, pilots}
		var total int
		steps := rapid.IntRange(1, 25).Draw(r, "steps")
		for range steps {
			q := rapid.SampledFrom(queues).Draw(r, "queue")
			known := links[q] != ""
			switch rapid.IntRange(0, 8).Draw(r, "step") {
			case 0, 1, 2:
				when := s.clock.Now().In(fake.Zone).Format("02 15:04")
				switch q {
				case landings:
					s.landing(when, "HG 1 Anna")
				case arrivals:
					s.arrival(when, "M/S Anna")
				case claims:
					s.damage(when, "Crane")
				default:
					s.pilot(when, "M/T Anna")
				}
				total++
				if !known {
					links[q] = mq.StateWaiting
				}
			case 3:
				if known {
					links[q] = rapid.SampledFrom([]mq.QueueState{mq.StateConnected, mq.StateWaiting, mq.StateDisconnected, mq.StateInactive}).Draw(r, "state")
					s.do(s.node.SetLink(q, fake.Link{State: links[q]}))
				}
			case 4:
				if known {
					s.do(s.node.Deliver(q, 1))
				}
			case 5:
				if known {
					s.do(s.node.Read(q, 1))
				}
			case 6:
				if known {
					s.do(s.node.Refuse(q, 1, rapid.SampledFrom([]mq.Class{mq.ClassNackAccessDenied, mq.ClassNackQueuePurged}).Draw(r, "class")))
				}
			case 7:
				s.clock.Advance(time.Duration(rapid.IntRange(1, 20).Draw(r, "hours")) * time.Hour)
			case 8:
				if known && rapid.Bool().Draw(r, "pause") {
					s.do(s.node.Pause(t.Context(), q))
				} else if known {
					s.do(s.node.Resume(t.Context(), q))
				}
			}
		}
		read1, err := read(t.Context(), s.node, nil, firstReach, nil)
		if err != nil {
			r.Fatal(err)
		}
		if len(read1.entries) != total {
			r.Fatalf("%d entries were made, %d are shown", total, len(read1.entries))
		}
		list, err := s.node.Queues(t.Context(), mgmtclient.QueueFilter{Outgoing: true})
		if err != nil {
			r.Fatal(err)
		}
		states := map[string]mq.QueueState{}
		for _, q := range list {
			states[q.PathName] = mq.QueueState(q.State)
		}
		now := s.clock.Now()
		p := &Presenter{entries: read1.entries, states: states, list: everything, index: map[string]int{}, host: host{clock: s.clock}}
		p.arrange()
		sum := 0
		for w := range words {
			sum += p.counts[w]
			p.list = w
			p.arrange()
			for _, i := range p.rows {
				if got, _ := p.state(&p.entries[i]); got != w && (w != saved || got != attention) {
					r.Fatalf("%s in the list of %s", got.name(), w.name())
				}
			}
		}
		if sum != total {
			r.Fatalf("%d entries, %d words", total, sum)
		}
		for i := range p.entries {
			e := &p.entries[i]
			w, why := p.state(e)
			rest, part := e.left(now)
			state := states[e.queue]
			want := saved
			switch {
			case strings.HasPrefix(e.queue, `.\system$;dead`):
				want = attention
			case e.queue == mgmtclient.MachineJournal:
				want = pickedUp
			case strings.HasSuffix(e.queue, mgmtclient.AwaitingSuffix):
				want = delivered
			case part < lateFrom, state == mq.StateOnHold:
				want = attention
			case state == mq.StateConnected:
				want = sending
			}
			if w != want || (w == attention) != (why != fine) {
				r.Fatalf("%+v (%v left): %s, want %s", e, rest, w.name(), want.name())
			}
		}
	})
}

func TestTimeThatRunsOutIsTold(t *testing.T) {
	s := newSample(t)
	s.damage("19 14:00", "Crane") // two days
	s.now()
	h, p := open(t, s.node, s.clock, options(t))
	for _, c := range []struct {
		hours int
		word  word
		tone  kit.Tone
		text  string
	}{
		{0, saved, kit.Neutral, "1 d 23 h"},
		{24, saved, kit.Warning, "23 h 27 min"},
		{19, attention, kit.Danger, "4 h 27 min"},
	} {
		s.clock.Advance(time.Duration(c.hours) * time.Hour)
		p.tick()
		e := only(t, p)
		text, part, tone := p.within(e)
		if w, _ := p.state(e); w != c.word || text != c.text || tone != c.tone || part <= 0 {
			t.Errorf("after %d hours: %s %q %v %v", c.hours, w.name(), text, tone, part)
		}
	}
	if got := p.remark(only(t, p)); got.bold != "Only 4 h 27 min left." {
		t.Error(got)
	}
	s.clock.Advance(5 * time.Hour)
	reread(t, h, p)
	e := only(t, p)
	if _, why := p.state(e); why != cameBack || e.class != mq.ClassNackReachQueueTimeout {
		t.Fatalf("%+v", e)
	}
	if text, part, _ := p.within(e); text != "Too late" || part != 0 {
		t.Error(text, part)
	}
	if got := p.remark(e); got.bold != "There was no line in time." || got.text != "Try again: it gets 2 days more." {
		t.Error(got)
	}
}

func TestAnEntryThatCameBackIsSentAgain(t *testing.T) {
	s := newSample(t)
	s.landing("19 14:00", "HG 1 Anna")
	s.do(s.node.Refuse(landings, 1, mq.ClassNackQueueExceedQuota))
	s.now()
	h, p := open(t, s.node, s.clock, options(t))
	old := *only(t, p)
	if got := p.remark(&old).bold; got != "Fisheries has no room for more." || !p.CanRetry(&old) {
		t.Error(got)
	}
	p.Retry(old)
	h.Until(t, "the new message", func() bool { return len(p.entries) == 1 && p.entries[0].id != old.id && p.current == p.entries[0].id })
	e := only(t, p)
	if w, _ := p.state(e); w != saved || e.mark != old.mark || e.Reference != old.Reference {
		t.Errorf("%+v", e)
	}
	if pairs := fmt.Sprint(p.support(e)); !strings.Contains(pairs, e.id) || !strings.Contains(pairs, "Before that") || !strings.Contains(pairs, old.id) {
		t.Errorf("%v", pairs)
	}
}

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
