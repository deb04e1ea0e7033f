package remoteread_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	remote "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/remoteread"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/security/accounts"
	"posthouse/localqm/rpc/security/ntlm"
	"posthouse/localqm/rpc/security/offer"
	"posthouse/localqm/secure"
)

const (
	user     = "reader"
	password = "a password, for tests" //nolint:gosec // for tests
)

// served is a queue manager that is read over a network, at its address. Its queue is
// the reader's, too.
func served(t testing.TB) (p *place, address string) {
	t.Helper()
	p = start(t)
	return p, p.listen()
}

// listen serves the queue manager over a network, and lets its reader read.
func (p *place) listen() (address string) {
	p.t.Helper()
	grant(p.t, p)
	store, err := accounts.Open(p.t.TempDir())
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := store.Add(user, password, false); err != nil {
		p.t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		p.t.Fatal(err)
	}
	s := rpc.Serve(ln, rpc.Options{
		Interfaces: []rpc.Interface{p.server},
		Acceptor:   offer.New(offer.Options{Name: "TEST", Accounts: store}),
	})
	p.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			p.t.Error(err)
		}
	})
	return s.Addr().String()
}

// grant lets everybody who signs in read the queue.
func grant(t testing.TB, p *place) {
	t.Helper()
	name := qmtest.Name(t, orders)
	d, err := p.QueueSecurity(ctx, qmtest.Owner, name)
	if err != nil {
		t.Fatal(err)
	}
	d = d.Grant(secure.AuthenticatedUsers, uint32(mq.RightReceiveMessage|mq.RightPeekMessage))
	if err := p.SetQueueSecurity(ctx, qmtest.Owner, name, d); err != nil {
		t.Fatal(err)
	}
}

// dial is a client with a connection of its own, signed in and encrypted.
func dial(t testing.TB, address string) (*client, *rpc.Conn) {
	t.Helper()
	c, conn, err := tryDial(t, address, rpc.DialOptions{Initiator: ntlm.NewInitiator(user, "", password)})
	if err != nil {
		t.Fatal(err)
	}
	return c, conn
}

func tryDial(t testing.TB, address string, o rpc.DialOptions) (*client, *rpc.Conn, error) {
	t.Helper()
	conn, err := rpc.Dial(ctx, address, o)
	if err != nil {
		return nil, nil, err
	}
	t.Cleanup(func() { _ = conn.Close(ctx) })
	c, err := remote.NewRemoteReadClient(ctx, conn)
	return &client{RemoteReadClient: c, t: t}, conn, err
}

func TestOnlyThePortIsToldToWhoIsNotSignedIn(t *testing.T) {
	p := start(t)
	p.server = remoteread.New(p.QueueManager, remoteread.Options{Ports: func() (uint16, uint16) { return 2103, 2105 }})
	c, _, err := tryDial(t, p.listen(), rpc.DialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if r, _ := c.GetServerPort(ctx, &remote.GetServerPortRequest{}); r == nil || r.Return != 2103 {
		t.Errorf("the port is %v", r)
	}
	_, err = c.OpenQueue(ctx, request(t, orders, peekAccess))
	want(t, "opening a queue", err, mq.HResult(rpc.FaultAccessDenied))
}

func TestAWaitingReadIsCancelledOverItsOwnConnection(t *testing.T) {
	p, address := served(t)
	c, _ := dial(t, address)
	h := c.open(orders, receiveAccess)
	for _, action := range []uint32{receive, peek} {
		coming := c.later(h, remote.StartReceiveRequest{Action: action, Timeout: all, RequestID: 9})
		qmtest.Eventually(t, "the read is cancelled", func() bool { return c.cancel(h, 9) == nil })
		want(t, "what was cancelled", (<-coming).err, mq.ErrOperationCancelled)
	}
	p.send("a")
	if m := c.message(h, remote.StartReceiveRequest{Action: receive, RequestID: 9}); m.Label != "a" {
		t.Errorf("received %q", m.Label)
	}
	if err := c.end(h, 9, ack); err != nil {
		t.Error(err)
	}
}

func TestAReaderThatGivesUpLeavesItsConnectionUsable(t *testing.T) {
	p, address := served(t)
	c, _ := dial(t, address)
	h := c.open(orders, receiveAccess)
	impatient, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		_, err := c.StartReceive(impatient, &remote.StartReceiveRequest{Context: h, Action: receive, Timeout: all, RequestID: 1})
		ended <- err
	}()
	qmtest.Eventually(t, "it waits", func() bool { return mq.CodeOf(c.end(h, 1, nack)) == mq.ErrMessageNotFound })
	stop()
	if err := <-ended; err == nil {
		t.Error("it received something")
	}
	p.send("a")
	qmtest.Eventually(t, "its number is free", func() bool {
		out, err := c.read(h, remote.StartReceiveRequest{Action: receive, RequestID: 1, MaxBodySize: all})
		if err != nil {
			want(t, "meanwhile", err, mq.ErrInvalidParameter)
			return false
		}
		m, _ := packet(t, out)
		return m.Label == "a"
	})
}

