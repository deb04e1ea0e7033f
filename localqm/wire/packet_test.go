package wire

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posthouse/localqm/mq"
)

func TestMessageSurvivesItsPacket(t *testing.T) {
	for name, m := range samples() {
		t.Run(name, func(t *testing.T) {
			packet := encode(t, m)
			got, err := Parse(packet, here)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(m, got); d != "" {
				t.Errorf("sent and read differ (-sent +read):\n%s", d)
			}
		})
	}
}

func TestSplitIsThePacketWithoutItsBody(t *testing.T) {
	for name, m := range samples() {
		t.Run(name, func(t *testing.T) {
			packet := encode(t, m)
			head, at, err := Split(m, here)
			if err != nil {
				t.Fatal(err)
			}
			whole := bytes.Join([][]byte{head[:at], m.Body, head[at:]}, nil)
			if d := cmp.Diff(packet, whole); d != "" {
				t.Errorf("Append and Split differ (-append +split):\n%s", d)
			}
			foundAt, size, err := Locate(packet)
			if err != nil || foundAt != at || size != len(m.Body) {
				t.Errorf("Locate = %d, %d, %v; want %d, %d", foundAt, size, err, at, len(m.Body))
			}
			got, err := ParseSplit(head, at, len(m.Body), here)
			if err != nil {
				t.Fatal(err)
			}
			want := *m
			want.Body = nil
			if d := cmp.Diff(&want, got); d != "" {
				t.Errorf("sent and read differ (-sent +read):\n%s", d)
			}
		})
	}
}

func TestBodiesOfEveryAlignment(t *testing.T) {
	for n := range 9 {
		m := samples()["all headers"]
		m.Body = bytes.Repeat([]byte{'x'}, n)
		if n == 0 {
			m.Body = nil
		}
		packet := encode(t, m)
		if len(packet)%4 != 0 {
			t.Errorf("a body of %d bytes makes a packet of %d, no multiple of 4", n, len(packet))
		}
		got, err := Parse(packet, here)
		if err != nil {
			t.Fatalf("body of %d bytes: %v", n, err)
		}
		if d := cmp.Diff(m, got); d != "" {
			t.Errorf("body of %d bytes (-sent +read):\n%s", n, d)
		}
	}
}

func TestAppendKeepsWhatIsThere(t *testing.T) {
	m := samples()["several queues"]
	alone := encode(t, m)
	b, err := Append([]byte("odd"), m, here)
	if err != nil || string(b[:3]) != "odd" || !bytes.Equal(b[3:], alone) {
		t.Errorf("Append after 3 bytes gives another packet (%v)", err)
	}
	m.Priority = 8
	if b, err := Append([]byte("odd"), m, here); err == nil || string(b) != "odd" {
		t.Errorf("a refused message left %q, %v", b, err)
	}
}

func TestHeadersOfALocalMessageAreShort(t *testing.T) {
	m := plain()
	m.Body = make([]byte, 1024)
	sid := append([]byte{1, 5, 0, 0, 0, 0, 0, 5}, make([]byte, 20)...) // of an account
	for _, tt := range []struct {
		label string
		sid   []byte
		most  int
	}{
		{"", nil, 124}, // the three headers every packet has
		{"", sid, 168},
		{"order 4711", sid, 192},
	} {
		m.Label, m.SenderSID = tt.label, tt.sid
		head, _, err := Split(m, here)
		if err != nil {
			t.Fatal(err)
		}
		if len(head) > tt.most {
			t.Errorf("label %q, SID of %d bytes: %d bytes of headers, want at most %d", tt.label, len(tt.sid), len(head), tt.most)
		}
	}
}

func TestPacketOfTheSpecification(t *testing.T) {
	packet := golden(t)
	at, size, err := Locate(packet)
	if err != nil || at != 222 || size != 2000 {
		t.Fatalf("Locate = %d, %d, %v; want 222, 2000", at, size, err)
	}
	m, err := Parse(packet, here)
	if err != nil {
		t.Fatal(err)
	}
	source := mustGUID("557358d1-9150-9595-4997-b6e611ea26c6")
	want := &mq.Message{
		ID:               mq.ObjectID{Source: source, Ordinal: 2286},
		SourceMachine:    source,
		Priority:         3,
		TimeToReachQueue: 345600,
		TimeToBeReceived: mq.Never,
		SentTime:         time.Unix(0x524F494C, 0).UTC(),
		Destination:      mustName(`DIRECT=OS:a04bm02\q`),
		SenderSID: []byte{
			1, 5, 0, 0, 0, 0, 0, 5, 0x15, 0, 0, 0, 0xAD, 0x4A, 0x9E, 0xBD,
			0x36, 0xD9, 0xFA, 0x3D, 0x63, 0xA6, 0x56, 0xDA, 0xE8, 3, 0, 0,
		},
		Label:         "mqsender label",
		BodyType:      8,
		Body:          bytes.Repeat([]byte{'a', 0}, 1000),
		Acknowledge:   0x0F,
		HashAlgorithm: 0x8004,
		EncryptAlg:    0x6801,
	}
	if d := cmp.Diff(want, m); d != "" {
		t.Errorf("(-want +read):\n%s", d)
	}
	again, err := Append(nil, m, here)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again, packet) {
		t.Errorf("re-encoded packet differs:\n%s", cmp.Diff(packet, again))
	}
}

