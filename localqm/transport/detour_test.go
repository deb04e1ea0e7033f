package transport_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/transport"
	"posthouse/localqm/transport/transporttest"
)

// triangle has a gate HUB-CPH with a neighbour ERP and, in another site, DESK; ORDERS
// is reached from it directly or by a detour over HUB-AAR.
type triangle struct {
	*chain                 // from is HUB-CPH, r1 HUB-AAR
	erp, desk              *transporttest.QM
	straight, over, beyond *transporttest.Line
}

func newTriangle(t *testing.T, change ...func(*transport.Options)) *triangle {
	t.Helper()
	n := transporttest.New(t)
	f := n.Forest()
	c := &triangle{chain: &chain{forest: f}}
	c.from, c.r1, c.to = f.Start("HUB-CPH", true, change...), f.Start("HUB-AAR", true), f.Start("ORDERS", true)
	c.r2 = c.r1
	c.erp, c.desk = f.Start("ERP", false), f.Start("DESK", false)
	c.straight, c.over, c.beyond = f.Link("HUB-CPH", "ORDERS"), f.Link("HUB-CPH", "HUB-AAR"), f.Link("HUB-AAR", "ORDERS")
	f.Near("HUB-CPH", "ERP")
	f.Detour("HUB-CPH", "ORDERS", "HUB-AAR")
	f.Detour("ORDERS", "HUB-CPH", "HUB-AAR")
	// In Aarhus the way over Copenhagen is the next best one.
	f.Way("HUB-AAR", "ORDERS", []string{"ORDERS"}, []string{"HUB-CPH"})
	for _, q := range []string{"ERP", "DESK"} {
		f.Way(q, "ORDERS", []string{"HUB-CPH"})
		f.Way("ORDERS", q, []string{"HUB-CPH"})
		f.Detour("ORDERS", q, "HUB-AAR")
		f.Way("HUB-AAR", q, []string{"HUB-CPH"})
	}
	queues(c.to)
	queues(c.from)
	queues(c.erp)
	c.orders, c.bookings = c.to.Private(`.\private$\orders`), c.to.Private(`.\private$\bookings`)
	for _, q := range []*transporttest.QM{c.from, c.r1, c.to, c.erp, c.desk} {
		set(t, q, func(s *localqm.Settings) { s.Resend = [4]uint32{1, 1, 1, 1} })
	}
	return c
}

func TestWhatBeginsHereMakesADetourAndWhatPassesThroughWaits(t *testing.T) {
	t.Parallel() // it waits
	c := newTriangle(t)
	c.straight.Down(true)
	c.desk.Send(c.orders, qmtest.Message("desk"))
	settled(t, c.desk)
	holds(t, c.from, c.orders, []string{"desk"})
	want := book(t, c.from, c.bookings, 0, 20)
	holds(t, c.to, "bookings", want)
	settled(t, c.r1)
	l := until(t, c.from, c.bookings, func(l localqm.Link) bool { return strings.HasPrefix(l.Why, "HUB-AAR") })
	wantWords(t, l.Why, "HUB-AAR, detour over HUB-AAR: ", "Tried meanwhile: ORDERS")

	// A neighbour's take it too, behind a message that waits.
	c.erp.Send(c.orders, asking("erp", c.erp))
	holds(t, c.to, "orders", []string{"erp"})
	if n := c.to.Browsed("orders")[0].Message.HopCount; n != 2 {
		t.Errorf("it has passed %d routing servers", n)
	}
	bookOne(t, c.erp, c.bookings, qmtest.Message("booked"))
	want = append(want, "booked")
	holds(t, c.to, "bookings", want)
	l = until(t, c.from, c.orders, state(mq.StateWaiting))
	wantWords(t, l.Why, "from other sites wait for a better way", "ORDERS, destination")
	if l.NextTry.IsZero() {
		t.Error("no next try of the better way")
	}
	holds(t, c.from, c.orders, []string{"desk"})
	settled(t, c.erp, c.r1)

	// It leaves when the line is there again.
	c.straight.Down(false)
	retry(t, c.from, c.orders)
	holds(t, c.to, "orders", []string{"erp", "desk"})
	settled(t, c.from, c.r1, c.desk)
}

