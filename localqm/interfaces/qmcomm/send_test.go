package qmcomm_test

import (
	"bytes"
	"strings"
	"testing"

	stub "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"
	stub2 "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm2/v1"
	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/queueformat"
)

func TestWhatIsSentIsReceived(t *testing.T) {
	m := start(t)
	m.create("q", localqm.QueueSpec{})
	c := m.as("alice")
	h := c.open("q", send)
	id, err := h.send(labelled("größe 𝄞"))
	ok(t, err)
	r := c.open("q", receive)
	got, err := r.read(incoming(actionReceive, 0), nil)
	ok(t, err)
	if got.Old.Title != "größe 𝄞" || !bytes.HasPrefix(got.Old.Body, []byte("body of größe 𝄞\x00")) || len(got.Old.Body) != 1000 {
		t.Errorf("received %q with %q", got.Old.Title, bytes.TrimRight(got.Old.Body, "\x00"))
	}
	if queueformat.GUID(got.Old.MessageID.Lineage) != id.Source || got.Old.MessageID.Uniquifier != id.Ordinal || id.Ordinal == 0 {
		t.Errorf("it was sent as %v and received as %+v", id, got.Old.MessageID)
	}
	r.none(mq.ErrIOTimeout, actionReceive, 0)
	ok(t, h.close())
	ok(t, r.close())
	answers(t, "closed twice", h.close(), mq.ErrInvalidHandle)
	_, err = h.send(labelled("late"))
	answers(t, "send to a closed queue", err, mq.ErrInvalidHandle)
	r.none(mq.ErrInvalidHandle, actionReceive, 0)
}

// sentBy sends a message and returns it as the queue has it.
func sentBy(t *testing.T, m *machine, h *handle, b *stub.TransferBufferV2, kept ...any) *mq.Message {
	t.Helper()
	_, err := h.send(b, kept...)
	ok(t, err)
	in := m.qm.Open("q", localqm.ReceiveAccess)
	defer in.Close()
	d, err := in.Read(t.Context(), localqm.ReadOptions{})
	ok(t, err)
	return d.Message
}

