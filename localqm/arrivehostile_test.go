package localqm_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

// Where the fields of a packet are that names its queue by number and has no
// header besides (MS-MQMQ 2.2.19-20).
const (
	hostileTTBR  = 16 + 32
	hostileSent  = 16 + 36
	hostileFlags = 16 + 44
	hostileProps = 16 + 48 + 4
)

var le = binary.LittleEndian

// row is a packet changed in one respect.
type row struct {
	name  string
	base  func(*mq.Message) // the message before
	bytes func([]byte) []byte
}

func u16(at int, v uint16) func([]byte) []byte {
	return func(b []byte) []byte { le.PutUint16(b[at:], v); return b }
}

func u32(at int, v uint32) func([]byte) []byte {
	return func(b []byte) []byte { le.PutUint32(b[at:], v); return b }
}

func u8(at int, v byte) func([]byte) []byte {
	return func(b []byte) []byte { b[at] = v; return b }
}

// bits changes UserHeader.Flags.
func bits(clear, set uint32) func([]byte) []byte {
	return func(b []byte) []byte {
		le.PutUint32(b[hostileFlags:], le.Uint32(b[hostileFlags:])&^clear|set)
		return b
	}
}

// cut makes the packet end at n, by its own words.
func cut(n int) func([]byte) []byte {
	return func(b []byte) []byte { le.PutUint32(b[8:], uint32(n)); return b[:n] }
}

// last changes a field that is at places before the end.
func last(n int, fn func(int) func([]byte) []byte) func([]byte) []byte {
	return func(b []byte) []byte { return fn(len(b) - n)(b) }
}

func directly(m *mq.Message) {
	m.Destination, m.DestinationMachine = mq.DirectOS("TEST", `private$\q`), mq.GUID{}
}
func toSeveral(m *mq.Message) { m.MultiDestination = []mq.FormatName{mq.Public(mq.GUID{1})} }
func traced(m *mq.Message)    { m.Trace, m.TraceQueue = true, mq.GUID{1} }
func fromSomebody(m *mq.Message) {
	m.SenderSID = []byte{1, 1, 0, 0, 0, 0, 0, 5, 7, 0, 0, 0}
}
func soap(m *mq.Message) { m.SoapHeader, m.SoapBody = "h", "b" }

