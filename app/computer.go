package app

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/computers"
)

func (p *program) computerCommand() *cobra.Command {
	return p.group("computer", "Other computers that this console knows",
		p.computerList(), p.computerAdd(), p.computerTest(), p.computerRemove())
}

// signIn are the flags that say who somebody is on another computer.
type signIn struct {
	user                string
	kerberos, anonymous bool
	cancelAfter         wait
}

func (s *signIn) flags(f *pflag.FlagSet) {
	f.StringVar(&s.user, "user", "", "sign in elsewhere as `[DOMAIN\\]NAME`, with a password")
	f.BoolVar(&s.kerberos, "kerberos", false, "sign in elsewhere with the Kerberos tickets of this user")
	f.BoolVar(&s.anonymous, "anonymous", false, "do not sign in elsewhere, and see what nobody may see")
	f.Var(&s.cancelAfter, "cancel-after", "give up on a silent computer so long after a call should have ended, `TIME` (default 5m)")
}

// onto sets how to sign in to a computer, if the flags say so.
func (s *signIn) onto(c mgmtclient.Computer) (mgmtclient.Computer, error) {
	said := 0
	if s.user != "" {
		c.SignIn, c.User = mgmtclient.SignInPassword, s.user
		said++
	}
	if s.kerberos {
		c.SignIn, c.User = mgmtclient.SignInKerberos, ""
		said++
	}
	if s.anonymous {
		c.SignIn, c.User = mgmtclient.SignInAnonymous, ""
		said++
	}
	if said > 1 {
		return c, usagef("choose one of --user, --kerberos and --anonymous")
	}
	if s.cancelAfter > wait(24*time.Hour) {
		return c, usagef("--cancel-after: want at most 24h")
	}
	if s.cancelAfter != 0 {
		c.CancelAfter = time.Duration(s.cancelAfter)
	}
	return c, nil
}

func (p *program) computerList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the other computers, and how to sign in to them",
		Args:  takes(),
		RunE: p.do(func(cmd *cobra.Command, _ []string) error {
			book, err := p.book()
			if err != nil {
				return err
			}
			list, err := book.List(cmd.Context())
			if err != nil {
				return explain("list the computers", err)
			}
			type computer = mgmtclient.Computer
			r := newRows(p,
				column[computer]{title: "NAME", cell: func(c computer) string { return c.Name }},
				column[computer]{title: "ADDRESS", cell: computer.Host},
				column[computer]{title: "SIGNS IN", cell: func(c computer) string { return string(c.SignIn) }},
				column[computer]{title: "USER", cell: func(c computer) string { return c.User }},
			)
			for _, c := range list {
				if err := r.add(c); err != nil {
					return err
				}
			}
			return r.close("no other computers are remembered; \"posthouse computer add\" adds one")
		}),
	}
}

func (p *program) computerAdd() *cobra.Command {
	var c mgmtclient.Computer
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "Remember a computer, with its password in the keyring of this system",
		Long: `Remember a computer for the window and for --node NAME. The password comes from
POSTHOUSE_PASSWORD, a prompt, or standard input, and is kept in the keyring of
this system. Whether it can be reached is what "posthouse computer test" tells.`,
		Example: `  posthouse computer add HUB --address hub.example.com --user SHOP\alice
  posthouse computer add depot --kerberos`,
		Args: takes("NAME"),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			c.Name = args[0]
			c, err := p.signIn.onto(c)
			if err != nil {
				return err
			}
			if c.SignIn == "" {
				return usagef("say how to sign in: --user NAME, --kerberos or --anonymous")
			}
			if err := computers.Check(c); err != nil {
				return err
			}
			book, err := p.book()
			if err != nil {
				return err
			}
			var password *string
			if c.SignIn == mgmtclient.SignInPassword {
				text, err := p.password("Password of " + c.User + " on " + c.Host())
				if err != nil {
					return err
				}
				if keeper, ok := book.Keeper(); !ok {
					return mq.Errorf(mq.ErrServiceNotAvailable, "remember "+c.Name, "%s", keeper).
						WithFix("start a keyring such as gnome-keyring or KWallet, or sign in each time with --node %s --user %s", c.Host(), c.User)
				}
				password = &text
			}
			if c, err = book.Save(cmd.Context(), c, password); err != nil {
				return err
			}
			return p.result(c, func() { p.printf("remembered %s, %s\n", clean(c.Name), clean(c.Host())) })
		}),
	}
	cmd.Flags().StringVar(&c.Address, "address", "", "where it is, `HOST[:PORT]` (default: NAME)")
	return cmd
}

