package kit_test

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"github.com/google/go-cmp/cmp"

	"posthouse/views/body"
	"posthouse/views/kit"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

func TestButtonsArePressedByMouseAndKeys(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	n := 0
	b := kit.NewButton("Refresh", "refresh", func() { n++ })
	w := viewtest.Window(t, container.NewWithoutLayout(at(10, 10, 100, 28, b)), fyne.NewSize(200, 60))
	viewtest.Click(w.Canvas(), 50, 20)
	w.Canvas().Focus(b)
	viewtest.Key(w.Canvas(), fyne.KeyReturn)
	viewtest.Key(w.Canvas(), fyne.KeySpace)
	b.Disable()
	viewtest.Key(w.Canvas(), fyne.KeySpace)
	viewtest.Click(w.Canvas(), 50, 20)
	if n != 3 {
		t.Errorf("pressed %d times", n)
	}
}

func TestChoicesTellOnlyWhatTheUserChose(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	var told []string
	tell := func(s string) { told = append(told, s) }
	seg := kit.NewSegmented(kit.Choices("XML", "Text", "Hex"), "XML", tell)
	tabs := kit.NewTabs([]kit.Choice{{ID: "g", Text: "General"}, {ID: "l", Text: "Limits"}}, "g", tell)
	radio := kit.NewRadio([]kit.Choice{{ID: "me", Text: "Only me"}, {ID: "all", Text: "Anyone", Hint: "unsigned"}}, "me", tell)
	check := kit.NewCheck("Keep", false, func(on bool) { tell(fmt.Sprint(on)) })
	sel := kit.NewSelect(kit.Choices("days", "hours"), "days", 80, tell)
	w := viewtest.Window(t, container.NewWithoutLayout(at(0, 0, 200, 28, seg), at(0, 40, 200, 36, tabs), at(0, 80, 200, 56, radio), at(0, 150, 100, 20, check), at(0, 180, 80, 28, sel)), fyne.NewSize(300, 300))
	c := w.Canvas()
	seg.SetChosen("Text")
	viewtest.Click(c, 130, 14)
	viewtest.Click(c, 90, 58)
	viewtest.Click(c, 5, 80+28+14)
	viewtest.Click(c, 5, 160)
	c.Focus(sel)
	viewtest.Key(c, fyne.KeyDown)
	viewtest.Key(c, fyne.KeyDown)
	c.Focus(tabs)
	viewtest.Key(c, fyne.KeyLeft)
	if diff := cmp.Diff([]string{"Hex", "l", "all", "true", "hours", "g"}, told); diff != "" {
		t.Error(diff)
	}
}

func TestSelectOpensAMenuOfItsChoices(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	got := ""
	sel := kit.NewSelect(kit.Choices("days", "hours"), "days", 80, func(s string) { got = s })
	w := viewtest.Window(t, container.NewWithoutLayout(at(10, 10, 80, 28, sel)), fyne.NewSize(300, 300))
	viewtest.Click(w.Canvas(), 20, 20)
	if w.Canvas().Overlays().Top() == nil {
		t.Fatal("no menu")
	}
	viewtest.Key(w.Canvas(), fyne.KeyDown)
	viewtest.Key(w.Canvas(), fyne.KeyDown)
	viewtest.Key(w.Canvas(), fyne.KeyReturn)
	if got != "hours" || sel.Chosen() != "hours" {
		t.Errorf("chose %q", got)
	}
}

