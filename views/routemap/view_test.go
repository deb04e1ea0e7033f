package routemap

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

var (
	wide   = fyne.NewSize(1176, 844)
	narrow = fyne.NewSize(760, 644)
)

// shown is the screen in a window of its own, with its commands in front.
type shown struct {
	*screentest.Host
	v *View
	w fyne.Window
}

func showing(t *testing.T, dir mgmtclient.Directory, size fyne.Size) *shown {
	t.Helper()
	viewtest.NewApp(t, theme.Light)
	h := screentest.New(t, fake.Sample())
	h.Forest = dir
	forest := dir.Status().Forest
	kept := map[string][2]int{}
	for id, p := range places(pictured) {
		kept[id.String()] = [2]int{int(p.X), int(p.Y)}
	}
	placesOf(forest).Set(h.Preferences(), kept)
	wayOf(forest).Set(h.Preferences(), [2]string{id(hirtshals).String(), id(odense).String()})
	v := New(h).(*View)
	w := viewtest.Window(t, v.Content(), size)
	h.Canvas = w.Canvas()
	v.Enter(h.Scope().Sub(), screen.Route{Screen: screen.RouteMap})
	h.Commands().Front(v.Actions())
	s := &shown{h, v, w}
	if v.p.Configured() {
		s.settle(t)
	}
	viewtest.Settle(w.Canvas())
	return s
}

func (s *shown) settle(t *testing.T) {
	t.Helper()
	settled(t, s.Host, s.v.p)
	viewtest.Settle(s.w.Canvas())
}

// press presses the button with a text.
func (s *shown) press(t *testing.T, text string) {
	t.Helper()
	root := s.w.Content()
	if top := s.w.Canvas().Overlays().Top(); top != nil {
		root = top
	}
	for _, b := range screentest.Find[*kit.Button](t, root) {
		if b.Text() == text && !b.Disabled() {
			b.Press()
			return
		}
	}
	t.Fatalf("there is no %s to press", text)
}

func TestTheScreenKeepsItsStructure(t *testing.T) {
	s := showing(t, forestWith(nordhavn()), wide)
	s.v.choose(item{kindLink, link(aarOdn)}, true)
	s.v.pane.form.cost.SetText("2")
	s.v.pane.form.setCost("2")
	s.settle(t)
	test.AssertRendersToMarkup(t, "map.xml", s.w.Canvas())
	s.v.setMode(modeList)
	s.settle(t)
	test.AssertRendersToMarkup(t, "list.xml", s.w.Canvas())
}

func TestANarrowWindowHasThePaneBelow(t *testing.T) {
	s := showing(t, forestWith(nordhavn()), narrow)
	s.v.choose(item{kindSite, id(copenhagen)}, false)
	s.settle(t)
	test.AssertRendersToMarkup(t, "narrow.xml", s.w.Canvas())
}

func TestWithoutADirectoryTheScreenLeadsToOne(t *testing.T) {
	dir := forestWith(nordhavn())
	dir.status = mgmtclient.DirectoryStatus{}
	s := showing(t, dir, wide)
	test.AssertRendersToMarkup(t, "empty.xml", s.w.Canvas())
	s.press(t, "Choose a directory")
	if len(s.Opened) != 1 || s.Opened[0].Screen != screen.ChooseDirectory {
		t.Errorf("opened %+v", s.Opened)
	}
	if s.v.First() != nil {
		t.Error("there is nothing to take the keyboard")
	}
}

func TestAnErrorIsExplainedAndTriedAgain(t *testing.T) {
	dir := forestWith(nordhavn())
	dir.fail(mq.Errorf(mq.ErrNoDS, "read the routing links", "DC01 does not answer").WithFix("check the line to it"))
	viewtest.NewApp(t, theme.Light)
	h := screentest.New(t, fake.Sample())
	h.Forest = dir
	v := New(h).(*View)
	w := viewtest.Window(t, v.Content(), wide)
	v.Enter(h.Scope().Sub(), screen.Route{})
	h.Until(t, "the error", func() bool { return v.p.err != nil })
	viewtest.Settle(w.Canvas())
	dir.fail(nil)
	(&shown{h, v, w}).press(t, "Try again")
	settled(t, h, v.p)
	if len(v.chart.sites) != 8 {
		t.Error("there is no map")
	}
}

