package computers_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zalando/go-keyring"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/computers"
	"posthouse/mgmtclient/fake"
)

// line remembers who was reached with what.
type line struct{ dialled []string }

func (l *line) Dial(_ context.Context, c mgmtclient.Computer, password string) (mgmtclient.Node, error) {
	l.dialled = append(l.dialled, c.Host()+" "+string(c.SignIn)+" "+password)
	return fake.New(fake.Options{}), nil
}

func (l *line) Probe(_ context.Context, c mgmtclient.Computer, password string, report func(mgmtclient.Probe)) error {
	report(mgmtclient.Probe{Layer: mgmtclient.LayerName, OK: true, Text: c.Host() + " " + password})
	return nil
}

var hub = mgmtclient.Computer{Name: "HUB", Address: "hub.example.com:2103", SignIn: mgmtclient.SignInPassword, User: `SHOP\alice`}

func word(s string) *string { return &s }

func save(t *testing.T, b *computers.Book, c mgmtclient.Computer, password *string) mgmtclient.Computer {
	t.Helper()
	c, err := b.Save(t.Context(), c, password)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestComputersAreThereAfterARestartAndPasswordsOnlyInTheKeyring(t *testing.T) {
	keyring.MockInit()
	dir := t.TempDir()
	var l line
	b := computers.New(dir, &l)
	c := save(t, b, hub, word("letmein"))
	depot := save(t, b, mgmtclient.Computer{Name: "depot", SignIn: mgmtclient.SignInKerberos}, nil)

	again := computers.New(dir, &l)
	list, err := again.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]mgmtclient.Computer{depot, c}, list); d != "" {
		t.Error(d)
	}
	for _, id := range []string{c.ID, depot.ID} {
		if _, err := again.Connect(t.Context(), id); err != nil {
			t.Error(err)
		}
	}
	if d := cmp.Diff([]string{"hub.example.com:2103 password letmein", "depot kerberos "}, l.dialled); d != "" {
		t.Error(d)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "computers.json"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(raw), "letmein") {
		t.Error("the password is in the file")
	}
}

func TestAChangeKeepsThePasswordAndRemovalForgetsIt(t *testing.T) {
	keyring.MockInit()
	b := computers.New(t.TempDir(), &line{})
	c := save(t, b, hub, word("letmein"))
	c.Address = "10.0.0.7"
	c = save(t, b, c, nil)
	if got, err := b.Password(c); err != nil || got != "letmein" {
		t.Errorf("kept %q, %v", got, err)
	}
	var told string
	if err := b.Test(t.Context(), c, nil, func(p mgmtclient.Probe) { told = p.Text }); err != nil || told != "10.0.0.7 letmein" {
		t.Errorf("tested as %q, %v", told, err)
	}
	if err := b.Remove(t.Context(), c.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Password(c); mgmtclient.Code(err) != mq.ErrAccessDenied {
		t.Errorf("after the removal: %v", err)
	}
	if _, err := b.Connect(t.Context(), c.ID); mgmtclient.Code(err) != mq.ErrInvalidParameter {
		t.Errorf("connected to a removed computer: %v", err)
	}
}

func TestWithoutAKeyringPasswordsLastAsLongAsTheProgram(t *testing.T) {
	keyring.MockInitWithError(errors.New("no bus"))
	dir := t.TempDir()
	b := computers.New(dir, &line{})
	c := save(t, b, hub, word("letmein"))
	if words, ok := b.Keeper(); ok || !strings.Contains(words, "until the program ends") {
		t.Errorf("kept in %q, %v", words, ok)
	}
	if got, err := b.Password(c); err != nil || got != "letmein" {
		t.Errorf("kept %q, %v", got, err)
	}
	if _, err := computers.New(dir, &line{}).Password(c); err == nil {
		t.Error("the next program knows it too")
	}
}

func TestWhatCannotBeReachedIsNotSaved(t *testing.T) {
	keyring.MockInit()
	b := computers.New(t.TempDir(), &line{})
	save(t, b, hub, nil)
	for name, c := range map[string]mgmtclient.Computer{
		"no name":      {SignIn: mgmtclient.SignInKerberos},
		"taken name":   {Name: "hub", SignIn: mgmtclient.SignInKerberos},
		"no user":      {Name: "A", SignIn: mgmtclient.SignInPassword},
		"no sign-in":   {Name: "A"},
		"strange port": {Name: "A", Address: "a:70000", SignIn: mgmtclient.SignInKerberos},
		"a path":       {Name: "A", Address: `a\private$\q`, SignIn: mgmtclient.SignInKerberos},
		"removed":      {ID: "gone", Name: "A", SignIn: mgmtclient.SignInKerberos},
	} {
		if _, err := b.Save(t.Context(), c, nil); mgmtclient.Code(err) != mq.ErrInvalidParameter {
			t.Errorf("%s: %v", name, err)
		}
	}
	if list, err := b.List(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
}

func TestADamagedListIsNotOverwritten(t *testing.T) {
	keyring.MockInit()
	dir := t.TempDir()
	file := filepath.Join(dir, "computers.json")
	if err := os.WriteFile(file, []byte("[{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := computers.New(dir, &line{}).Save(t.Context(), hub, nil); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("saved: %v", err)
	}
	if raw, _ := os.ReadFile(file); string(raw) != "[{" {
		t.Errorf("now it holds %q", raw)
	}
}
