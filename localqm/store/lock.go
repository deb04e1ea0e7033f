package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// LockedError says that another process has the data folder open.
type LockedError struct {
	Dir string
	PID int // 0 if unknown
}

// Error is the line a person sees.
func (e *LockedError) Error() string {
	who := "another process"
	if e.PID != 0 {
		who = fmt.Sprintf("process %d", e.PID)
	}
	return fmt.Sprintf("open data folder %s: %s has it open; use that one, end it, or choose another folder with --data", e.Dir, who)
}

// errLocked is what tryLock answers when somebody else holds the lock.
var errLocked = errors.New("locked")

// lockFolder takes the exclusive lock of a data folder. The lock goes with the
// process, however it ends; the file stays and names the last holder.
func lockFolder(dir string) (*os.File, error) {
	f, err := openOwn(filepath.Join(dir, lockName))
	if err != nil {
		return nil, err
	}
	if err := tryLock(f); err != nil {
		defer func() { _ = f.Close() }() // only read
		if !errors.Is(err, errLocked) {
			return nil, fmt.Errorf("lock %s: %w", f.Name(), err)
		}
		text, _ := io.ReadAll(io.LimitReader(f, 32))
		pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
		return nil, &LockedError{Dir: dir, PID: pid}
	}
	err = f.Truncate(0)
	if err == nil {
		_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err != nil && !noSpace(err) { // a full disk must not keep anybody from making room
		_ = f.Close()
		return nil, err
	}
	return f, nil
}
