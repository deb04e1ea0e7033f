package localqm_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/store"
	"posthouse/localqm/wire"
)

// leaving is what waits in an outgoing queue.
func leaving(t testing.TB, q *qmtest.QM, name string) []localqm.Delivery {
	t.Helper()
	page, err := q.Browse(ctx, qmtest.Owner, qmtest.Name(t, name), store.Range{Limit: 1000, Body: -1})
	if mq.CodeOf(err) == mq.ErrQueueNotFound {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// leavingClasses checks the classes of what waits in an outgoing queue.
func leavingClasses(t *testing.T, q *qmtest.QM, name string, want ...mq.Class) {
	t.Helper()
	var got []mq.Class
	for _, d := range leaving(t, q, name) {
		got = append(got, d.Row.Class)
	}
	same(t, name, got, want)
}

const (
	farAcks  = `DIRECT=TCP:10.0.0.1\private$\acks`
	farOrder = `DIRECT=TCP:10.0.0.1\private$\order_queue$`
)

// Every way in which a message ends here, and which of the four acknowledgements
// speaks of it (P23).
var endings = []struct {
	class  mq.Class
	asked  mq.Ack
	queue  localqm.QueueSpec
	change func(m *mq.Message, q *qmtest.QM)
	end    func(t *testing.T, q *qmtest.QM) // after it arrived
}{
	{class: mq.ClassAckReachQueue, asked: mq.AckPositiveArrival},
	{class: mq.ClassAckReceive, asked: mq.AckPositiveReceive, end: func(t *testing.T, q *qmtest.QM) {
		receive(t, q.Open("orders", localqm.ReceiveAccess))
	}},
	{class: mq.ClassNackBadDestQueue, asked: mq.AckNegativeArrival, change: to("missing")},
	{class: mq.ClassNackReachQueueTimeout, asked: mq.AckNegativeArrival, change: func(m *mq.Message, q *qmtest.QM) {
		m.SentTime, m.TimeToReachQueue = q.Clock.Now().Add(-time.Minute), 1
	}},
	{class: mq.ClassNackQueueExceedQuota, asked: mq.AckNegativeArrival, queue: localqm.QueueSpec{Quota: ptr(uint32(0))}},
	{class: mq.ClassNackAccessDenied, asked: mq.AckNegativeArrival, change: to("notify_queue$")},
	{class: mq.ClassNackHopCountExceeded, asked: mq.AckNegativeArrival, change: func(m *mq.Message, _ *qmtest.QM) { m.HopCount = 0x1F }},
	{class: mq.ClassNackBadSignature, asked: mq.AckNegativeArrival, queue: localqm.QueueSpec{Authenticate: &yes}},
	{class: mq.ClassNackBadEncryption, asked: mq.AckNegativeArrival, queue: localqm.QueueSpec{Privacy: ptr(uint8(2))}},
	{class: mq.ClassNackNotTransactionalMsg, asked: mq.AckNegativeArrival, queue: trans},
	{class: mq.ClassNackNotTransactionalQ, asked: mq.AckNegativeArrival, change: func(m *mq.Message, _ *qmtest.QM) { inStream(7, 1, 0)(m) }},
	{class: mq.ClassNackQueueDeleted, asked: mq.AckNegativeReceive, end: func(t *testing.T, q *qmtest.QM) {
		ok(t, q.DeleteQueue(ctx, qmtest.Owner, qmtest.Name(t, "orders")))
	}},
	{class: mq.ClassNackQueuePurged, asked: mq.AckNegativeReceive, end: func(t *testing.T, q *qmtest.QM) {
		_, err := q.Purge(ctx, qmtest.Owner, qmtest.Name(t, "orders"))
		ok(t, err)
	}},
	{class: mq.ClassNackReceiveTimeout, asked: mq.AckNegativeReceive, change: func(m *mq.Message, _ *qmtest.QM) {
		m.TimeToBeReceived = 10
	}, end: func(t *testing.T, q *qmtest.QM) {
		q.Clock.Advance(11 * time.Second)
		qmtest.Eventually(t, "it expires", func() bool { return len(q.Browsed("orders")) == 0 })
	}},
}

func TestAdministrationAcknowledgementsGoWhereTheyWereAskedFor(t *testing.T) {
	for _, e := range endings {
		for asked := mq.Ack(0); asked <= all; asked++ {
			for _, delivery := range []mq.Delivery{mq.Express, mq.Recoverable} {
				if delivery == mq.Express && e.class == mq.ClassNackNotTransactionalQ {
					continue // there is no such message
				}
				t.Run(fmt.Sprintf("%04X/asked=%X/delivery=%d", uint16(e.class), asked, delivery), func(t *testing.T) {
					q := qmtest.Start(t, qmtest.Memory)
					sound(t, q)
					ok(t, q.SetMachine(ctx, qmtest.Owner, func(s *localqm.Settings) error { s.InsecureNack = true; return nil }))
					q.Create("orders", open(e.queue))
					f := newFar(t, q, 1, "10.0.0.1")
					m := f.message("orders", "label", func(m *mq.Message) {
						m.Delivery, m.Acknowledge, m.AdminQueue = delivery, asked, qmtest.Name(t, farAcks).Format
						if e.change != nil {
							e.change(m, q)
						}
					})
					f.send(m)
					if e.end != nil {
						e.end(t, q)
					}
					var want []mq.Class
					if asked&mq.AckPositiveArrival != 0 && e.end != nil {
						want = append(want, mq.ClassAckReachQueue)
					}
					if asked&e.asked != 0 {
						want = append(want, e.class)
					}
					leavingClasses(t, q, farAcks, want...)
					for _, d := range leaving(t, q, farAcks) {
						checkAck(t, m, d.Message)
					}
				})
			}
		}
	}
}

// checkAck compares an acknowledgement with its message (MS-MQQB 3.1.7.15).
func checkAck(t *testing.T, m, ack *mq.Message) {
	t.Helper()
	body := string(m.Body)
	if ack.Class.IsAck() {
		body = ""
	}
	if ack.Delivery != m.Delivery || ack.CorrelationID != correlated(m.ID) || !ack.ResponseQueue.Equal(m.Destination) ||
		!ack.Destination.Equal(m.AdminQueue) || ack.Acknowledge != 0 || ack.Journal || ack.DeadLetter || ack.Transactional ||
		ack.TimeToReachQueue != mq.Never || ack.TimeToBeReceived != mq.Never || string(ack.Body) != body || !ack.AdminQueue.IsZero() {
		t.Errorf("acknowledgement %+v of %+v", ack, m)
	}
}

// How a transactional message ends after days and a restart, and what its sender
// is told in the end.
func TestFinalAcknowledgements(t *testing.T) {
	type ending struct {
		name  string
		class mq.Class
		end   func(t *testing.T, q *qmtest.QM)
	}
	ends := []ending{
		{"received", mq.ClassAckReceive, func(t *testing.T, q *qmtest.QM) { receive(t, q.Open("orders", localqm.ReceiveAccess)) }},
		{"received in a transaction", mq.ClassAckReceive, func(t *testing.T, q *qmtest.QM) {
			tx := begin(t, q)
			_, err := q.Open("orders", localqm.ReceiveAccess).Read(ctx, localqm.ReadOptions{Tx: tx})
			ok(t, err)
			leavingClasses(t, q, farOrder)
			ok(t, tx.Commit(ctx))
		}},
		{"purged", mq.ClassNackQueuePurged, func(t *testing.T, q *qmtest.QM) {
			_, err := q.Purge(ctx, qmtest.Owner, qmtest.Name(t, "orders"))
			ok(t, err)
		}},
		{"expired", mq.ClassNackReceiveTimeout, func(t *testing.T, q *qmtest.QM) {
			q.Clock.Advance(365 * 24 * time.Hour)
			qmtest.Eventually(t, "it expires", func() bool { return len(q.Browsed("orders")) == 0 })
		}},
		{"deleted with its queue", mq.ClassNackQueueDeleted, func(t *testing.T, q *qmtest.QM) {
			ok(t, q.DeleteQueue(ctx, qmtest.Owner, qmtest.Name(t, "orders")))
		}},
	}
	asks := map[string]func(*mq.Message){
		"nothing":  func(*mq.Message) {},
		"JN":       func(m *mq.Message) { m.DeadLetter = true },
		"JP":       func(m *mq.Message) { m.Journal = true },
		"FA":       func(m *mq.Message) { m.FinalAck = true },
		"JN JP FA": func(m *mq.Message) { m.DeadLetter, m.Journal, m.FinalAck = true, true, true },
	}
	for _, e := range ends {
		for asked, change := range asks {
			t.Run(e.name+"/"+asked, func(t *testing.T) {
				each(t, func(t *testing.T, q *qmtest.QM) {
					q.Create("orders", open(trans))
					f := newFar(t, q, 1, "10.0.0.1")
					m := f.message("orders", "one", func(m *mq.Message) {
						inStream(7, 3, 0)(m)
						m.TimeToBeReceived = 300 * 24 * 3600
						change(m)
					})
					f.send(m)
					leavingClasses(t, q, farOrder)
					q.Clock.Advance(10 * 24 * time.Hour)
					q.Restart()
					e.end(t, q)
					for _, name := range []string{deadLetter, deadXact, journal} {
						classes(t, q, name) // they are the sender's
					}
					if asked == "nothing" {
						leavingClasses(t, q, farOrder)
						return
					}
					leavingClasses(t, q, farOrder, e.class)
					final, kind, err := wire.ParseAck(leaving(t, q, farOrder)[0].Message)
					want := wire.Final{
						Order:  wire.Order{Sequence: 7, Number: 3},
						Source: f.peer.ID, Message: m.ID.Ordinal, Class: e.class,
					}
					if err != nil || kind != wire.FinalAck || final != want {
						t.Errorf("final acknowledgement %+v, %v", final, err)
					}
				})
			})
		}
	}
}

func TestARefusedTransactionalMessageIsAlwaysAnswered(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		f := newFar(t, q, 1, "10.0.0.1")
		p := f.packet(f.message("missing", "", inStream(7, 1, 0)))
		ok(t, f.arrive(again(p)))
		ok(t, f.arrive(again(p)))
		q.Restart()
		ok(t, f.arrive(again(p)))
		leavingClasses(t, q, farOrder, mq.ClassNackBadDestQueue)
	})
}

