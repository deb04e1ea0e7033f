package ntlm

import (
	"encoding/binary"

	"posthouse/localqm/mq"
)

// The messages (MS-NLMP 2.2.1).
const (
	typeNegotiate    = 1
	typeChallenge    = 2
	typeAuthenticate = 3

	magic = "NTLMSSP\x00"

	negotiateSize    = 16 // as far as it is read
	challengeFixed   = 56
	challengeLeast   = 48 // without the version
	authenticateSize = 64
	micAt            = 72
	micSize          = 16
	payloadAt        = micAt + micSize

	maxToken     = 16 << 10 // no honest one is a quarter of it
	maxNegotiate = 1 << 10  // this one is kept, for clients nobody knows yet
)

// version is 10.0 with the revision of NTLM that has been in use since 2003
// (MS-NLMP 2.2.2.10); nobody decides anything by it.
var version = [8]byte{10, 0, 0, 0, 0, 0, 0, 15}

func broken(format string, args ...any) *mq.Error {
	return mq.Errorf(mq.ErrBadSecurityContext, "read an NTLM token", format, args...).
		WithFix("both sides must speak NTLMv2 as MS-NLMP has it")
}

// check is what all messages begin with.
func check(b []byte, kind uint32, size int) error {
	switch {
	case len(b) > maxToken:
		return broken("it has %d bytes, more than %d", len(b), maxToken)
	case len(b) < size:
		return broken("it is cut off after %d bytes", len(b))
	case string(b[:8]) != magic:
		return broken("it does not begin with NTLMSSP")
	case binary.LittleEndian.Uint32(b[8:]) != kind:
		return broken("message %d was expected, not %d", kind, binary.LittleEndian.Uint32(b[8:]))
	}
	return nil
}

// field reads a field of the payload whose length and offset are at b[at:]; where an
// empty one is does not matter. first becomes the smallest offset seen.
func field(b []byte, at int, first *int) ([]byte, error) {
	n, offset := int(binary.LittleEndian.Uint16(b[at:])), binary.LittleEndian.Uint32(b[at+4:])
	if n == 0 {
		return nil, nil
	}
	if uint64(offset)+uint64(n) > uint64(len(b)) {
		return nil, broken("a field of %d bytes at %d is not inside the %d bytes sent", n, offset, len(b))
	}
	*first = min(*first, int(offset))
	return b[offset:][:n], nil
}

// message begins a message of a fixed size, to which fields are appended.
func message(kind uint32, size, room int) []byte {
	b := append(make([]byte, 0, size+room), magic...)
	b = binary.LittleEndian.AppendUint32(b, kind)
	return b[:size]
}

// put appends a field and enters it at b[at:].
func put(b []byte, at int, value []byte) []byte {
	n := uint16(len(value)) //nolint:gosec // below maxToken
	binary.LittleEndian.PutUint16(b[at:], n)
	binary.LittleEndian.PutUint16(b[at+2:], n)
	binary.LittleEndian.PutUint32(b[at+4:], uint32(len(b))) //nolint:gosec // below maxToken
	return append(b, value...)
}

// negotiate is NEGOTIATE_MESSAGE (2.2.1.1). The names that a client may give in it are
// of no use.
func negotiate(f flags) []byte {
	b := message(typeNegotiate, 40, 0)
	binary.LittleEndian.PutUint32(b[12:], uint32(f))
	copy(b[32:], version[:])
	return b
}

func readNegotiate(b []byte) (flags, error) {
	if err := check(b, typeNegotiate, negotiateSize); err != nil {
		return 0, err
	}
	if len(b) > maxNegotiate {
		return 0, broken("it has %d bytes, more than %d", len(b), maxNegotiate)
	}
	return flags(binary.LittleEndian.Uint32(b[12:])), nil
}

// challenge is CHALLENGE_MESSAGE (2.2.1.2).
type challenge struct {
	flags  flags
	nonce  [8]byte
	name   string
	target avPairs
}

