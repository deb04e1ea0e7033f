package rpc_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/oiweiwei/go-msrpc/dcerpc"

	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/pdu"
	"posthouse/localqm/rpc/security"
)

func header(q pdu.PDU, f pdu.Flags) pdu.Header { return pdu.Header{Flags: f, CallID: q.CallID} }

func response(q pdu.PDU, f pdu.Flags, stub []byte) []byte {
	r := pdu.Response{Stub: stub}
	return r.Append(nil, header(q, f), nil)
}

// A server must not be able to give a wrong answer, take memory, or leave a call
// without an end.
func TestClientOfAHostileServer(t *testing.T) {
	broken, protocol := rpc.ErrBroken, rpc.ErrProtocol
	cases := []struct {
		name   string
		want   error
		keeps  bool // the connection goes on
		script func(p *peer, q pdu.PDU, b []byte)
	}{
		{"truncated response", protocol, true, func(p *peer, q pdu.PDU, b []byte) { p.respond(q, b[:len(b)-1], 4096) }},
		{"response of nothing", protocol, true, func(p *peer, q pdu.PDU, _ []byte) { p.respond(q, nil, 4096) }},
		{"array longer than the response", protocol, true, func(p *peer, q pdu.PDU, _ []byte) {
			p.respond(q, []byte{0xFF, 0xFF, 0xFF, 0x7F, 1}, 4096)
		}},
		{"wrong call", protocol, false, func(p *peer, q pdu.PDU, b []byte) {
			q.CallID += 5
			p.send(response(q, pdu.SingleFragment, b))
		}},
		{"wrong presentation context", protocol, false, func(p *peer, q pdu.PDU, b []byte) {
			r := pdu.Response{Stub: b, Context: 9}
			p.send(r.Append(nil, header(q, pdu.SingleFragment), nil))
		}},
		{"no first fragment", protocol, false, func(p *peer, q pdu.PDU, b []byte) { p.send(response(q, pdu.LastFragment, b)) }},
		{"two first fragments", protocol, false, func(p *peer, q pdu.PDU, b []byte) {
			p.send(response(q, pdu.FirstFragment, b))
			p.send(response(q, pdu.SingleFragment, b))
		}},
		{"endless fragments of nothing", protocol, false, func(p *peer, q pdu.PDU, b []byte) {
			p.send(response(q, pdu.FirstFragment, b))
			p.send(response(q, 0, nil))
		}},
		{"endless fragments", protocol, false, func(p *peer, q pdu.PDU, _ []byte) {
			b := make([]byte, 5800)
			p.send(response(q, pdu.FirstFragment, b))
			for c := response(q, 0, b); ; {
				if _, err := p.nc.Write(c); err != nil {
					return
				}
			}
		}},
		{"fragment longer than agreed", protocol, false, func(p *peer, q pdu.PDU, _ []byte) {
			p.send(response(q, pdu.SingleFragment, make([]byte, 6000)))
		}},
		{"header of another version", protocol, false, func(p *peer, _ pdu.PDU, _ []byte) {
			p.send([]byte{4, 0, 2, 3, 0x10, 0, 0, 0, 24, 0, 0, 0, 1, 0, 0, 0})
		}},
		{"length of 0", protocol, false, func(p *peer, _ pdu.PDU, _ []byte) {
			p.send([]byte{5, 0, 2, 3, 0x10, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0})
		}},
		{"request to the client", protocol, false, func(p *peer, q pdu.PDU, b []byte) {
			r := pdu.Request{Stub: b}
			p.send(r.Append(nil, header(q, pdu.SingleFragment), nil))
		}},
		{"bind_ack out of turn", protocol, false, func(p *peer, q pdu.PDU, _ []byte) {
			ack := pdu.BindAck{MaxTransmit: 5840, MaxReceive: 5840}
			p.send(ack.Append(nil, pdu.TypeBindAck, header(q, pdu.SingleFragment), nil))
		}},
		{"shutdown", broken, false, func(p *peer, q pdu.PDU, _ []byte) {
			p.send(pdu.AppendEmpty(nil, pdu.TypeShutdown, header(q, pdu.SingleFragment)))
		}},
		{"end in a header", broken, false, func(p *peer, q pdu.PDU, b []byte) {
			p.send(response(q, pdu.SingleFragment, b)[:7])
			_ = p.nc.Close()
		}},
		{"end in a fragment", broken, false, func(p *peer, q pdu.PDU, b []byte) {
			p.send(response(q, pdu.SingleFragment, b)[:30])
			_ = p.nc.Close()
		}},
		{"end between fragments", broken, false, func(p *peer, q pdu.PDU, b []byte) {
			p.send(response(q, pdu.FirstFragment, b))
			_ = p.nc.Close()
		}},
	}
	for _, x := range cases {
		t.Run(x.name, func(t *testing.T) {
			c := play(t, rpc.DialOptions{}, func(p *peer) {
				p.bound()
				q, b, _ := p.request()
				x.script(p, q, b)
				p.repeats()
			})
			b := bind(t, c, repeater)
			op := &repeat{in: noise(300)}
			if err := b.Invoke(ctx, op); !errors.Is(err, x.want) {
				t.Errorf("%v", err)
			}
			if !x.keeps {
				<-c.Done()
				if !errors.Is(c.Err(), x.want) {
					t.Errorf("the connection: %v", c.Err())
				}
				return
			}
			repeated(t, b, noise(3))
		})
	}
}

