package compose

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"posthouse/localqm/mq"
	"posthouse/views/body"
	"posthouse/views/screen"
)

// The ways to give a body: the modes of package body, and a file or other
// bytes that are sent as they are.
const (
	modeXML  = string(body.XML)
	modeText = string(body.Text)
	modeJSON = string(body.JSON)
	modeHex  = string(body.Hex)
	modeFile = "From file"
)

// Body types offered, with the words of those who set them.
var bodyTypes = []struct {
	value uint32
	text  string
}{
	{uint32(mq.VTEmpty), "0 (.NET XML, bytes)"},
	{uint32(mq.VTBSTR), "8 (COM string)"},
	{uint32(mq.VTLPWSTR), "31 (wide string)"},
	{uint32(mq.VTLPSTR), "30 (ANSI string)"},
	{uint32(mq.VTVector | mq.VTUI1), "0x1011 (byte array)"},
	{uint32(mq.VTDotNetBinary), "0x300 (.NET binary)"},
	{uint32(mq.VTI4), "3 (32-bit number)"},
	{uint32(mq.VTI8), "20 (64-bit number)"},
	{uint32(mq.VTR8), "5 (floating point)"},
	{uint32(mq.VTBool), "11 (boolean)"},
	{uint32(mq.VTDate), "7 (date)"},
	{uint32(mq.VTCurrency), "6 (currency)"},
	{uint32(mq.VTCLSID), "72 (GUID)"},
}

// content is the body of the message.
type content struct {
	mode     string
	text     string // what the editor holds: characters, or hex digits
	encoding body.Encoding
	crlf     bool // lines end in CR LF
	mark     bool // a byte order mark leads
	bodyType uint32

	// blob is what modeFile sends, blobName where it came from. It is never
	// in the editor.
	blob     []byte
	blobName string

	// original is sent as it is while the text is what was made of it.
	original     []byte
	originalText string

	judged judgement
}

// judgement is what was last found about a body in the editor: every key asks
// several times.
type judgement struct {
	known       bool
	mode, text  string
	bodyType    uint32
	data        []byte
	err         error
	words       string
	fine, fault bool
}

// encodingFor is how characters become bytes for a body type.
func encodingFor(bodyType uint32, otherwise body.Encoding) body.Encoding {
	switch mq.VarType(bodyType) {
	case mq.VTBSTR, mq.VTLPWSTR:
		return body.UTF16LE
	case mq.VTLPSTR:
		return body.Windows1252
	}
	if otherwise == "" {
		return body.UTF8
	}
	return otherwise
}

// bytes is the body as it is sent.
func (c *content) bytes() ([]byte, error) {
	if c.mode == modeFile {
		return c.blob, nil
	}
	j := c.look()
	return j.data, j.err
}

// look finds out about the text as it is now.
func (c *content) look() *judgement {
	j := &c.judged
	if !j.known || j.mode != c.mode || j.bodyType != c.bodyType || j.text != c.text {
		*j = judgement{known: true, mode: c.mode, text: c.text, bodyType: c.bodyType}
		j.data, j.err = c.make()
		j.words, j.fine, j.fault = c.find(j.data, j.err)
	}
	return j
}

// make writes the text as bytes.
func (c *content) make() ([]byte, error) {
	switch {
	case c.original != nil && c.text == c.originalText:
		return c.original, nil
	case c.mode == modeHex:
		return parseHex(c.text)
	}
	s := c.text
	if c.crlf {
		s = strings.ReplaceAll(s, "\n", "\r\n")
	}
	return encode(s, encodingFor(c.bodyType, c.encoding), c.mark)
}

// encode writes characters as bytes.
func encode(s string, e body.Encoding, mark bool) ([]byte, error) {
	switch e {
	case body.UTF16LE, body.UTF16BE:
		units := utf16.Encode([]rune(s))
		if mark {
			units = slices.Insert(units, 0, 0xFEFF)
		}
		b := make([]byte, 0, 2*len(units))
		for _, u := range units {
			if e == body.UTF16LE {
				b = append(b, byte(u), byte(u>>8))
			} else {
				b = append(b, byte(u>>8), byte(u))
			}
		}
		return b, nil
	case body.Windows1252, body.Latin1:
		table := charmap.Windows1252
		if e == body.Latin1 {
			table = charmap.ISO8859_1
		}
		var b []byte
		for _, r := range s {
			x, ok := table.EncodeRune(r)
			if !ok {
				return nil, fmt.Errorf("%s has no character %q", e, r)
			}
			b = append(b, x)
		}
		return b, nil
	case body.ASCII:
		for _, r := range s {
			if r > unicode.MaxASCII {
				return nil, fmt.Errorf("%s has no character %q", e, r)
			}
		}
	}
	if mark {
		s = "\uFEFF" + s
	}
	return []byte(s), nil
}

