package app

import (
	"context"

	"github.com/spf13/cobra"

	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
	"posthouse/mgmtclient"
)

// acl is who may do what with a queue; the queue "" is the machine.
type acl struct {
	Queue string `json:"queue"`
	SDDL  string `json:"sddl"`
}

func (p *program) queueACL() *cobra.Command {
	var (
		sddl      string
		allowSend []string
		machine   bool
	)
	cmd := &cobra.Command{
		Use:   "acl [QUEUE]",
		Short: "Show or change who may do what with a queue, in SDDL",
		Example: `  posthouse queue acl orders
  posthouse queue acl orders --allow-send anonymous
  posthouse queue acl orders --set "D:(A;;0xf003f;;;S-1-22-1-1000)"
  posthouse queue acl --machine`,
		Args:              takes("[QUEUE]"),
		ValidArgsFunction: p.queueNames(1),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			if machine == (len(args) == 1) {
				return usagef("name a queue, or give --machine (usage: %s)", cmd.UseLine())
			}
			if machine && len(allowSend) > 0 {
				return usagef("--allow-send is for a queue, not for --machine")
			}
			who, err := senders(allowSend)
			if err != nil {
				return err
			}
			queue, name := "", "the machine"
			if !machine {
				queue, name = args[0], "queue "+args[0]
			}
			op := "show the permissions of " + name
			if cmd.Flags().Changed("set") || len(who) > 0 {
				op = "change the permissions of " + name
			}
			return p.withNode(cmd, op, func(ctx context.Context, n mgmtclient.Node) error {
				guard, err := can[mgmtclient.Guard](n)
				if err != nil {
					return err
				}
				if cmd.Flags().Changed("set") {
					err = guard.SetACL(ctx, queue, sddl)
				} else if len(who) > 0 {
					err = grantSend(ctx, guard, queue, who)
				}
				if err != nil {
					return err
				}
				now, err := guard.ACL(ctx, queue)
				if err != nil {
					return err
				}
				return p.result(acl{queue, now}, func() { p.printf("%s\n", clean(now)) })
			})
		}),
	}
	f := cmd.Flags()
	f.StringVar(&sddl, "set", "", "the new security descriptor, in `SDDL`")
	f.StringSliceVar(&allowSend, "allow-send", nil, "let `WHO` send to it: anonymous, everyone or a SID")
	f.BoolVar(&machine, "machine", false, "of the queue manager itself instead of a queue")
	cmd.MarkFlagsMutuallyExclusive("set", "allow-send")
	return cmd
}

// senders reads who is meant by words and SIDs.
func senders(words []string) ([]secure.SID, error) {
	var sids []secure.SID
	for _, w := range words {
		sid, err := secure.ParsePrincipal(w)
		if err != nil {
			return nil, usagef("--allow-send %s: want anonymous, everyone or a SID such as S-1-22-1-1000", w)
		}
		sids = append(sids, sid)
	}
	return sids, nil
}

// grantSend adds the right to send to the permissions as they are.
func grantSend(ctx context.Context, guard mgmtclient.Guard, queue string, who []secure.SID) error {
	sddl, err := guard.ACL(ctx, queue)
	if err != nil {
		return err
	}
	d, err := secure.ParseSDDL(sddl)
	if err != nil {
		return err
	}
	for _, sid := range who {
		d = d.Grant(sid, uint32(mq.RightQueueGenericWrite))
	}
	return guard.SetACL(ctx, queue, d.String())
}
