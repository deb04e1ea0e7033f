package wire

import (
	"encoding/binary"
	"errors"
	"fmt"

	"posthouse/localqm/mq"
)

// ErrMalformed is in the chain of every error of reading: the bytes are not what
// the specification describes. A session that gets it closes (MS-MQQB 3.1.5.1.3).
var ErrMalformed = errors.New("malformed packet")

var le = binary.LittleEndian

func malformed(format string, args ...any) error {
	return &mq.Error{
		Code: mq.ErrGeneric,
		Op:   "read a message packet",
		Why:  fmt.Sprintf(format, args...),
		Err:  ErrMalformed,
	}
}

// cursor walks a packet. Every length is checked here, before it is used, so the
// parsers above cannot leave the packet. The first failure stays.
type cursor struct {
	b   []byte
	off int // in b
	gap int // bytes of the packet before off that are not in b: a body cut out
	err error
}

func (c *cursor) fail(format string, args ...any) {
	if c.err == nil {
		c.err = malformed(format, args...)
	}
}

// pos is the offset in the packet.
func (c *cursor) pos() int { return c.off + c.gap }

func (c *cursor) left() int { return len(c.b) - c.off }

// take returns the next n bytes without copying; nil after a failure and for
// no bytes.
func (c *cursor) take(n int, what string) []byte {
	if c.err != nil || n == 0 {
		return nil
	}
	if n < 0 || n > c.left() {
		c.fail("%s at offset %d needs %d bytes and the packet has %d more", what, c.pos(), n, c.left())
		return nil
	}
	p := c.b[c.off : c.off+n : c.off+n]
	c.off += n
	return p
}

// field is take for a length that stands in the packet.
func (c *cursor) field(n uint32, what string) []byte {
	if c.err == nil && uint64(n) > uint64(c.left()) {
		c.fail("%s at offset %d claims %d bytes and the packet has %d more", what, c.pos(), n, c.left())
		return nil
	}
	return c.take(int(n), what)
}

func (c *cursor) guid(what string) (g mq.GUID) {
	copy(g[:], c.take(16, what))
	return g
}

func (c *cursor) u32(what string) uint32 {
	if p := c.take(4, what); p != nil {
		return le.Uint32(p)
	}
	return 0
}

// align skips the padding in front of the next multiple of four.
func (c *cursor) align(what string) { c.take(-c.pos()&3, what) }

// alignEnd is align for what may be the last header, whose padding some senders
// leave out.
func (c *cursor) alignEnd() {
	if c.err == nil {
		c.off += min(-c.pos()&3, c.left())
	}
}

// encoder collects a packet that begins at start of b.
type encoder struct {
	b     []byte
	start int
	gap   int // bytes of the body left out
}

func (e *encoder) pos() int { return len(e.b) - e.start + e.gap }

func (e *encoder) u16(v uint16) { e.b = le.AppendUint16(e.b, v) }
func (e *encoder) u32(v uint32) { e.b = le.AppendUint32(e.b, v) }

func (e *encoder) guid(g mq.GUID) { e.b = append(e.b, g[:]...) }

func (e *encoder) align() {
	var zero [3]byte
	e.b = append(e.b, zero[:-e.pos()&3]...)
}
