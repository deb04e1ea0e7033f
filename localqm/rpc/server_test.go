package rpc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/oiweiwei/go-msrpc/dcerpc"
	"github.com/oiweiwei/go-msrpc/msrpc/dcetypes"
	"github.com/oiweiwei/go-msrpc/msrpc/dtyp"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/pdu"
	"posthouse/localqm/rpc/security"
)

func handleOf(b []byte) dcetypes.ContextHandle {
	g, err := dtyp.GUIDFromBytes(b)
	if err != nil {
		return dcetypes.ContextHandle{}
	}
	return dcetypes.ContextHandle{UUID: g}
}

func TestServerAnswersAtEveryLevel(t *testing.T) {
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{newServant().offer()}, Acceptor: alice})
	for _, level := range []security.Level{security.None, security.Connect, security.Packet, security.Integrity, security.Privacy} {
		t.Run(level.String(), func(t *testing.T) {
			o := rpc.DialOptions{}
			if level != security.None {
				o = signedIn(level)
			}
			b := bind(t, dial(t, s, o), repeater)
			for _, n := range []int{0, 1, 15, 16, 5700, 5800, 60_000} {
				repeated(t, b, noise(n))
			}
			got, err := invoke(context.Background(), b, opLonger, noise(300))
			if err != nil || len(got) != 300_000 {
				t.Error(err, len(got))
			}
		})
	}
}

func TestServerTakesLongRequestsOfWhoIsSignedIn(t *testing.T) {
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{newServant().offer()}, Acceptor: alice})
	repeated(t, bind(t, dial(t, s, signedIn(security.Privacy)), repeater), noise(4<<20))
	var f rpc.Fault
	_, err := invoke(context.Background(), bind(t, dial(t, s, rpc.DialOptions{}), repeater), opRepeat, noise(70_000))
	if !errors.As(err, &f) || f != rpc.FaultAccessDenied {
		t.Error(err)
	}
}

func TestServerKnowsTheCaller(t *testing.T) {
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{newServant().offer()}, Acceptor: alice})
	got, err := invoke(context.Background(), bind(t, dial(t, s, signedIn(security.Privacy)), repeater), opWho, nil)
	if err != nil || string(got) != `HUB\alice privacy` {
		t.Error(err, string(got))
	}
}

func TestServerRefusesTooLittleProtection(t *testing.T) {
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{newServant().offer()}, Acceptor: alice})
	open := serve(t, rpc.Options{Interfaces: []rpc.Interface{newServant().offer()}, Acceptor: alice, Anonymous: true})
	for _, c := range []struct {
		server *rpc.Server
		o      rpc.DialOptions
		want   string // empty: refused
	}{
		{s, rpc.DialOptions{}, ""},
		{s, signedIn(security.Connect), ""},
		{s, signedIn(security.Integrity), ""},
		{s, signedIn(security.Privacy), `HUB\alice privacy`},
		{open, rpc.DialOptions{}, " none"},
		{open, signedIn(security.Integrity), ""},
	} {
		b := bind(t, dial(t, c.server, c.o), repeater)
		repeated(t, b, noise(10)) // which needs none
		got, err := invoke(context.Background(), b, opWho, nil)
		var f rpc.Fault
		if c.want == "" && (!errors.As(err, &f) || f != rpc.FaultAccessDenied) || string(got) != c.want {
			t.Errorf("%v: %q, %v", c.o.Level, got, err)
		}
	}
}

func TestServerOffersPrivacyUnlessItIsSaid(t *testing.T) {
	i := newServant().offer()
	i.Level, i.Levels = 0, nil
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{i}, Acceptor: alice})
	var f rpc.Fault
	if _, err := invoke(context.Background(), bind(t, dial(t, s, signedIn(security.Integrity)), repeater), opRepeat, nil); !errors.As(err, &f) || f != rpc.FaultAccessDenied {
		t.Error(err)
	}
}

