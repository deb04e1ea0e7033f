package conformance

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf16"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

var searching = []test{
	{"in labels, identifiers and bodies of both encodings", func(s *suite) {
		s.plain("orders")
		wide := func(text string) []byte {
			var b []byte
			for _, u := range utf16.Encode([]rune(text)) {
				b = append(b, byte(u), byte(u>>8))
			}
			return b
		}
		s.send(mgmtclient.SendRequest{Queue: "orders", Label: "Needle in the label"})
		s.send(mgmtclient.SendRequest{Queue: "orders", Label: "utf-8", Body: []byte("a NEEDLE, æøå")})
		s.send(mgmtclient.SendRequest{Queue: "orders", Label: "utf-16", Body: wide("a neEdle, æøå"), BodyType: 8})
		s.send(mgmtclient.SendRequest{Queue: "orders", Label: "deep", Body: append(make([]byte, 300_000), "needle"...)})
		s.send(mgmtclient.SendRequest{Queue: "orders", Label: "none", Body: []byte("hay")})
		if got := s.search("orders", mgmtclient.Search{Text: "needle"}); fmt.Sprint(got) != "[Needle in the label utf-8 utf-16 deep]" {
			s.Errorf("found %q", got)
		}
		if got := s.search("orders", mgmtclient.Search{Text: "ÆØÅ"}); fmt.Sprint(got) != "[utf-8 utf-16]" {
			s.Errorf("found %q", got)
		}
		m := s.list("orders")[4]
		if got := s.search("orders", mgmtclient.Search{Text: strings.ToUpper(m.ID)}); fmt.Sprint(got) != "[none]" {
			s.Errorf("found %q by its identifier %s", got, m.ID)
		}
		if got := s.search("orders", mgmtclient.Search{Text: "nowhere"}); len(got) != 0 {
			s.Errorf("found %q", got)
		}
	}},
	{"within limits", func(s *suite) {
		s.plain("orders")
		s.send(mgmtclient.SendRequest{Queue: "orders", Count: 700, Label: "x"})
		list := s.list("orders")
		count := func(q mgmtclient.Search) int { return len(s.search("orders", q)) }
		sent := list[0].SentTime
		for want, q := range map[int]mgmtclient.Search{
			700: {},
			5:   {Limit: 5},
			200: {After: list[499].LookupID},
			0:   {Class: "BAD_DST_Q"},
			699: {Class: "NORMAL", Since: sent, After: list[0].LookupID},
		} {
			if got := count(q); got != want {
				s.Errorf("%+v finds %d, want %d", q, got, want)
			}
		}
		if got := count(mgmtclient.Search{Until: sent}); got != 0 {
			s.Errorf("%d were sent before the first", got)
		}
		if got := count(mgmtclient.Search{Since: list[699].SentTime.Add(time.Second)}); got != 0 {
			s.Errorf("%d were sent after the last", got)
		}
		s.fails(s.searcher.Search(s.ctx, "orders", mgmtclient.Search{Class: "NONSENSE"}, func(mgmtclient.Message) bool { return true }), mq.ErrInvalidParameter)
	}},
	{"until it is told to stop", func(s *suite) {
		s.plain("orders")
		s.send(mgmtclient.SendRequest{Queue: "orders", Count: 500, Label: "x"})
		n := 0
		s.ok(s.searcher.Search(s.ctx, "orders", mgmtclient.Search{Text: "x"}, func(mgmtclient.Message) bool {
			n++
			return n < 7
		}))
		if n != 7 {
			s.Errorf("%d were reported", n)
		}
		ctx, cancel := context.WithCancel(s.ctx)
		defer cancel()
		err := s.searcher.Search(ctx, "orders", mgmtclient.Search{}, func(mgmtclient.Message) bool {
			cancel()
			return true
		})
		s.fails(err, mq.ErrOperationCancelled)
	}},
}

func (s *suite) search(queue string, q mgmtclient.Search) []string {
	s.Helper()
	var labels []string
	s.ok(s.searcher.Search(s.ctx, queue, q, func(m mgmtclient.Message) bool {
		labels = append(labels, m.Label)
		if len(m.Body) != 0 {
			s.Errorf("a search brought the body of %s", m.Label)
		}
		return true
	}))
	return labels
}

