package strict

import (
	"bytes"
	"fmt"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/qmtest"
)

// Streams of transactional messages (MS-MQQB 3.1.1.5) that come: order
// acknowledgements, final acknowledgements.

const stream = 0x6921_0000_0000_0001 // TxSequenceID: ordinal 1

// booking makes a message of a stream.
func (p *peer) booking(to queue, sequence uint64, number, previous uint32) *message {
	m := p.durable(to, fmt.Sprint(number))
	m.priority = 0
	m.tx = &transaction{first: true, last: true, id: number, sequence: sequence, number: number, previous: previous}
	return m
}

// internal checks what OrderAck and FinalAck packets have in common (MS-MQQB 2.2.4,
// 2.2.5) and returns the body. home is our order queue.
func (p *peer) internal(m *message, section string, recoverable bool, home queue) *in {
	p.t.Helper()
	if m.priority != 0 || m.session != nil || m.debug || m.trace != nil {
		p.t.Errorf("%s: BaseHeader.Flags are not 0: %+v", section, m.base)
	}
	want := 1<<21 | uint32(home.kind)<<10 | bit(recoverable, 5)
	if m.flags != want {
		p.t.Errorf("%s: UserHeader.Flags are %#x, not %#x", section, m.flags, want)
	}
	if m.to.direct != "" { // the name is case-insensitive (RFC 5234 2.3)
		m.to.direct = `TCP:` + address.String() + `\PRIVATE$\order_queue$`
	}
	if m.to != home || m.source != p.them {
		p.t.Errorf("%s: it goes from %s to %+v, not %+v", section, m.source, m.to, home)
	}
	if (m.manager == p.id) != (home.kind == onDestination) {
		p.t.Errorf("%s: QueueManagerAddress %s", section, m.manager)
	}
	if m.label != "QM Ordering Ack" || m.acks != 0 || m.bodyType != 0 || len(m.body) != 0x24 || len(m.extension) != 0 {
		p.t.Errorf("%s: label %q, flags %#x, body type %d, %d bytes", section, m.label, m.acks, m.bodyType, len(m.body))
	}
	return &in{t: p.t, b: m.body}
}

// home is the order queue of the peer for messages to direct names (MS-MQQB 3.1.7.17).
func home() queue { return directQueue(`TCP:` + address.String() + `\PRIVATE$\order_queue$`) }

// privateHome is that for messages to private names.
var privateHome = queue{kind: onDestination, number: 4}

// ordered waits for an order acknowledgement up to a message.
func (p *peer) ordered(sequence uint64, number uint32, home queue) {
	p.t.Helper()
	for {
		m := p.ofClass(classOrderAck)
		r := p.internal(m, "MS-MQQB 2.2.4", false, home)
		gotSequence, got, previous := r.u64(), r.u32(), r.u32()
		if !bytes.Equal(r.take(20), make([]byte, 20)) {
			p.t.Error("MS-MQQB 2.2.4.1: Reserved is not 0")
		}
		if gotSequence != sequence || got > number || previous != got-1 || got == 0 {
			p.t.Fatalf("MS-MQQB 2.2.4.1: order acknowledgement of %d after %d in %#x, want %d in %#x", got, previous, gotSequence, number, sequence)
		}
		p.ack()
		if got == number {
			return
		}
	}
}

// finished waits for the final acknowledgement of m.
func (p *peer) finished(m *message, class uint16, home queue) {
	p.t.Helper()
	a := p.await(fmt.Sprintf("the final acknowledgement %#x", class), func(a *message) bool { return a.class == class })
	r := p.internal(a, "MS-MQQB 2.2.5", true, home)
	sequence, number, previous, source, id := r.u64(), r.u32(), r.u32(), r.guid(), r.u32()
	if sequence != m.tx.sequence || number != m.tx.number || previous != m.tx.previous || source != m.source || id != m.id {
		p.t.Errorf("MS-MQQB 2.2.5.1: final acknowledgement of %d after %d in %#x, %d of %s; want %+v, %d of %s",
			number, previous, sequence, id, source, m.tx, m.id, m.source)
	}
	p.ack()
}

func TestTransactionalMessagesAreAcknowledgedInOrder(t *testing.T) {
	q, p := table(t)
	p.dial(q, guid{})
	for n := range uint32(3) {
		p.send(p.booking(bookings, stream, n+1, n))
	}
	p.settled() // they count as recoverable (MS-MQQB 3.1.1.4)
	p.ordered(stream, 3, home())
	holds(t, q, "bookings", "1", "2", "3")
}

func TestOrderAcknowledgementsOfPrivateNamesGoToTheQueueManager(t *testing.T) {
	q, p := table(t)
	p.dial(q, guidOf(q.Identity().ID.String()))
	m := p.booking(queue{kind: onDestination, number: number(t, q, "bookings")}, stream, 1, 0)
	m.manager, m.deadLetter = p.them, true
	p.send(m)
	p.ordered(stream, 1, privateHome)
	receive(t, q, "bookings", "1")
	p.finished(m, classReceive, privateHome)
}

