package ndr

import "github.com/oiweiwei/go-msrpc/ndr"

// ReadPointer reads a pointer; what it points to comes with ReadDeferred. Every
// pointer has a pointee of its own, whatever its number: those of unique pointers
// mean nothing (C706 14.3.10), and no interface of ours has aliases of full ones.
func (r *Reader) ReadPointer(field ndr.Pointer, _ func(any), pointees ...ndr.Unmarshaler) error {
	b := r.next(4)
	if b == nil {
		return r.err
	}
	if r.order.Uint32(b) == 0 {
		// A pointer to a pointer has one field for both: the outer one counts.
		if r.nulls != nil && field != r.field {
			return r.SetErr(r.nulls.read(field))
		}
		return nil
	}
	if r.pointers++; r.pointers > r.limits.Pointers {
		return r.SetErr(bad("more than %d pointers", r.limits.Pointers))
	}
	for _, p := range pointees {
		r.deferred = append(r.deferred, pointee{field: field, read: p})
	}
	return nil
}

// referent is the number of the first pointer that is written; others follow.
const referent = 0x00020000

// WritePointer writes a pointer; what it points to comes with WriteDeferred. It is
// NULL if field is nil, or in the Nulls.
func (w *Writer) WritePointer(field ndr.Pointer, pointees ...ndr.Marshaler) error {
	if field == nil || w.nulls.written(field) {
		return w.u32(0)
	}
	w.pointers++
	w.deferred = append(w.deferred, pointees...)
	return w.u32(referent + 4*uint32(w.pointers))
}
