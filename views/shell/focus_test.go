package shell_test

import (
	"context"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/shell"
	"posthouse/views/theme"
)

func (d *desk) key(name fyne.KeyName) {
	ev := &fyne.KeyEvent{Name: name}
	if f := d.window.Canvas().Focused(); f != nil {
		f.TypedKey(ev)
		return
	}
	d.window.Canvas().OnTypedKey()(ev)
}

func (d *desk) write(text string) {
	for _, r := range text {
		d.window.Canvas().Focused().TypedRune(r)
	}
}

// field is the field with a text in it or, while it is empty, as placeholder.
func (d *desk) field(t *testing.T, part string) *kit.Field {
	t.Helper()
	for _, f := range screentest.Find[*kit.Field](t, d.window.Content()) {
		if strings.Contains(f.Placeholder(), part) {
			return f
		}
	}
	t.Fatalf("no field %q", part)
	return nil
}

func TestTheKeyboardFollowsTheScreen(t *testing.T) {
	d := open(t, theme.Light, big, local(fake.Sample()))
	c := d.window.Canvas()
	d.Commands().Run(screen.CmdSearchTree)
	find := d.field(t, "Find a queue")
	if c.Focused() != find.Focusable() {
		t.Fatalf("focused %T", c.Focused())
	}
	d.write("orders")
	d.key(fyne.KeyReturn)
	if d.Here().Screen != screen.Queues || c.Focused() != d.messages(t).Focusable() {
		t.Errorf("at %v with %T", d.Here(), c.Focused())
	}
	d.Commands().Run(screen.CmdSend)
	if label := d.field(t, "none"); c.Focused() != label.Focusable() {
		t.Errorf("with a destination the keyboard is in %T", c.Focused())
	}
	d.write("Hello")
	if find.Text() != "orders" || d.field(t, "none").Text() != "Hello" {
		t.Errorf("the label went to the search: %q", find.Text())
	}
	d.Commands().Run(screen.CmdBack)
	if c.Focused() != d.messages(t).Focusable() {
		t.Errorf("back: %T", c.Focused())
	}
	for name, want := range map[screen.Name]string{screen.DeadLetters: "grid", screen.Home: "grid", screen.Settings: "field", screen.Outgoing: "grid"} {
		d.Open(screen.Route{Screen: name})
		got := ""
		for _, g := range screentest.Find[*kit.Grid](t, d.window.Content()) {
			if c.Focused() == g.Focusable() {
				got = "grid"
			}
		}
		for _, f := range screentest.Find[*kit.Field](t, d.window.Content())[1:] {
			if c.Focused() == f.Focusable() {
				got = "field"
			}
		}
		if got != want {
			t.Errorf("%s: the keyboard is in %T", name, c.Focused())
		}
	}
}

func TestAMessageWithoutADestinationBeginsThere(t *testing.T) {
	d := open(t, theme.Light, big, local(fake.Sample()))
	d.Open(screen.Route{Screen: screen.Compose})
	if f := d.field(t, "orders.in, HOST"); d.window.Canvas().Focused() != f.Focusable() {
		t.Errorf("focused %T", d.window.Canvas().Focused())
	}
}

func TestEscInTheSearchGivesTheKeyboardBack(t *testing.T) {
	d := open(t, theme.Light, big, local(fake.Sample()))
	d.Open(screen.Route{Screen: screen.Queues, Folder: screen.PrivateQueues})
	c := d.window.Canvas()
	d.settle(t)
	d.messages(t).Focus()
	d.Commands().Run(screen.CmdSearchTree)
	d.write("stock")
	d.key(fyne.KeyEscape)
	if c.Focused() != d.messages(t).Focusable() || d.field(t, "Find a queue").Text() != "" {
		t.Errorf("the keyboard is in %T", c.Focused())
	}
}

func TestArrowsStayInTheTreeAndEnterLeavesIt(t *testing.T) {
	d := open(t, theme.Light, big, local(fake.Sample()))
	tree := screentest.Find[*kit.TreeList](t, d.window.Content())[0]
	tree.Focus()
	for range 5 {
		d.key(fyne.KeyDown)
	}
	if d.window.Canvas().Focused() != tree.Focusable() || d.Here().Screen != screen.Queues {
		t.Fatalf("focused %T at %v", d.window.Canvas().Focused(), d.Here())
	}
	d.key(fyne.KeyReturn)
	if d.window.Canvas().Focused() != d.messages(t).Focusable() {
		t.Errorf("focused %T", d.window.Canvas().Focused())
	}
}

