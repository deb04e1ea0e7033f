package rpc

import (
	"context"
	"errors"
	"fmt"

	"github.com/oiweiwei/go-msrpc/dcerpc"
	"github.com/oiweiwei/go-msrpc/midl/uuid"

	"posthouse/localqm/rpc/pdu"
	"posthouse/localqm/rpc/security"
)

// call is one that waits for its answer.
type call struct {
	context uint16
	done    chan struct{} // holds one

	// Written by the reader before done.
	begun  bool   // a fragment has come
	stub   []byte // of the response
	from   *buffer
	big    bool // byte order of stub
	failed *Remote
	err    error // the connection ended
}

func (x *call) finish(err error) {
	x.err = err
	x.done <- struct{}{}
}

// fragment adds one to the response. One that is all of it stays where it is: b.
func (x *call) fragment(p pdu.PDU, b *buffer) (kept bool, err error) {
	r, err := p.Response()
	first, last := p.Flags.Has(pdu.FirstFragment), p.Flags.Has(pdu.LastFragment)
	switch {
	case err != nil:
		return false, err
	case r.Context != x.context:
		return false, fmt.Errorf("the answer to a call of presentation context %d is of %d", x.context, r.Context)
	case first == x.begun:
		return false, errors.New("fragments out of order")
	case !last && len(r.Stub) == 0:
		return false, errors.New("a fragment of nothing")
	case len(x.stub)+len(r.Stub) > maxResponse:
		return false, fmt.Errorf("a response of more than %d bytes", maxResponse)
	}
	x.begun, x.big = true, p.BigEndian
	if first && last {
		x.stub, x.from = r.Stub, b
		return true, nil
	}
	x.stub = append(x.stub, r.Stub...)
	return false, nil
}

// call makes a call and waits for its end.
func (c *Conn) call(ctx context.Context, at *presentation, object *uuid.UUID, op dcerpc.Operation) error {
	if err := ctx.Err(); err != nil {
		return c.failed(op, err)
	}
	in, err := encode(ctx, op)
	if err != nil {
		return c.failed(op, err)
	}
	x := &call{context: at.id, done: make(chan struct{}, 1)}
	id, err := c.send(ctx, at, object, op, in, x)
	in.free()
	if err != nil {
		return c.failed(op, err)
	}
	select {
	case <-x.done:
	case <-ctx.Done():
		if !c.cancel(id, x) {
			return c.failed(op, fmt.Errorf("%w: %w", ctx.Err(), ErrAbandoned))
		}
	}
	switch {
	case x.err != nil:
		return fmt.Errorf("%s: %w", op.OpName(), x.err)
	case x.failed != nil && x.failed.Fault == FaultCancel && ctx.Err() != nil:
		return c.failed(op, ctx.Err())
	case x.failed != nil:
		x.failed.Peer, x.failed.Operation = c.peer, op.OpName()
		return x.failed
	}
	// An answer that came in spite of a cancel counts: it was done.
	err = decode(ctx, op, x.stub, x.big)
	if x.from != nil {
		x.from.free()
	}
	if err != nil {
		return c.failed(op, fmt.Errorf("%w: its answer cannot be read: %w", ErrProtocol, err))
	}
	return nil
}

func (c *Conn) failed(op dcerpc.Operation, err error) error {
	return fmt.Errorf("%s: %s: %w", c.peer, op.OpName(), err)
}

// send sends a request. The call has been made if there is no error.
func (c *Conn) send(ctx context.Context, at *presentation, object *uuid.UUID, op dcerpc.Operation, in *buffer, x *call) (uint32, error) {
	if !c.multiplex {
		if err := c.take(ctx, c.alone); err != nil { // the reader gives it back
			return 0, err
		}
	}
	if err := c.take(ctx, c.writing); err != nil {
		if !c.multiplex {
			<-c.alone
		}
		return 0, err
	}
	defer func() { <-c.writing }()
	c.mu.Lock()
	if c.err != nil {
		defer c.mu.Unlock()
		return 0, c.err
	}
	id := c.numberLocked()
	c.calls[id] = x
	c.mu.Unlock()
	r := pdu.Request{Context: at.id, Opnum: uint16(op.OpNum())}
	if c.level >= security.Integrity {
		in.b = c.verification(at, r, id).Append(in.b)
	}
	h := pdu.Header{CallID: id}
	if object != nil {
		h.Flags = pdu.ObjectUUID
		copy(r.Object[:], object.EncodeBinary())
	}
	return id, c.fragments(r, h, in.b)
}

