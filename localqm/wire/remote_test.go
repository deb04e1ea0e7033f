package wire

import (
	"bytes"
	"testing"
	"time"

	"posthouse/localqm/mq"
)

func TestRemoteReadersGetAPacketThatComesBack(t *testing.T) {
	for name, m := range samples() {
		head, at, err := Split(m, here)
		if err != nil {
			t.Fatal(err)
		}
		sub := &Subqueue{AbortCount: 2, MoveCount: 3, LastMoveTime: 4, Name: "poison", Class: m.Class}
		front, back, err := ToRemote(head, at, len(m.Body), m.Class, Extension{Subqueue: sub})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		b := append(append(bytes.Clone(front), m.Body...), back...)
		packet, x, err := FromRemote(b)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if x.Subqueue == nil || *x.Subqueue != *sub || x.Address == nil || x.Address.Type != 0 {
			t.Errorf("%s: the extension came back as %+v", name, x)
		}
		want := append(append(bytes.Clone(head[:at]), m.Body...), head[at:]...)
		if !bytes.Equal(packet, want) {
			t.Errorf("%s: the packet came back as\n%x, not\n%x", name, packet, want)
		}
	}
}

func TestRemoteReadersLearnUntilWhenAMessageMayTravel(t *testing.T) {
	const sent = 1_763_700_000
	for _, c := range []struct{ reach, until, back uint32 }{
		{0, sent, 0},
		{60, sent + 60, 60},
		{mq.Never, mq.Never, mq.Never},
		{mq.Never - 1, mq.Never, mq.Never}, // later than the field can say
	} {
		m := plain()
		m.SentTime, m.TimeToReachQueue = time.Unix(sent, 0), c.reach
		head, at, err := Split(m, here)
		if err != nil {
			t.Fatal(err)
		}
		front, back, err := ToRemote(head, at, len(m.Body), 0, Extension{})
		if err != nil {
			t.Fatal(err)
		}
		if base, err := ParseBase(front); err != nil || base.TimeToReachQueue != c.until {
			t.Errorf("%d seconds are until %d, not %d (%v)", c.reach, base.TimeToReachQueue, c.until, err)
		}
		if base, err := ParseBase(head); err != nil || base.TimeToReachQueue != c.reach {
			t.Errorf("the stored packet was changed: %d (%v)", base.TimeToReachQueue, err)
		}
		packet, _, err := FromRemote(append(append(front, m.Body...), back...))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Parse(packet, here); err != nil || got.TimeToReachQueue != c.back {
			t.Errorf("%d seconds came back as %d, not %d (%v)", c.reach, got.TimeToReachQueue, c.back, err)
		}
	}
}

func TestRemoteReadersLearnWhyALetterIsDead(t *testing.T) {
	for name, m := range samples() {
		if m.Class != mq.ClassNormal {
			continue
		}
		head, at, err := Split(m, here)
		if err != nil {
			t.Fatal(err)
		}
		front, back, err := ToRemote(head, at, len(m.Body), mq.ClassNackReceiveTimeout, Extension{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		packet, _, err := FromRemote(append(append(front, m.Body...), back...))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := Parse(packet, here)
		if err != nil || got.Class != mq.ClassNackReceiveTimeout || got.Label != m.Label {
			t.Errorf("%s: class %v, %v", name, got, err)
		}
	}
}

func TestPacketsOfRemoteReadsThatLieAreRefused(t *testing.T) {
	m := plain()
	head, at, err := Split(m, here)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ at, body int }{{0, 15}, {at + 100, 15}, {at, -1}, {at, 1 << 20}} {
		if _, _, err := ToRemote(head, c.at, c.body, 0, Extension{}); err == nil {
			t.Errorf("a body of %d bytes at %d was believed", c.body, c.at)
		}
	}
	front, back, err := ToRemote(head, at, len(m.Body), 0, Extension{})
	if err != nil {
		t.Fatal(err)
	}
	whole := append(append(front, m.Body...), back...)
	for n := range whole {
		packet, x, err := FromRemote(bytes.Clone(whole[:n]))
		size := len(head) + len(m.Body)
		if err == nil && (n != size || len(packet) != size || x != Extension{}) {
			t.Errorf("%d of %d bytes were taken for a packet", n, len(whole))
		}
	}
}
