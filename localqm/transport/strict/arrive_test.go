package strict

import (
	"bytes"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/qmtest"
)

// Messages that the peer sends over a session that it opened (MS-MQQB 3.1.5.8),
// and what comes back.

var (
	orders   = directQueue(`OS:HUB\private$\orders`)
	bookings = directQueue(`OS:HUB\private$\bookings`)
)

// plain makes a message for a queue.
func (p *peer) plain(to queue, label string) *message {
	return p.note(&message{base: base{priority: 3}, to: to, label: label, body: []byte("body of " + label)})
}

// durable makes a recoverable one.
func (p *peer) durable(to queue, label string) *message {
	m := p.plain(to, label)
	m.recoverable = true
	return m
}

func TestExpressMessagesAreAcknowledged(t *testing.T) {
	q, p := table(t)
	p.dial(q, guid{})
	for _, label := range []string{"one", "two", "three"} {
		p.send(p.plain(orders, label))
	}
	p.settled()
	holds(t, q, "orders", "one", "two", "three")
}

func TestRecoverableMessagesAreAcknowledgedByTheirOwnNumbers(t *testing.T) {
	q, p := table(t)
	p.dial(q, guid{})
	p.send(p.plain(orders, "1"))
	p.send(p.durable(orders, "2"))
	p.send(p.durable(orders, "3"))
	p.send(p.plain(orders, "4"))
	p.send(p.durable(orders, "5"))
	p.settled()
	holds(t, q, "orders", "1", "2", "3", "4", "5")
	if p.storedTo != 3 {
		t.Errorf("recoverable messages are acknowledged up to %d", p.storedTo)
	}
}

// MS-MQQB 3.1.5.8.7: more recoverable messages than RecoverableMsgAckFlags holds.
func TestAWindowOfRecoverableMessagesIsAcknowledged(t *testing.T) {
	q, p := table(t)
	p.dial(q, guid{})
	for range 3 {
		for range 64 {
			p.send(p.durable(orders, "x"))
		}
		p.settled()
	}
	if n := len(q.Labels("orders")); n != 192 {
		t.Errorf("%d messages arrived", n)
	}
}

func TestPropertiesArrive(t *testing.T) {
	q, p := table(t)
	p.dial(q, guid{})
	m := p.durable(orders, "Größe €")
	m.priority, m.journal, m.deadLetter = 5, true, true
	m.correlation, m.tag, m.bodyType = [20]byte{1, 2, 3}, 77, 8
	m.extension = []byte{9, 8, 7}
	m.response = queue{kind: onSource, number: 12}
	p.send(m)
	p.settled()
	holds(t, q, "orders", "Größe €")
	got := q.Browsed("orders")[0].Message
	if got.Priority != 5 || got.CorrelationID != m.correlation || got.AppSpecific != 77 || got.BodyType != 8 ||
		!bytes.Equal(got.Extension, m.extension) || !bytes.Equal(got.Body, m.body) || got.ID.Ordinal != m.id ||
		guid(got.SourceMachine) != p.id || guid(got.ResponseQueue.GUID) != p.id || got.ResponseQueue.Number != 12 ||
		!bytes.Equal(got.SenderSID, m.sid) || got.SentTime.Unix() != int64(m.sentTime) {
		t.Errorf("arrived as %+v", got)
	}
}

func TestQueuesAreFoundByEveryName(t *testing.T) {
	q, p := table(t)
	p.dial(q, guid{})
	n := number(t, q, "orders")
	for _, to := range []queue{orders, directQueue(`os:hub\PRIVATE$\Orders`), directQueue(`TCP:127.0.0.11\private$\orders`)} {
		p.send(p.plain(to, "direct"))
	}
	private := p.plain(queue{kind: onDestination, number: n}, "private")
	private.manager = p.them
	p.send(private)
	p.settled()
	holds(t, q, "orders", "direct", "direct", "direct", "private")
}

// MS-MQQB 3.1.5.8.1: what comes again is acknowledged again and not kept again.
func TestDuplicatesAreAcknowledgedOnly(t *testing.T) {
	q, p := table(t)
	p.dial(q, guid{})
	m := p.send(p.durable(orders, "once"))
	p.settled()
	p.send(m)
	p.settled()
	p.dial(q, guid{}) // as after a session whose acknowledgement was lost
	p.send(m)
	p.send(p.durable(orders, "next"))
	p.settled()
	holds(t, q, "orders", "once", "next")
}

// acknowledgement checks an administration acknowledgement about m (MS-MQQB
// 3.1.7.15) that comes to the queue with a number on its source.
func (p *peer) acknowledgement(a, m *message, number uint32, body []byte) {
	p.t.Helper()
	const section = "MS-MQQB 3.1.7.15"
	if a.to != (queue{kind: onDestination, number: number}) || a.manager != p.id {
		p.t.Errorf("%s: it goes to %+v of %s", section, a.to, a.manager)
	}
	var about [20]byte
	copy(about[:], m.source[:])
	le.PutUint32(about[16:], m.id)
	if a.correlation != about {
		p.t.Errorf("%s: CorrelationIdentifier % x, want % x", section, a.correlation, about)
	}
	response := m.to
	switch {
	case m.to.kind == onDestination && m.manager == p.them:
		response.kind = onSource // of the acknowledgement
	case m.to.kind == onDestination:
		response.kind, response.guid = elsewhere, m.manager
	}
	if a.response != response {
		p.t.Errorf("%s: ResponseQueue %+v, want %+v", section, a.response, response)
	}
	if a.recoverable != m.recoverable {
		p.t.Errorf("%s: recoverable %v about one of %v", section, a.recoverable, m.recoverable)
	}
	if a.acks != 0 || a.reach != never || a.toBeReceived != never || a.journal || a.deadLetter || a.sid != nil || a.tx != nil {
		p.t.Errorf("%s: acknowledgement %+v", section, a)
	}
	if !bytes.Equal(a.body, body) {
		p.t.Errorf("%s: its body is %q, want %q", section, a.body, body)
	}
	if a.source != p.them {
		p.t.Errorf("%s: it comes from %s", section, a.source)
	}
}

