package body

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

const order = `<?xml version="1.0" encoding="utf-8"?><Order xmlns="urn:nordhavn:orders:3"><OrderId>4711-2096</OrderId><Customer no="100482"><Name>Bornholms Isenkram A/S</Name></Customer><Lines count="1"><Line sku="NH-20418" qty="12"/></Lines><!-- end --></Order>`

func TestXMLIsLaidOutOneElementALine(t *testing.T) {
	d := Format([]byte(order), XML, UTF8)
	want := `<?xml version="1.0" encoding="utf-8"?>
<Order xmlns="urn:nordhavn:orders:3">
  <OrderId>4711-2096</OrderId>
  <Customer no="100482">
    <Name>Bornholms Isenkram A/S</Name>
  </Customer>
  <Lines count="1">
    <Line sku="NH-20418" qty="12"/>
  </Lines>
  <!-- end -->
</Order>`
	if diff := cmp.Diff(want, d.Text()); diff != "" {
		t.Error(diff)
	}
	if d.Fault != "" || d.Cut() {
		t.Errorf("fault %q, cut %v", d.Fault, d.Cut())
	}
}

func TestXMLSpansAreTagsNamesAndValues(t *testing.T) {
	d := Format([]byte(`<?xml version="1.0"?><a no="1">x</a>`), XML, UTF8)
	want := []Line{
		{{`<?xml version="1.0"?>`, Comment}},
		{{`<a`, Tag}, {` `, Plain}, {`no`, Attr}, {`=`, Plain}, {`"1"`, Value}, {`>`, Tag}, {`x`, Plain}, {`</a>`, Tag}},
	}
	if diff := cmp.Diff(want, d.Lines); diff != "" {
		t.Error(diff)
	}
}

func TestJSONIsLaidOutOneMemberALine(t *testing.T) {
	d := Format([]byte(`{"type":"PalletMove","weightKg":412.5,"tags":[],"ok":true,"at":{"x":[1,2]},"s":"a, \"b\": {"}`), JSON, UTF8)
	want := `{
  "type": "PalletMove",
  "weightKg": 412.5,
  "tags": [],
  "ok": true,
  "at": {
    "x": [
      1,
      2
    ]
  },
  "s": "a, \"b\": {"
}`
	if diff := cmp.Diff(want, d.Text()); diff != "" {
		t.Error(diff)
	}
	first := d.Lines[1]
	if diff := cmp.Diff(Line{{`  `, Plain}, {`"type"`, Tag}, {`: `, Plain}, {`"PalletMove"`, Value}, {`,`, Plain}}, first); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsNotWellFormedIsShownAndSaid(t *testing.T) {
	for _, c := range []struct {
		mode Mode
		in   string
	}{
		{XML, `<a><b></a>`},
		{XML, `<a b="`},
		{XML, `no element`},
		{XML, `<a`},
		{JSON, `{"a":}`},
		{JSON, `{"a`},
		{JSON, `]]]`},
	} {
		d := Format([]byte(c.in), c.mode, UTF8)
		if d.Fault == "" {
			t.Errorf("%s %q: no fault", c.mode, c.in)
		}
		if squeeze(d.Text()) != squeeze(c.in) {
			t.Errorf("%s %q: shown as %q", c.mode, c.in, d.Text())
		}
	}
}

func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n", r) {
			return -1
		}
		return r
	}, s)
}

func TestDetect(t *testing.T) {
	wide := func(s string) []byte {
		var b []byte
		for _, c := range s {
			b = append(b, byte(c), 0)
		}
		return b
	}
	for _, c := range []struct {
		in   []byte
		mode Mode
		enc  Encoding
	}{
		{nil, Text, UTF8},
		{[]byte(order), XML, UTF8},
		{[]byte("\xEF\xBB\xBF  <a/>"), XML, UTF8},
		{[]byte(` {"a":1}`), JSON, UTF8},
		{[]byte(`[1]`), JSON, UTF8},
		{[]byte(`[INFO] started`), Text, UTF8},
		{[]byte("plain words"), Text, UTF8},
		{[]byte("Bl\xe5b\xe6r"), Text, Windows1252},
		{wide("<a>hello</a>"), XML, UTF16LE},
		{wide("hello there"), Text, UTF16LE},
		{append([]byte{0xFE, 0xFF}, []byte{0, 'h', 0, 'i'}...), Text, UTF16BE},
		{[]byte{0, 1, 2, 3, 4, 5, 0xFF, 0, 0, 9}, Hex, Windows1252},
		{[]byte("<3 you"), Text, UTF8},
	} {
		mode, enc := Detect(c.in)
		if mode != c.mode || enc != c.enc {
			t.Errorf("%q: %s %s, want %s %s", c.in, mode, enc, c.mode, c.enc)
		}
	}
}

func TestDecodeKnowsEachEncoding(t *testing.T) {
	for _, c := range []struct {
		enc  Encoding
		in   string
		want string
	}{
		{UTF8, "bl\u00e5\xff", "bl\u00e5\uFFFD"},
		{UTF16LE, "h\x00i\x00", "hi"},
		{UTF16BE, "\x00h\x00i", "hi"},
		{Windows1252, "\x80\xe5", "€å"},
		{Latin1, "\xe5", "å"},
		{ASCII, "a\xe5", "a\uFFFD"},
	} {
		if got := Decode([]byte(c.in), c.enc); got != c.want {
			t.Errorf("%s: %q, want %q", c.enc, got, c.want)
		}
	}
}