func TestNULLMeansTheDefaultOfAProperty(t *testing.T) {
	m := start(t)
	m.create("q", localqm.QueueSpec{})
	h := m.as("alice").open("q", send)
	got := sentBy(t, m, h, outgoing())
	if got.Priority != 3 || got.Delivery != mq.Express || got.Trace || got.Journal || got.DeadLetter || got.Class != mq.ClassNormal ||
		got.Acknowledge != 0 || got.AppSpecific != 0 || got.Label != "" || len(got.Body) != 0 || len(got.Extension) != 0 ||
		got.BodyType != 0 || got.CorrelationID != [20]byte{} || got.PrivacyLevel != mq.PrivacyNone || !got.ConnectorType.IsZero() ||
		got.TimeToReachQueue != mq.Never || got.TimeToBeReceived != mq.Never || !got.AdminQueue.IsZero() || !got.ResponseQueue.IsZero() ||
		len(got.Signature) != 0 || len(got.SenderCertificate) != 0 {
		t.Errorf("of a message of which nothing was said: %+v", got)
	}
	// A value that is there is no default, even if it is 0.
	b := outgoing()
	if got := sentBy(t, m, h, b, &b.Old.Priority); got.Priority != 0 {
		t.Errorf("priority 0 became %d", got.Priority)
	}
	for what, set := range map[string]struct {
		do   func(*stub.TransferBufferV1) any
		want func(*mq.Message) bool
	}{
		"pPriority":   {func(b *stub.TransferBufferV1) any { b.Priority = 7; return &b.Priority }, func(m *mq.Message) bool { return m.Priority == 7 }},
		"pDelivery":   {func(b *stub.TransferBufferV1) any { b.Delivery = 1; return &b.Delivery }, func(m *mq.Message) bool { return m.Delivery == mq.Recoverable }},
		"pTrace":      {func(b *stub.TransferBufferV1) any { b.Trace = 1; return &b.Trace }, func(m *mq.Message) bool { return m.Trace }},
		"pAuditing 1": {func(b *stub.TransferBufferV1) any { b.Auditing = 1; return &b.Auditing }, func(m *mq.Message) bool { return m.DeadLetter && !m.Journal }},
		"pAuditing 2": {func(b *stub.TransferBufferV1) any { b.Auditing = 2; return &b.Auditing }, func(m *mq.Message) bool { return m.Journal && !m.DeadLetter }},
		"pApplicationTag": {
			func(b *stub.TransferBufferV1) any { b.ApplicationTag = 77; return &b.ApplicationTag },
			func(m *mq.Message) bool { return m.AppSpecific == 77 },
		},
		"pulBodyType": {func(b *stub.TransferBufferV1) any { b.BodyType = 31; return &b.BodyType }, func(m *mq.Message) bool { return m.BodyType == 31 }},
		"ppCorrelationID": {
			func(b *stub.TransferBufferV1) any { b.CorrelationID = bytes.Repeat([]byte{9}, 20); return nil },
			func(m *mq.Message) bool { return m.CorrelationID == [20]byte(bytes.Repeat([]byte{9}, 20)) },
		},
		"ppMsgExtension": {
			func(b *stub.TransferBufferV1) any { b.MessageExtension = []byte("more"); return nil },
			func(m *mq.Message) bool { return string(m.Extension) == "more" },
		},
		"ulAbsoluteTimeToQueue": {
			func(b *stub.TransferBufferV1) any { b.AbsoluteTimeToQueue = 60; return nil },
			func(m *mq.Message) bool { return m.TimeToReachQueue == 60 },
		},
		"ulRelativeTimeToLive": {
			func(b *stub.TransferBufferV1) any { b.RelativeTimeToLive = 600; return nil },
			func(m *mq.Message) bool { return m.TimeToBeReceived == 600 },
		},
		"ppConnectorType": {
			func(b *stub.TransferBufferV1) any { b.ConnectorType = queueformat.FromGUID(mq.GUID{1}); return nil },
			func(m *mq.Message) bool { return m.ConnectorType == mq.GUID{1} },
		},
		"pResponseQueueFormat": {
			func(b *stub.TransferBufferV1) any {
				b.TransferBufferV1.Value.(*stub.TransferBufferV1_Send).Send.ResponseQueueFormat = format(t, direct("answers"))
				return nil
			},
			func(m *mq.Message) bool { return m.ResponseQueue.String() == direct("answers") },
		},
		"ppSenderCert": {
			func(b *stub.TransferBufferV1) any { b.SenderCert = []byte("certificate"); return nil },
			func(m *mq.Message) bool { return string(m.SenderCertificate) == "certificate" },
		},
	} {
		b := outgoing()
		kept := set.do(b.Old)
		if got := sentBy(t, m, h, b, kept); !set.want(got) {
			t.Errorf("%s: %+v", what, got)
		}
	}
}

func TestALabelEndsWithItsBuffer(t *testing.T) {
	m := start(t)
	m.create("q", localqm.QueueSpec{})
	h := m.as("alice").open("q", send)
	long := strings.Repeat("x", 300)
	for _, c := range []struct {
		text string
		size uint32
		want string
	}{
		{"hello", 6, "hello"},
		{"hello", 5, "hello"},
		{"hello", 3, "hel"},
		{"he\x00llo", 6, "he"},
		{long, 300, long[:249]},
		{long, 250, long[:249]},
		{long, 249, long[:249]},
		{"𝄞𝄞", 4, "𝄞𝄞"},
	} {
		b := outgoing()
		b.Old.Title, b.Old.TitleBufferSizeInWchars = c.text, c.size
		if got := sentBy(t, m, h, b); got.Label != c.want {
			t.Errorf("%.10q in %d characters: %.10q (%d)", c.text, c.size, got.Label, len(got.Label))
		}
	}
}

