package pdu

import (
	"bytes"
	"errors"
)

// ErrVerification is a command of a verification trailer that must be processed and
// is not known; a server answers 5 (MS-RPCE 2.2.2.13).
var ErrVerification = errors.New("unknown command in a verification trailer")

// verificationMagic begins a verification trailer (MS-RPCE 2.2.2.13.1).
var verificationMagic = []byte{0x8A, 0xE3, 0x13, 0x71, 0x02, 0xF4, 0x36, 0x71}

// Commands of verification trailers and their flags (MS-RPCE 2.2.2.13).
const (
	commandBits     = 1
	commandContext  = 2
	commandHeader   = 3
	commandMask     = 0x3FFF
	commandEnd      = 0x4000
	commandRequired = 0x8000
	bitSignHeader   = 1
)

var commandSizes = map[uint16]int{commandBits: 4, commandContext: 2 * syntaxSize, commandHeader: 16}

// Verification is what a client repeats behind the stub data of a request, signed,
// of what was not signed when it was negotiated (MS-RPCE 2.2.2.13).
type Verification struct {
	SignHeader bool            // the bind had the flag of that name
	Context    *VerifiedSyntax // rpc_sec_vt_pcontext
	Header     *VerifiedHeader // rpc_sec_vt_header2
}

// VerifiedSyntax is the presentation context as the client knows it.
type VerifiedSyntax struct{ Abstract, Transfer Syntax }

// VerifiedHeader is the header of the request as the client sent it.
type VerifiedHeader struct {
	Type    Type
	DRep    [4]byte
	CallID  uint32
	Context uint16
	Opnum   uint16
}

// Append appends the trailer to stub data, aligned.
func (v *Verification) Append(stub []byte) []byte {
	stub = append(stub, zeros[:-len(stub)&3]...)
	stub = append(stub, verificationMagic...)
	last := len(stub)
	command := func(kind, length uint16) {
		last = len(stub)
		stub = le.AppendUint16(le.AppendUint16(stub, kind), length)
	}
	bits := uint32(0)
	if v.SignHeader {
		bits = bitSignHeader
	}
	command(commandBits, 4)
	stub = le.AppendUint32(stub, bits)
	if c := v.Context; c != nil {
		command(commandContext, 2*syntaxSize)
		stub = c.Transfer.append(c.Abstract.append(stub))
	}
	if h := v.Header; h != nil {
		command(commandHeader, 16)
		stub = append(append(stub, byte(h.Type), 0, 0, 0), h.DRep[:]...)
		stub = le.AppendUint32(stub, h.CallID)
		stub = le.AppendUint16(le.AppendUint16(stub, h.Context), h.Opnum)
	}
	stub[last+1] |= commandEnd >> 8
	return stub
}

// maxVerification is how much stub data is searched for a trailer, from its end: ours
// has 84 bytes.
const maxVerification = 256

// FindVerification looks for a trailer at the end of stub data; nil: there is none.
// Where the parameters end is not known before they are read, and then it is too late
// to refuse the call.
func FindVerification(stub []byte) (*Verification, error) {
	rest := stub[max(0, len(stub)-maxVerification):]
	at := bytes.LastIndex(rest, verificationMagic)
	if at < 0 {
		return nil, nil
	}
	v := &Verification{}
	for rest = rest[at+len(verificationMagic):]; ; {
		if len(rest) < 4 {
			return nil, malformed("the verification trailer has no end")
		}
		command, n := le.Uint16(rest), int(le.Uint16(rest[2:]))
		if rest = rest[4:]; n > len(rest) || n%4 != 0 {
			return nil, malformed("a command of %d bytes in the verification trailer", n)
		}
		if err := v.command(command, rest[:n]); err != nil {
			return nil, err
		}
		if rest = rest[n:]; command&commandEnd != 0 {
			return v, nil
		}
	}
}

func (v *Verification) command(command uint16, b []byte) error {
	kind := command & commandMask
	if n, known := commandSizes[kind]; known && len(b) != n {
		return malformed("command %d of %d bytes in the verification trailer", kind, len(b))
	}
	switch kind {
	case commandBits:
		v.SignHeader = le.Uint32(b)&bitSignHeader != 0
	case commandContext:
		// Always little-endian (MS-RPCE 2.2.2.13).
		c := cursor{b: b, order: le}
		v.Context = &VerifiedSyntax{Abstract: c.syntax(), Transfer: c.syntax()}
	case commandHeader:
		v.Header = &VerifiedHeader{
			Type: Type(b[0]), DRep: [4]byte(b[4:]), CallID: le.Uint32(b[8:]),
			Context: le.Uint16(b[12:]), Opnum: le.Uint16(b[14:]),
		}
	default:
		if command&commandRequired != 0 {
			return ErrVerification
		}
	}
	return nil
}
