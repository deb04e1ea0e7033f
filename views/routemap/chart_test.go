package routemap

import (
	"math"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

// chartOf shows a forest in a chart of a window.
func chartOf(t testing.TB, m *mgmtclient.RouteMap, at map[mq.GUID]point, size fyne.Size) (*chart, fyne.Window) {
	t.Helper()
	viewtest.NewApp(t, theme.Light)
	c := newChart()
	w := viewtest.Window(t, c, size)
	c.Set(still(m, at).picture())
	return c, w
}

func picturedChart(t testing.TB) (*chart, fyne.Window) {
	return chartOf(t, nordhavn(), places(pictured), fyne.NewSize(832, 676))
}

// down presses a mouse button on a place of a chart.
func down(c *chart, at fyne.Position, button desktop.MouseButton, mods fyne.KeyModifier) {
	c.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: at, AbsolutePosition: at}, Button: button, Modifier: mods})
}

func up(c *chart, at fyne.Position) {
	c.MouseUp(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: at}, Button: desktop.MouseButtonPrimary})
}

// dragTo moves the mouse while it is down.
func dragTo(c *chart, from, to fyne.Position) {
	c.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: to}, Dragged: fyne.NewDelta(to.X-from.X, to.Y-from.Y)})
}

// spotOf is where an item is painted.
func spotOf(t testing.TB, c *chart, it item) fyne.Position {
	t.Helper()
	p, ok := c.spot(it)
	if !ok {
		t.Fatalf("%+v is not on the map", it)
	}
	return c.toScreen(p)
}

func TestAMapThatFitsIsShownWhole(t *testing.T) {
	c, _ := picturedChart(t)
	if c.Percent() != 100 {
		t.Errorf("%d%%", c.Percent())
	}
	for i := range c.sites {
		x, y, w, h := c.siteBox(&c.sites[i])
		if x < 0 || y < 0 || x+w > 832 || y+h > 676 {
			t.Errorf("%s at %v, %v", c.sites[i].name, x, y)
		}
	}
	c.Resize(fyne.NewSize(500, 400))
	if c.Percent() >= 100 {
		t.Error("it does not shrink with its room")
	}
}

func TestZoomKeepsWhatIsUnderTheMouse(t *testing.T) {
	c, _ := picturedChart(t)
	at := fyne.NewPos(200, 300)
	before := c.toMap(at)
	for _, z := range []float32{1.25, 2, 0.7, 0.4} {
		c.zoomAt(z, at)
		after := c.toMap(at)
		if abs(after.X-before.X) > 1/c.zoom || abs(after.Y-before.Y) > 1/c.zoom {
			t.Errorf("at %v: %v went to %v", z, before, after)
		}
	}
	c.zoomAt(99, at)
	if c.zoom != mostZoom {
		t.Errorf("zoom %v", c.zoom)
	}
	c.TypedRune('0')
	if c.Percent() != 100 {
		t.Errorf("0 gives %d%%", c.Percent())
	}
	c.TypedRune('-')
	c.TypedRune('-')
	c.TypedRune('+')
	if c.Percent() != 80 {
		t.Errorf("- - + gives %d%%", c.Percent())
	}
	c.TypedRune('f')
	if c.Percent() != 100 || c.touched {
		t.Errorf("F gives %d%%", c.Percent())
	}
}

func TestTheMapCannotBeLost(t *testing.T) {
	c, _ := picturedChart(t)
	for _, d := range []fyne.Position{{X: 99999, Y: 99999}, {X: -99999, Y: -99999}} {
		c.pan(d.X, d.Y)
		low, high := c.bounds()
		a, b := c.toScreen(low), c.toScreen(high)
		if b.X < 32 || b.Y < 32 || a.X > 800 || a.Y > 640 {
			t.Errorf("it is at %v to %v", a, b)
		}
	}
}

func TestADraggedSiteStaysWhereItIsPut(t *testing.T) {
	c, _ := picturedChart(t)
	var moved mq.GUID
	var to point
	c.OnMoved = func(id mq.GUID, p point) { moved, to = id, p }
	from := spotOf(t, c, item{kindSite, id(oslo)})
	grip := from.AddXY(30, 10)
	before := c.sites[oslo].at
	down(c, grip, desktop.MouseButtonPrimary, 0)
	if c.chosen != (item{kindSite, id(oslo)}) {
		t.Error("it is not chosen")
	}
	dragTo(c, grip, grip.AddXY(-50, 20))
	dragTo(c, grip, grip.AddXY(-101, 43))
	c.DragEnd()
	if moved != id(oslo) || to != c.sites[oslo].at || abs(to.X-before.X+101) > raster || abs(to.Y-before.Y-43) > raster {
		t.Errorf("%v to %v, from %v", moved, to, before)
	}
	if to.X != onRaster(to.X) || to.Y != onRaster(to.Y) {
		t.Errorf("%v is not on the raster", to)
	}
}

