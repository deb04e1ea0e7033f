package member

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"posthouse/directory"
	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/route"
)

// Options are those of a member.
type Options struct {
	Manager *localqm.QueueManager
	// Directory opens the connection, once, at the start. The member closes it.
	Directory func(ctx context.Context) (directory.Directory, error)
	// Dir is the data folder; the keys and what was registered are kept there.
	Dir string
	// As is the account that the queue manager runs for.
	As localqm.Caller
	// Computer is the NetBIOS name; empty: the first label of the queue manager's name,
	// of which a NetBIOS name has 15 characters.
	Computer string
	// Site is where the queue manager belongs, a name or a GUID; empty: as the directory
	// has it, and for a new one its default site.
	Site string
	// Routing is whether messages for others are taken and passed on; nil: as the
	// directory has it.
	Routing *bool
	// Adopt takes over the identity of a machine object that is there already, or
	// registers anew what was deleted. Otherwise that is a mismatch (MS-MQOD 2.7.6).
	Adopt bool
	// Version is told to others; empty: Posthouse.
	Version string
	Timers  Timers
	Clock   localqm.Clock // nil: localqm.SystemClock
	Log     *slog.Logger  // nil: nobody
}

// Timers are the times of a member; 0: the usual ones, which New fills in.
type Timers struct {
	Online   time.Duration // until a lost directory is asked again: 1 minute (MS-MQDMPR 3.1.2.5)
	Sites    time.Duration // until the machine and its sites are read again: 12 hours (3.1.2.1)
	Gates    time.Duration // until the gates of its sites are: 1 hour (3.1.2.2)
	Routes   time.Duration // until sites and links are: 3,600 seconds (MS-MQBR 3.1.3)
	Notices  time.Duration // until notices are looked at together: 2 seconds
	Again    time.Duration // until an object is looked at once more, if it was changed at another controller: 1 minute
	Machines time.Duration // that what is known of another computer counts: 10 minutes
	Queues   time.Duration // that what is known of a public queue counts: 30 seconds
	Missing  time.Duration // that what is not there is not looked for again: 5 seconds
	Demand   time.Duration // at least between readings of the map for something unknown: 5 seconds
}

func (t *Timers) fill() {
	for _, f := range []struct {
		is    *time.Duration
		usual time.Duration
	}{
		{&t.Online, time.Minute},
		{&t.Sites, 12 * time.Hour},
		{&t.Gates, time.Hour},
		{&t.Routes, 3600 * time.Second},
		{&t.Notices, 2 * time.Second},
		{&t.Again, time.Minute},
		{&t.Machines, 10 * time.Minute},
		{&t.Queues, 30 * time.Second},
		{&t.Missing, 5 * time.Second},
		{&t.Demand, 5 * time.Second},
	} {
		if *f.is == 0 {
			*f.is = f.usual
		}
	}
}

// Member is a queue manager in a forest.
type Member struct {
	o        Options
	manager  *localqm.QueueManager
	clock    localqm.Clock
	log      *slog.Logger
	computer string
	timers   Timers

	turn    sync.Mutex    // of who follows the directory
	reading sync.Mutex    // of who reads the whole map
	idle    time.Duration // that notices wait for the map, which they did not change; guarded by turn
	vain    time.Duration // the same for unknown queue managers; guarded by reading

	mu       sync.Mutex
	at       directory.Directory // the connection; nil: there was none
	record   record
	mode     localqm.DirectoryMode
	since    time.Time
	why      string
	notes    map[string]string // by what they are about
	self     directory.Machine // as it was read last
	routes   routes
	queues   cache[string, localqm.PublicQueue] // by name
	machines cache[mq.GUID, directory.Machine]
	pending  pending
	due      [jobs]time.Time // zero: not planned
	watchers map[*func()]struct{}

	kick chan struct{} // due changed
	stop context.CancelFunc
	work sync.WaitGroup
	end  sync.Once
}

var (
	_ localqm.Directory = (*Member)(nil)
	_ route.Router      = (*Member)(nil)
)

// maxNetBIOS is the length of a computer's NetBIOS name.
const maxNetBIOS = 15

