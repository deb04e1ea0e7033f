package remoteread_test

import (
	"testing"

	remote "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm"
	"posthouse/localqm/mq"
)

func TestTransactionsOfOtherComputersAreNotJoined(t *testing.T) {
	p := start(t)
	c := p.owner()
	token := make([]byte, 64)
	for what, x := range map[string]struct {
		edit func(*remote.EnlistRemoteTransactionRequest)
		code mq.HResult
	}{
		"as it should be": {func(*remote.EnlistRemoteTransactionRequest) {}, mq.ErrTransactionEnlist},
		"the largest token": {func(r *remote.EnlistRemoteTransactionRequest) {
			r.PropagationToken, r.PropagationTokenLength = make([]byte, 131072), 131072
		}, mq.ErrTransactionEnlist},
		"no identifier": {func(r *remote.EnlistRemoteTransactionRequest) { r.TransactionID = uow(0) }, mq.ErrInvalidParameter},
		"no token": {func(r *remote.EnlistRemoteTransactionRequest) {
			r.PropagationToken, r.PropagationTokenLength = nil, 0
		}, mq.ErrInvalidParameter},
	} {
		r := &remote.EnlistRemoteTransactionRequest{
			TransactionID: uow(1), PropagationToken: token, PropagationTokenLength: 64, QueueFormat: named(t, orders),
		}
		x.edit(r)
		_, err := c.EnlistRemoteTransaction(ctx, r)
		want(t, what, err, x.code)
	}
	for what, n := range map[string]uint32{"a token that is too large": 131073, "a token of another size": 63} {
		c.line.forge = at(16, n)
		_, err := c.EnlistRemoteTransaction(ctx, &remote.EnlistRemoteTransactionRequest{
			TransactionID: uow(1), PropagationToken: token, PropagationTokenLength: 64, QueueFormat: named(t, orders),
		})
		want(t, what, err, 0x6F7)
	}
}

const safe = `.\private$\safe`

func startSafe(t *testing.T) (p *place, lookup uint64) {
	t.Helper()
	p = start(t)
	yes := true
	p.Create(safe, localqm.QueueSpec{Transactional: &yes})
	return p, p.sendSafe()
}

func TestReceivesInTransactionsAreCheckedAndRefused(t *testing.T) {
	p, id := startSafe(t)
	c := p.owner()
	plain, h := c.open(orders, receiveAccess), c.open(safe, receiveAccess)
	cursor := c.cursor(h)
	for what, x := range map[string]struct {
		r    remote.StartTransactionalReceiveRequest
		code mq.HResult
	}{
		"the first":            {remote.StartTransactionalReceiveRequest{Context: h}, mq.ErrTransactionEnlist},
		"by lookup identifier": {remote.StartTransactionalReceiveRequest{Context: h, Action: byTake, LookupID: id}, mq.ErrTransactionEnlist},
		"with a cursor":        {remote.StartTransactionalReceiveRequest{Context: h, Cursor: cursor}, mq.ErrTransactionEnlist},
		"with no cursor":       {remote.StartTransactionalReceiveRequest{Context: h, Cursor: cursor + 1}, 0xC0000008},
		"a peek":               {remote.StartTransactionalReceiveRequest{Context: h, Action: peek}, mq.ErrTransactionUsage},
		"a peek by lookup":     {remote.StartTransactionalReceiveRequest{Context: h, Action: byPeek, LookupID: id}, mq.ErrTransactionUsage},
		"another queue":        {remote.StartTransactionalReceiveRequest{Context: plain}, mq.ErrTransactionUsage},
		"an unknown action":    {remote.StartTransactionalReceiveRequest{Context: h, Action: 1}, mq.ErrInvalidParameter},
		"no queue":             {remote.StartTransactionalReceiveRequest{Context: &remote.QueueNoSerialize{}}, mq.ErrInvalidHandle},
	} {
		x.r.TransactionID = uow(1)
		_, err := c.StartTransactionalReceive(ctx, &x.r)
		want(t, what, err, x.code)
	}
	if n := len(p.Labels(safe)); n != 1 {
		t.Errorf("%d messages are left", n)
	}
}

func TestATransactionalReceiveWithoutTransactionIsAReceive(t *testing.T) {
	p, _ := startSafe(t)
	c := p.owner()
	h := c.open(safe, receiveAccess)
	end := func(ack uint32) error {
		_, err := c.EndTransactionalReceive(ctx, &remote.EndTransactionalReceiveRequest{Context: h, Ack: ack, RequestID: 1})
		return err
	}
	want(t, "ended before it began", end(ack), mq.ErrInvalidHandle)
	c.message(h, remote.StartReceiveRequest{Action: receive, RequestID: 1})
	want(t, "a receive in no transaction", end(ack), mq.ErrTransactionEnlist)
	if err := c.end(h, 1, nack); err != nil {
		t.Fatal(err)
	}
	r, err := c.StartTransactionalReceive(ctx, &remote.StartTransactionalReceiveRequest{
		Context: h, TransactionID: uow(0), RequestID: 1, MaxBodySize: all,
	})
	if err != nil {
		t.Fatal(err)
	}
	m, _ := packet(t, &remote.StartReceiveResponse{PacketSections: r.PacketSections})
	if m.Label != "safe" || r.SequenceID == 0 || r.ArriveTime == 0 {
		t.Errorf("received %q, %d, %d", m.Label, r.SequenceID, r.ArriveTime)
	}
	c.line.forge = at(20, 3)
	want(t, "an answer of 3", end(ack), 0x6F7)
	c.line.forge = nil
	if err := end(ack); err != nil {
		t.Fatal(err)
	}
	if n := len(p.Labels(safe)); n != 0 {
		t.Errorf("%d messages are left", n)
	}
}

func TestRejectingIsCheckedAndRefused(t *testing.T) {
	p, id := startSafe(t)
	c := p.owner()
	h := c.open(safe, receiveAccess)
	for what, x := range map[string]struct {
		r    remote.SetUserAcknowledgementClassRequest
		code mq.HResult
	}{
		"rejected":        {remote.SetUserAcknowledgementClassRequest{Context: h, LookupID: id, Class: 0xC004}, mq.ErrTransactionEnlist},
		"nothing":         {remote.SetUserAcknowledgementClassRequest{Context: h, LookupID: id}, mq.ErrTransactionEnlist},
		"another class":   {remote.SetUserAcknowledgementClassRequest{Context: h, LookupID: id, Class: 0xC001}, mq.ErrInvalidParameter},
		"no such message": {remote.SetUserAcknowledgementClassRequest{Context: h, LookupID: id + 1, Class: 0xC004}, mq.ErrMessageNotFound},
		"no queue":        {remote.SetUserAcknowledgementClassRequest{Context: &remote.QueueNoSerialize{}, LookupID: id, Class: 0xC004}, mq.ErrInvalidHandle},
	} {
		_, err := c.SetUserAcknowledgementClass(ctx, &x.r)
		want(t, what, err, x.code)
	}
}
