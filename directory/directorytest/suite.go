package directorytest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"posthouse/directory"
	"posthouse/localqm/mq"
)

// Forest is a directory that the suite works on. Others may use it at the same time:
// the suite makes objects of its own and removes them.
type Forest struct {
	// As signs somebody in: "" is the administrator, NAME$ a computer.
	As func(tb testing.TB, account string) directory.Directory
	// Computer makes a computer account, which goes with all below it at the end of the
	// test, Person one without any rights but those of all users.
	Computer func(tb testing.TB, name string)
	Person   func(tb testing.TB, name string)
	// See is an object as another tool sees it: values by the attributes' names in
	// small letters.
	See func(tb testing.TB, dn string) (map[string][]string, bool)
}

// Run runs the suite.
func Run(t *testing.T, f Forest) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *fixture)
	}{
		{"sites are made, changed and deleted", sites},
		{"queue managers are made, changed and deleted", machines},
		{"the settings in a server's sites follow its roles", roles},
		{"more values than one answer holds are read whole", manyValues},
		{"a foreign computer is made with its queue manager", foreignComputer},
		{"queues are made, changed and deleted", queues},
		{"names of any length and of any characters name their queue", queueNames},
		{"text that looks like a filter or a name is text", injection},
		{"links are made, changed and deleted", links},
		{"gates that were deleted are skipped", deletedGates},
		{"lists hold queues, aliases and lists", lists},
		{"aliases are made, changed and deleted", aliases},
		{"certificates and digests are kept together", certificates},
		{"enterprise settings are changed", enterprise},
		{"searches find what fits", searches},
		{"what uses an object is found", users},
		{"whatever an identifier names is read", anything},
		{"an ordinary user reads and may change nothing", ordinaryUser},
		{"a queue manager manages itself and nobody else", itself},
		{"permissions are those of MSMQ", permissions},
		{"bad input is refused before anything is done", badInput},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.run(t, &fixture{Forest: f, Directory: f.As(t, ""), prefix: "T" + mq.NewGUID().String()[:6]})
		})
	}
}

// fixture is one test's part of a forest.
type fixture struct {
	Forest
	directory.Directory
	prefix string
	named  int
}

// name is one that nothing else has; computers take it too.
func (f *fixture) name() string {
	f.named++
	return fmt.Sprintf("%s-%d", f.prefix, f.named)
}

// create makes an object that goes at the end.
func create[T directory.Object](t *testing.T, f *fixture, o T) T {
	t.Helper()
	made, err := f.Create(t.Context(), "", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.remove(t, made) })
	return made.(T)
}

// remove deletes what may be gone already.
func (f *fixture) remove(t *testing.T, o directory.Object) {
	t.Helper()
	ctx := t.Context()
	if ctx.Err() != nil { // in a cleanup
		ctx = background()
	}
	if err := f.Delete(ctx, o, true); err != nil && !isMissing(err) {
		t.Errorf("clean up: %v", err)
	}
}

func isMissing(err error) bool {
	return errors.Is(err, mq.ErrObjectNotFound) || errors.Is(err, mq.ErrMachineNotFound) || errors.Is(err, mq.ErrQueueNotFound)
}

func (f *fixture) site(t *testing.T) *directory.Site {
	t.Helper()
	return create(t, f, &directory.Site{Head: directory.Head{Name: f.name()}})
}

// computer makes an account.
func (f *fixture) computer(t *testing.T) string {
	t.Helper()
	name := f.name()
	f.Computer(t, name)
	return name
}

// machine makes a queue manager on a computer of its own.
func (f *fixture) machine(t *testing.T, sites ...*directory.Site) *directory.Machine {
	t.Helper()
	m := &directory.Machine{Computer: f.computer(t)}
	if len(sites) == 0 {
		sites = []*directory.Site{f.site(t)}
	}
	for _, s := range sites {
		m.Sites = append(m.Sites, s.ID)
	}
	return create(t, f, m)
}

// again reads an object as it is now.
func again[T directory.Object](t *testing.T, f *fixture, o T, also ...directory.Attribute) T {
	t.Helper()
	now, err := directory.Get[T](t.Context(), f.Directory, directory.ByID(o.Common().ID), also...)
	if err != nil {
		t.Fatal(err)
	}
	return now
}

// has checks what another tool reads.
func (f *fixture) has(t *testing.T, dn, attribute string, want ...string) {
	t.Helper()
	got, ok := f.See(t, dn)
	if !ok {
		t.Errorf("there is no %s", dn)
		return
	}
	have := slices.Clone(got[attribute])
	slices.Sort(have)
	slices.Sort(want)
	if !slices.Equal(have, want) {
		t.Errorf("%s of %s is %q, want %q", attribute, dn, have, want)
	}
}

// gone checks that another tool does not see an object.
func (f *fixture) gone(t *testing.T, dn string) {
	t.Helper()
	if _, ok := f.See(t, dn); ok {
		t.Errorf("%s is still there", dn)
	}
}

// refused checks that an error has a code and what a person needs.
func refused(t *testing.T, err error, code mq.HResult) {
	t.Helper()
	if !errors.Is(err, code) {
		t.Errorf("got %v, want %v", err, code)
		return
	}
	var e *mq.Error
	if !errors.As(err, &e) || e.Op == "" || e.Why == "" || e.Fix == "" {
		t.Errorf("the error does not say what was tried, why it failed and what to do: %#v", err)
	}
}

// denied checks that the directory refused for want of rights.
func denied(t *testing.T, err error) {
	t.Helper()
	refused(t, err, mq.ErrAccessDenied)
	var r *directory.Refusal
	if !errors.As(err, &r) || r.Code != 50 || r.Controller == "" {
		t.Errorf("the directory's own answer is missing: %v", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// found are the names of what a query finds.
func (f *fixture) found(t *testing.T, q directory.Query) []string {
	t.Helper()
	var names []string
	for o, err := range f.Search(t.Context(), q) {
		must(t, err)
		switch o := o.(type) {
		case *directory.Queue:
			names = append(names, o.Queue)
		case *directory.Machine:
			names = append(names, o.Computer)
		default:
			names = append(names, o.Common().Name)
		}
	}
	return names
}

func finds(t *testing.T, f *fixture, q directory.Query, want ...string) {
	t.Helper()
	got := f.found(t, q)
	if !q.Order {
		slices.Sort(got)
		slices.Sort(want)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v finds %q, want %q", q, got, want)
	}
}
