package preferences

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

// open shows the screen on the sample computer, having asked it.
func open(t testing.TB, h *screentest.Host) *View {
	t.Helper()
	v := newView(h, &Archive{
		Export:  func(context.Context, mgmtclient.Node, string, func(int64)) error { return nil },
		Inspect: func(context.Context, string) (Contents, error) { return Contents{}, nil },
		Import: func(context.Context, mgmtclient.Node, string, bool, func(int64)) (Imported, error) {
			return Imported{}, nil
		},
	})
	v.Enter(h.Scope().Sub(), screen.Route{Screen: screen.Settings})
	h.Until(t, "the queue manager's answer", func() bool { return v.p.known || v.p.err != nil })
	return v
}

func TestShots(t *testing.T) {
	for _, c := range viewtest.Variants {
		t.Run(viewtest.Name(c), func(t *testing.T) {
			viewtest.NewApp(t, c)
			h := screentest.New(t, fake.Sample())
			v := open(t, h)
			w := viewtest.Window(t, v.Content(), fyne.NewSize(1176, 844))
			v.p.Edit(func(c *choices) { c.limitKB = 2 << 20 })
			viewtest.ShotOf(t, "14-preferences", w.Canvas(), c)
			v.p.Discard()
			v.goTo(v.sections[len(v.sections)-1])
			viewtest.ShotOf(t, "14b-preferences", w.Canvas(), c)
		})
	}
}
