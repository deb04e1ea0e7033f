package mgmtclient

import (
	"strconv"
	"time"

	"posthouse/localqm/mq"
)

// LookupID is a message's place in its queue (MS-MQDMPR 3.1.1.12): ascending
// in queue order. In JSON it is a decimal string, since it exceeds 53 bits.
type LookupID uint64

// String is the decimal form.
func (l LookupID) String() string { return strconv.FormatUint(uint64(l), 10) }

// MarshalText makes it a JSON string.
func (l LookupID) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (l *LookupID) UnmarshalText(b []byte) error {
	v, err := strconv.ParseUint(string(b), 10, 64)
	if err == nil {
		*l = LookupID(v)
	}
	return err
}

// Machine is a queue manager at a glance.
type Machine struct {
	ID             mq.GUID   `json:"id"`
	Name           string    `json:"name"`
	Version        string    `json:"version"`
	DataFolder     string    `json:"dataFolder,omitempty"`
	Started        time.Time `json:"started"`
	State          string    `json:"state"` // CONNECTED or DISCONNECTED (MS-MQMQ 2.3.11.4)
	Queues         int       `json:"queues"`
	Messages       int64     `json:"messages,string"` // in all queues, journals included
	Bytes          int64     `json:"bytes,string"`
	Outgoing       int64     `json:"outgoing,string"`            // messages in outgoing queues that have not been delivered
	Journal        int64     `json:"journal,string"`             // messages in the machine journal
	DeadLetters    int64     `json:"deadLetters,string"`         // in the dead-letter queue
	TransactDead   int64     `json:"transactDeadLetters,string"` // in the transactional dead-letter queue
	QuotaKB        *uint32   `json:"quotaKB"`                    // nil: unlimited
	JournalQuotaKB *uint32   `json:"journalQuotaKB"`             // nil: unlimited
	ExpressBytes   int64     `json:"expressBytes,string"`        // held in memory, lost on a stop
	ExpressCount   int64     `json:"expressMessages,string"`     // as ExpressBytes
	Received       int64     `json:"received,string"`            // messages put since the start
	Removed        int64     `json:"removed,string"`             // messages taken since the start
	Profile        string    `json:"profile,omitempty"`          // strict or compat
	Network        *Network  `json:"network,omitempty"`

	Directory *Membership `json:"directory,omitempty"` // nil: it does not tell
}

// Membership is how a queue manager stands to the directory of its forest (MS-MQOD
// 2.1.3.3, 2.7.4).
type Membership struct {
	Mode       string    `json:"mode"` // workgroup, integrated, offline
	Since      time.Time `json:"since"`
	Why        string    `json:"why,omitempty"`        // unless integrated
	Forest     string    `json:"forest,omitempty"`     // DNS name
	Controller string    `json:"controller,omitempty"` // that answered last
	Sites      []string  `json:"sites"`
	Routing    bool      `json:"routing"`         // it passes messages on for others
	Gate       bool      `json:"gate"`            // of one of its sites
	Notes      []string  `json:"notes,omitempty"` // what works but is not as it should be
}

// The modes of a Membership.
const (
	ModeWorkgroup  = "workgroup"
	ModeIntegrated = "integrated"
	ModeOffline    = "offline"
)

// Network is how a queue manager exchanges messages with others.
type Network struct {
	Listening    []string  `json:"listening"` // addresses with ports; empty: it takes no connections
	Addresses    []string  `json:"addresses"` // names and addresses it answers to
	RPC          []string  `json:"rpc"`       // addresses with ports that others manage it at; empty: nobody does
	Sessions     int       `json:"sessions"`
	Hardened     bool      `json:"hardened"` // only HTTP leaves and comes in
	Alias        bool      `json:"acceptAliases"`
	InsecureNack bool      `json:"insecureNacks"`
	Ping         bool      `json:"ping"`       // asks before it connects
	PingAnswer   bool      `json:"pingAnswer"` // answers who asks
	Resend       [4]uint32 `json:"resend"`     // seconds: tries 1-3, 4-6, 7-9, 10 and on (MS-MQQB 3.1.3.1)
}

