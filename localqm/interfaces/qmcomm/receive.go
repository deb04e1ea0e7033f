package qmcomm

import (
	"context"
	"time"

	stub "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"
	stub2 "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm2/v1"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/rpc"
)

// What is to be done with a message (MS-MQMP 2.2.3.2, Action).
const (
	actionReceive     = 0x00000000
	actionPeekCurrent = 0x80000000
	actionPeekNext    = 0x80000001
)

// forever is a RequestTimeout without end.
const forever = 0xFFFFFFFF

// reading is one call of rpc_ACReceiveMessageEx.
type reading struct {
	server *server
	nulls  nulls
	both   *stub.TransferBufferV2
	*stub.TransferBufferV1
	receive *stub.TransferBufferV1_TransferBufferV1_Receive
}

// ReceiveMessageEx is rpc_ACReceiveMessageEx (MS-MQMP 3.1.5.3).
func (s *server) ReceiveMessageEx(ctx context.Context, r *stub2.ReceiveMessageExRequest) (*stub2.ReceiveMessageExResponse, error) {
	status, fault := result(s.receive(ctx, r))
	return &stub2.ReceiveMessageExResponse{Ptb: r.Ptb, Return: status}, fault
}

func (s *server) receive(ctx context.Context, r *stub2.ReceiveMessageExRequest) error {
	const op = "read a message"
	g, err := s.reading(op, rpc.CallOf(ctx), r.Ptb)
	if err != nil {
		return err
	}
	t, err := s.enlisted(ctx, op, g.UOW)
	if err != nil {
		return err
	}
	q, err := s.numbered(ctx, op, r.HQMContext)
	if err != nil {
		return err
	}
	if q.remote != nil {
		if t != nil {
			return mq.Errorf(mq.ErrTransactionUsage, op, "%s is on another computer, and a transaction ends at this one", q.name)
		}
		return q.remote.read(ctx, op, g)
	}
	o := localqm.ReadOptions{
		Peek: g.receive.Action != actionReceive, Next: g.receive.Action == actionPeekNext,
		Timeout: g.timeout(), Body: len(g.Body), Room: rpc.CallOf(ctx).Reserve,
		Accept: func(d localqm.Delivery) error { return g.fill(op, d.Message, d.Row.BodySize, d.Row.Arrived) },
	}
	if t != nil {
		o.Tx = t.Transaction
	}
	if number := g.receive.Cursor; number != 0 {
		if o.Cursor, err = q.local.Cursor(number); err != nil {
			return err
		}
	}
	_, err = q.local.Handle.Read(ctx, o)
	return err
}

// timeout is negative for a patience without end.
func (g *reading) timeout() time.Duration {
	if g.receive.RequestTimeout == forever {
		return -1
	}
	return time.Duration(g.receive.RequestTimeout) * time.Millisecond
}

// reading checks the buffers that a message is to be put into.
func (s *server) reading(op string, n nulls, b *stub.TransferBufferV2) (*reading, error) {
	if b == nil || b.Old == nil || b.Old.TransferType != transferReceive || b.Old.TransferBufferV1 == nil {
		return nil, invalid(op, "what came has no place for a message")
	}
	v, _ := b.Old.TransferBufferV1.Value.(*stub.TransferBufferV1_Receive)
	if v == nil || v.Receive == nil {
		return nil, invalid(op, "what came has no place for a message")
	}
	g := &reading{server: s, nulls: n, both: b, TransferBufferV1: b.Old, receive: v.Receive}
	if err := buffers(g.TransferBufferV1); err != nil {
		return nil, err
	}
	for _, t := range g.names("", "", "") {
		if *t.room > maxBufferName {
			return nil, rpc.FaultBadStub
		}
	}
	for _, t := range g.texts(&mq.Message{}) {
		if n.Null(t.text) {
			if t.shrinks && *t.room != 0 {
				return nil, invalid(op, "a buffer of %d characters did not come", *t.room)
			}
			continue
		}
		*t.text = buffered(*t.text, *t.room) // it goes back, whatever becomes of the call
	}
	switch r := g.receive; {
	case g.Body == nil && (g.BodyBufferSizeInBytes != 0 || g.AllocBodyBufferInBytes != 0):
		return nil, invalid(op, "a buffer of %d bytes for the body did not come", g.AllocBodyBufferInBytes)
	case g.MessageExtension == nil && g.MessageExtensionBufferInBytes != 0:
		return nil, invalid(op, "a buffer of %d bytes for the extension did not come", g.MessageExtensionBufferInBytes)
	case g.TitleBufferSizeInWchars > maxTitle:
		return nil, invalid(op, "a buffer of %d characters for the label; %d are possible", g.TitleBufferSizeInWchars, maxTitle)
	case r.Action != actionReceive && r.Action != actionPeekCurrent && r.Action != actionPeekNext:
		return nil, invalid(op, "the action 0x%08X does not exist", r.Action)
	case r.Action == actionPeekNext && r.Cursor == 0:
		return nil, mq.Errorf(mq.ErrIllegalCursorAction, op, "only a cursor can go on to the next message")
	}
	return g, nil
}
