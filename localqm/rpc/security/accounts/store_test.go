package accounts

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security/ntlm"
	"posthouse/localqm/secure"
)

func mustOpen(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustAdd(t testing.TB, s *Store, name, password string) Account {
	t.Helper()
	a, err := s.Add(name, password, false)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// knows is the proof of one who knows a password.
func knows(password string) func([16]byte) bool {
	return func(hash [16]byte) bool { return hash == ntlm.HashOf(password) }
}

var desk = netip.MustParseAddr("10.1.2.3")

func TestAccountsOutliveTheProcess(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	alice := mustAdd(t, s, "Alice", "one")
	bob, err := s.AddPrincipal("bob@EXAMPLE.COM", true)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetDisabled("ALICE", true); err != nil {
		t.Fatal(err)
	}
	list, err := mustOpen(t, dir).List()
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	alice.Disabled = true
	if list[0] != alice || list[1] != bob {
		t.Errorf("%+v, want %+v and %+v", list, alice, bob)
	}
	if !strings.HasPrefix(alice.SID.String(), "S-1-5-21-") || !strings.HasSuffix(alice.SID.String(), "-1000") || alice.SID == bob.SID {
		t.Errorf("SIDs %v and %v", alice.SID, bob.SID)
	}
	if alice.Principal || !bob.Principal || alice.Changed.IsZero() {
		t.Errorf("%+v, %+v", alice, bob)
	}
}

func TestTheFileHoldsNoPasswordAndIsReplacedWhole(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, newName), []byte("half of it"), 0o644); err != nil { //nolint:gosec // of one who was interrupted
		t.Fatal(err)
	}
	mustAdd(t, mustOpen(t, dir), "alice", "Sesam, öffne dich!")
	raw, err := os.ReadFile(filepath.Join(dir, fileName))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(raw), "Sesam") || !strings.Contains(string(raw), "alice") {
		t.Errorf("the file is %s", raw)
	}
	if _, err := os.Stat(filepath.Join(dir, newName)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something was left behind: %v", err)
	}
}

func TestTokensSayWhoIsAnAdministrator(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	mustAdd(t, s, "alice", "one")
	for _, yes := range []bool{true, false} {
		if err := s.SetAdministrator("alice", yes); err != nil {
			t.Fatal(err)
		}
		name, token, err := s.SignIn("aLiCe", desk, knows("one"))
		if err != nil || name != "alice" || token.Has(secure.Administrators) != yes || !token.Has(secure.AuthenticatedUsers) {
			t.Errorf("administrator %v: %q %+v, %v", yes, name, token, err)
		}
	}
}

func TestSIDsAreNeverGivenTwice(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	seen := map[secure.SID]bool{}
	for range 5 {
		a := mustAdd(t, s, "alice", "one")
		if seen[a.SID] {
			t.Errorf("%v again", a.SID)
		}
		seen[a.SID] = true
		if err := s.Remove("Alice"); err != nil {
			t.Fatal(err)
		}
		s = mustOpen(t, dir)
	}
	// Not even when somebody begins with an empty folder.
	if a := mustAdd(t, mustOpen(t, t.TempDir()), "alice", "one"); seen[a.SID] {
		t.Errorf("%v again", a.SID)
	}
}

