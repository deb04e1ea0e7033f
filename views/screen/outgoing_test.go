package screen_test

import (
	"context"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

func TestALineIsWhatStateAndTriesTell(t *testing.T) {
	soon := fake.Now.Add(time.Second)
	for _, c := range []struct {
		state mq.QueueState
		name  string
		out   mgmtclient.Outgoing
		want  kit.State
	}{
		{mq.StateConnected, "", mgmtclient.Outgoing{Failures: 9}, kit.OutgoingConnected},
		{mq.StateWaiting, "", mgmtclient.Outgoing{Unsent: 1, Failures: 2}, kit.OutgoingWaiting},
		{mq.StateWaiting, "", mgmtclient.Outgoing{Unsent: 1, Failures: 3}, kit.OutgoingStuck},
		{mq.StateInactive, "", mgmtclient.Outgoing{}, kit.OutgoingIdle},
		{mq.StateInactive, "", mgmtclient.Outgoing{Unsent: 1, NextTry: &soon}, kit.OutgoingWaiting},
		{mq.StateOnHold, "", mgmtclient.Outgoing{Unsent: 1}, kit.OutgoingPaused},
		{mq.StateLocked, "", mgmtclient.Outgoing{Unsent: 1}, kit.OutgoingLocked},
		{mq.StateNeedValidation, "PUBLIC=6f1c2d80-51aa-4c3e-9d12-7c0a2f1e88b4", mgmtclient.Outgoing{Failures: 9}, kit.OutgoingValidating},
		{mq.StateNeedValidation, `DIRECT=OS:WMS\private$\in`, mgmtclient.Outgoing{Failures: 9}, kit.OutgoingStuck},
		{mq.StateNeedValidation, `DIRECT=OS:WMS\private$\in`, mgmtclient.Outgoing{}, kit.OutgoingWaiting},
		{mq.StateDisconnected, "", mgmtclient.Outgoing{Unsent: 1}, kit.OutgoingNoLink},
		{mq.StateDisconnecting, "", mgmtclient.Outgoing{}, kit.OutgoingNoLink.With("Disconnecting")},
		{mq.StateLocal, "", mgmtclient.Outgoing{}, kit.OutgoingLocal},
	} {
		q := mgmtclient.Queue{State: string(c.state), FormatName: c.name, Outgoing: &c.out}
		if got := screen.LineOf(&q).Shown(); got != c.want {
			t.Errorf("%s %+v: got %v", c.state, c.out, got)
		}
	}
}

func TestDestinationsAreWrittenAsOneReadsThem(t *testing.T) {
	const guid = "6f1c2d80-51aa-4c3e-9d12-7c0a2f1e88b4"
	for _, c := range []struct{ format, path, want, host string }{
		{`DIRECT=OS:WMS\private$\in`, `WMS\private$\in`, `WMS\private$\in`, "WMS"},
		{`DIRECT=TCP:10.0.0.7\private$\in`, `DIRECT=TCP:10.0.0.7\private$\in`, `10.0.0.7\private$\in`, "10.0.0.7"},
		{"DIRECT=HTTPS://b2b.example/msmq/private$/orders", "", "https://b2b.example/msmq/private$/orders", "b2b.example"},
		{"PUBLIC=" + guid, `ARCHIVE\audit`, `Public: ARCHIVE\audit`, "ARCHIVE"},
		{"PUBLIC=" + guid, "", "Public: " + guid, ""},
		{"PRIVATE=" + guid + `\00000004`, "PRIVATE=" + guid + `\00000004`, guid + `\private$\order_queue$`, ""},
		{"PRIVATE=" + guid + `\1f`, "", guid + `\private$\0000001f`, ""},
		{"MULTICAST=234.1.1.20:8001", "", "multicast 234.1.1.20:8001", ""},
		{"", `WMS\private$\in`, `WMS\private$\in`, "WMS"},
	} {
		q := mgmtclient.Queue{FormatName: c.format, PathName: c.path}
		if got, host := screen.Destination(&q), screen.DestinationHost(&q); got != c.want || host != c.host {
			t.Errorf("%s: got %q on %q", c.format, got, host)
		}
	}
}

func TestDeparturesCountWhatSomebodyShouldLookAfter(t *testing.T) {
	list, err := fake.Sample().Queues(context.Background(), mgmtclient.QueueFilter{Outgoing: true})
	if err != nil {
		t.Fatal(err)
	}
	if d := screen.DeparturesOf(list); d != (screen.Departures{Queues: 8, Alarms: 2, Waits: 1, Unsent: 1236}) {
		t.Errorf("got %+v", d)
	}
}

func TestWorkingOfflineIsAskedAndCanBeUndone(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	n := fake.Sample()
	h := screentest.New(t, n)
	w := viewtest.Window(t, kit.Stack(0), fyne.NewSize(960, 600))
	h.Canvas = w.Canvas()
	screen.AskOffline(h, h.Nodes()[0])
	buttons := screentest.Find[*kit.Button](t, w.Canvas().Overlays().Top())
	buttons[len(buttons)-1].Press()
	offline := func() bool { return screen.Offline(h.Feed().Of("HUB-CPH01").Machine) }
	h.Until(t, "the end of the network", func() bool { return offline() && len(h.Actions) == 1 })
	if got := h.Feed().Of("HUB-CPH01").Shown(h.Nodes()[0]); got != kit.ComputerCutOff {
		t.Errorf("got %v", got)
	}
	h.Actions[0].Undo()
	h.Until(t, "the network", func() bool { return !offline() })
}

func TestAComputerThatCannotGoOfflineSaysSo(t *testing.T) {
	n := fake.Sample()
	n.Lack(mgmtclient.CanMachineAct)
	h := screentest.New(t, n)
	screen.GoOffline(h, h.Nodes()[0])
	if len(h.Failed) != 1 || n.Calls("Disconnect") != 0 {
		t.Errorf("got %v", h.Failed)
	}
}

func TestTheLifeOfTheOldestIsAPart(t *testing.T) {
	at := func(h time.Duration) *time.Time { t := fake.Now.Add(h * time.Hour); return &t }
	for _, c := range []struct {
		oldest, expires *time.Time
		want            float64
	}{{at(-1), at(3), 0.25}, {at(-5), at(-1), 1}, {nil, at(1), 0}, {at(-1), nil, 0}, {at(1), at(2), 0}} {
		q := mgmtclient.Queue{Outgoing: &mgmtclient.Outgoing{Oldest: c.oldest, Expires: c.expires}}
		if got := screen.LifeUsed(&q, fake.Now); got != c.want {
			t.Errorf("got %v, want %v", got, c.want)
		}
	}
}
