package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"posthouse/localqm/mq"

	_ "modernc.org/sqlite" // the driver
)

// Options say where a store is and how it works.
type Options struct {
	Dir          string           // the data folder, created if missing
	Name         string           // computer name of a new store; default: the host's
	Now          func() time.Time // default: time.Now
	ExpressLimit int64            // bytes of express messages in memory before they spill; default 256 MB
	Linger       time.Duration    // most that a commit waits for active senders; default 50 us, negative: never
}

const (
	defaultExpressLimit = 256 << 20
	defaultLinger       = 50 * time.Microsecond
)

var _ Store = (*SQLite)(nil)

// SQLite is the store of a data folder.
type SQLite struct {
	dir, file string
	opts      Options
	identity  atomic.Pointer[Identity]

	lock  *os.File
	db    *sql.DB // the writer's
	ro    *sql.DB
	reads statements // of ro

	w *writer

	catalogue *catalogue
	countsMu  sync.RWMutex
	counts    map[Slot]*tally // the writer alone changes it
	express   *express
	spill     spill
	seq       mark
	ordinal   mark
	ordinals  atomic.Uint64 // the last one given
	visible   atomic.Uint64 // messages from this seq on do not show yet
	failure   atomic.Pointer[error]

	open   sync.RWMutex // read: a read goes on; write: closing
	closed bool         // under open
	longs  sync.WaitGroup
	// snapshots are the checks that keep the WAL from starting again.
	snapshots atomic.Int32
	quit      context.Context // ends what takes long at Close
	cancel    context.CancelFunc
}

// Open opens the store of a data folder, or makes one. A folder in use is a
// *LockedError; what cannot be used is refused with the cause and the fix.
func Open(ctx context.Context, o Options) (_ *SQLite, err error) {
	if o.Dir, err = filepath.Abs(o.Dir); err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.ExpressLimit == 0 {
		o.ExpressLimit = defaultExpressLimit
	}
	if o.Linger == 0 {
		o.Linger = defaultLinger
	}
	s := &SQLite{
		dir: o.Dir, file: filepath.Join(o.Dir, databaseName), opts: o,
		counts: map[Slot]*tally{}, express: newExpress(),
		spill: spill{dir: o.Dir, size: segmentSize},
	}
	if err := prepareFolder(s.dir); err != nil {
		return nil, err
	}
	if s.lock, err = lockFolder(s.dir); err != nil {
		var locked *LockedError
		if errors.As(err, &locked) {
			return nil, err
		}
		return nil, folderError("open data folder "+s.dir, err)
	}
	defer func() {
		if err != nil {
			_ = s.release() // err says more
		}
	}()
	if err := prepareDatabase(s.file); err != nil {
		return nil, err
	}
	if err := dropSpilled(s.dir); err != nil {
		return nil, folderError("clean data folder "+s.dir, err)
	}
	if err := s.openWriter(ctx); err != nil {
		return nil, s.openError(err)
	}
	if err := s.openReaders(ctx); err != nil {
		return nil, s.openError(err)
	}
	info, err := os.Stat(s.file)
	if err != nil {
		return nil, s.openError(err)
	}
	s.w.reserve = newReserve(filepath.Join(s.dir, reserveName), info.Size())
	s.w.reserve.fill()
	s.w.pace()
	s.quit, s.cancel = context.WithCancel(context.Background())
	go s.w.run()
	return s, nil
}

// openError turns what SQLite says into what a person can act on.
func (s *SQLite) openError(err error) error {
	what := "open " + s.file
	var known *mq.Error
	switch kind := kindOf(err); {
	case errors.As(err, &known):
		return err
	case errors.Is(err, ErrDamaged) || kind == damaged:
		return &mq.Error{
			Code: mq.ErrMessageStorageFailed, Op: what, Why: "the database file is damaged: " + err.Error(),
			Fix: "move the folder away, keep it, and restore a backup",
			Err: errors.Join(ErrDamaged, err),
		}
	case kind == full:
		return folderError(what, errors.Join(ErrFull, err))
	case kind == busy:
		return refuse(what, "another program has locked the database (%w)", err).WithFix("close the other program")
	}
	return refuse(what, "%w", err).WithFix("see to the disk and to the rights of the folder")
}

// dsn is the URI of the database; SQLite decodes the path.
func (s *SQLite) dsn(params string) string {
	p := filepath.ToSlash(s.file)
	if !strings.HasPrefix(p, "/") {
		p = "/" + p // C:/...
	}
	return "file:" + (&url.URL{Path: p}).EscapedPath() + "?" + params
}

func (s *SQLite) openWriter(ctx context.Context) error {
	var err error
	// busy_timeout: only another program can hold a lock, and not for long.
	// fullfsync: what macOS needs for fsync to mean it.
	s.db, err = sql.Open("sqlite", s.dsn("_pragma=busy_timeout(10000)&_pragma=cell_size_check(1)"+
		"&_pragma=fullfsync(1)&_pragma=checkpoint_fullfsync(1)"))
	if err != nil {
		return err
	}
	s.db.SetMaxOpenConns(1)
	c, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	s.w = newWriter(s, c)
	if err := s.refuseForeign(ctx, c); err != nil {
		return err
	}
	// page_size and auto_vacuum work only on an empty file.
	for _, q := range []string{
		"PRAGMA page_size = 4096", "PRAGMA auto_vacuum = INCREMENTAL", "PRAGMA journal_mode = WAL",
		"PRAGMA synchronous = FULL", "PRAGMA wal_autocheckpoint = 0",
	} {
		if _, err := c.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	steps, err := migrations()
	if err != nil {
		return err
	}
	if err := migrate(ctx, c, s.file, steps); err != nil {
		return err
	}
	if err := s.load(ctx, c); err != nil {
		return err
	}
	if err := s.w.prepare(ctx); err != nil {
		return err
	}
	return s.w.reserveOrdinals()
}

// refuseForeign makes sure that the file is ours before anything is changed.
func (s *SQLite) refuseForeign(ctx context.Context, c *sql.Conn) error {
	var id, objects int
	if err := c.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return err
	}
	if id == applicationID {
		return nil
	}
	if err := c.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&objects); err != nil {
		return err
	}
	if id == 0 && objects == 0 {
		return nil // new, or stopped while it was being made
	}
	return refuse("open "+s.file, "it is the database of another program (application id 0x%08X)", uint32(id)).
		WithFix("move it away, restore a backup, or choose another folder with --data")
}

