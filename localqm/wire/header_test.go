package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"posthouse/localqm/mq"
)

// Identifiers of the samples as packets have them.
const (
	hereHex  = "2d1c0b6a4f3e51408263748596a7b8c9"
	elseHex  = "11111111222233438444555566667777"
	thirdHex = "99999999888877478666555544443333"
)

// headerRow is what a message looks like from an offset of its packet on.
type headerRow struct {
	name string
	at   int
	edit func(*mq.Message)
	want string // hex, spaces allowed
}

func checkHeaders(t *testing.T, rows []headerRow) {
	t.Helper()
	for _, tt := range rows {
		t.Run(tt.name, func(t *testing.T) {
			m := plain()
			tt.edit(m)
			want, err := hex.DecodeString(strings.Join(strings.Fields(tt.want), ""))
			if err != nil {
				t.Fatal(err)
			}
			packet := encode(t, m)
			if got := packet[tt.at:min(len(packet), tt.at+len(want))]; !bytes.Equal(got, want) {
				t.Errorf("header\n% x, want\n% x", got, want)
			}
			read, err := Parse(packet, here)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(m, read); d != "" {
				t.Errorf("(-sent +read):\n%s", d)
			}
		})
	}
}

func TestBaseHeader(t *testing.T) {
	checkHeaders(t, []headerRow{
		{"priority and time", 0, func(m *mq.Message) {
			m.Priority, m.TimeToReachQueue = 5, 0x11223344
		}, "10 00 0500 4c494f52 a4000000 44332211"},
		{"traced", 0, func(m *mq.Message) { m.Trace = true }, "10 00 2301 4c494f52"},
	})
}

func TestUserHeader(t *testing.T) {
	fixed := func(there, flags string) string {
		return hereHex + there + "ffffffff 20ed1f69 67120000" + flags
	}
	checkHeaders(t, []headerRow{
		{"private", 16, func(*mq.Message) {}, fixed(hereHex, "200c2000") + "11000000"},
		{"journals and hops", 16, func(m *mq.Message) {
			m.Journal, m.DeadLetter, m.HopCount, m.Delivery = true, true, 3, mq.Express
		}, fixed(hereHex, "030f2000") + "11000000"},
		{"queues on the source", 16, func(m *mq.Message) {
			m.AdminQueue, m.ResponseQueue = mq.Private(here, 5), mq.Private(here, 6)
		}, fixed(hereHex, "204c2200") + "11000000 05000000 06000000"},
		{"queues on the destination", 16, func(m *mq.Message) {
			m.DestinationMachine, m.Destination = elsewhere, mq.Private(elsewhere, 3)
			m.AdminQueue, m.ResponseQueue = mq.Private(elsewhere, 5), mq.Private(elsewhere, 6)
		}, fixed(elseHex, "206c2300") + "03000000 05000000 06000000"},
		{"queues on a third host", 16, func(m *mq.Message) {
			m.AdminQueue, m.ResponseQueue = mq.Private(thirdHost, 5), mq.Private(thirdHost, 6)
		}, fixed(hereHex, "20cc2400") + "11000000" + thirdHex + "05000000 06000000"},
		{"response on a third host", 16, func(m *mq.Message) {
			m.AdminQueue, m.ResponseQueue = mq.Private(here, 5), mq.Private(thirdHost, 6)
		}, fixed(hereHex, "204c2600") + "11000000 05000000" + thirdHex + "06000000"},
		{"response is administration", 16, func(m *mq.Message) {
			m.AdminQueue, m.ResponseQueue = mq.Private(here, 5), mq.Private(here, 5)
		}, fixed(hereHex, "204c2100") + "11000000 05000000"},
		{"public", 16, func(m *mq.Message) {
			m.DestinationMachine, m.Destination = elsewhere, mq.Public(here)
			m.AdminQueue, m.ResponseQueue = mq.Public(thirdHost), mq.Public(elsewhere)
		}, fixed(elseHex, "20b42500") + hereHex + thirdHex + elseHex},
		{"direct, padded", 16, func(m *mq.Message) {
			m.DestinationMachine = mq.GUID{}
			m.Destination = mustName(`DIRECT=OS:a\b`)
			m.ResponseQueue = mustName(`DIRECT=OS:a\bc`)
		}, fixed(strings.Repeat("00", 16), "201c2700") +
			"0e00 4f00 5300 3a00 6100 5c00 6200 0000" +
			"1000 4f00 5300 3a00 6100 5c00 6200 6300 0000 0000"},
		{"connector", 16, func(m *mq.Message) { m.ConnectorType = thirdHost }, fixed(hereHex, "200c6000") + "11000000" + thirdHex},
		{"no queue, no time", 16, func(m *mq.Message) {
			*m = mq.Message{ID: mq.ObjectID{Source: here, Ordinal: 1}, SourceMachine: here}
		}, hereHex + strings.Repeat("00", 16) + "00000000 00000000 01000000 00002000"},
	})
}