func TestControlAndBidiCharactersAreWrittenAsEscapes(t *testing.T) {
	d := Format([]byte("a\x00b\x1b[31mc\u202Ed\u200be\tf\r\ng\rh"), Text, UTF8)
	want := []Line{
		{{"a", Plain}, {`\x00`, Escape}, {"b", Plain}, {`\x1B`, Escape}, {"[31mc", Plain}, {`\u202E`, Escape}, {"d", Plain}, {`\u200B`, Escape}, {"e   f", Plain}},
		{{"g", Plain}, {`\x0D`, Escape}, {"h", Plain}},
	}
	if diff := cmp.Diff(want, d.Lines); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyTheBeginningOfABigBodyIsLaidOut(t *testing.T) {
	big := bytes.Repeat([]byte("x"), 4<<20)
	d := Format(big, Text, UTF8)
	if !d.Cut() || d.Shown != PreviewLimit || d.Total != 4<<20 {
		t.Errorf("shown %d of %d", d.Shown, d.Total)
	}
	// A character on the edge is left out whole.
	torn := append(bytes.Repeat([]byte("x"), PreviewLimit-1), []byte("å and more")...)
	d = Format(torn, Text, UTF8)
	if d.Shown != PreviewLimit-1 || strings.Contains(d.Text(), "\uFFFD") {
		t.Errorf("shown %d", d.Shown)
	}
}

func TestHexShowsEveryByte(t *testing.T) {
	data := []byte("Order \x00\xff 4711-2096.")
	if HexRows(len(data)) != 2 {
		t.Fatal(HexRows(len(data)))
	}
	off, hex, ascii := HexRow(data, 0)
	if off != "00000000" || hex != "4F 72 64 65 72 20 00 FF  20 34 37 31 31 2D 32 30" || ascii != "Order .. 4711-20" {
		t.Errorf("%q %q %q", off, hex, ascii)
	}
	off, hex, ascii = HexRow(data, 1)
	if off != "00000010" || strings.TrimSpace(hex) != "39 36 2E" || ascii != "96." {
		t.Errorf("%q %q %q", off, hex, ascii)
	}
	if off, _, _ := HexRow(data, 2); off != "" {
		t.Error("a row after the end")
	}
}

func TestSizeInWords(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 bytes", 1: "1 byte", 512: "512 bytes", 1023: "1023 bytes", 1024: "1.0 KB", 2150: "2.1 KB",
		151552: "148 KB", 4 << 20: "4.0 MB", 5138022: "4.9 MB", 1 << 30: "1.0 GB",
	} {
		if got := Size(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func FuzzFormat(f *testing.F) {
	f.Add([]byte(order), 0)
	f.Add([]byte(`{"a":[1,{"b":"c"}],"d":null}`), 1)
	f.Add([]byte("a\x00\x1b\xff<"), 2)
	f.Add([]byte("<a b='>'><!-- <![CDATA[ ]]>"), 3)
	modes := []Mode{XML, JSON, Text, Hex}
	f.Fuzz(func(t *testing.T, data []byte, n int) {
		mode := modes[uint(n)%uint(len(modes))]
		enc := Encodings()[uint(n/4)%uint(len(Encodings()))]
		Detect(data)
		d := Format(data, mode, enc)
		if mode == Hex {
			for i := range HexRows(len(data)) {
				if off, _, _ := HexRow(data, i); off == "" {
					t.Fatalf("no row %d", i)
				}
			}
			return
		}
		for _, l := range d.Lines {
			for _, s := range l {
				if s.Text == "" || !utf8.ValidString(s.Text) {
					t.Fatalf("span %q", s.Text)
				}
				for _, r := range s.Text {
					if mustEscape(r) {
						t.Fatalf("%q holds %U", s.Text, r)
					}
				}
			}
		}
		if mode == Text && enc == UTF8 && d.Total > 0 && d.Text() == "" && strings.Trim(string(data), "\r\n\ufeff") != "" {
			t.Fatalf("%q shows nothing", data)
		}
	})
}

func BenchmarkFormat(b *testing.B) {
	rows := strings.Repeat(`<Line sku="NH-20418" qty="12" unit="PCS"><Note>bidi מתי ANSI</Note></Line>`, 60000)
	xml := []byte("<Lines>" + rows + "</Lines>")
	js := []byte("[" + strings.TrimSuffix(strings.Repeat(`{"sku":"NH-20418","qty":12,"ok":true},`, 110000), ",") + "]")
	for _, c := range []struct {
		name string
		data []byte
		mode Mode
	}{
		{"XML4MBOneLine", xml, XML},
		{"JSON4MBOneLine", js, JSON},
		{"Text4MBOneLine", bytes.Repeat([]byte("\x1b[31mred\x00"), 400000), Text},
	} {
		b.Run(fmt.Sprint(c.name), func(b *testing.B) {
			for b.Loop() {
				Detect(c.data)
				Format(c.data, c.mode, UTF8)
			}
		})
	}
}