func TestClientOfAServerThatProtectsOtherwise(t *testing.T) {
	cases := map[string]struct {
		level  security.Level
		script func(p *peer, q pdu.PDU, b []byte)
	}{
		"no signature": {security.Integrity, func(p *peer, q pdu.PDU, b []byte) {
			p.send(response(q, pdu.SingleFragment, b))
		}},
		"wrong signature": {security.Integrity, func(p *peer, q pdu.PDU, b []byte) {
			r := pdu.Response{Stub: b}
			p.send(r.Append(nil, header(q, pdu.SingleFragment), p.trailer(q)))
		}},
		"changed on the way": {security.Privacy, func(p *peer, q pdu.PDU, b []byte) {
			r := pdu.Response{Stub: b}
			out := p.protected(q, r.Append(nil, header(q, pdu.SingleFragment), p.trailer(q)))
			out[30] ^= 1
			p.send(out)
		}},
		"another call's header": {security.Integrity, func(p *peer, q pdu.PDU, b []byte) {
			r := pdu.Response{Stub: b}
			out := p.protected(q, r.Append(nil, header(q, pdu.SingleFragment), p.trailer(q)))
			out[16]++ // alloc_hint
			p.send(out)
		}},
		"lower level": {security.Privacy, func(p *peer, q pdu.PDU, b []byte) {
			q.Auth.Level = security.Integrity
			r := pdu.Response{Stub: b}
			p.send(p.protected(q, r.Append(nil, header(q, pdu.SingleFragment), p.trailer(q))))
		}},
		"another security context": {security.Privacy, func(p *peer, q pdu.PDU, b []byte) {
			q.Auth.ContextID++
			r := pdu.Response{Stub: b}
			p.send(p.protected(q, r.Append(nil, header(q, pdu.SingleFragment), p.trailer(q))))
		}},
		"fault with a wrong signature": {security.Integrity, func(p *peer, q pdu.PDU, _ []byte) {
			f := pdu.Fault{Status: 5}
			p.send(f.Append(nil, header(q, pdu.SingleFragment), p.trailer(q)))
		}},
		"signature of nothing": {security.Privacy, func(p *peer, q pdu.PDU, b []byte) {
			a := q.Auth
			a.Token = []byte{1}
			r := pdu.Response{Stub: b}
			p.send(r.Append(nil, header(q, pdu.SingleFragment), &a))
		}},
		"replayed": {security.Integrity, func(p *peer, q pdu.PDU, b []byte) {
			r := pdu.Response{Stub: b[:4]}
			out := p.protected(q, r.Append(nil, header(q, pdu.FirstFragment), p.trailer(q)))
			p.send(out)
			p.send(out)
		}},
	}
	for name, x := range cases {
		t.Run(name, func(t *testing.T) {
			o := rpc.DialOptions{Level: x.level, Initiator: &toy{key: []byte("key"), mechanism: security.NTLM, answers: 1}}
			c := play(t, o, func(p *peer) {
				q, _ := p.next()
				p.accept(q, []byte("done"))
				q, b, _ := p.request()
				x.script(p, q, b[:12])
			})
			op := &repeat{in: make([]byte, 8)}
			if err := bind(t, c, repeater).Invoke(ctx, op); !errors.Is(err, rpc.ErrProtocol) || op.out != nil {
				t.Errorf("%q %v", op.out, err)
			}
		})
	}
}

