package kit_test

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"posthouse/views/kit"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

func TestASteadyDialogGrowsAndShrinksBelowItsUpperEdge(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	w := viewtest.Window(t, container.NewWithoutLayout(), fyne.NewSize(800, 600))
	note := kit.NewNote(kit.Warning, "", strings.Repeat("a long explanation ", 20))
	note.Hide()
	d := kit.NewDialog("Connect", "", kit.Stack(8, kit.NewField(""), note)).Steady()
	d.Show(w.Canvas())
	top := d.Frame().Position().Y
	tall := d.Frame().Size().Height
	note.Show()
	d.Refresh()
	if d.Frame().Size().Height <= tall {
		t.Fatal("it did not grow")
	}
	if got := d.Frame().Position().Y; got != top {
		t.Errorf("it moved from %v to %v", top, got)
	}
	note.Hide()
	d.Refresh()
	if got := d.Frame().Position().Y; got != top || d.Frame().Size().Height != tall {
		t.Errorf("it is at %v and %v tall, want %v and %v", got, d.Frame().Size().Height, top, tall)
	}
}

func TestDialogKeysPressItsButtonsAndGiveTheFocusBack(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	below := kit.NewField("below")
	w := viewtest.Window(t, container.NewWithoutLayout(at(0, 0, 120, 28, below)), fyne.NewSize(600, 400))
	c := w.Canvas()
	below.Focus()
	did := ""
	open := func() *kit.Dialog {
		did = ""
		d := kit.NewDialog("New queue", "plus", kit.Form(96, kit.FormRow{Label: "Name", Content: kit.NewField("")}))
		d.Buttons(kit.NewButton("Cancel", "", func() { did += "cancel "; d.Close() }), kit.NewButton("Create", "", func() { did += "create "; d.Close() }).Primary())
		d.OnClosed = func() { did += "closed" }
		d.Show(c)
		return d
	}
	open()
	if c.Focused() == nil || c.Focused() == below.Focusable() {
		t.Error("the first field has not the focus")
	}
	viewtest.Key(c, fyne.KeyReturn)
	if did != "create closed" || c.Overlays().Top() != nil || c.Focused() != below.Focusable() {
		t.Errorf("Enter: %q, overlay %v, focus %v", did, c.Overlays().Top(), c.Focused())
	}
	open()
	viewtest.Key(c, fyne.KeyEscape)
	if did != "cancel closed" {
		t.Errorf("Esc: %q", did)
	}
	d := open()
	d.Close()
	d.Close()
	if did != "closed" {
		t.Errorf("Close: %q", did)
	}
}

func TestADangerousQuestionLeansToCancel(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	w := viewtest.Window(t, container.NewWithoutLayout(), fyne.NewSize(700, 500))
	c := w.Canvas()
	done := 0
	ask := kit.Confirm{Title: "Delete 12?", Danger: true, Do: "Delete 12", Check: "Keep a copy", On: true, OnDo: func(kept bool) {
		if kept {
			done++
		}
	}}
	ask.Show(c)
	viewtest.Key(c, fyne.KeyReturn)
	if done != 0 || c.Overlays().Top() != nil {
		t.Error("Enter did not cancel")
	}
	ask.Type = "orders.in"
	ask.Show(c)
	viewtest.Key(c, fyne.KeyReturn)
	if done != 0 || c.Overlays().Top() != nil {
		t.Error("Enter before the name matches did not cancel")
	}
	ask.Show(c)
	test.Type(c.Focused(), "orders.in")
	viewtest.Key(c, fyne.KeyReturn)
	if done != 1 {
		t.Error("Enter with the name typed did nothing")
	}
}
