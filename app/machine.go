package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

func (p *program) machineCommand() *cobra.Command {
	return p.group("machine", "The queue manager as a whole",
		p.machineShow(), p.machineSet(),
		p.machineOnline("connect", "Bring the queue manager online", mgmtclient.MachineActions.Connect),
		p.machineOnline("disconnect", "Take the queue manager offline", mgmtclient.MachineActions.Disconnect),
		p.machineTidy())
}

// withCapability runs f on a node that has what T asks for.
func withCapability[T any](p *program, cmd *cobra.Command, op string, f func(context.Context, mgmtclient.Node, T) error) error {
	return p.withNode(cmd, op, func(ctx context.Context, n mgmtclient.Node) error {
		c, err := can[T](n)
		if err != nil {
			return err
		}
		return f(ctx, n, c)
	})
}

func (p *program) machineShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show",
		Short: "Show the queue manager and its totals",
		Args:  takes(),
		RunE: p.do(func(cmd *cobra.Command, _ []string) error {
			return p.withNode(cmd, "show the queue manager", func(ctx context.Context, n mgmtclient.Node) error {
				m, err := n.Machine(ctx)
				if err != nil {
					return err
				}
				return p.showMachine(m)
			})
		}),
	}
}

func (p *program) showMachine(m mgmtclient.Machine) error {
	return p.result(m, func() {
		list := []field{
			{"Name", m.Name},
			{"ID", m.ID.String()},
			{"Version", m.Version},
			{"State", m.State},
			{"Queues", count(m.Queues)},
			{"Messages", many(m.Messages, "message") + ", " + many(m.Bytes, "byte")},
			{"Outgoing", many(m.Outgoing, "message")},
			{"Journal", many(m.Journal, "message")},
			{"Dead letters", many(m.DeadLetters, "message")},
			{"Transactional dead letters", many(m.TransactDead, "message")},
		}
		if m.Started.IsZero() { // another computer's: no protocol tells the rest
			p.fields(list)
			return
		}
		list = append(list, []field{
			{"Data folder", m.DataFolder},
			{"Started", p.time(m.Started)},
			{"Express", many(m.ExpressCount, "message") + ", " + many(m.ExpressBytes, "byte") + " (lost when it stops)"},
			{"Quota", kilobytes(m.QuotaKB)},
			{"Journal quota", kilobytes(m.JournalQuotaKB)},
			{"Security profile", m.Profile},
			{"Since the start", many(m.Received, "message") + " in, " + many(m.Removed, "message") + " out"},
		}...)
		if n := m.Network; n != nil {
			list = append(list, []field{
				{"Listening on", or(strings.Join(n.Listening, ", "), "nothing: other machines cannot send here")},
				{"Managed at", or(strings.Join(n.RPC, ", "), "nowhere: other machines cannot manage it")},
				{"Answers to", strings.Join(n.Addresses, ", ")},
				{"Sessions", count(n.Sessions)},
				{"Hardened (HTTP only)", yesNo(n.Hardened)},
				{"Accepts aliases", yesNo(n.Alias)},
				{"Insecure NACKs", yesNo(n.InsecureNack)},
				{"Pings before connecting", yesNo(n.Ping)},
				{"Answers pings", yesNo(n.PingAnswer)},
				{"Sends again after", fmt.Sprintf("%d, %d, %d s, three times each, then every %d s", n.Resend[0], n.Resend[1], n.Resend[2], n.Resend[3])},
			}...)
		}
		p.fields(list)
	})
}

func or(s, none string) string {
	if s == "" {
		return none
	}
	return s
}

