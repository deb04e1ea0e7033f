//go:build !headless

package app

import (
	"fmt"
	"math/rand/v2"
	"time"

	fyneapp "fyne.io/fyne/v2/app"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/routemap"
	"posthouse/views/theme"
)

// mapStep is how long a step takes on a route map of so many sites: a tree of them
// with an eighth more links.
func mapStep(sites int) (drag, zoom time.Duration) {
	fyneapp.NewWithID(appID + ".bench").Settings().SetTheme(theme.New(theme.System))
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same map each time
	var m mgmtclient.RouteMap
	for i := range sites {
		m.Sites = append(m.Sites, mgmtclient.RouteSite{ID: mq.NewGUID(), Name: fmt.Sprintf("Site %03d", i)})
	}
	link := func(a, b int) {
		m.Links = append(m.Links, mgmtclient.RouteLink{ID: mq.NewGUID(), Site1: m.Sites[a].ID, Site2: m.Sites[b].ID, Cost: uint32(1 + random.IntN(9))})
	}
	for i := 1; i < sites; i++ {
		link(i, random.IntN(i))
	}
	for range sites / 8 {
		if a, b := random.IntN(sites), random.IntN(sites); a != b {
			link(a, b)
		}
	}
	return routemap.Measure(m)
}
