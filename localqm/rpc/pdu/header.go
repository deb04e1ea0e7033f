package pdu

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"posthouse/localqm/rpc/security"
)

// Type is what a PDU is for (C706 12.6.4; MS-RPCE 2.2.2.10 for Auth3).
type Type uint8

// The types.
const (
	TypeRequest          Type = 0
	TypeResponse         Type = 2
	TypeFault            Type = 3
	TypeBind             Type = 11
	TypeBindAck          Type = 12
	TypeBindNak          Type = 13
	TypeAlterContext     Type = 14
	TypeAlterContextResp Type = 15
	TypeAuth3            Type = 16
	TypeShutdown         Type = 17
	TypeCancel           Type = 18
	TypeOrphaned         Type = 19
)

var typeNames = [...]string{
	TypeRequest: "request", TypeResponse: "response", TypeFault: "fault",
	TypeBind: "bind", TypeBindAck: "bind_ack", TypeBindNak: "bind_nak",
	TypeAlterContext: "alter_context", TypeAlterContextResp: "alter_context_resp",
	TypeAuth3: "auth3", TypeShutdown: "shutdown", TypeCancel: "co_cancel", TypeOrphaned: "orphaned",
}

func (t Type) String() string {
	if int(t) < len(typeNames) && typeNames[t] != "" {
		return typeNames[t]
	}
	return fmt.Sprintf("PDU type %d", uint8(t))
}

// long reports whether a PDU may be longer than what was negotiated: those that
// negotiate, and carry tokens.
func (t Type) long() bool { return t >= TypeBind && t <= TypeAuth3 }

// Flags are pfc_flags (C706 12.6.3.1).
type Flags uint8

// The flags. SignHeader and PendingCancel are one bit: the former in bind,
// alter_context, their answers and auth3 (MS-RPCE 2.2.2.3).
const (
	FirstFragment  Flags = 0x01
	LastFragment   Flags = 0x02
	PendingCancel  Flags = 0x04
	SignHeader     Flags = 0x04
	Multiplex      Flags = 0x10 // PFC_CONC_MPX
	DidNotExecute  Flags = 0x20
	Maybe          Flags = 0x40
	ObjectUUID     Flags = 0x80
	SingleFragment       = FirstFragment | LastFragment
)

// Has reports whether all of f are set.
func (a Flags) Has(f Flags) bool { return a&f == f }

// Sizes in bytes.
const (
	HeaderSize  = 16
	TrailerSize = 8     // sec_trailer (MS-RPCE 2.2.2.11)
	MaxSize     = 65535 // frag_length has 16 bits
	MinFragment = 1432  // MustRecvFragSize: what every side takes (C706 12.6.3.1)
	MaxFragment = 5840  // what we offer, and Windows does
	authAlign   = 16    // of the sec_trailer, from the beginning of the body
	bindAlign   = 4     // the same in a bind and its answers, as Windows does; some clients count on it
	callSize    = 24    // of the header of a request, response or fault
)

// ErrFormat is what every error of parsing is, by errors.Is.
var ErrFormat = errors.New("malformed DCE/RPC PDU")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrFormat, fmt.Sprintf(format, args...))
}

// Header is what all PDUs begin with (C706 12.6.3.1).
type Header struct {
	Minor      uint8 // of the version: 5.0 or 5.1
	Type       Type
	Flags      Flags
	BigEndian  bool // NDR of the body too
	Length     uint16
	AuthLength uint16 // of the token behind the sec_trailer; 0: neither is there
	CallID     uint32
}

// ParseHeader reads and checks the first HeaderSize bytes of b.
func ParseHeader(b []byte) (Header, error) {
	if len(b) < HeaderSize {
		return Header{}, malformed("%d bytes of header", len(b))
	}
	if b[0] != 5 || b[1] > 1 {
		return Header{}, malformed("version %d.%d", b[0], b[1])
	}
	// Integers, characters and floating point numbers (C706 14.1).
	if b[4]&^0x10 != 0 || b[5] != 0 {
		return Header{}, malformed("data representation %02X %02X", b[4], b[5])
	}
	h := Header{Minor: b[1], Type: Type(b[2]), Flags: Flags(b[3]), BigEndian: b[4] == 0}
	o := h.order()
	h.Length, h.AuthLength, h.CallID = o.Uint16(b[8:]), o.Uint16(b[10:]), o.Uint32(b[12:])
	least := HeaderSize
	if h.AuthLength > 0 {
		least += TrailerSize + int(h.AuthLength)
	}
	if int(h.Length) < least {
		return Header{}, malformed("%s of %d bytes with %d of authentication", h.Type, h.Length, h.AuthLength)
	}
	return h, nil
}

