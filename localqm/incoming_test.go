package localqm_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/store"
)

func TestAStreamIsTakenInOrderAndOnce(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("stream", open(trans))
		f := newFar(t, q, 1, "10.0.0.1")
		send := func(label string, sequence uint64, number, previous uint32) {
			f.send(f.message("stream", label, inStream(sequence, number, previous)))
		}
		send("early", 7, 2, 1) // 1 has not come
		send("1", 7, 1, 0)
		send("again", 7, 1, 0)
		send("2", 7, 2, 1)
		send("5", 7, 5, 2) // 3 and 4 have expired
		send("gap", 7, 7, 6)
		send("late", 7, 4, 2)
		q.Restart()
		send("again", 7, 5, 2)
		send("6", 7, 6, 5)
		send("not the first", 8, 2, 1)
		send("new 1", 8, 1, 0)
		send("old", 7, 7, 6)
		send("no number", 9, 0, 0)
		send("nobody's", math.MaxUint64, 1, 0)
		send("new 2", 8, 2, 1)
		labels(t, q, "stream", "1", "2", "5", "6", "new 1", "new 2")
	})
}

func TestStreamsOfSendersAndOfNamesAreApart(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("a", open(trans))
		q.Create("b", open(trans))
		one, two := newFar(t, q, 1, "10.0.0.1"), newFar(t, q, 2, "10.0.0.2")
		one.send(one.message("a", "forged", inStream(math.MaxUint64-1, 1, 0)))
		two.send(two.message("a", "1", inStream(5, 1, 0)))
		two.send(two.message("b", "1", inStream(5, 1, 0)))
		two.send(two.message("a", "2", inStream(5, 2, 1)))
		two.send(two.message("a", "otherwise", func(m *mq.Message) {
			m.Destination = mq.DirectTCP("127.0.0.1", mq.PrivatePrefix+"a")
			inStream(5, 1, 0)(m)
		}))
		two.send(two.message("a", "written otherwise", func(m *mq.Message) {
			m.Destination = mq.DirectOS("Test", mq.PrivatePrefix+"A")
			inStream(5, 2, 1)(m)
		}))
		labels(t, q, "a", "forged", "1", "2", "otherwise")
		labels(t, q, "b", "1")
	})
}

func TestTransactionalMessagesAreNotComparedByIdentifier(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("stream", open(trans))
		f := newFar(t, q, 1, "10.0.0.1")
		for n := range uint32(3) {
			f.send(f.message("stream", fmt.Sprint(n+1), func(m *mq.Message) {
				m.ID.Ordinal = 1
				inStream(7, n+1, n)(m)
			}))
		}
		labels(t, q, "stream", "1", "2", "3")
	})
}

// What is refused has its place in the stream too, or the next one would never
// be accepted.
func TestARefusedMessageIsPassedInItsStream(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("stream", open(localqm.QueueSpec{Transactional: &yes, Quota: ptr(uint32(1))}))
		f := newFar(t, q, 1, "10.0.0.1")
		big := func(n uint32) func(*mq.Message) {
			return func(m *mq.Message) { inStream(7, n, n-1)(m); m.Body = make([]byte, 1024) }
		}
		f.send(f.message("stream", "1", inStream(7, 1, 0)))
		f.send(f.message("stream", "too big", big(2)))
		f.send(f.message("stream", "too big", big(3)))
		q.Restart()
		f.send(f.message("stream", "4", inStream(7, 4, 3)))
		labels(t, q, "stream", "1", "4")
		// Also of a stream that has nothing but refusals.
		for n := range uint32(3) {
			f.send(f.message("later", fmt.Sprint(n+1), inStream(7, n+1, n)))
		}
		q.Restart()
		q.Create("later", open(trans))
		f.send(f.message("later", "4", inStream(7, 4, 3)))
		labels(t, q, "later", "4")
	})
}

// pipeline sends n messages of a stream without waiting.
func pipeline(f *far, sequence uint64, from, n uint32) []<-chan localqm.Arrival {
	var done []<-chan localqm.Arrival
	for i := range n {
		done = append(done, f.begin(f.packet(f.message("stream", fmt.Sprint(from+i), inStream(sequence, from+i, from+i-1)))))
	}
	return done
}

