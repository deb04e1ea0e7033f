package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"syscall"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/security"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/row"
)

var errClosed = errors.New("the node was closed")

// answered reports an error that is the peer's own answer to a call: the line is well,
// and we are signed in.
func answered(err error) bool {
	var h mq.HResult
	var fault *rpc.Remote
	switch {
	case err == nil, errors.Is(err, rpc.ErrSignIn):
		return false
	case errors.As(err, &fault):
		return true
	}
	return errors.As(err, &h)
}

// code is the HRESULT of an answer, in MSMQ's own numbers; 0: it is none.
func code(err error) mq.HResult {
	var h mq.HResult
	if errors.As(err, &h) {
		return native(h)
	}
	var fault rpc.Fault
	if errors.As(err, &fault) {
		return native(mq.HResult(fault))
	}
	return mq.OK
}

// native turns the codes of Windows that queue managers answer with as well into
// those of MSMQ (MS-ERREF 2; MS-MQRR 3.1.4, MS-MQMP 3.1.4).
func native(h mq.HResult) mq.HResult {
	switch h {
	case 0x00000005, 0x80070005, 0xC0000022: // access denied
		return mq.ErrAccessDenied
	case 0x80070057, 0xC000000D: // invalid parameter
		return mq.ErrInvalidParameter
	case 0x80070006, 0xC0000008: // invalid handle
		return mq.ErrInvalidHandle
	case mq.HResult(rpc.FaultContextMismatch):
		return mq.ErrStaleHandle
	case mq.HResult(rpc.FaultOperation):
		return mq.ErrOperationNotSupportedByRemote
	case 0xC0000043: // sharing violation
		return mq.ErrSharingViolation
	case 0xC0000120: // cancelled
		return mq.ErrOperationCancelled
	case 0x8007000E, 0xC000009A, 0xC0000017, mq.HResult(rpc.FaultOutOfMemory), mq.HResult(rpc.FaultBusy): // no memory, too busy
		return mq.ErrInsufficientResources
	}
	return h
}

// explain makes an error for the two readers of whatever ended a call.
func (n *Node) explain(ctx context.Context, op string, err error) error {
	var e *mq.Error
	switch {
	case err == nil:
		return nil
	case n.life.Err() != nil && !answered(err), errors.Is(err, errClosed):
		return mgmtclient.Closed(op)
	case errors.Is(ctx.Err(), context.DeadlineExceeded) && !answered(err):
		return &mq.Error{
			Code: mq.ErrOperationCancelled, Op: op, Why: n.who() + " does not answer; the time allowed for it was over", Err: ctx.Err(),
			Fix: "look whether the computer is busy, stopped or unplugged, and whether what was asked for was done",
		}
	case ctx.Err() != nil && !answered(err):
		return mgmtclient.Interrupted(ctx, op)
	case errors.As(err, &e):
		if e.Op == "" && e.Code == mq.ErrGeneric {
			c := *e
			c.Why = n.who() + " was asked, but " + e.Why
			err = &c
		}
		return row.Tried(op, err)
	}
	e = n.words(err)
	e.Op, e.Err = op, err
	return e
}

// who is the computer, as people know it.
func (n *Node) who() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.name
}

