package screen_test

import (
	"context"
	"testing"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
)

func TestAComputerThatDoesNotAnswerIsAskedLessAndLess(t *testing.T) {
	const every = 5 * time.Second
	for failures, want := range []time.Duration{every, every, 2 * every, 4 * every, 8 * every, 16 * every, 2 * time.Minute, 2 * time.Minute} {
		if got := screen.RestAfter(every, failures); got != want {
			t.Errorf("after %d failures: %v, want %v", failures, got, want)
		}
	}
	if got := screen.RestAfter(time.Hour, 9); got != time.Hour {
		t.Errorf("an hour becomes %v", got)
	}
}

func TestAListThatIsRefusedLeavesTheOthers(t *testing.T) {
	n := fake.Sample()
	h := screentest.New(t, n)
	n.Fail("Queues", mq.Errorf(mq.ErrAccessDenied, "list", "you may not"))
	h.Feed().Refresh("HUB-CPH01")
	h.Until(t, "the refusal", func() bool { return h.Feed().Of("HUB-CPH01").Part != nil })
	o := h.Feed().Of("HUB-CPH01")
	if o.Err != nil || o.Machine.Name != "HUB-CPH01" {
		t.Errorf("%v, %q", o.Err, o.Machine.Name)
	}
	node, _ := h.Node("")
	node.Local = false
	if got := o.Shown(node); got != kit.ComputerLimited {
		t.Errorf("it is %v", got)
	}
}

func TestWhatAComputerToldStaysOverAReconnection(t *testing.T) {
	n := fake.Sample()
	h := screentest.New(t, n)
	at := h.Feed().Of("HUB-CPH01").At
	h.Feed().Pause("HUB-CPH01")
	if got := h.Feed().Of("HUB-CPH01"); !got.At.Equal(at) || len(got.Queues) != 41 {
		t.Errorf("%v, %d queues", got.At, len(got.Queues))
	}
	calls := n.Calls("Machine")
	h.Feed().Follow("HUB-CPH01", n)
	h.Until(t, "the next answer", func() bool { return n.Calls("Machine") > calls })
	h.Feed().Drop("HUB-CPH01")
	if got := h.Feed().Of("HUB-CPH01"); !got.At.IsZero() {
		t.Errorf("%v", got.At)
	}
}

func TestACommandWhoseComputerLacksSomethingDoesNotRun(t *testing.T) {
	n := fake.Sample()
	n.Lack(mgmtclient.CanPurge)
	node := screen.Node{Name: "HUB", Client: n}
	c := screen.NewCommands(screen.Table...)
	ran := false
	c.Base(screen.Actions{
		screen.CmdPurge:  {Run: func() { ran = true }, Lacks: screen.Needs(func() screen.Node { return node }, mgmtclient.CanPurge)},
		screen.CmdOffers: {Run: func() {}},
	})
	if c.Run(screen.CmdPurge) || ran || c.Lacks(screen.CmdPurge) != "HUB does not offer it from here." {
		t.Errorf("ran %v, lacks %q", ran, c.Lacks(screen.CmdPurge))
	}
	items := screen.MenuItems(c, screen.CmdPurge)
	if len(items) != 3 || !items[0].Disabled || items[2].Label != "Why some are grey…" {
		t.Errorf("%d items", len(items))
	}
	node.Client = nil
	if c.Lacks(screen.CmdPurge) != "" {
		t.Error("without a connection nothing is known to be lacking")
	}
}

func TestRefusalsSayWhy(t *testing.T) {
	c := fake.SampleComputers()
	list, _ := c.List(context.Background())
	for _, x := range list {
		if x.Name != "EDI-GW01" {
			continue
		}
		client, err := c.Connect(context.Background(), x.ID)
		if err != nil {
			t.Fatal(err)
		}
		n := screen.Node{Name: x.Name, Client: client}
		why, _, _ := screen.Reason(n.Refuse("purge", mgmtclient.CanPurge))
		if why != n.Lacks(mgmtclient.CanPurge) || screen.Health(client) != screen.Limited {
			t.Errorf("%q", why)
		}
		can, cannot := 0, 0
		for _, o := range n.Offers() {
			if o.Why == "" {
				can++
			} else {
				cannot++
			}
		}
		if can != 1 || cannot != 13 {
			t.Errorf("%d offered, %d not", can, cannot)
		}
	}
}
