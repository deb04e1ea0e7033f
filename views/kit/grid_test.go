package kit_test

import (
	"fmt"
	"image"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"posthouse/views/kit"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

func numbers(n int) rows {
	var out rows
	for i := range n {
		out = append(out, kit.RowData{ID: kit.NumID(uint64(i + 1)), Cells: []kit.Cell{{Text: fmt.Sprintf("row %d", i+1)}, {Text: fmt.Sprint(i)}}})
	}
	return out
}

func twoColumns(src kit.Source) *kit.Grid {
	return kit.NewGrid(src, kit.Column{Key: "name", Title: "Name", Sortable: true}, kit.Column{Key: "n", Title: "N", Width: 88, Kind: kit.KindNumber, Sortable: true})
}

// shown puts a grid into a window of 10 rows.
func shown(t *testing.T, g *kit.Grid) fyne.Window {
	t.Helper()
	viewtest.NewApp(t, theme.Light)
	return viewtest.Window(t, g, fyne.NewSize(400, 28+280))
}

func picked(g *kit.Grid) []int {
	var out []int
	for _, id := range g.Selected() {
		out = append(out, int(id.Num))
	}
	slices.Sort(out)
	return out
}

func same(t *testing.T, got []int, want ...int) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("selected %v, want %v", got, want)
	}
}

const rowY = 28 + 14 // the middle of the first row

func TestClicksSelectOneRangeAndToggle(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	g := twoColumns(numbers(50))
	c := shown(t, g).Canvas()
	viewtest.Click(c, 50, rowY+2*28)
	same(t, picked(g), 3)
	press := func(row int, m fyne.KeyModifier) {
		viewtest.Press(c, fyne.NewPos(50, rowY+float32(row)*28), desktop.MouseButtonPrimary, m)
	}
	press(5, fyne.KeyModifierShift)
	same(t, picked(g), 3, 4, 5, 6)
	press(4, fyne.KeyModifierShortcutDefault)
	same(t, picked(g), 3, 4, 6)
	press(8, fyne.KeyModifierShortcutDefault|fyne.KeyModifierShift)
	same(t, picked(g), 3, 4, 5, 6, 7, 8, 9)
	press(0, 0)
	same(t, picked(g), 1)
	if c.Focused() == nil {
		t.Error("a click does not put the keyboard into the grid")
	}
}

func TestKeysMoveSelectAndAct(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	g := twoColumns(numbers(50))
	c := shown(t, g).Canvas()
	var did []string
	g.OnActivate = func(id kit.RowID) { did = append(did, fmt.Sprint("open ", id.Num)) }
	g.OnDelete = func() { did = append(did, "delete") }
	g.OnMenu = func(fyne.Position) { did = append(did, "menu") }
	g.OnKey = func(ev *fyne.KeyEvent) bool { did = append(did, "key "+string(ev.Name)); return true }
	g.Focus()
	same(t, picked(g), 1)
	viewtest.Key(c, fyne.KeyDown)
	viewtest.Key(c, fyne.KeyDown)
	same(t, picked(g), 3)
	kit.Hold(t, fyne.KeyModifierShift)
	viewtest.Key(c, fyne.KeyDown)
	viewtest.Key(c, fyne.KeyDown)
	same(t, picked(g), 3, 4, 5)
	viewtest.Key(c, fyne.KeyUp)
	same(t, picked(g), 3, 4)
	viewtest.Key(c, fyne.KeyF10)
	kit.Hold(t, 0)
	viewtest.Key(c, fyne.KeyEnd)
	same(t, picked(g), 50)
	viewtest.Key(c, fyne.KeyPageUp)
	same(t, picked(g), 41)
	viewtest.Key(c, fyne.KeyHome)
	viewtest.Key(c, fyne.KeyUp)
	same(t, picked(g), 1)
	viewtest.Key(c, fyne.KeySpace)
	same(t, picked(g))
	c.Focused().(fyne.Shortcutable).TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyDown, Modifier: fyne.KeyModifierShortcutDefault})
	same(t, picked(g))
	viewtest.Key(c, fyne.KeySpace)
	same(t, picked(g), 2)
	c.Focused().(fyne.Shortcutable).TypedShortcut(&fyne.ShortcutSelectAll{})
	if g.SelectedCount() != 50 {
		t.Errorf("select all: %d", g.SelectedCount())
	}
	for _, k := range []fyne.KeyName{fyne.KeyReturn, fyne.KeyDelete, desktop.KeyMenu, fyne.KeyF5} {
		viewtest.Key(c, k)
	}
	if diff := cmp.Diff([]string{"menu", "open 2", "delete", "menu", "key F5"}, did); diff != "" {
		t.Error(diff)
	}
}

func TestSelectionAndCurrentRowStayByIDOverRefresh(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	g := twoColumns(numbers(20))
	shown(t, g)
	g.SetCurrent(9)
	g.Select(kit.NumID(10), kit.NumID(12))
	swap(g, numbers(20)[3:]) // three rows above went away
	same(t, picked(g), 10, 12)
	if id, _ := g.Current(); id != kit.NumID(10) || g.CurrentIndex() != 6 {
		t.Errorf("current row is %v at %d", id, g.CurrentIndex())
	}
}