func (p *program) machineSet() *cobra.Command {
	var (
		q, journal                          quota
		again                               resends
		hardened, alias, nacks, ask, answer bool
	)
	profile := choice{kind: "PROFILE", words: []string{"strict", "compat"}}
	cmd := &cobra.Command{
		Use:     "set",
		Short:   "Change the queue manager's settings",
		Example: "  posthouse machine set --quota 8388608 --journal-quota unlimited\n  posthouse machine set --resend 5,30,300,3600 --accept-aliases",
		Args:    takes(),
		RunE: p.do(func(cmd *cobra.Command, _ []string) error {
			if !anyChanged(cmd.LocalNonPersistentFlags()) {
				return usagef("nothing to set: name the settings (see %s --help)", cmd.CommandPath())
			}
			s := mgmtclient.MachineSettings{Quota: q.value, JournalQuota: journal.value}
			changed := cmd.Flags()
			set(changed, "profile", &s.Profile, profile.value)
			set(changed, "hardened", &s.Hardened, hardened)
			set(changed, "accept-aliases", &s.Alias, alias)
			set(changed, "insecure-nacks", &s.InsecureNack, nacks)
			set(changed, "ping", &s.Ping, ask)
			set(changed, "ping-answer", &s.PingAnswer, answer)
			set(changed, "resend", &s.Resend, again.seconds)
			return withCapability(p, cmd, "change the queue manager's settings",
				func(ctx context.Context, _ mgmtclient.Node, admin mgmtclient.MachineAdmin) error {
					m, err := admin.SetMachine(ctx, s)
					if err != nil {
						return err
					}
					if s.Hardened != nil && !*s.Hardened && m.Network != nil && m.Network.Hardened {
						p.note("note: hardened mode ends when the queue manager is started again")
					}
					return p.showMachine(m)
				})
		}),
	}
	f := cmd.Flags()
	f.Var(&q, "quota", "limit of all queues together in KB, or unlimited")
	f.Var(&journal, "journal-quota", "limit of all journals together in KB, or unlimited")
	f.Var(&profile, "profile", "security of new queues: strict (what was granted) or compat (the specification's defaults)")
	f.BoolVar(&hardened, "hardened", false, "let only HTTP in and out; ending it works after a restart")
	f.BoolVar(&alias, "accept-aliases", false, "take messages for names that are not this computer's own")
	f.BoolVar(&nacks, "insecure-nacks", false, "tell senders elsewhere of refusals that could help an attacker")
	f.BoolVar(&ask, "ping", false, "ask other machines by UDP before connecting")
	f.BoolVar(&answer, "ping-answer", false, "answer machines that ask so")
	f.Var(&again, "resend", "seconds until transactional messages are sent again: tries 1-3, 4-6, 7-9, and later")
	return cmd
}

func (p *program) machineOnline(verb, short string, f func(mgmtclient.MachineActions, context.Context) error) *cobra.Command {
	return &cobra.Command{
		Use:   verb,
		Short: short,
		Args:  takes(),
		RunE: p.do(func(cmd *cobra.Command, _ []string) error {
			return withCapability(p, cmd, verb+" the queue manager",
				func(ctx context.Context, n mgmtclient.Node, actions mgmtclient.MachineActions) error {
					if err := f(actions, ctx); err != nil {
						return err
					}
					m, err := n.Machine(ctx)
					if err != nil {
						return err
					}
					return p.result(m, func() { p.printf("%s is %s\n", clean(m.Name), m.State) })
				})
		}),
	}
}

func (p *program) machineTidy() *cobra.Command {
	return &cobra.Command{
		Use:   "tidy",
		Short: "Give unused storage back to the disk; removes no messages",
		Args:  takes(),
		RunE: p.do(func(cmd *cobra.Command, _ []string) error {
			return withCapability(p, cmd, "tidy the store",
				func(ctx context.Context, _ mgmtclient.Node, actions mgmtclient.MachineActions) error {
					r, err := actions.Tidy(ctx)
					if err != nil {
						return err
					}
					return p.result(r, func() {
						if p.node != "" {
							p.printf("done; how much that gave back is not told to other computers\n")
							return
						}
						p.printf("%s on disk, %s before\n", many(r.BytesAfter, "byte"), many(r.BytesBefore, "byte"))
					})
				})
		}),
	}
}

func (p *program) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Verify the store",
		Long:  "Verify that the store is whole: every rule that must hold in it, and every counter.\nExits with 1 when something is wrong.",
		Args:  takes(),
		RunE: p.do(func(cmd *cobra.Command, _ []string) error {
			return withCapability(p, cmd, "check the store",
				func(ctx context.Context, _ mgmtclient.Node, admin mgmtclient.MachineAdmin) error {
					r, err := admin.Check(ctx)
					if err != nil {
						return err
					}
					if r.Problems == nil {
						r.Problems = []string{}
					}
					err = p.result(r, func() {
						for _, text := range r.Problems {
							p.printf("%s\n", clean(text))
						}
						if len(r.Problems) == 0 {
							p.printf("all is well: %s in %s\n", many(r.Messages, "message"), many(r.Queues, "queue"))
						}
					})
					if err == nil && len(r.Problems) > 0 {
						err = mq.Errorf(mq.ErrMessageStorageFailed, "check the store", "%s found", many(len(r.Problems), "problem")).
							WithFix("stop the queue manager and make a copy of the data folder before anything else")
					}
					return err
				})
		}),
	}
}
