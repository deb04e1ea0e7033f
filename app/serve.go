package app

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// serveOptions are what the flags of serve ask for.
type serveOptions struct {
	name    string // of a queue manager that is made now; empty: this computer's
	network *network
}

// ready is what serve prints once others can attach.
type ready struct {
	Ready      bool    `json:"ready"`
	PID        int     `json:"pid"`
	Name       string  `json:"name"`
	ID         mq.GUID `json:"id"`
	DataFolder string  `json:"dataFolder"`
	Version    string  `json:"version"`
	// Listening are the addresses that other machines send to, RPC those that they
	// manage it at.
	Listening []string `json:"listening"`
	RPC       []string `json:"rpc"`
}

func (p *program) serveCommand() *cobra.Command {
	var (
		o   serveOptions
		net networkFlags
	)
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the queue manager without a window",
		Long: `Run the queue manager of the data folder without a window, until Ctrl+C or
SIGTERM. The command line and the window attach to it, and it exchanges messages
with other queue managers. It listens on this computer alone until --listen says
otherwise. With --json it prints {"ready":true,...} as soon as all of that works.
Who has an account ("posthouse account add") may manage it from other computers,
at --rpc-port of the same addresses.`,
		Example: `  posthouse serve
  posthouse serve --data /var/lib/posthouse --name SHOP01 --listen 0.0.0.0 --json
  posthouse serve --listen 127.0.0.11 --hosts SHOP02=127.0.0.12,HUB=10.0.0.7:1801`,
		Args: takes(),
		RunE: p.do(func(cmd *cobra.Command, _ []string) error {
			var err error
			if o.network, err = net.network(); err != nil {
				return err
			}
			folder, err := p.target()
			if err != nil {
				return err
			}
			return explain("run the queue manager of "+folder, p.serve(cmd.Context(), folder, o))
		}),
	}
	f := cmd.Flags()
	f.StringVar(&o.name, "name", "", "`NAME` of a new queue manager (default: this computer's)")
	net.flags(f)
	return cmd
}

func (p *program) serve(ctx context.Context, folder string, o serveOptions) error {
	ctx, cancel := p.deadline(ctx)
	defer cancel()
	return p.open.Serve(ctx, folder, o, service{
		ready: func(h handle) error {
			m, err := h.Machine(ctx)
			if err != nil {
				return err
			}
			if o.name != "" && !strings.EqualFold(o.name, m.Name) {
				p.note("note: the queue manager of this folder is called %s already; --name is for a new one", clean(m.Name))
			}
			r := ready{true, h.pid, m.Name, m.ID, folder, Version, []string{}, []string{}}
			if m.Network != nil {
				r.Listening = append(r.Listening, m.Network.Listening...)
				r.RPC = append(r.RPC, m.Network.RPC...)
			}
			for _, why := range notListening(o.network, m) {
				p.note("note: %s", why)
			}
			if p.asJSON() {
				p.jsonl = true // one line, for whoever waits for it
				err = p.encode(r)
			} else {
				p.printf("%s serves %s since %s (process %d)%s; Ctrl+C stops it\n", clean(r.Name), clean(folder), p.time(time.Now()), r.PID, listens(r.Listening, r.RPC))
			}
			if ferr := p.w.Flush(); err == nil {
				err = ferr
			}
			return err
		},
		stopping: p.warnExpress,
	})
}

// notListening says why connections are not taken where they were asked for.
func notListening(n *network, m mgmtclient.Machine) (why []string) {
	switch {
	case m.Network == nil || n == nil:
		return nil
	case m.Network.Hardened:
		return []string{"the queue manager is hardened: it takes no connections (see \"posthouse machine set --help\")"}
	case m.State == mq.MachineDisconnected:
		return []string{"the queue manager works offline: it takes no connections until \"posthouse machine connect\""}
	}
	for _, a := range n.listen {
		if !slices.ContainsFunc(m.Network.Listening, func(on string) bool {
			at, err := netip.ParseAddrPort(on)
			return err == nil && (a.IsUnspecified() || at.Addr().Unmap() == a.Unmap())
		}) {
			why = append(why, a.String()+" is no address of this computer now; it listens there as soon as it is one")
		}
	}
	return why
}

func listens(on, rpc []string) string {
	if len(on) == 0 {
		return ", and takes no connections"
	}
	s := " and listens on " + strings.Join(on, ", ")
	if len(rpc) > 0 {
		s += ", for management on " + strings.Join(rpc, ", ")
	}
	return s
}

// service is what happens while a queue manager serves.
type service struct {
	ready    func(handle) error // others can attach now
	stopping func(handle)       // its end begins
}
