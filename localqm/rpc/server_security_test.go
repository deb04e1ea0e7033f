package rpc_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/oiweiwei/go-msrpc/dcerpc"
	qmmgmt "github.com/oiweiwei/go-msrpc/msrpc/mqmr/qmmgmt/v1"

	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/pdu"
	"posthouse/localqm/rpc/security"
)

func withSyntax(s *dcerpc.SyntaxID) dcerpc.Option { return dcerpc.WithAbstractSyntax(s) }

// signer is a wire with security contexts, by their numbers.
type signer struct {
	*wire
	signs    bool
	level    security.Level
	contexts map[uint32]*toy
}

func (w *wire) signer(level security.Level, signs bool) *signer {
	return &signer{wire: w, level: level, signs: signs, contexts: map[uint32]*toy{}}
}

func (s *signer) auth(id uint32, token string) *pdu.Auth {
	return &pdu.Auth{Mechanism: security.NTLM, Level: s.level, ContextID: id, Token: []byte(token)}
}

func (s *signer) header(call uint32) pdu.Header {
	h := pdu.Header{Flags: pdu.SingleFragment | pdu.Multiplex, CallID: call}
	if s.signs {
		h.Flags |= pdu.SignHeader
	}
	return h
}

// signIn makes a security context: by the bind, or by an alter_context.
func (s *signer) signIn(t pdu.Type, id uint32) {
	s.t.Helper()
	b := plainBind()
	s.send(b.Append(nil, t, s.header(1), s.auth(id, "hello")))
	p := s.next()
	if p == nil || string(p.Auth.Token) != "challenge" || p.Auth.ContextID != id || p.Flags.Has(pdu.SignHeader) != s.signs {
		s.t.Fatalf("%+v", p)
	}
	s.send(pdu.AppendAuth3(nil, s.header(1), s.auth(id, "last")))
	s.contexts[id] = &toy{key: []byte("key")}
}

// call makes a call in a security context.
func (s *signer) call(context, id uint32, opnum uint16, stub []byte, change func(b []byte)) {
	s.t.Helper()
	a := s.auth(context, string(make([]byte, toySignature)))
	r := pdu.Request{Opnum: opnum, Stub: stub}
	b := r.Append(nil, pdu.Header{Flags: pdu.SingleFragment, CallID: id}, a)
	p, err := pdu.Parse(b)
	if err != nil {
		s.t.Fatal(err)
	}
	if s.level >= security.Integrity {
		signature, err := s.contexts[context].Protect(s.level, p.Fragment(s.signs))
		if err != nil {
			s.t.Fatal(err)
		}
		copy(p.Auth.Token, signature)
	}
	if change != nil {
		change(b)
	}
	s.send(b)
}

// done wants the response to a call of opRepeat.
func (s *signer) done(context uint32, want []byte) {
	s.t.Helper()
	p := s.next()
	if p == nil {
		s.t.Fatal("the connection ended where a response was due")
	}
	if s.level >= security.Integrity && p.AuthLength > 0 {
		if err := s.contexts[context].Open(s.level, p.Fragment(s.signs), p.Auth.Token); err != nil {
			s.t.Fatal(err)
		}
	}
	r, err := p.Response()
	if err != nil || string(r.Stub) != string(stub(want)) || (p.AuthLength > 0) != (s.level >= security.Integrity) {
		s.t.Fatalf("%s %q, %v", p.Type, r.Stub, err)
	}
}

func TestServerKeepsManySecurityContexts(t *testing.T) {
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{newServant().offer()}, Acceptor: alice})
	for _, signs := range []bool{true, false} {
		for _, level := range []security.Level{security.Connect, security.Integrity, security.Privacy} {
			t.Run(fmt.Sprint(level, signs), func(t *testing.T) {
				w := connect(t, s).signer(level, signs)
				w.signIn(pdu.TypeBind, 1)
				w.signIn(pdu.TypeAlterContext, 0xFFFFFFFF)
				w.signIn(pdu.TypeAlterContext, 7)
				for n := range uint32(20) {
					context := []uint32{1, 0xFFFFFFFF, 7}[n%3]
					w.call(context, n, opRepeat, stub(noise(0)), nil)
					w.done(context, nil)
				}
			})
		}
	}
}

func TestServerBoundsSecurityContexts(t *testing.T) {
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{newServant().offer()}, Acceptor: alice})
	w := connect(t, s).signer(security.Privacy, true)
	w.signIn(pdu.TypeBind, 0)
	for id := uint32(1); id < 64; id++ {
		w.signIn(pdu.TypeAlterContext, id)
	}
	b := plainBind()
	w.send(b.Append(nil, pdu.TypeAlterContext, w.header(2), w.auth(64, "hello")))
	w.faulted(rpc.FaultLimit)
	w.call(3, 9, opRepeat, stub(nil), nil)
	w.done(3, nil)
}

