package app

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"posthouse/mgmtclient"
)

// asProgram makes this test binary the program itself.
const asProgram = "POSTHOUSE_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(Run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// site is a data folder that real processes work on.
type site struct {
	t      *testing.T
	folder string
}

func newSite(t *testing.T) site {
	t.Helper()
	// Not t.TempDir: a socket's path has a short limit, and test names are long.
	folder, err := os.MkdirTemp("", "ph")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	return site{t, filepath.Join(folder, "data")}
}

func (s site) command(args ...string) *exec.Cmd {
	exe, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.CommandContext(s.t.Context(), exe, append(args, "--data", s.folder)...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	return cmd
}

func (s site) run(args ...string) answer {
	s.t.Helper()
	cmd := s.command(args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	return answer{s.t, cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

func (s site) must(args ...string) answer {
	s.t.Helper()
	return s.run(args...).exits(exitDone)
}

func (s site) count(queue string) int64 {
	s.t.Helper()
	return document[mgmtclient.Queue](s.must("queue", "show", queue, "--json")).Messages
}

// served is a running "posthouse serve".
type served struct {
	site
	cmd    *exec.Cmd
	ready  ready
	errors *bytes.Buffer
	waited sync.Once
	err    error
}

func (s site) serve(args ...string) *served {
	s.t.Helper()
	if len(args) == 0 { // the usual port may be somebody else's
		args = []string{"--port", fmt.Sprint(freePort(s.t)), "--ping-port", fmt.Sprint(freePort(s.t))}
	}
	p := &served{site: s, cmd: s.command(append([]string{"serve", "--json"}, args...)...), errors: new(bytes.Buffer)}
	p.cmd.Stderr = p.errors
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(p.kill)
	if err := json.NewDecoder(out).Decode(&p.ready); err != nil || !p.ready.Ready {
		p.kill()
		s.t.Fatalf("serve is not ready: %v, %s", err, p.errors)
	}
	return p
}

func (p *served) wait() error {
	p.waited.Do(func() { p.err = p.cmd.Wait() })
	return p.err
}

func (p *served) kill() {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	_ = p.wait()
}

// stop asks it to end, as a service manager does.
func (p *served) stop() {
	p.t.Helper()
	if runtime.GOOS == "windows" {
		p.kill() // nothing gentler reaches another process there
		return
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	if err := p.wait(); err != nil {
		p.t.Fatalf("serve ended with %v: %s", err, p.errors)
	}
}

func TestServeAndCommandsWorkOnOneQueueManager(t *testing.T) {
	s := newSite(t)
	p := s.serve()
	if p.ready.PID != p.cmd.Process.Pid || p.ready.DataFolder != s.folder {
		t.Errorf("ready: %+v", p.ready)
	}
	s.must("queue", "create", "orders", "--transactional")
	s.must("queue", "create", "quick")
	s.must("message", "send", "orders", "--body", "kept", "--transactional", "--count", "100")
	s.must("message", "send", "quick", "--body", "light", "--express").quiet()
	if n := s.count("quick"); n != 1 {
		t.Errorf("the express message is not there for the next command: %d", n)
	}
	if m := document[mgmtclient.Message](s.must("message", "receive", "orders", "--json")); string(m.Body) != "kept" || !m.Transactional {
		t.Errorf("received %+v", m)
	}
	s.must("check").says("all is well")
	p.stop()
	if !strings.Contains(p.errors.String(), "1 express message lost") && runtime.GOOS != "windows" {
		t.Errorf("serve did not warn: %q", p.errors)
	}
	// The same by commands alone.
	if n := s.count("orders"); n != 99 {
		t.Errorf("%d messages after a restart, want 99", n)
	}
	if n := s.count("quick"); n != 0 {
		t.Errorf("%d express messages after a restart, want 0", n)
	}
	s.must("check").says("all is well")
}

func TestASecondServeIsRefusedAndNamesTheFirst(t *testing.T) {
	s := newSite(t)
	p := s.serve()
	s.run("serve", "--json").exits(exitFailed).complains(fmt.Sprint(p.cmd.Process.Pid), s.folder)
	s.must("queue", "list")
}

func TestAKilledQueueManagerLosesNothingAcknowledged(t *testing.T) {
	s := newSite(t)
	p := s.serve()
	s.must("queue", "create", "orders")
	s.must("message", "send", "orders", "--body", "before", "--count", "50")
	acknowledged := int64(50)
	var (
		mu      sync.Mutex
		senders sync.WaitGroup
		some    = make(chan struct{})
		once    sync.Once
	)
	for range 2 {
		senders.Go(func() {
			for {
				// With nobody serving any more a command opens the folder itself:
				// the queue has to be the one that was being filled.
				a := s.run("message", "send", "orders", "--body", "x", "--count", "20", "--json")
				var r mgmtclient.SendResult
				_ = json.Unmarshal([]byte(a.out), &r) // nothing was accepted when there is nothing
				mu.Lock()
				acknowledged += int64(r.Sent)
				n := acknowledged
				mu.Unlock()
				if n >= 200 {
					once.Do(func() { close(some) })
				}
				if a.code != exitDone || n > 400 {
					return
				}
			}
		})
	}
	<-some
	p.kill()
	senders.Wait()
	s.must("check").says("all is well")
	if n := s.count("orders"); n < acknowledged {
		t.Errorf("%d messages after the kill, %d were acknowledged", n, acknowledged)
	}
}

func TestCommandsAloneTakeTurns(t *testing.T) {
	s := newSite(t)
	s.must("queue", "create", "orders")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { s.run("message", "send", "orders", "--body", "x", "--count", "5").exits(exitDone) })
	}
	all.Wait()
	if n := s.count("orders"); n != 20 {
		t.Errorf("%d messages, want 20", n)
	}
}

func TestAReceiveThatWaitsAloneIsReachedByASender(t *testing.T) {
	s := newSite(t)
	s.must("queue", "create", "orders")
	cmd := s.command("message", "receive", "orders", "--timeout", "60", "--json")
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.must("message", "send", "orders", "--body", "for the one who waits")
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if m := document[mgmtclient.Message](answer{t: t, out: out.String()}); string(m.Body) != "for the one who waits" {
		t.Errorf("received %q", m.Body)
	}
}

func TestExportAndImportThroughTheRealStore(t *testing.T) {
	from, to := newSite(t), newSite(t)
	from.must("queue", "create", "orders", "--label", "Orders", "--journal", "--quota", "5000")
	from.must("queue", "create", "bills", "--transactional")
	from.must("message", "send", "orders", "--body", "x", "--label", "L", "--count", "700", "--priority", "5", "--app-specific", "9")
	from.must("message", "send", "bills", "--body", "y", "--transactional", "--count", "3")
	file := filepath.Join(filepath.Dir(from.folder), "export.jsonl")
	from.must("export", file)
	to.must("import", file)
	for _, queue := range []string{"orders", "bills"} {
		var was, is []mgmtclient.Message
		for i, s := range []site{from, to} {
			list := document[[]mgmtclient.Message](s.must("message", "list", queue, "--limit", "0", "--body-limit", "-1", "--json"))
			for k := range list {
				list[k].LookupID = 0 // places are new
				// The packet is the same; the other machine knows no names for these.
				list[k].DestinationQueue, list[k].SourceMachine = "", ""
			}
			if i == 0 {
				was = list
			} else {
				is = list
			}
		}
		equal(t, queue, is, was)
	}
	to.must("check").says("all is well")
}

func TestTheDataFolderKeepsOthersOut(t *testing.T) {
	s := newSite(t)
	s.must("queue", "create", "orders")
	if runtime.GOOS == "windows" {
		return // what the folder allows is tested where it is made
	}
	info, err := os.Stat(s.folder)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode != 0o700 {
		t.Errorf("the data folder has mode %o", mode)
	}
}

func TestUnusableDataFoldersAreExplained(t *testing.T) {
	s := newSite(t)
	if err := os.WriteFile(s.folder, []byte("no folder"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run("queue", "list").exits(exitFailed).complains(s.folder, "0xC00E")
}

func TestAStoppingServeAnswersThoseWhoWait(t *testing.T) {
	s := newSite(t)
	p := s.serve()
	s.must("queue", "create", "orders")
	cmd := s.command("message", "receive", "orders", "--timeout", "forever", "-v")
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	words := bufio.NewReader(errs)
	if line, err := words.ReadString('\n'); err != nil || !strings.Contains(line, "attached") {
		t.Fatalf("it said %q, %v", line, err)
	}
	p.stop()
	rest, err := io.ReadAll(words)
	if err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitFailed {
		t.Errorf("it ended with %v", err)
	}
	answer{t: t, code: exitFailed, err: string(rest)}.exits(exitFailed).complains("0xC00E000B")
	s.must("message", "send", "orders", "--body", "after")
}
