package rpc_test

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	qmmgmt "github.com/oiweiwei/go-msrpc/msrpc/mqmr/qmmgmt/v1"

	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/pdu"
	"posthouse/localqm/rpc/security"
	"posthouse/localqm/secure"
)

func bytesOf(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// honest wants a server to serve somebody else as before.
func honest(t *testing.T, s *rpc.Server) {
	t.Helper()
	repeated(t, bind(t, dial(t, s, rpc.DialOptions{}), repeater), noise(100))
}

// R01, R02, R06 of the hostile rows, and what else is no PDU for a server.
func TestServerDisconnectsWhoDoesNotSpeakRPC(t *testing.T) {
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{newServant().offer()}, Acceptor: alice})
	head := "05 00 00 03 10 00 00 00 "
	for name, c := range map[string]struct {
		bytes       string
		bound, says bool
	}{
		"HTTP":                         {hex.EncodeToString([]byte("GET / HTTP/1.1\r\nHost: hub\r\n\r\n")), false, false},
		"version 4":                    {"04 00 0b 03 10 00 00 00 48 00 00 00 01 00 00 00", false, false},
		"frag_length 0":                {head + "00 00 00 00 01 00 00 00", true, false},
		"frag_length 15":               {head + "0f 00 00 00 01 00 00 00", true, false},
		"frag_length FFFF":             {head + "ff ff 00 00 01 00 00 00", true, false},
		"auth_length beyond":           {head + "20 00 ff ff 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00", true, false},
		"padding 255":                  {head + "30 00 08 00 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 0a 06 ff 00 00 00 00 00 00 00 00 00 00 00 00 00", true, false},
		"request before bind":          {head + "18 00 00 00 01 00 00 00 00 00 00 00 00 00 00 00", false, true},
		"alter_context before bind":    {"05 00 0e 03 10 00 00 00 1c 00 00 00 01 00 00 00 d0 16 d0 16 00 00 00 00 00 00 00 00", false, false},
		"response":                     {"05 00 02 03 10 00 00 00 18 00 00 00 01 00 00 00 00 00 00 00 00 00 00 00", true, false},
		"bind_ack":                     {"05 00 0c 03 10 00 00 00 10 00 00 00 01 00 00 00", true, false},
		"type 250":                     {"05 00 fa 03 10 00 00 00 10 00 00 00 01 00 00 00", true, false},
		"shutdown":                     {"05 00 11 03 10 00 00 00 10 00 00 00 01 00 00 00", true, false},
		"auth3 of nothing":             {"05 00 10 03 10 00 00 00 14 00 00 00 01 00 00 00 00 00 00 00", true, false},
		"unmade security context":      {head + "30 00 08 00 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 0a 06 00 00 01 00 00 00 00 00 00 00 00 00 00 00", true, true},
		"second bind":                  {"05 00 0b 03 10 00 00 00 1c 00 00 00 01 00 00 00 d0 16 d0 16 00 00 00 00 00 00 00 00", true, true},
		"bind that ends":               {"05 00 0b 03 10 00 00 00 14 00 00 00 01 00 00 00 d0 16 d0 16", false, true},
		"bind of tiny fragments":       {"05 00 0b 03 10 00 00 00 1c 00 00 00 01 00 00 00 d0 16 08 00 00 00 00 00 00 00 00 00", false, true},
		"LAST without FIRST":           {"05 00 00 02 10 00 00 00 18 00 00 00 09 00 00 00 00 00 00 00 00 00 00 00", true, true},
		"neither FIRST nor LAST":       {"05 00 00 00 10 00 00 00 18 00 00 00 09 00 00 00 00 00 00 00 00 00 00 00", true, true},
		"255 contexts of 255 syntaxes": {"05 00 0b 03 10 00 00 00 34 00 00 00 01 00 00 00 d0 16 d0 16 00 00 00 00 ff 00 00 00 00 00 ff 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := connect(t, s)
			if c.bound {
				w.bind(pdu.Multiplex)
			}
			w.send(bytesOf(t, c.bytes))
			if c.says {
				if p := w.next(); p == nil || p.Type != pdu.TypeFault && p.Type != pdu.TypeBindNak {
					t.Error("neither fault nor bind_nak")
				}
			}
			w.gone()
		})
	}
	honest(t, s)
}

