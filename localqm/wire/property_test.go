package wire

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"posthouse/localqm/mq"
)

func TestAnyMessageSurvivesItsPacket(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMessage(t)
		packet, err := Append(nil, m, here)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(packet, here)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(m, got); d != "" {
			t.Fatalf("(-sent +read):\n%s", d)
		}
		head, at, err := Split(m, here)
		if err != nil || !bytes.Equal(packet, bytes.Join([][]byte{head[:at], m.Body, head[at:]}, nil)) {
			t.Fatalf("Split is not the packet without its body (%v)", err)
		}
	})
}

func TestAnyChangeOfAPacketIsRefusedOrRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		packet, err := Append(nil, drawMessage(t), here)
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 3).Draw(t, "changes") {
			at := rapid.IntRange(0, len(packet)-1).Draw(t, "at")
			switch rapid.IntRange(0, 3).Draw(t, "how") {
			case 0:
				packet[at] = rapid.Byte().Draw(t, "byte")
			case 1:
				packet = append(packet[:at], packet[at+1:]...)
			case 2:
				packet = append(packet[:at], append(rapid.SliceOfN(rapid.Byte(), 1, 8).Draw(t, "more"), packet[at:]...)...)
			case 3:
				end := rapid.IntRange(at, len(packet)).Draw(t, "end")
				packet = append(packet[:at], append(bytes.Clone(packet[at:end]), packet[at:]...)...)
			}
		}
		if rapid.Bool().Draw(t, "size mended") {
			le.PutUint32(packet[8:], uint32(len(packet)))
		}
		stable(t, "changed", packet)
	})
}

func drawGUID(t *rapid.T, label string) mq.GUID {
	return rapid.SampledFrom([]mq.GUID{here, elsewhere, thirdHost, someQueue}).Draw(t, label)
}

func drawBytes(t *rapid.T, most int, label string) []byte {
	b := rapid.SliceOfN(rapid.Byte(), 0, most).Draw(t, label)
	if len(b) == 0 {
		return nil
	}
	return b
}

func drawText(t *rapid.T, most int, label string) string {
	s := rapid.StringOfN(rapid.Rune().Filter(func(r rune) bool { return r != 0 }), 0, most, -1).Draw(t, label)
	if textUnits(s) > most {
		return ""
	}
	return s
}

func drawDirect(t *rapid.T, label string) mq.FormatName {
	host := rapid.StringMatching(`[a-z][a-z0-9]{0,14}`).Draw(t, label+" host")
	queue := rapid.StringMatching(`[A-Z][A-Za-z0-9 _.]{0,19}[a-z]`).Draw(t, label+" queue")
	if rapid.Bool().Draw(t, label+" private") {
		queue = mq.PrivatePrefix + queue
	}
	switch rapid.IntRange(0, 2).Draw(t, label+" protocol") {
	case 0:
		return mq.DirectTCP("10.1.2.3", queue)
	case 1:
		return mq.FormatName{Kind: mq.KindDirect, Path: "junk " + host} // names nothing, kept as it is
	}
	return mq.DirectOS(host, queue)
}

// drawName is a queue as it stands in the UserHeader; none if that is allowed.
func drawName(t *rapid.T, none bool, label string) mq.FormatName {
	from := 1
	if none {
		from = 0
	}
	switch rapid.IntRange(from, 3).Draw(t, label) {
	case 1:
		return mq.Public(drawGUID(t, label))
	case 2:
		return mq.Private(drawGUID(t, label), rapid.Uint32().Draw(t, label+" number"))
	case 3:
		return drawDirect(t, label)
	}
	return mq.FormatName{}
}

func drawNames(t *rapid.T, label string) []mq.FormatName {
	var names []mq.FormatName
	for range rapid.IntRange(0, 3).Draw(t, label+" count") {
		if rapid.IntRange(0, 4).Draw(t, label+" list") == 0 {
			names = append(names, mq.DistributionList(drawGUID(t, label), ""))
		} else {
			names = append(names, drawName(t, false, label))
		}
	}
	return names
}

