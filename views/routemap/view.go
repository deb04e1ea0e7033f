package routemap

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/localqm/mq"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// View is the screen.
type View struct {
	host  screen.Host
	p     *Presenter
	root  *fyne.Container
	class int

	headline *kit.Label
	make     *kit.Button
	from, to *kit.Select
	swap     *kit.Button
	ends     fyne.CanvasObject // from, to, swap
	filter   *kit.Field
	modes    *kit.Segmented
	zooming  *fyne.Container
	tools    fyne.CanvasObject
	percent  *kit.Label

	chart *chart
	again *kit.Button // arrange again
	grid  *kit.Grid
	empty *kit.EmptyState
	blank *kit.EmptyState // of the list
	strip *strip
	pane  *pane

	left    *fyne.Container // everything left of the pane
	middle  *fyne.Container // map, list or an empty state
	split   *kit.SplitPane
	mode    string
	side    bool // the pane has a place
	syncing bool // the list is being told, it does not tell
}

// The arrangements, by the room there is: the pane at the right from a window of
// 1280 with the sidebar, else under the map.
const (
	arrangeUnder = iota
	arrangeSide
)

const sideFrom = 1280 - 264 - 8

var (
	paneWidth = screen.Setting[float32]{Key: "routeMap.pane", Default: 344}
	modeShown = screen.Setting[string]{Key: "routeMap.mode", Default: modeMap, OK: func(s string) bool { return s == modeMap || s == modeList }}
)

// New makes the screen; it is a screen.Factory.
func New(h screen.Host) screen.Screen {
	v := &View{host: h, p: NewPresenter(h), class: -1, mode: modeShown.Get(h.Preferences())}
	p := v.p
	v.headline = kit.NewLabel("").Color(theme.Muted)
	refresh := kit.NewButton("Refresh", "refresh", func() { h.Commands().Run(screen.CmdRefresh) }).Key(h.Commands().Keys(screen.CmdRefresh))
	v.make = kit.NewButton("New link", "plus", func() { v.newLink(v.chosenSite(), mq.GUID{}) }).Tip("Make a routing link between two sites. Or drag from site to site with Shift.")
	head := kit.ScreenHeader(kit.NewHeading("Route map"), v.headline, kit.Spacer(), refresh, v.make)
	v.chart = newChart()
	v.makeTools()
	v.wireChart()
	v.makeGrid()
	v.again = kit.NewButton("Arrange again", "routemap", p.ArrangeAgain).Plain().Tip("Lay the map out anew; what you moved can be taken back")
	v.empty = kit.NewEmptyState("routemap", "", "")
	v.strip = newStrip(v)
	v.middle = container.NewStack()
	v.tools = kit.Toolbar(v.ends, v.filter, kit.Spacer(), v.modes, v.zooming)
	v.left = screen.Column(2, head, v.tools, v.middle, v.strip.root)
	v.pane = newPane(v)
	p.OnMap, p.OnPath, p.OnPane = v.mapChanged, v.pathChanged, v.paneChanged
	v.root = screen.NewResponsive(func(room fyne.Size) int {
		if room.Width >= sideFrom {
			return arrangeSide
		}
		return arrangeUnder
	}, func(c int) fyne.CanvasObject {
		v.class = c
		return v.arrange()
	})
	screen.RowHeight.Watch(h.Preferences(), h.Scope(), func() { v.grid.Pitch(screen.RowHeight.Get(h.Preferences())) })
	v.mapChanged()
	return v
}

// makeTools makes what is in the toolbar.
func (v *View) makeTools() {
	p := v.p
	ends := func(string) { p.SetEnds(siteChoice(v.from), siteChoice(v.to)) }
	v.from, v.to = kit.NewSelect(nil, noSite, 144, ends), kit.NewSelect(nil, noSite, 144, ends)
	v.swap = kit.NewIconButton("transactional", "The way back", p.Swap).Plain()
	v.ends = kit.Row(kit.NewLabel("Path from").Color(theme.Muted), v.from, kit.NewLabel("to").Color(theme.Muted), v.to, v.swap)
	v.filter = kit.NewField("Filter links").Icon("filter").Wide(144)
	v.filter.OnChanged = p.Filter
	v.modes = kit.NewSegmented([]kit.Choice{{ID: modeMap, Text: "Map"}, {ID: modeList, Text: "List"}}, v.mode, v.setMode)
	v.percent = kit.NewMuted("100%").Align(fyne.TextAlignCenter).Tip("0 shows the map at 100%")
	c := v.chart
	v.zooming = kit.Row(kit.Padded(0, 4, 0, 4, kit.NewDivider()),
		kit.NewIconButton("zoom-out", "Smaller (−, or Ctrl with the wheel)", func() { c.Zoom(1 / zoomStep) }).Plain(), kit.Fixed(36, 0, v.percent),
		kit.NewIconButton("zoom-in", "Larger (+, or Ctrl with the wheel)", func() { c.Zoom(zoomStep) }).Plain(),
		kit.NewIconButton("expand", "Show the whole map (F)", c.Fit).Plain())
}

