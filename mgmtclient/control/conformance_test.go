package control_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"posthouse/mgmtclient"
	"posthouse/mgmtclient/conformance"
	"posthouse/mgmtclient/control"
	"posthouse/mgmtclient/fake"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// folder is a data folder whose path is short enough for a socket.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ph")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// serve offers a node on a folder until the test ends.
func serve(t *testing.T, dir string, n mgmtclient.Node) *control.Server {
	t.Helper()
	s, err := control.Serve(t.Context(), dir, func(control.Peer) (mgmtclient.Node, error) { return n, nil }, control.Options{Program: "1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func dial(t *testing.T, dir string) *control.Client {
	t.Helper()
	c, err := control.Dial(t.Context(), dir, "1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestConformance(t *testing.T) {
	conformance.Run(t, func(t *testing.T) mgmtclient.Node {
		dir := folder(t)
		serve(t, dir, fake.New(fake.Options{}))
		return dial(t, dir)
	})
}

func TestConformanceInAForest(t *testing.T) {
	conformance.RunPublic(t, func(t *testing.T) mgmtclient.Node {
		dir := folder(t)
		serve(t, dir, fake.New(fake.Options{Forest: "example.test"}))
		return dial(t, dir)
	})
}
