package remoteread

import (
	"context"
	"sync"

	remoteread "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/security"
	"posthouse/localqm/secure"
)

// What one client may have at once, in all the queues that it has open: reads that
// wait or have not been ended, and cursors. All clients of one user together may have
// mostCursors; their reads the queue manager counts.
const (
	MostRequests = 2048
	MostCursors  = 16384
	mostCursors  = 4 * MostCursors
)

// maxStub is the largest request: R_QMEnlistRemoteTransaction with its token.
const maxStub = 256 << 10

// The codes that MS-MQRR 3.1.4 takes from elsewhere (MS-ERREF 2.3).
const (
	statusInvalidHandle    mq.HResult = 0xC0000008
	statusInvalidParameter mq.HResult = 0xC000000D
	statusAccessDenied     mq.HResult = 0xC0000022
	statusNotFound         mq.HResult = 0xC0000225
)

// Options are what the interface must be told.
type Options struct {
	// Ports are the TCP ports that the interfaces of readers and of queue managers
	// listen on; nil: not known.
	Ports func() (rtqm, qmqm uint16)
}

// New is the interface over a queue manager.
func New(m *localqm.QueueManager, o Options) rpc.Interface {
	s := &server{
		m: m, ports: o.Ports,
		targets: map[uint64]*queue{}, clients: map[*rpc.Group]*client{}, cursors: map[secure.SID]int{},
	}
	return rpc.Interface{
		Name:   "RemoteRead",
		Syntax: *remoteread.RemoteReadSyntaxV1_0,
		Handle: remoteread.NewRemoteReadServerHandle(s),
		// Who asks for the port has no binding yet that he could protect.
		Levels:  map[int]security.Level{opGetServerPort: security.None},
		MaxStub: maxStub,
	}
}

const opGetServerPort = 0

type server struct {
	m     *localqm.QueueManager
	ports func() (rtqm, qmqm uint16)

	mu      sync.Mutex
	targets map[uint64]*queue // open to move to, by the number that moves name
	clients map[*rpc.Group]*client
	cursors map[secure.SID]int // of a user
	cursor  uint32             // the last number of a cursor
}

// client is what a client has, in numbers.
type client struct{ requests, cursors int }

// spend counts what a client begins; false: it has too much already.
func (s *server) spend(q *queue, requests, cursors int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.clients[q.group]
	if c == nil {
		c = new(client)
	}
	if c.requests+requests > MostRequests || c.cursors+cursors > MostCursors || s.cursors[q.user]+cursors > mostCursors {
		return false
	}
	s.clients[q.group] = c
	s.cursors[q.user] += cursors
	c.requests += requests
	c.cursors += cursors
	return true
}

// refund is the inverse of spend.
func (s *server) refund(q *queue, requests, cursors int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.clients[q.group]
	if c == nil {
		return // nothing was spent
	}
	if s.cursors[q.user] -= cursors; s.cursors[q.user] == 0 {
		delete(s.cursors, q.user)
	}
	c.requests -= requests
	c.cursors -= cursors
	if *c == (client{}) {
		delete(s.clients, q.group)
	}
}

// GetServerPort is R_GetServerPort (MS-MQRR 3.1.4.1).
func (s *server) GetServerPort(context.Context, *remoteread.GetServerPortRequest) (*remoteread.GetServerPortResponse, error) {
	out := &remoteread.GetServerPortResponse{}
	if s.ports != nil {
		port, _ := s.ports()
		out.Return = uint32(port)
	}
	return out, nil
}

// result is the return value of a method.
func result(err error) int32 { return int32(mq.CodeOf(err)) }

func invalid(op, format string, args ...any) error {
	return mq.Errorf(mq.ErrInvalidParameter, op, format, args...)
}
