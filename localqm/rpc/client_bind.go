package rpc

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"posthouse/localqm/rpc/pdu"
	"posthouse/localqm/rpc/security"
)

// presentation is a presentation context of a connection (C706 12.6.3.1).
type presentation struct {
	id       uint16
	syntax   pdu.Syntax
	verified atomic.Bool // a request has repeated it, signed
	refused  error       // not nil: it is not to be used
}

// authContext is the number of a connection's one security context. Any will do.
const authContext = 1

// maxLegs is how many tokens of a server are taken.
const maxLegs = 8

// negotiation waits for the answer to a bind or an alter_context.
type negotiation struct {
	id     uint32
	answer chan pdu.PDU // holds one
}

// present is the presentation context of an interface, negotiated if there is none.
func (c *Conn) present(ctx context.Context, syntax pdu.Syntax) (*presentation, error) {
	ctx, stop := context.WithTimeoutCause(ctx, bindTimeout, ErrSilent)
	defer stop()
	if err := c.take(ctx, c.negotiating); err != nil {
		return nil, err
	}
	defer func() { <-c.negotiating }()
	if p := c.syntaxes[syntax]; p != nil {
		return p, p.refused
	}
	p := &presentation{id: c.contexts, syntax: syntax}
	c.contexts++
	propose := c.bind
	if c.bound {
		propose = c.alter
	}
	if err := propose(ctx, p); err != nil {
		return nil, err
	}
	c.syntaxes[syntax] = p
	return p, p.refused
}

// bind begins the connection with its first interface, and signs in. Whatever fails
// but the interface ends it.
func (c *Conn) bind(ctx context.Context, p *presentation) error {
	features := pdu.Context{ID: c.contexts, Abstract: p.syntax, Transfer: []pdu.Syntax{
		(pdu.ManySecurityContexts | pdu.KeepOnOrphan).Syntax(),
	}}
	c.contexts++
	b := pdu.Bind{
		MaxTransmit: pdu.MaxFragment, MaxReceive: pdu.MaxFragment,
		Contexts: []pdu.Context{proposal(p), features},
	}
	flags := pdu.SingleFragment | pdu.Multiplex
	token, done, err := c.initiate()
	if err != nil {
		return c.refuse(ErrSignIn, err)
	}
	if c.level >= security.Integrity {
		flags |= pdu.SignHeader
	}
	h := pdu.Header{Flags: flags, CallID: c.number()}
	answer, err := c.ask(ctx, h.CallID, b.Append(nil, pdu.TypeBind, h, c.trailer(token)))
	if err != nil {
		return c.fail(ErrBroken, err)
	}
	ack, err := c.ack(&answer, pdu.TypeBindAck, len(b.Contexts))
	if err != nil {
		_ = c.end(err)
		return err
	}
	if ack.MaxReceive < pdu.MinFragment {
		return c.refuse(ErrProtocol, fmt.Errorf("it takes fragments of %d bytes only", ack.MaxReceive))
	}
	c.transmit = min(int(ack.MaxReceive), pdu.MaxFragment)
	c.multiplex, c.signs = answer.Flags.Has(pdu.Multiplex), (answer.Flags & flags).Has(pdu.SignHeader)
	if f := ack.Results[1]; f.Answer == pdu.FeaturesAnswer {
		c.keeps = pdu.Features(f.Reason)&pdu.KeepOnOrphan != 0
	}
	c.group = ack.Group
	if !done {
		if err := c.signIn(ctx, p, answer); err != nil {
			return err
		}
	}
	c.bound = true
	p.refused = c.refusal(p, ack.Results[0])
	return nil
}

// initiate begins the security context.
func (c *Conn) initiate() (token []byte, done bool, err error) {
	if c.level == security.None {
		return nil, true, nil
	}
	if c.auth, err = c.o.Initiator.Initiate(c.o.Host); err != nil {
		return nil, false, err
	}
	return c.auth.Step(nil)
}

