package queues

import (
	"testing"

	"fyne.io/fyne/v2"

	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

const ordersOut = `HUB-AAR02\private$\orders.out`

func TestAnOutgoingQueueHasTwoParts(t *testing.T) {
	a := newAct(t, fake.Sample())
	a.enter(screen.Route{Screen: screen.Queues, Folder: screen.OutgoingQueues, Queue: ordersOut})
	state := func(i int) string {
		m, _ := a.p.Messages.Row(i)
		for k, c := range messageColumns {
			if c.Key == colHow {
				return m.Cells[k].State.Word
			}
		}
		return ""
	}
	if a.p.Messages.Len() != 3 || state(0) != "Sending" || state(2) != "Waiting" {
		t.Errorf("%d not sent, %s, %s", a.p.Messages.Len(), state(0), state(2))
	}
	a.p.SetPart(InSubqueues, "")
	a.loaded()
	if a.p.Path() != ordersOut+mgmtclient.AwaitingSuffix || a.p.Messages.Len() != 120 || state(0) != "Delivered" {
		t.Errorf("%s: %d, %s", a.p.Path(), a.p.Messages.Len(), state(0))
	}
	if err := a.node.Read(ordersOut, 20); err != nil {
		t.Fatal(err)
	}
	a.Until(t, "the readers", func() bool { return a.p.Messages.Len() == 100 })
	a.choose(1)
	if got := a.p.selection().Name; got != "what was delivered to "+ordersOut {
		t.Errorf("got %q", got)
	}
}

func TestTheFolderOfOutgoingQueuesHasItsOwnColumns(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	h := screentest.New(t, fake.Sample())
	v := New(h).(*View)
	w := viewtest.Window(t, v.Content(), fyne.NewSize(1176, 844))
	shown := func() map[string]bool {
		out := map[string]bool{}
		for _, c := range v.grid.Layout() {
			if !c.Hidden {
				out[c.Key] = true
			}
		}
		return out
	}
	scope := h.Scope().Sub()
	v.Enter(scope, screen.Route{Screen: screen.Queues, Folder: screen.OutgoingQueues, Queue: ordersOut})
	h.Until(t, "the messages", v.p.Messages.Loaded)
	viewtest.Settle(w.Canvas())
	if c := shown(); !c[colLine] || c["journal"] || c["label"] {
		t.Errorf("got %v", c)
	}
	if row, _ := v.p.List.Row(0); row.Cells[0].Text != `DESK-HIRTSHALS\private$\price.updates` {
		t.Errorf("got %+v", row.Cells[0])
	}
	if v.msgs.kind != listOutgoing || v.msgs.send[0].Visible() {
		t.Errorf("%s, Send is shown: %v", v.msgs.kind, v.msgs.send[0].Visible())
	}
	v.Enter(scope, screen.Route{Screen: screen.Queues})
	h.Until(t, "the messages", v.p.Messages.Loaded)
	if c := shown(); c[colLine] || !c["journal"] || !c["label"] {
		t.Errorf("got %v", c)
	}
	if v.msgs.kind != listMessages || !v.msgs.send[0].Visible() {
		t.Error("Send is not back")
	}
}

func TestChosenColumnsOfBeforeDoNotShowTheState(t *testing.T) {
	kept := []kit.ColumnState{{Key: "name"}, {Key: "messages", Width: 88}}
	for _, folder := range []screen.Folder{screen.PrivateQueues, screen.OutgoingQueues} {
		l := listLayout(folder, kept)
		if last := l[len(l)-1]; last.Key != colLine || !last.Hidden {
			t.Errorf("got %+v", l)
		}
	}
}

func TestWhatWasDeliveredIsNotPurged(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	h := screentest.New(t, fake.Sample())
	v := New(h).(*View)
	viewtest.Window(t, v.Content(), fyne.NewSize(1176, 844))
	v.Enter(h.Scope().Sub(), screen.Route{Screen: screen.Queues, Folder: screen.OutgoingQueues, Queue: ordersOut})
	h.Until(t, "the messages", v.p.Messages.Loaded)
	purge := v.Actions()[screen.CmdPurge].Enabled
	if !purge() {
		t.Error("what was not sent can be purged")
	}
	v.p.SetPart(InSubqueues, "")
	if purge() {
		t.Error("copies of what was delivered can be purged")
	}
}
