package store_test

import (
	"testing"

	"golang.org/x/sys/unix"
)

// mountReadOnly mounts an empty read-only file system, or, where mounting is
// not allowed, takes one that every Linux has.
func mountReadOnly(t *testing.T, dir string) string {
	t.Helper()
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_RDONLY, "size=1m,mode=700"); err != nil {
		t.Logf("no mount (%v): /sys instead", err)
		return "/sys/kernel"
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// mountSmall mounts a file system of so many bytes; false if that is not allowed.
func mountSmall(t *testing.T, dir, size string) bool {
	t.Helper()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+size+",mode=700"); err != nil {
		t.Logf("no mount: %v", err)
		return false
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return true
}