func TestAnEnhancedSignatureIsTheSecondPart(t *testing.T) {
	m := start(t)
	m.create("q", localqm.QueueSpec{})
	h := m.as("alice").open("q", send)
	sign := func() *stub.TransferBufferV2 {
		b := outgoing()
		b.Old.Signature, b.Old.SignatureSize = []byte("firstSECOND"), 11
		b.Old.ProviderName, b.Old.ProviderNameLength = "provider", 9
		b.Old.ProviderType, b.Old.HashAlgorithm = 24, mq.HashSHA512
		return b
	}
	b := sign()
	got := sentBy(t, m, h, b, &b.Old.ProviderType, &b.Old.HashAlgorithm)
	if string(got.Signature) != "firstSECOND" || got.ProviderName != "provider" || got.ProviderType != 24 {
		t.Errorf("MSMQ 1.0: %q, %q, %d", got.Signature, got.ProviderName, got.ProviderType)
	}
	b = sign()
	b.Old.AuthProviderNameLengthProperty = 9 + 6
	got = sentBy(t, m, h, b, &b.Old.ProviderType, &b.Old.HashAlgorithm, &b.Old.AuthProviderNameLengthProperty)
	if string(got.Signature) != "SECOND" {
		t.Errorf("MSMQ 2.0: %q", got.Signature)
	}
	if got.Authenticated {
		t.Error("its sender said that it is authenticated")
	}
	for what, spoil := range map[string]func(*stub.TransferBufferV1) []any{
		"no algorithm": func(b *stub.TransferBufferV1) []any { return []any{&b.ProviderType} },
		"no provider":  func(b *stub.TransferBufferV1) []any { b.ProviderName = ""; return []any{&b.HashAlgorithm} },
		"default provider without type": func(b *stub.TransferBufferV1) []any {
			b.DefaultProvider = 1
			return []any{&b.HashAlgorithm}
		},
		"second part too long": func(b *stub.TransferBufferV1) []any {
			b.AuthProviderNameLengthProperty = 9 + 12
			return []any{&b.HashAlgorithm, &b.AuthProviderNameLengthProperty}
		},
		"second part of less than nothing": func(b *stub.TransferBufferV1) []any {
			b.AuthProviderNameLengthProperty = 8
			return []any{&b.HashAlgorithm, &b.AuthProviderNameLengthProperty}
		},
	} {
		b := sign()
		kept := spoil(b.Old)
		_, err := h.send(b, kept...)
		answers(t, what, err, mq.ErrInvalidParameter)
	}
}

func TestWhatCannotBeSentIsRefused(t *testing.T) {
	m := start(t)
	m.create("q", localqm.QueueSpec{})
	c := m.as("alice")
	h := c.open("q", send)
	for what, x := range map[string]struct {
		do   func(*stub.TransferBufferV1) any
		want mq.HResult
	}{
		"priority 8":        {func(b *stub.TransferBufferV1) any { b.Priority = 8; return &b.Priority }, mq.ErrIllegalPropertyValue},
		"delivery 2":        {func(b *stub.TransferBufferV1) any { b.Delivery = 2; return &b.Delivery }, mq.ErrIllegalPropertyValue},
		"auditing 4":        {func(b *stub.TransferBufferV1) any { b.Auditing = 4; return &b.Auditing }, mq.ErrIllegalPropertyValue},
		"trace 2":           {func(b *stub.TransferBufferV1) any { b.Trace = 2; return &b.Trace }, mq.ErrIllegalPropertyValue},
		"acknowledge 0x10":  {func(b *stub.TransferBufferV1) any { b.Acknowledge = 0x10; return &b.Acknowledge }, mq.ErrIllegalPropertyValue},
		"no administration": {func(b *stub.TransferBufferV1) any { b.Acknowledge = 1; return &b.Acknowledge }, mq.ErrInsufficientProperties},
		"sender type 3":     {func(b *stub.TransferBufferV1) any { b.SenderIDType = 3; return &b.SenderIDType }, mq.ErrIllegalPropertyValue},
		"privacy 7":         {func(b *stub.TransferBufferV1) any { b.PrivacyLevel = 7; return &b.PrivacyLevel }, mq.ErrIllegalPropertyValue},
		"privacy for a direct name": {
			func(b *stub.TransferBufferV1) any { b.PrivacyLevel = 1; return &b.PrivacyLevel }, mq.ErrUnsupportedFormatNameOperation,
		},
		"class of a connector": {func(b *stub.TransferBufferV1) any { b.Class = 0x8000; return &b.Class }, mq.ErrMissingConnectorType},
		"encrypted":            {func(b *stub.TransferBufferV1) any { b.Encrypted = 1; return nil }, mq.ErrComputerDoesNotSupportEncryption},
		"sender without type":  {func(b *stub.TransferBufferV1) any { b.SenderID = []byte{1, 2}; b.SenderIDLength = 2; return nil }, mq.ErrInvalidParameter},
		"a certificate that did not come": {
			func(b *stub.TransferBufferV1) any { b.SenderCertLength = 9; return nil }, mq.ErrInvalidParameter,
		},
		"a transaction that is none": {
			func(b *stub.TransferBufferV1) any {
				b.UOW = &mqmq.TransactionUOW{Data: bytes.Repeat([]byte{5}, 16)}
				return nil
			},
			mq.ErrTransactionSequence,
		},
		"to be read": {func(b *stub.TransferBufferV1) any { *b = *incoming(0, 0).Old; return nil }, mq.ErrInvalidParameter},
	} {
		b := outgoing()
		kept := x.do(b.Old)
		_, err := h.send(b, kept)
		answers(t, what, err, x.want)
	}
	_, err := c.open("q", receive).send(labelled("m"))
	answers(t, "a queue that is open to be read", err, mq.ErrAccessDenied)
	out, err := c.two.QMSendMessageInternalEx(t.Context(), &stub2.QMSendMessageInternalExRequest{QueueFormat: format(t, direct("q")), Ptb: labelled("m")})
	answers(t, "QMSendMessageInternalEx", err, mq.ErrIllegalOperation)
	if out == nil {
		t.Error("QMSendMessageInternalEx has no response")
	}
	if got := m.qm.Labels("q"); len(got) != 0 {
		t.Errorf("the queue has %v", got)
	}
}

