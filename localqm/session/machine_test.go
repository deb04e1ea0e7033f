package session

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/wire"
)

var t0 = time.Unix(1_763_700_000, 0)

func config(self mq.GUID) Config { return Config{Self: self}.withDefaults() }

// must takes a packet that is welcome.
func must(t testing.TB, m *machine, p []byte) event {
	t.Helper()
	ev, err := m.packet(slices.Clone(p), t0)
	if err != nil {
		t.Fatalf("packet in state %d: %v", m.state, err)
	}
	return ev
}

// pair is the two machines of an open session.
func pair(t testing.TB, initiator, acceptor Config) (i, a *machine) {
	t.Helper()
	i, request := newInitiator(initiator, acceptor.Self, t0)
	a = newAcceptor(acceptor, t0)
	if !must(t, a, request).asked {
		t.Fatal("a request asks for nothing")
	}
	ev := must(t, i, a.answer(false))
	ev = must(t, a, ev.reply)
	if !ev.opened || a.state != open {
		t.Fatal("the acceptor is not open")
	}
	if ev = must(t, i, ev.reply); !ev.opened || i.state != open {
		t.Fatal("the initiator is not open")
	}
	return i, a
}

func TestHandshake(t *testing.T) {
	for _, c := range []struct {
		name   string
		server mq.GUID // who is asked for
		refuse bool    // by the policy of the acceptor
		err    error   // of the initiator
	}{
		{"by identifier", elsewhere, false, nil},
		{"by address", mq.GUID{}, false, nil},
		{"B11: another queue manager", nowhere, false, ErrRefused},
		{"not wanted", elsewhere, true, ErrRefused},
	} {
		t.Run(c.name, func(t *testing.T) {
			i, request := newInitiator(config(here), c.server, t0)
			a := newAcceptor(config(elsewhere), t0)
			ev, err := a.packet(request, t0)
			answer := ev.reply
			if ev.asked {
				answer = a.answer(c.refuse)
			} else if !errors.Is(err, ErrRefused) {
				t.Fatalf("the acceptor: %v", err)
			}
			r, err := wire.ParseEstablish(answer)
			if err != nil {
				t.Fatal(err)
			}
			want := wire.Establish{
				Client: here, Server: elsewhere, TimeStamp: i.request.TimeStamp,
				NoPing: true, ServerOS: true, Refused: c.err != nil,
			}
			if r != want {
				t.Errorf("the answer is %+v, not %+v", r, want)
			}
			if _, err := i.packet(answer, t0); !errors.Is(err, c.err) {
				t.Errorf("the initiator: %v, not %v", err, c.err)
			}
			if c.err == nil && (i.peer != elsewhere || a.peer != here) {
				t.Errorf("they know %s and %s", i.peer, a.peer)
			}
		})
	}
}

func TestAnswerOfAnotherQueueManagerIsRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer wire.Establish
		err    error
	}{
		{"another server", wire.Establish{Client: here, Server: nowhere}, ErrRefused},
		{"another client", wire.Establish{Client: nowhere, Server: elsewhere}, ErrMalformed},
		{"nobody", wire.Establish{Client: here}, ErrMalformed},
	} {
		i, _ := newInitiator(config(here), elsewhere, t0)
		if _, err := i.packet(wire.AppendEstablish(nil, c.answer), t0); !errors.Is(err, c.err) {
			t.Errorf("%s: %v, not %v", c.name, err, c.err)
		}
	}
}

func TestQueueManagersHaveAName(t *testing.T) {
	a := newAcceptor(config(elsewhere), t0)
	if ev, err := a.packet(wire.AppendEstablish(nil, wire.Establish{}), t0); !errors.Is(err, ErrMalformed) || ev.asked {
		t.Errorf("%+v, %v", ev, err)
	}
}

