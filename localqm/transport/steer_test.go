package transport_test

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/ping"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/transport"
	"posthouse/localqm/transport/transporttest"
)

func wantWords(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q does not tell %q", text, w)
		}
	}
}

// link is the state of an outgoing queue.
func link(t *testing.T, q *transporttest.QM, name string) localqm.Link {
	t.Helper()
	info, err := q.Queue(context.Background(), qmtest.Owner, qmtest.Name(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return info.Outgoing.Link
}

// until waits for a state of an outgoing queue.
func until(t *testing.T, q *transporttest.QM, name string, cond func(localqm.Link) bool) (l localqm.Link) {
	t.Helper()
	defer func() {
		if t.Failed() {
			t.Logf("link of %s: %+v", name, l)
		}
	}()
	qmtest.Eventually(t, "the state of "+name, func() bool {
		l = link(t, q, name)
		return cond(l)
	})
	return l
}

func state(s mq.QueueState) func(localqm.Link) bool {
	return func(l localqm.Link) bool { return l.State == s }
}

// retry has a queue sent now, as an administrator does who does not wait for the
// next try.
func retry(t *testing.T, q *transporttest.QM, name string) {
	t.Helper()
	if err := q.Resend(context.Background(), qmtest.Owner, qmtest.Name(t, name)); err != nil {
		t.Fatal(err)
	}
}

func set(t *testing.T, q *transporttest.QM, change func(*localqm.Settings)) {
	t.Helper()
	err := q.SetMachine(context.Background(), qmtest.Owner, func(s *localqm.Settings) error {
		change(s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func quota(t *testing.T, q *transporttest.QM, kb uint32) {
	t.Helper()
	set(t, q, func(s *localqm.Settings) { s.Quota = kb })
}

func TestAPausedQueueKeepsItsMessages(t *testing.T) {
	ctx := context.Background()
	from, to := pair(t)
	orders, bookings := to.Direct("orders"), to.Direct("bookings")
	first := sendAll(t, from, orders, 5, qmtest.Message)
	holds(t, to, "orders", first)
	if err := from.Pause(ctx, qmtest.Owner, qmtest.Name(t, orders)); err != nil {
		t.Fatal(err)
	}
	until(t, from, orders, state(mq.StateOnHold))
	kept := sendAll(t, from, orders, 5, qmtest.Message)
	// Another queue to the same host is not held up.
	holds(t, to, "bookings", book(t, from, bookings, 0, 5))
	holds(t, from, orders, kept)
	holds(t, to, "orders", first)

	from.Restart() // it stays paused
	until(t, from, orders, state(mq.StateOnHold))
	holds(t, from, orders, kept)
	if err := from.Resume(ctx, qmtest.Owner, qmtest.Name(t, orders)); err != nil {
		t.Fatal(err)
	}
	holds(t, to, "orders", append(first, kept...))
	until(t, from, orders, state(mq.StateConnected))
}

func TestOfflineNothingLeavesAndNothingComes(t *testing.T) {
	t.Parallel() // it waits
	from, to := pair(t)
	queues(from)
	orders := to.Direct("orders")
	first := sendAll(t, from, orders, 5, qmtest.Message)
	holds(t, to, "orders", first)

	set(t, from, func(s *localqm.Settings) { s.Offline = true })
	kept := sendAll(t, from, orders, 5, qmtest.Message)
	l := until(t, from, orders, state(mq.StateDisconnected))
	wantWords(t, l.Why, "offline")
	back := from.Direct("orders")
	answers := sendAll(t, to, back, 5, qmtest.Message)
	until(t, to, back, func(l localqm.Link) bool { return l.Failures > 0 })
	holds(t, from, orders, kept)
	holds(t, to, "orders", first)

	set(t, from, func(s *localqm.Settings) { s.Offline = false })
	holds(t, to, "orders", append(first, kept...))
	// It has called, so the other one need not wait for its next try.
	holds(t, from, "orders", answers)
}

func TestHardenedNothingButHTTPLeaves(t *testing.T) {
	t.Parallel() // it waits
	from, to := pair(t)
	queues(from)
	orders := to.Direct("orders")
	set(t, from, func(s *localqm.Settings) { s.Hardened = true })
	kept := sendAll(t, from, orders, 5, qmtest.Message)
	until(t, from, orders, state(mq.StateLocked))
	holds(t, from, "orders", sendAll(t, from, "orders", 3, qmtest.Message)) // local queues work

	back := from.Direct("orders")
	answers := sendAll(t, to, back, 5, qmtest.Message)
	until(t, to, back, func(l localqm.Link) bool { return l.Failures > 0 })

	set(t, from, func(s *localqm.Settings) { s.Hardened = false })
	until(t, from, orders, state(mq.StateLocked)) // until a restart
	from.Restart()
	holds(t, to, "orders", kept)
	qmtest.Eventually(t, "the other side's messages", func() bool { return len(from.Labels("orders")) == 3+len(answers) })
}

func TestAComputerThatMovedIsFound(t *testing.T) {
	t.Parallel() // it waits
	n := transporttest.New(t)
	from, to := n.Start("DESK7"), n.Start("HUB")
	queues(to)
	orders := to.Direct("orders")
	want := sendAll(t, from, orders, 5, qmtest.Message)
	holds(t, to, "orders", want)

	// The host provider gives HUB another address; its old one is nobody's.
	old := to.Address
	to.Move("127.0.0.99")
	kept := sendAll(t, from, orders, 5, qmtest.Message)
	holds(t, to, "orders", append(want, kept...))
	l := link(t, from, orders)
	if len(l.NextHops) != 1 || !strings.Contains(l.NextHops[0], "127.0.0.99") {
		t.Errorf("next hops %v; the computer was at %s and is at %s", l.NextHops, old, to.Address)
	}
}

func TestAnOldAddressThatSomebodyElseHas(t *testing.T) {
	t.Parallel() // it waits
	n := transporttest.New(t)
	from, to := n.Start("DESK7"), n.Start("HUB")
	queues(to)
	to.Disconnect()
	orders := to.Direct("orders")
	sendAll(t, from, orders, 5, qmtest.Message)
	until(t, from, orders, func(l localqm.Link) bool { return l.Failures > 0 })
	// HUB moves while its messages wait; nothing is restarted here.
	to.Address = netip.MustParseAddr("127.0.0.98")
	to.Options.Listen = []netip.Addr{to.Address}
	to.Connect()
	n.Name("HUB", to.Address)
	qmtest.Eventually(t, "the messages at the new address", func() bool { return len(to.Labels("orders")) == 5 })
}

func TestASessionEndsWhenItsHostHasMoved(t *testing.T) {
	n := transporttest.New(t)
	from := n.Start("DESK7", func(o *transport.Options) { o.Look = 20 * time.Millisecond })
	old := n.Start("HUB")
	queues(old)
	want := sendAll(t, from, old.Direct("orders"), 5, qmtest.Message)
	holds(t, old, "orders", want)
	holds(t, from, old.Direct("orders"), nil)

	// The old computer goes on; its name now stands for another one.
	next := n.Start("HUB2", func(o *transport.Options) { o.Names = []string{"HUB"} })
	queues(next)
	n.Name("HUB", next.Address)
	qmtest.Eventually(t, "the end of the session", func() bool { return old.Transport.Sessions() == 0 })
	holds(t, next, "orders", sendAll(t, from, old.Direct("orders"), 5, qmtest.Message))
	holds(t, old, "orders", want)
}

func TestListenersAndNamesFollowTheAddressesOfTheComputer(t *testing.T) {
	n := transporttest.New(t)
	var mu sync.Mutex
	has := "127.0.0.41/32"
	from := n.Start("DESK7")
	first, second := netip.MustParseAddr("127.0.0.41"), netip.MustParseAddr("127.0.0.42")
	to := n.Start("HUB", func(o *transport.Options) {
		o.Listen, o.Look = []netip.Addr{first, second}, 10*time.Millisecond
		o.Own.Interfaces = func() ([]net.Addr, error) {
			mu.Lock()
			defer mu.Unlock()
			ip, network, err := net.ParseCIDR(has)
			return []net.Addr{&net.IPNet{IP: ip, Mask: network.Mask}}, err
		}
	})
	queues(to)
	n.Name("HUB", first)
	want := sendAll(t, from, to.Direct("orders"), 5, qmtest.Message)
	holds(t, to, "orders", want)
	if got := to.Transport.Listening(); len(got) != 1 || got[0].Addr() != first {
		t.Errorf("listening on %v, want %s", got, first)
	}

	mu.Lock()
	has = "127.0.0.42/32"
	mu.Unlock()
	qmtest.Eventually(t, "a listener on the new address", func() bool {
		got := to.Transport.Listening()
		return len(got) == 1 && got[0].Addr() == second
	})
	if c, err := net.Dial("tcp", netip.AddrPortFrom(first, n.Port).String()); err == nil {
		c.Close()
		t.Errorf("it still listens on %s", first)
	}
	// By address: the name is ours only because the address is.
	name := `DIRECT=TCP:127.0.0.42\private$\orders`
	want = append(want, sendAll(t, from, name, 5, qmtest.Message)...)
	holds(t, to, "orders", want)
}

func TestAListenerThatCannotBeOpenedIsTold(t *testing.T) {
	n := transporttest.New(t)
	taken, q := n.Start("HUB"), n.Start("DESK7")
	q.Disconnect()
	q.Options.Listen = taken.Options.Listen
	q.Transport = transport.New(q.Options)
	err := q.Transport.Start()
	if err == nil {
		t.Fatal("two listen on one port")
	}
	wantWords(t, err.Error(), "another program uses port")
}

func TestPingsAreAskedAndAnswered(t *testing.T) {
	from, to := pair(t)
	set(t, from, func(s *localqm.Settings) { s.Ping = true })
	// Nobody answers: that says nothing.
	want := sendAll(t, from, to.Direct("orders"), 3, qmtest.Message)
	holds(t, to, "orders", want)

	set(t, to, func(s *localqm.Settings) { s.PingAnswer = true })
	at := netip.AddrPortFrom(to.Address, to.Options.PingPort)
	asker := &ping.Asker{Self: from.Identity().ID}
	qmtest.Eventually(t, "an answer", func() bool { return asker.Ask(context.Background(), at).Answered })
	if a := asker.Ask(context.Background(), at); a.Refused || a.Manager != to.Identity().ID {
		t.Errorf("answered %+v", a)
	}
	from.Restart()
	want = append(want, sendAll(t, from, to.Direct("orders"), 3, qmtest.Message)...)
	holds(t, to, "orders", want)

	set(t, to, func(s *localqm.Settings) { s.Offline = true })
	qmtest.Eventually(t, "silence", func() bool { return !asker.Ask(context.Background(), at).Answered })
}

func TestTheTransportEndsInTheMiddleOfTraffic(t *testing.T) {
	from, to := pair(t)
	ctx, stop := context.WithCancel(context.Background())
	var sent atomic.Int64
	var senders sync.WaitGroup
	for range 4 {
		senders.Go(func() {
			h := from.Open(to.Direct("bookings"), localqm.SendAccess)
			for ctx.Err() == nil {
				if err := inTransaction(from, h, qmtest.Message("x")); err != nil {
					t.Error(err)
					return
				}
				sent.Add(1)
			}
		})
	}
	for range 5 {
		more := sent.Load() + 20
		qmtest.Eventually(t, "some traffic", func() bool { return sent.Load() >= more })
		from.Disconnect()
		to.Disconnect()
		to.Connect()
		from.Connect()
	}
	stop()
	senders.Wait()
	from.Disconnect()
	from.Disconnect() // twice is once
	from.Connect()
	qmtest.Eventually(t, "every booking, once", func() bool {
		info, err := to.Queue(context.Background(), qmtest.Owner, qmtest.Name(t, "bookings"))
		return err == nil && info.Count.Messages == sent.Load()
	})
	holds(t, from, to.Direct("bookings"), nil)
}
