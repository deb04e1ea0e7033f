package localqm_test

import (
	"strings"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

func TestCreateQueueKeepsEveryPropertyOverARestart(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		kind := mq.NewGUID()
		q.Create("Orders", localqm.QueueSpec{
			Label: ptr("Orders, web and desks"), Type: &kind, Transactional: &yes, Authenticate: &yes,
			Privacy: ptr(uint8(2)), Journaling: &yes, Quota: ptr(uint32(4096)), JournalQuota: ptr(uint32(100)),
		})
		q.Restart()
		i, err := q.Queue(ctx, qmtest.Owner, qmtest.Name(t, "ORDERS"))
		ok(t, err)
		got := i.Queue
		if got.Name != "Orders" || got.Label != "Orders, web and desks" || got.Type != kind || !got.Transactional ||
			!got.Authenticate || got.Privacy != 2 || !got.Journaling || got.Quota != 4096 || got.JournalQuota != 100 {
			t.Fatalf("got %+v", got)
		}
		if i.Path != `TEST\private$\Orders` || i.Format.String() != `DIRECT=OS:TEST\private$\Orders` {
			t.Fatalf("names: %s, %s", i.Path, i.Format)
		}
	})
}

func TestCreateQueueRefusesWhatCannotBe(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("there", localqm.QueueSpec{})
		for _, c := range []struct {
			name string
			spec localqm.QueueSpec
			code mq.HResult
		}{
			{"THERE", localqm.QueueSpec{}, mq.ErrQueueExists},
			{"secret$", localqm.QueueSpec{}, mq.ErrIllegalQueuePathname},
			{`.\public`, localqm.QueueSpec{}, mq.ErrUnsupportedOperation},
			{`OTHER\private$\q`, localqm.QueueSpec{}, mq.ErrUnsupportedOperation},
			{`.\private$\there;journal`, localqm.QueueSpec{}, mq.ErrIllegalQueuePathname},
			{deadLetter, localqm.QueueSpec{}, mq.ErrIllegalQueuePathname},
			{"missing;sub", localqm.QueueSpec{}, mq.ErrQueueNotFound},
			{"a", localqm.QueueSpec{Label: ptr(strings.Repeat("x", 125))}, mq.ErrLabelTooLong},
			{"a", localqm.QueueSpec{Privacy: ptr(uint8(3))}, mq.ErrIllegalPropertyValue},
			{"a", localqm.QueueSpec{BasePriority: ptr(int16(1))}, mq.ErrIllegalPropertyValue},
			{"a", localqm.QueueSpec{Multicast: ptr("234.1.1.1:8001")}, mq.ErrUnsupportedOperation},
		} {
			_, err := q.CreateQueue(ctx, qmtest.Owner, qmtest.Name(t, c.name), c.spec)
			if mq.CodeOf(err) != c.code {
				t.Errorf("%s: got %v, want %v", c.name, err, c.code)
			}
		}
		all, err := q.Queues(ctx, qmtest.Owner)
		ok(t, err)
		if n := len(all); n != 1+5 { // there, three system queues, two internal ones
			t.Fatalf("%d queues after refusals", n)
		}
	})
}

func TestPrivateQueueNumbersBelow16AreReservedAndOthersFindTheQueue(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("a", localqm.QueueSpec{})
		i, err := q.Queue(ctx, qmtest.Owner, qmtest.Name(t, "a"))
		ok(t, err)
		if i.Queue.Number < 16 {
			t.Fatalf("number %d", i.Queue.Number)
		}
		byNumber, err := q.Queue(ctx, qmtest.Owner, mq.QueueName{Format: mq.Private(q.Identity().ID, i.Queue.Number)})
		ok(t, err)
		if byNumber.Path != i.Path {
			t.Fatalf("found %s", byNumber.Path)
		}
		order, err := q.Queue(ctx, qmtest.Owner, mq.QueueName{Format: mq.Private(q.Identity().ID, 4)})
		ok(t, err)
		if !order.Hidden || order.Queue.Name != "order_queue$" {
			t.Fatalf("number 4 is %+v", order)
		}
	})
}

