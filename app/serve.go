package app

import (
	"context"
	"net"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"posthouse/localqm/mq"
)

// serveOptions are what the flags of serve ask for.
type serveOptions struct {
	name string // of a queue manager that is made now; empty: this computer's
}

// ready is what serve prints once others can attach.
type ready struct {
	Ready      bool    `json:"ready"`
	PID        int     `json:"pid"`
	Name       string  `json:"name"`
	ID         mq.GUID `json:"id"`
	DataFolder string  `json:"dataFolder"`
	Version    string  `json:"version"`
}

// network are the flags of serve for other machines.
type network struct {
	listen                              string
	port, pingPort, rpcPort, mapperPort uint16
	hosts                               []string
}

func (n *network) check() error {
	if n.listen != "" && net.ParseIP(n.listen) == nil {
		return usagef("--listen %s: want an IP address, such as 127.0.0.1", n.listen)
	}
	for _, h := range n.hosts {
		name, ip, ok := strings.Cut(h, "=")
		if !ok || name == "" || net.ParseIP(ip) == nil {
			return usagef("--hosts %s: want NAME=IP, with commas between", h)
		}
	}
	return nil
}

func (p *program) serveCommand() *cobra.Command {
	var (
		o   serveOptions
		net network
	)
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the queue manager without a window",
		Long: `Run the queue manager of the data folder without a window, until Ctrl+C or
SIGTERM. The command line and the window attach to it. With --json it prints
{"ready":true,...} as soon as they can. This version serves its own machine: the
flags for the network are checked and have no effect yet.`,
		Example: "  posthouse serve\n  posthouse serve --data /var/lib/posthouse --name SHOP01 --json",
		Args:    takes(),
		RunE: p.do(func(cmd *cobra.Command, _ []string) error {
			if err := net.check(); err != nil {
				return err
			}
			folder, err := p.target()
			if err != nil {
				return err
			}
			if anyNetwork(cmd) {
				p.note("note: this version serves its own machine only; the flags for the network have no effect")
			}
			return explain("run the queue manager of "+folder, p.serve(cmd.Context(), folder, o))
		}),
	}
	f := cmd.Flags()
	f.StringVar(&o.name, "name", "", "`NAME` of a new queue manager (default: this computer's)")
	f.StringVar(&net.listen, "listen", "127.0.0.1", "address `IP` to listen on for other machines")
	f.Uint16Var(&net.port, "port", 1801, "port `N` for messages of other machines")
	f.Uint16Var(&net.pingPort, "ping-port", 3527, "port `N` for pings of other machines")
	f.Uint16Var(&net.rpcPort, "rpc-port", 2103, "port `N` for management by other machines")
	f.Uint16Var(&net.mapperPort, "epm-port", 0, "port `N` of the endpoint mapper (0: none)")
	f.StringSliceVar(&net.hosts, "hosts", nil, "addresses of other machines, `NAME=IP,...`")
	return cmd
}

func anyNetwork(cmd *cobra.Command) bool {
	for _, f := range []string{"listen", "port", "ping-port", "rpc-port", "epm-port", "hosts"} {
		if cmd.Flags().Changed(f) {
			return true
		}
	}
	return false
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
			r := ready{true, h.pid, m.Name, m.ID, folder, Version}
			if p.asJSON() {
				p.jsonl = true // one line, for whoever waits for it
				err = p.encode(r)
			} else {
				p.printf("%s serves %s since %s (process %d); Ctrl+C stops it\n", clean(r.Name), clean(folder), p.time(time.Now()), r.PID)
			}
			if ferr := p.w.Flush(); err == nil {
				err = ferr
			}
			return err
		},
		stopping: p.warnExpress,
	})
}

// service is what happens while a queue manager serves.
type service struct {
	ready    func(handle) error // others can attach now
	stopping func(handle)       // its end begins
}
