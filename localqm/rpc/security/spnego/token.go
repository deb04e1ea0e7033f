package spnego

import (
	"encoding/asn1"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security"
)

// The mechanisms by their names (RFC 4178, MS-SPNG, MS-KILE). Windows writes
// Kerberos with a number cut off, and names both.
var (
	oidSPNEGO     = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 2}
	oidNTLM       = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 2, 2, 10}
	oidKerberos   = asn1.ObjectIdentifier{1, 2, 840, 113554, 1, 2, 2}
	oidMSKerberos = asn1.ObjectIdentifier{1, 2, 840, 48018, 1, 2, 2}
)

// mechanism is what a name stands for; false for those not known.
func mechanism(oid asn1.ObjectIdentifier) (security.Mechanism, bool) {
	switch {
	case oid.Equal(oidNTLM):
		return security.NTLM, true
	case oid.Equal(oidKerberos), oid.Equal(oidMSKerberos):
		return security.Kerberos, true
	}
	return 0, false
}

// names are how a mechanism is offered.
func names(m security.Mechanism) []asn1.ObjectIdentifier {
	switch m {
	case security.NTLM:
		return []asn1.ObjectIdentifier{oidNTLM}
	case security.Kerberos:
		return []asn1.ObjectIdentifier{oidMSKerberos, oidKerberos}
	}
	return nil
}

// state is negState (RFC 4178 4.2.2).
type state int

const (
	acceptCompleted  state = 0
	acceptIncomplete state = 1
	reject           state = 2
	requestMIC       state = 3
	unsaid           state = -1
)

// Limits of what is read.
const (
	maxToken      = 64 << 10 // a Kerberos ticket with many groups
	maxMechanisms = 32
	maxList       = 1 << 10 // of their names
)

func broken(why string) *mq.Error {
	return mq.Errorf(mq.ErrBadSecurityContext, "read a SPNEGO token", "%s", why).
		WithFix("both sides must speak SPNEGO as RFC 4178 has it")
}

// initToken is NegTokenInit (RFC 4178 4.2.1), the first one of the client.
type initToken struct {
	mechanisms []asn1.ObjectIdentifier
	list       []byte // mechanisms as they were written: this is what is signed
	token      []byte // for the first of them
}

// element is the tag of [n] in the two tokens.
func element(n uint8) der.Tag { return der.Tag(n).ContextSpecific().Constructed() }

// initiation is the tag of the first token of any mechanism (RFC 2743 3.1).
const initiation = der.Tag(0x60)

func readInit(b []byte) (t initToken, err error) {
	if len(b) > maxToken {
		return t, broken("it is too long")
	}
	in := cryptobyte.String(b)
	var outer, body, list cryptobyte.String
	var oid asn1.ObjectIdentifier
	if !in.ReadASN1(&outer, initiation) || !outer.ReadASN1ObjectIdentifier(&oid) || !oid.Equal(oidSPNEGO) {
		return t, broken("it does not begin as the first token of SPNEGO does")
	}
	if !outer.ReadASN1(&body, element(0)) || !body.ReadASN1(&body, der.SEQUENCE) || !body.ReadASN1(&list, element(0)) {
		return t, broken("it names no mechanisms")
	}
	if len(list) > maxList {
		return t, broken("it names too many mechanisms")
	}
	t.list = slices.Clone(list)
	if !list.ReadASN1(&list, der.SEQUENCE) {
		return t, broken("its list of mechanisms is not one")
	}
	for !list.Empty() {
		if len(t.mechanisms) == maxMechanisms || !list.ReadASN1ObjectIdentifier(&oid) {
			return t, broken("its list of mechanisms is not one")
		}
		t.mechanisms = append(t.mechanisms, oid)
	}
	var flags cryptobyte.String // which ones a client wants decides nothing
	if !body.ReadOptionalASN1(&flags, nil, element(1)) {
		return t, broken("its flags are cut off")
	}
	t.token, err = octets(&body, 2)
	return t, err
}

// octets reads [n] OCTET STRING, nil if it is not there.
func octets(s *cryptobyte.String, n uint8) ([]byte, error) {
	var inner, value cryptobyte.String
	var there bool
	if !s.ReadOptionalASN1(&inner, &there, element(n)) || there && !inner.ReadASN1(&value, der.OCTET_STRING) {
		return nil, broken("a token inside it is cut off")
	}
	return value, nil
}

func (t initToken) encode() []byte {
	var b cryptobyte.Builder
	b.AddASN1(initiation, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidSPNEGO)
		b.AddASN1(element(0), func(b *cryptobyte.Builder) {
			b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(element(0), func(b *cryptobyte.Builder) { b.AddBytes(t.list) })
				addOctets(b, 2, t.token)
			})
		})
	})
	return b.BytesOrPanic() // of names known here
}

// listOf writes mechanisms the way they are signed.
func listOf(oids []asn1.ObjectIdentifier) []byte {
	var b cryptobyte.Builder
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, oid := range oids {
			b.AddASN1ObjectIdentifier(oid)
		}
	})
	return b.BytesOrPanic()
}

func addOctets(b *cryptobyte.Builder, n uint8, value []byte) {
	if value != nil {
		b.AddASN1(element(n), func(b *cryptobyte.Builder) { b.AddASN1OctetString(value) })
	}
}

// respToken is NegTokenResp (RFC 4178 4.2.2), every later one.
type respToken struct {
	state     state
	mechanism asn1.ObjectIdentifier // nil: not said
	token     []byte
	mic       []byte
}

func readResp(b []byte) (t respToken, err error) {
	if len(b) > maxToken {
		return t, broken("it is too long")
	}
	t.state = unsaid
	in := cryptobyte.String(b)
	var body, inner cryptobyte.String
	var there bool
	if !in.ReadASN1(&body, element(1)) || !body.ReadASN1(&body, der.SEQUENCE) {
		return t, broken("it does not begin as an answer does")
	}
	if !body.ReadOptionalASN1(&inner, &there, element(0)) || there && !inner.ReadASN1Enum((*int)(&t.state)) {
		return t, broken("its state is cut off")
	}
	if t.state < unsaid || t.state > requestMIC {
		return t, broken("its state is none that RFC 4178 has")
	}
	if !body.ReadOptionalASN1(&inner, &there, element(1)) || there && !inner.ReadASN1ObjectIdentifier(&t.mechanism) {
		return t, broken("its mechanism is cut off")
	}
	if t.token, err = octets(&body, 2); err == nil {
		t.mic, err = octets(&body, 3)
	}
	return t, err
}

func (t respToken) encode() []byte {
	var b cryptobyte.Builder
	b.AddASN1(element(1), func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			if t.state != unsaid {
				b.AddASN1(element(0), func(b *cryptobyte.Builder) { b.AddASN1Enum(int64(t.state)) })
			}
			if t.mechanism != nil {
				b.AddASN1(element(1), func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(t.mechanism) })
			}
			addOctets(b, 2, t.token)
			addOctets(b, 3, t.mic)
		})
	})
	return b.BytesOrPanic() // of names known here
}
