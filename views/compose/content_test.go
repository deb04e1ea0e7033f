package compose

import (
	"bytes"
	"strings"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/views/body"
)

func TestBodiesGoOutAsTheyCameIn(t *testing.T) {
	long := bytes.Repeat([]byte("<line/>"), 20_000)
	for name, c := range map[string]struct {
		data     []byte
		bodyType uint32
		mode     string
	}{
		"xml":                   {[]byte("<?xml version=\"1.0\"?>\r\n<a>ø</a>\r\n"), 0, modeXML},
		"xml with a mark":       {[]byte("\xEF\xBB\xBF<a/>"), 0, modeXML},
		"json":                  {[]byte(`{"a":[1]}`), 0, modeJSON},
		"text with mixed lines": {[]byte("one\ntwo\r\nthree"), 0, modeText},
		"wide string":           {[]byte("H\x00i\x00\xF8\x00"), 8, modeText},
		"wide xml with a mark":  {[]byte("\xFF\xFE<\x00a\x00/\x00>\x00"), 0, modeXML},
		"bytes":                 {[]byte{0, 1, 2, 0xFF, 0xFE, 7}, 0x1011, modeHex},
		"nothing":               {nil, 0, modeText},
		"longer than an editor": {long, 0, modeFile},
	} {
		t.Run(name, func(t *testing.T) {
			var x content
			x.take(c.data, c.bodyType, "the original")
			if len(c.data) > 0 && x.mode != c.mode {
				t.Errorf("shown as %s, want %s", x.mode, c.mode)
			}
			got, err := x.bytes()
			if err != nil || !bytes.Equal(got, c.data) || x.bodyType != c.bodyType {
				t.Errorf("got %q of type %d, %v", got, x.bodyType, err)
			}
			if len(x.text) > editLimit {
				t.Errorf("%d bytes in the editor", len(x.text))
			}
		})
	}
}

func TestEditedTextKeepsEncodingAndLineEnds(t *testing.T) {
	var x content
	x.take([]byte("\xFF\xFEa\x00\r\x00\n\x00b\x00"), 0, "")
	if x.encoding != body.UTF16LE || x.text != "a\nb" {
		t.Fatalf("got %q in %s", x.text, x.encoding)
	}
	x.text = "a\nc"
	if got, err := x.bytes(); err != nil || string(got) != "\xFF\xFEa\x00\r\x00\n\x00c\x00" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestBodyTypesSayHowCharactersAreWritten(t *testing.T) {
	for _, c := range []struct {
		bodyType uint32
		want     string
	}{
		{0, "h\xC3\xB8"}, {uint32(mq.VTBSTR), "h\x00\xF8\x00"}, {uint32(mq.VTLPWSTR), "h\x00\xF8\x00"}, {uint32(mq.VTLPSTR), "h\xF8"},
	} {
		x := content{mode: modeText, text: "hø", bodyType: c.bodyType}
		if got, err := x.bytes(); err != nil || string(got) != c.want {
			t.Errorf("body type %d: got %q, %v", c.bodyType, got, err)
		}
	}
	x := content{mode: modeText, text: "漢", bodyType: uint32(mq.VTLPSTR)}
	if words, _, fault := x.judge(); !fault || !strings.Contains(words, "Windows-1252 has no character '漢'") {
		t.Errorf("got %q", words)
	}
}

func TestHexIsRead(t *testing.T) {
	for s, want := range map[string]string{"48 65\n6C6c 6f": "Hello", "": "", "00": "\x00"} {
		if got, err := parseHex(s); err != nil || string(got) != want {
			t.Errorf("%q: got %q, %v", s, got, err)
		}
	}
	for s, want := range map[string]string{"4": "a digit is missing: there are 1, and a byte takes two", "4g": "'g' is no hex digit, at digit 2"} {
		if _, err := parseHex(s); err == nil || err.Error() != want {
			t.Errorf("%q: got %v", s, err)
		}
	}
	if got := writeHex([]byte("0123456789abcdefg")); got != "30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66\n67" {
		t.Errorf("got %q", got)
	}
}

func TestModesTurnIntoEachOther(t *testing.T) {
	x := content{mode: modeText, text: "Hi ø"}
	if note := x.turn(modeHex); note != "" || x.text != "48 69 20 c3 b8" {
		t.Fatalf("got %q, %q", x.text, note)
	}
	if note := x.turn(modeText); note != "" || x.text != "Hi ø" {
		t.Fatalf("got %q, %q", x.text, note)
	}
	x = content{mode: modeHex, text: "00 01 ff"}
	if note := x.turn(modeXML); note != "These bytes are no text that could be edited." || x.mode != modeHex || x.text != "00 01 ff" {
		t.Errorf("got %q, %q", x.text, note)
	}
	x = content{mode: modeFile, blob: bytes.Repeat([]byte{0}, hexLimit+1), blobName: "a.bin"}
	if note := x.turn(modeHex); !strings.HasPrefix(note, "It is too long to be edited") || x.mode != modeFile {
		t.Errorf("got %q", note)
	}
	if note := x.turn(modeXML); note == "" {
		t.Error("a long file came into the editor")
	}
	x = content{mode: modeText, text: "typed"}
	if x.turn(modeFile); x.mode != modeFile || x.text != "typed" {
		t.Error("what was typed is lost by looking at From file")
	}
}

func TestTheBodyIsJudged(t *testing.T) {
	for _, c := range []struct {
		c     content
		words string
		ok    bool
		fault bool
	}{
		{content{mode: modeXML, text: "<a/>"}, "Well-formed XML, 4 bytes", true, false},
		{content{mode: modeJSON, text: `{"a":1}`}, "Well-formed JSON, 7 bytes", true, false},
		{content{mode: modeText, text: "hi", bodyType: 8}, "Text, 4 bytes, UTF-16LE", true, false},
		{content{mode: modeText}, "No body", true, false},
		{content{mode: modeHex, text: "4"}, "A digit is missing: there are 1, and a byte takes two.", false, true},
		{content{mode: modeFile}, "Choose a file", false, false},
		{content{mode: modeFile, blob: []byte("abc"), blobName: "x.bin"}, "3 bytes from x.bin", true, false},
	} {
		words, ok, fault := c.c.judge()
		if words != c.words || ok != c.ok || fault != c.fault {
			t.Errorf("%+v: got %q, %v, %v", c.c, words, ok, fault)
		}
	}
	x := content{mode: modeXML, text: "<a>"}
	if words, ok, fault := x.judge(); ok || fault || !strings.HasPrefix(words, "Not well-formed XML: ") {
		t.Errorf("got %q, %v, %v", words, ok, fault)
	}
}
