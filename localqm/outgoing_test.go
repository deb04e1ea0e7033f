package localqm_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/wire"
)

// There is a queue of another computer.
const (
	farOrders = `DIRECT=OS:far\private$\orders`
	farBills  = `DIRECT=TCP:10.1.2.3\private$\bills`
)

// peer is the queue manager that the messages go to.
var peer = localqm.Peer{ID: mq.GUID{0xFA}, Address: "10.1.2.3", Direct: true}

// carrier takes the place of the transport: it notes the hints it gets.
type carrier struct {
	mu        sync.Mutex
	available map[string]int
	changed   int
	link      localqm.Link
}

func attach(q *qmtest.QM) *carrier {
	c := &carrier{available: map[string]int{}, link: localqm.Link{State: mq.StateConnected, Why: "a test"}}
	q.Attach(c)
	return c
}

func (c *carrier) Available(o *localqm.Outgoing) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.available[o.Destination().String()]++
}

func (c *carrier) Changed(*localqm.Outgoing) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changed++
}

func (c *carrier) OrderAck(localqm.OrderAck) {}

func (c *carrier) Link(*localqm.Outgoing) localqm.Link { return c.link }

func (c *carrier) hints(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.available[name]
}

func (c *carrier) changes() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changed
}

// outgoing finds the outgoing queue for a name.
func outgoing(t *testing.T, q *qmtest.QM, name string) *localqm.Outgoing {
	t.Helper()
	for _, o := range q.Outgoings() {
		if o.Destination().Equal(qmtest.Name(t, name).FormatName()) {
			return o
		}
	}
	t.Fatalf("no outgoing queue to %s", name)
	return nil
}

// takeAll takes what may leave to the peer.
func takeAll(t *testing.T, q *qmtest.QM, name string) []*localqm.Parcel {
	t.Helper()
	return takeFor(t, q, name, peer)
}

func takeFor(t *testing.T, q *qmtest.QM, name string, to localqm.Peer) []*localqm.Parcel {
	t.Helper()
	var all []*localqm.Parcel
	for {
		p, err := outgoing(t, q, name).Take(ctx, to, 1000, 1<<20)
		ok(t, err)
		if all = append(all, p...); len(p) == 0 {
			return all
		}
	}
}

// parsed is the message of a parcel as the peer sees it.
func parsed(t *testing.T, p *localqm.Parcel) *mq.Message {
	t.Helper()
	m, err := wire.Parse(p.Packet, peer.ID)
	ok(t, err)
	return m
}

// places are the labels and places in the stream of parcels: "a 1<0".
func places(t *testing.T, parcels []*localqm.Parcel) (out []string) {
	t.Helper()
	for _, p := range parcels {
		m := parsed(t, p)
		out = append(out, fmt.Sprintf("%s %d<%d", m.Label, m.SequenceNumber, m.PreviousNumber))
	}
	return out
}

// sendEach sends messages to a name in one transaction each.
func sendEach(t *testing.T, q *qmtest.QM, name string, labels ...string) {
	t.Helper()
	for _, l := range labels {
		sendTxMessage(t, q, name, qmtest.Message(l))
	}
}

func sendTxMessage(t *testing.T, q *qmtest.QM, name string, m *mq.Message) {
	t.Helper()
	tx := begin(t, q)
	_, err := q.Open(name, localqm.SendAccess).Send(ctx, tx, m)
	ok(t, err)
	ok(t, tx.Commit(ctx))
}

// orderAck sends the order acknowledgement of a stream as the peer does.
func orderAck(t *testing.T, q *qmtest.QM, from localqm.Peer, sequence uint64, number uint32) {
	t.Helper()
	q.Ordered(from, wire.Order{Sequence: sequence, Number: number})
}

func unsent(t *testing.T, q *qmtest.QM, name string) localqm.QueueInfo {
	t.Helper()
	i, err := q.Queue(ctx, qmtest.Owner, qmtest.Name(t, name))
	ok(t, err)
	return i
}

// remain wants so many messages left, once what was said is done.
func remain(t *testing.T, q *qmtest.QM, name string, left int64) {
	t.Helper()
	ok(t, q.Settle())
	if n := outgoing(t, q, name).Unsent(); n != left {
		t.Fatalf("%d messages are left in %s, want %d", n, name, left)
	}
}

