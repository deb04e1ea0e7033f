package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"

	"posthouse/localqm/mq"
)

// The layout of the packets that hostile rows change. at is an offset in a packet
// of plain unless said otherwise.
const (
	atUserFlags  = 16 + 44
	atSentTime   = 16 + 36
	atHeader     = 16 + userSize + 4 // what follows the UserHeader of plain
	atLabelSize  = atHeader + 1
	atBodySize   = atHeader + 32
	atBodyRoom   = atHeader + 36
	atPrivacy    = atHeader + 40
	atHash       = atHeader + 44
	atExtSize    = atHeader + 52
	atLabel      = atHeader + propertiesSize
	atSecuritySD = atHeader + securitySize
)

// bound runs f and fails if it allocates more than twice the bytes it was given
// and 64 KB. Names of a list are the exception: up to MaxMultiQueue take 1 KB each.
func bound(t testing.TB, given int, f func() (names int)) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	names := f()
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > uint64(2*given+64<<10+names<<10) {
		t.Errorf("reading %d bytes allocated %d", given, n)
	}
}

// Rows B of the hostile inputs that concern this packet, by their numbers.
func TestHostilePackets(t *testing.T) {
	base := encode(t, plain())
	sample := func(name string) []byte { return encode(t, samples()[name]) }
	flag := func(b []byte, clear, set uint32) []byte {
		c := bytes.Clone(b)
		le.PutUint32(c[atUserFlags:], le.Uint32(c[atUserFlags:])&^clear|set)
		return c
	}
	u32 := func(b []byte, at int, v uint32) []byte {
		c := bytes.Clone(b)
		le.PutUint32(c[at:], v)
		return c
	}
	size := func(b []byte) []byte { return u32(b, 8, uint32(len(b))) }
	direct := func(count uint16, raw string) []byte {
		name, err := hex.DecodeString(raw)
		if err != nil {
			t.Fatal(err)
		}
		b := bytes.Clone(base[:16+userSize])
		b = le.AppendUint16(b, count)
		b = append(b, name...)
		b = append(b, make([]byte, -len(b)&3)...)
		b = flag(append(b, base[atHeader:]...), 7<<userDestination, nameDirect<<userDestination)
		return size(b)
	}
	security := sample("sender")
	signed := sample("signed and encrypted")
	multi := sample("several queues")
	atMulti := len(base)
	atResponse := atMulti + int(le.Uint32(multi[atMulti:]))
	atResponse += int(le.Uint32(multi[atResponse:]))
	atMultiSign := atResponse + int(le.Uint32(multi[atResponse:]))
	soap := sample("soap")
	trace := sample("traced")
	tx := sample("transaction")
	public := sample("public queues")
	directs := sample("direct queues")

	refused := map[string][]byte{
		"B01 version 0":                  edit(base, 0, 0),
		"B01 version 0x11":               edit(base, 0, 0x11),
		"B02 signature swapped":          edit(base, 4, 0x52, 0x4F, 0x49, 0x4C),
		"B03 PacketSize 0":               u32(base, 8, 0),
		"B03 PacketSize 15":              u32(base, 8, 15),
		"B04 PacketSize 0x00400001":      u32(base, 8, 0x00400001),
		"B04 PacketSize 0xFFFFFFFF":      u32(base, 8, 0xFFFFFFFF),
		"B06 PacketSize below headers":   u32(base, 8, uint32(len(base)-4)),
		"B06 PacketSize 4 KB more":       size(append(bytes.Clone(base), make([]byte, 4096)...)),
		"B06 another packet inside":      size(append(bytes.Clone(base), base...)),
		"B08 internal":                   edit(base, 2, base[2]|baseInternal),
		"B14 SessionHeader missing":      edit(base, 2, base[2]|baseSession),
		"B15 UserHeader past PacketSize": size(base[:16+userSize+3]),
		"B15 UserHeader past the end":    u32(base, 8, 16+userSize+3),
		"B16 DQ 1":                       flag(base, 7<<userDestination, 1<<userDestination),
		"B16 DQ 2":                       flag(base, 7<<userDestination, 2<<userDestination),
		"B16 DQ 4":                       flag(base, 7<<userDestination, 4<<userDestination),
		"B16 DQ 6":                       flag(base, 7<<userDestination, 6<<userDestination),
		"B17 AQ 1":                       flag(base, 7<<userAdmin, 1<<userAdmin),
		"B17 AQ 4":                       flag(base, 7<<userAdmin, 4<<userAdmin),
		"B17 RQ 4 with AQ 0":             flag(base, 7<<userResponse, 4<<userResponse),
		"B17 RQ 1 with AQ 0":             flag(base, 7<<userResponse, 1<<userResponse),
		"B17 RQ 4 with AQ 5":             flag(public, 7<<userResponse, 4<<userResponse),
		"B19 DM 2":                       flag(base, 3<<userDelivery, 2<<userDelivery),
		"B19 DM 3":                       flag(base, 0, 3<<userDelivery),
		"B19 TH 1 with DM 0":             flag(tx, 3<<userDelivery, 0),
		"B20 MP 0":                       flag(base, userProperties, 0),
		"B21 AH with DataLength 0x8000021B": size(append(flag(base, 0, userHTTP),
			0x90, 1, 0, 0, 0x1B, 2, 0, 0x80, 'x', 0, 0, 0)),
		"B21 AH with DataLength 0x08000000": size(append(flag(base, 0, userHTTP), 0x90, 1, 0, 0, 0, 0, 0, 8)),
		"B22 direct Count 0":                direct(0, "6100 0000"[:0]),
		"B22 direct Count odd":              direct(5, "4f0053003a00610000005c00"),
		"B22 direct Count 0xFFFF":           direct(0xFFFF, "4f0053000000"),
		"B22 direct Count 0xFFFE":           direct(0xFFFE, "4f0053000000"),
		"B22 direct without NUL":            direct(6, "4f0053003a00"),
		"B22 direct with inner NUL":         direct(8, "4f00000053000000"),
		"B22 direct with a lone surrogate":  direct(8, "4f00 3dd8 5300 0000"[:4]+"3dd8"+"5300"+"0000"),
		"B22 direct of NUL alone":           direct(2, "0000"),
		"B24 AQ 7 with a GUID":              flag(public, 7<<userAdmin, 7<<userAdmin),
		"B24 AQ 5 with a direct name":       flag(directs, 7<<userAdmin, 5<<userAdmin),
		"B24 DQ 7 with a number":            flag(base, 0, 7<<userDestination),
		"B25 ElementCount 0xFFFFFFFF":       u32(multi, atMulti+8, 0xFFFFFFFF),
		"B25 HeaderSize 12, 2^32-1 names":   u32(u32(multi, atMulti+8, 0xFFFFFFFF), atMulti, 12),
		"B26 HeaderSize 11":                 u32(multi, atMulti, 11),
		"B26 HeaderSize 0":                  u32(multi, atMulti, 0),
		"B26 HeaderSize 12 with names":      u32(multi, atMulti, 12),
		"B26 HeaderSize past the end":       u32(multi, atMulti, 0x7FFFFFFF),
		"B26 HeaderID 0x65":                 edit(multi, atMulti+4, 0x65),
		"B26 lists in the wrong order":      edit(multi, atMulti+4, 0xC8),
		"B26 FormatType 0":                  edit(multi, atMulti+12, 0),
		"B26 FormatType 4":                  edit(multi, atMulti+12, 4),
		"B26 FormatType 5":                  edit(multi, atMulti+12, 5),
		"B26 FormatType 7":                  edit(multi, atMulti+12, 7),
		"B26 one name less":                 edit(multi, atMulti+8, 5),
		"B26 one name more":                 edit(multi, atMulti+8, 7),
		"B27 a million names":               appendHeader(t, userMulti, manyNames(200_000)),
		"B27 one name over the cap":         appendHeader(t, userMulti, manyNames(MaxMultiQueue+1)),
		"B28 signature 0xFFFFFFFF":          u32(multi, atMultiSign+4, 0xFFFFFFFF),
		"B28 signature number":              edit(multi, atMultiSign, 0x5F),
		"B29 LabelLength 0xFB":              edit(base, atLabelSize, 0xFB),
		"B29 LabelLength 0xFF":              edit(base, atLabelSize, 0xFF),
		"B29 label without NUL":             edit(base, atLabel+2*len("order 4711"), 'x'),
		"B30 MessageSize past the end":      u32(u32(base, atBodySize, 19), atBodyRoom, 19),
		"B30 ExtensionSize past the end":    u32(base, atExtSize, 19),
		"B30 sizes that wrap together":      u32(u32(u32(base, atExtSize, 0xFFFFFFF0), atBodySize, 0x1F), atBodyRoom, 0x1F),
		"B30 MessageSize 0xFFFFFFFF":        u32(u32(base, atBodySize, 0xFFFFFFFF), atBodyRoom, 0xFFFFFFFF),
		"B31 AllocationBodySize 0xFFFFFFFF": u32(base, atBodyRoom, 0xFFFFFFFF),
		"B31 AllocationBodySize too small":  u32(base, atBodyRoom, 14),
		"B35 SenderIdSize 3":                edit(security, atHeader+2, 3),
		"B35 SenderIdSize 0 with a SID":     edit(security, atHeader+2, 0, 0, 4, 0),
		"B35 SubAuthorityCount 255":         edit(security, atSecuritySD+1, 255),
		"B35 SubAuthorityCount of another":  edit(security, atSecuritySD+1, 3),
		"B35 SID revision 2":                edit(security, atSecuritySD, 2),
		"B35 sender type 3":                 edit(security, atHeader, 3),
		"B35 sender type 0 with a SID":      edit(security, atHeader, 0),
		"B35 queue manager that is none":    edit(edit(signed, atSecuritySD, make([]byte, 16)...), atHeader+4, make([]byte, 12)...),
		"B38 all sizes 0":                   edit(security, atHeader, make([]byte, 16)...),
		"B38 ProviderInfo without NUL":      edit(signed, bytes.Index(signed, []byte("0\x00\x00\x00")), '0', 0, '1', 0),
		"B38 ProviderInfo of its type":      edit(signed, atHeader+12, 4, 0),
		"B38 ProviderInfo of 3 bytes":       edit(signed, atHeader+12, 3, 0),
		"B38 ProviderInfo of odd size":      edit(signed, atHeader+12, le.AppendUint16(nil, le.Uint16(signed[atHeader+12:])-1)...),
		"B39 HeaderDataLength 0x80000000":   u32(soap, len(base)+4, 0x80000000),
		"B39 HeaderDataLength 0x7FFFFFFF":   u32(soap, len(base)+4, 0x7FFFFFFF),
		"B39 BodyDataLength 0x80000000":     u32(soap, len(base)+8+2*len("<h>odd</h>.")+4, 0x80000000),
		"B39 HeaderSectionID 0x0321":        edit(soap, len(base), 0x21),
		"B39 BodySectionID 0x0385":          edit(soap, len(base)+8+2*len("<h>odd</h>."), 0x85),
		"B40 DH 1 with QT 2":                edit(trace, len(base), 2),
		"B40 DH 1 with QT 3":                edit(trace, len(base), 3),
		"B40 TR 1 with DH 0":                edit(trace, 2, trace[2]&^baseDebug),
	}
	for name, b := range refused {
		t.Run(name, func(t *testing.T) {
			bound(t, len(b), func() int {
				if m, err := Parse(b, here); !errors.Is(err, ErrMalformed) {
					t.Errorf("Parse = %+v, %v; want ErrMalformed", m, err)
				} else if strings.ContainsAny(err.Error(), "\x00\r\n\x1b") {
					t.Errorf("the error repeats what must be escaped: %q", err)
				}
				return 0
			})
		})
	}

	accepted := map[string]struct {
		packet []byte
		want   func(*mq.Message) bool
	}{
		"B07 every reserved bit": {reservedBits(t), func(m *mq.Message) bool { return m.Label == plain().Label }},
		"B18 29 hops":            {flag(base, 0, 0x1D), func(m *mq.Message) bool { return m.HopCount == 29 }},
		"B18 31 hops":            {flag(base, 0, 0x1F), func(m *mq.Message) bool { return m.HopCount == 31 }},
		"B19 TH 1 with PR 7":     {edit(tx, 2, 7), func(m *mq.Message) bool { return m.Priority == 0 && m.Transactional }},
		"B23 direct name of a file": {direct(22, hexText(`OS:..\..\x`)), func(m *mq.Message) bool {
			return m.Destination.Kind == mq.KindDirect
		}},
		"B23 direct name that names nothing": {direct(10, hexText(`what`)), func(m *mq.Message) bool {
			return m.Destination.Kind == mq.KindDirect && m.Destination.Protocol == "" && m.Destination.Path == "what"
		}},
		"B23 direct name that is a list": {direct(24, hexText(`OS:a\b,DL=x`)), func(m *mq.Message) bool {
			return m.Destination.Kind == mq.KindDirect && len(m.Destination.Elements) == 0
		}},
		"B31 AllocationBodySize larger": {u32(base, atBodyRoom, 64), func(m *mq.Message) bool { return string(m.Body) == string(plain().Body) }},
		"B32 PrivacyLevel 9":            {u32(base, atPrivacy, 9), func(m *mq.Message) bool { return m.PrivacyLevel == 9 }},
		"B33 HashAlgorithm MD2":         {u32(base, atHash, 0x8001), func(m *mq.Message) bool { return m.HashAlgorithm == 0x8001 }},
		"B36 certificate of 64 KB": {largeCertificate(t), func(m *mq.Message) bool {
			return len(m.SenderCertificate) == 0x10000
		}},
		"B38 AI 0 with sizes, as Windows sends": {security, func(m *mq.Message) bool { return bytes.Equal(m.SenderSID, someSID) }},
		"B38 AI 1 with sizes, as specified": {edit(security, atHeader, security[atHeader]|0x80), func(m *mq.Message) bool {
			return bytes.Equal(m.SenderSID, someSID)
		}},
		"B41 SentTime 0xFFFFFFFF": {u32(u32(base, atSentTime, 0xFFFFFFFF), atSentTime-4, 0xFFFFFFFE), func(m *mq.Message) bool {
			return m.SentTime.Unix() == math.MaxUint32 && m.TimeToBeReceived == 0xFFFFFFFE
		}},
		"B42 label with CR, LF, ESC and bidi": {
			edit(base, atLabel, '\r', 0, '\n', 0, 0x1B, 0, 0x2E, 0x20),
			func(m *mq.Message) bool { return m.Label == "\r\n\x1b\u202er 4711" },
		},
		"B42 label with NUL":              {edit(base, atLabel+10, 0), func(m *mq.Message) bool { return m.Label == "order" }},
		"B42 label with half a surrogate": {edit(base, atLabel, 0x3D, 0xD8), func(m *mq.Message) bool { return m.Label == "\ufffdrder 4711" }},
		"label of NUL alone":              {edit(edit(base, atLabelSize, 1), atLabel, 0, 0), nil},
	}
	for name, tt := range accepted {
		t.Run(name, func(t *testing.T) {
			if tt.want == nil { // the row that only shortens a length: the rest no longer fits
				if _, err := Parse(tt.packet, here); !errors.Is(err, ErrMalformed) {
					t.Errorf("Parse = %v, want ErrMalformed", err)
				}
				return
			}
			bound(t, len(tt.packet), func() int {
				m, err := Parse(tt.packet, here)
				if err != nil || !tt.want(m) {
					t.Errorf("Parse = %+v, %v", m, err)
				}
				return 0
			})
		})
	}
}

