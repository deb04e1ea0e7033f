package krb5

import (
	"encoding/asn1"
	"encoding/binary"
	"slices"

	"github.com/oiweiwei/gokrb5.fork/v9/iana/chksumtype"
	"github.com/oiweiwei/gokrb5.fork/v9/types"
	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"

	"posthouse/localqm/mq"
)

const op = "sign in with Kerberos"

// maxToken bounds what is read: a ticket with many groups.
const maxToken = 64 << 10

func refused(format string, args ...any) *mq.Error {
	return mq.Errorf(mq.ErrAccessDenied, op, format, args...)
}

func broken(format string, args ...any) *mq.Error {
	return mq.Errorf(mq.ErrBadSecurityContext, op, format, args...).
		WithFix("both sides must speak Kerberos as RFC 4121 has it")
}

// contain makes an error of what the library does with damaged input: it indexes
// without looking.
func contain(err *error) {
	if r := recover(); r != nil {
		*err = broken("the message is damaged: %v", r)
	}
}

// oidKerberos is the mechanism (RFC 1964 1).
var oidKerberos = asn1.ObjectIdentifier{1, 2, 840, 113554, 1, 2, 2}

// The first bytes of a token (RFC 4121 4.1) and of messages that come without a frame,
// as those of DCE style do (MS-KILE 3.4.5.1).
const (
	framed     = der.Tag(0x60)
	tokenAPReq = 0x0100
	tokenAPRep = 0x0200
	tagAPReq   = 0x6e
	tagAPRep   = 0x6f
	tagError   = 0x7e
)

// unframe is the message of a token, which has a frame or is the bare message.
func unframe(token []byte, id uint16) (message []byte, frame bool, err error) {
	switch {
	case len(token) == 0:
		return nil, false, broken("a token is empty")
	case len(token) > maxToken:
		return nil, false, broken("a token is too long")
	case der.Tag(token[0]) != framed:
		return token, false, nil
	}
	in := cryptobyte.String(token)
	var body cryptobyte.String
	var oid asn1.ObjectIdentifier
	var got uint16
	if !in.ReadASN1(&body, framed) || !body.ReadASN1ObjectIdentifier(&oid) || !body.ReadUint16(&got) {
		return nil, true, broken("the frame of a token is cut off")
	}
	if !oid.Equal(oidKerberos) {
		return nil, true, broken("a token is of the mechanism %v", oid)
	}
	if got != id {
		return nil, true, broken("a token is of kind 0x%04X, not 0x%04X", got, id)
	}
	return body, true, nil
}

// enframe puts a frame around a message.
func enframe(message []byte, id uint16) []byte {
	var b cryptobyte.Builder
	b.AddASN1(framed, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidKerberos)
		b.AddUint16(id)
		b.AddBytes(message)
	})
	return b.BytesOrPanic() // of a name known here
}

// contextFlags is what an initiator asks for (RFC 4121 4.1.1.1, MS-KILE 3.2.5.2 for DCE style).
type contextFlags uint32

const (
	flagMutual       contextFlags = 0x2
	flagReplay       contextFlags = 0x4
	flagSequence     contextFlags = 0x8
	flagConfidential contextFlags = 0x10
	flagIntegrity    contextFlags = 0x20
	flagDCE          contextFlags = 0x1000
)

func (f contextFlags) has(want contextFlags) bool { return f&want == want }

// bindings is the size of the channel bindings in a checksum, which are not used: there
// is no TLS.
const bindings = 16

// readChecksum reads the checksum of an authenticator, which is none (RFC 4121 4.1.1).
func readChecksum(c types.Checksum) (contextFlags, error) {
	b := c.Checksum
	if c.CksumType != chksumtype.GSSAPI || len(b) < 8+bindings || binary.LittleEndian.Uint32(b) != bindings {
		return 0, broken("the client does not say what it wants (checksum of type %d, %d bytes)", c.CksumType, len(b))
	}
	return contextFlags(binary.LittleEndian.Uint32(b[4+bindings:])), nil
}

func makeChecksum(f contextFlags) types.Checksum {
	b := make([]byte, 8+bindings)
	binary.LittleEndian.PutUint32(b, bindings)
	binary.LittleEndian.PutUint32(b[4+bindings:], uint32(f))
	return types.Checksum{CksumType: chksumtype.GSSAPI, Checksum: b}
}

// printable is a principal as people write it, name@REALM; false if it cannot be written
// without being taken for another.
func printable(name types.PrincipalName, realm string) (string, bool) {
	s := ""
	fine := len(name.NameString) > 0 && realm != ""
	for i, part := range append(slices.Clone(name.NameString), realm) {
		switch {
		case i == len(name.NameString):
			s += "@"
		case i > 0:
			s += "/"
		}
		s += part
		for _, c := range part {
			fine = fine && c > ' ' && c != 0x7f && c != '@' && c != '/' && c != '\\'
		}
		fine = fine && part != ""
	}
	return s, fine
}
