package screen

import (
	"context"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
)

// AskOffline asks whether to take a computer off the network, and does.
func AskOffline(h Host, n Node) {
	d := DeparturesOf(h.Feed().Of(n.ID).Outgoing)
	text := "Its connections to other computers are closed, and it takes none. Applications on it go on as before: what they send to other computers is kept here and leaves when it works online again."
	q := kit.Confirm{
		Title: "Work offline on " + n.Name + "?", Icon: "cloud-slash", Do: "Work offline",
		Text: []kit.Run{{Text: text}}, OnDo: func(bool) { GoOffline(h, n) },
	}
	if d.Unsent > 0 {
		q.Note = kit.NewNote(kit.Neutral, "", Many(d.Unsent, "message")+" not sent yet. The time they have to reach their queue goes on.")
	}
	h.Show(q.Dialog())
}

// GoOffline takes a computer off the network.
func GoOffline(h Host, n Node) {
	setNetwork(h, n, n.Name+" works offline", n.Name+" was not taken off the network",
		func(ctx context.Context, a mgmtclient.MachineActions) error { return a.Disconnect(ctx) },
		func() { GoOnline(h, n) })
}

// GoOnline puts a computer on the network again.
func GoOnline(h Host, n Node) {
	setNetwork(h, n, n.Name+" works online", n.Name+" was not put on the network",
		func(ctx context.Context, a mgmtclient.MachineActions) error { return a.Connect(ctx) }, nil)
}

func setNetwork(h Host, n Node, done, failed string, do func(context.Context, mgmtclient.MachineActions) error, undo func()) {
	actions, ok := mgmtclient.Can[mgmtclient.MachineActions](n.Client)
	if !ok {
		h.Fail(failed, n.Refuse("change the network state", mgmtclient.CanMachineAct))
		return
	}
	Load(h.Scope(), func(ctx context.Context) (struct{}, error) { return struct{}{}, do(ctx, actions) }, func(_ struct{}, err error) {
		h.Feed().Refresh(n.ID)
		if err != nil {
			h.Fail(failed, err)
			return
		}
		h.Done(Action{What: done, Tone: kit.Success, Undo: undo})
	})
}
