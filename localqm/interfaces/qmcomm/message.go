package qmcomm

import (
	"github.com/oiweiwei/go-msrpc/msrpc/dtyp"
	stub "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"
	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/queueformat"
)

// uTransferType (TRANSFER_TYPE, MS-MQMP 2.2.2.1).
const (
	transferSend    = 0
	transferReceive = 1
)

// The limits of MS-MQMP 2.2.3.2 in UTF-16 units, the NUL among them.
const (
	maxTitle      = 250
	maxBufferName = 1024
)

// packetVersion is FALCON_PACKET_VERSION (MS-MQMP 2.2.3.2, pulVersion).
const packetVersion = 0x10

// The failures that this package alone answers (MS-MQMQ 2.4; MS-ERREF 2.3).
const (
	errSenderIDBuffer     mq.HResult = 0xC00E0022
	errSenderCertBuffer   mq.HResult = 0xC00E002B
	errLabelBuffer        mq.HResult = 0xC00E005E
	errSymmetricKeyBuffer mq.HResult = 0xC00E0061
	errSignatureBuffer    mq.HResult = 0xC00E0062
	errProviderNameBuffer mq.HResult = 0xC00E0063
	statusSharing         mq.HResult = 0xC0000043 // STATUS_SHARING_VIOLATION
)

// The levels of pulPrivLevel (MS-MQMP 2.2.3.2), which are not those of a packet.
const (
	privacyNone     = 0
	privacyBase     = 1
	privacyEnhanced = 2
)

// privacyOf reads pulPrivLevel; those of a packet are known too.
func privacyOf(op string, level uint32) (mq.PrivacyLevel, error) {
	switch level {
	case privacyNone:
		return mq.PrivacyNone, nil
	case privacyBase:
		return mq.PrivacyBase, nil
	case privacyEnhanced, uint32(mq.PrivacyEnhanced):
		return mq.PrivacyEnhanced, nil
	case uint32(mq.PrivacyAES):
		return mq.PrivacyAES, nil
	}
	return 0, mq.Errorf(mq.ErrIllegalPropertyValue, op, "the privacy level %d does not exist", level)
}

func privacyFor(p mq.PrivacyLevel) uint32 {
	if p == mq.PrivacyEnhanced {
		return privacyEnhanced
	}
	return uint32(p)
}

// The kinds of sender in pulSenderIDType (MS-MQMP 2.2.3.2).
const (
	senderNone = iota
	senderSID
	senderMachine
)

// objectID is an OBJECTID (MS-MQMQ 2.2.8).
func objectID(id mq.ObjectID) *mqmq.ObjectID {
	return &mqmq.ObjectID{Lineage: queueformat.FromGUID(id.Source), Uniquifier: id.Ordinal}
}

// nulls tells which pointers of a structure were NULL. Of pointers to arrays and
// structures their nil tells it.
type nulls interface{ Null(field any) bool }

// or is a value behind a pointer; other if that was NULL.
func or[T any](n nulls, field *T, other T) T {
	if n.Null(field) {
		return other
	}
	return *field
}

// buffers checks the arrays of a structure against the sizes that it says, as strict
// NDR does (MS-MQMP 3.1.4). Texts have lost theirs.
func buffers(t *stub.TransferBufferV1) error {
	for _, b := range []struct {
		in   []byte
		size uint32
	}{
		{t.SenderID, uint32(t.SenderIDLength)},
		{t.SenderCert, t.SenderCertLength},
		{t.SymmetricKeys, t.SymmetricKeysSize},
		{t.Signature, t.SignatureSize},
		{t.MessageExtension, t.MessageExtensionBufferInBytes},
		{t.Body, t.BodyBufferSizeInBytes},
		{t.CorrelationID, uint32(len(mq.Message{}.CorrelationID))},
	} {
		if b.in != nil && uint64(len(b.in)) != uint64(b.size) {
			return rpc.FaultBadStub
		}
	}
	if t.Body != nil && t.BodyBufferSizeInBytes > t.AllocBodyBufferInBytes {
		return rpc.FaultBadStub
	}
	return nil
}

func guidOf(g *dtyp.GUID) mq.GUID { return queueformat.GUID(g) }