// signIn exchanges tokens after the bind. The last one of NTLM has no answer: a server
// that does not take it refuses the first call. Other mechanisms know from the answer.
func (c *Conn) signIn(ctx context.Context, p *presentation, answer pdu.PDU) error {
	b := pdu.Bind{MaxTransmit: pdu.MaxFragment, MaxReceive: pdu.MaxFragment, Group: c.group, Contexts: []pdu.Context{proposal(p)}}
	for range maxLegs {
		if answer.AuthLength == 0 {
			return c.refuse(ErrProtocol, errors.New("it says nothing more before signing in is done"))
		}
		if answer.Auth.Mechanism != c.o.Initiator.Mechanism() || answer.Auth.ContextID != authContext {
			return c.refuse(ErrProtocol, errors.New("it answers with a token of another mechanism"))
		}
		token, done, err := c.auth.Step(answer.Auth.Token)
		if err != nil {
			return c.refuse(ErrSignIn, err)
		}
		if len(token) == 0 {
			if done {
				return nil
			}
			return c.refuse(ErrSignIn, errors.New("the mechanism does not know how to go on"))
		}
		h := pdu.Header{Flags: pdu.SingleFragment, CallID: answer.CallID}
		if done && c.o.Initiator.Mechanism() == security.NTLM {
			if err := c.write(ctx, pdu.AppendAuth3(nil, h, c.trailer(token))); err != nil {
				return c.fail(ErrBroken, err)
			}
			return nil
		}
		if answer, err = c.ask(ctx, h.CallID, b.Append(nil, pdu.TypeAlterContext, h, c.trailer(token))); err != nil {
			return c.fail(ErrBroken, err)
		}
		if _, err := c.ack(&answer, pdu.TypeAlterContextResp, len(b.Contexts)); err != nil {
			_ = c.end(err)
			return err
		}
		if done {
			return nil
		}
	}
	return c.refuse(ErrSignIn, fmt.Errorf("no end after %d tokens", maxLegs))
}

// alter adds an interface to the connection.
func (c *Conn) alter(ctx context.Context, p *presentation) error {
	if !c.multiplex {
		if err := c.take(ctx, c.alone); err != nil {
			return err
		}
		defer func() { <-c.alone }()
	}
	b := pdu.Bind{MaxTransmit: pdu.MaxFragment, MaxReceive: pdu.MaxFragment, Group: c.group, Contexts: []pdu.Context{proposal(p)}}
	h := pdu.Header{Flags: pdu.SingleFragment, CallID: c.number()}
	answer, err := c.ask(ctx, h.CallID, b.Append(nil, pdu.TypeAlterContext, h, nil))
	if err != nil {
		return fmt.Errorf("%s: bind to %s: %w", c.peer, p.syntax, err)
	}
	ack, err := c.ack(&answer, pdu.TypeAlterContextResp, len(b.Contexts))
	if err != nil {
		return err
	}
	p.refused = c.refusal(p, ack.Results[0])
	return nil
}

// refuse ends a connection that does not come about. That says more than that the
// server has hung up, too.
func (c *Conn) refuse(kind, why error) error {
	err := fmt.Errorf("%s: %w: %w", c.peer, kind, why)
	_ = c.end(err)
	return err
}

func proposal(p *presentation) pdu.Context {
	return pdu.Context{ID: p.id, Abstract: p.syntax, Transfer: []pdu.Syntax{pdu.NDR}}
}

// trailer carries a token; nil without one.
func (c *Conn) trailer(token []byte) *pdu.Auth {
	if len(token) == 0 {
		return nil
	}
	return &pdu.Auth{Mechanism: c.o.Initiator.Mechanism(), Level: c.level, ContextID: authContext, Token: token}
}

// number is the next call_id.
func (c *Conn) number() uint32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.numberLocked()
}

