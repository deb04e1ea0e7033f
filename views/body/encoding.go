package body

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// Encoding is how the bytes of a text stand for characters.
type Encoding string

// The encodings, as shown in the choice.
const (
	UTF8        Encoding = "UTF-8"
	UTF16LE     Encoding = "UTF-16LE"
	UTF16BE     Encoding = "UTF-16BE"
	Windows1252 Encoding = "Windows-1252"
	Latin1      Encoding = "ISO-8859-1"
	ASCII       Encoding = "ASCII"
)

// Encodings lists all encodings in the order of the choice.
func Encodings() []Encoding {
	return []Encoding{UTF8, UTF16LE, UTF16BE, Windows1252, Latin1, ASCII}
}

// DetectEncoding guesses the encoding: a byte order mark; else the NULs of
// UTF-16 text; else valid UTF-8; else Windows-1252, which gives each byte
// some character.
func DetectEncoding(data []byte) Encoding {
	head := data[:min(len(data), 4096)]
	switch {
	case bytes.HasPrefix(head, []byte{0xEF, 0xBB, 0xBF}):
		return UTF8
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}):
		return UTF16LE
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		return UTF16BE
	}
	if enc, ok := sixteen(head); ok {
		return enc
	}
	if utf8.Valid(UTF8.whole(head)) {
		return UTF8
	}
	return Windows1252
}

// sixteen looks for text in UTF-16 without a mark: nearly every second byte
// of Latin text is zero, and hardly any of the others.
func sixteen(head []byte) (Encoding, bool) {
	if len(head) < 4 {
		return "", false
	}
	var even, odd int
	for i, c := range head {
		if c != 0 {
			continue
		}
		if i%2 == 0 {
			even++
		} else {
			odd++
		}
	}
	pairs := len(head) / 2
	switch {
	case odd*10 >= pairs*7 && even*20 <= pairs:
		return UTF16LE, true
	case even*10 >= pairs*7 && odd*20 <= pairs:
		return UTF16BE, true
	}
	return "", false
}

// whole cuts a character that was torn in two off the end.
func (e Encoding) whole(b []byte) []byte {
	switch e {
	case UTF16LE, UTF16BE:
		b = b[:len(b)&^1]
		if n := len(b); n >= 2 {
			high := b[n-1]
			if e == UTF16BE {
				high = b[n-2]
			}
			if high >= 0xD8 && high < 0xDC {
				return b[:n-2]
			}
		}
		return b
	case UTF8:
		for i := 1; i <= min(3, len(b)); i++ {
			c := b[len(b)-i]
			if utf8.RuneStart(c) {
				if !utf8.FullRune(b[len(b)-i:]) {
					return b[:len(b)-i]
				}
				break
			}
		}
	}
	return b
}

// Decode reads bytes as characters. What cannot be read becomes U+FFFD.
func Decode(data []byte, e Encoding) string {
	switch e {
	case UTF16LE:
		return utf16(data, unicode.LittleEndian)
	case UTF16BE:
		return utf16(data, unicode.BigEndian)
	case Windows1252:
		out, _ := charmap.Windows1252.NewDecoder().Bytes(data)
		return string(out)
	case Latin1:
		out, _ := charmap.ISO8859_1.NewDecoder().Bytes(data)
		return string(out)
	case ASCII:
		var b strings.Builder
		b.Grow(len(data))
		for _, c := range data {
			if c < 0x80 {
				b.WriteByte(c)
			} else {
				b.WriteRune(utf8.RuneError)
			}
		}
		return b.String()
	}
	return strings.ToValidUTF8(string(data), "\uFFFD")
}

func utf16(data []byte, order unicode.Endianness) string {
	out, _ := unicode.UTF16(order, unicode.IgnoreBOM).NewDecoder().Bytes(data)
	return string(out)
}
