package transport_test

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/session"
	"posthouse/localqm/transport"
	"posthouse/localqm/transport/transporttest"
	"posthouse/localqm/wire"
)

// bare is a queue manager that takes everything and acknowledges sessions only:
// its order acknowledgements are those that a test sends.
type bare struct {
	t    *testing.T
	self mq.GUID
	mu   sync.Mutex
	came []came
	on   *session.Session
}

type came struct {
	at time.Time
	wire.Order
}

// startBare starts one where q is not.
func startBare(t *testing.T, q *transporttest.QM) *bare {
	t.Helper()
	ln, err := net.Listen("tcp", netip.AddrPortFrom(q.Address, q.Options.Port).String())
	if err != nil {
		t.Fatal(err)
	}
	b := &bare{t: t, self: mq.NewGUID()}
	s := session.NewServer(session.Config{Self: b.self}, session.Limits{}, func(*session.Session) session.Handler { return b })
	s.Serve(ln)
	t.Cleanup(s.Close)
	return b
}

func (b *bare) Opened(s *session.Session) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.on = s
}

func (b *bare) Arrived(_ *session.Session, packet []byte, done func(error)) error {
	m, err := wire.Parse(packet, b.self)
	if err != nil {
		return err
	}
	b.mu.Lock()
	b.came = append(b.came, came{time.Now(), wire.Order{Sequence: m.Sequence, Number: m.SequenceNumber}})
	b.mu.Unlock()
	done(nil)
	return nil
}

func (b *bare) Acked(*session.Session, []any)  {}
func (b *bare) Room(*session.Session)          {}
func (b *bare) Closed(*session.Session, error) {}

func (b *bare) arrivals(n int) []came {
	b.t.Helper()
	qmtest.Eventually(b.t, "the arrivals", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(b.came) >= n
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.came
}

// acknowledge sends an order acknowledgement for what came last.
func (b *bare) acknowledge(to *transporttest.QM) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	last := b.came[len(b.came)-1].Order
	packet, err := wire.AppendOrderAck(nil, wire.DirectOrderQueue(to.Address.String()), b.self, 1, last, time.Now())
	if err != nil {
		b.t.Fatal(err)
	}
	if !b.on.Send(nil, packet, false) {
		b.t.Fatal("the acknowledgement could not be sent")
	}
}

func resendAfter(seconds ...uint32) func(*localqm.Settings) {
	return func(s *localqm.Settings) { copy(s.Resend[:], seconds) }
}

func TestTransactionalMessagesAreSentAgainUntilTheirOrderAcknowledgement(t *testing.T) {
	t.Parallel() // it waits
	n := transporttest.New(t)
	from, gone := n.Start("DESK7"), n.Start("HUB")
	gone.Disconnect()
	set(t, from, resendAfter(1, 2, 3, 4))
	hub := startBare(t, gone)
	bookings := gone.Direct("bookings")
	book(t, from, bookings, 0, 1)
	hub.arrivals(1)
	// A session acknowledgement frees no transactional message.
	until(t, from, bookings, func(l localqm.Link) bool { return l.ResendCount == 1 })
	holds(t, from, bookings, []string{"DESK7 0000"})

	all := hub.arrivals(5)
	for i, want := range []time.Duration{1, 1, 1, 2} {
		d := all[i+1].at.Sub(all[i].at).Round(100 * time.Millisecond)
		if want *= time.Second; d < want || d > want+time.Second {
			t.Errorf("sent again after %v, want %v", d, want)
		}
		if all[i+1].Order != all[0].Order {
			t.Errorf("sent again as %+v, was %+v", all[i+1].Order, all[0].Order)
		}
	}
	if l := link(t, from, bookings); l.ResendCount != 4 || l.ResendInterval != 2*time.Second {
		t.Errorf("resend count %d, interval %v", l.ResendCount, l.ResendInterval)
	}
	hub.acknowledge(from)
	holds(t, from, bookings, nil)
	l := until(t, from, bookings, func(l localqm.Link) bool { return l.ResendAt.IsZero() })
	if l.ResendCount != 0 || l.ResendInterval != time.Second {
		t.Errorf("after the acknowledgement: resend count %d, interval %v", l.ResendCount, l.ResendInterval)
	}
}

