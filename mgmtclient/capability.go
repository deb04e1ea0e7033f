package mgmtclient

import (
	"context"
	"time"

	"posthouse/localqm/mq"
)

// QueueAdmin creates, changes and deletes queues.
type QueueAdmin interface {
	CreateQueue(ctx context.Context, queue string, s QueueSettings) (Queue, error)
	SetQueue(ctx context.Context, queue string, s QueueSettings) (Queue, error)
	// DeleteQueue deletes the queue and what is in it.
	DeleteQueue(ctx context.Context, queue string) error
}

// QueueSettings holds what is to be set; nil leaves a default or the old value.
type QueueSettings struct {
	Label         *string  `json:"label,omitempty"`
	Transactional *bool    `json:"transactional,omitempty"` // only at creation
	Authenticate  *bool    `json:"authenticate,omitempty"`
	PrivacyLevel  *string  `json:"privacyLevel,omitempty"` // none, optional, body
	Journal       *bool    `json:"journal,omitempty"`
	Quota         *Quota   `json:"quota,omitempty"`
	JournalQuota  *Quota   `json:"journalQuota,omitempty"`
	BasePriority  *int16   `json:"basePriority,omitempty"`
	ServiceType   *mq.GUID `json:"serviceType,omitempty"`
	Multicast     *string  `json:"multicast,omitempty"`
	AllowSend     []string `json:"allowSend,omitempty"` // anonymous, everyone or SIDs; only at creation
	SDDL          *string  `json:"sddl,omitempty"`      // only at creation; afterwards SetACL
}

// Quota is a limit in KB; nil KB means unlimited.
type Quota struct {
	KB *uint32 `json:"kb"`
}

// Purger empties a queue.
type Purger interface {
	// Purge removes what stood in the queue when it was called and returns how
	// many messages that were, also when it ends with an error half-way.
	Purge(ctx context.Context, queue string) (int64, error)
}

// Sender sends messages from this queue manager.
type Sender interface {
	Send(ctx context.Context, r SendRequest) (SendResult, error)
}

// SendRequest is what a sender can set. The zero value of every field but
// Queue is the default of MS-MQDMPR 3.1.1.12; a message is recoverable unless
// Express is set.
type SendRequest struct {
	Queue           string   `json:"queue"` // multi-element format names allowed
	Label           string   `json:"label,omitempty"`
	Body            []byte   `json:"body,omitempty"`
	BodyType        uint32   `json:"bodyType,omitempty"`
	Extension       []byte   `json:"extension,omitempty"`
	Priority        *int     `json:"priority,omitempty"`
	Express         bool     `json:"express,omitempty"`
	Transactional   bool     `json:"transactional,omitempty"` // all Count messages in one transaction
	TTRQ            *uint32  `json:"ttrq,omitempty"`
	TTBR            *uint32  `json:"ttbr,omitempty"`
	Journal         bool     `json:"journal,omitempty"`
	DeadLetter      bool     `json:"deadLetter,omitempty"`
	DeadLetterQueue string   `json:"deadLetterQueue,omitempty"`
	Acknowledge     []string `json:"acknowledge,omitempty"` // AckNames
	AdminQueue      string   `json:"adminQueue,omitempty"`
	ResponseQueue   string   `json:"responseQueue,omitempty"`
	CorrelationID   string   `json:"correlationId,omitempty"`
	AppSpecific     uint32   `json:"appSpecific,omitempty"`
	Trace           bool     `json:"trace,omitempty"`
	ReportQueue     string   `json:"reportQueue,omitempty"` // of Trace; empty: the machine's
	Count           int      `json:"count,omitempty"`       // 0 means 1
}

// Outcome says honestly how far a message has come.
type Outcome string

// The outcomes of sending.
const (
	OutcomeKept    Outcome = "kept"    // stored here, has not left
	OutcomeSent    Outcome = "sent"    // accepted by the next queue manager
	OutcomeArrived Outcome = "arrived" // in its destination queue
)

// SendResult tells what became of the messages that were accepted.
type SendResult struct {
	Outcome  Outcome  `json:"outcome"`
	Sent     int      `json:"sent"` // accepted and stored; on an error: how many before it
	FirstID  string   `json:"firstId,omitempty"`
	LastID   string   `json:"lastId,omitempty"`
	LookupID LookupID `json:"lookupId"` // of the last one, when it arrived here
}

// Receiver takes messages out of a queue.
type Receiver interface {
	// Receive removes and returns a message; MQ_ERROR_IO_TIMEOUT when none came
	// in time.
	Receive(ctx context.Context, queue string, o ReceiveOptions) (Message, error)
}

// ReceiveOptions chooses the message and the patience.
type ReceiveOptions struct {
	LookupID LookupID      `json:"lookupId,omitempty"` // exactly this one; 0: the first
	Timeout  time.Duration `json:"timeout,omitempty"`  // how long to wait; 0: not at all
	Peek     bool          `json:"peek,omitempty"`     // leave it there
}

// ItemResult is what became of one message of a bulk action.
type ItemResult struct {
	LookupID LookupID   `json:"lookupId"`
	NewID    string     `json:"newId,omitempty"` // a move or copy to an unrelated queue sends anew
	Error    string     `json:"error,omitempty"`
	Code     mq.HResult `json:"code,omitempty"`
}

// Remover deletes chosen messages.
type Remover interface {
	// Delete removes each message and answers for each, in order. Senders that
	// asked are told "received", as for any receive.
	Delete(ctx context.Context, queue string, ids []LookupID) ([]ItemResult, error)
}

