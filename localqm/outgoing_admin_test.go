package localqm_test

import (
	"fmt"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/store"
)

func TestAPausedQueueKeepsItsMessagesAlsoAfterARestart(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		attach(q)
		q.Send(farOrders, qmtest.Message("a"))
		sent := takeAll(t, q, farOrders)
		name := qmtest.Name(t, farOrders)
		ok(t, q.Pause(ctx, qmtest.Owner, name))
		q.Send(farOrders, qmtest.Message("b"))
		if len(takeAll(t, q, farOrders)) != 0 {
			t.Error("a message leaves a paused queue")
		}
		outgoing(t, q, farOrders).Delivered(sent) // what has left may still arrive
		remain(t, q, farOrders, 1)
		q.Restart()
		c := attach(q)
		if i := unsent(t, q, farOrders); !i.Outgoing.Paused || len(takeAll(t, q, farOrders)) != 0 || !outgoing(t, q, farOrders).Paused() {
			t.Errorf("after the restart: %+v", i.Outgoing)
		}
		ok(t, q.Pause(ctx, qmtest.Owner, name))
		ok(t, q.Resume(ctx, qmtest.Owner, name))
		ok(t, q.Resume(ctx, qmtest.Owner, name))
		if c.changes() != 3 {
			t.Errorf("the carrier was told %d times", c.changes())
		}
		if len(takeAll(t, q, farOrders)) != 1 {
			t.Error("a resumed queue holds its message back")
		}
		q.Restart()
		if outgoing(t, q, farOrders).Paused() {
			t.Error("paused again after a restart")
		}
	})
}

func TestResendGivesBackWhatWasNotAcknowledged(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		c := attach(q)
		sendEach(t, q, farOrders, "a", "b")
		q.Send(farOrders, message("plain", nil))
		p := takeAll(t, q, farOrders)
		outgoing(t, q, farOrders).Delivered(p) // the session's part
		remain(t, q, farOrders, 2)
		ok(t, q.Resend(ctx, qmtest.Owner, qmtest.Name(t, farOrders)))
		if c.changes() != 1 {
			t.Error("the carrier was not told")
		}
		same(t, "again", places(t, takeAll(t, q, farOrders)), []string{"a 1<0", "b 2<1"})
		outgoing(t, q, farOrders).Release(p) // old parcels mean nothing
		if len(takeAll(t, q, farOrders)) != 0 {
			t.Error("a parcel that carries nothing any more was given back")
		}
	})
}

func TestNothingLeavesOfflineOrHardened(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		attach(q)
		set := func(change func(*localqm.Settings)) {
			t.Helper()
			ok(t, q.SetMachine(ctx, qmtest.Owner, func(s *localqm.Settings) error { change(s); return nil }))
		}
		leaves := func() bool {
			t.Helper()
			p := takeAll(t, q, farOrders)
			outgoing(t, q, farOrders).Release(p)
			return len(p) > 0
		}
		q.Send(farOrders, qmtest.Message("a"))
		set(func(s *localqm.Settings) { s.Offline = true })
		if leaves() {
			t.Error("a message leaves offline")
		}
		set(func(s *localqm.Settings) { s.Offline = false })
		if !leaves() {
			t.Error("nothing leaves online")
		}
		set(func(s *localqm.Settings) { s.Hardened = true })
		q.Send(farOrders, qmtest.Message("b")) // it is accepted
		q.Create("local", localqm.QueueSpec{})
		q.Send("local", qmtest.Message("c"))
		q.Attach(nil)
		if i := unsent(t, q, farOrders); leaves() || i.Outgoing.Link.State != mq.StateLocked {
			t.Errorf("hardened: %+v", i.Outgoing.Link)
		}
		set(func(s *localqm.Settings) { s.Hardened = false })
		if leaves() || !q.Settings().Hardened {
			t.Error("hardened mode ended before the restart")
		}
		q.Restart()
		if !leaves() || q.Settings().Hardened {
			t.Error("hardened mode did not end with the restart")
		}
	})
}