// A packet for a direct name has no destination: "on the destination" is where it
// arrived.
func TestPrivateQueueAtADirectDestinationIsOurs(t *testing.T) {
	m := plain()
	m.DestinationMachine = mq.GUID{}
	m.Destination = mustName(`DIRECT=OS:desk7\private$\orders`)
	m.SourceMachine, m.ID.Source = elsewhere, elsewhere
	m.AdminQueue = mq.Private(elsewhere, 5)
	packet := encode(t, m)
	const flags = 16 + 44
	if packet[flags+1]>>5 != nameSource {
		t.Fatal("the administration queue is not named as on the source")
	}
	packet[flags+1] = packet[flags+1]&0x1F | nameDest<<5
	got, err := Parse(packet, here)
	if err != nil || !got.AdminQueue.Equal(mq.Private(here, 5)) {
		t.Errorf("administration queue %v, %v; want one of %s", got.AdminQueue, err, here)
	}
}

func TestTransactionHeader(t *testing.T) {
	tx := func(edit func(*mq.Message)) func(*mq.Message) {
		return func(m *mq.Message) {
			m.Priority, m.Transactional = 0, true
			m.TransactionID = mq.ObjectID{Source: here, Ordinal: 0xABCDE}
			edit(m)
		}
	}
	const at = 16 + userSize + 4
	checkHeaders(t, []headerRow{
		{"numbers", at, tx(func(m *mq.Message) {
			m.Sequence, m.SequenceNumber, m.PreviousNumber = 0xAABBCCDD11223344, 7, 6
		}), "e0cdab00 44332211ddccbbaa 07000000 06000000"},
		{"first", at, tx(func(m *mq.Message) { m.First = true }), "e4cdab00"},
		{"last", at, tx(func(m *mq.Message) { m.Last = true }), "e8cdab00"},
		{"final acknowledgement", at, tx(func(m *mq.Message) { m.FinalAck = true }), "e2cdab00"},
		{
			"connector", at, tx(func(m *mq.Message) { m.ConnectorMachine = thirdHost }),
			"e1cdab00 0000000000000000 00000000 00000000" + thirdHex,
		},
	})
}

func TestSecurityHeader(t *testing.T) {
	const at = 16 + userSize + 4
	checkHeaders(t, []headerRow{
		{
			"SID", at, func(m *mq.Message) { m.SenderSID = someSID },
			"0100 1000 0000 0000 00000000 00000000 01020000 00000005 20000000 20020000",
		},
		{
			"queue manager", at, func(m *mq.Message) { m.SenderMachine = thirdHost },
			"0200 1000 0000 0000 00000000 00000000" + thirdHex,
		},
		{"key, signature and certificate, padded", at, func(m *mq.Message) {
			m.SymmetricKey, m.Signature, m.SenderCertificate = []byte("k"), []byte("sig"), []byte("cert5")
			m.Encrypted, m.DefaultProvider = true, true
		}, "6000 0000 0100 0300 05000000 00000000 6b000000 73696700 6365727435000000"},
		{"provider", at, func(m *mq.Message) {
			m.Signature, m.ProviderType, m.ProviderName = []byte("sign"), 1, "ab"
		}, "0000 0000 0000 0400 00000000 0a000000 7369676e 01000000 6100620000000000"},
		{"verified", at, func(m *mq.Message) {
			m.SenderSID, m.Authenticated, m.AuthLevel = someSID, true, 5
		}, "1105 1000"},
	})
}

