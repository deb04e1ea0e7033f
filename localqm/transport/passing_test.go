package transport_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/proxy"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/transport/transporttest"
)

// classes are the labels and classes of what a queue holds: "a 8005".
func classes(q *transporttest.QM, queue string) (out []string) {
	for _, d := range q.Browsed(queue) {
		out = append(out, fmt.Sprintf("%s %04X", d.Message.Label, uint16(d.Row.Class)))
	}
	return out
}

// eventually waits until a queue holds messages of exactly these classes.
func eventually(t *testing.T, q *transporttest.QM, queue string, want ...string) {
	t.Helper()
	qmtest.Eventually(t, fmt.Sprintf("%s on %s holds %v", queue, q.Name, want), func() bool {
		return fmt.Sprint(classes(q, queue)) == fmt.Sprint(want)
	})
}

// bookOne sends one transactional message as it is.
func bookOne(t *testing.T, q *transporttest.QM, to string, m *mq.Message) {
	t.Helper()
	if err := inTransaction(q, q.Open(to, localqm.SendAccess), m); err != nil {
		t.Fatal(err)
	}
}

// asking is a message that wants to be told of its failure.
func asking(label string, q *transporttest.QM) *mq.Message {
	m := qmtest.Message(label)
	m.DeadLetter = true
	m.Acknowledge, m.AdminQueue = mq.AckNegativeArrival, must(mq.ParseFormatName(q.Private(`.\private$\orders`)))
	return m
}

func TestACircleEndsAtTheHopLimitAndTheSenderIsTold(t *testing.T) {
	c := newChain(t)
	c.forest.Way("HUB-OSL", "ORDERS", []string{"HUB-ODN"})
	c.from.Send(c.orders, asking("a", c.from))
	eventually(t, c.from, "orders", "a 8005")
	bookOne(t, c.from, c.bookings, asking("b", c.from))
	eventually(t, c.from, `.\system$;deadxact`, "b 8005")
	// The administration queue is told once of each.
	eventually(t, c.from, "orders", "a 8005", "b 8005")
	settled(t, c.from, c.r1, c.r2)
	if n := len(c.to.Browsed("orders")) + len(c.to.Browsed("bookings")); n > 0 {
		t.Errorf("%d messages arrived", n)
	}
	for _, q := range []*transporttest.QM{c.r1, c.r2} {
		if got := classes(q, `.\system$;deadletter`); len(got) > 0 {
			t.Errorf("dead letters on %s: %v", q.Name, got)
		}
	}
}

func TestACircleThatOpensDeliversWhatWentRound(t *testing.T) {
	c := newChain(t)
	// What HUB-OSL gives back is no duplicate for HUB-ODN, which passes it on again.
	c.l3.Down(true)
	c.forest.Way("HUB-OSL", "ORDERS", []string{"ORDERS"}, []string{"HUB-ODN"})
	c.forest.Link("HUB-ODN", "ORDERS")
	want := sendAll(t, c.from, c.orders, 3, qmtest.Message)
	c.forest.Way("HUB-ODN", "ORDERS", []string{"ORDERS"})
	qmtest.Eventually(t, "all arrive, in any order", func() bool {
		got := c.to.Labels("orders")
		slices.Sort(got)
		return slices.Equal(got, want)
	})
	settled(t, c.from, c.r1, c.r2)
}

func TestWhoIsNoRoutingServerRefuses(t *testing.T) {
	c := newChain(t)
	c.forest.Way("SHOP01", "ORDERS", []string{"SHOP02"})
	shop := c.forest.Start("SHOP02", false)
	c.forest.Changed()
	set(t, shop, func(s *localqm.Settings) { s.InsecureNack = true })
	c.from.Send(c.orders, asking("a", c.from))
	eventually(t, c.from, "orders", "a 8000")
	bookOne(t, c.from, c.bookings, asking("b", c.from))
	eventually(t, c.from, `.\system$;deadxact`, "b 8000")
	if n := len(shop.Outgoings()); n > 2 {
		t.Errorf("it has %d outgoing queues", n)
	}
}

