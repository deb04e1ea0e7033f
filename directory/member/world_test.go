package member

import (
	"context"
	"crypto/x509"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"posthouse/directory"
	"posthouse/directory/ldap"
	"posthouse/directory/ldap/memory"
	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a forest with the sites Aarhus, Copenhagen and Odense.
type world struct {
	t     testing.TB
	dc    *memory.Directory
	admin directory.Directory
	sites map[string]mq.GUID
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, dc: memory.New("nordhavn.example"), sites: map[string]mq.GUID{}}
	w.admin = ldap.New(w.dc.Administrator())
	for _, s := range []string{"Copenhagen", "Aarhus", "Odense"} {
		w.sites[s] = create(w, &directory.Site{Head: directory.Head{Name: s}}).ID
	}
	return w
}

// create makes an object as the administrator.
func create[T directory.Object](w *world, o T) T {
	w.t.Helper()
	made, err := w.admin.Create(context.Background(), "", o)
	if err != nil {
		w.t.Fatalf("create %+v: %v", o, err)
	}
	return made.(T)
}

// read reads one as the administrator.
func read[T directory.Object](w *world, ref directory.Ref) T {
	w.t.Helper()
	o, err := directory.Get[T](context.Background(), w.admin, ref, directory.AttrSecurity)
	if err != nil {
		w.t.Fatalf("read %s: %v", ref, err)
	}
	return o
}

// write changes one as the administrator.
func (w *world) write(o directory.Object, attributes ...directory.Attribute) {
	w.t.Helper()
	if err := w.admin.Write(context.Background(), o, attributes...); err != nil {
		w.t.Fatalf("write %v: %v", attributes, err)
	}
}

func (w *world) remove(o directory.Object) {
	w.t.Helper()
	if err := w.admin.Delete(context.Background(), o, true); err != nil {
		w.t.Fatalf("delete: %v", err)
	}
}

// link makes a routing link.
func (w *world) link(a, b string, cost uint32, gates ...mq.GUID) *directory.Link {
	w.t.Helper()
	return create(w, &directory.Link{Site1: w.sites[a], Site2: w.sites[b], Cost: cost, Gates: gates})
}

// account makes a computer account.
func (w *world) account(name string) {
	w.t.Helper()
	create(w, &directory.Computer{Head: directory.Head{Name: name}, DNSName: name + ".nordhavn.example"})
}

// server makes the machine object of another queue manager.
func (w *world) server(name string, routing bool, sites ...string) *directory.Machine {
	w.t.Helper()
	w.account(name)
	o := &directory.Machine{Computer: name, Routing: routing}
	for _, s := range sites {
		o.Sites = append(o.Sites, w.sites[s])
	}
	return create(w, o)
}

// node is a queue manager that joins, or not.
type node struct {
	*qmtest.QM
	*Member
	w    *world
	name string
	dir  string
	line *line
}

// node makes a queue manager with an account in the domain.
func (w *world) node(name string) *node {
	w.t.Helper()
	w.account(name)
	return w.stranger(name)
}

// stranger makes one without an account.
func (w *world) stranger(name string) *node {
	w.t.Helper()
	n := &node{QM: qmtest.Start(w.t, qmtest.On(name)), w: w, name: name, dir: w.t.TempDir()}
	keep(w.t, n.dir, testRecord(w.t))
	return n
}

// options are those of a member that signs in with the account of its computer.
func (n *node) options() Options {
	return Options{
		Manager: n.QueueManager, Dir: n.dir, As: qmtest.Owner, Clock: n.Clock,
		Directory: func(context.Context) (directory.Directory, error) {
			ops, err := n.w.dc.SignIn(n.name + "$")
			if err != nil {
				return nil, err
			}
			n.line = &line{Directory: ldap.New(ops)}
			return n.line, nil
		},
	}
}

// join starts the member.
func (n *node) join(change ...func(*Options)) {
	n.w.t.Helper()
	o := n.options()
	o.Site = "Aarhus"
	for _, c := range change {
		c(&o)
	}
	n.Member = New(o)
	if err := n.Member.Start(context.Background()); err != nil {
		n.w.t.Fatalf("start: %v", err)
	}
	m := n.Member
	n.w.t.Cleanup(func() { _ = m.Close() })
}

// joined is a queue manager that is in the forest.
func (w *world) joined(name string, change ...func(*Options)) *node {
	w.t.Helper()
	n := w.node(name)
	n.join(change...)
	n.is(localqm.Integrated)
	return n
}

