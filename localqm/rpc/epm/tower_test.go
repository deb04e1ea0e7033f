package epm

import (
	"bytes"
	"net/netip"
	"testing"

	"github.com/oiweiwei/go-msrpc/dcerpc"
	"github.com/oiweiwei/go-msrpc/midl/uuid"
	"github.com/oiweiwei/go-msrpc/msrpc/dcetypes"
)

var (
	qmmgmt = dcerpc.SyntaxID{IfUUID: uuid.MustParse("41208ee0-e970-11d1-9b9e-00e02c064c39"), IfVersionMajor: 1}
	qm2qm  = dcerpc.SyntaxID{IfUUID: uuid.MustParse("1088a980-eae5-11d0-8d9b-00a02453c337"), IfVersionMajor: 1}
)

func example() tower {
	return tower{syntax: qmmgmt, transfer: *dcerpc.TransferNDRSyntaxV2_0, at: netip.MustParseAddrPort("127.0.0.11:2103")}
}

func TestTowerLooksTheSameToTheStubs(t *testing.T) {
	b := appendTower(nil, example())
	binding := (&dcetypes.Tower{TowerOctetString: b}).Binding()
	if got := binding.StringBinding.String(); got != "ncacn_ip_tcp:127.0.0.11[2103]" {
		t.Errorf("binding %s", got)
	}
	if !binding.SyntaxID.Is(&qmmgmt) || !binding.TransferSyntaxID.Is(dcerpc.TransferNDRSyntaxV2_0) {
		t.Errorf("syntaxes %+v", binding)
	}
}

func TestTowerComesBackAsItWas(t *testing.T) {
	want := example()
	got, tcp, err := parseTower(appendTower(nil, want))
	if err != nil || !tcp || got.at != want.at || !got.syntax.Is(&want.syntax) || !got.transfer.Is(&want.transfer) {
		t.Errorf("%+v %v %v", got, tcp, err)
	}
}

func TestTowerOfAnAddressThatIsNotIPv4HasZeros(t *testing.T) {
	want := example()
	want.at = netip.MustParseAddrPort("[::1]:2103")
	got, _, err := parseTower(appendTower(nil, want))
	if err != nil || got.at.String() != "0.0.0.0:2103" {
		t.Errorf("%+v %v", got.at, err)
	}
}

func TestTowerOfAnotherProtocolIsNone(t *testing.T) {
	b := appendTower(nil, example())
	pipe := bytes.Replace(b, []byte{1, 0, protocolTCP}, []byte{1, 0, 0x0F}, 1)
	if _, tcp, err := parseTower(pipe); tcp || err != nil {
		t.Error(tcp, err)
	}
}

func TestMalformedTowersAreRefused(t *testing.T) {
	good := appendTower(nil, example())
	for end := range good {
		if _, tcp, err := parseTower(good[:end]); err == nil && tcp {
			t.Errorf("the first %d bytes are a tower", end)
		}
	}
	bad := map[string][]byte{
		"seven floors":      append([]byte{7, 0}, make([]byte, 7*4)...),
		"65535 floors":      {0xFF, 0xFF, 1, 0, 0x0D},
		"too long":          make([]byte, maxTower+1),
		"port of one byte":  bytes.Replace(good, []byte{1, 0, protocolTCP, 2, 0, 8}, []byte{1, 0, protocolTCP, 1, 0}, 1),
		"floor out of line": bytes.Replace(good, []byte{19, 0}, []byte{0xFF, 0xFF}, 1),
		"syntax of 3 bytes": {5, 0, 3, 0, protocolUUID, 1, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
	}
	for name, b := range bad {
		if _, _, err := parseTower(b); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func FuzzTower(f *testing.F) {
	f.Add(appendTower(nil, example()))
	f.Add([]byte{5, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		got, tcp, err := parseTower(b)
		if err != nil || !tcp {
			return
		}
		again, _, err := parseTower(appendTower(nil, got))
		if err != nil || again.at != got.at || !again.syntax.Is(&got.syntax) {
			t.Errorf("%+v comes back as %+v, %v", got, again, err)
		}
	})
}
