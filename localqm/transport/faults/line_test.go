package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/proxy"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/store"
	"posthouse/localqm/wire"
)

// two are the two queue managers of a pair within the process of the test.
type two struct {
	*pair
	nodes [2]*node
}

// newTwo starts both.
func newTwo(t testing.TB) *two {
	t.Helper()
	w := &two{pair: newPair(t, rand.New(rand.NewPCG(seed(t), 2)))} //nolint:gosec // repeatable
	for i := range w.nodes {
		w.start(i)
		t.Cleanup(func() { w.stop(i) })
	}
	return w
}

func (w *two) start(i int) *node {
	w.t.Helper()
	n, err := w.sides[i].start()
	ok(w.t, err)
	w.nodes[i] = n
	return n
}

func (w *two) stop(i int) {
	w.t.Helper()
	if n := w.nodes[i]; n != nil {
		w.nodes[i] = nil
		ok(w.t, n.stop())
	}
}

func (w *two) restart(i int) {
	w.t.Helper()
	w.stop(i)
	w.start(i)
}

// hurried has both sides not wait for their next try until the test ends.
func (w *two) hurried() {
	rush, stop := context.WithCancel(ctx)
	var tasks sync.WaitGroup
	for _, n := range w.nodes {
		tasks.Go(func() { n.hurry(rush) })
	}
	w.t.(*testing.T).Cleanup(func() { stop(); tasks.Wait() })
}

// send sends one message to the peer's queue, in a transaction if the queue wants
// it.
func (n *node) send(t testing.TB, queue, label string, change func(*mq.Message)) {
	t.Helper()
	h, err := n.OpenQueue(ctx, qmtest.Owner, name(n.peerQueue(queue)), localqm.SendAccess, localqm.DenyNone)
	ok(t, err)
	defer h.Close()
	m := qmtest.Message(label)
	if queue == queueExpress {
		m.Delivery = mq.Express
	}
	if change != nil {
		change(m)
	}
	var tx *localqm.Transaction
	if queue == queueBooked || queue == queueKept {
		tx, err = n.Begin()
		ok(t, err)
	}
	_, err = h.Send(ctx, tx, m)
	ok(t, err)
	if tx != nil {
		ok(t, tx.Commit(ctx))
	}
}

// labels are those of what a queue holds, in its order.
func (n *node) labels(t testing.TB, queue string) (labels []string) {
	t.Helper()
	for after := uint64(0); ; {
		page, err := n.Browse(ctx, qmtest.Owner, name(queue), store.Range{After: after, Limit: 1000})
		ok(t, err)
		for _, d := range page {
			labels, after = append(labels, d.Message.Label), d.Lookup
		}
		if len(page) < 1000 {
			return labels
		}
	}
}