func TestFinalAcknowledgementsGoToWhoSentFirst(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("orders", open(trans))
		info, err := q.Queue(ctx, qmtest.Owner, qmtest.Name(t, "orders"))
		ok(t, err)
		self := q.Identity().ID
		f := newFar(t, q, 1, "10.0.0.1")
		private := func(m *mq.Message) {
			inStream(7, 1, 0)(m)
			m.Destination, m.DestinationMachine, m.Journal = mq.Private(self, info.Queue.Number), self, true
		}
		m := f.message("", "one", private)
		f.peer.ID = mq.GUID{77} // a routing server brings it
		f.send(m)
		q.Restart()
		receive(t, q.Open("orders", localqm.ReceiveAccess))
		leavingClasses(t, q, wire.OrderQueue(m.SourceMachine).String(), mq.ClassAckReceive)
	})
}

// dueAcks notes the order acknowledgements that are due.
type dueAcks struct {
	mu  sync.Mutex
	due []localqm.OrderAck
}

func (c *dueAcks) Available(*localqm.Outgoing)         {}
func (c *dueAcks) Changed(*localqm.Outgoing)           {}
func (c *dueAcks) Link(*localqm.Outgoing) localqm.Link { return localqm.Link{} }
func (c *dueAcks) OrderAck(due localqm.OrderAck) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.due = append(c.due, due)
}

