package shell_test

import (
	"context"
	"testing"

	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/theme"
)

// treeRow is a line of the tree by its text.
func (d *desk) treeRow(t *testing.T, text string) kit.TreeRow {
	t.Helper()
	for _, r := range screentest.Find[*kit.TreeList](t, d.window.Content())[0].Rows() {
		if r.Text == text {
			return r
		}
	}
	t.Fatalf("there is no line %s", text)
	return kit.TreeRow{}
}

func TestTheTreeAlarmsWhileAComputerCannotBeReached(t *testing.T) {
	n := fake.Sample()
	d := open(t, theme.Light, big, local(n))
	if r := d.treeRow(t, "Outgoing Queues"); r.Ink != theme.Danger {
		t.Errorf("got %+v", r)
	}
	for _, q := range []string{"stock.moves", "pick.lists"} {
		if _, err := n.Purge(context.Background(), `WMS-ODN01\private$\`+q); err != nil {
			t.Fatal(err)
		}
	}
	d.Until(t, "the end of the alarm", func() bool { return d.treeRow(t, "Outgoing Queues").Ink == "" })
}

func TestASearchFindsOutgoingQueues(t *testing.T) {
	d := open(t, theme.Light, big, local(fake.Sample()))
	find := screentest.Find[*kit.Field](t, d.window.Content())[0]
	find.SetText("hirtshals")
	find.OnChanged("hirtshals")
	find.OnSubmit("hirtshals")
	if at := d.Here(); at.Screen != screen.Outgoing || at.Queue != `DIRECT=OS:DESK-HIRTSHALS\private$\price.updates` {
		t.Errorf("at %v", at)
	}
}

func TestWorkingOfflineShowsEverywhere(t *testing.T) {
	d := open(t, theme.Light, big, local(fake.Sample()))
	can := func(id screen.ID) bool { return d.Commands().Enabled(id) }
	if !can(screen.CmdOffline) || can(screen.CmdOnline) {
		t.Fatal("it is online")
	}
	d.Commands().Run(screen.CmdOffline)
	buttons := screentest.Find[*kit.Button](t, d.window.Canvas().Overlays().Top())
	buttons[len(buttons)-1].Press()
	d.Until(t, "the end of the network", func() bool { return can(screen.CmdOnline) })
	if can(screen.CmdOffline) || d.treeRow(t, "HUB-CPH01").Icon != kit.ComputerCutOff.Icon || !d.explains(t, "queue manager running, off the network") {
		t.Error("it looks as if it were online")
	}
	d.Commands().Run(screen.CmdOnline)
	d.Until(t, "the network", func() bool { return can(screen.CmdOffline) })
	if d.treeRow(t, "HUB-CPH01").Icon != kit.ComputerLocal.Icon || d.explains(t, "queue manager running, off the network") {
		t.Error("it looks as if it were offline")
	}
}

// listener is a computer that listens elsewhere.
type listener struct {
	*fake.Node
	at []string
}

func (l listener) Machine(ctx context.Context) (mgmtclient.Machine, error) {
	m, err := l.Node.Machine(ctx)
	m.Network.Listening = l.at
	return m, err
}

func TestTheStatusBarSaysWhoCanReachThisComputer(t *testing.T) {
	for want, at := range map[string][]string{
		"this computer only": {"127.0.0.1:1801", "[::1]:1801"}, "other computers can reach it": {"127.0.0.1:1801", "10.0.0.7:1801"},
	} {
		if d := open(t, theme.Light, big, local(listener{fake.Sample(), at})); !d.explains(t, want) {
			t.Errorf("%v: it does not say %q", at, want)
		}
	}
}
