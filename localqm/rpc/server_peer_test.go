package rpc_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oiweiwei/go-msrpc/dcerpc"
	"github.com/oiweiwei/go-msrpc/ndr"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/pdu"
	"posthouse/localqm/rpc/security"
	"posthouse/localqm/secure"
)

// Operations of a servant.
const (
	opRepeat  = iota
	opWait    // until it is cancelled
	opPanic   // in the implementation
	opDecode  // panics while the request is read
	opFail    // with an HRESULT
	opWho     // calls
	opOpen    // a handle
	opFind    // what a handle is
	opClose   // a handle
	opStubern // waits for the test, not for the client
	opLonger  // answers with 1,000 bytes for each
	opUnknown
)

// servant is an interface for tests.
type servant struct {
	running, ended atomic.Int32
	began          chan struct{} // one for each opWait and opStubern
	release        chan struct{} // ends opStubern
	rundown        chan int32    // how many calls ran when a handle was run down
}

func newServant() *servant {
	return &servant{began: make(chan struct{}, 100), release: make(chan struct{}), rundown: make(chan int32, 100)}
}

func (s *servant) offer() rpc.Interface {
	return rpc.Interface{
		Name: "servant", Syntax: *repeater, Handle: s.handle, Level: security.None,
		Levels: map[int]security.Level{opWho: security.Privacy}, Short: []uint16{opRepeat, opFail, opDecode},
	}
}

func (s *servant) handle(ctx context.Context, opnum int, r ndr.Reader) (dcerpc.Operation, error) {
	if opnum >= opUnknown {
		return nil, nil
	}
	op := &repeat{opnum: opnum}
	if opnum == opDecode {
		var none *repeat
		none.in = nil
	}
	if err := op.UnmarshalNDRRequest(ctx, r); err != nil {
		return nil, err
	}
	s.running.Add(1)
	defer func() { s.running.Add(-1); s.ended.Add(1) }()
	var err error
	op.out, err = s.serve(ctx, opnum, op.in)
	return op, err
}

func (s *servant) serve(ctx context.Context, opnum int, in []byte) ([]byte, error) {
	call := rpc.CallOf(ctx)
	switch opnum {
	case opRepeat:
		return in, nil
	case opWait:
		s.began <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	case opStubern:
		s.began <- struct{}{}
		<-s.release
		return in, nil
	case opPanic:
		panic("on purpose")
	case opFail:
		return nil, mq.Errorf(mq.ErrQueueNotFound, "open a queue", "there is none")
	case opWho:
		return []byte(call.Identity.Account + " " + call.Level.String()), nil
	case opOpen:
		h, err := call.Group.Open("box", string(in), func() { s.rundown <- s.running.Load() })
		if err != nil {
			return nil, err
		}
		return h.UUID.UUID().EncodeBinary(), nil
	case opFind:
		v, err := call.Group.Find("box", handleOf(in))
		if err != nil {
			return nil, err
		}
		return []byte(v.(string)), nil
	case opClose:
		_, err := call.Group.Close("box", handleOf(in))
		return nil, err
	case opLonger:
		return make([]byte, 1000*len(in)), nil
	}
	return nil, errors.New("no such operation")
}

// gate signs clients in that say "hello" and then "last".
type gate struct{ identity security.Identity }

func (g gate) Accept(m security.Mechanism, _ netip.Addr) (security.Context, error) {
	if m != security.NTLM {
		return nil, errors.New("not offered")
	}
	return &gateway{toy: toy{key: []byte("key")}, gate: g}, nil
}

type gateway struct {
	toy
	gate
	legs int
}

func (g *gateway) Step(token []byte) ([]byte, bool, error) {
	g.legs++
	switch {
	case g.legs == 1 && string(token) == "hello":
		return []byte("challenge"), false, nil
	case g.legs == 2 && string(token) == "last":
		return nil, true, nil
	case string(token) == "panic":
		panic("on purpose")
	}
	return nil, false, errors.New("nobody knows this token")
}

func (g *gateway) Identity() security.Identity { return g.gate.identity }

var alice = gate{security.Identity{
	Account: `HUB\alice`, Token: secure.Token{User: secure.Anonymous}, Mechanism: security.NTLM,
}}

