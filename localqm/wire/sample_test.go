package wire

import (
	"bytes"
	"encoding/hex"
	"os"
	"strings"
	"testing"
	"time"

	"posthouse/localqm/mq"
)

var (
	here      = mustGUID("6a0b1c2d-3e4f-4051-8263-748596a7b8c9")
	elsewhere = mustGUID("11111111-2222-4333-8444-555566667777")
	thirdHost = mustGUID("99999999-8888-4777-8666-555544443333")
	someQueue = mustGUID("0f1e2d3c-4b5a-4697-8877-665544332211")
	someSID   = []byte{1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0} // S-1-5-32-544
)

func mustGUID(s string) mq.GUID {
	g, err := mq.ParseGUID(s)
	if err != nil {
		panic(err)
	}
	return g
}

func mustName(s string) mq.FormatName {
	f, err := mq.ParseFormatName(s)
	if err != nil {
		panic(err)
	}
	return f
}

// plain is a message as the command line sends it to a private queue of here.
func plain() *mq.Message {
	m := &mq.Message{
		ID:                 mq.ObjectID{Source: here, Ordinal: 4711},
		SourceMachine:      here,
		DestinationMachine: here,
		Destination:        mq.Private(here, 17),
		Label:              "order 4711",
		Delivery:           mq.Recoverable,
		Body:               []byte("0123456789 body"),
		BodyType:           8,
		SentTime:           time.Unix(1_763_700_000, 0).UTC(),
	}
	m.Defaults()
	return m
}

// samples has a message for each header and each way to name a queue. All are in
// the form that Parse returns.
func samples() map[string]*mq.Message {
	all := map[string]*mq.Message{}
	add := func(name string, edit func(*mq.Message)) {
		m := plain()
		edit(m)
		all[name] = m
	}
	add("plain", func(*mq.Message) {})
	add("empty", func(m *mq.Message) {
		*m = mq.Message{ID: mq.ObjectID{Source: here}, SourceMachine: here}
	})
	add("everything in properties", func(m *mq.Message) {
		m.Class = mq.ClassNackReceiveTimeout
		m.Acknowledge = mq.AckPositiveArrival | mq.AckNegativeReceive
		m.Journal, m.DeadLetter = true, true
		m.Extension = []byte{1, 2, 3}
		copy(m.CorrelationID[:], "twenty bytes of corr")
		m.AppSpecific = 0xDEADBEEF
		m.PrivacyLevel, m.HashAlgorithm, m.EncryptAlg = mq.PrivacyAES, 0x800E, 0x6610
		m.Label = "Überweisung 日本 😀\r\n\x1b[31m\u202e"
		m.HopCount = 31
		m.Priority = 7
		m.TimeToReachQueue, m.TimeToBeReceived = 0, 1
		m.ConnectorType = someQueue
	})
	add("queues beside source", func(m *mq.Message) {
		m.AdminQueue, m.ResponseQueue = mq.Private(here, 5), mq.Private(here, 6)
	})
	add("queues at destination", func(m *mq.Message) {
		m.DestinationMachine, m.Destination = elsewhere, mq.Private(elsewhere, 3)
		m.AdminQueue, m.ResponseQueue = mq.Private(elsewhere, 5), mq.Private(here, 6)
	})
	add("queues beside each other", func(m *mq.Message) {
		m.AdminQueue, m.ResponseQueue = mq.Private(thirdHost, 5), mq.Private(thirdHost, 6)
	})
	add("response equals admin", func(m *mq.Message) {
		m.AdminQueue, m.ResponseQueue = mq.Private(thirdHost, 5), mq.Private(thirdHost, 5)
	})
	add("public queues", func(m *mq.Message) {
		m.DestinationMachine, m.Destination = elsewhere, mq.Public(someQueue)
		m.AdminQueue, m.ResponseQueue = mq.Public(elsewhere), mq.Public(thirdHost)
	})
	add("direct queues", func(m *mq.Message) {
		m.DestinationMachine = mq.GUID{}
		m.Destination = mustName(`DIRECT=OS:desk7\private$\orders`)
		m.AdminQueue = mustName(`DIRECT=TCP:10.0.0.7\private$\acks`)
		m.ResponseQueue = mustName(`DIRECT=OS:desk7\answers`)
	})
	add("transaction", func(m *mq.Message) {
		m.Priority = 0
		m.Transactional, m.First, m.Last, m.FinalAck = true, true, true, true
		m.TransactionID = mq.ObjectID{Source: here, Ordinal: 0xABCDE}
		m.Sequence, m.SequenceNumber, m.PreviousNumber = 0x1122334455667788, 9, 8
		m.ConnectorMachine = elsewhere
	})
	add("sender", func(m *mq.Message) { m.SenderSID = someSID })
	add("signed and encrypted", func(m *mq.Message) {
		m.SenderMachine = elsewhere
		m.SymmetricKey = []byte("sealed key")
		m.Signature = []byte("signature.")
		m.SenderCertificate = []byte("certificate")
		m.ProviderType, m.ProviderName = 1, "Microsoft Base Cryptographic Provider, v1.0"
		m.Authenticated, m.AuthLevel, m.Encrypted, m.DefaultProvider = true, 3, true, true
	})
	add("traced", func(m *mq.Message) { m.Trace, m.TraceQueue = true, someQueue })
	add("traced nowhere", func(m *mq.Message) { m.Trace = true })
	add("soap", func(m *mq.Message) { m.SoapHeader, m.SoapBody = "<h>odd</h>", "<b/>" })
	add("several queues", func(m *mq.Message) {
		m.MultiDestination = []mq.FormatName{
			mq.Private(here, 17), mq.Public(someQueue), mustName(`DIRECT=OS:desk7\q`),
			mq.DistributionList(thirdHost, ""), mustName(`DIRECT=OS:desk77\qq`), mq.Private(elsewhere, 1),
		}
		m.MultiAdmin = []mq.FormatName{mustName(`DIRECT=OS:desk7\private$\acks`)}
		m.MultiResponse = []mq.FormatName{mq.Public(someQueue)}
		m.MultiSignature = []byte("signature")
	})
	add("own dead-letter queue", func(m *mq.Message) {
		m.DeadLetterQueue = mustName(`DIRECT=OS:desk7\private$\dead`)
	})
	add("all headers", func(m *mq.Message) {
		for _, name := range []string{"transaction", "sender", "traced", "soap", "several queues", "direct queues"} {
			merge(m, all[name])
		}
	})
	return all
}

