package rpc

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/oiweiwei/go-msrpc/dcerpc"
	"github.com/oiweiwei/go-msrpc/midl/uuid"

	"posthouse/localqm/rpc/security"
)

// Interface is what a server offers under one UUID and version.
type Interface struct {
	Name   string // for people
	Syntax dcerpc.SyntaxID
	Handle dcerpc.ServerHandle
	// Level is the least protection of a call, and Levels that of single operations
	// instead. 0 is Privacy.
	Level  security.Level
	Levels map[int]security.Level
	// MaxStub is the largest request in bytes; 0 is 8 MiB.
	MaxStub int
}

// Call is what an implementation may want to know of a call.
type Call struct {
	Identity      security.Identity
	Level         security.Level
	Local, Remote netip.AddrPort
	Interface     string
	Object        *uuid.UUID // nil: none was named
	Group         *Group     // holds the context handles
	nulls         nulls
}

// nulls remembers which pointers were NULL: generated code has values in place of
// pointers to scalars.
type nulls interface {
	Null(field any) bool
	SetNull(field any)
}

type callKey struct{}

// WithCall puts a call into the context of its implementation.
func WithCall(ctx context.Context, c *Call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// CallOf is the call that an implementation runs for.
func CallOf(ctx context.Context) *Call {
	if c, ok := ctx.Value(callKey{}).(*Call); ok {
		return c
	}
	return &Call{Identity: security.Anonymous(), Level: security.None, Group: NewGroup()}
}

// Null reports whether a field of the request, given by its address, was a NULL
// pointer on the wire.
func (c *Call) Null(field any) bool { return c.nulls != nil && c.nulls.Null(field) }

// SetNull has a field of the response, given by its address, written as a NULL
// pointer.
func (c *Call) SetNull(field any) {
	if c.nulls != nil {
		c.nulls.SetNull(field)
	}
}

// Fault is the answer of a call that has no other: a status of DCE/RPC, or the
// HRESULT that a method raises as an exception. Implementations return it as an error.
type Fault uint32

// The faults (C706 appendix E; MS-ERREF 2.2).
const (
	FaultAccessDenied    Fault = 0x00000005 // ERROR_ACCESS_DENIED
	FaultBadStub         Fault = 0x000006F7 // RPC_X_BAD_STUB_DATA
	FaultSecurity        Fault = 0x00000721 // RPC_S_SEC_PKG_ERROR
	FaultOutOfMemory     Fault = 0x0000000E
	FaultOperation       Fault = 0x1C010002 // nca_s_op_rng_error
	FaultInterface       Fault = 0x1C010003 // nca_s_unk_if
	FaultProtocol        Fault = 0x1C01000B // nca_s_proto_error
	FaultTooLarge        Fault = 0x1C010013 // nca_s_server_too_busy
	FaultCancel          Fault = 0x1C00000D // nca_s_fault_cancel
	FaultContextMismatch Fault = 0x1C00001A // nca_s_fault_context_mismatch
)

func (f Fault) Error() string { return fmt.Sprintf("RPC fault 0x%08X", uint32(f)) }
