package app

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// atOnce is how many messages of a bulk action one request names.
const atOnce = 500

// bulk is a verb that does something with each of some messages.
type bulk struct {
	verb, done string // move, moved
	queue, to  string
	act        func(context.Context, []mgmtclient.LookupID) ([]mgmtclient.ItemResult, error)
}

func (b bulk) op() string {
	op := b.verb + " messages of " + b.queue
	if b.to != "" {
		op += " to " + b.to
	}
	return op
}

func (p *program) messageMove() *cobra.Command {
	return p.transfer("move", "moved", "Move messages to another queue",
		`Move messages to another queue. Between a queue and its subqueues they keep id and
order; elsewhere each is received and sent anew in one transaction, with a new id.`,
		mgmtclient.Mover.Move)
}

func (p *program) messageCopy() *cobra.Command {
	return p.transfer("copy", "copied", "Copy messages to another queue",
		"Send copies of messages to another queue, with new ids; the messages stay.",
		mgmtclient.Mover.Copy)
}

func (p *program) transfer(verb, done, short, long string,
	act func(mgmtclient.Mover, context.Context, string, []mgmtclient.LookupID, string) ([]mgmtclient.ItemResult, error),
) *cobra.Command {
	var (
		which selection
		c     consent
		to    string
	)
	cmd := &cobra.Command{
		Use:   verb + " QUEUE [MESSAGE...] --to QUEUE",
		Short: short,
		Long:  long,
		Example: fmt.Sprintf(`  posthouse message %[1]s orders 288230376151711745 --to 'orders;poison'
  posthouse message %[1]s orders --all --to orders-new`, verb),
		Args:                  takes("QUEUE", "[MESSAGE...]"),
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     p.queueNames(1),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			if to == "" {
				return usagef("--to is missing (usage: %s)", cmd.UseLine())
			}
			if err := which.choose(cmd, args[1:]); err != nil {
				return err
			}
			b := bulk{verb: verb, done: done, queue: args[0], to: to}
			return p.withNode(cmd, b.op(), func(ctx context.Context, n mgmtclient.Node) error {
				mover, err := can[mgmtclient.Mover](n)
				if err != nil {
					return err
				}
				b.act = func(ctx context.Context, ids []mgmtclient.LookupID) ([]mgmtclient.ItemResult, error) {
					return act(mover, ctx, args[0], ids, to)
				}
				ids, err := which.find(ctx, p, n, args[0])
				if err != nil {
					return err
				}
				if c.dryRun {
					return p.dryRun(b, len(ids), 0)
				}
				return p.bulk(ctx, b, ids)
			})
		}),
	}
	cmd.Flags().StringVar(&to, "to", "", "the `QUEUE` they go to")
	if err := cmd.RegisterFlagCompletionFunc("to", p.completeQueue); err != nil {
		panic(err) // the flag was just made
	}
	which.flags(cmd)
	c.dryRunFlag(cmd)
	return cmd
}

func (p *program) messageDelete() *cobra.Command {
	var (
		which selection
		c     consent
	)
	cmd := &cobra.Command{
		Use:   "delete QUEUE [MESSAGE...]",
		Short: "Delete messages",
		Long: `Delete messages. For their senders that is a receive: those that asked for it are
told "received"; how many is said before anything is done. In an outgoing queue it
ends messages that were not delivered: their senders are told so if they asked.`,
		Example: `  posthouse message delete orders 288230376151711745 --yes
  posthouse message search orders test --jsonl | jq -r .lookupId | posthouse message delete orders - --yes`,
		Args:              takes("QUEUE", "[MESSAGE...]"),
		ValidArgsFunction: p.queueNames(1),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			if err := errors.Join(which.choose(cmd, args[1:]), c.need(p, cmd)); err != nil {
				return err
			}
			b := bulk{verb: "delete", done: "deleted", queue: args[0]}
			return p.withNode(cmd, b.op(), func(ctx context.Context, n mgmtclient.Node) error {
				remover, err := can[mgmtclient.Remover](n)
				if err != nil {
					return err
				}
				b.act = func(ctx context.Context, ids []mgmtclient.LookupID) ([]mgmtclient.ItemResult, error) {
					return remover.Delete(ctx, args[0], ids)
				}
				ids, err := which.find(ctx, p, n, args[0])
				if err != nil || len(ids) == 0 {
					return errors.Join(err, p.bulk(ctx, b, nil))
				}
				if q, err := n.Queue(ctx, args[0]); err == nil && q.Outgoing != nil {
					if c.dryRun {
						return p.dryRun(b, len(ids), 0)
					}
					question := "Delete " + many(len(ids), "message") + " for " + q.PathName + "? Nobody will get what was not delivered yet."
					if err := c.ask(ctx, p, b.op(), question); err != nil {
						return err
					}
					return p.bulk(ctx, b, ids)
				}
				told, err := which.toldReceived(ctx, n, args[0], ids)
				if err != nil {
					return err
				}
				if c.dryRun {
					return p.dryRun(b, len(ids), told)
				}
				question := "Delete " + many(len(ids), "message") + " of " + args[0] + "? " + many(told, "sender") + " will be told \"received\"."
				if err := c.ask(ctx, p, b.op(), question); err != nil {
					return err
				}
				if !p.asJSON() && told > 0 {
					p.note("%s will be told \"received\"", many(told, "sender"))
				}
				return p.bulk(ctx, b, ids)
			})
		}),
	}
	which.flags(cmd)
	c.flags(cmd)
	return cmd
}