// The initiator measures the round trip; the acceptor takes what it is told, within
// the limits of MS-MQQB 2.2.2.1 (rows B12 and B13).
func TestParameters(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name string
		told wire.Parameters
		rec  time.Duration
		ack  time.Duration
		win  int
	}{
		{"as told", wire.Parameters{RecoverableAckTimeout: 700, AckTimeout: 30_000, Window: 10}, 700 * ms, 30_000 * ms, 10},
		{"zero", wire.Parameters{}, 500 * ms, 20_000 * ms, 1},
		{"B12: huge", wire.Parameters{RecoverableAckTimeout: 1<<32 - 1, AckTimeout: 1<<32 - 1, Window: 1<<16 - 1}, 120_000 * ms, 120_000 * ms, 64},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newAcceptor(config(elsewhere), t0)
			must(t, a, wire.AppendEstablish(nil, wire.Establish{Client: here}))
			a.answer(false)
			ev := must(t, a, wire.AppendParameters(nil, c.told))
			if a.recoverableAck != c.rec || a.ackWait != c.ack || a.window != c.win {
				t.Errorf("it uses %v, %v, %d", a.recoverableAck, a.ackWait, a.window)
			}
			r, err := wire.ParseParameters(ev.reply)
			want := wire.Parameters{
				RecoverableAckTimeout: uint32(c.rec.Milliseconds()), AckTimeout: uint32(c.ack.Milliseconds()), Window: 64,
			}
			if err != nil || r != want {
				t.Errorf("it answers %+v, %v", r, err)
			}
		})
	}

	for _, c := range []struct{ trip, want time.Duration }{
		{time.Millisecond, 500 * ms}, {200 * ms, 1600 * ms}, {time.Minute, 120_000 * ms},
	} {
		i, _ := newInitiator(config(here), elsewhere, t0)
		ev, err := i.packet(wire.AppendEstablish(nil, wire.Establish{Client: here, Server: elsewhere}), t0.Add(c.trip))
		if err != nil {
			t.Fatal(err)
		}
		if r, err := wire.ParseParameters(ev.reply); err != nil || r.RecoverableAckTimeout != uint32(c.want.Milliseconds()) {
			t.Errorf("a round trip of %v: %+v, %v", c.trip, r, err)
		}
	}
}

// Row B10, and the states of MS-MQQB 3.1.5.3-3.1.5.5.
func TestPacketOutOfTurnClosesTheSession(t *testing.T) {
	packets := map[string][]byte{
		"establish":  wire.AppendEstablish(nil, wire.Establish{Client: here}),
		"parameters": wire.AppendParameters(nil, wire.Parameters{Window: 64}),
		"ack":        wire.AppendSessionAck(nil, wire.Session{Window: 64}),
		"message":    message(t, 10, false),
	}
	welcome := map[state][]string{
		waitEstablish: {"establish"}, waitParameters: {"parameters"},
		waitParametersAnswer: {"parameters"}, open: {"ack", "message"},
	}
	for st := waitEstablish; st <= open; st++ {
		for name, p := range packets {
			if st == waitEstablishAnswer && name == "establish" || slices.Contains(welcome[st], name) {
				continue
			}
			t.Run(fmt.Sprintf("%s in state %d", name, st), func(t *testing.T) {
				m := newAcceptor(config(elsewhere), t0)
				m.state = st
				if ev, err := m.packet(slices.Clone(p), t0); !errors.Is(err, ErrMalformed) || ev.reply != nil || ev.message != nil {
					t.Errorf("%+v, %v", ev, err)
				}
			})
		}
	}
}

// transfer writes what m has to say to the other machine and returns what followed.
func transfer(t testing.TB, m, to *machine, now time.Time, packets ...[]byte) (evs []event) {
	t.Helper()
	acks := m.appendAcks(nil, now)
	for len(acks) > 0 {
		packets = append([][]byte{acks[:36]}, packets...)
		acks = acks[36:]
	}
	for _, p := range packets {
		if base, err := wire.ParseBase(p); err == nil && !base.Internal() {
			m.sent.wrote(wire.Recoverable(p))
		}
		ev, err := to.packet(slices.Clone(p), now)
		if err != nil {
			t.Fatal(err)
		}
		ev.acked = slices.Clone(ev.acked)
		evs = append(evs, ev)
	}
	return evs
}

