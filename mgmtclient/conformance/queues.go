package conformance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

var names = []test{
	{"every spelling of a name finds the queue", func(s *suite) {
		s.plain("Orders")
		m, err := s.node.Machine(s.ctx)
		s.ok(err)
		want := m.Name + `\private$\Orders`
		for _, name := range []string{
			"orders", "ORDERS", `.\private$\orders`, `private$\orders`, m.Name + `\PRIVATE$\orders`,
			`DIRECT=OS:.\private$\orders`, `direct=os:` + m.Name + `\private$\orders`, `FormatName:DIRECT=OS:.\private$\Orders`,
			`DIRECT=TCP:127.0.0.1\private$\orders`, s.queue("orders").FormatName,
		} {
			q, err := s.node.Queue(s.ctx, name)
			if err != nil || q.PathName != want {
				s.Errorf("%s is %q, %v; want %q", name, q.PathName, err, want)
			}
		}
		if q := s.queue("orders;journal"); q.PathName != want+";journal" {
			s.Errorf("the journal is called %q", q.PathName)
		}
		for _, name := range []string{mgmtclient.MachineJournal, mgmtclient.DeadLetterQueue, mgmtclient.TransactionDeadLetter} {
			if q := s.queue(name); q.Type != "MACHINE" || q.PathName != m.Name+strings.TrimPrefix(name, ".") {
				s.Errorf("%s is %q of type %s", name, q.PathName, q.Type)
			}
		}
	}},
	{"bad names are refused everywhere", func(s *suite) {
		s.plain("orders")
		for _, name := range []string{
			`..\..\x`, `a\b\c`, "", `.\private$\`, `or"ders`, "or+ders", strings.Repeat("x", 125), "orders;" + strings.Repeat("x", 33),
			"DIRECT=SMTP:a@b", "PRIVATE=nonsense", "a\nb",
		} {
			codes := []mq.HResult{mq.ErrIllegalQueuePathname, mq.ErrIllegalFormatName}
			_, err := s.node.Queue(s.ctx, name)
			s.fails(err, codes...)
			_, err = s.node.Messages(s.ctx, name, mgmtclient.Page{})
			s.fails(err, codes...)
			_, err = s.admin.CreateQueue(s.ctx, name, mgmtclient.QueueSettings{})
			s.fails(err, codes...)
			_, err = s.sender.Send(s.ctx, mgmtclient.SendRequest{Queue: name})
			s.fails(err, codes...)
			_, err = s.mover.Move(s.ctx, "orders", nil, name)
			s.fails(err, codes...)
		}
	}},
	{"a missing queue is not found", func(s *suite) {
		s.plain("orders")
		for _, name := range []string{"nothere", "orders;nothere", `.\private$\nothere`, `.\orders`} {
			_, err := s.node.Queue(s.ctx, name)
			s.fails(err, mq.ErrQueueNotFound)
			_, err = s.node.Messages(s.ctx, name, mgmtclient.Page{})
			s.fails(err, mq.ErrQueueNotFound)
			_, err = s.node.Message(s.ctx, name, 1, 0)
			s.fails(err, mq.ErrQueueNotFound)
			_, err = s.receiver.Receive(s.ctx, name, mgmtclient.ReceiveOptions{})
			s.fails(err, mq.ErrQueueNotFound)
			_, err = s.purger.Purge(s.ctx, name)
			s.fails(err, mq.ErrQueueNotFound)
			_, err = s.exporter.Records(s.ctx, name, 0, 10)
			s.fails(err, mq.ErrQueueNotFound)
			s.fails(s.searcher.Search(s.ctx, name, mgmtclient.Search{}, func(mgmtclient.Message) bool { return true }), mq.ErrQueueNotFound)
			s.fails(s.admin.DeleteQueue(s.ctx, name), mq.ErrQueueNotFound)
		}
		_, err := s.sender.Send(s.ctx, mgmtclient.SendRequest{Queue: "nothere"})
		s.fails(err, mq.ErrQueueNotFound)
		_, err = s.admin.SetQueue(s.ctx, "nothere", mgmtclient.QueueSettings{})
		s.fails(err, mq.ErrQueueNotFound)
		if n := len(s.privateQueues()); n != 1 {
			s.Errorf("looking at queues that are not there left %d queues", n)
		}
	}},
	{"another computer's queue is refused in words", func(s *suite) {
		_, err := s.node.Queue(s.ctx, `DIRECT=TCP:192.0.2.7\private$\orders`)
		s.fails(err, mq.ErrQueueNotFound)
		_, err = s.admin.CreateQueue(s.ctx, `ELSEWHERE\private$\orders`, mgmtclient.QueueSettings{})
		s.fails(err, mq.ErrUnsupportedOperation)
	}},
	{"without a directory there are no public queues", func(s *suite) {
		m, err := s.node.Machine(s.ctx)
		s.ok(err)
		if d := m.Directory; s.all() && (d == nil || d.Mode != mgmtclient.ModeWorkgroup || d.Why == "" || d.Since.IsZero() || d.Sites == nil) {
			s.Errorf("directory %+v", d)
		}
		_, err = s.admin.CreateQueue(s.ctx, `.\orders`, mgmtclient.QueueSettings{})
		s.fails(err, mq.ErrUnsupportedOperation)
	}},
}