// Mover moves and copies chosen messages.
type Mover interface {
	// Move keeps id and order between a queue and its subqueues; elsewhere it is
	// a receive and a send in one transaction, and NewID is set.
	Move(ctx context.Context, from string, ids []LookupID, to string) ([]ItemResult, error)
	// Copy sends a copy with a new id.
	Copy(ctx context.Context, from string, ids []LookupID, to string) ([]ItemResult, error)
	// Return sends dead letters anew to the destination they had, each receive
	// and send in one transaction.
	Return(ctx context.Context, from string, ids []LookupID) ([]ItemResult, error)
}

// Searcher looks through a queue at the server.
type Searcher interface {
	// Search reports matches in queue order until found returns false. Text is
	// looked for in label, ids and body (UTF-8 and UTF-16), letter case ignored.
	Search(ctx context.Context, queue string, s Search, found func(Message) bool) error
}

// Search is what to look for; empty fields match everything.
type Search struct {
	Text  string    `json:"text,omitempty"`
	Class string    `json:"class,omitempty"`
	Since time.Time `json:"since,omitzero"` // sent at or after
	Until time.Time `json:"until,omitzero"` // sent before
	Limit int       `json:"limit,omitempty"`
	After LookupID  `json:"after,omitempty"`
}

// Guard shows and changes who may do what.
type Guard interface {
	// ACL is the security descriptor in SDDL; the queue "" is the machine.
	ACL(ctx context.Context, queue string) (string, error)
	SetACL(ctx context.Context, queue, sddl string) error
	// Permissions is the same in words.
	Permissions(ctx context.Context, queue string) (Permissions, error)
	// SetPermissions sets entries, and the owner if one is given; what the words
	// do not tell stays.
	SetPermissions(ctx context.Context, queue string, p Permissions) error
}

// MachineAdmin changes the queue manager itself.
type MachineAdmin interface {
	SetMachine(ctx context.Context, s MachineSettings) (Machine, error)
	// Check verifies the store (Problems is empty when all is well).
	Check(ctx context.Context) (CheckResult, error)
}

// MachineActions are those of MS-MQMR 3.1.4.2 on the queue manager itself.
type MachineActions interface {
	// Connect and Disconnect put the machine online and offline
	// (MS-MQMQ 2.3.11.4).
	Connect(ctx context.Context) error
	Disconnect(ctx context.Context) error
	// Tidy gives unused storage back to the disk; it never removes messages.
	Tidy(ctx context.Context) (TidyResult, error)
}

// MachineSettings holds what is to be set; nil leaves it.
type MachineSettings struct {
	Quota        *Quota  `json:"quota,omitempty"`
	JournalQuota *Quota  `json:"journalQuota,omitempty"`
	Profile      *string `json:"profile,omitempty"` // strict, compat

	Hardened     *bool      `json:"hardened,omitempty"` // cancelling it works after a restart
	Alias        *bool      `json:"acceptAliases,omitempty"`
	InsecureNack *bool      `json:"insecureNacks,omitempty"`
	Ping         *bool      `json:"ping,omitempty"`
	PingAnswer   *bool      `json:"pingAnswer,omitempty"`
	Resend       *[4]uint32 `json:"resend,omitempty"` // as Network.Resend
}

// TidyResult tells how much space Tidy gave back.
type TidyResult struct {
	BytesBefore int64 `json:"bytesBefore,string"`
	BytesAfter  int64 `json:"bytesAfter,string"`
}

// CheckResult is the outcome of a check of the store.
type CheckResult struct {
	Queues   int      `json:"queues"`
	Messages int64    `json:"messages,string"`
	Problems []string `json:"problems"`
}

// Watcher tells that something changed. Signals are hints: they may be merged
// or dropped, and carry no data; ask again.
type Watcher interface {
	// Watch delivers until ctx ends, then closes the channel.
	Watch(ctx context.Context) (<-chan Signal, error)
}

// Signal says what changed.
type Signal struct {
	Kind  SignalKind `json:"kind"`
	Queue string     `json:"queue,omitempty"` // path name; empty: several
}

// SignalKind is the sort of change.
type SignalKind string

// The kinds of signals.
const (
	SignalQueues   SignalKind = "queues"   // created, deleted, changed
	SignalMessages SignalKind = "messages" // came, went, moved
	SignalMachine  SignalKind = "machine"  // settings, online state
)

// Exporter reads messages with every property (package archive has the format
// of the file).
type Exporter interface {
	// Records returns a page of messages as stored, in queue order behind
	// after: at most limit (up to MaxPage), and fewer once they take PageBytes.
	// An empty page is the end.
	Records(ctx context.Context, queue string, after LookupID, limit int) ([]Record, error)
}

// Archiver takes back what an Exporter gave.
type Archiver interface {
	// Restore puts records into a queue, journal, subqueue or system queue as
	// they were, in one transaction: ids, times and counts are kept, places in
	// the queue are new, and nobody is told anything. At most MaxPage records
	// and PageBytes of packets are taken at once, or one record of any size.
	Restore(ctx context.Context, queue string, records []Record) error
}

// Record is a stored message: its packet (MS-MQMQ 2.2.20) and what the queue
// manager knows beside it.
type Record struct {
	LookupID   LookupID   `json:"lookupId"`
	ID         string     `json:"id,omitempty"`    // for the reader of an export; Restore takes the packet's
	Label      string     `json:"label,omitempty"` // as ID
	Packet     []byte     `json:"packet"`
	Arrived    time.Time  `json:"arrived"`
	AbortCount int        `json:"abortCount,omitempty"`
	MoveCount  int        `json:"moveCount,omitempty"`
	LastMove   *time.Time `json:"lastMove,omitempty"`
	Class      mq.Class   `json:"class"` // reason, in a dead-letter queue
}
