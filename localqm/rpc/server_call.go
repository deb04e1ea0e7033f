package rpc

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"

	"github.com/oiweiwei/go-msrpc/dcerpc"
	"github.com/oiweiwei/go-msrpc/midl/uuid"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/ndr"
	"posthouse/localqm/rpc/pdu"
	"posthouse/localqm/rpc/security"
	"posthouse/localqm/secure"
)

// serverCall is a call, from its first fragment to its answer.
type serverCall struct {
	c            *serverConn
	id           uint32
	presentation uint16
	opnum        uint16
	object       *uuid.UUID
	big          bool
	minor        uint8
	security     *securityContext // nil: none
	contextID    uint32           // its number
	level        security.Level
	iface        *Interface
	limit        int
	stub         []byte
	buffer       *buffer // that stub is in
	reserved     int64   // of Server.memory
	kept         int64   // of Options.Room
	refused      bool    // it has its answer; the other fragments are let pass
	here         bool    // it runs where the connection is read

	cancel   context.CancelFunc
	orphaned atomic.Bool
	nulls    *ndr.Nulls
}

// release gives the memory of the request back.
func (x *serverCall) release() {
	x.c.s.memory.give(x.user(), x.reserved)
	x.reserved, x.stub = 0, nil
}

// run makes the call and answers it.
func (x *serverCall) run(ctx context.Context) {
	c := x.c
	call := &Call{
		Level: x.level, Local: c.local, Remote: c.remote, Interface: x.iface.Name, Object: x.object,
		Identity: security.Anonymous(), x: x,
	}
	if x.security != nil {
		call.Identity = x.security.Identity()
	}
	call.Group = c.association.group(call.Identity.Token.User)
	x.nulls = &call.nulls
	op, err := x.invoke(WithCall(ctx, call))
	x.release()
	if x.buffer != nil {
		x.buffer.free()
	}
	var out *buffer
	if err == nil && op != nil && !x.orphaned.Load() {
		if out, err = x.encode(ctx, op); err == nil {
			err = x.reserve(callSize + max(0, len(out.b)-int(x.kept)))
		}
	}
	x.ended()
	switch {
	case x.orphaned.Load():
	case err == nil && op != nil:
		x.respond(out.b)
	case err == nil:
		c.refuse(x.id, x.presentation, FaultOperation)
	case op == nil && !errors.As(err, new(Fault)):
		c.refuse(x.id, x.presentation, FaultBadStub) // reading it failed
	default:
		c.fault(x.id, x.presentation, x.faultOf(ctx, err), 0)
	}
	if out != nil {
		out.free()
	}
	x.release()
	c.s.o.Room.give(x.user(), x.kept)
	x.cancel()
	c.mu.Lock()
	if c.outstanding--; c.outstanding == 0 {
		c.rest()
	}
	c.mu.Unlock()
}

// user is whose share of the memory the call uses.
func (x *serverCall) user() secure.SID {
	if x.security == nil {
		return secure.Anonymous
	}
	return x.security.Identity().Token.User
}

// reserve accounts for a part of the request, or for the response until the client has
// taken it.
func (x *serverCall) reserve(n int) error {
	if !x.c.s.memory.take(x.user(), int64(n)) {
		return FaultOutOfMemory
	}
	x.reserved += int64(n)
	return nil
}

// copies are how often a message is in memory on its way out: as the store reads it, as
// a row, as a packet and in the answer.
const copies = 4

// awaitMemory is Call.Reserve. A call that waits has none: it cannot keep others from
// going on.
func (x *serverCall) awaitMemory(ctx context.Context, body int) (err error) {
	x.c.s.o.Room.give(x.user(), x.kept)
	x.kept, err = x.c.s.o.Room.await(ctx, x.user(), copies*int64(body))
	return err
}

// ended takes the call off those that run, before it is answered: the client may make
// another one of that number then.
func (x *serverCall) ended() {
	x.c.mu.Lock()
	defer x.c.mu.Unlock()
	delete(x.c.calls, x.id)
}

// invoke reads the request and runs the implementation. Without an error there is an
// operation if the interface has it; with one, if it was run.
func (x *serverCall) invoke(ctx context.Context) (op dcerpc.Operation, err error) {
	defer x.contain(&err)
	r := readers.Get().(*ndr.Reader)
	r.Reset(x.stub, x.big, ndr.Requests, x.nulls)
	op, err = x.iface.Handle(ctx, int(x.opnum), r)
	r.Reset(nil, false, ndr.Limits{}, nil)
	readers.Put(r)
	return op, err
}

