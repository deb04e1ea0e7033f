package routemap

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// kind says what an item of the map is.
type kind int

const (
	kindNone kind = iota
	kindSite
	kindLink
)

// item is a site or a link of the map. A link without ID is the one that is
// being made.
type item struct {
	kind kind
	id   mq.GUID
}

// The two ways to show the links.
const (
	modeMap  = "map"
	modeList = "list"
)

// Presenter decides what the screen shows and carries out its commands.
type Presenter struct {
	// OnMap is told after sites, links or what they show changed, OnPath after the
	// way did, OnPane after another site or link is in the pane or what is said of
	// it changed.
	OnMap  func()
	OnPath func()
	OnPane func()

	host  screen.Host
	dir   mgmtclient.Directory
	scope *screen.Scope

	routes  mgmtclient.RouteMap
	known   bool // routes were read
	err     error
	loading bool
	again   bool // load once more: something changed meanwhile
	anew    bool // and ask the directory itself

	sites  []site // by name
	siteOf map[mq.GUID]int
	linkOf map[mq.GUID]int // of routes.Links
	places map[mq.GUID]point

	way    way
	down   map[mq.GUID]bool // links and gates that are thought away
	chosen item
	want   string // the entry that a route asked for, until it was read
	drafts map[mq.GUID]*draft

	filter string
	sort   kit.Sort
	rows   []mq.GUID // links of the list
	index  map[mq.GUID]int
}

// NewPresenter makes a presenter that shows nothing yet.
func NewPresenter(h screen.Host) *Presenter {
	p := &Presenter{
		OnMap: func() {}, OnPath: func() {}, OnPane: func() {}, host: h, dir: h.Directory(),
		siteOf: map[mq.GUID]int{}, linkOf: map[mq.GUID]int{}, places: map[mq.GUID]point{},
		down: map[mq.GUID]bool{}, drafts: map[mq.GUID]*draft{},
	}
	p.scope = h.Scope().Sub()
	p.scope.End()
	return p
}

// Enter follows the forest while the scope lasts; an entry in the route is shown.
func (p *Presenter) Enter(s *screen.Scope, r screen.Route) {
	fresh := p.scope != s
	p.scope = s
	p.want = r.Entry
	if fresh && p.dir != nil {
		p.loading, p.again, p.anew = false, false, false
		p.host.Feed().Watch(s, func(string) { p.NodeChanged() })
		screen.WatchDirectory(s, p.dir, func() { p.load(false) })
		p.load(false)
	}
	p.showWanted()
	p.OnMap()
	p.OnPath()
	p.OnPane()
}

// NodeChanged takes over what became of the computers.
func (p *Presenter) NodeChanged() {
	p.live()
	p.judge()
	p.OnMap()
	p.OnPath()
	if p.chosen.kind == kindSite {
		p.OnPane()
	}
}

// Refresh reads the forest anew and asks the computers in it.
func (p *Presenter) Refresh() {
	if p.dir == nil {
		return
	}
	for i := range p.sites {
		for k := range p.sites[i].machines {
			if n := p.sites[i].machines[k].node; n != nil {
				p.host.Feed().Refresh(n.ID)
			}
		}
	}
	p.load(true)
}

// Configured reports whether there is a directory to read.
func (p *Presenter) Configured() bool { return p.dir != nil && p.dir.Status().Configured }

// load reads the map and places its sites.
func (p *Presenter) load(again bool) {
	if !p.Configured() {
		p.known, p.err = false, nil
		p.OnMap()
		return
	}
	if p.loading {
		p.again, p.anew = true, p.anew || again
		return
	}
	p.loading = true
	dir := p.dir
	screen.Load(p.scope, func(ctx context.Context) (mgmtclient.RouteMap, error) {
		m, err := dir.Routes(ctx, again)
		m.Sites, m.Links = slices.Clone(m.Sites), slices.Clone(m.Links)
		return m, err
	}, func(m mgmtclient.RouteMap, err error) {
		if err != nil {
			p.err = err
			if again && p.known {
				p.host.Fail("The route map was not read anew", err)
			}
			p.loaded()
			return
		}
		// Preferences are for this goroutine only, and a big map takes a second.
		kept := p.keptPlaces(m.Forest)
		screen.Load(p.scope, func(context.Context) (map[mq.GUID]point, error) { return arrange(&m, kept), nil },
			func(at map[mq.GUID]point, _ error) {
				p.err = nil
				p.take(m, at)
				if len(kept) < len(at) {
					p.keepPlaces()
				}
				p.loaded()
			})
	})
}

// loaded shows what was read, and reads again what changed meanwhile.
func (p *Presenter) loaded() {
	p.loading = false
	p.OnMap()
	p.OnPath()
	p.OnPane()
	if p.again {
		again := p.anew
		p.again, p.anew = false, false
		p.load(again)
	}
}

// take shows a map that was read.
func (p *Presenter) take(m mgmtclient.RouteMap, at map[mq.GUID]point) {
	first := !p.known || p.routes.Forest != m.Forest
	p.routes, p.places, p.known = m, at, true
	slices.SortFunc(p.routes.Sites, func(a, b mgmtclient.RouteSite) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), slices.Compare(a.ID[:], b.ID[:]))
	})
	clear(p.linkOf)
	for i := range p.routes.Links {
		p.linkOf[p.routes.Links[i].ID] = i
	}
	p.live()
	if first {
		p.way = way{}
		p.way.from, p.way.to = p.keptWay()
	}
	p.forget()
	p.showWanted()
	p.arrangeRows()
	p.findWay()
}

