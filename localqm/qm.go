package localqm

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
	"posthouse/localqm/store"
)

// Options configure a queue manager.
type Options struct {
	Store store.Store // owned from now on: Close closes it
	Clock Clock       // nil: SystemClock
	Log   *slog.Logger
	// Owner is the SID of the account the queue manager runs for; it and the
	// Administrators group may do everything to the machine.
	Owner string
	// Names are further names and addresses of this computer, besides the name
	// in the store, ".", localhost and the loopback addresses.
	Names []string
	// ReadTimeout is how long a two-phase read may stay unanswered before its
	// message is given back; 0 means 5 minutes.
	ReadTimeout time.Duration
}

// QueueManager is the engine.
type QueueManager struct {
	store   store.Store
	clock   Clock
	log     *slog.Logger
	self    struct{ Name string }    // of the computer; never changes
	who     atomic.Pointer[identity] // Adopt replaces it
	joined  atomic.Pointer[Directory]
	owner   secure.SID
	names   map[string]bool // lower case
	started time.Time
	reading time.Duration

	hub      hub
	received atomic.Int64
	removed  atomic.Int64

	// config makes changes of queues and settings wait for each other, since
	// each reads what it replaces. Held during commits, taken before mu.
	config sync.Mutex

	mu        sync.Mutex
	closed    bool
	failed    error                 // the store stopped
	queues    map[string]*queue     // by key of name, roots only
	slots     map[store.Slot]*queue // every queue, journal and subqueue
	numbers   map[uint32]*queue     // private queue numbers
	publics   map[mq.GUID]*queue    // public queues of this computer, by identifier
	settings  Settings
	guard     secure.Descriptor // of the machine
	bytes     int64             // sum of all queues' bytes
	txns      map[mq.GUID]*Transaction
	pendings  map[*Pending]struct{}
	begun     begun         // receives in two phases
	purged    []store.Place // given back after a purge met them: the sweeper removes them
	alarm     int64         // when the sweeper looks again, Unix seconds; 0: it is at work
	soonest   int64         // the first deadline that came meanwhile; 0: none
	carrier   Carrier       // of what leaves; nil: everything stays
	hardened  bool          // in force since the start or since it was set
	outgoings int           // outgoing queues
	sequences sequences     // of streams that leave
	history   history       // of messages that came from other machines
	incoming  incoming      // streams of transactional ones
	answers   answers       // outgoing queues begun for what came
	peers     map[mq.GUID]peer

	ctx   context.Context // ends when the queue manager stops
	stop  context.CancelFunc
	kick  chan struct{} // the sweeper has something new to look at
	tasks sync.WaitGroup
	ended sync.Once
	last  error // of closing the store
}

