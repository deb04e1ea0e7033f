package shell_test

import (
	"context"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
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

// fleet opens a window on the laptop and the sample computers.
func fleet(t *testing.T, v theme.Choice, c *fake.Computers) *desk {
	t.Helper()
	here := local(fake.SampleLocal())
	here.Name = "LT-ANNA"
	d := beside(t, v, big, c, here)
	d.clock.Advance(fake.Now.Sub(d.clock.Now()))
	d.Start()
	list, err := c.List(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	d.Until(t, "all computers", func() bool { return len(d.Nodes()) == len(list)+1 })
	return d
}

// settled waits until every computer has answered or is known not to.
func (d *desk) settled(t *testing.T) {
	t.Helper()
	d.answered(t)
	d.Until(t, "what is in the queues", func() bool {
		return d.says(t, "did not exist") && d.says(t, "most because they were not delivered")
	})
}

// node finds a computer by its name.
func (d *desk) node(t *testing.T, name string) screen.Node {
	t.Helper()
	for _, n := range d.Nodes() {
		if n.Name == name {
			return n
		}
	}
	t.Fatalf("no %s", name)
	return screen.Node{}
}

func TestComputersAreShownInTheirHealth(t *testing.T) {
	c := fake.SampleComputers()
	d := fleet(t, theme.Light, c)
	d.answered(t)
	for name, want := range map[string]kit.State{
		"LT-ANNA": kit.ComputerLocal, "HUB-CPH01": kit.ComputerConnected, "ERP-SQL03": kit.ComputerConnected, "EDI-GW01": kit.ComputerLimited,
		"WMS-ODN01": kit.ComputerNoAnswer, "CRM-ARH02": kit.ComputerRefused,
	} {
		n := d.node(t, name)
		if got := d.Feed().Of(n.ID).Shown(n); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	tree := screentest.Find[*kit.TreeList](t, d.window.Content())[0]
	said := map[string]kit.TreeRow{}
	for _, r := range tree.Rows() {
		said[r.Text] = r
	}
	if r := said["WMS-ODN01"]; r.Count != "Not reachable" || !strings.Contains(r.Tip, "nothing listens on port 2103") {
		t.Errorf("%+v", r)
	}
	if r := said["HUB-CPH01"]; r.Count != "18,204" || r.Open {
		t.Errorf("%+v", r)
	}
}

func TestADeadComputerHoldsNobodyUp(t *testing.T) {
	c := fake.SampleComputers()
	held := make(chan struct{})
	c.SetHook(func(ctx context.Context, method, address string) error {
		if method == "Connect" && strings.HasPrefix(address, "HUB-AAR02") {
			select {
			case <-held:
			case <-ctx.Done():
			}
		}
		return nil
	})
	d := fleet(t, theme.Light, c)
	d.Until(t, "the others", func() bool {
		for _, n := range d.Nodes() {
			if n.Name != "HUB-AAR02" && n.State == screen.Connecting {
				return false
			}
		}
		return !d.Feed().Of(d.node(t, "HUB-CPH01").ID).At.IsZero()
	})
	if n := d.node(t, "HUB-AAR02"); n.State != screen.Connecting {
		t.Errorf("%v", n.State)
	}
	close(held)
	d.Until(t, "the last", func() bool { return d.node(t, "HUB-AAR02").Client != nil })
}

func TestAComputerThatDoesNotAnswerIsTriedAgain(t *testing.T) {
	c := fake.SampleComputers()
	d := fleet(t, theme.Light, c)
	d.answered(t)
	n := d.node(t, "WMS-ODN01")
	if n.State != screen.NoAnswer || mq.CodeOf(n.Err) != mq.ErrRemoteMachineNotAvailable {
		t.Fatalf("%+v", n)
	}
	since := n.Since
	d.clock.Advance(60e9)
	tries := c.Calls("Connect")
	d.Until(t, "two more tries", func() bool { return c.Calls("Connect") > tries+4 })
	if n := d.node(t, "WMS-ODN01"); !n.Since.Equal(since) {
		t.Errorf("down since %v, not %v", n.Since, since)
	}
	c.Found("WMS-ODN01.nordhavn.example", &fake.Peer{Node: fake.New(fake.Options{Name: "WMS-ODN01"})})
	d.Until(t, "its return", func() bool { return d.node(t, "WMS-ODN01").State == screen.Connected })
}

func TestAnAccountThatIsNotLetInIsNotTriedAgainUntilSomebodySignsIn(t *testing.T) {
	c := fake.SampleComputers()
	crm := 0
	c.SetHook(func(_ context.Context, method, address string) error {
		if method == "Connect" && strings.HasPrefix(address, "CRM") {
			crm++ // one connection at a time: no lock
		}
		return nil
	})
	d := fleet(t, theme.Light, c)
	d.answered(t)
	tries := c.Calls("Connect")
	d.Until(t, "tries of the others", func() bool { return c.Calls("Connect") > tries+6 })
	id := d.node(t, "CRM-ARH02").ID
	if d.node(t, "CRM-ARH02").State != screen.Refused {
		t.Fatalf("%+v", d.node(t, "CRM-ARH02"))
	}
	d.Open(screen.Route{Screen: screen.SignIn, Node: id})
	top := d.window.Canvas().Overlays().Top()
	fields := screentest.Find[*kit.Field](t, top)
	fields[1].SetText("wrong")
	d.press(t, "Sign in")
	d.Until(t, "the refusal", func() bool { return len(screentest.Find[*kit.Note](t, top)) > 0 })
	if c.Kept(id) != "north" {
		t.Errorf("kept %q", c.Kept(id))
	}
	fields[1].SetText("changed")
	d.press(t, "Sign in")
	d.Until(t, "the connection", func() bool { return d.node(t, "CRM-ARH02").State == screen.Connected })
	if c.Kept(id) != "changed" || crm != 2 {
		t.Errorf("kept %q, %d connections tried", c.Kept(id), crm)
	}
}

func TestAComputerIsAddedChangedAndRemovedWhileTheWindowRuns(t *testing.T) {
	c := fake.NewComputers()
	node := fake.Sample()
	c.Found("hub-cph01.example", &fake.Peer{Node: node, Password: "north"})
	d := fleet(t, theme.Light, c)
	d.answered(t)
	if !d.Commands().Run(screen.CmdAddComputer) {
		t.Fatal("nothing can be added")
	}
	fields := screentest.Find[*kit.Field](t, d.window.Canvas().Overlays().Top())
	for i, text := range []string{"hub-cph01.example", `NORDHAVN\anna`, "north"} {
		fields[i].SetText(text)
		fields[i].OnChanged(text)
	}
	d.press(t, "Add")
	d.Until(t, "the computer", func() bool { return len(d.Nodes()) == 2 && d.Nodes()[1].State == screen.Connected })
	n := d.node(t, "HUB-CPH01")
	d.Until(t, "its queues", func() bool { return !d.Feed().Of(n.ID).At.IsZero() })

	d.Open(screen.Route{Screen: screen.EditComputer, Node: n.ID})
	fields = screentest.Find[*kit.Field](t, d.window.Canvas().Overlays().Top())
	name := fields[len(fields)-1]
	name.SetText("Hub")
	name.OnChanged("Hub")
	d.press(t, "Save")
	d.Until(t, "the new name", func() bool { return d.Nodes()[1].Name == "Hub" })

	d.Open(screen.Route{Screen: screen.Queues, Node: n.ID, Queue: orders})
	ended := make(chan screen.Progress, 1)
	d.Job(screen.Job{
		Title: "Working", Node: n.ID,
		Run:  func(run *screen.JobRun) error { <-run.Context().Done(); return nil },
		Then: func(p screen.Progress, _ error) { ended <- p },
	})
	d.Open(screen.Route{Screen: screen.RemoveComputer, Node: n.ID})
	if !d.explainsOver(t, "1 job") {
		t.Error("the job is not named")
	}
	d.press(t, "Remove")
	d.Until(t, "the end of the job", func() bool { return len(ended) == 1 })
	d.Until(t, "the removal", func() bool { return len(d.Nodes()) == 1 })
	if d.Here().Screen != screen.Home || d.Commands().Run(screen.CmdBack) && d.Here().Node == n.ID {
		t.Errorf("at %+v", d.Here())
	}
}

func TestADisconnectedComputerStaysSo(t *testing.T) {
	c := fake.SampleComputers()
	d := fleet(t, theme.Light, c)
	d.answered(t)
	n := d.node(t, "HUB-AAR02")
	d.Disconnect(n.ID)
	if n := d.node(t, "HUB-AAR02"); n.State != screen.LetGo || n.Client != nil {
		t.Fatalf("%+v", n)
	}
	d.Commands().Run(screen.CmdRefresh)
	tries := c.Calls("Connect")
	d.Until(t, "tries of the others", func() bool { return c.Calls("Connect") > tries+4 })
	if n := d.node(t, "HUB-AAR02"); n.State != screen.LetGo {
		t.Errorf("%+v", n)
	}
	d.Connect(n.ID)
	d.Until(t, "the connection", func() bool { return d.node(t, "HUB-AAR02").State == screen.Connected })
}

func TestAConnectionThatBreaksIsSaidAndComesBack(t *testing.T) {
	c := fake.NewComputers()
	node := fake.Sample()
	x := c.Add(mgmtclient.Computer{Name: "HUB-CPH01", SignIn: mgmtclient.SignInKerberos}, "", &fake.Peer{Node: node})
	d := fleet(t, theme.Light, c)
	d.answered(t)
	d.Open(screen.Route{Screen: screen.Queues, Node: x.ID, Queue: orders})
	d.Until(t, "its messages", func() bool { return d.messages(t).Source().Len() > 100 })
	node.Fail("", mq.Errorf(mq.ErrRemoteMachineNotAvailable, "ask HUB-CPH01", "the connection was broken"))
	d.Feed().Refresh(x.ID)
	d.Until(t, "the loss", func() bool { return d.node(t, "HUB-CPH01").State == screen.NoAnswer })
	d.settle(t)
	if d.Feed().Of(x.ID).At.IsZero() {
		t.Error("what it told was forgotten")
	}
	node.Fail("", nil)
	d.Feed().Refresh(x.ID)
	d.Until(t, "its return", func() bool { n := d.node(t, "HUB-CPH01"); return n.State == screen.Connected && n.Client != nil })
}

func TestWhatAComputerLacksIsGreyWithItsReason(t *testing.T) {
	c := fake.SampleComputers()
	d := fleet(t, theme.Light, c)
	d.answered(t)
	n := d.node(t, "EDI-GW01")
	d.Open(screen.Route{Screen: screen.Queues, Node: n.ID, Folder: screen.PrivateQueues})
	for _, id := range []screen.ID{screen.CmdNewQueue, screen.CmdPurge, screen.CmdOffline} {
		if d.Commands().Enabled(id) || d.Commands().Lacks(id) == "" {
			t.Errorf("%s: enabled %v, lacks %q", id, d.Commands().Enabled(id), d.Commands().Lacks(id))
		}
	}
	d.Commands().Run(screen.CmdOffers)
	if !d.explainsOver(t, "no administrator there") || !d.explainsOver(t, "Purge queues") {
		t.Error("the reason is not said")
	}
}

// explainsOver reports whether the dialog in front says something.
func (d *desk) explainsOver(t *testing.T, words string) bool {
	t.Helper()
	d.settle(t)
	viewtest.Settle(d.window.Canvas())
	top := d.window.Canvas().Overlays().Top()
	if top == nil {
		return false
	}
	return strings.Contains(strings.Join(painted(t, top), " "), words)
}

// painted are the words on the canvas, in their order.
func painted(t *testing.T, root fyne.CanvasObject) []string {
	t.Helper()
	var out []string
	for _, x := range screentest.Find[*canvas.Text](t, root) {
		out = append(out, x.Text)
	}
	return out
}

func TestShotsOfManyComputers(t *testing.T) {
	for _, v := range variants() {
		t.Run(viewtest.Name(v), func(t *testing.T) {
			c := fake.SampleComputers()
			d := fleet(t, v, c)
			d.settled(t)
			d.shot(t, "30-computers-home", v)
			hub := d.node(t, "HUB-CPH01")
			tree := screentest.Find[*kit.TreeList](t, d.window.Content())[0]
			for _, r := range tree.Rows() {
				if r.Text == "HUB-CPH01" {
					tree.OnToggle(r.ID, true)
				}
			}
			d.Open(screen.Route{Screen: screen.Queues, Node: hub.ID, Queue: orders})
			d.inSight(t)
			d.bodyShown(t)
			d.shot(t, "31-computers-queues", v)
			d.Open(screen.Route{Screen: screen.Queues, Node: d.node(t, "EDI-GW01").ID})
			d.inSight(t)
			d.shot(t, "32-computers-limited", v)
			d.Commands().Run(screen.CmdOffers)
			d.shot(t, "33-computers-offers", v)
			d.press(t, "Close")
			for _, x := range []struct{ shot, name string }{{"34-computers-no-answer", "WMS-ODN01"}, {"35-computers-refused", "CRM-ARH02"}} {
				d.Open(screen.Route{Screen: screen.Queues, Node: d.node(t, x.name).ID})
				d.shot(t, x.shot, v)
			}
			d.Open(screen.Route{Screen: screen.DeadLetters})
			d.Until(t, "the dead letters", func() bool { return d.says(t, "51 on 2 computers") })
			d.bodyShown(t)
			d.shot(t, "36-computers-dead-letters", v)
			for _, b := range screentest.Find[*kit.Button](t, d.window.Content()) {
				if b.Text() == "3 not asked" {
					b.Press()
				}
			}
			d.shot(t, "36b-computers-not-asked", v)
			d.press(t, "Close")
			d.Open(screen.Route{Screen: screen.Outgoing})
			d.shot(t, "37-computers-outgoing", v)
		})
	}
}

func TestManyComputersAreBuiltAsDrawn(t *testing.T) {
	d := fleet(t, theme.Light, fake.SampleComputers())
	d.settled(t)
	for _, x := range []struct{ name, node string }{{"computers-home", ""}, {"computers-refused", "CRM-ARH02"}} {
		if x.node != "" {
			d.Open(screen.Route{Screen: screen.Queues, Node: d.node(t, x.node).ID})
		}
		d.Run()
		d.settle(t)
		d.settle(t)
		test.AssertRendersToMarkup(t, x.name+".xml", d.window.Canvas())
	}
}