func (s *suite) privateQueues() []mgmtclient.Queue {
	s.Helper()
	list, err := s.node.Queues(s.ctx, mgmtclient.QueueFilter{})
	s.ok(err)
	return list
}

var queues = []test{
	{"a new queue has the defaults", func(s *suite) {
		created, err := s.admin.CreateQueue(s.ctx, "orders", mgmtclient.QueueSettings{})
		s.ok(err)
		q := s.queue("orders")
		if created.PathName != q.PathName || created.ID != q.ID || q.ID.IsZero() {
			s.Errorf("created %+v, found %+v", created, q)
		}
		if q.Transactional || q.Authenticate || q.Journal || q.PrivacyLevel != "optional" || q.QuotaKB != nil || q.JournalQuotaKB != nil ||
			q.BasePriority != 0 || q.Label != "" || q.Type != "PRIVATE" || q.Location != "LOCAL" || q.Foreign || q.Hidden ||
			q.Messages != 0 || q.Bytes != 0 || q.Created.IsZero() || q.Subqueues == nil || q.NextHops == nil || q.ConnectionHistory == nil {
			s.Errorf("queue %+v", q)
		}
	}},
	{"every setting is kept", func(s *suite) {
		kind := mq.NewGUID()
		set := mgmtclient.QueueSettings{
			Label: ptr("Órders & co"), Transactional: yes(), Authenticate: yes(), PrivacyLevel: ptr("body"), Journal: yes(),
			Quota: &mgmtclient.Quota{KB: ptr(uint32(1000))}, JournalQuota: &mgmtclient.Quota{KB: ptr(uint32(7))}, ServiceType: &kind,
		}
		_, err := s.admin.CreateQueue(s.ctx, "a", set)
		s.ok(err)
		check := func(name string) {
			s.Helper()
			q := s.queue(name)
			if q.Label != "Órders & co" || !q.Transactional || !q.Authenticate || q.PrivacyLevel != "body" || !q.Journal ||
				q.QuotaKB == nil || *q.QuotaKB != 1000 || q.JournalQuotaKB == nil || *q.JournalQuotaKB != 7 || q.ServiceType != kind {
				s.Errorf("queue %+v", q)
			}
		}
		check("a")
		s.transactional("b")
		changed, err := s.admin.SetQueue(s.ctx, "b", set)
		s.ok(err)
		if changed.Label != "Órders & co" {
			s.Errorf("the answer has the label %q", changed.Label)
		}
		check("b")
		_, err = s.admin.SetQueue(s.ctx, "b", mgmtclient.QueueSettings{Quota: &mgmtclient.Quota{}, Label: ptr("")})
		s.ok(err)
		if q := s.queue("b"); q.QuotaKB != nil || q.Label != "" || !q.Journal || q.JournalQuotaKB == nil {
			s.Errorf("after lifting the quota: %+v", q)
		}
	}},
	{"wrong settings change nothing", func(s *suite) {
		s.plain("orders")
		for _, c := range []struct {
			set  mgmtclient.QueueSettings
			code mq.HResult
		}{
			{mgmtclient.QueueSettings{Label: ptr(strings.Repeat("x", 125))}, mq.ErrLabelTooLong},
			{mgmtclient.QueueSettings{PrivacyLevel: ptr("secret")}, mq.ErrIllegalPropertyValue},
			{mgmtclient.QueueSettings{BasePriority: ptr(int16(3))}, mq.ErrIllegalPropertyValue},
		} {
			_, err := s.admin.CreateQueue(s.ctx, "other", c.set)
			s.fails(err, c.code)
			c.set.Journal = yes()
			_, err = s.admin.SetQueue(s.ctx, "orders", c.set)
			s.fails(err, c.code)
		}
		_, err := s.admin.SetQueue(s.ctx, "orders", mgmtclient.QueueSettings{Transactional: yes(), Label: ptr("x")})
		s.fails(err, mq.ErrProperty)
		_, err = s.admin.CreateQueue(s.ctx, "other", mgmtclient.QueueSettings{SDDL: ptr("D:(nonsense)")})
		s.fails(err, mq.ErrIllegalSecurityDescriptor)
		if q := s.queue("orders"); q.Label != "" || q.Transactional || q.Journal {
			s.Errorf("something was changed: %+v", q)
		}
		if n := len(s.privateQueues()); n != 1 {
			s.Errorf("%d queues, want 1", n)
		}
	}},
	{"a queue is created once", func(s *suite) {
		s.plain("orders")
		_, err := s.admin.CreateQueue(s.ctx, `.\private$\ORDERS`, mgmtclient.QueueSettings{})
		s.fails(err, mq.ErrQueueExists)
		_, err = s.admin.CreateQueue(s.ctx, `.\orders`, mgmtclient.QueueSettings{})
		s.fails(err, mq.ErrUnsupportedOperation)
		_, err = s.admin.CreateQueue(s.ctx, mgmtclient.DeadLetterQueue, mgmtclient.QueueSettings{})
		s.fails(err, mq.ErrIllegalQueuePathname)
		_, err = s.admin.CreateQueue(s.ctx, "orders;journal", mgmtclient.QueueSettings{})
		s.fails(err, mq.ErrIllegalQueuePathname)
	}},
	{"lists are sorted and filtered", func(s *suite) {
		for _, q := range []string{"beta", "Alpha", "gamma.orders", "delta"} {
			_, err := s.admin.CreateQueue(s.ctx, q, mgmtclient.QueueSettings{Label: ptr("label of " + q)})
			s.ok(err)
		}
		s.labels("delta", "x")
		ask := func(f mgmtclient.QueueFilter) string {
			s.Helper()
			list, err := s.node.Queues(s.ctx, f)
			s.ok(err)
			var b strings.Builder
			for _, q := range list {
				fmt.Fprintf(&b, "%s ", q.PathName[strings.LastIndexByte(q.PathName, '\\')+1:])
			}
			return b.String()
		}
		for want, f := range map[string]mgmtclient.QueueFilter{
			"Alpha beta delta gamma.orders ": {},
			"gamma.orders ":                  {Contains: "ORDERS"},
			"beta ":                          {Private: true, Contains: "OF BETA"},
			"delta ":                         {WithMessages: true},
			"":                               {Public: true},
			" ":                              {Outgoing: true},
		} {
			if got := ask(f); got != strings.TrimSpace(want)+strings.Repeat(" ", min(1, len(strings.TrimSpace(want)))) {
				s.Errorf("%+v lists %q, want %q", f, got, want)
			}
		}
		system := ask(mgmtclient.QueueFilter{System: true})
		for _, want := range []string{"system$;journal", "system$;deadletter", "system$;deadxact", "order_queue$"} {
			if !strings.Contains(system, want) {
				s.Errorf("the system queues are %q, without %s", system, want)
			}
		}
		if strings.Contains(system, "beta") {
			s.Errorf("the system queues are %q", system)
		}
	}},
	{"a deleted queue is gone", func(s *suite) {
		s.plain("orders")
		s.labels("orders", "a", "b")
		s.ok(s.admin.DeleteQueue(s.ctx, "orders"))
		_, err := s.node.Queue(s.ctx, "orders")
		s.fails(err, mq.ErrQueueNotFound)
		s.plain("orders")
		s.holds("orders")
		s.fails(s.admin.DeleteQueue(s.ctx, mgmtclient.DeadLetterQueue), mq.ErrUnsupportedOperation, mq.ErrAccessDenied)
		s.fails(s.admin.DeleteQueue(s.ctx, "order_queue$"), mq.ErrUnsupportedOperation, mq.ErrAccessDenied)
	}},
}

