package localqm_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/secure"
)

func TestAClosedQueueGivesBackWhatItsReadersHadBegun(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		for _, l := range []string{"a", "b", "c"} {
			q.Send("q", message(l, nil))
		}
		h, other := q.Open("q", localqm.ReceiveAccess), q.Open("q", localqm.ReceiveAccess)
		var begun []*localqm.Pending
		for range 3 {
			p, _, err := h.Begin(ctx, localqm.ReadOptions{})
			ok(t, err)
			begun = append(begun, p)
		}
		h.Close()
		for _, l := range []string{"a", "b", "c"} { // at once, and in their places
			d, err := other.Read(ctx, localqm.ReadOptions{})
			ok(t, err)
			if d.Message.Label != l {
				t.Fatalf("received %s, not %s", d.Message.Label, l)
			}
		}
		for _, p := range begun {
			want(t, p.End(ctx, true), mq.ErrTransactionSequence)
		}
	})
}

func TestWhoBeganAReceiveLearnsThatItIsOver(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		for _, l := range []string{"ended", "late"} {
			q.Send("q", message(l, nil))
		}
		h := q.Open("q", localqm.ReceiveAccess)
		late := make(chan string, 3)
		begin := func(name string) *localqm.Pending {
			p, _, err := h.Begin(ctx, localqm.ReadOptions{Late: func() { late <- name }})
			ok(t, err)
			return p
		}
		ended := begin("ended")
		begin("late")
		ok(t, ended.End(ctx, true))
		var told []string
		qmtest.Eventually(t, "the time of the other is over", func() bool {
			q.Clock.Advance(6 * minute)
			select {
			case name := <-late:
				told = append(told, name)
			default:
			}
			return len(told) > 0
		})
		same(t, "told", told, []string{"late"})
		begin("closed")
		h.Close()
		select {
		case name := <-late:
			t.Errorf("%s was told that its time is over", name)
		default:
		}
	})
}

func TestReceivesInTwoPhasesAreBounded(t *testing.T) {
	q := qmtest.Start(t, qmtest.Memory)
	sound(t, q)
	q.Create("q", localqm.QueueSpec{})
	h := q.Open("q", localqm.ReceiveAccess)
	patient, stop := context.WithCancel(ctx)
	var waiting sync.WaitGroup
	for range localqm.MostPending - 1 {
		waiting.Go(func() {
			_, _, err := h.Begin(patient, localqm.ReadOptions{Timeout: -1})
			if mq.CodeOf(err) != mq.ErrOperationCancelled {
				t.Errorf("a receive that waited: %v", err)
			}
		})
	}
	qmtest.Eventually(t, "all wait", func() bool { return q.Waiting("q") == localqm.MostPending-1 })
	// A message that is locked counts, too.
	express := message("a", express)
	other := q.Open("q", localqm.ReceiveAccess)
	q.Create("full", localqm.QueueSpec{})
	open := secure.Compat(qmtest.Owner.Token.User, false)
	q.Create("open", localqm.QueueSpec{Security: &open})
	q.Send("full", express)
	p, _, err := q.Open("full", localqm.ReceiveAccess).Begin(ctx, localqm.ReadOptions{})
	ok(t, err)
	_, _, err = other.Begin(ctx, localqm.ReadOptions{})
	want(t, err, mq.ErrInsufficientResources)
	// Others have theirs.
	stranger := q.OpenAs(qmtest.Stranger, "open", localqm.ReceiveAccess)
	_, _, err = stranger.Begin(ctx, localqm.ReadOptions{})
	want(t, err, mq.ErrIOTimeout)
	ok(t, p.End(ctx, false))
	_, _, err = other.Begin(ctx, localqm.ReadOptions{})
	want(t, err, mq.ErrIOTimeout)
	stop()
	waiting.Wait()
}

func TestAJournalGetsWhatAReceiveInTwoPhasesTook(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{Journaling: &yes})
		q.Send("q", message("a", nil))
		p, _, err := q.Open("q", localqm.ReceiveAccess).Begin(ctx, localqm.ReadOptions{})
		ok(t, err)
		ok(t, p.End(ctx, true))
		if d := q.Browsed("q;journal"); len(d) != 1 || string(d[0].Message.Body) != "body of a" {
			t.Fatalf("the journal holds %v", d)
		}
	})
}

