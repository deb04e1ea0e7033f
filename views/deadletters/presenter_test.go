package deadletters

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen/screentest"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

func inboxOf(t testing.TB, nodes ...mgmtclient.Node) (*screentest.Host, *Presenter) {
	t.Helper()
	h := screentest.New(t, nodes...)
	p := NewPresenter(h)
	p.Enter(h.Scope().Sub())
	h.Until(t, "the dead letters", func() bool { return p.loaded() && !p.loading() })
	return h, p
}

// titles are the groups with their counts.
func titles(p *Presenter) string {
	var list []string
	for _, g := range p.groups {
		list = append(list, fmt.Sprintf("%s %d", g.title, len(g.letters)))
	}
	return strings.Join(list, "; ")
}

func TestLettersAreGroupedBiggestFirst(t *testing.T) {
	_, p := inboxOf(t, fake.Sample())
	if got := p.Headline(); got != "37 on 1 computer, oldest 17 Nov 22:40" {
		t.Errorf("got %q", got)
	}
	if got, want := titles(p), "There is no such queue at the destination 23; Not delivered before it expired 9; The sender was not allowed to send 4; Plain message sent to a transactional queue 1"; got != want {
		t.Errorf("got %s", got)
	}
	p.Group(byDestination)
	if got, want := titles(p), `WMS-ODN01\stock.moves.v2 23; EDI-GW01\sap.idoc.in 9; EDI-GW01\invoices.out 4; EDI-GW01\tms.freight 1`; got != want {
		t.Errorf("got %s", got)
	}
	p.Group(byComputer)
	if got := titles(p); got != "HUB-CPH01 37" {
		t.Errorf("got %s", got)
	}
	p.Group(flat)
	if len(p.rows) != 37 || len(p.groupRows) != 0 || p.letters[p.rows[0].letter].Label != "Move PAL-88120 to B-14" {
		t.Errorf("%d rows, first %q", len(p.rows), p.letters[p.rows[0].letter].Label)
	}
	p.Sort(colSize, true)
	if l := p.letters[p.rows[0].letter]; l.Label != "IDoc 0000000048211907" {
		t.Errorf("the biggest is %q", l.Label)
	}
}

func TestAGroupShowsMoreWhenAsked(t *testing.T) {
	_, p := inboxOf(t, fake.Sample())
	if p.rows[groupFirst+1].kind != rowMore || p.rows[groupFirst+1].rest != 16 || moreWords(16) != "Show 16 more" {
		t.Errorf("got %+v", p.rows[groupFirst+1])
	}
	p.Widen(p.groups[0].id)
	if p.rows[23].kind != rowLetter || p.rows[24].kind != rowGroup {
		t.Errorf("got %+v, %+v", p.rows[23], p.rows[24])
	}
	p.Open(p.groups[0].id, false)
	if p.rows[1].kind != rowGroup {
		t.Errorf("got %+v", p.rows[1])
	}
	for _, n := range []int{groupNext, groupNext + 1} {
		if r := p.rows[len(p.rows)-1]; r.kind == rowMore && r.rest == 1 {
			t.Errorf("a line hides one letter of %d", n)
		}
	}
}

func TestTheFilterLooksWhereOneReads(t *testing.T) {
	_, p := inboxOf(t, fake.Sample())
	for text, want := range map[string]int{"pal-88117": 1, "sap.idoc": 9, "ACCESS_DENIED": 4, "not allowed": 4, `\9300`: 1, "nowhere": 0} {
		n := 0
		p.Filter(text)
		for _, g := range p.groups {
			n += len(g.letters)
		}
		if n != want {
			t.Errorf("%q finds %d, want %d", text, n, want)
		}
	}
}

func TestSelectionSurvivesAReading(t *testing.T) {
	n := fake.Sample()
	h, p := inboxOf(t, n)
	p.SelectGroup(p.groups[2].id, true)
	first := p.Selected()[0].key()
	p.SetCurrent(first)
	if _, all := p.groupState(2); !all || len(p.Selected()) != 4 {
		t.Fatalf("%d selected", len(p.Selected()))
	}
	gone := p.Selected()[3].key()
	if _, err := n.Delete(context.Background(), gone.queue, []mgmtclient.LookupID{gone.id}); err != nil {
		t.Fatal(err)
	}
	p.Refresh()
	h.Until(t, "the reading", func() bool { return !p.loading() })
	if len(p.Selected()) != 3 || p.current != first {
		t.Errorf("%d selected, current %v", len(p.Selected()), p.current)
	}
	if some, all := p.groupState(2); !some || !all {
		t.Errorf("got %v, %v", some, all)
	}
}

