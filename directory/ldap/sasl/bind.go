package sasl

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"

	"posthouse/directory/ldap/message"
	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security"
)

// Mechanism is the name of a SASL mechanism.
type Mechanism string

// The mechanisms that Active Directory has, of those that protect what follows.
const (
	SPNEGO Mechanism = "GSS-SPNEGO"
	GSSAPI Mechanism = "GSSAPI"
)

// Answer is a bind that a server has refused.
type Answer struct {
	Code    uint16 // RFC 4511 4.1.9
	Message string
}

func (a *Answer) Error() string { return fmt.Sprintf("bind: result %d: %s", a.Code, a.Message) }

// The results of a bind (RFC 4511 4.1.9).
const (
	success    = 0
	inProgress = 14
)

// maxLegs is more than any mechanism takes.
const maxLegs = 8

// Bind signs in on a connection nothing has been said on yet, and returns it with what
// the two sides have agreed on: sealed at Privacy, plain at Connect, as inside TLS. The
// context of the mechanism must have been made for that (krb5.InitiatorOptions.Stream).
// The connection is closed when that fails. A server's refusal is an *Answer.
func Bind(ctx context.Context, c net.Conn, m Mechanism, who security.Context, l security.Level) (net.Conn, error) {
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	b := binding{conn: c, mechanism: m, context: who, level: l}
	secured, err := b.run()
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = c.Close()
		if ctx.Err() != nil {
			err = fmt.Errorf("bind: %w", context.Cause(ctx))
		}
		return nil, err
	}
	return secured, nil
}

type binding struct {
	conn      net.Conn
	mechanism Mechanism
	context   security.Context
	level     security.Level
	id        int64
}

func (b *binding) run() (net.Conn, error) {
	var token []byte
	code, done := uint16(inProgress), false
	for range maxLegs {
		out, d, err := b.context.Step(token)
		if err != nil {
			return nil, err
		}
		done = d
		if code == success {
			break // what the server has said last was checked just now
		}
		if done && b.mechanism == GSSAPI {
			return b.layers(out)
		}
		if done && out == nil {
			return nil, broken("the server goes on, though nothing is left to say")
		}
		if code, token, err = b.leg(out); err != nil {
			return nil, err
		}
		if done {
			break
		}
	}
	if code != success || !done {
		return nil, broken("the two sides do not come to an end")
	}
	return b.secured(maxFrame)
}

// layers agrees on the layer (RFC 4752 3.1): the server tells which it has, and how
// long a message may be; the client chooses.
func (b *binding) layers(token []byte) (net.Conn, error) {
	w, ok := b.context.(security.Wrapper)
	if !ok {
		return nil, broken("%s cannot wrap messages", b.context.Identity().Mechanism)
	}
	// The empty response stands for a token that the mechanism does not need.
	code, offered, err := b.leg(append([]byte{}, token...))
	if err != nil {
		return nil, err
	}
	if code != inProgress {
		return nil, broken("the server does not say which layers it has")
	}
	text, err := w.Unwrap(security.Integrity, offered)
	if err != nil {
		return nil, err
	}
	if len(text) != 4 {
		return nil, broken("the server's offer has %d bytes, not 4", len(text))
	}
	choice := byte(noLayer)
	if b.level >= security.Privacy {
		choice = sealedLayer
	}
	if text[0]&choice == 0 {
		return nil, broken("the server does not have the layer %d, only %d", choice, text[0])
	}
	most := int(text[1])<<16 | int(text[2])<<8 | int(text[3])
	answer := []byte{choice, 0, 0, 0}
	if choice != noLayer {
		answer[1], answer[2], answer[3] = byte(maxFrame>>16&0xff), byte(maxFrame>>8&0xff), byte(maxFrame&0xff)
	}
	if answer, err = w.Wrap(security.Integrity, answer); err != nil {
		return nil, err
	}
	if code, _, err = b.leg(answer); err != nil {
		return nil, err
	}
	if code != success {
		return nil, broken("the two sides do not come to an end")
	}
	return b.secured(most)
}