func TestEnterOnALinkLeadsToItsCost(t *testing.T) {
	s := showing(t, forestWith(nordhavn()), wide)
	s.v.takeFocus()
	s.v.chart.choose(item{kindLink, link(aarOdn)})
	viewtest.Key(s.w.Canvas(), fyne.KeyReturn)
	if got, want := s.w.Canvas().Focused(), s.v.pane.form.cost.Focusable(); got != want {
		t.Fatalf("the focus is on %T", got)
	}
	viewtest.Settle(s.w.Canvas())
	test.Type(s.w.Canvas().Focused(), "2")
	s.settle(t)
	if d := s.v.p.Draft(); d.cost != "2" || s.v.pane.form.count.Text() != "3 paths" {
		t.Errorf("%q, %q", d.cost, s.v.pane.form.count.Text())
	}
	viewtest.Key(s.w.Canvas(), fyne.KeyReturn)
	s.Until(t, "the saving", func() bool { return len(s.Actions) == 1 })
}

func TestTheGatesMoveByKeyboard(t *testing.T) {
	s := showing(t, forestWith(nordhavn()), wide)
	s.v.choose(item{kindLink, link(aarOdn)}, false)
	s.settle(t)
	f := s.v.pane.form
	s.w.Canvas().Focus(f.left)
	viewtest.Key(s.w.Canvas(), fyne.KeyDown)
	viewtest.Key(s.w.Canvas(), fyne.KeyReturn)
	s.settle(t)
	if got := s.v.p.Draft().gates; len(got) != 1 || got[0] != id(100+odense) || len(f.right.ids) != 1 || len(f.left.ids) != 1 {
		t.Fatalf("gates %v", got)
	}
	if f.gateHint == nil || f.take.Disabled() {
		t.Error("it cannot be taken back")
	}
	f.take.Press()
	s.settle(t)
	if len(s.v.p.Draft().gates) != 0 || !f.take.Disabled() {
		t.Errorf("gates %v", s.v.p.Draft().gates)
	}
}

func TestDeleteAsksAndLeansToCancel(t *testing.T) {
	dir := forestWith(nordhavn())
	s := showing(t, dir, wide)
	s.v.takeFocus()
	s.v.chart.choose(item{kindLink, link(hirAar)})
	viewtest.Key(s.w.Canvas(), fyne.KeyDelete)
	s.Until(t, "the question", func() bool { return len(s.Dialogs) == 1 })
	b, ok := s.w.Canvas().Focused().(*kit.Button)
	if !ok || b.Text() != "Cancel" {
		t.Fatalf("the focus is on %v", s.w.Canvas().Focused())
	}
	b.Press()
	if len(dir.gone()) != 0 {
		t.Error("Cancel did not cancel")
	}
	s.Commands().Run(screen.CmdDelete)
	s.Until(t, "the question", func() bool { return len(s.Dialogs) == 2 })
	s.press(t, "Delete link")
	s.Until(t, "the deletion", func() bool { return len(s.Actions) == 1 })
	if len(dir.gone()) != 1 || s.v.side {
		t.Errorf("deleted %v", dir.gone())
	}
}

func TestARefusalStandsOnTop(t *testing.T) {
	dir := forestWith(nordhavn())
	s := showing(t, dir, wide)
	s.v.choose(item{kindLink, link(aarOdn)}, false)
	s.v.pane.form.setCost("2")
	dir.fail(denied())
	s.settle(t)
	s.press(t, "Save link")
	s.settle(t)
	if f := s.v.pane.form; !f.refusal.Visible() || f.save.Text() != "Save again" || f.cost.Text() != "2" {
		t.Errorf("%v, %q, %q", f.refusal.Visible(), f.save.Text(), f.cost.Text())
	}
	test.AssertRendersToMarkup(t, "refused.xml", s.w.Canvas())
	dir.fail(nil)
	s.press(t, "Save again")
	s.Until(t, "the saving", func() bool { return len(s.Actions) == 1 })
}