var totals = []test{
	{"totals follow", func(s *suite) {
		a, err := s.node.Machine(s.ctx)
		s.ok(err)
		if a.ID.IsZero() || a.Name == "" || a.Started.IsZero() || a.Queues != 0 || a.Messages != 0 || a.State != "CONNECTED" || a.Profile != "strict" {
			s.Errorf("machine %+v", a)
		}
		s.plain("orders")
		s.send(mgmtclient.SendRequest{Queue: "orders", Body: make([]byte, 1000), Count: 3})
		_, err = s.receiver.Receive(s.ctx, "orders", mgmtclient.ReceiveOptions{})
		s.ok(err)
		b, err := s.node.Machine(s.ctx)
		s.ok(err)
		if b.ID != a.ID || b.Queues != 1 || b.Messages != 2 || b.Bytes < 2000 || b.Received-a.Received != 3 || b.Removed-a.Removed != 1 {
			s.Errorf("machine %+v, before %+v", b, a)
		}
		if q := s.queue("orders"); q.Bytes != b.Bytes {
			s.Errorf("the queue has %d bytes, the machine %d", q.Bytes, b.Bytes)
		}
	}},
}

var settings = []test{
	{"settings are kept", func(s *suite) {
		m, err := s.machine.SetMachine(s.ctx, mgmtclient.MachineSettings{
			Quota: &mgmtclient.Quota{KB: ptr(uint32(50_000))}, JournalQuota: &mgmtclient.Quota{KB: ptr(uint32(9))}, Profile: ptr("compat"),
		})
		s.ok(err)
		if m.QuotaKB == nil || *m.QuotaKB != 50_000 || m.JournalQuotaKB == nil || *m.JournalQuotaKB != 9 || m.Profile != "compat" {
			s.Errorf("machine %+v", m)
		}
		m, err = s.machine.SetMachine(s.ctx, mgmtclient.MachineSettings{Quota: &mgmtclient.Quota{}})
		s.ok(err)
		if m.QuotaKB != nil || m.JournalQuotaKB == nil {
			s.Errorf("machine %+v", m)
		}
		_, err = s.machine.SetMachine(s.ctx, mgmtclient.MachineSettings{Profile: ptr("loose")})
		s.fails(err, mq.ErrIllegalPropertyValue)
	}},
	{"how messages travel is a setting", func(s *suite) {
		m, err := s.node.Machine(s.ctx)
		s.ok(err)
		if m.Network == nil || m.Network.Resend != [4]uint32{30, 300, 1800, 21600} || m.Network.Hardened || m.Network.Alias || m.Network.InsecureNack {
			s.Fatalf("network %+v", m.Network)
		}
		want := [4]uint32{1, 2, 3, 4}
		m, err = s.machine.SetMachine(s.ctx, mgmtclient.MachineSettings{
			Alias: yes(), InsecureNack: yes(), Ping: yes(), PingAnswer: ptr(false), Resend: &want, Hardened: yes(),
		})
		s.ok(err)
		n := m.Network
		if n == nil || !n.Alias || !n.InsecureNack || !n.Ping || n.PingAnswer || n.Resend != want || !n.Hardened {
			s.Errorf("network %+v", n)
		}
		s.kept("a")
		if q := s.queue(far); q.State != string(mq.StateLocked) || q.Outgoing.Why == "" {
			s.Errorf("hardened: %+v", q)
		}
		_, err = s.machine.SetMachine(s.ctx, mgmtclient.MachineSettings{Resend: &[4]uint32{0, 1, 1, 1}})
		s.fails(err, mq.ErrIllegalPropertyValue)
	}},
}

var machines = []test{
	{"it goes offline and online", func(s *suite) {
		state := func() string {
			m, err := s.node.Machine(s.ctx)
			s.ok(err)
			return m.State
		}
		s.ok(s.actions.Disconnect(s.ctx))
		if got := state(); got != "DISCONNECTED" {
			s.Errorf("state %s", got)
		}
		s.plain("orders")
		s.labels("orders", "local mail goes on")
		s.ok(s.actions.Connect(s.ctx))
		if got := state(); got != "CONNECTED" {
			s.Errorf("state %s", got)
		}
	}},
	{"tidying removes nothing, a check finds nothing", func(s *suite) {
		s.plain("orders")
		s.labels("orders", "a", "b")
		_, err := s.actions.Tidy(s.ctx)
		s.ok(err)
		s.holds("orders", "a", "b")
		r, err := s.machine.Check(s.ctx)
		s.ok(err)
		if r.Messages != 2 || len(r.Problems) != 0 || r.Problems == nil {
			s.Errorf("check %+v", r)
		}
	}},
}

