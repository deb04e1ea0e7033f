package remoteread

import (
	"github.com/oiweiwei/go-msrpc/msrpc/dcetypes"
	remoteread "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm/rpc"
)

// Requests is how many entries an open queue has in its table of pending requests.
func Requests(g *rpc.Group, h *remoteread.QueueNoSerialize) int {
	v, err := g.Find(owner, dcetypes.ContextHandle(*h))
	if err != nil {
		return -1
	}
	q := v.(*queue)
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.requests)
}

// Spent is what a client has, in numbers.
func Spent(g *rpc.Group, h *remoteread.QueueNoSerialize) (requests, cursors int) {
	v, err := g.Find(owner, dcetypes.ContextHandle(*h))
	if err != nil {
		return -1, -1
	}
	s := v.(*queue).s
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.clients[g]; c != nil {
		return c.requests, c.cursors
	}
	return 0, 0
}
