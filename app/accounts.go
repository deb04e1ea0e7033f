package app

import (
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security/accounts"
)

func (p *program) accountCommand() *cobra.Command {
	return p.group("account", "Who may sign in to this queue manager from other computers",
		p.accountList(), p.accountAdd(), p.accountSet(), p.accountRemove())
}

// accountRow is an account as it is printed.
type accountRow struct {
	Name          string    `json:"name"`
	SID           string    `json:"sid"`
	Kerberos      bool      `json:"kerberos"`
	Administrator bool      `json:"administrator"`
	Disabled      bool      `json:"disabled"`
	Changed       time.Time `json:"changed"`
}

func rowOf(a accounts.Account) accountRow {
	return accountRow{a.Name, a.SID.String(), a.Principal, a.Administrator, a.Disabled, a.Changed}
}

// withAccounts runs f on the accounts of the data folder.
func (p *program) withAccounts(op string, f func(*accounts.Store) error) error {
	if p.node != "" {
		return mq.Errorf(mq.ErrUnsupportedOperation, op, "accounts are those of a data folder, and no protocol carries them").
			WithFix("run this on the computer itself, without --node")
	}
	folder, err := p.dataFolder()
	if err != nil {
		return err
	}
	s, err := accounts.Open(folder)
	if err != nil {
		return explain(op, err)
	}
	return explain(op, f(s))
}

func (p *program) accountList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the accounts",
		Args:  takes(),
		RunE: p.do(func(*cobra.Command, []string) error {
			return p.withAccounts("list the accounts", func(s *accounts.Store) error {
				list, err := s.List()
				if err != nil {
					return err
				}
				r := newRows(p,
					column[accountRow]{title: "NAME", cell: func(a accountRow) string { return a.Name }},
					column[accountRow]{title: "SIGNS IN WITH", cell: func(a accountRow) string { return word(a.Kerberos, "Kerberos", "a password") }},
					column[accountRow]{title: "ADMINISTRATOR", cell: func(a accountRow) string { return yesNo(a.Administrator) }},
					column[accountRow]{title: "DISABLED", cell: func(a accountRow) string { return yesNo(a.Disabled) }},
					column[accountRow]{title: "SID", cell: func(a accountRow) string { return a.SID }},
				)
				for _, a := range list {
					if err := r.add(rowOf(a)); err != nil {
						return err
					}
				}
				return r.close("nobody may sign in from other computers; \"posthouse account add\" lets somebody")
			})
		}),
	}
}

func word(yes bool, one, other string) string {
	if yes {
		return one
	}
	return other
}

func (p *program) accountAdd() *cobra.Command {
	var administrator bool
	cmd := &cobra.Command{
		Use:   "add NAME|NAME@REALM",
		Short: "Let somebody sign in from other computers",
		Long: `Let somebody sign in to this queue manager from other computers: NAME with a
password, or the Kerberos principal NAME@REALM without one. The password comes from
a prompt or the first line of standard input. An administrator may manage the queue
manager; anybody else may do what the permissions of the queues say.`,
		Example: `  posthouse account add alice --administrator
  posthouse account add alice@EXAMPLE.COM
  posthouse queue acl orders --allow alice=send,look`,
		Args: takes("NAME|NAME@REALM"),
		RunE: p.do(func(_ *cobra.Command, args []string) error {
			folder, err := p.dataFolder()
			if err != nil {
				return err
			}
			op := "add the account " + mq.Quote(args[0])
			if p.node == "" { // accounts may be there before the queue manager is
				if err := os.MkdirAll(folder, 0o700); err != nil {
					return mq.Errorf(mq.ErrMessageStorageFailed, op, "the data folder could not be made: %w", err).WithFix("name another with --data")
				}
			}
			return p.withAccounts(op, func(s *accounts.Store) error {
				var (
					a   accounts.Account
					err error
				)
				if strings.Contains(args[0], "@") {
					a, err = s.AddPrincipal(args[0], administrator)
				} else {
					var password string
					if password, err = p.newPassword(args[0]); err == nil {
						a, err = s.Add(args[0], password, administrator)
					}
				}
				if err != nil {
					return err
				}
				return p.result(rowOf(a), func() { p.printf("added %s, %s\n", clean(a.Name), a.SID) })
			})
		}),
	}
	cmd.Flags().BoolVar(&administrator, "administrator", false, "it may manage the queue manager, too")
	return cmd
}

