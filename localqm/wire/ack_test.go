package wire

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posthouse/localqm/mq"
)

var sentAt = time.Unix(1_763_700_000, 0).UTC()

const (
	// "QM Ordering Ack" with its NUL.
	orderLabelHex = "5100 4d00 2000 4f00 7200 6400 6500 7200 6900 6e00 6700 2000 4100 6300 6b00 0000"
	noCorrelation = "00000000 00000000 00000000 00000000 00000000"
)

func finalAck(t testing.TB, to mq.FormatName, f Final) []byte {
	t.Helper()
	m := FinalAckMessage(to, f)
	m.ID, m.SentTime = mq.ObjectID{Source: here, Ordinal: 7}, sentAt
	return encode(t, m)
}

func TestAcknowledgementsOfTransactionalMessages(t *testing.T) {
	order := Order{Sequence: 0x1122334455667788, Number: 9}
	final := Final{
		Order:  Order{Sequence: 0x1122334455667788, Number: 9, Previous: 6},
		Source: elsewhere, Message: 4711, Class: mq.ClassNackReceiveTimeout,
	}
	orderAck := func(to mq.FormatName) []byte {
		b, err := AppendOrderAck([]byte("odd"), to, here, 7, order, sentAt)
		if err != nil || string(b[:3]) != "odd" {
			t.Fatal(err)
		}
		return b[3:]
	}
	for _, tt := range []struct {
		name   string
		packet []byte
		kind   AckKind
		read   Final
		to     mq.FormatName
		want   string
	}{
		{
			"order, by queue manager", orderAck(OrderQueue(elsewhere)), OrderAck,
			Final{Order: Order{Sequence: order.Sequence, Number: 9, Previous: 8}, Class: mq.ClassOrderAck},
			mustName("PRIVATE=" + elsewhere.String() + `\00000004`),
			"1000 0000 4c494f52 c0000000 ffffffff" +
				hereHex + elseHex + "ffffffff 20ed1f69 07000000 000c2000 04000000" +
				"00 10 ff00" + noCorrelation + "00000000 00000000 24000000 24000000 00000000 0e800000 10660000 00000000" +
				orderLabelHex + "8877665544332211 09000000 08000000 00000000000000000000000000000000 00000000",
		},
		{
			"final, by address", finalAck(t, DirectOrderQueue("10.0.0.7"), final), FinalAck, final,
			mustName(`DIRECT=TCP:10.0.0.7\private$\order_queue$`),
			"1000 0000 4c494f52 10010000 ffffffff" +
				hereHex + "00000000000000000000000000000000 ffffffff 20ed1f69 07000000 201c2000" +
				"4600 5400 4300 5000 3a00 3100 3000 2e00 3000 2e00 3000 2e00 3700 5c00" +
				"7000 7200 6900 7600 6100 7400 6500 2400 5c00 6f00 7200 6400 6500 7200 5f00 7100 7500 6500 7500 6500 2400 0000" +
				"00 10 02c0" + noCorrelation + "00000000 00000000 24000000 24000000 00000000 0e800000 10660000 00000000" +
				orderLabelHex + "8877665544332211 09000000 06000000" + elseHex + "67120000",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := unhex(t, tt.want)
			le.PutUint32(want[8:], uint32(len(want)))
			if !bytes.Equal(tt.packet, want) {
				t.Fatalf("packet\n% x, want\n% x", tt.packet, want)
			}
			m, err := Parse(tt.packet, here)
			if err != nil {
				t.Fatal(err)
			}
			if !m.Destination.Equal(tt.to) || !m.SentTime.Equal(sentAt) {
				t.Errorf("sent to %s at %s", m.Destination, m.SentTime)
			}
			f, kind, err := ParseAck(m)
			if err != nil || kind != tt.kind || f != tt.read {
				t.Errorf("ParseAck = %+v, %d, %v\nwant %+v, %d", f, kind, err, tt.read, tt.kind)
			}
			if typ, err := PacketType(tt.packet); err != nil || typ != TypeMessage {
				t.Errorf("PacketType = %d, %v; want a message", typ, err)
			}
			if got := Recoverable(tt.packet); got != (tt.kind == FinalAck) {
				t.Errorf("Recoverable = %v", got)
			}
		})
	}
}

func TestPreviousNumberOfAnOrderAckIsOneLess(t *testing.T) {
	for number, previous := range map[uint32]uint32{1: 0, 0xFFFFFFFF: 0xFFFFFFFE} {
		b, err := AppendOrderAck(nil, DirectOrderQueue("fe80::7"), here, 1, Order{Number: number, Previous: 5}, sentAt)
		if err != nil {
			t.Fatal(err)
		}
		m, err := Parse(b, here)
		if err != nil {
			t.Fatal(err)
		}
		if f, _, err := ParseAck(m); err != nil || f.Previous != previous {
			t.Errorf("number %d has previous %d, %v; want %d", number, f.Previous, err, previous)
		}
	}
}

func TestAcknowledgementNeedsAQueue(t *testing.T) {
	if b, err := AppendOrderAck([]byte("odd"), mq.Machine(here, mq.SuffixJournal), here, 1, Order{}, sentAt); err == nil || string(b) != "odd" {
		t.Errorf("AppendOrderAck = %q, %v; want an error and nothing appended", b, err)
	}
}

