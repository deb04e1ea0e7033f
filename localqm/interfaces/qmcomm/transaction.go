package qmcomm

import (
	"context"
	"sync"

	"github.com/oiweiwei/go-msrpc/msrpc/dcetypes"
	stub "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"
	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/rpc"
	"posthouse/localqm/secure"
)

// maxCookie is the largest whereabouts and the largest transaction cookie (MS-MQMP
// 3.1.4.12, 3.1.4.13).
const maxCookie = 131072

// transaction is what stands behind an RPC_INT_XACT_HANDLE (TransactionHandle,
// MS-MQMP 3.1.1.10).
type transaction struct {
	*localqm.Transaction
	user    secure.SID
	sending sync.Mutex // sends of one transaction come one after the other
}

// GetTMWhereabouts is R_QMGetTmWhereabouts (MS-MQMP 3.1.4.12). There is no
// coordinator of distributed transactions here whose whereabouts could be told.
func (s *server) GetTMWhereabouts(_ context.Context, r *stub.GetTMWhereaboutsRequest) (*stub.GetTMWhereaboutsResponse, error) {
	if r.BufferLength > maxCookie {
		return nil, rpc.FaultBadStub
	}
	return &stub.GetTMWhereaboutsResponse{BufferLength: r.BufferLength, Return: code(mq.ErrTransactionEnlist)}, nil
}

// EnlistTransaction is R_QMEnlistTransaction (MS-MQMP 3.1.4.13).
func (s *server) EnlistTransaction(_ context.Context, r *stub.EnlistTransactionRequest) (*stub.EnlistTransactionResponse, error) {
	if r.CookieLength > maxCookie || len(r.Cookie) != int(r.CookieLength) {
		return nil, rpc.FaultBadStub
	}
	if unit(r.UOW).IsZero() {
		return &stub.EnlistTransactionResponse{Return: code(mq.ErrInvalidParameter)}, nil
	}
	return &stub.EnlistTransactionResponse{Return: code(mq.ErrTransactionEnlist)}, nil
}

// EnlistInternalTransaction is R_QMEnlistInternalTransaction (MS-MQMP 3.1.4.14).
func (s *server) EnlistInternalTransaction(ctx context.Context, r *stub.EnlistInternalTransactionRequest) (*stub.EnlistInternalTransactionResponse, error) {
	h, err := s.begin(ctx, unit(r.UOW))
	status, fault := result(err)
	return &stub.EnlistInternalTransactionResponse{InternalTransaction: h, Return: status}, fault
}

func (s *server) begin(ctx context.Context, id mq.GUID) (*stub.InternalTransaction, error) {
	const op = "begin a transaction"
	if id.IsZero() {
		return nil, invalid(op, "it has no identifier")
	}
	began, err := s.m.BeginWith(id)
	if err != nil {
		return nil, err
	}
	t := &transaction{Transaction: began, user: user(ctx)}
	s.mu.Lock()
	s.transactions[id] = t
	s.mu.Unlock()
	h, err := rpc.CallOf(ctx).Group.Open(transactionHandle, t, func() { s.rundown(t) })
	if err != nil {
		s.rundown(t)
		return nil, tooMany(op, err)
	}
	out := stub.InternalTransaction(h)
	return &out, nil
}

// rundown aborts the transaction of a client that has gone (MS-MQMP 3.1.7.3).
func (s *server) rundown(t *transaction) {
	s.forget(t)
	if err := t.Abort(context.Background()); err != nil {
		s.log.Warn("the transaction of a client that is gone could not be aborted", "transaction", t.ID(), "error", err)
	}
}

func (s *server) forget(t *transaction) {
	s.mu.Lock()
	delete(s.transactions, t.ID())
	s.mu.Unlock()
}

// CommitTransaction is R_QMCommitTransaction (MS-MQMP 3.1.4.15).
func (s *server) CommitTransaction(ctx context.Context, r *stub.CommitTransactionRequest) (*stub.CommitTransactionResponse, error) {
	h, status, fault := s.end(ctx, "commit a transaction", r.InternalTransaction, (*localqm.Transaction).Commit)
	return &stub.CommitTransactionResponse{InternalTransaction: h, Return: status}, fault
}

// AbortTransaction is R_QMAbortTransaction (MS-MQMP 3.1.4.16).
func (s *server) AbortTransaction(ctx context.Context, r *stub.AbortTransactionRequest) (*stub.AbortTransactionResponse, error) {
	h, status, fault := s.end(ctx, "abort a transaction", r.InternalTransaction, (*localqm.Transaction).Abort)
	return &stub.AbortTransactionResponse{InternalTransaction: h, Return: status}, fault
}

// end ends a transaction, whatever comes of it: one that could not be committed is
// aborted. The handle is NULL then.
func (s *server) end(ctx context.Context, op string, h *stub.InternalTransaction, how func(*localqm.Transaction, context.Context) error) (*stub.InternalTransaction, int32, error) {
	var v any
	err := invalidHandle(op)
	if h != nil {
		if found, bad := rpc.CallOf(ctx).Group.Close(transactionHandle, dcetypes.ContextHandle(*h)); bad == nil {
			v, err = found, nil
		}
	}
	if err == nil {
		t := v.(*transaction)
		s.forget(t)
		h, err = &stub.InternalTransaction{}, how(t.Transaction, ctx)
	}
	status, fault := result(err)
	return h, status, fault
}

// enlisted is the transaction that a message names; nil for none. It must have been
// enlisted by the same user (MS-MQMP 3.1.5.2, 3.1.5.3).
func (s *server) enlisted(ctx context.Context, op string, u *mqmq.TransactionUOW) (*transaction, error) {
	if u == nil {
		return nil, nil
	}
	id := unit(u)
	s.mu.Lock()
	t := s.transactions[id]
	s.mu.Unlock()
	if t == nil || t.user != user(ctx) {
		return nil, mq.Errorf(mq.ErrTransactionSequence, op, "the transaction %s has not been enlisted", id)
	}
	return t, nil
}

// unit is an XACTUOW (MS-MQMQ 2.2.18.1.8) as an identifier.
func unit(u *mqmq.TransactionUOW) (id mq.GUID) {
	if u != nil {
		copy(id[:], u.Data)
	}
	return id
}
