package interfaces

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/opened"
	"posthouse/localqm/interfaces/qm2qm"
	"posthouse/localqm/interfaces/qmcomm"
	"posthouse/localqm/interfaces/qmmgmt"
	"posthouse/localqm/interfaces/remoteread"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/epm"
	"posthouse/localqm/rpc/security"
)

// The usual ports (MS-MQMP 2.1, MS-MQRR 2.1; MS-MQQP 2.1).
const (
	Port   = 2103
	QMPort = 2105
)

// Options are what a queue manager is reached at, and by whom.
type Options struct {
	Manager *localqm.QueueManager
	// Listen are the addresses to listen on; 0.0.0.0 and :: are all of them. One that
	// this computer does not have is left out.
	Listen []netip.Addr
	// Port and QMPort are those of clients and of queue managers; every interface is at
	// both. One that somebody has is given up for the next, 11 further on. 0: any.
	Port, QMPort uint16
	MapperPort   uint16 // of the endpoint mapper; 0: there is none

	Acceptor  security.Acceptor // nil: all clients are anonymous
	Anonymous bool              // see rpc.Options
	Limits    rpc.Limits
	// Without are names of interfaces that are not offered.
	Without []string
	Version string // that others are told of the queue manager
	// Connect leads to other queue managers, for clients that read there through this
	// one (qmcomm.Options); nil: as nobody.
	Connect func(ctx context.Context, computer string, port uint16) (*rpc.Conn, error)
	Log     *slog.Logger
}

// Interfaces are those of a queue manager that is running.
type Interfaces struct {
	o    Options
	stop context.CancelFunc
	wait sync.WaitGroup

	mu      sync.Mutex
	servers []*rpc.Server
	ports   ports
}

type ports struct{ rpc, qm, mapper uint16 }

// look is how often the queue manager is asked whether it is hardened.
const look = time.Second

// Start listens. A hardened queue manager is not managed by others (MS-MQDMPR 3.1.1.1):
// nothing listens then, and what does ends when it becomes so.
func Start(o Options) (*Interfaces, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	i := &Interfaces{o: o}
	ctx, stop := context.WithCancel(context.Background())
	i.stop = stop
	if o.Manager.Settings().Hardened {
		o.Log.Info("hardened: other computers cannot manage this queue manager")
		return i, nil
	}
	if err := i.open(); err != nil {
		stop()
		return nil, err
	}
	i.wait.Go(func() { i.follow(ctx) })
	return i, nil
}

// open listens on all ports and serves.
func (i *Interfaces) open() error {
	var all [][]net.Listener
	taken := func(listeners []net.Listener, err error) (uint16, error) {
		if err != nil {
			for _, l := range slices.Concat(all...) {
				_ = l.Close()
			}
			return 0, err
		}
		all = append(all, listeners)
		return portOf(listeners[0]), nil
	}
	var p ports
	var err error
	if p.rpc, err = taken(i.listen(i.o.Port, step)); err != nil {
		return err
	}
	if p.qm, err = taken(i.listen(i.o.QMPort, step)); err != nil {
		return err
	}
	if i.o.MapperPort != 0 {
		if p.mapper, err = taken(i.listen(i.o.MapperPort, 0)); err != nil {
			return err
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.ports = p
	offered := i.offered()
	groups, room := rpc.NewGroups(), rpc.NewRoom(0)
	serve := func(ln net.Listener, what []rpc.Interface) {
		i.servers = append(i.servers, rpc.Serve(ln, rpc.Options{
			Interfaces: what, Acceptor: i.o.Acceptor, Anonymous: i.o.Anonymous,
			Limits: i.o.Limits, Groups: groups, Room: room, Log: i.o.Log,
		}))
		i.o.Log.Info("listening for RPC", "address", ln.Addr())
	}
	for _, ln := range slices.Concat(all[:2]...) {
		serve(ln, offered)
	}
	if p.mapper != 0 {
		registry := registered(offered, p)
		for _, ln := range all[2] {
			serve(ln, []rpc.Interface{registry.Interface()})
		}
	}
	return nil
}

// offered are the interfaces, whoever asks.
func (i *Interfaces) offered() []rpc.Interface {
	m, table := i.o.Manager, opened.NewTable()
	all := []rpc.Interface{
		qmmgmt.New(m, qmmgmt.Options{Version: i.o.Version}),
		remoteread.New(m, remoteread.Options{Ports: i.Ports}),
		qm2qm.New(qm2qm.Options{Opened: table, Ports: i.Ports}),
	}
	all = append(all, qmcomm.New(m, qmcomm.Options{
		Ports: i.Ports, Opened: table, Connect: i.o.Connect, Log: i.o.Log,
	})...)
	return slices.DeleteFunc(all, func(x rpc.Interface) bool { return slices.Contains(i.o.Without, x.Name) })
}

// registered is what the endpoint mapper knows: every interface at both ports, its own
// first.
func registered(offered []rpc.Interface, p ports) *epm.Registry {
	r := epm.NewRegistry()
	for _, x := range offered {
		at := []uint16{p.rpc, p.qm}
		if x.Name == "qm2qm" {
			slices.Reverse(at)
		}
		for _, port := range at {
			r.Register(epm.Endpoint{Syntax: x.Syntax, Annotation: "Message Queuing - " + x.Name, Port: port})
		}
	}
	return r
}

// follow ends what listens when the queue manager is hardened. Its events would tell,
// but whoever listens to them costs every message something.
func (i *Interfaces) follow(ctx context.Context) {
	t := time.NewTicker(look)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if i.o.Manager.Settings().Hardened {
			i.o.Log.Info("hardened: other computers cannot manage this queue manager any more")
			i.shut()
			return
		}
	}
}

// shut ends all servers.
func (i *Interfaces) shut() {
	i.mu.Lock()
	servers := i.servers
	i.servers, i.ports = nil, ports{}
	i.mu.Unlock()
	var wait sync.WaitGroup
	for _, s := range servers {
		wait.Go(func() { _ = s.Close() })
	}
	wait.Wait()
}

// Close ends all connections, awaits their calls and runs down what clients hold.
func (i *Interfaces) Close() error {
	i.stop()
	i.wait.Wait()
	i.shut()
	return nil
}

// Ports are those in use, of clients and of queue managers; 0: nothing listens.
func (i *Interfaces) Ports() (rpc, qm uint16) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.ports.rpc, i.ports.qm
}

// MapperPort is that of the endpoint mapper; 0: there is none.
func (i *Interfaces) MapperPort() uint16 {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.ports.mapper
}

// Stats are those of all ports together.
func (i *Interfaces) Stats() rpc.Stats {
	i.mu.Lock()
	defer i.mu.Unlock()
	var sum rpc.Stats
	for _, s := range i.servers {
		one := s.Stats()
		sum.Connections += one.Connections
		sum.Refused += one.Refused
		sum.Calls += one.Calls
		sum.Faults += one.Faults
		sum.Violations += one.Violations
		sum.Messages = one.Messages // the same for all
	}
	return sum
}
