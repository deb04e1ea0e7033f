package faults

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"math"
	"testing"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/wire"
)

// handshakes are rows that a connection begins with.
func (s *siege) handshakes() []attack {
	ask := s.establish()
	foreign := wire.AppendEstablish(nil, wire.Establish{Client: s.self, Server: mq.GUID{9}})
	return []attack{
		{"B01", "version 0", u8(0, 0)(bytes.Clone(ask)), nil},
		{"B01", "version 0x11", u8(0, 0x11)(bytes.Clone(ask)), nil},
		{"B02", "signature swapped", u32(4, 0x4C494F52)(bytes.Clone(ask)), nil},
		{"B03", "PacketSize 0", u32(8, 0)(bytes.Clone(ask)), nil},
		{"B03", "PacketSize 15", u32(8, 15)(bytes.Clone(ask)), nil},
		{"B04", "PacketSize over 4 MB, no body", u32(8, 0x00400001)(bytes.Clone(ask))[:16], nil},
		{"B04", "PacketSize 0xFFFFFFFF, no body", u32(8, math.MaxUint32)(bytes.Clone(ask))[:16], nil},
		{"B08", "packet type 0", u8(18, 0)(bytes.Clone(ask)), nil},
		{"B08", "packet type 4", u8(18, 4)(bytes.Clone(ask)), nil},
		{"B08", "packet type 15", u8(18, 15)(bytes.Clone(ask)), nil},
		{"B09", "EstablishConnection of 571", resized(-1)(bytes.Clone(ask)), nil},
		{"B09", "EstablishConnection of 573", resized(1)(bytes.Clone(ask)), nil},
		{"B10", "ConnectionParameters first", parameters(), nil},
		{"B10", "SessionAck first", wire.AppendSessionAck(nil, wire.Session{Window: 64}), nil},
		{"B10", "message first", s.message(nil), nil},
		{"B09", "ConnectionParameters of 31", ask, resized(-1)(parameters())},
		{"B09", "ConnectionParameters of 33", ask, resized(1)(parameters())},
		{"B10", "EstablishConnection twice", ask, ask},
		{"B10", "message instead of ConnectionParameters", ask, s.message(nil)},
		{"B11", "another queue manager is meant", foreign, []byte{}},
	}
}

// attack is bytes to begin a connection with, and what follows the answer; nil:
// there is none.
type attack struct {
	id, what    string
	first, then []byte
}

func TestHostileHandshakes(t *testing.T) {
	s := newSiege(t)
	for _, r := range s.handshakes() {
		t.Run(r.id+" "+r.what, func(t *testing.T) {
			cost := allocated(func() {
				a := s.connect(hostileAddress)
				a.t = t
				a.write(r.first)
				if r.then != nil {
					e, err := wire.ParseEstablish(a.packet())
					if err != nil || e.Refused != (r.id == "B11") {
						t.Errorf("the answer is %+v, %v", e, err)
					}
					a.write(r.then)
				}
				a.closed()
			})
			s.counted++
			s.unhurt()
			if cost > 1<<20 {
				t.Errorf("%d bytes were allocated", cost)
			}
		})
	}
	s.empty()
	s.inTheLog()
}

// B07: what is reserved may be anything.
func TestReservedBitsOfASession(t *testing.T) {
	s := newSiege(t)
	dirty := func(p []byte) []byte {
		p[1], p[2], p[3] = 0xFF, p[2]|0xC7, p[3]|0xFE
		p[18], p[19] = p[18]|0xE0, 0xFF
		return p
	}
	a := s.connect(hostileAddress)
	a.write(dirty(s.establish()))
	a.packet()
	a.write(dirty(parameters()))
	a.packet()
	a.write(dirty(wire.AppendSessionAck(nil, wire.Session{Window: 64})))
	a.write(s.message(nil))
	s.stored("q", "hostile")
	s.unhurt()
	_ = a.Close()
}

// B12: times of ConnectionParameters are kept within what is allowed.
func TestTimesOfConnectionParametersAreClamped(t *testing.T) {
	s := newSiege(t)
	for _, p := range []wire.Parameters{
		{}, {AckTimeout: math.MaxUint32, RecoverableAckTimeout: math.MaxUint32, Window: math.MaxUint16},
	} {
		a := s.connect(hostileAddress)
		a.write(s.establish())
		a.packet()
		a.write(wire.AppendParameters(nil, p))
		got, err := wire.ParseParameters(a.packet())
		ok(t, err)
		if got.AckTimeout < wire.MinAckTimeout || got.AckTimeout > wire.MaxAckTimeout ||
			got.RecoverableAckTimeout < wire.MinRecoverableAckTimeout || got.RecoverableAckTimeout > wire.MaxAckTimeout {
			t.Errorf("%+v is answered with %+v", p, got)
		}
		a.write(s.message(nil))
		s.stored("q", "hostile")
		s.unhurt()
		_ = a.Close()
	}
}

