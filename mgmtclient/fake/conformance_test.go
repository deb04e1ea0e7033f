package fake_test

import (
	"testing"

	"go.uber.org/goleak"

	"posthouse/mgmtclient"
	"posthouse/mgmtclient/conformance"
	"posthouse/mgmtclient/fake"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	conformance.Run(t, func(t *testing.T) mgmtclient.Node {
		n := fake.New(fake.Options{})
		t.Cleanup(func() { n.Close() })
		return n
	})
}

func TestConformanceInAForest(t *testing.T) {
	conformance.RunPublic(t, func(t *testing.T) mgmtclient.Node {
		n := fake.New(fake.Options{Forest: "example.test"})
		t.Cleanup(func() { n.Close() })
		return n
	})
}