// Rows A01 and A02: nothing of such a header counts.
func TestAcknowledgementOfWhatWasNotSentFreesNothing(t *testing.T) {
	const express, recoverable = 3, 5
	for _, c := range []struct {
		name string
		h    wire.Session
	}{
		{"A01: beyond", wire.Session{Acked: express + recoverable + 1}},
		{"A01: far beyond", wire.Session{Acked: 0x8000}},
		{"A01: behind", wire.Session{Acked: 0xFFFF}},
		{"A02: number beyond", wire.Session{Acked: 8, RecoverableAcked: recoverable + 1, RecoverableFlags: 1}},
		{"A02: number beyond, no flags", wire.Session{Acked: 8, RecoverableAcked: recoverable + 1}},
		{"A02: flags beyond", wire.Session{Acked: 8, RecoverableAcked: 1, RecoverableFlags: 1 << recoverable}},
		{"A02: all flags", wire.Session{Acked: 8, RecoverableAcked: 1, RecoverableFlags: 0xFFFFFFFF}},
	} {
		t.Run(c.name, func(t *testing.T) {
			i, _ := pair(t, config(here), config(elsewhere))
			for k := range express + recoverable {
				i.send(k, 100, k >= express, t0)
				i.sent.wrote(k >= express)
			}
			i.send("not written", 100, true, t0)
			before := i.sent.pending.len()
			ev, err := i.packet(wire.AppendSessionAck(nil, c.h), t0)
			if !errors.Is(err, ErrMalformed) || len(ev.acked) > 0 || i.sent.pending.len() != before || i.sent.acked != 0 {
				t.Errorf("%v: %d acknowledged, %d left", err, len(ev.acked), i.sent.pending.len())
			}
		})
	}
}

func TestAcknowledgementFreesInOrder(t *testing.T) {
	i, _ := pair(t, config(here), config(elsewhere))
	for k := 1; k <= 8; k++ {
		i.send(k, 100, k%2 == 0, t0) // 2, 4, 6, 8 are recoverable: 1 to 4
		i.sent.wrote(k%2 == 0)
	}
	for _, c := range []struct {
		name string
		h    wire.Session
		want []any
	}{
		{"express ones that came", wire.Session{Acked: 3}, []any{1, 3}},
		{"again", wire.Session{Acked: 3}, nil},
		{"recoverable ones by flag, out of order", wire.Session{Acked: 4, RecoverableAcked: 1, RecoverableFlags: 0b101}, []any{2, 6}},
		{"told twice", wire.Session{Acked: 4, RecoverableAcked: 2, RecoverableFlags: 0b11}, []any{4}},
		{"the rest", wire.Session{Acked: 8, RecoverableAcked: 4, RecoverableFlags: 1}, []any{5, 7, 8}},
	} {
		h := c.h
		h.Window = 64
		if ev := must(t, i, wire.AppendSessionAck(nil, h)); !slices.Equal(ev.acked, c.want) {
			t.Errorf("%s: %v, not %v", c.name, ev.acked, c.want)
		}
	}
	if i.sent.waiting() || i.sent.bytes != 0 {
		t.Errorf("left: %+v", i.sent)
	}
}

// The text frees everything up to RecoverableMsgAckSeqNumber (3.1.5.5.3), so that
// must never pass one that is not on disk.
func TestRecoverableMessagesAreAcknowledgedOnceStored(t *testing.T) {
	i, a := pair(t, config(here), config(elsewhere))
	p := message(t, 10, true)
	var came []arrival
	for range 5 {
		i.send(nil, len(p), true, t0)
		came = append(came, transfer(t, i, a, t0, p)[0].arrival)
	}
	for _, c := range []struct {
		stored int
		want   wire.Session
	}{
		{2, wire.Session{}},
		{1, wire.Session{Acked: 2, RecoverableAcked: 1, RecoverableFlags: 0b11}},
		{5, wire.Session{Acked: 2}},
		{3, wire.Session{Acked: 3, RecoverableAcked: 3, RecoverableFlags: 0b101}},
		{4, wire.Session{Acked: 5, RecoverableAcked: 4, RecoverableFlags: 0b11}},
	} {
		if !a.settle(came[c.stored-1], true, t0) || a.settle(came[c.stored-1], true, t0) {
			t.Errorf("message %d is not settled once", c.stored)
		}
		a.ackNow = true
		h, err := wire.ParseSessionAck(a.appendAcks(nil, t0))
		c.want.Window = 64
		if err != nil || h != c.want {
			t.Errorf("after message %d: %+v, not %+v, %v", c.stored, h, c.want, err)
		}
	}
}

