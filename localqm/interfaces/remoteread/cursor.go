package remoteread

import (
	"context"

	remoteread "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm"
	"posthouse/localqm/mq"
)

// CreateCursor is R_CreateCursor (MS-MQRR 3.1.4.4).
func (s *server) CreateCursor(ctx context.Context, r *remoteread.CreateCursorRequest) (*remoteread.CreateCursorResponse, error) {
	n, err := s.createCursor(ctx, r)
	return &remoteread.CreateCursorResponse{Cursor: n, Return: result(err)}, nil
}

func (s *server) createCursor(ctx context.Context, r *remoteread.CreateCursorRequest) (uint32, error) {
	const op = "make a cursor for a remote reader"
	q, err := readable(ctx, op, r.Context)
	if err != nil {
		return 0, err
	}
	c, err := q.handle.Cursor()
	if err != nil {
		return 0, err
	}
	if !s.spend(q, 0, 1) {
		return 0, mq.Errorf(mq.ErrInsufficientResources, op, "the caller has %d cursors", MostCursors).
			WithFix("close those that are not needed any more")
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		s.refund(q, 0, 1)
		return 0, mq.Errorf(mq.ErrInvalidHandle, op, "the queue was closed meanwhile")
	}
	n := s.nextCursor()
	for q.cursors[n] != nil {
		n = s.nextCursor()
	}
	q.cursors[n] = c
	return n, nil
}

// nextCursor is a number that no other cursor has, as long as they are counted in 32
// bits.
func (s *server) nextCursor() uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cursor++; s.cursor == 0 {
		s.cursor++
	}
	return s.cursor
}

// CloseCursor is R_CloseCursor (MS-MQRR 3.1.4.5). Reads that wait with the cursor end.
func (s *server) CloseCursor(ctx context.Context, r *remoteread.CloseCursorRequest) (*remoteread.CloseCursorResponse, error) {
	return &remoteread.CloseCursorResponse{Return: result(s.closeCursor(ctx, r))}, nil
}

func (s *server) closeCursor(ctx context.Context, r *remoteread.CloseCursorRequest) error {
	q, err := readable(ctx, "close a cursor of a remote reader", r.Context)
	if err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.cursors[r.Cursor] == nil {
		return statusInvalidHandle
	}
	delete(q.cursors, r.Cursor)
	s.refund(q, 0, 1)
	for _, waiting := range q.requests {
		if waiting.cursor == r.Cursor && !waiting.answered {
			waiting.cancelled = true
			waiting.cancel()
		}
	}
	return nil
}

// cursorOf is the cursor of a number; nil for 0.
func (q *queue) cursorOf(n uint32) (*localqm.Cursor, error) {
	if n == 0 {
		return nil, nil //nolint:nilnil // none is asked for
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if c := q.cursors[n]; c != nil {
		return c, nil
	}
	return nil, statusInvalidHandle
}
