package remoteread_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	remote "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm/interfaces/remoteread"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/store"
	"posthouse/localqm/wire"
)

func TestAMessageIsTheClientsOnceItSaysSo(t *testing.T) {
	p := start(t)
	p.Send(orders, qmtest.Message("a"))
	c, other := p.owner(), p.owner()
	h, g := c.open(orders, receiveAccess), other.open(orders, receiveAccess)
	if m := c.message(h, remote.StartReceiveRequest{Action: receive, RequestID: 7}); m.Label != "a" {
		t.Fatalf("received %q", m.Label)
	}
	_, err := other.read(g, remote.StartReceiveRequest{Action: receive, RequestID: 7})
	want(t, "meanwhile another", err, mq.ErrIOTimeout)
	if err := c.end(h, 7, nack); err != nil {
		t.Fatal(err)
	}
	if m := other.message(g, remote.StartReceiveRequest{Action: receive, RequestID: 7}); m.Label != "a" {
		t.Fatalf("received %q", m.Label)
	}
	if err := other.end(g, 7, ack); err != nil {
		t.Fatal(err)
	}
	if left := p.Labels(orders); len(left) != 0 {
		t.Errorf("left are %v", left)
	}
}

func TestEveryReceiveIsEndedByItsRequest(t *testing.T) {
	for _, x := range []struct {
		action uint32
		from   int
		label  string
	}{{receive, -1, "a"}, {byTake, 1, "b"}, {byTakeNext, 1, "c"}, {byTakePrev, 1, "a"}} {
		p := start(t)
		ids := p.send("a", "b", "c")
		c := p.owner()
		h := c.open(orders, receiveAccess)
		r := remote.StartReceiveRequest{Action: x.action, RequestID: 5}
		if x.from >= 0 {
			r.LookupID = ids[x.from]
		}
		if m := c.message(h, r); m.Label != x.label {
			t.Errorf("action %X received %q", x.action, m.Label)
		}
		_, err := c.read(h, remote.StartReceiveRequest{Action: byPeek, LookupID: ids[slices.Index([]string{"a", "b", "c"}, x.label)]})
		want(t, "the locked message", err, mq.ErrMessageLocked)
		_, err = c.read(h, remote.StartReceiveRequest{Action: receive, RequestID: 5})
		want(t, "the same request again", err, mq.ErrInvalidParameter)
		want(t, "another request", c.end(h, 6, ack), mq.ErrInvalidParameter)
		want(t, "cancel what has its message", c.cancel(h, 5), 0xC0000225)
		if err := c.end(h, 5, ack); err != nil {
			t.Errorf("action %X: %v", x.action, err)
		}
		want(t, "ended twice", c.end(h, 5, ack), mq.ErrInvalidHandle)
		if left := p.Labels(orders); len(left) != 2 || slices.Contains(left, x.label) {
			t.Errorf("action %X left %v", x.action, left)
		}
	}
}

// send sends messages and returns their lookup identifiers.
func (p *place) send(labels ...string) (ids []uint64) {
	p.t.Helper()
	for _, l := range labels {
		ids = append(ids, p.Send(orders, qmtest.Message(l)).Lookup)
	}
	return ids
}

func TestAnswersSayWhereAndWhenAMessageIs(t *testing.T) {
	p := start(t)
	m := qmtest.Message("urgent")
	m.Priority = 7
	id := p.Send(orders, m).Lookup
	low := p.send("a")[0]
	c := p.owner()
	h := c.open(orders, receiveAccess)
	for _, r := range []remote.StartReceiveRequest{
		{Action: peek}, {Action: receive, RequestID: 1}, {Action: byPeek, LookupID: low}, {Action: byTake, LookupID: low, RequestID: 2},
	} {
		r.MaxBodySize = all
		out, err := c.read(h, r)
		if err != nil {
			t.Fatal(err)
		}
		at := id
		if r.LookupID != 0 {
			at = low
		}
		got, _ := packet(t, out)
		if store.LookupID(got.Priority, out.SequenceID) != at || out.SequenceID>>56 != 0 {
			t.Errorf("action %X: sequence %x of priority %d, the lookup identifier is %x", r.Action, out.SequenceID, got.Priority, at)
		}
		if int64(out.ArriveTime) != p.Clock.Now().Unix() {
			t.Errorf("action %X: arrived at %d", r.Action, out.ArriveTime)
		}
	}
}

