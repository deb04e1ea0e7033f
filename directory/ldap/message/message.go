// Package message reads whole messages of LDAP (RFC 4511 4.1.1, 5.1) from a server that
// nobody has to trust: how long they are, how deep and of how many parts is known before
// anything decodes them.
package message

import (
	"errors"
	"fmt"
	"io"
)

// Limits of one message. An entry of Active Directory is in one message; its values
// come in ranges of at most 5,000, and a certificate is a few KB.
const (
	MaxSize  = 8 << 20
	MaxDepth = 12
	MaxParts = 200_000
)

// ErrMalformed is the cause of all errors that are not of reading.
var ErrMalformed = errors.New("malformed message")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrMalformed}, args...)...)
}

const (
	sequence    = 0x30
	constructed = 0x20
	highTag     = 0x1f
	longLength  = 0x80
)

// Read reads one message, with its tag and length, which holds to the limits.
func Read(r io.Reader) ([]byte, error) {
	head := make([]byte, 2, 6)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	if head[0] != sequence {
		return nil, malformed("it begins with 0x%02X", head[0])
	}
	if n := int(head[1]); n > longLength {
		if n > longLength+4 {
			return nil, malformed("its length has %d bytes", n-longLength)
		}
		head = head[:2+n-longLength]
		if _, err := io.ReadFull(r, head[2:]); err != nil {
			return nil, cut(err)
		}
	}
	_, size, _, err := header(head)
	if err != nil {
		return nil, err
	}
	if size > MaxSize {
		return nil, malformed("it has %d bytes, more than %d", size, MaxSize)
	}
	// What a length promises is not believed before it is there.
	m := head
	for left := size; left > 0; {
		step := min(left, 64<<10)
		at := len(m)
		m = append(m, make([]byte, step)...)
		if _, err := io.ReadFull(r, m[at:]); err != nil {
			return nil, cut(err)
		}
		left -= step
	}
	return m, check(m)
}

func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// header takes tag and length off the front.
func header(b []byte) (tag byte, size int, rest []byte, err error) {
	if len(b) < 2 {
		return 0, 0, nil, malformed("a part is cut off")
	}
	tag, b = b[0], b[1:]
	if tag&highTag == highTag {
		return 0, 0, nil, malformed("a part has a long tag")
	}
	n := int(b[0])
	b = b[1:]
	switch {
	case n < longLength:
		return tag, n, b, nil
	case n == longLength:
		return 0, 0, nil, malformed("a part has no length")
	}
	n -= longLength
	if n > 4 || n > len(b) {
		return 0, 0, nil, malformed("a length has %d bytes", n)
	}
	var long uint64
	for _, x := range b[:n] {
		long = long<<8 | uint64(x)
	}
	return tag, int(long), b[n:], nil //nolint:gosec // 4 bytes
}

// check looks at all parts, those of parts included.
func check(m []byte) error {
	var ends [MaxDepth]int // of the parts that are open
	depth, parts := 0, 0
	for at := 0; at < len(m) || depth > 0; {
		for depth > 0 && at == ends[depth-1] {
			depth--
		}
		if at == len(m) {
			break
		}
		if parts++; parts > MaxParts {
			return malformed("it has more than %d parts", MaxParts)
		}
		end := len(m)
		if depth > 0 {
			end = ends[depth-1]
		}
		tag, size, rest, err := header(m[at:end])
		if err != nil {
			return err
		}
		if size > len(rest) {
			return malformed("a part has %d bytes, and %d are there", size, len(rest))
		}
		at = end - len(rest)
		if tag&constructed == 0 {
			at += size
			continue
		}
		if depth == MaxDepth {
			return malformed("it has more than %d levels", MaxDepth)
		}
		ends[depth] = at + size
		depth++
	}
	return nil
}
