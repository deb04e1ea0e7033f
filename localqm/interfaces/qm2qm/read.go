package qm2qm

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/oiweiwei/go-msrpc/msrpc/mqqp/qm2qm/v1"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/rpc"
	"posthouse/localqm/wire"
)

// What a read does (REMOTEREADDESC.ulAction, MS-MQQP 2.2.2.1).
const (
	actionReceive     = 0x00000000
	actionPeekCurrent = 0x80000000
	actionPeekNext    = 0x80000001

	lookupPeekCurrent    = 0x40000010
	lookupPeekNext       = 0x40000011
	lookupPeekPrevious   = 0x40000012
	lookupReceiveCurrent = 0x40000020
	lookupReceiveNext    = 0x40000021
	lookupReceivePrev    = 0x40000022
)

// The codes that are not of message queuing.
const (
	statusInvalidParameter mq.HResult = 0xC000000D
	statusNotFound         mq.HResult = 0xC0000225
	// remoteCancelled is MQ_INFORMATION_REMOTE_CANCELED_BY_CLIENT.
	remoteCancelled mq.HResult = 0x400E03E9
)

// infinite is a time-out without end.
const infinite = math.MaxUint32

// errCancelled is why a read ends that its client no longer wants.
var errCancelled = errors.New("the client has cancelled the read")

// read is one under way (RemoteReadEntry, MS-MQQP 3.1.1.2).
type read struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
}

func (r *read) cancelled() bool { return errors.Is(context.Cause(r.ctx), errCancelled) }

// answer is what the three receiving operations return.
type answer struct {
	context *qm2qm.Context
	desc    *qm2qm.RemoteReadDesc
	lookup  uint64
	code    mq.HResult
}

// StartReceive is RemoteQMStartReceive (MS-MQQP 3.1.4.1).
func (s *server) StartReceive(ctx context.Context, r *qm2qm.StartReceiveRequest) (*qm2qm.StartReceiveResponse, error) {
	a, err := s.start(ctx, r.RemoteReadDesc)
	if err != nil {
		return nil, err
	}
	return &qm2qm.StartReceiveResponse{Context: a.context, RemoteReadDesc: a.desc, Return: result(a.code)}, nil
}

// StartReceive2 is RemoteQMStartReceive2 (MS-MQQP 3.1.4.10).
func (s *server) StartReceive2(ctx context.Context, r *qm2qm.StartReceive2Request) (*qm2qm.StartReceive2Response, error) {
	a, err := s.start(ctx, descriptor(r.RemoteReadDesc2))
	if err != nil {
		return nil, err
	}
	return &qm2qm.StartReceive2Response{Context: a.context, RemoteReadDesc2: a.described(), Return: result(a.code)}, nil
}

// StartReceiveByLookupID is RemoteQMStartReceiveByLookupId (MS-MQQP 3.1.4.11).
func (s *server) StartReceiveByLookupID(ctx context.Context, r *qm2qm.StartReceiveByLookupIDRequest) (*qm2qm.StartReceiveByLookupIDResponse, error) {
	a, err := s.startAt(ctx, descriptor(r.RemoteReadDesc2), r.LookupID)
	if err != nil {
		return nil, err
	}
	return &qm2qm.StartReceiveByLookupIDResponse{Context: a.context, RemoteReadDesc2: a.described(), Return: result(a.code)}, nil
}

func descriptor(d *qm2qm.RemoteReadDesc2) *qm2qm.RemoteReadDesc {
	if d == nil {
		return nil
	}
	return d.RemoteReadDesc
}

// sequential are the bytes of a lookup identifier that travel as SequentialId.
const sequential = 1<<56 - 1

func (a answer) described() *qm2qm.RemoteReadDesc2 {
	return &qm2qm.RemoteReadDesc2{RemoteReadDesc: a.desc, SequentialID: a.lookup & sequential}
}

