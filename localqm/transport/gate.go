package transport

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/ping"
)

// listenAgain is when a listener that could not be opened is tried again.
const listenAgain = 5 * time.Second

// gate opens and closes what the machine is reached by, as its settings and
// addresses say. It belongs to one goroutine.
type gate struct {
	t       *Transport
	doors   map[netip.Addr]net.Listener
	answers map[netip.Addr]*ping.Responder
	names   []string
}

// run follows changes until the transport ends.
func (g *gate) run() {
	defer g.shut()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-g.t.setWake:
		case <-timer.C:
		case <-g.t.ctx.Done():
			return
		}
		g.t.settled()
		if err := g.follow(); err != nil {
			g.t.log.Warn("messages from others do not come", "error", err)
			timer.Reset(listenAgain)
		}
	}
}

// follow opens and closes listeners. The first error is returned; the others are
// open.
func (g *gate) follow() (first error) {
	t := g.t
	t.mu.Lock()
	var want, asked []netip.Addr
	for _, a := range t.o.Listen {
		if t.mode.sends() && len(t.own[a]) > 0 {
			want = append(want, a)
		}
	}
	if t.settings.PingAnswer {
		asked = want
	}
	names := t.names()
	t.mu.Unlock()

	if !slices.Equal(names, g.names) {
		g.names = names
		t.m.SetNames(names)
	}
	for a, ln := range g.doors {
		if !slices.Contains(want, a) {
			ln.Close()
			delete(g.doors, a)
			t.log.Info("no longer listening", "address", ln.Addr())
		}
	}
	for a, r := range g.answers {
		if !slices.Contains(asked, a) {
			_ = r.Close()
			delete(g.answers, a)
		}
	}
	for _, a := range want {
		if err := g.open(a); err != nil && first == nil {
			first = err
		}
	}
	for _, a := range asked {
		if err := g.answer(a); err != nil && first == nil {
			first = err
		}
	}
	t.mu.Lock()
	t.doors = slices.SortedFunc(maps.Keys(g.doors), netip.Addr.Compare)
	t.mu.Unlock()
	return first
}

// open listens for sessions on an address, if it does not yet.
func (g *gate) open(a netip.Addr) error {
	if g.doors[a] != nil {
		return nil
	}
	at := netip.AddrPortFrom(a, g.t.o.Port)
	var lc net.ListenConfig
	ln, err := lc.Listen(g.t.ctx, "tcp", at.String())
	if err != nil {
		return listenError("TCP", at, err)
	}
	if g.doors == nil {
		g.doors = map[netip.Addr]net.Listener{}
	}
	g.doors[a] = ln
	g.t.server.Serve(ln)
	g.t.log.Info("listening", "address", ln.Addr())
	return nil
}

// answer answers pings to an address.
func (g *gate) answer(a netip.Addr) error {
	if g.answers[a] != nil {
		return nil
	}
	at := netip.AddrPortFrom(a, g.t.o.PingPort)
	var lc net.ListenConfig
	pc, err := lc.ListenPacket(g.t.ctx, "udp", at.String())
	if err != nil {
		return listenError("UDP", at, err)
	}
	if g.answers == nil {
		g.answers = map[netip.Addr]*ping.Responder{}
	}
	g.answers[a] = ping.Respond(pc, g.t.o.Session.Self, g.t.refuses)
	return nil
}

// shut closes all of it.
func (g *gate) shut() {
	for _, ln := range g.doors {
		ln.Close()
	}
	for _, r := range g.answers {
		_ = r.Close()
	}
}

// refuses tells who pings whether a session would be refused.
func (t *Transport) refuses(netip.Addr) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ended || !t.mode.sends() || len(t.conns) >= t.o.Limits.Connections
}

// names are the names and addresses of this computer now. Called with mu held.
func (t *Transport) names() []string {
	names := slices.Clone(t.o.Names)
	for _, own := range t.own {
		for _, a := range own {
			names = append(names, a.String())
			if a.Is6() {
				names = append(names, "["+a.String()+"]")
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// listenError tells why nobody can connect.
func listenError(protocol string, at netip.AddrPort, err error) error {
	op := fmt.Sprintf("listen on %s %s", protocol, at)
	e := &mq.Error{Code: mq.ErrGeneric, Op: op, Why: err.Error(), Err: err}
	switch {
	case errors.Is(err, errInUse):
		e.Why = fmt.Sprintf("another program uses port %d of this computer: a second queue manager, or Windows' own Message Queuing", at.Port())
		e.Fix = "stop that one, or choose another port or address"
	case errors.Is(err, errNotOurs):
		e.Why = fmt.Sprintf("%s is no address of this computer", at.Addr())
		e.Fix = "choose one that it has"
	case errors.Is(err, errForbidden):
		e.Why = fmt.Sprintf("the system does not allow this program to use port %d", at.Port())
		e.Fix = "choose a port above 1023"
	}
	return e
}
