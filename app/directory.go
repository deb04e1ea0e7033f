package app

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// directoryFlags say where the directory is, when another one than usual is meant.
type directoryFlags struct{ controller, domain, ca string }

func (d *directoryFlags) flags(cmd *cobra.Command) {
	f := cmd.PersistentFlags()
	f.StringVar(&d.controller, "controller", "", "domain controller `ldaps://HOST[:PORT]`, ldap:// or HOST")
	f.StringVar(&d.domain, "domain", "", "domain `NAME` whose controllers are found in DNS")
	f.StringVar(&d.ca, "ca", "", "`FILE` (PEM) that the controller's certificate is checked with (default: the system's)")
}

func (p *program) directoryCommand() *cobra.Command {
	c := p.group("directory", "Active Directory: public queues, sites, lists and aliases",
		p.directoryStatus(), p.directoryUse(), p.directoryTest(), p.directoryFind(), p.directoryShow(),
		p.directoryCreate(), p.directorySet(), p.directoryDelete(), p.directoryJoin(), p.directoryLeave())
	p.forest.flags(c)
	return c
}

// aside is for what a person should know besides.
func (p *program) aside(text string) { p.note("note: %s", clean(text)) }

// named is the sign-in that the flags describe; false if there are none.
func (p *program) named() (s mgmtclient.DirectorySignIn, ok bool, err error) {
	s = mgmtclient.DirectorySignIn{Controller: p.forest.controller, Domain: p.forest.domain, CA: p.forest.ca}
	ok = s != mgmtclient.DirectorySignIn{}
	switch {
	case p.signIn.anonymous:
		return s, false, usagef("a directory answers nobody who does not sign in: give --user or --kerberos")
	case p.signIn.user != "" && p.signIn.kerberos:
		return s, false, usagef("choose one of --user and --kerberos")
	case p.signIn.user != "":
		s.SignIn, s.User, ok = mgmtclient.SignInPassword, p.signIn.user, true
	case p.signIn.kerberos:
		s.SignIn, ok = mgmtclient.SignInKerberos, true
	}
	return s, ok, nil
}

// chosen is the directory that this command line works with: the one that was kept,
// with what the flags say of it, and the password to sign in (nil: the one kept).
func (p *program) chosen(ctx context.Context, kept mgmtclient.Directory) (s mgmtclient.DirectorySignIn, password *string, err error) {
	if s, err = kept.SignIn(ctx); err != nil {
		return s, nil, err
	}
	said, ok, err := p.named()
	if err != nil || !ok && (s.SignIn != mgmtclient.SignInPassword || p.getenv(passwordVariable) == "") {
		return s, nil, err
	}
	was := s
	if said.Controller != "" || said.Domain != "" {
		s.Controller, s.Domain = said.Controller, said.Domain
	}
	if said.CA != "" {
		s.CA = said.CA
	}
	if said.SignIn != "" {
		s.SignIn, s.User = said.SignIn, said.User
	}
	if s.SignIn == "" {
		return s, nil, usagef("say how to sign in to the directory: --user NAME or --kerberos")
	}
	if s.SignIn == mgmtclient.SignInPassword && (s != was || p.getenv(passwordVariable) != "") {
		text, err := p.password("Password of " + s.User)
		if err != nil {
			return s, nil, err
		}
		password = &text
	}
	return s, password, nil
}

// withChosen runs f on the directory that was chosen, whatever the flags say.
func (p *program) withChosen(cmd *cobra.Command, f func(context.Context, mgmtclient.Directory) error) (err error) {
	folder, err := p.target()
	if err != nil {
		return err
	}
	ctx, cancel := p.deadline(cmd.Context())
	defer cancel()
	d, err := p.open.Directory(ctx, folder, nil, p.aside)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return f(ctx, d)
}

// withDirectory runs f on the directory.
func (p *program) withDirectory(cmd *cobra.Command, op string, f func(context.Context, mgmtclient.Directory) error) error {
	return explain(op, p.withChosen(cmd, func(ctx context.Context, d mgmtclient.Directory) (err error) {
		s, password, err := p.chosen(ctx, d)
		if err != nil {
			return err
		}
		if kept, err := d.SignIn(ctx); err == nil && s == kept && password == nil {
			return f(ctx, d)
		}
		folder, err := p.target()
		if err != nil {
			return err
		}
		other, err := p.open.Directory(ctx, folder, &person{s, password}, p.aside)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, other.Close()) }()
		return f(ctx, other)
	}))
}

func (p *program) directoryStatus() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Say how this console and this queue manager stand to the directory",
		Args:  takes(),
		RunE: p.do(func(cmd *cobra.Command, _ []string) error {
			return p.withDirectory(cmd, "look at the directory", func(ctx context.Context, d mgmtclient.Directory) error {
				out := struct {
					Console      mgmtclient.DirectoryStatus `json:"console"`
					QueueManager *mgmtclient.Membership     `json:"queueManager"`
				}{Console: d.Status()}
				if out.Console.Configured {
					_, err := d.Routes(ctx, true) // it connects when it is needed
					if out.Console = d.Status(); err != nil {
						out.Console.Why = reason(err)
					}
				}
				if err := p.useNode(ctx, nil, func(h handle) error {
					m, err := h.Machine(ctx)
					out.QueueManager = m.Directory
					return err
				}); err != nil {
					return err
				}
				return p.result(out, func() { p.fields(append(consoleFields(out.Console), p.machineFields(out.QueueManager)...)) })
			})
		}),
	}
}

