package bodyformat

import (
	"bytes"
	"strings"
	"testing"
)

func TestDetect(t *testing.T) {
	wcf := append([]byte{0, 1, 0, 1, 4, 2, 28}, "net.msmq://hub/private/orders\x03\x07"...)
	utf16XML := []byte{0xFF, 0xFE}
	for _, c := range `<?xml version="1.0"?>` {
		utf16XML = append(utf16XML, byte(c), 0)
	}
	long := `{"lines":[` + strings.Repeat(`{"sku":"NH-20418"},`, 1000)
	for _, c := range []struct {
		name      string
		bodyType  uint32
		body, ext string
		want      string
	}{
		{"nothing", 0, "", "", Unknown},
		{"com plus", 0, "MEOW", string(queuedComponent) + "x", QueuedComponent},
		{"nservicebus before its xml body", 0, "<?xml version='1.0'?><Order/>", "<ArrayOfHeaderInfo><HeaderInfo/></ArrayOfHeaderInfo>\x00\x00", NServiceBus},
		{"rebus", 0, "{}", `{"rbs2-msg-id":"1","rbs2-content-type":"application/json"}`, Rebus},
		{"rebus in utf-7", 0, "{}", "+AHsAIg-rbs2", Rebus},
		{"masstransit", 0, "{}", `{"Content-Type":"application/vnd.masstransit+json"}`, MassTransit},
		{"an extension of no framework", 0, "hello", `{"trace":"1"}`, Text},
		{"binary formatter", 0x300, "\x00\x01\x00\x00\x00", "", DotNetBinary},
		{"wcf", 0, string(wcf), "", WCF},
		{"wcf with a body type", 17, string(wcf), "", WCF},
		{"bstr", 8, "h\x00i\x00", "", ActiveXString},
		{"bytes", 0x1011, "\x01", "", ActiveXBytes},
		{"long", 3, "\x01\x00\x00\x00", "", ActiveXValue},
		{"streamed object", 68, "\x01", "", ActiveXObject},
		{"xml", 0, "<?xml version='1.0'?><string>hi</string>", "", DotNetXML},
		{"xml with a mark", 0, "\xEF\xBB\xBF<?xml version='1.0'?>", "", DotNetXML},
		{"xml in utf-16", 0, string(utf16XML), "", DotNetXML},
		{"xml without declaration", 0, "<Order/>", "", Text},
		{"json", 0, ` {"a":[1,2,{"b":null}]}`, "", JSON},
		{"json cut by the limit", 0, long, "", JSON},
		{"almost json", 0, `{not json}`, "", Text},
		{"text", 0, "hello, wörld\r\n", "", Text},
		{"text cut in a character", 0, strings.Repeat("a", Sniff-1) + "ö", "", Text},
		{"bytes", 0, "\x00\x01\x02\xff", "", Unknown},
		{"unheard-of type", 0x7777, "hello", "", Unknown},
	} {
		if got := Detect(c.bodyType, []byte(c.body), []byte(c.ext)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func FuzzDetect(f *testing.F) {
	f.Add(uint32(0), []byte(`{"a":1}`), []byte(`{"rbs2-msg-id":"1"}`))
	f.Add(uint32(0), []byte{0, 1, 0, 1, 4, 2, 0x80, 0x80}, []byte{})
	f.Fuzz(func(t *testing.T, bodyType uint32, body, ext []byte) {
		b, x := bytes.Clone(body), bytes.Clone(ext)
		first := Detect(bodyType, body, ext)
		if Detect(bodyType, body, ext) != first || !bytes.Equal(b, body) || !bytes.Equal(x, ext) {
			t.Fatal("Detect must only look")
		}
	})
}