// B13: a window of 0 is one of 1.
func TestAWindowOfZeroIsOne(t *testing.T) {
	s := newSiege(t)
	a := s.connect(hostileAddress)
	a.write(s.establish())
	a.packet()
	a.write(wire.AppendParameters(nil, wire.Parameters{AckTimeout: 20_000}))
	a.packet()
	// Answers to two streams: the second one waits until the first is acknowledged.
	for stream := range 2 {
		a.write(s.message(s.inStream(uint64(stream+7), 1, 0)))
	}
	acks := 0
	for range 2 {
		for {
			p := a.packet()
			if k, err := wire.PacketType(p); err != nil || k != wire.TypeMessage {
				continue
			}
			m, err := wire.Parse(p, s.self)
			ok(t, err)
			if m.Class != mq.ClassOrderAck {
				t.Fatalf("it sends %+v", m)
			}
			break
		}
		acks++
		a.write(wire.AppendSessionAck(nil, wire.Session{Acked: uint16(acks), Sent: 2, RecoverableSent: 2}))
		if acks == 1 {
			a.write(s.message(s.inStream(9, 1, 0)))
		}
		if acks == 1 {
			a.write(wire.AppendSessionAck(nil, wire.Session{Acked: 1, Sent: 3, RecoverableSent: 3}))
		}
	}
	s.unhurt()
	_ = a.Close()
}

func directly(m *mq.Message) {
	m.Destination, m.DestinationMachine = mq.DirectOS("HUB", `private$\q`), mq.GUID{}
}

// inStream makes a message one of a stream to queue x.
func (s *siege) inStream(sequence uint64, number, previous uint32) func(*mq.Message) {
	return func(m *mq.Message) {
		m.Destination, m.DestinationMachine = mq.DirectOS("HUB", `private$\x`), mq.GUID{}
		m.Transactional, m.First, m.Last = true, true, true
		m.TransactionID = mq.ObjectID{Source: s.self, Ordinal: number}
		m.Sequence, m.SequenceNumber, m.PreviousNumber = sequence, number, previous
	}
}

func toMany(m *mq.Message)    { m.MultiDestination = []mq.FormatName{mq.Public(mq.GUID{1})} }
func traced(m *mq.Message)    { m.Trace, m.TraceQueue = true, mq.GUID{1} }
func somebody(m *mq.Message)  { m.SenderSID = []byte{1, 1, 0, 0, 0, 0, 0, 5, 7, 0, 0, 0} }
func soapParts(m *mq.Message) { m.SoapHeader, m.SoapBody = "h", "b" }

// acking makes a message one to the order queue.
func acking(class mq.Class, label string, size int) func(*mq.Message) {
	return func(m *mq.Message) {
		m.Destination, m.DestinationMachine = mq.DirectTCP("127.0.0.1", `private$\order_queue$`), mq.GUID{}
		m.Class, m.Label, m.Body = class, label, make([]byte, size)
	}
}

// names makes the header of several destinations have so many names.
func names(element []byte, n int) change {
	return func(b []byte) []byte {
		at := len(b) - 64
		all := bytes.Repeat(element, n)
		le.PutUint32(b[at:], uint32(12+len(all)))
		le.PutUint32(b[at+8:], uint32(n))
		b = append(append(b[:at+12:at+12], all...), b[at+32:]...)
		return u32(8, uint32(len(b)))(b)
	}
}

