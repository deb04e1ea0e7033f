package shell_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/mgmtclient/fake"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// The markup says what is where in each screen; a change of it is to be looked
// at, and kept by copying testdata/failed over testdata.
func TestTheScreensAreBuiltAsDrawn(t *testing.T) {
	p := newPast()
	d := open(t, theme.Light, big, local(p))
	d.live(t, p)
	d.Until(t, "what the dead letters died of", func() bool { return d.says(t, "did not exist") })
	for _, x := range []struct {
		name string
		size fyne.Size
		at   screen.Route
	}{
		{"home", big, screen.Route{Screen: screen.Home}},
		{"queues", big, screen.Route{Screen: screen.Queues, Node: "local", Queue: orders}},
		{"narrow", narrow, screen.Route{Screen: screen.Queues, Node: "local", Queue: orders}},
		{"smallest", smallest, screen.Route{Screen: screen.Queues, Node: "local", Queue: orders}},
	} {
		d.window.Resize(x.size)
		d.Open(x.at)
		if x.at.Screen == screen.Queues {
			d.message(t, orders, "Order 4711-2096")
		}
		d.Run()
		d.settle(t)
		d.settle(t)
		test.AssertRendersToMarkup(t, x.name+".xml", d.window.Canvas())
	}
}

func TestAFirstStartIsBuiltAsDrawn(t *testing.T) {
	d := open(t, theme.Light, big, local(fake.New(fake.Options{Name: "LT-ANNA", Now: fake.NewClock(fake.Now).Now})))
	d.settle(t)
	test.AssertRendersToMarkup(t, "first.xml", d.window.Canvas())
}