func TestDumpThatStopsInTheBodyIsRefused(t *testing.T) {
	if _, err := Parse(hexFile(t, "mqqb-4.1.7-user-message.hex"), here); !errors.Is(err, ErrMalformed) {
		t.Errorf("Parse = %v, want ErrMalformed", err)
	}
}

func TestSessionAckOfTheSpecification(t *testing.T) {
	packet := hexFile(t, "mqqb-4.1.8-session-ack.hex")
	base, err := ParseBase(packet)
	if err != nil || !base.Internal() || !base.Session() {
		t.Fatalf("ParseBase = %+v, %v; want an internal packet with a SessionHeader", base, err)
	}
	if base.FrameSize() != len(packet) {
		t.Errorf("FrameSize = %d, want %d: PacketSize counts the SessionHeader of an internal packet", base.FrameSize(), len(packet))
	}
	h, err := ParseSession(packet[20:])
	if want := (Session{Acked: 1, Window: 64}); err != nil || h != want {
		t.Errorf("ParseSession = %+v, %v; want %+v", h, err, want)
	}
	if b := AppendSession(nil, h); !bytes.Equal(b, packet[20:]) {
		t.Errorf("AppendSession = % X, want % X", b, packet[20:])
	}
	if _, err := Parse(packet, here); !errors.Is(err, ErrMalformed) {
		t.Errorf("Parse of an internal packet = %v, want ErrMalformed", err)
	}
}

