package faults

import (
	"fmt"
	"net"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/wire"
)

// liar is a queue manager that the hub sends to, and that answers as it likes.
type liar struct {
	*attacker
	s    *siege
	self mq.GUID

	came, recoverable int // messages from the hub
	sent              int // messages to it, all express but those of sentRecoverable
	sentRecoverable   int
}

// listen waits for the hub where its queue leads to.
func (s *siege) listen() net.Listener {
	s.t.Helper()
	ln, err := net.Listen("tcp", fmt.Sprint(hostileAddress, ":", s.network.Port))
	ok(s.t, err)
	s.t.Cleanup(func() { _ = ln.Close() })
	return ln
}

// outgoing is the hub's name for the liar's queue.
const outgoing = `DIRECT=TCP:` + hostileAddress + `\private$\in`

// accept takes a session from the hub, as the queue manager self.
func (s *siege) accept(ln net.Listener, self mq.GUID) *liar {
	s.t.Helper()
	ok(s.t, ln.(*net.TCPListener).SetDeadline(time.Now().Add(20*time.Second)))
	c, err := ln.Accept()
	ok(s.t, err)
	ok(s.t, c.SetDeadline(time.Now().Add(20*time.Second)))
	l := &liar{attacker: &attacker{c, s.t}, s: s, self: self}
	e, err := wire.ParseEstablish(l.packet())
	ok(s.t, err)
	e.Server = self
	l.write(wire.AppendEstablish(nil, e))
	l.packet()
	l.write(parameters())
	return l
}

// message reads the next message of the hub.
func (l *liar) message() *mq.Message {
	l.t.Helper()
	for {
		p := l.packet()
		if k, err := wire.PacketType(p); err != nil || k != wire.TypeMessage {
			continue
		}
		m, err := wire.Parse(p, l.self)
		ok(l.t, err)
		l.came++
		if m.Delivery == mq.Recoverable || m.Transactional {
			l.recoverable++
		}
		return m
	}
}

// acknowledge is what an honest session acknowledgement says.
func (l *liar) acknowledge() wire.Session {
	return wire.Session{
		Acked: uint16(l.came), RecoverableAcked: uint16(l.recoverable), RecoverableFlags: min(uint32(l.recoverable), 1),
		Sent: uint16(l.sent), RecoverableSent: uint16(l.sentRecoverable), Window: 64,
	}
}

// ordered is an order acknowledgement.
func (l *liar) ordered(o wire.Order) []byte {
	l.t.Helper()
	l.sent++
	p, err := wire.AppendOrderAck(nil, wire.OrderQueue(l.s.hub.Identity().ID), l.self, l.s.ordinal.Add(1), o, time.Now())
	ok(l.t, err)
	return p
}

// finished is a final acknowledgement.
func (l *liar) finished(f wire.Final) []byte {
	l.t.Helper()
	l.sent++
	l.sentRecoverable++
	m := wire.FinalAckMessage(wire.OrderQueue(l.s.hub.Identity().ID), f)
	m.ID = mq.ObjectID{Source: l.self, Ordinal: l.s.ordinal.Add(1)}
	m.SourceMachine, m.SentTime = l.self, time.Now().Truncate(time.Second)
	p, err := wire.Append(nil, m, l.self)
	ok(l.t, err)
	return p
}

// submit has the hub send messages to the liar, in transactions if change makes
// them transactional.
func (s *siege) submit(count int, transactional bool, change func(*mq.Message)) {
	s.t.Helper()
	h := s.hub.Open(outgoing, localqm.SendAccess)
	defer h.Close()
	for i := range count {
		m := qmtest.Message(fmt.Sprint(i + 1))
		if change != nil {
			change(m)
		}
		var tx *localqm.Transaction
		var err error
		if transactional {
			tx, err = s.hub.Begin()
			ok(s.t, err)
		}
		_, err = h.Send(ctx, tx, m)
		ok(s.t, err)
		if tx != nil {
			ok(s.t, tx.Commit(ctx))
		}
	}
}

// out is the hub's queue to the liar.
func (s *siege) out() *localqm.Outgoing {
	s.t.Helper()
	for _, o := range s.hub.Outgoings() {
		if o.Destination().String() == outgoing {
			return o
		}
	}
	s.t.Fatal("there is no outgoing queue")
	return nil
}

// again has the hub connect at once.
func (s *siege) again() {
	s.t.Helper()
	ok(s.t, s.hub.Resend(ctx, qmtest.Owner, name(outgoing)))
}

// A01, A02: acknowledgements of what was not sent end the session and free
// nothing.
func TestAcknowledgementsOfWhatWasNotSent(t *testing.T) {
	s := newSiege(t)
	ln := s.listen()
	s.submit(3, false, nil)
	for what, lie := range map[string]func(*wire.Session){
		"A01 one more":                 func(h *wire.Session) { h.Acked++ },
		"A01 as many as there can be":  func(h *wire.Session) { h.Acked = 0xFFFF },
		"A02 one more recoverable":     func(h *wire.Session) { h.RecoverableAcked++ },
		"A02 a flag for the one after": func(h *wire.Session) { h.RecoverableFlags |= 2 },
		"A02 all flags":                func(h *wire.Session) { h.RecoverableFlags = 0xFFFFFFFF },
	} {
		s.again()
		l := s.accept(ln, s.self)
		for range 3 {
			l.message()
		}
		h := l.acknowledge()
		lie(&h)
		l.write(wire.AppendSessionAck(nil, h))
		l.closed()
		if n := s.out().Unsent(); n != 3 {
			t.Fatalf("%s: %d of 3 messages are left", what, n)
		}
		s.unhurt()
	}
	s.again()
	l := s.accept(ln, s.self)
	for range 3 {
		l.message()
	}
	l.write(wire.AppendSessionAck(nil, l.acknowledge()))
	qmtest.Eventually(t, "the truth frees them", func() bool { return s.out().Unsent() == 0 })
	_ = l.Close()
}

