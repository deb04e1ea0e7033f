package routemap

import (
	"context"
	"math"

	"posthouse/localqm/mq"
	"posthouse/views/screen"
)

// placesOf is where the sites of a forest were put on the map.
func placesOf(forest string) screen.Setting[map[string][2]int] {
	return screen.Setting[map[string][2]int]{Key: "routeMap.places." + forest}
}

// wayOf is the way that was shown last in a forest: its ends.
func wayOf(forest string) screen.Setting[[2]string] {
	return screen.Setting[[2]string]{Key: "routeMap.way." + forest}
}

// movedOf tells that sites of a forest were put elsewhere by hand.
func movedOf(forest string) screen.Setting[bool] {
	return screen.Setting[bool]{Key: "routeMap.moved." + forest}
}

// keptPlaces are the places kept for a forest.
func (p *Presenter) keptPlaces(forest string) map[mq.GUID]point {
	kept := map[mq.GUID]point{}
	for text, at := range placesOf(forest).Get(p.host.Preferences()) {
		if id, err := mq.ParseGUID(text); err == nil {
			kept[id] = point{float32(at[0]), float32(at[1])}
		}
	}
	return kept
}

// keepPlaces keeps where the sites are.
func (p *Presenter) keepPlaces() {
	out := make(map[string][2]int, len(p.places))
	for id, at := range p.places {
		out[id.String()] = [2]int{int(math.Round(float64(at.X))), int(math.Round(float64(at.Y)))}
	}
	placesOf(p.routes.Forest).Set(p.host.Preferences(), out)
}

// Move puts a site elsewhere.
func (p *Presenter) Move(id mq.GUID, to point) {
	if p.site(id) == nil || p.places[id] == to {
		return
	}
	p.places[id] = to
	movedOf(p.routes.Forest).Set(p.host.Preferences(), true)
	p.keepPlaces()
}

// Moved reports whether sites were put elsewhere by hand.
func (p *Presenter) Moved() bool {
	return p.known && movedOf(p.routes.Forest).Get(p.host.Preferences())
}

// ArrangeAgain lays the whole map out anew; what was put elsewhere by hand can be
// taken back.
func (p *Presenter) ArrangeAgain() {
	before, moved := p.places, p.Moved()
	routes := p.routes
	screen.Load(p.scope, func(context.Context) (map[mq.GUID]point, error) { return arrange(&routes, nil), nil }, func(at map[mq.GUID]point, _ error) {
		p.setPlaces(at, false)
		p.host.Done(screen.Action{What: "Arranged the route map again", Undo: func() { p.setPlaces(before, moved) }})
	})
}

func (p *Presenter) setPlaces(at map[mq.GUID]point, moved bool) {
	p.places = arrange(&p.routes, at)
	movedOf(p.routes.Forest).Set(p.host.Preferences(), moved)
	p.keepPlaces()
	p.OnMap()
}

func (p *Presenter) keptWay() (from, to mq.GUID) {
	ends := wayOf(p.routes.Forest).Get(p.host.Preferences())
	from, _ = mq.ParseGUID(ends[0])
	to, _ = mq.ParseGUID(ends[1])
	return from, to
}

func (p *Presenter) keepWay() {
	wayOf(p.routes.Forest).Set(p.host.Preferences(), [2]string{p.way.from.String(), p.way.to.String()})
}