func TestEveryNameOfThisMachineFindsTheQueue(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("orders", localqm.QueueSpec{})
		for _, name := range []string{
			"orders", `.\private$\orders`, `TEST\PRIVATE$\Orders`, `test\private$\orders`, `localhost\private$\orders`,
			`DIRECT=OS:.\private$\orders`, `DIRECT=OS:TEST\private$\orders`, `FormatName:DIRECT=TCP:127.0.0.1\private$\orders`,
			`direct=os:localhost\PRIVATE$\ORDERS`,
		} {
			if _, err := q.Queue(ctx, qmtest.Owner, qmtest.Name(t, name)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for name, code := range map[string]mq.HResult{
			"order":                                         mq.ErrQueueNotFound,
			"orders;retries":                                mq.ErrQueueNotFound,
			`elsewhere\private$\orders`:                     mq.ErrQueueNotFound,
			`DIRECT=TCP:10.1.2.3\private$\orders`:           mq.ErrQueueNotFound,
			"PUBLIC=" + mq.NewGUID().String():               mq.ErrUnsupportedFormatNameOperation,
			"MACHINE=" + q.Identity().ID.String():           mq.ErrUnsupportedFormatNameOperation,
			"PRIVATE=" + q.Identity().ID.String() + `\ffff`: mq.ErrQueueNotFound,
		} {
			_, err := q.Queue(ctx, qmtest.Owner, qmtest.Name(t, name))
			if mq.CodeOf(err) != code {
				t.Errorf("%s: got %v, want %v", name, err, code)
			}
		}
	})
}

func TestSetQueueChangesPropertiesButNotTheTransactionalKind(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("orders", localqm.QueueSpec{})
		name := qmtest.Name(t, "orders")
		i, err := q.SetQueue(ctx, qmtest.Owner, name, localqm.QueueSpec{Label: ptr("new"), Journaling: &yes, Quota: ptr(uint32(7))})
		ok(t, err)
		if i.Queue.Label != "new" || !i.Queue.Journaling || i.Queue.Quota != 7 {
			t.Fatalf("got %+v", i.Queue)
		}
		_, err = q.SetQueue(ctx, qmtest.Owner, name, trans)
		want(t, err, mq.ErrProperty)
		_, err = q.SetQueue(ctx, qmtest.Owner, qmtest.Name(t, "orders;journal"), localqm.QueueSpec{Label: ptr("x")})
		want(t, err, mq.ErrUnsupportedOperation)
	})
}

func TestDeleteQueueEndsHandlesAndTellsSenders(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("orders", localqm.QueueSpec{})
		q.Create("acks", localqm.QueueSpec{})
		q.Send("orders", message("kept", func(m *mq.Message) {
			m.DeadLetter = true
			m.Acknowledge, m.AdminQueue = mq.AckNegativeReceive, mq.DirectOS(".", `private$\acks`)
		}))
		q.Send("orders", message("lost", nil))
		h := q.Open("orders", localqm.ReceiveAccess)
		ok(t, q.DeleteQueue(ctx, qmtest.Owner, qmtest.Name(t, "orders")))
		_, err := h.Read(ctx, localqm.ReadOptions{})
		want(t, err, mq.ErrQueueDeleted)
		_, err = q.Queue(ctx, qmtest.Owner, qmtest.Name(t, "orders"))
		want(t, err, mq.ErrQueueNotFound)
		labels(t, q, deadLetter, "kept")
		classes(t, q, deadLetter, mq.ClassNackQueueDeleted)
		classes(t, q, "acks", mq.ClassNackQueueDeleted)
		q.Create("orders", localqm.QueueSpec{})
		labels(t, q, "orders")
		want(t, q.DeleteQueue(ctx, qmtest.Owner, qmtest.Name(t, deadLetter)), mq.ErrUnsupportedOperation)
		want(t, q.DeleteQueue(ctx, qmtest.Owner, qmtest.Name(t, `.\private$\order_queue$`)), mq.ErrUnsupportedOperation)
	})
}

