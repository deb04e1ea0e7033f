// Package interfacestest starts queue managers in tests that others manage over RPC.
package interfacestest

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"sync/atomic"
	"testing"

	"github.com/oiweiwei/go-msrpc/dcerpc"

	"posthouse/localqm/interfaces"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/qmtest/loopback"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/security"
	"posthouse/localqm/rpc/security/accounts"
	"posthouse/localqm/rpc/security/ntlm"
	"posthouse/localqm/rpc/security/offer"
)

// The accounts that every queue manager has: an administrator, and one who is none.
const (
	Admin    = "admin"
	User     = "user"
	Password = "a password, for tests" //nolint:gosec // for tests
)

// QM is a queue manager that others manage over RPC.
type QM struct {
	*qmtest.QM
	Interfaces *interfaces.Interfaces
	Accounts   *accounts.Store
	Name       string
	Address    netip.Addr
	Options    interfaces.Options // of the next Connect

	t testing.TB
}

// addresses are given from 127.0.0.101 on.
var addresses atomic.Uint32

// Start starts a queue manager on an empty store, at an address of its own.
func Start(t testing.TB, name string, change ...func(*interfaces.Options)) *QM {
	t.Helper()
	return Serve(t, name, qmtest.StartLive(t, qmtest.On(name)), change...)
}

// Serve lets one be managed that is there.
func Serve(t testing.TB, name string, m *qmtest.QM, change ...func(*interfaces.Options)) *QM {
	t.Helper()
	q := &QM{QM: m, Name: name, t: t, Address: netip.AddrFrom4([4]byte{127, 0, 0, byte(101 + addresses.Add(1)%100)})}
	var err error
	if q.Accounts, err = accounts.Open(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	for account, administrator := range map[string]bool{Admin: true, User: false} {
		if _, err := q.Accounts.Add(account, Password, administrator); err != nil {
			t.Fatal(err)
		}
	}
	q.Options = interfaces.Options{
		Listen: []netip.Addr{q.Address}, Version: "MSMQ 6.3 (test)",
		Acceptor: offer.New(offer.Options{Name: name, Accounts: q.Accounts}),
	}
	if os.Getenv("POSTHOUSE_TEST_LOG") != "" {
		q.Options.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug})).With("qm", name)
	}
	for _, c := range change {
		c(&q.Options)
	}
	t.Cleanup(q.Disconnect)
	q.Connect()
	return q
}

// Windows leaves out what Windows does not offer to other computers any more.
func Windows(o *interfaces.Options) { o.Without = []string{"qmcomm", "qmcomm2"} }

// Mapper adds an endpoint mapper, at a port that is free.
func Mapper(o *interfaces.Options) {
	port, err := loopback.Port()
	if err != nil {
		panic(err) // a machine without ports
	}
	o.MapperPort = port
}

// Connect serves the interfaces, as the start of the program does.
func (q *QM) Connect() {
	q.t.Helper()
	q.Options.Manager = q.QueueManager
	var err error
	if q.Interfaces, err = interfaces.Start(q.Options); err != nil {
		q.t.Fatalf("serve the interfaces of %s: %v", q.Name, err)
	}
}

// Disconnect ends the interfaces alone: the computer cannot be reached.
func (q *QM) Disconnect() { _ = q.Interfaces.Close() }

// Restart stops everything and starts it again, at other ports.
func (q *QM) Restart() {
	q.t.Helper()
	q.Disconnect()
	q.QM.Restart()
	q.Connect()
}

// At is where clients connect, host and port.
func (q *QM) At() string {
	port, _ := q.Interfaces.Ports()
	return netip.AddrPortFrom(q.Address, port).String()
}

// QMAt is where other queue managers connect.
func (q *QM) QMAt() string {
	_, port := q.Interfaces.Ports()
	return netip.AddrPortFrom(q.Address, port).String()
}

// MapperAt is where the endpoint mapper is.
func (q *QM) MapperAt() string {
	return netip.AddrPortFrom(q.Address, q.Interfaces.MapperPort()).String()
}

// SignIn signs in with NTLM as an account of the queue manager.
func SignIn(account string) security.Initiator { return ntlm.NewInitiator(account, "", Password) }

// Dial connects as an account, with privacy; "" is nobody. The test closes it.
func (q *QM) Dial(account string) *rpc.Conn {
	q.t.Helper()
	o := rpc.DialOptions{}
	if account != "" {
		o.Initiator = SignIn(account)
	}
	c, err := rpc.Dial(context.Background(), q.At(), o)
	if err != nil {
		q.t.Fatal(err)
	}
	q.t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

// Bind makes a client of an interface from its generated constructor.
func Bind[C any](t testing.TB, conn dcerpc.Conn, client func(context.Context, dcerpc.Conn, ...dcerpc.Option) (C, error)) C {
	t.Helper()
	c, err := client(context.Background(), conn)
	if err != nil {
		t.Fatal(fmt.Errorf("bind: %w", err))
	}
	return c
}