// S2: every PDU cut off at every byte, and then the end.
func TestServerOutlivesWhatIsCutOff(t *testing.T) {
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{newServant().offer()}, Limits: rpc.Limits{PerAddress: 1000}})
	b := plainBind()
	whole := b.Append(nil, pdu.TypeBind, pdu.Header{Flags: pdu.SingleFragment, CallID: 1}, nil)
	r := pdu.Request{Opnum: opRepeat, Stub: stub(noise(20))}
	whole = r.Append(whole, pdu.Header{Flags: pdu.SingleFragment, CallID: 2}, nil)
	for n := range whole {
		w := connect(t, s)
		w.send(whole[:n])
		_ = w.nc.Close()
	}
	honest(t, s)
}

// A PDU that stalls, a request that does, and a connection that does nothing.
func TestServerDisconnectsWhoStalls(t *testing.T) {
	short := rpc.Limits{PDU: 50 * time.Millisecond, SignIn: time.Hour}
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{newServant().offer()}, Limits: short})
	w := connect(t, s)
	w.bind(0)
	w.send(bytesOf(t, "05 00 00 03 10 00 00 00"))
	w.gone()
	w = connect(t, s)
	w.bind(0)
	w.request(2, opRepeat, pdu.FirstFragment, []byte{1, 2, 3, 4})
	w.gone()
	w = connect(t, s)
	w.send(make([]byte, 1))
	w.gone()

	s = serve(t, rpc.Options{Interfaces: []rpc.Interface{newServant().offer()}, Limits: rpc.Limits{SignIn: 50 * time.Millisecond}})
	connect(t, s).gone()
	w = connect(t, s)
	w.bind(0)
	w.gone()
}

func TestServerClosesWhoIsIdle(t *testing.T) {
	m := newServant()
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{m.offer()}, Idle: 50 * time.Millisecond, Limits: rpc.Limits{SignIn: time.Hour}})
	w := connect(t, s)
	w.bind(0)
	w.request(2, opStubern, pdu.SingleFragment, stub(nil))
	<-m.began
	select { // a call is no idleness
	case m.release <- struct{}{}:
	case <-time.After(200 * time.Millisecond):
		m.release <- struct{}{}
	}
	w.answered(2, nil)
	w.gone()
}

// R04: many fragments, an alloc_hint that says it before, and a sum over all clients.
func TestServerBoundsRequests(t *testing.T) {
	i := newServant().offer()
	i.MaxStub = 10_000
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{i}, Anonymous: true})
	w := connect(t, s)
	w.bind(pdu.Multiplex)
	part := make([]byte, 4000)
	w.request(2, opRepeat, pdu.FirstFragment, part)
	w.request(2, opRepeat, 0, part)
	w.request(2, opRepeat, 0, part)
	w.faulted(rpc.FaultAccessDenied)
	for range 1000 {
		w.request(2, opRepeat, 0, part) // let pass
	}
	w.request(2, opRepeat, pdu.LastFragment, part)
	w.request(3, opRepeat, pdu.SingleFragment, stub(part))
	for n := 0; n < 4004; {
		p := w.next()
		if p == nil || p.CallID != 3 {
			t.Fatal("no answer to the call after it")
		}
		n += len(p.Body())
	}
	r := pdu.Request{Hint: 10_001, Stub: part}
	w.send(r.Append(nil, pdu.Header{Flags: pdu.FirstFragment, CallID: 4}, nil))
	w.faulted(rpc.FaultAccessDenied)

	// One that is cancelled on the way, and one that nobody wants any more.
	w.send(pdu.AppendEmpty(nil, pdu.TypeOrphaned, pdu.Header{Flags: pdu.SingleFragment, CallID: 4}))
	w.request(5, opRepeat, pdu.FirstFragment, part)
	w.send(pdu.AppendEmpty(nil, pdu.TypeCancel, pdu.Header{Flags: pdu.SingleFragment, CallID: 5}))
	w.faulted(rpc.FaultCancel)
	w.request(5, opRepeat, pdu.LastFragment, part)
	w.request(6, opRepeat, pdu.FirstFragment, part)
	w.send(pdu.AppendEmpty(nil, pdu.TypeOrphaned, pdu.Header{Flags: pdu.SingleFragment, CallID: 6}))
	w.request(7, opRepeat, pdu.SingleFragment, stub(nil))
	w.answered(7, nil)

	s = serve(t, rpc.Options{Interfaces: []rpc.Interface{newServant().offer()}, Limits: rpc.Limits{Memory: 40_000}})
	one, two := connect(t, s), connect(t, s)
	one.bind(0)
	two.bind(0)
	one.request(2, opRepeat, pdu.FirstFragment, part) // half is for all who have not signed in
	one.request(2, opRepeat, 0, part)
	one.request(2, opRepeat, 0, part)
	one.faulted(rpc.FaultOutOfMemory)
	two.request(2, opRepeat, pdu.SingleFragment, stub(nil)) // there is some again
	two.answered(2, nil)
}