// unsent is how many messages for the peer's queue are not delivered.
func (n *node) unsent(queue string) (count int64) {
	for _, o := range n.Outgoings() {
		if strings.HasSuffix(o.Destination().String(), `\`+queue) {
			count += o.Unsent()
		}
	}
	return count
}

func numbers(from, to int) (s []string) {
	for i := from; i <= to; i++ {
		s = append(s, fmt.Sprintf("%04d", i))
	}
	return s
}

// P05: session acknowledgements free no transactional message.
func TestOnlyOrderAcknowledgementsFreeTransactionalMessages(t *testing.T) {
	w := newTwo(t)
	var acks atomic.Int64
	w.weather(proxy.Rule{Drop: 1, Only: func(p proxy.Packet) bool {
		if p.Type == wire.TypeSessionAck {
			acks.Add(1)
		}
		return orderAck(p)
	}})
	want := numbers(1, 100)
	for _, l := range want {
		w.nodes[0].send(t, queueBooked, l, nil)
	}
	qmtest.Eventually(t, "100 messages are there", func() bool { return len(w.nodes[1].labels(t, queueBooked)) == 100 })
	before := acks.Load()
	qmtest.Eventually(t, "they are acknowledged, and again", func() bool { return acks.Load() > before+2 })
	early := 100 - w.nodes[0].unsent(queueBooked)
	t.Logf("early deletes %d/100", early)
	if early != 0 {
		t.Errorf("%d messages left the sender before their order acknowledgement", early)
	}
	w.weather(proxy.Rule{})
	qmtest.Eventually(t, "an order acknowledgement comes", func() bool { return w.nodes[0].unsent(queueBooked) == 0 })
	if got := w.nodes[1].labels(t, queueBooked); !slices.Equal(got, want) {
		t.Errorf("the receiver has %v", got)
	}
}

// P04: an order acknowledgement speaks of what has come without a gap.
func TestOrderAcknowledgementsStopAtAGap(t *testing.T) {
	w := newTwo(t)
	var mu sync.Mutex
	came := map[uint32]bool{} // numbers that passed the line
	gap, acks, wrong := true, 0, 0
	w.weather(proxy.Rule{Drop: 1, Only: func(p proxy.Packet) bool {
		if p.Type != wire.TypeMessage {
			return false
		}
		m, err := wire.Parse(p.Bytes, mq.GUID{})
		if err != nil {
			return false
		}
		mu.Lock()
		defer mu.Unlock()
		switch {
		case m.Class == mq.ClassOrderAck:
			f, _, err := wire.ParseAck(m)
			ok(t, err)
			acks++
			for n := uint32(1); n <= f.Number; n++ {
				if !came[n] {
					wrong++
					return false
				}
			}
		case m.Transactional && m.Label == "0003" && gap:
			gap = false
			return true
		case m.Transactional:
			came[m.SequenceNumber] = true
		}
		return false
	}})
	want := numbers(1, 40)
	for _, l := range want {
		w.nodes[0].send(t, queueBooked, l, nil)
	}
	w.hurried()
	qmtest.Eventually(t, "all is acknowledged", func() bool { return w.nodes[0].unsent(queueBooked) == 0 })
	if got := w.nodes[1].labels(t, queueBooked); !slices.Equal(got, want) {
		t.Errorf("the receiver has %v", got)
	}
	mu.Lock()
	defer mu.Unlock()
	t.Logf("acknowledged beyond the gap %d/%d", wrong, acks)
	if wrong > 0 || acks == 0 || gap {
		t.Errorf("%d of %d order acknowledgements speak of what had not come", wrong, acks)
	}
}

// P02: what expires at the end of a stream, when nobody remembers that it was
// sent, does not hold the rest.
func TestAStreamWhoseEndExpiredIsAcknowledged(t *testing.T) {
	w := newTwo(t)
	w.weather(proxy.Rule{Drop: 1, Only: orderAck})
	w.nodes[0].send(t, queueBooked, "stays", nil)
	w.nodes[0].send(t, queueBooked, "expires", func(m *mq.Message) { m.TimeToReachQueue = 4 })
	want := []string{"stays", "expires"}
	qmtest.Eventually(t, "both are there", func() bool { return slices.Equal(w.nodes[1].labels(t, queueBooked), want) })
	w.down(true)
	w.restart(0)
	qmtest.Eventually(t, "the second has expired at its sender", func() bool { return w.nodes[0].unsent(queueBooked) == 1 })
	w.weather(proxy.Rule{})
	w.down(false)
	w.hurried()
	w.nodes[0].send(t, queueBooked, "follows", nil)
	qmtest.Eventually(t, "the sender knows of all", func() bool { return w.nodes[0].unsent(queueBooked) == 0 })
	if got := w.nodes[1].labels(t, queueBooked); !slices.Equal(got, append(want, "follows")) {
		t.Errorf("the receiver has %v", got)
	}
}

// P25: what a full queue refuses is a dead letter, and nothing is too much.
func TestAFullQueueRefusesAndNothingIsLost(t *testing.T) {
	w := newTwo(t)
	const quota, all = 10, 40
	to := w.nodes[1]
	for _, q := range []string{queueBooked, queueOrders} {
		limit := uint32(quota)
		_, err := to.SetQueue(ctx, qmtest.Owner, name(q), localqm.QueueSpec{Quota: &limit})
		ok(t, err)
		for _, l := range numbers(1, all) {
			w.nodes[0].send(t, q, l, func(m *mq.Message) { m.DeadLetter, m.Body = true, make([]byte, 600) })
		}
	}
	w.hurried()
	qmtest.Eventually(t, "everything is decided", func() bool {
		return w.nodes[0].unsent(queueBooked)+w.nodes[0].unsent(queueOrders) == 0
	})
	for q, dead := range map[string][]string{
		// The sender of a transactional message keeps its dead letter, else who refuses it.
		queueBooked: w.nodes[0].labels(t, `.\system$;deadxact`),
		queueOrders: to.labels(t, `.\system$;deadletter`),
	} {
		here := to.labels(t, q)
		info, err := to.Queue(ctx, qmtest.Owner, name(q))
		ok(t, err)
		t.Logf("%s: lost %d/%d, over its quota %d B", q, all-len(here)-len(dead), all, max(0, info.Count.Bytes-quota*1024))
		if len(here) == 0 || len(dead) == 0 || len(here)+len(dead) != all || info.Count.Bytes > quota*1024 {
			t.Errorf("%s holds %d messages of %d B, and %d are dead letters", q, len(here), info.Count.Bytes, len(dead))
		}
	}
}

// P28: after an outage everything goes on by itself.
func TestAfterAnOutageItGoesOnByItself(t *testing.T) {
	w := newTwo(t)
	var slowest time.Duration
	outages := 3
	if testing.Short() {
		outages = 1
	}
	for i := range outages {
		label := fmt.Sprintf("before %d", i)
		w.nodes[0].send(t, queueBooked, label, nil)
		qmtest.Eventually(t, label, func() bool { return slices.Contains(w.nodes[1].labels(t, queueBooked), label) })
		w.down(true)
		label = fmt.Sprintf("meanwhile %d", i)
		w.nodes[0].send(t, queueBooked, label, nil)
		w.nodes[1].send(t, queueOrders, label, nil)
		for _, n := range w.nodes {
			for _, o := range n.Outgoings() {
				qmtest.Eventually(t, "a try in vain", func() bool { return o.Unsent() == 0 || n.transport.Link(o).Failures > 0 })
			}
		}
		w.down(false)
		begin := time.Now()
		qmtest.Eventually(t, label, func() bool {
			return slices.Contains(w.nodes[1].labels(t, queueBooked), label) && slices.Contains(w.nodes[0].labels(t, queueOrders), label)
		})
		slowest = max(slowest, time.Since(begin))
	}
	t.Logf("stuck 0/%d, the slowest went on after %d ms", outages, slowest.Milliseconds())
}

// P36: what a bad line does to packets and sessions changes nothing.
func TestABadLineChangesNothing(t *testing.T) {
	for _, c := range []struct {
		name   string
		rule   proxy.Rule
		queues []string
	}{
		{"packets are harmed", with(harming, opened), []string{queueBooked, queueKept}},
		{"connections break", with(breaking, opened), []string{queueBooked, queueOrders, queueExpress}},
	} {
		t.Run(c.name, func(t *testing.T) { throughBadLine(t, c.rule, c.queues) })
	}
}

// throughBadLine sends to each of the queues, in both directions.
func throughBadLine(t *testing.T, rule proxy.Rule, queues []string) {
	w := newTwo(t)
	w.weather(rule)
	w.hurried()
	count := 200
	if testing.Short() {
		count = 50
	}
	want := numbers(1, count)
	var clients sync.WaitGroup
	for _, n := range w.nodes {
		for _, q := range queues {
			clients.Go(func() {
				for _, l := range want {
					n.send(t, q, l, nil)
				}
			})
		}
	}
	clients.Wait()
	left := func() (count int64) {
		for _, n := range w.nodes {
			for _, q := range queues {
				count += n.unsent(q)
			}
		}
		return count
	}
	// A packet in four takes its session with it: a while of that is enough.
	for bad := time.Now().Add(5 * time.Second); left() > 0 && time.Now().Before(bad); {
		time.Sleep(20 * time.Millisecond)
	}
	w.weather(proxy.Rule{})
	w.cut() // what waits for an acknowledgement that was lost need not time out
	qmtest.Eventually(t, "nothing is left", func() bool { return left() == 0 })
	wrong := 0
	for _, n := range w.nodes {
		for _, q := range queues {
			got := n.labels(t, q)
			if q == queueOrders || q == queueExpress {
				slices.Sort(got) // their order is not promised when sessions break
			}
			if !slices.Equal(got, want) {
				wrong++
				t.Errorf("%s of %s has %d messages, want %d in order: %v", q, n.at.Name, len(got), count, got)
			}
		}
	}
	t.Logf("queues with something lost, doubled or reordered %d/%d, of %d messages each; %+v %+v",
		wrong, 2*len(queues), count, w.lines[0].Stats(), w.lines[1].Stats())
}
