package compose

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"posthouse/mgmtclient/fake"
	"posthouse/views/body"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

func TestTheScreenKeepsItsStructure(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	n := fake.Sample()
	h := screentest.New(t, n)
	v := open(t, h, screen.Route{Queue: ordersIn, Lookup: message(t, n, ordersIn, 3).LookupID})
	w := viewtest.Window(t, v.Content(), fyne.NewSize(1176, 844))
	test.AssertRendersToMarkup(t, "compose.xml", w.Canvas())
}

func TestTheEditorIsTypedIn(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	e := NewEditor()
	e.SetMode(body.XML)
	changes := 0
	e.OnChanged = func() { changes++ }
	viewtest.Window(t, e, fyne.NewSize(400, 200))
	e.Focus()
	key := func(k fyne.KeyName) { e.area.TypedKey(&fyne.KeyEvent{Name: k}) }
	test.Type(e.area, "<a>")
	key(fyne.KeyReturn)
	test.Type(e.area, "b")
	key(fyne.KeyUp)
	key(fyne.KeyHome)
	key(fyne.KeyDelete)
	if got := e.Text(); got != "a>\nb" || changes == 0 {
		t.Errorf("got %q after %d changes", got, changes)
	}
	e.area.TypedShortcut(&fyne.ShortcutSelectAll{})
	e.area.TypedShortcut(&fyne.ShortcutCut{})
	if got := fyne.CurrentApp().Clipboard().Content(); got != "a>\nb" || e.Length() != 0 {
		t.Errorf("cut %q, left %q", got, e.Text())
	}
	e.area.TypedShortcut(&fyne.ShortcutPaste{})
	e.area.TypedShortcut(&fyne.ShortcutPaste{})
	e.area.TypedShortcut(&fyne.ShortcutUndo{})
	if got := e.Text(); got != "a>\nb" {
		t.Errorf("got %q", got)
	}
	e.area.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(gutter+1, textInset+2)}, Button: desktop.MouseButtonPrimary})
	e.area.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(gutter+2*advance(), textInset+2)}})
	if got := e.text.selected(); got != "a>" {
		t.Errorf("selected %q", got)
	}
}

func TestALongTextIsPaintedOnlyInSight(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	e := NewEditor()
	line := make([]byte, 0, editLimit)
	for len(line) < editLimit-8 {
		line = append(line, "<a/>\n"...)
	}
	e.SetText(string(line))
	viewtest.Window(t, e, fyne.NewSize(400, 200))
	if n := len(test.WidgetRenderer(e.area).Objects()); n > 60 {
		t.Errorf("%d objects for 10 lines", n)
	}
	full := false
	e.OnFull = func() { full = true }
	e.area.insert("123456789", false)
	if !full || e.Length() > editLimit {
		t.Errorf("%d bytes, told %v", e.Length(), full)
	}
}

func TestReplacingWhatWasTypedAsksFirst(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	n := fake.Sample()
	h := screentest.New(t, n)
	v := open(t, h, screen.Route{Queue: ordersIn})
	v.edit(func(d *draft) { d.content.text = "typed" })
	v.useTemplate(templates[0])
	if h.Dialog() == nil || v.p.draft.content.text != "typed" {
		t.Fatalf("got %q", v.p.draft.content.text)
	}
	v.Enter(v.p.scope, screen.Route{Screen: screen.Compose, Queue: ordersIn, Lookup: message(t, n, ordersIn, 0).LookupID})
	settle(t, h, v)
	if len(h.Dialogs) != 2 || v.p.draft.content.text != "typed" {
		t.Errorf("%d dialogs, body %q", len(h.Dialogs), v.p.draft.content.text)
	}
}

func TestChecksAreMendedByTheirButtons(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	h := screentest.New(t, fake.Sample())
	v := open(t, h, screen.Route{})
	v.edit(func(d *draft) { d.queue = `.\private$\orders.new` })
	v.p.ask()
	settle(t, h, v)
	v.mend(fixCreate)
	if r := h.Opened[len(h.Opened)-1]; r.Screen != screen.NewQueue || r.Queue != "orders.new" {
		t.Errorf("got %+v", r)
	}
	v.mend(fixTransaction)
	if !v.p.draft.transactional || !v.transactional.Checked() {
		t.Error("the message did not become transactional")
	}
	if v.Actions()[screen.CmdSendNow].Enabled() != true {
		t.Error("it cannot be sent by its key")
	}
}
