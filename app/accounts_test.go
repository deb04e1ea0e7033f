package app

import (
	"path/filepath"
	"testing"
)

func TestAccounts(t *testing.T) {
	d := newDesk(t)
	d.folder = filepath.Join(t.TempDir(), "not made yet")
	d.must("account", "list").complains("nobody may sign in")
	equal(t, "none", d.must("account", "list", "--json").out, "[]\n")
	alice := document[accountRow](d.typing("letmein\n").must("account", "add", "alice", "--administrator", "--json"))
	if alice.Name != "alice" || !alice.Administrator || alice.Kerberos || alice.SID == "" {
		t.Errorf("added %+v", alice)
	}
	bob := document[accountRow](d.must("account", "add", "bob@EXAMPLE.COM", "--json"))
	if !bob.Kerberos || bob.Administrator || bob.SID == alice.SID {
		t.Errorf("added %+v", bob)
	}
	d.must("account", "list").says("alice", "bob@EXAMPLE.COM", "Kerberos", "a password", alice.SID)
	d.typing("other\n").run("account", "add", "Alice").exits(exitFailed).complains("Alice")
	d.typing("").run("account", "add", "carol").exits(exitFailed).complains("there is none", "POSTHOUSE_PASSWORD")
	d.typing("x\n").run("account", "add", "a/b").exits(exitFailed).complains("a/b")
	d.run("account", "set", "alice").exits(exitUsage).complains("nothing to set")
	if a := document[accountRow](d.must("account", "set", "ALICE", "--administrator=false", "--disabled", "--json")); a.Administrator || !a.Disabled {
		t.Errorf("changed to %+v", a)
	}
	d.run("account", "set", "dave", "--disabled").exits(exitFailed).complains("dave")
	d.run("account", "remove", "alice").exits(exitUsage).complains("--yes")
	d.must("account", "remove", "alice", "--dry-run").says("would remove alice")
	d.must("account", "remove", "alice", "--yes").says("removed alice")
	d.run("account", "remove", "alice", "--yes").exits(exitFailed).complains("no such account")
	again := document[accountRow](d.typing("letmein\n").must("account", "add", "alice", "--json"))
	if again.SID == alice.SID {
		t.Error("somebody else has the SID of an account that was removed")
	}
	d.run("account", "list", "--node", "hub").exits(exitFailed).complains("data folder")
}
