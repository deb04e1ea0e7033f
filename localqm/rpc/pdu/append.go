package pdu

import "encoding/binary"

var le = binary.LittleEndian

// begin appends a header without lengths. Type and byte order of h are not looked at.
func begin(dst []byte, t Type, h Header) []byte {
	dst = append(dst, 5, h.Minor, byte(t), byte(h.Flags), 0x10, 0, 0, 0, 0, 0, 0, 0)
	return le.AppendUint32(dst, h.CallID)
}

// finish appends what a is, nil for nothing, to the PDU that begins at start, and
// fills in the lengths. The padding counts from body, in multiples of align.
func finish(dst []byte, start, body, align int, a *Auth) []byte {
	if a != nil {
		pad := -(len(dst) - body) & (align - 1)
		dst = trailer(append(dst, zeros[:pad]...), pad, a)
		le.PutUint16(dst[start+10:], uint16(len(a.Token)))
	}
	le.PutUint16(dst[start+8:], uint16(len(dst)-start))
	return dst
}

func trailer(dst []byte, pad int, a *Auth) []byte {
	dst = append(dst, byte(a.Mechanism), byte(a.Level), byte(pad), 0)
	dst = le.AppendUint32(dst, a.ContextID)
	return append(dst, a.Token...)
}

var zeros [authAlign]byte

// AppendEmpty appends a PDU that is all header: co_cancel, orphaned, shutdown.
func AppendEmpty(dst []byte, t Type, h Header) []byte {
	start := len(dst)
	return finish(begin(dst, t, h), start, 0, 1, nil)
}

// AppendAuth3 appends an auth3 (MS-RPCE 2.2.2.10).
func AppendAuth3(dst []byte, h Header, a *Auth) []byte {
	start := len(dst)
	dst = append(begin(dst, TypeAuth3, h), zeros[:4]...)
	dst = trailer(dst, 0, a)
	le.PutUint16(dst[start+10:], uint16(len(a.Token)))
	le.PutUint16(dst[start+8:], uint16(len(dst)-start))
	return dst
}

// Room is how many bytes of stub data fit into one fragment of at most size bytes,
// with a signature of so many bytes; below 0 there is none. It is a multiple of 16.
func Room(size int, object bool, signature int) int {
	size -= callSize
	if object {
		size -= 16
	}
	if signature >= 0 {
		size -= TrailerSize + signature
	}
	return max(size, 0) &^ (authAlign - 1)
}