func TestMessagesToOthersWaitUntilTheyAreDelivered(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		c := attach(q)
		q.Send(farOrders, message("slow", nil))
		q.Send(farOrders, message("quick", func(m *mq.Message) { m.Priority = 7; m.Delivery = mq.Express }))
		if c.hints(farOrders) == 0 {
			t.Error("the carrier was not told")
		}
		parcels := takeAll(t, q, farOrders)
		if len(parcels) != 2 || parsed(t, parcels[0]).Label != "quick" || parcels[0].Recoverable || !parcels[1].Recoverable {
			t.Fatalf("took %v", parcels)
		}
		m := parsed(t, parcels[1])
		if string(m.Body) != "body of slow" || m.Destination.String() != farOrders || m.SourceMachine != q.Identity().ID {
			t.Errorf("what leaves: %+v", m)
		}
		if more := takeAll(t, q, farOrders); len(more) != 0 {
			t.Errorf("taken twice: %v", places(t, more))
		}
		i := unsent(t, q, farOrders)
		if i.Count.Messages != 2 || i.Outgoing.Unsent.Messages != 2 || i.Outgoing.Link.State != mq.StateConnected || i.Outgoing.Exactly.NoAck != 0 {
			t.Errorf("while on the way: %+v %+v", i.Count, i.Outgoing)
		}
		if d := q.Browsed(farOrders); d[0].Transfer != localqm.TransferSending || d[0].Locked {
			t.Errorf("a message on its way is %q, locked %v", d[0].Transfer, d[0].Locked)
		}
		o := outgoing(t, q, farOrders)
		o.Release(parcels[1:])
		o.Delivered(parcels)
		remain(t, q, farOrders, 1)
		if d := q.Browsed(farOrders); d[0].Transfer != localqm.TransferWaiting {
			t.Errorf("a message that was given back is %q", d[0].Transfer)
		}
		o.Delivered(takeAll(t, q, farOrders))
		remain(t, q, farOrders, 0)
	})
}

func TestARestartKeepsWhatWaits(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		attach(q)
		q.Send(farOrders, message("kept", nil))
		q.Send(farOrders, message("lost", express))
		q.Send(farBills, message("lost too", express))
		parcels := takeAll(t, q, farOrders)
		q.Restart()
		if n := len(q.Outgoings()); n != 1 {
			t.Fatalf("%d outgoing queues after the restart", n)
		}
		labels(t, q, farOrders, "kept")
		again := takeAll(t, q, farOrders)
		if len(again) != 1 || string(again[0].Packet) != string(parcels[0].Packet) {
			t.Error("the message is not the same after the restart")
		}
		outgoing(t, q, farOrders).Delivered(again)
		remain(t, q, farOrders, 0)
	})
}

func TestTransactionalMessagesAreNumberedInTheOrderOfCommits(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		attach(q)
		first := begin(t, q)
		h := q.Open(farOrders, localqm.SendAccess)
		for _, l := range []string{"c", "d"} {
			_, err := h.Send(ctx, first, qmtest.Message(l))
			ok(t, err)
		}
		sendEach(t, q, farOrders, "a", "b")
		sendEach(t, q, farBills, "x")
		ok(t, first.Commit(ctx))
		parcels := takeAll(t, q, farOrders)
		same(t, "stream", places(t, parcels), []string{"a 1<0", "b 2<1", "c 3<2", "d 4<3"})
		if !parcels[0].Transactional || parcels[3].Number != 4 {
			t.Errorf("parcels %+v", parcels[3])
		}
		m := parsed(t, parcels[2])
		if !m.First || m.Last || m.Sequence != parcels[0].Sequence || m.Priority != 0 {
			t.Errorf("c: %+v", m)
		}
		x := takeAll(t, q, farBills)
		if x[0].Number != 1 || x[0].Sequence == parcels[0].Sequence {
			t.Errorf("another queue has stream %x and number %d", x[0].Sequence, x[0].Number)
		}

		outgoing(t, q, farOrders).Delivered(parcels) // a session acknowledgement frees nothing
		if n := outgoing(t, q, farOrders).Unsent(); n != 4 {
			t.Fatalf("%d left", n)
		}
		orderAck(t, q, peer, parcels[0].Sequence, 3)
		remain(t, q, farOrders, 1)
		e := outgoing(t, q, farOrders).Exactly()
		if e.LastAck.Number != 3 || e.LastAckCount != 1 || e.NoAck != 1 || e.FirstNonAck.Number != 4 || e.FirstNonAck.Previous != 3 {
			t.Errorf("exactly %+v", e)
		}
		sendEach(t, q, farOrders, "e")
		same(t, "goes on", places(t, takeAll(t, q, farOrders)), []string{"e 5<4"})
		orderAck(t, q, peer, parcels[0].Sequence, 5)
		remain(t, q, farOrders, 0)
		sendEach(t, q, farOrders, "f")
		next := takeAll(t, q, farOrders)
		if same(t, "a new stream", places(t, next), []string{"f 1<0"}); next[0].Sequence <= parcels[0].Sequence {
			t.Errorf("stream %x after %x", next[0].Sequence, parcels[0].Sequence)
		}
	})
}

// sequence is TxSequenceID with its parts.
func sequence(stamp, ordinal uint32) uint64 {
	return binary.LittleEndian.Uint64(binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, ordinal), stamp))
}

func TestStreamsGrowWhateverTheClockSays(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		attach(q)
		var all []uint64
		for range 3 {
			sendEach(t, q, farOrders, "m")
			p := takeAll(t, q, farOrders)
			all = append(all, p[0].Sequence)
			orderAck(t, q, peer, p[0].Sequence, 1)
			remain(t, q, farOrders, 0)
			q.Clock.Set(q.Clock.Now().Add(-24 * 60 * minute))
			q.Restart()
			attach(q)
		}
		if !slices.IsSorted(all) || all[0] == all[1] || all[1] == all[2] {
			t.Errorf("streams %x", all)
		}
		if begin := uint32(qmtest.NewClock().Now().Unix()); all[0] != sequence(begin, 1) || all[1] != sequence(begin+1, 1) {
			t.Errorf("streams %x, want them to begin at %x", all, begin)
		}
	})
}
