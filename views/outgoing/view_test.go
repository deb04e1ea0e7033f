package outgoing

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

// open shows the screen in a window, with its commands in front.
func open(t *testing.T, n *fake.Node, size fyne.Size) (*screentest.Host, *View, fyne.Window) {
	t.Helper()
	viewtest.NewApp(t, theme.Light)
	h := screentest.New(t, n)
	v := New(h).(*View)
	w := viewtest.Window(t, v.Content(), size)
	h.Canvas = w.Canvas()
	v.Enter(h.Scope().Sub(), screen.Route{Screen: screen.Outgoing})
	h.Commands().Front(v.Actions())
	viewtest.Settle(w.Canvas())
	return h, v, w
}

var (
	wide   = fyne.NewSize(1176, 844)
	narrow = fyne.NewSize(912, 544)
)

func TestTheScreenKeepsItsStructure(t *testing.T) {
	_, v, w := open(t, busy(t), wide)
	v.grid.Focus()
	viewtest.Settle(w.Canvas())
	test.AssertRendersToMarkup(t, "outgoing.xml", w.Canvas())
	v.grid.SetCurrent(row(t, v, "orders.out"))
	v.pane.toggle()
	viewtest.Settle(w.Canvas())
	test.AssertRendersToMarkup(t, "connected.xml", w.Canvas())
}

func TestANarrowWindowHasThePaneBelow(t *testing.T) {
	_, _, w := open(t, busy(t), narrow)
	test.AssertRendersToMarkup(t, "narrow.xml", w.Canvas())
}

func TestWithoutQueuesTheScreenSaysHowTheyCome(t *testing.T) {
	_, v, w := open(t, fake.New(fake.Options{}), wide)
	if v.side {
		t.Error("there is a pane for nothing")
	}
	test.AssertRendersToMarkup(t, "empty.xml", w.Canvas())
}

func TestTheFirstQueueIsShown(t *testing.T) {
	_, v, _ := open(t, busy(t), wide)
	if it, ok := v.p.Current(); !ok || it.to != `WMS-ODN01\private$\stock.moves` || v.pane.title.Text() != it.to {
		t.Errorf("got %q", v.pane.title.Text())
	}
	if v.now.Disabled() || v.hold.Disabled() || !v.free.Disabled() {
		t.Error("Send now and Pause fit it, Resume does not")
	}
}

func TestEnterOpensTheMessages(t *testing.T) {
	h, v, w := open(t, busy(t), wide)
	v.grid.Focus()
	viewtest.Key(w.Canvas(), fyne.KeyDown)
	viewtest.Key(w.Canvas(), fyne.KeyReturn)
	if len(h.Opened) != 1 || h.Opened[0] != (screen.Route{
		Screen: screen.Queues, Node: "HUB-CPH01", Folder: screen.OutgoingQueues, Queue: `WMS-ODN01\private$\pick.lists`,
	}) {
		t.Errorf("got %v", h.Opened)
	}
}

func TestDeleteAsksAndLeansToCancel(t *testing.T) {
	n := busy(t)
	h, v, w := open(t, n, wide)
	v.grid.SetCurrent(row(t, v, "edi.out"))
	v.grid.Focus()
	viewtest.Key(w.Canvas(), fyne.KeyDelete)
	b, ok := w.Canvas().Focused().(*kit.Button)
	if !ok || b.Text() != "Cancel" || h.Dialog().Title() != `Purge EDI-GW01\private$\edi.out?` {
		t.Fatalf("the focus is on %v", w.Canvas().Focused())
	}
	b.Press()
	if n.Calls("Purge") != 0 {
		t.Error("Cancel did not cancel")
	}
}

func TestMuchIsDeletedOnlyAfterTyping(t *testing.T) {
	h, v, w := open(t, busy(t), wide)
	v.askPurge()
	buttons := screentest.Find[*kit.Button](t, w.Canvas().Overlays().Top())
	do := buttons[len(buttons)-1]
	if do.Text() != "Delete 1,118 messages" || !do.Disabled() {
		t.Fatalf("%q can be pressed", do.Text())
	}
	field := screentest.Find[*kit.Field](t, w.Canvas().Overlays().Top())[0]
	field.SetText("stock.moves")
	field.OnChanged("stock.moves")
	do.Press()
	h.Idle(t)
	h.Until(t, "the purge", func() bool { return find(t, v.p, "ODN01\\private$\\stock.moves").out.Unsent == 0 })
}

func TestAllQueuesCanBePausedAndResumedTogether(t *testing.T) {
	h, v, _ := open(t, busy(t), wide)
	h.Commands().Run(screen.CmdSelectAll)
	if v.chosen.Text() != "12 selected" || v.pane.whole.Visible() {
		t.Errorf("%q", v.chosen.Text())
	}
	h.Commands().Run(screen.CmdPause)
	h.Until(t, "all paused", func() bool {
		for i := range v.p.all {
			if !v.p.all[i].is(screen.LinePaused) {
				return false
			}
		}
		return true
	})
	if h.Commands().Enabled(screen.CmdPause) || !h.Commands().Enabled(screen.CmdResume) {
		t.Error("only Resume fits now")
	}
}

func TestThePaneCanBeHidden(t *testing.T) {
	h, v, _ := open(t, busy(t), wide)
	h.Commands().Run(screen.CmdInspector)
	if v.side {
		t.Error("it is still there")
	}
	h.Commands().Run(screen.CmdInspector)
	if !v.side {
		t.Error("it did not come back")
	}
}

func TestAnEmptySegmentLeadsToTheIdleOnes(t *testing.T) {
	n := fake.New(fake.Options{Name: "HUB"})
	if err := n.PutOutgoing(fake.OutgoingQueue{To: `WMS\private$\in`, Link: fake.Link{State: mq.StateInactive}}); err != nil {
		t.Fatal(err)
	}
	_, v, w := open(t, n, wide)
	press := func(word string) {
		t.Helper()
		viewtest.Settle(w.Canvas())
		for _, b := range screentest.Find[*kit.Button](t, v.empty) {
			if b.Text() == word {
				b.Press()
				return
			}
		}
		t.Fatalf("there is no %s", word)
	}
	v.p.Segment(segWaiting)
	press("Show idle queues")
	if v.segments.Chosen() != segIdle || len(v.p.rows) != 1 {
		t.Errorf("%s, %d rows", v.segments.Chosen(), len(v.p.rows))
	}
	v.p.Filter("nothing like it")
	press("Clear filter")
	if v.filter.Text() != "" || len(v.p.rows) != 1 {
		t.Errorf("filter %q, %d rows", v.filter.Text(), len(v.p.rows))
	}
}

func TestTheBannerLeadsBackToTheNetwork(t *testing.T) {
	n := busy(t)
	h, v, w := open(t, n, wide)
	if err := n.Disconnect(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.Until(t, "the banner", func() bool { return v.away.Visible() })
	viewtest.Settle(w.Canvas())
	screentest.Find[*kit.Button](t, v.away)[0].Press()
	h.Until(t, "the network", func() bool { return !v.away.Visible() })
}
