package preferences

import (
	"context"
	"testing"

	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/shell/shelltest"
	"posthouse/views/viewtest"
)

// nowhere exports and imports nothing.
var nowhere = &Archive{
	Export:  func(context.Context, mgmtclient.Node, string, func(int64)) error { return nil },
	Inspect: func(context.Context, string) (Contents, error) { return Contents{}, nil },
	Import: func(context.Context, mgmtclient.Node, string, bool, func(int64)) (Imported, error) {
		return Imported{}, nil
	},
}

// open shows the screen on the sample computer, having asked it.
func open(t testing.TB, h *screentest.Host) *View {
	t.Helper()
	v := newView(h, nowhere)
	v.Enter(h.Scope().Sub(), screen.Route{Screen: screen.Settings})
	h.Until(t, "the queue manager's answer", func() bool { return v.p.known || v.p.err != nil })
	return v
}

func TestShots(t *testing.T) {
	for _, c := range viewtest.Variants {
		t.Run(viewtest.Name(c), func(t *testing.T) {
			var v *View
			w := shelltest.Open(t, c, fake.Now, fake.Sample(), map[screen.Name]screen.Factory{screen.Settings: func(h screen.Host) screen.Screen {
				v = newView(h, nowhere)
				return v
			}}, nil)
			w.Open(screen.Route{Screen: screen.Settings})
			w.Until(t, "the queue manager's answer", func() bool { return v.p.known })
			v.p.Edit(func(c *choices) { c.limitKB = 2 << 20 })
			w.Shot(t, "14-preferences", c)
			v.p.Discard()
			w.Run()
			v.goTo(v.sections[len(v.sections)-1])
			w.Shot(t, "14b-preferences", c)
		})
	}
}
