package conformance

import (
	"fmt"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

var moving = []test{
	{"to a subqueue and back keeps identifier and place", func(s *suite) {
		s.transactional("orders")
		for _, l := range []string{"a", "b", "c"} {
			s.send(mgmtclient.SendRequest{Queue: "orders", Transactional: true, Label: l, Body: []byte(l)})
		}
		before := s.list("orders")
		results, err := s.mover.Move(s.ctx, "orders", ids(before[1:2]), "orders;poison")
		s.ok(err)
		s.allDone(results, 1)
		if results[0].NewID != "" {
			s.Errorf("a new ID: %+v", results[0])
		}
		s.holds("orders", "a", "c")
		moved := s.holds("orders;poison", "b")[0]
		if moved.ID != before[1].ID || moved.LookupID != before[1].LookupID || moved.MoveCount != 1 || moved.LastMoveTime == nil || moved.BodySize != 1 {
			s.Errorf("moved %+v", moved)
		}
		if q := s.queue("orders"); fmt.Sprint(q.Subqueues) != "[poison]" {
			s.Errorf("subqueues %v", q.Subqueues)
		}
		results, err = s.mover.Move(s.ctx, "orders;poison", ids([]mgmtclient.Message{moved}), "orders")
		s.ok(err)
		s.allDone(results, 1)
		if back := s.holds("orders", "a", "b", "c")[1]; back.ID != moved.ID || back.MoveCount != 2 {
			s.Errorf("back %+v", back)
		}
	}},
	{"elsewhere is a receive and a send", func(s *suite) {
		s.plain("a")
		s.transactional("b")
		s.send(mgmtclient.SendRequest{Queue: "a", Label: "x", Body: []byte("body"), Extension: []byte("ext"), AppSpecific: 7, ResponseQueue: "a", Priority: ptr(6)})
		s.labels("a", "y")
		list := s.list("a")
		results, err := s.mover.Move(s.ctx, "a", ids(list[:1]), "b")
		s.ok(err)
		s.allDone(results, 1)
		got := s.holds("b", "x")[0]
		if got.ID == list[0].ID || got.ID != results[0].NewID || !got.Transactional || got.Priority != 0 || got.AppSpecific != 7 || got.BodySize != 4 ||
			string(got.Extension) != "ext" || got.ResponseQueue != list[0].ResponseQueue || got.MoveCount != 0 {
			s.Errorf("moved %+v, result %+v", got, results[0])
		}
		s.holds("a", "y")
	}},
	{"each message is answered for", func(s *suite) {
		s.plain("a")
		s.plain("b")
		s.labels("a", "x", "y")
		list := s.list("a")
		for _, to := range []string{"a;sub", "b"} {
			results, err := s.mover.Move(s.ctx, "a", []mgmtclient.LookupID{list[0].LookupID, 999}, to)
			s.ok(err)
			if len(results) != 2 || results[0].Code != mq.OK || results[1].Error == "" ||
				results[1].Code != mq.ErrMessageNotFound && results[1].Code != mq.ErrMessageAlreadyReceived {
				s.Fatalf("results %+v", results)
			}
			list = list[1:]
		}
		s.holds("a")
		s.holds("a;sub", "x")
		s.holds("b", "y")
	}},
	{"what the target refuses stays", func(s *suite) {
		s.plain("a")
		_, err := s.admin.CreateQueue(s.ctx, "small", mgmtclient.QueueSettings{Quota: &mgmtclient.Quota{KB: ptr(uint32(1))}})
		s.ok(err)
		s.send(mgmtclient.SendRequest{Queue: "a", Label: "big", Body: make([]byte, 5000)})
		results, err := s.mover.Move(s.ctx, "a", ids(s.list("a")), "small")
		s.ok(err)
		if len(results) != 1 || results[0].Code != mq.ErrInsufficientResources {
			s.Errorf("results %+v", results)
		}
		s.holds("a", "big")
		_, err = s.mover.Move(s.ctx, "a", ids(s.list("a")), "a")
		s.fails(err, mq.ErrInvalidParameter)
		_, err = s.mover.Move(s.ctx, "a", ids(s.list("a")), "nothere")
		if err == nil {
			s.Error("a missing target was not noticed")
		}
		s.fails(err, mq.ErrQueueNotFound)
		s.holds("a", "big")
	}},
	{"a copy is another message", func(s *suite) {
		s.plain("a")
		s.plain("b")
		s.send(mgmtclient.SendRequest{Queue: "a", Label: "x", Body: []byte("body"), CorrelationID: "0102030405060708090a0b0c0d0e0f1011121314"})
		list := s.list("a")
		for range 2 {
			results, err := s.mover.Copy(s.ctx, "a", ids(list), "b")
			s.ok(err)
			s.allDone(results, 1)
			if results[0].NewID == "" || results[0].NewID == list[0].ID {
				s.Errorf("result %+v", results[0])
			}
		}
		s.holds("a", "x")
		copies := s.holds("b", "x", "x")
		if copies[0].ID == copies[1].ID || copies[0].BodySize != 4 || copies[0].CorrelationID != list[0].CorrelationID {
			s.Errorf("copies %+v", copies)
		}
	}},
	{"a dead letter goes back to where it was going", func(s *suite) {
		s.transactional("orders")
		s.send(mgmtclient.SendRequest{Queue: "orders", Label: "x", Body: []byte("body"), Transactional: true, DeadLetter: true})
		old := s.list("orders")[0]
		_, err := s.purger.Purge(s.ctx, "orders")
		s.ok(err)
		dead := s.holds(mgmtclient.TransactionDeadLetter, "x")
		results, err := s.mover.Return(s.ctx, mgmtclient.TransactionDeadLetter, append(ids(dead), 999))
		s.ok(err)
		s.allDone(results[:1], 1)
		if results[1].Code != mq.ErrMessageNotFound && results[1].Code != mq.ErrMessageAlreadyReceived {
			s.Errorf("results %+v", results)
		}
		got := s.holds("orders", "x")[0]
		if got.ID == old.ID || got.ID != results[0].NewID || got.Class != "NORMAL" || got.BodySize != 4 || !got.Transactional || !got.DeadLetter {
			s.Errorf("returned %+v", got)
		}
		s.holds(mgmtclient.TransactionDeadLetter)
	}},
	{"a dead letter whose queue is gone stays dead", func(s *suite) {
		s.plain("orders")
		s.send(mgmtclient.SendRequest{Queue: "orders", Label: "x", DeadLetter: true})
		s.ok(s.admin.DeleteQueue(s.ctx, "orders"))
		s.awaitDeadLetter()
		results, err := s.mover.Return(s.ctx, mgmtclient.DeadLetterQueue, ids(s.list(mgmtclient.DeadLetterQueue)))
		s.ok(err)
		if len(results) != 1 || results[0].Code != mq.ErrQueueNotFound || results[0].Error == "" {
			s.Errorf("results %+v", results)
		}
		s.holds(mgmtclient.DeadLetterQueue, "x")
	}},
}
