package localqm

import (
	"context"
	"time"

	"posthouse/localqm/mq"
)

// Directory is what a queue manager that has joined a forest needs of its directory
// (Directory-Integrated mode, MS-MQOD 2.1.3.3). A queue manager without one works in
// workgroup mode. Methods with a context may wait for the network and are never
// called with the queue manager's lock held; the others answer at once from what is
// known, call nothing of the queue manager, and may be called with it.
type Directory interface {
	// State is how the queue manager stands to its directory.
	State() DirectoryState
	// Find reads a public queue of any computer, by identifier (PUBLIC=) or path name.
	Find(ctx context.Context, name mq.QueueName) (PublicQueue, error)
	// Create, Set and Delete change a public queue of any computer in the directory
	// for a caller of this one, and tell its queue manager if that is another
	// (MS-MQCN 3.3.4.1). For our own queues the engine follows what they return. The
	// caller's rights were checked as far as this computer can: by the descriptor of
	// the queue that is there, or by the right to create queues here. Create gets every
	// property, and a zero Machine for Computer's if that is another; Set gets what is
	// to change, Security as a whole.
	Create(ctx context.Context, c Caller, q PublicQueue) (PublicQueue, error)
	Set(ctx context.Context, c Caller, id mq.GUID, s QueueSpec) (PublicQueue, error)
	Delete(ctx context.Context, c Caller, id mq.GUID) error
	// Expand lists the queues that a distribution list stands for, each once
	// (MS-MQDSSM 3.1.6.9).
	Expand(ctx context.Context, list mq.GUID) ([]mq.FormatName, error)

	// Owner is the queue manager whose a public or private queue is, if that is known
	// without asking.
	Owner(f mq.FormatName) (mq.GUID, bool)
	// Connector is the foreign site whose connector queues take messages for a foreign
	// computer here; false if it is none, or not ours to hand over.
	Connector(machine mq.GUID) (site mq.GUID, ok bool)
	// Inside reports whether a message of a queue manager that was handed on so many
	// times until it came here cannot have left our sites yet; false if nothing is known
	// of its source.
	Inside(source mq.GUID, hops uint8) bool
}

// DirectoryState is how a queue manager stands to its directory.
type DirectoryState struct {
	Mode       DirectoryMode
	Since      time.Time
	Why        string // plain words, unless Integrated
	Forest     string // DNS name
	Controller string // that answered last
	Sites      []string
	Routing    bool // RoutingServer: messages for others are taken and passed on
	Gate       bool // of one of its sites
	// Notes are plain words about what works and is not as it should be.
	Notes []string
}

// DirectoryMode is one of the three.
type DirectoryMode string

// The modes (MS-MQOD 2.1.3.3, 2.7.4).
const (
	Workgroup  DirectoryMode = "workgroup"  // there was none at the start, or none was joined
	Integrated DirectoryMode = "integrated" // DirectoryIntegrated
	Offline    DirectoryMode = "offline"    // DirectoryOffline: it went away, or names another queue manager
)

// PublicQueue is what the directory has of a public queue.
type PublicQueue struct {
	ID       mq.GUID // the directory gives it
	Machine  mq.GUID // whose it is
	Computer string
	Queue    string
	Foreign  bool // on a computer that no queue manager of MSMQ is on
	// Spec holds every property; Security is in it.
	Spec     QueueSpec
	Created  time.Time
	Modified time.Time
}
