package rpc_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/oiweiwei/go-msrpc/dcerpc"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/pdu"
	"posthouse/localqm/rpc/security"
)

var ctx = context.Background()

func bind(t *testing.T, c *rpc.Conn, syntax *dcerpc.SyntaxID) dcerpc.Conn {
	t.Helper()
	b, err := c.Bind(ctx, dcerpc.WithAbstractSyntax(syntax))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func repeated(t *testing.T, b dcerpc.Conn, in []byte) {
	t.Helper()
	op := &repeat{in: in}
	if err := b.Invoke(ctx, op); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(op.out, in) {
		t.Fatalf("%d bytes came back as %d others", len(in), len(op.out))
	}
}

func noise(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rand.IntN(256))
	}
	return b
}

func TestClientFragmentsAndPutsTogether(t *testing.T) {
	c := play(t, rpc.DialOptions{}, func(p *peer) {
		p.hint = 2000
		p.bound()
		p.repeats()
	})
	b := bind(t, c, repeater)
	for _, n := range []int{0, 1, 15, 1972, 1973, 4096, 100_000} {
		repeated(t, b, noise(n))
	}
}

func TestClientSignsAndSealsAtEveryLevel(t *testing.T) {
	for _, level := range []security.Level{0, security.Connect, security.Packet, security.Integrity, security.Privacy} {
		for _, header := range []bool{true, false} {
			t.Run(fmt.Sprint(level, header), func(t *testing.T) {
				o := rpc.DialOptions{Initiator: &toy{key: []byte("key"), mechanism: security.NTLM, answers: 1, last: true}, Level: level}
				c := play(t, o, func(p *peer) {
					if !header {
						p.no = pdu.SignHeader
					}
					q, _ := p.next()
					if string(q.Auth.Token) != "hello" {
						p.t.Errorf("first token %q", q.Auth.Token)
					}
					p.accept(q, []byte("challenge"))
					q, _ = p.next()
					if q.Type != pdu.TypeAuth3 || string(q.Auth.Token) != "last" {
						p.t.Errorf("%s with %q", q.Type, q.Auth.Token)
					}
					p.repeats()
				})
				b := bind(t, c, repeater)
				for _, n := range []int{0, 1, 31, 20_000} {
					repeated(t, b, noise(n))
				}
			})
		}
	}
}

// Mechanisms other than NTLM are told how their last token was taken.
func TestClientSignsInByAlterContextUntilItIsDone(t *testing.T) {
	for _, last := range []bool{true, false} {
		o := rpc.DialOptions{Initiator: &toy{key: []byte("key"), mechanism: security.Negotiate, answers: 3, last: last}}
		c := play(t, o, func(p *peer) {
			legs := 3
			if last {
				legs = 4
			}
			for range legs {
				q, _ := p.next()
				p.accept(q, []byte("go on"))
			}
			p.repeats()
		})
		repeated(t, bind(t, c, repeater), noise(100))
	}
}

func TestClientTellsWhySigningInFailed(t *testing.T) {
	toyOf := func(m security.Mechanism) *toy {
		return &toy{key: []byte("key"), mechanism: m, answers: 1, last: true, refuse: "evil"}
	}
	cases := map[string]struct {
		o      rpc.DialOptions
		script func(p *peer)
		want   error
	}{
		"no service": {rpc.DialOptions{Host: "elsewhere", Initiator: toyOf(security.Kerberos)}, func(*peer) {}, rpc.ErrSignIn},
		"server is somebody else": {rpc.DialOptions{Initiator: toyOf(security.NTLM)}, func(p *peer) {
			q, _ := p.next()
			p.accept(q, []byte("evil"))
		}, rpc.ErrSignIn},
		"mechanism not offered": {rpc.DialOptions{Initiator: toyOf(security.NTLM)}, func(p *peer) {
			q, _ := p.next()
			nak := pdu.BindNak{Reason: pdu.RejectMechanism}
			p.send(nak.Append(nil, pdu.Header{Flags: pdu.SingleFragment, CallID: q.CallID}))
		}, rpc.ErrSignIn},
		"token refused": {rpc.DialOptions{Initiator: toyOf(security.Negotiate)}, func(p *peer) {
			q, _ := p.next()
			p.accept(q, []byte("go on"))
			q, _ = p.next()
			p.fault(pdu.PDU{Header: pdu.Header{CallID: q.CallID}}, rpc.FaultAccessDenied)
		}, rpc.ErrSignIn},
		"nothing more said": {rpc.DialOptions{Initiator: toyOf(security.Negotiate)}, func(p *peer) { p.bound() }, rpc.ErrProtocol},
		"full": {rpc.DialOptions{}, func(p *peer) {
			q, _ := p.next()
			nak := pdu.BindNak{Reason: pdu.RejectLocalLimit}
			p.send(nak.Append(nil, pdu.Header{Flags: pdu.SingleFragment, CallID: q.CallID}))
		}, rpc.ErrRefused},
		"endless": {rpc.DialOptions{Initiator: &toy{answers: 1000, mechanism: security.Negotiate}}, func(p *peer) {
			for {
				q, ok := p.next()
				if !ok {
					return
				}
				p.accept(q, []byte("go on"))
			}
		}, rpc.ErrSignIn},
	}
	for name, x := range cases {
		t.Run(name, func(t *testing.T) {
			c := play(t, x.o, x.script)
			_, err := c.Bind(ctx, dcerpc.WithAbstractSyntax(repeater))
			if !errors.Is(err, x.want) {
				t.Errorf("%v", err)
			}
			if !errors.Is(c.Err(), x.want) {
				t.Errorf("the connection: %v", c.Err())
			}
		})
	}
}

