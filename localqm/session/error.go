package session

import (
	"context"
	"errors"
	"io"
	"sync"
	"syscall"
	"time"

	"posthouse/localqm/mq"
)

// What ends a session without anybody's fault.
var (
	// ErrIdle: nothing was sent or received for a while (MS-MQQB 3.1.6.2), and
	// either side closed the connection.
	ErrIdle = errors.New("the session was idle")
	// ErrPeerClosed: the other queue manager closed the connection, and it was not idle.
	ErrPeerClosed = errors.New("the other queue manager closed the connection")
)

// What is in the chain of an Error.
var (
	// ErrMalformed: the peer sent what it may not (MS-MQQB 3.1.5.1.3).
	ErrMalformed = errors.New("it breaks the protocol")
	// ErrRefused: the peer, or we, refused the session.
	ErrRefused = errors.New("the session was refused")
	// ErrLate: the session was not open in time (MS-MQQB 3.1.6.6).
	ErrLate = errors.New("the session was not open in time")
	// ErrSilent: no acknowledgement came in time (MS-MQQB 3.1.6.3).
	ErrSilent = errors.New("it does not acknowledge what was sent")
)

// Error is why a session could not be opened or ended.
type Error struct {
	Status  mq.ConnectionStatus // for the connection history
	Address string              // of the peer, with port
	Why     string              // plain words
	Err     error               // the cause
}

func (e *Error) Error() string {
	s := e.Address + ": " + e.Why
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives errors.Is and errors.As the cause.
func (e *Error) Unwrap() error { return e.Err }

// explain tells what ended the session, or its handshake, as *Error.
func (s *Session) explain(err error) error {
	if e := (*Error)(nil); errors.As(err, &e) {
		return err
	}
	e := &Error{Status: mq.ConnSendFailure, Address: s.conn.RemoteAddr().String(), Why: "the connection broke", Err: err}
	switch {
	case errors.Is(err, ErrMalformed):
		e.Status, e.Why = mq.ConnUnknownFailure, "what answers there is no queue manager, or a broken one"
	case errors.Is(err, ErrRefused):
		e.Status, e.Why = mq.ConnRefused, "the queue manager there does not take us"
		if !s.initiator {
			e.Why = "we do not take this queue manager"
		}
	case errors.Is(err, ErrLate):
		e.Status, e.Why = mq.ConnNotReady, "it takes the connection and does not answer"
	case errors.Is(err, ErrSilent):
		e.Why = "the other queue manager does not answer any more"
	case errors.Is(err, io.EOF):
		e.Status, e.Why = mq.ConnRefused, "it closes the connection instead of answering"
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		e.Status, e.Why = mq.ConnUnknownFailure, "we stopped trying"
	}
	return e
}

// noFiles reports that this process or computer has no file descriptor left.
func noFiles(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// complain writes a line for a session that ended badly.
func (c *Config) complain(s *Session, err error) {
	if e := (*Error)(nil); !errors.As(err, &e) {
		return
	}
	if missed, ok := c.gate.pass(time.Now()); ok {
		c.Log.Warn("session ended", "peer", s.peer, "why", err, "unreported", missed)
	}
}

// gate lets so many lines a second into the log, so that who makes us write them
// does not fill the disk.
type gate struct {
	mu     sync.Mutex
	since  time.Time
	lines  int
	missed int
}

const linesPerSecond = 20

// pass reports whether a line may be written, and how many were not since the last.
func (g *gate) pass(now time.Time) (missed int, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now.Sub(g.since) >= time.Second {
		g.since, g.lines = now, 0
	}
	if g.lines >= linesPerSecond {
		g.missed++
		return 0, false
	}
	g.lines++
	missed, g.missed = g.missed, 0
	return missed, true
}