// again stops everything and starts it on the same disk.
func (n *node) again(change ...func(*Options)) {
	n.w.t.Helper()
	if err := n.Member.Close(); err != nil {
		n.w.t.Fatal(err)
	}
	n.QM.Restart()
	n.join(change...)
}

func (n *node) is(mode localqm.DirectoryMode) {
	n.w.t.Helper()
	if s := n.Member.State(); s.Mode != mode {
		n.w.t.Fatalf("%s is %s: %s", n.name, s.Mode, s.Why)
	}
}

// becomes waits until a mode is reached.
func (n *node) becomes(mode localqm.DirectoryMode) {
	n.w.t.Helper()
	qmtest.Eventually(n.w.t, n.name+" becomes "+string(mode), func() bool { return n.Member.State().Mode == mode })
}

// settled waits until the member has done all that was due.
func (n *node) settled() {
	n.w.t.Helper()
	qmtest.Eventually(n.w.t, "all that was due is done", func() bool {
		at := n.Member.next()
		if !at.IsZero() && !at.After(n.Clock.Now()) {
			return false
		}
		n.Member.turn.Lock()
		defer n.Member.turn.Unlock()
		at = n.Member.next()
		return at.IsZero() || at.After(n.Clock.Now())
	})
}

// public creates a public queue through the queue manager.
func (n *node) public(name string, s localqm.QueueSpec) mq.GUID {
	n.w.t.Helper()
	i, err := n.CreateQueue(context.Background(), qmtest.Owner, qmtest.Name(n.w.t, name), s)
	if err != nil {
		n.w.t.Fatalf("create %s: %v", name, err)
	}
	return i.Queue.ID
}

// label is that of a public queue here; "-" if there is none.
func (n *node) label(id mq.GUID) string {
	all, err := n.Queues(context.Background(), qmtest.Owner)
	if err != nil {
		n.w.t.Fatal(err)
	}
	for _, q := range all {
		if q.Queue.ID == id && !q.Elsewhere && q.Outgoing == nil {
			return q.Queue.Label
		}
	}
	return "-"
}

// line is a directory whose questions are counted, and which may refuse to write an
// attribute.
type line struct {
	directory.Directory
	asked    atomic.Int64
	searched atomic.Int64 // of these
	refuse   directory.Attribute
}

func (l *line) Write(ctx context.Context, o directory.Object, attributes ...directory.Attribute) error {
	if slices.Contains(attributes, l.refuse) {
		return mq.Errorf(mq.ErrAccessDenied, "write", "it has no right to that")
	}
	return l.Directory.Write(ctx, o, attributes...)
}

func (l *line) Read(ctx context.Context, k directory.Kind, ref directory.Ref, also ...directory.Attribute) (directory.Object, error) {
	l.asked.Add(1)
	return l.Directory.Read(ctx, k, ref, also...)
}

func (l *line) Search(ctx context.Context, q directory.Query) iter.Seq2[directory.Object, error] {
	l.asked.Add(1)
	l.searched.Add(1)
	return l.Directory.Search(ctx, q)
}

var firstRecord = sync.OnceValues(func() (record, error) {
	dir, err := os.MkdirTemp("", "member")
	if err != nil {
		return record{}, err
	}
	defer os.RemoveAll(dir)
	return load(dir, "ANY", time.Now())
})

// testRecord has keys that were made once for all tests.
func testRecord(t testing.TB) record {
	t.Helper()
	r, err := firstRecord()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x509.ParsePKCS8PrivateKey(r.SignKey); err != nil {
		t.Fatal(err)
	}
	return r
}

// keep puts a record into a folder.
func keep(t testing.TB, dir string, r record) {
	t.Helper()
	if err := r.save(dir); err != nil {
		t.Fatal(err)
	}
}

// kept is the record of a folder.
func kept(t testing.TB, dir string) record {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, recordName)); err != nil {
		t.Fatal(err)
	}
	r, err := load(dir, "ANY", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// refused checks that an error has a code and tells a person what to do.
func refused(t testing.TB, err error, code mq.HResult) {
	t.Helper()
	var e *mq.Error
	if !errors.As(err, &e) || e.Code != code || e.Why == "" {
		t.Errorf("%v, want %s", err, code.Name())
	}
}

func ptr[T any](v T) *T { return &v }