// Rows of the hostile inputs that close the session; localqm/wire has them in all
// their variants.
var malformed = []row{
	{"B06 bytes behind the message", nil, func(b []byte) []byte { return append(b, make([]byte, 64)...) }},
	{"B06 headers behind the message", nil, func(b []byte) []byte { b = append(b, make([]byte, 64)...); return cut(len(b))(b) }},
	{"B14 SessionHeader left on", nil, u8(2, 0x13)},
	{"B15 UserHeader past the packet", nil, cut(16 + 47)},
	{"B16 DQ 1", nil, bits(7<<10, 1<<10)},
	{"B16 DQ 2", nil, bits(7<<10, 2<<10)},
	{"B16 DQ 4", nil, bits(7<<10, 4<<10)},
	{"B16 DQ 6", nil, bits(7<<10, 6<<10)},
	{"B17 AQ 1", nil, bits(7<<13, 1<<13)},
	{"B17 AQ 4", nil, bits(7<<13, 4<<13)},
	{"B17 RQ 4 with AQ 0", nil, bits(7<<16, 4<<16)},
	{"B19 DM 2", nil, bits(3<<5, 2<<5)},
	{"B19 DM 3", nil, bits(3<<5, 3<<5)},
	{"B19 TH 1 with DM 0", inStream(7, 1, 0), bits(3<<5, 0)},
	{"B20 MP 0", nil, bits(1<<21, 0)},
	{"B21 AH 1", nil, bits(0, 1<<25)},
	{"B22 Count 0", directly, u16(16+48, 0)},
	{"B22 Count odd", directly, u16(16+48, 7)},
	{"B22 Count 0xFFFF", directly, u16(16+48, 0xFFFF)},
	{"B22 no NUL", directly, u16(16+48, 8)},
	{"B22 inner NUL", directly, u16(16+48+6, 0)},
	{"B22 lone surrogate", directly, u16(16+48+6, 0xD83D)},
	{"B24 AQ 7 with a GUID", func(m *mq.Message) { m.AdminQueue = mq.Public(mq.GUID{9}) }, bits(7<<13, 7<<13)},
	{"B24 AQ 5 with a name", func(m *mq.Message) { m.AdminQueue = mq.DirectOS("elsewhere.example", "b") }, bits(7<<13, 5<<13)},
	{"B25 ElementCount 0xFFFFFFFF", toSeveral, last(64-8, func(at int) func([]byte) []byte { return u32(at, math.MaxUint32) })},
	{"B26 HeaderSize 11", toSeveral, last(64, func(at int) func([]byte) []byte { return u32(at, 11) })},
	{"B26 HeaderSize 0", toSeveral, last(64, func(at int) func([]byte) []byte { return u32(at, 0) })},
	{"B26 HeaderID 0x65", toSeveral, last(64-4, func(at int) func([]byte) []byte { return u16(at, 0x65) })},
	{"B26 FormatType 7", toSeveral, last(64-12, func(at int) func([]byte) []byte { return u16(at, 7) })},
	{"B27 a million names", toSeveral, func(b []byte) []byte {
		names := bytes.Repeat([]byte{3, 0, 'x', 0, 0, 0}, 400_000)
		at := len(b) - 64
		le.PutUint32(b[at:], uint32(12+len(names)))
		le.PutUint32(b[at+8:], 400_000)
		b = append(append(b[:at+12:at+12], names...), b[at+32:]...)
		return cut(len(b))(b)
	}},
	{"B28 signature of 0xFFFFFFFF bytes", toSeveral, last(4, func(at int) func([]byte) []byte { return u32(at, math.MaxUint32) })},
	{"B29 LabelLength 0xFB", nil, u8(hostileProps+1, 0xFB)},
	{"B29 LabelLength 0xFF", nil, u8(hostileProps+1, 0xFF)},
	{"B30 MessageSize past the end", nil, func(b []byte) []byte { return u32(hostileProps+32, 4000)(u32(hostileProps+36, 4000)(b)) }},
	{"B30 sizes that wrap", nil, func(b []byte) []byte {
		return u32(hostileProps+52, 0xFFFFFFF0)(u32(hostileProps+32, 0x1F)(u32(hostileProps+36, 0x1F)(b)))
	}},
	{"B31 AllocationBodySize 0xFFFFFFFF", nil, u32(hostileProps+36, math.MaxUint32)},
	{"B31 AllocationBodySize too small", nil, u32(hostileProps+36, 1)},
	{"B35 SenderIdSize 3", fromSomebody, u16(hostileProps+2, 3)},
	{"B35 SubAuthorityCount 255", fromSomebody, u8(hostileProps+17, 255)},
	{"B38 nothing in the SecurityHeader", fromSomebody, func(b []byte) []byte { return append(b[:0:0], zero(b, hostileProps, 16)...) }},
	{"B39 HeaderDataLength 0x80000000", soap, last(24-4, func(at int) func([]byte) []byte { return u32(at, 0x80000000) })},
	{"B40 QT 2", traced, last(20, func(at int) func([]byte) []byte { return u16(at, 2) })},
	{"B40 TR 1 with DH 0", nil, u8(3, 1)},
	{"A05 an order acknowledgement of 35 bytes", acknowledging(mq.ClassOrderAck, "QM Ordering Ack", 35), asItIs},
	{"A05 an order acknowledgement of 37 bytes", acknowledging(mq.ClassOrderAck, "QM Ordering Ack", 37), asItIs},
	{"A05 an order acknowledgement with another label", acknowledging(mq.ClassOrderAck, "QM ordering ack", 36), asItIs},
	{"A05 a final acknowledgement of 35 bytes", acknowledging(mq.ClassAckReceive, "QM Ordering Ack", 35), asItIs},
	{"A05 a final acknowledgement of no class", acknowledging(0xC123, "QM Ordering Ack", 36), asItIs},
}