func TestAHandThatShakesDoesNotMoveASite(t *testing.T) {
	c, _ := picturedChart(t)
	c.OnMoved = func(mq.GUID, point) { t.Error("it moved") }
	at := spotOf(t, c, item{kindSite, id(oslo)})
	down(c, at, desktop.MouseButtonPrimary, 0)
	dragTo(c, at, at.AddXY(2, 1))
	up(c, at.AddXY(2, 1))
	c.DragEnd()
	if c.drag.armed || c.chosen != (item{kindSite, id(oslo)}) {
		t.Errorf("%+v, chosen %+v", c.drag, c.chosen)
	}
}

func TestADragOutlivesNews(t *testing.T) {
	c, _ := picturedChart(t)
	at := spotOf(t, c, item{kindSite, id(oslo)})
	down(c, at, desktop.MouseButtonPrimary, 0)
	dragTo(c, at, at.AddXY(40, 16))
	held := c.sites[oslo].at
	other, _ := picturedChart(t)
	c.Set(slices.Clone(other.sites), slices.Clone(other.links))
	if c.drag.mode != dragSite || c.sites[oslo].at != held {
		t.Errorf("the site went to %v, drag %+v", c.sites[oslo].at, c.drag)
	}
	c.Set(nil, nil)
	c.DragEnd()
}

func TestTheGroundIsDraggedAndAClickLetsGo(t *testing.T) {
	c, _ := picturedChart(t)
	var last item
	c.OnChoose = func(it item) { last = it }
	down(c, spotOf(t, c, item{kindLink, link(oslCph)}), desktop.MouseButtonPrimary, 0)
	up(c, fyne.Position{})
	if last != (item{kindLink, link(oslCph)}) {
		t.Fatalf("chosen %+v", last)
	}
	ground := fyne.NewPos(60, 560)
	origin := c.origin
	down(c, ground, desktop.MouseButtonPrimary, 0)
	dragTo(c, ground, ground.AddXY(-40, -30))
	c.DragEnd()
	if last.kind != kindLink || c.origin == origin {
		t.Error("dragging the map lets go of what was chosen, or does not move it")
	}
	down(c, ground, desktop.MouseButtonPrimary, 0)
	up(c, ground)
	if last.kind != kindNone {
		t.Errorf("chosen %+v", last)
	}
}

func TestALinkIsDrawnFromSiteToSite(t *testing.T) {
	for name, begin := range map[string]func(*chart) fyne.Position{
		"with Shift": func(c *chart) fyne.Position {
			at := c.toScreen(c.sites[hirtshals].at)
			down(c, at, desktop.MouseButtonPrimary, fyne.KeyModifierShift)
			return at
		},
		"by the handle": func(c *chart) fyne.Position {
			c.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: c.toScreen(c.sites[hirtshals].at)}})
			x, y, _ := c.handle(&c.sites[hirtshals])
			at := fyne.NewPos(x+4, y)
			c.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: at}})
			if !c.onHandle {
				return at
			}
			down(c, at, desktop.MouseButtonPrimary, 0)
			return at
		},
	} {
		c, _ := picturedChart(t)
		var joined [2]mq.GUID
		c.OnJoin = func(a, b mq.GUID) { joined = [2]mq.GUID{a, b} }
		c.OnMoved = func(mq.GUID, point) { t.Errorf("%s: the site moved", name) }
		at := begin(c)
		dragTo(c, at, c.toScreen(c.sites[oslo].at).AddXY(20, 5))
		if c.drag.over != (item{kindSite, id(oslo)}) {
			t.Errorf("%s: over %+v", name, c.drag.over)
		}
		c.DragEnd()
		if joined != [2]mq.GUID{id(hirtshals), id(oslo)} {
			t.Errorf("%s: joined %v", name, joined)
		}
		joined = [2]mq.GUID{}
		begin(c)
		dragTo(c, at, fyne.NewPos(5, 5))
		c.DragEnd()
		if joined != [2]mq.GUID{} {
			t.Errorf("%s: a link to nowhere", name)
		}
	}
}

