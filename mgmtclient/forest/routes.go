package forest

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"posthouse/directory"
	"posthouse/directory/topology"
	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// objects are what routing needs of a forest.
type objects struct {
	sites    []*directory.Site
	links    []*directory.Link
	machines []*directory.Machine
}

func readMap(ctx context.Context, d directory.Directory) (o objects, err error) {
	if o.sites, err = directory.All[*directory.Site](ctx, d, directory.RoutingQuery(directory.KindSite)); err != nil {
		return o, err
	}
	if o.links, err = directory.All[*directory.Link](ctx, d, directory.RoutingQuery(directory.KindLink)); err != nil {
		return o, err
	}
	o.machines, err = directory.All[*directory.Machine](ctx, d, directory.RoutingQuery(directory.KindMachine))
	return o, err
}

// topology is what ways are computed on.
func (o objects) topology() *topology.Map {
	sites := make([]topology.Site, len(o.sites))
	for i, s := range o.sites {
		sites[i] = topology.Site{ID: s.ID, Name: s.Name, Foreign: s.Foreign}
	}
	links := make([]topology.Link, len(o.links))
	for i, l := range o.links {
		links[i] = topology.Link{ID: l.ID, Site1: l.Site1, Site2: l.Site2, Cost: l.Cost, Gates: l.Gates}
	}
	machines := make([]topology.Machine, len(o.machines))
	for i, m := range o.machines {
		machines[i] = topology.Machine{
			ID: m.ID, Name: m.Computer, Sites: m.Sites, In: m.InServers, Out: m.OutServers, Routing: m.Routing, Foreign: m.Foreign,
		}
	}
	return topology.New(sites, links, machines)
}

// routes is the map for people, sorted by name.
func (o objects) routes(ways *topology.Map) *mgmtclient.RouteMap {
	r := &mgmtclient.RouteMap{Sites: make([]mgmtclient.RouteSite, len(o.sites)), Links: make([]mgmtclient.RouteLink, len(o.links))}
	at := make(map[mq.GUID]int, len(o.sites))
	for i, s := range o.sites {
		r.Sites[i] = mgmtclient.RouteSite{ID: s.ID, Name: s.Name, Foreign: s.Foreign, Machines: []mgmtclient.RouteMachine{}}
		at[s.ID] = i
	}
	for _, m := range o.machines {
		for _, s := range m.Sites {
			if i, ok := at[s]; ok {
				r.Sites[i].Machines = append(r.Sites[i].Machines, mgmtclient.RouteMachine{
					ID: m.ID, Name: m.Computer, DNSName: m.DNSName, Routing: m.Routing, Gate: ways.Gate(m.ID), Foreign: m.Foreign,
				})
			}
		}
	}
	for i, l := range o.links {
		r.Links[i] = routeLink(l)
	}
	byName := func(a, b string) int {
		return cmp.Or(strings.Compare(strings.ToLower(a), strings.ToLower(b)), strings.Compare(a, b))
	}
	for _, s := range r.Sites {
		slices.SortFunc(s.Machines, func(a, b mgmtclient.RouteMachine) int { return byName(a.Name, b.Name) })
	}
	slices.SortFunc(r.Sites, func(a, b mgmtclient.RouteSite) int { return byName(a.Name, b.Name) })
	names := func(l mgmtclient.RouteLink) string {
		return o.sites[at[l.Site1]].Name + "\x00" + o.sites[at[l.Site2]].Name
	}
	if len(o.sites) > 0 {
		slices.SortFunc(r.Links, func(a, b mgmtclient.RouteLink) int {
			return cmp.Or(byName(names(a), names(b)), strings.Compare(a.ID.String(), b.ID.String()))
		})
	}
	return r
}

// book is what the map tells of names.
type book struct {
	read     time.Time
	names    map[mq.GUID]named
	count    map[mq.GUID]int      // of a site's machines
	machines []*directory.Machine // in the order of their names, with what routing needs
}

func (o objects) book(now time.Time) *book {
	b := &book{read: now, names: make(map[mq.GUID]named, len(o.sites)+len(o.machines)), count: make(map[mq.GUID]int, len(o.sites)), machines: o.machines}
	for _, s := range o.sites {
		b.names[s.ID] = named{mgmtclient.EntryRef{ID: s.ID, Name: s.Name, Kind: mgmtclient.EntrySite}, s.Foreign}
	}
	for _, m := range o.machines {
		b.names[m.ID] = named{mgmtclient.EntryRef{ID: m.ID, Name: m.Computer, Kind: mgmtclient.EntryMachine}, m.Foreign}
		for _, s := range m.Sites {
			b.count[s]++
		}
	}
	slices.SortFunc(b.machines, func(a, b *directory.Machine) int { return strings.Compare(listed(a), listed(b)) })
	return b
}

// theBook is that of the map; anew after a while.
func (f *Forest) theBook(ctx context.Context) (*book, error) {
	f.mu.Lock()
	old := f.book == nil || f.stale || f.o.Now().Sub(f.book.read) > remembered
	f.mu.Unlock()
	if _, _, err := f.theMap(ctx, old); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.book == nil {
		return nil, mq.Errorf(mq.ErrNoDS, "read the directory", "another one was chosen meanwhile").WithFix("read it again")
	}
	return f.book, nil
}

