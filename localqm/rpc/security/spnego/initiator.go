package spnego

import (
	"bytes"
	"encoding/asn1"
	"errors"
	"slices"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security"
)

// Initiator offers several mechanisms, the preferred one first. It implements
// security.Initiator.
type Initiator struct{ of []security.Initiator }

// NewInitiator offers mechanisms in their order. One that cannot begin, as Kerberos
// without a ticket, is left out.
func NewInitiator(of ...security.Initiator) *Initiator { return &Initiator{of} }

// Mechanism is security.Negotiate.
func (i *Initiator) Mechanism() security.Mechanism { return security.Negotiate }

// Mechanisms are those that are offered.
func (i *Initiator) Mechanisms() []security.Mechanism {
	var list []security.Mechanism
	for _, m := range i.of {
		list = append(list, m.Mechanism())
	}
	return list
}

// Initiate begins a negotiation with a host.
func (i *Initiator) Initiate(host string) (security.Context, error) {
	c := &initiating{}
	var failed []error
	for _, m := range i.of {
		if names(m.Mechanism()) == nil {
			failed = append(failed, unknown(m.Mechanism()))
			continue
		}
		inner, err := m.Initiate(host)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		c.offers = append(c.offers, offer{m.Mechanism(), inner})
	}
	if c.offers == nil {
		if len(failed) == 1 {
			return nil, failed[0]
		}
		return nil, mq.Errorf(mq.ErrAccessDenied, "sign in with SPNEGO", "there is no mechanism to begin with: %w", errors.Join(failed...)).
			WithFix("give a name and a password, or get a Kerberos ticket")
	}
	return c, nil
}

func unknown(m security.Mechanism) *mq.Error {
	return mq.Errorf(mq.ErrUnsupportedOperation, "sign in with SPNEGO", "it does not know %v", m).WithFix("offer NTLM or Kerberos")
}

// offer is a mechanism whose context has been made, but not begun.
type offer struct {
	mechanism security.Mechanism
	context   security.Context
}

type initiating struct {
	agreed
	offers []offer

	list      []byte
	first     asn1.ObjectIdentifier
	chosen    asn1.ObjectIdentifier
	mustSign  bool
	innerDone bool
	signed    bool // we have sent our signature
	verified  bool // and have had theirs
	begun     bool
	ended     bool
}

func (c *initiating) Step(token []byte) ([]byte, bool, error) {
	var out []byte
	var done bool
	var err error
	switch {
	case c.ended:
		err = broken("the sign-in has already ended")
	case !c.begun:
		c.begun = true
		out, err = c.begin()
	default:
		out, done, err = c.next(token)
	}
	c.ended = done || err != nil
	return out, done, err
}

// begin names all mechanisms that can begin and adds the token of the first.
func (c *initiating) begin() ([]byte, error) {
	var token []byte
	var failed error
	for len(c.offers) > 0 {
		o := c.offers[0]
		out, done, err := o.context.Step(nil)
		if err == nil {
			token, c.inner, c.innerDone = out, o.context, done
			break
		}
		c.offers, failed = c.offers[1:], err
	}
	if c.inner == nil {
		return nil, failed
	}
	var oids []asn1.ObjectIdentifier
	for _, o := range c.offers {
		oids = append(oids, names(o.mechanism)...)
	}
	c.first, c.list = oids[0], listOf(oids)
	return initToken{list: c.list, token: token}.encode(), nil
}

func (c *initiating) next(token []byte) ([]byte, bool, error) {
	t, err := readResp(token)
	switch {
	case err != nil:
		return nil, false, err
	case t.state == reject:
		return nil, false, mq.Errorf(mq.ErrAccessDenied, "sign in with SPNEGO", "the other computer refused").
			WithFix("check name and password, or which mechanisms it takes")
	}
	if c.chosen == nil {
		again, err := c.choose(t)
		if err != nil {
			return nil, false, err
		}
		if again != nil {
			return respToken{state: unsaid, token: again}.encode(), false, nil
		}
	}
	answer := respToken{state: unsaid}
	if !c.innerDone {
		if t.token == nil {
			return nil, false, tampered("the other computer ended it too early")
		}
		out, done, err := c.inner.Step(t.token)
		if err != nil {
			return nil, false, err
		}
		answer.token, c.innerDone = out, done
		if !done {
			return answer.encode(), false, nil
		}
	}
	return c.end(t, answer)
}

// choose takes the mechanism of the first answer. Another than the first begins now:
// its first token is returned.
func (c *initiating) choose(t respToken) ([]byte, error) {
	c.chosen = t.mechanism
	if c.chosen == nil {
		c.chosen = c.first
	}
	m, ok := mechanism(c.chosen)
	at := slices.IndexFunc(c.offers, func(o offer) bool { return ok && o.mechanism == m })
	c.mustSign = t.state == requestMIC || at > 0
	switch {
	case at < 0:
		return nil, tampered("the other computer chose a mechanism that was not offered: " + c.chosen.String())
	case at == 0:
		return nil, nil
	}
	if t.token != nil {
		return nil, broken("a token came for a mechanism that has not begun")
	}
	c.inner = c.offers[at].context
	out, done, err := c.inner.Step(nil)
	c.innerDone = done
	return out, err
}

// end sees to the signatures over the list once the mechanism is done (RFC 4178 5).
// NTLM is always signed for, as Windows does; it costs no leg, there is one anyway.
func (c *initiating) end(t, answer respToken) ([]byte, bool, error) {
	signer, able := c.signer()
	if t.mic != nil {
		// Windows 2000 repeats its token there.
		if able && !bytes.Equal(t.mic, t.token) {
			if err := signer.VerifyMIC(c.list, t.mic); err != nil {
				return nil, false, err
			}
			c.verified = true
		}
	}
	if able && !c.signed && (c.mustSign || c.verified || c.chosen.Equal(oidNTLM)) {
		mic, err := signer.MIC(c.list)
		if err != nil {
			return nil, false, err
		}
		answer.mic, c.signed = mic, true
	}
	completed := t.state == acceptCompleted
	if completed && c.mustSign && able && !c.verified {
		return nil, false, tampered("the other computer has not signed the list of mechanisms")
	}
	if answer.token == nil && answer.mic == nil {
		if !completed {
			return nil, false, broken("the other computer neither ends it nor goes on")
		}
		return nil, true, nil
	}
	return answer.encode(), completed, nil
}
