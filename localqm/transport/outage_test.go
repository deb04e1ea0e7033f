package transport_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/transport"
	"posthouse/localqm/transport/transporttest"
)

func TestTheReceiverIsDownAndComesBack(t *testing.T) {
	t.Parallel() // it waits
	from, to := pair(t)
	to.Disconnect()
	kept := sendAll(t, from, to.Direct("orders"), 20, qmtest.Message)
	booked := book(t, from, to.Direct("bookings"), 0, 20)
	l := until(t, from, to.Direct("bookings"), func(l localqm.Link) bool { return l.Failures > 0 })
	if l.State != mq.StateWaiting || l.NextTry.IsZero() {
		t.Errorf("state %s, next try %v; want WAITING and a next try", l.State, l.NextTry)
	}
	last := l.History[len(l.History)-1]
	if last.Status != mq.ConnConnectSocketFailure || last.Address != to.Address.String() || last.Error == 0 {
		t.Errorf("history ends with %+v", last)
	}
	wantWords(t, l.Why, to.Address.String(), fmt.Sprintf("port %d", to.Options.Port), "stopped")

	to.Connect()
	holds(t, to, "orders", kept)
	holds(t, to, "bookings", booked)
}

func TestTheSenderIsRestartedBeforeItCouldSend(t *testing.T) {
	t.Parallel() // it waits
	from, to := pair(t)
	to.Disconnect()
	booked := book(t, from, to.Direct("bookings"), 0, 20)
	from.Restart()
	booked = append(booked, book(t, from, to.Direct("bookings"), 20, 20)...)
	to.Connect()
	holds(t, to, "bookings", booked)
	holds(t, from, to.Direct("bookings"), nil)
}

func TestBothAreRestartedInTheMiddle(t *testing.T) {
	from, to := pair(t)
	var booked []string
	for round := range 4 {
		booked = append(booked, book(t, from, to.Direct("bookings"), round*50, 50)...)
		if round%2 == 0 {
			from.Restart()
		} else {
			to.Restart()
		}
	}
	retry(t, from, to.Direct("bookings"))
	holds(t, to, "bookings", booked)
	holds(t, from, to.Direct("bookings"), nil)
}

func TestAFullReceiverTakesTheRestOnceItHasRoom(t *testing.T) {
	from, to := pair(t)
	quota(t, to, 40) // KB in all queues
	h := from.Open(to.Direct("orders"), localqm.SendAccess)
	for i := range 60 {
		m := qmtest.Message(fmt.Sprint(i))
		m.Body = make([]byte, 1000)
		if _, err := h.Send(context.Background(), nil, m); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(c localqm.Connection) bool { return c.Status == mq.ConnRefused }
	l := until(t, from, to.Direct("orders"), func(l localqm.Link) bool {
		if l.State == mq.StateDisconnected || l.State == mq.StateWaiting {
			retry(t, from, to.Direct("orders")) // a session that took some just ends
		}
		return slices.ContainsFunc(l.History, refused)
	})
	wantWords(t, l.History[slices.IndexFunc(l.History, refused)].Why, "full")
	if n := len(to.Labels("orders")); n == 0 || n == 60 {
		t.Fatalf("%d of 60 were taken; the quota is for about 30", n)
	}
	quota(t, to, mq.Never)
	retry(t, from, to.Direct("orders"))
	var want []string
	for i := range 60 {
		want = append(want, fmt.Sprint(i))
	}
	holds(t, to, "orders", want)
}

func TestALiveHostBesideAThousandDeadOnes(t *testing.T) {
	t.Parallel() // it waits
	n := transporttest.New(t)
	from, to := n.Start("DESK7"), n.Start("HUB")
	queues(to)
	for i := range 1000 {
		// Nobody listens there: the loopback refuses.
		name := fmt.Sprintf(`DIRECT=TCP:127.1.%d.%d\private$\orders`, i/250, i%250+1)
		sendAll(t, from, name, 1, qmtest.Message)
	}
	holds(t, to, "orders", sendAll(t, from, to.Direct("orders"), 10, qmtest.Message))
	to.Disconnect()
	sendAll(t, from, to.Direct("orders"), 10, qmtest.Message)
	to.Connect()
	qmtest.Eventually(t, "20 orders", func() bool { return len(to.Labels("orders")) == 20 })
}

func TestANameThatIsUnknown(t *testing.T) {
	n := transporttest.New(t)
	from := n.Start("DESK7")
	name := `DIRECT=OS:NOWHERE\private$\orders`
	sendAll(t, from, name, 1, qmtest.Message)
	l := until(t, from, name, func(l localqm.Link) bool { return l.State == mq.StateNeedValidation })
	wantWords(t, l.Why, "NOWHERE")
	if last := l.History[len(l.History)-1]; last.Status != mq.ConnDNSFailure {
		t.Errorf("history ends with %+v", last)
	}
	// It gets an address: the next round finds it.
	to := n.Start("HUB")
	queues(to)
	n.Name("NOWHERE", to.Address)
	to.SetNames([]string{"NOWHERE"})
	retry(t, from, name)
	holds(t, to, "orders", []string{"DESK7 0000"})
}

func TestASessionEndsWithTheAddressItBeganFrom(t *testing.T) {
	t.Parallel()
	n := transporttest.New(t)
	var has atomic.Value
	has.Store("127.0.0.11/32")
	from := n.Start("DESK7", func(o *transport.Options) {
		o.Look = 10 * time.Millisecond
		o.Own.Interfaces = func() ([]net.Addr, error) {
			ip, network, err := net.ParseCIDR(has.Load().(string))
			return []net.Addr{&net.IPNet{IP: ip, Mask: network.Mask}}, err
		}
	})
	to := n.Start("HUB")
	queues(to)
	want := sendAll(t, from, to.Direct("orders"), 5, qmtest.Message)
	holds(t, to, "orders", want)

	has.Store("127.0.0.51/32") // another network: nothing comes back on the old address
	qmtest.Eventually(t, "the end of the session, with its reason", func() bool {
		return slices.ContainsFunc(link(t, from, to.Direct("orders")).History, func(c localqm.Connection) bool {
			return strings.Contains(c.Why, "no longer has the address 127.0.0.11")
		})
	})
	has.Store("127.0.0.11/32")
	want = append(want, sendAll(t, from, to.Direct("orders"), 5, qmtest.Message)...)
	holds(t, to, "orders", want)
}
