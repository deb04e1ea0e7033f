package rpc

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/oiweiwei/go-msrpc/dcerpc"
	"github.com/oiweiwei/go-msrpc/midl/uuid"

	"posthouse/localqm/rpc/ndr"
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
	// Short are operations that never wait: such a call keeps its connection from being
	// read, for cancels too.
	Short []uint16
}

// level is the least protection of an operation.
func (i *Interface) level(opnum uint16) security.Level {
	l, ok := i.Levels[int(opnum)]
	if !ok {
		l = i.Level
	}
	if l == 0 {
		return security.Privacy
	}
	return l
}

// Call is what an implementation may want to know of a call.
type Call struct {
	Identity      security.Identity
	Level         security.Level
	Local, Remote netip.AddrPort
	Interface     string
	Object        *uuid.UUID // nil: none was named
	Group         *Group     // holds the caller's context handles
	nulls         ndr.Nulls
	x             *serverCall // nil: not on a line
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

// Reserve is to be called before a message with so many bytes of body is read: it waits
// until there is memory for it and for the answer, which the call keeps until that has
// left. What an earlier Reserve got is given back. The error is that of ctx.
func (c *Call) Reserve(ctx context.Context, body int) error {
	if c.x == nil {
		return nil
	}
	return c.x.awaitMemory(ctx, body)
}

// Null reports whether a pointer of the request, given by the address of its field,
// was NULL on the wire. Generated code has the values of scalars and strings in place
// of the pointers to them.
func (c *Call) Null(field any) bool { return c.nulls.Null(field) }

// SetNull has a pointer to a scalar of the response written as NULL. One that was NULL
// in the request, and is the same field, is NULL anyway.
func (c *Call) SetNull(field any) { c.nulls.SetNull(field) }

// SetValue undoes SetNull.
func (c *Call) SetValue(field any) { c.nulls.SetValue(field) }

// Fault is the answer of a call that has no other: a status of DCE/RPC, or the
// HRESULT that a method raises as an exception. Implementations return it as an error.
type Fault uint32

// The faults (C706 appendix E; MS-ERREF 2.2).
const (
	FaultAccessDenied    Fault = 0x00000005 // ERROR_ACCESS_DENIED
	FaultOutOfMemory     Fault = 0x0000000E // ERROR_OUTOFMEMORY
	FaultLimit           Fault = 0x000006C0 // RPC_S_PROTOCOL_ERROR: too many security contexts (MS-RPCE 3.3.1.5.4)
	FaultMechanism       Fault = 0x000006D3 // RPC_S_UNKNOWN_AUTHN_SERVICE
	FaultBadStub         Fault = 0x000006F7 // RPC_X_BAD_STUB_DATA
	FaultSecurity        Fault = 0x00000721 // RPC_S_SEC_PKG_ERROR
	FaultCancel          Fault = 0x1C00000D // nca_s_fault_cancel
	FaultUnspecified     Fault = 0x1C000012 // nca_s_fault_unspec
	FaultContextMismatch Fault = 0x1C00001A // nca_s_fault_context_mismatch
	FaultOperation       Fault = 0x1C010002 // nca_s_op_rng_error
	FaultInterface       Fault = 0x1C010003 // nca_s_unk_if
	FaultProtocol        Fault = 0x1C01000B // nca_s_proto_error
	FaultBusy            Fault = 0x1C010014 // nca_s_server_too_busy
)

func (f Fault) Error() string { return fmt.Sprintf("RPC fault 0x%08X", uint32(f)) }
