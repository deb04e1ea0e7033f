package app

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

func (p *program) outgoingCommand() *cobra.Command {
	return p.group("outgoing", "Queues of messages on their way to other machines",
		p.outgoingList(), p.outgoingShow(),
		p.outgoingVerb("pause", "Hold the messages of an outgoing queue back",
			"Hold the messages of an outgoing queue back until it is resumed, also after a\nrestart. Messages that are sent meanwhile are kept.",
			mgmtclient.OutgoingAdmin.Pause),
		p.outgoingVerb("resume", "Let the messages of an outgoing queue leave again", "", mgmtclient.OutgoingAdmin.Resume),
		p.outgoingVerb("resend", "Try an outgoing queue again now",
			"Try to connect now instead of at the next try, and send again what the other\nmachine has not acknowledged.",
			mgmtclient.OutgoingAdmin.Resend),
	)
}

func (p *program) outgoingList() *cobra.Command {
	filter := mgmtclient.QueueFilter{Outgoing: true}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List outgoing queues with their state",
		Args:  takes(),
		RunE: p.do(func(cmd *cobra.Command, _ []string) error {
			return p.withNode(cmd, "list outgoing queues", func(ctx context.Context, n mgmtclient.Node) error {
				list, err := n.Queues(ctx, filter)
				if err != nil {
					return err
				}
				return p.outgoingTable(list)
			})
		}),
	}
	f := cmd.Flags()
	f.BoolVar(&filter.WithMessages, "with-messages", false, "leave out empty queues")
	f.StringVar(&filter.Contains, "contains", "", "only queues with this `TEXT` in their name")
	return cmd
}

func (p *program) outgoingTable(list []mgmtclient.Queue) error {
	type queue = mgmtclient.Queue
	r := newRows(
		p,
		column[queue]{"STATE", false, func(q queue) string { return q.State }},
		column[queue]{"QUEUE", false, func(q queue) string { return q.PathName }},
		column[queue]{"UNSENT", true, func(q queue) string { return count(q.Outgoing.Unsent) }},
		column[queue]{"UNREAD", true, func(q queue) string { return count(q.Outgoing.Unread) }},
		column[queue]{"NEXT TRY", false, func(q queue) string { return p.away(q.Outgoing.NextTry) }},
		column[queue]{"WHY", false, func(q queue) string { return q.Outgoing.Why }},
	)
	for _, q := range list {
		if q.Outgoing == nil {
			q.Outgoing = new(mgmtclient.Outgoing)
		}
		if err := r.add(wholeQueue(q)); err != nil {
			return err
		}
	}
	return r.close("no outgoing queues")
}

// away is how long something will take until it comes.
func (p *program) away(t *time.Time) string {
	if t == nil {
		return ""
	}
	d := t.Sub(p.now()).Round(time.Second)
	if d <= 0 {
		return "now"
	}
	return "in " + d.String()
}

func (p *program) outgoingShow() *cobra.Command {
	return &cobra.Command{
		Use:               "show QUEUE",
		Short:             "Show an outgoing queue: its state, why, and its connections",
		Args:              takes("QUEUE"),
		ValidArgsFunction: p.outgoingNames,
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			return p.withNode(cmd, "show outgoing queue "+args[0], func(ctx context.Context, n mgmtclient.Node) error {
				q, err := outgoingQueue(ctx, n, args[0])
				if err != nil {
					return err
				}
				return p.showOutgoing(q)
			})
		}),
	}
}

// outgoingQueue reads a queue that has to be an outgoing one.
func outgoingQueue(ctx context.Context, n mgmtclient.Node, name string) (mgmtclient.Queue, error) {
	q, err := n.Queue(ctx, name)
	if err == nil && q.Outgoing == nil {
		err = mq.Errorf(mq.ErrUnsupportedOperation, "", "%s is no outgoing queue", q.PathName).WithFix(seeOutgoing)
	}
	return q, missing(err)
}

