package desk

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/desk/form"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

// window shows the screen on a node, everything read.
func window(t *testing.T, n mgmtclient.Node, size fyne.Size) (*screentest.Host, *View, fyne.Window) {
	t.Helper()
	viewtest.NewApp(t, theme.Light)
	o := options(t)
	h := screentest.New(t, n)
	screen.EntryForms.Set(h.Preferences(), forms)
	v := newView(h, o)
	w := viewtest.Window(t, v.Content(), size)
	h.Canvas = w.Canvas()
	kit.HandleKeys(w.Canvas(), v.Key)
	v.Enter(h.Scope().Sub(), screen.Route{Screen: screen.Desk})
	h.Until(t, "the entries", func() bool {
		return v.p.loaded && v.p.formed && !v.p.loading && (len(v.p.entries) == 0 || v.p.body != "")
	})
	return h, v, w
}

var size = fyne.NewSize(1440, 844)

func TestTheScreenKeepsItsStructure(t *testing.T) {
	s := harbour(t)
	h, v, w := window(t, s.node, size)
	v.choose("0")
	v.currentIs("HG 333 Vestkyst")
	h.Until(t, "the fields", func() bool { return v.p.body == v.p.current })
	viewtest.Settle(w.Canvas())
	test.AssertRendersToMarkup(t, "desk.xml", w.Canvas())
	v.startForm("damage-report")
	viewtest.Settle(w.Canvas())
	test.AssertRendersToMarkup(t, "form.xml", w.Canvas())
}

func TestAnEntryIsMadeWithTheKeyboardAlone(t *testing.T) {
	s := newSample(t)
	h, v, w := window(t, s.node, size)
	h.Commands().Front(v.Actions())
	if h.Commands().Title(screen.CmdNewQueue) != "New entry" || !h.Commands().Run(screen.CmdNewQueue) {
		t.Fatal("Ctrl+N makes no entry")
	}
	// Several forms: a menu asks for one.
	type menu interface{ TypedKey(*fyne.KeyEvent) }
	m, ok := w.Canvas().Focused().(menu)
	if !ok {
		t.Fatalf("no menu: %T", w.Canvas().Focused())
	}
	for range 3 {
		m.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	}
	m.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if !v.filling || v.p.Fill.Form().ID != "pilot-order" && v.p.Fill.Form().ID != "landing-declaration" {
		t.Fatalf("no form: %v", v.filling)
	}
	v.startForm("pilot-order")
	test.Type(w.Canvas().Focused(), "M/T Ternholm")
	w.Canvas().FocusNext()
	test.Type(w.Canvas().Focused(), "tomorrow 5:00")
	w.Canvas().FocusNext()
	if v.p.Fill.Typed("boarding") != "20 Nov 2026 05:00" {
		t.Errorf("not written as understood: %q", v.p.Fill.Typed("boarding"))
	}
	w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	h.Until(t, "the entry", func() bool { return !v.p.Fill.saving && len(v.p.entries) == 1 })
	said, _ := v.p.Fill.Said()
	if said.bold != "Saved on this computer." || !v.fill.noted.Visible() || v.p.Fill.Typed("ship") != "" {
		t.Errorf("%+v", said)
	}
	v.fill.focusFirst()
	w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if v.filling {
		t.Error("Esc does not go back to the list")
	}
	if e, ok := v.p.Entry(); !ok || e.Name != "M/T Ternholm" || !v.pane.root.Objects[1].Visible() {
		t.Error("the entry is not shown")
	}
}

func TestWhatIsToBeMendedGetsTheKeyboard(t *testing.T) {
	_, v, w := window(t, newSample(t).node, size)
	v.startForm("landing-declaration")
	v.fill.focus("boxes")
	v.saveEntry()
	if w.Canvas().Focused() != v.fill.field["vessel"].focus {
		t.Errorf("the keyboard is in %T", w.Canvas().Focused())
	}
}

func TestTheKeyboardStaysWhenFormsAreReadAnew(t *testing.T) {
	h, v, w := window(t, newSample(t).node, size)
	v.startForm("landing-declaration")
	v.fill.focus("skipper")
	before := v.p.Fill.Form()
	v.p.LoadForms()
	h.Until(t, "the forms", func() bool { return v.p.Fill.Form() != before })
	test.Type(w.Canvas().Focused(), "P. Thomsen")
	if w.Canvas().Focused() != v.fill.field["skipper"].focus || v.p.Fill.Typed("skipper") != "P. Thomsen" {
		t.Errorf("the keyboard is in %T", w.Canvas().Focused())
	}
	w.Canvas().FocusNext()
	if w.Canvas().Focused() != v.fill.field["landed"].focus {
		t.Errorf("the next field is %T", w.Canvas().Focused())
	}
}

func TestTheHeadingOfAnotherFormHasRoom(t *testing.T) {
	_, v, _ := window(t, newSample(t).node, size)
	v.startForm("pilot-order")
	v.startForm("landing-declaration")
	if end := v.fill.title.Position().X + v.fill.title.MinSize().Width; v.fill.to.Position().X < end {
		t.Errorf("the receiver begins at %v, the heading ends at %v", v.fill.to.Position().X, end)
	}
}