// told are the numbers acknowledged since the last call.
func (c *dueAcks) told() (numbers []uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range c.due {
		numbers = append(numbers, d.Number)
	}
	c.due = nil
	return numbers
}

func TestOrderAcknowledgementsTellOnlyWhatIsDurable(t *testing.T) {
	q, g := gated(t)
	q.Create("stream", open(trans))
	c := &dueAcks{}
	q.Attach(c)
	f := newFar(t, q, 1, "10.0.0.1")
	g.shut()
	done := pipeline(f, 7, 1, 3)
	repeated := f.begin(f.packet(f.message("stream", "2", inStream(7, 2, 1))))
	if n := c.told(); n != nil {
		t.Fatalf("told %v before the commit", n)
	}
	g.Fault(func(s *store.Step) error {
		if slices.ContainsFunc(s.Ops, func(op store.Op) bool {
			p, isPut := op.(*store.Put)
			return isPut && string(p.Row.Body) == "body of 3"
		}) {
			return store.ErrFull
		}
		return nil
	})
	g.open()
	ok(t, (<-done[0]).Err)
	ok(t, (<-done[1]).Err)
	want(t, (<-done[2]).Err, mq.ErrMessageStorageFailed)
	want(t, (<-repeated).Err, mq.ErrMessageStorageFailed) // what it shares the fate of
	same(t, "told", c.told(), []uint32{1, 2})
	g.Fault(nil)
	f.send(f.message("stream", "gap", inStream(7, 4, 3)))
	f.send(f.message("stream", "again", inStream(7, 1, 0)))
	same(t, "told again", c.told(), []uint32{2, 2})
	for _, x := range pipeline(f, 7, 3, 2) {
		ok(t, (<-x).Err)
	}
	f.send(f.message("stream", "of another stream", inStream(6, 1, 0)))
	same(t, "told", c.told(), []uint32{3, 4, 4})
	q.Restart()
	q.Attach(c)
	f.send(f.message("stream", "again", inStream(7, 4, 3)))
	f.send(f.message("elsewhere", "never seen, not the first", inStream(7, 4, 3)))
	c.mu.Lock()
	due := slices.Clone(c.due)
	c.mu.Unlock()
	to := f.peer
	to.Direct = true
	if len(due) != 1 || due[0] != (localqm.OrderAck{To: to, Sequence: 7, Number: 4}) {
		t.Errorf("due %+v", due)
	}
}