func TestALineThatIsCutGivesMessagesBackInPlace(t *testing.T) {
	p, address := served(t)
	ids := p.send("a", "b", "c")
	c, conn := dial(t, address)
	h := c.open(orders, receiveAccess)
	c.message(h, remote.StartReceiveRequest{Action: receive, RequestID: 1})
	c.message(h, remote.StartReceiveRequest{Action: byTake, LookupID: ids[1], RequestID: 2})
	waiting := make(chan error, 1)
	cursor := c.cursor(h)
	c.message(h, remote.StartReceiveRequest{Action: peek, Cursor: cursor})
	go func() {
		_, err := c.read(h, remote.StartReceiveRequest{Action: peekNext, Cursor: cursor, Timeout: all, RequestID: 3})
		waiting <- err
	}()
	if err := conn.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if err := <-waiting; err == nil {
		t.Error("a read over a cut line got something")
	}
	other, _ := dial(t, address)
	g := other.open(orders, receiveAccess)
	for _, id := range ids[:2] {
		qmtest.Eventually(t, "a message is back", func() bool {
			_, err := other.read(g, remote.StartReceiveRequest{Action: byPeek, LookupID: id})
			return err == nil
		})
	}
	var seen []string
	for i := range uint32(3) {
		seen = append(seen, other.message(g, remote.StartReceiveRequest{Action: receive, RequestID: i}).Label)
	}
	if !slices.Equal(seen, []string{"a", "b", "c"}) {
		t.Errorf("received %v", seen)
	}
}

func TestTwoReadersShareAQueue(t *testing.T) {
	const messages = 400
	p, address := served(t)
	var labels []string
	for i := range messages {
		labels = append(labels, fmt.Sprint(i))
	}
	p.send(labels...)
	var mu sync.Mutex
	seen := map[string]int{}
	var readers sync.WaitGroup
	for range 2 {
		c, _ := dial(t, address)
		h := c.open(orders, receiveAccess)
		for worker := range uint32(4) {
			readers.Go(func() {
				for n := uint32(0); ; n++ {
					id := n<<8 | worker
					out, err := c.read(h, remote.StartReceiveRequest{Action: receive, RequestID: id, MaxBodySize: all})
					if code(err) == mq.ErrIOTimeout {
						return
					}
					if err != nil {
						t.Error(err)
						return
					}
					m, _ := packet(t, out)
					answer := uint32(ack)
					if n%5 == 4 {
						answer = nack
					}
					if err := c.end(h, id, answer); err != nil {
						t.Error(err)
						return
					}
					if answer == ack {
						mu.Lock()
						seen[m.Label]++
						mu.Unlock()
					}
				}
			})
		}
	}
	readers.Wait()
	// Who comes last may have given one back to an empty queue.
	for _, l := range p.Labels(orders) {
		seen[l]++
	}
	for _, l := range labels {
		if seen[l] != 1 {
			t.Errorf("message %s was received %d times", l, seen[l])
		}
	}
}

func TestTenThousandReadersWait(t *testing.T) {
	const connections, each = 12, 1000
	p, address := served(t)
	var refused, ended atomic.Int32
	var calls sync.WaitGroup
	var conns []*rpc.Conn
	for range connections {
		c, conn := dial(t, address)
		conns = append(conns, conn)
		h := c.open(orders, receiveAccess)
		for i := range uint32(each) {
			calls.Go(func() {
				_, err := c.read(h, remote.StartReceiveRequest{Action: receive, Timeout: all, RequestID: i})
				if mq.CodeOf(err) == mq.ErrInsufficientResources {
					refused.Add(1)
				} else {
					ended.Add(1)
				}
			})
		}
	}
	qmtest.Eventually(t, "the rest is refused", func() bool { return refused.Load() == connections*each-localqm.MostPending })
	honest, _ := dial(t, address)
	g := honest.open(orders, receiveAccess)
	_, err := honest.read(g, remote.StartReceiveRequest{Action: peek})
	want(t, "a peek meanwhile", err, mq.ErrIOTimeout)
	_, err = honest.read(g, remote.StartReceiveRequest{Action: receive, RequestID: 1})
	want(t, "a receive meanwhile", err, mq.ErrInsufficientResources)
	for _, conn := range conns {
		_ = conn.Close(ctx)
	}
	calls.Wait()
	if n := ended.Load(); n != localqm.MostPending {
		t.Errorf("%d receives waited", n)
	}
	p.send("a")
	qmtest.Eventually(t, "there is room again", func() bool {
		_, err := honest.read(g, remote.StartReceiveRequest{Action: receive, RequestID: 1, MaxBodySize: all})
		return err == nil
	})
	if err := honest.end(g, 1, ack); err != nil {
		t.Error(err)
	}
}