// at puts a number where a stub has another one.
func at(offset int, n uint32) func([]byte) {
	return func(stub []byte) { binary.LittleEndian.PutUint32(stub[offset:], n) }
}

func TestArgumentsThatDoNotGoTogetherAreRefused(t *testing.T) {
	p := start(t)
	id := p.send("a", "b")[0]
	c := p.owner()
	h := c.open(orders, receiveAccess)
	cursor := c.cursor(h)
	for _, r := range []remote.StartReceiveRequest{
		{Action: 1},
		{Action: 0x80000002},
		{Action: 0x40000013},
		{Action: 0x40000030},
		{Action: 0xFFFFFFFF},
		{Action: 0x40000014},
		{Action: 0x40000018},
		{Action: 0x40000120},
		{Action: receive, LookupID: id},
		{Action: peek, LookupID: id},
		{Action: peekNext, LookupID: id, Cursor: cursor},
		{Action: peekNext},
		{Action: byPeek},
		{Action: byPeekNext},
		{Action: byPeekPrev},
		{Action: byTake},
		{Action: byTakeNext},
		{Action: byTakePrev},
		{Action: byPeek, LookupID: id, Cursor: cursor},
		{Action: byTakeNext, LookupID: id, Cursor: cursor},
		{Action: byPeekNext, LookupID: id, Timeout: 1},
		{Action: byTake, LookupID: id, Timeout: 1},
	} {
		_, err := c.read(h, r)
		want(t, fmt.Sprintf("%+v", r), err, mq.ErrInvalidParameter)
	}
	_, err := c.read(h, remote.StartReceiveRequest{Action: peek, Cursor: cursor + 1})
	want(t, "a cursor that is none", err, 0xC0000008)
	for _, n := range []uint32{0, 3, all} {
		c.line.forge = at(20, n)
		want(t, fmt.Sprintf("an answer of %d", n), c.end(h, 1, ack), 0x6F7)
	}
	c.line.forge = nil
	if n := remoteread.Requests(c.line.Group, h); n != 0 {
		t.Errorf("%d requests are left", n)
	}
	if left := p.Labels(orders); len(left) != 2 {
		t.Errorf("left are %v", left)
	}
}

func TestAWalkByLookupIdentifierSeesEveryMessage(t *testing.T) {
	p := start(t)
	var labels []string
	for i := range 50 {
		labels = append(labels, fmt.Sprint(i))
	}
	p.send(labels...)
	c := p.owner()
	h := c.open(orders, peekAccess)
	walk := func(action uint32, from uint64) (seen []string) {
		for {
			out, err := c.read(h, remote.StartReceiveRequest{Action: action, LookupID: from})
			if code(err) == mq.ErrMessageNotFound {
				return seen
			}
			if err != nil {
				t.Fatal(err)
			}
			m, _ := packet(t, out)
			seen = append(seen, m.Label)
			from = store.LookupID(m.Priority, out.SequenceID)
		}
	}
	if seen := walk(byPeekNext, 1); !slices.Equal(seen, labels) {
		t.Errorf("forward: %v", seen)
	}
	slices.Reverse(labels)
	if seen := walk(byPeekPrev, 1<<64-1); !slices.Equal(seen, labels) {
		t.Errorf("backward: %v", seen)
	}
}

