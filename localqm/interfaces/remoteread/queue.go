package remoteread

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"sync"

	"github.com/oiweiwei/go-msrpc/msrpc/dcetypes"
	"github.com/oiweiwei/go-msrpc/msrpc/dtyp"
	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"
	remoteread "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/peer"
	"posthouse/localqm/mq"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/queueformat"
	"posthouse/localqm/secure"
)

// owner is whose the context handles are: they are strict (MS-MQRR 2.2.4), and of
// one kind for both of its types.
const owner = "RemoteRead"

// queue is an open queue.
type queue struct {
	s        *server
	group    *rpc.Group
	user     secure.SID // who opened it
	handle   *localqm.Handle
	access   localqm.Access
	target   uint64 // what R_MoveMessage names it by; 0: open to be read
	subqueue string // whose name is shown with its messages

	mu       sync.Mutex
	closed   bool
	requests map[uint32]*request
	cursors  map[uint32]*localqm.Cursor
}

// find is the open queue of a context handle: MQ_ERROR_INVALID_HANDLE for one that
// is not known, or another interface's.
func find(ctx context.Context, op string, h *dcetypes.ContextHandle) (*queue, error) {
	if h != nil {
		if v, err := rpc.CallOf(ctx).Group.Find(owner, *h); err == nil {
			return v.(*queue), nil
		}
	}
	return nil, mq.Errorf(mq.ErrInvalidHandle, op, "the handle stands for no queue that the caller has open").
		WithFix("open the queue again")
}

// readable is find for what R_OpenQueue opened.
func readable(ctx context.Context, op string, h *remoteread.QueueNoSerialize) (*queue, error) {
	q, err := find(ctx, op, (*dcetypes.ContextHandle)(h))
	if err == nil && q.target != 0 {
		return nil, mq.Errorf(mq.ErrInvalidHandle, op, "the queue was opened for messages to be moved to it")
	}
	return q, err
}

// The accesses and share modes of MS-MQRR 3.1.4.2 and 3.1.4.11.
const (
	receiveAccess = 0x01
	moveAccess    = 0x04
	peekAccess    = 0x20

	denyNone  = 0
	denyShare = 1
)

// OpenQueue is R_OpenQueue (MS-MQRR 3.1.4.2). Who the client says to be, and of what
// version, changes nothing.
func (s *server) OpenQueue(ctx context.Context, r *remoteread.OpenQueueRequest) (*remoteread.OpenQueueResponse, error) {
	h, err := s.open(ctx, r)
	if err != nil {
		return nil, rpc.Fault(mq.CodeOf(err))
	}
	return &remoteread.OpenQueueResponse{Context: h}, nil
}

func (s *server) open(ctx context.Context, r *remoteread.OpenQueueRequest) (*remoteread.QueueSerialize, error) {
	const op = "open a queue for a remote reader"
	access := localqm.PeekAccess
	switch r.Access {
	case receiveAccess:
		access = localqm.ReceiveAccess
	case peekAccess:
	default:
		return nil, invalid(op, "the access 0x%X is neither to receive nor to peek", r.Access)
	}
	if r.ShareMode > denyShare {
		return nil, invalid(op, "the share mode %d is unknown", r.ShareMode)
	}
	share := localqm.DenyNone
	if r.ShareMode == denyShare {
		share = localqm.DenyReceive
	}
	name, err := named(op, r.QueueFormat, r.ClientID, r.NonRoutingServer, r.Workgroup)
	if err != nil {
		return nil, err
	}
	if err := s.here(ctx, op, name); err != nil {
		return nil, err
	}
	h, err := s.m.OpenQueue(ctx, peer.Caller(ctx), name, access, share)
	if err != nil {
		return nil, err
	}
	return s.opened(ctx, h, &queue{access: access})
}

// named checks what both ways to open have in common, and returns the queue's name.
func named(op string, q *mqmq.QueueFormat, client *dtyp.GUID, nonRouting, workgroup int32) (mq.QueueName, error) {
	switch {
	case q == nil:
		return mq.QueueName{}, invalid(op, "no queue is named")
	case client == nil:
		return mq.QueueName{}, invalid(op, "the client has no identifier")
	case nonRouting&^1 != 0, workgroup&^1 != 0:
		return mq.QueueName{}, invalid(op, "fNonRoutingServer is %d and fWorkgroup %d; both are 0 or 1", nonRouting, workgroup)
	}
	switch q.QueueFormatType {
	case queueformat.Public, queueformat.Private, queueformat.Direct, queueformat.Machine, queueformat.Connector, queueformat.Subqueue:
	default:
		return mq.QueueName{}, invalid(op, "queues with names of type %d cannot be read", q.QueueFormatType)
	}
	f, err := queueformat.Read(q)
	if err == nil && f.Kind == mq.KindDirect && f.Protocol != mq.ProtocolOS && f.Protocol != mq.ProtocolTCP {
		err = mq.Errorf(mq.ErrUnsupportedFormatNameOperation, op, "%s: only DIRECT=OS: and DIRECT=TCP: names can be read", f)
	}
	return mq.QueueName{Format: f}, err
}

