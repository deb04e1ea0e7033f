package faults

import (
	"fmt"
	"slices"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/wire"
)

// P11: what comes again on another session is not there twice, also after a
// restart of the receiver, and its sender is told that it has come.
func TestReplayedMessagesComeOnce(t *testing.T) {
	s := newSiege(t)
	const count = 200
	var kept, express [][]byte
	for i := range count {
		kept = append(kept, s.message(func(m *mq.Message) { m.Label = fmt.Sprint(i) }))
		express = append(express, s.message(func(m *mq.Message) { m.Label, m.Delivery = fmt.Sprint(i), mq.Express }))
	}
	// send replays packets and waits until the hub has answered for all of them.
	send := func(packets [][]byte) {
		t.Helper()
		a := s.attack()
		defer a.Close()
		for len(packets) > 0 {
			n := min(64, len(packets)) // a window
			for _, p := range packets[:n] {
				a.write(slices.Clone(p))
			}
			packets = packets[n:]
			for want, got := uint16(n), uint16(0); got < want; {
				h, err := wire.ParseSessionAck(a.packet())
				ok(t, err)
				got = h.Acked - (uint16(count-len(packets)) - uint16(n))
			}
		}
	}
	replays, doubled := 0, 0
	check := func(want int) {
		t.Helper()
		if got := len(s.hub.Labels("q")); got != want {
			doubled += got - want
			t.Errorf("%d messages are there, want %d", got, want)
		}
	}
	send(kept)
	send(express)
	check(2 * count)
	for range 2 {
		send(kept)
		send(express)
		replays += 2 * count
		check(2 * count)
	}
	s.hub.Restart() // express messages are gone, and nobody remembers them
	for range 2 {
		send(kept)
		replays += count
		check(count)
	}
	_, err := s.hub.Purge(ctx, qmtest.Owner, name("q"))
	ok(t, err)
	send(kept)
	replays += count
	check(0)
	t.Logf("doubled %d/%d replays", doubled, replays)
	s.unhurt()
}
