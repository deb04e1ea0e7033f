package conformance

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

var sending = []test{
	{"every property arrives", func(s *suite) {
		s.plain("orders")
		s.plain("replies")
		machine, err := s.node.Machine(s.ctx)
		s.ok(err)
		body := []byte("<?xml version=\"1.0\"?><Order/>")
		res := s.send(mgmtclient.SendRequest{
			Queue: "orders", Label: "Ordre nº 1 – Ærø 🚢", Body: body, Extension: []byte{0, 1, 2, 0xFF}, Priority: ptr(5),
			TTRQ: ptr(uint32(3600)), TTBR: ptr(uint32(86400)), Journal: true, DeadLetter: true, AppSpecific: 4711,
			Acknowledge: []string{"not-received", "reached", "received"}, AdminQueue: "replies", ResponseQueue: `.\private$\replies`,
			CorrelationID: `{6f1c2d80-51aa-4c3e-9d12-7c0a2f1e88b4}\20961`, Trace: false,
		})
		if res.Outcome != mgmtclient.OutcomeArrived || res.Sent != 1 || res.FirstID == "" || res.FirstID != res.LastID || res.LookupID == 0 {
			s.Errorf("result %+v", res)
		}
		m, err := s.node.Message(s.ctx, "orders", res.LookupID, -1)
		s.ok(err)
		reply := `DIRECT=OS:` + machine.Name + `\private$\replies`
		if m.ID != res.FirstID || m.LookupID != res.LookupID || m.Label != "Ordre nº 1 – Ærø 🚢" || !bytes.Equal(m.Body, body) || m.BodySize != len(body) ||
			!bytes.Equal(m.Extension, []byte{0, 1, 2, 0xFF}) || m.Priority != 5 || m.TTRQ == nil || *m.TTRQ != 3600 || m.TTBR == nil || *m.TTBR != 86400 ||
			!m.Journal || !m.DeadLetter || m.AppSpecific != 4711 || fmt.Sprint(m.Acknowledge) != "[reached received not-received]" ||
			m.AdminQueue != reply || m.ResponseQueue != reply || m.CorrelationID != `{6f1c2d80-51aa-4c3e-9d12-7c0a2f1e88b4}\20961` ||
			m.Class != "NORMAL" || m.ClassCode != mq.ClassNormal || m.Delivery != "recoverable" || m.Transactional || m.BodyType != 0 ||
			m.SourceMachine != machine.Name && !machine.ID.IsZero() || m.SenderSID == "" || m.PrivacyLevel != "none" || m.AbortCount != 0 || m.MoveCount != 0 || m.LastMoveTime != nil ||
			m.Locked || m.Size <= int64(len(body)) || m.Format != ".NET XmlMessageFormatter" {
			s.Errorf("message %+v", m)
		}
		if q := s.queue(m.DestinationQueue); q.PathName != machine.Name+`\private$\orders` {
			s.Errorf("the destination %s is %s", m.DestinationQueue, q.PathName)
		}
		if m.SentTime.IsZero() || m.ArrivedTime.Before(m.SentTime) || m.Expires == nil || !m.Expires.Equal(m.SentTime.Add(24*time.Hour)) || m.SentTime.Nanosecond() != 0 {
			s.Errorf("times: sent %v, arrived %v, expires %v", m.SentTime, m.ArrivedTime, m.Expires)
		}
		if list := s.holds("replies", m.Label); list[0].Class != "ACK_REACH_QUEUE" || list[0].CorrelationID != m.ID {
			s.Errorf("acknowledgement %+v", list[0])
		}
		if list := s.holds(mgmtclient.MachineJournal, m.Label); list[0].ID != m.ID {
			s.Errorf("journal copy %+v", list[0])
		}
	}},
	{"defaults are those of the specification", func(s *suite) {
		s.plain("orders")
		m, err := s.node.Message(s.ctx, "orders", s.send(mgmtclient.SendRequest{Queue: "orders"}).LookupID, -1)
		s.ok(err)
		if m.Priority != 3 || m.Delivery != "recoverable" || m.TTRQ == nil || *m.TTRQ != 345600 || m.TTBR != nil || m.Expires != nil ||
			len(m.Acknowledge) != 0 || m.Acknowledge == nil || m.Label != "" || m.BodySize != 0 || len(m.Body) != 0 || m.CorrelationID != "" ||
			m.ResponseQueue != "" || m.AdminQueue != "" || m.TransactionID != "" {
			s.Errorf("message %+v", m)
		}
	}},
	{"express messages say so", func(s *suite) {
		s.plain("orders")
		s.send(mgmtclient.SendRequest{Queue: "orders", Express: true, Body: make([]byte, 100)})
		if m := s.list("orders")[0]; m.Delivery != "express" {
			s.Errorf("delivery %s", m.Delivery)
		}
		if m, err := s.node.Machine(s.ctx); s.all() && (err != nil || m.ExpressCount != 1 || m.ExpressBytes < 100) {
			s.Errorf("machine %+v, %v", m, err)
		}
	}},
	{"a transaction of many is one", func(s *suite) {
		s.transactional("orders")
		res := s.send(mgmtclient.SendRequest{Queue: "orders", Transactional: true, Count: 20, Label: "x", Priority: ptr(7)})
		if res.Sent != 20 || res.FirstID == res.LastID {
			s.Errorf("result %+v", res)
		}
		list := s.list("orders")
		if len(list) != 20 {
			s.Fatalf("%d messages", len(list))
		}
		for i, m := range list {
			if !m.Transactional || m.TransactionID == "" || m.TransactionID != list[0].TransactionID || m.Priority != 0 || m.Delivery != "recoverable" ||
				m.FirstInTransaction != (i == 0) || m.LastInTransaction != (i == 19) {
				s.Errorf("message %d of 20: %+v", i+1, m)
			}
		}
		if list[0].ID != res.FirstID || list[19].ID != res.LastID || list[19].LookupID != res.LookupID {
			s.Errorf("result %+v, messages from %s to %s", res, list[0].ID, list[19].ID)
		}
	}},
	{"many without a transaction", func(s *suite) {
		s.plain("orders")
		if res := s.send(mgmtclient.SendRequest{Queue: "orders", Count: 50, Label: "x"}); res.Sent != 50 {
			s.Errorf("result %+v", res)
		}
		seen := map[string]bool{}
		for _, m := range s.list("orders") {
			seen[m.ID] = true
		}
		if len(seen) != 50 {
			s.Errorf("%d identifiers", len(seen))
		}
	}},
	{"what cannot be sent is refused whole", func(s *suite) {
		s.plain("plain")
		s.transactional("tx")
		_, err := s.admin.CreateQueue(s.ctx, "signed", mgmtclient.QueueSettings{Authenticate: yes()})
		s.ok(err)
		_, err = s.admin.CreateQueue(s.ctx, "small", mgmtclient.QueueSettings{Quota: &mgmtclient.Quota{KB: ptr(uint32(2))}})
		s.ok(err)
		for name, c := range map[string]struct {
			r    mgmtclient.SendRequest
			code []mq.HResult
		}{
			"a label too long":               {mgmtclient.SendRequest{Queue: "plain", Label: strings.Repeat("ø", 250)}, []mq.HResult{mq.ErrLabelTooLong}},
			"a body too large":               {mgmtclient.SendRequest{Queue: "plain", Body: make([]byte, mq.MaxPacketSize)}, []mq.HResult{mq.ErrInsufficientResources}},
			"a body much too large":          {mgmtclient.SendRequest{Queue: "plain", Body: make([]byte, 9<<20)}, []mq.HResult{mq.ErrInsufficientResources}},
			"priority 8":                     {mgmtclient.SendRequest{Queue: "plain", Priority: ptr(8)}, []mq.HResult{mq.ErrIllegalPropertyValue}},
			"priority -1":                    {mgmtclient.SendRequest{Queue: "plain", Priority: ptr(-1)}, []mq.HResult{mq.ErrIllegalPropertyValue}},
			"express in a transaction":       {mgmtclient.SendRequest{Queue: "tx", Express: true, Transactional: true}, []mq.HResult{mq.ErrInvalidParameter}},
			"plain to a transactional queue": {mgmtclient.SendRequest{Queue: "tx"}, []mq.HResult{mq.ErrTransactionUsage}},
			"a transaction to a plain queue": {mgmtclient.SendRequest{Queue: "plain", Transactional: true}, []mq.HResult{mq.ErrTransactionUsage}},
			"an unknown acknowledgement":     {mgmtclient.SendRequest{Queue: "plain", Acknowledge: []string{"maybe"}, AdminQueue: "plain"}, []mq.HResult{mq.ErrIllegalPropertyValue}},
			"an acknowledgement to nobody":   {mgmtclient.SendRequest{Queue: "plain", Acknowledge: []string{"reached"}}, []mq.HResult{mq.ErrInsufficientProperties}},
			"a bad correlation":              {mgmtclient.SendRequest{Queue: "plain", CorrelationID: "x"}, []mq.HResult{mq.ErrIllegalPropertyValue}},
			"a bad response queue":           {mgmtclient.SendRequest{Queue: "plain", ResponseQueue: `a\b\c`}, []mq.HResult{mq.ErrIllegalQueuePathname}},
			"a queue for signed messages":    {mgmtclient.SendRequest{Queue: "signed"}, []mq.HResult{mq.ErrMessageNotAuthenticated}},
			"over the quota":                 {mgmtclient.SendRequest{Queue: "small", Body: make([]byte, 3000)}, []mq.HResult{mq.ErrInsufficientResources}},
			"to a journal":                   {mgmtclient.SendRequest{Queue: "plain;journal"}, []mq.HResult{mq.ErrAccessDenied, mq.ErrUnsupportedOperation, mq.ErrUnsupportedFormatNameOperation}},
			"to the dead letters":            {mgmtclient.SendRequest{Queue: mgmtclient.DeadLetterQueue}, []mq.HResult{mq.ErrAccessDenied, mq.ErrUnsupportedOperation, mq.ErrUnsupportedFormatNameOperation}},
			"a negative count":               {mgmtclient.SendRequest{Queue: "plain", Count: -1}, []mq.HResult{mq.ErrInvalidParameter}},
		} {
			res, err := s.sender.Send(s.ctx, c.r)
			if err == nil {
				s.Errorf("%s was sent", name)
				continue
			}
			s.fails(err, c.code...)
			if res.Sent != 0 {
				s.Errorf("%s: %d were sent", name, res.Sent)
			}
		}
		for _, q := range []string{"plain", "tx", "signed", "small", "plain;journal"} {
			s.holds(q)
		}
	}},
	{"the largest message goes both ways", func(s *suite) {
		s.plain("orders")
		body := bytes.Repeat([]byte("0123456789abcdef"), (mq.MaxPacketSize-4096)/16)
		res := s.send(mgmtclient.SendRequest{Queue: "orders", Body: body})
		m, err := s.node.Message(s.ctx, "orders", res.LookupID, -1)
		s.ok(err)
		if !bytes.Equal(m.Body, body) {
			s.Errorf("%d bytes of %d came back", len(m.Body), len(body))
		}
		r, err := s.receiver.Receive(s.ctx, "orders", mgmtclient.ReceiveOptions{})
		s.ok(err)
		if !bytes.Equal(r.Body, body) {
			s.Errorf("%d bytes of %d were received", len(r.Body), len(body))
		}
	}},
	{"one message to several queues", func(s *suite) {
		s.plain("a")
		s.plain("b")
		s.send(mgmtclient.SendRequest{Queue: `DIRECT=OS:.\private$\a,DIRECT=OS:.\private$\b`, Label: "both"})
		s.holds("a", "both")
		s.holds("b", "both")
	}},
}