func asItIs(b []byte) []byte { return b }

func zero(b []byte, at, n int) []byte { clear(b[at : at+n]); return b }

// acknowledging makes a message one to the order queue.
func acknowledging(class mq.Class, label string, size int) func(*mq.Message) {
	return func(m *mq.Message) {
		m.Destination, m.DestinationMachine = mq.DirectTCP("127.0.0.1", `private$\order_queue$`), mq.GUID{}
		m.Class, m.Label, m.Body = class, label, make([]byte, size)
	}
}

// hostile starts a queue manager with a queue that everybody may send to, and
// one who does so.
func hostile(t *testing.T, q *qmtest.QM) (*far, func(change func(*mq.Message)) []byte) {
	t.Helper()
	q.Create("q", open(localqm.QueueSpec{}))
	q.Create("x", open(trans))
	q.Create("acks", open(localqm.QueueSpec{}))
	info, err := q.Queue(ctx, qmtest.Owner, qmtest.Name(t, "q"))
	ok(t, err)
	f := newFar(t, q, 1, "10.6.6.6")
	return f, func(change func(*mq.Message)) []byte {
		return f.packet(f.message("", "hostile", func(m *mq.Message) {
			m.Destination, m.DestinationMachine = mq.Private(q.Identity().ID, info.Queue.Number), q.Identity().ID
			if change != nil {
				change(m)
			}
		}))
	}
}

// untouched fails if anything was kept or is to be sent.
func untouched(t *testing.T, q *qmtest.QM) {
	t.Helper()
	st, err := q.Status(ctx, qmtest.Owner)
	ok(t, err)
	if st.Total.Messages != 0 {
		t.Errorf("%d messages are kept", st.Total.Messages)
	}
	if n := len(q.Outgoings()); n != 0 {
		t.Errorf("%d outgoing queues", n)
	}
}

func TestMalformedPacketsLeaveNoTrace(t *testing.T) {
	q := qmtest.Start(t, qmtest.Memory)
	sound(t, q)
	f, packet := hostile(t, q)
	for _, r := range malformed {
		t.Run(r.name, func(t *testing.T) {
			p := r.bytes(packet(r.base))
			cost := allocated(func() {
				err := q.Arrive(f.peer, p, func(localqm.Arrival) { t.Error("answered") })
				if err == nil {
					t.Error("taken")
				}
			})
			if most := uint64(2*len(p) + 64<<10); cost > most {
				t.Errorf("%d bytes were allocated for %d", cost, len(p))
			}
		})
	}
	untouched(t, q)
	if n := q.Remembered() + q.Streams(); n != 0 {
		t.Errorf("%d packets are remembered", n)
	}
}

