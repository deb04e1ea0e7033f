package strict

import (
	"fmt"
	"testing"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/transport"
)

// MS-MQQB 3.1.5.9, 3.1.6.2: an idle session ends without a packet.
func TestIdleSessionsEndInSilence(t *testing.T) {
	q, p := table(t, func(o *transport.Options) { o.Session.Cleanup = time.Second })
	p.dial(q, guid{})
	p.send(p.plain(orders, "one"))
	p.closed()
	if p.acked != 1 {
		t.Error("the message is not acknowledged")
	}
	holds(t, q, "orders", "one")
}

// One acknowledgement of a stream says all: what follows is what is asked for next.
func TestOrderAcknowledgementsAreNotRepeated(t *testing.T) {
	q, p := table(t)
	p.dial(q, guid{})
	for n := range uint32(10) {
		p.send(p.booking(bookings, stream, n+1, n))
	}
	p.ordered(stream, 10, home())
	p.settled()
	m := p.plain(orders, "asks")
	m.admin, m.acks = queue{kind: onSource, number: 17}, wantReach
	p.send(m)
	p.acknowledgement(p.message(), m, 17, nil)
	p.ack()
}

// MS-MQQB 3.1.7.17: acknowledgements find their way when the session has ended.
func TestAcknowledgementsOpenASessionOfTheirOwn(t *testing.T) {
	q, p := table(t)
	p.listen()
	p.dial(q, guid{})
	direct := p.booking(bookings, stream, 1, 0)
	direct.journal = true
	p.send(direct)
	p.ordered(stream, 1, home())
	p.c.Close()
	q.Restart()
	receive(t, q, "bookings", "1")
	p.accept(q, guid{}, false)
	p.finished(direct, classReceive, home())
	p.settled()
}

func TestAcknowledgementsOfPrivateNamesOpenASessionOfTheirOwn(t *testing.T) {
	q, p := table(t)
	p.listen()
	p.dial(q, guid{})
	private := p.booking(queue{kind: onDestination, number: number(t, q, "bookings")}, stream, 1, 0)
	private.manager, private.deadLetter = p.them, true
	p.send(private)
	p.ordered(stream, 1, privateHome)
	p.c.Close()
	receive(t, q, "bookings", "1")
	p.accept(q, p.id, false) // it asks for us by our identifier
	p.finished(private, classReceive, privateHome)
}

// MS-MQMQ 2.2.19.1: the largest packet, in both directions.
func TestTheLargestPacket(t *testing.T) {
	q, p := table(t)
	p.listen()
	m := p.durable(orders, "large")
	var w out
	w.message(m)
	m.body = make([]byte, 0x00400000-(len(w)-len(m.body)-len(m.body)%4))
	w = nil
	if w.message(m); len(w) > 0x00400000 || len(w) < 0x00400000-8 {
		t.Fatalf("a packet of %#x bytes", len(w))
	}
	m.body = append(m.body, make([]byte, 0x00400000-len(w))...)
	p.dial(q, guid{})
	p.send(m)
	p.settled()
	holds(t, q, "orders", "large")
	p.c.Close()

	large := qmtest.Message("large")
	large.Body = make([]byte, 0x00400000-500)
	q.Send(reports, large)
	p.accept(q, guid{}, false)
	if got := p.message(); len(got.body) != len(large.Body) {
		t.Errorf("%d bytes left", len(got.body))
	}
	p.ack()
	holds(t, q, reports)
}

// MS-MQMQ 2.2.19.3: what is empty is not there.
func TestAnEmptyMessage(t *testing.T) {
	q, p := table(t)
	p.listen()
	m := &mq.Message{Delivery: mq.Express}
	m.Defaults()
	q.Send(reports, m)
	p.accept(q, guid{}, false)
	if got := p.message(); got.label != "" || len(got.body) != 0 || len(got.extension) != 0 {
		t.Errorf("left as %+v", got)
	}
	p.ack()
	empty := p.plain(orders, "")
	empty.body = nil
	p.send(empty)
	p.settled()
	holds(t, q, "orders", "")
	holds(t, q, reports)
}

// MS-MQQB 3.1.7.1.2, 3.1.5.8.2: messages that are refused for good are acknowledged,
// and their sender is told if it asked.
func TestRefusals(t *testing.T) {
	q, p := table(t)
	p.dial(q, guid{})
	nobody := guidOf("11111111-2222-3333-4444-555555555555")
	for i, c := range []struct {
		class uint16
		spoil func(*message)
	}{
		{0x8002, func(m *message) { m.sentTime, m.reach = m.sentTime-100, 50 }},
		{0x8005, func(m *message) {
			m.hops, m.manager, m.to = 0x1D, nobody, queue{kind: onDestination, number: 9}
		}},
		{0x800A, func(m *message) { m.to = bookings }},
	} {
		m := p.durable(orders, fmt.Sprint(i))
		m.admin, m.acks = queue{kind: onSource, number: 17}, wantNoReach|wantNoReceive
		c.spoil(m)
		p.send(m)
		p.acknowledgement(p.ofClass(c.class), m, 17, m.body)
		p.ack()
	}
	ahead := p.durable(orders, "of tomorrow")
	ahead.sentTime, ahead.reach = ahead.sentTime+86400, 50
	p.send(ahead)
	p.settled()
	holds(t, q, "orders", "of tomorrow")
}
