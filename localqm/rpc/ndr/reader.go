package ndr

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/oiweiwei/go-msrpc/ndr"
)

// Reader reads stub data. It is an ndr.Reader.
type Reader struct {
	b        []byte
	at       int
	order    binary.ByteOrder
	err      error
	limits   Limits
	depth    int
	pointers int
	elements int64 // of arrays, that can still come
	sizes    sizes
	deferred []pointee
	base     int // of deferred: where those of the pointee being read begin
	field    any // whose pointee is being read
	nulls    *Nulls
}

var _ ndr.Reader = (*Reader)(nil)

// pointee is what a pointer that has been read points to.
type pointee struct {
	field any
	read  ndr.Unmarshaler
}

// NewReader reads b. nulls, if not nil, learns which pointers are NULL.
func NewReader(b []byte, bigEndian bool, l Limits, nulls *Nulls) *Reader {
	r := &Reader{}
	r.Reset(b, bigEndian, l, nulls)
	return r
}

// Reset makes r read b, as a new Reader.
func (r *Reader) Reset(b []byte, bigEndian bool, l Limits, nulls *Nulls) {
	clear(r.deferred[:cap(r.deferred)])
	*r = Reader{b: b, order: binary.LittleEndian, limits: l, elements: int64(len(b)), deferred: r.deferred[:0], nulls: nulls}
	if bigEndian {
		r.order = binary.BigEndian
	}
}

func bad(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrStub, fmt.Sprintf(format, args...))
}

// Err and SetErr keep the first error; after it nothing is read.
func (r *Reader) Err() error { return r.err }

// SetErr sets the error if there is none yet, and returns the one there is.
func (r *Reader) SetErr(err error) error {
	if r.err == nil {
		r.err = err
	}
	return r.err
}

// EOF reports whether everything is read.
func (r *Reader) EOF() bool { return r.at == len(r.b) }

// Len is how many bytes are left. Generated code asks before it makes an array: after
// an error there is nothing for it.
func (r *Reader) Len() int {
	if r.sizes.n > 0 {
		_ = r.SetErr(r.sizes.array(r)) // r.err
	}
	if r.err != nil {
		return 0
	}
	return len(r.b) - r.at
}

// Offset is how many bytes are read.
func (r *Reader) Offset() int { return r.at }

// Bytes are those that are left.
func (r *Reader) Bytes() []byte { return r.b[r.at:] }

// WithBytes is go-msrpc's own codec: no interface of ours needs it.
func (r *Reader) WithBytes(b []byte) ndr.NDR { return ndr.NDR20(b) }

// next returns the next n bytes, aligned to n.
func (r *Reader) next(n int) []byte {
	at := (r.at + n - 1) &^ (n - 1)
	r.sizes.n = 0
	if r.err == nil && n > len(r.b)-at {
		r.err = bad("it ends after %d bytes", len(r.b))
	}
	if r.err != nil {
		return nil
	}
	r.at = at + n
	return r.b[at:r.at]
}

// Read reads as many bytes as p has.
func (r *Reader) Read(p []byte) (int, error) {
	if r.err == nil && len(p) > len(r.b)-r.at {
		r.err = bad("it ends after %d bytes", len(r.b))
	}
	if r.err != nil {
		return 0, r.err
	}
	r.at += copy(p, r.b[r.at:])
	return len(p), nil
}

var _ io.Reader = (*Reader)(nil)

// ReadAlign skips padding. What go-msrpc calls 5, 6, 7, 9 and 13 is a pointer or a
// size.
func (r *Reader) ReadAlign(n int) error {
	if n = alignment(n); r.err == nil && n > 1 {
		if r.at = (r.at + n - 1) &^ (n - 1); r.at > len(r.b) {
			r.at = len(r.b)
			r.err = bad("it ends after %d bytes", len(r.b))
		}
	}
	return r.err
}

func alignment(n int) int {
	switch n {
	case 5, 6, 7, 9, 13:
		return 4
	}
	return n
}

// ReadUnionAlign and ReadTrailingGap are for NDR64.
func (r *Reader) ReadUnionAlign(int) error { return r.err }

// ReadTrailingGap is for NDR64.
func (r *Reader) ReadTrailingGap(int) error { return r.err }

// ReadData reads what d points to, aligned.
func (r *Reader) ReadData(d any) error {
	if d, ok := d.(*uint8); ok && r.err == nil && r.at < len(r.b) {
		r.sizes.n = 0
		*d = r.b[r.at] // arrays come element by element
		r.at++
		return nil
	}
	switch d := d.(type) {
	case *uint8:
		if b := r.next(1); b != nil {
			*d = b[0]
		}
	case *uint16:
		if b := r.next(2); b != nil {
			*d = r.order.Uint16(b)
		}
	case *uint32:
		if b := r.next(4); b != nil {
			*d = r.order.Uint32(b)
		}
	case *uint64:
		if b := r.next(8); b != nil {
			*d = r.order.Uint64(b)
		}
	case *int32:
		if b := r.next(4); b != nil {
			*d = int32(r.order.Uint32(b))
		}
	case *int8:
		if b := r.next(1); b != nil {
			*d = int8(b[0])
		}
	case *int16:
		if b := r.next(2); b != nil {
			*d = int16(r.order.Uint16(b))
		}
	case *int64:
		if b := r.next(8); b != nil {
			*d = int64(r.order.Uint64(b))
		}
	case *bool:
		if b := r.next(1); b != nil {
			*d = b[0] != 0
		}
	case *float32:
		if b := r.next(4); b != nil {
			*d = math.Float32frombits(r.order.Uint32(b))
		}
	case *float64:
		if b := r.next(8); b != nil {
			*d = math.Float64frombits(r.order.Uint64(b))
		}
	case *ndr.Uint3264:
		if b := r.next(4); b != nil {
			*d = ndr.Uint3264(r.order.Uint32(b))
		}
	case *ndr.Int3264:
		if b := r.next(4); b != nil {
			*d = ndr.Int3264(int32(r.order.Uint32(b)))
		}
	default:
		_ = r.SetErr(fmt.Errorf("NDR: no way to read a %T", d)) // r.err
	}
	return r.err
}

// ReadSwitch reads the discriminant of a union.
func (r *Reader) ReadSwitch(d any) error {
	if e, ok := d.(ndr.EnumWrapper); ok {
		d = e.Value()
	}
	return r.ReadData(d)
}

// ReadEnum reads an enumeration.
func (r *Reader) ReadEnum(d any) error { return r.ReadData(d) }

// Unmarshal reads u and what it points to.
func (r *Reader) Unmarshal(ctx context.Context, u ndr.Unmarshaler) error {
	if r.err != nil {
		return r.err
	}
	if r.depth++; r.depth > r.limits.Depth {
		return r.SetErr(bad("pointers within pointers, %d deep", r.depth))
	}
	base := r.base
	r.base = len(r.deferred)
	err := u.UnmarshalNDR(ctx, r)
	if err == nil {
		err = r.ReadDeferred()
	}
	if hook, ok := u.(ndr.AfterUnmarshalNDR); ok && err == nil {
		err = hook.AfterUnmarshalNDR(ctx)
	}
	r.depth--
	r.base = base
	return r.SetErr(err)
}

// ReadDeferred reads what the pointers read since the last time point to.
func (r *Reader) ReadDeferred() error {
	from, to := r.base, len(r.deferred)
	for i := from; i < to && r.err == nil; i++ {
		p := r.deferred[i]
		r.field = p.field
		_ = r.Unmarshal(context.Background(), p.read) // r.err
	}
	r.field = nil
	r.deferred = r.deferred[:from]
	return r.err
}