func TestAsManyNamesAsAllowed(t *testing.T) {
	m, err := Parse(appendHeader(t, userMulti, manyNames(MaxMultiQueue)), here)
	if err != nil || len(m.MultiDestination) != MaxMultiQueue {
		t.Fatalf("Parse = %v", err)
	}
	stable(t, "all names", encode(t, m))
	m.MultiAdmin = m.MultiDestination[:1]
	if _, err := Append(nil, m, here); !errors.Is(err, mq.ErrIllegalFormatName) {
		t.Errorf("one name more = %v, want a refusal", err)
	}
}

// hexText is s with its NUL in UTF-16.
func hexText(s string) string {
	var e encoder
	e.text(s)
	return hex.EncodeToString(e.b)
}

// manyNames is a MultiQueueFormatHeader with n short direct names.
func manyNames(n int) string {
	b := le.AppendUint32(nil, uint32(12+6*n+6*n%4))
	b = le.AppendUint32(b, multiDestinationID)
	b = le.AppendUint32(b, uint32(n))
	b = append(b, bytes.Repeat([]byte{elementDirect, 0, 'x', 0, 0, 0}, n)...)
	b = append(b, make([]byte, 6*n%4)...)
	return hex.EncodeToString(b) + "0c000000 c800 0000 00000000 0c000000 2c01 0000 00000000 5e01 0000 00000000"
}