func TestAWalkByLookupPassesOverWhatOthersHave(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		var ids []uint64
		for _, l := range []string{"a", "b", "c", "d"} {
			ids = append(ids, q.Send("q", message(l, func(m *mq.Message) {
				if l == "c" {
					m.TimeToBeReceived = 60
				}
			})).Lookup)
		}
		h := q.Open("q", localqm.ReceiveAccess)
		p, _, err := h.Begin(ctx, localqm.ReadOptions{Seek: localqm.SeekCurrent, Lookup: ids[1]})
		ok(t, err)
		q.Clock.Advance(2 * minute)
		peek := func(s localqm.Seek, from uint64) (string, mq.HResult) {
			d, err := h.Read(ctx, localqm.ReadOptions{Peek: true, Seek: s, Lookup: from})
			if err != nil {
				return "", mq.CodeOf(err)
			}
			return d.Message.Label, mq.OK
		}
		for _, x := range []struct {
			seek  localqm.Seek
			from  uint64
			label string
			code  mq.HResult
		}{
			{localqm.SeekFirst, 0, "a", mq.OK},
			{localqm.SeekNext, ids[0], "d", mq.OK},
			{localqm.SeekNext, 0, "a", mq.OK},
			{localqm.SeekNext, ids[3], "", mq.ErrMessageNotFound},
			{localqm.SeekPrevious, ids[3], "a", mq.OK},
			{localqm.SeekPrevious, ids[0], "", mq.ErrMessageNotFound},
			{localqm.SeekPrevious, 0, "", mq.ErrMessageNotFound},
			{localqm.SeekLast, 0, "d", mq.OK},
		} {
			if l, c := peek(x.seek, x.from); l != x.label || c != x.code {
				t.Errorf("seek %d from %d: %q %v, not %q %v", x.seek, x.from, l, c, x.label, x.code)
			}
		}
		ok(t, p.End(ctx, false))
		if l, _ := peek(localqm.SeekNext, ids[0]); l != "b" {
			t.Errorf("given back, the next is %q", l)
		}
		h.Close()
		_, c := peek(localqm.SeekNext, ids[0])
		if c != mq.ErrInvalidHandle {
			t.Errorf("closed: %v", c)
		}
	})
}

func TestSeveralMayReadWithOneCursor(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		const messages = 60
		q.Create("q", localqm.QueueSpec{})
		var sent []string
		for i := range messages {
			sent = append(sent, fmt.Sprintf("%02d", i))
			q.Send("q", message(sent[i], express))
		}
		h := q.Open("q", localqm.ReceiveAccess)
		c, err := h.Cursor()
		ok(t, err)
		_, err = h.Read(ctx, localqm.ReadOptions{Peek: true, Cursor: c})
		ok(t, err)
		var mu sync.Mutex
		seen := []string{sent[0]}
		var readers sync.WaitGroup
		for range messages - 1 {
			readers.Go(func() {
				d, err := h.Read(ctx, localqm.ReadOptions{Peek: true, Cursor: c, Next: true})
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				seen = append(seen, d.Message.Label)
				mu.Unlock()
			})
		}
		readers.Wait()
		slices.Sort(seen)
		same(t, "seen", seen, sent)
	})
}

func TestMessagesMoveToAQueueOpenedForIt(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		q.Create("other", trans)
		id := q.Send("q", message("a", nil)).Lookup
		open := func(name string) *localqm.Handle {
			h, err := q.OpenToMove(ctx, qmtest.Owner, qmtest.Name(t, name))
			ok(t, err)
			t.Cleanup(h.Close)
			return h
		}
		h := q.Open("q", localqm.ReceiveAccess)
		sub, other := open("q;Sub"), open("other;sub")
		if sub.Subqueue() != "Sub" || h.Subqueue() != "" || sub.Transactional() || !other.Transactional() {
			t.Errorf("subqueues %q and %q", sub.Subqueue(), h.Subqueue())
		}
		want(t, h.MoveTo(ctx, id, other, nil), mq.ErrUnsupportedOperation)
		want(t, h.MoveTo(ctx, id, q.Open("q;sub", localqm.PeekAccess), nil), mq.ErrInvalidHandle)
		want(t, h.MoveTo(ctx, id+1, sub, nil), mq.ErrMessageNotFound)
		want(t, q.Open("q", localqm.PeekAccess).MoveTo(ctx, id, sub, nil), mq.ErrAccessDenied)
		ok(t, h.MoveTo(ctx, id, sub, nil))
		labels(t, q, "q;sub", "a")
		sub.Close()
		want(t, h.MoveTo(ctx, id, sub, nil), mq.ErrInvalidHandle)
		_, err := q.OpenToMove(ctx, qmtest.Stranger, qmtest.Name(t, "q;more"))
		want(t, err, mq.ErrAccessDenied)
		_, err = q.OpenToMove(ctx, qmtest.Owner, qmtest.Name(t, "none;sub"))
		want(t, err, mq.ErrQueueNotFound)
	})
}
