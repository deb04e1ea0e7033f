package app

import (
	"context"

	"github.com/spf13/cobra"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// linkFlags are the properties of a routing link.
type linkFlags struct {
	cost        uint32
	gates       []string
	description string
}

func (l *linkFlags) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.Uint32Var(&l.cost, "cost", minCost, "what a message pays on it, `N` from 1 to 999999")
	f.StringSliceVar(&l.gates, "gate", nil, "routing servers of the two sites `NAME,...` that whatever crosses it passes; \"\" is none")
	f.StringVar(&l.description, "description", "", "description `TEXT`")
}

// onto puts what was given into a link and names the fields.
func (l *linkFlags) onto(cmd *cobra.Command, m mgmtclient.RouteMap, to *mgmtclient.RouteLink, text *string) (fields []mgmtclient.Field, err error) {
	f := cmd.Flags()
	if l.cost < minCost || l.cost > maxCost {
		return nil, usagef("--cost %d: want a number from %d to %d", l.cost, minCost, maxCost)
	}
	if f.Changed("cost") {
		to.Cost = l.cost
		fields = append(fields, mgmtclient.FieldCost)
	}
	if f.Changed("description") {
		*text, to.Description = l.description, l.description
		fields = append(fields, mgmtclient.FieldLabel)
	}
	if f.Changed("gate") {
		to.Gates = nil
		for _, name := range l.gates {
			if name == "" {
				continue
			}
			id, err := machinePlace(m, name)
			if err != nil {
				return nil, err
			}
			to.Gates = append(to.Gates, id)
		}
		fields = append(fields, mgmtclient.FieldGates)
	}
	return fields, nil
}

func (p *program) linkCreate() *cobra.Command {
	var l linkFlags
	cmd := &cobra.Command{
		Use:     "create SITE1 SITE2",
		Short:   "Link two sites",
		Example: "  posthouse route link create Aarhus Odense --cost 5 --gate HUB-AAR02,WMS-ODN01",
		Args:    takes("SITE1", "SITE2"),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			name := args[0] + "-" + args[1]
			return p.withDirectory(cmd, "link "+args[0]+" and "+args[1], func(ctx context.Context, d mgmtclient.Directory) error {
				m, err := d.Routes(ctx, true)
				if err != nil {
					return err
				}
				link := mgmtclient.RouteLink{Cost: l.cost}
				if link.Site1, err = sitePlace(m, args[0]); err != nil {
					return err
				}
				if link.Site2, err = sitePlace(m, args[1]); err != nil {
					return err
				}
				e := mgmtclient.Entry{Kind: mgmtclient.EntryLink, Link: &link}
				if _, err := l.onto(cmd, m, &link, &e.Label); err != nil {
					return err
				}
				if e, err = d.Create(ctx, e); err != nil {
					return err
				}
				return p.result(e, func() { p.printf("created the routing link %s at cost %d\n", clean(name), link.Cost) })
			})
		}),
	}
	l.flags(cmd)
	return cmd
}

func (p *program) linkSet() *cobra.Command {
	var (
		l linkFlags
		c consent
	)
	cmd := &cobra.Command{
		Use:   "set SITE1-SITE2|GUID",
		Short: "Change the cost, the gates or the description of a routing link",
		Long: `Change the cost, the gates or the description of a routing link, and say which
ways change by it. --dry-run only says that.`,
		Example: `  posthouse route link set Aarhus-Odense --cost 2 --dry-run
  posthouse route link set Aarhus-Odense --gate HUB-AAR02,WMS-ODN01`,
		Args: takes("SITE1-SITE2|GUID"),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			return p.withDirectory(cmd, "change the routing link "+args[0], func(ctx context.Context, d mgmtclient.Directory) error {
				m, err := d.Routes(ctx, true)
				if err != nil {
					return err
				}
				link, err := linkOf(m, args[0])
				if err != nil {
					return err
				}
				e := mgmtclient.Entry{Kind: mgmtclient.EntryLink, ID: link.ID, DN: link.DN, Link: &link, Label: link.Description}
				fields, err := l.onto(cmd, m, &link, &e.Label)
				if err != nil {
					return err
				}
				if len(fields) == 0 {
					return usagef("say what is to change: --cost, --gate or --description")
				}
				out := linkChange{DryRun: c.dryRun, RouteLink: link}
				if out.Changes, err = d.Compare(ctx, mgmtclient.WhatIf{Links: []mgmtclient.RouteLink{link}}); err != nil {
					return err
				}
				if !c.dryRun {
					if _, err = d.Set(ctx, e, fields...); err != nil {
						return err
					}
				}
				return p.result(out, func() {
					p.printf("%s %s of %s\n", word(c.dryRun, "would change", "changed"), fieldNames(fields), clean(args[0]))
					p.printPath(path{Changes: out.Changes})
				})
			})
		}),
	}
	l.flags(cmd)
	c.dryRunFlag(cmd)
	return cmd
}

// linkChange is a link as it is, or would be, and the ways that change by it.
type linkChange struct {
	mgmtclient.RouteLink
	Changes []mgmtclient.PathChange `json:"changes"`
	DryRun  bool                    `json:"dryRun,omitempty"`
}

func (p *program) linkDelete() *cobra.Command {
	var c consent
	cmd := &cobra.Command{
		Use:   "delete SITE1-SITE2|GUID",
		Short: "Delete a routing link, after naming the ways that change",
		Args:  takes("SITE1-SITE2|GUID"),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			if err := c.need(p, cmd); err != nil {
				return err
			}
			op := "delete the routing link " + args[0]
			return p.withDirectory(cmd, op, func(ctx context.Context, d mgmtclient.Directory) error {
				m, err := d.Routes(ctx, true)
				if err != nil {
					return err
				}
				link, err := linkOf(m, args[0])
				if err != nil {
					return err
				}
				out := linkChange{DryRun: c.dryRun, RouteLink: link}
				if out.Changes, err = d.Compare(ctx, mgmtclient.WhatIf{Down: []mq.GUID{link.ID}}); err != nil {
					return err
				}
				if !p.asJSON() {
					p.printPath(path{Changes: out.Changes})
				}
				if !c.dryRun {
					if err := c.ask(ctx, p, op, "Delete the routing link "+args[0]+"?"); err != nil {
						return err
					}
					if err := d.Delete(ctx, link.ID, false); err != nil {
						return err
					}
				}
				return p.result(out, func() { p.printf("%s %s\n", word(c.dryRun, "would delete", "deleted"), clean(args[0])) })
			})
		}),
	}
	c.flags(cmd)
	return cmd
}
