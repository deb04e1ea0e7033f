package conformance

import (
	"slices"
	"strings"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// far is a queue of a computer that nobody reaches.
const (
	far       = `FARAWAY\private$\orders`
	farFormat = `DIRECT=OS:FARAWAY\private$\orders`
)

func (s *suite) leaving() []mgmtclient.Queue {
	s.Helper()
	list, err := s.node.Queues(s.ctx, mgmtclient.QueueFilter{Outgoing: true})
	s.ok(err)
	return list
}

// kept sends one message for each label to another computer.
func (s *suite) kept(labels ...string) {
	s.Helper()
	for _, l := range labels {
		if res := s.send(mgmtclient.SendRequest{Queue: far, Label: l}); res.Outcome != mgmtclient.OutcomeKept {
			s.Fatalf("%q: %+v", l, res)
		}
	}
}

var outgoing = []test{
	{"a message for another computer is kept", func(s *suite) {
		if list := s.leaving(); len(list) != 0 {
			s.Fatalf("outgoing queues before anything was sent: %+v", list)
		}
		res := s.send(mgmtclient.SendRequest{Queue: far, Label: "a", Body: []byte("12345"), TTRQ: ptr(uint32(3600))})
		if res.Outcome != mgmtclient.OutcomeKept || res.Sent != 1 || res.FirstID == "" || res.FirstID != res.LastID {
			s.Errorf("answer %+v", res)
		}
		list := s.leaving()
		if len(list) != 1 {
			s.Fatalf("outgoing queues: %+v", list)
		}
		q := list[0]
		if q.PathName != far || q.FormatName != farFormat || q.Location != mq.LocationRemote || q.Type != mq.QueueTypePrivate ||
			mq.QueueState(q.State).Text() == "" || q.State == string(mq.StateLocal) || q.State == string(mq.StateConnected) ||
			q.Messages != 1 || q.Bytes < 5 || q.NextHops == nil || q.ConnectionHistory == nil {
			s.Errorf("queue %+v", q)
		}
		o := q.Outgoing
		if o == nil || o.Unsent != 1 || o.Unread != 0 || o.Why == "" || o.History == nil {
			s.Fatalf("state %+v", o)
		}
		m := s.holds(far, "a")[0]
		if !s.all() {
			o.Oldest, o.Expires, res.LookupID = &m.SentTime, m.Expires, m.LookupID
		}
		if o.Oldest == nil || o.Expires == nil {
			s.Fatalf("state %+v", o)
		}
		if m.ID != res.FirstID || m.LookupID != res.LookupID || m.Transfer != mgmtclient.TransferWaiting || m.DestinationQueue != farFormat ||
			m.Expires == nil || m.Expires.Sub(m.SentTime.Add(time.Hour)).Abs() > time.Second || !m.Expires.Equal(*o.Expires) || !m.SentTime.Equal(*o.Oldest) {
			s.Errorf("message %+v", m)
		}
		machine, err := s.node.Machine(s.ctx)
		s.ok(err)
		if machine.Outgoing != 1 || machine.Messages != 1 || machine.Queues != 0 {
			s.Errorf("machine %+v", machine)
		}
		if list := s.privateQueues(); len(list) != 0 {
			s.Errorf("private queues: %+v", list)
		}
	}},
	{"one queue for a destination, however it is written", func(s *suite) {
		s.kept("a")
		for _, name := range []string{farFormat, `faraway\PRIVATE$\Orders`, `direct=os:faraway\private$\orders`} {
			s.send(mgmtclient.SendRequest{Queue: name, Label: "b"})
			if q := s.queue(name); q.PathName != far {
				s.Errorf("%s is %s", name, q.PathName)
			}
		}
		s.send(mgmtclient.SendRequest{Queue: `DIRECT=TCP:192.0.2.7\private$\orders`, Label: "c"})
		s.send(mgmtclient.SendRequest{Queue: `PRIVATE=65a1f0c2-7bd4-4c55-9a4b-0f1d5a1e2b3c\0000000a`, Label: "d"})
		var names []string
		for _, q := range s.leaving() {
			names = append(names, q.FormatName)
			// Each is found under both of its names.
			if s.queue(q.PathName).FormatName != q.FormatName || s.queue(q.FormatName).FormatName != q.FormatName {
				s.Errorf("%s is not found as %s", q.FormatName, q.PathName)
			}
		}
		want := []string{farFormat, `DIRECT=TCP:192.0.2.7\private$\orders`, `PRIVATE=65a1f0c2-7bd4-4c55-9a4b-0f1d5a1e2b3c\0000000a`}
		slices.Sort(names)
		if !slices.EqualFunc(names, want, strings.EqualFold) {
			s.Errorf("outgoing queues %q", names)
		}
	}},
	{"what was delivered and not read is a part of it", func(s *suite) {
		s.kept("a")
		part := s.queue(far + mgmtclient.AwaitingSuffix)
		if part.Messages != 0 || !strings.HasSuffix(part.PathName, mgmtclient.AwaitingSuffix) || part.Location != mq.LocationRemote {
			s.Errorf("part %+v", part)
		}
		s.holds(far + mgmtclient.AwaitingSuffix)
		s.holds(farFormat + mgmtclient.AwaitingSuffix)
	}},
	{"transactional messages keep their order", func(s *suite) {
		s.send(mgmtclient.SendRequest{Queue: far, Label: "t", Transactional: true, Count: 3})
		s.send(mgmtclient.SendRequest{Queue: far, Label: "x", Express: true})
		if q := s.queue(far); q.Messages != 4 || q.Outgoing.Unsent != 4 {
			s.Errorf("queue %+v", q)
		}
		list := s.list(far)
		if !slices.ContainsFunc(list, func(m mgmtclient.Message) bool { return m.Label == "x" && m.Delivery == "express" && !m.Transactional }) {
			s.Errorf("messages %+v", list)
		}
		list = slices.DeleteFunc(list, func(m mgmtclient.Message) bool { return m.Label == "x" })
		if len(list) != 3 || !list[0].FirstInTransaction || list[1].FirstInTransaction || !list[2].LastInTransaction ||
			list[0].TransactionID == "" || list[0].TransactionID != list[2].TransactionID || list[0].Priority != 0 {
			s.Errorf("messages %+v", list)
		}
	}},
	{"one is deleted, all are purged", func(s *suite) {
		s.kept("a", "b", "c")
		all := s.holds(far, "a", "b", "c")
		res, err := s.remover.Delete(s.ctx, far, ids(all)[1:2])
		if !s.whole(err) {
			_, err = s.purger.Purge(s.ctx, far)
			s.whole(err)
			s.holds(far, "a", "b", "c")
			return
		}
		s.allDone(res, 1)
		s.holds(far, "a", "c")
		n, err := s.purger.Purge(s.ctx, far)
		s.ok(err)
		if n != 2 {
			s.Errorf("purged %d", n)
		}
		s.kept("d")
		s.holds(far, "d")
	}},
	{"pause holds it back, resume lets it go", func(s *suite) {
		s.kept("a")
		s.ok(s.outgoing.Pause(s.ctx, far))
		s.ok(s.outgoing.Pause(s.ctx, far)) // again is nothing new
		q := s.queue(far)
		if q.State != string(mq.StateOnHold) || q.Outgoing.Why == "" || q.Outgoing.NextTry != nil {
			s.Errorf("paused: %+v", q)
		}
		s.kept("b")
		s.holds(far, "a", "b")
		s.ok(s.outgoing.Resume(s.ctx, farFormat))
		s.ok(s.outgoing.Resume(s.ctx, farFormat))
		s.ok(s.outgoing.Resend(s.ctx, far))
		if q := s.queue(far); q.State == string(mq.StateOnHold) || q.Messages != 2 {
			s.Errorf("resumed: %+v", q)
		}
	}},
	{"only outgoing queues are steered", func(s *suite) {
		s.plain("orders")
		for _, do := range []func(string) error{
			func(q string) error { return s.outgoing.Pause(s.ctx, q) },
			func(q string) error { return s.outgoing.Resume(s.ctx, q) },
			func(q string) error { return s.outgoing.Resend(s.ctx, q) },
		} {
			s.fails(do("orders"), mq.ErrUnsupportedOperation)
			s.fails(do("nothere"), mq.ErrQueueNotFound)
			s.fails(do(far), mq.ErrQueueNotFound)
		}
		s.kept("a")
		_, err := s.admin.SetQueue(s.ctx, far, mgmtclient.QueueSettings{Label: ptr("mine")})
		s.fails(err, mq.ErrAccessDenied, mq.ErrUnsupportedOperation)
		s.fails(s.admin.DeleteQueue(s.ctx, far), mq.ErrAccessDenied, mq.ErrUnsupportedOperation)
		s.holds(far, "a")
	}},
	{"offline it is kept too", func(s *suite) {
		s.ok(s.actions.Disconnect(s.ctx))
		s.kept("a")
		if q := s.queue(far); q.State != string(mq.StateDisconnected) && q.State != string(mq.StateInactive) {
			s.Errorf("offline: %+v", q)
		}
		s.ok(s.actions.Connect(s.ctx))
		s.holds(far, "a")
	}},
	{"its time on the way ends in the dead-letter queues", func(s *suite) {
		s.plain("admin")
		r := mgmtclient.SendRequest{
			Queue: far, Label: "late", TTRQ: ptr(uint32(0)), DeadLetter: true,
			Acknowledge: []string{"not-reached"}, AdminQueue: "admin",
		}
		s.send(r)
		r.Transactional, r.AdminQueue, r.Acknowledge = true, "", nil
		s.send(r)
		m, err := s.receiver.Receive(s.ctx, mgmtclient.DeadLetterQueue, mgmtclient.ReceiveOptions{Timeout: time.Minute})
		s.ok(err)
		if m.Label != "late" || m.ClassCode != mq.ClassNackReachQueueTimeout || m.DestinationQueue != farFormat {
			s.Errorf("dead letter %+v", m)
		}
		m, err = s.receiver.Receive(s.ctx, mgmtclient.TransactionDeadLetter, mgmtclient.ReceiveOptions{Timeout: time.Minute})
		s.ok(err)
		if m.Label != "late" || m.ClassCode != mq.ClassNackReachQueueTimeout {
			s.Errorf("transactional dead letter %+v", m)
		}
		m, err = s.receiver.Receive(s.ctx, "admin", mgmtclient.ReceiveOptions{Timeout: time.Minute})
		s.ok(err)
		if m.ClassCode != mq.ClassNackReachQueueTimeout {
			s.Errorf("acknowledgement %+v", m)
		}
		if machine, err := s.node.Machine(s.ctx); err != nil || machine.Outgoing != 0 {
			s.Errorf("machine %+v, %v", machine, err)
		}
	}},
	{"several destinations, here and there", func(s *suite) {
		s.plain("orders")
		res := s.send(mgmtclient.SendRequest{Queue: `DIRECT=OS:.\private$\orders,` + farFormat, Label: "a"})
		if res.Outcome != mgmtclient.OutcomeKept {
			s.Errorf("answer %+v", res)
		}
		s.holds("orders", "a")
		s.holds(far, "a")
	}},
	{"messages are moved, copied and returned to it", func(s *suite) {
		s.plain("orders")
		s.labels("orders", "a", "b")
		all := s.list("orders")
		copied, err := s.mover.Copy(s.ctx, "orders", ids(all)[:1], far)
		s.ok(err)
		s.allDone(copied, 1)
		moved, err := s.mover.Move(s.ctx, "orders", ids(all)[1:], far)
		s.ok(err)
		s.allDone(moved, 1)
		s.holds("orders", "a")
		for i, m := range s.holds(far, "a", "b") {
			want := append(slices.Clone(copied), moved...)[i]
			if m.ID != want.NewID || m.ID == all[i].ID {
				s.Errorf("message %+v, answer %+v", m, want)
			}
		}
		purger := s.purger
		if !s.all() {
			purger, _ = mgmtclient.Can[mgmtclient.Purger](s.owner)
		}
		_, err = purger.Purge(s.ctx, far)
		s.ok(err)
		s.send(mgmtclient.SendRequest{Queue: far, Label: "dead", DeadLetter: true})
		_, err = purger.Purge(s.ctx, far)
		s.ok(err)
		m, err := s.receiver.Receive(s.ctx, mgmtclient.DeadLetterQueue, mgmtclient.ReceiveOptions{Timeout: time.Minute, Peek: true})
		s.ok(err)
		returned, err := s.mover.Return(s.ctx, mgmtclient.DeadLetterQueue, []mgmtclient.LookupID{m.LookupID})
		s.ok(err)
		s.allDone(returned, 1)
		if returned[0].NewID == "" || returned[0].NewID == m.ID {
			s.Errorf("answer %+v to %s", returned[0], m.ID)
		}
		s.holds(mgmtclient.DeadLetterQueue)
	}},
	{"names that nothing can be sent to are refused", func(s *suite) {
		for _, name := range []string{
			`DIRECT=HTTP://faraway/msmq/private$/orders`, `PUBLIC=65a1f0c2-7bd4-4c55-9a4b-0f1d5a1e2b3c`,
			far + ";journal", far + ";sub", `FARAWAY\system$;deadletter`,
		} {
			_, err := s.sender.Send(s.ctx, mgmtclient.SendRequest{Queue: name})
			if err == nil {
				s.Errorf("%s was sent to", name)
			}
		}
		if list := s.leaving(); len(list) != 0 {
			s.Errorf("outgoing queues %+v", list)
		}
	}},
}
