package routemap

import (
	"context"
	"errors"
	"slices"
	"sync"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// forest is a directory in memory with sites and links, for what a real one does
// not do on demand: fail, refuse, wait.
type forest struct {
	mgmtclient.Directory // what is not written here is not called

	mu      sync.Mutex
	m       mgmtclient.RouteMap
	status  mgmtclient.DirectoryStatus
	refuse  error
	hold    chan struct{} // if set, Routes waits for it
	news    chan struct{}
	written []mgmtclient.Entry
	deleted []mq.GUID
}

func forestWith(m *mgmtclient.RouteMap) *forest {
	return &forest{
		m: *m, news: make(chan struct{}, 1),
		status: mgmtclient.DirectoryStatus{Configured: true, Connected: true, Forest: m.Forest, Controller: "DC01." + m.Forest, As: `NORDHAVN\anna`},
	}
}

// Status is mgmtclient.Directory's, as what follows.
func (f *forest) Status() mgmtclient.DirectoryStatus {
	defer f.locked()()
	return f.status
}

// choose is somebody who chooses the directory.
func (f *forest) choose(s mgmtclient.DirectoryStatus) {
	unlock := f.locked()
	f.status = s
	unlock()
	f.news <- struct{}{}
}

// change is somebody who changes the forest elsewhere.
func (f *forest) change(do func(*mgmtclient.RouteMap)) {
	unlock := f.locked()
	f.m.Links = slices.Clone(f.m.Links)
	do(&f.m)
	unlock()
	f.news <- struct{}{}
}

// fail is the answer from now on; nil: none fails.
func (f *forest) fail(err error) {
	defer f.locked()()
	f.refuse = err
}

func (f *forest) Watch(context.Context) <-chan struct{} { return f.news }
func (f *forest) locked() func()                        { f.mu.Lock(); return f.mu.Unlock }
func (f *forest) links(w mgmtclient.WhatIf) []mgmtclient.RouteLink {
	list := slices.Clone(f.m.Links)
	for _, l := range w.Links {
		if i := slices.IndexFunc(list, func(x mgmtclient.RouteLink) bool { return x.ID == l.ID }); i >= 0 {
			list[i] = l
		} else {
			list = append(list, l)
		}
	}
	return slices.DeleteFunc(list, func(l mgmtclient.RouteLink) bool {
		return slices.Contains(w.Down, l.ID) || slices.Contains(w.Removed, l.ID)
	})
}

func (f *forest) Routes(ctx context.Context, _ bool) (mgmtclient.RouteMap, error) {
	if f.hold != nil {
		select {
		case <-f.hold:
		case <-ctx.Done():
			return mgmtclient.RouteMap{}, ctx.Err()
		}
	}
	defer f.locked()()
	return f.m, f.refuse
}

func (f *forest) Path(_ context.Context, q mgmtclient.PathQuery) (mgmtclient.Path, error) {
	defer f.locked()()
	p := f.path(q.From, q.To, q.WhatIf)
	for _, id := range linksOf(&p) {
		w := q.WhatIf
		w.Removed = append(slices.Clone(w.Removed), id)
		if other := f.path(q.From, q.To, w); len(other.Hops) > 0 && (p.Next == nil || other.Cost < p.Next.Cost) {
			p.Next = &other
		}
	}
	return p, nil
}

// path is Dijkstra's, with the gates of a site as what a message passes there.
func (f *forest) path(from, to mq.GUID, w mgmtclient.WhatIf) mgmtclient.Path {
	links := f.links(w)
	cost, by, done := map[mq.GUID]uint32{from: 0}, map[mq.GUID]*mgmtclient.RouteLink{}, map[mq.GUID]bool{}
	for {
		at, found := mq.GUID{}, false
		for _, s := range f.m.Sites {
			if c, ok := cost[s.ID]; ok && !done[s.ID] && (!found || c < cost[at]) {
				at, found = s.ID, true
			}
		}
		if !found {
			break
		}
		done[at] = true
		for i := range links {
			l := &links[i]
			other := l.Site2
			if l.Site2 == at {
				other = l.Site1
			} else if l.Site1 != at {
				continue
			}
			if c, ok := cost[other]; !ok || cost[at]+l.Cost < c {
				cost[other], by[other] = cost[at]+l.Cost, l
			}
		}
	}
	var p mgmtclient.Path
	if _, ok := cost[to]; !ok {
		return p
	}
	p.Cost = cost[to]
	for at := to; ; {
		h := mgmtclient.PathHop{Site: at}
		for _, s := range f.m.Sites {
			if s.ID == at {
				h.Name = s.Name
				for _, m := range s.Machines {
					if m.Gate && !slices.Contains(w.Down, m.ID) {
						h.Via = append(h.Via, m)
					}
				}
			}
		}
		l := by[at]
		if l != nil {
			h.Link, h.Cost = l.ID, l.Cost
		}
		p.Hops = slices.Insert(p.Hops, 0, h)
		if at == from {
			return p
		}
		if at == l.Site1 {
			at = l.Site2
		} else {
			at = l.Site1
		}
	}
}

func (f *forest) Compare(_ context.Context, w mgmtclient.WhatIf) ([]mgmtclient.PathChange, error) {
	defer f.locked()()
	var list []mgmtclient.PathChange
	ref := func(s mgmtclient.RouteSite) mgmtclient.EntryRef { return mgmtclient.EntryRef{ID: s.ID, Name: s.Name} }
	for i, a := range f.m.Sites {
		for _, b := range f.m.Sites[i+1:] {
			before, after := f.path(a.ID, b.ID, mgmtclient.WhatIf{}).Cost, f.path(a.ID, b.ID, w).Cost
			if before != after {
				list = append(list, mgmtclient.PathChange{From: ref(a), To: ref(b), Before: before, After: after})
			}
		}
	}
	return list, nil
}

func (f *forest) Create(ctx context.Context, e mgmtclient.Entry) (mgmtclient.Entry, error) {
	e.ID = mq.NewGUID()
	return f.Set(ctx, e)
}

func (f *forest) Set(_ context.Context, e mgmtclient.Entry, _ ...mgmtclient.Field) (mgmtclient.Entry, error) {
	defer f.locked()()
	if f.refuse != nil {
		return mgmtclient.Entry{}, f.refuse
	}
	l := *e.Link
	l.ID = e.ID
	e.Link = &l
	f.m.Links = slices.Clone(f.m.Links)
	if i := slices.IndexFunc(f.m.Links, func(x mgmtclient.RouteLink) bool { return x.ID == l.ID }); i >= 0 {
		f.m.Links[i] = l
	} else {
		f.m.Links = append(f.m.Links, l)
	}
	f.written = append(f.written, e)
	return e, nil
}

func (f *forest) Delete(_ context.Context, id mq.GUID, _ bool) error {
	defer f.locked()()
	if f.refuse != nil {
		return f.refuse
	}
	f.deleted = append(f.deleted, id)
	f.m.Links = slices.DeleteFunc(slices.Clone(f.m.Links), func(l mgmtclient.RouteLink) bool { return l.ID == id })
	return nil
}

// The sites of nordhavn, in the order of the pictures.
const (
	hirtshals = iota
	skagen
	aarhus
	odense
	copenhagen
	oslo
	dmz
	ronne
)

// link is the id of link n of nordhavn.
func link(n int) mq.GUID { return id(1000 + n) }

// The links of nordhavn.
const (
	hirAar = iota
	skaAar
	aarCph
	aarOdn
	odnCph
	ronCph
	oslCph
	oslSka
	dmzCph
)

// nordhavn is the forest of the pictures.
func nordhavn() *mgmtclient.RouteMap {
	m := &mgmtclient.RouteMap{Forest: "nordhavn.example", Controller: "DC01.nordhavn.example"}
	for i, s := range []struct {
		name, machine string
		routing, gate bool
	}{
		{"Hirtshals", "DESK-HIRTSHALS", false, false},
		{"Skagen", "DESK-SKAGEN", false, false},
		{"Aarhus", "HUB-AAR02", true, true},
		{"Odense", "WMS-ODN01", true, false},
		{"Copenhagen", "HUB-CPH01", true, true},
		{"Oslo", "WMS-OSL04", true, false},
		{"DMZ", "EDI-GW01", false, false},
		{"Rønne", "DESK-RONNE", false, false},
	} {
		m.Sites = append(m.Sites, mgmtclient.RouteSite{ID: id(i), Name: s.name, Foreign: i == dmz, Machines: []mgmtclient.RouteMachine{
			{ID: id(100 + i), Name: s.machine, DNSName: s.machine + ".nordhavn.example", Routing: s.routing, Gate: s.gate, Foreign: i == dmz},
		}})
	}
	for i, l := range []struct {
		a, b  int
		cost  uint32
		gates []mq.GUID
	}{
		{hirtshals, aarhus, 4, nil},
		{skagen, aarhus, 4, nil},
		{aarhus, copenhagen, 2, []mq.GUID{id(100 + aarhus), id(100 + copenhagen)}},
		{aarhus, odense, 5, nil},
		{odense, copenhagen, 1, nil},
		{ronne, copenhagen, 6, nil},
		{oslo, copenhagen, 5, nil},
		{oslo, skagen, 8, nil},
		{dmz, copenhagen, 1, nil},
	} {
		m.Links = append(m.Links, mgmtclient.RouteLink{ID: link(i), Site1: id(l.a), Site2: id(l.b), Cost: l.cost, Gates: l.gates})
	}
	m.Links[aarOdn].Description = "Leased line AAR-ODN"
	return m
}

// pictured is where the pictures have those sites.
var pictured = [][2]float32{{24, 72}, {232, 24}, {136, 248}, {184, 448}, {456, 320}, {488, 64}, {632, 192}, {624, 472}}

func places(at [][2]float32) map[mq.GUID]point {
	out := map[mq.GUID]point{}
	for i, p := range at {
		out[id(i)] = point{p[0] + siteWidth/2, round(p[1]*1.13) + siteHeight/2}
	}
	return out
}

var errDenied = mq.Errorf(mq.ErrAccessDenied, "change link Aarhus – Odense", "only Enterprise Admins may change routing links").
	WithFix("ask one of them, or sign in as one")

func denied() error {
	e := *errDenied
	e.Err = &mgmtclient.Refusal{Controller: "DC01.nordhavn.example", Code: 50, Name: "insufficientAccessRights", Text: "00002098: SecErr", Field: mgmtclient.FieldCost}
	return &e
}

var errSilent = errors.New("nobody answers")

// wrote are the entries made and changed, gone those deleted.
func (f *forest) wrote() []mgmtclient.Entry {
	defer f.locked()()
	return slices.Clone(f.written)
}

func (f *forest) gone() []mq.GUID {
	defer f.locked()()
	return slices.Clone(f.deleted)
}