// start reads at the front or with a cursor, and waits for a message if asked.
func (s *server) start(ctx context.Context, d *qm2qm.RemoteReadDesc) (answer, error) {
	e, code := s.check(ctx, d, func() mq.HResult {
		switch {
		case d.Queue == 0 || d.Queue != d.RemoteQueue:
			return mq.ErrInvalidParameter
		case d.Action == actionPeekNext && d.Cursor == 0:
			return statusInvalidParameter
		case d.Action != actionReceive && d.Action != actionPeekCurrent && d.Action != actionPeekNext:
			return mq.ErrInvalidParameter
		}
		return mq.OK
	})
	if code != mq.OK {
		return failed(d, code), nil
	}
	o := localqm.ReadOptions{
		Peek: d.Action != actionReceive, Next: d.Action == actionPeekNext, Body: -1, Timeout: time.Duration(d.Timeout) * time.Millisecond,
	}
	if d.Timeout == infinite {
		o.Timeout = -1
	}
	if d.Cursor != 0 {
		cursor, err := e.queue.Cursor(d.Cursor)
		if err != nil {
			return failed(d, statusInvalidParameter), nil
		}
		o.Cursor = cursor
	}
	return e.read(ctx, d, o)
}

// startAt reads by a lookup identifier.
func (s *server) startAt(ctx context.Context, d *qm2qm.RemoteReadDesc, lookup uint64) (answer, error) {
	var o localqm.ReadOptions
	e, code := s.check(ctx, d, func() mq.HResult {
		if d.RemoteQueue == 0 || d.Timeout != 0 || d.Cursor != 0 {
			return mq.ErrInvalidParameter
		}
		o = localqm.ReadOptions{Seek: seek(d.Action, lookup), Body: -1}
		switch d.Action {
		case lookupPeekCurrent, lookupPeekNext, lookupPeekPrevious:
			o.Peek = true
		}
		if o.Seek == localqm.SeekNone || lookup == 0 && o.Seek != localqm.SeekFirst {
			return mq.ErrInvalidParameter
		}
		return mq.OK
	})
	if code != mq.OK {
		return failed(d, code), nil
	}
	o.Lookup = e.whole(ctx, lookup)
	return e.read(ctx, d, o)
}

// seek is which message a read means; SeekNone for no such action.
func seek(action uint32, lookup uint64) localqm.Seek {
	switch action {
	case lookupPeekCurrent, lookupReceiveCurrent:
		return localqm.SeekCurrent
	case lookupPeekNext, lookupReceiveNext:
		if lookup == 0 {
			return localqm.SeekFirst
		}
		return localqm.SeekNext
	case lookupPeekPrevious, lookupReceivePrev:
		if lookup == math.MaxUint64 {
			return localqm.SeekLast
		}
		return localqm.SeekPrevious
	}
	return localqm.SeekNone
}

// check checks a descriptor and finds the session that it is for.
func (s *server) check(ctx context.Context, d *qm2qm.RemoteReadDesc, parameters func() mq.HResult) (*session, mq.HResult) {
	if d == nil {
		return nil, mq.ErrInvalidHandle
	}
	if code := parameters(); code != mq.OK {
		return nil, code
	}
	e := s.session(ctx, d.RemoteQueue)
	if e == nil {
		return nil, mq.ErrInvalidParameter
	}
	return e, mq.OK
}

// whole completes a lookup identifier. Clients know SequentialId, which is one
// without its first byte, and there is no other way to learn it here.
func (e *session) whole(ctx context.Context, lookup uint64) uint64 {
	if lookup > sequential || lookup == 0 {
		return lookup
	}
	e.mu.Lock()
	last := e.last
	e.mu.Unlock()
	if last&sequential == lookup {
		return last // also if that message is gone
	}
	for first := range uint64(mq.MaxPriority + 1) {
		at := first<<56 | lookup
		_, err := e.queue.Handle.Read(ctx, localqm.ReadOptions{Peek: true, Seek: localqm.SeekCurrent, Lookup: at})
		if err == nil || mq.CodeOf(err) == mq.ErrMessageLocked {
			return at
		}
	}
	return lookup
}

// read peeks, or begins to receive. The error is a fault.
func (e *session) read(call context.Context, d *qm2qm.RemoteReadDesc, o localqm.ReadOptions) (answer, error) {
	ctx, cancel := context.WithCancelCause(call)
	defer cancel(nil)
	r := &read{ctx, cancel}
	if !e.enter(d.RequestID, r) {
		return failed(d, mq.ErrInvalidParameter), nil
	}
	o.Room = rpc.CallOf(call).Reserve
	var (
		pending  *localqm.Pending
		delivery localqm.Delivery
		err      error
	)
	if o.Peek {
		delivery, err = e.queue.Handle.Read(ctx, o)
	} else {
		pending, delivery, err = e.queue.Handle.Begin(ctx, o)
	}
	e.leave(d.RequestID)
	a, err := e.answer(call, r, d, pending, delivery, err)
	if pending != nil && a.context == nil {
		_ = pending.End(context.WithoutCancel(call), false) // nobody was told of it
	}
	return a, err
}

