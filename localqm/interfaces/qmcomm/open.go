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

// The access modes (MS-MQMP 3.1.4.17). adminAccess makes the others mean what waits
// here for a queue of another computer.
const (
	receiveAccess = 0x01
	sendAccess    = 0x02
	peekAccess    = 0x20
	adminAccess   = 0x80
)

// asked is a queue that is to be opened, as a client asks for it.
type asked struct {
	name   mq.QueueName
	access localqm.Access
	share  localqm.Share
	admin  bool
}

// ask reads what rpc_QMOpenQueueInternal and R_QMOpenRemoteQueue have in common. A
// name that cannot be opened so is refused here or by the queue manager.
func ask(op string, f mq.FormatName, access, share uint32) (asked, error) {
	a := asked{name: mq.QueueName{Format: f}, share: localqm.Share(share), admin: access&adminAccess != 0}
	switch access {
	case receiveAccess, receiveAccess | adminAccess:
		a.access = localqm.ReceiveAccess
	case peekAccess, peekAccess | adminAccess:
		a.access = localqm.PeekAccess
	case sendAccess:
		a.access = localqm.SendAccess
	default:
		return a, mq.Errorf(mq.ErrUnsupportedAccessMode, op, "the access 0x%X does not exist", access)
	}
	if share > uint32(localqm.DenyReceive) {
		return a, invalid(op, "the share mode %d does not exist", share)
	}
	switch sends := a.access == localqm.SendAccess; {
	case sends && a.share != localqm.DenyNone:
		return a, mq.Errorf(mq.ErrUnsupportedAccessMode, op, "only reading can be exclusive")
	case sends && (f.ReadOnly() || f.Subqueue != "" || f.Kind == mq.KindConnector):
		return a, mq.Errorf(mq.ErrUnsupportedFormatNameOperation, op, "%s can only be read", f)
	case !sends && (f.IsHTTP() || f.Kind == mq.KindMulticast || f.Kind == mq.KindDistribution):
		return a, mq.Errorf(mq.ErrUnsupportedFormatNameOperation, op, "%s can only be sent to", f)
	}
	return a, nil
}

// OpenQueueInternal is rpc_QMOpenQueueInternal (MS-MQMP 3.1.4.17).
func (s *server) OpenQueueInternal(ctx context.Context, r *stub.OpenQueueInternalRequest) (*stub.OpenQueueInternalResponse, error) {
	answer := &stub.OpenQueueInternalResponse{}
	q, elsewhere, err := s.open(ctx, r)
	if q != nil {
		answer.Queue, err = s.add(ctx, q)
		answer.QMContext = q.number
	}
	answer.RemoteQueueName = elsewhere
	var fault error
	answer.Return, fault = result(err)
	return answer, fault
}

// open opens a queue, or says by its path name that it is on another computer.
func (s *server) open(ctx context.Context, r *stub.OpenQueueInternalRequest) (q *queue, elsewhere string, err error) {
	const op = "open a queue"
	f, err := queueformat.Read(r.QueueFormat)
	if err != nil {
		return nil, "", err
	}
	a, err := ask(op, f, r.DesiredAccess, r.ShareMode)
	if err != nil {
		return nil, "", err
	}
	if r.RemoteQueue != 0 {
		q, err := s.openRemote(ctx, a, r)
		return q, "", err
	}
	if r.QueueID != 0 || r.RemoteContext != 0 {
		return nil, "", invalid(op, "numbers of a queue of another computer came without its handle")
	}
	switch to, err := s.m.Resolve(ctx, a.name); {
	case a.access == localqm.SendAccess: // wherever it is
	case err != nil:
		return nil, "", err
	case a.admin && to.Local:
		return nil, "", mq.Errorf(mq.ErrUnsupportedAccessMode, op, "%s is a queue of this computer, for which nothing waits", f)
	case !a.admin && !to.Local:
		path, err := s.m.PathOf(ctx, f)
		if err != nil {
			return nil, "", err
		}
		return nil, path.String(), nil
	}
	h, err := s.m.OpenQueue(ctx, peer.Caller(ctx), a.name, a.access, a.share)
	if err != nil {
		return nil, "", err
	}
	local, err := s.opened.Add(h, opened.Local)
	if err != nil {
		h.Close()
		return nil, "", err
	}
	return &queue{name: f, local: local}, "", nil
}

// CloseHandle is rpc_ACCloseHandle (MS-MQMP 3.1.4.18).
func (s *server) CloseHandle(ctx context.Context, r *stub.CloseHandleRequest) (*stub.CloseHandleResponse, error) {
	answer := &stub.CloseHandleResponse{Queue: r.Queue, Return: code(mq.ErrInvalidHandle)}
	if r.Queue == nil {
		return answer, nil
	}
	v, err := rpc.CallOf(ctx).Group.Close(queueHandle, dcetypes.ContextHandle(*r.Queue))
	if err == nil {
		s.drop(v.(*queue))
		answer.Queue, answer.Return = &stub.Queue{}, code(mq.OK)
	}
	return answer, nil
}

// PurgeQueue is rpc_ACPurgeQueue (MS-MQMP 3.1.4.22).
func (s *server) PurgeQueue(ctx context.Context, r *stub.PurgeQueueRequest) (*stub.PurgeQueueResponse, error) {
	q, err := s.queue(ctx, "purge a queue", r.Queue)
	switch {
	case err != nil:
	case q.remote != nil:
		err = q.remote.purge(ctx)
	default:
		_, err = q.local.Handle.Purge(ctx)
	}
	status, fault := result(err)
	return &stub.PurgeQueueResponse{Return: status}, fault
}

// maxFormatName is the longest buffer for a format name (MS-MQMP 3.1.4.21).
const maxFormatName = 524288

// HandleToFormatName is rpc_ACHandleToFormatName (MS-MQMP 3.1.4.21).
func (s *server) HandleToFormatName(ctx context.Context, r *stub.HandleToFormatNameRequest) (*stub.HandleToFormatNameResponse, error) {
	const op = "name an open queue"
	room := r.FormatNameRPCBufferLength
	if room > maxFormatName {
		return nil, rpc.FaultBadStub
	}
	answer := &stub.HandleToFormatNameResponse{FormatNameRPCBufferLength: room, Length: r.Length}
	if room > 0 {
		answer.FormatName = nul // a buffer that came goes back
	}
	q, err := s.queue(ctx, op, r.Queue)
	if err == nil && r.Length != room {
		err = invalid(op, "the buffer has %d characters, and %d are said", room, r.Length)
	}
	if err == nil {
		name := q.name.String()
		answer.Length = uint32(mq.LabelLength(name)) + 1
		answer.FormatName = cut(name, room)
		if answer.Length > room {
			err = mq.Errorf(mq.ErrFormatNameBufferTooSmall, op, "the name needs %d characters", answer.Length)
		}
	}
	var fault error
	answer.Return, fault = result(err)
	return answer, fault
}
