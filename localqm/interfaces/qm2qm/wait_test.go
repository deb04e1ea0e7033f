package qm2qm_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	qm2qmv1 "github.com/oiweiwei/go-msrpc/msrpc/mqqp/qm2qm/v1"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/rpc"
)

// wait begins a read that waits, the only one of its reader.
func (r *reader) wait(ctx context.Context, request uint32) <-chan answer {
	done := make(chan answer, 1)
	go func() {
		out := &qm2qmv1.StartReceive2Response{}
		err := r.Call(ctx, &qm2qmv1.StartReceive2Request{RemoteReadDesc2: &qm2qmv1.RemoteReadDesc2{RemoteReadDesc: r.desc(receive, 0, math.MaxUint32, request)}}, out)
		if err != nil {
			var f rpc.Fault
			errors.As(err, &f)
			done <- answer{code: mq.HResult(f)}
			return
		}
		done <- r.answer(out.Return, out.RemoteReadDesc2.RemoteReadDesc, out.Context, 0)
	}()
	qmtest.Eventually(r.t, "the read waits", func() bool { return r.cancel(math.MaxUint32) == mq.ErrGeneric })
	return done
}

func TestAWaitingReceiveIsCancelled(t *testing.T) {
	h := start(t)
	r := h.open(orders, localqm.ReceiveAccess)
	if got := r.cancel(1); got != mq.ErrInvalidHandle {
		t.Errorf("when nothing waits: %v", got)
	}
	other := h.open(orders, localqm.ReceiveAccess)
	one, two := r.wait(t.Context(), 1), other.wait(t.Context(), 1)
	if got := r.cancel(3); got != mq.ErrGeneric {
		t.Errorf("a request that is not known: %v", got)
	}
	if a := r.read(peekCurrent, 0, 0, 1); a.code != mq.ErrInvalidParameter {
		t.Errorf("a request of the same number: %v", a.code)
	}
	out := &qm2qmv1.CancelReceiveResponse{}
	for _, in := range []*qm2qmv1.CancelReceiveRequest{{Queue: r.queue, RequestID: 1}, {Queue: r.queue, QueueID: r.queue + 1, RequestID: 1}} {
		if r.Must(t, in, out); code(out.Return) != mq.ErrInvalidParameter {
			t.Errorf("%+v: %v", in, code(out.Return))
		}
	}
	if got := other.cancel(1); got != mq.OK {
		t.Errorf("cancelling: %v", got)
	}
	if a := <-two; a.code != 0x400E03E9 {
		t.Errorf("what was cancelled: %v", a.code)
	}
	fill(h, "late")
	if a := <-one; a.code != mq.OK || a.label != "late" {
		t.Errorf("the other one: %q, %v", a.label, a.code)
	}
}

func TestAWaitingReceiveEndsWithItsTime(t *testing.T) {
	h := start(t)
	r := h.open(orders, localqm.ReceiveAccess)
	done := make(chan answer, 1)
	go func() { done <- r.read(receive, 0, 5000, 1) }()
	qmtest.Eventually(t, "it waits", func() bool {
		h.Clock.Advance(time.Second)
		return len(done) > 0
	})
	if a := <-done; a.code != mq.ErrIOTimeout {
		t.Errorf("%v", a.code)
	}
}

func TestAWaitingReceiveEndsWithItsQueue(t *testing.T) {
	h := start(t)
	r := h.open(orders, localqm.ReceiveAccess)
	done := r.wait(t.Context(), 1)
	if got := r.close(); got != mq.OK {
		t.Fatal(got)
	}
	if a := <-done; a.code != 0x400E03E9 {
		t.Errorf("%v", a.code)
	}
}

func TestAHeldMessageGoesBackWhenItsQueueIsClosed(t *testing.T) {
	h := start(t)
	fill(h, "one")
	r := h.open(orders, localqm.ReceiveAccess)
	held := r.receive(0)
	r.close()
	if got := r.end(held.context, 2); got != mq.ErrTransactionSequence {
		t.Errorf("its end: %v", got)
	}
	if a := h.open(orders, localqm.PeekAccess).peek(); a.label != "one" {
		t.Errorf("the queue has %q, %v", a.label, a.code)
	}
}

func TestACallThatIsCancelledLosesNothing(t *testing.T) {
	h := start(t)
	r := h.open(orders, localqm.ReceiveAccess)
	ctx, cancel := context.WithCancel(t.Context())
	done := r.wait(ctx, 1)
	cancel()
	if a := <-done; a.code != mq.HResult(rpc.FaultCancel) {
		t.Errorf("%v", a.code)
	}
	fill(h, "one")
	if a := r.receive(0); a.label != "one" {
		t.Errorf("%q, %v", a.label, a.code)
	}
}

// Receives, cancels and closed connections at once: each message is received once.
func TestReadersInEachOthersWay(t *testing.T) {
	h := start(t)
	const readers, messages = 8, 200
	var (
		mu   sync.Mutex
		seen = map[string]int{}
		wg   sync.WaitGroup
	)
	count := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(seen)
	}
	for n := range readers {
		r := h.open(orders, localqm.ReceiveAccess)
		stop := make(chan struct{})
		wg.Go(func() {
			defer close(stop)
			for count() < messages {
				a := r.read(receive, 0, math.MaxUint32, 1)
				switch {
				case a.code == 0x400E03E9:
				case a.code != mq.OK:
					t.Errorf("reader %d: %v", n, a.code)
					return
				case len(a.label)%3 == n%3 && n > 0:
					r.end(a.context, 1)
				case r.end(a.context, 2) == mq.OK:
					mu.Lock()
					seen[a.label]++
					mu.Unlock()
				}
			}
		})
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					r.cancel(1)
				}
			}
		})
	}
	for n := range messages {
		fill(h, fmt.Sprint(n))
	}
	wg.Wait()
	for label, n := range seen {
		if n != 1 {
			t.Errorf("%s was received %d times", label, n)
		}
	}
}