func TestAMenuOpensItsChildrenAndClosesWithThem(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	f := kit.NewField("")
	w := viewtest.Window(t, container.NewWithoutLayout(at(10, 10, 80, 28, f)), fyne.NewSize(500, 300))
	c := w.Canvas()
	f.Focus()
	got := ""
	columns := kit.MenuItem("Columns", "columns", nil)
	columns.ChildMenu = fyne.NewMenu("", kit.MenuItem("Size", "", func() { got = "size" }), kit.MenuItem("Sent", "", func() { got = "sent" }))
	items := []*fyne.MenuItem{kit.MenuItem("Open", "open", func() { got = "open" }), kit.MenuSeparator(), columns}
	kit.ShowMenu(f, fyne.NewPos(20, 40), items...)
	for _, k := range []fyne.KeyName{fyne.KeyUp, fyne.KeyRight, fyne.KeyLeft} {
		viewtest.Key(c, k)
	}
	if len(c.Overlays().List()) != 1 {
		t.Errorf("%d menus open", len(c.Overlays().List()))
	}
	viewtest.Key(c, fyne.KeyRight)
	c.Focused().TypedRune('s')
	c.Focused().TypedRune('s')
	viewtest.Key(c, fyne.KeyReturn)
	if got != "sent" || c.Overlays().Top() != nil || c.Focused() != f.Focusable() {
		t.Errorf("chose %q, %v on top, focus %v", got, c.Overlays().Top(), c.Focused())
	}
	kit.ShowMenu(f, fyne.NewPos(20, 40), items...)
	viewtest.Click(c, 40, 40+5+14)
	if got != "open" || c.Overlays().Top() != nil {
		t.Errorf("a click chose %q", got)
	}
	kit.ShowMenu(f, fyne.NewPos(20, 40), items...)
	viewtest.Click(c, 400, 250)
	if c.Overlays().Top() != nil {
		t.Error("a click beside the menu leaves it open")
	}
}

func TestFieldTellsSubmitsAndHandsKeysOn(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	f := kit.NewField("Filter")
	var did []string
	f.OnChanged = func(s string) { did = append(did, "text "+s) }
	w := viewtest.Window(t, container.NewWithoutLayout(at(0, 0, 120, 28, f)), fyne.NewSize(200, 60))
	kit.HandleKeys(w.Canvas(), func(ev *fyne.KeyEvent) bool { did = append(did, "window "+string(ev.Name)); return true })
	t.Cleanup(func() { kit.HandleKeys(w.Canvas(), nil) })
	f.SetText("quiet")
	f.Focus()
	f.SelectAll()
	test.Type(f.Focusable(), "ab")
	viewtest.Key(w.Canvas(), fyne.KeyF5)
	viewtest.Key(w.Canvas(), fyne.KeyReturn)
	f.OnSubmit = func(s string) { did = append(did, "submit "+s) }
	viewtest.Key(w.Canvas(), fyne.KeyReturn)
	if diff := cmp.Diff([]string{"text a", "text ab", "window F5", "window Return", "submit ab"}, did); diff != "" {
		t.Error(diff)
	}
	f.SetError("A queue name cannot contain ;")
	if h := f.MinSize().Height; h != 52 {
		t.Errorf("a field with a fault is %v high", h)
	}
}

func TestShortcutsOfTheWindowWorkWhateverHasTheFocus(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	f, g, tree, v := kit.NewField(""), twoColumns(numbers(3)), kit.NewTreeList(), kit.NewBodyView()
	w := viewtest.Window(t, container.NewVBox(f, g, tree, v), fyne.NewSize(300, 400))
	c := w.Canvas()
	find := &desktop.CustomShortcut{KeyName: fyne.KeyF, Modifier: fyne.KeyModifierControl}
	n := 0
	kit.HandleShortcuts(c, func(s fyne.Shortcut) bool { n++; return s == find })
	t.Cleanup(func() { kit.HandleShortcuts(c, nil) })
	for _, focus := range []func(){f.Focus, g.Focus, tree.Focus, v.Focus} {
		focus()
		c.Focused().(fyne.Shortcutable).TypedShortcut(find)
	}
	if n != 4 {
		t.Errorf("it ran %d times", n)
	}
}

func TestNumberFieldKnowsItsLimits(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	n := kit.NewNumberField(4, 0, 5, 64)
	var told []int64
	n.OnNumber = func(v int64) { told = append(told, v) }
	w := viewtest.Window(t, container.NewWithoutLayout(at(0, 0, 64, 28, n)), fyne.NewSize(200, 60))
	n.Focus()
	for range 3 {
		viewtest.Key(w.Canvas(), fyne.KeyUp)
	}
	if v, ok := n.Value(); v != 5 || !ok {
		t.Errorf("%d %v", v, ok)
	}
	for text, good := range map[string]bool{"1": true, "6": false, "": false, "x": false, "0,005": true} {
		n.SetText(text)
		if _, ok := n.Value(); ok != good {
			t.Errorf("%q: %v", text, ok)
		}
	}
	if diff := cmp.Diff([]int64{5}, told); diff != "" {
		t.Error(diff)
	}
}

