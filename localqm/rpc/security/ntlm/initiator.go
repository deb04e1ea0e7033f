package ntlm

import (
	"crypto/rand"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security"
)

// Initiator signs in to other computers. It keeps the hash of the password, not the
// password.
type Initiator struct {
	user, domain string
	hash         Hash
	service      string
}

// NewInitiator is for an account of a computer or domain. The domain may be empty, and
// the user be written as DOMAIN\user or user@domain.
func NewInitiator(user, domain, password string) *Initiator {
	if before, after, ok := strings.Cut(user, `\`); ok && domain == "" {
		domain, user = before, after
	}
	return &Initiator{user: user, domain: domain, hash: HashOf(password), service: "host"}
}

// For signs in to another service than host, such as ldap.
func (i *Initiator) For(service string) *Initiator {
	other := *i
	other.service = service
	return &other
}

// Mechanism is security.NTLM.
func (i *Initiator) Mechanism() security.Mechanism { return security.NTLM }

// Initiate begins a sign-in to a host.
func (i *Initiator) Initiate(host string) (security.Context, error) {
	if i.user == "" {
		return nil, mq.Errorf(mq.ErrInvalidParameter, "sign in with NTLM", "no name was given").
			WithFix(`say as whom: HUB\alice, or alice`)
	}
	c := &initiating{initiator: i, host: host}
	_, _ = rand.Read(c.nonce[:]) // never fails
	_, _ = rand.Read(c.key[:])
	return c, nil
}

// initiating is a context of the initiator.
type initiating struct {
	session
	initiator  *Initiator
	host       string
	nonce      [8]byte
	key        [16]byte
	negotiated []byte
	ended      bool
}

// Identity is nobody's: NTLM does not say who the acceptor is.
func (c *initiating) Identity() security.Identity { return security.Identity{Mechanism: security.NTLM} }

func (c *initiating) Step(token []byte) ([]byte, bool, error) {
	switch {
	case c.ended:
		return nil, false, broken("the sign-in has already ended")
	case c.negotiated == nil && len(token) != 0:
		c.ended = true
		return nil, false, broken("the other side spoke first")
	case c.negotiated == nil:
		c.negotiated = negotiate(wanted)
		return slices.Clone(c.negotiated), false, nil
	}
	c.ended = true
	out, err := c.finish(token)
	return out, err == nil, err
}

// finish answers CHALLENGE with AUTHENTICATE (MS-NLMP 3.1.5.1.2).
func (c *initiating) finish(token []byte) ([]byte, error) {
	ch, err := readChallenge(token)
	if err != nil {
		return nil, err
	}
	f := ch.flags & wanted
	if need := least | strong | flagSign | flagSeal; !f.has(need) {
		return nil, weak(f, need)
	}
	user, domain := utf16le(c.initiator.user), utf16le(c.initiator.domain)
	at, stamped := uint64(0), false
	if v, ok := ch.target.find(avTimestamp); ok && len(v) == 8 {
		at, stamped = binary.LittleEndian.Uint64(v), true
	} else {
		at = filetime(time.Now())
	}
	key := c.initiator.hash.v2(user, domain)
	client := clientChallenge(at, c.nonce, c.target(ch.target))
	proof, session := answer(key, ch.nonce, client)
	a := authenticate{flags: f, user: user, domain: domain, nt: append(proof[:], client...), lm: make([]byte, 24)}
	if !stamped {
		lm := mac(key[:], ch.nonce[:], c.nonce[:])
		a.lm = append(lm[:], c.nonce[:]...)
	}
	encrypted := exchange(session, c.key[:])
	a.key = encrypted[:]
	out := a.encode()
	mic := mac(c.key[:], c.negotiated, token, out)
	copy(out[micAt:], mic[:])
	c.start(f, c.key, false)
	return out, nil
}

// target is what the server says of itself, and what the client adds: that its token is
// signed, no channel (there is no TLS), and whom it means (MS-NLMP 3.1.5.1.2).
func (c *initiating) target(server avPairs) avPairs {
	out := make(avPairs, 0, len(server)+64)
	for l := server; ; {
		id, value, rest, ok, _ := l.next()
		if !ok {
			break
		}
		switch id {
		case avFlags, avChannelBindings, avTargetName:
		default:
			out = out.add(id, value)
		}
		l = rest
	}
	out = out.add(avFlags, binary.LittleEndian.AppendUint32(nil, server.flags()|avFlagMIC))
	out = out.add(avChannelBindings, make([]byte, 16))
	if c.host != "" {
		out = out.add(avTargetName, utf16le(c.initiator.service+"/"+c.host))
	}
	return out.add(avEnd, nil)
}
