package app

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// returned is what became of one dead letter.
type returned struct {
	mgmtclient.ItemResult
	OldID   string `json:"oldId,omitempty"`
	Class   string `json:"class,omitempty"`
	Arrived bool   `json:"arrived"` // it had reached its queue: its receiver may have it twice now
	short   bool
}

// brief reports that a message died of a limit that is over before anybody
// could do something about it.
func brief(m mgmtclient.Message) bool {
	limit := m.TTBR
	if m.ClassCode == mq.ClassNackReachQueueTimeout && m.TTRQ != nil && (limit == nil || *m.TTRQ < *limit) {
		limit = m.TTRQ
	}
	return (m.ClassCode == mq.ClassNackReceiveTimeout || m.ClassCode == mq.ClassNackReachQueueTimeout) && limit != nil && *limit < 60
}

func (p *program) messageReturn() *cobra.Command {
	var (
		which selection
		c     consent
	)
	cmd := &cobra.Command{
		Use:   "return QUEUE [MESSAGE...]",
		Short: "Send dead letters anew to where they were going",
		Long: `Send dead letters anew to the destination they had; each is taken out and sent in
one transaction. The new message has a new id, which is shown beside the old one.
A letter that had arrived and died in its queue (class 0xC0..) is warned of: its
receiver may see the message twice.`,
		Example:           `  posthouse message return '.\system$;deadxact' --all`,
		Args:              takes("QUEUE", "[MESSAGE...]"),
		ValidArgsFunction: p.queueNames(1),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			if err := which.choose(cmd, args[1:]); err != nil {
				return err
			}
			b := bulk{verb: "return", done: "returned", queue: args[0]}
			return p.withNode(cmd, b.op(), func(ctx context.Context, n mgmtclient.Node) error {
				mover, err := can[mgmtclient.Mover](n)
				if err != nil {
					return err
				}
				ids, err := which.find(ctx, p, n, args[0])
				if err != nil {
					return err
				}
				if c.dryRun {
					return p.dryRun(b, len(ids), 0)
				}
				return p.returnAll(ctx, n, mover, b, ids)
			})
		}),
	}
	which.flags(cmd)
	c.dryRunFlag(cmd)
	return cmd
}

func (p *program) returnAll(ctx context.Context, n mgmtclient.Node, mover mgmtclient.Mover, b bulk, ids []mgmtclient.LookupID) error {
	r := newRows(
		p,
		column[returned]{"LOOKUP ID", true, func(i returned) string { return i.LookupID.String() }},
		column[returned]{"RESULT", false, func(i returned) string { return b.word(i.ItemResult) }},
		column[returned]{"OLD ID", false, func(i returned) string { return i.OldID }},
		column[returned]{"NEW ID", false, func(i returned) string { return i.NewID }},
	)
	var (
		t       tally
		arrived int
		short   int // died of a limit of time that they keep
	)
	for part := range slices.Chunk(ids, atOnce) {
		letters, err := deadLetters(ctx, n, b.queue, part)
		var results []mgmtclient.ItemResult
		if err == nil {
			results, err = mover.Return(ctx, b.queue, part)
		}
		for i, result := range results {
			item := letters[i]
			item.ItemResult = result
			if t.add(result) {
				arrived += one(item.Arrived)
				short += one(item.short)
			}
			if werr := r.add(item); werr != nil {
				return werr
			}
		}
		if t.err = err; err != nil {
			break
		}
	}
	if err := r.close(""); err != nil {
		return err
	}
	if arrived > 0 {
		p.note("warning: %s had reached the queue before and died there; a receiver may see it twice", many(arrived, "message"))
	}
	if short > 0 {
		p.note("warning: %s died of a limit of less than a minute, which goes with the new one too; see that somebody takes it in time", many(short, "message"))
	}
	return p.tell(b, t, len(ids))
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

// deadLetters are letters as they are before they are returned.
func deadLetters(ctx context.Context, n mgmtclient.Node, queue string, ids []mgmtclient.LookupID) ([]returned, error) {
	list := make([]returned, len(ids))
	for i, id := range ids {
		m, err := n.Message(ctx, queue, id, 0)
		if mgmtclient.Code(err) == mq.ErrMessageNotFound {
			continue // the return answers for it
		}
		if err != nil {
			return nil, err
		}
		list[i] = returned{OldID: m.ID, Class: m.Class, Arrived: m.ClassCode.Arrived(), short: brief(m)}
	}
	return list, nil
}