func (c challenge) encode() []byte {
	name := utf16le(c.name)
	b := message(typeChallenge, challengeFixed, len(name)+len(c.target))
	binary.LittleEndian.PutUint32(b[20:], uint32(c.flags))
	copy(b[24:], c.nonce[:])
	if c.flags.has(flagVersion) {
		copy(b[48:], version[:])
	}
	return put(put(b, 12, name), 40, c.target)
}

func readChallenge(b []byte) (c challenge, err error) {
	if err = check(b, typeChallenge, challengeLeast); err != nil {
		return c, err
	}
	c.flags = flags(binary.LittleEndian.Uint32(b[20:]))
	copy(c.nonce[:], b[24:])
	first := len(b)
	if c.target, err = field(b, 40, &first); err == nil && !c.target.whole() {
		err = broken("what the server says of itself is cut off")
	}
	return c, err
}

// authenticate is AUTHENTICATE_MESSAGE (2.2.1.3). Its slices are parts of the token.
type authenticate struct {
	flags             flags
	lm, nt            []byte
	domain, user, key []byte
	roomForMIC        bool
}

// The places of its fields.
const (
	lmAt          = 12
	ntAt          = 20
	domainAt      = 28
	userAt        = 36
	workstationAt = 44
	keyAt         = 52
	flagsAt       = 60
)

func (a authenticate) encode() []byte {
	b := message(typeAuthenticate, payloadAt, len(a.lm)+len(a.nt)+len(a.domain)+len(a.user)+len(a.key))
	binary.LittleEndian.PutUint32(b[flagsAt:], uint32(a.flags))
	copy(b[authenticateSize:], version[:])
	b = put(b, domainAt, a.domain)
	b = put(b, userAt, a.user)
	b = put(b, workstationAt, nil)
	b = put(b, lmAt, a.lm)
	b = put(b, ntAt, a.nt)
	return put(b, keyAt, a.key)
}

func readAuthenticate(b []byte) (a authenticate, err error) {
	if err = check(b, typeAuthenticate, authenticateSize); err != nil {
		return a, err
	}
	a.flags = flags(binary.LittleEndian.Uint32(b[flagsAt:]))
	first := len(b)
	var workstation []byte
	for _, f := range []struct {
		at int
		to *[]byte
	}{
		{lmAt, &a.lm},
		{ntAt, &a.nt},
		{domainAt, &a.domain},
		{userAt, &a.user},
		{workstationAt, &workstation},
		{keyAt, &a.key},
	} {
		if *f.to, err = field(b, f.at, &first); err != nil {
			return a, err
		}
	}
	if len(a.domain)%2 != 0 || len(a.user)%2 != 0 {
		return a, broken("a name is not UTF-16")
	}
	a.roomForMIC = first >= payloadAt
	return a, nil
}

// anonymous reports whether nobody signs in (MS-NLMP 3.2.5.1.2).
func (a authenticate) anonymous() bool {
	return len(a.user) == 0 && len(a.nt) == 0 && (len(a.lm) == 0 || len(a.lm) == 1 && a.lm[0] == 0)
}

// response takes an NTLMv2_RESPONSE apart (2.2.2.8).
func (a authenticate) response() (proof, client []byte, target avPairs, err error) {
	if len(a.nt) < proofSize+clientFixed {
		return nil, nil, nil, broken("the client answered with LM or NTLMv1, which are not accepted")
	}
	proof, client = a.nt[:proofSize], a.nt[proofSize:]
	if client[0] != 1 || client[1] != 1 {
		return nil, nil, nil, broken("the version of the client's response is %d.%d, not 1.1", client[0], client[1])
	}
	target = client[clientFixed:]
	if !target.whole() {
		return nil, nil, nil, broken("the attributes of the client's response are cut off")
	}
	return proof, client, target, nil
}
