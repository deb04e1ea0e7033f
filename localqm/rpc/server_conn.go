package rpc

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime/debug"
	"sync"
	"time"

	"posthouse/localqm/rpc/pdu"
	"posthouse/localqm/rpc/security"
	"posthouse/localqm/secure"
)

// serverConn is the connection of a client. One goroutine reads and negotiates; calls
// run each in their own.
type serverConn struct {
	s             *Server
	nc            net.Conn
	in            *bufio.Reader
	local, remote netip.AddrPort
	ctx           context.Context
	cancel        context.CancelFunc
	guest         bool        // not signed in; guarded by Server.mu
	user          *secure.SID // who signed in first; nil: nobody. The same

	// Of the goroutine that reads. What calls need of them is set before there are any.
	bound         bool
	multiplex     bool
	signs         bool // headers too
	transmit      int  // longest fragment to the client
	receive       int  // and from it
	association   *association
	presentations map[uint16]*Interface
	contexts      map[uint32]*securityContext
	failures      int         // of security contexts
	receiving     *serverCall // some of its fragments have come
	last          uint32      // greatest number of a call

	mu          sync.Mutex
	calls       map[uint32]*serverCall // that run
	outstanding int                    // that are not answered
	timer       *time.Timer            // ends the connection if nothing is called
	signed      bool                   // in
	running     sync.WaitGroup

	writing sync.Mutex
	written time.Time // when the time to write was last set
	held    []byte    // answers to be sent before anything else
}

// securityContext is one of a connection, by the number that the client gave it.
type securityContext struct {
	security.Context
	mechanism security.Mechanism
	level     security.Level
	done      bool
	failed    bool // auth3 has no answer: the first call gets it
}

// protects reports whether PDUs are signed.
func (x *securityContext) protects() bool { return x.level >= security.Integrity }

// violation is why a connection ends: the client breaks the rules.
type violation struct{ error }

func violated(format string, args ...any) error { return violation{fmt.Errorf(format, args...)} }

func newServerConn(s *Server, nc net.Conn) *serverConn {
	c := &serverConn{
		s: s, nc: nc, in: bufio.NewReaderSize(nc, 4096),
		local: address(nc.LocalAddr()), remote: address(nc.RemoteAddr()),
		transmit: pdu.MaxFragment, receive: pdu.MaxFragment,
		presentations: map[uint16]*Interface{}, contexts: map[uint32]*securityContext{},
		calls: map[uint32]*serverCall{},
	}
	c.ctx, c.cancel = context.WithCancel(s.ctx)
	return c
}

func address(a net.Addr) netip.AddrPort {
	if t, ok := a.(*net.TCPAddr); ok {
		p := t.AddrPort()
		return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
	}
	return netip.AddrPort{}
}

// close ends the connection; serve does the rest.
func (c *serverConn) close() { _ = c.nc.Close() }

// serve reads until the connection ends, and leaves nothing of it behind.
func (c *serverConn) serve() {
	if tcp, ok := c.nc.(*net.TCPConn); ok {
		impatient(tcp)
	}
	c.mu.Lock()
	c.timer = time.AfterFunc(c.s.o.Limits.SignIn, c.expire)
	c.mu.Unlock()
	err := c.read()
	c.close()
	c.cancel()
	c.running.Wait()
	c.mu.Lock()
	c.timer.Stop()
	c.mu.Unlock()
	if c.receiving != nil {
		c.receiving.release()
	}
	if c.association != nil {
		c.s.groups.leave(c.association)
	}
	c.s.gone(c)
	var v violation
	if errors.As(err, &v) || errors.Is(err, pdu.ErrFormat) {
		c.s.violations.Add(1)
		c.s.log.Info("a client broke the rules of RPC and was disconnected", "client", c.remote, "why", err)
	}
}

// expire ends a connection that nothing is called on.
func (c *serverConn) expire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.outstanding == 0 {
		c.close()
	}
}

// rest begins the time without a call. c.mu is locked.
func (c *serverConn) rest() {
	c.timer.Stop()
	switch idle := c.s.o.Idle; {
	case idle > 0:
		c.timer.Reset(idle)
	case !c.signed && !c.s.o.Anonymous:
		c.timer.Reset(anonymousIdle)
	}
}

// signedIn is when a security context is done.
func (c *serverConn) signedIn(who secure.SID) error {
	if err := c.s.known(c, who); err != nil {
		return err
	}
	c.mu.Lock()
	c.signed = true
	if c.outstanding == 0 {
		c.rest()
	}
	c.mu.Unlock()
	return nil
}