func (h Header) order() binary.ByteOrder {
	if h.BigEndian {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// DRep is packed_drep.
func (h Header) DRep() [4]byte {
	if h.BigEndian {
		return [4]byte{}
	}
	return [4]byte{0x10}
}

// Auth is a sec_trailer and the token behind it (MS-RPCE 2.2.2.11, 2.2.2.12).
type Auth struct {
	Mechanism security.Mechanism
	Level     security.Level
	Pad       uint8 // padding in front of the sec_trailer; Append fills it in
	ContextID uint32
	Token     []byte
}

// PDU is one that has come, as a view of its bytes.
type PDU struct {
	Header
	Auth Auth // if AuthLength is not 0
	raw  []byte
}

// Parse reads the header and the sec_trailer of a PDU, which raw is all of.
func Parse(raw []byte) (PDU, error) {
	h, err := ParseHeader(raw)
	if err != nil {
		return PDU{}, err
	}
	if len(raw) != int(h.Length) {
		return PDU{}, malformed("%s of %d bytes says %d", h.Type, len(raw), h.Length)
	}
	p := PDU{Header: h, raw: raw}
	if len(raw) < p.bodyAt() {
		return PDU{}, malformed("%s of %d bytes", h.Type, h.Length)
	}
	if h.AuthLength == 0 {
		return p, nil
	}
	at := p.trailerAt()
	if at < p.bodyAt() {
		return PDU{}, malformed("%s of %d bytes with %d of authentication", h.Type, h.Length, h.AuthLength)
	}
	t := raw[at:]
	p.Auth = Auth{
		Mechanism: security.Mechanism(t[0]), Level: security.Level(t[1]), Pad: t[2],
		ContextID: h.order().Uint32(t[4:]), Token: t[TrailerSize:],
	}
	if int(p.Auth.Pad) > at-p.bodyAt() {
		return PDU{}, malformed("%s with %d bytes of padding", h.Type, p.Auth.Pad)
	}
	return p, nil
}

// Read reads one PDU into buf, which grows if need be and is returned, also with an
// error. limit is the longest, in bytes, of those that negotiate nothing.
func Read(r io.Reader, buf []byte, limit int) (PDU, []byte, error) {
	buf = sized(buf, HeaderSize)
	if _, err := io.ReadFull(r, buf); err != nil {
		return PDU{}, buf, err
	}
	h, err := ParseHeader(buf)
	if err != nil {
		return PDU{}, buf, err
	}
	if int(h.Length) > limit && !h.Type.long() {
		return PDU{}, buf, malformed("%s of %d bytes, %d were agreed", h.Type, h.Length, limit)
	}
	buf = sized(buf, int(h.Length))
	if _, err := io.ReadFull(r, buf[HeaderSize:]); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return PDU{}, buf, err
	}
	p, err := Parse(buf)
	return p, buf, err
}

func sized(b []byte, n int) []byte {
	if n <= cap(b) {
		return b[:n]
	}
	return append(b[:cap(b)], make([]byte, n-cap(b))...)
}

func (p *PDU) trailerAt() int { return len(p.raw) - int(p.AuthLength) - TrailerSize }

// bodyAt is where the stub data of calls begins, and the body of other PDUs.
func (p *PDU) bodyAt() int {
	switch p.Type {
	case TypeRequest:
		if p.Flags.Has(ObjectUUID) {
			return callSize + 16
		}
		return callSize
	case TypeResponse:
		return callSize
	case TypeFault:
		return callSize + 8
	}
	return HeaderSize
}

// Body is what the header is followed by, without padding, sec_trailer and token. Of
// calls it is the stub data.
func (p *PDU) Body() []byte {
	end := len(p.raw)
	if p.AuthLength > 0 {
		end = p.trailerAt() - int(p.Auth.Pad)
	}
	return p.raw[p.bodyAt():end]
}

// Fragment is what security contexts protect of a request or response: its body
// with the padding. signHeader says whether the rest is signed too.
func (p *PDU) Fragment(signHeader bool) security.Fragment {
	at := p.trailerAt()
	return security.Fragment{
		Header: p.raw[:p.bodyAt()], Body: p.raw[p.bodyAt():at],
		Trailer: p.raw[at : at+TrailerSize], SignHeader: signHeader,
	}
}
