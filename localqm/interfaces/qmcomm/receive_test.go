package qmcomm_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	stub "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"
	"github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm2/v1"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/ndr"
	"posthouse/localqm/rpc/queueformat"
)

// rich is a message with a value in everything that a reader may want.
func rich(t *testing.T) *mq.Message {
	t.Helper()
	name := func(s string) mq.FormatName {
		f, err := mq.ParseFormatName(s)
		ok(t, err)
		return f
	}
	m := qmtest.Message("label")
	m.Body, m.BodyType, m.Extension = []byte("the body"), 31, []byte("the extension")
	m.Priority, m.Delivery, m.AppSpecific, m.Trace = 5, mq.Recoverable, 4711, true
	m.CorrelationID = [20]byte{1, 2, 3}
	m.ResponseQueue, m.AdminQueue = name(direct("answers")), name(direct("administration"))
	m.Acknowledge, m.Journal, m.DeadLetter = mq.AckNegativeArrival, true, true
	m.TimeToReachQueue, m.TimeToBeReceived = 1000, 100000
	m.SenderCertificate, m.Signature, m.SymmetricKey = []byte("certificate"), []byte("signature"), []byte("key")
	m.ProviderName, m.ProviderType, m.HashAlgorithm, m.EncryptAlg = "provider", 24, mq.HashSHA256, mq.EncryptRC4
	m.ConnectorType = mq.GUID{7}
	return m
}

func TestAReaderGetsWhatItAsksFor(t *testing.T) {
	m := start(t)
	m.create("q", localqm.QueueSpec{})
	before := time.Now().Add(-time.Second).Unix()
	sent := m.qm.Send("q", rich(t))
	h := m.as("alice").open("q", receive)
	r, err := h.read(incoming(actionReceive, 0), nil)
	ok(t, err)
	got, names := r.Old, buffersOf(r.TransferBufferV2)
	for what, c := range map[string]struct{ got, want any }{
		"label":          {got.Title, "label"},
		"label length":   {got.ActualTitleBufferSizeInWchars, uint32(6)},
		"label buffer":   {got.TitleBufferSizeInWchars, uint32(6)},
		"body":           {strings.TrimRight(string(got.Body), "\x00"), "the body"},
		"body size":      {got.BodySize, uint32(8)},
		"body buffer":    {got.BodyBufferSizeInBytes, uint32(1000)},
		"body type":      {got.BodyType, uint32(31)},
		"extension":      {strings.TrimRight(string(got.MessageExtension), "\x00"), "the extension"},
		"extension size": {got.MessageExtensionSize, uint32(13)},
		"extension room": {got.MessageExtensionBufferInBytes, uint32(100)},
		"id":             {got.MessageID.Uniquifier, sent.ID.Ordinal},
		"id's source":    {queueformat.GUID(got.MessageID.Lineage), sent.ID.Source},
		"correlation":    {[20]byte(got.CorrelationID), [20]byte{1, 2, 3}},
		"class":          {got.Class, uint16(0)},
		"priority":       {got.Priority, uint8(5)},
		"delivery":       {got.Delivery, uint8(1)},
		"acknowledge":    {got.Acknowledge, uint8(4)},
		"auditing":       {got.Auditing, uint8(3)},
		"tag":            {got.ApplicationTag, uint32(4711)},
		"trace":          {got.Trace, uint8(1)},
		"reach":          {got.ActualRelativeTimeToQueue, uint32(1000)},
		"sender type":    {got.SenderIDType, uint32(1)},
		"sender length":  {got.SenderIDLengthProperty, uint32(len(qmtest.Owner.Token.User.Append(nil)))},
		"sender":         {string(got.SenderID[:got.SenderIDLengthProperty]), string(qmtest.Owner.Token.User.Append(nil))},
		"privacy":        {got.PrivacyLevel, uint32(0)},
		"authenticated":  {got.Authenticated, uint8(0)},
		"hash":           {got.HashAlgorithm, mq.HashSHA256},
		"encryption":     {got.EncryptAlgorithm, mq.EncryptRC4},
		"certificate":    {strings.TrimRight(string(got.SenderCert), "\x00"), "certificate"},
		"certificate's":  {got.SenderCertLengthProperty, uint32(11)},
		"key":            {strings.TrimRight(string(got.SymmetricKeys), "\x00"), "key"},
		"key's":          {got.SymmetricKeysSizeProperty, uint32(3)},
		"signature":      {strings.TrimRight(string(got.Signature), "\x00"), "signature"},
		"signature's":    {got.SignatureSizeProperty, uint32(9)},
		"provider":       {got.ProviderName, "provider"},
		"provider's":     {got.AuthProviderNameLengthProperty, uint32(9)},
		"provider type":  {got.ProviderType, uint32(24)},
		"source":         {queueformat.GUID(got.SourceQMID), m.qm.Identity().ID},
		"connector":      {queueformat.GUID(got.ConnectorType), mq.GUID{7}},
		"version":        {got.Version, uint32(0x10)},
		"first":          {r.FirstInTransaction, uint8(0)},
		"last":           {r.LastInTransaction, uint8(0)},
		"transaction":    {r.TransactionID.Uniquifier, uint32(0)},
		"response":       {names.ResponseFormatName, direct("answers")},
		"response's":     {names.ResponseFormatNameLengthProperty, uint32(len(direct("answers")) + 1)},
		"response room":  {names.ResponseFormatNameLength, uint32(len(direct("answers")) + 1)},
		"administration": {names.AdminFormatName, direct("administration")},
		"destination":    {names.DestinationFormatNameLength, names.DestinationFormatNameLengthProperty},
		"order":          {names.OrderingFormatNameLengthProperty, uint32(0)},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", what, c.got, c.want)
		}
	}
	if int64(got.SentTime) < before || got.ArrivedTime < got.SentTime || got.ActualRelativeTimeToLive > 100000 || got.ActualRelativeTimeToLive < 99000 {
		t.Errorf("sent %d, arrived %d, %d left", got.SentTime, got.ArrivedTime, got.ActualRelativeTimeToLive)
	}
	if f, err := mq.ParseFormatName(names.DestinationFormatName); err != nil || f.IsZero() {
		t.Errorf("the destination is %q", names.DestinationFormatName)
	}
	for what, f := range scalars(r.TransferBufferV2) {
		if r.nulls.Null(f) {
			t.Errorf("%s came back as NULL", what)
		}
	}
}