// verification repeats what nobody signed: that headers are to be signed, and what the
// presentation context is, with its first request; and headers that are not signed
// (MS-RPCE 2.2.2.13.2 to 2.2.2.13.4).
func (c *Conn) verification(at *presentation, r pdu.Request, id uint32) *pdu.Verification {
	v := &pdu.Verification{SignHeader: true}
	if !at.verified.Swap(true) {
		v.Context = &pdu.VerifiedSyntax{Abstract: at.syntax, Transfer: pdu.NDR}
	}
	if !c.signs {
		h := pdu.Header{}
		v.Header = &pdu.VerifiedHeader{Type: pdu.TypeRequest, DRep: h.DRep(), CallID: id, Context: r.Context, Opnum: r.Opnum}
	}
	return v
}

// fragments writes the stub data of a request, each fragment protected.
func (c *Conn) fragments(r pdu.Request, h pdu.Header, stub []byte) error {
	signature := -1
	var a *pdu.Auth
	if c.level >= security.Integrity {
		signature = c.auth.SignatureSize(c.level)
		a = c.trailer(zeroSignature(signature))
	}
	room := pdu.Room(c.transmit, h.Flags.Has(pdu.ObjectUUID), signature)
	out := newBuffer()
	defer out.free()
	h.Flags |= pdu.FirstFragment
	for {
		n := min(room, len(stub))
		r.Hint, r.Stub, stub = uint32(len(stub)), stub[:n], stub[n:]
		if len(stub) == 0 {
			h.Flags |= pdu.LastFragment
		}
		out.b = r.Append(out.b[:0], h, a)
		if a != nil {
			if err := protect(c.auth, c.level, c.signs, out.b); err != nil {
				return c.fail(ErrProtocol, err)
			}
		}
		if err := c.put(out.b); err != nil || len(stub) == 0 {
			return err
		}
		h.Flags &^= pdu.FirstFragment
	}
}

// cancel asks the server to end a call, and waits a while. It reports whether the call
// is done; if not, its answer is not waited for any more.
func (c *Conn) cancel(id uint32, x *call) bool {
	wait, stop := context.WithTimeout(context.Background(), c.o.CancelAfter)
	defer stop()
	h := pdu.Header{Flags: pdu.SingleFragment, CallID: id}
	// If it cannot be written, the end of the connection says so.
	_ = c.write(wait, pdu.AppendEmpty(nil, pdu.TypeCancel, h))
	select {
	case <-x.done:
		return true
	case <-wait.Done():
	}
	if !c.abandon(id, x) {
		<-x.done
		return true
	}
	if c.keeps { // else it would end the connection (MS-RPCE 3.3.1.5.10)
		wait, stop := context.WithTimeout(context.Background(), c.o.CancelAfter)
		defer stop()
		_ = c.write(wait, pdu.AppendEmpty(nil, pdu.TypeOrphaned, h))
	}
	return false
}

// abandon leaves a call without an answer; false: it has one.
func (c *Conn) abandon(id uint32, x *call) bool {
	c.mu.Lock()
	if c.calls[id] != x {
		c.mu.Unlock()
		return false
	}
	c.calls[id] = nil
	c.orphans++
	orphans := c.orphans
	c.mu.Unlock()
	c.log.Debug("a cancelled call was left behind", "peer", c.peer, "call", id)
	if !c.multiplex || orphans >= maxOrphans {
		_ = c.fail(ErrBroken, errors.New("a cancelled call that did not end is in the way of others"))
	}
	return true
}
