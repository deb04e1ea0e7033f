package app

import (
	"context"

	"github.com/spf13/cobra"

	"posthouse/mgmtclient"
)

// emptied is what became, or would become, of a queue that is deleted or purged.
type emptied struct {
	Queue           string `json:"queue"`
	Messages        int64  `json:"messages"`
	JournalMessages int64  `json:"journalMessages"`
	DryRun          bool   `json:"dryRun,omitempty"`
}

func (p *program) queueDelete() *cobra.Command {
	var c consent
	cmd := &cobra.Command{
		Use:               "delete QUEUE",
		Short:             "Delete a queue and what is in it",
		Args:              takes("QUEUE"),
		ValidArgsFunction: p.queueNames(1),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			if err := c.need(p, cmd); err != nil {
				return err
			}
			op := "delete queue " + args[0]
			return p.withNode(cmd, op, func(ctx context.Context, n mgmtclient.Node) error {
				admin, err := can[mgmtclient.QueueAdmin](n)
				if err != nil {
					return err
				}
				q, err := n.Queue(ctx, args[0])
				if err != nil {
					return err
				}
				what := emptied{q.PathName, q.Messages, q.JournalMessages, c.dryRun}
				holds := many(q.Messages, "message") + " in it and " + many(q.JournalMessages, "message") + " in its journal"
				if c.dryRun {
					return p.result(what, func() { p.printf("would delete %s with %s\n", clean(q.PathName), holds) })
				}
				if err := c.ask(ctx, p, op, "Delete "+q.PathName+" with "+holds+"?"); err != nil {
					return err
				}
				if err := admin.DeleteQueue(ctx, args[0]); err != nil {
					return err
				}
				return p.result(what, func() { p.printf("deleted %s with %s\n", clean(q.PathName), holds) })
			})
		}),
	}
	c.flags(cmd)
	return cmd
}

func (p *program) queuePurge() *cobra.Command {
	var c consent
	cmd := &cobra.Command{
		Use:   "purge QUEUE",
		Short: "Remove all messages of a queue",
		Example: `  posthouse queue purge orders --dry-run
  posthouse queue purge 'orders;journal' --yes`,
		Args:              takes("QUEUE"),
		ValidArgsFunction: p.queueNames(1),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			if err := c.need(p, cmd); err != nil {
				return err
			}
			op := "purge queue " + args[0]
			return p.withNode(cmd, op, func(ctx context.Context, n mgmtclient.Node) error {
				purger, err := can[mgmtclient.Purger](n)
				if err != nil {
					return err
				}
				q, err := n.Queue(ctx, args[0])
				if err != nil {
					return err
				}
				what := purged{q.PathName, q.Messages, c.dryRun}
				if c.dryRun {
					return p.result(what, func() {
						p.printf("would remove %s from %s\n", many(q.Messages, "message"), clean(q.PathName))
					})
				}
				if err := c.ask(ctx, p, op, "Remove "+many(q.Messages, "message")+" from "+q.PathName+"?"); err != nil {
					return err
				}
				what.Messages, err = purger.Purge(ctx, args[0])
				if err != nil && what.Messages == 0 {
					return err
				}
				if perr := p.result(what, func() {
					p.printf("removed %s from %s\n", many(what.Messages, "message"), clean(q.PathName))
				}); err == nil {
					err = perr
				}
				return err
			})
		}),
	}
	c.flags(cmd)
	return cmd
}

// purged says how many messages were, or would be, removed.
type purged struct {
	Queue    string `json:"queue"`
	Messages int64  `json:"messages"`
	DryRun   bool   `json:"dryRun,omitempty"`
}