// subqueues and warnings are not for nodes that do not tell everything.
var subqueues = []test{
	{"subqueues can be made and deleted", func(s *suite) {
		s.plain("orders")
		_, err := s.admin.CreateQueue(s.ctx, "orders;Poison", mgmtclient.QueueSettings{})
		s.ok(err)
		if q := s.queue("orders"); len(q.Subqueues) != 1 || q.Subqueues[0] != "Poison" {
			s.Errorf("subqueues %q", q.Subqueues)
		}
		s.holds("orders;poison")
		s.ok(s.admin.DeleteQueue(s.ctx, "orders;POISON"))
		if q := s.queue("orders"); len(q.Subqueues) != 0 {
			s.Errorf("subqueues %q", q.Subqueues)
		}
	}},
	{"a queue that other computers cannot send to warns", func(s *suite) {
		for _, c := range []mgmtclient.QueueSettings{
			{Authenticate: yes(), AllowSend: []string{"everyone"}},
			{PrivacyLevel: ptr("body"), AllowSend: []string{"everyone"}},
			{},
		} {
			q, err := s.admin.CreateQueue(s.ctx, "warned", c)
			s.ok(err)
			if len(q.Warnings) == 0 {
				s.Errorf("%+v: no warning", c)
			}
			s.ok(s.admin.DeleteQueue(s.ctx, "warned"))
		}
		q, err := s.admin.CreateQueue(s.ctx, "open", mgmtclient.QueueSettings{AllowSend: []string{"anonymous"}})
		s.ok(err)
		if len(q.Warnings) != 0 {
			s.Errorf("warnings %q", q.Warnings)
		}
	}},
}

