package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"posthouse/directory"
	"posthouse/directory/ldap"
	"posthouse/directory/ldap/conn"
	"posthouse/directory/ldap/memory"
	"posthouse/directory/topology"
	"posthouse/localqm/mq"
)

// What working with a directory must reach.
const (
	forestSites    = 1_000
	forestLinks    = 5_000
	forestMachines = 10_000
	forestQueues   = 50_000

	tableGoal = time.Second      // the map and the table of one queue manager
	wayGoal   = time.Millisecond // one path
	ways      = 2_000

	mapSites = 300
	stepGoal = 16 * time.Millisecond // a frame

	controllerQueues = 2_000
	findGoal         = 100 * time.Millisecond // the first page by label, at a domain controller
	findPage         = 50
	finds            = 15
)

// directory measures the forest: routing tables and ways beside the plainest search
// that finds them, reading the map, and at a domain controller, if the environment
// names one (scripts/samba-ad/with), finding queues by label beside reading one object.
func (r *run) directory(ctx context.Context) error {
	r.Progress(fmt.Sprintf("making a forest of %d sites, %d links, %d queue managers, %d queues", forestSites, forestLinks, forestMachines, forestQueues))
	began := time.Now()
	d := ldap.New(memory.Forest(memory.Spec{Sites: forestSites, Links: forestLinks, Machines: forestMachines, Queues: forestQueues}).Administrator())
	defer func() { _ = d.Close() }() // it is in memory
	made := time.Since(began)
	f, took, err := readForest(ctx, d)
	if err != nil {
		return err
	}
	r.add("directory", "read the map of the forest", us(took), "us", "making that forest", us(made), 0, false)
	r.routes(f)
	r.step()
	began = time.Now()
	var queues int
	for _, err := range d.Search(ctx, directory.Query{Kind: directory.KindQueue, Contains: "Queue 4999", Limit: findPage}) {
		if err != nil {
			return err
		}
		queues++
	}
	r.add("directory", fmt.Sprintf("find %d of %d queues by label, in memory", queues, forestQueues), us(time.Since(began)), "us", "reading the map", us(took), 0, false)
	return r.controller(ctx)
}

// step measures how smooth the map of a forest is, if this build has one.
func (r *run) step() {
	if r.Map == nil {
		r.Progress("this build has no window: how smooth its map is was not measured")
		return
	}
	drag, zoom := r.Map(mapSites)
	r.add("directory", fmt.Sprintf("drag a site, map of %d", mapSites), us(drag), "us", "the goal of 16 ms", us(stepGoal), 1, false)
	r.add("directory", fmt.Sprintf("zoom a map of %d sites", mapSites), us(zoom), "us", "the goal of 16 ms", us(stepGoal), 1, false)
}

// forest is what routing needs.
type forest struct {
	sites    []topology.Site
	links    []topology.Link
	machines []topology.Machine
}

func readForest(ctx context.Context, d directory.Directory) (f forest, took time.Duration, err error) {
	began := time.Now()
	sites, err := directory.All[*directory.Site](ctx, d, directory.RoutingQuery(directory.KindSite))
	if err != nil {
		return f, 0, err
	}
	links, err := directory.All[*directory.Link](ctx, d, directory.RoutingQuery(directory.KindLink))
	if err != nil {
		return f, 0, err
	}
	machines, err := directory.All[*directory.Machine](ctx, d, directory.RoutingQuery(directory.KindMachine))
	for _, s := range sites {
		f.sites = append(f.sites, topology.Site{ID: s.ID, Name: s.Name, Foreign: s.Foreign})
	}
	for _, l := range links {
		f.links = append(f.links, topology.Link{ID: l.ID, Site1: l.Site1, Site2: l.Site2, Cost: l.Cost, Gates: l.Gates})
	}
	for _, m := range machines {
		f.machines = append(f.machines, topology.Machine{
			ID: m.ID, Name: m.Computer, Sites: m.Sites, In: m.InServers, Out: m.OutServers, Routing: m.Routing, Foreign: m.Foreign,
		})
	}
	return f, time.Since(began), err
}

// routes measures tables and ways.
func (r *run) routes(f forest) {
	var tables []float64
	var m *topology.Map
	for range r.Rounds {
		began := time.Now()
		m = topology.New(f.sites, f.links, f.machines)
		m.From(f.machines[0].ID).Sites()
		tables = append(tables, us(time.Since(began)))
	}
	began := time.Now()
	f.plain(f.sites[0].ID)
	plain := us(time.Since(began))
	took := median(tables)
	r.add("directory", "map and table of a queue manager", took, "us", "the goal of a second", us(tableGoal), 1, false)
	r.add("directory", "map and table of a queue manager", took, "us", "the plainest search from one site", plain, 0, false)
	began = time.Now()
	for i := range ways {
		m.Path(f.machines[i].ID, f.machines[len(f.machines)-1-i*3].ID, topology.WhatIf{})
	}
	way := us(time.Since(began)) / ways
	r.add("directory", "a path with the next best", way, "us", "the goal of a millisecond", us(wayGoal), 1, false)
	r.add("directory", "a path with the next best", way, "us", "the plainest search from one site", plain, 0, false)
}