// The last token of NTLM has no answer: a wrong password shows at the first call. Later
// the same fault is about the call.
func TestClientTakesARefusedFirstCallForARefusedSignIn(t *testing.T) {
	o := rpc.DialOptions{Initiator: &toy{key: []byte("key"), mechanism: security.NTLM, answers: 1, last: true}}
	c := play(t, o, func(p *peer) {
		q, _ := p.next()
		p.accept(q, []byte("challenge"))
		_, _ = p.next()
		q, _, _ = p.request()
		p.fault(pdu.PDU{Header: pdu.Header{CallID: q.CallID}}, rpc.FaultAccessDenied)
		q, b, _ := p.request()
		p.respond(q, b[:4], 4096)
		q, _, _ = p.request()
		p.fault(q, rpc.FaultAccessDenied)
	})
	b := bind(t, c, repeater)
	if err := b.Invoke(ctx, &repeat{}); !errors.Is(err, rpc.ErrSignIn) || !errors.Is(err, rpc.FaultAccessDenied) {
		t.Errorf("first call: %v", err)
	}
	repeated(t, b, nil)
	if err := b.Invoke(ctx, &repeat{}); errors.Is(err, rpc.ErrSignIn) || !errors.Is(err, rpc.FaultAccessDenied) {
		t.Errorf("third call: %v", err)
	}
}

func TestClientBindsMoreInterfacesByAlterContext(t *testing.T) {
	c := play(t, rpc.DialOptions{}, func(p *peer) {
		p.bound()
		p.bound()
		p.repeats()
	})
	one, two, again := bind(t, c, repeater), bind(t, c, other), bind(t, c, repeater)
	for _, b := range []dcerpc.Conn{one, two, again} {
		repeated(t, b, noise(10))
	}
}

func TestClientKeepsTheConnectionWhenAnInterfaceIsNotOffered(t *testing.T) {
	refuse := func(p *peer, n int) {
		q, _ := p.next()
		ack := pdu.BindAck{MaxTransmit: 5840, MaxReceive: 5840}
		for range n {
			ack.Results = append(ack.Results, pdu.Result{Answer: pdu.ProviderRejected, Reason: pdu.ReasonAbstractSyntax})
		}
		want := pdu.TypeBindAck
		if q.Type == pdu.TypeAlterContext {
			want = pdu.TypeAlterContextResp
		}
		p.send(ack.Append(nil, want, pdu.Header{Flags: q.Flags, CallID: q.CallID}, nil))
	}
	c := play(t, rpc.DialOptions{}, func(p *peer) {
		refuse(p, 2)
		p.bound()
		q, b, _ := p.request()
		p.respond(q, b, 4096)
		refuse(p, 1)
		p.repeats()
	})
	third := &dcerpc.SyntaxID{IfUUID: other.IfUUID, IfVersionMajor: 9}
	for _, syntax := range []*dcerpc.SyntaxID{other, third, other, third} { // asked for once each
		if _, err := c.Bind(ctx, dcerpc.WithAbstractSyntax(syntax)); !errors.Is(err, rpc.ErrInterface) || !strings.Contains(err.Error(), "5c1f5c1f") {
			t.Fatal(err)
		}
		repeated(t, bind(t, c, repeater), noise(3))
	}
}