func TestServerTellsFaults(t *testing.T) {
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{newServant().offer()}})
	b := bind(t, dial(t, s, rpc.DialOptions{}), repeater)
	for _, c := range []struct {
		opnum int
		want  error
	}{
		{opFail, mq.ErrQueueNotFound},
		{opPanic, rpc.FaultUnspecified},
		{opDecode, rpc.FaultUnspecified},
		{opUnknown, rpc.FaultOperation},
		{0xFFFF, rpc.FaultOperation},
	} {
		if _, err := invoke(context.Background(), b, c.opnum, nil); !errors.Is(err, c.want) {
			t.Errorf("%d: %v, not %v", c.opnum, err, c.want)
		}
		repeated(t, b, noise(10)) // the connection goes on
	}
}

func TestServerFaultsReachWhoIsSignedIn(t *testing.T) {
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{newServant().offer()}, Acceptor: alice})
	b := bind(t, dial(t, s, signedIn(security.Privacy)), repeater)
	for range 3 {
		if _, err := invoke(context.Background(), b, opFail, nil); !errors.Is(err, mq.ErrQueueNotFound) {
			t.Error(err)
		}
		repeated(t, b, noise(10))
	}
}

func TestServerRunsManyCallsAtOnce(t *testing.T) {
	m := newServant()
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{m.offer()}, Acceptor: alice})
	b := bind(t, dial(t, s, signedIn(security.Privacy)), repeater)
	var wait sync.WaitGroup
	for n := range 20 {
		wait.Go(func() {
			in := noise(n * 1000)
			got, err := invoke(context.Background(), b, opStubern, in)
			if err != nil || !bytes.Equal(got, in) {
				t.Error(err, len(got))
			}
		})
		<-m.began
	}
	repeated(t, b, noise(10)) // overtakes them
	close(m.release)
	wait.Wait()
}

func TestServerCancelsACall(t *testing.T) {
	m := newServant()
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{m.offer()}})
	b := bind(t, dial(t, s, rpc.DialOptions{}), repeater)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-m.began
		cancel()
	}()
	_, err := invoke(ctx, b, opWait, nil)
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	repeated(t, b, noise(10))
	if m.running.Load() != 0 {
		t.Error("the call still runs")
	}
}

func TestServerRunsHandlesDownWhenTheClientHasGone(t *testing.T) {
	m := newServant()
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{m.offer()}})
	c := dial(t, s, rpc.DialOptions{})
	b := bind(t, c, repeater)
	kept, err := invoke(context.Background(), b, opOpen, []byte("kept"))
	if err != nil {
		t.Fatal(err)
	}
	closed, err := invoke(context.Background(), b, opOpen, []byte("closed"))
	if err != nil {
		t.Fatal(err)
	}
	if v, err := invoke(context.Background(), b, opFind, kept); err != nil || string(v) != "kept" {
		t.Error(err, string(v))
	}
	if _, err := invoke(context.Background(), b, opClose, closed); err != nil {
		t.Error(err)
	}
	if _, err := invoke(context.Background(), b, opFind, closed); !errors.Is(err, rpc.FaultContextMismatch) {
		t.Error(err)
	}
	go func() { _, _ = invoke(context.Background(), b, opWait, nil) }()
	<-m.began
	_ = c.Close(context.Background())
	if n := <-m.rundown; n != 0 {
		t.Error("a handle was run down while a call ran")
	}
	select {
	case <-m.rundown:
		t.Error("the closed handle was run down")
	default:
	}
}

