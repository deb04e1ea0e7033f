package transport_test

import (
	"net/netip"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/session"
	"posthouse/localqm/transport/transporttest"
)

// sink is a session that takes what comes.
type sink struct{ came chan []byte }

func (sink) Opened(*session.Session) {}
func (s sink) Arrived(_ *session.Session, packet []byte, done func(error)) error {
	s.came <- packet
	done(nil)
	return nil
}
func (sink) Acked(*session.Session, []any)  {}
func (sink) Room(*session.Session)          {}
func (sink) Closed(*session.Session, error) {}

func TestWhoCallsAsANextHopFromElsewhereGetsNothing(t *testing.T) {
	n := transporttest.New(t)
	f := n.Forest()
	from, to := f.Start("SHOP01", false), f.Start("ORDERS", false)
	queues(to)
	hub := f.Start("HUB", true)
	hub.Disconnect()
	f.Way("SHOP01", "ORDERS", []string{"HUB"})
	orders := to.Private(`.\private$\orders`)

	s := sink{came: make(chan []byte, 10)}
	call, err := session.Dial(t.Context(), session.Config{
		Self: hub.Identity().ID, Local: netip.MustParseAddr("127.0.3.3"),
	}, netip.AddrPortFrom(from.Address, n.Port).String(), from.Identity().ID, s)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		call.Close(nil)
		<-call.Done()
	}()
	from.Send(orders, qmtest.Message("a"))
	until(t, from, orders, func(l localqm.Link) bool { return l.State == mq.StateWaiting && l.Failures > 0 })
	retry(t, from, orders)
	select {
	case <-s.came:
		t.Fatal("the impostor got the message")
	case <-time.After(50 * time.Millisecond):
	}
	hub.Connect()
	retry(t, from, orders)
	holds(t, to, "orders", []string{"a"})
	if len(s.came) > 0 {
		t.Error("the impostor got the message")
	}
}
