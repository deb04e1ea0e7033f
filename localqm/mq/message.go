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

	Destination        FormatName
	DestinationMachine GUID       // the queue manager addressed; zero for direct names
	ResponseQueue      FormatName // zero: none
	AdminQueue         FormatName // zero: none

	// All names of a message sent to several queues at once; Destination is the
	// one this copy goes to (MultiQueueFormatHeader, MS-MQMQ 2.2.20.1).
	MultiDestination, MultiAdmin, MultiResponse []FormatName
	MultiSignature                              []byte

	Acknowledge     Ack
	Journal         bool       // positive source journaling: a copy stays with the sender
	DeadLetter      bool       // negative source journaling: kept if it cannot be delivered
	DeadLetterQueue FormatName // zero: the system's
	Trace           bool       // TracingRequested
	TraceQueue      GUID       // public queue of the report messages; zero: none
	HopCount        uint8      // routing servers passed, 0..31 (UserHeader.Flags.RC)

	SentTime         time.Time
	TimeToReachQueue uint32 // seconds from SentTime, Never
	TimeToBeReceived uint32 // seconds from SentTime, Never

	// A transaction's message: XACTID, and the ends of the transaction. The
	// identifier has the queue manager of the message and a number of 20 bits.
	Transactional bool
	TransactionID ObjectID
	First, Last   bool

	// The place in a stream of transactional messages between two queue
	// managers (MS-MQMQ 2.2.20.5): TxSequenceID as one number, time stamp high.
	Sequence         uint64
	SequenceNumber   uint32
	PreviousNumber   uint32
	FinalAck         bool // the sender wants to know when it leaves the queue
	ConnectorMachine GUID

	SourceMachine GUID   // the queue manager that sent it first
	SenderSID     []byte // binary SID (MS-DTYP 2.4.2.2), empty: none given
	SenderMachine GUID   // instead of SenderSID: a queue manager signed
	Authenticated bool   // the signature was verified on arrival
	AuthLevel     uint8  // which one: 1, 3, 5 for MSMQ 1.0, 2.0, 3.0 (MS-MQQB 3.1.5.8.3)
	Encrypted     bool
	PrivacyLevel  PrivacyLevel
	HashAlgorithm uint32
	EncryptAlg    uint32
	ConnectorType GUID

	// What signing and encryption added (SecurityHeader, MS-MQMQ 2.2.20.6).
	SymmetricKey      []byte
	Signature         []byte
	SenderCertificate []byte
	DefaultProvider   bool
	ProviderType      uint32 // with ProviderName: another cryptographic provider
	ProviderName      string

	// The SOAP parts of a message that once came over HTTP (MS-MQMQ 2.2.20.7).
	SoapHeader, SoapBody string
}

// Defaults sets the values an application gets that sets none
// (MS-MQDMPR 3.1.1.12): priority 3, 4 days to reach the queue, no end after.
func (m *Message) Defaults() {
	m.Priority = DefaultPriority
	m.TimeToReachQueue = DefaultTimeToReachQueue
	m.TimeToBeReceived = Never
}
