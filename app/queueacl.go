package app

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
	"posthouse/mgmtclient"
)

// acl is who may do what with a queue; the queue "" is the machine.
type acl struct {
	Queue string `json:"queue"`
	SDDL  string `json:"sddl"`
	mgmtclient.Permissions
}

// aclChange is what the flags of queue acl ask for.
type aclChange struct {
	sddl, owner                    string
	allow, deny, revoke, allowSend []string
}

func (p *program) queueACL() *cobra.Command {
	var (
		c       aclChange
		machine bool
	)
	cmd := &cobra.Command{
		Use:   "acl [QUEUE]",
		Short: "Show or change who may do what with a queue",
		Long: `Show or change who may do what with a queue, or with the queue manager itself.

WHO is everyone, anonymous, authenticated users, administrators, the name of an
account (posthouse account list) or a SID. RIGHTS are words with commas between:
everything, send, look, take, take from the journal, see properties, change
properties, see permissions, change permissions, become the owner, delete the
queue; the names of Set-MsmqQueueACL are understood too. What is denied counts
before what is allowed. Messages of other computers are anonymous unless signed.`,
		Example: `  posthouse queue acl orders
  posthouse queue acl orders --allow anonymous=send --allow "alice=send,look,take"
  posthouse queue acl orders --deny bob=take --revoke everyone
  posthouse queue acl orders --set "D:(A;;0xf003f;;;S-1-22-1-1000)"
  posthouse queue acl --machine`,
		Args:              takes("[QUEUE]"),
		ValidArgsFunction: p.queueNames(1),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			if machine == (len(args) == 1) {
				return usagef("name a queue, or give --machine (usage: %s)", cmd.UseLine())
			}
			if machine && len(c.allowSend) > 0 {
				return usagef("--allow-send is for a queue, not for --machine")
			}
			queue, name := "", "the machine"
			if !machine {
				queue, name = args[0], "queue "+args[0]
			}
			op := "show the permissions of " + name
			if c.any(cmd) {
				op = "change the permissions of " + name
			}
			return p.withNode(cmd, op, func(ctx context.Context, n mgmtclient.Node) error {
				guard, err := can[mgmtclient.Guard](n)
				if err != nil {
					return err
				}
				if cmd.Flags().Changed("set") {
					err = guard.SetACL(ctx, queue, c.sddl)
				} else if c.any(cmd) {
					err = c.apply(ctx, guard, queue)
				}
				if err != nil {
					return err
				}
				return p.showACL(ctx, guard, queue)
			})
		}),
	}
	f := cmd.Flags()
	f.StringVar(&c.sddl, "set", "", "the new security descriptor, in `SDDL`")
	f.StringArrayVar(&c.allow, "allow", nil, "allow an account exactly these rights, `WHO=RIGHTS`")
	f.StringArrayVar(&c.deny, "deny", nil, "deny an account exactly these rights, `WHO=RIGHTS`")
	f.StringArrayVar(&c.revoke, "revoke", nil, "remove all entries of `WHO`")
	f.StringVar(&c.owner, "owner", "", "make `WHO` the owner")
	f.StringSliceVar(&c.allowSend, "allow-send", nil, "let `WHO` send to it, besides what it may do already")
	f.BoolVar(&machine, "machine", false, "of the queue manager itself instead of a queue")
	for _, other := range []string{"allow", "deny", "revoke", "owner", "allow-send"} {
		cmd.MarkFlagsMutuallyExclusive("set", other)
	}
	return cmd
}

func (*aclChange) any(cmd *cobra.Command) bool {
	return slices.ContainsFunc([]string{"set", "allow", "deny", "revoke", "owner", "allow-send"}, cmd.Flags().Changed)
}

