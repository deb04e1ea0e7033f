package store

import "posthouse/localqm/mq"

// Role is what a slot is to its queue.
type Role uint8

// The roles of slots.
const (
	Main     Role = 0 // the queue itself
	Journal  Role = 1 // the queue journal of Parent
	Subqueue Role = 2 // a subqueue of Parent
	Awaiting Role = 3 // outgoing Parent: sent, awaiting the final acknowledgement
)

// QueueKind is the kind of a queue (QueueType, MS-MQDMPR 3.1.1.2, and the
// outgoing kinds of 3.1.1.3).
type QueueKind uint8

// The kinds of queues.
const (
	Private   QueueKind = 0
	Public    QueueKind = 1
	System    QueueKind = 2
	Connector QueueKind = 3
	Outgoing  QueueKind = 4
	Multicast QueueKind = 5
	HTTP      QueueKind = 6
)

// Queue is a row of the catalogue with the persistent properties of
// MS-MQDMPR 3.1.1.2.
type Queue struct {
	Slot   Slot
	Parent Slot // of a journal, a subqueue, an awaiting slot
	Role   Role
	Kind   QueueKind
	Name   string // as typed: orders; a subqueue's own name; outgoing: the destination
	ID     mq.GUID
	Number uint32 // of a private queue

	Label         string
	Type          mq.GUID
	Transactional bool
	Authenticate  bool
	Privacy       uint8  // 0 none, 1 optional, 2 body (MS-MQMQ 2.3.1.12)
	Journaling    bool   // copies of received messages go to the journal
	Quota         uint32 // KB; mq.Never: unlimited
	JournalQuota  uint32 // KB; mq.Never: unlimited
	BasePriority  int16
	Multicast     string
	Security      []byte // self-relative security descriptor

	Created, Modified int64 // Unix seconds
	Draining          bool  // deleted; its messages are being removed
}
