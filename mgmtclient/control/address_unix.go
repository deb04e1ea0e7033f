//go:build !windows

package control

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const (
	socketName  = "control.sock" // in the data folder
	pointerName = "control.path" // in its place when the path is too long: where the socket is
	// maxPath is the room for a path in a socket's address with its NUL, on the
	// system with the least (104 on macOS, 108 on Linux).
	maxPath = 104
)

func canonical(dir string) string { return dir }

// listen makes the socket. A path too long for an address (sun_path) gets a
// socket in a private folder elsewhere, and its name is written down in dir.
func listen(dir string) (net.Listener, func(), error) {
	path := filepath.Join(dir, socketName)
	pointer := filepath.Join(dir, pointerName)
	if err := removeSocket(path); err != nil {
		return nil, nil, err
	}
	if err := os.Remove(pointer); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	long := len(path) >= maxPath
	if long {
		run, err := runDir()
		if err != nil {
			return nil, nil, err
		}
		path = filepath.Join(run, nameOf(dir)+".sock")
		if err := removeSocket(path); err != nil {
			return nil, nil, err
		}
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, nil, err
	}
	l.SetUnlinkOnClose(true)
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, nil, err
	}
	if !long {
		return l, nil, nil
	}
	if err := os.WriteFile(pointer, []byte(path+"\n"), 0o600); err != nil {
		l.Close()
		return nil, nil, err
	}
	return l, func() { os.Remove(pointer) }, nil
}

// removeSocket removes what a server that was killed left, and nothing else.
func removeSocket(path string) error {
	i, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case i.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("%s is in the way and is no socket", path)
	}
	return os.Remove(path)
}

// runDir is a folder for sockets that belongs to this account alone.
func runDir() (string, error) {
	base := os.Getenv("XDG_RUNTIME_DIR")
	if base == "" || len(base) > maxPath-60 {
		base = os.TempDir()
	}
	dir := filepath.Join(base, fmt.Sprintf("posthouse-%d", os.Getuid()))
	if len(dir) > maxPath-40 {
		dir = filepath.Join("/tmp", filepath.Base(dir))
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return dir, private(dir)
}

// private refuses a folder that another account made, or may write to.
func private(dir string) error {
	i, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	s, ok := i.Sys().(*syscall.Stat_t)
	if !i.IsDir() || i.Mode().Perm() != 0o700 || !ok || int(s.Uid) != os.Getuid() {
		return fmt.Errorf("%s is not a folder of this account alone (mode 0700)", dir)
	}
	return nil
}

// dial connects to the socket of a data folder.
func dial(ctx context.Context, dir string) (net.Conn, error) {
	path := filepath.Join(dir, socketName)
	if b, err := os.ReadFile(filepath.Join(dir, pointerName)); err == nil {
		path = strings.TrimSpace(string(b))
	} else if len(path) >= maxPath {
		if _, err := os.Stat(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		return nil, fs.ErrNotExist
	}
	var d net.Dialer
	return d.DialContext(ctx, "unix", path)
}

// notRunning reports that nobody listens: no socket, or one that was left.
func notRunning(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ENOTDIR)
}

// allowed reports whether a process may attach: the same account, or root.
func (p Peer) allowed() bool { return p.UID == uint32(os.Getuid()) || p.UID == 0 }

// trusted reports whether a process may be attached to. Root attaches to the
// queue managers of others.
func (p Peer) trusted() bool { return p.allowed() || os.Getuid() == 0 }