// A client is more than one connection, also to different ports of a machine.
func TestServerSharesHandlesWithinAnAssociationGroup(t *testing.T) {
	m := newServant()
	groups := rpc.NewGroups()
	one := serve(t, rpc.Options{Interfaces: []rpc.Interface{m.offer()}, Groups: groups})
	two := serve(t, rpc.Options{Interfaces: []rpc.Interface{m.offer()}, Groups: groups})

	first := connect(t, one)
	ack := first.bind(0)
	first.request(2, opOpen, pdu.SingleFragment, stub([]byte("box")))
	p := first.next()
	if p == nil || p.Type != pdu.TypeResponse {
		t.Fatal("no handle")
	}
	handle := p.Body()[4:20]

	join := func(s *rpc.Server, group uint32) *wire {
		w := connect(t, s)
		b := plainBind()
		b.Group = group
		w.send(b.Append(nil, pdu.TypeBind, pdu.Header{Flags: pdu.SingleFragment, CallID: 1}, nil))
		return w
	}
	second := join(two, ack.Group)
	if again := second.bound(); again.Group != ack.Group {
		t.Error(again.Group)
	}
	_ = first.nc.Close()
	second.request(2, opFind, pdu.SingleFragment, stub(handle))
	second.answered(2, []byte("box"))

	stranger := connect(t, two)
	stranger.bind(0)
	stranger.request(2, opFind, pdu.SingleFragment, stub(handle))
	stranger.faulted(rpc.FaultContextMismatch)

	unknown := join(two, ack.Group+1)
	if p := unknown.next(); p == nil || p.Type != pdu.TypeBindNak {
		t.Error("a group that does not exist was joined")
	}
	unknown.gone()

	_ = second.nc.Close()
	<-m.rundown
}

func TestServerClosesWhenItsCallsHaveEnded(t *testing.T) {
	m := newServant()
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{m.offer()}})
	b := bind(t, dial(t, s, rpc.DialOptions{}), repeater)
	failed := make(chan error, 1)
	go func() {
		_, err := invoke(context.Background(), b, opWait, nil)
		failed <- err
	}()
	<-m.began
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if m.running.Load() != 0 || m.ended.Load() != 1 {
		t.Error("a call runs after Close")
	}
	if err := <-failed; !errors.Is(err, rpc.ErrBroken) {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", s.Addr().String()); err == nil {
		t.Error("it still listens")
	}
	if err := s.Close(); err != nil {
		t.Error("closing twice:", err)
	}
}

func TestServerNegotiatesWhatItCan(t *testing.T) {
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{newServant().offer()}})
	w := connect(t, s)
	here := pdu.SyntaxOf(repeater)
	newer := here
	newer.Minor = 1
	b := plainBind(
		pdu.Context{ID: 5, Abstract: here, Transfer: []pdu.Syntax{pdu.NDR64, pdu.NDR}},
		pdu.Context{ID: 6, Abstract: here, Transfer: []pdu.Syntax{pdu.NDR64}},
		pdu.Context{ID: 7, Abstract: pdu.SyntaxOf(other), Transfer: []pdu.Syntax{pdu.NDR}},
		pdu.Context{ID: 8, Abstract: here, Transfer: []pdu.Syntax{pdu.Features(0xFF).Syntax()}},
		pdu.Context{ID: 9, Abstract: newer, Transfer: []pdu.Syntax{pdu.NDR}},
	)
	b.MaxReceive, b.MaxTransmit = 1001, 9000
	w.send(b.Append(nil, pdu.TypeBind, pdu.Header{Flags: pdu.SingleFragment, CallID: 1}, nil))
	p := w.next()
	ack, err := p.BindAck()
	if err != nil {
		t.Fatal(err)
	}
	port := s.Addr().(*net.TCPAddr).Port
	if ack.MaxTransmit != 1000 || ack.MaxReceive != pdu.MaxFragment || ack.Group == 0 || ack.Secondary != fmt.Sprint(port) || p.Flags != pdu.SingleFragment {
		t.Errorf("%+v", ack)
	}
	want := []pdu.Result{
		{Answer: pdu.Accepted, Transfer: pdu.NDR},
		{Answer: pdu.ProviderRejected, Reason: pdu.ReasonTransferSyntaxes},
		{Answer: pdu.ProviderRejected, Reason: pdu.ReasonAbstractSyntax},
		{Answer: pdu.FeaturesAnswer, Reason: 3},
		{Answer: pdu.ProviderRejected, Reason: pdu.ReasonAbstractSyntax},
	}
	for i, r := range ack.Results {
		if r != want[i] {
			t.Errorf("%d: %+v", i, r)
		}
	}
	r := pdu.Request{Context: 5, Opnum: opRepeat, Stub: stub(noise(3000)), Hint: 3004}
	w.send(r.Append(nil, pdu.Header{Flags: pdu.SingleFragment, CallID: 2}, nil))
	for n := 0; ; {
		p := w.next()
		if p == nil || int(p.Length) > 1000 {
			t.Fatal("no response, or a fragment too long")
		}
		n += len(p.Body())
		if p.Flags.Has(pdu.LastFragment) {
			if n != 3004 {
				t.Error(n)
			}
			break
		}
	}
	r.Context = 6
	w.send(r.Append(nil, pdu.Header{Flags: pdu.SingleFragment, CallID: 3}, nil))
	w.faulted(rpc.FaultInterface)
}

