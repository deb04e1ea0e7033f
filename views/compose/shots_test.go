package compose

import (
	"context"
	"testing"

	"fyne.io/fyne/v2"

	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/viewtest"
)

const ordersIn = `HUB-CPH01\private$\orders.in`

// open shows the screen for a route, and waits for the answers about it.
func open(t testing.TB, h *screentest.Host, r screen.Route) *View {
	t.Helper()
	r.Screen = screen.Compose
	v := New(h).(*View)
	v.Enter(h.Scope().Sub(), r)
	settle(t, h, v)
	return v
}

// settle waits for the answers about the queues of the draft.
func settle(t testing.TB, h *screentest.Host, v *View) {
	t.Helper()
	h.Until(t, "the answers about the queues", func() bool {
		_, asked := v.p.Reached()
		return !v.p.loading && (asked || v.p.draft.queue == "" || v.p.draft.faults()[fieldQueue] != "") &&
			(v.p.draft.admin == "" || v.p.admin.known())
	})
}

// message is the number-th message of a queue.
func message(t testing.TB, n mgmtclient.Node, queue string, number int) mgmtclient.Message {
	t.Helper()
	page, err := n.Messages(context.Background(), queue, mgmtclient.Page{Limit: number + 1, BodyLimit: -1})
	if err != nil || len(page.Messages) <= number {
		t.Fatal(err)
	}
	return page.Messages[number]
}

func TestShots(t *testing.T) {
	for _, c := range viewtest.Variants {
		t.Run(viewtest.Name(c), func(t *testing.T) {
			viewtest.NewApp(t, c)
			n := fake.Sample()
			h := screentest.New(t, n)
			v := open(t, h, screen.Route{Queue: ordersIn, Lookup: message(t, n, ordersIn, 3).LookupID})
			v.edit(func(d *draft) { d.label += " resend"; d.ack, d.admin = "reached", `HUB-CPH01\private$\track.replies` })
			v.p.ask()
			settle(t, h, v)
			v.filled()
			w := viewtest.Window(t, v.Content(), fyne.NewSize(1176, 844))
			h.Canvas = w.Canvas()
			v.queue.Focus()
			viewtest.ShotOf(t, "08-compose", w.Canvas(), c)
			v.edit(func(d *draft) { d.copies = 250 })
			v.p.Send()
			h.Idle(t)
			settle(t, h, v)
			v.body.editor.Focus()
			viewtest.ShotOf(t, "08-compose-sent", w.Canvas(), c)
			w.Resize(fyne.NewSize(912, 560))
			viewtest.ShotOf(t, "08-compose-narrow", w.Canvas(), c)
			w.Resize(fyne.NewSize(1176, 844))
			v.edit(func(d *draft) {
				d.queue, d.transactional, d.admin = `.\private$\orders.new`, false, ""
				d.content = content{mode: modeXML, text: "<Order>\n  <OrderId>4711</Order>"}
			})
			v.p.Dismiss()
			v.p.ask()
			v.filled()
			settle(t, h, v)
			viewtest.ShotOf(t, "08-compose-faults", w.Canvas(), c)
		})
	}
}
