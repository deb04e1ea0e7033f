package ndr

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/oiweiwei/go-msrpc/ndr"
)

// Writer writes stub data, little-endian. It is an ndr.Writer.
type Writer struct {
	b        []byte
	order    binary.ByteOrder
	err      error
	limits   Limits
	depth    int
	pointers int
	text     text
	deferred []ndr.Marshaler
	base     int
	nulls    *Nulls
}

var (
	_ ndr.Writer = (*Writer)(nil)
	_ io.Writer  = (*Writer)(nil)
)

// NewWriter appends to b[:0]. nulls, if not nil, says which pointers are NULL.
func NewWriter(b []byte, l Limits, nulls *Nulls) *Writer {
	w := &Writer{}
	w.Reset(b, l, nulls)
	return w
}

// Reset makes w write to b[:0], as a new Writer.
func (w *Writer) Reset(b []byte, l Limits, nulls *Nulls) {
	clear(w.deferred[:cap(w.deferred)])
	*w = Writer{b: b[:0], order: binary.LittleEndian, limits: l, deferred: w.deferred[:0], nulls: nulls}
}

// Err and SetErr keep the first error; after it nothing is written.
func (w *Writer) Err() error { return w.err }

// SetErr sets the error if there is none yet, and returns the one there is.
func (w *Writer) SetErr(err error) error {
	if w.err == nil {
		w.err = err
	}
	return w.err
}

// EOF is for readers.
func (w *Writer) EOF() bool { return false }

// Len is how many bytes are written.
func (w *Writer) Len() int { return len(w.b) }

// Offset is Len.
func (w *Writer) Offset() int { return len(w.b) }

// Bytes are those that are written.
func (w *Writer) Bytes() []byte { return w.b }

// WithBytes is go-msrpc's own codec: no interface of ours needs it.
func (w *Writer) WithBytes(b []byte) ndr.NDR { return ndr.NDR20(b) }

// next appends n bytes, aligned to n.
func (w *Writer) next(n int) []byte {
	if w.err != nil {
		return nil
	}
	w.align(n)
	at := len(w.b)
	w.b = append(w.b, zeros[:n]...)
	if len(w.b) > w.limits.Size {
		w.err = fmt.Errorf("NDR: more than %d bytes to write", w.limits.Size)
		return nil
	}
	return w.b[at:]
}

var zeros [8]byte

func (w *Writer) align(n int) { w.b = append(w.b, zeros[:-len(w.b)&(n-1)]...) }

// Write writes the bytes of p.
func (w *Writer) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	w.text = text{}
	w.b = append(w.b, p...)
	return len(p), nil
}

// WriteAlign writes padding, as ReadAlign skips it.
func (w *Writer) WriteAlign(n int) error {
	if n = alignment(n); w.err == nil && n > 1 {
		w.align(n)
	}
	return w.err
}

// WriteUnionAlign is for NDR64.
func (w *Writer) WriteUnionAlign(int) error { return w.err }

// WriteTrailingGap is for NDR64.
func (w *Writer) WriteTrailingGap(int) error { return w.err }

func (w *Writer) u32(v uint32) error {
	w.text.n = 0
	w.text.open, w.text.closed = false, false
	if b := w.next(4); b != nil {
		w.order.PutUint32(b, v)
	}
	return w.err
}

func (w *Writer) u16(v uint16) error {
	w.text.n = 0
	if b := w.next(2); b != nil {
		w.order.PutUint16(b, v)
	}
	return w.err
}

func (w *Writer) u8(v uint8) error {
	w.text = text{}
	if b := w.next(1); b != nil {
		b[0] = v
	}
	return w.err
}

func (w *Writer) u64(v uint64) error {
	w.text = text{}
	if b := w.next(8); b != nil {
		w.order.PutUint64(b, v)
	}
	return w.err
}

// WriteData writes d, aligned.
func (w *Writer) WriteData(d any) error {
	if d, ok := d.(uint8); ok && w.err == nil && len(w.b) < w.limits.Size {
		w.text.n, w.text.open, w.text.closed = 0, false, false
		w.b = append(w.b, d) // arrays come element by element
		return nil
	}
	switch d := d.(type) {
	case uint8:
		return w.u8(d)
	case uint16:
		if err := w.u16(d); err != nil {
			return err
		}
		if w.text.open || w.text.closed {
			return w.SetErr(w.text.unit(w, d))
		}
		return nil
	case uint32:
		return w.u32(d)
	case uint64:
		return w.u64(d)
	case int32:
		return w.u32(uint32(d))
	case int8:
		return w.u8(uint8(d))
	case int16:
		return w.u16(uint16(d))
	case int64:
		return w.u64(uint64(d))
	case bool:
		if d {
			return w.u8(1)
		}
		return w.u8(0)
	case float32:
		return w.u32(math.Float32bits(d))
	case float64:
		return w.u64(math.Float64bits(d))
	case ndr.Uint3264:
		return w.u32(uint32(d))
	case ndr.Int3264:
		return w.u32(uint32(d))
	}
	return w.SetErr(fmt.Errorf("NDR: no way to write a %T", d))
}

// WriteSize writes a size of an array.
func (w *Writer) WriteSize(size uint64) error {
	if size > uint64(w.limits.Size) {
		return w.SetErr(fmt.Errorf("NDR: an array of %d elements to write", size))
	}
	w.b = slices.Grow(w.b, int(size)+4)
	t := w.text
	if err := w.u32(uint32(size)); err != nil {
		return err
	}
	t.size(uint32(size), len(w.b)-4)
	if t.n == len(t.v) && t.v[1] == 0 && t.v[0] == t.v[2] && asking(0) == writeWide {
		t.open, t.units = true, 0
	}
	w.text = t
	return nil
}

// WriteSwitch writes the discriminant of a union.
func (w *Writer) WriteSwitch(d any) error {
	if e, ok := d.(ndr.EnumWrapper); ok {
		d = e.Value()
	}
	return w.WriteData(d)
}

// WriteEnum writes an enumeration.
func (w *Writer) WriteEnum(d any) error { return w.WriteData(d) }

// Marshal writes m and what it points to.
func (w *Writer) Marshal(ctx context.Context, m ndr.Marshaler) ([]byte, error) {
	if w.err != nil {
		return nil, w.err
	}
	if w.depth++; w.depth > w.limits.Depth {
		return nil, w.SetErr(fmt.Errorf("NDR: pointers within pointers, %d deep, to write", w.depth))
	}
	base := w.base
	w.base = len(w.deferred)
	err := m.MarshalNDR(ctx, w)
	if err == nil {
		err = w.WriteDeferred()
	}
	w.depth--
	w.base = base
	return w.b, w.SetErr(err)
}

// WriteDeferred writes what the pointers written since the last time point to.
func (w *Writer) WriteDeferred() error {
	from, to := w.base, len(w.deferred)
	for i := from; i < to && w.err == nil; i++ {
		_, _ = w.Marshal(context.Background(), w.deferred[i]) // w.err
	}
	w.deferred = w.deferred[:from]
	return w.err
}