func (v *View) wireChart() {
	c, p := v.chart, v.p
	c.OnChoose = func(it item) { v.choose(it, false) }
	c.OnOpen = func(it item) { v.choose(it, true) }
	c.OnMenu = func(it item, at fyne.Position) { kit.ShowMenu(v.chart, at, v.items(it)...) }
	c.OnDelete = v.askDelete
	c.OnMoved = func(id mq.GUID, to point) {
		p.Move(id, to)
		v.placeAgain()
	}
	c.OnJoin = v.newLink
	c.OnZoom = func() { v.percent.SetText(fmt.Sprintf("%d%%", c.Percent())) }
}

func (v *View) makeGrid() {
	p, prefs := v.p, v.host.Preferences()
	v.blank = kit.NewEmptyState("link", "", "")
	v.grid = kit.NewGrid(source{p}, columns...).Pitch(screen.RowHeight.Get(prefs))
	v.grid.SetEmpty(v.blank)
	v.grid.SetLayout(screen.Columns("routeMap").Get(prefs))
	v.grid.OnLayout = func() { screen.Columns("routeMap").Set(prefs, v.grid.Layout()) }
	v.grid.OnSort = func(s kit.Sort) {
		v.grid.SetSort(s)
		p.Sort(s)
	}
	v.grid.OnCurrent = func(row kit.RowID, ok bool) {
		if id, err := mq.ParseGUID(row.Text); err == nil && ok && !v.syncing {
			v.choose(item{kindLink, id}, false)
		}
	}
	v.grid.OnActivate = func(kit.RowID) { v.choose(p.chosen, true) }
	v.grid.OnDelete = func() { v.askDelete(p.chosen) }
	v.grid.OnMenu = func(at fyne.Position) { kit.ShowMenu(v.grid, at, v.items(p.chosen)...) }
	v.filter.Filters(v.grid)
}

// choose shows a site or link in the pane; with open the keyboard goes there.
func (v *View) choose(it item, open bool) {
	v.p.Choose(it)
	v.chart.Choose(it)
	v.rearrange()
	v.markRow()
	v.host.Commands().Changed()
	if open && it.kind == kindLink {
		v.editCost()
	}
}

// closePane lets go of what is chosen.
func (v *View) closePane() {
	v.choose(item{}, false)
	v.takeFocus()
}

// newLink begins a link.
func (v *View) newLink(a, b mq.GUID) {
	v.p.NewLink(a, b)
	v.chart.Choose(v.p.chosen)
	v.rearrange()
	if b.IsZero() {
		v.focus(v.pane.form.choose1)
		return
	}
	v.editCost()
}

// editCost puts the keyboard into the cost, also of a pane that was not painted yet.
func (v *View) editCost() {
	v.focus(v.pane.form.cost.Focusable())
	v.pane.form.cost.SelectAll()
}

func (v *View) focus(f fyne.Focusable) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(v.root); c != nil {
		c.Focus(f)
	}
}

func (v *View) chosenSite() mq.GUID {
	if v.p.chosen.kind == kindSite {
		return v.p.chosen.id
	}
	return mq.GUID{}
}

func (v *View) askDelete(it item) {
	if it.kind == kindLink {
		v.p.AskDelete(it.id)
	}
}

// setMode shows the map or the list.
func (v *View) setMode(mode string) {
	v.mode = mode
	modeShown.Set(v.host.Preferences(), mode)
	v.mapChanged()
	v.takeFocus()
}

// takeFocus puts the keyboard into map or list.
func (v *View) takeFocus() { v.focus(v.First()) }

// placeAgain shows the button that arranges again only where there is a reason.
func (v *View) placeAgain() {
	if on := v.p.Moved() && v.mode == modeMap; on != v.again.Visible() {
		show(v.again, on)
		v.middle.Refresh()
	}
}

// mapChanged shows sites and links anew.
func (v *View) mapChanged() {
	p := v.p
	v.headline.SetText(p.Headline())
	v.from.SetChoices(p.siteChoices())
	v.to.SetChoices(p.siteChoices())
	v.make.SetEnabled(p.known && len(p.sites) > 1)
	list := v.mode == modeList
	some := p.known && len(p.sites) > 0
	show(v.tools, some)
	show(v.ends, some)
	show(v.filter, some && list)
	show(v.zooming, some && !list)
	show(v.strip.root, some)
	v.modes.SetChosen(v.mode)
	v.chart.thinks, v.chart.wayShown = len(p.down) > 0, len(p.way.path.Hops) > 1
	sites, links := p.picture()
	v.chart.Set(sites, links)
	v.percent.SetText(fmt.Sprintf("%d%%", v.chart.Percent()))
	var content fyne.CanvasObject
	switch {
	case !some:
		v.emptyWords()
		content = kit.NewPanel(theme.Surface, v.empty)
	case list:
		v.syncGrid()
		content = v.grid
	default:
		content = container.NewStack(v.chart, container.New(corner{}, v.again))
	}
	show(v.again, p.Moved() && !list)
	v.middle.Objects = []fyne.CanvasObject{content}
	v.rearrange()
	v.left.Refresh()
	v.host.Commands().Changed()
}

