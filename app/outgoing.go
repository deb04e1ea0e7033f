package app

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

func (p *program) outgoingCommand() *cobra.Command {
	return p.group("outgoing", "Queues of messages on their way to other machines",
		p.outgoingList(),
		p.outgoingVerb("show", "Show an outgoing queue", func(_ context.Context, q mgmtclient.Queue) error { return p.showQueue(q) }),
		p.outgoingVerb("pause", "Hold the messages of an outgoing queue back", refuseOutgoing),
		p.outgoingVerb("resume", "Let the messages of an outgoing queue leave again", refuseOutgoing),
		p.outgoingVerb("resend", "Try an outgoing queue again now", refuseOutgoing),
	)
}

func (p *program) outgoingList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List outgoing queues",
		Args:  takes(),
		RunE: p.do(func(cmd *cobra.Command, _ []string) error {
			return p.withNode(cmd, "list outgoing queues", func(ctx context.Context, n mgmtclient.Node) error {
				list, err := n.Queues(ctx, mgmtclient.QueueFilter{Outgoing: true})
				if err != nil {
					return err
				}
				return p.queueTable(list, "no outgoing queues")
			})
		}),
	}
}

func (p *program) outgoingVerb(verb, short string, f func(context.Context, mgmtclient.Queue) error) *cobra.Command {
	return &cobra.Command{
		Use:   verb + " QUEUE",
		Short: short,
		Args:  takes("QUEUE"),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			return p.withNode(cmd, verb+" outgoing queue "+args[0], func(ctx context.Context, n mgmtclient.Node) error {
				list, err := n.Queues(ctx, mgmtclient.QueueFilter{Outgoing: true})
				if err != nil {
					return err
				}
				for _, q := range list {
					if strings.EqualFold(q.FormatName, args[0]) || strings.EqualFold(q.PathName, args[0]) {
						return f(ctx, q)
					}
				}
				return mq.Errorf(mq.ErrQueueNotFound, "", "no messages wait for another machine under this name").
					WithFix("see \"posthouse outgoing list\"")
			})
		}),
	}
}

// refuseOutgoing: nothing leaves this machine yet, so nothing can be held back.
func refuseOutgoing(context.Context, mgmtclient.Queue) error {
	return mq.Errorf(mq.ErrUnsupportedOperation, "", "this version sends to queues of its own machine only")
}
