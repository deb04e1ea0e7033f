package qmcomm

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	stub "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"
	qm2qm "github.com/oiweiwei/go-msrpc/msrpc/mqqp/qm2qm/v1"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/opened"
	"posthouse/localqm/mq"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/queueformat"
	"posthouse/localqm/wire"
)

const (
	// patience is how long another queue manager may take to open a queue (MS-MQQP
	// 3.2.4.1), and beyond the time-out to answer a read.
	patience = 5 * time.Minute
	// parting is how long it may take to be told that something is over.
	parting = 3 * time.Second
)

// remote is a queue that is read on another computer (RemoteQueueProxyHandle, MS-MQMP
// 3.1.1.5), over a connection of its own.
type remote struct {
	computer string
	number   uint32 // RemoteContext: what the queue is there
	conn     *rpc.Conn
	qm2qm    qm2qm.Qm2qmClient
	session  *qm2qm.Session
	requests atomic.Uint32

	mu      sync.Mutex
	qmcomm  stub.QmcommClient // nil: not needed yet
	last    uint32
	cursors map[uint32]uint32 // CursorProxyCollection: numbers here to numbers there
}

// openRemote takes over a queue that a client has opened on another computer.
func (s *server) openRemote(ctx context.Context, a asked, r *stub.OpenQueueInternalRequest) (*queue, error) {
	const op = "open a queue of another computer"
	if a.access == localqm.SendAccess || a.admin {
		return nil, mq.Errorf(mq.ErrUnsupportedAccessMode, op, "the access 0x%X is not for reading", r.DesiredAccess)
	}
	f := a.name.Format
	path, err := s.m.PathOf(ctx, f)
	if err != nil {
		return nil, err
	}
	if to, err := s.m.Resolve(ctx, a.name); err != nil || to.Local {
		return nil, invalid(op, "%s is a queue of this computer", f)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, c, err := s.reach(ctx, op, path.Machine)
	if err != nil {
		return nil, err
	}
	out, err := c.OpenQueue(ctx, &qm2qm.OpenQueueRequest{
		ClientGUID: queueformat.FromGUID(s.m.Identity().ID),
		Queue:      r.RemoteQueue, QueueID: r.QueueID, ContextID: r.RemoteContext,
	})
	if err != nil {
		_ = conn.Close(ctx)
		return nil, said(op, path.Machine, err)
	}
	return &queue{name: f, remote: &remote{
		computer: path.Machine, number: r.RemoteQueue, conn: conn, qm2qm: c, session: out.Context, cursors: map[uint32]uint32{},
	}}, nil
}

// said is what another queue manager answered; the client gets its code.
func said(op, computer string, err error) error {
	var code mq.HResult
	switch {
	case err == nil:
		return nil
	case errors.As(err, &code):
		return mq.Errorf(code, op, "%s says: %w", computer, err)
	case errors.Is(err, context.Canceled):
		return mq.Errorf(mq.ErrOperationCancelled, op, "%w", err)
	}
	return unavailable(op, computer, err)
}

// close ends the connection, with which everything goes that is open over it.
func (r *remote) close() {
	ctx, cancel := context.WithTimeout(context.Background(), parting)
	defer cancel()
	_, _ = r.qm2qm.CloseQueue(ctx, &qm2qm.CloseQueueRequest{Context: r.session})
	_ = r.conn.Close(ctx)
}

func (r *remote) purge(ctx context.Context) error {
	_, err := r.qm2qm.PurgeQueue(ctx, &qm2qm.PurgeQueueRequest{Queue: r.number})
	return said("purge a queue of another computer", r.computer, err)
}

// The answers to a received message (REMOTEREADACK, MS-MQQP 2.2.1.3).
const (
	nack = 1
	ack  = 2
)

// read reads a message (MS-MQMP 3.1.5.3, MS-MQQP 3.2.4.2-6). A received one leaves
// its queue when it is in the client's buffers.
func (r *remote) read(ctx context.Context, op string, g *reading) error {
	desc := &qm2qm.RemoteReadDesc{
		RemoteQueue: r.number, Queue: r.number, RequestID: r.requests.Add(1),
		Action: g.receive.Action, Timeout: g.receive.RequestTimeout,
	}
	if n := g.receive.Cursor; n != 0 {
		r.mu.Lock()
		there, ok := r.cursors[n]
		r.mu.Unlock()
		if !ok {
			return invalidHandle(op)
		}
		desc.Cursor = there
	}
	waiting := ctx
	if t := g.timeout(); t >= 0 {
		var cancel context.CancelFunc
		waiting, cancel = context.WithTimeout(ctx, t+patience)
		defer cancel()
	}
	out, err := r.qm2qm.StartReceive(waiting, &qm2qm.StartReceiveRequest{RemoteReadDesc: desc})
	if err != nil {
		if waiting.Err() != nil {
			r.cancel(desc.RequestID)
		}
		return said(op, r.computer, err)
	}
	err = r.put(op, g, out.RemoteReadDesc)
	if g.receive.Action != actionReceive {
		return err
	}
	verdict := uint32(ack)
	if err != nil {
		verdict = nack
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	_, bad := r.qm2qm.EndReceive(ending, &qm2qm.EndReceiveRequest{Context: out.Context, Ack: verdict})
	if err != nil {
		return err
	}
	return said(op, r.computer, bad)
}

// put fills the client's buffers with a message of another queue manager.
func (r *remote) put(op string, g *reading, d *qm2qm.RemoteReadDesc) error {
	damaged := func(err error) error {
		return mq.Errorf(mq.ErrGeneric, op, "the message that %s sent is damaged: %w", r.computer, err)
	}
	if d == nil || uint64(len(d.Buffer)) != uint64(d.Size) {
		return damaged(rpc.FaultBadStub)
	}
	m, err := wire.Parse(d.Buffer, mq.GUID{})
	if err != nil {
		return damaged(err)
	}
	return g.fill(op, m, len(m.Body), int64(d.ArriveTime))
}

// cancel ends a read whose reader has given up.
func (r *remote) cancel(request uint32) {
	ctx, cancel := context.WithTimeout(context.Background(), parting)
	defer cancel()
	_, _ = r.qm2qm.CancelReceive(ctx, &qm2qm.CancelReceiveRequest{Queue: r.number, QueueID: r.number, RequestID: request})
}

// openCursor makes a cursor there, and gives it a number here (MS-MQMP 3.1.5.4).
func (r *remote) openCursor(ctx context.Context) (uint32, error) {
	const op = "open a cursor on another computer"
	c, err := r.comm(ctx)
	if err != nil {
		return 0, unavailable(op, r.computer, err)
	}
	out, err := c.CreateRemoteCursor(ctx, &stub.CreateRemoteCursorRequest{Queue: r.number})
	if err != nil {
		return 0, said(op, r.computer, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.last++; r.last == 0 || r.last == opened.ReservedCursor || r.cursors[r.last] != 0; {
		r.last++
	}
	r.cursors[r.last] = out.Cursor
	return r.last, nil
}

// comm is qmcomm of the other computer, which is offered wherever qm2qm is.
func (r *remote) comm(ctx context.Context) (stub.QmcommClient, error) {
	r.mu.Lock()
	c := r.qmcomm
	r.mu.Unlock()
	if c != nil {
		return c, nil
	}
	c, err := stub.NewQmcommClient(ctx, r.conn)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.qmcomm = c
	return c, nil
}

func (r *remote) closeCursor(ctx context.Context, number uint32) error {
	const op = "close a cursor on another computer"
	r.mu.Lock()
	there, ok := r.cursors[number]
	delete(r.cursors, number)
	r.mu.Unlock()
	if !ok {
		return invalidHandle(op)
	}
	_, err := r.qm2qm.CloseCursor(ctx, &qm2qm.CloseCursorRequest{Queue: r.number, Cursor: there})
	return said(op, r.computer, err)
}
