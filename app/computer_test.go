package app

import (
	"errors"
	"testing"

	"github.com/zalando/go-keyring"

	"posthouse/mgmtclient"
)

func TestComputersAreRememberedForNode(t *testing.T) {
	keyring.MockInit()
	d := newDesk(t)
	d.folder = t.TempDir()
	d.must("computer", "list").complains("no other computers")
	equal(t, "none", d.must("computer", "list", "--json").out, "[]\n")
	d.typing("letmein\n").must("computer", "add", "HUB", "--address", "hub.example.com:2103", "--user", `SHOP\alice`).says("HUB", "hub.example.com:2103")
	d.typing("").must("computer", "add", "depot", "--kerberos")
	d.must("computer", "list").says("HUB", `SHOP\alice`, "password", "depot", "kerberos")
	d.must("queue", "create", "orders", "--allow-send", "anonymous", "--node", "hub").quiet() // by the password that is kept
	d.must("queue", "list", "--node", "depot").says("orders")
	d.run("queue", "list", "--node", "hub", "--user", "bob").exits(exitFailed).complains("password")
	d.typing("wrong\n").run("queue", "list", "--node", "hub", "--user", "bob").exits(exitFailed).complains("does not accept bob")
	d.typing("").must("computer", "remove", "hub").says("HUB")
	d.run("computer", "remove", "hub").exits(exitFailed).complains("computer list")
	d.run("queue", "list", "--node", "hub").exits(exitUsage).complains("--user", "--kerberos")
}

func TestWhatIsWrongWithAComputerIsSaid(t *testing.T) {
	keyring.MockInit()
	d := newDesk(t)
	d.folder = t.TempDir()
	d.run("computer", "add", "HUB").exits(exitUsage).complains("how to sign in")
	d.run("computer", "add", "HUB", "--kerberos", "--user", "alice").exits(exitUsage).complains("choose one")
	d.run("computer", "add", "HUB", "--address", "hub:99999", "--kerberos").exits(exitFailed).complains("99999", "is no port")
	d.run("computer", "add", "HUB", "--user", "alice").exits(exitFailed).complains("POSTHOUSE_PASSWORD")
	d.must("computer", "list").complains("no other computers")
	d.run("serve", "--node", "hub").exits(exitUsage).complains("--data")

	keyring.MockInitWithError(errors.New("no bus"))
	d.typing("letmein\n").run("computer", "add", "HUB", "--user", "alice").exits(exitFailed).complains("no keyring", "--node HUB --user alice")
}

func TestAComputerIsTestedLayerByLayer(t *testing.T) {
	keyring.MockInit()
	d := newDesk(t)
	d.vars[passwordVariable] = "wrong"
	d.run("computer", "test", "hub", "--user", "alice").exits(exitFailed).
		says("ok", "Name", "hub is found", "FAILED", "Sign-in", "the password is wrong", "try another").complains("does not accept alice")
	probes := document[[]mgmtclient.Probe](d.run("computer", "test", "hub", "--user", "alice", "--json").exits(exitFailed))
	if len(probes) != 2 || probes[0].Layer != mgmtclient.LayerName || !probes[0].OK || probes[1].OK {
		t.Errorf("reported %+v", probes)
	}
	d.vars[passwordVariable] = "letmein"
	d.must("computer", "test", "hub", "--user", "alice").says("ok", "Name")
}
