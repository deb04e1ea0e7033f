package localqm_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

func TestMessagesComeByPriorityThenArrival(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		for i, p := range []uint8{3, 7, 0, 3, 7, 5} {
			q.Send("q", message(fmt.Sprint(i), func(m *mq.Message) {
				m.Priority = p
				if i%2 == 1 {
					m.Delivery = mq.Express
				}
			}))
		}
		order := []string{"1", "4", "5", "0", "3", "2"}
		labels(t, q, "q", order...)
		h := q.Open("q", localqm.ReceiveAccess)
		for _, want := range order {
			if d := receive(t, h); d.Message.Label != want {
				t.Fatalf("received %s, want %s", d.Message.Label, want)
			}
		}
		_, err := h.Read(ctx, localqm.ReadOptions{})
		want(t, err, mq.ErrIOTimeout)
	})
}

func TestAMessageKeepsEveryProperty(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		q.Create("acks", localqm.QueueSpec{})
		sent := message("Größe 😀", func(m *mq.Message) {
			m.Priority, m.BodyType, m.AppSpecific = 5, 8, 4711
			m.Body, m.Extension = []byte{0, 1, 0xFF}, []byte("extension")
			m.CorrelationID = [20]byte{1, 2, 3}
			m.ResponseQueue = mq.DirectOS("FAR", `private$\replies`)
			m.Acknowledge, m.AdminQueue = mq.AckNegativeReceive, mq.DirectOS(".", `private$\acks`)
			m.Journal, m.DeadLetter, m.Trace = true, true, true
			m.TimeToReachQueue, m.TimeToBeReceived = 100, 200
		})
		r := q.Send("q", sent)
		got := receive(t, q.Open("q", localqm.ReceiveAccess))
		g := got.Message
		if g.ID != r.ID || got.Lookup != r.Lookup || g.Label != sent.Label || g.Priority != 5 || g.BodyType != 8 ||
			g.AppSpecific != 4711 || !bytes.Equal(g.Body, sent.Body) || !bytes.Equal(g.Extension, sent.Extension) ||
			g.CorrelationID != sent.CorrelationID || !g.ResponseQueue.Equal(sent.ResponseQueue) ||
			!g.AdminQueue.Equal(sent.AdminQueue) || g.Acknowledge != sent.Acknowledge || !g.Journal || !g.DeadLetter ||
			!g.Trace || g.TimeToReachQueue != 100 || g.TimeToBeReceived != 200 || g.SourceMachine != q.Identity().ID ||
			!g.SentTime.Equal(q.Clock.Now()) || !bytes.Equal(g.SenderSID, qmtest.Owner.Token.User.Append(nil)) {
			t.Fatalf("got  %+v\nsent %+v", g, sent)
		}
	})
}

func TestSendRefusesWhatDoesNotFit(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("plain", localqm.QueueSpec{})
		q.Create("xact", trans)
		q.Create("signed", localqm.QueueSpec{Authenticate: &yes})
		q.Create("secret", localqm.QueueSpec{Privacy: ptr(uint8(2))})
		for _, c := range []struct {
			what, queue string
			change      func(*mq.Message)
			code        mq.HResult
		}{
			{"label of 250", "plain", func(m *mq.Message) { m.Label = strings.Repeat("x", 250) }, mq.ErrLabelTooLong},
			{"priority 8", "plain", func(m *mq.Message) { m.Priority = 8 }, mq.ErrIllegalPropertyValue},
			{"over 4 MB", "plain", func(m *mq.Message) { m.Body = make([]byte, mq.MaxPacketSize) }, mq.ErrInsufficientResources},
			{"plain to transactional", "xact", nil, mq.ErrTransactionUsage},
			{"unsigned to authenticated", "signed", nil, mq.ErrMessageNotAuthenticated},
			{"plain to private", "secret", nil, mq.ErrUnsupportedOperation},
			{"acknowledgement to nowhere", "plain", func(m *mq.Message) { m.Acknowledge = 1 }, mq.ErrInsufficientProperties},
			{"acknowledgement by a way that does not exist", "plain", func(m *mq.Message) {
				m.Acknowledge, m.AdminQueue = 1, mq.Direct(mq.ProtocolHTTP, "FAR", `private$\acks`)
			}, mq.ErrUnsupportedFormatNameOperation},
			{"acknowledgement to a transactional queue", "plain", func(m *mq.Message) {
				m.Acknowledge, m.AdminQueue = 1, mq.DirectOS(".", `private$\xact`)
			}, mq.ErrIllegalPropertyValue},
		} {
			_, err := q.Open(c.queue, localqm.SendAccess).Send(ctx, nil, message("x", c.change))
			if mq.CodeOf(err) != c.code {
				t.Errorf("%s: got %v, want %v", c.what, err, c.code)
			}
			if n := count(t, q, c.queue); n.Messages != 0 {
				t.Errorf("%s: something was stored", c.what)
			}
		}
		tx := begin(t, q)
		_, err := q.Open("plain", localqm.SendAccess).Send(ctx, tx, message("x", nil))
		want(t, err, mq.ErrTransactionUsage)
		ok(t, tx.Abort(ctx))
		// The largest that fits.
		q.Send("plain", message("", func(m *mq.Message) { m.Body = make([]byte, mq.MaxPacketSize-300) }))
	})
}

