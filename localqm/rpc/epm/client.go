package epm

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/oiweiwei/go-msrpc/dcerpc"
	"github.com/oiweiwei/go-msrpc/msrpc/dcetypes"
	stub "github.com/oiweiwei/go-msrpc/msrpc/epm/epm/v3"
)

// ErrNotRegistered is a mapper that does not know of the interface: nobody offers it
// on that machine.
var ErrNotRegistered = errors.New("the endpoint mapper does not know of the interface")

// What an answer of a mapper may have.
const (
	askTowers = 16 // asked for at once
	askRounds = 8
)

// Map asks the mapper of a machine where an interface is offered over TCP. The
// addresses are as the machine knows them: 0.0.0.0 is the one where the mapper was
// asked. conn leads to the mapper and may be anonymous.
func Map(ctx context.Context, conn dcerpc.Conn, syntax dcerpc.SyntaxID) ([]netip.AddrPort, error) {
	c, err := stub.NewEpmClient(ctx, conn)
	if err != nil {
		return nil, err
	}
	want := appendTower(nil, tower{syntax: syntax, transfer: *dcerpc.TransferNDRSyntaxV2_0})
	in := &stub.MapRequest{
		MapTower:  &dcetypes.Tower{TowerLength: uint32(len(want)), TowerOctetString: want},
		MaxTowers: askTowers,
	}
	var found []netip.AddrPort
	for range askRounds {
		out, err := c.Map(ctx, in)
		if err != nil {
			return nil, err
		}
		in.EntryHandle = out.EntryHandle
		if out.Status == statusNotRegistered {
			break
		}
		if out.Status != statusOK {
			return nil, fmt.Errorf("the endpoint mapper answers with status 0x%08X", out.Status)
		}
		for _, t := range out.Towers {
			if t == nil {
				continue
			}
			at, tcp, err := parseTower(t.TowerOctetString)
			if err != nil {
				return nil, fmt.Errorf("the answer of the endpoint mapper: %w", err)
			}
			if tcp && at.at.Port() != 0 && matches(syntax, at.syntax, versionCompatible) && !slices.Contains(found, at.at) {
				found = append(found, at.at)
			}
		}
		if zero(in.EntryHandle) || len(out.Towers) < askTowers {
			break
		}
	}
	if !zero(in.EntryHandle) {
		if _, err := c.LookupHandleFree(ctx, &stub.LookupHandleFreeRequest{EntryHandle: in.EntryHandle}); err != nil {
			return nil, err
		}
	}
	if len(found) == 0 {
		return nil, ErrNotRegistered
	}
	return found, nil
}
