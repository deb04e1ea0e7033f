package control

import (
	"context"
	"errors"
	"math"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// ErrNotRunning is the cause when no queue manager runs on the folder.
var ErrNotRunning = errors.New("no queue manager runs there")

// Client is the Node of a queue manager in another process. It can do what
// that one can: ask with mgmtclient.Can.
type Client struct {
	dir  string
	conn net.Conn
	info Info
	can  []mgmtclient.Capability
	out  sync.Mutex // one frame after the other
	work sync.WaitGroup

	mu     sync.Mutex
	next   uint32
	calls  map[uint32]*pending
	failed error // why nothing can be called any more
	closed bool
	gone   chan struct{} // closed with the connection
}

// pending is a call that waits at the client.
type pending struct {
	items  chan result // of a stream
	answer chan body   // the end; room for one
}

// Dial attaches to the queue manager that runs on the data folder dir. If none
// does the error is MQ_ERROR_SERVICE_NOT_AVAILABLE and wraps ErrNotRunning.
func Dial(ctx context.Context, dir string, program string) (*Client, error) {
	op := "attach to the queue manager of " + dir
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	conn, err := dial(ctx, dir)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return nil, mgmtclient.Interrupted(ctx, op)
	case notRunning(err):
		return nil, unavailable(op, "%w", ErrNotRunning).WithFix("start it with: posthouse serve")
	case errors.Is(err, os.ErrPermission):
		return nil, mq.Errorf(mq.ErrAccessDenied, op, "this account may not enter the folder: %w", err).
			WithFix("run this as the account that owns the data folder")
	default:
		return nil, unavailable(op, "%w", err)
	}
	peer, err := peerOf(conn)
	if err == nil && !peer.trusted() {
		err = errors.New("a process of another account answers in its place")
	}
	if err != nil {
		conn.Close()
		return nil, mq.Errorf(mq.ErrAccessDenied, op, "%w", err).WithFix("look at who owns the data folder, and at who put a socket there")
	}
	return attach(ctx, conn, op, dir, program)
}

// attach shakes hands on a connection and starts reading.
func attach(ctx context.Context, conn net.Conn, op, dir, program string) (*Client, error) {
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	conn.SetDeadline(time.Now().Add(helloTime))
	c := &Client{dir: dir, conn: conn, calls: map[uint32]*pending{}, gone: make(chan struct{})}
	err := c.greet(op, program)
	if !stop() {
		err = mgmtclient.Interrupted(ctx, op)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	conn.SetDeadline(time.Time{})
	c.work.Go(c.read)
	return c, nil
}

func (c *Client) greet(op, program string) error {
	h := hello{Protocol: protocol, Program: program, PID: os.Getpid()}
	werr := c.write(frame{kind: kindHello, body: body{Hello: &h}})
	// A refusal may have come before the hello could be written: read anyway.
	f, err := readFrame(c.conn, maxFrame, func() {})
	switch {
	case err == nil && f.kind == kindRefusal && f.body.Error != nil:
		return f.body.Error.fromWire()
	case err == nil && (f.kind != kindWelcome || f.body.Hello == nil):
		return unavailable(op, "what answers there is no queue manager of this program")
	case err == nil && f.body.Hello.Protocol != protocol:
		return mq.Errorf(mq.ErrUnsupportedOperation, op, "the running queue manager is version %s (protocol %d), and this program has protocol %d",
			f.body.Hello.Program, f.body.Hello.Protocol, protocol).WithFix("use the same version for both")
	case err != nil:
		return unavailable(op, "it does not answer: %w", errors.Join(err, werr)).WithFix("stop it and start it again")
	}
	c.info, c.can = Info{PID: f.body.Hello.PID, Program: f.body.Hello.Program}, f.body.Hello.Can
	return nil
}

// Info says whose queue manager it is.
func (c *Client) Info() Info { return c.info }

// Offers is for mgmtclient.Can.
func (c *Client) Offers(want mgmtclient.Capability) bool { return slices.Contains(c.can, want) }

// Close detaches; waiting calls answer MQ_ERROR_INVALID_HANDLE.
func (c *Client) Close() error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.conn.Close()
	c.work.Wait()
	return nil
}

// read hands out what comes until the connection ends.
func (c *Client) read() {
	for {
		f, err := readFrame(c.conn, maxFrame, func() { c.conn.SetReadDeadline(time.Now().Add(frameTime)) })
		if err == nil {
			c.conn.SetReadDeadline(time.Time{})
			err = c.dispatch(f)
		}
		if err != nil {
			c.mu.Lock()
			c.failed = err
			c.mu.Unlock()
			c.conn.Close()
			close(c.gone)
			return
		}
	}
}