// words are what happened, without what was tried.
func (n *Node) words(err error) *mq.Error {
	who := n.who()
	gone := func(why string, args ...any) *mq.Error {
		return mq.Errorf(mq.ErrRemoteMachineNotAvailable, "", why, args...)
	}
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		return mq.Errorf(mq.ErrResolveAddress, "", "no address is known for the name %s", mq.Quote(dns.Name)).
			WithFix("check the name, or give the computer's IP address")
	case errors.Is(err, rpc.ErrSignIn):
		return n.refusal(who, err)
	case errors.Is(err, errSilent), errors.Is(err, rpc.ErrAbandoned):
		return gone("%s did not answer in time, and the call was cancelled; what was asked for may have been done", who).
			WithFix("look whether the computer is busy or the network slow, and look what was done before you try again")
	case errors.Is(err, rpc.ErrInterface):
		return mq.Errorf(mq.ErrServiceNotAvailable, "", "something answers at %s, but it is not the management of a queue manager", who).
			WithFix("check the port, and whether Message Queuing runs there")
	case errors.Is(err, rpc.ErrRefused):
		return gone("%s takes no more connections", who).WithFix("try again later")
	case errors.Is(err, syscall.ECONNREFUSED):
		return gone("%s is there, but nothing listens at the port", who).
			WithFix("check that the queue manager runs there and serves RPC, and that the port is right")
	case answered(err):
		return answer(who, err)
	case errors.Is(err, rpc.ErrProtocol):
		return gone("what answers at %s does not speak as a queue manager does", who).WithFix("check the port")
	case errors.Is(err, rpc.ErrSilent):
		return gone("%s does not answer", who).WithFix("check that the computer runs, is connected and is not too busy")
	case errors.Is(err, rpc.ErrBroken), errors.Is(err, rpc.ErrClosed):
		return gone("the connection to %s broke", who).WithFix("check that it runs and is connected; the next try connects anew")
	}
	return gone("%s cannot be reached (%s)", who, plain(err)).
		WithFix("check that it runs and is connected, and that no firewall is in between")
}

// plain is the innermost reason of a connection that failed.
func plain(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		if op.Timeout() {
			return "no answer"
		}
		return op.Err.Error()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer"
	}
	return err.Error()
}

// answer is what the other computer said.
func answer(who string, err error) *mq.Error {
	h := code(err)
	e := &mq.Error{Code: h}
	switch h {
	case mq.ErrQueueNotFound:
		e.Why = who + " says that it has no such queue, or that you may not know of it"
		e.Fix = "check the name in the list of its queues"
	case mq.ErrAccessDenied:
		e.Why = who + " says that your account lacks the right to do this"
		e.Fix = "sign in with an account that has it: an administrator's to manage the computer, or one that the queue's permissions name"
	case mq.ErrOperationNotSupportedByRemote:
		e.Why = who + " does not know this operation: its Message Queuing is older"
	case mq.ErrQueueNotActive:
		e.Why = who + " says that nothing uses the queue at the moment"
	case mq.ErrGeneric:
		e.Why = who + " says that it failed, and not why"
	default:
		if text := h.Text(); text != "" {
			e.Why = who + " says: " + text
			break
		}
		e.Code = mq.ErrGeneric
		e.Why = fmt.Sprintf("%s answers with the code 0x%08X", who, uint32(h))
	}
	return e
}

// refusal is why signing in failed, as far as anybody says.
func (n *Node) refusal(who string, err error) *mq.Error {
	e := &mq.Error{Code: mq.ErrAccessDenied}
	if n.o.Initiator == nil {
		e.Why = who + " lets nobody in without a name"
		return e.WithFix("sign in with a name and a password, or with Kerberos")
	}
	if byTicket(n.o.Initiator) {
		e.Why = who + " does not accept your Kerberos ticket: you have no account there, or its keytab has other keys"
		return e.WithFix("let its administrator add you (\"posthouse account add NAME@REALM\") or check the keytab; its log says which")
	}
	e.Why = fmt.Sprintf("%s does not accept who you say you are (%s): the name or the password is wrong, or the account is locked or unknown there", who, n.o.Initiator.Mechanism())
	return e.WithFix("check the name, with the computer or domain in front of it, and the password; both clocks must agree, too")
}

// byTicket reports whether somebody signs in with Kerberos and nothing else.
func byTicket(i security.Initiator) bool {
	if several, ok := i.(interface{ Mechanisms() []security.Mechanism }); ok {
		return slices.Equal(several.Mechanisms(), []security.Mechanism{security.Kerberos})
	}
	return i.Mechanism() == security.Kerberos
}
