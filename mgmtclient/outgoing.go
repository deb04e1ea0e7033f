package mgmtclient

import (
	"context"
	"time"

	"posthouse/localqm/mq"
)

// Outgoing is what an outgoing queue has beside the properties of Queue: its
// connection and its stream of transactional messages (MS-MQMQ 2.3.12.11-25).
type Outgoing struct {
	// Unsent is what has not been delivered yet, Unread what was delivered and
	// has not been read yet (EOD_NO_READ); Queue.Messages is both.
	Unsent int64 `json:"unsent"`
	Unread int64 `json:"unread"`

	Why      string     `json:"why"`   // why it is in its state, in plain words
	Since    *time.Time `json:"since"` // of the state
	NextTry  *time.Time `json:"nextTry"`
	Failures int        `json:"failures"` // tries that failed since the last connection
	Oldest   *time.Time `json:"oldest"`   // when the first unsent message was sent by its application
	Expires  *time.Time `json:"expires"`  // the first time to reach the queue that ends

	History []Connection `json:"history"` // the newest last

	LastAck        *Sequence  `json:"lastAck"`
	LastAckTime    *time.Time `json:"lastAckTime"`
	LastAckCount   int        `json:"lastAckCount"`
	FirstNonAck    *Sequence  `json:"firstNonAck"`
	LastNonAck     *Sequence  `json:"lastNonAck"`
	NextSequence   *Sequence  `json:"nextSequence"`
	NoAckCount     int        `json:"noAckCount"`
	ResendCount    int        `json:"resendCount"`
	ResendInterval int        `json:"resendInterval"` // seconds
	ResendTime     *time.Time `json:"resendTime"`
}

// Sequence is the place in a stream (SEQUENCE_INFO, MS-MQMQ 2.2.5).
type Sequence struct {
	ID       string `json:"id"` // 16 hexadecimal digits
	Number   uint32 `json:"number"`
	Previous uint32 `json:"previous"`
}

// Connection is an entry of an outgoing queue's connection history.
type Connection struct {
	Time    time.Time           `json:"time"`
	Status  mq.ConnectionStatus `json:"status"`
	Failed  bool                `json:"failed"`
	Error   mq.HResult          `json:"error"`
	Address string              `json:"address"`
	Why     string              `json:"why"` // plain words
}

// Incoming is a stream of transactional messages that comes from another
// computer into a queue (EOD_SOURCE_INFO, MS-MQMQ 2.3.12.24).
type Incoming struct {
	Source     mq.GUID   `json:"source"`
	FormatName string    `json:"formatName"`
	Last       Sequence  `json:"last"`
	LastAccess time.Time `json:"lastAccess"`
	Rejected   int       `json:"rejected"`
}

// OutgoingAdmin steers outgoing queues.
type OutgoingAdmin interface {
	// Pause holds an outgoing queue's messages back, also after a restart;
	// Resume lets them leave again.
	Pause(ctx context.Context, queue string) error
	Resume(ctx context.Context, queue string) error
	// Resend tries to connect at once and sends again what was not acknowledged
	// (EOD_RESEND, MS-MQMR 3.1.4.2).
	Resend(ctx context.Context, queue string) error
}

// AwaitingSuffix names the part of an outgoing queue with the messages that
// were delivered and not read yet: the queue's name, this behind it.
const AwaitingSuffix = ";awaiting"

// Transfer is how far a message of an outgoing queue has come.
type Transfer string

// The states of a message in an outgoing queue; empty elsewhere.
const (
	TransferWaiting   Transfer = "waiting"   // kept here, not sent
	TransferSending   Transfer = "sending"   // sent, not acknowledged
	TransferDelivered Transfer = "delivered" // acknowledged, not read
)
