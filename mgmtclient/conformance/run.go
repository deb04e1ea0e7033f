package conformance

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// Run runs the suite. start gives a node with every capability on a new queue
// manager without queues, and cleans up after itself.
func Run(t *testing.T, start func(t *testing.T) mgmtclient.Node) {
	run(t, func(t *testing.T) (node, owner mgmtclient.Node) { return start(t), nil }, nil)
}

// RunRemote runs the suite on a node that cannot do everything, or does not tell
// everything, beside one on the same queue manager that does: this one prepares what
// the tests need. What the node lacks it must explain; the rest is as for all nodes.
func RunRemote(t *testing.T, start func(t *testing.T) (node, owner mgmtclient.Node)) {
	lacks := map[mgmtclient.Capability]bool{tellsAll: true}
	t.Run("lacks", func(t *testing.T) {
		node, owner := start(t)
		offered := mgmtclient.Capabilities(node)
		for _, c := range mgmtclient.Capabilities(owner) {
			lacks[c] = !slices.Contains(offered, c)
			if why := mgmtclient.Lacks(node, c); lacks[c] != strings.HasSuffix(why, ".") {
				t.Errorf("%s is lacked: %v; why: %q", c, lacks[c], why)
			}
		}
	})
	run(t, start, lacks)
}

func run(t *testing.T, start func(t *testing.T) (node, owner mgmtclient.Node), lacks map[mgmtclient.Capability]bool) {
	for _, part := range []struct {
		name  string
		tests []test
		about mgmtclient.Capability // run for nodes that have it
	}{
		{"names", names, ""},
		{"queues", queues, mgmtclient.CanAdmin},
		{"subqueues", subqueues, tellsAll},
		{"permissions", permissions, mgmtclient.CanGuard},
		{"sending", sending, mgmtclient.CanSend},
		{"pages", pages, ""},
		{"receiving", receiving, mgmtclient.CanReceive},
		{"removing", removing, mgmtclient.CanRemove},
		{"moving", moving, mgmtclient.CanMove},
		{"searching", searching, mgmtclient.CanSearch},
		{"totals", totals, tellsAll},
		{"settings", settings, mgmtclient.CanMachineAdmin},
		{"machine", machines, mgmtclient.CanMachineAct},
		{"records", records, mgmtclient.CanExport},
		{"outgoing", outgoing, mgmtclient.CanOutgoing},
		{"watching", watching, mgmtclient.CanWatch},
		{"ending", ending, ""},
	} {
		if lacks[part.about] {
			continue // RunRemote has asked why
		}
		t.Run(part.name, func(t *testing.T) {
			for _, c := range part.tests {
				t.Run(c.name, func(t *testing.T) { c.run(newSuite(t, start)) })
			}
		})
	}
}

// tellsAll is what only nodes have that need no owner beside them.
const tellsAll mgmtclient.Capability = "everything"

type test struct {
	name string
	run  func(s *suite)
}

// suite is a node under test with its capabilities and helpers that end the
// test where it stands.
type suite struct {
	*testing.T
	node     mgmtclient.Node
	owner    mgmtclient.Node // beside it; nil: node does everything itself
	admin    mgmtclient.QueueAdmin
	purger   mgmtclient.Purger
	sender   mgmtclient.Sender
	receiver mgmtclient.Receiver
	remover  mgmtclient.Remover
	mover    mgmtclient.Mover
	searcher mgmtclient.Searcher
	guard    mgmtclient.Guard
	machine  mgmtclient.MachineAdmin
	actions  mgmtclient.MachineActions
	watcher  mgmtclient.Watcher
	exporter mgmtclient.Exporter
	archiver mgmtclient.Archiver
	outgoing mgmtclient.OutgoingAdmin
	ctx      context.Context
}

func newSuite(t *testing.T, start func(t *testing.T) (node, owner mgmtclient.Node)) *suite {
	t.Helper()
	s := &suite{T: t}
	s.node, s.owner = start(t)
	s.admin = need[mgmtclient.QueueAdmin](s)
	s.purger = need[mgmtclient.Purger](s)
	s.sender = need[mgmtclient.Sender](s)
	s.receiver = need[mgmtclient.Receiver](s)
	s.remover = need[mgmtclient.Remover](s)
	s.mover = need[mgmtclient.Mover](s)
	s.searcher = need[mgmtclient.Searcher](s)
	s.guard = need[mgmtclient.Guard](s)
	s.machine = need[mgmtclient.MachineAdmin](s)
	s.actions = need[mgmtclient.MachineActions](s)
	s.watcher = need[mgmtclient.Watcher](s)
	s.exporter = need[mgmtclient.Exporter](s)
	s.archiver = need[mgmtclient.Archiver](s)
	s.outgoing = need[mgmtclient.OutgoingAdmin](s)
	// No call may hang: the limit is far beyond what any of them takes.
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	s.ctx = ctx
	return s
}

