package archive

import (
	"time"

	"posthouse/localqm/mq"
)

// Version is the version of the format that this package writes; it reads this
// one and those before.
const Version = 1

// kind is in every header, so that other JSON is recognised as foreign.
const kind = "export"

// Limits of a file, checked before memory is taken.
const (
	// maxExtension is what a store may keep behind a packet (MS-MQMQ 2.2.20).
	maxExtension = 64 << 10
	// maxLine holds the largest packet in base64 and the largest label.
	maxLine = (mq.MaxPacketSize+maxExtension)/3*4 + 64<<10
	// maxQueueLabel is in UTF-16 units (PROPID_Q_LABEL, MS-MQMQ 2.3.1.8).
	maxQueueLabel = 124
	// maxSections bounds the plan that is kept of a file.
	maxSections = 1 << 18
)

// line is one line of a file: exactly one of its fields is set.
type line struct {
	Header  *Header     `json:"posthouse,omitempty"`
	Queue   *Definition `json:"queue,omitempty"`
	Part    *Part       `json:"part,omitempty"`
	Message *Message    `json:"message,omitempty"`
	End     *End        `json:"end,omitempty"`
}

// Header is the first line.
type Header struct {
	Kind      string    `json:"kind"` // export
	Version   int       `json:"version"`
	Program   string    `json:"program,omitempty"` // version of the program that wrote it
	Machine   string    `json:"machine"`
	MachineID mq.GUID   `json:"machineId"`
	Time      time.Time `json:"time"`
}

// Definition begins a queue: its properties, then its messages follow.
type Definition struct {
	Name           string   `json:"name"` // path name, this computer written as a dot
	Label          string   `json:"label"`
	Transactional  bool     `json:"transactional"`
	Authenticate   bool     `json:"authenticate"`
	PrivacyLevel   string   `json:"privacyLevel"`
	QuotaKB        *uint32  `json:"quotaKB"` // null: unlimited
	Journal        bool     `json:"journal"`
	JournalQuotaKB *uint32  `json:"journalQuotaKB"`
	BasePriority   int16    `json:"basePriority"`
	ServiceType    *mq.GUID `json:"serviceType,omitempty"`
	Multicast      string   `json:"multicast,omitempty"`
	SDDL           string   `json:"sddl,omitempty"` // absent: the exporter was not allowed to read it
}

// Part begins a subqueue, a journal or a system queue: messages without a
// definition.
type Part struct {
	Name string `json:"name"` // path name, this computer written as a dot
}

// Message is a message as it was stored. ID, Label and Reason repeat what the
// packet and Class say, for people and for grep.
type Message struct {
	ID       string     `json:"id"`
	Label    string     `json:"label"`
	Class    mq.Class   `json:"class"`
	Reason   string     `json:"reason,omitempty"`
	Arrived  time.Time  `json:"arrived"`
	Aborts   int        `json:"aborts,omitempty"`
	Moves    int        `json:"moves,omitempty"`
	LastMove *time.Time `json:"lastMove,omitempty"`
	Packet   []byte     `json:"packet"` // MS-MQMQ 2.2.20, base64
}

// End is the last line.
type End struct {
	Queues   int    `json:"queues"` // definitions
	Parts    int    `json:"parts"`  // subqueues, journals and system queues
	Messages int64  `json:"messages"`
	SHA256   string `json:"sha256"` // of all bytes before this line, in hex
}

// Section is one queue or part of a file and what is in it.
type Section struct {
	Name       string `json:"name"`
	Definition bool   `json:"definition"` // false: a subqueue, journal or system queue
	Messages   int64  `json:"messages"`
	Bytes      int64  `json:"bytes"` // of the packets
}

// Summary is what a file holds.
type Summary struct {
	Header   Header    `json:"header"`
	Sections []Section `json:"sections"`
	Messages int64     `json:"messages"`
	Bytes    int64     `json:"bytes"`
}
