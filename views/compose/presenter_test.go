package compose

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
)

// write begins a message on the sample computer.
func write(t testing.TB, r screen.Route) (*screentest.Host, *fake.Node, *Presenter) {
	t.Helper()
	n := fake.Sample()
	h := screentest.New(t, n)
	p := NewPresenter(h)
	p.Enter(h.Scope().Sub(), r)
	answered(t, h, p)
	return h, n, p
}

// answered waits until the queues of the draft were asked about.
func answered(t testing.TB, h *screentest.Host, p *Presenter) {
	t.Helper()
	h.Until(t, "the answers", func() bool {
		_, asked := p.Reached()
		return !p.loading && (asked || strings.TrimSpace(p.draft.queue) == "") && (p.draft.admin == "" || p.admin.name == p.draft.admin)
	})
}

// find finds a check by its title.
func find(t testing.TB, list []check, title string) check {
	t.Helper()
	for _, c := range list {
		if c.title == title {
			return c
		}
	}
	t.Fatalf("no check %q in %+v", title, list)
	return check{}
}

// sendAll sends and waits for the end of it.
func sendAll(t testing.TB, h *screentest.Host, p *Presenter) {
	t.Helper()
	if ok, why := p.CanSend(); !ok {
		t.Fatal(why)
	}
	p.Send()
	h.Idle(t)
}