// here refuses a queue of another computer: what waits here for it is not its content
// (PeekAdminAccess, MS-MQDMPR 3.1.1.17, is not for remote readers).
func (s *server) here(ctx context.Context, op string, name mq.QueueName) error {
	d, err := s.m.Resolve(ctx, name)
	switch mq.CodeOf(err) {
	case mq.ErrUnsupportedOperation, mq.ErrUnsupportedFormatNameOperation:
	case mq.OK:
		if d.Local {
			return nil
		}
	default:
		return err
	}
	return mq.Errorf(mq.ErrQueueNotFound, op, "%s is no queue of this computer", name).WithFix("ask the one it is on")
}

// opened gives the client a context handle for q.
func (s *server) opened(ctx context.Context, h *localqm.Handle, q *queue) (*remoteread.QueueSerialize, error) {
	call := rpc.CallOf(ctx)
	q.s, q.group, q.user, q.handle, q.subqueue = s, call.Group, call.Identity.Token.User, h, h.Subqueue()
	q.requests, q.cursors = map[uint32]*request{}, map[uint32]*localqm.Cursor{}
	handle, err := q.group.Open(owner, q, q.close)
	if err != nil {
		q.close()
		return nil, mq.Errorf(mq.ErrInsufficientResources, "open a queue for a remote reader", "%w", err).
			WithFix("close queues that are not needed any more")
	}
	return (*remoteread.QueueSerialize)(&handle), nil
}

// CloseQueue is R_CloseQueue (MS-MQRR 3.1.4.3).
func (s *server) CloseQueue(ctx context.Context, r *remoteread.CloseQueueRequest) (*remoteread.CloseQueueResponse, error) {
	const op = "close a queue for a remote reader"
	h := (*dcetypes.ContextHandle)(r.Context)
	q, err := find(ctx, op, h)
	if err == nil {
		_, err = q.group.Close(owner, *h)
	}
	if err != nil {
		return &remoteread.CloseQueueResponse{Context: r.Context, Return: result(mq.ErrInvalidHandle)}, nil
	}
	q.close()
	return &remoteread.CloseQueueResponse{Context: &remoteread.QueueSerialize{}}, nil
}

// close ends the waiting reads of a queue and gives back what it locks. It is what
// happens, too, when the line to the client is cut (MS-MQRR 3.1.6).
func (q *queue) close() {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return
	}
	q.closed = true
	requests, cursors := len(q.requests), len(q.cursors)
	for _, r := range q.requests {
		r.cancel()
	}
	q.requests, q.cursors = nil, nil
	q.mu.Unlock()
	q.handle.Close()
	q.s.refund(q, requests, cursors)
	if q.target != 0 {
		q.s.mu.Lock()
		delete(q.s.targets, q.target)
		q.s.mu.Unlock()
	}
}

// PurgeQueue is R_PurgeQueue (MS-MQRR 3.1.4.6).
func (s *server) PurgeQueue(ctx context.Context, r *remoteread.PurgeQueueRequest) (*remoteread.PurgeQueueResponse, error) {
	return &remoteread.PurgeQueueResponse{Return: result(s.purge(ctx, r))}, nil
}

func (s *server) purge(ctx context.Context, r *remoteread.PurgeQueueRequest) error {
	q, err := readable(ctx, "purge a queue for a remote reader", r.Context)
	switch {
	case err != nil:
		return err
	case q.access != localqm.ReceiveAccess:
		return statusAccessDenied
	}
	_, err = q.handle.Purge(ctx)
	return err
}

// random is a number that nobody guesses, and not 0.
func random() uint64 {
	for {
		var b [8]byte
		_, _ = rand.Read(b[:]) // never fails
		if n := binary.LittleEndian.Uint64(b[:]); n != 0 {
			return n
		}
	}
}