func TestAResendOutlivesAnIdleSession(t *testing.T) {
	t.Parallel() // it waits
	n := transporttest.New(t)
	from := n.Start("DESK7", func(o *transport.Options) { o.Session.Cleanup = time.Second })
	gone := n.Start("HUB")
	gone.Disconnect()
	set(t, from, resendAfter(2, 3, 4, 5))
	hub := startBare(t, gone)
	bookings := gone.Direct("bookings")
	book(t, from, bookings, 0, 1)
	hub.arrivals(1)
	l := until(t, from, bookings, func(l localqm.Link) bool { return l.State == mq.StateInactive })
	if l.ResendAt.IsZero() {
		t.Fatal("no resend is planned")
	}
	all := hub.arrivals(3)
	for i := range 2 {
		if d := all[i+1].at.Sub(all[i].at); d < 1900*time.Millisecond {
			t.Errorf("sent again after %v, want 2s: an idle session must not hasten it", d)
		}
	}
}

// natted starts a sender that can call and cannot be called.
func natted(n *transporttest.Network, name string) *transporttest.QM {
	outside := netip.MustParseAddr("127.0.0.77")
	return n.Start(name, func(o *transport.Options) { o.Listen, o.Session.Local = nil, outside })
}

func TestASenderThatCannotBeCalledGetsItsAcknowledgements(t *testing.T) {
	ctx := context.Background()
	n := transporttest.New(t)
	from, to := natted(n, "DESK7"), n.Start("HUB")
	queues(to)
	bookings := to.Direct("bookings")
	h := from.Open(bookings, localqm.SendAccess)
	for _, label := range []string{"first", "second"} {
		tx, err := from.Begin()
		if err != nil {
			t.Fatal(err)
		}
		m := qmtest.Message(label)
		m.DeadLetter = true // it awaits a final acknowledgement
		if _, err := h.Send(ctx, tx, m); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(ctx); err != nil {
			t.Fatal(err)
		}
	}
	holds(t, to, "bookings", []string{"first", "second"})
	holds(t, from, bookings, nil) // the order acknowledgement
	holds(t, from, bookings+";awaiting", []string{"first", "second"})
	if d, err := to.Open("bookings", localqm.ReceiveAccess).Read(ctx, localqm.ReadOptions{}); err != nil || d.Message.Label != "first" {
		t.Fatalf("received %+v, %v", d, err)
	}
	holds(t, from, bookings+";awaiting", []string{"second"}) // the final one
	if n := to.Transport.Sessions(); n != 1 {
		t.Errorf("%d sessions, want the one of the sender", n)
	}
}

func TestAcknowledgementsBehindANATDoNotGoToANeighbour(t *testing.T) {
	n := transporttest.New(t)
	one, two, to := natted(n, "DESK7"), natted(n, "DESK8"), n.Start("HUB")
	queues(to)
	bookings := to.Direct("bookings")
	var want []string
	for i := range 10 {
		want = append(want, book(t, one, bookings, i, 1)...)
		want = append(want, book(t, two, bookings, i, 1)...)
	}
	qmtest.Eventually(t, "all bookings", func() bool { return len(to.Labels("bookings")) == len(want) })
	holds(t, one, bookings, nil)
	holds(t, two, bookings, nil)
}

func TestARefusalReachesASenderThatCannotBeCalled(t *testing.T) {
	n := transporttest.New(t)
	from, to := natted(n, "DESK7"), n.Start("HUB")
	queues(to)
	// A transactional message to a queue that is not: a final acknowledgement
	// says so, and the message becomes a dead letter of its sender.
	h := from.Open(to.Direct("orders"), localqm.SendAccess)
	m := qmtest.Message("lost")
	m.DeadLetter = true
	tx, err := from.Begin()
	if err == nil {
		if _, err = h.Send(context.Background(), tx, m); err == nil {
			err = tx.Commit(context.Background())
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	holds(t, from, `.\system$;deadxact`, []string{"lost"})
	if class := from.Browsed(`.\system$;deadxact`)[0].Row.Class; class != mq.ClassNackNotTransactionalQ {
		t.Errorf("dead with class %s", class)
	}
	holds(t, from, to.Direct("orders"), nil)
	holds(t, to, "orders", nil)
}
