package opened

import (
	"context"

	"posthouse/localqm"
	"posthouse/localqm/mq"
)

// Cursor is a cursor of an open queue, known by a number. Closing it while somebody
// reads with it does that read no harm.
type Cursor struct {
	Number uint32
	cursor *localqm.Cursor
	turn   chan struct{}
}

// OpenCursor makes a cursor before the first message (R_QMCreateRemoteCursor,
// MS-MQMP 3.1.4.4).
func (q *Queue) OpenCursor() (*Cursor, error) {
	cursor, err := q.Handle.Cursor()
	if err != nil {
		return nil, err
	}
	q.t.mu.Lock()
	defer q.t.mu.Unlock()
	if len(q.cursors) >= MostCursors {
		return nil, mq.Errorf(mq.ErrInsufficientResources, "open a cursor", "the queue has %d cursors already", len(q.cursors)).
			WithFix("close those that are not needed")
	}
	for q.last++; q.last == 0 || q.cursors[q.last] != nil; {
		q.last++
	}
	c := &Cursor{Number: q.last, cursor: cursor, turn: make(chan struct{}, 1)}
	q.cursors[c.Number] = c
	return c, nil
}

// Cursor is the cursor of a number. The error is MQ_ERROR_INVALID_HANDLE.
func (q *Queue) Cursor(number uint32) (*Cursor, error) {
	q.t.mu.Lock()
	defer q.t.mu.Unlock()
	if c := q.cursors[number]; c != nil {
		return c, nil
	}
	return nil, mq.Errorf(mq.ErrInvalidHandle, "find a cursor", "the queue has no cursor %d", number)
}

// CloseCursor forgets a cursor. The error is MQ_ERROR_INVALID_HANDLE.
func (q *Queue) CloseCursor(number uint32) error {
	if _, err := q.Cursor(number); err != nil {
		return err
	}
	q.t.mu.Lock()
	defer q.t.mu.Unlock()
	delete(q.cursors, number)
	return nil
}

// Take waits until nobody else reads with the cursor; release ends it.
func (c *Cursor) Take(ctx context.Context) (cursor *localqm.Cursor, release func(), err error) {
	select {
	case c.turn <- struct{}{}:
		return c.cursor, func() { <-c.turn }, nil
	case <-ctx.Done():
		return nil, nil, mq.Errorf(mq.ErrOperationCancelled, "read with a cursor", "%w", ctx.Err())
	}
}
