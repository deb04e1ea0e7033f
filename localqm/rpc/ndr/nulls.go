package ndr

// maxNulls is how many NULL pointers are remembered: a structure of MS-MQMP has 60.
const maxNulls = 4096

// Nulls knows which pointers to scalars and strings are NULL, by the address of the
// field: generated code has the values in their place, where 0 and NULL are the
// same. A field of the request that the response has too is NULL there again, unless
// SetValue is called.
type Nulls struct{ fields map[any]struct{} }

// Null reports whether the pointer at field is NULL, the outer one of two.
func (n *Nulls) Null(field any) bool {
	if n == nil {
		return false
	}
	_, ok := n.fields[field]
	return ok
}

// SetNull has the scalar at field written as NULL.
func (n *Nulls) SetNull(field any) {
	if n.fields == nil {
		n.fields = map[any]struct{}{}
	}
	n.fields[field] = struct{}{}
}

// SetValue has the scalar at field written as it is.
func (n *Nulls) SetValue(field any) { delete(n.fields, field) }

func (n *Nulls) read(field any) error {
	switch field.(type) {
	case *string:
	default:
		if !scalar(field) {
			return nil // nil says it
		}
	}
	if len(n.fields) >= maxNulls {
		return bad("more than %d NULL pointers", maxNulls)
	}
	n.SetNull(field)
	return nil
}

// written reports whether field is to be written as NULL. Strings are if empty.
func (n *Nulls) written(field any) bool {
	return n != nil && len(n.fields) > 0 && scalar(field) && n.Null(field)
}

func scalar(field any) bool {
	switch field.(type) {
	case *uint8, *uint16, *uint32, *uint64, *int8, *int16, *int32, *int64, *bool:
		return true
	}
	return false
}