func TestAuthenticationFromOutsideIsCleared(t *testing.T) {
	for _, name := range []string{"signed and encrypted", "all headers", "plain"} {
		m := samples()[name]
		if name == "all headers" {
			m.Authenticated, m.AuthLevel = true, 5
		}
		packet := encode(t, m)
		if err := ClearAuthentication(packet); err != nil {
			t.Fatal(err)
		}
		m.Authenticated, m.AuthLevel = false, 0
		if want := encode(t, m); !bytes.Equal(packet, want) {
			t.Errorf("%s: not the packet without AU and AS:\n%s", name, cmp.Diff(want, packet))
		}
	}
	for _, bad := range [][]byte{nil, encode(t, samples()["sender"])[:16+userSize+4+8]} {
		if err := ClearAuthentication(bad); !errors.Is(err, ErrMalformed) {
			t.Errorf("ClearAuthentication of %d bytes = %v, want ErrMalformed", len(bad), err)
		}
	}
}

func TestSequenceIsSetInPlace(t *testing.T) {
	m := samples()["all headers"]
	head, at, err := Split(m, here)
	if err != nil {
		t.Fatal(err)
	}
	if err := SetSequence(head, 5<<32|9, 3, 2); err != nil {
		t.Fatal(err)
	}
	m.Sequence, m.SequenceNumber, m.PreviousNumber = 5<<32|9, 3, 2
	want, wantAt, _ := Split(m, here)
	if at != wantAt || !bytes.Equal(head, want) {
		t.Errorf("not the head with the new sequence:\n%s", cmp.Diff(want, head))
	}
	for name, bad := range map[string][]byte{"nothing": nil, "no transaction": encode(t, plain()), "torn": head[:16+userSize+30]} {
		before := bytes.Clone(bad)
		if err := SetSequence(bad, 1, 1, 0); !errors.Is(err, ErrMalformed) || !bytes.Equal(bad, before) {
			t.Errorf("%s: SetSequence = %v, want ErrMalformed and nothing written", name, err)
		}
	}
}

func TestPropertiesHeader(t *testing.T) {
	const at = 16 + userSize + 4
	zeros := func(n int) string { return strings.Repeat("00", n) }
	checkHeaders(t, []headerRow{
		{"label, extension and body", at, func(m *mq.Message) {
			m.Acknowledge, m.Class = 0x0A, mq.ClassNackQueuePurged
			m.CorrelationID[0], m.CorrelationID[19] = 0xAA, 0xBB
			m.BodyType, m.AppSpecific = 0x11, 0x22
			m.PrivacyLevel, m.HashAlgorithm, m.EncryptAlg = 3, 0x8004, 0x6801
			m.Label, m.Extension, m.Body = "é😀", []byte{1, 2, 3}, []byte{4, 5, 6, 7}
		}, "0a 04 01c0 aa" + zeros(18) + "bb 11000000 22000000 04000000 04000000" +
			"03000000 04800000 01680000 03000000" + "e900 3dd800de 0000 010203 04050607 00"},
		{"nothing", at, func(m *mq.Message) { m.Label, m.Body, m.BodyType = "", nil, 0 }, zeros(propertiesSize)},
	})
}

func TestDebugHeader(t *testing.T) {
	at := len(encode(t, plain()))
	checkHeaders(t, []headerRow{
		{"queue", at, func(m *mq.Message) { m.Trace, m.TraceQueue = true, thirdHost }, "0100 0000" + thirdHex},
		{"no queue", at, func(m *mq.Message) { m.Trace = true }, "0000 0000"},
		{"queue, not traced", at, func(m *mq.Message) { m.TraceQueue = thirdHost }, "0100 0000" + thirdHex},
	})
}

func TestSoapHeader(t *testing.T) {
	at := len(encode(t, plain()))
	checkHeaders(t, []headerRow{
		{
			"both", at, func(m *mq.Message) { m.SoapHeader, m.SoapBody = "ab", "c" },
			"2003 0000 03000000 610062000000 8403 0000 02000000 63000000 0000",
		},
		{
			"body only", at, func(m *mq.Message) { m.SoapBody = "c" },
			"2003 0000 01000000 0000 8403 0000 02000000 63000000 0000",
		},
	})
}

