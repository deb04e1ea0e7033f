package shell_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/shell"
	"posthouse/views/theme"
)

// press presses the button with a text.
func (d *desk) press(t *testing.T, text string) {
	t.Helper()
	d.settle(t)
	roots := []fyne.CanvasObject{d.window.Content()}
	if top := d.window.Canvas().Overlays().Top(); top != nil {
		roots = []fyne.CanvasObject{top}
	}
	for _, b := range screentest.Find[*kit.Button](t, roots[0]) {
		if b.Text() == text && !b.Disabled() {
			b.Press()
			return
		}
	}
	t.Fatalf("no button %q", text)
}

func TestTheWindowStandsBeforeTheQueueManagerAnswers(t *testing.T) {
	release := make(chan struct{})
	d := closed(t, theme.Light, big, shell.Node{ID: "local", Name: "This computer", Local: true, Connect: func(ctx context.Context) (shell.Link, error) {
		select {
		case <-release:
		case <-ctx.Done():
			return shell.Link{}, ctx.Err()
		}
		return shell.Link{Client: fake.New(fake.Options{}), Own: true}, nil
	}})
	d.Start()
	d.Run()
	if !d.says(t, "New queue") && len(screentest.Find[*kit.SidebarRow](t, d.window.Content())) == 0 {
		t.Fatal("there is no window")
	}
	if n, _ := d.Node(""); n.State != screen.Connecting {
		t.Errorf("state %v", n.State)
	}
	close(release)
	d.answered(t)
	if n, _ := d.Node(""); n.State != screen.Connected || n.Name != "LAPTOP" {
		t.Errorf("%+v", n)
	}
}

func TestAFolderThatCannotBeOpenedIsExplainedAndTriedAgain(t *testing.T) {
	tries := 0
	d := closed(t, theme.Light, big, shell.Node{ID: "local", Name: "This computer", Local: true, Connect: func(context.Context) (shell.Link, error) {
		if tries++; tries == 1 {
			return shell.Link{}, mq.Errorf(mq.ErrServiceNotAvailable, "open the queue manager", "the data folder is damaged at page 7").
				WithFix("restore it from a copy")
		}
		return shell.Link{Client: fake.Sample(), Own: true}, nil
	}})
	d.Start()
	d.Until(t, "the failure", func() bool { n, _ := d.Node(""); return n.State == screen.NoAnswer })
	if !d.explains(t, "is not running") || !d.explains(t, "data folder is damaged") || !d.explains(t, "estore it from a copy") {
		t.Error("the window does not say why and what to do")
	}
	d.press(t, "Try again")
	d.answered(t)
	if n, _ := d.Node(""); n.State != screen.Connected || tries != 2 {
		t.Errorf("%v after %d tries", n.State, tries)
	}
}

func TestClosingAsksWhenExpressMessagesWouldBeLost(t *testing.T) {
	node := fake.Sample()
	d := open(t, theme.Light, big, local(node))
	if _, err := node.Send(context.Background(), mgmtclient.SendRequest{Queue: "tariff.rates", Express: true, Count: 38}); err != nil {
		t.Fatal(err)
	}
	d.Until(t, "the express messages", func() bool { return d.Feed().Of("local").Machine.ExpressCount == 38 })
	d.AskClose()
	if d.quit {
		t.Fatal("closed without a question")
	}
	top := d.window.Canvas().Overlays().Top()
	if top == nil {
		t.Fatal("no question")
	}
	d.press(t, "Stay")
	if d.quit || d.window.Canvas().Overlays().Top() != nil {
		t.Fatal("Stay closed the window, or the question stayed")
	}
	d.AskClose()
	d.press(t, "Close")
	if !d.quit {
		t.Error("not closed")
	}
}

func TestClosingWithoutLossesAsksNothing(t *testing.T) {
	d := open(t, theme.Light, big, local(fake.Sample()))
	d.window.Resize(fyne.NewSize(1100, 800))
	d.AskClose()
	if !d.quit {
		t.Error("it asked")
	}
	if got := screen.WindowSize.Get(d.Preferences()); got != [2]float32{1100, 800} {
		t.Errorf("the size kept is %v", got)
	}
}