func TestWhatDiesMeanwhileShowsByItself(t *testing.T) {
	n := fake.Sample()
	h, p := inboxOf(t, n)
	if _, err := n.Delete(context.Background(), mgmtclient.DeadLetterQueue, []mgmtclient.LookupID{lookup(p, mq.ClassNackNotTransactionalMsg)}); err != nil {
		t.Fatal(err)
	}
	h.Until(t, "the new count", func() bool { return p.Total() == 36 })
	if strings.Contains(titles(p), "Plain message") {
		t.Errorf("got %s", titles(p))
	}
}

// lookup is the first letter of a class.
func lookup(p *Presenter, c mq.Class) mgmtclient.LookupID {
	return p.letters[slices.IndexFunc(p.letters, func(l letter) bool { return l.ClassCode == c })].LookupID
}

// crowded is a node with so many dead letters.
func crowded(t testing.TB, count int) *fake.Node {
	t.Helper()
	n := fake.New(fake.Options{Now: fake.NewClock(fake.Now).Now})
	rows := fake.Rows{N: count, Priority: mq.DefaultPriority, Make: func(i int) mgmtclient.Message {
		return mgmtclient.Message{
			Label: fmt.Sprintf("Letter %d", i+1), ClassCode: mq.ClassNackReceiveTimeout, SentTime: fake.Now, ArrivedTime: fake.Now,
			DestinationQueue: `DIRECT=OS:LAPTOP\private$\orders`,
		}
	}}
	if err := n.Fill(mgmtclient.DeadLetterQueue, rows); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestALongQueueIsReadAsFarAsOneLooks(t *testing.T) {
	n := crowded(t, 2600)
	h, p := inboxOf(t, n)
	if len(p.letters) != firstReach || p.Total() != 2600 || p.letters[0].Label != "Letter 2600" {
		t.Fatalf("%d of %d read, first %q", len(p.letters), p.Total(), p.letters[0].Label)
	}
	if got := p.Partial(); got != "The newest 1,000 of 2,600 are loaded. Groups, filter and selection know only those." {
		t.Errorf("got %q", got)
	}
	if got := p.Headline(); !strings.HasPrefix(got, "2,600 on 1 computer, newest back to ") {
		t.Errorf("got %q", got)
	}
	for range 2 {
		p.More()
		h.Until(t, "more", func() bool { return !p.loading() })
	}
	if len(p.letters) != 2600 || p.Partial() != "" {
		t.Errorf("%d read, %q", len(p.letters), p.Partial())
	}
}

func TestDeadLetterQueuesOfApplicationsAreFound(t *testing.T) {
	n := fake.Sample()
	for queue, to := range map[string]string{"web.mail.error": `DIRECT=OS:HUB-CPH01\private$\web.mail`, "track.replies": `DIRECT=OS:HUB-CPH01\private$\track.replies`} {
		if err := n.Fill(queue, fake.Rows{N: 2, Make: func(i int) mgmtclient.Message {
			return mgmtclient.Message{Label: queue, ClassCode: mq.ClassNackQueuePurged, SentTime: fake.Now, ArrivedTime: fake.Now, DestinationQueue: to}
		}}); err != nil {
			t.Fatal(err)
		}
	}
	_, p := inboxOf(t, n)
	var found []string
	for _, h := range p.queues {
		if h.kind == "application" {
			found = append(found, h.queue)
		}
	}
	if len(found) != 1 || found[0] != `HUB-CPH01\private$\web.mail.error` {
		t.Errorf("got %v: what tells of a failure in a queue is no dead letter of it", found)
	}
	l := p.letters[slices.IndexFunc(p.letters, func(l letter) bool { return l.ClassCode == mq.ClassNackQueuePurged })]
	if got := p.heldIn(&l); got != "HUB-CPH01, web.mail.error" {
		t.Errorf("got %q", got)
	}
}

func TestReturningTellsWhatBecameOfEach(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	n := crowded(t, 120)
	if _, err := n.CreateQueue(context.Background(), "orders", mgmtclient.QueueSettings{}); err != nil {
		t.Fatal(err)
	}
	h, p := inboxOf(t, n)
	p.SelectGroup(p.groups[0].id, true)
	chosen := p.Selected()
	n.FailItem("Return", chosen[5].LookupID, mq.Errorf(mq.ErrMessageAlreadyReceived, "return", "somebody reads it"))
	p.Return(chosen)
	h.Idle(t)
	h.Until(t, "the reading", func() bool { return p.Total() == 1 })
	a := h.Actions[0]
	if a.What != "Returned 119 dead letters" || a.Result != "119 of 120" || a.Tone != kit.Warning || a.Details == nil {
		t.Errorf("got %+v", a)
	}
	if d := h.Dialog(); d == nil || d.Title() != "119 of 120 dead letters were returned" {
		t.Errorf("the dialog is %+v", d)
	}
	q, err := n.Queue(context.Background(), "orders")
	if err != nil || q.Messages != 119 {
		t.Errorf("%d arrived, %v", q.Messages, err)
	}
}

func TestLettersOfSeveralQueuesAndComputersGoEachTheirWay(t *testing.T) {
	here, there := crowded(t, 3), fake.Sample()
	h, p := inboxOf(t, here, there)
	if got := p.Headline(); !strings.HasPrefix(got, "40 on 2 computers") {
		t.Errorf("got %q", got)
	}
	p.Group(flat)
	p.SelectGroup("", true)
	p.Delete(p.Selected())
	h.Idle(t)
	h.Until(t, "the reading", func() bool { return p.Total() == 0 && !p.loading() })
	if a := h.Actions[0]; a.Result != "40 of 40" {
		t.Errorf("got %+v", a)
	}
}

func TestDuplicatesAreWarnedOf(t *testing.T) {
	l := func(c mq.Class) letter { return letter{Message: mgmtclient.Message{ClassCode: c}} }
	if bold, _ := duplicates([]letter{l(mq.ClassNackBadDestQueue)}); bold != "" {
		t.Errorf("got %q", bold)
	}
	if bold, text := duplicates([]letter{l(mq.ClassNackReceiveTimeout)}); bold != "It had arrived." || !strings.Contains(text, "0xC002 NACK_RECEIVE_TIMEOUT") {
		t.Errorf("got %q %q", bold, text)
	}
	if bold, _ := duplicates([]letter{l(mq.ClassNackReceiveTimeout), l(mq.ClassNackBadDestQueue), l(mq.ClassNackQueuePurged)}); bold != "2 of 3 had arrived." {
		t.Errorf("got %q", bold)
	}
}

func TestWhatToDoFollowsTheReason(t *testing.T) {
	p := &Presenter{}
	l := letter{Message: mgmtclient.Message{ClassCode: mq.ClassNackBadDestQueue, LookupID: 1}}
	first := func(aim target) step {
		aim.of = l.key()
		p.aim = aim
		return p.whatToDo(&l)[0].step
	}
	if got := first(target{}); got != stepElsewhere {
		t.Errorf("another computer: got %d", got)
	}
	if got := first(target{known: true, here: true}); got != stepCreate {
		t.Errorf("missing here: got %d", got)
	}
	if got := first(target{known: true, exists: true, here: true}); got != stepReturn {
		t.Errorf("created since: got %d", got)
	}
	for c, want := range map[mq.Class]step{
		mq.ClassNackReachQueueTimeout: stepReturn, mq.ClassNackQueueExceedQuota: stepProperties, mq.ClassNackAccessDenied: stepProperties,
		mq.ClassNackNotTransactionalMsg: stepResend, mq.ClassNackNotTransactionalQ: stepResend, mq.ClassNackReceiveTimeout: stepReturn,
		mq.ClassNackBadSignature: stepResend, mq.ClassNackHopCountExceeded: stepReturn,
	} {
		l.ClassCode = c
		if got := first(target{known: true, exists: true, here: true}); got != want {
			t.Errorf("%s: got %d, want %d", c, got, want)
		}
		if s := (&Presenter{host: screentest.New(t, fake.Sample())}).happened(&l); s == "" || !strings.HasSuffix(s, ".") {
			t.Errorf("%s: %q", c, s)
		}
	}
}

func TestDestinationsAreReadHoweverTheyAreWritten(t *testing.T) {
	for name, want := range map[string]string{
		`DIRECT=OS:HUB\private$\orders`: `HUB\orders`, `HUB\private$\orders;poison`: `HUB\orders;poison`,
		"PRIVATE=6f1c2d80-51aa-4c3e-9d12-7c0a2f1e88b4\\10": "PRIVATE=6f1c2d80-51aa-4c3e-9d12-7c0a2f1e88b4\\10", "": "",
	} {
		if got := destination(&letter{Message: mgmtclient.Message{DestinationQueue: name}}); got != want {
			t.Errorf("%q: got %q", name, got)
		}
	}
}

func TestTheDestinationIsAskedAbout(t *testing.T) {
	n := crowded(t, 1)
	h, p := inboxOf(t, n)
	h.Until(t, "the answer", func() bool { return p.aim.known })
	if p.aim.exists || !p.aim.here {
		t.Errorf("got %+v", p.aim)
	}
}

func TestAComputerThatDoesNotAnswerIsCountedNotHidden(t *testing.T) {
	sound, broken := fake.Sample(), crowded(t, 1)
	h := screentest.New(t, sound, broken)
	broken.Fail("", mq.Errorf(mq.ErrRemoteMachineNotAvailable, "list the queues", "nothing listens there"))
	p := NewPresenter(h)
	p.Enter(h.Scope().Sub())
	h.Until(t, "the reading", func() bool { return p.loaded() && !p.loading() })
	name, err := p.Fault()
	if p.Total() != 37 || len(p.NotAsked()) != 1 || mq.CodeOf(err) != mq.ErrRemoteMachineNotAvailable || name != "LAPTOP" {
		t.Errorf("%d letters, %v not asked, %s: %v", p.Total(), p.NotAsked(), name, err)
	}
}

func TestLeavingEndsTheReading(t *testing.T) {
	n := fake.Sample()
	h := screentest.New(t, n)
	began, ended := make(chan struct{}), make(chan struct{})
	n.SetHook(func(ctx context.Context, method, _ string) error {
		if method == "Messages" {
			close(began)
			<-ctx.Done()
			close(ended)
			return ctx.Err()
		}
		return nil
	})
	p := NewPresenter(h)
	s := h.Scope().Sub()
	p.Enter(s)
	<-began
	s.End()
	p.Leave()
	<-ended
	h.Run()
	if p.loaded() {
		t.Error("a reading came after leaving")
	}
}

func TestExportsAreWholeOrNotThere(t *testing.T) {
	h, p := inboxOf(t, fake.Sample())
	dir := t.TempDir()
	p.Export(nil, filepath.Join(dir, "all.jsonl"))
	h.Idle(t)
	p.SelectGroup(p.groups[2].id, true)
	p.Export(p.Selected(), filepath.Join(dir, "some.jsonl"))
	h.Idle(t)
	var names []string
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		names = append(names, e.Name())
	}
	if got := strings.Join(names, " "); got != "all-HUB-CPH01-deadletter.jsonl all-HUB-CPH01-deadxact.jsonl some.jsonl" {
		t.Errorf("got %s", got)
	}
	if len(h.Exported) != 3 || !strings.HasPrefix(h.Exported[2], `HUB-CPH01\system$;deadletter [`) || h.Jobs[1].OK != 4 {
		t.Errorf("got %q, %+v", h.Exported, h.Jobs)
	}
	p.Export(p.Selected(), filepath.Join(dir, "missing", "x.jsonl"))
	h.Idle(t)
	if len(h.Failed) != 1 {
		t.Errorf("got %v", h.Failed)
	}
}

func TestWhatGoesToOtherComputersIsTold(t *testing.T) {
	p := &Presenter{}
	to := func(queues ...string) []letter {
		var list []letter
		for _, q := range queues {
			list = append(list, letter{computer: "HUB", Message: mgmtclient.Message{DestinationQueue: q}})
		}
		return list
	}
	for want, list := range map[string][]letter{
		"":    to(`DIRECT=OS:hub\private$\a`, `.\private$\b`, "PRIVATE=6f1c2d80-51aa-4c3e-9d12-7c0a2f1e88b4\\10"),
		"WMS": to(`DIRECT=OS:WMS\private$\a`, `wms\private$\b`, `HUB\private$\b`), "other computers": to(`WMS\private$\a`, `EDI\private$\a`),
	} {
		if got := p.away(list); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
