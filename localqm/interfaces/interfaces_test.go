package interfaces_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/oiweiwei/go-msrpc/dcerpc"
	"github.com/oiweiwei/go-msrpc/midl/uuid"
	qmcomm "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"
	qmcomm2 "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm2/v1"
	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"
	qmmgmt "github.com/oiweiwei/go-msrpc/msrpc/mqmr/qmmgmt/v1"
	qm2qm "github.com/oiweiwei/go-msrpc/msrpc/mqqp/qm2qm/v1"
	remoteread "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"
	"go.uber.org/goleak"

	"posthouse/localqm"
	"posthouse/localqm/interfaces"
	"posthouse/localqm/interfaces/interfacestest"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/qmtest/loopback"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/epm"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var ctx = context.Background()

// queues are the private queues that a queue manager tells a client.
func queues(c *rpc.Conn) ([]string, error) {
	client, err := qmmgmt.NewQmmgmtClient(ctx, c)
	if err != nil {
		return nil, err
	}
	out, err := client.ManagementGetInfo(ctx, &qmmgmt.ManagementGetInfoRequest{
		ObjectFormat: &qmmgmt.ManagementObject{
			Type:             qmmgmt.ManagementObjectTypeMachine,
			ManagementObject: &qmmgmt.ManagementObject_ManagementObject{Value: &qmmgmt.ManagementObject_Reserved1{}},
		},
		CreatePartition: 1, Property: []uint32{uint32(mq.PropMgmtMSMQPrivateQ)},
		Var: []*mqmq.PropertyVariant{{VT: uint16(mq.VTNull)}},
	})
	if err != nil {
		return nil, err
	}
	return out.Var[0].VarUnion.GetValue().(*mqmq.UnicodeStringArray).Elems, nil
}

func TestTwoQueueManagersAreManagedEach(t *testing.T) {
	hub, mill := interfacestest.Start(t, "HUB"), interfacestest.Start(t, "MILL")
	hub.Create(`.\private$\orders`, localqm.QueueSpec{})
	mill.Create(`.\private$\größe`, localqm.QueueSpec{})
	for q, want := range map[*interfacestest.QM]string{hub: `hub\private$\orders`, mill: `mill\private$\größe`} {
		got, err := queues(q.Dial(interfacestest.Admin))
		if err != nil || !slices.ContainsFunc(got, func(s string) bool { return strings.EqualFold(s, want) }) {
			t.Errorf("%s: %q %v", q.Name, got, err)
		}
	}
}

func TestALongListComesInManyFragments(t *testing.T) {
	q := interfacestest.Serve(t, "TEST", qmtest.StartLive(t, qmtest.Memory))
	const n = 2000
	for i := range n {
		q.Create(fmt.Sprintf(`.\private$\a-queue-with-a-long-name-number-%d`, i), localqm.QueueSpec{})
	}
	got, err := queues(q.Dial(interfacestest.Admin))
	if err != nil || len(got) != n {
		t.Errorf("%d queues, %v", len(got), err)
	}
}

func TestEveryInterfaceIsAtBothPorts(t *testing.T) {
	q := interfacestest.Start(t, "HUB")
	for _, at := range []string{q.At(), q.QMAt()} {
		c, err := rpc.Dial(ctx, at, rpc.DialOptions{Initiator: interfacestest.SignIn(interfacestest.Admin)})
		if err != nil {
			t.Fatal(err)
		}
		interfacestest.Bind(t, c, qmmgmt.NewQmmgmtClient)
		interfacestest.Bind(t, c, remoteread.NewRemoteReadClient)
		interfacestest.Bind(t, c, qm2qm.NewQm2qmClient)
		interfacestest.Bind(t, c, qmcomm.NewQmcommClient)
		interfacestest.Bind(t, c, qmcomm2.NewQmcomm2Client)
		_ = c.Close(ctx)
	}
}

// Who asks for a port has not signed in yet.
func TestAnybodyIsToldThePorts(t *testing.T) {
	q := interfacestest.Start(t, "HUB")
	rtqm, qmqm := q.Interfaces.Ports()
	c := q.Dial("")
	rr, _ := interfacestest.Bind(t, c, remoteread.NewRemoteReadClient).GetServerPort(ctx, &remoteread.GetServerPortRequest{})
	mp, _ := interfacestest.Bind(t, c, qmcomm.NewQmcommClient).GetRTQMServerPort(ctx, &qmcomm.GetRTQMServerPortRequest{})
	qp, _ := interfacestest.Bind(t, c, qm2qm.NewQm2qmClient).GetQMQMServerPort(ctx, &qm2qm.GetQMQMServerPortRequest{PortType: 1})
	if rr == nil || mp == nil || qp == nil {
		t.Fatal("no answer")
	}
	if rr.Return != uint32(rtqm) || mp.Return != uint32(rtqm) || qp.Return != uint32(qmqm) {
		t.Errorf("%d %d %d, they are %d and %d", rr.Return, mp.Return, qp.Return, rtqm, qmqm)
	}
	if _, err := queues(c); !errors.Is(err, rpc.FaultAccessDenied) {
		t.Errorf("anybody may ask more: %v", err)
	}
}

func TestSomebodyWhoIsNoAdministratorManagesNothing(t *testing.T) {
	q := interfacestest.Start(t, "HUB")
	if _, err := queues(q.Dial(interfacestest.User)); mq.CodeOf(err) != mq.ErrAccessDenied {
		t.Error(err)
	}
}

