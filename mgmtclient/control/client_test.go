//go:build !windows

package control

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
)

func TestErrorsCrossWithTheirWords(t *testing.T) {
	s := newStand(t, nil)
	c := s.dial()
	for name, call := range map[string]func(mgmtclient.Node) error{
		"missing": func(n mgmtclient.Node) error { _, err := n.Queue(t.Context(), "nothere"); return err },
		"bad name": func(n mgmtclient.Node) error {
			_, err := n.Messages(t.Context(), `a"b`, mgmtclient.Page{})
			return err
		},
		"a page too long": func(n mgmtclient.Node) error {
			_, err := n.Messages(t.Context(), mgmtclient.DeadLetterQueue, mgmtclient.Page{Limit: 5000})
			return err
		},
	} {
		here, there := call(s.node), call(c)
		var a, b *mq.Error
		if !errors.As(here, &a) || !errors.As(there, &b) || a.Code != b.Code || a.Op != b.Op || a.Why != b.Why || a.Fix != b.Fix || here.Error() != there.Error() {
			t.Errorf("%s: %v became %v", name, here, there)
		}
	}
	s.node.Fail("Machine", mq.ErrServiceNotAvailable)
	if _, err := c.Machine(t.Context()); err == nil || err.Error() != mq.ErrServiceNotAvailable.Error()+": "+mq.ErrServiceNotAvailable.Text() {
		t.Errorf("a bare code became %v", err)
	}
	s.node.Fail("Machine", errors.New("something else"))
	if _, err := c.Machine(t.Context()); mgmtclient.Code(err) != mq.ErrGeneric || !strings.Contains(err.Error(), "something else") {
		t.Errorf("a foreign error became %v", err)
	}
}

func TestAClientCanDoWhatTheServerCan(t *testing.T) {
	s := newStand(t, nil)
	s.node.Lack(mgmtclient.CanPurge, mgmtclient.CanWatch)
	c := s.dial()
	if _, ok := mgmtclient.Can[mgmtclient.Purger](c); ok {
		t.Error("it claims to purge")
	}
	if _, ok := mgmtclient.Can[mgmtclient.Sender](c); !ok {
		t.Error("it cannot send")
	}
	if got, want := fmt.Sprint(mgmtclient.Capabilities(c)), fmt.Sprint(mgmtclient.Capabilities(s.node)); got != want {
		t.Errorf("it offers %s, the server %s", got, want)
	}
	if _, err := c.Purge(t.Context(), "x"); mgmtclient.Code(err) != mq.ErrUnsupportedOperation {
		t.Errorf("purging all the same: %v", err)
	}
	if i := c.Info(); i.PID != os.Getpid() || i.Program != "1.2.3" {
		t.Errorf("info %+v", i)
	}
}

