package transport_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/secure"
	"posthouse/localqm/store"
	"posthouse/localqm/transport/transporttest"
)

// chain is a sender, two routing servers and a destination that messages reach over
// both.
type chain struct {
	forest           *transporttest.Forest
	from, r1, r2, to *transporttest.QM
	orders, bookings string // names of queues of to
	l1, l2, l3       *transporttest.Line
}

func newChain(t *testing.T) *chain {
	t.Helper()
	n := transporttest.New(t)
	f := n.Forest()
	c := &chain{forest: f}
	c.from, c.r1, c.r2, c.to = f.Start("SHOP01", false), f.Start("HUB-ODN", true), f.Start("HUB-OSL", true), f.Start("ORDERS", false)
	c.l1, c.l2, c.l3 = f.Link("SHOP01", "HUB-ODN"), f.Link("HUB-ODN", "HUB-OSL"), f.Link("HUB-OSL", "ORDERS")
	f.Way("SHOP01", "ORDERS", []string{"HUB-ODN"})
	f.Way("HUB-ODN", "ORDERS", []string{"HUB-OSL"})
	f.Way("ORDERS", "SHOP01", []string{"HUB-OSL"})
	f.Way("HUB-OSL", "SHOP01", []string{"HUB-ODN"})
	queues(c.to)
	queues(c.from)
	c.orders, c.bookings = c.to.Private(`.\private$\orders`), c.to.Private(`.\private$\bookings`)
	return c
}

// settled waits until no outgoing queue of some has anything.
func settled(t *testing.T, qms ...*transporttest.QM) {
	t.Helper()
	for _, q := range qms {
		qmtest.Eventually(t, "the outgoing queues of "+q.Name+" are empty", func() bool {
			s, err := q.Status(context.Background(), qmtest.Owner)
			return err == nil && s.Outgoing.Messages == 0
		})
	}
}

func TestAMessageCrossesThreeHops(t *testing.T) {
	c := newChain(t)
	holds(t, c.to, "orders", append(sendAll(t, c.from, c.orders, 20, qmtest.Message), sendAll(t, c.from, c.orders, 20, express)...))
	holds(t, c.to, "bookings", book(t, c.from, c.bookings, 0, 20))
	settled(t, c.from, c.r1, c.r2)
	for _, d := range append(c.to.Browsed("orders"), c.to.Browsed("bookings")...) {
		if d.Message.HopCount != 2 {
			t.Fatalf("%s has passed %d routing servers, not 2", d.Message.Label, d.Message.HopCount)
		}
	}
	for _, q := range []*transporttest.QM{c.from, c.r1} {
		if n := q.Transport.Sessions(); n != 1 && n != 2 {
			t.Errorf("%s has %d sessions", q.Name, n)
		}
	}
	wantWords(t, link(t, c.from, c.orders).Why, "HUB-ODN", "gate to ORDERS")
}

func TestAPublicQueueIsReachedOverRoutingServers(t *testing.T) {
	c := newChain(t)
	name := c.forest.Public(c.to)
	guard := secure.Strict(qmtest.Owner.Token.User)
	for _, who := range everybody {
		guard = guard.Grant(who, uint32(mq.RightWriteMessage))
	}
	if err := c.to.Follow(context.Background(), localqm.PublicQueue{
		ID: name.GUID, Machine: c.to.Identity().ID, Computer: "ORDERS", Queue: "open", Spec: localqm.QueueSpec{Security: &guard},
	}); err != nil {
		t.Fatal(err)
	}
	want := sendAll(t, c.from, name.String(), 5, qmtest.Message)
	holds(t, c.to, name.String(), want)
	settled(t, c.from, c.r1, c.r2)
	if n := c.to.Browsed(name.String())[0].Message.HopCount; n != 2 {
		t.Errorf("it has passed %d routing servers", n)
	}
}

func TestWhatPassesThroughIsTheSameBitForBit(t *testing.T) {
	c := newChain(t)
	c.l3.Down(true)
	sent := qmtest.Message("a")
	sent.Extension = []byte{1, 2, 3}
	sent.Trace, sent.TraceQueue = true, mq.NewGUID()
	sent.DeadLetter, sent.Journal = true, true
	c.from.Send(c.orders, sent)
	var row *store.Row
	qmtest.Eventually(t, "it waits at HUB-OSL", func() bool {
		page, err := c.r2.Browse(context.Background(), qmtest.Owner, qmtest.Name(t, c.orders), store.Range{Limit: 1, Body: -1})
		if err != nil || len(page) == 0 {
			return false
		}
		row = page[0].Row
		return true
	})
	there := row.Packet()
	c.l3.Down(false)
	retry(t, c.r2, c.orders)
	holds(t, c.to, "orders", []string{"a"})
	came := c.to.Browsed("orders")[0].Row.Packet()
	if !slices.Equal(came, there) {
		t.Errorf("the packet differs:\n%x\n%x", there, came)
	}
	if came[60]&0x1f != 2 { // UserHeader.Flags.RC
		t.Errorf("RC %d", came[60]&0x1f)
	}
	if n := len(c.r1.Browsed(`.\system$;journal`)) + len(c.r2.Browsed(`.\system$;journal`)); n > 0 {
		t.Errorf("%d journal copies at routing servers", n)
	}
}