func TestTreeMovesOpensAndKeepsItsChoice(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	tree := kit.NewTreeList()
	lines := []kit.TreeRow{{ID: "a", Text: "A", Open: true}, {ID: "b", Depth: 1, Text: "B", Leaf: true}, {ID: "c", Depth: 1, Text: "C"}, {ID: "d", Text: "D", Leaf: true}}
	tree.SetRows(lines)
	w := viewtest.Window(t, tree, fyne.NewSize(200, 200))
	c := w.Canvas()
	var did []string
	tree.OnSelect = func(id string) { did = append(did, id) }
	tree.OnToggle = func(id string, open bool) { did = append(did, fmt.Sprint(id, open)) }
	tree.OnMenu = func(id string, _ fyne.Position) { did = append(did, "menu "+id) }
	tree.OnEdge = func(dir int) { did = append(did, fmt.Sprint("edge ", dir)) }
	tree.Focus()
	for _, k := range []fyne.KeyName{fyne.KeyUp, fyne.KeyRight, fyne.KeyDown, fyne.KeyRight, fyne.KeyLeft, fyne.KeyLeft, fyne.KeyEnd, fyne.KeyDown} {
		viewtest.Key(c, k)
	}
	viewtest.Click(c, 10, 14)
	viewtest.Press(c, fyne.NewPos(80, 28+14), desktop.MouseButtonSecondary, 0)
	want := []string{"a", "edge -1", "b", "c", "ctrue", "a", "afalse", "d", "edge 1", "afalse", "b", "menu b"}
	if diff := cmp.Diff(want, did); diff != "" {
		t.Error(diff)
	}
	tree.SetRows(lines[:3])
	if tree.Chosen() != "b" {
		t.Errorf("chosen %q", tree.Chosen())
	}
}

func TestCutTextIsShownWholeInATooltip(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	q := viewtest.NewQueue()
	g := kit.NewGrid(rows{{ID: kit.NumID(1), Cells: []kit.Cell{{Text: strings.Repeat("long ", 40)}}}}, kit.Column{Key: "a", Title: "A", Width: 100})
	w := test.NewTempWindow(t, nil)
	w.SetPadded(false)
	tips := kit.NewTips(w.Canvas(), g, q.Poster())
	t.Cleanup(tips.Close)
	w.SetContent(tips.Content())
	w.Resize(fyne.NewSize(1200, 100))
	test.MoveMouse(w.Canvas(), fyne.NewPos(40, 40))
	posted := false
	q.Wait(t, func() bool { posted = kit.ShownTip(tips) != ""; return posted })
	if got := kit.ShownTip(tips); !strings.HasPrefix(got, "long long") {
		t.Errorf("%q", got)
	}
	test.MoveMouse(w.Canvas(), fyne.NewPos(600, 90))
	if got := kit.ShownTip(tips); got != "" {
		t.Errorf("%q is still there", got)
	}
}

func TestTextsAreCutWhereTheyTellLeast(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	id := `{6f1c2d80-51aa-4c77-9e11-7c0a2f1e88b4}\20961`
	for _, c := range []struct {
		in   string
		w    float32
		cut  kit.Cut
		want string
	}{
		{"short", 100, kit.End, "short"},
		{"a label that is too long", 80, kit.End, "a label that…"},
		{`HUB-CPH01\private$\orders.replies`, 140, kit.Middle, `HUB-CPH01…s.replies`},
		{id, kit.MeasureBody(id) - 60, kit.Middle, `{6f1c2d80-51aa-…-7c0a2f1e88b4}\20961`},
		{"x\x00y\u202Ez\n", 100, kit.End, "x␀y·z "},
	} {
		got, _ := kit.Fit(c.in, c.w, c.cut)
		if got != c.want || kit.MeasureBody(got) > c.w+1 {
			t.Errorf("%q in %v: %q (%v wide)", c.in, c.w, got, kit.MeasureBody(got))
		}
	}
	if n := len([]rune(kit.Shorten(strings.Repeat("x", 1<<20)))); n != 257 {
		t.Errorf("%d runes of a million", n)
	}
}