// malformed are rows of open sessions: the message that is in order, and what is
// made of it.
var malformed = []struct {
	id, what string
	base     func(*mq.Message)
	change   change
}{
	{"B01", "version", nil, u8(0, 0x11)},
	{"B02", "signature", nil, u32(4, 0x4C494F52)},
	{"B03", "PacketSize 15", nil, u32(8, 15)},
	{"B04", "PacketSize over 4 MB", nil, u32(8, 0x00400001)},
	{"B04", "PacketSize 0xFFFFFFFF", nil, u32(8, math.MaxUint32)},
	{"B06", "shorter than its headers", nil, func(b []byte) []byte { return u32(8, uint32(len(b)-4))(b) }},
	{"B06", "4 KB longer than its headers", nil, resized(4096)},
	{"B08", "packet type 4", nil, func([]byte) []byte { return u8(18, 4)(wire.AppendSessionAck(nil, wire.Session{})) }},
	{"B09", "SessionAck of 35", nil, func([]byte) []byte { return resized(-1)(wire.AppendSessionAck(nil, wire.Session{})) }},
	{"B09", "SessionAck of 37", nil, func([]byte) []byte { return resized(1)(wire.AppendSessionAck(nil, wire.Session{})) }},
	{"B10", "EstablishConnection", nil, func([]byte) []byte { return wire.AppendEstablish(nil, wire.Establish{}) }},
	{"B10", "ConnectionParameters", nil, func([]byte) []byte { return parameters() }},
	{"B14", "SessionHeader of 0 bytes", nil, func(b []byte) []byte { return append(u8(2, b[2]|0x10)(b), b...) }},
	{"B15", "UserHeader past the packet", nil, func(b []byte) []byte { return resized(16 + 47 - len(b))(b) }},
	{"B16", "DQ 1", nil, flags(7<<10, 1<<10)},
	{"B16", "DQ 2", nil, flags(7<<10, 2<<10)},
	{"B16", "DQ 4", nil, flags(7<<10, 4<<10)},
	{"B16", "DQ 6", nil, flags(7<<10, 6<<10)},
	{"B17", "AQ 1", nil, flags(7<<13, 1<<13)},
	{"B17", "AQ 4", nil, flags(7<<13, 4<<13)},
	{"B17", "RQ 4 with AQ 0", nil, flags(7<<16, 4<<16)},
	{"B19", "DM 2", nil, flags(3<<5, 2<<5)},
	{"B19", "DM 3", nil, flags(3<<5, 3<<5)},
	{"B20", "MP 0", nil, flags(1<<21, 0)},
	{"B21", "AH 1", nil, flags(0, 1<<25)},
	{"B21", "AH 1, DataLength 0x8000021B", nil, queueJumper(0x8000021B)},
	{"B21", "AH 1, DataLength 0x08000000", nil, queueJumper(0x08000000)},
	{"B21", "AH 1, DataLength 0x7FFFFFFF", nil, queueJumper(0x7FFFFFFF)},
	{"B22", "Count 0", directly, u16(atName, 0)},
	{"B22", "Count odd", directly, u16(atName, 7)},
	{"B22", "Count 0xFFFF", directly, u16(atName, 0xFFFF)},
	{"B22", "no NUL", directly, u16(atName, 8)},
	{"B22", "inner NUL", directly, u16(atName+6, 0)},
	{"B22", "lone surrogate", directly, u16(atName+6, 0xD83D)},
	{"B24", "AQ 7 with a GUID", func(m *mq.Message) { m.AdminQueue = mq.Public(mq.GUID{9}) }, flags(7<<13, 7<<13)},
	{"B24", "AQ 5 with a name", func(m *mq.Message) { m.AdminQueue = mq.DirectOS("elsewhere.example", "b") }, flags(7<<13, 5<<13)},
	{"B25", "ElementCount 0xFFFFFFFF", toMany, tail(64-8, math.MaxUint32)},
	{"B25", "HeaderSize 12", toMany, tail(64, 12)},
	{"B26", "HeaderSize 0", toMany, tail(64, 0)},
	{"B26", "HeaderSize 11", toMany, tail(64, 11)},
	{"B26", "HeaderID 0x65", toMany, tail16(64-4, 0x65)},
	{"B26", "FormatType 0", toMany, tail16(64-12, 0)},
	{"B26", "FormatType 4", toMany, tail16(64-12, 4)},
	{"B26", "FormatType 5", toMany, tail16(64-12, 5)},
	{"B26", "FormatType 7", toMany, tail16(64-12, 7)},
	{"B27", "400,000 names", toMany, names([]byte{3, 0, 'x', 0, 0, 0}, 400_000)},
	{"B27", "1,001 names", toMany, names([]byte{3, 0, 'x', 0, 0, 0}, 1001)},
	{"B28", "signature of 0xFFFFFFFF bytes", toMany, tail(4, math.MaxUint32)},
	{"B28", "signature of another kind", toMany, tail16(8, 1)},
	{"B29", "LabelLength 0xFB", nil, u8(atProperties+1, 0xFB)},
	{"B29", "LabelLength 0xFF", nil, u8(atProperties+1, 0xFF)},
	{"B29", "label without NUL", nil, u8(atProperties+1, 7)},
	{"B30", "MessageSize past the end", nil, func(b []byte) []byte { return u32(atProperties+32, 4000)(u32(atProperties+36, 4000)(b)) }},
	{"B30", "sizes that wrap", nil, func(b []byte) []byte {
		return u32(atProperties+52, 0xFFFFFFF0)(u32(atProperties+32, 0x1F)(u32(atProperties+36, 0x1F)(b)))
	}},
	{"B31", "AllocationBodySize 0xFFFFFFFF", nil, u32(atProperties+36, math.MaxUint32)},
	{"B31", "AllocationBodySize below MessageSize", nil, u32(atProperties+36, 1)},
	// The SecurityHeader stands before the properties.
	{"B35", "SenderIdSize 3", somebody, u16(atProperties+2, 3)},
	{"B35", "SubAuthorityCount 255", somebody, u8(atProperties+17, 255)},
	{"B38", "nothing in the SecurityHeader", somebody, nothingSecure},
	{"B39", "HeaderDataLength 0x80000000", soapParts, tail(24-4, 0x80000000)},
	{"B39", "SoapHeader of another kind", soapParts, tail16(24, 0x321)},
	{"B40", "QT 2", traced, tail16(20, 2)},
	{"B40", "QT 3", traced, tail16(20, 3)},
	{"B40", "TR 1 with DH 0", nil, u8(3, 1)},
	{"A01", "AckSequenceNumber of what was not sent", nil, header(wire.Session{Acked: 1, Window: 64})},
	{"A01", "AckSequenceNumber 0xFFFF", nil, header(wire.Session{Acked: 0xFFFF, Window: 64})},
	{"A02", "RecoverableMsgAckSeqNumber of what was not sent", nil, header(wire.Session{RecoverableAcked: 1, Window: 64})},
	{"A02", "RecoverableMsgAckFlags for what was not sent", nil, header(wire.Session{RecoverableFlags: 1 << 31, Window: 64})},
	{"A05", "OrderAck of 35 bytes", acking(mq.ClassOrderAck, "QM Ordering Ack", 35), same},
	{"A05", "OrderAck of 37 bytes", acking(mq.ClassOrderAck, "QM Ordering Ack", 37), same},
	{"A05", "OrderAck with another label", acking(mq.ClassOrderAck, "QM ordering ack", 36), same},
	{"A05", "FinalAck of 35 bytes", acking(mq.ClassAckReceive, "QM Ordering Ack", 35), same},
}