func TestEmptyOutgoingQueuesGo(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		attach(q)
		q.Send(farOrders, qmtest.Message("a"))
		first := outgoing(t, q, farOrders)
		first.Delivered(takeAll(t, q, farOrders))
		remain(t, q, farOrders, 0)
		q.Open(farBills, localqm.SendAccess) // it is open
		ok(t, q.Pause(ctx, qmtest.Owner, qmtest.Name(t, farBills)))
		third := `DIRECT=OS:third\private$\q`
		h, err := q.OpenQueue(ctx, qmtest.Owner, qmtest.Name(t, third), localqm.SendAccess, localqm.DenyNone)
		ok(t, err)
		h.Close()
		if len(q.Outgoings()) != 3 {
			t.Fatalf("%d outgoing queues", len(q.Outgoings()))
		}
		// farOrders is still in the hands of the handles that sent; a restart of
		// the applications lets it go.
		q.Restart()
		attach(q)
		if all := q.Outgoings(); len(all) != 1 || all[0].Destination().String() != farBills {
			t.Fatalf("after the restart: %v", all)
		}
		_, err = q.Queue(ctx, qmtest.Owner, qmtest.Name(t, farOrders))
		want(t, err, mq.ErrQueueNotFound)

		h, err = q.OpenQueue(ctx, qmtest.Owner, qmtest.Name(t, farOrders), localqm.SendAccess, localqm.DenyNone)
		ok(t, err)
		_, err = h.Send(ctx, nil, qmtest.Message("b"))
		ok(t, err)
		second := outgoing(t, q, farOrders)
		second.Delivered(takeAll(t, q, farOrders))
		remain(t, q, farOrders, 0)
		other, err := q.OpenQueue(ctx, qmtest.Owner, qmtest.Name(t, third), localqm.SendAccess, localqm.DenyNone)
		ok(t, err)
		marker := outgoing(t, q, third)
		other.Close()
		q.Clock.Advance(6 * minute)
		qmtest.Eventually(t, "an empty one is gone", marker.Gone)
		if second.Gone() {
			t.Fatal("gone while it is open")
		}
		h.Close()
		q.Clock.Advance(60 * minute)
		qmtest.Eventually(t, "it is gone", second.Gone)
		p, err := second.Take(ctx, peer, 1, 1)
		if err != nil || len(p) != 0 {
			t.Errorf("a queue that is gone gives %v, %v", p, err)
		}
		q.Send(farOrders, qmtest.Message("c"))
		if now := outgoing(t, q, farOrders); now == second || len(takeAll(t, q, farOrders)) != 1 {
			t.Error("the next message has no queue of its own")
		}
	})
}

func TestNamesOfOtherComputersThatCannotBeSentTo(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		id := mq.NewGUID()
		for name, code := range map[string]mq.HResult{
			"MACHINE=" + id.String() + ";DEADLETTER":            mq.ErrUnsupportedFormatNameOperation,
			"PRIVATE=" + id.String() + `\10;JOURNAL`:            mq.ErrUnsupportedFormatNameOperation,
			`DIRECT=OS:far\private$\orders;poison`:              mq.ErrUnsupportedFormatNameOperation,
			`DIRECT=OS:far\private$\orders;awaiting`:            mq.ErrUnsupportedFormatNameOperation,
			`DIRECT=OS:far\private$\orders;JOURNAL`:             mq.ErrUnsupportedFormatNameOperation,
			"DIRECT=HTTP://far/msmq/private$/orders":            mq.ErrUnsupportedFormatNameOperation,
			"PUBLIC=" + id.String():                             mq.ErrUnsupportedFormatNameOperation,
			"PRIVATE=" + q.Identity().ID.String() + `\00000fff`: mq.ErrQueueNotFound,
			`DIRECT=OS:TEST\private$\nothing`:                   mq.ErrQueueNotFound,
		} {
			_, err := q.OpenQueue(ctx, qmtest.Owner, qmtest.Name(t, name), localqm.SendAccess, localqm.DenyNone)
			if mq.CodeOf(err) != code {
				t.Errorf("%s: %v, want %v", name, err, code)
			}
		}
		for _, a := range []localqm.Access{localqm.ReceiveAccess, localqm.PeekAccess} {
			_, err := q.OpenQueue(ctx, qmtest.Owner, qmtest.Name(t, farOrders), a, localqm.DenyNone)
			want(t, err, mq.ErrQueueNotFound)
		}
		if n := len(q.Outgoings()); n != 0 {
			t.Errorf("%d outgoing queues were made", n)
		}
	})
}

func TestOutgoingQueuesAreFoundByEveryFormOfTheirName(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		attach(q)
		id := mq.NewGUID()
		private := "PRIVATE=" + id.String() + `\00000010`
		q.Send(`FAR\private$\orders`, qmtest.Message("path"))
		q.Send(`direct=os:far\PRIVATE$\Orders`, qmtest.Message("format"))
		q.Send(private, qmtest.Message("number"))
		labels(t, q, farOrders, "path", "format")
		if n := len(q.Outgoings()); n != 2 {
			t.Errorf("%d outgoing queues", n)
		}
		m := parsed(t, takeAll(t, q, private)[0])
		if m.Destination.String() != private || m.DestinationMachine != id {
			t.Errorf("to a number: %s on %s", m.Destination, m.DestinationMachine)
		}
		if d, err := q.Resolve(ctx, qmtest.Name(t, `far\private$\orders`)); err != nil || d.Local || d.Name.String() != farOrders {
			t.Errorf("resolved as %+v, %v", d, err)
		}
		list, err := q.Queues(ctx, qmtest.Owner)
		ok(t, err)
		n := 0
		for _, i := range list {
			if i.Queue.Kind == store.Outgoing {
				n++
				if i.Outgoing == nil || i.Outgoing.Link.State != mq.StateConnected || i.Outgoing.Oldest != q.Clock.Now() {
					t.Errorf("%s: %+v", i.Path, i.Outgoing)
				}
			}
		}
		if n != 2 {
			t.Errorf("%d outgoing queues are listed", n)
		}
	})
}

