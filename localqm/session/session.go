package session

import (
	"context"
	"net/netip"

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
	// Acked brings the tags of messages that the peer answers for now, in the
	// order they were sent: express ones have come, recoverable ones are on its
	// disk. tags is the session's again after the call.
	Acked(s *Session, tags []any)
	// Room tells that a window that refused a message has room again.
	Room(s *Session)
	// Closed is the last call. err is nil if we closed the session with Close(nil).
	// What was sent and not acknowledged may or may not have come.
	Closed(s *Session, err error)
}

// Session is a session with another queue manager.
type Session struct {
	peer      mq.GUID
	address   netip.AddrPort
	initiator bool
}

// Dial opens a session with the queue manager at address, "ip:port". server is who
// must answer there; zero: whoever does. ctx ends the attempt, not the session.
// What fails is told as *Error.
func Dial(ctx context.Context, cfg Config, address string, server mq.GUID, h Handler) (*Session, error) {
	return nil, ctx.Err()
}

// Send takes a message on its way: a UserMessage packet without SessionHeader that
// must not change until the session ends or it is acknowledged. tag comes back with
// its acknowledgement. It never blocks; false tells that the window is full (Room
// follows) or that the session is closed (Closed follows or was called).
func (s *Session) Send(tag any, packet []byte, recoverable bool) bool { return false }

// Peer is the other queue manager and its address.
func (s *Session) Peer() (mq.GUID, netip.AddrPort) { return s.peer, s.address }

// Initiator reports that we opened the session.
func (s *Session) Initiator() bool { return s.initiator }

// Close ends the session and returns at once; Done tells when it has ended. With
// nil, what was sent is written and what came and is dealt with is acknowledged
// before, which takes a few seconds at most; with an error, which Closed is given,
// it ends at once.
func (s *Session) Close(err error) {}

// Done is closed after Closed.
func (s *Session) Done() <-chan struct{} { return nil }
