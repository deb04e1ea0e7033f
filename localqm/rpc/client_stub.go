package rpc

import (
	"context"
	"fmt"
	"sync"

	"github.com/oiweiwei/go-msrpc/dcerpc"

	"posthouse/localqm/rpc/ndr"
)

type nullsKey struct{}

// WithNulls has pointers of a request written as NULL: fields that generated code has
// as values, given by their addresses, in structures that the request points to.
func WithNulls(ctx context.Context, fields ...any) context.Context {
	n := &ndr.Nulls{}
	for _, f := range fields {
		n.SetNull(f)
	}
	return context.WithValue(ctx, nullsKey{}, n)
}

var (
	writers = sync.Pool{New: func() any { return new(ndr.Writer) }}
	readers = sync.Pool{New: func() any { return new(ndr.Reader) }}
)

// encode is the stub data of a request.
func encode(ctx context.Context, op dcerpc.Operation) (b *buffer, err error) {
	defer contain(&err)
	n, _ := ctx.Value(nullsKey{}).(*ndr.Nulls)
	b = newBuffer()
	w := writers.Get().(*ndr.Writer)
	w.Reset(b.b, ndr.Requests, n)
	if err := op.MarshalNDRRequest(ctx, w); err != nil {
		return nil, err
	}
	b.b = w.Bytes()
	w.Reset(nil, ndr.Limits{}, nil)
	writers.Put(w)
	return b, nil
}

// decode reads the response of a call into it.
func decode(ctx context.Context, op dcerpc.Operation, stub []byte, big bool) (err error) {
	defer contain(&err)
	r := readers.Get().(*ndr.Reader)
	r.Reset(stub, big, ndr.Responses, nil)
	if err := op.UnmarshalNDRResponse(ctx, r); err != nil {
		return err
	}
	if err := r.Err(); err != nil {
		return err
	}
	r.Reset(nil, false, ndr.Limits{}, nil)
	readers.Put(r)
	return nil
}

// contain makes an error of a panic in generated code.
func contain(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("the stub failed: %v", p)
	}
}