// R05: requests do not mix.
func TestServerDisconnectsWhoMixesRequests(t *testing.T) {
	m := newServant()
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{m.offer()}})
	for name, script := range map[string]func(w *wire){
		"another begins": func(w *wire) { w.request(3, opRepeat, pdu.FirstFragment, nil) },
		"another ends":   func(w *wire) { w.request(3, opRepeat, pdu.LastFragment, nil) },
		"another opnum":  func(w *wire) { w.request(2, opWait, pdu.LastFragment, nil) },
		"it begins anew": func(w *wire) { w.request(2, opRepeat, pdu.FirstFragment, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			w := connect(t, s)
			w.bind(pdu.Multiplex)
			w.request(2, opRepeat, pdu.FirstFragment, stub(nil)[:2])
			script(w)
			w.faulted(rpc.FaultProtocol)
			w.gone()
		})
	}
	t.Run("a number that runs", func(t *testing.T) {
		w := connect(t, s)
		w.bind(pdu.Multiplex)
		w.request(2, opWait, pdu.SingleFragment, stub(nil))
		<-m.began
		w.request(2, opRepeat, pdu.SingleFragment, stub(nil))
		w.faulted(rpc.FaultProtocol)
	})
	honest(t, s)
}

func TestServerReassemblesTheSmallestFragments(t *testing.T) {
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{newServant().offer()}})
	w := connect(t, s)
	w.bind(0)
	in := stub(noise(100))
	for n := range in {
		flags := pdu.Flags(0)
		if n == 0 {
			flags = pdu.FirstFragment
		}
		if n == len(in)-1 {
			flags |= pdu.LastFragment
		}
		w.request(2, opRepeat, flags, in[n:n+1])
	}
	w.answered(2, in[4:])
}

// R08, R11: what NDR forbids.
func TestServerFaultsBadStubs(t *testing.T) {
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{newServant().offer(), machines()}})
	w := connect(t, s)
	b := plainBind(pdu.Context{Abstract: pdu.SyntaxOf(qmmgmt.QmmgmtSyntaxV1_0), Transfer: []pdu.Syntax{pdu.NDR}})
	w.send(b.Append(nil, pdu.TypeBind, pdu.Header{Flags: pdu.SingleFragment, CallID: 1}, nil))
	w.bound()
	object := "01 00 01 00 00 00 00 00 " // MGMT_MACHINE
	for id, c := range []string{
		"",
		"01",
		object + "01 00 00 00 ff ff ff 7f",
		object + "01 00 00 00 02 00 00 00 01 00 00 00 02 00 00 00 01 00 00 00",
		object + "ff ff ff ff 00 00 00 00 00 00 00 00",
	} {
		w.request(uint32(id), 0, pdu.SingleFragment, bytesOf(t, c))
		w.faulted(rpc.FaultBadStub)
	}
	for id, c := range []string{
		"02 00 00 00 00 00 00 00 02 00 00 00 41 00 42 00", // no NUL
		"02 00 00 00 01 00 00 00 01 00 00 00 00 00",       // offset
		"01 00 00 00 00 00 00 00 02 00 00 00 41 00 00 00", // actual > max
		"00 00 00 40 00 00 00 00 00 00 00 40 41 00 00 00", // a billion
	} {
		w.request(uint32(id), 1, pdu.SingleFragment, bytesOf(t, object+c))
		w.faulted(rpc.FaultBadStub)
	}
	w.request(99, 0, pdu.SingleFragment, bytesOf(t, object+"01 00 00 00 01 00 00 00 04 00 00 00 01 00 00 00 01 00 00 00 00 00 00 00 01 00"))
	if p := w.next(); p == nil || p.Type != pdu.TypeResponse {
		t.Error("a good stub has no response")
	}
}