func TestTheDeadlineIsCarried(t *testing.T) {
	s := newStand(t, nil)
	deadlines := make(chan bool, 2)
	s.node.SetHook(func(ctx context.Context, _, _ string) error {
		_, ok := ctx.Deadline()
		deadlines <- ok
		return nil
	})
	c := s.dial()
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	if _, err := c.Machine(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Machine(t.Context()); err != nil {
		t.Fatal(err)
	}
	if with, without := <-deadlines, <-deadlines; !with || without {
		t.Errorf("deadline carried %v, made up %v", with, without)
	}
}

func TestASlowReaderOfAStreamHoldsUpNobodyElse(t *testing.T) {
	s := newStand(t, nil)
	ctx := t.Context()
	if _, err := s.node.CreateQueue(ctx, "big", mgmtclient.QueueSettings{}); err != nil {
		t.Fatal(err)
	}
	if err := s.node.Fill("big", fake.Readings(5000)); err != nil {
		t.Fatal(err)
	}
	c := s.dial()
	n := 0
	err := c.Search(ctx, "big", mgmtclient.Search{}, func(mgmtclient.Message) bool {
		if n++; n%1000 == 1 { // the stream is far ahead of this reader by now
			if _, err := c.Machine(ctx); err != nil {
				t.Error(err)
			}
		}
		return true
	})
	if err != nil || n != 5000 {
		t.Errorf("%d messages, %v", n, err)
	}
}

func TestACancelledReceiveLosesNothing(t *testing.T) {
	s := newStand(t, nil)
	if _, err := s.node.CreateQueue(t.Context(), "orders", mgmtclient.QueueSettings{}); err != nil {
		t.Fatal(err)
	}
	c := s.dial()
	const rounds = 300
	received := 0
	for range rounds {
		ctx, cancel := context.WithCancel(t.Context())
		sent := make(chan error, 1)
		go func() {
			_, err := s.node.Send(t.Context(), mgmtclient.SendRequest{Queue: "orders"})
			cancel()
			sent <- err
		}()
		if _, err := c.Receive(ctx, "orders", mgmtclient.ReceiveOptions{Timeout: time.Hour}); err == nil {
			received++
		} else if mgmtclient.Code(err) != mq.ErrOperationCancelled {
			t.Fatal(err)
		}
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
	}
	q, err := s.node.Queue(t.Context(), "orders")
	if err != nil {
		t.Fatal(err)
	}
	if received+int(q.Messages) != rounds {
		t.Errorf("%d received and %d left of %d", received, q.Messages, rounds)
	}
}

func TestManyIdentifiersGoInSeveralCalls(t *testing.T) {
	s := newStand(t, nil)
	if _, err := s.node.CreateQueue(t.Context(), "orders", mgmtclient.QueueSettings{}); err != nil {
		t.Fatal(err)
	}
	ids := make([]mgmtclient.LookupID, 2*idsAtOnce+5)
	for i := range ids {
		ids[i] = mgmtclient.LookupID(i + 1)
	}
	results, err := s.dial().Delete(t.Context(), "orders", ids)
	if err != nil || len(results) != len(ids) || results[len(ids)-1].LookupID != ids[len(ids)-1] || results[7].Code != mq.ErrMessageNotFound {
		t.Errorf("%d results, %v", len(results), err)
	}
}

func TestAnAnswerThatIsTooLargeIsRefusedInWords(t *testing.T) {
	s := newStand(t, nil)
	c := s.dial()
	records := []mgmtclient.Record{{Packet: make([]byte, maxFrame)}}
	if err := c.Restore(t.Context(), "orders", records); mgmtclient.Code(err) != mq.ErrInsufficientResources {
		t.Errorf("a request: %v", err)
	}
	if _, err := c.Machine(t.Context()); err != nil {
		t.Errorf("the connection afterwards: %v", err)
	}
}

func TestNobodyRunsThere(t *testing.T) {
	dir, err := os.MkdirTemp("", "ph")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	left, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, socketName), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	left.SetUnlinkOnClose(false)
	left.Close() // a socket that a killed server left
	long := filepath.Join(dir, strings.Repeat("long", 50))
	if err := os.Mkdir(long, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{dir, filepath.Join(dir, "nothere"), long} {
		_, err := Dial(t.Context(), d, "")
		if !errors.Is(err, ErrNotRunning) || mgmtclient.Code(err) != mq.ErrServiceNotAvailable {
			t.Errorf("%s: %v", d, err)
		}
	}
	// It is not in the way of the next one.
	l, cleanup, err := listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if cleanup != nil {
		cleanup()
	}
	if err := os.WriteFile(filepath.Join(dir, socketName), []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := listen(dir); err == nil || !strings.Contains(err.Error(), "no socket") {
		t.Errorf("a file in the way: %v", err)
	}
	if b, err := os.ReadFile(filepath.Join(dir, socketName)); err != nil || string(b) != "precious" {
		t.Errorf("the file in the way was touched: %q, %v", b, err)
	}
}

func TestALongPathGetsASocketElsewhere(t *testing.T) {
	base, err := os.MkdirTemp("", "ph")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(base) })
	t.Setenv("XDG_RUNTIME_DIR", base)
	dir := filepath.Join(base, strings.Repeat("long", 40))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	n := fake.New(fake.Options{})
	s, err := Serve(t.Context(), dir, func(Peer) (mgmtclient.Node, error) { return n, nil }, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	i, err := os.Stat(filepath.Join(base, fmt.Sprintf("posthouse-%d", os.Getuid())))
	if err != nil || i.Mode().Perm() != 0o700 {
		t.Errorf("the folder of sockets: %v, %v", i, err)
	}
	c, err := Dial(t.Context(), dir, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Machine(t.Context()); err != nil {
		t.Error(err)
	}
	c.Close()
	s.Close()
	if _, err := os.Stat(filepath.Join(dir, pointerName)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the name of the socket was left: %v", err)
	}
	if _, err := Dial(t.Context(), dir, ""); !errors.Is(err, ErrNotRunning) {
		t.Errorf("after the end: %v", err)
	}
}

func TestAFolderOfOthersIsNotTrustedWithSockets(t *testing.T) {
	dir := t.TempDir()
	for _, mode := range []os.FileMode{0o755, 0o777, 0o700 | os.ModeSticky | 0o077} {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		if err := private(dir); err == nil {
			t.Errorf("mode %o was taken", mode)
		}
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if err := private(link); err == nil {
		t.Error("a symbolic link was taken")
	}
	if err := private(dir); err != nil {
		t.Error(err)
	}
}

func TestTheSocketIsTheOwnersAlone(t *testing.T) {
	s := newStand(t, nil)
	i, err := os.Stat(filepath.Join(s.dir, socketName))
	if err != nil || i.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", i.Mode(), err)
	}
	p := make(chan Peer, 1)
	s.provide = func(peer Peer) (mgmtclient.Node, error) {
		p <- peer
		return unclosed{s.node}, nil
	}
	s.dial()
	if got := <-p; got.UID != uint32(os.Getuid()) || got.PID != os.Getpid() {
		t.Errorf("the system says %+v", got)
	}
}

// childFolder makes this test program attach to a folder as another account.
const childFolder = "POSTHOUSE_TEST_ATTACH_TO"

// TestAttachAsAnotherAccount needs root to become another account; the hook of
// TestAnotherAccountIsRefusedInWords covers the rest everywhere.
func TestAttachAsAnotherAccount(t *testing.T) {
	if dir := os.Getenv(childFolder); dir != "" {
		_, err := Dial(t.Context(), dir, "")
		fmt.Println("answer:", err)
		return
	}
	if os.Getuid() != 0 {
		return
	}
	s := newStand(t, nil)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(s.dir, "test") // where the other account may run it
	b, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(copied, b, 0o755); err != nil {
		t.Fatal(err)
	}
	attach := func() string {
		cmd := exec.Command(copied, "-test.run=^TestAttachAsAnotherAccount$")
		cmd.Dir = "/"
		cmd.Env = []string{childFolder + "=" + s.dir, "TMPDIR=/tmp"}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		out, _ := cmd.CombinedOutput() // its answer is what counts
		return string(out)
	}
	// With the modes as they are, it does not come in at all.
	if err := os.Chmod(s.dir, 0o711); err != nil {
		t.Fatal(err)
	}
	if out := attach(); !strings.Contains(out, "MQ_ERROR_ACCESS_DENIED") {
		t.Errorf("with a private socket: %s", out)
	}
	// With the modes opened by mistake, the server still asks who it is.
	if err := os.Chmod(filepath.Join(s.dir, socketName), 0o666); err != nil {
		t.Fatal(err)
	}
	if out := attach(); !strings.Contains(out, "MQ_ERROR_ACCESS_DENIED") || !strings.Contains(out, "another account") {
		t.Errorf("with an open socket: %s", out)
	}
	if s.node.Calls("") != 0 {
		t.Error("it was served")
	}
}