func TestALinkThatComesBackTakesWhatWaitsByItself(t *testing.T) {
	t.Parallel() // it waits
	c := newTriangle(t)
	c.straight.Down(true)
	c.from.Send(c.orders, qmtest.Message("own"))
	holds(t, c.to, "orders", []string{"own"})
	c.desk.Send(c.orders, qmtest.Message("desk"))
	until(t, c.from, c.orders, func(l localqm.Link) bool { return strings.Contains(l.Why, "other sites wait") })
	c.straight.Down(false)
	holds(t, c.to, "orders", []string{"own", "desk"})
}

func TestWhatComesBackFromADetourWaits(t *testing.T) {
	t.Parallel() // it waits
	c := newTriangle(t)
	c.straight.Down(true)
	c.beyond.Down(true)
	c.from.Send(c.orders, qmtest.Message("own"))
	c.erp.Send(c.orders, qmtest.Message("erp"))
	qmtest.Eventually(t, "both have come back and wait", func() bool {
		var hops []string
		for _, d := range c.from.Browsed(c.orders) {
			hops = append(hops, fmt.Sprint(d.Message.Label, " ", d.Message.HopCount))
		}
		return len(hops) == 2 && strings.Contains(fmt.Sprint(hops), "own 2") && strings.Contains(fmt.Sprint(hops), "erp 3") && len(c.r1.Browsed(c.orders)) == 0
	})
	c.straight.Down(false)
	retry(t, c.from, c.orders)
	qmtest.Eventually(t, "both arrive", func() bool { return len(c.to.Labels("orders")) == 2 })
	settled(t, c.from, c.r1, c.erp)
}

func TestAnswersMakeADetour(t *testing.T) {
	t.Parallel() // it waits
	c := newTriangle(t)
	c.straight.Down(true)
	m := qmtest.Message("a")
	m.Acknowledge, m.AdminQueue = mq.AckPositiveArrival, must(mq.ParseFormatName(c.erp.Private(`.\private$\orders`)))
	c.erp.Send(c.orders, m)
	holds(t, c.to, "orders", []string{"a"})
	qmtest.Eventually(t, "it is acknowledged", func() bool { return len(c.erp.Browsed("orders")) == 1 })
	// So are streams: nothing is left at their source.
	holds(t, c.to, "bookings", book(t, c.erp, c.bookings, 0, 5))
	settled(t, c.erp, c.from, c.to)
}

func TestTheDirectLineIsCutAndMendedAmongTransactionalMessages(t *testing.T) {
	t.Parallel() // it waits
	c := newTriangle(t)
	const n = 600
	done := make(chan []string)
	go func() { done <- book(t, c.from, c.bookings, 0, n) }()
	count := func() int {
		return int(c.to.Store.Count(must(c.to.Queue(context.Background(), qmtest.Owner, qmtest.Name(t, "bookings"))).Queue.Slot).Messages)
	}
	for i, down := range []bool{true, false, true} {
		qmtest.Eventually(t, "some arrived", func() bool { return count() > n/8*(i+1) })
		c.straight.Down(down)
		time.Sleep(50 * time.Millisecond) // the changes come among them
	}
	want := <-done
	c.hurry(t, n, 0)
	holds(t, c.to, "bookings", want)
	c.straight.Down(false)
	c.hurry(t, n, 0)
	settled(t, c.from)
	holds(t, c.to, "bookings", want)
}

func TestADetourIsNotKeptOpenForWhatMayNotTakeIt(t *testing.T) {
	t.Parallel() // it waits
	c := newTriangle(t, func(o *transport.Options) { o.Session.Cleanup = time.Second })
	c.straight.Down(true)
	c.from.Send(c.orders, qmtest.Message("own"))
	c.desk.Send(c.orders, qmtest.Message("desk"))
	holds(t, c.to, "orders", []string{"own"})
	settled(t, c.desk)
	qmtest.Eventually(t, "no session is open", func() bool { return c.from.Transport.Sessions() == 0 })
	before := link(t, c.from, c.orders).NextTry // the better way is tried on
	until(t, c.from, c.orders, func(l localqm.Link) bool { return !l.NextTry.IsZero() && l.NextTry.After(before) })
	if n := c.from.Transport.Sessions(); n != 0 {
		t.Errorf("%d sessions", n)
	}
	c.from.Send(c.orders, qmtest.Message("own again"))
	holds(t, c.to, "orders", []string{"own", "own again"})
	c.straight.Down(false)
	retry(t, c.from, c.orders)
	holds(t, c.to, "orders", []string{"own", "own again", "desk"})
}
