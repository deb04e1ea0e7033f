// Package peer is what the RPC interfaces of a queue manager share: who calls, and
// what the callers are told.
package peer

import (
	"context"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/rpc"
)

// Caller is who makes a call, for the queue manager.
func Caller(ctx context.Context) localqm.Caller {
	c := rpc.CallOf(ctx)
	out := localqm.Caller{Token: c.Identity.Token, Origin: "MS-RPC from " + c.Remote.Addr().String()}
	if c.Identity.Account != "" {
		out.Level = localqm.Verified
		out.Origin += ", " + c.Identity.Account
	}
	return out
}

// Result is an error as the return value of a method: an HRESULT, 0 for none.
func Result(err error) uint32 { return uint32(mq.CodeOf(err)) }
