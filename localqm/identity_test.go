package localqm_test

import (
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

func TestAQueueManagerTakesTheIdentifierOfTheDirectory(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("orders", localqm.QueueSpec{})
		q.Create("acks", localqm.QueueSpec{})
		old := q.Identity()
		name, err := q.PrivateName(qmtest.Name(t, "orders"))
		ok(t, err)
		acks, err := q.PrivateName(qmtest.Name(t, "acks"))
		ok(t, err)
		q.Send(name.String(), message("before", func(m *mq.Message) { m.AdminQueue, m.Acknowledge = acks, mq.AckPositiveReceive }))

		id := mq.NewGUID()
		ok(t, q.Adopt(ctx, id))
		check := func() {
			t.Helper()
			who := q.Identity()
			if who.ID != id || who.Name != old.Name || who.Created != old.Created {
				t.Fatalf("it was %+v, it is %+v", old, who)
			}
			if s, err := q.Status(ctx, qmtest.Owner); err != nil || s.Identity != who {
				t.Errorf("the status says %+v, %v", s.Identity, err)
			}
			if n, err := q.PrivateName(qmtest.Name(t, "orders")); err != nil || n.GUID != id {
				t.Errorf("its private name is %s, %v", n, err)
			}
			labels(t, q, name.String(), "before") // who kept the old name still finds it
		}
		check()
		ok(t, q.Adopt(ctx, id))
		q.Restart()
		check()

		if d := receive(t, q.Open("orders", localqm.ReceiveAccess)); d.Message.SourceMachine != old.ID {
			t.Errorf("what was sent before is from %s", d.Message.SourceMachine)
		}
		classes(t, q, "acks", mq.ClassAckReceive)
		q.Send("orders", qmtest.Message("after"))
		if d := q.Browsed("orders"); len(d) != 1 || d[0].Message.SourceMachine != id || d[0].Message.ID.Source != id {
			t.Errorf("what is sent now is %+v", d)
		}
		ok(t, q.Adopt(ctx, old.ID)) // and back
		labels(t, q, mq.Private(id, name.Number).String(), "after")
	})
}

type idle struct{ localqm.Carrier }

func (idle) Changed(*localqm.Outgoing) {}

func TestAnIdentifierIsNotTakenWhileTheOldOneIsInUse(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		old, id := q.Identity(), mq.NewGUID()
		refused := func(why string) {
			t.Helper()
			want(t, q.Adopt(ctx, id), mq.ErrIllegalOperation)
			if q.Identity() != old {
				t.Fatalf("%s: it is %+v", why, q.Identity())
			}
		}
		want(t, q.Adopt(ctx, mq.GUID{}), mq.ErrInvalidParameter)

		far := `DIRECT=OS:far\private$\q`
		h := q.Open(far, localqm.SendAccess) // it has sent nothing
		q.Send(far, qmtest.Message("m"))
		refused("a message waits")
		_, err := q.Purge(ctx, qmtest.Owner, qmtest.Name(t, far))
		ok(t, err)

		tx := begin(t, q)
		refused("a transaction is active")
		_, err = h.Send(ctx, tx, qmtest.Message("m"))
		ok(t, err)
		ok(t, tx.Prepare(ctx))
		q.Restart()
		refused("a transaction is prepared")
		ok(t, q.ResolveTransaction(ctx, qmtest.Owner, tx.ID(), false))

		q.Attach(idle{})
		refused("a carrier is attached")
		q.Attach(nil)
		ok(t, q.Adopt(ctx, id))
	})
}
