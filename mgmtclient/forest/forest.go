package forest

import (
	"context"
	"sync"
	"time"

	"posthouse/directory"
	"posthouse/directory/topology"
	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/computers"
)

// Options say where a Forest keeps what and whom it tells.
type Options struct {
	// Folder is where directory.json is; empty: the sign-in lasts as long as the program.
	Folder string
	// Dial connects; nil: by LDAP over the network.
	Dial Dialer
	// Keys keeps the password; nil: the keyring of the system.
	Keys Keys
	// Notify tells the queue managers concerned that an object or a queue of theirs, or a
	// link of their sites, was created, changed or deleted here (MS-MQCN 3.3.4.1); nil:
	// nobody is told. It is called after the directory agreed and may not fail.
	Notify func(ctx context.Context, c Change)
	// Now is the time of day; nil: that of the system.
	Now func() time.Time
}

// Dialer connects to a directory. It reports the layers that it passes, and the one
// that fails; with a nil report it may wait with connecting until something is asked.
// What it returns connects again by itself when its line breaks.
type Dialer func(ctx context.Context, s mgmtclient.DirectorySignIn, password string, report func(mgmtclient.Probe)) (directory.Directory, error)

// Keys keeps passwords by a name; *computers.Keys is one.
type Keys interface {
	Get(id string) (string, error) // empty: none is kept
	Set(id, password string) error // empty: forget it
	Keeper() (words string, ok bool)
}

// Change is what was done to an object of a queue manager, or to a link.
type Change struct {
	What    What
	Kind    directory.Kind // KindQueue, KindMachine or KindLink
	ID      mq.GUID
	Machine mq.GUID // whose it is; zero for a link
	Foreign bool    // no queue manager is there
	// Servers are the gates and routing servers of both sites of a link, as far as the
	// map that was read last has them; some, if there are many.
	Servers []mq.GUID
}

// What was done.
type What uint8

// What can be done.
const (
	Created What = iota
	Changed
	Deleted
)

// Forest is a mgmtclient.Directory. Lock order: dialing, mu.
type Forest struct {
	o Options

	dialing chan struct{} // holds one value while somebody connects, chooses or reads the map

	mu       sync.Mutex // all below
	signIn   mgmtclient.DirectorySignIn
	loaded   bool
	d        directory.Directory
	last     directory.Status // when it was connected
	why      error            // the last attempt to connect failed
	closed   bool
	seen     mgmtclient.DirectoryStatus
	watchers map[chan struct{}]struct{}
	routes   *mgmtclient.RouteMap // as read last
	ways     *topology.Map        // of routes
	book     *book                // of routes
	stale    bool                 // routes were changed here since
	names    map[mq.GUID]known
	accounts map[string]account
	total    total
}

// known is the name of an object for a while.
type known struct {
	named
	until time.Time
}

// New makes a Forest. It asks nobody yet.
func New(o Options) *Forest {
	if o.Dial == nil {
		o.Dial = dial
	}
	if o.Keys == nil {
		o.Keys = computers.NewKeys()
	}
	if o.Notify == nil {
		o.Notify = func(context.Context, Change) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	f := &Forest{o: o, dialing: make(chan struct{}, 1), watchers: map[chan struct{}]struct{}{}}
	f.clear()
	if _, err := f.load(); err != nil {
		f.why = err
	}
	return f
}

// clear forgets what was read. The caller holds mu, or is the only one.
func (f *Forest) clear() {
	f.routes, f.ways, f.book, f.stale, f.total = nil, nil, nil, false, total{}
	f.names, f.accounts = map[mq.GUID]known{}, map[string]account{}
}

// Status is mgmtclient.Directory's.
func (f *Forest) Status() mgmtclient.DirectoryStatus {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.status()
}

func (f *Forest) status() mgmtclient.DirectoryStatus {
	s := mgmtclient.DirectoryStatus{Configured: f.signIn != (mgmtclient.DirectorySignIn{})}
	err := f.why
	if f.d != nil {
		d := f.d.Status()
		s.Connected, s.Forest, s.Controller, s.As, s.Protection = d.Connected, d.Forest, d.Controller, d.As, d.Protection
		if err = d.Err; d.Connected {
			err, f.last = nil, d
		}
		// People want to know what it is that does not answer.
		if s.Forest == "" {
			s.Forest, s.Controller, s.As = f.last.Forest, f.last.Controller, f.last.As
		}
	}
	if err != nil {
		s.Why = reason(err)
	}
	return s
}

// Watch is mgmtclient.Directory's.
func (f *Forest) Watch(ctx context.Context) <-chan struct{} {
	c := make(chan struct{}, 1)
	f.mu.Lock()
	f.watchers[c] = struct{}{}
	f.mu.Unlock()
	context.AfterFunc(ctx, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.watchers, c)
		close(c)
	})
	return c
}

// changed tells the watchers. Who has not read the last word needs no other.
func (f *Forest) changed() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen = f.status()
	for c := range f.watchers {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// looked tells the watchers if the status is not what it was.
func (f *Forest) looked() {
	f.mu.Lock()
	same := f.status() == f.seen
	f.mu.Unlock()
	if !same {
		f.changed()
	}
}

// lock waits for its turn.
func (f *Forest) lock(ctx context.Context) (unlock func(), err error) {
	select {
	case f.dialing <- struct{}{}:
		return func() { <-f.dialing }, nil
	case <-ctx.Done():
		return nil, mq.Errorf(mq.ErrOperationCancelled, "reach the directory", "%w", ctx.Err())
	}
}

// directory connects if that is not done yet.
func (f *Forest) directory(ctx context.Context) (directory.Directory, error) {
	f.mu.Lock()
	d := f.d
	f.mu.Unlock()
	if d != nil {
		return d, nil
	}
	unlock, err := f.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	f.mu.Lock()
	d, closed := f.d, f.closed
	f.mu.Unlock()
	switch {
	case d != nil:
		return d, nil
	case closed:
		return nil, mq.Errorf(mq.ErrNoDS, "reach the directory", "the program is ending")
	}
	d, err = f.connect(ctx)
	f.mu.Lock()
	f.d, f.why = d, err
	f.mu.Unlock()
	f.looked()
	return d, err
}

func (f *Forest) connect(ctx context.Context) (directory.Directory, error) {
	s, err := f.load()
	if err != nil {
		return nil, err
	}
	if s == (mgmtclient.DirectorySignIn{}) {
		return nil, mq.Errorf(mq.ErrNoDS, "reach the directory", "none was chosen").WithFix("choose a directory")
	}
	password, err := f.password(s)
	if err != nil {
		return nil, err
	}
	return f.o.Dial(ctx, s, password, nil)
}

// drop closes the connection; the next question connects anew.
func (f *Forest) drop() error {
	f.mu.Lock()
	d := f.d
	f.d, f.why, f.last = nil, nil, directory.Status{}
	f.clear()
	f.mu.Unlock()
	if d == nil {
		return nil
	}
	return d.Close()
}

// Close ends the connection for good.
func (f *Forest) Close() error {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	return f.drop()
}
