package store

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"posthouse/localqm/mq"
)

// The files of a data folder.
const (
	databaseName = "posthouse.db"
	lockName     = "lock"
	reserveName  = "reserve"
	spillPattern = "express-*.tmp"
)

// magic begins every SQLite file (sqlite.org/fileformat2.html 1.3.1).
const magic = "SQLite format 3\x00"

func refuse(what, why string, args ...any) *mq.Error {
	return mq.Errorf(mq.ErrMessageStorageFailed, what, why, args...)
}

// prepareFolder creates the folder if need be and refuses one in which others
// could change files.
func prepareFolder(dir string) error {
	what := "open data folder " + dir
	if err := createFolder(dir); err != nil {
		return refuse(what, "it cannot be created: %w", err).WithFix("choose another folder with --data")
	}
	info, err := os.Stat(dir)
	if err != nil {
		return refuse(what, "%w", err).WithFix("choose another folder with --data")
	}
	if !info.IsDir() {
		return refuse(what, "it is a file, not a folder").WithFix("choose another folder with --data")
	}
	if uid, yes := foreign(info); yes {
		return refuse(what, "it belongs to another user (uid %d)", uid).
			WithFix("run as that user, or choose a folder of your own with --data")
	}
	if exposed(info, 0o022) {
		return refuse(what, "other users may change files in it (mode %04o)", info.Mode().Perm()).
			WithFix("chmod 700 %s", dir)
	}
	return nil
}

// createFolder makes missing folders private and durable.
func createFolder(dir string) error {
	if _, err := os.Stat(dir); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := createFolder(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(parent)
}

// prepareDatabase creates an empty private file, or refuses what is in its
// place and not a database file of this user alone.
func prepareDatabase(file string) error {
	what := "open " + file
	info, err := os.Lstat(file)
	if errors.Is(err, fs.ErrNotExist) {
		f, err := openOwn(file)
		if err != nil {
			return folderError(what, err)
		}
		if err := f.Close(); err != nil {
			return folderError(what, err)
		}
		return syncFolder(filepath.Dir(file))
	}
	if err != nil {
		return refuse(what, "%w", err)
	}
	for _, name := range []string{file, file + "-wal", file + "-shm"} {
		if err := regular(name); err != nil {
			return err
		}
	}
	if info.Size() == 0 {
		return nil // it was being created
	}
	f, err := os.Open(file)
	if err != nil {
		return refuse(what, "%w", err)
	}
	defer func() { _ = f.Close() }() // only read
	var head [100]byte
	if _, err := io.ReadFull(f, head[:]); err != nil || string(head[:len(magic)]) != magic {
		return refuse(what, "it is not a Posthouse database (no SQLite file)").
			WithFix("move it away, restore a backup, or choose another folder with --data")
	}
	return nil
}

func regular(name string) error {
	what := "open " + name
	info, err := os.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return refuse(what, "%w", err)
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		return refuse(what, "it is a symbolic link, which could lead anywhere").
			WithFix("put the file itself there, or choose another folder with --data")
	}
	if !info.Mode().IsRegular() {
		return refuse(what, "it is not a regular file").WithFix("move it away, or choose another folder with --data")
	}
	if uid, yes := foreign(info); yes {
		return refuse(what, "it belongs to another user (uid %d)", uid).
			WithFix("run as that user, or choose a folder of your own with --data")
	}
	if exposed(info, 0o077) {
		return refuse(what, "other users may open it (mode %04o)", info.Mode().Perm()).
			WithFix("chmod 600 %s", name)
	}
	return nil
}

// folderError explains why a file cannot be made or opened for writing.
func folderError(what string, err error) error {
	switch {
	case noSpace(err):
		return &mq.Error{
			Code: mq.ErrMessageStorageFailed, Op: what, Why: "no space left on the disk",
			Fix: "make room on the disk", Err: errors.Join(ErrFull, err),
		}
	case errors.Is(err, fs.ErrPermission) || readOnlyDisk(err):
		return refuse(what, "the folder is read-only (%w)", err).
			WithFix("make it writable, or choose another folder with --data")
	}
	return refuse(what, "%w", err)
}
