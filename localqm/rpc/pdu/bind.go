package pdu

import (
	"encoding/binary"
	"fmt"

	"github.com/oiweiwei/go-msrpc/dcerpc"
	"github.com/oiweiwei/go-msrpc/midl/uuid"

	"posthouse/localqm/mq"
)

// Syntax is an interface, or a way of encoding (p_syntax_id_t, C706 12.6.3.1).
type Syntax struct {
	UUID         mq.GUID
	Major, Minor uint16
}

func (s Syntax) String() string { return fmt.Sprintf("%s v%d.%d", s.UUID, s.Major, s.Minor) }

// SyntaxOf is what go-msrpc calls s.
func SyntaxOf(s *dcerpc.SyntaxID) Syntax {
	if s == nil {
		return Syntax{}
	}
	out := Syntax{Major: s.IfVersionMajor, Minor: s.IfVersionMinor}
	copy(out.UUID[:], s.IfUUID.EncodeBinary())
	return out
}

// ID is s as go-msrpc has it.
func (s Syntax) ID() *dcerpc.SyntaxID {
	id := &uuid.UUID{}
	_ = id.DecodeBinary(s.UUID[:]) // 16 bytes
	return &dcerpc.SyntaxID{IfUUID: id, IfVersionMajor: s.Major, IfVersionMinor: s.Minor}
}

var (
	// NDR is 8a885d04-1ceb-11c9-9fe8-08002b104860 v2.0, the one transfer syntax that is
	// spoken here (MS-RPCE 2.2.4.12).
	NDR = Syntax{UUID: mq.GUID{
		0x04, 0x5D, 0x88, 0x8A, 0xEB, 0x1C, 0xC9, 0x11, 0x9F, 0xE8, 0x08, 0x00, 0x2B, 0x10, 0x48, 0x60,
	}, Major: 2}
	// NDR64 is 71710533-beba-4937-8319-b5dbef9ccc36 v1.0 (MS-RPCE 2.2.5.1).
	NDR64 = Syntax{UUID: mq.GUID{
		0x33, 0x05, 0x71, 0x71, 0xBA, 0xBE, 0x37, 0x49, 0x83, 0x19, 0xB5, 0xDB, 0xEF, 0x9C, 0xCC, 0x36,
	}, Major: 1}
)

// Features of a connection that both sides may offer (MS-RPCE 2.2.2.14).
type Features uint8

// The features.
const (
	ManySecurityContexts Features = 0x01
	KeepOnOrphan         Features = 0x02
)

// featurePrefix is 6cb71c2c-9812-4540, what the syntax of an offer begins with
// (MS-RPCE 3.3.1.5.3).
var featurePrefix = [8]byte{0x2C, 0x1C, 0xB7, 0x6C, 0x12, 0x98, 0x40, 0x45}

// Syntax is the offer of f, in the place of a transfer syntax.
func (f Features) Syntax() Syntax {
	s := Syntax{Major: 1}
	copy(s.UUID[:], featurePrefix[:])
	s.UUID[8] = byte(f)
	return s
}

// Features reports whether s is an offer of features instead of a transfer syntax.
func (s Syntax) Features() (Features, bool) {
	return Features(s.UUID[8]), [8]byte(s.UUID[:8]) == featurePrefix && s.Major == 1
}

// Context is a presentation context that a client proposes (p_cont_elem_t).
type Context struct {
	ID       uint16
	Abstract Syntax
	Transfer []Syntax
}

// Bind is a bind or an alter_context (C706 12.6.4.3, 12.6.4.1).
type Bind struct {
	MaxTransmit, MaxReceive uint16 // fragments, in bytes
	Group                   uint32 // association group; 0: a new one
	Contexts                []Context
}

