package localqm_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/wire"
)

// crossroads is the directory of a routing server: every private queue is where its
// name says.
type crossroads struct {
	state localqm.DirectoryState
	near  mq.GUID // who is in our site
}

func (c *crossroads) State() localqm.DirectoryState                         { return c.state }
func (c *crossroads) Owner(f mq.FormatName) (mq.GUID, bool)                 { return f.GUID, f.Kind == mq.KindPrivate }
func (c *crossroads) Connector(mq.GUID) (site mq.GUID, ok bool)             { return site, false }
func (c *crossroads) Inside(source mq.GUID, hops uint8) bool                { return source == c.near && hops == 1 }
func (c *crossroads) Delete(context.Context, localqm.Caller, mq.GUID) error { return errCrossroads }

func (c *crossroads) Find(context.Context, mq.QueueName) (p localqm.PublicQueue, err error) {
	return p, errCrossroads
}

func (c *crossroads) Create(_ context.Context, _ localqm.Caller, p localqm.PublicQueue) (localqm.PublicQueue, error) {
	return p, errCrossroads
}

func (c *crossroads) Set(context.Context, localqm.Caller, mq.GUID, localqm.QueueSpec) (p localqm.PublicQueue, err error) {
	return p, errCrossroads
}

func (c *crossroads) Expand(context.Context, mq.GUID) ([]mq.FormatName, error) {
	return nil, errCrossroads
}

var errCrossroads = mq.Errorf(mq.ErrNoDS, "ask the directory", "there is none")

// router makes a queue manager a routing server.
func router(q *qmtest.QM) *qmtest.QM {
	q.Join(&crossroads{state: localqm.DirectoryState{Mode: localqm.Integrated, Routing: true}})
	return q
}

// third is a queue of a third queue manager.
var third = mq.Private(mq.GUID{3}, 7)

// through makes a message one for it, after so many hops.
func through(hops uint8) func(*mq.Message) {
	return func(m *mq.Message) { m.Destination, m.HopCount = third, hops }
}

// passed are the messages that wait for the third queue manager: "label hops".
func passed(q *qmtest.QM) (out []string) {
	for _, d := range q.Browsed(third.String()) {
		out = append(out, fmt.Sprint(d.Message.Label, " ", d.Message.HopCount))
	}
	return out
}

func TestWhatCameBeforeIsPassedOnOnceAndWhatComesBackAgain(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		f := newFar(t, router(q), 1, "10.0.0.1")
		m := f.message("", "a", through(0))
		f.send(m)
		f.send(m)
		same(t, "passed on", passed(q), []string{"a 1"})
		q.Restart()
		f.q = router(q)
		f.send(m)
		same(t, "after a restart", passed(q), []string{"a 1"})
		m.HopCount = 2 // another routing server gave it back
		f.send(m)
		f.send(m)
		same(t, "what came back", passed(q), []string{"a 1", "a 3"})

		// An express one is a duplicate as well.
		x := f.message("", "x", through(0))
		x.Delivery = mq.Express
		f.send(x)
		f.send(x)
		same(t, "express", passed(q), []string{"a 1", "a 3", "x 1"})
	})
}

func TestATransactionalMessageIsPassedOnWhateverItsPlace(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		attach(q)
		f := newFar(t, router(q), 1, "10.0.0.1")
		send := func(label string, number, previous uint32) *mq.Message {
			m := f.message("", label, inStream(9, number, previous))
			through(0)(m)
			f.send(m)
			return m
		}
		first := send("c", 3, 2)
		send("a", 1, 0)
		f.send(first) // it waits here still
		same(t, "passed on", passed(q), []string{"c 1", "a 1"})

		// The next hop is responsible with its session acknowledgement, and every
		// packet leaves with the place that it came with.
		next := localqm.Peer{ID: mq.GUID{2}, Address: "10.0.0.2"}
		parcels := takeFor(t, q, third.String(), next)
		for i, at := range []uint32{3, 1} {
			m, err := wire.Parse(parcels[i].Packet, mq.GUID{})
			ok(t, err)
			if m.Sequence != 9 || m.SequenceNumber != at || parcels[i].Transactional {
				t.Errorf("parcel %d: %d %d", i, m.Sequence, m.SequenceNumber)
			}
		}
		outgoing(t, q, third.String()).Delivered(parcels)
		ok(t, q.Settle())
		same(t, "delivered", passed(q), nil)
		f.send(first) // its source sends it again: it may be lost behind us
		same(t, "again", passed(q), []string{"c 1"})
	})
}

