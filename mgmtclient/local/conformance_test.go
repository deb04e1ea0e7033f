package local_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"posthouse/localqm"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/store"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/conformance"
	"posthouse/mgmtclient/control"
	"posthouse/mgmtclient/local"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs a queue manager on a new data folder; its store is checked when
// the test ends.
func start(t *testing.T) (*localqm.QueueManager, string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "ph") // short enough for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s, err := store.Open(t.Context(), store.Options{Dir: dir, Name: "LAPTOP"})
	if err != nil {
		t.Fatal(err)
	}
	m, err := localqm.Open(t.Context(), localqm.Options{Store: s, Owner: qmtest.Owner.Token.User.String()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return m, dir
}

func TestConformance(t *testing.T) {
	conformance.Run(t, func(t *testing.T) mgmtclient.Node {
		m, dir := start(t)
		n := local.New(m, qmtest.Owner, local.About{Version: "1.2.3", DataFolder: dir})
		t.Cleanup(func() { n.Close() })
		return n
	})
}

func TestConformanceInAForest(t *testing.T) {
	conformance.RunPublic(t, func(t *testing.T) mgmtclient.Node {
		m, dir := start(t)
		qmtest.NewForest().Join(m)
		n := local.New(m, qmtest.Owner, local.About{Version: "1.2.3", DataFolder: dir})
		t.Cleanup(func() { n.Close() })
		return n
	})
}

func TestConformanceOverControl(t *testing.T) {
	conformance.Run(t, func(t *testing.T) mgmtclient.Node {
		m, dir := start(t)
		s, err := control.Serve(t.Context(), dir, func(control.Peer) (mgmtclient.Node, error) {
			return local.New(m, qmtest.Owner, local.About{Version: "1.2.3", DataFolder: dir}), nil
		}, control.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		c, err := control.Dial(t.Context(), dir, "1.2.3")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	})
}