func TestHostileAcknowledgements(t *testing.T) {
	for name, edit := range map[string]func(*mq.Message){
		"A05 body of 0x23 bytes":   func(m *mq.Message) { m.Body = m.Body[:0x23] },
		"A05 body of 0x25 bytes":   func(m *mq.Message) { m.Body = append(m.Body, 0) },
		"A05 no body":              func(m *mq.Message) { m.Body = nil },
		"A05 other label":          func(m *mq.Message) { m.Label = "QM Ordering ack" },
		"A05 longer label":         func(m *mq.Message) { m.Label += "s" },
		"A05 no label":             func(m *mq.Message) { m.Label = "" },
		"label that is to be seen": func(m *mq.Message) { m.Label = "\x1b[31m\r\n" },
	} {
		for _, class := range []mq.Class{mq.ClassOrderAck, mq.ClassAckReceive, mq.ClassNackBadDestQueue} {
			m := FinalAckMessage(OrderQueue(here), Final{Class: class})
			edit(m)
			if f, kind, err := ParseAck(m); !errors.Is(err, ErrMalformed) || kind != NotAck || f != (Final{}) {
				t.Errorf("%s, class %s: ParseAck = %+v, %d, %v; want ErrMalformed", name, class, f, kind, err)
			} else if bytes.ContainsAny([]byte(err.Error()), "\x1b\r\n") {
				t.Errorf("%s: the error repeats what must be escaped: %q", name, err)
			}
		}
	}
	for _, class := range []mq.Class{0x4001, 0x7FFF, 0x800D, 0xC005, 0xFFFF} {
		if _, kind, err := ParseAck(FinalAckMessage(OrderQueue(here), Final{Class: class})); !errors.Is(err, ErrMalformed) {
			t.Errorf("class %s: %d, %v; want ErrMalformed", class, kind, err)
		}
	}
	for _, class := range []mq.Class{mq.ClassNormal, mq.ClassReport, mq.ClassAckReachQueue, 0x0100, 0x3FFF} {
		m := plain()
		m.Class = class
		if f, kind, err := ParseAck(m); err != nil || kind != NotAck || f != (Final{}) {
			t.Errorf("class %s: ParseAck = %+v, %d, %v; want none", class, f, kind, err)
		}
	}
}

// ackSettled checks that what is read as an acknowledgement is written so that it
// reads the same.
func ackSettled(t fatal, m *mq.Message) {
	t.Helper()
	f, kind, err := ParseAck(m)
	if err != nil {
		if !errors.Is(err, ErrMalformed) {
			t.Fatalf("ParseAck = %v, want ErrMalformed", err)
		}
		return
	}
	if kind == NotAck {
		return
	}
	second, again, err := ParseAck(FinalAckMessage(OrderQueue(here), f))
	if err != nil || again != kind || second != f {
		t.Fatalf("%+v, %d, written and read as %+v, %d, %v", f, kind, second, again, err)
	}
}

func TestAcknowledgementsSwept(t *testing.T) {
	order, err := AppendOrderAck(nil, OrderQueue(elsewhere), here, 7, Order{Sequence: 1 << 40, Number: 3}, sentAt)
	if err != nil {
		t.Fatal(err)
	}
	final := finalAck(t, DirectOrderQueue("10.0.0.7"), Final{Order: Order{Number: 3}, Class: mq.ClassAckReceive})
	for _, packet := range [][]byte{order, final} {
		for at := range packet {
			for bit := range 8 {
				b := edit(packet, at, packet[at]^1<<bit)
				stable(t, "acknowledgement", b)
				if m, err := Parse(b, here); err == nil {
					ackSettled(t, m)
				}
			}
		}
		for n := range packet {
			if _, err := Parse(packet[:n], here); !errors.Is(err, ErrMalformed) {
				t.Fatalf("%d bytes: %v, want ErrMalformed", n, err)
			}
		}
	}
}

func TestFinalAcknowledgementIsRecoverableAndNeverExpires(t *testing.T) {
	m := FinalAckMessage(OrderQueue(here), Final{Class: mq.ClassAckReceive})
	want := &mq.Message{
		Class: mq.ClassAckReceive, Label: "QM Ordering Ack", Delivery: mq.Recoverable, Destination: OrderQueue(here),
		Body: make([]byte, 36), TimeToReachQueue: mq.Never, TimeToBeReceived: mq.Never,
		HashAlgorithm: mq.HashSHA512, EncryptAlg: mq.EncryptAES256,
	}
	if d := cmp.Diff(want, m); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// The zone of an address means something on one computer only.
func TestNamesInPacketsHaveNoZone(t *testing.T) {
	m, err := Parse(finalAck(t, DirectOrderQueue("fe80::7%eth0"), Final{Class: mq.ClassAckReceive}), here)
	if err != nil || m.Destination.String() != `DIRECT=TCP:fe80::7\private$\order_queue$` {
		t.Errorf("sent to %s, %v", m.Destination, err)
	}
}
