package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"

	"posthouse/localqm/mq"
)

// The queue managers of the dumps in MS-MQQB 4.1, whose text prints their GUIDs
// backwards.
var (
	asks    = mustGUID("557358d1-9150-9595-4997-b6e611ea26c6")
	answers = mustGUID("43cd8907-394c-8f11-4445-9078909ea0fc")
)

// reread reads a packet of a session or a ping, whichever it is, and writes what was
// read.
func reread(packet []byte) (value any, again []byte, err error) {
	if p, err := ParsePing(packet); err == nil {
		return p, AppendPing(nil, p), nil
	}
	t, err := PacketType(packet)
	switch {
	case err != nil:
		return nil, nil, err
	case t == TypeEstablish:
		h, err := ParseEstablish(packet)
		return h, AppendEstablish(nil, h), err
	case t == TypeParameters:
		h, err := ParseParameters(packet)
		return h, AppendParameters(nil, h), err
	case t == TypeSessionAck:
		h, err := ParseSessionAck(packet)
		return h, AppendSessionAck(nil, h), err
	}
	return t, packet, nil
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// dumps are the packets of MS-MQQB 4.1 that are no messages.
var dumps = []struct {
	file string
	want any
}{
	{"mqqb-4.1.1-ping-request.hex", Ping{Workstation: true, Cookie: 4, Manager: asks}},
	{"mqqb-4.1.2-ping-response.hex", Ping{Workstation: true, Cookie: 4, Manager: answers}},
	{"mqqb-4.1.3-establish-request.hex", Establish{
		Client: asks, Server: answers, TimeStamp: 501140046, NoPing: true, ServerOS: true,
	}},
	{"mqqb-4.1.4-establish-response.hex", Establish{
		Client: mustGUID("1f742305-be5e-4177-bc77-c4dd7719e474"), Server: mustGUID("3c3a6aeb-f567-4143-87d3-85cf4d68ceb4"),
		TimeStamp: 501140046, NoPing: true, ServerOS: true,
	}},
	{"mqqb-4.1.5-parameters-request.hex", Parameters{
		RecoverableAckTimeout: 1496, AckTimeout: 120000, Window: 64,
	}},
	{"mqqb-4.1.6-parameters-response.hex", Parameters{
		RecoverableAckTimeout: 1496, AckTimeout: 120000, Window: 64,
	}},
	{"mqqb-4.1.8-session-ack.hex", Session{Acked: 1, Window: 64}},
}

func TestSessionPacketsOfTheSpecification(t *testing.T) {
	for _, tt := range dumps {
		t.Run(tt.file, func(t *testing.T) {
			packet := hexFile(t, tt.file)
			got, again, err := reread(packet)
			if err != nil || got != tt.want {
				t.Errorf("read %+v, %v\nwant %+v", got, err, tt.want)
			}
			want := bytes.Clone(packet)
			want[1] = 0 // reserved: there was something in it
			if len(want) == PingSize {
				want[0] &= pingWorkstation | pingRefused
			}
			if !bytes.Equal(again, want) {
				t.Errorf("written as\n% x, want\n% x", again, want)
			}
		})
	}
}

func TestSessionPackets(t *testing.T) {
	padding := strings.Repeat("5a", 512)
	for _, tt := range []struct {
		name   string
		packet []byte
		value  any
		want   string
	}{
		{
			"establish", AppendEstablish(nil, Establish{Client: here, TimeStamp: 0x11223344}),
			Establish{Client: here, TimeStamp: 0x11223344},
			"1000 0b00 4c494f52 3c020000 ffffffff 0000 0200" + hereHex + strings.Repeat("00", 16) + "44332211 1000 0000" + padding,
		},
		{
			"establish, every flag", AppendEstablish(nil, Establish{
				Client: here, Server: elsewhere, NoPing: true, ServerOS: true, QoS: true, Refused: true,
			}),
			Establish{Client: here, Server: elsewhere, NoPing: true, ServerOS: true, QoS: true, Refused: true},
			"1000 0b00 4c494f52 3c020000 ffffffff 0000 1200" + hereHex + elseHex + "00000000 1007 0000" + padding,
		},
		{
			"parameters", AppendParameters(nil, Parameters{RecoverableAckTimeout: 500, AckTimeout: 20000, Window: 0x1234}),
			Parameters{RecoverableAckTimeout: 500, AckTimeout: 20000, Window: 0x1234},
			"1000 0b00 4c494f52 20000000 ffffffff 0000 0300 f4010000 204e0000 0000 3412",
		},
		{
			"parameters refused", AppendParameters(nil, Parameters{Refused: true}),
			Parameters{Refused: true},
			"1000 0b00 4c494f52 20000000 ffffffff 0000 1300 00000000 00000000 0000 0000",
		},
		{
			"session acknowledgement", AppendSessionAck(nil, Session{
				Acked: 1, RecoverableAcked: 2, RecoverableFlags: 0x80000003, Sent: 4, RecoverableSent: 5, Window: 6,
			}),
			Session{Acked: 1, RecoverableAcked: 2, RecoverableFlags: 0x80000003, Sent: 4, RecoverableSent: 5, Window: 6},
			"1000 1b00 4c494f52 24000000 ffffffff 0000 0100 0100 0200 03000080 0400 0500 0600 0000",
		},
		{
			"ping", AppendPing(nil, Ping{Cookie: 0x11223344, Manager: here}),
			Ping{Cookie: 0x11223344, Manager: here},
			"0000 4855 44332211" + hereHex,
		},
		{
			"ping refused", AppendPing(nil, Ping{Workstation: true, Refused: true}),
			Ping{Workstation: true, Refused: true},
			"0300 4855 00000000" + strings.Repeat("00", 16),
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if want := unhex(t, tt.want); !bytes.Equal(tt.packet, want) {
				t.Errorf("packet\n% x, want\n% x", tt.packet, want)
			}
			if got, _, err := reread(tt.packet); err != nil || got != tt.value {
				t.Errorf("read %+v, %v; want %+v", got, err, tt.value)
			}
		})
	}
}

