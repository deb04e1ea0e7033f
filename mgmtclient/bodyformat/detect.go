package bodyformat

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// The formats, in the words a developer knows them by.
const (
	QueuedComponent = "COM+ queued component"
	NServiceBus     = "NServiceBus"
	Rebus           = "Rebus"
	MassTransit     = "MassTransit"
	DotNetBinary    = ".NET BinaryMessageFormatter"
	DotNetXML       = ".NET XmlMessageFormatter"
	WCF             = "WCF NetMsmq"
	ActiveXString   = "ActiveX string"
	ActiveXBytes    = "ActiveX byte array"
	ActiveXValue    = "ActiveX value"
	ActiveXObject   = "ActiveX object"
	JSON            = "JSON"
	Text            = "Text"
	Unknown         = "" // show it in hexadecimal
)

// Sniff is how many bytes of a body Detect looks at; a shorter piece of a
// longer body is good enough for it.
const Sniff = 4096

// queuedComponent is the CLSID that COM+ puts in front of the extension.
var queuedComponent = []byte{0xFB, 0xBC, 0x64, 0x16, 0x51, 0x17, 0xD2, 0x11, 0xB5, 0x8E, 0x00, 0xE0, 0x29, 0x0E, 0x6C, 0x31}

// dotNetBinary is the body type that BinaryMessageFormatter sets.
const dotNetBinary = 0x300

// Detect names the format: the extension tells the frameworks, then the body
// type (VT_ values, PROPID_M_BODY_TYPE), then the bytes themselves.
func Detect(bodyType uint32, body, extension []byte) string {
	body = body[:min(len(body), Sniff)]
	if f := fromExtension(extension); f != Unknown {
		return f
	}
	if bodyType == dotNetBinary {
		return DotNetBinary
	}
	if isWCF(body) {
		return WCF
	}
	if f := fromType(bodyType); f != Unknown {
		return f
	}
	if bodyType != 0 || len(body) == 0 {
		return Unknown
	}
	return fromBytes(body)
}

func fromExtension(x []byte) string {
	switch {
	case len(x) == 0:
		return Unknown
	case bytes.HasPrefix(x, queuedComponent):
		return QueuedComponent
	case bytes.Contains(x, []byte("</ArrayOfHeaderInfo>")):
		return NServiceBus
	case bytes.HasPrefix(x, []byte("+AHs")): // a brace in UTF-7, as old versions wrote it
		return Rebus
	}
	var keys map[string]json.RawMessage
	if json.Unmarshal(bytes.TrimRight(x, "\x00"), &keys) != nil {
		return Unknown
	}
	for k := range keys {
		if len(k) > 5 && k[:5] == "rbs2-" {
			return Rebus
		}
	}
	if _, ok := keys["Content-Type"]; ok {
		return MassTransit
	}
	return Unknown
}

// isWCF recognises the preamble of .NET message framing (MC-NMF 2.2.3):
// version 1.0, mode singleton sized (4) or simplex (3), via record.
func isWCF(b []byte) bool {
	return len(b) > 7 && b[0] == 0 && b[1] == 1 && b[2] == 0 && b[3] == 1 &&
		(b[4] == 3 || b[4] == 4) && b[5] == 2 && bytes.HasPrefix(skipLength(b[6:]), []byte("net.msmq://"))
}

// skipLength skips a size of at most five bytes of seven bits.
func skipLength(b []byte) []byte {
	for i := range min(len(b), 5) {
		if b[i] < 0x80 {
			return b[i+1:]
		}
	}
	return nil
}

func fromType(t uint32) string {
	switch t {
	case 8, 30, 31: // BSTR, LPSTR, LPWSTR
		return ActiveXString
	case 0x1011, 0x2011: // vector and array of UI1
		return ActiveXBytes
	case 2, 3, 4, 5, 6, 7, 11, 16, 17, 18, 19, 20, 21, 72: // numbers, dates, BOOL, CLSID
		return ActiveXValue
	case 68, 69: // STREAMED_OBJECT, STORED_OBJECT
		return ActiveXObject
	}
	return Unknown
}

func fromBytes(b []byte) string {
	text := b
	if bytes.HasPrefix(b, []byte{0xFF, 0xFE}) {
		text = fromUTF16(b[2:])
	}
	text = bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF"))
	if bytes.HasPrefix(text, []byte("<?xml")) {
		return DotNetXML
	}
	if !printable(text) {
		return Unknown
	}
	if isJSON(text) {
		return JSON
	}
	return Text
}

func fromUTF16(b []byte) []byte {
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = uint16(b[2*i]) | uint16(b[2*i+1])<<8
	}
	return []byte(string(utf16.Decode(u)))
}

// printable accepts UTF-8 text that may be cut in the middle of a character.
func printable(b []byte) bool {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			return len(b) < utf8.UTFMax && !utf8.FullRune(b)
		}
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7F {
			return false
		}
		b = b[n:]
	}
	return true
}

// isJSON accepts an object or array, or the beginning of one.
func isJSON(b []byte) bool {
	b = bytes.TrimLeft(b, " \t\r\n")
	if len(b) == 0 || b[0] != '{' && b[0] != '[' {
		return false
	}
	d := json.NewDecoder(bytes.NewReader(b))
	for {
		if _, err := d.Token(); err != nil {
			return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		}
	}
}
