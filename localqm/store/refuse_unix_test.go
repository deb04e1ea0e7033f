//go:build unix

package store_test

import (
	"os"
	"path/filepath"
	"testing"
)

// readOnlyFolder is one that this user cannot write: by its mode, or, for
// root, whom modes do not stop, by a read-only mount or file system.
func readOnlyFolder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "readonly")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		return mountReadOnly(t, dir)
	}
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(dir, 0o700) })
	return dir
}
