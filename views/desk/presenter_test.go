package desk

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
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
