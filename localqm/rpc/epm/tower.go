package epm

import (
	"encoding/binary"
	"errors"
	"net/netip"

	"github.com/oiweiwei/go-msrpc/dcerpc"
	"github.com/oiweiwei/go-msrpc/midl/uuid"
)

// Port is where endpoint mappers listen (MS-RPCE 2.1.1.1).
const Port = 135

// What a tower may be at most (MS-RPCE 2.2.1.2.2, 3.1.3.5.3).
const (
	maxTower  = 2000 // bytes
	maxFloors = 6
)

// Protocol identifiers (C706 appendix I).
const (
	protocolTCP        = 0x07
	protocolIP         = 0x09
	protocolConnection = 0x0B // connection-oriented RPC
	protocolUUID       = 0x0D
)

// tower is what leads to an interface over TCP (C706 appendix L).
type tower struct {
	syntax, transfer dcerpc.SyntaxID
	at               netip.AddrPort // of a request: nothing is meant by it
}

var errTower = errors.New("malformed tower")

// appendTower encodes t. An address that is not IPv4 has no place in a floor: it is
// written as 0.0.0.0, and the peer stays where it is.
func appendTower(b []byte, t tower) []byte {
	b = binary.LittleEndian.AppendUint16(b, 5)
	b = appendSyntax(b, t.syntax)
	b = appendSyntax(b, t.transfer)
	b = append(b, 1, 0, protocolConnection, 2, 0, 0, 0)
	b = append(b, 1, 0, protocolTCP, 2, 0)
	b = binary.BigEndian.AppendUint16(b, t.at.Port())
	b = append(b, 1, 0, protocolIP, 4, 0)
	var ip [4]byte
	if a := t.at.Addr().Unmap(); a.Is4() {
		ip = a.As4()
	}
	return append(b, ip[:]...)
}

func appendSyntax(b []byte, s dcerpc.SyntaxID) []byte {
	b = append(b, 19, 0, protocolUUID)
	b = append(b, s.IfUUID.EncodeBinary()...)
	b = binary.LittleEndian.AppendUint16(b, s.IfVersionMajor)
	b = append(b, 2, 0)
	return binary.LittleEndian.AppendUint16(b, s.IfVersionMinor)
}

// parseTower decodes a tower. tcp is false when it leads elsewhere than to
// connection-oriented RPC over TCP.
func parseTower(b []byte) (t tower, tcp bool, err error) {
	floors, err := parseFloors(b)
	if err != nil {
		return tower{}, false, err
	}
	if len(floors) != 5 {
		return tower{}, false, nil
	}
	var ok bool
	if t.syntax, ok = floors[0].syntax(); !ok {
		return tower{}, false, errTower
	}
	if t.transfer, ok = floors[1].syntax(); !ok {
		return tower{}, false, errTower
	}
	port, address := floors[3].right, floors[4].right
	switch {
	case !floors[2].is(protocolConnection) || !floors[3].is(protocolTCP) || !floors[4].is(protocolIP):
		return tower{}, false, nil
	case len(port) != 2 || len(address) != 4:
		return tower{}, false, errTower
	}
	t.at = netip.AddrPortFrom(netip.AddrFrom4([4]byte(address)), binary.BigEndian.Uint16(port))
	return t, true, nil
}

// floor is one protocol of a tower: left says which, right where.
type floor struct{ left, right []byte }

func (f floor) is(protocol byte) bool { return len(f.left) == 1 && f.left[0] == protocol }

func (f floor) syntax() (dcerpc.SyntaxID, bool) {
	if len(f.left) != 19 || f.left[0] != protocolUUID || len(f.right) != 2 {
		return dcerpc.SyntaxID{}, false
	}
	id := new(uuid.UUID)
	if id.DecodeBinary(f.left[1:17]) != nil {
		return dcerpc.SyntaxID{}, false
	}
	return dcerpc.SyntaxID{
		IfUUID:         id,
		IfVersionMajor: binary.LittleEndian.Uint16(f.left[17:]),
		IfVersionMinor: binary.LittleEndian.Uint16(f.right),
	}, true
}

func parseFloors(b []byte) ([]floor, error) {
	if len(b) < 2 || len(b) > maxTower {
		return nil, errTower
	}
	count := int(binary.LittleEndian.Uint16(b))
	if count > maxFloors {
		return nil, errTower
	}
	floors, rest := make([]floor, count), b[2:]
	part := func() (p []byte, ok bool) {
		if len(rest) < 2 {
			return nil, false
		}
		n := int(binary.LittleEndian.Uint16(rest))
		if n > len(rest)-2 {
			return nil, false
		}
		p, rest = rest[2:2+n], rest[2+n:]
		return p, true
	}
	for i := range floors {
		var ok bool
		if floors[i].left, ok = part(); !ok {
			return nil, errTower
		}
		if floors[i].right, ok = part(); !ok {
			return nil, errTower
		}
	}
	return floors, nil
}