// header is a SessionAck packet instead.
func header(h wire.Session) change {
	return func([]byte) []byte { return wire.AppendSessionAck(nil, h) }
}

// queueJumper appends an SRMPEnvelopeHeader as that of CVE-2023-21554.
func queueJumper(length uint32) change {
	return func(b []byte) []byte {
		b = flags(0, 1<<25)(b)
		b = le.AppendUint32(append(b, 0, 0, 0, 0), length)
		b = append(b, make([]byte, 0x436)...)
		return u32(8, uint32(len(b)))(b)
	}
}

// nothingSecure clears all sizes of a SecurityHeader.
func nothingSecure(b []byte) []byte {
	clear(b[atProperties : atProperties+16])
	return b
}

func TestMalformedMessages(t *testing.T) {
	s := newSiege(t)
	for _, r := range malformed {
		t.Run(r.id+" "+r.what, func(t *testing.T) {
			p := r.change(s.message(r.base))
			cost := allocated(func() {
				a := s.attack()
				a.t = t
				a.write(p)
				a.closed()
			})
			s.counted++
			s.unhurt()
			if cost > uint64(2*len(p)+1<<20) {
				t.Errorf("%d bytes were allocated for %d", cost, len(p))
			}
		})
	}
	s.empty()
	s.inTheLog()
}

// S2: a packet that ends early ends its session, however it ends; what stalls is
// cut by the clock. Random bytes are one of them.
func TestWhatEndsEarlyOrSaysNothing(t *testing.T) {
	s := newSiege(t)
	noise := make([]byte, 5000)
	_, _ = rand.Read(noise)
	for what, b := range map[string][]byte{
		"nothing": {}, "a byte": {0x10}, "half of a request": s.establish()[:300], "noise": noise,
		"a web browser": []byte("GET / HTTP/1.1\r\nHost: \x1b[31m\u202e\r\n\r\n"),
	} {
		t.Run(fmt.Sprint("stall after ", what), func(t *testing.T) {
			a := s.connect(hostileAddress)
			a.t = t
			a.write(b)
			a.closed()
			s.counted++
		})
	}
	// B05: 4 MB are claimed, and nothing more comes, or a byte now and then.
	for _, drip := range []bool{false, true} {
		a := s.attack()
		cost := allocated(func() {
			_, err := a.Write(u32(8, 4<<20)(s.message(nil)))
			for drip && err == nil {
				time.Sleep(20 * time.Millisecond)
				_, err = a.Write([]byte{0})
			}
			if !drip {
				a.closed()
			}
		})
		_ = a.Close()
		s.counted++
		if cost > 1<<20 {
			t.Errorf("%d bytes were allocated", cost)
		}
	}
	s.unhurt()
	s.empty()
	s.inTheLog()
}
