package app

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/computers"
	"posthouse/mgmtclient/fake"
)

// desk is a command line over a queue manager in memory.
type desk struct {
	t        *testing.T
	node     *fake.Node
	opener   opener
	stdin    string
	folder   string          // empty: a new one for each command line
	terminal map[string]bool // in, out, err
	vars     map[string]string
	ctx      context.Context
}

func newDesk(t *testing.T) *desk {
	n := fake.New(fake.Options{Name: "LAPTOP"})
	t.Cleanup(func() { _ = n.Close() })
	return &desk{t: t, node: n, opener: memory{node: n}, terminal: map[string]bool{}, vars: map[string]string{}, ctx: t.Context()}
}

// answer is what a command line did.
type answer struct {
	t        *testing.T
	code     int
	out, err string
}

func (d *desk) run(args ...string) answer {
	d.t.Helper()
	var out, errs safeBuffer
	code := d.runTo(&out, &errs, args...)
	return answer{d.t, code, out.String(), errs.String()}
}

func (d *desk) runTo(out, errs io.Writer, args ...string) int {
	in := strings.NewReader(d.stdin)
	folder := d.folder
	if folder == "" {
		folder = d.t.TempDir()
	}
	verb := min(1, len(args)) // behind it, since __complete comes first and completes the last
	args = slices.Concat(args[:verb], []string{"--data", folder}, args[verb:])
	return run(d.ctx, args, env{
		in: in, out: out, err: errs,
		terminal: func(stream any) bool {
			switch stream {
			case any(in):
				return d.terminal["in"]
			case any(out):
				return d.terminal["out"]
			case any(errs):
				return d.terminal["err"]
			}
			return false
		},
		getenv: func(name string) string { return d.vars[name] },
		now:    func() time.Time { return fake.Now }, zone: time.UTC,
		open: d.opener,
		window: func(context.Context, windowOptions) error {
			return mq.Errorf(mq.ErrUnsupportedOperation, "open the window", "no window here")
		},
	})
}

// typing gives the next command lines something to read.
func (d *desk) typing(text string) *desk {
	d.stdin = text
	return d
}

// must runs a command line that has to succeed.
func (d *desk) must(args ...string) answer {
	d.t.Helper()
	return d.run(args...).exits(exitDone)
}

func (a answer) exits(code int) answer {
	a.t.Helper()
	if a.code != code {
		a.t.Fatalf("exit status %d, want %d\nstdout: %s\nstderr: %s", a.code, code, a.out, a.err)
	}
	if code != exitDone && (strings.Count(a.err, "\n") != 1 || !strings.HasPrefix(a.err, "posthouse: ")) {
		a.t.Errorf("want one line on standard error, got %q", a.err)
	}
	return a
}

func (a answer) says(words ...string) answer {
	a.t.Helper()
	return a.has("stdout", a.out, words)
}

func (a answer) complains(words ...string) answer {
	a.t.Helper()
	return a.has("stderr", a.err, words)
}

func (a answer) has(name, text string, words []string) answer {
	a.t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			a.t.Errorf("%s lacks %q:\n%s", name, w, text)
		}
	}
	return a
}

func (a answer) quiet() answer {
	a.t.Helper()
	if a.err != "" {
		a.t.Errorf("standard error is not empty: %q", a.err)
	}
	return a
}

// document reads the output as exactly one JSON document.
func document[T any](a answer) T {
	a.t.Helper()
	var v T
	d := json.NewDecoder(strings.NewReader(a.out))
	if err := d.Decode(&v); err != nil {
		a.t.Fatalf("no JSON document: %v\n%s", err, a.out)
	}
	if d.More() {
		a.t.Fatalf("more than one JSON document:\n%s", a.out)
	}
	return v
}

// names are the fields of a JSON object in their order.
func names(t *testing.T, object []byte) []string {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(object))
	if tok, err := d.Token(); err != nil || tok != json.Delim('{') {
		t.Fatalf("no JSON object: %s", object)
	}
	var list []string
	for d.More() {
		tok, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		var skip json.RawMessage
		if err := d.Decode(&skip); err != nil {
			t.Fatal(err)
		}
		list = append(list, tok.(string))
	}
	return list
}

func lines(a answer) []json.RawMessage {
	a.t.Helper()
	var list []json.RawMessage
	for line := range strings.Lines(a.out) {
		if !json.Valid([]byte(line)) {
			a.t.Fatalf("no JSON line: %q", line)
		}
		list = append(list, json.RawMessage(line))
	}
	return list
}

func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// memory opens the same queue manager every time.
type memory struct {
	node *fake.Node
	own  bool
	none bool // nothing runs to attach to
	dir  *fake.Directory
	*joining
}

// joining notes what was joined.
type joining struct {
	m           membership
	name        string
	adopt, left bool
}

func (j *joining) Join(_ context.Context, _, name string, m membership, adopt bool) (localqm.DirectoryState, error) {
	j.m, j.name, j.adopt = m, name, adopt
	return localqm.DirectoryState{Mode: localqm.Integrated, Forest: "nordhavn.example", Sites: []string{"Odense"}}, nil
}

func (j *joining) Leave(string) error {
	j.left = true
	return nil
}

func (m memory) Directory(ctx context.Context, _ string, who *person, _ func(string)) (mgmtclient.Directory, error) {
	if who == nil {
		return keptDirectory{m.dir}, nil
	}
	d := fake.NewDirectory(fake.DirectoryOptions{Unchosen: true})
	return d, d.Choose(ctx, who.DirectorySignIn, who.password)
}

// keptDirectory outlives the command.
type keptDirectory struct{ *fake.Directory }

func (keptDirectory) Close() error { return nil }

func (m memory) Open(context.Context, string, *network) (handle, error) {
	return handle{Node: kept{m.node}, own: m.own, pid: 4711}, nil
}

func (m memory) Attach(ctx context.Context, folder string) (handle, error) {
	if m.none {
		return handle{}, mq.Errorf(mq.ErrServiceNotAvailable, "attach to "+folder, "nothing runs")
	}
	return m.Open(ctx, folder, nil)
}

func (m memory) Line(string, *network) computers.Line { return memoryLine{m} }

// memoryLine leads to the same queue manager, for who knows the password.
type memoryLine struct{ memory }

func (l memoryLine) Dial(_ context.Context, c mgmtclient.Computer, password string) (mgmtclient.Node, error) {
	if c.SignIn == mgmtclient.SignInPassword && password != "letmein" {
		return nil, mq.Errorf(mq.ErrAccessDenied, "connect to "+c.Host(), "it does not accept %s", c.User)
	}
	return kept{l.node}, nil
}

func (l memoryLine) Probe(ctx context.Context, c mgmtclient.Computer, password string, report func(mgmtclient.Probe)) error {
	report(mgmtclient.Probe{Layer: mgmtclient.LayerName, OK: true, Text: c.Host() + " is found"})
	_, err := l.Dial(ctx, c, password)
	if err != nil {
		report(mgmtclient.Probe{Layer: mgmtclient.LayerSignIn, Text: "the password is wrong", Fix: "try another"})
	}
	return err
}

func (m memory) Serve(ctx context.Context, _ string, _ serveOptions, s service) error {
	h := handle{Node: kept{m.node}, own: true, pid: 4711}
	if err := s.ready(h); err != nil {
		return err
	}
	<-ctx.Done()
	s.stopping(h)
	return nil
}

// kept stays open from one command to the next.
type kept struct{ *fake.Node }

func (kept) Close() error { return nil }

// safeBuffer may be read while it is written.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