func TestMessagesExpireAtARoutingServer(t *testing.T) {
	t.Parallel() // it waits
	c := newChain(t)
	set(t, c.from, func(s *localqm.Settings) { s.Resend = [4]uint32{1, 1, 1, 1} })
	c.l3.Down(true)
	plain, ours, last := asking("plain", c.from), asking("booked", c.from), asking("last", c.from)
	plain.TimeToReachQueue, ours.TimeToReachQueue = 2, 2
	c.from.Send(c.orders, plain)
	bookOne(t, c.from, c.bookings, ours)
	bookOne(t, c.from, c.bookings, last)
	// Who let it expire keeps the dead letter, but the source that of its stream.
	eventually(t, c.r2, `.\system$;deadletter`, "plain 8002")
	eventually(t, c.from, `.\system$;deadxact`, "booked 8002")
	eventually(t, c.r2, `.\system$;deadxact`)
	qmtest.Eventually(t, "both are told of", func() bool { return len(c.from.Browsed("orders")) == 2 })
	c.l3.Down(false)
	retry(t, c.r2, c.bookings)
	holds(t, c.to, "bookings", []string{"last"}) // it bridges the gap when it is sent again
}

func TestWhatIsSentAgainDoesNotPileUpOnTheWay(t *testing.T) {
	t.Parallel() // it waits
	c := newChain(t)
	set(t, c.from, func(s *localqm.Settings) { s.Resend = [4]uint32{1, 1, 1, 1} })
	c.l3.Down(true)
	want := book(t, c.from, c.bookings, 0, 5)
	until(t, c.from, c.bookings, func(l localqm.Link) bool { return l.ResendCount >= 2 })
	holds(t, c.r2, c.bookings, want)
	c.r2.Restart()
	until(t, c.from, c.bookings, func(l localqm.Link) bool { return l.ResendCount >= 4 })
	holds(t, c.r2, c.bookings, want)
	c.l3.Down(false)
	retry(t, c.r2, c.bookings)
	holds(t, c.to, "bookings", want)
	settled(t, c.from, c.r1, c.r2)
}

func TestARoutingServerThatIsFullTakesNothing(t *testing.T) {
	t.Parallel() // it waits
	c := newChain(t)
	c.l2.Down(true)
	quota(t, c.r1, 2)
	var want []string
	for i := range 6 {
		m := qmtest.Message(fmt.Sprint(i))
		m.Body = make([]byte, 500)
		c.from.Send(c.orders, m)
		want = append(want, m.Label)
	}
	until(t, c.from, c.orders, func(l localqm.Link) bool { return strings.Contains(l.Why, "quota") })
	if n := len(c.r1.Browsed(c.orders)); n == 0 || n >= 6 {
		t.Errorf("it took %d", n)
	}
	quota(t, c.r1, mq.Never)
	c.l2.Down(false)
	retry(t, c.r1, c.orders)
	retry(t, c.from, c.orders)
	holds(t, c.to, "orders", want)
}

func TestTheWayIsCutAmongAThousandTransactionalMessages(t *testing.T) {
	t.Parallel() // it waits
	c, cheap, dear := diamond(t)
	set(t, c.from, func(s *localqm.Settings) { s.Resend = [4]uint32{1, 1, 1, 1} })
	const n = 1000
	done := make(chan []string)
	go func() { done <- book(t, c.from, c.bookings, 0, n) }()
	count := func() int {
		return int(c.to.Store.Count(must(c.to.Queue(context.Background(), qmtest.Owner, qmtest.Name(t, "bookings"))).Queue.Slot).Messages)
	}
	qmtest.Eventually(t, "some arrived", func() bool { return count() > 200 })
	cheap.Down(true)
	qmtest.Eventually(t, "they go the other way", func() bool { return count() > 500 })
	want := <-done
	holds(t, c.to, "bookings", want)
	cheap.Down(false)
	dear.Down(true)
	c.hurry(t, n, 0)
	settled(t, c.from)
	holds(t, c.to, "bookings", want)
}