func TestEverySiteAndLinkIsReachedByTab(t *testing.T) {
	c, w := picturedChart(t)
	w.Canvas().Focus(c)
	seen := map[item]bool{}
	var order []string
	for range len(c.sites) + len(c.links) {
		viewtest.Key(w.Canvas(), fyne.KeyTab)
		seen[c.chosen] = true
		if c.chosen.kind == kindSite {
			order = append(order, c.sites[c.index[c.chosen.id]].name)
		}
	}
	if len(seen) != 17 || seen[item{}] {
		t.Errorf("%d reached: %v", len(seen), seen)
	}
	if want := []string{"Hirtshals", "Skagen", "Oslo"}; !slices.Equal(order[:3], want) {
		t.Errorf("in the order %v", order)
	}
	last := c.chosen
	viewtest.Key(w.Canvas(), fyne.KeyTab)
	if c.chosen != last {
		t.Error("Tab goes on after the last")
	}
}

func TestArrowsGoToWhatIsThere(t *testing.T) {
	c, w := picturedChart(t)
	w.Canvas().Focus(c)
	c.Choose(item{kindSite, id(aarhus)})
	for _, step := range []struct {
		key  fyne.KeyName
		want item
	}{
		{fyne.KeyRight, item{kindLink, link(aarCph)}},
		{fyne.KeyRight, item{kindSite, id(copenhagen)}},
		{fyne.KeyDown, item{kindLink, link(ronCph)}},
		{fyne.KeyUp, item{kindSite, id(copenhagen)}},
		{fyne.KeyUp, item{kindLink, link(oslCph)}},
	} {
		viewtest.Key(w.Canvas(), step.key)
		if c.chosen != step.want {
			t.Fatalf("%s leads to %+v, want %+v", step.key, c.chosen, step.want)
		}
	}
}

func TestKeysActOnWhatIsChosen(t *testing.T) {
	c, w := picturedChart(t)
	w.Canvas().Focus(c)
	var opened, deleted, menu item
	c.OnOpen = func(it item) { opened = it }
	c.OnDelete = func(it item) { deleted = it }
	c.OnMenu = func(it item, _ fyne.Position) { menu = it }
	it := item{kindLink, link(aarOdn)}
	c.Choose(it)
	viewtest.Key(w.Canvas(), fyne.KeyReturn)
	viewtest.Key(w.Canvas(), fyne.KeyDelete)
	viewtest.Key(w.Canvas(), desktop.KeyMenu)
	if opened != it || deleted != it || menu != it {
		t.Errorf("%+v %+v %+v", opened, deleted, menu)
	}
	viewtest.Key(w.Canvas(), fyne.KeyEscape)
	if c.chosen.kind != kindNone {
		t.Errorf("Esc leaves %+v chosen", c.chosen)
	}
	c.Choose(item{kindSite, id(oslo)})
	at := c.sites[oslo].at
	c.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyLeft, Modifier: fyne.KeyModifierShortcutDefault})
	if got := c.sites[oslo].at; got != at.add(-2*raster, 0) {
		t.Errorf("Ctrl and an arrow: %v to %v", at, got)
	}
}

func TestTheWheelMovesTheMap(t *testing.T) {
	c, w := picturedChart(t)
	origin := c.origin
	test.Scroll(w.Canvas(), fyne.NewPos(300, 300), 0, -50)
	if c.origin.Y != origin.Y+50 || c.origin.X != origin.X {
		t.Errorf("%v to %v", origin, c.origin)
	}
}

func TestCostsCoverNeitherSitesNorEachOther(t *testing.T) {
	m := branches(40)
	c, _ := chartOf(t, m, arrange(m, nil), fyne.NewSize(1200, 800))
	covered := 0
	for i := range c.links {
		l := &c.links[i]
		if !c.pillFree(i, between(c.sites[l.a].at, c.sites[l.b].at, l.pill)) {
			covered++
		}
	}
	if covered > len(c.links)/10 {
		t.Errorf("%d of %d costs are covered", covered, len(c.links))
	}
}

func TestOnlyWhatIsInSightIsPainted(t *testing.T) {
	m := branches(300)
	c, _ := chartOf(t, m, arrange(m, nil), fyne.NewSize(832, 676))
	c.zoomAt(1, fyne.NewPos(416, 338))
	texts := 0
	for _, o := range c.brush.shown {
		switch o := o.(type) {
		case *canvas.Line:
			for _, p := range []fyne.Position{o.Position1, o.Position2} {
				if p.X < -8 || p.Y < -8 || p.X > 840 || p.Y > 684 {
					t.Fatalf("a line goes to %v", p)
				}
			}
		case *canvas.Text:
			texts++
		}
	}
	if n := len(c.brush.shown); n > 500 || texts > 160 {
		t.Errorf("%d objects, %d texts", n, texts)
	}
}