func (v *View) syncGrid() {
	p := v.p
	v.blank.Set("link", theme.Muted, "No routing links", "Without links the sites cannot reach each other.", "", kit.NewButton("New link", "plus", func() { v.newLink(mq.GUID{}, mq.GUID{}) }))
	if p.filter != "" {
		v.blank.Set("funnel-x", theme.Muted, "No link matches “"+kit.Shorten(p.filter)+"”", "Sites, gates and descriptions were searched.", "",
			kit.NewButton("Clear filter", "x", func() { v.filter.SetText(""); p.Filter("") }))
	}
	v.grid.Refresh()
	v.markRow()
}

// markRow makes the chosen link the current row.
func (v *View) markRow() {
	if v.mode != modeList || v.p.chosen.kind != kindLink {
		return
	}
	if i, ok := v.p.index[v.p.chosen.id]; ok {
		if id, is := v.grid.Current(); !is || id != rowID(v.p.chosen.id) {
			v.syncing = true
			v.grid.SetCurrent(i)
			v.syncing = false
		}
	}
}

// pathChanged shows the way anew.
func (v *View) pathChanged() {
	v.from.SetChosen(choiceOf(v.p.way.from))
	v.to.SetChosen(choiceOf(v.p.way.to))
	v.swap.SetEnabled(v.p.way.from != v.p.way.to)
	v.strip.changed()
}

// paneChanged shows what is chosen anew.
func (v *View) paneChanged() {
	v.chart.Choose(v.p.chosen)
	v.rearrange()
	if v.side {
		v.pane.changed()
	}
	v.markRow()
	v.host.Commands().Changed()
}

// arrange puts map and pane where there is room for them.
func (v *View) arrange() fyne.CanvasObject {
	if v.side = v.wantsPane(); !v.side {
		return v.left
	}
	v.pane.setUnder(v.class == arrangeUnder)
	prefs := v.host.Preferences()
	if v.class == arrangeUnder {
		v.split = kit.NewStackedSplit(v.left, v.pane.root, 232).SizeSecond().Limits(120, 0)
		return v.split
	}
	v.split = kit.NewSplit(v.left, v.pane.root, paneWidth.Get(prefs)).SizeSecond().Limits(320, 640)
	v.split.OnMoved = func(w float32) { paneWidth.Set(prefs, w) }
	return v.split
}

func (v *View) wantsPane() bool { return v.p.known && v.p.chosen.kind != kindNone }

// rearrange shows or hides the pane.
func (v *View) rearrange() {
	if v.class >= 0 && v.side != v.wantsPane() {
		v.root.Objects = []fyne.CanvasObject{v.arrange()}
		v.root.Refresh()
	}
}

// Title is screen.Screen's, as what follows.
func (v *View) Title() string { return "Route map" }

// Content is the widget.
func (v *View) Content() fyne.CanvasObject { return v.root }

// First is the map or the list.
func (v *View) First() fyne.Focusable {
	switch {
	case !v.p.known || len(v.p.sites) == 0:
		return nil
	case v.mode == modeList:
		return v.grid.Focusable()
	}
	return v.chart
}

// Enter begins to follow the forest.
func (v *View) Enter(s *screen.Scope, r screen.Route) { v.p.Enter(s, r) }

// NodeChanged is screen.Follower's.
func (v *View) NodeChanged() { v.p.NodeChanged() }

// Leave has nothing to do: everything ended with the scope.
func (v *View) Leave() {}

// Key closes the pane with Esc.
func (v *View) Key(ev *fyne.KeyEvent) bool {
	if ev.Name == fyne.KeyEscape && v.p.chosen.kind != kindNone {
		v.closePane()
		return true
	}
	return false
}

// Actions are what can be done here.
func (v *View) Actions() screen.Actions {
	isLink := func() bool { return v.p.chosen.kind == kindLink && v.p.link(v.p.chosen.id) != nil }
	return screen.Actions{
		screen.CmdRefresh:   {Run: v.p.Refresh},
		screen.CmdFilter:    {Run: func() { v.filter.Focus(); v.filter.SelectAll() }, Enabled: func() bool { return v.mode == modeList }},
		screen.CmdDelete:    {Run: func() { v.askDelete(v.p.chosen) }, Title: "Delete link…", Enabled: isLink},
		screen.CmdInspector: {Run: v.closePane, Title: "Close details", Enabled: func() bool { return v.side }},
		screen.CmdColumns:   {Run: func() { kit.ShowMenuBelow(v.filter, v.grid.ColumnMenu()...) }, Enabled: func() bool { return v.mode == modeList }},
	}
}

// corner puts an object into the lower right.
type corner struct{}

func (corner) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

func (corner) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	for _, o := range objs {
		m := o.MinSize()
		o.Resize(m)
		o.Move(fyne.NewPos(s.Width-m.Width-8, s.Height-m.Height-8))
	}
}

func show(o fyne.CanvasObject, on bool) {
	if o.Visible() == on {
		return
	}
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}