func TestABodyIsCutWhereTheReaderSays(t *testing.T) {
	p := start(t)
	m := qmtest.Message("big")
	m.Body = []byte(strings.Repeat("0123456789", 100) + "x") // of odd length
	p.Send(orders, m)
	c := p.owner()
	h := c.open(orders, receiveAccess)
	whole, err := c.read(h, remote.StartReceiveRequest{Action: peek, MaxBodySize: all})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(whole.PacketSections); n != 1 {
		t.Fatalf("the whole packet came in %d sections", n)
	}
	full := whole.PacketSections[0]
	if full.SectionBufferType != 0 || full.SectionSize != full.SectionSizeAlloc || int(full.SectionSize) != len(full.SectionBuffer) {
		t.Errorf("the full section is %d, %d of %d, %d bytes", full.SectionBufferType, full.SectionSize, full.SectionSizeAlloc, len(full.SectionBuffer))
	}
	request := uint32(0)
	for _, action := range []uint32{peek, receive} {
		for _, most := range []uint32{0, 1, 1000, 1001, 1002} {
			request++
			out, err := c.read(h, remote.StartReceiveRequest{Action: action, MaxBodySize: most, RequestID: request})
			if err != nil {
				t.Fatal(err)
			}
			if action == receive {
				if err := c.end(h, request, nack); err != nil {
					t.Fatal(err)
				}
			}
			if most >= 1001 {
				if len(out.PacketSections) != 1 || !slices.Equal(out.PacketSections[0].SectionBuffer, full.SectionBuffer) {
					t.Errorf("%d bytes: the packet is another one", most)
				}
				continue
			}
			if len(out.PacketSections) != 2 || out.NumberOfSections != 2 {
				t.Fatalf("%d bytes: %d sections", most, len(out.PacketSections))
			}
			first, second := out.PacketSections[0], out.PacketSections[1]
			if first.SectionBufferType != 1 || second.SectionBufferType != 2 || second.SectionSize != second.SectionSizeAlloc ||
				first.SectionSizeAlloc-first.SectionSize != 1001-most || first.SectionSizeAlloc+second.SectionSizeAlloc != full.SectionSize {
				t.Errorf("%d bytes: sections of type %d, %d of %d bytes, and type %d, %d of %d bytes", most,
					first.SectionBufferType, first.SectionSize, first.SectionSizeAlloc,
					second.SectionBufferType, second.SectionSize, second.SectionSizeAlloc)
			}
			if string(first.SectionBuffer) != string(full.SectionBuffer[:first.SectionSize]) ||
				string(second.SectionBuffer) != string(full.SectionBuffer[first.SectionSizeAlloc:]) {
				t.Errorf("%d bytes: the sections are no parts of the packet", most)
			}
			got, _ := packet(t, out)
			if got.Label != "big" || len(got.Body) != 1001 || string(got.Body[:most]) != string(m.Body[:most]) {
				t.Errorf("%d bytes: put together it is %q, %d bytes", most, got.Label, len(got.Body))
			}
		}
	}
}

func TestThePacketIsAsItIsStoredWithWhatIsKnownBesides(t *testing.T) {
	p := start(t)
	m := qmtest.Message("a")
	m.DeadLetterQueue = qmtest.Name(t, `DIRECT=OS:test\private$\orders`).Format
	m.TimeToReachQueue = 60
	p.Send(orders, m)
	c := p.owner()
	h := c.open(orders, receiveAccess)
	p.Clock.Advance(time.Minute)
	target, err := c.OpenQueueForMove(ctx, toMove(t, orders+";Later"))
	if err != nil {
		t.Fatal(err)
	}
	before := p.Browsed(orders)[0]
	if _, err := c.MoveMessage(ctx, &remote.MoveMessageRequest{ContextFrom: h, ContextTo: target.MoveContext, LookupID: before.Lookup}); err != nil {
		t.Fatal(err)
	}
	sub := c.open(orders+";later", peekAccess)
	out, err := c.read(sub, remote.StartReceiveRequest{Action: peek, MaxBodySize: all})
	if err != nil {
		t.Fatal(err)
	}
	got, x := packet(t, out)
	if got.ID != before.Message.ID || string(got.Body) != string(m.Body) || !got.DeadLetterQueue.Equal(m.DeadLetterQueue) || got.TimeToReachQueue != 60 {
		t.Errorf("%+v", got)
	}
	if x.Subqueue == nil || x.Address == nil || x.Subqueue.Name != "Later" || x.Subqueue.MoveCount != 1 || x.Subqueue.AbortCount != 0 ||
		int64(x.Subqueue.LastMoveTime) != p.Clock.Now().Unix() {
		t.Errorf("%+v", x)
	}
	if base, err := wire.ParseBase(out.PacketSections[0].SectionBuffer); err != nil || int64(base.TimeToReachQueue) != got.SentTime.Unix()+60 {
		t.Errorf("it may travel until %d (%v)", base.TimeToReachQueue, err)
	}
}

