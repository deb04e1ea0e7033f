package wire

import (
	"unicode/utf16"
	"unicode/utf8"

	"posthouse/localqm/mq"
)

// textUnits is the length of s in UTF-16 units, without a NUL.
func textUnits(s string) int {
	n := 0
	for _, r := range s {
		if n++; r > 0xFFFF {
			n++
		}
	}
	return n
}

// checkText refuses what a NUL-terminated UTF-16 string cannot carry.
func checkText(s, what string) error {
	for i, r := range s {
		if r == 0 {
			return mq.Errorf(mq.ErrIllegalPropertyValue, "encode a message",
				"the %s has a NUL character at byte %d", what, i)
		}
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				return mq.Errorf(mq.ErrIllegalPropertyValue, "encode a message",
					"the %s is not valid UTF-8 at byte %d", what, i)
			}
		}
	}
	return nil
}

// text appends s and a NUL in UTF-16.
func (e *encoder) text(s string) {
	for _, r := range s {
		if r > 0xFFFF {
			hi, lo := utf16.EncodeRune(r)
			e.b = append(e.b, byte(hi), byte(hi>>8), byte(lo), byte(lo>>8))
		} else {
			e.b = append(e.b, byte(r), byte(r>>8))
		}
	}
	e.b = append(e.b, 0, 0)
}

// decodeText reads UTF-16 up to the first NUL or the end. A lone surrogate
// becomes U+FFFD; ok says there was none, and n is the number of units read.
func decodeText(p []byte) (s string, n int, ok bool) {
	var small [512]byte // the longest label in ASCII needs no second buffer
	out := small[:0]
	ok = true
	for n+1 <= len(p)/2 {
		r := rune(le.Uint16(p[2*n:]))
		if r == 0 {
			break
		}
		n++
		if utf16.IsSurrogate(r) {
			pair := rune(utf8.RuneError)
			if n+1 <= len(p)/2 {
				pair = utf16.DecodeRune(r, rune(le.Uint16(p[2*n:])))
			}
			if pair == utf8.RuneError {
				ok = false
			} else {
				n++
			}
			r = pair
		}
		out = utf8.AppendRune(out, r)
	}
	return string(out), n, ok
}

// strictText reads a field that is one NUL-terminated string and nothing else.
func (c *cursor) strictText(p []byte, what string) string {
	if c.err != nil {
		return ""
	}
	if len(p) < 2 || len(p)%2 != 0 {
		c.fail("%s before offset %d is %d bytes, not a NUL-terminated Unicode string", what, c.pos(), len(p))
		return ""
	}
	s, n, ok := decodeText(p)
	switch {
	case n != len(p)/2-1:
		c.fail("%s before offset %d does not end at its only NUL", what, c.pos())
		return ""
	case !ok:
		c.fail("%s before offset %d has half a surrogate pair", what, c.pos())
		return ""
	}
	return s
}
