package app

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

func (p *program) routeCommand() *cobra.Command {
	c := p.group("route", "Sites, routing links, and the way of messages between them",
		p.routeShow(), p.routePath(), p.group("link", "Routing links between sites", p.linkCreate(), p.linkSet(), p.linkDelete()))
	p.forest.flags(c)
	return c
}

func (p *program) routeShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show",
		Short: "List the sites with their queue managers, and the routing links",
		Args:  takes(),
		RunE: p.do(func(cmd *cobra.Command, _ []string) error {
			return p.withDirectory(cmd, "read the routes", func(ctx context.Context, d mgmtclient.Directory) error {
				m, err := d.Routes(ctx, true)
				if err != nil {
					return err
				}
				return p.result(m, func() { p.printRoutes(m) })
			})
		}),
	}
}

func (p *program) printRoutes(m mgmtclient.RouteMap) {
	table := func(titles []string, lines [][]string) {
		r := newRows[[]string](p)
		for i, t := range titles {
			r.columns = append(r.columns, column[[]string]{title: t, right: t == "COST", cell: func(l []string) string { return l[i] }})
			r.widths = append(r.widths, 0)
		}
		for _, l := range lines {
			_ = r.add(l) // to the buffer
		}
		_ = r.flush()
	}
	var sites, links [][]string
	for _, s := range m.Sites {
		var names []string
		for _, qm := range s.Machines {
			n := qm.Name
			switch {
			case qm.Gate:
				n += " (gate)"
			case qm.Routing:
				n += " (routing server)"
			case qm.Foreign:
				n += " (foreign)"
			}
			names = append(names, n)
		}
		sites = append(sites, []string{s.Name + word(s.Foreign, " (foreign)", ""), strings.Join(names, ", ")})
	}
	for _, l := range m.Links {
		gates := make([]string, len(l.Gates))
		for i, g := range l.Gates {
			gates[i] = machineName(m, g)
		}
		links = append(links, []string{
			siteName(m, l.Site1), siteName(m, l.Site2), costText(l.Cost), strings.Join(gates, ", "), l.Description,
		})
	}
	table([]string{"SITE", "QUEUE MANAGERS"}, sites)
	p.printf("\n")
	table([]string{"SITE 1", "SITE 2", "COST", "SITE GATES", "DESCRIPTION"}, links)
}

func siteName(m mgmtclient.RouteMap, id mq.GUID) string {
	for _, s := range m.Sites {
		if s.ID == id {
			return s.Name
		}
	}
	return id.String()
}

func machineName(m mgmtclient.RouteMap, id mq.GUID) string {
	for _, s := range m.Sites {
		for _, qm := range s.Machines {
			if qm.ID == id {
				return qm.Name
			}
		}
	}
	return id.String()
}

// place is the site or else queue manager of a name.
func place(m mgmtclient.RouteMap, name string) (mq.GUID, error) {
	if id, err := sitePlace(m, name); err == nil {
		return id, nil
	}
	if id, err := machinePlace(m, name); err == nil {
		return id, nil
	}
	return mq.GUID{}, noPlace(name, "no site and no queue manager")
}

func sitePlace(m mgmtclient.RouteMap, name string) (mq.GUID, error) {
	id, _ := mq.ParseGUID(name)
	for _, s := range m.Sites {
		if s.ID == id || strings.EqualFold(s.Name, name) {
			return s.ID, nil
		}
	}
	return mq.GUID{}, noPlace(name, "no site")
}

func machinePlace(m mgmtclient.RouteMap, name string) (mq.GUID, error) {
	id, _ := mq.ParseGUID(name)
	for _, s := range m.Sites {
		for _, qm := range s.Machines {
			if qm.ID == id || strings.EqualFold(qm.Name, name) || strings.EqualFold(qm.DNSName, name) {
				return qm.ID, nil
			}
		}
	}
	return mq.GUID{}, noPlace(name, "no queue manager")
}

func noPlace(name, what string) error {
	return mq.Errorf(mq.ErrObjectNotFound, "find "+mq.Quote(name), "there is %s of that name", what).
		WithFix("see \"posthouse route show\"")
}

// linkOf is the link between two sites, SITE1-SITE2, or that with a GUID.
func linkOf(m mgmtclient.RouteMap, name string) (mgmtclient.RouteLink, error) {
	id, _ := mq.ParseGUID(name)
	for _, l := range m.Links {
		a, b := siteName(m, l.Site1), siteName(m, l.Site2)
		if l.ID == id || strings.EqualFold(name, a+"-"+b) || strings.EqualFold(name, b+"-"+a) {
			return l, nil
		}
	}
	return mgmtclient.RouteLink{}, mq.Errorf(mq.ErrObjectNotFound, "find the routing link "+mq.Quote(name), "there is none").
		WithFix("name it SITE1-SITE2; see \"posthouse route show\"")
}