func TestAcknowledgementsGoBackOverTheRoutes(t *testing.T) {
	c := newChain(t)
	sent := qmtest.Message("a")
	sent.Acknowledge, sent.AdminQueue = mq.AckPositiveArrival|mq.AckPositiveReceive, must(mq.ParseFormatName(c.from.Private(`.\private$\orders`)))
	c.from.Send(c.orders, sent)
	holds(t, c.to, "orders", []string{"a"})
	qmtest.Eventually(t, "it is acknowledged", func() bool { return len(c.from.Browsed("orders")) == 1 })
	h := c.to.Open("orders", localqm.ReceiveAccess)
	if _, err := h.Read(context.Background(), localqm.ReadOptions{}); err != nil {
		t.Fatal(err)
	}
	qmtest.Eventually(t, "its receipt is acknowledged", func() bool { return len(c.from.Browsed("orders")) == 2 })

	// A transactional one: order acknowledgement, then the final one.
	tx, err := c.from.Begin()
	if err != nil {
		t.Fatal(err)
	}
	m := qmtest.Message("b")
	m.Journal = true
	if _, err := c.from.Open(c.bookings, localqm.SendAccess).Send(context.Background(), tx, m); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
	qmtest.Eventually(t, "it awaits its final acknowledgement", func() bool {
		info, err := c.from.Queue(context.Background(), qmtest.Owner, qmtest.Name(t, c.bookings))
		return err == nil && info.Outgoing.Unread.Messages == 1
	})
	if _, err := c.to.Open("bookings", localqm.ReceiveAccess).Read(context.Background(), localqm.ReadOptions{}); err != nil {
		t.Fatal(err)
	}
	qmtest.Eventually(t, "it is journaled", func() bool { return len(c.from.Browsed(`.\system$;journal`)) == 1 })
	settled(t, c.from, c.r1, c.r2, c.to)
}

// diamond has a cheap way over HUB-ODN and another over HUB-AAR.
func diamond(t *testing.T) (c *chain, cheap, dear *transporttest.Line) {
	t.Helper()
	n := transporttest.New(t)
	f := n.Forest()
	c = &chain{forest: f}
	c.from, c.r1, c.r2, c.to = f.Start("SHOP01", false), f.Start("HUB-ODN", true), f.Start("HUB-AAR", true), f.Start("ORDERS", false)
	cheap, dear = f.Link("SHOP01", "HUB-ODN"), f.Link("SHOP01", "HUB-AAR")
	f.Way("SHOP01", "ORDERS", []string{"HUB-ODN"}, []string{"HUB-AAR"})
	f.Way("ORDERS", "SHOP01", []string{"HUB-ODN"}, []string{"HUB-AAR"})
	f.Way("HUB-ODN", "SHOP01", []string{"SHOP01"}, []string{"HUB-AAR"})
	f.Way("HUB-AAR", "SHOP01", []string{"SHOP01"}, []string{"HUB-ODN"})
	queues(c.to)
	c.orders, c.bookings = c.to.Private(`.\private$\orders`), c.to.Private(`.\private$\bookings`)
	return c, cheap, dear
}

func TestTheOtherWayIsTakenAndTheBetterOneAgain(t *testing.T) {
	t.Parallel() // it waits
	c, cheap, _ := diamond(t)
	want := book(t, c.from, c.bookings, 0, 5)
	holds(t, c.to, "bookings", want)
	until(t, c.from, c.bookings, func(l localqm.Link) bool { return strings.Contains(l.Why, "HUB-ODN") })
	cheap.Down(true)
	want = append(want, book(t, c.from, c.bookings, 5, 5)...)
	holds(t, c.to, "bookings", want)
	l := until(t, c.from, c.bookings, func(l localqm.Link) bool { return l.State == mq.StateConnected && strings.Contains(l.Why, "HUB-AAR") })
	wantWords(t, l.Why, "HUB-AAR, gate to ORDERS", "Tried meanwhile: HUB-ODN")
	if len(l.NextHops) < 2 {
		t.Errorf("next hops %v", l.NextHops)
	}

	cheap.Down(false)
	for i := 10; ; i++ { // something has to be sent for the better way to be looked for
		want = append(want, book(t, c.from, c.bookings, i, 1)...)
		retry(t, c.from, c.bookings)
		if l := link(t, c.from, c.bookings); l.State == mq.StateConnected && strings.HasPrefix(l.Why, "HUB-ODN") {
			break
		}
		if i > 2000 {
			t.Fatalf("it never came back: %+v", link(t, c.from, c.bookings))
		}
		time.Sleep(5 * time.Millisecond)
	}
	holds(t, c.to, "bookings", want)
}

func TestAnUnknownDestinationWaitsWithWords(t *testing.T) {
	t.Parallel() // it waits
	c := newChain(t)
	c.forest.Lose("SHOP01", true)
	c.from.Send(c.orders, qmtest.Message("a"))
	l := until(t, c.from, c.orders, state(mq.StateNeedValidation))
	wantWords(t, l.Why, "No way is known", "does not answer")
	if l.NextTry.IsZero() {
		t.Error("no next try")
	}
	c.forest.Lose("SHOP01", false)
	holds(t, c.to, "orders", []string{"a"})
	// What was known goes on being used.
	c.forest.Lose("SHOP01", true)
	c.from.Send(c.orders, qmtest.Message("b"))
	holds(t, c.to, "orders", []string{"a", "b"})
}

func TestChangedWaysAreFollowed(t *testing.T) {
	c, _, _ := diamond(t)
	want := book(t, c.from, c.bookings, 0, 5)
	holds(t, c.to, "bookings", want)
	c.forest.Way("SHOP01", "ORDERS", []string{"HUB-AAR"})
	until(t, c.from, c.bookings, func(l localqm.Link) bool { return strings.HasPrefix(l.Why, "HUB-AAR") || l.State == mq.StateInactive })
	want = append(want, book(t, c.from, c.bookings, 5, 5)...)
	holds(t, c.to, "bookings", want)
	until(t, c.from, c.bookings, func(l localqm.Link) bool { return strings.HasPrefix(l.Why, "HUB-AAR") })
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
