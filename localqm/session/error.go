package session

import (
	"errors"

	"posthouse/localqm/mq"
)

// What ends a session without anybody's fault.
var (
	// ErrIdle: nothing was sent or received for a while (MS-MQQB 3.1.6.2).
	ErrIdle = errors.New("the session was idle")
	// ErrPeerClosed: the other queue manager closed the connection.
	ErrPeerClosed = errors.New("the other queue manager closed the connection")
	// ErrSilent: no acknowledgement came in time (MS-MQQB 3.1.6.3).
	ErrSilent = errors.New("the other queue manager does not acknowledge")
)

// Error is why a session could not be opened or ended.
type Error struct {
	Status  mq.ConnectionStatus // for the connection history
	Address string              // of the peer, with port
	Why     string              // plain words
	Err     error               // the cause; nil if Why says it all
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
