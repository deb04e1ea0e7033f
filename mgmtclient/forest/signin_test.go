package forest_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zalando/go-keyring"

	"posthouse/directory"
	"posthouse/directory/ldap"
	"posthouse/directory/ldap/memory"
	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/mgmtclient/forest"
)

// controllers dials a double, and remembers by whom.
type controllers struct {
	m       *memory.Directory
	dialled []string
	err     error
}

func (c *controllers) dial(_ context.Context, s mgmtclient.DirectorySignIn, password string, _ func(mgmtclient.Probe)) (directory.Directory, error) {
	c.dialled = append(c.dialled, s.User+" "+password)
	if c.err != nil {
		return nil, c.err
	}
	return ldap.New(c.m.Administrator()), nil
}

var anna = mgmtclient.DirectorySignIn{Domain: "nordhavn.example", SignIn: mgmtclient.SignInPassword, User: `NORDHAVN\anna`}

func word(s string) *string { return &s }

func TestTheSignInIsThereAfterARestartAndThePasswordOnlyInTheKeyring(t *testing.T) {
	keyring.MockInit()
	folder := filepath.Join(t.TempDir(), "data")
	c := &controllers{m: memory.New("nordhavn.example")}
	f := forest.New(forest.Options{Folder: folder, Dial: c.dial})
	if s := f.Status(); s.Configured {
		t.Error("something is chosen")
	}
	if _, err := f.Find(t.Context(), mgmtclient.DirectoryQuery{}); mgmtclient.Code(err) != mq.ErrNoDS || len(c.dialled) > 0 {
		t.Errorf("without a choice: %v", err)
	}
	if err := f.Choose(t.Context(), anna, word("letmein")); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(folder, forest.File)
	raw, err := os.ReadFile(name)
	if err != nil || strings.Contains(string(raw), "letmein") {
		t.Errorf("%s, %v", raw, err)
	}
	if st, err := os.Stat(name); err != nil || st.Mode().Perm()&0o077 != 0 && os.PathSeparator == '/' {
		t.Errorf("%v, %v", st.Mode(), err)
	}
	again := forest.New(forest.Options{Folder: folder, Dial: c.dial})
	t.Cleanup(func() { _ = again.Close() })
	if !again.Status().Configured {
		t.Error("a directory was chosen, and it is not said at the start")
	}
	if s, err := again.SignIn(t.Context()); err != nil || s != anna {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := again.Find(t.Context(), mgmtclient.DirectoryQuery{}); err != nil {
		t.Error(err)
	}
	other := anna
	other.Controller = "dc02.nordhavn.example"
	if err := again.Choose(t.Context(), other, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := again.Routes(t.Context(), false); err != nil {
		t.Error(err)
	}
	if d := cmp.Diff([]string{`NORDHAVN\anna letmein`, `NORDHAVN\anna letmein`}, c.dialled); d != "" {
		t.Error(d)
	}
	if err := again.Choose(t.Context(), mgmtclient.DirectorySignIn{}, nil); err != nil || again.Status().Configured {
		t.Errorf("not forgotten: %v", err)
	}
	if err := again.Choose(t.Context(), anna, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := again.Find(t.Context(), mgmtclient.DirectoryQuery{}); !errors.Is(err, mgmtclient.ErrNoPassword) {
		t.Errorf("the password was not forgotten: %v", err)
	}
}

func TestEachDataFolderHasAPasswordOfItsOwn(t *testing.T) {
	keyring.MockInit()
	one, two, c := filepath.Join(t.TempDir(), "data"), t.TempDir(), &controllers{m: memory.New("nordhavn.example")}
	for folder, password := range map[string]string{one: "first", two: "second"} {
		f := forest.New(forest.Options{Folder: folder, Dial: c.dial})
		if err := f.Choose(t.Context(), anna, word(password)); err != nil {
			t.Fatal(err)
		}
	}
	gone := forest.New(forest.Options{Folder: two, Dial: c.dial})
	if err := gone.Choose(t.Context(), mgmtclient.DirectorySignIn{}, nil); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(one, link); err != nil {
		link = one // where links need a right
	}
	f := forest.New(forest.Options{Folder: link, Dial: c.dial})
	t.Cleanup(func() { _ = f.Close() })
	if _, err := f.Find(t.Context(), mgmtclient.DirectoryQuery{}); err != nil {
		t.Error(err)
	}
	if d := cmp.Diff([]string{`NORDHAVN\anna first`}, c.dialled); d != "" {
		t.Error(d)
	}
}

func TestADirectoryThatCannotBeMeantIsNotChosen(t *testing.T) {
	keyring.MockInit()
	f := forest.New(forest.Options{Folder: t.TempDir(), Dial: (&controllers{}).dial})
	for name, change := range map[string]func(*mgmtclient.DirectorySignIn){
		"nothing":      func(s *mgmtclient.DirectorySignIn) { s.Domain = " " },
		"a URL":        func(s *mgmtclient.DirectorySignIn) { s.Domain = "ldap://x" },
		"a web site":   func(s *mgmtclient.DirectorySignIn) { s.Controller = "https://dc01" },
		"a path":       func(s *mgmtclient.DirectorySignIn) { s.Controller = "ldap://dc01/dc=x" },
		"a password":   func(s *mgmtclient.DirectorySignIn) { s.Controller = "ldap://u:p@dc01" },
		"no user":      func(s *mgmtclient.DirectorySignIn) { s.User = "" },
		"anonymous":    func(s *mgmtclient.DirectorySignIn) { s.SignIn = mgmtclient.SignInAnonymous },
		"strange port": func(s *mgmtclient.DirectorySignIn) { s.Controller = "dc01:x" },
	} {
		s := anna
		change(&s)
		if err := f.Choose(t.Context(), s, word("x")); mgmtclient.Code(err) != mq.ErrInvalidParameter {
			t.Errorf("%s: %v", name, err)
		}
	}
	if f.Status().Configured {
		t.Error("something was chosen")
	}
}

func TestADamagedFileIsNotOverwritten(t *testing.T) {
	keyring.MockInit()
	folder := t.TempDir()
	name := filepath.Join(folder, forest.File)
	if err := os.WriteFile(name, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := forest.New(forest.Options{Folder: folder, Dial: (&controllers{}).dial})
	if err := f.Choose(t.Context(), anna, word("x")); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("%v", err)
	}
	if raw, _ := os.ReadFile(name); string(raw) != "{" {
		t.Errorf("now it holds %q", raw)
	}
}

func probes(t *testing.T, d mgmtclient.Directory, s mgmtclient.DirectorySignIn, password *string) (string, error) {
	t.Helper()
	var got []string
	err := d.Test(t.Context(), s, password, func(p mgmtclient.Probe) {
		word := string(p.Layer)
		if !p.OK {
			word += " fails"
			if p.Text == "" || p.Fix == "" {
				t.Errorf("%+v does not say why or what to do", p)
			}
		} else if p.Text == "" {
			t.Errorf("%+v says nothing", p)
		}
		got = append(got, word)
	})
	return strings.Join(got, ", "), err
}

func TestATestGoesUpToTheLayerThatFails(t *testing.T) {
	d := fake.NewDirectory(fake.DirectoryOptions{Unchosen: true})
	for _, c := range []struct {
		domain, user, password, want string
	}{
		{"nordhavn.example", `NORDHAVN\anna`, fake.Password, "name, port, signIn, manager, rights"},
		{"sydhavn.example", `NORDHAVN\anna`, fake.Password, "name fails"},
		{"nordhavn.example", `NORDHAVN\anna`, "wrong", "name, port, signIn fails"},
	} {
		got, err := probes(t, d, mgmtclient.DirectorySignIn{Domain: c.domain, SignIn: mgmtclient.SignInPassword, User: c.user}, &c.password)
		if got != c.want || (err != nil) != strings.HasSuffix(c.want, "fails") {
			t.Errorf("%+v: %s, %v", c, got, err)
		}
	}
	if d.Status().Configured {
		t.Error("a test chooses nothing")
	}
	if _, err := probes(t, d, anna, nil); !errors.Is(err, mgmtclient.ErrNoPassword) {
		t.Errorf("%v", err)
	}
}

func TestAControllerThatIsNotThereIsALayerThatFails(t *testing.T) {
	f := forest.New(forest.Options{})
	s := anna
	s.Controller = "127.0.0.1:1" // nobody listens there
	got, err := probes(t, f, s, word("x"))
	if got != "name, port fails" || mgmtclient.Code(err) != mq.ErrNoDS {
		t.Errorf("%s, %v", got, err)
	}
}

func TestWhereNobodyAnswersTheStatusSaysWhy(t *testing.T) {
	f := forest.New(forest.Options{Keys: &keys{}})
	t.Cleanup(func() { _ = f.Close() })
	s := anna
	s.Controller = "127.0.0.1:1"
	if err := f.Choose(t.Context(), s, word("x")); err != nil {
		t.Fatal(err)
	}
	for range 3 { // later ones are told at once
		if _, err := f.Find(t.Context(), mgmtclient.DirectoryQuery{}); mgmtclient.Code(err) != mq.ErrNoDS {
			t.Errorf("%v", err)
		}
	}
	if s := f.Status(); !s.Configured || s.Connected || s.Why == "" {
		t.Errorf("%+v", s)
	}
}