func TestWhoMayUseOutgoingQueues(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		attach(q)
		name := qmtest.Name(t, farOrders)
		_, err := q.OpenQueue(ctx, qmtest.Nobody, name, localqm.SendAccess, localqm.DenyNone)
		want(t, err, mq.ErrAccessDenied)
		_, err = q.OpenAs(qmtest.Stranger, farOrders, localqm.SendAccess).Send(ctx, nil, qmtest.Message("a"))
		ok(t, err)
		refused := func(what string, err error, code mq.HResult) {
			t.Helper()
			if mq.CodeOf(err) != code {
				t.Errorf("%s: %v, want %v", what, err, code)
			}
		}
		_, err = q.Purge(ctx, qmtest.Stranger, name)
		refused("purge", err, mq.ErrAccessDenied)
		_, err = q.Queue(ctx, qmtest.Stranger, name)
		refused("look", err, mq.ErrAccessDenied)
		refused("pause", q.Pause(ctx, qmtest.Stranger, name), mq.ErrAccessDenied)
		refused("resume", q.Resume(ctx, qmtest.Stranger, name), mq.ErrAccessDenied)
		refused("resend", q.Resend(ctx, qmtest.Stranger, name), mq.ErrAccessDenied)
		refused("delete", q.DeleteQueue(ctx, qmtest.Owner, name), mq.ErrUnsupportedOperation)
		_, err = q.SetQueue(ctx, qmtest.Owner, name, localqm.QueueSpec{Label: ptr("x")})
		refused("change", err, mq.ErrUnsupportedOperation)
		guard, err := q.QueueSecurity(ctx, qmtest.Owner, name)
		ok(t, err)
		refused("permissions", q.SetQueueSecurity(ctx, qmtest.Owner, name, guard), mq.ErrUnsupportedOperation)
		refused("pause a local queue", q.Pause(ctx, qmtest.Owner, qmtest.Name(t, deadLetter)), mq.ErrUnsupportedOperation)
		packet := q.Browsed(farOrders)[0].Row.Packet()
		refused("restore", q.Restore(ctx, qmtest.Owner, name, []localqm.Record{{Packet: packet}}), mq.ErrUnsupportedOperation)
		if n := q.Browsed(farOrders); len(n) != 1 {
			t.Errorf("%d messages", len(n))
		}
	})
}

func TestWhatWaitsCountsAgainstTheQuotaOfTheMachine(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		attach(q)
		ok(t, q.SetMachine(ctx, qmtest.Owner, func(s *localqm.Settings) error { s.Quota = 4; return nil }))
		big := func(m *mq.Message) { m.Body = make([]byte, 1500) }
		h := q.Open(farOrders, localqm.SendAccess)
		_, err := h.Send(ctx, nil, message("a", big), message("b", big), message("c", big))
		want(t, err, mq.ErrInsufficientResources)
		labels(t, q, farOrders, "a", "b")
		tx := begin(t, q)
		_, err = h.Send(ctx, tx, message("d", big))
		want(t, err, mq.ErrInsufficientResources)
		ok(t, tx.Commit(ctx))
		outgoing(t, q, farOrders).Delivered(takeAll(t, q, farOrders)[:1])
		remain(t, q, farOrders, 1)
		sendTxMessage(t, q, farOrders, message("e", big))
		same(t, "stream", places(t, takeAll(t, q, farOrders)), []string{"e 1<0"})
	})
}

func TestManyOutgoingQueuesAreTooMany(t *testing.T) {
	q := qmtest.Start(t, qmtest.Memory)
	open := func(name string) error {
		h, err := q.OpenQueue(ctx, qmtest.Owner, qmtest.Name(t, name), localqm.SendAccess, localqm.DenyNone)
		if err == nil {
			h.Close()
		}
		return err
	}
	for i := range localqm.MostOutgoing {
		ok(t, open(fmt.Sprintf(`DIRECT=OS:far%d\private$\q`, i)))
	}
	want(t, open(farOrders), mq.ErrInsufficientResources)
	q.Clock.Advance(6 * minute)
	qmtest.Eventually(t, "there is room again", func() bool { return open(farOrders) == nil })
}