func (c *serverConn) read() error {
	for {
		if err := c.next(); err != nil {
			return err
		}
	}
}

// next reads a PDU and deals with it. A client may be silent between PDUs, but not
// within one, nor within a request.
func (c *serverConn) next() error {
	if !c.whole() {
		c.flush()
	}
	timed := c.receiving != nil
	if timed {
		_ = c.nc.SetReadDeadline(time.Now().Add(c.s.o.Limits.PDU))
	}
	if _, err := c.in.Peek(1); err != nil {
		return err
	}
	if !timed && !c.whole() {
		timed = true
		_ = c.nc.SetReadDeadline(time.Now().Add(c.s.o.Limits.PDU))
	}
	b := newBuffer()
	p, raw, err := pdu.Read(c.in, b.b, c.receive)
	b.b = raw
	if timed {
		_ = c.nc.SetReadDeadline(time.Time{})
	}
	if err != nil {
		b.free()
		return err
	}
	kept, err := c.arrived(p, b)
	if !kept {
		b.free()
	}
	return err
}

// whole reports whether all of the next PDU is there.
func (c *serverConn) whole() bool {
	n := c.in.Buffered()
	if n < pdu.HeaderSize {
		return false
	}
	head, err := c.in.Peek(pdu.HeaderSize)
	if err != nil {
		return false
	}
	h, err := pdu.ParseHeader(head)
	return err != nil || int(h.Length) <= n
}

// arrived deals with a PDU; kept says that b belongs to a call now.
func (c *serverConn) arrived(p pdu.PDU, b *buffer) (kept bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			c.s.log.Error("a PDU could not be dealt with", "client", c.remote, "type", p.Type, "panic", r, "stack", string(debug.Stack()))
			kept, err = true, violated("%s: %v", p.Type, r)
		}
	}()
	if !c.bound && p.Type != pdu.TypeBind {
		if p.Type == pdu.TypeRequest {
			c.refuse(p.CallID, 0, FaultProtocol)
		}
		return false, violated("%s before a bind", p.Type)
	}
	switch p.Type {
	case pdu.TypeBind:
		return false, c.bind(p)
	case pdu.TypeAlterContext:
		return false, c.alter(p)
	case pdu.TypeAuth3:
		return false, c.auth3(p)
	case pdu.TypeRequest:
		return c.request(p, b)
	case pdu.TypeCancel, pdu.TypeOrphaned:
		return false, c.stop(p)
	}
	return false, violated("%s to a server", p.Type)
}

// heldKept is how large a buffer a connection keeps.
const heldKept = 8 << 10

// flush sends what is held.
func (c *serverConn) flush() {
	c.writing.Lock()
	defer c.writing.Unlock()
	if len(c.held) > 0 {
		_ = c.write(nil) // reading ends then, too
	}
}

// write sends bytes to the client, behind what is held. c.writing is locked.
func (c *serverConn) write(b []byte) error {
	if len(c.held) > 0 {
		b = append(c.held, b...)
		c.held = nil
		if cap(b) <= heldKept {
			c.held = b[:0]
		}
	}
	limit := c.s.o.Limits.Write
	if now := time.Now(); now.Sub(c.written) > limit/2 {
		c.written = now
		_ = c.nc.SetWriteDeadline(now.Add(limit))
	}
	_, err := c.nc.Write(b)
	if err != nil {
		if tcp, ok := c.nc.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // what it has not taken would be kept for it
		}
		c.close()
		if errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrClosedPipe) {
			return err
		}
		c.s.log.Debug("a client does not take its answers", "client", c.remote, "error", err)
	}
	return err
}

// send sends one PDU.
func (c *serverConn) send(b []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	return c.write(b)
}

// refuse answers a call that has done nothing.
func (c *serverConn) refuse(id uint32, presentation uint16, f Fault) {
	c.fault(id, presentation, f, pdu.DidNotExecute)
}

// fault answers a call with a fault. Faults are not signed: the protocol protects
// requests and responses only (MS-RPCE 3.3.1.5.2.2), and clients count on that.
func (c *serverConn) fault(id uint32, presentation uint16, f Fault, flags pdu.Flags) {
	c.s.faults.Add(1)
	out := pdu.Fault{Context: presentation, Status: uint32(f)}
	_ = c.send(out.Append(nil, pdu.Header{Flags: pdu.SingleFragment | flags, CallID: id}, nil))
}