func TestAClaimedIdentifierHoldsNothingUp(t *testing.T) {
	q := router(qmtest.Start(t, qmtest.Memory))
	attach(q)
	f := newFar(t, q, 1, "10.0.0.1")
	m := f.message("", "real", inStream(9, 1, 0))
	through(0)(m)
	forged := *m
	forged.Label, forged.Destination = "forged", mq.Private(mq.GUID{6}, 7) // where nobody is
	thief := newFar(t, q, 7, "10.0.0.7")
	thief.send(&forged)
	f.send(m)
	same(t, "passed on", passed(q), []string{"real 1"})
}

func TestWhoCannotTellWhetherItIsARoutingServerLeavesMessagesWhereTheyAre(t *testing.T) {
	q := qmtest.Start(t, qmtest.Memory)
	q.Join(&crossroads{state: localqm.DirectoryState{Mode: localqm.Workgroup, Why: "the controller is off"}})
	f := newFar(t, q, 1, "10.0.0.1")
	want(t, f.arrive(f.packet(f.message("", "a", through(0)))), mq.ErrNoDS)
	if n := len(q.Outgoings()); n > 0 {
		t.Errorf("%d outgoing queues", n)
	}
	q.Create("orders", open(localqm.QueueSpec{}))
	f.send(f.message("orders", "b", nil)) // what is for us comes
	labels(t, q, "orders", "b")
}

func TestWhatPassesThroughLeavesNoCopyInAJournal(t *testing.T) {
	q := router(qmtest.Start(t, qmtest.Memory))
	attach(q)
	f := newFar(t, q, 1, "10.0.0.1")
	m := f.message("", "a", through(0))
	m.Journal = true
	f.send(m)
	parcels := takeFor(t, q, third.String(), localqm.Peer{ID: mq.GUID{2}, Address: "10.0.0.2"})
	outgoing(t, q, third.String()).Delivered(parcels)
	ok(t, q.Settle())
	labels(t, q, `.\system$;journal`)
}

func TestMessagesThatPassThroughLeaveRoomForOutgoingQueues(t *testing.T) {
	q := router(qmtest.Start(t, qmtest.Memory))
	f := newFar(t, q, 1, "10.0.0.1")
	f.send(f.message("", "known", through(0)))
	for i := 1; i < localqm.PassQueues; i++ {
		h, err := q.OpenQueue(ctx, qmtest.Owner, qmtest.Name(t, fmt.Sprintf(`DIRECT=OS:far%d\private$\q`, i)), localqm.SendAccess, localqm.DenyNone)
		ok(t, err)
		h.Close()
	}
	m := f.message("", "more", nil)
	m.Destination = mq.Private(mq.GUID{5}, 7)
	want(t, f.arrive(f.packet(m)), mq.ErrInsufficientResources) // its sender keeps it
	f.send(f.message("", "again", through(0)))
	same(t, "passed on", passed(q), []string{"known 1", "again 1"})
	q.Open(`DIRECT=OS:far\private$\mine`, localqm.SendAccess)
}

// atlas is a crossroads whose map has one computer.
type atlas struct {
	crossroads
	known mq.GUID
}

func (a *atlas) Known(machine mq.GUID) bool { return machine == a.known }

