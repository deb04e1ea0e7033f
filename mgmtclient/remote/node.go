package remote

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net"
	"sync"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/row"
)

// Options are where the queue manager is, and who asks.
type Options struct {
	// Address is HOST or HOST:PORT. Without a port the endpoint mapper of the host is
	// asked, and if there is none, port 2103 is tried.
	Address string
	// Initiator says who we are; nil: nobody.
	Initiator security.Initiator
	Level     security.Level // 0: Privacy
	// Sender is the queue manager of this computer, which sends; nil: nothing is sent.
	Sender func(context.Context) (mgmtclient.Sender, error)
	// CancelAfter is how long beyond its own time a call may take; 0: 5 minutes.
	CancelAfter time.Duration
	// Dial connects; nil: TCP as it is.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	Log  *slog.Logger
}

const cancelAfter = 5 * time.Minute

// patience is how long a call may take that waits a time of its own.
func (o Options) patience(wait time.Duration) time.Duration {
	return o.CancelAfter + min(wait, math.MaxInt64-o.CancelAfter)
}

// Node speaks to the queue manager of another computer.
type Node struct {
	o    Options
	host string // of the address
	port string // empty: to be found out
	life context.Context
	end  context.CancelFunc
	work sync.WaitGroup

	mu      sync.Mutex
	session *session // nil: none that lives
	dialing *dialing // under way
	failed  int      // dialings in a row that failed
	last    time.Time
	offers  offers // of the last session
	name    string // of the computer, as the last session knew it
}

// dialing is one attempt to make a session, which all callers share.
type dialing struct {
	done    chan struct{}
	session *session
	err     error
}

// Dial signs in at a queue manager.
func Dial(ctx context.Context, o Options) (*Node, error) {
	n, err := newNode(o)
	if err != nil {
		return nil, err
	}
	if _, err := n.current(ctx); err != nil {
		err = n.explain(ctx, "connect to "+o.Address, err)
		_ = n.Close()
		return nil, err
	}
	return n, nil
}

func newNode(o Options) (*Node, error) {
	host, port, err := net.SplitHostPort(o.Address)
	if err != nil {
		host, port = o.Address, ""
		if n := len(host); n > 2 && host[0] == '[' && host[n-1] == ']' {
			host = host[1 : n-1]
		}
	}
	if host == "" || host[0] == '[' || port == "0" {
		return nil, mq.Errorf(mq.ErrInvalidParameter, "connect to "+mq.Quote(o.Address), "it is no address").
			WithFix("give a computer's name or IP address, and a port behind a colon if it is not found without")
	}
	if o.CancelAfter <= 0 {
		o.CancelAfter = cancelAfter
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	n := &Node{o: o, host: host, port: port, name: host}
	n.life, n.end = context.WithCancel(context.Background())
	return n, nil
}

// Close ends the node: what runs on it fails, and it waits for that.
func (n *Node) Close() error {
	n.mu.Lock()
	n.end()
	s := n.session
	n.session = nil
	n.mu.Unlock()
	if s != nil {
		s.close()
	}
	n.work.Wait()
	return nil
}

// backOff is how long the next attempt waits after so many failures.
func backOff(failures int) time.Duration {
	if failures == 0 {
		return 0
	}
	return min(250*time.Millisecond<<min(failures-1, 4), 2*time.Second)
}

// current is the session, made if there is none.
func (n *Node) current(ctx context.Context) (*session, error) {
	n.mu.Lock()
	if n.life.Err() != nil {
		n.mu.Unlock()
		return nil, errClosed
	}
	if s := n.session; s != nil {
		if s.alive() {
			n.mu.Unlock()
			return s, nil
		}
		n.dropLocked()
	}
	d := n.dialing
	if d == nil {
		d = &dialing{done: make(chan struct{})}
		n.dialing = d
		pause := backOff(n.failed) - time.Since(n.last)
		n.work.Go(func() { n.dial(d, pause) })
	}
	n.mu.Unlock()
	select {
	case <-d.done:
		return d.session, d.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (n *Node) dial(d *dialing, pause time.Duration) {
	defer close(d.done)
	ctx, stop := context.WithTimeout(n.life, connectTime)
	defer stop()
	select {
	case <-time.After(pause):
		d.session, d.err = n.connect(ctx, func(mgmtclient.Probe) {})
	case <-ctx.Done():
		d.err = ctx.Err()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dialing = nil
	n.last = time.Now()
	if d.err != nil {
		n.failed++
		return
	}
	n.failed = 0
	if n.life.Err() != nil { // closed meanwhile
		d.session.close()
		d.session, d.err = nil, errClosed
		return
	}
	n.session, n.offers, n.name = d.session, d.session.offers, d.session.about.name
}

// errSilent is the cause of the end of a call that took too long.
var errSilent = errors.New("no answer in time")

// do makes calls, which may wait a time of their own. A session that was lost since
// the last call is not the caller's affair: nothing was done yet, so a new one is made.
func (n *Node) do(ctx context.Context, op string, wait time.Duration, f func(context.Context, *session) error) error {
	if n.life.Err() != nil {
		return mgmtclient.Closed(op)
	}
	if ctx.Err() != nil {
		return mgmtclient.Interrupted(ctx, op)
	}
	s, err := n.current(ctx)
	if err == nil {
		limited, stop := context.WithTimeoutCause(ctx, n.o.patience(wait), errSilent)
		defer stop()
		if err = f(limited, s); err != nil && errors.Is(context.Cause(limited), errSilent) {
			err = errSilent
			n.leave(s)
		}
	}
	return n.explain(ctx, op, err)
}

// leave ends a session whose other side says nothing any more.
func (n *Node) leave(s *session) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.session == s {
		n.dropLocked()
	}
}

// dropLocked ends the session; the next call makes another. n.mu is held.
func (n *Node) dropLocked() {
	n.work.Go(n.session.close)
	n.session = nil
}

// queue is do for one queue.
func (n *Node) queue(ctx context.Context, op, queue string, wait time.Duration, f func(context.Context, *session, mq.FormatName) error) error {
	q, err := mq.ParseQueue(queue)
	if n.life.Err() == nil && ctx.Err() == nil && err != nil {
		return row.Tried(op, err)
	}
	return n.do(ctx, op, wait, func(ctx context.Context, s *session) error { return f(ctx, s, s.there(q)) })
}
