package app

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

func (p *program) messageReceive() *cobra.Command {
	var (
		id        lookup
		patience  wait
		peek, raw bool
		number    int
	)
	cmd := &cobra.Command{
		Use:   "receive QUEUE",
		Short: "Take a message out of a queue and print it",
		Long: `Take the first message out of a queue and print it: its properties, then its
body. With --timeout, wait for one to come. Exits with 3 when none came.
With --count, take up to so many and wait for each.`,
		Example: `  posthouse message receive orders --timeout 30
  posthouse message receive orders --raw > body.bin
  posthouse message receive orders --count 100 --jsonl
  posthouse message receive orders --peek --lookup-id 288230376151711745`,
		Args:              takes("QUEUE"),
		ValidArgsFunction: p.queueNames(1),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			switch {
			case raw && p.asJSON():
				return usagef("--raw prints the body alone; leave out --json")
			case number < 1:
				return usagef("--count %d: want at least 1", number)
			case number > 1 && (peek || id != 0):
				return usagef("--count takes the first messages one after the other; leave out --peek and --lookup-id")
			}
			o := mgmtclient.ReceiveOptions{LookupID: mgmtclient.LookupID(id), Timeout: time.Duration(patience), Peek: peek}
			op := "receive from " + args[0]
			return p.withNode(cmd, op, func(ctx context.Context, n mgmtclient.Node) error {
				receiver, err := can[mgmtclient.Receiver](n)
				if err != nil {
					return err
				}
				take := func() (mgmtclient.Message, error) { return receiver.Receive(ctx, args[0], o) }
				if peek {
					m, err := take()
					if mgmtclient.Code(err) == mq.ErrIOTimeout {
						err = nothing{explain(op, err)}
					}
					if err != nil {
						return err
					}
					return p.showMessage(m, raw)
				}
				if cmd.Flags().Changed("count") && p.asJSON() {
					r := p.messageRows()
					err = p.receive(op, number, take, func(m mgmtclient.Message) error {
						return errors.Join(r.add(whole(m)), r.flush())
					})
					if cerr := r.close(""); err == nil {
						err = cerr
					}
					return err
				}
				return p.receive(op, number, take, func(m mgmtclient.Message) error { return p.showMessage(m, raw) })
			})
		}),
	}
	f := cmd.Flags()
	f.Var(&id, "lookup-id", "exactly this message instead of the first")
	f.Var(&patience, "timeout", "wait so long for a message: seconds, 1m30s or forever (default: do not wait)")
	f.BoolVar(&peek, "peek", false, "leave the message in the queue")
	f.BoolVar(&raw, "raw", false, "print only the body, byte for byte")
	f.IntVar(&number, "count", 1, "take up to `N` messages")
	return cmd
}

// receive takes up to number messages and shows each before the next is taken,
// so that a failing output costs at most one.
func (p *program) receive(op string, number int, take func() (mgmtclient.Message, error), show func(mgmtclient.Message) error) error {
	for i := range number {
		m, err := take()
		if mgmtclient.Code(err) == mq.ErrIOTimeout {
			if i > 0 {
				return nil
			}
			return nothing{explain(op, err)}
		}
		if err != nil {
			return err
		}
		if err := show(m); err != nil {
			// Not wrapped: a closed pipe is no quiet end when it cost a message.
			return mq.Errorf(mq.ErrGeneric, op, "message %s was taken but could not be shown: %v", m.ID, err).
				WithFix("look for a copy in the queue's journal")
		}
	}
	return nil
}