var records = []test{
	{"a message survives to the bit", func(s *suite) {
		s.transactional("orders")
		_, err := s.admin.CreateQueue(s.ctx, "copy", mgmtclient.QueueSettings{Transactional: yes()})
		s.ok(err)
		s.send(mgmtclient.SendRequest{
			Queue: "orders", Transactional: true, Count: 3, Label: "Ærø", Body: []byte{0, 255, 1}, Extension: []byte("ext"), DeadLetter: true,
			TTBR: ptr(uint32(500_000)), CorrelationID: `{6f1c2d80-51aa-4c3e-9d12-7c0a2f1e88b4}\1`, ResponseQueue: "copy", AppSpecific: 9, BodyType: 17,
		})
		first := s.list("orders")[0]
		_, err = s.mover.Move(s.ctx, "orders", ids([]mgmtclient.Message{first}), "orders;sub")
		s.ok(err)
		for _, queue := range []string{"orders", "orders;sub"} {
			before, err := s.exporter.Records(s.ctx, queue, 0, 100)
			s.ok(err)
			list := s.list(queue)
			s.ok(s.archiver.Restore(s.ctx, "copy", before))
			after, err := s.exporter.Records(s.ctx, "copy", 0, 100)
			s.ok(err)
			if len(before) != len(list) || len(after) != len(before) {
				s.Fatalf("%s: %d records, %d after", queue, len(before), len(after))
			}
			for i := range before {
				a, b := before[i], after[i]
				if !bytes.Equal(a.Packet, b.Packet) || len(a.Packet) == 0 || !a.Arrived.Equal(b.Arrived) || a.AbortCount != b.AbortCount ||
					a.MoveCount != b.MoveCount || (a.LastMove == nil) != (b.LastMove == nil) || a.Class != b.Class || a.ID != list[i].ID || a.Label != "Ærø" {
					s.Errorf("record %d of %s: %+v became %+v", i, queue, a, b)
				}
			}
			restored := s.list("copy")
			for i := range restored {
				got, want := restored[i], list[i]
				got.LookupID = want.LookupID
				if fmt.Sprintf("%+v", plainTimes(got)) != fmt.Sprintf("%+v", plainTimes(want)) {
					s.Errorf("message %d of %s:\n%+v\nbecame\n%+v", i, queue, plainTimes(want), plainTimes(got))
				}
			}
			_, err = s.purgeSilently("copy")
			s.ok(err)
		}
	}},
	{"pages by key, and an empty one at the end", func(s *suite) {
		s.plain("orders")
		s.send(mgmtclient.SendRequest{Queue: "orders", Count: 120})
		seen := 0
		for after := mgmtclient.LookupID(0); ; {
			list, err := s.exporter.Records(s.ctx, "orders", after, 50)
			s.ok(err)
			if len(list) == 0 {
				break
			}
			for _, r := range list {
				if r.LookupID <= after {
					s.Fatalf("record %s after %s", r.LookupID, after)
				}
				after = r.LookupID
				seen++
			}
		}
		if seen != 120 {
			s.Errorf("%d records", seen)
		}
		for _, limit := range []int{0, -1, mgmtclient.MaxPage + 1} {
			_, err := s.exporter.Records(s.ctx, "orders", 0, limit)
			s.fails(err, mq.ErrInvalidParameter)
		}
	}},
	{"damaged packets restore nothing", func(s *suite) {
		s.plain("orders")
		s.labels("orders", "a", "b")
		list, err := s.exporter.Records(s.ctx, "orders", 0, 10)
		s.ok(err)
		s.plain("copy")
		list[1].Packet = list[1].Packet[:20]
		s.fails(s.archiver.Restore(s.ctx, "copy", list), mq.ErrInvalidParameter)
		s.holds("copy")
		list[1].Packet = nil
		s.fails(s.archiver.Restore(s.ctx, "copy", list), mq.ErrInvalidParameter)
		s.holds("copy")
		s.fails(s.archiver.Restore(s.ctx, "nothere", list[:1]), mq.ErrQueueNotFound)
	}},
	{"nobody is told of what is restored, and dead letters keep their reason", func(s *suite) {
		s.plain("orders")
		s.plain("admin")
		s.send(mgmtclient.SendRequest{Queue: "orders", Label: "x", DeadLetter: true, Acknowledge: []string{"reached", "not-received"}, AdminQueue: "admin", Journal: true})
		_, err := s.purger.Purge(s.ctx, "orders")
		s.ok(err)
		dead, err := s.exporter.Records(s.ctx, mgmtclient.DeadLetterQueue, 0, 10)
		s.ok(err)
		told := len(s.list("admin"))
		s.ok(s.archiver.Restore(s.ctx, mgmtclient.DeadLetterQueue, dead))
		list := s.holds(mgmtclient.DeadLetterQueue, "x", "x")
		if list[0].Class != "NACK_Q_PURGED" || list[1].Class != "NACK_Q_PURGED" || list[0].ID != list[1].ID || list[0].LookupID == list[1].LookupID {
			s.Errorf("dead letters %+v", list)
		}
		if got := len(s.list("admin")); got != told {
			s.Errorf("the sender was told %d times, then %d", told, got)
		}
		s.holds(mgmtclient.MachineJournal, "x")
	}},
}