func TestBodyViewMarksAndCopies(t *testing.T) {
	app := viewtest.NewApp(t, theme.Light)
	v := kit.NewBodyView()
	v.SetBody([]byte("first line\nsecond line\nthird"), body.Text, body.UTF8)
	w := viewtest.Window(t, v, fyne.NewSize(400, 200))
	c := w.Canvas()
	var at string
	v.OnCursor = func(l, col int) { at = fmt.Sprint(l, ":", col) }
	v.Focus()
	viewtest.Key(c, fyne.KeyDown)
	kit.Hold(t, fyne.KeyModifierShift)
	viewtest.Key(c, fyne.KeyEnd)
	if at != "2:12" || v.Selected() != "second line" {
		t.Errorf("at %s, %q", at, v.Selected())
	}
	c.Focused().(fyne.Shortcutable).TypedShortcut(&fyne.ShortcutCopy{})
	if got := app.Clipboard().Content(); got != "second line" {
		t.Errorf("copied %q", got)
	}
	kit.Hold(t, 0)
	viewtest.DoubleClick(c, 40+3*7, 8+10)
	if v.Selected() != "first" {
		t.Errorf("double click marks %q", v.Selected())
	}
	v.SelectAll()
	if v.Selected() != "first line\nsecond line\nthird" {
		t.Errorf("all is %q", v.Selected())
	}
	v.SetBody([]byte("abc"), body.Hex, body.UTF8)
	if got := v.Selected(); !strings.HasPrefix(got, "00000000  61 62 63") {
		t.Errorf("hex is %q", got)
	}
}

func TestBodyViewPaintsOnlyWhatIsInSight(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	v := kit.NewBodyView()
	w := viewtest.Window(t, v, fyne.NewSize(400, 200))
	v.SetBody([]byte(strings.Repeat("x", 4<<20)), body.Text, body.UTF8)
	widest := func() int {
		n := 0
		var walk func(fyne.CanvasObject)
		walk = func(o fyne.CanvasObject) {
			switch o := o.(type) {
			case *fyne.Container:
				for _, c := range o.Objects {
					walk(c)
				}
			case fyne.Widget:
				for _, c := range test.WidgetRenderer(o).Objects() {
					walk(c)
				}
			case interface{ MinSize() fyne.Size }:
				if s := o.MinSize(); s.Width > float32(n) {
					n = int(s.Width)
				}
			}
		}
		walk(v)
		return n
	}
	if n := widest(); n > 800 {
		t.Errorf("a text %d wide is painted", n)
	}
	test.Scroll(w.Canvas(), fyne.NewPos(100, 150), -5000, 0)
	if n := widest(); n > 800 {
		t.Errorf("after a scroll a text %d wide is painted", n)
	}
	if d := v.Document(); d.Shown != body.PreviewLimit {
		t.Errorf("%d bytes laid out", d.Shown)
	}
}

func TestSplitPaneRemembersItsSize(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	left, right := kit.NewPanel(theme.Surface, kit.Row()), kit.NewPanel(theme.Inset, kit.Row())
	s := kit.NewSplit(left, right, 300).SizeSecond().Limits(200, 500)
	told := float32(0)
	s.OnMoved = func(v float32) { told = v }
	w := viewtest.Window(t, s, fyne.NewSize(1000, 100))
	if right.Size().Width != 300 || left.Size().Width != 695 {
		t.Errorf("%v and %v", left.Size(), right.Size())
	}
	test.Drag(w.Canvas(), fyne.NewPos(697, 50), -50, 0)
	if told != 350 || right.Size().Width != 350 {
		t.Errorf("told %v, %v wide", told, right.Size().Width)
	}
	w.Resize(fyne.NewSize(420, 100))
	if left.Size().Width < 200 {
		t.Errorf("the other pane is %v wide", left.Size().Width)
	}
	s.SetSecond(nil)
	if left.Size().Width != 420 {
		t.Errorf("alone it is %v wide", left.Size().Width)
	}
}

