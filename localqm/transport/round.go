package transport

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/session"
)

// dispatch begins rounds as the book says.
func (t *Transport) dispatch() {
	for {
		key, err := t.book.Next(t.ctx)
		if err != nil {
			return
		}
		t.tasks.Go(func() { t.round(key) })
	}
}

// round tries to reach a host at each of its addresses, which are looked up anew
// (Establish a Protocol Session, MS-MQQB 3.1.5.2).
func (t *Transport) round(key string) {
	t.mu.Lock()
	h, line, ask := t.hosts[key], t.line, t.settings.Ping
	if h != nil {
		h.refresh()
	}
	if h == nil || h.conn != nil || !h.busy() || !t.mode.sends() || t.ended {
		t.book.Forget(key)
		t.book.Answered(key)
		if h != nil && h.conn == nil {
			h.enter(time.Now(), idle, "")
			t.tidy(h)
		}
		t.mu.Unlock()
		return
	}
	h.enter(time.Now(), trying, "Connecting to "+h.name+".")
	t.mu.Unlock()

	to, err := t.where(line, h)
	if err != nil {
		t.failed(h, unresolved, t.unfound(h, err))
		return
	}
	t.mu.Lock()
	h.found(to)
	if c := t.sessionFor(h); c != nil && h.conn == nil { // it has called from there
		t.attach(h, c, time.Now())
		nudge(c.wake)
		t.mu.Unlock()
		return
	}
	t.mu.Unlock()
	var last failure
	for _, a := range to {
		f, ok := t.connect(line, h, a, ask)
		if ok {
			return
		}
		if last = f; line.Err() != nil {
			break
		}
		t.mu.Lock()
		h.record(time.Now(), f)
		t.mu.Unlock()
	}
	t.failed(h, waiting, last)
}

// where are the addresses of a host now. Of a queue manager known by its
// identifier these are the addresses, or those of the names, that it was met at. Of a
// next hop they are what the directory says: anybody may call and say that it is one.
func (t *Transport) where(ctx context.Context, h *host) ([]netip.AddrPort, error) {
	if h.id.IsZero() {
		return t.o.Resolver.Resolve(ctx, h.name)
	}
	known := t.m.Known(h.id)
	t.mu.Lock()
	names := h.names
	for _, a := range h.acks { // a peer whose acknowledgements are due
		known = append(known, a.To.Address)
	}
	t.mu.Unlock()
	if all, err := t.resolve(ctx, names); len(all) > 0 || len(known) == 0 && len(names) > 0 {
		return all, err
	}
	return t.resolve(ctx, known)
}

// resolve are the addresses of names.
func (t *Transport) resolve(ctx context.Context, names []string) ([]netip.AddrPort, error) {
	var all []netip.AddrPort
	err := errUnknown
	for _, name := range names {
		to, e := t.o.Resolver.Resolve(ctx, name)
		if e != nil {
			err = e
		}
		for _, a := range to {
			if !slices.Contains(all, a) {
				all = append(all, a)
			}
		}
	}
	if len(all) > 0 {
		return all, nil
	}
	return nil, err
}

var errUnknown = errors.New("no address is known")

func (t *Transport) unfound(h *host, err error) failure {
	if errors.Is(err, errUnknown) {
		return unknownFailure(h.id, h.name)
	}
	return resolveFailure(h.name, err)
}

// connect opens a session with a host at one address, after a ping if asked.
func (t *Transport) connect(line context.Context, h *host, at netip.AddrPort, ask bool) (failure, bool) {
	cfg := t.o.Session
	if !cfg.Local.IsValid() {
		cfg.Local = t.local(at.Addr())
	}
	if ask {
		// Silence is no answer: most queue managers never do.
		if a := t.asker.Ask(line, netip.AddrPortFrom(at.Addr(), t.o.PingPort)); a.Refused {
			return connectFailure(at, mq.ConnPingFailure, nil), false
		}
		cfg.Pinged = true
	}
	cfg.Stage = func(s mq.ConnectionStatus) { t.stage(h, at, s) }
	c := t.newConn(h)
	s, err := session.Dial(line, cfg, at.String(), h.id, c)
	if err == nil && !c.opened {
		<-s.Done() // it goes offline, or ends
		return failure{}, false
	}
	if err == nil {
		return failure{}, true
	}
	status := mq.ConnUnknownFailure
	var e *session.Error
	if errors.As(err, &e) {
		status = e.Status
	}
	return connectFailure(at, status, err), false
}

// stage notes how far a connection has come.
func (t *Transport) stage(h *host, at netip.AddrPort, s mq.ConnectionStatus) {
	why := "Asked " + at.Addr().String() + " for a session."
	if s == mq.ConnEstablishReceived {
		why = at.Addr().String() + " has answered."
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	h.record(time.Now(), failure{status: s, address: at.Addr().String(), why: why})
}

// local is the address to connect from: one that we listen on, so that the peer
// sees the address it can reach us at.
func (t *Transport) local(to netip.Addr) netip.Addr {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, a := range t.o.Listen {
		if len(t.own[a]) > 0 && !a.IsUnspecified() && a.Is4() == to.Is4() && a.IsLoopback() == to.IsLoopback() {
			return a
		}
	}
	return netip.Addr{}
}

// failed ends a round that reached nobody.
func (t *Transport) failed(h *host, p phase, f failure) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	// The sender of what these acknowledge will send it again.
	h.acks = nil
	if p == unresolved {
		h.record(now, f)
	}
	next := t.book.Failed(h.key)
	if h.conn != nil { // it called us meanwhile
		return
	}
	h.failures++
	h.nextTry = next
	h.enter(now, p, f.why)
	for w := range h.ways {
		t.steer(w, now)
		if w.best.failed() { // so have the others
			w.acks = nil
			t.tidyWay(w)
		}
	}
	if !h.busy() || !t.mode.sends() {
		t.book.Forget(h.key)
		h.enter(now, idle, f.why)
		t.tidy(h)
	}
}