func (p *program) computerRemove() *cobra.Command {
	return &cobra.Command{
		Use:   "remove NAME",
		Short: "Forget a computer and its password",
		Args:  takes("NAME"),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			book, err := p.book()
			if err != nil {
				return err
			}
			op := "forget the computer " + args[0]
			c, ok, err := book.Find(cmd.Context(), args[0])
			if err != nil {
				return explain(op, err)
			}
			if !ok {
				return mq.Errorf(mq.ErrInvalidParameter, op, "no computer of this name is remembered").WithFix("see \"posthouse computer list\"")
			}
			if err := book.Remove(cmd.Context(), c.ID); err != nil {
				return explain(op, err)
			}
			return p.result(c, func() { p.printf("forgot %s\n", clean(c.Name)) })
		}),
	}
}

func (p *program) computerTest() *cobra.Command {
	return &cobra.Command{
		Use:   "test NAME|HOST[:PORT]",
		Short: "Try to reach a computer, and say how far that goes",
		Long: `Try to reach a computer layer by layer: its name, its ports, signing in, the
queue manager, the rights there. The first layer that fails ends the test, with
what is wrong and what to do.`,
		Example: "  posthouse computer test HUB\n  posthouse computer test 10.0.0.7:2103 --user alice",
		Args:    takes("NAME|HOST[:PORT]"),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			ctx, cancel := p.deadline(cmd.Context())
			defer cancel()
			c, password, err := p.computer(ctx, args[0])
			if err != nil {
				return err
			}
			book, err := p.book()
			if err != nil {
				return err
			}
			return explain("reach "+c.Host(), p.printProbes(func(report func(mgmtclient.Probe)) error {
				return book.Test(ctx, c, &password, report)
			}))
		}),
	}
}

// layerNames are the layers in words.
var layerNames = map[mgmtclient.Layer]string{
	mgmtclient.LayerName: "Name", mgmtclient.LayerPort: "Port", mgmtclient.LayerSignIn: "Sign-in",
	mgmtclient.LayerManager: "Queue manager", mgmtclient.LayerRights: "Rights",
}

// printProbes prints what a test reports, layer by layer.
func (p *program) printProbes(test func(report func(mgmtclient.Probe)) error) error {
	probes := []mgmtclient.Probe{}
	err := test(func(pr mgmtclient.Probe) {
		probes = append(probes, pr)
		if !p.asJSON() {
			p.printProbe(pr)
		}
	})
	if p.asJSON() {
		if jerr := p.encode(probes); err == nil {
			err = jerr
		}
	}
	return err
}

func (p *program) printProbe(pr mgmtclient.Probe) {
	mark := "ok    "
	if !pr.OK {
		mark = "FAILED"
	}
	p.printf("%s  %-13s  %s (%v)\n", mark, layerNames[pr.Layer], clean(pr.Text), pr.Took.Round(time.Millisecond))
	if !pr.OK && pr.Fix != "" {
		p.printf("%s%s\n", strings.Repeat(" ", 23), clean(pr.Fix))
	}
	_ = p.w.Flush() // whoever waits sees it now; the end tells what failed
}

// book is what this console knows of other computers.
func (p *program) book() (*computers.Book, error) {
	folder, err := p.dataFolder()
	if err != nil {
		return nil, err
	}
	return computers.New(folder, p.open.Line(folder, nil)), nil
}

// computer is the one that a person names, with the password to sign in: a
// remembered one, or any other with flags that say how to sign in.
func (p *program) computer(ctx context.Context, name string) (c mgmtclient.Computer, password string, err error) {
	book, err := p.book()
	if err != nil {
		return c, "", err
	}
	c, known, err := book.Find(ctx, name)
	if err != nil {
		return c, "", explain("reach "+name, err)
	}
	if !known {
		c = mgmtclient.Computer{Name: name}
	}
	kept := c
	if c, err = p.signIn.onto(c); err != nil {
		return c, "", err
	}
	if c.SignIn == "" {
		return c, "", usagef("say how to sign in to %s: --user NAME, --kerberos or --anonymous (or remember it with \"posthouse computer add\")", name)
	}
	if err := computers.Check(c); err != nil {
		return c, "", err
	}
	if c.SignIn != mgmtclient.SignInPassword {
		return c, "", nil
	}
	if known && c.User == kept.User && p.getenv(passwordVariable) == "" {
		if password, err = book.Password(c); err == nil {
			return c, password, nil
		}
	}
	password, err = p.password("Password of " + c.User + " on " + c.Host())
	return c, password, err
}