func TestServerDisconnectsWhoForgesSignatures(t *testing.T) {
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{newServant().offer()}, Acceptor: alice})
	for name, c := range map[string]struct {
		change func(b []byte)
		plain  bool // it passes where headers are not signed
	}{
		"body":      {func(b []byte) { b[24] ^= 1 }, false},
		"padding":   {func(b []byte) { b[24+15] ^= 1 }, false},
		"signature": {func(b []byte) { b[len(b)-1] ^= 1 }, false},
		"level":     {func(b []byte) { b[len(b)-toySignature-7]-- }, false},
		"mechanism": {func(b []byte) { b[len(b)-toySignature-8] = byte(security.Kerberos) }, false},
		"opnum":     {func(b []byte) { b[22] ^= 1 }, true},
		"call":      {func(b []byte) { b[12] ^= 1 }, true},
	} {
		for _, level := range []security.Level{security.Integrity, security.Privacy} {
			t.Run(fmt.Sprint(name, level), func(t *testing.T) {
				w := connect(t, s).signer(level, true)
				w.signIn(pdu.TypeBind, 1)
				w.call(1, 2, opRepeat, stub(nil), nil)
				w.done(1, nil)
				w.call(1, 3, opRepeat, stub(nil), c.change)
				w.faulted(rpc.FaultSecurity)
				w.gone()
			})
		}
	}
	t.Run("replay", func(t *testing.T) {
		w := connect(t, s).signer(security.Privacy, true)
		w.signIn(pdu.TypeBind, 1)
		var again []byte
		w.call(1, 2, opRepeat, stub(nil), func(b []byte) { again = append(again, b...) })
		w.done(1, nil)
		w.send(again)
		w.faulted(rpc.FaultSecurity)
		w.gone()
	})
	t.Run("no signature", func(t *testing.T) {
		w := connect(t, s).signer(security.Privacy, true)
		w.signIn(pdu.TypeBind, 1)
		w.request(2, opWho, pdu.SingleFragment, stub(nil))
		w.faulted(rpc.FaultAccessDenied)
	})
	t.Run("half a request", func(t *testing.T) {
		// Its second fragment comes from somebody else.
		w := connect(t, s).signer(security.Privacy, true)
		w.signIn(pdu.TypeBind, 1)
		w.call(1, 2, opRepeat, stub(nil)[:2], func(b []byte) {})
		w.faulted(rpc.FaultBadStub)
		w.request(3, opRepeat, pdu.FirstFragment, []byte{0, 0})
		w.call(1, 3, opRepeat, []byte{0, 0}, nil)
		w.faulted(rpc.FaultProtocol)
		w.gone()
	})
}

// At Connect a client need not repeat the security context that there is one of.
func TestServerFindsTheOnlySecurityContext(t *testing.T) {
	i := newServant().offer()
	i.Levels = map[int]security.Level{opWho: security.Connect}
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{i}, Acceptor: alice})
	w := connect(t, s).signer(security.Connect, false)
	w.signIn(pdu.TypeBind, 1)
	w.request(2, opWho, pdu.SingleFragment, stub(nil))
	w.answered(2, []byte(`HUB\alice connect`))
	w.signIn(pdu.TypeAlterContext, 2)
	w.request(3, opWho, pdu.SingleFragment, stub(nil))
	w.faulted(rpc.FaultAccessDenied)
}