func signedIn(level security.Level) rpc.DialOptions {
	return rpc.DialOptions{
		Initiator: &toy{key: []byte("key"), mechanism: security.NTLM, answers: 1, last: true},
		Level:     level, Host: "hub",
	}
}

// serve serves interfaces on a port of its own.
func serve(t testing.TB, o rpc.Options) *rpc.Server {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := rpc.Serve(ln, o)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func dial(t testing.TB, s *rpc.Server, o rpc.DialOptions) *rpc.Conn {
	t.Helper()
	c, err := rpc.Dial(context.Background(), s.Addr().String(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

// invoke makes a call of a servant.
func invoke(ctx context.Context, c dcerpc.Conn, opnum int, in []byte) ([]byte, error) {
	op := &repeat{opnum: opnum, in: in}
	err := c.Invoke(ctx, op)
	return op.out, err
}

// wire is a client that says what a test wants it to.
type wire struct {
	t  testing.TB
	nc net.Conn
}

func connect(t testing.TB, s *rpc.Server) *wire {
	t.Helper()
	nc, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(time.Minute)) // not for ever, should the server fail
	return &wire{t: t, nc: nc}
}

func (w *wire) send(b []byte) { _, _ = w.nc.Write(b) }

// next is what the server says; nil when it has ended the connection.
func (w *wire) next() *pdu.PDU {
	w.t.Helper()
	p, _, err := pdu.Read(w.nc, nil, pdu.MaxFragment)
	if err == nil {
		return &p
	}
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		w.t.Fatal("the server says nothing, and does not end the connection")
	}
	return nil
}

// gone wants the connection ended.
func (w *wire) gone() {
	w.t.Helper()
	if p := w.next(); p != nil {
		w.t.Errorf("%s where the connection had to end", p.Type)
	}
}

// faulted wants a fault.
func (w *wire) faulted(want rpc.Fault) {
	w.t.Helper()
	p := w.next()
	if p == nil {
		w.t.Fatalf("the connection ended where %v was due", want)
	}
	f, err := p.Fault()
	if err != nil || rpc.Fault(f.Status) != want {
		w.t.Fatalf("%s %v where %v was due", p.Type, rpc.Fault(f.Status), want)
	}
}

// answered wants a response.
func (w *wire) answered(id uint32, want []byte) {
	w.t.Helper()
	p := w.next()
	if p == nil {
		w.t.Fatal("the connection ended where a response was due")
	}
	r, err := p.Response()
	if err != nil || p.CallID != id || string(r.Stub) != string(stub(want)) {
		w.t.Fatalf("%s to call %d, %q, where one to %d was due", p.Type, p.CallID, r.Stub, id)
	}
}

func plainBind(contexts ...pdu.Context) pdu.Bind {
	if contexts == nil {
		contexts = []pdu.Context{{Abstract: pdu.SyntaxOf(repeater), Transfer: []pdu.Syntax{pdu.NDR}}}
	}
	return pdu.Bind{MaxTransmit: pdu.MaxFragment, MaxReceive: pdu.MaxFragment, Contexts: contexts}
}

// bind binds to a servant.
func (w *wire) bind(flags pdu.Flags) pdu.BindAck {
	w.t.Helper()
	b := plainBind()
	w.send(b.Append(nil, pdu.TypeBind, pdu.Header{Flags: pdu.SingleFragment | flags, CallID: 1}, nil))
	return w.bound()
}

func (w *wire) bound() pdu.BindAck {
	w.t.Helper()
	p := w.next()
	if p == nil {
		w.t.Fatal("the connection ended where a bind_ack was due")
	}
	ack, err := p.BindAck()
	if err != nil {
		w.t.Fatal(err)
	}
	return ack
}

// request sends a request, or a fragment of one.
func (w *wire) request(id uint32, opnum uint16, flags pdu.Flags, stub []byte) {
	r := pdu.Request{Opnum: opnum, Stub: stub}
	w.send(r.Append(nil, pdu.Header{Flags: flags, CallID: id}, nil))
}

var _ io.Closer = (*rpc.Server)(nil)