func TestQueuesAreSharedByTheRulesOfOpenQueue(t *testing.T) {
	type open struct {
		a localqm.Access
		s localqm.Share
	}
	var (
		recv   = open{localqm.ReceiveAccess, localqm.DenyNone}
		recvX  = open{localqm.ReceiveAccess, localqm.DenyReceive}
		peek   = open{localqm.PeekAccess, localqm.DenyNone}
		peekX  = open{localqm.PeekAccess, localqm.DenyReceive}
		send   = open{localqm.SendAccess, localqm.DenyNone}
		shared = mq.OK
	)
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("orders", localqm.QueueSpec{})
		name := qmtest.Name(t, "orders")
		for _, c := range []struct {
			first, second open
			code          mq.HResult
		}{
			{recv, recv, shared},
			{recv, peek, shared},
			{recv, send, shared},
			{send, recvX, shared},
			{recvX, recv, mq.ErrSharingViolation},
			{recvX, recvX, mq.ErrSharingViolation},
			{recvX, peekX, mq.ErrSharingViolation},
			{recvX, peek, shared},
			{recvX, send, shared},
			{peekX, recv, mq.ErrSharingViolation},
			{peekX, peek, shared},
			{recv, recvX, mq.ErrSharingViolation},
			{recv, peekX, mq.ErrSharingViolation},
			{peek, recvX, shared},
		} {
			one, err := q.OpenQueue(ctx, qmtest.Owner, name, c.first.a, c.first.s)
			ok(t, err)
			two, err := q.OpenQueue(ctx, qmtest.Owner, name, c.second.a, c.second.s)
			if mq.CodeOf(err) != c.code {
				t.Errorf("%v then %v: got %v, want %v", c.first, c.second, err, c.code)
			}
			if two != nil {
				two.Close()
			}
			one.Close()
		}
		_, err := q.OpenQueue(ctx, qmtest.Owner, name, localqm.SendAccess, localqm.DenyReceive)
		want(t, err, mq.ErrUnsupportedAccessMode)
		_, err = q.OpenQueue(ctx, qmtest.Owner, qmtest.Name(t, deadLetter), localqm.SendAccess, localqm.DenyNone)
		want(t, err, mq.ErrUnsupportedFormatNameOperation)
	})
}

func TestEveryCallIsCheckedAgainstTheDescriptor(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("orders", localqm.QueueSpec{})
		q.Send("orders", message("one", nil))
		name := qmtest.Name(t, "orders")
		refuse := func(what string, err error) {
			t.Helper()
			if mq.CodeOf(err) != mq.ErrAccessDenied {
				t.Errorf("%s by a stranger: %v", what, err)
			}
		}
		for _, a := range []localqm.Access{localqm.SendAccess, localqm.ReceiveAccess, localqm.PeekAccess} {
			_, err := q.OpenQueue(ctx, qmtest.Stranger, name, a, localqm.DenyNone)
			refuse("open to "+a.String(), err)
		}
		_, err := q.CreateQueue(ctx, qmtest.Stranger, qmtest.Name(t, "x"), localqm.QueueSpec{})
		refuse("create", err)
		_, err = q.SetQueue(ctx, qmtest.Stranger, name, localqm.QueueSpec{Label: ptr("x")})
		refuse("set", err)
		_, err = q.Purge(ctx, qmtest.Stranger, name)
		refuse("purge", err)
		_, err = q.QueueSecurity(ctx, qmtest.Stranger, name)
		refuse("read permissions", err)
		_, _, err = q.Tidy(ctx, qmtest.Stranger)
		refuse("tidy", err)
		refuse("delete", q.DeleteQueue(ctx, qmtest.Stranger, name))
		_, err = q.Message(ctx, qmtest.Stranger, name, 0, 0)
		refuse("look at a message", err)

		d, err := q.QueueSecurity(ctx, qmtest.Owner, name)
		ok(t, err)
		h := q.Open("orders", localqm.SendAccess)
		ok(t, q.SetQueueSecurity(ctx, qmtest.Owner, name, d.Grant(qmtest.Everyone, uint32(mq.RightWriteMessage))))
		s := q.OpenAs(qmtest.Stranger, "orders", localqm.SendAccess)
		_, err = s.Send(ctx, nil, message("two", nil))
		ok(t, err)
		// A right that is taken away counts for handles that are open.
		ok(t, q.SetQueueSecurity(ctx, qmtest.Owner, name, d))
		_, err = s.Send(ctx, nil, message("three", nil))
		want(t, err, mq.ErrAccessDenied)
		_, err = h.Send(ctx, nil, message("four", nil))
		ok(t, err)
		labels(t, q, "orders", "one", "two", "four")
	})
}