func TestSizesThatDoNotFitTheirArraysAreNoStub(t *testing.T) {
	m := start(t)
	m.create("q", localqm.QueueSpec{})
	c := m.as("alice")
	h, r := c.open("q", send), c.open("q", receive)
	for what, spoil := range map[string]func(*stub.TransferBufferV1){
		"body": func(b *stub.TransferBufferV1) {
			b.Body, b.BodyBufferSizeInBytes, b.AllocBodyBufferInBytes = []byte("abc"), 3, 3
		},
		"extension": func(b *stub.TransferBufferV1) { b.MessageExtension, b.MessageExtensionBufferInBytes = []byte("abc"), 3 },
		"sender":    func(b *stub.TransferBufferV1) { b.SenderID, b.SenderIDLength = []byte("abc"), 3 },
	} {
		for operation, b := range []*stub.TransferBufferV2{1: outgoing(), 2: incoming(0, 0)} {
			if b == nil {
				continue
			}
			spoil(b.Old)
			in := encoded(t, &stub2.SendMessageExRequest{Queue: h.queue, Ptb: b}, nil)
			if operation == 2 {
				in = encoded(t, &stub2.ReceiveMessageExRequest{HQMContext: r.context, Ptb: b}, nil)
			}
			// The array has one element less than the size in the structure says.
			at := bytes.Index(in, []byte("\x03\x00\x00\x00abc"))
			if at < 0 {
				t.Fatalf("%s: where is it?", what)
			}
			in[at] = 2
			_, err := c.stub(stub2.Qmcomm2SyntaxV1_0, operation, in)
			faults(t, what, err, rpc.FaultBadStub)
		}
	}
}

func TestWhoMayNotSendIsDenied(t *testing.T) {
	m := start(t)
	m.qm.Create("q", localqm.QueueSpec{})
	_, err := m.as("bob").tryOpen(direct("q"), send, 0)
	answers(t, "open to send", err, mq.ErrAccessDenied)
	m.create("open", localqm.QueueSpec{})
	h := m.as("bob").open("open", send)
	_, err = h.send(labelled("m"))
	ok(t, err)
	d := m.qm.Browsed("open")
	if len(d) != 1 || len(d[0].Message.SenderSID) == 0 {
		t.Fatalf("the queue has %v", d)
	}
	q := qmtest.Name(t, "open")
	guard, err := m.qm.QueueSecurity(t.Context(), qmtest.Owner, q)
	ok(t, err)
	ok(t, m.qm.SetQueueSecurity(t.Context(), qmtest.Owner, q, guard.Revoke(qmtest.Everyone)))
	_, err = h.send(labelled("m"))
	answers(t, "send after the right is gone", err, mq.ErrAccessDenied)
}