// merge takes from s what plain does not have.
func merge(m, s *mq.Message) {
	if s.Transactional {
		m.Transactional, m.Priority, m.TransactionID = true, 0, s.TransactionID
		m.Sequence, m.SequenceNumber, m.PreviousNumber = s.Sequence, s.SequenceNumber, s.PreviousNumber
	}
	if len(s.SenderSID) > 0 {
		m.SenderSID = s.SenderSID
	}
	if s.Trace {
		m.Trace, m.TraceQueue = true, s.TraceQueue
	}
	if s.SoapBody != "" {
		m.SoapHeader, m.SoapBody = s.SoapHeader, s.SoapBody
	}
	if len(s.MultiDestination) > 0 {
		m.MultiDestination, m.MultiAdmin = s.MultiDestination, s.MultiAdmin
		m.MultiResponse, m.MultiSignature = s.MultiResponse, s.MultiSignature
	}
	if s.Destination.Kind == mq.KindDirect {
		m.DestinationMachine, m.Destination = s.DestinationMachine, s.Destination
		m.AdminQueue, m.ResponseQueue = s.AdminQueue, s.ResponseQueue
	}
}

func encode(t testing.TB, m *mq.Message) []byte {
	t.Helper()
	b, err := Append(nil, m, here)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// hexFile reads a dump of testdata.
func hexFile(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := hex.DecodeString(strings.Join(strings.Fields(string(text)), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// golden is the packet of MS-MQQB 4.1.7, completed as testdata/README.md says.
func golden(t testing.TB) []byte {
	t.Helper()
	b := hexFile(t, "mqqb-4.1.7-user-message.hex")
	const body, size = 222, 2000
	for len(b) < body+size {
		b = append(b, 'a', 0)
	}
	return append(b, 0, 0)
}

// edit returns a copy of b with v written at each offset.
func edit(b []byte, at int, v ...byte) []byte {
	c := bytes.Clone(b)
	copy(c[at:], v)
	return c
}