// apply changes the permissions as they are.
func (c *aclChange) apply(ctx context.Context, guard mgmtclient.Guard, queue string) error {
	p, err := guard.Permissions(ctx, queue)
	if err != nil {
		return err
	}
	named := func(who string) func(mgmtclient.Permission) bool {
		sid := sidOf(p, who)
		return func(e mgmtclient.Permission) bool { return e.SID == sid || strings.EqualFold(e.Name, who) }
	}
	for _, who := range c.revoke {
		before := len(p.Entries)
		if p.Entries = slices.DeleteFunc(p.Entries, named(who)); len(p.Entries) == before {
			return mq.Errorf(mq.ErrInvalidParameter, "", "%s has no entry", mq.Quote(who)).WithFix("see who has one without --revoke")
		}
	}
	for _, side := range []struct {
		list []string
		deny bool
	}{{c.allow, false}, {c.deny, true}} {
		for _, text := range side.list {
			who, rights, err := entry(text, queue == "")
			if err != nil {
				return err
			}
			is := named(who)
			p.Entries = slices.DeleteFunc(p.Entries, func(e mgmtclient.Permission) bool { return e.Deny == side.deny && is(e) })
			p.Entries = append(p.Entries, mgmtclient.Permission{Account: mgmtclient.Account{Name: who}, Deny: side.deny, Rights: rights})
		}
	}
	for _, who := range c.allowSend {
		is := named(who)
		i := slices.IndexFunc(p.Entries, func(e mgmtclient.Permission) bool { return !e.Deny && is(e) })
		if i < 0 {
			i = len(p.Entries)
			p.Entries = append(p.Entries, mgmtclient.Permission{Account: mgmtclient.Account{Name: who}})
		}
		p.Entries[i].Rights |= uint32(mq.RightQueueGenericWrite)
	}
	p.Open = p.Open && len(p.Entries) == 0
	p.Owner = mgmtclient.Account{Name: c.owner}
	return guard.SetPermissions(ctx, queue, p)
}

// sidOf is the SID of an account as far as this side knows it.
func sidOf(p mgmtclient.Permissions, who string) string {
	for _, a := range p.Names {
		if strings.EqualFold(a.Name, who) {
			return a.SID
		}
	}
	if sid, err := secure.ParsePrincipal(who); err == nil {
		return sid.String()
	}
	return who
}

// entry reads WHO=RIGHTS.
func entry(text string, machine bool) (who string, rights uint32, err error) {
	who, words, ok := strings.Cut(text, "=")
	if who = strings.TrimSpace(who); !ok || who == "" {
		return "", 0, mq.Errorf(mq.ErrInvalidParameter, "", "%s is no permission", mq.Quote(text)).WithFix("write WHO=RIGHTS, such as alice=send,look")
	}
	if machine {
		r, err := mq.ParseMachineRights(words)
		return who, uint32(r), err
	}
	r, err := mq.ParseQueueRights(words)
	return who, uint32(r), err
}

func (p *program) showACL(ctx context.Context, guard mgmtclient.Guard, queue string) error {
	sddl, err := guard.ACL(ctx, queue)
	if err != nil {
		return err
	}
	now, err := guard.Permissions(ctx, queue)
	if err != nil {
		return err
	}
	return p.result(acl{queue, sddl, now}, func() {
		rows := []field{{"Owner", now.Owner.Name}}
		if now.Open {
			rows = append(rows, field{"Everyone", "may do everything: nothing is guarded"})
		}
		for _, e := range now.Entries {
			says := "may "
			if e.Deny {
				says = "may not "
			}
			says += rightWords(e.Rights, queue == "")
			if e.Rights == 0 {
				says = "may do nothing"
			}
			rows = append(rows, field{clean(e.Name), says})
		}
		if len(now.Entries) == 0 && !now.Open {
			rows = append(rows, field{"Nobody", "may do anything; the owner may change that"})
		}
		p.fields(append(rows, field{"SDDL", sddl}))
	})
}

func rightWords(mask uint32, machine bool) string {
	if machine {
		return mq.MachineRight(mask).Words()
	}
	return mq.QueueRight(mask).Words()
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
