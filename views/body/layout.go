package body

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const tabStop = 4

// layout breaks text into lines of spans, colours them and writes what cannot
// be shown as escapes.
func layout(text string, mode Mode) []Line {
	w := writer{}
	switch mode {
	case XML:
		colourXML(&w, text)
	case JSON:
		colourJSON(&w, text)
	default:
		w.write(text, Plain)
	}
	return w.lines()
}

// writer collects spans into lines.
type writer struct {
	out []Line
	cur Line
	buf strings.Builder
	in  Kind
	col int
}

func (w *writer) flush() {
	if w.buf.Len() > 0 {
		w.cur = append(w.cur, Span{w.buf.String(), w.in})
		w.buf.Reset()
	}
}

func (w *writer) newline() {
	w.flush()
	w.out = append(w.out, w.cur)
	w.cur, w.col = nil, 0
}

func (w *writer) put(s string, n int, k Kind) {
	if k != w.in {
		w.flush()
		w.in = k
	}
	w.buf.WriteString(s)
	w.col += n
}

func (w *writer) write(s string, k Kind) {
	for i, r := range s {
		switch {
		case r == '\n':
			w.newline()
		case r == '\r' && strings.HasPrefix(s[i+1:], "\n"):
		case r == '\t':
			n := tabStop - w.col%tabStop
			w.put("    "[:n], n, k)
		case mustEscape(r):
			e := escape(r)
			w.put(e, len(e), Escape)
		case r == utf8.RuneError:
			w.put("\uFFFD", 1, Escape)
		default:
			w.put(string(r), 1, k)
		}
	}
}

func (w *writer) lines() []Line {
	if w.buf.Len() > 0 || len(w.cur) > 0 || len(w.out) == 0 {
		w.newline()
	}
	return w.out
}

// mustEscape reports whether a rune would not show or would turn what is
// around it: controls, formats such as the bidi marks, odd spaces.
func mustEscape(r rune) bool {
	if r < 0x20 || r >= 0x7F && r < 0xA0 {
		return true
	}
	if r < 0x300 {
		return r == 0xAD
	}
	return unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co) || !unicode.IsGraphic(r) && r != utf8.RuneError
}

func escape(r rune) string {
	switch {
	case r < 0x100:
		return fmt.Sprintf(`\x%02X`, r)
	case r > 0xFFFF:
		return fmt.Sprintf(`\U%06X`, r)
	}
	return fmt.Sprintf(`\u%04X`, r)
}

// Colour lays text out as it stands, without indenting it anew: for an editor.
func Colour(text string, mode Mode) []Line { return layout(text, mode) }