func (c *Conn) numberLocked() uint32 {
	for {
		c.last++
		if _, used := c.calls[c.last]; !used && c.last != 0 {
			return c.last
		}
	}
}

// write writes a whole PDU.
func (c *Conn) write(ctx context.Context, b []byte) error {
	if err := c.take(ctx, c.writing); err != nil {
		return err
	}
	defer func() { <-c.writing }()
	return c.put(b)
}

// ask sends a PDU that negotiates, and waits for the answer.
func (c *Conn) ask(ctx context.Context, id uint32, b []byte) (pdu.PDU, error) {
	n := &negotiation{id: id, answer: make(chan pdu.PDU, 1)}
	c.mu.Lock()
	c.awaited = n
	c.mu.Unlock()
	if err := c.write(ctx, b); err != nil {
		return pdu.PDU{}, err
	}
	select {
	case p := <-n.answer:
		return p, nil
	case <-c.ended:
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.awaited != n: // it has come: a refusal, say, just before the end
		return <-n.answer, nil
	case c.err != nil:
		return pdu.PDU{}, c.err
	}
	c.awaited, c.overdue = nil, c.overdue+1
	return pdu.PDU{}, context.Cause(ctx)
}

// ack is what an answer says that should be of a type, with so many results.
func (c *Conn) ack(p *pdu.PDU, want pdu.Type, results int) (pdu.BindAck, error) {
	switch p.Type {
	case want:
		ack, err := p.BindAck()
		if err == nil && len(ack.Results) != results {
			err = fmt.Errorf("%d results for %d presentation contexts", len(ack.Results), results)
		}
		if err != nil {
			return ack, fmt.Errorf("%s: %w: %w", c.peer, ErrProtocol, err)
		}
		return ack, nil
	case pdu.TypeBindNak:
		nak, err := p.BindNak()
		kind := ErrProtocol
		switch {
		case err != nil:
			return pdu.BindAck{}, fmt.Errorf("%s: %w: %w", c.peer, ErrProtocol, err)
		case nak.Reason == pdu.RejectMechanism, nak.Reason == pdu.RejectToken:
			kind = ErrSignIn
		case nak.Reason == pdu.RejectCongestion, nak.Reason == pdu.RejectLocalLimit, nak.Reason == pdu.RejectNotSaid:
			kind = ErrRefused
		}
		return pdu.BindAck{}, fmt.Errorf("%s: %w: %s", c.peer, kind, nak.Reason)
	case pdu.TypeFault:
		fault, err := p.Fault()
		if err != nil {
			return pdu.BindAck{}, fmt.Errorf("%s: %w: %w", c.peer, ErrProtocol, err)
		}
		r := &Remote{Peer: c.peer, Operation: "bind", Fault: Fault(fault.Status), NotExecuted: true, Level: c.level}
		r.SignIn = c.level > security.None && r.Fault.security()
		return pdu.BindAck{}, r
	}
	return pdu.BindAck{}, fmt.Errorf("%s: %w: %s where %s belongs", c.peer, ErrProtocol, p.Type, want)
}

// refusal is why a presentation context is not to be used; nil: it is.
func (c *Conn) refusal(p *presentation, r pdu.Result) error {
	switch {
	case r.Answer == pdu.Accepted && r.Transfer == pdu.NDR:
		return nil
	case r.Answer == pdu.Accepted:
		return fmt.Errorf("%s: %w: it chose an encoding that was not proposed, %s", c.peer, ErrProtocol, r.Transfer)
	case r.Reason == pdu.ReasonTransferSyntaxes:
		return fmt.Errorf("%s: %w: %s, not in NDR 2.0", c.peer, ErrInterface, p.syntax)
	case r.Reason == pdu.ReasonLocalLimit:
		return fmt.Errorf("%s: %w: %s, a limit of the server is reached", c.peer, ErrInterface, p.syntax)
	}
	return fmt.Errorf("%s: %w: %s", c.peer, ErrInterface, p.syntax)
}
