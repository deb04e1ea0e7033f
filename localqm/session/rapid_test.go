package session

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"posthouse/localqm/wire"
)

// end is one end of a simulated session: a machine, what it has written and the
// other has not read, and what it was sent and has not dealt with.
type end struct {
	m       *machine
	line    [][]byte // to the other
	queue   [][]byte // not yet written
	hand    []arrival
	settled map[uint64]bool // numbers of what came and is kept
	sent    map[int]uint64  // tag: number
	kind    map[int]bool    // tag: recoverable
	acked   map[int]bool
}

// Whatever is sent in both directions, dealt with in any order and delayed in any
// way is acknowledged exactly once, never before it is dealt with, and in the end.
func TestTwoMachinesAgree(t *testing.T) {
	express, recoverable := message(t, 1, false), message(t, 1, true)
	rapid.Check(t, func(t *rapid.T) {
		windows := rapid.SampledFrom([]uint16{1, 2, 5, 64, 300})
		cfg, other := config(here), config(elsewhere)
		cfg.Window, other.Window = windows.Draw(t, "window"), windows.Draw(t, "window")
		i, request := newInitiator(cfg, elsewhere, t0)
		a := newAcceptor(other, t0)
		run := func(m *machine, p []byte) event {
			ev, err := m.packet(p, t0)
			if err != nil {
				t.Fatal(err)
			}
			return ev
		}
		run(a, request)
		ev := run(a, run(i, a.answer(false)).reply)
		run(i, ev.reply)
		ends := [2]*end{{m: i}, {m: a}}
		for _, e := range ends {
			e.settled, e.sent = map[uint64]bool{}, map[int]uint64{}
			e.kind, e.acked = map[int]bool{}, map[int]bool{}
			// So that wrapping is met.
			at := uint64(rapid.SampledFrom([]int{0, 65_530, 131_000}).Draw(t, "before"))
			skip(&e.m.sent, at)
			peer := ends[0]
			if e == ends[0] {
				peer = ends[1]
			}
			peer.m.received = received{count: at, recoverable: at, settled: at, told: at, toldStored: at}
		}
		now := t0
		flush := func(e *end) {
			acks := e.m.appendAcks(nil, now)
			for ; len(acks) > 0; acks = acks[36:] {
				e.line = append(e.line, acks[:36])
			}
			for _, p := range e.queue {
				e.m.sent.wrote(wire.Recoverable(p))
				e.line = append(e.line, slices.Clone(p))
			}
			e.queue = nil
		}
		send := func(e *end, kind bool) {
			tag, p := len(e.sent), express
			if kind {
				p = recoverable
			}
			if e.m.send(tag, len(p), kind, now) {
				e.sent[tag], e.kind[tag] = e.m.sent.accepted, kind
				e.queue = append(e.queue, p)
			}
		}
		deliver := func(from, to *end) {
			if len(from.line) == 0 {
				return
			}
			p := from.line[0]
			from.line = from.line[1:]
			ev, err := to.m.packet(p, now)
			if err != nil {
				t.Fatal(err)
			}
			if ev.message != nil {
				to.hand = append(to.hand, ev.arrival)
			}
			for _, tag := range ev.acked {
				tag := tag.(int)
				if to.acked[tag] {
					t.Fatalf("message %d is acknowledged twice", tag)
				}
				if !from.settled[to.sent[tag]] {
					t.Fatalf("message %d is acknowledged and not dealt with", tag)
				}
				to.acked[tag] = true
			}
		}
		settle := func(e *end, k int) {
			a := e.hand[k]
			e.hand = slices.Delete(e.hand, k, k+1)
			e.settled[a.number] = true
			if !e.m.settle(a, true, now) {
				t.Fatalf("arrival %v was settled before", a)
			}
		}
		tick := func(e *end) {
			e.m.heard = true // silence is tested elsewhere
			if _, err := e.m.tick(now); err != nil {
				t.Fatal(err)
			}
		}
		for range rapid.IntRange(1, 400).Draw(t, "steps") {
			w := rapid.IntRange(0, 1).Draw(t, "end")
			e, peer := ends[w], ends[1-w]
			switch rapid.IntRange(0, 5).Draw(t, "step") {
			case 0, 1:
				send(e, rapid.Bool().Draw(t, "recoverable"))
			case 2:
				flush(e)
			case 3:
				deliver(peer, e)
			case 4:
				if len(e.hand) > 0 {
					settle(e, rapid.IntRange(0, len(e.hand)-1).Draw(t, "which"))
				}
			case 5:
				now = now.Add(time.Duration(rapid.IntRange(0, 2000).Draw(t, "ms")) * time.Millisecond)
				tick(e)
			}
		}
		for range 6 { // everything is dealt with and a few timers go off
			for w, e := range ends {
				flush(e)
				for len(e.line) > 0 {
					deliver(e, ends[1-w])
				}
				for len(e.hand) > 0 {
					settle(e, len(e.hand)-1)
				}
			}
			now = now.Add(time.Second)
			tick(ends[0])
			tick(ends[1])
		}
		for w, e := range ends {
			if len(e.acked) != len(e.sent) || e.m.sent.waiting() || e.m.received.owing() {
				t.Fatalf("end %d: %d of %d are acknowledged", w, len(e.acked), len(e.sent))
			}
		}
	})
}

// skip makes it as if so many recoverable messages had been sent and answered for.
func skip(s *sent, n uint64) {
	*s = sent{
		accepted: n, acceptedRecoverable: n, written: n, writtenRecoverable: n, acked: n,
	}
}
