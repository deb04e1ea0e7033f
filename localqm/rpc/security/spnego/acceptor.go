package spnego

import (
	"encoding/asn1"
	"net/netip"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security"
)

// Acceptor lets clients choose among the mechanisms of another acceptor, the first one
// of theirs that it takes. It implements security.Acceptor.
type Acceptor struct{ Of security.Acceptor }

// Accept begins a negotiation.
func (a Acceptor) Accept(m security.Mechanism, from netip.Addr) (security.Context, error) {
	if m != security.Negotiate {
		return nil, mq.Errorf(mq.ErrUnsupportedOperation, "sign in with "+m.String(), "only Negotiate is offered here").
			WithFix("use Negotiate")
	}
	return &accepting{of: a.Of, from: from}, nil
}

type accepting struct {
	agreed
	of   security.Acceptor
	from netip.Addr

	list      []byte
	chosen    asn1.ObjectIdentifier
	mustSign  bool // it was not the client's first: somebody may have wanted that
	innerDone bool
	signed    bool // we have sent our signature
	ended     bool
}

func (c *accepting) Step(token []byte) ([]byte, bool, error) {
	if c.ended {
		return nil, false, broken("the sign-in has already ended")
	}
	var out []byte
	var done bool
	var err error
	if c.inner == nil {
		out, done, err = c.begin(token)
	} else {
		out, done, err = c.next(token)
	}
	c.ended = done || err != nil
	return out, done, err
}

// begin chooses. A token that comes with the list is for the first of it, and goes
// nowhere if another is chosen (RFC 4178 4.2.2).
func (c *accepting) begin(token []byte) ([]byte, bool, error) {
	t, err := readInit(token)
	if err != nil {
		return nil, false, err
	}
	for i, oid := range t.mechanisms {
		m, ok := mechanism(oid)
		if !ok {
			continue
		}
		inner, err := c.of.Accept(m, c.from)
		if err != nil {
			continue // not offered
		}
		c.inner, c.chosen, c.list, c.mustSign = inner, oid, t.list, i > 0
		break
	}
	if c.inner == nil {
		return nil, false, mq.Errorf(mq.ErrUnsupportedOperation, "sign in with SPNEGO", "the client names no mechanism that is offered here: %v", t.mechanisms).
			WithFix("use NTLM, or Kerberos where the server has a keytab")
	}
	if c.mustSign {
		return respToken{state: requestMIC, mechanism: c.chosen}.encode(), false, nil
	}
	if t.token == nil {
		return respToken{state: acceptIncomplete, mechanism: c.chosen}.encode(), false, nil
	}
	return c.pass(respToken{token: t.token}, c.chosen)
}

func (c *accepting) next(token []byte) ([]byte, bool, error) {
	t, err := readResp(token)
	switch {
	case err != nil:
		return nil, false, err
	case t.state == reject:
		return nil, false, mq.Errorf(mq.ErrAccessDenied, "sign in with SPNEGO", "the client gave it up").WithFix("ask the client why")
	}
	return c.pass(t, nil)
}

// pass gives the mechanism its token and sees to the signatures over the list (RFC 4178
// 5): the client's is checked if it comes, and must come if its first mechanism was not
// chosen; whoever signs is signed for in turn.
func (c *accepting) pass(t respToken, named asn1.ObjectIdentifier) ([]byte, bool, error) {
	answer := respToken{state: acceptIncomplete, mechanism: named}
	last := false // the mechanism ended with a token of ours
	if !c.innerDone {
		out, done, err := c.inner.Step(t.token)
		if err != nil {
			return nil, false, err
		}
		answer.token, c.innerDone, last = out, done, done && out != nil
	}
	if !c.innerDone {
		return answer.encode(), false, nil
	}
	signer, able := c.signer()
	switch {
	case t.mic != nil && !able:
		return nil, false, tampered("the client has signed its list of mechanisms, and no signatures were agreed on")
	case t.mic != nil:
		if err := signer.VerifyMIC(c.list, t.mic); err != nil {
			return nil, false, err
		}
	case c.mustSign && able && !last:
		return nil, false, tampered("the client has not signed its list of mechanisms")
	}
	wait := c.mustSign && able && t.mic == nil // for its signature, after ours
	if !wait {
		answer.state = acceptCompleted
	}
	if able && !c.signed && (t.mic != nil || wait) {
		mic, err := signer.MIC(c.list)
		if err != nil {
			return nil, false, err
		}
		answer.mic, c.signed = mic, true
	}
	return answer.encode(), !wait, nil
}