// The trailer repeats the presentation context with its first request, and headers
// while they are not signed.
func TestClientVerifiesWhatNobodySigned(t *testing.T) {
	for _, header := range []bool{true, false} {
		o := rpc.DialOptions{Initiator: &toy{key: []byte("key"), mechanism: security.NTLM, answers: 1}, Level: security.Integrity}
		c := play(t, o, func(p *peer) {
			if !header {
				p.no = pdu.SignHeader
			}
			q, _ := p.next()
			p.accept(q, []byte("done"))
			for i := range 2 {
				q, b, _ := p.request()
				n := 4 + binary.LittleEndian.Uint32(b)
				v, err := pdu.FindVerification(b[n:])
				if err != nil || v == nil || !v.SignHeader {
					p.t.Errorf("call %d: %+v %v", i, v, err)
					return
				}
				if (v.Context != nil) != (i == 0) || v.Context != nil && (v.Context.Transfer != pdu.NDR || v.Context.Abstract != pdu.SyntaxOf(repeater)) {
					p.t.Errorf("call %d: presentation context %+v", i, v.Context)
				}
				want := pdu.VerifiedHeader{DRep: q.DRep(), CallID: q.CallID, Opnum: 3}
				if (v.Header != nil) == header || v.Header != nil && *v.Header != want {
					p.t.Errorf("call %d: header %+v, want %+v", i, v.Header, want)
				}
				p.respond(q, b[:n], 4096)
			}
		})
		b := bind(t, c, repeater)
		for range 2 {
			if err := b.Invoke(ctx, &repeat{opnum: 3, in: noise(7)}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestClientMakesManyCallsAtOnce(t *testing.T) {
	c := play(t, rpc.DialOptions{}, func(p *peer) {
		p.bound()
		type one struct {
			q pdu.PDU
			b []byte
		}
		for range 10 {
			var calls []one
			for range 16 {
				q, b, ok := p.request()
				if !ok {
					return
				}
				calls = append(calls, one{q, b})
			}
			for _, i := range rand.Perm(len(calls)) {
				p.respond(calls[i].q, calls[i].b, 4096)
			}
		}
	})
	b := bind(t, c, repeater)
	var wait sync.WaitGroup
	for range 16 {
		wait.Go(func() {
			for range 10 {
				op := &repeat{in: noise(rand.IntN(9000))}
				if err := b.Invoke(ctx, op); err != nil || !bytes.Equal(op.in, op.out) {
					t.Errorf("%v, %d bytes for %d", err, len(op.out), len(op.in))
				}
			}
		})
	}
	wait.Wait()
}

func TestClientOfASimpleServerWaitsForItsTurn(t *testing.T) {
	c := play(t, rpc.DialOptions{}, func(p *peer) {
		p.no = pdu.Multiplex
		p.bound()
		p.repeats() // the pipe would block for ever if the client wrote two
	})
	b := bind(t, c, repeater)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 5 {
				if err := b.Invoke(ctx, &repeat{in: noise(7)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
}

func TestClientTellsFaults(t *testing.T) {
	o := rpc.DialOptions{Initiator: &toy{key: []byte("key"), mechanism: security.NTLM, answers: 1}}
	c := play(t, o, func(p *peer) {
		q, _ := p.next()
		p.accept(q, []byte("done"))
		q, _, _ = p.request()
		p.fault(q, rpc.FaultOperation)
		q, _, _ = p.request() // servers do not sign them
		p.fault(pdu.PDU{Header: pdu.Header{CallID: q.CallID}}, rpc.Fault(mq.ErrQueueNotFound))
	})
	b := bind(t, c, repeater)
	err := b.Invoke(ctx, &repeat{})
	var remote *rpc.Remote
	if !errors.Is(err, rpc.FaultOperation) || !errors.As(err, &remote) || remote.SignIn {
		t.Errorf("a fault of the runtime: %v", err)
	}
	if err = b.Invoke(ctx, &repeat{}); mq.CodeOf(err) != mq.ErrQueueNotFound || !strings.Contains(err.Error(), "MQ_ERROR_QUEUE_NOT_FOUND") {
		t.Errorf("an exception: %v", err)
	}
}
