package rpc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"posthouse/localqm/rpc/pdu"
	"posthouse/localqm/rpc/security"
	"posthouse/localqm/secure"
)

// Options are what a server offers, and to whom.
type Options struct {
	Interfaces []Interface
	// Acceptor signs clients in; nil: all are anonymous.
	Acceptor security.Acceptor
	// Anonymous lets calls of clients that are not signed in through to the interfaces,
	// as those of S-1-5-7, whatever their Level. Who is signed in has to keep it.
	Anonymous bool
	Limits    Limits
	// Idle is when a connection that makes no calls is closed; 0: never, since that runs
	// its handles down. Those that have not signed in are anyway, unless Anonymous.
	Idle time.Duration
	// Groups are shared by the listeners of one machine; nil: a client's connections to
	// this one only are together.
	Groups *Groups
	// Room is shared by them, too; nil: this server has its own, of 128 MiB.
	Room *Room
	Log  *slog.Logger
}

// Limits bound what clients may use. The zero value of each is its default.
type Limits struct {
	Connections int           // 1,024, half of them for one user
	PerAddress  int           // connections of one address (of IPv6: one /64) that have not signed in: 64
	Calls       int           // of one connection at once: 1,024
	Memory      int64         // of calls that are under way, in bytes, half of it for one user: 256 MiB
	SignIn      time.Duration // until a client has signed in, or made a call: 30 s
	PDU         time.Duration // until the rest of a PDU or of a request comes: 60 s
	Write       time.Duration // until a client takes a response: 60 s
}

// What is not worth an option.
const (
	defaultMaxStub   = 8 << 20  // request, in bytes
	anonymousMaxStub = 64 << 10 // of a client that is not signed in
	anonymousCalls   = 32       // of its connection at once
	anonymousIdle    = 2 * time.Minute
	maxPresentations = 1024    // of a connection
	maxContexts      = 64      // security contexts of a connection
	minFragment      = 256     // we do not send shorter ones
	callSize         = 8 << 10 // memory of a call besides request and response: its stack and its first fragment
)

func (l Limits) withDefaults() Limits {
	or := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	after := func(v *time.Duration, d time.Duration) {
		if *v == 0 {
			*v = d
		}
	}
	or(&l.Connections, 1024)
	or(&l.PerAddress, 64)
	or(&l.Calls, 1024)
	if l.Memory == 0 {
		l.Memory = 256 << 20
	}
	after(&l.SignIn, 30*time.Second)
	after(&l.PDU, time.Minute)
	after(&l.Write, time.Minute)
	return l
}

// Stats are what a server has done since it began.
type Stats struct {
	Connections int    // now
	Refused     uint64 // connections over a limit
	Calls       uint64 // that came to an interface
	Faults      uint64
	Violations  uint64 // connections ended because of what the client sent
	Messages    int64  // bytes of Options.Room that are in use now, by all who share it
}

// Server serves interfaces to the clients of a listener.
type Server struct {
	o          Options
	ln         net.Listener
	log        *slog.Logger
	interfaces map[pdu.Syntax]*Interface
	groups     *Groups
	ctx        context.Context
	cancel     context.CancelFunc
	wait       sync.WaitGroup
	memory     *shares
	workers    workers

	calls, faults, refused, violations atomic.Uint64

	mu     sync.Mutex
	closed bool
	conns  map[*serverConn]struct{}
	guests map[netip.Addr]int // connections that have not signed in
	users  map[secure.SID]int // and those of who has
}

// Serve serves the clients of ln until Close, which closes ln.
func Serve(ln net.Listener, o Options) *Server {
	if o.Groups == nil {
		o.Groups = NewGroups()
	}
	if o.Room == nil {
		o.Room = NewRoom(0)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Limits = o.Limits.withDefaults()
	s := &Server{
		o: o, ln: ln, log: o.Log, groups: o.Groups, interfaces: map[pdu.Syntax]*Interface{},
		memory:  newShares(o.Limits.Memory),
		workers: workers{calls: make(chan work)}, conns: map[*serverConn]struct{}{}, guests: map[netip.Addr]int{}, users: map[secure.SID]int{},
	}
	for _, i := range o.Interfaces {
		if i.MaxStub == 0 {
			i.MaxStub = defaultMaxStub
		}
		s.interfaces[pdu.SyntaxOf(&i.Syntax)] = &i
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.wait.Go(s.accept)
	return s
}

// Addr is where the server listens.
func (s *Server) Addr() net.Addr { return s.ln.Addr() }

// Stats is what the server has done.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	n := len(s.conns)
	s.mu.Unlock()
	return Stats{
		Connections: n, Refused: s.refused.Load(), Calls: s.calls.Load(),
		Faults: s.faults.Load(), Violations: s.violations.Load(), Messages: s.o.Room.inUse(),
	}
}

// Close ends all connections, cancels and awaits their calls, and runs down what the
// clients hold.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	err := s.ln.Close()
	for c := range s.conns {
		c.close()
	}
	s.mu.Unlock()
	s.cancel()
	s.wait.Wait()
	s.workers.close()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// accept takes clients in. When there is nothing to take them in with, such as file
// descriptors, it waits for some to leave.
func (s *Server) accept() {
	const least, most = 5 * time.Millisecond, time.Second
	delay := least
	for {
		nc, err := s.ln.Accept()
		if err == nil {
			delay = least
			s.admit(nc)
			continue
		}
		if errors.Is(err, net.ErrClosed) || s.ctx.Err() != nil {
			return
		}
		s.log.Warn("a client could not be taken in", "error", err, "again in", delay)
		select {
		case <-time.After(delay):
			delay = min(2*delay, most)
		case <-s.ctx.Done():
			return
		}
	}
}

func (s *Server) admit(nc net.Conn) {
	c := newServerConn(s, nc)
	from := network(c.remote.Addr())
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.conns) >= s.o.Limits.Connections || s.guests[from] >= s.o.Limits.PerAddress {
		s.refused.Add(1)
		_ = nc.Close()
		c.cancel()
		s.log.Info("a client was refused: too many connections", "client", c.remote)
		return
	}
	s.conns[c] = struct{}{}
	s.guests[from]++
	c.guest = true
	s.wait.Go(c.serve)
}

// network is what one client has at least: an address, of IPv6 as many as a /64 has.
func network(a netip.Addr) netip.Addr {
	if p, err := a.Prefix(64); err == nil && a.Is6() {
		return p.Addr()
	}
	return a
}

// known takes a connection off the account of those that have not signed in. It is
// who's from now on, if he may have another, whoever else signs in.
func (s *Server) known(c *serverConn, who secure.SID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !c.guest {
		return nil
	}
	if s.users[who] >= max(s.o.Limits.Connections/2, 1) {
		s.refused.Add(1)
		return fmt.Errorf("%s has %d connections", who, s.users[who])
	}
	s.users[who]++
	c.user = &who
	s.knownLocked(c)
	return nil
}

func (s *Server) knownLocked(c *serverConn) {
	if !c.guest {
		return
	}
	c.guest = false
	from := network(c.remote.Addr())
	if s.guests[from]--; s.guests[from] == 0 {
		delete(s.guests, from)
	}
}

func (s *Server) gone(c *serverConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.knownLocked(c)
	delete(s.conns, c)
	if c.user == nil {
		return
	}
	if s.users[*c.user]--; s.users[*c.user] == 0 {
		delete(s.users, *c.user)
	}
}
