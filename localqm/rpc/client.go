package rpc

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oiweiwei/go-msrpc/dcerpc"
	"github.com/oiweiwei/go-msrpc/midl/uuid"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/pdu"
	"posthouse/localqm/rpc/security"
)

// DialOptions are how a client connects.
type DialOptions struct {
	// Initiator says who the client is; nil: he is anonymous, and nothing is protected.
	Initiator security.Initiator
	Level     security.Level // 0: Privacy
	// Host is whose service it is, for the mechanism; empty: the host of the address.
	Host string
	// Dial connects; nil: TCP as it is.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// CancelAfter is how long a cancelled call waits for the server to end it; 0: a
	// second.
	CancelAfter time.Duration
	Log         *slog.Logger
}

// How long is waited for a server that says nothing.
const (
	dialTimeout  = 15 * time.Second
	bindTimeout  = 30 * time.Second
	writeTimeout = 15 * time.Second // that does not read; at most twice as long
)

// Conn is a client's connection: many calls at once, of many interfaces. It is a
// dcerpc.Conn, so that the New...Client functions of go-msrpc take it; they bind it to
// their interface.
type Conn struct {
	o     DialOptions
	nc    net.Conn
	peer  string
	level security.Level
	log   *slog.Logger
	in    *bufio.Reader

	// Taken by who uses them, in this order: negotiating by who binds, alone by the one
	// call of a connection that is not multiplexed, writing by who writes a request.
	negotiating, alone, writing chan struct{}

	// Guarded by negotiating.
	bound    bool
	contexts uint16 // next number of a presentation context
	syntaxes map[pdu.Syntax]*presentation

	// Set by the first bind, before there are calls.
	multiplex bool
	keeps     bool // orphaned calls do not end the connection
	signs     bool // headers too
	transmit  int  // longest fragment
	group     uint32
	auth      security.Context

	written time.Time // when the time to write was last set; guarded by writing

	proven atomic.Bool // a call was answered: signing in has not failed

	mu       sync.Mutex
	err      error // why the connection ended
	last     uint32
	calls    map[uint32]*call // nil: nobody waits for the answer any more
	orphans  int              // such calls
	awaited  *negotiation
	overdue  int // answers to alter_context that nobody waits for any more
	ended    chan struct{}
	finished chan struct{} // nothing reads any more
}

var _ dcerpc.Conn = (*Conn)(nil)

// Dial connects to a port of a server. ctx is for that alone; the rest happens when an
// interface is bound.
func Dial(ctx context.Context, address string, o DialOptions) (*Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("connect to %q: %w", address, err)
	}
	if o.Host == "" {
		o.Host = host
	}
	if o.CancelAfter == 0 {
		o.CancelAfter = time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Dial == nil {
		d := net.Dialer{Timeout: dialTimeout}
		o.Dial = d.DialContext
	}
	c := &Conn{
		o: o, peer: address, log: o.Log, level: levelOf(o),
		negotiating: make(chan struct{}, 1), alone: make(chan struct{}, 1), writing: make(chan struct{}, 1),
		syntaxes: map[pdu.Syntax]*presentation{}, calls: map[uint32]*call{},
		ended: make(chan struct{}), finished: make(chan struct{}),
	}
	if c.nc, err = o.Dial(ctx, "tcp", address); err != nil {
		return nil, fmt.Errorf("connect to %s: %w", address, err)
	}
	if tcp, ok := c.nc.(*net.TCPConn); ok {
		impatient(tcp)
	}
	c.in = bufio.NewReaderSize(c.nc, 16<<10)
	go c.read()
	return c, nil
}

// keepAlive finds out within a minute that the peer is gone while nothing is sent.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 6}

// levelOf is the level in force: the protocol protects nothing at Call and Packet
// (MS-RPCE 3.3.1.5.2.2), so they are raised.
func levelOf(o DialOptions) security.Level {
	switch {
	case o.Initiator == nil:
		return security.None
	case o.Level == 0:
		return security.Privacy
	case o.Level == security.Call || o.Level == security.Packet:
		return security.Integrity
	}
	return max(o.Level, security.Connect)
}

// Level is how far calls are protected.
func (c *Conn) Level() security.Level { return c.level }