func TestAnAttachedQueueManagerIsNotEndedByTheWindow(t *testing.T) {
	node := fake.Sample()
	if _, err := node.Send(context.Background(), mgmtclient.SendRequest{Queue: "tariff.rates", Express: true}); err != nil {
		t.Fatal(err)
	}
	n := local(node)
	n.Connect = func(context.Context) (shell.Link, error) { return shell.Link{Client: node}, nil }
	d := open(t, theme.Light, big, n)
	d.AskClose()
	if !d.quit {
		t.Error("it asked about messages that nothing happens to")
	}
}

func TestTheSidebarLeadsEverywhere(t *testing.T) {
	d := open(t, theme.Light, big, local(fake.Sample()))
	rows := screentest.Find[*kit.SidebarRow](t, d.window.Content())
	if len(rows) != 3 || !rows[0].Chosen() {
		t.Fatalf("%d rows", len(rows))
	}
	rows[1].Tapped(nil)
	if d.Here().Screen != screen.DeadLetters || !rows[1].Chosen() {
		t.Errorf("at %v", d.Here())
	}
	rows[2].Tapped(nil)
	if d.Here().Screen != screen.Outgoing || !rows[2].Chosen() || !d.says(t, "Outgoing") {
		t.Errorf("at %v", d.Here())
	}
	tree := screentest.Find[*kit.TreeList](t, d.window.Content())[0]
	for _, r := range tree.Rows() {
		if r.Text == "Transactional dead-letter messages" {
			tree.OnSelect(r.ID)
		}
	}
	if here := d.Here(); here.Screen != screen.Queues || !strings.HasSuffix(here.Queue, ";deadxact") {
		t.Errorf("at %v", here)
	}
	d.Until(t, "the dead letters", func() bool { return d.messages(t).Source().Len() == 23 })
	if !d.Commands().Run(screen.CmdBack) || d.Here().Screen != screen.Outgoing {
		t.Errorf("back to %v", d.Here())
	}
	if !d.Commands().Run(screen.CmdForward) || d.Here().Screen != screen.Queues {
		t.Errorf("forward to %v", d.Here())
	}
}

func TestTheTreeShowsQueuesAndFindsThem(t *testing.T) {
	d := open(t, theme.Light, big, local(fake.Sample()))
	tree := screentest.Find[*kit.TreeList](t, d.window.Content())[0]
	texts := func() string {
		var out []string
		for _, r := range tree.Rows() {
			out = append(out, strings.Repeat(" ", r.Depth)+r.Text+" "+r.Count)
		}
		return strings.Join(out, "\n")
	}
	want := strings.Join([]string{
		"HUB-CPH01 18,204", " Outgoing Queues 8", " Public Queues –", " Private Queues 41", " System Queues ",
		"  Journal messages 2,310", "  Dead-letter messages 14", "  Transactional dead-letter messages 23",
	}, "\n")
	if got := texts(); got != want {
		t.Errorf("got\n%s", got)
	}
	find := screentest.Find[*kit.Field](t, d.window.Content())[0]
	find.SetText("stock")
	find.OnChanged("stock")
	want = "HUB-CPH01 \n stock.moves 933\n stock.moves.error 0\n stock.reserve 41\n warehouse.counts 64" +
		"\n WMS-ODN01\\private$\\stock.moves 1,118\n WMS-OSL04\\private$\\stock.moves 0"
	if got := texts(); got != want {
		t.Errorf("got\n%s", got)
	}
	find.OnSubmit("stock")
	if !strings.HasSuffix(d.Here().Queue, "stock.moves") {
		t.Errorf("at %v", d.Here())
	}
}

