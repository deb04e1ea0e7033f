package remoteread_test

import (
	"strings"
	"testing"

	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"
	remote "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/remoteread"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/queueformat"
	"posthouse/localqm/rpc/security"
)

func TestTheServerTellsItsPort(t *testing.T) {
	p := start(t)
	p.server = remoteread.New(p.QueueManager, remoteread.Options{Ports: func() (uint16, uint16) { return 2114, 2105 }})
	r, err := p.owner().GetServerPort(ctx, &remote.GetServerPortRequest{})
	if r == nil || r.Return != 2114 {
		t.Errorf("the port is %v, %v", r, err)
	}
	if l := p.server.Levels[0]; l != security.None {
		t.Errorf("asking for the port needs %v", l)
	}
	if p.server.Level != 0 || len(p.server.Levels) != 1 {
		t.Errorf("the levels are %v, %v: everything else needs privacy", p.server.Level, p.server.Levels)
	}
}

func TestQueuesAreOpenedByEveryKindOfName(t *testing.T) {
	p := start(t)
	p.Create(orders+";poison", localqm.QueueSpec{})
	c := p.owner()
	self := p.Identity().ID
	for _, name := range []string{
		orders, orders + ";journal", orders + ";poison",
		`.\system$;deadletter`, `.\system$;deadxact`, `.\system$;journal`,
		`DIRECT=OS:test\private$\ORDERS`,
		"MACHINE=" + self.String() + ";DEADLETTER",
	} {
		for _, access := range []uint32{receiveAccess, peekAccess} {
			c.shut(c.open(name, access))
		}
	}
	format, err := p.PrivateName(qmtest.Name(t, orders))
	if err != nil {
		t.Fatal(err)
	}
	c.shut(c.open(format.String(), receiveAccess))
	c.shut(c.open(format.Journal().String(), peekAccess))
}

func TestWhatCannotBeOpenedIsRaisedAsAFault(t *testing.T) {
	p := start(t)
	c := p.owner()
	for _, x := range []struct {
		what string
		edit func(*remote.OpenQueueRequest)
		code mq.HResult
	}{
		{"no access", func(r *remote.OpenQueueRequest) { r.Access = 0 }, mq.ErrInvalidParameter},
		{"access to send", func(r *remote.OpenQueueRequest) { r.Access = 2 }, mq.ErrInvalidParameter},
		{"access to move", func(r *remote.OpenQueueRequest) { r.Access = moveAccess }, mq.ErrInvalidParameter},
		{"access to administer", func(r *remote.OpenQueueRequest) { r.Access = 0xA0 }, mq.ErrInvalidParameter},
		{"unknown share mode", func(r *remote.OpenQueueRequest) { r.ShareMode = 2 }, mq.ErrInvalidParameter},
		{"fNonRoutingServer", func(r *remote.OpenQueueRequest) { r.NonRoutingServer = 2 }, mq.ErrInvalidParameter},
		{"fWorkgroup", func(r *remote.OpenQueueRequest) { r.Workgroup = -1 }, mq.ErrInvalidParameter},
		{"no such queue", func(r *remote.OpenQueueRequest) { r.QueueFormat = named(t, `.\private$\nothing`) }, mq.ErrQueueNotFound},
		{"no such subqueue", func(r *remote.OpenQueueRequest) { r.QueueFormat = named(t, orders+";nothing") }, mq.ErrQueueNotFound},
		{"another computer", func(r *remote.OpenQueueRequest) { r.QueueFormat = named(t, `DIRECT=OS:far\private$\orders`) }, mq.ErrQueueNotFound},
		{"another computer's private queue", func(r *remote.OpenQueueRequest) {
			r.QueueFormat = named(t, "PRIVATE=00112233-4455-6677-8899-aabbccddeeff\\00000001")
		}, mq.ErrQueueNotFound},
		{"another computer's dead letters", func(r *remote.OpenQueueRequest) {
			r.QueueFormat = named(t, "MACHINE=00112233-4455-6677-8899-aabbccddeeff;DEADLETTER")
		}, mq.ErrQueueNotFound},
		{"a public queue", func(r *remote.OpenQueueRequest) {
			r.QueueFormat = named(t, "PUBLIC=00112233-4455-6677-8899-aabbccddeeff")
		}, mq.ErrQueueNotFound},
		{"a name over HTTP", func(r *remote.OpenQueueRequest) {
			r.QueueFormat = named(t, `DIRECT=HTTP://test/msmq/private$/orders`)
		}, mq.ErrUnsupportedFormatNameOperation},
		{"a name of 4,000 characters", func(r *remote.OpenQueueRequest) {
			r.QueueFormat = direct("OS:test\\private$\\" + strings.Repeat("a", 4000))
		}, mq.ErrIllegalFormatName},
		{"an empty name", func(r *remote.OpenQueueRequest) { r.QueueFormat = direct("") }, mq.ErrIllegalFormatName},
		{"a multicast address", func(r *remote.OpenQueueRequest) { r.QueueFormat = named(t, "MULTICAST=224.0.0.9:8001") }, mq.ErrInvalidParameter},
		{"a list", func(r *remote.OpenQueueRequest) {
			r.QueueFormat = named(t, "DL=00112233-4455-6677-8899-aabbccddeeff")
		}, mq.ErrInvalidParameter},
		{"a connector that is not here", func(r *remote.OpenQueueRequest) {
			r.QueueFormat = named(t, "CONNECTOR=00112233-4455-6677-8899-aabbccddeeff")
		}, mq.ErrQueueNotFound},
		{"type 0", func(r *remote.OpenQueueRequest) {
			r.QueueFormat = &mqmq.QueueFormat{QueueFormat: &mqmq.QueueFormat_QueueFormat{Value: &mqmq.QueueFormat_0{}}}
		}, mq.ErrInvalidParameter},
		{"type 9", func(r *remote.OpenQueueRequest) { r.QueueFormat.QueueFormatType = 9 }, 0},
	} {
		r := request(t, orders, peekAccess)
		x.edit(r)
		_, err := c.OpenQueue(ctx, r)
		if x.code == 0 {
			if err == nil {
				t.Errorf("%s: opened", x.what)
			}
			continue
		}
		want(t, x.what, err, x.code)
	}
}

