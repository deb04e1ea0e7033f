package rpc

import (
	"errors"
	"fmt"
	"sync"

	"posthouse/localqm/rpc/pdu"
	"posthouse/localqm/rpc/security"
)

// maxResponse is the longest stub data of a response that is taken, in bytes.
const maxResponse = 64 << 20

// maxOrphans is how many unanswered calls a connection is kept for.
const maxOrphans = 1024

// buffer is bytes that are used again.
type buffer struct{ b []byte }

var buffers = sync.Pool{New: func() any { return &buffer{make([]byte, 0, pdu.MaxFragment)} }}

func newBuffer() *buffer { return buffers.Get().(*buffer) }

func (b *buffer) free() {
	if cap(b.b) <= 64<<10 { // a long one would be kept for short ones
		buffers.Put(b)
	}
}

// read takes what the server sends until the connection ends.
func (c *Conn) read() {
	defer close(c.finished)
	b := newBuffer()
	for {
		p, raw, err := pdu.Read(c.in, b.b, pdu.MaxFragment)
		b.b = raw
		if err != nil {
			kind := ErrBroken
			if errors.Is(err, pdu.ErrFormat) {
				kind = ErrProtocol
			}
			_ = c.fail(kind, err)
			return
		}
		kept, err := c.arrived(p, b)
		if err != nil {
			_ = c.fail(ErrProtocol, err)
			return
		}
		if kept {
			b = newBuffer()
		}
	}
}

// arrived deals with a PDU; kept says that b is somebody else's now.
func (c *Conn) arrived(p pdu.PDU, b *buffer) (kept bool, err error) {
	switch p.Type {
	case pdu.TypeResponse, pdu.TypeFault:
		return c.answer(p, b)
	case pdu.TypeBindAck, pdu.TypeBindNak, pdu.TypeAlterContextResp:
		return c.negotiated(p)
	case pdu.TypeShutdown: // C706 12.6.4.11
		_ = c.fail(ErrBroken, errors.New("the server shuts down"))
		return false, nil
	}
	return false, fmt.Errorf("%s to a client", p.Type)
}

// negotiated hands over the answer to a bind or an alter_context.
func (c *Conn) negotiated(p pdu.PDU) (kept bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch n := c.awaited; {
	case n != nil && n.id == p.CallID:
		c.awaited = nil
		n.answer <- p
		return true, nil
	case c.overdue > 0:
		c.overdue--
		return false, nil
	}
	return false, fmt.Errorf("%s that nobody asked for", p.Type)
}

// answer deals with a fragment of a response, or a fault.
func (c *Conn) answer(p pdu.PDU, b *buffer) (kept bool, err error) {
	c.mu.Lock()
	x, made := c.calls[p.CallID]
	c.mu.Unlock()
	if !made {
		if p.Type == pdu.TypeFault {
			return c.negotiated(p)
		}
		return false, fmt.Errorf("the answer to a call that was not made, %d", p.CallID)
	}
	if err := c.open(&p); err != nil {
		return false, err
	}
	if x == nil {
		if p.Type == pdu.TypeFault || p.Flags.Has(pdu.LastFragment) {
			c.finish(p.CallID)
		}
		return false, nil
	}
	if p.Type == pdu.TypeFault {
		fault, err := p.Fault()
		if err != nil {
			return false, err
		}
		x.failed = &Remote{
			Fault: Fault(fault.Status), NotExecuted: p.Flags.Has(pdu.DidNotExecute), Level: c.level,
			SignIn: c.level > security.None && Fault(fault.Status).security() && !c.proven.Load(),
		}
	} else if kept, err = x.fragment(p, b); err != nil {
		return false, err
	}
	if p.Type == pdu.TypeFault || p.Flags.Has(pdu.LastFragment) {
		c.finish(p.CallID)
	}
	return kept, nil
}

// finish ends a call that has its answer.
func (c *Conn) finish(id uint32) {
	c.mu.Lock()
	x, made := c.calls[id]
	if delete(c.calls, id); made && x == nil {
		c.orphans--
	}
	c.mu.Unlock()
	if !c.multiplex {
		select {
		case <-c.alone:
		default:
		}
	}
	if x != nil {
		x.finish(nil)
	}
}

// open checks the signature of an answer, and opens it. Servers do not sign faults: the
// protocol protects requests and responses only (MS-RPCE 3.3.1.5.2.2).
func (c *Conn) open(p *pdu.PDU) error {
	if p.AuthLength == 0 && p.Type == pdu.TypeFault {
		return nil
	}
	if c.level >= security.Integrity {
		switch {
		case p.AuthLength == 0:
			return errors.New("a response without a signature")
		case p.Auth.Mechanism != c.o.Initiator.Mechanism() || p.Auth.Level != c.level || p.Auth.ContextID != authContext:
			return fmt.Errorf("%s protected otherwise than agreed", p.Type)
		}
		if err := c.auth.Open(c.level, p.Fragment(c.signs), p.Auth.Token); err != nil {
			return fmt.Errorf("the signature of a %s: %w", p.Type, err)
		}
	}
	c.proven.Store(true)
	return nil
}
