package remoteread_test

import (
	"slices"
	"testing"

	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"
	remote "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

func toMove(t testing.TB, name string) *remote.OpenQueueForMoveRequest {
	r := request(t, name, moveAccess)
	return &remote.OpenQueueForMoveRequest{
		QueueFormat: r.QueueFormat, Access: r.Access, ClientID: r.ClientID, NonRoutingServer: 1, Workgroup: 1,
	}
}

func (c *client) target(name string) *remote.OpenQueueForMoveResponse {
	c.t.Helper()
	r, err := c.OpenQueueForMove(ctx, toMove(c.t, name))
	if err != nil || r.MoveContext == 0 {
		c.t.Fatalf("open %s to move: %v, %v", name, r, err)
	}
	return r
}

func (c *client) move(h *remote.QueueNoSerialize, to, lookup uint64, in *mqmq.TransactionUOW) error {
	_, err := c.MoveMessage(ctx, &remote.MoveMessageRequest{ContextFrom: h, ContextTo: to, LookupID: lookup, TransactionID: in})
	return err
}

func uow(b byte) *mqmq.TransactionUOW {
	return &mqmq.TransactionUOW{Data: slices.Repeat([]byte{b}, 16)}
}

func TestMessagesMoveBetweenAQueueAndItsSubqueues(t *testing.T) {
	p := start(t)
	ids := p.send("a", "b")
	c := p.owner()
	one, two, root := c.target(orders+";one"), c.target(orders+";two"), c.target(orders)
	h := c.open(orders, receiveAccess)
	if err := c.move(h, one.MoveContext, ids[1], uow(0)); err != nil {
		t.Fatal(err)
	}
	sub := c.open(orders+";one", receiveAccess)
	if err := c.move(sub, two.MoveContext, ids[1], nil); err != nil {
		t.Fatal(err)
	}
	if got := p.Labels(orders + ";two"); !slices.Equal(got, []string{"b"}) {
		t.Errorf("the second subqueue holds %v", got)
	}
	if err := c.move(c.open(orders+";two", receiveAccess), root.MoveContext, ids[1], nil); err != nil {
		t.Fatal(err)
	}
	if got := p.Labels(orders); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("the queue holds %v", got)
	}
}

func TestMovesThatCannotBe(t *testing.T) {
	p := start(t)
	yes := true
	p.Create(`.\private$\spare`, localqm.QueueSpec{})
	p.Create(safe, localqm.QueueSpec{Transactional: &yes})
	ids := p.send("a", "locked")
	c := p.owner()
	h, peeking := c.open(orders, receiveAccess), c.open(orders, peekAccess)
	sub, spare := c.target(orders+";sub"), c.target(`.\private$\spare`)
	target := c.target(safe + ";sub")
	if _, err := c.read(h, remote.StartReceiveRequest{Action: byTake, LookupID: ids[1], RequestID: 1}); err != nil {
		t.Fatal(err)
	}
	from := c.open(safe, receiveAccess)
	for what, x := range map[string]struct {
		err  error
		code mq.HResult
	}{
		"unknown target":            {c.move(h, sub.MoveContext+1, ids[0], nil), mq.ErrInvalidHandle},
		"target 0":                  {c.move(h, 0, ids[0], nil), mq.ErrInvalidHandle},
		"another queue":             {c.move(h, spare.MoveContext, ids[0], nil), 0xC000000D},
		"another queue, transacted": {c.move(h, spare.MoveContext, ids[0], uow(1)), 0xC000000D},
		"no such message":           {c.move(h, sub.MoveContext, ids[1]+1, nil), mq.ErrMessageNotFound},
		"a locked message":          {c.move(h, sub.MoveContext, ids[1], nil), mq.ErrMessageLocked},
		"opened to peek":            {c.move(peeking, sub.MoveContext, ids[0], nil), mq.ErrAccessDenied},
		"a transaction for a queue that has none": {c.move(h, sub.MoveContext, ids[0], uow(1)), mq.ErrTransactionUsage},
		"no such message, transacted":             {c.move(from, target.MoveContext, ids[0], uow(1)), mq.ErrMessageNotFound},
		"a transaction that nobody can take part": {c.move(from, target.MoveContext, p.sendSafe(), uow(1)), mq.ErrTransactionEnlist},
	} {
		want(t, what, x.err, x.code)
	}
	c.shut((*remote.QueueNoSerialize)(sub.Context))
	want(t, "a closed target", c.move(h, sub.MoveContext, ids[0], nil), mq.ErrInvalidHandle)
	if got := p.Labels(orders); len(got) != 2 {
		t.Errorf("the queue holds %v", got)
	}
}

// sendSafe sends a message in a transaction.
func (p *place) sendSafe() uint64 {
	p.t.Helper()
	tx, err := p.Begin()
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.Open(safe, localqm.SendAccess).Send(ctx, tx, qmtest.Message("safe")); err != nil {
		p.t.Fatal(err)
	}
	if err := tx.Commit(ctx); err != nil {
		p.t.Fatal(err)
	}
	return tx.LastLookup()
}

func TestOpeningToMoveIsCheckedAsOpening(t *testing.T) {
	p := start(t)
	c := p.owner()
	for what, x := range map[string]struct {
		edit func(*remote.OpenQueueForMoveRequest)
		code mq.HResult
	}{
		"access":           {func(r *remote.OpenQueueForMoveRequest) { r.Access = receiveAccess }, mq.ErrInvalidParameter},
		"share mode":       {func(r *remote.OpenQueueForMoveRequest) { r.ShareMode = 1 }, mq.ErrInvalidParameter},
		"fWorkgroup":       {func(r *remote.OpenQueueForMoveRequest) { r.Workgroup = 7 }, mq.ErrInvalidParameter},
		"no such queue":    {func(r *remote.OpenQueueForMoveRequest) { r.QueueFormat = named(t, `.\private$\none;sub`) }, mq.ErrQueueNotFound},
		"another computer": {func(r *remote.OpenQueueForMoveRequest) { r.QueueFormat = named(t, `DIRECT=OS:far\private$\orders;sub`) }, mq.ErrQueueNotFound},
	} {
		r := toMove(t, orders+";sub")
		x.edit(r)
		_, err := c.OpenQueueForMove(ctx, r)
		want(t, what, err, x.code)
	}
	_, err := p.connect(qmtest.Stranger).OpenQueueForMove(ctx, toMove(t, orders+";sub"))
	want(t, "a stranger", err, mq.ErrAccessDenied)
}