func (s *SQLite) openReaders(ctx context.Context) error {
	var err error
	s.ro, err = sql.Open("sqlite", s.dsn("mode=ro&_pragma=busy_timeout(10000)&_pragma=query_only(1)"+
		"&_pragma=cell_size_check(1)&_pragma=mmap_size(1073741824)"))
	if err != nil {
		return err
	}
	n := min(max(runtime.GOMAXPROCS(0), 4), 8) // Check takes one for long
	s.ro.SetMaxOpenConns(n)
	s.ro.SetMaxIdleConns(n)
	s.reads.db = s.ro
	return s.ro.PingContext(ctx)
}

// load reads what is kept in memory: the identity, the marks, the catalogue
// and the counters.
func (s *SQLite) load(ctx context.Context, c *sql.Conn) error {
	settings, err := loadSettings(ctx, c)
	if err != nil {
		return err
	}
	if len(settings) == 0 {
		if settings, err = s.found(ctx, c); err != nil {
			return err
		}
	}
	var who Identity
	if copy(who.ID[:], settings["id"]) != len(who.ID) || who.ID.IsZero() {
		return damage("the queue manager's identifier")
	}
	who.Name = string(settings["name"])
	if who.Created, err = number(settings["created"]); err != nil {
		return errf(ErrDamaged, "setting created: %v", err)
	}
	s.identity.Store(&who)
	for name, m := range map[string]*mark{"seq": &s.seq, "ordinal": &s.ordinal} {
		v, err := number(settings[name])
		if err != nil {
			return errf(ErrDamaged, "setting %s: %v", name, err)
		}
		*m = mark{name: name, durable: uint64(v), block: blocks[name]}
	}
	s.visible.Store(s.seq.durable + 1)
	age := max(0, s.opts.Now().Unix()-who.Created)
	s.ordinals.Store(max(s.ordinal.durable, uint64(age)*ordinalsPerSecond))
	queues, err := loadQueues(ctx, c)
	if err != nil {
		return err
	}
	s.catalogue = newCatalogue(queues)
	counts, err := loadCounters(ctx, c)
	if err != nil {
		return err
	}
	for at, n := range counts {
		s.counts[at] = &tally{durable: n}
	}
	return nil
}

// found gives a new store its identity.
func (s *SQLite) found(ctx context.Context, c *sql.Conn) (map[string][]byte, error) {
	name := s.opts.Name
	if name == "" {
		host, err := os.Hostname()
		if err != nil || host == "" {
			host = "localhost"
		}
		host, _, _ = strings.Cut(host, ".")
		name = strings.ToUpper(host)
	}
	id := mq.NewGUID()
	settings := map[string][]byte{
		"id": id[:], "name": []byte(name), "created": fmt.Append(nil, s.opts.Now().Unix()),
		"seq": []byte("0"), "ordinal": []byte("0"),
	}
	tx, err := c.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	for k, v := range settings {
		if _, err := tx.ExecContext(ctx, "INSERT INTO setting (name, value, sum) VALUES (?, ?, ?)", k, v, sumOf([]byte(k), v)); err != nil {
			return nil, err
		}
	}
	return settings, tx.Commit()
}

// Identity is the queue manager's identity.
func (s *SQLite) Identity() Identity { return *s.identity.Load() }

// Close waits for the submitted steps, writes everything into the database
// file and releases the folder.
func (s *SQLite) Close() error {
	s.open.Lock()
	if s.closed {
		s.open.Unlock()
		return nil
	}
	s.closed = true
	s.open.Unlock()
	s.cancel()
	s.longs.Wait()
	err := s.w.stop()
	return errors.Join(err, s.release())
}

// long begins what takes long: Close cancels it and waits for done.
func (s *SQLite) long(ctx context.Context) (_ context.Context, done func(), err error) {
	s.open.RLock()
	defer s.open.RUnlock()
	if s.closed {
		return nil, nil, ErrClosed
	}
	s.longs.Add(1)
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.quit, cancel)
	return ctx, func() { stop(); cancel(); s.longs.Done() }, nil
}

// release closes what is open. The writer's connection, if it is the last one,
// checkpoints and removes the WAL.
func (s *SQLite) release() error {
	var errs []error
	closeWriter := func() {
		if s.w != nil {
			errs = append(errs, s.w.close())
		}
		if s.db != nil {
			errs = append(errs, s.db.Close())
		}
	}
	failed := s.failure.Load() != nil
	if failed {
		closeWriter() // before the others: a disk that failed gets no checkpoint
	}
	if s.ro != nil {
		s.reads.close()
		errs = append(errs, s.ro.Close())
	}
	if !failed {
		closeWriter()
	}
	s.spill.close()
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}