func TestADialogGivesTheKeyboardBack(t *testing.T) {
	d := open(t, theme.Light, big, local(fake.Sample()))
	d.Open(screen.Route{Screen: screen.Queues, Queue: orders})
	before := d.window.Canvas().Focused()
	d.Commands().Run(screen.CmdKeys)
	if d.window.Canvas().Focused() == before {
		t.Fatal("the dialog has no keyboard")
	}
	d.key(fyne.KeyEscape)
	if got := d.window.Canvas().Focused(); got != before || before == nil {
		t.Errorf("focused %T", got)
	}
}

func TestASearchWithoutAMatchSaysSo(t *testing.T) {
	d := open(t, theme.Light, big, local(fake.Sample()))
	d.Commands().Run(screen.CmdSearchTree)
	d.write("nonsense")
	if !d.explains(t, "No queue found") || !d.explains(t, "nonsense") {
		t.Error("nothing says that nothing was found")
	}
	d.press(t, "Clear search")
	d.settle(t)
	if d.explains(t, "No queue found") || len(screentest.Find[*kit.TreeList](t, d.window.Content())[0].Rows()) == 0 {
		t.Error("the search is not cleared")
	}
}

func TestAQueueIsOpenedOnceItIsKnown(t *testing.T) {
	release := make(chan struct{})
	d := closed(t, theme.Light, big, shell.Node{ID: "local", Name: "This computer", Local: true, Connect: func(ctx context.Context) (shell.Link, error) {
		select {
		case <-release:
			return shell.Link{Client: fake.Sample(), Own: true}, nil
		case <-ctx.Done():
			return shell.Link{}, ctx.Err()
		}
	}})
	d.settle(t)
	d.Start()
	d.Commands().Run(screen.CmdSearchTree)
	d.write("stock.moves")
	d.key(fyne.KeyReturn)
	if !d.explains(t, "Still asking") {
		t.Error("nothing says what is waited for")
	}
	close(release)
	d.Until(t, "the queue", func() bool { return strings.HasSuffix(d.Here().Queue, "stock.moves") })
}

func TestTheTitleNamesTheScreen(t *testing.T) {
	d := open(t, theme.Light, big, local(fake.Sample()))
	for _, c := range []struct {
		r    screen.Route
		want string
	}{
		{screen.Route{Screen: screen.Home}, "Posthouse - Home"},
		{screen.Route{Screen: screen.Queues, Queue: orders}, "Posthouse - orders.in on HUB-CPH01"},
		{screen.Route{Screen: screen.Queues, Folder: screen.SystemQueues}, "Posthouse - Dead-letter messages on HUB-CPH01"},
		{screen.Route{Screen: screen.DeadLetters}, "Posthouse - Dead letters"},
	} {
		d.Open(c.r)
		if got := d.window.Title(); got != c.want {
			t.Errorf("%v: %q, not %q", c.r, got, c.want)
		}
	}
}

func TestALostQueueManagerIsNotShownAsConnected(t *testing.T) {
	node := fake.Sample()
	d := open(t, theme.Light, big, local(node))
	node.Fail("", mq.Errorf(mq.ErrServiceNotAvailable, "ask", "it was ended"))
	d.Feed().Refresh("local")
	d.Until(t, "the loss", func() bool { n, _ := d.Node(""); return n.State == screen.NoAnswer })
	if n, _ := d.Node(""); n.Client != nil || n.Err == nil || d.Commands().Enabled(screen.CmdNewQueue) {
		t.Errorf("%+v", n)
	}
	if rows := screentest.Find[*kit.TreeList](t, d.window.Content())[0].Rows(); len(rows) != 1 || rows[0].Count != "Not running" {
		t.Errorf("the tree shows %v", rows)
	}
	node.Fail("", nil)
	d.Feed().Refresh("local")
	d.Until(t, "its return", func() bool { n, _ := d.Node(""); return n.State == screen.Connected && n.Client != nil })
}
