package qmcomm

import (
	"context"

	"github.com/oiweiwei/go-msrpc/msrpc/dcetypes"
	stub "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/opened"
	"posthouse/localqm/interfaces/peer"
	"posthouse/localqm/mq"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/queueformat"
)

// GetRemoteQueueName is R_QMGetRemoteQueueName (MS-MQMP 3.1.4.1), which is obsolete:
// cursors on other computers are made without the client.
func (s *server) GetRemoteQueueName(context.Context, *stub.GetRemoteQueueNameRequest) (*stub.GetRemoteQueueNameResponse, error) {
	return nil, rpc.Fault(mq.ErrIllegalOperation)
}

// SetCursorProperties is rpc_ACSetCursorProperties (MS-MQMP 3.1.4.20), which is
// obsolete as well.
func (s *server) SetCursorProperties(context.Context, *stub.SetCursorPropertiesRequest) (*stub.SetCursorPropertiesResponse, error) {
	return &stub.SetCursorPropertiesResponse{Return: code(mq.ErrIllegalOperation)}, nil
}

// OpenRemoteQueue is R_QMOpenRemoteQueue (MS-MQMP 3.1.4.2): a client opens a queue
// here that another queue manager is to read for it.
func (s *server) OpenRemoteQueue(ctx context.Context, r *stub.OpenRemoteQueueRequest) (*stub.OpenRemoteQueueResponse, error) {
	answer := &stub.OpenRemoteQueueResponse{}
	q, err := s.openFor(ctx, r)
	if err == nil {
		var h dcetypes.ContextHandle
		if h, err = rpc.CallOf(ctx).Group.Open(remoteHandle, q, q.Release); err != nil {
			q.Close()
			err = tooMany("open a queue", err)
		} else {
			out := stub.Context(h)
			answer.Context, answer.ContextID, answer.QueueID, answer.Queue = &out, q.Number, q.Number, q.Number
		}
	}
	if mq.CodeOf(err) == mq.ErrSharingViolation {
		answer.Return = code(statusSharing) // MS-MQMP 3.1.4.2, dwShareMode
		return answer, nil
	}
	var fault error
	answer.Return, fault = result(err)
	return answer, fault
}

func (s *server) openFor(ctx context.Context, r *stub.OpenRemoteQueueRequest) (*opened.Queue, error) {
	const op = "open a queue for a remote reader"
	if r.QueueFormat == nil {
		return nil, invalid(op, "no queue is named")
	}
	f, err := queueformat.Read(r.QueueFormat)
	if err != nil {
		return nil, err
	}
	a, err := ask(op, f, r.DesiredAccess, r.ShareMode)
	switch {
	case err != nil:
		return nil, err
	case a.access == localqm.SendAccess || a.admin:
		return nil, mq.Errorf(mq.ErrUnsupportedAccessMode, op, "the access 0x%X is not for reading", r.DesiredAccess)
	}
	to, err := s.m.Resolve(ctx, a.name)
	switch {
	case err != nil:
		return nil, err
	case !to.Local:
		return nil, mq.Errorf(mq.ErrQueueNotFound, op, "%s is a queue of another computer", f)
	}
	h, err := s.m.OpenQueue(ctx, peer.Caller(ctx), a.name, a.access, a.share)
	if err != nil {
		return nil, err
	}
	q, err := s.opened.Add(h, opened.Opened)
	if err != nil {
		h.Close()
	}
	return q, err
}

// CloseRemoteQueueContext is R_QMCloseRemoteQueueContext (MS-MQMP 3.1.4.3). A queue
// that its reader has is the reader's.
func (s *server) CloseRemoteQueueContext(ctx context.Context, r *stub.CloseRemoteQueueContextRequest) (*stub.CloseRemoteQueueContextResponse, error) {
	answer := &stub.CloseRemoteQueueContextResponse{Context: r.Context}
	if r.Context == nil {
		return answer, nil
	}
	if v, err := rpc.CallOf(ctx).Group.Close(remoteHandle, dcetypes.ContextHandle(*r.Context)); err == nil {
		v.(*opened.Queue).Release()
		answer.Context = &stub.Context{}
	}
	return answer, nil
}

// CreateRemoteCursor is R_QMCreateRemoteCursor (MS-MQMP 3.1.4.4). Who knows the
// number of the queue may: it is the queue manager that reads.
func (s *server) CreateRemoteCursor(_ context.Context, r *stub.CreateRemoteCursorRequest) (*stub.CreateRemoteCursorResponse, error) {
	answer := &stub.CreateRemoteCursorResponse{}
	q, err := s.opened.Find(r.Queue)
	if err == nil {
		answer.Cursor, err = q.OpenCursor()
	}
	var fault error
	answer.Return, fault = result(err)
	return answer, fault
}
