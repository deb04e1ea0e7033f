package conformance

import (
	"context"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

var receiving = []test{
	{"the first goes first, with its body", func(s *suite) {
		s.plain("orders")
		s.send(mgmtclient.SendRequest{Queue: "orders", Label: "a", Body: []byte("body of a")})
		s.labels("orders", "b")
		peeked, err := s.receiver.Receive(s.ctx, "orders", mgmtclient.ReceiveOptions{Peek: true})
		s.ok(err)
		s.holds("orders", "a", "b")
		m, err := s.receiver.Receive(s.ctx, "orders", mgmtclient.ReceiveOptions{})
		s.ok(err)
		if m.Label != "a" || string(m.Body) != "body of a" || m.ID != peeked.ID || string(peeked.Body) != "body of a" {
			s.Errorf("received %+v after %+v was seen", m, peeked)
		}
		s.holds("orders", "b")
	}},
	{"by lookup identifier, once", func(s *suite) {
		s.plain("orders")
		s.labels("orders", "a", "b", "c")
		list := s.list("orders")
		m, err := s.receiver.Receive(s.ctx, "orders", mgmtclient.ReceiveOptions{LookupID: list[1].LookupID})
		s.ok(err)
		if m.ID != list[1].ID {
			s.Errorf("received %s", m.Label)
		}
		_, err = s.receiver.Receive(s.ctx, "orders", mgmtclient.ReceiveOptions{LookupID: list[1].LookupID, Timeout: time.Hour})
		s.fails(err, mq.ErrMessageNotFound, mq.ErrMessageAlreadyReceived)
		s.holds("orders", "a", "c")
	}},
	{"an empty queue answers at once", func(s *suite) {
		s.plain("orders")
		for _, peek := range []bool{false, true} {
			_, err := s.receiver.Receive(s.ctx, "orders", mgmtclient.ReceiveOptions{Peek: peek})
			s.fails(err, mq.ErrIOTimeout)
		}
	}},
	{"a wait ends with the message", func(s *suite) {
		s.plain("orders")
		type answer struct {
			m   mgmtclient.Message
			err error
		}
		done := make(chan answer, 1)
		go func() {
			m, err := s.receiver.Receive(s.ctx, "orders", mgmtclient.ReceiveOptions{Timeout: time.Hour})
			done <- answer{m, err}
		}()
		s.labels("orders", "late") // before or while it waits: both must do
		a := <-done
		s.ok(a.err)
		if a.m.Label != "late" {
			s.Errorf("received %q", a.m.Label)
		}
		s.holds("orders")
	}},
	{"a wait ends when it is cancelled, and takes nothing", func(s *suite) {
		s.plain("orders")
		ctx, cancel := context.WithCancel(s.ctx)
		done := make(chan error, 1)
		go func() {
			_, err := s.receiver.Receive(ctx, "orders", mgmtclient.ReceiveOptions{Timeout: time.Hour})
			done <- err
		}()
		cancel()
		s.fails(<-done, mq.ErrOperationCancelled)
		s.labels("orders", "a")
		s.holds("orders", "a")
	}},
	{"each message goes to one receiver", func(s *suite) {
		s.plain("orders")
		s.send(mgmtclient.SendRequest{Queue: "orders", Count: 60, Label: "x"})
		got := make(chan string, 100)
		failed := make(chan error, 4)
		for range 4 {
			go func() {
				for {
					m, err := s.receiver.Receive(s.ctx, "orders", mgmtclient.ReceiveOptions{})
					if err != nil {
						failed <- err
						return
					}
					got <- m.ID
				}
			}()
		}
		for range 4 {
			s.fails(<-failed, mq.ErrIOTimeout)
		}
		seen := map[string]bool{}
		for len(got) > 0 {
			seen[<-got] = true
		}
		if len(seen) != 60 {
			s.Errorf("%d messages of 60", len(seen))
		}
		s.holds("orders")
	}},
	{"the journal keeps a copy, the sender is told", func(s *suite) {
		_, err := s.admin.CreateQueue(s.ctx, "orders", mgmtclient.QueueSettings{Journal: yes()})
		s.ok(err)
		s.plain("admin")
		s.send(mgmtclient.SendRequest{Queue: "orders", Label: "a", Body: []byte("x"), Acknowledge: []string{"received"}, AdminQueue: "admin"})
		s.holds("admin")
		m, err := s.receiver.Receive(s.ctx, "orders", mgmtclient.ReceiveOptions{})
		s.ok(err)
		if list := s.holds("orders;journal", "a"); list[0].ID != m.ID || list[0].BodySize != 1 {
			s.Errorf("journal %+v", list[0])
		}
		if q := s.queue("orders"); q.JournalMessages != 1 || q.JournalBytes == 0 {
			s.Errorf("queue %+v", q)
		}
		if list := s.holds("admin", "a"); list[0].Class != "ACK_RECEIVE" || list[0].CorrelationID != m.ID {
			s.Errorf("acknowledgement %+v", list[0])
		}
		// A journal is a queue to read from like any other.
		if _, err := s.receiver.Receive(s.ctx, "orders;journal", mgmtclient.ReceiveOptions{}); err != nil {
			s.Error(err)
		}
		s.holds("orders;journal")
	}},
	{"what has expired is not received", func(s *suite) {
		s.plain("orders")
		s.send(mgmtclient.SendRequest{Queue: "orders", Label: "old", TTBR: ptr(uint32(0)), DeadLetter: true})
		_, err := s.receiver.Receive(s.ctx, "orders", mgmtclient.ReceiveOptions{})
		s.fails(err, mq.ErrIOTimeout)
		list := s.awaitDeadLetter()
		if list.Class != "NACK_RECEIVE_TIMEOUT" || list.Label != "old" {
			s.Errorf("dead letter %+v", list)
		}
	}},
}

// awaitDeadLetter waits for the first dead letter.
func (s *suite) awaitDeadLetter() mgmtclient.Message {
	s.Helper()
	m, err := s.receiver.Receive(s.ctx, mgmtclient.DeadLetterQueue, mgmtclient.ReceiveOptions{Peek: true, Timeout: time.Hour})
	s.ok(err)
	return m
}

var removing = []test{
	{"a purge takes what is there and says how much", func(s *suite) {
		s.plain("orders")
		s.send(mgmtclient.SendRequest{Queue: "orders", Count: 30})
		s.send(mgmtclient.SendRequest{Queue: "orders", Count: 3, Express: true})
		n, err := s.purger.Purge(s.ctx, "orders")
		s.ok(err)
		if n != 33 {
			s.Errorf("%d messages", n)
		}
		s.holds("orders")
		if n, err := s.purger.Purge(s.ctx, "orders"); n != 0 || err != nil {
			s.Errorf("an empty queue: %d, %v", n, err)
		}
	}},
	{"purged messages become dead letters if their senders wished", func(s *suite) {
		s.transactional("tx")
		s.plain("plain")
		s.send(mgmtclient.SendRequest{Queue: "tx", Label: "t", Transactional: true, DeadLetter: true})
		s.send(mgmtclient.SendRequest{Queue: "plain", Label: "p", DeadLetter: true})
		s.labels("plain", "dropped")
		for _, q := range []string{"tx", "plain"} {
			_, err := s.purger.Purge(s.ctx, q)
			s.ok(err)
		}
		m, err := s.node.Machine(s.ctx)
		s.ok(err)
		if m.DeadLetters != 1 || m.TransactDead != 1 {
			s.Errorf("machine %+v", m)
		}
		for queue, label := range map[string]string{mgmtclient.DeadLetterQueue: "p", mgmtclient.TransactionDeadLetter: "t"} {
			if list := s.holds(queue, label); list[0].Class != "NACK_Q_PURGED" || list[0].ClassCode != mq.ClassNackQueuePurged || list[0].Expires != nil {
				s.Errorf("dead letter %+v", list[0])
			}
			n, err := s.purger.Purge(s.ctx, queue)
			s.ok(err)
			if n != 1 {
				s.Errorf("%d purged from %s", n, queue)
			}
			s.holds(queue)
		}
	}},
	{"so do those of a deleted queue", func(s *suite) {
		s.plain("orders")
		s.send(mgmtclient.SendRequest{Queue: "orders", Label: "p", DeadLetter: true})
		s.ok(s.admin.DeleteQueue(s.ctx, "orders"))
		if m := s.awaitDeadLetter(); m.Class != "NACK_Q_DELETED" {
			s.Errorf("dead letter %+v", m)
		}
	}},
	{"a bulk delete answers for each", func(s *suite) {
		s.plain("orders")
		s.labels("orders", "a", "b", "c", "d")
		list := s.list("orders")
		_, err := s.receiver.Receive(s.ctx, "orders", mgmtclient.ReceiveOptions{LookupID: list[1].LookupID})
		s.ok(err)
		results, err := s.remover.Delete(s.ctx, "orders", append(ids(list[:3]), 12345))
		s.ok(err)
		if len(results) != 4 {
			s.Fatalf("results %+v", results)
		}
		for i, r := range results {
			missing := i == 1 || i == 3
			if missing != (r.Error != "") || missing != (r.Code == mq.ErrMessageNotFound || r.Code == mq.ErrMessageAlreadyReceived) || !missing && r.Code != mq.OK {
				s.Errorf("result %d: %+v", i, r)
			}
		}
		if results[0].LookupID != list[0].LookupID || results[3].LookupID != 12345 {
			s.Errorf("results %+v", results)
		}
		s.holds("orders", "d")
		none, err := s.remover.Delete(s.ctx, "orders", nil)
		s.ok(err)
		if len(none) != 0 {
			s.Errorf("results %+v for no messages", none)
		}
	}},
	{"a message deleted twice in one call", func(s *suite) {
		s.plain("orders")
		s.labels("orders", "a")
		id := s.list("orders")[0].LookupID
		results, err := s.remover.Delete(s.ctx, "orders", []mgmtclient.LookupID{id, id})
		s.ok(err)
		good := 0
		for _, r := range results {
			if r.Code == mq.OK {
				good++
			}
		}
		if good != 1 {
			s.Errorf("results %+v", results)
		}
	}},
}
