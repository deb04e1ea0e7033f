package rpc

import (
	"errors"
	"math"
	"strconv"

	"posthouse/localqm/rpc/pdu"
	"posthouse/localqm/rpc/security"
)

// bind answers the first PDU of a connection.
func (c *serverConn) bind(p pdu.PDU) error {
	h := pdu.Header{Flags: pdu.SingleFragment, CallID: p.CallID, Minor: p.Minor}
	reject := func(r pdu.Rejection, format string, args ...any) error {
		nak := pdu.BindNak{Reason: r}
		_ = c.send(nak.Append(nil, h))
		return violated("bind: "+format, args...)
	}
	b, err := p.Bind()
	switch {
	case err != nil:
		return reject(pdu.RejectProtocol, "%w", err)
	case c.bound:
		return reject(pdu.RejectProtocol, "a second one")
	case b.MaxReceive < minFragment:
		return reject(pdu.RejectProtocol, "fragments of at most %d bytes", b.MaxReceive)
	}
	results, ok := c.present(b.Contexts)
	if !ok {
		return reject(pdu.RejectLocalLimit, "more than %d presentation contexts", maxPresentations)
	}
	c.multiplex, c.signs = p.Flags.Has(pdu.Multiplex), p.Flags.Has(pdu.SignHeader)
	token, rejection, err := c.step(p)
	if err != nil {
		end := reject(rejection, "%w", err)
		if v := (violation{}); !errors.As(err, &v) { // who may not sign in breaks no rule
			c.refused(err)
			end = err
		}
		return end
	}
	if c.association, ok = c.s.groups.join(b.Group, c.remote.Addr()); !ok {
		return reject(pdu.RejectNotSaid, "association group %d is not its", b.Group)
	}
	c.bound = true
	c.transmit = min(int(b.MaxReceive), pdu.MaxFragment) &^ 7
	c.receive = max(min(int(b.MaxTransmit), pdu.MaxFragment), pdu.MinFragment)
	return c.ack(pdu.TypeBindAck, h, results, token)
}

// alter answers an alter_context: more interfaces, or a token.
func (c *serverConn) alter(p pdu.PDU) error {
	b, err := p.Bind()
	if err != nil {
		return violation{err}
	}
	results, ok := c.present(b.Contexts)
	if !ok {
		c.refuse(p.CallID, 0, FaultLimit)
		return violated("more than %d presentation contexts", maxPresentations)
	}
	if p.AuthLength > 0 && len(c.contexts) == 0 {
		c.signs = c.signs || p.Flags.Has(pdu.SignHeader)
	}
	token, rejection, err := c.step(p)
	if err != nil {
		c.refused(err)
		f := FaultAccessDenied
		switch rejection {
		case pdu.RejectMechanism:
			f = FaultMechanism
		case pdu.RejectLocalLimit:
			f = FaultLimit
		}
		c.refuse(p.CallID, 0, f)
		if c.failures++; c.failures > maxContexts {
			return violated("%d tokens that failed", c.failures)
		}
		return nil
	}
	h := pdu.Header{Flags: pdu.SingleFragment, CallID: p.CallID, Minor: p.Minor}
	return c.ack(pdu.TypeAlterContextResp, h, results, token)
}

// refused tells the administrator why somebody could not sign in; the client is not told.
func (c *serverConn) refused(why error) {
	c.s.log.Warn("a client could not sign in", "client", c.remote, "why", why)
}

func (c *serverConn) ack(t pdu.Type, h pdu.Header, results []pdu.Result, token *pdu.Auth) error {
	if c.multiplex {
		h.Flags |= pdu.Multiplex
	}
	if c.signs {
		h.Flags |= pdu.SignHeader
	}
	ack := pdu.BindAck{
		MaxTransmit: uint16(c.transmit), MaxReceive: uint16(c.receive), Group: c.association.id,
		Results: results,
	}
	if t == pdu.TypeBindAck {
		ack.Secondary = strconv.Itoa(int(c.local.Port()))
	}
	return c.send(ack.Append(nil, t, h, token))
}

// present accepts the presentation contexts that it can, those of NDR 2.0; ok is false
// if there are too many (MS-RPCE 3.3.1.5.6, 3.3.3.5.5).
func (c *serverConn) present(proposed []pdu.Context) (results []pdu.Result, ok bool) {
	for _, x := range proposed {
		results = append(results, c.presentation(x))
	}
	return results, len(c.presentations) <= maxPresentations
}

