package remote_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"posthouse/localqm/interfaces/interfacestest"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/remote"
)

// cable is the way to a queue manager, which can be cut, and pulled: then what is on
// its way stays there.
type cable struct {
	q *interfacestest.QM

	mu     sync.Mutex
	conns  []net.Conn
	dials  int
	silent bool

	written atomic.Int64 // PDUs, as they are written one by one
}

func newCable(q *interfacestest.QM) *cable { return &cable{q: q} }

func (c *cable) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, c.q.At())
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dials++
	c.conns = append(c.conns, conn)
	return &end{Conn: conn, c: c, closed: make(chan struct{})}, nil
}

// cut ends the connections.
func (c *cable) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		_ = conn.Close()
	}
	c.conns = nil
}

// pull lets nothing through any more, either way, until plug.
func (c *cable) pull() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.silent = true
}

func (c *cable) plug() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.silent = false
}

func (c *cable) dialled() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dials
}

func (c *cable) quiet() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.silent
}

// end is the end of the cable here.
type end struct {
	net.Conn
	c      *cable
	once   sync.Once
	closed chan struct{}
}

func (e *end) Write(b []byte) (int, error) {
	defer e.c.written.Add(1)
	if e.c.quiet() {
		return len(b), nil
	}
	return e.Conn.Write(b)
}

func (e *end) Read(b []byte) (int, error) {
	n, err := e.Conn.Read(b)
	if e.c.quiet() {
		<-e.closed // what comes is lost
		return 0, net.ErrClosed
	}
	return n, err
}

func (e *end) Close() error {
	e.once.Do(func() { close(e.closed) })
	return e.Conn.Close()
}

// along is a node at the end of a cable.
func along(t *testing.T, s served, cancelAfter time.Duration) (*remote.Node, *cable) {
	t.Helper()
	c := newCable(s.QM)
	o := options(s.QM, interfacestest.Admin)
	o.Dial, o.CancelAfter = c.dial, cancelAfter
	n, err := remote.Dial(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	if _, err := s.owner.CreateQueue(t.Context(), "orders", mgmtclient.QueueSettings{}); err != nil {
		t.Fatal(err)
	}
	return n, c
}

func TestABrokenLineFailsWhatRunsAndTheNextCallConnectsAnew(t *testing.T) {
	s := serve(t)
	n, c := along(t, s, 0)
	if _, err := n.Messages(t.Context(), "orders", mgmtclient.Page{}); err != nil {
		t.Fatal(err)
	}
	before := c.written.Load()
	failed := make(chan error, 1)
	go func() {
		_, err := n.Receive(t.Context(), "orders", mgmtclient.ReceiveOptions{Timeout: time.Hour})
		failed <- err
	}()
	// It opens the queue, then it waits.
	qmtest.Eventually(t, "the receive", func() bool { return c.written.Load() >= before+2 })
	c.cut()
	err := <-failed
	if mgmtclient.Code(err) != mq.ErrRemoteMachineNotAvailable || !strings.Contains(err.Error(), "the connection to LAPTOP broke") {
		t.Errorf("%v", err)
	}
	// Open queues went with the line; they are opened anew.
	if page, err := n.Messages(t.Context(), "orders", mgmtclient.Page{}); err != nil || len(page.Messages) != 0 {
		t.Errorf("%+v, %v", page, err)
	}
	if c.dialled() != 2 {
		t.Errorf("%d connections", c.dialled())
	}
}

func TestManyCallsShareOneNewConnection(t *testing.T) {
	s := serve(t)
	n, c := along(t, s, 0)
	c.cut()
	var work sync.WaitGroup
	for range 20 {
		work.Go(func() {
			// Who comes first may meet the break.
			if _, err := n.Machine(t.Context()); err != nil && mgmtclient.Code(err) != mq.ErrRemoteMachineNotAvailable {
				t.Error(err)
			}
		})
	}
	work.Wait()
	if _, err := n.Machine(t.Context()); err != nil {
		t.Error(err)
	}
	if c.dialled() != 2 {
		t.Errorf("%d connections", c.dialled())
	}
}

func TestAPulledCableIsAnErrorAndNeverAHang(t *testing.T) {
	s := serve(t)
	n, c := along(t, s, 50*time.Millisecond)
	for name, call := range map[string]func() error{
		"Machine":  func() error { _, err := n.Machine(t.Context()); return err },
		"Messages": func() error { _, err := n.Messages(t.Context(), "orders", mgmtclient.Page{}); return err },
		"Receive": func() error {
			_, err := n.Receive(t.Context(), "orders", mgmtclient.ReceiveOptions{Timeout: 10 * time.Millisecond})
			return err
		},
		"Purge": func() error { _, err := n.Purge(t.Context(), "orders"); return err },
	} {
		if _, err := n.Queue(t.Context(), "orders"); err != nil {
			t.Fatal(err)
		}
		c.pull()
		err := call()
		c.plug()
		if mgmtclient.Code(err) != mq.ErrRemoteMachineNotAvailable {
			t.Errorf("%s: %v", name, err)
		}
	}
	c.pull()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := n.Machine(ctx); mgmtclient.Code(err) != mq.ErrOperationCancelled || !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	c.plug()
	if _, err := n.Machine(t.Context()); err != nil {
		t.Errorf("with the cable in its place: %v", err)
	}
}

func TestAComputerThatIsDownIsFoundAgain(t *testing.T) {
	s := serve(t)
	n, _ := along(t, s, 0)
	s.Disconnect()
	for range 2 {
		_, err := n.Machine(t.Context())
		if mgmtclient.Code(err) != mq.ErrRemoteMachineNotAvailable {
			t.Errorf("%v", err)
		}
	}
	s.Connect()
	if _, err := n.Machine(t.Context()); err != nil {
		t.Errorf("back again: %v", err)
	}
}

func TestAMessageIsNotLostWithTheLine(t *testing.T) {
	s := serve(t)
	n, c := along(t, s, 0)
	if _, err := s.owner.Send(t.Context(), mgmtclient.SendRequest{Queue: "orders", Label: "a"}); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Receive(t.Context(), "orders", mgmtclient.ReceiveOptions{Peek: true}); err != nil {
		t.Fatal(err)
	}
	c.cut()
	m, err := n.Receive(t.Context(), "orders", mgmtclient.ReceiveOptions{})
	if err != nil { // it met the break
		m, err = n.Receive(t.Context(), "orders", mgmtclient.ReceiveOptions{Timeout: time.Minute})
	}
	if err != nil || m.Label != "a" {
		t.Errorf("%+v, %v", m, err)
	}
}
