package store_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
	"posthouse/localqm/store/storetest"
)

// breakFile puts another file behind every descriptor of this process that is
// open for writing on name: a disk that fails, without a hook in the store.
func breakFile(t *testing.T, name, by string, flags int) {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	bad, err := unix.Open(by, flags|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(bad)
	broken := 0
	for _, fd := range fds {
		if to, _ := os.Readlink(filepath.Join("/proc/self/fd", fd.Name())); to != name {
			continue
		}
		n, err := strconv.Atoi(fd.Name())
		if err != nil {
			t.Fatal(err)
		}
		mode, err := unix.FcntlInt(uintptr(n), unix.F_GETFL, 0)
		if err != nil {
			t.Fatal(err)
		}
		if mode&unix.O_ACCMODE == unix.O_RDONLY || n == bad {
			continue
		}
		if err := unix.Dup3(bad, n, unix.O_CLOEXEC); err != nil {
			t.Fatal(err)
		}
		broken++
	}
	if broken == 0 {
		t.Fatalf("%s is not open", name)
	}
}

// TestADiskErrorStopsTheStore: after a write or a sync that failed nothing is
// answered any more; what was answered before is there after a restart, and
// what failed is there once or not at all.
func TestADiskErrorStopsTheStore(t *testing.T) {
	for name, fault := range map[string]struct {
		by    string // empty: the file itself, read-only
		flags int
	}{
		"Write": {"", unix.O_RDONLY},           // pwrite: EBADF
		"Sync":  {"/dev/null", unix.O_RDWR},    // pwrite succeeds, fsync: EINVAL
		"Gone":  {"/proc/self", unix.O_RDONLY}, // a folder
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, store.Options{Dir: dir})
			defer func() { s.Close() }()
			at := benchQueue2(t, s)
			for range 10 {
				if err := storetest.Do(s, &store.Put{Row: packet(at, 1000)}); err != nil {
					t.Fatal(err)
				}
			}
			wal := filepath.Join(dir, "posthouse.db-wal")
			if fault.by == "" {
				fault.by = wal
			}
			breakFile(t, wal, fault.by, fault.flags)
			err := storetest.Do(s, &store.Put{Row: packet(at, 1000)})
			var e *mq.Error
			if !errors.Is(err, store.ErrFailed) || !errors.As(err, &e) || e.Fix == "" || !strings.Contains(e.Error(), "posthouse.db") {
				t.Fatalf("put on a failing disk: %v", err)
			}
			if got := s.Count(at).Messages; got != 10 {
				t.Errorf("%d messages count", got)
			}
			// Express messages too: the process cannot be trusted with anything.
			for _, op := range []store.Op{
				&store.Put{Row: packet(at, 1)}, &store.Put{Row: &store.Row{Slot: at, Express: true}},
				&store.Remove{Place: store.Place{Slot: at, Lookup: 1}},
			} {
				if err := storetest.Do(s, op); !errors.Is(err, store.ErrFailed) {
					t.Errorf("%T after the failure: %v", op, err)
				}
			}
			for what, err := range map[string]error{
				"range":    second(s.Range(ctx, store.Range{Slot: at})),
				"lookups":  second(s.Lookups(ctx, at, 0, 0)),
				"get":      second(s.Get(ctx, at, store.LookupID(3, 1), 0)),
				"queues":   second(s.Queues(ctx)),
				"due":      second(s.Due(ctx, 1, 1)),
				"next due": second(s.NextDue(ctx)),
				"find":     second(s.Find(ctx, mq.ObjectID{Ordinal: 1})),
				"state":    second(s.State(ctx, "s", nil)),
				"prepared": second(s.Prepared(ctx)),
				"states":   s.States(ctx, "s", func(_, _ []byte) error { return nil }),
			} {
				if !errors.Is(err, store.ErrFailed) {
					t.Errorf("%s after the failure: %v", what, err)
				}
			}
			if err := s.Close(); err != nil {
				t.Logf("close: %v", err) // the disk is still broken
			}
			s = open(t, store.Options{Dir: dir})
			if got := s.Count(at).Messages; got != 10 && got != 11 {
				t.Errorf("%d messages after the restart", got)
			}
			if r, err := s.Check(ctx); err != nil || len(r.Problems) > 0 {
				t.Errorf("check: %v, %v", r.Problems, err)
			}
			if err := storetest.Do(s, &store.Put{Row: packet(at, 1000)}); err != nil {
				t.Errorf("put after the restart: %v", err)
			}
		})
	}
}

func second[T any](_ T, err error) error { return err }

// TestEveryAnswerFollowsASync watches with strace that between two answers to
// durable steps there is at least one sync that ended.
func TestEveryAnswerFollowsASync(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("strace is not installed")
		}
		t.Skip("strace is not installed (scripts/setup test does that)")
	}
	trace := filepath.Join(t.TempDir(), "trace")
	const n = 200
	cmd := child(t, "send", args{Dir: t.TempDir(), Count: n}, strace, "-f", "-e", "trace=fsync,fdatasync,write", "-e", "signal=none", "-o", trace)
	if out, err := cmd.Output(); err != nil || bytes.Count(out, []byte("ANSWER")) != n+n/2 {
		t.Fatalf("%d answers, %v", bytes.Count(out, []byte("ANSWER")), err)
	}
	data, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	syncs, answers, total := 0, 0, 0
	for line := range strings.Lines(string(data)) {
		switch {
		case strings.Contains(line, "ANSWER "):
			answers++
			if syncs == 0 {
				t.Fatalf("answer %d without a sync before it: %s", answers, line)
			}
			syncs = 0
		case strings.Contains(line, "sync(") && strings.Contains(line, " = 0"),
			strings.Contains(line, "sync resumed>") && strings.Contains(line, " = 0"):
			syncs++
			total++
		}
	}
	if answers != n+n/2 {
		t.Fatalf("%d answers in the trace", answers)
	}
	t.Logf("%d answers, %d syncs, never an answer without one", answers, total)
}
