package app

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"posthouse/localqm/mq"
)

func (p *program) directoryJoin() *cobra.Command {
	var (
		m       membership
		routing bool
		adopt   bool
		name    string
	)
	cmd := &cobra.Command{
		Use:   "join",
		Short: "Make this queue manager a member of the forest",
		Long: `Make the queue manager of the data folder a member of the forest: it registers its
machine object below its computer account, takes the identifier that the directory
gives it, and from its next start on finds public queues, lists and the ways between
sites there. The computer account must exist; it signs in with a keytab, or with the
password from POSTHOUSE_PASSWORD, a prompt or standard input, which is kept in the data
folder. The queue manager must not run meanwhile.`,
		Example: `  posthouse directory join --domain nordhavn.example --account 'HUB-CPH01$' --keytab hub.keytab --site Copenhagen
  posthouse directory join --controller ldaps://dc01.nordhavn.example --ca ca.pem --account 'HUB-AAR02$' --routing`,
		Args: takes(),
		RunE: p.do(func(cmd *cobra.Command, _ []string) error {
			folder, err := p.target()
			if err != nil {
				return err
			}
			const op = "join the forest"
			m.Controller, m.Domain = p.forest.controller, p.forest.domain
			if m.Controller == "" && m.Domain == "" {
				return usagef("name the directory: --controller or --domain")
			}
			if m.Account == "" && m.Keytab == "" {
				return usagef("say which computer account this queue manager is: --account 'NAME$'")
			}
			if cmd.Flags().Changed("routing") {
				m.Routing = &routing
			}
			for _, f := range []*string{&p.forest.ca, &m.Keytab, &m.Krb5} {
				if *f == "" {
					continue
				}
				if _, err := os.Stat(*f); err != nil {
					return mq.Errorf(mq.ErrInvalidParameter, op, "%w", err)
				}
				if *f, err = filepath.Abs(*f); err != nil { // it is read again from elsewhere
					return mq.Errorf(mq.ErrInvalidParameter, op, "%w", err)
				}
			}
			m.CA = p.forest.ca
			if m.Keytab == "" {
				if m.Password, err = p.password("Password of " + m.Account); err != nil {
					return err
				}
			}
			ctx, cancel := p.deadline(cmd.Context())
			defer cancel()
			state, err := p.open.Join(ctx, folder, name, m, adopt)
			if err != nil {
				return explain(op, err)
			}
			return p.result(state, func() {
				p.printf("joined %s, site %s; start it with \"posthouse serve\"\n", clean(state.Forest), clean(strings.Join(state.Sites, ", ")))
				for _, n := range state.Notes {
					p.note("note: %s", clean(n))
				}
			})
		}),
	}
	f := cmd.Flags()
	f.StringVar(&name, "name", "", "`NAME` of a new queue manager (default: this computer's)")
	f.StringVar(&m.Account, "account", "", "computer account, `NAME$`, or NAME$@DOMAIN")
	f.StringVar(&m.Keytab, "keytab", "", "keys `FILE` of the computer account")
	f.StringVar(&m.Krb5, "krb5", "", "Kerberos settings `FILE` (default: the system's krb5.conf)")
	f.StringVar(&m.Site, "site", "", "site `NAME` that it belongs to (default: as the directory has it)")
	f.BoolVar(&routing, "routing", false, "it passes messages of others on (default: as the directory has it)")
	f.BoolVar(&adopt, "adopt", false, "take over the machine object that another installation of this computer made")
	return cmd
}

func (p *program) directoryLeave() *cobra.Command {
	return &cobra.Command{
		Use:   "leave",
		Short: "Make this queue manager work without the forest again",
		Long: `Make the queue manager of the data folder work without the forest from its next
start on. Its objects stay in the directory; "posthouse directory delete" removes them.`,
		Args: takes(),
		RunE: p.do(func(*cobra.Command, []string) error {
			folder, err := p.target()
			if err != nil {
				return err
			}
			if err := p.open.Leave(folder); err != nil {
				return explain("leave the forest", err)
			}
			return p.result(struct {
				Left bool `json:"left"`
			}{true}, func() { p.printf("left the forest; it works as a workgroup from its next start on\n") })
		}),
	}
}