// need is a capability of the node, or of its owner.
func need[T any](s *suite) T {
	s.Helper()
	c, ok := mgmtclient.Can[T](s.node)
	if !ok && s.owner != nil {
		c, ok = mgmtclient.Can[T](s.owner)
	}
	if !ok {
		s.Fatalf("the node offers only %v", mgmtclient.Capabilities(s.node))
	}
	return c
}

// all reports whether the node tells everything by itself.
func (s *suite) all() bool { return s.owner == nil }

// whole asks for no error of what only nodes can do that tell everything; the others
// must say that they cannot.
func (s *suite) whole(err error) bool {
	s.Helper()
	if s.all() {
		s.ok(err)
		return true
	}
	s.fails(err, mq.ErrUnsupportedOperation)
	return false
}

func (s *suite) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// fails asks for an error with one of the codes, and with words for a person.
func (s *suite) fails(err error, codes ...mq.HResult) {
	s.Helper()
	if err == nil {
		s.Fatalf("no error, want %s", codes[0].Name())
	}
	for _, c := range codes {
		if mgmtclient.Code(err) != c {
			continue
		}
		var e *mq.Error
		if !errors.As(err, &e) || e.Op == "" {
			s.Errorf("%q does not say what was tried", err)
		}
		return
	}
	s.Fatalf("%v, want %s", err, codes[0].Name())
}

func yes() *bool {
	v := true
	return &v
}

func ptr[T any](v T) *T { return &v }

// plain and transactional make queues.
func (s *suite) plain(name string) {
	s.Helper()
	_, err := s.admin.CreateQueue(s.ctx, name, mgmtclient.QueueSettings{})
	s.ok(err)
}

func (s *suite) transactional(name string) {
	s.Helper()
	_, err := s.admin.CreateQueue(s.ctx, name, mgmtclient.QueueSettings{Transactional: yes()})
	s.ok(err)
}

func (s *suite) send(r mgmtclient.SendRequest) mgmtclient.SendResult {
	s.Helper()
	res, err := s.sender.Send(s.ctx, r)
	s.ok(err)
	return res
}

// labels sends one message for each label.
func (s *suite) labels(queue string, labels ...string) {
	s.Helper()
	for _, l := range labels {
		s.send(mgmtclient.SendRequest{Queue: queue, Label: l})
	}
}

func (s *suite) list(queue string) []mgmtclient.Message {
	s.Helper()
	p, err := s.node.Messages(s.ctx, queue, mgmtclient.Page{Limit: mgmtclient.MaxPage})
	if strings.Contains(queue, "FARAWAY") && !s.whole(err) {
		p, err = s.owner.Messages(s.ctx, queue, mgmtclient.Page{Limit: mgmtclient.MaxPage})
	}
	s.ok(err)
	return p.Messages
}

func (s *suite) queue(name string) mgmtclient.Queue {
	s.Helper()
	q, err := s.node.Queue(s.ctx, name)
	s.ok(err)
	return q
}

// holds asks for exactly these labels in this order.
func (s *suite) holds(queue string, labels ...string) []mgmtclient.Message {
	s.Helper()
	list := s.list(queue)
	got := make([]string, len(list))
	for i, m := range list {
		got[i] = m.Label
	}
	if len(got) != len(labels) {
		s.Fatalf("%s holds %q, want %q", queue, got, labels)
	}
	for i := range got {
		if got[i] != labels[i] {
			s.Fatalf("%s holds %q, want %q", queue, got, labels)
		}
	}
	if q := s.queue(queue); q.Messages != int64(len(list)) {
		s.Errorf("the counter of %s says %d, and there are %d messages", queue, q.Messages, len(list))
	}
	return list
}

func ids(list []mgmtclient.Message) []mgmtclient.LookupID {
	out := make([]mgmtclient.LookupID, len(list))
	for i, m := range list {
		out[i] = m.LookupID
	}
	return out
}

func (s *suite) allDone(list []mgmtclient.ItemResult, want int) {
	s.Helper()
	if len(list) != want {
		s.Fatalf("%d answers for %d messages", len(list), want)
	}
	for _, r := range list {
		if r.Error != "" || r.Code != mq.OK {
			s.Fatalf("message %s: %s", r.LookupID, r.Error)
		}
	}
}
