package remoteread

import (
	"context"

	remoteread "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/rpc"
)

// maxToken is the largest propagation token (MS-MQRR 3.1.4.12).
const maxToken = 131072

// outOfRange is how a value outside the range of its declaration ends, before there
// is a method that could return something.
const outOfRange = rpc.FaultBadStub

func notEnlisted(op string) error {
	return mq.Errorf(mq.ErrTransactionEnlist, op, "this queue manager takes no part in transactions of other computers").
		WithFix("do it without a transaction")
}

// EnlistRemoteTransaction is R_QMEnlistRemoteTransaction (MS-MQRR 3.1.4.12).
func (s *server) EnlistRemoteTransaction(_ context.Context, r *remoteread.EnlistRemoteTransactionRequest) (*remoteread.EnlistRemoteTransactionResponse, error) {
	const op = "join a transaction of another computer"
	if r.PropagationTokenLength > maxToken || int(r.PropagationTokenLength) != len(r.PropagationToken) {
		return nil, outOfRange
	}
	err := notEnlisted(op)
	switch {
	case none(r.TransactionID):
		err = invalid(op, "it has no identifier")
	case len(r.PropagationToken) == 0:
		err = invalid(op, "the propagation token is empty")
	}
	return &remoteread.EnlistRemoteTransactionResponse{Return: result(err)}, nil
}

// StartTransactionalReceive is R_StartTransactionalReceive (MS-MQRR 3.1.4.13).
// Without a transaction it is R_StartReceive.
func (s *server) StartTransactionalReceive(ctx context.Context, r *remoteread.StartTransactionalReceiveRequest) (*remoteread.StartTransactionalReceiveResponse, error) {
	p := reading{
		lookup: r.LookupID, cursor: r.Cursor, action: r.Action, timeout: r.Timeout,
		request: r.RequestID, body: r.MaxBodySize, transactional: true,
	}
	if !none(r.TransactionID) {
		return &remoteread.StartTransactionalReceiveResponse{Return: result(s.transacted(ctx, r.Context, p))}, nil
	}
	d, sections, err := s.read(ctx, r.Context, p)
	if err != nil {
		return &remoteread.StartTransactionalReceiveResponse{Return: result(err)}, nil
	}
	return &remoteread.StartTransactionalReceiveResponse{
		ArriveTime: uint32(d.Row.Arrived), SequenceID: sequence(d.Lookup),
		NumberOfSections: uint32(len(sections)), PacketSections: sections,
	}, nil
}

// transacted finds what is wrong with a receive in a transaction, in the order of
// MS-MQRR 3.1.4.13.
func (s *server) transacted(ctx context.Context, h *remoteread.QueueNoSerialize, r reading) error {
	o, err := r.options(opReceive)
	if err != nil {
		return err
	}
	q, err := readable(ctx, opReceive, h)
	if err != nil {
		return err
	}
	if _, err := q.cursorOf(r.cursor); err != nil {
		return err
	}
	switch {
	case !q.handle.Transactional():
		return mq.Errorf(mq.ErrTransactionUsage, opReceive, "the queue is not transactional")
	case o.Peek:
		return mq.Errorf(mq.ErrTransactionUsage, opReceive, "peeking takes no transaction")
	}
	return notEnlisted(opReceive)
}

// SetUserAcknowledgementClass is R_SetUserAcknowledgementClass (MS-MQRR 3.1.4.14).
func (s *server) SetUserAcknowledgementClass(ctx context.Context, r *remoteread.SetUserAcknowledgementClassRequest) (*remoteread.SetUserAcknowledgementClassResponse, error) {
	return &remoteread.SetUserAcknowledgementClassResponse{Return: result(s.reject(ctx, r))}, nil
}

func (s *server) reject(ctx context.Context, r *remoteread.SetUserAcknowledgementClassRequest) error {
	const op = "reject a message for a remote reader"
	if c := mq.Class(r.Class); c != mq.ClassNormal && c != mq.ClassNackReceiveRejected {
		return invalid(op, "the class 0x%04X cannot be given", r.Class)
	}
	q, err := readable(ctx, op, r.Context)
	if err != nil {
		return err
	}
	_, err = q.handle.Read(ctx, localqm.ReadOptions{Peek: true, Seek: localqm.SeekCurrent, Lookup: r.LookupID})
	if err != nil && mq.CodeOf(err) != mq.ErrMessageLocked {
		return err
	}
	return notEnlisted(op)
}

// EndTransactionalReceive is R_EndTransactionalReceive (MS-MQRR 3.1.4.15).
func (s *server) EndTransactionalReceive(ctx context.Context, r *remoteread.EndTransactionalReceiveRequest) (*remoteread.EndTransactionalReceiveResponse, error) {
	if r.Ack != ack && r.Ack != nack {
		return nil, outOfRange
	}
	q, err := readable(ctx, "end a receive of a remote reader", r.Context)
	if err == nil {
		err = q.end(ctx, r.RequestID, r.Ack == ack, true)
	}
	return &remoteread.EndTransactionalReceiveResponse{Return: result(err)}, nil
}
