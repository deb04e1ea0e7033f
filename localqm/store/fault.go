package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"posthouse/localqm/mq"
)

// fault is what an error means for the steps it hit.
type fault int

const (
	refused fault = iota // the step is wrong; others go on
	full                 // no space
	busy                 // another program holds the database
	damaged              // the file is not sound
	broken               // the disk failed, or anything not foreseen
)

// diskError is an error of a database call that SQLite has no code for.
type diskError struct{ err error }

func (e *diskError) Error() string { return e.err.Error() }
func (e *diskError) Unwrap() error { return e.err }

// database marks the error of a database call, so that kindOf can tell it from
// a refusal of ours.
func database(err error) error {
	var known *sqlite.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	return &diskError{err}
}

func kindOf(err error) fault {
	var known *sqlite.Error
	if !errors.As(err, &known) {
		var disk *diskError
		switch {
		case errors.Is(err, ErrFull):
			return full
		case errors.As(err, &disk):
			return broken
		}
		return refused
	}
	switch known.Code() & 0xff {
	case sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH:
		return refused
	case sqlite3.SQLITE_FULL:
		return full
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return busy
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return damaged
	}
	return broken
}

// fail makes the store answer nothing any more (reliability: a failed sync
// proves nothing about what is on the disk, nor does repeating it).
func (s *SQLite) fail(cause error) error {
	var err error = &mq.Error{
		Code: mq.ErrMessageStorageFailed, Op: "write to " + s.file,
		Why: "the disk failed, so the queue manager has stopped serving: " + cause.Error(),
		Fix: "see to the disk, then start it again; run `posthouse check` if the file is damaged",
		Err: errors.Join(ErrFailed, cause),
	}
	s.failure.CompareAndSwap(nil, &err)
	return *s.failure.Load()
}

// stepError is what a failed step ends with.
func (s *SQLite) stepError(err error) error {
	switch kindOf(err) {
	case full:
		return &mq.Error{
			Code: mq.ErrMessageStorageFailed, Op: "write to " + s.file, Why: "no space left on the disk; nothing was changed",
			Fix: "make room on the disk", Err: errors.Join(ErrFull, err),
		}
	case busy:
		return mq.Errorf(mq.ErrMessageStorageFailed, "write to "+s.file,
			"another program has locked the database; nothing was changed (%w)", err).WithFix("close the other program")
	}
	return err
}

// readError is what a failed read ends with.
func (s *SQLite) readError(err error) error {
	switch {
	case err == nil || errors.Is(err, ErrGone) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, sql.ErrConnDone):
		return ErrClosed
	case kindOf(err) == damaged || errors.Is(err, ErrDamaged):
		return &mq.Error{
			Code: mq.ErrMessageStorageFailed, Op: "read " + s.file, Why: "the database file is damaged: " + err.Error(),
			Fix: "run `posthouse check`, then restore a backup", Err: errors.Join(ErrDamaged, err),
		}
	}
	return mq.Errorf(mq.ErrMessageStorageFailed, "read "+s.file, "%w", err).WithFix("see to the disk")
}

func errf(kind error, what string, args ...any) error {
	return fmt.Errorf("%w: %s", kind, fmt.Sprintf(what, args...))
}
