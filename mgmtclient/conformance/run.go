package conformance

import (
	"context"
	"errors"
	"testing"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// Run runs the suite. start gives a node with every capability on a new queue
// manager without queues, and cleans up after itself.
func Run(t *testing.T, start func(t *testing.T) mgmtclient.Node) {
	for _, part := range []struct {
		name  string
		tests []test
	}{
		{"names", names},
		{"queues", queues},
		{"sending", sending},
		{"pages", pages},
		{"receiving", receiving},
		{"removing", removing},
		{"moving", moving},
		{"searching", searching},
		{"machine", machines},
		{"records", records},
		{"outgoing", outgoing},
		{"watching", watching},
		{"ending", ending},
	} {
		t.Run(part.name, func(t *testing.T) {
			for _, c := range part.tests {
				t.Run(c.name, func(t *testing.T) { c.run(newSuite(t, start(t))) })
			}
		})
	}
}

type test struct {
	name string
	run  func(s *suite)
}

// suite is a node under test with its capabilities and helpers that end the
// test where it stands.
type suite struct {
	*testing.T
	node     mgmtclient.Node
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

func newSuite(t *testing.T, n mgmtclient.Node) *suite {
	t.Helper()
	s := &suite{T: t, node: n}
	s.admin = need[mgmtclient.QueueAdmin](t, n)
	s.purger = need[mgmtclient.Purger](t, n)
	s.sender = need[mgmtclient.Sender](t, n)
	s.receiver = need[mgmtclient.Receiver](t, n)
	s.remover = need[mgmtclient.Remover](t, n)
	s.mover = need[mgmtclient.Mover](t, n)
	s.searcher = need[mgmtclient.Searcher](t, n)
	s.guard = need[mgmtclient.Guard](t, n)
	s.machine = need[mgmtclient.MachineAdmin](t, n)
	s.actions = need[mgmtclient.MachineActions](t, n)
	s.watcher = need[mgmtclient.Watcher](t, n)
	s.exporter = need[mgmtclient.Exporter](t, n)
	s.archiver = need[mgmtclient.Archiver](t, n)
	s.outgoing = need[mgmtclient.OutgoingAdmin](t, n)
	// No call may hang: the limit is far beyond what any of them takes.
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	s.ctx = ctx
	return s
}

func need[T any](t *testing.T, n mgmtclient.Node) T {
	t.Helper()
	c, ok := mgmtclient.Can[T](n)
	if !ok {
		t.Fatalf("the node offers only %v", mgmtclient.Capabilities(n))
	}
	return c
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
