package strict

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

// The packets that MS-MQQB 4.1 prints came from Windows: the reader has no
// complaints about them.

func dump(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestReaderReadsWhatWindowsSent(t *testing.T) {
	read := func(s string, more ...byte) *in { return &in{t: t, b: append(dump(t, s), more...)} }
	response := read(`10 5A 0B 00 4C 49 4F 52 3C 02 00 00 FF FF FF FF 00 00 02 00 05 23 74 1F 5E BE 77 41 BC 77 C4 DD
		77 19 E4 74 EB 6A 3A 3C 67 F5 43 41 87 D3 85 CF 4D 68 CE B4 4E CA DE 1D 10 03 00 00`, bytes.Repeat([]byte{0x5A}, 512)...)
	if h := response.establish(true); h.timeStamp != 501140046 || !h.notPinged || !h.serverOS || h.refused {
		t.Errorf("EstablishConnection %+v", h)
	}
	if h := read(`10 C0 0B 00 4C 49 4F 52 20 00 00 00 FF FF FF FF 00 00 03 00 D8 05 00 00 C0 D4 01 00 00 00 40 00`).parameters(); h != (parameters{1496, 120000, 64}) {
		t.Errorf("ConnectionParameters %+v", h)
	}
	if h := read(`10 CD 1B 00 4C 49 4F 52 24 00 00 00 FF FF FF FF 00 00 01 00 01 00 00 00 00 00 00 00 00 00 00 00 40 00 00 00`).sessionAck(); h != (sessionHeader{acked: 1, window: 64}) {
		t.Errorf("SessionAck %+v", h)
	}
	if h := readPing(t, dump(t, `95 B2 48 55 04 00 00 00 07 89 CD 43 4C 39 11 8F 44 45 90 78 90 9E A0 FC`)); h.cookie != 4 || !h.workstation || h.refused {
		t.Errorf("Ping %+v", h)
	}
}

// In the message that is printed EncryptionAlgorithm is 0x6801 and the body 2,000
// bytes, whatever stands beside it.
func TestReaderReadsTheMessageThatWindowsSent(t *testing.T) {
	b := dump(t, `10 00 03 00 4C 49 4F 52 B0 08 00 00 00 46 05 00 D1 58 73 55 50 91 95 95 49 97 B6 E6 11 EA 26 C6
		00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 FF FF FF FF 4C 49 4F 52 EE 08 00 00 00 1C 28 00
		1A 00 4F 00 53 00 3A 00 61 00 30 00 34 00 62 00 6D 00 30 00 32 00 5C 00 71 00 00 00 01 00 1C 00
		00 00 00 00 00 00 00 00 00 00 00 00 01 05 00 00 00 00 00 05 15 00 00 00 AD 4A 9E BD 36 D9 FA 3D
		63 A6 56 DA E8 03 00 00 0F 0F 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
		08 00 00 00 00 00 00 00 D0 07 00 00 D0 07 00 00 00 00 00 00 04 80 00 00 01 68 00 00 00 00 00 00
		6D 00 71 00 73 00 65 00 6E 00 64 00 65 00 72 00 20 00 6C 00 61 00 62 00 65 00 6C 00 00 00`)
	b = append(b, bytes.Repeat([]byte{'a', 0}, 1000)...)
	b = append(b, make([]byte, 2224-len(b))...)
	// It asks for acknowledgements and names no queue for them.
	const acks = 16 + 48 + 28 + 16 + 28
	if b[acks] != 0x0F {
		t.Fatalf("the acknowledgements are not at byte %d", acks)
	}
	b[acks] = 0
	m := (&in{t: t, b: b}).message()
	if m.label != "mqsender label" || m.to.direct != `OS:a04bm02\q` || m.priority != 3 || m.id != 2286 ||
		m.reach != 345600 || len(m.body) != 2000 || len(m.sid) != 28 || m.bodyType != 8 {
		t.Errorf("message %+v", m)
	}
	var w out
	w.message(m)
	// What stands in BaseHeader.Reserved and in the padding may be anything, and
	// Windows' algorithms are ours.
	if w[1] = b[1]; !bytes.Equal(w[:2222], b[:2222]) {
		t.Errorf("written again it is\n%s", hex.Dump(w[:256]))
	}
}
