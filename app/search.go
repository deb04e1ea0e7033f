package app

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"posthouse/mgmtclient"
)

func (p *program) messageSearch() *cobra.Command {
	var (
		s            mgmtclient.Search
		after        lookup
		since, until moment
	)
	cmd := &cobra.Command{
		Use:   "search QUEUE [TEXT]",
		Short: "Find messages by label, id, body, class or time",
		Long: `Find messages whose label, ids or body contain a text, letter case ignored, and
show each as soon as it is found. Bodies are searched as UTF-8 and as UTF-16.`,
		Example: `  posthouse message search orders "ACME" --since 2h
  posthouse message search '.\system$;deadletter' --class NACK_REACH_QUEUE_TIMEOUT --jsonl`,
		Args:              takes("QUEUE", "[TEXT]"),
		ValidArgsFunction: p.queueNames(1),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			if s.Limit < 0 {
				return usagef("--limit %d: want a number of messages, or 0 for all", s.Limit)
			}
			if len(args) > 1 {
				s.Text = args[1]
			}
			s.After, s.Since, s.Until = mgmtclient.LookupID(after), since.value, until.value
			return p.withNode(cmd, "search "+args[0], func(ctx context.Context, n mgmtclient.Node) error {
				searcher, err := can[mgmtclient.Searcher](n)
				if err != nil {
					return err
				}
				r := p.messageRows()
				var shown error
				err = searcher.Search(ctx, args[0], s, func(m mgmtclient.Message) bool {
					shown = errors.Join(r.add(whole(m)), r.flush())
					return shown == nil
				})
				return errors.Join(err, shown, r.close("no message found in "+args[0]))
			})
		}),
	}
	since.now, since.zone = p.now, p.zone
	until.now, until.zone = p.now, p.zone
	f := cmd.Flags()
	f.StringVar(&s.Class, "class", "", "only messages of this `CLASS`: NORMAL, NACK_REACH_QUEUE_TIMEOUT, ...")
	f.Var(&since, "since", "sent at or after: 2006-01-02 15:04, RFC 3339, or 2h ago as 2h")
	f.Var(&until, "until", "sent before")
	f.IntVar(&s.Limit, "limit", 0, "stop after `N`; 0 for all")
	f.Var(&after, "after", "begin behind this message")
	return cmd
}
