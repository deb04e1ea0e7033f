package epm_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"

	"github.com/oiweiwei/go-msrpc/dcerpc"
	"github.com/oiweiwei/go-msrpc/midl/uuid"
	"github.com/oiweiwei/go-msrpc/msrpc/dcetypes"
	stub "github.com/oiweiwei/go-msrpc/msrpc/epm/epm/v3"
	"go.uber.org/goleak"

	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/epm"
	"posthouse/localqm/rpc/security"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	ctx    = context.Background()
	wanted = dcerpc.SyntaxID{IfUUID: uuid.MustParse("41208ee0-e970-11d1-9b9e-00e02c064c39"), IfVersionMajor: 1}
)

// dial connects to a server of one interface.
func dial(t *testing.T, i rpc.Interface) *rpc.Conn {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := rpc.Serve(ln, rpc.Options{Interfaces: []rpc.Interface{i}})
	t.Cleanup(func() { _ = s.Close() })
	c, err := rpc.Dial(ctx, ln.Addr().String(), rpc.DialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(ctx) })
	return c
}

func TestMapTellsAllEndpointsWhoeverAsks(t *testing.T) {
	r := epm.NewRegistry()
	for port := range uint16(40) {
		r.Register(epm.Endpoint{Syntax: wanted, Port: 2103 + port})
	}
	got, err := epm.Map(ctx, dial(t, r.Interface()), wanted)
	if err != nil || len(got) != 40 {
		t.Fatalf("%v %v", got, err)
	}
	for i, at := range got {
		if want := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), 2103+uint16(i)); at != want {
			t.Errorf("%v, want %v", at, want)
		}
	}
}

func TestMapOfAnInterfaceThatNobodyOffers(t *testing.T) {
	if _, err := epm.Map(ctx, dial(t, epm.NewRegistry().Interface()), wanted); !errors.Is(err, epm.ErrNotRegistered) {
		t.Error(err)
	}
}

func TestMapWhereThereIsNoMapper(t *testing.T) {
	other := rpc.Interface{Name: "other", Syntax: wanted, Handle: stub.NewEpmServerHandle(stub.UnimplementedEpmServer{})}
	if _, err := epm.Map(ctx, dial(t, other), wanted); !errors.Is(err, rpc.ErrInterface) {
		t.Error(err)
	}
}

// odd is a mapper that answers as it likes.
type odd struct {
	stub.UnimplementedEpmServer
	answer func() *stub.MapResponse
	freed  int
}

func (o *odd) Map(context.Context, *stub.MapRequest) (*stub.MapResponse, error) {
	return o.answer(), nil
}

func (o *odd) LookupHandleFree(context.Context, *stub.LookupHandleFreeRequest) (*stub.LookupHandleFreeResponse, error) {
	o.freed++
	return &stub.LookupHandleFreeResponse{}, nil
}

func TestMapOfAnOddMapper(t *testing.T) {
	handle, err := rpc.NewGroup().Open("odd", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	endless := stub.LookupHandle(handle)
	towers := func(octets []byte, n int) (out []*dcetypes.Tower) {
		for range n {
			out = append(out, &dcetypes.Tower{TowerLength: uint32(len(octets)), TowerOctetString: octets})
		}
		return out
	}
	cases := map[string]struct {
		answer stub.MapResponse
		freed  int
	}{
		"an unknown status":  {stub.MapResponse{Status: 5}, 0},
		"a malformed tower":  {stub.MapResponse{TowersLength: 1, Towers: towers([]byte{5, 0, 9}, 1)}, 0},
		"a tower to nowhere": {stub.MapResponse{TowersLength: 1, Towers: towers([]byte{0, 0}, 1)}, 0},
		"a NULL tower":       {stub.MapResponse{TowersLength: 1, Towers: []*dcetypes.Tower{nil}}, 0},
		"an endless answer":  {stub.MapResponse{EntryHandle: &endless, TowersLength: 16, Towers: towers([]byte{0, 0}, 16)}, 1},
	}
	for name, x := range cases {
		t.Run(name, func(t *testing.T) {
			o := &odd{answer: func() *stub.MapResponse { a := x.answer; return &a }}
			conn := dial(t, rpc.Interface{Name: "odd", Syntax: *stub.EpmSyntaxV3_0, Handle: stub.NewEpmServerHandle(o), Level: security.None})
			if got, err := epm.Map(ctx, conn, wanted); err == nil {
				t.Errorf("%v", got)
			}
			if o.freed != x.freed {
				t.Errorf("%d handles freed, want %d", o.freed, x.freed)
			}
		})
	}
}