func TestAnEntryReadBeforeTheFormsIsReadAgain(t *testing.T) {
	s := newSample(t)
	s.landing("19 11:15", "HG 333 Vestkyst")
	s.now()
	h, v, _ := window(t, s.node, size)
	read := v.p.forms
	v.p.forms, v.p.body = form.Set{}, ""
	v.p.showEntry()
	if v.p.known {
		t.Fatal("known without a form")
	}
	v.p.LoadForms()
	h.Until(t, "the fields", func() bool { return v.p.known && v.p.values["vessel"] == "HG 333 Vestkyst" })
	if len(v.p.forms.Forms) != len(read.Forms) {
		t.Errorf("%d forms", len(v.p.forms.Forms))
	}
}

func TestDiscardingAsksFirst(t *testing.T) {
	h, v, _ := window(t, newSample(t).node, size)
	v.startForm("pilot-order")
	v.discard()
	if len(h.Dialogs) != 0 {
		t.Error("it asks whether to discard nothing")
	}
	v.p.Fill.Type("ship", "M/T Ternholm")
	v.discard()
	if len(h.Dialogs) != 1 || !v.p.Fill.Written() {
		t.Error("it did not ask")
	}
}

func TestWhatHadArrivedIsNotSentTwiceUnasked(t *testing.T) {
	s := newSample(t)
	s.landing("19 14:00", "HG 1 Anna")
	s.do(s.node.Deliver(landings, 1))
	s.do(s.node.Refuse(landings, 1, mq.ClassNackQueuePurged))
	s.now()
	h, v, _ := window(t, s.node, size)
	v.retry()
	if len(h.Dialogs) != 1 || s.node.Calls("Return") != 0 {
		t.Errorf("%d dialogs, %d returns", len(h.Dialogs), s.node.Calls("Return"))
	}
}

func TestABrokenFormSaysWhere(t *testing.T) {
	h, v, _ := window(t, newSample(t).node, size)
	if err := os.WriteFile(filepath.Join(forms, "bad.yaml"), []byte("id: x\ntitel: X\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	v.p.LoadForms()
	h.Until(t, "the form", func() bool { return len(v.p.forms.Broken) == 1 })
	v.showBroken(v.p.forms.Broken[0])
	if len(h.Dialogs) != 1 {
		t.Fatal("no dialog")
	}
	var text strings.Builder
	for _, l := range screentest.Find[*kit.Label](t, h.Dialog().Frame()) {
		text.WriteString(l.Text() + "\n")
	}
	if !strings.Contains(text.String(), "bad.yaml, line 2, column 1") {
		t.Error(text.String())
	}
}

func TestEmptyListsSayWhy(t *testing.T) {
	s := newSample(t)
	s.pilot("19 14:00", "M/T Ternholm")
	s.now()
	h, v, w := window(t, s.node, size)
	for id, want := range map[string]string{"1": "Nothing is being sent", "3": "Nothing was picked up yet", "4": "Nothing needs you"} {
		v.choose(id)
		if got := emptyTitle(t, w); got != want {
			t.Errorf("%s: %q", id, got)
		}
	}
	v.choose("0")
	v.p.Find("nothing of the kind")
	if got := emptyTitle(t, w); got != "No entry matches “nothing of the kind”" {
		t.Error(got)
	}
	s.node.Fail("Messages", mq.ErrAccessDenied)
	v.p.entries = nil
	v.p.Find("")
	v.p.Refresh()
	h.Until(t, "the failure", func() bool { return v.p.err != nil })
	if got := emptyTitle(t, w); got != "The entries could not be read" {
		t.Error(got)
	}
}

// emptyTitle is what the empty list says.
func emptyTitle(t *testing.T, w fyne.Window) string {
	t.Helper()
	viewtest.Settle(w.Canvas())
	m := test.RenderToMarkup(w.Canvas())
	for _, x := range []string{
		"Nothing is being sent", "Nothing was picked up yet", "Nothing needs you", "No entry matches “nothing of the kind”", "The entries could not be read",
	} {
		if strings.Contains(m, x) {
			return x
		}
	}
	return ""
}

func TestADeskWithoutFormsOffersTheExamples(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	forms = filepath.Join(t.TempDir(), "forms")
	h := screentest.New(t, newSample(t).node)
	screen.EntryForms.Set(h.Preferences(), forms)
	v := newView(h, Options{State: t.TempDir()})
	viewtest.Window(t, v.Content(), size)
	v.Enter(h.Scope().Sub(), screen.Route{Screen: screen.Desk})
	h.Until(t, "the entries", func() bool { return v.p.loaded && v.p.formed })
	var texts []string
	for _, b := range screentest.Find[*kit.Button](t, v.Content()) {
		texts = append(texts, b.Text())
	}
	if s := strings.Join(texts, "|"); !strings.Contains(s, "Copy the examples|Choose forms…") {
		t.Error(s)
	}
}

func TestEveryWidthShowsTheList(t *testing.T) {
	s := harbour(t)
	_, v, w := window(t, s.node, size)
	for _, c := range []struct {
		width float32
		class int
	}{{1440, arrangeSide}, {1176, arrangeUnder}, {960, arrangeUnder}, {760, arrangeBare}, {696, arrangeBare}} {
		w.Resize(fyne.NewSize(c.width, 560))
		viewtest.Settle(w.Canvas())
		if v.class != c.class || v.grid.Size().Height < 90 {
			t.Errorf("%v wide: arrangement %d, list %v high", c.width, v.class, v.grid.Size().Height)
		}
	}
}