func routeLink(l *directory.Link) mgmtclient.RouteLink {
	gates := slices.Clone(l.Gates)
	if gates == nil {
		gates = []mq.GUID{}
	}
	return mgmtclient.RouteLink{
		ID: l.ID, Site1: l.Site1, Site2: l.Site2, Cost: l.Cost, Description: l.Description, Gates: gates, DN: l.DN,
	}
}

// Routes is mgmtclient.Directory's.
func (f *Forest) Routes(ctx context.Context, again bool) (mgmtclient.RouteMap, error) {
	r, _, err := f.theMap(ctx, again)
	return r, err
}

// theMap reads the map if it was not read, or is not what it was.
func (f *Forest) theMap(ctx context.Context, again bool) (mgmtclient.RouteMap, *topology.Map, error) {
	if r, ways := f.readMap(); r != nil && !again {
		return *r, ways, nil
	}
	d, err := f.directory(ctx)
	if err != nil {
		return mgmtclient.RouteMap{}, nil, err
	}
	unlock, err := f.lock(ctx)
	if err != nil {
		return mgmtclient.RouteMap{}, nil, err
	}
	defer unlock()
	if r, ways := f.readMap(); r != nil && !again {
		return *r, ways, nil // somebody else has read it meanwhile
	}
	o, err := readMap(ctx, d)
	f.looked()
	if err != nil {
		return mgmtclient.RouteMap{}, nil, refused(directory.KindLink, err)
	}
	ways := o.topology()
	r := o.routes(ways)
	b := o.book(f.o.Now())
	s := d.Status()
	r.Forest, r.Controller, r.Read = s.Forest, s.Controller, b.read
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.d == d {
		f.routes, f.ways, f.book, f.stale = r, ways, b, false
	}
	return *r, ways, nil
}

func (f *Forest) readMap() (*mgmtclient.RouteMap, *topology.Map) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stale {
		return nil, nil
	}
	return f.routes, f.ways
}

// outdated has the map read anew when it is needed next.
func (f *Forest) outdated(k directory.Kind) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch k {
	case directory.KindSite, directory.KindLink, directory.KindMachine:
		f.stale = true
	}
	f.names, f.total = map[mq.GUID]known{}, total{}
}

// maxServers is how many queue managers are told of a link; others of the site find the
// way by their timers.
const maxServers = 32

// servers are the gates of a link and the routing servers of its sites.
func (f *Forest) servers(l *directory.Link) []mq.GUID {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.routes == nil {
		return nil
	}
	var list []mq.GUID
	for _, s := range f.routes.Sites {
		for _, m := range s.Machines {
			at := s.ID == l.Site1 || s.ID == l.Site2
			if !m.Foreign && at && (m.Routing || m.Gate) && !slices.Contains(list, m.ID) && len(list) < maxServers {
				list = append(list, m.ID)
			}
		}
	}
	return list
}

func whatIf(w mgmtclient.WhatIf) topology.WhatIf {
	t := topology.WhatIf{Removed: w.Removed, Down: w.Down}
	for _, l := range w.Links {
		t.Links = append(t.Links, topology.Link{ID: l.ID, Site1: l.Site1, Site2: l.Site2, Cost: l.Cost, Gates: l.Gates})
	}
	return t
}

// Path is mgmtclient.Directory's.
func (f *Forest) Path(ctx context.Context, q mgmtclient.PathQuery) (mgmtclient.Path, error) {
	_, ways, err := f.theMap(ctx, false)
	if err != nil {
		return mgmtclient.Path{}, err
	}
	return *path(ways, ways.Path(q.From, q.To, whatIf(q.WhatIf))), nil
}

func path(ways *topology.Map, p topology.Path) *mgmtclient.Path {
	out := &mgmtclient.Path{Hops: []mgmtclient.PathHop{}, Cost: p.Cost, Waits: p.Waits, Why: p.Why}
	for _, h := range p.Hops {
		hop := mgmtclient.PathHop{Site: h.Site, Name: h.Name, Link: h.Link, Cost: h.Cost, Via: []mgmtclient.RouteMachine{}}
		for _, m := range h.Via {
			hop.Via = append(hop.Via, mgmtclient.RouteMachine{ID: m.ID, Name: m.Name, Routing: m.Routing, Gate: ways.Gate(m.ID), Foreign: m.Foreign})
		}
		out.Hops = append(out.Hops, hop)
	}
	if p.Next != nil {
		out.Next = path(ways, *p.Next)
	}
	return out
}

// Compare is mgmtclient.Directory's.
func (f *Forest) Compare(ctx context.Context, w mgmtclient.WhatIf) ([]mgmtclient.PathChange, error) {
	_, ways, err := f.theMap(ctx, false)
	if err != nil {
		return nil, err
	}
	list := []mgmtclient.PathChange{}
	ref := func(s topology.Site) mgmtclient.EntryRef {
		return mgmtclient.EntryRef{ID: s.ID, Name: s.Name, Kind: mgmtclient.EntrySite}
	}
	for _, c := range ways.Compare(whatIf(w)) {
		list = append(list, mgmtclient.PathChange{From: ref(c.From), To: ref(c.To), Before: c.Before, After: c.After})
	}
	return list, nil
}
