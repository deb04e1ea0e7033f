package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"modernc.org/sqlite"

	"posthouse/localqm/failpoint"
)

const (
	// batchSteps and batchBytes end a batch; larger ones are slower.
	batchSteps = 200
	batchBytes = 4 << 20
)

// checkpointPages is when the WAL is copied into the database, so that it is
// overwritten from its start, which is faster than growing it.
var checkpointPages = 4000

// writer is the one goroutine that changes the store.
type writer struct {
	s    *SQLite
	conn *sql.Conn
	ctx  context.Context // never cancelled: what is begun ends
	stmt map[string]*sql.Stmt

	mu      sync.Mutex
	wake    *sync.Cond
	waiting []*Step
	calls   []func()
	closing bool
	done    chan struct{}

	open    bool // a transaction
	pages   int  // written to the WAL since the last checkpoint
	log     int  // pages in the WAL at the last checkpoint
	limit   int  // of pages, then comes the next one
	tight   bool // little space on the disk
	linger  linger
	reserve reserve
}

func newWriter(s *SQLite, c *sql.Conn) *writer {
	w := &writer{
		s: s, conn: c, ctx: context.Background(), stmt: map[string]*sql.Stmt{},
		done: make(chan struct{}), linger: linger{most: s.opts.Linger},
	}
	w.wake = sync.NewCond(&w.mu)
	return w
}

func (w *writer) prepare(ctx context.Context) error {
	for _, q := range writes {
		st, err := w.conn.PrepareContext(ctx, q) //nolint:sqlclosecheck // kept until Close
		if err != nil {
			return err
		}
		w.stmt[q] = st
	}
	return nil
}

// Submit hands a step to the writer.
func (s *SQLite) Submit(step *Step) {
	for _, op := range step.Ops {
		if p, ok := op.(*Put); ok {
			p.Row.BodySize = len(p.Row.Body)
		}
	}
	w := s.w
	w.mu.Lock()
	if w.closing {
		w.mu.Unlock()
		step.Err = ErrClosed
		go step.Done(step) // not inline: the caller may hold what Done takes
		return
	}
	w.waiting = append(w.waiting, step)
	w.mu.Unlock()
	w.wake.Signal()
}

// call runs fn in the writer between two batches and waits for it.
func (w *writer) call(fn func()) error {
	done := make(chan struct{})
	w.mu.Lock()
	if w.closing {
		w.mu.Unlock()
		return ErrClosed
	}
	w.calls = append(w.calls, func() { fn(); close(done) })
	w.mu.Unlock()
	w.wake.Signal()
	<-done
	return nil
}

// take waits for something to do and returns all of it up to a batch; nothing
// at the end.
func (w *writer) take() (steps []*Step, calls []func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.waiting) == 0 && len(w.calls) == 0 {
		if w.closing {
			return nil, nil
		}
		w.wake.Wait()
	}
	w.linger.wait(&w.mu, func() int { return len(w.waiting) })
	n, size := 0, 0
	for n < len(w.waiting) && n < batchSteps && size < batchBytes {
		for _, op := range w.waiting[n].Ops {
			if p, ok := op.(*Put); ok {
				size += len(p.Row.Head) + len(p.Row.Body)
			}
		}
		n++
	}
	steps, w.waiting = w.waiting[:n:n], w.waiting[n:]
	calls, w.calls = w.calls, nil
	return steps, calls
}

func (w *writer) run() {
	defer close(w.done)
	for {
		steps, calls := w.take()
		if steps == nil && calls == nil {
			return
		}
		if len(steps) > 0 {
			w.commit(steps)
			w.mu.Lock()
			w.linger.saw(len(steps) + len(w.waiting))
			w.mu.Unlock()
			failpoint.Here(failpoint.Committed)
			for _, st := range steps {
				st.After = nil // or a chain of steps would keep all their messages
				st.Done(st)
			}
			failpoint.Here(failpoint.Done)
		}
		for _, fn := range calls {
			fn()
		}
		if w.pages >= w.limit && w.s.failure.Load() == nil {
			w.checkpoint()
		}
	}
}

// stop ends the writer after what was submitted.
func (w *writer) stop() error {
	w.mu.Lock()
	w.closing = true
	w.mu.Unlock()
	w.wake.Signal()
	<-w.done
	if err := w.s.failure.Load(); err != nil {
		return nil // said already; nothing more is written
	}
	return w.leave()
}

// leave writes the exact marks, so that a clean restart skips no number.
func (w *writer) leave() error {
	err := w.begin()
	if err == nil {
		err = w.setMark("seq", w.s.visible.Load()-1)
	}
	if err == nil {
		err = w.setMark("ordinal", w.s.ordinals.Load())
	}
	if err == nil {
		err = w.exec("COMMIT")
	}
	w.open = w.open && err != nil
	w.rollback()
	if kindOf(err) == full {
		return nil // then the marks skip numbers, as after a kill
	}
	return err
}

// reserveOrdinals makes message numbers durable before the first is given out.
func (w *writer) reserveOrdinals() error {
	m := &w.s.ordinal
	v := m.next(w.s.ordinals.Load(), true)
	err := w.begin()
	if err == nil {
		err = w.setMark(m.name, v)
	}
	if err == nil {
		err = w.exec("COMMIT")
	}
	w.open = w.open && err != nil
	w.rollback()
	switch {
	case err == nil:
		m.durable = v
	case kindOf(err) == full:
		return nil // the first step will do it
	}
	return err
}

func (w *writer) setMark(name string, v uint64) error {
	text := fmt.Append(nil, v)
	return w.exec(setSetting, text, sumOf([]byte(name), text), name)
}

func (w *writer) close() error {
	for _, st := range w.stmt {
		_ = st.Close()
	}
	return w.conn.Close()
}

// exec runs a prepared statement inside the batch's transaction.
func (w *writer) exec(q string, args ...any) error {
	_, err := w.stmt[q].ExecContext(w.ctx, args...)
	return database(err)
}

// row reads one number with a prepared statement.
func (w *writer) row(q string, args ...any) (n int64, err error) {
	err = w.stmt[q].QueryRowContext(w.ctx, args...).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, ErrGone
	}
	return n, database(err)
}

// begin opens the transaction of the batch if it is not open yet.
func (w *writer) begin() error {
	if w.open {
		return nil
	}
	if err := w.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	w.open = true
	return nil
}

func (w *writer) rollback() {
	if w.open {
		_ = w.exec("ROLLBACK") // an error may have done it already
		w.open = false
	}
}

// checkpoint copies the WAL into the database. It waits for readers, which are
// short, only if they have made the WAL far too long, and never for Check.
func (w *writer) checkpoint() {
	failpoint.Here(failpoint.Checkpoint)
	mode := "PASSIVE"
	if w.log > 4*w.limit && w.s.snapshots.Load() == 0 {
		mode = "RESTART"
	}
	var blocked, done int
	err := w.conn.QueryRowContext(w.ctx, "PRAGMA wal_checkpoint("+mode+")").Scan(&blocked, &w.log, &done)
	switch kind := kindOf(database(err)); {
	case err == nil && done == w.log:
		w.pages = 0
	case err == nil || kind == full || kind == busy:
		w.pages = max(w.pages-w.limit/4, w.limit*3/4) // try again soon
	default:
		_ = w.s.fail(err)
	}
	w.pace()
}

// counted adds the pages that the last transaction wrote.
func (w *writer) counted() {
	_ = w.conn.Raw(func(c any) error {
		n, _, err := c.(sqlite.DBStatus).Status(sqlite.DBStatusCacheWrite, true)
		w.pages += n
		return err
	})
}
