package transport_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/store"
	"posthouse/localqm/transport/transporttest"
)

// abroad is a shop, the connector server of a foreign site and a computer there.
type abroad struct {
	forest         *transporttest.Forest
	from, hub      *transporttest.QM
	site           mq.GUID
	maker          string // a queue of the foreign computer
	plain, booking string // the connector queues
}

func newAbroad(t *testing.T) *abroad {
	t.Helper()
	f := transporttest.New(t).Forest()
	a := &abroad{forest: f, from: f.Start("SHOP01", false), hub: f.Start("GATE", true), site: mq.NewGUID()}
	queues(a.from)
	a.maker = mq.Private(f.Foreign("MAKER", "GATE", a.site), 12).String()
	f.Way("SHOP01", "MAKER", []string{"GATE"})
	a.plain, a.booking = mq.Connector(a.site, false).String(), mq.Connector(a.site, true).String()
	return a
}

// receive takes the next message of a queue, in a transaction or not.
func receive(t *testing.T, q *transporttest.QM, name string, in bool) *mq.Message {
	t.Helper()
	h := q.Open(name, localqm.ReceiveAccess)
	defer h.Close()
	var o localqm.ReadOptions
	if in {
		o.Tx = must(q.Begin())
	}
	d, err := h.Read(context.Background(), o)
	if err == nil && in {
		err = o.Tx.Commit(context.Background())
	}
	if err != nil {
		t.Fatalf("receive from %s: %v", name, err)
	}
	return d.Message
}

// connected waits until the connector queues hold messages.
func (a *abroad) connected(t *testing.T, queue string, want ...string) {
	t.Helper()
	qmtest.Eventually(t, fmt.Sprintf("%s holds %v", queue, want), func() bool {
		if _, err := a.hub.Queue(context.Background(), qmtest.Owner, qmtest.Name(t, queue)); err != nil {
			return false
		}
		return slices.Equal(a.hub.Labels(queue), want)
	})
}

func TestMessagesForForeignComputersWaitInConnectorQueues(t *testing.T) {
	a := newAbroad(t)
	m := asking("a", a.from)
	m.Acknowledge |= mq.AckPositiveArrival | mq.AckPositiveReceive
	a.from.Send(a.maker, m)
	want := book(t, a.from, a.maker, 0, 3)
	a.connected(t, a.plain, "a")
	a.connected(t, a.booking, want...)
	settled(t, a.from) // the stream ends at the connector server, which has acknowledged it
	a.hub.Restart()
	a.connected(t, a.plain, "a")
	a.connected(t, a.booking, want...)

	got := receive(t, a.hub, a.plain, false)
	if got.Label != "a" || got.Destination.String() != a.maker {
		t.Errorf("%s for %s", got.Label, got.Destination)
	}
	for _, label := range want {
		if got := receive(t, a.hub, a.booking, true); got.Label != label {
			t.Errorf("%s, want %s", got.Label, label)
		}
	}
	settled(t, a.hub)
	if got := classes(a.from, "orders"); len(got) > 0 {
		t.Errorf("told %v, which is the connector application's to tell", got)
	}
}

func TestTheConnectorApplicationAnswers(t *testing.T) {
	a := newAbroad(t)
	m := asking("a", a.from)
	a.from.Send(a.maker, m)
	a.connected(t, a.plain, "a")
	got := receive(t, a.hub, a.plain, false)
	answer := qmtest.Message("arrived")
	answer.Class, answer.ConnectorType = mq.ClassAckReachQueue, mq.NewGUID()
	copy(answer.CorrelationID[:], got.ID.Source[:])
	a.hub.Send(got.AdminQueue.String(), answer)
	eventually(t, a.from, "orders", "arrived 0002")
}

func TestSendersAtTheConnectorServerUseItsQueues(t *testing.T) {
	a := newAbroad(t)
	a.hub.Send(a.maker, qmtest.Message("a"))
	want := book(t, a.hub, a.maker, 0, 3)
	// Several messages in one transaction are one.
	tx, h := must(a.hub.Begin()), a.hub.Open(a.maker, localqm.SendAccess)
	for _, l := range []string{"x", "y"} {
		if _, err := h.Send(context.Background(), tx, qmtest.Message(l)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
	want = append(want, "x", "y")
	a.connected(t, a.plain, "a")
	a.connected(t, a.booking, want...)
	last := a.hub.Browsed(a.booking)
	if x, y := last[3].Message, last[4].Message; !x.First || x.Last || y.First || !y.Last {
		t.Errorf("the ends of the transaction: %v %v, %v %v", x.First, x.Last, y.First, y.Last)
	}
	for range want {
		receive(t, a.hub, a.booking, true)
	}
	settled(t, a.hub)
}

func TestConnectorQueuesAreGuardedAndNotDeletedWhileUsed(t *testing.T) {
	a := newAbroad(t)
	ctx := context.Background()
	if err := a.hub.ServeConnector(ctx, a.site); err != nil {
		t.Fatal(err)
	}
	name := qmtest.Name(t, a.plain)
	if _, err := a.hub.OpenQueue(ctx, qmtest.Stranger, name, localqm.ReceiveAccess, localqm.DenyNone); mq.CodeOf(err) != mq.ErrAccessDenied {
		t.Errorf("a stranger reads it: %v", err)
	}
	if _, err := a.hub.OpenQueue(ctx, qmtest.Owner, name, localqm.SendAccess, localqm.DenyNone); err == nil {
		t.Error("it was opened to be sent to by its own name")
	}
	if _, err := a.hub.Browse(ctx, qmtest.Stranger, name, store.Range{Limit: 1}); mq.CodeOf(err) != mq.ErrAccessDenied {
		t.Errorf("a stranger browses it: %v", err)
	}
	a.from.Send(a.maker, qmtest.Message("a"))
	a.connected(t, a.plain, "a")
	if err := a.hub.DeleteQueue(ctx, qmtest.Owner, name); err == nil {
		t.Error("it was deleted with a message")
	}
	receive(t, a.hub, a.plain, false)
	if err := a.hub.DeleteQueue(ctx, qmtest.Owner, name); err != nil {
		t.Error(err)
	}
	a.from.Send(a.maker, qmtest.Message("b"))
	a.connected(t, a.plain, "b")
	i, err := a.hub.Queue(ctx, qmtest.Owner, qmtest.Name(t, a.booking))
	if err != nil || !i.Queue.Transactional {
		t.Errorf("%+v %v", i.Queue, err)
	}
}

func TestWhatWaitedIsHandedOverToANewConnectorServer(t *testing.T) {
	f := transporttest.New(t).Forest()
	hub := f.Start("GATE", true)
	f.Start("OTHER", true)
	site := mq.NewGUID()
	maker := mq.Private(f.Foreign("MAKER", "OTHER", site), 12).String()
	f.Way("GATE", "MAKER", []string{"NOBODY"})
	hub.Send(maker, qmtest.Message("a"))
	want := book(t, hub, maker, 0, 3)
	until(t, hub, maker, state(mq.StateNeedValidation))
	f.Connect("GATE", site)
	hub.DirectoryChanged()
	a := &abroad{hub: hub}
	a.connected(t, mq.Connector(site, false).String(), "a")
	a.connected(t, mq.Connector(site, true).String(), want...)
	want = append(want, book(t, hub, maker, 3, 1)...)
	a.connected(t, mq.Connector(site, true).String(), want...)
	for range want {
		receive(t, hub, mq.Connector(site, true).String(), true)
	}
	settled(t, hub)
	hub.Restart()
}