// The layers of RFC 4752 3.1.
const (
	noLayer     = 1
	sealedLayer = 4
)

// secured puts the layer on the connection. The other side takes messages of most bytes.
func (b *binding) secured(most int) (net.Conn, error) {
	if b.level < security.Integrity {
		return b.conn, nil
	}
	w, ok := b.context.(security.Wrapper)
	if !ok {
		return nil, broken("%s cannot wrap messages", b.context.Identity().Mechanism)
	}
	return newConn(b.conn, w, b.level, most), nil
}

// leg sends a token and returns the answer of the server.
func (b *binding) leg(token []byte) (uint16, []byte, error) {
	b.id++
	if _, err := b.conn.Write(request(b.id, b.mechanism, token)); err != nil {
		return 0, nil, err
	}
	m, err := message.Read(b.conn)
	if err != nil {
		return 0, nil, err
	}
	id, a, token, err := readResponse(m)
	switch {
	case err != nil:
		return 0, nil, err
	case id != b.id:
		return 0, nil, broken("the server answers request %d, not %d", id, b.id)
	case a.Code != success && a.Code != inProgress:
		return 0, nil, &a
	}
	return a.Code, token, nil
}

// The tags of a bind (RFC 4511 4.2).
const (
	bindRequest  = der.Tag(0x60)
	saslChoice   = der.Tag(0xa3)
	bindResponse = 1
	serverToken  = 7
)

// request is a BindRequest with SASL credentials (RFC 4511 4.2).
func request(id int64, m Mechanism, token []byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(id)
		b.AddASN1(bindRequest, func(b *cryptobyte.Builder) {
			b.AddASN1Int64(3)
			b.AddASN1OctetString(nil)
			b.AddASN1(saslChoice, func(b *cryptobyte.Builder) {
				b.AddASN1OctetString([]byte(m))
				if token != nil {
					b.AddASN1OctetString(token)
				}
			})
		})
	})
	return b.BytesOrPanic() // of values that are all valid
}

// readResponse reads a BindResponse, with lengths as long as Windows likes them.
func readResponse(m []byte) (id int64, a Answer, token []byte, err error) {
	p, err := ber.DecodePacketErr(m)
	if err != nil {
		return 0, a, nil, broken("the server's answer is damaged: %w", err)
	}
	id, ok := number(p, 0)
	if !ok || len(p.Children) < 2 {
		return 0, a, nil, broken("the server's answer is no message of LDAP")
	}
	op := p.Children[1]
	code, ok := number(op, 0)
	switch {
	case op.ClassType != ber.ClassApplication || op.Tag != bindResponse:
		return id, a, nil, broken("the server answers something else than a bind")
	case !ok || code < 0 || code > 0xffff || len(op.Children) < 3:
		return id, a, nil, broken("the server's answer is damaged")
	}
	a = Answer{Code: uint16(code), Message: strings.TrimRight(op.Children[2].Data.String(), "\x00\n")}
	for _, c := range op.Children[3:] {
		if c.ClassType == ber.ClassContext && c.Tag == serverToken && c.TagType == ber.TypePrimitive {
			token = append([]byte{}, c.Data.Bytes()...)
		}
	}
	return id, a, token, nil
}

func number(p *ber.Packet, child int) (int64, bool) {
	if len(p.Children) <= child {
		return 0, false
	}
	n, ok := p.Children[child].Value.(int64)
	return n, ok
}

func broken(format string, args ...any) *mq.Error {
	return mq.Errorf(mq.ErrBadSecurityContext, "sign in to the directory", format, args...).
		WithFix("is it a directory that speaks LDAP with GSS-SPNEGO (MS-ADTS 5.1.1.1)? Otherwise use TLS")
}