// appendHeader makes a packet of plain with a last header written elsewhere.
func appendHeader(t *testing.T, flag uint32, header string) []byte {
	t.Helper()
	b := encode(t, plain())
	h, err := hex.DecodeString(strings.Join(strings.Fields(header), ""))
	if err != nil {
		t.Fatal(err)
	}
	const flags = 16 + 44
	le.PutUint32(b[flags:], le.Uint32(b[flags:])|flag)
	b = append(b, h...)
	le.PutUint32(b[8:], uint32(len(b)))
	return b
}

func TestOtherWaysToWriteASoapHeader(t *testing.T) {
	for name, header := range map[string]string{
		"body section aligned": "2003 0000 03000000 610062000000 0000 8403 0000 02000000 63000000",
		"no padding at end":    "2003 ffff 03000000 610062000000 8403 ffff 02000000 63000000",
		"aligned without need": "2003 0000 04000000 6100620063000000 8403 0000 02000000 63000000",
		"no header text":       "2003 0000 00000000 8403 0000 02000000 63000000",
	} {
		m, err := Parse(appendHeader(t, userSOAP, header), here)
		if err != nil || m.SoapBody != "c" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMultiQueueFormatHeader(t *testing.T) {
	at := len(encode(t, plain()))
	checkHeaders(t, []headerRow{
		{"every kind of name", at, func(m *mq.Message) {
			m.MultiDestination = []mq.FormatName{
				mq.Public(here), mq.Private(elsewhere, 7), mustName(`DIRECT=OS:a\b`), mq.DistributionList(thirdHost, ""),
			}
			m.MultiSignature = []byte("sign!")
		}, "5c000000 6400 0000 04000000" +
			"0100 0000" + hereHex + "0200 0000" + elseHex + "07000000" +
			"0300 4f00 5300 3a00 6100 5c00 6200 0000" + "0600 0000" + thirdHex +
			"0c000000 c800 0000 00000000 0c000000 2c01 0000 00000000" +
			"5e01 0000 05000000 7369676e 21000000"},
		{"list with padding", at, func(m *mq.Message) {
			m.MultiAdmin = []mq.FormatName{mustName(`DIRECT=OS:a\bc`)}
		}, "0c000000 6400 0000 00000000" +
			"20000000 c800 0000 01000000 0300 4f00 5300 3a00 6100 5c00 6200 6300 0000 0000" +
			"0c000000 2c01 0000 00000000 5e01 0000 00000000"},
	})
}

func TestOtherWaysToWriteAMultiQueueFormatHeader(t *testing.T) {
	const none = "0c000000 c800 0000 00000000 0c000000 2c01 0000 00000000 5e01 0000 00000000"
	direct := mustName(`DIRECT=OS:a\bc`)
	for _, tt := range []struct {
		name, header string
		want         []mq.FormatName
	}{
		{
			"public identifiers at once after their type", "32000000 6400 ffff 02000000 0100" + hereHex + "0100" + thirdHex + "0000 0000" + none,
			[]mq.FormatName{mq.Public(here), mq.Public(thirdHost)},
		},
		{
			"size without its padding", "1e000000 6400 0000 01000000 0300 4f00 5300 3a00 6100 5c00 6200 6300 0000 0000" + none,
			[]mq.FormatName{direct},
		},
		{
			"padding that is not zero", "20000000 6400 0000 01000000 0300 4f00 5300 3a00 6100 5c00 6200 6300 0000 ffff" + none,
			[]mq.FormatName{direct},
		},
	} {
		m, err := Parse(appendHeader(t, userMulti, tt.header), here)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		} else if d := cmp.Diff(tt.want, m.MultiDestination); d != "" {
			t.Errorf("%s (-want +read):\n%s", tt.name, d)
		}
	}
}

func TestDomainOfAListStaysBehind(t *testing.T) {
	m := plain()
	m.MultiDestination = []mq.FormatName{mq.DistributionList(thirdHost, "example.com")}
	got, err := Parse(encode(t, m), here)
	if err != nil || cmp.Diff(got.MultiDestination, []mq.FormatName{mq.DistributionList(thirdHost, "")}) != "" {
		t.Errorf("read %v, %v", got.MultiDestination, err)
	}
}

func TestSessionHeaderIsPutAndCut(t *testing.T) {
	m := samples()["all headers"]
	packet := encode(t, m)
	want := Session{Acked: 1, RecoverableAcked: 2, RecoverableFlags: 0x80000001, Sent: 4, RecoverableSent: 5, Window: 64}
	framed, err := PutSession(bytes.Clone(packet), want)
	if err != nil {
		t.Fatal(err)
	}
	base, err := ParseBase(framed)
	if err != nil || base.FrameSize() != len(framed) || int(base.PacketSize) != len(packet) {
		t.Errorf("base %+v, %v; want a frame of %d and a packet of %d", base, err, len(framed), len(packet))
	}
	if got, err := Parse(framed, here); err != nil || cmp.Diff(m, got) != "" {
		t.Errorf("Parse with a SessionHeader: %v\n%s", err, cmp.Diff(m, got))
	}
	if _, err := PutSession(framed, want); !errors.Is(err, ErrMalformed) {
		t.Errorf("a second SessionHeader: %v, want ErrMalformed", err)
	}
	if _, err := PutSession(nil, want); !errors.Is(err, ErrMalformed) {
		t.Errorf("a SessionHeader on nothing: %v, want ErrMalformed", err)
	}
	rest, h, ok, err := CutSession(framed)
	if err != nil || !ok || h != want || !bytes.Equal(rest, packet) {
		t.Errorf("CutSession = %+v, %v, %v, same packet %v", h, ok, err, bytes.Equal(rest, packet))
	}
	if rest, _, ok, err := CutSession(packet); err != nil || ok || !bytes.Equal(rest, packet) {
		t.Errorf("CutSession without one = %v, %v", ok, err)
	}
	for name, bad := range map[string][]byte{
		"B14 torn":  edit(packet, 2, packet[2]|baseSession),
		"no packet": nil,
	} {
		if _, _, _, err := CutSession(bad); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: CutSession = %v, want ErrMalformed", name, err)
		}
	}
	if _, err := ParseSession(make([]byte, 15)); !errors.Is(err, ErrMalformed) {
		t.Errorf("ParseSession of 15 bytes = %v, want ErrMalformed", err)
	}
}

