package opened

import (
	"posthouse/localqm"
	"posthouse/localqm/mq"
)

// ReservedCursor is no cursor's number: closing it does nothing (MS-MQMP 3.1.4.19).
const ReservedCursor = 0x0B

// OpenCursor makes a cursor before the first message and returns its number
// (R_QMCreateRemoteCursor, MS-MQMP 3.1.4.4).
func (q *Queue) OpenCursor() (uint32, error) {
	c, err := q.Handle.Cursor()
	if err != nil {
		return 0, err
	}
	q.t.mu.Lock()
	defer q.t.mu.Unlock()
	switch {
	case q.gone:
		return 0, mq.Errorf(mq.ErrInvalidHandle, "open a cursor", "the queue was closed meanwhile")
	case len(q.cursors) >= MostCursors || q.t.cursors >= mostCursors:
		return 0, mq.Errorf(mq.ErrInsufficientResources, "open a cursor", "the queue has %d cursors already", len(q.cursors)).
			WithFix("close those that are not needed")
	}
	for q.last++; q.last == 0 || q.last == ReservedCursor || q.cursors[q.last] != nil; {
		q.last++
	}
	q.cursors[q.last] = c
	q.t.cursors++
	return q.last, nil
}

// Cursor is the cursor of a number. The error is MQ_ERROR_INVALID_HANDLE.
func (q *Queue) Cursor(number uint32) (*localqm.Cursor, error) {
	q.t.mu.Lock()
	defer q.t.mu.Unlock()
	return q.cursor(number)
}

// CloseCursor forgets a cursor; a read with it goes on. The error is
// MQ_ERROR_INVALID_HANDLE.
func (q *Queue) CloseCursor(number uint32) error {
	q.t.mu.Lock()
	defer q.t.mu.Unlock()
	_, err := q.cursor(number)
	if err == nil {
		delete(q.cursors, number)
		q.t.cursors--
	}
	return err
}

func (q *Queue) cursor(number uint32) (*localqm.Cursor, error) {
	if c := q.cursors[number]; c != nil {
		return c, nil
	}
	return nil, mq.Errorf(mq.ErrInvalidHandle, "find a cursor", "the queue has no cursor %d", number)
}
