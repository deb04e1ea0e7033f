package qmcomm

import (
	"context"

	stub "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"
	stub2 "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm2/v1"
	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/queueformat"
)

// QMSendMessageInternalEx is refused: it is for servers whose rpc_ACSendMessageEx
// answers STATUS_RETRY (MS-MQMP 3.1.5.1).
func (s *server) QMSendMessageInternalEx(_ context.Context, r *stub2.QMSendMessageInternalExRequest) (*stub2.QMSendMessageInternalExResponse, error) {
	return &stub2.QMSendMessageInternalExResponse{MessageID: r.MessageID, Return: code(mq.ErrIllegalOperation)}, nil
}

// SendMessageEx is rpc_ACSendMessageEx (MS-MQMP 3.1.5.2).
func (s *server) SendMessageEx(ctx context.Context, r *stub2.SendMessageExRequest) (*stub2.SendMessageExResponse, error) {
	msg, err := s.send(ctx, r)
	answer := &stub2.SendMessageExResponse{MessageID: r.MessageID}
	if err == nil && r.MessageID != nil {
		answer.MessageID = objectID(msg.ID)
	}
	var fault error
	answer.Return, fault = result(err)
	return answer, fault
}

func (s *server) send(ctx context.Context, r *stub2.SendMessageExRequest) (*mq.Message, error) {
	const op = "send a message"
	msg, err := sent(op, rpc.CallOf(ctx), r.Ptb)
	if err != nil {
		return nil, err
	}
	q, err := s.queue(ctx, op, r.Queue)
	if err != nil {
		return nil, err
	}
	if q.remote != nil {
		return nil, mq.Errorf(mq.ErrInvalidHandle, op, "the queue is open to be read on another computer")
	}
	if msg.PrivacyLevel != mq.PrivacyNone && q.name.Kind == mq.KindDirect {
		return nil, mq.Errorf(mq.ErrUnsupportedFormatNameOperation, op, "a body is not encrypted for a direct format name")
	}
	if msg.Encrypted && !q.local.Handle.Leaves() {
		return nil, mq.Errorf(mq.ErrComputerDoesNotSupportEncryption, op, "the body is encrypted, and this computer has no key to decrypt it").
			WithFix("send it without encryption")
	}
	t, err := s.enlisted(ctx, op, r.Ptb.Old.UOW)
	if err != nil {
		return nil, err
	}
	var tx *localqm.Transaction
	if t != nil {
		t.sending.Lock()
		defer t.sending.Unlock()
		tx = t.Transaction
	}
	_, err = q.local.Handle.Send(ctx, tx, msg)
	return msg, err
}

// sent is the message that a client sends, with the defaults of MS-MQMP 3.1.5.2.
// What the queue manager says of a message by itself, its sender above all, is not
// taken from it.
func sent(op string, n nulls, b *stub.TransferBufferV2) (*mq.Message, error) {
	if b == nil || b.Old == nil || b.Old.TransferType != transferSend || b.Old.TransferBufferV1 == nil {
		return nil, invalid(op, "what came is no message to be sent")
	}
	t := b.Old
	if err := buffers(t); err != nil {
		return nil, err
	}
	msg := &mq.Message{
		Class:            mq.Class(or(n, &t.Class, 0)),
		Priority:         or(n, &t.Priority, mq.DefaultPriority),
		Delivery:         mq.Delivery(or(n, &t.Delivery, 0)),
		Acknowledge:      mq.Ack(or(n, &t.Acknowledge, 0)),
		AppSpecific:      or(n, &t.ApplicationTag, 0),
		Body:             t.Body,
		BodyType:         or(n, &t.BodyType, 0),
		Extension:        t.MessageExtension,
		ConnectorType:    guidOf(t.ConnectorType),
		TimeToReachQueue: t.AbsoluteTimeToQueue,
		TimeToBeReceived: t.RelativeTimeToLive,
		HashAlgorithm:    or(n, &t.HashAlgorithm, 0),
		EncryptAlg:       or(n, &t.EncryptAlgorithm, 0),
		Encrypted:        t.Encrypted != 0,
		SymmetricKey:     t.SymmetricKeys,
	}
	copy(msg.CorrelationID[:], t.CorrelationID)
	if msg.TimeToReachQueue == 0 {
		msg.TimeToReachQueue = mq.Never
	}
	if t.UOW != nil {
		msg.Delivery = mq.Recoverable
	}
	if !n.Null(&t.Title) {
		// A label ends with its buffer, and has room for a NUL.
		msg.Label = upToNUL(cut(t.Title, min(t.TitleBufferSizeInWchars, maxTitle-1)+1))
	}
	var err error
	if msg.PrivacyLevel, err = privacyOf(op, or(n, &t.PrivacyLevel, 0)); err != nil {
		return nil, err
	}
	if err := flags(op, n, t, msg); err != nil {
		return nil, err
	}
	if err := names(op, t, msg); err != nil {
		return nil, err
	}
	return msg, sign(op, n, t, msg)
}