func TestMessageThatIsNotKeptIsNeverAcknowledged(t *testing.T) {
	i, a := pair(t, config(here), config(elsewhere))
	p := message(t, 10, true)
	var came []arrival
	for range 3 {
		i.send(nil, len(p), true, t0)
		came = append(came, transfer(t, i, a, t0, p)[0].arrival)
	}
	a.settle(came[0], true, t0)
	a.settle(came[1], false, t0)
	a.settle(came[2], true, t0)
	a.ackNow = true
	h, err := wire.ParseSessionAck(a.appendAcks(nil, t0))
	if want := (wire.Session{Acked: 1, RecoverableAcked: 1, RecoverableFlags: 1, Window: 64}); err != nil || h != want {
		t.Errorf("%+v, %v", h, err)
	}
}

// 64 settled at once take two packets of 32 flags.
func TestFlagsThatDoNotFitFollow(t *testing.T) {
	cfg := config(here)
	cfg.Window = 200
	other := config(elsewhere)
	other.Window = 200
	i, a := pair(t, cfg, other)
	p := message(t, 10, true)
	var came []arrival
	for k := range 70 {
		i.send(k, len(p), true, t0)
		came = append(came, transfer(t, i, a, t0, p)[0].arrival)
	}
	for _, c := range came {
		a.settle(c, true, t0)
	}
	var acked int
	for _, ev := range transfer(t, a, i, t0) {
		acked += len(ev.acked)
	}
	if acked != 70 || i.sent.waiting() || a.received.owing() {
		t.Errorf("%d are acknowledged", acked)
	}
}

// A SessionHeader that ends a message counts that message (MS-MQQB 3.1.7.1.3), or
// does not yet (3.1.7.11).
func TestPiggybackedAcknowledgement(t *testing.T) {
	for _, counts := range []wire.Session{
		{Sent: 1, RecoverableSent: 1}, {Sent: 0, RecoverableSent: 1}, {Sent: 0, RecoverableSent: 0},
	} {
		i, a := pair(t, config(here), config(elsewhere))
		p := message(t, 10, false)
		i.send("a", len(p), false, t0)
		transfer(t, i, a, t0, p)
		counts.Acked, counts.Window = 1, 64
		q, err := wire.PutSession(message(t, 20, true), counts)
		if err != nil {
			t.Fatal(err)
		}
		ev := must(t, i, q)
		if !slices.Equal(ev.acked, []any{"a"}) || len(ev.message) != len(q)-16 || ev.arrival != (arrival{1, 1}) {
			t.Errorf("%+v", ev)
		}
		if base, err := wire.ParseBase(ev.message); err != nil || base.Session() {
			t.Errorf("the message still announces a SessionHeader: %v", err)
		}
	}
}

// Row A03.
func TestCountersWrap(t *testing.T) {
	i, a := pair(t, config(here), config(elsewhere))
	express, recoverable := message(t, 10, false), message(t, 10, true)
	next := 0
	for k := range 150_000 {
		p := recoverable
		if k%7 == 0 {
			p = express
		}
		if !i.send(k, len(p), k%7 != 0, t0) {
			t.Fatalf("message %d has no room", k)
		}
		ev := transfer(t, i, a, t0, p)[0]
		a.settle(ev.arrival, true, t0)
		for _, ev := range transfer(t, a, i, t0) {
			for _, tag := range ev.acked {
				if tag != next {
					t.Fatalf("message %v is acknowledged, and %d is the next", tag, next)
				}
				next++
			}
		}
	}
	if next < 150_000-64 {
		t.Errorf("%d are acknowledged", next)
	}
}