// plan is what a bulk action would do.
type plan struct {
	DryRun       bool   `json:"dryRun"`
	Queue        string `json:"queue"`
	To           string `json:"to,omitempty"`
	Messages     int    `json:"messages"`
	ToldReceived *int   `json:"toldReceived,omitempty"`
}

func (p *program) dryRun(b bulk, messages, told int) error {
	what := plan{DryRun: true, Queue: b.queue, To: b.to, Messages: messages}
	text := fmt.Sprintf("would %s %s of %s", b.verb, many(messages, "message"), b.queue)
	if b.to != "" {
		text += " to " + b.to
	}
	if b.verb == "delete" {
		what.ToldReceived = &told
		text += "; " + many(told, "sender") + " would be told \"received\""
	}
	return p.result(what, func() { p.printf("%s\n", clean(text)) })
}

// word says what became of one message.
func (b bulk) word(i mgmtclient.ItemResult) string {
	if i.Error != "" {
		return "failed: " + i.Error
	}
	return b.done
}

// tally counts what became of the messages of a bulk action.
type tally struct {
	done, failed int
	first        mgmtclient.ItemResult // that failed
	err          error                 // ended the action
}

// add reports whether it was done.
func (t *tally) add(i mgmtclient.ItemResult) bool {
	if i.Error == "" {
		t.done++
		return true
	}
	if t.failed++; t.failed == 1 {
		t.first = i
	}
	return false
}

// bulk acts on messages in chunks and answers for each.
func (p *program) bulk(ctx context.Context, b bulk, ids []mgmtclient.LookupID) error {
	type item = mgmtclient.ItemResult
	r := newRows(
		p,
		column[item]{"LOOKUP ID", true, func(i item) string { return i.LookupID.String() }},
		column[item]{"RESULT", false, b.word},
		column[item]{"NEW ID", false, func(i item) string { return i.NewID }},
	)
	var t tally
	for part := range slices.Chunk(ids, atOnce) {
		results, err := b.act(ctx, part)
		for _, i := range results {
			t.add(i)
			// A person is shown what is not plain: failures and new ids.
			if p.asJSON() || i.Error != "" || i.NewID != "" {
				if werr := r.add(i); werr != nil {
					return werr
				}
			}
		}
		if t.err = err; err != nil {
			break
		}
	}
	if err := r.close(""); err != nil {
		return err
	}
	return p.tell(b, t, len(ids))
}

// tell says how a bulk action ended.
func (p *program) tell(b bulk, t tally, total int) error {
	if !p.asJSON() {
		p.printf("%s %s\n", b.done, many(t.done, "message"))
	}
	switch {
	case t.err != nil && t.done > 0:
		return stoppedAt(explain(b.op(), t.err), b.done, t.done, total)
	case t.err != nil:
		return t.err
	case t.failed > 0:
		return mq.Errorf(t.first.Code, b.op(), "%s of %s failed, the first (%s) with: %s",
			count(t.failed), many(total, "message"), t.first.LookupID, t.first.Error)
	}
	return nil
}