// encode is the stub data of the response.
func (x *serverCall) encode(ctx context.Context, op dcerpc.Operation) (b *buffer, err error) {
	defer x.contain(&err)
	b = newBuffer()
	w := writers.Get().(*ndr.Writer)
	w.Reset(b.b, ndr.Requests, x.nulls)
	if err := op.MarshalNDRResponse(ctx, w); err != nil {
		return nil, err
	}
	if err := w.Err(); err != nil {
		return nil, err
	}
	b.b = w.Bytes()
	w.Reset(nil, ndr.Limits{}, nil)
	writers.Put(w)
	return b, nil
}

// respond sends the response, all its fragments in one go: signatures count what was
// signed, and the client checks them in the order of the wire.
func (x *serverCall) respond(stub []byte) {
	const batch = 64 << 10
	c, s := x.c, x.security
	room := pdu.Room(c.transmit, false, -1)
	var auth *pdu.Auth
	if s != nil && s.protects() {
		n := s.SignatureSize(s.level)
		room = pdu.Room(c.transmit, false, n)
		auth = &pdu.Auth{Mechanism: s.mechanism, Level: s.level, ContextID: x.contextID, Token: zeroSignature(n)}
	}
	out := newBuffer()
	defer out.free()
	out.b = out.b[:0]
	c.writing.Lock()
	defer c.writing.Unlock()
	h := pdu.Header{Flags: pdu.FirstFragment, CallID: x.id, Minor: x.minor}
	for {
		n := min(len(stub), room)
		if n == len(stub) {
			h.Flags |= pdu.LastFragment
		}
		r := pdu.Response{Hint: uint32(len(stub)), Context: x.presentation, Stub: stub[:n]}
		from := len(out.b)
		out.b = r.Append(out.b, h, auth)
		if auth != nil {
			if err := protect(s.Context, s.level, c.signs, out.b[from:]); err != nil {
				c.s.log.Error("a response could not be protected", "client", c.remote, "error", err)
				c.close()
				return
			}
		}
		stub = stub[n:]
		last := h.Flags.Has(pdu.LastFragment)
		if last && x.here && len(c.held)+len(out.b) < batch && c.whole() {
			c.held = append(c.held, out.b...) // the next answer follows at once
			return
		}
		if last || len(out.b) > batch {
			if c.write(out.b) != nil {
				return
			}
			out.b = out.b[:0]
		}
		if last {
			return
		}
		h.Flags = 0
	}
}

// protect signs a PDU that was made with a token of zeros, and seals it.
func protect(s security.Context, l security.Level, signs bool, b []byte) error {
	p, err := pdu.Parse(b)
	if err != nil {
		return err
	}
	signature, err := s.Protect(l, p.Fragment(signs))
	if err == nil && len(signature) > len(p.Auth.Token) {
		err = fmt.Errorf("a signature of %d bytes, where %d were promised", len(signature), len(p.Auth.Token))
	}
	copy(p.Auth.Token, signature)
	return err
}

// zeroSignature is a token to be filled in.
func zeroSignature(n int) []byte {
	if n <= len(noSignature) {
		return noSignature[:n]
	}
	return make([]byte, n)
}

var noSignature [128]byte

// contain makes an error of a panic, in generated code or in an implementation.
func (x *serverCall) contain(err *error) {
	if r := recover(); r != nil {
		x.c.s.log.Error("a call failed", "interface", x.iface.Name, "operation", x.opnum, "client", x.c.remote,
			"panic", fmt.Sprint(r), "stack", string(debug.Stack()))
		*err = FaultUnspecified
	}
}

// faultOf is the status for an error: its own, its HRESULT, or what it means.
func (x *serverCall) faultOf(ctx context.Context, err error) Fault {
	var f Fault
	var code mq.HResult
	var failed *mq.Error
	switch {
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return FaultCancel
	case errors.As(err, &f) && f != 0:
		return f
	case errors.As(err, &failed) && failed.Code != mq.OK:
		return Fault(failed.Code)
	case errors.As(err, &code) && code != mq.OK:
		return Fault(code)
	case ctx.Err() != nil:
		return FaultCancel
	}
	x.c.s.log.Warn("a call failed", "interface", x.iface.Name, "operation", x.opnum, "client", x.c.remote, "error", err)
	return FaultUnspecified
}