func direct(text string) *mqmq.QueueFormat {
	return &mqmq.QueueFormat{
		QueueFormatType: queueformat.Direct,
		QueueFormat:     &mqmq.QueueFormat_QueueFormat{Value: &mqmq.QueueFormat_DirectID{DirectID: text}},
	}
}

func TestWhatWaitsForOtherComputersIsNotReadFromAfar(t *testing.T) {
	p := start(t)
	p.Send(`DIRECT=OS:far\private$\orders`, qmtest.Message("on its way"))
	_, err := p.owner().OpenQueue(ctx, request(t, `DIRECT=OS:far\private$\orders`, peekAccess))
	want(t, "an outgoing queue", err, mq.ErrQueueNotFound)
}

func TestExclusiveReadersAreAlone(t *testing.T) {
	p := start(t)
	one, other := p.owner(), p.owner()
	r := request(t, orders, receiveAccess)
	r.ShareMode = 1
	h, err := one.OpenQueue(ctx, r)
	if err != nil {
		t.Fatal(err)
	}
	_, err = other.OpenQueue(ctx, request(t, orders, receiveAccess))
	want(t, "a second reader", err, mq.ErrSharingViolation)
	other.shut(other.open(orders, peekAccess))
	one.shut((*remote.QueueNoSerialize)(h.Context))
	other.shut(other.open(orders, receiveAccess))
}

func TestAccessIsCheckedForTheCaller(t *testing.T) {
	p := start(t)
	p.Send(orders, qmtest.Message("a"))
	for what, c := range map[string]*client{"a stranger": p.connect(qmtest.Stranger), "nobody": p.connect(qmtest.Nobody)} {
		for _, name := range []string{orders, orders + ";journal", `.\system$;deadletter`} {
			for _, access := range []uint32{receiveAccess, peekAccess} {
				_, err := c.OpenQueue(ctx, request(t, name, access))
				want(t, what+": "+name, err, mq.ErrAccessDenied)
			}
		}
	}
	d, err := p.QueueSecurity(ctx, qmtest.Owner, qmtest.Name(t, orders))
	if err != nil {
		t.Fatal(err)
	}
	d = d.Grant(qmtest.Stranger.Token.User, uint32(mq.RightPeekMessage))
	if err := p.SetQueueSecurity(ctx, qmtest.Owner, qmtest.Name(t, orders), d); err != nil {
		t.Fatal(err)
	}
	c := p.connect(qmtest.Stranger)
	h := c.open(orders, peekAccess)
	if m := c.message(h, remote.StartReceiveRequest{Action: peek}); m.Label != "a" {
		t.Errorf("peeked at %q", m.Label)
	}
	_, err = c.OpenQueue(ctx, request(t, orders, receiveAccess))
	want(t, "to receive, with the right to peek", err, mq.ErrAccessDenied)
	_, err = c.read(h, remote.StartReceiveRequest{Action: receive})
	want(t, "a receive where only peeking is open", err, mq.ErrAccessDenied)
	_, err = c.PurgeQueue(ctx, &remote.PurgeQueueRequest{Context: h})
	want(t, "a purge where only peeking is open", err, 0xC0000022)
}