// purgeSilently empties a queue whose messages would become dead letters.
func (s *suite) purgeSilently(queue string) (int64, error) {
	if _, err := s.purger.Purge(s.ctx, queue); err != nil {
		return 0, err
	}
	return s.purger.Purge(s.ctx, mgmtclient.TransactionDeadLetter)
}

// plainTimes makes a message comparable by its printed form.
func plainTimes(m mgmtclient.Message) string {
	text := func(t *time.Time) string {
		if t == nil {
			return "none"
		}
		return t.UTC().String()
	}
	number := func(v *uint32) string {
		if v == nil {
			return "none"
		}
		return fmt.Sprint(*v)
	}
	s := text(m.Expires) + text(m.LastMoveTime) + text(&m.SentTime) + text(&m.ArrivedTime) + number(m.TTRQ) + number(m.TTBR)
	m.Expires, m.LastMoveTime, m.SentTime, m.ArrivedTime, m.TTRQ, m.TTBR = nil, nil, time.Time{}, time.Time{}, nil, nil
	return s + fmt.Sprintf("%+v", m)
}

var watching = []test{
	{"changes are told", func(s *suite) {
		ctx, cancel := context.WithCancel(s.ctx)
		defer cancel()
		signals, err := s.watcher.Watch(ctx)
		s.ok(err)
		expect := func(kind mgmtclient.SignalKind) {
			s.Helper()
			for {
				select {
				case got, ok := <-signals:
					if !ok {
						s.Fatalf("the watch ended before a signal of %s", kind)
					}
					if got.Kind == kind {
						return
					}
				case <-s.ctx.Done():
					s.Fatalf("no signal of %s", kind)
				}
			}
		}
		s.plain("orders")
		expect(mgmtclient.SignalQueues)
		s.labels("orders", "a")
		expect(mgmtclient.SignalMessages)
		_, err = s.machine.SetMachine(s.ctx, mgmtclient.MachineSettings{Profile: ptr("compat")})
		s.ok(err)
		expect(mgmtclient.SignalMachine)
		cancel()
		for range signals { // ends when it is closed
		}
	}},
	{"a slow watcher holds nobody up", func(s *suite) {
		ctx, cancel := context.WithCancel(s.ctx)
		defer cancel()
		signals, err := s.watcher.Watch(ctx)
		s.ok(err)
		s.plain("orders")
		s.send(mgmtclient.SendRequest{Queue: "orders", Count: 300})
		s.holds("orders", make([]string, 300)...)
		if _, ok := <-signals; !ok {
			s.Error("the watch ended")
		}
		cancel()
		for range signals {
		}
	}},
}

var ending = []test{
	{"a context that has ended is obeyed", func(s *suite) {
		s.plain("orders")
		s.labels("orders", "a")
		live := s.ctx
		ctx, cancel := context.WithCancel(s.ctx)
		cancel()
		s.ctx = ctx
		for name, err := range s.everything() {
			if mgmtclient.Code(err) != mq.ErrOperationCancelled {
				s.Errorf("%s: %v", name, err)
			}
		}
		s.ctx = live
		s.holds("orders", "a")
	}},
	{"a closed node answers so", func(s *suite) {
		s.plain("orders")
		ctx, cancel := context.WithCancel(s.ctx)
		defer cancel()
		signals, err := s.watcher.Watch(ctx)
		s.ok(err)
		if _, ok := mgmtclient.Can[mgmtclient.Watcher](s.node); !ok {
			cancel() // its owner's, which goes on
		}
		waiting := make(chan error, 1)
		go func() {
			_, err := s.receiver.Receive(s.ctx, "orders", mgmtclient.ReceiveOptions{Timeout: time.Hour})
			waiting <- err
		}()
		s.ok(s.node.Close())
		s.fails(<-waiting, mq.ErrInvalidHandle)
		for range signals {
		}
		for name, err := range s.everything() {
			if mgmtclient.Code(err) != mq.ErrInvalidHandle {
				s.Errorf("%s: %v", name, err)
			}
		}
		s.ok(s.node.Close()) // twice does no harm
	}},
	{"calls from many goroutines", func(s *suite) {
		s.plain("orders")
		var work sync.WaitGroup
		for i := range 8 {
			work.Go(func() {
				for range 10 {
					if _, err := s.sender.Send(s.ctx, mgmtclient.SendRequest{Queue: "orders", Label: fmt.Sprint(i)}); err != nil {
						s.Error(err)
					}
					if _, err := s.node.Messages(s.ctx, "orders", mgmtclient.Page{Limit: 10}); err != nil {
						s.Error(err)
					}
					if _, err := s.node.Queues(s.ctx, mgmtclient.QueueFilter{System: true}); err != nil {
						s.Error(err)
					}
				}
			})
		}
		work.Wait()
		if q := s.queue("orders"); q.Messages != 80 {
			s.Errorf("%d messages of 80", q.Messages)
		}
	}},
}