// path is a way as it is printed.
type path struct {
	mgmtclient.Path
	Changes []mgmtclient.PathChange `json:"changes,omitempty"`
}

func (p *program) routePath() *cobra.Command {
	var down, costs []string
	cmd := &cobra.Command{
		Use:   "path FROM TO",
		Short: "Say which way a message takes, or would take",
		Long: `Say which way a message takes between two sites or queue managers, and what it
costs. --down and --cost ask what would be if a link, gate or site failed, or if a
link cost something else; nothing is changed.`,
		Example: `  posthouse route path Hirtshals Odense
  posthouse route path DESK-SKAGEN WMS-ODN01 --down HUB-CPH01
  posthouse route path Hirtshals Odense --cost Aarhus-Odense=2`,
		Args: takes("FROM", "TO"),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			return p.withDirectory(cmd, "find the way from "+args[0]+" to "+args[1], func(ctx context.Context, d mgmtclient.Directory) error {
				m, err := d.Routes(ctx, true)
				if err != nil {
					return err
				}
				var q mgmtclient.PathQuery
				if q.From, err = place(m, args[0]); err != nil {
					return err
				}
				if q.To, err = place(m, args[1]); err != nil {
					return err
				}
				if q.WhatIf, err = whatIf(m, down, costs); err != nil {
					return err
				}
				var out path
				if out.Path, err = d.Path(ctx, q); err != nil {
					return err
				}
				if len(costs)+len(down) > 0 {
					if out.Changes, err = d.Compare(ctx, q.WhatIf); err != nil {
						return err
					}
				}
				if err := p.result(out, func() { p.printPath(out) }); err != nil || len(out.Hops) > 0 {
					return err
				}
				return mq.Errorf(mq.ErrObjectNotFound, "", "there is no way: %s", out.Why)
			})
		}),
	}
	f := cmd.Flags()
	f.StringSliceVar(&down, "down", nil, "as if these did not work: sites, gates or links SITE1-SITE2 (`NAME,...`)")
	f.StringSliceVar(&costs, "cost", nil, "as if links cost something else, `SITE1-SITE2=N,...`")
	return cmd
}

func whatIf(m mgmtclient.RouteMap, down, costs []string) (w mgmtclient.WhatIf, err error) {
	for _, name := range down {
		id, err := place(m, name)
		if err != nil {
			l, lerr := linkOf(m, name)
			if lerr != nil {
				return w, err
			}
			id = l.ID
		}
		w.Down = append(w.Down, id)
	}
	for _, c := range costs {
		name, n, _ := strings.Cut(c, "=")
		l, err := linkOf(m, name)
		if err != nil {
			return w, err
		}
		cost, cerr := strconv.ParseUint(n, 10, 32)
		if cerr != nil || cost < minCost || cost > maxCost {
			return w, usagef("--cost %s: want SITE1-SITE2=N, N from %d to %d", c, minCost, maxCost)
		}
		l.Cost = uint32(cost)
		w.Links = append(w.Links, l)
	}
	return w, nil
}

// The costs of a routing link (MS-MQDMPR 3.1.1.8).
const (
	minCost = 1
	maxCost = 999_999
)

func (p *program) printPath(w path) {
	if len(w.Hops) > 0 {
		p.printf("%s\n", clean(pathText(w.Path)))
		p.printf("Total cost %d\n", w.Cost)
	}
	if w.Why != "" {
		p.note("%s", clean(w.Why))
	}
	if w.Next != nil {
		p.printf("Next best: %d, %s\n", w.Next.Cost, clean(pathText(*w.Next)))
	}
	if len(w.Changes) > 0 {
		p.printf("\nWhat changes: %s\n", many(len(w.Changes), "path"))
	}
	for i, c := range w.Changes {
		if i == 20 {
			p.printf("  ... and %d more\n", len(w.Changes)-i)
			break
		}
		p.printf("  %s to %s: %s -> %s\n", clean(c.From.Name), clean(c.To.Name), costText(c.Before), costText(c.After))
	}
}

// pathText is Hirtshals -> cost 4 -> Aarhus (HUB-AAR02) -> ...
func pathText(w mgmtclient.Path) string {
	var b strings.Builder
	for i, h := range w.Hops {
		if i > 0 {
			b.WriteString(" -> cost " + costText(h.Cost) + " -> ")
		}
		b.WriteString(h.Name)
		var via []string
		for _, m := range h.Via {
			via = append(via, m.Name)
		}
		if len(via) > 0 {
			b.WriteString(" (" + strings.Join(via, ", ") + ")")
		}
	}
	return b.String()
}