// Queue is a queue with its properties (MS-MQMQ 2.3.1, 2.3.12) and counters.
type Queue struct {
	PathName          string    `json:"pathName"`
	FormatName        string    `json:"formatName"`
	ID                mq.GUID   `json:"id"`
	Label             string    `json:"label"`
	ServiceType       mq.GUID   `json:"serviceType"`
	Transactional     bool      `json:"transactional"`
	Authenticate      bool      `json:"authenticate"`
	PrivacyLevel      string    `json:"privacyLevel"` // none, optional, body
	QuotaKB           *uint32   `json:"quotaKB"`      // nil: unlimited
	Journal           bool      `json:"journal"`
	JournalQuotaKB    *uint32   `json:"journalQuotaKB"`
	BasePriority      int16     `json:"basePriority"`
	MulticastAddress  string    `json:"multicastAddress,omitempty"`
	Foreign           bool      `json:"foreign"`
	Messages          int64     `json:"messages"`
	Bytes             int64     `json:"bytes,string"`
	JournalMessages   int64     `json:"journalMessages"`
	JournalBytes      int64     `json:"journalBytes,string"`
	State             string    `json:"state"`    // MS-MQMQ 2.3.12.11
	Location          string    `json:"location"` // LOCAL or REMOTE
	Type              string    `json:"type"`     // PUBLIC, PRIVATE, MACHINE, CONNECTOR, MULTICAST
	NextHops          []string  `json:"nextHops"`
	ConnectionHistory []string  `json:"connectionHistory"`
	Subqueues         []string  `json:"subqueues"`
	Created           time.Time `json:"created"`
	Modified          time.Time `json:"modified"`
	Hidden            bool      `json:"hidden,omitempty"` // internal queues of the queue manager

	Outgoing *Outgoing  `json:"outgoing,omitempty"` // of an outgoing queue
	Incoming []Incoming `json:"incoming,omitempty"` // streams from other computers
	Warnings []string   `json:"warnings,omitempty"` // of CreateQueue: what will surprise senders
}

// Message is a row of a queue. Lists leave Body empty unless a limit asked for
// it. Queues are named so that mq.ParseQueue reads them.
type Message struct {
	LookupID           LookupID   `json:"lookupId"`
	ID                 string     `json:"id"` // {guid}\number
	Label              string     `json:"label"`
	Priority           int        `json:"priority"`
	Class              string     `json:"class"`     // NORMAL, NACK_BAD_DST_Q, ...
	ClassCode          mq.Class   `json:"classCode"` // the same as a number
	Delivery           string     `json:"delivery"`  // express, recoverable
	Transactional      bool       `json:"transactional"`
	TransactionID      string     `json:"transactionId,omitempty"`
	FirstInTransaction bool       `json:"firstInTransaction"`
	LastInTransaction  bool       `json:"lastInTransaction"`
	SentTime           time.Time  `json:"sentTime"`
	ArrivedTime        time.Time  `json:"arrivedTime"`
	Expires            *time.Time `json:"expires"` // nil: never
	TTRQ               *uint32    `json:"ttrq"`    // seconds from SentTime; nil: no limit
	TTBR               *uint32    `json:"ttbr"`
	Acknowledge        []string   `json:"acknowledge"` // AckNames
	Journal            bool       `json:"journal"`
	DeadLetter         bool       `json:"deadLetter"`
	DeadLetterQueue    string     `json:"deadLetterQueue,omitempty"`
	Trace              bool       `json:"trace,omitempty"`
	BodySize           int        `json:"bodySize"`
	BodyType           uint32     `json:"bodyType"`
	Body               []byte     `json:"body,omitempty"`
	Extension          []byte     `json:"extension,omitempty"`
	CorrelationID      string     `json:"correlationId,omitempty"` // {guid}\number, or 40 hex digits
	AppSpecific        uint32     `json:"appSpecific"`
	ResponseQueue      string     `json:"responseQueue,omitempty"`
	AdminQueue         string     `json:"adminQueue,omitempty"`
	DestinationQueue   string     `json:"destinationQueue"`
	SourceMachine      string     `json:"sourceMachine"` // name if known, else GUID
	SenderSID          string     `json:"senderSid,omitempty"`
	Authenticated      bool       `json:"authenticated"`
	Encrypted          bool       `json:"encrypted"`
	PrivacyLevel       string     `json:"privacyLevel"`
	AbortCount         int        `json:"abortCount"`
	MoveCount          int        `json:"moveCount"`
	LastMoveTime       *time.Time `json:"lastMoveTime"`
	Locked             bool       `json:"locked,omitempty"` // held by a transaction or a pending read
	Transfer           Transfer   `json:"transfer,omitempty"`
	Size               int64      `json:"size"`             // bytes of the whole packet
	Format             string     `json:"format,omitempty"` // what wrote the body, as far as type, extension and the Body in this row tell
}

// AckNames are the words for the acknowledgements a sender may ask for, in
// the order of their bits.
var AckNames = []struct {
	Bit  mq.Ack
	Name string
}{
	{mq.AckPositiveArrival, "reached"},
	{mq.AckPositiveReceive, "received"},
	{mq.AckNegativeArrival, "not-reached"},
	{mq.AckNegativeReceive, "not-received"},
}
