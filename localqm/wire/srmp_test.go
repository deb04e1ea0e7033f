package wire_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
	"unicode/utf16"

	"posthouse/localqm/mq"
	"posthouse/localqm/wire"
)

// overHTTP is a packet that came over HTTP, as remote reads show it: what edit makes
// of the two headers.
func overHTTP(t *testing.T, m *mq.Message, body string, edit func(envelope, compound []byte)) []byte {
	t.Helper()
	packet, err := wire.Append(nil, m, mq.NewGUID())
	if err != nil {
		t.Fatal(err)
	}
	text := utf16.Encode([]rune("<se:Envelope/>\x00"))
	envelope := binary.LittleEndian.AppendUint32([]byte{0x2C, 1, 0, 0}, uint32(len(text)))
	for _, u := range text {
		envelope = binary.LittleEndian.AppendUint16(envelope, u)
	}
	envelope = append(envelope, make([]byte, -len(envelope)&3)...)
	http := "POST /msmq/private$/orders HTTP/1.1\r\n\r\n" + body
	compound := []byte{0xF4, 1, 0, 0}
	for _, n := range []int{len(http), len(body), len(http) - len(body)} {
		compound = binary.LittleEndian.AppendUint32(compound, uint32(n))
	}
	compound = append(compound, http...)
	compound = append(compound, make([]byte, -len(compound)&3)...)
	if edit != nil {
		edit(envelope, compound)
	}
	const flags = 16 + 48 - 4
	binary.LittleEndian.PutUint32(packet[flags:], binary.LittleEndian.Uint32(packet[flags:])|1<<25)
	packet = append(append(packet, envelope...), compound...)
	binary.LittleEndian.PutUint32(packet[8:], uint32(len(packet)))
	return packet
}

func posted() *mq.Message {
	m := new(mq.Message)
	m.Defaults()
	m.Label, m.Destination, m.ID = "posted", mq.DirectOS("HUB", `private$\orders`), mq.ObjectID{Source: mq.NewGUID(), Ordinal: 7}
	return m
}

func TestAMessageOfHTTPIsReadWithoutItsEnvelope(t *testing.T) {
	for _, body := range []string{"<Order/>", "odd", ""} {
		packet := overHTTP(t, posted(), body, nil)
		if _, err := wire.Parse(packet, mq.GUID{}); !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("outside a remote read it was read: %v", err)
		}
		keep := bytes.Clone(packet)
		rest, got, ok, err := wire.CutSRMP(packet)
		if err != nil || !ok || string(got) != body {
			t.Fatalf("%q: %q, %v, %v", body, got, ok, err)
		}
		if m, err := wire.Parse(rest, mq.GUID{}); err != nil || m.Label != "posted" || len(m.Body) != 0 {
			t.Errorf("%+v, %v", m, err)
		}
		if !bytes.Equal(packet, keep) {
			t.Error("the packet was changed")
		}
	}
	plain, err := wire.Append(nil, posted(), mq.GUID{})
	if err != nil {
		t.Fatal(err)
	}
	if rest, _, ok, err := wire.CutSRMP(plain); ok || err != nil || !bytes.Equal(rest, plain) {
		t.Errorf("a binary message: %v, %v", ok, err)
	}
}

func TestHostileEnvelopesAreRefused(t *testing.T) {
	put := func(field int, v uint32, second bool) func(envelope, compound []byte) {
		return func(envelope, compound []byte) {
			if second {
				envelope = compound
			}
			binary.LittleEndian.PutUint32(envelope[field:], v)
		}
	}
	for name, edit := range map[string]func(envelope, compound []byte){
		"DataLength that wraps when doubled": put(4, 0x8000021B, false),
		"DataLength that is enormous":        put(4, 0x08000000, false),
		"DataLength beyond the packet":       put(4, 2000, false),
		"HTTPBodySize beyond the packet":     put(4, 0xFFFFFFFF, true),
		"a body beyond the HTTP message":     put(8, 4000, true),
		"a body at an offset that wraps":     put(12, 0xFFFFFFFF, true),
	} {
		packet := overHTTP(t, posted(), "<Order/>", edit)
		if _, _, _, err := wire.CutSRMP(packet); !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	packet := overHTTP(t, posted(), "<Order/>", nil)
	for n := range len(packet) {
		if _, _, _, err := wire.CutSRMP(packet[:n]); err == nil {
			t.Fatalf("%d bytes of %d were read", n, len(packet))
		}
	}
}
