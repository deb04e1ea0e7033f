package remoteread_test

import (
	"context"
	"slices"
	"testing"
	"time"

	remote "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/remoteread"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

func TestClosingAQueueEndsWhatWasBegun(t *testing.T) {
	p := start(t)
	p.send("a")
	c := p.owner()
	h := c.open(orders, receiveAccess)
	c.message(h, remote.StartReceiveRequest{Action: receive, RequestID: 1})
	waiting := c.later(h, remote.StartReceiveRequest{Action: receive, Timeout: all, RequestID: 2})
	peeking := c.later(h, remote.StartReceiveRequest{Action: peek, Timeout: all, RequestID: 3})
	c.pending(h, 3)
	c.shut(h)
	want(t, "a receive that waits", (<-waiting).err, mq.ErrOperationCancelled)
	want(t, "a peek that waits", (<-peeking).err, mq.ErrOperationCancelled)
	g := c.open(orders, receiveAccess)
	if m := c.message(g, remote.StartReceiveRequest{Action: receive, RequestID: 1}); m.Label != "a" {
		t.Errorf("received %q", m.Label)
	}
	if requests, cursors := remoteread.Spent(c.line.Group, g); requests != 1 || cursors != 0 {
		t.Errorf("the client is said to have %d requests and %d cursors", requests, cursors)
	}
}

func TestACutLineGivesMessagesBackInPlace(t *testing.T) {
	p := start(t)
	ids := p.send("a", "b", "c")
	c := p.owner()
	h := c.open(orders, receiveAccess)
	c.message(h, remote.StartReceiveRequest{Action: receive, RequestID: 1})
	c.message(h, remote.StartReceiveRequest{Action: byTake, LookupID: ids[2], RequestID: 2})
	c.line.cut()
	other := p.owner()
	g := other.open(orders, receiveAccess)
	var seen []string
	for i := range uint32(3) {
		seen = append(seen, other.message(g, remote.StartReceiveRequest{Action: receive, RequestID: i}).Label)
	}
	if !slices.Equal(seen, []string{"a", "b", "c"}) {
		t.Errorf("received %v", seen)
	}
}

func TestAReceiveThatNobodyEndsIsForgottenInTime(t *testing.T) {
	p := start(t)
	p.send("a")
	c := p.owner()
	h := c.open(orders, receiveAccess)
	c.message(h, remote.StartReceiveRequest{Action: receive, RequestID: 1})
	qmtest.Eventually(t, "the request is forgotten", func() bool {
		p.Clock.Advance(time.Minute)
		return remoteread.Requests(c.line.Group, h) == 0
	})
	want(t, "ended too late", c.end(h, 1, ack), mq.ErrInvalidHandle)
	if requests, _ := remoteread.Spent(c.line.Group, h); requests != 0 {
		t.Errorf("%d requests are counted", requests)
	}
	if m := c.message(h, remote.StartReceiveRequest{Action: receive, RequestID: 1}); m.Label != "a" {
		t.Errorf("received %q", m.Label)
	}
}

func TestAPurgedMessageIsRemovedWhenItComesBack(t *testing.T) {
	p := start(t)
	p.send("a")
	c := p.owner()
	h := c.open(orders, receiveAccess)
	c.message(h, remote.StartReceiveRequest{Action: receive, RequestID: 1})
	if _, err := c.PurgeQueue(ctx, &remote.PurgeQueueRequest{Context: h}); err != nil {
		t.Fatal(err)
	}
	if err := c.end(h, 1, nack); err != nil {
		t.Error(err)
	}
	if left := p.Labels(orders); len(left) != 0 {
		t.Errorf("left are %v", left)
	}
}

func TestADeletedQueueEndsItsReaders(t *testing.T) {
	p := start(t)
	p.send("a")
	c := p.owner()
	h := c.open(orders, receiveAccess)
	c.message(h, remote.StartReceiveRequest{Action: receive, RequestID: 1})
	coming := c.later(h, remote.StartReceiveRequest{Action: receive, Timeout: all, RequestID: 2})
	c.pending(h, 2)
	gone, stop := context.WithCancel(ctx)
	stop()
	if err := p.DeleteQueue(gone, qmtest.Owner, qmtest.Name(t, orders)); err != nil {
		t.Fatal(err)
	}
	want(t, "who waited", (<-coming).err, mq.ErrQueueDeleted)
	qmtest.Eventually(t, "its receive is forgotten", func() bool { return remoteread.Requests(c.line.Group, h) == 0 })
	_, err := c.read(h, remote.StartReceiveRequest{Action: peek})
	want(t, "reading it", err, mq.ErrQueueDeleted)
	c.shut(h)
}

func TestAClientHasSoManyRequests(t *testing.T) {
	p := start(t)
	express := qmtest.Message("a")
	express.Delivery = mq.Express
	sender := p.Open(orders, localqm.SendAccess)
	for range remoteread.MostRequests + 1 {
		if _, err := sender.Send(ctx, nil, express); err != nil {
			t.Fatal(err)
		}
	}
	c, other := p.owner(), p.owner()
	h, g := c.open(orders, receiveAccess), c.open(orders, receiveAccess)
	for i := range uint32(remoteread.MostRequests) {
		if _, err := c.read(h, remote.StartReceiveRequest{Action: receive, RequestID: i}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := c.read(g, remote.StartReceiveRequest{Action: receive, RequestID: 1})
	want(t, "one more", err, mq.ErrInsufficientResources)
	_, err = c.read(g, remote.StartReceiveRequest{Action: peek, Timeout: all, RequestID: 1})
	want(t, "one that waits", err, mq.ErrInsufficientResources)
	o := other.open(orders, receiveAccess)
	other.message(o, remote.StartReceiveRequest{Action: receive, RequestID: 1})
	if err := c.end(h, 0, nack); err != nil {
		t.Fatal(err)
	}
	c.message(g, remote.StartReceiveRequest{Action: receive, RequestID: 1})
	c.line.cut()
	if n := len(p.Labels(orders)); n != 1000 { // the most that a test looks at
		t.Errorf("%d messages are left", n)
	}
	for i := range uint32(remoteread.MostRequests) {
		if _, err := other.read(o, remote.StartReceiveRequest{Action: receive, RequestID: 2 + i}); err != nil && i+1 < remoteread.MostRequests {
			t.Fatalf("message %d did not come back: %v", i, err)
		}
	}
}