func TestSessionPacketsAreAppended(t *testing.T) {
	for name, b := range map[string][]byte{
		"establish":  AppendEstablish([]byte("odd"), Establish{}),
		"parameters": AppendParameters([]byte("odd"), Parameters{}),
		"ack":        AppendSessionAck([]byte("odd"), Session{}),
		"ping":       AppendPing([]byte("odd"), Ping{}),
	} {
		if string(b[:3]) != "odd" {
			t.Errorf("%s: after 3 bytes it begins with % x", name, b[:3])
		}
		if _, _, err := reread(b[3:]); err != nil {
			t.Errorf("%s after 3 bytes: %v", name, err)
		}
	}
}

// Rows B of the hostile inputs that concern these packets, by their numbers.
func TestHostileSessionPackets(t *testing.T) {
	establish := AppendEstablish(nil, Establish{Client: here, Server: elsewhere})
	parameters := AppendParameters(nil, Parameters{AckTimeout: 20000, Window: 64})
	ack := AppendSessionAck(nil, Session{Acked: 1})
	sized := func(b []byte, n int) []byte { // as long as it says
		b = append(bytes.Clone(b), 0, 0)[:n]
		le.PutUint32(b[8:], uint32(n))
		return b
	}
	for name, b := range map[string][]byte{
		"B01 version 0x11":               edit(establish, 0, 0x11),
		"B02 signature swapped":          edit(parameters, 4, 0x52, 0x4F, 0x49, 0x4C),
		"B03 PacketSize 15":              edit(ack, 8, 15),
		"B04 PacketSize 0xFFFFFFFF":      edit(ack, 8, 0xFF, 0xFF, 0xFF, 0xFF),
		"B04 PacketSize 0x400000":        edit(ack, 8, 0, 0, 0x40, 0),
		"B06 more bytes than PacketSize": append(bytes.Clone(parameters), 0),
		"B08 packet type 0":              edit(parameters, 18, 0),
		"B08 packet type 4":              edit(parameters, 18, 4),
		"B08 packet type 15":             edit(parameters, 18, 15),
		"B09 establish of 571 bytes":     sized(establish, 571),
		"B09 establish of 573 bytes":     sized(establish, 573),
		"B09 parameters of 31 bytes":     sized(parameters, 31),
		"B09 parameters of 33 bytes":     sized(parameters, 33),
		"B09 acknowledgement of 35":      sized(ack, 35),
		"B09 acknowledgement of 37":      sized(ack, 37),
		"parameters as long as an ack":   sized(append(bytes.Clone(parameters), 0, 0), 36),
		"no InternalHeader":              sized(ack, 16),
		"half an InternalHeader":         sized(ack, 18),
		"ack without SessionHeader":      edit(ack, 2, ack[2]&^baseSession),
		"establish with SessionHeader":   edit(establish, 2, establish[2]|baseSession),
		"ack that refuses":               edit(ack, 18, 0x11),
		"nothing":                        nil,
		"a message that says more":       edit(encode(t, plain()), 2, baseSession),
	} {
		t.Run(name, func(t *testing.T) {
			bound(t, len(b), func() int {
				if got, _, err := reread(b); !errors.Is(err, ErrMalformed) {
					t.Errorf("read %+v, %v; want ErrMalformed", got, err)
				}
				return 0
			})
		})
	}

	// B04, B09: the first 16 bytes are enough to refuse what is too long.
	for _, n := range []uint32{573, 0x400000} {
		long := bytes.Clone(ack[:16])
		le.PutUint32(long[8:], n)
		if _, err := ParseBase(long); !errors.Is(err, ErrMalformed) {
			t.Errorf("BaseHeader of an internal packet of %d bytes: %v, want ErrMalformed", n, err)
		}
	}
	for name, read := range map[string]func([]byte) error{
		"ParseEstablish":  func(b []byte) error { _, err := ParseEstablish(b); return err },
		"ParseParameters": func(b []byte) error { _, err := ParseParameters(b); return err },
		"ParseSessionAck": func(b []byte) error { _, err := ParseSessionAck(b); return err },
	} {
		taken := 0
		for _, b := range [][]byte{establish, parameters, ack, encode(t, plain())} {
			if err := read(b); err == nil {
				taken++
			} else if !errors.Is(err, ErrMalformed) {
				t.Errorf("%s = %v, want ErrMalformed", name, err)
			}
		}
		if taken != 1 {
			t.Errorf("%s takes %d kinds of packets, not its own", name, taken)
		}
	}
}