// New makes a member; Start joins it.
func New(o Options) *Member {
	o.Timers.fill()
	if o.Clock == nil {
		o.Clock = localqm.SystemClock{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Version == "" {
		o.Version = "Posthouse"
	}
	if o.Computer == "" {
		o.Computer, _, _ = strings.Cut(o.Manager.Identity().Name, ".")
		o.Computer = o.Computer[:min(len(o.Computer), maxNetBIOS)]
	}
	m := &Member{
		o: o, manager: o.Manager, clock: o.Clock, log: o.Log, computer: strings.ToUpper(o.Computer), timers: o.Timers,
		mode: localqm.Workgroup, since: o.Clock.Now(), why: "the directory was not asked yet", notes: map[string]string{},
		queues: newCache[string, localqm.PublicQueue](maxKnown), machines: newCache[mq.GUID, directory.Machine](maxKnown),
		watchers: map[*func()]struct{}{}, kick: make(chan struct{}, 1), stop: func() {},
	}
	return m
}

// Start joins the queue manager to its forest and stays with it until Close. It comes
// before a carrier is attached, since the identity may change.
//
// What the directory says or does not say is no error but the State: workgroup for
// this run if it could not be asked (MS-MQOD 2.7.4), offline if it names another queue
// manager (2.7.6) or went away when it knew this one. An error means that the data
// folder cannot be used. The end of ctx is that of the patience with the directory.
func (m *Member) Start(ctx context.Context) error {
	r, err := load(m.o.Dir, m.computer, m.clock.Now())
	if err != nil {
		return err
	}
	m.record = r
	m.manager.Join(m)
	known := false
	d, err := m.o.Directory(ctx)
	if err == nil {
		m.mu.Lock()
		m.at = d
		m.mu.Unlock()
		known, err = m.join(ctx, d)
	}
	switch {
	case err == nil:
		m.enter(localqm.Integrated, "")
		m.planUsual()
	case mismatched(err), known && errors.Is(err, mq.ErrNoDS):
		m.away(err)
	default:
		m.enter(localqm.Workgroup, plain(err))
		m.note("start", "it works without the directory until it is started again")
		m.log.Error("this queue manager works without its directory until it is started again", "error", err)
		return nil
	}
	run, stop := context.WithCancel(context.Background())
	m.stop = stop
	events, cancel := m.manager.Events()
	m.work.Go(func() {
		defer cancel()
		m.run(run, events)
	})
	m.work.Go(func() { m.listen(run) })
	return nil
}

// Close leaves the directory: the queue manager goes on without it.
func (m *Member) Close() error {
	var err error
	m.end.Do(func() {
		m.stop()
		m.work.Wait()
		m.manager.Join(nil)
		if d := m.connection(); d != nil {
			err = d.Close()
		}
	})
	return err
}

// enter changes the mode and tells who wants to know.
func (m *Member) enter(mode localqm.DirectoryMode, why string) {
	m.mu.Lock()
	changed := m.mode != mode || m.why != why
	if changed {
		if m.mode != mode {
			m.since = m.clock.Now()
		}
		m.mode, m.why = mode, why
	}
	m.mu.Unlock()
	if !changed {
		return
	}
	m.log.Info("how the queue manager stands to its directory has changed", "mode", mode, "why", why)
	m.manager.DirectoryChanged()
	m.tellWatchers()
}

// asked looks at how a call of the directory ended: one that did not answer is lost
// (MS-MQDMPR 3.1.7.1.18-24).
func (m *Member) asked(err error) error {
	if !errors.Is(err, mq.ErrNoDS) {
		return err
	}
	m.mu.Lock()
	lost := m.mode == localqm.Integrated
	m.mu.Unlock()
	if lost {
		m.away(err)
	}
	return err
}

// away begins to work without the directory, until the Directory Online Timer has it
// asked again.
func (m *Member) away(err error) {
	m.enter(localqm.Offline, plain(err))
	m.plan(jobOnline, m.timers.Online)
}

// connection is the one to the directory; nil: there never was one.
func (m *Member) connection() directory.Directory {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.at
}

// integrated is the directory if it can be asked for op now.
func (m *Member) integrated(op string) (directory.Directory, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.mode == localqm.Integrated {
		return m.at, nil
	}
	return nil, mq.Errorf(mq.ErrNoDS, op, "%s", m.why).WithFix("try again when the directory answers")
}

// plain is an error as a clause of State().Why, with what to do.
func plain(err error) string {
	var e *mq.Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	why := e.Why
	if why == "" {
		why = e.Code.Text()
	}
	if e.Fix != "" {
		why += "; " + e.Fix
	}
	return why
}

// note keeps a remark about something, or with "" drops it.
func (m *Member) note(about, text string) {
	m.mu.Lock()
	changed := m.notes[about] != text
	if text == "" {
		delete(m.notes, about)
	} else {
		m.notes[about] = text
	}
	m.mu.Unlock()
	if changed && text != "" {
		m.log.Warn("the directory is not as it should be", "about", about, "what", text)
	}
}