func allocated(fn func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	fn()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Rows that are well formed: refused with a class, or taken.
func TestHostilePacketsThatAreWellFormed(t *testing.T) {
	foreign := func(hops uint8) func(*mq.Message) {
		return func(m *mq.Message) {
			m.Destination, m.DestinationMachine, m.HopCount = mq.Private(mq.GUID{9}, 1), mq.GUID{9}, hops
		}
	}
	directTo := func(name string) func(*mq.Message) {
		return func(m *mq.Message) {
			f, err := mq.ParseFormatName("DIRECT=" + name)
			if err != nil {
				f = mq.FormatName{Kind: mq.KindDirect, Path: name}
			}
			m.Destination, m.DestinationMachine = f, mq.GUID{}
		}
	}
	const taken, silent = mq.Class(0), mq.Class(1)
	for _, r := range []struct {
		name  string
		base  func(*mq.Message)
		bytes func([]byte) []byte
		class mq.Class
		check func(m *mq.Message) bool
	}{
		{"B18 28 hops, another machine", foreign(0x1C), nil, mq.ClassNackBadDestQueue, nil},
		{"B18 29 hops, another machine", foreign(0x1D), nil, mq.ClassNackHopCountExceeded, nil},
		{"B18 30 hops, another machine", foreign(0x1E), nil, mq.ClassNackHopCountExceeded, nil},
		{"B18 31 hops, another machine", foreign(0x1F), nil, mq.ClassNackHopCountExceeded, nil},
		{"B18 29 hops to us", func(m *mq.Message) { m.HopCount = 0x1D }, nil, taken, nil},
		{"B19 TH 1 with PR 7", func(m *mq.Message) {
			m.Destination, m.DestinationMachine = mq.DirectOS("TEST", `private$\x`), mq.GUID{}
			inStream(7, 1, 0)(m)
		}, u8(2, 7), taken, func(m *mq.Message) bool { return m.Priority == 0 }},
		{"B23 metadata service", directTo(`HTTP://169.254.169.254/msmq/private$/q`), nil, mq.ClassNackBadDestQueue, nil},
		{"B23 address alone", directTo(`TCP:[::1]`), nil, mq.ClassNackBadDestQueue, nil},
		{"B23 path up", directTo(`OS:..\..\x`), nil, mq.ClassNackBadDestQueue, nil},
		{"B23 nothing at all", directTo(`what`), nil, mq.ClassNackBadDestQueue, nil},
		{"B32 privacy level 9, encrypted", func(m *mq.Message) {
			m.Encrypted, m.SymmetricKey, m.PrivacyLevel = true, []byte{1}, 9
		}, nil, mq.ClassNackBadEncryption, nil},
		{
			"B33 no hash algorithm, signed", func(m *mq.Message) { m.Signature, m.HashAlgorithm = []byte{1}, 0 }, nil, taken,
			func(m *mq.Message) bool { return !m.Authenticated && len(m.Signature) == 1 },
		},
		{
			"B33 MD2, signed", func(m *mq.Message) { m.Signature, m.HashAlgorithm = []byte{1}, 0x8001 }, nil, taken,
			func(m *mq.Message) bool { return !m.Authenticated },
		},
		{
			"B34 says it was authenticated", func(m *mq.Message) { m.Signature, m.Authenticated, m.AuthLevel = []byte{1}, true, 5 }, nil, taken,
			func(m *mq.Message) bool { return !m.Authenticated && m.AuthLevel == 0 },
		},
		{"B36 certificate of 64 KB", func(m *mq.Message) { m.SenderCertificate = make([]byte, 0xFFFC) }, nil, taken, nil},
		{"B37 key that is none", func(m *mq.Message) {
			m.Encrypted, m.SymmetricKey, m.PrivacyLevel = true, bytes.Repeat([]byte{7}, 256), mq.PrivacyAES
		}, nil, mq.ClassNackBadEncryption, nil},
		{"B41 sent in 2106", nil, func(b []byte) []byte { return u32(hostileSent, math.MaxUint32)(u32(hostileTTBR, 0xFFFFFFFE)(b)) }, taken, nil},
		{"B41 sent in 2106, to be there at once", func(m *mq.Message) { m.TimeToReachQueue = 0 }, u32(hostileSent, math.MaxUint32), taken, nil},
		{
			"B42 a label that steers a terminal", func(m *mq.Message) { m.Label = "a\r\n\x1b[31m\u202e" }, nil, taken,
			func(m *mq.Message) bool { return m.Label == "a\r\n\x1b[31m\u202e" },
		},
		{"B44 acknowledged where it goes", func(m *mq.Message) {
			m.Acknowledge, m.AdminQueue = all, mq.DirectOS("TEST", `private$\q`)
		}, nil, taken, nil},
		{"A07 number 0", inStream(7, 0, 0), nil, silent, nil},
		{"A07 previous not before", inStream(7, 3, 3), nil, silent, nil},
		{"A07 the last identifier there is", inStream(math.MaxUint64, 1, 0), nil, silent, nil},
		{"A08 the order queue", func(m *mq.Message) { m.Destination = mq.Private(m.DestinationMachine, 4) }, nil, mq.ClassNackAccessDenied, nil},
		{"A08 the notification queue", func(m *mq.Message) { m.Destination = mq.Private(m.DestinationMachine, 3) }, nil, mq.ClassNackAccessDenied, nil},
		{"A08 the dead-letter queue", directTo(`OS:TEST\SYSTEM$;DEADLETTER`), nil, mq.ClassNackAccessDenied, nil},
		{"A08 the transactional dead-letter queue", directTo(`OS:TEST\SYSTEM$;DEADXACT`), nil, mq.ClassNackAccessDenied, nil},
	} {
		t.Run(r.name, func(t *testing.T) {
			q := qmtest.Start(t, qmtest.Memory)
			sound(t, q)
			ok(t, q.SetMachine(ctx, qmtest.Owner, func(s *localqm.Settings) error { s.InsecureNack = true; return nil }))
			f, packet := hostile(t, q)
			p := packet(func(m *mq.Message) {
				m.Acknowledge, m.AdminQueue = mq.AckNegativeArrival, mq.DirectOS("TEST", `private$\acks`)
				if r.base != nil {
					r.base(m)
				}
			})
			if r.bytes != nil {
				p = r.bytes(p)
			}
			ok(t, f.arrive(p))
			here := append(q.Browsed("q"), q.Browsed("x")...)
			switch r.class {
			case taken:
				if len(here) == 0 || r.check != nil && !r.check(here[0].Message) {
					t.Fatalf("%+v", here)
				}
				classes(t, q, acks)
			case silent:
				if len(here) != 0 {
					t.Fatal("taken")
				}
				classes(t, q, acks)
			default:
				if len(here) != 0 {
					t.Fatal("taken")
				}
				classes(t, q, acks, r.class)
			}
			for _, name := range []string{deadLetter, deadXact, journal} {
				classes(t, q, name)
			}
			q.Clock.Advance(time.Second)
			if r.class == taken {
				q.Restart() // nothing of it expires
				if len(q.Browsed("q"))+len(q.Browsed("x")) < 1 {
					t.Error("it did not survive a restart")
				}
			}
		})
	}
}

// B44: answers about answers would run in a circle.
func TestAcknowledgementsAreNotAcknowledged(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("a", open(localqm.QueueSpec{}))
		q.Create("b", open(localqm.QueueSpec{}))
		f := newFar(t, q, 1, "10.0.0.1")
		answerTo := func(name string) func(*mq.Message) {
			return func(m *mq.Message) {
				asking(m)
				m.AdminQueue = mq.DirectOS("TEST", mq.PrivatePrefix+name)
			}
		}
		f.send(f.message("a", "one", answerTo("a")))
		f.send(f.message("b", "two", answerTo("a")))
		for _, class := range []mq.Class{mq.ClassAckReachQueue, mq.ClassNackAccessDenied, mq.ClassReport, 0x1234} {
			f.send(f.message("b", fmt.Sprintf("%04X", uint16(class)), func(m *mq.Message) { answerTo("b")(m); m.Class = class }))
			f.send(f.message("missing", "", func(m *mq.Message) { answerTo("b")(m); m.Class = class }))
		}
		labels(t, q, "a", "one", "one", "two")
		labels(t, q, "b", "two", "0002", "8004", "0001", "1234")
		h := q.Open("b", localqm.ReceiveAccess)
		for range 5 {
			receive(t, h)
		}
		labels(t, q, "b")
		labels(t, q, "a", "one", "one", "two", "two")
		labels(t, q, deadLetter)
	})
}