func TestWhatAPacketCannotCarryIsRefusedInWords(t *testing.T) {
	tests := []struct {
		name string
		edit func(*mq.Message)
		code mq.HResult
		says string
	}{
		{"label of 250 characters", func(m *mq.Message) { m.Label = strings.Repeat("é", 250) }, mq.ErrLabelTooLong, "label has 250 characters and may have 249"},
		{"label of 125 characters in 250 units", func(m *mq.Message) { m.Label = strings.Repeat("😀", 125) }, mq.ErrLabelTooLong, "250 characters"},
		{"label with NUL", func(m *mq.Message) { m.Label = "a\x00b" }, mq.ErrIllegalPropertyValue, "label has a NUL character at byte 1"},
		{"label in Latin-1", func(m *mq.Message) { m.Label = "caf\xe9" }, mq.ErrIllegalPropertyValue, "not valid UTF-8 at byte 3"},
		{"body too large", func(m *mq.Message) { m.Body = make([]byte, mq.MaxPacketSize) }, mq.ErrInsufficientResources, "4194452 bytes with its headers and a packet holds at most 4194304"},
		{"extension too large", func(m *mq.Message) { m.Extension = make([]byte, mq.MaxPacketSize+1) }, mq.ErrInsufficientResources, "at most 4194304"},
		{"priority 8", func(m *mq.Message) { m.Priority = 8 }, mq.ErrIllegalPropertyValue, "priority is 8 and may be 7"},
		{"delivery mode 2", func(m *mq.Message) { m.Delivery = 2 }, mq.ErrIllegalPropertyValue, "delivery mode 2"},
		{"unknown acknowledgement", func(m *mq.Message) { m.Acknowledge = 0x10 }, mq.ErrIllegalPropertyValue, "0x10"},
		{"32 hops", func(m *mq.Message) { m.HopCount = 32 }, mq.ErrIllegalPropertyValue, "32 routing servers"},
		{"sent before 1970", func(m *mq.Message) { m.SentTime = time.Unix(-1, 0) }, mq.ErrIllegalPropertyValue, "1969-12-31T23:59:59Z"},
		{"sent after 2106", func(m *mq.Message) { m.SentTime = time.Unix(1<<32, 0) }, mq.ErrIllegalPropertyValue, "check the clock"},
		{"identifier of another machine", func(m *mq.Message) { m.ID.Source = elsewhere }, mq.ErrIllegalPropertyValue, "its source is"},
		{"transaction of another machine", func(m *mq.Message) {
			m.Transactional, m.TransactionID.Source = true, elsewhere
		}, mq.ErrIllegalPropertyValue, "its transaction is of"},
		{"addressed elsewhere", func(m *mq.Message) { m.DestinationMachine = elsewhere }, mq.ErrIllegalPropertyValue, "it is addressed to"},
		{"to a journal", func(m *mq.Message) { m.Destination.Suffix = mq.SuffixJournal }, mq.ErrUnsupportedFormatNameOperation, "destination queue"},
		{"to a machine", func(m *mq.Message) { m.Destination = mq.Machine(here, mq.SuffixJournal) }, mq.ErrUnsupportedFormatNameOperation, "destination queue"},
		{"to several at once", func(m *mq.Message) {
			m.Destination = mq.Multi(mq.Public(here), mq.Public(elsewhere))
		}, mq.ErrUnsupportedFormatNameOperation, "destination queue"},
		{"answers to a multicast group", func(m *mq.Message) { m.ResponseQueue = mq.Multicast("224.0.0.9:8001") }, mq.ErrUnsupportedFormatNameOperation, "response queue"},
		{"acknowledged to a list", func(m *mq.Message) { m.AdminQueue = mq.DistributionList(here, "") }, mq.ErrUnsupportedFormatNameOperation, "administration queue"},
		{"direct name of nothing", func(m *mq.Message) { m.Destination = mq.FormatName{Kind: mq.KindDirect} }, mq.ErrUnsupportedFormatNameOperation, "destination queue"},
		{"direct name without end", func(m *mq.Message) {
			m.Destination = mq.FormatName{Kind: mq.KindDirect, Path: strings.Repeat("x", 40000)}
		}, mq.ErrIllegalFormatName, "80002 bytes"},
		{"direct name with NUL", func(m *mq.Message) {
			m.Destination = mq.FormatName{Kind: mq.KindDirect, Path: "OS:a\x00"}
		}, mq.ErrIllegalPropertyValue, "NUL"},
		{"too many queues", func(m *mq.Message) {
			m.MultiDestination = make([]mq.FormatName, MaxMultiQueue+1)
		}, mq.ErrIllegalFormatName, "1001 queues"},
		{"no queue in a list", func(m *mq.Message) { m.MultiAdmin = make([]mq.FormatName, 1) }, mq.ErrUnsupportedFormatNameOperation, "administration queue"},
		{"a machine in a list", func(m *mq.Message) {
			m.MultiDestination = []mq.FormatName{mq.Public(here), mq.Machine(here, mq.SuffixJournal)}
		}, mq.ErrUnsupportedFormatNameOperation, "destination queue"},
		{"dead-letter queue that is none", func(m *mq.Message) {
			m.DeadLetterQueue = mq.DirectOS("a", "b\x00")
		}, mq.ErrIllegalFormatName, "format name"},
		{"two senders", func(m *mq.Message) { m.SenderSID, m.SenderMachine = someSID, here }, mq.ErrIllegalPropertyValue, "both"},
		{"broken SID", func(m *mq.Message) { m.SenderSID = someSID[:9] }, mq.ErrIllegalPropertyValue, "not a SID"},
		{"long key", func(m *mq.Message) { m.SymmetricKey = make([]byte, 0x10000) }, mq.ErrIllegalPropertyValue, "65536"},
		{"long signature", func(m *mq.Message) { m.Signature = make([]byte, 0x10000) }, mq.ErrIllegalPropertyValue, "65536"},
		{"long certificate", func(m *mq.Message) { m.SenderCertificate = make([]byte, 0x10000) }, mq.ErrIllegalPropertyValue, "65536"},
		{"unknown level", func(m *mq.Message) { m.AuthLevel = 16 }, mq.ErrIllegalPropertyValue, "level 16"},
		{"authenticated nobody", func(m *mq.Message) { m.Authenticated = true }, mq.ErrIllegalPropertyValue, "neither sender nor signature"},
		{"encrypted with nothing", func(m *mq.Message) { m.Encrypted = true }, mq.ErrIllegalPropertyValue, "no key"},
		{"provider with NUL", func(m *mq.Message) { m.ProviderName = "\x00" }, mq.ErrIllegalPropertyValue, "provider"},
		{"SOAP header with NUL", func(m *mq.Message) { m.SoapHeader = "\x00" }, mq.ErrIllegalPropertyValue, "SOAP header"},
		{"SOAP body in Latin-1", func(m *mq.Message) { m.SoapBody = "\xff" }, mq.ErrIllegalPropertyValue, "SOAP body"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := plain()
			tt.edit(m)
			_, err := Append(nil, m, here)
			if !errors.Is(err, tt.code) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Append = %v; want %s and %q", err, tt.code.Name(), tt.says)
			}
			if _, _, again := Split(m, here); again == nil || again.Error() != err.Error() {
				t.Errorf("Split = %v, Append = %v; want the same", again, err)
			}
		})
	}
}

