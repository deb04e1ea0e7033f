package strict

import (
	"bytes"
	"fmt"
	"net"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

// Streams of transactional messages that leave (MS-MQQB 3.1.5.6, 3.1.5.7, 3.1.6.5,
// 3.1.7.1.3).

const outBookings = `DIRECT=OS:OFFICE\private$\bookings`

// acknowledging makes the message that OrderAck and FinalAck packets are. Windows
// addresses the other end of the session.
func (p *peer) acknowledging(class uint16, tx *transaction, rest []byte) *message {
	var body out
	body.u64(tx.sequence)
	body.u32(tx.number)
	body.u32(tx.number - 1)
	body.raw(rest)
	to := p.c.RemoteAddr().(*net.TCPAddr).IP.String()
	m := p.note(&message{to: directQueue(`TCP:` + to + `\PRIVATE$\order_queue$`), class: class, label: "QM Ordering Ack", body: body})
	m.sid, m.reach = nil, never
	return m
}

// orderAck sends an order acknowledgement up to m. What is reserved in it is
// rubbish, as from Windows (note <17>).
func (p *peer) orderAck(m *message) {
	p.t.Helper()
	p.send(p.acknowledging(classOrderAck, m.tx, bytes.Repeat([]byte{rubbish}, 20)))
}

// finalAck sends the final acknowledgement of m.
func (p *peer) finalAck(m *message, class uint16) {
	p.t.Helper()
	a := p.acknowledging(class, m.tx, le.AppendUint32(append([]byte(nil), m.source[:]...), m.id))
	a.recoverable = true
	p.send(a)
}

// bookings receives so many messages of one stream and checks their places in it.
func (p *peer) bookings(first uint32, count int) (all []*message) {
	p.t.Helper()
	for i := range uint32(count) {
		m := p.await("a booking", func(m *message) bool { return m.tx != nil })
		if m.tx.number != first+i || m.tx.previous != first+i-1 || i > 0 && m.tx.sequence != all[0].tx.sequence {
			p.t.Errorf("MS-MQMQ 2.2.20.5: message %s is %+v, want number %d", m.label, m.tx, first+i)
		}
		all = append(all, m)
	}
	return all
}

func TestATransactionLeaves(t *testing.T) {
	q, p := table(t)
	p.listen()
	book(t, q, outBookings, qmtest.Message("1"), qmtest.Message("2"), qmtest.Message("3"))
	book(t, q, outBookings, qmtest.Message("4"))
	p.accept(q, guid{}, false)
	all := p.bookings(1, 4)
	for i, m := range all {
		if !m.recoverable || m.priority != 0 || m.tx.first != (i == 0 || i == 3) || m.tx.last != (i >= 2) || m.tx.finalAck {
			t.Errorf("message %s left as %+v", m.label, m.tx)
		}
		if (m.tx.id == all[0].tx.id) != (i < 3) || m.tx.id == 0 {
			t.Errorf("MS-MQMQ 2.2.20.5: message %s is of transaction %d", m.label, m.tx.id)
		}
	}
	p.ack() // MS-MQQB 3.1.1.6.2: it frees no transactional message
	p.orderAck(all[1])
	holds(t, q, outBookings, "3", "4")
	p.orderAck(all[3])
	holds(t, q, outBookings)
	p.settled()

	// MS-MQQB 3.1.1.5: what follows when all are acknowledged is a new stream.
	book(t, q, outBookings, qmtest.Message("5"))
	next := p.bookings(1, 1)[0]
	if next.tx.sequence <= all[0].tx.sequence {
		t.Errorf("stream %#x after %#x", next.tx.sequence, all[0].tx.sequence)
	}
	p.ack()
	p.orderAck(next)
	holds(t, q, outBookings)
}

// MS-MQQB 3.1.6.5: what has no order acknowledgement comes again, with its place.
func TestALostOrderAcknowledgementBringsMessagesAgain(t *testing.T) {
	q, p := table(t)
	set(t, q, func(s *localqm.Settings) { s.Resend = [4]uint32{1, 1, 1, 1} })
	p.listen()
	for n := range 3 {
		book(t, q, outBookings, qmtest.Message(fmt.Sprint(n+1)))
	}
	p.accept(q, guid{}, false)
	all := p.bookings(1, 3)
	p.ack()
	again := p.bookings(1, 3)
	for i, m := range again {
		if m.id != all[i].id || *m.tx != *all[i].tx {
			t.Errorf("it came again as %+v, %d; was %+v, %d", m.tx, m.id, all[i].tx, all[i].id)
		}
	}
	p.ack()
	p.orderAck(all[0])
	holds(t, q, outBookings, "2", "3")
	p.bookings(2, 2) // message 2 follows 1 still
	p.ack()
	p.orderAck(all[2])
	p.settled()
	holds(t, q, outBookings)
}

// MS-MQQB 3.1.1.5: a new session does not begin a new stream.
func TestStreamsOutliveSessions(t *testing.T) {
	q, p := table(t)
	p.listen()
	for n := range 4 {
		book(t, q, outBookings, qmtest.Message(fmt.Sprint(n+1)))
	}
	p.accept(q, guid{}, false)
	all := p.bookings(1, 4)
	p.ack()
	p.orderAck(all[1])
	holds(t, q, outBookings, "3", "4")
	p.c.Close()
	p.accept(q, guid{}, false)
	again := p.bookings(3, 2)
	if again[0].tx.sequence != all[0].tx.sequence {
		t.Errorf("stream %#x goes on as %#x", all[0].tx.sequence, again[0].tx.sequence)
	}
	// The session acknowledgement may come with that of the order.
	a := p.acknowledging(classOrderAck, again[1].tx, make([]byte, 20))
	h := p.header()
	a.session = &h
	p.send(a)
	p.settled()
	holds(t, q, outBookings)
}

// MS-MQQB 3.1.7.1.3: PreviousTxSequenceNumber bridges what is gone.
func TestGapsAreBridged(t *testing.T) {
	q, p := table(t)
	q.Open(outBookings, localqm.SendAccess)
	ok(t, q.Pause(ctx, qmtest.Owner, qmtest.Name(t, outBookings)))
	p.listen()
	for n := range 4 {
		m := qmtest.Message(fmt.Sprint(n + 1))
		if n == 1 || n == 2 {
			m.TimeToReachQueue = 0
		}
		book(t, q, outBookings, m)
	}
	holds(t, q, outBookings, "1", "4")
	ok(t, q.Resume(ctx, qmtest.Owner, qmtest.Name(t, outBookings)))
	p.accept(q, guid{}, false)
	one, four := p.message(), p.message()
	if one.tx.number != 1 || four.tx.number != 4 || four.tx.previous != 1 {
		t.Errorf("%+v, then %+v", one.tx, four.tx)
	}
	p.ack()
	p.orderAck(four)
	holds(t, q, outBookings)
}

// MS-MQQB 3.1.5.7.
func TestFinalAcknowledgementsDecide(t *testing.T) {
	q, p := table(t)
	p.listen()
	for _, label := range []string{"received", "refused", "purged", "nobody asks"} {
		m := qmtest.Message(label)
		m.Journal, m.DeadLetter = label == "received", label == "refused" || label == "purged"
		book(t, q, outBookings, m)
	}
	p.accept(q, guid{}, false)
	all := p.bookings(1, 4)
	p.finalAck(all[1], classNotTransactionalQueue) // it may come before the other
	p.ack()
	p.orderAck(all[3])
	holds(t, q, outBookings)
	holds(t, q, outBookings+";awaiting", "received", "purged")
	p.finalAck(all[0], classReceive)
	p.finalAck(all[2], classPurged)
	p.finalAck(all[2], classPurged) // twice means nothing
	p.settled()
	holds(t, q, outBookings+";awaiting")
	holds(t, q, `.\system$;journal`, "received")
	holds(t, q, `.\system$;deadxact`, "refused", "purged")
	if class := q.Browsed(`.\system$;deadxact`)[1].Row.Class; class != mq.Class(classPurged) {
		t.Errorf("dead of %s", class)
	}
}

// MS-MQQB 3.1.1.3.1: the place in a stream survives failures.
func TestRestartedQueueManagersResend(t *testing.T) {
	q, p := table(t)
	p.listen()
	book(t, q, outBookings, qmtest.Message("1"))
	book(t, q, outBookings, qmtest.Message("2"))
	p.accept(q, guid{}, false)
	all := p.bookings(1, 2)
	p.ack()
	p.settled()
	p.c.Close()
	p.ln.Close()
	q.Restart()
	p.listen()
	ok(t, q.Resend(ctx, qmtest.Owner, qmtest.Name(t, outBookings)))
	p.accept(q, guid{}, false)
	again := p.bookings(1, 2)
	for i, m := range again {
		if m.id != all[i].id || *m.tx != *all[i].tx {
			t.Errorf("it came again as %+v, %d; was %+v, %d", m.tx, m.id, all[i].tx, all[i].id)
		}
	}
	p.ack()
	p.orderAck(again[1])
	p.settled()
	holds(t, q, outBookings)
}