func TestAChangeOfAnotherProcessIsSeen(t *testing.T) {
	dir := t.TempDir()
	serving, command := mustOpen(t, dir), mustOpen(t, dir)
	mustAdd(t, command, "alice", "one")
	if _, _, err := serving.SignIn("alice", desk, knows("one")); err != nil {
		t.Fatal(err)
	}
	if err := command.SetPassword("alice", "two"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := serving.SignIn("alice", desk, knows("one")); err == nil {
		t.Error("the old password still works")
	}
	if _, _, err := serving.SignIn("alice", desk, knows("two")); err != nil {
		t.Error(err)
	}
	if err := command.Remove("alice"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := serving.SignIn("alice", desk, knows("two")); err == nil {
		t.Error("the removed account still works")
	}
}

// Two changes may have one time, and one inode.
func TestAChangeThatLooksLikeNoneIsSeen(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	mustAdd(t, s, "alice", "one")
	if _, _, err := s.SignIn("alice", desk, knows("one")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, fileName)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw = []byte(strings.Replace(string(raw), hashText(ntlm.HashOf("one")), hashText(ntlm.HashOf("two")), 1))
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.SignIn("alice", desk, knows("two")); err != nil {
		t.Error(err)
	}
}

func TestChangesAtOnceAreAllKept(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	for i := range 4 {
		s := mustOpen(t, dir)
		all.Go(func() {
			for j := range 10 {
				if _, err := s.Add(fmt.Sprintf("user%d-%d", i, j), "x", false); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if list, err := mustOpen(t, dir).List(); err != nil || len(list) != 40 {
		t.Errorf("%d accounts, %v", len(list), err)
	}
}

func TestAChangeDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s := mustOpen(t, dir)
		unlock, err := lock("", dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Add("alice", "one", false); !errors.Is(err, mq.ErrSharingViolation) {
			t.Errorf("while it is locked: %v", err)
		}
		unlock()
		mustAdd(t, s, "alice", "one")
	})
}

func TestBadNamesAndPasswordsAreRefused(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	mustAdd(t, s, "alice", "one")
	for _, name := range []string{
		"", "alice", "ALICE", strings.Repeat("x", 21), "a/b", `a\b`, "a@b", "a:b", "a*", "a\x00b", "a\nb", " a", "a ", "a.", "...", "a\xff",
	} {
		if _, err := s.Add(name, "x", false); !errors.Is(err, mq.ErrInvalidParameter) {
			t.Errorf("name %q: %v", name, err)
		}
	}
	for _, name := range []string{"", "bob", "@R", "bob@", "a@b@c", "a b@R", "a\x00@R", strings.Repeat("x", 300) + "@R"} {
		if _, err := s.AddPrincipal(name, false); !errors.Is(err, mq.ErrInvalidParameter) {
			t.Errorf("principal %q: %v", name, err)
		}
	}
	for _, password := range []string{"", strings.Repeat("x", 257), "a\xff"} {
		if _, err := s.Add("bob", password, false); !errors.Is(err, mq.ErrInvalidParameter) {
			t.Errorf("password %q: %v", password, err)
		}
		if err := s.SetPassword("alice", password); !errors.Is(err, mq.ErrInvalidParameter) {
			t.Errorf("password %q: %v", password, err)
		}
	}
	mustAdd(t, s, "Jürgen O'Neil-2.x", "Größe 𐐨")
	if list, err := s.List(); err != nil || len(list) != 2 {
		t.Errorf("%v, %v", list, err)
	}
}

func TestAccountsThatDoNotExistAreNotChanged(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	if _, err := s.AddPrincipal("bob@R", false); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"remove":                    s.Remove("alice"),
		"password":                  s.SetPassword("alice", "x"),
		"disable":                   s.SetDisabled("alice", true),
		"administrator":             s.SetAdministrator("alice", true),
		"a password of the realm's": s.SetPassword("bob@R", "x"),
	} {
		if !errors.Is(err, mq.ErrInvalidParameter) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestDamagedFilesAreRefused(t *testing.T) {
	const alice = `{"name":"alice","rid":1000,"hash":"00000000000000000000000000000000"}`
	for name, text := range map[string]string{
		"empty":             ``,
		"no JSON":           `alice`,
		"cut off":           `{"version":1,"next":1001,"accounts":[` + alice,
		"another version":   `{"version":2,"next":1001,"accounts":[` + alice + `]}`,
		"twice":             `{"version":1,"next":1002,"accounts":[` + alice + `,` + alice + `]}`,
		"a number too high": `{"version":1,"next":1000,"accounts":[` + alice + `]}`,
		"a number too low":  `{"version":1,"next":1000,"accounts":[{"name":"bob@R","rid":500}]}`,
		"a short hash":      `{"version":1,"next":1001,"accounts":[{"name":"bob","rid":1000,"hash":"00"}]}`,
		"a long hash":       `{"version":1,"next":1001,"accounts":[{"name":"bob","rid":1000,"hash":"0000000000000000000000000000000000"}]}`,
		"no hash":           `{"version":1,"next":1001,"accounts":[{"name":"bob","rid":1000,"hash":"zz"}]}`,
		"neither":           `{"version":1,"next":1001,"accounts":[{"name":"bob","rid":1000}]}`,
		"no name":           `{"version":1,"next":1001,"accounts":[{"name":"","rid":1000,"hash":"00000000000000000000000000000000"}]}`,
		"too long":          strings.Repeat(" ", maxFile+1),
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, fileName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir); !errors.Is(err, mq.ErrCorruptedSecurityData) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAFileThatIsDamagedLaterSignsNobodyInAndIsKept(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	mustAdd(t, s, "alice", "one")
	if err := os.WriteFile(filepath.Join(dir, fileName), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.SignIn("alice", desk, knows("one")); !errors.Is(err, mq.ErrCorruptedSecurityData) {
		t.Errorf("sign in: %v", err)
	}
	if _, _, err := s.Principal("alice@R"); !errors.Is(err, mq.ErrCorruptedSecurityData) {
		t.Errorf("principal: %v", err)
	}
	if _, err := s.Add("bob", "x", false); !errors.Is(err, mq.ErrCorruptedSecurityData) {
		t.Errorf("add: %v", err)
	}
	if raw, err := os.ReadFile(filepath.Join(dir, fileName)); err != nil || string(raw) != "{" {
		t.Errorf("the file became %q, %v", raw, err)
	}
}

func TestAFolderThatIsGoneIsAnError(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	if _, err := mustOpen(t, dir).Add("alice", "x", false); !errors.Is(err, mq.ErrMessageStorageFailed) {
		t.Errorf("%v", err)
	}
}

func TestPrincipalsAreFound(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	added, err := s.AddPrincipal("Bob@EXAMPLE.COM", true)
	if err != nil {
		t.Fatal(err)
	}
	mustAdd(t, s, "alice", "one")
	if a, ok, err := s.Principal("bob@example.com"); err != nil || !ok || a != added {
		t.Errorf("%+v, %v, %v", a, ok, err)
	}
	for _, name := range []string{"alice", "alice@EXAMPLE.COM", "bob", ""} {
		if a, ok, err := s.Principal(name); ok || err != nil {
			t.Errorf("%q is %+v, %v", name, a, err)
		}
	}
	if err := s.SetDisabled("bob@EXAMPLE.COM", true); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := s.Principal("bob@EXAMPLE.COM"); !ok || !errors.Is(err, mq.ErrAccessDenied) {
		t.Errorf("disabled: %v, %v", ok, err)
	}
}
