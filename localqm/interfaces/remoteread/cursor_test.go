package remoteread_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	remote "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/remoteread"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

func TestCursorsWalkTheQueue(t *testing.T) {
	p := start(t)
	c := p.owner()
	h := c.open(orders, receiveAccess)
	n, other := c.cursor(h), c.cursor(h)
	if n == other {
		t.Fatalf("two cursors have the number %d", n)
	}
	expect := func(action uint32, label string, e mq.HResult) {
		t.Helper()
		out, err := c.read(h, remote.StartReceiveRequest{Action: action, Cursor: n, MaxBodySize: all, RequestID: 1})
		want(t, fmt.Sprintf("action %X", action), err, e)
		if err != nil {
			return
		}
		if m, _ := packet(t, out); m.Label != label {
			t.Errorf("action %X: %q, not %q", action, m.Label, label)
		}
		if action == receive {
			if err := c.end(h, 1, ack); err != nil {
				t.Error(err)
			}
		}
	}
	expect(peekNext, "", mq.ErrIllegalCursorAction)
	expect(peek, "", mq.ErrIOTimeout)
	expect(receive, "", mq.ErrMessageNotFound)
	p.send("a", "b", "c", "d")
	expect(peek, "a", mq.OK)
	expect(peekNext, "b", mq.OK)
	expect(receive, "b", mq.OK)
	expect(peekNext, "", mq.ErrIllegalCursorAction)
	expect(peek, "c", mq.OK)
	expect(receive, "c", mq.OK)
	expect(receive, "d", mq.OK)
	if m := c.message(h, remote.StartReceiveRequest{Action: peek, Cursor: other}); m.Label != "a" {
		t.Errorf("the other cursor stands on %q", m.Label)
	}
	for _, x := range []uint32{n, other} {
		if _, err := c.CloseCursor(ctx, &remote.CloseCursorRequest{Context: h, Cursor: x}); err != nil {
			t.Error(err)
		}
		_, err := c.CloseCursor(ctx, &remote.CloseCursorRequest{Context: h, Cursor: x})
		want(t, "closed twice", err, 0xC0000008)
		_, err = c.read(h, remote.StartReceiveRequest{Action: peek, Cursor: x})
		want(t, "read with a closed cursor", err, 0xC0000008)
	}
}

func TestACursorBelongsToItsQueue(t *testing.T) {
	p := start(t)
	p.send("a")
	c := p.owner()
	h, g := c.open(orders, receiveAccess), c.open(orders, receiveAccess)
	n := c.cursor(h)
	_, err := c.read(g, remote.StartReceiveRequest{Action: peek, Cursor: n})
	want(t, "another handle's cursor", err, 0xC0000008)
	_, err = c.CloseCursor(ctx, &remote.CloseCursorRequest{Context: g, Cursor: n})
	want(t, "closing another handle's cursor", err, 0xC0000008)
	c.shut(h)
	if _, cursors := remoteread.Spent(c.line.Group, g); cursors != 0 {
		t.Errorf("%d cursors are counted after their queue was closed", cursors)
	}
}

func TestClosingACursorEndsWhoWaitsWithIt(t *testing.T) {
	p := start(t)
	c := p.owner()
	h := c.open(orders, receiveAccess)
	n := c.cursor(h)
	receiving := c.later(h, remote.StartReceiveRequest{Action: receive, Cursor: n, Timeout: all, RequestID: 1})
	peeking := c.later(h, remote.StartReceiveRequest{Action: peek, Cursor: n, Timeout: all, RequestID: 2})
	without := c.later(h, remote.StartReceiveRequest{Action: receive, Timeout: all, RequestID: 3})
	c.pending(h, 3)
	if _, err := c.CloseCursor(ctx, &remote.CloseCursorRequest{Context: h, Cursor: n}); err != nil {
		t.Fatal(err)
	}
	want(t, "a receive", (<-receiving).err, mq.ErrOperationCancelled)
	want(t, "a peek", (<-peeking).err, mq.ErrOperationCancelled)
	p.send("a")
	if a := <-without; a.err != nil {
		t.Error(a.err)
	}
}

func TestAWaitingCursorTakesWhatComes(t *testing.T) {
	p := start(t)
	p.send("a")
	c := p.owner()
	h := c.open(orders, receiveAccess)
	n := c.cursor(h)
	c.message(h, remote.StartReceiveRequest{Action: peek, Cursor: n})
	coming := c.later(h, remote.StartReceiveRequest{Action: peekNext, Cursor: n, Timeout: all, MaxBodySize: all, RequestID: 1})
	c.pending(h, 1)
	urgent := qmtest.Message("urgent")
	urgent.Priority = 7 // in front of the cursor
	p.Send(orders, urgent)
	a := <-coming
	if a.err != nil {
		t.Fatal(a.err)
	}
	if m, _ := packet(t, a.StartReceiveResponse); m.Label != "urgent" {
		t.Errorf("it was %q", m.Label)
	}
}

func TestAWalkSurvivesTheRemovalOfWhatItStandsOn(t *testing.T) {
	const messages = 1000
	p := start(t)
	var labels []string
	for i := range messages {
		labels = append(labels, fmt.Sprint(i))
	}
	ids := p.send(labels...)
	c, remover := p.owner(), p.Open(orders, localqm.ReceiveAccess)
	h := c.open(orders, peekAccess)
	n := c.cursor(h)
	standing := make(chan int, messages)
	var others sync.WaitGroup
	others.Go(func() {
		for i := range standing { // removes the anchor, and the one behind it at times
			for _, at := range []int{i, i + 1}[:1+(i/7)%2] {
				if at < messages {
					_, _ = remover.Read(ctx, localqm.ReadOptions{Seek: localqm.SeekCurrent, Lookup: ids[at]})
				}
			}
		}
	})
	last, action := -1, uint32(peek)
	for {
		out, err := c.read(h, remote.StartReceiveRequest{Action: action, Cursor: n})
		if code(err) == mq.ErrIOTimeout {
			break
		}
		if err != nil {
			t.Fatalf("behind %d: %v", last, err)
		}
		m, _ := packet(t, out)
		at := slices.Index(labels, m.Label)
		if at <= last || at > last+3 {
			t.Fatalf("%d came behind %d", at, last)
		}
		last, action = at, peekNext
		standing <- at
	}
	close(standing)
	others.Wait()
	if last < messages-3 {
		t.Errorf("the walk ended at %d", last)
	}
}

func TestAClientHasSoManyCursors(t *testing.T) {
	p := start(t)
	c := p.owner()
	h := c.open(orders, peekAccess)
	for range remoteread.MostCursors {
		c.cursor(h)
	}
	_, err := c.CreateCursor(ctx, &remote.CreateCursorRequest{Context: h})
	want(t, "one more", err, mq.ErrInsufficientResources)
	c.shut(h)
	c.cursor(c.open(orders, peekAccess))
}
