package qmcomm

import (
	"strings"
	"unicode/utf16"
)

// nul is an empty text in a buffer: go-msrpc writes the empty string as NULL.
const nul = "\x00"

// cut is a text as it fits into a buffer of so many UTF-16 units with its NUL.
func cut(s string, room uint32) string {
	if room <= 1 {
		return strings.Repeat(nul, int(room))
	}
	if units := utf16.Encode([]rune(s)); uint32(len(units)) >= room {
		return string(utf16.Decode(units[:room-1]))
	}
	return s
}

// buffered is a text in a buffer: not NULL if there is room for one.
func buffered(s string, room uint32) string {
	if s == "" && room > 0 {
		return nul
	}
	return s
}

// upToNUL is what a buffer says: it ends at its first NUL, or with the buffer.
func upToNUL(s string) string {
	s, _, _ = strings.Cut(s, nul)
	return s
}
