package rpc_test

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/oiweiwei/go-msrpc/dcerpc"
	"github.com/oiweiwei/go-msrpc/midl/uuid"
	"github.com/oiweiwei/go-msrpc/ndr"

	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/pdu"
	"posthouse/localqm/rpc/security"
)

// repeat is an operation that answers with its bytes.
type repeat struct {
	opnum   int
	in, out []byte
}

func (r *repeat) OpNum() int     { return r.opnum }
func (r *repeat) OpName() string { return "repeat" }

func (r *repeat) MarshalNDRRequest(_ context.Context, w ndr.Writer) error { return put(w, r.in) }
func (r *repeat) UnmarshalNDRRequest(_ context.Context, d ndr.Reader) (err error) {
	r.in, err = get(d)
	return err
}
func (r *repeat) MarshalNDRResponse(_ context.Context, w ndr.Writer) error { return put(w, r.out) }
func (r *repeat) UnmarshalNDRResponse(_ context.Context, d ndr.Reader) (err error) {
	r.out, err = get(d)
	return err
}

func put(w ndr.Writer, b []byte) error {
	if err := w.WriteSize(uint64(len(b))); err != nil {
		return err
	}
	_, err := w.Write(b)
	return err
}

func get(r ndr.Reader) ([]byte, error) {
	var n uint64
	if err := r.ReadSize(&n); err != nil {
		return nil, err
	}
	if n > uint64(r.Len()) {
		return nil, io.ErrUnexpectedEOF
	}
	b := make([]byte, n)
	_, err := r.Read(b)
	return b, err
}

// stub is what repeat has on the wire.
func stub(b []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(b))), b...)
}

var (
	repeater = &dcerpc.SyntaxID{IfUUID: uuid.MustParse("5c1f5c1f-0000-4000-8000-000000000001"), IfVersionMajor: 1}
	other    = &dcerpc.SyntaxID{IfUUID: uuid.MustParse("5c1f5c1f-0000-4000-8000-000000000002"), IfVersionMajor: 1}
)

// peer is a server that a test plays, PDU by PDU.
type peer struct {
	t    *testing.T
	nc   net.Conn
	in   *bufio.Reader
	auth *toy
	flag pdu.Flags // of its bind_ack, besides
	no   pdu.Flags // not of it
	hint int       // greatest fragment that it takes; 0: 5840
}

// play connects a client to a peer that does as the script says.
func play(t *testing.T, o rpc.DialOptions, script func(p *peer)) *rpc.Conn {
	t.Helper()
	near, far := net.Pipe()
	p := &peer{t: t, nc: far, in: bufio.NewReader(far), auth: &toy{key: []byte("key")}}
	o.Dial = func(context.Context, string, string) (net.Conn, error) { return near, nil }
	c, err := rpc.Dial(context.Background(), "hub:2103", o)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	wait.Go(func() {
		defer func() { _ = far.Close() }()
		script(p)
		_, _ = io.Copy(io.Discard, far) // until the client ends
	})
	t.Cleanup(func() {
		_ = c.Close(context.Background())
		wait.Wait()
	})
	return c
}

// next is what the client sends, opened; ok is false at the end.
func (p *peer) next() (pdu.PDU, bool) {
	q, _, err := pdu.Read(p.in, nil, pdu.MaxFragment)
	if err != nil {
		return pdu.PDU{}, false
	}
	if q.Type == pdu.TypeRequest && q.AuthLength > 0 {
		if err := p.auth.Open(q.Auth.Level, q.Fragment(p.signs()), q.Auth.Token); err != nil {
			p.t.Errorf("what the client sent: %v", err)
			return pdu.PDU{}, false
		}
	}
	return q, true
}

func (p *peer) signs() bool { return !p.no.Has(pdu.SignHeader) }

// send sends bytes as they are.
func (p *peer) send(b []byte) { _, _ = p.nc.Write(b) }

// bound takes a bind, or an alter_context, and accepts it.
func (p *peer) bound() {
	q, ok := p.next()
	if !ok {
		return
	}
	p.accept(q, nil)
}

func (p *peer) accept(q pdu.PDU, token []byte) {
	b, err := q.Bind()
	if err != nil {
		p.t.Errorf("bind: %v", err)
	}
	ack := pdu.BindAck{MaxTransmit: pdu.MaxFragment, MaxReceive: pdu.MaxFragment, Group: 7, Secondary: "2103"}
	if p.hint > 0 {
		ack.MaxReceive = uint16(p.hint)
	}
	for _, x := range b.Contexts {
		r := pdu.Result{Transfer: pdu.NDR}
		if f, ok := x.Transfer[0].Features(); ok {
			r = pdu.Result{Answer: pdu.FeaturesAnswer, Reason: uint16(f)}
		}
		ack.Results = append(ack.Results, r)
	}
	var a *pdu.Auth
	if token != nil {
		a = &pdu.Auth{Mechanism: q.Auth.Mechanism, Level: q.Auth.Level, ContextID: q.Auth.ContextID, Token: token}
	}
	want := pdu.TypeBindAck
	if q.Type == pdu.TypeAlterContext {
		want = pdu.TypeAlterContextResp
	}
	flags := (q.Flags | p.flag) &^ p.no
	p.send(ack.Append(nil, want, pdu.Header{Flags: flags, CallID: q.CallID}, a))
}