func TestReservedBitsOfSessionPacketsAreIgnored(t *testing.T) {
	for _, tt := range dumps {
		packet := hexFile(t, tt.file)
		want, _, err := reread(packet)
		if err != nil {
			t.Fatal(err)
		}
		b := bytes.Clone(packet)
		if len(b) == PingSize {
			b[0], b[1] = b[0]|0xFC, 0xFF
		} else { // B07
			b[1] = 0xFF
			b[2], b[3] = b[2]|0xC7, 0xFE
			le.PutUint32(b[12:], 0)
			b[16], b[17], b[18], b[19] = 0xFF, 0xFF, b[18]|0xE0, 0xFF
			switch len(b) {
			case establishSize:
				b[56], b[57], b[58], b[59] = 0xFF, b[57]|0xF8, 0xFF, 0xFF
				copy(b[60:], make([]byte, 512))
			case parametersSize:
				b[28], b[29] = 0xFF, 0xFF
			case sessionAckSize:
				b[34], b[35] = 0xFF, 0xFF
			}
		}
		if got, _, err := reread(b); err != nil || got != want {
			t.Errorf("%s with every reserved bit: %+v, %v; want %+v", tt.file, got, err, want)
		}
	}
}

func TestHostilePings(t *testing.T) {
	good := AppendPing(nil, Ping{Cookie: 7, Manager: here})
	for name, b := range map[string][]byte{
		"U01 23 bytes":          good[:23],
		"U01 25 bytes":          append(bytes.Clone(good), 0),
		"U01 nothing":           nil,
		"U01 signature swapped": edit(good, 2, 0x55, 0x48),
		"U01 signature 0":       edit(good, 2, 0, 0),
	} {
		if p, err := ParsePing(b); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: ParsePing = %+v, %v; want ErrMalformed", name, p, err)
		}
	}
}

// settled checks what holds for any bytes: they are refused as malformed, or read
// into what is written and read as the same.
func settled(t fatal, packet []byte) {
	t.Helper()
	first, again, err := reread(packet)
	if err != nil {
		if !errors.Is(err, ErrMalformed) {
			t.Fatalf("% x: %v, want ErrMalformed", packet, err)
		}
		return
	}
	second, _, err := reread(again)
	if err != nil || first != second {
		t.Fatalf("% x\nread as %+v, written as % x\nand read as %+v, %v", packet, first, again, second, err)
	}
}

// S1, S2, S3 for what is not a message.
func TestSessionPacketsSwept(t *testing.T) {
	for _, tt := range dumps {
		packet := hexFile(t, tt.file)
		head := min(len(packet), internalSize+40) // the rest of an Establish is padding
		for at := range head {
			for _, v := range []byte{0, 1, packet[at] - 1, packet[at] + 1, 0x7F, 0x80, 0xFF} {
				settled(t, edit(packet, at, v))
			}
			for bit := range 8 {
				settled(t, edit(packet, at, packet[at]^1<<bit))
			}
			if at+4 <= head {
				for _, v := range []uint32{0, 1, 0x7FFFFFFF, 0x80000000, math.MaxUint32} {
					settled(t, edit(packet, at, le.AppendUint32(nil, v)...))
				}
			}
		}
		for n := range packet {
			if _, _, err := reread(packet[:n]); !errors.Is(err, ErrMalformed) {
				t.Fatalf("%s, %d bytes: %v, want ErrMalformed", tt.file, n, err)
			}
		}
	}
}

func TestRecoverableIsToldFromThePacket(t *testing.T) {
	for name, m := range samples() {
		packet := encode(t, m)
		want := m.Delivery == mq.Recoverable || m.Transactional
		if got := Recoverable(packet); got != want {
			t.Errorf("%s: Recoverable = %v, want %v", name, got, want)
		}
	}
	for n := range baseSize + userSize {
		if Recoverable(bytes.Repeat([]byte{0xFF}, n)) {
			t.Errorf("%d bytes are recoverable", n)
		}
	}
}
