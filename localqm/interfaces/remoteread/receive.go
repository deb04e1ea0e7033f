package remoteread

import (
	"context"

	remoteread "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/rpc"
)

const opReceive = "read for a remote reader"

// reading is a request of R_StartReceive or R_StartTransactionalReceive.
type reading struct {
	lookup  uint64
	cursor  uint32
	action  uint32
	timeout uint32 // milliseconds
	request uint32
	body    uint32 // the most bytes of the body
	// begun by R_StartTransactionalReceive, without a transaction
	transactional bool
}

// request is an entry of the table of pending requests (PendingRequestEntry, MS-MQRR
// 3.1.1.2). queue.mu guards what changes.
type request struct {
	cursor        uint32
	receive       bool
	transactional bool
	cancel        context.CancelFunc

	cancelled bool
	answered  bool             // the read does not wait any more
	pending   *localqm.Pending // what R_EndReceive ends
}

// StartReceive is R_StartReceive (MS-MQRR 3.1.4.7).
func (s *server) StartReceive(ctx context.Context, r *remoteread.StartReceiveRequest) (*remoteread.StartReceiveResponse, error) {
	d, sections, err := s.read(ctx, r.Context, reading{
		lookup: r.LookupID, cursor: r.Cursor, action: r.Action, timeout: r.Timeout,
		request: r.RequestID, body: r.MaxBodySize,
	})
	if err != nil {
		return &remoteread.StartReceiveResponse{Return: result(err)}, nil
	}
	return &remoteread.StartReceiveResponse{
		ArriveTime: uint32(d.Row.Arrived), SequenceID: sequence(d.Lookup),
		NumberOfSections: uint32(len(sections)), PacketSections: sections,
	}, nil
}

func (s *server) read(ctx context.Context, h *remoteread.QueueNoSerialize, r reading) (localqm.Delivery, []*remoteread.SectionBuffer, error) {
	o, err := r.options(opReceive)
	if err != nil {
		return localqm.Delivery{}, nil, err
	}
	q, err := readable(ctx, opReceive, h)
	if err != nil {
		return localqm.Delivery{}, nil, err
	}
	if o.Cursor, err = q.cursorOf(r.cursor); err != nil {
		return localqm.Delivery{}, nil, err
	}
	o.Room = rpc.CallOf(ctx).Reserve
	var d localqm.Delivery
	if o.Peek && o.Timeout == 0 {
		d, err = q.handle.Read(ctx, o) // nothing to cancel, nothing to end
	} else {
		d, err = q.wait(ctx, r, o)
	}
	if err != nil {
		return d, nil, err
	}
	sections, err := q.sections(d, o.Body)
	if err != nil && !o.Peek {
		_ = q.end(ctx, r.request, false, r.transactional)
	}
	return d, sections, err
}

// wait reads with an entry in the table of pending requests, which stays there for
// a receive that has a message.
func (q *queue) wait(ctx context.Context, r reading, o localqm.ReadOptions) (localqm.Delivery, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	e := &request{cursor: r.cursor, receive: !o.Peek, transactional: r.transactional, cancel: cancel}
	if err := q.enter(r.request, e); err != nil {
		return localqm.Delivery{}, err
	}
	var d localqm.Delivery
	var p *localqm.Pending
	var err error
	if o.Peek {
		d, err = q.handle.Read(ctx, o)
	} else {
		o.Late = func() { q.leave(r.request, e) }
		p, d, err = q.handle.Begin(ctx, o)
	}
	q.mu.Lock()
	e.answered = true
	if e.cancelled || q.closed || ctx.Err() != nil {
		err = mq.Errorf(mq.ErrOperationCancelled, opReceive, "the client does not want it any more")
	}
	if err == nil {
		e.pending = p
	}
	q.mu.Unlock()
	if err != nil || o.Peek {
		q.leave(r.request, e)
	}
	if err != nil && p != nil {
		_ = p.End(ctx, false)
	}
	return d, err
}

// enter puts a request into the table.
func (q *queue) enter(n uint32, e *request) error {
	if !q.s.spend(q, 1, 0) {
		return mq.Errorf(mq.ErrInsufficientResources, opReceive, "the caller has %d reads that wait or have not been ended", MostRequests).
			WithFix("end or cancel them")
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		q.s.refund(q, 1, 0)
		return mq.Errorf(mq.ErrInvalidHandle, opReceive, "the queue was closed meanwhile")
	case q.requests[n] != nil:
		q.s.refund(q, 1, 0)
		return invalid(opReceive, "the request %d is under way", n)
	}
	q.requests[n] = e
	return nil
}

// leave takes a request out of the table, if it is still there.
func (q *queue) leave(n uint32, e *request) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.requests[n] == e {
		delete(q.requests, n)
		q.s.refund(q, 1, 0)
	}
}

// CancelReceive is R_CancelReceive (MS-MQRR 3.1.4.8).
func (s *server) CancelReceive(ctx context.Context, r *remoteread.CancelReceiveRequest) (*remoteread.CancelReceiveResponse, error) {
	q, err := readable(ctx, "cancel a read of a remote reader", r.Context)
	if err == nil {
		err = q.cancel(r.RequestID)
	}
	return &remoteread.CancelReceiveResponse{Return: result(err)}, nil
}

// cancel ends a read that waits. One that has its message is to be ended.
func (q *queue) cancel(n uint32) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	e := q.requests[n]
	if e == nil || e.answered {
		return statusNotFound
	}
	e.cancelled = true
	e.cancel()
	return nil
}

// The answers to a receive (MS-MQRR 3.1.4.9).
const (
	nack = 1 // RR_NACK
	ack  = 2 // RR_ACK
)

// EndReceive is R_EndReceive (MS-MQRR 3.1.4.9).
func (s *server) EndReceive(ctx context.Context, r *remoteread.EndReceiveRequest) (*remoteread.EndReceiveResponse, error) {
	if r.Ack != ack && r.Ack != nack {
		return nil, outOfRange
	}
	q, err := readable(ctx, "end a receive of a remote reader", r.Context)
	if err == nil {
		err = q.end(ctx, r.RequestID, r.Ack == ack, false)
	}
	return &remoteread.EndReceiveResponse{Return: result(err)}, nil
}

// end ends a receive that has its message; transactional is what it was begun as.
func (q *queue) end(ctx context.Context, n uint32, remove, transactional bool) error {
	const op = "end a receive of a remote reader"
	q.mu.Lock()
	e := q.requests[n]
	var err error
	switch {
	case !q.receiving():
		err = mq.Errorf(mq.ErrInvalidHandle, op, "no receive of this queue is under way")
	case e == nil || !e.receive:
		err = invalid(op, "no receive is under way as request %d", n)
	case e.pending == nil:
		err = mq.Errorf(mq.ErrMessageNotFound, op, "the request %d waits for a message", n)
	case transactional && !e.transactional:
		err = mq.Errorf(mq.ErrTransactionEnlist, op, "the request %d is in no transaction", n)
	default:
		delete(q.requests, n)
		q.s.refund(q, 1, 0)
	}
	q.mu.Unlock()
	if err != nil {
		return err
	}
	return e.pending.End(ctx, remove)
}

// receiving reports whether a receive is under way. Called with mu held.
func (q *queue) receiving() bool {
	for _, e := range q.requests {
		if e.receive {
			return true
		}
	}
	return false
}
