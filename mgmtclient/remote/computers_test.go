package remote_test

import (
	"context"
	"net"
	"testing"
	"time"

	"posthouse/localqm/interfaces/interfacestest"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/transport/transporttest"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/local"
	"posthouse/mgmtclient/remote"
)

// deskAndHub are two computers that exchange messages; the desk manages the hub.
func deskAndHub(t *testing.T) (desk *local.Node, hub *remote.Node) {
	t.Helper()
	network := transporttest.New(t)
	here, there := network.Start("DESK"), network.Start("HUB")
	q := interfacestest.Serve(t, "HUB", there.QM)
	desk = local.New(here.QueueManager, qmtest.Owner, local.About{})
	t.Cleanup(func() { _ = desk.Close() })
	hub, err := remote.Dial(t.Context(), remote.Options{
		Address: "hub:2103", Initiator: interfacestest.SignIn(interfacestest.Admin),
		Sender: func(context.Context) (mgmtclient.Sender, error) { return desk, nil },
		Dial: func(ctx context.Context, netw, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, netw, q.At())
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hub.Close() })
	return desk, hub
}

// As MS-MQOD 3.4 tells it: an administrator creates a private queue on another
// computer (by MS-MQMP, between two of us), applications send to it, and he reads how
// many messages it holds.
func TestAnAdministratorUsesAnotherComputersQueue(t *testing.T) {
	_, hub := deskAndHub(t)
	for _, name := range []string{"orders", "spare"} {
		if _, err := hub.CreateQueue(t.Context(), name, mgmtclient.QueueSettings{Label: &name, AllowSend: []string{"anonymous"}}); err != nil {
			t.Fatal(err)
		}
	}
	sent, err := hub.Send(t.Context(), mgmtclient.SendRequest{Queue: "orders", Label: "a", Body: []byte("body"), ResponseQueue: "spare", AppSpecific: 7})
	if err != nil || sent.Outcome != mgmtclient.OutcomeKept || sent.LookupID != 0 {
		t.Fatalf("%+v, %v", sent, err)
	}
	m, err := hub.Receive(t.Context(), "orders", mgmtclient.ReceiveOptions{Peek: true, Timeout: time.Minute})
	if err != nil || m.ID != sent.LastID || string(m.Body) != "body" || m.ResponseQueue != `DIRECT=OS:HUB\private$\spare` {
		t.Fatalf("%+v, %v", m, err)
	}
	if q, err := hub.Queue(t.Context(), "orders"); err != nil || q.Messages != 1 {
		t.Errorf("%+v, %v", q, err)
	}
	// Elsewhere it goes by this computer.
	moved, err := hub.Move(t.Context(), "orders", []mgmtclient.LookupID{m.LookupID}, "spare")
	if err != nil || len(moved) != 1 || moved[0].Code != mq.OK || moved[0].NewID == "" {
		t.Fatalf("%+v, %v", moved, err)
	}
	again, err := hub.Receive(t.Context(), "spare", mgmtclient.ReceiveOptions{Timeout: time.Minute})
	if err != nil || again.ID != moved[0].NewID || again.Label != "a" || again.AppSpecific != 7 || again.ResponseQueue != m.ResponseQueue {
		t.Errorf("%+v, %v", again, err)
	}
	if q, err := hub.Queue(t.Context(), "orders"); err != nil || q.Messages != 0 {
		t.Errorf("%+v, %v", q, err)
	}
}

func TestWhichOfTheTwoComputersHasNoSuchQueue(t *testing.T) {
	_, hub := deskAndHub(t)
	_, err := hub.Messages(t.Context(), "nothere", mgmtclient.Page{})
	wants(t, err, mq.ErrQueueNotFound, "HUB says that it has no such queue")
	_, err = hub.Send(t.Context(), mgmtclient.SendRequest{Queue: `DESK\private$\nothere`})
	wants(t, err, mq.ErrQueueNotFound, "the queue manager of this computer says")
}