// drawMessage is any message that a packet can carry, as Parse returns it.
func drawMessage(t *rapid.T) *mq.Message {
	flag := func(label string) bool { return rapid.Bool().Draw(t, label) }
	u32 := func(label string) uint32 { return rapid.Uint32().Draw(t, label) }
	m := &mq.Message{
		ID:               mq.ObjectID{Source: drawGUID(t, "source"), Ordinal: u32("ordinal")},
		Class:            mq.Class(rapid.Uint16().Draw(t, "class")),
		Label:            drawText(t, mq.MaxLabel, "label"),
		Priority:         rapid.Uint8Range(0, mq.MaxPriority).Draw(t, "priority"),
		Delivery:         mq.Delivery(rapid.IntRange(0, 1).Draw(t, "delivery")),
		Body:             drawBytes(t, 100, "body"),
		BodyType:         u32("body type"),
		Extension:        drawBytes(t, 9, "extension"),
		AppSpecific:      u32("app specific"),
		Destination:      drawName(t, true, "destination"),
		AdminQueue:       drawName(t, true, "admin"),
		ResponseQueue:    drawName(t, true, "response"),
		Acknowledge:      mq.Ack(rapid.IntRange(0, 15).Draw(t, "acknowledge")),
		Journal:          flag("journal"),
		DeadLetter:       flag("dead letter"),
		HopCount:         rapid.Uint8Range(0, 31).Draw(t, "hops"),
		TimeToReachQueue: u32("ttrq"),
		TimeToBeReceived: u32("ttbr"),
		PrivacyLevel:     mq.PrivacyLevel(u32("privacy")),
		HashAlgorithm:    u32("hash"),
		EncryptAlg:       u32("encryption"),
	}
	copy(m.CorrelationID[:], drawBytes(t, 20, "correlation"))
	m.SourceMachine = m.ID.Source
	if s := u32("sent"); s != 0 {
		m.SentTime = time.Unix(int64(s), 0).UTC()
	}
	switch {
	case m.Destination.Kind == mq.KindPrivate:
		m.DestinationMachine = m.Destination.GUID
	case flag("addressed"):
		m.DestinationMachine = drawGUID(t, "there")
	}
	if flag("connector") {
		m.ConnectorType = drawGUID(t, "connector type")
	}
	if flag("own dead-letter queue") {
		m.DeadLetterQueue = mq.DirectOS("desk7", mq.PrivatePrefix+"dead")
	}
	if m.Trace = flag("trace"); flag("trace queue") {
		m.TraceQueue = drawGUID(t, "trace queue")
	}
	if flag("transactional") {
		drawTransaction(t, m)
	}
	if flag("security") {
		drawSecurity(t, m)
	}
	if flag("soap") {
		m.SoapHeader, m.SoapBody = drawText(t, 20, "soap header"), drawText(t, 20, "soap body")
	}
	if flag("several queues") {
		m.MultiDestination, m.MultiAdmin = drawNames(t, "destinations"), drawNames(t, "admins")
		m.MultiResponse, m.MultiSignature = drawNames(t, "responses"), drawBytes(t, 9, "their signature")
	}
	return m
}

func drawTransaction(t *rapid.T, m *mq.Message) {
	m.Transactional, m.Delivery, m.Priority = true, mq.Recoverable, 0
	m.TransactionID = mq.ObjectID{Source: m.SourceMachine, Ordinal: rapid.Uint32Range(0, txIndexMask).Draw(t, "transaction")}
	m.First, m.Last = rapid.Bool().Draw(t, "first"), rapid.Bool().Draw(t, "last")
	m.FinalAck = rapid.Bool().Draw(t, "final acknowledgement")
	m.Sequence = rapid.Uint64().Draw(t, "sequence")
	m.SequenceNumber, m.PreviousNumber = rapid.Uint32().Draw(t, "number"), rapid.Uint32().Draw(t, "previous")
	if rapid.Bool().Draw(t, "connector machine") {
		m.ConnectorMachine = drawGUID(t, "connector machine")
	}
}

func drawSecurity(t *rapid.T, m *mq.Message) {
	switch rapid.IntRange(0, 2).Draw(t, "sender") {
	case 1:
		n := rapid.IntRange(0, sidMost).Draw(t, "sub-authorities")
		m.SenderSID = append([]byte{1, byte(n), 0, 0, 0, 0, 0, 5}, make([]byte, 4*n)...)
	case 2:
		m.SenderMachine = drawGUID(t, "sender")
	}
	m.SymmetricKey = drawBytes(t, 9, "key")
	m.Signature = drawBytes(t, 9, "signature")
	m.SenderCertificate = drawBytes(t, 9, "certificate")
	if rapid.Bool().Draw(t, "provider") {
		m.ProviderType, m.ProviderName = rapid.Uint32().Draw(t, "provider type"), drawText(t, 9, "provider name")
	}
	if !hasSecurity(m) {
		return
	}
	m.Authenticated, m.Encrypted = rapid.Bool().Draw(t, "authenticated"), rapid.Bool().Draw(t, "encrypted")
	m.AuthLevel = rapid.Uint8Range(0, 15).Draw(t, "level")
	m.DefaultProvider = rapid.Bool().Draw(t, "default provider")
}
