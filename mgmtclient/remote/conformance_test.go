package remote_test

import (
	"context"
	"net"
	"testing"

	"go.uber.org/goleak"

	"posthouse/localqm"
	"posthouse/localqm/interfaces"
	"posthouse/localqm/interfaces/interfacestest"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/secure"
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

// Step 1 of Example 3 (MS-MQOD 3.3): R_QMSetObjectProperties on a public queue of
// another computer.
func TestAPublicQueueOfAnotherComputerIsChangedThroughThePeer(t *testing.T) {
	s := serve(t)
	forest := qmtest.NewForest()
	forest.Join(s.QueueManager)
	forest.Computer("OTHER")
	made := forest.Put("OTHER", "orders", localqm.QueueSpec{Label: new("old"), Security: everybody()})
	admin, ok := mgmtclient.Can[mgmtclient.QueueAdmin](s.node)
	if !ok {
		t.Fatal("no queue can be changed")
	}
	name := mq.Public(made.ID).String()
	q, err := admin.SetQueue(t.Context(), name, mgmtclient.QueueSettings{Label: new("new"), Journal: new(true)})
	if err != nil {
		t.Fatal(err)
	}
	if q.Label != "new" || !q.Journal || q.PathName != `OTHER\orders` || q.Type != mq.QueueTypePublic || q.Location != mq.LocationRemote || q.Outgoing != nil {
		t.Errorf("it is %+v", q)
	}
	if list := forest.Queues("OTHER"); len(list) != 1 || *list[0].Spec.Label != "new" {
		t.Errorf("the directory has %+v", list)
	}
	if _, err := admin.SetQueue(t.Context(), mq.Public(mq.NewGUID()).String(), mgmtclient.QueueSettings{Label: new("x")}); mgmtclient.Code(err) != mq.ErrQueueNotFound {
		t.Errorf("what is nowhere: %v", err)
	}
}

func everybody() *secure.Descriptor {
	d := secure.Strict(qmtest.Owner.Token.User).Grant(secure.Everyone, uint32(mq.RightQueueGenericAll))
	return &d
}