// enter notes a read; false if its request is known already.
func (e *session) enter(request uint32, r *read) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.reads[request] != nil {
		return false
	}
	if e.closed {
		r.cancel(errCancelled)
	}
	e.reads[request] = r
	return true
}

func (e *session) leave(request uint32) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.reads, request)
}

func (e *session) answer(call context.Context, r *read, d *qm2qm.RemoteReadDesc, p *localqm.Pending, m localqm.Delivery, err error) (answer, error) {
	switch {
	case r.cancelled():
		return failed(d, remoteCancelled), nil
	case call.Err() != nil:
		return answer{}, rpc.FaultCancel
	case err != nil:
		return failed(d, mq.CodeOf(err)), nil
	}
	packet, err := wire.UserMessage(m.Row.Head, m.Row.BodyAt, m.Row.Body, m.Row.Class)
	if err != nil {
		return failed(d, mq.ErrGeneric), nil
	}
	a := answer{desc: described(d), lookup: m.Lookup}
	if p != nil {
		h, err := e.group.Open(readOwner, p, func() { _ = p.End(context.Background(), false) })
		if err != nil {
			return failed(d, mq.ErrInsufficientResources), nil
		}
		a.context = (*qm2qm.Context)(&h)
	}
	a.desc.Buffer, a.desc.Size, a.desc.ArriveTime = packet, uint32(len(packet)), uint32(m.Row.Arrived)
	e.mu.Lock()
	e.last = m.Lookup
	e.mu.Unlock()
	return a, nil
}

func failed(d *qm2qm.RemoteReadDesc, code mq.HResult) answer {
	return answer{desc: described(d), code: code}
}

// described is a descriptor as it came, without a buffer.
func described(d *qm2qm.RemoteReadDesc) *qm2qm.RemoteReadDesc {
	if d == nil {
		return nil
	}
	out := *d
	out.Buffer, out.Size = nil, 0
	return &out
}

// EndReceive is RemoteQMEndReceive (MS-MQQP 3.1.4.2).
func (s *server) EndReceive(ctx context.Context, r *qm2qm.EndReceiveRequest) (*qm2qm.EndReceiveResponse, error) {
	const nack, ack = 1, 2
	if r.Ack != nack && r.Ack != ack {
		return nil, rpc.FaultBadStub
	}
	out := &qm2qm.EndReceiveResponse{Context: r.Context}
	if none(r.Context.ContextHandle()) {
		out.Return = result(mq.ErrInvalidHandle)
		return out, nil
	}
	p, err := rpc.CallOf(ctx).Group.Close(readOwner, *r.Context.ContextHandle())
	if err != nil {
		return nil, err
	}
	out.Context = &qm2qm.Context{}
	out.Return = result(mq.CodeOf(p.(*localqm.Pending).End(context.WithoutCancel(ctx), r.Ack == ack)))
	return out, nil
}

// CancelReceive is RemoteQMCancelReceive (MS-MQQP 3.1.4.6).
func (s *server) CancelReceive(ctx context.Context, r *qm2qm.CancelReceiveRequest) (*qm2qm.CancelReceiveResponse, error) {
	return &qm2qm.CancelReceiveResponse{Return: result(s.cancel(ctx, r))}, nil
}

func (s *server) cancel(ctx context.Context, r *qm2qm.CancelReceiveRequest) mq.HResult {
	if r.QueueID == 0 || r.QueueID != r.Queue {
		return mq.ErrInvalidParameter
	}
	e := s.session(ctx, r.Queue)
	if e == nil {
		return mq.ErrInvalidHandle
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.reads) == 0 {
		return mq.ErrInvalidHandle
	}
	found := e.reads[r.RequestID]
	if found == nil {
		return mq.ErrGeneric
	}
	if found.ctx.Err() != nil {
		return statusNotFound
	}
	found.cancel(errCancelled)
	return mq.OK
}
