// Package transporttest starts whole queue managers in tests that exchange
// messages over loopback addresses.
package transporttest

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/qmtest/loopback"
	"posthouse/localqm/route"
	"posthouse/localqm/transport"
)

// Network is what its queue managers share: a port that is free on all their
// addresses, and a name server.
type Network struct {
	Port, PingPort uint16

	t    testing.TB
	next netip.Addr

	mu    sync.Mutex
	table map[string][]netip.Addr // by lower-case name
}

// New makes a network without queue managers. Their addresses are 127.0.0.11,
// 127.0.0.12 and so on.
func New(t testing.TB) *Network {
	t.Helper()
	n := &Network{t: t, next: netip.MustParseAddr("127.0.0.11"), table: map[string][]netip.Addr{}}
	n.Port, n.PingPort = freePort(t), freePort(t)
	return n
}

// freePort is a port that nobody listens on at any address.
func freePort(t testing.TB) uint16 {
	t.Helper()
	port, err := loopback.Port()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// Name gives a computer addresses in the name server, none: it is unknown.
func (n *Network) Name(computer string, at ...netip.Addr) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.table[strings.ToLower(computer)] = at
}

// lookup answers as a name server does.
func (n *Network) lookup(_ context.Context, host string) ([]netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	at := n.table[strings.ToLower(host)]
	if len(at) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return at, nil
}

// QM is a queue manager of a network.
type QM struct {
	*qmtest.QM
	Transport *transport.Transport
	Name      string
	Address   netip.Addr
	Options   transport.Options // of the next Connect
	Directory localqm.Directory // joined before the next Connect; nil: none

	n *Network
}

// Start starts a queue manager with the next address, which its name stands for
// from now on.
func (n *Network) Start(name string, change ...func(*transport.Options)) *QM {
	n.t.Helper()
	q := n.prepare(name, change...)
	q.Connect()
	return q
}

// prepare is Start without Connect.
func (n *Network) prepare(name string, change ...func(*transport.Options)) *QM {
	n.t.Helper()
	q := &QM{QM: qmtest.StartLive(n.t, qmtest.On(name)), Name: name, Address: n.next, n: n}
	n.next = n.next.Next()
	n.Name(name, q.Address)
	q.Options = transport.Options{
		Listen: []netip.Addr{q.Address}, Port: n.Port, PingPort: n.PingPort,
		Resolver: route.NewResolver(route.Options{Port: n.Port, Lookup: n.lookup}),
	}
	if os.Getenv("POSTHOUSE_TEST_LOG") != "" {
		q.Options.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug})).With("qm", name)
	}
	for _, c := range change {
		c(&q.Options)
	}
	n.t.Cleanup(q.Disconnect)
	return q
}

// Connect starts the transport, as the start of the program does.
func (q *QM) Connect() {
	q.n.t.Helper()
	q.Options.Manager = q.QueueManager
	if q.Directory != nil {
		q.Join(q.Directory)
	}
	q.Transport = transport.New(q.Options)
	if err := q.Transport.Start(); err != nil {
		q.n.t.Fatalf("start the transport of %s: %v", q.Name, err)
	}
}

// Disconnect stops the transport alone: the computer cannot be reached and
// reaches nobody.
func (q *QM) Disconnect() {
	if q.Transport != nil {
		q.Transport.Close()
	}
}

// Restart stops everything and starts it again.
func (q *QM) Restart() {
	q.n.t.Helper()
	q.Disconnect()
	q.QM.Restart()
	q.Connect()
}

// Direct names a private queue of q as other computers do, by computer name.
func (q *QM) Direct(queue string) string {
	return fmt.Sprintf(`DIRECT=OS:%s\private$\%s`, q.Name, queue)
}

// DirectTCP names it by address.
func (q *QM) DirectTCP(queue string) string {
	return fmt.Sprintf(`DIRECT=TCP:%s\private$\%s`, q.Address, queue)
}

// Move gives the computer another address, which its name stands for from now on.
func (q *QM) Move(to string) {
	q.n.t.Helper()
	q.Disconnect()
	q.Address = netip.MustParseAddr(to)
	q.Options.Listen = []netip.Addr{q.Address}
	q.n.Name(q.Name, q.Address)
	q.Connect()
}