func TestSendToSeveralQueuesAtOnce(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("a", localqm.QueueSpec{})
		q.Create("b", localqm.QueueSpec{})
		q.Send(`DIRECT=OS:.\private$\a,DIRECT=OS:.\private$\b`, message("both", nil))
		labels(t, q, "a", "both")
		labels(t, q, "b", "both")
		if a, b := q.Browsed("a")[0].Message, q.Browsed("b")[0].Message; a.ID == b.ID {
			t.Fatal("two messages share an identifier")
		}
		_, err := q.OpenQueue(ctx, qmtest.Owner, qmtest.Name(t, `DIRECT=OS:.\private$\a,DIRECT=OS:.\private$\none`), localqm.SendAccess, localqm.DenyNone)
		want(t, err, mq.ErrQueueNotFound)
	})
}

func TestReceiveByLookupIDWalksInQueueOrder(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		var ids []uint64
		for i := range 5 {
			ids = append(ids, q.Send("q", message(fmt.Sprint(i), nil)).Lookup)
		}
		h := q.Open("q", localqm.ReceiveAccess)
		look := func(s localqm.Seek, id uint64) (string, mq.HResult) {
			d, err := h.Read(ctx, localqm.ReadOptions{Peek: true, Seek: s, Lookup: id})
			if err != nil {
				return "", mq.CodeOf(err)
			}
			return d.Message.Label, mq.OK
		}
		for _, c := range []struct {
			seek  localqm.Seek
			id    uint64
			label string
			code  mq.HResult
		}{
			{localqm.SeekFirst, 0, "0", mq.OK},
			{localqm.SeekLast, 0, "4", mq.OK},
			{localqm.SeekCurrent, ids[2], "2", mq.OK},
			{localqm.SeekNext, ids[2], "3", mq.OK},
			{localqm.SeekPrevious, ids[2], "1", mq.OK},
			{localqm.SeekNext, ids[4], "", mq.ErrMessageNotFound},
			{localqm.SeekPrevious, ids[0], "", mq.ErrMessageNotFound},
			{localqm.SeekCurrent, ids[4] + 1000, "", mq.ErrMessageNotFound},
		} {
			if label, code := look(c.seek, c.id); label != c.label || code != c.code {
				t.Errorf("seek %d from %d: got %q %v, want %q %v", c.seek, c.id, label, code, c.label, c.code)
			}
		}
		d, err := h.Read(ctx, localqm.ReadOptions{Seek: localqm.SeekCurrent, Lookup: ids[2]})
		ok(t, err)
		if d.Message.Label != "2" {
			t.Fatalf("received %s", d.Message.Label)
		}
		_, err = h.Read(ctx, localqm.ReadOptions{Seek: localqm.SeekCurrent, Lookup: ids[2]})
		want(t, err, mq.ErrMessageNotFound)
		labels(t, q, "q", "0", "1", "3", "4")
	})
}