const seeOutgoing = "see \"posthouse outgoing list\""

// missing says where the names of outgoing queues are.
func missing(err error) error {
	var e *mq.Error
	if mgmtclient.Code(err) != mq.ErrQueueNotFound || !errors.As(err, &e) {
		return err
	}
	return mq.Errorf(e.Code, "", "%s", e.Why).WithFix(seeOutgoing)
}

func (p *program) showOutgoing(q mgmtclient.Queue) error {
	q = wholeQueue(q)
	return p.result(q, func() {
		o := q.Outgoing
		list := []field{
			{"Path name", q.PathName},
			{"Format name", q.FormatName},
			{"State", q.State + ": " + mq.QueueState(q.State).Text()},
			{"Why", o.Why},
			{"Since", p.when(o.Since)},
			{"Next hops", strings.Join(q.NextHops, ", ")},
			{"Next try", p.when(o.NextTry)},
			{"Tries that failed", count(o.Failures)},
			{"Not sent", many(o.Unsent, "message")},
			{"Delivered, not read", many(o.Unread, "message")},
			{"Bytes", count(q.Bytes)},
			{"Oldest", p.when(o.Oldest)},
			{"First to expire", p.when(o.Expires)},
		}
		if o.NextSequence != nil {
			list = append(list,
				field{"Acknowledged last", strings.TrimSpace(position(o.LastAck) + " " + p.when(o.LastAckTime))},
				field{"Not acknowledged", count(o.NoAckCount) + span(o.FirstNonAck, o.LastNonAck)},
				field{"Sent next", position(o.NextSequence)},
			)
		}
		if o.ResendTime != nil && o.NoAckCount > 0 {
			list = append(list, field{"Sent again", fmt.Sprintf("%s, next at %s, every %d s", many(o.ResendCount, "time"), p.time(*o.ResendTime), o.ResendInterval)})
		}
		p.fields(list)
		for i, c := range o.History {
			if i == 0 {
				p.printf("%s\n", p.bold("Connections"))
			}
			p.printf("  %s  0x%08X  %s\n", p.time(c.Time), uint32(c.Status), clean(strings.TrimSpace(c.Why+" "+at(c.Address))))
		}
	})
}

func (p *program) when(t *time.Time) string {
	if t == nil {
		return ""
	}
	return p.time(*t)
}

func at(address string) string {
	if address == "" {
		return ""
	}
	return "(" + address + ")"
}

// position is a place in a stream of transactional messages.
func position(s *mgmtclient.Sequence) string {
	if s == nil {
		return ""
	}
	return "number " + strconv.FormatUint(uint64(s.Number), 10) + " of stream " + s.ID
}

func span(first, last *mgmtclient.Sequence) string {
	if first == nil || last == nil {
		return ""
	}
	return fmt.Sprintf(": numbers %d to %d", first.Number, last.Number)
}

func (p *program) outgoingVerb(verb, short, long string, act func(mgmtclient.OutgoingAdmin, context.Context, string) error) *cobra.Command {
	return &cobra.Command{
		Use:               verb + " QUEUE",
		Short:             short,
		Long:              long,
		Args:              takes("QUEUE"),
		ValidArgsFunction: p.outgoingNames,
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			return p.withNode(cmd, verb+" outgoing queue "+args[0], func(ctx context.Context, n mgmtclient.Node) error {
				admin, err := can[mgmtclient.OutgoingAdmin](n)
				if err != nil {
					return err
				}
				if err := act(admin, ctx, args[0]); err != nil {
					return missing(err)
				}
				q, err := outgoingQueue(ctx, n, args[0])
				if err != nil {
					return err
				}
				return p.result(wholeQueue(q), func() {
					p.printf("%s is %s: %s\n", clean(q.PathName), q.State, clean(q.Outgoing.Why))
				})
			})
		}),
	}
}
