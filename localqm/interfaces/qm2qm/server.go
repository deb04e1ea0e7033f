package qm2qm

import (
	"context"
	"sync"

	"github.com/oiweiwei/go-msrpc/msrpc/dcetypes"
	"github.com/oiweiwei/go-msrpc/msrpc/mqqp/qm2qm/v1"

	"posthouse/localqm/interfaces/opened"
	"posthouse/localqm/mq"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/security"
)

// maxStub is the largest request: descriptors travel without a buffer.
const maxStub = 4 << 10

// The owners of context handles (MS-MQQP 2.2.1.1-2).
const (
	sessionOwner = "PCTX_RRSESSION_HANDLE_TYPE"
	readOwner    = "PCTX_REMOTEREAD_HANDLE_TYPE"
)

// Operations that anybody may call before signing in.
const (
	getServerPort = 7
	getVersion    = 8
)

// Options are what the interface needs of its program.
type Options struct {
	// Opened has the queues that qmcomm opened.
	Opened *opened.Table
	// Ports are those of qmcomm and of this interface.
	Ports func() (qmcomm, qm2qm uint16)
}

// New serves MS-MQQP.
func New(o Options) rpc.Interface {
	return rpc.Interface{
		Name: "qm2qm", Syntax: *qm2qm.Qm2qmSyntaxV1_0, MaxStub: maxStub,
		Levels: map[int]security.Level{getServerPort: security.None, getVersion: security.None},
		Handle: qm2qm.NewQm2qmServerHandle(&server{opened: o.Opened, ports: o.Ports, sessions: map[uint32]*session{}}),
	}
}

type server struct {
	opened *opened.Table
	ports  func() (qmcomm, qm2qm uint16)

	mu       sync.Mutex
	sessions map[uint32]*session // rOpenQueueEntryCollection, by the number of the open queue
}

// session is a queue that a client reads (OpenQueueEntry, MS-MQQP 3.1.1.4).
type session struct {
	queue *opened.Queue
	group *rpc.Group

	mu     sync.Mutex
	closed bool
	reads  map[uint32]*read // rRemoteReadEntryCollection: those under way, by request
	last   uint64           // the place of the message that was read last
}

// OpenQueue is RemoteQMOpenQueue (MS-MQQP 3.1.4.3).
func (s *server) OpenQueue(ctx context.Context, r *qm2qm.OpenQueueRequest) (*qm2qm.OpenQueueResponse, error) {
	const mostMQS = 16
	if r.MQS > mostMQS {
		return nil, rpc.FaultBadStub
	}
	out := &qm2qm.OpenQueueResponse{Return: result(mq.ErrInvalidParameter)}
	if r.ClientGUID == nil || r.QueueID == 0 || r.QueueID != r.ContextID {
		return out, nil
	}
	q, err := s.opened.Find(r.ContextID)
	if err != nil || !q.Claim() {
		return out, nil
	}
	e := &session{queue: q, group: rpc.CallOf(ctx).Group, reads: map[uint32]*read{}}
	s.mu.Lock()
	s.sessions[q.Number] = e
	s.mu.Unlock()
	h, err := e.group.Open(sessionOwner, e, func() { s.close(e) })
	if err != nil {
		s.close(e)
		out.Return = result(mq.ErrInsufficientResources)
		return out, nil
	}
	out.Context, out.Return = (*qm2qm.Session)(&h), result(mq.OK)
	return out, nil
}

// CloseQueue is RemoteQMCloseQueue (MS-MQQP 3.1.4.4).
func (s *server) CloseQueue(ctx context.Context, r *qm2qm.CloseQueueRequest) (*qm2qm.CloseQueueResponse, error) {
	out := &qm2qm.CloseQueueResponse{Context: r.Context}
	if none(r.Context.ContextHandle()) {
		out.Return = result(mq.ErrInvalidHandle)
		return out, nil
	}
	e, err := rpc.CallOf(ctx).Group.Close(sessionOwner, *r.Context.ContextHandle())
	if err != nil {
		return nil, err
	}
	s.close(e.(*session))
	out.Context = &qm2qm.Session{}
	return out, nil
}

// close ends a session with its reads. What they hold goes back into the queue.
func (s *server) close(e *session) {
	s.mu.Lock()
	delete(s.sessions, e.queue.Number)
	s.mu.Unlock()
	e.mu.Lock()
	e.closed = true
	for _, r := range e.reads {
		r.cancel(errCancelled)
	}
	e.mu.Unlock()
	e.queue.Close()
}

// session finds the session of an open queue; nil if it is not the caller's.
func (s *server) session(ctx context.Context, number uint32) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.sessions[number]; e != nil && e.group == rpc.CallOf(ctx).Group {
		return e
	}
	return nil
}

// CloseCursor is RemoteQMCloseCursor (MS-MQQP 3.1.4.5).
func (s *server) CloseCursor(ctx context.Context, r *qm2qm.CloseCursorRequest) (*qm2qm.CloseCursorResponse, error) {
	e := s.session(ctx, r.Queue)
	if e == nil || e.queue.CloseCursor(r.Cursor) != nil {
		return &qm2qm.CloseCursorResponse{Return: result(mq.ErrInvalidHandle)}, nil
	}
	return &qm2qm.CloseCursorResponse{}, nil
}

// PurgeQueue is RemoteQMPurgeQueue (MS-MQQP 3.1.4.7).
func (s *server) PurgeQueue(ctx context.Context, r *qm2qm.PurgeQueueRequest) (*qm2qm.PurgeQueueResponse, error) {
	e := s.session(ctx, r.Queue)
	if e == nil {
		return &qm2qm.PurgeQueueResponse{Return: result(mq.ErrInvalidHandle)}, nil
	}
	_, err := e.queue.Handle.Purge(ctx)
	return &qm2qm.PurgeQueueResponse{Return: result(mq.CodeOf(err))}, nil
}

// The interfaces whose ports are asked for, over TCP (MS-MQQP 3.1.4.8).
const (
	ipHandshake = 0
	ipRead      = 1
)

// GetQMQMServerPort is RemoteQMGetQMQMServerPort (MS-MQQP 3.1.4.8).
func (s *server) GetQMQMServerPort(_ context.Context, r *qm2qm.GetQMQMServerPortRequest) (*qm2qm.GetQMQMServerPortResponse, error) {
	qmcomm, own := s.ports()
	switch r.PortType {
	case ipHandshake:
		return &qm2qm.GetQMQMServerPortResponse{Return: uint32(qmcomm)}, nil
	case ipRead:
		return &qm2qm.GetQMQMServerPortResponse{Return: uint32(own)}, nil
	}
	return &qm2qm.GetQMQMServerPortResponse{}, nil
}

// GetVersion is RemoteQmGetVersion (MS-MQQP 3.1.4.9): 6.1, with the first build that
// note <24> has for it. Clients use operations 9 and 10 from 5.1 on.
func (s *server) GetVersion(context.Context, *qm2qm.GetVersionRequest) (*qm2qm.GetVersionResponse, error) {
	return &qm2qm.GetVersionResponse{Major: 6, Minor: 1, BuildNumber: 6531}, nil
}

func result(code mq.HResult) int32 { return int32(uint32(code)) }

// none reports whether a context handle is NULL.
func none(h *dcetypes.ContextHandle) bool {
	return h == nil || h.UUID == nil || h.UUID.IsZero() && h.Attributes == 0
}