// Open starts a queue manager on a store: transactions that are not prepared
// are gone with the last process, deleted queues go on being emptied.
func Open(ctx context.Context, o Options) (*QueueManager, error) {
	if o.Clock == nil {
		o.Clock = SystemClock{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.ReadTimeout == 0 {
		o.ReadTimeout = 5 * time.Minute
	}
	m := &QueueManager{
		store: o.Store, clock: o.Clock, log: o.Log,
		started: o.Clock.Now(), reading: o.ReadTimeout, kick: make(chan struct{}, 1),
		queues: map[string]*queue{}, slots: map[store.Slot]*queue{}, numbers: map[uint32]*queue{}, publics: map[mq.GUID]*queue{}, answers: answers{},
		txns: map[mq.GUID]*Transaction{}, pendings: map[*Pending]struct{}{}, begun: begun{of: map[secure.SID]int{}},
	}
	m.self.Name = o.Store.Identity().Name
	m.who.Store(&identity{now: o.Store.Identity()})
	var err error
	if m.owner, err = secure.ParseSID(o.Owner); err != nil {
		return nil, fmt.Errorf("open the queue manager %s: its owner: %w", m.self.Name, err)
	}
	m.names = m.ownNames(o.Names)
	m.ctx, m.stop = context.WithCancel(context.Background())
	if err := m.load(ctx); err != nil {
		m.stop()
		return nil, fmt.Errorf("open the queue manager %s: %w", m.self.Name, err)
	}
	m.expireFirst(ctx)
	m.forgetIdle(m.clock.Now().Unix())
	m.tasks.Go(m.sweep)
	m.resumeDraining()
	return m, nil
}

// load builds the catalogue, the settings and the prepared transactions.
func (m *QueueManager) load(ctx context.Context) error {
	if err := m.loadIdentity(ctx); err != nil {
		return err
	}
	rows, err := m.store.Queues(ctx)
	if err != nil {
		return err
	}
	m.mu.Lock()
	for _, part := range []bool{false, true} { // parents before their parts
		for _, info := range rows {
			if (info.Parent != 0) == part {
				m.adopt(info)
			}
		}
	}
	m.mu.Unlock()
	if err := m.loadSettings(ctx); err != nil {
		return err
	}
	if err := m.pausedQueues(ctx); err != nil {
		return err
	}
	if err := m.ensureSystemQueues(ctx); err != nil {
		return err
	}
	if err := m.loadHistory(ctx); err != nil {
		return err
	}
	if err := m.loadIncoming(ctx); err != nil {
		return err
	}
	if err := m.loadPeers(ctx); err != nil {
		return err
	}
	return m.loadPrepared(ctx)
}

// SetNames replaces the further names and addresses of this computer
// (Options.Names): addresses come and go.
func (m *QueueManager) SetNames(names []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.names = m.ownNames(names)
}

func (m *QueueManager) ownNames(more []string) map[string]bool {
	own := map[string]bool{".": true, "localhost": true, "127.0.0.1": true, "::1": true, "[::1]": true}
	own[strings.ToLower(m.self.Name)] = true
	for _, n := range more {
		own[strings.ToLower(n)] = true
	}
	return own
}

// Close ends waiting reads, lets what is being committed finish, and closes
// the store. Transactions that are not prepared are aborted by it.
func (m *QueueManager) Close() error {
	m.ended.Do(func() {
		m.mu.Lock()
		m.closed = true // no task begins from here on
		m.wakeAll()
		m.mu.Unlock()
		m.stop()
		m.tasks.Wait()
		m.hub.close()
		m.last = m.store.Close()
	})
	return m.last
}

// task runs fn until the queue manager stops; fn obeys m.ctx. Called with mu
// held.
func (m *QueueManager) task(fn func()) {
	if !m.closed {
		m.tasks.Go(fn)
	}
}

// Done is closed when the queue manager stops, also because its disk failed.
func (m *QueueManager) Done() <-chan struct{} { return m.ctx.Done() }

// usable is the error of every call on a queue manager that has ended. Called
// with mu held.
func (m *QueueManager) usable(op string) error {
	if m.failed != nil {
		return m.storeError(op, m.failed)
	}
	if m.closed {
		return mq.Errorf(mq.ErrServiceNotAvailable, op, "the queue manager %s was stopped", m.self.Name)
	}
	return nil
}

// storeError puts an error of the store into the two readers' words.
func (m *QueueManager) storeError(op string, err error) error {
	var known *mq.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		c := *known
		c.Op = op
		return &c
	case errors.Is(err, store.ErrFull):
		return &mq.Error{
			Code: mq.ErrMessageStorageFailed, Op: op, Err: err,
			Why: "no space is left on the disk; nothing was changed",
			Fix: "free some space and try again, no restart is needed",
		}
	case errors.Is(err, store.ErrFailed):
		return &mq.Error{
			Code: mq.ErrServiceNotAvailable, Op: op, Err: err,
			Why: "the disk failed while writing, so the queue manager stopped: " + err.Error(),
			Fix: "check the disk, then start again; whatever was acknowledged is kept",
		}
	case errors.Is(err, store.ErrClosed):
		return mq.Errorf(mq.ErrServiceNotAvailable, op, "the queue manager %s was stopped", m.self.Name)
	case errors.Is(err, store.ErrDamaged):
		return &mq.Error{
			Code: mq.ErrMessageStorageFailed, Op: op, Err: err,
			Why: "what the disk holds is not what was written: " + err.Error(),
			Fix: "stop the queue manager and run `posthouse check`",
		}
	case errors.Is(err, store.ErrTaken):
		return mq.Errorf(mq.ErrQueueExists, op, "it exists already")
	case errors.Is(err, store.ErrNoSlot):
		return mq.Errorf(mq.ErrQueueDeleted, op, "the queue was deleted meanwhile")
	case errors.Is(err, store.ErrGone):
		return mq.Errorf(mq.ErrMessageNotFound, op, "the message is no longer in the queue")
	case errors.Is(err, context.Canceled) && m.ctx.Err() != nil:
		return mq.Errorf(mq.ErrServiceNotAvailable, op, "the queue manager %s is stopping", m.self.Name)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &mq.Error{Code: mq.ErrOperationCancelled, Op: op, Why: "cancelled", Err: err}
	}
	return &mq.Error{Code: mq.ErrGeneric, Op: op, Why: err.Error(), Err: err}
}
