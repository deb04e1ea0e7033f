package app

import (
	"errors"
	"log/slog"
	"math"
	"net/netip"
	"strings"

	"github.com/spf13/pflag"

	"posthouse/directory/member"
	"posthouse/localqm"
	"posthouse/localqm/interfaces"
	"posthouse/localqm/mq"
	"posthouse/localqm/ping"
	"posthouse/localqm/route"
	"posthouse/localqm/transport"
)

// network is how a queue manager of this process reaches others.
type network struct {
	listen         []netip.Addr // none: messages only leave
	port, pingPort uint16       // 0: the protocol's
	hosts          route.Hosts

	// Management by others: nothing of it without listen.
	rpcPort, mapperPort uint16 // 0: 2103, none
	anonymous           bool
	keytab              string // empty: krb5.keytab of the data folder, if it is there
	// modest goes without listening where that is not possible: a window on a
	// computer where another program listens already.
	modest bool
}

// sending lets messages leave for as long as a command waits for that.
func sending() *network { return &network{} }

// connect lets a queue manager exchange messages with others until the
// transport is closed; in is its forest, or nil. names are those of this computer, if it is the queue
// manager's alone; its addresses are names too then.
func (n network) connect(qm *localqm.QueueManager, in *member.Member, names []string, log *slog.Logger) (*transport.Transport, error) {
	o := transport.Options{
		Manager: qm, Listen: n.listen, Port: n.port, PingPort: n.pingPort, Names: names, Whole: names != nil, Log: log,
		Resolver: route.NewResolver(route.Options{Hosts: n.hosts, Port: n.port}),
	}
	if in != nil {
		o.Router = in
	}
	t := transport.New(o)
	err := t.Start()
	if err != nil && n.modest && len(n.listen) > 0 {
		if log != nil {
			log.Warn("other computers cannot send to this one", "error", err)
		}
		n.listen = nil
		return n.connect(qm, in, names, log)
	}
	return t, err
}

// networkFlags are the flags of serve for other machines.
type networkFlags struct {
	listen                              []string
	port, pingPort, rpcPort, mapperPort uint16
	hosts                               []string
	anonymous                           bool
	keytab                              string
}

func (n *networkFlags) flags(f *pflag.FlagSet) {
	f.StringSliceVar(&n.listen, "listen", []string{"127.0.0.1"}, "addresses `IP,...` to listen on for other machines; 0.0.0.0 and :: are all of them")
	f.Uint16Var(&n.port, "port", route.Port, "port `N` for messages, here and on other machines")
	f.Uint16Var(&n.pingPort, "ping-port", ping.Port, "port `N` for pings of other machines")
	f.Uint16Var(&n.rpcPort, "rpc-port", interfaces.Port, "port `N` for management by other machines, 11 further on while it is taken; queue managers use the one after the next")
	f.Uint16Var(&n.mapperPort, "epm-port", 0, "port `N` of the endpoint mapper, 135 for Windows' own tools (default: none)")
	f.BoolVar(&n.anonymous, "rpc-anonymous", false, "let callers that do not sign in do what the permissions allow to anonymous")
	f.StringVar(&n.keytab, "keytab", "", "keys `FILE` for callers that sign in with Kerberos (default: krb5.keytab in the data folder)")
	f.StringSliceVar(&n.hosts, "hosts", nil, "addresses of other machines, `NAME=IP[:PORT],...`, before any name server")
}

// network checks what was asked for.
func (n *networkFlags) network() (*network, error) {
	out := &network{
		port: n.port, pingPort: n.pingPort, hosts: route.Hosts{},
		rpcPort: n.rpcPort, mapperPort: n.mapperPort, anonymous: n.anonymous, keytab: n.keytab,
	}
	for _, s := range n.listen {
		a, err := netip.ParseAddr(strings.Trim(strings.TrimSpace(s), "[]"))
		if err != nil {
			return nil, usagef("--listen %s: want an IP address, such as 127.0.0.1", s)
		}
		out.listen = append(out.listen, a)
	}
	if n.port == 0 || n.pingPort == 0 || n.rpcPort == 0 {
		return nil, usagef("port 0: other machines must know the port; the usual ones are %d, %d and %d", route.Port, ping.Port, interfaces.Port)
	}
	if n.rpcPort > math.MaxUint16-2 {
		return nil, usagef("--rpc-port %d: there must be room for the port after the next", n.rpcPort)
	}
	for _, h := range n.hosts {
		if err := out.hosts.Add(h); err != nil {
			return nil, usagef("--hosts %s: want NAME=IP or NAME=IP:PORT, with commas between: %s", h, reason(err))
		}
	}
	return out, nil
}

// reason is why an error came to be, in plain words.
func reason(err error) string {
	if e := (*mq.Error)(nil); errors.As(err, &e) {
		return e.Why
	}
	return err.Error()
}
