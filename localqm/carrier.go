package localqm

import (
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// Carrier moves messages between queue managers: it sends what outgoing queues
// hold and gives what arrives to Arrive. Available, Changed and OrderAck are
// hints called with the queue manager's lock held: they return at once and call
// nothing of it. A queue manager without one keeps everything (INACTIVE).
type Carrier interface {
	// Available tells that an outgoing queue has messages to send.
	Available(o *Outgoing)
	// Changed tells that a queue was paused, resumed, is to be sent again, that
	// an order acknowledgement came (Outgoing.Exactly), or that it is gone; with
	// nil, that the settings of the machine have changed.
	Changed(o *Outgoing)
	// OrderAck tells that a stream of transactional messages has come so far;
	// the acknowledgement is sent soon, and only the last one of a stream.
	OrderAck(due OrderAck)
	// Link is the state of an outgoing queue. It is called without locks.
	Link(o *Outgoing) Link
}

// OrderAck is an order acknowledgement that is due (MS-MQQB 3.1.1.6.2).
type OrderAck struct {
	To       Peer
	Sequence uint64
	Number   uint32 // the last one that is durable
}

// Peer is the queue manager at the other end of a session.
type Peer struct {
	ID      mq.GUID
	Address string // IP address without port
	Direct  bool   // messages come by direct format names (DirectFormatSession)
	// Detour: it is no nearer to the destination than this queue manager, so Take gives
	// it only what has not left our sites yet.
	Detour bool
}

// Parcel is a message of an outgoing queue on its way. It is the carrier's from
// Outgoing.Take until Delivered, Release, Resend or its acknowledgement.
type Parcel struct {
	Packet        []byte // as it leaves, without SessionHeader; not to be changed
	Recoverable   bool   // transactional ones too
	Transactional bool   // of this machine: only its order acknowledgement frees it
	Sequence      uint64 // TxSequenceID of a transactional one
	Number        uint32

	lookup  uint64
	size    int64
	express bool
	journal *store.Row // positive source journaling: what is copied
}

// Arrival is what became of a packet that came.
type Arrival struct {
	// Err is set if it could not be kept: the session closes without
	// acknowledging it, so that the sender keeps it and tries again.
	Err error
}

// Link is the live state of an outgoing queue, from its carrier.
type Link struct {
	State    mq.QueueState
	Why      string    // plain words: why it is in this state
	Since    time.Time // of the state
	NextTry  time.Time // zero: none is planned
	Failures int       // tries that failed since the last connection
	NextHops []string  // "IP=10.0.0.7", MS-MQMQ 2.3.12.12
	History  []Connection

	// The resend schedule of transactional messages (MS-MQQB 3.1.1.3.1.1).
	ResendCount    int
	ResendInterval time.Duration
	ResendAt       time.Time // zero: nothing waits for an order acknowledgement
}

// Connection is an entry of the connection history, the newest last
// (MS-MQDMPR 3.1.1.3).
type Connection struct {
	At      time.Time
	Status  mq.ConnectionStatus
	Error   mq.HResult
	Address string
	Why     string // plain words
}

// Exactly is what is known of an outgoing queue's stream of transactional
// messages (OutgoingTransferInfo, MS-MQDMPR 3.1.1.4).
type Exactly struct {
	LastAck      Sequence
	LastAckTime  time.Time
	LastAckCount int
	FirstNonAck  Sequence
	LastNonAck   Sequence
	Next         Sequence
	NoAck        int // sent, not acknowledged
	NoRead       int // delivered, no final acknowledgement yet
}

// Sequence is SEQUENCE_INFO (MS-MQMQ 2.2.5).
type Sequence struct {
	ID       uint64
	Number   uint32
	Previous uint32
}

// Incoming is what is known of a stream that comes from another queue manager
// (IncomingTransactionalTransferInfo, MS-MQDMPR 3.1.1.5).
type Incoming struct {
	Source     mq.GUID
	FormatName mq.FormatName
	Sequence   Sequence
	LastAccess time.Time
	Rejected   int
}