func TestALineIsCutAtTheEdges(t *testing.T) {
	room := fyne.NewSize(100, 50)
	for _, c := range []struct {
		in   [4]float32
		want [4]float32
		ok   bool
	}{
		{[4]float32{10, 10, 90, 40}, [4]float32{10, 10, 90, 40}, true},
		{[4]float32{-996, 20, 1004, 20}, [4]float32{-4, 20, 104, 20}, true},
		{[4]float32{50, -1000, 50, 1000}, [4]float32{50, -4, 50, 54}, true},
		{[4]float32{-100, -10, 200, -10}, [4]float32{}, false},
		{[4]float32{-50, 0, 0, -50}, [4]float32{}, false},
	} {
		a, b, x, y, ok := clip(room, c.in[0], c.in[1], c.in[2], c.in[3])
		if ok != c.ok || ok && [4]float32{a, b, x, y} != c.want {
			t.Errorf("%v: got %v %v %v %v, %v", c.in, a, b, x, y, ok)
		}
	}
}

func TestALongNameIsCut(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	name := "A site whose name nobody wanted to make any shorter than this"
	got := cut(name, 13, 0, 120)
	if len(got) >= len(name) || widthOf(got, 13, 0) > 120 || []rune(got)[len([]rune(got))-1] != '…' {
		t.Errorf("got %q", got)
	}
	if cut("Oslo", 13, 0, 120) != "Oslo" || cut("Oslo", 13, 0, 1) != "" {
		t.Error("what fits is cut, or what does not is not")
	}
}

// bigChart is a map of 300 sites, all of it in sight at zoom 0, at 100% at 1.
func bigChart(b *testing.B, zoom float32) *chart {
	m := branches(300)
	c, _ := chartOf(b, m, arrange(m, nil), fyne.NewSize(1176, 760))
	if zoom > 0 {
		c.ZoomTo(zoom)
	}
	return c
}

func TestAStepOnABigMapIsMeasured(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	if drag, zoom := Measure(*branches(40)); drag <= 0 || zoom <= 0 {
		t.Errorf("a drag took %v, a zoom %v", drag, zoom)
	}
}

// BenchmarkDragSite is a step of dragging a site of 300, all in sight.
func BenchmarkDragSite(b *testing.B) {
	c := bigChart(b, 0)
	at := c.toScreen(c.sites[0].at)
	down(c, at, desktop.MouseButtonPrimary, 0)
	for i := 0; b.Loop(); i++ {
		dragTo(c, at, at.AddXY(float32(i%40), float32(i%30)))
	}
}

// BenchmarkPan is a step of dragging a map of 300 sites, all in sight.
func BenchmarkPan(b *testing.B) {
	c := bigChart(b, 0)
	for i := 0; b.Loop(); i++ {
		c.pan(float32(3-6*(i%2)), 1)
	}
}

// BenchmarkPanNear is the same at 100%.
func BenchmarkPanNear(b *testing.B) {
	c := bigChart(b, 1)
	for i := 0; b.Loop(); i++ {
		c.pan(float32(3-6*(i%2)), 0)
	}
}

// BenchmarkZoom is a step of zooming a map of 300 sites.
func BenchmarkZoom(b *testing.B) {
	c := bigChart(b, 0)
	for i := 0; b.Loop(); i++ {
		c.zoomAt(0.25*float32(math.Pow(1.1, float64(i%16))), fyne.NewPos(500, 300))
	}
}

// BenchmarkNews is a map of 300 sites with states shown anew, as after each answer of a
// computer.
func BenchmarkNews(b *testing.B) {
	c := bigChart(b, 0.7)
	sites, links := slices.Clone(c.sites), slices.Clone(c.links)
	for i := range sites {
		sites[i].health = kit.ComputerConnected
	}
	for b.Loop() {
		c.Set(slices.Clone(sites), slices.Clone(links))
		c.Refresh()
	}
}

// BenchmarkHover is a step of the mouse over a map of 300 sites.
func BenchmarkHover(b *testing.B) {
	c := bigChart(b, 0)
	for i := 0; b.Loop(); i++ {
		c.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(float32(i*7%1176), float32(i*5%760))}})
	}
}