// reservedBits is a packet with every header that has some, and all of them set.
func reservedBits(t *testing.T) []byte {
	m := plain()
	merge(m, samples()["transaction"])
	merge(m, samples()["traced"])
	m.SenderSID = someSID
	b := encode(t, m)
	security := atHeader + transactionSize
	properties := security + securitySize + len(someSID)
	debug := len(b) - debugSize - 16
	b[1] = 0xFF
	b[2], b[3] = b[2]|0xC0, b[3]|0xFE
	le.PutUint32(b[atUserFlags:], le.Uint32(b[atUserFlags:])|1<<7|1<<24|3<<26|7<<29)
	b[atHeader+3] = 0xFF
	b[security+1] |= 0xF0
	b[properties] |= 0xF0
	b[debug] |= 0xFC
	b[debug+1], b[debug+2], b[debug+3] = 0xFF, 0xFF, 0xFF
	return b
}

func largeCertificate(t *testing.T) []byte {
	m := plain()
	m.SenderCertificate = make([]byte, 0xFFFC)
	b := encode(t, m)
	cut := atSecuritySD + len(m.SenderCertificate)
	b = append(bytes.Clone(b[:cut]), append(make([]byte, 4), b[cut:]...)...)
	le.PutUint32(b[atHeader+8:], 0x10000)
	le.PutUint32(b[8:], uint32(len(b)))
	return b
}

