// Package peertest calls RPC interfaces in tests as a server does, stub by stub,
// without a connection between.
package peertest

import (
	"context"
	"errors"
	"net/netip"
	"testing"

	msndr "github.com/oiweiwei/go-msrpc/ndr"

	"posthouse/localqm"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/ndr"
	"posthouse/localqm/rpc/security"
)

// Client is a client of one interface.
type Client struct {
	Interface rpc.Interface
	Identity  security.Identity
	Group     *rpc.Group
}

// New is a client who is somebody.
func New(i rpc.Interface, who localqm.Caller) *Client {
	return &Client{
		Interface: i, Group: rpc.NewGroup(),
		Identity: security.Identity{Account: "TEST\\" + who.Token.User.Name(), Token: who.Token, Mechanism: security.NTLM},
	}
}

// Request is what go-msrpc generates for the request of an operation.
type Request interface {
	OpNum() int
	msndr.Marshaler
}

// Response is that of a response.
type Response interface {
	msndr.Marshaler
	msndr.Unmarshaler
}

// Call makes a call with the stubs that would travel. The error is its fault.
func (c *Client) Call(ctx context.Context, in Request, out Response) error {
	w := ndr.NewWriter(nil, ndr.Requests, nil)
	if err := in.MarshalNDR(ctx, w); err != nil {
		return err
	}
	stub, err := c.Stub(ctx, in.OpNum(), w.Bytes())
	if err != nil {
		return err
	}
	return out.UnmarshalNDR(ctx, ndr.NewReader(stub, false, ndr.Responses, nil))
}

// Stub makes a call with a request stub as it is, and returns that of the response.
func (c *Client) Stub(ctx context.Context, operation int, stub []byte) ([]byte, error) {
	call := &rpc.Call{
		Identity: c.Identity, Level: security.Privacy, Interface: c.Interface.Name, Group: c.Group,
		Remote: netip.MustParseAddrPort("127.0.0.2:40000"), Local: netip.MustParseAddrPort("127.0.0.1:2103"),
	}
	ctx = rpc.WithCall(ctx, call)
	op, err := c.Interface.Handle(ctx, operation, ndr.NewReader(stub, false, ndr.Requests, nil))
	switch {
	case err != nil && op == nil:
		return nil, errors.Join(rpc.FaultBadStub, err)
	case err != nil:
		return nil, err
	case op == nil:
		return nil, rpc.FaultOperation
	}
	w := ndr.NewWriter(nil, ndr.Requests, nil)
	if err := op.MarshalNDRResponse(ctx, w); err != nil {
		return nil, err
	}
	return w.Bytes(), w.Err()
}

// Must fails the test if a call ended with a fault.
func (c *Client) Must(t testing.TB, in Request, out Response) {
	t.Helper()
	if err := c.Call(t.Context(), in, out); err != nil {
		t.Fatalf("operation %d: %v", in.OpNum(), err)
	}
}
