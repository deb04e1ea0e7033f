package localqm_test

import (
	"fmt"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/store"
)

func TestMessagesForPublicQueuesOfOthersCarryTheirIdentifier(t *testing.T) {
	joined(t, func(t *testing.T, q *qmtest.QM, f *qmtest.Forest) {
		owner := f.Computer("OTHER")
		p := f.Put("OTHER", "orders", localqm.QueueSpec{BasePriority: ptr(int16(12))})
		public := mq.Public(p.ID).String()
		q.Send(`other\Orders`, qmtest.Message("by path"))
		q.Send(public, qmtest.Message("by identifier"))
		for _, d := range q.Browsed(public) {
			if d.Message.Destination.String() != public || d.Message.DestinationMachine != owner {
				t.Errorf("%s is for %s on %s", d.Message.Label, d.Message.Destination, d.Message.DestinationMachine)
			}
		}
		labels(t, q, `OTHER\orders`, "by path", "by identifier")
		if n := outgoing(t, q, public).BasePriority(); n != 12 {
			t.Errorf("the base priority is %d", n)
		}
		to, err := q.Resolve(ctx, qmtest.Name(t, `OTHER\orders`))
		ok(t, err)
		if to.Local || to.Name.String() != public {
			t.Errorf("it resolves to %+v", to)
		}
		if path, err := q.PathOf(ctx, mq.Public(p.ID)); err != nil || path.String() != `OTHER\orders` {
			t.Errorf("its path name is %s, %v", path, err)
		}
		q.Restart()
		f.Join(q.QueueManager)
		if n := outgoing(t, q, public).BasePriority(); n != 12 {
			t.Errorf("after a restart the base priority is %d", n)
		}
		f.State(localqm.Offline, "DC1 does not answer")
		labels(t, q, `OTHER\orders`, "by path", "by identifier") // what is here is known by its name
		if to := look(t, q, public).To; to != `OTHER\orders` {
			t.Errorf("it waits for %q", to)
		}
		f.State(localqm.Integrated, "")
		for name, code := range map[string]mq.HResult{
			`OTHER\missing`: mq.ErrQueueNotFound, mq.Public(mq.NewGUID()).String(): mq.ErrQueueNotFound,
			`OTHER\orders;late`: mq.ErrUnsupportedFormatNameOperation, public + ";JOURNAL": mq.ErrUnsupportedFormatNameOperation,
		} {
			_, err := q.OpenQueue(ctx, qmtest.Owner, qmtest.Name(t, name), localqm.SendAccess, localqm.DenyNone)
			want(t, err, code)
		}
	})
}

func TestWhatIsSentWhileTheDirectoryIsAwayWaits(t *testing.T) {
	joined(t, func(t *testing.T, q *qmtest.QM, f *qmtest.Forest) {
		f.Computer("OTHER")
		p := f.Put("OTHER", "orders", localqm.QueueSpec{})
		f.State(localqm.Offline, "DC1 does not answer")
		public := mq.Public(p.ID).String()
		q.Send(public, qmtest.Message("m"))
		if d := q.Browsed(public); len(d) != 1 || !d[0].Message.DestinationMachine.IsZero() {
			t.Errorf("%+v", d)
		}
		f.State(localqm.Integrated, "")
		labels(t, q, `OTHER\orders`, "m")
	})
}

