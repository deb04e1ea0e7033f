//go:build linux || darwin || freebsd

package store

import "golang.org/x/sys/unix"

// freeSpace is the bytes this user can still write in a folder.
func freeSpace(dir string) int64 {
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) != nil {
		return unknownSpace
	}
	return int64(st.Bavail) * int64(st.Bsize) //nolint:unconvert // of other types elsewhere
}