func TestAWaitingReceiveGetsTheMessageThatComes(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		h := q.Open("q", localqm.ReceiveAccess)
		got := make(chan string, 1)
		go func() {
			d, err := h.Read(ctx, localqm.ReadOptions{Timeout: -1})
			if err != nil {
				got <- err.Error()
				return
			}
			got <- d.Message.Label
		}()
		q.Send("q", message("hello", nil))
		if s := <-got; s != "hello" {
			t.Fatal(s)
		}
	})
}

func TestAWaitEndsWithItsTimeItsContextItsHandleAndTheQueueManager(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		wait := func(ctx context.Context, h *localqm.Handle, d time.Duration) chan mq.HResult {
			c := make(chan mq.HResult, 1)
			started := make(chan struct{})
			go func() {
				close(started)
				_, err := h.Read(ctx, localqm.ReadOptions{Timeout: d})
				c <- mq.CodeOf(err)
			}()
			<-started
			return c
		}
		check := func(what string, c chan mq.HResult, code mq.HResult) {
			t.Helper()
			if got := <-c; got != code {
				t.Errorf("%s: got %v, want %v", what, got, code)
			}
		}
		timed := wait(ctx, q.Open("q", localqm.ReceiveAccess), minute)
		qmtest.Eventually(t, "the wait's timer rings", func() bool {
			q.Clock.Advance(minute)
			return len(timed) == 1
		})
		check("time", timed, mq.ErrIOTimeout)
		short, cancel := context.WithCancel(ctx)
		cancelled := wait(short, q.Open("q", localqm.ReceiveAccess), -1)
		cancel()
		check("context", cancelled, mq.ErrOperationCancelled)
		h := q.Open("q", localqm.ReceiveAccess)
		closed := wait(ctx, h, -1)
		h.Close()
		if got := <-closed; got != mq.ErrOperationCancelled && got != mq.ErrInvalidHandle {
			t.Errorf("handle: got %v", got)
		}
		stopped := wait(ctx, q.Open("q", localqm.ReceiveAccess), -1)
		q.Restart()
		check("queue manager", stopped, mq.ErrServiceNotAvailable)
	})
}

func TestEachMessageGoesToOneOfManyReceivers(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		const senders, receivers, per = 4, 6, 60
		var mu sync.Mutex
		seen := map[string]int{}
		var wg sync.WaitGroup
		for r := range receivers {
			h := q.Open("q", localqm.ReceiveAccess)
			wg.Go(func() {
				for range senders * per / receivers {
					d, err := h.Read(ctx, localqm.ReadOptions{Timeout: -1})
					if err != nil {
						t.Errorf("receiver %d: %v", r, err)
						return
					}
					mu.Lock()
					seen[d.Message.Label]++
					mu.Unlock()
				}
			})
		}
		for s := range senders {
			h := q.Open("q", localqm.SendAccess)
			wg.Go(func() {
				for i := range per {
					m := message(fmt.Sprintf("%d-%d", s, i), nil)
					if i%3 == 0 {
						m.Delivery = mq.Express
					}
					if _, err := h.Send(ctx, nil, m); err != nil {
						t.Errorf("sender %d: %v", s, err)
					}
				}
			})
		}
		wg.Wait()
		if len(seen) != senders*per {
			t.Fatalf("%d messages received, %d sent", len(seen), senders*per)
		}
		for label, n := range seen {
			if n != 1 {
				t.Errorf("%s received %d times", label, n)
			}
		}
	})
}