func TestServerTakesClientsThatDoOneThingAtATime(t *testing.T) {
	m := newServant()
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{m.offer()}})
	w := connect(t, s)
	w.bind(0)
	for id := uint32(2); id < 50; id++ {
		in := noise(int(id))
		w.request(7, opRepeat, pdu.SingleFragment, stub(in)) // the same number again
		w.answered(7, in)
	}
	w.request(100, opWait, pdu.SingleFragment, stub(nil))
	<-m.began
	w.request(101, opRepeat, pdu.SingleFragment, stub(nil))
	w.faulted(rpc.FaultProtocol)
	w.gone()
}

// The library's own client, and its stubs.
func TestServerAnswersTheLibrarysClient(t *testing.T) {
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{machines()}})
	ctx := context.Background()
	port := s.Addr().(*net.TCPAddr).Port
	cc, err := dcerpc.Dial(ctx, "127.0.0.1", dcerpc.WithEndpoint(fmt.Sprintf("ncacn_ip_tcp:[%d]", port)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cc.Close(ctx) }()
	askMachine(t, cc, dcerpc.WithInsecure())
}

func TestServerAnswersOurClient(t *testing.T) {
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{machines()}})
	askMachine(t, dial(t, s, rpc.DialOptions{}))
}

func TestServerLogsNothingThatAClientWrote(t *testing.T) {
	log := &lines{}
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{newServant().offer()}, Log: log.logger()})
	w := connect(t, s)
	w.bind(0)
	w.send([]byte("\x05\x00\x07\x03\x10\x00\x00\x00\x20\x00\x00\x00\x00\x00\x00\x00\x1b[2J\nINFO fine      "))
	w.gone()
	_ = s.Close()
	if got := log.String(); strings.Count(got, "\n") != 1 || strings.Contains(got, "\x1b") || strings.Contains(got, "fine") {
		t.Errorf("%q", got)
	}
	if n := s.Stats().Violations; n != 1 {
		t.Error(n)
	}
}

func TestAnswersToRequestsThatComeTogetherAreNotHeldForWhatIsMissing(t *testing.T) {
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{newServant().offer()}})
	w := connect(t, s)
	w.bind(pdu.Multiplex)
	var all []byte
	for i, opnum := range []uint16{opRepeat, opRepeat, opFail, opWho, opRepeat, opRepeat} {
		r := pdu.Request{Opnum: opnum, Stub: stub([]byte("text"))}
		all = r.Append(all, pdu.Header{Flags: pdu.SingleFragment, CallID: uint32(2 + i)}, nil)
	}
	rest := len(all) - 10
	w.send(all[:rest])
	w.answered(2, []byte("text"))
	w.answered(3, []byte("text"))
	w.faulted(rpc.Fault(mq.ErrQueueNotFound))
	w.faulted(rpc.FaultAccessDenied)
	w.answered(6, []byte("text"))
	w.send(all[rest:])
	w.answered(7, []byte("text"))
}