func TestLargestPacket(t *testing.T) {
	m := plain()
	_, at, err := Split(m, here)
	if err != nil {
		t.Fatal(err)
	}
	room := mq.MaxPacketSize - at // nothing follows the body
	m.Body = make([]byte, room)
	if packet := encode(t, m); len(packet) != mq.MaxPacketSize {
		t.Errorf("packet of %d bytes, want %d", len(packet), mq.MaxPacketSize)
	}
	m.Body = make([]byte, room+1)
	_, err = Append(nil, m, here)
	if !errors.Is(err, mq.ErrInsufficientResources) || !strings.Contains(err.Error(), "at least 4 bytes shorter") {
		t.Errorf("one step larger: %v; want how much it is too large", err)
	}
}

func TestUnknownSourceIsOurs(t *testing.T) {
	m := plain()
	m.ID.Source, m.SourceMachine = mq.GUID{}, mq.GUID{}
	got, err := Parse(encode(t, m), elsewhere)
	if err != nil || got.SourceMachine != here || got.ID.Source != here {
		t.Errorf("source %s, identifier %s, %v; want %s", got.SourceMachine, got.ID, err, here)
	}
}

func TestPrivateDestinationIsAddressed(t *testing.T) {
	m := plain()
	m.Destination, m.DestinationMachine = mq.Private(elsewhere, 1), mq.GUID{}
	m.AdminQueue = mq.Private(mq.GUID{}, 5) // of no queue manager, and stays so
	got, err := Parse(encode(t, m), here)
	if err != nil || got.DestinationMachine != elsewhere || !got.AdminQueue.Equal(m.AdminQueue) {
		t.Errorf("addressed to %s, administration queue %s, %v", got.DestinationMachine, got.AdminQueue, err)
	}
}

func TestTransactionalMessageIsRecoverableWithoutPriority(t *testing.T) {
	m := plain()
	m.Transactional, m.Delivery, m.Priority = true, mq.Express, 5
	m.TransactionID = mq.ObjectID{Source: here, Ordinal: 0x7FF00001}
	got, err := Parse(encode(t, m), here)
	if err != nil {
		t.Fatal(err)
	}
	if got.Delivery != mq.Recoverable || got.Priority != 0 || got.TransactionID.Ordinal != 0xF0_0001&txIndexMask {
		t.Errorf("delivery %d, priority %d, transaction %s", got.Delivery, got.Priority, got.TransactionID)
	}
}

func TestReadingTakesNoCopies(t *testing.T) {
	packet := encode(t, samples()["signed and encrypted"])
	m, err := Parse(packet, here)
	if err != nil {
		t.Fatal(err)
	}
	for i := range packet {
		packet[i] = 0
	}
	for what, p := range map[string][]byte{"body": m.Body, "signature": m.Signature, "key": m.SymmetricKey} {
		if len(bytes.Trim(p, "\x00")) > 0 || cap(p) != len(p) {
			t.Errorf("the %s is a copy, or reaches into its neighbour", what)
		}
	}
}

func TestWrongPlaceOfABodyIsNoticed(t *testing.T) {
	m := plain()
	head, at, err := Split(m, here)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name     string
		at, size int
	}{
		{"before", at - 1, len(m.Body)},
		{"after", at + 1, len(m.Body)},
		{"past the head", len(head) + 1, len(m.Body)},
		{"negative offset", -1, len(m.Body)},
		{"body too short", at, len(m.Body) - 1},
		{"body too long", at, len(m.Body) + 1},
		{"negative body", at, -1},
		{"enormous body", at, 1 << 30},
	} {
		if _, err := ParseSplit(head, tt.at, tt.size, here); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: ParseSplit = %v, want ErrMalformed", tt.name, err)
		}
	}
}

func TestSendableLeavesOutWhatIsKept(t *testing.T) {
	m := samples()["own dead-letter queue"]
	packet := encode(t, m)
	m.DeadLetterQueue = mq.FormatName{}
	got, err := Sendable(packet)
	if err != nil || !bytes.Equal(got, encode(t, m)) {
		t.Errorf("Sendable gives %d bytes of %d, %v; want the packet without its dead-letter queue", len(got), len(packet), err)
	}
	for _, n := range []int{15, 100} {
		if _, err := Sendable(packet[:n]); !errors.Is(err, ErrMalformed) {
			t.Errorf("Sendable of %d bytes = %v, want ErrMalformed", n, err)
		}
	}
}