// everything calls every method that the node offers, with good arguments, and
// collects the errors.
func (s *suite) everything() map[string]error {
	errs := map[string]error{}
	_, errs["Machine"] = s.node.Machine(s.ctx)
	_, errs["Queues"] = s.node.Queues(s.ctx, mgmtclient.QueueFilter{})
	_, errs["Queue"] = s.node.Queue(s.ctx, "orders")
	_, errs["Messages"] = s.node.Messages(s.ctx, "orders", mgmtclient.Page{})
	_, errs["Message"] = s.node.Message(s.ctx, "orders", 1, 0)
	if n, ok := mgmtclient.Can[mgmtclient.QueueAdmin](s.node); ok {
		_, errs["CreateQueue"] = n.CreateQueue(s.ctx, "new", mgmtclient.QueueSettings{})
		_, errs["SetQueue"] = n.SetQueue(s.ctx, "orders", mgmtclient.QueueSettings{Label: ptr("x")})
		errs["DeleteQueue"] = n.DeleteQueue(s.ctx, "orders")
	}
	_, errs["Purge"] = s.purger.Purge(s.ctx, "orders")
	_, errs["Send"] = s.sender.Send(s.ctx, mgmtclient.SendRequest{Queue: "orders"})
	_, errs["Receive"] = s.receiver.Receive(s.ctx, "orders", mgmtclient.ReceiveOptions{})
	_, errs["Delete"] = s.remover.Delete(s.ctx, "orders", []mgmtclient.LookupID{1})
	_, errs["Move"] = s.mover.Move(s.ctx, "orders", []mgmtclient.LookupID{1}, "orders;x")
	_, errs["Copy"] = s.mover.Copy(s.ctx, "orders", []mgmtclient.LookupID{1}, "orders")
	_, errs["Return"] = s.mover.Return(s.ctx, mgmtclient.DeadLetterQueue, []mgmtclient.LookupID{1})
	errs["Search"] = s.searcher.Search(s.ctx, "orders", mgmtclient.Search{}, func(mgmtclient.Message) bool { return true })
	if n, ok := mgmtclient.Can[mgmtclient.Guard](s.node); ok {
		_, errs["ACL"] = n.ACL(s.ctx, "orders")
		errs["SetACL"] = n.SetACL(s.ctx, "orders", "O:S-1-5-7D:")
		_, errs["Permissions"] = n.Permissions(s.ctx, "orders")
		errs["SetPermissions"] = n.SetPermissions(s.ctx, "orders", mgmtclient.Permissions{})
	}
	if n, ok := mgmtclient.Can[mgmtclient.MachineAdmin](s.node); ok {
		_, errs["SetMachine"] = n.SetMachine(s.ctx, mgmtclient.MachineSettings{})
		_, errs["Check"] = n.Check(s.ctx)
	}
	errs["Connect"] = s.actions.Connect(s.ctx)
	errs["Disconnect"] = s.actions.Disconnect(s.ctx)
	_, errs["Tidy"] = s.actions.Tidy(s.ctx)
	if n, ok := mgmtclient.Can[mgmtclient.Watcher](s.node); ok {
		_, errs["Watch"] = n.Watch(s.ctx)
	}
	_, errs["Records"] = s.exporter.Records(s.ctx, "orders", 0, 10)
	if n, ok := mgmtclient.Can[mgmtclient.Archiver](s.node); ok {
		errs["Restore"] = n.Restore(s.ctx, "orders", nil)
	}
	return errs
}
