package remoteread_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/oiweiwei/go-msrpc/dcerpc"
	remote "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/remoteread"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/rpc/ndr"
)

// recorder keeps requests instead of making calls.
type recorder struct {
	*line
	f *testing.F
}

func (r recorder) Bind(context.Context, ...dcerpc.Option) (dcerpc.Conn, error) { return r, nil }

func (r recorder) Invoke(ctx context.Context, op dcerpc.Operation, _ ...dcerpc.CallOption) error {
	w := ndr.NewWriter(nil, ndr.Requests, nil)
	if err := op.MarshalNDRRequest(ctx, w); err != nil {
		r.f.Fatal(err)
	}
	r.f.Add(op.OpNum(), w.Bytes())
	return context.Canceled
}

// Whatever stub data says, it is a fault or an answer, and what is not received or
// purged is not lost. A handle that begins with zeros stands for the open queue.
func FuzzStub(f *testing.F) {
	p := &place{QM: qmtest.Start(f, qmtest.Memory), t: f}
	p.Create(orders, localqm.QueueSpec{})
	p.server = remoteread.New(p.QueueManager, remoteread.Options{})
	id := p.send("a")[0]
	c := p.owner()
	open := c.open(orders, receiveAccess)
	w := ndr.NewWriter(nil, ndr.Requests, nil)
	if err := open.MarshalNDR(ctx, w); err != nil {
		f.Fatal(err)
	}
	handle := bytes.Clone(w.Bytes())
	seed, err := remote.NewRemoteReadClient(ctx, recorder{f: f})
	if err != nil {
		f.Fatal(err)
	}
	h := &remote.QueueNoSerialize{}
	for _, r := range []remote.StartReceiveRequest{
		{Action: receive}, {Action: peek, Timeout: 5}, {Action: byPeekNext, LookupID: 1}, {Action: byTake, LookupID: id, RequestID: 1},
	} {
		r.Context = h
		_, _ = seed.StartReceive(ctx, &r)
	}
	_, _ = seed.OpenQueue(ctx, request(f, orders, peekAccess))
	_, _ = seed.OpenQueue(ctx, request(f, "MACHINE="+p.Identity().ID.String()+";JOURNAL", receiveAccess))
	_, _ = seed.OpenQueueForMove(ctx, toMove(f, orders+";sub"))
	_, _ = seed.CreateCursor(ctx, &remote.CreateCursorRequest{Context: h})
	_, _ = seed.CloseCursor(ctx, &remote.CloseCursorRequest{Context: h, Cursor: 1})
	_, _ = seed.CancelReceive(ctx, &remote.CancelReceiveRequest{Context: h, RequestID: 1})
	_, _ = seed.EndReceive(ctx, &remote.EndReceiveRequest{Context: h, Ack: nack})
	_, _ = seed.MoveMessage(ctx, &remote.MoveMessageRequest{ContextFrom: h, ContextTo: 1, LookupID: id, TransactionID: uow(1)})
	_, _ = seed.PurgeQueue(ctx, &remote.PurgeQueueRequest{Context: h})
	_, _ = seed.EnlistRemoteTransaction(ctx, &remote.EnlistRemoteTransactionRequest{TransactionID: uow(1), PropagationToken: []byte{1}, QueueFormat: named(f, orders)})
	_, _ = seed.StartTransactionalReceive(ctx, &remote.StartTransactionalReceiveRequest{Context: h, TransactionID: uow(0)})
	_, _ = seed.SetUserAcknowledgementClass(ctx, &remote.SetUserAcknowledgementClassRequest{Context: h, LookupID: id})
	_, _ = seed.EndTransactionalReceive(ctx, &remote.EndTransactionalReceiveRequest{Context: h, Ack: ack})
	name := qmtest.Name(f, orders)
	const closeQueue, purge, endReceive, endTransactional = 3, 6, 9, 15
	f.Fuzz(func(t *testing.T, operation int, b []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond) // of a read that waits
		defer cancel()
		if len(b) >= len(handle) && b[0] == 0 {
			b = append(bytes.Clone(handle), b[len(handle):]...)
		}
		if operation == closeQueue {
			return
		}
		_, _ = c.line.Stub(ctx, operation, b)
		info, err := p.Queue(t.Context(), qmtest.Owner, name)
		switch {
		case err != nil:
			t.Fatal(err)
		case info.Count.Messages == 1:
		case operation == purge || operation == endReceive || operation == endTransactional:
			h, err := p.OpenQueue(t.Context(), qmtest.Owner, name, localqm.SendAccess, localqm.DenyNone)
			if err != nil {
				t.Fatal(err)
			}
			defer h.Close()
			if _, err := h.Send(t.Context(), nil, qmtest.Message("again")); err != nil {
				t.Fatal(err)
			}
		default:
			t.Errorf("%d messages", info.Count.Messages)
		}
	})
}
