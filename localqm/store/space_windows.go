package store

import "golang.org/x/sys/windows"

// freeSpace is the bytes this user can still write in a folder.
func freeSpace(dir string) int64 {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return unknownSpace
	}
	var free uint64
	if windows.GetDiskFreeSpaceEx(name, &free, nil, nil) != nil {
		return unknownSpace
	}
	return int64(min(free, unknownSpace))
}
