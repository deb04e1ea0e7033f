package opened

import (
	"crypto/rand"
	"encoding/binary"
	"sync"

	"posthouse/localqm"
	"posthouse/localqm/mq"
)

// Most is how many queues may be open by number, and MostCursors how many cursors
// one of them has; all together have mostCursors.
const (
	Most        = 4 * 65536 // no user has so many handles
	MostCursors = 4096
	mostCursors = 64 * MostCursors
)

// Use is what an open queue is there for (RemoteReadState, MS-MQDMPR 3.1.1.16).
type Use uint8

// The uses.
const (
	Local        Use = iota // None: its opener reads it
	Opened                  // for remote reading, which has not begun
	ReadyForRead            // a remote reader has it
)

// Table has the open queues of a queue manager by their numbers: Handle of
// OpenQueueDescriptor (MS-MQDMPR 3.1.1.16). It is safe for use by many.
type Table struct {
	mu      sync.Mutex
	queues  map[uint32]*Queue
	cursors int // of all queues
}

// NewTable is a table without open queues.
func NewTable() *Table { return &Table{queues: map[uint32]*Queue{}} }

// Queue is an open queue with its cursors.
type Queue struct {
	Handle *localqm.Handle
	// Number is not 0, and drawn by lot: who knows it can read the queue with the
	// rights of its opener.
	Number uint32

	t       *Table
	use     Use // this and what follows is guarded by t.mu
	gone    bool
	last    uint32 // cursor number
	cursors map[uint32]*localqm.Cursor
}

// Add gives an open queue a number; use is Local or Opened. The handle is closed
// with the Queue.
func (t *Table) Add(h *localqm.Handle, use Use) (*Queue, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.queues) >= Most {
		return nil, mq.Errorf(mq.ErrInsufficientResources, "open a queue by number", "%d are open already", len(t.queues)).
			WithFix("close those that are not needed")
	}
	q := &Queue{Handle: h, t: t, use: use, cursors: map[uint32]*localqm.Cursor{}}
	for q.Number == 0 || t.queues[q.Number] != nil {
		var raw [4]byte
		_, _ = rand.Read(raw[:]) // never fails
		q.Number = binary.LittleEndian.Uint32(raw[:])
	}
	t.queues[q.Number] = q
	return q, nil
}

// Find is the open queue of a number. The error is MQ_ERROR_INVALID_HANDLE.
func (t *Table) Find(number uint32) (*Queue, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if q := t.queues[number]; q != nil {
		return q, nil
	}
	return nil, mq.Errorf(mq.ErrInvalidHandle, "find an open queue", "no queue is open by the number %d", number)
}

// Len is how many queues are open.
func (t *Table) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.queues)
}

// Claim begins remote reading (RemoteQMOpenQueue, MS-MQQP 3.1.4.3): from now on the
// queue is the reader's, who closes it. One that was not opened for it, or has a
// reader, is not given away: false.
func (q *Queue) Claim() bool {
	q.t.mu.Lock()
	defer q.t.mu.Unlock()
	if q.gone || q.use != Opened {
		return false
	}
	q.use = ReadyForRead
	return true
}

// Release is the end of its opener's interest (R_QMCloseRemoteQueueContext, MS-MQMP
// 3.1.4.3): it is closed unless a remote reader has it.
func (q *Queue) Release() { q.close(false) }

// Close forgets the number and closes the queue; its waiting reads end. A second
// call does nothing.
func (q *Queue) Close() { q.close(true) }

func (q *Queue) close(claimed bool) {
	q.t.mu.Lock()
	if q.gone || q.use == ReadyForRead && !claimed {
		q.t.mu.Unlock()
		return
	}
	q.gone = true
	delete(q.t.queues, q.Number)
	q.t.cursors -= len(q.cursors)
	q.cursors = nil
	q.t.mu.Unlock()
	q.Handle.Close()
}