func (c *Client) dispatch(f frame) error {
	c.mu.Lock()
	p := c.calls[f.call]
	if f.kind == kindResult {
		delete(c.calls, f.call)
	}
	c.mu.Unlock()
	switch {
	case p == nil: // nobody waits for it any more
		return nil
	case f.kind == kindResult:
		p.answer <- f.body
		return nil
	case f.kind == kindItem && f.body.Result != nil:
		select {
		case p.items <- *f.body.Result:
			return nil
		default:
			return errors.New("more items came than were granted")
		}
	}
	return errors.New("a frame that no server sends")
}

// lost is why calls fail once the connection has ended.
func (c *Client) lost(op string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return mgmtclient.Closed(op)
	}
	return unavailable(op, "the queue manager of %s stopped", c.dir).WithFix("start it again, with: posthouse serve, or with the window")
}

func (c *Client) write(f frame) error {
	b, err := encode(f)
	if err != nil {
		return err
	}
	c.out.Lock()
	defer c.out.Unlock()
	c.conn.SetWriteDeadline(time.Now().Add(frameTime))
	_, err = c.conn.Write(b)
	return err
}

// start sends a call.
func (c *Client) start(ctx context.Context, op, method string, p params) (uint32, *pending, error) {
	if ctx.Err() != nil {
		return 0, nil, mgmtclient.Interrupted(ctx, op)
	}
	w := &pending{items: make(chan result, window), answer: make(chan body, 1)}
	c.mu.Lock()
	if c.closed || c.failed != nil {
		c.mu.Unlock()
		return 0, nil, c.lost(op)
	}
	c.next++
	id := c.next
	c.calls[id] = w
	c.mu.Unlock()
	b := body{Method: method, Params: &p}
	if t, ok := ctx.Deadline(); ok {
		// The client watches the deadline itself: the server's is only for the
		// case that the client cannot tell it any more.
		b.Left = max(1, int64(math.Ceil(float64(time.Until(t))/float64(time.Millisecond)))+answerTime.Milliseconds())
	}
	if err := c.write(frame{kind: kindCall, call: id, body: b}); err != nil {
		c.forget(id)
		if errors.Is(err, errTooLarge) {
			return 0, nil, mq.Errorf(mq.ErrInsufficientResources, op, "the request is larger than %d bytes", maxFrame).WithFix("ask for less at once")
		}
		c.conn.Close() // a frame may be half out
		return 0, nil, c.lost(op)
	}
	return id, w, nil
}

func (c *Client) forget(id uint32) {
	c.mu.Lock()
	delete(c.calls, id)
	c.mu.Unlock()
}

// call makes a call and waits for its end; each, if set, gets its items and
// ends it by returning false.
func (c *Client) call(ctx context.Context, op, method string, p params, each func(result) bool) (result, error) {
	id, w, err := c.start(ctx, op, method, p)
	if err != nil {
		return result{}, err
	}
	defer c.forget(id)
	taken := 0
	over := ctx.Done()
	var late <-chan time.Time
	for {
		select {
		case item := <-w.items:
			if taken++; taken == window/2 {
				taken = 0
				// A connection that cannot be written to is found by the reader.
				_ = c.write(frame{kind: kindCredit, call: id, body: body{Credit: window / 2}})
			}
			if each != nil && !each(item) {
				each, over, late = nil, nil, c.cancel(id)
			}
		case b := <-w.answer:
			return c.finish(ctx, op, w, b, each)
		case <-c.gone:
			select {
			case b := <-w.answer:
				return c.finish(ctx, op, w, b, each)
			default:
			}
			return result{}, c.lost(op)
		case <-over:
			// What was done before the cancellation arrived is still worth
			// knowing: a message that was received must not be lost.
			over, late = nil, c.cancel(id)
		case <-late:
			if ctx.Err() == nil {
				return result{}, nil // the caller had enough of a stream
			}
			return result{}, mgmtclient.Interrupted(ctx, op)
		}
	}
}

// finish takes the items that came before the answer.
func (c *Client) finish(ctx context.Context, op string, w *pending, b body, each func(result) bool) (result, error) {
	for each != nil {
		select {
		case item := <-w.items:
			if !each(item) {
				each = nil
			}
			continue
		default:
		}
		break
	}
	if b.Error != nil && b.Error.Code == mq.ErrOperationCancelled && ctx.Err() != nil {
		return or(b.Result), mgmtclient.Interrupted(ctx, op) // this end knows why
	}
	return or(b.Result), b.Error.fromWire()
}

// cancel tells the server, and gives it some time to say how far it came.
func (c *Client) cancel(id uint32) <-chan time.Time {
	_ = c.write(frame{kind: kindCancel, call: id}) // the reader finds a dead connection
	return time.After(answerTime)
}
