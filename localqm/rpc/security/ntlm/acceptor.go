package ntlm

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security"
	"posthouse/localqm/secure"
)

// Accounts are those who may sign in.
type Accounts interface {
	// SignIn finds an account by its name and has it proven: proof reports whether what
	// the client at an address sent was made with the NT hash it is given. It is asked
	// even for accounts that do not exist, so that time tells nothing. The name returned
	// is written as the account has it; the error is for the log, clients are not told.
	SignIn(name string, from netip.Addr, proof func(hash [16]byte) bool) (string, secure.Token, error)
}

// Acceptor signs clients in with the accounts of this computer. It implements
// security.Acceptor.
type Acceptor struct {
	// Name is what clients call this computer: hub, or hub.example.com.
	Name     string
	Accounts Accounts
	// Anonymous lets in who names nobody, as the anonymous account.
	Anonymous bool
}

// skew is how far the clock of a client that does not use our time stamp may be off
// (MaxLifetime, MS-NLMP 3.1.1.1 and its Windows behaviour).
const skew = 36 * time.Hour

// Accept begins a sign-in.
func (a Acceptor) Accept(m security.Mechanism, from netip.Addr) (security.Context, error) {
	if m != security.NTLM {
		return nil, mq.Errorf(mq.ErrUnsupportedOperation, "sign in with "+m.String(), "only NTLM is offered here").
			WithFix("use NTLM")
	}
	return &accepting{acceptor: a, from: from}, nil
}

// netBIOS is the name of the computer as NetBIOS has it: 15 characters at most, in
// upper case.
func (a Acceptor) netBIOS() string {
	label, _, _ := strings.Cut(a.Name, ".")
	letters := []rune(strings.ToUpper(label))
	return string(letters[:min(len(letters), 15)])
}

// accepting is a context of the acceptor.
type accepting struct {
	session
	acceptor Acceptor
	from     netip.Addr

	negotiated, challenged []byte // as sent, for the MIC
	challenge              challenge
	ended                  bool
	identity               security.Identity
}

func (c *accepting) Identity() security.Identity { return c.identity }

func (c *accepting) Step(token []byte) ([]byte, bool, error) {
	if c.ended {
		return nil, false, broken("the sign-in has already ended")
	}
	if c.challenged == nil {
		out, err := c.begin(token)
		c.ended = err != nil
		return out, false, err
	}
	c.ended = true
	err := c.finish(token)
	c.negotiated, c.challenged = nil, nil
	return nil, err == nil, err
}

// begin answers NEGOTIATE with CHALLENGE (MS-NLMP 3.2.5.1.1).
func (c *accepting) begin(token []byte) ([]byte, error) {
	asked, err := readNegotiate(token)
	if err != nil {
		return nil, err
	}
	if !asked.has(least) {
		return nil, weak(asked, least)
	}
	if asked.protects() && !asked.has(strong) {
		return nil, weak(asked, strong)
	}
	name := c.acceptor.netBIOS()
	var target avPairs
	target = target.add(avNetBIOSDomain, utf16le(name))
	target = target.add(avNetBIOSComputer, utf16le(name))
	target = target.add(avDNSDomain, utf16le(c.acceptor.Name))
	target = target.add(avDNSComputer, utf16le(c.acceptor.Name))
	target = target.add(avTimestamp, binary.LittleEndian.AppendUint64(nil, filetime(time.Now())))
	target = target.add(avEnd, nil)
	c.challenge = challenge{
		flags: asked&agreeable | flagRequestTarget | flagTargetServer | flagTargetInfo,
		name:  name, target: target,
	}
	_, _ = rand.Read(c.challenge.nonce[:]) // never fails
	c.negotiated, c.challenged = slices.Clone(token), c.challenge.encode()
	return slices.Clone(c.challenged), nil
}

func weak(asked, need flags) *mq.Error {
	return mq.Errorf(mq.ErrBadSecurityContext, "sign in with NTLM",
		"the other side speaks a kind of NTLM that is not safe (flags 0x%08x, 0x%08x are missing)", uint32(asked), uint32(need&^asked)).
		WithFix("allow NTLMv2 with extended session security, 128 bits and key exchange there")
}

// finish checks AUTHENTICATE (MS-NLMP 3.2.5.1.2).
func (c *accepting) finish(token []byte) error {
	a, err := readAuthenticate(token)
	if err != nil {
		return err
	}
	f := c.challenge.flags & a.flags
	if !f.has(least) {
		return weak(f, least)
	}
	if f.protects() && !f.has(strong) {
		return weak(f, strong)
	}
	if a.anonymous() {
		return c.letAnonymousIn(f, a, token)
	}
	proof, client, target, err := a.response()
	if err != nil {
		return err
	}
	op := "sign in as " + mq.Quote(text(a.user)) + " with NTLM"
	if off := int64(binary.LittleEndian.Uint64(client[timeAt:]) - filetime(time.Now())); off > ticks(skew) || off < -ticks(skew) { //nolint:gosec // differences wrap around
		return mq.Errorf(mq.ErrAccessDenied, op, "the clock of the client is %v off", (time.Duration(off/ticks(time.Minute)) * time.Minute).Abs()).
			WithFix("set the clocks of both computers")
	}
	var key [16]byte
	name, who, err := c.acceptor.Accounts.SignIn(text(a.user), c.from, func(hash [16]byte) bool {
		want, session := answer(Hash(hash).v2(a.user, a.domain), c.challenge.nonce, client)
		key = session
		return subtle.ConstantTimeCompare(want[:], proof) == 1
	})
	if err != nil {
		return err
	}
	if err = c.agree(f, key, a, target, token); err != nil {
		return err
	}
	c.identity = security.Identity{Account: c.acceptor.netBIOS() + `\` + name, Token: who, Mechanism: security.NTLM}
	return nil
}

func ticks(d time.Duration) int64 { return int64(d / 100) }

// letAnonymousIn signs nobody in: the key is zeros (MS-NLMP 3.3.2).
func (c *accepting) letAnonymousIn(f flags, a authenticate, token []byte) error {
	if !c.acceptor.Anonymous {
		return mq.Errorf(mq.ErrAccessDenied, "sign in with NTLM", "the client named nobody").
			WithFix("give it the name and password of an account")
	}
	if err := c.agree(f, [16]byte{}, a, nil, token); err != nil {
		return err
	}
	c.identity = security.Anonymous()
	c.identity.Mechanism = security.NTLM
	return nil
}

// agree takes the key of the session and checks that nobody has changed the tokens,
// where the client lets us (not all do).
func (c *accepting) agree(f flags, key [16]byte, a authenticate, target avPairs, token []byte) error {
	switch {
	case f.has(flagKeyExchange) && len(a.key) == len(key):
		key = exchange(key, a.key)
	case f.protects():
		return broken("the key of the session has %d bytes, not 16", len(a.key))
	}
	if target.flags()&avFlagMIC != 0 {
		if !a.roomForMIC {
			return broken("it says that it is signed, and is not")
		}
		var zero [micSize]byte
		want := mac(key[:], c.negotiated, c.challenged, token[:micAt], zero[:], token[payloadAt:])
		if subtle.ConstantTimeCompare(want[:], token[micAt:payloadAt]) != 1 {
			return mq.Errorf(mq.ErrCorruptedSecurityData, "sign in with NTLM", "somebody has changed the tokens on their way").
				WithFix("find out who sits between the two computers")
		}
	}
	c.start(f, key, true)
	return nil
}
