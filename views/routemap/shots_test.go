package routemap

import (
	"context"
	"os"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/shell"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

// window is a whole window with the computers of the pictures.
type window struct {
	*screentest.Queue
	*shell.Shell
	window fyne.Window
	v      *View
}

// The sizes of the pictures.
var (
	pictureSize = fyne.NewSize(1440, 900)
	narrowSize  = fyne.NewSize(1024, 700)
	leastSize   = fyne.NewSize(960, 600)
)

// open shows the map in a window. Where the sites are is kept from before, if at is
// given.
func open(t *testing.T, c theme.Choice, dir mgmtclient.Directory, at map[mq.GUID]point, from, to mq.GUID) *window {
	t.Helper()
	viewtest.NewApp(t, c)
	x := &window{Queue: screentest.NewQueue(), window: test.NewTempWindow(t, nil)}
	x.Shell = shell.New(context.Background(), shell.Options{
		Window: x.window, Post: x.Post, Directory: dir, Now: fake.NewClock(fake.Now).Now, Computers: fake.SampleComputers(),
		Nodes: []shell.Node{{ID: "LT-ANNA", Name: "LT-ANNA", Local: true, Connect: func(context.Context) (shell.Link, error) {
			return shell.Link{Client: fake.SampleLocal(), As: `LT-ANNA\anna`}, nil
		}}},
		Screens: map[screen.Name]screen.Factory{screen.Home: New, screen.RouteMap: func(h screen.Host) screen.Screen {
			forest := dir.Status().Forest
			kept := map[string][2]int{}
			for id, p := range at {
				kept[id.String()] = [2]int{int(p.X), int(p.Y)}
			}
			placesOf(forest).Set(h.Preferences(), kept)
			wayOf(forest).Set(h.Preferences(), [2]string{from.String(), to.String()})
			x.v = New(h).(*View)
			return x.v
		}},
	})
	x.Fill()
	var words []fyne.CanvasObject
	for _, m := range screen.Menus {
		words = append(words, kit.NewLabel(m).Color(theme.Text2))
	}
	// Stands for Fyne's menu bar, which the test driver does not draw.
	bar := kit.NewPanel(theme.Background, screen.Column(0, kit.Fixed(0, 27, kit.Padded(0, 16, 0, 16, kit.GapRow(20, words...))), kit.NewRule()))
	x.window.SetContent(screen.Column(1, bar, x.Content()))
	x.window.Resize(pictureSize)
	t.Cleanup(func() {
		x.Close()
		x.Wait()
	})
	x.Start()
	x.Until(t, "the computers' answers", func() bool {
		for _, n := range x.Nodes() {
			if n.State == screen.Connecting || n.Client != nil && x.Feed().Of(n.ID).At.IsZero() {
				return false
			}
		}
		return true
	})
	for _, n := range x.Nodes() {
		if n.Name == "DESK-HIRTSHALS" {
			x.Disconnect(n.ID)
		}
	}
	x.Open(screen.Route{Screen: screen.RouteMap})
	return x
}

// ready waits until the map and the way are known.
func (x *window) ready(t *testing.T) *window {
	t.Helper()
	p := x.v.p
	x.Until(t, "the map", func() bool {
		settled := p.known && !p.loading && p.way.answered == p.way.asked
		for _, d := range p.drafts {
			settled = settled && !d.comparing && !d.saving
		}
		return settled
	})
	return x
}

func (x *window) shot(t *testing.T, name string, c theme.Choice) {
	t.Helper()
	x.Run()
	for range 2 {
		screentest.Settle(t, x.window.Content())
	}
	viewtest.ShotOf(t, name, x.window.Canvas(), c)
}

func (x *window) closeTop() {
	over := x.window.Canvas().Overlays()
	if top := over.Top(); top != nil {
		top.Hide()
		over.Remove(top)
	}
}

// variants are the variants to draw: both for pictures that are kept, else one.
func variants() []theme.Choice {
	if os.Getenv(viewtest.EnvShots) == "" {
		return viewtest.Variants[:1]
	}
	return viewtest.Variants
}

// named is the forest of the pictures with its sites and links by their names.
type named struct {
	*fake.Directory
	sites, links map[string]mq.GUID
	at           map[mq.GUID]point // as in the pictures
}

func pictures(t *testing.T, as string) named {
	t.Helper()
	n := named{fake.NewDirectory(fake.DirectoryOptions{As: as}), map[string]mq.GUID{}, map[string]mq.GUID{}, map[mq.GUID]point{}}
	t.Cleanup(func() { _ = n.Close() })
	m, err := n.Routes(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	of := map[mq.GUID]string{}
	for _, s := range m.Sites {
		n.sites[s.Name], of[s.ID] = s.ID, s.Name
	}
	for _, l := range m.Links {
		n.links[of[l.Site1]+" – "+of[l.Site2]] = l.ID
	}
	where := places(pictured)
	for i, s := range nordhavn().Sites {
		n.at[n.sites[s.Name]] = where[id(i)]
	}
	return n
}

// typeCost types a cost into the form.
func (x *window) typeCost(t *testing.T, text string) {
	t.Helper()
	x.v.pane.form.cost.SetText(text)
	x.v.pane.form.setCost(text)
	x.ready(t)
}

func (x *window) ask(t *testing.T, name string, link mq.GUID, c theme.Choice) {
	t.Helper()
	x.v.p.AskDelete(link)
	x.Until(t, "the question", func() bool { return x.window.Canvas().Overlays().Top() != nil })
	x.shot(t, name, c)
	x.closeTop()
}

func TestShots(t *testing.T) {
	for _, c := range variants() {
		t.Run(viewtest.Name(c), func(t *testing.T) {
			dir := pictures(t, "Administrator")
			x := open(t, c, dir, dir.at, dir.sites["Hirtshals"], dir.sites["Odense"]).ready(t)
			v := x.v
			leased, trunk := dir.links["Aarhus – Odense"], dir.links["Aarhus – Copenhagen"]
			x.shot(t, "05-route-map-way", c)
			v.choose(item{kindLink, leased}, true)
			x.typeCost(t, "2")
			x.shot(t, "05-route-map", c)
			for name, size := range map[string]fyne.Size{"05-route-map-narrow": narrowSize, "05-route-map-smallest": leastSize} {
				x.window.Resize(size)
				x.shot(t, name, c)
			}
			x.window.Resize(pictureSize)
			v.setMode(modeList)
			x.shot(t, "05-route-map-list", c)
			v.setMode(modeMap)
			v.chart.Fit()
			v.p.Revert()
			x.ask(t, "05-route-map-delete", trunk, c)
			x.ask(t, "05-route-map-delete-last", dir.links["Hirtshals – Aarhus"], c)
			v.p.SetDown(trunk, true)
			v.choose(item{kindLink, trunk}, false)
			x.ready(t).shot(t, "05-route-map-if-down", c)
			v.p.AsItIs()
			v.chart.takeFocus()
			v.choose(item{kindSite, dir.sites["Copenhagen"]}, false)
			x.ready(t).shot(t, "05-route-map-site", c)
			x.window.Resize(narrowSize)
			x.shot(t, "05-route-map-site-narrow", c)
			x.window.Resize(pictureSize)
			v.newLink(dir.sites["Hirtshals"], dir.sites["Rønne"])
			x.ready(t).shot(t, "05-route-map-new", c)
			v.p.Revert()
			kit.ShowMenu(v.chart, fyne.NewPos(700, 480), v.items(item{kindLink, trunk})...)
			x.shot(t, "05-route-map-menu", c)
			x.closeTop()
		})
	}
}

func TestShotsOfARefusal(t *testing.T) {
	for _, c := range variants() {
		t.Run(viewtest.Name(c), func(t *testing.T) {
			dir := pictures(t, "anna")
			x := open(t, c, dir, dir.at, dir.sites["Hirtshals"], dir.sites["Odense"]).ready(t)
			x.v.choose(item{kindLink, dir.links["Aarhus – Odense"]}, true)
			x.typeCost(t, "2")
			x.v.p.Save()
			x.ready(t).shot(t, "05-route-map-refused", c)
		})
	}
}

func TestShotsOfOtherForests(t *testing.T) {
	for _, c := range variants() {
		t.Run(viewtest.Name(c), func(t *testing.T) {
			open(t, c, forestWith(nordhavn()), nil, id(hirtshals), id(odense)).ready(t).shot(t, "05-route-map-first", c)
			x := open(t, c, forestWith(branches(300)), nil, id(200), id(299)).ready(t)
			x.shot(t, "05-route-map-300", c)
			x.v.chart.ZoomTo(0.45)
			x.shot(t, "05-route-map-300-near", c)
			open(t, c, forestWith(branches(40)), nil, id(20), id(39)).ready(t).shot(t, "05-route-map-40", c)
			open(t, c, forestWith(forestOf(1)), nil, mq.GUID{}, mq.GUID{}).ready(t).shot(t, "05-route-map-1", c)
			open(t, c, forestWith(forestOf(0)), nil, mq.GUID{}, mq.GUID{}).ready(t).shot(t, "05-route-map-0", c)
			none := forestWith(nordhavn())
			none.status = mgmtclient.DirectoryStatus{}
			open(t, c, none, nil, mq.GUID{}, mq.GUID{}).shot(t, "10-empty-route-map", c)
		})
	}
}