func TestAdministrationAcknowledgements(t *testing.T) {
	q, p := table(t)
	p.dial(q, guid{})
	for _, private := range []bool{false, true} {
		m := p.plain(orders, "asks")
		if m.recoverable = private; private {
			m.to, m.manager = queue{kind: onDestination, number: number(t, q, "orders")}, p.them
		}
		m.admin, m.acks = queue{kind: onSource, number: 17}, wantReach|wantReceive
		p.send(m)
		p.acknowledgement(p.ofClass(classReachQueue), m, 17, nil)
		receive(t, q, "orders", "asks")
		p.acknowledgement(p.ofClass(classReceive), m, 17, nil)
		p.ack()
	}
}

func TestNegativeAcknowledgementsBringTheBodyBack(t *testing.T) {
	q, p := table(t)
	p.dial(q, guid{})
	refused := p.durable(bookings, "no transaction")
	refused.admin, refused.acks = queue{kind: onSource, number: 17}, wantNoReach
	p.send(refused)
	p.acknowledgement(p.ofClass(classNotTransactionalMessage), refused, 17, refused.body)

	purged := p.durable(orders, "purged")
	purged.admin, purged.acks = queue{kind: onSource, number: 17}, wantNoReceive
	p.send(purged)
	p.settled()
	holds(t, q, "orders", "purged")
	_, err := q.Purge(ctx, qmtest.Owner, qmtest.Name(t, "orders"))
	ok(t, err)
	p.acknowledgement(p.ofClass(classPurged), purged, 17, purged.body)
	p.ack()
}

// MS-MQQB 5.1: a stranger is not told which queues there are.
func TestNobodyIsToldOfQueuesThatAreNotThere(t *testing.T) {
	q, p := table(t)
	p.dial(q, guid{})
	lost := p.durable(directQueue(`OS:HUB\private$\none`), "lost")
	lost.admin, lost.acks = queue{kind: onSource, number: 17}, wantReach|wantNoReach
	p.send(lost)
	found := p.durable(orders, "found")
	found.admin, found.acks = lost.admin, lost.acks
	p.send(found)
	p.acknowledgement(p.message(), found, 17, nil) // and none before it
	p.ack()
}

// MS-MQQB 3.1.5.5: what is acknowledged with a message counts. Its counts include
// that message (3.1.7.1.3), or do not yet (3.1.7.11).
func TestAcknowledgementsTravelWithMessages(t *testing.T) {
	q, p := table(t)
	p.listen()
	for _, label := range []string{"one", "two", "three", "four"} {
		q.Send(reports, qmtest.Message(label))
	}
	p.accept(q, guid{}, false)
	p.message()
	p.message()
	m := p.durable(orders, "brings an acknowledgement")
	h := p.header()
	m.session = &h
	p.send(m)
	p.settled()
	p.message()
	p.message()
	m = p.durable(orders, "brings another")
	h = p.header() // before it is counted
	m.session = &h
	p.write(func(w *out) { w.message(m) })
	p.sent, p.sentRecoverable = p.sent+1, p.sentRecoverable+1
	p.settled()
	holds(t, q, "orders", "brings an acknowledgement", "brings another")
	holds(t, q, reports)
}

// MS-MQMQ 2.2.20.4: UserMsgSequenceNumber may be wrong, from Windows too (note
// <14>): the message arrives, then the session closes.
func TestAMessageWithWrongCountsArrivesAndEndsTheSession(t *testing.T) {
	q, p := table(t)
	p.listen()
	q.Send(reports, qmtest.Message("one"))
	p.accept(q, guid{}, false)
	p.message()
	m := p.durable(orders, "miscounted")
	h := p.header()
	m.session = &h
	h.sent, h.recoverableSent = 7, 1
	p.sent, p.sentRecoverable = 1, 1
	p.write(func(w *out) { w.message(m) })
	p.closed()
	holds(t, q, "orders", m.label)
	holds(t, q, reports)
	p.dial(q, guid{})
	m.session = nil
	p.send(m) // it was not acknowledged
	p.settled()
	holds(t, q, "orders", m.label)
}

// MS-MQQB 3.1.5.5.5.
func TestWrongCountsEndTheSession(t *testing.T) {
	q, p := table(t)
	p.dial(q, guid{})
	p.write(func(w *out) { w.sessionAck(sessionHeader{sent: 1, window: 64}) })
	p.closed()
}

// MS-MQQB 3.1.5.8.8: when the machine is full the session closes, and the message
// stays with its sender.
func TestAFullMachineClosesTheSession(t *testing.T) {
	q, p := table(t)
	set(t, q, func(s *localqm.Settings) { s.Quota = 1 })
	p.dial(q, guid{})
	m := p.durable(orders, "large")
	m.body = make([]byte, 4000)
	p.send(m)
	p.closed()
	if p.acked != 0 || p.storedTo != 0 {
		t.Error("what was not kept is acknowledged")
	}
	set(t, q, func(s *localqm.Settings) { s.Quota = 1000 })
	p.dial(q, guid{})
	p.send(m)
	p.settled()
	holds(t, q, "orders", "large")
}