func TestHostileExtensions(t *testing.T) {
	good, err := AppendExtension(nil, Extension{DeadLetterQueue: "DIRECT=OS:a\\b", Subqueue: &Subqueue{}, Address: &Address{}})
	if err != nil {
		t.Fatal(err)
	}
	const sub, dead = 12, 12 + 148
	for name, b := range map[string][]byte{
		"HeaderSize 11":                   edit(good, 0, 11),
		"HeaderSize 0xFFFFFFFF":           edit(good, 0, 0xFF, 0xFF, 0xFF, 0xFF),
		"RemainingHeadersSize less":       edit(good, 4, good[4]-4),
		"RemainingHeadersSize wraps":      edit(good, 4, 0xF4, 0xFF, 0xFF, 0xFF),
		"nothing announced":               edit(good, 8, 0),
		"SubqueueHeader shorter":          edit(good, sub, 147),
		"SubqueueHeader past the end":     edit(good, sub, 0, 0, 0, 0x80),
		"SubqueueHeader 0":                edit(good, sub, 0),
		"half a surrogate in a subqueue":  edit(good, sub+20, 0x3D, 0xD8),
		"DeadLetterHeader 4":              edit(good, dead, 4),
		"DeadLetterHeader without a name": edit(good, dead+4, 0, 0),
		"address shorter":                 edit(good, len(good)-28, 27),
	} {
		if x, err := ParseExtension(b); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: ParseExtension = %+v, %v; want ErrMalformed", name, x, err)
		}
	}
	for n := range good {
		if _, err := ParseExtension(good[:n]); !errors.Is(err, ErrMalformed) {
			t.Errorf("%d of %d bytes: %v, want ErrMalformed", n, len(good), err)
		}
	}
	packet := encode(t, plain())
	if m, err := Parse(append(packet, good...), here); err != nil || m.DeadLetterQueue.String() != `DIRECT=OS:a\b` {
		t.Errorf("Parse with an extension = %v", err)
	}
	bad, err := AppendExtension(nil, Extension{DeadLetterQueue: "a\x1bb"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Parse(append(packet, bad...), here); !errors.Is(err, ErrMalformed) || strings.Contains(err.Error(), "\x1b") {
		t.Errorf("Parse with a dead-letter queue of no kind = %q, want ErrMalformed", err)
	}
	if _, err := Parse(append(packet, 0), here); !errors.Is(err, ErrMalformed) {
		t.Errorf("Parse with a byte too many = %v, want ErrMalformed", err)
	}
}

// S1: every field that is a length, a count or a type of every sample, with the
// values that break readers.
func TestEveryLengthMutated(t *testing.T) {
	for name, packet := range seeds(t) {
		spare := body(packet)
		for at := 0; at+4 <= len(packet); at += 2 { // fields of 2 bytes and more are even
			if spare(at) {
				continue
			}
			n16, n32 := le.Uint16(packet[at:]), le.Uint32(packet[at:])
			for _, v := range []uint16{0, 1, n16 - 1, n16 + 1, 0x7FFF, 0x8000, 0xFFFF} {
				stable(t, name, edit(packet, at, le.AppendUint16(nil, v)...))
			}
			for _, v := range []uint32{0, 1, n32 - 1, n32 + 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF} {
				stable(t, name, edit(packet, at, le.AppendUint32(nil, v)...))
			}
		}
		for at := range packet {
			for _, v := range []byte{0, 1, packet[at] - 1, packet[at] + 1, 0x7F, 0x80, 0xFF} {
				if !spare(at) {
					stable(t, name, edit(packet, at, v))
				}
			}
		}
	}
}

// S2: a packet that stops anywhere is refused, by its PacketSize or, if that agrees,
// by its headers.
func TestEveryTruncationIsRefused(t *testing.T) {
	for name, packet := range seeds(t) {
		base, err := ParseBase(packet)
		if err != nil {
			t.Fatal(err)
		}
		packet = packet[:base.PacketSize]
		spare := body(packet)
		for n := range packet {
			if _, err := Parse(packet[:n], here); !errors.Is(err, ErrMalformed) {
				t.Fatalf("%s: %d of %d bytes: %v, want ErrMalformed", name, n, len(packet), err)
			}
			if n < baseSize || spare(n) {
				continue
			}
			shorter := bytes.Clone(packet[:n])
			le.PutUint32(shorter[8:], uint32(n))
			if _, err := Parse(shorter, here); !errors.Is(err, ErrMalformed) && n < len(packet)-3 { // 3: padding at the end
				t.Fatalf("%s: %d of %d bytes, PacketSize corrected: %v, want ErrMalformed", name, n, len(packet), err)
			}
		}
	}
}

// S3: every single bit flipped.
func TestEveryBitFlipped(t *testing.T) {
	for name, packet := range seeds(t) {
		spare := body(packet)
		for at := range packet {
			if spare(at) && at%97 != 0 {
				continue
			}
			for bit := range 8 {
				stable(t, name, edit(packet, at, packet[at]^1<<bit))
			}
		}
	}
}

// seeds are the packets that the sweeps change.
func seeds(t testing.TB) map[string][]byte {
	all := map[string][]byte{"MS-MQQB 4.1.7": golden(t)}
	for name, m := range samples() {
		all[name] = encode(t, m)
	}
	return all
}

// body reports where a long body is, whose bytes mean nothing to the sweeps.
func body(packet []byte) func(at int) bool {
	from, size, err := Locate(packet)
	return func(at int) bool { return err == nil && size > 1000 && at >= from && at < from+size }
}