// Done is closed when the connection has ended; Err says why.
func (c *Conn) Done() <-chan struct{} { return c.ended }

// Err is why the connection ended: ErrClosed, ErrBroken or ErrProtocol, by errors.Is;
// nil while it has not.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Close ends the connection, and calls on it with ErrClosed. It waits for what the
// connection has running.
func (c *Conn) Close(context.Context) error {
	_ = c.end(ErrClosed)
	<-c.finished
	return nil
}

// end ends the connection and everything that waits for it, once, and returns why it
// ended.
func (c *Conn) end(err error) error {
	c.mu.Lock()
	if c.err != nil {
		defer c.mu.Unlock()
		return c.err
	}
	c.err = err
	calls := c.calls
	c.calls = nil
	close(c.ended)
	c.mu.Unlock()
	_ = c.nc.Close()
	for _, x := range calls {
		if x != nil {
			x.finish(err)
		}
	}
	return err
}

// fail is end for a reason of a kind.
func (c *Conn) fail(kind, why error) error {
	return c.end(fmt.Errorf("%s: %w: %w", c.peer, kind, why))
}

// take waits for its turn.
func (c *Conn) take(ctx context.Context, turn chan struct{}) error {
	select {
	case turn <- struct{}{}:
		return nil
	default:
	}
	select {
	case turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-c.ended:
		return c.Err()
	}
}

// put writes a whole PDU. It is called with writing taken.
func (c *Conn) put(b []byte) error {
	// The deadline is not moved for every PDU.
	if now := time.Now(); now.Sub(c.written) > writeTimeout {
		c.written = now
		_ = c.nc.SetWriteDeadline(now.Add(2 * writeTimeout)) // else the write fails
	}
	if _, err := c.nc.Write(b); err != nil {
		return c.fail(ErrBroken, err)
	}
	return nil
}

// Bind makes an interface callable; the result is for its stubs.
func (c *Conn) Bind(ctx context.Context, opts ...dcerpc.Option) (dcerpc.Conn, error) {
	o, err := dcerpc.ParseOptions(ctx, append(opts, dcerpc.WithInsecure())...)
	if err != nil {
		return nil, fmt.Errorf("%s: bind: %w", c.peer, err)
	}
	p, err := c.present(ctx, pdu.SyntaxOf(o.AbstractSyntaxes[0]))
	if err != nil {
		return nil, err
	}
	return &binding{c, p}, nil
}

var errUnbound = errors.New("the connection is not bound to an interface")

// Invoke is for connections that Bind returns.
func (c *Conn) Invoke(context.Context, dcerpc.Operation, ...dcerpc.CallOption) error {
	return errUnbound
}

// InvokeObject is for connections that Bind returns.
func (c *Conn) InvokeObject(context.Context, *uuid.UUID, dcerpc.Operation, ...dcerpc.CallOption) error {
	return errUnbound
}

// AlterContext is not offered: a connection has one security context.
func (c *Conn) AlterContext(context.Context, ...dcerpc.Option) error {
	return errors.New("a connection has one security context")
}

// Context is what stubs ask for; nothing hangs on it.
func (c *Conn) Context() context.Context { return context.Background() }

// RegisterServer does nothing: clients offer no interfaces.
func (c *Conn) RegisterServer(dcerpc.ServerHandle, ...dcerpc.Option) {}

// Error is the result of a method that is not 0, as an error: an mq.HResult.
func (c *Conn) Error(_ context.Context, value any) error {
	switch v := value.(type) {
	case int32:
		return mq.HResult(uint32(v))
	case uint32:
		return mq.HResult(v)
	}
	return fmt.Errorf("result %v", value)
}

// binding is a connection bound to an interface.
type binding struct {
	*Conn
	at *presentation
}

// Invoke makes a call.
func (b *binding) Invoke(ctx context.Context, op dcerpc.Operation, opts ...dcerpc.CallOption) error {
	object, _ := dcerpc.HasObjectUUID(opts)
	return b.call(ctx, b.at, object, op)
}

// InvokeObject makes a call to an object.
func (b *binding) InvokeObject(ctx context.Context, object *uuid.UUID, op dcerpc.Operation, _ ...dcerpc.CallOption) error {
	return b.call(ctx, b.at, object, op)
}