func TestAFailingStepLeavesNoGap(t *testing.T) {
	q, g := gated(t)
	q.Create("stream", open(trans))
	f := newFar(t, q, 1, "10.0.0.1")
	g.shut()
	first := pipeline(f, 7, 1, 10)
	n := 0
	g.Fault(func(*store.Step) error {
		if n++; n == 4 {
			return store.ErrFull
		}
		return nil
	})
	g.open()
	for i, c := range first {
		if err := (<-c).Err; (err == nil) != (i < 3) {
			t.Errorf("%d: %v", i+1, err)
		}
	}
	g.Fault(nil)
	labels(t, q, "stream", "1", "2", "3")
	for _, c := range pipeline(f, 7, 3, 8) { // the sender sends again what was not answered
		ok(t, (<-c).Err)
	}
	labels(t, q, "stream", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10")
}

// A sender connects anew while what it sent before is failing.
func TestWhatIsSentAnewDoesNotBuildOnWhatFailed(t *testing.T) {
	q, g := gated(t)
	q.Create("stream", open(trans))
	f := newFar(t, q, 1, "10.0.0.1")
	g.shut()
	first := pipeline(f, 7, 1, 3)
	g.Fault(func(s *store.Step) error {
		if s.After == nil {
			return store.ErrFull
		}
		return nil
	})
	g.open()
	for _, c := range first {
		if (<-c).Err == nil {
			t.Error("answered as durable")
		}
	}
	g.Fault(nil)
	for _, c := range pipeline(f, 7, 1, 3) {
		ok(t, (<-c).Err)
	}
	labels(t, q, "stream", "1", "2", "3")
}

func TestAStreamTellsHowFarItIs(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("stream", open(trans))
		f := newFar(t, q, 1, "10.0.0.1")
		f.send(f.message("stream", "1", inStream(7, 1, 0)))
		f.send(f.message("stream", "4", inStream(7, 4, 1)))
		f.send(f.message("stream", "4", inStream(7, 4, 1)))
		f.send(f.message("stream", "9", inStream(7, 9, 8)))
		name := mq.DirectOS("TEST", mq.PrivatePrefix+"stream")
		for _, rejected := range []int{2, 0} { // rejections are of this run
			i, err := q.Queue(ctx, qmtest.Owner, qmtest.Name(t, "stream"))
			ok(t, err)
			if len(i.Incoming) != 1 {
				t.Fatalf("%+v", i.Incoming)
			}
			in := i.Incoming[0]
			if in.Source != f.peer.ID || !in.FormatName.Equal(name) || !in.LastAccess.Equal(q.Clock.Now()) ||
				in.Sequence != (localqm.Sequence{ID: 7, Number: 4, Previous: 1}) || in.Rejected != rejected {
				t.Errorf("%+v", in)
			}
			q.Restart()
		}
	})
}

func TestAStreamThatHasBroughtNothingYetIsNotTold(t *testing.T) {
	q, g := gated(t)
	q.Create("stream", open(trans))
	f := newFar(t, q, 1, "10.0.0.1")
	told := func() int {
		i, err := q.Queue(ctx, qmtest.Owner, qmtest.Name(t, "stream"))
		ok(t, err)
		return len(i.Incoming)
	}
	g.shut()
	first := pipeline(f, 7, 1, 1)
	g.Fault(func(*store.Step) error { return store.ErrFull })
	if n := told(); n != 0 {
		t.Errorf("%d streams told while the first message is under way", n)
	}
	g.open()
	if (<-first[0]).Err == nil {
		t.Error("answered as durable")
	}
	if n := told(); n != 0 {
		t.Errorf("%d streams told after the first message failed", n)
	}
	g.Fault(nil)
	ok(t, (<-pipeline(f, 7, 1, 1)[0]).Err)
	if n := told(); n != 1 {
		t.Errorf("%d streams told, want 1", n)
	}
}

