package localqm

import (
	"context"

	"posthouse/localqm/mq"
)

// Cursor walks a queue (MS-MQDMPR 3.2). It belongs to the handle that made it.
// Reads with one cursor at the same time move it in any order. Browsing survives
// the removal of the message it stands on: the place is a key, not a message.
type Cursor struct {
	handle *Handle
	at     uint64 // the lookup it stands on; 0 before the first; this and state are guarded by mu
	state  cursorState
}

type cursorState uint8

// The states of MS-MQDMPR 3.2.1.2; waiting is not kept, since a wait holds its
// cursor.
const (
	unread cursorState = iota // at is behind: the next one is wanted
	read                      // at was returned by a peek
)

// Cursor makes a cursor before the first message (Open Cursor).
func (h *Handle) Cursor() (*Cursor, error) {
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	if _, err := h.reading("open a cursor on "+h.name.String(), false, nil); err != nil {
		return nil, err
	}
	return &Cursor{handle: h}, nil
}

// chooseCursor picks the position a cursor means (MS-MQDMPR 3.2.7.2-5). offered
// is one that became available while the cursor waited, 0 for none: a waiting
// cursor takes what comes, wherever it stands. Called with mu held.
func (h *Handle) chooseCursor(ctx context.Context, op string, q *queue, o ReadOptions, offered uint64) (uint64, error) {
	c := o.Cursor
	if c.handle != h {
		return 0, mq.Errorf(mq.ErrInvalidHandle, op, "the cursor belongs to another open queue")
	}
	if o.Peek && o.Next && c.state == unread {
		return 0, mq.Errorf(mq.ErrIllegalCursorAction, op, "the cursor stands before a message that it has not read").
			WithFix("peek at the current message first")
	}
	if c.state == read && !o.Next {
		if q.locks[c.at] != nil || !h.m.present(ctx, q, c.at) {
			return 0, mq.Errorf(mq.ErrMessageAlreadyReceived, op, "the message the cursor stands on is gone").
				WithFix("move the cursor on")
		}
		if !o.Peek {
			c.state = unread
		}
		return c.at, nil
	}
	lookup, err := h.m.after(ctx, op, q, c.at)
	if mq.CodeOf(err) == mq.ErrMessageNotFound {
		switch {
		case offered != 0 && q.locks[offered] == nil && h.m.present(ctx, q, offered):
			lookup = offered
		case !o.Peek && o.Timeout == 0:
			return 0, mq.Errorf(mq.ErrMessageNotFound, op, "no message stands behind the cursor")
		default:
			return 0, ioTimeout(op, 0)
		}
	} else if err != nil {
		return 0, err
	}
	c.at, c.state = lookup, unread
	if o.Peek {
		c.state = read
	}
	return lookup, nil
}

// missed puts the cursor where a read that got nothing leaves it: behind a message
// that went before it could be read (again), else where it stood. stuck tells that
// this was the very message that it stands on. Called with mu held.
func (c *Cursor) missed(before Cursor, again, next bool) (stuck bool) {
	switch {
	case !again:
		*c = before
	case before.state == read && !next:
		return true
	default:
		c.state = before.state
	}
	return false
}

func (m *QueueManager) present(ctx context.Context, q *queue, lookup uint64) bool {
	_, err := m.store.Get(ctx, q.slot, lookup, 0)
	return err == nil
}

// cursorExpired ends a cursor's wait (MS-MQDMPR 3.2.7.6): its place stays
// behind the last message, so that the next one that comes is read.
func (h *Handle) cursorExpired(o ReadOptions) {
	if o.Cursor != nil && !o.Peek {
		h.m.mu.Lock()
		o.Cursor.state = unread
		h.m.mu.Unlock()
	}
}