func consoleFields(s mgmtclient.DirectoryStatus) []field {
	switch {
	case !s.Configured:
		return []field{{"Console", "no directory was chosen (posthouse directory use)"}}
	case !s.Connected:
		return []field{{"Console", "not reachable: " + s.Why}}
	}
	return []field{
		{"Console", "connected to " + s.Controller + " as " + s.As},
		{"Forest", s.Forest},
		{"Protection", s.Protection},
	}
}

func (p *program) machineFields(m *mgmtclient.Membership) []field {
	if m == nil {
		return nil
	}
	list := []field{{"Queue manager", m.Mode + " since " + p.time(m.Since)}}
	if m.Why != "" {
		list = append(list, field{"Why", m.Why})
	}
	if len(m.Sites) > 0 {
		list = append(list, field{"Sites", strings.Join(m.Sites, ", ")})
	}
	switch {
	case m.Gate:
		list = append(list, field{"Routing", "site gate: messages between sites pass here"})
	case m.Routing:
		list = append(list, field{"Routing", "routing server: passes messages on"})
	}
	for _, n := range m.Notes {
		list = append(list, field{"Note", n})
	}
	return list
}

func (p *program) directoryUse() *cobra.Command {
	return &cobra.Command{
		Use:   "use",
		Short: "Choose the directory that this console works with",
		Long: `Choose the directory that this console works with, and who to be there. The
password comes from POSTHOUSE_PASSWORD, a prompt, or standard input, and is kept in
the keyring of this system. Nothing travels unprotected: with ldap:// the connection
is signed and encrypted, or turned to TLS. What cannot be reached is not kept.`,
		Example: `  posthouse directory use --domain nordhavn.example --kerberos
  posthouse directory use --controller ldaps://dc01.nordhavn.example --ca ca.pem --user anna@nordhavn.example`,
		Args: takes(),
		RunE: p.do(func(cmd *cobra.Command, _ []string) error {
			return p.withChosen(cmd, func(ctx context.Context, d mgmtclient.Directory) error {
				if _, said, err := p.named(); err != nil || !said {
					return errors.Join(err, usagef("name the directory: --controller or --domain, with --user or --kerberos"))
				}
				s, password, err := p.chosen(ctx, d)
				if err != nil {
					return err
				}
				const op = "use the directory"
				if err := p.testDirectory(ctx, d, s, password); err != nil {
					return explain(op, err)
				}
				if err := d.Choose(ctx, s, password); err != nil {
					return explain(op, err)
				}
				if keeper, ok := d.Keeper(); !ok && s.SignIn == mgmtclient.SignInPassword {
					p.note("note: the password is not kept: %s", clean(keeper))
				}
				return p.result(s, func() { p.printf("this console works with %s\n", clean(where(s))) })
			})
		}),
	}
}

func where(s mgmtclient.DirectorySignIn) string {
	if s.Controller != "" {
		return s.Controller
	}
	return s.Domain
}

func (p *program) directoryTest() *cobra.Command {
	return &cobra.Command{
		Use:   "test",
		Short: "Try to reach the directory, and say how far that goes",
		Example: `  posthouse directory test
  posthouse directory test --controller ldaps://dc01.nordhavn.example --user anna@nordhavn.example`,
		Args: takes(),
		RunE: p.do(func(cmd *cobra.Command, _ []string) error {
			return p.withChosen(cmd, func(ctx context.Context, d mgmtclient.Directory) error {
				s, password, err := p.chosen(ctx, d)
				if err != nil {
					return err
				}
				if where(s) == "" {
					return usagef("no directory was chosen: give --controller or --domain, with --user or --kerberos (or keep them with \"posthouse directory use\")")
				}
				return explain("reach "+where(s), p.printProbes(func(report func(mgmtclient.Probe)) error {
					return d.Test(ctx, s, password, report)
				}))
			})
		}),
	}
}

// testDirectory tries a sign-in; the error is that of the layer that failed.
func (p *program) testDirectory(ctx context.Context, d mgmtclient.Directory, s mgmtclient.DirectorySignIn, password *string) error {
	var last mgmtclient.Probe
	err := d.Test(ctx, s, password, func(pr mgmtclient.Probe) { last = pr })
	if err == nil && !last.OK && last.Text != "" && last.Layer != mgmtclient.LayerRights {
		err = &mq.Error{Code: mq.ErrNoDS, Why: last.Text, Fix: last.Fix}
	}
	return err
}

// person is somebody to be in a directory instead of who was chosen.
type person struct {
	mgmtclient.DirectorySignIn
	password *string
}

// entryNames are the kinds as people call them.
var entryNames = map[mgmtclient.EntryKind]string{
	mgmtclient.EntryForest: "Forest", mgmtclient.EntrySite: "Site", mgmtclient.EntryMachine: "Queue manager",
	mgmtclient.EntryQueue: "Public queue", mgmtclient.EntryList: "Distribution list", mgmtclient.EntryAlias: "Queue alias",
	mgmtclient.EntryLink: "Routing link", mgmtclient.EntryUser: "User", mgmtclient.EntryServer: "Server of a site", mgmtclient.EntryComputer: "Computer",
}

func entryName(e mgmtclient.Entry) string {
	name := entryNames[e.Kind]
	if e.Site != nil && e.Site.Foreign || e.Machine != nil && e.Machine.Foreign {
		name = "Foreign " + strings.ToLower(word(e.Kind == mgmtclient.EntryMachine, "computer", name))
	}
	return name
}