func (p *program) accountSet() *cobra.Command {
	var administrator, disabled, password bool
	cmd := &cobra.Command{
		Use:   "set NAME",
		Short: "Change an account",
		Example: `  posthouse account set alice --password
  posthouse account set alice --administrator=false --disabled`,
		Args: takes("NAME"),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			changed := cmd.Flags().Changed
			if !changed("administrator") && !changed("disabled") && !password {
				return usagef("nothing to set: give --password, --administrator or --disabled")
			}
			return p.withAccounts("change the account "+mq.Quote(args[0]), func(s *accounts.Store) error {
				if password {
					text, err := p.newPassword(args[0])
					if err != nil {
						return err
					}
					if err := s.SetPassword(args[0], text); err != nil {
						return err
					}
				}
				if changed("administrator") {
					if err := s.SetAdministrator(args[0], administrator); err != nil {
						return err
					}
				}
				if changed("disabled") {
					if err := s.SetDisabled(args[0], disabled); err != nil {
						return err
					}
				}
				return p.done(s, args[0])
			})
		}),
	}
	f := cmd.Flags()
	f.BoolVar(&password, "password", false, "give it another password, from a prompt or standard input")
	f.BoolVar(&administrator, "administrator", false, "it may manage the queue manager")
	f.BoolVar(&disabled, "disabled", false, "it may not sign in")
	return cmd
}

// done prints an account as it is now.
func (p *program) done(s *accounts.Store, name string) error {
	list, err := s.List()
	if err != nil {
		return err
	}
	for _, a := range list {
		if strings.EqualFold(a.Name, name) {
			return p.result(rowOf(a), func() { p.printf("changed %s\n", clean(a.Name)) })
		}
	}
	return nil
}

func (p *program) accountRemove() *cobra.Command {
	var agreed consent
	cmd := &cobra.Command{
		Use:   "remove NAME",
		Short: "Remove an account; permissions that name it stay, for nobody",
		Args:  takes("NAME"),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			if err := agreed.need(p, cmd); err != nil {
				return err
			}
			op := "remove the account " + mq.Quote(args[0])
			return p.withAccounts(op, func(s *accounts.Store) error {
				list, err := s.List()
				if err != nil {
					return err
				}
				i := slices.IndexFunc(list, func(a accounts.Account) bool { return strings.EqualFold(a.Name, args[0]) })
				if i < 0 {
					return mq.Errorf(mq.ErrInvalidParameter, "", "there is no such account").WithFix("see \"posthouse account list\"")
				}
				says := "removed"
				if agreed.dryRun {
					says = "would remove"
				} else {
					if err := agreed.ask(cmd.Context(), p, op, "Remove "+list[i].Name+", who cannot sign in any more?"); err != nil {
						return err
					}
					if err := s.Remove(args[0]); err != nil {
						return err
					}
				}
				return p.result(rowOf(list[i]), func() { p.printf("%s %s\n", says, clean(list[i].Name)) })
			})
		}),
	}
	agreed.flags(cmd)
	return cmd
}

// newPassword asks twice at a prompt: what is mistyped once is lost.
func (p *program) newPassword(name string) (string, error) {
	first, err := p.password("New password of " + name)
	if err != nil || !p.terminal(p.in) || p.getenv(passwordVariable) != "" {
		return first, err
	}
	second, err := p.password("Again")
	if err == nil && first != second {
		err = mq.Errorf(mq.ErrInvalidParameter, "", "the two passwords differ").WithFix("try again")
	}
	return first, err
}
