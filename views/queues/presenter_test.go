package queues

import (
	"context"
	"io"
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
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

// act is a presenter with a selection of its own.
type act struct {
	*screentest.Host
	t        *testing.T
	node     *fake.Node
	p        *Presenter
	scope    *screen.Scope
	selected []kit.RowID
}

func newAct(t *testing.T, n *fake.Node) *act {
	t.Helper()
	a := &act{Host: screentest.New(t, n), t: t, node: n}
	a.p = NewPresenter(a.Host)
	a.p.Selected = func() []kit.RowID { return a.selected }
	a.p.Messages.Seen = func() (int, int) { return 0, 20 }
	a.scope = a.Scope().Sub()
	return a
}

func (a *act) enter(r screen.Route) {
	a.t.Helper()
	a.p.Enter(a.scope, r)
	a.loaded()
}

func (a *act) loaded() {
	a.t.Helper()
	a.Until(a.t, "the messages", func() bool { return a.p.Path() == "" || a.p.Messages.Loaded() && !a.p.Messages.busy })
}

// choose selects the first n messages.
func (a *act) choose(n int) {
	a.selected = nil
	for i := range n {
		row, _ := a.p.Messages.Row(i)
		a.selected = append(a.selected, row.ID)
	}
}

func TestEnteringAFolderShowsItsFirstQueue(t *testing.T) {
	a := newAct(t, fake.Sample())
	a.enter(screen.Route{Screen: screen.Queues})
	if q, ok := a.p.Queue(); !ok || screen.QueueName(q.PathName) != "customs.declarations" || a.p.Messages.Len() != 112 {
		t.Errorf("%v, %d messages", q.PathName, a.p.Messages.Len())
	}
	a.enter(screen.Route{Screen: screen.Queues, Folder: screen.SystemQueues})
	if a.p.List.Len() != 3 || a.p.FolderName() != "System Queues" {
		t.Errorf("%d queues in %s", a.p.List.Len(), a.p.FolderName())
	}
}

func TestARouteLeadsToJournalsAndSubqueues(t *testing.T) {
	a := newAct(t, fake.Sample())
	for _, c := range []struct {
		path     string
		part     Part
		sub      string
		messages int
	}{
		{orders, InQueue, "", 2486},
		{orders + ";journal", InJournal, "", 1902},
		{orders + ";POISON", InSubqueues, "POISON", -1},
		{`HUB-CPH01\system$;deadxact`, InQueue, "", 23},
	} {
		a.enter(screen.Route{Screen: screen.Queues, Queue: c.path})
		part, sub := a.p.Part()
		if part != c.part || sub != c.sub || c.messages >= 0 && a.p.Messages.Len() != c.messages {
			t.Errorf("%s: %s %q, %d messages", c.path, part, sub, a.p.Messages.Len())
		}
	}
}

func TestSubqueuesTellWhatTheyHold(t *testing.T) {
	a := newAct(t, fake.Sample())
	a.enter(screen.Route{Screen: screen.Queues, Queue: orders})
	a.p.SetPart(InSubqueues, "")
	a.Until(t, "the counts", func() bool { _, counts := a.p.Subqueues(); return len(counts) == 2 })
	names, counts := a.p.Subqueues()
	if strings.Join(names, " ") != "poison retries" || counts["poison"] == 0 {
		t.Errorf("%v %v", names, counts)
	}
	if part, sub := a.p.Part(); part != InSubqueues || sub != "poison" || !strings.HasSuffix(a.p.Path(), ";poison") {
		t.Errorf("%s %s %s", part, sub, a.p.Path())
	}
	a.loaded()
	a.Until(t, "as many messages", func() bool { return int64(a.p.Messages.Len()) == counts["poison"] })
}

func TestDeletedMessagesLeaveTheListAndTheCount(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	a := newAct(t, fake.Sample())
	a.enter(screen.Route{Screen: screen.Queues, Queue: orders})
	a.choose(12)
	gone, _ := a.p.Messages.Row(0)
	var told []kit.RowID
	a.p.Messages.OnRemoved = func(ids []kit.RowID) { told = append(told, ids...) }
	m := a.p.selection()
	if len(m.Items) != 12 || len(m.Rows) != 12 || m.Queue != orders || m.Items[0].Label != "Order 4711-2093" {
		t.Fatalf("%+v", m.Items)
	}
	remover, _ := mgmtclient.Can[mgmtclient.Remover](a.node)
	screen.Bulk{
		Verb: "deleted", Items: m.Items, Then: m.Then, What: func(int64) string { return "Deleted" },
		Do: func(ctx context.Context, ids []mgmtclient.LookupID) ([]mgmtclient.ItemResult, error) {
			return remover.Delete(ctx, m.Queue, ids)
		},
	}.Run(a)
	a.Idle(t)
	if len(told) != 12 || told[0] != gone.ID {
		t.Errorf("%d of 12 are known to be gone: %v", len(told), told)
	}
	if _, still := a.p.Messages.Index(gone.ID); still {
		t.Error("a deleted message is still listed")
	}
	a.Until(t, "the new count", func() bool { return a.p.Messages.Len() == 2474 })
}

func TestDeadLettersAreReturned(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	n := fake.New(fake.Options{Name: "LT"})
	yes := true
	if _, err := n.CreateQueue(context.Background(), "q", mgmtclient.QueueSettings{Transactional: &yes}); err != nil {
		t.Fatal(err)
	}
	err := n.Fill(mgmtclient.TransactionDeadLetter, fake.Rows{N: 23, Make: func(int) mgmtclient.Message {
		return mgmtclient.Message{Label: "x", Transactional: true, ClassCode: mq.ClassNackQueuePurged, DestinationQueue: `DIRECT=OS:LT\private$\q`}
	}})
	if err != nil {
		t.Fatal(err)
	}
	a := newAct(t, n)
	a.enter(screen.Route{Screen: screen.Queues, Queue: `LT\system$;deadxact`})
	if !a.p.CanReturn() {
		t.Fatal("dead letters can be returned")
	}
	a.choose(3)
	a.p.Return()
	if row, _ := a.p.Messages.Row(0); !row.Quiet {
		t.Error("what is on its way looks as if it stayed")
	}
	a.Idle(t)
	if len(a.Actions) != 1 || a.Actions[0].What != "Returned 3 messages to their destination" || a.Actions[0].Result != "3 of 3" {
		t.Errorf("%+v", a.Actions)
	}
	a.Until(t, "20 left", func() bool { return a.p.Messages.Len() == 20 })
}

func TestOnlyDeadLettersAreReturned(t *testing.T) {
	a := newAct(t, fake.Sample())
	a.enter(screen.Route{Screen: screen.Queues, Queue: orders})
	if a.p.CanReturn() {
		t.Error("an ordinary message goes nowhere")
	}
	for _, c := range []mgmtclient.Capability{
		mgmtclient.CanRemove, mgmtclient.CanMove, mgmtclient.CanSend, mgmtclient.CanPurge, mgmtclient.CanAdmin, mgmtclient.CanSearch, mgmtclient.CanExport,
	} {
		if !a.p.Can(c) || a.p.Lacks(c) != "" {
			t.Errorf("%s is there", c)
		}
		a.node.Lack(c)
		if a.p.Can(c) || a.p.Lacks(c) == "" {
			t.Errorf("%s is not there any more", c)
		}
	}
}

func TestCopyingIDsAndRows(t *testing.T) {
	a := newAct(t, fake.Sample())
	a.enter(screen.Route{Screen: screen.Queues, Queue: orders})
	a.choose(2)
	a.p.CopyID()
	a.p.CopyRows()
	if len(a.Copied) != 2 || strings.Count(a.Copied[0], "{") != 2 || !strings.HasPrefix(a.Copied[1], "Order 4711-2093\t{") {
		t.Errorf("%q", a.Copied)
	}
}

func TestAnExportAppearsOnlyWhole(t *testing.T) {
	a := newAct(t, fake.Sample())
	a.enter(screen.Route{Screen: screen.Queues, Queue: orders})
	a.choose(2)
	file := filepath.Join(t.TempDir(), a.p.ExportName())
	a.p.Export(file)
	a.Idle(t)
	if len(a.Exported) != 1 || !strings.HasPrefix(a.Exported[0], orders+" [") {
		t.Errorf("%q", a.Exported)
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
	if want := "Exported 2 messages of orders.in to orders.in.jsonl"; a.Actions[0].What != want {
		t.Errorf("%q", a.Actions[0].What)
	}
	dir := t.TempDir()
	if err := screen.WriteFile(filepath.Join(dir, "x"), func(w io.Writer) error { return io.ErrShortWrite }); err == nil {
		t.Error("a failed export succeeded")
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAnExportThatFailsSaysSo(t *testing.T) {
	a := newAct(t, fake.Sample())
	a.enter(screen.Route{Screen: screen.Queues, Queue: orders})
	a.p.Export(filepath.Join(t.TempDir(), "no", "such", "folder"))
	a.Idle(t)
	if len(a.Failed) != 1 || a.Actions[0].Tone != kit.Danger {
		t.Errorf("%v %+v", a.Failed, a.Actions)
	}
}

func TestAQueueDeletedElsewhereIsLeft(t *testing.T) {
	a := newAct(t, fake.Sample())
	a.enter(screen.Route{Screen: screen.Queues, Queue: tariff})
	if err := a.node.DeleteQueue(context.Background(), tariff); err != nil {
		t.Fatal(err)
	}
	a.Until(t, "another queue", func() bool { q, ok := a.p.Queue(); return ok && q.PathName != tariff })
	if a.p.List.Count() != "40 queues" {
		t.Errorf("%s", a.p.List.Count())
	}
}

func TestTheListIsFilteredAndSorted(t *testing.T) {
	a := newAct(t, fake.Sample())
	a.enter(screen.Route{Screen: screen.Queues})
	l := a.p.List
	name := func(i int) string { d, _ := l.Row(i); return d.Cells[0].Text }
	l.Filter("ORDERS", false)
	if l.Count() != "4 of 41 queues" && l.Len() == 0 {
		t.Errorf("%s", l.Count())
	}
	l.Filter("", true)
	all := l.Len()
	l.Filter("", false)
	if all == 0 || all >= l.Len() {
		t.Errorf("%d with messages of %d", all, l.Len())
	}
	for _, c := range queueColumns {
		l.Sort(kit.Sort{Key: c.Key, Desc: true})
		for i := 1; i < l.Len(); i++ {
			if c.compare(&l.shown[i-1], &l.shown[i]) < 0 {
				t.Errorf("%s: %s before %s", c.Key, name(i-1), name(i))
			}
		}
	}
	l.Sort(kit.Sort{Key: "messages", Desc: true})
	if name(0) != "track.events" {
		t.Errorf("the biggest is %s", name(0))
	}
	if i, ok := l.Index(kit.TextID(orders)); !ok || name(i) != "orders.in" {
		t.Errorf("orders.in is at %d", i)
	}
}

func TestTheInspectorFollowsTheSelection(t *testing.T) {
	a := newAct(t, fake.Sample())
	a.enter(screen.Route{Screen: screen.Queues, Queue: orders})
	row, _ := a.p.Messages.Row(3)
	a.p.Current(row.ID, 1)
	if one, _ := a.p.Inspector.Shown(); !one || a.p.Inspector.Title() != "Order 4711-2096" {
		t.Errorf("%q", a.p.Inspector.Title())
	}
	a.p.Current(row.ID, 7)
	if one, many := a.p.Inspector.Shown(); one || many != 7 {
		t.Errorf("%v %d", one, many)
	}
}

func TestAConnectionThatComesAndGoesLeavesOneWhereOneIs(t *testing.T) {
	n := fake.Sample()
	a := newAct(t, n)
	a.enter(screen.Route{Screen: screen.Queues, Queue: orders})
	a.p.Choose(`HUB-CPH01\private$\stock.moves`)
	a.Until(t, "the messages", func() bool { return a.p.Messages.Len() == 933 })
	node, _ := a.Node("")
	node.State, node.Client = screen.NoAnswer, nil
	a.SetNode(node)
	a.p.NodeChanged()
	if a.p.Messages.Len() != 933 || a.p.Path() != `HUB-CPH01\private$\stock.moves` {
		t.Errorf("%d messages of %s", a.p.Messages.Len(), a.p.Path())
	}
	node.State, node.Client = screen.Connected, n
	a.SetNode(node)
	calls := n.Calls("Messages")
	a.p.NodeChanged()
	a.Until(t, "a new reading", func() bool { return n.Calls("Messages") > calls })
	if a.p.Path() != `HUB-CPH01\private$\stock.moves` {
		t.Errorf("at %s", a.p.Path())
	}
}

func TestPublicQueuesHaveAFolderOfTheirOwn(t *testing.T) {
	n := fake.New(fake.Options{Name: "HUB-CPH01", Forest: "nordhavn.example", Now: fake.NewClock(fake.Now).Now})
	if _, err := n.CreateQueue(t.Context(), `.\orders`, mgmtclient.QueueSettings{}); err != nil {
		t.Fatal(err)
	}
	h := screentest.New(t, n)
	p := NewPresenter(h)
	p.Enter(h.Scope().Sub(), screen.Route{Screen: screen.Queues, Queue: `HUB-CPH01\orders`})
	if p.Folder() != screen.PublicQueues || p.FolderName() != "Public Queues" || !p.Stored() {
		t.Errorf("in %s, %s", p.Folder(), p.FolderName())
	}
	q, ok := p.Queue()
	if !ok || q.PathName != `HUB-CPH01\orders` || !strings.HasPrefix(q.FormatName, "PUBLIC=") {
		t.Errorf("%+v", q)
	}
}