func TestWindow(t *testing.T) {
	small := config(here)
	small.Window = 4
	i, a := pair(t, small, config(elsewhere))
	if i.window != 4 || a.window != 4 {
		t.Fatalf("windows of %d and %d, and 4 is the smaller one", i.window, a.window)
	}
	for k := range 4 {
		if !i.send(k, 1, false, t0) {
			t.Fatalf("no room for message %d", k)
		}
		i.sent.wrote(false)
	}
	if i.send(4, 1, false, t0) {
		t.Fatal("room for a fifth message")
	}
	if ev := must(t, i, wire.AppendSessionAck(nil, wire.Session{Window: 64})); ev.room {
		t.Error("room though nothing was acknowledged")
	}
	if ev := must(t, i, wire.AppendSessionAck(nil, wire.Session{Acked: 1, Window: 64})); !ev.room {
		t.Error("no room though a message was acknowledged")
	}
	if ev := must(t, i, wire.AppendSessionAck(nil, wire.Session{Acked: 2, Window: 64})); ev.room {
		t.Error("room is told though no message was refused")
	}
}

// A sender with a full window never waits for a timer, whichever window is smaller.
func TestAcknowledgementIsDueAtHalfTheWindow(t *testing.T) {
	for _, c := range []struct {
		mine, theirs uint16
		want         int
	}{{64, 64, 32}, {64, 10, 5}, {10, 64, 5}, {64, 1, 1}, {64, 0, 1}} {
		cfg, other := config(elsewhere), config(here)
		cfg.Window, other.Window = c.mine, c.theirs
		i, a := pair(t, other, cfg)
		for k := 1; k <= c.want; k++ {
			p := message(t, 1, false)
			i.send(nil, len(p), false, t0)
			a.settle(transfer(t, i, a, t0, p)[0].arrival, true, t0)
			if due := k == c.want; a.ackNow != due {
				t.Errorf("windows %d and %d: after %d messages: %v", c.mine, c.theirs, k, a.ackNow)
			}
		}
	}
}

// A peer that is short of memory makes the window small for a while (MS-MQMQ note
// 15); a window of 0 is 1 (row B13).
func TestWindowThatThePeerMakesSmaller(t *testing.T) {
	i, _ := pair(t, config(here), config(elsewhere))
	must(t, i, wire.AppendSessionAck(nil, wire.Session{Window: 0}))
	now := t0
	if !i.send(0, 1, false, now) || i.send(1, 1, false, now) {
		t.Fatal("the window is not 1")
	}
	i.sent.wrote(false)
	for want := 2; want <= 64; want *= 2 {
		now = now.Add(widenEvery)
		i.heard = true
		ev, err := i.tick(now)
		if err != nil {
			t.Fatal(err)
		}
		if i.window != want || want == 2 && !ev.room {
			t.Fatalf("the window is %d after %v, not %d; room %v", i.window, now.Sub(t0), want, ev.room)
		}
	}
	if !i.widenAt.IsZero() {
		t.Error("it widens further")
	}
	must(t, i, wire.AppendSessionAck(nil, wire.Session{Window: 3}))
	must(t, i, wire.AppendSessionAck(nil, wire.Session{Window: 100}))
	if i.window != 64 || !i.widenAt.IsZero() {
		t.Errorf("the window is %d after the peer gave it back", i.window)
	}
}

// Large packets get the time they need on a slow line before the peer counts as
// silent.
func TestLargePacketsAreWaitedFor(t *testing.T) {
	i, _ := pair(t, config(here), config(elsewhere))
	i.send(nil, 100, false, t0)
	if d := i.waitAt.Sub(t0); d != 20*time.Second {
		t.Errorf("%v for a small one", d)
	}
	i.send(nil, mq.MaxPacketSize, false, t0)
	if d := i.waitAt.Sub(t0); d != 80*time.Second {
		t.Errorf("%v for a large one", d)
	}
}
