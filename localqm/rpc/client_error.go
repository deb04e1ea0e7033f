package rpc

import (
	"errors"
	"fmt"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security"
)

// What goes wrong at a client, besides connecting, by errors.Is.
var (
	ErrClosed    = errors.New("the connection was closed")
	ErrBroken    = errors.New("the connection broke")
	ErrProtocol  = errors.New("the other side breaks the rules of RPC")
	ErrSignIn    = errors.New("signing in was refused")
	ErrRefused   = errors.New("the other side takes no more clients")
	ErrInterface = errors.New("the interface is not offered there")
	// ErrSilent is a bind without an answer; the connection is an ErrBroken then.
	ErrSilent = fmt.Errorf("no answer within %v", bindTimeout)
	// ErrAbandoned is a cancelled call that the server did not end in time: it may have
	// been done.
	ErrAbandoned = errors.New("the server did not end the call; it may have been done")
)

// Remote is a call that the server answered with a fault. It unwraps to the Fault, and
// to the mq.HResult if it is one.
type Remote struct {
	Peer      string
	Operation string
	Fault     Fault
	// NotExecuted: the server says that the call has done nothing.
	NotExecuted bool
	Level       security.Level // of the call
	// SignIn: nothing was answered before on this connection, so that the last token was
	// not taken; or Level is not enough. The error is an ErrSignIn then.
	SignIn bool
}

func (r *Remote) Error() string {
	switch {
	case r.SignIn && r.Level < security.Privacy:
		return fmt.Sprintf("%s: %s: %v, or more than %v is wanted: %v", r.Peer, r.Operation, ErrSignIn, r.Level, r.Fault)
	case r.SignIn:
		return fmt.Sprintf("%s: %s: %v: %v", r.Peer, r.Operation, ErrSignIn, r.Fault)
	case r.hresult():
		return fmt.Sprintf("%s: %s: %v", r.Peer, r.Operation, mq.HResult(r.Fault))
	}
	return fmt.Sprintf("%s: %s: %v", r.Peer, r.Operation, r.Fault)
}

// Unwrap see Remote.
func (r *Remote) Unwrap() []error {
	errs := []error{r.Fault}
	if r.hresult() {
		errs = append(errs, mq.HResult(r.Fault))
	}
	if r.SignIn {
		errs = append(errs, ErrSignIn)
	}
	return errs
}

// hresult reports whether the fault is an HRESULT of Message Queuing (MS-MQMQ 2.4).
func (r *Remote) hresult() bool { return r.Fault>>16 == 0xC00E }

// security reports whether a fault refuses the caller.
func (f Fault) security() bool { return f == FaultAccessDenied || f == FaultSecurity }