// swapped is a source whose rows can be replaced.
type swapped struct{ rows }

func swap(g *kit.Grid, r rows) {
	if s, ok := g.Source().(*swapped); ok {
		s.rows = r
		g.Refresh()
		return
	}
	// A source of its own keeps the selection only over Refresh.
	ids, cur := g.Selected(), g.CurrentIndex()
	s := &swapped{g.Source().(rows)}
	g.SetSource(s)
	g.SetCurrent(cur)
	g.Select(ids...)
	s.rows = r
	g.Refresh()
}

func TestALengthThatShrinksIsNoTrouble(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	g := twoColumns(numbers(100))
	w := shown(t, g)
	g.SetCurrent(99)
	swap(g, numbers(3))
	w.Canvas().Capture()
	if from, to := g.VisibleRange(); from != 0 || to != 3 {
		t.Errorf("rows %d to %d in sight", from, to)
	}
	swap(g, nil)
	viewtest.Key(w.Canvas(), fyne.KeyDown)
	if _, to := g.VisibleRange(); to != 0 {
		t.Errorf("%d rows in sight of none", to)
	}
}

// counted is a source of numbered rows.
type counted int

func (n counted) Len() int { return int(n) }
func (n counted) Row(i int) (kit.RowData, bool) {
	return kit.RowData{ID: kit.NumID(uint64(i) + 1), Cells: []kit.Cell{{Text: "row"}, {Text: fmt.Sprint(i)}}}, true
}

func TestAMillionRowsArePaintedExactly(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	g := twoColumns(counted(1_000_000))
	w := shown(t, g)
	for _, i := range []int{0, 1, 430_001, 599_999, 999_990, 999_999} {
		g.ScrollTo(0)
		g.ScrollTo(i)
		y, ok := g.RowTop(i)
		if want := float32(min(i, 9) * 28); !ok || y != want {
			t.Errorf("row %d is painted at %v (%v), want %v", i, y, ok, want)
		}
		if got, want := g.CellText(i, 1), fmt.Sprint(i); got != want {
			t.Errorf("row %d says %q", i, got)
		}
	}
	// One step of the wheel far down moves by exactly three rows.
	at := g.ScrollOffset()
	test.Scroll(w.Canvas(), fyne.NewPos(100, 150), 0, 84)
	if g.ScrollOffset() != at-84 {
		t.Errorf("moved by %d", at-g.ScrollOffset())
	}
	if n := g.RowsPainted(); n > 13 {
		t.Errorf("%d rows made for a window of 10", n)
	}
}

// holes is a source of which only some rows are in memory.
type holes struct {
	n      int
	loaded map[int]bool
}

func (h *holes) Len() int { return h.n }
func (h *holes) Row(i int) (kit.RowData, bool) {
	if !h.loaded[i] {
		return kit.RowData{}, false
	}
	return kit.RowData{ID: kit.NumID(uint64(i + 1)), Cells: []kit.Cell{{Text: fmt.Sprint("row ", i)}, {}}}, true
}

func TestRowsNotInMemoryAreAskedForAndShownAsPlaceholders(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	src := &holes{n: 100_000, loaded: map[int]bool{}}
	g := twoColumns(src)
	var asked [][2]int
	g.OnNeed = func(from, to int) { asked = append(asked, [2]int{from, to}) }
	shown(t, g)
	g.ScrollTo(50_000)
	if len(asked) == 0 {
		t.Fatal("nothing asked for")
	}
	last := asked[len(asked)-1]
	if from, to := g.VisibleRange(); last[0] > from || last[1] < to || last[1]-last[0] > 40 {
		t.Errorf("asked for %v, in sight %d to %d", last, from, to)
	}
	if got := g.CellText(50_000, 0); got != "…" {
		t.Errorf("placeholder %q", got)
	}
	n := len(asked)
	for i := last[0]; i < last[1]; i++ {
		src.loaded[i] = true
	}
	g.RefreshRows(last[0], last[1])
	if got := g.CellText(50_000, 0); got != "row 50000" {
		t.Errorf("after loading %q", got)
	}
	g.Refresh()
	if len(asked) != n {
		t.Errorf("asked again for %v", asked[n:])
	}
}

func TestRangesReachRowsNotInMemoryWhenTheirIDsAreKnown(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	g := twoColumns(million(5000))
	shown(t, g)
	g.SelectAll()
	if g.SelectedCount() != 5000 {
		t.Errorf("%d selected", g.SelectedCount())
	}
}

