package deadletters

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

func TestTheScreenKeepsItsStructure(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	h := screentest.New(t, fake.Sample())
	v := open(t, h)
	w := viewtest.Window(t, v.Content(), fyne.NewSize(1176, 844))
	pick(v, 0, 4)
	h.Until(t, "the body", func() bool {
		_, data := v.p.Body.Document()
		return v.p.Body.Title() == "Move PAL-88117 to B-12" && len(data) > 0
	})
	test.AssertRendersToMarkup(t, "dead-letters.xml", w.Canvas())
}

func TestAnEmptyInboxSaysWhoAnswered(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	h := screentest.New(t, fake.New(fake.Options{}))
	v := open(t, h)
	w := viewtest.Window(t, v.Content(), fyne.NewSize(1176, 844))
	test.AssertRendersToMarkup(t, "empty.xml", w.Canvas())
}

func TestGroupCheckSelectsWhatIsNotShownToo(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	h := screentest.New(t, fake.Sample())
	v := open(t, h)
	viewtest.Window(t, v.Content(), fyne.NewSize(1176, 844))
	v.grid.OnGroupCheck(kit.TextID(markGroup+v.p.groups[0].id), true)
	if len(v.p.Selected()) != 23 || v.grid.SelectedCount() != 23 || !v.bar.Visible() || v.chosen.Text() != "23 selected" {
		t.Errorf("%d selected, %d in the grid, bar %q", len(v.p.Selected()), v.grid.SelectedCount(), v.chosen.Text())
	}
	v.grid.ClearSelection()
	if len(v.p.Selected()) != 0 || v.bar.Visible() {
		t.Error("the selection is not gone")
	}
}

func TestDeletingAsksAndLeansToCancel(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	n := fake.Sample()
	h := screentest.New(t, n)
	v := open(t, h)
	w := viewtest.Window(t, v.Content(), fyne.NewSize(1176, 844))
	h.Canvas = w.Canvas()
	v.p.SelectGroup(v.p.groups[2].id, true)
	v.askDelete(v.p.Selected())
	b, ok := w.Canvas().Focused().(*kit.Button)
	if !ok || b.Text() != "Cancel" {
		t.Fatalf("the focus is on %v", w.Canvas().Focused())
	}
	b.Press()
	if n.Calls("Delete") != 0 || h.Dialog().Shown() {
		t.Error("Cancel did not cancel")
	}
}

func TestStepsLeadToTheirForms(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	h := screentest.New(t, crowded(t, 1))
	v := New(h).(*View)
	v.Enter(h.Scope().Sub(), screen.Route{})
	h.Until(t, "the destination", func() bool { return v.p.aim.known })
	l, _ := v.p.Letter()
	v.do(stepCreate, l)
	v.do(stepResend, l)
	v.openMessage(l)
	var got []string
	for _, r := range h.Opened {
		got = append(got, string(r.Screen)+" "+r.Queue)
	}
	if s := strings.Join(got, "; "); s != `new-queue orders; compose LAPTOP\system$;deadletter; queues LAPTOP\system$;deadletter` {
		t.Errorf("got %s", s)
	}
}

func TestWhatBecomesCurrentByItselfIsNotChecked(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	h := screentest.New(t, fake.Sample())
	v := open(t, h)
	viewtest.Window(t, v.Content(), fyne.NewSize(1176, 844))
	pick(v, 0, 0)
	was, _ := v.p.Letter()
	before := len(v.p.letters)
	v.p.Delete(v.p.Selected())
	h.Until(t, "the deletion", func() bool { return len(v.p.letters) < before })
	v.rowsChanged()
	now, ok := v.p.Letter()
	if n := v.grid.SelectedCount(); n != 0 || len(v.p.Selected()) != 0 {
		t.Errorf("%d letters are checked", n)
	}
	if id, _ := v.grid.Current(); !ok || now.key() == was.key() || id != idOf(now.key()) {
		t.Errorf("current is %v, in the pane %v", id, now.key())
	}
}

func TestReturningWhatHadArrivedLeansToCancel(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	n := crowded(t, 1) // without a body
	h := screentest.New(t, n)
	v := New(h).(*View)
	v.Enter(h.Scope().Sub(), screen.Route{Screen: screen.DeadLetters})
	h.Until(t, "the dead letter", func() bool { return v.p.loaded() })
	w := viewtest.Window(t, v.Content(), fyne.NewSize(1176, 844))
	h.Canvas = w.Canvas()
	l, _ := v.p.Letter()
	v.askReturn([]letter{l})
	b, ok := w.Canvas().Focused().(*kit.Button)
	if !ok || b.Text() != "Cancel" || len(screentest.Find[*kit.Note](t, w.Canvas().Overlays().Top())) != 1 {
		t.Fatalf("the focus is on %v", w.Canvas().Focused())
	}
	pairs := screentest.Find[*kit.KeyValue](t, w.Canvas().Overlays().Top())
	if len(pairs) != 1 || pairs[0].Pairs()[0].Key != "Old ID" || pairs[0].Pairs()[0].Value != l.ID {
		t.Errorf("the old ID is not shown")
	}
	b.Press()
	if n.Calls("Return") != 0 {
		t.Error("Cancel did not cancel")
	}
}

func TestOnlyLettersOfThisComputerAreReturnedInOneTransaction(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	h := screentest.New(t, crowded(t, 1))
	v := New(h).(*View)
	v.Enter(h.Scope().Sub(), screen.Route{Screen: screen.DeadLetters})
	h.Until(t, "the dead letter", func() bool { return v.p.loaded() })
	l, _ := v.p.Letter()
	n, _ := h.Node(l.node)
	for local, want := range map[bool]string{true: screen.InOneTransaction, false: screen.OnceStored} {
		n.Local = local
		h.SetNode(n)
		if got := v.leaves([]letter{l}); got != want {
			t.Errorf("here %v: leaves %s", local, got)
		}
	}
}