func TestADeadLetterSaysWhyItDied(t *testing.T) {
	p := start(t)
	m := qmtest.Message("late")
	m.DeadLetter, m.TimeToBeReceived = true, 60
	p.Send(orders, m)
	p.Clock.Advance(2 * time.Minute)
	qmtest.Eventually(t, "it is dead", func() bool { return len(p.Labels(`.\system$;deadletter`)) == 1 })
	c := p.owner()
	out, err := c.read(c.open(`.\system$;deadletter`, peekAccess), remote.StartReceiveRequest{Action: peek, MaxBodySize: all})
	if err != nil {
		t.Fatal(err)
	}
	if got, x := packet(t, out); got.Class != mq.ClassNackReceiveTimeout || x.Subqueue.Class != mq.ClassNackReceiveTimeout {
		t.Errorf("class %v, %v", got.Class, x.Subqueue.Class)
	}
}

func TestAReadWaitsForAMessage(t *testing.T) {
	for _, action := range []uint32{receive, peek} {
		p := start(t)
		c := p.owner()
		h := c.open(orders, receiveAccess)
		coming := c.later(h, remote.StartReceiveRequest{Action: action, Timeout: all, RequestID: 1, MaxBodySize: all})
		c.pending(h, 1)
		p.send("a")
		a := <-coming
		if a.err != nil {
			t.Fatal(a.err)
		}
		if m, _ := packet(t, a.StartReceiveResponse); m.Label != "a" {
			t.Errorf("action %X: %q", action, m.Label)
		}
		if action == receive {
			if err := c.end(h, 1, ack); err != nil {
				t.Error(err)
			}
		}
		c.pending(h, 0)
	}
}

func TestAReadWaitsAsLongAsItSays(t *testing.T) {
	p := start(t)
	c := p.owner()
	h := c.open(orders, receiveAccess)
	_, err := c.read(h, remote.StartReceiveRequest{Action: receive, RequestID: 1})
	want(t, "a receive that does not wait", err, mq.ErrIOTimeout)
	for _, action := range []uint32{receive, peek} {
		coming := c.later(h, remote.StartReceiveRequest{Action: action, Timeout: 60000, RequestID: 1})
		c.pending(h, 1)
		var a answer
		qmtest.Eventually(t, "its time is over", func() bool {
			p.Clock.Advance(30 * time.Second)
			select {
			case a = <-coming:
				return true
			default:
				return false
			}
		})
		want(t, "a read that waits", a.err, mq.ErrIOTimeout)
		c.pending(h, 0)
	}
}

func TestWaitingReadsAreCancelled(t *testing.T) {
	for _, action := range []uint32{receive, peek} {
		p := start(t)
		one, other := p.owner(), p.owner()
		h, g := one.open(orders, receiveAccess), other.open(orders, receiveAccess)
		mine := one.later(h, remote.StartReceiveRequest{Action: action, Timeout: all, RequestID: 1})
		theirs := other.later(g, remote.StartReceiveRequest{Action: receive, Timeout: all, RequestID: 1, MaxBodySize: all})
		one.pending(h, 1)
		other.pending(g, 1)
		want(t, "another request", one.cancel(h, 2), 0xC0000225)
		if err := one.cancel(h, 1); err != nil {
			t.Fatal(err)
		}
		want(t, "what was cancelled", (<-mine).err, mq.ErrOperationCancelled)
		p.send("a")
		if a := <-theirs; a.err != nil {
			t.Errorf("the other client's request of the same number: %v", a.err)
		}
		one.pending(h, 0)
	}
}

func TestAReceiveThatWaitsCannotBeEnded(t *testing.T) {
	p := start(t)
	c := p.owner()
	h := c.open(orders, receiveAccess)
	coming := c.later(h, remote.StartReceiveRequest{Action: receive, Timeout: all, RequestID: 1})
	c.pending(h, 1)
	want(t, "ended while it waits", c.end(h, 1, ack), mq.ErrMessageNotFound)
	p.send("a")
	if a := <-coming; a.err != nil {
		t.Fatal(a.err)
	}
	if err := c.end(h, 1, ack); err != nil {
		t.Error(err)
	}
}
