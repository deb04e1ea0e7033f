package rpc

import (
	"context"
	"errors"
	"slices"

	"posthouse/localqm/rpc/pdu"
	"posthouse/localqm/rpc/security"
)

// request deals with a fragment of a request; kept says that b belongs to the call
// now. Fragments of one request follow each other (MS-RPCE 3.3.1.5.8).
func (c *serverConn) request(p pdu.PDU, b *buffer) (kept bool, err error) {
	r, err := p.Request()
	if err != nil {
		return false, err
	}
	broken := func(f Fault, format string, args ...any) (bool, error) {
		c.refuse(p.CallID, r.Context, f)
		return false, violated(format, args...)
	}
	x, f, err := c.authenticate(p)
	if err != nil {
		return broken(FaultSecurity, "request: %w", err)
	}
	call := c.receiving
	if p.Flags.Has(pdu.FirstFragment) {
		switch {
		case call != nil:
			return broken(FaultProtocol, "call %d begins within call %d", p.CallID, call.id)
		case c.busy(p.CallID):
			return broken(FaultProtocol, "call %d while others run", p.CallID)
		}
		c.last = max(c.last, p.CallID)
		call = &serverCall{
			c: c, id: p.CallID, presentation: r.Context, opnum: r.Opnum, big: p.BigEndian, minor: p.Minor,
			security: x, contextID: p.Auth.ContextID,
		}
		if p.Flags.Has(pdu.ObjectUUID) {
			call.object = pdu.Syntax{UUID: r.Object}.ID().IfUUID
		}
		if f == 0 {
			f = call.admit(c.presentations[r.Context], r)
		}
	} else {
		const recent = 150 // MS-RPCE 3.3.3.5.6
		switch {
		case call == nil && p.CallID < c.last && c.last-p.CallID < recent || call == nil && p.CallID == c.last:
			return false, nil // what is left of a call that has ended
		case call == nil || call.id != p.CallID || call.opnum != r.Opnum || call.presentation != r.Context || call.security != x || call.big != p.BigEndian:
			return broken(FaultProtocol, "call %d goes on without having begun", p.CallID)
		}
	}
	c.receiving = call
	if f == 0 && !call.refused {
		kept, f = call.add(r.Stub, p.Flags, b)
	}
	if f != 0 && !call.refused {
		// At once, and the rest is let pass (MS-RPCE 3.3.3.5.8).
		call.refused = true
		call.release()
		c.refuse(call.id, call.presentation, f)
	}
	if !p.Flags.Has(pdu.LastFragment) {
		return kept, nil
	}
	c.receiving = nil
	if !call.refused {
		call.dispatch(p)
	}
	return kept, nil
}

// authenticate opens a PDU and finds its security context: nil for none. The fault is
// for a call that may not be made; an error ends the connection.
func (c *serverConn) authenticate(p pdu.PDU) (*securityContext, Fault, error) {
	if p.AuthLength == 0 {
		// At Connect the client need not say it, if there is one context only (MS-RPCE
		// 3.3.1.5.4).
		if len(c.contexts) == 1 {
			for _, x := range c.contexts {
				switch {
				case x.failed:
					return nil, FaultAccessDenied, nil
				case x.done && !x.protects():
					return x, 0, nil
				}
			}
		}
		return nil, 0, nil
	}
	x, known := c.contexts[p.Auth.ContextID]
	switch {
	case !known:
		return nil, 0, violated("security context %d is not made", p.Auth.ContextID)
	case !x.done:
		return nil, FaultAccessDenied, nil
	case p.Auth.Mechanism != x.mechanism:
		return nil, 0, violated("%v where %v was agreed", p.Auth.Mechanism, x.mechanism)
	}
	if !x.protects() {
		return x, 0, nil
	}
	if p.Auth.Level != x.level {
		return nil, 0, violated("level %v where %v was agreed", p.Auth.Level, x.level)
	}
	if err := x.Open(x.level, p.Fragment(c.signs), p.Auth.Token); err != nil {
		return nil, 0, violation{err}
	}
	return x, 0, nil
}

// busy reports whether a call may not begin: its number is taken, or another runs and
// the connection is not multiplexed.
func (c *serverConn) busy(id uint32) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls[id] != nil || !c.multiplex && len(c.calls) > 0
}