func TestAPortThatSomebodyHasIsGivenUpForTheEleventh(t *testing.T) {
	port, err := loopback.Port()
	if err != nil {
		t.Fatal(err)
	}
	first := interfacestest.Start(t, "HUB", func(o *interfaces.Options) { o.Port, o.QMPort = port, port+2 })
	second := interfacestest.Start(t, "HUB2", func(o *interfaces.Options) {
		o.Port, o.QMPort, o.Listen = port, port+2, append(o.Listen, first.Address)
	})
	if a, b := first.Interfaces.Ports(); a != port || b != port+2 {
		t.Errorf("the first has %d and %d", a, b)
	}
	if a, b := second.Interfaces.Ports(); a != port+11 || b != port+13 {
		t.Errorf("the second has %d and %d", a, b)
	}
	if _, err := queues(second.Dial(interfacestest.Admin)); err != nil {
		t.Error(err)
	}
}

func TestAPortThatCannotBeHadIsTold(t *testing.T) {
	m := qmtest.Start(t, qmtest.Memory)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	taken := ln.Addr().(*net.TCPAddr).AddrPort()
	near := []netip.Addr{taken.Addr()}
	cases := map[string]interfaces.Options{
		"choose another port, or none": {Listen: near, MapperPort: taken.Port()},
		"choose some that it has":      {Listen: []netip.Addr{netip.MustParseAddr("192.0.2.1")}},
	}
	for fix, o := range cases {
		o.Manager = m.QueueManager
		_, err := interfaces.Start(o)
		var e *mq.Error
		if !errors.As(err, &e) || e.Fix != fix {
			t.Errorf("%v", err)
		}
	}
}

func TestAnAddressThatIsNotOursIsLeftOut(t *testing.T) {
	q := interfacestest.Start(t, "HUB", func(o *interfaces.Options) {
		o.Listen = append(o.Listen, netip.MustParseAddr("192.0.2.1"))
	})
	if _, err := queues(q.Dial(interfacestest.Admin)); err != nil {
		t.Error(err)
	}
}

func TestTheMapperTellsWhereInterfacesAre(t *testing.T) {
	q := interfacestest.Start(t, "HUB", interfacestest.Mapper)
	port, qmPort := q.Interfaces.Ports()
	at := func(p ...uint16) (out []netip.AddrPort) {
		for _, port := range p {
			out = append(out, netip.AddrPortFrom(q.Address, port))
		}
		return out
	}
	c, err := rpc.Dial(ctx, q.MapperAt(), rpc.DialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	for syntax, want := range map[*dcerpc.SyntaxID][]netip.AddrPort{
		qmmgmt.QmmgmtSyntaxV1_0:         at(port, qmPort),
		remoteread.RemoteReadSyntaxV1_0: at(port, qmPort),
		qm2qm.Qm2qmSyntaxV1_0:           at(qmPort, port),
		qmcomm.QmcommSyntaxV1_0:         at(port, qmPort),
		qmcomm2.Qmcomm2SyntaxV1_0:       at(port, qmPort),
	} {
		got, err := epm.Map(ctx, c, *syntax)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v %v", syntax.IfUUID, got, err)
		}
	}
	other := dcerpc.SyntaxID{IfUUID: uuid.MustParse("12345678-1234-abcd-ef00-0123456789ab"), IfVersionMajor: 1}
	if _, err := epm.Map(ctx, c, other); !errors.Is(err, epm.ErrNotRegistered) {
		t.Errorf("another interface: %v", err)
	}
}

func TestAQueueManagerLikeThatOfWindowsHasNoQmcomm(t *testing.T) {
	q := interfacestest.Start(t, "HUB", interfacestest.Windows)
	c := q.Dial(interfacestest.Admin)
	if _, err := qmcomm.NewQmcommClient(ctx, c); !errors.Is(err, rpc.ErrInterface) {
		t.Error(err)
	}
	if _, err := queues(c); err != nil {
		t.Error(err)
	}
}

func TestAWrongPasswordIsARefusedSignIn(t *testing.T) {
	q := interfacestest.Start(t, "HUB")
	c := q.Dial("nobody of ours")
	if _, err := queues(c); !errors.Is(err, rpc.ErrSignIn) {
		t.Error(err)
	}
}

// Hardened mode lasts until a restart without the setting.
func TestAHardenedQueueManagerIsNotManaged(t *testing.T) {
	q := interfacestest.Start(t, "HUB")
	at := q.At()
	c := q.Dial(interfacestest.Admin)
	if _, err := queues(c); err != nil {
		t.Fatal(err)
	}
	set := func(hardened bool) {
		t.Helper()
		if err := q.SetMachine(ctx, qmtest.Owner, func(s *localqm.Settings) error { s.Hardened = hardened; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	refused := func() {
		t.Helper()
		if c, err := rpc.Dial(ctx, at, rpc.DialOptions{}); err == nil {
			_ = c.Close(ctx)
			t.Error("it can be connected to")
		}
	}
	set(true)
	<-c.Done()
	qmtest.Eventually(t, "its ports are closed", func() bool { p, _ := q.Interfaces.Ports(); return p == 0 })
	refused()
	q.Restart()
	if p, _ := q.Interfaces.Ports(); p != 0 {
		t.Errorf("it listens on %d", p)
	}
	set(false)
	q.Restart()
	if _, err := queues(q.Dial(interfacestest.Admin)); err != nil {
		t.Error(err)
	}
}

func TestClosingEndsConnections(t *testing.T) {
	q := interfacestest.Start(t, "HUB")
	c := q.Dial(interfacestest.Admin)
	if _, err := queues(c); err != nil {
		t.Fatal(err)
	}
	q.Disconnect()
	<-c.Done()
	if _, err := queues(c); !errors.Is(err, rpc.ErrBroken) {
		t.Error(err)
	}
	if n := q.Interfaces.Stats(); n != (rpc.Stats{}) {
		t.Errorf("%+v", n)
	}
}