func TestExtensionHeaders(t *testing.T) {
	for _, tt := range []struct {
		name string
		x    Extension
		want string // the first bytes
	}{
		{"nothing", Extension{}, "0c000000 00000000 00 000000"},
		{
			"dead-letter queue",
			Extension{DeadLetterQueue: `.\q`, DeadLetterInvalid: true},
			"0c000000 0c000000 09 000000 0c000000 2e00 5c00 7100 0000",
		},
		{"subqueue", Extension{Subqueue: &Subqueue{
			Class: mq.ClassNackReceiveRejected, AbortCount: 2, MoveCount: 3, LastMoveTime: 4,
			Name: "poison", Target: strings.Repeat("x", 32),
		}}, "0c000000 94000000 02 000000 94000000 08800100 02000000 03000000 04000000 7000 6f00"},
		{
			"address",
			Extension{Address: &Address{Length: 4, Type: 1, Scope: 9, IP: [16]byte{127, 0, 0, 1}}},
			"0c000000 1c000000 10 000000 1c000000 0400 0100 09000000 7f000001",
		},
		{"all", Extension{
			DeadLetterQueue: "DIRECT=OS:a\\odd", Subqueue: &Subqueue{}, Address: &Address{},
		}, "0c000000 d4000000 13 000000"},
	} {
		b, err := AppendExtension([]byte("x"), tt.x)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		want, _ := hex.DecodeString(strings.Join(strings.Fields(tt.want), ""))
		if !bytes.HasPrefix(b[1:], want) {
			t.Errorf("%s: % x, want % x", tt.name, b[1:], want)
		}
		got, err := ParseExtension(b[1:])
		if err != nil || cmp.Diff(tt.x, got) != "" {
			t.Errorf("%s: %v\n%s", tt.name, err, cmp.Diff(tt.x, got))
		}
	}
	for _, x := range []Extension{
		{DeadLetterQueue: "a\x00b"},
		{Subqueue: &Subqueue{Name: "\xff"}},
		{Subqueue: &Subqueue{Target: strings.Repeat("x", 33)}},
	} {
		if b, err := AppendExtension([]byte("x"), x); err == nil || string(b) != "x" {
			t.Errorf("AppendExtension(%+v) = %q, %v; want an error and nothing appended", x, b, err)
		}
	}
}