func TestKeysReachTheirCommands(t *testing.T) {
	node := fake.Sample()
	d := open(t, theme.Light, big, local(node))
	before := node.Calls("Machine")
	test.TypeOnCanvas(d.window.Canvas(), "") // no focus yet
	d.window.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyF5})
	d.Until(t, "a refresh", func() bool { return node.Calls("Machine") > before })
	for _, m := range d.window.MainMenu().Items {
		if len(m.Items) == 0 {
			t.Errorf("the menu %s is empty", m.Label)
		}
		for _, it := range m.Items {
			if it.Label == "Home" && it.Shortcut == nil {
				t.Error("Home has no key in the menu")
			}
		}
	}
}

func TestMenuItemsFollowWhatIsPossible(t *testing.T) {
	d := open(t, theme.Light, big, local(fake.Sample()))
	item := func(label string) *fyne.MenuItem {
		for _, m := range d.window.MainMenu().Items {
			for _, it := range m.Items {
				if it.Label == label {
					return it
				}
			}
		}
		t.Fatalf("no item %q", label)
		return nil
	}
	d.Run()
	if !item("Delete…").Disabled {
		t.Error("Home can delete no message")
	}
	d.message(t, orders, "Order 4711-2096")
	d.Until(t, "the menu", func() bool { return !item("Delete…").Disabled })
	item("Delete…").Action()
	if d.window.Canvas().Overlays().Top() == nil {
		t.Error("Delete asked nothing")
	}
}

func TestAJobShowsItsCardAndCanBeCancelled(t *testing.T) {
	d := open(t, theme.Light, big, local(fake.Sample()))
	ended := make(chan screen.Progress, 1)
	d.Job(screen.Job{
		Title: "Returning messages to invoices.in", Total: 2000, Verb: "returned",
		Run: func(run *screen.JobRun) error {
			run.Add(1236, 4, "already taken by a reader")
			<-run.Context().Done()
			return nil
		},
		Then: func(p screen.Progress, _ error) { ended <- p },
	})
	if len(screentest.Find[*kit.JobCard](t, d.window.Content())) != 0 {
		t.Error("a card at once")
	}
	d.Until(t, "the card", func() bool { return len(screentest.Find[*kit.JobCard](t, d.window.Content())) == 1 })
	d.AskClose()
	if d.quit {
		t.Error("closed in the middle of a job")
	}
	d.press(t, "Stay")
	screentest.Find[*kit.JobCard](t, d.window.Content())[0].OnCancel()
	d.Until(t, "the end", func() bool { return len(ended) == 1 })
	if p := <-ended; !p.Stopped || p.OK != 1236 || p.Failed != 4 {
		t.Errorf("%+v", p)
	}
	if len(screentest.Find[*kit.JobCard](t, d.window.Content())) != 0 {
		t.Error("the card stays")
	}
}

func TestActionsAreRememberedNewestFirst(t *testing.T) {
	d := open(t, theme.Light, big, local(fake.Sample()))
	for i := range 300 {
		d.Done(screen.Action{What: "Action " + screen.Count(int64(i))})
	}
	recent := d.Recent()
	if len(recent) != 200 || recent[0].What != "Action 299" || recent[0].Result != "Done" || recent[0].When.IsZero() {
		t.Errorf("%d actions, the newest %+v", len(recent), recent[0])
	}
}

func TestTimesAreShownInTheZoneChosen(t *testing.T) {
	d := open(t, theme.Light, big, local(fake.Sample()))
	screen.Times.Set(d.Preferences(), "utc")
	if d.Now().Location() != time.UTC {
		t.Errorf("zone %v", d.Now().Location())
	}
}

func TestAnErrorSaysWhyAndWhatToDo(t *testing.T) {
	d := open(t, theme.Light, big, local(fake.Sample()))
	d.Fail("The queue was not created", mq.Errorf(mq.ErrQueueExists, "create", "it is there already").WithFix("choose another name"))
	if d.window.Canvas().Overlays().Top() == nil {
		t.Fatal("nothing shows")
	}
	d.press(t, "Copy")
	if !strings.Contains(d.copied, "MQ_ERROR_QUEUE_EXISTS") {
		t.Errorf("copied %q", d.copied)
	}
}

