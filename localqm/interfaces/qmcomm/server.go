package qmcomm

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/oiweiwei/go-msrpc/msrpc/dcetypes"
	stub "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"
	stub2 "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm2/v1"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/opened"
	"posthouse/localqm/interfaces/peer"
	"posthouse/localqm/mq"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/security"
	"posthouse/localqm/secure"
)

// Options are what the interfaces know besides the queue manager.
type Options struct {
	// Ports are the RPC ports, first that of qmcomm, then that of qm2qm (MS-MQMP
	// 3.1.4.24); 0: none.
	Ports func() (comm, qm2qm uint16)
	// Opened has the queues that clients of other queue managers have open here; qm2qm
	// reads them. nil: qm2qm is not served.
	Opened *opened.Table
	// Connect leads to a queue manager where a client has opened a queue; port 0: that
	// of qm2qm, wherever it is. nil: Connector without an identity.
	Connect func(ctx context.Context, computer string, port uint16) (*rpc.Conn, error)
	Log     *slog.Logger
}

// New serves MS-MQMP for a queue manager: qmcomm and qmcomm2.
func New(m *localqm.QueueManager, o Options) []rpc.Interface {
	if o.Ports == nil {
		o.Ports = func() (uint16, uint16) { return 0, 0 }
	}
	if o.Opened == nil {
		o.Opened = opened.NewTable()
	}
	if o.Connect == nil {
		o.Connect = Connector(rpc.DialOptions{Log: o.Log})
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &server{
		m: m, ports: o.Ports, opened: o.Opened, connect: o.Connect, log: o.Log, now: time.Now,
		queues: map[uint32]*queue{}, transactions: map[mq.GUID]*transaction{},
	}
	return []rpc.Interface{
		{
			Name: "qmcomm", Syntax: *stub.QmcommSyntaxV1_0, Handle: stub.NewQmcommServerHandle(s),
			// A client asks for the port before it has decided how to sign in (MS-MQMP 3.1.4.24).
			Levels: map[int]security.Level{opGetRTQMServerPort: security.None},
		},
		{Name: "qmcomm2", Syntax: *stub2.Qmcomm2SyntaxV1_0, Handle: stub2.NewQmcomm2ServerHandle(s)},
	}
}

const opGetRTQMServerPort = 31

// server is both interfaces: they share handles and numbers.
type server struct {
	m       *localqm.QueueManager
	ports   func() (comm, qm2qm uint16)
	opened  *opened.Table
	connect func(ctx context.Context, computer string, port uint16) (*rpc.Conn, error)
	log     *slog.Logger
	now     func() time.Time

	mu           sync.Mutex
	queues       map[uint32]*queue // what rpc_QMOpenQueueInternal opened, by pdwQMContext
	transactions map[mq.GUID]*transaction
}

// The kinds of context handles (MS-MQMP 2.2.1.1). Both interfaces know those of
// queues and transactions.
const (
	queueHandle       = "RPC_QUEUE_HANDLE"
	remoteHandle      = "PCTX_OPENREMOTE_HANDLE_TYPE"
	transactionHandle = "RPC_INT_XACT_HANDLE"
)

// queue is what stands behind an RPC_QUEUE_HANDLE: a queue of this machine
// (LocalQueueContextHandle, MS-MQMP 3.1.1.3), or one that is read on another
// (RemoteQueueProxyHandle, 3.1.1.5).
type queue struct {
	number uint32
	user   secure.SID    // who opened it
	name   mq.FormatName // as he named it
	local  *opened.Queue
	remote *remote // instead of local
}

// add gives a queue its number and its client a handle for it. It is closed if that
// is not possible.
func (s *server) add(ctx context.Context, q *queue) (*stub.Queue, error) {
	q.user = user(ctx)
	s.mu.Lock()
	for q.number == 0 || s.queues[q.number] != nil {
		if q.local != nil && q.number == 0 {
			q.number = q.local.Number
			continue
		}
		q.number = s.free()
	}
	s.queues[q.number] = q
	s.mu.Unlock()
	h, err := rpc.CallOf(ctx).Group.Open(queueHandle, q, func() { s.drop(q) })
	if err != nil {
		s.drop(q)
		return nil, tooMany("open a queue", err)
	}
	out := stub.Queue(h)
	return &out, nil
}

// free draws a number that no open queue has. Called with mu held.
func (s *server) free() uint32 {
	for {
		var raw [4]byte
		_, _ = rand.Read(raw[:]) // never fails
		n := binary.LittleEndian.Uint32(raw[:])
		if _, err := s.opened.Find(n); n != 0 && err != nil && s.queues[n] == nil {
			return n
		}
	}
}

// drop closes a queue whose handle is gone.
func (s *server) drop(q *queue) {
	s.mu.Lock()
	delete(s.queues, q.number)
	s.mu.Unlock()
	if q.local != nil {
		q.local.Close()
		return
	}
	q.remote.close()
}

// queue is the open queue of a handle. The error is MQ_ERROR_INVALID_HANDLE.
func (s *server) queue(ctx context.Context, op string, h *stub.Queue) (*queue, error) {
	if h != nil {
		if v, err := rpc.CallOf(ctx).Group.Find(queueHandle, dcetypes.ContextHandle(*h)); err == nil {
			return v.(*queue), nil
		}
	}
	return nil, invalidHandle(op)
}

// numbered is the open queue of a number, which only who opened it may use: numbers
// can be guessed, and another connection of a client may read.
func (s *server) numbered(ctx context.Context, op string, number uint32) (*queue, error) {
	s.mu.Lock()
	q := s.queues[number]
	s.mu.Unlock()
	if q == nil || q.user != user(ctx) {
		return nil, invalidHandle(op)
	}
	return q, nil
}

func user(ctx context.Context) secure.SID { return peer.Caller(ctx).Token.User }

func invalidHandle(op string) error {
	return mq.Errorf(mq.ErrInvalidHandle, op, "nothing is open by that handle")
}

// tooMany is a client that has as many handles as it may have.
func tooMany(op string, err error) error {
	if errors.Is(err, rpc.FaultOutOfMemory) {
		return mq.Errorf(mq.ErrInsufficientResources, op, "the client has %d handles open", rpc.MaxHandles)
	}
	return err
}

// invalid is a parameter that breaks the rules of its method.
func invalid(op, format string, args ...any) error {
	return mq.Errorf(mq.ErrInvalidParameter, op, format, args...)
}

// result is an error as the return value of a method. A fault has no other answer, and
// is returned beside it; what another queue manager faulted with is no fault of ours.
func result(err error) (int32, error) {
	if fault, ok := err.(rpc.Fault); ok { //nolint:errorlint // one that is wrapped is another queue manager's
		return 0, fault
	}
	return int32(peer.Result(err)), nil
}

// code is an HRESULT as methods return it.
func code(h mq.HResult) int32 { return int32(h) }
