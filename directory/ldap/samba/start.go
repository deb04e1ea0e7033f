package samba

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Start starts a directory of the test's own, which may be stopped; it takes about
// eight seconds. It is skipped where Join is, and in short runs.
func Start(tb testing.TB, strong bool) *Forest {
	tb.Helper()
	if testing.Short() {
		tb.Skip("a directory of its own takes longer than a short run")
	}
	Join(tb)                           // if there is one, another can be had
	dir, err := os.MkdirTemp("", "ad") // short, for its Unix sockets
	if err != nil {
		tb.Fatal(err)
	}
	f := &Forest{
		Dir: dir,
		// Nobody else has it, whatever runs beside this test.
		Address: fmt.Sprintf("127.%d.%d.%d", 64+rand.IntN(64), rand.IntN(256), 1+rand.IntN(254)), //nolint:gosec // no secret
		Strong:  strong,
	}
	tb.Cleanup(func() { f.script(tb, "stop") })
	f.Restart(tb)
	env, err := os.ReadFile(filepath.Join(dir, "env")) //nolint:gosec // a test's
	if err != nil {
		tb.Fatal(err)
	}
	values := map[string]string{}
	for line := range strings.Lines(string(env)) {
		name, value, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
		values[name] = strings.Trim(value, "'")
	}
	*f = *fromEnvironment(func(name string) string { return values[name] })
	return f
}

// Stop ends the controller; its folder stays.
func (f *Forest) Stop(tb testing.TB) {
	tb.Helper()
	f.script(tb, "stop", "--keep")
}

// Restart starts it again.
func (f *Forest) Restart(tb testing.TB) {
	tb.Helper()
	args := []string{"--address", f.Address, "--lifetime", "1200"}
	if f.Strong {
		args = append(args, "--strong")
	}
	f.script(tb, "start", args...)
}

func (f *Forest) script(tb testing.TB, name string, args ...string) {
	tb.Helper()
	script := filepath.Join(root(tb), "scripts", "samba-ad", name)
	// Not through a pipe: the controller would hold it open.
	log, err := os.Create(filepath.Join(tb.TempDir(), "log"))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	c := exec.Command(script, append([]string{"--dir", f.Dir}, args...)...) //nolint:gosec // a test's
	c.Stdout, c.Stderr = log, log
	if err := c.Run(); err != nil {
		said, _ := os.ReadFile(log.Name())
		tb.Fatalf("%s: %v: %s", name, err, said)
	}
}

// root is the folder of the module that the test is in.
func root(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			tb.Fatal("no go.mod above the test")
		}
	}
}
