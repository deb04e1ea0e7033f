package home

import (
	"context"
	"strings"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
)

type scene struct {
	*screentest.Host
	p *Presenter
}

func newScene(t *testing.T, nodes ...mgmtclient.Node) *scene {
	t.Helper()
	h := screentest.New(t, nodes...)
	s := &scene{h, NewPresenter(h)}
	s.p.Enter(h.Scope().Sub())
	s.Until(t, "a look into the queues", func() bool {
		for _, n := range h.Nodes() {
			if x := s.p.probes[n.ID]; x.busy || x.at.IsZero() {
				return false
			}
		}
		return true
	})
	return s
}

func (s *scene) bold() string {
	var out []string
	for _, a := range s.p.Attention() {
		out = append(out, a.Bold+" | "+a.Text+" | "+a.Do)
	}
	return strings.Join(out, "\n")
}

func TestWhatIsKnownOfTheNewestIsNotToldOfAll(t *testing.T) {
	d := deaths{reason: mq.ClassNackDeleted, most: 197, read: 200, to: `DIRECT=OS:DOWN\private$\stock`}
	for _, c := range []struct {
		n    int64
		want string
	}{
		{1203, `1,203 messages died on A, lately because an administrator deleted them on the way. 197 of the newest 200 were going to DOWN\private$\stock`},
		{200, `200 messages died on A, most because an administrator deleted them on the way. 197 of them were going to DOWN\private$\stock`},
	} {
		if got := diedOf(d, c.n, "message", "A") + " " + d.words(c.n); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestDeadLettersNeedAttentionWithTheirReason(t *testing.T) {
	s := newScene(t, fake.Sample())
	want := `23 transactional messages died on HUB-CPH01: the queue did not exist. | All were going to WMS-ODN01\private$\stock.moves.v2 | Review 23`
	lines := strings.Split(s.bold(), "\n")
	if len(lines) < 2 || lines[1] != want {
		t.Fatalf("got  %s\nwant %s", lines, want)
	}
	first := s.p.Attention()[1]
	if first.Tone != kit.Danger || first.Since.IsZero() {
		t.Errorf("%+v", first)
	}
	first.Run()
	if s.Opened[0].Screen != screen.DeadLetters {
		t.Errorf("opened %v", s.Opened)
	}
}

func TestStorageThatIsNearlyFullNeedsAttention(t *testing.T) {
	node := fake.New(fake.Options{Name: "ERP"})
	kb := func(v uint32) *mgmtclient.Quota { return &mgmtclient.Quota{KB: &v} }
	ctx := context.Background()
	if _, err := node.CreateQueue(ctx, "sap", mgmtclient.QueueSettings{Quota: kb(120)}); err != nil {
		t.Fatal(err)
	}
	if _, err := node.Send(ctx, mgmtclient.SendRequest{Queue: "sap", Body: make([]byte, 1000), Count: 100}); err != nil {
		t.Fatal(err)
	}
	if _, err := node.SetMachine(ctx, mgmtclient.MachineSettings{Quota: kb(130)}); err != nil {
		t.Fatal(err)
	}
	s := newScene(t, node)
	got := s.bold()
	if !strings.Contains(got, "ERP has used ") || !strings.Contains(got, "sap holds 100% of it") || !strings.Contains(got, "sap has used ") {
		t.Errorf("got %s", got)
	}
}

func TestExpressMessagesNeedAttention(t *testing.T) {
	node := fake.New(fake.Options{Name: "LT"})
	ctx := context.Background()
	if _, err := node.CreateQueue(ctx, "q", mgmtclient.QueueSettings{}); err != nil {
		t.Fatal(err)
	}
	if _, err := node.Send(ctx, mgmtclient.SendRequest{Queue: "q", Express: true, Count: 38}); err != nil {
		t.Fatal(err)
	}
	s := newScene(t, node)
	if got := s.bold(); !strings.HasPrefix(got, "38 express messages are on LT in memory only. | ") {
		t.Errorf("got %s", got)
	}
}

func TestAFirstMessageThatIsPutBackNeedsAttention(t *testing.T) {
	node := fake.New(fake.Options{Name: "LT"})
	ctx := context.Background()
	yes := true
	if _, err := node.CreateQueue(ctx, "q", mgmtclient.QueueSettings{Transactional: &yes}); err != nil {
		t.Fatal(err)
	}
	err := node.Fill("q", fake.Rows{N: 1, Make: func(int) mgmtclient.Message {
		return mgmtclient.Message{Label: "Order 4711", AbortCount: 6, Transactional: true}
	}})
	if err != nil {
		t.Fatal(err)
	}
	s := newScene(t, node)
	if got := s.bold(); !strings.HasPrefix(got, "The first message of q was put back 6 times. | Order 4711 on LT") {
		t.Errorf("got %s", got)
	}
}

func TestAComputerThatStoppedIsTheFirstThing(t *testing.T) {
	node := fake.Sample()
	s := newScene(t, node)
	node.Fail("", mq.Errorf(mq.ErrServiceNotAvailable, "ask", "the disk failed").WithFix("free some space"))
	s.Feed().Refresh("HUB-CPH01")
	s.Until(t, "the fault", func() bool { return s.Feed().Of("HUB-CPH01").Err != nil })
	a := s.p.Attention()
	if len(a) != 1 || a[0].Bold != "The queue manager of this computer is not running." || a[0].Text != "The disk failed. Free some space." {
		t.Errorf("%+v", a)
	}
	row := s.p.computers()[0]
	if row.Cells[1].State.Word != "Limited" || row.Cells[9].Text != "14:32" {
		t.Errorf("%+v", row.Cells)
	}
}

func TestTheTableOfComputers(t *testing.T) {
	s := newScene(t, fake.Sample(), fake.New(fake.Options{Name: "HUB-AAR02"}))
	s.SetNode(screen.Node{ID: "far", Name: "WMS-ODN01", State: screen.NoAnswer, Err: mq.ErrServiceNotAvailable})
	rows := s.p.computers()
	if len(rows) != 3 {
		t.Fatalf("%d rows", len(rows))
	}
	for i, want := range []string{"HUB-CPH01 18,204 1,236 37", "HUB-AAR02 0 0 0", "WMS-ODN01 – – –"} {
		c := rows[i].Cells
		if got := strings.Join([]string{c[0].Text, c[2].Text, c[6].Text, c[7].Text}, " "); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestAFirstStartOffersATestMessage(t *testing.T) {
	node := fake.New(fake.Options{Name: "LT"})
	s := newScene(t, node)
	n, first := s.p.First()
	if !first {
		t.Fatal("not the first start")
	}
	s.p.SendTest(n)
	s.Until(t, "the message", func() bool { return len(s.Opened) == 1 })
	if got := s.Opened[0]; got.Screen != screen.Queues || got.Queue != `LT\private$\test` {
		t.Errorf("opened %v", got)
	}
	s.p.SendTest(n)
	s.Until(t, "the second message", func() bool { return len(s.Opened) == 2 })
	q, err := node.Queue(context.Background(), "test")
	if err != nil || q.Messages != 2 {
		t.Errorf("%d messages, %v", q.Messages, err)
	}
	s.Until(t, "the end of the first start", func() bool { _, first := s.p.First(); return !first })
}

func TestGrowingQueuesAreListedTheFastestFirst(t *testing.T) {
	node := fake.Sample()
	s := newScene(t, node)
	if len(s.p.growing()) != 0 {
		t.Error("nothing has grown yet")
	}
	if _, err := node.Send(context.Background(), mgmtclient.SendRequest{Queue: "tariff.rates", Count: 5}); err != nil {
		t.Fatal(err)
	}
	s.Feed().Refresh("HUB-CPH01")
	s.Until(t, "the messages", func() bool {
		q, _ := s.Feed().Queue("HUB-CPH01", `HUB-CPH01\private$\tariff.rates`)
		return q.Messages == 5
	})
	if rows := s.p.growingRows(); len(rows) > 1 {
		t.Errorf("%+v", rows)
	}
}

func TestRecentActionsLeadToTheirDetails(t *testing.T) {
	s := newScene(t, fake.Sample())
	opened, undone := 0, 0
	s.Done(screen.Action{What: "a", Result: "196 of 200", Tone: kit.Warning, Details: func() { opened++ }})
	s.Done(screen.Action{What: "b", Result: "12 of 12", Tone: kit.Success, Undo: func() { undone++ }})
	rows := s.p.recentRows()
	if len(rows) != 2 || rows[0].Cells[3].Text != "Undo" || rows[1].Cells[3].Text != "Details" {
		t.Fatalf("%+v", rows)
	}
	s.p.act(rows[0].ID)
	s.p.act(rows[1].ID)
	s.p.act(kit.NumID(99))
	if opened != 1 || undone != 1 {
		t.Errorf("%d opened, %d undone", opened, undone)
	}
}

func TestComputersElsewhereNeedAttentionByTheirHealth(t *testing.T) {
	hub := fake.Sample()
	hub.Lack(mgmtclient.CanPurge, mgmtclient.CanRemove)
	twin := fake.New(fake.Options{Name: "TWIN", ID: mustMachine(t, hub).ID})
	s := newScene(t, fake.SampleLocal(), hub, twin)
	nodes := s.Nodes()
	limited := nodes[1]
	limited.State = screen.Limited
	s.SetNode(limited)
	refused := screen.Node{ID: "crm", Name: "CRM", State: screen.Refused, Err: mq.Errorf(mq.ErrAccessDenied, "sign in", "the password is not right")}
	gone := screen.Node{ID: "wms", Name: "WMS", State: screen.NoAnswer, Err: mq.Errorf(mq.ErrRemoteMachineNotAvailable, "connect", "nothing listens there")}
	locked := screen.Node{ID: "erp", Name: "ERP", State: screen.Refused, Err: &mq.Error{Code: mq.ErrAccessDenied, Why: "no password is kept for anna", Err: mgmtclient.ErrNoPassword}}
	off := screen.Node{ID: "off", Name: "OFF", State: screen.LetGo}
	for _, n := range []screen.Node{refused, gone, locked, off} {
		s.SetNode(n)
	}
	got := s.bold()
	for _, want := range []string{
		"CRM does not let this account in. | The password is not right. | Sign in", "ERP needs a password. | No password is kept for anna. | Sign in",
		"WMS does not answer. | Nothing listens there. | Try again",
		"HUB-CPH01 can be looked at, but not managed. | HUB-CPH01 does not offer it from here. | See what",
		"HUB-CPH01 and TWIN have the same queue manager identifier.",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	if strings.Contains(got, "OFF") {
		t.Error("what was disconnected on purpose needs no attention")
	}
	for _, a := range s.p.Attention() {
		if a.Do == "Sign in" || a.Do == "Try again" {
			a.Run()
		}
	}
	if len(s.Opened) != 2 || s.Opened[0].Screen != screen.SignIn || len(s.Connected) != 1 || s.Connected[0] != "wms" {
		t.Errorf("opened %v, connected %v", s.Opened, s.Connected)
	}
}

func mustMachine(t *testing.T, n mgmtclient.Node) mgmtclient.Machine {
	t.Helper()
	m, err := n.Machine(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return m
}