func (c *serverConn) presentation(x pdu.Context) pdu.Result {
	if len(x.Transfer) == 1 {
		if f, ok := x.Transfer[0].Features(); ok {
			return pdu.Result{Answer: pdu.FeaturesAnswer, Reason: uint16(f & (pdu.ManySecurityContexts | pdu.KeepOnOrphan))}
		}
	}
	i := c.s.find(x.Abstract)
	if i == nil {
		return pdu.Result{Answer: pdu.ProviderRejected, Reason: pdu.ReasonAbstractSyntax}
	}
	for _, t := range x.Transfer {
		if t == pdu.NDR {
			c.presentations[x.ID] = i
			return pdu.Result{Answer: pdu.Accepted, Transfer: pdu.NDR}
		}
	}
	return pdu.Result{Answer: pdu.ProviderRejected, Reason: pdu.ReasonTransferSyntaxes}
}

// find is the interface of a client: ours may have a greater minor version (C706
// 6.3.3).
func (s *Server) find(x pdu.Syntax) *Interface {
	if i, ok := s.interfaces[x]; ok {
		return i
	}
	for have, i := range s.interfaces {
		if have.UUID == x.UUID && have.Major == x.Major && have.Minor > x.Minor {
			return i
		}
	}
	return nil
}

// step takes the token of a bind or an alter_context, and returns what to answer. An
// error has the reason for a bind_nak.
func (c *serverConn) step(p pdu.PDU) (*pdu.Auth, pdu.Rejection, error) {
	if p.AuthLength == 0 {
		return nil, 0, nil
	}
	a := p.Auth
	x, known := c.contexts[a.ContextID]
	switch {
	case known && (x.done || x.failed || x.mechanism != a.Mechanism):
		return nil, pdu.RejectToken, violated("a token for security context %d, which is made", a.ContextID)
	case !known && len(c.contexts) >= maxContexts:
		return nil, pdu.RejectLocalLimit, violated("more than %d security contexts", maxContexts)
	case !known:
		level, ok := levelOfTrailer(a.Level)
		if !ok || c.s.o.Acceptor == nil {
			return nil, pdu.RejectMechanism, violated("%v at level %v is not offered", a.Mechanism, a.Level)
		}
		s, err := c.s.o.Acceptor.Accept(a.Mechanism, c.remote.Addr())
		if err != nil {
			return nil, pdu.RejectMechanism, err
		}
		x = &securityContext{Context: s, mechanism: a.Mechanism, level: level}
		c.contexts[a.ContextID] = x
	}
	out, err := c.take(x, a.Token)
	if err != nil {
		return nil, pdu.RejectToken, err
	}
	if len(out) == 0 {
		return nil, 0, nil
	}
	if len(out) > math.MaxUint16/2 {
		return nil, pdu.RejectToken, violated("a token of %d bytes to answer with", len(out))
	}
	return &pdu.Auth{Mechanism: a.Mechanism, Level: a.Level, ContextID: a.ContextID, Token: out}, 0, nil
}

// take gives a token to the mechanism, whose panics end the context and no more.
func (c *serverConn) take(x *securityContext, token []byte) (out []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			c.s.log.Error("a token could not be dealt with", "client", c.remote, "mechanism", x.mechanism, "panic", r)
			err = violated("the token: %v", r)
		}
		if err != nil {
			x.failed, x.done = true, false
		}
	}()
	out, x.done, err = x.Step(token)
	if err == nil && x.done && x.Identity().Account != "" {
		err = c.signedIn(x.Identity().Token.User)
	}
	return out, err
}

// levelOfTrailer is the level in force. Over TCP, 0 is Connect; at Call and Packet
// nothing is protected (MS-RPCE 2.2.1.1.8, 3.3.1.5.2.2), so they count as that too.
func levelOfTrailer(l security.Level) (security.Level, bool) {
	switch l {
	case 0, security.Connect, security.Call, security.Packet:
		return security.Connect, true
	case security.Integrity, security.Privacy:
		return l, true
	}
	return 0, false
}

// auth3 takes the last token, which has no answer. What is wrong with it the first
// call is told (MS-RPCE 3.3.1.5.2.1).
func (c *serverConn) auth3(p pdu.PDU) error {
	x, known := c.contexts[p.Auth.ContextID]
	if p.AuthLength == 0 || !known || x.done || x.failed {
		return violated("auth3 for security context %d, which is not being made", p.Auth.ContextID)
	}
	_, err := c.take(x, p.Auth.Token)
	if err == nil && !x.done {
		x.failed = true
	}
	if x.failed {
		c.refused(err)
	}
	return nil
}