func TestStreamsAreForgottenAfterTwoMonths(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("stream", open(trans))
		f := newFar(t, q, 1, "10.0.0.1")
		f.send(f.message("stream", "1", inStream(7, 1, 0)))
		q.Clock.Advance(59 * 24 * time.Hour)
		f.send(f.message("stream", "again", inStream(7, 1, 0)))
		q.Clock.Advance(61 * 24 * time.Hour)
		newFar(t, q, 2, "10.0.0.2").send(f.message("stream", "other", func(m *mq.Message) {
			m.ID.Source, m.SourceMachine = mq.GUID{2}, mq.GUID{2}
			inStream(7, 1, 0)(m)
		}))
		kept := 0
		ok(t, q.Store.States(ctx, "incoming", func(_, _ []byte) error { kept++; return nil }))
		if kept != 1 || q.Streams() != 1 {
			t.Errorf("%d are kept, %d remembered", kept, q.Streams())
		}
	})
}

func TestMadeUpStreamsPushOutOnlyEachOther(t *testing.T) {
	q := qmtest.Start(t, qmtest.Memory)
	q.Create("stream", open(trans))
	f := newFar(t, q, 1, "10.0.0.1")
	f.send(f.message("stream", "1", inStream(7, 1, 0)))
	for i := range 5_000 {
		x := newFar(t, q, 9, "10.6.6.6")
		x.peer.ID = mq.NewGUID()
		x.send(x.message(fmt.Sprint("missing", i), "", inStream(7, 1, uint32(i&1)))) // refused, or not even that
	}
	if n := q.Streams(); n > 4_096+1 {
		t.Errorf("%d streams are remembered", n)
	}
	f.send(f.message("stream", "2", inStream(7, 2, 1)))
	labels(t, q, "stream", "1", "2")
}

// The rule of reliability, against the simplest thing that could be said: a
// message is taken if it continues what was taken last, or begins a later stream.
func TestStreamsFollowTheRule(t *testing.T) {
	steps, taken := 0, 0
	rapid.Check(t, func(r *rapid.T) {
		q := qmtest.Start(t, qmtest.Memory)
		q.Create("stream", open(trans))
		type state struct {
			sequence uint64
			number   uint32
		}
		var model [2]state
		var want []string
		senders := []*far{newFar(t, q, 1, "10.0.0.1"), newFar(t, q, 2, "10.0.0.2")}
		for i := range 1_000 {
			steps++
			who := rapid.IntRange(0, 1).Draw(r, "sender")
			last := &model[who]
			// Near what is next, so that most rules are met.
			sequence := last.sequence + uint64(rapid.IntRange(-1, 2).Draw(r, "sequence")+3)/3
			if rapid.IntRange(0, 9).Draw(r, "older") == 0 {
				sequence = uint64(rapid.IntRange(0, 4).Draw(r, "any"))
			}
			number := uint32(max(0, int(last.number)+rapid.IntRange(-1, 3).Draw(r, "number")))
			previous := uint32(rapid.IntRange(0, int(last.number)+1).Draw(r, "previous"))
			if sequence != last.sequence && rapid.Bool().Draw(r, "begins") {
				number, previous = 1, 0
			}
			continues := sequence == last.sequence && number > last.number && previous <= last.number
			begins := sequence > last.sequence && previous == 0
			f := senders[who]
			if (continues || begins) && number != 0 {
				*last = state{sequence, number}
				want = append(want, fmt.Sprint(i))
				taken++
			}
			if err := f.arrive(f.packet(f.message("stream", fmt.Sprint(i), inStream(sequence, number, previous)))); err != nil {
				r.Fatal(err)
			}
			if rapid.IntRange(0, 99).Draw(r, "restart") == 0 {
				q.Restart()
			}
		}
		var got []string
		h := q.Open("stream", localqm.ReceiveAccess)
		for {
			d, err := h.Read(ctx, localqm.ReadOptions{})
			if err != nil {
				break
			}
			got = append(got, d.Message.Label)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			r.Fatalf("taken %v, want %v", got, want)
		}
	})
	least := 100_000
	if testing.Short() {
		least = 10_000
	}
	if steps < least || taken < steps/10 || taken > steps*9/10 {
		t.Errorf("%d steps, %d taken: the model was not exercised", steps, taken)
	}
}
