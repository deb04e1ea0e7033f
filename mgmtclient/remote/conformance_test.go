package remote_test

import (
	"context"
	"net"
	"testing"

	"go.uber.org/goleak"

	"posthouse/localqm"
	"posthouse/localqm/interfaces"
	"posthouse/localqm/interfaces/interfacestest"
	"posthouse/localqm/qmtest"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/conformance"
	"posthouse/mgmtclient/local"
	"posthouse/mgmtclient/remote"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// served is a queue manager that is managed over RPC, with a node of each kind on it.
type served struct {
	*interfacestest.QM
	node  *remote.Node
	owner *local.Node
}

// options lead to a queue manager by its loopback address, which all of them have: so
// one of them can be both computers.
func options(q *interfacestest.QM, account string) remote.Options {
	_, port, _ := net.SplitHostPort(q.At())
	return remote.Options{
		Address: "127.0.0.1:" + port, Initiator: interfacestest.SignIn(account),
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, q.At())
		},
	}
}

// serve starts one. This computer's queue manager is the same, so that what is sent
// arrives at once.
func serve(t *testing.T, change ...func(*interfaces.Options)) served {
	t.Helper()
	s := served{QM: interfacestest.Start(t, "LAPTOP", change...)}
	s.owner = local.New(s.QueueManager, administrator(t, s.QM), local.About{Version: "1.2.3"})
	t.Cleanup(func() { _ = s.owner.Close() })
	o := options(s.QM, interfacestest.Admin)
	o.Sender = func(context.Context) (mgmtclient.Sender, error) { return s.owner, nil }
	var err error
	if s.node, err = remote.Dial(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.node.Close() })
	return s
}

// administrator is the one who signs in, as a caller here.
func administrator(t testing.TB, q *interfacestest.QM) localqm.Caller {
	t.Helper()
	list, err := q.Accounts.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		if a.Name == interfacestest.Admin {
			return localqm.Caller{Token: a.Token(), Level: localqm.Verified, Origin: "test"}
		}
	}
	t.Fatal("there is no administrator")
	return localqm.Caller{}
}

func TestConformance(t *testing.T) {
	conformance.RunRemote(t, func(t *testing.T) (node, owner mgmtclient.Node) {
		s := serve(t)
		return s.node, s.owner
	})
}

func TestConformanceWithoutQmcomm(t *testing.T) {
	conformance.RunRemote(t, func(t *testing.T) (node, owner mgmtclient.Node) {
		s := serve(t, interfacestest.Windows)
		return s.node, s.owner
	})
}

func TestConformanceInAForest(t *testing.T) {
	conformance.RunPublicRemote(t, func(t *testing.T) (node, owner mgmtclient.Node) {
		s := serve(t)
		qmtest.NewForest().Join(s.QueueManager)
		return s.node, s.owner
	})
}