// Bind is what a bind or an alter_context says.
func (p *PDU) Bind() (Bind, error) {
	if p.Type != TypeBind && p.Type != TypeAlterContext {
		return Bind{}, malformed("%s where a bind belongs", p.Type)
	}
	c := p.cursor()
	b := Bind{MaxTransmit: c.u16(), MaxReceive: c.u16(), Group: c.u32()}
	n := int(c.u8())
	c.skip(3)
	b.Contexts = make([]Context, 0, c.atMost(n, 4+syntaxSize))
	for range n {
		x := Context{ID: c.u16()}
		m := int(c.u8())
		c.skip(1)
		x.Abstract = c.syntax()
		x.Transfer = make([]Syntax, 0, c.atMost(m, syntaxSize))
		for i := 0; i < m && c.err == nil; i++ {
			x.Transfer = append(x.Transfer, c.syntax())
		}
		if c.err != nil {
			return Bind{}, c.err
		}
		b.Contexts = append(b.Contexts, x)
	}
	return b, c.err
}

// Append appends a bind or an alter_context.
func (b *Bind) Append(dst []byte, t Type, h Header, a *Auth) []byte {
	start := len(dst)
	dst = le.AppendUint16(begin(dst, t, h), b.MaxTransmit)
	dst = le.AppendUint32(le.AppendUint16(dst, b.MaxReceive), b.Group)
	dst = append(dst, byte(len(b.Contexts)), 0, 0, 0)
	for _, c := range b.Contexts {
		dst = append(le.AppendUint16(dst, c.ID), byte(len(c.Transfer)), 0)
		dst = c.Abstract.append(dst)
		for _, s := range c.Transfer {
			dst = s.append(dst)
		}
	}
	return finish(dst, start, start, bindAlign, a)
}

// Answer is what became of a proposed presentation context (p_cont_def_result_t).
type Answer uint16

// The answers; Features is negotiate_ack (MS-RPCE 2.2.2.4).
const (
	Accepted         Answer = 0
	UserRejection    Answer = 1
	ProviderRejected Answer = 2
	FeaturesAnswer   Answer = 3
)

// Why a presentation context was rejected (p_provider_reason_t).
const (
	ReasonNotSaid          uint16 = 0
	ReasonAbstractSyntax   uint16 = 1
	ReasonTransferSyntaxes uint16 = 2
	ReasonLocalLimit       uint16 = 3
)

// Result is the answer to one Context. Of FeaturesAnswer, Reason is the features
// that both sides have.
type Result struct {
	Answer   Answer
	Reason   uint16
	Transfer Syntax
}

// BindAck is a bind_ack or an alter_context_resp (C706 12.6.4.4, 12.6.4.2).
type BindAck struct {
	MaxTransmit, MaxReceive uint16
	Group                   uint32
	Secondary               string // address: the port
	Results                 []Result
}

// BindAck is what a bind_ack or an alter_context_resp says.
func (p *PDU) BindAck() (BindAck, error) {
	if p.Type != TypeBindAck && p.Type != TypeAlterContextResp {
		return BindAck{}, malformed("%s where a bind_ack belongs", p.Type)
	}
	c := p.cursor()
	b := BindAck{MaxTransmit: c.u16(), MaxReceive: c.u16(), Group: c.u32()}
	address := c.bytes(int(c.u16()))
	for i, x := range address {
		if x == 0 {
			address = address[:i]
			break
		}
	}
	b.Secondary = string(address)
	c.skip(-c.at & 3) // the body begins aligned
	n := int(c.u8())
	c.skip(3)
	b.Results = make([]Result, 0, c.atMost(n, 4+syntaxSize))
	for range n {
		r := Result{Answer: Answer(c.u16()), Reason: c.u16(), Transfer: c.syntax()}
		if c.err != nil {
			return BindAck{}, c.err
		}
		b.Results = append(b.Results, r)
	}
	return b, c.err
}

// Append appends a bind_ack or an alter_context_resp.
func (b *BindAck) Append(dst []byte, t Type, h Header, a *Auth) []byte {
	start := len(dst)
	dst = le.AppendUint16(begin(dst, t, h), b.MaxTransmit)
	dst = le.AppendUint32(le.AppendUint16(dst, b.MaxReceive), b.Group)
	if b.Secondary == "" {
		dst = append(dst, 0, 0)
	} else {
		dst = le.AppendUint16(dst, uint16(len(b.Secondary)+1))
		dst = append(append(dst, b.Secondary...), 0)
	}
	dst = append(dst, zeros[:-(len(dst)-start)&3]...)
	dst = append(dst, byte(len(b.Results)), 0, 0, 0)
	for _, r := range b.Results {
		dst = le.AppendUint16(le.AppendUint16(dst, uint16(r.Answer)), r.Reason)
		dst = r.Transfer.append(dst)
	}
	return finish(dst, start, start, bindAlign, a)
}

