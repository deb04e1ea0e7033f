package notice

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"unicode/utf16"

	"posthouse/localqm/mq"
)

var (
	errShort      = errors.New("it is cut off")
	errUnwritable = errors.New("it does not fit into its field")
)

// reader takes values from the front of b. After the first error all are zero.
type reader struct {
	b   []byte
	err error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
	r.b = nil
}

func (r *reader) take(n int) []byte {
	if r.err != nil || n > len(r.b) {
		r.fail("%w", errShort)
		return nil
	}
	v := r.b[:n:n]
	r.b = r.b[n:]
	return v
}

// number takes a little-endian number of size bytes.
func (r *reader) number(size int) (n uint64) {
	for i, v := range r.take(size) {
		n |= uint64(v) << (8 * i)
	}
	return n
}

func (r *reader) uint8() uint8   { return uint8(r.number(1)) }
func (r *reader) uint32() uint32 { return uint32(r.number(4)) }

func (r *reader) guid() (g mq.GUID) {
	copy(g[:], r.take(len(g)))
	return g
}

// text takes a text that ends with a NUL and has at most most UTF-16 units.
func (r *reader) text(most int) string {
	var units []uint16
	for {
		u := uint16(r.number(2))
		switch {
		case r.err != nil:
			return ""
		case u == 0:
			s := utf16.Decode(units)
			if !slices.Equal(utf16.Encode(s), units) {
				r.fail("a text is not UTF-16")
				return ""
			}
			return string(s)
		case len(units) == most:
			r.fail("a text has more than %d characters", most)
			return ""
		}
		units = append(units, u)
	}
}

// count takes the number of elements of a list; each has at least size bytes.
func (r *reader) count(size int) int {
	n := r.uint32()
	if r.err == nil && uint64(n)*uint64(size) > uint64(len(r.b)) {
		r.fail("a list of %d elements does not fit into %d bytes", n, len(r.b))
		return 0
	}
	return int(n)
}

// value takes a PROPVALUE of a type (MS-MQCN 2.2.3).
func (r *reader) value(vt mq.VarType) any {
	switch vt {
	case mq.VTI1:
		return int8(r.number(1))
	case mq.VTUI1:
		return r.uint8()
	case mq.VTI2:
		return int16(r.number(2))
	case mq.VTUI2:
		return uint16(r.number(2))
	case mq.VTBool:
		v := r.number(2)
		if v != 0 && v != 0xFFFF {
			r.fail("0x%04x is neither yes nor no", v)
		}
		return v != 0
	case mq.VTI4:
		return int32(r.number(4))
	case mq.VTUI4:
		return r.uint32()
	case mq.VTI8:
		return int64(r.number(8))
	case mq.VTUI8:
		return r.number(8)
	case mq.VTLPWSTR:
		return r.text(len(r.b))
	case mq.VTBlob:
		return slices.Clone(r.take(r.count(1)))
	case mq.VTCLSID:
		return r.guid()
	case mq.VTUI4 | mq.VTVector:
		return list(r, 4, r.uint32)
	case mq.VTCLSID | mq.VTVector:
		return list(r, 16, r.guid)
	case mq.VTLPWSTR | mq.VTVector:
		return list(r, 2, func() string { return r.text(len(r.b)) })
	}
	r.fail("values of type %s are not sent in notifications", vt)
	return nil
}

func list[T any](r *reader, size int, one func() T) []T {
	n := r.count(size)
	if r.err != nil {
		return nil
	}
	all := make([]T, n)
	for i := range all {
		all[i] = one()
	}
	return all
}

// appendValue appends a PROPVALUE of a type; v has the Go type that reading gives.
func appendValue(b []byte, vt mq.VarType, v any) ([]byte, error) {
	little := binary.LittleEndian
	switch v := v.(type) {
	case int8:
		return append(b, byte(v)), only(vt, mq.VTI1)
	case uint8:
		return append(b, v), only(vt, mq.VTUI1)
	case int16:
		return little.AppendUint16(b, uint16(v)), only(vt, mq.VTI2)
	case uint16:
		return little.AppendUint16(b, v), only(vt, mq.VTUI2)
	case bool:
		if v {
			return little.AppendUint16(b, 0xFFFF), only(vt, mq.VTBool)
		}
		return little.AppendUint16(b, 0), only(vt, mq.VTBool)
	case int32:
		return little.AppendUint32(b, uint32(v)), only(vt, mq.VTI4)
	case uint32:
		return little.AppendUint32(b, v), only(vt, mq.VTUI4)
	case int64:
		return little.AppendUint64(b, uint64(v)), only(vt, mq.VTI8)
	case uint64:
		return little.AppendUint64(b, v), only(vt, mq.VTUI8)
	case mq.GUID:
		return append(b, v[:]...), only(vt, mq.VTCLSID)
	case []byte:
		return append(little.AppendUint32(b, uint32(len(v))), v...), only(vt, mq.VTBlob)
	case string:
		if err := only(vt, mq.VTLPWSTR); err != nil {
			return nil, err
		}
		return appendText(b, v, mq.MaxPacketSize)
	}
	return appendList(b, vt, v)
}

func appendList(b []byte, vt mq.VarType, v any) ([]byte, error) {
	little := binary.LittleEndian
	switch v := v.(type) {
	case []uint32:
		b = little.AppendUint32(b, uint32(len(v)))
		for _, n := range v {
			b = little.AppendUint32(b, n)
		}
		return b, only(vt, mq.VTUI4|mq.VTVector)
	case []mq.GUID:
		b = little.AppendUint32(b, uint32(len(v)))
		for _, g := range v {
			b = append(b, g[:]...)
		}
		return b, only(vt, mq.VTCLSID|mq.VTVector)
	case []string:
		b = little.AppendUint32(b, uint32(len(v)))
		for _, s := range v {
			var err error
			if b, err = appendText(b, s, mq.MaxPacketSize); err != nil {
				return nil, err
			}
		}
		return b, only(vt, mq.VTLPWSTR|mq.VTVector)
	}
	return nil, fmt.Errorf("a %T is no value of a property", v)
}

func only(vt, want mq.VarType) error {
	if vt != want {
		return fmt.Errorf("a value of type %s stands for one of %s", want, vt)
	}
	return nil
}

// appendText appends a text with its NUL.
func appendText(b []byte, s string, most int) ([]byte, error) {
	units := utf16.Encode([]rune(s))
	if len(units) > most || slices.Contains(units, 0) {
		return nil, errUnwritable
	}
	for _, u := range units {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return binary.LittleEndian.AppendUint16(b, 0), nil
}
