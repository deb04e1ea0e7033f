package app

import (
	"strings"
	"testing"

	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
)

// forestDesk is a command line over the forest nordhavn.example.
func forestDesk(t *testing.T) (*desk, *fake.Directory) {
	d := newDesk(t)
	dir := fake.NewDirectory(fake.DirectoryOptions{})
	t.Cleanup(func() { _ = dir.Close() })
	d.opener = memory{node: d.node, dir: dir, joining: &joining{}}
	return d, dir
}

func TestDirectoryFindIsTextAndNoPattern(t *testing.T) {
	d, _ := forestDesk(t)
	d.must("directory", "find", "order", "--kind", "queue").says("orders.confirmed", "Public queue", "HUB-CPH01")
	if out := d.must("directory", "find", "*)(objectClass=*"); out.out != "" {
		t.Errorf("a pattern found\n%s", out.out)
	}
	d.run("directory", "find", "--kind", "printer").exits(exitUsage)
}

func TestDirectoryEntriesAreChangedAndDeleted(t *testing.T) {
	d, _ := forestDesk(t)
	d.must("directory", "create", "queue", `HUB-CPH01\from.here`, "--label", "From here", "--transactional", "--quota", "2048", "--allow-send", "anonymous")
	d.run("directory", "create", "queue", `HUB-CPH01\more`, "--allow-send", "who?").exits(exitUsage)
	d.must("directory", "show", `HUB-CPH01\from.here`).says("From here", "2,048 KB", "PUBLIC=")
	d.must("directory", "set", `HUB-CPH01\from.here`, "--label", "Changed", "--journal")
	d.must("directory", "show", `HUB-CPH01\from.here`).says("Changed")
	d.run("directory", "set", `HUB-CPH01\from.here`, "--target", "PUBLIC=x").exits(exitUsage)
	d.must("directory", "create", "list", "Followers", "--member", `HUB-CPH01\from.here`)
	d.must("directory", "show", `HUB-CPH01\from.here`, "--used-by").says("Followers")
	d.run("directory", "delete", `HUB-CPH01\from.here`).exits(exitUsage)
	d.must("directory", "delete", `HUB-CPH01\from.here`, "--yes")
	d.run("directory", "show", `HUB-CPH01\from.here`).exits(exitFailed)
}

func TestEntriesAreNamedByTheirNames(t *testing.T) {
	d, _ := forestDesk(t)
	d.must("directory", "show", "Odense").says("Site")
	d.must("directory", "create", "site", "Mainframes", "--foreign")
	d.must("directory", "create", "computer", "MAINFRAME", "--site", "Mainframes")
	d.must("directory", "show", "MAINFRAME").says("Mainframes")
	d.must("directory", "set", "HUB-AAR02", "--site", "odense").says("changed")
	d.must("directory", "create", "list", "Inner", "--member", `HUB-CPH01\orders.confirmed`)
	d.must("directory", "create", "list", "Outer", "--member", "Inner")
	d.must("directory", "show", "Inner", "--used-by").says("Outer")
	d.must("directory", "delete", "Outer", "--yes")
	d.run("directory", "set", "HUB-AAR02", "--site", "HUB-CPH01").exits(exitFailed).complains("no site has that name")
	d.run("directory", "show", "Ode").exits(exitFailed).complains("has that name")
}

func TestRoutesAreThoseOfTheMap(t *testing.T) {
	d, _ := forestDesk(t)
	d.must("route", "show").says("Hirtshals", "HUB-AAR02 (gate)", "DMZ (foreign)")
	d.must("route", "path", "Hirtshals", "Odense").says("Total cost 7")
	d.must("route", "path", "Hirtshals", "Odense", "--cost", "Aarhus-Odense=2").says("Total cost 6", "Hirtshals to Odense: 7 -> 6")
	d.run("route", "path", "Hirtshals", "Atlantis").exits(exitFailed)
	d.run("route", "path", "Hirtshals", "Odense", "--cost", "Aarhus-Odense=0").exits(exitUsage)
}

func TestLinksAreMadeChangedAndDeleted(t *testing.T) {
	d, _ := forestDesk(t)
	d.must("route", "link", "create", "Skagen", "Odense", "--cost", "3")
	d.run("route", "link", "create", "Skagen", "HUB-AAR02").exits(exitFailed).complains("no site of that name")
	d.run("route", "link", "set", "Skagen-Odense", "--gate", "Odense").exits(exitFailed).complains("no queue manager of that name")
	d.run("route", "link", "create", "Skagen", "Odense", "--cost", "3").exits(exitFailed)
	d.run("route", "link", "set", "Skagen-Odense", "--cost", "1000000").exits(exitUsage)
	d.must("route", "link", "set", "Odense-Skagen", "--cost", "9", "--dry-run")
	if out := d.must("route", "show").out; !strings.Contains(out, "Skagen") || strings.Contains(out, " 9 ") {
		t.Errorf("a dry run changed something:\n%s", out)
	}
	d.must("route", "link", "set", "Odense-Skagen", "--cost", "9", "--description", "By sea")
	d.must("route", "show").says("By sea")
	d.must("route", "link", "delete", "Skagen-Odense", "--yes")
	d.run("route", "link", "set", "Skagen-Odense", "--cost", "9").exits(exitFailed)
}

func TestTheDirectoryCanBeAskedAsSomebodyElse(t *testing.T) {
	d, _ := forestDesk(t)
	d.vars[passwordVariable] = fake.Password
	d.must("directory", "find", "order", "--user", `NORDHAVN\anna`, "--domain", "nordhavn.example")
	// She may look and not touch; the directory's reason is told.
	d.run("directory", "set", `HUB-CPH01\orders.confirmed`, "--quota", "204800", "--user", `NORDHAVN\anna`, "--domain", "nordhavn.example").
		exits(exitFailed).complains("insufficientAccessRights")
}

func TestJoiningNamesAnAccount(t *testing.T) {
	d, _ := forestDesk(t)
	d.run("directory", "join", "--account", "HUB$").exits(exitUsage)
	d.run("directory", "join", "--domain", "nordhavn.example").exits(exitUsage)
	d.vars[passwordVariable] = "secret"
	d.must("directory", "join", "--domain", "nordhavn.example", "--account", "HUB$", "--site", "Odense", "--routing", "--name", "HUB")
	j := d.opener.(memory).joining
	if j.m.Account != "HUB$" || j.m.Password != "secret" || j.m.Routing == nil || !*j.m.Routing || j.name != "HUB" {
		t.Errorf("joined as %+v", j.m)
	}
	if d.must("directory", "leave"); !j.left {
		t.Error("it did not leave")
	}
}

func TestPasswordOfTheEnvironmentSignsIn(t *testing.T) {
	d, dir := forestDesk(t)
	s, err := dir.SignIn(t.Context())
	if err != nil || s.SignIn != mgmtclient.SignInPassword {
		t.Fatalf("%+v, %v", s, err)
	}
	d.vars[passwordVariable] = "wrong"
	d.run("route", "show").exits(exitFailed).complains("password")
}
