package transport

import (
	"testing"
	"testing/synctest"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
)

func TestOrderAcksAreMergedByStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a orderAcks
		here, there := localqm.Peer{ID: mq.GUID{1}}, localqm.Peer{ID: mq.GUID{2}}
		at := a.add(time.Now(), localqm.OrderAck{To: here, Sequence: 7, Number: 2})
		if time.Until(at) != orderAckDelay {
			t.Errorf("the first leaves in %v", time.Until(at))
		}
		time.Sleep(100 * time.Millisecond)
		for n := uint32(3); n <= 9; n++ {
			if got := a.add(time.Now(), localqm.OrderAck{To: here, Sequence: 7, Number: n}); !got.Equal(at) {
				t.Errorf("number %d puts the acknowledgement off to %v", n, got)
			}
		}
		a.add(time.Now(), localqm.OrderAck{To: here, Sequence: 8, Number: 3})
		a.add(time.Now(), localqm.OrderAck{To: there, Sequence: 7, Number: 4})

		if due, next := a.take(time.Now()); len(due) != 0 || !next.Equal(at) {
			t.Errorf("too early: %v, next %v", due, next)
		}
		time.Sleep(400 * time.Millisecond)
		due, next := a.take(time.Now())
		got := map[uint64]uint32{}
		for _, d := range due {
			if d.To != here {
				t.Errorf("%v leaves too early", d)
			}
			got[d.Sequence] = d.Number
		}
		if len(due) != 2 || got[7] != 9 || got[8] != 3 {
			t.Errorf("left %v", due)
		}
		if time.Until(next) != 100*time.Millisecond {
			t.Errorf("the other peer's leave in %v", time.Until(next))
		}
		if due := a.all(); len(due) != 1 || due[0].To != there || due[0].Number != 4 {
			t.Errorf("at the end %v", due)
		}
		if due, next := a.take(time.Now().Add(time.Hour)); len(due) != 0 || !next.IsZero() {
			t.Errorf("left twice: %v %v", due, next)
		}
	})
}

func TestManyMessagesAreAcknowledgedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a orderAcks
		peer := localqm.Peer{ID: mq.GUID{1}}
		for n := uint32(2); n <= orderAckBatch; n++ {
			a.add(time.Now(), localqm.OrderAck{To: peer, Sequence: 1, Number: n})
		}
		if due, _ := a.take(time.Now()); len(due) != 0 {
			t.Fatalf("left before %d messages: %v", orderAckBatch, due)
		}
		a.add(time.Now(), localqm.OrderAck{To: peer, Sequence: 1, Number: orderAckBatch + 1})
		if due, _ := a.take(time.Now()); len(due) != 1 || due[0].Number != orderAckBatch+1 {
			t.Errorf("after %d messages left %v", orderAckBatch, due)
		}
	})
}

// What a sender has in many streams leaves as fast as they are acknowledged.
func TestTheBeginningOfAStreamIsAcknowledgedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a orderAcks
		peer := localqm.Peer{ID: mq.GUID{1}}
		for sequence := uint64(1); sequence <= 100; sequence++ {
			a.add(time.Now(), localqm.OrderAck{To: peer, Sequence: sequence, Number: 1})
			if due, _ := a.take(time.Now()); len(due) != 1 || due[0].Sequence != sequence {
				t.Fatalf("stream %d: left %v", sequence, due)
			}
		}
	})
}