// parseHex reads hex digits; spaces and line ends between them do not count.
func parseHex(s string) ([]byte, error) {
	digits := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
	for i, r := range digits {
		if !strings.ContainsRune("0123456789abcdefABCDEF", r) {
			return nil, fmt.Errorf("%q is no hex digit, at digit %d", r, i+1)
		}
	}
	if len(digits)%2 != 0 {
		return nil, fmt.Errorf("a digit is missing: there are %d, and a byte takes two", len(digits))
	}
	return hex.DecodeString(digits)
}

// writeHex writes bytes as rows of sixteen.
func writeHex(b []byte) string {
	var w strings.Builder
	for i, x := range b {
		switch {
		case i == 0:
		case i%16 == 0:
			w.WriteByte('\n')
		default:
			w.WriteByte(' ')
		}
		fmt.Fprintf(&w, "%02x", x)
	}
	return w.String()
}

// hexLimit is how many bytes fit the editor in hex.
const hexLimit = editLimit / 3

// take shows bytes that came from somewhere: in the editor if they are text of
// its size, in hex if they are few, else as they are. It keeps the bytes, which
// are sent unchanged until somebody edits.
func (c *content) take(b []byte, bodyType uint32, name string) {
	*c = content{bodyType: bodyType}
	mode, enc := body.Detect(b)
	if mode != body.Hex && len(b) <= editLimit {
		s := body.Decode(b, enc)
		if !strings.ContainsRune(s, utf8.RuneError) && len(s) <= editLimit {
			c.mode, c.encoding = string(mode), enc
			c.mark = strings.HasPrefix(s, "\uFEFF") || bytes.HasPrefix(b, []byte("\xEF\xBB\xBF")) || bytes.HasPrefix(b, []byte{0xFF, 0xFE}) || bytes.HasPrefix(b, []byte{0xFE, 0xFF})
			s = strings.TrimPrefix(s, "\uFEFF")
			c.crlf = strings.Contains(s, "\r\n")
			c.text = strings.ReplaceAll(s, "\r\n", "\n")
			c.original, c.originalText = b, c.text
			return
		}
	}
	if len(b) <= hexLimit {
		c.mode, c.text = modeHex, writeHex(b)
		c.original, c.originalText = b, c.text
		return
	}
	c.mode, c.blob, c.blobName = modeFile, b, name
}

// turn goes to another mode and keeps the bytes: text becomes hex and back.
// note says why it was not possible.
func (c *content) turn(mode string) (note string) {
	if mode == c.mode {
		return ""
	}
	wasText := c.mode == modeXML || c.mode == modeText || c.mode == modeJSON
	toText := mode == modeXML || mode == modeText || mode == modeJSON
	switch {
	case wasText && toText, mode == modeFile:
	case c.mode == modeFile:
		b := c.blob
		if len(b) == 0 {
			break
		}
		fresh := content{}
		fresh.take(b, c.bodyType, c.blobName)
		if fresh.mode == modeFile {
			return "It is too long to be edited: " + screen.Size(int64(len(b))) + ", and the editor takes 64 KB."
		}
		fresh.blob, fresh.blobName = c.blob, c.blobName
		*c = fresh
		return c.turn(mode)
	case mode == modeHex:
		b, err := c.bytes()
		if err != nil {
			return screen.Sentence(err.Error())
		}
		if len(b) > hexLimit {
			return "It is too long to be edited in hex: " + screen.Size(int64(len(b))) + "."
		}
		c.text = writeHex(b)
		c.original, c.originalText = b, c.text
	default: // hex to text
		b, err := c.bytes()
		if err != nil {
			return screen.Sentence(err.Error())
		}
		fresh := content{}
		fresh.take(b, c.bodyType, c.blobName)
		if fresh.mode == modeHex && len(b) > 0 {
			return "These bytes are no text that could be edited."
		}
		fresh.blob, fresh.blobName = c.blob, c.blobName
		*c = fresh
	}
	c.mode = mode
	return ""
}

// judge says what the body is: "Well-formed XML, 512 bytes", or what is wrong
// with it; fault tells that it cannot be sent as it stands.
func (c *content) judge() (words string, ok, fault bool) {
	if c.mode == modeFile {
		if c.blob == nil {
			return "Choose a file", false, false
		}
		return screen.Size(int64(len(c.blob))) + " from " + c.blobName, true, false
	}
	j := c.look()
	return j.words, j.fine, j.fault
}

// find judges what is in the editor, by the bytes it makes.
func (c *content) find(b []byte, err error) (words string, ok, fault bool) {
	if err != nil {
		return screen.Sentence(err.Error()), false, true
	}
	size := screen.Size(int64(len(b)))
	if c.mode == modeHex {
		return size, true, false
	}
	if len(b) == 0 {
		return "No body", true, false
	}
	e := encodingFor(c.bodyType, c.encoding)
	if e != body.UTF8 {
		size += ", " + string(e)
	}
	if c.mode == modeText {
		return "Text, " + size, true, false
	}
	if d := body.Format([]byte(c.text), body.Mode(c.mode), body.UTF8); d.Fault != "" {
		return "Not well-formed " + c.mode + ": " + d.Fault, false, false
	}
	return "Well-formed " + c.mode + ", " + size, true, false
}