func TestKeyValueCopiesWhatItCuts(t *testing.T) {
	app := viewtest.NewApp(t, theme.Light)
	id := `{6f1c2d80-51aa-4c77-9e11-7c0a2f1e88b4}\20961`
	kv := kit.NewKeyValue(112, kit.Pair{Key: "Message ID", Value: id, Mono: true}, kit.Pair{Key: "Size", Value: "2 KB", Copy: "2048"})
	w := viewtest.Window(t, kv, fyne.NewSize(300, 80))
	viewtest.Click(w.Canvas(), 200, 10)
	c := w.Canvas().Focused().(fyne.Shortcutable)
	c.TypedShortcut(&fyne.ShortcutCopy{})
	if got := app.Clipboard().Content(); got != id {
		t.Errorf("copied %q", got)
	}
	viewtest.Key(w.Canvas(), fyne.KeyDown)
	c.TypedShortcut(&fyne.ShortcutCopy{})
	if got := app.Clipboard().Content(); got != "2048" {
		t.Errorf("copied %q", got)
	}
}

func TestTheVariantCanChangeWhileAWindowIsOpen(t *testing.T) {
	app := viewtest.NewApp(t, theme.Light)
	w := viewtest.Window(t, queuesSheet(t), fyne.NewSize(1440, 872))
	light := w.Canvas().Capture()
	app.Settings().SetTheme(theme.New(theme.Dark))
	dark := w.Canvas().Capture()
	fresh := viewtest.Window(t, queuesSheet(t), fyne.NewSize(1440, 872)).Canvas().Capture()
	diff, kept := 0, 0
	for y := 0; y < 872; y += 3 {
		for x := 0; x < 1440; x += 3 {
			if dark.At(x, y) != fresh.At(x, y) {
				diff++
			}
			if dark.At(x, y) == light.At(x, y) {
				kept++
			}
		}
	}
	if diff > 0 {
		t.Errorf("%d points differ from a window opened dark", diff)
	}
	if kept > 1000 {
		t.Errorf("%d points stayed light", kept)
	}
}

func TestAParagraphKeepsItsWidthWhenItsTextChanges(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	p := kit.NewParagraph("")
	test.NewTempWindow(t, p)
	p.Resize(fyne.NewSize(330, 40))
	p.SetText("Cancel stops between two batches.\nWhat is purged stays purged.")
	if n := len(test.WidgetRenderer(p).Objects()); n != 2 {
		t.Errorf("two lines are painted as %d", n)
	}
}

func TestWhatHasNoSizeYetIsPainted(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	for _, o := range []fyne.CanvasObject{kit.NewButton("Add", "plus", nil), kit.NewPanel(theme.Surface, kit.Stack(0)).Framed(6)} {
		for _, size := range []fyne.Size{{}, fyne.NewSize(2, 60)} {
			o.Resize(size)
			w := test.NewTempWindow(t, container.NewWithoutLayout(o))
			w.Canvas().Capture()
		}
	}
}

func TestALeadIsCutWhereThereIsNoRoom(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	name, count := kit.NewLabel("orders"), kit.NewLabel("2 messages")
	lead := kit.Lead(name, count)
	w := viewtest.Window(t, container.NewWithoutLayout(at(0, 0, 400, 28, lead)), fyne.NewSize(400, 40))
	short := name.Size().Width
	if gap := count.Position().X - name.Position().X - short; short > 100 || gap != 8 {
		t.Errorf("the name is %v wide, and %v in front of the count", short, gap)
	}
	name.SetText(strings.Repeat("orders.in.", 20))
	lead.Refresh()
	if right := count.Position().X + count.Size().Width; right > 400 || name.Size().Width <= short {
		t.Errorf("the name is %v wide, and the count ends at %v of 400", name.Size().Width, right)
	}
	w.Canvas().Capture()
}