func TestANodeThatStopsIsSaid(t *testing.T) {
	node := fake.Sample()
	d := open(t, theme.Light, big, local(node))
	node.Fail("", mq.Errorf(mq.ErrServiceNotAvailable, "ask", "the disk failed"))
	d.Feed().Refresh("local")
	d.Until(t, "the fault", func() bool { return d.Feed().Of("local").Err != nil })
	d.settle(t)
	if !d.says(t, "not running") {
		t.Error("Home does not say it")
	}
}

func TestComputerCommands(t *testing.T) {
	d := open(t, theme.Light, big, local(fake.Sample()))
	d.Commands().Run(screen.CmdCheck)
	d.Until(t, "the check", func() bool { return len(d.Recent()) == 1 })
	if a := d.Recent()[0]; a.Result != "No problem" || a.Tone != kit.Success {
		t.Errorf("%+v", a)
	}
	d.Commands().Run(screen.CmdTidy)
	d.Until(t, "the tidying", func() bool { return len(d.Recent()) == 2 })
	d.Commands().Run(screen.CmdComputerInfo)
	d.Until(t, "the properties", func() bool { return d.window.Canvas().Overlays().Top() != nil })
	d.press(t, "Close")
	d.Commands().Run(screen.CmdKeys)
	if d.window.Canvas().Overlays().Top() == nil {
		t.Error("no list of keys")
	}
}

func TestSavingAsksBeforeItReplaces(t *testing.T) {
	d := open(t, theme.Light, big, local(fake.Sample()))
	dir := t.TempDir()
	saved := ""
	d.SaveFile("Save the body", "order.xml", func(path string) { saved = path })
	field := screentest.Find[*kit.Field](t, d.window.Canvas().Overlays().Top())[0]
	field.SetText(dir + "/nowhere/order.xml")
	d.press(t, "Save")
	d.Until(t, "the refusal", func() bool { return field.Error() != "" })
	field.SetText(dir)
	d.press(t, "Save")
	d.Until(t, "the refusal of a folder", func() bool { return strings.Contains(field.Error(), "folder: add") })
	field.SetText(dir + "/order.xml")
	d.press(t, "Save")
	d.Until(t, "the choice", func() bool { return saved != "" })
	if saved != dir+"/order.xml" {
		t.Errorf("saved as %q", saved)
	}
}

func TestArrowsWalkThroughTheSidebar(t *testing.T) {
	d := open(t, theme.Light, big, local(fake.Sample()))
	rows := screentest.Find[*kit.SidebarRow](t, d.window.Content())
	c := d.window.Canvas()
	c.Focus(rows[0])
	for _, want := range rows[1:] {
		c.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
		if c.Focused() != want {
			t.Fatalf("focused %T", c.Focused())
		}
	}
	c.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	tree := screentest.Find[*kit.TreeList](t, d.window.Content())[0]
	if c.Focused() != tree.Focusable() {
		t.Errorf("focused %T, not the tree", c.Focused())
	}
	tree.OnEdge(-1)
	if c.Focused() != rows[2] {
		t.Errorf("focused %T", c.Focused())
	}
}

func TestOnlyALostConnectionIsMadeAnew(t *testing.T) {
	node := fake.Sample()
	d := open(t, theme.Light, big, local(node))
	for _, c := range []struct {
		code mq.HResult
		want bool
	}{{mq.ErrInsufficientResources, false}, {mq.ErrServiceNotAvailable, true}} {
		node.Fail("Machine", mq.Errorf(c.code, "ask", "no"))
		d.Feed().Refresh("local")
		d.Until(t, "the fault", func() bool { return mq.CodeOf(d.Feed().Of("local").Err) == c.code })
		if got := d.Commands().Enabled(screen.CmdReconnect); got != c.want {
			t.Errorf("%v: connect again %v", c.code, got)
		}
	}
}
