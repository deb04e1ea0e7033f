package store

import (
	"cmp"
	"context"
	"os"
)

// tidyPages is how many free pages go at once; the writer commits between.
const tidyPages = 2000

// Tidy gives unused space back to the file system. It removes no message
// (TIDY of MS-MQMR 3.1.4.2 would purge every queue).
func (s *SQLite) Tidy(ctx context.Context) (before, after int64, err error) {
	ctx, done, err := s.long(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer done()
	before, err = s.diskSize()
	if err != nil {
		return 0, 0, err
	}
	for free := int64(1); free > 0; {
		if err := ctx.Err(); err != nil {
			return before, before, err
		}
		late := s.w.call(func() {
			if failed := s.failure.Load(); failed != nil {
				err = *failed
				return
			}
			free, err = s.w.vacuum()
		})
		if err = cmp.Or(late, err); err != nil {
			return before, before, err
		}
	}
	after, err = s.diskSize()
	return before, after, err
}

// vacuum frees some pages; it returns how many are left. The last one also
// empties the WAL.
func (w *writer) vacuum() (free int64, err error) {
	err = w.vacuumPages(&free)
	switch kind := kindOf(database(err)); {
	case err == nil:
		return free, nil
	case kind == damaged || kind == broken:
		return 0, w.s.fail(err)
	default:
		return 0, w.s.stepError(err)
	}
}

func (w *writer) vacuumPages(free *int64) error {
	if err := w.conn.QueryRowContext(w.ctx, "PRAGMA freelist_count").Scan(free); err != nil {
		return err
	}
	if *free > 0 {
		if _, err := w.conn.ExecContext(w.ctx, "PRAGMA incremental_vacuum(2000)"); err != nil {
			return err
		}
		*free = max(*free-tidyPages, 0)
	}
	w.counted()
	if *free > 0 && w.pages < checkpointPages {
		return nil
	}
	if w.s.snapshots.Load() > 0 {
		return nil // it would wait for Check; the next checkpoint cuts the file
	}
	var blocked, log, done int
	err := w.conn.QueryRowContext(w.ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&blocked, &log, &done)
	if err == nil && blocked == 0 {
		w.pages = 0
	}
	return err
}

// diskSize is the bytes of the database and its WAL.
func (s *SQLite) diskSize() (n int64, err error) {
	info, err := os.Stat(s.file)
	if err != nil {
		return 0, err
	}
	n = info.Size()
	if info, err := os.Stat(s.file + "-wal"); err == nil {
		n += info.Size()
	}
	return n, nil
}