func TestReceiveInTwoPhasesLocksUntilItEnds(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		q.Send("q", message("a", nil))
		q.Send("q", message("b", nil))
		h, other := q.Open("q", localqm.ReceiveAccess), q.Open("q", localqm.ReceiveAccess)
		p, d, err := h.Begin(ctx, localqm.ReadOptions{})
		ok(t, err)
		if d.Message.Label != "a" {
			t.Fatal(d.Message.Label)
		}
		if d, err := other.Read(ctx, localqm.ReadOptions{Peek: true}); err != nil || d.Message.Label != "b" {
			t.Fatalf("the other sees %v %v", d.Message, err)
		}
		_, err = other.Read(ctx, localqm.ReadOptions{Seek: localqm.SeekCurrent, Lookup: d.Lookup})
		want(t, err, mq.ErrMessageLocked)
		ok(t, p.End(ctx, false))
		want(t, p.End(ctx, true), mq.ErrTransactionSequence)
		p, _, err = h.Begin(ctx, localqm.ReadOptions{})
		ok(t, err)
		ok(t, p.End(ctx, true))
		labels(t, q, "q", "b")
		// Nobody ends this one: its time, then its handle, give it back.
		_, _, err = h.Begin(ctx, localqm.ReadOptions{})
		ok(t, err)
		qmtest.Eventually(t, "the pending receive ends with its time", func() bool {
			q.Clock.Advance(6 * minute)
			_, err := other.Read(ctx, localqm.ReadOptions{Peek: true})
			return err == nil
		})
		_, _, err = h.Begin(ctx, localqm.ReadOptions{})
		ok(t, err)
		h.Close()
		d, err = other.Read(ctx, localqm.ReadOptions{Timeout: -1})
		ok(t, err)
		if d.Message.Label != "b" {
			t.Fatal(d.Message.Label)
		}
	})
}

func TestCursorsFollowTheirStateTable(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		h := q.Open("q", localqm.ReceiveAccess)
		c, err := h.Cursor()
		ok(t, err)
		peek := func(next bool) (string, mq.HResult) {
			d, err := h.Read(ctx, localqm.ReadOptions{Peek: true, Cursor: c, Next: next})
			if err != nil {
				return "", mq.CodeOf(err)
			}
			return d.Message.Label, mq.OK
		}
		expect := func(next bool, label string, code mq.HResult) {
			t.Helper()
			if l, e := peek(next); l != label || e != code {
				t.Fatalf("peek next=%v: got %q %v, want %q %v", next, l, e, label, code)
			}
		}
		expect(true, "", mq.ErrIllegalCursorAction)
		expect(false, "", mq.ErrIOTimeout)
		for _, l := range []string{"a", "b", "c"} {
			q.Send("q", message(l, nil))
		}
		expect(false, "a", mq.OK)
		expect(false, "a", mq.OK)
		expect(true, "b", mq.OK)
		// Another reader takes b and c's neighbour: browsing goes on.
		other := q.Open("q", localqm.ReceiveAccess)
		receive(t, other)
		receive(t, other)
		expect(false, "", mq.ErrMessageAlreadyReceived)
		expect(true, "c", mq.OK)
		d, err := h.Read(ctx, localqm.ReadOptions{Cursor: c})
		ok(t, err)
		if d.Message.Label != "c" {
			t.Fatal(d.Message.Label)
		}
		expect(true, "", mq.ErrIllegalCursorAction)
		expect(false, "", mq.ErrIOTimeout)
		_, err = h.Read(ctx, localqm.ReadOptions{Cursor: c})
		want(t, err, mq.ErrMessageNotFound)
		q.Send("q", message("d", nil))
		expect(false, "d", mq.OK)
	})
}

func TestARestartKeepsRecoverableMessagesAndDropsExpressOnes(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		q.Create("x", trans)
		q.Send("q", message("kept", nil))
		q.Send("q", message("lost", express))
		tx := begin(t, q)
		_, err := q.Open("x", localqm.SendAccess).Send(ctx, tx, message("in transaction", nil))
		ok(t, err)
		ok(t, tx.Commit(ctx))
		before := q.Browsed("q")[0]
		q.Restart()
		labels(t, q, "q", "kept")
		labels(t, q, "x", "in transaction")
		if after := q.Browsed("q")[0]; after.Lookup != before.Lookup || after.Message.ID != before.Message.ID {
			t.Fatalf("was %d %s, is %d %s", before.Lookup, before.Message.ID, after.Lookup, after.Message.ID)
		}
		if r := q.Send("q", message("new", nil)); r.Lookup <= before.Lookup || r.ID == before.Message.ID {
			t.Fatalf("numbers went back: %+v", r)
		}
	})
}
