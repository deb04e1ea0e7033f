package control

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"strings"

	"github.com/Microsoft/go-winio"
	"golang.org/x/sys/windows"
)

func canonical(dir string) string { return strings.ToLower(dir) }

func pipeOf(dir string) string { return `\\.\pipe\posthouse-` + nameOf(dir) }

// listen makes the pipe. It fails if somebody else has one of that name
// (FILE_FLAG_FIRST_PIPE_INSTANCE), and only this account and the administrators
// may open it.
func listen(dir string) (net.Listener, func(), error) {
	me, err := accountOf(windows.GetCurrentProcessToken())
	if err != nil {
		return nil, nil, err
	}
	l, err := winio.ListenPipe(pipeOf(dir), &winio.PipeConfig{
		SecurityDescriptor: "O:" + me + "D:P(A;;GA;;;" + me + ")(A;;GA;;;BA)",
		InputBufferSize:    64 << 10, OutputBufferSize: 64 << 10,
	})
	return l, nil, err
}

func dial(ctx context.Context, dir string) (net.Conn, error) {
	if _, err := os.Stat(dir); err != nil {
		return nil, err
	}
	return winio.DialPipeContext(ctx, pipeOf(dir))
}

func notRunning(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// peerOf asks for the process at the other end of a pipe and for its account.
// Each end has the question for the other one, so both are tried.
func peerOf(c net.Conn) (Peer, error) {
	h, ok := c.(interface{ Fd() uintptr })
	if !ok {
		return Peer{}, errors.New("the connection is no pipe")
	}
	var client, server uint32
	if err := windows.GetNamedPipeClientProcessId(windows.Handle(h.Fd()), &client); err != nil {
		return Peer{}, err
	}
	if err := windows.GetNamedPipeServerProcessId(windows.Handle(h.Fd()), &server); err != nil {
		return Peer{}, err
	}
	pid := client
	if client == uint32(os.Getpid()) {
		pid = server
	}
	p, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		return Peer{}, err
	}
	defer windows.CloseHandle(p)
	var t windows.Token
	if err := windows.OpenProcessToken(p, windows.TOKEN_QUERY, &t); err != nil {
		return Peer{}, err
	}
	defer t.Close()
	sid, err := accountOf(t)
	return Peer{SID: sid, PID: int(pid), Root: t.IsElevated()}, err
}

func accountOf(t windows.Token) (string, error) {
	u, err := t.GetTokenUser()
	if err != nil {
		return "", err
	}
	return u.User.Sid.String(), nil
}

// allowed reports whether a process may attach: the same account, or an
// administrator.
func (p Peer) allowed() bool {
	me, err := accountOf(windows.GetCurrentProcessToken())
	return err == nil && p.SID == me || p.Root
}

// trusted reports whether a process may be attached to.
func (p Peer) trusted() bool { return p.allowed() || windows.GetCurrentProcessToken().IsElevated() }