// R15: pending calls have a cap, a lower one for who has not signed in, and end with
// the connection.
func TestServerBoundsCallsThatWait(t *testing.T) {
	for most, open := range map[uint32]bool{50: true, 32: false} {
		m := newServant()
		s := serve(t, rpc.Options{Interfaces: []rpc.Interface{m.offer()}, Anonymous: open, Limits: rpc.Limits{Calls: 50}})
		w := connect(t, s)
		w.bind(pdu.Multiplex)
		for id := range most {
			w.request(id, opWait, pdu.SingleFragment, stub(nil))
			<-m.began
		}
		for id := uint32(100); id < 110; id++ {
			w.request(id, opWait, pdu.SingleFragment, stub(nil))
			w.faulted(rpc.FaultBusy)
		}
		// One that is cancelled makes room for one.
		w.send(pdu.AppendEmpty(nil, pdu.TypeCancel, pdu.Header{Flags: pdu.SingleFragment, CallID: 2}))
		w.faulted(rpc.FaultCancel)
		honest(t, s)
		_ = w.nc.Close()
		_ = s.Close()
		if n := m.running.Load(); n != 0 {
			t.Errorf("%d calls run on", n)
		}
	}
}

func TestServerAnswersNothingToAnOrphan(t *testing.T) {
	m := newServant()
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{m.offer()}})
	w := connect(t, s)
	w.bind(pdu.Multiplex)
	w.request(2, opWait, pdu.SingleFragment, stub(nil))
	<-m.began
	w.send(pdu.AppendEmpty(nil, pdu.TypeOrphaned, pdu.Header{Flags: pdu.SingleFragment, CallID: 2}))
	w.send(pdu.AppendEmpty(nil, pdu.TypeOrphaned, pdu.Header{Flags: pdu.SingleFragment, CallID: 77}))
	w.send(pdu.AppendEmpty(nil, pdu.TypeCancel, pdu.Header{Flags: pdu.SingleFragment, CallID: 77}))
	for id := uint32(3); id < 20; id++ {
		w.request(id, opRepeat, pdu.SingleFragment, stub(nil))
		w.answered(id, nil)
	}
}

func TestServerBoundsConnections(t *testing.T) {
	m := newServant()
	s := serve(t, rpc.Options{
		Interfaces: []rpc.Interface{m.offer()}, Acceptor: &crowd{},
		Limits: rpc.Limits{Connections: 10, PerAddress: 3},
	})
	var guests []*wire
	for range 3 {
		w := connect(t, s)
		w.bind(0)
		guests = append(guests, w)
	}
	connect(t, s).gone()
	// Who signs in does not count.
	_ = guests[0].nc.Close()
	for range 8 {
		for s.Stats().Connections == 0 {
			t.Fatal("nobody is there")
		}
		signInEventually(t, s)
	}
	connect(t, s).gone()
	if st := s.Stats(); st.Connections != 10 || st.Refused < 2 {
		t.Errorf("%+v", st)
	}
}

// crowd signs every client in as somebody else.
type crowd struct{ users atomic.Uint32 }

