package outgoing

import (
	"context"
	"os"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/queues"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/shell/shelltest"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

// busy is the sample computer with queues in every state.
func busy(t testing.TB) *fake.Node {
	t.Helper()
	n := fake.Sample()
	for _, o := range fake.MoreOutgoing() {
		if err := n.PutOutgoing(o); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// window shows the screen in a window, on a computer.
func window(t *testing.T, c theme.Choice, n *fake.Node) (*shelltest.Window, *View) {
	t.Helper()
	var v *View
	w := shelltest.Open(t, c, fake.Now, n, map[screen.Name]screen.Factory{screen.Outgoing: func(h screen.Host) screen.Screen {
		v = New(h).(*View)
		return v
	}, screen.Queues: queues.New}, nil)
	w.Open(screen.Route{Screen: screen.Outgoing})
	return w, v
}

// variants are the variants to draw: both for pictures that are kept, else one.
func variants() []theme.Choice {
	if os.Getenv(viewtest.EnvShots) == "" {
		return viewtest.Variants[:1]
	}
	return viewtest.Variants
}

func TestShots(t *testing.T) {
	for _, c := range variants() {
		t.Run(viewtest.Name(c), func(t *testing.T) {
			n := busy(t)
			w, v := window(t, c, n)
			v.grid.Focus()
			w.Shot(t, "04-outgoing", c)
			v.grid.SetCurrent(row(t, v, "orders.out"))
			v.pane.toggle()
			w.Shot(t, "04-outgoing-connected", c)
			v.pane.toggle()
			for _, x := range []struct{ name, queue string }{{"paused", "edi.out"}, {"unknown", "audit"}, {"trying", "DESK-HIRTSHALS"}, {"full", "LT-MARIE"}} {
				v.grid.SetCurrent(row(t, v, x.queue))
				w.Shot(t, "04-outgoing-"+x.name, c)
			}
			v.grid.SelectAll()
			w.Shot(t, "04-outgoing-all", c)
			v.askPurge()
			w.Shot(t, "04-outgoing-purge", c)
			closeTop(w)
			v.grid.SetCurrent(0)
			w.Window.Resize(fyne.NewSize(1024, 700))
			w.Shot(t, "04-outgoing-narrow", c)
			w.Window.Resize(fyne.NewSize(960, 600))
			w.Shot(t, "04-outgoing-smallest", c)
			w.Window.Resize(shelltest.Size)
			if err := n.Disconnect(context.Background()); err != nil {
				t.Fatal(err)
			}
			w.Until(t, "the word of the network", func() bool { return len(v.p.Away()) == 1 })
			w.Shot(t, "04-outgoing-offline", c)
			screen.AskOffline(w, w.Nodes()[0])
			w.Shot(t, "04-outgoing-ask-offline", c)
			closeTop(w)
			v.grid.SetCurrent(row(t, v, "orders.out"))
			v.openQueue()
			w.Until(t, "the messages", func() bool {
				g := screentest.Find[*kit.Grid](t, w.Window.Content())
				_, ok := g[len(g)-1].Current()
				return ok
			})
			w.Shot(t, "04-outgoing-messages", c)
		})
	}
}

func TestShotsOfEmptyStates(t *testing.T) {
	for _, c := range variants() {
		t.Run(viewtest.Name(c), func(t *testing.T) {
			w, _ := window(t, c, fake.New(fake.Options{Name: "LT-ANNA", Now: fake.NewClock(fake.Now).Now}))
			w.Shot(t, "10-empty-outgoing", c)
		})
	}
}

func closeTop(w *shelltest.Window) {
	over := w.Window.Canvas().Overlays()
	top := over.Top()
	top.Hide()
	over.Remove(top)
}

// row is the place of the first queue in whose destination a text occurs.
func row(t testing.TB, v *View, text string) int {
	t.Helper()
	for i := range v.p.rows {
		if strings.Contains(v.p.rows[i].to, text) {
			return i
		}
	}
	t.Fatalf("there is no queue to %s", text)
	return 0
}