var pages = []test{
	{"queue order is priority, then arrival", func(s *suite) {
		s.plain("orders")
		for i, p := range []int{3, 0, 7, 3, 7, 0} {
			s.send(mgmtclient.SendRequest{Queue: "orders", Priority: ptr(p), Label: fmt.Sprintf("%d-%d", p, i), Express: i%2 == 0})
		}
		list := s.holds("orders", "7-2", "7-4", "3-0", "3-3", "0-1", "0-5")
		for i := 1; i < len(list); i++ {
			if list[i].LookupID <= list[i-1].LookupID {
				s.Errorf("lookup identifiers %v do not ascend", ids(list))
			}
		}
	}},
	{"pages by key reach everything in both directions", func(s *suite) {
		s.transactional("orders")
		const total = 2500
		s.send(mgmtclient.SendRequest{Queue: "orders", Transactional: true, Count: total, Label: "x", Body: []byte("body")})
		var forward []mgmtclient.LookupID
		for p := (mgmtclient.Page{Limit: 700}); ; {
			page, err := s.node.Messages(s.ctx, "orders", p)
			s.ok(err)
			forward = append(forward, ids(page.Messages)...)
			if page.More != (len(forward) < total) {
				s.Fatalf("more is %v after %d", page.More, len(forward))
			}
			if !page.More {
				break
			}
			p.After = forward[len(forward)-1]
		}
		var back []mgmtclient.LookupID
		for p := (mgmtclient.Page{Limit: 700, Last: true}); ; {
			page, err := s.node.Messages(s.ctx, "orders", p)
			s.ok(err)
			back = append(ids(page.Messages), back...)
			if page.More != (len(back) < total) {
				s.Fatalf("more is %v after %d from the end", page.More, len(back))
			}
			if !page.More {
				break
			}
			p.Before = back[0]
		}
		if len(forward) != total || fmt.Sprint(forward) != fmt.Sprint(back) {
			s.Fatalf("%d forward, %d back", len(forward), len(back))
		}
		for _, c := range []struct {
			p        mgmtclient.Page
			from, to int
			more     bool
		}{
			{mgmtclient.Page{}, 0, 100, true},
			{mgmtclient.Page{Last: true, Limit: 3}, total - 3, total, true},
			{mgmtclient.Page{After: forward[9], Before: forward[15], Limit: 10}, 10, 15, false},
			{mgmtclient.Page{After: forward[9], Before: forward[15], Limit: 3}, 10, 13, true},
			{mgmtclient.Page{After: forward[9], Before: forward[15], Limit: 3, Last: true}, 12, 15, true},
			{mgmtclient.Page{After: forward[9], Before: forward[10]}, 10, 10, false},
			{mgmtclient.Page{After: forward[total-1]}, total, total, false},
			{mgmtclient.Page{Before: forward[0]}, 0, 0, false},
			{mgmtclient.Page{After: forward[5] + 1<<60}, total, total, false},
			{mgmtclient.Page{Limit: mgmtclient.MaxPage}, 0, 1000, true},
		} {
			page, err := s.node.Messages(s.ctx, "orders", c.p)
			s.ok(err)
			if fmt.Sprint(ids(page.Messages)) != fmt.Sprint(forward[c.from:c.to]) || page.More != c.more {
				s.Errorf("%+v: %d messages, more %v; want %d to %d, %v", c.p, len(page.Messages), page.More, c.from, c.to, c.more)
			}
		}
		_, err := s.node.Messages(s.ctx, "orders", mgmtclient.Page{Limit: mgmtclient.MaxPage + 1})
		s.fails(err, mq.ErrInvalidParameter)
		_, err = s.node.Messages(s.ctx, "orders", mgmtclient.Page{Limit: -1})
		s.fails(err, mq.ErrInvalidParameter)
	}},
	{"bodies come as far as asked", func(s *suite) {
		s.plain("orders")
		id := s.send(mgmtclient.SendRequest{Queue: "orders", Body: []byte("0123456789")}).LookupID
		for _, c := range []struct {
			limit int
			want  string
		}{{0, ""}, {4, "0123"}, {10, "0123456789"}, {99, "0123456789"}, {-1, "0123456789"}} {
			p, err := s.node.Messages(s.ctx, "orders", mgmtclient.Page{BodyLimit: c.limit})
			s.ok(err)
			m, err := s.node.Message(s.ctx, "orders", id, c.limit)
			s.ok(err)
			for _, m := range []mgmtclient.Message{p.Messages[0], m} {
				if string(m.Body) != c.want || m.BodySize != 10 || (m.Format == "Text") != (c.limit != 0) {
					s.Errorf("limit %d: %q of %d bytes, format %q", c.limit, m.Body, m.BodySize, m.Format)
				}
			}
		}
	}},
	{"a page of large bodies ends early and says so", func(s *suite) {
		s.plain("orders")
		for range 4 {
			s.send(mgmtclient.SendRequest{Queue: "orders", Body: make([]byte, 2<<20)})
		}
		for _, last := range []bool{false, true} {
			page, err := s.node.Messages(s.ctx, "orders", mgmtclient.Page{BodyLimit: -1, Last: last})
			s.ok(err)
			all := ids(s.list("orders"))
			want := all[:2]
			if last {
				want = all[2:]
			}
			if !page.More || fmt.Sprint(ids(page.Messages)) != fmt.Sprint(want) || len(page.Messages[0].Body) != 2<<20 {
				s.Errorf("last %v: %d messages, more %v", last, len(page.Messages), page.More)
			}
		}
	}},
	{"looking removes nothing", func(s *suite) {
		s.plain("orders")
		s.labels("orders", "a", "b")
		s.holds("orders", "a", "b")
		list := s.holds("orders", "a", "b")
		_, err := s.node.Message(s.ctx, "orders", list[1].LookupID+999, 0)
		s.fails(err, mq.ErrMessageNotFound)
		s.holds("orders", "a", "b")
	}},
}
