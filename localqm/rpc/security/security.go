// Package security is what protects calls of DCE/RPC (MS-RPCE 2.2.1.1, 3.3.1.5):
// levels, mechanisms and security contexts, the same for clients and servers. NTLM,
// Kerberos and SPNEGO are in folders of their own; so are the accounts of a server.
package security

import (
	"net/netip"

	"posthouse/localqm/secure"
)

// Level is how far calls are protected (MS-RPCE 2.2.1.1.8).
type Level uint8

// The levels. Over TCP, Call is Packet.
const (
	None      Level = 1
	Connect   Level = 2 // the caller has proven who he is, nothing is protected
	Call      Level = 3
	Packet    Level = 4
	Integrity Level = 5 // signed
	Privacy   Level = 6 // signed and encrypted
)

func (l Level) String() string {
	switch l {
	case None:
		return "none"
	case Connect:
		return "connect"
	case Call:
		return "call"
	case Packet:
		return "packet"
	case Integrity:
		return "integrity"
	case Privacy:
		return "privacy"
	}
	return "unknown"
}

// Mechanism is an authentication service (MS-RPCE 2.2.1.1.7).
type Mechanism uint8

// The mechanisms.
const (
	Negotiate Mechanism = 9 // SPNEGO
	NTLM      Mechanism = 10
	Kerberos  Mechanism = 16
)

func (m Mechanism) String() string {
	switch m {
	case Negotiate:
		return "Negotiate"
	case NTLM:
		return "NTLM"
	case Kerberos:
		return "Kerberos"
	}
	return "unknown"
}

// Fragment is what is protected at once: one PDU.
type Fragment struct {
	Header     []byte // everything in front of the stub data
	Body       []byte // stub data, its padding, and a verification trailer; sealed and opened in place
	Trailer    []byte // sec_trailer without the signature
	SignHeader bool   // both sides have PFC_SUPPORT_HEADER_SIGN: Header and Trailer are signed too
}

// Context is one security context of a connection, of either side. Protect is
// called in the order of the wire, and so is Open; one may run beside the other.
type Context interface {
	// Step takes the token of the other side (an initiator begins with nil) and
	// returns the next one to send, if any. After done, no more tokens are taken. An
	// error ends the context; it is for the log, never for the other side. Neither side
	// keeps a token.
	Step(token []byte) (out []byte, done bool, err error)
	// SignatureSize is how long signatures are at Integrity or Privacy, in bytes;
	// below, there are none.
	SignatureSize(l Level) int
	// Protect signs a fragment, and seals its body in place at Privacy.
	Protect(l Level, f Fragment) (signature []byte, err error)
	// Open checks a signature, and opens the body in place at Privacy.
	Open(l Level, f Fragment, signature []byte) error
	// Identity is who the initiator is, once an acceptor is done.
	Identity() Identity
}

// Signer is a context that signs what is not a call, too: the list of mechanisms of
// SPNEGO (RFC 4178 5). It is used between the last token and the first call.
type Signer interface {
	// CanSign reports whether the two sides have agreed on signatures.
	CanSign() bool
	MIC(text []byte) ([]byte, error)
	VerifyMIC(text, mic []byte) error
}

// Wrapper is a context that protects whole messages of a stream, as SASL has it
// (GSS_Wrap, RFC 2743 2.3.3), in the order of the wire in each direction.
type Wrapper interface {
	// Wrap signs a message, at Privacy it seals it too. The message is left as it is.
	Wrap(l Level, message []byte) (token []byte, err error)
	// Unwrap opens a token of the other side and checks that it was protected as far
	// as l. The message may be part of the token.
	Unwrap(l Level, token []byte) (message []byte, err error)
}

// Identity is a caller as the mechanism knows him.
type Identity struct {
	Account   string // DOMAIN\name, or name@REALM; empty: nobody said
	Token     secure.Token
	Mechanism Mechanism
}

// Anonymous is who has not said who he is.
func Anonymous() Identity { return Identity{Token: secure.Token{User: secure.Anonymous}} }

// Acceptor makes the server's side of security contexts.
type Acceptor interface {
	// Accept begins a context with a client at an address, which slows down who
	// guesses passwords; the error says that the mechanism is not offered.
	Accept(m Mechanism, from netip.Addr) (Context, error)
}

// Initiator makes the client's side of security contexts. It may be used by many
// connections at once.
type Initiator interface {
	Mechanism() Mechanism
	// Initiate begins a context with the service of a host ("host/hub.example.com" is
	// made of it where a mechanism wants that).
	Initiate(host string) (Context, error)
}
