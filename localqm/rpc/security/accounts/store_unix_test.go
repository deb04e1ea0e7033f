//go:build unix

package accounts

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"posthouse/localqm/mq"
)

func TestTheFilesAreForTheirOwnerAlone(t *testing.T) {
	dir := t.TempDir()
	mustAdd(t, mustOpen(t, dir), "alice", "one")
	for _, name := range []string{fileName, lockName} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

func TestAFileThatOthersCanReadIsRefused(t *testing.T) {
	for _, mode := range []os.FileMode{0o640, 0o604, 0o644, 0o620, 0o602, 0o601} {
		dir := t.TempDir()
		s := mustOpen(t, dir)
		mustAdd(t, s, "alice", "one")
		if _, _, err := s.SignIn("alice", desk, knows("one")); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(dir, fileName), mode); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir); !errors.Is(err, mq.ErrAccessDenied) {
			t.Errorf("opened with mode %v: %v", mode, err)
		}
		if _, _, err := s.SignIn("alice", desk, knows("one")); !errors.Is(err, mq.ErrAccessDenied) {
			t.Errorf("signed in with mode %v: %v", mode, err)
		}
	}
}

func TestNoLinkIsFollowed(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	mustAdd(t, mustOpen(t, other), "alice", "one")
	if err := os.Symlink(filepath.Join(other, fileName), filepath.Join(dir, fileName)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil {
		t.Error("the file of another folder was read")
	}
}