func last(t testing.TB, n mgmtclient.Node, queue string) mgmtclient.Message {
	t.Helper()
	page, err := n.Messages(context.Background(), queue, mgmtclient.Page{Last: true, Limit: 1, BodyLimit: -1})
	if err != nil || len(page.Messages) == 0 {
		t.Fatal(err)
	}
	m, err := n.Message(context.Background(), queue, page.Messages[0].LookupID, -1)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestWhatIsSetArrives(t *testing.T) {
	const m0 = `{6f1c2d80-51aa-4c3e-9d12-7c0a2f1e88b4}\20961`
	h, n, p := write(t, screen.Route{Queue: `HUB-CPH01\private$\track.replies`})
	p.Edit(func(d *draft) {
		d.label, d.priority, d.reach, d.read = "Hello", 6, limit{"90", unitMinutes}, limit{"2", unitDays}
		d.ack, d.admin, d.response = "all", `.\private$\tariff.rates`, `.\private$\web.reviews`
		d.correlation, d.appSpecific, d.extension = m0, 77, []byte("x")
		d.journal, d.content = true, content{mode: modeText, text: "hø", bodyType: 8}
	})
	p.ask()
	answered(t, h, p)
	sendAll(t, h, p)
	m := last(t, n, "track.replies")
	if m.Label != "Hello" || m.Priority != 6 || *m.TTRQ != 5400 || *m.TTBR != 172800 || len(m.Acknowledge) != 4 ||
		m.AdminQueue != `DIRECT=OS:HUB-CPH01\private$\tariff.rates` || m.ResponseQueue != `DIRECT=OS:HUB-CPH01\private$\web.reviews` ||
		m.CorrelationID != m0 || m.AppSpecific != 77 || string(m.Extension) != "x" || !m.Journal || !m.DeadLetter ||
		m.BodyType != 8 || string(m.Body) != "h\x00\xF8\x00" || m.Delivery != "recoverable" || m.Transactional {
		t.Errorf("got %+v", m)
	}
	if p.last.tone != kit.Success || p.last.bold != "It arrived in track.replies." || p.last.id != m.ID || p.last.lookup != m.LookupID {
		t.Errorf("got %+v", p.last)
	}
	if p.draft.label != "Hello" {
		t.Error("the draft is gone: it stays for the next message")
	}
}

func TestATransactionalQueueMakesTheMessageTransactional(t *testing.T) {
	h, n, p := write(t, screen.Route{Queue: ordersIn + ";journal"})
	if p.draft.queue != ordersIn {
		t.Errorf("a message for the journal goes to %s", p.draft.queue)
	}
	if !p.draft.transactional {
		t.Error("the message is not what its queue takes")
	}
	p.Decide(false)
	p.Again()
	answered(t, h, p)
	list := p.Checks()
	c := find(t, list, "It takes only transactional messages")
	if c.mark != markFail || c.fix != fixTransaction {
		t.Errorf("got %+v", c)
	}
	p.Edit(func(d *draft) { d.transactional, d.priority, d.content.text = true, 7, "x" })
	find(t, p.Checks(), "Transactions agree")
	sendAll(t, h, p)
	if m := last(t, n, "orders.in"); !m.Transactional || m.Priority != 0 {
		t.Errorf("got %+v", m)
	}
}

func TestChecksSpeakOfRealAnswers(t *testing.T) {
	h, n, p := write(t, screen.Route{})
	if c := p.Checks()[0]; c.title != "Where to?" {
		t.Errorf("got %+v", c)
	}
	check := func(queue string) []check {
		t.Helper()
		p.Edit(func(d *draft) { d.queue = queue })
		p.Again()
		answered(t, h, p)
		return p.Checks()
	}
	if c := find(t, check(`.\private$\orders.new`), "There is no such queue"); c.fix != fixCreate {
		t.Errorf("got %+v", c)
	}
	for _, name := range []string{`ELSEWHERE\private$\orders`, `HUB-AAR02\private$\orders.out`, `DIRECT=TCP:10.0.0.7\private$\orders`} {
		if c := find(t, check(name), "It goes to another computer"); c.mark != markPass || !strings.Contains(c.text, "kept on HUB-CPH01") {
			t.Errorf("%s: got %+v", name, c)
		}
		if c := find(t, p.Checks(), "Will it be taken?"); c.mark != markNone {
			t.Errorf("%s: got %+v", name, c)
		}
	}
	if c := find(t, check(`ELSEWHERE\private$\orders;journal`), "There is no such queue"); c.mark != markFail {
		t.Errorf("got %+v", c)
	}
	p.Edit(func(d *draft) { d.queue = `a\b\c\d` })
	if c := p.Checks()[0]; c.title != "The name cannot be read" || c.text == "" {
		t.Errorf("got %+v", c)
	}
	p.Edit(func(d *draft) { d.content = content{mode: modeFile, blob: make([]byte, 5<<20), blobName: "big"} })
	if c := find(t, check("track.replies"), "It is too big"); c.mark != markFail {
		t.Errorf("got %+v", c)
	}
	if ok, why := p.CanSend(); ok || why != "It is too big: a message takes at most 4 MB" {
		t.Errorf("got %v, %s", ok, why)
	}
	p.Edit(func(d *draft) { d.content = content{mode: modeText} })
	find(t, p.Checks(), "There is no body")
	p.Edit(func(d *draft) { d.express = true })
	find(t, p.Checks(), "It does not survive a restart")

	kb := uint32(1)
	if _, err := n.SetQueue(context.Background(), "track.replies", mgmtclient.QueueSettings{Quota: &mgmtclient.Quota{KB: &kb}}); err != nil {
		t.Fatal(err)
	}
	p.Edit(func(d *draft) { d.content.text = strings.Repeat("x", 2000) })
	if c := find(t, check("track.replies"), "The queue has no room for it"); c.fix != fixLimit {
		t.Errorf("got %+v", c)
	}
	yes := true
	if _, err := n.SetQueue(context.Background(), "track.replies", mgmtclient.QueueSettings{Authenticate: &yes}); err != nil {
		t.Fatal(err)
	}
	find(t, check("track.replies"), "It takes only signed messages")
}

func TestMaySendIsSaidOnlyWhereItIsKnown(t *testing.T) {
	who := sender{node: "HUB", as: "anna", local: true}
	type entry = mgmtclient.Permission
	account := func(sid string) mgmtclient.Account { return mgmtclient.Account{SID: sid} }
	const own, some = "S-1-22-1-1000", "Only some accounts may; the answer comes when you send."
	for _, c := range []struct {
		entries []entry
		owner   string
		mark    mark
		text    string
	}{
		{[]entry{{Account: account(own), Rights: 0xf003f}}, own, markPass, "anna has Send Message"},
		{[]entry{{Account: account(anonymous), Rights: 0x20024}}, "", markPass, "Anybody may, unsigned too"},
		{[]entry{{Account: account(anonymous), Rights: 0x20020}, {Account: account(everyone), Rights: 4}}, "", markPass, "Everyone has Send Message"},
		{[]entry{{Account: account(anonymous), Rights: 4}, {Account: account(anonymous), Deny: true, Rights: 4}}, "", markNone, some},
		{[]entry{{Account: account("S-1-22-1-7"), Rights: 0xf003f}}, own, markNone, some},
	} {
		p := &mgmtclient.Permissions{Entries: c.entries}
		if got := maySend(who, answer{name: "q", perms: p, owner: c.owner}); got.mark != c.mark || got.text != c.text {
			t.Errorf("%+v: got %+v", c.entries, got)
		}
	}
	if got := maySend(who, answer{name: "q", perms: &mgmtclient.Permissions{Open: true}}); got.text != "The queue is open to everybody" {
		t.Errorf("got %+v", got)
	}
	if got := maySend(who, answer{name: "q"}); got.mark != markNone || got.text != "The permissions are not shown to you; the answer comes when you send." {
		t.Errorf("got %+v", got)
	}
}

func TestAcknowledgementsNeedAQueueThatTakesThem(t *testing.T) {
	h, _, p := write(t, screen.Route{Queue: `HUB-CPH01\private$\track.replies`})
	p.Edit(func(d *draft) { d.ack = "reached" })
	if c := find(t, p.Checks(), "Nobody would be told"); c.fix != fixAdmin {
		t.Errorf("got %+v", c)
	}
	if ok, _ := p.CanSend(); ok {
		t.Error("it can be sent without an administration queue")
	}
	p.Edit(func(d *draft) { d.admin = "orders.in" })
	p.ask()
	answered(t, h, p)
	if c := find(t, p.Checks(), "The admin queue is transactional"); c.mark != markFail {
		t.Errorf("got %+v", c)
	}
}

func TestARefusalKeepsEverything(t *testing.T) {
	h, n, p := write(t, screen.Route{Queue: `HUB-CPH01\private$\track.replies`})
	p.Edit(func(d *draft) { d.label, d.content.text = "Keep me", "precious" })
	n.Fail("Send", mq.Errorf(mq.ErrAccessDenied, "send", "you lack Send Message").WithFix("ask the owner"))
	sendAll(t, h, p)
	if p.last.tone != kit.Danger || p.last.bold != "It was not sent." || p.last.text != "You lack Send Message. Ask the owner." {
		t.Errorf("got %+v", p.last)
	}
	if p.draft.label != "Keep me" || p.draft.content.text != "precious" || p.sending {
		t.Errorf("got %+v", p.draft)
	}
	if a := h.Actions[0]; a.Tone != kit.Danger || a.Result != "Failed" {
		t.Errorf("got %+v", a)
	}
	n.Fail("Send", nil)
	sendAll(t, h, p)
	if p.last.tone != kit.Success {
		t.Errorf("got %+v", p.last)
	}
}

func TestCopiesAreSentInBatchesAndCounted(t *testing.T) {
	h, n, p := write(t, screen.Route{Queue: `HUB-CPH01\private$\track.replies`})
	p.Edit(func(d *draft) { d.copies, d.content.text = 250, "x" })
	sendAll(t, h, p)
	if got := n.Calls("Send"); got != 3 {
		t.Errorf("%d calls", got)
	}
	if p.last.bold != "250 messages arrived in track.replies." || h.Jobs[0].OK != 250 {
		t.Errorf("got %+v, %+v", p.last, h.Jobs[0])
	}
	calls := 0
	n.SetHook(func(_ context.Context, method, _ string) error {
		if method == "Send" {
			if calls++; calls == 2 {
				return mq.Errorf(mq.ErrInsufficientResources, "send", "the disk is full")
			}
		}
		return nil
	})
	sendAll(t, h, p)
	if p.last.bold != "100 of 250 were sent, then it failed." || p.last.tone != kit.Danger || h.Actions[0].Result != "100 of 250" {
		t.Errorf("got %+v, %+v", p.last, h.Actions[0])
	}
}

func TestACopyOfAMessageIsTheMessage(t *testing.T) {
	n := fake.Sample()
	m := message(t, n, "orders.error", 2)
	h := screentest.New(t, n)
	p := NewPresenter(h)
	p.Enter(h.Scope().Sub(), screen.Route{Queue: `HUB-CPH01\private$\orders.error`, Lookup: m.LookupID})
	answered(t, h, p)
	if p.from.id != m.ID || p.draft.queue != `HUB-CPH01\private$\orders.error` {
		t.Errorf("got %+v, %s", p.from, p.draft.queue)
	}
	sendAll(t, h, p)
	got := last(t, n, "orders.error")
	if !bytes.Equal(got.Body, m.Body) || !bytes.Equal(got.Extension, m.Extension) || got.AppSpecific != m.AppSpecific || got.Format != "NServiceBus" || got.ID == m.ID {
		t.Errorf("got %+v, want a copy of %+v", got, m)
	}
}

func TestACopyOfADeadLetterGoesWhereItWasGoing(t *testing.T) {
	n := fake.Sample()
	m := message(t, n, mgmtclient.DeadLetterQueue, 0)
	h := screentest.New(t, n)
	p := NewPresenter(h)
	p.Enter(h.Scope().Sub(), screen.Route{Queue: `HUB-CPH01\system$;deadletter`, Lookup: m.LookupID})
	answered(t, h, p)
	if p.draft.queue != m.DestinationQueue {
		t.Errorf("got %s", p.draft.queue)
	}
}

func TestACopyThatIsGoneSaysSo(t *testing.T) {
	h := screentest.New(t, fake.Sample())
	p := NewPresenter(h)
	p.Edit(func(d *draft) { d.label = "kept" })
	p.Enter(h.Scope().Sub(), screen.Route{Queue: ordersIn, Lookup: 1})
	h.Until(t, "the answer", func() bool { return p.last.bold != "" })
	if p.last.bold != "The message was not copied." || p.draft.label != "kept" {
		t.Errorf("got %+v, %+v", p.last, p.draft)
	}
}

func TestTemplatesAreRecognisedAsWhatTheyPretend(t *testing.T) {
	want := []string{".NET XmlMessageFormatter", "ActiveX string", "ActiveX byte array", "NServiceBus", "Rebus", "MassTransit", ""}
	for i, x := range templates {
		h, n, p := write(t, screen.Route{Queue: ordersIn})
		p.Edit(func(d *draft) {
			d.use(x)
			d.transactional = true
			if d.content.mode == modeFile {
				d.content.blob, d.content.blobName = []byte{1, 2}, "a.bin"
			}
		})
		sendAll(t, h, p)
		if m := last(t, n, "orders.in"); m.Format != want[i] {
			t.Errorf("%s is taken for %q", x.name, m.Format)
		}
	}
}

func TestFaultsAreNamedWhereTheyAre(t *testing.T) {
	d := newDraft(screen.NewPreferences(nil))
	d.label = strings.Repeat("x", 251)
	d.reach, d.read = limit{"soon", unitDays}, limit{"60000", unitDays}
	d.correlation, d.response, d.queue = "abc", `a\b\c`, `DIRECT=FOO:x\y`
	d.content = content{mode: modeHex, text: "4"}
	f := d.faults()
	for field, want := range map[string]string{
		fieldLabel: "2 characters too many", fieldReach: `"soon" is no whole number`, fieldRead: "That is more than a message can say: at most 49,710 days",
		fieldCorrelation: `Neither {guid}\number nor 40 hex digits`, fieldBody: "A digit is missing: there are 1, and a byte takes two.",
	} {
		if f[field] != want {
			t.Errorf("%s: got %q", field, f[field])
		}
	}
	if f[fieldQueue] == "" || f[fieldResponse] == "" {
		t.Errorf("got %v", f)
	}
	d = newDraft(screen.NewPreferences(nil))
	if f := d.faults(); len(f) > 0 {
		t.Errorf("an empty message has faults: %v", f)
	}
}

func TestTypingAsksOnlyWhenItRests(t *testing.T) {
	h, n, p := write(t, screen.Route{})
	before := n.Calls("Queue")
	for _, s := range []string{"o", "or", "ord", "orders.in"} {
		p.Edit(func(d *draft) { d.queue = s })
	}
	answered(t, h, p)
	if got := n.Calls("Queue") - before; got != 1 {
		t.Errorf("asked %d times", got)
	}
}

func TestLeavingEndsTheQuestion(t *testing.T) {
	n := fake.Sample()
	h := screentest.New(t, n)
	began, ended := make(chan struct{}), make(chan struct{})
	n.SetHook(func(ctx context.Context, method, queue string) error {
		if method == "Queue" && strings.Contains(queue, "track.replies") {
			close(began)
			<-ctx.Done()
			close(ended)
			return ctx.Err()
		}
		return nil
	})
	p := NewPresenter(h)
	s := h.Scope().Sub()
	p.Enter(s, screen.Route{Queue: `HUB-CPH01\private$\track.replies`})
	<-began
	s.End()
	p.Leave()
	<-ended
	if _, asked := p.Reached(); asked {
		t.Error("an answer came after leaving")
	}
}

func TestFilesTooBigAreRefusedBeforeTheyAreTaken(t *testing.T) {
	h, _, p := write(t, screen.Route{})
	dir := t.TempDir()
	small, big := filepath.Join(dir, "small.xml"), filepath.Join(dir, "big.bin")
	for name, size := range map[string]int{small: 12, big: mq.MaxPacketSize + 1} {
		if err := os.WriteFile(name, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	take := func(d *draft, b []byte, name string) {
		d.content = content{mode: modeFile, blob: b, blobName: name}
	}
	p.Load(small, take)
	h.Until(t, "the file", func() bool { return len(p.draft.content.blob) == 12 })
	if p.draft.content.blobName != "small.xml" {
		t.Errorf("got %q", p.draft.content.blobName)
	}
	p.Load(big, take)
	h.Until(t, "the refusal", func() bool { return p.last.bold == "The file was not taken." })
	if len(p.draft.content.blob) != 12 || !strings.Contains(p.last.text, "bigger than the 4 MB") {
		t.Errorf("got %+v", p.last)
	}
}
