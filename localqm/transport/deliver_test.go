package transport_test

import (
	"bytes"
	"context"
	"net/netip"
	"slices"
	"sync"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/session"
	"posthouse/localqm/transport"
	"posthouse/localqm/transport/transporttest"
)

func TestExpressMessagesArriveInOrder(t *testing.T) {
	from, to := pair(t)
	labels := sendAll(t, from, to.Direct("orders"), 300, express)
	holds(t, to, "orders", labels)
	holds(t, from, to.Direct("orders"), nil)
}

func TestRecoverableMessagesArriveInOrder(t *testing.T) {
	from, to := pair(t)
	labels := sendAll(t, from, to.DirectTCP("orders"), 300, qmtest.Message)
	holds(t, to, "orders", labels)
	holds(t, from, to.DirectTCP("orders"), nil)
}

func TestTransactionalMessagesArriveOnceInOrder(t *testing.T) {
	from, to := pair(t)
	labels := book(t, from, to.Direct("bookings"), 0, 300)
	holds(t, to, "bookings", labels)
	holds(t, from, to.Direct("bookings"), nil) // the order acknowledgement came
}

func TestAPrivateNameLeadsToAQueueManagerThatIsKnown(t *testing.T) {
	t.Parallel() // it waits
	from, to := pair(t)
	// They have met once; nothing else tells where an identifier is.
	holds(t, to, "orders", sendAll(t, from, to.Direct("orders"), 1, qmtest.Message))
	info, err := to.Queue(context.Background(), qmtest.Owner, qmtest.Name(t, "bookings"))
	if err != nil {
		t.Fatal(err)
	}
	private := mq.Private(to.Identity().ID, info.Queue.Number).String()
	holds(t, to, "bookings", book(t, from, private, 0, 20))
	holds(t, from, private, nil)
	from.Restart()
	labels := append(to.Labels("bookings"), book(t, from, private, 20, 20)...)
	holds(t, to, "bookings", labels)

	to.Move("127.0.0.97")
	labels = append(labels, book(t, from, private, 40, 20)...)
	holds(t, to, "bookings", labels)
}

func TestBothDirectionsAtOnce(t *testing.T) {
	a, b := pair(t)
	queues(a)
	var both sync.WaitGroup
	sent := map[*transporttest.QM][]string{}
	var mu sync.Mutex
	for _, d := range [][2]*transporttest.QM{{a, b}, {b, a}} {
		both.Go(func() {
			labels := book(t, d[0], d[1].Direct("bookings"), 0, 200)
			mu.Lock()
			defer mu.Unlock()
			sent[d[0]] = labels
		})
		both.Go(func() { sendAll(t, d[0], d[1].Direct("orders"), 200, express) })
	}
	both.Wait()
	holds(t, b, "bookings", sent[a])
	holds(t, a, "bookings", sent[b])
	for _, q := range []*transporttest.QM{a, b} {
		qmtest.Eventually(t, "200 orders on "+q.Name, func() bool { return len(q.Labels("orders")) == 200 })
	}
}

func TestManyQueuesShareOneSession(t *testing.T) {
	from, to := pair(t)
	yes := true
	names := []string{"a", "b", "c", "d", "e", "f"}
	want := map[string][]string{}
	for _, name := range names {
		to.Create(name, localqm.QueueSpec{AllowSend: everybody, Transactional: &yes})
		want[name] = book(t, from, to.Direct(name), 0, 30)
	}
	for _, name := range names {
		holds(t, to, name, want[name])
	}
	if n := to.Transport.Sessions(); n != 1 {
		t.Errorf("%d sessions, want 1", n)
	}
}

func TestOneMessageForManyDestinations(t *testing.T) {
	n := transporttest.New(t)
	from, hub, store := n.Start("DESK7"), n.Start("HUB"), n.Start("STORE")
	queues(hub)
	queues(store)
	from.Create("copies", localqm.QueueSpec{})
	all := hub.Direct("orders") + "," + store.DirectTCP("orders") + "," + from.Direct("copies")
	labels := sendAll(t, from, all, 10, qmtest.Message)
	holds(t, hub, "orders", labels)
	holds(t, store, "orders", labels)
	holds(t, from, "copies", labels)
}

func TestLargeMessagesArriveWhole(t *testing.T) {
	from, to := pair(t)
	var bodies [][]byte
	h := from.Open(to.Direct("orders"), localqm.SendAccess)
	for i := range 5 {
		m := qmtest.Message("large")
		// As large as a packet may be, and small ones between.
		if m.Body = bytes.Repeat([]byte{byte('a' + i)}, 100); i%2 == 0 {
			m.Body = bytes.Repeat([]byte{byte('a' + i)}, mq.MaxPacketSize-1024)
		}
		if _, err := h.Send(context.Background(), nil, m); err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, m.Body)
	}
	holds(t, to, "orders", slices.Repeat([]string{"large"}, len(bodies)))
	for i, d := range to.Browsed("orders") {
		if !bytes.Equal(d.Message.Body, bodies[i]) {
			t.Errorf("message %d came with %d bytes, or others; want %d", i, len(d.Message.Body), len(bodies[i]))
		}
	}
}

func TestManyLargeMessagesFromManySenders(t *testing.T) {
	n := transporttest.New(t)
	to := n.Start("HUB", func(o *transport.Options) { o.Session.Memory = session.NewMemory(64 << 20) })
	queues(to)
	const each = 15
	var all sync.WaitGroup
	for _, name := range []string{"DESK1", "DESK2", "DESK3"} {
		from := n.Start(name)
		h := from.Open(to.Direct("orders"), localqm.SendAccess)
		all.Go(func() {
			for range each {
				m := express(name)
				m.Body = make([]byte, mq.MaxPacketSize-1024)
				if _, err := h.Send(context.Background(), nil, m); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	qmtest.Eventually(t, "all of them", func() bool {
		info, err := to.Queue(context.Background(), qmtest.Owner, qmtest.Name(t, "orders"))
		return err == nil && info.Count.Messages == 3*each
	})
}

func TestANameMayStandForAnIPv6Address(t *testing.T) {
	n := transporttest.New(t)
	from := n.Start("DESK7")
	to := n.Start("HUB", func(o *transport.Options) { o.Listen = []netip.Addr{netip.IPv6Loopback()} })
	queues(to)
	n.Name("HUB", to.Address, netip.IPv6Loopback()) // nobody listens at the first one
	want := book(t, from, to.Direct("bookings"), 0, 10)
	holds(t, to, "bookings", want)
	holds(t, from, to.Direct("bookings"), nil)
	if l := link(t, from, to.Direct("bookings")); !slices.Equal(l.NextHops, []string{"IP=" + to.Address.String(), "IPv6=::1"}) {
		t.Errorf("next hops %q", l.NextHops)
	}
}

func TestTheHistoryTellsHowAConnectionCameToBe(t *testing.T) {
	t.Parallel()
	n := transporttest.New(t)
	from, to := n.Start("DESK7"), n.Start("HUB")
	queues(to)
	holds(t, to, "bookings", book(t, from, to.Direct("bookings"), 0, 1))
	var got []mq.ConnectionStatus
	for _, c := range link(t, from, to.Direct("bookings")).History {
		got = append(got, c.Status)
		if c.Address != to.Address.String() || c.Error != 0 || c.Why == "" {
			t.Errorf("entry %+v", c)
		}
	}
	if want := []mq.ConnectionStatus{mq.ConnInProcess, mq.ConnEstablishReceived, mq.ConnEstablished}; !slices.Equal(got, want) {
		t.Errorf("history %v, want %v", got, want)
	}
}