func TestClientOfAServerThatBindsOddly(t *testing.T) {
	ack := func(change func(*pdu.BindAck)) func(p *peer) {
		return func(p *peer) {
			q, _ := p.next()
			a := pdu.BindAck{MaxTransmit: 5840, MaxReceive: 5840, Results: []pdu.Result{{Transfer: pdu.NDR}, {Answer: pdu.FeaturesAnswer}}}
			change(&a)
			p.send(a.Append(nil, pdu.TypeBindAck, header(q, pdu.SingleFragment), nil))
		}
	}
	cases := map[string]func(p *peer){
		"too few results":     ack(func(a *pdu.BindAck) { a.Results = a.Results[:1] }),
		"too many results":    ack(func(a *pdu.BindAck) { a.Results = append(a.Results, a.Results...) }),
		"another encoding":    ack(func(a *pdu.BindAck) { a.Results[0].Transfer = pdu.NDR64 }),
		"fragments of 24":     ack(func(a *pdu.BindAck) { a.MaxReceive = 24 }),
		"alter_context_resp":  func(p *peer) { odd(p, pdu.TypeAlterContextResp) },
		"empty bind_ack":      func(p *peer) { odd(p, pdu.TypeBindAck) },
		"response":            func(p *peer) { odd(p, pdu.TypeResponse) },
		"answer to another":   func(p *peer) { q, _ := p.next(); q.CallID++; p.accept(q, nil) },
		"fault that is short": func(p *peer) { odd(p, pdu.TypeFault) },
	}
	for name, script := range cases {
		t.Run(name, func(t *testing.T) {
			c := play(t, rpc.DialOptions{}, script)
			if _, err := c.Bind(ctx, dcerpc.WithAbstractSyntax(repeater)); !errors.Is(err, rpc.ErrProtocol) {
				t.Error(err)
			}
		})
	}
}

// odd answers with a PDU that is all header.
func odd(p *peer, k pdu.Type) {
	q, _ := p.next()
	p.send(pdu.AppendEmpty(nil, k, header(q, pdu.SingleFragment)))
}

func FuzzClient(f *testing.F) {
	q := pdu.PDU{Header: pdu.Header{CallID: 2}}
	f.Add(response(q, pdu.SingleFragment, stub([]byte("hello"))))
	f.Add(append(response(q, pdu.FirstFragment, stub([]byte("hello"))), response(q, pdu.LastFragment, []byte{0})...))
	fault := pdu.Fault{Status: 5}
	f.Add(fault.Append(nil, header(q, pdu.SingleFragment), nil))
	f.Add(pdu.AppendEmpty(nil, pdu.TypeShutdown, header(q, pdu.SingleFragment)))
	f.Fuzz(func(t *testing.T, b []byte) {
		c := play(t, rpc.DialOptions{}, func(p *peer) {
			p.bound()
			_, _, _ = p.request()
			p.send(b)
			_ = p.nc.Close()
		})
		short, stop := context.WithTimeout(ctx, 10*time.Second)
		defer stop()
		op := &repeat{}
		if err := bind(t, c, repeater).Invoke(short, op); errors.Is(err, rpc.ErrAbandoned) || err == nil && op.out == nil {
			t.Errorf("%q %v", op.out, err)
		}
	})
}