// stop deals with a co_cancel, which ends a call early, and an orphaned, which nobody
// waits for the answer of any more (C706 12.6.4.2, 12.6.4.8).
func (c *serverConn) stop(p pdu.PDU) error {
	if p.AuthLength > 0 {
		if _, _, err := c.authenticate(p); err != nil {
			return err
		}
	}
	if r := c.receiving; r != nil && r.id == p.CallID {
		if r.release(); p.Type == pdu.TypeCancel && !r.refused {
			c.refuse(r.id, r.presentation, FaultCancel)
		}
		r.refused = true
		if p.Type == pdu.TypeOrphaned {
			c.receiving = nil
		}
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if call := c.calls[p.CallID]; call != nil {
		if p.Type == pdu.TypeOrphaned {
			call.orphaned.Store(true)
		}
		call.cancel()
	}
	return nil
}

// admit decides on the first fragment whether a call may be made.
func (x *serverCall) admit(i *Interface, r pdu.Request) Fault {
	if i == nil {
		return FaultInterface
	}
	x.iface, x.limit = i, i.MaxStub
	level := security.None
	if x.security != nil {
		level = x.security.level
	}
	guest := level == security.None
	if least := i.level(r.Opnum); level < least && !(guest && x.c.s.o.Anonymous) {
		return FaultAccessDenied
	}
	if guest && !x.c.s.o.Anonymous {
		x.limit = min(x.limit, anonymousMaxStub)
	}
	x.level = level
	if int64(r.Hint) > int64(x.limit) {
		return FaultAccessDenied // MS-RPCE 3.3.3.5.4
	}
	most := x.c.s.o.Limits.Calls
	if guest && !x.c.s.o.Anonymous {
		most = min(most, anonymousCalls)
	}
	x.c.mu.Lock()
	defer x.c.mu.Unlock()
	if x.c.outstanding >= most || x.reserve(callSize) != nil {
		return FaultBusy
	}
	return 0
}

// add adds a fragment to the stub data. A single one stays where it is.
func (x *serverCall) add(stub []byte, flags pdu.Flags, b *buffer) (kept bool, f Fault) {
	if len(x.stub)+len(stub) > x.limit {
		return false, FaultAccessDenied // MS-RPCE 3.3.3.5.4
	}
	if x.reserve(len(stub)) != nil {
		return false, FaultOutOfMemory
	}
	if flags.Has(pdu.SingleFragment) {
		x.stub, x.buffer = stub, b
		return true, 0
	}
	x.stub = append(x.stub, stub...)
	return false, 0
}

// verify checks a verification trailer (MS-RPCE 2.2.2.13).
func (x *serverCall) verify(p pdu.PDU) Fault {
	v, err := pdu.FindVerification(x.stub)
	switch {
	case errors.Is(err, pdu.ErrVerification):
		return FaultAccessDenied
	case err != nil:
		return FaultBadStub
	case v == nil:
		return 0
	}
	header := pdu.VerifiedHeader{Type: pdu.TypeRequest, DRep: p.DRep(), CallID: x.id, Context: x.presentation, Opnum: x.opnum}
	if v.SignHeader && !x.c.signs || v.Header != nil && *v.Header != header ||
		v.Context != nil && (x.c.s.find(v.Context.Abstract) != x.iface || v.Context.Transfer != pdu.NDR) {
		return FaultAccessDenied
	}
	return 0
}

// dispatch runs a call whose request is complete.
func (x *serverCall) dispatch(last pdu.PDU) {
	c := x.c
	if f := x.verify(last); f != 0 {
		c.s.log.Info("a call is not what its verification trailer says", "client", c.remote, "interface", x.iface.Name)
		x.release()
		c.refuse(x.id, x.presentation, f)
		return
	}
	var ctx context.Context
	ctx, x.cancel = context.WithCancel(c.ctx)
	c.mu.Lock()
	c.calls[x.id] = x
	c.outstanding++
	c.timer.Stop()
	c.mu.Unlock()
	c.s.calls.Add(1)
	if slices.Contains(x.iface.Short, x.opnum) {
		x.here = true
		x.run(ctx) // it is answered before another goroutine had woken up
		return
	}
	c.s.workers.start(ctx, x)
}
