package store

import (
	"context"
	"database/sql"
	"strconv"

	"posthouse/localqm/failpoint"
)

// What the tests of package store_test need from inside.

// SetFailpoint has fn called at the named points of the writer; nil ends that.
func SetFailpoint(fn func(point string)) { failpoint.Set(fn) }

// SetCheckpointPages makes checkpoints more frequent.
func SetCheckpointPages(n int) { checkpointPages = n }

// Migrate runs other migrations than ours.
func Migrate(ctx context.Context, c *sql.Conn, file string, steps []string) error {
	return migrate(ctx, c, file, steps)
}

// Migrations are ours.
var Migrations = migrations

// LimitPages makes SQLite find the disk full at a size; 0: no limit any more.
func (s *SQLite) LimitPages(n int) (err error) {
	if n == 0 {
		n = 1<<32 - 2
	}
	late := s.w.call(func() {
		var set int
		err = s.w.conn.QueryRowContext(context.Background(), "PRAGMA max_page_count = "+strconv.Itoa(n)).Scan(&set)
	})
	if late != nil {
		return late
	}
	return err
}

// SetSegmentSize makes spill files smaller.
func (s *SQLite) SetSegmentSize(n int64) { s.spill.size = n }

// The sums of rows, for tests that write wrong ones.
var (
	SumOf      = sumOf
	SumQueue   = sumQueue
	SumCounter = sumCounter
)