func (c *crowd) Accept(m security.Mechanism, from netip.Addr) (security.Context, error) {
	n := c.users.Add(1)
	return gate{security.Identity{
		Account: fmt.Sprint("user ", n), Token: secure.Token{User: secure.UnixUser(n)}, Mechanism: security.NTLM,
	}}.Accept(m, from)
}

func TestAUserHasHalfOfTheConnections(t *testing.T) {
	s := serve(t, rpc.Options{
		Interfaces: []rpc.Interface{newServant().offer()}, Acceptor: alice, Limits: rpc.Limits{Connections: 6},
	})
	for range 3 {
		signInEventually(t, s)
	}
	fourth := dial(t, s, signedIn(security.Privacy))
	if b, err := fourth.Bind(t.Context(), withSyntax(repeater)); err == nil {
		_, err = invoke(t.Context(), b, opRepeat, nil)
		if err == nil {
			t.Error("alice has more than half of the connections")
		}
	}
	if st := s.Stats(); st.Refused != 1 {
		t.Errorf("%+v", st)
	}
	_ = fourth.Close(t.Context())
	repeated(t, bind(t, dial(t, s, rpc.DialOptions{}), repeater), noise(10)) // somebody else
}

// signInEventually signs in, as soon as there is room.
func signInEventually(t *testing.T, s *rpc.Server) {
	t.Helper()
	for {
		c, err := rpc.Dial(t.Context(), s.Addr().String(), signedIn(security.Privacy))
		if err != nil {
			t.Fatal(err)
		}
		b, err := c.Bind(t.Context(), withSyntax(repeater))
		if err == nil {
			t.Cleanup(func() { _ = c.Close(t.Context()) })
			repeated(t, b, noise(10))
			return
		}
		_ = c.Close(t.Context())
	}
}

// R03, honestly: as many contexts as fit into a PDU, again and again.
func TestServerBoundsPresentationContexts(t *testing.T) {
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{newServant().offer()}})
	w := connect(t, s)
	w.bind(0)
	for n := range uint16(10) {
		b := plainBind()
		for i := range uint16(250) {
			x := b.Contexts[0]
			x.ID = 1 + n*250 + i
			b.Contexts = append(b.Contexts, x)
		}
		w.send(b.Append(nil, pdu.TypeAlterContext, pdu.Header{Flags: pdu.SingleFragment, CallID: 2}, nil))
		p := w.next()
		if p == nil {
			t.Fatal("the connection ended without a word")
		}
		if p.Type == pdu.TypeFault {
			if n < 4 {
				t.Error(n)
			}
			w.gone()
			return
		}
	}
	t.Error("no limit")
}

// A client that calls and takes no answers fills what is between, and no more.
func TestServerDisconnectsWhoTakesNoAnswers(t *testing.T) {
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{newServant().offer()}, Limits: rpc.Limits{Write: 100 * time.Millisecond, Calls: 20}})
	w := connect(t, s)
	_ = w.nc.(*net.TCPConn).SetReadBuffer(4096)
	w.bind(pdu.Multiplex)
	in := stub(make([]byte, 500))
	for id := uint32(2); ; id++ {
		r := pdu.Request{Opnum: opLonger, Stub: in}
		if _, err := w.nc.Write(r.Append(nil, pdu.Header{Flags: pdu.SingleFragment, CallID: id}, nil)); err != nil {
			break
		}
		if id > 100_000 {
			t.Fatal("the server takes calls for ever")
		}
	}
	honest(t, s)
}

func TestServerTakesBigEndianClients(t *testing.T) {
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{newServant().offer()}})
	w := connect(t, s)
	w.bind(0)
	b := []byte{5, 0, 0, 3, 0, 0, 0, 0}
	b = binary.BigEndian.AppendUint16(b, 24+4+3)
	b = binary.BigEndian.AppendUint16(b, 0)
	b = binary.BigEndian.AppendUint32(b, 9)
	b = append(b, make([]byte, 8)...)
	b = append(binary.BigEndian.AppendUint32(b, 3), "abc"...)
	w.send(b)
	w.answered(9, []byte("abc"))
}
