package conformance

import (
	"math"
	"strings"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// RunPublic runs what a directory adds. start gives a node with every capability on a
// new queue manager that has joined a forest and has no queues.
func RunPublic(t *testing.T, start func(t *testing.T) mgmtclient.Node) {
	RunPublicRemote(t, func(t *testing.T) (node, owner mgmtclient.Node) { return start(t), nil })
}

// RunPublicRemote runs it on a node that does not tell everything, as RunRemote does.
func RunPublicRemote(t *testing.T, start func(t *testing.T) (node, owner mgmtclient.Node)) {
	for _, c := range public {
		t.Run(c.name, func(t *testing.T) { c.run(newSuite(t, start)) })
	}
}

// publicQueue makes one of the machine.
func (s *suite) publicQueue(name string, set mgmtclient.QueueSettings) mgmtclient.Queue {
	s.Helper()
	q, err := s.admin.CreateQueue(s.ctx, name, set)
	s.ok(err)
	return q
}

var public = []test{
	{"a member tells of its forest", func(s *suite) {
		m, err := s.node.Machine(s.ctx)
		s.ok(err)
		if d := m.Directory; d == nil || d.Mode != mgmtclient.ModeIntegrated || s.all() && (d.Forest == "" || d.Since.IsZero()) ||
			d.Controller == "" || d.Why != "" || d.Sites == nil {
			s.Errorf("directory %+v", d)
		}
	}},
	{"every spelling of a name finds a public queue", func(s *suite) {
		made := s.publicQueue(`.\Orders`, mgmtclient.QueueSettings{})
		m, err := s.node.Machine(s.ctx)
		s.ok(err)
		public := mq.Public(made.ID).String()
		for _, name := range []string{`.\Orders`, m.Name + `\ORDERS`, public, strings.ToLower(public), "DIRECT=OS:" + m.Name + `\orders`, `DIRECT=TCP:127.0.0.1\orders`} {
			q, err := s.node.Queue(s.ctx, name)
			if err != nil || q.PathName != m.Name+`\Orders` || q.FormatName != public || q.ID != made.ID || q.Type != mq.QueueTypePublic || q.Location != mq.LocationLocal {
				s.Errorf("%s is %+v, %v", name, q, err)
			}
		}
		if q := s.queue(`.\orders;journal`); q.PathName != m.Name+`\Orders;journal` || q.FormatName != public+";JOURNAL" {
			s.Errorf("the journal is %s, %s", q.PathName, q.FormatName)
		}
		for _, name := range []string{"orders", `.\nothere`, mq.Public(mq.NewGUID()).String()} {
			_, err := s.node.Queue(s.ctx, name)
			s.fails(err, mq.ErrQueueNotFound)
		}
	}},
	{"public queues are listed apart", func(s *suite) {
		s.publicQueue(`.\orders`, mgmtclient.QueueSettings{Label: ptr("public")})
		s.plain("orders")
		_, err := s.admin.CreateQueue(s.ctx, `.\ORDERS`, mgmtclient.QueueSettings{})
		s.fails(err, mq.ErrQueueExists)
		for _, r := range []struct {
			filter mgmtclient.QueueFilter
			kinds  string
		}{
			{mgmtclient.QueueFilter{}, "PRIVATE"},
			{mgmtclient.QueueFilter{Public: true}, "PUBLIC"},
			{mgmtclient.QueueFilter{Public: true, Contains: "UBLI"}, "PUBLIC"},
			{mgmtclient.QueueFilter{Public: true, Private: true, Contains: "xx"}, ""},
			{mgmtclient.QueueFilter{Public: true, WithMessages: true}, ""},
		} {
			if r.filter.Public && !s.all() {
				continue // no protocol of Message Queuing lists those that nothing uses
			}
			list, err := s.node.Queues(s.ctx, r.filter)
			s.ok(err)
			var kinds []string
			for _, q := range list {
				kinds = append(kinds, q.Type)
			}
			if got := strings.Join(kinds, " "); got != r.kinds {
				s.Errorf("%+v lists %q", r.filter, got)
			}
		}
	}},
	{"a public queue has a base priority", func(s *suite) {
		s.plain("private")
		_, err := s.admin.SetQueue(s.ctx, "private", mgmtclient.QueueSettings{BasePriority: ptr(int16(1))})
		s.fails(err, mq.ErrIllegalPropertyValue)
		s.publicQueue(`.\orders`, mgmtclient.QueueSettings{BasePriority: ptr(int16(math.MaxInt16)), Label: ptr("one")})
		if q := s.queue(`.\orders`); q.BasePriority != math.MaxInt16 || q.Label != "one" {
			s.Errorf("%+v", q)
		}
		q, err := s.admin.SetQueue(s.ctx, `.\orders`, mgmtclient.QueueSettings{BasePriority: ptr(int16(math.MinInt16)), Journal: yes()})
		s.ok(err)
		if got := s.queue(`.\orders`); q.BasePriority != math.MinInt16 || got.BasePriority != math.MinInt16 || !got.Journal || got.Label != "one" {
			s.Errorf("%+v", got)
		}
		for _, set := range []mgmtclient.QueueSettings{{Transactional: yes()}, {AllowSend: []string{"anonymous"}}} {
			_, err := s.admin.SetQueue(s.ctx, `.\orders`, set)
			s.fails(err, mq.ErrProperty)
		}
	}},
	{"messages come and go by any name", func(s *suite) {
		made := s.publicQueue(`.\orders`, mgmtclient.QueueSettings{Journal: yes()})
		public := mq.Public(made.ID).String()
		s.labels(`.\orders`, "a")
		s.labels(public, "b")
		for _, m := range s.holds(public, "a", "b") {
			if s.all() && m.DestinationQueue != made.PathName { // others send it from another computer
				s.Errorf("%s is for %s", m.Label, m.DestinationQueue)
			}
		}
		r, err := s.receiver.Receive(s.ctx, public, mgmtclient.ReceiveOptions{})
		s.ok(err)
		if r.Label != "a" {
			s.Errorf("received %q", r.Label)
		}
		s.holds(`.\orders;journal`, "a")
		moved, err := s.mover.Move(s.ctx, `.\orders`, ids(s.list(public)), `.\orders;later`)
		s.ok(err)
		s.allDone(moved, 1)
		s.holds(`.\orders;later`, "b")
		n, err := s.purger.Purge(s.ctx, `.\orders;later`)
		s.ok(err)
		if n != 1 {
			s.Errorf("purged %d", n)
		}
	}},
	{"a deleted public queue is gone by all its names", func(s *suite) {
		made := s.publicQueue(`.\orders`, mgmtclient.QueueSettings{})
		s.plain("orders")
		s.ok(s.admin.DeleteQueue(s.ctx, mq.Public(made.ID).String()))
		for _, name := range []string{`.\orders`, mq.Public(made.ID).String()} {
			_, err := s.node.Queue(s.ctx, name)
			s.fails(err, mq.ErrQueueNotFound)
			s.fails(s.admin.DeleteQueue(s.ctx, name), mq.ErrQueueNotFound)
		}
		s.queue("orders")
	}},
	{"the permissions of a public queue are kept", func(s *suite) {
		s.publicQueue(`.\orders`, mgmtclient.QueueSettings{})
		old, err := s.guard.ACL(s.ctx, `.\orders`)
		s.ok(err)
		s.ok(s.guard.SetACL(s.ctx, `.\orders`, old+"(A;;0x24;;;WD)"))
		got, err := s.guard.ACL(s.ctx, `.\orders`)
		s.ok(err)
		if got == old || !strings.HasPrefix(got, old) {
			s.Errorf("it was %s, it is %s", old, got)
		}
	}},
}