var permissions = []test{
	{"permissions are read and written in SDDL", func(s *suite) {
		s.plain("orders")
		old, err := s.guard.ACL(s.ctx, "orders")
		s.ok(err)
		if !strings.Contains(old, "O:") || !strings.Contains(old, "D:") {
			s.Errorf("the permissions are %q", old)
		}
		next := old + "(A;;0x20024;;;S-1-5-7)"
		s.ok(s.guard.SetACL(s.ctx, "orders", next))
		got, err := s.guard.ACL(s.ctx, "orders")
		s.ok(err)
		if got == old {
			s.Error("they did not change")
		}
		s.ok(s.guard.SetACL(s.ctx, "orders", got)) // what was printed is read
		again, err := s.guard.ACL(s.ctx, "orders")
		s.ok(err)
		if again != got {
			s.Errorf("%q became %q", got, again)
		}
		for _, bad := range []string{"nonsense", "D:(A;;0x1;;;EVERYBODY)", "D:(A;;", "O:S-1-D:"} {
			s.fails(s.guard.SetACL(s.ctx, "orders", bad), mq.ErrIllegalSecurityDescriptor)
		}
		if got, err := s.guard.ACL(s.ctx, "orders"); err != nil || got != again {
			s.Errorf("after refusals: %q, %v", got, err)
		}
		machine, err := s.guard.ACL(s.ctx, "")
		if s.whole(err) {
			s.ok(s.guard.SetACL(s.ctx, "", machine))
		}
		_, err = s.guard.ACL(s.ctx, "nothere")
		s.fails(err, mq.ErrQueueNotFound)
	}},
	{"permissions are read and written in words", func(s *suite) {
		s.plain("orders")
		was, err := s.guard.Permissions(s.ctx, "orders")
		s.ok(err)
		if was.Owner.SID == "" || was.Owner.Name == "" || was.Open {
			s.Errorf("the permissions are %+v", was)
		}
		send, look := uint32(mq.RightWriteMessage), uint32(mq.RightPeekMessage)
		next := was
		next.Owner = mgmtclient.Account{}
		next.Entries = append(slices.Clip(was.Entries),
			mgmtclient.Permission{Account: mgmtclient.Account{Name: "everyone"}, Rights: send | look},
			mgmtclient.Permission{Account: mgmtclient.Account{SID: "S-1-5-7"}, Rights: look, Deny: true})
		s.ok(s.guard.SetPermissions(s.ctx, "orders", next))
		got, err := s.guard.Permissions(s.ctx, "orders")
		s.ok(err)
		if got.Owner != was.Owner {
			s.Errorf("now it belongs to %+v, not %+v", got.Owner, was.Owner)
		}
		want := append([]mgmtclient.Permission{{Account: mgmtclient.Account{SID: "S-1-5-7", Name: "Anonymous"}, Rights: look, Deny: true}}, was.Entries...)
		want = append(want, mgmtclient.Permission{Account: mgmtclient.Account{SID: "S-1-1-0", Name: "Everyone"}, Rights: send | look})
		if d := cmp.Diff(want, got.Entries); d != "" {
			s.Errorf("want what is denied first (-want, +got):\n%s", d)
		}
		next.Entries = []mgmtclient.Permission{{Account: mgmtclient.Account{Name: "nobody I know"}, Rights: send}}
		if err := s.guard.SetPermissions(s.ctx, "orders", next); err == nil {
			s.Error("an unknown account has rights")
		}
		machine, err := s.guard.Permissions(s.ctx, "")
		if s.whole(err) {
			s.ok(s.guard.SetPermissions(s.ctx, "", machine))
		}
		_, err = s.guard.Permissions(s.ctx, "nothere")
		s.fails(err, mq.ErrQueueNotFound)
	}},
	{"senders can be let in at creation", func(s *suite) {
		_, err := s.admin.CreateQueue(s.ctx, "orders", mgmtclient.QueueSettings{AllowSend: []string{"everyone", "S-1-5-7"}})
		s.ok(err)
		acl, err := s.guard.ACL(s.ctx, "orders")
		s.ok(err)
		if !strings.Contains(acl, "WD)") && !strings.Contains(acl, "S-1-1-0)") {
			s.Errorf("everyone is not in %s", acl)
		}
		_, err = s.admin.CreateQueue(s.ctx, "other", mgmtclient.QueueSettings{AllowSend: []string{"nobody I know"}})
		if err == nil {
			s.Error("an unknown account was let in")
		}
	}},
}
