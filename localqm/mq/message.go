package mq

import "time"

// Never is a TimeToReachQueue or TimeToBeReceived without end (INFINITE).
const Never uint32 = 0xFFFFFFFF

// DefaultTimeToReachQueue is 4 days, in seconds (MS-MQDMPR 3.1.1.12).
const DefaultTimeToReachQueue uint32 = 345600

// Limits of a message (MS-MQMQ 2.2.19.1, 2.2.19.3, MS-MQDMPR 3.1.1.12).
const (
	MaxPacketSize   = 0x400000 // bytes of an encoded packet, headers included
	MaxLabel        = 249      // UTF-16 units of a label, without its NUL
	MaxPriority     = 7
	DefaultPriority = 3
)

// Delivery says whether a message survives a restart (DeliveryGuarantee).
type Delivery uint8

// The delivery modes of MS-MQMQ 2.2.19.2, UserHeader.Flags.DM.
const (
	Express     Delivery = 0
	Recoverable Delivery = 1
)

// Ack is the set of administration acknowledgements asked for
// (PROPID_M_ACKNOWLEDGE, the flags of MS-MQMQ 2.2.19.3).
type Ack uint8

// The acknowledgement bits.
const (
	AckPositiveArrival Ack = 0x01 // tell me when it reached the queue
	AckPositiveReceive Ack = 0x02 // tell me when it was received
	AckNegativeArrival Ack = 0x04 // tell me if it cannot reach the queue
	AckNegativeReceive Ack = 0x08 // tell me if it was not received
)

// PrivacyLevel is how a body is encrypted on the way (MS-MQMQ 2.2.19.3).
type PrivacyLevel uint32

// The privacy levels of a message.
const (
	PrivacyNone     PrivacyLevel = 0
	PrivacyBase     PrivacyLevel = 1
	PrivacyEnhanced PrivacyLevel = 3
	PrivacyAES      PrivacyLevel = 5
)

// Message is a message with all attributes that a sender sets and a queue
// manager adds (MS-MQDMPR 3.1.1.12). Times are whole seconds, UTC.
type Message struct {
	ID       ObjectID
	Class    Class
	Label    string
	Priority uint8 // 0..7, higher first; 0 in a transaction
	Delivery Delivery

	Body      []byte
	BodyType  uint32 // VT_ value, PROPID_M_BODY_TYPE
	Extension []byte

	CorrelationID [20]byte
	AppSpecific   uint32

	Destination   FormatName
	ResponseQueue FormatName // zero: none
	AdminQueue    FormatName // zero: none

	Acknowledge     Ack
	Journal         bool       // positive source journaling: a copy stays with the sender
	DeadLetter      bool       // negative source journaling: kept if it cannot be delivered
	DeadLetterQueue FormatName // zero: the system's
	Trace           bool       // TracingRequested

	SentTime         time.Time
	TimeToReachQueue uint32 // seconds from SentTime, Never
	TimeToBeReceived uint32 // seconds from SentTime, Never

	// A transaction's message: XACTID, and the ends of the transaction.
	Transactional bool
	TransactionID ObjectID
	First, Last   bool

	SourceMachine GUID   // the queue manager that sent it first
	SenderSID     []byte // binary SID (MS-DTYP 2.4.2.2), empty: none given
	Authenticated bool   // the signature was verified on arrival
	Encrypted     bool
	PrivacyLevel  PrivacyLevel
	HashAlgorithm uint32
	EncryptAlg    uint32
	ConnectorType GUID
}

// Defaults sets the values an application gets that sets none
// (MS-MQDMPR 3.1.1.12): priority 3, 4 days to reach the queue, no end after.
func (m *Message) Defaults() {
	m.Priority = DefaultPriority
	m.TimeToReachQueue = DefaultTimeToReachQueue
	m.TimeToBeReceived = Never
}
