package body

import (
	"bytes"
	"fmt"
	"strings"
)

// PreviewLimit is how many bytes of a body are laid out as text. Hex shows
// all of any body.
const PreviewLimit = 64 << 10

// Mode is a way to look at a body.
type Mode string

// The modes.
const (
	XML  Mode = "XML"
	JSON Mode = "JSON"
	Text Mode = "Text"
	Hex  Mode = "Hex"
)

// Kind is what a span of a line is.
type Kind int

// The kinds.
const (
	Plain   Kind = iota
	Tag          // XML tags, JSON keys
	Attr         // XML attribute names, JSON numbers
	Value        // attribute values, strings
	Comment      // comments, declarations
	Escape       // a character that cannot be shown, written as an escape
)

// Span is a run of one kind.
type Span struct {
	Text string
	Kind Kind
}

// Line is a line to show.
type Line []Span

// String is the text of the line.
func (l Line) String() string {
	var b strings.Builder
	for _, s := range l {
		b.WriteString(s.Text)
	}
	return b.String()
}

// Document is a body laid out.
type Document struct {
	Mode     Mode
	Encoding Encoding
	Lines    []Line
	Shown    int    // bytes laid out
	Total    int    // bytes of the body
	Fault    string // why it is not what Mode says, in words; "" if it is
}

// Cut reports whether the document is only the beginning.
func (d Document) Cut() bool { return d.Shown < d.Total }

// Text is the text of all lines.
func (d Document) Text() string {
	var b strings.Builder
	for i, l := range d.Lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(l.String())
	}
	return b.String()
}

// Detect guesses how to look at a body: XML and JSON by their first
// character, text if nearly all of it decodes to printable characters, else
// hex.
func Detect(data []byte) (Mode, Encoding) {
	enc := DetectEncoding(data)
	head := data[:min(len(data), 4096)]
	text := strings.TrimLeft(Decode(head, enc), "\ufeff \t\r\n")
	switch {
	case len(data) == 0:
		return Text, UTF8
	case looksXML(text):
		return XML, enc
	case looksJSON(text):
		return JSON, enc
	case printable(text):
		return Text, enc
	}
	return Hex, enc
}

func looksXML(s string) bool {
	if !strings.HasPrefix(s, "<") || len(s) < 2 {
		return false
	}
	c := s[1]
	return c == '?' || c == '!' || c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func looksJSON(s string) bool {
	if s == "" || s[0] != '{' && s[0] != '[' {
		return false
	}
	rest := strings.TrimLeft(s[1:], " \t\r\n")
	if rest == "" {
		return true
	}
	if s[0] == '{' {
		return rest[0] == '"' || rest[0] == '}'
	}
	return strings.ContainsRune("\"{[]-0123456789tfn", rune(rest[0]))
}

// printable reports whether at most one character in twenty must be escaped.
func printable(s string) bool {
	bad, n := 0, 0
	for _, r := range s {
		n++
		if r == 0xFFFD || mustEscape(r) && r != '\t' && r != '\n' && r != '\r' {
			bad++
		}
	}
	return n > 0 && bad*20 <= n
}

// Format lays the beginning of a body out. Hex gives a document without
// lines: use HexRow.
func Format(data []byte, mode Mode, enc Encoding) Document {
	doc := Document{Mode: mode, Encoding: enc, Total: len(data), Shown: len(data)}
	if mode == Hex {
		return doc
	}
	doc.Shown = min(len(data), PreviewLimit)
	head := data[:doc.Shown]
	if doc.Cut() {
		head = enc.whole(head)
		doc.Shown = len(head)
	}
	text := strings.TrimPrefix(Decode(head, enc), "\ufeff")
	switch mode {
	case XML:
		text, doc.Fault = indentXML(text, doc.Cut())
	case JSON:
		text, doc.Fault = indentJSON(text, doc.Cut())
	}
	doc.Lines = layout(text, mode)
	return doc
}

// HexWidth is how many bytes a hex row shows.
const HexWidth = 16

// HexRows is how many rows n bytes take.
func HexRows(n int) int { return (n + HexWidth - 1) / HexWidth }

// HexRow writes row i: offset, sixteen bytes in two groups, their ASCII.
func HexRow(data []byte, i int) (offset, hex, ascii string) {
	from := i * HexWidth
	if i < 0 || from >= len(data) {
		return "", "", ""
	}
	row := data[from:min(len(data), from+HexWidth)]
	const digits = "0123456789ABCDEF"
	h := bytes.Repeat([]byte{' '}, 3*HexWidth)
	a := make([]byte, len(row))
	for k, c := range row {
		at := 3 * k
		if k >= HexWidth/2 {
			at++
		}
		h[at], h[at+1] = digits[c>>4], digits[c&15]
		a[k] = '.'
		if c >= 0x20 && c < 0x7F {
			a[k] = c
		}
	}
	return fmt.Sprintf("%08X", from), string(h), string(a)
}

// Size writes a number of bytes: 512 bytes, 2.1 KB, 4.9 MB (of 1024).
func Size(n int64) string {
	switch {
	case n == 1:
		return "1 byte"
	case n < 1024:
		return fmt.Sprintf("%d bytes", n)
	case n < 1024*1000:
		return unit(float64(n)/1024, "KB")
	case n < 1024*1024*1000:
		return unit(float64(n)/(1<<20), "MB")
	}
	return unit(float64(n)/(1<<30), "GB")
}

func unit(v float64, u string) string {
	if v >= 99.95 {
		return fmt.Sprintf("%.0f %s", v, u)
	}
	return fmt.Sprintf("%.1f %s", v, u)
}