// plain finds the costs from one site to all: at each step it looks at every site for
// the nearest, and at every link.
func (f forest) plain(from mq.GUID) map[mq.GUID]uint64 {
	cost, done := map[mq.GUID]uint64{from: 0}, map[mq.GUID]bool{}
	for {
		var at mq.GUID
		best, found := ^uint64(0), false
		for s, c := range cost {
			if !done[s] && c < best {
				at, best, found = s, c, true
			}
		}
		if !found {
			return cost
		}
		done[at] = true
		for _, l := range f.links {
			for _, e := range [][2]mq.GUID{{l.Site1, l.Site2}, {l.Site2, l.Site1}} {
				if c, ok := cost[e[1]]; e[0] == at && (!ok || best+uint64(l.Cost) < c) {
					cost[e[1]] = best + uint64(l.Cost)
				}
			}
		}
	}
}

// controller measures at a domain controller, on a queue manager of its own that is
// removed again.
func (r *run) controller(ctx context.Context) error {
	address := os.Getenv("POSTHOUSE_AD_ADDRESS")
	if address == "" {
		r.Progress("no domain controller is named: run it as \"scripts/samba-ad/with posthouse bench directory\"")
		return nil
	}
	c, err := conn.Dial(ctx, conn.Options{
		Controllers: []string{"ldaps://" + address}, CA: os.Getenv("POSTHOUSE_AD_CA"),
		SignIn: conn.SignIn{User: "Administrator@" + os.Getenv("POSTHOUSE_AD_FOREST"), Password: os.Getenv("POSTHOUSE_AD_PASSWORD")},
	})
	if err != nil {
		return err
	}
	d := ldap.New(c)
	defer func() { _ = d.Close() }() // what it measured was answered
	name := "BENCH" + strings.ToUpper(filepath.Base(r.dir)[len("posthouse-bench-"):])
	name = name[:min(15, len(name))]
	computer := "CN=" + name + ",CN=Computers," + os.Getenv("POSTHOUSE_AD_BASE")
	if err := c.Add(ctx, computer, []ldap.Attribute{
		{Name: "objectClass", Values: [][]byte{[]byte("computer")}},
		{Name: "sAMAccountName", Values: [][]byte{[]byte(name + "$")}},
		{Name: "userAccountControl", Values: [][]byte{[]byte("4096")}},
	}); err != nil {
		return err
	}
	defer func() { _ = c.Delete(context.WithoutCancel(ctx), computer, true) }() // the report has what counts
	sites, err := directory.All[*directory.Site](ctx, d, directory.Query{Kind: directory.KindSite, Limit: 1})
	switch {
	case err != nil:
		return err
	case len(sites) == 0:
		return errors.New("the forest has no site")
	}
	o, err := d.Create(ctx, "", &directory.Machine{Computer: name, Sites: []mq.GUID{sites[0].ID}})
	if err != nil {
		return err
	}
	machine := o.Common().ID
	r.Progress(fmt.Sprintf("making %d public queues at %s", controllerQueues, c.Status().Controller))
	began := time.Now()
	for i := range controllerQueues {
		if _, err := d.Create(ctx, "", &directory.Queue{
			Machine: machine, Computer: name, Queue: fmt.Sprintf("bench%04d", i), Label: fmt.Sprintf("Orders %04d of %s", i, name),
			Privacy: 1, Quota: mq.Never, JournalQuota: mq.Never,
		}); err != nil {
			return err
		}
	}
	create := us(time.Since(began)) / controllerQueues
	one, err := clocked(finds, func() error { _, err := d.Read(ctx, directory.KindMachine, directory.ByID(machine)); return err })
	if err != nil {
		return err
	}
	r.add("directory", "create a public queue, at a controller", create, "us", "reading one object", one, 0, false)
	for _, text := range []struct {
		part string
		fit  int
		goal float64
	}{{"Orders 00", 100, 1}, {"of " + name, controllerQueues, 0}} {
		first, err := clocked(finds, func() error {
			for _, err := range d.Search(ctx, directory.Query{Kind: directory.KindQueue, Contains: text.part, Limit: findPage}) {
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		what := fmt.Sprintf("find %d of %d by label, show %d", text.fit, controllerQueues, findPage)
		r.add("directory", what, first, "us", "reading one object", one, 0, false)
		if text.goal != 0 {
			r.add("directory", what, first, "us", "the goal of 100 ms", us(findGoal), text.goal, false)
		}
	}
	return nil
}

// clocked is the median time of n calls, in microseconds.
func clocked(n int, f func() error) (float64, error) {
	var took []float64
	for range n {
		began := time.Now()
		if err := f(); err != nil {
			return 0, err
		}
		took = append(took, us(time.Since(began)))
	}
	return median(took), nil
}

func us(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }
