package qmcomm_test

import (
	"context"
	"errors"

	stub "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"
	stub2 "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm2/v1"
	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/ndr"
	"posthouse/localqm/rpc/queueformat"
)

func asRemote(err error, remote **rpc.Remote) bool { return errors.As(err, remote) }

// scalars are the fields that can be NULL and do not say so themselves.
func scalars(b *stub.TransferBufferV2) map[string]any {
	t := b.Old
	fields := map[string]any{
		"pClass": &t.Class, "pSentTime": &t.SentTime, "pArrivedTime": &t.ArrivedTime, "pPriority": &t.Priority,
		"pDelivery": &t.Delivery, "pAcknowledge": &t.Acknowledge, "pAuditing": &t.Auditing, "pApplicationTag": &t.ApplicationTag,
		"pBodySize": &t.BodySize, "pulTitleBufferSizeInWCHARs": &t.ActualTitleBufferSizeInWchars,
		"pulRelativeTimeToQueue": &t.ActualRelativeTimeToQueue, "pulRelativeTimeToLive": &t.ActualRelativeTimeToLive,
		"pTrace": &t.Trace, "pulSenderIDType": &t.SenderIDType, "pulSenderIDLenProp": &t.SenderIDLengthProperty,
		"pulPrivLevel": &t.PrivacyLevel, "pAuthenticated": &t.Authenticated, "pulHashAlg": &t.HashAlgorithm,
		"pulEncryptAlg": &t.EncryptAlgorithm, "pulSenderCertLenProp": &t.SenderCertLengthProperty,
		"pulAuthProvNameLenProp": &t.AuthProviderNameLengthProperty, "pulProvType": &t.ProviderType,
		"pulSymmKeysSizeProp": &t.SymmetricKeysSizeProperty, "pulSignatureSizeProp": &t.SignatureSizeProperty,
		"pMsgExtensionSize": &t.MessageExtensionSize, "pulBodyType": &t.BodyType, "pulVersion": &t.Version,
		"pbFirstInXact": &b.FirstInTransaction, "pbLastInXact": &b.LastInTransaction,
	}
	if v, ok := t.TransferBufferV1.Value.(*stub.TransferBufferV1_Receive); ok {
		fields["pulResponseFormatNameLenProp"] = &v.Receive.ResponseFormatNameLengthProperty
		fields["pulAdminFormatNameLenProp"] = &v.Receive.AdminFormatNameLengthProperty
		fields["pulDestFormatNameLenProp"] = &v.Receive.DestinationFormatNameLengthProperty
		fields["pulOrderingFormatNameLenProp"] = &v.Receive.OrderingFormatNameLengthProperty
	}
	return fields
}

// nullsOf has all pointers to scalars NULL but those that are kept.
func nullsOf(b *stub.TransferBufferV2, kept ...any) *ndr.Nulls {
	n := &ndr.Nulls{}
	for _, f := range scalars(b) {
		n.SetNull(f)
	}
	for _, f := range kept {
		n.SetValue(f)
	}
	return n
}

// outgoing is a message to be sent of which nothing is said.
func outgoing() *stub.TransferBufferV2 {
	return &stub.TransferBufferV2{Old: &stub.TransferBufferV1{
		TransferBufferV1: &stub.TransferBufferV1_TransferBufferV1{Value: &stub.TransferBufferV1_Send{
			Send: &stub.TransferBufferV1_TransferBufferV1_Send{},
		}},
		RelativeTimeToLive: mq.Never,
	}}
}

// labelled is a message with a label and a body.
func labelled(label string) *stub.TransferBufferV2 {
	b := outgoing()
	b.Old.Title, b.Old.TitleBufferSizeInWchars = label, uint32(mq.LabelLength(label))+1
	b.Old.Body = []byte("body of " + label)
	return b
}

func (h *handle) send(b *stub.TransferBufferV2, kept ...any) (mq.ObjectID, error) {
	h.t.Helper()
	in := &stub2.SendMessageExRequest{Queue: h.queue, Ptb: b, MessageID: &mqmq.ObjectID{}}
	raw, err := h.stub(stub2.Qmcomm2SyntaxV1_0, 1, encoded(h.t, in, nullsOf(b, kept...)))
	if err != nil {
		return mq.ObjectID{}, err
	}
	out := &stub2.SendMessageExResponse{}
	ok(h.t, out.UnmarshalNDR(context.Background(), ndr.NewReader(raw, false, ndr.Responses, nil)))
	if out.Return != 0 {
		return mq.ObjectID{}, mq.HResult(uint32(out.Return))
	}
	return mq.ObjectID{Source: queueformat.GUID(out.MessageID.Lineage), Ordinal: out.MessageID.Uniquifier}, nil
}

// Actions of a read.
const (
	actionReceive = 0
	actionCurrent = 0x80000000
	actionNext    = 0x80000001
)

// incoming has room for everything of a message.
func incoming(action, timeout uint32) *stub.TransferBufferV2 {
	guid := func() *mqmq.ObjectID { return &mqmq.ObjectID{Lineage: queueformat.FromGUID(mq.GUID{})} }
	const nul = "\x00" // the empty string would be NULL
	r := &stub.TransferBufferV1_TransferBufferV1_Receive{
		Action: action, RequestTimeout: timeout,
		ResponseFormatName: nul, ResponseFormatNameLength: 200, ResponseFormatNameLengthProperty: 200,
		AdminFormatName: nul, AdminFormatNameLength: 200, AdminFormatNameLengthProperty: 200,
		DestinationFormatName: nul, DestinationFormatNameLength: 200, DestinationFormatNameLengthProperty: 200,
		OrderingFormatName: nul, OrderingFormatNameLength: 200, OrderingFormatNameLengthProperty: 200,
	}
	return &stub.TransferBufferV2{
		Old: &stub.TransferBufferV1{
			TransferType:     1,
			TransferBufferV1: &stub.TransferBufferV1_TransferBufferV1{Value: &stub.TransferBufferV1_Receive{Receive: r}},
			MessageID:        guid(), CorrelationID: make([]byte, 20),
			Body: make([]byte, 1000), BodyBufferSizeInBytes: 1000, AllocBodyBufferInBytes: 1000,
			Title: nul, TitleBufferSizeInWchars: 250, ActualTitleBufferSizeInWchars: 250,
			SenderID: make([]byte, 100), SenderIDLength: 100,
			SenderCert: make([]byte, 100), SenderCertLength: 100,
			ProviderName: nul, ProviderNameLength: 100,
			SymmetricKeys: make([]byte, 100), SymmetricKeysSize: 100,
			Signature: make([]byte, 100), SignatureSize: 100,
			SourceQMID:       queueformat.FromGUID(mq.GUID{}),
			MessageExtension: make([]byte, 100), MessageExtensionBufferInBytes: 100,
			ConnectorType: queueformat.FromGUID(mq.GUID{}),
		},
		TransactionID: guid(),
	}
}

func buffersOf(b *stub.TransferBufferV2) *stub.TransferBufferV1_TransferBufferV1_Receive {
	return b.Old.TransferBufferV1.Value.(*stub.TransferBufferV1_Receive).Receive
}

// received is what a read answers: the buffers, and which pointers in them are NULL.
type received struct {
	*stub.TransferBufferV2
	nulls *ndr.Nulls
}

func (h *handle) read(b *stub.TransferBufferV2, nulls *ndr.Nulls) (received, error) {
	h.t.Helper()
	in := &stub2.ReceiveMessageExRequest{HQMContext: h.context, Ptb: b}
	raw, err := h.stub(stub2.Qmcomm2SyntaxV1_0, 2, encoded(h.t, in, nulls))
	if err != nil {
		return received{}, err
	}
	out, n := &stub2.ReceiveMessageExResponse{}, &ndr.Nulls{}
	ok(h.t, out.UnmarshalNDR(context.Background(), ndr.NewReader(raw, false, ndr.Responses, n)))
	if out.Return != 0 {
		err = mq.HResult(uint32(out.Return))
	}
	return received{out.Ptb, n}, err
}

// label reads a message, and tells its label.
func (h *handle) label(action, cursor uint32, uow *mqmq.TransactionUOW) (string, error) {
	h.t.Helper()
	b := incoming(action, 0)
	buffersOf(b).Cursor, b.Old.UOW = cursor, uow
	r, err := h.read(b, nil)
	if err != nil {
		return "", err
	}
	return r.Old.Title, nil
}

func (h *handle) expect(want string, action, cursor uint32) {
	h.t.Helper()
	if got, err := h.label(action, cursor, nil); err != nil || got != want {
		h.t.Errorf("read %q, %v, want %q", got, err, want)
	}
}

func (h *handle) none(want mq.HResult, action, cursor uint32) {
	h.t.Helper()
	got, err := h.label(action, cursor, nil)
	if mq.CodeOf(err) != want {
		h.t.Errorf("read %q, %v, want %v", got, err, want)
	}
}