// live takes over how the queue managers are.
func (p *Presenter) live() {
	l := liveOf(p.host)
	p.sites = p.sites[:0]
	clear(p.siteOf)
	for i := range p.routes.Sites {
		p.siteOf[p.routes.Sites[i].ID] = i
		p.sites = append(p.sites, l.site(p.routes.Sites[i]))
	}
}

// forget drops what is gone from the forest: choices, thoughts, edits.
func (p *Presenter) forget() {
	for id := range p.down {
		if _, ok := p.linkOf[id]; !ok && p.machine(id) == nil {
			delete(p.down, id)
		}
	}
	for id, d := range p.drafts {
		i, ok := p.linkOf[id]
		switch {
		case ok && d.saving:
		case ok:
			d.rebase(p.routes.Links[i])
		case !id.IsZero() && !d.saving:
			if d.changed() {
				p.host.Done(screen.Action{What: "Link " + d.title + " was deleted elsewhere; your changes to it are gone", Tone: kit.Warning})
			}
			delete(p.drafts, id)
		}
	}
	for _, end := range []*mq.GUID{&p.way.from, &p.way.to} {
		if p.site(*end) == nil {
			*end = mq.GUID{}
		}
	}
	_, isLink := p.linkOf[p.chosen.id]
	if p.chosen.kind == kindSite && p.site(p.chosen.id) == nil || p.chosen.kind == kindLink && !p.chosen.id.IsZero() && !isLink {
		p.chosen = item{}
	}
}

// showWanted chooses the entry that a route asked for.
func (p *Presenter) showWanted() {
	if p.want == "" || !p.known {
		return
	}
	id, err := mq.ParseGUID(p.want)
	p.want = ""
	if err != nil {
		return
	}
	if p.site(id) != nil {
		p.chosen = item{kindSite, id}
		return
	}
	if _, ok := p.linkOf[id]; ok {
		p.chosen = item{kindLink, id}
		return
	}
	for i := range p.sites {
		if slices.ContainsFunc(p.sites[i].machines, func(m machine) bool { return m.ID == id }) {
			p.chosen = item{kindSite, p.sites[i].ID}
			return
		}
	}
}

// site finds a site; nil: there is none.
func (p *Presenter) site(id mq.GUID) *site {
	if i, ok := p.siteOf[id]; ok {
		return &p.sites[i]
	}
	return nil
}

// link finds a link; nil: there is none.
func (p *Presenter) link(id mq.GUID) *mgmtclient.RouteLink {
	if i, ok := p.linkOf[id]; ok {
		return &p.routes.Links[i]
	}
	return nil
}

// machine finds a queue manager of the forest; nil: there is none.
func (p *Presenter) machine(id mq.GUID) *mgmtclient.RouteMachine {
	for i := range p.routes.Sites {
		for k := range p.routes.Sites[i].Machines {
			if m := &p.routes.Sites[i].Machines[k]; m.ID == id {
				return m
			}
		}
	}
	return nil
}

// siteName is what a site is called, also one that is not known.
func (p *Presenter) siteName(id mq.GUID) string {
	if s := p.site(id); s != nil {
		return s.Name
	}
	return "(" + id.String()[:8] + "…)"
}

// machineName is what a queue manager is called, also one that is gone.
func (p *Presenter) machineName(id mq.GUID) string {
	if m := p.machine(id); m != nil {
		return m.Name
	}
	return "(" + id.String()[:8] + "…, deleted)"
}

// linkName names a link by its sites.
func (p *Presenter) linkName(l *mgmtclient.RouteLink) string {
	return p.siteName(l.Site1) + " – " + p.siteName(l.Site2)
}

// Choose shows a site or a link in the pane.
func (p *Presenter) Choose(it item) {
	if p.chosen == it {
		return
	}
	p.chosen = it
	p.OnPane()
}

// Down reports whether a link or gate is thought away; SetDown does that or undoes
// it.
func (p *Presenter) Down(id mq.GUID) bool { return p.down[id] }

// SetDown thinks a link or gate away, or back.
func (p *Presenter) SetDown(id mq.GUID, on bool) {
	if on {
		p.down[id] = true
	} else {
		delete(p.down, id)
	}
	p.findWay()
	p.OnMap()
	p.OnPane()
}

// AsItIs ends all thoughts.
func (p *Presenter) AsItIs() {
	clear(p.down)
	p.findWay()
	p.OnMap()
	p.OnPane()
}

// Thought names what is thought away: "Aarhus – Odense"; "" nothing is.
func (p *Presenter) Thought() string {
	var names []string
	for i := range p.routes.Links {
		if l := &p.routes.Links[i]; p.down[l.ID] {
			names = append(names, p.linkName(l))
		}
	}
	for i := range p.sites {
		for k := range p.sites[i].machines {
			if m := &p.sites[i].machines[k]; p.down[m.ID] {
				names = append(names, m.Name)
			}
		}
	}
	if n := len(names); n > 2 {
		return fmt.Sprintf("%s, %s and %d more", names[0], names[1], n-2)
	}
	return strings.Join(names, " and ")
}

// Headline says what the forest has.
func (p *Presenter) Headline() string {
	if !p.known {
		return ""
	}
	s := screen.Many(int64(len(p.sites)), "site") + ", " + screen.Many(int64(len(p.routes.Links)), "routing link")
	if p.routes.Forest != "" {
		s += ", from " + p.routes.Forest
	}
	if !p.dir.Status().Connected && !p.routes.Read.IsZero() {
		s += ", as it was at " + screen.Moment(p.routes.Read, p.host.Now())
	}
	return s
}
