package sasl

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"

	"posthouse/directory/ldap/message"
	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security"
)

// Sizes of what is protected at once.
const (
	// maxFrame is what we take: the longest message, and what a layer adds to it. RFC
	// 4752 3.1 has three bytes for it, which is a byte less.
	maxFrame = message.MaxSize - 1
	// chunk is what is sent at once: all of our requests but the longest, and no server
	// takes less.
	chunk = 32 << 10
	// overhead is more than any layer adds.
	overhead = 256
)

// conn is a connection on which all is wrapped, with a length of four bytes in front
// (RFC 4422 3.7).
type conn struct {
	net.Conn
	context security.Wrapper
	level   security.Level
	chunk   int

	writing sync.Mutex
	reading sync.Mutex
	rest    []byte // opened, and not read yet
	broken  error  // nothing more is read after it
}

func newConn(c net.Conn, w security.Wrapper, l security.Level, most int) net.Conn {
	size := chunk
	if most > overhead {
		size = min(size, most-overhead)
	}
	return &conn{Conn: c, context: w, level: l, chunk: size}
}

// Write protects and sends what is written.
func (c *conn) Write(b []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	written := 0
	for len(b) > written {
		part := b[written:min(len(b), written+c.chunk)]
		token, err := c.context.Wrap(c.level, part)
		if err != nil {
			return written, err
		}
		frame := append(binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(token)), uint32(len(token))), token...) //nolint:gosec // a chunk
		if _, err := c.Conn.Write(frame); err != nil {
			return written, err
		}
		written += len(part)
	}
	return written, nil
}

// Read returns what has come whole and unchanged.
func (c *conn) Read(b []byte) (int, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	for len(c.rest) == 0 {
		if c.broken != nil {
			return 0, c.broken
		}
		if c.rest, c.broken = c.frame(); c.broken != nil {
			return 0, c.broken
		}
	}
	n := copy(b, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

func (c *conn) frame() ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(c.Conn, head[:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(head[:])
	if size > maxFrame {
		return nil, mq.Errorf(mq.ErrCorruptedSecurityData, "read what the directory sends", "it comes in a piece of %d bytes, more than %d", size, maxFrame).
			WithFix("look who sits between this computer and the directory")
	}
	var token []byte
	for left := int(size); left > 0; {
		step := min(left, 64<<10)
		at := len(token)
		token = append(token, make([]byte, step)...)
		if _, err := io.ReadFull(c.Conn, token[at:]); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		left -= step
	}
	return c.context.Unwrap(c.level, token)
}
