package queueforms

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

// window is a host with a window that shows dialogs.
func window(t testing.TB, nodes ...mgmtclient.Node) (*screentest.Host, fyne.Window) {
	t.Helper()
	viewtest.NewApp(t, theme.Light)
	h := screentest.New(t, nodes...)
	w := viewtest.Window(t, container.NewWithoutLayout(), fyne.NewSize(1000, 900))
	h.Canvas = w.Canvas()
	return h, w
}

// shown waits for the dialog number n, which may be preceded by one that says
// what is waited for.
func shown(t testing.TB, h *screentest.Host, what string) *kit.Dialog {
	t.Helper()
	h.Until(t, what, func() bool { return h.Dialog() != nil && !strings.HasPrefix(titleOf(h), "One moment") })
	return h.Dialog()
}

func titleOf(h *screentest.Host) string {
	m := test.RenderObjectToMarkup(h.Dialog().Frame())
	i := strings.Index(m, "<text")
	return m[strings.IndexByte(m[i:], '>')+i+1:]
}

func TestNamesAreCheckedAsTheyAreTyped(t *testing.T) {
	h := screentest.New(t, fake.Sample())
	c := newCreation(h, node(t, h), "")
	for name, want := range map[string]string{
		"":                       "Give the queue a name",
		"customs.replies":        "",
		"größe":                  "",
		"Orders.IN":              "There is a queue of this name already",
		"orders;poison":          "A semicolon begins a subqueue: leave it out",
		"order_queue$":           "Names that end in $ belong to the queue manager",
		strings.Repeat("x", 124): "",
	} {
		if c.name = name; c.fault() != want {
			t.Errorf("%q: got %q", name, c.fault())
		}
	}
	for _, name := range []string{`a\b`, "a,b", `a"b`, "a+b", strings.Repeat("x", 125), `..\..\x`, "a\nb"} {
		if c.name = name; c.fault() == "" {
			t.Errorf("%q is taken", name)
		}
	}
	c.name, c.label = "ok", strings.Repeat("x", 125)
	if c.ready() {
		t.Error("a label of 125 characters is taken")
	}
}

func TestANewQueueIsAsItWasFilledIn(t *testing.T) {
	n := fake.Sample()
	h, _ := window(t, n)
	f := newQueueForm(h, node(t, h), "customs.replies")
	f.name, f.label, f.transactional, f.send = "customs.replies", "Answers", true, sendAnyone
	f.limit, f.limitKB, f.journal, f.journalLimit, f.journalKB = true, 2048, true, true, 512
	f.create()
	h.Until(t, "the queue", func() bool { return len(h.Opened) > 0 })
	q, err := n.Queue(context.Background(), "customs.replies")
	if err != nil || q.Label != "Answers" || !q.Transactional || *q.QuotaKB != 2048 || !q.Journal || *q.JournalQuotaKB != 512 {
		t.Errorf("got %+v, %v", q, err)
	}
	p, err := n.Permissions(context.Background(), "customs.replies")
	if err != nil || !p.Allows(anonymous, uint32(mq.RightWriteMessage)) {
		t.Errorf("got %+v, %v", p, err)
	}
	if r := h.Opened[0]; r.Queue != q.PathName || h.Actions[0].What != "Created queue customs.replies" {
		t.Errorf("got %+v, %+v", r, h.Actions)
	}
}

func TestANewQueueWarnsThatNoOtherComputerCanSend(t *testing.T) {
	c := &creation{node: screen.Node{Name: "HUB"}}
	for send, want := range map[string]string{sendOwner: "No other computer can send to it.", sendEveryone: "No other computer can send to it.", sendAnyone: ""} {
		if c.send = send; true {
			if bold, _ := c.warning(); bold != want {
				t.Errorf("%s: got %q", send, bold)
			}
		}
	}
}

func TestARefusedQueueKeepsTheForm(t *testing.T) {
	n := fake.Sample()
	h, _ := window(t, n)
	n.Fail("CreateQueue", mq.Errorf(mq.ErrAccessDenied, "create queue", "your account may not create queues").WithFix("ask the owner"))
	NewQueue(h, screen.Route{Queue: `HUB-CPH01\private$\fresh`})
	f := newQueueForm(h, node(t, h), "fresh")
	h.Show(f.dialog)
	f.create()
	h.Until(t, "the answer", func() bool { return f.fail.Visible() })
	if !f.dialog.Shown() || f.name != "fresh" || f.do.Disabled() || f.do.Text() != "Create queue" {
		t.Errorf("shown %v, name %q, button %q", f.dialog.Shown(), f.name, f.do.Text())
	}
}