func TestAJoinOpensTheFormOfANewLink(t *testing.T) {
	s := showing(t, forestWith(nordhavn()), wide)
	s.v.chart.OnJoin(id(hirtshals), id(ronne))
	s.settle(t)
	f := s.v.pane.form
	if f.choose1.Chosen() != id(hirtshals).String() || f.choose2.Chosen() != id(ronne).String() || f.save.Text() != "Create link" || f.save.Disabled() {
		t.Errorf("%s, %s, %s", f.choose1.Chosen(), f.choose2.Chosen(), f.save.Text())
	}
	test.AssertRendersToMarkup(t, "new.xml", s.w.Canvas())
	s.press(t, "Discard")
	if s.v.side || s.v.p.Draft() != nil {
		t.Error("it is still there")
	}
}

func TestTheMenusFitWhatTheyAreAbout(t *testing.T) {
	s := showing(t, forestWith(nordhavn()), wide)
	for it, want := range map[item]string{
		{kindSite, id(copenhagen)}: "Path from Copenhagen|Path to Copenhagen||New link from here…||If gate HUB-CPH01 is down||Show in the directory",
		{kindLink, link(aarCph)}:   "Change…||If this link is down|If gate HUB-AAR02 is down|If gate HUB-CPH01 is down||Show in the directory||Delete link…",
		{}:                         "New link…||Show the whole map|Show at 100%|Arrange again",
	} {
		var words []string
		for _, m := range s.v.items(it) {
			words = append(words, m.Label)
		}
		if got := strings.Join(words, "|"); got != want {
			t.Errorf("got %s", got)
		}
	}
	s.v.items(item{kindLink, link(aarCph)})[2].Action()
	s.settle(t)
	if !s.v.items(item{kindLink, link(aarCph)})[2].Checked || s.v.p.way.path.Cost != 9 || !s.v.strip.asIs.Visible() {
		t.Errorf("the way costs %d", s.v.p.way.path.Cost)
	}
	s.press(t, "Show as it is")
	s.settle(t)
	if s.v.p.way.path.Cost != 7 {
		t.Errorf("the way costs %d", s.v.p.way.path.Cost)
	}
}

func TestMapAndListShowTheSameLink(t *testing.T) {
	s := showing(t, forestWith(nordhavn()), wide)
	s.v.choose(item{kindLink, link(oslSka)}, false)
	s.v.setMode(modeList)
	s.settle(t)
	if row, ok := s.v.grid.Current(); !ok || row != rowID(link(oslSka)) {
		t.Errorf("the row is %v", row)
	}
	s.v.grid.Focus()
	viewtest.Key(s.w.Canvas(), fyne.KeyUp)
	s.v.setMode(modeMap)
	s.settle(t)
	if s.v.chart.chosen != s.v.p.chosen || s.v.p.chosen.id == link(oslSka) {
		t.Errorf("the map shows %+v", s.v.chart.chosen)
	}
	if New(s.Host).(*View).mode != modeMap {
		t.Error("the mode is not kept")
	}
}

func TestAMoveOffersToArrangeAgain(t *testing.T) {
	s := showing(t, forestWith(nordhavn()), wide)
	if s.v.again.Visible() {
		t.Error("nobody moved anything")
	}
	s.v.chart.OnMoved(id(oslo), point{80, 600})
	viewtest.Settle(s.w.Canvas())
	s.press(t, "Arrange again")
	s.Until(t, "the arrangement", func() bool { return len(s.Actions) == 1 })
	if s.v.again.Visible() {
		t.Error("it is arranged")
	}
}

func TestEscClosesThePane(t *testing.T) {
	s := showing(t, forestWith(nordhavn()), wide)
	s.v.choose(item{kindSite, id(oslo)}, false)
	if !s.v.side || !s.v.Key(&fyne.KeyEvent{Name: fyne.KeyEscape}) || s.v.side || s.v.p.chosen.kind != kindNone {
		t.Error("it does not")
	}
	if s.w.Canvas().Focused() != fyne.Focusable(s.v.chart) {
		t.Errorf("the focus is on %T", s.w.Canvas().Focused())
	}
}