func TestAQueueIsPurged(t *testing.T) {
	p := start(t)
	for range 3 {
		p.Send(orders, qmtest.Message("a"))
	}
	c := p.owner()
	h := c.open(orders, receiveAccess)
	if _, err := c.PurgeQueue(ctx, &remote.PurgeQueueRequest{Context: h}); err != nil {
		t.Fatal(err)
	}
	if left := p.Labels(orders); len(left) > 0 {
		t.Errorf("left are %v", left)
	}
}

func TestAHandleIsGoodForOneClientUntilItIsClosed(t *testing.T) {
	p := start(t)
	p.Send(orders, qmtest.Message("a"))
	c, foreigner := p.owner(), p.owner()
	open, closed := c.open(orders, receiveAccess), c.open(orders, receiveAccess)
	c.shut(closed)
	moving, err := c.OpenQueueForMove(ctx, toMove(t, orders+";sub"))
	if err != nil {
		t.Fatal(err)
	}
	forged := &remote.QueueNoSerialize{UUID: queueformat.FromGUID(mq.NewGUID())}
	for what, x := range map[string]struct {
		c *client
		h *remote.QueueNoSerialize
	}{
		"none":     {c, &remote.QueueNoSerialize{}},
		"forged":   {c, forged},
		"closed":   {c, closed},
		"foreign":  {foreigner, open},
		"to moves": {c, (*remote.QueueNoSerialize)(moving.Context)},
	} {
		_, err := x.c.read(x.h, remote.StartReceiveRequest{Action: peek})
		want(t, what+": peek", err, mq.ErrInvalidHandle)
		_, err = x.c.read(x.h, remote.StartReceiveRequest{Action: receive, Timeout: 10})
		want(t, what+": receive", err, mq.ErrInvalidHandle)
		want(t, what+": cancel", x.c.cancel(x.h, 1), mq.ErrInvalidHandle)
		want(t, what+": end", x.c.end(x.h, 1, ack), mq.ErrInvalidHandle)
		_, err = x.c.CreateCursor(ctx, &remote.CreateCursorRequest{Context: x.h})
		want(t, what+": cursor", err, mq.ErrInvalidHandle)
		_, err = x.c.CloseCursor(ctx, &remote.CloseCursorRequest{Context: x.h, Cursor: 1})
		want(t, what+": close a cursor", err, mq.ErrInvalidHandle)
		_, err = x.c.PurgeQueue(ctx, &remote.PurgeQueueRequest{Context: x.h})
		want(t, what+": purge", err, mq.ErrInvalidHandle)
		_, err = x.c.MoveMessage(ctx, &remote.MoveMessageRequest{ContextFrom: x.h, ContextTo: moving.MoveContext, LookupID: 1})
		want(t, what+": move", err, mq.ErrInvalidHandle)
		if what != "to moves" {
			_, err = x.c.CloseQueue(ctx, &remote.CloseQueueRequest{Context: (*remote.QueueSerialize)(x.h)})
			want(t, what+": close", err, mq.ErrInvalidHandle)
		}
	}
	if labels := p.Labels(orders); len(labels) != 1 {
		t.Errorf("the queue holds %v", labels)
	}
	c.shut((*remote.QueueNoSerialize)(moving.Context))
	c.shut(open)
}

func TestAClientHasSoManyHandles(t *testing.T) {
	p := start(t)
	c := p.owner()
	for range rpc.MaxHandles { // of whichever interface
		if _, err := c.line.Group.Open("another", nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	_, err := c.OpenQueue(ctx, request(t, orders, peekAccess))
	want(t, "one more", err, mq.ErrInsufficientResources)
	other := p.owner()
	other.shut(other.open(orders, peekAccess))
}
