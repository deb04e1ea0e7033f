package routemap

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// measured is how many steps Measure takes of each kind.
const measured = 60

// Measure is how long a step takes of dragging a site, and one of zooming, on a map
// that is all in sight: layout and drawing, without the graphics card. There must be a
// Fyne application.
func Measure(m mgmtclient.RouteMap) (drag, zoom time.Duration) {
	c := newChart()
	c.Resize(fyne.NewSize(1176, 760))
	c.Set(still(&m, arrange(&m, nil)).picture())
	c.Fit()
	clock := func(step func(i int)) time.Duration {
		took := make([]time.Duration, measured)
		for i := range took {
			began := time.Now()
			step(i)
			took[i] = time.Since(began)
		}
		slices.Sort(took)
		return took[measured/2]
	}
	at := c.toScreen(c.sites[0].at)
	c.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: at, AbsolutePosition: at}, Button: desktop.MouseButtonPrimary})
	drag = clock(func(i int) {
		d := fyne.NewDelta(float32(8+i%40), float32(i%30))
		c.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: at.AddXY(d.DX, d.DY)}, Dragged: d})
	})
	c.DragEnd()
	factor := []float32{1.1, 1 / 1.1}
	return drag, clock(func(i int) { c.zoomAt(c.zoom*factor[i%2], fyne.NewPos(500, 300)) })
}

// still is a presenter of a map that nobody changes.
func still(m *mgmtclient.RouteMap, at map[mq.GUID]point) *Presenter {
	p := &Presenter{routes: *m, known: true, places: at, siteOf: map[mq.GUID]int{}, linkOf: map[mq.GUID]int{}, down: map[mq.GUID]bool{}, drafts: map[mq.GUID]*draft{}}
	for i := range m.Sites {
		p.siteOf[m.Sites[i].ID] = i
		p.sites = append(p.sites, site{RouteSite: m.Sites[i], words: siteWords(&m.Sites[i])})
	}
	return p
}
