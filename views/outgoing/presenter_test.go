package outgoing

import (
	"context"
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

func enter(t testing.TB, r screen.Route, nodes ...mgmtclient.Node) (*screentest.Host, *Presenter) {
	t.Helper()
	h := screentest.New(t, nodes...)
	p := NewPresenter(h)
	p.Enter(h.Scope().Sub(), r)
	return h, p
}

// listed are the destinations of the rows.
func listed(p *Presenter) []string {
	var out []string
	for i := range p.rows {
		out = append(out, strings.Replace(p.rows[i].to, `\private$\`, `\`, 1))
	}
	return out
}

// choose selects the rows to some destinations.
func choose(t testing.TB, p *Presenter, names ...string) {
	t.Helper()
	var ids []kit.RowID
	for i := range p.rows {
		if slices.ContainsFunc(names, func(n string) bool { return strings.Contains(p.rows[i].to, n) }) {
			ids = append(ids, p.rows[i].id())
		}
	}
	if len(ids) != len(names) {
		t.Fatalf("%d of %v are listed", len(ids), names)
	}
	p.Select(ids)
	p.SetCurrent(ids[0])
}

func (i *item) is(l screen.Line) bool { return i.line == l }

// find is a row by its destination.
func find(t testing.TB, p *Presenter, name string) *item {
	t.Helper()
	for i := range p.all {
		if strings.Contains(p.all[i].to, name) {
			return &p.all[i]
		}
	}
	t.Fatalf("there is no queue to %s", name)
	return nil
}

func TestWhatNeedsAttentionComesFirst(t *testing.T) {
	_, p := enter(t, screen.Route{}, busy(t))
	want := []string{
		`WMS-ODN01\stock.moves`, `WMS-ODN01\pick.lists`, `CPH-ARCHIVE\audit`, `LT-MARIE\test.in`, // in vain
		`DESK-HIRTSHALS\price.updates`, `EDI-GW01\edi.out`,
		`DESK-RONNE\price.updates`, `ERP-SQL03\invoices.in`, `HUB-AAR02\orders.out`, // connected, by name
		`HUB-AAR02\price.updates`, `WMS-OSL04\stock.moves`, `EDI-GW01\edi.acks`,
	}
	if got := listed(p); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if got := p.Headline(); got != "12 queues, 1,256 messages not sent yet" {
		t.Errorf("got %q", got)
	}
	p.Sort(kit.Sort{Key: colUnread, Desc: true})
	if got := listed(p)[:2]; got[0] != `HUB-AAR02\orders.out` || got[1] != `ERP-SQL03\invoices.in` {
		t.Errorf("got %q", got)
	}
}

func TestSegmentsCountAndPick(t *testing.T) {
	_, p := enter(t, screen.Route{}, busy(t))
	var words []string
	for _, c := range p.Segments() {
		words = append(words, c.Text)
	}
	if got := strings.Join(words, ", "); got != "All 12, Cannot connect 4, Waiting 2, Idle 2, Connected 3" {
		t.Errorf("got %s", got)
	}
	p.Segment(segWaiting)
	if got := listed(p); !slices.Equal(got, []string{`DESK-HIRTSHALS\price.updates`, `EDI-GW01\edi.out`}) {
		t.Errorf("got %q", got)
	}
}

func TestTheFilterLooksWhereOneReads(t *testing.T) {
	_, p := enter(t, screen.Route{}, busy(t))
	for text, want := range map[string]int{"odn01": 2, "10.30.1.5": 2, "Paused": 1, "hub-cph": 12, "nowhere": 0} {
		p.Filter(text)
		if len(p.rows) != want {
			t.Errorf("%q finds %d, want %d", text, len(p.rows), want)
		}
	}
}

func TestARouteLeadsToAQueueOrAComputer(t *testing.T) {
	other := fake.New(fake.Options{Name: "LT-ANNA"})
	if err := other.PutOutgoing(fake.OutgoingQueue{To: `HUB\private$\in`, Unsent: 1, Link: fake.Link{State: mq.StateWaiting}}); err != nil {
		t.Fatal(err)
	}
	h, p := enter(t, screen.Route{}, fake.Sample(), other)
	if len(p.rows) != 9 {
		t.Fatalf("%d rows", len(p.rows))
	}
	choose(t, p, "pick.lists")
	p.Enter(p.scope, screen.Route{Node: "LT-ANNA"})
	if got := listed(p); !slices.Equal(got, []string{`HUB\in`}) || len(p.selected) != 0 {
		t.Errorf("got %q, %d selected", got, len(p.selected))
	}
	if got := p.Headline(); got != "1 queue on LT-ANNA, 1 message not sent yet" {
		t.Errorf("got %q", got)
	}
	p.Filter("nothing")
	p.Enter(h.Scope().Sub(), screen.Route{Queue: `DIRECT=OS:HUB-AAR02\private$\orders.out`})
	if it, ok := p.Current(); !ok || it.to != `HUB-AAR02\private$\orders.out` {
		t.Errorf("got %v", it.to)
	}
}

func TestCountsFollowByThemselves(t *testing.T) {
	n := fake.Sample()
	h, p := enter(t, screen.Route{}, n)
	choose(t, p, "orders.out")
	if err := n.Deliver(`HUB-AAR02\private$\orders.out`, 3); err != nil {
		t.Fatal(err)
	}
	h.Until(t, "the delivery", func() bool { return find(t, p, "orders.out").out.Unread == 123 })
	it, ok := p.Current()
	if !ok || it.out.Unsent != 0 || !it.is(screen.LineConnected) || len(p.Selected()) != 1 {
		t.Errorf("got %+v, %v", it.out, ok)
	}
}

func TestPauseCanBeUndone(t *testing.T) {
	n := fake.Sample()
	h, p := enter(t, screen.Route{}, n)
	p.SetCurrent(find(t, p, "pick.lists").id()) // none is selected
	p.Pause()
	h.Until(t, "the pause", func() bool { return find(t, p, "pick.lists").is(screen.LinePaused) && len(h.Actions) == 1 })
	a := h.Actions[0]
	if a.What != `Paused: WMS-ODN01\private$\pick.lists` || a.Undo == nil {
		t.Fatalf("got %+v", a)
	}
	if p.Pause(); n.Calls("Pause") != 1 {
		t.Error("a paused queue was paused again")
	}
	a.Undo()
	h.Until(t, "the end of the pause", func() bool { return find(t, p, "pick.lists").is(screen.LineStuck) })
}

func TestSeveralQueuesAnswerOneByOne(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	n := busy(t)
	h, p := enter(t, screen.Route{}, n)
	n.SetHook(func(_ context.Context, method, queue string) error {
		if method == "Pause" && strings.Contains(queue, "pick.lists") {
			return mq.Errorf(mq.ErrAccessDenied, "pause", "you may not")
		}
		return nil
	})
	choose(t, p, "WMS-ODN01\\private$\\stock.moves", "pick.lists", "edi.out", "orders.out")
	p.Pause()
	h.Until(t, "the pauses", func() bool { return len(h.Actions) == 1 && find(t, p, "orders.out").is(screen.LinePaused) })
	a := h.Actions[0]
	if a.What != "Paused: 2 outgoing queues" || a.Result != "2 of 3" || a.Tone != kit.Warning {
		t.Errorf("got %+v", a)
	}
	if d := h.Dialog(); d == nil || d.Title() != "2 of 3 outgoing queues were paused" {
		t.Errorf("the failure is not shown: %+v", d)
	}
	a.Undo()
	h.Until(t, "the undo", func() bool { return find(t, p, "orders.out").is(screen.LineConnected) })
	if !find(t, p, "edi.out").is(screen.LinePaused) {
		t.Error("what was paused before was resumed")
	}
}

func TestSendNowTriesAtOnce(t *testing.T) {
	n := fake.Sample()
	h, p := enter(t, screen.Route{}, n)
	choose(t, p, "pick.lists")
	p.SendNow()
	h.Until(t, "the try", func() bool { return find(t, p, "pick.lists").out.Failures == 409 })
	if n.Calls("Resend") != 1 {
		t.Errorf("asked %d times", n.Calls("Resend"))
	}
}

func TestNothingIsTriedOffline(t *testing.T) {
	n := fake.Sample()
	h, p := enter(t, screen.Route{}, n)
	choose(t, p, "pick.lists")
	if err := n.Disconnect(context.Background()); err != nil {
		t.Fatal(err)
	}
	h.Until(t, "the word of the network", func() bool { return len(p.Away()) == 1 })
	p.SendNow()
	if n.Calls("Resend") != 0 {
		t.Error("it was tried")
	}
	if bold, text := p.AwayWords(); bold != "HUB-CPH01 works offline." || text != "1,236 messages for other computers are kept; none come in." {
		t.Errorf("got %q %q", bold, text)
	}
	screen.GoOnline(h, h.Nodes()[0])
	h.Until(t, "the network", func() bool { return len(p.Away()) == 0 })
	if a := h.Actions[0]; a.What != "HUB-CPH01 works online" {
		t.Errorf("got %+v", a)
	}
}

func TestARefusalIsTold(t *testing.T) {
	n := fake.Sample()
	h, p := enter(t, screen.Route{}, n)
	n.Fail("Pause", mq.Errorf(mq.ErrAccessDenied, "pause", "only administrators may"))
	choose(t, p, "pick.lists")
	p.Pause()
	h.Until(t, "the refusal", func() bool { return len(h.Failed) == 1 })
	if mq.CodeOf(h.Failed[0]) != mq.ErrAccessDenied || len(h.Actions) != 0 {
		t.Errorf("got %v, %v", h.Failed, h.Actions)
	}
}

func TestAComputerWithoutTheRightOffersNothing(t *testing.T) {
	n := fake.Sample()
	n.Lack(mgmtclient.CanOutgoing, mgmtclient.CanPurge)
	_, p := enter(t, screen.Route{}, n)
	choose(t, p, "pick.lists")
	if len(p.fits(&pause))+len(p.fits(&sendNow))+len(p.full()) != 0 {
		t.Error("something is offered")
	}
}

func TestAPurgeTakesWhatWasNotSent(t *testing.T) {
	n := fake.Sample()
	h, p := enter(t, screen.Route{}, n)
	choose(t, p, "orders.out", "pick.lists", "invoices.in")
	list := p.full()
	if len(list) != 2 {
		t.Fatalf("%d queues have something to purge", len(list))
	}
	p.Purge(list)
	h.Idle(t)
	h.Until(t, "the purge", func() bool {
		return find(t, p, "pick.lists").out.Unsent == 0 && find(t, p, "orders.out").out.Unsent == 0
	})
	if find(t, p, "orders.out").out.Unread != 120 {
		t.Error("what was delivered is gone")
	}
	if a := h.Actions[0]; a.What != "Purged 2 outgoing queues" || a.Result != "89 messages" {
		t.Errorf("got %+v", a)
	}
}

func TestAComputerThatDoesNotAnswerIsCounted(t *testing.T) {
	n := fake.Sample()
	h, p := enter(t, screen.Route{}, n)
	n.Fail("", mq.Errorf(mq.ErrServiceNotAvailable, "ask", "it is gone"))
	p.Refresh()
	h.Until(t, "the silence", func() bool { return len(p.Unheard()) == 1 })
	if len(p.rows) != 8 || !p.rows[0].stale {
		t.Errorf("%d rows, stale %v", len(p.rows), p.rows[0].stale)
	}
}