func TestADistributionListIsSentToEachOfItsQueuesOnce(t *testing.T) {
	joined(t, func(t *testing.T, q *qmtest.QM, f *qmtest.Forest) {
		f.Computer("OTHER")
		far := mq.Public(f.Put("OTHER", "orders", localqm.QueueSpec{}).ID)
		q.Create(`.\orders`, localqm.QueueSpec{})
		q.Create("private", localqm.QueueSpec{})
		own := mq.Public(only(t, f, "TEST").ID)
		private := mq.DirectOS("TEST", `private$\private`)
		list := mq.DistributionList(f.List(own, far, own), "example.test")

		q.Send(list.String(), qmtest.Message("list"))
		q.Send(list.String()+","+private.String()+","+far.String(), qmtest.Message("several"))
		labels(t, q, `.\orders`, "list", "several")
		labels(t, q, far.String(), "list", "several")
		labels(t, q, "private", "several")
		d := q.Browsed(`.\orders`)
		if got := d[0].Message.MultiDestination; len(got) != 1 || got[0].GUID != list.GUID {
			t.Errorf("it says that it was sent to %v", got)
		}
		if got := d[1].Message.MultiDestination; len(got) != 3 || !d[1].Message.Destination.Equal(own) {
			t.Errorf("it says that it was sent to %v, for %s", got, d[1].Message.Destination)
		}

		var many []mq.FormatName
		for i := range 1001 {
			many = append(many, mq.DirectOS("TEST", fmt.Sprintf(`private$\q%d`, i)))
		}
		for _, r := range []struct {
			list mq.GUID
			code mq.HResult
		}{
			{f.List(many...), mq.ErrInsufficientResources},
			{f.List(), mq.ErrQueueNotFound},
			{f.List(own, mq.Public(mq.NewGUID())), mq.ErrQueueNotFound},
			{f.List(list), mq.ErrIllegalFormatName},
			{mq.NewGUID(), mq.ErrObjectNotFound},
		} {
			_, err := q.OpenQueue(ctx, qmtest.Owner, mq.QueueName{Format: mq.DistributionList(r.list, "")}, localqm.SendAccess, localqm.DenyNone)
			want(t, err, r.code)
		}
		_, err := q.OpenQueue(ctx, qmtest.Owner, mq.QueueName{Format: list}, localqm.ReceiveAccess, localqm.DenyNone)
		want(t, err, mq.ErrUnsupportedFormatNameOperation)
	})
}

func TestAdministrationAndDeadLetterQueuesMayBePublic(t *testing.T) {
	joined(t, func(t *testing.T, q *qmtest.QM, f *qmtest.Forest) {
		f.Computer("OTHER")
		far := mq.Public(f.Put("OTHER", "acks", localqm.QueueSpec{}).ID)
		q.Create(`.\dead`, localqm.QueueSpec{})
		q.Create("to", localqm.QueueSpec{})
		own := mq.Public(only(t, f, "TEST").ID)
		send := func(change func(*mq.Message)) error {
			_, err := q.Open("to", localqm.SendAccess).Send(ctx, nil, message("m", change))
			return err
		}
		ok(t, send(func(m *mq.Message) { m.AdminQueue, m.Acknowledge = own, mq.AckPositiveArrival }))
		classes(t, q, `.\dead`, mq.ClassAckReachQueue)
		ok(t, send(func(m *mq.Message) { m.AdminQueue, m.Acknowledge = far, mq.AckPositiveArrival }))
		classes(t, q, far.String(), mq.ClassAckReachQueue)
		ok(t, send(func(m *mq.Message) {
			m.ResponseQueue, m.DeadLetterQueue, m.DeadLetter, m.TimeToBeReceived = far, own, true, 1
		}))
		q.Clock.Advance(minute)
		qmtest.Eventually(t, "the dead letter is there", func() bool { return len(q.Browsed(`.\dead`)) == 2 })
		if d := q.Browsed(`.\dead`)[1]; !d.Message.ResponseQueue.Equal(far) {
			t.Errorf("the response queue is %s", d.Message.ResponseQueue)
		}
		want(t, send(func(m *mq.Message) { m.DeadLetterQueue, m.DeadLetter = far, true }), mq.ErrIllegalPropertyValue)
	})
}

func TestTheNotificationQueueGetsItsNumber(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		i := look(t, q, `.\private$\notify_queue$`)
		if i.Queue.Number != 3 {
			t.Errorf("a new one has number %d", i.Queue.Number)
		}
		old := i.Queue
		old.Number = 2
		done := make(chan error, 1)
		q.Store.Submit(&store.Step{Ops: []store.Op{&store.UpdateQueue{Queue: old}}, Done: func(s *store.Step) { done <- s.Err }})
		ok(t, <-done)
		q.Restart()
		if n := q.Number("notify_queue$"); n != 3 {
			t.Errorf("after a start it has number %d", n)
		}
		if i := look(t, q, mq.Private(q.Identity().ID, 3).String()); i.Path != `TEST\private$\notify_queue$` {
			t.Errorf("number 3 is %s", i.Path)
		}
	})
}
