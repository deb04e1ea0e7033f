package session

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"posthouse/localqm/mq"
)

// Handler is told what happens on a session. Its calls come from the session's
// goroutines and hold none of its locks, so that they may call the session; those
// of one session come one after another, but for Room.
type Handler interface {
	// Opened is the first call: messages can be sent. Dial returns after it.
	Opened(s *Session)
	// Arrived brings a UserMessage packet without SessionHeader, which is the
	// handler's from now on. done is to be called once, from any goroutine, now or
	// later: done(nil) when the message is durable or nothing is to become of it,
	// so that it is acknowledged; done(err) if it could not be kept, so that the
	// session closes and the peer sends it again. done does not block. An error
	// that is returned tells that the packet is malformed: the session closes and
	// done is not called.
	Arrived(s *Session, packet []byte, done func(error)) error
	// Acked brings the tags of messages that the peer has become responsible for, in
	// the order they were sent: express ones have come, recoverable ones are on its
	// disk. tags is the session's again after the call.
	Acked(s *Session, tags []any)
	// Room tells that a window that refused a message has room again.
	Room(s *Session)
	// Closed is the last call. err is nil if we closed the session with Close(nil),
	// what Close was given, ErrIdle or ErrPeerClosed, or else an *Error. What was
	// sent and not acknowledged may or may not have come.
	Closed(s *Session, err error)
}

// Session is a session with another queue manager.
type Session struct {
	cfg       Config
	conn      net.Conn
	address   netip.AddrPort
	local     netip.AddrPort
	initiator bool
	handler   Handler

	peer mq.GUID // known before a handler is

	mu      sync.Mutex
	m       *machine
	out     fifo[outgoing] // sent and not written
	hand    int            // messages that came and are not dealt with
	held    int            // their bytes
	paused  bool           // the reader waits until there are fewer
	leaving bool           // no more messages in either direction
	leaveBy time.Time      // when leaving ends at the latest
	halves  int            // ends of the connection that are closed
	ended   bool
	err     error     // why it ends
	rearmAt time.Time // when the timers are looked at next

	progress atomic.Bool // bytes came since it was asked last

	wake   chan struct{} // for the writer: out, acknowledgements, leaving
	rearm  chan struct{} // for the timers: something is due earlier
	resume chan struct{} // for the reader: messages were dealt with
	quit   chan struct{} // closed when it ends
	done   chan struct{} // closed when it has ended
}

type outgoing struct {
	packet      []byte
	recoverable bool
}

// leaveTime is how long Close(nil) waits for messages in hand, for the peer to read
// what is written, and for its own end of the connection.
const leaveTime = 2 * time.Second

func newSession(cfg Config, conn net.Conn, initiator bool) *Session {
	s := &Session{
		cfg: cfg, conn: conn, initiator: initiator,
		wake: make(chan struct{}, 1), rearm: make(chan struct{}, 1), resume: make(chan struct{}, 1),
		quit: make(chan struct{}), done: make(chan struct{}),
	}
	if a, err := netip.ParseAddrPort(conn.RemoteAddr().String()); err == nil {
		s.address = netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
	}
	if a, err := netip.ParseAddrPort(conn.LocalAddr().String()); err == nil {
		s.local = netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
	}
	return s
}

// Dial opens a session with the queue manager at address, "ip:port". server is who
// must answer there; zero: whoever does. ctx ends the attempt, not the session.
// What fails is told as *Error.
func Dial(ctx context.Context, cfg Config, address string, server mq.GUID, h Handler) (*Session, error) {
	cfg = cfg.withDefaults()
	dialer := net.Dialer{Timeout: cfg.Connect}
	if cfg.Local.IsValid() {
		dialer.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(cfg.Local, 0))
	}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		status := mq.ConnConnectSocketFailure
		if noFiles(err) {
			status = mq.ConnCreateSocketFailure
		}
		return nil, &Error{status, address, "no connection", err}
	}
	s, err := initiate(ctx, cfg, conn, server, h)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// initiate opens a session on a connection, which it closes if that fails.
func initiate(ctx context.Context, cfg Config, conn net.Conn, server mq.GUID, h Handler) (*Session, error) {
	s := newSession(cfg, conn, true)
	s.handler = h
	now := time.Now()
	m, request := newInitiator(cfg, server, now)
	s.m = m
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	r, err := s.handshake(request, nil)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, s.fail(err)
	}
	s.handler.Opened(s)
	go s.run(r)
	return s, nil
}