func TestARoutingServerThatIsRestartedLosesAndDoublesNothing(t *testing.T) {
	t.Parallel() // it waits
	c := newChain(t)
	set(t, c.from, func(s *localqm.Settings) { s.Resend = [4]uint32{1, 1, 1, 1} })
	type sent struct{ booked, plain []string }
	done := make(chan sent)
	go func() {
		var s sent
		for i := range 10 {
			s.booked = append(s.booked, book(t, c.from, c.bookings, 40*i, 40)...)
			s.plain = append(s.plain, sendAll(t, c.from, c.orders, 1, func(string) *mq.Message { return qmtest.Message(fmt.Sprint("plain ", i)) })...)
			s.plain[i] = fmt.Sprint("plain ", i)
			time.Sleep(20 * time.Millisecond) // the restarts come among them
		}
		done <- s
	}()
	for range 3 {
		c.r2.Restart()
		c.r1.Restart()
	}
	s := <-done
	c.hurry(t, len(s.booked), len(s.plain))
	holds(t, c.to, "bookings", s.booked)
	holds(t, c.to, "orders", s.plain)
}

// hurry waits until so many messages have arrived, and for no next try.
func (c *chain) hurry(t *testing.T, booked, plain int) {
	t.Helper()
	qmtest.Eventually(t, "all arrived", func() bool {
		for _, q := range []*transporttest.QM{c.from, c.r1, c.r2, c.to} {
			for _, o := range q.Outgoings() {
				if q.Transport.Link(o).State != mq.StateConnected {
					_ = q.Resend(context.Background(), qmtest.Owner, mq.QueueName{Format: o.Destination()}) // it may be gone
				}
			}
		}
		return len(c.to.Labels("bookings")) >= booked && len(c.to.Labels("orders")) >= plain
	})
}

func TestABadLineOnTheWay(t *testing.T) {
	t.Parallel() // it waits
	c := newChain(t)
	set(t, c.from, func(s *localqm.Settings) { s.Resend = [4]uint32{1, 1, 1, 1} })
	for _, l := range []*transporttest.Line{c.l1, c.l2, c.l3} {
		l.Set(proxy.Rule{Duplicate: 0.05, Cut: 0.01, Only: proxy.Messages})
	}
	want := book(t, c.from, c.bookings, 0, 200)
	plain := sendAll(t, c.from, c.orders, 50, qmtest.Message)
	c.hurry(t, len(want), len(plain))
	holds(t, c.to, "bookings", want)
	if got := c.to.Labels("orders"); len(got) != len(plain) {
		t.Errorf("%d messages of %d", len(got), len(plain))
	}
}

func TestManyDestinationsShareOneSession(t *testing.T) {
	n := transporttest.New(t)
	f := n.Forest()
	from, hub := f.Start("SHOP01", false), f.Start("HUB", true)
	site := mq.NewGUID()
	line := f.Link("SHOP01", "HUB")
	line.Down(true)
	const many = 60
	for i := range many {
		name := fmt.Sprint("FAR", i)
		machine := f.Foreign(name, "HUB", site)
		f.Way("SHOP01", name, []string{"HUB"})
		from.Send(mq.Private(machine, 7).String(), qmtest.Message(name))
	}
	first := mq.Private(must(f.Machine("FAR0")), 7).String()
	l := until(t, from, first, func(l localqm.Link) bool { return l.Failures > 0 })
	if l.Failures > 3 {
		t.Errorf("%d tries of one dead next hop in a moment", l.Failures)
	}
	line.Down(false)
	retry(t, from, first)
	connector := mq.Connector(site, false).String()
	qmtest.Eventually(t, "all are in the connector queue", func() bool {
		i, err := hub.Queue(context.Background(), qmtest.Owner, qmtest.Name(t, connector))
		return err == nil && i.Count.Messages == many
	})
	if s := from.Transport.Sessions(); s > 2 {
		t.Errorf("%d sessions to one next hop", s)
	}
}
