package store

import (
	"context"
	"errors"

	"posthouse/localqm/mq"
)

// Slot is the place of a queue, journal or subqueue in the store, 1..262143.
// It is given out again only when empty.
type Slot uint32

// MaxSlot is the largest slot: 18 bits of the packed key.
const MaxSlot Slot = 1<<18 - 1

// The errors a Step or a read can end with besides those of mq.
var (
	// ErrGone: the message is not (or no longer) at that place.
	ErrGone = errors.New("store: no such message")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("store: closed")
	// ErrFailed: the disk failed under a write. What is on it is unknown until
	// the store is opened again, so nothing more is answered.
	ErrFailed = errors.New("store: stopped after a disk error")
	// ErrFull: no space left; nothing of the step happened.
	ErrFull = errors.New("store: no space left on the disk")
	// ErrNoSlot: there is no queue at that slot.
	ErrNoSlot = errors.New("store: no such queue")
	// ErrTaken: the slot, the name, the role or the transaction is there already.
	ErrTaken = errors.New("store: taken")
	// ErrNotEmpty: the queue has messages, a journal or subqueues.
	ErrNotEmpty = errors.New("store: queue not empty")
	// ErrSkipped: the step was to follow one that failed.
	ErrSkipped = errors.New("store: an earlier step failed")
	// ErrDamaged: what is stored is not what was written.
	ErrDamaged = errors.New("store: damaged")
)

// Store is a queue manager's memory. All methods may be called concurrently.
type Store interface {
	// Identity is the queue manager's identity, made when the store was; Identify
	// changes its identifier.
	Identity() Identity
	// Submit hands a step to the writer and returns at once. step.Done is
	// called exactly once, after the commit or the failure.
	Submit(step *Step)
	// NextOrdinal gives the next message number of this queue manager
	// (MessageIdOrdinal, MS-MQQB 3.1.1.3.1); never twice, across restarts.
	NextOrdinal() uint32
	// LastSeq is the highest sequence number given to a committed message; what
	// is put later gets a higher one. 0 in a store that never had a message.
	LastSeq() uint64
	// NewSlot reserves an empty slot for a CreateQueue; FreeSlot gives back
	// one whose creation failed.
	NewSlot() (Slot, error)
	FreeSlot(Slot)

	// Queues is the catalogue as committed.
	Queues(ctx context.Context) ([]Queue, error)
	// Count is the exact number of messages and bytes of a slot, express ones
	// included. It costs no I/O.
	Count(Slot) Count
	// Express is the number of express messages and their bytes in all slots.
	Express() Count
	// Lookups returns places of a slot in queue order behind after, without
	// reading messages. A limit of 0 is none, here and in Due.
	Lookups(ctx context.Context, s Slot, after uint64, limit int) ([]uint64, error)
	// Range reads rows by key.
	Range(ctx context.Context, r Range) ([]*Row, error)
	// Get reads one row with at most body bytes of its body (negative: all);
	// ErrGone if it is not there.
	Get(ctx context.Context, s Slot, lookup uint64, body int) (*Row, error)
	// Find is the place of an indexed message identifier (Row.Index).
	Find(ctx context.Context, id mq.ObjectID) (Place, error)
	// Due returns places whose Expires is at or before now (Unix seconds),
	// the earliest first.
	Due(ctx context.Context, now int64, limit int) ([]Place, error)
	// NextDue is the earliest Expires of all messages, 0 if there is none.
	NextDue(ctx context.Context) (int64, error)
	// Prepared returns the transactions that a restart has to keep.
	Prepared(ctx context.Context) ([]Prepared, error)
	// State reads a value of protocol state; nil if it is not there.
	State(ctx context.Context, space string, key []byte) ([]byte, error)
	// States calls fn for every pair of a space in the order of the keys.
	States(ctx context.Context, space string, fn func(key, value []byte) error) error

	// Check verifies every invariant; an empty list is a sound store.
	Check(ctx context.Context) (Report, error)
	// Tidy gives unused space back to the file system.
	Tidy(ctx context.Context) (before, after int64, err error)
	// Close waits for submitted steps and releases the folder.
	Close() error
}

// Identity is who the queue manager is.
type Identity struct {
	ID      mq.GUID
	Name    string // computer name given at creation
	Created int64  // Unix seconds
}

// Count is a number of messages and the bytes of their packets.
type Count struct {
	Messages int64
	Bytes    int64
}

// Place is where a message is.
type Place struct {
	Slot   Slot
	Lookup uint64
}

// Range selects rows of a slot in queue order; both bounds are exclusive, a
// zero Before is the end.
type Range struct {
	Slot    Slot
	After   uint64
	Before  uint64
	Reverse bool // the last Limit of the range; still returned in queue order
	Limit   int  // 0: none
	Body    int  // bytes of each body to read; negative: all
}

// Report is the outcome of Check.
type Report struct {
	Queues   int
	Messages int64
	Problems []string
}

// Prepared is a transaction that voted to commit.
type Prepared struct {
	ID  mq.GUID
	Ops []Op
}