func TestMadeUpComputersLeaveRoomForThoseThatExist(t *testing.T) {
	q := qmtest.Start(t, qmtest.Memory)
	q.Join(&atlas{crossroads{state: localqm.DirectoryState{Mode: localqm.Integrated, Routing: true}}, third.GUID})
	f := newFar(t, q, 1, "10.0.0.1")
	for i := range localqm.StrangeQueues {
		h, err := q.OpenQueue(ctx, qmtest.Owner, qmtest.Name(t, fmt.Sprintf(`DIRECT=OS:far%d\private$\q`, i)), localqm.SendAccess, localqm.DenyNone)
		ok(t, err)
		h.Close()
	}
	m := f.message("", "nobody's", nil)
	m.Destination = mq.Private(mq.GUID{5}, 7)
	want(t, f.arrive(f.packet(m)), mq.ErrInsufficientResources)
	f.send(f.message("", "known", through(0)))
	same(t, "passed on", passed(q), []string{"known 1"})
}

func TestAPurgeAtARoutingServerTellsTheSender(t *testing.T) {
	q := router(qmtest.Start(t, qmtest.Memory))
	f := newFar(t, q, 1, "10.0.0.1")
	admin := mq.Private(f.peer.ID, 8)
	plain := f.message("", "plain", through(0))
	plain.DeadLetter, plain.Acknowledge, plain.AdminQueue = true, mq.AckNegativeArrival, admin
	f.send(plain)
	booked := f.message("", "booked", inStream(9, 1, 0))
	through(0)(booked)
	booked.DeadLetter, booked.Acknowledge, booked.AdminQueue = true, mq.AckNegativeArrival, admin
	f.send(booked)
	_, err := q.Purge(context.Background(), qmtest.Owner, qmtest.Name(t, third.String()))
	ok(t, err)
	classes(t, q, `.\system$;deadletter`, mq.ClassNackDeleted)
	classes(t, q, `.\system$;deadxact`) // its source has it
	labels(t, q, admin.String(), "plain")
}

func TestALateMessageIsNotPassedOn(t *testing.T) {
	q := router(qmtest.Start(t, qmtest.Memory))
	f := newFar(t, q, 1, "10.0.0.1")
	late := f.message("", "late", through(0))
	late.TimeToReachQueue, late.DeadLetter = 10, true
	q.Clock.Advance(time.Minute)
	f.send(late)
	if n := len(q.Outgoings()); n > 0 {
		t.Errorf("%d outgoing queues", n)
	}
	classes(t, q, `.\system$;deadletter`, mq.ClassNackReachQueueTimeout)
}

func TestAnOrderAcknowledgementIsTheDestinationsWhoeverBringsIt(t *testing.T) {
	q := router(qmtest.Start(t, qmtest.Memory))
	attach(q)
	hub := newFar(t, q, 2, "10.0.0.2")
	sendEach(t, q, third.String(), "a", "b")
	takeFor(t, q, third.String(), hub.peer)
	sequence := outgoing(t, q, third.String()).Exactly().LastNonAck.ID
	ack := func(f *far, source mq.GUID, number uint32) {
		t.Helper()
		b, err := wire.AppendOrderAck(nil, wire.OrderQueue(q.Identity().ID), source, number, wire.Order{Sequence: sequence, Number: number}, q.Clock.Now())
		ok(t, err)
		ok(t, f.arrive(b))
		ok(t, q.Settle())
	}
	ack(hub, mq.GUID{9}, 2) // of who has nothing to do with it
	ack(hub, hub.peer.ID, 2)
	labels(t, q, third.String(), "a", "b")
	ack(hub, third.GUID, 1)
	labels(t, q, third.String(), "b")
	ack(newFar(t, q, 4, "10.0.0.4"), third.GUID, 2) // ways back may be others
	labels(t, q, third.String())

	// By a direct name nobody brings it but who was there.
	sendEach(t, q, farOrders, "c")
	takeAll(t, q, farOrders)
	sequence = outgoing(t, q, farOrders).Exactly().LastNonAck.ID
	ack(hub, peer.ID, 1)
	labels(t, q, farOrders, "c")
	ack(&far{t: t, q: q, peer: peer}, peer.ID, 1)
	labels(t, q, farOrders)
}