// request takes a whole request; its bytes come with what is behind them.
func (p *peer) request() (first pdu.PDU, stub []byte, ok bool) {
	for {
		q, ok := p.next()
		if !ok {
			return pdu.PDU{}, nil, false
		}
		r, err := q.Request()
		if err != nil {
			p.t.Errorf("request: %v", err)
			return pdu.PDU{}, nil, false
		}
		if q.Flags.Has(pdu.FirstFragment) {
			first = q
		}
		stub = append(stub, r.Stub...)
		if q.Flags.Has(pdu.LastFragment) {
			return first, stub, true
		}
	}
}

// respond sends a response in fragments of at most room bytes.
func (p *peer) respond(q pdu.PDU, stub []byte, room int) {
	r, _ := q.Request()
	flags := pdu.FirstFragment
	for {
		n := min(room, len(stub))
		part := pdu.Response{Context: r.Context, Stub: stub[:n]}
		if stub = stub[n:]; len(stub) == 0 {
			flags |= pdu.LastFragment
		}
		p.send(p.protected(q, part.Append(nil, pdu.Header{Flags: flags, CallID: q.CallID}, p.trailer(q))))
		if flags.Has(pdu.LastFragment) {
			return
		}
		flags &^= pdu.FirstFragment
	}
}

func (p *peer) fault(q pdu.PDU, status rpc.Fault) {
	f := pdu.Fault{Status: uint32(status)}
	p.send(p.protected(q, f.Append(nil, pdu.Header{Flags: pdu.SingleFragment, CallID: q.CallID}, p.trailer(q))))
}

func (p *peer) trailer(q pdu.PDU) *pdu.Auth {
	if q.AuthLength == 0 {
		return nil
	}
	a := q.Auth
	a.Token = make([]byte, toySignature)
	return &a
}

func (p *peer) protected(q pdu.PDU, b []byte) []byte {
	if q.AuthLength == 0 {
		return b
	}
	mine, err := pdu.Parse(b)
	if err != nil {
		p.t.Error(err)
		return b
	}
	signature, _ := p.auth.Protect(q.Auth.Level, mine.Fragment(p.signs()))
	copy(mine.Auth.Token, signature)
	return b
}

// repeats answers requests until the end.
func (p *peer) repeats() {
	for {
		q, b, ok := p.request()
		if !ok {
			return
		}
		p.respond(q, b[:4+binary.LittleEndian.Uint32(b)], 4096)
	}
}

// toy is a mechanism for tests: three tokens, and signatures that depend on the order
// of the wire.
type toy struct {
	key       []byte
	mechanism security.Mechanism
	answers   int    // tokens that the initiator still waits for
	refuse    string // the token that it does not take
	last      bool   // it sends one after the last token that it takes
	out, in   uint32 // sequence numbers
}

const toySignature = 16

func (y *toy) Mechanism() security.Mechanism { return y.mechanism }

func (y *toy) Initiate(host string) (security.Context, error) {
	if host != "hub" {
		return nil, errors.New("no service of " + host)
	}
	x := *y
	return &x, nil
}

func (y *toy) Step(token []byte) ([]byte, bool, error) {
	switch {
	case token == nil:
		return []byte("hello"), y.answers == 0, nil
	case string(token) == y.refuse:
		return nil, false, errors.New("the server is somebody else")
	}
	if y.answers--; y.answers > 0 {
		return []byte("more"), false, nil
	}
	if y.last {
		return []byte("last"), true, nil
	}
	return nil, true, nil
}

func (y *toy) SignatureSize(security.Level) int { return toySignature }

func (y *toy) Protect(l security.Level, f security.Fragment) ([]byte, error) {
	s := y.sign(y.out, f)
	y.out++
	seal(l, f.Body)
	return s, nil
}

func (y *toy) Open(l security.Level, f security.Fragment, signature []byte) error {
	seal(l, f.Body)
	s := y.sign(y.in, f)
	y.in++
	if !hmac.Equal(s, signature) {
		return errors.New("wrong signature")
	}
	return nil
}

func (y *toy) Identity() security.Identity { return security.Anonymous() }

func (y *toy) sign(n uint32, f security.Fragment) []byte {
	h := hmac.New(sha256.New, binary.LittleEndian.AppendUint32([]byte(nil), n))
	h.Write(y.key)
	if f.SignHeader {
		h.Write(f.Header)
		h.Write(f.Trailer)
	}
	h.Write(f.Body)
	return h.Sum(nil)[:toySignature]
}

func seal(l security.Level, b []byte) {
	if l == security.Privacy {
		for i := range b {
			b[i] ^= 0x5A
		}
	}
}