// A04: order acknowledgements that mean nothing change nothing.
func TestOrderAcknowledgementsThatMeanNothing(t *testing.T) {
	s := newSiege(t)
	ln := s.listen()
	s.submit(3, true, nil)
	l := s.accept(ln, s.self)
	var last *mq.Message
	for range 3 {
		last = l.message()
	}
	o := wire.Order{Sequence: last.Sequence, Number: last.SequenceNumber}
	for _, lie := range []wire.Order{
		{Sequence: o.Sequence + 1, Number: 3},
		{Sequence: o.Sequence - 1, Number: 3},
		{Sequence: ^uint64(0), Number: 1},
		{Sequence: o.Sequence, Number: o.Number + 1},
		{Sequence: o.Sequence, Number: ^uint32(0)},
		{Sequence: o.Sequence},
	} {
		l.write(l.ordered(lie))
	}
	// Another queue manager, that calls.
	other := s.attack()
	p, err := wire.AppendOrderAck(nil, wire.OrderQueue(s.hub.Identity().ID), mq.GUID{7}, s.ordinal.Add(1), o, time.Now())
	ok(t, err)
	calls := s.connect(hostileAddress)
	calls.write(wire.AppendEstablish(nil, wire.Establish{Client: mq.GUID{7}}))
	calls.packet()
	calls.write(parameters())
	calls.packet()
	calls.write(p)
	// What follows them on their sessions has come when they have.
	calls.write(s.message(func(m *mq.Message) { m.Label = "calls" }))
	s.stored("q", "calls")
	l.sent++
	l.sentRecoverable++
	l.write(s.message(func(m *mq.Message) { m.Label = "follows" }))
	s.stored("q", "follows")
	if e := s.out().Exactly(); e.NoAck != 3 || e.LastAckCount != 0 || s.out().Unsent() != 3 {
		t.Errorf("%d unsent of 3; %+v", s.out().Unsent(), e)
	}
	l.write(l.ordered(o))
	qmtest.Eventually(t, "the truth frees them", func() bool { return s.out().Unsent() == 0 })
	s.unhurt()
	for _, c := range []*attacker{l.attacker, other, calls} {
		_ = c.Close()
	}
}

// A06: a final acknowledgement counts once, however soon it comes after that of
// the order.
func TestFinalAcknowledgementsCountOnce(t *testing.T) {
	s := newSiege(t)
	ln := s.listen()
	const count = 50
	s.submit(count, true, func(m *mq.Message) { m.Journal = true })
	l := s.accept(ln, s.self)
	f := wire.Final{Source: s.hub.Identity().ID, Class: mq.ClassAckReceive, Message: 0xFFFFFFFF}
	l.write(l.finished(f)) // of no message
	for range count {
		m := l.message()
		f.Order = wire.Order{Sequence: m.Sequence, Number: m.SequenceNumber, Previous: m.PreviousNumber}
		f.Message = m.ID.Ordinal
		both := append(l.ordered(f.Order), l.finished(f)...)
		both = append(both, l.finished(f)...)
		l.write(append(both, wire.AppendSessionAck(nil, l.acknowledge())...))
	}
	qmtest.Eventually(t, "nothing waits any more", func() bool {
		e := s.out().Exactly()
		return s.out().Unsent() == 0 && e.NoRead == 0
	})
	if n := len(s.hub.Labels(`.\system$;journal`)); n != count {
		t.Errorf("%d copies of %d are in the journal", n, count)
	}
	f.Class = mq.ClassNackAccessDenied // it changes its mind
	l.write(l.finished(f))
	l.sent++
	l.sentRecoverable++
	l.write(s.message(nil))
	s.stored("q", "hostile")
	if n := len(s.hub.Labels(`.\system$;journal`)) + len(s.hub.Labels(`.\system$;deadxact`)); n != count {
		t.Errorf("%d copies of %d are there", n, count)
	}
	s.unhurt()
	_ = l.Close()
}

// B23: a name that leads elsewhere has nobody connected to.
func TestHostileNamesConnectNowhere(t *testing.T) {
	s := newSiege(t)
	ln := s.listen()
	a := s.attack()
	for _, f := range []string{
		`HTTP://` + hostileAddress + `/msmq/private$/q`, `TCP:[::1]`, `OS:..\..\x`, `TCP:` + hostileAddress + `\private$\q`,
		`HTTP://169.254.169.254/`, `what`,
	} {
		a.write(s.message(func(m *mq.Message) {
			to, err := mq.ParseFormatName("DIRECT=" + f)
			if err != nil {
				to = mq.FormatName{Kind: mq.KindDirect, Path: f}
			}
			m.Destination, m.DestinationMachine = to, mq.GUID{}
			m.Acknowledge, m.AdminQueue = mq.AckNegativeArrival, mq.DirectOS("HUB", `private$\acks`)
			m.ResponseQueue = mq.DirectTCP(hostileAddress, `private$\q`)
		}))
		if m := s.stored("acks", "hostile"); m.Class != mq.ClassNackBadDestQueue {
			t.Errorf("%s is answered with %04X", f, uint16(m.Class))
		}
	}
	_ = a.Close()
	s.empty()
	ok(t, ln.(*net.TCPListener).SetDeadline(time.Now()))
	if c, err := ln.Accept(); err == nil {
		t.Errorf("the hub connected to %s", c.LocalAddr())
	}
}