// MS-MQQB 3.1.5.8.6: in order and exactly once; what is not accepted is
// acknowledged with the last number that was.
func TestOnlyTheNextOfAStreamIsAccepted(t *testing.T) {
	q, p := table(t)
	p.dial(q, guid{})
	one, two := p.booking(bookings, stream, 1, 0), p.booking(bookings, stream, 2, 1)
	p.send(one)
	p.send(two)
	p.ordered(stream, 2, home())
	p.send(one) // again: its acknowledgement was lost
	p.send(two)
	p.ordered(stream, 2, home())
	p.send(p.booking(bookings, stream, 4, 3)) // 3 is missing
	p.ordered(stream, 2, home())
	p.send(p.booking(bookings, stream, 3, 2))
	p.ordered(stream, 3, home())
	p.send(p.booking(bookings, stream, 7, 3)) // 4 to 6 have expired
	p.ordered(stream, 7, home())
	next := p.booking(bookings, stream+1, 1, 0)
	p.send(next)
	p.ordered(stream+1, 1, home())
	p.send(p.booking(bookings, stream, 8, 7)) // of the stream before
	p.send(p.booking(bookings, stream+2, 2, 1))
	p.ordered(stream+1, 1, home())
	p.settled()
	holds(t, q, "bookings", "1", "2", "3", "7", "1")

	p.dial(q, guid{}) // streams outlive sessions
	p.send(next)
	p.send(p.booking(bookings, stream+1, 2, 1))
	p.ordered(stream+1, 2, home())
	holds(t, q, "bookings", "1", "2", "3", "7", "1", "2")
}

// MS-MQQB 3.1.7.2.2: whoever journals is told when a message is gone.
func TestFinalAcknowledgements(t *testing.T) {
	q, p := table(t)
	p.dial(q, guid{})
	var sent []*message
	for n, ask := range []func(*message){
		func(m *message) { m.journal = true },
		func(m *message) { m.deadLetter = true },
		func(m *message) { m.tx.finalAck = true },
		func(*message) {},
		func(m *message) { m.deadLetter = true },
	} {
		m := p.booking(bookings, stream, uint32(n+1), uint32(n))
		ask(m)
		sent = append(sent, p.send(m))
	}
	p.ordered(stream, 5, home())
	for _, m := range sent[:3] {
		receive(t, q, "bookings", m.label)
		p.finished(m, classReceive, home())
	}
	receive(t, q, "bookings", "4") // nobody asked
	_, err := q.Purge(ctx, qmtest.Owner, qmtest.Name(t, "bookings"))
	ok(t, err)
	p.finished(sent[4], classPurged, home())
	if len(p.ready) > 0 {
		t.Errorf("and also %+v", p.ready[0])
	}
}

func TestRefusedTransactionalMessagesAreAcknowledged(t *testing.T) {
	q, p := table(t)
	p.dial(q, guid{})
	m := p.booking(orders, stream, 1, 0)
	p.send(m)
	p.finished(m, classNotTransactionalQueue, home())
	p.ordered(stream, 1, home()) // it has its place in the stream
	p.settled()
	holds(t, q, "orders")
}

func TestQuotaRefusesWithAFinalAcknowledgement(t *testing.T) {
	q, p := table(t)
	quota := uint32(1)
	_, err := q.SetQueue(ctx, qmtest.Owner, qmtest.Name(t, "bookings"), localqm.QueueSpec{Quota: &quota})
	ok(t, err)
	p.dial(q, guid{})
	m := p.booking(bookings, stream, 1, 0)
	m.body = make([]byte, 5000)
	m.admin, m.acks = queue{kind: onSource, number: 17}, wantNoReach
	p.send(m)
	p.acknowledgement(p.await("the acknowledgement", func(a *message) bool { return a.to.number == 17 }), m, 17, m.body)
	p.finished(m, classQuota, home())
	p.ordered(stream, 1, home())
	fits := p.booking(bookings, stream, 2, 1)
	p.send(fits)
	p.ordered(stream, 2, home())
	holds(t, q, "bookings", "2")
}

// Both directions of one session at once.
func TestBothDirectionsOfASession(t *testing.T) {
	q, p := table(t)
	p.listen()
	q.Send(reports, qmtest.Message("0"))
	p.accept(q, guid{}, false)
	p.message()
	var last *message
	for n := range uint32(20) {
		p.send(p.plain(orders, fmt.Sprint(n)))
		p.send(p.booking(bookings, stream, n+1, n))
		m := qmtest.Message(fmt.Sprint(n + 1))
		if n%2 == 0 {
			q.Send(reports, m)
		} else {
			book(t, q, `DIRECT=OS:OFFICE\private$\bookings`, m)
		}
		got := p.await("a report", func(m *message) bool { return m.class == classNormal })
		if got.label != m.Label || (got.tx != nil) != (n%2 == 1) {
			t.Errorf("message %s came, want %s", got.label, m.Label)
		}
		last = got
		p.ack()
	}
	p.ordered(stream, 20, home())
	p.settled()
	holds(t, q, reports)
	if n := len(q.Labels("orders")); n != 20 {
		t.Errorf("%d orders", n)
	}
	p.orderAck(last)
	p.settled()
	holds(t, q, `DIRECT=OS:OFFICE\private$\bookings`)
}