func TestHeaderSortsSizesAndChoosesColumns(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	g := twoColumns(numbers(5))
	c := shown(t, g).Canvas()
	var sorts []kit.Sort
	g.OnSort = func(s kit.Sort) { sorts = append(sorts, s); g.SetSort(s) }
	told := 0
	g.OnLayout = func() { told++ }
	viewtest.Click(c, 60, 14)
	viewtest.Click(c, 60, 14)
	viewtest.Click(c, 360, 14)
	if diff := cmp.Diff([]kit.Sort{{Key: "name"}, {Key: "name", Desc: true}, {Key: "n"}}, sorts); diff != "" {
		t.Error(diff)
	}
	g.ShowColumn("n", false)
	want := []kit.ColumnState{{Key: "name"}, {Key: "n", Width: 88, Hidden: true}}
	if diff := cmp.Diff(want, g.Layout()); diff != "" {
		t.Error(diff)
	}
	if told != 1 {
		t.Errorf("told %d times", told)
	}
	g.SetLayout([]kit.ColumnState{{Key: "n", Width: 120}, {Key: "gone"}, {Key: "name"}})
	want = []kit.ColumnState{{Key: "n", Width: 120}, {Key: "name"}}
	if diff := cmp.Diff(want, g.Layout()); diff != "" {
		t.Error(diff)
	}
	if got := g.CellText(2, 0); got != "2" {
		t.Errorf("first column shows %q", got)
	}
}

func TestColumnsAreSizedByTheirEdgesAndScrollWhenTooWide(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	g := twoColumns(numbers(5))
	w := shown(t, g)
	told := 0
	g.OnLayout = func() { told++ }
	edge := func(x, dx float32) {
		viewtest.Press(w.Canvas(), fyne.NewPos(x, 14), desktop.MouseButtonPrimary, 0)
		test.Drag(w.Canvas(), fyne.NewPos(x, 14), dx, 0)
	}
	edge(400-8-88, -32) // the first column stretches: its edge moves the second
	if got := g.Layout()[1].Width; got != 120 || told != 1 {
		t.Errorf("%v wide, told %d times", got, told)
	}
	g.SetLayout([]kit.ColumnState{{Key: "name"}, {Key: "n", Width: 600}})
	before := w.Canvas().Capture()
	test.Scroll(w.Canvas(), fyne.NewPos(100, 100), -300, 0)
	if after := w.Canvas().Capture(); slices.Equal(before.(*image.NRGBA).Pix, after.(*image.NRGBA).Pix) {
		t.Error("a grid too wide does not scroll sideways")
	}
}

func TestGroupRowsOpenAndCheckTheirRows(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	g := kit.NewGrid(letters(), kit.Column{Key: "label", Title: "Label"}, kit.Column{Key: "to", Width: 100}).Checks()
	c := shown(t, g).Canvas()
	var opened []string
	g.OnGroup = func(id kit.RowID, open bool) { opened = append(opened, fmt.Sprint(id.Text, open)) }
	links := 0
	g.OnLink = func(id kit.RowID, column string) { links++ }
	viewtest.Click(c, 24, 28+18) // the first group's box
	same(t, picked(g), 1, 2, 3, 4)
	viewtest.Click(c, 24, 28+36+14) // the first letter's box
	same(t, picked(g), 2, 3, 4)
	viewtest.Click(c, 24, 14) // the header's box: some are on, so all go off
	same(t, picked(g))
	viewtest.Click(c, 24, 14)
	same(t, picked(g), 1, 2, 3, 4, 5, 6)
	viewtest.Click(c, 100, 28+18)
	viewtest.Click(c, 60, 28+36+4*28+14) // "Show 16 more"
	if diff := cmp.Diff([]string{"g1false"}, opened); diff != "" || links != 1 {
		t.Error(diff, links)
	}
}

func TestOnlyAFocusedGridShowsACurrentRow(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	g := twoColumns(numbers(5))
	w := shown(t, g)
	g.Focus()
	focused := w.Canvas().Capture()
	w.Canvas().Unfocus()
	idle := w.Canvas().Capture()
	if focused.At(1, rowY) != kit.Color(theme.Accent) || idle.At(1, rowY) != kit.Color(theme.SelectionIdle) {
		t.Errorf("%v, then %v", focused.At(1, rowY), idle.At(1, rowY))
	}
}

func TestPlacesOfRowsAndRowsOfPlacesAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(1, 2_000_000).Draw(t, "count")
		tall := rapid.SliceOfNDistinct(rapid.IntRange(0, count-1), 0, 40, rapid.ID[int]).Draw(t, "tall")
		slices.Sort(tall)
		i := rapid.IntRange(0, count-1).Draw(t, "row")
		top, next := kit.TopOf(28, 8, count, tall, i), kit.TopOf(28, 8, count, tall, i+1)
		high := int64(28)
		if slices.Contains(tall, i) {
			high = 36
		}
		if next-top != high {
			t.Fatalf("row %d is %d high", i, next-top)
		}
		for _, y := range []int64{top, top + 1, next - 1} {
			if got := kit.RowAt(28, 8, count, tall, y); got != i {
				t.Fatalf("at %d (row %d from %d): row %d", y, i, top, got)
			}
		}
	})
}
