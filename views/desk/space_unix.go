//go:build linux || darwin || freebsd

package desk

import "golang.org/x/sys/unix"

// space is the bytes that can still be written in a folder.
func space(folder string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(folder, &st); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * int64(st.Bsize), nil //nolint:unconvert // of other types elsewhere
}
