package session

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"posthouse/localqm/mq"
)

// Server accepts sessions.
type Server struct {
	cfg    Config
	limits Limits
	accept func(*Session) Handler
	quit   chan struct{}
	wg     sync.WaitGroup // of listeners and sessions

	mu        sync.Mutex
	closed    bool
	listeners map[net.Listener]bool
	sessions  map[*Session]*guest
	groups    map[netip.Prefix]*group
}

// guest is a connection that came, group those of one address.
type guest struct {
	group *group
	open  bool
}

type group struct{ all, opening int }

// NewServer makes a Server without listeners. accept gives the handler of a session
// of which only Peer is known yet; nil refuses it. A handler whose session does not
// open hears nothing.
func NewServer(cfg Config, limits Limits, accept func(*Session) Handler) *Server {
	cfg = cfg.withDefaults()
	if cfg.Memory == nil {
		cfg.Memory = NewMemory(0)
	}
	return &Server{
		cfg: cfg, limits: limits.withDefaults(), accept: accept, quit: make(chan struct{}),
		listeners: map[net.Listener]bool{}, sessions: map[*Session]*guest{}, groups: map[netip.Prefix]*group{},
	}
}

// Serve accepts the connections of ln until either of them is closed, and returns
// at once. Closing ln leaves its sessions open.
func (s *Server) Serve(ln net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		ln.Close()
		return
	}
	s.listeners[ln] = true
	s.wg.Go(func() { s.listen(ln) })
}

// How long the listener rests after it could not accept, as long as there are no
// file descriptors for example.
const (
	minRest = 5 * time.Millisecond
	maxRest = time.Second
)

func (s *Server) listen(ln net.Listener) {
	defer func() {
		s.mu.Lock()
		delete(s.listeners, ln)
		s.mu.Unlock()
	}()
	for rest := minRest; ; {
		conn, err := ln.Accept()
		switch {
		case err == nil:
			rest = minRest
			s.take(conn)
			continue
		case errors.Is(err, net.ErrClosed):
			return
		}
		s.cfg.Log.Warn("cannot accept connections", "listener", ln.Addr(), "why", err, "pause", rest)
		select {
		case <-time.After(rest):
		case <-s.quit:
			return
		}
		rest = min(2*rest, maxRest)
	}
}

// take begins a session on a connection that came, or closes it.
func (s *Server) take(conn net.Conn) {
	session := newSession(s.cfg, conn, false)
	session.m = newAcceptor(s.cfg, time.Now())
	victim, err := s.admit(session)
	if err != nil {
		conn.Close()
		s.cfg.complain(session, err)
		return
	}
	if victim != nil {
		victim.end(limitReached(victim, "another computer needs the connection"))
	}
	s.wg.Go(func() { s.serve(session) })
}

// admit finds room for a session. When there is none, an address that has the most
// sessions gives up the one that was used the longest ago, if it still has more than
// the address that comes.
func (s *Server) admit(session *Session) (victim *Session, err error) {
	key := groupOf(session.address.Addr())
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, net.ErrClosed
	}
	g := s.groups[key]
	if g == nil {
		g = new(group)
	}
	if g.opening >= s.limits.Opening {
		return nil, limitReached(session, "%d sessions of this address are not open yet", g.opening)
	}
	if len(s.sessions) >= s.limits.Connections {
		if victim = s.victim(g); victim == nil {
			return nil, limitReached(session, "there are %d sessions, as many as there may be", len(s.sessions))
		}
		s.forget(victim)
	}
	g.all++
	g.opening++
	s.groups[key] = g
	s.sessions[session] = &guest{group: g}
	return victim, nil
}

func (s *Server) victim(newcomer *group) (victim *Session) {
	most := newcomer
	for _, g := range s.groups {
		if g.all > most.all {
			most = g
		}
	}
	if most.all < newcomer.all+2 {
		return nil
	}
	var oldest time.Time
	for v, guest := range s.sessions {
		if guest.group != most {
			continue
		}
		if used := v.usedAt(); victim == nil || used.Before(oldest) {
			victim, oldest = v, used
		}
	}
	return victim
}

// groupOf is the address, or of IPv6 the network that one customer has.
func groupOf(a netip.Addr) netip.Prefix {
	n := 32
	if a.Is6() {
		n = 64
	}
	p, _ := a.WithZone("").Prefix(n)
	return p
}

func limitReached(s *Session, format string, args ...any) error {
	return &Error{
		Status: mq.ConnLimitReached, Address: s.conn.RemoteAddr().String(),
		Why: "too many connections", Err: fmt.Errorf(format, args...),
	}
}

// serve is the life of a session.
func (s *Server) serve(session *Session) {
	defer s.remove(session)
	r, err := session.handshake(nil, s.accept)
	if err == nil && !s.opened(session) {
		err = net.ErrClosed
	}
	if err != nil {
		s.cfg.complain(session, session.fail(err))
		return
	}
	session.handler.Opened(session)
	session.run(r)
}

// opened notes that a session is open; false if it is not wanted any more.
func (s *Server) opened(session *Session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.sessions[session]
	if s.closed || g == nil {
		return false
	}
	g.open = true
	g.group.opening--
	return true
}

func (s *Server) remove(session *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(session)
}

// forget is to be called with mu held.
func (s *Server) forget(session *Session) {
	g := s.sessions[session]
	if g == nil {
		return
	}
	delete(s.sessions, session)
	if !g.open {
		g.group.opening--
	}
	if g.group.all--; g.group.all == 0 {
		delete(s.groups, groupOf(session.address.Addr()))
	}
}

// Sessions are the open sessions.
func (s *Server) Sessions() []*Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	var open []*Session
	for session, g := range s.sessions {
		if g.open {
			open = append(open, session)
		}
	}
	return open
}

// Close closes the listeners and all sessions as Session.Close(nil) does, and waits
// until they have ended.
func (s *Server) Close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.quit)
	}
	for ln := range s.listeners {
		ln.Close()
	}
	for session, g := range s.sessions {
		if g.open {
			session.leave(nil)
		} else {
			session.end(nil)
		}
	}
	s.mu.Unlock()
	s.wg.Wait()
}