// flags reads what are numbers with a few values.
func flags(op string, n nulls, t *stub.TransferBufferV1, msg *mq.Message) error {
	const deadLetter, journal = 1, 2
	auditing, trace := or(n, &t.Auditing, 0), or(n, &t.Trace, 0)
	msg.DeadLetter, msg.Journal = auditing&deadLetter != 0, auditing&journal != 0
	msg.Trace = trace != 0
	const everything = mq.AckPositiveArrival | mq.AckPositiveReceive | mq.AckNegativeArrival | mq.AckNegativeReceive
	for _, v := range []struct {
		what       string
		value, max uint32
	}{
		{"delivery", uint32(msg.Delivery), uint32(mq.Recoverable)},
		{"acknowledgements", uint32(msg.Acknowledge), uint32(everything)},
		{"journaling", uint32(auditing), deadLetter | journal},
		{"tracing", uint32(trace), 1},
		{"priority", uint32(msg.Priority), mq.MaxPriority},
	} {
		if v.value > v.max {
			return mq.Errorf(mq.ErrIllegalPropertyValue, op, "%d is no value of %s", v.value, v.what)
		}
	}
	return nil
}

// names reads the queues that a message names.
func names(op string, t *stub.TransferBufferV1, msg *mq.Message) error {
	v, _ := t.TransferBufferV1.Value.(*stub.TransferBufferV1_Send)
	if v == nil || v.Send == nil {
		return invalid(op, "what came is no message to be sent")
	}
	for _, q := range []struct {
		from *mqmq.QueueFormat
		to   *mq.FormatName
	}{
		{v.Send.AdminQueueFormat, &msg.AdminQueue},
		{v.Send.ResponseQueueFormat, &msg.ResponseQueue},
	} {
		if q.from == nil {
			continue
		}
		var err error
		if *q.to, err = queueformat.Read(q.from); err != nil {
			return err
		}
	}
	return nil
}

// providerRSA is PROV_RSA_FULL.
const providerRSA = 1

// sign takes over a signature, which the receiver verifies. If the length of the
// provider's name is there, the signature has two parts, and the second is that of
// MSMQ 2.0 (MS-MQMP 3.1.5.2).
func sign(op string, n nulls, t *stub.TransferBufferV1, msg *mq.Message) error {
	switch {
	case t.SenderIDLength != 0 && (t.SenderID == nil || n.Null(&t.SenderIDType)):
		return invalid(op, "a sender without identifier or type")
	case t.SenderCertLength != 0 && t.SenderCert == nil:
		return invalid(op, "a certificate that did not come")
	case t.SymmetricKeysSize != 0 && t.SymmetricKeys == nil:
		return invalid(op, "a symmetric key that did not come")
	}
	if k := or(n, &t.SenderIDType, senderNone); k > senderMachine {
		return mq.Errorf(mq.ErrIllegalPropertyValue, op, "%d is no type of a sender", k)
	}
	msg.SenderCertificate = t.SenderCert
	if t.SignatureSize == 0 {
		return nil
	}
	msg.Signature, msg.DefaultProvider = t.Signature, t.DefaultProvider != 0
	switch {
	case n.Null(&t.HashAlgorithm):
		return invalid(op, "a signature without its algorithm")
	case !msg.DefaultProvider && n.Null(&t.ProviderName):
		return invalid(op, "a signature without its cryptographic provider")
	case !msg.DefaultProvider:
		msg.ProviderName, msg.ProviderType = upToNUL(t.ProviderName), or(n, &t.ProviderType, 0)
	case or(n, &t.ProviderType, 0) != providerRSA:
		return invalid(op, "the default provider of signatures has the type %d", providerRSA)
	}
	if n.Null(&t.AuthProviderNameLengthProperty) {
		return nil
	}
	second := int64(t.AuthProviderNameLengthProperty) - int64(t.ProviderNameLength)
	if second < 0 || second > int64(len(msg.Signature)) {
		return invalid(op, "the second part of the signature has %d of %d bytes", second, len(msg.Signature))
	}
	msg.Signature = msg.Signature[int64(len(msg.Signature))-second:]
	return nil
}