func TestWhatIsNULLStaysNULLAndTheRestIsFilled(t *testing.T) {
	m := start(t)
	m.create("q", localqm.QueueSpec{})
	m.qm.Send("q", rich(t))
	h := m.as("alice").open("q", peek)
	for what := range scalars(incoming(actionCurrent, 0)) {
		b := incoming(actionCurrent, 0)
		n := &ndr.Nulls{}
		n.SetNull(scalars(b)[what])
		r, err := h.read(b, n)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		for other, f := range scalars(r.TransferBufferV2) {
			if r.nulls.Null(f) != (other == what) {
				t.Errorf("with %s NULL, %s is NULL: %t", what, other, r.nulls.Null(f))
			}
		}
	}
	for what, x := range map[string]struct {
		clear func(*stub.TransferBufferV2)
		null  func(*stub.TransferBufferV2) bool
	}{
		"ppMessageID":     {func(b *stub.TransferBufferV2) { b.Old.MessageID = nil }, func(b *stub.TransferBufferV2) bool { return b.Old.MessageID == nil }},
		"ppCorrelationID": {func(b *stub.TransferBufferV2) { b.Old.CorrelationID = nil }, func(b *stub.TransferBufferV2) bool { return b.Old.CorrelationID == nil }},
		"ppBody": {func(b *stub.TransferBufferV2) {
			b.Old.Body, b.Old.BodyBufferSizeInBytes, b.Old.AllocBodyBufferInBytes = nil, 0, 0
		}, func(b *stub.TransferBufferV2) bool { return b.Old.Body == nil && b.Old.BodySize == 8 }},
		"ppTitle": {func(b *stub.TransferBufferV2) { b.Old.Title, b.Old.TitleBufferSizeInWchars = "", 0 }, func(b *stub.TransferBufferV2) bool {
			return b.Old.Title == "" && b.Old.ActualTitleBufferSizeInWchars == 6
		}},
		"ppMsgExtension": {func(b *stub.TransferBufferV2) {
			b.Old.MessageExtension, b.Old.MessageExtensionBufferInBytes = nil, 0
		}, func(b *stub.TransferBufferV2) bool {
			return b.Old.MessageExtension == nil && b.Old.MessageExtensionSize == 13
		}},
		"ppSenderID":    {func(b *stub.TransferBufferV2) { b.Old.SenderID = nil }, func(b *stub.TransferBufferV2) bool { return b.Old.SenderID == nil }},
		"ppSenderCert":  {func(b *stub.TransferBufferV2) { b.Old.SenderCert = nil }, func(b *stub.TransferBufferV2) bool { return b.Old.SenderCert == nil }},
		"ppwcsProvName": {func(b *stub.TransferBufferV2) { b.Old.ProviderName = "" }, func(b *stub.TransferBufferV2) bool { return b.Old.ProviderName == "" }},
		"ppSymmKeys":    {func(b *stub.TransferBufferV2) { b.Old.SymmetricKeys = nil }, func(b *stub.TransferBufferV2) bool { return b.Old.SymmetricKeys == nil }},
		"ppSignature":   {func(b *stub.TransferBufferV2) { b.Old.Signature = nil }, func(b *stub.TransferBufferV2) bool { return b.Old.Signature == nil }},
		"ppSrcQMID":     {func(b *stub.TransferBufferV2) { b.Old.SourceQMID = nil }, func(b *stub.TransferBufferV2) bool { return b.Old.SourceQMID == nil }},
		"ppConnectorType": {
			func(b *stub.TransferBufferV2) { b.Old.ConnectorType = nil }, func(b *stub.TransferBufferV2) bool { return b.Old.ConnectorType == nil },
		},
		"ppXactID": {func(b *stub.TransferBufferV2) { b.TransactionID = nil }, func(b *stub.TransferBufferV2) bool { return b.TransactionID == nil }},
		"ppResponseFormatName": {func(b *stub.TransferBufferV2) {
			buffersOf(b).ResponseFormatName, buffersOf(b).ResponseFormatNameLength = "", 0
		}, func(b *stub.TransferBufferV2) bool {
			return buffersOf(b).ResponseFormatName == "" && buffersOf(b).ResponseFormatNameLengthProperty > 1
		}},
		"ppAdminFormatName": {func(b *stub.TransferBufferV2) {
			buffersOf(b).AdminFormatName, buffersOf(b).AdminFormatNameLength = "", 0
		}, func(b *stub.TransferBufferV2) bool { return buffersOf(b).AdminFormatName == "" }},
		"ppDestFormatName": {func(b *stub.TransferBufferV2) {
			buffersOf(b).DestinationFormatName, buffersOf(b).DestinationFormatNameLength = "", 0
		}, func(b *stub.TransferBufferV2) bool { return buffersOf(b).DestinationFormatName == "" }},
		"ppOrderingFormatName": {func(b *stub.TransferBufferV2) {
			buffersOf(b).OrderingFormatName, buffersOf(b).OrderingFormatNameLength = "", 0
		}, func(b *stub.TransferBufferV2) bool { return buffersOf(b).OrderingFormatName == "" }},
	} {
		b := incoming(actionCurrent, 0)
		x.clear(b)
		r, err := h.read(b, nil)
		if err != nil || !x.null(r.TransferBufferV2) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// notNull reports that a text is no NULL pointer in a response.
func notNull(r received, text *string) bool { return *text != "" || !r.nulls.Null(text) }

func TestABufferThatCameGoesBack(t *testing.T) {
	m := start(t)
	m.create("q", localqm.QueueSpec{})
	h := m.as("alice").open("q", receive)
	check := func(what string, r received) {
		t.Helper()
		b := buffersOf(r.TransferBufferV2)
		for name, text := range map[string]*string{
			"label": &r.Old.Title, "provider": &r.Old.ProviderName, "response": &b.ResponseFormatName,
			"administration": &b.AdminFormatName, "destination": &b.DestinationFormatName, "order": &b.OrderingFormatName,
		} {
			if !notNull(r, text) {
				t.Errorf("%s: the buffer for the %s came back as NULL", what, name)
			}
		}
	}
	r, err := h.read(incoming(actionReceive, 0), nil)
	answers(t, "an empty queue", err, mq.ErrIOTimeout)
	check("an empty queue", r)
	plain := qmtest.Message("")
	plain.Body = nil
	m.qm.Send("q", plain)
	r, err = h.read(incoming(actionReceive, 0), nil)
	ok(t, err)
	check("a message without anything", r)
	b := buffersOf(r.TransferBufferV2)
	if r.Old.TitleBufferSizeInWchars != 1 || b.ResponseFormatNameLength != 1 || b.ResponseFormatNameLengthProperty != 0 {
		t.Errorf("label %d, response queue %d of %d characters", r.Old.TitleBufferSizeInWchars, b.ResponseFormatNameLengthProperty, b.ResponseFormatNameLength)
	}
}

func TestAMessageThatDoesNotFitStaysAndItsSizesAreTold(t *testing.T) {
	m := start(t)
	m.create("q", localqm.QueueSpec{})
	m.qm.Send("q", rich(t))
	h := m.as("alice").open("q", receive)
	for what, x := range map[string]struct {
		shrink func(*stub.TransferBufferV2)
		want   mq.HResult
	}{
		"body": {func(b *stub.TransferBufferV2) {
			b.Old.Body, b.Old.BodyBufferSizeInBytes, b.Old.AllocBodyBufferInBytes = make([]byte, 7), 7, 7
		}, mq.ErrBufferOverflow},
		"extension": {func(b *stub.TransferBufferV2) {
			b.Old.MessageExtension, b.Old.MessageExtensionBufferInBytes = make([]byte, 12), 12
		}, mq.ErrBufferOverflow},
		"label":                   {func(b *stub.TransferBufferV2) { b.Old.TitleBufferSizeInWchars = 5 }, 0xC00E005E},
		"label, by its property":  {func(b *stub.TransferBufferV2) { b.Old.ActualTitleBufferSizeInWchars = 5 }, 0xC00E005E},
		"sender":                  {func(b *stub.TransferBufferV2) { b.Old.SenderID, b.Old.SenderIDLength = make([]byte, 4), 4 }, 0xC00E0022},
		"certificate":             {func(b *stub.TransferBufferV2) { b.Old.SenderCert, b.Old.SenderCertLength = make([]byte, 10), 10 }, 0xC00E002B},
		"key":                     {func(b *stub.TransferBufferV2) { b.Old.SymmetricKeys, b.Old.SymmetricKeysSize = make([]byte, 2), 2 }, 0xC00E0061},
		"signature":               {func(b *stub.TransferBufferV2) { b.Old.Signature, b.Old.SignatureSize = make([]byte, 8), 8 }, 0xC00E0062},
		"provider":                {func(b *stub.TransferBufferV2) { b.Old.ProviderNameLength = 8 }, 0xC00E0063},
		"response queue":          {func(b *stub.TransferBufferV2) { buffersOf(b).ResponseFormatNameLength = 10 }, mq.ErrFormatNameBufferTooSmall},
		"response queue, by prop": {func(b *stub.TransferBufferV2) { buffersOf(b).ResponseFormatNameLengthProperty = 10 }, mq.ErrFormatNameBufferTooSmall},
		"administration queue":    {func(b *stub.TransferBufferV2) { buffersOf(b).AdminFormatNameLength = 10 }, mq.ErrFormatNameBufferTooSmall},
		"destination":             {func(b *stub.TransferBufferV2) { buffersOf(b).DestinationFormatNameLength = 10 }, mq.ErrFormatNameBufferTooSmall},
	} {
		b := incoming(actionReceive, 0)
		x.shrink(b)
		r, err := h.read(b, nil)
		answers(t, what, err, x.want)
		if r.Old.BodySize != 8 || r.Old.ActualTitleBufferSizeInWchars != 6 || r.Old.MessageExtensionSize != 13 || r.Old.SenderCertLengthProperty != 11 ||
			buffersOf(r.TransferBufferV2).ResponseFormatNameLengthProperty != uint32(len(direct("answers"))+1) {
			t.Errorf("%s: body %d, label %d, extension %d bytes", what, r.Old.BodySize, r.Old.ActualTitleBufferSizeInWchars, r.Old.MessageExtensionSize)
		}
	}
	b := incoming(actionCurrent, 0)
	b.Old.Body, b.Old.BodyBufferSizeInBytes, b.Old.AllocBodyBufferInBytes = make([]byte, 7), 7, 7
	r, err := h.read(b, nil)
	answers(t, "a peek at a body that does not fit", err, mq.ErrBufferOverflow)
	if r.Old.BodySize != 8 {
		t.Errorf("the body has %d bytes", r.Old.BodySize)
	}
	h.expect("label", actionReceive, 0)
}

func TestBuffersThatCannotBeAreRefused(t *testing.T) {
	m := start(t)
	m.create("q", localqm.QueueSpec{})
	m.qm.Send("q", qmtest.Message("m"))
	h := m.as("alice").open("q", receive)
	for what, x := range map[string]struct {
		spoil func(*stub.TransferBufferV2)
		want  mq.HResult
	}{
		"a body of no buffer":       {func(b *stub.TransferBufferV2) { b.Old.Body = nil }, mq.ErrInvalidParameter},
		"an extension of no buffer": {func(b *stub.TransferBufferV2) { b.Old.MessageExtension = nil }, mq.ErrInvalidParameter},
		"a label of no buffer":      {func(b *stub.TransferBufferV2) { b.Old.Title = "" }, mq.ErrInvalidParameter},
		"a name of no buffer":       {func(b *stub.TransferBufferV2) { buffersOf(b).AdminFormatName = "" }, mq.ErrInvalidParameter},
		"a label of 251":            {func(b *stub.TransferBufferV2) { b.Old.TitleBufferSizeInWchars = 251 }, mq.ErrInvalidParameter},
		"an unknown action":         {func(b *stub.TransferBufferV2) { buffersOf(b).Action = 1 }, mq.ErrInvalidParameter},
		"next without cursor":       {func(b *stub.TransferBufferV2) { buffersOf(b).Action = actionNext }, mq.ErrIllegalCursorAction},
		"a cursor that is none":     {func(b *stub.TransferBufferV2) { buffersOf(b).Cursor = 99 }, mq.ErrInvalidHandle},
		"to be sent":                {func(b *stub.TransferBufferV2) { *b = *labelled("m") }, mq.ErrInvalidParameter},
	} {
		b := incoming(actionReceive, 0)
		x.spoil(b)
		_, err := h.read(b, nil)
		answers(t, what, err, x.want)
	}
	b := incoming(actionReceive, 0)
	buffersOf(b).ResponseFormatNameLength = 1000
	in := encoded(t, &qmcomm2.ReceiveMessageExRequest{HQMContext: h.context, Ptb: b}, nil)
	binary.LittleEndian.PutUint32(in[bytes.Index(in, []byte{0xE8, 3, 0, 0}):], 1025)
	_, err := h.stub(qmcomm2.Qmcomm2SyntaxV1_0, 2, in)
	faults(t, "a name of 1,025 characters", err, rpc.FaultBadStub)
	h.expect("m", actionReceive, 0)
}

func TestAQueueIsReadByWhoOpenedItForThat(t *testing.T) {
	m := start(t)
	m.create("q", localqm.QueueSpec{})
	m.qm.Send("q", qmtest.Message("m"))
	alice := m.as("alice")
	h := alice.open("q", peek)
	h.expect("m", actionCurrent, 0)
	h.none(mq.ErrAccessDenied, actionReceive, 0)
	alice.open("q", send).none(mq.ErrAccessDenied, actionCurrent, 0)
	// The number is good on another connection of who opened it, and nobody else's.
	(&handle{client: m.as("alice"), context: h.context}).expect("m", actionCurrent, 0)
	(&handle{client: m.as("bob"), context: h.context}).none(mq.ErrInvalidHandle, actionCurrent, 0)
	// A handle is good in its own association alone.
	_, err := m.as("alice").one.PurgeQueue(t.Context(), &stub.PurgeQueueRequest{Queue: h.queue})
	answers(t, "a handle of another client", err, mq.ErrInvalidHandle)
}

// waits begins a read that waits, and returns when it does.
func (h *handle) waits(ctx context.Context, action, timeout uint32) <-chan error {
	h.t.Helper()
	done := make(chan error, 1)
	go func() {
		out, err := h.two.ReceiveMessageEx(ctx, &qmcomm2.ReceiveMessageExRequest{HQMContext: h.context, Ptb: incoming(action, timeout)})
		if err == nil && out.Return != 0 {
			err = mq.HResult(uint32(out.Return))
		}
		done <- err
	}()
	return done
}

func TestAWaitingReadEnds(t *testing.T) {
	m := start(t)
	m.create("q", localqm.QueueSpec{})
	c := m.as("alice")
	const forever = 0xFFFFFFFF
	for what, x := range map[string]struct {
		timeout uint32
		end     func(*handle, context.CancelFunc)
		ended   func(error) bool
	}{
		"when a message comes": {
			forever, func(*handle, context.CancelFunc) { m.qm.Send("q", qmtest.Message("m")) },
			func(err error) bool { return err == nil },
		},
		"when the time is over": {
			1, func(*handle, context.CancelFunc) {},
			func(err error) bool { return errors.Is(err, mq.ErrIOTimeout) },
		},
		"with its queue handle": {
			forever, func(h *handle, _ context.CancelFunc) { ok(t, h.close()) },
			// The handle may be gone before the read has begun.
			func(err error) bool {
				return errors.Is(err, mq.ErrOperationCancelled) || errors.Is(err, mq.ErrInvalidHandle)
			},
		},
		"when it is given up": {
			forever, func(_ *handle, cancel context.CancelFunc) { cancel() },
			func(err error) bool { return errors.Is(err, context.Canceled) },
		},
	} {
		h := c.open("q", receive)
		ctx, cancel := context.WithCancel(t.Context())
		done := h.waits(ctx, actionReceive, x.timeout)
		x.end(h, cancel)
		if err := <-done; !x.ended(err) {
			t.Errorf("%s: %v", what, err)
		}
		cancel()
		_ = h.close()
	}
	done := c.open("q", receive).waits(t.Context(), actionReceive, forever)
	ok(t, m.qm.DeleteQueue(t.Context(), qmtest.Owner, qmtest.Name(t, "q")))
	answers(t, "with the queue", <-done, mq.ErrQueueDeleted)
	m.create("q", localqm.QueueSpec{})
	// Who gave up takes no message with it.
	h := c.open("q", receive)
	m.qm.Send("q", qmtest.Message("later"))
	h.expect("later", actionReceive, 0)
}

func TestCursorsWalkAQueue(t *testing.T) {
	m := start(t)
	m.create("q", localqm.QueueSpec{})
	for i := range 3 {
		m.qm.Send("q", qmtest.Message(fmt.Sprint(i)))
	}
	c := m.as("alice")
	h := c.open("q", receive)
	cursor := func() uint32 {
		out, err := c.two.CreateCursorEx(t.Context(), &qmcomm2.CreateCursorExRequest{Queue: h.queue, Pcc: &stub.CreateRemoteCursor{}})
		ok(t, err)
		return out.Pcc.Cursor
	}
	one, other := cursor(), cursor()
	h.none(mq.ErrIllegalCursorAction, actionNext, one)
	h.expect("0", actionCurrent, one)
	h.expect("0", actionCurrent, one)
	h.expect("1", actionNext, one)
	h.expect("0", actionCurrent, other)
	// A message that does not fit leaves the cursor where it is.
	small := incoming(actionNext, 0)
	buffersOf(small).Cursor = one
	small.Old.TitleBufferSizeInWchars = 1
	_, err := h.read(small, nil)
	answers(t, "a label that does not fit", err, 0xC00E005E)
	h.expect("2", actionNext, one)
	h.expect("2", actionReceive, one)
	h.expect("1", actionNext, other)
	h.none(mq.ErrIOTimeout, actionNext, other)
	closing := func(h *handle, n uint32) error {
		_, err := h.one.CloseCursor(t.Context(), &stub.CloseCursorRequest{Queue: h.queue, Cursor: n})
		return err
	}
	answers(t, "a cursor of another queue", closing(c.open("q", receive), one), mq.ErrInvalidHandle)
	ok(t, closing(h, one))
	answers(t, "closed twice", closing(h, one), mq.ErrInvalidHandle)
	answers(t, "read with a closed cursor", func() error { _, err := h.label(actionCurrent, one, nil); return err }(), mq.ErrInvalidHandle)
	ok(t, closing(h, 0x0B))
	seen := map[uint32]bool{}
	for range 20 {
		n := cursor()
		if n == 0 || n == 0x0B || seen[n] {
			t.Fatalf("a cursor has the number %d", n)
		}
		seen[n] = true
	}
	ok(t, h.close())
	answers(t, "a cursor of a closed queue", closing(h, other), mq.ErrInvalidHandle)
	_, err = c.two.CreateCursorEx(t.Context(), &qmcomm2.CreateCursorExRequest{Queue: h.queue, Pcc: &stub.CreateRemoteCursor{}})
	answers(t, "open one on a closed queue", err, mq.ErrInvalidHandle)
}