func TestServerRefusesTokens(t *testing.T) {
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{newServant().offer()}, Acceptor: alice})
	nak := func(w *wire, want pdu.Rejection) {
		t.Helper()
		p := w.next()
		if p == nil {
			t.Fatal("the connection ended where a bind_nak was due")
		}
		if n, err := p.BindNak(); err != nil || n.Reason != want {
			t.Error(p.Type, n.Reason, err)
		}
		w.gone()
	}
	b := plainBind()
	for name, c := range map[string]struct {
		auth pdu.Auth
		want pdu.Rejection
	}{
		"mechanism": {pdu.Auth{Mechanism: security.Kerberos, Level: security.Privacy, Token: []byte("hello")}, pdu.RejectMechanism},
		"level":     {pdu.Auth{Mechanism: security.NTLM, Level: 7, Token: []byte("hello")}, pdu.RejectMechanism},
		"no level":  {pdu.Auth{Mechanism: security.NTLM, Level: security.None, Token: []byte("hello")}, pdu.RejectMechanism},
		"token":     {pdu.Auth{Mechanism: security.NTLM, Level: security.Privacy, Token: []byte("hell")}, pdu.RejectToken},
		"panic":     {pdu.Auth{Mechanism: security.NTLM, Level: security.Privacy, Token: []byte("panic")}, pdu.RejectToken},
	} {
		t.Run(name, func(t *testing.T) {
			w := connect(t, s).signer(security.Privacy, false)
			w.send(b.Append(nil, pdu.TypeBind, w.header(1), &c.auth))
			nak(w.wire, c.want)
		})
	}
	t.Run("auth3", func(t *testing.T) {
		w := connect(t, s).signer(security.Privacy, false)
		w.send(b.Append(nil, pdu.TypeBind, w.header(1), w.auth(1, "hello")))
		w.next()
		w.send(pdu.AppendAuth3(nil, w.header(1), w.auth(1, "wrong")))
		w.contexts[1] = &toy{key: []byte("key")}
		w.call(1, 2, opRepeat, stub(nil), nil)
		w.faulted(rpc.FaultAccessDenied)
		w.send(pdu.AppendAuth3(nil, w.header(1), w.auth(1, "last"))) // too late
		w.gone()
	})
	t.Run("alter_context", func(t *testing.T) {
		w := connect(t, s).signer(security.Privacy, true)
		w.signIn(pdu.TypeBind, 1)
		for id, c := range []struct {
			auth pdu.Auth
			want rpc.Fault
		}{
			{pdu.Auth{Mechanism: security.NTLM, Level: security.Privacy, ContextID: 5, Token: []byte("wrong")}, rpc.FaultAccessDenied},
			{pdu.Auth{Mechanism: security.NTLM, Level: security.Privacy, ContextID: 5, Token: []byte("hello")}, rpc.FaultAccessDenied},
			{pdu.Auth{Mechanism: security.NTLM, Level: security.Privacy, ContextID: 1, Token: []byte("hello")}, rpc.FaultAccessDenied},
			{pdu.Auth{Mechanism: security.Kerberos, Level: security.Privacy, ContextID: 6, Token: []byte("hello")}, rpc.FaultMechanism},
		} {
			w.send(b.Append(nil, pdu.TypeAlterContext, w.header(uint32(10+id)), &c.auth))
			w.faulted(c.want)
		}
		w.call(1, 2, opRepeat, stub(nil), nil) // what was there is there
		w.done(1, nil)
	})
	t.Run("nobody signs in", func(t *testing.T) {
		s := serve(t, rpc.Options{Interfaces: []rpc.Interface{newServant().offer()}})
		c := dial(t, s, signedIn(security.Privacy))
		if _, err := c.Bind(context.Background(), withSyntax(repeater)); !errors.Is(err, rpc.ErrSignIn) {
			t.Error(err)
		}
	})
}

func TestServerChecksVerificationTrailers(t *testing.T) {
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{newServant().offer(), machines()}})
	here := pdu.SyntaxOf(repeater)
	good := func() pdu.Verification {
		return pdu.Verification{
			Context: &pdu.VerifiedSyntax{Abstract: here, Transfer: pdu.NDR},
			Header:  &pdu.VerifiedHeader{Type: pdu.TypeRequest, DRep: [4]byte{0x10}, CallID: 2, Opnum: opRepeat},
		}
	}
	for name, change := range map[string]func(v *pdu.Verification){
		"":            func(*pdu.Verification) {},
		"interface":   func(v *pdu.Verification) { v.Context.Abstract = pdu.SyntaxOf(qmmgmt.QmmgmtSyntaxV1_0) },
		"transfer":    func(v *pdu.Verification) { v.Context.Transfer = pdu.NDR64 },
		"opnum":       func(v *pdu.Verification) { v.Header.Opnum++ },
		"call":        func(v *pdu.Verification) { v.Header.CallID++ },
		"context":     func(v *pdu.Verification) { v.Header.Context++ },
		"order":       func(v *pdu.Verification) { v.Header.DRep[0] = 0 },
		"type":        func(v *pdu.Verification) { v.Header.Type = pdu.TypeResponse },
		"header sign": func(v *pdu.Verification) { v.SignHeader = true },
	} {
		t.Run(name, func(t *testing.T) {
			w := connect(t, s)
			w.bind(0)
			v := good()
			change(&v)
			w.request(2, opRepeat, pdu.SingleFragment, v.Append(stub([]byte("hi"))))
			if name == "" {
				w.answered(2, []byte("hi"))
			} else {
				w.faulted(rpc.FaultAccessDenied)
			}
		})
	}
	w := connect(t, s)
	w.bind(pdu.SignHeader)
	v := good()
	v.SignHeader = true
	w.request(2, opRepeat, pdu.SingleFragment, v.Append(stub([]byte("hi"))))
	w.answered(2, []byte("hi"))
	w.request(3, opRepeat, pdu.SingleFragment, append(stub(nil), bytesOf(t, "8a e3 13 71 02 f4 36 71 05 c0 04 00 00 00 00 00")...))
	w.faulted(rpc.FaultAccessDenied)
	w.request(4, opRepeat, pdu.SingleFragment, append(stub(nil), bytesOf(t, "8a e3 13 71 02 f4 36 71 01 00")...))
	w.faulted(rpc.FaultBadStub)
}