// Rejection is why a bind was refused as a whole (MS-RPCE 2.2.2.5).
type Rejection uint16

// The rejections.
const (
	RejectNotSaid    Rejection = 0
	RejectCongestion Rejection = 1
	RejectLocalLimit Rejection = 2
	RejectProtocol   Rejection = 4
	RejectMechanism  Rejection = 8 // authentication_type_not_recognized
	RejectToken      Rejection = 9 // invalid_checksum: the mechanism said no
)

func (r Rejection) String() string {
	switch r {
	case RejectNotSaid:
		return "no reason given"
	case RejectCongestion, RejectLocalLimit:
		return "a limit of the server is reached"
	case RejectProtocol:
		return "the versions of the protocol differ"
	case RejectMechanism:
		return "the way of signing in is not offered"
	case RejectToken:
		return "signing in failed"
	}
	return fmt.Sprintf("reason %d", uint16(r))
}

// BindNak is the refusal of a bind (C706 12.6.4.5, MS-RPCE 2.2.2.9).
type BindNak struct{ Reason Rejection }

// BindNak is what a bind_nak says.
func (p *PDU) BindNak() (BindNak, error) {
	if p.Type != TypeBindNak {
		return BindNak{}, malformed("%s where a bind_nak belongs", p.Type)
	}
	c := p.cursor()
	return BindNak{Reason: Rejection(c.u16())}, c.err
}

// Append appends a bind_nak that names version 5.0.
func (b *BindNak) Append(dst []byte, h Header) []byte {
	start := len(dst)
	dst = le.AppendUint16(begin(dst, TypeBindNak, h), uint16(b.Reason))
	return finish(append(dst, 1, 5, 0), start, 0, 1, nil)
}

const syntaxSize = 20

func (s Syntax) append(dst []byte) []byte {
	return le.AppendUint16(le.AppendUint16(append(dst, s.UUID[:]...), s.Major), s.Minor)
}

// cursor reads a body; after an error all it reads is zero.
type cursor struct {
	b     []byte
	at    int
	order binary.ByteOrder
	big   bool
	err   error
}

func (p *PDU) cursor() *cursor {
	return &cursor{b: p.Body(), order: p.order(), big: p.BigEndian}
}

func (c *cursor) bytes(n int) []byte {
	if c.err == nil && n > len(c.b)-c.at {
		c.err = malformed("it ends after %d bytes", len(c.b))
	}
	if c.err != nil {
		return zeros[:min(n, len(zeros))]
	}
	c.at += n
	return c.b[c.at-n : c.at]
}

func (c *cursor) skip(n int)  { c.bytes(n) }
func (c *cursor) u8() uint8   { return c.bytes(1)[0] }
func (c *cursor) u16() uint16 { return c.order.Uint16(c.bytes(2)) }
func (c *cursor) u32() uint32 { return c.order.Uint32(c.bytes(4)) }
func (c *cursor) syntax() Syntax {
	return Syntax{UUID: guid(c.bytes(16), c.big), Major: c.u16(), Minor: c.u16()}
}

// atMost is n, or how many of size bytes each can still come.
func (c *cursor) atMost(n, size int) int { return min(n, (len(c.b)-c.at)/size) }

// guid reads a UUID whose first three fields are in the byte order of the PDU.
func guid(b []byte, big bool) (g mq.GUID) {
	copy(g[:], b[:16])
	if big {
		g[0], g[1], g[2], g[3] = g[3], g[2], g[1], g[0]
		g[4], g[5], g[6], g[7] = g[5], g[4], g[7], g[6]
	}
	return g
}