func TestOnlyWhatWasChangedIsApplied(t *testing.T) {
	n := fake.Sample()
	h, _ := window(t, n)
	f := newProperties(h, node(t, h), known(t, node(t, h), "orders.in"))
	h.Show(f.dialog)
	if f.changed() || !f.do.Disabled() {
		t.Error("Apply can be pressed before anything was changed")
	}
	f.edit.label = "Orders"
	f.limitKB = 4096
	f.update()
	s, some := f.settings()
	if !some || *s.Label != "Orders" || *s.Quota.KB != 4096 || s.Journal != nil || s.JournalQuota != nil || s.PrivacyLevel != nil || s.ServiceType != nil || f.guardChanged() {
		t.Errorf("got %+v", s)
	}
	f.do.Press()
	h.Until(t, "the answer", func() bool { return !f.dialog.Shown() })
	q, err := n.Queue(context.Background(), "orders.in")
	if err != nil || q.Label != "Orders" || *q.QuotaKB != 4096 || n.Calls("SetPermissions") != 0 {
		t.Errorf("got %+v, %v", q, err)
	}
}

func TestHalfAnApplySaysSo(t *testing.T) {
	n := fake.Sample()
	h, _ := window(t, n)
	f := newProperties(h, node(t, h), known(t, node(t, h), "orders.in"))
	h.Show(f.dialog)
	n.Fail("SetPermissions", mq.Errorf(mq.ErrAccessDenied, "set the permissions", "you lack Change Permissions"))
	f.edit.label = "Orders"
	f.secure.letAnonymousSend()
	f.apply()
	h.Until(t, "the answer", func() bool { return f.fail.Visible() })
	if s, some := f.settings(); some || !f.guardChanged() || !f.dialog.Shown() {
		t.Errorf("the properties are said to wait still: %+v", s)
	}
	var half halfDone
	if _, err := f.edit.apply(context.Background()); errors.As(err, &half) || mq.CodeOf(err) != mq.ErrAccessDenied {
		t.Errorf("got %v", err)
	}
}

func TestAJournalHasNothingToChange(t *testing.T) {
	h, _ := window(t, fake.Sample())
	Properties(h, screen.Route{Queue: `HUB-CPH01\private$\orders.in;journal`})
	shown(t, h, "the properties")
	f := newProperties(h, node(t, h), known(t, node(t, h), mgmtclient.TransactionDeadLetter))
	if f.can || f.do != nil {
		t.Error("a system queue can be changed")
	}
}

func TestPurgingAsksWhatIsThereAndForTheName(t *testing.T) {
	n := fake.Sample()
	h, w := window(t, n)
	Purge(h, screen.Route{Queue: ordersIn})
	shown(t, h, "the question")
	test.AssertRendersToMarkup(t, "purge.xml", w.Canvas())
	focused := w.Canvas().Focused()
	focused.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	h.Idle(t)
	if n.Calls("Purge") != 0 {
		t.Fatal("Enter purged before the name was typed")
	}
	Purge(h, screen.Route{Queue: ordersIn})
	h.Until(t, "the second question", func() bool { return h.Dialog().Shown() })
	test.Type(w.Canvas().Focused(), "orders.in")
	w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	h.Idle(t)
	q, err := n.Queue(context.Background(), "orders.in")
	if err != nil || q.Messages != 0 || q.JournalMessages != 1902 {
		t.Errorf("%d messages, %d copies, %v", q.Messages, q.JournalMessages, err)
	}
	if a := h.Actions[0]; a.What != "Purged orders.in" || a.Result != "2,486 messages" {
		t.Errorf("got %+v", a)
	}
}

// jobs is a host that keeps the job it is given.
type jobs struct {
	*screentest.Host
	job screen.Job
}

func (h *jobs) Job(j screen.Job) { h.job = j }

