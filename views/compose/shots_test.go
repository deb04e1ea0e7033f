package compose

import (
	"context"
	"testing"

	"fyne.io/fyne/v2"

	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/shell/shelltest"
	"posthouse/views/viewtest"
)

const ordersIn = `HUB-CPH01\private$\orders.in`

// waiter is what runs posted functions until something is so.
type waiter interface {
	Until(t testing.TB, what string, done func() bool)
}

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
func settle(t testing.TB, w waiter, v *View) {
	t.Helper()
	w.Until(t, "the answers about the queues", func() bool {
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
			n := fake.Sample()
			var v *View
			w := shelltest.Open(t, c, fake.Now, n, map[screen.Name]screen.Factory{screen.Compose: func(h screen.Host) screen.Screen {
				v = New(h).(*View)
				return v
			}}, nil)
			w.Open(screen.Route{Screen: screen.Compose, Node: shelltest.Node, Queue: ordersIn, Lookup: message(t, n, ordersIn, 3).LookupID})
			settle(t, w, v)
			v.edit(func(d *draft) { d.label += " resend"; d.ack, d.admin = "reached", `HUB-CPH01\private$\track.replies` })
			v.p.ask()
			settle(t, w, v)
			v.filled()
			v.queue.Focus()
			w.Shot(t, "08-compose", c)

			v.edit(func(d *draft) { d.copies = 250 })
			v.filled()
			v.p.Send()
			w.Until(t, "the end of sending", func() bool { return !v.p.sending })
			settle(t, w, v)
			v.body.editor.Focus()
			w.Shot(t, "08-compose-sent", c)

			w.Window.Resize(fyne.NewSize(960, 600))
			w.Shot(t, "08-compose-smallest", c)

			w.Window.Resize(shelltest.Size)
			v.edit(func(d *draft) {
				d.queue, d.transactional, d.admin = `.\private$\orders.new`, false, ""
				d.content = content{mode: modeXML, text: "<Order>\n  <OrderId>4711</Order>"}
			})
			v.p.Dismiss()
			v.p.ask()
			v.filled()
			settle(t, w, v)
			w.Shot(t, "08-compose-faults", c)
		})
	}
}
