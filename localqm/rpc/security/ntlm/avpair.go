package ntlm

import (
	"encoding/binary"
	"unicode"
	"unicode/utf16"
)

// The attributes of a target (MS-NLMP 2.2.2.1).
const (
	avEnd             = 0
	avNetBIOSComputer = 1
	avNetBIOSDomain   = 2
	avDNSComputer     = 3
	avDNSDomain       = 4
	avFlags           = 6
	avTimestamp       = 7
	avTargetName      = 9
	avChannelBindings = 10

	avFlagMIC = 0x00000002
)

// avPairs is a list of attributes as it is on the wire.
type avPairs []byte

// next splits off the first attribute; ok is false at the end, and whole is whether
// nothing was cut off there.
func (l avPairs) next() (id uint16, value []byte, rest avPairs, ok, whole bool) {
	if len(l) < 4 {
		return 0, nil, nil, false, len(l) == 0
	}
	id, n := binary.LittleEndian.Uint16(l), int(binary.LittleEndian.Uint16(l[2:]))
	switch {
	case id == avEnd:
		return 0, nil, nil, false, true
	case n > len(l)-4:
		return 0, nil, nil, false, false
	}
	return id, l[4 : 4+n], l[4+n:], true, true
}

// whole reports whether every attribute is there to its end.
func (l avPairs) whole() bool {
	for {
		_, _, rest, ok, whole := l.next()
		if !ok {
			return whole
		}
		l = rest
	}
}

// find returns the value of the first attribute of a kind.
func (l avPairs) find(kind uint16) ([]byte, bool) {
	for {
		id, value, rest, ok, _ := l.next()
		if !ok {
			return nil, false
		}
		if id == kind {
			return value, true
		}
		l = rest
	}
}

// flags are the value of avFlags, 0 if there is none.
func (l avPairs) flags() uint32 {
	if v, ok := l.find(avFlags); ok && len(v) == 4 {
		return binary.LittleEndian.Uint32(v)
	}
	return 0
}

func (l avPairs) add(id uint16, value []byte) avPairs {
	l = binary.LittleEndian.AppendUint16(l, id)
	l = binary.LittleEndian.AppendUint16(l, uint16(len(value))) //nolint:gosec // names and numbers, all short
	return append(l, value...)
}

// utf16le is text as it is on the wire.
func utf16le(s string) []byte {
	b := make([]byte, 0, 2*len(s))
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// text reads utf16le.
func text(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

// upper is text with its letters in upper case, one for one.
func upper(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i+1 < len(b); i += 2 {
		u := binary.LittleEndian.Uint16(b[i:])
		if r := unicode.ToUpper(rune(u)); !utf16.IsSurrogate(rune(u)) && r <= 0xFFFF {
			u = uint16(r) //nolint:gosec // just compared
		}
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return out
}