func TestALongPurgeTellsHowFarItIs(t *testing.T) {
	n := fake.Sample()
	h := &jobs{Host: screentest.New(t, n)}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	q, err := n.Queue(ctx, "orders.in")
	if err != nil {
		t.Fatal(err)
	}
	first, err := n.Messages(ctx, "orders.in", mgmtclient.Page{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	purge(h, node(t, h.Host), n, doomed{queue: q})
	if h.job.Total != q.Messages {
		t.Errorf("the job is of %d, not of %d", h.job.Total, q.Messages)
	}
	release := n.Hold("Purge")
	defer release()
	told, end := make(chan struct{}, 1), make(chan error, 1)
	run := screen.NewJobRun(ctx, func() {
		select {
		case told <- struct{}{}:
		default:
		}
	})
	go func() { end <- h.job.Run(run) }()
	// A batch goes while the purge has not answered.
	var ids []mgmtclient.LookupID
	for _, m := range first.Messages {
		ids = append(ids, m.LookupID)
	}
	if _, err := n.Delete(ctx, "orders.in", ids); err != nil {
		t.Fatal(err)
	}
	select {
	case <-told:
	case err := <-end:
		t.Fatalf("it ended before it told anything: %v", err)
	case <-ctx.Done():
		t.Fatal("it told nothing")
	}
	if p := run.Progress(); p.OK != 100 {
		t.Errorf("got %+v after 100 went", p)
	}
	// What arrives meanwhile is purged too, but is not more than all.
	if _, err := n.Send(ctx, mgmtclient.SendRequest{Queue: "orders.in", Body: []byte("late"), Count: 200, Transactional: true}); err != nil {
		t.Fatal(err)
	}
	release()
	if err := <-end; err != nil {
		t.Fatal(err)
	}
	if p := run.Progress(); p.OK != q.Messages {
		t.Errorf("got %+v at the end, want %d", p, q.Messages)
	}
	h.job.Then(run.Progress(), nil)
	if a := h.Actions[0]; a.Result != "2,586 messages" {
		t.Errorf("got %+v", a)
	}
}

const ordersIn = `HUB-CPH01\private$\orders.in`

func TestASmallPurgeLeansToCancel(t *testing.T) {
	n := fake.Sample()
	h, w := window(t, n)
	Purge(h, screen.Route{Queue: "vat.reports"})
	shown(t, h, "the question")
	b, ok := w.Canvas().Focused().(*kit.Button)
	if !ok || b.Text() != "Cancel" {
		t.Fatalf("the focus is on %v", w.Canvas().Focused())
	}
	Purge(h, screen.Route{Queue: "edi.acks"})
	h.Until(t, "that it is empty", func() bool { return len(h.Dialogs) == 2 })
	if n.Calls("Purge") != 0 {
		t.Error("something was purged")
	}
}

func TestDeletingAQueueNamesAllThatGoes(t *testing.T) {
	n := fake.Sample()
	h, w := window(t, n)
	h.Open(screen.Route{Screen: screen.Queues, Queue: ordersIn + ";poison"})
	Delete(h, screen.Route{Queue: ordersIn})
	shown(t, h, "the question")
	test.AssertRendersToMarkup(t, "delete.xml", w.Canvas())
	test.Type(w.Canvas().Focused(), "orders.in")
	w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	h.Idle(t)
	if _, err := n.Queue(context.Background(), "orders.in"); mq.CodeOf(err) != mq.ErrQueueNotFound {
		t.Errorf("got %v", err)
	}
	if r := h.Here(); r.Queue != "" || r.Folder != screen.PrivateQueues {
		t.Errorf("the screen still shows the deleted queue: %+v", r)
	}
}

func TestARefusedDeletionIsSaid(t *testing.T) {
	n := fake.Sample()
	h, _ := window(t, n)
	n.Fail("Queue", mq.Errorf(mq.ErrQueueNotFound, "read queue", "it is gone"))
	Delete(h, screen.Route{Queue: "vat.reports"})
	Purge(h, screen.Route{Queue: "vat.reports"})
	Properties(h, screen.Route{Queue: "vat.reports"})
	h.Until(t, "the refusals", func() bool { return len(h.Failed) == 3 })
}

func TestWhatANodeCannotDoIsSaid(t *testing.T) {
	n := fake.Sample()
	n.Lack(mgmtclient.CanPurge, mgmtclient.CanAdmin)
	h, _ := window(t, n)
	Purge(h, screen.Route{Queue: "orders.in"})
	Delete(h, screen.Route{Queue: "orders.in"})
	Purge(h, screen.Route{Node: "nowhere", Queue: "orders.in"})
	if len(h.Failed) != 3 || mq.CodeOf(h.Failed[0]) != mq.ErrUnsupportedOperation || mq.CodeOf(h.Failed[2]) != mq.ErrServiceNotAvailable {
		t.Errorf("got %v", h.Failed)
	}
}

func TestALongWaitShowsAndCanBeCancelled(t *testing.T) {
	n := fake.Sample()
	h, _ := window(t, n)
	release := n.Hold("Queue")
	defer release()
	Properties(h, screen.Route{Queue: "orders.in"})
	h.Until(t, "the wait", func() bool { return len(h.Dialogs) == 1 })
	h.Dialog().Close()
	release()
	Properties(h, screen.Route{Queue: "orders.in"})
	h.Until(t, "the second answer", func() bool { return len(h.Dialogs) == 2 })
	if len(h.Failed) > 0 {
		t.Errorf("the cancelled wait says %v", h.Failed)
	}
}

func TestChoosingAQueue(t *testing.T) {
	h := screentest.New(t, fake.Sample())
	yes := true
	k := newChooser(h, Choice{Node: node(t, h).ID, From: ordersIn, Transactional: &yes, Typed: true})
	has := map[string]bool{}
	for _, x := range k.all {
		has[x.name] = true
	}
	if has["orders.in"] || !has["orders.in;poison"] || !has["orders.error"] || len(k.all) != 42 {
		t.Errorf("%d queues to choose from", len(k.all))
	}
	if k.find("orders"); k.result() != "" {
		t.Errorf("a search is taken for a name: %q", k.result())
	}
	k.find("vat.reports")
	if k.result() != `HUB-CPH01\private$\vat.reports` {
		t.Errorf("the only match is not chosen: %q", k.result())
	}
	k.find("orders.in;new")
	if k.result() != "orders.in;new" {
		t.Errorf("got %q", k.result())
	}
	if k.find(`a\b\c\d`); k.result() != "" {
		t.Errorf("got %q", k.result())
	}
	if MoveHint(ordersIn, ordersIn+";poison") != "Messages keep their IDs and their order." ||
		!strings.Contains(MoveHint(ordersIn, `HUB-CPH01\private$\orders.error`), "new ID") ||
		!strings.Contains(MoveHint(ordersIn+";journal", ordersIn), "new ID") {
		t.Error("a move between unrelated queues is taken for one inside a queue")
	}
}

func TestTheNewQueueFormKeepsItsStructure(t *testing.T) {
	h, w := window(t, fake.Sample())
	NewQueue(h, screen.Route{Queue: `HUB-CPH01\private$\customs.replies`})
	test.AssertRendersToMarkup(t, "new-queue.xml", w.Canvas())
}

func TestThePropertiesKeepTheirStructure(t *testing.T) {
	h, w := window(t, fake.Sample())
	f := newProperties(h, node(t, h), known(t, node(t, h), "orders.in"))
	h.Show(f.dialog)
	for _, tab := range []string{tabGeneral, tabLimits, tabSecurity, tabJournal} {
		f.tabs.SetChosen(tab)
		f.turn()
		test.AssertRendersToMarkup(t, strings.ToLower(tab)+".xml", w.Canvas())
	}
}

func TestAPurgeOfAnOutgoingQueueNamesWhatWasNotSent(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	n := fake.Sample()
	h := screentest.New(t, n)
	const queue = `HUB-AAR02\private$\orders.out`
	Purge(h, screen.Route{Queue: queue})
	h.Until(t, "the question", func() bool { return h.Dialog() != nil })
	if got := h.Dialog().Title(); got != "Purge "+queue+" on HUB-CPH01?" {
		t.Errorf("got %q", got)
	}
	d, err := inspect(context.Background(), n, queue)
	if err != nil || d.queue.Messages != 3 {
		t.Errorf("%d messages, %v", d.queue.Messages, err)
	}
}