// handshake leads the session to where it is open. request is written first, accept
// asked for the handler of a session that came.
func (s *Session) handshake(request []byte, accept func(*Session) Handler) (*reader, error) {
	if err := s.conn.SetDeadline(s.m.initializeAt); err != nil {
		return nil, err
	}
	r := newReader(s)
	opened, stage := false, mq.ConnInProcess
	for write := request; ; {
		if len(write) > 0 {
			if _, err := s.conn.Write(write); err != nil {
				return nil, err
			}
			if s.initiator && s.cfg.Stage != nil {
				s.cfg.Stage(stage)
				stage = mq.ConnEstablishReceived
			}
		}
		if opened {
			return r, s.conn.SetDeadline(time.Time{})
		}
		p, err := r.packet(false)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = ErrLate
		}
		if err != nil {
			return nil, err
		}
		s.mu.Lock()
		ev, err := s.m.packet(p, time.Now())
		s.peer = s.m.peer
		s.mu.Unlock()
		write, opened = ev.reply, ev.opened
		if ev.asked {
			s.handler = accept(s)
			write = s.m.answer(s.handler == nil)
			if s.handler == nil {
				err = ErrRefused
			}
		}
		if err != nil {
			if len(write) > 0 {
				s.refuse(write)
			}
			return nil, err
		}
	}
}

// refuse writes the answer that refuses a session and waits a little until it was
// read: a connection that closes with unread bytes may take the answer back.
func (s *Session) refuse(answer []byte) {
	if err := s.conn.SetDeadline(time.Now().Add(leaveTime)); err != nil {
		return
	}
	if _, err := s.conn.Write(answer); err == nil && s.closeWrite() {
		_, _ = io.CopyN(io.Discard, s.conn, refusedBytes)
	}
}

// refusedBytes is what we read at most of a peer that we refused.
const refusedBytes = 4096

// closeWrite tells the peer that nothing else comes; false if the connection cannot.
func (s *Session) closeWrite() bool {
	c, ok := s.conn.(interface{ CloseWrite() error })
	return ok && c.CloseWrite() == nil
}

// fail ends a session that could not be opened and tells why.
func (s *Session) fail(err error) error {
	s.end(s.explain(err))
	close(s.done)
	return s.err // of who ended it before, if so
}

// run is the life of an open session.
func (s *Session) run(r *reader) {
	var wg sync.WaitGroup
	wg.Go(s.write)
	wg.Go(s.watch)
	s.read(r)
	wg.Wait()
	s.mu.Lock()
	err := s.err
	s.mu.Unlock()
	s.cfg.complain(s, err)
	s.handler.Closed(s, err)
	close(s.done)
}

// Send takes a message on its way: a UserMessage packet without SessionHeader that
// must not change until the session ends or it is acknowledged. tag comes back with
// its acknowledgement. It never blocks; false tells that the window is full (Room
// follows) or that the session is closed (Closed follows or was called).
func (s *Session) Send(tag any, packet []byte, recoverable bool) bool {
	s.mu.Lock()
	if s.leaving || !s.m.send(tag, len(packet), recoverable, time.Now()) {
		s.mu.Unlock()
		return false
	}
	s.out.push(outgoing{packet, recoverable})
	first, rearm := s.out.len() == 1, s.rearmed()
	s.mu.Unlock()
	if first {
		signal(s.wake)
	}
	if rearm {
		signal(s.rearm)
	}
	return true
}

// settle is done of a message that came.
func (s *Session) settle(a arrival, size int, err error) {
	s.mu.Lock()
	if !s.m.settle(a, err == nil, time.Now()) {
		s.mu.Unlock()
		return
	}
	s.hand--
	s.held -= size
	if s.leaving && s.hand == 0 {
		s.m.ackNow = s.m.received.owing()
	}
	wake, rearm := s.leaving || s.m.ackNow, s.rearmed()
	resume := s.paused && !s.crowded()
	s.mu.Unlock()
	s.cfg.Memory.release(size)
	if err != nil {
		s.end(err)
		return
	}
	if resume {
		signal(s.resume)
	}
	if wake {
		signal(s.wake)
	}
	if rearm {
		signal(s.rearm)
	}
}

// Local is our end of its connection.
func (s *Session) Local() netip.AddrPort { return s.local }

// Peer is the other queue manager and its address.
func (s *Session) Peer() (mq.GUID, netip.AddrPort) { return s.peer, s.address }

// Initiator reports that we opened the session.
func (s *Session) Initiator() bool { return s.initiator }

// Close ends the session and returns at once; Done tells when it has ended. With
// nil, what was sent is written and what came and is dealt with is acknowledged
// before, which takes a few seconds at most; with an error, which Closed is given,
// it ends at once.
func (s *Session) Close(err error) {
	if err != nil {
		s.end(err)
		return
	}
	s.leave(nil)
}

// Done is closed after Closed.
func (s *Session) Done() <-chan struct{} { return s.done }

// leave ends the session after what is in hand.
func (s *Session) leave(err error) {
	s.mu.Lock()
	if !s.leaving {
		s.leaving, s.err, s.leaveBy = true, err, time.Now().Add(leaveTime)
		s.m.ackNow = s.m.ackNow || s.m.received.owing()
	}
	s.mu.Unlock()
	signal(s.wake)
	signal(s.rearm)
}

// end ends the session at once. The first reason counts.
func (s *Session) end(err error) {
	s.mu.Lock()
	if !s.leaving {
		s.leaving, s.err = true, err
	}
	first := !s.ended
	s.ended = true
	s.mu.Unlock()
	if first {
		close(s.quit)
		s.conn.Close()
	}
}

// usedAt is when a packet came or was sent last.
func (s *Session) usedAt() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.m.used
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
